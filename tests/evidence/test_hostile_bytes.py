"""Whatever bytes come in: readers answer with evidence and problems, and keep no private key."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certdoctor.errors import BadInput
from certdoctor.evidence import asn1, certificate, request, site_file, xconfiguration
from certdoctor.evidence.items import Evidence, Origin
from certdoctor.evidence.logs import lines
from certdoctor.evidence.read import read_bytes
from certdoctor.limits import Limits
from tests import pki
from tests.evidence import forge
from tests.evidence import test_vos as vos
from tests.evidence.broken_inputs import BROKEN

SMALL = Limits(
    file_bytes=200_000, archive_total_bytes=1_000_000, archive_members=50, ratio_from_bytes=50_000, kdf_iterations=5_000
)
# CERTDOCTOR_FUZZ=20000 tries so many inputs per test; each is one the readers have to answer without an error.
EXAMPLES = int(os.environ.get("CERTDOCTOR_FUZZ", "150"))
quick = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@lru_cache(maxsize=1)
def seeds() -> tuple[bytes, ...]:
    made = [broken.make() for broken in BROKEN if "thousand" not in broken.name and "bomb" not in broken.name]
    made.append(b'*c xConfiguration Zones Zone 1 Name: "a"\n*s SystemUnit:\n   Name: "x"\n*s/end\n')
    made.append(b"schema: certdoctor/site@1\nnodes:\n- {id: a, role: cucm, names: [a.example]}\n")
    made.append(json.dumps(vos.SNAPSHOT).encode())
    made.append(f"admin:show status\nHost Name : cucm\n{vos.SESSION}".encode())
    made.append(b'2026-01-01T10:00:00.000+01:00 expe1 tvcs: Event="Inbound TLS Negotiation Error" Detail="x"\n')
    made.append(b"<Configuration><Zones item='1'><Zone item='1'><Name>a</Name></Zone></Zones></Configuration>")
    return tuple(data for data in made if len(data) < 100_000)


def _check(evidence: Evidence) -> None:
    for document in evidence.documents:
        assert b"PRIVATE KEY-----\nM" not in document.stored
        for _ in lines(document, SMALL):
            pass
    for problem in evidence.problems:
        assert problem.reason
        assert problem.remedy


@quick
@example(b"{", "site.yml")
@given(st.binary(max_size=2000), st.sampled_from(("x", "site.yml", "logs/a.txt", "a.pem")))
def test_any_bytes(data: bytes, name: str) -> None:
    _check(read_bytes(data, Origin(name), ("p",), SMALL))


@quick
@given(st.data())
def test_any_mutation(data: st.DataObject) -> None:
    seed = bytearray(data.draw(st.sampled_from(seeds())))
    for _ in range(data.draw(st.integers(1, 6))):
        if not seed:
            break
        at = data.draw(st.integers(0, len(seed) - 1))
        match data.draw(st.sampled_from(("flip", "cut", "insert", "repeat", "swap"))):
            case "flip":
                seed[at] ^= data.draw(st.integers(1, 255))
            case "cut":
                del seed[at : at + data.draw(st.integers(1, 200))]
            case "insert":
                seed[at:at] = data.draw(st.binary(min_size=1, max_size=8))
            case "repeat":
                seed[at:at] = seed[at : at + data.draw(st.integers(1, 200))]
            case "swap":
                seed = seed[at:] + seed[:at]
    _check(read_bytes(bytes(seed), Origin("x"), ("given",), SMALL))


@quick
@given(st.data())
def test_decoders_raise_their_own_error_only(data: st.DataObject) -> None:
    der = bytearray(data.draw(st.sampled_from((pki.leaf().der, forge.certificate(), pki.ca().der))))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    for decode in (certificate.read, request.signing_request, request.revocation_list):
        with contextlib.suppress(asn1.Malformed):
            decode(bytes(der))


@quick
@given(st.text(max_size=300))
def test_any_site_file(text: str) -> None:
    with contextlib.suppress(BadInput):
        site_file.parse("schema: certdoctor/site@1\n" + text, "site.yml")


@quick
@given(st.lists(st.text(alphabet=' *cs:"\\xConfigurationZone\t1', max_size=60), max_size=12))
def test_any_dump(dump: list[str]) -> None:
    xconfiguration.configuration(dump)
    xconfiguration.status(dump)


# --- private keys --------------------------------------------------------------------------------------------

KEY = pki.key("kept nowhere", "rsa")
KEY_PEM = pki.key_pem(KEY)
KEY_DER = base64.b64decode("".join(KEY_PEM.splitlines()[1:-1]))
SECRET_LINES = KEY_PEM.splitlines()[2:-1]
WAYS = {
    "PKCS#8": KEY_PEM,
    "PKCS#1": pki.key_pem(KEY, traditional=True),
    "encrypted": pki.key_pem(KEY, password="x"),
    "encrypted, old": pki.key_pem(KEY, password="x", traditional=True),
    "before a certificate": KEY_PEM + pki.leaf().pem,
    "after a certificate": pki.leaf().pem + KEY_PEM,
    "glued": (pki.leaf().pem + KEY_PEM + pki.leaf().pem).replace("-----\n-----", "----------"),
    "no END": KEY_PEM.replace("-----END PRIVATE KEY-----\n", ""),
    "no END, a certificate follows": KEY_PEM.replace("-----END PRIVATE KEY-----\n", "") + pki.leaf().pem,
    "no BEGIN": KEY_PEM.replace("-----BEGIN PRIVATE KEY-----\n", "") + pki.leaf().pem,
    "no markers": "\n".join(KEY_PEM.splitlines()[1:-1]),
    "no markers, in a text": "here is it:\n\n" + "\n".join(KEY_PEM.splitlines()[1:-1]) + "\n\n" + pki.leaf().pem,
    "one line, no markers": "".join(KEY_PEM.splitlines()[1:-1]),
    "wrong label": KEY_PEM.replace("PRIVATE KEY", "CERTIFICATE"),
    "damaged, no END": pki.leaf().pem + KEY_PEM.replace("M", "!", 3).replace("-----END PRIVATE KEY-----\n", ""),
    "damaged": pki.leaf().pem + KEY_PEM[:200] + "!!!" + KEY_PEM[200:],
    "damaged, no BEGIN": pki.leaf().pem + KEY_PEM[100:200] + "!!!" + KEY_PEM[200:],
    "lower case": KEY_PEM.replace("PRIVATE KEY", "private key"),
    "en-dashes": KEY_PEM.replace("-----", "–––––"),
    "JSON": '{"key": "' + KEY_PEM.replace("\n", "\\n") + '", "cert": "' + pki.leaf().pem.replace("\n", "\\n") + '"}',
    "quoted mail": "".join(f"> {line}\n" for line in KEY_PEM.splitlines()),
    "in a log": f'2026-01-01T10:00:00 x tvcs: Event="a"\n{KEY_PEM}2026-01-01T10:00:01 x tvcs: Event="b"\n',
    "in a configuration": f'*c xConfiguration SIP TLS Mode: "On"\n{KEY_PEM}*c xConfiguration SIP TLS Port: "5061"\n',
    "in a site file": "schema: certdoctor/site@1\ntext: |\n" + "".join(f"  {x}\n" for x in KEY_PEM.splitlines()),
    "CRLF": (pki.leaf().pem + KEY_PEM).replace("\n", "\r\n"),
    "CR": (pki.leaf().pem + KEY_PEM).replace("\n", "\r"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_key_is_noticed_and_not_kept(way: str, encoding: str) -> None:
    evidence = read_bytes(WAYS[way].encode(encoding), Origin("x"))
    (document,) = evidence.documents
    assert document.keys, evidence.problems
    known = {notice.public_key_sha256 for notice in document.keys}
    assert known <= {None, pki.public_sha256(KEY)}
    if not way.startswith(("encrypted", "damaged", "no END")):
        assert known == {pki.public_sha256(KEY)}
    kept = re.sub(r"[^A-Za-z0-9+/]", "", document.stored.decode("latin-1"))
    for line in [*SECRET_LINES, *WAYS[way].splitlines()]:
        if len(line) == 64 and line not in pki.leaf().pem:
            assert line not in kept
    assert document.stored.decode("utf-8").isprintable() or "certdoctor" in document.stored.decode("utf-8")
    if pki.leaf().pem in WAYS[way]:
        assert [item.certificate.sha256 for item in document.certificates][:1] == [pki.leaf().sha256]


@pytest.mark.parametrize(
    "data", [KEY_DER, pki.leaf().der + KEY_DER, pki.pfx(pki.leaf(), password=None)], ids=["DER", "behind DER", "PFX"]
)
def test_a_key_in_binary_is_noticed_and_not_kept(data: bytes) -> None:
    (document,) = read_bytes(data, Origin("x")).documents
    assert len(document.keys) == 1
    assert KEY_DER[100:200] not in document.stored
    assert base64.b64encode(KEY_DER)[200:264] not in document.stored.replace(b"\n", b"")
    (again,) = read_bytes(document.stored, Origin("x")).documents
    assert again.keys == document.keys
    assert [f.certificate for f in again.certificates] == [f.certificate for f in document.certificates]


def test_a_pfx_that_asks_for_endless_key_derivation_is_refused() -> None:
    limits = Limits(kdf_iterations=1000)
    evidence = read_bytes(pki.pfx(pki.leaf()), Origin("a.pfx"), ("secret",), limits)
    assert "kdf_iterations" in evidence.problems[0].reason
    assert not evidence.certificates()


def test_a_seekable_archive_is_read_from_a_stream_of_any_size() -> None:
    from certdoctor.evidence import archive
    from tests.evidence.broken_inputs import zipped

    stream = io.BytesIO(zipped({"a.pem": pki.leaf().pem.encode()}))
    (member,) = archive.members(stream, Origin("a.zip"), (), archive.Allowance(Limits()))
    assert isinstance(member, archive.Member)
    assert member.name == "a.pem"


def test_lines_keep_their_numbers_where_a_key_is_cut_out() -> None:
    log = '2026-01-01T10:00:00 x tvcs: Event="a"\n'
    (document,) = read_bytes((log + KEY_PEM + log).encode(), Origin("x.log")).documents
    assert [number for number, line in lines(document) if "Event" in line] == [1, len(KEY_PEM.splitlines()) + 2]


DAMAGED = {
    "BEGIN swallowed by a certificate": pki.leaf().pem[:-30] + KEY_PEM.replace("-----BEGIN", "hEGIN"),
    "control character in the marker": KEY_PEM.replace("BEGIN", "BE\x96GIN"),
    "label misspelt": KEY_PEM.replace("PRIVATE KEY", "PRIXATE KEY").replace("MII", "M!!"),
    "label unknown": KEY_PEM.replace("PRIVATE KEY", "PRIVATE THING").replace("MII", "M!!"),
    "markers without dashes": KEY_PEM.replace("-----", ""),
    "markers without dashes, one line": KEY_PEM.replace("-----", "").replace("\n", " "),
    "XML": f"<PrivateKey>{KEY_PEM}</PrivateKey>".replace("-----", ""),
}


@pytest.mark.parametrize("way", DAMAGED)
def test_nothing_is_kept_of_a_key_whose_markers_are_damaged(way: str) -> None:
    text = pki.ca().pem + "a line between\n" + DAMAGED[way] + "\nthe last line\n" + pki.leaf().pem
    (document,) = read_bytes(text.encode(), Origin("x")).documents
    kept = document.stored.decode()
    for line in SECRET_LINES:
        assert line not in kept
    assert pki.ca().pem in kept
    assert pki.leaf().pem in kept
    assert "a line between" in kept
    assert "the last line" in kept


def test_a_log_that_only_speaks_of_private_keys_is_kept_whole() -> None:
    log = (
        "2026-01-01T10:00:00 x tvcs: unable to load Private Key\n"
        "2026-01-01T10:00:01 x tvcs: 140735:error:0906D06C:PEM routines:PEM_read_bio:no start line: PRIVATE KEY\n"
        "2026-01-01T10:00:02 x tvcs: private key mismatch: error:0B080074\n"
    )
    (document,) = read_bytes(log.encode(), Origin("x.log")).documents
    assert document.stored == log.encode()
    assert document.keys == ()
