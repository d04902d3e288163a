"""What was done to an Expressway between two archives, and what one tells of itself: its clock, what it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from certdoctor.deployment import expressway
from certdoctor.deployment.model import Connection, Deployment, Node
from certdoctor.evidence.items import Document, Kind
from certdoctor.evidence.naming import is_part
from certdoctor.facts.alarms import Alarms, last_alarms
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

# Alarms about the cluster, certificates and the connection between Expressway-C and -E that are to be cleared before
# an upgrade; 40049 (permissive cluster TLS) may stand (S09).
_CLEAR_FIRST = (
    *("20004", "20006", "20020", "20021"),  # cluster
    *("15022", "15028", "40052", "40068", "40069"),  # certificates
    *("25030", "25031", "35013", "35014", "40040", "40048"),  # between Expressway-C and -E
)
_UPTIME = "SystemUnit Uptime"  # seconds
_NTP_STATE = re.compile(r"^NTP\b.* ?\b(?:Status|State|Condition)$", re.IGNORECASE)
_NOT_SYNCHRONISED = ("unsynchronized", "unsynchronised", "not synchronized", "reject", "rejected", "failed")
_TRAVERSAL = ("traversal-sip", "traversal-ssh")


def observe_upkeep(deployment: Deployment, documents: Iterable[Document], alarms: Alarms) -> Iterator[Fact]:
    """Yield what archives tell of upgrades, of restarts after a change of the trust list, and of themselves.

    Args:
        deployment: the site with its connections.
        documents: the evidence.
        alarms: what the newest logs of the boxes tell.
    """
    archived = _slots_by_archive(documents)
    for node in deployment.nodes.values():
        yield from _archive(node, archived)
    loaded = {node.id: _loaded(node) for node in deployment.nodes.values() if node.is_expressway}
    for node_id, value in loaded.items():
        node = deployment.nodes[node_id]
        yield from _clock(node)
        yield from _cluster_left(node)
        yield from _upgrade(node, alarms)
        if value:
            yield _fact(node, "trust.loaded", value, _trust_places(node))
            partners = [other for other in _partners(node, deployment.connections) if loaded.get(other)]
            if partners:
                after = [other for other in partners if loaded[other] == "restarted"]
                named = clean(", ".join(deployment.nodes[other].name for other in after or partners))
                yield _fact(node, "trust.loaded_beyond", "yes" if after else "no", (), partners=named)


def _fact(node: Node, name: str, value: str, seen: tuple[str, ...], **bindings: str) -> Fact:
    bindings = {"node": node.id, "node_name": clean(node.name), **bindings}
    return Fact(name, node_subject(node), value, bindings=bindings, seen=seen)


# --- the archive itself ------------------------------------------------------------------------------------------


def _slots_by_archive(documents: Iterable[Document]) -> Mapping[tuple[str, str], set[str]]:
    """What stands side by side in each archive, of one box: "log", "xconf", "trust:ca" ..."""
    found: dict[tuple[str, str], set[str]] = {}
    for document in documents:
        if document.origin.member and document.slot and document.kind != Kind.NOT_READ:
            found.setdefault(_place(document), set()).add(document.slot)
    return found


def _place(document: Document) -> tuple[str, str]:
    """The archive, and the folder or inner archive in it: several boxes may have come in one file."""
    return document.origin.source, document.origin.member[: max(map(document.origin.member.rfind, "/!")) + 1]


def _archive(node: Node, archived: Mapping[tuple[str, str], set[str]]) -> Iterator[Fact]:
    for document in node.logs:
        held = archived.get(_place(document), set())
        # A session at a UC node's command line is no diagnostic archive.
        if document.slot == "log" and "log" in held and not is_part(document.origin):
            value = "log_only" if held == {"log"} else "whole"
            yield _fact(node, "archive.content", value, (document.origin.source,), archive=document.origin.source)
            return


# --- upgrades ----------------------------------------------------------------------------------------------------


def _upgrade(node: Node, alarms: Alarms) -> Iterator[Fact]:
    """Whether the version changed between two archives, and which alarms stood before that and stand still."""
    later, before = node, node.earlier
    while before is not None and not _differs(before, later):
        later, before = before, before.earlier
    if before is None:
        if node.earlier is not None and node.earlier.version and node.version:
            yield _fact(node, "node.upgraded", "no", (), old_version=str(node.version), new_version=str(node.version))
        return
    bindings = {"old_version": clean(str(before.version)), "new_version": clean(str(later.version))}
    yield _fact(node, "node.upgraded", "yes", (), **bindings)
    now = alarms.get(node.id, {})
    standing = [
        alarm
        for number, alarm in sorted(last_alarms(before.logs).items())
        if number in _CLEAR_FIRST and alarm.raised and (number not in now or now[number].raised)
    ]
    if before.logs:
        yield _fact(
            node,
            "upgrade.alarms",
            "open" if standing else "clear",
            tuple(alarm.seen for alarm in standing),
            alarms=clean(", ".join(alarm.number for alarm in standing)) or "–",
        )


def _differs(before: Node, later: Node) -> bool:
    return bool(before.version and later.version and before.version.numbers != later.version.numbers)


# --- the clock ---------------------------------------------------------------------------------------------------


def _clock(node: Node) -> Iterator[Fact]:
    """Whether the status shows the time as synchronised: in all, else by each NTP server (S12)."""
    states = {path: setting for path, setting in node.status.items() if _NTP_STATE.search(path)}
    whole = {path: setting for path, setting in states.items() if not re.search(r" \d+ ", path)}
    known = [setting for setting in (whole or states).values() if setting.value]
    if known:
        wrong = [setting for setting in known if setting.value.lower() in _NOT_SYNCHRONISED]
        told = (wrong or known)[0]
        value = "no" if len(wrong) == len(known) else "yes"
        yield _fact(node, "node.synchronised", value, (f"xStatus, line {told.line}",), state=clean(told.value))


# --- the cluster -------------------------------------------------------------------------------------------------


def _cluster_left(node: Node) -> Iterator[Fact]:
    """Whether the peer addresses of an older archive are gone: such a box is reset at its restart (S25)."""
    before = node.earlier
    while before is not None and not before.settings:
        before = before.earlier
    if not node.settings or before is None:
        return
    if peers := expressway.cluster_peers(before.settings):
        left = not expressway.cluster_peers(node.settings)
        seen = (str(before.settings_origin.at(f"line {peers[0].line}")),) if before.settings_origin else ()
        yield _fact(node, "node.cluster_left", "yes" if left else "no", seen)


# --- restarts ----------------------------------------------------------------------------------------------------


def _loaded(node: Node) -> str:
    """Return whether a box was started again since its trust list changed: "restarted", "not_restarted" or ""."""
    before = node.earlier
    while before is not None and _list(before) in (None, _list(node)):
        before = before.earlier
    uptime = expressway.value(node.status, _UPTIME)
    if before is None or _list(node) is None or not uptime.isdigit():
        return ""
    first, last = _moment(before.taken), _moment(node.taken)
    if first is None or last is None or last <= first:
        return ""
    # The change came after the older archive; a box that has run for longer has not been started since.
    return "not_restarted" if timedelta(seconds=int(uptime)) >= last - first else "restarted"


def _list(node: Node) -> frozenset[str] | None:
    trust = node.trust.get("ca")
    return frozenset(entry.certificate.sha256 for entry in trust.entries) if trust else None


def _moment(taken: str) -> datetime | None:
    """Return an archive's time stamp, which is in the box's own time."""
    digits = re.sub(r"\D", "", taken)[:14]
    try:
        # Of the times only differences count.
        moment = datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment


def _trust_places(node: Node) -> tuple[str, ...]:
    trust = node.trust.get("ca")
    return (trust.document.origin.path,) if trust else ()


def _partners(node: Node, connections: Iterable[Connection]) -> tuple[str, ...]:
    """The boxes at the other ends of a box's traversal connections."""
    ends = [(c.client, c.server) for c in connections if c.kind in _TRAVERSAL]
    others = [server if client == node.id else client for client, server in ends if node.id in (client, server)]
    return tuple(dict.fromkeys(others))
