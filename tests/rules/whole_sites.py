"""Whole sites made at random: Expressway-C and -E, CUCM, IM&P, Unity Connection, CMS and a client, all healthy.

A site is a pure function of its seed and wishes. It stays open until `write`: what is planted changes leaves,
lists, settings and logs first. Versions, forms of files, CAs, clusters and whether connections are given vary.
"""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from ruamel.yaml import YAML

from tests import pki

VERSIONS = ("X14.0.5", "X14.2.1", "X14.3.7", "X15.2", "X15.3.1", "X15.4.0", "X15.5.0", "")
BEFORE_ECDSA = ("X14.0.5", "X14.2.1")
CIPHERS = "ECDHE-RSA-AES256-GCM-SHA384:EECDH:EDH:HIGH:-AES256+SHA:!MEDIUM:!LOW:!3DES:!MD5:!PSK:!eNULL"
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Leaf:
    """A certificate to be issued when the site is written."""

    common_name: str | None
    names: tuple[str, ...]
    issuer: pki.Issued | None  # None: self-signed
    purposes: tuple[x509.ObjectIdentifier, ...] | None = pki.BOTH
    start: datetime = AT - 120 * DAY
    end: datetime = AT + 280 * DAY
    key_name: str = ""
    kind: str = "ec"
    organization: str = "Example Ltd"
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    behind: tuple[pki.Issued, ...] = ()  # what stands behind it in its file

    @property
    def key(self) -> pki.Key:
        return pki.key(f"leaf {self.common_name} {self.key_name}", self.kind)

    def issue(self) -> pki.Issued:
        return pki.issue(
            pki.name(self.common_name, self.organization),
            self.issuer,
            private=self.key,
            names=self.names,
            purposes=self.purposes,
            start=self.start,
            end=self.end,
            extensions=self.extensions,
        )

    @property
    def pem(self) -> str:
        return pki.bundle(self.issue(), *self.behind)


@dataclass(frozen=True)
class Authority:
    """A CA that issues leaves, with everything above it, the root last."""

    chain: tuple[pki.Issued, ...]  # the issuing CA first
    crossed: tuple[pki.Issued, ...] = ()  # cross-certificates of the root

    @property
    def issuing(self) -> pki.Issued:
        return self.chain[0]

    @property
    def root(self) -> pki.Issued:
        return self.chain[-1]


@cache
def authority(title: str, tiers: int = 2, kind: str = "ec", crossed: bool = False) -> Authority:
    """Return a CA of one, two or three tiers; `crossed`: an older root vouches for its root too."""
    root = pki.ca(f"{title} Root CA", kind=kind)
    if tiers == 1:
        return Authority((root,))
    chain = [root]
    if tiers == 3:
        chain.insert(0, pki.ca(f"{title} Policy CA", root, path_length=1))
    chain.insert(0, pki.ca(f"{title} Issuing CA 1", chain[0], path_length=0))
    older = pki.ca(f"{title} Older Root CA")
    key = {"issuer": older, "private": root.key, "is_ca": True, "start": AT - 900 * DAY, "end": AT + 900 * DAY}
    cross = pki.issue(root.certificate.subject, **key) if crossed else None  # type: ignore[arg-type]
    return Authority(tuple(chain), (cross, older) if cross else ())


@dataclass
class Box:
    """One node."""

    id: str
    role: str
    names: list[str]
    addresses: list[str] = field(default_factory=list)
    version: str = ""
    cluster: str = ""
    identities: dict[str, Leaf] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # slot -> name and bytes of another file
    trust: dict[str, list[pki.Issued | Leaf]] = field(default_factory=dict)
    xconf: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    csr: str = ""
    crl: str = ""
    log: list[str] = field(default_factory=list)
    reached_as: str = ""
    uptime: int | None = None  # seconds, as xStatus tells it

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def target(self) -> str:
        """The name under which others reach it."""
        return self.reached_as or self.name

    def change(self, slot: str, **changes: Any) -> Leaf:
        """Reissue a certificate with changes."""
        self.identities[slot] = replace(self.identities[slot], **changes)
        return self.identities[slot]

    def forget(self, *gone: pki.Issued, name: str = "") -> None:
        """Take CAs out of a trust list, or of all."""
        for held in [name] if name else list(self.trust):
            self.trust[held] = [item for item in self.trust[held] if item not in gone]

    def learn(self, *more: pki.Issued | Leaf, name: str = "") -> None:
        """Put certificates into a trust list, or into all."""
        for held in [name] if name else list(self.trust):
            self.trust[held] += [item for item in more if item not in self.trust[held]]


