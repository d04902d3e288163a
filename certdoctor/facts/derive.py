"""Facts about the connections, certificates, nodes and files of a deployment.

Everything here only observes; which combination of facts means what is said by rules/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from certdoctor.deployment import expressway, names
from certdoctor.deployment.judge import CLIENT_AUTH, SERVER_AUTH
from certdoctor.deployment.kinds import ConnectionKindForm
from certdoctor.deployment.model import (
    CLIENT,
    SERVER,
    ChainState,
    Deployment,
    Identity,
    Judgement,
    Node,
    Outcome,
)
from certdoctor.evidence.items import Certificate, Document, Evidence, Form, Found, Kind, SigningRequest
from certdoctor.facts.model import Fact, FactSource, Subject, SubjectKind
from certdoctor.text import clean

Root = Callable[[Judgement], Certificate | None]

PRODUCTS = {
    "expressway-c": "Expressway-C",
    "expressway-e": "Expressway-E",
    "cucm": "CUCM",
    "imp": "IM&P",
    "cuc": "Unity Connection",
    "cms": "CMS",
    "client": "client",
    "webex": "Webex",
    "partner": "partner",
    "other": "server",
}
_SLOTS = (
    "server",
    "client",
    "tomcat",
    "tomcat-ecdsa",
    "callmanager",
    "callmanager-ecdsa",
    "cup-xmpp",
    "candidate",
)
USAGES = {SERVER_AUTH: "serverAuth", CLIENT_AUTH: "clientAuth"}


def side_subject(judgement: Judgement) -> Subject:
    """Return the subject of the facts about one side of one connection."""
    return Subject(SubjectKind.CONNECTION, judgement.connection.id, judgement.side)


def certificate_subject(certificate: Certificate) -> Subject:
    """Return the subject of the facts about a certificate."""
    return Subject(SubjectKind.CERTIFICATE, certificate.sha256[:16])


def node_subject(node: Node) -> Subject:
    """Return the subject of the facts about a node."""
    return Subject(SubjectKind.NODE, node.id)


def file_subject(document: Document) -> Subject:
    """Return the subject of the facts about a file."""
    return Subject(SubjectKind.FILE, document.origin.path)


def date(moment: datetime) -> str:
    """Return a day as every text shows it."""
    return moment.strftime("%Y-%m-%d")


def observe(
    deployment: Deployment,
    judgements: Sequence[Judgement],
    kinds: Mapping[str, ConnectionKindForm],
    evidence: Evidence,
    root: Root,
) -> tuple[Fact, ...]:
    """Return all facts that the files tell.

    Args:
        deployment: the site.
        judgements: both sides of every connection.
        kinds: kb/connections.
        evidence: all that was read, for the files themselves.
        root: gives the root of a judgement's chain as far as the evidence knows it.
    """
    facts: list[Fact] = []
    for judgement in judgements:
        facts += _Side(judgement, deployment, kinds[judgement.connection.kind], root).facts()
    facts += _certificates(deployment)
    facts += _nodes(deployment, judgements)
    facts += _files(deployment, evidence)
    return tuple(facts)


class _Side:
    """The facts of one side of one connection."""

    def __init__(self, judgement: Judgement, deployment: Deployment, kind: ConnectionKindForm, root: Root) -> None:
        self.j = judgement
        self.deployment = deployment
        self.kind = kind
        self.root = root
        self.subject = side_subject(judgement)
        self.form = kind.server if judgement.side == SERVER or kind.client is None else kind.client

    def fact(self, name: str, value: str, seen: Iterable[str] = (), /, **bindings: str) -> Fact:
        return Fact(name, self.subject, value, FactSource.OBSERVED, bindings, tuple(seen))

    def facts(self) -> Iterator[Fact]:
        yield from self._setting_out()
        if self.j.identity is None:
            return
        yield from self._chain()
        yield from self._leaf()
        yield from self._names()
        yield from self._revocation()
        yield from self._renewal()
        if self.kind.id == "upload":
            yield from self._upload()

    def _setting_out(self) -> Iterator[Fact]:
        j, c = self.j, self.j.connection
        kind = self.kind
        zone = next((z.name for n in (j.presenter, j.verifier) for z in expressway.zones(n.settings) if z.role), "")
        common = {
            "connection": f"{c.client} → {c.server}" + (f":{c.port}" if c.port else ""),
            "presenter": j.presenter.id,
            "presenter_name": clean(j.presenter.name),
            "presenter_product": PRODUCTS[j.presenter.role],
            "verifier": j.verifier.id,
            "verifier_name": clean(j.verifier.name),
            "verifier_product": PRODUCTS[j.verifier.role],
            "list": self._list_name(),
        }
        yield self.fact(
            "connection.kind",
            kind.id,
            kind=kind.text.get("en", kind.id),
            client=c.client,
            server=c.server,
            port=str(c.port or ""),
            zone=clean(zone),
            **common,
        )
        yield self.fact("connection.side", j.side)
        checked = "no" if j.outcome == Outcome.NOT_REQUIRED else "yes" if j.certain else "assumed"
        yield self.fact("connection.checked", checked, since=self.form.since, **common)
        if j.outcome == Outcome.NOT_REQUIRED and self.form.setting:
            setting = expressway.lookup(j.verifier.settings, self.form.setting)
            off = setting is not None and setting.value.lower() not in {w.lower() for w in self.form.on}
            yield self.fact(
                "verify.switched_off",
                "by_setting" if off else "by_version",
                self._line(setting.line) if setting and off else (),
                setting=self.form.setting,
            )
        yield self.fact("presenter.role", j.presenter.role, node_name=clean(j.presenter.name))
        yield self.fact("verifier.role", j.verifier.role)
        version = j.presenter.version
        if version is not None and j.presenter.is_expressway:
            band = (
                "x15_5_or_later"
                if version.at_least("X15.5")
                else "x15_4"
                if version.at_least("X15.4")
                else "x14_3_to_x15_3"
                if version.at_least("X14.3")
                else "before_x14_3"
            )
            yield self.fact("presenter.version", band, version=clean(str(version)))
        if j.identity is not None:
            slot = j.identity.slot
            known = "candidate" if slot.startswith("candidate") else slot if slot in _SLOTS else "other"
            yield self.fact("presenter.slot", known, slot=slot)

    def _list_name(self) -> str:
        j = self.j
        name = j.trust.name if j.trust else (self.form.trust[0] if self.form.trust else "ca")
        if j.verifier.is_expressway:
            return f"{j.verifier.id}: Trusted CA certificate"
        if j.verifier.role in ("cucm", "imp", "cuc"):
            shown = {"callmanager": "CallManager-trust"}.get(name, f"{name}-trust")
            return f"{j.verifier.id}: {shown}"
        return f"{j.verifier.id}: trust list"

    def _line(self, line: int) -> tuple[str, ...]:
        origin = self.j.verifier.settings_origin
        return (str(origin.at(f"line {line}")),) if origin else ()

    def _where_leaf(self) -> tuple[str, ...]:
        return (str(self.j.identity.leaf.origin),) if self.j.identity else ()

    def _chain(self) -> Iterator[Fact]:
        j = self.j
        leaf = j.sent[0]
        yield from self._own_list(leaf)
        if j.trust is None or j.chain_state is None:
            return
        missing, culprit = j.missing, j.culprit
        seen = (*self._where_leaf(), j.trust.document.origin.path)
        yield self.fact(
            "chain.state",
            j.chain_state.value,
            seen,
            leaf=clean(leaf.label),
            issuer=clean(leaf.issuer),
            list=self._list_name(),
            ca=clean(missing.subject) if missing else "",
            ca_key_id=(missing.key_id or "") if missing else "",
            ca_urls=clean(", ".join(missing.urls)) if missing else "",
            wanted_by=clean(missing.wanted_by.label) if missing else "",
            cas_to_add=clean("; ".join(f.certificate.label for f in missing.to_add)) if missing else "",
            ca_found=clean("; ".join(str(f.origin) for f in missing.to_add)) if missing else "",
            culprit=clean(culprit.label) if culprit else "",
        )
        root = self.root(j)
        listed = {f.certificate.sha256 for f in j.trust.entries}
        state = "unknown" if root is None else "trusted" if root.sha256 in listed else "untrusted"
        yield self.fact("chain.root", state, root=clean(root.label) if root else "")
        if not self.form.needs_all_in_list:
            behind = j.sent[1:]
            issuer_sent = len(j.chain) > 1 and j.chain[1] in behind
            value = (
                "with_cas" if issuer_sent or (behind and len(j.chain) > 1) else "wrong_ca" if behind else "leaf_only"
            )
            yield self.fact("chain.sent", value, self._where_leaf(), sent_count=str(len(behind)))
        at = self.deployment.at
        late = next((c for c in j.chain[1:] if c.not_after < at), None)
        early = next((c for c in j.chain[1:] if c.not_before > at), None)
        about = late or early
        if j.chain_state == ChainState.COMPLETE or about is not None:
            yield self.fact(
                "chain.time",
                "ca_expired" if late else "ca_not_yet_valid" if early else "valid",
                tuple(str(f.origin) for f in self.deployment.certificates[about.sha256][:2]) if about else (),
                culprit=clean(about.label) if about else "",
                not_after=date(about.not_after) if about else "",
                not_before=date(about.not_before) if about else "",
            )
        yield from self._twin(listed)

    def _own_list(self, leaf: Certificate) -> Iterator[Fact]:
        """Whether an Expressway's own list completes the chain that it sends; this needs no list of the other side."""
        presenter = self.j.presenter
        if not presenter.is_expressway:
            return
        own = presenter.trust.get("ca")
        held = {f.certificate.subject_key for f in own.entries} if own else set()
        complete = leaf.self_signed or leaf.issuer_key in held
        yield self.fact(
            "chain.own_list",
            "unknown" if own is None else "completes" if complete else "lacks_ca",
            (own.document.origin.path,) if own else (),
            own_list=f"{presenter.id}: Trusted CA certificate",
            ca=clean(leaf.issuer),
            leaf=clean(leaf.label),
        )

    def _twin(self, listed: set[str]) -> Iterator[Fact]:
        """An expired certificate with the same name and key as a CA that the chain uses or could use."""
        j, at = self.j, self.deployment.at
        entries = [f.certificate for f in j.trust.entries] if j.trust else []
        used = {c.public_key_sha256 for c in (*j.chain[1:], *j.sent[1:])}
        # What the chain itself rests on is an expired CA, unless a valid one of this name and key is at hand too.
        valid = {(c.public_key_sha256, c.subject_key) for c in (*j.sent[1:], *entries) if c.not_after >= at}
        expired_sent = [c for c in j.sent[1:] if c.not_after < at and c not in j.chain]
        twins = [
            c
            for c in entries
            if c.not_after < at
            and c.public_key_sha256 in used
            and (c not in j.chain or (c.public_key_sha256, c.subject_key) in valid)
        ]
        issuers = {c.issuer_key for c in (*j.sent, *j.chain)}
        # A cross-certificate that leads to an expired root: old verifiers follow it and fail.
        crossed = [c for c in entries if c.not_after < at and c.subject_key in issuers and c not in j.chain]
        by = twins or crossed or expired_sent
        value = "expired_in_list" if twins else "expired_sent" if by else "none"
        twin = by[0] if by else None
        yield self.fact(
            "chain.twin",
            value,
            (j.trust.document.origin.path,) if twin and j.trust else (),
            twin=clean(twin.label) if twin else "",
            twin_not_after=date(twin.not_after) if twin else "",
        )

    def _leaf(self) -> Iterator[Fact]:
        j, at = self.j, self.deployment.at
        leaf = j.sent[0]
        time = "expired" if leaf.not_after < at else "not_yet_valid" if leaf.not_before > at else "valid"
        yield self.fact(
            "leaf.time",
            time,
            self._where_leaf(),
            leaf=clean(leaf.label),
            not_before=date(leaf.not_before),
            not_after=date(leaf.not_after),
            at=at.strftime("%Y-%m-%d %H:%M UTC"),
        )
        if j.purpose is not None:
            yield self.fact("purpose.state", j.purpose, self._where_leaf(), leaf=clean(leaf.label), usages=usages(leaf))
            yield self.fact(
                "purpose.checked",
                "yes" if j.purpose_checked else "no",
                purpose_setting=self.form.purpose_unless_setting,
            )
        elif self.kind.id == "upload":
            state = _upload_purpose(leaf)
            yield self.fact("purpose.state", state, self._where_leaf(), leaf=clean(leaf.label), usages=usages(leaf))
        weak_key = leaf.key_type in ("rsa", "dsa") and leaf.key_bits < 2048
        weak_signature = leaf.signature_hash in ("md5", "sha1") and not leaf.self_signed
        yield self.fact(
            "key.strength",
            "weak_key" if weak_key else "weak_signature" if weak_signature else "ok",
            self._where_leaf(),
            leaf=clean(leaf.label),
            key=f"{leaf.key_type.upper()} {leaf.key_bits}",
            signature=(leaf.signature_hash or leaf.signature_algorithm).upper(),
        )
        temporary = leaf.self_signed or j.presenter.is_expressway
        temporary = temporary and any("temporary" in text.lower() for text in (leaf.issuer, leaf.subject))
        yield self.fact(
            "leaf.issuer_kind",
            "temporary" if temporary else "self_signed" if leaf.self_signed else "ca",
            self._where_leaf(),
            leaf=clean(leaf.label),
            issuer=clean(leaf.issuer),
        )
        assert j.identity is not None
        rsa_beside = (
            j.identity.slot.endswith("-ecdsa") and j.identity.slot.removesuffix("-ecdsa") in j.presenter.identities
        )
        yield self.fact(
            "ecdsa.variant",
            "ecdsa_with_rsa_beside" if rsa_beside else "only",
            self._where_leaf(),
            leaf=clean(leaf.label),
        )

    def _names(self) -> Iterator[Fact]:
        j, c = self.j, self.j.connection
        leaf = j.sent[0]
        held = clean(", ".join(leaf.names)) or "–"
        # Where the description names the host that clients ask for, that name is judged and no other.
        by_domain = not c.given or len(j.names_accepted) > 1
        if self.kind.id.startswith("edge-") and j.side == SERVER and by_domain:
            for domain in self.deployment.domains[:1]:
                edge = f"collab-edge.{domain}"
                lacking = [
                    d
                    for d in self.deployment.domains
                    if names.match(leaf, (d, f"collab-edge.{d}"), wildcards=True) != names.SAN
                ]
                wanted = lacking[0] if lacking else domain
                yield self.fact(
                    "domain.match",
                    "missing" if lacking else "in_san",
                    self._where_leaf(),
                    domain=clean(wanted),
                    collab_edge=clean(f"collab-edge.{wanted}") if lacking else clean(edge),
                    names=held,
                    leaf=clean(leaf.label),
                )
                there = [d for d in self.deployment.domains if d not in lacking]
                if len(self.deployment.domains) > 1:
                    value = "in_san" if there else "missing"
                    shown = clean(", ".join(there)) or "–"
                    yield self.fact("domain.others", value, self._where_leaf(), other_domains=shown)
        if j.name_match is None or j.name is None or len(j.names_accepted) > 1:
            return
        origin = c.name_origin if j.side == SERVER else c.verify_name_origin
        seen = (*self._where_leaf(), *((str(origin),) if origin else ()))
        yield self.fact(
            "name.match",
            j.name_match,
            seen,
            name=clean(j.name),
            names=held,
            leaf=clean(leaf.label),
            name_seen=str(origin or ""),
        )
        yield self.fact("name.form", names.form_of(j.name), name=clean(j.name))
        traversal = self.kind.id in ("traversal-sip", "traversal-ssh", "neighbour-sip", "b2b-sip")
        cluster = j.presenter.cluster or ""
        if j.side == CLIENT:
            value = "cluster_name" if cluster and cluster.lower() == j.name.lower() else "verify_subject"
        else:
            value = "zone_peer" if traversal else "node_name"
        yield self.fact(
            "name.origin",
            value,
            (str(origin),) if origin else (),
            name=clean(j.name),
            domain="",
            cluster=clean(cluster),
            setting=str(origin or ""),
            config_value=clean(j.name),
        )

    def _revocation(self) -> Iterator[Fact]:
        j = self.j
        leaf = j.sent[0]
        if j.revocation is not None:
            about = j.revoked or leaf
            crl = next(iter(self.deployment.revocation_lists(j.verifier, about.issuer_key)), None)
            yield self.fact(
                "revocation.state",
                j.revocation,
                self._where_leaf(),
                leaf=clean(about.label),
                serial=about.serial,
                crl_issuer=clean(crl.issuer) if crl else "",
                crl_update=date(crl.this_update) if crl else "",
            )
        urls = (*leaf.crl_urls, *leaf.ocsp_urls)
        source = "both" if leaf.crl_urls and leaf.ocsp_urls else "crl" if leaf.crl_urls else "ocsp" if urls else "none"
        yield self.fact(
            "revocation.source",
            source,
            self._where_leaf(),
            leaf=clean(leaf.label),
            revocation_urls=clean(", ".join(urls)),
        )
        held = j.verifier.settings
        mode = expressway.lookup(held, "SIP TLS Certificate Revocation Checking Mode")
        sip = self.kind.id in (
            "traversal-sip",
            "neighbour-sip",
            "b2b-sip",
            "webex-sip",
            "sip-line",
            "sip-reverse",
        )
        if mode is None or not sip:
            return
        base = "SIP TLS Certificate Revocation Checking"
        fail = expressway.value(held, f"{base} Source Inaccessibility Behavior").lower() != "ignore"
        state = "off" if mode.value.lower() != "on" else "on_fail" if fail else "on_ignore"
        yield self.fact("revocation.checking", state, self._line(mode.line), checking_setting=f"{base} Mode")
        if state != "off":
            crl_on = expressway.value(held, f"{base} CRL Mode").lower() != "off"
            fetch = expressway.value(held, f"{base} CRL Network Fetch Mode").lower() != "off"
            ocsp_on = expressway.value(held, f"{base} OCSP Mode").lower() != "off"
            crl_loaded = any(c.issuer_key == leaf.issuer_key for c in j.verifier.revocation_lists)
            may = (crl_on and ((fetch and leaf.crl_urls) or crl_loaded)) or (ocsp_on and leaf.ocsp_urls)
            yield self.fact("revocation.reach", "may_fetch" if may else "may_not_fetch", reach_setting=f"{base} ...")
            allowed = "both" if crl_on and ocsp_on else "crl_only" if crl_on else "ocsp_only" if ocsp_on else "neither"
            yield self.fact("revocation.allowed", allowed, self._line(mode.line), leaf=clean(leaf.label))

    def _renewal(self) -> Iterator[Fact]:
        if self.j.identity is None or self.j.identity.slot == "previous":
            return
        old = self.j.presenter.identities.get("previous") or _replaced(self.j.presenter, self.j.identity)
        if old is None:
            return
        before, now = old.leaf.certificate, self.j.sent[0]
        if before.sha256 == now.sha256:
            return
        changed = before.issuer_key != now.issuer_key or (
            before.authority_key_id is not None and before.authority_key_id != now.authority_key_id
        )
        seen = (str(old.leaf.origin), *self._where_leaf())
        yield self.fact(
            "presenter.issuer_changed",
            "yes" if changed else "no",
            seen,
            old_issuer=clean(before.issuer),
            new_issuer=clean(now.issuer),
        )
        lost = CLIENT_AUTH in (before.extended_key_usage or ()) and CLIENT_AUTH not in (
            now.extended_key_usage or (CLIENT_AUTH,)
        )
        yield self.fact(
            "presenter.usage_changed",
            "lost_client_auth" if lost else "same",
            seen,
            old_usages=usages(before),
            new_usages=usages(now),
        )

    def _upload(self) -> Iterator[Fact]:
        j = self.j
        leaf = j.sent[0]
        yield self.fact("upload.store", "client" if j.connection.store == "client" else "server")
        if not j.presenter.requests:
            return
        # An Expressway has one pending request, CUCM and its relatives have one for each service.
        found = None if j.presenter.is_expressway else request_for(j.presenter, leaf)
        request = found or j.presenter.requests[-1]
        in_use = {
            i.leaf.certificate.public_key_sha256
            for s, i in j.presenter.identities.items()
            if s != "previous" and not s.startswith("candidate")
        }
        same = request.public_key_sha256 == leaf.public_key_sha256
        value = "matches" if same else "old_key" if leaf.public_key_sha256 in in_use else "differs"
        yield self.fact(
            "upload.key",
            value,
            self._where_leaf(),
            leaf=clean(leaf.label),
            request_file=clean(request.subject),
            node=j.presenter.id,
            node_name=clean(j.presenter.name),
        )
        held = {n.lower() for n in leaf.names}
        dropped = [n for n in (*request.dns_names, *request.ip_addresses) if n.lower() not in held]
        yield self.fact(
            "upload.names",
            "dropped" if dropped else "complete",
            self._where_leaf(),
            leaf=clean(leaf.label),
            dropped_names=clean(", ".join(dropped)),
        )


