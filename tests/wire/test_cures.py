"""Planted faults on genuine servers, cured with the files that the treatment wrote and nothing else.

Each fault: the genuine handshake fails, the examination of the same files names the cause, its files are put where
they belong, the genuine handshake works, and the examination finds nothing any more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import pki
from tests.wire.lab import CLIENTS, SERVERS, Box, Document, End, Lab, shake_hands
from tests.wire.servers import FAR_AHEAD, LONG_AGO

VERSION = "X14.3.7"
C, E, CUCM, SYSLOG = "expc1.corp.example.com", "expe1.example.com", "cucm1.corp.example.com", "syslog.corp.example.com"
EDGE_ROOT, INSIDE_ROOT = pki.ca("Edge Root CA"), pki.ca("Inside Root CA")
EDGE, INSIDE = pki.intermediate("Edge Issuing CA", EDGE_ROOT), pki.intermediate("Inside Issuing CA", INSIDE_ROOT)
STRANGER_ROOT = pki.ca("Stranger Root CA")
STRANGER = pki.intermediate("Stranger Issuing CA", STRANGER_ROOT)
EDGE_CAS, INSIDE_CAS = [EDGE, EDGE_ROOT], [INSIDE, INSIDE_ROOT]
STRANGER_CAS = [STRANGER, STRANGER_ROOT]


def leaf(name: str, issuer: pki.Issued, **changes: object) -> pki.Issued:
    """A leaf that is valid by the machine's clock, which the servers go by."""
    return pki.leaf(name, issuer, **{"kind": "rsa", "start": LONG_AGO, "end": FAR_AHEAD, **changes})  # type: ignore[arg-type]


def shown(issued: pki.Issued) -> tuple[pki.Issued, ...]:
    """A leaf with the intermediates behind it."""
    return tuple(item for item in issued.chain if item.issuer is not None) or (issued,)


def zone(folder: Path) -> Lab:
    """Expressway-C and -E with a traversal zone, both sides verify; and a client that signs in."""
    c = Box("expc1", "expressway-c", C, VERSION, {"server": shown(leaf(C, INSIDE))}, {"ca": [*INSIDE_CAS, *EDGE_CAS]})
    c.xconf = {
        "Zones Zone 1 Name": "UC Traversal",
        "Zones Zone 1 Type": "UnifiedCommunicationsTraversalClient",
        "Zones Zone 1 TraversalClient SIP Port": "7001",
        "Zones Zone 1 TraversalClient SIP TLS Verify Mode": "On",
        "Zones Zone 1 TraversalClient Peer 1 Address": E,
    }
    e = Box("expe1", "expressway-e", E, VERSION, {"server": shown(leaf(E, EDGE))}, {"ca": [*EDGE_CAS, *INSIDE_CAS]})
    e.xconf = {
        "Zones Zone 1 Name": "UC Traversal",
        "Zones Zone 1 Type": "UnifiedCommunicationsTraversalServer",
        "Zones Zone 1 TraversalServer SIP Port": "7001",
        "Zones Zone 1 TraversalServer SIP TLS Verify Mode": "On",
        "Zones Zone 1 TraversalServer SIP TLS Verify Subject Name": C,
    }
    return Lab(folder, {"expc1": c, "expe1": e}, [], {"expc1": INSIDE, "expe1": EDGE})


def sign_in(folder: Path) -> Lab:
    """A client that signs in at Expressway-E, and knows roots only."""
    lab = zone(folder)
    del lab.boxes["expc1"]
    lab.boxes["jabber"] = Box("jabber", "client", "jabber", trust={"ca": [EDGE_ROOT, INSIDE_ROOT]})
    lab.connections = [{"id": "edge", "kind": "edge-https", "client": "jabber", "server": "expe1", "name": E}]
    return lab


def uc(folder: Path) -> Lab:
    """Expressway-C that asks CUCM's TFTP service, where CUCM asks for its certificate too."""
    c = Box("expc1", "expressway-c", C, VERSION, {"server": shown(leaf(C, INSIDE))}, {"ca": [*INSIDE_CAS]})
    cucm = Box("cucm1", "cucm", CUCM, "14.0.1.13900-155", {"callmanager": shown(leaf(CUCM, INSIDE))})
    cucm.trust = {"tomcat": [*INSIDE_CAS], "callmanager": [*INSIDE_CAS]}
    tftp: dict[str, object] = {"id": "tftp", "kind": "tftp-https", "client": "expc1", "server": "cucm1", "name": CUCM}
    return Lab(folder, {"expc1": c, "cucm1": cucm}, [tftp], {"expc1": INSIDE, "cucm1": INSIDE})


