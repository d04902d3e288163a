"""NIST's path validation test suite (PKITS) as the judge of our verdicts.

Its certificates and CRLs come from the package cryptography_vectors. Each end entity's name says what is right:
"Valid..." or "Invalid...". What OpenSSL sees otherwise is listed one by one with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from certdoctor.deployment.judge import judge
from certdoctor.deployment.model import SERVER, ChainState, Connection, Deployment, Identity, Judgement, Node, TrustList
from certdoctor.deployment.openssl import Answer
from certdoctor.evidence.items import Certificate, Document, Evidence, Found, RevocationList
from certdoctor.evidence.read import read_paths
from tests.sites import OPENSSL, knowledge

vectors = pytest.importorskip("cryptography_vectors")

AT = datetime(2020, 1, 1, tzinfo=UTC)
ANCHOR = "TrustAnchorRootCertificate"

POLICY = "TLS asks for no policies (RFC 5280 6.1.1 e-g are not set), so OpenSSL does not process them"
INDIRECT = "OpenSSL looks in its store for CRLs of the certificate's issuer only, not of another CRL issuer"
PARAMETERS = "OpenSSL does not take DSA parameters over from the issuer"
DEVIATIONS = {
    "InvalidMappingFromanyPolicyTest7": POLICY,
    "InvalidMappingToanyPolicyTest8": POLICY,
    "InvalidPolicyMappingTest10": POLICY,
    "InvalidPolicyMappingTest2": POLICY,
    "InvalidPolicyMappingTest4": POLICY,
    "InvalidSelfIssuedinhibitAnyPolicyTest10": POLICY,
    "InvalidSelfIssuedinhibitAnyPolicyTest8": POLICY,
    "InvalidSelfIssuedinhibitPolicyMappingTest10": POLICY,
    "InvalidSelfIssuedinhibitPolicyMappingTest11": POLICY,
    "InvalidSelfIssuedinhibitPolicyMappingTest8": POLICY,
    "InvalidSelfIssuedinhibitPolicyMappingTest9": POLICY,
    "InvalidSelfIssuedrequireExplicitPolicyTest7": POLICY,
    "InvalidSelfIssuedrequireExplicitPolicyTest8": POLICY,
    "InvalidinhibitAnyPolicyTest1": POLICY,
    "InvalidinhibitAnyPolicyTest4": POLICY,
    "InvalidinhibitAnyPolicyTest5": POLICY,
    "InvalidinhibitAnyPolicyTest6": POLICY,
    "InvalidinhibitPolicyMappingTest1": POLICY,
    "InvalidinhibitPolicyMappingTest3": POLICY,
    "InvalidinhibitPolicyMappingTest5": POLICY,
    "InvalidinhibitPolicyMappingTest6": POLICY,
    "InvalidrequireExplicitPolicyTest3": POLICY,
    "InvalidrequireExplicitPolicyTest5": POLICY,
    "ValidDSAParameterInheritanceTest5": PARAMETERS,
    "ValidIDPwithindirectCRLTest24": INDIRECT,
    "ValidIDPwithindirectCRLTest25": INDIRECT,
    "ValidcRLIssuerTest28": INDIRECT,
    "ValidcRLIssuerTest29": INDIRECT,
    "ValidcRLIssuerTest30": INDIRECT,
    "ValidcRLIssuerTest33": INDIRECT,
}

# Names that say neither "Valid" nor "Invalid": all about policies, whose outcome hangs on what is asked for.
UNLABELLED = re.compile(r"^(All|Any|CPS|Different|Overlapping|UserNotice|inhibitAnyPolicy)")


@dataclass(frozen=True)
class Label:
    """What is wrong with some of the end entities, in our words and with the place in the chain."""

    pattern: str
    cause: str
    depth: int


LABELS = (
    Label("InvalidCASignature", "signature", 1),
    Label("Invalid(EE|DSA)Signature", "signature", 0),
    Label("InvalidCAnotBefore", "not yet valid", 1),
    Label("InvalidEEnotBefore", "not yet valid", 0),
    Label("InvalidCAnotAfter", "expired", 1),
    Label("Invalid(pre2000UTC)?EEnotAfter", "expired", 0),
    Label("InvalidNameChaining", "issuer missing", 0),
    Label("Invalid(MissingbasicConstraints|cAFalse|keyUsage.*keyCertSign)", "not a CA", 1),
    Label("InvalidBasicSelfIssuedCRLSigningKeyTest8", "not a CA", 1),
    Label("Invalid.*pathLenConstraint", "path too long", -1),
    Label("Invalid.*nameConstraints", "name not permitted", 0),
    Label("InvalidRevokedCA", "revoked", 1),
    Label(
        "Invalid(RevokedEE|NegativeSerial|LongSerial|BasicSelfIssued(NewWithOld|OldWithNew|CRLSigningKeyTest7)"
        "|SeparateCertificate|deltaCRLTest[3469]|distributionPointTest[26]|onlySomeReasonsTest(15|16|20|21)"
        "|IDPwithindirectCRLTest23|cRLIssuerTest34)",
        "revoked",
        0,
    ),
    Label("InvalidUnknownCriticalCertificate", "unknown extension", 0),
)


@cache
def material() -> tuple[dict[str, Found], dict[str, RevocationList], Document]:
    data = Path(vectors.__file__).parent / "x509" / "PKITS_data"
    read = read_paths([data / "certs"])
    assert not read.problems
    certificates = {Path(d.origin.path).stem: d.certificates[0] for d in read.documents}
    lists = {Path(d.origin.path).stem: d.revocation_lists[0] for d in read_paths([data / "crls"]).documents}
    return certificates, lists, read.documents[0]


def entities() -> list[str]:
    data = Path(vectors.__file__).parent / "x509" / "PKITS_data" / "certs"
    return sorted(path.stem.removesuffix("EE") for path in data.glob("*EE.crt"))


def authorities() -> list[Certificate]:
    return [found.certificate for name, found in material()[0].items() if not name.endswith("EE") and name != ANCHOR]


@cache
def answer(name: str) -> Answer:
    certificates, lists, _ = material()
    return OPENSSL.verify(
        certificates[f"{name}EE"].certificate,
        authorities(),
        [certificates[ANCHOR].certificate],
        AT,
        "server",
        tuple(lists.values()),
    )


@cache
def judged(name: str) -> Judgement:
    """The end entity as a server with all CAs behind it, before a client that trusts the anchor and has all CRLs."""
    certificates, lists, document = material()
    behind = tuple(f for n, f in certificates.items() if not n.endswith("EE") and n != ANCHOR)
    identity = Identity("s", "server", certificates[f"{name}EE"], behind, document)
    trust = TrustList("c", "ca", (certificates[ANCHOR],), document)
    deployment = Deployment(
        customer="",
        site="",
        at=AT,
        domains=(),
        nodes={
            "s": Node("s", "other", identities={"server": identity}),
            "c": Node("c", "expressway-c", trust={"ca": trust}, revocation_lists=tuple(lists.values())),
        },
        connections=(Connection("c-s", "management", "c", "s", 443, None, None),),
        certificates=Evidence(()).certificates() | {f.certificate.sha256: (f,) for f in certificates.values()},
    )
    (found,) = (j for j in judge(deployment, knowledge().connections, OPENSSL) if j.side == SERVER)
    return found


def causes(found: Judgement) -> set[tuple[str, str]]:
    """What our explanation says is wrong, and with which certificate."""
    leaf, culprit = found.sent[0], found.culprit
    said: set[tuple[str, str]] = set()
    if leaf.not_after < AT:
        said.add(("expired", leaf.sha256))
    if leaf.not_before > AT:
        said.add(("not yet valid", leaf.sha256))
    if found.revoked is not None:
        said.add(("revoked", found.revoked.sha256))
    if found.missing is not None:
        said.add(("issuer missing", found.missing.wanted_by.sha256))
    match found.chain_state:
        case ChainState.COMPLETE if culprit is not None:
            said.add(("expired" if culprit.not_after < AT else "not yet valid", culprit.sha256))
        case ChainState.OTHER if culprit is not None:
            damaged = any(e.code == 7 for e in found.errors)
            said.add(("signature" if damaged else "unknown extension", culprit.sha256))
        case ChainState.ISSUER_NOT_CA | ChainState.CA_LIMITED if culprit is not None:
            said.add(("not a CA", culprit.sha256))
        case ChainState.PATH_TOO_LONG if culprit is not None:
            said.add(("path too long", culprit.sha256))
        case ChainState.NAME_NOT_PERMITTED:
            # The culprit is the CA that forbids; the name that is forbidden stands in OpenSSL's own answer.
            depth = min(e.depth for e in found.errors if 47 <= e.code <= 53)
            said.add(("name not permitted", found.chain[depth].sha256))
    return said


def test_all_of_it_is_read() -> None:
    certificates, lists, _ = material()
    assert (len(certificates), len(lists), len(entities())) == (405, 173, 223)


@pytest.mark.parametrize("name", [name for name in entities() if not UNLABELLED.match(name)])
def test_published_outcome(name: str) -> None:
    right = bool(answer(name).errors) == name.startswith("Invalid")
    assert right is (name not in DEVIATIONS)


@pytest.mark.parametrize("name", [name for name in entities() if UNLABELLED.match(name)])
def test_policies_alone_refuse_nothing(name: str) -> None:
    assert answer(name).errors == ()


@pytest.mark.parametrize("name", [n for n in entities() if n.startswith("Valid") and n not in DEVIATIONS])
def test_valid_path_is_accepted_by_the_judge(name: str) -> None:
    assert (judged(name).outcome.value, causes(judged(name))) == ("accepted", set())


def test_right_cause_and_right_certificate() -> None:
    wrong: list[str] = []
    labelled = 0
    for name in entities():
        label = next((label for label in LABELS if re.match(label.pattern, name)), None)
        if label is None:
            continue
        labelled += 1
        found = judged(name)
        depth = label.depth
        if depth < 0:  # the CA whose path length is exceeded: the lowest that sets one too small
            depth = next(i for i, c in enumerate(found.chain) if too_short(found.chain, i))
        wanted = (label.cause, found.chain[depth].sha256)
        if causes(found) != {wanted}:
            wrong.append(f"{name}: {label.cause} at {depth}, said {causes(found)}")
    share = 1 - len(wrong) / labelled
    print(f"\nPKITS: right cause and certificate in {labelled - len(wrong)} of {labelled} ({share:.1%})")
    assert labelled == 67
    assert share >= 0.95, "\n".join(wrong)


def too_short(chain: tuple[Certificate, ...], at: int) -> bool:
    """RFC 5280 4.2.1.9: CAs below that are not self-issued are more than the path length allows."""
    length = chain[at].path_length
    below = sum(1 for c in chain[1:at] if c.subject_key != c.issuer_key)
    return length is not None and below > length
