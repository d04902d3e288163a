"""What CUCM, IM&P and Unity Connection hand out: the certificate manager's JSON, command captures, list folders.

One such input holds several certificates and lists of one node. Each becomes a document of its own, named as a
member of the input, so that everything above works on it as on a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from certdoctor.evidence import decoding, stored
from certdoctor.evidence.items import Document, Form, Kind, Origin
from certdoctor.evidence.logs import any_timed
from certdoctor.evidence.naming import trust_folder


class Part(NamedTuple):
    """One certificate, list or request of an input: the name of the member, and what is in it."""

    name: str
    text: str


# --- GET /platformcom/api/v1/certmgr/config/snapshot/server --------------------------------------------------

_HEADERS = re.compile(r"\s*HTTP/[\d.]+ \d+[^\n]*\n(?:[\w-]+:[^\n]*\n)*\r?\n")  # of curl --include
_DEEPEST = 6  # levels around a snapshot, and within a trust list


def snapshot(text: str) -> list[Part] | None:
    """Return the parts of certificate manager snapshots; None where the text is none.

    The fields are those that public readers of this interface use: identities (service, certificate, csr) and
    trusts (service, certificate_data with filename and certificate). Several snapshots in one list, or one within
    another object, are found too, and certificates of a trust list whatever their fields are called.
    """
    headers = _HEADERS.match(text)
    body = text[headers.end() :] if headers else text
    if not body[:10_000].lstrip().startswith(("{", "[")) or not re.search(r'"(?:identities|trusts)"\s*:\s*\[', body):
        return None
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return _numbered([part for one in _snapshots(whole, _DEEPEST) for part in _parts(one)])


def _snapshots(value: object, depth: int) -> Iterator[dict[str, object]]:
    if isinstance(value, dict) and ("identities" in value or "trusts" in value):
        yield value
    elif isinstance(value, dict | list) and depth:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _snapshots(inner, depth - 1)


def _parts(whole: dict[str, object]) -> Iterator[Part]:
    host = re.sub(r"[^A-Za-z0-9.:-]", "_", _text(whole, "server")) or "unknown"
    for identity in _items(whole, "identities"):
        service = _service(_text(identity, "service"))
        for key, kind in (("certificate", "identity"), ("csr", "csr")):
            if _text(identity, key).strip():
                yield Part(f"snapshot/{host}/{kind}/{service}.pem", _text(identity, key))
    for trust in _items(whole, "trusts"):
        entries = [f"# {name}\n{text.strip()}\n" for name, text in _entries(trust, _DEEPEST)]
        if entries:
            yield Part(f"snapshot/{host}/trust/{_service(_text(trust, 'service'))}.pem", "".join(entries))


def _entries(value: object, depth: int, name: str = "certificate") -> Iterator[tuple[str, str]]:
    """Yield the certificates of a trust list with their file names."""
    if isinstance(value, str) and "BEGIN " in value:
        yield name, value
    elif isinstance(value, dict) and depth:
        name = _text(value, "filename") or name
        single = _text(value, "certificate")
        if single and "BEGIN " not in single:
            yield name, single
        for inner in value.values():
            yield from _entries(inner, depth - 1, name)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _entries(inner, depth - 1, name)


def _items(value: dict[str, object], key: str) -> list[dict[str, object]]:
    found = value.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _text(value: dict[str, object], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _service(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "_", name.lower().removesuffix("-trust")) or "unknown"


def _numbered(parts: list[Part]) -> list[Part]:
    """Parts of one name are told apart by a number behind it."""
    seen: dict[str, int] = {}
    named = []
    for part in parts:
        seen[part.name] = seen.get(part.name, 0) + 1
        number = seen[part.name]
        named.append(part if number == 1 else Part(f"{part.name} ({number})", part.text))
    return named


# --- `show cert own tomcat`, `show cert trust tomcat-trust/ca.pem` ---------------------------------------------

_COMMAND = re.compile(
    r"^(?:admin:)?[ \t]*sh(?:ow?)?[ \t]+(?P<what>cert|csr)[ \t]+(?P<kind>own|trust)[ \t]+(?P<name>\S+)",
    re.MULTILINE | re.IGNORECASE,
)
_ANY_COMMAND = re.compile(r"sh(?:ow?)?[ \t]+(?:cert|csr)[ \t]")
_PROMPT = re.compile(r"^admin:", re.MULTILINE)
# `show status` and `show network eth0` name the box.
_HOST = re.compile(r"^[ \t]*Host ?Name[ \t]*:[ \t]*(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)[ \t]*\r?$", re.M | re.I)


def capture(text: str) -> list[Part] | None:
    """Return the certificates of a terminal session, list by list, and the log lines that it shows besides.

    None where the text is no session. A certificate before the first command belongs to no list.
    """
    if not any(map(_ANY_COMMAND.search, decoding.lowered(text))):  # quick, for large texts
        return None
    commands = list(_COMMAND.finditer(text))
    if not commands:
        return None
    host = _HOST.search(text)
    where = f"show/{host['host']}" if host else "show"
    lists: dict[str, list[str]] = {}
    rest: list[str] = []
    at = 0
    stops = [*(command.start() for command in commands[1:]), len(text)]
    for command, stop in zip(commands, stops, strict=False):
        answer = _PROMPT.split(text[command.end() : stop], maxsplit=1)[0]
        if "BEGIN" not in answer:
            continue
        end = command.end() + answer.rfind("-----END")  # what follows the last block is no part of the answer
        end = text.find("\n", end) + 1 or len(text) if "-----END" in answer else command.end() + len(answer)
        rest.append(text[at : command.start()])
        at = end
        folder, _, _ = command["name"].rpartition("/")
        service = _service(folder or re.sub(r"\.(?:pem|der)$", "", command["name"]))
        what, kind = command["what"].lower(), command["kind"].lower()
        if kind == "trust" and not folder.lower().endswith("-trust"):
            service = "unknown"
        kind = "csr" if what == "csr" else {"own": "identity", "trust": "trust"}[kind]
        lists.setdefault(f"{where}/{kind}/{service}.pem", []).append(text[command.end() : end].strip("\r\n") + "\n")
    if not lists:
        return None
    parts = [Part(name, "".join(answers)) for name, answers in lists.items()]
    outside = "".join([*rest, text[at:]])
    if "BEGIN " in outside or any_timed(outside.splitlines()):
        parts.append(Part(f"{where}/session.log", outside))
    return parts


_LISTED = re.compile(
    r"^[ \t]*(?P<list>[A-Za-z][\w-]{1,40})/(?P<file>[^\s/:]{1,200}\.(?:pem|der)):[ \t]*"
    r"(?:Certificate Signed by|Self-signed certificate)"
    r"|^[ \t]*Unit[ \t]*:[ \t]*(?P<unit>[\w-]+)[ \t]*\r?\n[ \t]*Type[ \t]*:[ \t]*(?P<type>own|trust)[ \t]*\r?\n"
    r"[ \t]*Name[ \t]*:[ \t]*(?P<name>\S+)",
    re.MULTILINE | re.IGNORECASE,
)


def listed(text: str) -> list[str]:
    """Return the commands that show what `show cert list own` or `show cert list trust` only names."""
    commands = []
    for found in _LISTED.finditer(text):
        where, name = found["list"] or found["unit"], found["file"] or found["name"]
        trust = where.lower().endswith("-trust")
        commands.append(f"show cert trust {where}/{name}" if trust else f"show cert own {where}")
    return list(dict.fromkeys(commands))


# --- folders of one file each ----------------------------------------------------------------------------------


def joined_lists(documents: Sequence[Document], named: Iterable[str]) -> list[Document]:
    """Return the documents with each trust list that lies in a folder of its own as one document.

    Args:
        documents: all of them.
        named: paths that a site file names: these stay as they are.
    """
    kept = set(named)
    folders: dict[Origin, list[Document]] = {}
    order: list[Document | Origin] = []
    for document in documents:
        folder = trust_folder(document.origin)
        if folder is None or document.kind != Kind.CERTIFICATES or document.origin.path in kept:
            order.append(document)
            continue
        if folder not in folders:
            order.append(folder)
        folders.setdefault(folder, []).append(document)
    return [item if isinstance(item, Document) else _joined(item, folders[item]) for item in order]


def _joined(folder: Origin, files: Sequence[Document]) -> Document:
    text = []
    for file in files:
        text.append(f"# {file.origin.path}\n")
        text += [stored.notice_text(notice) + "\n" for notice in file.keys]
        text += [stored.pem("CERTIFICATE", found.certificate.der) for found in file.certificates]
        text += [stored.pem("X509 CRL", item.der) for item in file.revocation_lists]
        text += [stored.pem("CERTIFICATE REQUEST", item.der) for item in file.requests]
    data = "".join(text).encode()
    return replace(
        files[0],
        origin=folder,
        form=files[0].form if len({file.form for file in files}) == 1 else Form.PEM,
        kept=data,
        sha256=stored.digest(data),
        size=sum(file.size for file in files),
        certificates=tuple(found for file in files for found in file.certificates),
        requests=tuple(item for file in files for item in file.requests),
        revocation_lists=tuple(item for file in files for item in file.revocation_lists),
        keys=tuple(item for file in files for item in file.keys),
        remarks=tuple(dict.fromkeys(remark for file in files for remark in file.remarks)),
    )
