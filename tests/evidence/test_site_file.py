from __future__ import annotations

from datetime import UTC, datetime

import pytest

from certdoctor.errors import BadInput
from certdoctor.evidence.site import ConnectionDescription, NodeDescription, SiteDescription
from certdoctor.evidence.site_file import parse
from certdoctor.limits import Limits

FULL = """\
schema: certdoctor/site@1
customer: Example Ltd
site: HQ
at: 2026-11-23T12:00:00Z            # judge as of this time (default: now)
domains: [example.com]
nodes:
  - id: expc1
    role: expressway-c
    version: 14.30
    names: [expc1.example.com]
    addresses: [192.0.2.10]
    cluster: expc-cluster.example.com
    identities: {server: certs/expc1.pem, candidate: ./up/new.pem}
    trust: {ca: trust/expc1.pem}
    settings:
      xconf: expc1_xconf.txt
      csr: a.csr
      crl: b.crl
      phone_security_profiles: [p.example.com]
      chat_aliases: [c.example.com]
      federation_domains: [f.example.com]
    logs: [logs/expc1.txt]
  - {id: expe1, role: expressway-e}
connections:
  - id: c1
    kind: traversal-sip
    client: expc1
    server: expe1
    port: 7001
    name: expe1.example.com
    verify_name: expc-cluster.example.com
    client_identity: server
    server_identity: server
    store: client
symptoms: [traversal-zone-tls-failure]
text: "Traversal-Zone ausgefallen, TLS-Aushandlungsfehler"
answers: {change.last: cert_renewed, zone.was_up: yes}
"""


def test_everything() -> None:
    assert parse(FULL, "hq/site.yml") == SiteDescription(
        customer="Example Ltd",
        site="HQ",
        at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        domains=("example.com",),
        nodes=(
            NodeDescription(
                id="expc1",
                role="expressway-c",
                version="14.30",
                names=("expc1.example.com",),
                addresses=("192.0.2.10",),
                cluster="expc-cluster.example.com",
                identities={"server": "hq/certs/expc1.pem", "candidate": "hq/up/new.pem"},
                trust={"ca": "hq/trust/expc1.pem"},
                xconf="hq/expc1_xconf.txt",
                csr="hq/a.csr",
                crl="hq/b.crl",
                phone_security_profiles=("p.example.com",),
                chat_aliases=("c.example.com",),
                federation_domains=("f.example.com",),
                logs=("hq/logs/expc1.txt",),
            ),
            NodeDescription(id="expe1", role="expressway-e"),
        ),
        connections=(
            ConnectionDescription(
                id="c1",
                kind="traversal-sip",
                client="expc1",
                server="expe1",
                port=7001,
                name="expe1.example.com",
                verify_name="expc-cluster.example.com",
                client_identity="server",
                server_identity="server",
                store="client",
            ),
        ),
        symptoms=("traversal-zone-tls-failure",),
        text="Traversal-Zone ausgefallen, TLS-Aushandlungsfehler",
        answers={"change.last": "cert_renewed", "zone.was_up": "yes"},
        source="hq/site.yml",
    )


def test_nothing_but_the_schema() -> None:
    assert parse("schema: certdoctor/site@1\nnodes:\ncustomer: ~\n", "site.yml") == SiteDescription(source="site.yml")


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("certdoctor/site@1", "certdoctor/site@9", "line 1, schema", "certdoctor/site@1"),
        ("schema: certdoctor/site@1\n", "", "line 1", "schema: certdoctor/site@1"),
        ("customer:", "costumer:", "line 2, costumer", "“customer”"),
        ("customer:", "site:", "line 3, site", "twice"),
        ("2026-11-23T12:00:00Z", "2026-11-23T12:00:00", "line 4, at", "2026-11-23T12:00:00Z"),
        ("2026-11-23T12:00:00Z", "0001-01-01T00:00:00+10:00", "line 4, at", "2026-11-23T12:00:00Z"),
        ("domains: [example.com]", "domains: example.com", "line 5, domains", "list"),
        ("id: expc1", "id: EXPC_1", "line 7, nodes.id", "a-z"),
        ("role: expressway-c", "role: expressway_c", "line 8, role", "“expressway-c”"),
        ("role: expressway-c", "role: telephone-exchange", "line 8, role", "cucm"),
        ("names: [expc1.example.com]", "names: [[a]]", "line 10, names", "One value"),
        ("names: [expc1.example.com]", "names: ['']", "line 10, names", "empty"),
        ("addresses:", "adresses:", "line 11, adresses", "“addresses”"),
        ("certs/expc1.pem", "../expc1.pem", "line 13, identities.server", "leads out"),
        ("certs/expc1.pem", "a/../../expc1.pem", "line 13, identities.server", "leads out"),
        ("certs/expc1.pem", "/etc/passwd", "line 13, identities.server", "leads out"),
        ("certs/expc1.pem", 'C:\\x.pem', "line 13, identities.server", "leads out"),
        ("{ca: trust/expc1.pem}", "trust/expc1.pem", "line 14, trust", "mapping"),
        ("xconf:", "xonf:", "line 16, xonf", "“xconf”"),
        ("id: expe1", "id: expc1", "line 23, nodes.id", "line 7"),
        ("server: expe1\n", "server: expe2\n", "line 28, server", "“expe1”"),
        ("port: 7001", "port: 70010", "line 29, port", "65535"),
        ("port: 7001", "port: x", "line 29, port", "65535"),
        ("    kind: traversal-sip\n", "", "line 25, connections", "“kind”"),
        ("[example.com]", "&a [example.com]", "line 5", "Anchors"),
        ("customer: Example Ltd", "customer: *a", "line 2", "Anchors"),
        ("customer: Example Ltd", "customer: [[[[[[[[[[[[a]]]]]]]]]]]]", "line 2", "nested"),
        ("customer: Example Ltd", "customer: [", "line", "not YAML"),
        ("customer: Example Ltd", "? [a]\n: b", "line 2", "One value"),
        ("symptoms:", "---\nsymptoms:", "line", "second document"),
    ],
)  # fmt: skip
def test_faults_name_line_key_and_remedy(old: str, new: str, place: str, words: str) -> None:
    assert old in FULL
    with pytest.raises(BadInput) as caught:
        parse(FULL.replace(old, new, 1), "site.yml")
    assert caught.value.place.startswith(place)
    assert words in str(caught.value)
    assert str(caught.value).startswith("site.yml: line ")


def test_size() -> None:
    with pytest.raises(BadInput, match="yaml_bytes"):
        parse(FULL, "site.yml", Limits(yaml_bytes=100))
