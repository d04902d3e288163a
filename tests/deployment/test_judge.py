from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from certdoctor.deployment.judge import Roots
from certdoctor.deployment.model import CLIENT, SERVER, ChainState, Judgement, Outcome
from certdoctor.evidence.read import read_text
from tests import pki
from tests.sites import OPENSSL, Box, connection, decoded, deploy, judged

LAST_YEAR = datetime(2025, 6, 1, tzinfo=UTC)
ROOT = pki.ca("Judge Root")
SUB = pki.intermediate("Judge Sub", ROOT)
C, E = "expc1.example.com", "expe1.example.com"
C_LEAF = pki.leaf(C, SUB)
E_LEAF = pki.leaf(E, SUB)
CAS = (ROOT, SUB)
STRANGER = (pki.ca("Stranger"),)


def box(
    role: str,
    leaf: pki.Issued | Sequence[pki.Issued] | None = None,
    cas: Sequence[pki.Issued] | None = CAS,
    *,
    slot: str = "server",
    store: str = "ca",
    version: str | None = "X14.3.7",
    xconf: str = "",
    crl: str = "",
    also: dict[str, pki.Issued] | None = None,
) -> Box:
    leaves = (leaf,) if isinstance(leaf, pki.Issued) else tuple(leaf or ())
    identities = {slot: pki.bundle(*leaves)} if leaves else {}
    identities |= {name: issued.pem for name, issued in (also or {}).items()}
    return Box(
        role=role,
        version=version,
        identities=identities,
        trust={store: pki.bundle(*cas)} if cas is not None else {},
        xconf=xconf,
        crl=crl,
    )


def e_seen_by(client: Box, server: Box, kind: str = "traversal-sip", name: str | None = E) -> Judgement:
    """How the client judges the server's certificate."""
    made = deploy({"c": client, "s": server})
    return judged(made, connection(kind, "c", "s", name=name))[SERVER]


def labels(judgement: Judgement) -> list[str]:
    assert judgement.missing is not None
    return [found.certificate.label for found in judgement.missing.to_add]


# Chain states

OTHER_KEY = pki.ca("Judge Sub", ROOT, key_name="second", path_length=0)
UNMARKED = pki.issue(pki.name("Judge Unmarked"), ROOT, is_ca=False)
DEEP = pki.ca("Judge Deep", SUB)
NARROW = pki.issue(
    pki.name("Judge Narrow"),
    ROOT,
    is_ca=True,
    extensions=(
        (x509.NameConstraints(permitted_subtrees=[x509.DNSName("other.example")], excluded_subtrees=None), True),
    ),
)
OLD_SUB = pki.ca("Judge Old Sub", ROOT, end=LAST_YEAR)
SELF = pki.self_signed(E)
CRITICAL = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)

CHAINS: dict[str, tuple[Callable[[], pki.Issued], tuple[pki.Issued, ...], ChainState, list[str] | None, str | None]] = {
    # E's certificate, C's list -> state, what C must add, culprit. E itself has both CAs in its own list.
    "complete": (lambda: E_LEAF, CAS, ChainState.COMPLETE, None, None),
    "sub comes along": (lambda: E_LEAF, (ROOT,), ChainState.COMPLETE, None, None),
    "root missing": (lambda: E_LEAF, (SUB,), ChainState.ROOT_MISSING, ["Judge Root"], "Judge Sub"),
    "both missing": (lambda: E_LEAF, STRANGER, ChainState.ISSUER_MISSING, ["Judge Sub", "Judge Root"], "Judge Sub"),
    "self-signed": (lambda: SELF, CAS, ChainState.SELF_SIGNED_UNTRUSTED, [E], E),
    "self-signed, another of that name listed": (
        lambda: SELF,
        (*CAS, pki.self_signed(E, key_name="other")),
        ChainState.SAME_NAME_OTHER_KEY,
        [E],
        E,
    ),
    "CA of the same name with another key": (
        lambda: pki.leaf(E, OTHER_KEY),
        CAS,
        ChainState.SAME_NAME_OTHER_KEY,
        [],
        E,
    ),
    "issuer is no CA": (
        lambda: pki.leaf(E, UNMARKED),
        (*CAS, UNMARKED),
        ChainState.ISSUER_NOT_CA,
        None,
        "Judge Unmarked",
    ),
    "too long": (lambda: pki.leaf(E, DEEP), (*CAS, DEEP), ChainState.PATH_TOO_LONG, None, "Judge Sub"),
    "name not permitted": (
        lambda: pki.leaf(E, NARROW),
        (*CAS, NARROW),
        ChainState.NAME_NOT_PERMITTED,
        None,
        "Judge Narrow",
    ),
    "expired CA": (lambda: pki.leaf(E, OLD_SUB), (*CAS, OLD_SUB), ChainState.COMPLETE, None, "Judge Old Sub"),
    "unknown critical extension": (
        lambda: pki.leaf(E, SUB, extensions=(CRITICAL,)),
        CAS,
        ChainState.OTHER,
        None,
        E,
    ),
}


