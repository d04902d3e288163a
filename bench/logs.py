"""Searching logs with all signatures: MB/s and peak memory, beside a loop that only reads the lines."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from certdoctor.evidence.items import Document, Kind, Origin
from certdoctor.facts.logs import Signatures
from certdoctor.knowledge.load import load
from certdoctor.resources import folder

_MEGABYTES = 100
_QUIET = (
    b'2026-11-23T10:49:18.724+01:00 expe1 tvcs: UTCTime="2026-11-23 09:49:18,724" Module="network.sip" Level="DEBUG":  '
    b'Src-ip="192.0.2.10" Src-port="25001" Detail="Receive Request Method=REGISTER, Request-URI=sip:example.com"\n'
    b'2026-11-23T10:49:18.731+01:00 expc1 traffic_server[2030]: UTCTime="2026-11-23 09:49:18,731" '
    b'Module="network.http.trafficserver" Level="DEBUG": Detail="Sending Request" Txn-id="3028" Dst-port="6972"\n'
    b'2026-11-23T10:49:18.740+01:00 expe1 tvcs: Module="developer.ssl" Level="INFO" Detail="Handshake in progress" '
    b'Reason="want read/write"\n'
)
_TELLING = (
    b'2026-11-23T10:49:19.000+01:00 expe1 tvcs: Event="Inbound TLS Negotiation Error" Service="SIP" '
    b'Src-ip="192.0.2.10" Src-port="58531" Dst-ip="198.51.100.10" Dst-port="7001" Detail="tlsv1 alert unknown ca" '
    b'Protocol="TLS" Level="1" UTCTime="2026-11-23 09:49:19,000"\n'
)


def sample(megabytes: int = _MEGABYTES) -> bytes:
    """Return a log of this size in which one line of some three thousand tells of a refused certificate."""
    block = _QUIET * 1000 + _TELLING
    return block * (megabytes * 1_000_000 // len(block))


def main() -> None:
    """Print the figures."""
    data = sample()
    knowledge = load(folder("rules"), folder("kb"))
    assert knowledge.reasons is not None
    signatures = Signatures(knowledge.signatures, knowledge.reasons)
    document = Document(Origin("box.log"), Kind.LOG, kept=data)
    found = 0

    def search() -> None:
        nonlocal found
        found = sum(1 for _event in signatures.events("box", document))

    searching = _seconds(search)
    reading = _seconds(lambda: sum(1 for _line in data.splitlines()))
    size = len(data) / 1_000_000
    print(f"a log of {size:.0f} MB with {found} telling lines")
    print(f"   searched at {size / searching:.0f} MB/s; a loop over its lines alone {size / reading:.0f} MB/s")
    code = (
        "import resource, sys; from bench.logs import main_once; main_once();"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    held = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    print(f"   peak memory {held} MiB, the log itself held as {size / 1.048576:.0f} MiB")


def main_once() -> None:
    """Search once, for the measuring of memory."""
    data = sample()
    knowledge = load(folder("rules"), folder("kb"))
    assert knowledge.reasons is not None
    document = Document(Origin("box.log"), Kind.LOG, kept=data)
    for _event in Signatures(knowledge.signatures, knowledge.reasons).events("box", document):
        pass


def _seconds(work: Callable[[], object]) -> float:
    taken = []
    for _round in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)
