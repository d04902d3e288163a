"""Every screen at 80x24, as text, and what the keys on it do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from certdoctor.casework.examination import Examination
from certdoctor.errors import CertdoctorError
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.home import Home
from tests.ui.driving import using
from tests.ui.fake_practice import PFX_PASSWORD, FakePractice

# --- home ----------------------------------------------------------------------------------------------------


async def test_an_empty_start_offers_the_example() -> None:
    async with using(FakePractice()) as user:
        user.shows("home-empty")
        await user.press("e")
        user.sees("C-0001", "Phones cannot log in")


async def test_home_lists_sites_and_the_open_case() -> None:
    async with using() as user:
        user.shows("home")
        await user.press("r")
        assert isinstance(user.app.screen, CaseScreen)
        user.shows("case-evidence")


async def test_a_second_example_is_not_made_by_one_key() -> None:
    async with using() as user:
        await user.press("e")
        assert "e once more" in user.status
        assert "create_site" not in user.practice.calls  # type: ignore[attr-defined]
        await user.press("down", "e")
        assert "e once more" in user.status, "another key came between"
        await user.press("e")
        assert "create_site" in user.practice.calls  # type: ignore[attr-defined]


async def test_resume_pressed_before_the_data_is_read_waits_for_it() -> None:
    async with using() as user:
        home = user.frame
        assert isinstance(home, Home)
        home._sites = None  # as on a slow start
        await user.press("r")
        assert user.frame is home
        assert "There is no open case" not in user.status
        home.load()
        await user.settle()
        user.sees("C-0001 Phones cannot log in")


async def test_who_connects_to_whom_is_read_on_a_narrow_screen() -> None:
    async with using(size=(60, 15)) as user:
        await user.press("down", "enter", "o")
        user.sees("expc1 → expe1:7001 ", "expc1 → cucm1:8443 ")


async def test_search_as_you_type() -> None:
    async with using() as user:
        await user.press("slash")
        await user.type("cont")
        user.sees("Contoso").sees_not("Fabrikam")
        user.shows("home-search")
        await user.press("escape")
        user.sees("Fabrikam")
        await user.type("nothing like it")
        user.sees("Nothing holds these words")


async def test_a_new_site_needs_its_names() -> None:
    async with using() as user:
        await user.press("n")
        user.shows("home-new-site")
        await user.press("ctrl+s")
        assert "Customer is needed" in user.status
        await user.type("Northwind")
        await user.press("enter")
        await user.type("Lab")
        await user.press("enter", "enter")
        user.sees("Northwind", "No case yet")
        await user.press("escape")
        user.sees("Northwind", "Lab")


async def test_a_site_that_exists_already_is_told() -> None:
    async with using() as user:
        await user.press("n")
        await user.type("Contoso")
        await user.press("enter")
        await user.type("Berlin")
        await user.press("enter", "enter")
        assert "already has a site" in user.status


async def test_a_broken_database_is_said_and_does_not_end_the_app() -> None:
    practice = FakePractice().with_example()
    practice.fail = CertdoctorError("The database is of a newer certdoctor.")
    async with using(practice) as user:
        user.sees("The database is of a newer certdoctor.")
        await user.press("question_mark")
        user.sees("Keys")


# --- site ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", ["cases", "nodes", "connections", "matrix", "certificates", "history"])
async def test_each_section_of_a_site(section: str) -> None:
    keys = {"cases": "c", "nodes": "n", "connections": "o", "matrix": "m", "certificates": "t", "history": "h"}
    async with using() as user:
        await user.press("down", "enter", keys[section])
        user.shows(f"site-{section}")


async def test_tab_goes_round_the_sections() -> None:
    async with using() as user:
        await user.press("down", "enter")
        seen = []
        for _section in range(7):
            seen.append(user.text)
            await user.press("tab")
        assert len(set(seen)) == 7
        assert user.text == seen[0]


async def test_from_a_cell_of_the_matrix_to_its_chains_and_to_the_finding_and_back() -> None:
    async with using() as user:
        await user.press("down", "enter", "m")
        user.sees("[X/ok!!!]")  # the sign says it without any colour
        await user.press("enter")
        user.shows("between")
        user.sees("X expe1.example.com", "(REFUSED)")
        await user.press("enter")
        user.sees("Proof")
        await user.press("f", "space")
        assert "open a case" in user.status
        assert not {"tick", "case"} & set(user.practice.calls)  # type: ignore[attr-defined]
        await user.press("escape", "escape")
        user.sees("[X/ok!!!]")


async def test_the_arrows_move_through_the_matrix_and_stop_at_its_edges() -> None:
    async with using() as user:
        await user.press("down", "enter", "m", "left")
        user.sees("[X/ok!!!]", "expc1 → expe1")
        await user.press("right")
        user.sees("[?/-", "expc1 → cucm1", "not checked")
        await user.press("right", "right")
        user.sees("expc1 → cucm1")


def _wide(examination: Examination, servers: int) -> Examination:
    """Return the example's examination with one client that connects to many servers."""
    first = examination.connections[0]
    lines = tuple(replace(first, id=f"c{n}", server=f"server{n:02}") for n in range(servers))
    return replace(examination, connections=lines)