@dataclass
class WholeSite:
    """A site that is open to changes until it is written."""

    rng: random.Random
    domain: str
    inside: str
    edge_ca: Authority
    inside_ca: Authority
    uc_ca: Authority
    given: bool
    form: str  # "plain", "decorated", "archive"
    boxes: list[Box] = field(default_factory=list)
    more_connections: list[dict[str, object]] = field(default_factory=list)
    peers: dict[str, str] = field(default_factory=dict)  # id of an E -> peer address in the zone of C
    subject_name: str = ""
    sign_in: str = ""  # name that clients ask for; "": the domain
    beside: dict[str, bytes] = field(default_factory=dict)

    def all(self, *roles: str) -> list[Box]:
        return [box for box in self.boxes if box.role in roles]

    def one(self, role: str) -> Box:
        return self.rng.choice(self.all(role))

    @property
    def cs(self) -> list[Box]:
        return self.all("expressway-c")

    @property
    def es(self) -> list[Box]:
        return self.all("expressway-e")

    @property
    def expressways(self) -> list[Box]:
        return self.all("expressway-c", "expressway-e")

    @property
    def uc(self) -> list[Box]:
        return self.all("cucm", "imp", "cuc")

    @property
    def client(self) -> Box:
        return self.one("client")

    # --- writing -------------------------------------------------------------------------------------------

    def write(self, folder: Path) -> Path:
        """Write site.yml and its files, and return the folder."""
        nodes = [self._node(box, folder) for box in self.boxes]
        for name, data in self.beside.items():
            (folder / name).write_bytes(data)
        document: dict[str, object] = {
            "schema": "certdoctor/site@1",
            "customer": "Example Ltd",
            "site": "HQ",
            "at": AT,
            "domains": [self.domain],
            "nodes": nodes,
        }
        connections = [*(self._connections() if self.given else ()), *self.more_connections]
        if connections:
            document["connections"] = connections
        with (folder / "site.yml").open("w", encoding="utf-8") as stream:
            YAML().dump(document, stream)
        return folder

    def _node(self, box: Box, folder: Path) -> dict[str, object]:
        node: dict[str, object] = {"id": box.id, "role": box.role}
        archived = self.form == "archive" and bool(box.xconf)
        if box.version and not archived:
            node["version"] = box.version
        if box.names:
            node["names"] = box.names
        if box.addresses:
            node["addresses"] = box.addresses
        if box.cluster:
            node["cluster"] = box.cluster
        settings: dict[str, object] = {}
        identities: dict[str, str] = {}
        slots = {slot: (f"{box.id}-{slot}.pem", leaf.pem.encode()) for slot, leaf in box.identities.items()}
        bundles = {name: "".join(pem(item) for item in items) for name, items in box.trust.items()}
        if archived:
            self.archive(box, folder)
            slots = {slot: held for slot, held in slots.items() if slot not in ("server", "client")}
            bundles = {}
        elif box.xconf:
            _put(folder / "xconf" / f"{box.id}_xconf.txt", _xconf(box.xconf).encode())
            settings["xconf"] = f"xconf/{box.id}_xconf.txt"
        for slot, (name, data) in {**slots, **box.files}.items():
            path = f"certs/{name}"
            if slot not in box.files and slot != "candidate":
                path, data = self._dressed(path, data)
            _put(folder / path, data)
            identities[slot] = path
        if identities:
            node["identities"] = identities
        if bundles:
            trust: dict[str, str] = {}
            for name, text in bundles.items():
                path, data = self._dressed(f"trust/{box.id}-{name}.pem", text.encode())
                _put(folder / path, data)
                trust[name] = path
            node["trust"] = trust
        for key, text in (("csr", box.csr), ("crl", box.crl)):
            if text:
                _put(folder / "upload" / f"{box.id}.{key}", text.encode())
                settings[key] = f"upload/{box.id}.{key}"
        settings |= box.lists
        if settings:
            node["settings"] = settings
        if box.log and not archived:
            _put(folder / "logs" / f"{box.id}.txt", "".join(box.log).encode())
            node["logs"] = [f"logs/{box.id}.txt"]
        return node

    def _dressed(self, path: str, data: bytes) -> tuple[str, bytes]:
        """The same certificates in another dress."""
        if self.form != "decorated" or data.count(b"BEGIN CERT") == 0:
            return path, data
        dress = self.rng.choice(("crlf", "bag", "der", "plain"))
        if dress == "crlf":
            return path, data.replace(b"\n", b"\r\n")
        if dress == "bag":
            lines = b"Bag Attributes\n    localKeyID: 01 00 00 00\nsubject=O=Example Ltd\nissuer=CN=A CA\n"
            return path, data.replace(b"-----BEGIN CERT", lines + b"-----BEGIN CERT")
        if dress == "der" and data.count(b"BEGIN CERT") == 1:
            der = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
            return path.removesuffix(".pem") + ".cer", der
        return path, data

    def archive(self, box: Box, folder: Path, taken: str = "2026-11-24_10_00_00") -> None:
        """Write a box's diagnostic log archive."""
        bundles = {name: "".join(pem(item) for item in items) for name, items in box.trust.items()}
        stamp = f"{box.id}_{taken}"
        members = {
            f"xconf_dump_{stamp}.txt": _xconf(box.xconf),
            f"loggingsnapshot_{stamp}.txt": "".join(box.log),
        }
        if box.version:
            software = f'*s SystemUnit: \n   Product: "TANDBERG VCS"\n   Software: \n      Version: "{box.version}"\n'
            software += f"   Uptime: {box.uptime}\n" if box.uptime is not None else ""
            members[f"xstat_dump_{stamp}.txt"] = software + "*s/end\n"
        for slot in ("server", "client"):
            if slot in box.identities:
                members[f"{slot}_{stamp}.pem"] = box.identities[slot].issue().pem
        members |= {f"{name}_{stamp}.pem": text for name, text in bundles.items()}
        with tarfile.open(folder / f"diagnostic_log_{stamp}.tar.gz", "w:gz", compresslevel=1) as archive:
            for name, text in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))

    def _connections(self) -> list[dict[str, object]]:
        made: list[dict[str, object]] = []

        def add(kind: str, prefix: str, client: Box, server: Box, port: int, name: str, **more: object) -> None:
            made.append(
                {
                    "id": f"{prefix}-{client.id}-{server.id}",
                    "kind": kind,
                    "client": client.id,
                    "server": server.id,
                    "port": port,
                    "name": name,
                    **more,
                }
            )

        for c in self.cs:
            for e in self.es:
                add("traversal-sip", "sip", c, e, 7001, self.peers[e.id], verify_name=self.subject_name)
                add("traversal-ssh", "ssh", c, e, 2222, self.peers[e.id])
            for node in self.uc:
                add("uc-https", "https", c, node, 8443, node.target)
                if node.role == "cucm":
                    add("tftp-https", "tftp", c, node, 6972, node.target)
                elif node.role == "imp":
                    add("xcp", "xcp", c, node, 7400, node.target)
        for e in self.es:
            add("edge-https", "edge", self.client, e, 8443, self.sign_in or self.domain)
        for group in (self.cs, self.es):
            for box in group:
                for other in group:
                    if box is not other:
                        address = box.xconf[f"Alternates Peer {group.index(other) + 1} Address"]
                        add("cluster", "cluster", box, other, 4372, address)
        return made


