"""What is still wanted from whom: the page to mail to the people who can log in to the boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from certdoctor.casework.examination import Examination
from certdoctor.deployment.model import CLIENT, SERVER, Deployment, Judgement, Node, Outcome
from certdoctor.facts.derive import node_subject, side_subject
from certdoctor.facts.model import Subject, SubjectKind
from certdoctor.language import _
from certdoctor.reasoning.looking import Lacking
from certdoctor.text import clean

# Seconds until a file is there, of somebody who is logged in or has to ask for it.
_ARCHIVE, _CERTIFICATE, _TRUST, _OTHERS = 300, 120, 180, 600
_COLLECT = "Maintenance > Diagnostics > Diagnostic logging > Collect log > Download log"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is wanted from one box."""

    node: str
    name: str  # the name it is reached by
    role: str
    what: str
    why: tuple[str, ...]  # connections that cannot be judged without it; empty where it only helps
    how: tuple[str, ...]  # menu path or command, one a line
    lacking: Lacking = field(repr=False)  # the same for the ranking of what to ask next


def wanted(examination: Examination) -> tuple[Wanted, ...]:
    """Return what the evidence lacks, box by box; what keeps a connection from being judged comes first."""
    return wanted_of(examination.deployment, examination.judgements)


def wanted_of(deployment: Deployment, judgements: Sequence[Judgement]) -> tuple[Wanted, ...]:
    """Return what is wanted of a deployment; see `wanted`."""
    found: list[Wanted] = []
    for node in deployment.nodes.values():
        found += _expressway(node, judgements) if node.is_expressway else _other(node, judgements)
    if not deployment.nodes:
        found += _the_edge()
    return tuple(sorted(found, key=lambda w: (not w.why, w.node, w.what)))


def page_of(examination: Examination, *, markdown: bool) -> str:
    """Return the page that asks for what is wanted, to mail to the people who can log in to the boxes."""
    deployment = examination.deployment
    title = " – ".join(clean(part) for part in (deployment.customer, deployment.site) if part)
    return "\n".join(_page(wanted(examination), title, markdown=markdown)) + "\n"


def _page(found: Sequence[Wanted], title: str, *, markdown: bool) -> Iterator[str]:
    """Return the lines of the page, box by box, in the order in which it helps most."""
    heading, box, code = ("# ", "## ", "`") if markdown else ("", "", "")
    yield heading + (_("Wanted for {site}").format(site=title) if title else _("Wanted"))
    yield ""
    if not found:
        yield _("Nothing: every connection that is known can be judged.")
        return
    yield _("Please send these files. None of them needs a private key; leave keys and passwords out.")
    for _node, of in groupby(found, key=lambda each: (each.node, each.name)):
        held = list(of)
        yield ""
        yield f"{box}{clean(held[0].name)} ({held[0].role})"
        for each in held:
            yield f"- {clean(each.what)}"
            yield from (f"  - {code}{how}{code}" if markdown else f"    {how}" for how in each.how)
            if each.why:
                yield "  " + ("- " if markdown else "  ") + _("decides: {connections}").format(
                    connections=", ".join(clean(c) for c in each.why)
                )  # fmt: skip


def _unproven(node: Node, judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return the judgements that this node's missing certificate prevents."""
    return [
        j for j in judgements
        if j.outcome == Outcome.NOT_CHECKED and j.why == "no_identity" and j.presenter.id == node.id
    ]  # fmt: skip


def _unjudged(node: Node, judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return the judgements that this node's missing trust list prevents, or will once there is a certificate."""
    return [
        j for j in judgements
        if j.outcome == Outcome.NOT_CHECKED and j.verifier.id == node.id
        and (j.why == "no_trust_list" or not node.trust)
    ]  # fmt: skip


def _ids(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(j.connection.id for j in judgements))


def _expressway(node: Node, judgements: Sequence[Judgement]) -> Iterator[Wanted]:
    blind = [*_unproven(node, judgements), *_unjudged(node, judgements)]
    if not (node.settings and node.trust and node.identities):
        about = {**_sides(blind), node_subject(node): 1}
        kinds = {} if node.identities else {SubjectKind.CERTIFICATE: 1}
        yield _ask(node, _archive(), blind, "archive", _ARCHIVE, about, kinds, _COLLECT)


def _archive() -> str:
    return _("its diagnostic log archive: configuration, certificates, trusted CAs and log in one file")


def _the_edge() -> Iterator[Wanted]:
    """What to begin with while no box is known: the archives of both Expressways tell most."""
    for role, name in (("expressway-c", "Expressway-C"), ("expressway-e", "Expressway-E")):
        kinds = {SubjectKind.NODE: 1, SubjectKind.CERTIFICATE: 1, SubjectKind.CONNECTION: 2}
        lacking = Lacking(f"archive-{role}", Subject(SubjectKind.SITE, "site"), _ARCHIVE, {}, kinds)
        yield Wanted("", name, role, _archive(), (), (_COLLECT,), lacking)


def _other(node: Node, judgements: Sequence[Judgement]) -> Iterator[Wanted]:
    without, unlisted = _unproven(node, judgements), _unjudged(node, judgements)
    if node.role in ("cucm", "imp", "cuc"):
        for slot in sorted({_slot(j) for j in without}):
            mine = [j for j in without if _slot(j) == slot]
            named = slot or "tomcat"
            yield _ask(
                node,
                _("its {slot} certificate").format(slot=named),
                mine,
                f"certificate-{named}",
                _CERTIFICATE,
                _sides(mine),
                {SubjectKind.CERTIFICATE: 1},
                "Cisco Unified OS Administration > Security > Certificate Management > Download .PEM File",
                f"show cert own {named}",
            )
        if unlisted:
            yield _ask(
                node,
                _("its trust lists (tomcat-trust, CallManager-trust)"),
                unlisted,
                "trust",
                _TRUST,
                {**_sides(unlisted), node_subject(node): 1},
                {},
                "Cisco Unified OS Administration > Security > Certificate Management",
                "show cert list trust",
            )
    elif without or unlisted:
        what = _("the certificate that it presents, with its chain") if without else _("the CAs that it trusts")
        both = [*without, *unlisted]
        yield _ask(node, what, both, "certificate" if without else "trust", _OTHERS, _sides(both), {})


def _sides(judgements: Iterable[Judgement]) -> dict[Subject, int]:
    """Return the connection sides, each with how many pieces of evidence are missing to judge it."""
    return {side_subject(j): (j.identity is None) + (not j.verifier.trust) or 1 for j in judgements}


def _slot(judgement: Judgement) -> str:
    given = {SERVER: judgement.connection.server_identity, CLIENT: judgement.connection.client_identity}
    return given[judgement.side] or ("callmanager" if judgement.connection.kind in ("sip-line", "sip-reverse") else "")


def _ask(
    node: Node,
    what: str,
    blind: Sequence[Judgement],
    id_: str,
    cost: int,
    about: Mapping[Subject, int],
    kinds: Mapping[SubjectKind, int],
    *how: str,
) -> Wanted:
    lacking = Lacking(id_, node_subject(node), cost, about, kinds)
    return Wanted(node.id, node.name, node.role, what, _ids(blind), how, lacking)
