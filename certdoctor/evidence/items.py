"""What evidence consists of: frozen records that every later part works with."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from certdoctor.evidence import signatures
from certdoctor.evidence.site import SiteDescription


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where something was found: a file as given, a member of an archive, a place in it."""

    source: str
    member: str = ""
    place: str = ""

    def at(self, place: str) -> Origin:
        """Return the same origin with another place ("block 3", "line 120")."""
        return Origin(self.source, self.member, place)

    @property
    def path(self) -> str:
        """The file and, after `!`, the member inside it."""
        return f"{self.source}!{self.member}" if self.member else self.source

    def __str__(self) -> str:
        return f"{self.path}, {self.place}" if self.place else self.path


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate (RFC 5280), decoded once; `der` is what OpenSSL is asked about.

    `None` for `extended_key_usage`, `key_usage` or `is_ca` means that the extension is absent, which is not
    the same as empty. Names are as in the certificate; screens clean them before display.
    """

    der: bytes = field(repr=False)
    sha256: str
    subject: str
    issuer: str
    subject_key: str  # equal exactly if OpenSSL takes the names as equal (case, spaces, string type do not count)
    issuer_key: str
    common_name: str | None
    serial: str  # upper-case hex
    not_before: datetime  # UTC, aware
    not_after: datetime
    version: int  # 1, 3
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    other_names: tuple[str, ...]
    extended_key_usage: tuple[str, ...] | None  # dotted OIDs
    key_usage: tuple[str, ...] | None  # "digital_signature", "key_cert_sign", ...
    is_ca: bool | None
    path_length: int | None
    subject_key_id: str | None  # lower-case hex
    authority_key_id: str | None
    public_key_sha256: str  # of the SubjectPublicKeyInfo
    key_type: str  # "rsa", "ec", "dsa", "ed25519", ...
    key_bits: int
    signature_algorithm: str  # dotted OID
    signature_hash: str | None  # "sha256", "sha1", "md5", ...
    ca_issuer_urls: tuple[str, ...]
    ocsp_urls: tuple[str, ...]
    crl_urls: tuple[str, ...]
    has_name_constraints: bool
    unreadable: tuple[str, ...] = ()  # parts of it that could not be decoded, in words

    @property
    def self_signed(self) -> bool:
        """Whether the issuer is the subject and the signature verifies with the certificate's own key.

        It is verified when it is first asked for, not for each of ten thousand certificates that are only listed.
        Where this machine cannot verify it, the key identifiers decide.
        """
        if self.issuer_key != self.subject_key:
            return False
        verified = signatures.signed_itself(self.der)
        return self.authority_key_id in (None, self.subject_key_id) if verified is None else verified

    @property
    def label(self) -> str:
        """A short name: CN, else the first SAN, else the subject, else the fingerprint."""
        return self.common_name or (self.dns_names[0] if self.dns_names else "") or self.subject or self.sha256[:16]

    @property
    def names(self) -> tuple[str, ...]:
        """All SAN dNSNames and iPAddresses."""
        return self.dns_names + self.ip_addresses


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A PKCS#10 request (RFC 2986)."""

    der: bytes = field(repr=False)
    subject: str
    common_name: str | None
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    other_names: tuple[str, ...]
    extended_key_usage: tuple[str, ...] | None
    public_key_sha256: str


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A CRL (RFC 5280 section 5)."""

    der: bytes = field(repr=False)
    issuer: str
    issuer_key: str
    this_update: datetime
    next_update: datetime | None
    revoked_serials: frozenset[str]  # upper-case hex
    authority_key_id: str | None


@dataclass(frozen=True, slots=True)
class KeyNotice:
    """A private key that stood in an input: its public half only, the key itself was dropped at once."""

    public_key_sha256: str | None  # None where it is encrypted or cannot be read
    encrypted: bool


class Kind(StrEnum):
    """What a document is."""

    CERTIFICATES = "certificates"  # also requests, CRLs, keys: anything in PEM, DER, PKCS#7, PFX
    XCONFIGURATION = "xconfiguration"
    XSTATUS = "xstatus"
    LOG = "log"
    CAPTURE = "capture"  # of packets
    SITE = "site"
    NOT_READ = "not_read"


class Form(StrEnum):
    """How the certificates of a document are written."""

    PEM = "pem"
    DER = "der"
    PKCS7_PEM = "pkcs7-pem"
    PKCS7_DER = "pkcs7-der"
    PFX = "pfx"
    BASE64 = "base64"  # without BEGIN and END lines
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate with the place it was found at."""

    certificate: Certificate
    origin: Origin


