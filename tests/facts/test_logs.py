"""Which connection a log line is about, and whose certificate it blames."""

from __future__ import annotations

import pytest

from certdoctor.evidence.site import ConnectionDescription
from certdoctor.facts.logs import events, observe_logs
from certdoctor.facts.model import Fact, SubjectKind
from tests.facts.test_signatures import negotiation, signatures
from tests.sites import Box, deploy, knowledge

C, E, E2 = "192.0.2.10", "198.51.100.10", "198.51.100.20"
ZONE = ConnectionDescription("zone", "traversal-sip", "c", "e", port=7001, name="e.example.com")
TUNNEL = ConnectionDescription("tunnel", "traversal-ssh", "c", "e", port=2222, name="e.example.com")
HTTPS = ConnectionDescription("https", "uc-https", "c", "cucm", port=8443, name="cucm.example.com")
TFTP = ConnectionDescription("tftp", "tftp-https", "c", "cucm", port=6972, name="cucm.example.com")


def facts(
    *connections: ConnectionDescription,
    also: dict[str, Box] | None = None,
    logs: dict[str, str] | None = None,
    **log: str,
) -> dict[tuple[str, str], Fact]:
    """The facts by (fact, subject), of a site whose boxes have these logs."""
    logs = {**(logs or {}), **log}
    boxes = {
        "c": Box(role="expressway-c", addresses=(C,), log=logs.get("c", "")),
        "e": Box(role="expressway-e", addresses=(E,), log=logs.get("e", "")),
        "cucm": Box(role="cucm", log=logs.get("cucm", "")),
        **(also or {}),
    }
    used = {node for c in connections for node in (c.client, c.server)} | set(logs) | set(also or {})
    made = deploy({name: box for name, box in boxes.items() if name in used}, connections)
    book = knowledge()
    assert book.reasons is not None
    mutual = frozenset(kind.id for kind in book.connections.values() if kind.client is not None)
    found = observe_logs(made, events(made, signatures()), book.reasons, mutual)
    return {(f.id, f.subject.id + (f"/{f.subject.side}" if f.subject.side else "")): f for f in found}


def told(found: dict[tuple[str, str], Fact], fact: str) -> dict[str, str]:
    return {subject: f.value for (name, subject), f in found.items() if name == fact}


LOCAL, ALERT = "unable to get local issuer certificate", "tlsv1 alert unknown ca"


@pytest.mark.parametrize(
    ("box", "way", "detail", "blamed", "value"),
    [
        ("c", "Outbound", LOCAL, "zone/server", "issuer_not_found"),
        ("c", "Outbound", ALERT, "zone/client", "unknown_ca"),
        ("e", "Inbound", LOCAL, "zone/client", "issuer_not_found"),
        ("e", "Inbound", ALERT, "zone/server", "unknown_ca"),
    ],
)
def test_who_is_blamed(box: str, way: str, detail: str, blamed: str, value: str) -> None:
    found = facts(ZONE, logs={box: negotiation(way, detail)})
    assert told(found, "log.refusal") == {blamed: value}
    fact = found["log.refusal", blamed]
    assert fact.seen == (f"{box}/log.txt, line 1",)
    assert fact.bindings["log_reason"] == detail


@pytest.mark.parametrize(("box", "way"), [("c", "Inbound"), ("e", "Outbound")])
def test_line_of_a_role_that_the_node_does_not_have_claims_nothing(box: str, way: str) -> None:
    found = facts(ZONE, logs={box: negotiation(way, LOCAL)})
    assert told(found, "log.refusal") == {}


def test_a_port_tells_zone_and_tunnel_apart() -> None:
    assert told(facts(ZONE, TUNNEL, c=negotiation("Outbound", LOCAL)), "log.refusal") == {
        "zone/server": "issuer_not_found"
    }


def test_a_line_that_names_neither_is_about_all_connections_of_the_pair() -> None:
    line = "verify error:num=20:unable to get local issuer certificate"
    assert set(told(facts(ZONE, TUNNEL, c=line), "log.refusal")) == {"zone/server", "tunnel/server"}


def test_a_line_that_leaves_the_pair_open_claims_nothing() -> None:
    line = "verify error:num=20:unable to get local issuer certificate"
    assert told(facts(ZONE, HTTPS, c=line), "log.refusal") == {}


def test_a_name_tells_pairs_apart() -> None:
    line = "WARNING: SNI (cucm.example.com) not in certificate. Action=Terminate"
    assert told(facts(ZONE, HTTPS, c=line), "log.refusal") == {"https/server": "name"}


def test_an_alert_blames_only_where_a_certificate_is_shown() -> None:
    """uc-https asks for no certificate of the client: the alert belongs to the connection that does."""
    line = "ERROR: SSL connection failed for 'cucm.example.com': error:14094418: SSL routines::tlsv1 alert unknown ca"
    assert told(facts(HTTPS, TFTP, c=line), "log.refusal") == {"tftp/client": "unknown_ca"}


