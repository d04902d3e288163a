"""find, fleet, timeline, share, import and forget on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from certdoctor import resources
from certdoctor.cli import main


@pytest.fixture
def data(tmp_path: Path, fresh_database: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A data folder with the worked example as a case."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "certdoctor.db").write_bytes(fresh_database.read_bytes())
    site = resources.folder("kb") / "example" / "site"
    assert main(["examine", str(site), "--save", "--data", str(folder), "--format", "json"]) == 1
    capsys.readouterr()
    return folder


def run(data: Path, *words: str) -> int:
    return main([words[0], "--data", str(data), *words[1:]])


def test_find(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "find", "expe1") == 0
    out = capsys.readouterr().out
    assert [line.partition(":")[0] for line in out.splitlines()] == ["site", "case", "certificate"]
    assert run(data, "find", "nobody") == 1


def test_fleet_in_every_form(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "fleet", "--ca", "Beispiel AG Issuing CA 1", "--presented") == 0
    out = capsys.readouterr().out
    assert "cucm-pub presents" in out
    assert "traversal-sip: expc1 → expe1" not in out  # both got new certificates from another CA
    assert run(data, "fleet", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "certdoctor/fleet@1"
    assert {use["part"] for use in document["uses"]} == {"presented", "sent", "trusted"}
    assert run(data, "fleet", "--format", "ics", "--output", str(tmp_path / "a.ics")) == 0
    assert (tmp_path / "a.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert run(data, "fleet", "--format", "ics", "--output", str(tmp_path / "a.ics")) == 2


def test_a_ca_that_is_not_clear_is_asked_back(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "fleet", "--ca", "beispiel") == 2
    assert "Beispiel AG Root CA G2 (" in capsys.readouterr().err


def test_timeline(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "timeline", "beispiel") == 0
    assert "site created" in capsys.readouterr().out.splitlines()[-1]
    assert run(data, "timeline", "nobody") == 2


def test_shared_taken_in_and_forgotten(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "site.certdoctor"
    assert run(data, "share", str(file), "--site", "Beispiel AG / Zentrale") == 0
    assert run(data, "import", str(file)) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert run(data, "forget", "--customer", "Beispiel AG") == 2
    assert "--yes" in capsys.readouterr().err
    assert run(data, "forget", "--customer", "Beispiel AG", "--yes") == 0
    assert run(data, "find", "expe1") == 1
    assert run(data, "import", str(file), "--as", "Neu AG / Zentrale") == 0
    assert run(data, "find", "expe1") == 0
    assert "Neu AG / Zentrale" in capsys.readouterr().out
