"""What the boxes' own exports tell alone is what a site file written by hand tells of the same site.

Two Expressway-C, two Expressway-E and one CUCM. Their archives and CUCM's snapshot know nothing of the users' domains,
of clients and of other nodes: these are left out of the site file too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
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

EARLIER = "2026-10-20_08_30_00"
# fault -> how many sites it is planted in
PLANTED = {
    "": 3,
    "CHN-01 edge intermediate missing on c": 3,
    "ZON-01 peer address not in certificate": 3,
    "ZON-02 wrong subject name": 3,
    "MRA-01 cucm does not know c": 3,
    "MRA-05 ecdsa certificate unknown": 1,
    "ZON-04 inside ca unknown to e": 1,
    "CLU-02 own ca unknown to one peer": 1,
    "CLU-05 cluster name missing in one peer": 1,
    "LIF-01 expressway expired": 1,
    "REV-05 c revoked": 1,
    # the separate client store of X15.5
    "TUN-05 server only client store unchecked": 1,
    "EKU-02 c is no client": 1,
    # the certificate before stands in an earlier archive
    "CHN-06 e renewed from a new intermediate": 1,
    "EKU-01 c renewed server only": 1,
    # the log alone tells, by addresses
    "ZON-06 wrong password": 1,
    "OPS-01 clock of e behind": 1,
    "NET-01 port closed": 1,
    # what is to be uploaded lies beside the archives
    "UPL-02 new ca unknown": 1,
    "UPL-03 request made anew": 1,
    "UPL-11 wildcard offered": 1,
}


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


def export(made: WholeSite, where: Path) -> None:
    """Write what the boxes' own pages give, and beside it what somebody wants to upload.

    A certificate that was replaced stands in an earlier archive of its box.
    """
    for box in made.expressways:
        made.archive(box, where)
        before = box.identities.get("previous")
        if before is not None:
            made.archive(replace(box, identities={"server": before}, log=[]), where, EARLIER)
        if "candidate" in box.identities:
            (where / f"{box.id}_new.pem").write_text(box.identities["candidate"].pem)
        if "candidate" in box.files:
            name, data = box.files["candidate"]
            (where / name).write_bytes(data)
        if box.csr:
            (where / f"{box.id}.csr").write_text(box.csr)
        if box.crl:
            (where / f"{box.id}.crl").write_text(box.crl)
    (where / "cucm_snapshot.json").write_text(snapshot(made.one("cucm")))


def result(where: Path, knowledge: Knowledge, engine: Engine) -> Examination:
    evidence = read_paths([where])
    return examine(evidence, description_of(evidence), knowledge, engine, now=AT)


def told(examination: Examination) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(f.diagnosis, f.strength, tuple(sorted(f.connections))) for f in examination.findings}


@pytest.mark.parametrize(
    ("label", "seed"), [(label, seed) for label, count in PLANTED.items() for seed in range(count)]
)
def test_archives_and_a_snapshot_tell_what_the_site_file_tells(
    label: str, seed: int, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    by_hand, exported = tmp_path / "site", tmp_path / "exported"
    by_hand.mkdir()
    exported.mkdir()
    made = site(seed, label)
    made.write(by_hand)
    export(made, exported)
    wanted, found = result(by_hand, knowledge, engine), result(exported, knowledge, engine)
    assert told(found) == told(wanted)
    assert found.verdict == wanted.verdict
    assert {(c.kind, c.client_verdict, c.server_verdict) for c in found.connections} == {
        (c.kind, c.client_verdict, c.server_verdict) for c in wanted.connections
    }
