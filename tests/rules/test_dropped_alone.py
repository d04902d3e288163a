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
