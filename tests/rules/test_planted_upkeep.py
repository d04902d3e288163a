"""Faults in how boxes are run, planted in whole sites: locked pages, ACME, tunnels, upgrades, restarts, archives."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509

from certdoctor.casework.examination import Examination
from certdoctor.casework.examine import examine
from certdoctor.casework.sites import description_of
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder
from tests import pki
from tests.evidence import wire
from tests.facts.test_captures import client_hello
from tests.rules.plants import alarm
from tests.rules.whole_sites import AT, DAY, WholeSite, make

SERIOUS = ("critical", "high", "medium")
BEFORE = "2026-11-17_10_00_00"  # a week before the archives of `AT`
WEEK = 7 * 24 * 3600


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture(scope="module")
def engine(knowledge: Knowledge) -> Iterator[Engine]:
    with Engine(knowledge) as engine:
        yield engine


def examined(where: Path, knowledge: Knowledge, engine: Engine) -> Examination:
    evidence = read_paths([where])
    return examine(evidence, description_of(evidence), knowledge, engine, now=AT)


def serious(result: Examination) -> list[str]:
    return [finding.diagnosis for finding in result.findings if finding.severity in SERIOUS]


# --- in the files of one time ------------------------------------------------------------------------------------

Plant = Callable[[WholeSite], None]


def locked_out(site: WholeSite) -> None:
    c = site.cs[0]
    c.xconf["Authentication Certificate Mode"] = "Validation"
    c.log.append(f'2026-11-24T09:12:44.724+01:00 {c.id} httpd: Event="Admin Session CBA Authorization Failure"\n')


def port_2222_refused(site: WholeSite) -> None:
    c = site.cs[0]
    line = f"ssh: connect to host {site.peers[site.es[0].id]} port 2222: Connection refused"
    c.log.append(f"2026-11-24T09:12:44.724+01:00 {c.id} portforwarding: {line}\n")


def peer_without_address(site: WholeSite) -> None:
    c = site.cs[0]
    line = f"ssh: Could not resolve hostname {site.peers[site.es[0].id]}: Name or service not known"
    c.log.append(f"2026-11-24T09:12:44.724+01:00 {c.id} portforwarding: {line}\n")


def tunnel_alarm(site: WholeSite) -> None:
    site.cs[0].log.append(alarm(site.cs[0], 35014, "Unified Communications SSH tunnel notification failure"))


def name_unknown_to_the_ca(site: WholeSite) -> None:
    e = site.es[0]
    e.log.append(alarm(e, 40061, f"DNS problem: NXDOMAIN looking up A for {e.name} - check that a DNS record exists"))


def jabber_guest_beside_acme(site: WholeSite) -> None:
    site.es[0].xconf |= {"Acme AutomatedScheduler": "On", "CollaborationEdge JabberGuest Enabled": "On"}


def due_and_unwatched(site: WholeSite) -> None:
    e = site.es[0]
    authority = pki.issue(pki.name("R99", "Let's Encrypt"), site.edge_ca.root, is_ca=True, start=AT - 400 * DAY)
    for box in site.expressways:
        box.learn(authority)
    e.change("server", issuer=authority, start=AT - 65 * DAY, end=AT + 25 * DAY, behind=(authority,))
    e.xconf["Acme AutomatedScheduler"] = "Off"


def ocsp_only(site: WholeSite) -> None:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example.net/a.crl")], None, None, None)
    for c in site.cs:
        for slot in c.identities:
            c.change(slot, extensions=((x509.CRLDistributionPoints([point]), False),))
    site.es[0].xconf |= {
        "SIP TLS Certificate Revocation Checking Mode": "On",
        "SIP TLS Certificate Revocation Checking CRL Mode": "Off",
        "SIP TLS Certificate Revocation Checking OCSP Mode": "On",
    }


def names_of_the_inside(site: WholeSite) -> None:
    e = site.es[0]
    policy = x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.2"), None)
    e.change("server", extensions=((x509.CertificatePolicies([policy]), False),), end=AT + 150 * DAY)
    e.csr = pki.csr(e.name, names=(e.name, site.domain, f"{e.id}.corp.local"))


def domain_unknown_to_phones(site: WholeSite) -> None:
    site.client.id = "phone-8845"
    e = site.es[0]
    domains = (site.domain, f"collab-edge.{site.domain}")
    e.change("server", names=tuple(name for name in e.identities["server"].names if name not in domains))


def tls_1_0_only(site: WholeSite) -> None:
    """C's hello in a capture offers TLS 1.0, and E answers with protocol_version."""
    c, e = site.cs[0], site.es[0]
    said = [("client", client_hello(0x0301, name=site.peers[e.id])), ("server", b"\x15\x03\x01\x00\x02\x02\x46")]
    frames = wire.connection(said, wire.Tcp((c.addresses[0], 40000), (e.addresses[0], 7001)))
    site.beside["zone.pcap"] = wire.pcap(frames)


PLANTS: dict[str, tuple[Plant, str, str]] = {
    "the web page refuses an administrator": (locked_out, "CLI-09", "cause_found"),
    "port 2222 is closed": (port_2222_refused, "TUN-02", "cause_found"),
    "the name of Expressway-E has no address": (peer_without_address, "TUN-02", "differential"),
    "the tunnel service raises its alarm": (tunnel_alarm, "TUN-02", "differential"),
    "the CA finds no address": (name_unknown_to_the_ca, "ACM-02", "cause_found"),
    "Jabber Guest beside ACME": (jabber_guest_beside_acme, "ACM-09", "cause_found"),
    "OCSP only, and certificates without it": (ocsp_only, "REV-03", "cause_found"),
    "internal names for a public CA": (names_of_the_inside, "CLI-06", "cause_found"),
    "the domain that phones look for is missing": (domain_unknown_to_phones, "CLI-03", "cause_found"),
    "a client that offers TLS 1.0 only": (tls_1_0_only, "CRY-03", "cause_found"),
    "a due certificate that nothing renews": (due_and_unwatched, "ACM-10", "cause_found"),
}


