"""A small site whose boxes genuine servers stand in for, and which is treated with the files that the examination wrote.

Everything lies on disk once: the servers and the examination read the same files, and a cure changes these files.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from ruamel.yaml import YAML

from certdoctor.cli import main
from tests import pki
from tests.evidence.test_probe import listening
from tests.wire.servers import (
    FAR_AHEAD,
    LONG_AGO,
    PATIENCE,
    NotStarted,
    Started,
    catalina,
    free_ports,
    need,
    passing_on,
    running,
)
from tests.wire.servers import request as ask

Document = dict[str, Any]


@dataclass
class Box:
    """One node, before it is written: what it shows, and whom it trusts."""

    id: str
    role: str
    name: str
    version: str = ""
    identities: dict[str, tuple[pki.Issued, ...]] = field(default_factory=dict)  # leaf and what stands behind it
    trust: dict[str, list[pki.Issued]] = field(default_factory=dict)
    xconf: dict[str, str] = field(default_factory=dict)
    forms: dict[str, bytes] = field(default_factory=dict)  # slot -> its file, where that is not the PEM of its chain
    keys: dict[str, pki.Key] = field(default_factory=dict)  # slot -> the key on the box, where it is not the leaf's
    csr: str = ""


@dataclass
class Lab:
    """A site on disk."""

    folder: Path
    boxes: dict[str, Box]
    connections: list[dict[str, object]]
    issuers: Mapping[str, pki.Issued]  # node -> the CA that answers its requests
    mail: dict[str, str] = field(default_factory=dict)  # what a CA has sent: file name -> PEM

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def identity(self, box: str, slot: str) -> Path:
        return self.site / f"{box}-{slot}.pem"

    def key(self, box: str, slot: str) -> Path:
        """The key stays on the box: no examination sees it."""
        return self.folder / "keys" / f"{box}-{slot}.key"

    def trust(self, box: str, name: str) -> Path:
        return self.site / f"{box}-{name}-list.pem"

    def write(self) -> Lab:
        """Write site.yml, its files, and the keys beside it."""
        self.site.mkdir()
        (self.folder / "keys").mkdir()
        nodes: list[dict[str, object]] = []
        for box in self.boxes.values():
            node: dict[str, object] = {"id": box.id, "role": box.role, "names": [box.name]}
            if box.version:
                node["version"] = box.version
            for slot, chain in box.identities.items():
                self.identity(box.id, slot).write_bytes(box.forms.get(slot, pki.bundle(*chain).encode()))
                self.key(box.id, slot).write_text(pki.key_pem(box.keys.get(slot, chain[0].key)))
            for name, entries in box.trust.items():
                self.trust(box.id, name).write_text(pki.bundle(*entries))
            node["identities"] = {slot: self.identity(box.id, slot).name for slot in box.identities}
            node["trust"] = {name: self.trust(box.id, name).name for name in box.trust}
            settings = {"csr": (f"{box.id}.csr", box.csr), "xconf": (f"{box.id}_xconf.txt", configuration(box.xconf))}
            for name, text in settings.values():
                if text:
                    (self.site / name).write_text(text)
            if any(text for _, text in settings.values()):
                node["settings"] = {key: name for key, (name, text) in settings.items() if text}
            nodes.append(node)
        for name, text in self.mail.items():
            (self.site / name).write_text(text)
        document = {"schema": "certdoctor/site@1", "nodes": nodes, "connections": self.connections}
        with (self.site / "site.yml").open("w", encoding="utf-8") as stream:
            YAML().dump(document, stream)
        return self

    # --- examination and treatment ---------------------------------------------------------------------------

    def examine(self, say: Callable[[], str], cure: Path | None = None) -> Document:
        """Run `certdoctor examine` and return its document. `say` returns what was printed since."""
        say()
        main(["examine", str(self.site), "--format", "json", *(["--files", str(cure)] if cure else [])])
        result: Document = json.loads(say())
        return result

    def apply(self, cure: Path) -> list[str]:
        """Put each written file where an engineer would put it; return the names of those put somewhere."""
        used = []
        for path in sorted(cure.iterdir()):
            if self._put(path):
                used.append(path.name)
        return used

    def _put(self, path: Path) -> bool:
        node, _, rest = path.name.partition("-")
        listed = re.match(r"(?:(trusted-ca)|(.+)-trust)-\d\d-", rest)
        if listed:
            # Uploaded to a box's list: it stands behind what is there.
            name = "ca" if listed[1] else listed[2].lower()
            with self.trust(node, name).open("ab") as file:
                file.write(path.read_bytes())
            return True
        if rest == "request.cnf":
            self._issue(node, path)
            return True
        converted = re.match(r"(.+)-(certificate|ca)-\d\d\.pem$", rest)
        if converted and converted[2] == "certificate":
            self.identity(node, converted[1]).write_bytes(path.read_bytes())
            return True
        if converted:
            with self.trust(node, "ca").open("ab") as file:
                file.write(path.read_bytes())
            return True
        return False

    def _issue(self, node: str, configuration: Path) -> None:
        """Make a key and a request as the written configuration says, and answer it as the CA does: as asked for."""
        slot = next(iter(self.boxes[node].identities))
        openssl = shutil.which("openssl")
        assert openssl is not None
        made = self.folder / f"{node}.csr"
        command = [openssl, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", str(configuration)]
        command += ["-keyout", str(self.key(node, slot)), "-out", str(made)]
        subprocess.run(command, check=True, capture_output=True)
        request = x509.load_pem_x509_csr(made.read_bytes())
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        usages = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        private = serialization.load_pem_private_key(self.key(node, slot).read_bytes(), None)
        issued = pki.issue(
            request.subject,
            self.issuers[node],
            private=private,  # type: ignore[arg-type]
            names=[str(name.value) for name in names],
            purposes=list(usages),
            start=LONG_AGO,
            end=FAR_AHEAD,
        )
        self.identity(node, slot).write_text(pki.bundle(*issued.chain[:-1]))
        if self.boxes[node].csr:  # the one that is answered is not pending any more
            (self.site / f"{node}.csr").write_bytes(made.read_bytes())


def configuration(settings: Mapping[str, str]) -> str:
    """Return settings as an Expressway exports them."""
    return "".join(f'*c xConfiguration {path}: "{value}"\n' for path, value in settings.items())


# --- the servers that stand in for the boxes -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class End:
    """What a server needs of a box to stand in for it."""

    identity: Path | None  # what it presents
    key: Path | None
    trust: Path | None  # whom it trusts; None: anybody
    name: str = ""  # as a client: the name that it looks for
    second: tuple[Path, Path] | None = None  # another certificate of its, with the key
    own_list: Path | None = None  # the list that completes what it presents, where it judges nobody


Opened = contextlib.AbstractContextManager[Started]


def both(folder: Path, identity: Path, key: Path) -> Path:
    """Return a file that holds certificate and key, as HAProxy and Traffic Server take them."""
    file = folder / f"{identity.stem}.both"
    file.write_bytes(identity.read_bytes() + key.read_bytes())
    return file


@contextlib.contextmanager
def haproxy_server(folder: Path, end: End) -> Iterator[Started]:
    """HAProxy that answers 204."""
    need("/usr/sbin/haproxy")
    ports = free_ports(["tls"])
    assert end.identity
    assert end.key
    held = [both(folder, end.identity, end.key), *([both(folder, *end.second)] if end.second else [])]
    shows = "".join(f" crt {file}" for file in held)
    asks = f" verify required ca-file {end.trust}" if end.trust else ""
    (folder / "haproxy.cfg").write_text(
        "global\n  log stdout format raw local0 info\n  ca-base /\n"
        "defaults\n  mode http\n  log global\n  timeout connect 30s\n  timeout client 30s\n  timeout server 30s\n"
        f"frontend tls\n  bind 127.0.0.1:{ports['tls']} ssl{shows}{asks}\n  http-request return status 204\n"
    )
    with running(["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"], ports, folder / "haproxy.log") as started:
        yield started


@contextlib.contextmanager
def stunnel_server(folder: Path, end: End) -> Iterator[Started]:
    """stunnel; as an Expressway it completes what it sends from its own trust list."""
    need("/usr/bin/stunnel4")
    ports = free_ports(["tls"])
    with listening(_answer) as behind:
        text = "foreground = yes\npid =\ndebug = info\nsyslog = no\n"
        text += f"[tls]\naccept = 127.0.0.1:{ports['tls']}\nconnect = 127.0.0.1:{behind}\n"
        text += f"cert = {end.identity}\nkey = {end.key}\n"
        text += f"CAfile = {end.trust}\nverifyChain = yes\nrequireCert = yes\n" if end.trust else ""
        # It reads a list only where it asks for a certificate, which here nobody has to have.
        text += f"CAfile = {end.own_list}\nverifyChain = yes\nrequireCert = no\n" if end.own_list else ""
        (folder / "stunnel.conf").write_text(text)
        with running(["/usr/bin/stunnel4", folder / "stunnel.conf"], ports, folder / "stunnel.log") as started:
            yield started


def _answer(connection: socket.socket) -> None:
    if connection.recv(1000):
        connection.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")


@contextlib.contextmanager
def tomcat_server(folder: Path, end: End) -> Iterator[Started]:
    """Tomcat with Java's own TLS, as on CUCM."""
    need("/usr/bin/java", "/usr/share/tomcat10/bin/bootstrap.jar")
    ports = free_ports(["tls"])
    (folder / "conf").mkdir()
    store, password = folder / "trusted.p12", "changeit"
    asks = ""
    if end.trust:
        trusted = x509.load_pem_x509_certificates(end.trust.read_bytes())
        entries = [pkcs12.PKCS12Certificate(item, str(number).encode()) for number, item in enumerate(trusted)]
        encryption = serialization.BestAvailableEncryption(password.encode())
        store.write_bytes(pkcs12.serialize_java_truststore(entries, encryption))
        asks = f' certificateVerification="required" truststoreFile="{store}" truststorePassword="{password}"'
    (folder / "conf" / "server.xml").write_text(
        f'<Server port="-1"><Service name="Catalina"><Connector port="{ports["tls"]}" address="127.0.0.1"'
        ' SSLEnabled="true" scheme="https" secure="true"'
        ' sslImplementationName="org.apache.tomcat.util.net.jsse.JSSEImplementation">'
        f'<SSLHostConfig{asks}><Certificate certificateFile="{end.identity}" certificateKeyFile="{end.key}"'
        ' type="RSA"/></SSLHostConfig></Connector><Engine name="Catalina" defaultHost="localhost">'
        '<Host name="localhost" appBase="webapps"/></Engine></Service></Server>'
    )
    with catalina(folder, ports) as started:
        yield started


