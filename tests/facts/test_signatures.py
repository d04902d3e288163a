"""Every log signature has a line that it reads, and what that line says."""

from __future__ import annotations

import time

import pytest

from certdoctor.evidence.items import Document, Kind, Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.facts.logs import Event, Signatures
from certdoctor.limits import DEFAULT
from tests.sites import knowledge, log

NEGOTIATION = (
    '2026-11-23T10:00:00.000+01:00 box tvcs: Event="{way} TLS Negotiation Error" Service="SIP" '
    'Src-ip="192.0.2.10" Src-port="25697" Dst-ip="198.51.100.10" Dst-port="7001" '
    'Detail="{detail}" Protocol="TLS"{more} Level="1" UTCTime="2026-11-23 09:00:00,000"'
)


def negotiation(way: str, detail: str, name: str = "") -> str:
    return NEGOTIATION.format(way=way, detail=detail, more=f' Common-name="{name}"' if name else "")


# signature -> line, means, reason, acting
LINES: dict[str, list[tuple[str, str, str, str]]] = {
    "expressway-tls-negotiation-error": [
        (negotiation("Outbound", "Peer's TLS certificate identity was unacceptable", "e"), "refused", "name", "client"),
        (negotiation("Inbound", "self signed certificate in certificate chain"), "refused", "self_signed", "server"),
        (negotiation("Inbound", "sslv3 alert certificate unknown"), "was_refused", "certificate_unknown", "server"),
        (negotiation("Outbound", "tlsv1 alert unknown ca"), "was_refused", "unknown_ca", "client"),
        (negotiation("Outbound", "unable to get local issuer certificate"), "refused", "issuer_not_found", "client"),
        (negotiation("Outbound", "certificate has expired"), "refused", "expired", "client"),
        (negotiation("Inbound", "sslv3 alert certificate expired"), "was_refused", "expired", "server"),
        (negotiation("Outbound", "No SSL error available, probably remote disconnect"), "trouble", "reset", "client"),
        (negotiation("Inbound", "no shared cipher"), "trouble", "no_shared_cipher", "server"),
        (negotiation("Inbound", "wrong version number"), "trouble", "not_tls", "server"),
        (negotiation("Inbound", "unknown ca").replace("Inbound ", ""), "refused", "unknown_ca", ""),
    ],
    "expressway-connection-closed": [
        (
            'Module="network.tcp" Level="DEBUG": Src-ip="192.0.2.10" Src-port="25697" Dst-ip="198.51.100.10" '
            'Dst-port="7001" Detail="TCP Connection Closed" Reason="self signed certificate in certificate chain"',
            "refused",
            "self_signed",
            "",
        )
    ],
    "expressway-handshake-inbound": [
        (
            'Failed to establish SSL connection iResult="-1" error="1" bServer="true" remoteAddress="[]" '
            'ssl_error_reason="error:14089086:SSL routines:ssl3_get_client_certificate:certificate verify failed"',
            "refused",
            "verify_failed",
            "server",
        )
    ],
    "expressway-handshake-outbound": [
        (
            'Failed to establish SSL connection iResult="0" error="1" bServer="false" remoteAddress="[]" '
            'ssl_error_reason="error:0A000418:SSL routines::tlsv1 alert unknown ca"',
            "was_refused",
            "unknown_ca",
            "client",
        )
    ],
    "expressway-authentication-failed": [
        (
            'tvcs: Event="Authentication Failed" Service="SIP" Src-ip="192.0.2.10" Src-port="25697" '
            'Detail="Incorrect authentication credential for user" Protocol="TLS" Level="1"',
            "trouble",
            "credentials",
            "server",
        )
    ],
    "traffic-server-verification-failed": [
        (
            "WARNING: Core server certificate verification failed for (cucm.example.com). Action=Terminate "
            "Error=unable to get local issuer certificate server=cucm.example.com(192.0.2.20) depth=0",
            "refused",
            "issuer_not_found",
            "client",
        )
    ],
    "traffic-server-name": [
        (
            "WARNING: SNI (cucm.example.com) not in certificate. Action=Terminate server=cucm(192.0.2.20)",
            "refused",
            "name",
            "client",
        ),
        ("WARNING: Origin hostname (cucm.example.com) not in certificate.", "refused", "name", "client"),
    ],
    "traffic-server-connection-failed": [
        (
            "exp-c traffic_server[2030]:[ET_NET 1]ERROR:SSL connection failed for 'cucm.example.com':"
            "error:14094418: SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca",
            "was_refused",
            "unknown_ca",
            "client",
        ),
        (
            "ERROR: SSL connection failed for 'cucm.example.com': error:1416F086:SSL routines:"
            "tls_process_server_certificate:certificate verify failed",
            "refused",
            "verify_failed",
            "client",
        ),
    ],
    "traffic-server-connect-returned": [
        (
            "SSL connect returned SSL_ERROR_SSL (error:0A000086:SSL routines::certificate verify failed)",
            "refused",
            "verify_failed",
            "client",
        )
    ],
    "traffic-server-accept-returned": [
        (
            "DEBUG: <SSLNetVConnection.cc:2073 (_ssl_accept)> (ssl.error.accept) SSL accept returned -1, ssl_error=1, "
            "ERR_get_error=167772294 (error:0A000086:SSL routines::certificate verify failed)",
            "refused",
            "verify_failed",
            "server",
        )
    ],
    "nginx-handshake": [
        (
            "2026/11/23 10:00:00 [crit] 7#7: *1 SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::"
            "tlsv1 alert unknown ca:SSL alert number 48) while SSL handshaking, client: 192.0.2.10",
            "was_refused",
            "unknown_ca",
            "server",
        )
    ],
    "nginx-client-certificate": [
        (
            "[info] 7#7: *1 client SSL certificate verify error: (20:unable to get local issuer certificate) while",
            "refused",
            "issuer_not_found",
            "server",
        )
    ],
    "nginx-no-client-certificate": [
        ("[info] 7#7: *1 client sent no required SSL certificate while reading", "refused", "absent", "server")
    ],
    "nginx-upstream-certificate": [
        (
            "[error] 7#7: *28 upstream SSL certificate verify error: (21:unable to verify the first certificate) while "
            'SSL handshaking to upstream, client: 192.0.2.1, server: , upstream: "https://192.0.2.10:8443/", host: "a"',
            "refused",
            "issuer_not_found",
            "client",
        )
    ],
    "nginx-upstream-name": [
        (
            '[error] 7#7: *32 upstream SSL certificate does not match "cucm.example.com" while SSL handshaking to',
            "refused",
            "name",
            "client",
        )
    ],
    "nginx-upstream-error": [
        (
            "[crit] 7#7: *34 SSL_read() failed (SSL: error:0A00045C:SSL routines::tlsv13 alert certificate required:"
            "SSL alert number 116) while reading response header from upstream, client: 192.0.2.1, server: ",
            "was_refused",
            "absent",
            "client",
        )
    ],
    "haproxy-client-ca": [
        (
            "192.0.2.10:39842 [24/Nov/2026:02:27:34.821] m/1: SSL client CA chain cannot be verified",
            "refused",
            "issuer_not_found",
            "server",
        )
    ],
    "haproxy-handshake": [
        (
            "192.0.2.10:39826 [24/Nov/2026:02:27:34.615] m/1: SSL handshake failure",
            "trouble",
            "handshake_failure",
            "server",
        )
    ],
    "haproxy-check": [
        (
            'Server cucm/pub is DOWN, reason: Layer6 invalid response, info: "SSL handshake failure", check duration',
            "trouble",
            "handshake_failure",
            "client",
        )
    ],
    "haproxy-name": [
        (
            'Server cucm/pub is DOWN, reason: Layer6 invalid response, info: "Server presented an SSL certificate '
            'different from the configured one", check duration: 2ms.',
            "refused",
            "name",
            "client",
        )
    ],
    "haproxy-ca-error": [("fe/1: SSL client CA chain ca_err=20 verify_err=0", "refused", "issuer_not_found", "server")],
    "haproxy-verify-error": [("fe/1: ca_err=0 verify_err=10", "refused", "expired", "server")],
    "haproxy-ssl-error": [
        (
            "fe/1: ssl_err=A000412:error:0A000412:SSL routines::sslv3 alert bad certificate verify_err=0",
            "was_refused",
            "bad_certificate",
            "server",
        )
    ],
    "node-server-error": [
        (
            "tlsClientError Error: 0:error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown",
            "was_refused",
            "certificate_unknown",
            "server",
        )
    ],
    "node-client-error": [
        ("error.code: UNABLE_TO_VERIFY_LEAF_SIGNATURE", "refused", "issuer_not_found", "client"),
        ("error.code: CERT_HAS_EXPIRED", "refused", "expired", "client"),
        ("error.code: ECONNREFUSED", "trouble", "refused_port", "client"),
    ],
    "node-client-exception": [
        ("  code: 'CERT_HAS_EXPIRED'", "refused", "expired", "client"),
        ("  code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'", "was_refused", "absent", "client"),
    ],
    "stunnel-pre-verification": [
        ("LOG4[0]: CERT: Pre-verification error: certificate has expired", "refused", "expired", "")
    ],
    "stunnel-name": [("LOG4[0]: CERT: No matching host name found", "refused", "name", "")],
    "stunnel-connect": [
        (
            "LOG3[0]: SSL_connect: /build/ssl/s3.c:1: error:0A000418:SSL routines::tlsv1 alert unknown ca",
            "was_refused",
            "unknown_ca",
            "client",
        )
    ],
    "stunnel-accept": [
        (
            "LOG3[0]: SSL_accept: /build/ssl/s3.c:1: error:0A0000C7:SSL routines::peer did not return a certificate",
            "refused",
            "absent",
            "server",
        )
    ],
    "stunnel-read": [
        (
            "LOG3[8]: SSL_read: ../ssl/s3.c:1601: error:0A00045C:SSL routines::tlsv13 alert certificate required",
            "was_refused",
            "absent",
            "",
        )
    ],
    "java-alert-received": [
        ("javax.net.ssl.SSLHandshakeException: Received fatal alert: unknown_ca", "was_refused", "unknown_ca", ""),
        ("Received fatal alert: handshake_failure", "trouble", "handshake_failure", ""),
    ],
    "java-usage": [
        ("Extended key usage does not permit use for TLS client authentication", "refused", "purpose", ""),
    ],
    "java-path": [
        ("PKIX path building failed: unable to find valid certification path", "refused", "issuer_not_found", ""),
        ("PKIX path validation failed: CertPathValidatorException: validity check failed", "refused", "expired", ""),
    ],
    "java-validity": [
        ("Caused by: java.security.cert.CertificateExpiredException: NotAfter: Fri Jan 01", "refused", "expired", ""),
        (
            "Caused by: java.security.cert.CertificateNotYetValidException: NotBefore: Fri Jan 01",
            "refused",
            "not_yet_valid",
            "",
        ),
    ],
    "java-name": [
        (
            "SSLHandshakeException: No subject alternative names matching IP address 192.0.2.1 found",
            "refused",
            "name",
            "client",
        ),
        ("No subject alternative DNS name matching ldap.example.com found.", "refused", "name", "client"),
        ("SSLHandshakeException: No subject alternative names present", "refused", "name", "client"),
    ],
    "java-common-name": [
        ("java.security.cert.CertificateException: No name matching e.example.com found", "refused", "name", "client"),
    ],
    "java-empty-chain": [
        ("javax.net.ssl.SSLHandshakeException: Empty client certificate chain", "refused", "absent", "server")
    ],
    "java-ciphers": [("no cipher suites in common", "trouble", "no_shared_cipher", "")],
    "java-protocol": [
        ("Client requested protocol TLSv1 is not enabled or supported", "trouble", "protocol_version", "server")
    ],
    "java-not-tls": [("Unsupported or unrecognized SSL message", "trouble", "not_tls", "")],
    "s-client-verify-error": [
        ("verify error:num=19:self-signed certificate in certificate chain", "refused", "self_signed", "client")
    ],
    "curl-certificate-problem": [
        ("curl: (60) SSL certificate problem: certificate is not yet valid", "refused", "not_yet_valid", "client")
    ],
    "curl-alert-sent": [("* TLSv1.2 (OUT), TLS alert, unknown CA (560):", "refused", "unknown_ca", "client")],
    "curl-alert-received": [
        ("* TLSv1.3 (IN), TLS alert, unsupported certificate (555):", "was_refused", "purpose", "client"),
        ("* TLSv1.3 (IN), TLS alert, handshake failure (552):", "trouble", "handshake_failure", "client"),
    ],
    "curl-name": [
        (
            "* SSL: no alternative certificate subject name matches target host name 'e.example.com'",
            "refused",
            "name",
            "client",
        )
    ],
    "openssl-program-error": [
        (
            "80AB12CD34:error:0A000413:SSL routines:ssl3_read_bytes:sslv3 alert unsupported certificate:s3.c:1:"
            "SSL alert number 43",
            "was_refused",
            "purpose",
            "",
        )
    ],
    "prosody-refused": [("c2s1 debug TLS handshake error: certificate verify failed", "refused", "verify_failed", "")],
    "prosody-chain-inbound": [
        (
            "s2sin564d7af0ef40 debug certificate error(s) at depth 1: self-signed certificate in certificate chain",
            "refused",
            "self_signed",
            "server",
        )
    ],
    "prosody-chain-outbound": [
        ("s2sout564d debug certificate error(s) at depth 0: certificate has expired", "refused", "expired", "client")
    ],
    "prosody-no-certificate": [
        ("s2sin564d7af28550 warn No certificate provided by partner.example.net", "refused", "absent", "server")
    ],
    "prosody-name": [
        ("s2sin564d7 debug certificate identity validation result: invalid", "refused", "name", ""),
    ],
    "kamailio-error": [
        (
            "tls_err_ret(): TLS accept:error:0A000086:SSL routines::certificate verify failed",
            "refused",
            "verify_failed",
            "",
        )
    ],
    "key-mismatch": [("x509 check private key: key values mismatch", "own_key", "own_key", "")],
    "haproxy-key-mismatch": [
        (
            "[ALERT] (30196) : config : parsing [haproxy.cfg:11] : 'bind :8443' in section 'frontend' : "
            "inconsistencies between private key and certificate loaded 's.pem'.",
            "own_key",
            "own_key",
            "",
        )
    ],
    "connection-refused": [
        (
            "connect to 198.51.100.10 port 7001 failed: Connection refused",
            "trouble",
            "refused_port",
            "client",
        ),
        (
            "Unable to connect to host 'imp.example.com', port 7400: Connection refused",
            "trouble",
            "refused_port",
            "client",
        ),
    ],
    "connection-timed-out": [
        ("curl: (28) Connection timed out after 5000 ms", "trouble", "timeout", "client"),
        ("ssh: connect to host expe1.example.com port 2222: Connection timed out", "trouble", "timeout", "client"),
        (
            "curl: (28) Failed to connect to u port 8443 after 9 ms: Connection timed out",
            "trouble",
            "timeout",
            "client",
        ),
    ],
    "connection-reset": [
        ("* OpenSSL SSL_connect: Connection reset by peer in connection to e:443", "trouble", "reset", "client")
    ],
    "ssh-host-key-changed": [
        ("@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", "trouble", "host_key_changed", "client")
    ],
    "ssh-host-key-failed": [
        ("Host key verification failed.", "trouble", "host_key_changed", "client"),
        ("expc1 ssh[4411]: Host key verification failed.", "trouble", "host_key_changed", "client"),
    ],
    "ssh-host-key-named": [
        (
            "Host key for [expe1.example.com]:2222 has changed and you have requested strict checking.",
            "trouble",
            "host_key_changed",
            "client",
        )
    ],
    "ssh-name-unknown": [
        (
            "ssh: Could not resolve hostname expe1.example.com: Name or service not known",
            "trouble",
            "unresolved",
            "client",
        )
    ],
    "ssh-no-route": [
        ("ssh: connect to host expe1.example.com port 2222: No route to host", "trouble", "timeout", "client")
    ],
    "ssh-permission-denied": [
        ("traversal@expe1.example.com: Permission denied (publickey).", "trouble", "credentials", "client")
    ],
    "ssh-met-tls": [
        (
            "kex_exchange_identification: banner line contains invalid characters",
            "trouble",
            "ssh_instead_of_tls",
            "server",
        )
    ],
    "ssh-bad-protocol": [
        ("Bad protocol version identification '\\026\\003' from 192.0.2.10", "trouble", "ssh_instead_of_tls", "server")
    ],
    "stunnel-ca-accepted": [
        ("LOG6[0]: CERT: Certificate accepted at depth=1: CN=Root", "accepted", "accepted", ""),
    ],
    "jabber-edge-cookie": [
        (
            "WARNING [9134000] - [csf.edge][executeEdgeConfigRequest] XAuth Cookie expiration time is invalid or not "
            "available. Attempting to Failover .",
            "message",
            "edge_cookie",
            "",
        )
    ],
    "expressway-client-blocked": [
        (
            'Event="Intrusion Protection Blocking" Detail="HTTP proxy authorization failure" Level="1"',
            "message",
            "clients_blocked",
            "",
        )
    ],
    "stunnel-subject": [("LOG4[0]: CERT: Subject checks failed", "refused", "name", "")],
    "cucm-upload-names": [("CSR SAN and Certificate SAN does not match", "message", "upload_san", "")],
    "cucm-upload-key": [
        ("CSR public key and Certificate public key doesn't match", "message", "upload_key", ""),
        ("Error: CSR public key and Certificate public key does not match.", "message", "upload_key", ""),
    ],
    "cucm-upload-ca": [("CA certificate is not available in the trust-store", "message", "upload_ca", "")],
    "cucm-upload-unreadable": [
        ("Certificate upload failed. Error reading the certificate", "message", "upload_unreadable", "")
    ],
    "cucm-saml-response": [
        ("ERROR [http-bio-443-exec-7] SAMLAuthenticator - Error while processing saml response", "message", "saml", "")
    ],
    "cucm-saml-key": [("EncryptedAssertion: Failed to decrypt the secret key.", "message", "saml", "")],
    "phone-dot1x": [("10:01:02 802.1x Authentication: Failed", "message", "dot1x", "")],
    "phone-eap": [("NOT 802.1X: EAP-Failure received", "message", "dot1x", "")],
    "phone-trust-list": [("10:01:02 Trust list update failed", "message", "trust_list", "")],
    "phone-trust-list-title": [("10:01:02 Trust List Update Failed", "message", "trust_list", "")],
    "cms-web-bridge": [
        ("WARNING : failed to establish connection to web bridge link 2 (unknown error)", "message", "web_bridge", "")
    ],
}
CASES = [pytest.param(name, *case, id=f"{name}-{case[2]}") for name, held in LINES.items() for case in held]


