"""Files that are to be uploaded, as the box reads them."""

from __future__ import annotations

import pytest

from certdoctor.deployment import build
from certdoctor.evidence.items import Evidence, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.site import NodeDescription, SiteDescription
from certdoctor.facts.files import observe_files
from tests import pki

E = "expe1.example.com"
LEAF = pki.leaf(E)
PEM = LEAF.pem.encode()


def observed(role: str = "expressway-e", **files: bytes) -> dict[tuple[str, str], str]:
    documents = tuple(d for name, data in files.items() for d in read_bytes(data, Origin(f"{name}.pem")).documents)
    node = NodeDescription("e", role, identities={"candidate": "new.pem"})
    made = build.build(SiteDescription(nodes=(node,)), Evidence(documents), pki.NOW)
    return {(fact.subject.id, fact.id): fact.value for fact in observe_files(made, documents)}


def test_key_that_belongs_to_the_candidate_is_to_be_uploaded() -> None:
    found = observed(new=PEM, key=LEAF.key_pem.encode())
    assert found["key.pem", "file.purpose"] == "upload"
    assert found["key.pem", "file.key"] == "plain"
    assert found["key.pem", "file.end"] == "line_end"


def test_other_keys_are_not_known_to_be_uploaded() -> None:
    found = observed(new=PEM, key=pki.key_pem(pki.key("other")).encode())
    assert ("key.pem", "file.purpose") not in found
    assert ("key.pem", "file.purpose") not in observed("cms", new=PEM, key=LEAF.key_pem.encode())


def test_key_without_a_line_end() -> None:
    assert observed(new=PEM, key=LEAF.key_pem.encode().rstrip())["key.pem", "file.end"] == "no_line_end"
    assert observed(new=PEM, key=PEM + LEAF.key_pem.encode().rstrip())["key.pem", "file.end"] == "no_line_end"


def test_kept_key_file_ends_as_it_did() -> None:
    """What is stored in the place of a key file gives the same facts again."""
    for data in (LEAF.key_pem.encode(), LEAF.key_pem.encode().rstrip()):
        kept = read_bytes(data, Origin("key.pem")).documents[0].stored
        assert b"PRIVATE KEY" not in kept
        assert observed(new=PEM, key=kept) == observed(new=PEM, key=data)


def test_encrypted_key() -> None:
    for traditional in (False, True):
        data = pki.key_pem(LEAF.key, password="secret", traditional=traditional).encode()
        assert observed(new=PEM, key=data)["key.pem", "file.key"] == "encrypted"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (PEM, "whole"),
        (PEM.replace(b"\n", b"\r\n"), "whole"),
        (b"Bag Attributes\n    friendlyName: M\xc3\xbcnchen\nsubject=CN = a\n" + PEM, "whole"),
        (pki.bundle(*LEAF.chain).encode(), "whole"),
        (b"\xef\xbb\xbf" + PEM, "not_whole"),
        (PEM.decode().encode("utf-16"), "not_whole"),
        (PEM.replace(b"\n", b"\r"), "not_whole"),
        (PEM.replace(b"-----BEGIN", b"> -----BEGIN"), "not_whole"),
        (PEM + PEM.replace(b"-----BEGIN", b" -----BEGIN").replace(b"-----END", b" -----END"), "whole"),
        (PEM + b" " + pki.ca().pem.encode(), "not_whole"),
    ],
)
def test_what_openssl_reads(data: bytes, value: str) -> None:
    assert observed(new=data)["new.pem", "file.reading"] == value


def test_only_offered_files_are_read_so() -> None:
    assert ("old.pem", "file.reading") not in observed(new=PEM, old=b"\xef\xbb\xbf" + PEM)


def test_encrypted_key_beside_the_files_of_one_box_is_to_be_uploaded() -> None:
    data = pki.key_pem(LEAF.key, password="secret").encode()
    assert observed(new=PEM, key=data)["key.pem", "file.purpose"] == "upload"
    assert ("key.pem", "file.purpose") not in observed("cms", new=PEM, key=data)
    assert ("key.pem", "file.purpose") not in observed(other=PEM, key=data)
