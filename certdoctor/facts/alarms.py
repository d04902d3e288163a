"""Alarms that an Expressway's logs and its status tell of.

An alarm stands as long as no later line lowers it. Only alarms that the vocabulary names as `alarm.<id>` are told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from certdoctor.deployment import expressway
from certdoctor.deployment.model import Deployment, Node
from certdoctor.evidence.items import Document, Setting
from certdoctor.evidence.logs import narrow
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact, FactSource
from certdoctor.text import clean

_EVENT = re.compile(
    rb'Event="Alarm (?P<what>raised|lowered)"[^\n]{0,200}?\bId="(?P<id>\d{5})"'
    rb'(?:[^\n]{0,400}?\bDetail="(?P<detail>[^"\n]{0,400}))?(?:[^\n]*?UTCTime="(?P<time>[-0-9: ]{19}))?',
    re.IGNORECASE,
)
_LISTED = re.compile(r"\b(?:Alarm|Warning) \d+ (?P<what>\w+)$", re.IGNORECASE)
_PREFIX = "alarm."
_ABOUT_SERVER = {"40052", "40068", "40069"}  # no common name, expired, expires in <n> days (S12)
_LDAP_CA = "40029"
_DAYS = re.compile(r"expires in (\d{1,4}) days?")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Alarm:
    """The last line of a box's logs about one alarm."""

    number: str
    raised: bool
    detail: str  # cleaned
    seen: str  # where the line stands
    time: datetime


Alarms = Mapping[str, Mapping[str, Alarm]]  # node id -> alarm number -> its last line


def read_alarms(deployment: Deployment) -> Alarms:
    """Return the alarms that the logs of every Expressway tell of, and its status."""
    return {
        node.id: {**_standing(node), **last_alarms(node.logs)}
        for node in deployment.nodes.values()
        if node.is_expressway
    }


def _standing(node: Node) -> dict[str, Alarm]:
    """The alarms that the status lists. It is taken when logging starts: a log line about one is newer."""
    listed: dict[str, dict[str, Setting]] = {}
    for path, setting in node.status.items():
        if found := _LISTED.search(path):
            listed.setdefault(path[: found.start("what")], {})[found["what"].lower()] = setting
    alarms = {}
    for held in listed.values():
        number = held["id"].value if "id" in held else ""
        state = next((held[key].value.lower() for key in ("state", "status") if key in held), "raised")
        if re.fullmatch(r"\d{5}", number) and state != "lowered":
            words = next((held[key].value for key in ("description", "detail", "reason", "title") if key in held), "")
            seen = f"xStatus, line {held['id'].line}"
            alarms[number] = Alarm(number, True, clean(words, 200), seen, _LONG_AGO)
    return alarms


def last_alarms(logs: Iterable[Document]) -> dict[str, Alarm]:
    """Return the last line about every alarm in one box's logs; of lines without a time the later one holds."""
    last: dict[str, Alarm] = {}
    for document in logs:
        data = narrow(document)
        counted = line = 0
        for found in _EVENT.finditer(data):
            line += data.count(b"\n", counted, found.start())
            counted = found.start()
            number, time = found["id"].decode(), _time(found["time"])
            if number in last and last[number].time > time:
                continue
            last[number] = Alarm(
                number,
                found["what"].lower() == b"raised",
                clean((found["detail"] or b"").decode("utf-8", "replace"), 200),
                str(document.origin.at(f"line {line + 1}")),
                time,
            )
    return last


def observe_alarms(deployment: Deployment, known: Collection[str], alarms: Alarms | None = None) -> Iterator[Fact]:
    """Yield `alarm.<id>` for every known alarm that the logs of a node raise or lower; the last line holds.

    Args:
        deployment: the site with the logs of its nodes.
        known: the facts of the vocabulary.
        alarms: what the logs tell, where they have been read for it already.
    """
    for node_id, held in (read_alarms(deployment) if alarms is None else alarms).items():
        node = deployment.nodes[node_id]
        for alarm in held.values():
            name = _PREFIX + alarm.number
            if name in known:
                bindings = {
                    "node": node.id,
                    "node_name": clean(node.name),
                    "detail": alarm.detail or name,
                    "log_line": alarm.seen,
                }
                if alarm.number in _ABOUT_SERVER:
                    if "server" in node.identities:
                        continue  # the certificate itself is at hand and tells more
                    bindings |= _server(node, alarm)
                elif alarm.number == _LDAP_CA:
                    bindings |= _directory(node)
                value = "raised" if alarm.raised else "lowered"
                yield Fact(name, node_subject(node), value, FactSource.LOG, bindings, (alarm.seen,))


def _server(node: Node, alarm: Alarm) -> dict[str, str]:
    """What an alarm about the server certificate tells of it where the certificate is not at hand."""
    found = _DAYS.search(alarm.detail)
    days = int(found[1]) if found else 0
    known = alarm.time != _LONG_AGO
    return {
        "leaf": clean(node.name),
        "slot": "server",
        "days": str(days) if found else "–",
        "not_after": (alarm.time + timedelta(days=days)).date().isoformat() if known else "–",
    }


def _directory(node: Node) -> dict[str, str]:
    address = expressway.value(node.settings, "Login Remote LDAP Server Address")
    return {
        "verifier_name": clean(node.name),
        "presenter_name": clean(address) or "LDAP",
        "leaf": "–",
        "list": f"{node.id}: Trusted CA certificate",
    }


def _time(text: bytes | None) -> datetime:
    try:
        return datetime.fromisoformat(text.decode()).replace(tzinfo=UTC) if text else _LONG_AGO
    except ValueError:  # the 31st of February
        return _LONG_AGO
