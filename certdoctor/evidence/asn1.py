"""A tolerant reader of ASN.1 in BER and DER (X.690).

It only finds where things are. It accepts what OpenSSL accepts (indefinite lengths, lengths that are longer
than needed, constructed strings), so that a certificate which a strict reader refuses can still be explained.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
ENUMERATED = 0x0A
UTF8_STRING = 0x0C
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_CONSTRUCTED = 0x20
_DEEPEST = 64


class Malformed(ValueError):
    """The bytes are not what the type asks for; `str()` says what is wrong, for a person."""


class Element(NamedTuple):
    """One element: where its header, its content and its end are in the bytes it was read from."""

    tag: int  # identifier octet; class and constructed bit included
    start: int
    body: int
    stop: int  # end of the content
    end: int  # end of the element: behind `stop` where the length is indefinite


def read(data: bytes, at: int = 0, limit: int | None = None, depth: int = 0) -> Element:
    """Return the element that begins at `at` and ends not behind `limit`.

    Raises:
        Malformed: there is none, or it is longer than the bytes.
    """
    if limit is None:
        limit = len(data)
    if at + 2 > limit:
        raise Malformed("the data ends in the middle of an element")
    tag = data[at]
    body = at + 1
    if tag & 0x1F == 0x1F:
        number = 0
        while True:
            if body >= limit or body > at + 5:
                raise Malformed("an element has an unreadable tag")
            octet = data[body]
            body += 1
            number = number << 7 | octet & 0x7F
            if not octet & 0x80:
                break
        tag = tag << 32 | number
        if body >= limit:
            raise Malformed("the data ends in the middle of an element")
    length = data[body]
    body += 1
    if length == 0x80:
        if not data[at] & _CONSTRUCTED:
            raise Malformed("a primitive element has no length")
        return _indefinite(data, tag, at, body, limit, depth)
    if length > 0x80:
        octets = length & 0x7F
        if octets > 8 or body + octets > limit:
            raise Malformed("an element has an unreadable length")
        length = int.from_bytes(data[body : body + octets], "big")
        body += octets
    stop = body + length
    if stop > limit:
        raise Malformed(f"{length} bytes are announced, but only {limit - body} follow")
    return tuple.__new__(Element, (tag, at, body, stop, stop))  # what its own constructor does, a third as long


def _indefinite(data: bytes, tag: int, at: int, body: int, limit: int, depth: int) -> Element:
    if depth > _DEEPEST:
        raise Malformed("elements are nested too deeply")
    stop = body
    while data[stop : min(stop + 2, limit)] != b"\0\0":
        stop = read(data, stop, limit, depth + 1).end
    return Element(tag, at, body, stop, stop + 2)


def children(data: bytes, parent: Element) -> list[Element]:
    """Return the elements inside a constructed element.

    Raises:
        Malformed: one of them is broken.
    """
    found: list[Element] = []
    add, new = found.append, tuple.__new__
    at, stop = parent.body, parent.stop
    while at < stop:
        # Nearly all elements have a short tag and a definite length: they are read here, the others in `read`.
        if at + 2 <= stop and (tag := data[at]) & 0x1F != 0x1F:
            length = data[at + 1]
            if length < 0x80:
                body = at + 2
            elif length == 0x82 and at + 4 <= stop:
                body, length = at + 4, data[at + 2] << 8 | data[at + 3]
            elif length == 0x81 and at + 3 <= stop:
                body, length = at + 3, data[at + 2]
            else:
                body = stop + 1
            end = body + length
            if end <= stop:
                add(new(Element, (tag, at, body, end, end)))
                at = end
                continue
        element = read(data, at, stop)
        found.append(element)
        at = element.end
    return found


def parts(data: bytes, tag: int = SEQUENCE) -> list[Element]:
    """Return the elements inside the one constructed element that `data` begins with.

    Raises:
        Malformed: `data` does not begin with an element of this tag, or one inside is broken.
    """
    element = read(data)
    if element.tag != tag:
        raise Malformed("another kind of element stands where a list is expected")
    return children(data, element)


def raw(data: bytes, element: Element) -> bytes:
    """Return the element with its header."""
    return data[element.start : element.end]


def content(data: bytes, element: Element, depth: int = 0) -> bytes:
    """Return the content; pieces of a constructed string are joined."""
    if element.tag & _CONSTRUCTED and element.tag & 0x1F in (BIT_STRING, OCTET_STRING, UTF8_STRING):
        if depth > _DEEPEST:
            raise Malformed("elements are nested too deeply")
        return b"".join(content(data, piece, depth + 1) for piece in children(data, element))
    return data[element.body : element.stop]


def integer(data: bytes, element: Element) -> int:
    """Return the value of an INTEGER (signed).

    Raises:
        Malformed: it is no INTEGER or empty.
    """
    if element.tag not in (INTEGER, ENUMERATED) or element.body == element.stop:
        raise Malformed("a number is expected and not there")
    return int.from_bytes(data[element.body : element.stop], "big", signed=True)


def bits(data: bytes, element: Element) -> bytes:
    """Return the octets of a BIT STRING, without the count of unused bits.

    Raises:
        Malformed: it is no BIT STRING or empty.
    """
    value = content(data, element)
    if element.tag & 0x1F != BIT_STRING or not value:
        raise Malformed("a bit string is expected and not there")
    return value[1:]


def oid(data: bytes, element: Element) -> str:
    """Return an OBJECT IDENTIFIER in dotted form.

    Raises:
        Malformed: it is no OBJECT IDENTIFIER.
    """
    if element.tag != OID or element.body == element.stop:
        raise Malformed("an object identifier is expected and not there")
    return _dotted(data[element.body : element.stop])


@lru_cache(maxsize=1024)
def _dotted(value: bytes) -> str:
    if len(value) > 128:
        raise Malformed("an object identifier is too long")
    numbers: list[int] = []
    number = 0
    for octet in value:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    if value[-1] & 0x80:
        raise Malformed("an object identifier is cut off")
    first = min(numbers[0] // 40, 2)
    return ".".join(str(n) for n in (first, numbers[0] - 40 * first, *numbers[1:]))


_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString: OpenSSL reads it as Latin-1 too
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}


def text(data: bytes, element: Element) -> tuple[str, bool]:
    """Return a character string and whether it follows the rules of its type."""
    value = content(data, element)
    encoding = _ENCODINGS.get(element.tag & 0x1F if element.tag & 0xC0 == 0 else -1)
    if encoding is None:
        return "#" + value.hex(), False
    try:
        return value.decode(encoding), element.tag != 0x14 or value.isascii()
    except UnicodeDecodeError:
        pass
    try:
        return value.decode("utf-8"), False
    except UnicodeDecodeError:
        return value.decode("latin-1"), False
