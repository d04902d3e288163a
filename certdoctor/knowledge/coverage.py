"""How each failure mode of the catalogue is decided: from files, from logs, or from what people say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.model import Knowledge


class Decided(StrEnum):
    """What the best rule of a diagnosis needs."""

    FILES = "files"
    LOGS = "logs"
    ANSWERS = "answers"
    MISSING = "missing"  # no diagnosis yet


_ORDER = list(Decided)


def coverage(knowledge: Knowledge) -> Mapping[str, Decided]:
    """Return for each id of the catalogue what decides it best."""
    best: dict[str, Decided] = dict.fromkeys(knowledge.catalogue, Decided.MISSING)
    for key in knowledge.diagnoses:
        best[key] = Decided.ANSWERS
    for rule in knowledge.rules.values():
        if rule.status != "deprecated":
            best[rule.diagnosis] = min(best[rule.diagnosis], needs(rule, knowledge), key=_ORDER.index)
    return best


def needs(rule: RuleForm, knowledge: Knowledge) -> Decided:
    """Return what a rule needs: an answer where one of its facts comes from people only, else a log, else files."""
    supplied = [knowledge.fact(premise.fact).supplied for premise in rule.when]
    if any("observer" not in by and "signature" not in by for by in supplied):
        return Decided.ANSWERS
    return Decided.LOGS if any("observer" not in by for by in supplied) else Decided.FILES


_MONTHS = 18  # after which a source is to be read again


def not_read_lately(knowledge: Knowledge, today: date) -> tuple[str, ...]:
    """Return the sources that were last read more than 18 months ago, by id; those never read are none of them."""
    oldest = divmod(today.year * 12 + today.month - 1 - _MONTHS, 12)
    return tuple(
        key
        for key, source in sorted(knowledge.sources.items())
        if source.read and (int(source.read[:4]), int(source.read[5:7] or 12) - 1) < oldest
    )