def signatures(*only: str) -> Signatures:
    book = knowledge()
    assert book.reasons is not None
    return Signatures({k: v for k, v in book.signatures.items() if not only or k in only}, book.reasons)


def events(text: str, *only: str) -> list[Event]:
    return list(signatures(*only).events("box", log(text)))


def test_every_signature_has_a_line() -> None:
    assert set(LINES) == set(knowledge().signatures)


@pytest.mark.parametrize(("name", "line", "means", "reason", "acting"), CASES)
def test_line(name: str, line: str, means: str, reason: str, acting: str) -> None:
    (event,) = events(f"noise\n{line}\nnoise\n", name)
    assert (event.means, event.reason, event.acting, event.line) == (means, reason, acting, 2)


@pytest.mark.parametrize(("name", "line", "means", "reason", "acting"), CASES)
def test_all_signatures_together_agree_on_a_line(name: str, line: str, means: str, reason: str, acting: str) -> None:
    found = {(event.means, event.reason) for event in events(line)}
    assert (means, reason) in found
    # A second reading may be coarser, never of the other side.
    sides = {"refused", "was_refused"}
    assert len({event.means for event in events(line)} & sides) < 2


@pytest.mark.parametrize("token", ["refusals", "troubles"])
def test_every_token_is_one_of_the_vocabulary(token: str) -> None:
    book = knowledge()
    assert book.reasons is not None
    fact = {"refusals": "log.refusal", "troubles": "log.trouble"}[token]
    assert set(getattr(book.reasons, token)) <= set(book.fact(fact).values)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-23 10:00:00 all is well",
        "certificate verify failed",  # nobody says who verified whom
        'Event="Inbound TLS Negotiation" Detail="unknown ca"',
        "haproxy: ca_err=0 verify_err=0",
        'Event="Authentication Failed" Detail="no such user"',
        'Event="Authentication Failed" Detail="Incorrect authentication credential for user" Protocol="UDP"',
        'Event="Authentication Failed" Detail="Incorrect authentication credential for user" Method="REGISTER"',
        "the connection was refused politely",
        "error: kex_exchange_identification: Connection closed by remote host",  # a port scan
        'Src-ip="192.0.2.1" Src-port="1" Dst-ip="192.0.2.2" Dst-port="7001" Detail="TCP Connection Closed" Reason="Got EOF"',
    ],
)
def test_line_that_tells_nothing(line: str) -> None:
    assert events(line) == []


