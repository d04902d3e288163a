"""Packet captures: who showed what to whom and who refused it, from handshakes that two real TLS stacks led."""

from __future__ import annotations

import ssl
import struct
from dataclasses import replace

import dpkt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certdoctor.evidence.items import Alert, Conversation, Document, Evidence, Form, Kind, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.limits import Limits
from tests import pki
from tests.evidence import wire
from tests.evidence.wire import ACK, CLIENT, FIN, RST, SERVER, SYN, Said, Tcp

TLS13 = ssl.TLSVersion.TLSv1_3
E = pki.leaf()
C = pki.leaf("expc1.example.com")
OTHER = pki.ca("Another Root CA")
UNKNOWN_CA = (2, 48, "unknown_ca")

PLAIN = wire.handshake(E)
MUTUAL = wire.naming(
    wire.handshake(E, client=C, server_trusts=(pki.ca(), OTHER), client_trusts=(pki.ca(),)), pki.ca(), OTHER
)
REFUSED = wire.handshake(E, client_trusts=(OTHER,))


def read(data: bytes, limits: Limits | None = None) -> Document:
    """The one document of a capture, after checks that hold for every capture."""
    evidence = read_bytes(data, Origin("a.pcap"), limits=limits or Limits())
    assert not evidence.problems
    (document,) = evidence.documents
    assert document.kind == Kind.CAPTURE
    assert document.form == Form.NONE
    assert wire.SECRET not in document.stored
    _kept_reads_the_same(document)
    return document


def _kept_reads_the_same(document: Document) -> None:
    (again,) = read_bytes(document.stored, document.origin).documents
    assert again.conversations == document.conversations
    assert again.certificates == document.certificates
    assert again.stored == document.stored


def one(frames: list[bytes]) -> Conversation:
    (conversation,) = read(wire.pcap(frames)).conversations
    return conversation


def labels(chain: tuple[object, ...]) -> list[str]:
    return [item.certificate.label for item in chain]  # type: ignore[attr-defined]


def told(conversation: Conversation) -> list[tuple[str, int, int, str]]:
    return [(a.sender, a.level, a.number, a.name) for a in conversation.alerts]


# --- handshakes ----------------------------------------------------------------------------------------------


def test_the_server_shows_its_chain() -> None:
    document = read(wire.pcap(wire.connection(PLAIN)))
    (held,) = document.conversations
    assert (held.client_address, held.client_port) == (wire.C_ADDRESS, 40000)
    assert (held.server_address, held.server_port) == (wire.E_ADDRESS, 7001)
    assert (held.sni, held.version, held.complete) == (wire.SNI, "TLS 1.2", True)
    assert [f.certificate.sha256 for f in held.server_chain] == [E.sha256, pki.intermediate().sha256]
    assert [str(f.origin) for f in held.server_chain] == [
        "a.pcap, conversation 1, from packet 1, server certificate 1",
        "a.pcap, conversation 1, from packet 1, server certificate 2",
    ]
    assert not any((held.client_chain, held.client_certificate_requested, held.alerts, held.gaps, held.notes))
    assert document.certificates == held.server_chain
    assert held.started is not None


def test_both_show_their_chains() -> None:
    held = one(wire.connection(MUTUAL))
    assert labels(held.server_chain) == ["expe1.example.com", "Example Issuing CA"]
    assert labels(held.client_chain) == ["expc1.example.com", "Example Issuing CA"]
    assert held.client_certificate_requested
    assert held.acceptable_cas == ("CN=Example Root CA,O=Example Ltd", "CN=Another Root CA,O=Example Ltd")
    assert held.complete


@pytest.mark.parametrize(
    ("said", "alerts", "client_sent"),
    [
        (REFUSED, [(CLIENT, *UNKNOWN_CA)], False),
        (wire.handshake(E, client=C, server_trusts=(OTHER,)), [(SERVER, *UNKNOWN_CA)], True),
        (wire.handshake(E, server_trusts=(OTHER,)), [(SERVER, 2, 40, "handshake_failure")], True),
        (wire.handshake(E, version=TLS13, client_trusts=(OTHER,)), [(CLIENT, *UNKNOWN_CA)], False),
    ],
    ids=["by the client", "by the server", "none shown", "TLS 1.3, by the client"],
)
def test_a_refusal_is_told_with_its_sender(said: Said, alerts: list[tuple[object, ...]], client_sent: bool) -> None:
    held = one(wire.connection(said))
    assert told(held) == alerts
    assert not held.complete
    assert held.client_sent == client_sent


