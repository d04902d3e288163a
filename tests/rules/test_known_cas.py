"""Faults that turn on which CA it is, planted in a small site: each is found under its name, and nothing else is.

The CAs only bear the names of those that they stand for: that is all a chain cut off tells of what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509

from certdoctor.casework.examination import Examination
from certdoctor.casework.sites import examine_paths
from tests import pki
from tests.known_cas import (
    COMMERCIAL,
    COMMERCIAL_ISSUING,
    PUBLIC_SECTOR,
    PUBLIC_SECTOR_ISSUING,
    QUOVADIS,
    R10,
    R12,
    ROOT_YR,
    X1,
    YR2,
)

SERIOUS = ("critical", "high", "medium")
C, E, PARTNER, WEBEX = "expc1.example.com", "expe1.example.com", "sip.example.org", "sip.example.net"


PRIVATE = pki.ca("Private Root CA")
PRIVATE_ISSUING = pki.intermediate("Private Issuing CA", PRIVATE)
BASE = (PRIVATE, PRIVATE_ISSUING)
SERVER_ONLY = (pki.SERVER_AUTH,)


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One Expressway-C and one Expressway-E with their zone; clients, a partner and Webex where they are wished."""

    e: pki.Issued
    e_before: pki.Issued | None = None
    e_version: str = "X15.5"
    c_list: tuple[pki.Issued, ...]
    e_list: tuple[pki.Issued, ...]
    clients: dict[str, tuple[str, tuple[pki.Issued, ...] | None]] = field(default_factory=dict)  # id -> version, list
    partner_list: tuple[pki.Issued, ...] | None = None
    webex: pki.Issued | None = None
    candidate: pki.Issued | None = None

    def write(self, folder: Path) -> Path:
        """Write the site's files and return the folder."""

        def put(name: str, *items: pki.Issued) -> str:
            (folder / name).write_text(pki.bundle(*items))
            return name

        c = pki.leaf(C, PRIVATE_ISSUING)
        slots = [f"server: {put('expe1.pem', self.e)}"]
        if self.e_before is not None:
            slots.append(f"previous: {put('expe1-before.pem', self.e_before)}")
        if self.candidate is not None:
            slots.append(f"candidate: {put('expe1-new.pem', self.candidate)}")
        nodes = [
            f"  - id: expc1\n    role: expressway-c\n    version: {self.e_version}\n    names: [{C}]\n"
            f"    identities: {{server: {put('expc1.pem', c)}}}\n    trust: {{ca: {put('c.pem', *self.c_list)}}}\n",
            f"  - id: expe1\n    role: expressway-e\n    version: {self.e_version}\n    names: [{E}]\n"
            f"    identities: {{{', '.join(slots)}}}\n    trust: {{ca: {put('e.pem', *self.e_list)}}}\n",
        ]
        wires = [
            f"  - {{id: zone, kind: traversal-sip, client: expc1, server: expe1, port: 7001, name: {E}, verify_name: {C}}}\n"
        ]
        wires.append(f"  - {{id: tunnel, kind: traversal-ssh, client: expc1, server: expe1, port: 2222, name: {E}}}\n")
        for name, (version, trust) in self.clients.items():
            node = f"  - id: {name}\n    role: client\n" + (f"    version: {version}\n" if version else "")
            nodes.append(node + (f"    trust: {{ca: {put(f'{name}.pem', *trust)}}}\n" if trust else ""))
            wires.append(
                f"  - {{id: {name}, kind: edge-https, client: {name}, server: expe1, port: 8443, name: {E}}}\n"
            )
        if self.partner_list is not None:
            trust_list = put("partner-ca.pem", *self.partner_list)
            own = put("partner.pem", pki.leaf(PARTNER, PRIVATE_ISSUING))
            nodes.append(
                f"  - id: partner\n    role: partner\n    names: [{PARTNER}]\n"
                f"    identities: {{server: {own}}}\n    trust: {{ca: {trust_list}}}\n"
            )
            wires.append(
                f"  - {{id: b2b, kind: b2b-sip, client: partner, server: expe1, port: 5061, name: {E},"
                f" verify_name: {PARTNER}}}\n"
            )
        if self.webex is not None:
            nodes.append(
                f"  - id: webex\n    role: webex\n    names: [{WEBEX}]\n"
                f"    identities: {{server: {put('webex.pem', self.webex, *self.webex.chain[1:-1])}}}\n"
            )
            wires.append(
                f"  - {{id: cloud, kind: webex-sip, client: expe1, server: webex, port: 5062, name: {WEBEX}}}\n"
            )
        if self.candidate is not None:
            wires.append("  - {id: new, kind: upload, client: expe1, server: expe1}\n")
        (folder / "site.yml").write_text(
            "schema: certdoctor/site@1\ncustomer: Example Ltd\nsite: HQ\nnodes:\n"
            + "".join(nodes)
            + "connections:\n"
            + "".join(wires)
        )
        return folder


def edge(
    *cas: pki.Issued,
    without: Iterable[pki.Issued] = (),
    purposes: tuple[x509.ObjectIdentifier, ...] = pki.BOTH,
    **more: object,
) -> Edge:
    """An edge whose certificate the first of `cas` issued; `without` are missing in C's list."""
    lists = {"c_list": (*BASE, *(ca for ca in cas if ca not in without)), "e_list": (*BASE, *cas)}
    return Edge(e=pki.leaf(E, cas[0], purposes=purposes), **{**lists, **more})  # type: ignore[arg-type]


