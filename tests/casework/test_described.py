"""A word of a site file that the knowledge does not have is reported with its line, its key and the nearest word."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from certdoctor.casework.described import checked
from certdoctor.casework.practice import Practice
from certdoctor.casework.sites import description_of, examine_paths
from certdoctor.evidence.items import Evidence, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.resources import folder
from tests.casework import folders

SLOT = "  - id: cucm1\n    role: cucm\n    identities: {SLOT: certs/x.pem}\nconnections:"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


def read(site: str, knowledge: Knowledge) -> Evidence:
    return checked(read_bytes(site.encode(), Origin("site.yml")), knowledge)


def line_of(site: str, word: str) -> int:
    return next(number for number, line in enumerate(site.splitlines(), 1) if word in line)


@pytest.mark.parametrize(
    ("right", "wrong", "key", "nearest"),
    [
        ("kind: traversal-sip", "kind: traversal-spi", "connections.c1.kind", "traversal-sip"),
        ("port: 7001", "client_identity: srver", "connections.c1.client_identity", "server"),
        ("port: 7001", "server_identity: servre", "connections.c1.server_identity", "server"),
        ("[traversal-zone-tls-failure]", "[traversal-zone-tls]", "symptoms.traversal-zone-tls", "traversal-zone-tls"),
        ("change.last: cert", "change.lst: cert", "answers.change.lst", "change.last"),
        ("cert_renewed", "cert_renewd", "answers.change.last", "cert_renewed"),
        ("connections:", SLOT.replace("SLOT", "tomcatt"), "nodes.cucm1.identities.tomcatt", "tomcat"),
        (
            "connections:",
            SLOT.replace("SLOT", "x1").replace("identities", "trust").replace("x1", "calmanager"),
            "nodes.cucm1.trust.calmanager",
            "callmanager",
        ),
    ],
)
def test_a_word_that_is_not_known(right: str, wrong: str, key: str, nearest: str, knowledge: Knowledge) -> None:
    site = folders.SITE.replace(right, wrong)
    (problem,) = read(site, knowledge).problems
    assert problem.origin.place == f"line {line_of(site, wrong.splitlines()[-2 if 'cucm1' in wrong else 0])}, {key}"
    assert f"Did you mean “{nearest}" in problem.remedy


def test_a_word_with_nothing_near_names_what_is_allowed(knowledge: Knowledge) -> None:
    (problem,) = read(folders.SITE.replace("cert_renewed", "perhaps"), knowledge).problems
    assert "cert_renewed, ca_changed" in problem.remedy
    (problem,) = read(folders.SITE.replace("traversal-zone-tls-failure", "broken"), knowledge).problems
    assert "text:" in problem.remedy


@pytest.mark.parametrize("slot", ["ipsec", "previous", "candidate", "tomcat-ecdsa"])
def test_a_store_that_boxes_have_is_no_fault(slot: str, knowledge: Knowledge) -> None:
    site = folders.SITE.replace("connections:", SLOT.replace("SLOT", slot))
    evidence = read(site, knowledge)
    assert evidence.problems == ()
    assert description_of(evidence) == description_of(read_bytes(site.encode(), Origin("site.yml")))


def test_what_means_nothing_takes_no_part(knowledge: Knowledge) -> None:
    site = folders.SITE.replace("cert_renewed", "perhaps").replace("tls-failure]", "tls-failure, broken]")
    described = description_of(read(site, knowledge))
    assert described.answers == {}
    assert described.symptoms == ("traversal-zone-tls-failure",)
    assert [node.id for node in described.nodes] == ["expc1", "expe1", "expe2"]


def test_the_command_line_and_the_app_say_it(tmp_path: Path, practice: Practice) -> None:
    given = folders.write(tmp_path / "site", site=folders.SITE.replace("cert_renewed", "perhaps"))
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    line = next(n for n, text in enumerate(folders.SITE.splitlines(), 1) if "cert_renewed" in text)
    examination = examine_paths([given], passwords=(), at=None, now=moment, lang="en")
    assert [problem.origin.place for problem in examination.evidence.problems] == [f"line {line}, answers.change.last"]
    case = practice.open_case(practice.create_site("Example Ltd", "HQ").id, "Zone down").id
    added = practice.add_files(case, [given])
    assert [problem.origin.place for problem in added.problems] == [f"line {line}, answers.change.last"]
    assert practice.case(case).answers == ()
    saved = practice.save_examined([given])
    assert practice.case(saved.id).answers == ()
