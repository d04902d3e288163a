"""How a presented or offered certificate is made: key type, signatures, and whether it is the one on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.model import SERVER, Deployment, Judgement
from certdoctor.evidence.items import Certificate, Document
from certdoctor.facts.captures import Difference, differences
from certdoctor.facts.certificates import is_public
from certdoctor.facts.derive import date, side_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_RSA_8192 = 8192
_CURVES = (256, 384, 521)  # bits; NIST curves are all that the guides name (S21)
_PSS = "1.2.840.113549.1.1.10"
_SERVER_ONLY = "XCP TLS Certificate CVS EnableServerEkuUpload"


def observe_presented(
    deployment: Deployment, judgements: Sequence[Judgement], documents: Iterable[Document]
) -> Iterator[Fact]:
    """Yield the facts about the certificates of all connection sides.

    Args:
        deployment: the site with its connections.
        judgements: both sides of every connection.
        documents: the evidence, for what packet captures show.
    """
    for judgement in judgements:
        if judgement.identity is not None:
            yield from _side(judgement)
    yield from _on_the_wire(judgements, differences(deployment, documents, judgements))


def _side(j: Judgement) -> Iterator[Fact]:
    leaf = j.sent[0]
    subject = side_subject(j)
    seen = (str(j.identity.leaf.origin),) if j.identity else ()
    shown = {"leaf": clean(leaf.label), "presenter_name": clean(j.presenter.name)}
    key = f"{leaf.key_type.upper()} {leaf.key_bits}".strip()
    yield Fact("key.kind", subject, _kind(leaf), bindings={**shown, "key": clean(key)}, seen=seen)
    pss = [c for c in dict.fromkeys((*j.sent, *j.chain)) if c.signature_algorithm == _PSS]
    yield Fact(
        "chain.signature",
        subject,
        "pss" if pss else "usual",
        bindings={**shown, "culprit": clean("; ".join(c.label for c in pss)) or "–"},
        seen=seen,
    )
    if j.connection.kind == "webex-sip" and j.presenter.is_expressway:
        yield from _publicity(j)
    if j.connection.kind == "upload" and j.presenter.role == "expressway-e" and j.presenter.settings:
        on = expressway.value(j.presenter.settings, _SERVER_ONLY).lower() == "on"
        origin = j.presenter.settings_origin
        where = (origin.path,) if origin else ()
        yield Fact("upload.server_only", subject, "allowed" if on else "not_allowed", bindings=shown, seen=where)


def _publicity(j: Judgement) -> Iterator[Fact]:
    """Whether Webex, whose own list nobody has, can know the issuer: by what the certificate says of itself."""
    leaf, own = j.sent[0], j.presenter.trust.get("ca")
    public = is_public(leaf)
    if public and own is None:
        return
    held = {found.certificate.subject_key for found in own.entries} if own else set()
    value = "private" if not public else "public_complete" if leaf.issuer_key in held else "public_incomplete"
    yield Fact(
        "leaf.publicity",
        side_subject(j),
        value,
        bindings={"leaf": clean(leaf.label), "issuer": clean(leaf.issuer), "ca": clean(leaf.issuer)},
        seen=(str(j.identity.leaf.origin),) if j.identity else (),
    )


def _kind(leaf: Certificate) -> str:
    if leaf.key_type == "rsa":
        return "rsa_8192" if leaf.key_bits >= _RSA_8192 else "rsa"
    if leaf.key_type == "ec" and leaf.key_bits in _CURVES:
        return "ec"
    return "unsupported"


def _on_the_wire(judgements: Iterable[Judgement], found: Iterable[Difference]) -> Iterator[Fact]:
    """A certificate for the same names that is older than the one in the store: the box was not restarted."""
    sides = {(j.connection.id, j.side): j for j in judgements}
    told: set[tuple[str, str]] = set()
    for difference in found:
        key = (difference.connection, difference.side)
        j = sides.get(key)
        if j is None or j.identity is None or difference.same_leaf or key in told or difference.side != SERVER:
            continue
        told.add(key)
        wire, held = difference.sent[0].certificate, j.sent[0]
        same_names = {n.lower() for n in wire.names} & {n.lower() for n in held.names}
        older = bool(same_names) and wire.not_before < held.not_before
        yield Fact(
            "presented.on_wire",
            side_subject(j),
            "older" if older else "other",
            bindings={
                "leaf": clean(held.label),
                "presenter_name": clean(j.presenter.name),
                "node_name": clean(j.presenter.name),
                "wire_serial": wire.serial,
                "wire_not_after": date(wire.not_after),
            },
            seen=(difference.place,),
        )