def request_for(node: Node, leaf: Certificate) -> SigningRequest | None:
    """Return the pending request of a node that a certificate was made from; None where there is none."""
    return next((r for r in reversed(node.requests) if r.public_key_sha256 == leaf.public_key_sha256), None)


def _upload_purpose(leaf: Certificate) -> str:
    held = leaf.extended_key_usage
    if held is None or "2.5.29.37.0" in held:
        return "ok"
    return "lacks_client_auth" if CLIENT_AUTH not in held else "lacks_server_auth" if SERVER_AUTH not in held else "ok"


def usages(certificate: Certificate) -> str:
    """Return the extended key usages as people name them."""
    held = certificate.extended_key_usage
    if held is None:
        return "any (no extension)"
    return ", ".join(USAGES.get(oid, oid) for oid in held) or "none"


def soon(certificate: Certificate) -> timedelta:
    """Return how long before its end a certificate counts as expiring soon.

    30 days, but no more than a third of its lifetime: short-lived certificates are renewed at two thirds.
    """
    return min(timedelta(days=30), (certificate.not_after - certificate.not_before) / 3)


def _certificates(deployment: Deployment) -> Iterator[Fact]:
    seen_before: set[str] = set()
    for node in deployment.nodes.values():
        for slot, identity in node.identities.items():
            certificate = identity.leaf.certificate
            if certificate.sha256 in seen_before:
                continue
            seen_before.add(certificate.sha256)
            yield from _certificate(deployment, node, slot, identity, certificate)