def test_tls_13_shows_name_and_version_only() -> None:
    held = one(wire.connection(wire.handshake(E, client=C, server_trusts=(pki.ca(),), version=TLS13)))
    assert (held.sni, held.version, held.complete) == (wire.SNI, "TLS 1.3", True)
    assert not any((held.server_sent, held.server_chain, held.client_chain, held.client_certificate_requested))
    assert any("TLS 1.3" in note for note in held.notes)


def test_an_encrypted_alert_in_tls_13_is_seen_as_such() -> None:
    said = wire.handshake(E, version=TLS13)[:2]  # both hellos and the server's flight
    hidden = b"\x17\x03\x03\x00\x13" + b"x" * 19
    held = one(wire.connection([*said, (CLIENT, hidden)]))
    assert held.hidden_alerts == (CLIENT,)
    assert not held.complete


def test_tls_behind_starttls() -> None:
    said = [(CLIENT, b"<stream:stream to='x'><starttls/>"), (SERVER, b"<stream:features/><proceed/>"), *PLAIN]
    held = one(wire.connection(said))
    assert labels(held.server_chain)[:1] == ["expe1.example.com"]
    assert held.complete


def test_a_chain_sent_a_thousand_times_is_kept_once() -> None:
    frames: list[bytes] = []
    for port in range(40000, 40050):
        frames += wire.connection(PLAIN, Tcp(client=(wire.C_ADDRESS, port)))
    document = read(wire.pcap(frames))
    assert len(document.conversations) == 50
    assert len(document.certificates) == 2
    assert document.stored.count(b"BEGIN CERTIFICATE") == 2


# --- packets -------------------------------------------------------------------------------------------------


def test_packets_come_twice_out_of_order_and_overlap() -> None:
    expected = one(wire.connection(MUTUAL))
    frames = wire.connection(MUTUAL, size=100)
    twice = [frame for frame in frames for _ in range(2)]
    swapped = frames[:3] + [frame for at in range(3, len(frames), 4) for frame in reversed(frames[at : at + 4])]
    overlapping = wire.connection(MUTUAL, size=100) + wire.connection(MUTUAL, size=170)[3:]
    for other in (twice, swapped, overlapping):
        held = one(other)
        assert replace(held, started=expected.started) == expected


def test_a_capture_that_begins_in_the_middle() -> None:
    held = one(wire.connection(PLAIN)[3:])
    assert labels(held.server_chain) == ["expe1.example.com", "Example Issuing CA"]
    assert any("beginning" in note for note in held.notes)


def test_a_missing_segment_is_noted_and_nothing_is_made_up() -> None:
    frames = wire.connection(REFUSED, size=200)
    lost = next(at for at, frame in enumerate(frames) if b"Example Issuing CA" in frame)
    held = one([*frames[:lost], *frames[lost + 1 :]])
    assert held.gaps
    assert held.server_chain == ()
    assert not held.server_sent
    assert any("not captured" in note and "server" in note for note in held.notes)
    assert told(held) == [(CLIENT, *UNKNOWN_CA)]


def test_an_alert_behind_a_gap_is_read() -> None:
    tcp = Tcp()
    frames = tcp.opened() + tcp.saying(REFUSED[:2])
    tcp.frame(CLIENT, b"lost" * 10)
    held = one([*frames, *tcp.saying(REFUSED[2:])])
    assert held.gaps
    assert told(held) == [(CLIENT, *UNKNOWN_CA)]


def test_payload_cut_by_the_snap_length_is_named() -> None:
    held = read(wire.pcap(wire.connection(PLAIN), snap=96)).conversations[0]
    assert held.gaps
    assert any("snap length" in note for note in held.notes)


def test_every_cut_of_the_file_gives_what_stands_before() -> None:
    whole = wire.pcap(wire.connection(REFUSED))
    seen = set()
    for length in range(24, len(whole), 37):
        evidence = read_bytes(whole[:length], Origin("a.pcap"))
        (document,) = evidence.documents
        assert document.kind == Kind.CAPTURE
        _kept_reads_the_same(document)
        seen.add(tuple(len(c.server_chain) for c in document.conversations))
        assert all(c.alerts in ((), (Alert(CLIENT, *UNKNOWN_CA),)) for c in document.conversations)
    assert seen == {(), (0,), (2,)}
    assert any("breaks off" in r for r in read_bytes(whole[:-3], Origin("a.pcap")).documents[0].remarks)


def _vlan(frame: bytes) -> bytes:
    return frame[:12] + b"\x81\x00\x00\x2a" + frame[12:]


def _cooked(frame: bytes) -> bytes:
    return struct.pack("!HHH8sH", 0, 1, 6, frame[6:12], 0x0800) + frame[14:]


