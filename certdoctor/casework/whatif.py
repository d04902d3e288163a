"""What if: a site examined as it stands and as it would stand after a change that nobody has made yet."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from certdoctor.casework.described import checked
from certdoctor.casework.examination import Examination, Treatable
from certdoctor.casework.examine import examine
from certdoctor.casework.matrix import judgement_of
from certdoctor.casework.sites import description_of
from certdoctor.deployment.model import CLIENT, SERVER, Deployment, Node, TrustList
from certdoctor.deployment.version import Version
from certdoctor.errors import BadInput, CertdoctorError
from certdoctor.evidence.items import Document, Evidence, Found, Origin
from certdoctor.evidence.read import read_bytes, read_paths
from certdoctor.evidence.site import ConnectionDescription, NodeDescription, SiteDescription
from certdoctor.knowledge.load import shipped
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import _
from certdoctor.limits import DEFAULT
from certdoctor.reasoning.engine import Engine

_SHORTEST_FINGERPRINT = 8  # hex digits that name a certificate
_TWO_STORES = "X15.5"  # from this version on an Expressway holds a client certificate of its own (S04)
_CERTAIN = ("accepted", "not_required")


@dataclass(frozen=True, slots=True)
class CertificateChange:
    """A node gets another certificate. `slot` "" means its only one, on an Expressway "server"."""

    node: str
    slot: str
    file: Path


@dataclass(frozen=True, slots=True)
class TrustAddition:
    """CAs of a file are appended to a node's trust list."""

    node: str
    list: str
    file: Path


@dataclass(frozen=True, slots=True)
class TrustRemoval:
    """A CA is removed from a node's trust list; `which` is its SHA-256 (or its start), common name or subject."""

    node: str
    list: str
    which: str


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A node is brought to another version."""

    node: str
    version: str


@dataclass(frozen=True, slots=True)
class DateChange:
    """Time passes until then."""

    on: datetime


Change = CertificateChange | TrustAddition | TrustRemoval | VersionChange | DateChange


@dataclass(frozen=True, slots=True)
class Shift:
    """One side of a connection whose verdict changes, and why."""

    connection: str
    kind: str
    client: str
    server: str
    side: str  # whose certificate is judged
    before: str
    after: str
    why: str

    @property
    def worse(self) -> bool:
        """Tell whether it was good before and is not any more."""
        return self.before in _CERTAIN and self.after not in _CERTAIN


@dataclass(frozen=True, slots=True)
class Upload:
    """How a candidate certificate fares at the upload: what the box would say to it."""

    node: str
    file: str
    verdict: str
    findings: tuple[Treatable, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Before and after, and the differences."""

    before: Examination
    after: Examination
    changes: tuple[str, ...]  # in words
    shifts: tuple[Shift, ...]
    uploads: tuple[Upload, ...]
    new: tuple[Treatable, ...]
    gone: tuple[Treatable, ...]
    remaining: tuple[Treatable, ...]


def what_if(
    paths: Sequence[Path],
    changes: Sequence[Change],
    *,
    passwords: Sequence[str],
    at: datetime | None,
    now: datetime,
    lang: str,
) -> WhatIf:
    """Examine a site before and after changes. Nothing is stored, nobody is contacted.

    Args:
        paths: files, folders and archives, as for an examination.
        changes: what is to change; together they are one step.
        passwords: tried on PFX files, also on those of the changes.
        at: judge the present as of this time; default: the description's, else now.
        now: the present time, aware.
        lang: language of the texts.

    Raises:
        CertdoctorError: a change names a node, slot, list or CA that is not there, or a file that holds no certificate.
    """
    knowledge = shipped()
    with Engine(knowledge) as engine:
        evidence = checked(read_paths(paths, passwords), knowledge)
        description = description_of(evidence)
        return rehearse(
            evidence, description, changes, knowledge, engine, passwords=passwords, at=at, now=now, lang=lang
        )


