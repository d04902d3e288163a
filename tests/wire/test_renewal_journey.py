"""The renewal of a cluster that loses clientAuth: planned, rehearsed, carried out on genuine servers, proven, closed.

stunnel and HAProxy stand in for the Expressway-E: they verify with OpenSSL, ask for the client's certificate, and
trust what stands in their list. Nothing is put there but the list that E has and the files that the plan wrote.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certdoctor.casework.practice import Practice
from certdoctor.casework.renewal import Request, Wish
from tests import pki
from tests.casework import clusters
from tests.casework.conftest import Clock
from tests.wire import servers

OWN_ROOT = pki.ca("Company Root CA", kind="rsa")
OWN = pki.ca("Company Issuing CA", OWN_ROOT, kind="rsa", path_length=0)
PEERS = tuple(clusters.PEERS)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def practice(tmp_path: Path, clock: Clock) -> Iterator[Practice]:
    opened = Practice(tmp_path / "data", clock, "kim")
    yield opened
    opened.close()


@contextlib.contextmanager
def expressway_e(kind: str, folder: Path, trusted: Sequence[Path]) -> Iterator[int]:
    """Start a server that shows E's certificate and takes clients that these lists vouch for; give its port."""
    folder.mkdir()
    (folder / "e.pem").write_text(pki.bundle(clusters.EDGE, clusters.OLD) + clusters.EDGE.key_pem)
    (folder / "list.pem").write_text("".join(path.read_text() for path in trusted))
    (port,) = servers.free_ports(["zone"]).values()
    if kind == "stunnel":
        servers.need("/usr/bin/stunnel4")
        (folder / "conf").write_text(
            f"foreground = yes\npid =\nsyslog = no\n[zone]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{port}\n"
            f"cert = {folder}/e.pem\nCAfile = {folder}/list.pem\nverifyChain = yes\nrequireCert = yes\n"
        )
        command: list[str | Path] = ["/usr/bin/stunnel4", folder / "conf"]
    else:
        servers.need("/usr/sbin/haproxy")
        (folder / "conf").write_text(
            "global\n  log stdout format raw local0 info\ndefaults\n  mode http\n  log global\n  timeout connect 5s\n"
            "  timeout client 5s\n  timeout server 5s\nfrontend zone\n"
            f"  bind 127.0.0.1:{port} ssl crt {folder}/e.pem verify required ca-file {folder}/list.pem\n"
            "  http-request return status 204\n"
        )
        command = ["/usr/sbin/haproxy", "-db", "-f", folder / "conf"]
    with servers.running(command, {"zone": port}, folder / "log"):
        yield port


def taken(port: int, certificate: Path, key: Path) -> bool:
    """Tell whether the server goes on with a client that shows this certificate."""
    context = ssl.create_default_context(cadata=clusters.OLD_ROOT.pem)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # the refusal comes within the handshake
    context.load_cert_chain(certificate, key)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as raw,
            context.wrap_socket(raw, server_hostname="expe1.example.com"),
        ):
            return True
    except (ssl.SSLError, ConnectionError):
        return False


