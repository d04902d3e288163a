"""Write the worked example site: kb/example/site and kb/example/repaired.

Run it from anywhere with the project's Python: `python scripts/make_example.py`. It replaces both folders.

The company, its domain and its CAs are made up. Two faults are planted:

* MRA-01: Expressway-C's certificate comes from the company's new CAs, which CUCM's tomcat-trust and
  CallManager-trust do not hold; the traffic server's log has CUCM's answer.
* CLI-01: Expressway-E's certificate names neither the users' domain nor collab-edge.<domain>.

Everything else is as it should be. `repaired` is the same site collected again after the cure, under the same
names, so that it replaces the first state when it is added to the case.

All of it is fixed but the keys: they are made afresh in each run, used once and never written. Keys from a fixed
seed would let anyone forge certificates of CAs that somebody may have loaded into a real box by mistake.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

EXAMPLE = Path(__file__).resolve().parent.parent / "kb" / "example"

START = datetime(2025, 1, 1, tzinfo=UTC)
# Before 2050: later dates are written in another form, which is a fault of its own (UPL-12).
END = datetime(2045, 1, 1, tzinfo=UTC)
COLLECTED = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
STAMP = COLLECTED.strftime("%Y-%m-%d_%H_%M_%S")

DOMAIN = "beispiel.example"
INSIDE = f"intern.{DOMAIN}"
VERSION = "X14.3.7"
EXPC, EXPE = f"expc1.{INSIDE}", f"expe1.{DOMAIN}"
PUB, SUB, IMP = f"cucm-pub.{INSIDE}", f"cucm-sub.{INSIDE}", f"imp1.{INSIDE}"
ADDRESSES = {EXPC: "192.0.2.10", EXPE: "198.51.100.20", PUB: "192.0.2.21", SUB: "192.0.2.22", IMP: "192.0.2.23"}


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with the key that signs what it issues."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


class Authority:
    """Issues certificates with serial numbers that count up."""

    def __init__(self) -> None:
        self._serial = 0x4E00_0000_0000_0000

    def root(self, organization: str, common_name: str) -> Issued:
        """Return a self-signed root CA."""
        return self._issue(organization, common_name, None, path_length=None)

    def intermediate(self, organization: str, common_name: str, issuer: Issued) -> Issued:
        """Return an issuing CA below a root."""
        return self._issue(organization, common_name, issuer, path_length=0)

    def leaf(self, organization: str, names: Sequence[str], issuer: Issued) -> Issued:
        """Return a certificate for both roles; the first name is the Common Name as well."""
        return self._issue(organization, names[0], issuer, names=names)

    def _issue(
        self,
        organization: str,
        common_name: str,
        issuer: Issued | None,
        *,
        names: Sequence[str] = (),
        path_length: int | None = None,
    ) -> Issued:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            ]
        )
        signer = issuer.key if issuer else key
        self._serial += 1
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(self._serial)
            .not_valid_before(START)
            .not_valid_after(END)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.BasicConstraints(ca=not names, path_length=path_length), critical=True)
            .add_extension(_key_usage(ca=not names), critical=True)
        )
        if issuer:
            authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
            builder = builder.add_extension(authority, critical=False)
        if names:
            both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False).add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
        return Issued(builder.sign(signer, hashes.SHA256()), key)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def bundle(*certificates: Issued) -> str:
    """Return PEM blocks one after the other."""
    return "".join(certificate.pem for certificate in certificates)


def archive(host: str, server: Issued, trusted: Sequence[Issued], xconf: str, log: str) -> bytes:
    """Return a diagnostic archive as an Expressway hands it out; the server certificate goes alone."""
    status = f'*s SystemUnit:\n   Product: "TANDBERG VCS"\n   Name: "{host}"\n   Software:\n'
    status += f'      Version: "{VERSION}"\n*s/end\n'
    members = {
        "loggingsnapshot": ("txt", log),
        "xconf_dump": ("txt", xconf),
        "xstat_dump": ("txt", status),
        "ca": ("pem", bundle(*trusted)),
        "server": ("pem", server.pem),
    }
    packed = io.BytesIO()
    # Times in both headers are fixed, so that equal content gives equal bytes.
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for part, (ending, text) in members.items():
            data = text.encode("utf-8")
            info = tarfile.TarInfo(f"{part}_{host}_{STAMP}.{ending}")
            info.size, info.mtime = len(data), int(COLLECTED.timestamp())
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def configuration(host: str, domain: str, zone: Sequence[str], more: Sequence[str] = ()) -> str:
    """Return an xConfiguration dump: what both boxes have, and the traversal zone's own lines."""
    lines = [
        f'SystemUnit Name: "{host}"',
        f'IP DNS Hostname: "{host}"',
        f'IP DNS Domain Name: "{domain}"',
        'DNS Server 1 Address: "192.0.2.53"',
        f'NTP Server 1 Address: "ntp.{INSIDE}"',
        'CollaborationEdge Enabled: "On"',
        'SIP TLS Mode: "On"',
        'SIP TLS Port: "5061"',
        'SIP TLS Certificate Revocation Checking Mode: "Off"',
        'SIP TLS Certificate Revocation Checking Source Inaccessibility Behavior: "Fail"',
        'Zones DefaultZone SIP TLS Verify Mode: "Off"',
        'Zones Zone 1 Name: "UC Traversal"',
        *(f"Zones Zone 1 {line}" for line in zone),
        *more,
        'SIP Advanced SipTlsVersions: "TLSv1.2"',
        'SIP Advanced SipTlsDhKeySize: "2048"',
        'Ciphers HTTPSProtocol Value: "minTLSv1.2"',
        'Ciphers UcClientTLSProtocol Value: "minTLSv1.2"',
        'Ciphers sshd_pfwd_ciphers Value: "aes256-ctr"',
    ]
    return "".join(f"*c xConfiguration {line}\n" for line in lines)


