"""Connections of Expressway-C to UC nodes: a node beside its siblings, and what SIP over TLS 1.3 and OAuth add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from certdoctor.deployment import expressway, names
from certdoctor.deployment.model import CLIENT, SERVER, Judgement, Outcome
from certdoctor.facts.derive import side_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_HTTPS = ("uc-https", "tftp-https")
_SIP = ("sip-line", "sip-oauth")
_VERSIONS = "SIP Advanced SipTlsVersions"
_PREFERENCE = "SIP Advanced TlsSignatureAlgoPrefRsa"
_REFUSED = (Outcome.REFUSED, Outcome.DEPENDS)


def observe_uc_nodes(judgements: Sequence[Judgement]) -> Iterator[Fact]:
    """Yield the facts about the connections of every Expressway-C to CUCM, IM&P and Unity Connection."""
    alike: dict[_Alike, list[Judgement]] = {}
    for judgement in judgements:
        if judgement.side == SERVER:
            alike.setdefault(_alike(judgement), []).append(judgement)
    for judgement in judgements:
        kind, side = judgement.connection.kind, judgement.side
        if kind in _HTTPS and side == SERVER:
            yield from _siblings(judgement, alike[_alike(judgement)])
        if kind in _SIP and side == SERVER and judgement.verifier.role == "expressway-c":
            yield from _tls_1_3(judgement)
        if kind == "sip-oauth" and side == CLIENT:
            yield from _registered_name(judgement)


_Alike = tuple[str, str, str, str]


def _alike(j: Judgement) -> _Alike:
    """What the connections of sibling nodes have in common."""
    return j.connection.kind, j.verifier.id, j.presenter.role, j.presenter.cluster or ""


def _siblings(j: Judgement, alike: Sequence[Judgement]) -> Iterator[Fact]:
    """Whether other nodes of the same product fare better with the same Expressway-C."""
    if j.outcome not in (*_REFUSED, Outcome.ACCEPTED):
        return
    others = [other for other in alike if other.presenter.id != j.presenter.id]
    accepted = [other.presenter.name for other in others if other.outcome == Outcome.ACCEPTED]
    if not others:
        return
    if j.outcome == Outcome.ACCEPTED:
        value = "accepted"
    # What the publisher lacks is found when it is added, so it is another story.
    elif accepted and "pub" not in j.presenter.name.partition(".")[0].lower():
        value = "others_accepted"
    else:
        value = "like_others"
    yield Fact(
        "node.siblings",
        side_subject(j),
        value,
        bindings={
            "presenter_name": clean(j.presenter.name),
            "verifier_name": clean(j.verifier.name),
            "accepted": clean(", ".join(accepted)) or "–",
        },
    )


def _tls_1_3(j: Judgement) -> Iterator[Fact]:
    held, origin = j.verifier.settings, j.verifier.settings_origin
    subject = side_subject(j)
    versions, preference = expressway.lookup(held, _VERSIONS), expressway.lookup(held, _PREFERENCE)
    shown = {"presenter_name": clean(j.presenter.name), "verifier_name": clean(j.verifier.name)}
    if versions is not None:
        seen = (str(origin.at(f"line {versions.line}")),) if origin else ()
        value = "offered" if "tlsv1.3" in versions.value.lower() else "not_offered"
        yield Fact("sip.tls_1_3", subject, value, bindings={**shown, "versions": clean(versions.value)}, seen=seen)
    if preference is not None and preference.value.lower() in ("on", "off"):
        seen = (str(origin.at(f"line {preference.line}")),) if origin else ()
        value = "rsa" if preference.value.lower() == "on" else "ecdsa"
        yield Fact("sip.signatures", subject, value, bindings=shown, seen=seen)
    other = j.presenter.identities.get("callmanager-ecdsa")
    if other is not None and j.trust is not None:
        leaf = other.leaf.certificate
        listed = any(
            entry.certificate.sha256 == leaf.sha256
            or (not leaf.self_signed and entry.certificate.subject_key == leaf.issuer_key)
            for entry in j.trust.entries
        )
        yield Fact(
            "sip.ecdsa_issuer",
            subject,
            "listed" if listed else "not_listed",
            bindings={**shown, "leaf": clean(leaf.label), "issuer": clean(leaf.issuer)},
            seen=(str(other.leaf.origin), j.trust.document.origin.path),
        )


def _registered_name(j: Judgement) -> Iterator[Fact]:
    """Whether the X.509 subject name of CUCM's Expressway-C entry is in the certificate, as SAN or as CN (S45)."""
    name = j.connection.verify_name
    if not name or not j.sent or j.identity is None:
        return
    leaf = j.sent[0]
    known = names.match(leaf, (name,)) in (names.SAN, names.CN_ONLY)
    yield Fact(
        "oauth.subject",
        side_subject(j),
        "in_certificate" if known else "not_in_certificate",
        bindings={
            "leaf": clean(leaf.label),
            "name": clean(name),
            "names": clean(", ".join(leaf.names)) or "–",
            "presenter_name": clean(j.presenter.name),
            "verifier_name": clean(j.verifier.name),
        },
        seen=(str(j.identity.leaf.origin),),
    )
