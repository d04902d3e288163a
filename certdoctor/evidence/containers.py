"""What DER or BER data holds: certificates, requests, CRLs, PKCS#7 bundles, PFX files, keys."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from certdoctor.evidence import asn1, certificate, keys, request, wording
from certdoctor.evidence.items import (
    Found,
    KeyNotice,
    Origin,
    Problem,
    RevocationList,
    SigningRequest,
)
from certdoctor.limits import Limits


class Sort(StrEnum):
    """What one element of DER is."""

    CERTIFICATE = wording.LOOKS_CERTIFICATE
    REQUEST = wording.LOOKS_REQUEST
    CRL = wording.LOOKS_CRL
    PKCS7 = wording.LOOKS_PKCS7
    PFX = wording.LOOKS_PFX
    KEY = wording.LOOKS_KEY
    ENCRYPTED_KEY = "encrypted private key"
    PUBLIC_KEY = wording.LOOKS_PUBLIC_KEY
    OCSP = wording.LOOKS_OCSP
    UNKNOWN = wording.LOOKS_BINARY


_SIGNED_DATA = "1.2.840.113549.1.7.2"


def sort(data: bytes, element: asn1.Element) -> Sort:
    """Tell what an element is, by its shape and not by any label."""
    if element.tag != asn1.SEQUENCE:
        return Sort.UNKNOWN
    try:
        parts = asn1.children(data, element)
        if not parts:
            return Sort.UNKNOWN
        tags = [part.tag for part in parts]
        match tags:
            case [asn1.OID, *_]:
                return Sort.PKCS7
            case [asn1.ENUMERATED, *_]:
                return Sort.OCSP
            case [asn1.INTEGER, asn1.SEQUENCE, asn1.OCTET_STRING, *_]:
                return Sort.KEY
            case [asn1.INTEGER, asn1.OCTET_STRING, *_]:
                return Sort.KEY
            case [asn1.INTEGER, asn1.SEQUENCE, *_] if asn1.integer(data, parts[0]) == 3:
                return Sort.PFX
            case [asn1.INTEGER, *rest] if len(rest) >= 5 and set(tags) == {asn1.INTEGER}:
                return Sort.KEY
            case [asn1.SEQUENCE, asn1.OCTET_STRING]:
                return Sort.ENCRYPTED_KEY
            case [asn1.SEQUENCE, asn1.BIT_STRING]:
                return Sort.PUBLIC_KEY
            case [asn1.SEQUENCE, asn1.SEQUENCE, asn1.BIT_STRING | 0x23]:
                if data[parts[0].body : parts[0].body + 1] == b"\xa0":  # [0] version
                    return Sort.CERTIFICATE
                return _sort_signed(asn1.children(data, parts[0]))
    except asn1.Malformed:
        pass
    return Sort.UNKNOWN


def _sort_signed(body: list[asn1.Element]) -> Sort:
    tags = [part.tag for part in body]
    match tags:
        case [asn1.INTEGER, asn1.SEQUENCE, asn1.SEQUENCE, asn1.SEQUENCE, asn1.SEQUENCE, *_]:
            return Sort.CERTIFICATE  # version 1
        case [asn1.INTEGER, asn1.SEQUENCE, asn1.SEQUENCE, asn1.UTC_TIME | asn1.GENERALIZED_TIME, *_]:
            return Sort.CRL
        case [asn1.SEQUENCE, asn1.SEQUENCE, asn1.UTC_TIME | asn1.GENERALIZED_TIME, *_]:
            return Sort.CRL
        case [asn1.INTEGER, asn1.SEQUENCE, asn1.SEQUENCE] | [asn1.INTEGER, asn1.SEQUENCE, asn1.SEQUENCE, 0xA0]:
            return Sort.REQUEST
    return Sort.UNKNOWN


@dataclass(slots=True)
class Gathering:
    """What is found in one document, while it is being read."""

    origin: Origin
    limits: Limits
    passwords: Sequence[str] = ()
    found: list[Found] = field(default_factory=list)
    requests: list[SigningRequest] = field(default_factory=list)
    revocation_lists: list[RevocationList] = field(default_factory=list)
    keys: list[KeyNotice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: dict[str, None] = field(default_factory=dict)  # in order, each once
    needs_password: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing usable was found."""
        return not (self.found or self.requests or self.revocation_lists or self.keys)

    def problem(self, place: str, looks_like: str, reason: str, remedy: str) -> None:
        """Note why something could not be read."""
        self.problems.append(Problem(self.origin.at(place), looks_like, reason, remedy))

    def remark(self, text: str) -> None:
        """Note, once, why a box may refuse what was read."""
        self.remarks[text] = None

    def key(self, notice: KeyNotice) -> None:
        """Note that a private key stood here."""
        self.keys.append(notice)
        self.remark(wording.REMARK_KEY_ENCRYPTED if notice.encrypted else wording.REMARK_KEY)

    def certificate(self, der: bytes, place: str) -> bool:
        """Add a certificate, or the problem why it cannot be read. Return whether there is room for more."""
        if len(self.found) >= self.limits.certificates_per_document:
            limit = self.limits.certificates_per_document
            reason = wording.TOO_MANY_CERTIFICATES.format(limit=limit)
            self.problem(place, wording.LOOKS_CERTIFICATE, reason, wording.TOO_LARGE_REMEDY)
            return False
        if len(der) > self.limits.certificate_bytes:
            reason = wording.CERTIFICATE_TOO_LARGE.format(limit=self.limits.certificate_bytes)
            self.problem(place, wording.LOOKS_CERTIFICATE, reason, wording.TOO_LARGE_REMEDY)
            return True
        try:
            reading = certificate.read(der)
        except asn1.Malformed as error:
            reason = wording.NOT_A_CERTIFICATE.format(why=error)
            self.problem(place, wording.LOOKS_CERTIFICATE, reason, wording.NOT_A_CERTIFICATE_REMEDY)
            return True
        self.found.append(Found(reading.certificate, self.origin.at(place)))
        if reading.strict_error:
            self.remark(wording.REMARK_ONLY_OPENSSL.format(place=_title(place), why=reading.strict_error))
        elif not reading.openssl_accepts:
            self.remark(wording.REMARK_NOT_OPENSSL.format(place=_title(place)))
        for fault in reading.certificate.unreadable:
            self.remark(wording.REMARK_UNREADABLE.format(place=_title(place), why=fault))
        return True

    def element(self, data: bytes, element: asn1.Element, place: str) -> Sort:
        """Add whatever one element is, or the problem why it cannot be read."""
        kind = sort(data, element)
        der = asn1.raw(data, element)
        match kind:
            case Sort.CERTIFICATE:
                self.certificate(der, place)
            case Sort.REQUEST:
                try:
                    self.requests.append(request.signing_request(der))
                except asn1.Malformed as error:
                    reason = wording.REQUEST_BROKEN.format(why=error)
                    self.problem(place, kind, reason, wording.REQUEST_BROKEN_REMEDY)
            case Sort.CRL:
                try:
                    self.revocation_lists.append(request.revocation_list(der))
                except asn1.Malformed as error:
                    reason = wording.CRL_BROKEN.format(why=error)
                    self.problem(place, kind, reason, wording.CRL_BROKEN_REMEDY)
            case Sort.PKCS7:
                self._pkcs7(der, place)
            case Sort.PFX:
                self._pfx(der, place)
            case Sort.KEY:
                self.key(keys.notice_of_der(der))
            case Sort.ENCRYPTED_KEY:
                self.key(KeyNotice(None, encrypted=True))
            case Sort.PUBLIC_KEY:
                self.problem(place, kind, wording.PUBLIC_KEY, wording.PUBLIC_KEY_REMEDY)
            case Sort.OCSP:
                self.problem(place, kind, wording.OCSP, wording.OCSP_REMEDY)
            case Sort.UNKNOWN:
                pass  # the caller knows what it looks like from outside
        return kind

    def _pkcs7(self, der: bytes, place: str) -> None:
        """SignedData (RFC 2315 section 9.1): its certificates and CRLs."""
        try:
            oid, *rest = asn1.parts(der)
            if asn1.oid(der, oid) != _SIGNED_DATA or not rest:
                self.problem(place, Sort.PKCS7, wording.PKCS7_OTHER, wording.PKCS7_REMEDY)
                return
            (signed,) = asn1.children(der, rest[0])
            fields = asn1.children(der, signed)
        except (asn1.Malformed, ValueError) as error:
            self.problem(place, Sort.PKCS7, wording.PKCS7_BROKEN.format(why=error), wording.PKCS7_REMEDY)
            return
        count = 0
        for held in fields:
            if held.tag not in (0xA0, 0xA1):
                continue
            at = held.body
            while at < held.stop:
                count += 1
                inner = f"{place}, certificate {count}" if place else f"certificate {count}"
                try:
                    element = asn1.read(der, at, held.stop)
                except asn1.Malformed as error:
                    reason = wording.PKCS7_BROKEN.format(why=error)
                    self.problem(inner, Sort.PKCS7, reason, wording.PKCS7_REMEDY)
                    break
                at = element.end
                if held.tag == 0xA1 or sort(der, element) == Sort.CRL:
                    self.element(der, element, inner)
                elif not self.certificate(asn1.raw(der, element), inner):
                    return
        if not count:
            self.problem(place, Sort.PKCS7, wording.PKCS7_EMPTY, wording.PKCS7_EMPTY_REMEDY)

    def _pfx(self, der: bytes, place: str) -> None:
        """PKCS#12 (RFC 7292): given passwords are tried first, then none and the empty one."""
        rounds = _rounds(der)
        if rounds > self.limits.kdf_iterations:
            reason = wording.PFX_EXPENSIVE.format(count=rounds, limit=self.limits.kdf_iterations)
            self.problem(place, Sort.PFX, reason, wording.PFX_EXPENSIVE_REMEDY)
            return
        tried: list[bytes | None] = [*(p.encode() for p in self.passwords), None, b""]
        error: Exception | None = None
        for password in tried:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    content = pkcs12.load_pkcs12(der, password)
            except (ValueError, UnsupportedAlgorithm, TypeError) as refused:
                error = refused
                if "password" not in str(refused).lower():
                    break
                continue
            self._pfx_content(content, place)
            return
        if "password" in str(error).lower():
            self.needs_password = True
            self.problem(place, Sort.PFX, wording.PFX_PASSWORD, wording.PFX_PASSWORD_REMEDY)
        else:
            reason = wording.PFX_BROKEN.format(why=error)
            remedy = wording.PFX_BROKEN_REMEDY.format(file=self.origin.source)
            self.problem(place, Sort.PFX, reason, remedy)

    def _pfx_content(self, content: pkcs12.PKCS12KeyAndCertificates, place: str) -> None:
        if content.key is not None:
            self.key(KeyNotice(keys.public_digest(content.key), encrypted=False))
        held = [content.cert] if content.cert else []
        held += content.additional_certs
        for number, item in enumerate(held, 1):
            inner = f"{place}, certificate {number}" if place else f"certificate {number}"
            if not self.certificate(item.certificate.public_bytes(Encoding.DER), inner):
                return
        if not held:
            self.problem(place, Sort.PFX, wording.PFX_EMPTY, wording.PFX_BROKEN_REMEDY.format(file="…"))


