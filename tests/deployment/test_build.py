from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from certdoctor.deployment.build import build
from certdoctor.deployment.model import Deployment
from certdoctor.evidence.items import Evidence, Origin
from certdoctor.evidence.read import read_bytes, read_paths
from certdoctor.evidence.site import NodeDescription, SiteDescription
from tests import pki
from tests.casework import folders
from tests.sites import Box, configuration, decoded, deploy

ROOT = pki.ca("Build Root")
SUB = pki.intermediate("Build Sub", ROOT)
LEAF = pki.leaf("expc1.example.com", SUB)


def test_described_node_gets_what_is_named() -> None:
    made = deploy(
        {
            "expc1": Box(
                role="expressway-c",
                version="X14.3.7",
                names=("expc1.example.com",),
                identities={"server": pki.bundle(LEAF, SUB)},
                trust={"ca": pki.bundle(ROOT, SUB)},
                xconf="SystemUnit Name: expc1\nIP DNS Domain Name: example.com\nAlternates Cluster Name: c.example.com",
                csr=pki.csr("expc1.example.com"),
                crl=pki.crl(SUB),
                log="line\n",
            )
        }
    )
    node = made.nodes["expc1"]
    identity = node.identities["server"]
    assert identity.leaf.certificate == decoded(LEAF)
    assert [found.certificate for found in identity.sent] == [decoded(SUB)]
    assert [found.certificate for found in node.trust["ca"].entries] == [decoded(ROOT), decoded(SUB)]
    assert (str(node.version), node.cluster, node.name) == ("X14.3.7", "c.example.com", "expc1.example.com")
    assert (len(node.requests), len(node.revocation_lists), len(node.logs)) == (1, 1, 1)
    assert node.settings_origin == Origin("expc1/xconf.txt")
    assert not made.unassigned
    assert not made.conflicts
    assert set(made.certificates) == {decoded(c).sha256 for c in (LEAF, SUB, ROOT)}


def test_a_ca_before_its_leaf_is_not_taken_for_the_leaf() -> None:
    made = deploy({"x": Box(role="expressway-c", identities={"server": pki.bundle(SUB, LEAF)})})
    assert made.nodes["x"].identities["server"].leaf.certificate == decoded(LEAF)


def test_only_cas_leave_the_first_as_it_is() -> None:
    made = deploy({"x": Box(role="expressway-c", identities={"server": pki.bundle(SUB, ROOT)})})
    assert made.nodes["x"].identities["server"].leaf.certificate == decoded(SUB)


def test_request_alone_is_no_identity() -> None:
    made = deploy({"x": Box(role="expressway-c", identities={"server": pki.csr("x")})})
    assert not made.nodes["x"].identities


@pytest.mark.parametrize(
    ("box", "conflict"),
    [
        (Box(role="expressway-c", cluster="a.example.com", xconf="Alternates Cluster Name: b.example.com"), "cluster"),
        (Box(role="expressway-c", cluster="A.example.com", xconf="Alternates Cluster Name: a.example.com"), ""),
        (Box(role="expressway-c", version="X14.3", xconf="SystemUnit Software Version: X14.2"), "version"),
        (Box(role="expressway-c", version="X15.5", xconf="SystemUnit Software Version: X15.5.0"), ""),
        (
            Box(
                role="expressway-c",
                names=("a.example.com",),
                xconf="IP DNS Hostname: b\nIP DNS Domain Name: example.com",
            ),
            "names",
        ),
        (Box(role="expressway-c", names=("a.example.com",), xconf="IP DNS Hostname: b"), ""),
    ],
)
def test_what_is_given_wins_and_a_contradiction_is_named(box: Box, conflict: str) -> None:
    made = deploy({"expc1": box})
    node = made.nodes["expc1"]
    assert box.cluster in (None, node.cluster)
    assert box.version in (None, str(node.version))
    assert box.names in ((), node.names)
    assert len(made.conflicts) == bool(conflict)
    assert all(conflict in line for line in made.conflicts)


def archive(tmp_path: Path, host: str, taken: str, zones: str = folders.TRAVERSAL_CLIENT) -> Evidence:
    return read_paths([folders.write_archive(tmp_path / f"{host}-{taken}", host, taken, zones)])


def put_together(*parts: Evidence, nodes: tuple[NodeDescription, ...] = ()) -> Deployment:
    documents = tuple(d for part in parts for d in part.documents)
    return build(SiteDescription(nodes=nodes), Evidence(documents), pki.NOW)