def web(folder: Path) -> Lab:
    """Expressway-C that talks to CUCM's Tomcat, which asks for no certificate."""
    lab = uc(folder)
    cucm = lab.boxes["cucm1"]
    cucm.identities = {"tomcat": shown(leaf(CUCM, INSIDE))}
    lab.connections = [{"id": "https", "kind": "uc-https", "client": "expc1", "server": "cucm1", "name": CUCM}]
    return lab


def logging(folder: Path) -> Lab:
    """Expressway-C that sends its log to a syslog server over TLS."""
    lab = zone(folder)
    del lab.boxes["expe1"]
    lab.boxes["syslog"] = Box("syslog", "other", SYSLOG, identities={"server": shown(leaf(SYSLOG, STRANGER))})
    lab.boxes["expc1"].trust["ca"] += STRANGER_CAS
    lab.boxes["expc1"].xconf = {}
    lab.connections = [
        {"id": "log", "kind": "management", "client": "expc1", "server": "syslog", "port": 6514, "name": SYSLOG}
    ]
    return lab


@dataclass(frozen=True)
class Scene:
    """Which box stands at which end, and how."""

    make: Callable[[Path], Lab]
    server: tuple[str, str]  # node, slot
    client: tuple[str, str]  # node, slot; no slot: it shows nothing
    name: str  # that the client looks for
    asks: str = ""  # the server's list for the client's certificate; "" asks for none

    def ends(self, lab: Lab) -> tuple[End, End]:
        node, slot = self.server
        second = [other for other in lab.boxes[node].identities if other == f"{slot}-ecdsa"]
        own_list = lab.trust(node, "ca")
        serving = End(
            lab.identity(node, slot),
            lab.key(node, slot),
            lab.trust(node, self.asks) if self.asks else None,
            second=(lab.identity(node, second[0]), lab.key(node, second[0])) if second else None,
            own_list=own_list if own_list.exists() and not self.asks else None,
        )
        node, slot = self.client
        identity, key = (lab.identity(node, slot), lab.key(node, slot)) if slot else (None, None)
        return serving, End(identity, key, lab.trust(node, "ca"), self.name)


ZONE = Scene(zone, ("expe1", "server"), ("expc1", "server"), E, asks="ca")
SIGN_IN = Scene(sign_in, ("expe1", "server"), ("jabber", ""), E)
TFTP = Scene(uc, ("cucm1", "callmanager"), ("expc1", "server"), CUCM, asks="tomcat")
WEB = Scene(web, ("cucm1", "tomcat"), ("expc1", ""), CUCM)
LOGGING = Scene(logging, ("syslog", "server"), ("expc1", ""), SYSLOG)


@dataclass(frozen=True)
class Fault:
    """A planted fault: what changes, between which servers, and what it must be found as."""

    scene: Scene
    servers: tuple[str, str]
    diagnosis: str
    files: str  # what the names of the files begin with that cure it
    plant: Callable[[Lab], None]
    fails: str = "refused"


FAULTS: dict[str, Fault] = {}


Plant = Callable[[Lab], None]


def fault(
    scene: Scene, server: str, client: str, diagnosis: str, files: str, fails: str = "refused"
) -> Callable[[Plant], Plant]:
    """Plant the decorated change in a healthy site."""

    def add(plant: Plant) -> Plant:
        name = plant.__name__.strip("_").replace("_", "-")
        FAULTS[name] = Fault(scene, (server, client), diagnosis, files, plant, fails)
        return plant

    return add


def shows(box: Box, slot: str, *chain: pki.Issued) -> None:
    box.identities[slot] = chain


def forget(box: Box, *gone: pki.Issued) -> None:
    for name, entries in box.trust.items():
        box.trust[name] = [item for item in entries if item not in gone]


# --- chains and lists ----------------------------------------------------------------------------------------


@fault(ZONE, "stunnel", "traffic-server", "CHN-01", "expc1-trusted-ca")
def _intermediate_is_neither_sent_nor_known(lab: Lab) -> None:
    shows(lab.boxes["expe1"], "server", leaf(E, EDGE))
    for box in lab.boxes.values():
        forget(box, EDGE)
    lab.mail["issuing-ca.pem"] = EDGE.pem


@fault(SIGN_IN, "stunnel", "stunnel", "CHN-05", "expe1-trusted-ca")
def _expressway_cannot_complete_its_chain_for_clients(lab: Lab) -> None:
    shows(lab.boxes["expe1"], "server", leaf(E, EDGE))
    forget(lab.boxes["expe1"], EDGE)
    lab.mail["issuing-ca.pem"] = EDGE.pem


