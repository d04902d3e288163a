"""The rule engine behind its boundary: it agrees with the proof, and it may crash, hang or be missing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certdoctor.facts.model import Fact, Facts, Subject, SubjectKind
from certdoctor.knowledge.forms import RuleForm
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine, EngineFailed, EngineUnavailable
from certdoctor.reasoning.plan import fnv32
from certdoctor.reasoning.prove import Rulebook
from certdoctor.reasoning.worker import SUBJECTS
from tests.knowledge.small import knowledge, rule

RULES = [
    rule("both", "D1", {"x": "1", "y": "2"}),
    rule("either", "D2", {"x": ["1", "2"], "z": ["1", "2"]}),
    rule("single", "D3", {"y": "2"}),
    rule("node", "D4", {"n": "1"}, about="node"),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(knowledge(RULES)) as running:
        yield running


def test_the_order_of_facts_makes_no_difference(engine: Engine) -> None:
    sets = [{"x": "1", "y": "2", "z": "2"}, {"x": "2", "y": "2", "z": "1"}, {}]
    assert engine.fire("connection", sets, backwards=True) == engine.fire("connection", sets)


def worker_of(engine: Engine) -> subprocess.Popen[bytes]:
    assert engine._worker is not None
    return engine._worker._process


@pytest.mark.parametrize(
    ("about", "values", "fired"),
    [
        ("connection", {}, set()),
        ("connection", {"x": "1"}, set()),
        ("connection", {"x": "1", "y": "2"}, {"both", "single"}),
        ("connection", {"x": "1", "y": "2", "z": "2"}, {"both", "single", "either"}),
        ("connection", {"x": "2", "y": "2", "z": "1"}, {"single", "either"}),
        ("connection", {"x": "3", "y": "3", "z": "3"}, set()),
        ("connection", {"n": "1"}, set()),
        ("connection", {"x": "1'; DROP", "y": "2", "\x00": "{}"}, {"single"}),
        ("node", {"n": "1", "y": "2"}, {"node"}),
        ("site", {"y": "2"}, set()),
    ],
)
def test_rules_fire(engine: Engine, about: str, values: Mapping[str, str], fired: set[str]) -> None:
    assert engine.fire(about, [values]) == [fired]


def test_many_sets_at_once_keep_their_places(engine: Engine) -> None:
    sets = [{"x": "1", "y": "2"}, {}, {"y": "2"}, {"x": "1", "y": "2"}, {"q": "1"}]
    assert engine.fire("connection", sets) == [{"both", "single"}, set(), {"single"}, {"both", "single"}, set()]


def test_facts_of_one_subject_never_complete_those_of_another(engine: Engine) -> None:
    one, two = (Subject(SubjectKind.CONNECTION, "c1", side) for side in ("client", "server"))
    node = Subject(SubjectKind.NODE, "n1")
    facts = Facts([Fact("x", one, "1"), Fact("y", two, "2"), Fact("n", node, "1"), Fact("n", one, "1")])
    assert engine.conclude(facts) == {one: set(), two: {"single"}, node: {"node"}}


# --- engine against proof ---

FACTS = [f"f{number}" for number in range(6)]
VALUES = ["1", "2", "3"]
SOME_VALUES = st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True)
RULE_SETS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(FACTS), SOME_VALUES, min_size=1, max_size=5), st.sampled_from(["a", "b"])
    ),
    min_size=1,
    max_size=25,
)
FACT_SETS = st.lists(st.dictionaries(st.sampled_from(FACTS), st.sampled_from(VALUES)), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(RULE_SETS, FACT_SETS)
def test_the_engine_concludes_what_is_proven(
    rules: list[tuple[dict[str, list[str]], str]], sets: list[dict[str, str]]
) -> None:
    forms = [rule(f"r{place:02}", "D", when) for place, (when, _) in enumerate(rules)]
    known = knowledge(forms, areas={f"r{place:02}": area for place, (_, area) in enumerate(rules)})
    rulebook = Rulebook.of(known)
    with Engine(known) as engine:
        fired = engine.fire("connection", sets)
    proven = [{form.id for form in rulebook.true("connection", values)} for values in sets]
    assert fired == proven
    assert proven == [{form.id for form in forms if form.holds(values)} for values in sets]


def big(seed: int, rules: int = 300, facts: int = 60) -> tuple[Knowledge, list[RuleForm]]:
    """Return many random rules in twenty areas; one pair of facts is read by very many of them."""
    chance = random.Random(seed)
    forms = []
    for number in range(rules):
        read = chance.sample(range(facts), chance.randint(2, 5))
        when: dict[str, str | list[str]] = {f"f{f}": chance.sample(VALUES, chance.choice([1, 1, 1, 2])) for f in read}
        when["kind"] = "common"
        forms.append(rule(f"r{number:03}", "D", when))
    return knowledge(forms, areas={form.id: f"area{number % 20}" for number, form in enumerate(forms)}), forms


def test_six_hundred_subjects_take_less_than_a_second_or_so() -> None:
    known, forms = big(1)
    chance = random.Random(2)
    sets = [
        {"kind": "common", **{f"f{f}": chance.choice(VALUES) for f in chance.sample(range(60), 29)}} for _ in range(600)
    ]
    with Engine(known) as engine:
        engine.fire("connection", sets[:1])
        start = time.perf_counter()
        fired = engine.fire("connection", sets)
        took = time.perf_counter() - start
    assert fired == [{form.id for form in forms if form.holds(values)} for values in sets]
    assert sum(len(one) for one in fired) > 500
    assert took < 4  # well under 1 s on an idle machine


class Line:
    """The worker's own protocol, without the parent that sorts facts."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "certdoctor.reasoning.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, request: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(10) == 0
        self._process.stdout.close()


