"""A treatment pack holds all that somebody else needs, and overwrites nothing."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from cryptography import x509

from certdoctor.casework.handover import hand_over
from certdoctor.casework.practice import Practice
from certdoctor.errors import CertdoctorError
from certdoctor.treatment.files import Artefact
from tests import pki
from tests.casework import folders
from tests.page.test_page import shown
from tests.pki import NOW

SERVER_ONLY = pki.leaf(
    "expc1.example.com", folders.SUB, names=["expc1.example.com"], purposes=[pki.SERVER_AUTH], kind="rsa"
)


@pytest.fixture
def case(practice: Practice, tmp_path: Path) -> int:
    """A case with two causes: E's new CA is unknown to C, and C's certificate is for servers only."""
    site = folders.write(tmp_path / "site", server=folders.RENEWED)
    (site / "certs" / "expc1.pem").write_text(pki.bundle(SERVER_ONLY, folders.SUB))
    opened = practice.open_case(practice.create_site("Example Ltd", "HQ").id, "Zone down").id
    practice.add_files(opened, [site])
    practice.examine(opened)
    return opened


def test_what_is_in_a_pack(practice: Practice, case: int, tmp_path: Path) -> None:
    target = tmp_path / "new" / "pack"
    paths = practice.write_pack(case, target, ["CHN-01", "EKU-02"])
    held = {str(path.relative_to(target)) for path in paths}
    assert held == {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()}
    assert {"ticket.md", "ticket.html", "ticket.pdf", "requests/expc1-request.cnf"} <= held
    assert {"before/expc1-server.pem", "before/expc1-ca-trust.pem", "before/expe1-ca-trust.pem"} <= held
    cas = [path for path in paths if path.relative_to(target).parts[:2] == ("ca", "expc1-trusted-ca")]
    assert [x509.load_pem_x509_certificate(p.read_bytes()) for p in cas] == [folders.OTHER.certificate]
    assert "Other Root CA" in (target / "ask-the-ca.txt").read_text()  # it is nowhere in the evidence
    before = x509.load_pem_x509_certificates((target / "before" / "expc1-ca-trust.pem").read_bytes())
    assert before == [folders.ROOT.certificate, folders.SUB.certificate]
    assert {oct(path.stat().st_mode & 0o777) for path in paths} == {"0o600"}
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in paths)

    request = (target / "requests" / "expc1-request.cnf").read_text()
    assert "DNS.1 = expc1.example.com" in request
    assert "extendedKeyUsage = serverAuth, clientAuth" in request
    assert "-newkey rsa:2048" in request


def test_the_sheet_says_what_to_do_where_in_which_order_and_how_to_go_back(
    practice: Practice, case: int, tmp_path: Path
) -> None:
    practice.write_pack(case, tmp_path / "pack", ["EKU-02", "CHN-01"])
    ticket = (tmp_path / "pack" / "ticket.md").read_text()
    for part in (
        "# Change C-0001 Example Ltd – HQ",
        "## Boxes in the order of the work",
        "## Restarts and interruption",
        "| Maintenance \\> Restart options",
        "## Before you begin",
        "`Maintenance > Backup and restore`",
        "   - menu: `Maintenance > Security > Trusted CA certificate > Append CA certificate`",
        "   - files: `ca/expc1-trusted-ca/`",
        "   - files: `requests/expc1-request.cnf`",
        "   - command: `xConfiguration SIP TLS Certificate ExtendedKeyUsage Checking Mode: Off`",
        "STOPGAP, weakens security:",
        "   - way back: Set the checking mode back to On",
        "## Proof afterwards",
        "## Way back",
        "## Certificates in this pack",
        "## Requests in this pack",
        "- key: RSA 2048",
        "## Not checked",
    ):
        assert part in ticket, part
    sub = folders.RENEWED.chain[1]
    pairs = ":".join(sub.sha256[n : n + 2] for n in range(0, 64, 2)).upper()
    assert pairs in ticket
    html = (tmp_path / "pack" / "ticket.html").read_text()
    assert "<h1>Change C-0001 Example Ltd – HQ</h1>" in html
    pdf = shown((tmp_path / "pack" / "ticket.pdf").read_bytes())
    assert "STOPGAP" in pdf
    assert "Maintenance > Backup and restore" in pdf


def test_in_german_while_the_app_speaks_english(practice: Practice, case: int, tmp_path: Path) -> None:
    practice.write_pack(case, tmp_path / "pack", lang="de")
    ticket = (tmp_path / "pack" / "ticket.md").read_text()
    assert "## Reihenfolge der Geräte" in ticket
    assert "NOTBEHELF, schwächt die Sicherheit" in ticket
    assert not {"## Steps", "## Way back", "   - who:"} & set(ticket.splitlines())
    events = [e.text for e in practice.site(1).events if e.kind == "pack written"]
    assert len(events) == 1
    assert str(tmp_path / "pack") in events[0]


def test_a_zip_is_the_same_again(practice: Practice, case: int, tmp_path: Path) -> None:
    for name in ("a.zip", "b.ZIP"):
        assert practice.write_pack(case, tmp_path / name) == (tmp_path / name,)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.ZIP").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert {"ticket.pdf", "before/expe1-server.pem"} <= set(archive.namelist())


@pytest.mark.parametrize("name", ["folder", "file", "pack.zip", "link", "link.zip"])
def test_nothing_is_overwritten(practice: Practice, case: int, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    if name == "folder":
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    elif name.startswith("link"):
        target.symlink_to(tmp_path / "elsewhere")
    else:
        target.write_text("mine")
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(CertdoctorError, match=r"there already|not empty"):
        practice.write_pack(case, target)
    assert sorted(os.listdir(tmp_path)) == before
    assert not (tmp_path / "elsewhere").exists()


def test_a_pack_is_whole_or_not_there(tmp_path: Path) -> None:
    files = [Artefact("a.txt", b"a", ""), Artefact("b", b"b", "", "x" * 300)]  # no file system takes such a name
    with pytest.raises(CertdoctorError, match="cannot be written"):
        hand_over(tmp_path / "pack", files, NOW)
    assert os.listdir(tmp_path) == []
    (tmp_path / "pack").mkdir()
    assert hand_over(tmp_path / "pack", files[:1], NOW) == (tmp_path / "pack" / "a.txt",)


def test_nothing_to_cure(practice: Practice, tmp_path: Path) -> None:
    opened = practice.open_case(practice.create_site("Example Ltd", "Lab").id, "Nothing").id
    practice.add_files(opened, [folders.write(tmp_path / "site")])
    for findings, said in (([], "nothing to pack"), (["CHN-01"], "not found any more")):
        with pytest.raises(CertdoctorError, match=said):
            practice.write_pack(opened, tmp_path / "pack", findings)
