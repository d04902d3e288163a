"""Genuine servers, started in the foreground on free ports of 127.0.0.1, each port in another state."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certdoctor.evidence.probe import ClientIdentity, ProbeResult, probe
from certdoctor.evidence.targets import Starttls, Target
from tests import pki

REQUIRED = os.environ.get("CERTDOCTOR_SERVERS") == "required"
PATIENCE = 30.0  # seconds that a server may take to start or to write a line
NAME = "expe1.example.com"

# The servers judge by the machine's clock, so these are valid for long.
LONG_AGO, FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
GOOD = pki.leaf(NAME, start=LONG_AGO, end=FAR_AHEAD, kind="rsa")
EXPIRED = pki.leaf(NAME, start=LONG_AGO, end=datetime(2021, 1, 1, tzinfo=UTC), kind="rsa", key_name="expired")
CLIENT = pki.leaf("expc1.example.com", start=LONG_AGO, end=FAR_AHEAD)
STRANGER = pki.leaf("expc1.example.com", pki.ca("A CA unknown there"), start=LONG_AGO, end=FAR_AHEAD)


@dataclass(frozen=True, slots=True)
class State:
    """How one port of a server is set up."""

    sends: tuple[pki.Issued, ...]
    mutual: bool = False  # whether it wants a certificate of a client, issued below the example root
    tls12: bool = False  # TLS 1.2 only


STATES = {
    "good": State((GOOD, pki.intermediate())),
    "short": State((GOOD,)),
    "expired": State((EXPIRED, pki.intermediate())),
    "mutual": State((GOOD, pki.intermediate()), mutual=True),
    "mutual12": State((GOOD, pki.intermediate()), mutual=True, tls12=True),
}


@dataclass(frozen=True, slots=True)
class Started:
    """A running server."""

    ports: Mapping[str, int]  # by state, or by what else listens there
    log: Path

    def written(self) -> int:
        """Return the size of the log so far, once nothing more comes of what happened before."""
        size, until = -1, time.monotonic() + PATIENCE
        while size != (size := self.log.stat().st_size if self.log.exists() else 0) and time.monotonic() < until:
            time.sleep(0.3)
        return size

    def new_lines(self, since: int, *expected: str) -> str:
        """Wait until all `expected` texts stand in the log after its first `since` bytes; return what is new."""
        until = time.monotonic() + PATIENCE
        while True:
            new = self.log.read_bytes()[since:].decode("utf-8", "replace") if self.log.exists() else ""
            # Only whole lines: the last may still be being written.
            new = new[: new.rfind("\n") + 1]
            if all(text in new for text in expected):
                return new
            assert time.monotonic() < until, f"no {expected} in:\n{new}"
            time.sleep(0.02)


class NotStarted(AssertionError):
    """A server ended instead of serving, as it does with a key that does not fit; its log is the message."""


def need(*programs: str) -> None:
    """Skip where a server is not installed; fail where CERTDOCTOR_SERVERS=required."""
    missing = [program for program in programs if shutil.which(program) is None and not Path(program).exists()]
    if missing and REQUIRED:
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Return a port that was free a moment ago for each name."""
    with contextlib.ExitStack() as held:
        return {name: held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for name in names}


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    ports: Mapping[str, int],
    log: Path,
    *,
    ready: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Started]:
    """Start a server in the foreground, wait until its ports answer, stop it at the end.

    Args:
        command: it writes its log to `log` or to its output, which goes there too.
        ports: all ports that it opens.
        log: where it writes.
        ready: those of the ports that are connected to in order to see that it is up; all by default.
        environment: added to the test's own.

    Raises:
        NotStarted: it ended before its ports answered.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={**os.environ, **(environment or {})},
        )
    try:
        until = time.monotonic() + PATIENCE
        for name in ports if ready is None else ready:
            while not _answers(ports[name]):
                if process.poll() is not None:
                    raise NotStarted(f"{command[0]} ended:\n{log.read_text(errors='replace')}")
                assert time.monotonic() < until, f"{command[0]} does not start:\n{log.read_text(errors='replace')}"
                time.sleep(0.02)
        yield Started(ports, log)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def identity_files(folder: Path) -> None:
    """Write what the configurations name: STATE.pem (chain), STATE.key, both in STATE.both, and root.pem."""
    for name, state in STATES.items():
        (folder / f"{name}.pem").write_text(pki.bundle(*state.sends))
        (folder / f"{name}.key").write_text(state.sends[0].key_pem)
        (folder / f"{name}.both").write_text(pki.bundle(*state.sends) + state.sends[0].key_pem)
    (folder / "root.pem").write_text(pki.ca().pem)


# --- the servers ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def nginx(folder: Path, upstreams: Mapping[str, int]) -> Iterator[Started]:
    """nginx with a TLS port for each state, and a plain port `to-…` that passes on to each TLS upstream."""
    need("/usr/sbin/nginx")
    ports = free_ports([*STATES, *(f"to-{name}" for name in upstreams)])
    servers = [
        f"server {{ listen 127.0.0.1:{ports[name]} ssl; ssl_certificate {name}.pem; ssl_certificate_key {name}.key;"
        f" ssl_protocols TLSv1.2 {'' if state.tls12 else 'TLSv1.3'};"
        + (" ssl_client_certificate root.pem; ssl_verify_client on; ssl_verify_depth 3;" if state.mutual else "")
        + " location / { return 204; } }"
        for name, state in STATES.items()
    ]
    servers += [
        f"server {{ listen 127.0.0.1:{ports[f'to-{name}']}; location / {{ proxy_pass https://127.0.0.1:{port};"
        f" proxy_ssl_verify on; proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate root.pem;"
        f" proxy_ssl_name {'elsewhere.example.com' if name == 'name' else NAME}; proxy_ssl_server_name on; }} }}"
        for name, port in upstreams.items()
    ]
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log info; {user}\n"
        f"events {{}}\nhttp {{ access_log off; {places}\n" + "\n".join(servers) + "\n}\n"
    )
    command: list[str | Path] = [
        "/usr/sbin/nginx",
        "-p",
        folder,
        "-c",
        folder / "nginx.conf",
        "-e",
        folder / "nginx.log",
    ]
    with running(command, ports, folder / "nginx.log") as started:
        yield started


@contextlib.contextmanager
def haproxy(folder: Path, upstreams: Mapping[str, int]) -> Iterator[Started]:
    """HAProxy with a TLS port for each state and one that passes on to each TLS upstream.

    `told` is as `mutual`, with a log that tells OpenSSL's errors; the others write the usual lines.
    """
    need("/usr/sbin/haproxy")
    ports = free_ports([*STATES, "told", *(f"to-{name}" for name in upstreams)])
    text = (
        "global\n  log stdout format raw local0 info\n  ca-base /\n"
        "defaults\n  mode http\n  log global\n  option httplog\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n"
    )
    for name, state in STATES.items():
        verify = f" verify required ca-file {folder}/root.pem" if state.mutual else ""
        newest = " ssl-max-ver TLSv1.2" if state.tls12 else ""
        text += (
            f"frontend {name}\n  bind 127.0.0.1:{ports[name]} ssl crt {folder}/{name}.both{verify}{newest}\n"
            "  http-request return status 204\n"
        )
    text += (
        f"frontend told\n  bind 127.0.0.1:{ports['told']} ssl crt {folder}/good.both verify required"
        f" ca-file {folder}/root.pem\n  http-request return status 204\n"
        '  error-log-format "%ci:%cp [%tr] %ft ca_err=%[ssl_c_ca_err] '
        'ssl_err=%[ssl_fc_err,hex]:%[ssl_fc_err_str] verify_err=%[ssl_c_err]"\n'
    )
    for name, port in upstreams.items():
        host = "elsewhere.example.com" if name == "name" else NAME
        text += (
            f"listen to-{name}\n  bind 127.0.0.1:{ports[f'to-{name}']}\n"
            f"  server upstream 127.0.0.1:{port} check inter 500 ssl verify required ca-file {folder}/root.pem"
            f" verifyhost {host} sni str({host})\n"
        )
    (folder / "haproxy.cfg").write_text(text)
    with running(["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"], ports, folder / "haproxy.log") as started:
        yield started


@contextlib.contextmanager
def stunnel(folder: Path, upstreams: Mapping[str, int]) -> Iterator[Started]:
    """stunnel with a TLS port for each state and a client service for each TLS upstream."""
    need("/usr/bin/stunnel4")
    ports = free_ports([*STATES, *(f"to-{name}" for name in upstreams)])
    text = "foreground = yes\npid =\ndebug = info\nsyslog = no\n"
    for name, state in STATES.items():
        text += f"[{name}]\naccept = 127.0.0.1:{ports[name]}\nconnect = 127.0.0.1:{ports[name]}\n"
        text += f"cert = {folder}/{name}.pem\nkey = {folder}/{name}.key\n"
        text += f"CAfile = {folder}/root.pem\nverifyChain = yes\nrequireCert = yes\n" if state.mutual else ""
        text += "sslVersionMax = TLSv1.2\n" if state.tls12 else ""
    for name, port in upstreams.items():
        host = "elsewhere.example.com" if name == "name" else NAME
        text += f"[to-{name}]\nclient = yes\naccept = 127.0.0.1:{ports[f'to-{name}']}\nconnect = 127.0.0.1:{port}\n"
        text += f"CAfile = {folder}/root.pem\nverifyChain = yes\ncheckHost = {host}\nsni = {host}\n"
    (folder / "stunnel.conf").write_text(text)
    with running(["/usr/bin/stunnel4", folder / "stunnel.conf"], ports, folder / "stunnel.log") as started:
        yield started


TOMCAT = Path("/usr/share/tomcat10")


@contextlib.contextmanager
def tomcat(folder: Path, upstreams: Mapping[str, int]) -> Iterator[Started]:
    """Tomcat with a connector for each state and, as users' directory, each TLS upstream over LDAPS."""
    need("/usr/bin/java", "/usr/bin/keytool", str(TOMCAT / "bin" / "bootstrap.jar"))
    ports = free_ports(STATES)
    (folder / "conf").mkdir()
    store, password = folder / "root.p12", "changeit"
    keytool: list[str | Path] = [
        "/usr/bin/keytool",
        "-importcert",
        "-noprompt",
        "-alias",
        "root",
        "-file",
        folder / "root.pem",
    ]
    subprocess.run([*keytool, "-keystore", store, "-storepass", password], check=True, capture_output=True)
    connectors = "".join(
        f'<Connector port="{ports[name]}" address="127.0.0.1" SSLEnabled="true" scheme="https" secure="true"'
        f' sslImplementationName="org.apache.tomcat.util.net.jsse.JSSEImplementation">'
        f'<SSLHostConfig protocols="{"TLSv1.2" if state.tls12 else "TLSv1.2+TLSv1.3"}"'
        + (' certificateVerification="required"' if state.mutual else "")
        + f'><Certificate certificateFile="{folder}/{name}.pem" certificateKeyFile="{folder}/{name}.key"'
        ' type="RSA"/></SSLHostConfig></Connector>'
        for name, state in STATES.items()
    )
    # The realms connect at the start, as clients.
    realms = "".join(
        f'<Realm className="org.apache.catalina.realm.JNDIRealm" connectionURL="ldaps://127.0.0.1:{port}"/>'
        for port in upstreams.values()
    )
    (folder / "conf" / "server.xml").write_text(
        f'<Server port="-1"><Service name="Catalina">{connectors}<Engine name="Catalina" defaultHost="localhost">'
        f'<Realm className="org.apache.catalina.realm.CombinedRealm">{realms}</Realm>'
        '<Host name="localhost" appBase="webapps"/></Engine></Service></Server>'
    )
    trusting = (f"-Djavax.net.ssl.trustStore={store}", f"-Djavax.net.ssl.trustStorePassword={password}")
    with catalina(folder, ports, trusting) as started:
        yield started