@pytest.mark.parametrize("why", ["Connection refused", "Connection timed out", "No route to host"])
def test_port_of_a_tunnel_that_does_not_come_about(why: str) -> None:
    assert {event.port for event in events(f"ssh: connect to host expe1.example.com port 2222: {why}")} == {2222}


def test_what_a_negotiation_error_names() -> None:
    (event,) = events(negotiation("Outbound", "Peer's TLS certificate identity was unacceptable", "e.example.com"))
    assert (event.name, event.address, event.port) == ("e.example.com", "198.51.100.10", 7001)
    (inbound,) = events(negotiation("Inbound", "unknown ca"))
    assert inbound.address == "192.0.2.10"


@pytest.mark.parametrize(
    ("own", "peer", "server", "acting"),
    [
        ("192.0.2.10:25697", "198.51.100.10:7001", "false", "client"),
        ("198.51.100.10:7001", "192.0.2.10:25697", "true", "server"),
    ],
)
def test_what_a_handshake_names(own: str, peer: str, server: str, acting: str) -> None:
    line = (
        f"Failed to establish SSL connection bServer=\"{server}\" localAddress=\"['IPv4''TCP''{own}']\" "
        f"remoteAddress=\"['IPv4''TCP''{peer}']\" ssl_error_reason=\" error:0A000418:SSL routines::tlsv1 alert unknown ca\""
    )
    (event,) = events(line)
    told = (event.acting, event.address, event.own_address, event.port)
    assert told == (acting, peer.partition(":")[0], own.partition(":")[0], 7001)


