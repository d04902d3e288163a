"""A UC node beside its siblings; SIP over TLS 1.3 and OAuth."""

from __future__ import annotations

import pytest

from certdoctor.facts.model import Fact
from certdoctor.facts.uc_nodes import observe_uc_nodes
from tests import pki
from tests.sites import Box, connection, deploy, judged

ROOT, OTHER = pki.ca("UC Root"), pki.ca("Other Root")
C = "expc1.example.com"


def node(name: str, issuer: pki.Issued, cluster: str | None = None) -> Box:
    return Box(role="cucm", names=(name,), cluster=cluster, identities={"tomcat": pki.leaf(name, issuer).pem})


def siblings(*nodes: Box) -> dict[str, str]:
    core = Box(role="expressway-c", names=(C,), version="X14.3.7", trust={"ca": ROOT.pem})
    made = deploy({"c": core} | {box.names[0].partition(".")[0]: box for box in nodes})
    found = observe_uc_nodes(tuple(judged(made).values()))
    return {f.subject.id: f.value for f in found if f.id == "node.siblings" and f.subject.id.startswith("https")}


def test_subscriber_that_is_refused_alone() -> None:
    found = siblings(node("pub.example.com", ROOT), node("sub.example.com", OTHER))
    assert found == {"https-c-pub": "accepted", "https-c-sub": "others_accepted"}


@pytest.mark.parametrize(
    ("nodes", "refused"),
    [
        # What the publisher lacks shows when it is added.
        ((node("cucm-pub.example.com", OTHER), node("cucm-sub.example.com", ROOT)), "https-c-cucm-pub"),
        ((node("a.example.com", OTHER), node("b.example.com", OTHER)), "https-c-a"),
    ],
)
def test_refused_like_the_others(nodes: tuple[Box, ...], refused: str) -> None:
    assert siblings(*nodes)[refused] == "like_others"


def test_single_node_and_nodes_of_other_clusters_are_not_compared() -> None:
    assert siblings(node("sub.example.com", OTHER)) == {}
    assert siblings(node("a.example.com", ROOT, "one"), node("b.example.com", OTHER, "two")) == {}


EC = pki.self_signed("cucm-EC.example.com", names=("cucm.example.com",))


def line(xconf: str, *trusted: pki.Issued, kind: str = "sip-line", **more: str) -> dict[str, Fact]:
    identities = {"callmanager": pki.leaf("cucm.example.com", ROOT).pem, "callmanager-ecdsa": EC.pem}
    core = {"server": pki.leaf(C, ROOT, names=(C, "alt.example.com")).pem}
    made = deploy(
        {
            "c": Box(
                role="expressway-c",
                names=(C,),
                identities=core,
                trust={"ca": pki.bundle(ROOT, *trusted)},
                xconf=xconf,
            ),
            "cucm": Box(role="cucm", identities=identities, trust={"callmanager": ROOT.pem}),
        }
    )
    sides = judged(made, connection(kind, "c", "cucm", name="cucm.example.com", **more))  # type: ignore[arg-type]
    return {fact.id: fact for fact in observe_uc_nodes(tuple(sides.values()))}


VERSIONS, PREFERENCE = "SIP Advanced SipTlsVersions: ", "SIP Advanced TlsSignatureAlgoPrefRsa: "


@pytest.mark.parametrize(
    ("xconf", "expected"),
    [
        (f"{VERSIONS}TLSv1.2:TLSv1.3\n{PREFERENCE}Off\n", {"sip.tls_1_3": "offered", "sip.signatures": "ecdsa"}),
        (f"{VERSIONS}TLSv1.2\n{PREFERENCE}On\n", {"sip.tls_1_3": "not_offered", "sip.signatures": "rsa"}),
        ("SIP TLS Mode: On\n", {}),
    ],
)
def test_tls_1_3_for_sip(xconf: str, expected: dict[str, str]) -> None:
    found = {name: fact.value for name, fact in line(xconf).items()}
    assert found == {**expected, "sip.ecdsa_issuer": "not_listed"}


def test_ecdsa_certificate_that_is_trusted() -> None:
    assert line("SIP TLS Mode: On\n", EC)["sip.ecdsa_issuer"].value == "listed"


@pytest.mark.parametrize(
    ("name", "value"),
    [("alt.example.com", "in_certificate"), (C, "in_certificate"), ("old.example.com", "not_in_certificate")],
)
def test_name_under_which_cucm_knows_expressway_c(name: str, value: str) -> None:
    assert line("SIP TLS Mode: On\n", kind="sip-oauth", verify_name=name)["oauth.subject"].value == value
    assert "oauth.subject" not in line("SIP TLS Mode: On\n", kind="sip-oauth")
    assert "oauth.subject" not in line("SIP TLS Mode: On\n", verify_name=name)
