"""Faults of CUCM, IM&P, Unity Connection, CMS and Webex planted in whole sites: found under their names, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
from tests.rules.plants import alarm
from tests.rules.whole_sites import AT, DAY, Box, Leaf, WholeSite, make, upload

SERIOUS = ("critical", "high", "medium")
PUBLIC = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.2"), None)])
WEBEX_ROOT = pki.ca("Cloud Root CA")
WEBEX_CA = pki.ca("Cloud Issuing CA", WEBEX_ROOT, path_length=0)


@dataclass(frozen=True)
class Planted:
    """What is planted, and which findings it must lead to."""

    change: Callable[[WholeSite], None]
    serious: frozenset[str]  # all findings above low
    low: frozenset[str]
    verdict: str
    folded: frozenset[str]


PLANTED: dict[str, Planted] = {}


def plant(
    serious: str = "", *, low: str = "", verdict: str = "cause_found", folded: str = ""
) -> Callable[[Callable[[WholeSite], None]], Callable[[WholeSite], None]]:
    def add(change: Callable[[WholeSite], None]) -> Callable[[WholeSite], None]:
        label = change.__name__.strip("_").replace("_", " ")
        found, minor, under = (frozenset(text.split()) for text in (serious, low, folded))
        PLANTED[label] = Planted(change, found, minor, verdict, under)
        return change

    return add


def publisher(site: WholeSite) -> Box:
    return site.all("cucm")[0]


def offer(site: WholeSite, box: Box, leaf: Leaf, *, asked: Leaf | None = None) -> None:
    """Offer a renewal of the box's tomcat certificate, made from the request `asked`."""
    box.identities["candidate"] = leaf
    request = asked or leaf
    box.csr = pki.csr(request.common_name, names=request.names, private=request.key)
    site.more_connections.append(upload(box))


def renewed(box: Box, **changes: object) -> Leaf:
    return replace(box.identities["tomcat"], **{"start": AT - DAY, "key_name": "pending", **changes})  # type: ignore[arg-type]


@plant(verdict="healthy")
def _good_candidate(site: WholeSite) -> None:
    offer(site, publisher(site), renewed(publisher(site)))


@plant("UCM-01")
def _the_ca_added_a_name(site: WholeSite) -> None:
    asked = renewed(publisher(site))
    offer(site, publisher(site), replace(asked, names=(*asked.names, f"www.{asked.names[0]}")), asked=asked)


@plant("UCM-01", folded="UPL-15")
def _the_ca_left_out_a_name(site: WholeSite) -> None:
    asked = renewed(publisher(site))
    offer(site, publisher(site), replace(asked, names=asked.names[:1]), asked=asked)


@plant("UCM-02", folded="UPL-03")
def _made_from_another_request(site: WholeSite) -> None:
    leaf = renewed(publisher(site))
    offer(site, publisher(site), leaf, asked=replace(leaf, key_name="another"))


@plant("UCM-03", folded="UPL-02")
def _the_trust_store_lacks_the_new_ca(site: WholeSite) -> None:
    new = pki.ca("Yew Issuing CA", pki.ca("Yew Root CA"), path_length=0)
    offer(site, publisher(site), renewed(publisher(site), issuer=new))


@plant("UCM-13", verdict="differential")
def _the_whole_chain_in_one_file(site: WholeSite) -> None:
    issuer = publisher(site).identities["tomcat"].issuer
    assert issuer is not None
    offer(site, publisher(site), renewed(publisher(site), behind=issuer.chain))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(folder("rules"), folder("kb"))


@pytest.fixture(scope="module")
def engine(knowledge: Knowledge) -> Iterator[Engine]:
    with Engine(knowledge) as engine:
        yield engine


# --- logs --------------------------------------------------------------------------------------------------------


def said(site: WholeSite, role: str, line: str) -> None:
    site.all(role)[0].log.append(f"2026-11-24 09:00:00 {line}\n")


@plant("UCM-01", verdict="differential")
def _the_upload_page_names_the_sans(site: WholeSite) -> None:
    said(site, "cucm", "CSR SAN and Certificate SAN does not match")


@plant("UCM-02", verdict="differential")
def _the_upload_page_names_the_key(site: WholeSite) -> None:
    said(site, "cucm", "CSR public key and Certificate public key doesn't match")


@plant("UCM-03", verdict="differential")
def _the_upload_page_names_the_ca(site: WholeSite) -> None:
    said(site, "cucm", "CA certificate is not available in the trust-store")


@plant("UCM-13", verdict="differential")
def _the_upload_page_cannot_read(site: WholeSite) -> None:
    said(site, "cucm", "Certificate upload failed: Error reading the certificate")


@plant("UCM-07", verdict="differential")
def _the_response_cannot_be_decrypted(site: WholeSite) -> None:
    said(site, "cucm", "SAMLAuthenticator - Error while processing saml response")