XCONF_C = configuration(
    "expc1",
    INSIDE,
    [
        'Type: "UnifiedCommunicationsTraversalClient"',
        'TraversalClient SIP Port: "7001"',
        'TraversalClient SIP TLS Verify Mode: "On"',
        'TraversalClient Authentication UserName: "traversal"',
        f'TraversalClient Peer 1 Address: "{EXPE}"',
    ],
    ['EdgeConfigServer VerifyOriginServer: "ON"'],
)
XCONF_E = configuration(
    "expe1",
    DOMAIN,
    [
        'Type: "UnifiedCommunicationsTraversalServer"',
        'TraversalServer SIP Port: "7001"',
        'TraversalServer SIP TLS Verify Mode: "On"',
        f'TraversalServer SIP TLS Verify Subject Name: "{EXPC}"',
    ],
)


def line(at: str, host: str, process: str, words: str) -> str:
    """Return one log line; `at` is the time of day in UTC, the box's own clock is one hour ahead."""
    hour, rest = at.split(":", 1)
    return f"2026-11-23T{int(hour) + 1:02}:{rest}+01:00 {host} {process}{words}\n"


def handshake(at: str, host: str) -> str:
    """Return a line of a TLS handshake that is going on, as every log has it."""
    utc = f"2026-11-23 {at.replace('.', ',')}"
    return line(
        at,
        host,
        "tvcs: ",
        f'UTCTime="{utc}" Module="developer.ssl" Level="INFO" '
        'CodeLocation="ppcmains/ssl/ttssl/ttssl_openssl.cpp(1974)" Method="::ttssl_continueHandshake" '
        'Thread="0x7f29ddefa700":  Detail="Handshake in progress" Reason="want read/write"',
    )


def sign_in(at: str, number: int, node: str, alert_after: str = "") -> str:
    """Return a request of the traffic server to CUCM's TFTP service, and CUCM's refusal after it if there was one."""
    utc = f"2026-11-23 {at.replace('.', ',')}"
    said = line(
        at,
        "expc1",
        "traffic_server[2030]: ",
        f'UTCTime="{utc}" Module="network.http.trafficserver" Level="DEBUG": Detail="Sending Request" '
        f'Txn-id="{number}" Dst-ip="{ADDRESSES[node]}" Dst-port="6972"',
    )
    if alert_after:
        said += line(
            alert_after,
            "expc1",
            "traffic_server[2030]:",
            f"[ET_NET 1]ERROR:SSL connection failed for '{node}':error:14094418: "
            "SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca",
        )
    return said


LOG_C = (
    handshake("06:58:00.843", "expc1")
    + sign_in("07:02:11.310", 3028, PUB, "07:02:11.974")
    + handshake("07:05:00.120", "expc1")
    + sign_in("07:09:42.004", 3041, SUB, "07:09:42.655")
    + sign_in("07:18:05.777", 3066, PUB, "07:18:06.391")
    + handshake("07:24:00.547", "expc1")
)
LOG_C_REPAIRED = (
    handshake("07:04:00.843", "expc1")
    + sign_in("07:06:12.310", 14, PUB)
    + sign_in("07:09:40.004", 27, SUB)
    + handshake("07:24:00.547", "expc1")
)
LOG_E = handshake("06:58:01.102", "expe1") + handshake("07:24:00.790", "expe1")

TEXT = """\
text: >-
  Seit Donnerstag kommt niemand mehr von außen rein. Jabber zeigt beim Start eine Zertifikatswarnung, und wenn man
  sie bestätigt, schlägt die Anmeldung trotzdem fehl. Telefone im Homeoffice registrieren sich nicht. Im Büro geht
  alles. Am Mittwochabend wurden die Zertifikate beider Expressways erneuert, das der C kommt jetzt von der neuen
  Firmen-CA.
symptoms: [mra-login-fails-after-renewal, jabber-certificate-warning]
"""

