"""The bytes of one file or archive member -> documents: what it is, and everything that it holds."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from certdoctor.errors import BadInput
from certdoctor.evidence import (
    asn1,
    capture,
    certificate,
    decoding,
    keys,
    logs,
    naming,
    pem,
    site_file,
    stored,
    vos,
    wording,
    xconfiguration,
)
from certdoctor.evidence.containers import Gathering, Sort, sort
from certdoctor.evidence.items import Document, Form, KeyNotice, Kind, Origin, Problem
from certdoctor.limits import Limits

Read = tuple[tuple[Document, ...], tuple[Problem, ...]]

_LONG_LOG = 1 << 20  # bytes; a longer log is held packed
_COMMANDS = 12  # named in one remark
_SAMPLE = 256 * 1024  # characters of text outside of blocks that decide what a document is


def read(data: bytes, origin: Origin, passwords: Sequence[str], limits: Limits) -> Read:
    """Read the bytes of one file that is no archive.

    Returns:
        The documents (none where the file is not meant as evidence) and what could not be read. Nothing that is
        wrong with the bytes raises an error.
    """
    blank = _blank(data, origin)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        return _unread(blank, wording.LOOKS_EMPTY, wording.EMPTY, wording.EMPTY_REMEDY)
    if capture.is_capture(data):
        return capture.read(data, blank, limits)
    foreign = _foreign(data, origin)
    if foreign:
        return _unread(blank, *foreign)
    if _is_der(data):
        return _binary(data, blank, Gathering(origin, limits, passwords))
    if decoding.is_text(data) or b"BEGIN " in data or _is_log(data, origin):
        return _text(data, blank, Gathering(origin, limits, passwords))
    if data[:1] == b"\x30":
        reason = wording.BLOCK_TRUNCATED.format(why=_why_no_element(data))
        return _unread(blank, wording.LOOKS_DER, reason, wording.NOT_A_CERTIFICATE_REMEDY)
    return _unread(blank, wording.LOOKS_BINARY, wording.UNKNOWN, wording.UNKNOWN_REMEDY)


def _is_log(data: bytes, origin: Origin) -> bool:
    """A log may quote what came over the wire, and so hold many control characters."""
    sample = data[:_SAMPLE].decode("latin-1").split("\n")
    return b"\n" in data[:4096] and (naming.says_log(origin) or logs.looks_like_log(sample))


def _blank(data: bytes, origin: Origin) -> Document:
    said = naming.named(origin)
    return Document(
        origin=origin,
        kind=Kind.NOT_READ,
        sha256=stored.digest(data),
        size=len(data),
        host=said.host,
        taken=said.taken,
        slot=said.slot,
    )


def _unread(blank: Document, looks_like: str, reason: str, remedy: str) -> Read:
    return (blank,), (Problem(blank.origin, looks_like, reason, remedy),)


_MAGIC = (
    (b"\xfe\xed\xfe\xed", wording.LOOKS_JKS, wording.JKS, wording.JKS_REMEDY),
    (b"\xce\xce\xce\xce", wording.LOOKS_JCEKS, wording.JKS, wording.JKS_REMEDY),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive", wording.FOREIGN_FORMAT, wording.FOREIGN_FORMAT_REMEDY),
    (b"Rar!\x1a\x07", "RAR archive", wording.FOREIGN_FORMAT, wording.FOREIGN_FORMAT_REMEDY),
    (b"\xfd7zXZ\0", "xz file", wording.FOREIGN_FORMAT, wording.FOREIGN_FORMAT_REMEDY),
    (b"BZh", "bzip2 file", wording.FOREIGN_FORMAT, wording.FOREIGN_FORMAT_REMEDY),
    (b"%PDF-", "PDF document", wording.FOREIGN_FORMAT, wording.OFFICE_REMEDY),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", wording.LOOKS_OFFICE, wording.FOREIGN_FORMAT, wording.OFFICE_REMEDY),
    (b"\x89PNG", "picture", wording.FOREIGN_FORMAT, wording.OFFICE_REMEDY),
    (b"\xff\xd8\xff", "picture", wording.FOREIGN_FORMAT, wording.OFFICE_REMEDY),
    (b"GIF8", "picture", wording.FOREIGN_FORMAT, wording.OFFICE_REMEDY),
    (b"\x7fELF", "program", wording.FOREIGN_FORMAT, wording.UNKNOWN_REMEDY),
    (b"SQLite format 3\0", "SQLite database", wording.FOREIGN_FORMAT, wording.UNKNOWN_REMEDY),
)


def _foreign(data: bytes, origin: Origin) -> tuple[str, str, str] | None:
    for magic, looks_like, reason, remedy in _MAGIC:
        if data.startswith(magic):
            return looks_like, reason, remedy.format(file=origin.path)
    return None


# --- binary --------------------------------------------------------------------------------------------------


def _is_der(data: bytes) -> bool:
    if data[:1] != b"\x30":
        return False
    try:
        return sort(data, asn1.read(data)) != Sort.UNKNOWN
    except asn1.Malformed:
        return False


def _why_no_element(data: bytes) -> str:
    try:
        asn1.children(data, asn1.read(data))
    except asn1.Malformed as error:
        return str(error)
    return "it has not the shape of anything known"


_PADDING = b"\0 \t\r\n\x1a"


def _binary(data: bytes, blank: Document, gathering: Gathering) -> Read:
    """DER or BER: one element or several, one after the other."""
    at = count = 0
    first = Sort.UNKNOWN
    while at < len(data):
        rest = data[at:].lstrip(_PADDING)
        if not rest:
            gathering.remark(wording.REMARK_TRAILING.format(place="The certificate data"))
            break
        at = len(data) - len(rest)
        count += 1
        place = "" if count == 1 else f"element {count}"
        try:
            element = asn1.read(data, at)
            kind = gathering.element(data, element, place)
        except asn1.Malformed:
            kind = Sort.UNKNOWN
        if kind == Sort.UNKNOWN:
            reason = wording.TRAILING_DATA.format(count=len(data) - at)
            gathering.problem(f"byte {at}", wording.LOOKS_BINARY, reason, wording.TRAILING_DATA_REMEDY)
            gathering.remark(wording.REMARK_TRAILING.format(place="The certificate data"))
            break
        first = kind if count == 1 else first
        at = element.end
    if count > 1 and len(gathering.found) > 1 and first == Sort.CERTIFICATE:
        gathering.remark(wording.REMARK_SEVERAL_DER)
    form = {Sort.PKCS7: Form.PKCS7_DER, Sort.PFX: Form.PFX}.get(first, Form.DER)
    kept = data
    if form == Form.PFX or gathering.keys:
        kept = _as_pem(gathering, from_pfx=form == Form.PFX).encode()
    return _gathered(blank, Kind.CERTIFICATES, form, kept, gathering)


def _as_pem(gathering: Gathering, from_pfx: bool) -> str:
    if gathering.empty:
        return ""
    kept = [stored.FROM_PFX + "\n"] if from_pfx else []
    kept += [stored.notice_text(notice) + "\n" for notice in gathering.keys]
    kept += [stored.pem("CERTIFICATE", item.certificate.der) for item in gathering.found]
    kept += [stored.pem("CERTIFICATE REQUEST", item.der) for item in gathering.requests]
    kept += [stored.pem("X509 CRL", item.der) for item in gathering.revocation_lists]
    return "".join(kept)


def _gathered(blank: Document, kind: Kind, form: Form, kept: bytes, gathering: Gathering) -> Read:
    if gathering.empty and kind == Kind.CERTIFICATES:
        kind, kept = Kind.NOT_READ, b""
    long = kind == Kind.LOG and len(kept) > _LONG_LOG
    document = replace(
        blank,
        kind=kind,
        form=form if kind == Kind.CERTIFICATES or gathering.found else Form.NONE,
        kept=zlib.compress(kept, 1) if long else kept,
        packed=long,
        certificates=tuple(gathering.found),
        requests=tuple(gathering.requests),
        revocation_lists=tuple(gathering.revocation_lists),
        keys=tuple(gathering.keys),
        needs_password=gathering.needs_password,
        remarks=tuple(gathering.remarks),
    )
    return (document,), tuple(gathering.problems)


# --- text ----------------------------------------------------------------------------------------------------


def _text(data: bytes, blank: Document, gathering: Gathering) -> Read:
    text, encoding = decoding.decode(data)
    if encoding.startswith(("utf-16", "utf-32")):
        gathering.remark(wording.REMARK_UTF16)
    if "\r" in text and "\n" not in text:
        gathering.remark(wording.REMARK_CR_ONLY)
        text = text.replace("\r", "\n")

    parts = None if naming.is_part(blank.origin) else vos.snapshot(text) or vos.capture(text)
    if parts:
        return _parts(parts, blank.origin, gathering)

    cut: list[tuple[int, int, str]] = []
    spans: list[tuple[int, int]] = []
    with certificate.quietly():
        form = _take_blocks(text, gathering, spans, cut)
    if form == Form.PFX and spans:
        data = _as_pem(gathering, from_pfx=True).encode()
        return _gathered(blank, Kind.CERTIFICATES, form, data, gathering)
    for notice in stored.notices(text):
        gathering.key(notice)
    outside = _outside(text, spans)
    if cut:
        text = stored.without(text, cut)
    left = stored.remains(text)
    if left:
        gathering.key(KeyNotice(None, encrypted=False))
        text = stored.without(text, left)
    if cut or left:
        data = text.encode("utf-8", "replace")
    if text.startswith(stored.FROM_PFX):
        form = Form.PFX

    site = _site(text, data, blank, gathering)
    if site is not None:
        return site
    sample = outside[:_SAMPLE].split("\n")
    configuration, status = xconfiguration.counts(sample)
    filled = sum(1 for line in sample if line.strip())
    if max(configuration, status) * 5 >= filled or (status and not logs.looks_like_log(sample)):
        if configuration and configuration >= status:
            return _configuration(text, blank, gathering, data)
        if status:
            return _status(text, blank, gathering, data)
    start = outside.lstrip()[:2000]
    if start.startswith("<"):
        as_xml = _xml(text, blank, gathering, data)
        if as_xml is not None:
            return as_xml
    looks_log = (naming.says_log(blank.origin) and filled > 0) or logs.looks_like_log(sample)
    if looks_log and gathering.empty and (commands := vos.listed(text)):
        shown = "; ".join(commands[:_COMMANDS])
        gathering.remark(wording.REMARK_LISTED.format(count=len(commands), commands=shown))
    if looks_log and not (gathering.empty and re.match(r"(?i)<(!doctype )?html", start)):
        return _gathered(blank, Kind.LOG, form, data, gathering)
    if not gathering.empty:
        return _gathered(blank, Kind.CERTIFICATES, form, data, gathering)
    if gathering.problems:
        return _gathered(blank, Kind.NOT_READ, Form.NONE, b"", gathering)
    return _unread(blank, *_unknown_text(start, blank.origin))


def _parts(parts: Sequence[vos.Part], origin: Origin, gathering: Gathering) -> Read:
    """Each part of an input as a document of its own."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for part in parts:
        member = f"{origin.member}!{part.name}" if origin.member else part.name
        found, faults = read(part.text.encode("utf-8", "replace"), Origin(origin.source, member), (), gathering.limits)
        documents += found
        problems += faults
    return tuple(documents), tuple(problems)


