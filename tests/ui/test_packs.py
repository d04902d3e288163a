"""Treatment packs and stopgaps in the app."""

from __future__ import annotations

from pathlib import Path

from tests.ui.driving import using


async def test_a_pack_for_one_finding_and_for_the_case(tmp_path: Path) -> None:
    async with using() as user:
        await user.press("r", "x", "enter", "p")
        user.shows("finding-pack")
        await user.press("ctrl+u")
        await user.type(str(tmp_path / "one"))
        await user.press("tab", "right", "ctrl+s")
        assert user.status.startswith("Written: 1 files into ")
        assert "write_pack CHN-01/expc1/sub2 in de" in user.practice.calls  # type: ignore[attr-defined]
        await user.press("escape", "p", "ctrl+u")
        await user.type(str(tmp_path / "one"))
        await user.press("ctrl+s")
        assert "is there already" in user.status
        user.sees("Write a treatment pack", str(tmp_path / "one")[-30:])
        assert "write_pack all in en" in user.practice.calls  # type: ignore[attr-defined]


async def test_a_pack_needs_an_examination_and_a_case() -> None:
    async with using() as user:
        await user.press("r", "f", "p")
        assert "Examine first" in user.status


async def test_a_stopgap_is_shown_everywhere_until_its_way_back_is_ticked() -> None:
    async with using() as user:
        await user.press("r", "x", "enter", "f")
        await user.choose("STOPGAP")
        await user.press("space")
        assert "A stopgap is in force" in user.status
        user.shows("finding-stopgap")
        await user.press("escape")
        user.shows("case-stopgap")
        await user.press("escape")
        user.shows("home-stopgap")
        await user.choose("Switch TLS verification")
        await user.press("enter")
        user.sees("C-0001")
        await user.press("escape")
        await user.choose("1 open")
        await user.press("enter")
        user.sees("Stopgaps in force", "Switch TLS verification of the zone off")
        await user.choose("Switch TLS verification")
        await user.press("enter", "enter", "f")
        await user.choose("[ ] Way back")
        await user.press("space", "escape")
        user.sees_not("Stopgaps in force")
        await user.press("escape")
        user.sees_not("Stopgaps in force")
        await user.press("escape")
        user.sees_not("Stopgaps in force")
