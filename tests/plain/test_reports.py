"""Reports: the health of a site and the story of a case, in every form, with what was not checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from certdoctor.cli import main
from certdoctor.store.records import BACK
from tests import pki
from tests.casework import folders
from tests.page.test_page import _Tags
from tests.pki import NOW

EVIL = '"><script>alert(1)</script><img src=x onerror=y>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with a fault, hostile names, and a file that nobody can read."""
    written = folders.write(
        tmp_path / "site",
        server=folders.RENEWED,
        site=folders.SITE.replace("customer: Example Ltd", f"customer: '{EVIL}'"),
    )
    (written / "notes.doc").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    (written / "odd.pem").write_text(pki.leaf(EVIL, names=["expe2.example.com"]).pem)
    return written


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["report", *arguments])
    return code, capsys.readouterr().out


def test_health_as_html_is_one_safe_file_with_the_picture(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = report(capsys, str(site), "--format", "html")
    assert code == 1
    parser = _Tags()
    parser.feed(text)
    assert not {"script", "img", "link", "iframe"} & set(parser.tags)
    assert parser.loads == []
    assert {"svg", "table"} <= set(parser.tags)
    for part in ("Health of", "<script>alert(1)</script>", "CHN-01", "Not checked", "notes.doc", "Certificates by their end",
                 "Picture of the site", "Cause found."):  # fmt: skip
        assert part in parser.text, part


def test_health_in_the_other_forms(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _code, text = report(capsys, str(site))
    assert "Not checked\n-----------" in text
    assert "notes.doc" in text.partition("Not checked\n---")[2]
    _code, markdown = report(capsys, str(site), "--format", "markdown")
    assert "<script>" not in markdown.replace("\\<", "")
    assert "## Connections\n\n| connection | kind |" in markdown
    _code, german = report(capsys, str(site), "--format", "markdown", "--lang", "de")
    assert "## Nicht geprüft" in german
    assert "## Zertifikate nach ihrem Ende" in german
    _code, sarif = report(capsys, str(site), "--format", "sarif")
    run = json.loads(sarif)["runs"][0]
    assert run["results"][0]["ruleId"] == "CHN-01"
    assert any("notes.doc" in n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"])


def test_a_report_overwrites_nothing(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.html"
    assert report(capsys, str(site), "--format", "html", "--output", str(target)) == (1, "")
    before = target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600
    assert main(["report", str(site), "--output", str(target)]) == 2
    assert target.read_bytes() == before


def test_the_story_of_a_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    practice = Practice(data, lambda: NOW, "kim")
    written = folders.write(tmp_path / "site", server=folders.RENEWED)
    (written / "certs" / "expc1.pem").write_text(
        pki.bundle(pki.leaf("expc1.example.com", folders.SUB, purposes=[pki.SERVER_AUTH]), folders.SUB)
    )
    case = practice.save_examined([written])
    findings = {f.diagnosis: f.key for f in practice.examine(case.id).findings}
    practice.tick(case.id, findings["CHN-01"], "append", True)
    practice.tick(case.id, findings["EKU-02"], "check-off", True)
    practice.add_note(case.id, "The night shift <b>called</b>")
    (tmp_path / "expc1-list.pem").write_text(pki.bundle(folders.ROOT, folders.SUB, *folders.RENEWED.chain[1:]))
    (proposal,) = practice.add_files(case.id, [tmp_path / "expc1-list.pem"]).proposals
    practice.assign(case.id, proposal.path, "expc1", "trust:ca")
    practice.close_case(case.id, "The CA was added", ["zone Active"])
    practice.close()

    _code, text = report(capsys, "C-0001", "--data", str(data), "--format", "markdown")
    for part in (
        "# C-0001: Traversal zone is down since Sunday",
        "**Outcome: The CA was added**",
        "## What the customer said",
        "## What was found (2026-11-23 12:00 UTC)",
        "## What was done",
        "kim: append (The verifier lacks an intermediate CA of the other side)",
        "| c1 | expc1 → expe1 | server's certificate | refused | accepted |",
        "proven: Examine again with the new list",
        "**Not all is proven yet.**",
        "## Stopgaps in force: undo them",
        "The night shift \\<b\\>called",
        "## History",
        "unproven | zone Active",
        "## Not checked",
    ):
        assert part in text, part
    assert BACK not in text
    _code, html = report(capsys, "C-0001", "--data", str(data), "--format", "html")
    assert "&lt;b&gt;called" in html
    assert "<svg" in html
