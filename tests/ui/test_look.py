"""Colours, small windows, plain ASCII, languages."""

from __future__ import annotations

from gettext import NullTranslations

import pytest
from rich.segment import Segment
from textual.color import Color

from certdoctor import language
from certdoctor.ui.theme import PALETTES, AsciiOnly, contrasts
from tests.ui.driving import screen_text, using
from tests.ui.fake_practice import FakePractice


@pytest.mark.parametrize("name", PALETTES)
def test_every_text_has_a_contrast_of_seven_to_one(name: str) -> None:
    assert {role: ratio for role, ratio in contrasts(name).items() if ratio < 7} == {}


@pytest.mark.parametrize("name", PALETTES)
async def test_each_theme_draws(name: str) -> None:
    async with using(theme=name) as user:
        user.shows("home")


async def test_no_color_writes_no_colour_and_marks_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with using() as user:
        await user.press("r", "x")
        user.shows("case-findings")
        reversed_lines = 0
        for strip in user.app.screen._compositor.render_strips():
            for segment in strip:
                style = segment.style
                if style is not None:
                    assert style.color is None or style.color.is_default
                    assert style.bgcolor is None or style.bgcolor.is_default
                    reversed_lines += bool(style.reverse and segment.text.strip())
        assert reversed_lines


@pytest.mark.parametrize("size", [(59, 24), (80, 14), (10, 3), (1, 1)])
async def test_a_small_window_says_so_and_takes_no_keys(size: tuple[int, int]) -> None:
    practice = FakePractice()
    async with using(practice, size=size) as user:
        if size[0] > 50:
            user.sees("the window is too small", "60x15")
        await user.press("e")
        assert "create_example" not in practice.calls
        await user.pilot.resize_terminal(80, 24)
        await user.settle()
        user.shows("home-empty")


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (132, 50)])
async def test_all_screens_fit(size: tuple[int, int]) -> None:
    async with using(size=size) as user:
        for key in [
            "r",
            "x",
            "enter",
            "f",
            "escape",
            "e",
            "s",
            "i",
            "n",
            "escape",
            "down",
            "enter",
            "n",
            "o",
            "t",
            "h",
        ]:
            await user.press(key)
            lines = user.text.splitlines()
            assert len(lines) == size[1]
            assert "? all keys" in lines[-1]
            assert user.frame.status.text[:20] in user.text


async def test_a_long_line_of_keys_keeps_back_and_help() -> None:
    async with using(size=(60, 15)) as user:
        await user.press("r", "e")
        last = user.text.splitlines()[-1]
        assert last.rstrip().endswith("esc back  ? all keys")


async def test_plain_ascii_has_no_other_character() -> None:
    async with using(ascii=True) as user:
        await user.press("r", "x")
        assert user.text.isascii(), [line for line in user.text.splitlines() if not line.isascii()]
        user.sees("> 1  CRITICAL", "expc1 - certain")


def test_letters_lose_their_accents_only() -> None:
    drawn = AsciiOnly().apply([Segment("Zürich, São Paulo · 東京 → ✓")], Color(0, 0, 0))
    assert drawn[0].text == "Zurich, Sao Paulo - ???? > x"


async def test_control_characters_from_outside_are_not_drawn() -> None:
    practice = FakePractice()
    practice.create_site("Evil\x1b[2J\u202e", "[red]HQ[/]")
    async with using(practice) as user:
        assert "\x1b" not in user.text
        user.sees("[red]HQ[/]")


async def test_a_list_of_thousands_draws_what_is_seen_only() -> None:
    practice = FakePractice()
    for number in range(3000):
        practice.create_site(f"Customer {number:04}", "HQ")
    async with using(practice) as user:
        await user.press("end")
        user.sees("Customer 2999")
        await user.press("home")
        assert screen_text(user.app).count("Customer 0") == 19


class Wordy(NullTranslations):
    """A language whose every text is half as long again."""

    def gettext(self, message: str) -> str:
        return message + "~" * (len(message) // 2)


@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
async def test_a_wordy_language_hides_no_section_and_no_way_back(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_catalog", Wordy())
    async with using(size=size) as user:
        for keys, letters in (("r x f n e i s", "esifn"), ("escape down enter n o t h c", "cnoth")):
            for key in keys.split():
                await user.press(key)
                user.frame.status.hush()
                lines = user.text.splitlines()
                assert lines[-1].split()[0]
                assert " ? all keys" in lines[-1]
                if key not in ("escape", "down", "enter"):
                    assert [word for word in lines[1].split() if word in letters] == list(letters), lines[1]