@pytest.mark.parametrize("case", CHAINS)
def test_chain_state(case: str) -> None:
    leaf, listed, state, to_add, culprit = CHAINS[case]
    found = e_seen_by(box("expressway-c", cas=listed), box("expressway-e", leaf()))
    assert found.chain_state == state
    assert (found.missing and labels(found)) == to_add
    assert (found.culprit and found.culprit.label) == culprit
    healthy = state == ChainState.COMPLETE and culprit is None
    assert found.outcome == (Outcome.ACCEPTED if healthy else Outcome.REFUSED)
    assert bool(found.errors) is not healthy


def test_missing_ca_is_named_though_it_is_nowhere() -> None:
    found = e_seen_by(box("expressway-c", cas=STRANGER), box("expressway-e", E_LEAF, cas=STRANGER))
    assert found.chain_state == ChainState.ISSUER_MISSING
    assert found.missing is not None
    assert found.missing.subject == decoded(SUB).subject
    assert found.missing.key_id == decoded(SUB).subject_key_id
    assert (found.missing.available, found.missing.to_add) == ((), ())


def test_the_wrong_twin_is_named() -> None:
    found = e_seen_by(box("expressway-c"), box("expressway-e", pki.leaf(E, OTHER_KEY)))
    assert found.missing is not None
    assert [f.certificate for f in found.missing.same_name] == [decoded(SUB)]
    assert found.missing.wanted_by == decoded(pki.leaf(E, OTHER_KEY))


# Of several with one name, which is found


def unmarked(issuer: pki.Issued | None, key: str) -> pki.Issued:
    """A CA that names no keys."""
    return pki.issue(pki.name("Judge Unnamed"), issuer, private=pki.key(f"unnamed {key}"), is_ca=True, key_ids=False)


UNNAMED, SHADOW = unmarked(ROOT, "one"), unmarked(ROOT, "two")
BELOW = pki.issue(pki.name(E), UNNAMED, private=pki.key("below"), names=(E,), purposes=pki.BOTH, key_ids=False)


@pytest.mark.parametrize(
    ("listed", "sent", "state"),
    [
        ((ROOT, UNNAMED, SHADOW), (), ChainState.COMPLETE),
        ((ROOT, SHADOW, UNNAMED), (), ChainState.SAME_NAME_FIRST),
        ((ROOT, SHADOW), (UNNAMED,), ChainState.SAME_NAME_FIRST),
        ((ROOT, SHADOW), (), ChainState.SAME_NAME_OTHER_KEY),
    ],
)
def test_order_decides_where_certificates_name_no_keys(
    listed: tuple[pki.Issued, ...], sent: tuple[pki.Issued, ...], state: ChainState
) -> None:
    found = e_seen_by(box("expressway-c", cas=listed), box("expressway-e", (BELOW, *sent), None))
    assert found.chain_state == state
    assert (found.outcome == Outcome.ACCEPTED) is (state == ChainState.COMPLETE)
    if state != ChainState.COMPLETE:
        assert found.missing is not None
        assert found.missing.wanted_by == decoded(BELOW)
        assert [f.certificate for f in found.missing.same_name] == [decoded(SHADOW)]


