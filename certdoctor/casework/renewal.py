"""A renewal project: which certificates get which candidates, in waves, each rehearsed before it is done.

Trust first, so that everybody knows the new CAs; then the certificates; then the restarts that put them in force.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from certdoctor.casework.examination import Examination
from certdoctor.casework.whatif import CertificateChange, Change, Shift, TrustAddition, WhatIf, rehearse
from certdoctor.deployment.model import Deployment, Identity, Node
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Certificate, Evidence, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.site import SiteDescription
from certdoctor.knowledge.forms import Lang
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import N_, _
from certdoctor.page.model import Block, Detail, Heading, Items, Page, Paragraph, Step, Steps, Table
from certdoctor.reasoning.engine import Engine
from certdoctor.store.records import RenewalRecord
from certdoctor.treatment.boxes import in_order
from certdoctor.treatment.files import Artefact, pem, request
from certdoctor.treatment.synthetic import Issuer, Wish, is_synthetic, usages_of

__all__ = ["Kept", "Plan", "Request", "Wish"]

_SERIOUS = ("critical", "high", "medium")
TRUST, CERTIFICATES, RESTARTS = "trust", "certificates", "restarts"
_WAVE = {
    TRUST: N_("Wave 1: trust"),
    CERTIFICATES: N_("Wave 2: certificates"),
    RESTARTS: N_("Wave 3: restarts"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A certificate that is to be renewed."""

    node: str
    slot: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """What takes its place: PEM, the leaf first, its CAs behind it."""

    place: Place
    pem: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What the new certificate has otherwise than the old one."""

    node: str
    slot: str
    what: str  # "names", "usages", "issuer", "key", "lifetime"
    before: str
    after: str
    lost: str  # what the old one had and the new one has not


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step to tick off."""

    id: str
    node: str
    text: str
    where: str = ""
    command: str = ""
    file: str = ""  # in the folder that is written
    note: str = ""  # interruption


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rehearsal of a wave says."""

    good: bool
    worse: tuple[str, ...]  # connections that break, in words
    better: tuple[str, ...]
    findings: tuple[str, ...]  # that are new, in words


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of the plan."""

    name: str
    steps: tuple[PlanStep, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole project, as it is kept."""

    title: str
    customer: str
    site: str
    lang: str
    made: datetime
    on: datetime  # when the new certificates are in force
    synthetic: bool
    differences: tuple[Difference, ...]
    waves: tuple[Wave, ...]
    without_trust: tuple[str, ...]  # what would break if the first wave were left out
    unchecked: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)  # path in the folder -> text

    @property
    def good(self) -> bool:
        """Whether every rehearsal went well."""
        return all(wave.verdict.good for wave in self.waves)


def places(deployment: Deployment, asked: Sequence[str] = (), clusters: Sequence[str] = ()) -> tuple[Place, ...]:
    """Return the certificates that are meant, in the order of the work: all of the site where nothing is asked for.

    Args:
        deployment: the site.
        asked: "expe1", "cucm1:tomcat"; without a slot all certificates of the node.
        clusters: names of clusters.

    Raises:
        CertdoctorError: there is no such node, certificate or cluster.
    """
    nodes = deployment.nodes
    wanted: dict[str, set[str]] = {}
    for text in asked:
        id_, _colon, slot = text.partition(":")
        if id_ not in nodes:
            raise CertdoctorError(_("There is no node “{value}”.").format(value=id_))
        if slot and slot not in _slots(nodes[id_]):
            raise CertdoctorError(_("{node} has no certificate “{value}”.").format(node=id_, value=slot))
        wanted.setdefault(id_, set()).update([slot] if slot else _slots(nodes[id_]))
    for cluster in clusters:
        found = [n for n in nodes.values() if (n.cluster or "").lower() == cluster.lower()]
        if not found:
            raise CertdoctorError(_("There is no cluster “{value}”.").format(value=cluster))
        wanted |= {n.id: set(_slots(n)) for n in found}
    if not asked and not clusters:
        wanted = {n.id: set(_slots(n)) for n in nodes.values() if n.role not in ("client", "webex", "partner")}
    order = [box.node.id for box in in_order(wanted, deployment) if box.node.id in wanted]
    made = tuple(Place(id_, slot) for id_ in order for slot in _slots(nodes[id_]) if slot in wanted[id_])
    if not made:
        raise CertdoctorError(_("No certificate of these boxes is in the evidence."))
    return made


def _slots(node: Node) -> list[str]:
    return [slot for slot in node.identities if slot != "previous" and not slot.startswith("candidate")]


def synthetic(deployment: Deployment, chosen: Sequence[Place], wish: Wish, now: datetime) -> tuple[Candidate, ...]:
    """Return candidates as wished for all these places, from one throw-away CA."""
    issuer = Issuer(wish.issuer, now)
    return tuple(
        Candidate(place, issuer.instead_of(_identity(deployment, place).leaf.certificate, wish)) for place in chosen
    )


def _identity(deployment: Deployment, place: Place) -> Identity:
    return deployment.nodes[place.node].identities[place.slot]


def _read(text: str, name: str) -> tuple[Certificate, ...]:
    return tuple(
        found.certificate
        for document in read_bytes(text.encode(), Origin(name)).documents
        for found in document.certificates
    )


def plan(
    evidence: Evidence,
    description: SiteDescription,
    examination: Examination,
    candidates: Sequence[Candidate],
    knowledge: Knowledge,
    engine: Engine,
    *,
    title: str,
    now: datetime,
    known_issuer: str = "",
    answers: Sequence[tuple[str, str, str]] = (),
) -> Plan:
    """Plan a renewal in waves and rehearse each.

    Args:
        evidence: everything that was read.
        description: the site as described.
        examination: the site as it stands.
        candidates: the new certificates, given or synthetic.
        knowledge: rules and texts, and how each store is exchanged.
        engine: the rule engine's worker.
        title: of the project.
        now: the present time, aware.
        known_issuer: where candidates are synthetic: the CA that theirs stands in for. Lists that hold it count as
            holding the synthetic one.
        answers: (fact, subject, value) of a person.
    """
    with tempfile.TemporaryDirectory(prefix="certdoctor-renewal-") as folder:
        return _Planner(
            Path(folder), evidence, description, examination, candidates, knowledge, engine, title, now, known_issuer,
            answers,
        ).plan()  # fmt: skip


class _Planner:
    def __init__(
        self,
        folder: Path,
        evidence: Evidence,
        description: SiteDescription,
        examination: Examination,
        candidates: Sequence[Candidate],
        knowledge: Knowledge,
        engine: Engine,
        title: str,
        now: datetime,
        known_issuer: str,
        answers: Sequence[tuple[str, str, str]],
    ) -> None:
        self._folder = folder
        self._evidence = evidence
        self._description = description
        self._examination = examination
        self._deployment = examination.deployment
        self._knowledge = knowledge
        self._engine = engine
        self._title = title
        self._now = now
        self._answers = answers
        self._lang: Lang = "de" if examination.lang == "de" else "en"
        self._chains = {c.place: _read(c.pem, f"{c.place.node}-{c.place.slot}.pem") for c in candidates}
        for place, chain in self._chains.items():
            if not chain:
                said = _("The candidate for {node} holds no certificate.")
                raise CertdoctorError(said.format(node=place.node))
        self._candidates = tuple(candidates)
        self._synthetic = any(is_synthetic(chain[0]) for chain in self._chains.values())
        starts = [chain[0].not_before for chain in self._chains.values()]
        # A moment after they begin: at the very second some verifiers still say "not yet valid".
        self._on = max([examination.at, *(start + timedelta(hours=1) for start in starts)])
        self._issuer = known_issuer
        self._files: dict[str, str] = {}
        self._stand_ins = tuple(self._standing_in(known_issuer))

    def plan(self) -> Plan:
        certificates: list[Change] = [
            CertificateChange(p.node, p.slot, self._write(f"{p.node}-{p.slot}-candidate.pem", self._pem(p)))
            for p in self._chains
        ]
        alone = self._rehearse([*self._stand_ins, *certificates], self._on)
        needed = self._needed(alone)
        trust: list[Change] = [
            TrustAddition(node, name, self._write(f"{node}-{name}-cas.pem", "".join(map(pem, cas))))
            for (node, name), cas in needed.items()
        ]
        first = self._rehearse([*self._stand_ins, *trust], self._examination.at) if trust else None
        # Without anything to trust first, the certificates alone are the last state too.
        last = self._rehearse([*self._stand_ins, *trust, *certificates], self._on) if trust else alone
        calm = Verdict(True, (), (), ())
        trusted = self._verdict(first) if first is not None else calm
        e = self._examination
        return Plan(
            title=self._title,
            customer=e.deployment.customer,
            site=e.deployment.site,
            lang=self._lang,
            made=self._now,
            on=self._on,
            synthetic=self._synthetic,
            differences=tuple(d for p in self._chains for d in self._differences(p)),
            waves=(
                Wave(TRUST, tuple(self._trust_steps(needed)), trusted),
                # What is uploaded is not in force before the restart: only the boxes' own view of it counts yet.
                Wave(CERTIFICATES, tuple(self._certificate_steps()), self._upload_verdict(last)),
                Wave(RESTARTS, tuple(self._restart_steps(needed)), self._verdict(last)),
            ),
            without_trust=tuple(_shift(s) for s in alone.shifts if s.worse) if needed else (),
            unchecked=tuple(f"{u.what}: {u.why}" for u in e.unchecked),
            candidates=self._candidates,
            files=dict(self._files),
        )

    # rehearsals

    def _rehearse(self, changes: Sequence[Change], at: datetime) -> WhatIf:
        """Before and after at the same time: what only that day brings is no matter of the change."""
        return rehearse(
            self._evidence,
            self._description,
            changes,
            self._knowledge,
            self._engine,
            now=self._now,
            at=at,
            lang=self._lang,
            answers=self._answers,
        )

    def _standing_in(self, issuer: str) -> Iterator[Change]:
        """The synthetic CA beside the real one it stands in for, wherever that is trusted already."""
        roots = {chain[-1].sha256: chain[-1] for chain in self._chains.values() if is_synthetic(chain[0])}
        if not issuer or not roots:
            return
        for node in self._deployment.nodes.values():
            for name, held in node.trust.items():
                if any(issuer.lower() in ((f.certificate.common_name or "").lower(), f.certificate.subject.lower())
                       for f in held.entries):  # fmt: skip
                    text = "".join(pem(root) for root in roots.values())
                    yield TrustAddition(node.id, name, self._write(f"{node.id}-{name}-stand-in.pem", text))

    def _needed(self, alone: WhatIf) -> dict[tuple[str, str], list[Certificate]]:
        """Which CAs which lists lack for the new certificates; in the order of the work."""
        new = {chain[0].sha256 for chain in self._chains.values()}
        found: dict[tuple[str, str], dict[str, Certificate]] = {}
        for judgement in alone.after.judgements:
            leaf = judgement.sent[0].sha256 if judgement.sent else ""
            if leaf not in new or judgement.missing is None or judgement.trust is None:
                continue
            node, names = judgement.verifier, [judgement.trust.name]
            if node.role == "cucm" and judgement.connection.kind == "tftp-https":
                names = [name for name in ("tomcat", "callmanager") if name in node.trust]  # both (S07)
            chain = next(c for c in self._chains.values() if c[0].sha256 == leaf)
            # The chain that comes with the candidate, and what else the evidence knows above it.
            cas = {c.sha256: c for c in (*chain[1:], *(f.certificate for f in judgement.missing.to_add)) if c.is_ca}
            for name in names:
                listed = {f.certificate.sha256 for f in node.trust[name].entries}
                lacking = {sha: c for sha, c in cas.items() if sha not in listed}
                if lacking:
                    found.setdefault((node.id, name), {}).update(lacking)
        order = [box.node.id for box in in_order((node for node, _name in found), self._deployment)]
        return {key: list(found[key].values()) for key in sorted(found, key=lambda k: (order.index(k[0]), k[1]))}

    def _verdict(self, whatif: WhatIf) -> Verdict:
        worse = tuple(_shift(s) for s in whatif.shifts if s.worse)
        better = tuple(_shift(s) for s in whatif.shifts if not s.worse and s.after in ("accepted", "not_required"))
        at_upload = {f.key for upload in whatif.uploads for f in upload.findings}
        new = [f for f in whatif.new if f.severity in _SERIOUS and f.key not in at_upload]
        words = tuple(f"{f.diagnosis} {f.title}: {f.summary}" for f in new)
        return Verdict(not worse and not words, worse, better, words)

    @staticmethod
    def _upload_verdict(whatif: WhatIf) -> Verdict:
        words: list[str] = []
        for upload in whatif.uploads:
            serious = [f for f in upload.findings if f.severity in _SERIOUS]
            words += [f"{f.diagnosis} {f.title}: {f.summary}" for f in serious]
            if upload.verdict == "refused" and not serious:
                words.append(_("{node} would not take the certificate").format(node=upload.node))
        return Verdict(not words, (), (), tuple(dict.fromkeys(words)))

    # comparing

    def _differences(self, place: Place) -> Iterator[Difference]:
        old, new = _identity(self._deployment, place).leaf.certificate, self._chains[place][0]

        def listed(items: Iterable[str]) -> str:
            return ", ".join(items)

        names = ({n.lower() for n in old.names}, {n.lower() for n in new.names})
        usages = (set(usages_of(old)), set(usages_of(new)))
        rows = (
            ("names", listed(sorted(names[0])), listed(sorted(names[1])), listed(sorted(names[0] - names[1]))),
            ("usages", listed(sorted(usages[0])), listed(sorted(usages[1])), listed(sorted(usages[0] - usages[1]))),
            ("issuer", old.issuer, new.issuer, ""),
            ("key", f"{old.key_type} {old.key_bits}", f"{new.key_type} {new.key_bits}", ""),
            ("lifetime", _life(old), _life(new), ""),
        )
        for what, before, after, lost in rows:
            if before != after:
                yield Difference(place.node, place.slot, what, before, after, lost)

    # steps

    def _trust_steps(self, needed: Mapping[tuple[str, str], Sequence[Certificate]]) -> Iterator[PlanStep]:
        for (id_, name), cas in needed.items():
            node = self._deployment.nodes[id_]
            slot = "server" if node.is_expressway else name
            store = self._knowledge.store(node.role, slot) or self._knowledge.store(node.role, "tomcat")
            shown = name if node.is_expressway else f"{name}-trust"
            folder = f"ca/{id_}-{'trusted-ca' if node.is_expressway else shown}"
            written = "" if self._synthetic else folder + "/"
            if not self._synthetic:
                for number, ca in enumerate(cas, 1):
                    self._files[f"{folder}/{number:02d}-{_plain(ca.label)}.pem"] = pem(ca)
            text = _("{node}: add {cas} to the list {list}.").format(
                node=id_, cas=", ".join(ca.label for ca in cas), list=shown
            )
            yield PlanStep(f"trust-{id_}-{name}", id_, text, where=store.trust if store else "", file=written)

    def _certificate_steps(self) -> Iterator[PlanStep]:
        for place in self._chains:
            node = self._deployment.nodes[place.node]
            store = self._knowledge.store(node.role, place.slot)
            current = _identity(self._deployment, place).leaf.certificate
            asked = request(node, self._deployment, self._examination.judgements, current, place.slot)
            self._files[asked.path] = asked.data.decode("utf-8")
            slot = f"{place.node}-{place.slot}"
            yield PlanStep(
                f"request-{slot}",
                place.node,
                _("{node}: make the request ({key}, {usages}).").format(
                    node=place.node, key=asked.key, usages=", ".join(asked.usages)
                ),
                where=store.request if store else "",
                file=asked.path,
            )
            issuer = self._issuer if self._synthetic and self._issuer else self._chains[place][0].issuer
            yield PlanStep(
                f"sign-{slot}",
                place.node,
                _("{node}: have it signed by {issuer}.").format(node=place.node, issuer=issuer),
            )
            yield PlanStep(
                f"upload-{slot}",
                place.node,
                _("{node}: upload the certificate as {slot}. It is not in force before the restart.").format(
                    node=place.node, slot=place.slot
                ),
                where=store.upload if store else "",
            )

    def _restart_steps(self, needed: Mapping[tuple[str, str], object]) -> Iterator[PlanStep]:
        renewed = dict.fromkeys(place.node for place in self._chains)
        trusting = [id_ for id_ in dict.fromkeys(id_ for id_, _name in needed) if id_ not in renewed]
        # Who must trust comes first: its new list counts before the new certificate does.
        for ids in (trusting, list(renewed)):
            for box in in_order(ids, self._deployment):
                if box.node.id not in ids:
                    continue
                node = box.node
                slots = [p.slot for p in self._chains if p.node == node.id] or [n for i, n in needed if i == node.id]
                stores = [self._knowledge.store(node.role, "server" if node.is_expressway else slot) for slot in slots]
                restarts = {(r.where, r.command): r for store in stores if store for r in store.restart}
                for number, restart in enumerate(restarts.values(), 1):
                    place = f" ({_(box.place)})" if box.place else ""
                    yield PlanStep(
                        f"restart-{node.id}-{number}",
                        node.id,
                        _("{node}{place}: restart.").format(node=node.id, place=place),
                        restart.where,
                        restart.command,
                        note=restart.text[self._lang],
                    )
                yield PlanStep(
                    f"check-{node.id}",
                    node.id,
                    _("{node}: look at it (certdoctor probe, zones Active) before the next box follows.").format(
                        node=node.id
                    ),
                )

    def _pem(self, place: Place) -> str:
        return "".join(pem(certificate) for certificate in self._chains[place])

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / name.replace("/", "-")
        path.write_text(text, encoding="ascii")
        return path


def _shift(shift: Shift) -> str:
    side = _("server's certificate") if shift.side == "server" else _("client's certificate")
    return f"{shift.connection} ({shift.client} → {shift.server}), {side}: {_(shift.before)} → {_(shift.after)}: {shift.why}"


def _life(certificate: Certificate) -> str:
    days = (certificate.not_after - certificate.not_before).days
    return f"{certificate.not_before:%Y-%m-%d} – {certificate.not_after:%Y-%m-%d} ({days} d)"


def _plain(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in text).strip("-.")[:60] or "ca"


# --- the sheet -----------------------------------------------------------------------------------------------


def page(planned: Plan, ticks: Iterable[str] = (), number: str = "") -> Page:
    """Return a plan as a page, in the language that is set; `ticks` are the ids of the steps that are done."""
    done = set(ticks)
    site = " – ".join(part for part in (planned.customer, planned.site) if part)
    title = ": ".join(part for part in (" ".join(p for p in (_("Renewal"), number, site) if p), planned.title) if part)
    return Page(title, planned.lang, planned.made, tuple(_blocks(planned, done)))


def _blocks(planned: Plan, done: set[str]) -> Iterator[Block]:
    day = planned.on.strftime("%Y-%m-%d")
    yield Paragraph(_("Rehearsed on {day}, the new certificates in force from {on}.").format(
        day=planned.made.strftime("%Y-%m-%d"), on=day))  # fmt: skip
    if planned.synthetic:
        yield Paragraph(
            _("SYNTHETIC: the candidates were made for this rehearsal alone. Never upload one; request the real ones."),
            strong=True,
        )
    yield Paragraph(
        _("Every wave can be carried out.") if planned.good else _("NOT as planned: see the verdicts."), True
    )
    yield Heading(_("Old and new compared"))
    rows = tuple((f"{d.node}:{d.slot}", _(_WHAT[d.what]), d.before, d.after, d.lost) for d in planned.differences)
    yield Table((_("certificate"), _("what"), _("old"), _("new"), _("LOST")), rows)
    first = 1
    for wave in planned.waves:
        yield Heading(_(_WAVE[wave.name]))
        if wave.steps:
            yield Steps(tuple(_step(step, step.id in done) for step in wave.steps), first)
            first += len(wave.steps)
        else:
            yield Paragraph(_("Nothing to do."))
        yield Heading(_("Rehearsal"), 3)
        verdict = wave.verdict
        lines = [*(_("BREAKS: {what}").format(what=text) for text in verdict.worse),
                 *(_("NEW: {what}").format(what=text) for text in verdict.findings),
                 *(_("better: {what}").format(what=text) for text in verdict.better)]  # fmt: skip
        yield Items(tuple(lines or [_("No connection gets worse, nothing new is found.")]))
    if planned.without_trust:
        yield Heading(_("If the first wave were left out"))
        yield Items(planned.without_trust)
    if planned.unchecked:
        yield Heading(_("Not checked"))
        yield Items(planned.unchecked)


_WHAT = {
    "names": N_("names"),
    "usages": N_("usages"),
    "issuer": N_("issuer"),
    "key": N_("key"),
    "lifetime": N_("lifetime"),
}


def _step(step: PlanStep, done: bool) -> Step:
    details = (
        Detail(_("menu"), step.where, code=True),
        Detail(_("command"), step.command, code=True),
        Detail(_("files"), step.file, code=True),
        Detail(_("interruption"), step.note),
        Detail("", f"[{step.id}]"),
    )
    return Step(step.text, tuple(d for d in details if d.text), done)


def handed_over(planned: Plan, sheet: Page) -> tuple[Artefact, ...]:
    """Return the files of a plan: CAs, requests, and its sheet."""
    from certdoctor.casework.pack import sheets

    made = [
        replace(Artefact(path.rpartition("/")[2], text.encode(), ""), folder=path.rpartition("/")[0])
        for path, text in planned.files.items()
    ]
    return (*sheets(sheet, "renewal"), *made)


# --- from what is asked for ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to renew."""

    title: str = ""
    certificates: tuple[str, ...] = ()  # "expe1", "cucm1:tomcat"
    clusters: tuple[str, ...] = ()
    candidates: tuple[tuple[str, Path], ...] = ()  # "expe1", "cucm1:tomcat" -> file
    wish: Wish | None = None  # for those without a given candidate


@dataclass(frozen=True, slots=True)
class Kept:
    """A project as it is kept."""

    record: RenewalRecord
    plan: Plan

    @property
    def done(self) -> frozenset[str]:
        """The ids of the steps that are ticked off."""
        return frozenset(tick.step for tick in self.record.ticks if tick.done)


# Lets msgspec gather what it has to know of a plan at import: two threads that do it at once crash it.
msgspec.json.Decoder(Plan)


def kept(record: RenewalRecord) -> Kept:
    """Return a stored project with its plan."""
    return Kept(record, msgspec.convert(record.plan, Plan))


def asked_for(deployment: Deployment, asked: Request, now: datetime) -> tuple[Candidate, ...]:
    """Return the candidates that are given, and synthetic ones for the other places where a wish says so.

    Raises:
        CertdoctorError: neither candidates nor a wish, or a place or file that is not there.
    """
    given: dict[Place, Candidate] = {}
    for text, file in asked.candidates:
        found = places(deployment, [text])
        if len(found) > 1:
            slots = ", ".join(place.slot for place in found)
            raise CertdoctorError(_("Which certificate of {node}? Name one: {slots}.").format(
                node=found[0].node, slots=slots))  # fmt: skip
        try:
            given[found[0]] = Candidate(found[0], file.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise CertdoctorError(_("The candidate {file} cannot be read as PEM ({why}).").format(
                file=file, why=error)) from error  # fmt: skip
    if asked.wish is None:
        if not given:
            raise CertdoctorError(_("Name candidates (NODE=FILE), or an issuer for synthetic ones."))
        return tuple(given.values())
    chosen = places(deployment, asked.certificates, asked.clusters)
    made = synthetic(deployment, [place for place in chosen if place not in given], asked.wish, now)
    return (*given.values(), *made)


def plan_of(
    evidence: Evidence,
    description: SiteDescription,
    asked: Request,
    knowledge: Knowledge,
    engine: Engine,
    *,
    now: datetime,
    at: datetime | None,
    lang: str,
    answers: Sequence[tuple[str, str, str]] = (),
) -> Plan:
    """Examine a site as it stands and plan what is asked for."""
    from certdoctor.casework.examine import examine

    examination = examine(evidence, description, knowledge, engine, now=now, at=at, lang=lang, answers=answers)
    candidates = asked_for(examination.deployment, asked, max(now, examination.at) if asked.wish else now)
    issuer = asked.wish.issuer if asked.wish else ""
    title = asked.title or (_("renewal by {issuer}").format(issuer=issuer) if issuer else _("renewal"))
    return plan(
        evidence, description, examination, candidates, knowledge, engine,
        title=title, now=now, known_issuer=issuer, answers=answers,
    )  # fmt: skip


def plan_paths(
    paths: Sequence[Path], asked: Request, *, passwords: Sequence[str], at: datetime | None, now: datetime, lang: str
) -> Plan:
    """Plan for files, folders and archives; nothing is stored."""
    from certdoctor.casework.described import checked
    from certdoctor.casework.sites import description_of
    from certdoctor.evidence.read import read_paths
    from certdoctor.knowledge.load import shipped

    knowledge = shipped()
    with Engine(knowledge) as engine:
        evidence = checked(read_paths(paths, passwords), knowledge)
        return plan_of(evidence, description_of(evidence), asked, knowledge, engine, now=now, at=at, lang=lang)