async def test_a_matrix_wider_than_the_screen_scrolls_with_its_columns() -> None:
    class Wide(FakePractice):
        def examine_site(self, site_id: int, lang: str = "en", at: datetime | None = None) -> Examination:
            return _wide(super().examine_site(site_id, lang, at), 12)

    async with using(Wide().with_example()) as user:
        await user.press("down", "enter", "m")
        user.sees("server00").sees_not("server11")
        await user.press(*["right"] * 11)
        user.sees("server11", "→ server11").sees_not("server00")
        assert max(len(text) for text in user.text.splitlines()) <= 80


async def test_what_if_a_day_comes() -> None:
    async with using() as user:
        await user.press("down", "enter", "i")
        user.shows("whatif-empty")
        await user.press("d")
        await user.type("soon")
        await user.press("enter")
        assert "is no time" in user.status
        await user.press("ctrl+u")
        await user.type("2027-03-15")
        await user.press("enter")
        user.shows("whatif")
        # Signs say without colour what gets worse.
        user.sees("! uc-https-expc1-cucm1", "  traversal-sip-expc1-expe1")
        await user.press("d")
        await user.type("2028-01-01")
        await user.press("enter")
        assert user.text.count("DateChange") == 1  # there is one date only


async def test_what_if_leads_to_the_finding_and_a_change_is_taken_back() -> None:
    async with using() as user:
        await user.press("down", "enter", "i", "d")
        await user.type("2027-03-15")
        await user.press("enter", "down", "enter")
        user.sees("Proof")
        await user.press("escape", "home", "delete")
        user.sees("Nothing is changed yet")


async def test_what_if_keeps_what_it_shows_where_a_change_cannot_be_made() -> None:
    practice = FakePractice().with_example()
    async with using(practice) as user:
        await user.press("down", "enter", "i", "v")
        await user.press("enter")
        await user.type("X15.5")
        await user.press("enter")
        user.sees("VersionChange")
        practice.fail = CertdoctorError("There is no such file.")
        await user.press("d")
        await user.type("2027-03-15")
        await user.press("enter")
        assert "no such file" in user.status
        user.sees("VersionChange").sees_not("DateChange")
        await user.press("x")
        assert practice.calls.count("what_if") == 3


async def test_a_cell_without_a_connection_leads_nowhere() -> None:
    class Sparse(FakePractice):
        def examine_site(self, site_id: int, lang: str = "en", at: datetime | None = None) -> Examination:
            found = super().examine_site(site_id, lang, at)
            back = replace(found.connections[0], id="back", client="cucm1", server="expc1")
            return replace(found, connections=(*found.connections, back))

    async with using(Sparse().with_example()) as user:
        await user.press("down", "enter", "m")
        await user.choose("cucm1")
        user.sees("cucm1 → expe1", "[.]")
        await user.press("enter")
        assert "No connection" in user.status


