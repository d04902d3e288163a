"""What is proven, and closing a case on it."""

from __future__ import annotations

from tests.ui.driving import using


async def test_a_case_is_closed_on_its_proof() -> None:
    async with using() as user:
        await user.press("r", "x", "v")
        user.shows("case-proof")
        await user.press("o")
        user.sees("Still unproven:", "The traversal zone is Active again")
        await user.press("escape")
        await user.choose("The traversal zone")
        await user.press("space")
        user.sees("told (kim)")
        assert "All is proven" in user.status
        await user.press("o")
        user.sees_not("Still unproven:")
        await user.type("The CA was added")
        await user.press("enter")
        assert "close_case, 0 unproven" in user.practice.calls  # type: ignore[attr-defined]


async def test_what_is_unproven_is_kept_when_a_case_is_closed_nevertheless() -> None:
    async with using() as user:
        await user.press("r", "x", "o")
        user.sees("Still unproven:")
        await user.type("Enough for tonight")
        await user.press("enter")
        assert "close_case, 1 unproven" in user.practice.calls  # type: ignore[attr-defined]
