"""Which box captures, list folders and logs are of: its own certificates or the lines of its log bear its name."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from certdoctor.evidence.items import Document, Found, Kind
from certdoctor.evidence.naming import is_part, own_slot, trust_list
from certdoctor.evidence.snapshots import archive


def with_hosts(documents: Sequence[Document], named: Iterable[str]) -> list[Document]:
    """Return the documents, those of one box that no name tells of under the name in its own certificates.

    Args:
        documents: all of them.
        named: paths that a site file names: it says itself where these belong.
    """
    said = set(named)
    groups: dict[str, list[int]] = {}
    found = list(documents)
    for position, document in enumerate(documents):
        if document.host or document.origin.path in said:
            continue
        if document.kind == Kind.XCONFIGURATION:
            found[position] = replace(document, host=_named(document))
        elif document.kind == Kind.LOG and not is_part(document.origin):
            found[position] = replace(document, host=_writer(document))
        place = _place(document)
        if place:
            slot = "log" if document.kind == Kind.LOG else own_slot(document.origin)
            found[position] = replace(document, slot=document.slot or slot)
            groups.setdefault(place, []).append(position)
    for place, positions in groups.items():
        host = _host(place, [found[p] for p in positions])
        for position in positions:
            found[position] = replace(found[position], host=host)
    return found


def _named(document: Document) -> str:
    """The host name in a configuration, "" where it has none."""
    held = {path.lower(): setting.value for path, setting in document.settings.items()}
    host, domain = held.get("ip dns hostname") or held.get("systemunit name", ""), held.get("ip dns domain name", "")
    return f"{host}.{domain}" if host and domain else host


_LINE = re.compile(
    rb"^[> |]{0,8}\d{4}-\d\d-\d\dT\S{8,24} (?P<host>[A-Za-z0-9][\w.-]{0,250}) "
    rb"(?:tvcs|web|b2bua|portforwarding|ssh|licensemanager|alarm|traffic_server|XCP_\w{1,40})(?:\[\d{1,9}\])?:",
    re.MULTILINE,
)
_LOOKED_AT = 1 << 20  # bytes at the beginning of a log


def _writer(document: Document) -> str:
    """The host name that an Expressway writes into each line of its log, "" where there are several."""
    sample = zlib.decompressobj().decompress(document.kept, _LOOKED_AT) if document.packed else document.kept
    writers = {found["host"].decode() for found in _LINE.finditer(sample[:_LOOKED_AT])}
    return writers.pop() if len(writers) == 1 else ""


def _place(document: Document) -> str:
    """The session, or the folder of list folders, that the document is a part of; "" for anything else."""
    origin = document.origin
    if is_part(origin):
        return archive(origin)
    if document.kind != Kind.CERTIFICATES:
        return ""
    if trust_list(origin):
        return _above(origin.path)
    if own_slot(origin):
        folder = _above(origin.path)
        service = own_slot(origin).partition(":")[2]
        return _above(folder) if re.split(r"[/!]", folder)[-1].lower() == service else folder
    return ""


def _above(path: str) -> str:
    """The folder of a file, with a mark of its own so that the outermost one has a name too."""
    return f"./{path}".rpartition("/")[0]


def _host(place: str, documents: Iterable[Document]) -> str:
    """The one name that all own certificates share, else the one of their names that the place bears."""
    own = [_names(d.certificates[0]) for d in documents if d.slot.startswith("identity:") and d.certificates]
    if not own:
        return ""
    shared = set.intersection(*own)
    for names in (shared, set.union(*own)):
        if len(names) == 1:
            return next(iter(names))
        told = {
            n
            for n in names
            if re.search(rf"(?:^|[^a-z0-9]){re.escape(n.partition('.')[0])}(?:$|[^a-z0-9])", place.lower())
        }
        if len(told) == 1:
            return next(iter(told))
    return ""


def _names(found: Found) -> set[str]:
    """The names in a certificate that can be that of a box: none of several boxes together, and no domain."""
    certificate = found.certificate
    names = {name.lower() for name in certificate.dns_names or (certificate.common_name or "",) if "." in name}
    names = {name for name in names if not name.partition(".")[0].endswith("-ms") and not name.startswith("*")}
    return {name for name in names if not any(other.endswith(f".{name}") for other in names)}
