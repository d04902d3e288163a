"""A site as one file and back; names replaced; deleting for good."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from certdoctor.errors import CertdoctorError
from certdoctor.store.sharing import APART, BELONGS, CONTENT
from certdoctor.store.tables import Table
from tests.pki import NOW


@pytest.fixture
def open_practice(tmp_path: Path, fresh_database: Path) -> Iterator[Callable[[str], Practice]]:
    opened: list[Practice] = []

    def make(name: str) -> Practice:
        data = tmp_path / name
        data.mkdir(mode=0o700)
        (data / "certdoctor.db").write_bytes(fresh_database.read_bytes())
        opened.append(Practice(data, lambda: NOW, "kim.beispiel"))
        return opened[-1]

    yield make
    for practice in opened:
        practice.close()


@pytest.fixture
def here(open_practice: Callable[[str], Practice]) -> Practice:
    """A practice with the worked example, worked on: examined, answered, ticked, noted, closed."""
    practice = open_practice("here")
    practice.create_site("Other Ltd", "HQ")  # keys here are not those there
    case = practice.create_example()
    found = practice.examine(case.id)
    practice.answer(case.id, "change.last", "site", None)
    practice.tick(case.id, found.findings[0].key, found.findings[0].fix[0].id, done=True)
    practice.add_note(case.id, "Frau Wagner (wagner@beispiel.example, 192.0.2.77) rief zurück: expe1.beispiel.example")
    practice.close_case(case.id, "CA nachgetragen")
    practice.open_case(case.site_id, "Zweiter Fall")
    return practice


def shared(practice: Practice, tmp_path: Path, name: str, anonymous: bool = False, case: int | None = None) -> bytes:
    site = next(s for s in practice.sites() if s.customer.startswith(("Beispiel", "Customer")))
    return practice.share(site.id, tmp_path / name, case, anonymous).read_bytes()


def test_every_table_is_shared_or_said_to_stay() -> None:
    assert {*BELONGS, *CONTENT, *APART} == set(Table.metadata.tables)


def test_a_second_export_is_the_same_to_the_byte(
    here: Practice, open_practice: Callable[[str], Practice], tmp_path: Path
) -> None:
    first = shared(here, tmp_path, "first.certdoctor")
    there = open_practice("there")
    taken = there.take_in(tmp_path / "first.certdoctor")
    assert taken.new
    assert shared(there, tmp_path, "second.certdoctor") == first
    assert [c.title for c in there.cases()] == [c.title for c in here.cases()]
    assert there.site(taken.site.id).events == here.site(2).events
    # What was taken in works on: it is examined and found by the search.
    assert [f.key for f in there.examine_site(taken.site.id).findings] == [f.key for f in here.examine_site(2).findings]
    assert there.search("nachgetragen")
    assert there.search("expe1")


def test_taking_in_twice_changes_nothing(
    here: Practice, open_practice: Callable[[str], Practice], tmp_path: Path
) -> None:
    shared(here, tmp_path, "a")
    there = open_practice("there")
    there.take_in(tmp_path / "a")
    assert not there.take_in(tmp_path / "a").new
    assert len(there.sites()) == 1


def test_what_differs_is_not_mixed(here: Practice, tmp_path: Path) -> None:
    shared(here, tmp_path, "a")
    here.add_note(1, "later")
    with pytest.raises(CertdoctorError, match="differs"):
        here.take_in(tmp_path / "a")
    assert here.take_in(tmp_path / "a", "Copy Ltd / HQ").site.customer == "Copy Ltd"


def test_one_case_brings_what_the_site_stands_on(
    here: Practice, open_practice: Callable[[str], Practice], tmp_path: Path
) -> None:
    shared(here, tmp_path, "a", case=2)
    there = open_practice("there")
    taken = there.take_in(tmp_path / "a")
    assert [c.title for c in there.cases()] == ["Zweiter Fall"]
    assert [f.key for f in there.examine_site(taken.site.id).findings] == [f.key for f in here.examine_site(2).findings]


def test_an_anonymous_file_holds_none_of_the_names(
    here: Practice, open_practice: Callable[[str], Practice], tmp_path: Path
) -> None:
    data = shared(here, tmp_path, "a", anonymous=True)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert set(archive.namelist()) == {"manifest.json", "site.json"}
        whole = (data + b"".join(archive.read(name) for name in archive.namelist())).lower()
    view = here.site(2)
    names = {"beispiel", "kim.beispiel", "wagner@", "192.0.2.77", view.site.customer, view.site.name}
    names |= {name for node in view.nodes for name in (*node.names, *node.addresses)}
    names |= {label for c in view.certificates for label in (c.label,)}
    assert len(names) > 8
    assert [name for name in names if name.lower().encode() in whole] == []
    there = open_practice("there")
    taken = there.take_in(tmp_path / "a")
    assert len(there.case(1).examinations[0].findings) == len(here.case(1).examinations[0].findings)
    assert there.site(taken.site.id).certificates == ()


def test_the_same_name_is_always_the_same_word(here: Practice, tmp_path: Path) -> None:
    data = shared(here, tmp_path, "a", anonymous=True)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        site = json.loads(archive.read("site.json"))
    names = [name for node in site["rows"]["node"] for name in node["names"]]
    (note,) = (row["text"] for row in site["rows"]["note"])
    assert note.rpartition(" ")[2] in names


def _changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, change(old.read(entry)) if entry == name else old.read(entry))
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda _data: b"no archive", "damaged"),
        (lambda data: _changed(data, "site.json", lambda text: text.replace(b"Zweiter", b"Dritter")), "damaged"),
        (lambda data: _changed(data, "manifest.json", lambda t: t.replace(b'"version": 1', b'"version": 9')), "newer"),
        (lambda data: _changed(data, "manifest.json", lambda t: t.replace(b"certdoctor/share", b"other")), "no site"),
    ],
)
def test_a_bad_file_changes_nothing(
    here: Practice,
    open_practice: Callable[[str], Practice],
    tmp_path: Path,
    change: Callable[[bytes], bytes],
    said: str,
) -> None:
    file = tmp_path / "bad"
    file.write_bytes(change(shared(here, tmp_path, "a")))
    there = open_practice("there")
    with pytest.raises(CertdoctorError, match=said):
        there.take_in(file)
    assert there.sites() == ()


def test_nothing_is_overwritten(here: Practice, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(CertdoctorError, match="already"):
        here.share(2, tmp_path / "a")
    assert (tmp_path / "a").read_text() == "mine"


def test_a_customer_is_forgotten_to_the_last_byte(here: Practice, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    assert b"nachgetragen" in b"".join(f.read_bytes() for f in folder.glob("certdoctor.db*"))
    customer = here.site(2).site.customer
    would = here.would_forget(customer)
    gone = here.forget(customer)
    assert gone == would
    assert (gone.sites, gone.cases) == (1, 2)
    left = b"".join(f.read_bytes() for f in folder.glob("certdoctor.db*")).lower()
    assert [w for w in (b"nachgetragen", b"beispiel ag", b"expe1.beispiel", b"wagner") if w in left] == []
    assert [s.customer for s in here.sites()] == ["Other Ltd"]
    assert here.search("expe1") == ()
    ((when, who, what),) = here.deletions()
    assert (when, who, what) == (NOW, "kim.beispiel", f"1 sites, 2 cases, {gone.documents} documents")


def test_evidence_is_forgotten_by_age(here: Practice) -> None:
    documents = len(here.case(1).evidence)
    assert here.forget(before=NOW - timedelta(days=1), also_current=True).documents == 0
    some = here.forget(before=NOW + timedelta(days=1)).documents
    assert 0 < some < documents  # logs of the closed case; what the site stands on stays
    assert here.examine_site(2).findings
    rest = here.forget(before=NOW + timedelta(days=1), also_current=True).documents
    assert some + rest == documents
    assert [note.text[:5] for note in here.case(1).notes] == ["Frau "]


def test_an_unknown_customer_is_not_forgotten(here: Practice) -> None:
    with pytest.raises(CertdoctorError, match="no customer"):
        here.forget("Nobody")
    assert here.deletions() == ()
