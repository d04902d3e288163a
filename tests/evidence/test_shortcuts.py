"""The short cuts that make large bundles quick find what the long ways find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdoctor.evidence import asn1, certificate, pem, signatures
from tests import pki

ROOT = pki.self_signed("root.example.com")
OTHER = pki.self_signed("root.example.com", key_name="other")
PIECES = st.sampled_from(
    [
        ROOT.pem,
        OTHER.pem,
        OTHER.pem.replace("\n", "\r\n"),
        ROOT.pem.rstrip("\n"),
        ROOT.pem.replace("END CERTIFICATE", "END X509 CRL"),
        ROOT.pem.lower(),
        "-----BEGIN CERTIFICATE-----\n",
        "-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----\n",
        "TUlJ\n",
        "\n",
        "\r\n",
        " ",
        "> ",
        "# a comment\n",
    ]
)


@given(st.lists(PIECES, max_size=8))
def test_blocks_are_the_same_without_the_short_cut(pieces: list[str]) -> None:
    text = "".join(pieces)
    short = list(pem.blocks(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pem, "_USUAL", re.compile(r"(?!)"))
        assert list(pem.blocks(text)) == short


@given(st.lists(st.tuples(st.sampled_from([0x02, 0x04, 0x30, 0xA0]), st.binary(max_size=300))), st.binary(max_size=4))
def test_children_are_what_is_read_one_by_one(held: list[tuple[int, bytes]], rest: bytes) -> None:
    def coded(tag: int, value: bytes) -> bytes:
        size = len(value)
        length = (
            bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
        )
        return bytes([tag]) + length + value

    data = b"".join(coded(tag, value) for tag, value in held) + rest
    parent = asn1.Element(0x30, 0, 0, len(data), len(data))
    at, found = 0, []
    try:
        while at < len(data):
            found.append(asn1.read(data, at, len(data)))
            at = found[-1].end
    except asn1.Malformed as error:
        with pytest.raises(asn1.Malformed, match=re.escape(str(error))):
            asn1.children(data, parent)
    else:
        assert asn1.children(data, parent) == found


def test_who_signed_itself_is_found_when_it_is_asked_for() -> None:
    read = certificate.read(ROOT.der).certificate
    damaged = ROOT.der[:-1] + bytes([ROOT.der[-1] ^ 1])
    signatures.signed_itself.cache_clear()
    assert signatures.signed_itself.cache_info().misses == 0
    assert read.self_signed
    assert signatures.signed_itself.cache_info().misses == 1
    assert not certificate.read(damaged).certificate.self_signed
    assert signatures.signed_itself(b"no certificate") is None
