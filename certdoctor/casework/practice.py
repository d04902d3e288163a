"""The practice: every use case of the app, each one committed when it returns.

Screens and the command line call these methods and nothing below them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certdoctor.casework.examination import Examination
from certdoctor.evidence.items import Problem
from certdoctor.evidence.site import NodeDescription
from certdoctor.store.records import CaseRecord, CaseView, CertificateRecord, SiteRecord, SiteView


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

    documents: int
    certificates: int
    problems: tuple[Problem, ...]
    needs_password: tuple[str, ...]  # paths of PFX files that no given password opened
    keys_dropped: tuple[str, ...]  # paths of inputs that held a private key
    proposals: tuple[Proposal, ...]


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
        who: name written into the history.

    Raises:
        CertdoctorError: the database is of a newer version, or damaged (it is then kept beside as
            `.corrupt-<time>`).
    """

    def __init__(self, data: Path, clock: Callable[[], datetime], who: str = "") -> None:
        raise NotImplementedError

    # customers and sites

    def sites(self, search: str = "") -> tuple[SiteRecord, ...]:
        """Return sites whose customer, name, domain, node or case title holds every word of `search`."""
        raise NotImplementedError

    def create_site(self, customer: str, name: str, domains: Sequence[str] = ()) -> SiteRecord:
        """Create a site, and its customer if it is new."""
        raise NotImplementedError

    def create_example(self) -> CaseRecord:
        """Create the worked example site with its evidence and an open case."""
        raise NotImplementedError

    def site(self, site_id: int) -> SiteView:
        """Return everything about one site."""
        raise NotImplementedError

    def examine_site(self, site_id: int, lang: str = "en", at: datetime | None = None) -> Examination:
        """Examine a site as it stands, without a case; nothing is stored."""
        raise NotImplementedError

    def set_domains(self, site_id: int, domains: Sequence[str]) -> None:
        """Set the service-discovery domains of a site."""
        raise NotImplementedError

    def put_node(self, site_id: int, node: NodeDescription) -> None:
        """Add a node, or change the one with this id (its documents stay assigned)."""
        raise NotImplementedError

    def remove_node(self, site_id: int, node: str) -> None:
        """Remove a node; its documents become unassigned."""
        raise NotImplementedError

    # cases

    def open_case(self, site_id: int, title: str) -> CaseRecord:
        """Open a case."""
        raise NotImplementedError

    def case(self, case_id: int) -> CaseView:
        """Return everything about one case."""
        raise NotImplementedError

    def add_files(
        self, case_id: int, paths: Sequence[Path], passwords: Sequence[str] = ()
    ) -> Added:
        """Read files, folders and archives into a case. Passwords are used and forgotten."""
        raise NotImplementedError

    def add_text(self, case_id: int, text: str) -> Added:
        """Read pasted text (PEM, log lines, xConfiguration) into a case."""
        raise NotImplementedError

    def assign(self, case_id: int, path: str, node: str, slot: str) -> None:
        """Say that a document is this node's identity, trust list, configuration ...; "" unassigns it."""
        raise NotImplementedError

    def remove_evidence(self, case_id: int, path: str) -> None:
        """Remove one document."""
        raise NotImplementedError

    def set_symptoms(self, case_id: int, symptoms: Sequence[str], text: str = "") -> None:
        """Set the symptoms of a case and the customer's own words."""
        raise NotImplementedError

    def answer(self, case_id: int, fact: str, subject: str, value: str | None) -> None:
        """Answer a question; None is "don't know". Can be changed at any time."""
        raise NotImplementedError

    def examine(self, case_id: int, lang: str = "en", at: datetime | None = None) -> Examination:
        """Examine the case's site with the case's answers and symptoms, and store the result."""
        raise NotImplementedError

    def tick(self, case_id: int, finding_key: str, step: str, done: bool) -> None:
        """Tick off a fix or verify step, or untick it."""
        raise NotImplementedError

    def add_note(self, case_id: int, text: str) -> None:
        """Add a note."""
        raise NotImplementedError

    def close_case(self, case_id: int, outcome: str) -> None:
        """Close a case with one sentence on its outcome."""
        raise NotImplementedError

    def reopen_case(self, case_id: int) -> None:
        """Open a closed case again."""
        raise NotImplementedError

    def write_files(self, case_id: int, finding_key: str, folder: Path, lang: str = "en") -> tuple[Path, ...]:
        """Write the files that cure a finding (missing CAs, request configuration, converted file).

        Raises:
            CertdoctorError: the folder exists and is not empty, or nothing can be written for this finding.
        """
        raise NotImplementedError

    def cases(self, search: str = "") -> tuple[CaseRecord, ...]:
        """Return cases, newest first."""
        raise NotImplementedError

    # knowledge and certificates

    def certificate(self, sha256: str) -> CertificateRecord | None:
        """Return one certificate with all its uses in this database."""
        raise NotImplementedError

    def symptoms(self, text: str, lang: str = "en", limit: int = 8) -> tuple[SymptomMatch, ...]:
        """Return the symptoms that fit the text best; all of them for an empty text."""
        raise NotImplementedError

    def close(self) -> None:
        """End the engine's worker and the database connection."""
        raise NotImplementedError
