"""Genuine servers: what the live look says of each, and which refusal is read from their own log lines."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from certdoctor.evidence.probe import Outcome
from certdoctor.evidence.site import ConnectionDescription
from certdoctor.evidence.targets import Starttls
from tests import pki
from tests.evidence.test_probe import Serve, context, listening
from tests.facts.test_logs import facts, told
from tests.wire import servers
from tests.wire.servers import CLIENT, GOOD, STATES, STRANGER, Started, look, request

SERVERS = {
    "nginx": servers.nginx,
    "haproxy": servers.haproxy,
    "stunnel": servers.stunnel,
    "tomcat": servers.tomcat,
    "traffic-server": servers.traffic_server,
}
UNKNOWN_CA = STRANGER.chain[-1]
ROOT = pki.ca().certificate.subject.rfc4514_string()


@dataclass(frozen=True, slots=True)
class Running:
    """A server with what it passes requests on to."""

    kind: str
    server: Started
    upstreams: dict[str, int]  # "short" and "expired" as in STATES, "name" lacks the name, "mutual" wants a certificate
    folder: Path


@pytest.fixture(scope="module", params=SERVERS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    kind = request.param
    folder = tmp_path_factory.mktemp(kind)
    servers.identity_files(folder)
    with contextlib.ExitStack() as held:
        upstreams = {}
        for name in ("short", "expired", "name", "mutual"):
            own = tmp_path_factory.mktemp(f"{kind}-{name}")
            sent = STATES.get(name, STATES["good"]).sends
            made = context(own, *sent, takes=pki.ca() if name == "mutual" else None)
            upstreams[name] = held.enter_context(listening(patient(made)))
        yield Running(kind, held.enter_context(SERVERS[kind](folder, upstreams)), upstreams, folder)


def patient(made: ssl.SSLContext) -> Serve:
    """Shake hands and wait; after a refusal keep the connection open until the other side has read the alert.

    A connection closed with bytes unread is reset, and a reset overtakes the alert.
    """

    def serve(connection: socket.socket) -> None:
        with connection.dup() as kept:
            kept.settimeout(5)
            try:
                with made.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(1)
            except ssl.SSLError:
                while kept.recv(4096):
                    pass

    return serve


def refusals(lines: str, box: str = "e", port: int = 7001) -> tuple[dict[str, str], set[str]]:
    """Return log.refusal by side, and the values of log.trouble, of a connection whose client "c" or server "e" logs."""
    zone = ConnectionDescription("zone", "traversal-sip", "c", "e", port=port, name="e.example.com")
    found = facts(zone, logs={box: lines})
    return told(found, "log.refusal"), set(told(found, "log.trouble").values())


def said(running: Running, since: int, literal: str) -> str:
    """Wait for a line with `literal`; return what the log says since then, with stunnel of that connection alone."""
    lines = running.server.new_lines(since, literal)
    if running.kind != "stunnel":
        return lines
    # Its threads write the end of an earlier connection late.
    number = next(re.search(r"LOG\d(\[\d+\]):", line) for line in lines.splitlines() if literal in line)
    assert number is not None
    return "\n".join(line for line in lines.splitlines() if number[1] in line)


# --- the live look -------------------------------------------------------------------------------------------


# Traffic Server does not start with an expired certificate of its own.
SHOWN = [(k, s) for k in SERVERS for s in ("good", "short", "expired") if (k, s) != ("traffic-server", "expired")]


@pytest.mark.parametrize(("running", "state"), SHOWN, indirect=["running"])
def test_the_chain_is_shown_as_sent(running: Running, state: str) -> None:
    seen = look(running.server.ports[state], sni=f"{state}.example.com")
    assert (seen.outcome, seen.error, seen.alert) == (Outcome.CONNECTED, None, None)
    assert [sent.sha256 for sent in seen.chain] == [item.sha256 for item in STATES[state].sends]
    assert (seen.tls_version, seen.client_certificate_requested) == ("TLSv1.3", False)


# kind -> the alert without a certificate in TLS 1.3 and 1.2, the alert to one of an unknown CA
ALERTS = {
    "nginx": (None, None, None),  # it answers the request, not the handshake
    "haproxy": ("certificate_required", "handshake_failure", "unknown_ca"),
    "stunnel": ("certificate_required", "handshake_failure", "unknown_ca"),
    "traffic-server": ("certificate_required", "handshake_failure", "unknown_ca"),
    "tomcat": ("bad_certificate", "bad_certificate", "certificate_unknown"),
}


@pytest.mark.parametrize("state", ["mutual", "mutual12"])
def test_the_answer_to_the_client_certificate(running: Running, state: str) -> None:
    without, without12, unknown = ALERTS[running.kind]
    for client, alert in ((None, without12 if STATES[state].tls12 else without), (STRANGER, unknown)):
        seen = look(running.server.ports[state], client, sni=f"{state}.example.com")
        assert seen.client_certificate_requested is True
        assert seen.acceptable_cas == (ROOT,)
        assert seen.tls_version == ("TLSv1.2" if STATES[state].tls12 else "TLSv1.3")
        assert seen.alert == alert
        assert seen.outcome == (Outcome.REFUSED if alert else Outcome.CONNECTED)
        assert seen.chain[0].sha256 == GOOD.sha256


def test_a_good_client_certificate_is_taken(running: Running) -> None:
    seen = look(running.server.ports["mutual"], CLIENT, sni="mutual.example.com")
    assert (seen.outcome, seen.alert, seen.client_certificate_requested) == (Outcome.CONNECTED, None, True)


# --- as server: what its log says ----------------------------------------------------------------------------

# (kind, port) -> literal of the line, what is read from it: refusals, troubles. Traffic Server logs none of these.
Says = dict[tuple[str, str], tuple[str, dict[str, str], set[str]]]
SAYS_WITHOUT: Says = {
    ("nginx", "mutual"): ("no required SSL certificate", {"zone/client": "absent"}, set()),
    ("nginx", "mutual12"): ("no required SSL certificate", {"zone/client": "absent"}, set()),
    ("haproxy", "mutual"): ("SSL handshake failure", {}, {"handshake_failure"}),
    ("haproxy", "told"): ("ssl_err=", {"zone/client": "absent"}, set()),
    ("stunnel", "mutual"): ("did not return a certificate", {"zone/client": "absent"}, set()),
    ("stunnel", "mutual12"): ("did not return a certificate", {"zone/client": "absent"}, set()),
    ("tomcat", "mutual"): ("Empty client certificate chain", {"zone/client": "absent"}, set()),
    ("tomcat", "mutual12"): ("Empty client certificate chain", {"zone/client": "absent"}, set()),
}
SAYS_UNKNOWN: Says = {
    ("nginx", "mutual"): ("verify error", {"zone/client": "self_signed"}, set()),
    ("haproxy", "mutual"): ("cannot be verified", {"zone/client": "issuer_not_found"}, set()),
    ("haproxy", "told"): ("ca_err=", {"zone/client": "self_signed"}, set()),
    ("stunnel", "mutual"): ("certificate verify failed", {"zone/client": "self_signed"}, set()),
    ("tomcat", "mutual"): ("PKIX path", {"zone/client": "issuer_not_found"}, set()),
}
SAYS_REFUSED: Says = {
    ("nginx", "good"): ("alert unknown ca", {"zone/server": "unknown_ca"}, set()),
    ("haproxy", "good"): ("SSL handshake failure", {}, {"handshake_failure"}),
    ("haproxy", "told"): ("ssl_err=", {"zone/server": "unknown_ca"}, set()),
    ("stunnel", "good"): ("alert unknown ca", {"zone/server": "unknown_ca"}, set()),
    # What OpenSSL's alert in TLS 1.3 is called in Java's log says nothing of it.
    ("tomcat", "mutual12"): ("Received fatal alert", {"zone/server": "unknown_ca"}, set()),
}


def logging(says: Says) -> pytest.MarkDecorator:
    """Run with each server that logs it."""
    return pytest.mark.parametrize("running", sorted({kind for kind, _ in says}), indirect=True)


def _ports(says: Says, running: Running) -> list[str]:
    return [port for kind, port in says if kind == running.kind]


@logging(SAYS_WITHOUT)
def test_its_log_says_that_there_was_no_client_certificate(running: Running) -> None:
    for port in _ports(SAYS_WITHOUT, running):
        literal, refused, trouble = SAYS_WITHOUT[running.kind, port]
        since = running.server.written()
        assert b" 204" not in request(running.server.ports[port], running.folder)
        assert refusals(said(running, since, literal)) == (refused, trouble), port


@logging(SAYS_UNKNOWN)
def test_its_log_says_that_the_clients_ca_is_unknown(running: Running) -> None:
    for port in _ports(SAYS_UNKNOWN, running):
        literal, refused, trouble = SAYS_UNKNOWN[running.kind, port]
        since = running.server.written()
        assert b" 204" not in request(running.server.ports[port], running.folder, client=STRANGER)
        assert refusals(said(running, since, literal)) == (refused, trouble), port


@logging(SAYS_REFUSED)
def test_its_log_says_that_the_client_refused_it(running: Running) -> None:
    for port in _ports(SAYS_REFUSED, running):
        literal, refused, trouble = SAYS_REFUSED[running.kind, port]
        since = running.server.written()
        client = None if port == "good" else CLIENT
        assert request(running.server.ports[port], running.folder, client=client, trusts=UNKNOWN_CA) == b""
        assert refusals(said(running, since, literal)) == (refused, trouble), port


# --- as client: what its log says ----------------------------------------------------------------------------

# kind -> upstream -> literal of the line, refusals, troubles
SAYS_OF_UPSTREAM: dict[str, dict[str, tuple[str, dict[str, str], set[str]]]] = {
    "nginx": {
        "short": ("upstream SSL certificate verify", {"zone/server": "issuer_not_found"}, set()),
        "expired": ("upstream SSL certificate verify", {"zone/server": "expired"}, set()),
        "name": ("does not match", {"zone/server": "name"}, set()),
        "mutual": ("alert certificate required", {"zone/client": "absent"}, set()),
    },
    "haproxy": {
        "short": ("to-short/upstream is DOWN", {}, {"handshake_failure"}),
        "name": ("to-name/upstream is DOWN", {"zone/server": "name"}, set()),
    },
    "stunnel": {
        "short": ("certificate verify failed", {"zone/server": "issuer_not_found"}, set()),
        "expired": ("certificate verify failed", {"zone/server": "expired"}, set()),
        "name": ("certificate verify failed", {"zone/server": "name"}, set()),
        "mutual": ("alert certificate required", {"zone/client": "absent"}, set()),
    },
    "traffic-server": {
        "short": ("verification failed", {"zone/server": "issuer_not_found"}, set()),
        "expired": ("verification failed", {"zone/server": "expired"}, set()),
        "name": ("not in certificate", {"zone/server": "name"}, set()),
    },
    "tomcat": {
        "short": ("PKIX path", {"zone/server": "issuer_not_found"}, set()),
        "expired": ("PKIX path", {"zone/server": "expired"}, set()),
        "name": ("No subject alternative names", {"zone/server": "name"}, set()),
    },
}


def test_its_log_says_why_it_refused_the_server_behind_it(running: Running) -> None:
    for name, (literal, refused, trouble) in SAYS_OF_UPSTREAM[running.kind].items():
        lines = _about_upstream(running, name, literal)
        assert refusals(lines, "c", running.upstreams[name]) == (refused, trouble), name


def _about_upstream(running: Running, name: str, literal: str) -> str:
    server, since = running.server, running.server.written()
    if running.kind == "tomcat":  # at its start
        parts = server.new_lines(0, "Server startup in").split("Exception opening directory server connection")
        (part,) = (p for p in parts[1:] if f":{running.upstreams[name]} " in p)
        assert literal in part
        return part
    if running.kind == "haproxy":  # by its own checks
        lines = server.new_lines(0, literal).splitlines()
        return "\n".join(line for line in lines if literal in line)
    if running.kind == "traffic-server":
        for _attempt in range(20):  # it reads its file of hosts a moment after it is up
            request(server.ports["plain"], running.folder, tls=False, host=f"{name}.test")
            if server.written() > since:
                break
    else:
        request(server.ports[f"to-{name}"], running.folder, tls=False)
    return said(running, since, literal)


# --- XMPP ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prosody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("prosody")
    servers.identity_files(folder)
    with servers.prosody(folder) as started:
        yield started


@pytest.mark.parametrize("host", servers.XMPP_HOSTS)
@pytest.mark.parametrize(("port", "kind"), [("c2s", Starttls.XMPP_CLIENT), ("s2s", Starttls.XMPP_SERVER)])
def test_the_chain_is_shown_after_starttls(prosody: Started, host: str, port: str, kind: Starttls) -> None:
    seen = look(prosody.ports[port], starttls=kind, sni=host)
    assert (seen.outcome, seen.error, seen.tls_version) == (Outcome.CONNECTED, None, "TLSv1.3")
    assert [sent.sha256 for sent in seen.chain] == [i.sha256 for i in STATES[servers.XMPP_HOSTS[host]].sends]
    assert seen.client_certificate_requested is (kind == Starttls.XMPP_SERVER)


@pytest.mark.parametrize(
    ("client", "sender", "trusts", "literal", "refused"),
    [
        (None, "expc1.example.com", True, "No certificate provided", {"zone/client": "absent"}),
        (STRANGER, "expc1.example.com", True, "at depth", {"zone/client": "self_signed"}),
        (CLIENT, "elsewhere.example.net", True, "identity validation", {"zone/client": "name"}),
        (CLIENT, "expc1.example.com", True, "identity validation result: valid", {}),
        (CLIENT, "expc1.example.com", False, "TLS handshake error", {"zone/server": "unknown_ca"}),
    ],
    ids=["none", "unknown CA", "other name", "good", "refused by the peer"],
)
def test_prosodys_log_says_what_it_thinks_of_the_other_server(
    prosody: Started,
    tmp_path: Path,
    client: pki.Issued | None,
    sender: str,
    trusts: bool,
    literal: str,
    refused: dict[str, str],
) -> None:
    since = prosody.written()
    servers.stream(prosody.ports["s2s"], tmp_path, client=client, sender=sender, trusts=trusts)
    assert refusals(prosody.new_lines(since, literal)) == (refused, set())
