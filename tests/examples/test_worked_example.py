"""The worked example that travels with the program: its faults are found, its cure is proven."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certdoctor.casework.examination import Examination
from certdoctor.casework.practice import Practice
from certdoctor.casework.sites import examine_paths
from certdoctor.resources import folder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = datetime(2044, 1, 1, tzinfo=UTC)
EXAMPLE = folder("kb") / "example"
SERIOUS = ("critical", "high", "medium")


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    practice = Practice(tmp_path, lambda: NOW, "tester")
    yield practice
    practice.close()


def serious(examination: Examination) -> list[str]:
    return [finding.diagnosis for finding in examination.findings if finding.severity in SERIOUS]


@pytest.mark.parametrize("at", [NOW, LATER])
def test_faults_are_found_whenever_it_is_examined(at: datetime) -> None:
    result = examine_paths([EXAMPLE / "site"], passwords=[], at=None, now=at, lang="en")
    assert result.verdict.value == "cause_found"
    assert serious(result) == ["MRA-01", "CLI-01"]
    assert not result.evidence.problems


def test_repaired_site_is_healthy() -> None:
    result = examine_paths([EXAMPLE / "repaired"], passwords=[], at=None, now=NOW, lang="de")
    assert result.verdict.value == "healthy"
    assert not result.findings
    assert not result.unchecked
    assert not result.evidence.problems


def test_adding_the_repaired_folder_proves_the_cure(practice: Practice) -> None:
    case = practice.create_example()
    before = practice.examine(case.id, "de")
    assert serious(before) == ["MRA-01", "CLI-01"]
    added = practice.add_files(case.id, [EXAMPLE / "repaired"])
    assert not added.problems
    assert all(proposal.assigned for proposal in added.proposals)
    after = practice.examine(case.id, "de")
    assert after.verdict.value == "healthy"
    assert not after.findings


def test_no_private_key_anywhere() -> None:
    checked = 0
    for path in sorted(EXAMPLE.rglob("*")):
        if path.suffixes[-2:] == [".tar", ".gz"]:
            with tarfile.open(path) as archive:
                contents = [stream.read() for m in archive.getmembers() if (stream := archive.extractfile(m))]
        else:
            contents = [path.read_bytes()] if path.is_file() else []
        assert not any(b"PRIVATE KEY" in content for content in contents), path
        checked += len(contents)
    assert checked > 40


def test_both_states_have_the_same_names() -> None:
    site, repaired = (
        {path.relative_to(root) for path in root.rglob("*")} for root in (EXAMPLE / "site", EXAMPLE / "repaired")
    )
    assert site == repaired