# PBES1 and PKCS#12 schemes (RFC 8018, RFC 7292), and PBKDF2: {salt, iterations} follow the identifier
_DERIVATIONS = ("1.2.840.113549.1.5.", "1.2.840.113549.1.12.1.")


def _rounds(der: bytes) -> int:
    """The highest number of rounds that a PFX asks for, as far as it can be seen from outside."""
    highest = 1
    try:
        outer = asn1.parts(der)
        if len(outer) > 2:  # MacData
            mac = asn1.children(der, outer[2])
            highest = max([1, *(asn1.integer(der, e) for e in mac if e.tag == asn1.INTEGER)])
        waiting = [(der, outer[1], 0)]
        while waiting:
            data, element, depth = waiting.pop()
            if depth > 24:
                continue
            if element.tag == asn1.OCTET_STRING:
                inner = asn1.content(data, element)
                if inner[:1] == b"\x30":
                    waiting.append((inner, asn1.read(inner), depth + 1))
                continue
            if not element.tag & 0x20:
                continue
            members = asn1.children(data, element)
            if len(members) == 2 and members[0].tag == asn1.OID:
                oid = asn1.oid(data, members[0])
                if oid.startswith(_DERIVATIONS) and members[1].tag == asn1.SEQUENCE:
                    numbers = [e for e in asn1.children(data, members[1]) if e.tag == asn1.INTEGER]
                    highest = max([highest, *(asn1.integer(data, e) for e in numbers)])
            waiting += [(data, member, depth + 1) for member in members]
    except (asn1.Malformed, IndexError):
        return highest
    return highest


def _title(place: str) -> str:
    return place[:1].upper() + place[1:] if place else wording.LOOKS_CERTIFICATE.capitalize()
