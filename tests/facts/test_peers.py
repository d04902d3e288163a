from __future__ import annotations

import pytest

from certdoctor.deployment.judge import judge
from certdoctor.deployment.model import Deployment
from certdoctor.evidence.site import ConnectionDescription
from certdoctor.facts.model import Fact
from certdoctor.facts.peers import observe_peers
from tests import pki
from tests.sites import OPENSSL, Box, deploy, knowledge

ROOT = pki.ca("Peers Root")
OTHER = pki.ca("Peers Other Root")
CLUSTER = "c.example.com"
ONE, TWO = "c1.example.com", "c2.example.com"


def peer(
    name: str,
    leaf: pki.Issued | None = None,
    *,
    cas: tuple[pki.Issued, ...] = (ROOT, OTHER),
    xconf: str = "",
    candidate: pki.Issued | None = None,
    cluster: str | None = CLUSTER,
    role: str = "expressway-c",
) -> Box:
    identities = {"server": leaf.pem} if leaf else {}
    identities |= {"candidate": candidate.pem} if candidate else {}
    return Box(
        role=role, names=(name,), cluster=cluster, identities=identities, trust={"ca": pki.bundle(*cas)}, xconf=xconf
    )


def own(name: str, *more: str, key: str = "") -> pki.Issued:
    return pki.leaf(name, ROOT, names=(name, *more), key_name=key or name)


def observed(made: Deployment, about: str) -> dict[str, Fact]:
    facts = observe_peers(made, judge(made, knowledge().connections, OPENSSL))
    return {f"{f.subject.id}/{f.subject.side}".rstrip("/"): f for f in facts if f.id == about}


def values(made: Deployment, about: str) -> dict[str, str]:
    return {subject: fact.value for subject, fact in observed(made, about).items()}


def test_a_box_without_peers_says_nothing() -> None:
    made = deploy({"c1": peer(ONE, own(ONE), cluster=None), "c2": peer(TWO, own(TWO), cluster=None)})
    assert not list(observe_peers(made, ()))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("Permissive", "permissive"), ("Enforcing", "enforcing"), ("Enforce", "enforcing"), ("", None)],
)
def test_mode(mode: str, expected: str | None) -> None:
    xconf = f"Alternates TLSVerificationMode: {mode}" if mode else "SystemUnit Name: c1"
    made = deploy({"c1": peer(ONE, xconf=xconf), "c2": peer(TWO)})
    assert values(made, "cluster.verification").get("c1") == expected


def test_own_keys() -> None:
    made = deploy({"c1": peer(ONE, own(ONE, CLUSTER)), "c2": peer(TWO, own(TWO, CLUSTER))})
    assert values(made, "cluster.key") == {"c1": "own", "c2": "own"}
    assert values(made, "cluster.certificate") == {"c1": "own", "c2": "own"}


def test_one_certificate_for_all() -> None:
    shared = own(ONE, TWO, CLUSTER)
    made = deploy({"c1": peer(ONE, shared), "c2": peer(TWO, shared)})
    assert values(made, "cluster.key") == {"c1": "shared", "c2": "shared"}
    assert values(made, "cluster.certificate") == {"c1": "own", "c2": "own"}
    assert observed(made, "cluster.key")["c1"].bindings["peers"] == TWO


def test_swapped_certificates() -> None:
    made = deploy({"c1": peer(ONE, own(TWO, CLUSTER)), "c2": peer(TWO, own(ONE, CLUSTER))})
    assert values(made, "cluster.certificate") == {"c1": "of_peer", "c2": "of_peer"}
    assert observed(made, "cluster.certificate")["c1"].bindings["peer"] == TWO


def test_a_certificate_is_not_the_peers_where_the_subject_is_the_box_itself() -> None:
    made = deploy({"c1": peer(ONE, pki.leaf(ONE, ROOT, names=(TWO,))), "c2": peer(TWO, own(TWO, CLUSTER))})
    assert values(made, "cluster.certificate") == {"c1": "own", "c2": "own"}


def test_certificate_with_the_cluster_name_alone_is_nobodys() -> None:
    made = deploy({"c1": peer(ONE, own(CLUSTER)), "c2": peer(TWO, own(TWO))})
    assert values(made, "cluster.certificate") == {"c1": "own", "c2": "own"}


@pytest.mark.parametrize(("name", "expected"), [(ONE, "own"), (TWO, "peer"), ("x.example.com", "own")])
def test_certificate_that_is_offered(name: str, expected: str) -> None:
    made = deploy({"c1": peer(ONE, own(ONE), candidate=own(name, key="new")), "c2": peer(TWO, own(TWO))})
    assert values(made, "upload.owner") == {"upload-c1/server": expected}


def traversal(first: tuple[pki.Issued, ...], second: tuple[pki.Issued, ...]) -> Deployment:
    e = Box(role="expressway-e", names=("e.example.com",), identities={"server": pki.leaf("e.example.com", OTHER).pem})
    boxes = {"c1": peer(ONE, own(ONE), cas=first), "c2": peer(TWO, own(TWO), cas=second), "e": e}
    given = [ConnectionDescription(f"{c}-e", "traversal-sip", c, "e", name="e.example.com") for c in ("c1", "c2")]
    return deploy(boxes, given)


def test_list_that_lacks_what_a_peer_holds() -> None:
    made = traversal((ROOT,), (ROOT, OTHER))
    found = observed(made, "peer.trust")
    sip = found["c1-e/server"]
    assert sip.value == "peer_holds"
    assert (sip.bindings["verifier_name"], sip.bindings["peer"], sip.bindings["ca"]) == (ONE, "c2", "Peers Other Root")
    assert {subject.split("-")[0] for subject in found} == {"c1"}


def test_list_of_all_peers_lacks_it() -> None:
    assert values(traversal((ROOT,), (ROOT,)), "peer.trust")["c1-e/server"] == "no_peer_holds"


def test_difference_that_harms_nobody_is_none() -> None:
    assert values(traversal((ROOT, OTHER), (ROOT, OTHER, pki.ca("Unrelated"))), "peer.trust") == {}