async def test_a_node_is_added_and_changed() -> None:
    async with using() as user:
        await user.press("down", "enter", "n", "a")
        user.shows("site-node-form")
        await user.type("imp1")
        await user.press("tab", "right", "right", "right", "tab")
        await user.type("14.0.1")
        await user.press("ctrl+s")
        user.sees("imp1", "IM and Presence", "14.0.1")
        await user.choose("imp1")
        await user.press("enter", "shift+tab")  # the first empty field has the focus
        await user.type(".2")
        await user.press("ctrl+s")
        user.sees("14.0.1.2")


async def test_a_node_goes_only_after_the_word_yes() -> None:
    async with using() as user:
        await user.press("down", "enter", "n")
        await user.choose("cucm1")
        await user.press("delete")
        await user.type("no")
        await user.press("enter")
        user.sees("cucm1")
        await user.press("delete")
        await user.type("yes")
        await user.press("enter")
        user.sees("Removed: cucm1")
        await user.press("down")
        user.sees_not("cucm1 ")


async def test_a_certificate_with_its_chain_and_uses() -> None:
    async with using() as user:
        await user.press("down", "enter", "t")
        await user.choose("expe1.example.com")
        await user.press("enter")
        user.shows("certificate")
        await user.choose("Example Root CA")
        await user.press("enter")
        user.sees("certificate › Example Root CA", "self-signed", "not in Mozilla's list of public roots")
        await user.press("end")
        user.sees("Used in this database")


async def test_a_case_is_opened() -> None:
    async with using() as user:
        await user.press("down", "enter", "a")
        await user.type("Zone down")
        await user.press("enter")
        user.shows("case-new")


# --- case ----------------------------------------------------------------------------------------------------


async def test_examine_and_read_the_cause() -> None:
    async with using() as user:
        await user.press("r", "x")
        user.shows("case-findings")
        assert user.status.startswith("Cause found")
        await user.press("enter")
        user.shows("finding-details")
        await user.press("f")
        user.shows("finding-fix")


async def test_steps_are_ticked_and_stay_ticked() -> None:
    async with using() as user:
        await user.press("r", "x", "enter", "f", "space")
        user.sees("[x] 1.", "Fix 1/6")
        await user.press("escape", "enter", "f")
        user.sees("[x] 1.")
        await user.press("space")
        user.sees("[ ] 1.", "Fix 0/6")


async def test_what_follows_from_a_cause_stands_below_it_and_can_be_opened() -> None:
    async with using() as user:
        await user.press("r", "x")
        await user.choose("follows:")
        await user.press("enter")
        user.sees("SSH tunnels", "This follows from another finding")


async def test_an_unconfirmed_finding_says_so() -> None:
    async with using() as user:
        await user.press("r", "x")
        user.sees("unconfirmed")
        await user.choose("tomcat certificate")
        await user.press("enter")
        user.sees("Unconfirmed: general knowledge")


