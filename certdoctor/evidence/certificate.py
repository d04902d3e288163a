"""DER -> Certificate (RFC 5280). A part that is malformed is named in `unreadable`; it never loses the rest."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509

from certdoctor.evidence import asn1, keys, names, signatures, wording
from certdoctor.evidence.items import Certificate

# What an end of validity is taken for that cannot be read: OpenSSL judges it, we do not claim that it is past.
EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Reading(NamedTuple):
    """A certificate and what was noticed while reading it."""

    certificate: Certificate
    strict_error: str  # why a strict reader (cryptography) refuses it, "" where it accepts it
    openssl_accepts: bool


class AlternativeNames(NamedTuple):
    """GeneralNames (RFC 5280 section 4.2.1.6)."""

    dns: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def read(der: bytes) -> Reading:
    """Read one certificate.

    Args:
        der: exactly one certificate in DER or BER.

    Raises:
        asn1.Malformed: neither cryptography nor OpenSSL accepts it, or it has not the shape of a certificate.
    """
    try:
        certificate = _decoded(der)
    except IndexError as error:
        raise asn1.Malformed("parts of the certificate are missing") from error
    strict_error = _strict_error(der)
    # OpenSSL is only asked where there is doubt: it accepts all that is without fault.
    openssl_accepts = not (strict_error or certificate.unreadable) or openssl_reads(der)
    if strict_error and not openssl_accepts:
        raise asn1.Malformed(strict_error)
    return Reading(certificate, strict_error, openssl_accepts)


_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep cryptography from warning of odd certificates: what is odd is told as a remark.

    `read` does this for each certificate by itself; around a loop over thousands it is done once.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = _QUIET.set(True)
        try:
            yield
        finally:
            _QUIET.reset(before)


def _strict_error(der: bytes) -> str:
    if not _QUIET.get():
        with quietly():
            return _strict_error(der)
    try:
        x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        return _in_words(str(error))
    return ""


def _in_words(error: str) -> str:
    """cryptography's ParseError, without its braces."""
    kind = re.search(r"kind: (\w+)", error)
    place = re.findall(r'"(?:\w+::)?(\w+)"', error)
    if not kind:
        return error
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", kind[1]).lower()
    return f"{words} in {' / '.join(place)}" if place else words


