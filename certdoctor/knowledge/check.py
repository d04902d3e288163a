"""The gate that all knowledge passes: forms, references, texts, tests."""

from __future__ import annotations

from pathlib import Path

from certdoctor.knowledge.checking.book import Book, Ran, Runner
from certdoctor.knowledge.checking.diagnoses import check_diagnoses
from certdoctor.knowledge.checking.rules import check_rules
from certdoctor.knowledge.checking.standing import check_standing
from certdoctor.knowledge.checking.supply import check_supply
from certdoctor.knowledge.checking.tests import check_tests
from certdoctor.knowledge.load import assemble, load_sheets
from certdoctor.knowledge.written import Fault

__all__ = ["Fault", "Ran", "Runner", "check"]


def check(rules: Path, kb: Path, reason: Runner | None = None) -> list[Fault]:
    """Return everything that is wrong in rules/ and kb/, in the order of the files.

    Args:
        rules: the folder of rules.
        kb: the knowledge base.
        reason: runs the rules' cases through the engine and the plain evaluator; the cases are not run without it.

    Raises:
        CertdoctorError: the engine cannot run the cases.
    """
    sheets, faults = load_sheets(rules, kb)
    knowledge, more = assemble(sheets)
    faults += more
    book = Book(knowledge, sheets)
    faults += check_rules(book)
    faults += check_diagnoses(book)
    faults += check_supply(book)
    faults += check_standing(book)
    faults += check_tests(book, reason)
    return sorted(set(faults))
