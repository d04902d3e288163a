"""The knowledge browser: search, articles, and the way there from a finding."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from certdoctor.knowledge.articles import Tried
from certdoctor.language import set_language
from certdoctor.ui.screens.knowledge import ArticleScreen, KnowledgeBrowser, tried_in_words
from tests.ui.driving import using


@pytest.fixture
def german() -> Iterator[None]:
    set_language("de")
    yield
    set_language("en")


async def test_the_list_of_what_is_known() -> None:
    async with using() as user:
        await user.press("k", "slash")
        await user.type("tun-0")
        await user.press("enter")
        user.shows("knowledge")


@pytest.mark.parametrize(
    ("lang", "words", "found"),
    [
        ("en", "hsts", "CLI-08"),
        ("en", "Zertifikatspflicht ausgesperrt", "CLI-09"),  # the other language is searched too
        ("de", "locked out client certificate", "CLI-09"),
        ("de", "ZON-06", "ZON-06"),
        ("de", "GEWAHR unbekannt xyz", ""),
    ],
)
async def test_search_in_both_languages(lang: str, words: str, found: str) -> None:
    async with using(lang=lang) as user:
        await user.press("k", "slash")
        await user.type(words)
        if found:
            user.sees(found)
        else:
            user.sees_not("CLI-")


async def test_an_article_is_read() -> None:
    async with using() as user:
        await user.press("k", "slash")
        await user.type("tun-01")
        await user.press("enter", "enter")
        assert isinstance(user.frame, ArticleScreen)
        user.shows("knowledge-article")
        await user.press("pagedown")
        user.sees("None of your cases", "tun-01 fires when")
        await user.press("pagedown")
        user.sees("test cases, all as expected", "near misses")


@pytest.mark.usefixtures("german")
async def test_an_article_in_german() -> None:
    async with using(lang="de") as user:
        await user.press("k", "slash")
        await user.type("tun-01")
        await user.press("enter", "enter")
        user.shows("knowledge-article-de")
        await user.press("pagedown")
        user.sees("In keinem Ihrer Fälle", "tun-01 greift, wenn")
        await user.press("pagedown")
        user.sees("Testfälle, alle wie erwartet", "knapp daneben")


async def test_a_finding_opens_its_article_with_the_cases_that_had_it() -> None:
    async with using(size=(80, 80)) as user:
        await user.press("r", "x", "enter", "k")
        assert isinstance(user.frame, ArticleScreen)
        user.sees("Cases that had it", "C-0001")
        await user.press("escape")
        assert not isinstance(user.frame, ArticleScreen)


async def test_a_case_leads_to_the_knowledge_and_that_to_the_glossary() -> None:
    async with using() as user:
        await user.press("r", "k")
        assert isinstance(user.frame, KnowledgeBrowser)
        await user.press("g")
        user.sees("glossary")
        await user.press("escape", "escape")
        assert not isinstance(user.frame, KnowledgeBrowser)


async def test_an_article_that_is_gone_is_said_to_be() -> None:
    async with using() as user:
        user.app.push_screen(ArticleScreen("ABC-99"))
        await user.settle()
        user.sees("There is no article on ABC-99 yet.")


def test_status_of_the_tests_in_words() -> None:
    assert tried_in_words(None) == "Its test cases are not at hand."
    assert tried_in_words(Tried(1, 1, 3, 1, ())) == "6 test cases, all as expected (3 near misses)"
    assert tried_in_words(Tried(1, 1, 3, 1, ("a",))) == "Test cases that come out wrong: a"