@plant("UCM-04", verdict="differential")
def _phones_refuse_the_list(site: WholeSite) -> None:
    box = publisher(site)
    for slot in ("callmanager", "tvs", "itlrecovery"):
        box.identities[slot] = Leaf(box.name, (box.name,), site.uc_ca.issuing, key_name=slot, start=AT - DAY)
    said(site, "cucm", "SEP001122334455 Trust list update failed")


@plant(verdict="healthy")
def _all_keys_of_a_fresh_installation(site: WholeSite) -> None:
    box = publisher(site)
    for slot in ("callmanager", "tvs", "itlrecovery"):
        box.identities[slot] = Leaf(box.name, (box.name,), site.uc_ca.issuing, key_name=slot, start=AT - DAY)


@plant("UCM-05", verdict="differential")
def _the_ctl_holds_another_capf(site: WholeSite) -> None:
    box = publisher(site)
    box.identities["capf"] = Leaf("CAPF-1", (box.name,), site.uc_ca.issuing, key_name="capf")
    record = "\tCTL Record #:1\n4\tFUNCTION\t2\tCAPF\n5\tISSUERNAME\t9\tCN=CAPF-0\n6\tSERIALNUMBER\t4\t00:00:00:07\n"
    box.log.append("admin:show ctl\n" + record)


@plant("CMS-02", verdict="differential")
def _no_link_to_the_web_bridge(site: WholeSite) -> None:
    line = "failed to establish connection to web bridge link 2 (unknown error)"
    site.boxes.append(Box("cms9", "cms", [f"cms9.{site.inside}"], log=[f"2026-11-24 09:00:00 WARNING : {line}\n"]))


def raised(number: int) -> Callable[[WholeSite], None]:
    def change(site: WholeSite) -> None:
        box = site.rng.choice(site.cs)
        box.log.append(alarm(box, number, "something about a certificate"))

    change.__name__ = f"alarm {number}"
    return change


for _number in range(60055, 60061):
    plant("HYB-02", verdict="differential")(raised(_number))
plant("MGT-02", verdict="differential")(raised(15029))
for _number in (40066, 15024, 15025, 15026, 15027):
    plant("HSM-01", verdict="differential")(raised(_number))


# --- certificates and lists --------------------------------------------------------------------------------------


@plant(low="UCM-10", verdict="healthy")
def _callmanager_uses_the_certificate_of_tomcat(site: WholeSite) -> None:
    for box in site.all("cucm"):
        box.identities["callmanager"] = box.identities["tomcat"]


@plant("UCM-11")
def _policies_marked_critical(site: WholeSite) -> None:
    for box in site.all("cucm", "imp"):
        box.change("tomcat", extensions=((PUBLIC, True),))


@plant(low="UCM-15", verdict="healthy")
def _an_expired_ca_that_nothing_needs(site: WholeSite) -> None:
    publisher(site).learn(pki.ca("Elder Root CA", start=AT - 3000 * DAY, end=AT - 300 * DAY), name="tomcat")


@plant("UCM-14", verdict="differential")
def _the_subscriber_kept_the_certificate_before(site: WholeSite) -> None:
    for box in (publisher(site), *site.all("imp")):
        box.change("tomcat", start=AT - DAY, key_name="new")


@plant("MRA-03 UCM-14")
def _the_subscriber_is_not_in_the_shared_certificate(site: WholeSite) -> None:
    left_out = site.all("cucm")[1].name
    for box in site.all("cucm", "imp"):
        box.change("tomcat", names=tuple(n for n in box.identities["tomcat"].names if n != left_out))


@plant("MRA-01 UCM-09")
def _a_ca_did_not_reach_the_subscriber(site: WholeSite) -> None:
    for name in ("tomcat", "callmanager"):
        site.all("cucm")[1].forget(*site.inside_ca.chain, name=name)


@plant(low="EKU-07", verdict="healthy")
def _public_certificates_for_servers_only(site: WholeSite) -> None:
    for box in site.all("cucm", "imp"):
        box.change("tomcat", purposes=(pki.SERVER_AUTH,), extensions=((PUBLIC, False),))


# --- Webex -------------------------------------------------------------------------------------------------------


def webex(site: WholeSite, *known: pki.Issued, refused: str = "") -> Box:
    """Add Webex, which calls the first Expressway-E on port 5062."""
    e = site.es[0]
    cloud = Leaf("l2sip.example.net", ("l2sip.example.net",), WEBEX_CA, key_name="webex", behind=(WEBEX_CA,))
    site.boxes.append(Box("webex", "webex", ["l2sip.example.net"], ["203.0.113.80"], identities={"server": cloud}))
    e.learn(*known)
    call = {"id": "calls", "kind": "webex-sip", "client": "webex", "server": e.id, "port": 5062, "name": e.name}
    site.more_connections.append(call)
    if refused:
        e.log.append(
            f'2026-11-24T09:00:00.000+01:00 {e.id} tvcs: Event="Inbound TLS Negotiation Error" Service="SIP" '
            f'Src-ip="203.0.113.80" Src-port="58531" Dst-ip="{e.addresses[0]}" Dst-port="5062" Detail="{refused}" '
            'Protocol="TLS" Level="1" UTCTime="2026-11-24 08:00:00,000"\n'
        )
    return e


