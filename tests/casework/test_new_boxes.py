"""Loose files that name a box which the site does not have: it is proposed with them, and added when confirmed."""

from __future__ import annotations

from pathlib import Path

from certdoctor.casework.practice import Practice
from tests import pki

CONFIGURATION = (
    '*c xConfiguration SystemUnit Name: "expe1"\n*c xConfiguration IP DNS Domain Name: "example.com"\n'
    '*c xConfiguration Zones Zone 1 Type: "UnifiedCommunicationsTraversalServer"\n'
)


def test_a_box_is_proposed_and_added_when_confirmed(practice: Practice, tmp_path: Path) -> None:
    site = practice.create_site("Example Ltd", "HQ")
    case = practice.open_case(site.id, "down")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "config.txt").write_text(CONFIGURATION)
    (tmp_path / "given" / "saved.pem").write_text(pki.leaf().pem)
    added = practice.add_files(case.id, [tmp_path / "given"])
    assert {(p.path, p.node, p.slot, p.assigned) for p in added.proposals} == {
        ("config.txt", "expe1", "xconf", False),
        ("saved.pem", "expe1", "identity:server", False),
    }
    assert all(p.why.endswith("yes adds the node to the site") for p in added.proposals)
    assert practice.case(case.id).nodes == ()  # nothing is added by itself
    practice.assign(case.id, "saved.pem", "expe1", "identity:server")
    practice.assign(case.id, "config.txt", "expe1", "xconf")
    (node,) = practice.case(case.id).nodes
    assert (node.id, node.role, node.names) == ("expe1", "expressway-e", ("expe1.example.com",))
    assert (node.xconf, dict(node.identities)) == ("config.txt", {"server": "saved.pem"})
    assert practice.examine_site(site.id).deployment.nodes.keys() == {"expe1"}
