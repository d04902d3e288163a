"""libcrypto and the `openssl` program are two ways to one verdict."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from cryptography import x509

from certdoctor.deployment import openssl
from certdoctor.deployment.openssl import LibCrypto, Program, Purpose
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import RevocationList
from certdoctor.evidence.read import read_text
from tests import pki
from tests.sites import OPENSSL, decoded

PROGRAM = shutil.which("openssl")
needs_program = pytest.mark.skipif(PROGRAM is None, reason="the openssl program is not installed")

LAST_YEAR = datetime(2025, 6, 1, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 6, 1, tzinfo=UTC)
ROOT = pki.ca("Chain Root")
SUB = pki.intermediate("Chain Sub", ROOT)
LEAF = pki.leaf("leaf.example.com", SUB)
OLD_ROOT = pki.ca("Old Root", end=LAST_YEAR)
OLD_SUB = pki.ca("Old Sub", ROOT, end=LAST_YEAR)
REKEYED = pki.ca("Chain Sub", ROOT, key_name="second", path_length=0)
DEEP = pki.ca("Too Deep", SUB)
UNMARKED = pki.issue(pki.name("Unmarked"), ROOT, is_ca=False)
NARROW = pki.issue(
    pki.name("Narrow"),
    ROOT,
    is_ca=True,
    extensions=(
        (x509.NameConstraints(permitted_subtrees=[x509.DNSName("other.example")], excluded_subtrees=None), True),
    ),
)
UNKNOWN_CRITICAL = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


@dataclass(frozen=True, kw_only=True)
class Case:
    leaf: Callable[[], pki.Issued] = lambda: LEAF
    sent: tuple[pki.Issued, ...] = ()
    trusted: tuple[pki.Issued, ...] = (ROOT, SUB)
    purpose: Purpose = "server"
    codes: frozenset[int] = frozenset()
    crl: Callable[[], str] | None = None


def lists(case: Case) -> tuple[RevocationList, ...]:
    if case.crl is None:
        return ()
    (document,) = read_text(case.crl(), "list.crl").documents
    return document.revocation_lists


CASES = {
    "complete": Case(),
    "intermediate sent": Case(sent=(SUB,), trusted=(ROOT,)),
    "intermediate missing": Case(trusted=(ROOT,), codes=frozenset({20, 21})),
    "nothing trusted": Case(trusted=(), codes=frozenset({20, 21})),
    "root missing": Case(trusted=(SUB,), codes=frozenset({2})),
    "root missing, both sent": Case(sent=(SUB, ROOT), trusted=(), codes=frozenset({19})),
    "self-signed": Case(leaf=lambda: pki.self_signed("x.example.com"), codes=frozenset({18})),
    "self-signed and trusted": Case(
        leaf=lambda: pki.self_signed("x.example.com"), trusted=(pki.self_signed("x.example.com"),)
    ),
    "expired leaf": Case(
        leaf=lambda: pki.leaf("x.example.com", SUB, end=LAST_YEAR, start=datetime(2020, 1, 1, tzinfo=UTC)),
        codes=frozenset({10}),
    ),
    "leaf of next year": Case(leaf=lambda: pki.leaf("x.example.com", SUB, start=NEXT_YEAR), codes=frozenset({9})),
    "expired root": Case(leaf=lambda: pki.leaf("x.example.com", OLD_ROOT), trusted=(OLD_ROOT,), codes=frozenset({10})),
    "expired intermediate": Case(
        leaf=lambda: pki.leaf("x.example.com", OLD_SUB), trusted=(ROOT, OLD_SUB), codes=frozenset({10})
    ),
    "no server usage": Case(
        leaf=lambda: pki.leaf("x.example.com", SUB, purposes=(pki.CLIENT_AUTH,)), codes=frozenset({26})
    ),
    "no client usage": Case(
        leaf=lambda: pki.leaf("x.example.com", SUB, purposes=(pki.SERVER_AUTH,)),
        purpose="client",
        codes=frozenset({26}),
    ),
    "purpose not asked": Case(leaf=lambda: pki.leaf("x.example.com", SUB, purposes=()), purpose="any"),
    "no usage extension": Case(leaf=lambda: pki.leaf("x.example.com", SUB, purposes=None), purpose="client"),
    "same name, other key": Case(leaf=lambda: pki.leaf("x.example.com", REKEYED), codes=frozenset({20, 21})),
    "issuer is no CA": Case(
        leaf=lambda: pki.leaf("x.example.com", UNMARKED), trusted=(ROOT, UNMARKED), codes=frozenset({26, 79})
    ),
    "path too long": Case(
        leaf=lambda: pki.leaf("x.example.com", DEEP), trusted=(ROOT, SUB, DEEP), codes=frozenset({25})
    ),
    "name not permitted": Case(
        leaf=lambda: pki.leaf("x.example.com", NARROW), trusted=(ROOT, NARROW), codes=frozenset({47})
    ),
    "unknown critical extension": Case(
        leaf=lambda: pki.leaf("x.example.com", SUB, extensions=((UNKNOWN_CRITICAL, True),)), codes=frozenset({34})
    ),
    # Every certificate is looked for in a list; 3: there is none for the CAs.
    "not revoked": Case(crl=lambda: pki.crl(SUB), codes=frozenset({3})),
    "not revoked, lists of all CAs": Case(crl=lambda: pki.crl(SUB) + pki.crl(ROOT)),
    "revoked": Case(crl=lambda: pki.crl(SUB, [LEAF]), codes=frozenset({23, 3})),
    "CA revoked": Case(crl=lambda: pki.crl(SUB) + pki.crl(ROOT, [SUB]), codes=frozenset({23})),
    "stale list": Case(
        crl=lambda: pki.crl(SUB, next_update=datetime(2026, 11, 10, tzinfo=UTC)), codes=frozenset({12, 3})
    ),
    "list of another CA": Case(crl=lambda: pki.crl(ROOT), codes=frozenset({3})),
}


def ask(verifier: openssl.Verifier, case: Case) -> openssl.Answer:
    sent, trusted = [decoded(c) for c in case.sent], [decoded(c) for c in case.trusted]
    return verifier.verify(decoded(case.leaf()), sent, trusted, pki.NOW, case.purpose, lists(case))


@pytest.mark.parametrize("name", CASES)
def test_libcrypto_gives_all_errors(name: str) -> None:
    assert isinstance(OPENSSL, LibCrypto)
    answer = ask(OPENSSL, CASES[name])
    assert {error.code for error in answer.errors} == CASES[name].codes
    assert answer.chain[0] == decoded(CASES[name].leaf())
    assert all(error.text and error.subject for error in answer.errors)


@needs_program
@pytest.mark.parametrize("name", CASES)
def test_program_agrees_with_libcrypto(name: str) -> None:
    assert PROGRAM is not None
    library, program = ask(OPENSSL, CASES[name]), ask(Program(PROGRAM), CASES[name])
    # The program stops at errors after which libcrypto is told to go on.
    assert [(e.code, e.depth) for e in program.errors[:1]] == [(e.code, e.depth) for e in library.errors[:1]]
    assert set(program.errors) <= set(library.errors)
    if not library.errors:
        assert program.chain == library.chain


@needs_program
@pytest.mark.parametrize(
    ("issuer", "subject", "expected"),
    [
        (SUB, LEAF, True),
        (ROOT, SUB, True),
        (ROOT, ROOT, True),
        (ROOT, LEAF, False),
        (REKEYED, LEAF, False),
        (LEAF, SUB, False),
        (UNMARKED, pki.leaf("x.example.com", UNMARKED), True),
    ],
)
def test_both_tell_who_issued_what(issuer: pki.Issued, subject: pki.Issued, expected: bool) -> None:
    assert PROGRAM is not None
    above, below = decoded(issuer), decoded(subject)
    assert OPENSSL.issued(above, below) is expected
    assert OPENSSL.issued(above, below) is expected  # from memory
    assert Program(PROGRAM).issued(above, below) is expected


def test_a_list_asked_about_once_does_not_stay() -> None:
    revoked, plain = CASES["revoked"], CASES["complete"]
    assert 23 in {e.code for e in ask(OPENSSL, revoked).errors}
    assert not ask(OPENSSL, plain).errors


@needs_program
def test_what_openssl_cannot_decode_is_never_accepted() -> None:
    assert PROGRAM is not None
    broken = replace(decoded(LEAF), der=b"\x30\x03\x02\x01\x00", sha256="broken")
    trusted = [decoded(ROOT), decoded(SUB)]
    for verifier in (OPENSSL, Program(PROGRAM)):
        answer = verifier.verify(broken, (), trusted, pki.NOW, "server")
        assert [error.code for error in answer.errors] == [-1]
        assert not verifier.issued(broken, decoded(LEAF))


@needs_program
def test_program_stands_in_where_libcrypto_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_library: str) -> LibCrypto:
        raise OSError("no such library")

    monkeypatch.setattr(openssl, "LibCrypto", refuse)
    assert openssl.verifier().name.startswith("OpenSSL")
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(CertdoctorError, match="install the package openssl"):
        openssl.verifier()