def openssl_reads(der: bytes) -> bool:
    """Tell whether this machine's OpenSSL (d2i_X509) accepts the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=der)
    except (ssl.SSLError, ValueError, OSError):
        return False
    # Asking the context for what it holds now would leave errors in OpenSSL's queue for the next caller.
    return True


class _Extensions:
    """The decoded extensions; each fault is collected in `faults`."""

    def __init__(self) -> None:
        self.alternative = AlternativeNames()
        self.extended_key_usage: tuple[str, ...] | None = None
        self.key_usage: tuple[str, ...] | None = None
        self.is_ca: bool | None = None
        self.path_length: int | None = None
        self.subject_key_id: str | None = None
        self.authority_key_id: str | None = None
        self.ca_issuers: tuple[str, ...] = ()
        self.ocsp: tuple[str, ...] = ()
        self.crls: tuple[str, ...] = ()
        self.has_name_constraints = False


_EXTENSION_NAMES = {
    "2.5.29.14": "subject key identifier",
    "2.5.29.15": "key usage",
    "2.5.29.17": "subject alternative name",
    "2.5.29.19": "basic constraints",
    "2.5.29.30": "name constraints",
    "2.5.29.31": "CRL distribution points",
    "2.5.29.35": "authority key identifier",
    "2.5.29.37": "extended key usage",
    "1.3.6.1.5.5.7.1.1": "authority information access",
}


def _decoded(der: bytes) -> Certificate:
    outer = asn1.read(der)
    if outer.tag != asn1.SEQUENCE:
        raise asn1.Malformed("a certificate begins with a SEQUENCE")
    if outer.end != len(der):
        raise asn1.Malformed("data follows the certificate")
    body, algorithm, _signature = _exactly(3, asn1.children(der, outer))
    fields = asn1.children(der, body)
    faults: list[str] = []

    version = 1
    if fields and fields[0].tag == 0xA0:
        version = asn1.integer(der, asn1.children(der, fields.pop(0))[0]) + 1
        if version not in (1, 2, 3):
            faults.append(_fault(wording.PART_VERSION, wording.WHY_VERSION.format(version=version)))
    if len(fields) < 6:
        raise asn1.Malformed("fields of the certificate are missing")
    serial = asn1.integer(der, fields[0])
    issuer = _name(asn1.raw(der, fields[2]), wording.PART_ISSUER, faults)
    validity = asn1.children(der, fields[3])
    if len(validity) != 2:
        raise asn1.Malformed("the validity has not two times")
    not_before = _time(der, validity[0], wording.PART_NOT_BEFORE, EARLIEST, faults)
    not_after = _time(der, validity[1], wording.PART_NOT_AFTER, LATEST, faults)
    subject = _name(asn1.raw(der, fields[4]), wording.PART_SUBJECT, faults)
    spki = asn1.raw(der, fields[5])
    key = keys.public(spki)
    if not key.sound:
        faults.append(_fault(wording.PART_KEY, wording.WHY_KEY))

    extensions = _Extensions()
    for field in fields[6:]:
        if field.tag == 0xA3:
            try:
                _read_extensions(der, field, extensions, faults)
            except asn1.Malformed as error:
                faults.append(_fault(wording.PART_EXTENSIONS, str(error)))
    faults.extend(extensions.alternative.faults)

    used = signatures.algorithm(asn1.raw(der, algorithm))
    if issuer.key == subject.key and not signatures.verifiable(spki, used):
        faults.append(_fault(wording.PART_SIGNATURE, wording.WHY_NOT_CHECKED))

    return Certificate(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        subject=subject.text,
        issuer=issuer.text,
        subject_key=subject.key,
        issuer_key=issuer.key,
        common_name=subject.common_name,
        serial=serial_text(serial),
        not_before=not_before,
        not_after=not_after,
        version=version,
        dns_names=extensions.alternative.dns,
        ip_addresses=extensions.alternative.ip,
        other_names=extensions.alternative.other,
        extended_key_usage=extensions.extended_key_usage,
        key_usage=extensions.key_usage,
        is_ca=extensions.is_ca,
        path_length=extensions.path_length,
        subject_key_id=extensions.subject_key_id,
        authority_key_id=extensions.authority_key_id,
        public_key_sha256=key.sha256,
        key_type=key.type,
        key_bits=key.bits,
        signature_algorithm=used.oid,
        signature_hash=used.hash,
        ca_issuer_urls=extensions.ca_issuers,
        ocsp_urls=extensions.ocsp,
        crl_urls=extensions.crls,
        has_name_constraints=extensions.has_name_constraints,
        unreadable=tuple(faults),
    )


def _exactly(count: int, elements: list[asn1.Element]) -> list[asn1.Element]:
    if len(elements) != count:
        raise asn1.Malformed("it has not the parts of a certificate")
    return elements


def _fault(part: str, why: str) -> str:
    return wording.PART.format(part=part, why=why)


def serial_text(serial: int) -> str:
    """Return a serial number as OpenSSL prints it: upper-case hex, two digits a byte."""
    digits = f"{abs(serial):X}"
    return ("-" if serial < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)


def _name(der: bytes, part: str, faults: list[str]) -> names.Name:
    try:
        name = names.read(der)
    except asn1.Malformed as error:
        faults.append(_fault(part, str(error)))
        return names.Name("", hashlib.sha256(der).hexdigest(), None, False)
    if not name.sound:
        faults.append(_fault(part, wording.WHY_STRING))
    return name


_TIMES = {
    asn1.UTC_TIME: re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?()(Z|[+-]\d{4})?"),
    asn1.GENERALIZED_TIME: re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?([.,]\d+)?(Z|[+-]\d{4})?"),
}


def _time(der: bytes, element: asn1.Element, part: str, otherwise: datetime, faults: list[str]) -> datetime:
    text = asn1.content(der, element).decode("latin-1")
    moment = time_of(element.tag, text)
    if moment is None:
        faults.append(_fault(part, wording.WHY_TIME.format(text=text)))
        return otherwise
    if len(text) != (13 if element.tag == asn1.UTC_TIME else 15) or text[-1] != "Z":
        faults.append(_fault(part, wording.WHY_TIME_FORM.format(text=text)))
    return moment


def time_of(tag: int, text: str) -> datetime | None:
    """Return the time that a UTCTime or GeneralizedTime means (RFC 5280 section 4.1.2.5), or None.

    Missing seconds, fractions and offsets are understood although RFC 5280 forbids them.
    """
    match = _TIMES[tag].fullmatch(text) if tag in _TIMES and text.isascii() else None
    if match is None:
        return None
    year = int(match[1])
    if tag == asn1.UTC_TIME:
        year += 1900 if year >= 50 else 2000
    try:
        moment = datetime(
            year, int(match[2]), int(match[3]), int(match[4]), int(match[5] or 0), int(match[6] or 0), tzinfo=UTC
        )
        zone = match[8]
        if zone and zone != "Z":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
            moment -= offset if zone[0] == "+" else -offset
    except (ValueError, OverflowError):
        return None
    return moment


def _read_extensions(der: bytes, field: asn1.Element, into: _Extensions, faults: list[str]) -> None:
    seen: set[str] = set()
    for outer in asn1.children(der, field):
        for element in asn1.children(der, outer):
            oid, meaning, why_not = _extension(asn1.raw(der, element))
            if oid in seen:
                faults.append(_fault(_EXTENSION_NAMES.get(oid, oid), wording.WHY_TWICE))
                continue
            seen.add(oid)
            if why_not:
                faults.append(_fault(_EXTENSION_NAMES[oid], why_not))
            for name, value in meaning:
                setattr(into, name, value)


@lru_cache(maxsize=4096)
def _extension(der: bytes) -> tuple[str, tuple[tuple[str, object], ...], str]:
    """The OID of an extension, what it says (in the words of `_Extensions`), and why it cannot be understood.

    It is remembered, as most extensions are the same in all certificates of a CA.

    Raises:
        asn1.Malformed: it is no extension.
    """
    members = asn1.parts(der)
    if len(members) < 2:
        raise asn1.Malformed("an extension lacks its value")
    oid = asn1.oid(der, members[0])
    if oid not in _EXTENSION_NAMES:
        return oid, (), ""
    try:
        return oid, tuple(_meaning(oid, asn1.content(der, members[-1])).items()), ""
    except asn1.Malformed as error:
        return oid, (), str(error)
    except (IndexError, ValueError):
        return oid, (), wording.WHY_INCOMPLETE


def _meaning(oid: str, value: bytes) -> dict[str, object]:
    match oid:
        case "2.5.29.17":
            return {"alternative": alternative_names(value)}
        case "2.5.29.37":
            return {"extended_key_usage": purposes(value)}
        case "2.5.29.15":
            return {"key_usage": _key_usage(value)}
        case "2.5.29.19":
            is_ca, path_length = _basic_constraints(value)
            return {"is_ca": is_ca, "path_length": path_length}
        case "2.5.29.14":
            return {"subject_key_id": asn1.content(value, asn1.read(value)).hex()}
        case "2.5.29.35":
            return {"authority_key_id": authority_key_id(value)}
        case "1.3.6.1.5.5.7.1.1":
            issuers, ocsp = _access(value)
            return {"ca_issuers": issuers, "ocsp": ocsp}
        case "2.5.29.31":
            return {"crls": _distribution_points(value)}
        case _:
            return {"has_name_constraints": True}


def alternative_names(value: bytes) -> AlternativeNames:
    """Return the GeneralNames in `value`; those before a damaged one are kept.

    Raises:
        asn1.Malformed: it is no list of names.
    """
    dns: list[str] = []
    ip: list[str] = []
    other: list[str] = []
    faults: list[str] = []
    part = _EXTENSION_NAMES["2.5.29.17"]
    outer = asn1.read(value)
    if outer.tag != asn1.SEQUENCE:
        raise asn1.Malformed("it is no list of names")
    at = outer.body
    while at < outer.stop:
        try:
            element = asn1.read(value, at, outer.stop)
        except asn1.Malformed as error:
            faults.append(_fault(part, str(error)))
            break
        at = element.end
        try:
            _general_name(value, element, dns, ip, other)
        except asn1.Malformed as error:
            faults.append(_fault(part, str(error)))
        except IndexError:
            faults.append(_fault(part, wording.WHY_INCOMPLETE))
    if outer.body == outer.stop:
        faults.append(_fault(part, wording.WHY_EMPTY))
    return AlternativeNames(tuple(dns), tuple(ip), tuple(other), tuple(faults))


def _general_name(value: bytes, element: asn1.Element, dns: list[str], ip: list[str], other: list[str]) -> None:
    octets = value[element.body : element.stop]
    number = element.tag & 0x1F
    if number == 2:
        dns.append(_ia5(octets))
    elif number == 7:
        if len(octets) not in (4, 16):
            raise asn1.Malformed(wording.WHY_ADDRESS.format(count=len(octets)))
        ip.append(str(ipaddress.ip_address(octets)))
    elif number == 1:
        other.append("email:" + _ia5(octets))
    elif number == 6:
        other.append("uri:" + _ia5(octets))
    elif number == 4:
        other.append("dirname:" + names.read(octets).text)
    elif number == 0:
        other.append("othername:" + asn1.oid(value, asn1.children(value, element)[0]))
    elif number == 8:
        registered = b"\x06" + value[element.start + 1 : element.end]
        other.append("rid:" + asn1.oid(registered, asn1.read(registered)))
    else:
        other.append(f"name {number}:" + octets.hex())


def _ia5(octets: bytes) -> str:
    """IA5String as text; what is not ASCII stays visible."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def purposes(value: bytes) -> tuple[str, ...]:
    """Return the OIDs of an extended key usage.

    Raises:
        asn1.Malformed: it is no list of OIDs.
    """
    return tuple(asn1.oid(value, element) for element in asn1.parts(value))


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _key_usage(value: bytes) -> tuple[str, ...]:
    octets = asn1.bits(value, asn1.read(value))
    return tuple(
        usage
        for position, usage in enumerate(_USAGES)
        if position // 8 < len(octets) and octets[position // 8] & (0x80 >> position % 8)
    )