@pytest.mark.parametrize("label", PLANTS)
def test_planted_fault_is_found_and_nothing_else(
    label: str, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    plant, diagnosis, verdict = PLANTS[label]
    site = make(11, c_count=1, e_count=1, forms=("plain",), versions=("X14.3.7",))
    plant(site)
    result = examined(site.write(tmp_path), knowledge, engine)
    assert set(serious(result)) == {diagnosis}
    assert result.findings[0].diagnosis == diagnosis
    assert result.verdict.value == verdict


@pytest.mark.parametrize(("hsts", "found"), [("On", True), ("Off", False)])
def test_strict_transport_takes_the_way_on(
    hsts: str, found: bool, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    site = make(11, c_count=1, e_count=1, forms=("plain",), given=True)
    c = site.cs[0]
    c.change("server", end=AT - DAY)
    c.xconf["Management Interface HstsMode"] = hsts
    site.more_connections.append(
        {"id": "admin", "kind": "admin-web", "client": "jabber", "server": c.id, "port": 443, "name": c.name}
    )
    result = examined(site.write(tmp_path), knowledge, engine)
    assert result.findings[0].diagnosis == "LIF-01"
    assert any(f.diagnosis == "CLI-08" and f.under == "LIF-01" for f in result.folded) is found


def test_second_mail_domain_is_folded_under_the_missing_domain(
    tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    site = make(11, c_count=1, e_count=1, forms=("plain",), given=False)
    written = site.write(tmp_path)
    described = (written / "site.yml").read_text()
    domain = f"- {site.domain}\n"
    assert domain in described
    (written / "site.yml").write_text(described.replace(domain, f"{domain}- subsidiary.example.net\n", 1))
    result = examined(written, knowledge, engine)
    assert serious(result) == ["CLI-01"]
    assert [(f.diagnosis, f.params["domain"]) for f in result.folded] == [("CLI-07", "subsidiary.example.net")]


# --- between two archives ----------------------------------------------------------------------------------------


def archives(site: WholeSite, where: Path, before: Plant, after: Plant) -> Path:
    """Write the archives of all Expressways twice: after `before` a week ago, after `after` now."""
    for change, taken in ((before, BEFORE), (after, "2026-11-24_10_00_00")):
        change(site)
        for box in site.expressways:
            site.archive(box, where, taken)
    return where


def nothing(site: WholeSite) -> None:
    pass


@pytest.mark.parametrize(
    ("c_runs", "e_runs", "found"),
    [(30 * WEEK, 3600, True), (3600, 30 * WEEK, True), (3600, 7200, False), (30 * WEEK, 31 * WEEK, False)],
)
def test_only_one_side_was_restarted(
    c_runs: int, e_runs: int, found: bool, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    site = make(11, c_count=1, e_count=1, forms=("archive",), versions=("X14.3.7",))

    def new_root(site: WholeSite) -> None:
        for box, runs in ((site.cs[0], c_runs), (site.es[0], e_runs)):
            box.learn(pki.ca("Dogwood Root CA"))
            box.uptime = runs

    result = examined(archives(site, tmp_path, nothing, new_root), knowledge, engine)
    assert serious(result) == (["OPS-04"] if found else [])


@pytest.mark.parametrize(
    ("number", "lowered", "upgraded", "found"),
    [
        (20004, False, True, True),
        (20004, True, True, False),
        (20004, False, False, False),
        (40049, False, True, False),  # may stand
    ],
)
def test_upgrade_with_open_alarms(
    number: int, lowered: bool, upgraded: bool, found: bool, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    site = make(11, c_count=1, e_count=1, forms=("archive",), versions=("X14.2.1",))

    def alarmed(site: WholeSite) -> None:
        site.cs[0].log.append(alarm(site.cs[0], number, "Cluster replication error"))

    def upgrade(site: WholeSite) -> None:
        c = site.cs[0]
        c.version = "X14.3.7" if upgraded else c.version
        c.log = [alarm(c, number, "", "Lowered").replace("08:20", "08:40")] if lowered else []

    result = examined(archives(site, tmp_path, alarmed, upgrade), knowledge, engine)
    assert ("OPS-03" in serious(result)) is found


def test_archive_with_nothing_but_the_log(tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    site = make(11, c_count=1, e_count=1, forms=("archive",), versions=("X14.3.7",))
    whole = site.write(tmp_path)
    assert examined(whole, knowledge, engine).findings == ()
    c = site.cs[0]
    c.trust, c.identities, c.version = {}, {}, ""
    log_only(c.id, "".join(c.log), next(tmp_path.glob(f"diagnostic_log_{c.id}_*")))
    result = examined(whole, knowledge, engine)
    assert [(f.diagnosis, f.severity) for f in result.findings] == [("OPS-02", "low")]


def log_only(host: str, text: str, archive: Path) -> None:
    """Leave only the log in an archive."""
    with tarfile.open(archive, "w:gz") as written:
        info = tarfile.TarInfo(f"loggingsnapshot_{host}_2026-11-24_10_00_00.txt")
        info.size = len(text.encode())
        written.addfile(info, io.BytesIO(text.encode()))
