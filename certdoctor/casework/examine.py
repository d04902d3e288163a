"""The examination: evidence and a description in, findings with their texts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from certdoctor.casework import wording
from certdoctor.casework.examination import ConnectionLine, Examination, Observed, QuestionLine, Treatable, Unchecked
from certdoctor.casework.known import known_cas
from certdoctor.casework.request import Wanted, wanted_of
from certdoctor.deployment import build, derive, partners, provisional
from certdoctor.deployment.changes import changes
from certdoctor.deployment.judge import Roots, judge
from certdoctor.deployment.model import CLIENT, SERVER, Deployment, Judgement, Outcome
from certdoctor.deployment.openssl import verifier
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.naming import is_part
from certdoctor.evidence.site import SiteDescription
from certdoctor.facts.acme import observe_acme
from certdoctor.facts.administration import observe_administration
from certdoctor.facts.alarms import ALARM, observe_alarms, observe_cluster_alarms, read_alarms
from certdoctor.facts.authorities import Authorities
from certdoctor.facts.captures import captured, differences, observe_offers, observe_tenants
from certdoctor.facts.certificates import observe_certificates
from certdoctor.facts.dated import Calendar
from certdoctor.facts.derive import certificate_subject, file_subject, node_subject, observe, side_subject
from certdoctor.facts.edge_settings import observe_edge_settings
from certdoctor.facts.files import observe_files
from certdoctor.facts.known import observe_known
from certdoctor.facts.logs import Event, Signatures, events, observe_logs
from certdoctor.facts.messages import observe_messages
from certdoctor.facts.model import Fact, Facts, FactSource, Subject, SubjectKind
from certdoctor.facts.names import observe_names
from certdoctor.facts.peers import observe_peers
from certdoctor.facts.presented import observe_presented
from certdoctor.facts.protocols import observe_protocols
from certdoctor.facts.standing import observe_standing
from certdoctor.facts.stores import observe_stores
from certdoctor.facts.tunnels import observe_tunnels
from certdoctor.facts.two_stores import observe_two_stores
from certdoctor.facts.uc_nodes import observe_uc_nodes
from certdoctor.facts.upkeep import observe_upkeep
from certdoctor.facts.versions import observe_versions
from certdoctor.facts.vos import observe_vos
from certdoctor.facts.zones import observe_zones
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import _
from certdoctor.reasoning.conclude import reason
from certdoctor.reasoning.engine import Engine
from certdoctor.reasoning.findings import Finding, Question, Reasoned, Verdict
from certdoctor.sentences import told, told_place

SITE = Subject(SubjectKind.SITE, "site")
_PEERS_NAMED = 20  # of boxes that only logs tell of
_AWAY = ("client", "webex", "partner")  # may well connect to nobody here
_SERIOUS = ("critical", "high", "medium")


def examine(
    evidence: Evidence,
    description: SiteDescription,
    knowledge: Knowledge,
    engine: Engine,
    *,
    now: datetime,
    at: datetime | None = None,
    lang: str = "en",
    answers: Sequence[tuple[str, str, str]] = (),
    symptoms: Sequence[str] = (),
    declined: Sequence[tuple[str, str]] = (),
) -> Examination:
    """Examine a site.

    Args:
        evidence: everything that was read.
        description: nodes, connections, symptoms and answers as described.
        knowledge: rules and texts.
        engine: the rule engine's worker.
        now: the present time, aware.
        at: judge as of this time; default: the description's, else now.
        lang: language of the texts.
        answers: (fact, subject, value) of a person, besides those of the description.
        symptoms: symptom ids, besides those of the description.
        declined: (fact, subject) that the person does not know: not asked again.
    """
    observed = observe_site(evidence, description, knowledge, now=now, at=at)
    return conclude(observed, knowledge, engine, lang=lang, answers=answers, symptoms=symptoms, declined=declined)


def observe_site(
    evidence: Evidence, description: SiteDescription, knowledge: Knowledge, *, now: datetime, at: datetime | None = None
) -> Observed:
    """Return what the evidence shows by itself; see `examine` for the arguments."""
    moment = at or description.at or now
    kinds = knowledge.connections
    deployment = build.build(description, evidence, moment)
    logged: tuple[Event, ...] = ()
    if knowledge.reasons is not None:
        logged = events(deployment, Signatures(knowledge.signatures, knowledge.reasons))
        told = tuple(map(_heard, logged))
        heard_of = provisional.heard_of(deployment.nodes, told)
        deployment = build.with_nodes(deployment, partners.partners(heard_of, told))
    deployment = build.with_connections(deployment, derive.connections(deployment, description.connections, kinds))
    openssl = verifier()
    judgements = judge(deployment, kinds, openssl)
    alarms = read_alarms(deployment)
    root = Roots(deployment, openssl).of
    authorities, calendar = Authorities(knowledge.authorities), Calendar(knowledge.dates)
    observed = [
        *observe(deployment, judgements, kinds, evidence, root),
        *observe_certificates(deployment, authorities, calendar),
        *observe_known(deployment, judgements, root, authorities, calendar),
        *observe_zones(deployment),
        *observe_alarms(deployment, knowledge.about, alarms),
        *observe_stores(deployment, authorities),
        *observe_presented(deployment, judgements, evidence.documents),
        *observe_files(deployment, evidence.documents),
        *observe_peers(deployment, judgements),
        *observe_tunnels(judgements, alarms),
        *observe_cluster_alarms(judgements, alarms),
        *observe_protocols(judgements),
        *observe_offers(deployment, evidence.documents),
        *observe_acme(deployment, alarms, authorities),
        *observe_administration(deployment, judgements),
        *observe_upkeep(deployment, evidence.documents, alarms),
        *observe_vos(deployment, judgements, authorities),
        *observe_tenants(deployment, evidence.documents),
        *observe_names(deployment),
        *observe_versions(deployment, judgements),
        *observe_two_stores(deployment, judgements),
        *observe_uc_nodes(judgements),
        *observe_edge_settings(deployment, judgements),
    ]
    heard = logged
    if knowledge.reasons is not None:
        mutual = frozenset(kind.id for kind in kinds.values() if kind.client is not None)
        heard = (*logged, *captured(deployment, evidence.documents, kinds, knowledge.reasons))
        said = observe_logs(deployment, heard, knowledge.reasons, mutual)
        observed += [*said, *observe_standing(said, judgements)]
        observed += observe_messages(deployment, heard, knowledge.about)
    return Observed(evidence, description, deployment, judgements, tuple(observed), heard)


def conclude(
    observed: Observed,
    knowledge: Knowledge,
    engine: Engine,
    *,
    lang: str = "en",
    answers: Sequence[tuple[str, str, str]] = (),
    symptoms: Sequence[str] = (),
    declined: Sequence[tuple[str, str]] = (),
) -> Examination:
    """Conclude from what was observed and what a person says; see `examine` for the arguments."""
    description = observed.description
    answered = [*_told(description.answers.items(), knowledge), *(_answer(*answer) for answer in answers)]
    complaints = tuple(dict.fromkeys((*description.symptoms, *symptoms)))
    facts = Facts([*observed.facts, *answered])
    missing = wanted_of(observed.deployment, observed.judgements)
    reasoned = reason(
        facts,
        knowledge,
        engine,
        symptoms=complaints,
        affected=_affected(observed.deployment, observed.judgements),
        refused=frozenset(side_subject(j) for j in observed.judgements if j.outcome == Outcome.REFUSED),
        declined=[(fact, subject_of(subject)) for fact, subject in declined],
        lacking=[each.lacking for each in missing],
    )
    return _result(observed, facts, reasoned, knowledge, lang, complaints, missing)


def _heard(event: Event) -> provisional.Told:
    origin = event.document.origin.at(event.place or f"line {event.line}")
    written = bool(event.document.host) and not is_part(event.document.origin)
    return provisional.Told(
        event.node,
        event.acting,
        event.address,
        event.name,
        event.port,
        origin,
        written,
        event.own_address,
        event.reason,
    )


def _told(answers: Iterable[tuple[str, str]], knowledge: Knowledge) -> list[Fact]:
    return [_answer(fact, str(SITE), value) for fact, value in answers if fact in knowledge.about]


def _answer(fact: str, subject: str, value: str) -> Fact:
    return Fact(fact, subject_of(subject), value, FactSource.TOLD)


def subject_of(text: str) -> Subject:
    """Return the subject that a text such as "connection:c1/server" names."""
    kind, _separator, rest = text.partition(":")
    name, _slash, side = rest.partition("/") if kind == SubjectKind.CONNECTION else (rest, "", "")
    return Subject(SubjectKind(kind), name, side)


def _affected(deployment: Deployment, judgements: Sequence[Judgement]) -> Mapping[Subject, frozenset[Subject]]:
    """Project nodes, certificates, lists and files onto the connection sides they take part in."""
    sides: dict[Subject, set[Subject]] = {}
    everything = {side_subject(j) for j in judgements}
    sides[SITE] = everything
    for judgement in judgements:
        side = side_subject(judgement)
        sides.setdefault(node_subject(judgement.presenter), set()).add(side)
        if judgement.identity is not None:
            leaf = judgement.identity.leaf.certificate
            sides.setdefault(certificate_subject(leaf), set()).add(side)
            sides.setdefault(file_subject(judgement.identity.document), set()).add(side)
    return {subject: frozenset(touched) for subject, touched in sides.items()}


def _complains(fact: Fact) -> bool:
    return fact.source == FactSource.LOG and not fact.id.startswith(ALARM)


def _result(
    observed: Observed,
    facts: Facts,
    reasoned: Reasoned,
    knowledge: Knowledge,
    lang: str,
    symptoms: tuple[str, ...],
    missing: Sequence[Wanted],
) -> Examination:
    evidence, deployment, judgements = observed.evidence, observed.deployment, observed.judgements
    decisive = [f for f in reasoned.findings if f.strength == "decisive" and not f.told]
    refused = [j for j in judgements if j.outcome in (Outcome.REFUSED, Outcome.DEPENDS)]
    judged = any(j.outcome in (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DEPENDS) for j in judgements)
    # What a log complains of did fail, however harmless its kind is elsewhere. An alarm may only be a notice.
    serious = [f for f in decisive if f.severity in _SERIOUS or any(map(_complains, f.proof))]
    # Something is left unexplained: a refusal or a log line without a cause, or a finding that is not decisive.
    weaker = [f for f in reasoned.findings if f not in decisive and f.severity in _SERIOUS]
    shown: Sequence[Finding]
    if serious:
        verdict, shown = Verdict.CAUSE_FOUND, [*decisive, *_unexplained(weaker, serious)]
    elif weaker:
        # What is certain but harmless must not stand in front of what may be the cause.
        verdict, shown = Verdict.DIFFERENTIAL, sorted(reasoned.findings, key=lambda f: f.severity not in _SERIOUS)
    elif refused:
        verdict, shown = Verdict.DIFFERENTIAL, decisive
    elif judged or (any(s.kind == SubjectKind.FILE for s in facts.subjects()) and decisive):
        verdict, shown = Verdict.HEALTHY, decisive
    else:
        verdict, shown = Verdict.NOT_CHECKED, decisive
    texts = wording.Texts(knowledge, lang)
    findings = tuple(texts.treatable(finding, number) for number, finding in enumerate(shown, 1))
    named = {f.diagnosis for f in shown}
    folded: tuple[Treatable, ...] = tuple(
        texts.treatable(f.finding, 0, f.under) for f in reasoned.folded if f.under in named
    )
    return Examination(
        verdict=verdict,
        at=deployment.at,
        lang=lang,
        findings=findings,
        folded=folded,
        connections=tuple(_connection_lines(deployment, judgements)),
        candidates=reasoned.candidates,
        questions=tuple(_question(q, texts, missing) for q in reasoned.questions),
        unchecked=(
            *_unchecked(deployment, judgements, reasoned),
            *_otherwise(deployment, judgements, evidence),
            *(Unchecked(path, why, "") for path, why in observed.description.assumed),
            *_known_by_others(deployment, observed.heard),
        ),
        evidence=evidence,
        deployment=deployment,
        judgements=judgements,
        facts=facts,
        next_questions=reasoned.questions,
        disagreements=reasoned.disagreements,
        known_cas=dict(known_cas(evidence, Authorities(knowledge.authorities), lang)),
        changes=tuple(change for node in deployment.nodes.values() for change in changes(node)),
        symptoms=symptoms,
        contradicted=tuple(
            (texts.proof(seen), texts.proof(said))
            for seen, said in facts.contradicted
            if said.source == FactSource.TOLD
        ),
        observed=observed,
    )


def _question(question: Question, texts: wording.Texts, missing: Iterable[Wanted]) -> QuestionLine:
    """Return a question in words, or the request for evidence that stands in its place."""
    for each in missing:
        if (each.lacking.fact, each.lacking.subject) == (question.fact, question.subject):
            text = _("Can you get from {node}: {what}?").format(node=each.name, what=each.what)
            return QuestionLine(question.id, question.fact, str(question.subject), text, "\n".join(each.how), (),
                                question.gain, question.cost, evidence=True)  # fmt: skip
    return texts.question(question)


def _unexplained(weaker: Sequence[Finding], causes: Sequence[Finding]) -> Iterable[Finding]:
    """Strong findings on what the logs tell and the causes found do not explain.

    A password refused or a port that does not answer is no matter of certificates; a certificate refused is
    explained where a cause hits the same side of the same connection, unless the files show it accepted there. What
    is found of a box, file or certificate itself, such as an alarm, is no refusal that a cause could explain.
    """
    hit = {side for finding in causes for side in finding.hits}
    for finding in weaker:
        if finding.strength == "strong" and not finding.told:
            apart = finding.subject.kind != SubjectKind.CONNECTION or any(
                fact.id == "log.trouble" or (fact.id, fact.value) == ("log.standing", "beside_files")
                for fact in finding.proof
            )
            if apart or hit.isdisjoint(finding.hits):
                yield finding


def _connection_lines(deployment: Deployment, judgements: Sequence[Judgement]) -> Iterable[ConnectionLine]:
    sides = {(j.connection.id, j.side): j for j in judgements}
    for connection in deployment.connections:
        server, client = sides.get((connection.id, SERVER)), sides.get((connection.id, CLIENT))
        yield ConnectionLine(
            id=connection.id,
            kind=connection.kind,
            client=connection.client,
            server=connection.server,
            port=connection.port,
            name=connection.name or "",
            server_verdict=server.outcome.value if server else Outcome.NOT_CHECKED.value,
            client_verdict=client.outcome.value if client else Outcome.NOT_REQUIRED.value,
            openssl=tuple(
                {"side": j.side, "code": e.code, "depth": e.depth, "text": e.text, "subject": e.subject}
                for j in (server, client)
                if j is not None
                for e in j.errors
            ),
            why={j.side: j.why for j in (server, client) if j is not None and j.why},
        )


def _unchecked(deployment: Deployment, judgements: Sequence[Judgement], reasoned: Reasoned) -> Iterable[Unchecked]:
    whose = {
        "no_identity": _("its certificate is not in the evidence"),
        "no_trust_list": _("the trust list of {node} is not in the evidence"),
    }
    known = {j.connection.id for j in judgements}
    for connection in deployment.connections:
        if connection.id not in known:
            yield Unchecked(connection.id, _("its kind or one of its nodes is not known"), "")
        for assumption in connection.assumptions:
            yield Unchecked(connection.id, told(assumption), "")
    for j in judgements:
        if j.outcome == Outcome.NOT_CHECKED:
            what = _("{connection}: certificate of {node}").format(connection=j.connection.id, node=j.presenter.id)
            node = j.verifier if j.why == "no_trust_list" else j.presenter
            yield Unchecked(what, whose[j.why].format(node=node.id), wording.how_to_get(j))
        elif j.outcome == Outcome.DEPENDS:
            what = _("{connection}: certificate of {node}").format(connection=j.connection.id, node=j.presenter.id)
            # The version that counts is the Expressway's, also where it is the one that presents.
            counts = j.verifier if j.verifier.is_expressway or not j.presenter.is_expressway else j.presenter
            if counts.version is None:
                why = _("depends on the version of {node}, which is not known").format(node=counts.id)
            else:
                why = _("no source says whether {version} of {node} checks it").format(
                    version=counts.version, node=counts.id
                )
            yield Unchecked(what, why, "")
        if j.revocation is None and j.outcome == Outcome.ACCEPTED and (j.sent[0].crl_urls or j.sent[0].ocsp_urls):
            urls = ", ".join((*j.sent[0].crl_urls, *j.sent[0].ocsp_urls))
            what = _("{connection}: revocation of {leaf}").format(connection=j.connection.id, leaf=j.sent[0].label)
            yield Unchecked(what, _("no CRL is in the evidence; the certificate names {urls}").format(urls=urls), "")
    connected = {node for connection in deployment.connections for node in (connection.client, connection.server)}
    for node in deployment.nodes.values():
        if node.id not in connected and node.role not in _AWAY:
            lacking = _("none of its connections is known; the files of the boxes it connects to are wanted")
            if node.role == "other":
                lacking = _("no file tells what kind of box it is, and so none of its connections is known")
            yield Unchecked(node.name, lacking, wording.archive_of(node))
    for document in deployment.unassigned:
        if document.certificates or document.settings:
            yield Unchecked(document.origin.path, _("it belongs to no node yet"), "")
    for conflict in deployment.conflicts:
        yield Unchecked(_("contradiction"), told(conflict), "")
    for notice in reasoned.notices:
        yield Unchecked(_("rule engine"), notice, "")
    for disagreement in reasoned.disagreements:
        yield Unchecked(_("rule engine"), disagreement, "")


def _known_by_others(deployment: Deployment, heard: Iterable[Event]) -> Iterable[Unchecked]:
    """Boxes that only another box tells of: what is known of them, and what is wanted."""
    lacking = _("known only from {place}; its certificates, trusted CAs and configuration are wanted")
    for node in deployment.nodes.values():
        if node.known_from is not None:
            yield Unchecked(node.name, lacking.format(place=told_place(str(node.known_from))), wording.archive_of(node))
    known = {known.lower() for node in deployment.nodes.values() for known in (*node.names, *node.addresses, node.id)}
    # An address alone may be a node whose addresses nobody gave; a name is somebody's own.
    told_of: dict[str, Event] = {}
    for event in heard:
        if "." in event.name and event.name.lower() not in known and not event.connection:
            told_of.setdefault(event.name.lower(), event)
    for name, event in list(told_of.items())[:_PEERS_NAMED]:
        line = _("line {number}").format(number=event.line)
        place = told_place(f"{event.document.origin.path}, {event.place or line}")
        yield Unchecked(f"{name}:{event.port}" if event.port else name, lacking.format(place=place), "")


def _otherwise(deployment: Deployment, judgements: Sequence[Judgement], evidence: Evidence) -> Iterable[Unchecked]:
    """Chains that a capture shows otherwise than the description has them: what was judged is not what was sent."""
    sides = {SERVER: _("server"), CLIENT: _("client")}
    for found in differences(deployment, evidence.documents, judgements):
        what = _("{connection}: chain of the {side}").format(connection=found.connection, side=sides[found.side])
        if not found.described:
            why = _("the capture shows {sent}; the description has no certificate for it ({place})")
        elif found.same_leaf:
            why = _("the capture shows {sent}; the files say that {described} is sent ({place})")
        else:
            why = _("the capture shows another certificate: {sent} instead of {described} ({place})")
        sent = " ← ".join(item.certificate.label for item in found.sent)
        yield Unchecked(
            what, why.format(sent=sent, described=" ← ".join(found.described), place=told_place(found.place)), ""
        )