def test_archives_alone_make_nodes(tmp_path: Path) -> None:
    made = put_together(
        archive(tmp_path, "expc1", "2026-11-20_10_00_00"),
        archive(tmp_path, "expe1", "2026-11-20_10_00_00", folders.TRAVERSAL_SERVER),
    )
    assert {n.id: n.role for n in made.nodes.values()} == {"expc1": "expressway-c", "expe1": "expressway-e"}
    node = made.nodes["expc1"]
    assert node.names == ("expc1.example.com",)
    assert node.identities["server"].leaf.certificate == decoded(folders.EXPC)
    assert [f.certificate for f in node.trust["ca"].entries] == [decoded(folders.ROOT), decoded(folders.SUB)]
    assert len(node.logs) == 1
    assert not made.unassigned


@pytest.mark.parametrize("described", [("expc1", ()), ("c", ("expc1.example.com",)), ("c", ("EXPC1",))])
def test_archive_belongs_to_the_node_of_its_host(tmp_path: Path, described: tuple[str, tuple[str, ...]]) -> None:
    node = NodeDescription(id=described[0], role="expressway-c", names=described[1])
    made = put_together(archive(tmp_path, "expc1", "2026-11-20_10_00_00"), nodes=(node,))
    assert {n.id for n in made.nodes.values() if n.known_from is None} == {described[0]}
    assert "server" in made.nodes[described[0]].identities


def test_a_peer_that_only_an_archive_names_is_a_provisional_node(tmp_path: Path) -> None:
    made = put_together(archive(tmp_path, "expc1", "2026-11-20_10_00_00"))
    (peer,) = (node for node in made.nodes.values() if node.known_from is not None)
    assert (peer.role, peer.names) == ("expressway-e", ("expe1.example.com",))
    assert "line " in str(peer.known_from)
    assert (len(peer.identities), len(peer.trust), len(peer.settings)) == (0, 0, 0)
    both = put_together(
        archive(tmp_path, "expc1", "2026-11-20_10_00_01"),
        archive(tmp_path, "edge", "2026-11-20_10_00_00", folders.TRAVERSAL_SERVER),
    )
    assert all(node.known_from is None for node in both.nodes.values())


def test_archive_contradicts_the_description(tmp_path: Path) -> None:
    node = NodeDescription(id="expc1", role="expressway-c", names=("other.example.com",))
    made = put_together(archive(tmp_path, "expc1", "2026-11-20_10_00_00"), nodes=(node,))
    (conflict,) = made.conflicts
    assert "other.example.com" in conflict
    assert "expc1.example.com" in conflict
    assert made.nodes["expc1"].names == ("other.example.com",)


def test_described_file_wins_over_the_archives(tmp_path: Path) -> None:
    given = read_bytes(LEAF.pem.encode(), Origin("given.pem"))
    node = NodeDescription(id="expc1", role="expressway-c", identities={"server": "given.pem"})
    made = put_together(archive(tmp_path, "expc1", "2026-11-20_10_00_00"), given, nodes=(node,))
    assert made.nodes["expc1"].identities["server"].document.origin.path == "given.pem"


def test_the_newest_snapshot_speaks(tmp_path: Path) -> None:
    old = archive(tmp_path, "expc1", "2026-11-20_10_00_00")
    new = archive(tmp_path, "expc1", "2026-11-22_10_00_00")
    for parts in ((old, new), (new, old)):
        made = put_together(*parts)
        assert "2026-11-22" in made.nodes["expc1"].identities["server"].document.origin.path
        before = made.nodes["expc1"].earlier
        assert before is not None
        assert (before.taken, before.earlier) == ("2026-11-20_10_00_00", None)
        assert "2026-11-20" in before.identities["server"].document.origin.path
        assert not made.unassigned


def test_what_belongs_to_nobody_is_unassigned() -> None:
    stray = read_bytes(LEAF.pem.encode(), Origin("stray.pem")).documents
    made = deploy({"x": Box(role="cucm")}, others=stray)
    assert [document.origin.path for document in made.unassigned] == ["stray.pem"]


def test_unknown_version_is_none() -> None:
    made = deploy({"x": Box(role="cucm"), "y": Box(role="cucm", version="newest")})
    assert made.nodes["x"].version is None
    assert made.nodes["y"].version is None


def test_client_certificate_and_status_in_an_archive() -> None:
    members = {
        "client_expc1_2026-11-20_10_00_00.pem": LEAF.pem,
        "xstat_dump_expc1_2026-11-20_10_00_00.txt": '*s SystemUnit Software Version: "X15.5.1"\n',
        "xconf_dump_expc1_2026-11-20_10_00_00.txt": configuration("SystemUnit Name: expc1"),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))
    evidence = read_bytes(buffer.getvalue(), Origin("diagnostic_log_expc1_2026-11-20_10_00_00.tar.gz"))
    node = put_together(evidence).nodes["expc1"]
    assert node.identities["client"].leaf.certificate == decoded(LEAF)
    assert str(node.version) == "X15.5.1"