@fault(ZONE, "stunnel", "stunnel", "CHN-02", "expc1-trusted-ca")
def _root_is_not_in_the_clients_list(lab: Lab) -> None:
    forget(lab.boxes["expc1"], EDGE_ROOT)


@fault(ZONE, "haproxy", "traffic-server", "ZON-04", "expe1-trusted-ca")
def _clients_ca_is_not_in_the_servers_list(lab: Lab) -> None:
    forget(lab.boxes["expe1"], *INSIDE_CAS)


@fault(TFTP, "tomcat", "traffic-server", "MRA-01", "cucm1-")
def _expressways_ca_is_not_in_cucms_lists(lab: Lab) -> None:
    shows(lab.boxes["cucm1"], "callmanager", *shown(leaf(CUCM, EDGE)))
    for box in lab.boxes.values():
        for entries in box.trust.values():
            entries += EDGE_CAS
    forget(lab.boxes["cucm1"], *INSIDE_CAS)


@fault(WEB, "haproxy", "traffic-server", "MRA-02", "expc1-trusted-ca")
def _cucms_ca_is_not_in_expressways_list(lab: Lab) -> None:
    shows(lab.boxes["cucm1"], "tomcat", *shown(leaf(CUCM, STRANGER)))
    lab.boxes["cucm1"].trust["tomcat"] += STRANGER_CAS


@fault(WEB, "tomcat", "haproxy", "MRA-02", "expc1-trusted-ca")
def _cucms_certificate_is_self_signed(lab: Lab) -> None:
    own = pki.issue(pki.name(CUCM), private=pki.key("self", "rsa"), names=(CUCM,), purposes=pki.BOTH,
                    start=LONG_AGO, end=FAR_AHEAD)  # fmt: skip
    shows(lab.boxes["cucm1"], "tomcat", own)
    lab.boxes["cucm1"].trust["tomcat"].append(own)


@fault(ZONE, "haproxy", "haproxy", "CHN-06", "expc1-trusted-ca")
def _ca_of_the_same_name_with_another_key(lab: Lab) -> None:
    before = pki.ca("Edge Root CA", key_name="before")
    c = lab.boxes["expc1"]
    c.trust["ca"] = [*INSIDE_CAS, before]


@fault(WEB, "haproxy", "stunnel", "MRA-05", "expc1-trusted-ca")
def _ecdsa_certificate_is_not_trusted(lab: Lab) -> None:
    cucm = lab.boxes["cucm1"]
    shows(cucm, "tomcat-ecdsa", *shown(leaf(CUCM, STRANGER, kind="ec")))
    cucm.trust["tomcat"] += STRANGER_CAS
    lab.boxes["expc1"].xconf = {
        "EdgeConfigServer VerifyOriginServer": "On",
        "Ciphers UcClientTLSCiphers Value": "EECDH:HIGH:!MEDIUM:!LOW",
    }


@fault(LOGGING, "stunnel", "stunnel", "MGT-01", "expc1-trusted-ca")
def _ca_of_the_syslog_server_is_not_known(lab: Lab) -> None:
    forget(lab.boxes["expc1"], *STRANGER_CAS)
    lab.mail["syslog-cas.pem"] = pki.bundle(*STRANGER_CAS)


# --- the certificate itself ----------------------------------------------------------------------------------


@fault(ZONE, "haproxy", "haproxy", "ZON-01", "expe1-request")
def _name_of_the_zone_is_not_in_the_certificate(lab: Lab) -> None:
    shows(lab.boxes["expe1"], "server", *shown(leaf("mail.example.com", EDGE)))


@fault(WEB, "haproxy", "traffic-server", "MRA-03", "cucm1-request")
def _name_of_cucm_is_not_in_its_certificate(lab: Lab) -> None:
    shows(lab.boxes["cucm1"], "tomcat", *shown(leaf("cucm1", INSIDE, names=("cucm1",))))


@fault(ZONE, "stunnel", "haproxy", "LIF-01", "expe1-request")
def _servers_certificate_has_expired(lab: Lab) -> None:
    shows(lab.boxes["expe1"], "server", *shown(leaf(E, EDGE, end=datetime(2026, 1, 1, tzinfo=UTC))))


@fault(TFTP, "tomcat", "stunnel", "LIF-01", "expc1-request")
def _clients_certificate_has_expired(lab: Lab) -> None:
    shows(lab.boxes["expc1"], "server", *shown(leaf(C, INSIDE, end=datetime(2026, 1, 1, tzinfo=UTC))))


