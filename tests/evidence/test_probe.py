"""The live look, against servers that the tests start on 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certdoctor import cli
from certdoctor.casework.live import site_targets
from certdoctor.errors import BadInput
from certdoctor.evidence.items import Certificate, Form, Kind, Origin
from certdoctor.evidence.probe import Outcome, ProbeResult, as_document, client_identity, probe
from certdoctor.evidence.read import read_bytes
from certdoctor.evidence.targets import Starttls, Target, target
from certdoctor.facts.logs import Signatures
from certdoctor.knowledge.load import load
from certdoctor.plain.probe import as_text
from certdoctor.resources import folder
from tests import pki
from tests.architecture.test_imports import loaded

Serve = Callable[[socket.socket], None]
TLS12 = ssl.TLSVersion.TLSv1_2
TLS13 = ssl.TLSVersion.TLSv1_3
BOTH = pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
SERVER = pki.leaf("expe1.example.com")


@contextlib.contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """A server on 127.0.0.1 that treats one connection after the other to `serve`; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def loop() -> None:
            while not done.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    # What a client does that hangs up is not this server's fault.
                    with contextlib.suppress(OSError):
                        serve(connection)

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            done.set()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(6)


def written(folder: Path, name: str, *items: pki.Issued, key: bool = False) -> Path:
    file = folder / name
    file.write_text(pki.bundle(*items) + (items[0].key_pem if key else ""))
    return file


def context(
    folder: Path,
    *sent: pki.Issued,
    version: ssl.TLSVersion = TLS13,
    takes: pki.Issued | None = None,
    required: bool = True,
) -> ssl.SSLContext:
    """A server's context; `takes`: the CA of the client certificates that it asks for."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(written(folder, "server.pem", *sent, key=True))
    made.minimum_version = made.maximum_version = version
    if takes is not None:
        made.load_verify_locations(written(folder, "takes.pem", takes))
        made.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return made


def tls(made: ssl.SSLContext) -> Serve:
    """Shake hands, then wait for data as a web server does."""

    def serve(connection: socket.socket) -> None:
        with made.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return serve


def says(data: bytes) -> Serve:
    """Read what the client sends first and answer with `data`."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)

    return serve


def look(port: int, timeout: float = 5, **more: str) -> ProbeResult:
    return probe(Target("127.0.0.1", port, sni=more.get("sni", "expe1.example.com")), timeout=timeout)


# --- TLS -----------------------------------------------------------------------------------------------------


@BOTH
def test_a_good_server_shows_its_chain_as_sent(tmp_path: Path, version: ssl.TLSVersion) -> None:
    names: list[str | None] = []
    made = context(tmp_path, SERVER, pki.intermediate(), pki.ca(), version=version)
    made.sni_callback = lambda _socket, name, _context: names.append(name)
    with listening(tls(made)) as port:
        seen = look(port)
    assert (seen.outcome, seen.error, seen.alert) == (Outcome.CONNECTED, None, None)
    assert [sent.sha256 for sent in seen.chain] == [i.sha256 for i in (SERVER, pki.intermediate(), pki.ca())]
    assert seen.tls_version == {TLS12: "TLSv1.2", TLS13: "TLSv1.3"}[version]
    assert seen.cipher
    assert seen.client_certificate_requested is False
    assert (seen.address, seen.sni, names) == ("127.0.0.1", "expe1.example.com", ["expe1.example.com"])
    assert 0 < seen.took < 5


def test_the_order_sent_is_kept_even_if_it_is_wrong(tmp_path: Path) -> None:
    stranger = pki.ca("A CA that does not belong here")
    with listening(tls(context(tmp_path, SERVER, pki.ca(), stranger, pki.intermediate()))) as port:
        seen = look(port)
    wanted = (SERVER, pki.ca(), stranger, pki.intermediate())
    assert [sent.sha256 for sent in seen.chain] == [item.sha256 for item in wanted]


@pytest.mark.parametrize(
    "sent",
    [
        pki.leaf(start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2021, 1, 1, tzinfo=UTC)),
        pki.leaf("other.example.org"),
        pki.self_signed(),
        pki.leaf(kind="rsa1024", key_name="weak"),
    ],
    ids=["expired", "wrong name", "self-signed", "weak key"],
)
def test_what_others_refuse_is_seen_all_the_same(tmp_path: Path, sent: pki.Issued) -> None:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("DEFAULT:@SECLEVEL=0")
    made.load_cert_chain(written(tmp_path, "server.pem", sent, key=True))
    with listening(tls(made)) as port:
        seen = look(port)
    assert seen.outcome == Outcome.CONNECTED
    assert seen.chain[0].sha256 == sent.sha256
    assert seen.chain[0].not_after == sent.certificate.not_valid_after_utc


