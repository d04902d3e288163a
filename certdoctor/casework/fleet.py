"""Asking the whole practice: which customers, sites and boxes does a CA, a usage, a date or a version touch?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from certdoctor.deployment.version import Version
from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.store.records import FleetNode, FleetUse
from certdoctor.text import clean

USAGES = {"serverauth": "1.3.6.1.5.5.7.3.1", "clientauth": "1.3.6.1.5.5.7.3.2"}
EXPRESSWAYS = ("expressway-c", "expressway-e")
_DAY = "%Y-%m-%d"
_TERM = re.compile(r"(ca|lacks|has|before|from|version|customer):(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked; every condition that is set must hold."""

    words: str = ""
    ca: str = ""  # SHA-256, or words that find one CA
    lacks: str = ""  # "clientAuth", "serverAuth"
    has: str = ""
    before: datetime | None = None
    since: datetime | None = None
    version: str = ""  # boxes below this version
    customer: str = ""
    presented_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Asked:
        """Return what a line asks: words, and ca:, lacks:, has:, before:, from:, version:, customer: before a word.

        Raises:
            CertdoctorError: a date is none, or a usage is not known.
        """
        asked = cls(words=" ".join(_TERM.sub(" ", text).split()))
        for name, value in _TERM.findall(text):
            match name.lower():
                case "before":
                    asked = replace(asked, before=day(value))
                case "from":
                    asked = replace(asked, since=day(value))
                case "ca":
                    asked = replace(asked, ca=value)
                case "lacks":
                    asked = replace(asked, lacks=value)
                case "has":
                    asked = replace(asked, has=value)
                case "version":
                    asked = replace(asked, version=value)
                case "customer":
                    asked = replace(asked, customer=value)
        usage(asked.lacks), usage(asked.has)
        return asked


def day(text: str) -> datetime:
    """Return the beginning of a day, UTC.

    Raises:
        CertdoctorError: it is none.
    """
    try:
        return datetime.strptime(text, _DAY).replace(tzinfo=UTC)
    except ValueError as error:
        raise CertdoctorError(_("{text} is no day; write it as 2027-03-15.").format(text=repr(text))) from error


def usage(name: str) -> str:
    """Return the OID of a usage (RFC 5280 section 4.2.1.12), "" for "".

    Raises:
        CertdoctorError: it is neither a known name nor an OID.
    """
    if not name or re.fullmatch(r"\d+(\.\d+)+", name):
        return name
    if name.lower() not in USAGES:
        raise CertdoctorError(_("{name} is no usage; say clientAuth, serverAuth or an OID.").format(name=repr(name)))
    return USAGES[name.lower()]


def below_version(nodes: Iterable[FleetNode], version: str) -> Iterator[FleetNode]:
    """Yield the boxes whose known version is below this one.

    Raises:
        CertdoctorError: it is no version.
    """
    if Version.parse(version) is None:
        raise CertdoctorError(_("{text} is no version; write it as X15.5.").format(text=repr(version)))
    for node in nodes:
        held = Version.parse(node.version)
        if held is not None and not held.at_least(version):
            yield node


def calendar(uses: Iterable[FleetUse], made: datetime) -> bytes:
    """Return an iCalendar file (RFC 5545): a day for each certificate that ends, with an alarm 30 days before.

    Args:
        uses: where certificates stand; each certificate becomes one entry that names all its boxes.
        made: the time stamp of the entries, aware.
    """
    from icalendar import Alarm, Calendar, Event

    held: dict[str, list[FleetUse]] = {}
    for use in uses:
        held.setdefault(use.sha256, []).append(use)
    file = Calendar()
    file.add("prodid", "-//certdoctor//expiry//EN")
    file.add("version", "2.0")
    for sha256, places in sorted(held.items(), key=lambda item: (item[1][0].not_after, item[0])):
        first = places[0]
        title = _("{label} ends ({customer})").format(label=clean(first.label), customer=clean(first.customer))
        lines = [f"{clean(p.customer)} / {clean(p.site)}: {p.node}, {p.slot}" for p in places]
        entry = Event()
        entry.add("uid", f"{sha256}@certdoctor")
        entry.add("dtstamp", made)
        entry.add("dtstart", first.not_after.astimezone(UTC).date())
        entry.add("summary", title)
        entry.add("description", "\n".join(dict.fromkeys(lines)))
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", timedelta(days=-30))
        entry.add_component(alarm)
        file.add_component(entry)
    return bytes(file.to_ical())