@contextlib.contextmanager
def haproxy_client(folder: Path, end: End, port: int) -> Iterator[Started]:
    """HAProxy that passes plain requests on over TLS."""
    need("/usr/sbin/haproxy")
    ports = free_ports(["plain"])
    shows = f" crt {both(folder, end.identity, end.key)}" if end.identity and end.key else ""
    (folder / "client.cfg").write_text(
        "global\n  log stdout format raw local0 info\n  ca-base /\n"
        "defaults\n  mode http\n  log global\n  timeout connect 30s\n  timeout client 30s\n  timeout server 30s\n"
        f"listen plain\n  bind 127.0.0.1:{ports['plain']}\n  server there 127.0.0.1:{port} ssl verify required"
        f" ca-file {end.trust} verifyhost {end.name} sni str({end.name}){shows}\n"
    )
    with running(["/usr/sbin/haproxy", "-db", "-f", folder / "client.cfg"], ports, folder / "client.log") as started:
        yield started


@contextlib.contextmanager
def stunnel_client(folder: Path, end: End, port: int) -> Iterator[Started]:
    """stunnel that passes plain requests on over TLS; it completes what it sends from its own trust list."""
    need("/usr/bin/stunnel4")
    ports = free_ports(["plain"])
    text = "foreground = yes\npid =\ndebug = info\nsyslog = no\n"
    text += f"[plain]\nclient = yes\naccept = 127.0.0.1:{ports['plain']}\nconnect = 127.0.0.1:{port}\n"
    text += f"CAfile = {end.trust}\nverifyChain = yes\ncheckHost = {end.name}\nsni = {end.name}\n"
    text += f"cert = {end.identity}\nkey = {end.key}\n" if end.identity else ""
    (folder / "client.conf").write_text(text)
    with running(["/usr/bin/stunnel4", folder / "client.conf"], ports, folder / "client.log") as started:
        yield started


