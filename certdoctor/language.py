"""The language of everything that is shown: gettext, with the English text itself as the key."""

from __future__ import annotations

import gettext
from pathlib import Path

DOMAIN = "certdoctor"
LOCALE = Path(__file__).resolve().parent / "locale"
_lang = "en"
_catalog: gettext.NullTranslations = gettext.NullTranslations()


def set_language(lang: str) -> None:
    """Use the catalog of `lang` ("en", "de") from now on; without one, texts stay English."""
    global _lang, _catalog
    _lang = lang
    _catalog = gettext.translation(DOMAIN, LOCALE, languages=[lang], fallback=True)


def current() -> str:
    """Return the language set last."""
    return _lang


def _(text: str) -> str:
    """Return `text` in the current language."""
    return _catalog.gettext(text) if text else ""


def ngettext(one: str, many: str, n: int) -> str:
    """Return the form of a text that fits the number `n`, in the current language."""
    return _catalog.ngettext(one, many, n)


def pgettext(context: str, text: str) -> str:
    """Return `text` in the current language, where the same English word means something else elsewhere."""
    return _catalog.pgettext(context, text)


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text
