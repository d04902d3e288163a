"""Lines of spans: nothing is lost by wrapping, nothing is wider than it may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from certdoctor.ui.spans import Cell, block, fit, fit_tail, line, plain, row, text_block, wrap

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Mn", "Me"]), max_size=200)
WIDTHS = st.integers(8, 100)


@given(TEXTS, WIDTHS, st.integers(0, 30))
def test_wrapping_keeps_every_character_but_blanks(text: str, width: int, hang: int) -> None:
    lines = wrap(((text, "bad"), (text, "")), width, hang)
    assert "".join(plain(each) for each in lines).replace(" ", "") == (text + text).replace(" ", "")


@given(TEXTS, WIDTHS, st.integers(0, 30))
def test_no_line_is_wider_than_asked(text: str, width: int, hang: int) -> None:
    assert all(cell_len(plain(each)) <= width for each in wrap(((text, ""),), width, hang))


@given(TEXTS, st.integers(0, 60))
def test_fitting_fills_the_width_exactly(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit_tail(text, width)) == width


def test_what_is_cut_is_marked() -> None:
    assert fit("expressway", 6) == "expre…"
    assert fit_tail("certs/expe1.pem", 10) == "…expe1.pem"


def test_a_row_shares_what_is_left_between_loose_columns() -> None:
    (drawn,) = row("k", Cell("name"), Cell("fixed", 5), Cell("other")).render(27)
    assert plain(drawn) == "name       fixed other     "


def test_markup_and_control_characters_stay_text() -> None:
    assert plain(line("[bold]x[/] \x1b[31m")) == "[bold]x[/] �[31m"


def test_an_empty_text_has_one_line() -> None:
    assert len(text_block("", "").render(40)) == 1
    assert len(block("", ()).render(40)) == 1


def test_continued_lines_hang() -> None:
    lines = wrap(line("one two three four"), 9, hang=2)
    assert [plain(each).rstrip() for each in lines] == ["one two", "  three", "  four"]
