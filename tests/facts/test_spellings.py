"""How OpenSSL 1.0 to 3.5, Expressway, its traffic server, Java, nginx, HAProxy and Kamailio put it: each spelling means one thing."""

from __future__ import annotations

import time

import pytest

from certdoctor.limits import DEFAULT
from tests.facts.test_signatures import events, negotiation
from tests.sites import knowledge

_VERIFIED = "certificate verify failed"
# The function's id stood in the code until 1.1.1; 3.x has the library and the reason alone.
_ATS = "traffic_server[2030]:[ET_NET 1]ERROR:SSL connection failed for 'cucm.example.com':error:{}"
_NGINX = "2026/11/23 20:48:40 [info] 1#1: *2 SSL_do_handshake() failed (SSL: error:{}) while SSL handshaking, client: 192.0.2.1, server: 0.0.0.0:443"
_HAPROXY = "Nov 23 20:48:27 lb haproxy[1]: 192.0.2.1:4000 fe/1: SSL handshake failure ssl_err=000000000A000086:error:{} verify_err=0"
_KAMAILIO = " 3(30209) ERROR: tls [tls_util.h:51]: tls_err_ret(): TLS accept:error:{}"
_PROGRAM = "4047E90C0E7F0000:error:{}"

# line, what it means, reason
SPELLINGS: tuple[tuple[str, str, str], ...] = (
    # the traffic server, with the codes of each line of OpenSSL
    (_ATS.format("14094418: SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca"), "was_refused", "unknown_ca"),
    (_ATS.format("14094418:SSL routines:SSL3_READ_BYTES:tlsv1 alert unknown ca"), "was_refused", "unknown_ca"),
    (_ATS.format("0A000418:SSL routines::tlsv1 alert unknown ca"), "was_refused", "unknown_ca"),
    (_ATS.format("0a000418:SSL routines::tlsv1 alert unknown ca"), "was_refused", "unknown_ca"),
    (_ATS.format("14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate"), "was_refused", "bad_certificate"),
    (_ATS.format("0A000412:SSL routines::ssl/tls alert bad certificate"), "was_refused", "bad_certificate"),
    (_ATS.format("14094413:SSL routines:ssl3_read_bytes:sslv3 alert unsupported certificate"), "was_refused", "purpose"),
    (_ATS.format("0A000413:SSL routines::ssl/tls alert unsupported certificate"), "was_refused", "purpose"),
    (_ATS.format("14094414:SSL routines:ssl3_read_bytes:sslv3 alert certificate revoked"), "was_refused", "revoked"),
    (_ATS.format("0A000414:SSL routines::ssl/tls alert certificate revoked"), "was_refused", "revoked"),
    (_ATS.format("14094415:SSL routines:ssl3_read_bytes:sslv3 alert certificate expired"), "was_refused", "expired"),
    (_ATS.format("0A000415:SSL routines::ssl/tls alert certificate expired"), "was_refused", "expired"),
    (_ATS.format("14094416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown"), "was_refused", "certificate_unknown"),
    (_ATS.format("0A000416:SSL routines::ssl/tls alert certificate unknown"), "was_refused", "certificate_unknown"),
    (_ATS.format("1409445C:SSL routines:ssl3_read_bytes:reason(1116)"), "was_refused", "absent"),
    (_ATS.format("0A00045C:SSL routines::tlsv13 alert certificate required"), "was_refused", "absent"),
    (_ATS.format("14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure"), "trouble", "handshake_failure"),
    (_ATS.format("0A000410:SSL routines::ssl/tls alert handshake failure"), "trouble", "handshake_failure"),
    (_ATS.format("1409442E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version"), "trouble", "protocol_version"),
    (_ATS.format("0A00042E:SSL routines::tlsv1 alert protocol version"), "trouble", "protocol_version"),
    (_ATS.format("0A000438:SSL routines::tlsv1 alert internal error"), "", ""),  # says nothing of a certificate
    (_ATS.format("14090086:SSL routines:ssl3_get_server_certificate:" + _VERIFIED), "refused", "verify_failed"),
    (_ATS.format("1416F086:SSL routines:tls_process_server_certificate:" + _VERIFIED), "refused", "verify_failed"),
    (_ATS.format("0A000086:SSL routines::" + _VERIFIED), "refused", "verify_failed"),
    (_ATS.format("1408F10B:SSL routines:ssl3_get_record:wrong version number"), "trouble", "not_tls"),
    (_ATS.format("0A00010B:SSL routines::wrong version number"), "trouble", "not_tls"),
    (_ATS.format("0A0000C6:SSL routines::packet length too long"), "trouble", "not_tls"),
    (_ATS.format("0A000126:SSL routines::unexpected eof while reading"), "trouble", "reset"),
    (_ATS.format("1417B07B:SSL routines:tls_process_cert_verify:bad signature"), "peer_key", "peer_key"),
    (_ATS.format("1409441B:SSL routines:ssl3_read_bytes:tlsv1 alert decrypt error"), "own_key", "peer_key"),
    # nginx, HAProxy, Kamailio, the openssl program
    (_NGINX.format("0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48"), "was_refused", "unknown_ca"),
    (_NGINX.format("14094416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown:SSL alert number 46"), "was_refused", "certificate_unknown"),
    (_NGINX.format("0A0000C1:SSL routines::no shared cipher"), "trouble", "no_shared_cipher"),
    (_NGINX.format("0A000102:SSL routines::unsupported protocol"), "trouble", "protocol_version"),
    (_NGINX.format("0A00009C:SSL routines::http request"), "trouble", "not_tls"),
    (_NGINX.format("140890C7:SSL routines:ssl3_get_client_certificate:peer did not return a certificate"), "refused", "absent"),
    (_HAPROXY.format("0A000086:SSL routines::" + _VERIFIED), "refused", "verify_failed"),
    (_HAPROXY.format("0A000412:SSL routines::ssl/tls alert bad certificate"), "was_refused", "bad_certificate"),
    (_KAMAILIO.format("14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca"), "was_refused", "unknown_ca"),
    (_KAMAILIO.format("1417C0C7:SSL routines:tls_process_client_certificate:peer did not return a certificate"), "refused", "absent"),
    (_PROGRAM.format("0A000086:SSL routines:tls_post_process_server_certificate:" + _VERIFIED + ":../ssl/statem/statem_clnt.c:1889:"), "refused", "verify_failed"),
    ("140735:error:14090086:SSL routines:SSL3_GET_SERVER_CERTIFICATE:" + _VERIFIED + ":s3_clnt.c:1269:", "refused", "verify_failed"),
    # Expressway
    (negotiation("Inbound", "self signed certificate in certificate chain"), "refused", "self_signed"),
    (negotiation("Inbound", "self-signed certificate"), "refused", "self_signed"),
    (negotiation("Inbound", "Peer's TLS certificate identity was unacceptable"), "refused", "name"),
    (negotiation("Outbound", " Peer's TLS certificate identity was unacceptable "), "refused", "name"),
    (negotiation("Inbound", "unable to get issuer certificate"), "refused", "issuer_not_found"),
    (negotiation("Inbound", "unable to verify the first certificate"), "refused", "issuer_not_found"),
    (negotiation("Outbound", "certificate is not yet valid"), "refused", "not_yet_valid"),
    (negotiation("Inbound", "certificate revoked"), "refused", "revoked"),
    (negotiation("Inbound", "unable to get certificate CRL"), "refused", "crl_unavailable"),
    (negotiation("Inbound", "unsupported certificate purpose"), "refused", "purpose"),
    (negotiation("Inbound", "unsuitable certificate purpose"), "refused", "purpose"),
    (negotiation("Inbound", "ssl/tls alert certificate unknown"), "was_refused", "certificate_unknown"),
    (negotiation("Outbound", "tlsv13 alert certificate required"), "was_refused", "absent"),
    (negotiation("Outbound", "No SSL error available, probably remote disconnect"), "trouble", "reset"),
    (
        '2017-09-20T10:49:18.724-04:00 box tvcs: UTCTime="2017-09-20 14:49:18,724" Module="developer.ssl" Level="ERROR" '
        'Method="::TTSSLErrorOutput": TTSSL_continueHandshake: Failed to establish SSL connection iResult="-1" error="1" '
        'bServer="true" localAddress="[\'IPv4\'\'TCP\'\'172.16.2.2:5062\']" '
        'remoteAddress="[\'IPv4\'\'TCP\'\'146.20.193.73:58531\']" '
        'ssl_error_reason="error:14089086:SSL routines:ssl3_get_client_certificate:certificate verify failed"',
        "refused",
        "verify_failed",
    ),
    (
        'TTSSL_continueHandshake: Failed to establish SSL connection iResult="0" error="1" bServer="true" '
        'ssl_error_reason="error:14094416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown"',
        "was_refused",
        "certificate_unknown",
    ),
    (
        'XCP_JABBERD[23843]: UTCTime="2026-11-23 09:00:00,000" Module="Jabber" Level="ERROR" CodeLocation="mio.c:1121" '
        "Detail=\"Unable to connect to host '10.48.36.171', port 7400 :(111) Connection refused\"",
        "trouble",
        "refused_port",
    ),
    ('Event="Authentication Failed" Service="SIP" Src-ip="192.0.2.1" Detail="Incorrect authentication credential for user" Protocol="TLS"', "trouble", "credentials"),
    # Java
    ("javax.net.ssl.SSLHandshakeException: Received fatal alert: bad_certificate", "was_refused", "bad_certificate"),
    ("javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_expired", "was_refused", "expired"),
    ("javax.net.ssl.SSLHandshakeException: (certificate_unknown) Received fatal alert: certificate_unknown", "was_refused", "certificate_unknown"),
    ("sun.security.validator.ValidatorException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException", "refused", "issuer_not_found"),
    ("java.security.cert.CertPathValidatorException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed", "refused", "expired"),
    ("java.security.cert.CertificateException: No subject alternative DNS name matching expc1.example.com found.", "refused", "name"),
    ("java.security.cert.CertificateException: No name matching expc1.example.com found", "refused", "name"),
    ("java.security.cert.CertificateExpiredException: NotAfter: Mon Nov 23 10:00:00 UTC 2026", "refused", "expired"),
    # curl and s_client
    ("curl: (60) SSL certificate problem: self-signed certificate in certificate chain", "refused", "self_signed"),
    ("verify error:num=62:hostname mismatch", "refused", "name"),
    ("verify error:num=10:certificate has expired", "refused", "expired"),
)  # fmt: skip


@pytest.mark.parametrize(("line", "means", "reason"), SPELLINGS)
def test_spelling(line: str, means: str, reason: str) -> None:
    found = {(event.means, event.reason) for event in events(f"noise\n{line}\n") if event.line == 2}
    if means:
        assert (means, reason) in found
    sides = {kind for kind, _reason in found} & {"refused", "was_refused"}
    assert sides <= {means}


def test_there_are_enough_of_them() -> None:
    assert len({line for line, _means, _reason in SPELLINGS}) >= 60


def test_no_pattern_runs_away() -> None:
    """Lines made to keep each pattern trying: all that its literal and its repeated parts allow."""
    length = 4 * DEFAULT.searched_line_bytes
    for name, form in knowledge().signatures.items():
        for filling in ('"', 'x="', "a", " ", "error:", "connect", "curl ", form.contains, "0", ":", "(", 'Src-ip="" '):
            for line in (form.contains + filling * (length // len(filling)), filling * 400 + form.contains + filling * 2000,
                         f'Event="Inbound {form.contains}"' + filling * 4000):  # fmt: skip
                began = time.process_time()
                events(line)
                assert time.process_time() - began < 1.0, (name, filling)
