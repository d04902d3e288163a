"""The consultation line by line, and the page that asks for evidence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from certdoctor.cli import main
from certdoctor.errors import CertdoctorError
from certdoctor.plain import ask
from tests import pki

NODES = """
schema: certdoctor/site@1
customer: Example Ltd
site: HQ
domains: [example.com]
nodes:
  - {id: expc1, role: expressway-c, names: [expc1.example.com]}
  - {id: expe1, role: expressway-e, names: [expe1.example.com]}
  - {id: cucm1, role: cucm, names: [cucm1.example.com]}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.yml").write_text(NODES)
    return folder


class Talk:
    """Somebody who types these lines, and what they are shown."""

    def __init__(self, *lines: str) -> None:
        self._lines: Iterator[str] = iter(lines)
        self.shown: list[str] = []

    def ask(self, prompt: str) -> str | None:
        self.shown.append(prompt)
        return next(self._lines, None)

    def __call__(self, *paths: Path, answers: Path | None = None, symptom: str = "", form: str = "text") -> int:
        return ask.run(
            paths,
            symptom=symptom,
            answers=answers,
            form=form,
            at=None,
            now=pki.NOW,
            lang="en",
            ask=self.ask,
            say=self.shown.append,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.shown)


def questions(shown: Sequence[str]) -> list[str]:
    return [line for line in shown if line.endswith("?")]


def test_a_symptom_is_chosen_and_questions_are_asked_until_the_user_ends() -> None:
    talk = Talk("the traversal zone is down", "1", "0", "0", "q")
    assert talk() == 3
    assert "  1  The traversal zone has failed with a TLS error (zone)" in talk.shown
    asked = questions(talk.shown)
    assert len(asked) >= 3
    assert len(set(asked)) == len(asked), "a question that the user could not answer was asked again"
    assert "Likeliest by what was told:" in talk.text


def test_an_answer_is_taken_back_and_its_question_comes_again() -> None:
    talk = Talk("the traversal zone is down", "1", "0", "b", "q")
    talk()
    asked = questions(talk.shown)
    assert asked[0] == asked[2]


def test_it_tells_how_to_find_out_and_why_it_asks() -> None:
    talk = Talk("upload refused", "1", "?", "w", "x", "0", "0", "?", "w", "q")
    talk()
    assert "Collect log > Download log" in talk.text
    assert "it shows none of these" in talk.text
    assert "Each answer would bring these to the front:" in talk.text
    assert "Type one of the numbers above, or ? for help." in talk.text


def test_the_end_of_the_input_ends_it() -> None:
    assert Talk()() == 3


def test_answers_from_a_file_give_what_the_same_answers_give_in_the_app(
    site: Path, tmp_path: Path, fresh_database: Path
) -> None:
    answers = tmp_path / "answers.txt"
    answers.write_text("# what was said\nlast-change: cert_renewed\nscope.who: all\n")
    talk = Talk()
    talk(site, answers=answers, symptom="traversal zone failed with TLS error", form="json")
    told = json.loads(talk.shown[-1])

    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "certdoctor.db").write_bytes(fresh_database.read_bytes())
    practice = Practice(data, lambda: pki.NOW, "kim")
    try:
        case = practice.save_examined([site], [])
        practice.set_symptoms(case.id, ["traversal-zone-tls-failure"])
        prepared = {"change.last": "cert_renewed", "scope.who": "all"}
        while (examination := practice.examine(case.id)).questions:
            question = examination.questions[0]
            practice.answer(case.id, question.fact, question.subject, prepared.get(question.fact))
    finally:
        practice.close()
    assert told["verdict"] == examination.verdict.value
    assert [f["diagnosis"] for f in told["findings"]] == [f.diagnosis for f in examination.findings]
    assert told["questions"] == []


@pytest.mark.parametrize(
    ("line", "says"),
    [("no-such: yes", "There is no question"), ("last-change: monday", "is no answer to it"), ("\x00: y", "line 1")],
)
def test_faulty_answers_are_named_with_their_line(line: str, says: str, tmp_path: Path) -> None:
    answers = tmp_path / "answers.txt"
    answers.write_text(line + "\n")
    with pytest.raises(CertdoctorError) as error:
        Talk()(answers=answers)
    assert says in str(error.value)
    assert "line 1" in str(error.value)


def test_what_is_wanted_box_by_box(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["request", str(site)]) == 1
    text = capsys.readouterr().out
    assert "Collect log > Download log" in text
    assert "show cert own tomcat" in text
    assert main(["request", str(site), "--format", "json", "--lang", "de"]) == 1
    wanted = json.loads(capsys.readouterr().out)["wanted"]
    assert {each["node"] for each in wanted} == {"expc1", "expe1", "cucm1"}
    assert all(each["why"] for each in wanted)
    assert main(["request", str(site), "--format", "markdown"]) == 1
    assert capsys.readouterr().out.startswith("# Wanted for Example Ltd – HQ\n")


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": "xterm", "ACCESSIBLE": "1"}])
def test_a_simple_terminal_leads_to_the_line_mode(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "certdoctor"],
        input="",
        capture_output=True,
        text=True,
        env={**os.environ, "LANG": "C.UTF-8", **environ},
        check=False,
    )
    assert "What does the customer see?" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.returncode == 3, done.stderr
