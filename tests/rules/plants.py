"""Faults to plant in whole sites: what each changes, what it must be found as, and what else is true of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from tests import known_cas as cas
from tests import pki
from tests.rules.whole_sites import AT, BEFORE_ECDSA, DAY, Box, Leaf, WholeSite, authority, upload, zones

BEFORE_X15_4 = ("X14.0.5", "X14.2.1", "X14.3.7", "X15.2", "X15.3.1")
VERIFYING = ("X14.2.1", "X14.3.7", "X15.2", "X15.3.1", "X15.4.0", "X15.5.0")
X15_5 = ("X15.5.0",)


@dataclass(frozen=True)
class Plant:
    """One fault. `as_well` counts as `id`; `also` may be said besides; `touches` must differ within a pair."""

    id: str
    change: Callable[[WholeSite], None]
    as_well: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    wishes: Mapping[str, object] = field(default_factory=dict)
    certain: bool = True  # False: a log line alone, so a differential is the right answer too


PLANTS: dict[str, Plant] = {}


def plant(
    id: str,
    *,
    also: str = "",
    as_well: str = "",
    touches: str,
    certain: bool = True,
    **wishes: object,
) -> Callable[[Callable[[WholeSite], None]], Callable[[WholeSite], None]]:
    def add(change: Callable[[WholeSite], None]) -> Callable[[WholeSite], None]:
        label = f"{id} {change.__name__.strip('_').replace('_', ' ')}"
        PLANTS[label] = Plant(
            id,
            change,
            frozenset(as_well.split()),
            frozenset(also.split()),
            frozenset(touches.split()),
            wishes,
            certain,
        )
        return change

    return add


# --- uploads -----------------------------------------------------------------------------------------------------


def offer(site: WholeSite, box: Box, leaf: Leaf, *, request: bool = False) -> None:
    box.identities["candidate"] = leaf
    if request:
        box.csr = pki.csr(leaf.common_name, names=leaf.names, private=leaf.key)
    if site.given or site.rng.random() < 0.5:
        site.more_connections.append(upload(box))


def renewed(box: Box, **changes: object) -> Leaf:
    held = box.identities["server"]
    fresh = {"purposes": pki.BOTH, "start": AT - DAY, "end": max(held.end, AT + 90 * DAY), "key_name": "pending"}
    return replace(held, **{**fresh, **changes})  # type: ignore[arg-type]


@plant("UPL-01", touches="upload")
def _file_of_another_form(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    fresh = renewed(box).issue()
    form = site.rng.choice(("der", "p7b", "p7b-der", "html", "csr", "text"))
    data = {
        "der": fresh.certificate.public_bytes(Encoding.DER),
        "p7b": pki.pkcs7(*fresh.chain),
        "p7b-der": pki.pkcs7(*fresh.chain, pem=False),
        "html": b"<!DOCTYPE html>\n<html><head><title>CA portal</title></head><body>Please sign in</body></html>\n",
        "csr": pki.csr(box.name, names=(box.name,), private=fresh.key).encode(),
        "text": b"Dear customer,\nyour certificate is ready. Please download it from our portal.\n",
    }[form]
    name = {"der": "new.cer", "p7b": "new.p7b", "p7b-der": "new.p7b"}.get(form, "new.pem")
    box.files["candidate"] = (f"{box.id}_{name}", data)
    if site.given or site.rng.random() < 0.5:
        site.more_connections.append(upload(box))


@plant("UPL-02", also="CHN-01 CHN-05 CHN-06", touches="upload")
def _new_ca_unknown(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    new = pki.ca("Newcomer Root CA")
    offer(site, box, renewed(box, issuer=pki.ca("Newcomer Issuing CA", new, path_length=0)), request=True)


@plant("UPL-02", also="CHN-01 CHN-05 CHN-06", touches="upload")
def _new_intermediate_unknown(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    root = (site.inside_ca if box.role == "expressway-c" else site.edge_ca).root
    issuing = pki.ca("Fresh Issuing CA 7", root, path_length=0)
    offer(site, box, renewed(box, issuer=issuing, behind=(issuing,)))


@plant("UPL-03", touches="upload")
def _request_made_anew(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    offer(site, box, renewed(box))
    leaf = box.identities["candidate"]
    box.csr = pki.csr(leaf.common_name, names=leaf.names, private=pki.key("another request"))


@plant("UPL-03", touches="upload", c_count=2)
def _certificate_of_the_other_peer(site: WholeSite) -> None:
    box, other = site.cs
    offer(site, box, renewed(other))
    box.csr = pki.csr(box.name, names=box.identities["server"].names, private=pki.key("own request"))


@plant("UPL-04", also="EKU-01", touches="upload", versions=BEFORE_X15_4)
def _server_only_upload(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    offer(site, box, renewed(box, purposes=(pki.SERVER_AUTH,)), request=site.rng.random() < 0.5)


@plant("UPL-04", also="EKU-01", touches="upload", versions=("X15.4.0",))
def _server_only_upload_to_c(site: WholeSite) -> None:
    box = site.rng.choice(site.cs)
    offer(site, box, renewed(box, purposes=(pki.SERVER_AUTH,)))


@plant("UPL-06", also="EKU-01 EKU-09", touches="upload", versions=X15_5)
def _server_only_for_the_client_store(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    box.identities["candidate"] = renewed(box, purposes=(pki.SERVER_AUTH,))
    site.more_connections.append(upload(box, store="client"))


@plant("UPL-05", also="EKU-01", touches="upload", versions=("X15.4.0",))
def _server_only_upload_to_e(site: WholeSite) -> None:
    box = site.rng.choice(site.es)
    offer(site, box, renewed(box, purposes=(pki.SERVER_AUTH,)))


@plant("UPL-07", touches="e.leaf c.leaf")
def _no_common_name(site: WholeSite) -> None:
    site.rng.choice(site.expressways).change("server", common_name=None)


@plant("UPL-10", touches="upload")
def _key_file_without_line_end(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    offer(site, box, renewed(box))
    site.beside["new-key.pem"] = pki.key_pem(box.identities["candidate"].key).encode().rstrip()


@plant("UPL-11", touches="upload")
def _wildcard_offered(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    wild = f"*.{box.name.partition('.')[2]}"
    offer(site, box, renewed(box, common_name=wild, names=(wild, site.domain)))


@plant("UPL-14", also="UPL-08", touches="upload")
def _key_of_another_kind(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    offer(site, box, renewed(box, kind=site.rng.choice(("ed25519", "dsa"))))


@plant("UPL-14", touches="upload", versions=BEFORE_ECDSA)
def _ecdsa_key_too_early(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    offer(site, box, renewed(box, kind="ec"))


def alarm(box: Box, number: int, text: str, what: str = "Raised") -> str:
    """The event log's line about an alarm."""
    return (
        f'2026-11-24T09:20:44.724+01:00 {box.id} alarm: Level="WARN" Event="Alarm {what}" Id="{number}" '
        f'UUID="1a18bfa6-f822-11e1-b0db-c35cb1b8e3e5" Severity="warning" Detail="{text}" '
        'UTCTime="2026-11-24 08:20:44,724"\n'
    )


