from __future__ import annotations

import pytest

from certdoctor.deployment.model import CLIENT, SERVER, Connection, Deployment, Outcome
from certdoctor.evidence.items import Origin
from certdoctor.evidence.site import ConnectionDescription
from tests import pki
from tests.sites import Box, deploy, judged

CUCM = Box(role="cucm", names=("cucm1.example.com",), addresses=("192.0.2.20",))
CMS = Box(role="cms", names=("cms1.example.com",))
IMP = Box(role="imp", names=("imp1.example.com",))
PARTNER = Box(role="partner", names=("sip.partner.example",))
WEBEX = Box(role="webex", names=("l2sip.wbx2.com",))
LDAP = Box(role="other", names=("ldap.example.com",))


def box(role: str, xconf: str) -> Box:
    return Box(role=role, names=(f"{role[-1]}1.example.com",), xconf=xconf)


def neighbour(
    name: str, address: str, *, number: int = 3, transport: str = "TLS", port: str = "", mode: str = ""
) -> str:
    base = f"Zones Zone {number}"
    lines = [f"{base} Name: {name}", f"{base} Type: Neighbor", f"{base} Neighbor Peer 1 Address: {address}"]
    lines += [f"{base} Neighbor SIP Transport: {transport}"] if transport else []
    lines += [f"{base} Neighbor SIP Port: {port}"] if port else []
    lines += [f"{base} Neighbor SIP TLS Verify Mode: {mode}"] if mode else []
    return "\n".join(lines)


def found(made: Deployment, *kinds: str) -> list[tuple[str, str, str, int | None, str | None]]:
    return [(x.kind, x.client, x.server, x.port, x.name) for x in made.connections if x.kind in kinds]


SIP = ("neighbour-sip", "sip-line", "sip-oauth", "sip-reverse")
NAME = "cucm1.example.com"


@pytest.mark.parametrize(
    ("xconf", "expected"),
    [
        (neighbour("To CUCM", NAME), [("neighbour-sip", "c", "cucm", 5061, NAME)]),
        (neighbour("To CUCM", "192.0.2.20", port="5561"), [("neighbour-sip", "c", "cucm", 5561, "192.0.2.20")]),
        (neighbour("To CUCM", NAME, transport="TCP"), []),
        (neighbour("To CUCM", NAME, transport=""), []),
        (neighbour("To CUBE", "cube.example.com"), []),
        (
            neighbour(f"CEtls-{NAME}", NAME),
            [("sip-line", "c", "cucm", 5061, NAME), ("sip-reverse", "cucm", "c", 5061, None)],
        ),
        (neighbour(f"CEtcp-{NAME}", NAME), []),
        (neighbour(f"CEOAuth {NAME}", NAME, port="5091"), [("sip-oauth", "c", "cucm", 5091, NAME)]),
        (neighbour(f"CEtls-{NAME}", "cucm9.example.com"), []),
    ],
)
def test_neighbour_zones(xconf: str, expected: list[tuple[str, str, str, int | None, str | None]]) -> None:
    made = deploy({"c": box("expressway-c", xconf), "cucm": CUCM})
    assert found(made, *SIP) == expected


def test_each_zone_is_judged_by_its_own_setting() -> None:
    bad = pki.self_signed(NAME).pem
    xconf = neighbour("A", NAME, number=1, mode="Off") + "\n" + neighbour("B", "cms1.example.com", number=2, mode="On")
    c = Box(role="expressway-c", names=("c1.example.com",), xconf=xconf, trust={"ca": pki.ca("Zones").pem})
    cucm = Box(role="cucm", names=(NAME,), identities={"callmanager": bad})
    cms = Box(role="cms", names=("cms1.example.com",), identities={"server": pki.self_signed("cms1.example.com").pem})
    sides = judged(deploy({"c": c, "cucm": cucm, "cms": cms}))
    assert sides["neighbour-sip-c-cucm/server"].outcome == Outcome.NOT_REQUIRED
    assert sides["neighbour-sip-c-cms/server"].outcome == Outcome.REFUSED


def dns(subject: str, mode: str = "On") -> str:
    base = "Zones Zone 6"
    lines = [f"{base} Name: DNS", f"{base} Type: DNS", f"{base} DNS SIP TLS Verify Mode: {mode}"]
    return "\n".join([*lines, f"{base} DNS SIP TLS Verify Subject Name: {subject}"])


@pytest.mark.parametrize(
    ("xconf", "expected"),
    [
        (dns("sip.partner.example"), [("b2b-sip", "e", "partner", 5061, "sip.partner.example")]),
        (dns("sip.partner.example", "Off"), []),
        (dns("callservice.webex.com"), [("webex-sip", "e", "webex", 5062, "callservice.webex.com")]),
        (dns("sip.unknown.example"), []),
    ],
)
def test_dns_zones(xconf: str, expected: list[tuple[str, str, str, int | None, str | None]]) -> None:
    made = deploy({"e": box("expressway-e", xconf), "partner": PARTNER, "webex": WEBEX})
    assert found(made, "b2b-sip", "webex-sip") == expected


