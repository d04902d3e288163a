"""The language of everything that is shown: gettext, with the English text itself as the key."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

DOMAIN = "certdoctor"
LOCALE = Path(__file__).resolve().parent / "locale"
_lang = "en"
_catalog: gettext.NullTranslations = gettext.NullTranslations()
_meanwhile: ContextVar[tuple[str, gettext.NullTranslations] | None] = ContextVar("meanwhile", default=None)


def set_language(lang: str) -> None:
    """Use the catalog of `lang` ("en", "de") from now on; without one, texts stay English."""
    global _lang, _catalog
    _lang = lang
    _catalog = _translations(lang)


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Speak another language for a while, in this thread alone: a sheet may be in another one than the app's."""
    token = _meanwhile.set((lang, _translations(lang)))
    try:
        yield
    finally:
        _meanwhile.reset(token)


def _translations(lang: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, languages=[lang], fallback=True)


def _spoken() -> gettext.NullTranslations:
    meanwhile = _meanwhile.get()
    return _catalog if meanwhile is None else meanwhile[1]


def current() -> str:
    """Return the language that is spoken."""
    meanwhile = _meanwhile.get()
    return _lang if meanwhile is None else meanwhile[0]


def _(text: str) -> str:
    """Return `text` in the current language."""
    return _spoken().gettext(text) if text else ""


def ngettext(one: str, many: str, n: int) -> str:
    """Return the form of a text that fits the number `n`, in the current language."""
    return _spoken().ngettext(one, many, n)


def pgettext(context: str, text: str) -> str:
    """Return `text` in the current language, where the same English word means something else elsewhere."""
    return _spoken().pgettext(context, text)


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text
