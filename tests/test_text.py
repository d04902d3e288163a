from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdoctor.text import clean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("expe1.example.com", "expe1.example.com"),
        ("Zürich ✓ 日本", "Zürich ✓ 日本"),
        ("a\x1b[31mred", "a�[31mred"),
        ("line\nbreak\r", "line�break�"),
        ("a\tb", "a b"),
        ("\u202emoc.elpmaxe", "�moc.elpmaxe"),
        ("zero\u200bwidth", "zero�width"),
        ("\ud800", "�"),
        ("\ue000", "�"),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
        ("", ""),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_newlines_stay_where_asked_for() -> None:
    assert clean("a\nb\x07", keep_newlines=True) == "a\nb�"


def test_what_is_cut_shows_it() -> None:
    assert clean("abcdef", limit=3) == "abc…"
    assert clean("abc", limit=3) == "abc"


@given(st.text(st.characters(codec=None)), st.integers(0, 50), st.booleans())
def test_nothing_that_acts_on_a_terminal_survives(text: str, limit: int, keep: bool) -> None:
    cleaned = clean(text, limit, keep)
    assert len(cleaned) <= limit + 1
    categories = {unicodedata.category(c) for c in cleaned.replace("\n", "" if keep else "\n")}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn"}
    cleaned.encode("utf-8")
    assert clean(cleaned, limit + 1, keep) == cleaned
