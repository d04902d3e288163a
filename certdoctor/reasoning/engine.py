"""The rule engine as the rest of the program sees it: facts in, rules that fired out.

The engine itself runs in a worker process (see `reasoning.worker`), which is killed and started again when it
crashes or does not answer in time.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from certdoctor.errors import CertdoctorError
from certdoctor.facts.model import Facts, Subject, SubjectKind
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.plan import Plan, plan

ANSWER_SECONDS = 10.0


class EngineFailed(CertdoctorError):
    """The worker crashed, hung or reported an error, twice in a row."""


class EngineUnavailable(CertdoctorError):
    """durable_rules cannot be loaded on this machine."""


class _WorkerLost(Exception):
    """The worker ended, or did not answer in time."""


class Engine:
    """The rule engine for one state of the knowledge.

    Args:
        knowledge: whose rules it runs.
        seconds: how long one answer may take before the worker is killed.
    """

    def __init__(self, knowledge: Knowledge, seconds: float = ANSWER_SECONDS) -> None:
        self._plan: Plan = plan(knowledge)
        self._seconds = seconds
        self._worker: _Worker | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the worker and return at once; it gets ready while evidence is being read."""
        with self._lock:
            if self._worker is None:
                shards = {
                    about: [[[rule.rule, rule.pairs] for rule in shard] for shard in shards]
                    for about, shards in self._plan.shards.items()
                }
                self._worker = _Worker({"do": "rules", "shards": shards}, self._seconds)

    def close(self) -> None:
        """End the worker. The engine can be started again."""
        with self._lock:
            if self._worker is not None:
                self._worker.end()
                self._worker = None

    def conclude(self, facts: Facts) -> dict[Subject, frozenset[str]]:
        """Return for each subject with facts the ids of the rules that fire.

        Raises:
            EngineUnavailable: durable_rules cannot be loaded.
            EngineFailed: the worker failed twice.
        """
        concluded: dict[Subject, frozenset[str]] = {}
        for kind in SubjectKind:
            subjects = facts.subjects(kind)
            sets = [{key: fact.value for key, fact in facts.about(subject).items()} for subject in subjects]
            concluded.update(zip(subjects, self.fire(kind.value, sets), strict=True))
        return concluded

    def fire(self, about: str, sets: Sequence[Mapping[str, str]], *, backwards: bool = False) -> list[frozenset[str]]:
        """Return for each set of facts (fact -> value) of one subject the ids of the rules that fire.

        Equal sets are asked once: the engine sees tokens only, so equal sets have equal answers. The facts of a set
        go in by their tokens, or the other way round (`backwards`), which must make no difference.

        Raises:
            EngineUnavailable: durable_rules cannot be loaded.
            EngineFailed: the worker failed twice.
        """
        asked = [self._plan.pairs(values) for values in sets]
        distinct = sorted({pairs for pairs in asked if pairs})
        if about not in self._plan.shards or not distinct:
            return [frozenset()] * len(sets)
        sent = [pairs[::-1] for pairs in distinct] if backwards else distinct
        answer = self._ask({"do": "fire", "about": about, "sets": sent})
        text = self._plan.tokens.text
        fired = {
            pairs: frozenset(text(token).removeprefix("r:") for token in tokens)
            for pairs, tokens in zip(distinct, answer["fired"], strict=True)
        }
        return [fired.get(pairs, frozenset()) for pairs in asked]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            failures: list[str] = []
            while len(failures) < 2:
                self.start()
                assert self._worker is not None
                try:
                    answer = self._worker.ask(request)
                except _WorkerLost as lost:
                    failures.append(str(lost))
                else:
                    if "error" not in answer:
                        return answer
                    failures.append(answer["error"])
                self.close()
            raise EngineFailed(f"The rule engine failed twice: {'; then '.join(failures)}.")


class _Worker:
    """One worker process. It boots, and reads its rules, while nobody waits for it."""

    def __init__(self, rules: dict[str, Any], seconds: float) -> None:
        self._seconds = seconds
        # -P: nothing is imported from the folder the user stands in, which may hold evidence.
        paths = [path for path in sys.path if path]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "certdoctor.reasoning.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C in the terminal is not for it
        )
        self._boot = self._send(rules)
        self._booted = False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if not self._booted:
            hello = self._receive(self._boot)
            if "unavailable" in hello:
                raise EngineUnavailable(f"The rule engine cannot be loaded: {hello['unavailable']}.")
            if "error" in hello:
                return hello
            self._booted = True
        return self._receive(self._send(request))

    def end(self) -> None:
        self._process.kill()
        self._boot.thread.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):  # what was still to be written is of no use any more
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _send(self, request: dict[str, Any]) -> _Exchange:
        exchange = _Exchange(self._process, json.dumps(request).encode() + b"\n")
        exchange.thread.start()
        return exchange

    def _receive(self, exchange: _Exchange) -> dict[str, Any]:
        exchange.thread.join(self._seconds)
        if exchange.thread.is_alive():
            self._process.kill()
            exchange.thread.join()
            raise _WorkerLost(f"no answer within {self._seconds:g} s")
        if not exchange.answer.endswith(b"\n"):
            raise _WorkerLost(f"it ended with code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(exchange.answer)
        return answer


class _Exchange:
    """One request and its answer, in a thread: reading and writing pipes knows no time limit."""

    def __init__(self, process: subprocess.Popen[bytes], request: bytes) -> None:
        self._process = process
        self._request = request
        self.answer = b""
        self.thread = threading.Thread(target=self._run, name="rule engine", daemon=True)

    def _run(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # A worker that has ended leaves the answer empty, which `_receive` reports.
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(self._request)
            self._process.stdin.flush()
            self.answer = self._process.stdout.readline()
