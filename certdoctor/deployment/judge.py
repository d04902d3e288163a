"""Each connection judged from both ends.

OpenSSL's answer decides; kb/connections says what is asked of it (which list, what is sent, which purpose);
the rest of this module only explains the answer: which issuer is missing, where it lies, which name was looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from certdoctor.deployment import expressway, names
from certdoctor.deployment.kinds import ConnectionKindForm, SideForm
from certdoctor.deployment.model import (
    CLIENT,
    SERVER,
    ChainState,
    Connection,
    Deployment,
    Identity,
    Judgement,
    MissingIssuer,
    Node,
    Outcome,
    TrustList,
)
from certdoctor.deployment.openssl import Answer, Purpose, Verifier
from certdoctor.evidence.items import Certificate, Found, RevocationList

T = TypeVar("T")

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
ANY_USAGE = "2.5.29.37.0"

# X509_V_ERR_*: the part of the chain that each error is about (openssl-verification-options, x509_vfy.h).
_UNTRUSTED = {2, 18, 19, 20, 21, 27, 33}
_NOT_A_CA = {24, 32, 79, 41, 37}
_PATH_LENGTH = {25, 38}
_NAME_CONSTRAINT = {47, 48, 49, 50, 51, 52, 53}
_SIGNATURE = {4, 6, 7}
_TIME = {9, 10, 13, 14}
_PURPOSE = {26}
_REVOKED = {23}


def judge(deployment: Deployment, kinds: Mapping[str, ConnectionKindForm], verifier: Verifier) -> tuple[Judgement, ...]:
    """Return the judgements on all connections, the server's certificate first."""
    judged = _Judge(deployment, verifier)
    result: list[Judgement] = []
    for connection in deployment.connections:
        kind = kinds.get(connection.kind)
        if kind is None or connection.client not in deployment.nodes or connection.server not in deployment.nodes:
            continue
        result.append(judged.side(connection, SERVER, kind.server))
        if kind.client is not None:
            result.append(judged.side(connection, CLIENT, kind.client))
    return tuple(result)


@dataclass(frozen=True, slots=True)
class _Explained:
    state: ChainState
    missing: MissingIssuer | None = None
    culprit: Certificate | None = None


