"""What single files tell that were dropped in alone, without a site file or an archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
from tests.rules.whole_sites import make

STAMP = "2026-11-20T10:49:18.724-05:00"
INBOUND = (
    'tvcs: Event="Inbound TLS Negotiation Error" Service="SIP" Src-ip="192.0.2.10" Src-port="58531" '
    'Dst-ip="192.0.2.20" Dst-port="7001" Detail="tlsv1 alert unknown ca" Protocol="TLS" Level="1" '
    'UTCTime="2026-11-20 15:49:18,724"'
)
OUTBOUND = (
    'Event="Outbound TLS Negotiation Error" Service="SIP" Src-ip="10.48.80.161" Src-port="25697" '
    'Dst-ip="10.48.36.171" Dst-port="7001" Detail="Peer\'s TLS certificate identity was unacceptable" '
    'Protocol="TLS" Common-name="10.48.36.171"'
)
REFUSED_BY_CUCM = (
    "traffic_server[2030]:[ET_NET 1]ERROR:SSL connection failed for 'expc.example.com':error:14094418: "
    "SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca"
)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture(scope="module")
def engine(knowledge: Knowledge) -> Iterator[Engine]:
    with Engine(knowledge) as engine:
        yield engine


def told(where: Path, knowledge: Knowledge, engine: Engine, **files: str | bytes) -> Examination:
    for name, content in files.items():
        path = where / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    evidence = read_paths([where])
    return examine(evidence, description_of(evidence), knowledge, engine, now=pki.NOW)


TICKET = f"Hello,\n\nMRA is down. Our new certificate:\n\n{pki.leaf().pem}\nFrom the log:\n{STAMP} expe1 {INBOUND}\n"
QUOTED = "".join(f"> {line}\r\n" for line in TICKET.splitlines())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{STAMP} expe1 {INBOUND}\n", ("ZON-04", "sip-c-192-0-2-10-expe1")),
        (TICKET, ("ZON-04", "sip-c-192-0-2-10-expe1")),
        (QUOTED, ("ZON-04", "sip-c-192-0-2-10-expe1")),
        (OUTBOUND, ("ZON-01", "sip-log-e-10-48-36-171")),
        (f"{STAMP} exp-c {REFUSED_BY_CUCM}\n", ("MRA-01", "tftp-exp-c-cucm")),
    ],
    ids=["log", "ticket", "quoted ticket", "pasted line", "traffic server"],
)
def test_a_log_alone(text: str, wanted: tuple[str, str], tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    result = told(tmp_path, knowledge, engine, log_dot_txt=text)
    assert [(f.diagnosis, *f.connections) for f in result.findings] == [wanted]
    assert result.verdict.value == "differential"  # a log line alone is no proof
    assert any("known only from log.txt, line" in item.why for item in result.unchecked)


def test_a_log_that_tells_nothing_of_connections(tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    result = told(tmp_path, knowledge, engine, log_dot_txt=f'{STAMP} expe1 tvcs: Event="Registration Accepted"\n')
    assert (result.verdict.value, result.findings) == ("not_checked", ())
    assert [item.what for item in result.unchecked] == ["expe1"]


LEAF = pki.leaf(names=("expe1.example.com", "example.com"))
REQUEST = pki.csr(names=("expe1.example.com", "example.com"), private=LEAF.key)


@pytest.mark.parametrize(
    ("request_", "answer", "wanted"),
    [
        (REQUEST, LEAF.pem, []),
        (REQUEST, LEAF.der, []),
        (REQUEST, pki.leaf().pem, ["UPL-15"]),
        (REQUEST, pki.pkcs7(*pki.leaf().chain), ["UPL-15"]),
        (pki.csr(private=pki.key("of another request")), pki.leaf().pem, ["UPL-03"]),
        (pki.csr("expc1.example.com", private=pki.key("of another box")), LEAF.pem, []),
    ],
    ids=["fits", "fits, DER", "names left out", "names left out, PKCS#7", "another key", "another box"],
)
def test_a_request_and_its_answer(
    request_: str,
    answer: str | bytes,
    wanted: list[str],
    tmp_path: Path,
    knowledge: Knowledge,
    engine: Engine,
) -> None:
    result = told(tmp_path, knowledge, engine, request_dot_csr=request_, certnew_dot_cer=answer)
    assert [f.diagnosis for f in result.findings] == wanted
    assert not wanted or result.verdict.value == "cause_found"
    assert all("taken as" in item.why for item in result.unchecked if item.what in ("request.csr", "certnew.cer"))


def test_the_answer_among_older_certificates(tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    older = pki.leaf(key_name="older").pem
    result = told(tmp_path, knowledge, engine, old_dot_pem=older, request_dot_csr=REQUEST, new_dot_pem=LEAF.pem)
    assert result.findings == ()


def test_a_certificate_alone(tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    old = pki.leaf(start=pki.START.replace(year=2024), end=pki.START.replace(year=2025))
    result = told(tmp_path, knowledge, engine, a_dot_pem=old.pem)
    assert [f.diagnosis for f in result.findings] == ["LIF-01"]
    assert told(tmp_path, knowledge, engine, a_dot_pem=LEAF.pem).findings == ()
    assert told(tmp_path, knowledge, engine, a_dot_pem=pki.ca("Gone", end=pki.START).pem).findings == ()


def configuration(host: str, *lines: str) -> str:
    held = (f'SystemUnit Name: "{host}"', 'IP DNS Domain Name: "example.com"', *lines)
    return "".join(f"*c xConfiguration {line}\n" for line in held)


ZONE = "Zones Zone 1"
C = configuration("expc1", f'{ZONE} Type: "UnifiedCommunicationsTraversalClient"',
                  f'{ZONE} TraversalClient Peer 1 Address: "expe1.example.com"')  # fmt: skip
E = configuration("expe1", f'{ZONE} Type: "UnifiedCommunicationsTraversalServer"',
                  f'{ZONE} TraversalServer SIP TLS Verify Subject Name: "expc1.example.com"')  # fmt: skip


def test_configurations_and_certificates_by_their_names(tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    """No archive, no site file: two pasted configurations, and certificates saved from the web pages."""
    both = pki.bundle(pki.intermediate(), pki.ca())
    files = {
        "c_dot_txt": C,
        "e_dot_txt": E,
        "expc1_dot_pem": pki.leaf("expc1.example.com").pem,
        "saved_dot_pem": pki.leaf().pem,
        "expc1-ca_dot_pem": both,
        "expe1-ca_dot_pem": both,
    }
    result = told(tmp_path, knowledge, engine, **files)
    assert {c.kind: (c.client_verdict, c.server_verdict) for c in result.connections} == {
        "traversal-sip": ("accepted", "accepted"),
        "traversal-ssh": ("accepted", "accepted"),
    }
    assert result.verdict.value == "healthy"
    files["expc1-ca_dot_pem"] = pki.ca().pem
    assert [f.diagnosis for f in told(tmp_path, knowledge, engine, **files).findings] == ["TUN-01"]


OWN = pki.leaf("cucm-pub.example.com")
CALLMANAGER = pki.leaf("cucm-pub.example.com", key_name="callmanager")
STRANGER = pki.ca("Somebody's Root CA")
SESSION = "".join(
    f"admin:show cert {what}\n{pem}"
    for what, pem in (
        ("own tomcat", OWN.pem),
        ("own CallManager", CALLMANAGER.pem),
        ("trust tomcat-trust/x.pem", STRANGER.pem),
        ("trust CallManager-trust/x.pem", STRANGER.pem),
    )
)


@pytest.mark.parametrize("form", ["session", "folders"])
def test_a_uc_node_from_what_its_pages_and_commands_give(
    form: str, tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    files = {
        "c_dot_txt": configuration("expc1", f'{ZONE} TraversalClient Peer 1 Address: "expe1.example.com"'),
        "expc1_dot_pem": pki.leaf("expc1.example.com").pem,
        "expc1-ca_dot_pem": pki.bundle(pki.intermediate(), pki.ca()),
    }
    files |= {"cucm_dot_txt": SESSION} if form == "session" else {
        "cucm__tomcat_dot_pem": OWN.pem,
        "cucm__CallManager_dot_pem": CALLMANAGER.pem,
        "cucm__tomcat-trust__x_dot_pem": STRANGER.pem,
        "cucm__CallManager-trust__x_dot_pem": STRANGER.pem,
    }  # fmt: skip
    result = told(tmp_path, knowledge, engine, **files)
    assert [(f.diagnosis, *f.connections) for f in result.findings] == [("MRA-01", "tftp-expc1-cucm-pub")]


def test_a_capture_alone(tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    stranger = pki.ca("Another Root CA")
    said = wire.handshake(pki.leaf(), client_trusts=(stranger,))
    result = told(tmp_path, knowledge, engine, a_dot_pcap=wire.pcap(wire.connection(said)))
    assert [(f.diagnosis, *f.connections) for f in result.findings] == [("ZON-04", "sip-c-192-0-2-10-expe1")]
    assert {item.what for item in result.unchecked if "known only from a.pcap" in item.why} == {
        "c-192-0-2-10",
        "expe1.example.com",
    }
    server = result.deployment.nodes["expe1"]
    assert server.identities["server"].leaf.certificate.sha256 == pki.leaf().sha256


def test_a_capture_beside_the_configurations_adds_no_box(tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    capture = wire.pcap(wire.connection(wire.handshake(pki.leaf())))
    result = told(tmp_path, knowledge, engine, c_dot_txt=C, e_dot_txt=E, a_dot_pcap=capture)
    assert set(result.deployment.nodes) == {"expc1", "expe1"}


@pytest.mark.parametrize(
    ("name", "wanted"), [("expe1_new.pem", ["UPL-01"]), ("expe1_key.pem", []), ("cucm1_new.pem", []), ("new.pem", [])]
)
def test_a_damaged_certificate_that_bears_the_name_of_its_box(
    name: str, wanted: list[str], tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    lines = pki.leaf().pem.splitlines()
    site = make(5, versions=("X15.4.0",), c_count=1, e_count=1, given=False, forms=("plain",))
    site.es[0].id = "expe1"
    for box in site.expressways:
        site.archive(box, tmp_path)
    found = told(tmp_path, knowledge, engine, **{name: "\n".join([*lines[:4], *lines[5:]])})
    assert [finding.diagnosis for finding in found.findings] == wanted


def test_a_session_with_other_commands_is_no_diagnostic_archive(
    tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    before = f"admin:show status\n\nHost Name : cucm-pub\n{STAMP} cucm-pub Uptime\n\n"
    found = told(tmp_path, knowledge, engine, cucm_dot_txt=before + SESSION)
    assert "OPS-02" not in [finding.diagnosis for finding in found.findings]
