"""`certdoctor renew`: planned from paths, kept, ticked off, closed; for all sites of a customer."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from certdoctor.cli import main
from tests.casework import clusters

LOST = ("--issuer", "Old Public CA", "--without", "clientAuth", "--cluster", "expc.example.com")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return clusters.write(tmp_path / "site")


def renew(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["renew", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_plan_as_json_and_as_files(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = renew(capsys, str(site), *LOST, "--format", "json", "--output", str(tmp_path / "out.zip"))
    assert code == 1
    document = json.loads(out)
    assert (document["schema"], document["good"], document["synthetic"]) == ("certdoctor/renewal@1", False, True)
    assert [wave["name"] for wave in document["waves"]] == ["trust", "certificates", "restarts"]
    assert err == f"Written: {tmp_path / 'out.zip'}\n"
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        # The sheets and two requests; nothing synthetic.
        assert sorted(archive.namelist()) == ["renewal.html", "renewal.md", "renewal.pdf", "requests/expc1-request.cnf",
                                              "requests/expc2-request.cnf"]  # fmt: skip
    code, _out, err = renew(capsys, str(site), *LOST, "--output", str(tmp_path / "out.zip"))
    assert (code, "is there already" in err) == (2, True)


def test_a_project_is_kept_and_resumed(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path / "data"))
    wish = ("--issuer", "Old Public CA", "--certificate", "expe1", "--title", "Edge")
    code, _out, err = renew(capsys, str(site), *wish, "--save", *data)
    assert (code, err) == (0, "stored as R-0001\n")
    code, out, _err = renew(capsys, "R-0001", "--tick", "request-expe1-server", *data)
    assert code == 0
    assert "[x] expe1: make the request" in out
    code, out, _err = renew(capsys, "list", *data)
    assert out == "R-0001  open    1/5  Example Ltd / HQ  Edge\n"
    code, _out, err = renew(capsys, "R-0001", "--close", *data)
    assert (code, "These steps are open" in err) == (2, True)
    code, out, _err = renew(capsys, "R-0001", "--lang", "de", *data)
    assert "Welle 3: Neustarts" in out


def test_all_sites_of_a_customer(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path / "data"))
    main(["examine", str(site), "--save", *data])
    (site / "site.yml").write_text(clusters.SITE.replace("site: HQ", "site: Lab"))
    main(["examine", str(site), "--save", *data])
    capsys.readouterr()
    code, out, _err = renew(capsys, "--customer", "example ltd", *LOST, *data)
    assert code == 1
    assert [line.split("  ")[4] for line in out.splitlines() if line.startswith("R-")] == [
        "Example Ltd / HQ", "Example Ltd / Lab"]  # fmt: skip
    assert out.count("client's certificate: accepted → refused") == 4
    code, _out, err = renew(capsys, "--customer", "Nobody", *LOST, *data)
    assert (code, "no site of a customer" in err) == (2, True)
    assert renew(capsys, *data)[0] == 2
