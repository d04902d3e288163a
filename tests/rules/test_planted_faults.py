"""Faults planted in a small site of real certificates: each is found under its name, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from certdoctor.casework.examination import Examination
from certdoctor.casework.sites import examine_paths
from tests import pki

SERIOUS = ("critical", "high", "medium")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LAST_YEAR = datetime(2025, 6, 1, tzinfo=UTC)

PRIVATE_ROOT = pki.ca("Private Root CA")
PRIVATE_CA = pki.intermediate("Private Issuing CA", PRIVATE_ROOT)
PUBLIC_ROOT = pki.ca("Public Root CA")
PUBLIC_CA = pki.intermediate("Public Issuing CA", PUBLIC_ROOT)
ALL_CAS = (PRIVATE_ROOT, PRIVATE_CA, PUBLIC_ROOT, PUBLIC_CA)

C, E, CLUSTER = "expc1.example.com", "expe1.example.com", "expc.example.com"


@dataclass(frozen=True, kw_only=True)
class Site:
    """One Expressway-C and one Expressway-E with traversal zone and SSH tunnel, and a client of E."""

    c: pki.Issued = field(default_factory=lambda: pki.leaf(C, PRIVATE_CA, names=(C, CLUSTER)))
    e: pki.Issued = field(default_factory=lambda: pki.leaf(E, PUBLIC_CA))
    c_before: pki.Issued | None = None
    c_client: pki.Issued | None = None
    version: str = "X14.3.7"
    c_list: tuple[pki.Issued, ...] = ALL_CAS
    e_list: tuple[pki.Issued, ...] = ALL_CAS
    peer: str = E
    subject_name: str = CLUSTER
    cluster: str = ""
    client_list: tuple[pki.Issued, ...] = (PUBLIC_ROOT,)
    c_log: str = ""
    e_log: str = ""

    def write(self, folder: Path) -> Path:
        """Write the site's files and return the folder."""
        held = {"server": self.c, "previous": self.c_before, "client": self.c_client}
        identities = {slot: issued for slot, issued in held.items() if issued is not None}
        for slot, issued in identities.items():
            (folder / f"expc1-{slot}.pem").write_text(issued.pem)
        (folder / "expe1.pem").write_text(self.e.pem)
        (folder / "expc1-ca.pem").write_text(pki.bundle(*self.c_list))
        (folder / "expe1-ca.pem").write_text(pki.bundle(*self.e_list))
        (folder / "client-ca.pem").write_text(pki.bundle(*self.client_list))
        (folder / "expc1.log").write_text(self.c_log)
        (folder / "expe1.log").write_text(self.e_log)
        slots = ", ".join(f"{slot}: expc1-{slot}.pem" for slot in identities)
        cluster = f"    cluster: {self.cluster}\n" if self.cluster else ""
        (folder / "site.yml").write_text(
            "schema: certdoctor/site@1\n"
            "customer: Example Ltd\n"
            "site: HQ\n"
            "nodes:\n"
            f"  - id: expc1\n    role: expressway-c\n    version: {self.version}\n    names: [{C}]\n"
            f"    addresses: [192.0.2.10]\n{cluster}"
            f"    identities: {{{slots}}}\n    trust: {{ca: expc1-ca.pem}}\n    logs: [expc1.log]\n"
            f"  - id: expe1\n    role: expressway-e\n    version: {self.version}\n    names: [{E}]\n"
            "    addresses: [198.51.100.10]\n"
            "    identities: {server: expe1.pem}\n    trust: {ca: expe1-ca.pem}\n    logs: [expe1.log]\n"
            "  - id: jabber\n    role: client\n    trust: {ca: client-ca.pem}\n"
            "connections:\n"
            "  - {id: zone, kind: traversal-sip, client: expc1, server: expe1, port: 7001,"
            f' name: "{self.peer}", verify_name: "{self.subject_name}"}}\n'
            "  - {id: tunnel, kind: traversal-ssh, client: expc1, server: expe1, port: 2222,"
            f' name: "{self.peer}"}}\n'
            f"  - {{id: sign-in, kind: edge-https, client: jabber, server: expe1, port: 8443, name: {E}}}\n"
        )
        return folder


def without(*gone: pki.Issued) -> tuple[pki.Issued, ...]:
    return tuple(item for item in ALL_CAS if item not in gone)


