"""The check: a knowledge base in order has no fault, and each way to break it is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from certdoctor.knowledge.check import Ran, check
from certdoctor.knowledge.checking.book import placeholders
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.trial import Trial
from tests.knowledge.small import Break, Files, at, files, write

VOCABULARY = "kb/vocabulary/connection.yml"
SITE = "kb/vocabulary/site.yml"
RULE = "rules/lmp/lmp-01.yml"
TEST = "rules/lmp/lmp-01.test.yml"
THIRD = "rules/lmp/lmp-03.yml"
THIRD_TEST = "rules/lmp/lmp-03.test.yml"
DIAGNOSIS = "kb/diagnoses/LMP-01/diagnosis.yml"
ENGLISH = "kb/diagnoses/LMP-01/text.en.yml"
GERMAN = "kb/diagnoses/LMP-01/text.de.yml"
SYMPTOM = "kb/symptoms/it-is-dark.yml"
QUESTIONS = "kb/questions/site.yml"
SIGNATURES = "kb/signatures/lamps.yml"
REASONS = "kb/signatures/reasons.yml"
GLOSSARY = "kb/glossary/words.yml"
AUTHORITIES = "kb/authorities/makers.yml"
DATES = "kb/dates/lifetimes.yml"


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with Trial() as runner:
        yield runner


def faults(folder: Path, content: Files, runner: Trial | None) -> list[tuple[str, str]]:
    """Return (file, message) of all faults."""
    found = check(*write(folder, content), runner)
    return [(Path(fault.file).relative_to(folder).as_posix(), fault.message) for fault in found]


def test_knowledge_in_order_has_no_fault(tmp_path: Path, trial: Trial) -> None:
    assert faults(tmp_path, files(), trial) == []


def put(file: str, *steps: str | int, to: object) -> Break:
    """Set a value."""

    def change(content: Files) -> None:
        at(content, file, *steps[:-1])[steps[-1]] = to

    return change


def drop(file: str, *steps: str | int) -> Break:
    """Remove a value, or the whole file."""

    def change(content: Files) -> None:
        if steps:
            del at(content, file, *steps[:-1])[steps[-1]]
        else:
            del content[file]

    return change


def add(file: str, *steps: str | int, value: object) -> Break:
    """Append a value to a list."""
    return lambda content: at(content, file, *steps).append(value)


def new(file: str, content: object) -> Break:
    """Add a file."""
    return lambda files: files.update({file: content})


BROKEN: list[tuple[str, Break, str, str]] = [
    # the forms
    ("field", put(RULE, "author", to="me"), RULE, "unknown field `author`"),
    ("id", put(RULE, "id", to="lmp-1"), RULE, "the file is named for 'lmp-01'"),
    ("stray file", new("rules/lmp/x.txt", "x"), "rules/lmp/x.txt", "nothing is read"),
    ("about", put(SITE, "about", to="node"), SITE, "the file is named for 'site'"),
    # known CAs and days
    (
        "fingerprint",
        put(AUTHORITIES, "authorities", "root", "certificates", 0, "sha256", to="AB" * 32),
        AUTHORITIES,
        "not 64 digits of lower-case hex",
    ),
    (
        "fingerprint without a source",
        drop(AUTHORITIES, "authorities", "root", "certificates", 0, "source"),
        AUTHORITIES,
        "says how it was read, and from which source",
    ),
    (
        "source without a fingerprint",
        put(AUTHORITIES, "authorities", "older", "certificates", 0, "source", to="S01"),
        AUTHORITIES,
        "but no fingerprint",
    ),
    (
        "fingerprint of another CA",
        put(
            AUTHORITIES,
            "authorities",
            "older",
            "certificates",
            0,
            to={"signed_by": "self", "sha256": "ab" * 32, "read": "printed", "source": "S01"},
        ),
        AUTHORITIES,
        "root has the same fingerprint",
    ),
    (
        "signer",
        put(AUTHORITIES, "authorities", "root", "certificates", 1, "signed_by", to="nobody"),
        AUTHORITIES,
        "there is no CA 'nobody'",
    ),
    ("no certificate", put(AUTHORITIES, "authorities", "older", "certificates", to=[]), AUTHORITIES, "one certificate"),
    ("CA without a source", put(AUTHORITIES, "authorities", "older", "sources", to=[]), AUTHORITIES, "needs a source"),
    (
        "CA in one language",
        drop(AUTHORITIES, "authorities", "older", "text", "de"),
        AUTHORITIES,
        "'de' is missing",
    ),
    (
        "end of a CA",
        put(AUTHORITIES, "authorities", "root", "certificates", 0, "not_after", to="2030"),
        AUTHORITIES,
        "not a day",
    ),
    ("first day", put(DATES, "dates", "ten", "from", to="2026-13-01"), DATES, "not a day"),
    ("last day", put(DATES, "dates", "ten", "until", to="2025-12-31"), DATES, "ends before it begins"),
    ("days", put(DATES, "dates", "ten", "days", to=0), DATES, "a lifetime has days"),
    ("day without a source", put(DATES, "dates", "ten", "sources", to=[]), DATES, "a day needs a source"),
    (
        "other day without a source",
        put(DATES, "dates", "ten", "stated", 0, "sources", to=[]),
        DATES,
        "a day needs a source",
    ),
    # the vocabulary
    ("one language", drop(VOCABULARY, "facts", "lamp.power", "text", "de"), VOCABULARY, "'de' is missing"),
    ("one value", drop(VOCABULARY, "facts", "lamp.power", "values", "gone"), VOCABULARY, "two values at least"),
    (
        "unbound word",
        put(VOCABULARY, "facts", "lamp.power", "values", "there", to={"en": "{lamp}", "de": "{lamp}"}),
        VOCABULARY,
        "{lamp} is not a placeholder that can be filled here",
    ),
    (
        "other word",
        put(VOCABULARY, "facts", "lamp.light", "values", "on", "de", to="an"),
        VOCABULARY,
        "the languages use different placeholders",
    ),
    ("brace", put(VOCABULARY, "facts", "lamp.power", "text", "en", to="{0!r}"), VOCABULARY, "not a plain name"),
    ("nobody", put(VOCABULARY, "facts", "lamp.power", "supplied", to=[]), VOCABULARY, "nobody supplies"),
    (
        "no question",
        put(VOCABULARY, "facts", "lamp.power", "supplied", to=["observer", "question"]),
        VOCABULARY,
        "supplied by a question, but none asks",
    ),
    (
        "unused",
        lambda c: at(c, VOCABULARY, "facts").update({"lamp.age": at(c, VOCABULARY, "facts", "lamp.power")}),
        VOCABULARY,
        "reads this fact",
    ),
    # rules
    ("fact", put(RULE, "when", 0, "fact", to="lamp.lite"), RULE, "no fact 'lamp.lite'"),
    ("value", put(RULE, "when", 0, "is", to=["off", "of"]), RULE, "lamp.light has no value 'of'"),
    ("value twice", put(RULE, "when", 0, "is", to=["off", "off"]), RULE, "a value stands here twice"),
    ("no value", put(RULE, "when", 0, "is", to=[]), RULE, "a premise needs a value"),
    ("fact twice", add(RULE, "when", value={"fact": "lamp.light", "is": "off"}), RULE, "two premises on"),
    ("other subject", add(RULE, "when", value={"fact": "change.last", "is": "bulb"}), RULE, "is about site"),
    ("no premise", put(RULE, "when", to=[]), RULE, "1 to 15 premises"),
    ("diagnosis", put(RULE, "diagnosis", to="LMP-09"), RULE, "no diagnosis 'LMP-09'"),
    ("against", put(RULE, "against", 0, "diagnosis", to="LMP-09"), RULE, "no diagnosis 'LMP-09'"),
    ("against itself", put(RULE, "against", 0, "diagnosis", to="LMP-01"), RULE, "for and against"),
    ("source", put(RULE, "sources", to=["S02"]), RULE, "no source 'S02'"),
    ("no source", put(RULE, "sources", to=[]), RULE, "needs a source"),
    ("unbound", put(RULE, "bind", to={}), RULE, "param 'lamp' of LMP-01 is not bound"),
    ("bound twice", put(RULE, "bind", "lamp.light", to=["lamp", "lamp"]), RULE, "bound twice"),
    ("not offered", put(RULE, "bind", to={"lamp.power": ["lamp"]}), RULE, "lamp.power does not bind 'lamp'"),
    ("no premise bound", put(RULE, "bind", to={"log.refusal": ["lamp"]}), RULE, "not a premise"),
    ("no param", put(RULE, "bind", "lamp.light", to=["lamp", "bulb"]), RULE, "has no param 'bulb'"),
    (
        "decisive by answers",
        lambda c: [
            at(c, VOCABULARY, "facts", fact).update(supplied=["question"]) for fact in ("lamp.light", "lamp.power")
        ],
        RULE,
        "only a person can supply",
    ),
    # diagnoses
    ("explains", put(DIAGNOSIS, "explains", to=["LMP-09"]), DIAGNOSIS, "no diagnosis 'LMP-09'"),
    ("explains itself", put(DIAGNOSIS, "supersedes", to=["LMP-01"]), DIAGNOSIS, "does not explain itself"),
    ("merge by", put(DIAGNOSIS, "merge_by", to=["bulb"]), DIAGNOSIS, "no param 'bulb'"),
    ("requires", put(DIAGNOSIS, "requires", to=[{"fact": "x", "is": "y"}]), DIAGNOSIS, "no fact 'x'"),
    ("sourceless", put(DIAGNOSIS, "sources", to=[]), DIAGNOSIS, "confirmed, but without a source"),
    ("params twice", put(DIAGNOSIS, "params", to=["lamp", "lamp"]), DIAGNOSIS, "stands here twice"),
    ("no fix", put(DIAGNOSIS, "fix", to=[]), DIAGNOSIS, "no fix step"),
    ("no verify", put(DIAGNOSIS, "verify", to=[]), DIAGNOSIS, "no verify step"),
    ("fix twice", add(DIAGNOSIS, "fix", value={"id": "look", "role": "admin"}), DIAGNOSIS, "two steps 'look'"),
    ("fix source", put(DIAGNOSIS, "fix", 0, "source", to="S02"), DIAGNOSIS, "no source 'S02'"),
    ("menu path", put(DIAGNOSIS, "fix", 0, "where", to="{room}"), DIAGNOSIS, "{room} is not among the params"),
    ("verify fact", put(DIAGNOSIS, "verify", 0, "fact", to="x"), DIAGNOSIS, "no fact 'x'"),
    ("verify value", put(DIAGNOSIS, "verify", 0, "is", to="x"), DIAGNOSIS, "no value 'x'"),
    # texts
    ("no German", drop(GERMAN), DIAGNOSIS, "text.de.yml is missing"),
    ("no English", drop(ENGLISH), DIAGNOSIS, "text.en.yml is missing"),
    ("orphan", new("kb/diagnoses/LMP-07/text.en.yml", files()[ENGLISH]), "kb/diagnoses/LMP-07/text.en.yml", "without"),
    ("stale", put(ENGLISH, "cause", to="Something else."), GERMAN, "stale translation"),
    ("translated English", put(ENGLISH, "of", to="0123456789ab"), ENGLISH, "not a translation"),
    ("empty text", put(GERMAN, "title", to=" "), GERMAN, "the text is empty"),
    ("blanks", put(GERMAN, "title", to="Titel "), GERMAN, "begins or ends with a blank"),
    ("text param", put(GERMAN, "summary", to="{lamp} {room}"), GERMAN, "{room} is not among the params"),
    ("lost param", put(GERMAN, "summary", to="Es ist dunkel"), GERMAN, "different placeholders"),
    ("open brace", put(GERMAN, "summary", to="{lamp"), GERMAN, "expected '}'"),
    ("fix text", put(GERMAN, "fix", to={}), GERMAN, "no text for the step 'look'"),
    ("fix text too many", put(GERMAN, "verify", "other", to="x"), GERMAN, "no such step 'other'"),
    ("way back", put(DIAGNOSIS, "fix", 0, "stopgap", to=True), GERMAN, "no text for the step 'look'"),
    ("note", put(GERMAN, "note", to="Achtung"), GERMAN, "only one language has this"),
    # symptoms, questions, signatures and the rest
    ("candidate", put(SYMPTOM, "candidates", to=["LMP-09"]), SYMPTOM, "no diagnosis 'LMP-09'"),
    ("no candidate", put(SYMPTOM, "candidates", to=[]), SYMPTOM, "needs a candidate"),
    ("alias", put(SYMPTOM, "text", "de", "aliases", to=[]), SYMPTOM, "0 of at least 6"),
    ("aliases", put(SYMPTOM, "text", "en", "aliases", to=["dark"] * 6), SYMPTOM, "1 of at least 6"),
    ("symptom language", drop(SYMPTOM, "text", "de"), SYMPTOM, "'de' is missing"),
    ("question fact", put(QUESTIONS, "questions", "last-change", "fact", to="x"), QUESTIONS, "no fact 'x'"),
    (
        "question not supplied",
        put(QUESTIONS, "questions", "last-change", "fact", to="lamp.power"),
        QUESTIONS,
        "not supplied by questions",
    ),
    (
        "question twice",
        lambda c: at(c, QUESTIONS, "questions").update({"other": at(c, QUESTIONS, "questions", "last-change")}),
        QUESTIONS,
        "asks for the same fact",
    ),
    ("options", drop(QUESTIONS, "questions", "last-change", "options", "bulb"), QUESTIONS, "not the values of"),
    ("base", put(QUESTIONS, "questions", "last-change", "base", "bulb", to=0.9), QUESTIONS, "add up to 1"),
    ("cost", put(QUESTIONS, "questions", "last-change", "cost", to=0), QUESTIONS, "in seconds"),
    ("how", drop(QUESTIONS, "questions", "last-change", "how", "en"), QUESTIONS, "'en' is missing"),
    ("pattern", put(SIGNATURES, "signatures", "burnt", "pattern", to="("), SIGNATURES, "not a regular expression"),
    ("literal", put(SIGNATURES, "signatures", "burnt", "contains", to=""), SIGNATURES, "needs a literal"),
    ("token", put(SIGNATURES, "signatures", "burnt", "reason", to="x"), SIGNATURES, "no token 'x'"),
    ("refusal", put(REASONS, "refusals", to=["burnt", "broken"]), REASONS, "no value of log.refusal 'broken'"),
    ("alert", put(REASONS, "alerts", to={"1": "x"}), REASONS, "no token 'x'"),
    ("see", put(GLOSSARY, "entries", "lamp", "see", to=["x"]), GLOSSARY, "no entry 'x'"),
    ("day", put("kb/sources/books.yml", "sources", "S01", "read", to="May"), "kb/sources/books.yml", "not YYYY"),
    ("kind", drop("kb/connections/wire.yml", "text", "de"), "kb/connections/wire.yml", "'de' is missing"),
    # everything can be reached
    (
        "unreachable",
        lambda c: [c[RULE].update(diagnosis="LMP-02", against=[]), c[THIRD].update(diagnosis="LMP-02")],
        DIAGNOSIS,
        "no rule concludes it",
    ),
    ("no symptom", put(SYMPTOM, "candidates", to=["LMP-02"]), DIAGNOSIS, "the candidate of no symptom"),
    # tests
    ("no test", drop(TEST), RULE, "has no test"),
    ("test of nothing", put(TEST, "rule", to="lmp-09"), TEST, "no rule 'lmp-09'"),
    ("no negative", drop(TEST, "cases", 4), TEST, "has no negative case"),
    ("no unknown", drop(TEST, "cases", 3), TEST, "has no unknown case"),
    ("near miss left out", drop(TEST, "cases", 2), RULE, "no near miss flips lamp.power alone"),
    ("same name", put(TEST, "cases", 4, "name", to="shines"), TEST, "two cases are called"),
    ("of nothing", put(TEST, "cases", 1, "of", to="x"), TEST, "no case above is called 'x'"),
    ("both", put(TEST, "cases", 1, "facts", to={"lamp.light": "on"}), TEST, "either `facts` or `of`"),
    ("change without of", put(TEST, "cases", 4, "change", to={"lamp.light": "on"}), TEST, "need an `of`"),
    ("no change", put(TEST, "cases", 1, "change", to={"lamp.light": "off"}), TEST, "is off before"),
    ("not known", put(TEST, "cases", 3, "forget", to=["log.refusal"]), TEST, "not known before"),
    ("case fact", put(TEST, "cases", 4, "facts", to={"change.last": "bulb"}), TEST, "no fact 'change.last' about"),
    ("case value", put(TEST, "cases", 1, "change", to={"lamp.light": "green"}), TEST, "no value 'green'"),
    ("case each", put(TEST, "cases", 0, "each", to={"lamp.light": ["dim", "x"]}), TEST, "no value 'x'"),
    ("case diagnosis", put(TEST, "cases", 0, "expect", to={"LMP-09": "weak"}), TEST, "no diagnosis 'LMP-09'"),
    ("not positive", put(TEST, "cases", 4, "kind", to="positive"), TEST, "positive, but the rule is not true"),
    (
        "two changes",
        put(TEST, "cases", 1, "change", to={"lamp.light": "on", "lamp.power": "gone"}),
        TEST,
        "a near miss changes one premise",
    ),
    ("forgets none", put(TEST, "cases", 3, "forget", to=[]), TEST, "unknown case forgets a premise"),
    ("expects less", put(TEST, "cases", 0, "expect", to={}), TEST, "expected nothing, concluded LMP-01 decisive"),
    (
        "expects other strength",
        put(TEST, "cases", 0, "expect", to={"LMP-01": "weak"}),
        TEST,
        "expected LMP-01 weak, concluded LMP-01 decisive",
    ),
    (
        "expects own conclusions only",
        put(TEST, "cases", 2, "expect", to={}),
        TEST,
        "expected nothing, concluded LMP-02 strong",
    ),
    (
        "value never tried",
        lambda c: [
            at(c, VOCABULARY, "facts", "lamp.light", "values").update(green={"en": "x", "de": "x"}),
            at(c, TEST, "cases", 0).update(each={}),
        ],
        RULE,
        "no case notices when lamp.light must be green instead of dim",
    ),
    (
        "near miss left out, mutant survives",
        drop(THIRD_TEST, "cases", 3),
        THIRD,
        "no case notices when the premise on log.refusal is dropped",
    ),
]


@pytest.mark.parametrize(("change", "file", "words"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_what_is_broken_is_pointed_at(tmp_path: Path, trial: Trial, change: Break, file: str, words: str) -> None:
    content = files()
    change(content)
    found = faults(tmp_path, content, trial)
    assert [1 for where, message in found if where == file and words in message], found


def test_a_fault_has_line_and_column(tmp_path: Path) -> None:
    content = files()
    at(content, RULE, "when", 1)["fact"] = "lamp.pover"
    rules, kb = write(tmp_path, content)
    found = [fault for fault in check(rules, kb) if "lamp.pover" in fault.message]
    text = (tmp_path / RULE).read_text().splitlines()
    assert len(found) == 1
    assert text[found[0].line - 1][found[0].column - 1 :].startswith('"fact": "lamp.pover"')
    assert str(found[0]).startswith(f"{tmp_path / RULE}:{found[0].line}:{found[0].column}: ")


def test_a_rule_that_the_engine_cannot_take_does_not_hide_the_others(tmp_path: Path, trial: Trial) -> None:
    content = files()
    at(content, RULE, "when", 0)["fact"] = "lamp.lite"
    at(content, THIRD_TEST, "cases", 0)["expect"] = {}
    found = faults(tmp_path, content, trial)
    assert (THIRD_TEST, "burnt: expected nothing, concluded LMP-01 decisive") in found


def test_too_many_alternatives_are_refused(tmp_path: Path, trial: Trial) -> None:
    content = files()
    values = {f"v{number}": {"en": "x", "de": "x"} for number in range(20)}
    for fact in ("lamp.light", "lamp.power"):
        at(content, VOCABULARY, "facts", fact)["values"].update(values)
    for premise in content[RULE]["when"]:
        premise["is"] = list(values)
    found = faults(tmp_path, content, trial)
    assert (RULE, "the premises can be true in 400 ways, more than 256") in found


def test_engine_and_proof_are_compared(tmp_path: Path) -> None:
    def liar(knowledge: Knowledge, cases: Sequence[tuple[str, Mapping[str, str]]]) -> list[Ran]:
        with Trial() as honest:
            ran = honest(knowledge, cases)
        return [replace(one, engine=one.engine ^ {"lmp-02"}) for one in ran]

    found = [fault.message for fault in check(*write(tmp_path, files()), liar)]
    assert "dark with power: only the engine concludes lmp-02" in found
    assert "no power: only the proof concludes lmp-02" in found


def test_deprecated_rules_need_no_test_and_do_not_run(tmp_path: Path, trial: Trial) -> None:
    content = files()
    content[THIRD]["status"] = "deprecated"
    del content[THIRD_TEST]
    del content[VOCABULARY]["facts"]["log.refusal"]
    del content[SIGNATURES]
    del content[REASONS]
    found = faults(tmp_path, content, trial)
    assert found == [(THIRD, "the vocabulary has no fact 'log.refusal'")]


@pytest.mark.parametrize(
    ("text", "names"),
    [("", set()), ("a } b", set()), ("{a} and {b} {a}", {"a", "b"}), ("{{a}}", set())],
)
def test_placeholders(text: str, names: set[str]) -> None:
    assert placeholders(text) == names


@pytest.mark.parametrize("text", ["{", "{a", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>3}", "{}", "{a} }"])
def test_what_cannot_be_filled_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        placeholders(text)


def test_a_conclusion_that_depends_on_the_order_of_facts_is_a_fault(tmp_path: Path) -> None:
    class Fickle:
        def __call__(self, knowledge: Knowledge, cases: Sequence[tuple[str, Mapping[str, str]]]) -> list[Ran]:
            with Trial() as honest:
                ran = honest(knowledge, cases)
            fires = next(place for place, each in enumerate(ran) if each.engine)
            ran[fires] = replace(ran[fires], backwards=frozenset())
            return ran

    found = check(*write(tmp_path, files()), Fickle())
    assert len(found) == 1
    assert found[0].message.endswith("depends on the order of the facts")
