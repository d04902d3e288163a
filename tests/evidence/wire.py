"""Packet captures for tests: real handshakes between Python's ssl objects, in made-up packets."""

from __future__ import annotations

import io
import ipaddress
import ssl
import struct
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import dpkt

from tests import pki

CLIENT, SERVER = "client", "server"
C_ADDRESS, E_ADDRESS = "192.0.2.10", "192.0.2.20"
SNI = "expe1.example.com"
SECRET = b"what nobody may keep"
SYN, ACK, FIN, RST, PUSH = 0x02, 0x10, 0x01, 0x04, 0x08
_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME

Said = list[tuple[str, bytes]]  # who, what


def _context(
    side: int, own: pki.Issued | None, trust: Sequence[pki.Issued], version: ssl.TLSVersion, sends: int
) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.minimum_version = context.maximum_version = version
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if trust else ssl.CERT_NONE
    context.verify_flags |= _NO_CHECK_TIME
    if trust:
        context.load_verify_locations(cadata=pki.bundle(*trust))
    if own is not None:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(pki.bundle(*own.chain[:sends]) + own.key_pem)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def handshake(
    server: pki.Issued,
    *,
    client: pki.Issued | None = None,
    server_trusts: Sequence[pki.Issued] = (),
    client_trusts: Sequence[pki.Issued] = (),
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    sni: str | None = SNI,
    sends: int = 2,
) -> Said:
    """Return what two real TLS stacks say to each other, application data included.

    `sends`: how many certificates of its chain each side sends. Trusting nothing means not to verify.
    """
    wires = {SERVER: (ssl.MemoryBIO(), ssl.MemoryBIO()), CLIENT: (ssl.MemoryBIO(), ssl.MemoryBIO())}
    contexts = {
        SERVER: _context(ssl.PROTOCOL_TLS_SERVER, server, server_trusts, version, sends),
        CLIENT: _context(ssl.PROTOCOL_TLS_CLIENT, client, client_trusts, version, sends),
    }
    ends = {
        side: context.wrap_bio(
            *wires[side], server_side=side == SERVER, server_hostname=sni if side == CLIENT else None
        )
        for side, context in contexts.items()
    }
    said: Said = []
    failed: set[str] = set()
    done: set[str] = set()
    for _ in range(6):
        for side, peer in ((CLIENT, SERVER), (SERVER, CLIENT)):
            if side not in failed:
                try:
                    if side in done:
                        ends[side].read(1000)
                    else:
                        ends[side].do_handshake()
                        done.add(side)
                        ends[side].write(SECRET)
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLError:
                    failed.add(side)
            data = wires[side][1].read()
            if data:
                said.append((side, data))
                wires[peer][0].write(data)
    return said


def naming(said: Said, *accepted: pki.Issued) -> Said:
    """Return what was said, with the CAs named in the server's request for a certificate.

    Python's ssl sends such a request without names.
    """
    names = b"".join(
        len(name).to_bytes(2, "big") + name for name in (ca.certificate.subject.public_bytes() for ca in accepted)
    )
    out = []
    for side, data in said:
        records = []
        while data:
            end = 5 + int.from_bytes(data[3:5], "big")
            record, data = data[:end], data[end:]
            if side == SERVER and record[0] == 22 and record[5] == 13:
                assert record.endswith(b"\0\0"), "no names yet"
                body = record[9:-2] + len(names).to_bytes(2, "big") + names
                message = b"\x0d" + len(body).to_bytes(3, "big") + body
                record = record[:3] + len(message).to_bytes(2, "big") + message
            records.append(record)
        out.append((side, b"".join(records)))
    return out


@dataclass(slots=True)
class Tcp:
    """Writes the two directions of a TCP connection as frames."""

    client: tuple[str, int] = (C_ADDRESS, 40000)
    server: tuple[str, int] = (E_ADDRESS, 7001)
    client_sequence: int = 0xFFFFFF00  # wraps around soon
    server_sequence: int = 5000

    def frame(self, side: str, payload: bytes = b"", flags: int = ACK) -> dpkt.ethernet.Ethernet:
        """Return the next frame of one side."""
        source, target = (self.client, self.server) if side == CLIENT else (self.server, self.client)
        sequence = self.client_sequence if side == CLIENT else self.server_sequence
        used = len(payload) + bool(flags & (SYN | FIN))
        if side == CLIENT:
            self.client_sequence = (self.client_sequence + used) & 0xFFFFFFFF
        else:
            self.server_sequence = (self.server_sequence + used) & 0xFFFFFFFF
        tcp = dpkt.tcp.TCP(sport=source[1], dport=target[1], seq=sequence, flags=flags, data=payload)
        v6 = ":" in source[0]
        if v6:
            ip = dpkt.ip6.IP6(src=_packed(source[0]), dst=_packed(target[0]), nxt=6, hlim=64, plen=len(tcp), data=tcp)
        else:
            ip = dpkt.ip.IP(src=_packed(source[0]), dst=_packed(target[0]), p=6, data=tcp)
            ip.len = len(ip)
        kind = dpkt.ethernet.ETH_TYPE_IP6 if v6 else dpkt.ethernet.ETH_TYPE_IP
        return dpkt.ethernet.Ethernet(src=b"\2" * 6, dst=b"\4" * 6, type=kind, data=ip)

    def opened(self) -> list[bytes]:
        """Return the three frames that open the connection."""
        return [
            bytes(self.frame(CLIENT, flags=SYN)),
            bytes(self.frame(SERVER, flags=SYN | ACK)),
            bytes(self.frame(CLIENT)),
        ]

    def saying(self, said: Said, size: int = 500) -> list[bytes]:
        """Return the frames that carry what was said, in pieces of `size` bytes."""
        return [
            bytes(self.frame(side, data[at : at + size], ACK | PUSH))
            for side, data in said
            for at in range(0, len(data), size)
        ]


def _packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def connection(said: Said, tcp: Tcp | None = None, size: int = 500) -> list[bytes]:
    """Return the frames of a whole connection."""
    tcp = tcp or Tcp()
    return [*tcp.opened(), *tcp.saying(said, size)]


def pcap(frames: Iterable[bytes], link: int = 1, snap: int = 0, nano: bool = False) -> bytes:
    """Return a pcap file; `snap` cuts the frames short as tcpdump -s does."""
    file = io.BytesIO()
    writer: Any = dpkt.pcap.Writer(file, linktype=link, nano=nano)
    for number, frame in enumerate(frames):
        writer.writepkt(frame[: snap or len(frame)], ts=1_795_000_000 + number / 1000)
    return file.getvalue()


def pcapng(*interfaces: tuple[int, Sequence[bytes]], order: str = "<") -> bytes:
    """Return a pcapng file with the frames of several interfaces, each with its link type."""
    out = _block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    for link, _ in interfaces:
        resolution = struct.pack(f"{order}HHB3x", 9, 1, 9) + struct.pack(f"{order}HH", 0, 0)  # nanoseconds
        out += _block(order, 1, struct.pack(f"{order}HHI", link, 0, 0) + resolution)
    for number, (_, frames) in enumerate(interfaces):
        for position, frame in enumerate(frames):
            ticks = 1_795_000_000 * 10**9 + position
            body = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
            out += _block(order, 6, body + frame + b"\0" * (-len(frame) % 4))
    return out


def _block(order: str, kind: int, body: bytes) -> bytes:
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length