@contextlib.contextmanager
def catalina(folder: Path, ports: Mapping[str, int], options: Sequence[str] = ()) -> Iterator[Started]:
    """Tomcat with conf/server.xml of the folder; `options` are Java's."""
    for place in ("logs", "temp", "work", "webapps"):
        (folder / place).mkdir()
    (folder / "conf" / "logging.properties").write_text(
        "handlers = java.util.logging.ConsoleHandler\n"
        "java.util.logging.ConsoleHandler.level = ALL\n"
        "java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter\n"
        "org.apache.tomcat.util.net.NioEndpoint.level = FINE\n"
    )
    jars = ":".join(str(TOMCAT / "bin" / jar) for jar in ("bootstrap.jar", "tomcat-juli.jar"))
    command = [
        *("/usr/bin/java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Duser.language=en", "-cp", jars),
        *options,
        *("-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",),
        f"-Djava.util.logging.config.file={folder}/conf/logging.properties",
        *(f"-Dcatalina.home={TOMCAT}", f"-Dcatalina.base={folder}", f"-Djava.io.tmpdir={folder}/temp"),
        *("org.apache.catalina.startup.Bootstrap", "start"),
    ]
    with running(command, ports, folder / "catalina.out") as started:
        yield started


@contextlib.contextmanager
def traffic_server(folder: Path, upstreams: Mapping[str, int]) -> Iterator[Started]:
    """Traffic Server with a TLS port for each state; what asks for UPSTREAM.test on `plain` is passed on.

    It does not start with an expired certificate of its own.
    """
    need("/usr/bin/traffic_server")
    states = {name: state for name, state in STATES.items() if name != "expired"}
    ports = free_ports([*states, "plain"])
    secured = " ".join(f"{ports[name]}:ssl" for name in states)
    settings = {
        "http.server_ports STRING": f"{secured} {ports['plain']}",
        "ssl.server.cert.path STRING": f"{folder}",
        "ssl.server.private_key.path STRING": f"{folder}",
        "ssl.CA.cert.filename STRING": "root.pem",
        "ssl.CA.cert.path STRING": f"{folder}",
        "ssl.client.verify.server.policy STRING": "ENFORCED",
        "ssl.client.verify.server.properties STRING": "ALL",
        "ssl.client.CA.cert.filename STRING": "root.pem",
        "ssl.client.CA.cert.path STRING": f"{folder}",
    }
    (folder / "ssl_multicert.config").write_text(
        "".join(
            f"dest_ip=127.0.0.1:{ports[name]} ssl_cert_name={name}.pem ssl_key_name={name}.key\n" for name in states
        )
    )
    (folder / "sni.yaml").write_text(
        "sni:\n"
        + "".join(
            f"- fqdn: {name}.example.com\n  verify_client: STRICT\n  verify_client_ca_certs: {folder}/root.pem\n"
            + ("  valid_tls_versions_in: [TLSv1_2]\n" if state.tls12 else "")
            for name, state in states.items()
            if state.mutual
        )
    )
    names = {name: "elsewhere.example.com" if name == "name" else NAME for name in upstreams}
    remap = [(name, names[name], port) for name, port in upstreams.items()]
    with passing_on(folder, ports, settings, remap) as started:
        yield started


