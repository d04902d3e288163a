"""One examination of the largest example site, beside the bare cost of parsing and of asking OpenSSL the same."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from certdoctor.casework.examine import examine
from certdoctor.casework.sites import description_of
from certdoctor.deployment import judge as judging
from certdoctor.deployment.openssl import verifier
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.read import read_paths
from certdoctor.facts.model import Facts, Subject
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def main(rounds: int = 9) -> None:
    """Print the figures of the largest example site."""
    measure(_largest(), rounds)


def measure(site: Path, rounds: int) -> None:
    """Print the figures of one site's folder."""
    knowledge_ms = _time(lambda: load(folder("rules"), folder("kb")), 3)
    knowledge = load(folder("rules"), folder("kb"))
    began = time.perf_counter()
    with _Timed(knowledge) as engine:
        evidence = read_paths([site])
        description = description_of(evidence)
        examine(evidence, description, knowledge, engine, now=NOW)
        first_ms = (time.perf_counter() - began) * 1000

        def whole() -> None:
            again = read_paths([site])
            examine(again, description, knowledge, engine, now=NOW)

        engine.seconds.clear()
        whole_ms = _time(whole, rounds)
        worker_ms = statistics.median(engine.seconds) * 1000
        parse_ms = _time(lambda: read_paths([site]), rounds)
        verify_ms = _time(lambda: _verdicts(evidence), rounds)
    count = sum(len(d.certificates) for d in evidence.documents)
    print(f"examination of {site.name}: {count} certificates in {len(evidence.documents)} documents")
    own_ms = whole_ms - worker_ms
    print(f"   examination {own_ms:.1f} ms; bare parsing {parse_ms:.1f} ms and OpenSSL's verdicts {verify_ms:.1f} ms")
    print(f"   ratio to their sum {own_ms / (parse_ms + verify_ms):.2f}")
    print(f"   apart: waiting for the engine's worker {worker_ms:.1f} ms")
    print(f"   apart: knowledge from its cache {knowledge_ms:.0f} ms")
    print(f"   apart: first examination with the worker's start {first_ms:.0f} ms")
    code = f"from certdoctor.cli import main; main(['examine', {str(site)!r}, '--format', 'json'])"
    with open(os.devnull, "w") as nowhere:
        subprocess.run([sys.executable, "-c", code], stdout=nowhere, check=False)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"   peak memory of `certdoctor examine` {peak:.0f} MiB (the larger of the program and its worker)")


class _Timed(Engine):
    """The engine, with the time each call waits for its worker."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self.seconds: list[float] = []

    def conclude(self, facts: Facts) -> dict[Subject, frozenset[str]]:
        began = time.perf_counter()
        try:
            return super().conclude(facts)
        finally:
            self.seconds.append(time.perf_counter() - began)


def _largest() -> Path:
    """The largest site of an evidence folder, else our own example site."""
    root = Path(os.environ.get("CERTDOCTOR_EVIDENCE", Path(__file__).resolve().parents[2] / "shared" / "evidence"))
    sites = sorted((root / "sites").glob("*")) if root.is_dir() else []
    return max(sites, key=lambda p: len(list(p.rglob("*"))), default=folder("kb") / "example" / "site")


def _verdicts(evidence: Evidence) -> None:
    """Ask a fresh OpenSSL every question that the examination asks, and nothing else."""
    openssl = verifier()
    for question in _questions(evidence):
        openssl.verify(*question)


_ASKED: dict[int, list[tuple]] = {}  # type: ignore[type-arg]


def _questions(evidence: Evidence) -> list[tuple]:  # type: ignore[type-arg]
    if id(evidence) not in _ASKED:
        asked: list[tuple] = []  # type: ignore[type-arg]
        real = verifier()

        class Recording:
            name = real.name
            issued = staticmethod(real.issued)

            @staticmethod
            def verify(*question):  # type: ignore[no-untyped-def]
                asked.append(question)
                return real.verify(*question)

        from certdoctor.deployment import build, derive

        knowledge = load(folder("rules"), folder("kb"))
        description = description_of(evidence)
        deployment = build.build(description, evidence, description.at or NOW)
        connections = derive.connections(deployment, description.connections, knowledge.connections)
        judging.judge(build.with_connections(deployment, connections), knowledge.connections, Recording())
        _ASKED[id(evidence)] = asked
    return _ASKED[id(evidence)]


def _time(work: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000
