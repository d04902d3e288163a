"""Consultations replayed on a sample of the rule cases and on the worked example; `make bench` runs all of them."""

from __future__ import annotations

from statistics import fmean

import pytest

from bench import replay
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder

EACH = 17  # every so many case: a few seconds


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return replay.with_tests()


@pytest.mark.parametrize(("hide", "at_most"), [("wholly", 4.2), ("by half", 4.2), ("not at all", 3.0)])
def test_no_conclusion_is_wrong_and_few_steps_are_enough(hide: str, at_most: float, knowledge: Knowledge) -> None:
    ended = [replay.replay_case(case, hide, knowledge) for case in list(replay.cases(knowledge))[::EACH]]
    assert len(ended) >= 15
    assert [each.name for each in ended if each.outcome == "wrong"] == []
    assert sum(each.outcome == "right" for each in ended) / len(ended) >= 0.85
    assert fmean(each.steps for each in ended) <= at_most


def test_fewer_steps_than_in_the_order_of_the_files(knowledge: Knowledge) -> None:
    chosen = list(replay.cases(knowledge))[:: 3 * EACH]
    product, files = (
        fmean(replay.replay_case(case, "wholly", knowledge, choose).steps for case in chosen)
        for choose in (replay.best, replay.in_file_order)
    )
    assert product < files


def test_without_noise_it_is_near_the_best_there_is(knowledge: Knowledge) -> None:
    found = list(replay.bounds(knowledge, ["mra-login-fails", "traversal-zone-tls-failure", "idp-login-fails"]))
    assert len(found) == 3
    for each in found:
        assert each.huffman - 1e-9 <= each.tree <= each.product + 1e-9
    product, tree, huffman = (fmean(getattr(each, name) for each in found) for name in ("product", "tree", "huffman"))
    assert product <= 1.05 * tree
    assert product <= 1.15 * huffman


@pytest.mark.parametrize("hide", replay.HIDDEN)
def test_the_worked_example_is_found_whatever_is_hidden(hide: str, knowledge: Knowledge) -> None:
    with Engine(knowledge) as engine:
        ended = replay.replay_site(folder("kb") / "example" / "site", hide, knowledge, engine)
    assert ended is not None
    assert ended.outcome == "right", ended
