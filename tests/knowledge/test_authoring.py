"""What an author of knowledge has at hand: coverage, articles, the files of a new diagnosis."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from certdoctor.cli import main
from certdoctor.knowledge.check import check
from certdoctor.knowledge.coverage import Decided, coverage, needs, not_read_lately
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.resources import folder


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


def test_the_catalogue_is_whole_and_every_diagnosis_is_in_it(knowledge: Knowledge) -> None:
    assert len(knowledge.catalogue) == 179
    assert knowledge.diagnoses.keys() <= knowledge.catalogue.keys()


@pytest.mark.parametrize(
    ("diagnosis", "way"),
    [("CHN-01", Decided.FILES), ("ZON-06", Decided.LOGS), ("CLU-03", Decided.ANSWERS)],
)
def test_what_decides_a_diagnosis(diagnosis: str, way: Decided, knowledge: Knowledge) -> None:
    assert coverage(knowledge)[diagnosis] == way


def test_a_rule_needs_the_weakest_of_its_facts(knowledge: Knowledge) -> None:
    for rule in knowledge.rules.values():
        supplied = [knowledge.fact(premise.fact).supplied for premise in rule.when]
        assert (needs(rule, knowledge) == Decided.FILES) == all("observer" in by for by in supplied)


def test_coverage_is_counted(capsys: pytest.CaptureFixture[str], knowledge: Knowledge) -> None:
    assert main(["kb", "list", "--coverage", "--format", "json"]) == 0
    counts = json.loads(capsys.readouterr().out)["coverage"]
    assert sum(counts.values()) == 179
    assert 179 - counts["missing"] == len(knowledge.diagnoses)


def test_a_list_is_searched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kb", "list", "chn-0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("CHN-0") for line in lines[:-1])
    assert main(["kb", "list", "no such words"]) == 3


def test_an_article_shows_its_rules_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kb", "show", "zon-06", "--lang", "de"]) == 0
    text = capsys.readouterr().out
    assert "Die Zone scheitert an Benutzername oder Kennwort" in text
    assert "zon-06 (strong, test)" in text
    assert "[S10]" in text
    assert main(["kb", "show", "ZON-66"]) == 2
    assert "Did you mean" in capsys.readouterr().err


def test_a_new_diagnosis_is_refused_by_the_check_until_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("rules", "kb"):
        copytree(folder(name), tmp_path / name)
    with (tmp_path / "kb" / "catalogue.yml").open("a", encoding="utf-8") as catalogue:
        catalogue.write("  ZZZ-99: A fault of tomorrow\n")
    assert main(["kb", "new", "zzz-99", "--about", "node", "--in", str(tmp_path)]) == 0
    written = capsys.readouterr().out.split()
    assert len(written) == 5
    assert all(Path(path).is_file() for path in written)
    found = check(tmp_path / "rules", tmp_path / "kb", None)
    assert ("text.en.yml", "not written yet") in [(Path(fault.file).name, fault.message) for fault in found]
    assert {Path(fault.file).parent.name for fault in found} <= {"ZZZ-99", "zzz"}
    assert main(["kb", "new", "ZZZ-99", "--in", str(tmp_path)]) == 2
    assert "nothing was written" in capsys.readouterr().err


def test_nothing_is_made_outside_a_checkout_or_the_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kb", "new", "LIC-01", "--in", str(tmp_path)]) == 2
    assert "rules/" in capsys.readouterr().err
    (tmp_path / "rules").mkdir()
    (tmp_path / "kb").mkdir()
    assert main(["kb", "new", "XYZ-01", "--in", str(tmp_path)]) == 2


def test_a_rule_is_tried_on_a_site_premise_by_premise(capsys: pytest.CaptureFixture[str]) -> None:
    example = str(folder("kb") / "example" / "site")
    assert main(["kb", "try", example]) == 0
    assert "mra-01 -> MRA-01 (decisive)" in capsys.readouterr().out
    assert main(["kb", "try", example, "--rule", "zon-04"]) == 1
    text = capsys.readouterr().out
    assert "  - chain.state = " in text
    assert "(issuer_missing)" in text
    assert main(["kb", "try", example, "--rule", "no-such"]) == 2


@pytest.mark.parametrize(
    ("today", "old"),
    [
        (date(2026, 11, 27), False),
        (date(2028, 5, 31), False),  # 18 months after November 2026
        (date(2028, 6, 1), True),
    ],
)
def test_sources_are_to_be_read_again_after_18_months(today: date, old: bool, knowledge: Knowledge) -> None:
    assert ("S01" in not_read_lately(knowledge, today)) is old
    assert "recalled" not in not_read_lately(knowledge, today)  # nobody can read it again
