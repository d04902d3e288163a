from __future__ import annotations

import pytest

from certdoctor.deployment.model import Connection, Deployment
from certdoctor.evidence.items import Origin
from certdoctor.evidence.site import ConnectionDescription
from tests import pki
from tests.sites import Box, deploy

E1 = Box(role="expressway-e", names=("expe1.example.com",), addresses=("198.51.100.1",))
E2 = Box(role="expressway-e", names=("expe2.example.com",))
SERVER_ZONE = (
    "Zones Zone 3 Name: UC\nZones Zone 3 TraversalServer SIP Port: 7003\n"
    "Zones Zone 3 TraversalServer SIP TLS Verify Subject Name: c.example.com"
)
E1_CONFIGURED = Box(role="expressway-e", names=("expe1.example.com",), xconf=SERVER_ZONE)


def zone(*peers: str, port: int | None = None, number: int = 1) -> str:
    lines = [f"Zones Zone {number} Name: UC"]
    lines += [f"Zones Zone {number} TraversalClient SIP Port: {port}"] if port else []
    lines += [f"Zones Zone {number} TraversalClient Peer {n} Address: {p}" for n, p in enumerate(peers, 1)]
    return "\n".join(lines)


def c(xconf: str = "") -> Box:
    return Box(role="expressway-c", names=("expc1.example.com",), xconf=xconf)


def of_kind(made: Deployment, kind: str) -> list[Connection]:
    return [connection for connection in made.connections if connection.kind == kind]


def zones_of(made: Deployment) -> list[tuple[str, int | None, str | None]]:
    return [(x.server, x.port, x.name) for x in of_kind(made, "traversal-sip")]


@pytest.mark.parametrize(
    ("xconf", "edges", "expected"),
    [
        ("", {"e1": E1}, [("e1", 7001, "expe1.example.com")]),
        (zone("expe1.example.com"), {"e1": E1}, [("e1", 7001, "expe1.example.com")]),
        (zone("EXPE1.example.com", port=7005), {"e1": E1}, [("e1", 7005, "EXPE1.example.com")]),
        (zone("198.51.100.1"), {"e1": E1, "e2": E2}, [("e1", 7001, "198.51.100.1")]),
        (
            zone("expe2.example.com", "expe1.example.com"),
            {"e1": E1, "e2": E2},
            [("e2", 7001, "expe2.example.com"), ("e1", 7001, "expe1.example.com")],
        ),
        (zone("expe1.example.com"), {"e1": E1_CONFIGURED}, [("e1", 7003, "expe1.example.com")]),
        ("SystemUnit Name: expc1", {"e1": E1}, []),
        (zone("expe1.example.com"), {}, []),
        (
            zone("expe1.example.com") + "\n" + zone("expe1.example.com", port=7009, number=4),
            {"e1": E1},
            [("e1", 7001, "expe1.example.com"), ("e1", 7009, "expe1.example.com")],
        ),
    ],
)
def test_traversal_zones(xconf: str, edges: dict[str, Box], expected: list[tuple[str, int | None, str | None]]) -> None:
    made = deploy({"c1": c(xconf), **edges})
    assert zones_of(made) == expected
    tunnels = {(x.server, x.port) for x in of_kind(made, "traversal-ssh")}
    assert tunnels == {(server, 2222) for server, _, _ in expected}


def test_wrong_peer_address_means_the_node_left_over_and_says_so() -> None:
    made = deploy({"c1": c(zone("expe1.example.com", "exp2.example.org")), "e1": E1, "e2": E2})
    first, second = of_kind(made, "traversal-sip")
    assert (first.server, first.assumptions) == ("e1", ())
    assert (second.server, second.name) == ("e2", "exp2.example.org")
    (assumption,) = second.assumptions
    assert "exp2.example.org" in assumption
    assert "e2" in assumption


def test_most_similar_node_is_taken_for_a_wrong_address() -> None:
    made = deploy({"c1": c(zone("expe2.example.org")), "e1": E1, "e2": E2})
    assert zones_of(made) == [("e2", 7001, "expe2.example.org")]


def test_more_peers_than_nodes_claim_nothing() -> None:
    made = deploy({"c1": c(zone("expe1.example.com", "expe9.example.com")), "e1": E1})
    assert zones_of(made) == [("e1", 7001, "expe1.example.com")]


def test_places_of_the_names_are_known() -> None:
    made = deploy({"c1": c(zone("expe1.example.com")), "e1": E1_CONFIGURED})
    (sip,) = of_kind(made, "traversal-sip")
    (ssh,) = of_kind(made, "traversal-ssh")
    assert sip.name_origin == Origin("c1/xconf.txt", place="line 2")
    assert (sip.verify_name, sip.verify_name_origin) == ("c.example.com", Origin("e1/xconf.txt", place="line 3"))
    assert (ssh.verify_name, ssh.verify_name_origin) == (None, None)