SECOND = Box(role="expressway-c", addresses=("192.0.2.11",))
ZONE2 = ConnectionDescription("zone2", "traversal-sip", "c2", "e", port=7001, name="e.example.com")


def test_the_source_of_an_inbound_line_tells_which_peer() -> None:
    found = facts(ZONE, ZONE2, also={"c2": SECOND}, e=negotiation("Inbound", LOCAL))
    assert told(found, "log.refusal") == {"zone/client": "issuer_not_found"}


@pytest.mark.parametrize("detail", [LOCAL, "no shared cipher"])
@pytest.mark.parametrize(("box", "side"), [("e", "client"), ("c", "server")])
def test_a_line_without_a_direction_is_told_by_the_addresses(box: str, side: str, detail: str) -> None:
    line = negotiation("Inbound", detail).replace("Inbound ", "")
    found = facts(ZONE, ZONE2, also={"c2": SECOND}, logs={box: line})
    assert (f"zone/{side}" in told(found, "log.refusal")) == (detail == LOCAL)
    assert (f"zone/{side}" in told(found, "log.trouble")) == (detail != LOCAL)
    assert not [subject for subject in told(found, "log.trouble") if subject.startswith("zone2")]


def test_trouble_without_a_direction_at_unknown_addresses_claims_nothing() -> None:
    line = negotiation("Inbound", "no shared cipher").replace("Inbound ", "").replace(E, "10.0.0.7")
    assert told(facts(ZONE, e=line), "log.trouble") == {}


@pytest.mark.parametrize("name", ["cucm.example.com", "cucm", "192.0.2.50", "sub"])
def test_a_node_is_named_by_its_names_and_addresses(name: str) -> None:
    two = Box(role="cucm", names=("sub.example.com",), addresses=("192.0.2.51",))
    one = Box(role="cucm", names=("cucm.example.com",), addresses=("192.0.2.50",))
    line = f"WARNING: SNI ({name}) not in certificate. Action=Terminate server={name}(192.0.2.9)"
    wanted = "https2/server" if name == "sub" else "https/server"
    second = ConnectionDescription("https2", "uc-https", "c", "two", port=8443, name="sub.example.com")
    assert wanted in told(facts(HTTPS, second, also={"cucm": one, "two": two}, c=line), "log.refusal")


def test_a_sip_line_is_about_no_https() -> None:
    line = negotiation("Outbound", ALERT, "cucm.example.com").replace("7001", "5091")
    assert told(facts(TFTP, c=line), "log.refusal") == {}


def test_an_unknown_source_among_several_claims_nothing() -> None:
    line = negotiation("Inbound", LOCAL).replace(C, "203.0.113.5")
    assert told(facts(ZONE, ZONE2, also={"c2": SECOND}, e=line), "log.refusal") == {}


def test_a_stranger_s_failed_handshake_is_no_client_s() -> None:
    sign_in = ConnectionDescription("sign-in", "edge-sip", "jabber", "e", port=7001)
    known = "203.0.113.5"
    for source, trouble in (("203.0.113.9", {}), (known, {"sign-in/server": "not_tls", "sign-in/client": "not_tls"})):
        line = negotiation("Inbound", "unknown protocol").replace(C, source)
        found = facts(sign_in, also={"jabber": Box(role="client", addresses=(known,))}, e=line)
        assert told(found, "log.trouble") == trouble


def test_the_address_of_another_node_is_about_another_connection() -> None:
    line = negotiation("Inbound", LOCAL).replace(C, "192.0.2.11")
    # The second Expressway-C's own zone is derived; without it, nobody is blamed.
    assert told(facts(ZONE, also={"c2": SECOND}, e=line), "log.refusal") == {"sip-c2-e/client": "issuer_not_found"}
    other = Box(role="other", addresses=("192.0.2.11",))
    assert told(facts(ZONE, also={"printer": other}, e=line), "log.refusal") == {}


def test_a_port_that_no_connection_has_claims_nothing() -> None:
    elsewhere = negotiation("Outbound", LOCAL).replace("7001", "5062").replace(E, "203.0.113.5")
    assert told(facts(ZONE, c=elsewhere), "log.refusal") == {}


def test_another_port_at_the_known_address_counts() -> None:
    line = negotiation("Outbound", LOCAL).replace("7001", "7002")
    assert told(facts(ZONE, c=line), "log.refusal") == {"zone/server": "issuer_not_found"}


def test_the_most_telling_reason_speaks() -> None:
    lines = "\n".join(negotiation("Outbound", d) for d in ("certificate verify failed", "certificate has expired"))
    fact = facts(ZONE, c=lines)["log.refusal", "zone/server"]
    assert (fact.value, fact.seen) == ("expired", ("c/log.txt, line 2",))


