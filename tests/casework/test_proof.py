"""A cure is proven by newer evidence, never by a missing finding; what contradicts it opens the case again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from certdoctor.casework.proof import State
from tests import pki
from tests.casework import folders
from tests.casework.conftest import Clock

EVERY = pki.bundle(folders.ROOT, folders.SUB, *folders.RENEWED.chain[1:])


@pytest.fixture
def broken(practice: Practice, tmp_path: Path) -> tuple[int, str]:
    """A case whose expc1 does not know the CA of expe1's renewed certificate: its id, and the key of the finding."""
    case = practice.open_case(practice.create_site("Example Ltd", "HQ").id, "Zone down").id
    practice.add_files(case, [folders.write(tmp_path / "site", server=folders.RENEWED)])
    (key,) = (f.key for f in practice.examine(case).findings if f.diagnosis == "CHN-01")
    return case, key


def give(practice: Practice, case: int, folder: Path, name: str, text: str) -> None:
    """Add a newer trust list of expc1."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (proposal,) = practice.add_files(case, [folder / name]).proposals
    practice.assign(case, proposal.path, "expc1", "trust:ca")


def states(practice: Practice, case: int) -> dict[str, State]:
    return {v.step: v.state for v in practice.proof(case).verified}


def test_before_and_after(practice: Practice, clock: Clock, broken: tuple[int, str], tmp_path: Path) -> None:
    case, key = broken
    assert states(practice, case) == {"chain": State.OPEN, "zone": State.OPEN}
    assert practice.proof(case).remaining
    practice.tick(case, key, "chain", True)
    assert states(practice, case)["chain"] == State.CONTRADICTED  # said, and not so
    practice.tick(case, key, "chain", False)

    clock.now += timedelta(hours=1)
    give(practice, case, tmp_path / "new", "expc1-list.pem", EVERY)
    proof = practice.proof(case)
    shown = {(s.connection, s.side): (s.before, s.after, s.cured, s.worse) for s in proof.sides}
    assert shown["c1", "server"] == ("refused", "accepted", True, False)
    assert ("c1", "client") not in shown  # it never changed
    assert {v.step: v.state for v in proof.verified} == {"chain": State.PROVEN, "zone": State.OPEN}
    assert [v.step for v in proof.unproven] == ["zone"]
    assert proof.remaining == ()
    assert not proof.complete

    practice.tick(case, key, "zone", True)
    proof = practice.proof(case)
    assert proof.complete
    assert [(v.state, v.who) for v in proof.verified] == [(State.PROVEN, ""), (State.TOLD, "kim")]


def test_a_finding_that_is_gone_proves_nothing_by_itself(practice: Practice, broken: tuple[int, str]) -> None:
    case, key = broken
    practice.assign(case, "trust/expc1.pem", "", "")  # the list is taken away: nobody can judge
    assert key not in {f.key for f in practice.examine(case).findings}
    assert states(practice, case)["chain"] == State.OPEN


def test_newer_evidence_opens_a_closed_case_again(
    practice: Practice, clock: Clock, broken: tuple[int, str], tmp_path: Path
) -> None:
    case, key = broken
    give(practice, case, tmp_path / "new", "expc1-list.pem", EVERY)
    practice.examine(case)
    practice.tick(case, key, "zone", True)
    practice.close_case(case, "The CA was added", ["the zone"])
    clock.now += timedelta(days=1)
    other = practice.open_case(1, "Zone down again").id
    practice.examine(other)
    assert practice.case(case).case.state == "closed"  # the list still holds the CA

    give(practice, other, tmp_path / "newer", "expc1-list.pem", pki.bundle(folders.ROOT, folders.SUB))
    found = practice.examine(other)
    assert key in {f.key for f in found.findings}
    assert practice.case(case).case.state == "open"
    history = [f"{e.kind}: {e.text}" for e in practice.site(1).events]
    assert any(line.startswith("case reopened: C-0002 finds it again: ") for line in history)
    assert "unproven: the zone" in history


def test_old_evidence_opens_nothing(practice: Practice, clock: Clock, broken: tuple[int, str]) -> None:
    case, key = broken
    practice.close_case(case, "We live with it")
    clock.now += timedelta(days=1)
    other = practice.open_case(1, "Another matter").id
    practice.examine(other)
    assert practice.case(case).case.state == "closed"
    practice.reopen_case(case)
    practice.tick(case, key, "append", True)  # said to be done, never shown
    practice.close_case(case, "Done")
    practice.examine(other)
    assert practice.case(case).case.state == "closed"
