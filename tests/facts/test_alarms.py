"""Alarms in the event log: the last line about each one holds."""

from __future__ import annotations

from certdoctor.facts.alarms import observe_alarms
from certdoctor.facts.model import Fact, FactSource
from tests.sites import Box, deploy

KNOWN = frozenset(("alarm.15028", "alarm.25022"))


def line(what: str, number: str, minute: int) -> str:
    return (
        f'2026-11-23T09:{minute:02}:44.348+01:00 expe1 alarm: Level="WARN" Event="Alarm {what}" Id="{number}" '
        'UUID="1a18bfa6-f822-11e1-b0db-c35cb1b8e3e5" Severity="warning" Detail="Restart required: a new key" '
        f'UTCTime="2026-11-23 08:{minute:02}:44,348"\n'
    )


def observed(log: str, role: str = "expressway-e") -> dict[str, Fact]:
    return {fact.id: fact for fact in observe_alarms(deploy({"e": Box(role=role, log=log)}), KNOWN)}


def test_raised() -> None:
    found = observed("nothing\n" + line("Raised", "15028", 1))
    assert found["alarm.15028"].value == "raised"
    assert found["alarm.15028"].source == FactSource.LOG
    assert found["alarm.15028"].bindings["detail"] == "Restart required: a new key"
    assert found["alarm.15028"].seen == ("e/log.txt, line 2",)


def test_last_line_holds_whatever_the_order() -> None:
    raised, lowered = line("Raised", "15028", 1), line("Lowered", "15028", 5)
    assert observed(raised + lowered)["alarm.15028"].value == "lowered"
    assert observed(lowered + raised)["alarm.15028"].value == "lowered"
    assert observed(lowered + line("raised", "15028", 9))["alarm.15028"].value == "raised"


def test_alarms_that_nobody_reads_and_other_nodes_are_left_out() -> None:
    assert observed(line("Raised", "15019", 1)) == {}
    assert observed(line("Raised", "15028", 1), role="cucm") == {}
