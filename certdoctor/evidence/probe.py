"""The live look at one server: what it sends, asks for and answers. It contacts only what it is told to.

It judges nothing: it takes weak keys, old versions and untrusted chains as they come, so that they can be seen.
OpenSSL works on memory here and the socket is ours, so that every wait has its limit and bytes that are no TLS can
be told apart.
"""

from __future__ import annotations

import re
import socket
import threading
import time
import warnings
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto

from certdoctor.errors import BadInput
from certdoctor.evidence import asn1, certificate, document, names, stored, wording
from certdoctor.evidence.handshake import ALERTS
from certdoctor.evidence.items import Certificate, Document, Origin
from certdoctor.evidence.targets import Starttls, Target
from certdoctor.limits import DEFAULT
from certdoctor.text import clean

TIMEOUT = 10.0  # seconds for everything together
# How long a server may take, in seconds, to reject a client certificate after the handshake: in TLS 1.3 its answer
# comes with the first read (RFC 8446 section 4.4.2.4 and appendix E.1)
_VERDICT = 2.0
_REPLY = 1.0  # seconds that the rest of a plain-text reply may take
_REPLY_BYTES = 512
_STREAM_BYTES = 64 * 1024


class Outcome(StrEnum):
    """How the look ended."""

    CONNECTED = "connected"  # the handshake came about and was not taken back
    REFUSED = "refused"  # by an alert, a reset, a closed port or connection
    NOT_TLS = "not_tls"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What was seen of one server. Its texts are as they came; screens clean them before display."""

    host: str
    port: int
    sni: str | None  # the name that was asked for
    starttls: Starttls | None
    outcome: Outcome
    address: str | None = None  # the address that answered, or that was tried last
    tls_version: str | None = None
    cipher: str | None = None
    chain: tuple[Certificate, ...] = ()  # as sent, in that order
    client_certificate_given: bool = False
    client_certificate_requested: bool | None = None  # None: the handshake did not get that far
    acceptable_cas: tuple[str, ...] = ()  # names of the CAs that the server takes client certificates from
    alert: str | None = None  # the fatal alert received, as RFC 8446 section 6 calls it
    error: str | None = None  # why there is no connection, a sentence
    ssh_banner: str | None = None
    plaintext_reply: str | None = None  # the beginning of an answer that is no TLS
    remarks: tuple[str, ...] = ()
    took: float = 0.0  # seconds

    @property
    def place(self) -> str:
        """host:port, an IPv6 address in brackets."""
        return str(Target(self.host, self.port))


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """A client certificate with what stands behind it, and its key, for one run; nothing of it is kept."""

    certificates: tuple[x509.Certificate, ...]
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = field(repr=False)


def client_identity(certificate_file: Path, key_file: Path) -> ClientIdentity:
    """Read a client certificate (its chain may follow it) and its key, both in PEM.

    Raises:
        BadInput: a file cannot be read, holds no such thing, or the two do not belong together.
    """
    try:
        certificates = tuple(x509.load_pem_x509_certificates(_content(certificate_file)))
    except ValueError as error:
        reason = wording.CLIENT_CERTIFICATE.format(why=clean(str(error), 200).rstrip("."))
        raise BadInput(str(certificate_file), "", reason) from None
    try:
        key = load_pem_private_key(_content(key_file), password=None)
    except TypeError:
        reason, remedy = wording.CLIENT_KEY_ENCRYPTED, wording.CLIENT_KEY_ENCRYPTED_REMEDY
        raise BadInput(str(key_file), "", reason, remedy) from None
    except ValueError:
        raise BadInput(str(key_file), "", wording.CLIENT_KEY) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise BadInput(str(key_file), "", wording.CLIENT_KEY)
    if certificates[0].public_key() != key.public_key():
        raise BadInput(str(key_file), "", wording.CLIENT_KEY_OTHER)
    return ClientIdentity(certificates, key)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = wording.NOT_PERMITTED.format(why=error.strerror or type(error).__name__)
        raise BadInput(str(file), "", reason) from None


def probe(target: Target, *, timeout: float = TIMEOUT, client: ClientIdentity | None = None) -> ProbeResult:
    """Connect to a server, shake hands and say what was seen. Trouble on the network is a result, never an error.

    Args:
        target: whom to contact.
        timeout: seconds for everything together: the name, the connection and the handshake.
        client: what to present if the server asks for a client certificate; without it an empty list is sent.
    """
    started = time.monotonic()
    look = _Look(target, _Wire(started + timeout, timeout), client)
    outcome, error = Outcome.CONNECTED, None
    try:
        look.run()
    except _Ended as ended:
        outcome, error = ended.outcome, ended.words
    finally:
        look.wire.close()
    return replace(look.seen(), outcome=outcome, error=error, took=round(time.monotonic() - started, 3))


class _Ended(Exception):
    """The look is over, without a connection."""

    def __init__(self, outcome: Outcome, words: str) -> None:
        super().__init__(words)
        self.outcome = outcome
        self.words = words


# --- the wire ------------------------------------------------------------------------------------------------


class _Wire:
    """One TCP connection; every wait ends at the deadline."""

    def __init__(self, deadline: float, timeout: float) -> None:
        self.deadline = deadline
        self.timeout = timeout
        self.address: str | None = None
        self.received = 0
        self._socket: socket.socket | None = None

    def left(self) -> float:
        """Seconds until the deadline; a socket takes 0 for "do not block", so never quite 0."""
        return max(self.deadline - time.monotonic(), 0.001)

    def open(self, host: str, port: int) -> None:
        addresses = self._resolve(host, port)
        trouble = _Ended(Outcome.NO_ANSWER, wording.PROBE_NO_CONNECTION.format(seconds=self.timeout))
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            self.address = str(address[0])
            try:
                self._socket = socket.socket(family, kind, protocol)
                # A dead address leaves time for the others.
                self._socket.settimeout(max(self.left() / (len(addresses) - position), 0.001))
                self._socket.connect(address)
                return
            except TimeoutError:
                pass
            except (ConnectionRefusedError, ConnectionResetError):
                trouble = _Ended(Outcome.REFUSED, wording.PROBE_PORT_REFUSED)
            except OSError as error:
                if trouble.outcome != Outcome.REFUSED:
                    words = wording.PROBE_UNREACHABLE.format(why=error.strerror or type(error).__name__)
                    trouble = _Ended(Outcome.NO_ANSWER, words)
            self.close()
        raise trouble

    def _resolve(self, host: str, port: int) -> list[Any]:
        """The system's resolver knows no time limit: it is asked in a thread that may be left behind."""
        found: list[Any] = []
        failed: list[OSError] = []

        def ask() -> None:
            try:
                found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except OSError as error:
                failed.append(error)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(self.left())
        if failed:
            why = failed[0].strerror or type(failed[0]).__name__
            raise _Ended(Outcome.NO_ANSWER, wording.PROBE_NO_NAME.format(why=why))
        if not found:
            raise _Ended(Outcome.NO_ANSWER, wording.PROBE_NO_NAME_IN_TIME.format(seconds=self.timeout))
        return found

    def send(self, data: bytes) -> None:
        """Send; a peer that has hung up meanwhile is noticed at the next receive, where its last words still lie."""
        assert self._socket is not None
        self._socket.settimeout(self.left())
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise self.silent() from None
        except OSError:
            return

    def receive(self, within: float | None = None) -> bytes:
        """Return what comes, b"" where the peer has closed.

        Raises:
            TimeoutError: nothing came `within` these seconds.
            ConnectionError: the peer reset the connection.
            _Ended: nothing came until the deadline, with `within` None.
        """
        assert self._socket is not None
        self._socket.settimeout(self.left() if within is None else max(min(self.left(), within), 0.001))
        try:
            data = self._socket.recv(16 * 1024)
        except TimeoutError:
            if within is None:
                raise self.silent() from None
            raise
        except ConnectionError:
            raise
        except OSError as error:
            raise ConnectionResetError(str(error)) from error
        self.received += len(data)
        return data

    def silent(self) -> _Ended:
        return _Ended(Outcome.NO_ANSWER, wording.PROBE_SILENT.format(seconds=self.timeout))

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


