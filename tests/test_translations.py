"""Every text of the interface has a German one, with the same placeholders, and the compiled catalog is the kept one."""

from __future__ import annotations

import ast
import re
from typing import Any

from scripts import translations

PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\(\w+\)[sr]|%s")


def test_every_text_is_in_the_german_catalog() -> None:
    kept = translations.translated()
    texts = {(message.id, message.context) for message in translations.extracted() if message.id}
    assert texts == {(message.id, message.context) for message in kept if message.id}, "run `make translations`"
    assert translations.open_texts(kept) == []


def test_no_marked_text_is_missed() -> None:
    """The extractor reads tokens, and a text inside an f-string is none before Python 3.12: it stayed English."""
    texts = {_forms(message.id)[0] for message in translations.extracted() if message.id}
    at = {"_": 0, "N_": 0, "ngettext": 0, "pgettext": 1}
    for file in sorted(translations.PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in at:
                text = node.args[at[node.func.id]]
                if isinstance(text, ast.Constant):
                    assert text.value in texts, f"{file}:{node.lineno}: take {text.value!r} out of the f-string"


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
