"""Checks the tests of rules, runs them, and looks whether they would notice a change of the rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from certdoctor.knowledge.checking.book import Book, Ran, Runner
from certdoctor.knowledge.checking.rules import is_sound
from certdoctor.knowledge.forms import Premise, RuleForm, RuleTestForm, TestCase
from certdoctor.knowledge.load import Sheet
from certdoctor.knowledge.written import Fault

_KINDS = ("positive", "negative", "near_miss", "unknown")
_ORDER = ("decisive", "strong", "moderate", "weak")


@dataclass(frozen=True, slots=True)
class _Case:
    """A case with all its facts, and the place of its form."""

    place: int
    form: TestCase
    values: Mapping[str, str]
    name: str  # with the value of `each`, where there is one


@dataclass(frozen=True, slots=True)
class _Test:
    sheet: Sheet
    form: RuleTestForm
    rule: RuleForm
    rule_sheet: Sheet
    cases: Sequence[_Case]


def check_tests(book: Book, reason: Runner | None) -> Iterator[Fault]:
    """Check all tests.

    Args:
        book: the knowledge.
        reason: runs the cases through engine and proof; None leaves that out.
    """
    tests: list[_Test] = []
    rules = {rule.id: (sheet, rule) for sheet, rule in book.active_rules()}
    tested = {form.rule: (sheet, form) for sheet, form in book.of(RuleTestForm)}
    for key, (sheet, _) in rules.items():
        if key not in tested:
            yield sheet.fault(f"has no test: {key}.test.yml is missing", "id")
    for key, (sheet, form) in tested.items():
        if key not in book.knowledge.rules:
            yield sheet.fault(f"there is no rule {key!r}", "rule")
        elif key in rules:
            cases, faults = _expand(sheet, form, rules[key][1], book)
            yield from faults
            tests.append(_Test(sheet, form, rules[key][1], rules[key][0], cases))
    for test in tests:
        yield from _kinds(test, book)
        yield from _mutants(test, book)
    if reason is not None:
        yield from _run(tests, book, reason)


# --- cases with all their facts ---


def _expand(sheet: Sheet, form: RuleTestForm, rule: RuleForm, book: Book) -> tuple[list[_Case], list[Fault]]:
    faults: list[Fault] = []
    cases: list[_Case] = []
    by_name: dict[str, Mapping[str, str]] = {}
    for place, case in enumerate(form.cases):
        if case.name in by_name:
            faults.append(sheet.fault(f"two cases are called {case.name!r}", "cases", place, "name"))
            continue
        if case.of is not None and case.of not in by_name:
            faults.append(sheet.fault(f"no case above is called {case.of!r}", "cases", place, "of"))
            continue
        if case.of is None and (case.change or case.forget):
            faults.append(sheet.fault("`change` and `forget` need an `of`", "cases", place))
        if case.of is not None and case.facts:
            faults.append(sheet.fault("either `facts` or `of`", "cases", place, "facts"))
        base = dict(by_name[case.of]) if case.of is not None else {}
        for fact in case.forget:
            if base.pop(fact, None) is None:
                faults.append(sheet.fault(f"{fact} is not known before", "cases", place, "forget"))
        for fact, value in case.change.items():
            if base.get(fact) == value:
                faults.append(sheet.fault(f"{fact} is {value} before", "cases", place, "change", fact))
        values = {**base, **case.facts, **case.change}
        by_name[case.name] = values
        cases.append(_Case(place, case, values, case.name))
        cases += [
            _Case(place, case, {**values, fact: value}, f"{case.name} [{fact}: {value}]")
            for fact, others in case.each.items()
            for value in others
        ]
        faults += _vocabulary(sheet, place, case, rule, book)
    return cases, faults


def _vocabulary(sheet: Sheet, place: int, case: TestCase, rule: RuleForm, book: Book) -> Iterator[Fault]:
    said = [
        *(("facts", fact, value) for fact, value in case.facts.items()),
        *(("change", fact, value) for fact, value in case.change.items()),
        *(("each", fact, value) for fact, values in case.each.items() for value in values),
    ]
    for field, fact, value in said:
        if book.knowledge.about.get(fact) != rule.about:
            yield sheet.fault(f"no fact {fact!r} about {rule.about}", "cases", place, field, fact)
        elif value not in book.knowledge.fact(fact).values:
            yield sheet.fault(f"{fact} has no value {value!r}", "cases", place, field, fact)
    for diagnosis in case.expect:
        if diagnosis not in book.knowledge.diagnoses:
            yield sheet.fault(f"there is no diagnosis {diagnosis!r}", "cases", place, "expect", diagnosis)


# --- every kind of case is there and is what it says ---


def _kinds(test: _Test, book: Book) -> Iterator[Fault]:
    rule = test.rule
    there = {case.form.kind for case in test.cases}
    for kind in _KINDS:
        if kind not in there:
            yield test.sheet.fault(f"has no {kind} case", "cases")
    positives = {case.name for case in test.cases if case.form.kind == "positive"}
    flipped: set[str] = set()
    premises = {premise.fact for premise in rule.when}
    for case in test.cases:
        form = case.form
        fires = rule.holds(case.values)
        if fires != (form.kind == "positive"):
            yield test.sheet.fault(
                f"{case.name}: {form.kind}, but the rule {'is' if fires else 'is not'} true", "cases", case.place
            )
        if form.kind == "near_miss":
            changed = set(form.change)
            if form.of not in positives or len(changed) != 1 or form.forget or not changed <= premises:
                yield test.sheet.fault(
                    f"{case.name}: a near miss changes one premise of a positive case", "cases", case.place
                )
            elif not fires:
                flipped |= changed
        if form.kind == "unknown" and (
            form.of not in positives or form.change or not premises.intersection(form.forget)
        ):
            yield test.sheet.fault(
                f"{case.name}: an unknown case forgets a premise of a positive case", "cases", case.place
            )
    for place, premise in enumerate(rule.when):
        if premise.fact not in flipped and _others(premise, book):
            yield test.rule_sheet.fault(f"no near miss flips {premise.fact} alone", "when", place, "fact")


def _others(premise: Premise, book: Book) -> list[str]:
    """Return the values of a premise's fact that make it untrue."""
    if premise.fact not in book.knowledge.about:
        return []
    return [value for value in book.knowledge.fact(premise.fact).values if value not in premise.values]