@contextlib.contextmanager
def passing_on(
    folder: Path, ports: Mapping[str, int], settings: Mapping[str, str], remap: Sequence[tuple[str, str, int]]
) -> Iterator[Started]:
    """Traffic Server with these settings; what asks for NAME.test is passed on to HOST:PORT, for each of `remap`."""
    for place in ("run", "logs", "cache"):
        (folder / place).mkdir()
    every = {
        "admin.user_id STRING": "#-1",  # whoever runs the tests
        "log.logging_enabled INT": "0",
        "http.wait_for_cache INT": "0",
        "url_remap.remap_required INT": "1",
        "hostdb.host_file.path STRING": f"{folder}/hosts",
        **{f"diags.output.{kind} STRING": "E" for kind in ("status", "note", "warning", "error", "fatal", "alert")},
        "output.logfile STRING": "stdout",
        **settings,
    }
    (folder / "records.config").write_text("".join(f"CONFIG proxy.config.{k} {v}\n" for k, v in every.items()))
    (folder / "hosts").write_text("".join(f"127.0.0.1 {host}\n" for host in sorted({host for _, host, _ in remap})))
    (folder / "remap.config").write_text(
        "".join(f"map http://{name}.test/ https://{host}:{port}/\n" for name, host, port in remap)
    )
    (folder / "storage.config").write_text(f"{folder}/cache 16M\n")
    (folder / "ip_allow.yaml").write_text(
        "ip_allow:\n- {apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}\n"
    )
    environment = {
        "PROXY_CONFIG_CONFIG_DIR": str(folder),
        "PROXY_CONFIG_LOCAL_STATE_DIR": str(folder / "run"),
        "PROXY_CONFIG_LOG_LOGFILE_DIR": str(folder / "logs"),
    }
    with running(["/usr/bin/traffic_server"], ports, folder / "diags.log", environment=environment) as started:
        yield started


