"""The words of the categories that symptoms are listed by."""

from __future__ import annotations

from certdoctor.language import N_, _

CATEGORY = {
    "upload": N_("upload"),
    "zone": N_("zone"),
    "tunnel": N_("tunnel"),
    "login": N_("login"),
    "client": N_("client"),
    "calls": N_("calls"),
    "cluster": N_("cluster"),
    "federation": N_("federation"),
    "alarm": N_("alarm"),
}


def category_word(category: str) -> str:
    """Return the word of a category of symptoms."""
    return _(CATEGORY[category])
