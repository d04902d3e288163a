"""`certdoctor whatif`: changes rehearsed on a small site."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from certdoctor.cli import main
from tests import pki
from tests.casework import folders


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return folders.write(tmp_path / "site")


@pytest.fixture
def renewed(tmp_path: Path) -> Path:
    """A renewal of expe1 by a CA that expc1 does not know."""
    file = tmp_path / "renewed.pem"
    file.write_text(pki.bundle(*folders.RENEWED.chain[:-1]))
    return file


def rehearsed(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int) -> dict[str, Any]:
    assert main(["whatif", *arguments, "--format", "json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def shifts(document: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {(c["id"], c["side"], c["before"], c["after"]) for c in document["connections"]}


def test_a_renewal_by_an_unknown_ca_is_refused_before_it_is_done(
    site: Path, renewed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = rehearsed([str(site), "--certificate", f"expe1={renewed}"], capsys, 1)
    assert ("c1", "server", "accepted", "refused") in shifts(document)
    assert ("c1", "client") not in {shift[:2] for shift in shifts(document)}
    why = next(c["why"] for c in document["connections"] if (c["id"], c["side"]) == ("c1", "server"))
    assert "OpenSSL" in why
    assert [f["diagnosis"] for f in document["new"]]
    assert (document["gone"], document["before"]["verdict"]) == ([], "healthy")
    # expe1's own list does not hold that CA either: said of the upload, not of a connection.
    assert [upload["node"] for upload in document["uploads"]] == ["expe1"]
    assert not any(c["kind"] == "upload" for c in document["connections"])


def test_the_missing_cas_in_all_lists_make_the_renewal_harmless(
    site: Path, renewed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cas = tmp_path / "cas.pem"
    cas.write_text(pki.bundle(*folders.RENEWED.chain[1:]))
    trust = [word for node in ("expc1", "expe1", "expe2") for word in ("--trust", f"{node}:ca=+{cas}")]
    document = rehearsed([str(site), "--certificate", f"expe1={renewed}", *trust], capsys, 0)
    assert shifts(document) == set()
    assert document["uploads"][0]["verdict"] == "accepted"
    assert len(document["changes"]) == 4


def test_a_ca_removed_is_missed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fingerprint = hashlib.sha256(folders.ROOT.der).hexdigest()
    by_name = rehearsed([str(site), "--trust", "expc1:ca=-Site Root CA"], capsys, 1)
    assert ("c1", "server", "accepted", "refused") in shifts(by_name)
    by_fingerprint = rehearsed([str(site), "--trust", f"expc1:ca=-{fingerprint[:16].upper()}"], capsys, 1)
    assert shifts(by_fingerprint) == shifts(by_name)


def test_a_date_lets_certificates_expire(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = rehearsed([str(site), "--on", "2099-01-01"], capsys, 1)
    assert ("c1", "server", "accepted", "refused") in shifts(document)
    assert (document["before"]["at"], document["after"]["at"]) == ("2026-11-23T12:00:00Z", "2099-01-01T00:00:00Z")


def test_what_is_cured_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = folders.write(tmp_path / "broken", server=folders.RENEWED)
    good = tmp_path / "good.pem"
    good.write_text(pki.bundle(folders.EXPE, folders.SUB))
    document = rehearsed([str(broken), "--certificate", f"expe1:server={good}"], capsys, 0)
    assert ("c1", "server", "refused", "accepted") in shifts(document)
    assert document["gone"]
    assert document["new"] == []


def test_nothing_changes_by_the_same_version(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = rehearsed([str(site), "--version", "expe1=X14.3.7"], capsys, 0)
    assert (document["connections"], document["new"], document["gone"]) == ([], [], [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--certificate", "expe11={file}"], "Did you mean “expe1”?"),
        (["--certificate", "expe1:sever={file}"], "Did you mean “server”?"),
        (["--certificate", "expe1=nowhere.pem"], "cannot be read"),
        (["--certificate", "expe1={empty}"], "empty.pem"),
        (["--trust", "expc1:caa=+{file}"], "Did you mean “ca”?"),
        (["--trust", "expc1:ca=-Site Rot CA"], "Did you mean “Site Root CA”?"),
        (["--trust", "expc1:ca={file}"], "is not understood"),
        (["--version", "expc1=newest"], "is no version"),
        ([], "Name a change"),
    ],
)
def test_a_change_that_cannot_be_made_is_said(
    change: list[str], said: str, site: Path, renewed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here\n")
    words = [word.format(file=renewed, empty=empty) for word in change]
    assert main(["whatif", str(site), *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_for_readers(form: str, site: Path, renewed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whatif", str(site), "--certificate", f"expe1={renewed}", "--format", form]) == 1
    out = capsys.readouterr().out
    assert "accepted -" in out
    assert "Upload of" in out


def test_an_upgrade_turns_a_check_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = folders.SITE.replace("X14.3.7", "X14.0.7", 1).replace(
        "connections:\n",
        "  - {id: cucm1, role: cucm, names: [cucm1.example.com], identities: {tomcat: certs/cucm1.pem}}\nconnections:\n",
        1,
    )
    site = folders.write(tmp_path / "site", site=text)
    (site / "certs" / "cucm1.pem").write_text(
        pki.bundle(pki.leaf("cucm1.example.com", folders.OTHER, names=["cucm1.example.com"]))
    )
    document = rehearsed([str(site), "--version", "expc1=X14.3.7"], capsys, 1)
    https = [c for c in document["connections"] if c["kind"] == "uc-https"]
    assert [(c["side"], c["before"], c["after"]) for c in https] == [("server", "not_required", "refused")]
    assert document["new"]