XMPP_HOSTS = {"example.com": "good", "short.example.com": "short", "expired.example.com": "expired"}


@contextlib.contextmanager
def prosody(folder: Path) -> Iterator[Started]:
    """Prosody with a host for each of XMPP_HOSTS; it wants TLS of all, and valid certificates of servers."""
    need("/usr/bin/prosody")
    ports = free_ports(["c2s", "s2s"])
    hosts = "".join(
        f'VirtualHost "{host}"\n  ssl = {{ certificate = "{folder}/{state}.pem"; key = "{folder}/{state}.key" }}\n'
        for host, state in XMPP_HOSTS.items()
    )
    (folder / "data").mkdir()
    (folder / "prosody.cfg.lua").write_text(
        f"""run_as_root = true
data_path = "{folder}/data"
certificates = "{folder}/data"
log = {{ debug = "*console" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {ports["c2s"]} }}
s2s_ports = {{ {ports["s2s"]} }}
modules_enabled = {{ "tls"; "saslauth" }}
modules_disabled = {{ "posix"; "s2s_bidi" }}
c2s_require_encryption = true
s2s_require_encryption = true
s2s_secure_auth = true
ssl = {{ cafile = "{folder}/root.pem" }}
{hosts}"""
    )
    command: list[str | Path] = ["/usr/bin/prosody", "--config", folder / "prosody.cfg.lua", "-F"]
    with running(command, ports, folder / "prosody.log") as started:
        yield started