@BOTH
def test_a_required_client_certificate_that_is_not_given(tmp_path: Path, version: ssl.TLSVersion) -> None:
    with listening(tls(context(tmp_path, SERVER, version=version, takes=pki.ca("Client CA")))) as port:
        seen = look(port)
    assert seen.outcome == Outcome.REFUSED
    assert seen.client_certificate_requested is True
    assert seen.client_certificate_given is False
    assert seen.acceptable_cas == ()  # Python's servers name none
    # RFC 8446 section 4.4.2.4: certificate_required came with TLS 1.3, at the first read
    assert seen.alert == {TLS12: "handshake_failure", TLS13: "certificate_required"}[version]
    assert seen.alert in (seen.error or "")
    assert seen.chain[0].sha256 == SERVER.sha256


@BOTH
def test_a_client_certificate_of_an_unknown_ca(tmp_path: Path, version: ssl.TLSVersion) -> None:
    own = pki.leaf("expc1.example.com", pki.ca("Unknown CA"))
    identity = client_identity(written(tmp_path, "c.pem", own, key=True), tmp_path / "c.pem")
    with listening(tls(context(tmp_path, SERVER, version=version, takes=pki.ca("Client CA")))) as port:
        seen = probe(Target("127.0.0.1", port), timeout=5, client=identity)
    assert (seen.outcome, seen.alert) == (Outcome.REFUSED, "unknown_ca")
    assert seen.client_certificate_given is True


@BOTH
def test_a_client_certificate_that_is_accepted(tmp_path: Path, version: ssl.TLSVersion) -> None:
    root = pki.ca("Client CA")
    issuing = pki.ca("Client Issuing CA", root, path_length=0)
    own = pki.leaf("expc1.example.com", issuing)
    key = tmp_path / "c.key"
    key.write_text(own.key_pem)
    identity = client_identity(written(tmp_path, "c.pem", own, issuing), key)
    with listening(tls(context(tmp_path, SERVER, version=version, takes=root))) as port:
        seen = probe(Target("127.0.0.1", port), timeout=5, client=identity)
    assert (seen.outcome, seen.alert, seen.error) == (Outcome.CONNECTED, None, None)
    assert seen.client_certificate_requested is True


@BOTH
def test_a_wish_for_a_client_certificate_is_no_demand(tmp_path: Path, version: ssl.TLSVersion) -> None:
    made = context(tmp_path, SERVER, version=version, takes=pki.ca("Client CA"), required=False)
    with listening(tls(made)) as port:
        seen = look(port)
    assert (seen.outcome, seen.client_certificate_requested) == (Outcome.CONNECTED, True)


@BOTH
def test_a_server_that_hangs_up_right_after_the_handshake(tmp_path: Path, version: ssl.TLSVersion) -> None:
    made = context(tmp_path, SERVER, version=version, takes=pki.ca("Client CA"), required=False)

    def serve(connection: socket.socket) -> None:
        made.wrap_socket(connection, server_side=True).close()

    with listening(serve) as port:
        seen = look(port)
    assert (seen.outcome, seen.alert) == (Outcome.REFUSED, None)
    assert "right after the handshake" in (seen.error or "")


def test_an_alert_to_the_first_message() -> None:
    with listening(says(b"\x15\x03\x03\x00\x02\x02\x46")) as port:  # fatal, protocol_version
        seen = look(port)
    assert (seen.outcome, seen.alert, seen.chain, seen.tls_version) == (Outcome.REFUSED, "protocol_version", (), None)
    assert seen.client_certificate_requested is None


def test_a_warning_is_no_rejection() -> None:
    with listening(says(b"\x15\x03\x01\x00\x02\x01\x70")) as port:  # warning, unrecognized_name
        seen = look(port)
    assert seen.alert is None
    assert any("unrecognized_name" in remark for remark in seen.remarks)