def negotiation_error(way: str, detail: str) -> str:
    return (
        f'2026-11-23T10:00:00.000+01:00 box tvcs: Event="{way} TLS Negotiation Error" Service="SIP" '
        'Src-ip="192.0.2.10" Src-port="25697" Dst-ip="198.51.100.10" Dst-port="7001" '
        f'Detail="{detail}" Protocol="TLS" Level="1" UTCTime="2026-11-23 09:00:00,000"\n'
    )


def expired_intermediate() -> pki.Issued:
    return pki.ca("Public Issuing CA", PUBLIC_ROOT, path_length=0, start=LONG_AGO, end=LAST_YEAR)


def unmarked_ca() -> pki.Issued:
    return pki.issue(pki.name("Not A CA"), PRIVATE_ROOT, is_ca=False)


def narrow_ca() -> pki.Issued:
    limits = x509.NameConstraints(permitted_subtrees=[x509.DNSName("corp.example.net")], excluded_subtrees=None)
    return pki.issue(pki.name("Narrow CA"), PRIVATE_ROOT, is_ca=True, extensions=((limits, True),))


def site(**changes: object) -> Callable[[], Site]:
    return lambda: replace(Site(), **changes)  # type: ignore[arg-type]


def under(issuer: Callable[[], pki.Issued]) -> Callable[[], Site]:
    """C's certificate comes from a faulty CA that everybody has."""

    def made() -> Site:
        ca = issuer()
        everything = (*ALL_CAS, ca)
        return Site(c=pki.leaf(C, ca, names=(C, CLUSTER)), c_list=everything, e_list=everything)

    return made


def expired_ca() -> Site:
    old = expired_intermediate()
    cas = (*without(PUBLIC_CA), old)
    return Site(e=pki.leaf(E, old), c_list=cas, e_list=cas)


def too_deep() -> Site:
    above = pki.ca("Last CA", PRIVATE_ROOT, path_length=0)
    below = pki.ca("One CA Too Many", above)
    cas = (*ALL_CAS, above, below)
    return Site(c=pki.leaf(C, below, names=(C, CLUSTER)), c_list=cas, e_list=cas)


def new_intermediate() -> Site:
    renewed = pki.intermediate("Private Issuing CA 2", PRIVATE_ROOT)
    return Site(
        c=pki.leaf(C, renewed, names=(C, CLUSTER)),
        c_before=pki.leaf(C, PRIVATE_CA, names=(C, CLUSTER), serial=7),
        c_list=(*ALL_CAS, renewed),
    )


def rekeyed_ca() -> Site:
    again = pki.ca("Private Issuing CA", PRIVATE_ROOT, key_name="second", path_length=0)
    return Site(c=pki.leaf(C, again, names=(C, CLUSTER)), c_list=(PRIVATE_ROOT, again, PUBLIC_ROOT, PUBLIC_CA))


def temporary() -> Site:
    install = pki.ca("Temporary CA 4711")
    return Site(e=pki.leaf(E, install), e_list=(*ALL_CAS, install))


def dst_root_x3() -> Site:
    root = pki.ca("DST Root CA X3", start=datetime(2001, 1, 1, tzinfo=UTC), end=datetime(2021, 9, 30, tzinfo=UTC))
    middle = pki.ca("R3", root, path_length=0)
    cas = (*ALL_CAS, root, middle)
    return Site(e=pki.leaf(E, middle), c_list=cas, e_list=cas)


def twin() -> Site:
    """The list of C holds the expired and the current certificate of the same CA."""
    return Site(c_list=(*ALL_CAS, expired_intermediate()))