SITE = f"""\
# The worked example: see README.md in the folder above.
schema: certdoctor/site@1
customer: Beispiel AG
site: Zentrale
domains: [{DOMAIN}]
nodes:
  # The Expressways' files come in one diagnostic archive per box, which is found by the host name.
  - id: expc1
    role: expressway-c
    names: [{EXPC}]
    addresses: [{ADDRESSES[EXPC]}]
  - id: expe1
    role: expressway-e
    names: [{EXPE}]
    addresses: [{ADDRESSES[EXPE]}]
  - id: cucm-pub
    role: cucm
    names: [{PUB}]
    addresses: [{ADDRESSES[PUB]}]
    identities: {{tomcat: certs/cucm-pub-tomcat.pem, callmanager: certs/cucm-pub-callmanager.pem}}
    trust: {{tomcat: trust/cucm-pub-tomcat-trust.pem, callmanager: trust/cucm-pub-callmanager-trust.pem}}
  - id: cucm-sub
    role: cucm
    names: [{SUB}]
    addresses: [{ADDRESSES[SUB]}]
    identities: {{tomcat: certs/cucm-sub-tomcat.pem, callmanager: certs/cucm-sub-callmanager.pem}}
    trust: {{tomcat: trust/cucm-sub-tomcat-trust.pem, callmanager: trust/cucm-sub-callmanager-trust.pem}}
  - id: imp1
    role: imp
    names: [{IMP}]
    addresses: [{ADDRESSES[IMP]}]
    identities: {{tomcat: certs/imp1-tomcat.pem, cup-xmpp: certs/imp1-cup-xmpp.pem}}
    trust: {{tomcat: trust/imp1-tomcat-trust.pem}}
  - id: jabber
    role: client
    trust: {{ca: trust/jabber.pem}}
"""


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    """Replace a folder by these files."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def main() -> None:
    """Make the certificates and write both folders."""
    company, vendor = "Beispiel AG", "Muster Trust Services"
    authority = Authority()
    public_root = authority.root(vendor, "Muster Public Root CA")
    public = authority.intermediate(vendor, "Muster Public TLS CA 1", public_root)
    old_root = authority.root(company, "Beispiel AG Root CA")
    old = authority.intermediate(company, "Beispiel AG Issuing CA 1", old_root)
    new_root = authority.root(company, "Beispiel AG Root CA G2")
    new = authority.intermediate(company, "Beispiel AG Issuing CA G2-1", new_root)

    expc = authority.leaf(company, [EXPC], new)
    expe = authority.leaf(company, [EXPE], public)
    expe_repaired = authority.leaf(company, [EXPE, f"collab-edge.{DOMAIN}"], public)

    expressway_cas = [public_root, public, new_root, new, old_root, old]
    edge_cas = [public_root, public, new_root, new]
    common: dict[str, str | bytes] = {
        f"certs/{host}-{service}.pem": bundle(authority.leaf(company, [name], old), old)
        for host, name, services in (
            ("cucm-pub", PUB, ("tomcat", "callmanager")),
            ("cucm-sub", SUB, ("tomcat", "callmanager")),
            ("imp1", IMP, ("tomcat", "cup-xmpp")),
        )
        for service in services
    }
    common["trust/imp1-tomcat-trust.pem"] = bundle(old_root, old, new_root, new)
    common["trust/jabber.pem"] = bundle(public_root)
    cucm, services = ("cucm-pub", "cucm-sub"), ("tomcat", "callmanager")
    lists = [f"trust/{host}-{service}-trust.pem" for host in cucm for service in services]
    archives = {host: f"diagnostic_log_{host}_{STAMP}.tar.gz" for host in ("expc1", "expe1")}

    write(
        EXAMPLE / "site",
        {
            "site.yml": SITE + TEXT,
            **common,
            **dict.fromkeys(lists, bundle(old_root, old)),
            archives["expc1"]: archive("expc1", expc, expressway_cas, XCONF_C, LOG_C),
            archives["expe1"]: archive("expe1", expe, edge_cas, XCONF_E, LOG_E),
        },
    )
    write(
        EXAMPLE / "repaired",
        {
            "site.yml": SITE,
            **common,
            **dict.fromkeys(lists, bundle(old_root, old, new_root, new)),
            archives["expc1"]: archive("expc1", expc, expressway_cas, XCONF_C, LOG_C_REPAIRED),
            archives["expe1"]: archive("expe1", expe_repaired, edge_cas, XCONF_E, LOG_E),
        },
    )


if __name__ == "__main__":
    main()