def pem(item: pki.Issued | Leaf) -> str:
    return item.issue().pem if isinstance(item, Leaf) else item.pem


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def _xconf(settings: dict[str, str]) -> str:
    return "".join(f'*c xConfiguration {path}: "{value}"\n' for path, value in settings.items())


def harmless(host: str, rng: random.Random) -> list[str]:
    """Log lines of a box on which all is well."""
    lines = []
    for hour in range(5, 9):
        minute = rng.randrange(60)
        lines.append(
            f'2026-11-24T{hour + 1:02}:{minute:02}:00.176+01:00 {host} tvcs: UTCTime="2026-11-24 {hour:02}:'
            f'{minute:02}:00,176" Module="developer.ssl" Level="INFO" CodeLocation="ppcmains/ssl/ttssl.cpp(1974)" '
            'Method="::ttssl_continueHandshake" Thread="0x7f29dd":  Detail="Handshake in progress" '
            'Reason="want read/write"\n'
        )
    return lines


def make(
    seed: int,
    *,
    versions: Sequence[str] = VERSIONS,
    c_count: int | None = None,
    e_count: int | None = None,
    given: bool | None = None,
    separate: bool | None = None,
    tiers: Sequence[int] = (2, 2, 3, 1),
    forms: Sequence[str] = ("plain", "plain", "decorated", "archive"),
) -> WholeSite:
    """Return a healthy site.

    Args:
        seed: what is left open is drawn with it.
        versions: the Expressways have one of these; "" is unknown.
        c_count: how many Expressway-C, 1 or 2.
        e_count: how many Expressway-E.
        given: whether site.yml names the connections.
        separate: whether E's CA is another one than that of C and the UC nodes.
        tiers: how many CAs stand over each other.
        forms: how the files come.
    """
    rng = random.Random(seed)
    domain = rng.choice(("example.com", "lakeside.example", "rebenhof.example"))
    inside = rng.choice(("uc", "corp", "intern")) + "." + domain
    version = rng.choice(versions)
    kind = rng.choice(("ec", "rsa"))
    one_ca = authority("Alder", rng.choice(tiers), kind)
    public = authority("Birch", max(2, rng.choice(tiers)), rng.choice(("ec", "rsa")), rng.random() < 0.3)
    uc = authority("Cedar", rng.choice(tiers)) if rng.random() < 0.4 else one_ca
    apart = separate if separate is not None else rng.random() < 0.7
    site = WholeSite(
        rng=rng,
        domain=domain,
        inside=inside,
        edge_ca=public if apart else one_ca,
        inside_ca=one_ca,
        uc_ca=uc,
        given=given if given is not None else rng.random() < 0.6,
        form=rng.choice(forms),
    )
    number = rng.randrange(1, 200)
    counts = (c_count or rng.choice((1, 2)), e_count or rng.choice((1, 2)))
    for role, count, zone, prefix in (
        ("expressway-c", counts[0], inside, rng.choice(("expc", "vcsc", "exp-core"))),
        ("expressway-e", counts[1], domain, rng.choice(("expe", "vcse", "exp-edge"))),
    ):
        for index in range(1, count + 1):
            network = "10.9.4" if role == "expressway-c" else "192.0.2"
            box = Box(f"{prefix}{index}", role, [f"{prefix}{index}.{zone}"], [f"{network}.{number + index}"], version)
            box.cluster = f"{prefix}-cluster.{zone}" if count > 1 else ""
            site.boxes.append(box)
    nodes = [("cucm", "cucm-pub"), ("cucm", "cucm-sub"), ("imp", "imp1"), ("cuc", "unity1"), ("cms", "cms1")]
    gone = rng.sample(("unity1", "cms1", "imp1"), rng.randrange(0, 3))
    for index, (role, host) in enumerate(nodes):
        if host not in gone:
            site.boxes.append(Box(host, role, [f"{host}.{inside}"], [f"10.20.4.{number + index}"]))
    site.boxes.append(Box("jabber", "client", []))
    _certificates(site)
    _lists(site)
    _settings(site)
    return site


