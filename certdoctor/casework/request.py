"""What is still wanted from whom: the page to mail to the people who can log in to the boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certdoctor.casework.examination import Examination
from certdoctor.deployment.model import CLIENT, SERVER, Judgement, Node, Outcome
from certdoctor.language import _


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is wanted from one box."""

    node: str
    name: str  # the name it is reached by
    role: str
    what: str
    why: tuple[str, ...]  # connections that cannot be judged without it; empty where it only helps
    how: tuple[str, ...]  # menu path or command, one a line


def wanted(examination: Examination) -> tuple[Wanted, ...]:
    """Return what the evidence lacks, box by box; what keeps a connection from being judged comes first."""
    deployment = examination.deployment
    found: list[Wanted] = []
    for node in deployment.nodes.values():
        found += _expressway(node, examination) if node.is_expressway else _other(node, examination)
    return tuple(sorted(found, key=lambda w: (not w.why, w.node, w.what)))


def _unproven(node: Node, examination: Examination) -> list[Judgement]:
    """Return the judgements that this node's missing certificate prevents."""
    return [
        j for j in examination.judgements
        if j.outcome == Outcome.NOT_CHECKED and j.why == "no_identity" and j.presenter.id == node.id
    ]  # fmt: skip


def _unjudged(node: Node, examination: Examination) -> list[Judgement]:
    """Return the judgements that this node's missing trust list prevents, or will once there is a certificate."""
    return [
        j for j in examination.judgements
        if j.outcome == Outcome.NOT_CHECKED and j.verifier.id == node.id
        and (j.why == "no_trust_list" or not node.trust)
    ]  # fmt: skip


def _ids(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(j.connection.id for j in judgements))


def _expressway(node: Node, examination: Examination) -> Iterator[Wanted]:
    blind = _ids([*_unproven(node, examination), *_unjudged(node, examination)])
    if not (node.settings and node.trust and node.identities):
        yield _ask(
            node,
            _("its diagnostic log archive: configuration, certificates, trusted CAs and log in one file"),
            blind,
            "Maintenance > Diagnostics > Diagnostic logging > Collect log > Download log",
        )


def _other(node: Node, examination: Examination) -> Iterator[Wanted]:
    without, unlisted = _unproven(node, examination), _unjudged(node, examination)
    if node.role in ("cucm", "imp", "cuc"):
        slots = {_slot(j) for j in without}
        for slot in sorted(slots):
            mine = _ids([j for j in without if _slot(j) == slot])
            yield _ask(
                node,
                _("its {slot} certificate").format(slot=slot or "tomcat"),
                mine,
                "Cisco Unified OS Administration > Security > Certificate Management > Download .PEM File",
                f"show cert own {slot or 'tomcat'}",
            )
        if unlisted:
            yield _ask(
                node,
                _("its trust lists (tomcat-trust, CallManager-trust)"),
                _ids(unlisted),
                "Cisco Unified OS Administration > Security > Certificate Management",
                "show cert list trust",
            )
    elif without or unlisted:
        what = _("the certificate that it presents, with its chain") if without else _("the CAs that it trusts")
        yield _ask(node, what, _ids([*without, *unlisted]))


def _slot(judgement: Judgement) -> str:
    given = {SERVER: judgement.connection.server_identity, CLIENT: judgement.connection.client_identity}
    return given[judgement.side] or ("callmanager" if judgement.connection.kind in ("sip-line", "sip-reverse") else "")


def _ask(node: Node, what: str, why: tuple[str, ...], *how: str) -> Wanted:
    return Wanted(node.id, node.name, node.role, what, why, how)
