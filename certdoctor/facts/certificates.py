"""Properties of an Expressway's certificates that decide about a box, whatever the connection.

Wildcards, a missing CN, lengths and lifetimes: OpenSSL takes them all; the product or the issuer sets the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from cryptography import x509

from certdoctor.deployment import names
from certdoctor.deployment.judge import ANY_USAGE, CLIENT_AUTH, SERVER_AUTH
from certdoctor.deployment.model import Deployment, Identity, Node
from certdoctor.evidence.items import Certificate
from certdoctor.facts import derive
from certdoctor.facts.acme import scheduler
from certdoctor.facts.authorities import Authorities
from certdoctor.facts.dated import Calendar, Topic
from certdoctor.facts.model import Fact
from certdoctor.text import clean

_YEAR_2050 = datetime(2050, 1, 1, tzinfo=UTC)  # from then on dates are written as GeneralizedTime (RFC 5280, 4.1.2.5)
_SAN_FIELD = 999  # characters (S10, S20)
# Policies that only a publicly trusted CA may assert: CA/Browser Forum baseline requirements and EV.
_PUBLIC_POLICIES = ("2.23.140.1.1", "2.23.140.1.2.1", "2.23.140.1.2.2", "2.23.140.1.2.3")

_Make = Callable[..., Fact]


def observe_certificates(deployment: Deployment, authorities: Authorities, calendar: Calendar) -> Iterator[Fact]:
    """Yield the facts about the certificates that Expressways hold or are to take, each certificate once.

    Args:
        deployment: the site, with the time as of which it is judged.
        authorities: the known CAs.
        calendar: what holds from a day on, such as lifetimes.
    """
    told: set[str] = set()
    for node in deployment.nodes.values():
        if not node.is_expressway:
            continue
        for slot, identity in node.identities.items():
            leaf = identity.leaf.certificate
            if slot != "previous" and leaf.sha256 not in told:
                told.add(leaf.sha256)
                yield from _certificate(node, slot, identity, deployment.at)
                yield from _issued(deployment, node, identity, authorities, calendar)


def _certificate(node: Node, slot: str, identity: Identity, at: datetime) -> Iterator[Fact]:
    leaf = identity.leaf.certificate
    seen = (str(identity.leaf.origin),)
    shown = clean(leaf.label)

    def fact(name: str, value: str, **bindings: str) -> Fact:
        subject = derive.certificate_subject(leaf)
        return Fact(name, subject, value, bindings={"leaf": shown, **bindings}, seen=seen)

    if slot != "client":  # nothing reads the CN of what is shown as a client
        yield fact("certificate.common_name", "present" if leaf.common_name else "absent")
    yield from _wildcard(node, leaf, fact("certificate.wildcard", "none"))
    far = leaf.not_after >= _YEAR_2050
    yield fact("certificate.end", "from_2050" if far else "before_2050", not_after=derive.date(leaf.not_after))
    length = len(", ".join(leaf.names))
    yield fact("certificate.names_length", "over_999" if length > _SAN_FIELD else "within", length=str(length))
    if node.version is not None:
        old = not node.version.at_least("X8.10")
        yield fact(
            "certificate.holder_version",
            "before_x8_10" if old else "x8_10_or_later",
            version=clean(str(node.version)),
        )
    yield from _age(leaf, at, fact)


def _issued(
    deployment: Deployment, node: Node, identity: Identity, authorities: Authorities, calendar: Calendar
) -> Iterator[Fact]:
    """Yield what follows from who issued a certificate: lifetimes, mails, usages."""
    leaf = identity.leaf.certificate

    def fact(name: str, value: str, **bindings: str) -> Fact:
        shown = {"leaf": clean(leaf.label), **bindings}
        subject = derive.certificate_subject(leaf)
        return Fact(name, subject, value, bindings=shown, seen=(str(identity.leaf.origin),))

    lets_encrypt = authorities.is_lets_encrypt(leaf.issuer)
    yield from _lifetime(leaf, lets_encrypt, calendar, fact)
    usages = leaf.extended_key_usage
    if usages is not None and SERVER_AUTH in usages:
        server_only = CLIENT_AUTH not in usages and ANY_USAGE not in usages
        yield fact("certificate.usages", "server_only" if server_only else "both", usages=derive.usages(leaf))
    if node.role == "expressway-e" and node.version is not None:
        enough = node.version.at_least("X15.4")
        yield fact(
            "certificate.usages_wanted",
            "server_is_enough" if enough else "both",
            node_name=clean(node.name),
            version=clean(str(node.version)),
        )
    if not lets_encrypt:
        return
    ended = calendar.on("lets_encrypt_client_auth", deployment.at.date())
    since = calendar.all("lets_encrypt_client_auth")
    yield fact(
        "certificate.lets_encrypt",
        "server_only_now" if ended is not None else "both_yet",
        issuing_ca=clean(leaf.issuer),
        server_only_since=since[0].from_ if since else "–",
    )
    mails = calendar.on("lets_encrypt_mails", deployment.at.date())
    yield fact("certificate.mails", "ended" if mails else "sent", mails_ended=mails.from_ if mails else "–")
    setting = scheduler(node.settings)
    if setting is not None:
        yield fact("certificate.acme_scheduler", setting.value.lower(), node_name=clean(node.name))


def _age(leaf: Certificate, at: datetime, fact: _Make) -> Iterator[Fact]:
    """Say whether two thirds of the lifetime have passed, when short-lived certificates are to be renewed (S24, S36)."""
    due = leaf.not_before + (leaf.not_after - leaf.not_before) * 2 / 3
    value = "over" if leaf.not_after < at else "before_two_thirds" if at < due else "past_two_thirds"
    yield fact("certificate.age", value, due=derive.date(due), not_after=derive.date(leaf.not_after))


def _wildcard(node: Node, leaf: Certificate, none: Fact) -> Iterator[Fact]:
    """Say whether a wildcard stands in the place of one of the box's own names."""
    wild = [name for name in dict.fromkeys((*leaf.dns_names, leaf.common_name or "")) if name.startswith("*.")]
    own = [name for name in (*node.names, node.cluster or "") if name and names.form_of(name) == "fqdn"]
    covered = [name for name in own if names.match(leaf, (name,)) == names.WILDCARD or _by_common_name(leaf, name)]
    value = "instead" if covered else "beside" if wild else "none"
    bindings = {
        **none.bindings,
        "wildcard": clean(", ".join(wild)) or "–",
        "name": clean(covered[0]) if covered else "–",
    }
    yield Fact(none.id, none.subject, value, bindings=bindings, seen=none.seen)


