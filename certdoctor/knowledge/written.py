"""Reads what authors wrote: YAML 1.2 with the place of every value, for messages that point at it.

The accepted YAML is a subset that cannot surprise: no anchors, aliases or tags, no duplicate keys, one
document a file. Plain scalars follow the core schema of YAML 1.2 (section 10.3.2), so `no` and dates stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

FILE_BYTES = 64 * 1024
DEPTH = 20

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Steps = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, both from 1

T = TypeVar("T", bound=msgspec.Struct)

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a file of the knowledge. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class Faulty(Exception):
    """A file cannot be read into its form."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


@dataclass(frozen=True, slots=True)
class Written:
    """One file as written. `places` holds for each path where its value (of a mapping: its key) stands."""

    file: str
    value: Value
    places: Mapping[Steps, Place]

    def fault(self, path: Steps, message: str) -> Fault:
        """Return a fault at the value of `path`, or at its nearest parent that exists."""
        while path and path not in self.places:
            path = path[:-1]
        return Fault(self.file, *self.places.get(path, (1, 1)), message)


def read(path: Path, name: str) -> Written:
    """Read one file. `name` is how messages call it.

    Raises:
        Faulty: it is too large, not UTF-8, not YAML, or uses what is refused here.
    """
    with path.open("rb") as file:
        raw = file.read(FILE_BYTES + 1)
    if len(raw) > FILE_BYTES:
        raise Faulty(Fault(name, 1, 1, f"larger than {FILE_BYTES // 1024} KB"))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Faulty(Fault(name, line, 1, "not UTF-8")) from None
    return parse(text, name)


def parse(text: str, name: str) -> Written:
    """Parse the text of one file.

    Raises:
        Faulty: it is not YAML, or uses what is refused here.
    """
    try:
        return _parsed(text, name, pure=False)
    except (YAMLError, ValueError):
        pass  # said by the parser in Python, whose words and places are better
    try:
        return _parsed(text, name, pure=True)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Faulty(Fault(name, line, column, error.problem or error.context or "not YAML")) from None
    except (YAMLError, ValueError) as error:  # ValueError: characters that YAML forbids
        raise Faulty(Fault(name, 1, 1, " ".join(str(error).split()))) from None


def _parsed(text: str, name: str, pure: bool) -> Written:
    """Parse with libyaml, or in Python (`pure`, or where there is no libyaml): 15 times slower, the same events."""
    places: dict[Steps, Place] = {}
    value = _document(YAML(typ="safe", pure=pure).parse(text), name, places)
    return Written(name, value, places)


def form(written: Written, kind: type[T]) -> T:
    """Turn one file into its form.

    Raises:
        Faulty: a field is missing, unknown or of the wrong type; the fault points at it.
    """
    try:
        return msgspec.convert(written.value, kind)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at ")
        steps = _steps(at)
        if at.startswith("`key`"):  # the key itself is wrong
            steps.append(_ANY)
        path = _culprit(written.value, kind, steps)
        if field := re.search(r"unknown field `(.+)`", message):
            path = (*path, field[1])
        raise Faulty(written.fault(path, message)) from None


# --- from events to values ---


def _document(events: Iterator[Event], name: str, places: dict[Steps, Place]) -> Value:
    value: Value = None
    documents = 0
    for event in events:
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Faulty(_at(event, name, "more than one document in the file"))
            value = _value(next(events), events, name, places, ())
    return value


def _value(event: Event, events: Iterator[Event], name: str, places: dict[Steps, Place], path: Steps) -> Value:
    _refuse(event, name)
    if len(path) > DEPTH:
        raise Faulty(_at(event, name, f"nested deeper than {DEPTH} levels"))
    places.setdefault(path, _place(event))
    if isinstance(event, ScalarEvent):
        # implicit[0]: written plain, so that it may be a number or a word of the core schema
        return _scalar(event.value) if event.implicit[0] else str(event.value)
    if isinstance(event, SequenceStartEvent):
        items: list[Value] = []
        while not isinstance(item := next(events), SequenceEndEvent):
            items.append(_value(item, events, name, places, (*path, len(items))))
        return items
    assert isinstance(event, MappingStartEvent)
    mapping: dict[str, Value] = {}
    while not isinstance(key := next(events), MappingEndEvent):
        _refuse(key, name)
        if not isinstance(key, ScalarEvent):
            raise Faulty(_at(key, name, "a key must be plain text"))
        if key.value in mapping:
            raise Faulty(_at(key, name, f"the key {key.value!r} stands here twice"))
        places[(*path, key.value)] = _place(key)
        mapping[key.value] = _value(next(events), events, name, places, (*path, key.value))
    return mapping


def _scalar(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text) if len(text) < 19 else text
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _refuse(event: Event, name: str) -> None:
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
        raise Faulty(_at(event, name, "anchors and aliases are not allowed"))
    tag = getattr(event, "tag", None)
    if tag is not None and str(tag) not in ("", "!"):
        raise Faulty(_at(event, name, "tags are not allowed"))


def _place(event: Event) -> Place:
    return (event.start_mark.line + 1, event.start_mark.column + 1)


def _at(event: Event, name: str, message: str) -> Fault:
    return Fault(name, *_place(event), message)


# --- from msgspec's path to the place ---

_STEP = re.compile(r"\.([^.\[`]+)|\[(\d+|\.\.\.)\]")
_ANY = "..."


def _steps(path: str) -> list[str | int]:
    return [m[1] if m[1] else _ANY if m[2] == _ANY else int(m[2]) for m in _STEP.finditer(path)]


def _culprit(value: Value, kind: type[T], steps: list[str | int]) -> Steps:
    """Return the path of the faulty value; msgspec writes `[...]` for some key, which is found by trying."""
    path: list[str | int] = []
    for step in steps:
        here = _get(value, path)
        if step == _ANY and isinstance(here, dict):
            step = next((key for key in here if _fails(_only(value, path, key), kind)), _ANY)
        path.append(step)
    return tuple(path)


def _get(value: Value, path: list[str | int]) -> Value:
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _only(value: Value, path: list[str | int], key: str) -> Value:
    """Return a copy of `value` in which the mapping at `path` has no other key than `key`."""
    if not path:
        assert isinstance(value, dict)
        return {key: value[key]}
    if isinstance(value, dict):
        return {k: _only(v, path[1:], key) if k == path[0] else v for k, v in value.items()}
    assert isinstance(value, list)
    return [_only(v, path[1:], key) if i == path[0] else v for i, v in enumerate(value)]


def _fails(value: Value, kind: type[T]) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return True
    return False