def _certificate(
    deployment: Deployment, node: Node, slot: str, identity: Identity, certificate: Certificate
) -> Iterator[Fact]:
    subject = certificate_subject(certificate)
    at = deployment.at
    seen = (str(identity.leaf.origin),)
    holder = "expressway" if node.is_expressway else "uc_node" if node.role in ("cucm", "imp", "cuc") else "other"
    yield Fact(
        "certificate.held_by",
        subject,
        holder,
        bindings={
            "leaf": clean(certificate.label),
            "node": node.id,
            "node_name": clean(node.name),
            "product": PRODUCTS[node.role],
            "slot": slot,
            "names": clean(", ".join(certificate.names)),
            "file": identity.document.origin.path,
        },
        seen=seen,
    )
    left = certificate.not_after - at
    value = (
        "expired"
        if left < timedelta(0)
        else "not_yet_valid"
        if certificate.not_before > at
        else "expires_soon"
        if left < soon(certificate)
        else "valid"
    )
    yield Fact(
        "certificate.expiry",
        subject,
        value,
        bindings={
            "leaf": clean(certificate.label),
            "not_after": date(certificate.not_after),
            "not_before": date(certificate.not_before),
            "days": str(max(left.days, 0)),
            "at": at.strftime("%Y-%m-%d %H:%M UTC"),
        },
        seen=seen,
    )
    use = "candidate" if slot.startswith("candidate") else "previous" if slot == "previous" else "yes"
    yield Fact("certificate.in_use", subject, use, seen=seen)


