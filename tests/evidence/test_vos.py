"""What CUCM and its relatives hand out."""

from __future__ import annotations

import json
from pathlib import Path

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
    assert _slots(evidence) == {"identity:tomcat": ("", 1), "trust:tomcat": ("", 2)}
    assert [d.kind for d in evidence.documents] == [Kind.CERTIFICATES] * 2
    for document in evidence.documents:
        (again,) = read_bytes(document.stored, document.origin).documents
        assert (again.slot, again.certificates) == (document.slot, document.certificates)


def test_a_session_without_certificates_is_a_log() -> None:
    listing = "admin:show cert list own\ntomcat/tomcat.pem: Certificate Signed by Example Issuing CA\n"
    assert [d.kind for d in read_text(listing, "list.txt").documents] == [Kind.LOG]
    assert [d.kind for d in read_text(listing.split("\n")[1], "list.txt").documents] == [Kind.LOG]


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
