"""Articles: what readers see of a diagnosis and of its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from certdoctor.knowledge.articles import article, failure_modes, opened, searched, tried
from certdoctor.knowledge.coverage import Decided
from certdoctor.knowledge.forms import Premise, RuleForm, RuleTestForm
from certdoctor.knowledge.forms import TestCase as Case
from certdoctor.resources import folder
from tests.sites import knowledge

RULE = RuleForm(
    schema="certdoctor/rule@1", id="a-01", diagnosis="A-01", about="node", strength="strong", status="test",
    when=[Premise(fact="lamp.light", is_="off"), Premise(fact="lamp.power", is_=["there", "weak"])], sources=[],
)  # fmt: skip
CASES = [
    Case(
        name="dark", kind="positive", facts={"lamp.light": "off", "lamp.power": "there"}, each={"lamp.power": ["weak"]}
    ),
    Case(name="it shines", kind="near_miss", of="dark", change={"lamp.light": "on"}),
    Case(name="no power", kind="near_miss", of="dark", change={"lamp.power": "gone"}),
    Case(name="not looked", kind="unknown", of="dark", forget=["lamp.light"]),
    Case(name="all is well", kind="negative", facts={"lamp.light": "on"}),
]


def form_of(*cases: Case) -> RuleTestForm:
    return RuleTestForm(schema="certdoctor/rule-test@1", rule="a-01", cases=list(cases))


def test_cases_are_counted_with_every_value_and_come_out_right() -> None:
    held = tried(RULE, form_of(*CASES))
    assert (held.positive, held.near_misses, held.unknown, held.negative, held.cases) == (2, 2, 1, 1, 6)
    assert held.wrong == ()


@pytest.mark.parametrize(
    "wrong",
    [
        Case(name="wrong", kind="positive", of="dark", change={"lamp.light": "on"}),
        Case(name="wrong", kind="near_miss", of="dark", change={"lamp.power": "weak"}),
        Case(name="wrong", kind="unknown", of="dark", forget=[]),
    ],
)
def test_a_case_that_comes_out_wrong_is_named(wrong: Case) -> None:
    assert tried(RULE, form_of(*CASES, wrong)).wrong == ("wrong",)


def test_placeholders_as_readers_see_them() -> None:
    assert opened("{node_name} lacks {ca}") == "<node name> lacks <ca>"


@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_diagnosis_has_an_article_without_open_braces(lang: str) -> None:
    for key in knowledge().diagnoses:
        held = article(key, knowledge(), folder("rules"), lang)
        assert held.translated
        assert "{" not in f"{held.title}{held.summary}{held.cause}"
        for rule in held.rules:
            assert rule.tried is not None
            assert rule.tried.wrong == ()
            assert all(values for _about, values in rule.premises)


def test_without_the_folder_of_rules_the_tests_are_not_at_hand(tmp_path: Path) -> None:
    assert {rule.tried for rule in article("ZON-06", knowledge(), tmp_path, "en").rules} == {None}


def test_the_list_holds_the_whole_catalogue_and_says_what_decides() -> None:
    modes = {mode.id: mode for mode in failure_modes(knowledge(), "en")}
    assert modes.keys() == knowledge().catalogue.keys() | knowledge().diagnoses.keys()
    assert modes["CHN-01"].decided is Decided.FILES


@pytest.mark.parametrize("words", ["zon-06", "ZON-06 kennwort", "password user name zone fails", "Passwort-Fehler"])
def test_search(words: str) -> None:
    found = searched(failure_modes(knowledge(), "en"), words)
    if words == "Passwort-Fehler":
        assert found == ()
    else:
        assert "ZON-06" in {mode.id for mode in found}


def test_what_is_named_so_stands_first() -> None:
    found = searched(failure_modes(knowledge(), "de"), "HSTS")
    assert found[0].id == "CLI-08"