def _certificates(site: WholeSite) -> None:
    rng = site.rng
    for box in site.expressways:
        is_c = box.role == "expressway-c"
        domain_name = rng.choice((site.domain, f"collab-edge.{site.domain}"))
        extra = [box.cluster] if box.cluster else []
        names = (box.name, *extra, *(() if is_c else (domain_name,)))
        ca = site.inside_ca if is_c else site.edge_ca
        common = box.cluster if box.cluster and rng.random() < 0.5 else box.name
        key = "rsa" if box.version in BEFORE_ECDSA else "ec"
        box.identities["server"] = Leaf(common, names, ca.issuing, key_name=box.id, kind=key)
        if box.version == "X15.5.0" and rng.random() < 0.7:
            box.identities["client"] = Leaf(
                box.name, (box.name, *extra), site.inside_ca.issuing, key_name=f"{box.id} c"
            )
            if not is_c and rng.random() < 0.5:
                box.change("server", purposes=(pki.SERVER_AUTH,))
    every = tuple(box.name for box in site.all("cucm", "imp"))
    for box in site.uc:
        issuer = site.uc_ca.issuing
        shared = box.role in ("cucm", "imp")
        names = every if shared else (box.name,)
        common = f"{site.all('cucm')[0].names[0].partition('.')[0]}-ms.{site.inside}" if shared else box.name
        box.identities["tomcat"] = Leaf(common, names, issuer, key_name="tomcat" if shared else box.id)
        if box.role == "cucm":
            box.identities["callmanager"] = Leaf(box.name, (box.name,), issuer, key_name=f"{box.id} cm")
        if box.role == "imp":
            box.identities["cup-xmpp"] = Leaf(box.name, (box.name, site.domain), issuer, key_name=f"{box.id} xmpp")
    for box in site.all("cms"):
        box.identities["server"] = Leaf(box.name, (box.name,), site.uc_ca.issuing, key_name=box.id)


