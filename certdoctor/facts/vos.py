"""What CUCM, IM&P and Unity Connection nodes show of themselves: own certificates and lists, beside their cluster's.

They share one platform (VOS): a store per service, trust stores that are replicated, multi-server certificates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509

from certdoctor.deployment import names
from certdoctor.deployment.judge import ANY_USAGE, CLIENT_AUTH, SERVER_AUTH
from certdoctor.deployment.model import Deployment, Identity, Judgement, Node
from certdoctor.evidence.items import Certificate, Form
from certdoctor.evidence.logs import narrow
from certdoctor.facts import derive
from certdoctor.facts.authorities import Authorities
from certdoctor.facts.certificates import is_public
from certdoctor.facts.model import Fact
from certdoctor.text import clean

ROLES = ("cucm", "imp", "cuc")
_NOT_IN_USE = ("previous",)
# The keys by which a phone can check a new trust list; with all of them replaced it trusts nobody any more (S33).
_PHONE_TRUST = ("callmanager", "tvs", "itlrecovery")
_AT_ONCE = timedelta(hours=24)
_USUALLY_CRITICAL = ("2.5.29.15", "2.5.29.19")  # key usage, basic constraints
_SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"  # critical where the subject is empty (RFC 5280, 4.2.1.6)
_EXTENSION_NAMES = {
    "2.5.29.17": "subjectAltName",
    "2.5.29.37": "extendedKeyUsage",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.31": "cRLDistributionPoints",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsFeature",
}
# A record of `show ctl`: its lines tell the function before the serial number.
_CTL_CAPF = re.compile(
    rb"\bFUNCTION\s+\d+\s+CAPF\s*\n(?:[^\n]*\n){0,4}?[^\n]*\bSERIALNUMBER\s+\d+\s+(?P<serial>[0-9A-Fa-f:]+)"
)
_SHOW_CTL = re.compile(rb"\bshow[ \t]+ctl\b|\bCTL Record #:")


def observe_vos(deployment: Deployment, judgements: Sequence[Judgement], authorities: Authorities) -> Iterator[Fact]:
    """Yield the facts about the nodes of CUCM, IM&P and Unity Connection and what is offered to them.

    Args:
        deployment: the site.
        judgements: both sides of every connection.
    """
    needed = _needed(deployment)
    for node in deployment.nodes.values():
        if node.role in ROLES:
            yield from _renewed_at_once(node)
            yield from _reused(node)
            yield from _multi_server(node, deployment)
            yield from _expired_entries(node, deployment.at, needed)
            yield from _manufacturing(node, authorities.of_phones())
            yield from _ctl(node)
            yield from _files(node)
    yield from _certificates(deployment)
    for judgement in judgements:
        if judgement.connection.kind == "upload" and judgement.presenter.role in ROLES and judgement.sent:
            yield from _offered(judgement)


def _fact(node: Node, about: str, value: str, seen: Iterable[str] = (), /, **bindings: str) -> Fact:
    shown = {"node": node.id, "node_name": clean(node.name), **bindings}
    return Fact(about, derive.node_subject(node), value, bindings=shown, seen=tuple(seen))


def _in_use(node: Node) -> Iterator[tuple[str, Identity]]:
    for slot, identity in node.identities.items():
        if slot not in _NOT_IN_USE and not slot.startswith("candidate"):
            yield slot, identity


def _renewed_at_once(node: Node) -> Iterator[Fact]:
    held = [node.identities[slot] for slot in _PHONE_TRUST if slot in node.identities]
    if len(held) < len(_PHONE_TRUST):
        return
    begun = [identity.leaf.certificate.not_before for identity in held]
    together = max(begun) - min(begun) <= _AT_ONCE
    dates = ", ".join(f"{slot} {begin:%Y-%m-%d %H:%M}" for slot, begin in zip(_PHONE_TRUST, begun, strict=True))
    seen = (str(identity.leaf.origin) for identity in held)
    yield _fact(node, "phone_trust.renewal", "together" if together else "apart", seen, renewed=dates)


def _reused(node: Node) -> Iterator[Fact]:
    tomcat, callmanager = node.identities.get("tomcat"), node.identities.get("callmanager")
    if tomcat is None or callmanager is None:
        return
    leaf = callmanager.leaf.certificate
    same = leaf.sha256 == tomcat.leaf.certificate.sha256
    yield _fact(
        node,
        "callmanager.certificate",
        "reused" if same else "own",
        (str(tomcat.leaf.origin), str(callmanager.leaf.origin)),
        leaf=clean(leaf.label),
        serial=leaf.serial,
    )


# --- multi-server certificates -----------------------------------------------------------------------------------


def _multi_server(node: Node, deployment: Deployment) -> Iterator[Fact]:
    """The tomcat certificate that several nodes share: whether it names this node, and whether this node has it."""
    own = node.identities.get("tomcat")
    if own is None or not _full_names(node):
        return
    others = [
        (other, other.identities["tomcat"])
        for other in deployment.nodes.values()
        if other.id != node.id and other.role in ROLES and "tomcat" in other.identities
    ]
    leaf = own.leaf.certificate
    sharing = [other for other, held in others if held.leaf.certificate.sha256 == leaf.sha256]
    newer = [(other, held) for other, held in others if _replaces(held.leaf.certificate, leaf, node, other, deployment)]
    bindings = {"leaf": clean(leaf.label), "serial": leaf.serial, "names": clean(", ".join(leaf.names)) or "–"}
    if newer:
        other, held = newer[0]
        seen = (str(own.leaf.origin), str(held.leaf.origin))
        shown = {**bindings, "peer": clean(other.name), "peer_serial": held.leaf.certificate.serial}
        yield _fact(node, "multi_server.state", "old_certificate", seen, **shown)
    elif sharing and not leaf.self_signed:
        shown = {**bindings, "peer": clean(sharing[0].name), "peer_serial": leaf.serial}
        value = "covered" if _names(leaf, node) else "name_missing"
        yield _fact(node, "multi_server.state", value, (str(own.leaf.origin),), **shown)


def _full_names(node: Node) -> tuple[str, ...]:
    return tuple(name for name in node.names if names.form_of(name) == "fqdn")


def _names(leaf: Certificate, node: Node) -> bool:
    return any(names.match(leaf, (name,), wildcards=True) == names.SAN for name in _full_names(node))


def _replaces(new: Certificate, old: Certificate, node: Node, other: Node, deployment: Deployment) -> bool:
    """Say whether `new`, on another node, is the renewal of the certificate that this node still has."""
    return (
        new.sha256 != old.sha256
        and new.subject_key == old.subject_key
        and new.issuer_key == old.issuer_key
        and not new.self_signed
        and old.not_before < new.not_before <= deployment.at < old.not_after
        and all(_names(leaf, box) for leaf in (new, old) for box in (node, other))
    )


# --- trust stores ------------------------------------------------------------------------------------------------


class _Needed(NamedTuple):
    """What the certificates of a site rest on."""

    issuers: frozenset[tuple[str, str | None]]  # name and key identifier that certificates in their validity name
    presented: frozenset[str]  # SHA-256 of what nodes show: if it has expired, that is told elsewhere


def _needed(deployment: Deployment) -> _Needed:
    known = (places[0].certificate for places in deployment.certificates.values())
    return _Needed(
        frozenset((c.issuer_key, c.authority_key_id) for c in known if c.not_after >= deployment.at),
        frozenset(i.leaf.certificate.sha256 for n in deployment.nodes.values() for i in n.identities.values()),
    )


def _expired_entries(node: Node, at: datetime, needed: _Needed) -> Iterator[Fact]:
    """Expired entries that no certificate of the site was issued by."""
    if not node.trust:
        return
    lists: dict[str, list[Certificate]] = {}
    for name, trust in node.trust.items():
        for entry in trust.entries:
            held = entry.certificate
            issues = {(held.subject_key, held.subject_key_id), (held.subject_key, None)} & needed.issuers
            if held.not_after < at and held.sha256 not in needed.presented and not issues:
                lists.setdefault(name, []).append(held)
    labels = dict.fromkeys(f"{c.label} ({derive.date(c.not_after)})" for held in lists.values() for c in held)
    yield _fact(
        node,
        "trust.expired",
        "unused" if lists else "none",
        (node.trust[name].document.origin.path for name in lists),
        list=", ".join(f"{name}-trust" for name in lists) or "–",
        cas=clean("; ".join(labels), 400) or "–",
    )


def _manufacturing(node: Node, wanted: tuple[str, ...]) -> Iterator[Fact]:
    if node.role != "cucm" or "capf" not in node.trust:
        return
    trust = node.trust["capf"]
    lacking = _lacking(node, wanted)
    before = node.earlier
    removed = (
        lacking and before is not None and "capf" in before.trust and not set(lacking) <= set(_lacking(before, wanted))
    )
    value = "removed" if removed else "complete" if not lacking else "incomplete"
    yield _fact(
        node,
        "manufacturing.cas",
        value,
        (trust.document.origin.path,),
        list=f"{node.id}: CAPF-trust",
        cas=", ".join(lacking) or "–",
    )


def _lacking(node: Node, wanted: tuple[str, ...]) -> tuple[str, ...]:
    held = {entry.certificate.common_name for entry in node.trust["capf"].entries}
    return tuple(name for name in wanted if name not in held)


def _ctl(node: Node) -> Iterator[Fact]:
    """The CAPF certificate in the trust list of the phones, as `show ctl` prints it, against the one in use."""
    capf = node.identities.get("capf")
    if capf is None:
        return
    serial = capf.leaf.certificate.serial.lstrip("0")
    for document in node.logs:
        data = narrow(document)
        if not _SHOW_CTL.search(data):
            continue
        found = [match["serial"].decode().replace(":", "").upper().lstrip("0") for match in _CTL_CAPF.finditer(data)]
        if found:
            yield _fact(
                node,
                "ctl.capf",
                "current" if serial in found else "other",
                (document.origin.path, str(capf.leaf.origin)),
                serial=serial,
                ctl_serial=", ".join(found),
            )
            return


# --- certificates and what is offered ----------------------------------------------------------------------------


def _certificates(deployment: Deployment) -> Iterator[Fact]:
    told: set[str] = set()
    for node in deployment.nodes.values():
        # One certificate in two slots is told once, whatever the order of its files.
        for slot, identity in sorted(node.identities.items()) if node.role in ROLES else ():
            leaf = identity.leaf.certificate
            if slot in _NOT_IN_USE or leaf.sha256 in told:
                continue
            told.add(leaf.sha256)
            subject = derive.certificate_subject(leaf)
            shown = {"leaf": clean(leaf.label), "node_name": clean(node.name), "slot": slot}
            seen = (str(identity.leaf.origin),)
            critical = _critical(leaf)
            if critical is not None:
                yield Fact(
                    "certificate.critical",
                    subject,
                    "unusual" if critical else "usual",
                    bindings={**shown, "extensions": ", ".join(critical) or "–"},
                    seen=seen,
                )
            yield Fact(
                "certificate.client_role",
                subject,
                _client_role(leaf),
                bindings={**shown, "usages": derive.usages(leaf)},
                seen=seen,
            )


def _critical(leaf: Certificate) -> tuple[str, ...] | None:
    """Return the extensions that are marked critical although clients do not expect it; None if unreadable."""
    try:
        extensions = x509.load_der_x509_certificate(leaf.der).extensions
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return None
    usual = (*_USUALLY_CRITICAL, *((_SUBJECT_ALTERNATIVE_NAME,) if not leaf.subject else ()))
    found = (e.oid.dotted_string for e in extensions if e.critical and e.oid.dotted_string not in usual)
    return tuple(_EXTENSION_NAMES.get(oid, oid) for oid in found)


def _client_role(leaf: Certificate) -> str:
    held = leaf.extended_key_usage
    if held is None or ANY_USAGE in held or CLIENT_AUTH in held or SERVER_AUTH not in held:
        return "permitted"
    return "public_server_only" if is_public(leaf) else "private_server_only"


def _files(node: Node) -> Iterator[Fact]:
    """How a file is made that is to be uploaded: one certificate alone, or more than the page can take in."""
    for document in node.offered:
        leaves = [found for found in document.certificates if found.certificate.is_ca is not True]
        binary = document.form in (Form.DER, Form.PKCS7_DER)
        if not document.certificates or document.form == Form.PFX:
            value = "no_certificate"
        elif binary and document.origin.path.lower().endswith(".pem"):
            value = "binary_named_pem"
        elif document.form in (Form.PKCS7_PEM, Form.PKCS7_DER):
            value = "bundle_with_leaf" if leaves else "bundle_of_cas"
        else:
            value = "several" if len(document.certificates) > 1 else "single"
        path = document.origin.path
        bindings = {
            "file": path,
            "node": node.id,
            "node_name": clean(node.name),
            "count": str(len(document.certificates)),
        }
        yield Fact("file.for_vos", derive.file_subject(document), value, bindings=bindings, seen=(path,))


def _offered(judgement: Judgement) -> Iterator[Fact]:
    node, leaf = judgement.presenter, judgement.sent[0]
    request = derive.request_for(node, leaf)
    if request is None or not (request.dns_names or request.ip_addresses):
        return
    asked = {name.lower() for name in (*request.dns_names, *request.ip_addresses)}
    given = {name.lower() for name in leaf.names}
    yield Fact(
        "upload.names_exact",
        derive.side_subject(judgement),
        "equal" if asked == given else "differ",
        bindings={
            "leaf": clean(leaf.label),
            "node": node.id,
            "node_name": clean(node.name),
            "added_names": clean(", ".join(sorted(given - asked))) or "–",
            "dropped_names": clean(", ".join(sorted(asked - given))) or "–",
        },
        seen=(str(judgement.identity.leaf.origin),) if judgement.identity else (),
    )