def _replaced(node: Node, identity: Identity) -> Identity | None:
    """What the node held in the same slot before, as the last archive with another certificate shows it."""
    state = node.earlier
    while state is not None:
        before = state.identities.get(identity.slot)
        if before is not None and before.leaf.certificate.sha256 != identity.leaf.certificate.sha256:
            return before
        state = state.earlier
    return None


def _nodes(deployment: Deployment, judgements: Sequence[Judgement]) -> Iterator[Fact]:
    for node in deployment.nodes.values():
        subject = node_subject(node)
        bindings = {"node": node.id, "node_name": clean(node.name), "product": PRODUCTS[node.role]}
        yield Fact("node.role", subject, node.role, bindings={**bindings, "version": str(node.version or "")})
        server = node.identities.get("server")
        if node.cluster and server is not None and node.is_expressway:
            leaf = server.leaf.certificate
            held = names.match(leaf, (node.cluster,)) == names.SAN
            yield Fact(
                "cluster.own_name",
                subject,
                "in_san" if held else "missing",
                bindings={
                    **bindings,
                    "cluster": clean(node.cluster),
                    "names": clean(", ".join(leaf.names)),
                    "leaf": clean(leaf.label),
                },
                seen=(str(server.leaf.origin),),
            )
            needed = [
                j.verifier.id
                for j in judgements
                if j.presenter.id == node.id and j.side == CLIENT and (j.name or "").lower() == node.cluster.lower()
            ]
            yield Fact(
                "cluster.name_needed",
                subject,
                "yes" if needed else "no",
                bindings={"cluster": clean(node.cluster), "needed_by": ", ".join(needed)},
            )


