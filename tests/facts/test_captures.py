"""What captures say about connections, and which of them they are counted for."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from certdoctor.deployment import build, derive
from certdoctor.deployment.judge import judge
from certdoctor.deployment.model import CLIENT, SERVER, Deployment
from certdoctor.deployment.openssl import verifier
from certdoctor.evidence.items import Document, Evidence, Origin
from certdoctor.evidence.read import read_bytes, read_text
from certdoctor.evidence.site import ConnectionDescription, NodeDescription, SiteDescription
from certdoctor.facts.captures import captured, differences, observe_offers, observe_tenants
from certdoctor.facts.logs import Event, observe_logs
from certdoctor.facts.model import Facts, Subject, SubjectKind
from certdoctor.facts.signatures import ReasonsForm
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.resources import folder
from tests import pki
from tests.evidence import wire
from tests.evidence.wire import C_ADDRESS, E_ADDRESS, RST, SYN, Said, Tcp

E, C = pki.leaf(), pki.leaf("expc1.example.com")
OTHER = pki.ca("Another Root CA")
SERVER_SIDE = Subject(SubjectKind.CONNECTION, "c1", SERVER)
CLIENT_SIDE = Subject(SubjectKind.CONNECTION, "c1", CLIENT)

FINE = wire.handshake(E, client=C, server_trusts=(pki.ca(),))
BY_CLIENT = wire.handshake(E, client_trusts=(OTHER,))
BY_SERVER = wire.handshake(E, client=C, server_trusts=(OTHER,))
NONE_SHOWN = wire.handshake(E, server_trusts=(OTHER,))


@cache
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


def reasons() -> ReasonsForm:
    found = knowledge().reasons
    assert found is not None
    return found


def deployment(expe1: str = E_ADDRESS, expc1: str = C_ADDRESS, files: dict[str, str] | None = None) -> Deployment:
    """Expressway-C that connects to Expressway-E, and a partner that nobody speaks to."""
    files = files if files is not None else {"e.pem": pki.bundle(*E.chain[:2]), "c.pem": pki.bundle(*C.chain[:2])}
    documents = tuple(d for path, text in files.items() for d in read_text(text, path).documents)
    description = SiteDescription(
        nodes=(
            NodeDescription("expe1", "expressway-e", names=(wire.SNI,), addresses=tuple(filter(None, [expe1])),
                            identities={"server": "e.pem"}),
            NodeDescription("expc1", "expressway-c", names=("expc1.example.com",),
                            addresses=tuple(filter(None, [expc1])), identities={"server": "c.pem"}),
            NodeDescription("elsewhere", "partner", addresses=("198.51.100.1",)),
        ),
        connections=(
            ConnectionDescription("c1", "traversal-sip", "expc1", "expe1", port=7001, name=wire.SNI),
        ),
    )  # fmt: skip
    bare = build.build(description, Evidence(documents), pki.NOW)
    kinds = knowledge().connections
    return build.with_connections(bare, derive.connections(bare, description.connections, kinds))


def capture(*frames: Sequence[bytes], origin: str = "a.pcap") -> tuple[Document, ...]:
    return read_bytes(wire.pcap([f for some in frames for f in some]), Origin(origin)).documents


def heard(documents: Sequence[Document], site: Deployment | None = None) -> tuple[Event, ...]:
    return captured(site or deployment(), documents, knowledge().connections, reasons())


def facts(*frames: Sequence[bytes]) -> Facts:
    kinds = knowledge().connections
    mutual = frozenset(kind.id for kind in kinds.values() if kind.client is not None)
    return Facts(observe_logs(deployment(), heard(capture(*frames)), reasons(), mutual))


def values(found: Facts, subject: Subject) -> dict[str, str]:
    return {name: fact.value for name, fact in found.about(subject).items() if fact.value != "not_told"}


ENDS: dict[str, tuple[Said, dict[str, str], dict[str, str]]] = {
    "the client refuses": (BY_CLIENT, {"log.refusal": "unknown_ca"}, {}),
    "the server refuses": (BY_SERVER, {}, {"log.refusal": "unknown_ca"}),
    "no client certificate": (NONE_SHOWN, {}, {"log.refusal": "absent"}),
    "TLS 1.3, the client refuses": (
        wire.handshake(E, client_trusts=(OTHER,), version=ssl.TLSVersion.TLSv1_3),
        {"log.refusal": "unknown_ca"},
        {},
    ),
    "no common version": (
        [FINE[0], (SERVER, b"\x15\x03\x03\x00\x02\x02\x46")],
        {"log.trouble": "protocol_version"},
        {"log.trouble": "protocol_version"},
    ),
    "plain SIP": (
        [FINE[0], (SERVER, b"SIP/2.0 400 Bad Request\r\n\r\n")],
        {"log.trouble": "not_tls"},
        {"log.trouble": "not_tls"},
    ),
    "a server alert on a certificate that it never asked for": (
        [FINE[0], (SERVER, b"\x15\x03\x03\x00\x02\x02\x2e")],
        {},
        {},
    ),
    "a warning beside success": ([*FINE, (SERVER, b"\x15\x03\x03\x00\x02\x01\x2e")], {}, {}),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_gives_its_facts(end: str) -> None:
    said, server, client = ENDS[end]
    found = facts(wire.connection(said))
    assert (values(found, SERVER_SIDE), values(found, CLIENT_SIDE)) == (server, client)


def test_an_accepted_chain_is_told_only_where_the_side_always_checks() -> None:
    kinds = dict(knowledge().connections)
    kind = kinds["traversal-sip"]
    assert kind.client is not None
    for checked in ("always", "setting"):
        side = {name: getattr(kind.server, name) for name in kind.server.__struct_fields__} | {"checked": checked}
        form = {name: getattr(kind, name) for name in kind.__struct_fields__} | {"server": type(kind.server)(**side)}
        kinds["traversal-sip"] = type(kind)(**form)
        found = captured(deployment(), capture(wire.connection(FINE)), kinds, reasons())
        assert (CLIENT in {e.acting for e in found if e.means == "accepted"}) == (checked == "always")


def test_a_fact_says_where_it_was_seen() -> None:
    fact = facts(wire.connection(BY_CLIENT)).about(SERVER_SIDE)["log.refusal"]
    assert fact.seen == ("a.pcap, conversation 1, from packet 1",)
    assert fact.bindings["log_reason"] == "TLS alert 48 unknown_ca sent by the client"
    assert fact.bindings["name"] == wire.SNI


def test_refused_and_reset_connections() -> None:
    tcp = Tcp()
    refused = facts([bytes(tcp.frame(CLIENT, flags=SYN)), bytes(tcp.frame(SERVER, flags=RST))])
    assert values(refused, SERVER_SIDE) == {"log.trouble": "refused_port"}
    tcp = Tcp()
    frames = [*tcp.opened(), *tcp.saying(FINE[:1])]
    assert values(facts([*frames, bytes(tcp.frame(SERVER, flags=RST))]), SERVER_SIDE) == {"log.trouble": "reset"}
    tcp.frame(SERVER, b"an alert, perhaps")
    assert values(facts([*frames, bytes(tcp.frame(SERVER, flags=RST))]), SERVER_SIDE) == {}


def test_the_last_conversation_between_the_same_ends_speaks() -> None:
    later = Tcp(client=(C_ADDRESS, 40001))
    assert "log.refusal" not in values(facts(wire.connection(BY_CLIENT), wire.connection(FINE, later)), SERVER_SIDE)
    assert values(facts(wire.connection(FINE), wire.connection(BY_CLIENT, later)), SERVER_SIDE) == {
        "log.refusal": "unknown_ca"
    }


PLACES = {
    "by addresses": (deployment(), Tcp(), True),
    "behind NAT, the certificate tells": (deployment(), Tcp(client=("203.0.113.9", 1)), True),
    "no addresses known, the certificates tell": (deployment(expe1="", expc1=""), Tcp(), True),
    "another port": (deployment(), Tcp(server=(E_ADDRESS, 5061)), False),
    "the client is another node": (deployment(), Tcp(client=("198.51.100.1", 1)), False),
    "the server is another node": (deployment(), Tcp(server=("198.51.100.1", 7001)), False),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_conversation_counts_where_both_ends_are_known(place: str) -> None:
    site, tcp, counts = PLACES[place]
    assert bool(heard(capture(wire.connection(BY_SERVER, tcp)), site)) == counts


def test_a_stranger_who_knocks_is_nobody_of_ours() -> None:
    stranger = Tcp(client=("203.0.113.9", 1))
    for sni in (None, wire.SNI, "scanner.example.net"):
        said = wire.handshake(E, client_trusts=(OTHER,), sni=sni)
        assert heard(capture(wire.connection(said, stranger))) == ()
    # Whoever can be anywhere is known by the name asked for.
    anywhere = deployment(expc1="")
    said = wire.handshake(E, client_trusts=(OTHER,))
    assert heard(capture(wire.connection(said, stranger)), anywhere)
    nameless = wire.handshake(E, client_trusts=(OTHER,), sni="other.example.com")
    assert heard(capture(wire.connection(nameless, stranger)), anywhere) == ()


def test_only_the_newest_archive_of_a_box_speaks() -> None:
    (old,) = capture(wire.connection(BY_CLIENT), origin="old.tar")
    (new,) = capture(wire.connection(FINE, Tcp(client=(C_ADDRESS, 40001))), origin="new.tar")
    old = replace(old, host="expe1", taken="2026-01-01", origin=Origin("old.tar", "a.pcap"))
    for taken, refused in (("2026-02-01", False), ("2025-01-01", True)):
        newer = replace(new, host="expe1", taken=taken, origin=Origin("new.tar", "a.pcap"))
        assert ("refused" in {e.means for e in heard([old, newer])}) == refused


# --- what was really sent ------------------------------------------------------------------------------------


def _differences(files: dict[str, str], said: Said) -> list[tuple[str, bool, bool]]:
    site = deployment(files=files)
    judgements = judge(site, knowledge().connections, verifier())
    documents = capture(wire.connection(said), wire.connection(said, Tcp(client=(C_ADDRESS, 40001))))
    return [(d.side, d.same_leaf, bool(d.described)) for d in differences(site, documents, judgements)]


def test_a_chain_that_is_sent_as_described_is_no_difference() -> None:
    files = {"e.pem": pki.bundle(*E.chain[:2]), "c.pem": pki.bundle(*C.chain[:2])}
    assert _differences(files, FINE) == []


def test_another_certificate_is_told_once() -> None:
    files = {"e.pem": pki.leaf(key_name="new").pem, "c.pem": pki.bundle(*C.chain[:2])}
    assert (SERVER, False, True) in _differences(files, BY_CLIENT)
    assert len(_differences(files, BY_CLIENT)) == 1
    assert _differences({"c.pem": C.pem}, BY_CLIENT) == [(SERVER, False, False)]


def client_hello(version: int, *extensions: tuple[int, bytes], name: str = wire.SNI) -> bytes:
    """A ClientHello with one cipher suite, for E's name."""
    host = name.encode()
    sni = (0, struct.pack(">HBH", len(host) + 3, 0, len(host)) + host)
    listed = b"".join(struct.pack(">HH", kind, len(data)) + data for kind, data in (sni, *extensions))
    body = struct.pack(">H", version) + bytes(32) + b"\0" + b"\0\x02\x00\x2f" + b"\x01\0"
    body += struct.pack(">H", len(listed)) + listed
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


