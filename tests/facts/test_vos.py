"""What CUCM, IM&P and Unity Connection nodes show of themselves, observed in real certificates."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from certdoctor.deployment import build, derive
from certdoctor.deployment.judge import judge
from certdoctor.deployment.model import Deployment
from certdoctor.evidence.items import Document, Evidence, Kind, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.facts.authorities import Authorities
from certdoctor.facts.model import Fact
from certdoctor.facts.vos import observe_vos
from tests import pki
from tests.sites import OPENSSL, Box, deploy, knowledge

AUTHORITIES = Authorities(knowledge().authorities)
MANUFACTURING = AUTHORITIES.of_phones()
PUB, SUB, IMP = "cucm-pub.example.com", "cucm-sub.example.com", "imp1.example.com"
ROOT = pki.ca("Voice Root CA")
ISSUING = pki.ca("Voice Issuing CA", ROOT, path_length=0)
DAY = timedelta(days=1)
PUBLIC = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.2"), None)])


def facts(made: Deployment) -> dict[str, Fact]:
    found = observe_vos(made, judge(made, knowledge().connections, OPENSSL), AUTHORITIES)
    return {f"{fact.subject.id} {fact.id}": fact for fact in found}


def values(made: Deployment, about: str) -> dict[str, str]:
    return {key.partition(" ")[0]: fact.value for key, fact in facts(made).items() if fact.id == about}


def cucm(name: str = PUB, *, role: str = "cucm", log: str = "", csr: str = "", **identities: pki.Issued | str) -> Box:
    held = {slot: item if isinstance(item, str) else item.pem for slot, item in identities.items()}
    trust = {"tomcat": pki.bundle(ROOT, ISSUING)}
    return Box(role=role, names=(name,), identities=held, trust=trust, log=log, csr=csr)


def shared(*names: str, start: datetime = pki.START, **more: object) -> pki.Issued:
    return pki.leaf("cucm-pub-ms.example.com", ISSUING, names=names, start=start, **more)  # type: ignore[arg-type]


# --- keys that phones trust --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "expected"), [((0, 2, 5), "together"), ((0, 2, 24 * 40), "apart"), ((0, 24, 24), "together")]
)
def test_keys_renewed_at_once(hours: tuple[int, ...], expected: str) -> None:
    held = {
        slot: pki.self_signed(slot, start=pki.START + timedelta(hours=late)).pem
        for slot, late in zip(("callmanager", "tvs", "itlrecovery"), hours, strict=True)
    }
    assert values(deploy({"pub": replace(cucm(), identities=held)}), "phone_trust.renewal") == {"pub": expected}
    del held["tvs"]
    assert values(deploy({"pub": replace(cucm(), identities=held)}), "phone_trust.renewal") == {}


def test_callmanager_that_uses_the_certificate_of_tomcat() -> None:
    tomcat = shared(PUB, SUB)
    made = deploy({"pub": cucm(tomcat=tomcat, callmanager=tomcat), "sub": cucm(SUB, tomcat=tomcat)})
    assert values(made, "callmanager.certificate") == {"pub": "reused"}
    made = deploy({"pub": cucm(tomcat=tomcat, callmanager=pki.leaf(PUB, ISSUING))})
    assert values(made, "callmanager.certificate") == {"pub": "own"}


CTL = """admin:show ctl
Length of CTL file: 5728
\tCTL Record #:1
\t  ----
BYTEPOS\tTAG\t\tLENGTH\tVALUE
1\tRECORDLENGTH\t2\t1186
3\tSUBJECTNAME\t56\tCN=cucm-pub.example.com
4\tFUNCTION\t2\tSystem Administrator Security Token
5\tISSUERNAME\t42\tCN=cucm-pub.example.com
6\tSERIALNUMBER\t16\t11:11:11:11
\tCTL Record #:2
\t  ----
1\tRECORDLENGTH\t2\t1115
3\tSUBJECTNAME\t62\tCN=CAPF-e41e7d87
4\tFUNCTION\t2\tCAPF
5\tISSUERNAME\t62\tCN=CAPF-e41e7d87
6\tSERIALNUMBER\t16\t{serial}
"""


@pytest.mark.parametrize(
    ("serial", "expected"), [("00:7E:4A:21", "current"), ("7e:4a:21", "current"), ("0A:01", "other")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_capf_in_the_ctl(serial: str, expected: str, end: str) -> None:
    log = CTL.format(serial=serial).replace("\n", end)
    made = deploy({"pub": cucm(capf=pki.leaf("CAPF", ISSUING, serial=0x7E4A21), log=log)})
    assert values(made, "ctl.capf") == {"pub": expected}


def test_a_log_without_a_ctl_says_nothing_of_capf() -> None:
    made = deploy({"pub": cucm(capf=pki.leaf("CAPF", ISSUING), log="6\tSERIALNUMBER\t16\t0A:01\n")})
    assert values(made, "ctl.capf") == {}


# --- multi-server certificates -----------------------------------------------------------------------------------


def test_shared_certificate_that_lacks_a_node() -> None:
    tomcat = shared(PUB, IMP)
    boxes = {"pub": cucm(tomcat=tomcat), "sub": cucm(SUB, tomcat=tomcat), "imp": cucm(IMP, role="imp", tomcat=tomcat)}
    assert values(deploy(boxes), "multi_server.state") == {"pub": "covered", "sub": "name_missing", "imp": "covered"}


@pytest.mark.parametrize("name", ["192.0.2.7", "cucm-sub"])
def test_a_node_without_a_full_name_is_not_looked_for(name: str) -> None:
    tomcat = shared(PUB, SUB)
    made = deploy({"pub": cucm(tomcat=tomcat), "sub": cucm(name, tomcat=tomcat)})
    assert values(made, "multi_server.state") == {"pub": "covered"}


def test_node_that_kept_the_certificate_before() -> None:
    old, new = shared(PUB, SUB), shared(PUB, SUB, start=pki.NOW - DAY, key_name="new")
    made = deploy({"pub": cucm(tomcat=new), "sub": cucm(SUB, tomcat=old)})
    assert values(made, "multi_server.state") == {"sub": "old_certificate"}
    fact = facts(made)["sub multi_server.state"]
    assert (fact.bindings["peer"], fact.bindings["serial"] != fact.bindings["peer_serial"]) == (PUB, True)


@pytest.mark.parametrize(
    "new",
    [
        shared(PUB, start=pki.NOW - DAY, key_name="new"),  # it was never meant for the other node
        shared(PUB, SUB, start=pki.NOW + DAY, key_name="new"),  # not valid yet
        pki.leaf("cucm-pub-ms.example.com", ROOT, names=(PUB, SUB), start=pki.NOW - DAY, key_name="new"),
    ],
)
def test_certificates_that_are_no_renewal_of_each_other(new: pki.Issued) -> None:
    made = deploy({"pub": cucm(tomcat=new), "sub": cucm(SUB, tomcat=shared(PUB, SUB))})
    assert values(made, "multi_server.state") == {}


# --- trust stores ------------------------------------------------------------------------------------------------


def old_ca(name: str, key_name: str = "") -> pki.Issued:
    return pki.ca(name, key_name=key_name, start=datetime(2012, 1, 1, tzinfo=UTC), end=datetime(2022, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("more", "expected"),
    [((), "none"), ((old_ca("Forgotten Root CA"),), "unused"), ((old_ca("Used CA"),), "none")],
)
def test_expired_entries(more: tuple[pki.Issued, ...], expected: str) -> None:
    leaf = pki.leaf(PUB, old_ca("Used CA"))
    box = replace(cucm(tomcat=leaf), trust={"tomcat": pki.bundle(ROOT, *more)})
    made = deploy({"pub": box})
    assert values(made, "trust.expired") == {"pub": expected}
    if expected == "unused":
        assert facts(made)["pub trust.expired"].bindings["cas"] == "Forgotten Root CA (2022-01-01)"


def snapshots(*lists: tuple[str, ...]) -> Deployment:
    """One CUCM node with a certificate manager snapshot for each list of CAPF-trust, oldest first."""
    documents: list[Document] = []
    for number, names in enumerate(lists, 1):
        entries = [{"filename": f"{n}.pem", "certificate": pki.ca(n).pem} for n in names]
        whole = {
            "server": PUB,
            "identities": [{"service": "tomcat", "certificate": shared(PUB).pem}],
            "trusts": [{"service": "CAPF-trust", "certificate_data": entries}],
        }
        read = read_bytes(json.dumps(whole).encode(), Origin(f"{number}/snapshot.json"))
        documents += [replace(document, taken=f"2026-11-0{number}") for document in read.documents]
    site = SiteDescription(nodes=(NodeDescription(id="pub", role="cucm", names=(PUB,)),))
    made = build.build(site, Evidence(tuple(documents)), pki.NOW)
    return build.with_connections(made, derive.connections(made, (), knowledge().connections))


def test_manufacturing_cas() -> None:
    assert {"Cisco Root CA 2048", "Cisco Manufacturing CA SHA2"} <= set(MANUFACTURING)
    assert values(snapshots(MANUFACTURING), "manufacturing.cas") == {"pub": "complete"}
    assert values(snapshots(MANUFACTURING[:2]), "manufacturing.cas") == {"pub": "incomplete"}
    assert values(snapshots(MANUFACTURING, MANUFACTURING[:2]), "manufacturing.cas") == {"pub": "removed"}
    assert values(snapshots(MANUFACTURING[:2], MANUFACTURING[:2]), "manufacturing.cas") == {"pub": "incomplete"}
    assert values(deploy({"pub": cucm(tomcat=shared(PUB))}), "manufacturing.cas") == {}


# --- certificates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extensions", "expected", "named"),
    [
        ((), "usual", "–"),
        (((PUBLIC, False),), "usual", "–"),
        (((PUBLIC, True),), "unusual", "certificatePolicies"),
        (((x509.TLSFeature([x509.TLSFeatureType.status_request]), True),), "unusual", "tlsFeature"),
    ],
)
def test_critical_extensions(
    extensions: tuple[tuple[x509.ExtensionType, bool], ...], expected: str, named: str
) -> None:
    (fact,) = [
        fact
        for fact in facts(deploy({"pub": cucm(tomcat=pki.leaf(PUB, ISSUING, extensions=extensions))})).values()
        if fact.id == "certificate.critical"
    ]
    assert (fact.value, fact.bindings["extensions"]) == (expected, named)


@pytest.mark.parametrize(
    ("purposes", "public", "expected"),
    [
        ((pki.SERVER_AUTH,), True, "public_server_only"),
        ((pki.SERVER_AUTH,), False, "private_server_only"),
        (pki.BOTH, True, "permitted"),
        (None, True, "permitted"),
    ],
)
def test_client_role(purposes: tuple[x509.ObjectIdentifier, ...] | None, public: bool, expected: str) -> None:
    leaf = pki.leaf(PUB, ISSUING, purposes=purposes, extensions=((PUBLIC, False),) if public else ())
    assert set(values(deploy({"pub": cucm(tomcat=leaf)}), "certificate.client_role").values()) == {expected}


# --- what is offered ---------------------------------------------------------------------------------------------

KEY = pki.key("pending")


def offered(*names: str, asked: tuple[str, ...], issuer: pki.Issued = ISSUING) -> Deployment:
    leaf = pki.issue(pki.name(PUB), issuer, private=KEY, names=names)
    csr = pki.csr(PUB, names=asked, private=KEY)
    return deploy({"pub": cucm(tomcat=shared(PUB, SUB), candidate=leaf, csr=csr)})


@pytest.mark.parametrize(
    ("given", "asked", "expected"),
    [
        ((PUB, "example.com"), ("example.com", PUB.upper()), ["equal"]),
        ((PUB, f"www.{PUB}"), (PUB,), ["differ"]),
        ((PUB,), (PUB, "example.com"), ["differ"]),
        ((PUB,), (), []),  # a request without SANs asks for nothing
    ],
)
def test_names_against_the_request(given: tuple[str, ...], asked: tuple[str, ...], expected: list[str]) -> None:
    found = [fact.value for fact in facts(offered(*given, asked=asked)).values() if fact.id == "upload.names_exact"]
    assert found == expected


def test_no_names_are_compared_with_another_request() -> None:
    leaf = pki.leaf(PUB, ISSUING, names=(PUB, f"www.{PUB}"))
    made = deploy({"pub": cucm(candidate=leaf, csr=pki.csr(PUB, names=(PUB,), private=KEY))})
    assert values(made, "upload.names_exact") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pki.leaf(PUB, ISSUING).pem, "single"),
        (pki.bundle(pki.leaf(PUB, ISSUING), ISSUING), "several"),
        (pki.pkcs7(ISSUING, ROOT).decode(), "bundle_of_cas"),
        (pki.pkcs7(pki.leaf(PUB, ISSUING), ISSUING).decode(), "bundle_with_leaf"),
    ],
)
def test_form_of_the_file(text: str, expected: str) -> None:
    made = deploy({"pub": cucm(candidate=text)})
    assert values(made, "file.for_vos") == {"pub/candidate.pem": expected}


def test_binary_file_named_as_pem() -> None:
    made = deploy({"pub": cucm(candidate=pki.leaf(PUB, ISSUING).pem)})
    (read,) = read_bytes(pki.leaf(PUB, ISSUING).der, Origin("pub/candidate.pem")).documents
    assert read.kind == Kind.CERTIFICATES
    boxes = {"pub": replace(made.nodes["pub"], offered=(read,))}
    assert values(replace(made, nodes=boxes), "file.for_vos") == {"pub/candidate.pem": "binary_named_pem"}


# --- the list that judges ----------------------------------------------------------------------------------------

OTHER_ROOT = pki.ca("Other Root CA")


@pytest.mark.parametrize(
    ("slot", "leaf", "refused"),
    [
        ("candidate", pki.leaf(PUB, ROOT), False),
        ("candidate", pki.leaf(PUB, OTHER_ROOT), False),  # nothing tells the service, CallManager-trust takes it
        ("candidate", pki.leaf(PUB, pki.ca("Nobody's CA")), True),
        ("candidate-tomcat", pki.leaf(PUB, OTHER_ROOT), True),
        ("candidate-callmanager", pki.leaf(PUB, OTHER_ROOT), False),
        ("candidate-callmanager-ecdsa", pki.leaf(PUB, OTHER_ROOT), False),
        ("candidate", pki.leaf("tomcat.example.com", OTHER_ROOT), True),  # it has the subject of the one in use
    ],
)
def test_trust_store_of_the_service_judges(slot: str, leaf: pki.Issued, refused: bool) -> None:
    box = Box(
        role="cucm",
        names=(PUB,),
        identities={"tomcat": pki.leaf("tomcat.example.com", ROOT).pem, slot: leaf.pem},
        trust={"tomcat": ROOT.pem, "callmanager": OTHER_ROOT.pem},
    )
    (judgement,) = judge(deploy({"pub": box}), knowledge().connections, OPENSSL)
    assert (judgement.outcome.value == "refused") is refused