FAULTS: dict[str, tuple[Callable[[], Site], Iterable[str]]] = {
    "all is well": (site(), []),
    "E lacks C's intermediate, which C cannot send either": (
        site(c_list=without(PRIVATE_CA), e_list=without(PRIVATE_CA)),
        ["CHN-01"],
    ),
    "E lacks C's intermediate, the zone is content with what C sends": (
        site(e_list=without(PRIVATE_CA)),
        ["TUN-01"],
    ),
    "C lacks E's root": (site(c_list=without(PUBLIC_ROOT)), ["CHN-02"]),
    "C knows nothing of E's CA": (site(c_list=without(PUBLIC_ROOT, PUBLIC_CA)), ["ZON-04"]),
    "E is self-signed": (lambda: Site(e=pki.self_signed(E)), ["ZON-04", "CLI-01"]),
    "C lists another self-signed certificate of E's name": (
        lambda: Site(e=pki.self_signed(E), c_list=(*ALL_CAS, pki.self_signed(E, key_name="other"))),
        ["CHN-03", "CLI-01"],
    ),
    "E does not have its own intermediate, so clients do not get it": (
        site(e_list=without(PUBLIC_CA)),
        ["CHN-05"],
    ),
    "C was renewed from a new intermediate": (new_intermediate, ["CHN-06"]),
    "C's CA has a new key under the old name": (rekeyed_ca, ["CHN-06"]),
    "only DST Root CA X3 is there": (dst_root_x3, ["CHN-08", "CLI-01"]),
    "E still has the temporary certificate": (temporary, ["CHN-09"]),
    "E's intermediate has expired": (expired_ca, ["LIF-06"]),
    "an expired twin is in a list": (twin, []),
    "C's CA permits other names only": (under(narrow_ca), ["CHN-14"]),
    "C's CA may not sign": (under(unmarked_ca), ["UPL-13"]),
    "C's chain is too long": (too_deep, ["CHN-15"]),
    "the peer address is a name that E lacks": (site(peer="edge.example.com"), ["ZON-01"]),
    "E has a wildcard only": (lambda: Site(e=pki.leaf(E, PUBLIC_CA, names=("*.example.com",))), ["ZON-01", "UPL-11"]),
    "the zone demands a name that C lacks": (site(subject_name="old.example.com"), ["ZON-02"]),
    "the peer is an address": (site(peer="198.51.100.10"), ["ZON-03"]),
    "E's name is the CN only": (
        lambda: Site(e=pki.leaf(E, PUBLIC_CA, names=("www.example.com",))),
        ["ZON-10", "CLI-10"],
    ),
    "C lacks its cluster name": (lambda: Site(c=pki.leaf(C, PRIVATE_CA), cluster=CLUSTER), ["CLU-05"]),
    "the log finds a wrong password": (
        site(
            e_log='2026-11-23T10:00:00.000+01:00 box tvcs: Event="Authentication Failed" Service="SIP" '
            'Src-ip="192.0.2.10" Src-port="25697" Detail="Incorrect authentication credential for user" '
            'Protocol="TLS" Method="OPTIONS" Level="1" UTCTime="2026-11-23 09:00:00,000"\n'
        ),
        ["ZON-06"],
    ),
    "the log tells of a cut handshake": (
        site(c_log=negotiation_error("Outbound", "No SSL error available, probably remote disconnect")),
        ["ZON-07"],
    ),
    "E calls C's valid certificate not yet valid": (
        site(e_log=negotiation_error("Inbound", "certificate is not yet valid")),
        ["OPS-01"],
    ),
    "C's client certificate may not be a client": (
        lambda: Site(
            version="X15.5",
            c_client=pki.leaf(C, PRIVATE_CA, names=(C, CLUSTER), purposes=(pki.SERVER_AUTH,)),
        ),
        ["EKU-02"],
    ),
}

LOW = {"an expired twin is in a list": {"CHN-11"}}
# A rejected password may also be somebody else's attempt: that log line alone does not settle it.
NOT_CERTAIN = {"the log finds a wrong password"}


def examined(made: Site, folder: Path, lang: str = "en") -> Examination:
    return examine_paths([made.write(folder)], passwords=[], at=None, now=pki.NOW, lang=lang)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found_under_its_name(fault: str, tmp_path: Path) -> None:
    make, expected = FAULTS[fault]
    result = examined(make(), tmp_path)
    assert {finding.diagnosis for finding in result.findings if finding.severity == "low"} == LOW.get(fault, set())
    found = {finding.diagnosis for finding in result.findings if finding.severity in SERIOUS}
    assert found == set(expected)
    assert result.verdict.value == (
        "differential" if fault in NOT_CERTAIN else "cause_found" if expected else "healthy"
    )


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("fault", FAULTS)
def test_texts_leave_no_placeholder_open(fault: str, lang: str, tmp_path: Path) -> None:
    result = examined(FAULTS[fault][0](), tmp_path, lang)
    for finding in (*result.findings, *result.folded):
        for text in (finding.title, finding.summary, *(line.text for line in finding.fix)):
            assert text.strip()
            assert "{" not in text