def test_words_of_a_log_are_cleaned() -> None:
    (event,) = events("SSL certificate problem: expired\x1b[31m\u202e certificate has expired" + "x" * 500)
    assert not set(event.words) & {"\x1b", "\u202e"}
    assert len(event.words) <= 201


ONE = negotiation("Outbound", "tlsv1 alert unknown ca")


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (f"{ONE}".encode(), [1]),
        (f"a\r\n{ONE}\r\nb\r\n{ONE}".encode(), [2, 4]),
        (f"\n\n{ONE}\n{ONE}\n".encode(), [3, 4]),
        (b"\xe4\xff\n" + ONE.encode("utf-8"), [2]),
        (f"a\n{ONE}\n".encode("utf-16"), [2]),
        (f"a\n{ONE}\n".encode("utf-8-sig"), [2]),
        (b"x" * 100_000 + b"\n" + ONE.encode(), [2]),
        (b"x" * 100_000 + ONE.encode(), []),  # beyond the part of a line that is looked at
        (b"", []),
    ],
)
def test_places_of_lines(data: bytes, lines: list[int]) -> None:
    document = Document(Origin("a.log"), Kind.LOG, kept=data)
    assert [event.line for event in signatures().events("box", document)] == lines


def test_log_as_it_was_read() -> None:
    (document,) = read_bytes(f"2026-11-23T10:00:00 a\n{ONE}\n".encode("utf-16"), Origin("a.log")).documents
    assert [event.reason for event in signatures().events("box", document)] == ["unknown_ca"]


@pytest.mark.parametrize(
    "filling", ['x="y" ', "connect ", "error:0A000086:", 'Event="a" bServer="true" ', "s2sin a@b: "]
)
def test_no_line_takes_long(filling: str) -> None:
    """The longest line that is searched, made for each signature so that its pattern begins over and over."""
    held = knowledge()
    assert held.reasons is not None
    signatures = Signatures(held.signatures, held.reasons)
    for form in held.signatures.values():
        line = (form.contains + filling * 4000)[: DEFAULT.searched_line_bytes]
        began = time.process_time()
        list(signatures.events("box", Document(Origin("box.log"), Kind.LOG, kept=line.encode())))
        assert time.process_time() - began < 1, form.contains
