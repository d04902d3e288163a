"""OpenSSL's own verification tests as the judge of our verdicts.

The recipe test/recipes/25-test_verify.t and the certificates test/certs of OpenSSL's source package are looked for in
the folder CERTDOCTOR_OPENSSL_SOURCE, where `.ci/run` puts them. Each line of the recipe says whether a chain is to be
accepted. What we are not asked (other options than ours), and what comes out otherwise, is listed one by one.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from certdoctor.deployment.judge import judge
from certdoctor.deployment.model import (
    CLIENT,
    SERVER,
    ChainState,
    Connection,
    Deployment,
    Identity,
    Judgement,
    Node,
    TrustList,
)
from certdoctor.deployment.openssl import Purpose
from certdoctor.evidence.items import Certificate, Document, Found, Kind
from certdoctor.evidence.read import read_paths
from tests.sites import OPENSSL, knowledge

FOLDER = os.environ.get("CERTDOCTOR_OPENSSL_SOURCE", "")
if not FOLDER:
    pytest.skip("OpenSSL's test certificates are not here (.ci/run fetches them)", allow_module_level=True)
TESTS = Path(FOLDER) / "test"

CALL = re.compile(
    r'ok\((?P<fails>!?)verify\("(?P<leaf>[^"]+)",\s*"(?P<purpose>[^"]*)",\s*\[(?P<trusted>[^\]]*)\],'
    r'\s*\[(?P<sent>[^\]]*)\],?(?P<options>[^()]*)\),\s*"(?P<title>[^"]+)"\)'
)
PURPOSES: dict[str, Purpose] = {"sslserver": "server", "sslclient": "client", "": "any"}

# What a product of ours neither does nor lets choose.
NOT_OURS = {
    "-partial_chain": "these products accept no chain that ends below a root",
    "-auth_level": "a higher security level than ours",
    "-allow_proxy_certs": "proxy certificates",
    "-verify_depth": "a limit of the depth",
    "-x509_strict": "strict mode",
    "-policy_check": "policies",
    "-check_ss_sig": "the signature of a trust anchor",
    "@prov": "another provider of OpenSSL",
}
TRUST_SETTINGS = "trust settings of a TRUSTED CERTIFICATE, which no list of these products holds"

LEVEL = "no security level is asked for (level 0): which one a product sets is not known; weak keys are found apart"
DEVIATIONS = {
    "reject RSA 768 root at auth level 1": LEVEL,
    "reject RSA 768 intermediate at auth level 1": LEVEL,
    "reject RSA 768 leaf at auth level 1": LEVEL,
    "reject md5 intermediate at auth level 1": LEVEL,
    "reject md5 leaf at auth level 1": LEVEL,
}


@dataclass(frozen=True)
class Case:
    """One line of the recipe."""

    title: str
    accepts: bool
    leaf: str
    purpose: Purpose
    trusted: tuple[str, ...]
    sent: tuple[str, ...]
    options: tuple[str, ...]

    @property
    def at(self) -> datetime:
        """The time to judge at: the present one, where the line names none."""
        times = dict(zip(self.options, self.options[1:], strict=False))
        return datetime.fromtimestamp(int(times["-attime"]), UTC) if "-attime" in times else datetime.now(UTC)

    @property
    def why_not(self) -> str:
        """Why we are not asked this, "" where we are."""
        ours = dict(zip(self.options, self.options[1:], strict=False)).get("-auth_level") == "0"
        for option in self.options:
            if option in NOT_OURS and not (ours and option == "-auth_level"):
                return NOT_OURS[option]
        if any(b"BEGIN TRUSTED CERT" in (TESTS / "certs" / f"{name}.pem").read_bytes() for name in self.trusted):
            return TRUST_SETTINGS
        return ""


@cache
def cases() -> tuple[Case, ...]:
    def names(text: str) -> tuple[str, ...]:
        return tuple(re.sub(r"[\"',]|\bqw\(|\)", " ", text).split())

    recipe = (TESTS / "recipes" / "25-test_verify.t").read_text(encoding="utf-8")
    return tuple(
        Case(
            call["title"],
            not call["fails"],
            call["leaf"],
            PURPOSES[call["purpose"]],
            names(call["trusted"]),
            names(call["sent"]),
            names(call["options"]),
        )
        for call in CALL.finditer(recipe)
    )


ASKED = [case for case in cases() if not case.why_not]


@cache
def held(name: str) -> tuple[Found, ...]:
    read = read_paths([TESTS / "certs" / f"{name}.pem"])
    return tuple(item for document in read.documents for item in document.certificates)


def all_of(names: tuple[str, ...]) -> tuple[Found, ...]:
    return tuple(item for name in names for item in held(name))


def judged(case: Case) -> Judgement:
    """The certificate as the server of a connection, or as its client where the recipe asks for that purpose."""
    leaf, sent, trusted = held(case.leaf)[0], all_of(case.sent), all_of(case.trusted)
    document = Document(leaf.origin, Kind.CERTIFICATES)
    presenter = Node("p", "other", identities={"server": Identity("p", "server", leaf, sent, document)})
    verifier = Node("v", "expressway-c", trust={"ca": TrustList("v", "ca", trusted, document)})
    if case.purpose == "client":
        connection = Connection("c", "b2b-sip", "p", "v", 5061, None, None)
    else:
        connection = Connection("c", "management", "v", "p", 443, None, None)
    deployment = Deployment(
        customer="",
        site="",
        at=case.at,
        domains=(),
        nodes={"p": presenter, "v": verifier},
        connections=(connection,),
        certificates={f.certificate.sha256: (f,) for f in (leaf, *sent, *trusted)},
    )
    side = CLIENT if case.purpose == "client" else SERVER
    return next(j for j in judge(deployment, knowledge().connections, OPENSSL) if j.side == side)


# Words of a title -> what is wrong, and with which certificate of the chain (0: the leaf).
LABELS = (
    (r"fail trusted non-ca root", "not a CA", 2),
    (r"fail non-CA (untrusted|trust-store) intermediate", "not a CA", 1),
    (r"fail client purpose intermediate", "not a CA", 1),
    (r"fail client purpose$", "not a CA", 2),
    (r"fail wrong root", "issuer missing", 1),
    (r"fail wrong intermediate CA issuer", "issuer missing", 1),
    (r"fail wrong intermediate CA (key|DN)", "issuer missing", 0),
    (r"fail (server|client) leaf purpose", "purpose", 0),
    (r"reject expired trusted root", "expired", 2),
    (r"fail expired leaf", "expired", 0),
    (r"Name [Cc]onstraints .*(not permitted|excluded)", "name not permitted", 0),
    (r"reject critical unknown extension", "not understood", 0),
    (r"reject explicit curve leaf", "not understood", 0),
    (r"reject named curve leaf with explicit curve intermediate", "not understood", 1),
    (r"fail to accept proxy cert", "not understood", 0),
    (r"Too many names", "not understood", 0),
    (r"fail Ed25519 CA and EE certs swapped", "self-signed", 0),
)


def causes(found: Judgement) -> set[tuple[str, str]]:
    """What our explanation says is wrong, and with which certificate."""
    leaf, culprit = found.sent[0], found.culprit
    said: set[tuple[str, str]] = set()
    if leaf.not_after < datetime.now(UTC):
        said.add(("expired", leaf.sha256))
    if found.purpose not in (None, "ok"):
        said.add(("purpose", leaf.sha256))
    if found.missing is not None:
        kind = "self-signed" if found.missing.wanted_by.self_signed else "issuer missing"
        said.add((kind, found.missing.wanted_by.sha256))
    words = {
        ChainState.COMPLETE: "expired",
        ChainState.OTHER: "not understood",
        ChainState.ISSUER_NOT_CA: "not a CA",
        ChainState.CA_LIMITED: "not a CA",
        ChainState.PATH_TOO_LONG: "path too long",
    }
    if found.chain_state in words and culprit is not None:
        said.add((words[found.chain_state], culprit.sha256))
    if found.chain_state == ChainState.NAME_NOT_PERMITTED:
        # The culprit is the CA that forbids; the name that is forbidden stands in OpenSSL's own answer.
        depth = min(e.depth for e in found.errors if 47 <= e.code <= 53)
        said.add(("name not permitted", found.chain[depth].sha256))
    return said


def test_all_of_it_is_read() -> None:
    left_out = Counter(case.why_not for case in cases() if case.why_not)
    print(f"\nOpenSSL: {len(ASKED)} of {len(cases())} verifications asked; left out: {dict(left_out)}")
    assert len(cases()) >= 160
    assert len(ASKED) >= 70
    assert all(held(name) for case in ASKED for name in (case.leaf, *case.trusted, *case.sent))


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.title)
def test_published_outcome(case: Case) -> None:
    def certificates(names: tuple[str, ...]) -> list[Certificate]:
        return [item.certificate for item in all_of(names)]

    leaf = held(case.leaf)[0].certificate
    answer = OPENSSL.verify(leaf, certificates(case.sent), certificates(case.trusted), case.at, case.purpose)
    assert ((not answer.errors) == case.accepts) is (case.title not in DEVIATIONS), answer.errors


def test_right_cause_and_right_certificate() -> None:
    wrong: list[str] = []
    labelled = 0
    for case in ASKED:
        label = next((label for label in LABELS if not case.accepts and re.match(label[0], case.title)), None)
        if label is None:
            continue
        labelled += 1
        _pattern, cause, depth = label
        found = judged(case)
        if causes(found) != {(cause, found.chain[depth].sha256)}:
            wrong.append(f"{case.title}: {cause} at {depth}, said {causes(found)}")
    share = 1 - len(wrong) / labelled
    print(f"\nOpenSSL: right cause and certificate in {labelled - len(wrong)} of {labelled} ({share:.1%})")
    assert labelled >= 35
    assert share >= 0.95, "\n".join(wrong)