def _lists(site: WholeSite) -> None:
    edge, inside, uc = site.edge_ca, site.inside_ca, site.uc_ca

    def listed(*authorities: Authority) -> list[pki.Issued | Leaf]:
        return list(dict.fromkeys(item for a in authorities for item in (*a.chain, *a.crossed)))

    for box in site.cs:
        box.trust["ca"] = listed(edge, inside, uc)
    for box in site.es:
        box.trust["ca"] = listed(edge, inside)
    for box in site.all("cucm"):
        box.trust["tomcat"] = listed(inside, uc)
        box.trust["callmanager"] = listed(inside, uc)
    for box in site.all("imp"):
        box.trust["tomcat"] = listed(inside, uc)
        box.trust["cup-xmpp"] = listed(inside, uc)
    site.client.trust["ca"] = list(dict.fromkeys((edge.root, inside.root)))


def _settings(site: WholeSite) -> None:
    clustered = site.cs[0].cluster
    site.subject_name = clustered or site.cs[0].name
    site.peers = {e.id: e.name for e in site.es}
    for box in site.expressways:
        host, _, zone = box.name.partition(".")
        group = site.cs if box.role == "expressway-c" else site.es
        held = {
            "SystemUnit Name": box.id,
            "IP DNS Hostname": host,
            "IP DNS Domain Name": zone,
            "Ethernet 1 IP V4 Address": box.addresses[0],
            "CollaborationEdge Enabled": "On",
            "SIP TLS Mode": "On",
        }
        if box.cluster:
            held["Alternates Cluster Name"] = box.cluster
            held |= {f"Alternates Peer {i} Address": peer.name for i, peer in enumerate(group, 1)}
            held["Alternates TLSVerificationMode"] = site.rng.choice(("Enforcing", "Permissive"))
        held |= {
            "SIP TLS Certificate Revocation Checking Mode": "Off",
            "SIP TLS Certificate Revocation Checking Source Inaccessibility Behavior": "Fail",
            "SIP TLS Certificate Revocation Checking CRL Mode": "On",
            "SIP TLS Certificate Revocation Checking CRL Network Fetch Mode": "On",
            "Zones Zone 1 Name": "UC Traversal",
        }
        if box.role == "expressway-c":
            held |= {
                "Zones Zone 1 Type": "UnifiedCommunicationsTraversalClient",
                "Zones Zone 1 TraversalClient SIP Port": "7001",
                "Zones Zone 1 TraversalClient SIP TLS Verify Mode": "On",
                "Zones Zone 1 TraversalClient Authentication UserName": "traversal",
                "EdgeConfigServer VerifyOriginServer": "ON",
            }
        else:
            held |= {
                "Zones Zone 1 Type": "UnifiedCommunicationsTraversalServer",
                "Zones Zone 1 TraversalServer SIP Port": "7001",
                "Zones Zone 1 TraversalServer SIP TLS Verify Mode": "On",
            }
        held |= {
            "Zones DefaultZone SIP TLS Verify Mode": "Off",
            "SIP Advanced SipTlsVersions": "TLSv1.2:TLSv1.3",
            "Ciphers UcClientTLSCiphers Value": CIPHERS,
        }
        if box.version == "X15.5.0":
            held["SIP TLS Certificate ExtendedKeyUsage Checking Mode"] = "On"
        box.xconf = held
        box.log = harmless(box.id, site.rng)
    zones(site)