# --- no TLS --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.3\r\n", b"Welcome\r\nSSH-2.0-OpenSSH_9.3\r\n"])
def test_an_ssh_server(greeting: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(greeting)
        connection.recv(4096)
        connection.sendall(b"Invalid SSH identification string.\r\n")

    with listening(serve) as port:
        seen = look(port)
    assert (seen.outcome, seen.ssh_banner, seen.plaintext_reply) == (Outcome.NOT_TLS, "SSH-2.0-OpenSSH_9.3", None)


def test_a_plain_web_server() -> None:
    with listening(says(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>")) as port:
        seen = look(port)
    assert (seen.outcome, seen.ssh_banner) == (Outcome.NOT_TLS, None)
    assert (seen.plaintext_reply or "").startswith("HTTP/1.1 400")


def test_a_port_that_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    seen = look(port)
    assert seen.outcome == Outcome.REFUSED
    assert "nothing listens" in (seen.error or "")


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x03\x00\x7a\x02"], ids=["nothing", "half a record"])
def test_a_silent_server_meets_the_time_limit(first: bytes) -> None:
    enough = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(first)
        enough.wait(5)

    with listening(serve) as port:
        begun = time.monotonic()
        seen = look(port, timeout=0.4)
        assert time.monotonic() - begun < 2
        enough.set()
    assert seen.outcome == Outcome.NO_ANSWER
    assert "0.4 s" in (seen.error or "")


def test_a_server_that_dribbles_meets_the_time_limit() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb")
        for _ in range(40):
            connection.sendall(b"\x00")
            time.sleep(0.05)

    with listening(serve) as port:
        seen = look(port, timeout=0.5)
    assert seen.outcome in (Outcome.NO_ANSWER, Outcome.REFUSED)
    assert seen.took < 1.5


def test_a_reset() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with listening(serve) as port:
        seen = look(port)
    assert seen.outcome == Outcome.REFUSED
    assert "reset" in (seen.error or "")


def test_a_server_that_hangs_up() -> None:
    with listening(says(b"")) as port:
        seen = look(port)
    assert seen.outcome == Outcome.REFUSED
    assert "closed the connection" in (seen.error or "")


@pytest.mark.parametrize(
    "reply", [b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", b"\x16\x03\x03\xff\xff" + bytes(70_000), b"\x15\x03", b"\0"]
)
def test_nonsense_is_a_result(reply: bytes) -> None:
    with listening(says(reply)) as port:
        seen = look(port, timeout=3)
    assert seen.outcome in (Outcome.REFUSED, Outcome.NOT_TLS)
    assert seen.error


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    seen = probe(Target("nowhere.example.com"), timeout=2)
    assert seen.outcome == Outcome.NO_ANSWER
    assert "Name or service not known" in (seen.error or "")


def test_a_resolver_that_hangs_meets_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(5) and [])
    seen = probe(Target("slow.example.com"), timeout=0.2)
    release.set()
    assert seen.outcome == Outcome.NO_ANSWER
    assert seen.took < 2


def test_the_next_address_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()
    with listening(tls(context(tmp_path, SERVER))) as port:
        entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", at) for at in (dead, ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
        seen = probe(Target("expe1.example.com", port), timeout=5)
    assert seen.outcome == Outcome.CONNECTED


# --- XMPP ----------------------------------------------------------------------------------------------------

FEATURES = (
    b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:features>"
    b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
)


@pytest.mark.parametrize("kind", list(Starttls))
def test_starttls_within_xmpp(tmp_path: Path, kind: Starttls) -> None:
    opened: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        opened.append(connection.recv(4096))
        connection.sendall(FEATURES[:50])
        time.sleep(0.05)
        connection.sendall(FEATURES[50:])
        assert b"<starttls" in connection.recv(4096)
        connection.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        tls(context(tmp_path, SERVER))(connection)

    with listening(serve) as port:
        seen = probe(Target("127.0.0.1", port, "example.com", kind), timeout=5)
    assert seen.outcome == Outcome.CONNECTED
    assert seen.chain[0].sha256 == SERVER.sha256
    assert b"to='example.com'" in opened[0]
    assert {Starttls.XMPP_CLIENT: b"'jabber:client'", Starttls.XMPP_SERVER: b"'jabber:server'"}[kind] in opened[0]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"<stream:stream><stream:features><mechanisms/></stream:features>", "does not offer STARTTLS"),
        (b"<stream:stream><stream:error><host-unknown xmlns='x'/></stream:error>", "host-unknown"),
        (b"\x15\x03\x03\x00\x02\x02\x0a", "TLS at once"),
        (b"SSH-2.0-OpenSSH_9.3\r\n", "SSH"),
        (b"<stream:stream>" + b"a" * 100_000, "longer than"),
    ],
)
def test_starttls_that_does_not_come_about(reply: bytes, words: str) -> None:
    with listening(says(reply)) as port:
        seen = probe(Target("127.0.0.1", port, "example.com", Starttls.XMPP_CLIENT), timeout=3)
    assert seen.outcome == Outcome.NOT_TLS
    assert words in (seen.error or "")


