"""The practice: every use case of the app, each one committed when it returns.

Screens and the command line call these methods and nothing below them.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy.orm import Session

from certdoctor import resources
from certdoctor.casework import intake, placing, standing, stopgaps
from certdoctor.casework.examination import Examination, QuestionLine
from certdoctor.casework.standing import Standing
from certdoctor.casework.stopgaps import StopgapLine
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Evidence, Kind, Problem
from certdoctor.evidence.site import NodeDescription
from certdoctor.facts.model import SubjectKind
from certdoctor.language import _, speaking
from certdoctor.store import cases, evidence, examinations, history, renewals, search, sites
from certdoctor.store import stopgaps as gaps
from certdoctor.store.database import Database
from certdoctor.store.records import (
    BACK,
    AnswerRecord,
    CaseRecord,
    CaseView,
    CertificateRecord,
    EventRecord,
    FleetUse,
    Hit,
    Month,
    Recurrence,
    SiteRecord,
    SiteView,
    case_number,
)
from certdoctor.text import clean
from certdoctor.writing import new_file

if TYPE_CHECKING:
    from certdoctor.casework.accounts import Supposed
    from certdoctor.casework.fleet import Asked
    from certdoctor.casework.policies import Policy
    from certdoctor.casework.proof import Proof
    from certdoctor.casework.renewal import Kept as KeptRenewal
    from certdoctor.casework.renewal import Request as RenewalRequest
    from certdoctor.casework.whatif import Change, WhatIf
    from certdoctor.evidence.targets import Target
    from certdoctor.knowledge.model import Knowledge
    from certdoctor.reasoning.engine import Engine
    from certdoctor.store.forgetting import Gone

_SLOT_WORDS = ("xconf", "xstat", "log", "csr", "crl")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where a new document seems to belong, for the user to confirm or correct."""

    path: str
    what: str  # "certificate of expc1.example.com and 2 CAs"
    node: str  # node id, "" if none fits
    slot: str  # "identity:server", "trust:ca", "xconf", "log", "csr", "crl", "" if unclear
    why: str  # "its SAN holds the node's name"
    assigned: bool  # True: beyond doubt (site.yml or archive says so), already assigned


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding evidence."""

    documents: int  # that were read
    certificates: int
    problems: tuple[Problem, ...]
    needs_password: tuple[str, ...]  # paths of PFX files that no given password opened
    keys_dropped: tuple[str, ...]  # paths of inputs that held a private key
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A shared site that was taken in; `new` is False where exactly this was here already."""

    site: SiteRecord
    new: bool


@dataclass(frozen=True, slots=True)
class SymptomMatch:
    """One entry of the symptom list."""

    symptom: str
    title: str
    category: str
    score: float


