"""Checks rules for themselves: what they name exists, what their texts need is bound, the engine can take them."""

from __future__ import annotations

from collections.abc import Iterator

from certdoctor.knowledge import bounds
from certdoctor.knowledge.checking.book import GIVEN_PARAMS, Book, exist, premise
from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.load import Sheet
from certdoctor.knowledge.written import Fault


def check_rules(book: Book) -> Iterator[Fault]:
    """Check every rule."""
    for sheet, rule in book.of(RuleForm):
        yield from _premises(sheet, rule, book)
        yield from _names(sheet, rule, book)
        yield from _bindings(sheet, rule, book)
        yield from _strength(sheet, rule, book)


def is_sound(sheet: Sheet, rule: RuleForm, book: Book) -> bool:
    """Say whether the engine can take a rule."""
    return not any(_premises(sheet, rule, book))


def _premises(sheet: Sheet, rule: RuleForm, book: Book) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, form in enumerate(rule.when):
        yield from premise(sheet, form, book, ("when", place))
        about = book.knowledge.about.get(form.fact, rule.about)
        if about != rule.about:
            yield sheet.fault(f"{form.fact} is about {about}, the rule about {rule.about}", "when", place, "fact")
        if form.fact in seen:
            yield sheet.fault(f"two premises on {form.fact}", "when", place, "fact")
        seen.add(form.fact)
    if not 1 <= len(rule.when) <= bounds.PREMISES:
        yield sheet.fault(f"a rule has 1 to {bounds.PREMISES} premises", "when")
    elif bounds.alternatives(rule) > bounds.ALTERNATIVES:
        yield sheet.fault(
            f"the premises can be true in {bounds.alternatives(rule)} ways, more than {bounds.ALTERNATIVES}",
            "when",
        )


def _names(sheet: Sheet, rule: RuleForm, book: Book) -> Iterator[Fault]:
    diagnoses = book.knowledge.diagnoses
    if rule.diagnosis not in diagnoses:
        yield sheet.fault(f"there is no diagnosis {rule.diagnosis!r}", "diagnosis")
    for place, against in enumerate(rule.against):
        if against.diagnosis not in diagnoses:
            yield sheet.fault(f"there is no diagnosis {against.diagnosis!r}", "against", place, "diagnosis")
        if against.diagnosis == rule.diagnosis:
            yield sheet.fault("a rule cannot speak for and against the same", "against", place, "diagnosis")
    if not rule.sources:
        yield sheet.fault("a rule needs a source", "sources")
    yield from exist(sheet, rule.sources, book.knowledge.sources, "source", "sources")


def _bindings(sheet: Sheet, rule: RuleForm, book: Book) -> Iterator[Fault]:
    diagnosis = book.knowledge.diagnoses.get(rule.diagnosis)
    if diagnosis is None:
        return
    params = set(diagnosis.form.params)
    bound: set[str] = set()
    premises = {form.fact for form in rule.when}
    for fact, names in rule.bind.items():
        if fact not in premises:
            yield sheet.fault(f"{fact} is not a premise of this rule", "bind", fact)
            continue
        offered = book.knowledge.fact(fact).bindings if fact in book.knowledge.about else ()
        for place, name in enumerate(names):
            if name not in offered:
                yield sheet.fault(f"{fact} does not bind {name!r}", "bind", fact, place)
            if name not in params:
                yield sheet.fault(f"{rule.diagnosis} has no param {name!r}", "bind", fact, place)
            if name in bound:
                yield sheet.fault(f"{name!r} is bound twice", "bind", fact, place)
            bound.add(name)
    for name in sorted(params - bound - GIVEN_PARAMS):
        yield sheet.fault(f"the param {name!r} of {rule.diagnosis} is not bound", "bind")


def _strength(sheet: Sheet, rule: RuleForm, book: Book) -> Iterator[Fault]:
    if rule.strength == "decisive" and not any(
        {"observer", "signature"}.intersection(book.knowledge.fact(form.fact).supplied)
        for form in rule.when
        if form.fact in book.knowledge.about
    ):
        yield sheet.fault("decisive, but only a person can supply its premises", "strength")