def signatures(*algorithms: int) -> tuple[int, bytes]:
    held = struct.pack(f">H{len(algorithms)}H", 2 * len(algorithms), *algorithms)
    return 13, held


TLS13 = (43, b"\x04\x7a\x7a\x03\x04")  # one of them a value that means nothing (RFC 8701)
REFUSAL: tuple[str, bytes] = (SERVER, b"\x15\x03\x03\x00\x02\x02\x28")


@pytest.mark.parametrize(
    ("hello", "value"),
    [
        (client_hello(0x0301), "old_version"),
        (client_hello(0x0302), "old_version"),
        (client_hello(0x0303), "sha1_only"),
        (client_hello(0x0303, signatures(0x0201, 0x0203)), "sha1_only"),
        (client_hello(0x0303, signatures(0x0201, 0x0401)), "modern"),
        (client_hello(0x0303, TLS13, signatures(0x0201)), "modern"),
    ],
)
def test_what_the_client_offers(hello: bytes, value: str) -> None:
    said: Said = [("client", hello), REFUSAL]
    found = list(observe_offers(deployment(), capture(wire.connection(said))))
    assert {(fact.subject, fact.value) for fact in found} == {(SERVER_SIDE, value), (CLIENT_SIDE, value)}


def test_real_clients_offer_enough() -> None:
    for said in (FINE, BY_CLIENT):
        assert {fact.value for fact in observe_offers(deployment(), capture(wire.connection(said)))} == {"modern"}