def rehearse(
    evidence: Evidence,
    description: SiteDescription,
    changes: Sequence[Change],
    knowledge: Knowledge,
    engine: Engine,
    *,
    now: datetime,
    at: datetime | None = None,
    lang: str = "en",
    passwords: Sequence[str] = (),
    answers: Sequence[tuple[str, str, str]] = (),
) -> WhatIf:
    """Examine a site before and after changes, as `what_if` does, from evidence that was read already.

    Args:
        evidence: everything that was read.
        description: the site as described.
        changes: what is to change; together they are one step.
        knowledge: rules and texts.
        engine: the rule engine's worker.
        now: the present time, aware.
        at: judge the present as of this time; default: the description's, else now.
        lang: language of the texts.
        passwords: tried on PFX files of the changes.
        answers: (fact, subject, value) of a person.

    Raises:
        CertdoctorError: a change names a node, slot, list or CA that is not there, or a file that holds no certificate.
    """
    before = examine(evidence, description, knowledge, engine, now=now, at=at, lang=lang, answers=answers)
    changed = _Changed(description, evidence, before.deployment, knowledge, passwords)
    words = tuple([changed.apply(change) for change in changes])
    then = next((change.on for change in changes if isinstance(change, DateChange)), at)
    after = examine(
        changed.evidence, changed.description, knowledge, engine, now=now, at=then, lang=lang, answers=answers
    )
    return _compared(before, after, words, changed.offered)


def replaceable(examination: Examination) -> tuple[tuple[str, str, str], ...]:
    """Return the certificates that can be replaced: node, slot, and whose it is now ("" where none is known)."""
    found: list[tuple[str, str, str]] = []
    for node in examination.deployment.nodes.values():
        held = {slot: identity.leaf.certificate.label for slot, identity in node.identities.items()
                if slot != "previous" and not slot.startswith("candidate")}  # fmt: skip
        if node.is_expressway:
            held.setdefault("server", "")
            if node.version is not None and node.version.at_least(_TWO_STORES):
                held.setdefault("client", "")
        found += [(node.id, slot, label) for slot, label in held.items()]
    return tuple(found)


