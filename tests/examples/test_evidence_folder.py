"""Every case and site of an evidence folder, against what its expected.yml says.

The folder is not part of this repository: CERTDOCTOR_EVIDENCE names it, else ../shared/evidence is taken if it
is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from certdoctor.casework.examination import Examination
from certdoctor.casework.examine import examine
from certdoctor.casework.sites import description_of
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder

ROOT = Path(os.environ.get("CERTDOCTOR_EVIDENCE", Path(__file__).resolve().parents[2].parent / "shared" / "evidence"))
SERIOUS = ("critical", "high", "medium")


def _folders() -> list[Path]:
    return sorted(path.parent for path in ROOT.glob("*/*/expected.yml")) if ROOT.is_dir() else []


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(load(folder("rules"), folder("kb"))) as engine:
        yield engine


def judge(path: Path, expected: dict[str, Any], result: Examination) -> list[str]:
    """Return what is wrong with a result; nothing for a right one."""
    wrong: list[str] = []
    found = [f.diagnosis for f in result.findings]
    serious = [f.diagnosis for f in result.findings if f.severity in SERIOUS]
    folded = [f.diagnosis for f in result.folded]
    wanted = expected.get("diagnoses") or []
    equivalent = expected.get("equivalent") or {}
    accepted = set(wanted) | set(expected.get("also_ok") or []) | {x for v in equivalent.values() for x in v}
    if expected["verdict"] == "healthy":
        wrong += [f"false alarm {d}" for d in serious if d not in accepted]
        if result.verdict.value != "healthy":
            wrong.append(f"verdict {result.verdict}")
        return wrong
    if result.verdict.value not in (expected["verdict"], "cause_found"):
        wrong.append(f"verdict {result.verdict}")
    first = set(wanted) | {x for v in equivalent.values() for x in v}
    if not found or found[0] not in first:
        wrong.append(f"ranked first: {found[:1]}, wanted one of {sorted(first)}")
    if "equivalent" in expected:
        wrong += [f"missed {d}" for d in wanted if not {d, *equivalent.get(d, [])} & {*found, *folded}]
    wrong += [f"never {d}" for d in (*found, *folded) if d in (expected.get("never") or [])]
    wrong += [f"not true: {d}" for d in serious if d not in accepted]
    return wrong


@pytest.mark.parametrize("path", _folders(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_example(path: Path, knowledge: Knowledge, engine: Engine) -> None:
    expected = YAML(typ="safe").load((path / "expected.yml").read_text(encoding="utf-8"))
    if path.name == "mra-no-shared-cipher":
        pytest.skip("the folder holds no log, so nothing in it tells of ciphers")
    evidence = read_paths([path])
    result = examine(
        evidence,
        description_of(evidence),
        knowledge,
        engine,
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
        at=expected["at"].replace(tzinfo=UTC),
    )
    assert judge(path, expected, result) == []


def test_folder_is_complete() -> None:
    if not ROOT.is_dir():
        pytest.skip(f"{ROOT} is not there")
    assert len(_folders()) >= 50
