from __future__ import annotations

import pytest

from certdoctor.evidence.items import Document, Kind, Origin
from certdoctor.evidence.logs import lines
from certdoctor.evidence.read import read_bytes, read_text
from certdoctor.limits import Limits
from tests import pki
from tests.evidence.broken_inputs import S_CLIENT

LOGS = {
    "Expressway": '2017-09-20T10:49:18.724-04:00 expe1 tvcs: Event="Inbound TLS Negotiation Error" Service="SIP"',
    "without its time": "Detail=\"Peer's TLS certificate identity was unacceptable\" Protocol=\"TLS\"",
    "traffic server": "[Nov 23 20:41:48.132] traffic_server WARNING: connection throttle too high",
    "nginx": "2026/11/23 20:48:40 [info] 21675#21675: *2 SSL_do_handshake() failed",
    "Tomcat": "23-Nov-2026 20:53:18.058 INFO [main] org.apache.tomcat.util.net.AbstractEndpoint.logCertificate",
    "syslog": "Nov 23 20:48:27 host sshd[1]: Connection closed",
    "kamailio": " 0(30209) INFO: <core> [core/sctp_core.c:74]: sctp_core_check_support()",
    "access log": '127.0.0.1 - - [23/Nov/2026:20:00:00 +0000] "GET / HTTP/1.1" 200 12',
    "curl": "*   Trying 127.0.0.1:8443...\n* TLSv1.3 (OUT), TLS alert, unknown CA (560):",
    "openssl error": "4047E90C0E7F0000:error:0A000086:SSL routines:tls_post_process:certificate verify failed",
    "Java": "javax.net.ssl.SSLHandshakeException: PKIX path building failed\n\tat sun.security.X.y(X.java:12)",
    "s_client": S_CLIENT,
}  # fmt: skip
NOT_LOGS = {
    "a note": "The customer says that calls fail since Monday.\nCall back at noon.",
    "a table": "name;address\na;192.0.2.1\n",
    "JSON": '{"a": 1}',
}


@pytest.mark.parametrize("name", LOGS)
def test_logs_are_recognised(name: str) -> None:
    (document,) = read_text(LOGS[name] + "\n", "pasted").documents
    assert document.kind == Kind.LOG
    assert document.stored == LOGS[name].encode() + b"\n"


@pytest.mark.parametrize("name", NOT_LOGS)
def test_other_text_is_not_taken_for_a_log(name: str) -> None:
    evidence = read_text(NOT_LOGS[name], "pasted")
    assert [document.kind for document in evidence.documents] == [Kind.NOT_READ]
    assert len(evidence.problems) == 1


@pytest.mark.parametrize("path", ["logs/x.txt", "x.log", "a/Log/y.txt", "x.log.1"])
def test_a_name_may_say_that_it_is_a_log(path: str) -> None:
    (document,) = read_text("no sign of it\n", path).documents
    assert document.kind == Kind.LOG


def test_a_transcript_is_a_log_with_certificates() -> None:
    (document,) = read_text(S_CLIENT, "pasted").documents
    assert [found.certificate.common_name for found in document.certificates] == [
        "expe1.example.com",
        "Example Issuing CA",
    ]
    assert document.certificates[1].origin == Origin("pasted", "", "block 2")


def test_certificates_in_a_folder_of_logs_stay_certificates() -> None:
    (document,) = read_text(pki.leaf().pem, "logs/expe1.pem").documents
    assert document.kind == Kind.CERTIFICATES


def _document(data: bytes) -> Document:
    return Document(Origin("x.log"), Kind.LOG, kept=data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\nb\r\n\nc", ["a", "b", "", "c"]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        ("ä\n".encode("latin-1") + "ö\n".encode(), ["ä", "ö"]),
        ("é\nx\n".encode("utf-16"), ["é", "x"]),
        (b"a\rb\rc", ["a", "b", "c"]),
        (b"a\0b\n", ["a\0b"]),
        (b"", []),
    ],
)
def test_lines(data: bytes, expected: list[str]) -> None:
    assert list(lines(_document(data))) == list(enumerate(expected, 1))


def test_long_lines_are_cut_and_marked() -> None:
    found = list(lines(_document(b"x" * 100 + b"\nshort\n" + b"y" * 10 + b"\n"), Limits(line_bytes=10)))
    assert found == [(1, "x" * 10 + "… (cut)"), (2, "short"), (3, "y" * 10)]


def test_a_log_with_binary_junk_is_a_log() -> None:
    junk = b'2026/11/23 20:47:28 [info] 1#1: client sent invalid method, request: "\x16\x03\x01\x00\x02\x01\x1d"\n' * 3
    (document,) = read_bytes(junk, Origin("logs/cucm1.txt")).documents
    assert document.kind == Kind.LOG
