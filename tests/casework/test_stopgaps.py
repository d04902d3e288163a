"""Stopgaps are in force from their tick until their way back is done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from certdoctor.store.records import BACK
from tests import pki
from tests.casework import folders
from tests.casework.conftest import Clock

SERVER_ONLY = pki.leaf("expc1.example.com", folders.SUB, names=["expc1.example.com"], purposes=[pki.SERVER_AUTH])


@pytest.fixture
def refused(practice: Practice, tmp_path: Path) -> tuple[int, str]:
    """A case whose cause can be covered up by a stopgap: its id, and the key of the finding."""
    site = folders.write(tmp_path / "site")
    (site / "certs" / "expc1.pem").write_text(pki.bundle(SERVER_ONLY, folders.SUB))
    case = practice.open_case(practice.create_site("Example Ltd", "HQ").id, "Zone down").id
    practice.add_files(case, [site])
    found = practice.examine(case)
    by_expe1 = [f for f in found.findings if f.params.get("verifier_name") == "expe1.example.com"]
    (key,) = (f.key for f in by_expe1 if f.diagnosis == "EKU-02")
    return case, key


def test_a_stopgap_is_in_force_until_its_way_back_is_ticked(
    practice: Practice, clock: Clock, refused: tuple[int, str]
) -> None:
    case, key = refused
    practice.tick(case, key, "trust", True)  # no stopgap
    assert practice.stopgaps() == ()
    practice.tick(case, key, "check-off", True)
    (gap,) = practice.stopgaps(case_id=case)
    assert (gap.record.case_number, gap.record.who, gap.record.since) == ("C-0001", "kim", clock.now)
    assert "switch the role check off on expe1.example.com" in gap.text
    assert gap.way_back.startswith("Set the checking mode back to On")
    assert practice.stopgaps(site_id=practice.case(case).case.site_id) == practice.stopgaps() == (gap,)
    assert practice.stopgaps(site_id=99) == practice.stopgaps(case_id=99) == ()
    assert practice.stopgaps(lang="de")[0].way_back.startswith("Den Prüfmodus wieder auf On")

    clock.now += timedelta(days=1)
    practice.tick(case, key, "check-off", True)  # again: it is in force since the first time
    assert practice.stopgaps() == (gap,)
    practice.tick(case, key, "check-off" + BACK, True)
    assert practice.stopgaps() == ()
    practice.tick(case, key, "check-off" + BACK, False)
    assert practice.stopgaps() == (gap,)
    history = [f"{e.kind}: {e.text}" for e in practice.site(1).events]
    assert any(line.startswith("stopgap on: check-off (") for line in history)
    assert any(line.startswith("stopgap ended: check-off (") for line in history)


def test_a_stopgap_ticked_by_mistake_is_forgotten(practice: Practice, refused: tuple[int, str]) -> None:
    case, key = refused
    practice.tick(case, key, "check-off", True)
    practice.tick(case, key, "check-off", False)
    assert practice.stopgaps() == ()