@dataclass(frozen=True, slots=True)
class Setting:
    """One configuration value with its line."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be read, and what to do."""

    origin: Origin
    looks_like: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A TLS alert that was sent in the clear (RFC 8446 section 6)."""

    sender: str  # "client", "server"
    level: int  # 1: warning, 2: fatal
    number: int
    name: str  # as in the RFC, "" for an unknown number


@dataclass(frozen=True, slots=True)
class Conversation:
    """One TCP connection of a packet capture, as far as it shows TLS or why there was none.

    An empty chain was sent as such or not seen: `server_sent` and `client_sent` tell. `complete` is true where the
    handshake was seen to end on both sides; of TLS 1.3 that says nothing on the client's certificate.
    """

    place: str  # "conversation 3, from packet 120"
    client_address: str
    client_port: int
    server_address: str
    server_port: int
    started: datetime | None = None  # UTC, aware
    sni: str | None = None
    version: str = ""  # that the server chose: "TLS 1.2"; "" where it was not seen
    offered_version: str = ""  # the highest that the client offers; "" where its hello was not seen
    offers_sha1_only: bool = False  # the client takes no signature better than SHA-1
    server_chain: tuple[Found, ...] = ()  # as sent
    client_chain: tuple[Found, ...] = ()
    server_sent: bool = False  # a Certificate message of the server was seen
    client_sent: bool = False
    client_certificate_requested: bool = False
    acceptable_cas: tuple[str, ...] = ()  # names, RFC 4514
    alerts: tuple[Alert, ...] = ()
    hidden_alerts: tuple[str, ...] = ()  # senders of alerts that were encrypted before the handshake was complete
    reset_by: str = ""  # "client", "server"
    trouble: str = ""  # "refused_port", "timeout", "not_tls": why there was no TLS
    complete: bool = False
    gaps: bool = False  # parts were not captured
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One file or archive member, read.

    `stored` is what may be kept: the bytes without private keys (a PFX becomes the PEM of its certificates,
    a packet capture the transcript of its handshakes). Ask for it once where it is used: it may be unpacked anew.
    """

    origin: Origin
    kind: Kind
    form: Form = Form.NONE
    sha256: str = ""  # of the bytes as given
    size: int = 0
    kept: bytes = field(default=b"", repr=False)
    packed: bool = False  # `kept` is compressed, as that of a long log is: an archive may hold hundreds of megabytes
    certificates: tuple[Found, ...] = ()
    requests: tuple[SigningRequest, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()
    keys: tuple[KeyNotice, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict, repr=False)  # xConfiguration, xStatus
    needs_password: bool = False  # a PFX that no given password opened
    host: str = ""  # host name that an archive or member name carries
    taken: str = ""  # time stamp that an archive or member name carries, as written there
    conversations: tuple[Conversation, ...] = ()  # kind CAPTURE
    remarks: tuple[str, ...] = ()  # read all the same, but a box may refuse it: why
    slot: str = ""  # what its name says it is: "identity:server", "trust:ca", "xconf", "xstat", "log", "csr"
    site: SiteDescription | None = None  # kind SITE: what it describes; None where it is faulty

    @property
    def stored(self) -> bytes:
        """What may be kept of it."""
        return zlib.decompress(self.kept) if self.packed else self.kept


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one archive holds of one box."""

    host: str
    documents: tuple[Document, ...]

    @property
    def taken(self) -> str:
        """The last time stamp that its names carry, as written there; "" where they carry none."""
        return max((document.taken for document in self.documents), default="")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was read, in the order given.

    `earlier` are snapshots that a newer one of the same box has replaced, oldest first; they judge nothing.
    """

    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()
    earlier: tuple[Snapshot, ...] = ()

    def document(self, path: str) -> Document | None:
        """Return the document whose origin has this path, or None."""
        return next((d for d in self.documents if d.origin.path == path), None)

    def certificates(self) -> dict[str, tuple[Found, ...]]:
        """Return each certificate once, by SHA-256, with every place it was found at."""
        found: dict[str, tuple[Found, ...]] = {}
        for document in self.documents:
            for item in document.certificates:
                found[item.certificate.sha256] = (*found.get(item.certificate.sha256, ()), item)
        return found