def test_place_of_the_name_is_known() -> None:
    made = deploy({"e": box("expressway-e", dns("sip.partner.example")), "partner": PARTNER})
    (zone,) = [x for x in made.connections if x.kind == "b2b-sip"]
    assert zone.name_origin == Origin("e/xconf.txt", place="line 4")


@pytest.mark.parametrize(
    ("xconf", "expected"),
    [
        ("Login Remote LDAP Server Address: ldap.example.com\nLogin Remote LDAP Encryption: TLS", [636]),
        ("Login Remote LDAP Server Address: ldap.example.com\nLogin Remote LDAP Encryption: Off", []),
        ("Login Remote LDAP Server Address: ad.example.com\nLogin Remote LDAP Encryption: TLS", []),
        ("ExternalManager Address: ldap.example.com\nExternalManager Server Certificate Verification Mode: On", [443]),
        ("ExternalManager Address: ldap.example.com\nExternalManager Server Certificate Verification Mode: Off", []),
        ("Remote Syslog 2 Address: ldap.example.com\nRemote Syslog 2 Transport: tls", [6514]),
        ("Remote Syslog 2 Address: ldap.example.com\nRemote Syslog 2 Transport: udp", []),
    ],
)
def test_management_servers(xconf: str, expected: list[int]) -> None:
    made = deploy({"c": box("expressway-c", xconf), "ldap": LDAP})
    assert [port for _, _, _, port, _ in found(made, "management")] == expected


@pytest.mark.parametrize(
    ("enabled", "imp", "expected"),
    [("On", True, ["edge-sip", "edge-xmpp"]), ("On", False, ["edge-sip"]), ("Off", True, [])],
)
def test_clients_use_sip_and_xmpp_where_mra_is_on(enabled: str, imp: bool, expected: list[str]) -> None:
    boxes = {"e": box("expressway-e", f"CollaborationEdge Enabled: {enabled}"), "jabber": Box(role="client")}
    made = deploy(boxes | ({"imp": IMP} if imp else {}), domains=("example.com",))
    edge = [x for x in made.connections if x.kind in ("edge-sip", "edge-xmpp")]
    assert [x.kind for x in edge] == expected
    assert all(x.accepted_names == ("example.com", "collab-edge.example.com") for x in edge)


def test_xcp_is_there_and_never_verified() -> None:
    sides = judged(deploy({"c": Box(role="expressway-c", names=("c1.example.com",)), "imp": IMP}))
    assert sides["xcp-c-imp/server"].outcome in (Outcome.NOT_REQUIRED, Outcome.NOT_CHECKED)


def test_federation_needs_domains_and_a_partner() -> None:
    e = Box(role="expressway-e", names=("e1.example.com",))
    federated = Box(role="imp", names=("imp1.example.com",), federation_domains=("example.com",))
    assert found(deploy({"e": e, "imp": IMP, "partner": PARTNER}), "xmpp-federation") == []
    made = deploy({"e": e, "imp": federated, "partner": PARTNER})
    assert found(made, "xmpp-federation") == [("xmpp-federation", "e", "partner", 5269, "sip.partner.example")]


def test_without_evidence_nothing_is_held_against_a_derived_connection() -> None:
    xconf = neighbour(f"CEtls-{NAME}", NAME, mode="On") + "\n" + dns("sip.partner.example")
    made = deploy({"c": box("expressway-c", xconf), "e": box("expressway-e", xconf), "cucm": CUCM, "partner": PARTNER})
    outcomes = {j.outcome for j in judged(made).values()}
    assert outcomes <= {Outcome.NOT_CHECKED, Outcome.NOT_REQUIRED}


def test_reverse_connection_is_judged_from_both_ends() -> None:
    root = pki.ca("Reverse Root")
    c = Box(
        role="expressway-c",
        version="X14.3.7",
        names=("c1.example.com",),
        xconf=neighbour(f"CEtls-{NAME}", NAME, mode="On"),
        identities={"server": pki.leaf("c1.example.com", root).pem},
        trust={"ca": root.pem},
    )
    manager = pki.leaf(NAME, root, purposes=(pki.SERVER_AUTH,))
    cucm = Box(role="cucm", names=(NAME,), identities={"callmanager": manager.pem}, trust={"callmanager": root.pem})
    sides = judged(deploy({"c": c, "cucm": cucm}))
    assert sides[f"reverse-cucm-c/{SERVER}"].outcome == Outcome.ACCEPTED
    # CUCM is the client here: its certificate lacks the client's usage.
    assert sides[f"reverse-cucm-c/{CLIENT}"].purpose == "lacks_client_auth"
    assert sides[f"sip-line-c-cucm/{SERVER}"].outcome == Outcome.ACCEPTED


def test_given_connection_keeps_the_zone_that_was_found() -> None:
    given = ConnectionDescription("mine", "neighbour-sip", "c", "cucm", port=5061, name=NAME)
    made = deploy({"c": box("expressway-c", neighbour("To CUCM", NAME)), "cucm": CUCM}, [given])
    held: list[Connection] = [x for x in made.connections if x.kind == "neighbour-sip"]
    assert [(x.id, x.client_zone) for x in held] == [("mine", 3)]