OUR_OWN = (PRIVATE_ISSUING, PRIVATE)
BOTH_LISTS = (*BASE, R12, X1)
FAULTS: dict[str, tuple[Callable[[], Edge], list[str]]] = {
    "Let's Encrypt, and everybody has its CAs": (
        lambda: edge(R12, X1, clients={"jabber": ("", (X1,)), "phone1": ("12.8", (X1,))}, partner_list=(X1, PRIVATE)),
        [],
    ),
    "C has none of Let's Encrypt's CAs": (lambda: edge(R12, X1, without=(R12, X1)), ["ACM-04"]),
    "C lacks the root of Let's Encrypt": (lambda: edge(R12, X1, without=(X1,)), ["ACM-04"]),
    "neither box has what Let's Encrypt's new certificate needs": (
        lambda: edge(R10, X1, candidate=pki.leaf(E, R12, key_name="new")),
        ["ACM-07"],
    ),
    "C was made for another CA of Let's Encrypt": (
        lambda: edge(R12, X1, e_list=(*BASE, X1), c_list=(*BASE, X1, R10)),
        ["ACM-07"],
    ),
    "E cannot send the CA that issued": (
        lambda: edge(R12, X1, e_list=(*BASE, R10, X1), clients={"jabber": ("", (X1,))}),
        ["ACM-07"],
    ),
    "C lacks Generation Y": (lambda: edge(YR2, ROOT_YR, X1, without=(YR2, ROOT_YR)), ["ACM-06"]),
    "E has the issuing CA of Generation Y, but not Root YR": (
        lambda: edge(YR2, ROOT_YR, X1, e_list=(*BASE, YR2, X1), clients={"jabber": ("", (X1,))}),
        ["ACM-06"],
    ),
    "the scheduler brought a certificate for servers only": (
        lambda: edge(YR2, ROOT_YR, X1, purposes=SERVER_ONLY, e_version="X15.3.1"),
        ["ACM-05"],
    ),
    "for servers only, and X15.5 is content": (lambda: edge(YR2, ROOT_YR, X1, purposes=SERVER_ONLY), []),
    "a client and a partner lack the root with both usages": (
        lambda: edge(PUBLIC_SECTOR_ISSUING, PUBLIC_SECTOR, clients={"jabber": ("", (X1,))}, partner_list=(X1, *BASE)),
        ["EKU-08"],
    ),
    "a partner lacks the private root of E": (lambda: edge(*OUR_OWN, partner_list=(X1,)), ["EKU-11"]),
    "everybody has the private root of E": (
        lambda: edge(*OUR_OWN, partner_list=BASE, clients={"jabber": ("", BASE), "phone1": ("", BASE)}),
        [],
    ),
    "E was renewed from a private CA, which clients do not know": (
        lambda: edge(*OUR_OWN, e_before=pki.leaf(E, R12, serial=7), clients={"jabber": ("", (X1,))}),
        ["EKU-11"],
    ),
    "clients do not know the private root of E": (lambda: edge(*OUR_OWN, clients={"jabber": ("", (X1,))}), ["CLI-01"]),
    "E lacks the root of the cloud": (
        lambda: edge(R12, X1, webex=pki.leaf(WEBEX, COMMERCIAL_ISSUING), e_list=(*BASE, R12, X1, QUOVADIS)),
        ["HYB-03"],
    ),
    "E has the root of the cloud": (
        lambda: edge(R12, X1, webex=pki.leaf(WEBEX, COMMERCIAL_ISSUING), e_list=(*BASE, R12, X1, COMMERCIAL)),
        [],
    ),
    "a phone stands before a private root": (lambda: edge(*OUR_OWN, clients={"phone1": ("", None)}), ["CLI-02"]),
    "a phone with a list of its own stands before a private root": (
        lambda: edge(*OUR_OWN, clients={"cp8845": ("", (X1,)), "jabber": ("", BASE)}),
        ["CLI-02"],
    ),
    "the firmware of a phone is too old": (
        lambda: edge(R12, X1, clients={"phone1": ("12.5.1", None), "jabber": ("", (X1,))}),
        ["CLI-04"],
    ),
    "the software of a room device is too old": (
        lambda: edge(R12, X1, clients={"device": ("CE9.8.1", None)}),
        ["CLI-04"],
    ),
    "an 8831 does not know the root after QuoVadis": (
        lambda: edge(COMMERCIAL_ISSUING, COMMERCIAL, clients={"cp8831": ("", (QUOVADIS,))}),
        ["CLI-05"],
    ),
    "the firmware is recent enough": (
        lambda: edge(R12, X1, clients={"phone1": ("sip88xx.12-7-1", None), "device": ("CE9.9.0", None)}),
        [],
    ),
}


def examined(made: Edge, folder: Path, lang: str = "en") -> Examination:
    return examine_paths([made.write(folder)], passwords=[], at=None, now=pki.NOW, lang=lang)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found_under_its_name(fault: str, tmp_path: Path) -> None:
    make, expected = FAULTS[fault]
    result = examined(make(), tmp_path, "de")
    assert {finding.diagnosis for finding in result.findings if finding.severity in SERIOUS} == set(expected)
    assert result.verdict.value == ("cause_found" if expected else "healthy")
    for finding in (*result.findings, *result.folded):
        for text in (finding.title, finding.summary, *(line.text for line in finding.fix)):
            assert text.strip()
            assert "{" not in text
