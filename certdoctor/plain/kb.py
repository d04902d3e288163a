"""`certdoctor kb`: the commands of a knowledge author."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.errors import BadInput
from certdoctor.knowledge.articles import Tried
from certdoctor.knowledge.forms import About
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import N_, _, ngettext
from certdoctor.resources import folder


def check(rules: Path | None, kb: Path | None, now: datetime, *, accept: bool = False) -> int:
    """Check the knowledge, print every fault as file:line:column: message, and return 1 if there is one.

    What comes out of the example sites is held against what is kept beside them; `accept` keeps it.
    """
    from certdoctor.casework.outcomes import changes
    from certdoctor.knowledge.check import check as faults
    from certdoctor.knowledge.coverage import not_read_lately
    from certdoctor.reasoning.trial import Trial

    where = rules or folder("rules"), kb or folder("kb")
    with Trial() as trial:
        found = faults(*where, trial)
    for fault in found:
        print(fault)
    changed: list[str] = []
    if not found:
        knowledge = load(*where)
        changed = list(changes(where[1] / "example", knowledge, now, accept=accept))
        for line in changed:
            print(line)
        if changed:
            print(
                _("The example sites come out otherwise; if that is right: certdoctor kb check --accept"),
                file=sys.stderr,
            )
        old = not_read_lately(knowledge, now.date())
        if old:
            print(_("Not read for 18 months: {sources}").format(sources=", ".join(old)), file=sys.stderr)
    count = len(found) + bool(changed)
    print(_("{count} faults").format(count=count) if count else _("rules/ and kb/ are in order"), file=sys.stderr)
    return 1 if count else 0


def listing(rules: Path | None, kb: Path | None, words: str, *, covered: bool, lang: str, form: str) -> int:
    """Print every failure mode with what decides it (`covered`: counts only); 0, or 3 where nothing fits the words."""
    from certdoctor.knowledge.coverage import Decided, coverage

    knowledge = _known(rules, kb)
    found = coverage(knowledge)
    shown = {key: _title(key, knowledge, lang) for key in sorted(found)}
    fits = [key for key, title in shown.items() if words.lower() in f"{key} {title}".lower()]
    counts = {way.value: sum(found[key] == way for key in fits) for way in Decided}
    if form == "json":
        entries = [{"id": key, "title": shown[key], "decided_from": found[key].value} for key in fits]
        held = {"schema": "certdoctor/kb-list@1", "coverage": counts, "entries": [] if covered else entries}
        print(json.dumps(held, ensure_ascii=False, indent=2))
        return 0 if fits else 3
    if not covered:
        for key in fits:
            print(f"{key:<7} {_(_WAYS[found[key].value]):<11} {shown[key]}")
    there = len(fits) - counts["missing"]
    print(_("{there} of {all} failure modes: {files} decided from files, {logs} from logs, {answers} from answers.").format(
        there=there, all=len(fits), files=counts["files"], logs=counts["logs"], answers=counts["answers"]))  # fmt: skip
    return 0 if fits else 3


def show(rules: Path | None, kb: Path | None, diagnosis: str, lang: str) -> int:
    """Print one article: what it is, when its rules fire, how it is repaired, where it comes from.

    Raises:
        BadInput: there is no such diagnosis.
    """
    from certdoctor.knowledge.articles import article

    knowledge = _known(rules, kb)
    key = diagnosis.upper()
    if key not in knowledge.diagnoses:
        near = difflib.get_close_matches(key, knowledge.diagnoses, 1)
        remedy = _("Did you mean “{nearest}”?").format(nearest=near[0]) if near else ""
        raise BadInput(key, "", _("There is no diagnosis of this id."), remedy)
    held = article(key, knowledge, rules or folder("rules"), lang)
    print(f"{key}  {held.title}")
    print(f"{held.severity} · {held.frequency} · {held.status}\n")
    print(f"{held.summary}\n\n{held.cause}\n")
    for rule in held.rules:
        print(_("{rule} ({strength}, {status}) fires when:").format(
            rule=rule.form.id, strength=rule.form.strength, status=rule.form.status))  # fmt: skip
        for words, values in rule.premises:
            print(f"  - {words}: {' | '.join(values)}")
        print(f"  {_tried(rule.tried)}")
    print()
    for number, (said, step, way_back) in enumerate(held.fix, 1):
        print(f"{number}. {said}")
        for extra in (step.where, step.command, _("Way back: {text}").format(text=way_back) if way_back else ""):
            if extra:
                print(f"   {extra}")
    for said, _look in held.verify:
        print(f"=> {said}")
    print()
    for source, title in held.sources:
        print(f"[{source}] {title}")
    return 0


def _tried(held: Tried | None) -> str:
    if held is None:
        return _("Its test cases are not at hand.")
    if held.wrong:
        return _("Test cases that come out wrong: {names}").format(names=", ".join(held.wrong))
    return ngettext("{n} test case, as expected", "{n} test cases, all as expected", held.cases).format(n=held.cases)


def new(folder_: Path, diagnosis: str, about: About) -> int:
    """Write the files of a new diagnosis into the checkout `folder_` and name them; nothing is overwritten.

    Raises:
        BadInput: the id is no id of the catalogue, the folder has no rules/ and kb/, or a file is there already.
    """
    from certdoctor.knowledge.scaffold import scaffold

    for name in ("rules", "kb"):
        if not (folder_ / name).is_dir():
            raise BadInput(
                str(folder_), "", _("There is no folder {name}/ here.").format(name=name), _("Go to a checkout.")
            )
    knowledge = _known(folder_ / "rules", folder_ / "kb")
    key = diagnosis.upper()
    if key not in knowledge.catalogue:
        raise BadInput(key, "", _("The catalogue has no such id."), _("Add it to kb/catalogue.yml first."))
    files = scaffold(key, knowledge.catalogue[key], about)
    for path in files:
        if (folder_ / path).exists():
            raise BadInput(str(folder_ / path), "", _("There is such a file already; nothing was written."))
    for path, text in files.items():
        (folder_ / path).parent.mkdir(parents=True, exist_ok=True)
        (folder_ / path).write_text(text, encoding="utf-8")
        print(folder_ / path)
    return 0


def trial(rules: Path | None, kb: Path | None, paths: Sequence[Path], rule_id: str, now: datetime, lang: str) -> int:
    """Examine a site and print which rules fire for what; with a rule, how each of its premises stands.

    Returns:
        0 where a rule (that rule) fires, else 1.

    Raises:
        BadInput: there is no such path or rule.
    """
    from certdoctor.casework.described import checked
    from certdoctor.casework.examine import examine
    from certdoctor.casework.sites import description_of
    from certdoctor.evidence.read import read_paths
    from certdoctor.reasoning.engine import Engine
    from certdoctor.reasoning.prove import Rulebook, prove_all

    knowledge = _known(rules, kb)
    if rule_id and rule_id not in knowledge.rules:
        raise BadInput(rule_id, "", _("There is no rule of this id."))
    for path in paths:
        if not path.exists():
            raise BadInput(str(path), "", _("there is no such file or folder."), _("Check the path."))
    with Engine(knowledge) as engine:
        evidence = checked(read_paths(paths), knowledge)
        facts = examine(evidence, description_of(evidence), knowledge, engine, now=now, lang=lang).facts
    proven = prove_all(facts, Rulebook.of(knowledge))
    fired = [(subject, c) for subject, of in proven.items() for c in of.values() if rule_id in ("", c.rule)]
    for subject, conclusion in sorted(fired, key=lambda each: (str(each[0]), each[1].rule)):
        print(f"{subject}  {conclusion.rule} -> {conclusion.diagnosis} ({conclusion.strength})")
    if rule_id:
        rule = knowledge.rules[rule_id]
        for subject in facts.subjects():
            if subject.kind.value == rule.about and rule_id not in proven.get(subject, {}):
                print(f"{subject}")
                for premise in rule.when:
                    held = facts.get(subject, premise.fact)
                    mark = "?" if held is None else "+" if held.value in premise.values else "-"
                    known = held.value if held else _("unknown")
                    wanted = f"  ({' | '.join(premise.values)})" if mark != "+" else ""
                    print(f"  {mark} {premise.fact} = {known}{wanted}")
    return 0 if fired else 1


_WAYS = {"files": N_("files"), "logs": N_("logs"), "answers": N_("answers"), "missing": N_("missing")}


def _known(rules: Path | None, kb: Path | None) -> Knowledge:
    return load(rules or folder("rules"), kb or folder("kb"))


def _title(key: str, knowledge: Knowledge, lang: str) -> str:
    entry = knowledge.diagnoses.get(key)
    return entry.text(lang).title if entry else knowledge.catalogue[key]