class _Changed:
    """A description and its evidence, changed step by step."""

    def __init__(
        self,
        description: SiteDescription,
        evidence: Evidence,
        deployment: Deployment,
        knowledge: Knowledge,
        passwords: Sequence[str],
    ) -> None:
        self.description = description
        self.evidence = evidence
        self.offered: list[tuple[str, str, str]] = []  # node, slot of the offer, path
        self._deployment = deployment
        self._knowledge = knowledge
        self._passwords = passwords
        self._lists: dict[tuple[str, str], TrustList] = {}

    def apply(self, change: Change) -> str:
        """Apply one change and return it in words."""
        match change:
            case CertificateChange():
                return self._certificate(change)
            case TrustAddition():
                held = self._list(change.node, change.list)
                added = self._read(change.file).certificates
                self._trust(held, (*held.entries, *added), str(change.file))
                labels = ", ".join(found.certificate.label for found in added)
                return _("{node}: {cas} added to the list {list}").format(node=change.node, cas=labels, list=held.name)
            case TrustRemoval():
                held = self._list(change.node, change.list)
                removed = _matching(held.entries, change.which)
                kept = tuple(found for found in held.entries if found not in removed)
                self._trust(held, kept, f"-{change.which}")
                labels = ", ".join(dict.fromkeys(found.certificate.label for found in removed))
                return _("{node}: {cas} removed from the list {list}").format(
                    node=change.node, cas=labels, list=held.name
                )
            case VersionChange():
                node = self._node(change.node)
                if Version.parse(change.version) is None:
                    said = _("“{value}” is no version; write X15.5 or 15.0.1.12900-234.")
                    raise CertdoctorError(said.format(value=change.version))
                self._put(replace(self._described(node), version=change.version))
                return _("{node}: version {before} → {after}").format(
                    node=node.id, before=node.version or "?", after=change.version
                )
            case DateChange():
                return _("the date is {day}").format(day=change.on.strftime("%Y-%m-%d %H:%M UTC"))

    def _certificate(self, change: CertificateChange) -> str:
        node = self._node(change.node)
        slot = change.slot or self._only_slot(node)
        known = dict.fromkeys(
            [*node.identities]
            + [s for k in self._knowledge.connections.values() for e in (k.server, k.client) if e for s in e.identity]
        )
        if slot not in known:
            raise CertdoctorError(_unknown(_("{node} has no certificate “{value}”.").format(node=node.id, value=slot),
                                           slot, node.identities or known))  # fmt: skip
        document = self._read(change.file)
        path = document.origin.path
        described = self._described(node)
        identities = {**described.identities, slot: path}
        old = node.identities.get(slot)
        others = [s for s in node.identities if s != slot and not s.startswith("candidate")]
        if old is not None and not others and node.is_expressway:
            # What the renewal loses against the certificate that is there now is worth knowing.
            identities["previous"] = old.document.origin.path
        upload = self._knowledge.connections.get("upload")
        if upload is not None and node.role in upload.client_roles:
            offer = next(name for name in ("candidate", *(f"candidate-{n}" for n in range(2, 99)))
                         if name not in identities)  # fmt: skip
            identities[offer] = path
            self.offered.append((node.id, offer, path))
            store = CLIENT if slot == "client" and node.is_expressway else None
            made = ConnectionDescription(
                f"upload-{node.id}-{offer}", "upload", node.id, node.id, server_identity=offer, store=store
            )
            self.description = replace(self.description, connections=(*self.description.connections, made))
        self._put(replace(described, identities=identities))
        leaf = document.certificates[0].certificate.label
        return _("{node}: {slot} certificate {leaf} from {file}").format(
            node=node.id, slot=slot, leaf=leaf, file=change.file
        )

    @staticmethod
    def _only_slot(node: Node) -> str:
        if node.is_expressway:
            return "server"
        slots = [slot for slot in node.identities if slot != "previous" and not slot.startswith("candidate")]
        if len(slots) == 1:
            return slots[0]
        said = _("Which certificate of {node}? Name one: {slots}.")
        raise CertdoctorError(said.format(node=node.id, slots=", ".join(slots) or "?"))

    def _node(self, name: str) -> Node:
        if name not in self._deployment.nodes:
            raise CertdoctorError(_unknown(_("There is no node “{value}”.").format(value=name), name,
                                           self._deployment.nodes))  # fmt: skip
        return self._deployment.nodes[name]

    def _list(self, name: str, listed: str) -> TrustList:
        node = self._node(name)
        held = self._lists.get((name, listed)) or node.trust.get(listed)
        if held is None:
            # A list that holds the new CA alone would be judged as if it were whole.
            said = _("The trust list “{value}” of {node} is not in the evidence.").format(value=listed, node=name)
            raise CertdoctorError(_unknown(said, listed, node.trust))
        return held

    def _trust(self, held: TrustList, entries: tuple[Found, ...], what: str) -> None:
        origin = Origin(self._free(f"{held.document.origin.path} ({what})"))
        document = replace(held.document, origin=origin, certificates=entries, host="")
        self._lists[held.node, held.name] = replace(held, entries=entries, document=document)
        self.evidence = replace(self.evidence, documents=(*self.evidence.documents, document))
        described = self._described(self._deployment.nodes[held.node])
        self._put(replace(described, trust={**described.trust, held.name: origin.path}))

    def _read(self, file: Path) -> Document:
        try:
            with file.open("rb") as stream:
                data = stream.read(DEFAULT.file_bytes + 1)
        except OSError as error:
            raise BadInput(str(file), "", _("cannot be read ({why}).").format(why=error.strerror)) from None
        read = read_bytes(data, Origin(self._free(str(file))), self._passwords)
        documents = [document for document in read.documents if document.certificates]
        if len(documents) != 1:
            for problem in read.problems:
                raise BadInput(str(file), problem.origin.place, problem.reason, problem.remedy)
            raise BadInput(str(file), "", _("it must be one file with certificates, and is not."))
        self.evidence = replace(self.evidence, documents=(*self.evidence.documents, documents[0]))
        return documents[0]

    def _free(self, path: str) -> str:
        taken = {document.origin.path for document in self.evidence.documents}
        while path in taken:
            path = f"./{path}"
        return path

    def _described(self, node: Node) -> NodeDescription:
        held = next((d for d in self.description.nodes if d.id == node.id), None)
        # A box known by its archive alone: its files still come to it by its host name.
        return held or NodeDescription(id=node.id, role=node.role, names=node.names)

    def _put(self, described: NodeDescription) -> None:
        others = self.description.nodes
        if any(node.id == described.id for node in others):
            nodes = tuple(described if node.id == described.id else node for node in others)
        else:
            nodes = (*others, described)
        self.description = replace(self.description, nodes=nodes)