def _basic_constraints(value: bytes) -> tuple[bool, int | None]:
    is_ca, path_length = False, None
    for element in asn1.parts(value):
        if element.tag == asn1.BOOLEAN:
            is_ca = any(value[element.body : element.stop])
        elif element.tag == asn1.INTEGER:
            path_length = asn1.integer(value, element)
    return is_ca, path_length


def authority_key_id(value: bytes) -> str | None:
    """Return the key identifier of an authority key identifier extension, lower-case hex.

    Raises:
        asn1.Malformed: it is no such extension.
    """
    return next((asn1.content(value, e).hex() for e in asn1.parts(value) if e.tag == 0x80), None)


def _access(value: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    issuers: list[str] = []
    ocsp: list[str] = []
    for description in asn1.parts(value):
        method, location = asn1.children(value, description)[:2]
        if location.tag != 0x86:
            continue
        url = _ia5(value[location.body : location.stop])
        match asn1.oid(value, method):
            case "1.3.6.1.5.5.7.48.2":
                issuers.append(url)
            case "1.3.6.1.5.5.7.48.1":
                ocsp.append(url)
    return tuple(issuers), tuple(ocsp)


def _distribution_points(value: bytes) -> tuple[str, ...]:
    urls = []
    for point in asn1.parts(value):
        for field in asn1.children(value, point):
            if field.tag != 0xA0:
                continue
            for name in asn1.children(value, field):
                if name.tag == 0xA0:
                    urls += [_ia5(value[e.body : e.stop]) for e in asn1.children(value, name) if e.tag == 0x86]
    return tuple(urls)
