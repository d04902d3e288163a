"""Who trusts whom: the connections of an examination as a table of nodes, and the chains behind its cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from certdoctor.casework.examination import ConnectionLine, Examination, Treatable
from certdoctor.deployment.model import ChainState, Judgement, Outcome
from certdoctor.language import N_

# Worst first: a cell is as good as the worst of its connections.
_WORST = (Outcome.REFUSED, Outcome.DEPENDS, Outcome.NOT_CHECKED, Outcome.ACCEPTED, Outcome.NOT_REQUIRED)
_SEVEREST = ("critical", "high", "medium", "low", "info")
# From the clients outside to the servers inside, as the traffic goes.
_INWARDS = ("client", "webex", "partner", "expressway-e", "expressway-c", "cucm", "imp", "cuc", "cms", "other")

# Signs, not words: the same in every language and without colour.
SIGN = {"accepted": "ok", "refused": "X", "depends": "~", "not_checked": "?", "not_required": "-"}
URGENT = {"critical": "!!!", "high": "!!", "medium": "!"}
# What the note of a link says.
NOTE = {
    "in_list": N_("in the trust list"),
    "sent": N_("sent along"),
    "known": N_("known from elsewhere"),
    "missing": N_("MISSING: neither in the trust list nor sent along"),
    "culprit": N_("REFUSED"),
    "name": N_("REFUSED: not the name looked for"),
    "purpose": N_("REFUSED: not made for this purpose"),
}


@dataclass(frozen=True, slots=True)
class MatrixNode:
    """One node of the table."""

    id: str
    role: str
    version: str


@dataclass(frozen=True, slots=True)
class Cell:
    """All connections from one node to another, with the worst verdict on each side's certificate."""

    client: str
    server: str
    connections: tuple[ConnectionLine, ...]
    server_verdict: str
    client_verdict: str
    severity: str  # of the severest finding on these connections, "" without one
    findings: tuple[str, ...]  # keys of the findings on these connections, severest first


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table: nodes in the order of the traffic, outside to inside, and the cells that hold a connection."""

    nodes: tuple[MatrixNode, ...]
    cells: tuple[Cell, ...]

    @property
    def clients(self) -> tuple[str, ...]:
        """Ids of the nodes that connect to another: the lines of the table."""
        found = {cell.client for cell in self.cells}
        return tuple(node.id for node in self.nodes if node.id in found)

    @property
    def servers(self) -> tuple[str, ...]:
        """Ids of the nodes that another connects to: the columns of the table."""
        found = {cell.server for cell in self.cells}
        return tuple(node.id for node in self.nodes if node.id in found)

    def cell(self, client: str, server: str) -> Cell | None:
        """Return the cell of two nodes, None where none of their connections is known."""
        return next((cell for cell in self.cells if (cell.client, cell.server) == (client, server)), None)


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain as drawn: the trust anchor on top, the certificate presented at the bottom."""

    depth: int
    name: str
    note: str  # token: "in_list", "sent", "known", "missing", "culprit", "name", "purpose"
    broken: bool  # the chain breaks here


def matrix(examination: Examination) -> Matrix:
    """Return the table of an examination."""
    deployment = examination.deployment
    nodes = [MatrixNode(n.id, n.role, str(n.version or "")) for n in deployment.nodes.values()]
    known = {node.id for node in nodes}
    # A connection may name a node that the description lacks; it must not vanish from the table.
    named = dict.fromkeys(end for c in examination.connections for end in (c.client, c.server))
    nodes += [MatrixNode(end, "other", "") for end in named if end not in known]
    nodes.sort(key=lambda node: _INWARDS.index(node.role) if node.role in _INWARDS else len(_INWARDS))
    found: dict[tuple[str, str], list[ConnectionLine]] = {}
    for connection in examination.connections:
        found.setdefault((connection.client, connection.server), []).append(connection)
    return Matrix(tuple(nodes), tuple(_cell(*pair, lines, examination) for pair, lines in found.items()))


def sign(cell: Cell | None) -> str:
    """Return a cell in at most seven characters: server's certificate / client's certificate, and urgency."""
    if cell is None:
        return "."
    return f"{SIGN[cell.server_verdict]}/{SIGN[cell.client_verdict]}{URGENT.get(cell.severity, '')}"


def _cell(client: str, server: str, connections: list[ConnectionLine], examination: Examination) -> Cell:
    findings = findings_on((c.id for c in connections), examination)
    return Cell(
        client=client,
        server=server,
        connections=tuple(connections),
        server_verdict=_worst(c.server_verdict for c in connections),
        client_verdict=_worst(c.client_verdict for c in connections),
        severity=findings[0].severity if findings else "",
        findings=tuple(f.key for f in findings),
    )


def _worst(verdicts: Iterable[str]) -> str:
    return min(verdicts, key=lambda verdict: _WORST.index(Outcome(verdict)))


def findings_on(connections: Iterable[str], examination: Examination) -> tuple[Treatable, ...]:
    """Return the findings on any of these connections, severest first; equally severe ones as ranked."""
    wanted = set(connections)
    found = [f for f in examination.findings if wanted.intersection(f.connections)]
    return tuple(sorted(found, key=lambda f: (_SEVEREST.index(f.severity), f.rank)))


def judgement_of(examination: Examination, connection: str, side: str) -> Judgement | None:
    """Return how the certificate of one side ("server", "client") of a connection fares, None if not judged."""
    return next((j for j in examination.judgements if (j.connection.id, j.side) == (connection, side)), None)


def chain_links(judgement: Judgement) -> tuple[Link, ...]:
    """Return the chain that a side presents, as OpenSSL built it, from its top; the broken link is marked.

    Without a certificate in the evidence there is no chain.
    """
    chain = judgement.chain or judgement.sent
    upwards = list(_upwards(judgement)) if chain else []
    return tuple(
        Link(depth, name, note, broken) for depth, (name, note, broken) in enumerate(reversed(upwards), start=0)
    )


def _upwards(judgement: Judgement) -> Iterator[tuple[str, str, bool]]:
    listed = {f.certificate.sha256 for f in judgement.trust.entries} if judgement.trust else set()
    sent = {certificate.sha256 for certificate in judgement.sent}
    refused = judgement.outcome in (Outcome.REFUSED, Outcome.DEPENDS)
    missing = judgement.missing if refused else None
    culprit = judgement.culprit.sha256 if refused and missing is None and judgement.culprit else None
    for at, certificate in enumerate(judgement.chain or judgement.sent):
        note = "in_list" if certificate.sha256 in listed else "sent" if certificate.sha256 in sent else "known"
        if certificate.sha256 == culprit:
            note = "culprit"
        elif at == 0 and refused and missing is None and culprit is None:
            # The chain holds: what is refused about the certificate itself is its name or its purpose.
            wrong = judgement.name_match not in (None, "san")
            note = "name" if wrong else "purpose" if judgement.purpose not in (None, "ok") else "culprit"
        yield certificate.label, note, note in ("culprit", "name", "purpose")
    if missing is not None and judgement.chain_state != ChainState.COMPLETE:
        yield missing.subject, "missing", True