def _outside(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text that stands outside of blocks, as much as is needed to tell what it is."""
    pieces = []
    length = at = 0
    for start, stop in [*spans, (len(text), len(text))]:
        piece = text[at : min(start, at + _SAMPLE)]
        pieces.append(piece)
        length += len(piece)
        at = stop
        if length > _SAMPLE:
            break
    return "".join(pieces)


def _unknown_text(start: str, origin: Origin) -> tuple[str, str, str]:
    if re.match(r"(?i)<(!doctype html|html|head|body)", start):
        return wording.LOOKS_HTML, wording.HTML, wording.HTML_REMEDY
    looks_like = wording.LOOKS_TEXT
    if start.startswith("<"):
        looks_like = wording.LOOKS_XML
    elif start.startswith(("{", "[")):
        looks_like = wording.LOOKS_JSON
    elif re.match(r"(ssh-|ecdsa-sha2-)\S+ AAAA", start):
        looks_like = wording.LOOKS_SSH_KEY
    elif re.fullmatch(r"[A-Za-z0-9+/=\s]{200,}", start):
        looks_like = wording.LOOKS_BASE64
    return looks_like, wording.UNKNOWN, wording.UNKNOWN_REMEDY


# --- PEM blocks ----------------------------------------------------------------------------------------------

_EXPECTED = {
    "CERTIFICATE": Sort.CERTIFICATE,
    "X509 CERTIFICATE": Sort.CERTIFICATE,
    "TRUSTED CERTIFICATE": Sort.CERTIFICATE,
    "CERTIFICATE REQUEST": Sort.REQUEST,
    "NEW CERTIFICATE REQUEST": Sort.REQUEST,
    "X509 CRL": Sort.CRL,
    "PKCS7": Sort.PKCS7,
    "CMS": Sort.PKCS7,
}
_LOOKS = {label: str(kind) for label, kind in _EXPECTED.items()}
# Blocks with such labels hold no private key, even if they cannot be read
_HARMLESS = re.compile(r"CERTIFICATE|CRL|PKCS|CMS|REQUEST|PARAMETERS|PUBLIC")
# Parts of key files that say nothing about certificates
_LEFT_ASIDE = ("EC PARAMETERS", "DH PARAMETERS", "X9.42 DH PARAMETERS", "DSA PARAMETERS")


def _take_blocks(
    text: str, gathering: Gathering, spans: list[tuple[int, int]], cut: list[tuple[int, int, str]]
) -> Form:
    """Read every block; note where they stand, and which stretches of text hold private keys."""
    form = Form.NONE
    number = 0
    for block in pem.blocks(text):
        keys_before = len(gathering.keys)
        if block.label or _may_hold_der(block.body):
            number += 1
        else:
            continue
        kind = _take_block(block, f"block {number}", gathering)
        if kind is None:
            number -= not block.label
            continue
        spans.append((block.start, block.stop))
        if len(gathering.keys) > keys_before:
            cut.append((block.start, block.stop, stored.notice_text(gathering.keys[-1])))
        elif kind == Sort.UNKNOWN and not _HARMLESS.search(block.label):
            cut.append((block.start, block.stop, stored.UNREADABLE))
        elif form == Form.NONE and kind in (Sort.CERTIFICATE, Sort.PKCS7):
            form = Form.PKCS7_PEM if kind == Sort.PKCS7 else Form.PEM
            if not block.label:
                form = Form.BASE64
        if kind == Sort.PFX:
            form = Form.PFX
    if form == Form.NONE and not gathering.empty:
        form = Form.PEM
    return form


def _may_hold_der(body: str) -> bool:
    """DER of a SEQUENCE is base64 that begins with M; twice over, with T."""
    return body.lstrip(" \t\r\n>|\"'")[:1] in ("M", "T")


def _take_block(block: pem.Block, place: str, gathering: Gathering) -> Sort | None:
    """Read one block. None: it is nothing that we look for, and bare base64 at that."""
    if block.is_key:
        gathering.key(_key_notice(block))
        return Sort.KEY
    if block.label in _LEFT_ASIDE:
        return Sort.UNKNOWN
    looks_like = _LOOKS.get(block.label, wording.LOOKS_PEM)
    try:
        data, more = pem.decode(block)
        element = asn1.read(data)
    except pem.Undecodable as error:
        if block.label:
            gathering.problem(place, looks_like, str(error), wording.BAD_BASE64_REMEDY)
        return Sort.UNKNOWN if block.label else None
    except asn1.Malformed as error:
        if block.label:
            reason = wording.BLOCK_TRUNCATED.format(why=error)
            gathering.problem(place, looks_like, reason, wording.BLOCK_TRUNCATED_REMEDY)
        return Sort.UNKNOWN if block.label else None
    kind = gathering.element(data, element, place)
    if kind == Sort.UNKNOWN:
        if block.label:
            reason = wording.NOT_KNOWN_DATA.format(why=_why_no_element(data))
            gathering.problem(place, looks_like, reason, wording.NOT_A_CERTIFICATE_REMEDY)
        return Sort.UNKNOWN if block.label else None
    title = place.capitalize()
    for oddity in (*block.oddities, *more):
        gathering.remark(oddity.format(place=title))
    expected = _EXPECTED.get(block.label)
    if block.label == "TRUSTED CERTIFICATE":
        gathering.remark(wording.REMARK_TRUSTED.format(place=title))
    elif element.end < len(data):
        gathering.remark(wording.REMARK_TRAILING.format(place=title))
        _take_rest(data, element.end, place, gathering)
    if block.label and expected != kind and kind in _EXPECTED.values():
        gathering.remark(wording.REMARK_LABEL.format(place=title, label=block.label, what=kind))
    return kind


def _take_rest(data: bytes, at: int, place: str, gathering: Gathering) -> None:
    """Further elements behind the first one of a block."""
    count = 1
    while at < len(data):
        count += 1
        try:
            element = asn1.read(data, at)
        except asn1.Malformed:
            return
        gathering.element(data, element, f"{place}, element {count}")
        at = element.end


def _key_notice(block: pem.Block) -> KeyNotice:
    if "ENCRYPTED" in block.label or re.search(r"Proc-Type:[ \t]*4,[ \t]*ENCRYPTED", block.body):
        return KeyNotice(None, encrypted=True)
    try:
        data, _ = pem.decode(block)
    except pem.Undecodable:
        return KeyNotice(None, encrypted=False)
    if block.label.startswith("OPENSSH"):
        return keys.notice_of_ssh(stored.pem(block.label, data).encode())
    try:
        if sort(data, asn1.read(data)) == Sort.ENCRYPTED_KEY:
            return KeyNotice(None, encrypted=True)
    except asn1.Malformed:
        return KeyNotice(None, encrypted=False)
    return keys.notice_of_der(data)


# --- configuration, status, site -----------------------------------------------------------------------------


def _noted(settings: xconfiguration.Settings) -> Iterator[str]:
    if settings.unknown:
        line, text = settings.unknown[0]
        count = len(settings.unknown)
        yield wording.REMARK_LINES.format(count=count, line=line, text=text.strip()[:120])
    if settings.repeated:
        yield wording.REMARK_REPEATED.format(count=len(settings.repeated), line=settings.repeated[0])


def _configuration(text: str, blank: Document, gathering: Gathering, kept: bytes) -> Read:
    lines = text.split("\n")
    other = xconfiguration.counts(lines)[1]
    if other:
        gathering.remark(wording.REMARK_STATUS_TOO.format(count=other))
    return _settled(xconfiguration.configuration(lines), Kind.XCONFIGURATION, blank, gathering, kept)


def _status(text: str, blank: Document, gathering: Gathering, kept: bytes) -> Read:
    lines = text.split("\n")
    other = xconfiguration.counts(lines)[0]
    if other:
        gathering.remark(wording.REMARK_CONFIGURATION_TOO.format(count=other))
    return _settled(xconfiguration.status(lines), Kind.XSTATUS, blank, gathering, kept)


def _xml(text: str, blank: Document, gathering: Gathering, kept: bytes) -> Read | None:
    try:
        root, settings = xconfiguration.from_xml(text)
    except xconfiguration.NotXml:
        return None
    kind = {"configuration": Kind.XCONFIGURATION, "status": Kind.XSTATUS}.get(root.lower())
    return _settled(settings, kind, blank, gathering, kept) if kind else None


def _settled(settings: xconfiguration.Settings, kind: Kind, blank: Document, gathering: Gathering, kept: bytes) -> Read:
    for remark in _noted(settings):
        gathering.remark(remark)
    (document,), problems = _gathered(blank, kind, Form.NONE, kept, gathering)
    return (replace(document, settings=settings.values),), problems


_SCHEMA = re.compile(r"^schema[ \t]*:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)


def _site(text: str, kept: bytes, blank: Document, gathering: Gathering) -> Read | None:
    """A site file; None where the text is something else."""
    name = re.split(r"[/!]", blank.origin.path)[-1].lower()
    is_yaml = name.endswith((".yml", ".yaml"))
    schema = _SCHEMA.search(text[:_SAMPLE])
    if schema is None or not schema[1].startswith("certdoctor/"):
        if not is_yaml:
            return None
        meant = name.startswith("site.") or re.search(r"^nodes[ \t]*:", text, re.MULTILINE)
        if not meant:
            return (replace(blank, remarks=(wording.REMARK_YAML,)),), ()
    elif not schema[1].startswith("certdoctor/site"):
        return (), ()  # a file of ours that is no evidence
    (document,), problems = _gathered(blank, Kind.SITE, Form.NONE, kept, gathering)
    try:
        site = site_file.parse(text, blank.origin.path, gathering.limits)
    except BadInput as error:
        origin = blank.origin.at(error.place)
        remedy = error.remedy or wording.SITE_REMEDY
        return (document,), (*problems, Problem(origin, wording.LOOKS_SITE, error.reason, remedy))
    return (replace(document, site=site),), problems
