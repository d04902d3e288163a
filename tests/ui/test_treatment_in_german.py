"""The screens of treatment in German: whole words, within 80 columns."""

from __future__ import annotations

from certdoctor.language import set_language
from tests.ui.driving import using


async def test_proof_stopgap_and_renewal_in_german() -> None:
    set_language("de")
    async with using(lang="de") as user:
        await user.press("r", "x", "enter", "f")
        await user.choose("NOTBEHELF")
        await user.press("space", "escape", "v")
        user.shows("case-proof-de")
        user.sees("Verbindungen, vorher → nachher", "unbewiesen")
        await user.press("escape")
        user.sees("Aktive Notbehelfe")
        await user.choose("1 offen")
        await user.press("enter", "r", "a", "tab", "tab", "tab", "tab")
        await user.type("Public CA G4")
        await user.press("ctrl+s")
        user.shows("renewal-de")
        assert max(map(len, user.text.splitlines())) <= 80