@pytest.mark.parametrize(("listed", "sent"), [((ROOT, OTHER_KEY, SUB), ()), ((ROOT, OTHER_KEY), (SUB,))])
def test_order_is_of_no_matter_where_they_name_keys(
    listed: tuple[pki.Issued, ...], sent: tuple[pki.Issued, ...]
) -> None:
    server = box("expressway-e", (E_LEAF, *sent), None)
    found = e_seen_by(box("expressway-c", cas=listed, version="X14.0.5"), server, "traversal-sip")
    assert found.outcome == Outcome.ACCEPTED


# What is sent


@pytest.mark.parametrize(
    ("role", "file", "own_list", "sent"),
    [
        ("expressway-e", (E_LEAF,), CAS, [SUB]),
        ("expressway-e", (E_LEAF,), (ROOT,), []),
        ("expressway-e", (E_LEAF,), None, []),
        ("expressway-e", (E_LEAF, SUB), None, [SUB]),
        ("expressway-e", (E_LEAF, SUB), CAS, [SUB]),
        ("expressway-e", (E_LEAF,), (OTHER_KEY, ROOT), []),
        ("partner", (E_LEAF,), CAS, []),
        ("partner", (E_LEAF, SUB), None, [SUB]),
    ],
)
def test_only_an_expressway_completes_its_chain_from_its_own_list(
    role: str, file: tuple[pki.Issued, ...], own_list: tuple[pki.Issued, ...] | None, sent: list[pki.Issued]
) -> None:
    found = e_seen_by(box("expressway-c", cas=(ROOT,)), box(role, file, own_list))
    assert found.sent == tuple(decoded(c) for c in (E_LEAF, *sent))
    assert found.outcome == (Outcome.ACCEPTED if SUB in sent else Outcome.REFUSED)


def test_ssh_tunnels_want_every_ca_in_the_list() -> None:
    client, server = box("expressway-c", cas=(ROOT,)), box("expressway-e", E_LEAF)
    assert e_seen_by(client, server, "traversal-sip").outcome == Outcome.ACCEPTED
    tunnel = e_seen_by(client, server, "traversal-ssh")
    assert tunnel.outcome == Outcome.REFUSED
    assert labels(tunnel) == ["Judge Sub"]
    assert tunnel.sent == (decoded(E_LEAF),)


def test_tunnel_does_not_ask_for_the_server_usage() -> None:
    odd = pki.leaf(E, SUB, purposes=(pki.CLIENT_AUTH,))
    assert e_seen_by(box("expressway-c"), box("expressway-e", odd), "traversal-ssh").outcome == Outcome.ACCEPTED
    assert e_seen_by(box("expressway-c"), box("expressway-e", odd), "traversal-sip").outcome == Outcome.REFUSED


# Whether it is checked at all

ZONE = "Zones Zone 1 TraversalClient Peer 1 Address: expe1.example.com\n"
VERIFY = "Zones Zone 1 TraversalClient SIP TLS Verify Mode: "
BAD = pki.self_signed(E)
NEIGHBOUR = "Zones Zone 1 Neighbor SIP TLS Verify Mode: "


@pytest.mark.parametrize(
    ("kind", "xconf", "outcome"),
    [
        ("traversal-sip", "", Outcome.REFUSED),
        ("traversal-sip", "SystemUnit Name: x", Outcome.REFUSED),
        ("traversal-sip", ZONE + VERIFY + "On", Outcome.REFUSED),
        ("traversal-sip", ZONE + VERIFY + "on", Outcome.REFUSED),
        ("traversal-sip", ZONE + VERIFY + "Off", Outcome.NOT_REQUIRED),
        ("neighbour-sip", NEIGHBOUR + "On", Outcome.REFUSED),
        ("neighbour-sip", NEIGHBOUR + "Off", Outcome.NOT_REQUIRED),
        ("neighbour-sip", "SystemUnit Name: x", Outcome.NOT_REQUIRED),
        ("neighbour-sip", "", Outcome.DEPENDS),
        ("traversal-ssh", ZONE + VERIFY + "Off", Outcome.REFUSED),
    ],
)
def test_setting(kind: str, xconf: str, outcome: Outcome) -> None:
    found = e_seen_by(box("expressway-c", xconf=xconf), box("expressway-e", BAD), kind)
    assert found.outcome == outcome
    assert found.certain is (outcome == Outcome.REFUSED)


