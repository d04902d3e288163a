"""What is said of a CA certificate beyond its fields: which known CA it is, and whether it is public."""

from __future__ import annotations

from collections.abc import Iterator

from certdoctor.evidence.items import Certificate, Evidence
from certdoctor.facts.authorities import SELF, Authorities, Known
from certdoctor.language import _


def known_cas(evidence: Evidence, authorities: Authorities, lang: str) -> Iterator[tuple[str, str]]:
    """Yield the fingerprint of every CA certificate of which something is known, with the sentence on it."""
    for sha256, places in evidence.certificates().items():
        certificate = places[0].certificate
        if certificate.is_ca or certificate.self_signed:
            sentence = known_as(certificate, authorities, lang)
            if sentence:
                yield sha256, sentence


def known_as(certificate: Certificate, authorities: Authorities, lang: str) -> str:
    """Return the sentence on one certificate, "" where there is nothing to say.

    Args:
        certificate: a CA certificate, or a self-signed one.
        authorities: the known CAs.
        lang: language of what the knowledge says; the rest is in the current language.
    """
    known = authorities.of(certificate)
    told = _named(known, lang) if known is not None else ""
    if not certificate.self_signed:
        return told
    public = authorities.is_public(certificate)
    standing = _("public root (Mozilla's list)") if public else _("not in Mozilla's list of public roots")
    return f"{told}; {standing}" if told else standing


def _named(known: Known, lang: str) -> str:
    name, what = known.form.common_name, known.form.text.get("de" if lang == "de" else "en", "")
    if known.certain and known.signed_by and any(issued.signed_by == SELF for issued in known.form.certificates):
        return _("{name} cross-signed by {signer}: {what}").format(name=name, signer=known.signed_by, what=what)
    if known.certain:
        return _("{name}: {what}").format(name=name, what=what)
    complete = all(issued.sha256 for issued in known.form.certificates)
    if complete:
        return _("bears the name of {name} ({what}), but is none of its known certificates").format(
            name=name, what=what
        )
    return _("bears the name of {name} ({what}); its fingerprint is not known").format(name=name, what=what)
