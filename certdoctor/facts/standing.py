"""What a refusal in a log is worth beside the files: whether they tell of the same side, and which way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from certdoctor.deployment.model import Judgement, Outcome
from certdoctor.facts.derive import date, side_subject
from certdoctor.facts.model import Fact, Subject


def observe_standing(refusals: Iterable[Fact], judgements: Iterable[Judgement]) -> Iterator[Fact]:
    """Yield `log.standing` for every `log.refusal`.

    Args:
        refusals: the facts of the logs; other facts among them are passed over.
        judgements: both sides of every connection, as the files show them.
    """
    judged = {side_subject(judgement): judgement for judgement in judgements}
    for fact in refusals:
        if fact.id == "log.refusal":
            yield _standing(fact, judged)


def _standing(refusal: Fact, judged: Mapping[Subject, Judgement]) -> Fact:
    judgement = judged.get(refusal.subject)
    leaf = judgement.sent[0] if judgement is not None and judgement.sent else None
    said = refusal.bindings.get("log_time")
    bindings = {"log_time": said or "–", "not_before": date(leaf.not_before) if leaf else "–"}
    # A clock that is behind says "not yet valid" and dates its own lines too early.
    timely = refusal.value != "not_yet_valid" and said
    if leaf is not None and timely and datetime.fromisoformat(timely) < leaf.not_before:
        value = "older"
    elif judgement is None or judgement.outcome in (Outcome.NOT_CHECKED, Outcome.NOT_REQUIRED):
        value = "alone"
    else:
        value = "beside_files" if judgement.outcome == Outcome.ACCEPTED else "agrees"
    return Fact("log.standing", refusal.subject, value, bindings=bindings, seen=refusal.seen[:1])