@pytest.mark.parametrize(("mode", "outcome"), [("On", Outcome.REFUSED), ("Off", Outcome.ACCEPTED)])
def test_name_of_an_xmpp_partner_counts_only_where_it_is_checked(mode: str, outcome: Outcome) -> None:
    checks = f"XCP TLS Certificate CVS EnableCvs: On\nXCP TLS Certificate CVS VerifyHostname: {mode}\n"
    edge = Box(role="expressway-e", trust={"ca": pki.ca().pem}, xconf=checks)
    partner = Box(role="partner", identities={"server": pki.bundle(*pki.leaf("sip.partner.example").chain)})
    made = deploy({"e": edge, "partner": partner})
    found = judged(made, connection("xmpp-federation", "e", "partner", name="partner.example"))
    assert found["server"].outcome == outcome


@pytest.mark.parametrize(("name", "given"), [(None, True), (E, False)])
def test_a_zone_nobody_speaks_of_is_not_verified(name: str | None, given: bool) -> None:
    made = deploy({"c": box("expressway-c"), "s": box("expressway-e", BAD)})
    found = judged(made, connection("neighbour-sip", "c", "s", name=name, given=given))[SERVER]
    assert (found.outcome, found.why) == (Outcome.NOT_REQUIRED, "not_verified")


@pytest.mark.parametrize(
    ("version", "xconf", "leaf", "outcome"),
    [
        ("X14.0.8", "", BAD, Outcome.REFUSED),
        ("X14.1.2", "", BAD, Outcome.DEPENDS),  # S07: from X14.0.8 on; S08, S30: from X14.2 on
        ("X14.2", "", BAD, Outcome.REFUSED),
        ("X14.0.7", "", BAD, Outcome.NOT_REQUIRED),
        (None, "", BAD, Outcome.DEPENDS),
        (None, "", E_LEAF, Outcome.ACCEPTED),
        ("X14.3.7", "EdgeConfigServer VerifyOriginServer: Off", BAD, Outcome.NOT_REQUIRED),
        ("X14.3.7", "EdgeConfigServer VerifyOriginServer: On", BAD, Outcome.REFUSED),
        ("X12.7", "EdgeConfigServer VerifyOriginServer: On", BAD, Outcome.NOT_REQUIRED),
    ],
)
def test_version(version: str | None, xconf: str, leaf: pki.Issued, outcome: Outcome) -> None:
    client = box("expressway-c", version=version, xconf=xconf)
    found = e_seen_by(client, box("cucm", leaf, slot="tomcat", version="15.0.1"), "uc-https")
    assert found.outcome == outcome
    assert found.why == {"depends": "version", "not_required": "not_verified"}.get(outcome.value, "")


@pytest.mark.parametrize(("version", "outcome"), [("X14.0.2", Outcome.REFUSED), ("X12.7", Outcome.NOT_REQUIRED)])
def test_version_that_counts_is_the_expressways(version: str, outcome: Outcome) -> None:
    """CUCM asks for Expressway-C's certificate once Expressway-C shows one."""
    client = box("expressway-c", pki.self_signed(C), version=version)
    server = box("cucm", E_LEAF, slot="callmanager", store="tomcat", version="15.0.1")
    made = deploy({"c": client, "s": server})
    assert judged(made, connection("tftp-https", "c", "s", name=E))[CLIENT].outcome == outcome