def _unknown(said: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"{said} " + _("Did you mean “{nearest}”?").format(nearest=close[0])
    return f"{said} " + _("There are: {names}.").format(names=", ".join(names) or "-")


def _matching(entries: Sequence[Found], which: str) -> tuple[Found, ...]:
    digits = which.replace(":", "").replace(" ", "").lower()
    hexadecimal = len(digits) >= _SHORTEST_FINGERPRINT and set(digits) <= set("0123456789abcdef")
    found = tuple(
        entry
        for entry in entries
        if (hexadecimal and entry.certificate.sha256.startswith(digits))
        or which.lower() in ((entry.certificate.common_name or "").lower(), entry.certificate.subject.lower())
    )
    if not found:
        labels = dict.fromkeys(entry.certificate.label for entry in entries)
        raise CertdoctorError(_unknown(_("The list holds no CA “{value}”.").format(value=which), which, labels))
    return found


def _compared(
    before: Examination, after: Examination, changes: tuple[str, ...], offered: Sequence[tuple[str, str, str]]
) -> WhatIf:
    offers = {(node, slot): path for node, slot, path in offered}
    uploads = {
        c.id: offers[c.server, c.server_identity]
        for c in after.deployment.connections
        if c.kind == "upload" and (c.server, c.server_identity or "") in offers and c.server_identity
    }
    new = tuple(f for f in after.findings if _same(f, before) is None)
    gone = tuple(f for f in before.findings if _same(f, after) is None)
    remaining = tuple(f for f in after.findings if f not in new)
    return WhatIf(
        before=before,
        after=after,
        changes=changes,
        shifts=tuple(_shifts(before, after, new, gone, uploads)),
        uploads=tuple(
            Upload(
                node=c.server,
                file=uploads[c.id],
                verdict=c.server_verdict,
                findings=tuple(f for f in after.findings if c.id in f.connections or f.subject_id == uploads[c.id]),
            )
            for c in after.connections
            if c.id in uploads
        ),
        new=new,
        gone=gone,
        remaining=remaining,
    )


def _same(finding: Treatable, other: Examination) -> Treatable | None:
    """The same finding, also on the certificate that took the place of another; folded or not."""
    for found in (*other.findings, *other.folded):
        if found.key == finding.key:
            return found
        where = (set(finding.connections), set(finding.nodes)), (set(found.connections), set(found.nodes))
        touching = where[0][0] & where[1][0] if where[0][0] and where[1][0] else where[0][1] & where[1][1]
        if found.diagnosis == finding.diagnosis and found.subject_side == finding.subject_side and touching:
            return found
    return None


def _shifts(
    before: Examination,
    after: Examination,
    new: Sequence[Treatable],
    gone: Sequence[Treatable],
    uploads: Mapping[str, str],
) -> Iterator[Shift]:
    was = {c.id: c for c in before.connections}
    now = {c.id: c for c in after.connections}
    for id_, line in {**was, **now}.items():
        if id_ in uploads:
            continue
        old, then = was.get(id_), now.get(id_)
        for side in (SERVER, CLIENT):
            had = _verdict(old, side)
            has = _verdict(then, side)
            if had != has:
                why = "; ".join(_why(id_, side, after, new, gone))
                yield Shift(id_, line.kind, line.client, line.server, side, had, has, why)


def _verdict(line: object, side: str) -> str:
    # A connection that a change brings or takes away has no verdict on the other side of it.
    return str(getattr(line, f"{side}_verdict", "none"))


def _why(
    connection: str, side: str, after: Examination, new: Sequence[Treatable], gone: Sequence[Treatable]
) -> Iterator[str]:
    def about(findings: Iterable[Treatable]) -> list[Treatable]:
        return [f for f in findings if connection in f.connections and f.subject_side in ("", side)]

    judgement = judgement_of(after, connection, side)
    if judgement is None:
        yield _("there is no such connection any more")
        return
    told = [f"{f.diagnosis} {f.title}" for f in about(new)]
    errors = list(dict.fromkeys(f"OpenSSL {e.code}: {e.text} ({e.subject})" for e in judgement.errors))
    settled = [_("no longer: {finding}").format(finding=f"{f.diagnosis} {f.title}") for f in about(gone)]
    if judgement.outcome.value in _CERTAIN:
        yield from settled or [_("nothing speaks against it any more")]
    elif told or errors:
        yield from told
        yield from errors
    elif judgement.outcome.value == "not_checked":
        yield _("what is needed to judge it is not in the evidence")
    else:
        yield _("the name or the purpose of the certificate does not fit")
