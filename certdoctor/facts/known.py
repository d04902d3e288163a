"""Which known CA stands behind a certificate, whether its root is public, and whether the verifier knows that root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from certdoctor.deployment.model import ChainState, Deployment, Identity, Judgement, Node, TrustList
from certdoctor.evidence.items import Certificate
from certdoctor.facts import devices
from certdoctor.facts.authorities import Authorities, Known
from certdoctor.facts.dated import Calendar
from certdoctor.facts.derive import Root, date, side_subject
from certdoctor.facts.model import Fact, Subject, SubjectKind
from certdoctor.text import clean

SITE = Subject(SubjectKind.SITE, "site")

_LETS_ENCRYPT = ("lets_encrypt_y", "lets_encrypt_earlier")
_BROKEN = (
    ChainState.ISSUER_MISSING,
    ChainState.ROOT_MISSING,
    ChainState.SELF_SIGNED_UNTRUSTED,
    ChainState.SAME_NAME_OTHER_KEY,
)

_Make = Callable[..., Fact]


def observe_known(
    deployment: Deployment, judgements: Sequence[Judgement], root: Root, authorities: Authorities, calendar: Calendar
) -> Iterator[Fact]:
    """Yield the facts about known CAs on all connection sides, and about the root of the edge as a whole.

    Args:
        deployment: the site; its time decides which root has expired.
        judgements: both sides of every connection.
        root: gives the root of a judgement's chain as far as the evidence knows it.
        authorities: the known CAs.
        calendar: dated knowledge.
    """
    edge: dict[str, Fact] = {}
    for judgement in judgements:
        device = devices.kind_of(judgement.verifier)
        if device:
            shown = {"device": clean(judgement.verifier.name), "firmware": _firmware(judgement.verifier) or "–"}
            yield Fact("verifier.device", side_subject(judgement), device, bindings=shown)
        if judgement.identity is None:
            continue
        side = _Side(judgement, deployment, root(judgement), authorities, calendar)
        facts = list(side.facts())
        yield from facts
        if judgement.presenter.role == "expressway-e" and judgement.side == "server":
            edge |= {fact.value: fact for fact in facts if fact.id == "known.root"}
    edge.pop("unknown", None)
    if len(edge) == 1:  # several roots say nothing about the one that a device met
        (found,) = edge.values()
        yield Fact("edge.root", SITE, found.value, bindings=found.bindings, seen=found.seen)


def _firmware(node: Node) -> str:
    return clean(str(node.version)) if node.version else ""


def _root_kind(known: Known) -> str:
    """What stands at the top is a root, whatever it is called."""
    return "lets_encrypt_root" if known.form.group in _LETS_ENCRYPT else known.form.group


class _Side:
    """The facts of one side of one connection."""

    def __init__(
        self,
        judgement: Judgement,
        deployment: Deployment,
        root: Certificate | None,
        authorities: Authorities,
        calendar: Calendar,
    ) -> None:
        self.j = judgement
        self.deployment = deployment
        self.root = root
        self.authorities = authorities
        self.calendar = calendar
        self.leaf = judgement.sent[0]

    def fact(self, name: str, value: str, seen: Iterable[str] = (), /, **bindings: str) -> Fact:
        shown = {"leaf": clean(self.leaf.label), **bindings}
        return Fact(name, side_subject(self.j), value, bindings=shown, seen=tuple(seen))

    def facts(self) -> Iterator[Fact]:
        yield from self._issuer()
        yield from self._root()
        yield from self._expired_root()
        yield from self._before()

    def _where(self) -> tuple[str, ...]:
        return (str(self.j.identity.leaf.origin),) if self.j.identity else ()

    # --- the issuing CA ---

    def _issuer(self) -> Iterator[Fact]:
        known = self.authorities.named(self.leaf.issuer)
        value: str = known.form.group if known is not None and known.form.group in _LETS_ENCRYPT else "other"
        if value == "other" and self.authorities.is_lets_encrypt(self.leaf.issuer):
            value = "lets_encrypt_unlisted"
        above = [self.authorities.forms[key].common_name for key in self.authorities.above(known.id)] if known else []
        held, where = self._list_that_lacks()
        yield self.fact(
            "known.issuer",
            value,
            self._where(),
            issuing_ca=clean(known.form.common_name if known else self.leaf.issuer),
            cas_above=clean(", ".join(above)) or "–",
            lacking_list=where,
        )
        if value == "other" or held is None:
            return
        others = self._other_intermediates(held)
        before = self.j.presenter.identities.get("previous")
        old = before.leaf.certificate.issuer if before is not None else ""
        if not others and old and old != self.leaf.issuer and self.authorities.is_lets_encrypt(old):
            others = [old]
        roots = any(self._group(entry.certificate) == "lets_encrypt_root" for entry in held.entries)
        yield self.fact(
            "known.listed",
            "other_issuing_ca" if others else "root_only" if roots else "none",
            (held.document.origin.path,),
            listed=clean(", ".join(dict.fromkeys(others))) or "–",
            lacking_list=where,
        )

    def _list_that_lacks(self) -> tuple[TrustList | None, str]:
        """The list in which the CAs belong: the verifier's, or of a box outside the one that the chain is sent from."""
        node, held = self.j.verifier, self.j.trust
        if not node.is_expressway:
            node, held = self.j.presenter, self.j.presenter.trust.get("ca")
        return held, f"{node.id}: Trusted CA certificate"

    def _other_intermediates(self, held: TrustList) -> list[str]:
        return [
            entry.certificate.label
            for entry in held.entries
            if self._group(entry.certificate) in _LETS_ENCRYPT and entry.certificate.subject_key != self.leaf.issuer_key
        ]

    def _group(self, certificate: Certificate) -> str:
        known = self.authorities.of(certificate)
        return known.form.group if known is not None else ""

    # --- the root ---

    def _root(self) -> Iterator[Fact]:
        value, known, name = self._kind_of_root()
        yield self.fact(
            "known.root",
            value,
            self._where(),
            root=clean(name) or "–",
            sunset=self.calendar.stated("client_auth_sunset"),
            first_firmware=self._first_firmware(known) or "–",
        )
        if value == "unknown":
            return
        listed = self._listed(value, known)
        if listed is not None:
            trust = (self.j.trust.document.origin.path,) if self.j.trust else ()
            yield self.fact("known.root_listed", "yes" if listed else "no", trust, root=clean(name))

    def _kind_of_root(self) -> tuple[str, Known | None, str]:
        """Return what the root is, what it is known as, and its name."""
        if self.root is not None:
            known = self.authorities.of(self.root)
            if known is not None:
                return _root_kind(known), known, self.root.label
            return ("public" if self.authorities.is_public(self.root) else "private"), None, self.root.label
        # The root is not at hand: a name at which the chain breaks off may still tell which one it is.
        name = self.j.missing.subject if self.j.missing is not None else self.leaf.issuer
        known = self.authorities.named(name)
        if known is not None:
            top = self.authorities.root_of(known)
            return _root_kind(top), top, top.form.common_name
        if self.authorities.is_lets_encrypt(self.leaf.issuer):
            return "lets_encrypt_root", None, name
        return ("public" if self.authorities.bears_public_name(name) else "unknown"), None, name

    def _first_firmware(self, known: Known | None) -> str:
        return known.form.firmware.get(devices.kind_of(self.j.verifier), "") if known is not None else ""

    def _listed(self, value: str, known: Known | None) -> bool | None:
        """Tell whether the verifier knows the root; None where nothing tells."""
        trust, state = self.j.trust, self.j.chain_state
        if trust is not None and state is not None:
            if state == ChainState.COMPLETE:
                return True
            if self.root is not None:
                wanted = self.root.public_key_sha256
                listed = any(entry.certificate.public_key_sha256 == wanted for entry in trust.entries)
            elif known is not None:
                found = [self.authorities.of(entry.certificate) for entry in trust.entries]
                listed = any(other is not None and other.id == known.id for other in found)
            else:
                return None
            return True if listed else False if state in _BROKEN else None
        device = devices.kind_of(self.j.verifier)
        if device in (devices.PHONE, devices.CP_8831) and value == "private":
            return False  # the list built into phones cannot be changed (S10, S17)
        first, firmware = self._first_firmware(known), devices.firmware_of(self.j.verifier)
        return devices.at_least(firmware, first) if first and firmware else None

    # --- roots that have expired, and the root before a renewal ---

    def _expired_root(self) -> Iterator[Fact]:
        """An expired root in the list that once vouched for another one: DST Root CA X3 for ISRG Root X1 (S32)."""
        trust = self.j.trust
        if trust is None:
            return
        old = [entry.certificate for entry in trust.entries if self._group(entry.certificate) == "expired_root"]
        if not old:
            return
        root = self.authorities.of(old[0])
        # Led there: the chain ends at it, or breaks off at a root that it once vouched for.
        led = any(self._group(certificate) == "expired_root" for certificate in self.j.chain)
        vouched = self.authorities.named(self.j.missing.subject) if self.j.missing is not None else None
        if vouched is not None and root is not None:
            led = led or any(issued.signed_by == root.id for issued in vouched.form.certificates)
        only = led and old[0].not_after < self.deployment.at
        yield self.fact(
            "known.dst_x3",
            "expired_root_only" if only else "present",
            (trust.document.origin.path,),
            root=clean(old[0].label),
            root_not_after=date(old[0].not_after),
        )

    def _before(self) -> Iterator[Fact]:
        """Whether the certificate that was renewed stood under a public CA."""
        before = self.j.presenter.identities.get("previous")
        if before is None or self.j.identity is None or self.j.identity.slot == "previous":
            return
        public = self._public_before(before)
        if public is not None:
            yield self.fact(
                "known.root_before",
                "public" if public else "private",
                (str(before.leaf.origin),),
                old_issuer=clean(before.leaf.certificate.issuer),
            )

    def _public_before(self, before: Identity) -> bool | None:
        leaf = before.leaf.certificate
        certificate, seen = leaf, {leaf.sha256}
        by_subject: dict[str, list[Certificate]] = {}
        for places in self.deployment.certificates.values():
            by_subject.setdefault(places[0].certificate.subject_key, []).append(places[0].certificate)
        while not certificate.self_signed:
            fitting = [c for c in by_subject.get(certificate.issuer_key, []) if c.sha256 not in seen]
            if not fitting:
                known = self.authorities.named(certificate.issuer)
                if known is not None:
                    return known.form.public != "no" or known.form.group == "lets_encrypt_root"
                return True if self.authorities.bears_public_name(certificate.issuer) else None
            certificate = max(fitting, key=lambda c: (c.self_signed, c.not_after))
            seen.add(certificate.sha256)
        known = self.authorities.of(certificate)
        return self.authorities.is_public(certificate) or (known is not None and known.form.group != "cisco")
