"""A renewal is planned in waves, and each wave is rehearsed before it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certdoctor.casework import renewal
from certdoctor.casework.practice import Practice
from certdoctor.casework.renewal import Plan, Request, Wish, plan_paths
from certdoctor.errors import CertdoctorError
from certdoctor.page.plain import as_text
from tests import pki
from tests.casework import clusters
from tests.pki import NOW

OWN_ROOT = pki.ca("Own Root CA", kind="rsa")
OWN = pki.ca("Own Issuing CA", OWN_ROOT, kind="rsa", path_length=0)
CLUSTER = Request(clusters=("EXPC.example.com",))
Planned = Callable[[Request], Plan]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    site = clusters.write(tmp_path_factory.mktemp("cluster"))
    return lambda asked: plan_paths([site], asked, passwords=(), at=None, now=NOW, lang="en")


def candidates(folder: Path, **given: object) -> tuple[tuple[str, Path], ...]:
    """New certificates of both peers from the own CA, which sends its root along."""
    made = []
    for name, old in clusters.PEERS.items():
        names = (f"{name}.example.com", "expc.example.com")
        new = pki.leaf(f"{name}.example.com", OWN, **{"names": names, "kind": "rsa", "key_name": "new", **given})  # type: ignore[arg-type]
        assert new.sha256 != old.sha256
        (folder / f"{name}.pem").write_text(pki.bundle(*new.chain))
        made.append((name, folder / f"{name}.pem"))
    return tuple(made)


def test_a_cluster_that_loses_client_auth_is_told_before(planned: Planned) -> None:
    wish = Wish("Old Public CA", ("clientAuth",), datetime(2027, 1, 10, tzinfo=UTC), 100)
    plan = planned(replace(CLUSTER, wish=wish))
    assert plan.synthetic
    assert not plan.good
    trust, certificates, restarts = plan.waves
    # The issuer is known everywhere already: its stand-in needs no list.
    assert (trust.steps, trust.verdict.good) == ((), True)
    assert any(text.startswith("UPL-04") for text in certificates.verdict.findings)  # before X15.4
    assert [text.split(" ")[0] for text in restarts.verdict.worse] == ["z1", "z2"]
    assert all("client's certificate: accepted → refused" in text for text in restarts.verdict.worse)
    assert any(text.startswith("EKU-01") for text in restarts.verdict.findings)
    lost = {(d.node, d.what): d.lost for d in plan.differences if d.lost}
    assert lost == {("expc1", "usages"): "clientAuth", ("expc2", "usages"): "clientAuth"}
    assert all(d.after.endswith("(100 d)") for d in plan.differences if d.what == "lifetime")
    assert plan.on.date().isoformat() == "2027-01-10"
    # Nothing synthetic is ever handed out, and everybody can see what it is.
    assert all("BEGIN CERTIFICATE" not in text for text in plan.files.values())
    assert "SYNTHETIC: the candidates were made for this rehearsal alone" in as_text(renewal.page(plan))


def test_an_issuer_that_nobody_knows_comes_into_the_lists_first(planned: Planned, tmp_path: Path) -> None:
    plan = planned(replace(CLUSTER, candidates=candidates(tmp_path)))
    assert plan.good, as_text(renewal.page(plan))
    assert not plan.synthetic
    trust, certificates, restarts = plan.waves
    assert [step.id for step in trust.steps] == ["trust-expe1-ca", "trust-expc1-ca", "trust-expc2-ca"]
    assert [s.id for s in certificates.steps if s.node == "expc2"] == [
        "request-expc2-server", "sign-expc2-server", "upload-expc2-server"]  # fmt: skip
    # E restarts before C, so that its list counts; of the cluster the primary first.
    assert [s.id for s in restarts.steps if s.id.startswith("restart")] == [
        "restart-expe1-1", "restart-expc1-1", "restart-expc2-1"]  # fmt: skip
    assert restarts.steps[2].text.startswith("expc1 (primary)")
    assert {text.split(" ")[0] for text in plan.without_trust} == {"z1", "z2"}
    assert set(plan.files) >= {"requests/expc1-request.cnf", "ca/expe1-trusted-ca/01-Own-Issuing-CA.pem",
                               "ca/expe1-trusted-ca/02-Own-Root-CA.pem"}  # fmt: skip
    assert plan.files["ca/expe1-trusted-ca/02-Own-Root-CA.pem"] == OWN_ROOT.pem
    assert "extendedKeyUsage = serverAuth, clientAuth" in plan.files["requests/expc2-request.cnf"]


def test_a_name_that_is_lost_shows_and_breaks(planned: Planned, tmp_path: Path) -> None:
    plan = planned(replace(CLUSTER, candidates=candidates(tmp_path, names=("expc.example.com",))))
    assert {d.lost for d in plan.differences if d.what == "names"} == {"expc1.example.com", "expc2.example.com"}
    assert not plan.good
    assert [text.split(" ")[0] for text in plan.waves[2].verdict.worse] == ["z1", "z2"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Request(), "Name candidates"),
        (Request(certificates=("nobody",), wish=Wish("X")), "no node"),
        (Request(certificates=("expc1:tomcat",), wish=Wish("X")), "no certificate"),
        (Request(clusters=("other",), wish=Wish("X")), "no cluster"),
        (Request(candidates=(("expc1", Path("/nowhere.pem")),)), "cannot be read"),
    ],
)
def test_what_is_not_there_is_told(planned: Planned, asked: Request, said: str) -> None:
    with pytest.raises(CertdoctorError, match=said):
        planned(asked)


def test_a_project_is_kept_ticked_off_and_resumed(practice: Practice, tmp_path: Path) -> None:
    case = practice.save_examined([clusters.write(tmp_path / "site")])
    kept = practice.plan_renewal(case.site_id, replace(CLUSTER, candidates=candidates(tmp_path)), "de")
    assert (kept.record.number, kept.record.state, kept.plan.good, kept.done) == ("R-0001", "open", True, frozenset())
    assert practice.renewal(kept.record.id) == kept
    practice.tick_renewal(kept.record.id, "trust-expe1-ca", True)
    practice.tick_renewal(kept.record.id, "trust-expc1-ca", True)
    practice.tick_renewal(kept.record.id, "trust-expc1-ca", False)
    (again,) = practice.renewals(case.site_id)
    assert again.done == {"trust-expe1-ca"}
    assert again.plan == kept.plan
    with pytest.raises(CertdoctorError, match="no step"):
        practice.tick_renewal(kept.record.id, "dance", True)
    with pytest.raises(CertdoctorError, match="are open"):
        practice.close_renewal(kept.record.id)
    paths = practice.write_renewal(kept.record.id, tmp_path / "out")
    assert {p.name for p in paths} >= {"renewal.md", "renewal.pdf", "expc1-request.cnf", "01-Own-Issuing-CA.pem"}
    assert "[x] expe1: " in (tmp_path / "out" / "renewal.md").read_text()
    for wave in kept.plan.waves:
        for step in wave.steps:
            practice.tick_renewal(kept.record.id, step.id, True)
    practice.close_renewal(kept.record.id)
    with pytest.raises(CertdoctorError, match="closed already"):
        practice.close_renewal(kept.record.id)
    kinds = [e.kind for e in practice.site(case.site_id).events]
    assert {"renewal planned", "renewal closed", "files written"} <= set(kinds)
