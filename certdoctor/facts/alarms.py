"""Alarms that an Expressway's logs tell of.

An alarm stands as long as no later line lowers it. Only alarms that the vocabulary names as `alarm.<id>` are told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from certdoctor.deployment.model import Deployment
from certdoctor.evidence.logs import narrow
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact, FactSource
from certdoctor.text import clean

_EVENT = re.compile(
    rb'Event="Alarm (?P<what>raised|lowered)"[^\n]{0,200}?\bId="(?P<id>\d{5})"'
    rb'(?:[^\n]{0,400}?\bDetail="(?P<detail>[^"\n]{0,400}))?(?:[^\n]*?UTCTime="(?P<time>[-0-9: ]{19}))?',
    re.IGNORECASE,
)
_PREFIX = "alarm."
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def observe_alarms(deployment: Deployment, known: Collection[str]) -> Iterator[Fact]:
    """Yield `alarm.<id>` for every known alarm that the logs of a node raise or lower; the last line holds.

    Args:
        deployment: the site with the logs of its nodes.
        known: the facts of the vocabulary.
    """
    for node in deployment.nodes.values():
        if not node.is_expressway:
            continue
        last: dict[str, tuple[datetime, Fact]] = {}
        for document in node.logs:
            data = narrow(document)
            counted = number = 0
            for found in _EVENT.finditer(data):
                number += data.count(b"\n", counted, found.start())
                counted = found.start()
                name = _PREFIX + found["id"].decode()
                time = _time(found["time"])
                if name not in known or (name in last and last[name][0] > time):
                    continue
                seen = str(document.origin.at(f"line {number + 1}"))
                bindings = {
                    "node": node.id,
                    "node_name": clean(node.name),
                    "detail": clean((found["detail"] or b"").decode("utf-8", "replace"), 200) or name,
                    "log_line": seen,
                }
                fact = Fact(name, node_subject(node), found["what"].decode().lower(), FactSource.LOG, bindings, (seen,))
                last[name] = time, fact
        yield from (fact for _, fact in last.values())


def _time(text: bytes | None) -> datetime:
    try:
        return datetime.fromisoformat(text.decode()).replace(tzinfo=UTC) if text else _LONG_AGO
    except ValueError:  # the 31st of February
        return _LONG_AGO
