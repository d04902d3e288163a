"""What every part of the check looks at."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from certdoctor.knowledge.forms import LANGUAGES, Lang, Premise, RuleForm
from certdoctor.knowledge.load import Sheet
from certdoctor.knowledge.model import Knowledge
from certdoctor.knowledge.written import Fault

T = TypeVar("T", bound=msgspec.Struct)
Steps = tuple[str | int, ...]

# Filled in by reasoning, so that every text may use it and no rule needs to bind it.
GIVEN_PARAMS = frozenset({"connections"})


@dataclass(frozen=True, slots=True)
class Ran:
    """The rules that fire for one case: what the engine says, and what can be proven."""

    engine: frozenset[str]
    proof: frozenset[str]
    backwards: frozenset[str] | None = None  # the engine again, with the facts in another order; None: not tried


class Runner(Protocol):
    """Runs cases (about, fact -> value) through the rules of `knowledge`."""

    def __call__(self, knowledge: Knowledge, cases: Sequence[tuple[str, Mapping[str, str]]]) -> list[Ran]: ...


@dataclass(frozen=True, slots=True)
class Book:
    """All files, and what they are put together."""

    knowledge: Knowledge
    sheets: Sequence[Sheet]

    def of(self, kind: type[T]) -> Iterator[tuple[Sheet, T]]:
        """Give the files of one form."""
        for sheet in self.sheets:
            if isinstance(sheet.form, kind):
                yield sheet, sheet.form

    def active_rules(self) -> Iterator[tuple[Sheet, RuleForm]]:
        """Give the rules in force."""
        for sheet, rule in self.of(RuleForm):
            if rule.status != "deprecated":
                yield sheet, rule


def placeholders(text: str) -> frozenset[str]:
    """Return the names in {braces}.

    Raises:
        ValueError: the text cannot be filled in: a brace that is not closed, or more than a plain name in it.
    """
    if "{" not in text:
        return frozenset()
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(text):
        if name is not None:
            if not name.isidentifier() or spec or conversion:
                raise ValueError(f"{{{name}}} is not a plain name")
            names.add(name)
    return frozenset(names)


def languages(sheet: Sheet, text: Mapping[Lang, str], steps: Steps, allowed: Iterable[str] = ()) -> Iterator[Fault]:
    """Check a text that is keyed by language: all languages, nothing blank, the same allowed placeholders."""
    used: dict[str, frozenset[str]] = {}
    for lang in LANGUAGES:
        if lang not in text:
            yield sheet.fault(f"the text in {lang!r} is missing", *steps)
            continue
        yield from words(sheet, text[lang], (*steps, lang))
        try:
            used[lang] = placeholders(text[lang])
        except ValueError as error:
            yield sheet.fault(str(error), *steps, lang)
            continue
        for name in sorted(used[lang].difference(allowed)):
            yield sheet.fault(f"{{{name}}} is not a placeholder that can be filled here", *steps, lang)
    if len(set(used.values())) > 1:
        yield sheet.fault("the languages use different placeholders", *steps)


def words(sheet: Sheet, text: str, steps: Steps) -> Iterator[Fault]:
    """Check that a text is there and has no blanks around it."""
    if not text.strip():
        yield sheet.fault("the text is empty", *steps)
    elif text != text.strip():
        yield sheet.fault("the text begins or ends with a blank", *steps)


def premise(sheet: Sheet, form: Premise, book: Book, steps: Steps) -> Iterator[Fault]:
    """Check that a premise names a fact and values of the vocabulary."""
    about = book.knowledge.about.get(form.fact)
    if about is None:
        yield sheet.fault(f"the vocabulary has no fact {form.fact!r}", *steps, "fact")
        return
    known = book.knowledge.fact(form.fact).values
    if not form.values:
        yield sheet.fault("a premise needs a value", *steps, "is")
    if len(set(form.values)) != len(form.values):
        yield sheet.fault("a value stands here twice", *steps, "is")
    for place, value in enumerate(form.values):
        if value not in known:
            at = (*steps, "is") if isinstance(form.is_, str) else (*steps, "is", place)
            yield sheet.fault(f"{form.fact} has no value {value!r}", *at)


def exist(sheet: Sheet, names: Sequence[str], known: Iterable[str], what: str, *steps: str | int) -> Iterator[Fault]:
    """Check that every name of a list is known, and there once."""
    for place, name in enumerate(names):
        if name not in known:
            yield sheet.fault(f"there is no {what} {name!r}", *steps, place)
        elif name in names[:place]:
            yield sheet.fault(f"{name} stands here twice", *steps, place)
