"""Consequences are folded under their causes, and the same fault seen in several places is one finding.

A finding B is folded under A when A's diagnosis explains or supersedes B's and A hits every connection side that
B hits, or is about the same things as A's form says (`reaches_by`). A must not rest on weaker evidence than B: a guess may not hide what is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from certdoctor.facts.model import Fact, Facts, FactSource, Subject, SubjectKind
from certdoctor.knowledge.forms import DiagnosisForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.findings import Conclusion, Finding, Folded
from certdoctor.reasoning.order import SEVERITY, STRENGTH, weaker

# What an answer alone can bear.
TOLD_AT_MOST = "strong"

Affected = Mapping[Subject, frozenset[Subject]]
GroupKey = tuple[str, tuple[str, ...]]

_ROLES_ON = {
    "expressway": ("expressway-c", "expressway-e"),
    "cucm": ("cucm", "imp", "cuc"),
    "client": ("client",),
}


def instances(
    conclusions: Iterable[Conclusion], facts: Facts, knowledge: Knowledge, affected: Affected
) -> list[Finding]:
    """Return one finding per diagnosis and subject, from all rules that conclude it there."""
    together: dict[tuple[str, Subject], list[Conclusion]] = {}
    for conclusion in conclusions:
        together.setdefault((conclusion.diagnosis, conclusion.subject), []).append(conclusion)
    return [_instance(together[key], facts, knowledge.diagnoses[key[0]].form, affected) for key in sorted(together)]


def _instance(conclusions: Sequence[Conclusion], facts: Facts, form: DiagnosisForm, affected: Affected) -> Finding:
    def strength(conclusion: Conclusion) -> str:
        return weaker(conclusion.strength, TOLD_AT_MOST) if _told(conclusion.proof) else conclusion.strength

    def order(conclusion: Conclusion) -> tuple[int, bool, str]:
        return STRENGTH[strength(conclusion)], _told(conclusion.proof), conclusion.rule

    ordered = sorted(conclusions, key=order)
    best = ordered[0]
    params: dict[str, str] = {}
    proof: dict[str, Fact] = {}
    for conclusion in ordered:
        params = {**conclusion.bindings, **params}
        proof = {**proof, **{fact.id: fact for fact in conclusion.proof if fact.id not in proof}}
    subject = best.subject
    return Finding(
        diagnosis=best.diagnosis,
        subject=subject,
        strength=strength(best),
        severity=form.severity,
        params=params,
        proof=tuple(proof.values()),
        rules=tuple(sorted(c.rule for c in ordered)),
        connections=_connections(subject, affected),
        nodes=_nodes(form, facts.about(subject), proof),
        told=_told(best.proof),
    )


def _told(proof: Iterable[Fact]) -> bool:
    return any(fact.source == FactSource.TOLD for fact in proof)


def _connections(subject: Subject, affected: Affected) -> tuple[str, ...]:
    if subject.kind == SubjectKind.CONNECTION:
        return (subject.id,)
    if subject.kind == SubjectKind.SITE:  # it is about all of them, and hits none for certain
        return ()
    return tuple(sorted({side.id for side in affected.get(subject, ())}))


def _nodes(form: DiagnosisForm, facts: Mapping[str, Fact], proof: Mapping[str, Fact]) -> tuple[str, ...]:
    """Return the nodes on which the fix is done, in the order of its steps.

    Facts name nodes in their bindings `presenter`, `verifier` and `node`, and tell their roles under those names.
    """
    sources = [*proof.values(), *(facts[key] for key in sorted(facts))]
    named: dict[str, str] = {}
    for name in ("presenter", "node", "verifier"):
        node = next((fact.bindings[name] for fact in sources if fact.bindings.get(name)), None)
        if node is not None:
            named[name] = node
    found: list[str] = []
    for step in form.fix:
        if step.on in named:
            found.append(named[step.on])
        elif step.on in _ROLES_ON:
            for name, node in named.items():
                role = facts.get(f"{name}.role")
                if role is not None and role.value in _ROLES_ON[step.on]:
                    found.append(node)
                    break
    if not found:
        found = [node for name, node in named.items() if name != "verifier"][:1]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Group:
    """Instances that are one finding in the end."""

    key: GroupKey
    members: tuple[Finding, ...]
    sides: frozenset[Subject]
    nodes: frozenset[str]
    site: bool

    @property
    def diagnosis(self) -> str:
        return self.key[0]

    @property
    def strength(self) -> int:
        return min(STRENGTH[member.strength] for member in self.members)

    @property
    def order(self) -> tuple[int, int, GroupKey]:
        return min(SEVERITY[member.severity] for member in self.members), self.strength, self.key


def fold(
    found: Sequence[Finding], facts: Facts, knowledge: Knowledge, affected: Affected
) -> tuple[list[Finding], list[Folded]]:
    """Fold consequences under causes and merge what is one fault.

    Args:
        found: one finding per diagnosis and subject.
        facts: for the words that name connections.
        knowledge: what explains, supersedes and merges.
        affected: the connection sides that a subject other than a connection touches.

    Returns:
        The findings that stand by themselves, and the folded ones, both merged, in no particular rank.
    """
    forms = {key: entry.form for key, entry in knowledge.diagnoses.items()}
    groups = _groups(found, forms, affected)
    covering: dict[str, list[str]] = {}
    for key, form in forms.items():
        for other in (*form.explains, *form.supersedes):
            if other != key:
                covering.setdefault(other, []).append(key)
    rings = _rings(covering)
    by_diagnosis: dict[str, list[_Group]] = {}
    for group in groups:
        by_diagnosis.setdefault(group.diagnosis, []).append(group)

    def parents(group: _Group, member: Finding) -> list[_Group]:
        return [
            cause
            for diagnosis in covering.get(group.diagnosis, ())
            for cause in by_diagnosis.get(diagnosis, ())
            # In a ring of diagnoses that explain one another the worse one is the cause.
            if rings.get(diagnosis) is None
            or rings[diagnosis] != rings.get(group.diagnosis)
            or cause.order < group.order
            if cause.strength <= STRENGTH[member.strength]
            and _covers(cause, member, affected, forms[diagnosis].reaches_by)
        ]

    tops: dict[GroupKey, list[_Group]] = {}

    def top_causes(group: _Group) -> list[_Group]:
        """Return what stands at the top over a group: itself where one of its members has no cause."""
        if group.key not in tops:
            above = [parents(group, member) for member in group.members]
            if all(above):
                tops[group.key] = sorted(
                    {top.key: top for causes in above for cause in causes for top in top_causes(cause)}.values(),
                    key=lambda top: top.order,
                )
            else:
                tops[group.key] = [group]
        return tops[group.key]

    standing: list[Finding] = []
    folded: list[Folded] = []
    for group in groups:
        under: dict[str, list[Finding]] = {}
        for member in group.members:
            causes = [top for cause in parents(group, member) for top in top_causes(cause)]
            name = min(causes, key=lambda cause: cause.order).diagnosis if causes else ""
            under.setdefault(name, []).append(member)
        for name, members in sorted(under.items()):
            merged = _merged(members, facts)
            if name:
                folded.append(Folded(merged, name))
            else:
                standing.append(merged)
    return standing, folded


def _groups(found: Sequence[Finding], forms: Mapping[str, DiagnosisForm], affected: Affected) -> list[_Group]:
    together: dict[GroupKey, list[Finding]] = {}
    for finding in found:
        merge_by = forms[finding.diagnosis].merge_by
        values = tuple(finding.params.get(name, "") for name in merge_by)
        # Without a value to merge by, nothing says that two places have the same fault.
        own = ("value", *values) if any(values) else ("subject", str(finding.subject))
        together.setdefault((finding.diagnosis, own), []).append(finding)
    return [
        _Group(
            key,
            tuple(members),
            frozenset(side for member in members for side in _sides(member.subject, affected)),
            frozenset(node for member in members for node in member.nodes),
            any(member.subject.kind == SubjectKind.SITE for member in members),
        )
        for key, members in sorted(together.items())
    ]


def _sides(subject: Subject, affected: Affected) -> frozenset[Subject]:
    return frozenset((subject,)) if subject.kind == SubjectKind.CONNECTION else affected.get(subject, frozenset())


def _covers(cause: _Group, member: Finding, affected: Affected, reaches_by: Sequence[Sequence[str]]) -> bool:
    if cause.site or any(_same(cause, member, names) for names in reaches_by):
        return True
    sides = _sides(member.subject, affected)
    if sides and cause.sides:
        return sides <= cause.sides
    return any(other.subject == member.subject for other in cause.members) or bool(
        cause.nodes.intersection(member.nodes)
    )


def _same(cause: _Group, member: Finding, names: Sequence[str]) -> bool:
    """Say whether some instance of the cause is about the very same things (such as one certificate in one list)."""
    wanted = [_bound(member, name) for name in names]
    return all(wanted) and any([_bound(other, name) for name in names] == wanted for other in cause.members)


def _bound(finding: Finding, name: str) -> str:
    return next((fact.bindings[name] for fact in finding.proof if fact.bindings.get(name)), "")


def _rings(covering: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return for each diagnosis that explains itself in the end the name of its ring (its first member)."""

    def above(start: str) -> set[str]:
        seen: set[str] = set()
        open_ = list(covering.get(start, ()))
        while open_:
            key = open_.pop()
            if key not in seen:
                seen.add(key)
                open_ += covering.get(key, ())
        return seen

    reach = {key: above(key) for key in covering}
    return {
        key: min(other for other in seen if key in reach.get(other, ())) for key, seen in reach.items() if key in seen
    }


def _merged(members: Sequence[Finding], facts: Facts) -> Finding:
    ordered = sorted(members, key=lambda m: (STRENGTH[m.strength], m.told, m.subject))
    best = ordered[0]
    params: dict[str, str] = {}
    for member in ordered:
        params = {**member.params, **params}
    connections = tuple(sorted({c for member in members for c in member.connections}))
    words = sorted({_words(member, facts) for member in members if member.connections})
    return replace(
        best,
        params={**params, "connections": ", ".join(words)} if words else params,
        rules=tuple(sorted({rule for member in members for rule in member.rules})),
        connections=connections,
        nodes=tuple(dict.fromkeys(node for member in ordered for node in member.nodes)),
    )


def _words(finding: Finding, facts: Facts) -> str:
    """Return how texts name the connections of a finding."""
    if finding.subject.kind != SubjectKind.CONNECTION:
        return ", ".join(finding.connections)
    held = facts.about(finding.subject)
    return next(
        (held[key].bindings["connection"] for key in sorted(held) if held[key].bindings.get("connection")),
        finding.subject.id,
    )
