"""A small site as a folder of files: an Expressway pair and a CUCM, all of one CA."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from tests import pki

ROOT = pki.ca("Site Root CA")
SUB = pki.intermediate("Site Issuing CA", ROOT)
EXPC = pki.leaf("expc1.example.com", SUB, names=["expc1.example.com"])
EXPE = pki.leaf("expe1.example.com", SUB, names=["expe1.example.com"])
# Renewed by another issuing CA, which nobody knows yet
OTHER = pki.intermediate("Other Issuing CA", pki.ca("Other Root CA"))
RENEWED = pki.leaf("expe1.example.com", OTHER, names=["expe1.example.com"])

SITE = """\
schema: certdoctor/site@1
customer: Example Ltd
site: HQ
at: 2026-11-23T12:00:00Z
domains: [example.com]
nodes:
  - id: expc1
    role: expressway-c
    version: X14.3.7
    names: [expc1.example.com]
    addresses: [192.0.2.10]
    identities: {server: certs/expc1.pem}
    trust: {ca: trust/expc1.pem}
    logs: [logs/expc1.txt]
  - id: expe1
    role: expressway-e
    version: X14.3.7
    names: [expe1.example.com]
    identities: {server: certs/expe1.pem}
    trust: {ca: trust/shared.pem}
  - id: expe2
    role: expressway-e
    names: [expe2.example.com]
    trust: {ca: trust/shared.pem}
connections:
  - {id: c1, kind: traversal-sip, client: expc1, server: expe1, port: 7001, name: expe1.example.com,
     verify_name: expc1.example.com}
symptoms: [traversal-zone-tls-failure]
text: |
  Traversal zone is down since Sunday
  and nobody can call
answers: {change.last: cert_renewed}
"""

QUIET = '2026-11-23T10:00:0{n}+00:00 expc1 tvcs: Event="System Start" Level="1" UTCTime="2026-11-23 10:00:0{n},000"\n'


def write(folder: Path, *, server: pki.Issued = EXPE, trusted: str | None = None, site: str = SITE) -> Path:
    """Write the site and return its folder.

    Args:
        folder: where.
        server: what expe1 presents.
        trusted: the trust list of expc1, default: the site's own CAs.
        site: the site file, "" for none.
    """
    chain = server.chain[1:-1]
    files = {
        "certs/expc1.pem": pki.bundle(EXPC, SUB),
        "certs/expe1.pem": pki.bundle(server, *chain),
        "trust/expc1.pem": pki.bundle(ROOT, SUB) if trusted is None else trusted,
        "trust/shared.pem": pki.bundle(ROOT, SUB),
        "logs/expc1.txt": "".join(QUIET.format(n=n) for n in range(5)),
    }
    if site:
        files["site.yml"] = site
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


TRAVERSAL_CLIENT = (
    '*c xConfiguration Zones Zone 1 Name: "UC"\n'
    '*c xConfiguration Zones Zone 1 TraversalClient Peer 1 Address: "expe1.example.com"\n'
)
TRAVERSAL_SERVER = (
    '*c xConfiguration Zones Zone 1 Name: "UC"\n'
    '*c xConfiguration Zones Zone 1 TraversalServer SIP TLS Verify Subject Name: "expc1.example.com"\n'
)


def write_archive(folder: Path, host: str, taken: str, zones: str, server: pki.Issued | None = None) -> Path:
    """Write what an Expressway gives under Diagnostics, and return the archive.

    Args:
        folder: where.
        host: whose, "expc1" or "expe1".
        taken: the time stamp.
        zones: lines of its configuration.
        server: what it presents, default: the site's own.
    """
    configuration = (
        f'*c xConfiguration SystemUnit Name: "{host}"\n'
        f'*c xConfiguration IP DNS Hostname: "{host}"\n'
        '*c xConfiguration IP DNS Domain Name: "example.com"\n' + zones
    )
    server = server or (EXPC if host == "expc1" else EXPE)
    members = {
        f"loggingsnapshot_{host}_{taken}.txt": "".join(QUIET.format(n=n) for n in range(5)),
        f"xconf_dump_{host}_{taken}.txt": configuration,
        f"ca_{host}_{taken}.pem": pki.bundle(ROOT, SUB),
        f"server_{host}_{taken}.pem": server.pem,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"diagnostic_log_{host}_{taken}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            data = content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path
