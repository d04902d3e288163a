"""Every text of the interface has a German one, with the same placeholders, and the compiled catalog is the kept one."""

from __future__ import annotations

import re
from typing import Any

from scripts import translations

PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\(\w+\)[sr]|%s")


def test_every_text_is_in_the_german_catalog() -> None:
    kept = translations.translated()
    texts = {(message.id, message.context) for message in translations.extracted() if message.id}
    assert texts == {(message.id, message.context) for message in kept if message.id}, "run `make translations`"
    assert translations.open_texts(kept) == []


def test_the_compiled_catalog_is_that_of_the_texts() -> None:
    assert translations.MO.read_bytes() == translations.compiled(translations.translated()), "run `make translations`"


def _forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (text,)


def test_both_languages_have_the_same_placeholders_and_ends() -> None:
    for message in translations.translated():
        for text, german in zip(_forms(message.id), _forms(message.string), strict=True):
            if text:
                assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(german)), text
                assert (text[-1] in "\n ") == (german[-1] in "\n "), text