def _by_common_name(leaf: Certificate, name: str) -> bool:
    wild = (leaf.common_name or "").lower() == f"*.{name.partition('.')[2]}".lower()
    return wild and names.match(leaf, (name,)) == names.NONE


def _lifetime(leaf: Certificate, lets_encrypt: bool, calendar: Calendar, fact: _Make) -> Iterator[Fact]:
    """Say whether the next certificate of the same public CA will live shorter than this one."""
    days = round((leaf.not_after - leaf.not_before).total_seconds() / 86400)
    topic: Topic = "lets_encrypt_lifetime" if lets_encrypt else "public_lifetime"
    limit = calendar.on(topic, leaf.not_after.date())
    if (not lets_encrypt and not is_public(leaf)) or limit is None:
        yield fact("certificate.next_lifetime", "same", lifetime=str(days), next_lifetime=str(days))
        return
    shorter = limit.days < days - 1  # a CA may count both the first and the last second
    value = "same" if not shorter else "shorter_lets_encrypt" if lets_encrypt else "shorter"
    yield fact(
        "certificate.next_lifetime",
        value,
        lifetime=str(days),
        next_lifetime=str(min(limit.days, days)),
        next_from=limit.from_,
        schedule=calendar.schedule(topic),
    )


def is_public(certificate: Certificate) -> bool:
    """Tell whether a certificate says of itself that a publicly trusted CA issued it (CA/Browser Forum policies)."""
    try:
        extensions = x509.load_der_x509_certificate(certificate.der).extensions
        policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return False  # a public CA issues nothing that cannot be read, and nothing without policies
    return any(policy.policy_identifier.dotted_string in _PUBLIC_POLICIES for policy in policies)
