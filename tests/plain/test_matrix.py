"""`certdoctor matrix`: the table, its document and its picture."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from certdoctor.cli import main
from certdoctor.resources import folder
from tests import pki
from tests.casework import folders

EXAMPLE = str(folder("kb") / "example" / "site")
NAMES = [f"cucm-{number:02}-of-a-very-long-name" for number in range(1, 12)]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def shown(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 1) -> str:
    assert main(["matrix", *arguments]) == code
    return capsys.readouterr().out


def test_table_tells_both_sides_and_how_urgent(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown([EXAMPLE], capsys).splitlines()
    head = next(
        number for number, line in enumerate(lines) if line.split() == ["expe1", "cucm-pub", "cucm-sub", "imp1"]
    )
    assert lines[head + 1].split() == ["jabber", "X/-!!", ".", ".", "."]
    assert lines[head + 2].split() == ["expc1", "ok/ok", "ok/X!!!", "ok/X!!!", "ok/-"]


def test_broken_chain_is_drawn_with_its_broken_link(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown([EXAMPLE], capsys)
    tree = out[out.index("tftp-expc1-cucm-pub:") :].splitlines()
    assert tree[2].strip().startswith("X CN=Beispiel AG Root CA G2")
    assert "MISSING" in tree[2]
    assert tree[3].strip() == "`- Beispiel AG Issuing CA G2-1 (sent along)"
    assert tree[4].strip() == "`- expc1.intern.beispiel.example (sent along)"
    assert "MRA-01" in tree[5]


def test_a_wrong_name_marks_the_certificate_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = folders.SITE.replace("name: expe1.example.com", "name: edge.example.com", 1)
    out = shown([str(folders.write(tmp_path / "s", site=other))], capsys)
    broken = [line.strip() for line in out.splitlines() if line.strip().startswith(("X ", "`- X "))]
    assert broken == ["`- X expe1.example.com (REFUSED: not the name looked for)"]


def test_document_has_each_connection_once(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(shown([EXAMPLE, "--format", "json"], capsys))
    assert document["schema"] == "certdoctor/matrix@1"
    cells = {(c["client"], c["server"]): c for c in document["cells"]}
    assert cells["expc1", "cucm-pub"]["connections"] == [
        {"id": "https-expc1-cucm-pub", "kind": "uc-https", "server_verdict": "accepted",
         "client_verdict": "not_required"},
        {"id": "tftp-expc1-cucm-pub", "kind": "tftp-https", "server_verdict": "accepted", "client_verdict": "refused"},
    ]  # fmt: skip
    assert cells["expc1", "cucm-pub"]["diagnoses"] == ["MRA-01"]
    main(["examine", EXAMPLE, "--format", "json"])
    examined = json.loads(capsys.readouterr().out)
    listed = [c["id"] for cell in document["cells"] for c in cell["connections"]]
    assert sorted(listed) == sorted(c["id"] for c in examined["connections"])


def test_many_nodes_go_on_below_within_80_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = "".join(f"  - {{id: {name}, role: cucm}}\n" for name in NAMES)
    site = "schema: certdoctor/site@1\nnodes:\n  - {id: expressway-c-of-the-site, role: expressway-c}\n" + nodes
    out = shown([str(folders.write(tmp_path / "s", site=site))], capsys, code=3)
    assert max(len(line) for line in out.splitlines() if "?/" in line or "cucm" in line) <= 80
    assert sum(line.count("?/") for line in out.splitlines() if line.startswith("expressw")) == len(NAMES)


def test_picture_shows_every_node_and_escapes_what_comes_from_outside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = folders.SITE.replace("customer: Example Ltd", 'customer: "<script>&\\u202Ex</script>"')
    out = shown([str(folders.write(tmp_path / "s", site=site)), "--format", "svg"], capsys, code=0)
    root = ElementTree.fromstring(out)
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"expc1", "expe1", "expe2"} <= set(texts)
    assert any("<script>&\ufffdx</script>" in text for text in texts)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "\u202e" not in out


def test_output_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "site.svg"
    assert shown([EXAMPLE, "--format", "svg", "--output", str(file)], capsys) == ""
    before = file.read_text()
    ElementTree.fromstring(before)
    assert main(["matrix", EXAMPLE, "--output", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert file.read_text() == before


def test_nothing_to_connect_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "some.pem"
    file.write_text(pki.bundle(folders.EXPE))
    assert "No connection" in shown([str(file)], capsys, code=3)
    ElementTree.fromstring(shown([str(file), "--format", "svg"], capsys, code=3))
