"""What comes out of the example sites: kept as text beside them, so that every change of a rule shows what it changes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from certdoctor.casework.described import checked
from certdoctor.casework.examine import examine
from certdoctor.casework.sites import description_of
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.prove import Rulebook, prove_all

_ENDING = ".outcome.txt"


def outcome(site: Path, knowledge: Knowledge, engine: Engine, now: datetime) -> str:
    """Examine a site and return its verdict, its findings and every rule that fires, one a line.

    Args:
        site: the folder of the site.
        knowledge: the rules.
        engine: the rule engine's worker for them.
        now: the time to judge at where the site does not say.
    """
    evidence = checked(read_paths([site]), knowledge)
    result = examine(evidence, description_of(evidence), knowledge, engine, now=now)
    proven = prove_all(result.facts, Rulebook.of(knowledge))
    lines = [f"verdict: {result.verdict.value}"]
    lines += [f"finding: {f.diagnosis} {f.strength} {f.severity}" for f in result.findings]
    lines += sorted(f"folded: {f.diagnosis} under {f.under}" for f in result.folded)
    lines += sorted(
        f"{subject}  {conclusion.rule} -> {conclusion.diagnosis} ({conclusion.strength})"
        for subject, concluded in proven.items()
        for conclusion in concluded.values()
    )
    return "".join(f"{line}\n" for line in lines)


def changes(examples: Path, knowledge: Knowledge, now: datetime, *, accept: bool = False) -> Iterator[str]:
    """Yield, as lines of a diff, how the outcome of each example site differs from the one that is kept beside it.

    Args:
        examples: the folder of the example sites.
        knowledge: the rules.
        now: the time to judge at where a site does not say.
        accept: keep what came out.
    """
    sites = sorted(path.parent for path in examples.glob("*/site.yml"))
    if not sites:
        return
    with Engine(knowledge) as engine:
        for site in sites:
            kept = site.with_name(site.name + _ENDING)
            before = kept.read_text(encoding="utf-8") if kept.is_file() else ""
            after = outcome(site, knowledge, engine, now)
            if accept:
                kept.write_text(after, encoding="utf-8")
                continue
            diff = difflib.unified_diff(before.splitlines(), after.splitlines(), str(kept), "now", n=0, lineterm="")
            yield from diff
