"""Sentences of the core in the user's language.

The core (evidence .. treatment) knows no language: it fills English templates, and what it says is kept so. Here,
where it is shown, the template of a sentence is found again, and its translation filled with the same values.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from certdoctor.deployment import wording as of_deployment
from certdoctor.errors import BadInput
from certdoctor.evidence import wording as of_evidence
from certdoctor.language import N_, _, current
from certdoctor.treatment import wording as of_treatment

# Values that are sentences of the core themselves; all others come from outside and stay as they are.
_OURS = frozenset({"why", "what", "part", "place", "side"})

_PLACES = (
    N_("line {number}"),
    N_("block {number}"),
    N_("certificate {number}"),
    N_("client certificate {number}"),
    N_("server certificate {number}"),
    N_("conversation {number}, from packet {packet}"),
)


def told(sentence: str) -> str:
    """Return a sentence of the core in the current language; one that is not known stays English."""
    if current() == "en" or not sentence:
        return sentence
    if sentence in _templates():
        return _(sentence)
    for pattern, template in _patterns():
        match = pattern.fullmatch(sentence)
        if match is not None:
            return _filled(_(template), match.groupdict())
    return sentence


def told_place(origin: str) -> str:
    """Return where something was found ("trust/expc1.pem, block 2") in the current language."""
    if current() == "en":
        return origin
    for pattern, template in _place_patterns():
        match = pattern.fullmatch(origin)
        if match is not None:
            values = match.groupdict()
            before = values.pop("before") or ""
            return told_place(before.removesuffix(", ")) + before[-2:] + _filled(_(template), values)
    return origin


def told_error(error: Exception) -> str:
    """Return what an error says in the current language."""
    if isinstance(error, BadInput):
        return str(BadInput(error.source, told_place(error.place), told(error.reason), told(error.remedy)))
    return told(str(error))


@cache
def _templates() -> frozenset[str]:
    modules = (of_evidence, of_deployment, of_treatment)
    return frozenset(
        value for module in modules for name, value in vars(module).items() if name.isupper() and isinstance(value, str)
    )


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return a pattern for each template that takes values; those that say most by themselves come first."""
    taking = [template for template in _templates() if "{" in template]
    taking.sort(key=lambda template: (-len(re.sub(r"\{.*?\}", "", template)), template))
    return tuple((_pattern(template), template) for template in taking)


@cache
def _place_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"(?P<before>.*, )?{_pattern(template, value='[0-9]+').pattern}", re.DOTALL), template)
        for template in _PLACES
    )


def _pattern(template: str, value: str = ".*?") -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    for literal, name, _spec, _conversion in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{value})")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


def _filled(template: str, values: dict[str, str]) -> str:
    """Fill a template with values that are written out already."""
    out: list[str] = []
    for literal, name, _spec, _conversion in Formatter().parse(template):
        out.append(literal)
        if name is not None:
            value = values[name]
            out.append(told_place(told(value)) if name in _OURS else value)
    return "".join(out)