# --- the look ------------------------------------------------------------------------------------------------


class _Look:
    """One handshake and what is seen of it."""

    def __init__(self, target: Target, wire: _Wire, client: ClientIdentity | None) -> None:
        self.target = target
        self.wire = wire
        self.client = client
        self.requested: bool | None = None
        self.alert: str | None = None
        self.remarks: list[str] = []
        self.banner: str | None = None
        self.reply: str | None = None
        self.agreed = False  # the server has chosen version and cipher
        self.tls: SSL.Connection | None = None

    def run(self) -> None:
        self.wire.open(self.target.host, self.target.port)
        if self.target.starttls is not None:
            self._starttls()
        self.tls = SSL.Connection(_context(self.client), None)
        self.tls.set_info_callback(self._noted)
        if self.target.name:
            self.tls.set_tlsext_host_name(self.target.name.encode("ascii"))
        self.tls.set_connect_state()
        self._handshake(self.tls)
        if self.requested:
            self._verdict(self.tls)

    def seen(self) -> ProbeResult:
        chain: list[Certificate] = []
        cas: list[str] = []
        tls = self.tls
        if tls is not None:
            for number, sent in enumerate(tls.get_peer_cert_chain() or (), 1):
                der = crypto.dump_certificate(crypto.FILETYPE_ASN1, sent)
                try:
                    chain.append(certificate.read(der).certificate)
                except asn1.Malformed as error:
                    self.remarks.append(wording.PROBE_BAD_CERTIFICATE.format(number=number, why=error))
            cas = [_name(held.der()) for held in tls.get_client_ca_list()]
        return ProbeResult(
            host=self.target.host,
            port=self.target.port,
            sni=self.target.name,
            starttls=self.target.starttls,
            outcome=Outcome.CONNECTED,
            address=self.wire.address,
            tls_version=tls.get_protocol_version_name() if tls and self.agreed else None,
            cipher=tls.get_cipher_name() if tls and self.agreed else None,
            chain=tuple(chain),
            client_certificate_given=self.client is not None,
            client_certificate_requested=self.requested,
            acceptable_cas=tuple(cas),
            alert=self.alert,
            ssh_banner=self.banner,
            plaintext_reply=self.reply,
            remarks=tuple(self.remarks),
        )

    def _noted(self, tls: SSL.Connection, where: int, code: int) -> None:
        """OpenSSL's account of the handshake: the messages read, and the alerts."""
        if where & SSL.SSL_CB_ALERT:
            if where & SSL.SSL_CB_READ:
                self._alerted(level=code >> 8, description=code & 0xFF)
        elif where & SSL.SSL_CB_LOOP:
            state = tls.get_state_string()
            if b"read server hello" in state:
                self.agreed = True
            elif b"read server certificate request" in state:
                self.requested = True
            elif b"read server done" in state and self.requested is None:
                self.requested = False

    def _alerted(self, level: int, description: int) -> None:
        word = ALERTS.get(description, f"alert {description}")
        if description in _FAREWELLS:
            return
        # TLS 1.3 has no warnings but the farewells, whatever the level says (RFC 8446 section 6).
        tls13 = self.agreed and self.tls is not None and self.tls.get_protocol_version() >= SSL.TLS1_3_VERSION
        if level == 1 and not tls13:
            self.remarks.append(wording.PROBE_WARNING.format(alert=word))
        else:
            self.alert = word

    # --- TLS -----------------------------------------------------------------------------------------------

    def _handshake(self, tls: SSL.Connection) -> None:
        begun = self.wire.received
        while True:
            try:
                tls.do_handshake()
            except SSL.WantReadError:
                self._flush(tls)
            except SSL.Error as error:
                self._flush(tls)
                raise self._failed(error) from None
            else:
                self._flush(tls)
                break
            data = self._receive()
            if self.wire.received == begun + len(data):
                self._expect_tls(data)
            tls.bio_write(data)
        self.requested = bool(self.requested)
        if not tls.get_peer_cert_chain():
            raise _Ended(Outcome.REFUSED, wording.PROBE_NO_CERTIFICATE)

    def _verdict(self, tls: SSL.Connection) -> None:
        """Wait for what the server says to the client certificate, or to the lack of one."""
        until = min(time.monotonic() + _VERDICT, self.wire.deadline)
        while True:
            try:
                tls.recv(1)
                return  # it sends data: it has accepted
            except SSL.WantReadError:
                self._flush(tls)
            except SSL.ZeroReturnError:
                raise _Ended(Outcome.REFUSED, wording.PROBE_CLOSED_AFTER) from None
            except SSL.Error as error:
                raise self._failed(error) from None
            try:
                data = self.wire.receive(max(until - time.monotonic(), 0.001))
            except TimeoutError:
                return  # it waits for data: it has accepted
            except ConnectionError:
                raise _Ended(Outcome.REFUSED, wording.PROBE_RESET_AFTER) from None
            if not data:
                raise _Ended(Outcome.REFUSED, wording.PROBE_CLOSED_AFTER)
            tls.bio_write(data)
            if time.monotonic() >= until:
                return

    def _flush(self, tls: SSL.Connection) -> None:
        while True:
            try:
                data = tls.bio_read(64 * 1024)
            except SSL.WantReadError:
                return
            self.wire.send(data)

    def _failed(self, error: SSL.Error) -> _Ended:
        if self.alert:
            return _Ended(Outcome.REFUSED, wording.PROBE_ALERT.format(alert=self.alert))
        # pyOpenSSL: a list of (library, function, reason)
        reasons = [entry[2] for entry in (error.args[0] if error.args else ()) if isinstance(entry, tuple)]
        why = ", ".join(reasons) or type(error).__name__
        return _Ended(Outcome.REFUSED, wording.PROBE_FAILED.format(why=why))

    def _receive(self) -> bytes:
        try:
            data = self.wire.receive()
        except ConnectionError:
            raise _Ended(Outcome.REFUSED, wording.PROBE_RESET) from None
        if not data:
            raise _Ended(Outcome.REFUSED, wording.PROBE_CLOSED)
        return data

    # --- what is no TLS ------------------------------------------------------------------------------------

    def _expect_tls(self, first: bytes) -> None:
        """A record begins with its type, handshake or alert, and the major version 3 (RFC 8446 section 5.1)."""
        if first[:1] in (b"\x15", b"\x16") and first[1:2] in (b"", b"\x03"):
            return
        raise self._plain(first)

    def _plain(self, first: bytes) -> _Ended:
        reply = first
        until = time.monotonic() + _REPLY
        while len(reply) < _REPLY_BYTES and not re.search(rb"^SSH-[^\n]*\n", reply, re.MULTILINE):
            try:
                more = self.wire.receive(max(until - time.monotonic(), 0.001))
            except (TimeoutError, ConnectionError):
                break
            if not more:
                break
            reply += more
        text = reply[:_REPLY_BYTES].decode("utf-8", "replace")
        # Other lines may precede the identification (RFC 4253 section 4.2).
        banner = re.search(r"^SSH-[^\r\n]*", text, re.MULTILINE)
        if banner:
            self.banner = banner[0]
            return _Ended(Outcome.NOT_TLS, wording.PROBE_SSH)
        self.reply = text
        return _Ended(Outcome.NOT_TLS, wording.PROBE_PLAIN)

    # --- XMPP (RFC 6120 section 5.4) -------------------------------------------------------------------------

    def _starttls(self) -> None:
        kind = "client" if self.target.starttls == Starttls.XMPP_CLIENT else "server"
        domain = self.target.name or self.target.host
        opening = (
            f"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:{kind}' "
            "xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        self.wire.send(opening.encode("ascii"))
        reply = self._until(rb"</(?:\w+:)?features>|<(?:\w+:)?features[^>]*/>")
        if not re.search(rb"<(?:\w+:)?starttls[\s/>]", reply):
            self.reply = reply[-_REPLY_BYTES:].decode("utf-8", "replace")
            raise _Ended(Outcome.NOT_TLS, wording.PROBE_NO_STARTTLS)
        self.wire.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self._until(rb"<(?:\w+:)?proceed[^>]*>")

    def _until(self, wanted: bytes) -> bytes:
        """Read the stream until `wanted` has come; no XML parser is let near what strangers send."""
        reply = b""
        while not re.search(wanted, reply):
            error = re.search(rb"<(?:\w+:)?(?:error|failure)\b[^>]*>\s*(?:<([A-Za-z-]+))?", reply)
            if error and (error[1] or b"failure" in error[0]):
                self.reply = reply[-_REPLY_BYTES:].decode("utf-8", "replace")
                condition = (error[1] or b"failure").decode("ascii")
                raise _Ended(Outcome.NOT_TLS, wording.PROBE_XMPP_ERROR.format(condition=condition))
            if len(reply) > _STREAM_BYTES:
                raise _Ended(Outcome.NOT_TLS, wording.PROBE_BROKEN_REPLY.format(limit=_STREAM_BYTES))
            data = self._receive()
            if not reply:
                if data[:1] in (b"\x15", b"\x16"):
                    raise _Ended(Outcome.NOT_TLS, wording.PROBE_TLS_AT_ONCE)
                if not data.lstrip().startswith(b"<"):
                    raise self._plain(data)
            reply += data
        return reply


def _context(client: ClientIdentity | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    # What a server still does is to be seen, not to be improved: old versions, weak keys, no safe renegotiation.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_cipher_list(b"ALL:!aNULL:!eNULL:@SECLEVEL=0")
    context.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
    if client is not None:
        context.use_certificate(client.certificates[0])
        for above in client.certificates[1:]:
            context.add_extra_chain_cert(above)
        context.use_privatekey(client.key)
    return context


def _name(der: bytes) -> str:
    try:
        return names.read(der).text
    except asn1.Malformed:
        return der.hex()


_FAREWELLS = (0, 90)  # close_notify, user_canceled


# --- as evidence ---------------------------------------------------------------------------------------------


def as_document(result: ProbeResult, now: datetime) -> Document:
    """Return the look as evidence: kind CERTIFICATES where a chain came, else LOG; reading `stored` gives it again.

    Args:
        result: what was seen.
        now: when, aware; it stands in the origin: "expe1.example.com:8443 2026-11-23T12:00:00Z".
    """
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [f"live look at {result.place}", f"time: {moment}", *_transcript(result)]
    if result.chain:
        # The leaf comes first, as everywhere.
        text = "".join(stored.pem("CERTIFICATE", sent.der) for sent in result.chain)
    else:
        text, lines = "", [f"{moment} {line}" for line in lines]
    content = (text + "\n".join(lines) + "\n").encode("utf-8", "replace")
    (held,), _ = document.read(content, Origin(f"{result.place} {moment}"), (), DEFAULT)
    return held


def _transcript(result: ProbeResult) -> list[str]:
    told = {
        "address": result.address,
        "name asked for": result.sni,
        "STARTTLS": result.starttls,
        "outcome": result.outcome,
        "seconds": f"{result.took:.3f}",
        "version": result.tls_version,
        "cipher": result.cipher,
        "client certificate asked for": {True: "yes", False: "no", None: None}[result.client_certificate_requested],
        "client certificate at hand": "yes" if result.client_certificate_given else "no",
        "alert received": result.alert,
        "error": result.error,
        "SSH": result.ssh_banner and _foreign(result.ssh_banner),
        "reply": result.plaintext_reply and _foreign(result.plaintext_reply),
    }
    lines = [f"{label}: {value}" for label, value in told.items() if value is not None]
    lines += [f"certificate taken from: {_foreign(name)}" for name in result.acceptable_cas]
    return [clean(line) for line in (*lines, *(f"remark: {remark}" for remark in result.remarks))]


def _foreign(text: str) -> str:
    """What the server wrote, in one line that no reader takes for a PEM block or a telling line of a log."""
    return clean(text, 300).replace(" ", "·").replace('"', "'")