class _Judge:
    def __init__(self, deployment: Deployment, verifier: Verifier) -> None:
        self._deployment = deployment
        self._verifier = verifier
        self._by_subject: dict[str, list[Found]] = {}
        for places in deployment.certificates.values():
            self._by_subject.setdefault(places[0].certificate.subject_key, []).append(places[0])
        self._answers: dict[tuple[object, ...], Answer] = {}
        self._lists: dict[tuple[str, frozenset[str]], tuple[RevocationList, ...]] = {}

    def side(self, connection: Connection, side: str, form: SideForm) -> Judgement:
        nodes = self._deployment.nodes
        presenter, verifier = nodes[connection.server], nodes[connection.client]
        if side == CLIENT:
            presenter, verifier = verifier, presenter
        slot = connection.server_identity if side == SERVER else connection.client_identity
        identity = _first(presenter.identities, [slot] if slot else form.identity)
        if identity is not None and not slot and _prefers_ecdsa(verifier):
            identity = presenter.identities.get(f"{identity.slot}-ecdsa", identity)
        trust = self._list(connection, form, verifier, identity)
        checked = _checked(connection, side, form, verifier, presenter)
        if checked == "no" or identity is None:
            why = "not_verified" if checked == "no" else "no_identity"
            outcome = Outcome.NOT_REQUIRED if checked == "no" else Outcome.NOT_CHECKED
            if identity is None:
                return Judgement(connection, side, outcome, why, presenter, verifier, None, trust=trust)
        leaf = identity.leaf.certificate
        sent = _sent(presenter, identity, form, self._verifier)
        at = self._deployment.at
        wanted = connection.name if side == SERVER else connection.verify_name
        if side == SERVER and connection.accepted_names:
            accepted = connection.accepted_names
        else:
            accepted = (wanted,) if wanted else ()
        name_match = (
            names.match(leaf, accepted, wildcards=verifier.role == "client")
            if accepted and _name_checked(form, verifier)
            else None
        )
        purpose: Purpose = form.purpose if _purpose_checked(form, verifier) else "any"
        lacking = _lacks(leaf, form.purpose)
        answer: Answer | None = None
        explained: _Explained | None = None
        revocation: str | None = None
        revoked: Certificate | None = None
        if trust is not None:
            answer = self._ask(leaf, sent, trust, at, purpose)
            explained = self._explain(leaf, sent, trust, answer, at)
            revocation, revoked = self._revoked(leaf, sent, trust, at, verifier)
        refused = (
            (answer is not None and bool(answer.errors))
            or (revoked is not None and any(c.issuer_key == revoked.issuer_key for c in verifier.revocation_lists))
            or (name_match is not None and name_match != names.SAN)
            or leaf.not_after < at
            or leaf.not_before > at
            or (lacking is not None and purpose != "any")
        )
        if checked == "no":
            outcome, why = Outcome.NOT_REQUIRED, "not_verified"
        elif refused:
            outcome, why = (Outcome.DEPENDS, "version") if checked == "assumed" else (Outcome.REFUSED, "")
        elif trust is None:
            outcome, why = Outcome.NOT_CHECKED, "no_trust_list"
        else:
            outcome, why = Outcome.ACCEPTED, ""
        return Judgement(
            connection=connection,
            side=side,
            outcome=outcome,
            why=why,
            presenter=presenter,
            verifier=verifier,
            identity=identity,
            sent=(leaf, *sent),
            trust=trust,
            certain=checked == "yes",
            errors=answer.errors if answer else (),
            chain=answer.chain if answer else (),
            chain_state=explained.state if explained else None,
            missing=explained.missing if explained else None,
            culprit=explained.culprit if explained else None,
            name=wanted,
            names_accepted=accepted,
            name_match=name_match,
            purpose=lacking or "ok" if form.purpose != "any" else None,
            purpose_checked=purpose != "any",
            revocation=revocation,
            revoked=revoked,
        )

    def _list(
        self, connection: Connection, form: SideForm, verifier: Node, identity: Identity | None
    ) -> TrustList | None:
        """Return the trust list that judges.

        CUCM and its relatives have one for each service. Where nothing tells for which service a certificate is
        offered, the list that accepts it judges, so that it is refused only where every list would refuse it.
        """
        preferred = [connection.store] if connection.store else []
        if connection.kind != "upload" or verifier.is_expressway or identity is None:
            return _first(verifier.trust, [*preferred, *form.trust])
        service = identity.slot.removeprefix("candidate").strip("-") or _replaced_service(verifier, identity)
        preferred += [service.removesuffix("-ecdsa")] if service else []
        known = _first(verifier.trust, preferred)
        lists = [verifier.trust[name] for name in form.trust if name in verifier.trust]
        if known is not None or not lists:
            return known
        leaf, at = identity.leaf.certificate, self._deployment.at
        return next((held for held in lists if not self._ask(leaf, (), held, at, "any").errors), lists[0])

    def _ask(
        self, leaf: Certificate, sent: Sequence[Certificate], trust: TrustList, at: datetime, purpose: Purpose
    ) -> Answer:
        key = (leaf.sha256, tuple(c.sha256 for c in sent), trust.node, trust.name, purpose)
        answer = self._answers.get(key)
        if answer is None:
            trusted = [found.certificate for found in trust.entries]
            answer = self._answers[key] = self._verifier.verify(leaf, sent, trusted, at, purpose)
        return answer

    def _revoked(
        self, leaf: Certificate, sent: Sequence[Certificate], trust: TrustList, at: datetime, verifier: Node
    ) -> tuple[str | None, Certificate | None]:
        """Return what the CRLs at hand say of the leaf, and which certificate of its chain they revoke."""
        trusted = [found.certificate for found in trust.entries]
        # Whether it is revoked is asked apart from whether its CA is trusted.
        trusted += [found.certificate for found in self._above(leaf, {c.sha256 for c in trusted})]
        issuers = {leaf.issuer_key, *(c.issuer_key for c in (*sent, *trusted) if not c.self_signed)}
        lists = self._revocation_lists(verifier, issuers)
        if not lists:
            return None, None
        answer = self._verifier.verify(leaf, sent, trusted, at, "any", lists)
        forged = {e.depth for e in answer.errors if e.code == 8}  # the CRL's own signature is bad
        depth = min((e.depth for e in answer.errors if e.code in _REVOKED and e.depth not in forged), default=None)
        if depth is not None:
            return "revoked", answer.chain[depth] if depth < len(answer.chain) else leaf
        codes = {e.code for e in answer.errors if e.depth == 0}
        # 3, 8: no CRL for the leaf, or none with a valid signature.
        return "stale" if codes & {11, 12} else None if codes & {3, 8} else "good", None

    def _revocation_lists(self, verifier: Node, issuers: set[str]) -> tuple[RevocationList, ...]:
        key = (verifier.id, frozenset(issuers))
        if key not in self._lists:
            found = (crl for issuer in sorted(issuers) for crl in self._deployment.revocation_lists(verifier, issuer))
            self._lists[key] = tuple(dict.fromkeys(found))
        return self._lists[key]

    def _explain(
        self, leaf: Certificate, sent: Sequence[Certificate], trust: TrustList, answer: Answer, at: datetime
    ) -> _Explained:
        codes = {error.code for error in answer.errors}
        trusted = {found.certificate.sha256 for found in trust.entries}
        chain = answer.chain or (leaf,)
        timely = next((c for c in chain[1:] if not c.not_before <= at <= c.not_after), None)
        # A CA that lacks the CA mark explains the "untrusted" errors that come with it.
        # What the leaf is not for, its CA may well leave out too.
        unfit = _NOT_A_CA if any(e.code in _PURPOSE and e.depth == 0 for e in answer.errors) else _NOT_A_CA | _PURPOSE
        if codes & _NOT_A_CA or any(e.code in unfit and e.depth > 0 for e in answer.errors):
            depth = min((e.depth for e in answer.errors if e.code in unfit and e.depth > 0), default=1)
            culprit = chain[depth] if depth < len(chain) else chain[-1]
            return _Explained(ChainState.CA_LIMITED if culprit.is_ca else ChainState.ISSUER_NOT_CA, culprit=culprit)
        damaged = next((e.depth for e in answer.errors if e.code in _SIGNATURE), None)
        if damaged is not None and _names_key_of_issuer(chain, damaged):
            return _Explained(ChainState.OTHER, culprit=chain[damaged])
        if codes & _UNTRUSTED or codes & _SIGNATURE:
            top = chain[-1]
            if top.self_signed and len(chain) == 1:
                same = tuple(f for f in trust.entries if f.certificate.subject_key == leaf.subject_key)
                state = ChainState.SAME_NAME_OTHER_KEY if same else ChainState.SELF_SIGNED_UNTRUSTED
                if leaf.sha256 in trusted:
                    # It is in the list; without key identifiers OpenSSL looks no further than the first of its name.
                    state = ChainState.SAME_NAME_FIRST
                    same = tuple(f for f in same if f.certificate.sha256 != leaf.sha256)
                available = self._deployment.certificates.get(leaf.sha256, ())
                missing = MissingIssuer(
                    leaf.subject,
                    leaf.subject_key,
                    leaf.subject_key_id,
                    (),
                    leaf,
                    available,
                    available[:1],
                    same,
                )
                return _Explained(state, missing, leaf)
            return self._missing(chain, trusted, trust, damaged)
        if codes & _PATH_LENGTH:
            depth = max((e.depth for e in answer.errors if e.code in _PATH_LENGTH), default=1)
            return _Explained(ChainState.PATH_TOO_LONG, culprit=chain[min(depth, len(chain) - 1)])
        if codes & _NAME_CONSTRAINT:
            return _Explained(
                ChainState.NAME_NOT_PERMITTED,
                culprit=next((c for c in chain if c.has_name_constraints), chain[-1]),
            )
        if codes - _TIME - _PURPOSE - _REVOKED:
            return _Explained(ChainState.OTHER, culprit=chain[0])
        return _Explained(ChainState.COMPLETE, culprit=timely)

    def _missing(
        self, chain: Sequence[Certificate], trusted: set[str], trust: TrustList, damaged: int | None
    ) -> _Explained:
        """Name the CA at which the chain breaks off, and what has to be added to the list.

        `damaged` is the depth of a certificate that the one above it, of the right name, did not sign.
        """
        if damaged is not None:
            wanted_by = chain[damaged]
            above = self._above(wanted_by, trusted)
        elif chain[-1].self_signed:
            # The whole chain is known (the root came along), but its root is not in the list.
            lacking = [c for c in chain[1:] if c.sha256 not in trusted]
            wanted_by = chain[chain.index(lacking[0]) - 1] if lacking else chain[0]
            above = [self._found(c) for c in lacking]
        else:
            wanted_by = chain[-1]
            # An intermediate that was sent, but is not in the list, has to be added as well.
            sent_only = [self._found(c) for c in chain[1:] if c.sha256 not in trusted]
            above = [*sent_only, *self._above(wanted_by, trusted)]
        key_id = wanted_by.authority_key_id
        candidates = [f for f in self._by_subject.get(wanted_by.issuer_key, []) if self._issued(f, wanted_by)]
        same = tuple(
            f
            for f in trust.entries
            if f.certificate.subject_key == wanted_by.issuer_key and not self._issued(f, wanted_by)
        )
        missing = MissingIssuer(
            subject=wanted_by.issuer,
            subject_key=wanted_by.issuer_key,
            key_id=key_id,
            urls=wanted_by.ca_issuer_urls,
            wanted_by=wanted_by,
            available=tuple(candidates),
            to_add=tuple(dict.fromkeys(above)),
            same_name=same,
        )
        if damaged is not None and same and candidates:
            return _Explained(ChainState.SAME_NAME_FIRST, missing, wanted_by)
        if same and not any(f.certificate.sha256 in trusted for f in candidates):
            return _Explained(ChainState.SAME_NAME_OTHER_KEY, missing, wanted_by)
        listed = wanted_by is not chain[0] and wanted_by.sha256 in trusted
        return _Explained(ChainState.ROOT_MISSING if listed else ChainState.ISSUER_MISSING, missing, wanted_by)

    def _above(self, certificate: Certificate, trusted: set[str]) -> list[Found]:
        """All issuers of a certificate that are known in the evidence and not in the list, upwards."""
        found: list[Found] = []
        seen = {certificate.sha256}
        while not certificate.self_signed:
            issuers = [f for f in self._by_subject.get(certificate.issuer_key, []) if self._issued(f, certificate)]
            issuers = [f for f in issuers if f.certificate.sha256 not in seen]
            if not issuers:
                break
            # Of several (cross-signed twins) the one that is trusted, then the self-signed, then the longest valid.
            best = max(
                issuers,
                key=lambda f: (
                    f.certificate.sha256 in trusted,
                    f.certificate.self_signed,
                    f.certificate.not_after,
                ),
            )
            seen.add(best.certificate.sha256)
            if best.certificate.sha256 in trusted:
                break
            found.append(best)
            certificate = best.certificate
        return found

    def _found(self, certificate: Certificate) -> Found:
        return self._deployment.certificates[certificate.sha256][0]

    def _issued(self, issuer: Found, subject: Certificate) -> bool:
        return self._verifier.issued(issuer.certificate, subject)


