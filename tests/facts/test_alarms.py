"""Alarms in the event log: the last line about each one holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certdoctor.evidence.items import Setting
from certdoctor.evidence.logs import looks_like_log
from certdoctor.facts.alarms import observe_alarms
from certdoctor.facts.model import Fact, FactSource
from tests import pki
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


def about_server(text: str, number: str, **box: str | dict[str, str]) -> dict[str, Fact]:
    log = line("Raised", number, 1).replace("Restart required: a new key", text)
    site = deploy({"e": Box(role="expressway-e", log=log, **box)})  # type: ignore[arg-type]
    return {fact.id: fact for fact in observe_alarms(site, {"alarm.40029", "alarm.40068", "alarm.40069"})}


def test_what_an_alarm_tells_of_a_certificate_that_is_not_at_hand() -> None:
    soon = about_server("Server certificate expires in 12 days", "40069")["alarm.40069"]
    assert (soon.bindings["days"], soon.bindings["not_after"], soon.bindings["leaf"]) == ("12", "2026-12-05", "e")
    expired = about_server("Server certificate expired or Server certificate expires today", "40068")["alarm.40068"]
    assert expired.bindings["not_after"] == "2026-11-23"
    assert (
        about_server(
            "Server certificate expires in 12 days", "40069", identities={"server": pki.leaf("e.example.com").pem}
        )
        == {}
    )


def test_the_ldap_server_is_named_where_the_configuration_has_it() -> None:
    found = about_server("LDAP server CA certificate is missing", "40029")["alarm.40029"]
    assert (found.bindings["presenter_name"], found.bindings["verifier_name"]) == ("LDAP", "e")
    xconf = "Login Remote LDAP Server Address: ad1.example.com"
    named = about_server("LDAP server CA certificate is missing", "40029", xconf=xconf)["alarm.40029"]
    assert named.bindings["presenter_name"] == "ad1.example.com"


def listed(log: str = "", **status: str) -> dict[str, str]:
    site = deploy({"e": Box(role="expressway-e", log=log)})
    held = {path.replace("_", " "): Setting(value, 7) for path, value in status.items()}
    node = replace(site.nodes["e"], status=held)
    found = observe_alarms(replace(site, nodes={"e": node}), KNOWN)
    return {fact.id: f"{fact.value} {fact.seen[0]}" for fact in found}


def test_alarms_that_the_status_lists() -> None:
    alarm = {"Alarm_Alarm_2_ID": "15028", "Alarm_Alarm_2_State": "Acknowledged", "Alarm_Alarm_3_ID": "15019"}
    assert listed(**alarm) == {"alarm.15028": "raised xStatus, line 7"}
    assert listed(**{**alarm, "Alarm_Alarm_2_State": "Lowered"}) == {}
    assert listed(Alarm_Alarm_2_ID="none") == {}
    assert listed(line("Lowered", "15028", 1), **alarm) == {"alarm.15028": "lowered e/log.txt, line 1"}


@pytest.mark.parametrize(
    "row",
    [
        "25022\tTime not synchronized over traversal zone\tRaised\tWarning",
        "Time not synchronized over traversal zone  New  Warning  25022",
        '"Time not synchronized over traversal zone",Acknowledged,Warning,"25022"',
        "Alarm 25022: Time not synchronized over traversal zone (Warning)",
        "Alarm ID: 25022, severity warning",
    ],
)
def test_a_saved_list_of_alarms(row: str) -> None:
    text = f"Alarms of expe1\n{row}\n"
    assert looks_like_log(text.splitlines())
    found = observed(text)["alarm.25022"]
    assert (found.value, found.seen) == ("raised", ("e/log.txt, line 2",))
    assert observed(f"{row} Lowered\n")["alarm.25022"].value == "lowered"
    assert observed(text + line("Lowered", "25022", 1))["alarm.25022"].value == "lowered"


@pytest.mark.parametrize(
    "text",
    [
        "Alarms\nTCP port 25022 is open, no warning\n",
        "Alarms\n25022 ms\n",
        'Src-port="25022" warning UTCTime="2026-11-23 08:00:00,000" Peer, 25022\n',
    ],
)
def test_a_number_is_no_alarm(text: str) -> None:
    assert observed(text) == {}