@plant(verdict="healthy")
def _webex_is_trusted(site: WholeSite) -> None:
    webex(site, WEBEX_ROOT)


@plant("HYB-01")
def _the_root_of_webex_is_missing(site: WholeSite) -> None:
    webex(site)


@plant("HYB-01", verdict="differential")
def _the_log_refuses_the_root_of_webex(site: WholeSite) -> None:
    webex(site, WEBEX_ROOT, refused="self signed certificate in certificate chain")
    site.all("webex")[0].identities = {}


@plant("HYB-05", verdict="differential")
def _webex_refuses_a_private_ca(site: WholeSite) -> None:
    webex(site, WEBEX_ROOT, refused="sslv3 alert certificate unknown")


@plant("HYB-04", verdict="differential")
def _webex_refuses_a_public_certificate(site: WholeSite) -> None:
    webex(site, WEBEX_ROOT, refused="sslv3 alert certificate unknown")
    for box in site.es:
        box.change("server", extensions=((PUBLIC, False),))


@plant("CLU-02", verdict="differential")
def _a_peer_that_is_not_reached(site: WholeSite) -> None:
    c, other = site.cs
    for box in site.cs:
        box.xconf["Alternates TLSVerificationMode"] = "Enforcing"
    c.log.append(alarm(c, 20021, f"Unable to establish a TCP connection with {other.name} on ports 4372"))


@plant(low="CLU-01", verdict="healthy")
def _a_saved_list_of_alarms(site: WholeSite) -> None:
    site.es[0].log.append("Cluster TLS permissive\tRaised\tNotice\t40049\n")


# --- the test ----------------------------------------------------------------------------------------------------


def examined(site: WholeSite, where: Path, knowledge: Knowledge, engine: Engine) -> Examination:
    evidence = read_paths([site.write(where)])
    return examine(evidence, description_of(evidence), knowledge, engine, now=AT)


@pytest.mark.parametrize("label", PLANTED)
def test_planted_fault_is_found(label: str, tmp_path: Path, knowledge: Knowledge, engine: Engine) -> None:
    planted = PLANTED[label]
    site = make(7, forms=("plain",), versions=("X14.3.7",), given=True)
    planted.change(site)
    result = examined(site, tmp_path, knowledge, engine)
    assert {f.diagnosis for f in result.findings if f.severity in SERIOUS} == planted.serious
    assert {f.diagnosis for f in result.findings if f.severity not in SERIOUS} >= planted.low
    assert {f.diagnosis for f in result.folded} >= planted.folded
    assert result.verdict.value == planted.verdict
    assert result.disagreements == ()


@pytest.mark.parametrize(("key", "expected"), [("callmanager", set()), ("tomcat", set()), ("nobody's", {"UCM-02"})])
def test_each_service_has_a_request_of_its_own(
    key: str, expected: set[str], tmp_path: Path, knowledge: Knowledge, engine: Engine
) -> None:
    """A certificate manager snapshot holds the pending requests of all services."""
    name = "cucm-pub.example.com"
    root = pki.ca("Snapshot Root CA")
    in_use = pki.leaf(name, root)

    def identity(service: str) -> dict[str, str]:
        request = pki.csr(name, names=(name,), private=pki.key(f"pending {service.lower()}"))
        return {"service": service, "certificate": in_use.pem, "csr": request}

    trusts = [{"service": "tomcat-trust", "certificate_data": [{"filename": "root.pem", "certificate": root.pem}]}]
    snapshot = {"server": name, "identities": [identity("tomcat"), identity("CallManager")], "trusts": trusts}
    (tmp_path / "snapshot.json").write_text(json.dumps(snapshot))
    offered = pki.issue(pki.name(name), root, private=pki.key(f"pending {key}"), names=(name,), purposes=pki.BOTH)
    (tmp_path / "new.pem").write_text(offered.pem)
    (tmp_path / "site.yml").write_text(
        "schema: certdoctor/site@1\ncustomer: Example Ltd\nsite: HQ\nnodes:\n"
        f"  - {{id: cucm-pub, role: cucm, names: [{name}], identities: {{candidate: new.pem}}}}\n"
    )
    evidence = read_paths([tmp_path])
    result = examine(evidence, description_of(evidence), knowledge, engine, now=pki.NOW)
    assert {f.diagnosis for f in result.findings if f.severity in SERIOUS} == expected