def _names_key_of_issuer(chain: Sequence[Certificate], depth: int) -> bool:
    """Say whether a certificate names the very key above it: a bad signature is then its own fault, not the list's."""
    if depth + 1 >= len(chain):
        return False
    key_id = chain[depth].authority_key_id
    return key_id is not None and key_id == chain[depth + 1].subject_key_id


class Roots:
    """The roots of presented certificates' chains, as far as the evidence knows them."""

    def __init__(self, deployment: Deployment, verifier: Verifier) -> None:
        self._verifier = verifier
        self._by_subject: dict[str, list[Certificate]] = {}
        for places in deployment.certificates.values():
            self._by_subject.setdefault(places[0].certificate.subject_key, []).append(places[0].certificate)
        self._found: dict[tuple[str, str, str], Certificate | None] = {}

    def of(self, judgement: Judgement) -> Certificate | None:
        """Return the root of the presented certificate's chain, None where the evidence does not hold it."""
        if not judgement.sent:
            return None
        leaf, trust = judgement.sent[0], judgement.trust
        key = (leaf.sha256, trust.node if trust else "", trust.name if trust else "")
        if key not in self._found:
            self._found[key] = self._above(leaf, trust)
        return self._found[key]

    def _above(self, leaf: Certificate, trust: TrustList | None) -> Certificate | None:
        trusted = {found.certificate.sha256 for found in trust.entries} if trust else set()
        certificate: Certificate | None = leaf
        seen: set[str] = set()
        while certificate is not None and not certificate.self_signed:
            seen.add(certificate.sha256)
            issuers = [
                issuer
                for issuer in self._by_subject.get(certificate.issuer_key, [])
                if issuer.sha256 not in seen and self._verifier.issued(issuer, certificate)
            ]
            certificate = max(issuers, key=lambda c: (c.sha256 in trusted, c.self_signed, c.not_after), default=None)
        return certificate


