"""A practice in memory with realistic data: what the screens are tested with."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from certdoctor.casework.accounts import Supposed
from certdoctor.casework.examination import (
    ConnectionLine,
    Examination,
    FixLine,
    ProofLine,
    QuestionLine,
    Treatable,
    Unchecked,
    VerifyLine,
)
from certdoctor.casework.practice import Added, Practice, Proposal, SymptomMatch
from certdoctor.casework.proof import Proof, Side, State, Verified
from certdoctor.casework.renewal import Difference, Kept, Plan, PlanStep, Request, Wave
from certdoctor.casework.renewal import Verdict as WaveVerdict
from certdoctor.casework.stopgaps import StopgapLine
from certdoctor.casework.whatif import Change, Shift, Upload, WhatIf
from certdoctor.deployment.model import Connection, Deployment, Identity, Judgement, Node, OpenSSLError, Outcome
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Certificate, Document, Evidence, Form, Found, Kind, Origin, Problem
from certdoctor.evidence.site import NodeDescription
from certdoctor.facts.model import Facts
from certdoctor.reasoning.findings import Candidate, Verdict
from certdoctor.store.records import (
    BACK,
    AnswerRecord,
    CaseRecord,
    CaseView,
    CertificateRecord,
    EventRecord,
    EvidenceRecord,
    ExaminationRecord,
    FindingRecord,
    Hit,
    NoteRecord,
    ProblemRecord,
    Recurrence,
    RenewalRecord,
    RenewalTickRecord,
    SiteRecord,
    SiteView,
    StepRecord,
    StopgapRecord,
    UseRecord,
)

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
PFX_PASSWORD = "tomcat"

SYMPTOMS = (
    ("traversal-zone-tls-failure", "Traversal zone is down, TLS negotiation failure", "zone"),
    ("traversal-zone-failed", "Traversal zone shows Failed", "zone"),
    ("ssh-tunnels-failed", "Unified Communications SSH tunnels failed", "tunnel"),
    ("mra-login-fails", "Jabber cannot log in from outside", "login"),
    ("browser-warning", "Browser warns of the certificate", "client"),
    ("upload-refused", "Certificate upload is refused", "upload"),
    ("alarm-40052", "Alarm 40052 Certificate error", "alarm"),
    ("federation-down", "XMPP federation to a partner fails", "federation"),
)


def certificate(
    subject: str,
    issuer: str,
    *,
    names: tuple[str, ...] = (),
    days: int = 400,
    ca: bool = False,
    purposes: tuple[str, ...] | None = ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"),
) -> Certificate:
    """Make a decoded certificate; its DER is not one."""
    digest = hashlib.sha256(f"{subject}|{issuer}|{days}".encode()).hexdigest()

    def key(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    return Certificate(
        der=b"",
        sha256=digest,
        subject=f"CN={subject},O=Example Ltd",
        issuer=f"CN={issuer},O=Example Ltd",
        subject_key=key(subject),
        issuer_key=key(issuer),
        common_name=subject,
        serial=digest[:16].upper(),
        not_before=NOW - timedelta(days=300),
        not_after=NOW + timedelta(days=days),
        version=3,
        dns_names=names,
        ip_addresses=(),
        other_names=(),
        extended_key_usage=None if ca else purposes,
        key_usage=("key_cert_sign", "crl_sign") if ca else ("digital_signature", "key_encipherment"),
        is_ca=ca or None,
        path_length=None,
        subject_key_id=key(subject)[:40],
        authority_key_id=key(issuer)[:40],
        public_key_sha256=key(subject + "/key"),
        key_type="rsa",
        key_bits=4096 if ca else 2048,
        signature_algorithm="1.2.840.113549.1.1.11",
        signature_hash="sha256",
        ca_issuer_urls=(),
        ocsp_urls=(),
        crl_urls=("http://pki.example.com/sub2.crl",),
        has_name_constraints=False,
    )


ROOT = certificate("Example Root CA", "Example Root CA", ca=True, days=3000)
SUB1 = certificate("Example Issuing CA 1", "Example Root CA", ca=True, days=900)
SUB2 = certificate("Example Issuing CA 2", "Example Root CA", ca=True, days=1500)
EXPC = certificate("expc1.example.com", "Example Issuing CA 1", names=("expc1.example.com",), days=12)
EXPE = certificate(
    "expe1.example.com", "Example Issuing CA 2", names=("expe1.example.com", "expe.example.com"), days=390
)
CUCM = certificate("cucm1.example.com", "cucm1.example.com", names=("cucm1.example.com",), days=-3)


def _found(item: Certificate, path: str, place: str) -> Found:
    return Found(item, Origin(path, place=place))


NODES = (
    NodeDescription(
        id="expc1", role="expressway-c", version="X14.3.7", names=("expc1.example.com",), addresses=("192.0.2.10",)
    ),
    NodeDescription(
        id="expe1", role="expressway-e", version="X14.3.7", names=("expe1.example.com",), addresses=("198.51.100.7",)
    ),
    NodeDescription(id="cucm1", role="cucm", version="14.0.1", names=("cucm1.example.com",)),
)

DOCUMENTS: tuple[tuple[str, str, str, tuple[Certificate, ...]], ...] = (
    ("certs/expc1.pem", "expc1", "identity:server", (EXPC,)),
    ("trust/expc1.pem", "expc1", "trust:ca", (ROOT, SUB1)),
    ("certs/expe1.pem", "expe1", "identity:server", (EXPE, SUB2)),
    ("trust/expe1.pem", "expe1", "trust:ca", (ROOT, SUB1, SUB2)),
    ("certs/cucm1.pem", "", "", (CUCM,)),
)


def _treatable(**given: object) -> Treatable:
    base: dict[str, object] = {
        "key": "",
        "diagnosis": "",
        "title": "",
        "summary": "",
        "cause": "",
        "note": "",
        "status": "confirmed",
        "rank": 1,
        "strength": "decisive",
        "severity": "critical",
        "subject_kind": "connection",
        "subject_id": "traversal-sip-expc1-expe1",
        "subject_side": "server",
        "connections": (),
        "nodes": (),
        "params": {},
        "proof": (),
        "fix": (),
        "verify": (),
        "sources": ("Cisco Expressway Certificate Creation and Use Deployment Guide X14.3",),
        "text_hash": "0" * 64,
    }
    return Treatable(**{**base, **given})  # type: ignore[arg-type]


def _step(id_: str, text: str, **given: object) -> FixLine:
    base: dict[str, object] = {
        "role": "admin",
        "on": "expressway",
        "risk": "none",
        "interruption": "none",
        "can_wait": False,
        "where": "",
        "command": "",
        "artefact": "",
        "stopgap": False,
        "way_back": "",
        "source": "",
    }
    return FixLine(id=id_, text=text, **{**base, **given})  # type: ignore[arg-type]


STOPGAP = _step(
    "verify-off",
    "Switch TLS verification of the zone off until the new CA is there.",
    risk="high",
    where="Configuration > Zones > Zones",
    stopgap=True,
    way_back="Switch TLS verification of the zone on again.",
)

CAUSE = _treatable(
    key="CHN-01/expc1/sub2",
    diagnosis="CHN-01",
    title="expc1 does not hold Example Issuing CA 2",
    summary="expc1 refuses the certificate of expe1.example.com: the CA that issued it, Example Issuing CA 2, is "
    "not in the trust list of expc1, and what expe1 sends along does not reach a CA that is.",
    cause="The certificate of expe1 was renewed by another issuing CA. Its old issuer is still in the list, the new "
    "one was never added.",
    connections=("traversal-sip-expc1-expe1", "traversal-ssh-expc1-expe1"),
    nodes=("expc1",),
    proof=(
        ProofLine(
            "chain.state",
            "intermediate_missing",
            "The chain of expe1.example.com breaks off at Example Issuing CA 2",
            ("certs/expe1.pem, block 1", "trust/expc1.pem"),
            "observed",
        ),
        ProofLine(
            "openssl.code",
            "20",
            "OpenSSL: unable to get local issuer certificate (20) at depth 0",
            ("certs/expe1.pem, block 1",),
            "observed",
        ),
        ProofLine(
            "log.tls",
            "unknown_ca",
            "expc1 logged a refused handshake with 198.51.100.7:7001",
            ("logs/expc1.txt, line 120",),
            "log",
        ),
    ),
    fix=(
        _step(
            "add",
            "Add Example Issuing CA 2 to the trust list of expc1; the file is written with w.",
            risk="low",
            where="Maintenance > Security > Trusted CA certificate > Append CA certificate",
            artefact="missing_cas",
        ),
        _step(
            "restart",
            "Restart expc1 so that the new list is used.",
            interruption="restart",
            risk="low",
            where="Maintenance > Restart options",
            command="xCommand Restart",
        ),
        _step(
            "all-peers",
            "If expc1 has cluster peers, do the same on each of them.",
            can_wait=True,
        ),
        STOPGAP,
    ),
    verify=(
        VerifyLine("zone", "The traversal zone is Active again", "Status > Zones"),
        VerifyLine("again", "Fetch the list of expc1 anew, add it to this case and examine again", ""),
    ),
)

EXPIRED = _treatable(
    key="TIM-01/cucm1",
    diagnosis="TIM-01",
    title="The tomcat certificate of cucm1 expired 3 days ago",
    summary="cucm1.example.com presents a certificate that ended on 2026-11-20.",
    cause="It was not renewed in time.",
    rank=2,
    severity="high",
    status="recalled",
    nodes=("cucm1",),
    connections=("uc-https-expc1-cucm1",),
    proof=(ProofLine("validity", "expired", "notAfter is 2026-11-20", ("certs/cucm1.pem, block 1",), "observed"),),
    fix=(
        _step(
            "renew", "Generate a new request on cucm1 and have it signed.", where="Security > Certificate Management"
        ),
    ),
    verify=(VerifyLine("open", "The page opens without a warning", ""),),
)

TUNNEL = _treatable(
    key="SSH-01/expc1",
    diagnosis="SSH-01",
    title="The SSH tunnels of expc1 cannot come up",
    summary="They follow the traversal zone.",
    cause="",
    rank=1,
    severity="high",
    under="CHN-01",
    connections=("traversal-ssh-expc1-expe1",),
    nodes=("expc1",),
)

QUESTIONS = (
    QuestionLine(
        "q-change",
        "change.last",
        "site",
        "What was changed last, before it broke?",
        "Ask who worked on the boxes; System > Event log and the change calendar tell it too.",
        (
            ("cert_renewed", "A certificate was renewed"),
            ("upgraded", "A box was upgraded"),
            ("network", "Firewall or DNS"),
            ("nothing", "Nothing"),
        ),
        0.81,
        60,
    ),
    QuestionLine(
        "q-scope",
        "scope.users",
        "site",
        "Who is affected?",
        "Let one user inside and one outside log in.",
        (("all", "All users"), ("outside", "Only users outside"), ("some", "Only some")),
        0.4,
        120,
    ),
)


PLAN = Plan(
    title="",
    customer="Example Ltd",
    site="HQ",
    lang="en",
    made=NOW,
    on=datetime(2027, 1, 10, 1, tzinfo=UTC),
    synthetic=True,
    differences=(
        Difference("expe1", "server", "usages", "clientAuth, serverAuth", "serverAuth", "clientAuth"),
        Difference("expe1", "server", "key", "rsa 2048", "rsa 4096", ""),
    ),
    waves=(
        Wave(
            "trust",
            (PlanStep("trust-expc1-ca", "expc1", "expc1: add Public CA G4 to the list ca.",
                      "Maintenance > Security > Trusted CA certificate > Append CA certificate", file="ca/expc1-trusted-ca/"),),
            WaveVerdict(True, (), (), ()),
        ),
        Wave(
            "certificates",
            (PlanStep("upload-expe1-server", "expe1", "expe1: upload the certificate as server."),),
            WaveVerdict(True, (), (), ()),
        ),
        Wave(
            "restarts",
            (PlanStep("restart-expe1-1", "expe1", "expe1: restart.", "Maintenance > Restart options > Restart",
                      note="The box restarts."),),
            WaveVerdict(False, ("zone (expc1 → expe1), client's certificate: accepted → refused",), (),
                    ("EKU-01 The renewed certificate lost the client role",)),
        ),
    ),
    without_trust=("zone",),
    unchecked=(),
)  # fmt: skip


def _candidates(answered: set[str]) -> tuple[Candidate, ...]:
    """The ranking; answers bring MRA-01 forward."""
    lead = 0.4 + 0.25 * len(answered)
    return (
        Candidate("CHN-01", 30, 0.9, True, (("rule:chn-01", 30),)),
        Candidate("MRA-01", 10, lead, False, (("symptom:mra-login-fails", 10),)),
        Candidate("TUN-01", 5, 0.1, False, (("frequency:common", 5),)),
    )


def _connection(id_: str, kind: str, client: str, server: str, port: int) -> Connection:
    return Connection(id_, kind, client, server, port, f"{server}.example.com", None)


class FakePractice(Practice):
    """Keeps everything in lists. `slow` makes examinations take that many seconds."""

    def __init__(self, clock: Callable[[], datetime] = lambda: NOW, slow: float = 0.0) -> None:
        self.clock = clock
        self.notice = ""
        self.slow = slow
        self.closed = False
        self.calls: list[str] = []
        self.fail: Exception | None = None
        self._sites: list[SiteRecord] = []
        self._nodes: dict[int, list[NodeDescription]] = {}
        self._cases: dict[int, CaseView] = {}
        self._events: dict[int, list[EventRecord]] = {}
        self._locked: set[str] = set()
        self._renewals: list[Kept] = []

    # making data

    def with_example(self) -> FakePractice:
        """Fill in the example, examined once, and some other customers."""
        case = self.create_example()
        self.create_site("Contoso", "Berlin", ("contoso.example",))
        self.create_site("Fabrikam", "Plant 2")
        self.calls.clear()
        assert case.id == 1
        return self

    def _record(self, name: str) -> None:
        self.calls.append(name)
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error

    def _happened(self, site_id: int, kind: str, text: str, number: str = "") -> None:
        self._events[site_id].insert(0, EventRecord(self.clock(), "kim", kind, text, number))

    def _site(self, site_id: int) -> SiteRecord:
        return next(site for site in self._sites if site.id == site_id)

    def _put(self, case_id: int, **changes: object) -> None:
        self._cases[case_id] = replace(self._cases[case_id], **changes)  # type: ignore[arg-type]

    # customers and sites

    def sites(self, search: str = "", limit: int | None = None) -> tuple[SiteRecord, ...]:
        self._record("sites")
        out = []
        for site in self._sites:
            cases = [view.case for view in self._cases.values() if view.case.site_id == site.id]
            text = " ".join([site.customer, site.name, *site.domains, *(c.title for c in cases)]).lower()
            if all(part in text for part in search.lower().split()):
                opened = sum(case.state == "open" for case in cases)
                last = self._events[site.id][0].when if self._events[site.id] else None
                out.append(replace(site, open_cases=opened, cases=len(cases), last_event=last))
        return tuple(out)

    def create_site(self, customer: str, name: str, domains: Sequence[str] = ()) -> SiteRecord:
        self._record("create_site")
        if any((s.customer, s.name) == (customer, name) for s in self._sites):
            raise CertdoctorError(f"{customer} already has a site named {name}.")
        site = SiteRecord(len(self._sites) + 1, customer, name, tuple(domains))
        self._sites.append(site)
        self._nodes[site.id] = []
        self._events[site.id] = []
        return site

    def create_example(self) -> CaseRecord:
        site = self.create_site("Example Ltd", "HQ", ("example.com",))
        self._nodes[site.id] = list(NODES)
        case = self.open_case(site.id, "Phones cannot log in from outside since Sunday")
        evidence = tuple(
            EvidenceRecord(
                number,
                case.id,
                path,
                "certificates",
                "pem",
                hashlib.sha256(path.encode()).hexdigest(),
                2048 * number,
                self.clock(),
                tuple(item.label for item in items),
                node,
                slot,
            )
            for number, (path, node, slot, items) in enumerate(DOCUMENTS, 1)
        )
        log = EvidenceRecord(
            6, case.id, "logs/expc1.txt", "log", "none", "0" * 64, 90_000, self.clock(), (), "expc1", "log"
        )
        problem = ProblemRecord(
            "certs/old.doc", "", "a Word document", "holds no certificate.", "Export it as Base-64 (PEM).", self.clock()
        )
        self._put(
            case.id,
            evidence=(*evidence, log),
            problems=(problem,),
            case=replace(case, symptoms=("mra-login-fails",), text="Jabber cannot log in from home"),
        )
        return self._cases[case.id].case

    def site(self, site_id: int) -> SiteView:
        self._record("site")
        cases = tuple(v.case for v in reversed(self._cases.values()) if v.case.site_id == site_id)
        record = next(site for site in self.sites() if site.id == site_id)
        records = tuple(self._certificate(item) for item in (CUCM, EXPC, EXPE, SUB1, SUB2, ROOT))
        held = any(self._cases[c.id].evidence for c in cases)
        return SiteView(
            record, tuple(self._nodes[site_id]), cases, tuple(self._events[site_id]), records if held else ()
        )

    def examine_site(self, site_id: int, lang: str = "en", at: datetime | None = None) -> Examination:
        self._record("examine_site")
        case = next((v for v in self._cases.values() if v.case.site_id == site_id), None)
        return self._examination(case, lang, at)

    def what_if(self, site_id: int, changes: Sequence[Change], lang: str = "en") -> WhatIf:
        self._record("what_if")
        before = self.examine_site(site_id, lang)
        zone, login = before.connections[0], before.connections[2]
        return WhatIf(
            before=before,
            after=replace(before, findings=(EXPIRED,)),
            changes=tuple(type(change).__name__ for change in changes),
            shifts=(
                Shift(
                    zone.id, zone.kind, zone.client, zone.server, "server", "refused", "accepted", "no longer: CHN-01"
                ),
                Shift(login.id, login.kind, login.client, login.server, "client", "not_required", "refused", "LIF-01"),
            ),
            uploads=(Upload("expe1", "new/expe1.pem", "accepted", ()),),
            new=(EXPIRED,),
            gone=(CAUSE,),
            remaining=(),
        )

    def set_domains(self, site_id: int, domains: Sequence[str]) -> None:
        self._record("set_domains")
        self._sites[site_id - 1] = replace(self._sites[site_id - 1], domains=tuple(domains))

    def put_node(self, site_id: int, node: NodeDescription) -> None:
        self._record("put_node")
        nodes = [held for held in self._nodes[site_id] if held.id != node.id]
        self._nodes[site_id] = [*nodes, node]
        self._refresh_nodes(site_id)

    def remove_node(self, site_id: int, node: str) -> None:
        self._record("remove_node")
        self._nodes[site_id] = [held for held in self._nodes[site_id] if held.id != node]
        self._refresh_nodes(site_id)

    def _refresh_nodes(self, site_id: int) -> None:
        for case_id, view in self._cases.items():
            if view.case.site_id == site_id:
                self._put(case_id, nodes=tuple(self._nodes[site_id]))

    # cases

    def open_case(self, site_id: int, title: str) -> CaseRecord:
        self._record("open_case")
        site = self._site(site_id)
        number = len(self._cases) + 1
        case = CaseRecord(
            number, f"C-{number:04}", site_id, site.customer, site.name, title, "open", self.clock(), None
        )
        nodes = tuple(self._nodes[site_id])
        self._cases[number] = CaseView(case, nodes, (), (), (), (), (), ())
        self._happened(site_id, "case opened", title, case.number)
        return case

    def case(self, case_id: int) -> CaseView:
        self._record("case")
        return self._cases[case_id]

    def targets(self, case_id: int) -> tuple[str, ...]:
        self._record("targets")
        return ("expe1.example.com:8443", "cucm1.example.com:8443")

    def look(self, case_id: int, targets: Sequence[str], progress: Callable[[int], None] | None = None) -> Added:
        self._record(f"look at {' '.join(targets)}")
        return Added(len(targets), 2 * len(targets), (), (), (), ())

    def add_files(
        self,
        case_id: int,
        paths: Sequence[Path],
        passwords: Sequence[str] = (),
        progress: Callable[[int], None] | None = None,
    ) -> Added:
        self._record("add_files")
        path = str(paths[0])
        for count in range(200 if path.endswith(".tar.gz") and progress else 0):
            time.sleep(0.05)
            assert progress is not None
            progress(count * 1_000_000)
        if not paths[0].exists():
            raise CertdoctorError(f"{path} does not exist.")
        if path.endswith(".pfx") and PFX_PASSWORD not in passwords:
            return Added(0, 0, (), (path,), (), ())
        if path.endswith(".doc"):
            problem = Problem(Origin(path), "a Word document", "holds no certificate.", "Export it as PEM.")
            return Added(0, 0, (problem,), (), (), ())
        keys = (path,) if path.endswith((".pfx", ".key")) else ()
        proposal = Proposal(
            path, "certificate of cucm1.example.com", "cucm1", "identity:tomcat", "its SAN holds the node's name", False
        )
        self._keep_document(case_id, path, (CUCM.label,))
        return Added(1, 1, (), (), keys, (proposal,))

    def _keep_document(self, case_id: int, path: str, labels: tuple[str, ...]) -> None:
        view = self._cases[case_id]
        record = EvidenceRecord(
            len(view.evidence) + 1, case_id, path, "certificates", "pem", "1" * 64, 4096, self.clock(), labels
        )
        self._put(case_id, evidence=(*view.evidence, record))
        self._happened(view.case.site_id, "evidence added", path, view.case.number)

    def add_text(self, case_id: int, text: str) -> Added:
        self._record("add_text")
        blocks = text.count("-----BEGIN CERTIFICATE-----")
        if not blocks:
            problem = Problem(Origin("pasted"), "text", "holds nothing certdoctor knows.", "")
            return Added(0, 0, (problem,), (), (), ())
        path = f"pasted-{len(self._cases[case_id].evidence) + 1}"
        self._keep_document(case_id, path, tuple(f"certificate {n + 1}" for n in range(min(blocks, 5))))
        return Added(1, blocks, (), (), (), (Proposal(path, f"{blocks} certificates", "", "", "no name fits", False),))

    def assign(self, case_id: int, path: str, node: str, slot: str, also: bool = False) -> None:
        self._record("assign")
        view = self._cases[case_id]
        self._put(
            case_id,
            evidence=tuple(replace(e, node=node, slot=slot) if e.path == path else e for e in view.evidence),
        )

    def remove_evidence(self, case_id: int, path: str) -> None:
        self._record("remove_evidence")
        view = self._cases[case_id]
        self._put(case_id, evidence=tuple(e for e in view.evidence if e.path != path))

    def set_symptoms(self, case_id: int, symptoms: Sequence[str], text: str = "") -> None:
        self._record("set_symptoms")
        view = self._cases[case_id]
        self._put(case_id, case=replace(view.case, symptoms=tuple(symptoms), text=text))

    def answer(self, case_id: int, fact: str, subject: str, value: str | None) -> None:
        self._record("answer")
        view = self._cases[case_id]
        answers = tuple(a for a in view.answers if (a.fact, a.subject) != (fact, subject))
        self._put(case_id, answers=(*answers, AnswerRecord(fact, subject, value, self.clock())))

    def suppose(self, case_id: int, examination: Examination, question: QuestionLine) -> tuple[Supposed, ...]:
        self._record("suppose")
        given = {answer.fact: answer.value for answer in self._cases[case_id].answers}
        lead = (("MRA-01", "CUCM does not trust the CA of Expressway-C", 0.65),)
        return tuple(
            Supposed(label, given.get(question.fact) == value, "several causes possible", lead, "Who is affected?")
            for value, label in question.options
        )

    def write_request(self, case_id: int, examination: Examination, folder: Path) -> tuple[Path, ...]:
        self._record("write_request")
        folder.mkdir()
        (folder / "request.txt").write_text("Wanted\n")
        return (folder / "request.txt",)

    def take_back(self, case_id: int) -> AnswerRecord | None:
        self._record("take_back")
        answers = self._cases[case_id].answers
        self._put(case_id, answers=answers[:-1])
        return answers[-1] if answers else None

    def examine(self, case_id: int, lang: str = "en", at: datetime | None = None, keep: bool = True) -> Examination:
        self._record("examine" if keep else "look")
        view = self._cases[case_id]
        result = self._examination(view, lang, at)
        if not keep:
            return result
        made = self.clock()
        findings = tuple(
            FindingRecord(f.key, f.diagnosis, f.title, f.summary, f.severity, f.strength, f.rank, f.under, f.text_hash)
            for f in (*result.findings, *result.folded)
        )
        record = ExaminationRecord(len(view.examinations) + 1, case_id, made, result.at, result.verdict.value, findings)
        self._put(
            case_id,
            examinations=(record, *view.examinations),
            case=replace(view.case, verdict=result.verdict.value),
        )
        self._happened(view.case.site_id, "examined", result.verdict.value, view.case.number)
        return result

    def _examination(self, view: CaseView | None, lang: str, at: datetime | None) -> Examination:
        if self.slow:
            time.sleep(self.slow)
        has = bool(view and view.evidence)
        answered = {answer.fact for answer in view.answers} if view else set()
        documents = tuple(
            Document(
                Origin(path),
                Kind.CERTIFICATES,
                Form.PEM,
                certificates=tuple(_found(item, path, f"block {n + 1}") for n, item in enumerate(items)),
            )
            for path, _node, _slot, items in DOCUMENTS
        )
        evidence = Evidence(documents if has else ())
        nodes = {n.id: Node(n.id, n.role, None, n.names, n.addresses, n.cluster) for n in NODES}
        zone = _connection("traversal-sip-expc1-expe1", "traversal-sip", "expc1", "expe1", 7001)
        tunnel = _connection("traversal-ssh-expc1-expe1", "traversal-ssh", "expc1", "expe1", 2222)
        login = _connection("uc-https-expc1-cucm1", "uc-https", "expc1", "cucm1", 8443)
        error = OpenSSLError(20, 0, "unable to get local issuer certificate", EXPE.subject)
        identity = Identity("expe1", "server", _found(EXPE, "certs/expe1.pem", "block 1"), (), documents[2])
        judgements = (
            Judgement(
                zone,
                "server",
                Outcome.REFUSED,
                "",
                nodes["expe1"],
                nodes["expc1"],
                identity,
                sent=(EXPE, SUB2),
                errors=(error,),
                chain=(EXPE, SUB2, ROOT),
                name="expe1.example.com",
                name_match="san",
                purpose="ok",
            ),
        )
        raw = ({"side": "server", "code": 20, "depth": 0, "text": error.text, "subject": error.subject},)
        lines = (
            ConnectionLine(
                zone.id, zone.kind, "expc1", "expe1", 7001, "expe1.example.com", "refused", "accepted", raw
            ),
            ConnectionLine(
                tunnel.id, tunnel.kind, "expc1", "expe1", 2222, "expe1.example.com", "refused", "accepted", raw
            ),
            ConnectionLine(
                login.id, login.kind, "expc1", "cucm1", 8443, "cucm1.example.com", "not_checked", "not_required",
                (), {"server": "no_identity"},
            ),
        )  # fmt: skip
        unchecked = (
            Unchecked("edge-https client → expe1", "the trust list of the clients is not known", "Not needed here."),
            Unchecked("uc-https expc1 → cucm1", "no certificate of cucm1 is assigned", "Assign certs/cucm1.pem."),
        )
        found = bool(has)
        return Examination(
            verdict=Verdict.CAUSE_FOUND if found else Verdict.NOT_CHECKED,
            at=at or self.clock(),
            lang=lang,
            findings=(CAUSE, EXPIRED) if found else (),
            folded=(TUNNEL,) if found else (),
            connections=lines if found else (),
            candidates=_candidates(answered) if found else (),
            questions=tuple(q for q in QUESTIONS if q.fact not in answered),
            unchecked=unchecked if found else (Unchecked("everything", "there is no evidence yet", "Add files."),),
            evidence=evidence,
            known_cas={ROOT.sha256: "not in Mozilla's list of public roots"},
            deployment=Deployment(
                "Example Ltd",
                "HQ",
                NOW,
                ("example.com",),
                nodes,
                (zone, tunnel, login),
                certificates=evidence.certificates(),
            ),
            judgements=judgements if found else (),
            facts=Facts(),
        )

    def tick(self, case_id: int, finding_key: str, step: str, done: bool) -> None:
        self._record("tick")
        view = self._cases[case_id]
        others = tuple(s for s in view.steps if (s.finding_key, s.step) != (finding_key, step))
        self._put(case_id, steps=(*others, StepRecord(finding_key, step, done, "kim", self.clock())))

    def add_note(self, case_id: int, text: str) -> None:
        self._record("add_note")
        self._put(case_id, notes=(*self._cases[case_id].notes, NoteRecord(text, "kim", self.clock())))

    def proof(self, case_id: int, lang: str = "en") -> Proof:
        self._record("proof")
        done = {s.step for s in self._cases[case_id].steps if s.finding_key == CAUSE.key and s.done}
        zone = Side("traversal-sip-expc1-expe1", "traversal-sip", "expc1", "expe1", "server", "refused", "accepted")
        tunnel = Side("traversal-ssh-expc1-expe1", "traversal-ssh", "expc1", "expe1", "server", "refused", "refused")
        seen = {"again": State.PROVEN, "zone": State.TOLD if "zone" in done else State.OPEN}
        steps = tuple(
            Verified(
                CAUSE.key,
                CAUSE.diagnosis,
                CAUSE.title,
                v.id,
                v.text,
                v.where,
                seen[v.id],
                "kim" if v.id in done else "",
            )
            for v in CAUSE.verify
        )
        return Proof((zone, tunnel), steps, ())

    def close_case(self, case_id: int, outcome: str, unproven: Sequence[str] = ()) -> None:
        self._record(f"close_case, {len(unproven)} unproven")
        view = self._cases[case_id]
        self._put(case_id, case=replace(view.case, state="closed", closed=self.clock()))
        self._happened(view.case.site_id, "case closed", outcome, view.case.number)

    def reopen_case(self, case_id: int) -> None:
        self._record("reopen_case")
        view = self._cases[case_id]
        self._put(case_id, case=replace(view.case, state="open", closed=None))

    def write_files(self, case_id: int, finding_key: str, folder: Path, lang: str = "en") -> tuple[Path, ...]:
        self._record("write_files")
        if folder.exists() and any(folder.iterdir()):
            raise CertdoctorError(f"{folder} is not empty; name a new folder.")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "expc1-missing-cas.pem"
        path.write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")
        return (path,)

    def write_pack(
        self,
        case_id: int,
        target: Path,
        findings: Sequence[str] = (),
        lang: str = "en",
        at: datetime | None = None,
    ) -> tuple[Path, ...]:
        self._record(f"write_pack {' '.join(findings) or 'all'} in {lang}")
        if target.exists():
            raise CertdoctorError(f"{target} is there already; name a new folder or zip.")
        target.mkdir(parents=True)
        path = target / "ticket.md"
        path.write_text("# Change\n", encoding="utf-8")
        return (path,)

    def stopgaps(
        self, site_id: int | None = None, case_id: int | None = None, lang: str = "en", limit: int | None = None
    ) -> tuple[StopgapLine, ...]:
        self._record("stopgaps")
        found = []
        for view in self._cases.values():
            case = view.case
            done = {s.step for s in view.steps if s.finding_key == CAUSE.key and s.done}
            if STOPGAP.id in done and STOPGAP.id + BACK not in done:
                since = next(s.when for s in view.steps if s.step == STOPGAP.id)
                record = StopgapRecord(case.site_id, case.id, case.number, case.customer, case.site, CAUSE.key,
                                       STOPGAP.id, CAUSE.diagnosis, {}, "kim", since)  # fmt: skip
                if site_id in (None, case.site_id) and case_id in (None, case.id):
                    found.append(StopgapLine(record, STOPGAP.text, STOPGAP.way_back))
        return tuple(found)

    def renewals(self, site_id: int | None = None) -> tuple[Kept, ...]:
        self._record("renewals")
        return tuple(self._renewals)

    def renewal(self, renewal_id: int) -> Kept:
        self._record("renewal")
        return next(kept for kept in self._renewals if kept.record.id == renewal_id)

    def plan_renewal(self, site_id: int, asked: Request, lang: str = "en", at: datetime | None = None) -> Kept:
        self._record(f"plan_renewal {asked.clusters} {asked.wish}")
        if asked.wish is None:
            raise CertdoctorError("Name candidates (NODE=FILE), or an issuer for synthetic ones.")
        number = len(self._renewals) + 1
        site = self._site(site_id)
        plan = replace(PLAN, title=asked.title or "renewal")
        record = RenewalRecord(number, f"R-{number:04}", site_id, site.customer, site.name, plan.title, "open", {},
                               self.clock(), None)  # fmt: skip
        self._renewals.insert(0, Kept(record, plan))
        return self._renewals[0]

    def _put_renewal(self, renewal_id: int, **changes: object) -> None:
        self._renewals = [
            replace(kept, record=replace(kept.record, **changes)) if kept.record.id == renewal_id else kept  # type: ignore[arg-type]
            for kept in self._renewals
        ]

    def tick_renewal(self, renewal_id: int, step: str, done: bool) -> None:
        self._record("tick_renewal")
        ticks = [t for t in self.renewal(renewal_id).record.ticks if t.step != step]
        self._put_renewal(renewal_id, ticks=(*ticks, RenewalTickRecord(step, done, "kim", self.clock())))

    def close_renewal(self, renewal_id: int) -> None:
        self._record("close_renewal")
        kept = self.renewal(renewal_id)
        if len(kept.done) < 3:
            raise CertdoctorError("These steps are open.")
        self._put_renewal(renewal_id, state="closed", closed=self.clock())

    def write_renewal(self, renewal_id: int, target: Path, lang: str = "en") -> tuple[Path, ...]:
        self._record(f"write_renewal in {lang}")
        return (target / "renewal.md",)

    def write_cleaned(self, case_id: int, path: str, folder: Path) -> tuple[Path, ...]:
        self._record("write_cleaned")
        folder.mkdir(parents=True)
        written = folder / "a-clean.pem"
        written.write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")
        return (written,)

    def cases(self, search: str = "", limit: int | None = None) -> tuple[CaseRecord, ...]:
        self._record("cases")
        return tuple(view.case for view in reversed(self._cases.values()))

    # knowledge and certificates

    def cases_with(self, diagnosis: str, limit: int = 20) -> tuple[CaseRecord, ...]:
        views = self._cases.values()
        found = [v.case for v in views if any(f.diagnosis == diagnosis for e in v.examinations for f in e.findings)]
        return tuple(sorted(found, key=lambda case: -case.id)[:limit])

    def last_open_case(self) -> CaseRecord | None:
        return next((case for case in self.cases() if case.state == "open"), None)

    def search(self, words: str, limit: int = 12) -> tuple[Hit, ...]:
        return ()

    def recurrence(self, case_id: int, diagnosis: str) -> tuple[Recurrence, ...]:
        return ()

    def _certificate(self, item: Certificate) -> CertificateRecord:
        uses = (
            UseRecord("Example Ltd", "HQ", "expe1", "identity:server", "certs/expe1.pem, block 1"),
            UseRecord("Contoso", "Berlin", "partner1", "trust:ca", "partner.pem, block 3"),
        )
        return CertificateRecord(
            item.sha256, item.subject, item.issuer, item.label, item.not_before, item.not_after, b"", uses
        )

    def certificate(self, sha256: str) -> CertificateRecord | None:
        self._record("certificate")
        known = {item.sha256: item for item in (ROOT, SUB1, SUB2, EXPC, EXPE, CUCM)}
        return self._certificate(known[sha256]) if sha256 in known else None

    def symptoms(self, text: str, lang: str = "en", limit: int = 8) -> tuple[SymptomMatch, ...]:
        self._record("symptoms")
        out = []
        for symptom, title, category in SYMPTOMS:
            score = sum(part in title.lower() for part in text.lower().split())
            if score or not text:
                out.append(SymptomMatch(symptom, title, category, float(score)))
        return tuple(sorted(out, key=lambda match: -match.score)[:limit])

    def close(self) -> None:
        self.closed = True