async def test_files_are_written_and_their_paths_shown(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    async with using() as user:
        await user.press("r", "x", "enter", "w", "ctrl+u")
        await user.type(str(folder))
        await user.press("enter")
        assert "Written:" in user.status
        assert "expc1-missing-cas.pem" in user.status
        user.sees("Files written")
        await user.press("w", "ctrl+u")
        await user.type(str(folder))
        await user.press("enter")
        assert "is not empty" in user.status


async def test_the_interview_by_digits() -> None:
    async with using() as user:
        await user.press("r", "i")
        user.sees("x examines now")
        await user.press("x", "i")
        user.shows("case-interview")
        await user.press("9")
        assert "only 4 answers" in user.status
        await user.press("1")
        user.sees("Who is affected?", "Answered", "A certificate was renewed")
        await user.press("d")
        user.shows("case-interview-answered")
        await user.choose("What was changed")
        await user.press("3")
        user.sees("Firewall or DNS")


async def test_each_question_and_each_diagnosis_is_explained_by_one_key() -> None:
    async with using() as user:
        await user.press("r", "x", "i")
        user.sees("CHN-01  certain", "MRA-01  █████·······  40%")
        await user.press("w")
        user.sees("What was changed last, before it broke?", "Each answer would bring these to the front:")
        await user.press("escape", "h")
        user.sees("How CHN-01")
        await user.press("tab", "y")
        user.sees("Why not MRA-01", "Nothing speaks against it.", "did not fire:", "not known:")
        await user.press("escape", "t")
        user.sees("A certificate was renewed: several causes possible", "then: Who is affected?")
        await user.press("escape", "1")
        user.sees("MRA-01  ████████····  65% +")
        await user.press("u")
        user.sees("MRA-01  █████·······  40% -")
        user.sees_not("Answered")
        await user.press("u")
        assert "no answer to take back" in user.status


async def test_the_request_for_evidence_is_read_and_written(tmp_path: Path) -> None:
    async with using() as user:
        await user.press("r", "x", "i", "p")
        user.sees("Wanted for Example Ltd – HQ", "expc1.example.com (expressway-c)", "Collect log > Download log")
        await user.press("w", "ctrl+u")
        await user.type(str(tmp_path / "out"))
        await user.press("enter")
        assert "Written:" in user.status
        assert (tmp_path / "out" / "request.txt").exists()


async def test_symptoms_are_searched_and_taken() -> None:
    async with using() as user:
        await user.press("r", "s")
        user.shows("case-symptoms")
        await user.press("slash")
        await user.type("zone")
        await user.press("enter", "space")
        user.sees("✓ Traversal zone is down")
        await user.choose("None of these")
        await user.press("enter")
        assert isinstance(user.practice, FakePractice)
        assert user.practice.case(1).case.text == "zone"
        await user.choose("✓ Jabber")
        await user.press("space")
        user.sees_not("✓ Jabber")


async def test_a_note_is_kept_and_a_draft_is_not_lost_by_one_escape() -> None:
    async with using() as user:
        await user.press("r", "n", "a")
        assert "ctrl+s keeps the note" in user.status
        await user.type("called the customer")
        await user.press("escape")
        assert "ctrl+s keeps it" in user.status
        await user.press("ctrl+s")
        user.sees("called the customer", "kim")
        user.shows("case-notes")


async def test_a_case_is_closed_with_a_sentence_and_reopened() -> None:
    async with using() as user:
        await user.press("r", "x", "o")
        await user.type("CA was added")
        await user.press("enter")
        user.sees("CLOSED")
        await user.press("x")
        assert "closed; o opens it again" in user.status
        await user.press("e", "a")
        assert "closed; o opens it again" in user.status
        await user.press("o")
        user.sees_not("CLOSED")


# --- evidence ------------------------------------------------------------------------------------------------


async def test_a_file_is_added_by_path_with_completion(tmp_path: Path) -> None:
    (tmp_path / "certificates").mkdir()
    (tmp_path / "certificates" / "cucm1-new.pem").write_text("x")
    async with using() as user:
        await user.press("r", "a", "ctrl+u")
        await user.type(f"{tmp_path}/cert")
        await user.press("tab")
        await user.type("cu")
        await user.press("tab")
        user.sees("cucm1-new.pem")
        await user.press("enter")
        user.sees("→ cucm1: tomcat certificate", "y says yes")
        await user.press("y")
        user.sees_not("y says yes")
        assert user.practice.case(1).evidence[-1].slot == "identity:tomcat"


async def test_a_large_archive_shows_how_far_it_is_and_can_be_cancelled(tmp_path: Path) -> None:
    (tmp_path / "diagnostic.tar.gz").write_text("x")
    async with using() as user:
        before = user.practice.case(1).evidence
        await user.press("r", "a", "ctrl+u")
        await user.type(f"{tmp_path}/diagnostic.tar.gz")
        await user.pilot.press("enter")
        for _wait in range(40):
            await user.pilot.pause(0.1)
            if " MB" in user.text.splitlines()[0]:
                break
        assert "reading… " in user.text.splitlines()[0]
        await user.pilot.press("escape")
        await user.pilot.pause(0.2)
        assert "Cancelled: reading" in user.status
        assert user.practice.case(1).evidence == before


async def test_a_path_is_picked_from_the_list(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.pem").write_text("x")
    async with using() as user:
        await user.press("r", "a", "ctrl+u")
        await user.type(f"{tmp_path}/")
        await user.press("down", "enter")
        user.sees(f"{tmp_path}/sub/"[-20:], "a.pem")
        await user.press("down", "enter")
        assert "1 document read" in user.status


async def test_a_proposal_is_corrected(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_text("x")
    async with using() as user:
        await user.press("r", "a", "ctrl+u")
        await user.type(str(path))
        await user.press("enter", "c")
        user.sees("Where does")
        await user.type("expe1 trust")
        await user.press("enter")
        record = user.practice.case(1).evidence[-1]
        assert (record.node, record.slot) == ("expe1", "trust:ca")


async def test_servers_are_looked_at_only_after_they_were_named() -> None:
    async with using() as user:
        await user.press("r", "e", "l")
        user.shows("case-look")
        assert not any(call.startswith("look") for call in user.practice.calls)  # type: ignore[attr-defined]
        await user.press("escape")
        assert not any(call.startswith("look") for call in user.practice.calls)  # type: ignore[attr-defined]
        await user.press("l", "ctrl+u")
        await user.type("imp1.example.com:5222")
        await user.press("enter")
        assert "look at imp1.example.com:5222" in user.practice.calls  # type: ignore[attr-defined]
        assert "1 document read, 2 certificates." in user.status


async def test_a_missing_file_is_told(tmp_path: Path) -> None:
    async with using() as user:
        await user.press("r", "a", "ctrl+u")
        await user.type(str(tmp_path / "nowhere.pem"))
        await user.press("enter")
        assert "does not exist" in user.status


async def test_what_cannot_be_read_says_why_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "report.doc"
    path.write_text("x")
    async with using() as user:
        await user.press("r", "a", "ctrl+u")
        await user.type(str(path))
        await user.press("enter")
        assert "1 not read: holds no certificate." in user.status
        user.sees("Could not be read", "Export it as")


async def test_a_pfx_password_can_be_tried_again_and_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "server.pfx"
    path.write_text("x")
    async with using() as user:
        await user.press("r", "a", "ctrl+u")
        await user.type(str(path))
        await user.press("enter")
        user.sees("Password of server.pfx")
        await user.type("wrong")
        user.sees_not("wrong")
        await user.press("enter")
        user.sees("Password of server.pfx")
        assert "does not open it; try again" in user.status
        await user.press("escape", "p")
        user.sees("Password of server.pfx")
        await user.type(PFX_PASSWORD)
        await user.press("enter")
        assert "private key" in user.status
        assert "dropped" in user.status
        assert PFX_PASSWORD not in user.text.replace("tomcat certificate", "")


async def test_evidence_goes_only_after_the_word_yes() -> None:
    async with using() as user:
        await user.press("r")
        await user.choose("expc1.pem")
        await user.press("delete")
        await user.type("yes")
        await user.press("enter")
        assert "Removed" in user.status
        assert "certs/expc1.pem" not in [e.path for e in user.practice.case(1).evidence]


async def test_a_document_is_written_as_strict_pem(tmp_path: Path) -> None:
    async with using() as user:
        await user.press("r")
        await user.choose("expc1.pem")
        await user.press("w")
        user.sees("strict PEM")
        await user.press("ctrl+u")
        await user.type(f"{tmp_path}/clean")
        await user.press("enter")
        user.sees_not("strict PEM")
        assert "Written" in user.status
        assert (tmp_path / "clean" / "a-clean.pem").is_file()


async def test_a_document_shows_its_certificates() -> None:
    async with using() as user:
        await user.press("r")
        await user.choose("trust/expe1.pem")
        await user.press("enter")
        user.sees("Example Issuing CA 2", "block 3")
        await user.press("down", "down", "enter")
        user.sees("certificate › Example Issuing CA 2")


async def test_a_paste_of_100_kb_of_pem_from_any_section() -> None:
    block = "-----BEGIN CERTIFICATE-----\n" + "\n".join("QUJD" * 16 for _line in range(25)) + "\n"
    block += "-----END CERTIFICATE-----\n"
    pem = block * (100_000 // len(block))
    async with using() as user:
        await user.press("r", "n")
        await user.paste(pem)
        assert f"{pem.count('BEGIN')} certificates" in user.status
        user.sees("no node fits")


async def test_a_paste_into_a_field_of_one_line_is_not_cut_but_becomes_evidence() -> None:
    async with using() as user:
        await user.press("r", "s", "slash")
        await user.paste("-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n")
        assert "1 document read" in user.status


async def test_a_paste_without_a_case_says_what_to_do() -> None:
    async with using() as user:
        await user.paste("one\ntwo")
        assert "Open a case first" in user.status


async def test_unbracketed_base64_destroys_nothing() -> None:
    async with using() as user:
        await user.press("r")
        before = user.practice.case(1)
        for key in "MIIDdzCCAlqgAwIBAgIEbdfghjklqorstuvwxyz0123456789":
            await user.pilot.press(key)
        await user.settle()
        after = user.practice.case(1)
        assert after.evidence == before.evidence
        assert after.case.state == "open"


# --- a case that is opened again -----------------------------------------------------------------------------


async def test_a_case_opens_again_where_it_was() -> None:
    practice = FakePractice().with_example()
    async with using(practice) as user:
        await user.press("r", "x", "i", "1")
    async with using(practice) as user:
        user.sees("Go on where you were", "C-0001")
        await user.press("r")
        user.sees("Cause found", "Not checked", "i Interview 1")
        assert practice.calls.count("look") == 1
        await user.press("enter")
        user.sees("Details and proof")


async def test_a_long_job_shows_that_it_runs_and_is_cancelled_by_escape() -> None:
    async with using(FakePractice(slow=0.6).with_example()) as user:
        await user.press("r")
        await user.pilot.press("x")
        await user.pilot.pause()
        user.sees("examining…")
        await user.pilot.press("escape")
        await user.pilot.pause()
        assert "Cancelled: examining" in user.status
        user.sees("not examined yet")
        await user.settle()
        user.sees("not examined yet")


async def test_an_error_of_the_practice_is_one_line_and_the_app_goes_on() -> None:
    practice = FakePractice().with_example()
    async with using(practice) as user:
        await user.press("r")
        practice.fail = CertdoctorError("The disk is full.")
        await user.press("x")
        assert user.status == "The disk is full."
        await user.press("x")
        assert user.status.startswith("Cause found")


# --- help and glossary ---------------------------------------------------------------------------------------


async def test_help_lists_the_keys_of_the_place_and_runs_one() -> None:
    async with using() as user:
        await user.press("r", "question_mark")
        user.shows("help-evidence")
        await user.choose("Examine the site now")
        await user.press("enter")
        user.sees("Cause found")


async def test_the_glossary_is_searched_and_read() -> None:
    async with using() as user:
        await user.press("g", "slash")
        await user.type("chain")
        await user.press("enter", "enter")
        user.sees("glossary ›")


# --- every screen says what to do next -----------------------------------------------------------------------


async def test_every_screen_has_a_hint_and_the_help_key() -> None:
    async with using() as user:
        walk = ["down", "enter", "n", "o", "t", "h", "escape", "home", "r", "s", "i", "n", "x", "enter", "f"]
        for key in walk:
            await user.press(key)
            user.frame.status.hush()
            assert user.status, user.text
            assert "? all keys" in user.text.splitlines()[-1]