class Practice:
    """All customers of one data folder. Methods block; the app calls them in a worker thread.

    Args:
        data: the folder of the database; it is made with mode 0700.
        clock: gives the present time, aware, UTC.
        who: name written into the history; default: the user's login name.
        told: gets a line now and then while an older database is brought to the form of this version.

    `notice` tells what the user must know about the database ("" if all is well): a damaged one was kept beside
    as `.corrupt-<time>` and an empty one started.

    Raises:
        CertdoctorError: the database is of a newer version, or the folder cannot be used.
    """

    def __init__(
        self,
        data: Path,
        clock: Callable[[], datetime],
        who: str = "",
        told: Callable[[str], object] | None = None,
    ) -> None:
        self._clock = clock
        self._who = who or _login()
        self._database = Database(data, clock(), told)
        self.notice = self._database.notice
        self._reader = standing.Reader()
        self._lock = Lock()
        self._engine: Engine | None = None

    # customers and sites

    def sites(self, search: str = "", limit: int | None = None) -> tuple[SiteRecord, ...]:
        """Return sites whose customer, name, domain, node or case title holds every word of `search`."""
        with self._database.reading() as session:
            return sites.records(session, search, limit=limit)

    def create_site(self, customer: str, name: str, domains: Sequence[str] = ()) -> SiteRecord:
        """Create a site, and its customer if it is new."""
        with self._database.writing() as session:
            return sites.record(session, self._create_site(session, customer, name, domains))

    def create_example(self) -> CaseRecord:
        """Create the worked example site with its evidence and an open case."""
        from certdoctor.evidence.read import read_paths

        folder = resources.folder("kb") / "example" / "site"
        given = read_paths([folder])
        described = next((d.site for d in given.documents if d.site is not None), None)
        if described is None:
            text = _("certdoctor is installed without its example ({folder}); install it again.")
            raise CertdoctorError(text.format(folder=folder))
        with self._database.writing() as session:
            name, number = described.site, 1
            while sites.find(session, described.customer, name) is not None:
                number += 1
                name = f"{described.site} ({number})"
            site_id = self._create_site(session, described.customer, name, described.domains)
            case_id = self._open_case(session, site_id, _title(described.text) or name)
            self._take(session, case_id, given)
            return cases.record(session, case_id)

    def site(self, site_id: int) -> SiteView:
        """Return everything about one site."""
        with self._database.reading() as session:
            now_open = cases.open_at_site(session, site_id)
            present = {s.document.origin.path for s in evidence.standing(session, site_id, now_open)}
            return SiteView(
                site=sites.record(session, site_id),
                nodes=standing.nodes_with(session, site_id, present),
                cases=cases.records_of_site(session, site_id),
                events=history.events(session, site_id),
                certificates=evidence.site_certificates(session, site_id, now_open),
            )

    def examine_site(self, site_id: int, lang: str = "en", at: datetime | None = None) -> Examination:
        """Examine a site as it stands, without a case; nothing is stored."""
        self._warm_up()
        with self._database.reading() as session:
            stands = standing.of_site(session, self._reader, site_id)
        return self._examined(stands, lang, at)

    def what_if(self, site_id: int, changes: Sequence[Change], lang: str = "en") -> WhatIf:
        """Examine a site as it stands and as it would stand after changes; nothing is stored.

        Raises:
            CertdoctorError: a change names something that is not there, or a file that holds no certificate.
        """
        from certdoctor.casework.whatif import rehearse

        engine = self._warm_up()
        with self._database.reading() as session:
            stands = standing.of_site(session, self._reader, site_id)
        return rehearse(
            stands.evidence,
            stands.description,
            changes,
            self._loaded(),
            engine,
            now=self._clock(),
            lang=lang,
            answers=stands.answers,
        )

    def set_domains(self, site_id: int, domains: Sequence[str]) -> None:
        """Set the service-discovery domains of a site."""
        with self._database.writing() as session:
            sites.set_domains(session, site_id, domains)
            self._event(session, site_id, None, "domains set", ", ".join(domains) or "none")

    def put_node(self, site_id: int, node: NodeDescription) -> None:
        """Add a node, or change the one with this id (its documents stay assigned)."""
        with self._database.writing() as session:
            new = sites.put_node(session, site_id, node)
            words = f"{node.id} ({', '.join(x for x in (node.role, node.version, *node.names) if x)})"
            self._event(session, site_id, None, "node added" if new else "node changed", words)

    def remove_node(self, site_id: int, node: str) -> None:
        """Remove a node; its documents become unassigned."""
        with self._database.writing() as session:
            sites.remove_node(session, site_id, node)
            self._event(session, site_id, None, "node removed", node)

    # cases

    def open_case(self, site_id: int, title: str) -> CaseRecord:
        """Open a case."""
        with self._database.writing() as session:
            return cases.record(session, self._open_case(session, site_id, title))

    def case(self, case_id: int) -> CaseView:
        """Return everything about one case."""
        with self._database.reading() as session:
            case = cases.record(session, case_id)
            records = evidence.records(session, case.site_id, case_id)
            return CaseView(
                case=case,
                nodes=standing.nodes_with(session, case.site_id, {r.path for r in records if r.current}),
                evidence=records,
                problems=evidence.problem_records(session, case_id),
                answers=cases.answers(session, case_id),
                examinations=examinations.of_case(session, case_id),
                steps=cases.steps(session, case_id),
                notes=cases.notes(session, case_id),
            )

    def add_files(
        self,
        case_id: int,
        paths: Sequence[Path],
        passwords: Sequence[str] = (),
        progress: Callable[[int], None] | None = None,
    ) -> Added:
        """Read files, folders and archives into a case. Passwords are used and forgotten.

        `progress` is told how many bytes were read so far; where it raises `Stopped`, nothing is added.

        What a site.yml or the archive of a box says is followed at once; the other proposals wait for `assign`.
        """
        from certdoctor.evidence.read import read_paths

        return self._add(case_id, read_paths(paths, passwords, progress=progress))

    def add_text(self, case_id: int, text: str) -> Added:
        """Read pasted text (PEM, log lines, xConfiguration) into a case."""
        from certdoctor.evidence.read import read_text

        return self._add(case_id, read_text(text, "pasted"))

    def targets(self, case_id: int) -> tuple[str, ...]:
        """Return the servers of the case's site that a live look could contact, as HOST:PORT. Nothing is contacted."""
        return tuple(self._targets(case_id))

    def look(self, case_id: int, targets: Sequence[str], progress: Callable[[int], None] | None = None) -> Added:
        """Contact these servers, and nobody else, and keep what they send as evidence of the case.

        Args:
            case_id: the case.
            targets: HOST, HOST:PORT or [IPv6]:PORT.
            progress: told how many were contacted; where it raises `Stopped`, nothing is added.

        Raises:
            BadInput: a target is none.
        """
        from certdoctor.casework.live import look
        from certdoctor.evidence.targets import target

        known = self._targets(case_id)
        aimed = [known.get(text) or target(text) for text in targets]
        return self._add(case_id, look(aimed, self._clock, progress))

    def _targets(self, case_id: int) -> Mapping[str, Target]:
        from certdoctor.casework.live import targets_of
        from certdoctor.deployment import build, derive

        with self._database.reading() as session:
            stands = standing.of_case(session, self._reader, case_id)
        deployment = build.build(stands.description, stands.evidence, self._clock())
        kinds = self._loaded().connections
        found = targets_of(deployment, derive.connections(deployment, stands.description.connections, kinds))
        return {str(aimed): aimed for aimed in found}

    def assign(self, case_id: int, path: str, node: str, slot: str, also: bool = False) -> None:
        """Say that a document is this node's identity, trust list, configuration ...; "" unassigns it.

        Args:
            case_id: the case in which this is said.
            path: of the document.
            node: a node of the site, or a proposed one, which is then added; "" to take the document away from all.
            slot: "identity:<name>", "trust:<name>", "xconf", "xstat", "log", "csr" or "crl".
            also: keep what else the document is assigned to (one file of several nodes).
        """
        with self._database.writing() as session:
            site_id = cases.row(session, case_id).site_id
            document = evidence.find(session, site_id, path)
            if not node or not slot:
                evidence.unassign(session, document)
                self._event(session, site_id, case_id, "unassigned", path)
                return
            kind, _separator, name = slot.partition(":")
            if slot not in _SLOT_WORDS and not (kind in ("identity", "trust") and name):
                raise CertdoctorError(_("{slot} is no place for a file.").format(slot=repr(slot)))
            self._add_proposed(session, site_id, case_id, node)
            key = sites.node_id(session, site_id, node)
            evidence.assign(session, site_id, document, key, slot, also)
            self._event(session, site_id, case_id, "assigned", f"{path} is {slot} of {node}")

    def _add_proposed(self, session: Session, site_id: int, case_id: int, node: str) -> None:
        nodes = sites.nodes(session, site_id)
        if any(held.id == node for held in nodes):
            return
        kept = evidence.standing(session, site_id, [case_id])
        documents = [replace(self._reader.document(session, item), host=item.document.host) for item in kept]
        for box in intake.new_boxes(documents, nodes):
            if box.id == node:
                sites.put_node(session, site_id, box)
                self._event(session, site_id, case_id, "nodes added", node)

    def remove_evidence(self, case_id: int, path: str) -> None:
        """Remove one document."""
        with self._database.writing() as session:
            site_id = cases.row(session, case_id).site_id
            evidence.remove(session, site_id, path)
            self._event(session, site_id, case_id, "evidence removed", path)

    def set_symptoms(self, case_id: int, symptoms: Sequence[str], text: str = "") -> None:
        """Set the symptoms of a case and the customer's own words."""
        with self._database.writing() as session:
            cases.set_symptoms(session, case_id, symptoms, text)
            words = ", ".join(symptoms) or "none"
            self._case_event(session, case_id, "symptoms set", f"{words}: {text}" if text else words)

    def answer(self, case_id: int, fact: str, subject: str, value: str | None) -> None:
        """Answer a question; None is "don't know", or says that evidence cannot be had. Can be changed at any time.

        Raises:
            CertdoctorError: the fact, its subject or the value is not one that can be asked for.
        """
        from certdoctor.reasoning.looking import EVIDENCE

        knowledge = self._loaded()
        unheld = value is None and fact.startswith(EVIDENCE)  # evidence that cannot be had
        known = fact in knowledge.about and (value is None or value in knowledge.fact(fact).values)
        if not (unheld or known):
            text = _("{fact} = {value} is no answer to any question.")
            raise CertdoctorError(text.format(fact=fact, value=value))
        if subject.partition(":")[0] not in set(SubjectKind):
            raise CertdoctorError(_("{subject} is nothing that a question is about.").format(subject=repr(subject)))
        with self._database.writing() as session:
            cases.row(session, case_id)
            cases.add_answer(session, case_id, fact, subject, value, who=self._who, when=self._clock())
            words = "don't know" if value is None else value
            self._case_event(session, case_id, "answered", f"{fact} of {subject}: {words}")

    def take_back(self, case_id: int) -> AnswerRecord | None:
        """Take the last answer back, and return it; None where there is none."""
        with self._database.writing() as session:
            given = cases.answers(session, case_id)
            if not given:
                return None
            last = given[-1]
            cases.withdraw_answer(session, case_id, last.fact, last.subject, who=self._who, when=self._clock())
            self._case_event(session, case_id, "answer taken back", f"{last.fact} of {last.subject}")
            return last

    def write_request(self, case_id: int, examination: Examination, folder: Path) -> tuple[Path, ...]:
        """Write the request for the evidence that is still wanted into a new or empty folder, as text and Markdown."""
        from certdoctor.casework.handover import hand_over
        from certdoctor.casework.request import page_of
        from certdoctor.treatment.files import Artefact

        texts = {f"request.{end}": page_of(examination, markdown=end == "md") for end in ("txt", "md")}
        files = [Artefact(name, text.encode(), "") for name, text in texts.items()]
        paths = hand_over(folder, files, examination.at)
        with self._database.writing() as session:
            self._case_event(session, case_id, "request written", str(folder))
        return paths

    def suppose(self, case_id: int, examination: Examination, question: QuestionLine) -> tuple[Supposed, ...]:
        """Return where each answer to a question would lead, all other answers as they are; nothing is stored."""
        from certdoctor.casework.accounts import suppose

        with self._database.reading() as session:
            stands = standing.of_case(session, self._reader, case_id)
        return suppose(
            examination,
            question,
            self._loaded(),
            self._warm_up(),
            answers=stands.answers,
            unknown=tuple(stands.unknown),
        )

    def examine(self, case_id: int, lang: str = "en", at: datetime | None = None, keep: bool = True) -> Examination:
        """Examine the case's site with the case's answers and symptoms, and store the result.

        Args:
            case_id: the case.
            lang: language of the texts.
            at: judge as of this time; default: as the site file said, else now.
            keep: False to look only, as when a case is opened again: nothing is stored.
        """
        self._warm_up()
        with self._database.reading() as session:
            stands = standing.of_case(session, self._reader, case_id)
        examination = self._examined(stands, lang, at)
        if keep:
            from certdoctor.casework.keeping import keep as kept

            with self._database.writing() as session:
                for kind, text in kept(session, case_id, examination, self._loaded(), self._clock()):
                    self._case_event(session, case_id, kind, text)
                self._reopen_contradicted(session, case_id, examination)
        return examination

    def proof(self, case_id: int, lang: str = "en") -> Proof:
        """Tell what is proven of a case: each connection before and after, and each verify step. Nothing is stored."""
        from certdoctor.casework.proof import prove

        examination = self.examine(case_id, lang, keep=False)
        with self._database.reading() as session:
            earlier = examinations.of_case(session, case_id)
            ticked = cases.steps(session, case_id)
        return prove(earlier, examination, ticked, self._loaded(), lang)

    def _reopen_contradicted(self, session: Session, case_id: int, examination: Examination) -> None:
        """Open closed cases again whose cured findings newer evidence shows to be there."""
        site_id = cases.row(session, case_id).site_id
        present = {f.key: f for f in (*examination.findings, *examination.folded) if f.severity not in ("low", "info")}
        for other, key in cases.closed_as_cured(session, site_id, present).items():
            cases.set_state(session, other, cases.OPEN, None, "")
            text = f"{case_number(case_id)} finds it again: {present[key].title}"
            self._case_event(session, other, "case reopened", text)

    def save_examined(
        self, paths: Sequence[Path], passwords: Sequence[str] = (), lang: str = "en", at: datetime | None = None
    ) -> CaseRecord:
        """Open a case for files, at the site that their site.yml names (made if it is new), and examine it."""
        from certdoctor.evidence.read import read_paths

        given = self._checked(read_paths(paths, passwords))
        described = next((d.site for d in given.documents if d.site is not None), None)
        customer = (described.customer if described else "") or _("Unnamed customer")
        name = (described.site if described else "") or (Path(os.path.abspath(paths[0])).name if paths else _("Site"))
        with self._database.writing() as session:
            site_id = sites.find(session, customer, name)
            if site_id is None:
                site_id = self._create_site(session, customer, name, described.domains if described else ())
            title = _title(described.text if described else "") or _("Examination of {name}").format(name=name)
            case_id = self._open_case(session, site_id, title)
            self._take(session, case_id, given)
        self.examine(case_id, lang, at)
        with self._database.reading() as session:
            return cases.record(session, case_id)

    def tick(self, case_id: int, finding_key: str, step: str, done: bool) -> None:
        """Tick off a fix or verify step, or untick it.

        A stopgap is in force from then on; `step` with `BACK` behind it is its way back.
        """
        knowledge = self._loaded()
        now = self._clock()
        with self._database.writing() as session:
            cases.row(session, case_id)
            cases.add_step(session, case_id, finding_key, step, done, who=self._who, when=now)
            found = examinations.last(session, case_id, finding_key)
            title = found.title if found else finding_key
            self._case_event(session, case_id, "step done" if done else "step not done", f"{step} ({title})")
            if step.endswith(BACK):
                of = step.removesuffix(BACK)
                gaps.revert(session, case_id, finding_key, of, done, who=self._who, when=now)
                self._case_event(session, case_id, "stopgap ended" if done else "stopgap still on", f"{of} ({title})")
            elif found is not None and stopgaps.is_stopgap(knowledge, found.diagnosis, step):
                if done:
                    gaps.begin(
                        session, case_id, finding_key, step,
                        diagnosis=found.diagnosis, params=found.params, who=self._who, when=now,
                    )  # fmt: skip
                else:
                    gaps.withdraw(session, case_id, finding_key, step)
                self._case_event(session, case_id, "stopgap on" if done else "stopgap withdrawn", f"{step} ({title})")

    def stopgaps(
        self, site_id: int | None = None, case_id: int | None = None, lang: str = "en", limit: int | None = None
    ) -> tuple[StopgapLine, ...]:
        """Return the stopgaps in force, oldest first: all, or those of a site or case."""
        with self._database.reading() as session:
            found = gaps.in_force(session, site_id, case_id, limit)
        knowledge = self._loaded() if found else None
        return tuple(stopgaps.in_words(record, knowledge, lang) for record in found if knowledge is not None)

    def add_note(self, case_id: int, text: str) -> None:
        """Add a note."""
        if not text.strip():
            raise CertdoctorError(_("A note needs some text."))
        with self._database.writing() as session:
            cases.row(session, case_id)
            cases.add_note(session, case_id, text, who=self._who, when=self._clock())
            self._case_event(session, case_id, "note", text)

    def close_case(self, case_id: int, outcome: str, unproven: Sequence[str] = ()) -> None:
        """Close a case with one sentence on its outcome; the history keeps what was still unproven then."""
        with self._database.writing() as session:
            case = cases.row(session, case_id)
            if case.state == cases.CLOSED:
                raise CertdoctorError(_("The case {number} is closed already.").format(number=case_number(case_id)))
            cases.set_state(session, case_id, cases.CLOSED, self._clock(), outcome.strip())
            self._case_event(session, case_id, "case closed", outcome.strip())
            for text in unproven:
                self._case_event(session, case_id, "unproven", text)

    def reopen_case(self, case_id: int) -> None:
        """Open a closed case again."""
        with self._database.writing() as session:
            case = cases.row(session, case_id)
            if case.state == cases.OPEN:
                raise CertdoctorError(_("The case {number} is open.").format(number=case_number(case_id)))
            cases.set_state(session, case_id, cases.OPEN, None, "")
            self._case_event(session, case_id, "case reopened", case.title)

    def write_files(self, case_id: int, finding_key: str, folder: Path, lang: str = "en") -> tuple[Path, ...]:
        """Write the files that cure a finding (missing CAs, request configuration, converted file).

        Raises:
            CertdoctorError: the folder exists and is not empty, or nothing can be written for this finding.
        """
        from certdoctor.casework.handover import hand_over
        from certdoctor.casework.keeping import all_findings
        from certdoctor.casework.sites import finding_files

        examination = self.examine(case_id, lang, keep=False)
        finding = next((f for f in all_findings(examination) if f.key == finding_key), None)
        if finding is None:
            raise CertdoctorError(_("This finding is not found any more; examine the case again."))
        artefacts = {a.name: replace(a, folder="") for a in reversed(finding_files(examination, finding))}
        if not artefacts:
            raise CertdoctorError(_("There is no file that could be written for this finding."))
        paths = hand_over(folder, [artefacts[name] for name in reversed(artefacts)], examination.at)
        with self._database.writing() as session:
            names = ", ".join(path.name for path in paths)
            self._case_event(session, case_id, "files written", f"{names} into {folder}")
        return paths

    def write_pack(
        self,
        case_id: int,
        target: Path,
        findings: Sequence[str] = (),
        lang: str = "en",
        at: datetime | None = None,
    ) -> tuple[Path, ...]:
        """Write the treatment pack of a case: CA files, requests, what is there now, and the sheet for the ticket.

        Args:
            case_id: the case.
            target: a new folder, or a name that ends in .zip.
            findings: diagnoses or keys of the findings to be cured, default: all.
            lang: language of the sheet; it may be another one than that of the app.
            at: judge as of this time.

        Raises:
            CertdoctorError: nothing is found that could be cured, or the target is there already.
        """
        from certdoctor.casework.handover import check_free, hand_over
        from certdoctor.casework.keeping import all_findings
        from certdoctor.casework.pack import pack

        check_free(target)
        wanted = set(findings)
        with speaking(lang):
            examination = self.examine(case_id, lang, at, keep=False)
            found = all_findings(examination)
            chosen = [f for f in found if (wanted & {f.key, f.diagnosis} if wanted else not f.under)]
            made = pack(examination, chosen, self._loaded(), reference=case_number(case_id)) if chosen else None
        if made is None:
            if wanted:
                raise CertdoctorError(_("This finding is not found any more; examine the case again."))
            raise CertdoctorError(_("There is no finding to be cured, so there is nothing to pack."))
        paths = hand_over(target, made.files, examination.at)
        with self._database.writing() as session:
            words = ", ".join(dict.fromkeys(f.diagnosis for f in chosen))
            self._case_event(session, case_id, "pack written", f"{words} into {target}")
        return paths

    # renewals

    def plan_renewal(
        self, site_id: int, asked: RenewalRequest, lang: str = "en", at: datetime | None = None
    ) -> KeptRenewal:
        """Plan a renewal of a site in waves, rehearse each, and keep the project.

        Raises:
            CertdoctorError: what is asked for is not there.
        """
        from certdoctor.casework.renewal import plan_of

        engine = self._warm_up()
        with self._database.reading() as session:
            stands = standing.of_site(session, self._reader, site_id)
        planned = plan_of(
            stands.evidence, stands.description, asked, self._loaded(), engine,
            now=self._clock(), at=at, lang=lang, answers=stands.answers,
        )  # fmt: skip
        with self._database.writing() as session:
            form = msgspec.to_builtins(planned)
            renewal_id = renewals.create(session, site_id, planned.title, form, who=self._who, when=self._clock())
            self._event(session, site_id, None, "renewal planned", f"{renewals.number(renewal_id)} {planned.title}")
        return self.renewal(renewal_id)

    def renewal(self, renewal_id: int) -> KeptRenewal:
        """Return a renewal project with its plan and ticks."""
        from certdoctor.casework.renewal import kept

        with self._database.reading() as session:
            return kept(renewals.record(session, renewal_id))

    def renewals(self, site_id: int | None = None) -> tuple[KeptRenewal, ...]:
        """Return the renewal projects of a site, or all, newest first."""
        from certdoctor.casework.renewal import kept

        with self._database.reading() as session:
            return tuple(kept(record) for record in renewals.of_site(session, site_id))

    def tick_renewal(self, renewal_id: int, step: str, done: bool) -> None:
        """Tick off a step of a renewal, or untick it.

        Raises:
            CertdoctorError: the plan has no such step.
        """
        held = self.renewal(renewal_id)
        steps = {s.id: s for wave in held.plan.waves for s in wave.steps}
        if step not in steps:
            raise CertdoctorError(_("The plan has no step “{step}”.").format(step=step))
        with self._database.writing() as session:
            renewals.tick(session, renewal_id, step, done, who=self._who, when=self._clock())
            kind = "step done" if done else "step not done"
            self._event(session, held.record.site_id, None, kind, f"{held.record.number}: {steps[step].text}")

    def close_renewal(self, renewal_id: int) -> None:
        """Close a renewal project.

        Raises:
            CertdoctorError: it is closed already, or steps are open.
        """
        held = self.renewal(renewal_id)
        left = [s.id for wave in held.plan.waves for s in wave.steps if s.id not in held.done]
        if held.record.state == renewals.CLOSED:
            raise CertdoctorError(_("The renewal {number} is closed already.").format(number=held.record.number))
        if left:
            raise CertdoctorError(_("These steps are open: {steps}.").format(steps=", ".join(left)))
        with self._database.writing() as session:
            row = renewals.row(session, renewal_id)
            row.state, row.closed = renewals.CLOSED, self._clock()
            self._event(session, held.record.site_id, None, "renewal closed", f"{held.record.number} {row.title}")

    def write_renewal(self, renewal_id: int, target: Path, lang: str = "en") -> tuple[Path, ...]:
        """Write what a renewal needs: CA files, requests, and its sheet. Nothing is overwritten."""
        from certdoctor.casework.handover import hand_over
        from certdoctor.casework.renewal import handed_over, page

        held = self.renewal(renewal_id)
        with speaking(lang):
            sheet = page(held.plan, held.done, held.record.number)
        paths = hand_over(target, handed_over(held.plan, sheet), held.plan.made)
        with self._database.writing() as session:
            self._event(session, held.record.site_id, None, "files written", f"{held.record.number} into {target}")
        return paths

    def write_cleaned(self, case_id: int, path: str, folder: Path) -> tuple[Path, ...]:
        """Write what a document of the case holds as strict PEM, which every program reads.

        Raises:
            CertdoctorError: the folder exists and is not empty, or the document holds nothing to write.
        """
        from certdoctor.casework.handover import hand_over
        from certdoctor.treatment.files import cleaned

        with self._database.reading() as session:
            documents = standing.of_case(session, self._reader, case_id).evidence
        document = documents.document(path)
        artefact = cleaned(document) if document is not None else None
        if artefact is None:
            raise CertdoctorError(_("{path} holds nothing that could be written as PEM.").format(path=path))
        paths = hand_over(folder, [artefact], self._clock())
        with self._database.writing() as session:
            self._case_event(session, case_id, "files written", f"{artefact.name} into {folder}")
        return paths

    def cases(self, search: str = "", limit: int | None = None) -> tuple[CaseRecord, ...]:
        """Return cases, newest first."""
        with self._database.reading() as session:
            return cases.records(session, search, limit)

    def search(self, words: str, limit: int = 12) -> tuple[Hit, ...]:
        """Return cases (with what was said, found and noted in them) and certificates that hold every word.

        Args:
            words: each the beginning of a word, a name, a serial number or a fingerprint.
            limit: of each kind at most so many.
        """
        with self._database.reading() as session:
            held = search.cases_holding(session, words, limit)
            return held + search.certificates_holding(session, words, limit)

    def timeline(self, customer: str, limit: int = 500) -> tuple[EventRecord, ...]:
        """Return what happened at all sites of a customer, newest first."""
        with self._database.reading() as session:
            return history.of_customer(session, customer, limit)

    def recurrence(self, case_id: int, diagnosis: str) -> tuple[Recurrence, ...]:
        """Return the other cases of a case's site in which this diagnosis was found, newest first."""
        with self._database.reading() as session:
            return history.recurrence(session, cases.row(session, case_id).site_id, diagnosis, besides=case_id)

    def cases_with(self, diagnosis: str, limit: int = 20) -> tuple[CaseRecord, ...]:
        """Return the cases of all sites in which this diagnosis was found, newest first."""
        with self._database.reading() as session:
            return cases.records_with(session, diagnosis, limit)

    def last_open_case(self) -> CaseRecord | None:
        """Return the open case that was opened last, None where all are closed."""
        with self._database.reading() as session:
            return cases.last_open(session)

    # the whole practice at once

    def fleet(self, asked: Asked, limit: int | None = None) -> tuple[FleetUse, ...]:
        """Return the uses of certificates that are asked for, those that end first on top.

        Raises:
            CertdoctorError: what is asked for is not clear, such as words for a CA that find several.
        """
        from certdoctor.casework.fleet import below_version, usage
        from certdoctor.store import fleet

        with self._database.reading() as session:
            held = fleet.below(session, self._one_ca(session, asked.ca)) if asked.ca else None
            found = fleet.uses(
                session,
                customer=asked.customer,
                words=asked.words,
                certificates=held,
                ends_before=asked.before,
                ends_from=asked.since,
                lacks=usage(asked.lacks),
                has=usage(asked.has),
                presented_only=asked.presented_only,
                limit=None if asked.version else limit,
            )
            if not asked.version:
                return found
            nodes = fleet.nodes(session, customer=asked.customer)
        old = {(node.site_id, node.node) for node in below_version(nodes, asked.version)}
        return tuple(use for use in found if (use.site_id, use.node) in old)[:limit]

    def _one_ca(self, session: Session, words: str) -> str:
        from certdoctor.store import fleet

        found = fleet.cas(session, words)
        exact = [sha256 for sha256, label in found if words.casefold() in (label.casefold(), sha256)]
        if len(found) == 1 or len(exact) == 1:
            return exact[0] if exact else found[0][0]
        if not found:
            raise CertdoctorError(_("No CA certificate holds {words}.").format(words=repr(words)))
        text = _("{words} stands in several CA certificates; name one: {names}.")
        raise CertdoctorError(
            text.format(words=repr(words), names=", ".join(f"{clean(label)} ({sha[:12]})" for sha, label in found))
        )

    def fleet_months(self, months: int, customer: str = "") -> tuple[Month, ...]:
        """Return how many certificates end in each of the next months, the present one first."""
        from certdoctor.store import fleet

        start = self._clock().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        last = start.month - 1 + months
        end = start.replace(year=start.year + last // 12, month=last % 12 + 1)
        with self._database.reading() as session:
            return fleet.months(session, start, end, customer)

    def fleet_policies(self, lang: str, customer: str = "") -> tuple[Policy, ...]:
        """Return the dates of CAs and programmes that touch presented certificates at their renewal, by day."""
        from certdoctor.casework.policies import policies
        from certdoctor.facts.authorities import Authorities
        from certdoctor.store import fleet

        knowledge = self._loaded()
        with self._database.reading() as session:
            uses = fleet.uses(session, customer=customer, ends_from=self._clock(), presented_only=True)
            above = fleet.above(session, uses)
        authorities = Authorities(knowledge.authorities)
        return tuple(policies(knowledge.dates.values(), authorities, uses, above, self._clock(), lang))

    def fleet_connections(self, uses: Sequence[FleetUse]) -> Mapping[int, tuple[str, ...]]:
        """Return the connections of the boxes of these uses by site, as each site's last examination knew them."""
        from certdoctor.store import fleet

        touched: dict[int, set[str]] = {}
        for use in uses:
            touched.setdefault(use.site_id, set()).add(use.node)
        with self._database.reading() as session:
            return {site_id: fleet.connections(session, site_id, nodes) for site_id, nodes in touched.items()}

    # sharing and forgetting

    def share(self, site_id: int, file: Path, case_id: int | None = None, anonymous: bool = False) -> Path:
        """Write a site, or one case of it, with its history into one new file.

        Args:
            site_id: the site.
            file: a file that is not there yet.
            case_id: this case alone.
            anonymous: with names and addresses replaced, and without documents; see `sharing.packed`.

        Raises:
            CertdoctorError: the file is there, or cannot be written.
        """
        from certdoctor.casework.sharing import packed
        from certdoctor.store.sharing import take_out

        with self._database.reading() as session:
            shared = take_out(session, site_id, case_id)
        return new_file(file, packed(shared, anonymous))

    def take_in(self, file: Path, name: str = "") -> Taken:
        """Take in a site or case that was shared, with its history.

        Args:
            file: what `share` wrote, here or elsewhere.
            name: "CUSTOMER / SITE" to take it in under another name.

        Raises:
            CertdoctorError: it is damaged, newer, or contradicts what is here; nothing was changed.
        """
        from certdoctor.casework.sharing import packed, unpacked
        from certdoctor.store.sharing import take_in, take_out

        try:
            data = file.read_bytes()
        except OSError as error:
            raise CertdoctorError(f"{file}: {error.strerror or error}") from error
        shared = unpacked(data, str(file))
        customer, _slash, site = (
            part.strip() for part in (name or f"{shared.customer} / {shared.site}").partition(" / ")
        )
        if not name:
            customer, site = shared.customer, shared.site
        with self._database.writing() as session:
            present = sites.find(session, customer, site)
            if present is not None and packed(take_out(session, present)) == packed(shared):
                return Taken(sites.record(session, present), new=False)
            if present is not None:
                text = _(
                    "{customer} / {site} is here already and differs from the file; nothing was changed."
                    " Take it in under another name instead."
                )
                raise CertdoctorError(text.format(customer=customer, site=site))
            return Taken(sites.record(session, take_in(session, shared, customer, site)), new=True)

    def forget(self, customer: str = "", before: datetime | None = None, also_current: bool = False) -> Gone:
        """Delete a customer with everything, or documents that were added before a day; for good.

        Args:
            customer: its name, "" to delete documents by age.
            before: a day, aware, where no customer is named.
            also_current: documents too that a site stands on now.

        Raises:
            CertdoctorError: there is no such customer, or another program holds the database.
        """
        from certdoctor.store import forgetting

        with self._database.writing() as session:
            if customer:
                gone = forgetting.of_customer(session, customer)
            else:
                gone = forgetting.evidence_before(session, before or self._clock(), also_current)
            forgetting.record(session, gone, who=self._who, when=self._clock())
        self._reader = standing.Reader()
        forgetting.sweep(self._database.file)
        return gone

    def would_forget(self, customer: str) -> Gone:
        """Return how much `forget` would delete of a customer."""
        from certdoctor.store import forgetting

        with self._database.reading() as session:
            return forgetting.counted(session, customer)

    def backups(self) -> tuple[Path, ...]:
        """Return the copies of the database; they still hold what was deleted."""
        from certdoctor.store import forgetting

        return forgetting.backups(self._database.file)

    def deletions(self) -> tuple[tuple[datetime, str, str], ...]:
        """Return when who deleted how much, oldest first."""
        from certdoctor.store import forgetting

        with self._database.reading() as session:
            return forgetting.deletions(session)

    # knowledge and certificates

    def certificate(self, sha256: str) -> CertificateRecord | None:
        """Return one certificate with all its uses in this database."""
        with self._database.reading() as session:
            return evidence.certificate(session, sha256)

    def symptoms(self, text: str, lang: str = "en", limit: int = 8) -> tuple[SymptomMatch, ...]:
        """Return the symptoms that fit the text best; all of them for an empty text."""
        from certdoctor.casework.symptoms import fitting

        return tuple(
            SymptomMatch(found.symptom, found.title, found.category, found.score)
            for found in fitting(text, self._loaded(), lang, limit)
        )

    def close(self) -> None:
        """End the engine's worker and the database connection."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None
        self._database.close()

    # within a transaction

    def _create_site(self, session: Session, customer: str, name: str, domains: Sequence[str]) -> int:
        site_id = sites.create(session, customer, name, domains, self._clock())
        self._event(session, site_id, None, "site created", f"{customer.strip()} / {name.strip()}")
        return site_id

    def _open_case(self, session: Session, site_id: int, title: str) -> int:
        case_id = cases.create(session, site_id, title, self._clock())
        self._event(session, site_id, case_id, "case opened", title.strip())
        return case_id

    def _add(self, case_id: int, given: Evidence) -> Added:
        given = self._checked(given)
        with self._database.writing() as session:
            return self._take(session, case_id, given)

    def _checked(self, given: Evidence) -> Evidence:
        from certdoctor.casework.described import checked

        return checked(given, self._loaded()) if any(document.site for document in given.documents) else given

    def _take(self, session: Session, case_id: int, given: Evidence) -> Added:
        taken = intake.take(session, case_id, given, who=self._who, now=self._clock())
        if taken.nodes:
            self._case_event(session, case_id, "nodes added", ", ".join(taken.nodes))
        self._case_event(session, case_id, "evidence added", intake.in_words(taken.documents, taken.problems))
        documents = taken.documents
        return Added(
            documents=sum(d.kind != Kind.NOT_READ and not d.needs_password for d in documents.values()),
            certificates=len({f.certificate.sha256 for d in documents.values() for f in d.certificates}),
            problems=taken.problems,
            needs_password=tuple(path for path, d in documents.items() if d.needs_password),
            keys_dropped=tuple(path for path, d in documents.items() if d.keys),
            proposals=tuple(
                Proposal(p.path, placing.what(documents[p.path]), p.node, p.slot, p.why, p.certain)
                for p in taken.places
            ),
        )

    def _case_event(self, session: Session, case_id: int, kind: str, text: str) -> None:
        self._event(session, cases.row(session, case_id).site_id, case_id, kind, text)

    def _event(self, session: Session, site_id: int, case_id: int | None, kind: str, text: str) -> None:
        history.add(session, site_id, case_id, kind, text, who=self._who, when=self._clock())

    # examinations

    @staticmethod
    def _loaded() -> Knowledge:
        from certdoctor.knowledge.load import shipped

        return shipped()

    def _warm_up(self) -> Engine:
        """Let the engine's worker start while evidence is being read."""
        knowledge = self._loaded()
        with self._lock:
            if self._engine is None:
                from certdoctor.reasoning.engine import Engine

                self._engine = Engine(knowledge)
            engine = self._engine
        engine.start()
        return engine

    def _examined(self, stands: Standing, lang: str, at: datetime | None) -> Examination:
        from certdoctor.casework.examine import examine

        return examine(
            stands.evidence,
            stands.description,
            self._loaded(),
            self._warm_up(),
            now=self._clock(),
            at=at,
            lang=lang,
            answers=stands.answers,
            declined=tuple(stands.unknown),
        )


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user on this machine (a container)
        return "unknown"


def _title(text: str) -> str:
    """The first line of what somebody wrote, as the title of a case."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 100 else f"{line[:99]}…"
