"""A live look from a case: the named servers are contacted, nobody else, and what they send is evidence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from certdoctor.errors import BadInput, Stopped
from certdoctor.evidence.site import NodeDescription
from tests.evidence.test_probe import SERVER, context, listening, tls


@pytest.fixture
def case(practice: Practice) -> int:
    site = practice.create_site("Example Ltd", "HQ", ("example.com",))
    practice.put_node(site.id, NodeDescription(id="expc1", role="expressway-c", names=("expc1.example.com",)))
    practice.put_node(site.id, NodeDescription(id="expe1", role="expressway-e", names=("expe1.example.com",)))
    practice.put_node(site.id, NodeDescription(id="cucm1", role="cucm", names=("cucm1.example.com",)))
    return practice.open_case(site.id, "Zone down").id


def test_the_servers_of_the_site_are_offered_and_none_is_contacted(
    practice: Practice, case: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", None)
    assert set(practice.targets(case)) >= {"expe1.example.com:7001", "cucm1.example.com:8443", "cucm1.example.com:6972"}


def test_what_a_server_sends_is_evidence_and_proposed_for_its_node(
    practice: Practice, case: int, tmp_path: Path
) -> None:
    with listening(tls(context(tmp_path, SERVER))) as port:
        added = practice.look(case, [f"127.0.0.1:{port}"])
    assert (added.documents, added.certificates) == (1, 1)
    assert [(p.node, p.slot) for p in added.proposals] == [("expe1", "identity:server")]
    (record,) = practice.case(case).evidence
    assert record.path.startswith(f"127.0.0.1:{port} 20")
    assert any(event.kind == "evidence added" for event in practice.site(practice.case(case).case.site_id).events)


def test_a_server_that_does_not_answer_is_evidence_too(practice: Practice, case: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    added = practice.look(case, [f"127.0.0.1:{port}"])
    assert (added.documents, added.certificates) == (1, 0)


def test_it_can_be_stopped_between_two_servers_and_keeps_nothing(practice: Practice, case: int, tmp_path: Path) -> None:
    def stop(count: int) -> None:
        if count:
            raise Stopped

    with listening(tls(context(tmp_path, SERVER))) as port, pytest.raises(Stopped):
        practice.look(case, [f"127.0.0.1:{port}", f"127.0.0.1:{port}"], stop)
    assert practice.case(case).evidence == ()


def test_what_is_no_server_is_refused_before_anybody_is_contacted(practice: Practice, case: int) -> None:
    with pytest.raises(BadInput, match="port"):
        practice.look(case, ["127.0.0.1:99999"])
    assert practice.case(case).evidence == ()
