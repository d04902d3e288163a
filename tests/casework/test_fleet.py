"""What is asked of the whole practice, in words; the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import icalendar
import pytest

from certdoctor.casework.fleet import Asked, below_version, calendar
from certdoctor.errors import CertdoctorError
from certdoctor.store.records import FleetNode, FleetUse
from tests.pki import NOW


def test_a_line_is_words_and_conditions() -> None:
    asked = Asked.parse("acme lacks:clientAuth before:2027-03-15 expe version:X15.5")
    assert (asked.words, asked.lacks, asked.version) == ("acme expe", "clientAuth", "X15.5")
    assert asked.before == datetime(2027, 3, 15, tzinfo=UTC)
    assert Asked.parse("192.0.2.1 aa:bb") == Asked(words="192.0.2.1 aa:bb")


@pytest.mark.parametrize("line", ["before:soon", "lacks:everything", "from:2027-02-30"])
def test_an_unclear_line_is_said_so(line: str) -> None:
    with pytest.raises(CertdoctorError, match="is no"):
        Asked.parse(line)


def test_boxes_below_a_version_are_those_whose_version_is_known() -> None:
    nodes = [FleetNode(v or "none", "expressway-e", v, 1, "HQ", "A") for v in ("X14.3.7", "X15.5.0", "X15.4", "")]
    assert [n.version for n in below_version(nodes, "X15.5")] == ["X14.3.7", "X15.4"]
    with pytest.raises(CertdoctorError, match="is no version"):
        list(below_version(nodes, "new"))


def use(label: str, end: datetime, node: str) -> FleetUse:
    return FleetUse(
        label, label, "CN=CA", NOW, end, None, "presented", "identity:server", node, "cucm", 1, "HQ", "Ä; Co"
    )


def test_the_calendar_has_one_day_for_each_certificate() -> None:
    end = datetime(2027, 3, 15, 23, 59, tzinfo=UTC)
    data = calendar([use("a.example", end, "n1"), use("a.example", end, "n2"), use("b.example", end, "n3")], NOW)
    entries = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert [str(e["summary"]) for e in entries] == ["a.example ends (Ä; Co)", "b.example ends (Ä; Co)"]
    assert entries[0].decoded("dtstart").isoformat() == "2027-03-15"
    assert "n1, identity:server" in str(entries[0]["description"])
    assert data == calendar(
        [use("a.example", end, "n1"), use("a.example", end, "n2"), use("b.example", end, "n3")], NOW
    )
