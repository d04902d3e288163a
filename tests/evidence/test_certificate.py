from __future__ import annotations

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from certdoctor.evidence import asn1, certificate, names
from certdoctor.evidence.certificate import EARLIEST, LATEST
from certdoctor.evidence.items import Certificate
from certdoctor.evidence.stored import pem
from tests import pki
from tests.evidence import forge


def read(der: bytes) -> Certificate:
    return certificate.read(der).certificate


RICH_NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Zürich "Groß" + Söhne, <GmbH>; \\ #1'),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, " leading and trailing "),
        x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
        x509.NameAttribute(NameOID.COMMON_NAME, "#first"),
        x509.NameAttribute(NameOID.COMMON_NAME, "second.example.com"),
    ]
)
USAGE = x509.KeyUsage(True, False, True, False, False, False, False, False, False)
ACCESS = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example/i.crt")
        ),
        x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.example")
        ),
    ]
)
POINTS = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example/c.crl")], None, None, None)]
)
NAMES = x509.SubjectAlternativeName(
    [
        x509.DNSName("*.example.com"),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.RFC822Name("a@example.com"),
        x509.UniformResourceIdentifier("sip:x@example.com"),
        x509.DirectoryName(pki.name("dir")),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x01a"),
    ]
)
CONSTRAINTS = x509.NameConstraints([x509.DNSName("example.com")], None)
SAMPLES = {
    "root": pki.ca(),
    "intermediate": pki.intermediate(),
    "leaf": pki.leaf(names=["a.example.com", "192.0.2.1"]),
    "self-signed": pki.self_signed(),
    "no SAN, no EKU": pki.leaf(names=(), purposes=None),
    "RSA": pki.leaf("rsa.example.com", pki.ca("RSA", kind="rsa"), kind="rsa"),
    "Ed25519": pki.ca("Ed", kind="ed25519"),
    "P-384": pki.ca("384", kind="ec384"),
    "DSA": pki.leaf("dsa.example.com", kind="dsa"),
    "everything": pki.issue(
        RICH_NAME,
        pki.intermediate(),
        purposes=pki.BOTH,
        extensions=[(USAGE, True), (ACCESS, False), (POINTS, False), (NAMES, False), (CONSTRAINTS, True)],
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_agrees_with_cryptography(sample: str) -> None:
    theirs = SAMPLES[sample].certificate
    ours = read(SAMPLES[sample].der)
    extensions = {type(e.value): e.value for e in theirs.extensions}
    assert ours.unreadable == ()
    assert ours.subject == theirs.subject.rfc4514_string()
    assert ours.issuer == theirs.issuer.rfc4514_string()
    assert int(ours.serial, 16) == theirs.serial_number
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    assert ours.version == theirs.version.value + 1
    assert ours.signature_algorithm == theirs.signature_algorithm_oid.dotted_string
    assert ours.signature_hash == (theirs.signature_hash_algorithm.name if theirs.signature_hash_algorithm else None)
    assert ours.public_key_sha256 == pki.public_sha256(SAMPLES[sample].key)
    assert ours.key_bits == getattr(theirs.public_key(), "key_size", 256)
    san = extensions.get(x509.SubjectAlternativeName)
    if isinstance(san, x509.SubjectAlternativeName):
        assert list(ours.dns_names) == san.get_values_for_type(x509.DNSName)
        assert list(ours.ip_addresses) == [str(a) for a in san.get_values_for_type(x509.IPAddress)]
    else:
        assert ours.names == ()
    purposes = extensions.get(x509.ExtendedKeyUsage)
    expected = tuple(p.dotted_string for p in purposes) if isinstance(purposes, x509.ExtendedKeyUsage) else None
    assert ours.extended_key_usage == expected
    basic = extensions.get(x509.BasicConstraints)
    assert ours.is_ca == (basic.ca if isinstance(basic, x509.BasicConstraints) else None)
    assert ours.path_length == (basic.path_length if isinstance(basic, x509.BasicConstraints) else None)
    key_id = extensions[x509.SubjectKeyIdentifier]
    assert isinstance(key_id, x509.SubjectKeyIdentifier)
    assert ours.subject_key_id == key_id.digest.hex()
    above = extensions[x509.AuthorityKeyIdentifier]
    assert isinstance(above, x509.AuthorityKeyIdentifier)
    assert above.key_identifier
    assert ours.authority_key_id == above.key_identifier.hex()
    assert ours.self_signed == (SAMPLES[sample].issuer is None)
    assert ours.has_name_constraints == (x509.NameConstraints in extensions)


def test_reads_every_extension() -> None:
    ours = read(SAMPLES["everything"].der)
    assert ours.key_usage == ("digital_signature", "key_encipherment")
    assert ours.ca_issuer_urls == ("http://ca.example/i.crt",)
    assert ours.ocsp_urls == ("http://ocsp.example",)
    assert ours.crl_urls == ("http://crl.example/c.crl",)
    assert ours.ip_addresses == ("2001:db8::1",)
    assert ours.other_names == (
        "email:a@example.com",
        "uri:sip:x@example.com",
        "dirname:CN=dir,O=Example Ltd",
        "rid:1.2.3.4",
        "othername:1.3.6.1.4.1.311.20.2.3",
    )
    assert ours.common_name == "second.example.com"
    assert ours.key_type == "ec"


@pytest.mark.parametrize(
    ("raw", "expected", "unreadable"),
    [
        (forge.utc("280101000000Z"), datetime(2028, 1, 1, tzinfo=UTC), False),
        (forge.utc("500101000000Z"), datetime(1950, 1, 1, tzinfo=UTC), False),
        (forge.utc("491231235959Z"), datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (forge.utc("2801010000Z"), datetime(2028, 1, 1, tzinfo=UTC), True),
        (forge.utc("280101010000+0100"), datetime(2028, 1, 1, tzinfo=UTC), True),
        (forge.utc("280101000000-0130"), datetime(2028, 1, 1, 1, 30, tzinfo=UTC), True),
        (forge.utc("280230000000Z"), LATEST, True),
        (forge.generalized("20280101000000.5Z"), datetime(2028, 1, 1, tzinfo=UTC), True),
        (forge.generalized("99991231235959Z"), LATEST, False),
    ],
)
def test_times(raw: bytes, expected: datetime, unreadable: bool) -> None:
    ours = read(forge.certificate(not_after=raw))
    assert ours.not_after == expected
    assert bool(ours.unreadable) == unreadable


def test_an_unreadable_start_is_not_in_the_future() -> None:
    assert read(forge.certificate(not_before=forge.utc("260230000000Z"))).not_before == EARLIEST


@pytest.mark.parametrize(
    ("octets", "expected"),
    [(b"\0", "00"), (b"\x0a", "0A"), (b"\x01\x00", "0100"), (b"\xff", "-01"), (b"\x00\xff", "FF")],
)
def test_serial_numbers(octets: bytes, expected: str) -> None:
    assert read(forge.certificate(serial=forge.tlv(2, octets))).serial == expected


def test_one_bad_name_does_not_lose_the_others() -> None:
    ours = read(
        forge.certificate(
            extensions=[
                forge.san(forge.dns(b"a.example"), forge.tlv(0x87, b"\1\2\3"), forge.dns(b"b.example")),
                forge.extension(forge.BASIC, forge.tlv(0x30, forge.tlv(1, b"\xff"))),
            ]
        )
    )
    assert ours.dns_names == ("a.example", "b.example")
    assert ours.is_ca is True
    assert len(ours.unreadable) == 1


def test_one_bad_extension_does_not_lose_the_others() -> None:
    ours = read(
        forge.certificate(
            extensions=[
                forge.extension("2.5.29.37", b"\x30\x05\x06\x03\x55"),
                forge.extension("1.3.6.1.5.5.7.1.1", forge.tlv(0x30, forge.tlv(0x30))),
                forge.san(forge.dns(b"a.example")),
            ]
        )
    )
    assert ours.dns_names == ("a.example",)
    assert ours.extended_key_usage is None
    assert len(ours.unreadable) == 2


def test_absent_is_not_empty() -> None:
    ours = read(forge.certificate(extensions=[forge.extension("2.5.29.37", forge.tlv(0x30))]))
    assert ours.extended_key_usage == ()
    assert read(forge.certificate()).extended_key_usage is None


def test_a_nul_in_a_name_stays_in_it() -> None:
    ours = read(forge.certificate(extensions=[forge.san(forge.dns(b"a.example\0.evil"))]))
    assert ours.dns_names == ("a.example\0.evil",)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (forge.utf8("Example CA"), forge.tlv(0x13, b"Example CA"), True),
        (forge.utf8("Example CA"), forge.utf8("EXAMPLE  ca "), True),
        (forge.utf8("Example CA"), forge.utf8("Example CA 2"), False),
        (forge.utf8("Zürich"), forge.tlv(0x1E, "Zürich".encode("utf-16-be")), True),
        (forge.utf8("Zürich"), forge.utf8("ZÜRICH"), False),
    ],
)
def test_names_are_equal_where_openssl_takes_them_as_equal(one: bytes, other: bytes, equal: bool) -> None:
    assert (names.read(forge.name(one)).key == names.read(forge.name(other)).key) == equal
    assert _openssl_finds_issuer(one, other) == equal


def _openssl_finds_issuer(issuer: bytes, subject: bytes) -> bool:
    """Whether OpenSSL takes a certificate with this subject as the issuer that is asked for."""
    ca = forge.certificate(
        subject=forge.name(subject),
        extensions=[forge.extension(forge.BASIC, forge.tlv(0x30, forge.tlv(1, b"\xff")), forge.tlv(1, b"\xff"))],
    )
    leaf = forge.certificate(subject=forge.name(forge.utf8("leaf")), issuer=forge.name(issuer))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca)
    return _verifies(context, leaf)


def _verifies(context: ssl.SSLContext, leaf: bytes) -> bool:
    """Verify by a handshake in memory: a server that presents `leaf`, a client that trusts `context`."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pki.key_pem(pki.key("forged")) + pem("CERTIFICATE", leaf))
        file.flush()
        server.load_cert_chain(file.name)
    context.check_hostname = False
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_end = context.wrap_bio(to_client, to_server)
    server_end = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for end in (client_end, server_end):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
            except ssl.SSLError:
                return False
    return True


@pytest.mark.parametrize(
    "der", [b"", b"\x30", b"\x30\x00", b"\x30\x80\0\0", b"\x05\0", pki.leaf().der + b"\0", b"\x30\x82\xff\xff\0"]
)
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(asn1.Malformed):
        certificate.read(der)


def test_deep_nesting_ends_in_an_error_of_ours() -> None:
    for bomb in (b"\x30\x80" * 5000, b"\x24\x80" * 5000 + b"\0\0" * 5000):
        with pytest.raises(asn1.Malformed):
            asn1.content(bomb, asn1.read(bomb))