_FORMS = {
    Form.PEM: "pem",
    Form.DER: "der",
    Form.PKCS7_PEM: "pkcs7",
    Form.PKCS7_DER: "pkcs7",
    Form.PFX: "pfx",
}
_FORM_WORDS = {"der": "DER", "pkcs7": "PKCS#7", "pfx": "PKCS#12 (PFX)", "pem": "PEM"}


def _contents(document: Document) -> str:
    """Say what a file is that holds no certificate, or none in a form that can be uploaded."""
    if document.certificates:
        return "Base-64 (BEGIN CERTIFICATE –)"
    if document.requests:
        return "PKCS#10 (CSR)"
    if document.revocation_lists:
        return "CRL"
    if document.keys:
        return "PRIVATE KEY"
    if document.kind == Kind.NOT_READ:
        return "damaged / beschädigt"
    return "HTML / XML" if document.stored.lstrip()[:1] == b"<" else "Text"


def _files(deployment: Deployment, evidence: Evidence) -> Iterator[Fact]:
    # CUCM and the like take DER and PKCS#7 too.
    offered = {d.origin.path: node for node in deployment.nodes.values() if node.is_expressway for d in node.offered}
    for document in evidence.documents:
        path = document.origin.path
        form = _FORMS.get(document.form)
        if form is None or not (document.certificates or document.needs_password):
            if path not in offered:
                continue
            form = "not_a_certificate"
        yield Fact(
            "file.form",
            file_subject(document),
            form,
            bindings={"file": path, "form": _FORM_WORDS.get(form) or _contents(document)},
            seen=(path,),
        )
        for_node = offered.get(path)
        if for_node is None:
            continue
        leaf: Found | None = document.certificates[0] if document.certificates else None
        yield Fact(
            "file.purpose",
            file_subject(document),
            "upload",
            bindings={
                "file": path,
                "node": for_node.id,
                "node_name": clean(for_node.name),
                "leaf": clean(leaf.certificate.label) if leaf else "",
            },
            seen=(path,),
        )
        # In a PKCS#7 bundle the order says nothing.
        if form == "pem" and leaf is not None and len(document.certificates) > 1:
            ca = leaf.certificate.is_ca is True and any(c.certificate.is_ca is not True for c in document.certificates)
            yield Fact(
                "file.first_block",
                file_subject(document),
                "ca" if ca else "leaf",
                bindings={"file": path, "first": clean(leaf.certificate.label)},
                seen=(str(leaf.origin),),
            )
