"""What holds from a day on: the form in which kb/dates writes it, and how it is looked up.

Lifetimes, ends of services and policies of CAs change by dates that are announced, moved and contradicted. They stand
in the knowledge with their sources; facts ask for what holds on the day of the examination.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from certdoctor.form import Form, Text

Topic = Literal[
    "public_lifetime",
    "lets_encrypt_lifetime",
    "lets_encrypt_mails",
    "lets_encrypt_client_auth",
    "lets_encrypt_hierarchy",
    "client_auth_sunset",
]


class StatedForm(Form, frozen=True, kw_only=True):
    """Another day that sources give for the same thing."""

    day: str
    sources: list[str]


class DatedForm(Form, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One thing that holds from a day on, until the next of its topic, or until its last day."""

    topic: Topic
    from_: str  # first day, YYYY-MM-DD
    until: str = ""  # last day
    days: int = 0  # lifetime of a certificate issued from then on
    stated: list[StatedForm] = []  # what other sources say instead of `from`
    text: Text
    sources: list[str]


class DatesForm(Form, frozen=True, kw_only=True):
    """kb/dates/<topic>.yml"""

    schema: Literal["certdoctor/dates@1"]
    dates: dict[str, DatedForm]


class Calendar:
    """All dated knowledge, by topic."""

    def __init__(self, dates: Mapping[str, DatedForm]) -> None:
        self._topics: dict[str, list[DatedForm]] = {}
        for form in sorted(dates.values(), key=lambda form: form.from_):
            self._topics.setdefault(form.topic, []).append(form)

    def on(self, topic: Topic, day: date) -> DatedForm | None:
        """Return what holds on a day, None where nothing does yet or any more."""
        held = [form for form in self._topics.get(topic, ()) if form.from_ <= day.isoformat()]
        return held[-1] if held and (not held[-1].until or day.isoformat() <= held[-1].until) else None

    def all(self, topic: Topic) -> tuple[DatedForm, ...]:
        """Return everything of a topic, by its first day."""
        return tuple(self._topics.get(topic, ()))

    def schedule(self, topic: Topic) -> str:
        """Return the lifetimes of a topic as every language reads them: "200 (2026-03-15), 100 (2027-03-15)"."""
        return ", ".join(f"{form.days} ({form.from_})" for form in self.all(topic) if form.days)

    def stated(self, topic: Topic) -> str:
        """Return every day that a source gives for the last of a topic, the one that holds first."""
        forms = self.all(topic)
        return ", ".join(dict.fromkeys((forms[-1].from_, *(other.day for other in forms[-1].stated)))) if forms else "–"


def day_of(text: str) -> date | None:
    """Return the day that YYYY-MM-DD means, None where it means none."""
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        return None