def test_never_checked() -> None:
    found = e_seen_by(box("expressway-c"), box("imp", BAD, slot="tomcat"), "xcp")
    assert (found.outcome, found.why) == (Outcome.NOT_REQUIRED, "not_verified")


# What is lacking


@pytest.mark.parametrize(
    ("client", "server", "outcome", "why"),
    [
        (box("expressway-c"), box("expressway-e"), Outcome.NOT_CHECKED, "no_identity"),
        (box("expressway-c", cas=None), box("expressway-e", E_LEAF), Outcome.NOT_CHECKED, "no_trust_list"),
        # What is known to be wrong is wrong without a list too.
        (
            box("expressway-c", cas=None),
            box("expressway-e", pki.leaf(E, SUB, names=("x.example.com",))),
            Outcome.REFUSED,
            "",
        ),
        (
            box("expressway-c", cas=None),
            box("expressway-e", pki.leaf(E, SUB, end=LAST_YEAR, start=LAST_YEAR - timedelta(days=90))),
            Outcome.REFUSED,
            "",
        ),
        (
            box("expressway-c", cas=None),
            box("expressway-e", pki.leaf(E, SUB, purposes=(pki.CLIENT_AUTH,))),
            Outcome.REFUSED,
            "",
        ),
    ],
)
def test_without_certificate_or_list(client: Box, server: Box, outcome: Outcome, why: str) -> None:
    found = e_seen_by(client, server)
    assert (found.outcome, found.why) == (outcome, why)
    assert found.chain_state is None


def test_empty_list_is_no_missing_list() -> None:
    """A file with a request only is a trust list without a certificate: nothing is trusted."""
    empty = Box(role="expressway-c", version="X14.3.7", trust={"ca": pki.csr("x")})
    found = e_seen_by(empty, box("expressway-e", E_LEAF))
    assert found.outcome == Outcome.REFUSED


def test_times_are_judged_at_the_time_asked_for() -> None:
    boxes = {"c": box("expressway-c"), "s": box("expressway-e", E_LEAF)}
    for at, outcome in (
        (pki.START - timedelta(days=1), Outcome.REFUSED),
        (pki.START + timedelta(days=1), Outcome.ACCEPTED),
        (pki.END - timedelta(seconds=1), Outcome.ACCEPTED),
        (pki.END + timedelta(seconds=1), Outcome.REFUSED),
    ):
        found = judged(deploy(boxes, at=at), connection("traversal-sip", "c", "s", name=E))[SERVER]
        assert found.outcome == outcome, at


# Purpose

EKU = "SIP TLS Certificate ExtendedKeyUsage Checking Mode: "
SERVER_ONLY = pki.leaf(C, SUB, purposes=(pki.SERVER_AUTH,))


@pytest.mark.parametrize(
    ("version", "xconf", "outcome"),
    [
        ("X14.3.7", "", Outcome.REFUSED),
        ("X15.5", "", Outcome.REFUSED),
        ("X15.5", EKU + "On", Outcome.REFUSED),
        ("X15.5", EKU + "Off", Outcome.ACCEPTED),
        ("X15.5.1", EKU + "off", Outcome.ACCEPTED),
        ("X15.4", EKU + "Off", Outcome.REFUSED),
        (None, EKU + "Off", Outcome.REFUSED),
    ],
)
def test_switch_of_x15_5_for_the_client_usage(version: str | None, xconf: str, outcome: Outcome) -> None:
    made = deploy(
        {"c": box("expressway-c", SERVER_ONLY), "s": box("expressway-e", E_LEAF, version=version, xconf=xconf)}
    )
    found = judged(made, connection("traversal-sip", "c", "s", name=E, verify_name=C))[CLIENT]
    assert found.outcome == outcome
    assert (found.purpose, found.purpose_checked) == ("lacks_client_auth", outcome == Outcome.REFUSED)


