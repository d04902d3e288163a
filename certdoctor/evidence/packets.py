"""Packet captures (pcap, pcapng) -> TCP segments. dpkt takes link, IP and TCP headers apart.

The files themselves are read here: of a pcapng with several interfaces each has its own link type, and a file that
breaks off gives what stands before the break.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import dpkt

# https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html: byte order, and how many fractions make a second
_PCAP = {
    b"\xa1\xb2\xc3\xd4": (">", 10**6),
    b"\xd4\xc3\xb2\xa1": ("<", 10**6),
    b"\xa1\xb2\x3c\x4d": (">", 10**9),
    b"\x4d\x3c\xb2\xa1": ("<", 10**9),
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 1, 2, 3, 6
_RESOLUTION = 9  # option if_tsresol

_FRAMES = {1: dpkt.ethernet.Ethernet, 113: dpkt.sll.SLL, 276: dpkt.sll2.SLL2}
_LOOPBACK = (0, 108)  # four bytes of address family before the IP header
_RAW = (12, 14, 101, 228, 229)
# What dpkt raises on headers that make no sense
_UNREADABLE = (dpkt.Error, ValueError, IndexError, KeyError, AttributeError, TypeError, struct.error)

SYN, FIN, RST, ACK = 0x02, 0x01, 0x04, 0x10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Malformed(Exception):
    """The file header of a capture makes no sense; `str()` says why."""


class Packet(NamedTuple):
    """One packet as captured; `number` counts from 1 as Wireshark does."""

    number: int
    time: datetime | None
    link: int
    data: bytes


class Segment(NamedTuple):
    """One TCP segment; `cut` tells that the capture did not keep all of its payload."""

    number: int
    time: datetime | None
    source: tuple[str, int]
    target: tuple[str, int]
    sequence: int
    flags: int
    payload: bytes
    cut: bool


@dataclass(slots=True)
class Tally:
    """What could not be used, while a capture is being read."""

    packets: int = 0
    truncated: bool = False  # the file breaks off
    fragments: int = 0  # parts of IP packets; they are not joined
    unreadable: int = 0
    other_links: set[int] = field(default_factory=set)  # link types that are not known here


def is_capture(data: bytes) -> bool:
    """Tell whether the bytes begin like a capture."""
    return data[:4] in _PCAP or (data[:4] == _PCAPNG and data[8:12] in _ORDERS)


def packets(data: bytes, tally: Tally) -> Iterator[Packet]:
    """Yield the packets of a capture in the order of the file.

    Raises:
        Malformed: the file header is broken.
    """
    return _pcapng(data, tally) if data[:4] == _PCAPNG else _pcap(data, tally)


def _pcap(data: bytes, tally: Tally) -> Iterator[Packet]:
    if len(data) < 24:
        raise Malformed("the file header is cut off")
    order, fractions = _PCAP[data[:4]]
    (link,) = struct.unpack(f"{order}I", data[20:24])
    header = struct.Struct(f"{order}IIII")
    at = 24
    while at < len(data):
        if at + 16 > len(data):
            tally.truncated = True
            return
        seconds, part, length, _ = header.unpack_from(data, at)
        if at + 16 + length > len(data):
            tally.truncated = True
            return
        tally.packets += 1
        time = _moment(seconds * fractions + part, fractions)
        yield Packet(tally.packets, time, link & 0xFFFF, data[at + 16 : at + 16 + length])
        at += 16 + length


def _pcapng(data: bytes, tally: Tally) -> Iterator[Packet]:
    """https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html"""
    order = ""
    interfaces: list[tuple[int, int]] = []  # link type, fractions of a second
    at = 0
    while at < len(data):
        if data[at : at + 4] == _PCAPNG:
            order = _ORDERS.get(data[at + 8 : at + 12], "")
            interfaces = []
        if at + 12 > len(data) or not order:
            tally.truncated = True
            return
        kind, length = struct.unpack_from(f"{order}II", data, at)
        if length < 12 or length % 4 or at + length > len(data):
            tally.truncated = True
            return
        body = data[at + 8 : at + length - 4]
        at += length
        if kind == _INTERFACE and len(body) >= 8:
            interfaces.append((struct.unpack_from(f"{order}H", body)[0], _fractions(body[8:], order)))
        elif kind in (_PACKET, _OLD_PACKET, _SIMPLE_PACKET):
            tally.packets += 1
            packet = _block(kind, body, order, interfaces, tally.packets)
            if packet is None:
                tally.unreadable += 1
            else:
                yield packet


def _block(kind: int, body: bytes, order: str, interfaces: list[tuple[int, int]], number: int) -> Packet | None:
    if kind == _SIMPLE_PACKET:
        if len(body) < 4 or not interfaces:
            return None
        (length,) = struct.unpack_from(f"{order}I", body)
        return Packet(number, None, interfaces[0][0], body[4 : 4 + length])
    if len(body) < 20:
        return None
    width = "I" if kind == _PACKET else "H"  # the old form has a count of drops beside the interface
    (interface,) = struct.unpack_from(f"{order}{width}", body)
    high, low, length, _ = struct.unpack_from(f"{order}IIII", body, 4)
    if interface >= len(interfaces) or length > len(body) - 20:
        return None
    link, fractions = interfaces[interface]
    return Packet(number, _moment(high << 32 | low, fractions), link, body[20 : 20 + length])


def _fractions(options: bytes, order: str) -> int:
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(f"{order}HH", options, at)
        if code == 0:
            break
        if code == _RESOLUTION and length == 1 and at + 4 < len(options):
            value = options[at + 4]
            return int(2 ** (value & 0x7F) if value & 0x80 else 10 ** (value & 0x7F))
        at += 4 + (length + 3) // 4 * 4
    return 10**6


def _moment(ticks: int, fractions: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=ticks * 10**6 // fractions)
    except OverflowError:
        return None


def segments(data: bytes, tally: Tally, most: int) -> Iterator[Segment]:
    """Yield the TCP segments among the first `most` packets of a capture.

    Raises:
        Malformed: the file header is broken.
    """
    for packet in packets(data, tally):
        if packet.number > most:
            return
        try:
            segment = _segment(packet, tally)
        except _UNREADABLE:
            tally.unreadable += 1
            continue
        if segment is not None:
            yield segment


def _segment(packet: Packet, tally: Tally) -> Segment | None:
    ip = _ip(packet, tally)
    if isinstance(ip, dpkt.ip.IP):
        if ip.offset or ip.mf:
            tally.fragments += ip.p == dpkt.ip.IP_PROTO_TCP
            return None
        missing = ip.len - len(ip) if ip.len else 0
    elif isinstance(ip, dpkt.ip6.IP6):
        if dpkt.ip.IP_PROTO_FRAGMENT in ip.extension_hdrs:
            tally.fragments += 1
            return None
        missing = ip.plen - len(ip.data) if ip.plen and not ip.extension_hdrs else 0
    else:
        return None
    tcp = ip.data
    if not isinstance(tcp, dpkt.tcp.TCP):
        return None
    return Segment(
        number=packet.number,
        time=packet.time,
        source=(str(ipaddress.ip_address(ip.src)), tcp.sport),
        target=(str(ipaddress.ip_address(ip.dst)), tcp.dport),
        sequence=tcp.seq,
        flags=tcp.flags,
        payload=bytes(tcp.data),
        cut=missing > 0,
    )


def _ip(packet: Packet, tally: Tally) -> Any:
    if packet.link in _FRAMES:
        held = _FRAMES[packet.link](packet.data)
        # Ethernet within MPLS lies one deeper
        return held.data.data if isinstance(held.data, dpkt.ethernet.Ethernet) else held.data
    if packet.link not in (*_LOOPBACK, *_RAW):
        tally.other_links.add(packet.link)
        return None
    data = packet.data[4:] if packet.link in _LOOPBACK else packet.data
    return dpkt.ip.IP(data) if data[:1] and data[0] >> 4 == 4 else dpkt.ip6.IP6(data)
