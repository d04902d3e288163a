"""Renewal projects in the app."""

from __future__ import annotations

from tests.ui.driving import using


async def test_a_renewal_is_planned_ticked_off_and_closed() -> None:
    async with using() as user:
        await user.press("down", "enter", "r")
        user.sees("No renewal yet")
        await user.press("a")
        user.shows("renewal-form")
        await user.press("ctrl+s")
        assert "Name candidates" in user.status
        await user.type("Sunset")
        await user.press("tab", "tab")
        await user.type("expe.example.com")
        await user.press("tab", "tab")
        await user.type("Public CA G4")
        await user.press("tab", "right", "tab")
        await user.type("soon")
        await user.press("ctrl+s")
        assert "soon is no day" in user.status
        await user.press("ctrl+u")
        await user.type("2027-01-10")
        await user.press("ctrl+s")
        asked = next(c for c in user.practice.calls if c.startswith("plan_renewal ('expe"))  # type: ignore[attr-defined]
        assert "without=('clientAuth',)" in asked
        assert "datetime.datetime(2027, 1, 10" in asked
        user.shows("renewal")
        await user.press("space", "o")
        assert "are open" in user.status
        for text in ("upload the certificate", "expe1: restart"):
            await user.choose(text)
            await user.press("space")
        await user.press("w", "tab", "right", "ctrl+s")
        assert "write_renewal in de" in user.practice.calls  # type: ignore[attr-defined]
        await user.press("o")
        user.sees("CLOSED")
        await user.press("escape")
        user.shows("renewals")