# --- openssl s_server ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def s_server(folder: Path, *options: str) -> Iterator[int]:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl program")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = written(folder, "s.pem", SERVER, key=True)
    command = [program, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(file), "-key", str(file), *options]
    with (folder / "s.log").open("wb") as log:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(100):
            if b"ACCEPT" in (folder / "s.log").read_bytes():
                break
            time.sleep(0.05)
        yield port
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize(
    ("options", "version"), [(["-tls1_2"], "TLSv1.2"), (["-tls1_3"], "TLSv1.3"), (["-tls1_1"], "TLSv1.1")]
)
def test_openssl_s_server(tmp_path: Path, options: list[str], version: str) -> None:
    above = written(tmp_path, "above.pem", pki.intermediate())
    more = ["-cert_chain", str(above), "-cipher", "ALL:@SECLEVEL=0", *options]
    with s_server(tmp_path, *more) as port:
        seen = look(port)
    assert (seen.outcome, seen.tls_version) == (Outcome.CONNECTED, version)
    assert [sent.sha256 for sent in seen.chain] == [SERVER.sha256, pki.intermediate().sha256]


@pytest.mark.parametrize(("option", "alert"), [("-tls1_2", "handshake_failure"), ("-tls1_3", "certificate_required")])
def test_openssl_s_server_that_wants_a_client_certificate(tmp_path: Path, option: str, alert: str) -> None:
    cas = written(tmp_path, "cas.pem", pki.ca("One CA"), pki.ca("Another CA"))
    with s_server(tmp_path, option, "-Verify", "3", "-verify_return_error", "-CAfile", str(cas)) as port:
        seen = look(port)
    assert (seen.outcome, seen.alert) == (Outcome.REFUSED, alert)
    assert set(seen.acceptable_cas) == {"CN=One CA,O=Example Ltd", "CN=Another CA,O=Example Ltd"}


# --- targets and client certificates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "host", "port", "written_as"),
    [
        ("expe1.example.com", "expe1.example.com", 443, "expe1.example.com:443"),
        ("EXPE1.example.com.:7001", "expe1.example.com", 7001, "expe1.example.com:7001"),
        ("192.0.2.1:5061", "192.0.2.1", 5061, "192.0.2.1:5061"),
        ("2001:db8::1", "2001:db8::1", 443, "[2001:db8::1]:443"),
        ("[2001:db8::1]:8443", "2001:db8::1", 8443, "[2001:db8::1]:8443"),
        ("bücher.example", "xn--bcher-kva.example", 443, "xn--bcher-kva.example:443"),
        ("exp_c1", "exp_c1", 443, "exp_c1:443"),
    ],
)
def test_targets(text: str, host: str, port: int, written_as: str) -> None:
    aimed = target(text)
    assert (aimed.host, aimed.port, str(aimed)) == (host, port, written_as)
    assert aimed.name == (None if aimed.is_address else host)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":443",
        "host:",
        "host:0",
        "host:65536",
        "host:http",
        "https://host",
        "a b",
        "-x",
        "a..b",
        "[host]:1",
        "[::1",
        "h\x1b[2J",
        "a" * 64,
        "to'/><x",
        "host:\u0664\u0664\u0663",
    ],
)
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(BadInput) as raised:
        target(text)
    assert "\x1b" not in str(raised.value)


def test_ports_of_xmpp() -> None:
    assert target("imp1", starttls=Starttls.XMPP_CLIENT).port == 5222
    assert target("imp1", starttls=Starttls.XMPP_SERVER).port == 5269
    assert target("imp1:7400", starttls=Starttls.XMPP_CLIENT).port == 7400


def test_a_name_to_ask_for_is_no_address() -> None:
    assert target("192.0.2.1", sni="expe1.example.com").name == "expe1.example.com"
    with pytest.raises(BadInput):
        target("expe1.example.com", sni="192.0.2.1")


