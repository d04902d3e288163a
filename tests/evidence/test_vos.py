"""What CUCM and its relatives hand out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from certdoctor.evidence.items import Evidence, Kind
from certdoctor.evidence.read import read_bytes, read_paths, read_text
from tests import pki
from tests.evidence.broken_inputs import zipped

LEAF, ISSUING, ROOT = pki.leaf("cucm-pub.example.com").chain
OTHER = pki.self_signed("cucm-pub.example.com", key_name="callmanager")
SNAPSHOT = {
    "trackingId": "x",
    "server": "cucm-pub.example.com",
    "identities": [
        {"service": "tomcat", "certificate": LEAF.pem, "csr": pki.csr("cucm-pub.example.com")},
        {"service": "CallManager-ECDSA", "certificate": OTHER.pem, "csr": None},
        {"service": "ipsec"},
    ],
    "trusts": [
        {
            "service": "tomcat-trust",
            "certificate_data": [
                {"filename": "Issuing.pem", "certificate": ISSUING.pem},
                {"filename": "Root.pem", "certificate": ROOT.pem},
                {"filename": "bad.pem", "certificate": "-----BEGIN CERTIFICATE-----\nMI*\n-----END CERTIFICATE-----"},
            ],
        }
    ],
    "revokedCertificates": [],
}


def _slots(evidence: Evidence) -> dict[str, tuple[str, int]]:
    return {d.slot: (d.host, len(d.certificates) + len(d.requests)) for d in evidence.documents}


def test_a_snapshot_is_one_document_for_each_list() -> None:
    evidence = read_text(json.dumps(SNAPSHOT), "cucm.json")
    host = "cucm-pub.example.com"
    assert _slots(evidence) == {
        "identity:tomcat": (host, 1),
        "csr": (host, 1),
        "identity:callmanager-ecdsa": (host, 1),
        "trust:tomcat": (host, 2),
    }
    assert evidence.documents[0].origin.path == f"cucm.json!snapshot/{host}/identity/tomcat.pem"
    (problem,) = evidence.problems
    assert problem.origin.place == "block 3"
    for document in evidence.documents:
        (again,) = read_bytes(document.stored, document.origin).documents
        assert (again.slot, again.host, again.certificates) == (document.slot, host, document.certificates)


def test_the_ways_a_snapshot_is_saved() -> None:
    wanted = {f"trust:{name}" for name in ("tomcat",)} | {"identity:tomcat", "identity:callmanager-ecdsa", "csr"}
    plain = json.dumps(SNAPSHOT, indent=2)
    headers = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    for text in (plain, headers + plain, json.dumps({"data": SNAPSHOT}), json.dumps([SNAPSHOT]), "\ufeff" + plain):
        assert set(_slots(read_text(text, "cucm.json"))) == wanted


def test_several_snapshots_in_one_list() -> None:
    second = SNAPSHOT | {"server": "cucm-sub.example.com"}
    evidence = read_text(json.dumps([SNAPSHOT, second]), "cucm.json")
    assert {d.host for d in evidence.documents} == {"cucm-pub.example.com", "cucm-sub.example.com"}


def test_trusted_certificates_under_other_field_names() -> None:
    for trust in (
        {"service": "tomcat-trust", "certificates": [ISSUING.pem, ROOT.pem]},
        {"service": "tomcat-trust", "certificates": [{"pem": ISSUING.pem}, {"filename": "r.pem", "data": ROOT.pem}]},
    ):
        evidence = read_text(json.dumps({"server": "cucm", "identities": [], "trusts": [trust]}), "cucm.json")
        assert _slots(evidence) == {"trust:tomcat": ("cucm", 2)}


def test_a_snapshot_in_an_archive() -> None:
    evidence = read_bytes(zipped({"c.json": json.dumps(SNAPSHOT).encode()}), read_text("", "a.zip").problems[0].origin)
    assert "trust:tomcat" in _slots(evidence)


def test_other_json_is_read_as_text() -> None:
    for text in ('{"identities": [', '{"identities": [1, {"service": 5}], "trusts": [{}]}', "[" * 100_000):
        assert [d.kind for d in read_text(text, "x.json").documents] == [Kind.NOT_READ]
    deep = '{"identities": [' + "[" * 100_000
    assert [d.kind for d in read_text(deep, "x.json").documents] == [Kind.NOT_READ]


SESSION = f"""admin:show cert own tomcat
[
  Version: V3
  Issuer Name: CN=Example Issuing CA, O=Example Ltd
]
{LEAF.pem}
admin:show cert trust tomcat-trust/Issuing.pem
[ Version: V3 ]
{ISSUING.pem}
admin: show cert trust tomcat-trust/Root.pem
{ROOT.pem}
admin:show cert list own
tomcat/tomcat.pem: Certificate Signed by Example Issuing CA
admin:
"""


def test_a_session_is_one_document_for_each_list() -> None:
    evidence = read_text(SESSION, "cucm.txt")
    host = "cucm-pub.example.com"  # its own certificate says so
    assert _slots(evidence) == {"identity:tomcat": (host, 1), "trust:tomcat": (host, 2)}
    assert [d.kind for d in evidence.documents] == [Kind.CERTIFICATES] * 2
    for document in evidence.documents:
        (again,) = read_bytes(document.stored, document.origin).documents
        assert (again.slot, again.certificates) == (document.slot, document.certificates)


def test_what_a_session_holds_besides_is_not_lost() -> None:
    line = "2026-11-23T20:48:27.000+01:00 cucm-pub haproxy[12]: fe/1: SSL client CA chain cannot be verified"
    session = f"before\n{ROOT.pem}admin:SHOW CERT OWN tomcat/tomcat.pem\n{LEAF.pem}\n{line}\nadmin:\n"
    evidence = read_text(session, "cucm.txt")
    host = "cucm-pub.example.com"
    assert _slots(evidence) == {"identity:tomcat": (host, 1), "log": (host, 1)}
    log = evidence.documents[1]
    assert log.kind == Kind.LOG
    assert line in log.stored.decode()
    (again,) = read_bytes(log.stored, log.origin).documents
    assert (again.slot, again.kind) == ("log", Kind.LOG)


def test_whose_session_it_is() -> None:
    several = pki.leaf("cucm-pub-ms.example.com", names=("cucm-pub.example.com", "cucm-sub.example.com"))
    own = f"admin:show cert own tomcat\n{several.pem}"
    status = f"admin:show status\n\nHost Name          : cucm-sub\n{own}"
    callmanager = f"{own}admin:show cert own CallManager\n{pki.leaf('cucm-sub.example.com').pem}"
    for text, name, host in (
        (own, "session.txt", ""),
        (own, "cucm-sub 4711.txt", "cucm-sub.example.com"),
        (status, "session.txt", "cucm-sub"),
        (callmanager, "session.txt", "cucm-sub.example.com"),
    ):
        assert {d.host for d in read_text(text, name).documents} == {host}


LISTINGS = (
    "admin:show cert list own\n\ntomcat/tomcat.pem: Certificate Signed by Example Issuing CA\n"
    "tomcat-ECDSA/tomcat-ECDSA.pem: Self-signed certificate generated by system\nadmin:\n",
    "tomcat/tomcat.pem: Certificate Signed by Example Issuing CA\r\n"
    "tomcat-ECDSA/tomcat-ECDSA.pem: Self-signed certificate generated by system\r\n",
    "Unit: tomcat\nType: own\nName: tomcat\nIssuer: CN=Example Issuing CA\n\nUnit: tomcat-ECDSA\nType: own\n"
    "Name: tomcat-ECDSA\nExpires: Thu Jan 30 00:53:07 UTC 2030\n",
)


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_list_without_certificates_is_a_log_and_says_how_to_get_them(listing: str) -> None:
    (document,) = read_text(listing, "list.txt").documents
    assert document.kind == Kind.LOG
    (remark,) = document.remarks
    assert remark.endswith(": show cert own tomcat; show cert own tomcat-ECDSA")


def test_a_list_of_trusted_certificates() -> None:
    listing = "admin:show cert list trust\nCallManager-trust/CAPF-1a.pem: Self-signed certificate generated by system\n"
    (document,) = read_text(listing, "list.txt").documents
    assert document.remarks[0].endswith(": show cert trust CallManager-trust/CAPF-1a.pem")
    (shown,) = read_text(f"{listing}{ROOT.pem}", "list.txt").documents
    assert shown.remarks == ()


def test_a_folder_named_after_its_list_is_one_list(tmp_path: Path) -> None:
    folder = tmp_path / "cucm-pub" / "CallManager-trust"
    folder.mkdir(parents=True)
    (folder / "a.pem").write_text(ISSUING.pem)
    (folder / "b.der").write_bytes(ROOT.der)
    (folder / "c.txt").write_text("a note")
    (tmp_path / "cucm-pub" / "tomcat.pem").write_text(LEAF.pem)
    evidence = read_paths([tmp_path])
    joined = evidence.document("cucm-pub/CallManager-trust")
    assert joined is not None
    assert joined.slot == "trust:callmanager"
    assert [found.origin.source for found in joined.certificates] == [
        "cucm-pub/CallManager-trust/a.pem",
        "cucm-pub/CallManager-trust/b.der",
    ]
    assert len(evidence.documents) == 3
    own = evidence.document("cucm-pub/tomcat.pem")
    assert own is not None
    assert (own.slot, own.host, joined.host) == ("identity:tomcat", "cucm-pub.example.com", "cucm-pub.example.com")
    (again,) = read_bytes(joined.stored, joined.origin).documents
    assert again.slot == joined.slot
    assert [f.certificate for f in again.certificates] == [f.certificate for f in joined.certificates]


def test_a_site_file_may_name_the_folder_or_a_file_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "tomcat-trust"
    folder.mkdir()
    (folder / "a.pem").write_text(ISSUING.pem)
    (folder / "b.pem").write_text(ROOT.pem)
    site = "schema: certdoctor/site@1\nnodes: [{id: cucm, role: cucm, trust: {tomcat: PATH}}]\n"
    for path, count in (("tomcat-trust/", 2), ("tomcat-trust/b.pem", 1)):
        (tmp_path / "site.yml").write_text(site.replace("PATH", path))
        evidence = read_paths([tmp_path])
        document = evidence.document(path.rstrip("/"))
        assert document is not None
        assert len(document.certificates) == count
        assert evidence.problems == ()
