"""The app on the real practice: what the screens ask of it is what it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from certdoctor.language import set_language
from certdoctor.plain import ask
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.sections.interview import InterviewSection
from tests import pki
from tests.casework import folders
from tests.ui.driving import User, using


@pytest.fixture
def practice(tmp_path: Path, fresh_database: Path) -> Iterator[Practice]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "certdoctor.db").write_bytes(fresh_database.read_bytes())
    opened = Practice(data, lambda: pki.NOW, "kim")
    yield opened
    opened.close()


async def _case(user: User, *nodes: tuple[str, str, str]) -> None:
    """Open a case of a new site with these nodes (id, role, name) by keys."""
    await user.press("n")
    await user.type("Example Ltd")
    await user.press("enter")
    await user.type("HQ")
    await user.press("enter", "enter", "n")
    for id_, role, name in nodes:
        await user.press("a")
        await user.type(id_)
        await user.press("tab", *["right"] * ("expressway-c", "expressway-e", "cucm").index(role), "tab", "tab")
        await user.type(name)
        await user.press("ctrl+s")
    await user.press("c", "a")
    await user.type("Zone down")
    await user.press("enter")
    user.sees("C-0001 Zone down")


async def test_the_example_from_the_start_to_the_closed_case(practice: Practice, tmp_path: Path) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "x")
        user.sees("Cause found", "CRITICAL")
        await user.press("enter", "f", "space")
        user.sees("[x] 1.")
        await user.press("w", "ctrl+u")
        await user.type(str(tmp_path / "cure"))
        await user.press("enter")
        user.sees("Written:")
        assert list((tmp_path / "cure").iterdir())
        await user.press("escape", "o")
        await user.type("The CAs were added")
        await user.press("enter")
        user.sees("CLOSED")
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("down", "enter", "h")
        user.sees("case closed: The CAs were added")


async def test_the_matrix_of_the_example_leads_to_the_broken_link_and_its_finding(practice: Practice) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "escape", "end", "enter", "m")
        user.sees("[X/-!!]", "jabber → expe1", "not required")
        await user.press("enter")
        user.sees("X expe1.beispiel.example (REFUSED: not the name looked for)", "(in the trust list)")
        await user.press("enter")
        user.sees("CLI-01", "Proof")
        await user.press("escape", "escape", "down", "right")
        user.sees("[ok/X!!!]", "expc1 → cucm-pub", "CUCM does not trust the CA of Expressway-C")


async def test_a_renewal_is_rehearsed_with_its_trust_and_its_day(practice: Practice, tmp_path: Path) -> None:
    new = pki.ca("A New CA")
    leaf, ca = tmp_path / "new.pem", tmp_path / "ca.pem"
    leaf.write_text(pki.leaf("expe1.beispiel.example", new, end=datetime(2027, 3, 1, tzinfo=UTC)).pem)
    ca.write_text(new.pem)
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "escape", "end", "enter", "i", "c")
        await user.type("expe1 server")
        await user.press("enter", "ctrl+u")
        await user.type(str(leaf))
        await user.press("enter")
        user.sees("expe1: server certificate", "Upload of new.pem to expe1: REFUSED", "! sip-expc1-expe1")
        events = [event.kind for event in practice.site(1).events]
        for node in ("expc1", "expe1"):
            await user.press("t")
            await user.type(f"{node} ca")
            await user.press("enter", "ctrl+u")
            await user.type(str(ca))
            await user.press("enter")
        user.sees("A New CA added to the list ca", "Upload of new.pem to expe1: accepted").sees_not("! sip-expc1")
        await user.press("d")
        await user.type("2027-03-15")
        await user.press("enter")
        user.sees("! sip-expc1-expe1", "LIF-01")
        assert [event.kind for event in practice.site(1).events] == events  # nothing is stored


async def test_a_ca_is_taken_out_of_a_list_for_once(practice: Practice) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "escape", "end", "enter", "i", "r")
        await user.type("expc1 root")
        await user.press("enter")
        user.sees("removed from the list ca", "! ")


async def test_an_upgrade_is_rehearsed_in_german(practice: Practice) -> None:
    set_language("de")
    async with using(practice, lang="de", clock=lambda: pki.NOW) as user:
        await user.press("e", "escape", "end", "enter", "i", "v")
        await user.type("expc1")
        await user.press("enter")
        await user.type("X15.5")
        await user.press("enter")
        user.shows("whatif-de")


async def test_a_pasted_certificate_goes_to_the_node_whose_name_it_holds(practice: Practice) -> None:
    leaf = pki.leaf("expe1.example.com")
    async with using(practice, clock=lambda: pki.NOW) as user:
        await _case(user, ("expe1", "expressway-e", "expe1.example.com"))
        await user.paste(pki.bundle(leaf))
        user.sees("→ expe1: server certificate")
        await user.press("y")
        assert practice.case(1).evidence[0].node == "expe1"
        await user.press("enter")
        user.sees("certificate › expe1.example.com", "its issuer is not in the evidence")


async def test_a_pfx_opens_with_the_second_password_and_its_key_is_dropped(practice: Practice, tmp_path: Path) -> None:
    path = tmp_path / "expe1.pfx"
    path.write_bytes(pki.pfx(pki.leaf("expe1.example.com"), password="right"))
    async with using(practice, clock=lambda: pki.NOW) as user:
        await _case(user, ("expe1", "expressway-e", "expe1.example.com"))
        await user.press("a", "ctrl+u")
        await user.type(str(path))
        await user.press("enter")
        await user.type("wrong")
        await user.press("enter")
        assert "try again" in user.status
        await user.type("right")
        await user.press("enter")
        user.sees("expe1.example.com")
        assert "dropped" in user.status
        (record,) = [record for record in practice.case(1).evidence if record.current]
        assert record.certificates[0] == "expe1.example.com"


async def test_what_is_no_evidence_is_told_with_its_reason(practice: Practice, tmp_path: Path) -> None:
    path = tmp_path / "broken.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    async with using(practice, clock=lambda: pki.NOW) as user:
        await _case(user)
        await user.press("a", "ctrl+u")
        await user.type(str(path))
        await user.press("enter")
        assert "1 not read" in user.status
        user.sees("Could not be read", "broken.pem")


async def test_the_symptom_list_finds_and_takes(practice: Practice) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await _case(user)
        await user.press("s", "slash")
        await user.type("traversal zone")
        await user.press("enter", "space")
        assert len(practice.case(1).case.symptoms) == 1
        user.sees("✓")


async def test_a_question_is_answered_and_its_answer_changed_after_a_restart(practice: Practice) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await _case(
            user, ("expc1", "expressway-c", "expc1.example.com"), ("expe1", "expressway-e", "expe1.example.com")
        )
        await user.press("s", "slash")
        await user.type("traversal zone")
        await user.press("enter", "space", "x", "i")
        user.sees("Open questions")
        await user.press("0", "0")  # neither archive can be had
        await user.press("1")
        *archives, answer = practice.case(1).answers
        assert [archive.value for archive in archives] == [None, None]
        first = answer.value
        assert first is not None
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("r", "i")
        await user.choose("")
        rows = user.app.screen.query_one("#questions")
        assert rows
        await user.press("end", "2")
        answer = practice.case(1).answers[-1]
        assert answer.value not in (None, first)


async def test_connections_of_the_example_with_both_verdicts(practice: Practice) -> None:
    practice.create_example()
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("down", "enter", "o")
        user.sees("REFUSED", "accepted", "not required")


async def test_a_damaged_database_is_told_at_the_start(practice: Practice) -> None:
    practice.notice = "The database was damaged; it was kept as certdoctor.db.corrupt-1."
    async with using(practice, clock=lambda: pki.NOW) as user:
        assert "was damaged" in user.status


async def test_what_changed_between_two_archives_stands_at_the_site(practice: Practice, tmp_path: Path) -> None:
    site = practice.create_site("Example Ltd", "HQ").id
    for day, zone in ((20, "UC"), (23, "UC 2")):
        archive = folders.write_archive(
            tmp_path, "expe1", f"2026-11-{day}_10_00_00", folders.TRAVERSAL_SERVER.replace("UC", zone)
        )
        practice.add_files(practice.open_case(site, f"Day {day}").id, [archive])
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("down", "enter", "w")
        user.sees("expe1: changed between 2026-11-20 10:00 and 2026-11-23 10:00", "Zones Zone 1 Name: UC → UC 2")
        user.shows("site-changes")


async def test_the_search_finds_cases_and_certificates_of_every_customer(practice: Practice) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "x")
        user.sees("Cause found")
        await user.press("escape", "slash")
        await user.type("expe1")
        user.sees("Certificates", "expe1.beispiel.example")
        await user.press("enter", "end", "enter")
        user.sees("SHA-256", "Used in this database")


async def test_all_customers_by_end_by_month_and_as_a_calendar(practice: Practice, tmp_path: Path) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "x")
        user.sees("Cause found")
        await user.press("escape", "f")
        user.sees("2045-01-01", "Beispiel AG / Zentrale", "1 customer")
        await user.press("slash")
        await user.type("ca:nobody")
        user.sees("No CA certificate holds 'nobody'.")
        await user.press("escape")
        await user.type("cucm-sub before:2050-01-01")
        user.sees("cucm-sub.intern.beispiel.", "cucm-sub callma")
        await user.press("enter", "m")
        user.sees("Ends by month", "2026-11", "2028-04")
        await user.press("m", "w", "ctrl+u")
        await user.type(str(tmp_path / "ends.ics"))
        await user.press("enter")
        user.sees("Written:")
        assert (tmp_path / "ends.ics").read_bytes().count(b"BEGIN:VEVENT") == 2


async def test_a_report_on_the_site_and_on_a_case(practice: Practice, tmp_path: Path) -> None:
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "x", "b")
        user.sees("Write a report on this case", "~/certdoctor-C-0001-report", "HTML")
        await user.press("ctrl+u")
        await user.type(str(tmp_path / "story"))
        await user.press("enter", "enter", "right", "enter")
        assert user.status == f"Written: {tmp_path / 'story.html'}"
        story = (tmp_path / "story.html").read_text()
        assert "CUCM vertraut der CA der Expressway-C nicht" in story, "not in the language that was chosen"
        assert "<svg" in story

        await user.press("escape", "down", "down", "enter", "b", "ctrl+u")
        await user.type(str(tmp_path / "health.md"))
        await user.press("enter", "right", "ctrl+s")
        assert user.status == f"Written: {tmp_path / 'health.md'}"
        assert "# Health of Beispiel AG – Zentrale" in (tmp_path / "health.md").read_text()


async def test_a_form_stays_with_what_was_typed_where_it_fails(practice: Practice, tmp_path: Path) -> None:
    there = tmp_path / "there.txt"
    there.write_text("mine")
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "x", "b", "ctrl+u")
        await user.type(str(there))
        await user.press("enter", "left", "ctrl+s")
        assert "exists already" in user.status
        user.sees("Write a report on this case", "there.txt")
        assert there.read_text() == "mine"
        await user.press("escape")
        user.sees_not("Write a report")
        await user.press("escape", "down", "down", "enter", "r", "a")
        await user.type("Renewal")
        await user.press("tab")
        await user.type("nowhere:server")
        await user.press("tab", "tab", "tab")
        await user.type("New CA")
        await user.press("ctrl+s")
        user.sees("Plan a renewal", "nowhere:server", "New CA")


async def test_a_site_is_shared_and_taken_in(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "site.certdoctor"
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("e", "x")
        user.sees("Cause found")
        await user.press("escape", "end", "enter", "s", "ctrl+u")
        await user.type(str(file))
        await user.press("enter", "enter")
        user.sees("Written:")
        await user.press("escape", "i")
        await user.type(str(file))
        await user.press("enter")
        await user.type("Kopie AG / Zentrale")
        await user.press("enter")
        user.sees("Taken in: Kopie AG / Zentrale.")
        await user.press("end", "h")
        user.sees("case opened")


async def test_what_was_found_before_stands_in_the_finding(practice: Practice) -> None:
    first = practice.create_example()
    practice.examine(first.id)
    practice.close_case(first.id, "CA was added")
    second = practice.open_case(first.site_id, "Again")
    practice.examine(second.id)
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("r", "f", "enter")
        user.sees("Found once before at this site; last in C-0001, closed 2026-11-23: CA was")


async def test_the_screen_and_the_line_mode_come_to_the_same_on_the_same_answers(
    practice: Practice, tmp_path: Path
) -> None:
    """Whoever answers alike is told alike, on the screen by digits and line by line."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.yml").write_text(
        "schema: certdoctor/site@1\ncustomer: Example Ltd\nsite: HQ\ndomains: [example.com]\nnodes:\n"
        "  - {id: expc1, role: expressway-c, names: [expc1.example.com]}\n"
        "  - {id: expe1, role: expressway-e, names: [expe1.example.com]}\n"
        "symptoms: [ssh-tunnels-down]\n"
    )
    case = practice.save_examined([folder], [])
    digits: list[str] = []
    async with using(practice, clock=lambda: pki.NOW) as user:
        await user.press("r", "x", "i")
        frame = user.frame
        assert isinstance(frame, CaseScreen)
        while frame.open_questions and len(digits) < 40:
            section = frame.section
            assert isinstance(section, InterviewSection)
            question = section.chosen
            assert question == frame.open_questions[0], "the cursor stands on the best question"
            digits.append("0" if question is None or question.evidence else "1")
            await user.press(digits[-1])
        on_screen = frame.examination
    assert on_screen is not None
    assert "1" in digits
    assert {answer.fact for answer in practice.case(case.id).answers}
    lines = iter(digits)
    said: list[str] = []
    ask.run([folder], symptom="0", answers=None, form="json", at=None, now=pki.NOW, lang="en",
            ask=lambda prompt: "0" if prompt.startswith("Number") else next(lines, None), say=said.append)  # fmt: skip
    told = json.loads(said[-1])
    assert next(lines, None) is None, "the line mode asked fewer questions"
    assert told["verdict"] == on_screen.verdict.value
    assert [f["diagnosis"] for f in told["findings"]] == [f.diagnosis for f in on_screen.findings]
    assert told["questions"] == []
    assert on_screen.questions == ()
