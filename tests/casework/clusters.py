"""A site as a folder of files: two peers of an Expressway-C cluster that connect to one Expressway-E."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests import pki

# Genuine servers judge by the machine's clock, so these are valid for long.
START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
OLD_ROOT = pki.ca("Old Public Root", kind="rsa")
OLD = pki.ca("Old Public CA", OLD_ROOT, kind="rsa", path_length=0)
EDGE = pki.leaf("expe1.example.com", OLD, start=START, end=END, kind="rsa")
PEERS = {
    name: pki.leaf(f"{name}.example.com", OLD, names=(f"{name}.example.com", "expc.example.com"), start=START, end=END,
                   kind="rsa")
    for name in ("expc1", "expc2")
}  # fmt: skip

SITE = """\
schema: certdoctor/site@1
customer: Example Ltd
site: HQ
at: 2026-11-23T12:00:00Z
nodes:
  - id: expc1
    role: expressway-c
    version: X14.3.7
    names: [expc1.example.com]
    cluster: expc.example.com
    identities: {server: certs/expc1.pem}
    trust: {ca: trust/expc1.pem}
    settings: {xconf: xconf.txt}
  - id: expc2
    role: expressway-c
    version: X14.3.7
    names: [expc2.example.com]
    cluster: expc.example.com
    identities: {server: certs/expc2.pem}
    trust: {ca: trust/expc2.pem}
  - id: expe1
    role: expressway-e
    version: X14.3.7
    names: [expe1.example.com]
    identities: {server: certs/expe1.pem}
    trust: {ca: trust/expe1.pem}
connections:
  - {id: z1, kind: traversal-sip, client: expc1, server: expe1, port: 7001, name: expe1.example.com,
     verify_name: expc1.example.com}
  - {id: z2, kind: traversal-sip, client: expc2, server: expe1, port: 7001, name: expe1.example.com,
     verify_name: expc2.example.com}
"""
XCONF = "".join(
    f"*c xConfiguration {line}\n"
    for line in (
        'SystemUnit Name: "expc1"',
        'IP DNS Hostname: "expc1"',
        'IP DNS Domain Name: "example.com"',
        'Alternates Peer 1 Address: "expc2.example.com"',
        'Alternates Peer 2 Address: "expc1.example.com"',
        'Alternates ConfigurationMaster: "2"',
    )
)


def write(folder: Path) -> Path:
    """Write the site and return its folder."""
    files = {"site.yml": SITE, "xconf.txt": XCONF, "certs/expe1.pem": pki.bundle(EDGE, OLD)}
    for name, issued in PEERS.items():
        files[f"certs/{name}.pem"] = pki.bundle(issued, OLD)
    for name in (*PEERS, "expe1"):
        files[f"trust/{name}.pem"] = pki.bundle(OLD_ROOT, OLD)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
