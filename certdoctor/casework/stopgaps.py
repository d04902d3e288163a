"""Stopgaps in words: what was weakened where, and how to undo it."""

from __future__ import annotations

from dataclasses import dataclass

from certdoctor.casework.wording import fill
from certdoctor.knowledge.model import Knowledge
from certdoctor.store.records import StopgapRecord


@dataclass(frozen=True, slots=True)
class StopgapLine:
    """One stopgap in force."""

    record: StopgapRecord
    text: str  # what was done
    way_back: str


def is_stopgap(knowledge: Knowledge, diagnosis: str, step: str) -> bool:
    """Tell whether a step of a diagnosis weakens security until it is undone."""
    known = knowledge.diagnoses.get(diagnosis)
    return known is not None and any(s.id == step and s.stopgap for s in known.form.fix)


def in_words(record: StopgapRecord, knowledge: Knowledge, lang: str) -> StopgapLine:
    """Return a stopgap with its texts; one that the knowledge does not hold any more is named by its ids."""
    known = knowledge.diagnoses.get(record.diagnosis)
    if known is None:
        return StopgapLine(record, f"{record.diagnosis} {record.step}", "")
    text = known.text(lang)
    step, back = text.fix.get(record.step, record.step), text.way_back.get(record.step, "")
    return StopgapLine(record, fill(step, record.params), fill(back, record.params))