def _replaced_service(node: Node, offered: Identity) -> str:
    """Return the service whose certificate has the subject of the one offered; "" where that is not one alone."""
    subject = offered.leaf.certificate.subject_key
    same = [
        slot
        for slot, identity in node.identities.items()
        if slot != "previous" and identity is not offered and identity.leaf.certificate.subject_key == subject
    ]
    return same[0] if len(same) == 1 and not same[0].startswith("candidate") else ""


def _first(held: Mapping[str, T], slots: Iterable[str]) -> T | None:
    return next((held[slot] for slot in slots if slot in held), None)


def _sent(presenter: Node, identity: Identity, form: SideForm, verifier: Verifier) -> tuple[Certificate, ...]:
    """What goes over the wire behind the leaf.

    An Expressway completes its chain from its own trust list (S28, S01); other products send what stands in
    their file. Where the verifier wants every CA in its list (SSH tunnels, uploads), nothing sent counts.
    """
    if form.needs_all_in_list:
        return ()
    sent = [found.certificate for found in identity.sent]
    if presenter.is_expressway and "ca" in presenter.trust:
        pool = [found.certificate for found in presenter.trust["ca"].entries]
        current = identity.leaf.certificate
        for _ in range(20):
            if current.self_signed:
                break
            issuer = next(
                (c for c in (*sent, *pool) if c.subject_key == current.issuer_key and verifier.issued(c, current)),
                None,
            )
            if issuer is None or issuer.self_signed:
                break
            if issuer not in sent:
                sent.append(issuer)
            current = issuer
    return tuple(sent)


