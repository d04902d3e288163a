"""DER -> SigningRequest (RFC 2986) and RevocationList (RFC 5280 section 5)."""

from __future__ import annotations

from datetime import datetime

from certdoctor.evidence import asn1, certificate, keys, names
from certdoctor.evidence.items import RevocationList, SigningRequest

# extensionRequest, and Microsoft's older name for the same
_EXTENSION_REQUESTS = ("1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14")


def signing_request(der: bytes) -> SigningRequest:
    """Read one PKCS#10 request.

    Raises:
        asn1.Malformed: it is none, or damaged.
    """
    fields = asn1.children(der, _first(asn1.parts(der)))
    if len(fields) < 3:
        raise asn1.Malformed("fields of the request are missing")
    subject = names.read(asn1.raw(der, fields[1]))
    alternative = certificate.AlternativeNames()
    purposes = None
    for field in fields[3:]:
        for oid, value in _requested(der, field):
            if oid == "2.5.29.17":
                alternative = certificate.alternative_names(value)
            elif oid == "2.5.29.37":
                purposes = certificate.purposes(value)
    return SigningRequest(
        der=der,
        subject=subject.text,
        common_name=subject.common_name,
        dns_names=alternative.dns,
        ip_addresses=alternative.ip,
        other_names=alternative.other,
        extended_key_usage=purposes,
        public_key_sha256=keys.public(asn1.raw(der, fields[2])).sha256,
    )


def _requested(der: bytes, attributes: asn1.Element) -> list[tuple[str, bytes]]:
    found = []
    for attribute in asn1.children(der, attributes):
        members = asn1.children(der, attribute)
        if len(members) != 2 or asn1.oid(der, members[0]) not in _EXTENSION_REQUESTS:
            continue
        for extensions in asn1.children(der, members[1]):
            for extension in asn1.children(der, extensions):
                pair = asn1.children(der, extension)
                found.append((asn1.oid(der, _first(pair)), asn1.content(der, pair[-1])))
    return found


def _first(elements: list[asn1.Element]) -> asn1.Element:
    if not elements:
        raise asn1.Malformed("it is empty")
    return elements[0]


def revocation_list(der: bytes) -> RevocationList:
    """Read one CRL.

    Raises:
        asn1.Malformed: it is none, or damaged.
    """
    fields = asn1.children(der, _first(asn1.parts(der)))
    if fields and fields[0].tag == asn1.INTEGER:
        fields.pop(0)
    if len(fields) < 3:
        raise asn1.Malformed("fields of the list are missing")
    issuer = names.read(asn1.raw(der, fields[1]))
    this_update = _moment(der, fields[2])
    rest = fields[3:]
    next_update = None
    if rest and rest[0].tag in (asn1.UTC_TIME, asn1.GENERALIZED_TIME):
        next_update = _moment(der, rest.pop(0))
    revoked = set()
    key_id = None
    for field in rest:
        if field.tag == asn1.SEQUENCE:
            for entry in asn1.children(der, field):
                serial = asn1.read(der, entry.body, entry.stop)
                revoked.add(certificate.serial_text(asn1.integer(der, serial)))
        elif field.tag == 0xA0:
            key_id = _key_id(der, field)
    return RevocationList(
        der=der,
        issuer=issuer.text,
        issuer_key=issuer.key,
        this_update=this_update,
        next_update=next_update,
        revoked_serials=frozenset(revoked),
        authority_key_id=key_id,
    )


def _key_id(der: bytes, field: asn1.Element) -> str | None:
    for extensions in asn1.children(der, field):
        for extension in asn1.children(der, extensions):
            members = asn1.children(der, extension)
            if len(members) > 1 and asn1.oid(der, members[0]) == "2.5.29.35":
                return certificate.authority_key_id(asn1.content(der, members[-1]))
    return None


def _moment(der: bytes, element: asn1.Element) -> datetime:
    moment = certificate.time_of(element.tag, asn1.content(der, element).decode("latin-1"))
    if moment is None:
        raise asn1.Malformed("its time cannot be read")
    return moment