def test_the_switch_does_not_reach_the_ssh_tunnels() -> None:
    """2222 always asks for the client usage (S02)."""
    off = "SIP TLS Certificate ExtendedKeyUsage Checking Mode: Off"
    client = box("expressway-c", SERVER_ONLY, version="X15.5")
    made = deploy({"c": client, "s": box("expressway-e", E_LEAF, version="X15.5", xconf=off)})
    found = judged(made, connection("traversal-ssh", "c", "s", name=E))[CLIENT]
    assert (found.outcome, found.purpose, found.purpose_checked) == (Outcome.REFUSED, "lacks_client_auth", True)


@pytest.mark.parametrize(("version", "outcome"), [("X15.3", Outcome.REFUSED), ("X15.4", Outcome.ACCEPTED)])
def test_cluster_peers_stop_asking_for_the_client_usage(version: str, outcome: Outcome) -> None:
    on = "Alternates TLSVerificationMode: Enforcing"
    made = deploy({"c": box("expressway-c", SERVER_ONLY), "s": box("expressway-c", C_LEAF, version=version, xconf=on)})
    assert judged(made, connection("cluster", "c", "s", name=C))[CLIENT].outcome == outcome


@pytest.mark.parametrize(
    ("purposes", "purpose"),
    [
        (pki.BOTH, "ok"),
        (None, "ok"),
        ((x509.ObjectIdentifier("2.5.29.37.0"),), "lacks_server_auth"),  # any usage: OpenSSL does not take it
        ((pki.CLIENT_AUTH,), "lacks_server_auth"),
        ((x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4"),), "lacks_server_auth"),
    ],
)
def test_server_usage(purposes: Sequence[x509.ObjectIdentifier] | None, purpose: str) -> None:
    found = e_seen_by(box("expressway-c"), box("expressway-e", pki.leaf(E, SUB, purposes=purposes)))
    assert found.purpose == purpose


# Revocation


@pytest.mark.parametrize(
    ("crl", "revocation", "outcome"),
    [
        ("", None, Outcome.ACCEPTED),
        (pki.crl(SUB), "good", Outcome.ACCEPTED),
        (pki.crl(SUB, [E_LEAF]), "revoked", Outcome.REFUSED),
        (pki.crl(SUB, next_update=datetime(2026, 11, 10, tzinfo=UTC)), "stale", Outcome.ACCEPTED),
        (
            pki.crl(SUB, updated=datetime(2027, 1, 1, tzinfo=UTC), next_update=datetime(2027, 6, 1, tzinfo=UTC)),
            "stale",
            Outcome.ACCEPTED,
        ),
        (pki.crl(SUB, [E_LEAF], next_update=datetime(2026, 11, 10, tzinfo=UTC)), "revoked", Outcome.REFUSED),
        (pki.crl(ROOT, [E_LEAF]), None, Outcome.ACCEPTED),
        # A list of the right name that another key signed proves nothing.
        (pki.crl(OTHER_KEY, [E_LEAF]), None, Outcome.ACCEPTED),
        (pki.crl(SUB) + pki.crl(SUB, [E_LEAF], updated=datetime(2026, 11, 2, tzinfo=UTC)), "revoked", Outcome.REFUSED),
    ],
)
def test_revocation(crl: str, revocation: str | None, outcome: Outcome) -> None:
    found = e_seen_by(box("expressway-c", crl=crl), box("expressway-e", E_LEAF))
    assert (found.revocation, found.outcome) == (revocation, outcome)


@pytest.mark.parametrize(
    ("crl", "revoked"),
    [
        (pki.crl(SUB) + pki.crl(ROOT, [SUB]), "Judge Sub"),
        (pki.crl(ROOT, [SUB]), "Judge Sub"),
        (pki.crl(SUB, [E_LEAF]) + pki.crl(ROOT, [SUB]), E),
    ],
)
def test_revoked_certificate_of_the_chain_is_named(crl: str, revoked: str) -> None:
    found = e_seen_by(box("expressway-c", crl=crl), box("expressway-e", E_LEAF))
    assert (found.revocation, found.outcome) == ("revoked", Outcome.REFUSED)
    assert found.revoked is not None
    assert found.revoked.label == revoked


def test_damaged_certificate_is_told_from_a_missing_ca() -> None:
    """The CA that it names is there, with the very key: the certificate itself is wrong."""
    der = bytearray(E_LEAF.der)
    der[-4] ^= 1
    damaged = pki.Issued(x509.load_der_x509_certificate(bytes(der)), E_LEAF.key, SUB)
    found = e_seen_by(box("expressway-c"), box("expressway-e", damaged))
    assert (found.chain_state, found.outcome) == (ChainState.OTHER, Outcome.REFUSED)
    assert found.missing is None
    assert found.culprit is not None
    assert found.culprit.sha256 == damaged.sha256


def test_revocation_does_not_spill_over() -> None:
    """The same chain judged by a box without a list stays good."""
    made = deploy(
        {
            "c": box("expressway-c", crl=pki.crl(SUB, [E_LEAF])),
            "d": box("expressway-c"),
            "s": box("expressway-e", E_LEAF),
        }
    )
    for client, outcome in (("c", Outcome.REFUSED), ("d", Outcome.ACCEPTED)):
        assert judged(made, connection("traversal-sip", client, "s", name=E))[SERVER].outcome == outcome


# Names

WILDCARD = pki.leaf(E, SUB, names=("*.example.com",))


@pytest.mark.parametrize(
    ("role", "kind", "leaf", "name", "match", "outcome"),
    [
        ("expressway-c", "traversal-sip", E_LEAF, E, "san", Outcome.ACCEPTED),
        ("expressway-c", "traversal-sip", E_LEAF, "other.example.com", "none", Outcome.REFUSED),
        ("expressway-c", "traversal-sip", E_LEAF, "198.51.100.1", "none", Outcome.REFUSED),
        ("expressway-c", "traversal-sip", WILDCARD, "x.example.com", "wildcard", Outcome.REFUSED),
        ("expressway-c", "traversal-sip", pki.leaf(E, SUB, names=("x.example.com",)), E, "cn_only", Outcome.REFUSED),
        ("client", "edge-https", WILDCARD, "x.example.com", "san", Outcome.ACCEPTED),
        ("client", "edge-https", WILDCARD, "a.b.example.com", "none", Outcome.REFUSED),
        ("expressway-c", "traversal-sip", E_LEAF, None, None, Outcome.ACCEPTED),
        ("expressway-c", "sip-oauth", E_LEAF, "other.example.com", None, Outcome.ACCEPTED),
    ],
)
def test_name(role: str, kind: str, leaf: pki.Issued, name: str | None, match: str | None, outcome: Outcome) -> None:
    slot = "callmanager" if kind == "sip-oauth" else "server"
    found = e_seen_by(box(role), box("expressway-e", leaf, slot=slot), kind, name)
    assert (found.name_match, found.outcome) == (match, outcome)


def test_name_that_the_server_demands() -> None:
    made = deploy({"c": box("expressway-c", C_LEAF), "s": box("expressway-e", E_LEAF)})
    for wanted, outcome in ((C, Outcome.ACCEPTED), ("cluster.example.com", Outcome.REFUSED)):
        sides = judged(made, connection("traversal-sip", "c", "s", name=E, verify_name=wanted))
        assert sides[SERVER].outcome == Outcome.ACCEPTED
        assert (sides[CLIENT].outcome, sides[CLIENT].name) == (outcome, wanted)


# Which identity and which list


@pytest.mark.parametrize(
    ("also", "asked", "expected"),
    [
        ({}, None, C_LEAF),
        ({"client": pki.leaf(C, SUB, key_name="client")}, None, pki.leaf(C, SUB, key_name="client")),
        ({"client": pki.leaf(C, SUB, key_name="client")}, "server", C_LEAF),
    ],
)
def test_identity_of_the_client(also: dict[str, pki.Issued], asked: str | None, expected: pki.Issued) -> None:
    made = deploy({"c": box("expressway-c", C_LEAF, also=also), "s": box("expressway-e", E_LEAF)})
    found = judged(made, connection("traversal-sip", "c", "s", name=E, client_identity=asked))[CLIENT]
    assert found.sent[0] == decoded(expected)


def test_store_that_an_upload_names() -> None:
    node = Box(
        role="expressway-c",
        version="X15.5",
        identities={"candidate": C_LEAF.pem},
        trust={"ca": pki.bundle(*CAS), "client": pki.bundle(*STRANGER)},
    )
    made = deploy({"c": node})
    for store, outcome in ((None, Outcome.ACCEPTED), ("client", Outcome.REFUSED)):
        found = judged(made, connection("upload", "c", "c", store=store))[SERVER]
        assert found.outcome == outcome


def test_upload_is_judged_by_the_list_alone() -> None:
    node = Box(role="expressway-c", identities={"candidate": pki.bundle(C_LEAF, SUB)}, trust={"ca": ROOT.pem})
    found = judged(deploy({"c": node}), connection("upload", "c", "c"))[SERVER]
    assert found.outcome == Outcome.REFUSED
    assert found.missing is not None
    assert labels(found) == ["Judge Sub"]


def test_unknown_kinds_and_nodes_are_left_out() -> None:
    made = deploy({"c": box("expressway-c"), "s": box("expressway-e", E_LEAF)})
    known = connection("traversal-sip", "c", "s")
    assert not judged(made, connection("traversal-sip", "c", "nobody"))
    assert set(judged(made, known)) == {SERVER, CLIENT}


# The root, for what is said about CAs


@pytest.mark.parametrize(
    ("listed", "elsewhere", "expected"),
    [
        (CAS, (), ROOT),
        ((SUB,), (ROOT,), ROOT),
        ((SUB,), (), None),
    ],
)
def test_root(listed: tuple[pki.Issued, ...], elsewhere: tuple[pki.Issued, ...], expected: pki.Issued | None) -> None:
    stray = read_text(pki.bundle(*elsewhere), "stray.pem").documents if elsewhere else ()
    boxes = {"c": box("expressway-c", cas=listed), "s": box("expressway-e", E_LEAF, cas=None)}
    made = deploy(boxes, others=stray)
    found = judged(made, connection("traversal-sip", "c", "s", name=E))[SERVER]
    root = Roots(made, OPENSSL).of(found)
    assert root == (decoded(expected) if expected else None)


def test_root_of_a_self_signed_certificate_is_itself() -> None:
    made = deploy({"c": box("expressway-c"), "s": box("expressway-e", SELF)})
    found = judged(made, connection("traversal-sip", "c", "s", name=E))[SERVER]
    assert Roots(made, OPENSSL).of(found) == decoded(SELF)


# Entries of the same name (CHN-03): without key identifiers the first one in the list is taken

TOMCAT = pki.self_signed(E, key_name="tomcat", key_ids=False)
MANAGER = pki.self_signed(E, key_name="callmanager", key_ids=False)
KEYED = (pki.self_signed(E, key_name="keyed"), pki.self_signed(E, key_name="keyed too"))


@pytest.mark.parametrize(
    ("leaf", "listed", "state"),
    [
        (TOMCAT, (MANAGER, TOMCAT), ChainState.SAME_NAME_FIRST),
        (TOMCAT, (MANAGER,), ChainState.SAME_NAME_OTHER_KEY),
        (TOMCAT, (TOMCAT, MANAGER), ChainState.COMPLETE),
        (KEYED[1], KEYED, ChainState.COMPLETE),
        (KEYED[0], KEYED, ChainState.COMPLETE),
    ],
)
def test_order_of_same_named_entries(leaf: pki.Issued, listed: tuple[pki.Issued, ...], state: ChainState) -> None:
    client = box("expressway-c", cas=listed, xconf=NEIGHBOUR + "On")
    found = e_seen_by(client, box("cucm", leaf, slot="callmanager", version=None), "neighbour-sip")
    assert found.chain_state == state
    assert found.outcome == (Outcome.ACCEPTED if state == ChainState.COMPLETE else Outcome.REFUSED)
