"""The process in which durable_rules runs, and the only module that knows it.

Why a process of its own: some inputs make the engine crash or hang with the interpreter lock held. What was
measured to be safe is done and nothing else: conjunctions of equalities joined on the subject alone, a sentinel
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

# Subjects in one session. A session costs more than the facts in it; 16 is four times as fast as 1.
SUBJECTS = 16

Pair = tuple[str, str]

_TOKEN = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_SENTINEL = "start"


class RuleSet:
    """One rule set of the engine; `reads` are the facts that it can take."""

    def __init__(self, host: Any, name: str, rules: Sequence[tuple[str, Sequence[Pair]]]) -> None:
        definition: dict[str, Any] = {
            _SENTINEL: {
                "all": [{"m0": {"$and": [{"f": _SENTINEL}, {"v": _SENTINEL}]}}],
                "run": _SENTINEL,
            }
        }
        self.reads: set[Pair] = set()
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
                self.reads.add((fact, value))
            definition[f"{rule}_{number}"] = {"all": patterns, "run": rule}
        host.register_rulesets({name: definition})
        self._host = host
        self._rules = host.get_ruleset(name)

    def fire(self, session: str, sets: Sequence[Sequence[Pair]]) -> list[set[str]]:
        """Return for each subject's facts the rules that fire.

        Args:
            session: a name that was not used before.
            sets: the facts of at most `SUBJECTS` subjects; the join keeps subjects apart.
        """
        import durable_rules_engine

        asserted = 0

        def assert_fact(subject: str, fact: str, value: str) -> Any:
            nonlocal asserted
            # All of it is ours and plain, so that JSON needs no escapes.
            text = f'{{"id":"i{asserted}","sid":"{session}","f":"{fact}","v":"{value}","s":"{subject}"}}'
            asserted += 1
            code, handle = durable_rules_engine.assert_fact(self._rules._handle, text)
            if code != 0:
                raise RuntimeError(f"the engine did not take a fact (code {code})")
            return handle

        self._host.fired.clear()
        handle = assert_fact(_SENTINEL, _SENTINEL, _SENTINEL)
        for number, facts in enumerate(sets):
            for fact, value in facts:
                assert_fact(f"s{number}", fact, value)
        outcome: list[tuple[object, Any]] = []
        self._rules.do_actions(handle, lambda error, state: outcome.append((error, state)))
        durable_rules_engine.delete_state(self._rules._handle, session)
        if len(outcome) != 1:
            raise RuntimeError(f"the engine called back {len(outcome)} times")
        error, state = outcome[0]
        if error or not isinstance(state, dict) or state.get("exception"):
            raise RuntimeError(f"the engine failed: {error or state}")
        fired: dict[str, set[str]] = {}
        for rule, subject in self._host.fired:
            fired.setdefault(subject, set()).add(rule)
        if fired.pop(_SENTINEL, None) != {_SENTINEL}:
            raise RuntimeError("the engine did not fire its sentinel")
        return [fired.get(f"s{number}", set()) for number in range(len(sets))]


def make_host() -> Any:
    """Return a host without timer threads whose actions only note that they ran.

    Raises:
        ImportError: durable_rules cannot be used on this machine.
    """
    from durable.engine import Host

    class RecordingHost(Host):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self.fired: list[tuple[str, str]] = []  # rule, subject
            super().__init__()

        def _run(self) -> None:
            """No timers."""

        def get_action(self, action_name: str) -> Callable[[Any], None]:
            def note(context: Any) -> None:
                self.fired.append((action_name, context.m0.s))

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
            sets = [[(fact, value) for fact, value in facts] for facts in request["sets"]]
            return {"fired": [sorted(fired) for fired in self._fire(request["about"], sets)]}
        raise ValueError(f"unknown request {request['do']!r}")

    def _fire(self, about: str, sets: Sequence[Sequence[Pair]]) -> list[set[str]]:
        fired: list[set[str]] = [set() for _ in sets]
        for rule_set in self._sets.get(about, ()):
            read = [[pair for pair in facts if pair in rule_set.reads] for facts in sets]
            places = [place for place, facts in enumerate(read) if facts]
            for start in range(0, len(places), SUBJECTS):
                some = places[start : start + SUBJECTS]
                self._session += 1
                answers = rule_set.fire(f"x{self._session}", [read[place] for place in some])
                for place, answer in zip(some, answers, strict=True):
                    fired[place] |= answer
        return fired


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