def test_client_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    own = pki.leaf("expc1.example.com")
    certificate = written(tmp_path, "c.pem", own)
    locked = tmp_path / "locked.key"
    locked.write_text(pki.key_pem(own.key, password="secret"))
    other = tmp_path / "other.key"
    other.write_text(pki.leaf("other.example.com").key_pem)
    for first, second, words in [
        (certificate, locked, "encrypted"),
        (certificate, other, "does not belong"),
        (certificate, certificate, "No private key"),
        (other, other, "No certificate"),
        (tmp_path / "none.pem", other, "could not be opened"),
    ]:
        with pytest.raises(BadInput, match=words):
            client_identity(first, second)


# --- as evidence ---------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def seen_as(**fields: object) -> ProbeResult:
    held = {"host": "expe1.example.com", "port": 7001, "sni": "expe1.example.com", "starttls": None}
    return ProbeResult(**{**held, "outcome": Outcome.REFUSED, **fields})  # type: ignore[arg-type]


def chain(*items: pki.Issued) -> tuple[Certificate, ...]:
    (document,) = read_bytes(pki.bundle(*items).encode(), Origin("chain")).documents
    return tuple(found.certificate for found in document.certificates)


def test_a_chain_is_evidence() -> None:
    sent = chain(SERVER, pki.intermediate())
    held = as_document(seen_as(chain=sent, outcome=Outcome.CONNECTED, acceptable_cas=("CN=A",)), NOW)
    assert held.origin.path == "expe1.example.com:7001 2026-11-23T12:00:00Z"
    assert (held.kind, held.form, held.remarks) == (Kind.CERTIFICATES, Form.PEM, ())
    assert tuple(found.certificate for found in held.certificates) == sent
    assert b"certificate taken from: CN=A" in held.stored


def test_what_is_no_chain_is_a_log() -> None:
    held = as_document(seen_as(alert="handshake_failure", error="The server ended it."), NOW)
    assert (held.kind, held.certificates) == (Kind.LOG, ())
    assert b"2026-11-23T12:00:00Z alert received: handshake_failure" in held.stored