def zones(site: WholeSite) -> None:
    """Write the zones' peer addresses and subject name into the configurations."""
    for c in site.cs:
        for index, e in enumerate(site.es, 1):
            c.xconf[f"Zones Zone 1 TraversalClient Peer {index} Address"] = site.peers[e.id]
    for e in site.es:
        e.xconf["Zones Zone 1 TraversalServer SIP TLS Verify Subject Name"] = site.subject_name


Oddity = Callable[[WholeSite], None]


def _expired_unrelated_ca(site: WholeSite) -> None:
    old = pki.ca("Forgotten Root CA", start=datetime(2010, 1, 1, tzinfo=UTC), end=datetime(2022, 1, 1, tzinfo=UTC))
    for box in site.expressways:
        box.learn(old)


def _duplicates(site: WholeSite) -> None:
    for box in (*site.expressways, *site.all("cucm")):
        for held in box.trust.values():
            held += held[:2]


def _old_and_new_ca(site: WholeSite) -> None:
    new = pki.ca("Alder Issuing CA 2", site.inside_ca.root, path_length=0)
    for box in (*site.expressways, *site.all("cucm")):
        box.learn(new)
    for c in site.cs:
        c.identities["previous"] = replace(c.identities["server"], key_name=f"{c.id} before", start=AT - 500 * DAY)
        c.change("server", issuer=new)


def _rekeyed_root_beside(site: WholeSite) -> None:
    """A list holds the CA in use and one of the same name with another key."""
    again = pki.ca(
        site.inside_ca.root.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value,
        key_name="again",
    )
    for box in site.expressways:
        box.learn(again)


def _expired_twin(site: WholeSite) -> None:
    issuing = site.edge_ca.issuing
    old = pki.issue(
        issuing.certificate.subject,
        issuing.issuer,
        private=issuing.key,
        is_ca=True,
        start=AT - 2000 * DAY,
        end=AT - 200 * DAY,
    )
    for box in site.expressways:
        box.learn(old)


def _unused_wildcard(site: WholeSite) -> None:
    for e in site.es:
        leaf = e.identities["server"]
        e.change("server", names=(*leaf.names, f"*.{site.domain}"))


