"""What the boxes' own exports tell alone is what a site file written by hand tells of the same site.

Two Expressway-C, two Expressway-E and one CUCM. Their archives and CUCM's snapshot know nothing of the users' domains,
of clients and of other nodes: these are left out of the site file too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from certdoctor.casework.examination import Examination
from certdoctor.casework.examine import examine
from certdoctor.casework.sites import description_of
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder
from tests.rules.plants import PLANTS
from tests.rules.whole_sites import AT, Box, WholeSite, make, pem

PLANTED = (
    "",
    "CHN-01 edge intermediate missing on c",
    "ZON-01 peer address not in certificate",
    "ZON-02 wrong subject name",
    "MRA-01 cucm does not know c",
)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture(scope="module")
def engine(knowledge: Knowledge) -> Iterator[Engine]:
    with Engine(knowledge) as engine:
        yield engine


def snapshot(box: Box) -> str:
    """Return a UC node's certificate manager snapshot."""
    return json.dumps(
        {
            "server": box.name,
            "identities": [{"service": slot, "certificate": leaf.issue().pem} for slot, leaf in box.identities.items()],
            "trusts": [
                {
                    "service": f"{name}-trust",
                    "certificate_data": [
                        {"filename": f"{number}.pem", "certificate": pem(item)} for number, item in enumerate(entries)
                    ],
                }
                for name, entries in box.trust.items()
            ],
        }
    )


def site(seed: int, label: str) -> WholeSite:
    plant = PLANTS[label] if label else None
    wishes: dict[str, Any] = {
        **(plant.wishes if plant else {}),
        "c_count": 2,
        "e_count": 2,
        "given": False,
        "forms": ("plain",),
    }
    made = make(seed, **wishes)
    if plant:
        plant.change(made)
    cucm = made.one("cucm")
    made.boxes = [*made.expressways, cucm]
    return made


def result(where: Path, knowledge: Knowledge, engine: Engine) -> Examination:
    evidence = read_paths([where])
    return examine(evidence, description_of(evidence), knowledge, engine, now=AT)


def told(examination: Examination) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(f.diagnosis, f.strength, tuple(sorted(f.connections))) for f in examination.findings}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("label", PLANTED)
def test_archives_and_a_snapshot_tell_what_the_site_file_tells(
    label: str, seed: int, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    by_hand, exported = tmp_path / "site", tmp_path / "exported"
    by_hand.mkdir()
    exported.mkdir()
    made = site(seed, label)
    made.write(by_hand)
    for box in made.expressways:
        made.archive(box, exported)
    (exported / "cucm_snapshot.json").write_text(snapshot(made.one("cucm")))
    wanted, found = result(by_hand, knowledge, engine), result(exported, knowledge, engine)
    assert told(found) == told(wanted)
    assert found.verdict == wanted.verdict
    assert {(c.kind, c.client_verdict, c.server_verdict) for c in found.connections} == {
        (c.kind, c.client_verdict, c.server_verdict) for c in wanted.connections
    }
