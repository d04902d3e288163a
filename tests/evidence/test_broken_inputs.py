from __future__ import annotations

import pytest

from certdoctor.evidence.items import Evidence, Kind, Origin
from certdoctor.evidence.read import read_bytes
from tests.evidence.broken_inputs import BROKEN, Broken

PASSWORDS = ("wrong", "given")


def _counts(evidence: Evidence) -> tuple[int, int]:
    certificates = sum(len(d.certificates) for d in evidence.documents)
    others = sum(len(d.requests) + len(d.revocation_lists) + len(d.keys) for d in evidence.documents)
    return certificates, others


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_everything_readable_is_read_and_the_rest_explained(broken: Broken) -> None:
    evidence = read_bytes(broken.make(), Origin("input"), PASSWORDS)

    assert _counts(evidence) == (broken.certificates, broken.others)
    assert len(evidence.problems) == broken.problems, evidence.problems
    said = [remark for document in evidence.documents for remark in document.remarks]
    said += [problem.reason for problem in evidence.problems]
    pieces = [piece for piece in _fixed(broken.says) if piece]
    assert not pieces or any(all(piece in text for piece in pieces) for text in said), said
    for problem in evidence.problems:
        assert problem.looks_like
        assert problem.reason
        assert problem.remedy
        assert "{" not in problem.reason + problem.remedy
    for text in said:
        assert "{" not in text


def _fixed(template: str) -> list[str]:
    """The parts of a template that are not placeholders."""
    pieces, rest = [], template
    while "{" in rest:
        before, _, rest = rest.partition("{")
        pieces.append(before)
        rest = rest.partition("}")[2]
    return [*pieces, rest]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_what_is_kept_reads_the_same_again(broken: Broken) -> None:
    for document in read_bytes(broken.make(), Origin("input"), PASSWORDS).documents:
        if document.kind == Kind.NOT_READ:
            assert document.stored == b""
            continue
        again = read_bytes(document.stored, document.origin).documents[0]
        assert [f.certificate for f in again.certificates] == [f.certificate for f in document.certificates]
        assert again.requests == document.requests
        assert again.revocation_lists == document.revocation_lists
        assert again.keys == document.keys
        assert again.kind == document.kind
        assert again.form == document.form or b"BEGIN PKCS12" in broken.make()[:40] or document.keys


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_unremarkable_inputs_get_no_remarks(broken: Broken) -> None:
    """What OpenSSL and a strict reader both read without fault must not be talked about."""
    if broken.name not in ("plain chain", "byte order mark", "CRLF", "trailing spaces", "bag attributes", "DER",
                           "base64 in one line", "PKCS#7 PEM", "PKCS#7 DER", "PKCS#7 CRLF", "CSR", "CRL", "zip",
                           "tar.gz", "gz", "year 9999", "X509 label", "s_client -showcerts", "nested",
                           "Latin-1 text before it", "openssl -text before it", "version 1"):  # fmt: skip
        return
    documents = read_bytes(broken.make(), Origin("input"), PASSWORDS).documents
    assert [document.remarks for document in documents] == [()] * len(documents)