def test_trouble_is_no_refusal() -> None:
    found = facts(ZONE, c=negotiation("Outbound", "No SSL error available, probably remote disconnect"))
    assert told(found, "log.refusal") == {}
    assert told(found, "log.trouble") == {"zone/server": "reset", "zone/client": "reset"}


def test_a_refusal_tells_whose_certificate_it_is_about() -> None:
    bindings = facts(ZONE, e=negotiation("Inbound", "certificate has expired"))["log.refusal", "zone/client"].bindings
    assert (bindings["leaf"], bindings["presenter_name"], bindings["verifier_name"]) == ("c", "c", "e")
    assert bindings["not_after"] == "…"


def test_who_hangs_up_on_a_server_without_a_name_may_be_anybody() -> None:
    line = "LOG3[0]: SSL_{}: rec_layer_s3.c:318: error:0A000126:SSL routines::unexpected eof while reading"
    assert told(facts(ZONE, e=line.format("accept")), "log.trouble") == {}
    hung_up = {"zone/server": "reset", "zone/client": "reset"}
    assert told(facts(ZONE, c=line.format("connect")), "log.trouble") == hung_up
    peer = negotiation("Inbound", "No SSL error available, probably remote disconnect")
    assert told(facts(ZONE, e=peer), "log.trouble") == hung_up


def test_handshake_failure_beside_a_refusal_is_the_same_event() -> None:
    failure = negotiation("Outbound", "sslv3 alert handshake failure")
    assert told(facts(ZONE, c=failure), "log.trouble") == {
        "zone/server": "handshake_failure",
        "zone/client": "handshake_failure",
    }
    both = f"{failure}\n{negotiation('Outbound', LOCAL)}"
    assert told(facts(ZONE, c=both), "log.trouble") == {}


def test_no_tls_on_the_ssh_port_is_ssh() -> None:
    line = "4067A0F1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number"
    assert set(told(facts(TUNNEL, c=line), "log.trouble").values()) == {"ssh_instead_of_tls"}
    line = negotiation("Outbound", "wrong version number")
    assert set(told(facts(ZONE, TUNNEL, c=line), "log.trouble").values()) == {"not_tls"}


@pytest.mark.parametrize(
    ("box", "line", "node"),
    [
        ("c", "x509 check private key: key values mismatch", "c"),
        ("c", negotiation("Outbound", "bad signature"), "e"),
        ("e", negotiation("Inbound", "bad signature"), "c"),
        ("c", negotiation("Outbound", "tlsv1 alert decrypt error"), "c"),
    ],
)
def test_key_that_does_not_belong_to_its_certificate(box: str, line: str, node: str) -> None:
    found = facts(ZONE, logs={box: line})
    assert told(found, "node.private_key") == {node: "differs"}
    fact = found["node.private_key", node]
    assert (fact.subject.kind, fact.bindings["node"]) == (SubjectKind.NODE, node)


def test_accepted_cas() -> None:
    found = told(facts(ZONE, c="LOG6[0]: CERT: Certificate accepted at depth=1: CN=Root"), "log.chain")
    assert found == {"zone/server": "accepted", "zone/client": "not_told"}


def test_uploads_are_no_wire() -> None:
    upload = ConnectionDescription("up", "upload", "c", "c")
    assert told(facts(upload, c="verify error:num=20:x"), "log.refusal") == {}


XCP = """XCP_JABBERD[2]: UTCTime="2026-11-23 09:00:00,000" Detail="Unable to connect to host '{}', port 7400 :(111)"""
IMP = "192.0.2.40"
XCP_LINE = ConnectionDescription("xcp", "xcp", "c", "imp", port=7400, name="imp.example.com")


@pytest.mark.parametrize(
    ("host", "value", "trouble"),
    [
        (E, "expressway_e", {}),
        ("e.example.com", "expressway_e", {}),
        (IMP, "imp", {"xcp/client": "refused_port", "xcp/server": "refused_port"}),
    ],
)
def test_xmpp_port_of_expressway_e_is_not_that_of_imp(host: str, value: str, trouble: dict[str, str]) -> None:
    imp = Box(role="imp", names=("imp.example.com",), addresses=(IMP,))
    found = facts(ZONE, XCP_LINE, also={"imp": imp}, c=XCP.format(host) + ' Connection refused"\n')
    assert told(found, "log.xcp_refused") == {"c": value}
    assert told(found, "log.trouble") == trouble


def test_xmpp_port_of_an_unknown_host() -> None:
    found = facts(ZONE, XCP_LINE, also={"imp": Box(role="imp")}, c=XCP.format("203.0.113.1") + ' Connection refused"\n')
    assert told(found, "log.xcp_refused") == {}
