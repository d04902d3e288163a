"""Where loose files seem to belong."""

from __future__ import annotations

import pytest

from certdoctor.casework import placing
from certdoctor.evidence.items import Document, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.site import NodeDescription
from tests import pki

NODES = (
    NodeDescription("expc1", "expressway-c", names=("expc1.example.com",)),
    NodeDescription("expe1", "expressway-e", names=("expe1.example.com",), addresses=("192.0.2.7",)),
    NodeDescription("cucm", "cucm", names=("cucm.example.com",)),
    NodeDescription("cucm-pub", "cucm", names=("pub.example.com",)),
    NodeDescription("imp1", "imp", names=("imp1.example.com",)),
    NodeDescription("jabber", "client"),
)

CAS = pki.bundle(pki.ca(), pki.intermediate())
OWN = pki.leaf("expc1.example.com", names=["expc1.example.com"]).pem
PUB = pki.leaf("pub.example.com", names=["pub.example.com"]).pem
STRANGER = pki.leaf("nobody.example.org", names=["nobody.example.org"]).pem
BOTH = pki.leaf("cluster.example.com", names=["expc1.example.com", "expe1.example.com"]).pem
BY_ADDRESS = pki.leaf("x", names=["192.0.2.7"]).pem
BY_CN = pki.leaf("EXPE1.example.com", names=["other.example.com"]).pem
SELF = pki.self_signed("imp1.example.com").pem
LOG = '2026-11-23T10:00:00 box tvcs: Event="x" Level="1"\n' * 5
CONFIGURATION = '*c xConfiguration SystemUnit Name: "EXPE1"\n*c xConfiguration Zones Zone 1 Name: "UC"\n'
FOREIGN = '*c xConfiguration SystemUnit Name: "vcs9"\n*c xConfiguration Zones Zone 1 Name: "UC"\n'


def document(path: str, text: str) -> Document:
    (found,) = read_bytes(text.encode(), Origin(path)).documents
    return found


@pytest.mark.parametrize(
    ("path", "text", "node", "slot"),
    [
        # by the names in the certificate
        ("server.pem", OWN, "expc1", "identity:server"),
        ("certs/expe1.pem", OWN, "expc1", "identity:server"),
        ("a.pem", BY_ADDRESS, "expe1", "identity:server"),
        ("a.pem", BY_CN, "expe1", "identity:server"),
        ("a.pem", PUB, "cucm-pub", "identity:tomcat"),
        ("a.pem", SELF, "imp1", "identity:tomcat"),
        # several names: the file name tells, or nobody
        ("a.pem", BOTH, "", "identity:server"),
        ("expe1.pem", BOTH, "expe1", "identity:server"),
        # by the file name
        ("certs/expe1.pem", STRANGER, "expe1", "identity:server"),
        ("expe1/server.pem", STRANGER, "expe1", "identity:server"),
        ("expe10.pem", STRANGER, "", "identity:server"),
        ("stranger.pem", STRANGER, "", "identity:server"),
        ("expc1-expe1.pem", STRANGER, "", "identity:server"),
        # slots by hints
        ("expc1_client.pem", OWN, "expc1", "identity:client"),
        ("upload/expc1.pem", OWN, "expc1", "identity:candidate"),
        ("expc1_new.pem", OWN, "expc1", "identity:candidate"),
        ("expc1-old.pem", OWN, "expc1", "identity:previous"),
        ("cucm-pub-callmanager.pem", PUB, "cucm-pub", "identity:callmanager"),
        ("cucm-pub-tomcat-ecdsa.pem", PUB, "cucm-pub", "identity:tomcat-ecdsa"),
        ("imp1-cup-xmpp.pem", SELF, "imp1", "identity:cup-xmpp"),
        # trust lists
        ("expc1.pem", CAS, "expc1", "trust:ca"),
        ("trust/jabber.pem", CAS, "jabber", "trust:ca"),
        ("trust/cucm-pub-callmanager.pem", CAS, "cucm-pub", "trust:callmanager"),
        ("trust/cucm-pub.pem", CAS, "cucm-pub", "trust:tomcat"),
        ("trust/cucm.pem", CAS, "cucm", "trust:tomcat"),
        ("trust/imp1.pem", SELF + CAS, "imp1", "trust:tomcat"),
        ("roots.pem", CAS, "", "trust:ca"),
        # other kinds
        ("conf.txt", CONFIGURATION, "expe1", "xconf"),
        ("expc1_xconf.txt", FOREIGN, "expc1", "xconf"),
        ("conf.txt", FOREIGN, "", "xconf"),
        ("logs/expc1.txt", LOG, "expc1", "log"),
        ("x.csr", pki.csr("expe1.example.com"), "expe1", "csr"),
        ("expe1.crl", pki.crl(pki.ca()), "expe1", "crl"),
    ],
)
def test_places(path: str, text: str, node: str, slot: str) -> None:
    place = placing.by_content(document(path, text), NODES)
    assert place is not None
    assert (place.node, place.slot, place.certain) == (node, slot, False)
    if node:
        assert place.why


def test_two_nodes_of_one_certificate_are_named() -> None:
    place = placing.by_content(document("a.pem", BOTH), NODES)
    assert place is not None
    assert place.why == "it holds the names of expc1, expe1"


def test_what_cannot_be_read_belongs_nowhere() -> None:
    assert placing.by_content(document("a.bin", "good morning"), NODES) is None


@pytest.mark.parametrize(
    ("host", "node"),
    [("expc1", "expc1"), ("EXPE1.other.domain", "expe1"), ("pub", "cucm-pub"), ("expc", None), ("nobody", None)],
)
def test_hosts(host: str, node: str | None) -> None:
    found = placing.of_host(host, NODES)
    assert (found.id if found else None) == node


@pytest.mark.parametrize(
    ("host", "text", "role", "names"),
    [
        ("VCS_9", 'TraversalClient Peer 1 Address: "e"', "expressway-c", ("VCS_9",)),
        ("vcs9", 'TraversalServer SIP TLS Verify Subject Name: "c"', "expressway-e", ("vcs9",)),
        ("vcs9", 'Name: "n"', "other", ("vcs9",)),
    ],
)
def test_a_node_for_an_archive_of_nobody(host: str, text: str, role: str, names: tuple[str, ...]) -> None:
    given = document("xconf.txt", f"*c xConfiguration Zones Zone 1 {text}\n*c xConfiguration SIP TLS Mode: On\n")
    node = placing.from_archive(host, [given], ["expc1"])
    assert (node.role, node.names) == (role, names)
    assert node.id in ("vcs-9", "vcs9")


def test_a_new_node_takes_no_id_that_exists() -> None:
    assert placing.from_archive("expc1", [], ["expc1", "expc1-2"]).id == "expc1-3"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN, "certificate of expc1.example.com"),
        (OWN + CAS, "certificate of expc1.example.com and 2 more"),
        (CAS, "trust list of 2 certificates"),
        (pki.ca().pem, "CA certificate"),
        (pki.csr("expe1.example.com"), "certificate request for expe1.example.com"),
        (CONFIGURATION, "Expressway configuration"),
        (LOG, "log"),
        ("good morning", "nothing that could be read"),
    ],
)
def test_what_a_document_is_in_words(text: str, said: str) -> None:
    assert placing.what(document("a.txt", text)) == said