HOSTILE = (
    pki.leaf("injected.example.org").pem,
    "x\n-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----",
    "schema: certdoctor/site@1\nnodes: []",
    "admin:show cert own tomcat\n*c xConfiguration SIP TLS Mode: On",
    "\x1b[31m\u202e\ud800",
    "depth=0 CN = x\nalert unknown ca",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("with_chain", [True, False])
def test_what_a_stranger_writes_changes_no_evidence(text: str, with_chain: bool) -> None:
    sent = chain(SERVER) if with_chain else ()
    result = seen_as(chain=sent, ssh_banner=text, plaintext_reply=text, acceptable_cas=(text,))
    held = as_document(result, NOW)
    assert tuple(found.certificate for found in held.certificates) == sent
    assert (held.keys, held.requests, held.site, dict(held.settings)) == ((), (), None, {})
    assert held.kind == (Kind.CERTIFICATES if with_chain else Kind.LOG)
    assert read_bytes(held.stored, held.origin).documents == (held,)
    assert "\x1b" not in as_text([result])


def test_the_alert_that_we_received_is_not_taken_for_one_that_the_server_did() -> None:
    """In a box's own log a received alert means that its certificate was refused; here it was ours."""
    knowledge = load(folder("rules"), folder("kb"))
    assert knowledge.reasons is not None
    signatures = Signatures(knowledge.signatures, knowledge.reasons)
    for alert in ("handshake_failure", "unknown_ca", "certificate_required", "certificate_expired", "bad_certificate"):
        held = as_document(seen_as(alert=alert, error=f"The server ended the connection with the alert {alert}."), NOW)
        assert list(signatures.events("expe1", held)) == []


# --- the command line ----------------------------------------------------------------------------------------


def test_the_command_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listening(tls(context(tmp_path, SERVER, pki.intermediate()))) as port:
        assert cli.main(["probe", f"127.0.0.1:{port}", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (seen,) = printed["targets"]
    assert printed["schema"] == "certdoctor/probe@1"
    assert (seen["outcome"], seen["sni"]) == ("connected", None)
    assert [sent["pem"] for sent in seen["chain"]] == [SERVER.pem, pki.intermediate().pem]
    assert seen["chain"][0]["dns_names"] == ["expe1.example.com"]


def test_the_command_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listening(tls(context(tmp_path, SERVER, takes=pki.ca("Client CA")))) as port:
        assert cli.main(["probe", f"127.0.0.1:{port}", "--sni", "expe1.example.com"]) == 1
    printed = capsys.readouterr().out
    for words in ("refused", "certificate_required", "no CAs named", "TLSv1.3", "expe1.example.com", SERVER.sha256):
        assert words in printed


def test_what_was_seen_can_be_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    with listening(tls(context(tmp_path / "in", SERVER))) as port:
        assert cli.main(["probe", f"127.0.0.1:{port}", "--files", str(tmp_path / "seen")]) == 0
    (file,) = (tmp_path / "seen").iterdir()
    assert str(file) in capsys.readouterr().err
    (held,) = read_bytes(file.read_bytes(), Origin(file.name)).documents
    assert [found.certificate.sha256 for found in held.certificates] == [SERVER.sha256]


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = threading.Event()

    def waits(_: socket.socket) -> None:
        quiet.wait(5)

    with listening(waits) as silent, listening(says(b"SSH-2.0-x\r\n")) as ssh:
        assert cli.main(["probe", f"127.0.0.1:{silent}", "--timeout", "0.3"]) == 3
        assert cli.main(["probe", f"127.0.0.1:{silent}", f"127.0.0.1:{ssh}", "--timeout", "1.5"]) == 1
        quiet.set()
    assert cli.main(["probe"]) == 2
    assert cli.main(["probe", "https://host"]) == 2
    assert cli.main(["probe", "host", "--client-key", str(tmp_path / "k")]) == 2
    with pytest.raises(SystemExit) as usage:
        cli.main(["probe", "host", "--timeout", "0"])
    assert usage.value.code == 2
    capsys.readouterr()


SITE = """
schema: certdoctor/site@1
domains: [example.com]
nodes:
  - {id: expc1, role: expressway-c, names: [expc1.example.com]}
  - {id: expe1, role: expressway-e, names: [expe1.example.com], addresses: [192.0.2.7]}
  - {id: cucm1, role: cucm, addresses: [192.0.2.8]}
  - {id: nameless, role: imp}
  - {id: jabber, role: client}
connections:
  - {id: x1, kind: edge-xmpp, client: jabber, server: expe1, port: 5222}
  - {id: x2, kind: traversal-sip, client: expc1, server: expe1, port: 7003}
  - {id: x3, kind: traversal-ssh, client: expc1, server: expe1, port: 2222}
"""


def test_the_targets_of_a_site(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(SITE)
    found = site_targets(tmp_path / "site.yml", NOW)
    assert len(set(found)) == len(found)
    assert Target("expe1.example.com", 5222, "example.com", Starttls.XMPP_CLIENT) in found
    assert Target("expe1.example.com", 7003) in found
    assert Target("192.0.2.8", 8443) in found
    assert not any(aimed.port == 2222 for aimed in found)
    assert {aimed.host for aimed in found} == {"expe1.example.com", "192.0.2.8"}


def test_a_site_that_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text("schema: certdoctor/site@1\nnodes: [{id: a, role: cucm}]\n")
    with pytest.raises(BadInput, match="no connection"):
        site_targets(tmp_path, NOW)
    (tmp_path / "site.yml").write_text("schema: certdoctor/site@1\nnodez: []\n")
    with pytest.raises(BadInput, match="nodez"):
        site_targets(tmp_path, NOW)
    (tmp_path / "site.yml").unlink()
    with pytest.raises(BadInput, match=r"no site\.yml"):
        site_targets(tmp_path, NOW)


def test_the_site_of_the_command_is_contacted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site").mkdir()
    with listening(tls(context(tmp_path, SERVER))) as port:
        (tmp_path / "site" / "site.yml").write_text(
            "schema: certdoctor/site@1\n"
            "nodes: [{id: c, role: expressway-c}, {id: p, role: partner, addresses: [127.0.0.1]}]\n"
            f"connections: [{{id: n, kind: neighbour-sip, client: c, server: p, port: {port}}}]\n"
        )
        assert cli.main(["probe", "--site", str(tmp_path / "site"), "--format", "json"]) == 0
    (seen,) = json.loads(capsys.readouterr().out)["targets"]
    assert (seen["port"], seen["outcome"]) == (port, "connected")


@pytest.mark.parametrize(
    "statement",
    ["import certdoctor.casework.practice", "import certdoctor.plain.examine, certdoctor.casework.sites"],
)
def test_nothing_else_loads_what_can_contact_a_server(statement: str) -> None:
    assert "OpenSSL" not in loaded(statement)