# --- their clients -------------------------------------------------------------------------------------------


def look(port: int, client: pki.Issued | None = None, starttls: Starttls | None = None, sni: str = NAME) -> ProbeResult:
    """Have a live look at a port of 127.0.0.1, with this client certificate and its chain."""
    own = None
    if client is not None:
        certificates = tuple(item.certificate for item in client.chain)
        own = ClientIdentity(certificates, client.key)  # type: ignore[arg-type]
    return probe(Target("127.0.0.1", port, sni, starttls), client=own)


def request(
    port: int,
    folder: Path,
    *,
    client: pki.Issued | None = None,
    trusts: pki.Issued | None = None,
    tls: bool = True,
    host: str = NAME,
) -> bytes:
    """Ask for a page as a web client does; b"" where the server or this client refuses.

    Args:
        port: on 127.0.0.1.
        folder: for a passing file of the client's certificate and key.
        client: the certificate to present, with its chain.
        trusts: the one CA that the server's chain has to end at; None: any chain will do.
        tls: False for a plain request.
        host: asked for in SNI and in the Host header.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            if not tls:
                return _page(connection, host)
            with connection.dup() as kept:
                kept.settimeout(5)
                try:
                    with _client(folder, client, trusts).wrap_socket(connection, server_hostname=host) as secured:
                        return _page(secured, host)
                except ssl.SSLError:
                    # Closed with bytes unread it would be reset, and a reset overtakes the alert that was sent.
                    while kept.recv(4096):
                        pass
    except OSError:
        pass
    return b""


def _page(connection: socket.socket, host: str) -> bytes:
    connection.sendall(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    return connection.recv(1000)


def stream(port: int, folder: Path, *, client: pki.Issued | None = None, sender: str, trusts: bool = True) -> None:
    """Open an XMPP stream to example.com as the server `sender`, turn it into TLS, open it again and read the answer.

    `trusts` False: this side refuses the certificate of the other.
    """
    opening = (
        "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
        f" from='{sender}' to='example.com' version='1.0'>"
    ).encode()
    with socket.create_connection(("127.0.0.1", port), 5) as connection, contextlib.suppress(ssl.SSLError):
        connection.settimeout(5)
        connection.sendall(opening)
        _until(connection, b"</stream:features>")
        connection.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        _until(connection, b"/>")
        made = _client(folder, client, None if trusts else STRANGER.chain[-1])
        with made.wrap_socket(connection, server_hostname="example.com") as secured:
            secured.sendall(opening)
            _until(secured, b"</stream:")


def _until(connection: socket.socket, end: bytes) -> None:
    seen = b""
    while end not in seen:
        more = connection.recv(4096)
        assert more, f"closed after {seen!r}"
        seen += more


def _client(folder: Path, client: pki.Issued | None, trusts: pki.Issued | None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE if trusts is None else ssl.CERT_REQUIRED
    if trusts is not None:
        made.load_verify_locations(cadata=trusts.pem)
    if client is not None:
        file = folder / "presented.pem"
        file.write_text(pki.bundle(*client.chain) + client.key_pem)
        made.load_cert_chain(file)
    return made
