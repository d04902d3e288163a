"""What comes out of the example sites is kept, and a change of it shows line by line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from certdoctor.casework.outcomes import changes
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.resources import folder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    return copytree(folder("kb") / "example", tmp_path / "example")


def test_the_examples_come_out_as_kept(examples: Path, knowledge: Knowledge) -> None:
    assert len(list(examples.glob("*.outcome.txt"))) == len(list(examples.glob("*/site.yml"))) == 2
    assert list(changes(examples, knowledge, NOW)) == []


def test_a_rule_that_fires_no_more_shows_and_can_be_accepted(examples: Path, knowledge: Knowledge) -> None:
    fewer = replace(knowledge, rules={key: rule for key, rule in knowledge.rules.items() if key != "cli-01"})
    diff = list(changes(examples, fewer, NOW))
    assert "-connection:edge-jabber-expe1/server  cli-01 -> CLI-01 (decisive)" in diff
    assert not [line for line in diff if line.startswith("+") and "->" in line]
    assert list(changes(examples, fewer, NOW, accept=True)) == []
    assert list(changes(examples, fewer, NOW)) == []
    assert list(changes(examples, knowledge, NOW)) != []


def test_without_examples_there_is_nothing_to_compare(tmp_path: Path, knowledge: Knowledge) -> None:
    assert list(changes(tmp_path, knowledge, NOW)) == []