def signed(folder: Path, peer: str, requests: Path, issuer: pki.Issued) -> Path:
    """Make key and request with OpenSSL from the written file, have it signed as it asks, and return the bundle."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("the openssl program is not installed")
    command = [program, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / f"{peer}.key"),
               "-out", str(folder / f"{peer}.csr"), "-config", str(requests / f"{peer}-request.cnf")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    asked = x509.load_pem_x509_csr((folder / f"{peer}.csr").read_bytes())
    builder = (
        x509.CertificateBuilder()
        .subject_name(asked.subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(asked.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(servers.LONG_AGO)
        .not_valid_after(servers.FAR_AHEAD)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for extension in asked.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    made = pki.Issued(builder.sign(issuer.key, hashes.SHA256()), pki.key("unused"), issuer)
    (folder / f"{peer}.pem").write_text(pki.bundle(*made.chain))
    return folder / f"{peer}.pem"


@pytest.mark.parametrize("kind", ["stunnel", "haproxy"])
def test_renewal_of_a_cluster_that_loses_client_auth(
    kind: str, practice: Practice, clock: Clock, tmp_path: Path
) -> None:
    site = clusters.write(tmp_path / "site")
    case = practice.save_examined([site])
    assert practice.case(case.id).case.verdict == "healthy"
    cluster = Request(clusters=("expc.example.com",))
    lists = [site / "trust" / "expe1.pem"]

    # --- rehearsed: what the public CA will issue from January on breaks the traversal zone of both peers
    wish = Wish("Old Public CA", ("clientAuth",), datetime(2027, 1, 10, tzinfo=UTC))
    public = practice.plan_renewal(case.site_id, replace(cluster, title="as the public CA will", wish=wish))
    assert [text.split(" ")[0] for text in public.plan.waves[2].verdict.worse] == ["z1", "z2"]

    # ... and so it is on a genuine server
    for peer in PEERS:
        names = (f"{peer}.example.com", "expc.example.com")
        server_only = pki.leaf(names[0], clusters.OLD, names=names, purposes=[pki.SERVER_AUTH], kind="rsa",
                               start=servers.LONG_AGO, end=servers.FAR_AHEAD)  # fmt: skip
        (tmp_path / f"{peer}-public.pem").write_text(pki.bundle(server_only, clusters.OLD))
        (tmp_path / f"{peer}-now.pem").write_text(pki.bundle(clusters.PEERS[peer], clusters.OLD))
        (tmp_path / f"{peer}-public.key").write_text(server_only.key_pem)
        (tmp_path / f"{peer}-now.key").write_text(clusters.PEERS[peer].key_pem)
    with expressway_e(kind, tmp_path / "before", lists) as port:
        for peer in PEERS:
            assert taken(port, tmp_path / f"{peer}-now.pem", tmp_path / f"{peer}-now.key")
            assert not taken(port, tmp_path / f"{peer}-public.pem", tmp_path / f"{peer}-public.key")

    # --- planned otherwise: from the company's own CA, with both usages; the written requests go to that CA
    own = practice.plan_renewal(case.site_id, replace(cluster, wish=Wish("Company Issuing CA", days=3650)))
    assert own.plan.good
    practice.write_renewal(own.record.id, tmp_path / "requests")
    made = {peer: signed(tmp_path, peer, tmp_path / "requests" / "requests", OWN) for peer in PEERS}

    # --- rehearsed with what the CA gave: trust first, then certificates, then restarts
    real = practice.plan_renewal(case.site_id, replace(cluster, title="own CA", candidates=tuple(made.items())))
    assert real.plan.good
    assert {text.split(" ")[0] for text in real.plan.without_trust} == {"z1", "z2"}
    assert {d.lost for d in real.plan.differences} == {""}  # no name and no usage is lost
    written = practice.write_renewal(real.record.id, tmp_path / "out")
    cas = sorted(path for path in written if path.parent.name == "expe1-trusted-ca")
    assert len(cas) == 2

    # --- carried out: without the first wave the server refuses, with it the zone comes up with the new certificates
    with expressway_e(kind, tmp_path / "skipped", lists) as port:
        assert not any(taken(port, made[peer], tmp_path / f"{peer}.key") for peer in PEERS)
    with expressway_e(kind, tmp_path / "after", [*lists, *cas]) as port:
        for peer in PEERS:
            assert taken(port, tmp_path / f"{peer}-now.pem", tmp_path / f"{peer}-now.key")  # wave 1 breaks nothing
            assert taken(port, made[peer], tmp_path / f"{peer}.key")
    for wave in real.plan.waves:
        for step in wave.steps:
            practice.tick_renewal(real.record.id, step.id, True)

    # --- proven: newer evidence of the boxes, examined again
    clock.now += timedelta(days=1)
    newer = tmp_path / "newer"
    newer.mkdir()
    for peer in PEERS:
        (newer / f"{peer}-server.pem").write_text(made[peer].read_text())
    for node in (*PEERS, "expe1"):
        added = [path.read_text() for path in written if path.parent.name == f"{node}-trusted-ca"]
        (newer / f"{node}-list.pem").write_text((site / "trust" / f"{node}.pem").read_text() + "".join(added))
    practice.add_files(case.id, [newer])
    for peer in PEERS:
        practice.assign(case.id, f"{peer}-server.pem", peer, "identity:server")
    for node in (*PEERS, "expe1"):
        practice.assign(case.id, f"{node}-list.pem", node, "trust:ca")
    examined = practice.examine(case.id)
    assert examined.verdict.value == "healthy", [(f.diagnosis, f.summary) for f in examined.findings]
    zones = {c.id: (c.server_verdict, c.client_verdict) for c in examined.connections if c.id in ("z1", "z2")}
    assert zones == {"z1": ("accepted", "accepted"), "z2": ("accepted", "accepted")}
    leaf = {j.identity.leaf.certificate.sha256 for j in examined.judgements if j.presenter.id in PEERS and j.identity}
    assert leaf == {
        x509.load_pem_x509_certificates(path.read_bytes())[0].fingerprint(hashes.SHA256()).hex()
        for path in made.values()
    }
    assert practice.proof(case.id).remaining == ()

    # --- closed
    practice.close_renewal(real.record.id)
    practice.close_case(case.id, "The cluster has certificates of the company's CA with both usages.")
    assert practice.renewal(real.record.id).record.state == "closed"
    kinds = [event.kind for event in practice.site(case.site_id).events]
    assert kinds[:2] == ["case closed", "renewal closed"]
    assert kinds.count("renewal planned") == 3