@pytest.mark.parametrize(
    ("domains", "name", "accepted"),
    [
        (("example.com",), "example.com", ("example.com", "collab-edge.example.com")),
        ((), "expe1.example.com", ()),
    ],
)
def test_clients_ask_the_edge(domains: tuple[str, ...], name: str, accepted: tuple[str, ...]) -> None:
    made = deploy({"e1": E1, "jabber": Box(role="client")}, domains=domains)
    (edge,) = of_kind(made, "edge-https")
    assert (edge.client, edge.server, edge.port, edge.name) == ("jabber", "e1", 8443, name)
    assert edge.accepted_names == accepted


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("collab-edge.other.example", ("other.example", "collab-edge.other.example")),
        ("Example.com.", ("example.com", "collab-edge.example.com")),
        ("expe1.example.com", ()),
    ],
)
def test_given_edge_name(name: str, accepted: tuple[str, ...]) -> None:
    edge = ConnectionDescription("e", "edge-sip", "jabber", "e1", name=name)
    made = deploy({"e1": E1, "jabber": Box(role="client")}, [edge], domains=("example.com",))
    (found,) = of_kind(made, "edge-sip")
    assert (found.accepted_names, found.port) == (accepted, 5061)


def test_uc_nodes() -> None:
    made = deploy(
        {
            "c1": c(),
            "cucm": Box(role="cucm", names=("cucm.example.com",)),
            "imp": Box(role="imp"),
            "cms": Box(role="cms"),
        }
    )
    https = {(x.server, x.port, x.name) for x in of_kind(made, "uc-https")}
    assert https == {("cucm", 8443, "cucm.example.com"), ("imp", 8443, "imp")}
    assert [(x.server, x.port) for x in of_kind(made, "tftp-https")] == [("cucm", 6972)]


def test_candidates_are_uploads() -> None:
    pem = pki.leaf("expc1.example.com").pem
    box = Box(role="expressway-c", identities={"server": pem, "candidate": pem, "candidate-2": pem, "previous": pem})
    uploads = of_kind(deploy({"c1": box}), "upload")
    assert [(x.client, x.server, x.server_identity) for x in uploads] == [
        ("c1", "c1", "candidate"),
        ("c1", "c1", "candidate-2"),
    ]
    assert len({x.id for x in uploads}) == 2


def test_given_connection_merges_with_the_derived_one() -> None:
    given = ConnectionDescription("mine", "traversal-sip", "c1", "e1", port=7003, verify_name="other.example.com")
    made = deploy({"c1": c(zone("expe1.example.com")), "e1": E1_CONFIGURED}, [given])
    (sip,) = of_kind(made, "traversal-sip")
    assert (sip.id, sip.given, sip.port) == ("mine", True, 7003)
    assert (sip.name, sip.name_origin) == ("expe1.example.com", Origin("c1/xconf.txt", place="line 2"))
    # A name of one's own is not that of the configuration's line.
    assert (sip.verify_name, sip.verify_name_origin) == ("other.example.com", None)


def test_given_name_settles_a_guess() -> None:
    given = ConnectionDescription("mine", "traversal-sip", "c1", "e1", port=7001, name="expe1.example.com")
    made = deploy({"c1": c(zone("wrong.example.org")), "e1": E1}, [given])
    (sip,) = of_kind(made, "traversal-sip")
    assert sip.assumptions == ()


def test_given_connection_on_another_port_stands_beside() -> None:
    given = ConnectionDescription("mine", "traversal-sip", "c1", "e1", port=7777)
    made = deploy({"c1": c(zone("expe1.example.com")), "e1": E1}, [given])
    assert {x.port for x in of_kind(made, "traversal-sip")} == {7001, 7777}


def test_guesses_from_roles_give_way_to_the_description() -> None:
    given = ConnectionDescription("mine", "traversal-sip", "c1", "e1", port=7777)
    made = deploy({"c1": c(), "e1": E1}, [given])
    assert [x.id for x in made.connections] == ["mine"]


@pytest.mark.parametrize("slot", [None, "candidate"])
def test_upload_given_merges_with_its_candidate(slot: str | None) -> None:
    pem = pki.leaf("expc1.example.com").pem
    box = Box(role="expressway-c", identities={"candidate": pem})
    given = ConnectionDescription("up", "upload", "c1", "c1", server_identity=slot, store="client")
    (upload,) = of_kind(deploy({"c1": box}, [given]), "upload")
    assert (upload.id, upload.store) == ("up", "client")


def test_usual_port_where_none_is_given() -> None:
    given = ConnectionDescription("mine", "sip-line", "c1", "cucm")
    made = deploy({"c1": c(), "cucm": Box(role="cucm")}, [given])
    assert [x.port for x in of_kind(made, "sip-line")] == [5061]


def test_unknown_kind_stays_to_be_reported() -> None:
    made = deploy({"c1": c(), "e1": E1}, [ConnectionDescription("mine", "telepathy", "c1", "e1")])
    (mine,) = of_kind(made, "telepathy")
    assert mine.port is None


def test_ids_are_unique() -> None:
    given = [ConnectionDescription("x", "sip-line", "c1", "cucm", port=port) for port in (1, 2, 3)]
    made = deploy({"c1": c(), "cucm": Box(role="cucm")}, given)
    assert [x.id for x in of_kind(made, "sip-line")] == ["x", "x-2", "x-3"]
