"""Known CAs: what a certificate or the name of a CA is known as, and whether a root is public.

Only a fingerprint is certain: anybody can name a CA like a public one. What is told by the name alone says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cryptography import x509

from certdoctor.evidence.items import Certificate
from certdoctor.evidence.mozilla import public_roots
from certdoctor.form import Form, Text

SELF = "self"

Group = Literal[
    "lets_encrypt_root",
    "lets_encrypt_y",
    "lets_encrypt_earlier",
    "expired_root",  # once vouched for others, and has expired
    "both_usages",  # issues for servers and clients, outside the browsers' root programmes
    "cloud",  # under which Webex and Cisco's cloud services stand
    "cloud_former",
    "public",
    "cisco",
]


class IssuedForm(Form, frozen=True, kw_only=True):
    """One certificate of a CA. Without `sha256` no source gives its fingerprint: it is told by its name alone."""

    signed_by: str  # "self", or the id of the CA that signed it
    not_after: str = ""  # YYYY-MM-DD
    sha256: str = ""  # of the DER form, lower-case hex
    read: Literal["", "certificate", "printed"] = ""  # the fingerprint was computed, or stands so in the source
    source: str = ""


class AuthorityForm(Form, frozen=True, kw_only=True):
    """A CA: a name with a key, for which there may be several certificates."""

    group: Group
    common_name: str
    organization: str = ""
    also_called: list[str] = []  # other common names that it goes by
    distinct: bool = False  # the common name alone tells: nobody else calls a CA so
    public: Literal["yes", "no", "was"]  # whether Mozilla's root programme trusts it, itself or through its root
    phones: bool = False  # vouches for certificates that phones bring from the factory, and is still valid
    firmware: dict[str, str] = {}  # kind of device -> first firmware that knows this root
    certificates: list[IssuedForm]
    text: Text  # what it is, as a noun phrase
    sources: list[str]


class AuthoritiesForm(Form, frozen=True, kw_only=True):
    """kb/authorities/<topic>.yml"""

    schema: Literal["certdoctor/authorities@1"]
    authorities: dict[str, AuthorityForm]


@dataclass(frozen=True, slots=True)
class Known:
    """What a certificate or a name is known as."""

    id: str
    form: AuthorityForm
    certain: bool  # by its fingerprint; otherwise it only bears the name
    signed_by: str = ""  # common name of the other CA that signed this certificate, where that is known


@cache
def _named(name: str) -> tuple[str, str]:
    """Return common name and organization of a distinguished name (RFC 4514), "" for what it lacks."""
    try:
        parts = x509.Name.from_rfc4514_string(name)
    except ValueError:
        return "", ""

    def first(oid: x509.ObjectIdentifier) -> str:
        return next((str(part.value) for part in parts.get_attributes_for_oid(oid)), "")

    return first(x509.NameOID.COMMON_NAME), first(x509.NameOID.ORGANIZATION_NAME)


class Authorities:
    """The known CAs, to look certificates and names up."""

    def __init__(self, forms: Mapping[str, AuthorityForm]) -> None:
        self.forms = forms
        self._by_fingerprint = {
            issued.sha256: (key, issued) for key, form in forms.items() for issued in form.certificates if issued.sha256
        }
        self._by_name: dict[str, list[str]] = {}
        for key, form in forms.items():
            for name in (form.common_name, *form.also_called):
                self._by_name.setdefault(name, []).append(key)
        self._operators = {
            form.organization for form in forms.values() if form.group in ("lets_encrypt_y", "lets_encrypt_earlier")
        }

    def of(self, certificate: Certificate) -> Known | None:
        """Return what a certificate is known as: by its fingerprint, else by its name."""
        found = self._by_fingerprint.get(certificate.sha256)
        if found is None:
            return self.named(certificate.subject) if certificate.common_name in self._by_name else None
        key, issued = found
        signer = self.forms[issued.signed_by].common_name if issued.signed_by != SELF else ""
        return Known(key, self.forms[key], True, signer)

    def named(self, name: str) -> Known | None:
        """Return the CA that bears a distinguished name."""
        common_name, organization = _named(name)
        for key in self._by_name.get(common_name, ()):
            form = self.forms[key]
            if form.distinct or form.organization == organization:
                return Known(key, form, False)
        return None

    def is_lets_encrypt(self, name: str) -> bool:
        """Tell whether a name is that of an issuing CA of Let's Encrypt, in the table or not."""
        known = self.named(name)
        if known is not None:
            return known.form.group in ("lets_encrypt_y", "lets_encrypt_earlier")
        return _named(name)[1] in self._operators

    def of_phones(self) -> tuple[str, ...]:
        """Return the common names of the CAs that vouch for the certificates built into phones."""
        return tuple(form.common_name for form in self.forms.values() if form.phones)

    def is_public(self, certificate: Certificate) -> bool:
        """Tell whether a root is in Mozilla's list, by its fingerprint or its key."""
        mozilla = public_roots()
        return certificate.sha256 in mozilla.fingerprints or certificate.public_key_sha256 in mozilla.keys

    def bears_public_name(self, name: str) -> bool:
        """Tell whether a name is that of a root in Mozilla's list. Who bears it may be another all the same."""
        return name in public_roots().names

    def above(self, key: str) -> tuple[str, ...]:
        """Return the ids of a CA and of those above it, up to the first root that is public by itself."""
        ids: list[str] = []
        while key not in ids and key in self.forms:
            ids.append(key)
            signers = [issued.signed_by for issued in self.forms[key].certificates]
            if SELF in signers and self.forms[key].public == "yes":
                break
            key = next((signer for signer in signers if signer != SELF), SELF)
        return tuple(ids)

    def root_of(self, known: Known) -> Known:
        """Return the CA at the top above a known one, as its name tells."""
        top = self.above(known.id)[-1]
        return known if top == known.id else Known(top, self.forms[top], False)