@pytest.fixture
def line() -> Iterator[Line]:
    worker = Line()
    yield worker
    worker.close()


def test_the_order_of_facts_does_not_matter(line: Line) -> None:
    chance = random.Random(3)
    rules = []
    for number in range(40):
        read = chance.sample(range(8), chance.randint(1, 4))
        rules.append((f"r{number}", [(f"f{fact}", chance.choice(["va", "vb"])) for fact in read]))
    assert line.ask({"do": "rules", "shards": {"node": [rules[:20], rules[20:]]}}) == {"ready": True}
    for _ in range(60):
        facts = [(f"f{fact}", chance.choice(["va", "vb"])) for fact in chance.sample(range(8), 6)]
        orders = [chance.sample(facts, len(facts)) for _ in range(5)]
        expected = sorted(name for name, pairs in rules if all(pair in facts for pair in pairs))
        assert line.ask({"do": "fire", "about": "node", "sets": orders}) == {"fired": [expected] * 5}


def test_the_names_inside_a_session_share_no_hash() -> None:
    """The engine takes two facts whose ids have the same hash for one."""
    ids = [f"i{number}" for number in range(SUBJECTS * 200)]
    for names in (ids, ["start", *(f"s{number}" for number in range(SUBJECTS))]):
        for variant in (0, 1):
            assert len({fnv32(name)[variant] for name in names}) == len(names)


def test_a_worker_takes_tokens_only_and_tells_what_it_refuses(line: Line) -> None:
    for bad in ("Text", "1", "", "a b", "a" * 65, "ü"):
        answer = line.ask({"do": "rules", "shards": {"node": [[["r1", [[bad, "v1"]]]]]}})
        assert "not a token" in answer["error"]
    assert "error" in line.ask({"do": "anything"})
    assert line.ask({"do": "rules", "shards": {}}) == {"ready": True}


# --- crashes, hangs, and machines without the engine ---


def test_the_engine_starts_by_itself_and_again_after_its_end() -> None:
    engine = Engine(knowledge(RULES))
    try:
        assert engine.fire("connection", [{"y": "2"}]) == [{"single"}]
        first = worker_of(engine)
        engine.close()
        assert first.poll() is not None
        engine.close()
        assert engine.fire("connection", [{"y": "2"}]) == [{"single"}]
        assert worker_of(engine) is not first
    finally:
        engine.close()


@pytest.mark.parametrize("when", ["at once", "ready"])
def test_a_killed_worker_is_replaced(when: str) -> None:
    with Engine(knowledge(RULES)) as engine:
        if when == "ready":
            engine.fire("connection", [{"y": "2"}])
        lost = worker_of(engine)
        lost.kill()
        assert engine.fire("connection", [{"y": "2"}]) == [{"single"}]
        assert worker_of(engine).pid != lost.pid


def test_a_worker_killed_while_it_works_is_replaced() -> None:
    known, forms = big(4)
    chance = random.Random(5)
    sets = [{"kind": "common", **{f"f{f}": chance.choice(VALUES) for f in range(60)}} for _ in range(200)]
    with Engine(known) as engine:
        engine.fire("connection", sets[:1])
        lost = worker_of(engine)
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.1; kill -SEGV {lost.pid}"])
        fired = engine.fire("connection", sets)
        killer.wait()
        assert fired == [{form.id for form in forms if form.holds(values)} for values in sets]


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs POSIX signals")
def test_a_worker_that_hangs_is_killed_in_time() -> None:
    with Engine(knowledge(RULES), seconds=1.5) as engine:
        engine.fire("connection", [{"y": "2"}])
        hung = worker_of(engine)
        os.kill(hung.pid, signal.SIGSTOP)
        start = time.perf_counter()
        assert engine.fire("connection", [{"y": "2"}]) == [{"single"}]
        assert 1.4 < time.perf_counter() - start < 10
        assert hung.poll() == -signal.SIGKILL


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Put a module in front of the installed ones, for workers."""
    package = folder / name
    package.mkdir()
    (package / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))


def test_two_failures_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, "durable", "import os\nos._exit(9)\n")
    with Engine(knowledge(RULES)) as engine, pytest.raises(EngineFailed) as caught:
        engine.fire("connection", [{"y": "2"}])
    assert str(caught.value) == ("The rule engine failed twice: it ended with code 9; then it ended with code 9.")


def test_an_error_in_the_worker_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, "durable", "raise RuntimeError('broken build')\n")
    with Engine(knowledge(RULES)) as engine, pytest.raises(EngineFailed, match="broken build"):
        engine.fire("connection", [{"y": "2"}])


def test_a_machine_without_durable_rules_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, "durable", "raise ImportError('no module named durable')\n")
    with Engine(knowledge(RULES)) as engine:
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match="no module named durable"):
                engine.fire("connection", [{"y": "2"}])


def test_nothing_is_imported_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An evidence folder may hold a json.py."""
    for name in ("json.py", "durable.py", "certdoctor.py", "sitecustomize.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'was_run')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    with Engine(knowledge(RULES)) as engine:
        assert engine.fire("connection", [{"y": "2"}]) == [{"single"}]
    assert not (tmp_path / "was_run").exists()


def test_starting_waits_for_nothing() -> None:
    known, _ = big(6)
    engine = Engine(known)
    try:
        start = time.perf_counter()
        engine.start()
        assert time.perf_counter() - start < 0.5
    finally:
        engine.close()