def _cooked_2(frame: bytes) -> bytes:
    return struct.pack("!HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, frame[6:12]) + frame[14:]


FRAMES = wire.connection(MUTUAL)
FORMS = {
    "nanoseconds": wire.pcap(FRAMES, nano=True),
    "VLAN": wire.pcap([_vlan(f) for f in FRAMES]),
    "QinQ": wire.pcap([_vlan(_vlan(f)) for f in FRAMES]),
    "padded": wire.pcap([f + b"\0" * 12 for f in FRAMES]),
    "Linux cooked": wire.pcap([_cooked(f) for f in FRAMES], link=113),
    "Linux cooked 2": wire.pcap([_cooked_2(f) for f in FRAMES], link=276),
    "raw IP": wire.pcap([f[14:] for f in FRAMES], link=101),
    "loopback": wire.pcap([b"\2\0\0\0" + f[14:] for f in FRAMES], link=0),
    "pcapng": wire.pcapng((1, FRAMES)),
    "pcapng, big-endian": wire.pcapng((1, FRAMES), order=">"),
    "pcapng, two sections": wire.pcapng((1, FRAMES[:5])) + wire.pcapng((1, FRAMES[5:]), order=">"),
    "pcapng, two interfaces": wire.pcapng((113, [_cooked(f) for f in FRAMES[:5]]), (1, FRAMES[5:])),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_capture(form: str) -> None:
    document = read(FORMS[form])
    (held,) = document.conversations
    assert held.started is not None
    assert held.started.year == 2026
    assert (len(held.server_chain), len(held.client_chain), held.complete) == (2, 2, True)
    assert document.remarks == ()


def test_big_endian_pcap() -> None:
    head = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    data = head + b"".join(struct.pack(">IIII", 1_795_000_000, 5, len(f), len(f)) + f for f in FRAMES)
    assert read(data).conversations[0].complete


def test_ipv6() -> None:
    tcp = Tcp(("2001:db8::10", 40000), ("2001:db8::20", 8443))
    held = one(wire.connection(PLAIN, tcp))
    assert (held.client_address, held.server_address) == ("2001:db8::10", "2001:db8::20")
    assert held.complete


def test_ports_that_are_used_again_make_a_new_conversation() -> None:
    frames = wire.connection(REFUSED) + wire.connection(PLAIN, Tcp(client_sequence=77, server_sequence=99))
    assert [c.complete for c in read(wire.pcap(frames)).conversations] == [False, True]


# --- why there was no TLS ------------------------------------------------------------------------------------


def test_a_port_that_refuses() -> None:
    tcp = Tcp()
    held = one([bytes(tcp.frame(CLIENT, flags=SYN)), bytes(tcp.frame(SERVER, flags=RST | ACK))])
    assert (held.trouble, held.reset_by, held.server_port) == ("refused_port", SERVER, 7001)


def test_attempts_without_an_answer() -> None:
    again = bytes(Tcp().frame(CLIENT, flags=SYN))
    assert one([again, again, again]).trouble == "timeout"
    assert read(wire.pcap([again, again])).conversations == ()


def test_a_server_that_speaks_something_else() -> None:
    held = one(wire.connection([PLAIN[0], (SERVER, b"SSH-2.0-OpenSSH_9.6\r\n")]))
    assert held.trouble == "not_tls"
    assert held.sni == wire.SNI


@pytest.mark.parametrize("by", [CLIENT, SERVER])
def test_a_reset_in_the_middle(by: str) -> None:
    tcp = Tcp()
    held = one([*tcp.opened(), *tcp.saying(PLAIN[:1]), bytes(tcp.frame(by, flags=RST))])
    assert (held.reset_by, held.complete, held.gaps) == (by, False, False)


def test_what_was_lost_before_a_close_is_a_gap() -> None:
    tcp = Tcp()
    frames = [*tcp.opened(), *tcp.saying(PLAIN[:1])]
    tcp.frame(SERVER, b"lost")
    assert one([*frames, bytes(tcp.frame(SERVER, flags=FIN | ACK))]).gaps


def test_a_capture_without_tls_says_so() -> None:
    frames = wire.connection([(CLIENT, b"GET / HTTP/1.0\r\n\r\n" + wire.SECRET), (SERVER, b"HTTP/1.0 200 OK\r\n\r\n")])
    udp = dpkt.ip.IP(src=b"\1" * 4, dst=b"\2" * 4, p=17, data=dpkt.udp.UDP(sport=1, dport=2, data=b"x"))
    frames.append(bytes(dpkt.ethernet.Ethernet(src=b"\2" * 6, dst=b"\4" * 6, data=udp)))
    document = read(wire.pcap(frames))
    assert document.conversations == ()
    assert document.remarks == ("The capture shows no TLS handshake (6 packets).",)


# --- bounds and hostile bytes --------------------------------------------------------------------------------


def test_limits_are_kept_and_named() -> None:
    frames = [f for port in range(5) for f in wire.connection(PLAIN, Tcp(client=(wire.C_ADDRESS, 40000 + port)))]
    data = wire.pcap(frames)
    cases = {
        "capture_packets": Limits(capture_packets=10),
        "capture_connections": Limits(capture_connections=2),
        "capture_total_bytes": Limits(capture_total_bytes=3000),
    }
    for name, limits in cases.items():
        document = read(data, limits)
        assert any(name in remark for remark in document.remarks)
        assert len(document.conversations) < 5 or name == "capture_total_bytes"
    few = read(wire.pcap(wire.connection(MUTUAL)), Limits(capture_names=1)).conversations[0]
    assert len(few.acceptable_cas) == 1
    short = read(wire.pcap(wire.connection(PLAIN)), Limits(capture_stream_bytes=300)).conversations[0]
    assert short.gaps
    assert short.server_chain == ()


def test_a_broken_header_and_a_broken_transcript_are_problems() -> None:
    kept = read(wire.pcap(wire.connection(MUTUAL))).stored
    for data in (b"\xd4\xc3\xb2\xa1\x02\x00", kept[:100], kept.replace(b'"place"', b'"palace"'), kept[:-40] + b"\xff"):
        evidence = read_bytes(data, Origin("a.pcap"))
        assert evidence.documents[0].kind == Kind.NOT_READ
        assert "damaged" in evidence.problems[0].reason


quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SMALL = Limits(capture_packets=200, capture_connections=5, capture_stream_bytes=4000, capture_total_bytes=20_000)
SEEDS = (
    wire.pcap(wire.connection(MUTUAL)),
    wire.pcap([_vlan(f) for f in wire.connection(REFUSED)]),
    wire.pcapng((1, wire.connection(PLAIN)), (113, [_cooked(f) for f in wire.connection(MUTUAL)])),
    wire.pcap(wire.connection(PLAIN, Tcp(("2001:db8::10", 1), ("2001:db8::20", 2)))),
)
STARTS = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a")


def _check(evidence: Evidence) -> None:
    for document in evidence.documents:
        assert document.kind in (Kind.CAPTURE, Kind.NOT_READ)
        assert len(document.conversations) <= SMALL.capture_connections
        assert wire.SECRET not in document.stored
        if document.kind == Kind.CAPTURE:
            _kept_reads_the_same(document)
        else:
            assert evidence.problems


@quick
@given(st.sampled_from(STARTS), st.binary(max_size=600))
def test_any_bytes(start: bytes, data: bytes) -> None:
    _check(read_bytes(start + data, Origin("x"), limits=SMALL))


@quick
@given(st.data())
def test_any_mutation(data: st.DataObject) -> None:
    seed = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(16, len(seed) - 1))
        match data.draw(st.sampled_from(("flip", "cut", "insert"))):
            case "flip":
                seed[at] ^= data.draw(st.integers(1, 255))
            case "cut":
                del seed[at : at + data.draw(st.integers(1, 60))]
            case "insert":
                seed[at:at] = data.draw(st.binary(min_size=1, max_size=8))
    _check(read_bytes(bytes(seed), Origin("x"), limits=SMALL))


@quick
@given(st.lists(st.tuples(st.sampled_from((CLIENT, SERVER)), st.binary(max_size=120)), max_size=6), st.booleans())
def test_any_bytes_behind_a_handshake(said: list[tuple[str, bytes]], hello: bool) -> None:
    """The walk through records and messages copes with whatever the sides say."""
    frames = wire.connection([*(PLAIN[:1] if hello else ()), *said])
    _check(read_bytes(wire.pcap(frames), Origin("x"), limits=SMALL))


@quick
@given(st.data())
def test_any_damage_within_the_messages(data: st.DataObject) -> None:
    said = [(side, bytearray(what)) for side, what in MUTUAL]
    for _ in range(data.draw(st.integers(1, 6))):
        what = data.draw(st.sampled_from(said))[1]
        what[data.draw(st.integers(0, len(what) - 1))] = data.draw(st.integers(0, 255))
    frames = wire.connection([(side, bytes(what)) for side, what in said])
    _check(read_bytes(wire.pcap(frames), Origin("x"), limits=SMALL))