@contextlib.contextmanager
def traffic_server_client(folder: Path, end: End, port: int) -> Iterator[Started]:
    """Traffic Server as on Expressway-C: it verifies the server, and shows its own certificate when asked."""
    need("/usr/bin/traffic_server")
    ports = free_ports(["plain"])
    assert end.trust
    settings = {
        "http.server_ports STRING": str(ports["plain"]),
        "http.connect_attempts_max_retries INT": "0",
        "ssl.client.verify.server.policy STRING": "ENFORCED",
        "ssl.client.verify.server.properties STRING": "ALL",
        "ssl.client.CA.cert.filename STRING": end.trust.name,
        "ssl.client.CA.cert.path STRING": str(end.trust.parent),
    }
    if end.identity and end.key:
        settings |= {
            "ssl.client.cert.filename STRING": end.identity.name,
            "ssl.client.cert.path STRING": str(end.identity.parent),
            "ssl.client.private_key.filename STRING": end.key.name,
            "ssl.client.private_key.path STRING": str(end.key.parent),
        }
    (folder / "ssl_multicert.config").touch()
    (folder / "sni.yaml").touch()
    with passing_on(folder, ports, settings, [("there", end.name, port)]) as started:
        # It reads its table of hosts a second after its start.
        until = time.monotonic() + PATIENCE
        while b"Cannot find server" in ask(ports["plain"], folder, tls=False, host="there.test"):
            assert time.monotonic() < until, f"{end.name} stays unknown:\n{started.new_lines(0)}"
            time.sleep(0.1)
        yield started


SERVERS: Mapping[str, Callable[[Path, End], Opened]] = {
    "haproxy": haproxy_server,
    "stunnel": stunnel_server,
    "tomcat": tomcat_server,
}
CLIENTS: Mapping[str, Callable[[Path, End, int], Opened]] = {
    "haproxy": haproxy_client,
    "stunnel": stunnel_client,
    "traffic-server": traffic_server_client,
}


def shake_hands(folder: Path, server: str, client: str, ends: Sequence[End]) -> str:
    """Start both ends and send a request through them.

    Returns:
        "works", "refused", or "does not start" where a server does not take its own certificate.
    """
    folder.mkdir()
    serving, calling = folder / "server", folder / "client"
    serving.mkdir()
    calling.mkdir()
    try:
        with SERVERS[server](serving, ends[0]) as there, CLIENTS[client](calling, ends[1], there.ports["tls"]) as here:
            answer = ask(here.ports["plain"], folder, tls=False, host="there.test")
    except NotStarted:
        return "does not start"
    # Tomcat has no page to show; what a client could not pass on it answers with 502 or 503.
    return "works" if answer.split(b" ")[1:2] in ([b"204"], [b"404"]) else "refused"
