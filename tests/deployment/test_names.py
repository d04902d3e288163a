from __future__ import annotations

import string
from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certdoctor.deployment import names
from certdoctor.evidence.items import Certificate
from tests import pki
from tests.sites import decoded

HELD = decoded(pki.leaf("cn.example.com", names=("a.example.com", "*.example.net", "192.0.2.1", "2001:db8::1")))
CN_IS_ADDRESS = decoded(pki.leaf("192.0.2.7", names=("www.example.com",)))
label = st.text(string.ascii_lowercase, min_size=1, max_size=8)
host = st.lists(label, min_size=2, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.example.com", names.SAN),
        ("A.EXAMPLE.com.", names.SAN),
        ("b.example.com", names.NONE),
        ("x.a.example.com", names.NONE),
        ("cn.example.com", names.CN_ONLY),
        ("CN.Example.Com", names.CN_ONLY),
        ("www.example.net", names.WILDCARD),
        ("example.net", names.NONE),
        ("a.b.example.net", names.NONE),
        ("192.0.2.1", names.SAN),
        ("192.0.2.2", names.NONE),
        ("[2001:DB8:0::1]", names.SAN),
        ("com", names.NONE),
        ("", names.NONE),
    ],
)
def test_match(name: str, expected: str) -> None:
    assert names.match(HELD, (name,)) == expected


def test_address_in_the_cn_only() -> None:
    assert names.match(CN_IS_ADDRESS, ("192.0.2.7",)) == names.CN_ONLY


def test_address_written_as_a_dns_name() -> None:
    odd = pki.issue(
        pki.name("x"),
        pki.intermediate(),
        extensions=((x509.SubjectAlternativeName([x509.DNSName("192.0.2.9")]), False),),
    )
    assert names.match(decoded(odd), ("192.0.2.9",)) == names.IP_AS_DNS


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("b.example.com", "a.example.com"), names.SAN),
        (("cn.example.com", "www.example.net"), names.WILDCARD),
        (("cn.example.com", "b.example.com"), names.CN_ONLY),
        ((), names.NONE),
    ],
)
def test_best_of_several(wanted: tuple[str, ...], expected: str) -> None:
    assert names.match(HELD, wanted) == expected
    assert names.match(HELD, tuple(reversed(wanted))) == expected


@pytest.mark.parametrize(("name", "expected"), [("www.example.net", names.SAN), ("a.b.example.net", names.NONE)])
def test_a_client_accepts_wildcards(name: str, expected: str) -> None:
    assert names.match(HELD, (name,), wildcards=True) == expected


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("expe1", "short"),
        ("expe1.", "short"),
        ("expe1.example.com", "fqdn"),
        ("192.0.2.1", "ip"),
        ("::1", "ip"),
        ("[::1]", "ip"),
        ("192.0.2", "fqdn"),
    ],
)
def test_form(name: str, form: str) -> None:
    assert names.form_of(name) == form


@given(host, host)
def test_only_equal_names_match_exactly(held: str, wanted: str) -> None:
    certificate = _holding(held)
    assert (names.match(certificate, (wanted,)) == names.SAN) is (held == wanted)
    assert names.match(certificate, (held.upper() + ".",)) == names.SAN


@given(host, label)
def test_a_wildcard_stands_for_exactly_one_label(parent: str, first: str) -> None:
    certificate = _holding(f"*.{parent}")
    assert names.match(certificate, (f"{first}.{parent}",)) == names.WILDCARD
    assert names.match(certificate, (f"{first}.{parent}",), wildcards=True) == names.SAN
    for other in (parent, f"{first}.{first}.{parent}"):
        assert names.match(certificate, (other,), wildcards=True) == names.NONE


def _holding(*dns: str) -> Certificate:
    return replace(HELD, dns_names=dns, ip_addresses=(), common_name="other")


@pytest.mark.parametrize(
    ("name", "internal"),
    [
        ("expe1", True),
        ("expe1.corp.local", True),
        ("EXPE1.LAN.", True),
        ("10.1.2.3", True),
        ("172.31.0.1", True),
        ("fd00::1", True),
        ("expe1.example.com", False),
        ("local.example.com", False),
        ("198.51.100.7", False),
        ("172.32.0.1", False),
        ("2001:db8::1", False),
    ],
)
def test_names_that_exist_inside_only(name: str, internal: bool) -> None:
    assert names.is_internal(name) is internal