def test_offers_are_kept_in_the_transcript() -> None:
    (document,) = capture(wire.connection([("client", client_hello(0x0303)), REFUSAL]))
    (again,) = read_bytes(document.stored, Origin("kept.txt")).documents
    assert again.conversations[0].offers_sha1_only
    assert again.conversations[0].offered_version == "TLS 1.2"


# --- several domains on one Expressway-E -------------------------------------------------------------------------

ONE, TWO = "tenant-one.example", "tenant-two.example"
FOR_ONE, FOR_TWO = pki.leaf(names=(wire.SNI, ONE)), pki.leaf("edge", names=(f"collab-edge.{TWO}",))


@pytest.mark.parametrize(
    ("shown", "domains", "expected"),
    [
        ({ONE: FOR_ONE, f"collab-edge.{TWO}": FOR_TWO}, (ONE, TWO), ["own"]),
        ({ONE: FOR_ONE, TWO: FOR_ONE}, (ONE, TWO), ["of_another"]),
        ({TWO: FOR_ONE, ONE: FOR_ONE}, (ONE, TWO), ["of_another"]),
        ({TWO: FOR_ONE}, (TWO,), []),  # with one domain it is the server's certificate that lacks it
        ({TWO: E}, (ONE, TWO), []),  # this one is for no domain at all
        ({wire.SNI: FOR_ONE}, (ONE, TWO), []),  # asked for by the name of the box
    ],
)
def test_certificates_of_tenants(shown: dict[str, pki.Issued], domains: tuple[str, ...], expected: list[str]) -> None:
    site = replace(deployment(), domains=domains)
    talks = [
        (Tcp(client=(C_ADDRESS, 51000 + number)), wire.handshake(leaf, sni=name))
        for number, (name, leaf) in enumerate(shown.items())
    ]
    documents = capture(*(tcp.opened() + tcp.saying(said) for tcp, said in talks))
    facts = list(observe_tenants(site, documents))
    assert [(fact.subject.id, fact.value) for fact in facts] == [("expe1", value) for value in expected]