@fault(ZONE, "haproxy", "stunnel", "EKU-02", "expc1-request")
def _client_has_no_client_usage(lab: Lab) -> None:
    shows(lab.boxes["expc1"], "server", *shown(leaf(C, INSIDE, purposes=(pki.SERVER_AUTH,))))


@fault(TFTP, "tomcat", "haproxy", "EKU-04", "expc1-request")
def _client_has_no_client_usage_for_cucm(lab: Lab) -> None:
    shows(lab.boxes["expc1"], "server", *shown(leaf(C, INSIDE, purposes=(pki.SERVER_AUTH,))))


@fault(ZONE, "stunnel", "stunnel", "EKU-12", "expe1-request")
def _server_has_no_server_usage(lab: Lab) -> None:
    shows(lab.boxes["expe1"], "server", *shown(leaf(E, EDGE, purposes=(pki.CLIENT_AUTH,))))


# --- files and keys ------------------------------------------------------------------------------------------


def offered(lab: Lab, *chain: pki.Issued) -> Box:
    """The certificate is new: it is to be uploaded to Expressway-E, and takes the old one's place there."""
    box = lab.boxes["expe1"]
    box.identities = {"candidate": chain}
    lab.connections.append(
        {"id": "zone", "kind": "traversal-sip", "client": "expc1", "server": "expe1", "name": E,
         "verify_name": C, "server_identity": "candidate"}
    )  # fmt: skip
    return box


OFFERED = dataclasses.replace(ZONE, server=("expe1", "candidate"))


@fault(OFFERED, "haproxy", "stunnel", "UPL-19", "expe1-candidate", fails="does not start")
def _ca_stands_above_the_certificate(lab: Lab) -> None:
    own = leaf(E, EDGE)
    offered(lab, EDGE, own).keys["candidate"] = own.key


@fault(OFFERED, "stunnel", "haproxy", "UPL-01", "expe1-candidate", fails="does not start")
def _file_is_pkcs7(lab: Lab) -> None:
    own = leaf(E, EDGE)
    offered(lab, own).forms["candidate"] = pki.pkcs7(own, EDGE)


@fault(OFFERED, "haproxy", "traffic-server", "UPL-03", "expe1-request", fails="does not start")
def _key_belongs_to_another_request(lab: Lab) -> None:
    box = offered(lab, *shown(leaf(E, EDGE)))
    box.keys["candidate"] = pki.key("another request", "rsa")
    box.csr = pki.csr(E, names=(E,), private=box.keys["candidate"])


# --- the tests -----------------------------------------------------------------------------------------------


def serious(result: Document) -> list[str]:
    return [f"{f['diagnosis']} {f['title']}" for f in result["findings"] if f["severity"] not in ("low", "info")]


def test_every_server_takes_part() -> None:
    parts = {(n, s) for f in FAULTS.values() for n, s in zip(("server", "client"), f.servers, strict=True)}
    assert parts == {*(("server", name) for name in SERVERS), *(("client", name) for name in CLIENTS)}


@pytest.mark.parametrize("scene", [ZONE, SIGN_IN, TFTP, WEB, LOGGING], ids=lambda scene: scene.make.__name__)
def test_healthy_site_works_and_is_found_healthy(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = scene.make(tmp_path).write()
    server = {"uc": "tomcat"}.get(scene.make.__name__, "stunnel")
    assert shake_hands(tmp_path / "wire", server, "stunnel", scene.ends(lab)) == "works"
    result = lab.examine(lambda: capsys.readouterr().out)
    assert (result["verdict"], serious(result)) == ("healthy", [])


@pytest.mark.parametrize("name", FAULTS)
def test_cured_by_the_written_files(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = FAULTS[name]
    lab = planted.scene.make(tmp_path)
    planted.plant(lab)
    lab.write()

    def works(folder: str) -> str:
        return shake_hands(tmp_path / folder, *planted.servers, planted.scene.ends(lab))

    def said() -> str:
        return capsys.readouterr().out

    assert works("before") == planted.fails
    found = lab.examine(said, tmp_path / "cure")
    assert planted.diagnosis in diagnoses(found["findings"]), serious(found)
    used = lab.apply(tmp_path / "cure")
    assert used
    assert [name for name in used if not name.startswith(planted.files)] == []
    assert works("after") == "works"
    again = lab.examine(said)
    assert (again["verdict"], serious(again)) == ("healthy", [])


def diagnoses(findings: Iterable[Document]) -> list[str]:
    return [finding["diagnosis"] for finding in findings]
