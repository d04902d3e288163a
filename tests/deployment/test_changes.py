from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from certdoctor.deployment.changes import Change, What, changes, moment
from certdoctor.deployment.model import Node
from certdoctor.evidence.items import Setting
from tests import pki
from tests.sites import Box, decoded, deploy

ROOT = pki.ca("Change Root")
OLD = pki.intermediate("Change Sub 1", ROOT)
NEW = pki.intermediate("Change Sub 2", ROOT)
BEFORE = pki.leaf("expe1.example.com", OLD, names=["expe1.example.com", "example.com"], purposes=pki.BOTH)
AFTER = pki.issue(
    pki.name("expe1.example.com"),
    NEW,
    private=pki.key("another"),
    names=["expe1.example.com"],
    purposes=(pki.SERVER_AUTH,),
    start=datetime(2026, 11, 1, tzinfo=UTC),
    end=datetime(2027, 2, 1, tzinfo=UTC),
)
XCONF = "SIP TLS Mode: On\nZones Zone 2 Name: a\nZones Zone 10 Name: b\nZones Zone 2 Authentication Password: {cipher}x"


def node(version: str, server: pki.Issued, trust: str, xconf: str, taken: str) -> Node:
    box = Box(role="expressway-e", version=version, identities={"server": server.pem}, trust={"ca": trust}, xconf=xconf)
    return replace(deploy({"expe1": box}).nodes["expe1"], taken=taken)


FRIDAY = node("X15.2", BEFORE, pki.bundle(ROOT, OLD), XCONF, "2026-11-20_10_00_00")


def between(earlier: Node, later: Node) -> list[Change]:
    return list(changes(replace(later, earlier=earlier)))


def test_nothing_changed() -> None:
    assert between(FRIDAY, replace(FRIDAY, taken="2026-11-23_08_00_00")) == []
    assert list(changes(FRIDAY)) == []


def test_every_kind_of_change_is_told() -> None:
    xconf = XCONF.replace("Mode: On", "Mode: Off").replace("Zone 10 Name: b", "Zone 10 Name: c")
    xconf = xconf.replace("{cipher}x", "{cipher}y") + "\nZones Zone 3 Name: new"
    monday = node("X15.5.0", AFTER, pki.bundle(ROOT, NEW), xconf, "2026-11-23_08_00_00")
    found = between(FRIDAY, monday)
    assert {(c.node, c.earlier, c.later) for c in found} == {("expe1", "2026-11-20 10:00", "2026-11-23 08:00")}
    before, after = decoded(BEFORE), decoded(AFTER)
    told = {(c.what, c.of): (c.before, c.after) for c in found}
    assert told[What.VERSION, ""] == ("X15.2", "X15.5.0")
    assert told[What.CERTIFICATE, "server"] == (
        f"expe1.example.com ({before.serial})",
        f"expe1.example.com ({after.serial})",
    )
    assert told[What.ISSUER, "server"] == (before.issuer, after.issuer)
    assert told[What.NAMES, "server"] == ("example.com, expe1.example.com", "expe1.example.com")
    assert told[What.USAGES, "server"] == ("1.3.6.1.5.5.7.3.1, 1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1")
    assert after.public_key_sha256[:16] in told[What.KEY, "server"][1]
    assert told[What.VALIDITY, "server"][1] == "2026-11-01 – 2027-02-01"
    assert told[What.TRUST_REMOVED, "ca"] == (f"Change Sub 1 ({decoded(OLD).serial})", "")
    assert told[What.TRUST_ADDED, "ca"] == ("", f"Change Sub 2 ({decoded(NEW).serial})")
    settings = [(c.of, c.before, c.after) for c in found if c.what == What.SETTING]
    assert settings == [
        ("SIP TLS Mode", "On", "Off"),
        ("Zones Zone 2 Authentication Password", "***", "***"),
        ("Zones Zone 3 Name", "", "new"),
        ("Zones Zone 10 Name", "b", "c"),
    ]


def test_what_one_snapshot_lacks_is_no_change() -> None:
    later = replace(FRIDAY, version=None, identities={}, trust={}, settings={}, status={})
    assert between(FRIDAY, later) == []
    assert between(later, FRIDAY) == []
    # A dump of another kind shares single settings only; a value that both hold still counts.
    other = {f"Another Setting {n}": Setting("1", n) for n in range(9)} | {"SIP TLS Mode": Setting("Off", 10)}
    assert [c.of for c in between(FRIDAY, replace(FRIDAY, settings=other))] == ["SIP TLS Mode"]


def test_the_state_of_a_zone_is_told_and_counters_are_not() -> None:
    was = {"Zones Zone 1 Status": Setting("Active", 1), "Zones Zone 1 Calls": Setting("3", 2)}
    now = {"Zones Zone 1 Status": Setting("Failed", 1), "Zones Zone 1 Calls": Setting("0", 2)}
    (change,) = between(replace(FRIDAY, status=was), replace(FRIDAY, status=now))
    assert (change.what, change.of, change.before, change.after) == (
        What.ZONE_STATE,
        "Zones Zone 1 Status",
        "Active",
        "Failed",
    )


def test_several_snapshots_are_compared_one_after_the_other() -> None:
    middle = replace(FRIDAY, settings={**FRIDAY.settings, "SIP TLS Mode": Setting("Off", 1)}, earlier=FRIDAY, taken="m")
    found = between(middle, replace(FRIDAY, taken="l"))
    assert [(c.earlier, c.later, c.before, c.after) for c in found] == [
        ("m", "l", "Off", "On"),
        ("2026-11-20 10:00", "m", "On", "Off"),
    ]


def test_time_stamps_are_written_alike() -> None:
    assert moment("20261120T1000") == moment("2026-11-20_10:00:59") == "2026-11-20 10:00"
    assert moment("") == ""
