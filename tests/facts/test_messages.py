"""Messages of a log about the node itself."""

from __future__ import annotations

from certdoctor.facts.logs import Signatures, events, observe_logs
from certdoctor.facts.messages import observe_messages
from certdoctor.facts.model import Fact, FactSource
from tests.sites import Box, deploy, knowledge

KNOWN = frozenset(("message.saml", "message.upload_san", "log.refusal"))


def observed(boxes: dict[str, Box]) -> dict[str, Fact]:
    book = knowledge()
    assert book.reasons is not None
    made = deploy(boxes)
    found = events(made, Signatures(book.signatures, book.reasons))
    assert observe_logs(made, found, book.reasons, frozenset()) == ()
    return {f"{fact.subject.id} {fact.id}": fact for fact in observe_messages(made, found, KNOWN)}


def test_what_is_logged_and_what_is_not() -> None:
    log = "all is well\nError while processing saml response\nFailed to decrypt the secret key\n"
    found = observed({"pub": Box(role="cucm", log=log), "sub": Box(role="cucm", log="all is well\n")})
    assert {key: fact.value for key, fact in found.items()} == {
        "pub message.saml": "logged",
        "pub message.upload_san": "not_logged",
        "sub message.saml": "not_logged",
        "sub message.upload_san": "not_logged",
    }
    fact = found["pub message.saml"]
    assert fact.source == FactSource.LOG
    assert fact.seen == ("pub/log.txt, line 2", "pub/log.txt, line 3")
    assert fact.bindings["log_reason"] == "Error while processing saml response"


def test_a_node_without_a_log_says_nothing() -> None:
    assert observed({"pub": Box(role="cucm")}) == {}