def _prefers_ecdsa(node: Node) -> bool:
    """Say whether an Expressway's cipher list has a UC node show its ECDSA certificate, where it has one (S07, S19)."""
    ciphers = expressway.value(node.settings, "Ciphers UcClientTLSCiphers Value").upper().split(":")
    if {"!ECDSA", "-ECDSA", "+ECDSA"}.intersection(ciphers):
        return False
    # "EECDH" and its likes put the ECDSA suites before the RSA ones.
    first = next((name for name in ciphers if name.endswith(("ECDH", "ECDHE")) or "ECDSA" in name or "RSA" in name), "")
    return bool(first) and "-RSA-" not in first and "+RSA" not in first


def _checked(connection: Connection, side: str, form: SideForm, verifier: Node, presenter: Node) -> str:
    """Return "yes", "assumed" or "no"."""
    if form.checked == "never":
        return "no"
    if form.checked == "always":
        return "yes"
    if form.setting:
        held = None
        zone = connection.client_zone if side == SERVER else connection.server_zone
        for number in _zone_numbers(form, verifier) if zone is None else (zone,):
            held = expressway.lookup(verifier.settings, form.setting.replace("{zone}", str(number)))
            if held is not None:
                break
        if held is not None and held.value.lower() not in {word.lower() for word in form.on}:
            return "no"
        if held is not None and form.checked == "setting":
            return "yes"
    if form.checked == "setting":
        if verifier.settings:
            return "yes" if form.default else "no"
        named = connection.name if side == SERVER else connection.verify_name
        return "yes" if form.default else "assumed" if connection.given and named else "no"
    # The version that counts is the Expressway's: it verifies, or it presents its certificate (X14.0.2).
    expressway_node = verifier if verifier.is_expressway else presenter
    version = expressway_node.version
    if version is None or any(version.of_train(train) for train in form.unclear):
        return "assumed"
    return "yes" if version.at_least(form.since) else "no"


def _zone_numbers(form: SideForm, node: Node) -> tuple[int, ...]:
    if "{zone}" not in form.setting:
        return (0,)
    return tuple(zone.number for zone in expressway.zones(node.settings))


def _name_checked(form: SideForm, verifier: Node) -> bool:
    off = form.name_setting and expressway.value(verifier.settings, form.name_setting).lower() == "off"
    return form.name != "none" and not off


def _purpose_checked(form: SideForm, verifier: Node) -> bool:
    if form.purpose_until and verifier.version and verifier.version.at_least(form.purpose_until):
        return False
    if form.purpose_unless_setting and verifier.version and verifier.version.at_least(form.purpose_setting_since):
        return expressway.value(verifier.settings, form.purpose_unless_setting).lower() != "off"
    return True


def _lacks(leaf: Certificate, purpose: str) -> str | None:
    usages = leaf.extended_key_usage
    if usages is None:  # OpenSSL does not take anyExtendedKeyUsage for either of the two
        return None
    if purpose == "server" and SERVER_AUTH not in usages:
        return "lacks_server_auth"
    if purpose == "client" and CLIENT_AUTH not in usages:
        return "lacks_client_auth"
    return None
