"""Alarms that an Expressway's logs, its status and saved lists of its alarms tell of.

An alarm stands as long as no later line lowers it. Only alarms that the vocabulary names as `alarm.<id>` are told.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from certdoctor.deployment import expressway
from certdoctor.deployment.model import Deployment, Judgement, Node
from certdoctor.evidence.items import Document, Setting
from certdoctor.evidence.logs import narrow
from certdoctor.facts.derive import node_subject, side_subject
from certdoctor.facts.model import Fact, FactSource
from certdoctor.text import clean

_EVENT = re.compile(
    rb'Event="Alarm (?P<what>raised|lowered)"[^\n]{0,200}?\bId="(?P<id>\d{5})"'
    rb'(?:[^\n]{0,400}?\bDetail="(?P<detail>[^"\n]{0,400}))?(?:[^\n]*?UTCTime="(?P<time>[-0-9: ]{19}))?',
    re.IGNORECASE,
)
# A row of Status > Alarms, copied or exported: the number, in a cell of its own, at the start of the line or after
# the word, and beside it a state or a severity.
_LISTED = re.compile(
    rb'(?:^|[\t,;|]|  |\balarms?\b[ \t]*(?:id|number|no\.?)?[ \t:#=]*)[ \t]*"?(?P<id>\d{5})"?(?=[\t ,;|:.)-]|\r?\n|$)',
    re.IGNORECASE,
)
# What `_LISTED` cannot do without and few lines of a log have; looked for first, as it is far quicker
_NUMBER = re.compile(rb'\d{5}"?(?=[\t ,;|:.)-]|\r?\n|$)')
_GONE = re.compile(rb"\b(?:lowered|cleared|resolved|inactive)\b", re.IGNORECASE)
_STATE = re.compile(
    rb"\b(?:raised|(?:un)?acknowledged|active|new|emergency|alert|critical|error|warning|notice|information(?:al)?)\b",
    re.IGNORECASE,
)
_LONGEST = 1000  # bytes of a row
_CLUSTER = ("20021", "20006", "20004")  # a peer is not reached (S12)
_IN_STATUS = re.compile(r"\b(?:Alarm|Warning) \d+ (?P<what>\w+)$", re.IGNORECASE)
ALARM = "alarm."  # what the facts about alarms begin with
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
        if found := _IN_STATUS.search(path):
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
        for alarm in _in_list(document, data):
            last.setdefault(alarm.number, alarm)
    return last


def _in_list(document: Document, data: bytes) -> Iterator[Alarm]:
    for number, line in enumerate(io.BytesIO(data), 1):
        if b'UTCTime="' in line:
            continue  # a log's own line, which tells of an alarm as an event
        row = line[:_LONGEST]
        found = _LISTED.search(row) if _NUMBER.search(row) else None
        gone = bool(_GONE.search(row)) if found else False
        if found and (gone or _STATE.search(row)):
            words = clean(row.decode("utf-8", "replace").strip().replace("\t", " "), 200)
            yield Alarm(found["id"].decode(), not gone, words, str(document.origin.at(f"line {number}")), _LONG_AGO)


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
            name = ALARM + alarm.number
            if name in known:
                bindings = {
                    "node": node.id,
                    "node_name": clean(node.name),
                    "cluster": clean(node.cluster or node.name),
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


def observe_cluster_alarms(judgements: Iterable[Judgement], alarms: Alarms) -> Iterator[Fact]:
    """Yield `cluster.alarm` of the peers of a box whose alarms tell that a peer is not reached (S12, S25)."""
    for judgement in judgements:
        if judgement.connection.kind == "cluster" and judgement.verifier:
            held = alarms.get(judgement.verifier.id, {})
            told = sorted((held[number] for number in _CLUSTER if number in held), key=lambda alarm: not alarm.raised)
            for alarm in told[:1]:
                bindings = {"detail": alarm.detail or alarm.number, "log_line": alarm.seen}
                value = "raised" if alarm.raised else "lowered"
                yield Fact("cluster.alarm", side_subject(judgement), value, FactSource.LOG, bindings, (alarm.seen,))


def _time(text: bytes | None) -> datetime:
    try:
        return datetime.fromisoformat(text.decode()).replace(tzinfo=UTC) if text else _LONG_AGO
    except ValueError:  # the 31st of February
        return _LONG_AGO
