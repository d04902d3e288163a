"""What logs say of a node itself: messages that name a fault, and that such a message is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from certdoctor.deployment.model import Deployment
from certdoctor.facts.derive import node_subject
from certdoctor.facts.logs import Event
from certdoctor.facts.model import Fact, FactSource
from certdoctor.text import clean

PREFIX = "message."
_PLACES = 5


def observe_messages(deployment: Deployment, events: Iterable[Event], known: Collection[str]) -> Iterator[Fact]:
    """Yield `message.<reason>` of every node with a log: "logged", or "not_logged" where no line has it.

    Args:
        deployment: the site with the logs of its nodes.
        events: the telling lines of these logs.
        known: the facts of the vocabulary.
    """
    messages = sorted(name for name in known if name.startswith(PREFIX))
    found: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.means == "message":
            found.setdefault((event.node, PREFIX + event.reason), []).append(event)
    for node in deployment.nodes.values():
        for name in messages if node.logs else ():
            held = found.get((node.id, name), [])
            seen = tuple(str(event.document.origin.at(f"line {event.line}")) for event in held[:_PLACES])
            bindings = {
                "node": node.id,
                "node_name": clean(node.name),
                "log_line": seen[0] if seen else "–",
                "log_reason": held[0].words if held else "–",
            }
            value = "logged" if held else "not_logged"
            yield Fact(name, node_subject(node), value, FactSource.LOG, bindings, seen)