def _short_lived(site: WholeSite) -> None:
    days = site.rng.choice((47, 90))
    for e in site.es:
        e.change("server", start=AT - (days // 3) * DAY, end=AT + (days - days // 3) * DAY)


def _self_signed_cucm(site: WholeSite) -> None:
    """Self-signed certificates, all trusted where they are checked."""
    for box in site.all("cucm"):
        for slot in ("tomcat", "callmanager"):
            made = box.change(
                slot, issuer=None, names=(box.name,), common_name=box.name, organization=f"{box.id} {slot}",
                key_name=f"{box.id} {slot}", end=AT + 1500 * DAY,
            )  # fmt: skip
            for c in site.cs:
                c.learn(made)


def _verify_off(site: WholeSite) -> None:
    """Verification is off in a zone that is not for Unified Communications, so a wrong subject name does no harm."""
    for e in site.es:
        e.xconf["Zones Zone 1 Type"] = "TraversalServer"
        e.xconf["Zones Zone 1 TraversalServer SIP TLS Verify Mode"] = "Off"
    site.subject_name = f"nobody.{site.inside}"
    zones(site)


def _revocation_on(site: WholeSite) -> None:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example.net/a.crl")], None, None, None)
    for box in site.expressways:
        box.xconf["SIP TLS Certificate Revocation Checking Mode"] = "On"
        for slot in box.identities:
            box.change(slot, extensions=((x509.CRLDistributionPoints([point]), False),))


def _crl_without_it(site: WholeSite) -> None:
    for e in site.es:
        e.crl = pki.crl(site.inside_ca.issuing, [4711], updated=AT - 3 * DAY)


def _files_beside(site: WholeSite) -> None:
    site.beside["old-backup.pem"] = Leaf(
        "www.example.org", ("www.example.org",), None, start=AT - 800 * DAY, end=AT - 300 * DAY
    ).pem.encode()  # fmt: skip
    site.beside["some-ca.pem"] = pki.ca("Somebody's Root CA").pem.encode()
    site.beside["notes.txt"] = b"Change 4711: certificates renewed, all green.\n"


def name_lists(site: WholeSite) -> None:
    """Secure phone profiles, chat aliases and federated domains, with their names in the certificates."""
    profile, alias = f"secure-8845.{site.inside}", f"conference-1.{site.domain}"
    site.all("cucm")[0].lists["phone_security_profiles"] = [profile]
    imps = site.all("imp")
    for box in imps:
        box.lists["chat_aliases"] = [alias]
        box.lists["federation_domains"] = [site.domain]
    for box in site.expressways:
        wanted = [profile] if box.role == "expressway-c" else [site.domain] if imps else []
        held = box.identities["server"].names
        wanted = [name for name in (*wanted, *([alias] if imps else ())) if name not in held]
        box.change("server", names=(*held, *wanted))


def _nothing_known(site: WholeSite) -> None:
    """Some UC nodes come without any file."""
    for box in (*site.all("cuc", "cms"), site.all("cucm")[1]):
        box.identities, box.trust = {}, {}


def _sent_along(site: WholeSite) -> None:
    for box in (*site.expressways, *site.uc):
        for slot, leaf in box.identities.items():
            if leaf.issuer is not None:
                box.change(slot, behind=tuple(leaf.issuer.chain[:-1]))


def _good_candidate(site: WholeSite) -> None:
    box = site.rng.choice(site.expressways)
    fresh = replace(box.identities["server"], purposes=pki.BOTH, key_name="pending", start=AT - DAY, end=AT + 390 * DAY)
    box.identities["candidate"] = fresh
    box.csr = pki.csr(fresh.common_name, names=fresh.names, private=fresh.key)
    if site.given:
        site.more_connections.append(upload(box))


def _no_domains_served(site: WholeSite) -> None:
    site.sign_in = f"collab-edge.{site.domain}"


def _no_xconf(site: WholeSite) -> None:
    """No configuration of E, so that nothing says what it looks for."""
    if site.form != "archive" and site.given:
        for e in site.es:
            e.xconf = {}
        if len(site.es) > 1:
            for c in site.es:
                c.xconf = {f"Alternates Peer {i} Address": peer.name for i, peer in enumerate(site.es, 1)}


def _server_store_kept(site: WholeSite) -> None:
    """X15.5: public server-only certificates in the server stores, the private CA's in the client stores."""
    for box in site.expressways:
        if box.version == "X15.5.0":
            server = box.identities["server"]
            box.identities["client"] = replace(
                server, issuer=site.inside_ca.issuing, key_name=f"{box.id} c", purposes=(pki.CLIENT_AUTH,)
            )  # fmt: skip
            box.change("server", purposes=(pki.SERVER_AUTH,))


def _verified_off_for_uc(site: WholeSite) -> None:
    """Old versions and a switched-off verification do not look at the UC nodes' certificates."""
    for c in site.cs:
        c.xconf["EdgeConfigServer VerifyOriginServer"] = "OFF"


def _secure_lines(site: WholeSite) -> None:
    """Automatic zones that verify, TLS 1.3 with RSA preferred, and activation code onboarding."""
    node = site.all("cucm")[0]
    for box in site.expressways:
        box.xconf["CollaborationEdge AllowOnboardingOverMra"] = "On"
    for c in site.cs:
        c.xconf |= {
            "SIP Advanced TlsSignatureAlgoPrefRsa": "On",
            "Zones Zone 9 Name": f"CEtls-{node.name}",
            "Zones Zone 9 Neighbor Peer 1 Address": node.name,
            "Zones Zone 9 Neighbor SIP Transport": "TLS",
            "Zones Zone 9 Neighbor SIP Port": "5061",
            "Zones Zone 9 Neighbor SIP TLS Verify Mode": "On",
        }


def _stranger_blocked(site: WholeSite) -> None:
    """Somebody guesses passwords."""
    e = site.es[0]
    e.log.append(
        f'2026-11-24T09:12:44.724+01:00 {e.id} fail2ban: Event="Intrusion Protection Blocking" Src-ip="203.0.113.9" '
        'Detail="SIP authentication failure" Level="1" UTCTime="2026-11-24 08:12:44,724"\n'
    )


def _scanned(site: WholeSite) -> None:
    """Strangers on the Internet try the open ports."""
    e = site.es[0]
    for number, detail in enumerate(("unknown protocol", "wrong version number", "no shared cipher")):
        e.log.append(
            f'2026-11-24T09:12:44.724+01:00 {e.id} tvcs: Event="Inbound TLS Negotiation Error" Service="SIP" '
            f'Src-ip="203.0.113.{number + 20}" Src-port="25697" Dst-ip="{e.addresses[0]}" Dst-port="5061" '
            f'Detail="{detail}" Protocol="TLS" Level="1" UTCTime="2026-11-24 08:12:44,724"\n'
        )


def _passwords_guessed(site: WholeSite) -> None:
    """A registration with a guessed password says nothing about the zone."""
    e = site.es[0]
    e.log.append(
        f'2026-11-24T09:14:45.724+01:00 {e.id} tvcs: Event="Authentication Failed" Service="SIP" Src-ip="203.0.113.7" '
        'Src-port="25697" Detail="Incorrect authentication credential for user" Protocol="TLS" Method="REGISTER" '
        'Level="1" UTCTime="2026-11-24 08:14:45,724"\n'
    )


def upload(box: Box, slot: str = "candidate", **more: object) -> dict[str, object]:
    """Return the connection in which a certificate is offered to a box."""
    return {
        "id": f"upload-{box.id}",
        "kind": "upload",
        "client": box.id,
        "server": box.id,
        "server_identity": slot,
    } | more


ODDITIES: dict[str, Oddity] = {
    function.__name__.strip("_"): function
    for function in (
        _expired_unrelated_ca,
        _duplicates,
        _old_and_new_ca,
        _rekeyed_root_beside,
        _expired_twin,
        _unused_wildcard,
        _short_lived,
        _self_signed_cucm,
        _verify_off,
        _revocation_on,
        _crl_without_it,
        _files_beside,
        name_lists,
        _nothing_known,
        _sent_along,
        _good_candidate,
        _no_domains_served,
        _no_xconf,
        _server_store_kept,
        _verified_off_for_uc,
        _secure_lines,
        _stranger_blocked,
        _scanned,
        _passwords_guessed,
    )
}
