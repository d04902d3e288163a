"""Expressway's configuration and status as text or XML -> path and value of each setting, with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from certdoctor.evidence.items import Setting

_CONFIGURATION = re.compile(r"^\s*(?:\*c\s+)?xConfig(?:uration)?\s+(?P<path>[^:\"]+?)\s*:(?P<value>.*)$", re.IGNORECASE)
_STATUS_START = re.compile(r"^\s*\*s\s+\S", re.IGNORECASE)
_NOISE = re.compile(
    r"^\s*(?:\*[cs]/end|OK|\*r\b.*|\*h\b.*|~?\s*#.*|[>$].*|x(?:status|configuration))?\s*$", re.IGNORECASE
)
_MOST_CONTINUED = 200
_DEEPEST = 60
_LONGEST_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Settings:
    """What a dump holds. `unknown` are the lines that were not understood."""

    values: Mapping[str, Setting]
    unknown: tuple[tuple[int, str], ...] = ()
    repeated: tuple[int, ...] = ()  # lines of settings that stood there before with another value


def counts(lines: list[str]) -> tuple[int, int]:
    """Return how many lines are those of an xConfiguration dump and how many begin parts of an xStatus tree."""
    configuration = sum(1 for line in lines if _CONFIGURATION.match(line[:2000]))
    return configuration, sum(1 for line in lines if _STATUS_START.match(line[:200]))


def configuration(lines: list[str]) -> Settings:
    """Read an xConfiguration dump, or a list of xConfiguration commands.

    Paths are returned without `*c xConfiguration` and with single spaces. Values lose their quotes and the
    blanks around them; a quoted value may go on over several lines.
    """
    values: dict[str, Setting] = {}
    unknown: list[tuple[int, str]] = []
    repeated: list[int] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        number = at + 1
        at += 1
        match = _CONFIGURATION.match(line)
        if match is None:
            if not _NOISE.match(line):
                unknown.append((number, line))
            continue
        value = match["value"].strip()
        if _unclosed(value):
            taken = _continuation(lines, at)
            value = "\n".join([value, *(part.rstrip("\r") for part in lines[at : at + taken])]).rstrip()
            at += taken
        path = " ".join(match["path"].split())
        setting = Setting(_unquoted(value), number)
        if path in values and values[path].value != setting.value:
            repeated.append(number)
        values[path] = setting
    return Settings(values, tuple(unknown), tuple(repeated))


def _unclosed(value: str) -> bool:
    return value.startswith('"') and (len(value) == 1 or not value.endswith('"') or value.endswith('\\"'))


def _continuation(lines: list[str], at: int) -> int:
    """How many lines belong to a quoted value that was left open; 0 if it is not closed before the next setting."""
    for count, line in enumerate(lines[at : at + _MOST_CONTINUED], 1):
        if _CONFIGURATION.match(line):
            return 0
        if line.rstrip().endswith('"'):
            return count
    return 0


def _unquoted(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        value = value[1:-1] if value.endswith('"') and len(value) > 1 else value[1:]
        value = value.replace('\\"', '"')
    return value.strip()


def status(lines: list[str]) -> Settings:
    """Read an xStatus dump: an indented tree, flattened to paths such as `SystemUnit Software Version`."""
    values: dict[str, Setting] = {}
    unknown: list[tuple[int, str]] = []
    repeated: list[int] = []
    above: list[tuple[int, str]] = []  # indentation, name
    inside = False
    for number, line in enumerate(lines, 1):
        if _NOISE.match(line):
            if line.strip().lower() == "*s/end":
                above, inside = [], False
            continue
        content = line.strip()
        depth = len(line) - len(line.lstrip())
        if content[:2].lower() == "*s" and content[2:3].isspace():
            above, inside, depth = [], True, -1
            content = content[2:].lstrip()
        name, colon, value = content.partition(":")
        if not colon or not name.strip() or len(name) > _LONGEST_NAME or not inside:
            unknown.append((number, line))
            continue
        while above and above[-1][0] >= depth:
            above.pop()
        name = " ".join(name.split())
        value = value.strip()
        note = re.match(r"^\([^)]*\):\s*(.*)$", value)  # Zones: (status=Active): ...
        if note:
            value = note[1]
        if not value:
            if len(above) < _DEEPEST:
                above.append((depth, name))
            continue
        path = " ".join([*(upper for _, upper in above), name])
        setting = Setting(_unquoted(value), number)
        if path in values and values[path].value != setting.value:
            repeated.append(number)
        values[path] = setting
    return Settings(values, tuple(unknown), tuple(repeated))


# Elements with others below them that the text dumps number, although the XML gives an item to every element
_NUMBERED = frozenset(
    {"Zone", "Peer", "Server", "Rule", "Transform", "Link", "Pipe", "Domain", "Alarm", "SearchRule"}
    | {"Account", "Group", "Subzone", "MembershipRule", "Ethernet", "Route", "Syslog"}
)


class NotXml(ValueError):
    """The document is not well-formed; `str()` says where."""


def from_xml(text: str) -> tuple[str, Settings]:
    """Read the XML form of a configuration or status.

    Returns:
        The name of the outermost element ("Configuration", "Status" ...) and the settings in the same paths as
        in the text form.

    Raises:
        NotXml: it is not well-formed, or it defines entities.
    """
    reader = _XmlReader()
    try:
        reader.parser.Parse(text.encode("utf-8", "replace"), True)
    except (expat.ExpatError, ValueError) as error:
        raise NotXml(str(error)) from error
    return reader.root, Settings(reader.values, (), tuple(reader.repeated))


class _XmlReader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.buffer_text = True
        self.root = ""
        self.values: dict[str, Setting] = {}
        self.repeated: list[int] = []
        self._path: list[tuple[str, str, bool]] = []  # name, item, whether there may be several
        self._text: list[str] = []
        self._leaf = False
        self._line = 0
        self._depth = 0

    def _doctype(self, *_: object) -> None:
        raise NotXml("it has a document type definition")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotXml("its elements are nested too deeply")
        name = name.rpartition(":")[2]
        if not self.root:
            self.root = name
            return
        item = attributes.get("item", "")
        several = attributes.get("maxOccurrence", "1") not in ("0", "1")
        self._path.append((name, item, several))
        self._text = []
        self._leaf = True
        self._line = self.parser.CurrentLineNumber

    def _characters(self, text: str) -> None:
        self._text.append(text)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._leaf and self._path:
            path = self._name()
            value = "".join(self._text).strip()
            if path in self.values and self.values[path].value != value:
                self.repeated.append(self._line)
            self.values[path] = Setting(value, self._line)
        self._leaf = False
        if self._path:
            self._path.pop()

    def _name(self) -> str:
        """The path of the element at hand in the text form; what holds a value itself bears no number there."""
        last = len(self._path) - 1
        return " ".join(
            f"{name} {item}"
            if item and (several or item != "1" or (name in _NUMBERED and at < last and self._is_one_of_several(at)))
            else name
            for at, (name, item, several) in enumerate(self._path)
        )

    def _is_one_of_several(self, at: int) -> bool:
        """Whether an element that bears a number elsewhere does so here: not `IP DNS Domain Name`."""
        return self._path[at][0] != "Domain" or (at > 0 and self._path[at - 1][0] == "Domains")
