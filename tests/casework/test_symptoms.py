"""Symptoms by words and by log lines."""

from __future__ import annotations

import pytest

from certdoctor.casework.symptoms import fitting
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.resources import folder


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("Traversal-Zone ausgefallen, TLS-Aushandlungsfehler", "traversal-zone-tls-failure"),
        ("traversalzone ausgefalen", "traversal-zone-tls-failure"),
        ("jabber says cert not trusted", "jabber-certificate-warning"),
        ("Kollegen im Homeoffice kommen nicht mehr in Jabber rein", "mra-login-fails"),
        ("Expressway sagt der private Schluessel gehoert nicht zum Zertifikat", "upload-refused-key"),
        ("alarm 40069", "certificate-expiring-alarm"),
        ("35013", "ssh-tunnels-down"),
    ],
)
def test_words_in_both_languages_with_faults_in_them(text: str, symptom: str, knowledge: Knowledge) -> None:
    assert symptom in [match.symptom for match in fitting(text, knowledge, limit=3)]


def test_a_log_line_speaks_through_its_signature(knowledge: Knowledge) -> None:
    line = (
        'tvcs: Event="Outbound TLS Negotiation Error" Service="SIP" Src-ip="10.0.0.1" Src-port="25001" '
        'Dst-ip="10.0.0.2" Dst-port="7001" Detail="self signed certificate in certificate chain" Protocol="TLS"'
    )
    assert fitting(line, knowledge)[0].symptom == "traversal-zone-tls-failure"


def test_nothing_said_gives_the_whole_list_and_foreign_words_nothing(knowledge: Knowledge) -> None:
    assert len(fitting("", knowledge)) == len(knowledge.symptoms)
    assert fitting("zzzz qqqq", knowledge) == ()


def test_scores_fall_and_titles_follow_the_language(knowledge: Knowledge) -> None:
    english = fitting("zone down", knowledge, "en")
    german = fitting("zone down", knowledge, "de")
    assert [m.symptom for m in english] == [m.symptom for m in german]
    assert [m.title for m in english] != [m.title for m in german]
    scores = [m.score for m in english]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
