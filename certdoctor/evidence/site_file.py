"""site.yml (certdoctor/site@1) -> SiteDescription, strictly: every fault names its line and key."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import YAMLError

from certdoctor.errors import BadInput
from certdoctor.evidence import wording
from certdoctor.evidence.site import ROLES, ConnectionDescription, NodeDescription, SiteDescription
from certdoctor.limits import DEFAULT, Limits

SCHEMA = "certdoctor/site@1"
_DEEPEST = 8
_ID = re.compile(r"[a-z0-9-]+")
_SLOT = re.compile(r"[a-z0-9][a-z0-9_-]*")

_SITE_KEYS = (
    "schema", "customer", "site", "at", "domains", "nodes", "connections", "symptoms", "text", "answers"
)  # fmt: skip
_NODE_KEYS = (
    "id", "role", "version", "names", "addresses", "cluster", "identities", "trust", "settings", "logs"
)  # fmt: skip
_SETTING_KEYS = ("xconf", "csr", "crl", "phone_security_profiles", "chat_aliases", "federation_domains")
_CONNECTION_KEYS = (
    "id", "kind", "client", "server", "port", "name", "verify_name", "client_identity", "server_identity", "store"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Scalar:
    text: str
    line: int
    plain: bool  # without quotes

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple[_Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class _Map:
    entries: Mapping[str, _Node]
    lines: Mapping[str, int]  # of the keys
    line: int


_Node = _Scalar | _List | _Map
_Described = TypeVar("_Described", NodeDescription, ConnectionDescription)


def parse(text: str, source: str, limits: Limits = DEFAULT) -> SiteDescription:
    """Return the description that a site file holds.

    Args:
        text: the file.
        source: its `Origin.path`; the paths it names are returned as those of evidence documents beside it.

    Raises:
        BadInput: with line and key, what is allowed there, and the nearest valid word.
    """
    return _Reader(source, limits).site(text)


def paths(site: SiteDescription) -> Iterator[str]:
    """Yield all document paths that a site description names."""
    for _key, path in named_paths(site):
        yield path


def named_paths(site: SiteDescription) -> Iterator[tuple[str, str]]:
    """Yield each document path that a site description names, behind its key in `SiteDescription.lines`."""
    for node in site.nodes:
        key = f"nodes.{node.id}"
        yield from ((f"{key}.identities.{slot}", path) for slot, path in node.identities.items())
        yield from ((f"{key}.trust.{name}", path) for name, path in node.trust.items())
        settings = {"xconf": node.xconf, "csr": node.csr, "crl": node.crl}
        yield from ((f"{key}.settings.{name}", path) for name, path in settings.items() if path)
        yield from ((f"{key}.logs.{number}", path) for number, path in enumerate(node.logs, 1))


class _Reader:
    def __init__(self, source: str, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.lines: dict[str, int] = {}
        archive, bang, name = source.rpartition("!")
        self.archive = archive + bang  # a site file in an archive names members of the same archive
        self.folder = posixpath.dirname(name)

    def bad(self, line: int, key: str, reason: str, remedy: str = "") -> BadInput:
        place = f"line {line}" + (f", {key}" if key else "")
        return BadInput(self.source, place, reason, remedy)

    # --- YAML ----------------------------------------------------------------------------------------------

    def tree(self, text: str) -> _Node:
        if len(text.encode("utf-8", "replace")) > self.limits.yaml_bytes:
            reason = wording.SITE_TOO_LARGE.format(limit=self.limits.yaml_bytes)
            raise self.bad(1, "", reason, wording.TOO_LARGE_REMEDY)
        try:
            stream = iter([*YAML(typ="safe", pure=True).parse(text)])
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            why = getattr(error, "problem", None) or str(error).splitlines()[0]
            raise self.bad(mark.line + 1 if mark else 1, "", wording.SITE_YAML.format(why=why)) from error
        except (ValueError, RecursionError, IndexError, AttributeError, TypeError, AssertionError) as error:
            # ruamel.yaml lets some of its own slips through on hostile input
            raise self.bad(1, "", wording.SITE_YAML.format(why=error)) from error
        content = [e for e in stream if not isinstance(e, _FRAME)]
        if not content:
            raise self.bad(1, "", wording.SITE_EMPTY, wording.SITE_NO_SCHEMA_REMEDY)
        node, rest = self.node(content, 0, 0)
        if rest != len(content):
            line = content[rest].start_mark.line + 1
            raise self.bad(line, "", wording.SITE_YAML.format(why="a second document follows"))
        return node

    def node(self, stream: Sequence[yaml_events.Event], at: int, depth: int) -> tuple[_Node, int]:
        event = stream[at]
        line = event.start_mark.line + 1
        if isinstance(event, yaml_events.AliasEvent) or getattr(event, "anchor", None):
            raise self.bad(line, "", wording.SITE_ANCHOR)
        if depth > _DEEPEST:
            raise self.bad(line, "", wording.SITE_DEEP)
        if isinstance(event, yaml_events.ScalarEvent):
            return _Scalar(str(event.value), line, not event.style), at + 1
        if isinstance(event, yaml_events.SequenceStartEvent):
            items = []
            at += 1
            while not isinstance(stream[at], yaml_events.SequenceEndEvent):
                item, at = self.node(stream, at, depth + 1)
                items.append(item)
            return _List(tuple(items), line), at + 1
        entries: dict[str, _Node] = {}
        lines: dict[str, int] = {}
        at += 1
        while not isinstance(stream[at], yaml_events.MappingEndEvent):
            key, at = self.node(stream, at, depth + 1)
            if not isinstance(key, _Scalar):
                raise self.bad(key.line, "", wording.SITE_TEXT)
            if key.text in entries:
                reason = wording.SITE_DUPLICATE.format(line=lines[key.text])
                raise self.bad(key.line, key.text, reason)
            lines[key.text] = key.line
            entries[key.text], at = self.node(stream, at, depth + 1)
        return _Map(entries, lines, line), at + 1

    # --- values --------------------------------------------------------------------------------------------

    def mapping(self, node: _Node, key: str, allowed: Sequence[str] | None) -> _Map:
        if isinstance(node, _Scalar) and node.is_null:
            return _Map({}, {}, node.line)
        if not isinstance(node, _Map):
            raise self.bad(node.line, key, wording.SITE_MAPPING)
        for found in node.entries:
            if allowed is not None and found not in allowed:
                reason = wording.SITE_UNKNOWN_KEY.format(key=found)
                raise self.bad(node.lines[found], found, reason, _nearest(found, allowed, wording.SITE_KEYS, "keys"))
        return node

    def text(self, parent: _Map, key: str) -> str | None:
        node = parent.entries.get(key)
        if node is None or (isinstance(node, _Scalar) and node.is_null):
            return None
        return self.scalar(node, key)

    def scalar(self, node: _Node, key: str) -> str:
        if not isinstance(node, _Scalar):
            raise self.bad(node.line, key, wording.SITE_TEXT)
        if node.is_null or not node.text.strip():
            raise self.bad(node.line, key, wording.SITE_EMPTY)
        return node.text.strip()

    def required(self, parent: _Map, key: str, where: str) -> str:
        value = self.text(parent, key)
        if value is None:
            raise self.bad(parent.line, where, wording.SITE_MISSING.format(key=key))
        return value

    def items(self, parent: _Map, key: str) -> tuple[_Node, ...]:
        node = parent.entries.get(key)
        if node is None or (isinstance(node, _Scalar) and node.is_null):
            return ()
        if not isinstance(node, _List):
            raise self.bad(node.line, key, wording.SITE_LIST)
        return node.items

    def texts(self, parent: _Map, key: str) -> tuple[str, ...]:
        return tuple(self.scalar(item, key) for item in self.items(parent, key))

    def line(self, parent: _Map, key: str) -> int:
        return parent.entries[key].line if key in parent.entries else parent.line

    def path(self, value: str, line: int, key: str) -> str:
        """The path of the evidence document that a path in the file means."""
        written = value.replace("\\", "/")
        joined = posixpath.normpath(posixpath.join(self.folder, written))
        inside = posixpath.normpath(written)
        if written.startswith("/") or re.match(r"[A-Za-z]:", written) or inside.split("/")[0] == "..":
            raise self.bad(line, key, wording.SITE_PATH.format(value=value), wording.SITE_PATH_REMEDY)
        return self.archive + joined

    def paths(self, parent: _Map, key: str) -> dict[str, str]:
        node = parent.entries.get(key)
        if node is None:
            return {}
        found = {}
        for slot, value in self.mapping(node, key, None).entries.items():
            if not _SLOT.fullmatch(slot):
                raise self.bad(value.line, f"{key}.{slot}", wording.SITE_ID.format(value=slot))
            found[slot] = self.path(self.scalar(value, f"{key}.{slot}"), value.line, f"{key}.{slot}")
        return found

    # --- the site ------------------------------------------------------------------------------------------

    def site(self, text: str) -> SiteDescription:
        top = self.tree(text)
        if not isinstance(top, _Map):
            raise self.bad(top.line, "", wording.SITE_MAPPING, wording.SITE_NO_SCHEMA_REMEDY)
        if "schema" not in top.entries:
            raise self.bad(top.line, "", wording.SITE_MISSING.format(key="schema"), wording.SITE_NO_SCHEMA_REMEDY)
        schema = self.scalar(top.entries["schema"], "schema")
        if schema != SCHEMA:
            raise self.bad(self.line(top, "schema"), "schema", wording.SITE_SCHEMA.format(schema=schema))
        self.mapping(top, "", _SITE_KEYS)
        nodes = self.unique(top, "nodes", self.node_description)
        known = {node.id for node in nodes}
        connections = self.unique(top, "connections", lambda item: self.connection(item, known))
        symptoms = self.items(top, "symptoms")
        self.lines |= {f"symptoms.{self.scalar(item, 'symptoms')}": item.line for item in symptoms}
        return SiteDescription(
            customer=self.text(top, "customer") or "",
            site=self.text(top, "site") or "",
            at=self.time(top),
            domains=self.texts(top, "domains"),
            nodes=nodes,
            connections=connections,
            symptoms=self.texts(top, "symptoms"),
            text=self.text(top, "text") or "",
            answers=self.answers(top),
            source=self.source,
            lines=self.lines,
        )

    def unique(self, top: _Map, key: str, read: Callable[[_Node], _Described]) -> tuple[_Described, ...]:
        seen: dict[str, int] = {}
        found: list[_Described] = []
        for item in self.items(top, key):
            value = read(item)
            if value.id in seen:
                reason = wording.SITE_SAME_ID.format(value=value.id, line=seen[value.id])
                raise self.bad(item.line, f"{key}.id", reason)
            seen[value.id] = item.line
            found.append(value)
        return tuple(found)

    def time(self, top: _Map) -> datetime | None:
        value = self.text(top, "at")
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            reason = wording.SITE_TIME.format(value=value)
            raise self.bad(self.line(top, "at"), "at", reason, wording.SITE_TIME_REMEDY)
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            reason = wording.SITE_TIME.format(value=value)
            raise self.bad(self.line(top, "at"), "at", reason, wording.SITE_TIME_REMEDY) from error

    def answers(self, top: _Map) -> dict[str, str]:
        node = top.entries.get("answers")
        if node is None:
            return {}
        answers = self.mapping(node, "answers", None)
        entries = answers.entries
        self.lines |= {f"answers.{fact}": line for fact, line in answers.lines.items()}
        return {fact: self.scalar(value, f"answers.{fact}") for fact, value in entries.items()}

    def identifier(self, parent: _Map, key: str, where: str) -> str:
        value = self.required(parent, key, where)
        if not _ID.fullmatch(value):
            raise self.bad(self.line(parent, key), f"{where}.{key}", wording.SITE_ID.format(value=value))
        return value

    def node_description(self, item: _Node) -> NodeDescription:
        node = self.mapping(item, "nodes", _NODE_KEYS)
        identifier = self.identifier(node, "id", "nodes")
        role = self.required(node, "role", "nodes")
        if role not in ROLES:
            remedy = _nearest(role, ROLES, wording.SITE_ROLES, "roles")
            raise self.bad(self.line(node, "role"), "role", wording.SITE_ROLE.format(value=role), remedy)
        settings = self.mapping(node.entries.get("settings", _Map({}, {}, node.line)), "settings", _SETTING_KEYS)
        files = {}
        for key in ("xconf", "csr", "crl"):
            value = self.text(settings, key)
            if value is not None:
                files[key] = self.path(value, self.line(settings, key), f"settings.{key}")
        self.node_lines(node, settings, f"nodes.{identifier}")
        return NodeDescription(
            id=identifier,
            role=role,
            version=self.text(node, "version"),
            names=self.texts(node, "names"),
            addresses=self.texts(node, "addresses"),
            cluster=self.text(node, "cluster"),
            identities=self.paths(node, "identities"),
            trust=self.paths(node, "trust"),
            xconf=files.get("xconf"),
            csr=files.get("csr"),
            crl=files.get("crl"),
            phone_security_profiles=self.texts(settings, "phone_security_profiles"),
            chat_aliases=self.texts(settings, "chat_aliases"),
            federation_domains=self.texts(settings, "federation_domains"),
            logs=tuple(self.path(self.scalar(log, "logs"), log.line, "logs") for log in self.items(node, "logs")),
        )

    def node_lines(self, node: _Map, settings: _Map, key: str) -> None:
        for part in ("identities", "trust"):
            held = node.entries.get(part)
            if isinstance(held, _Map):
                self.lines |= {f"{key}.{part}.{slot}": line for slot, line in held.lines.items()}
        self.lines |= {f"{key}.settings.{name}": line for name, line in settings.lines.items()}
        self.lines |= {f"{key}.logs.{number}": log.line for number, log in enumerate(self.items(node, "logs"), 1)}

    def connection(self, item: _Node, known: set[str]) -> ConnectionDescription:
        entry = self.mapping(item, "connections", _CONNECTION_KEYS)
        ends = {}
        for key in ("client", "server"):
            value = self.required(entry, key, "connections")
            if value not in known:
                remedy = _nearest(value, sorted(known), wording.SITE_NODES, "nodes")
                raise self.bad(self.line(entry, key), key, wording.SITE_NODE.format(value=value), remedy)
            ends[key] = value
        port = self.text(entry, "port")
        if port is not None and not (re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
            raise self.bad(self.line(entry, "port"), "port", wording.SITE_PORT.format(value=port))
        identifier = self.identifier(entry, "id", "connections")
        self.lines |= {f"connections.{identifier}.{key}": line for key, line in entry.lines.items()}
        return ConnectionDescription(
            id=identifier,
            kind=self.required(entry, "kind", "connections"),
            client=ends["client"],
            server=ends["server"],
            port=int(port) if port else None,
            name=self.text(entry, "name"),
            verify_name=self.text(entry, "verify_name"),
            client_identity=self.text(entry, "client_identity"),
            server_identity=self.text(entry, "server_identity"),
            store=self.text(entry, "store"),
        )


_FRAME = (
    yaml_events.StreamStartEvent,
    yaml_events.StreamEndEvent,
    yaml_events.DocumentStartEvent,
    yaml_events.DocumentEndEvent,
)


def _nearest(word: str, allowed: Sequence[str], otherwise: str, name: str) -> str:
    close = difflib.get_close_matches(word.lower(), allowed, n=1, cutoff=0.6)
    if close:
        return wording.SITE_NEAREST.format(nearest=close[0])
    return otherwise.format(**{name: ", ".join(allowed)})