# --- would a test notice? ---


def _mutants(test: _Test, book: Book) -> Iterator[Fault]:
    """Drop each premise, and flip each value to each other one: some case must come out differently."""
    rule = test.rule
    for place, premise in enumerate(rule.when):
        rest = [other for other in rule.when if other is not premise]
        if not _killed(test, msgspec.structs.replace(rule, when=rest)):
            yield test.rule_sheet.fault(
                f"no case notices when the premise on {premise.fact} is dropped", "when", place, "fact"
            )
        for position, value in enumerate(premise.values):
            for other in _others(premise, book):
                values = [other if kept == value else kept for kept in premise.values]
                changed = [Premise(fact=premise.fact, is_=values), *rest]
                if not _killed(test, msgspec.structs.replace(rule, when=changed)):
                    at = ("is",) if isinstance(premise.is_, str) else ("is", position)
                    yield test.rule_sheet.fault(
                        f"no case notices when {premise.fact} must be {other} instead of {value}",
                        "when",
                        place,
                        *at,
                    )
                    break


def _killed(test: _Test, mutant: RuleForm) -> bool:
    return any(mutant.holds(case.values) != test.rule.holds(case.values) for case in test.cases)


# --- what really comes out ---


def _run(tests: Sequence[_Test], book: Book, reason: Runner) -> Iterator[Fault]:
    # A rule that the engine cannot take, reported elsewhere, is left out together with its test.
    sound = {rule.id: rule for sheet, rule in book.active_rules() if is_sound(sheet, rule, book)}
    pairs = [(test, case) for test in tests if test.rule.id in sound for case in test.cases]
    ran = reason(replace(book.knowledge, rules=sound), [(test.rule.about, case.values) for test, case in pairs])
    for (test, case), result in zip(pairs, ran, strict=True):
        yield from _compare(test, case, result, book)


def _compare(test: _Test, case: _Case, result: Ran, book: Book) -> Iterator[Fault]:
    for rule in sorted(result.engine ^ result.proof):
        who = "the engine" if rule in result.engine else "the proof"
        yield test.sheet.fault(f"{case.name}: only {who} concludes {rule}", "cases", case.place)
    if result.backwards is not None:
        for rule in sorted(result.engine ^ result.backwards):
            yield test.sheet.fault(f"{case.name}: {rule} depends on the order of the facts", "cases", case.place)
    concluded: dict[str, str] = {}
    for rule in sorted(result.proof):
        form = book.knowledge.rules[rule]
        best = min(form.strength, concluded.get(form.diagnosis, form.strength), key=_ORDER.index)
        concluded[form.diagnosis] = best
    if concluded != case.form.expect:
        yield test.sheet.fault(
            f"{case.name}: expected {_say(case.form.expect)}, concluded {_say(concluded)}", "cases", case.place
        )


def _say(conclusions: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {strength}" for key, strength in sorted(conclusions.items())) or "nothing"
