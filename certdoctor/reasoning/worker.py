"""The process in which durable_rules runs, and the only module that knows it.

Why a process of its own: some inputs make the engine crash or hang with the interpreter lock held. What was
measured to be safe is done and nothing else: conjunctions of equalities with one join on the subject, a sentinel
fact that fires first, one call per fact with an explicit id, one dispatch, one session alive, then its deletion.

It talks in lines of JSON over its standard streams: each request has one answer.
    -> {"do": "rules", "shards": {about: [[[rule, [[fact, value], ...]], ...], ...]}}
    <- {"ready": true} or {"unavailable": why}
    -> {"do": "fire", "about": about, "sets": [[[fact, value], ...], ...]}
    <- {"fired": [[rule, ...], ...]} or {"error": what}
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

# The kernel ends a worker that hangs with the lock held, even when its parent has gone.
HANG_SECONDS = 60

_TOKEN = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_SENTINEL = "start"


class RuleSet:
    """One rule set of the engine with its facts' filter."""

    def __init__(self, host: Any, name: str, rules: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        definition: dict[str, Any] = {
            _SENTINEL: {
                "all": [{"m0": {"$and": [{"f": _SENTINEL}, {"v": _SENTINEL}]}}],
                "run": _SENTINEL,
            }
        }
        self._reads: set[tuple[str, str]] = set()
        for number, (rule, pairs) in enumerate(rules):
            patterns = []
            for position, (fact, value) in enumerate(pairs):
                for token in (rule, fact, value):
                    if not _TOKEN.fullmatch(token):
                        raise ValueError(f"not a token: {token!r}")
                conditions: list[dict[str, Any]] = [{"f": fact}, {"v": value}]
                if position:
                    conditions.append({"s": {"m0": "s"}})
                patterns.append({f"m{position}": {"$and": conditions}})
                self._reads.add((fact, value))
            definition[f"{rule}_{number}"] = {"all": patterns, "run": rule}
        host.register_rulesets({name: definition})
        self._host = host
        self._rules = host.get_ruleset(name)

    def fire(self, session: str, facts: Sequence[tuple[str, str]]) -> set[str]:
        """Return the rules that fire for these facts of one subject."""
        read = [pair for pair in facts if pair in self._reads]
        if not read:
            return set()
        import durable_rules_engine

        def assert_fact(number: int, fact: str, value: str) -> Any:
            text = json.dumps({"id": f"i{number}", "sid": session, "f": fact, "v": value, "s": "subject"})
            code, handle = durable_rules_engine.assert_fact(self._rules._handle, text)
            if code != 0:
                raise RuntimeError(f"the engine did not take a fact (code {code})")
            return handle

        self._host.fired.clear()
        handle = assert_fact(0, _SENTINEL, _SENTINEL)
        for number, (fact, value) in enumerate(read, 1):
            assert_fact(number, fact, value)
        outcome: list[tuple[object, Any]] = []
        self._rules.do_actions(handle, lambda error, state: outcome.append((error, state)))
        durable_rules_engine.delete_state(self._rules._handle, session)
        if len(outcome) != 1:
            raise RuntimeError(f"the engine called back {len(outcome)} times")
        error, state = outcome[0]
        if error or not isinstance(state, dict) or state.get("exception"):
            raise RuntimeError(f"the engine failed: {error or state}")
        if _SENTINEL not in self._host.fired:
            raise RuntimeError("the engine did not fire its sentinel")
        return set(self._host.fired) - {_SENTINEL}


def make_host() -> Any:
    """Return a host without timer threads whose actions only note that they ran.

    Raises:
        ImportError: durable_rules cannot be used on this machine.
    """
    from durable.engine import Host

    class RecordingHost(Host):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self.fired: list[str] = []
            super().__init__()

        def _run(self) -> None:
            """No timers."""

        def get_action(self, action_name: str) -> Callable[[Any], None]:
            def note(_context: Any) -> None:
                self.fired.append(action_name)

            return note

    return RecordingHost()


class Worker:
    """Answers requests."""

    def __init__(self) -> None:
        self._sets: dict[str, list[RuleSet]] = {}
        self._session = 0

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one request."""
        if request["do"] == "rules":
            try:
                host = make_host()
            except ImportError as error:
                return {"unavailable": str(error)}
            for about, shards in request["shards"].items():
                self._sets[about] = [
                    RuleSet(host, f"{about}_{number}", [(r, [(f, v) for f, v in p]) for r, p in rules])
                    for number, rules in enumerate(shards)
                ]
            return {"ready": True}
        if request["do"] == "fire":
            return {"fired": [self._fire(request["about"], facts) for facts in request["sets"]]}
        raise ValueError(f"unknown request {request['do']!r}")

    def _fire(self, about: str, facts: Sequence[Sequence[str]]) -> list[str]:
        pairs = [(fact, value) for fact, value in facts]
        fired: set[str] = set()
        for rule_set in self._sets.get(about, ()):
            self._session += 1
            fired |= rule_set.fire(f"x{self._session}", pairs)
        return sorted(fired)


def main() -> None:
    """Serve until the standard input ends."""
    # The engine may print; the answers go where nothing else writes.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    worker = Worker()
    for line in sys.stdin.buffer:
        if hasattr(signal, "alarm"):
            signal.alarm(HANG_SECONDS)
        try:
            answer = worker.answer(json.loads(line))
        except Exception as error:  # told to the parent, which reports it
            answer = {"error": f"{type(error).__name__}: {error}"}
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
