"""Whole sites: healthy ones stay healthy, planted faults are found under their names, singly and in pairs."""

from __future__ import annotations

import random
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
from tests.rules.plants import PLANTS, Plant, negotiation_error
from tests.rules.whole_sites import AT, ODDITIES, WholeSite, make

SERIOUS = ("critical", "high", "medium")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture(scope="module")
def engine(knowledge: Knowledge) -> Iterator[Engine]:
    with Engine(knowledge) as engine:
        yield engine


def examined(site: WholeSite, where: Path, knowledge: Knowledge, engine: Engine) -> Examination:
    evidence = read_paths([site.write(where)])
    return examine(evidence, description_of(evidence), knowledge, engine, now=AT)


def wishes(*plants: Plant) -> dict[str, Any] | None:
    """Return what suits all plants, None where nothing does."""
    found: dict[str, Any] = {}
    for plant in plants:
        for key, value in plant.wishes.items():
            held = found.get(key, value)
            if isinstance(held, tuple) and isinstance(value, tuple):
                held = tuple(item for item in held if item in value)
            elif held != value:
                return None
            if held == ():
                return None
            found[key] = held
    return found


def faults(result: Examination, *plants: Plant) -> list[str]:
    """Return what is wrong with a result; nothing for a right one."""
    wrong: list[str] = []
    found = [finding.diagnosis for finding in result.findings]
    first = {name for plant in plants for name in {plant.id, *plant.as_well}}
    accepted = first | {name for plant in plants for name in plant.also}
    if result.verdict.value == "differential":
        wrong += [] if any(not plant.certain for plant in plants) else ["verdict differential"]
    elif result.verdict.value != "cause_found":
        wrong.append(f"verdict {result.verdict.value}")
    if not found or found[0] not in first:
        wrong.append(f"ranked first: {found[:1]}, wanted one of {sorted(first)}")
    # What is folded counts where it lies under what was planted.
    seen = {*found, *(finding.diagnosis for finding in result.folded if finding.under in first)}
    wrong += [f"missed {plant.id}" for plant in plants if not {plant.id, *plant.as_well} & seen]
    wrong += [
        f"not true: {f.diagnosis}" for f in result.findings if f.severity in SERIOUS and f.diagnosis not in accepted
    ]
    return wrong + list(result.disagreements)


def pairs(count: int) -> list[tuple[int, str, str]]:
    rng = random.Random(4711)
    found: list[tuple[int, str, str]] = []
    while len(found) < count:
        one, other = rng.sample(list(PLANTS), 2)
        first, second = PLANTS[one], PLANTS[other]
        apart = first.id != second.id and first.touches.isdisjoint(second.touches)
        if apart and wishes(first, second) is not None:
            found.append((rng.randrange(10**6), one, other))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_healthy_site_is_found_healthy(seed: int, tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    site = make(seed)
    for oddity in random.Random(seed).sample(list(ODDITIES), seed % 4):
        ODDITIES[oddity](site)
    result = examined(site, tmp_path, knowledge, engine)
    assert [finding.diagnosis for finding in result.findings if finding.severity in SERIOUS] == []
    assert result.verdict.value == "healthy"
    assert result.disagreements == ()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("label", PLANTS)
def test_single_fault_is_found(label: str, seed: int, tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    plant = PLANTS[label]
    site = make(seed, **plant.wishes)  # type: ignore[arg-type]
    plant.change(site)
    assert faults(examined(site, tmp_path, knowledge, engine), plant) == []


@pytest.mark.parametrize(("seed", "one", "other"), pairs(60))
def test_two_faults_are_found(
    seed: int, one: str, other: str, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    plants = (PLANTS[one], PLANTS[other])
    site = make(seed, **(wishes(*plants) or {}))
    for plant in plants:
        plant.change(site)
    assert faults(examined(site, tmp_path, knowledge, engine), *plants) == []


def test_refusal_older_than_the_certificate_is_passed_over(
    tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    site = make(3, forms=("plain",))
    line = negotiation_error(site, site.es[0], "Inbound", "self signed certificate in certificate chain")
    site.es[0].log.append(line.replace("2026-11-24", "2025-02-03"))
    assert examined(site, tmp_path, knowledge, engine).verdict.value == "healthy"


def test_refusal_that_the_files_do_not_show_is_told_as_such(
    tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    site = make(3, forms=("plain",))
    site.es[0].log.append(
        negotiation_error(site, site.es[0], "Inbound", "self signed certificate in certificate chain")
    )
    result = examined(site, tmp_path, knowledge, engine)
    assert result.verdict.value == "differential"
    finding = result.findings[0]
    assert (finding.diagnosis, finding.strength) == ("ZON-04", "moderate")
    assert any("by the files the certificate is accepted now" in line.text for line in finding.proof)
