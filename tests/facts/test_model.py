from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from certdoctor.facts.model import Fact, Facts, FactSource, Subject, SubjectKind

NODE = Subject(SubjectKind.NODE, "expc1")
SIDE = Subject(SubjectKind.CONNECTION, "c1", "server")
RANK = [FactSource.OBSERVED, FactSource.LOG, FactSource.TOLD]

facts = st.builds(
    Fact,
    st.sampled_from(["a.x", "a.y"]),
    st.sampled_from([NODE, SIDE]),
    st.sampled_from(["one", "two"]),
    st.sampled_from(RANK),
)


def test_subjects_name_kind_and_side() -> None:
    assert (str(NODE), str(SIDE)) == ("node:expc1", "connection:c1/server")


@given(st.lists(facts, max_size=8))
def test_the_best_source_speaks(given_facts: list[Fact]) -> None:
    held = Facts(given_facts)
    for (subject, name), wanted in {(f.subject, f.id): f for f in given_facts}.items():
        fact = held.get(subject, name)
        assert fact is not None
        sources = [f.source for f in given_facts if (f.subject, f.id) == (subject, name)]
        assert fact.source == min(sources, key=RANK.index)
        assert fact in given_facts
        assert wanted.id in held.about(subject)
    assert len(held) == len(list(held)) == len({(f.subject, f.id) for f in given_facts})
    assert all(best.value != other.value for best, other in held.contradicted)


@given(st.lists(facts, max_size=4, unique_by=lambda f: (f.id, f.subject, f.source)))
def test_order_does_not_matter_where_each_source_speaks_once(given_facts: list[Fact]) -> None:
    results = {tuple((f.id, f.subject, f.value, f.source) for f in Facts(p)) for p in permutations(given_facts)}
    assert len(results) == 1


def test_what_is_contradicted_is_kept() -> None:
    told = Fact("a.x", NODE, "one", FactSource.TOLD)
    seen = Fact("a.x", NODE, "two")
    for order in ((told, seen), (seen, told)):
        held = Facts(order)
        assert held.get(NODE, "a.x") == seen
        assert held.contradicted == ((seen, told),)


def test_unknown_is_none() -> None:
    held = Facts()
    assert held.get(NODE, "a.x") is None
    assert held.about(NODE) == {}
    assert held.subjects() == ()


def test_more_facts_leave_the_first_set_alone() -> None:
    first = Facts([Fact("a.x", NODE, "one")])
    more = first.plus([Fact("a.y", SIDE, "two")])
    assert (len(first), len(more)) == (1, 2)
    assert more.subjects(SubjectKind.CONNECTION) == (SIDE,)
    assert more.subjects() == (SIDE, NODE)