@plant("UPL-17", touches="restart", certain=False)
def _not_restarted(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    text = "Restart required: Server certificate and private key have been changed"
    box.log.append(alarm(box, 15028, text))


@plant("UPL-18", touches="upload")
def _byte_order_mark(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    fresh = renewed(box)
    box.files["candidate"] = (f"{box.id}_new.pem", b"\xef\xbb\xbf" + fresh.pem.encode())
    if site.given or site.rng.random() < 0.5:
        site.more_connections.append(upload(box))


@plant("UPL-22", also="OPS-01", touches="upload")
def _upload_too_early(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    offer(site, box, renewed(box, start=AT + timedelta(hours=9), end=AT + 300 * DAY))


@plant("UPL-22", also="OPS-01 ZON-12", touches="c.leaf e.leaf clock log.tftp")
def _in_use_too_early(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    for slot in box.identities:
        box.change(slot, start=AT + timedelta(hours=7))


# --- chains ------------------------------------------------------------------------------------------------------


@plant("CHN-01", as_well="TUN-01", also="CHN-05 CHN-06 MRA-04", touches="e.lists c.lists", tiers=(2, 3), separate=True)
def _edge_intermediate_missing_on_c(site: WholeSite) -> None:
    for box in site.cs:
        box.forget(site.edge_ca.issuing)


@plant(
    "CHN-01", as_well="TUN-01", also="CHN-05 CLU-02 UPL-02", touches="e.lists c.lists crl", tiers=(2, 3), separate=True
)
def _edge_intermediate_missing_everywhere(site: WholeSite) -> None:
    for box in site.expressways:
        box.forget(site.edge_ca.issuing)


@plant(
    "CHN-01", also="MRA-02 MRA-04 CLU-02 TUN-01", as_well="MRA-02", touches="c.lists", versions=VERIFYING, tiers=(2, 3)
)
def _uc_intermediate_missing_on_c(site: WholeSite) -> None:
    new = pki.ca("Dogwood Issuing CA", site.uc_ca.root, path_length=0)
    for box in site.uc:
        for slot in box.identities:
            box.change(slot, issuer=new)


@plant("CHN-02", also="TUN-01 ZON-04 MRA-02", touches="c.lists", separate=True)
def _edge_root_missing_on_c(site: WholeSite) -> None:
    for box in site.cs:
        box.forget(site.edge_ca.root, *site.edge_ca.crossed)


@plant("CHN-02", also="TUN-01 ZON-04", touches="e.lists", separate=True, tiers=(2, 3))
def _inside_root_missing_on_e(site: WholeSite) -> None:
    for box in site.es:
        box.forget(site.inside_ca.root, *site.inside_ca.crossed)


@plant("CHN-05", also="CLI-01 CLU-02", touches="e.lists e.leaf", separate=True, tiers=(2, 3))
def _own_intermediate_missing_on_e(site: WholeSite) -> None:
    for box in site.es:
        box.forget(site.edge_ca.issuing)


@plant(
    "CHN-06",
    also="CHN-01 CHN-02 TUN-01 ZON-04 MRA-01",
    touches="c.leaf e.lists soon",
    tiers=(2, 3),
    versions=VERIFYING[:5],
)
def _c_renewed_from_a_new_intermediate(site: WholeSite) -> None:
    new = pki.ca("Alder Issuing CA 2027", site.inside_ca.root, path_length=0)
    for box in site.cs:
        box.identities["previous"] = replace(box.identities["server"], key_name="before", start=AT - 400 * DAY)
        box.change("server", issuer=new, start=AT - 2 * DAY)
        box.learn(new)


@plant("CHN-06", also="CHN-01 CHN-02 TUN-01 ZON-04 CLI-01 CHN-05", touches="e.leaf c.lists soon", tiers=(2, 3))
def _e_renewed_from_a_new_intermediate(site: WholeSite) -> None:
    new = pki.ca("Birch Issuing CA 2027", site.edge_ca.root, path_length=0)
    for box in site.es:
        box.identities["previous"] = replace(box.identities["server"], key_name="before", start=AT - 400 * DAY)
        box.change("server", issuer=new, start=AT - 2 * DAY)
        box.learn(new)


@plant(
    "CHN-09", also="ZON-04 CLI-01 TUN-01 CHN-01 CHN-02 CLU-02 CHN-05 LIF-02", touches="e.leaf c.leaf e.lists c.lists"
)
def _temporary_certificate(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    made = pki.ca("Temporary CA 3f2a6b50-0c1d")
    box.identities = {}
    box.identities["server"] = Leaf(box.name, (box.name,), made, organization="Temporary Certificate 3f2a6b50")
    if site.rng.random() < 0.5:
        box.learn(made)


@plant("CHN-15", touches="c.leaf c.lists e.lists")
def _issuing_ca_may_not_sign(site: WholeSite) -> None:
    usage = x509.KeyUsage(True, False, False, False, False, False, True, False, False)
    root = site.inside_ca.root
    ca = pki.issue(pki.name("Limited CA"), root, private=pki.key("limited"), is_ca=True, extensions=((usage, True),))
    for c in site.cs:
        for slot in c.identities:
            c.change(slot, issuer=ca)
    for box in site.boxes:
        box.learn(ca)


def _issued_for_servers_only(site: WholeSite, **changes: object) -> None:
    """C's certificates come from a CA that is itself for servers only."""
    purposes = x509.ExtendedKeyUsage([pki.SERVER_AUTH])
    root = site.inside_ca.root
    ca = pki.issue(pki.name("Web CA"), root, private=pki.key("web"), is_ca=True, extensions=((purposes, False),))
    for c in site.cs:
        for slot in c.identities:
            c.change(slot, issuer=ca, **changes)
    for box in site.boxes:
        box.learn(ca)


@plant("CHN-15", touches="c.leaf c.lists e.lists eku")
def _issuing_ca_is_for_servers_only(site: WholeSite) -> None:
    _issued_for_servers_only(site)


@plant(
    "EKU-02",
    as_well="EKU-01 TUN-05 EKU-05",
    also="EKU-04 UPL-04 UPL-06 MRA-09",
    touches="c.leaf c.lists e.lists eku",
    versions=("X14.3.7", "X15.2", "X15.4.0"),
)
def _c_and_its_ca_are_for_servers_only(site: WholeSite) -> None:
    _issued_for_servers_only(site, purposes=(pki.SERVER_AUTH,))


@plant("CHN-04", also="CHN-03 MRA-02 MRA-04", touches="c.lists uc.leaf", versions=VERIFYING)
def _imp_certificates_of_one_name(site: WholeSite) -> None:
    for box in site.boxes:
        if box.role == "imp":
            break
    else:
        name = f"imp1.{site.inside}"
        box = Box("imp1", "imp", [name], ["10.20.4.250"])
        box.identities = {"tomcat": Leaf(name, (name,), None), "cup-xmpp": Leaf(name, (name,), None)}
        site.boxes.append(box)
    for slot in ("tomcat", "cup-xmpp"):
        box.change(
            slot, issuer=None, common_name=box.name, names=(box.name,), key_name=f"{box.id} {slot}", organization="IMP"
        )
    for c in site.cs:
        c.learn(box.identities["cup-xmpp"])


# --- zones and tunnels -------------------------------------------------------------------------------------------


@plant("ZON-01", touches="peers")
def _peer_address_not_in_certificate(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    site.peers[e.id] = site.rng.choice((f"edge.{site.domain}", e.name.replace(site.domain, site.inside)))
    zones(site)


@plant("ZON-01", also="CLU-02 CLI-10 UPL-11", touches="peers e.leaf cluster")
def _wildcard_certificate_on_e(site: WholeSite) -> None:
    for e in site.es:
        held = tuple(name for name in e.identities["server"].names if name != e.name)
        e.change("server", common_name=f"*.{site.domain}", names=(f"*.{site.domain}", *held))
        site.peers[e.id] = e.name
    zones(site)


@plant("ZON-02", as_well="CLU-05", touches="subject")
def _wrong_subject_name(site: WholeSite) -> None:
    host, _, rest = site.subject_name.partition(".")
    site.subject_name = f"{host[:-2]}.{rest}"
    zones(site)


@plant("ZON-03", as_well="ZON-01", touches="peers")
def _peer_is_an_address_or_short(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    site.peers[e.id] = site.rng.choice((e.addresses[0], e.id))
    zones(site)


@plant("ZON-04", also="CHN-01 CHN-02 TUN-01 CLU-02", touches="e.lists", separate=True)
def _inside_ca_unknown_to_e(site: WholeSite) -> None:
    for e in site.es:
        e.forget(*site.inside_ca.chain, *site.inside_ca.crossed)


@plant("ZON-04", also="CHN-01 CHN-02 TUN-01", touches="c.lists", separate=True)
def _edge_ca_unknown_to_c(site: WholeSite) -> None:
    for c in site.cs:
        c.forget(*site.edge_ca.chain, *site.edge_ca.crossed)


@plant("ZON-05", touches="zone settings")
def _traversal_zone_set_wrong(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    side = "Client" if box.role == "expressway-c" else "Server"
    if site.rng.random() < 0.5:
        box.xconf[f"Zones Zone 1 Traversal{side} SIP Media Encryption Mode"] = "Auto"
    else:
        box.xconf["SIP TLS Mode"] = "Off"


def webex_zone(site: WholeSite, name: str, mapping: str) -> None:
    for e in site.es:
        e.xconf |= {
            "Zones Zone 6 Name": "Hybrid Call Services DNS",
            "Zones Zone 6 DNS SIP TLS Verify Mode": "On",
            "Zones Zone 6 DNS SIP TLS Verify Subject Name": name,
            "Zones Zone 6 DNS SIP TLS Verify InboundClassification": mapping,
        }


@plant("ZON-08", touches="webex")
def _name_of_webex_mistyped(site: WholeSite) -> None:
    webex_zone(site, site.rng.choice(("calllservice.ciscospark.com", "callservice.webx.com")), "On")


@plant("ZON-09", touches="webex")
def _calls_from_webex_not_mapped(site: WholeSite) -> None:
    webex_zone(site, "callservice.webex.com", "Off")


@plant("ZON-12", also="OPS-01", touches="clock", certain=False)
def _clocks_apart(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    e.log.append(alarm(e, 25022, "Time not synchronized over traversal zone"))


@plant("ZON-12", touches="clock", certain=False)
def _clocks_apart_again(site: WholeSite) -> None:
    c = site.rng.choice(site.cs)
    text = "Time not synchronized over traversal zone"
    lowered = alarm(c, 25022, text, "Lowered").replace("08:20", "08:10")
    c.log += [lowered, alarm(c, 25022, text)]


@plant("ZON-13", touches="default zone", certain=False)
def _access_rules_bypassed(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    e.log.append(alarm(e, 40033, "Default Zone access rules are enabled, but SIP over UDP or TCP is enabled too"))


@plant("ZON-10", as_well="CLU-05", also="ZON-02", touches="c.leaf subject")
def _subject_name_only_as_cn(site: WholeSite) -> None:
    for c in site.cs:
        for slot in {"server", "client"}.intersection(c.identities):
            names = tuple(n for n in c.identities[slot].names if n != site.subject_name) or (f"www.{site.inside}",)
            c.change(slot, common_name=site.subject_name, names=names)


@plant("ZON-10", as_well="ZON-01", also="CLI-10 CLU-02", touches="e.leaf peers")
def _peer_name_only_as_cn(site: WholeSite) -> None:
    for e in site.es:
        names = tuple(name for name in e.identities["server"].names if name != e.name)
        e.change("server", common_name=e.name, names=names)


@plant("TUN-01", as_well="CHN-01", also="CHN-06", touches="e.lists", tiers=(2,), separate=True)
def _inside_intermediate_missing_on_e(site: WholeSite) -> None:
    for e in site.es:
        e.forget(site.inside_ca.issuing)


@plant("TUN-05", also="EKU-01 EKU-04 UPL-06 EKU-10", touches="c.leaf eku soon", versions=X15_5)
def _server_only_client_store_unchecked(site: WholeSite) -> None:
    for e in site.es:
        e.xconf["SIP TLS Certificate ExtendedKeyUsage Checking Mode"] = "Off"
    for c in site.cs:
        c.identities["client"] = replace(c.identities["server"], purposes=(pki.SERVER_AUTH,), key_name=f"{c.id} c")


# --- MRA ---------------------------------------------------------------------------------------------------------


@plant("MRA-01", also="EKU-10 UCM-09", touches="cucm.lists")
def _cucm_does_not_know_c(site: WholeSite) -> None:
    nodes = site.all("cucm")
    for box in nodes if site.rng.random() < 0.6 else nodes[1:]:
        for name in ("tomcat", "callmanager"):
            box.trust[name] = [pki.ca("Elm Root CA")]


@plant("MRA-01", also="EKU-10 UCM-09", touches="cucm.lists")
def _cucm_trusts_c_for_tomcat_only(site: WholeSite) -> None:
    for box in site.all("cucm"):
        box.trust["callmanager"] = [pki.ca("Elm Root CA")]


@plant("MRA-02", also="CHN-01 CHN-02 CMS-03 MRA-04", touches="uc.leaf", versions=VERIFYING)
def _uc_ca_unknown_to_c(site: WholeSite) -> None:
    other = pki.ca("Fir Issuing CA", pki.ca("Fir Root CA"), path_length=0)
    for box in site.uc:
        for slot in box.identities:
            box.change(slot, issuer=other)


@plant("MRA-02", also="CHN-03 MRA-04", touches="uc.leaf", versions=VERIFYING)
def _self_signed_cucm_unknown(site: WholeSite) -> None:
    for box in site.all("cucm"):
        for slot in ("tomcat", "callmanager"):
            box.change(slot, issuer=None, common_name=box.name, names=(box.name,), key_name=f"{box.id} {slot}")


@plant("MRA-03", also="MRA-04", touches="uc.names", versions=VERIFYING)
def _node_reached_by_address(site: WholeSite) -> None:
    box = site.rng.choice(site.all("cucm"))
    if site.given:
        box.reached_as = site.rng.choice((box.addresses[0], box.name.partition(".")[0]))
    else:
        box.names = [site.rng.choice((box.addresses[0], box.name.partition(".")[0]))]


@plant("MRA-03", also="MRA-04 UCM-14", touches="uc.names uc.leaf", versions=VERIFYING)
def _node_missing_in_the_shared_certificate(site: WholeSite) -> None:
    left_out = site.all("cucm")[1].name
    for box in site.all("cucm", "imp"):
        box.change("tomcat", names=tuple(n for n in box.identities["tomcat"].names if n != left_out))


@plant("MRA-05", also="MRA-02", as_well="", touches="uc.ecdsa", versions=VERIFYING)
def _ecdsa_certificate_unknown(site: WholeSite) -> None:
    for c in site.cs:
        c.xconf["Ciphers UcClientTLSCiphers Value"] = "EECDH:EDH:HIGH:-AES256+SHA:!MEDIUM:!LOW:!3DES:!MD5:!PSK:!eNULL"
    for box in site.all("cucm"):
        box.identities["tomcat-ecdsa"] = Leaf(
            box.name.replace(".", "-EC.", 1), (box.name,), None, key_name="ec", kind="ec384"
        )  # fmt: skip


@plant(
    "MRA-07", as_well="", also="MRA-01", touches="log.tftp c.leaf cucm.lists c.lists", certain=False, versions=VERIFYING
)
def _cucm_services_not_restarted(site: WholeSite) -> None:
    node = site.rng.choice(site.all("cucm"))
    for c in site.cs:
        c.log.append(
            f"2026-11-24T09:41:16.974+01:00 {c.id} traffic_server[2030]: [ET_NET 1] ERROR: SSL connection failed for "
            f"'{node.name}': error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca\n"
        )


@plant("MRA-04", as_well="MRA-02 MRA-03", touches="uc.leaf", versions=VERIFYING)
def _subscriber_from_another_ca(site: WholeSite) -> None:
    other = pki.ca("Gorse Issuing CA", pki.ca("Gorse Root CA"), path_length=0)
    for slot in ("tomcat", "callmanager"):
        site.all("cucm")[1].change(slot, issuer=other)


@plant("MRA-04", as_well="MRA-02 MRA-03", touches="uc.names uc.leaf", versions=VERIFYING)
def _subscriber_without_its_name(site: WholeSite) -> None:
    box = site.all("cucm")[1]
    for slot in ("tomcat", "callmanager"):
        box.change(slot, names=(f"old-{box.name}",), common_name=f"old-{box.name}", key_name="its own")


def line_zone(site: WholeSite, prefix: str = "CEtls-") -> Box:
    """An automatic zone to one CUCM node on every Expressway-C."""
    node = site.all("cucm")[0]
    for c in site.cs:
        c.xconf |= {
            "Zones Zone 9 Name": f"{prefix}{node.name}",
            "Zones Zone 9 Neighbor Peer 1 Address": node.name,
            "Zones Zone 9 Neighbor SIP Transport": "TLS",
            "Zones Zone 9 Neighbor SIP Port": "5061",
            "Zones Zone 9 Neighbor SIP TLS Verify Mode": "On",
        }
    return node


@plant("MRA-15", as_well="MRA-03", touches="uc.leaf", versions=VERIFYING)
def _name_missing_in_the_callmanager_certificate(site: WholeSite) -> None:
    node = line_zone(site)
    node.change("callmanager", names=(f"old-{node.name}",), common_name=f"old-{node.name}", key_name="its own")


# A preference alone does not say what CUCM chooses: any other cause on that node is told before it.
@plant(
    "MRA-08",
    also="CRY-02 MRA-05",
    touches="uc.ecdsa uc.leaf uc.names uc.version cucm.lists names",
    versions=("X15.3.1", "X15.4.0"),
    certain=False,
)
def _ecdsa_preferred_in_tls_1_3(site: WholeSite) -> None:
    node = line_zone(site)
    node.identities["callmanager-ecdsa"] = Leaf(f"{node.id}-EC", (node.name,), None, key_name="cm-ec", kind="ec384")
    for c in site.cs:
        c.xconf["SIP Advanced TlsSignatureAlgoPrefRsa"] = "Off"


@plant("MRA-08", also="CRY-02 NET-05", touches="log.line uc.leaf", versions=("X15.3.1", "X15.4.0"), certain=False)
def _handshake_fails_in_tls_1_3(site: WholeSite) -> None:
    node = line_zone(site)
    for c in site.cs:
        c.log.append(
            f'2026-11-24T09:12:44.724+01:00 {c.id} tvcs: Event="Outbound TLS Negotiation Error" Service="SIP" '
            f'Src-ip="{c.addresses[0]}" Src-port="25697" Dst-ip="{node.addresses[0]}" Dst-port="5061" '
            f'Detail="sslv3 alert handshake failure" Protocol="TLS" Common-name="{node.name}" Level="1" '
            'UTCTime="2026-11-24 08:12:44,724"\n'
        )


@plant("MRA-09", also="EKU-01 EKU-05 UPL-04 EKU-04", touches="e.leaf eku", versions=BEFORE_X15_4)
def _e_is_server_only(site: WholeSite) -> None:
    for e in site.es:
        e.change("server", purposes=(pki.SERVER_AUTH,))


@plant("MRA-13", touches="c.leaf names")
def _profile_missing_in_one_peer(site: WholeSite) -> None:
    site.all("cucm")[0].lists["phone_security_profiles"] = [f"secure-8845.{site.inside}"]
    for c in site.cs[1:]:
        c.change("server", names=(*c.identities["server"].names, f"secure-8845.{site.inside}"))


@plant("MRA-14", touches="names", versions=BEFORE_X15_4)
def _profile_with_a_plain_name(site: WholeSite) -> None:
    name = site.rng.choice(("Secure Phones 8845", "secure_8845", "SECURE-8845"))
    site.all("cucm")[0].lists["phone_security_profiles"] = [name]


@plant("MRA-17", touches="oauth")
def _oauth_entry_has_another_name(site: WholeSite) -> None:
    c, node = site.cs[0], site.all("cucm")[0]
    ends = {"client": c.id, "server": node.id, "port": 5091}
    site.more_connections.append({"id": "oauth", "kind": "sip-oauth", **ends, "verify_name": f"old-{c.name}"})


@plant("MRA-19", touches="uc.version", versions=("X14.3.7", "X15.2", "X15.5.0"))
def _cucm_of_release_9(site: WholeSite) -> None:
    for box in site.all("cucm", "imp"):
        box.version = "9.1.2.10000-28"


@plant("MRA-20", touches="log.client", certain=False)
def _cookie_refused(site: WholeSite) -> None:
    site.client.log.append(
        "2026-11-24 09:12:44,724 WARNING [9134000] - [csf.edge][executeEdgeConfigRequest] XAuth Cookie expiration time "
        "is invalid or not available. Attempting to Failover .\n"
    )


@plant("MRA-21", touches="domain name", e_count=2)
def _peers_in_different_domains(site: WholeSite) -> None:
    site.es[1].xconf["IP DNS Domain Name"] = site.domain.capitalize()


@plant("MRA-22", touches="log.edge", certain=False)
def _clients_blocked(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    e.log.append(
        f'2026-11-24T09:12:44.724+01:00 {e.id} fail2ban: Event="Intrusion Protection Blocking" Src-ip="203.0.113.9" '
        'Detail="HTTP proxy authorization failure" Level="1" UTCTime="2026-11-24 08:12:44,724"\n'
    )


# --- federation --------------------------------------------------------------------------------------------------


def presence(site: WholeSite) -> Box:
    """The site's IM&P node, made where it has none."""
    for box in site.all("imp"):
        return box
    box = Box("imp1", "imp", [f"imp1.{site.inside}"], ["10.20.4.250"])
    site.boxes.append(box)
    return box


@plant("FED-01", touches="names e.leaf c.leaf")
def _alias_missing(site: WholeSite) -> None:
    alias = f"conference-2.{site.domain}"
    presence(site).lists["chat_aliases"] = [alias]
    for box in site.rng.choice((site.cs, site.es)):
        box.change("server", names=(*box.identities["server"].names, alias))


@plant("FED-02", touches="upload")
def _xmpp_name_dropped(site: WholeSite) -> None:
    box = site.rng.choice(site.es)
    offer(site, box, renewed(box))
    leaf = box.identities["candidate"]
    box.csr = pki.csr(leaf.common_name, names=leaf.names, private=leaf.key, xmpp=(f"conference.{site.domain}",))


@plant("FED-03", touches="names e.leaf")
def _federated_domain_missing(site: WholeSite) -> None:
    presence(site).lists["federation_domains"] = ["federated.example"]


@plant("FED-04", touches="federation", also="ZON-02")
def _partner_s_name_checked(site: WholeSite) -> None:
    e = site.es[0]
    for box in site.es:
        box.xconf |= {"XCP TLS Certificate CVS EnableCvs": "On", "XCP TLS Certificate CVS VerifyHostname": "On"}
    other = partner(site)
    ends = {"client": e.id, "server": other.id, "port": 5269}
    site.more_connections.append({"id": "s2s", "kind": "xmpp-federation", **ends, "name": "partner.example"})


@plant("FED-05", touches="log.xcp", certain=False)
def _xmpp_port_of_e_closed(site: WholeSite) -> None:
    for c in site.cs:
        c.log.append(
            f'2026-11-24T09:12:44.724+01:00 {c.id} XCP_JABBERD[23843]: UTCTime="2026-11-24 08:12:44,724" '
            'ThreadID="140" Module="Jabber" Level="ERROR" CodeLocation="mio.c:1121" Detail="Unable to connect to '
            f"host '{site.es[0].addresses[0]}', port 7400 :(111) Connection refused\"\n"
        )


# --- releases and stores -----------------------------------------------------------------------------------------


@plant("EKU-06", touches="versions", versions=("X15.2", "X15.3.1"))
def _only_e_upgraded(site: WholeSite) -> None:
    for e in site.es:
        e.version = site.rng.choice(("X15.4.0", "X15.5.0"))


@plant("EKU-09", as_well="LIF-01 LIF-02", touches="c.leaf e.leaf soon", versions=X15_5)
def _client_store_left_behind(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    end = AT + site.rng.choice((-2, 12)) * DAY
    box.identities["client"] = replace(
        box.identities["server"], key_name="at the upgrade", start=AT - 390 * DAY, end=end
    )


@plant("EKU-10", as_well="MRA-01", touches="cucm.lists c.leaf c.lists e.lists", versions=X15_5)
def _cucm_trusts_the_server_store_only(site: WholeSite) -> None:
    other = pki.ca("Holly Root CA")
    for c in site.cs:
        c.identities["client"] = replace(c.identities["server"], issuer=other, key_name=f"{c.id} own client")
    for box in site.expressways:
        box.learn(other)


# --- clients -----------------------------------------------------------------------------------------------------


@plant("CLI-01", also="CLI-03 CLI-07 FED-03 UPL-15", touches="e.leaf")
def _domain_not_in_certificate(site: WholeSite) -> None:
    for e in site.es:
        lost = (site.domain, f"collab-edge.{site.domain}")
        e.change("server", names=tuple(n for n in e.identities["server"].names if n not in lost))


@plant("CLI-01", also="CLI-02 EKU-11 CHN-05", touches="e.leaf e.lists c.lists", separate=True)
def _private_certificate_on_e(site: WholeSite) -> None:
    for e in site.es:
        e.change("server", issuer=site.inside_ca.issuing)
    site.client.trust["ca"] = [site.edge_ca.root]


@plant("CLI-10", as_well="CLI-01", touches="signin e.leaf", given=True)
def _clients_use_another_name(site: WholeSite) -> None:
    site.sign_in = f"mra.{site.domain}"


# --- clusters ----------------------------------------------------------------------------------------------------


def enforce(group: list[Box]) -> None:
    for box in group:
        box.xconf["Alternates TLSVerificationMode"] = "Enforcing"


@plant("CLU-02", also="CLU-03", touches="cluster", c_count=2)
def _peers_by_address(site: WholeSite) -> None:
    enforce(site.cs)
    for c in site.cs:
        c.xconf |= {f"Alternates Peer {i} Address": peer.addresses[0] for i, peer in enumerate(site.cs, 1)}


@plant("CLU-02", also="CHN-01 CHN-02 CHN-05 CHN-07", touches="cluster e.lists", e_count=2, separate=True)
def _own_ca_unknown_to_one_peer(site: WholeSite) -> None:
    enforce(site.es)
    # Clients do not check here: only the cluster is to be at fault.
    site.es[1].forget(site.edge_ca.root, *site.edge_ca.crossed)


@plant("CLU-02", also="ZON-01 ZON-10 CLI-10", touches="cluster e.leaf", e_count=2)
def _peer_name_not_in_certificate(site: WholeSite) -> None:
    enforce(site.es)
    for e in site.es:
        e.xconf |= {f"Alternates Peer {i} Address": f"lan1-{peer.name}" for i, peer in enumerate(site.es, 1)}


@plant("CLU-05", as_well="ZON-02", touches="c.leaf", c_count=2)
def _cluster_name_missing_in_one_peer(site: WholeSite) -> None:
    c = site.rng.choice(site.cs)
    for slot in c.identities:
        c.change(slot, common_name=c.name, names=(c.name,))


@plant("UPL-03", also="CLU-02 CLU-05 CHN-07", touches="cluster c.leaf", c_count=2)
def _peers_hold_one_another_s_certificates(site: WholeSite) -> None:
    one, two = site.cs
    for slot in list(one.identities):
        one.identities[slot], two.identities[slot] = two.identities[slot], one.identities[slot]


# --- lifetime ----------------------------------------------------------------------------------------------------


@plant("LIF-01", also="EKU-09", touches="c.leaf e.leaf soon")
def _expressway_expired(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    slot = site.rng.choice(sorted(box.identities))
    box.change(slot, start=AT - 400 * DAY, end=AT - timedelta(hours=site.rng.choice((3, 100))))


@plant("LIF-02", also="ACM-10", touches="soon")
def _expressway_expires_soon(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    box.change("server", end=AT + site.rng.choice((2, 9, 20, 27)) * DAY)


@plant("LIF-02", also="ACM-10", touches="soon")
def _uc_node_expires_soon(site: WholeSite) -> None:
    box = site.rng.choice(site.all("cucm"))
    box.change("callmanager", end=AT + site.rng.choice((2, 12, 25)) * DAY)


def expired(ca: pki.Issued, start: datetime = AT - 2500 * DAY, end: datetime = AT - 9 * DAY) -> pki.Issued:
    """The same CA with an earlier end."""
    old = ca.certificate
    return pki.issue(
        old.subject, ca.issuer, private=ca.key, is_ca=True, start=start, end=end, serial=old.serial_number + 1
    )


def exchange(site: WholeSite, old: pki.Issued, new: pki.Issued) -> None:
    """Put a CA certificate in the place of another, everywhere."""
    for box in site.boxes:
        for held in box.trust.values():
            held[:] = [new if item == old else item for item in held]
        for slot, leaf in box.identities.items():
            if leaf.issuer == old:
                box.identities[slot] = replace(leaf, issuer=new)


@plant("LIF-06", also="CHN-13 CHN-11 CHN-06 CLU-02", touches="c.leaf c.lists e.lists uc.leaf", tiers=(2,))
def _issuing_ca_expired(site: WholeSite) -> None:
    ca = site.rng.choice((site.inside_ca, site.edge_ca)).issuing
    exchange(site, ca, expired(ca))


@plant("LIF-06", also="CHN-13 CHN-11 CHN-08 CLU-02", touches="c.leaf c.lists e.lists uc.leaf", separate=True)
def _root_expired(site: WholeSite) -> None:
    ca = site.inside_ca.root
    exchange(site, ca, expired(ca))


@plant("LIF-07", as_well="LIF-01", also="UCM-15", touches="uc.leaf", versions=VERIFYING)
def _uc_node_expired(site: WholeSite) -> None:
    box = site.rng.choice(site.uc)
    slot = site.rng.choice(sorted(box.identities))
    box.change(slot, start=AT - 900 * DAY, end=AT - 4 * DAY)


# --- extended key usage ------------------------------------------------------------------------------------------


@plant(
    "EKU-01",
    as_well="EKU-02 EKU-05",
    also="UPL-04 EKU-04 TUN-05 MRA-09",
    touches="c.leaf eku soon",
    versions=BEFORE_X15_4,
)
def _c_renewed_server_only(site: WholeSite) -> None:
    for c in site.cs:
        c.identities["previous"] = replace(c.identities["server"], key_name="before", start=AT - 400 * DAY)
        c.change("server", purposes=(pki.SERVER_AUTH,), start=AT - 2 * DAY)


@plant("EKU-01", as_well="MRA-09 EKU-05", also="UPL-04 EKU-04 TUN-05", touches="e.leaf eku soon", versions=BEFORE_X15_4)
def _e_renewed_server_only(site: WholeSite) -> None:
    for e in site.es:
        e.identities["previous"] = replace(e.identities["server"], key_name="before", start=AT - 400 * DAY)
        e.change("server", purposes=(pki.SERVER_AUTH,), start=AT - 2 * DAY)


@plant(
    "EKU-02",
    as_well="TUN-05",
    also="EKU-01 EKU-04 TUN-05 UPL-06 EKU-05",
    touches="c.leaf eku soon",
    versions=(*X15_5, "X15.4.0", "X15.2"),
)
def _c_is_no_client(site: WholeSite) -> None:
    for c in site.cs:
        slot = "client" if c.version == "X15.5.0" else "server"
        c.identities[slot] = replace(c.identities["server"], purposes=(pki.SERVER_AUTH,), key_name=f"{c.id} {slot}")


def partner(site: WholeSite, **changes: object) -> Box:
    """A partner outside, whose certificate comes from E's CA."""
    name = "sip.partner.example"
    box = Box("partner", "partner", [name], ["198.51.100.77"])
    box.identities["server"] = replace(Leaf(name, (name,), site.edge_ca.issuing), **changes)  # type: ignore[arg-type]
    box.trust["ca"] = [*site.edge_ca.chain, *site.inside_ca.chain]
    site.boxes.append(box)
    return box


def b2b(site: WholeSite, client: Box, server: Box, kind: str = "b2b-sip", **more: object) -> None:
    ends: dict[str, object] = {"client": client.id, "server": server.id, "port": 5061, "name": server.name}
    site.more_connections.append({"id": "b2b-1", "kind": kind, **ends, **more})


@plant("EKU-03", also="EKU-04 EKU-01", touches="partner eku e.lists", versions=X15_5)
def _partner_calls_server_only(site: WholeSite) -> None:
    b2b(site, partner(site, purposes=(pki.SERVER_AUTH,)), site.rng.choice(site.es))


@plant("EKU-04", also="EKU-01 UPL-06", touches="partner e.leaf", versions=("X15.4.0", "X15.5.0"))
def _partner_refuses_server_only(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    for slot in e.identities:
        e.change(slot, purposes=(pki.SERVER_AUTH,))
    b2b(site, e, partner(site))


@plant("ZON-11", as_well="EKU-01", also="EKU-04 UPL-06", touches="partner e.leaf", versions=("X15.4.0", "X15.5.0"))
def _neighbour_refuses_server_only(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    for slot in e.identities:
        e.change(slot, purposes=(pki.SERVER_AUTH,))
    b2b(site, e, partner(site), kind="neighbour-sip", verify_name=e.name)


@plant("ZON-15", also="CHN-05 ZON-04 EKU-04", touches="partner e.leaf", certain=False)
def _partner_refuses_without_a_reason(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    other = partner(site)
    b2b(site, e, other)
    other.trust = {}
    e.log.append(
        f'2026-11-24T09:12:44.724+01:00 {e.id} tvcs: Event="Outbound TLS Negotiation Error" Service="SIP" '
        f'Src-ip="{e.addresses[0]}" Src-port="25697" Dst-ip="{other.addresses[0]}" Dst-port="5061" '
        f'Detail="sslv3 alert bad certificate" Protocol="TLS" Common-name="{other.name}" Level="1" '
        'UTCTime="2026-11-24 08:12:44,724"\n'
    )


@plant("EKU-12", also="EKU-09", touches="e.leaf")
def _e_is_no_server(site: WholeSite) -> None:
    for e in site.es:
        e.change("server", purposes=(pki.CLIENT_AUTH,))


@plant("EKU-12", also="", touches="uc.leaf", versions=VERIFYING)
def _cucm_is_no_server(site: WholeSite) -> None:
    for box in site.all("cucm"):
        box.change("tomcat", purposes=(pki.CLIENT_AUTH,))


# --- revocation --------------------------------------------------------------------------------------------------


@plant("REV-01", touches="crl e.leaf c.leaf")
def _no_source_allowed(site: WholeSite) -> None:
    for e in site.es:
        e.xconf["SIP TLS Certificate Revocation Checking Mode"] = "On"
        e.xconf["SIP TLS Certificate Revocation Checking CRL Network Fetch Mode"] = "Off"
        e.xconf["SIP TLS Certificate Revocation Checking OCSP Mode"] = "Off"


@plant("REV-01", touches="crl e.leaf c.leaf clock", certain=False)
def _source_not_reached(site: WholeSite) -> None:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example.net/a.crl")], None, None, None)
    for box in site.expressways:
        for slot in box.identities:
            box.change(slot, extensions=((x509.CRLDistributionPoints([point]), False),))
    for e in site.es:
        e.xconf["SIP TLS Certificate Revocation Checking Mode"] = "On"
        e.log.append(negotiation_error(site, e, "Inbound", "unable to get certificate CRL"))


@plant("REV-05", touches="crl c.leaf")
def _c_revoked(site: WholeSite) -> None:
    c = site.cs[0]
    slot = "client" if "client" in c.identities else "server"
    for e in site.es:
        e.crl = pki.crl(
            c.identities[slot].issuer or site.inside_ca.issuing, [c.identities[slot].issue()], updated=AT - 2 * DAY
        )


@plant("REV-05", touches="crl e.leaf")
def _e_holds_the_list_that_revokes_it(site: WholeSite) -> None:
    e = site.es[0]
    e.crl = pki.crl(site.edge_ca.issuing, [e.identities["server"].issue()], updated=AT - 2 * DAY)


@plant("REV-05", touches="crl e.leaf")
def _e_revoked(site: WholeSite) -> None:
    e = site.es[0]
    for c in site.cs:
        c.crl = pki.crl(site.edge_ca.issuing, [e.identities["server"].issue()], updated=AT - 2 * DAY)


# --- what is no certificate fault --------------------------------------------------------------------------------


def negotiation_error(site: WholeSite, box: Box, way: str, detail: str, name: str = "") -> str:
    """The product's line about a handshake of the traversal zone."""
    c, e = site.cs[0], box if box.role == "expressway-e" else site.es[0]
    c = box if box.role == "expressway-c" else c
    common = f' Common-name="{name or site.peers[e.id]}"' if way == "Outbound" else ""
    return (
        f'2026-11-24T09:12:44.724+01:00 {box.id} tvcs: Event="{way} TLS Negotiation Error" Service="SIP" '
        f'Src-ip="{c.addresses[0]}" Src-port="25697" Dst-ip="{e.addresses[0]}" Dst-port="7001" Detail="{detail}" '
        f'Protocol="TLS"{common} Level="1" UTCTime="2026-11-24 08:12:44,724"\n'
    )


# A CA that is missing on the same side explains the refusal already.
@plant("OPS-01", also="UPL-22 ZON-12", touches="clock e.lists", certain=False)
def _clock_of_e_behind(site: WholeSite) -> None:
    for e in site.es:
        e.log.append(negotiation_error(site, e, "Inbound", "certificate is not yet valid"))


@plant("ZON-06", touches="log.zone", certain=False)
def _wrong_password(site: WholeSite) -> None:
    for e in site.es:
        e.log.append(
            f'2026-11-24T09:12:44.724+01:00 {e.id} tvcs: Event="Authentication Failed" Service="SIP" '
            f'Src-ip="{site.cs[0].addresses[0]}" Src-port="25697" Detail="Incorrect authentication credential for '
            'user" Protocol="TLS" Method="OPTIONS" Level="1" UTCTime="2026-11-24 08:12:44,724"\n'
        )


@plant("ZON-07", touches="log.zone", certain=False)
def _handshake_cut_off(site: WholeSite) -> None:
    for c in site.cs:
        c.log.append(negotiation_error(site, c, "Outbound", "No SSL error available, probably remote disconnect"))


@plant("NET-01", touches="log.xcp", certain=False)
def _port_closed(site: WholeSite) -> None:
    imps = site.all("imp")
    for c in site.cs:
        if imps:
            c.log.append(
                f'2026-11-24T09:12:44.724+01:00 {c.id} XCP_JABBERD[23843]: UTCTime="2026-11-24 08:12:44,724" '
                'ThreadID="140" Module="Jabber" Level="ERROR" CodeLocation="mio.c:1121" Detail="Unable to connect to '
                f"host '{imps[0].target}', port 7400 :(111) Connection refused\"\n"
            )
        else:
            c.log.append(negotiation_error(site, c, "Outbound", "Connection refused"))


# --- tunnels -------------------------------------------------------------------------------------------------


@plant("TUN-06", touches="tunnel")
def _tunnels_without_the_kind_of_key(site: WholeSite) -> None:
    for e in site.es:
        rsa = isinstance(e.identities["server"].issue().certificate.public_key(), RSAPublicKey)
        e.xconf["Ciphers sshd_pfwd_pubkeyalgorithms Value"] = (
            "x509v3-ecdsa-sha2-nistp256" if rsa else "x509v3-rsa2048-sha256"
        )


@plant("CRY-02", touches="zone versions")
def _zone_without_a_common_tls_version(site: WholeSite) -> None:
    for box in site.expressways:
        mine = "TLSv1.3" if box.role == "expressway-c" else "TLSv1.2"
        box.xconf["SIP Advanced SipTlsVersions"] = mine


@plant("CHN-05", also="MRA-01 CLU-02", touches="c.lists e.lists cucm.lists uc.leaf", tiers=(2, 3), separate=True)
def _own_intermediate_missing_on_c(site: WholeSite) -> None:
    """CUCM knows the root alone, as it may where Expressway-C sends its intermediate."""
    issuing = site.inside_ca.issuing
    for c in site.cs:
        for slot in c.identities:
            c.change(slot, issuer=issuing)
        c.forget(issuing)
    other = authority("Dogwood", 1)
    for box in (*site.uc, *site.all("cms")):
        for slot in box.identities:
            box.change(slot, issuer=other.issuing)
        box.forget(issuing)
        box.learn(other.root)
    for c in site.cs:
        c.learn(other.root)


@plant("TUN-08", touches="tunnel")
def _tunnel_ciphers_apart(site: WholeSite) -> None:
    for box in site.expressways:
        mine = "aes256-ctr" if box.role == "expressway-c" else "aes128-ctr"
        box.xconf["Ciphers sshd_pfwd_ciphers Value"] = mine


@plant("TUN-04", touches="tunnel")
def _underscore_in_the_host_name(site: WholeSite) -> None:
    for e in site.es:
        e.xconf["IP DNS Hostname"] = e.xconf["IP DNS Hostname"].replace("exp", "ex_p").replace("vcs", "v_cs")


# --- known CAs -----------------------------------------------------------------------------------------------


def edge_under(site: WholeSite, *chain: pki.Issued, lacking: tuple[pki.Issued, ...] = ()) -> None:
    """Put every Expressway-E under a chain, root last, that everybody knows; C's list lacks some of it."""
    for e in site.es:
        e.change("server", issuer=chain[0])
        e.learn(*chain)
    for c in site.cs:
        c.learn(*(ca for ca in chain if ca not in lacking))
    site.client.learn(chain[-1])


_LE_SAYS = "CHN-01 CHN-02 CHN-05 CHN-06 TUN-01 ZON-04 LIF-04 LIF-05"


@plant("ACM-04", also=_LE_SAYS, touches="e.leaf e.lists c.lists")
def _lets_encrypt_unknown_to_c(site: WholeSite) -> None:
    edge_under(site, cas.R12, cas.X1, lacking=(cas.R12, cas.X1))


@plant("ACM-07", also=_LE_SAYS, touches="e.leaf e.lists c.lists")
def _lets_encrypt_issued_from_another_ca(site: WholeSite) -> None:
    edge_under(site, cas.R12, cas.X1, lacking=(cas.R12,))
    for c in site.cs:
        c.learn(cas.R10)


@plant("ACM-06", also=_LE_SAYS, touches="e.leaf e.lists c.lists")
def _generation_y_unknown_to_c(site: WholeSite) -> None:
    edge_under(site, cas.YR2, cas.ROOT_YR, cas.X1, lacking=(cas.YR2, cas.ROOT_YR))


@plant("ACM-06", also=_LE_SAYS + " CLI-01 CLU-02", touches="e.leaf e.lists c.lists")
def _generation_y_half_known_to_e(site: WholeSite) -> None:
    edge_under(site, cas.YR2, cas.ROOT_YR, cas.X1)
    for e in site.es:
        e.forget(cas.ROOT_YR)


@plant("ACM-05", also="EKU-01 EKU-04 EKU-05 MRA-09", touches="e.leaf e.lists c.lists", versions=BEFORE_X15_4)
def _automatic_renewal_for_servers_only(site: WholeSite) -> None:
    edge_under(site, cas.YR2, cas.ROOT_YR, cas.X1)
    for e in site.es:
        e.change("server", purposes=(pki.SERVER_AUTH,))


@plant("EKU-08", also="CLI-01 CHN-05", touches="e.leaf e.lists c.lists", separate=True)
def _alternative_root_unknown_to_clients(site: WholeSite) -> None:
    edge_under(site, cas.PUBLIC_SECTOR_ISSUING, cas.PUBLIC_SECTOR)
    site.client.forget(cas.PUBLIC_SECTOR)


@plant("EKU-11", also="ZON-04 CHN-05 ZON-15", touches="partner e.leaf", separate=True, tiers=(2, 3))
def _partner_lacks_the_private_root_of_e(site: WholeSite) -> None:
    e = site.rng.choice(site.es)
    other = partner(site)
    other.trust["ca"] = [cas.X1]
    b2b(site, other, e, kind="b2b-sip")


@plant("EKU-11", also="CLI-01 CHN-06", touches="e.leaf e.lists c.lists", separate=True, tiers=(2, 3))
def _edge_renewed_from_the_private_ca(site: WholeSite) -> None:
    for e in site.es:
        e.identities["previous"] = replace(
            e.identities["server"], issuer=cas.R12, key_name="before", start=AT - 99 * DAY
        )
        e.change("server", issuer=site.inside_ca.issuing)
        e.learn(*site.inside_ca.chain)
    site.client.trust["ca"] = [cas.X1]


@plant("HYB-03", also="CHN-02 ZON-04", touches="webex")
def _cloud_root_unknown_to_e(site: WholeSite) -> None:
    name = "cloud.example.net"
    box = Box("webex", "webex", [name], ["198.51.100.88"])
    box.identities["server"] = Leaf(name, (name,), cas.COMMERCIAL_ISSUING, behind=(cas.COMMERCIAL_ISSUING,))
    site.boxes.append(box)
    e = site.rng.choice(site.es)
    e.learn(cas.QUOVADIS)
    ends: dict[str, object] = {"client": e.id, "server": box.id, "port": 5062, "name": name}
    site.more_connections.append({"id": "cloud-1", "kind": "webex-sip", **ends})


def device(site: WholeSite, name: str, version: str = "") -> None:
    box = Box(name, "client", [], version=version)
    site.boxes.append(box)
    e = site.rng.choice(site.es)
    ends: dict[str, object] = {"client": name, "server": e.id, "port": 8443, "name": e.name}
    site.more_connections.append({"id": f"{name}-1", "kind": "edge-https", **ends})


@plant("CLI-02", touches="device", given=True)
def _phone_before_a_private_root(site: WholeSite) -> None:
    device(site, "phone1")


@plant("CLI-04", also="LIF-05", touches="device e.leaf e.lists c.lists", given=True)
def _old_firmware_before_lets_encrypt(site: WholeSite) -> None:
    edge_under(site, cas.R12, cas.X1)
    device(site, "phone1", "sip78xx.12-5-1SR1")
