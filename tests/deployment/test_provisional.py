"""Boxes that only a log line tells of, and the roles that such lines tell."""

from __future__ import annotations

import dataclasses

import pytest

from certdoctor.deployment.model import CLIENT, SERVER, Node
from certdoctor.deployment.provisional import Told, heard_of
from certdoctor.evidence.items import Origin, Setting

ORIGIN = Origin("box.log", "", "line 3")


def line(
    acting: str,
    port: int | None = 7001,
    *,
    address: str = "",
    name: str = "",
    node: str = "box",
    expressway: bool = True,
) -> Told:
    return Told(node, acting, address, name, port, ORIGIN, expressway)


def box(role: str = "other", **settings: str) -> dict[str, Node]:
    held = {path.replace("_", " "): Setting(value, 1) for path, value in settings.items()}
    return {"box": Node("box", role, names=("exp-1.example.com",), settings=held)}


def roles(nodes: dict[str, Node], *told: Told) -> dict[str, str]:
    return {name: node.role for name, node in heard_of(nodes, told).items()}


def test_the_traversal_port_tells_the_roles_of_both_ends() -> None:
    assert roles(box(), line(SERVER, address="192.0.2.9")) == {"box": "expressway-e", "c-192-0-2-9": "expressway-c"}
    assert roles(box(), line(CLIENT, name="e1.example.com")) == {"box": "expressway-c", "e1": "expressway-e"}
    assert roles(box(), line(SERVER, 5061, address="192.0.2.9")) == {"box": "other"}
    assert roles(box(), line("", address="192.0.2.9")) == {"box": "other"}


def test_where_a_provisional_box_is_known_from() -> None:
    found = heard_of(box(), [line(SERVER, address="192.0.2.9")])["c-192-0-2-9"]
    assert (found.known_from, found.names, found.addresses) == (ORIGIN, (), ("192.0.2.9",))


def test_the_port_of_its_own_zone_counts() -> None:
    server = box("expressway-e", Zones_Zone_1_TraversalServer_SIP_Port="7013")
    assert "c-192-0-2-9" in roles(server, line(SERVER, 7013, address="192.0.2.9"))
    assert "c-192-0-2-9" not in roles(server, line(SERVER, 7014, address="192.0.2.9"))


def test_a_known_expressway_is_not_doubled() -> None:
    nodes = box("expressway-e") | {"c": Node("c", "expressway-c")}
    assert set(roles(nodes, line(SERVER, address="192.0.2.9"))) == {"box", "c"}


def test_many_addresses_are_scanners() -> None:
    told = [line(SERVER, address=f"192.0.2.{number}") for number in range(5)]
    assert set(roles(box(), *told)) == {"box"}
    assert len(roles(box(), *told[:4])) == 5


@pytest.mark.parametrize(
    ("told", "uc"),
    [
        (line(CLIENT, None, name="cucm2.example.com"), {"cucm2": "cucm"}),
        (line(CLIENT, 7400, name="10.1.2.3"), {"imp-10-1-2-3": "imp"}),
        (line(CLIENT, None, name="exp1.example.com"), {"cucm": "cucm"}),  # its own name: the other end has none
        (line(CLIENT, None), {}),
        (line(CLIENT, 8443, name="cucm2.example.com"), {}),
        (line(SERVER, None, name="cucm2.example.com"), {}),
        (line(CLIENT, None, name="cucm2.example.com", expressway=False), {}),
    ],
)
def test_uc_nodes_that_expressway_c_connects_to(told: Told, uc: dict[str, str]) -> None:
    assert roles(box("expressway-c"), told) == {"box": "expressway-c"} | uc
    if uc:
        assert roles(box(), told) == {"box": "expressway-c"} | uc


def test_a_known_uc_node_is_not_doubled() -> None:
    nodes = box("expressway-c") | {"cucm": Node("cucm", "cucm", names=("cucm2.example.com",))}
    told = [line(CLIENT, None, name="CUCM2.example.com"), line(CLIENT, None, name="exp1.example.com")]
    assert set(roles(nodes, *told)) == {"box", "cucm"}


def test_a_box_has_the_address_that_its_own_log_tells() -> None:
    nodes = box("expressway-e") | {"c": Node("c", "expressway-c", addresses=("10.0.0.1",))}
    told = [
        dataclasses.replace(line(SERVER, address="10.0.0.1"), own_address="192.0.2.20"),
        dataclasses.replace(line(CLIENT, node="c"), own_address="172.16.0.1"),
    ]
    found = heard_of(nodes, told)
    assert found["box"].addresses == ("192.0.2.20",)
    assert found["c"].addresses == ("10.0.0.1",)  # what is described or configured holds


def test_a_short_name_of_a_known_uc_node_is_that_node() -> None:
    nodes = box("expressway-c") | {"pub": Node("pub", "cucm", names=("cucm2.example.com",))}
    assert set(roles(nodes, line(CLIENT, None, name="cucm2"))) == {"box", "pub"}
