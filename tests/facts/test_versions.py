"""Versions that do not go together."""

from __future__ import annotations

import pytest

from certdoctor.facts.model import Fact
from certdoctor.facts.versions import observe_versions
from tests import pki
from tests.sites import Box, connection, deploy, judged

ROOT = pki.ca("Zone Root")
C, E = "expc1.example.com", "expe1.example.com"
SERVER_ONLY = (pki.SERVER_AUTH,)


def zone(
    core: str | None, edge: str | None, *, leaf: pki.Issued | None = None, mra: tuple[str, str] = ("", "")
) -> dict[str, Fact]:
    def box(role: str, name: str, version: str | None, held: pki.Issued, mode: str) -> Box:
        xconf = f"CollaborationEdge Enabled: {mode}\n" if mode else ""
        identities, trust = {"server": held.pem}, {"ca": ROOT.pem}
        return Box(role=role, names=(name,), version=version, identities=identities, trust=trust, xconf=xconf)

    made = deploy(
        {
            "c": box("expressway-c", C, core, pki.leaf(C, ROOT), mra[0]),
            "e": box("expressway-e", E, edge, leaf or pki.leaf(E, ROOT), mra[1]),
        }
    )
    sides = judged(made, connection("traversal-sip", "c", "e", name=E))
    return {fact.id: fact for fact in observe_versions(made, tuple(sides.values()))}


@pytest.mark.parametrize(
    ("core", "edge", "value"),
    [
        ("X14.3.7", "X15.3.1", "together"),
        ("X15.4.0", "X15.4.1", "together"),
        ("X15.5.0", "X15.5.1", "together"),
        ("X15.3.2", "X15.4.0", "apart"),
        ("X15.5", "X15.4.3", "apart"),
        ("X14.3.7", "X15.5.0", "apart"),
        (None, "X15.5.0", None),
        ("X15.5.0", None, None),
    ],
)
def test_both_ends_of_a_zone(core: str | None, edge: str | None, value: str | None) -> None:
    found = zone(core, edge).get("zone.versions")
    assert (found.value if found else None) == value


def test_newer_and_older_end_are_named() -> None:
    found = zone("X15.5.0", "X15.4.0")["zone.versions"].bindings
    assert (found["newer"], found["newer_version"], found["older"], found["older_version"]) == (
        C, "X15.5.0", E, "X15.4.0",
    )  # fmt: skip


@pytest.mark.parametrize(("core", "value"), [("X15.3.2", "before_x15_4"), ("X15.4.0", "x15_4_or_later"), (None, None)])
def test_version_of_expressway_c(core: str | None, value: str | None) -> None:
    found = zone(core, "X15.3.2").get("verifier.version")
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("modes", "value"),
    [(("On", ""), "on"), (("", "On"), "on"), (("On", "Off"), "off"), (("Off", ""), "off"), (("", ""), None)],
)
def test_mobile_and_remote_access(modes: tuple[str, str], value: str | None) -> None:
    found = zone("X15.2", "X15.2", mra=modes).get("zone.mra")
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("purposes", "value"), [(pki.BOTH, "permitted"), (None, "permitted"), (SERVER_ONLY, "not_permitted")]
)
def test_client_role_of_expressway_e(purposes: tuple[object, ...] | None, value: str) -> None:
    leaf = pki.leaf(E, ROOT, purposes=purposes)  # type: ignore[arg-type]
    assert zone("X15.2", "X15.2", leaf=leaf)["leaf.client_role"].value == value


@pytest.mark.parametrize(
    ("release", "core", "expected"),
    [
        ("9.1.2.10000-28", "X14.3.7", {"uc.release": "up_to_9", "uc.edge_release": "x8_7_2_or_later"}),
        ("8.6", "X8.7.1", {"uc.release": "up_to_9", "uc.edge_release": "before_x8_7_2"}),
        ("10.5(2)SU1", "X8.7.2", {"uc.release": "from_10", "uc.edge_release": "x8_7_2_or_later"}),
        ("15.0.1", None, {"uc.release": "from_10"}),
        (None, "X15.2", {}),
    ],
)
def test_release_of_a_uc_node(release: str | None, core: str | None, expected: dict[str, str]) -> None:
    made = deploy({"c": Box(role="expressway-c", version=core), "cucm": Box(role="cucm", version=release)})
    assert {fact.id: fact.value for fact in observe_versions(made, ())} == expected
