"""Chains that lead astray: cross-certificates, loops, many candidates, twins, self-issued and damaged certificates.

What counts is the right outcome, the right cause, and the right certificate.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from certdoctor.deployment.model import SERVER, ChainState, Judgement, Outcome
from tests import pki
from tests.sites import Box, connection, decoded, deploy, judged

NAME = "s.example.com"
DAY = timedelta(days=1)
LONG = {"start": pki.NOW - 900 * DAY, "end": pki.NOW + 900 * DAY}


def again(of: pki.Issued, issuer: pki.Issued | None, *, expired: bool = False) -> pki.Issued:
    """The CA `of` once more, with its name and key, from another issuer or of another time."""
    times = {"start": pki.NOW - 900 * DAY, "end": pki.NOW - DAY} if expired else LONG
    return pki.issue(of.certificate.subject, issuer, private=of.key, is_ca=True, **times)  # type: ignore[arg-type]


def damaged(of: pki.Issued) -> pki.Issued:
    der = bytearray(of.der)
    der[-3] ^= 0x55
    return pki.Issued(x509.load_der_x509_certificate(bytes(der)), of.key, of.issuer)


ROOT, OTHER = pki.ca("Hostile Root"), pki.ca("Hostile Other Root")
GONE = pki.ca("Hostile Gone Root", end=pki.NOW - DAY)
SUB = pki.intermediate("Hostile Sub", ROOT)
LEAF = pki.leaf(NAME, SUB)
# OTHER is known by itself, from ROOT, and from a root that is gone.
BELOW = pki.intermediate("Hostile Sub Two", OTHER)
CROSSED, CROSSED_GONE = again(OTHER, ROOT), again(OTHER, GONE, expired=True)
CROSS_LEAF = pki.leaf(NAME, BELOW)
# A vouches for B, and B for A.
A = pki.ca("Hostile A")
B = pki.ca("Hostile B", A)
LOOPED = again(A, B)
LOOP_LEAF = pki.leaf(NAME, B)
MANY = [pki.ca("Hostile Many", ROOT, key_name=str(number), path_length=0) for number in range(12)]
MANY_LEAF = pki.leaf(NAME, MANY[7])
TWIN = again(SUB, ROOT, expired=True)
SELF_ISSUED = pki.ca("Hostile Root", ROOT, key_name="rolled over")
ROLLED_LEAF = pki.leaf(NAME, SELF_ISSUED)
SHORT = pki.ca("Hostile Short", ROOT, path_length=0)
DEEP = pki.ca("Hostile Deep", SHORT)
DEEP_LEAF = pki.leaf(NAME, DEEP)
CLIENTS_ONLY = pki.issue(pki.name("Hostile Clients"), ROOT, is_ca=True, purposes=(pki.CLIENT_AUTH,), **LONG)  # type: ignore[arg-type]
CLIENTS_LEAF = pki.leaf(NAME, CLIENTS_ONLY)
BROKEN_LEAF, BROKEN_SUB = damaged(LEAF), damaged(SUB)

Chain = tuple[pki.Issued, ...]
GOOD: dict[str, tuple[Chain, Chain]] = {
    "sent and in the list": ((LEAF, SUB, ROOT), (ROOT, SUB)),
    "over the cross-certificate": ((CROSS_LEAF, BELOW, CROSSED), (ROOT,)),
    "past an expired cross-certificate": ((CROSS_LEAF, BELOW, CROSSED_GONE), (OTHER,)),
    "past it to another cross-certificate": ((CROSS_LEAF, BELOW, CROSSED_GONE, CROSSED), (ROOT,)),
    "one of many": ((MANY_LEAF, *MANY), (ROOT,)),
    "past an expired twin that was sent": ((LEAF, TWIN), (ROOT, SUB)),
    "past an expired twin in the list": ((LEAF,), (ROOT, TWIN, SUB)),
    "self-issued": ((ROLLED_LEAF, SELF_ISSUED), (ROOT,)),
    "a wrong CA was sent, the right one is in the list": ((LEAF, MANY[0], B), (ROOT, SUB)),
    "a loop beside": ((LEAF, B, LOOPED, SUB), (ROOT,)),
}
# chain sent, list -> cause, the certificate that it is about
BAD: dict[str, tuple[Chain, Chain, ChainState, pki.Issued]] = {
    "only the expired root is known": (
        (CROSS_LEAF, BELOW, CROSSED_GONE), (GONE,), ChainState.COMPLETE, CROSSED_GONE),
    "a loop": ((LOOP_LEAF, B, LOOPED), (ROOT,), ChainState.ISSUER_MISSING, LOOPED),
    "none of many": (
        (MANY_LEAF, *MANY[:7]), (ROOT,), ChainState.ISSUER_MISSING, MANY_LEAF),
    "none of many in the list": (
        (MANY_LEAF,), (ROOT, *MANY[:7]), ChainState.SAME_NAME_OTHER_KEY, MANY_LEAF),
    "the expired twin in the list is taken": ((LEAF, SUB), (ROOT, TWIN), ChainState.COMPLETE, TWIN),
    "only the expired twin": ((LEAF, TWIN), (ROOT,), ChainState.COMPLETE, TWIN),
    "too deep": ((DEEP_LEAF, DEEP, SHORT), (ROOT,), ChainState.PATH_TOO_LONG, SHORT),
    "a CA for clients only": ((CLIENTS_LEAF, CLIENTS_ONLY), (ROOT,), ChainState.CA_LIMITED, CLIENTS_ONLY),
    "a damaged certificate": ((BROKEN_LEAF, SUB), (ROOT,), ChainState.OTHER, BROKEN_LEAF),
    "a damaged CA": ((LEAF, BROKEN_SUB), (ROOT,), ChainState.OTHER, BROKEN_SUB),
    "a damaged CA in the list": ((LEAF,), (ROOT, BROKEN_SUB), ChainState.OTHER, BROKEN_SUB),
    "the certificate itself in the list": ((LEAF,), (LEAF,), ChainState.ISSUER_MISSING, LEAF),
    "the issuing CA alone": ((LEAF,), (SUB,), ChainState.ROOT_MISSING, SUB),
}  # fmt: skip


def seen(sent: Chain, listed: Chain) -> Judgement:
    made = deploy(
        {
            "c": Box(role="expressway-c", version="X14.3.7", trust={"ca": pki.bundle(*listed)}),
            "s": Box(role="other", names=(NAME,), identities={"server": pki.bundle(*sent)}),
        }
    )
    return judged(made, connection("management", "c", "s", name=NAME))[SERVER]


@pytest.mark.parametrize("name", GOOD)
def test_accepted(name: str) -> None:
    found = seen(*GOOD[name])
    assert (found.outcome, found.errors, found.chain_state) == (Outcome.ACCEPTED, (), ChainState.COMPLETE)


@pytest.mark.parametrize("name", BAD)
def test_refused_for_the_right_cause_and_the_right_certificate(name: str) -> None:
    sent, listed, state, about = BAD[name]
    found = seen(sent, listed)
    assert (found.outcome, found.chain_state) == (Outcome.REFUSED, state)
    named = found.missing.wanted_by if found.missing is not None else found.culprit
    assert named == decoded(about)
