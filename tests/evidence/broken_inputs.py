"""The kinds of broken and unusual inputs that people hand over, each with what has to be read of it."""

from __future__ import annotations

import base64
import gzip
import io
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from certdoctor.evidence import wording
from certdoctor.evidence.stored import pem
from tests import pki
from tests.evidence import forge

LEAF = pki.leaf()
CHAIN = LEAF.chain
PEM = pki.bundle(*CHAIN)
ONE = LEAF.pem
BODY = "".join(ONE.splitlines()[1:-1])
LINES = "\n".join(ONE.splitlines()[1:-1])


@dataclass(frozen=True)
class Broken:
    """One kind: the bytes, how many certificates they hold, and words that a remark or problem has to hold."""

    name: str
    make: Callable[[], bytes]
    certificates: int
    says: str = ""  # a template of wording; its fixed beginning up to the first placeholder is looked for
    problems: int = 0
    others: int = 0  # requests, revocation lists and keys


def _text(text: str) -> Callable[[], bytes]:
    return lambda: text.encode()


def _forged(**how: object) -> Callable[[], bytes]:
    return lambda: pem("CERTIFICATE", forge.certificate(**how)).encode()  # type: ignore[arg-type]


def _pfx(password: bytes | None, legacy: bool = False) -> bytes:
    encryption: KeySerializationEncryption = (
        BestAvailableEncryption(password) if password is not None else NoEncryption()
    )
    if legacy and password:
        encryption = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(2000)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())
            .build(password)
        )
    above = [item.certificate for item in CHAIN[1:]]
    return pkcs12.serialize_key_and_certificates(b"n", LEAF.key, LEAF.certificate, above, encryption)


def _pfx_empty() -> bytes:
    """A PFX whose password has no characters, which is not the same as having no password."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.pem", Path(folder) / "out.pfx"
        source.write_text(KEY + PEM)
        command = ["openssl", "pkcs12", "-export", "-passout", "pass:", "-in", str(source), "-out", str(target)]
        subprocess.run(command, capture_output=True, check=True)
        return target.read_bytes()


@lru_cache(maxsize=2)
def _many(count: int) -> bytes:
    issuer, private = pki.intermediate(), pki.key("many")
    names = (f"n{number}.example.com" for number in range(count))
    return "".join(pki.issue(pki.name(n), issuer, private=private, names=[n]).pem for n in names).encode()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(members: dict[str, bytes], *, packed: bool = True) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue()) if packed else buffer.getvalue()


def _traversal() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("../../etc/x.pem", "/abs.pem", "good.pem"):
            info = tarfile.TarInfo(name)
            info.size = len(ONE)
            archive.addfile(info, io.BytesIO(ONE.encode()))
        link = tarfile.TarInfo("lnk")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        device = tarfile.TarInfo("dev")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    return buffer.getvalue()


P7_DER = pki.pkcs7(*CHAIN, pem=False)
P7_TEXT = pki.pkcs7(*CHAIN).decode()
P7_EMPTY = forge.tlv(
    0x30,
    forge.oid("1.2.840.113549.1.7.2"),
    forge.tlv(
        0xA0,
        forge.tlv(
            0x30,
            forge.integer(1),
            forge.tlv(0x31),
            forge.tlv(0x30, forge.oid("1.2.840.113549.1.7.1")),
            forge.tlv(0x31),
        ),
    ),
)
TRUST_SETTINGS = forge.tlv(0x30, forge.tlv(0x30, forge.oid("1.3.6.1.5.5.7.3.1")))
KEY = pki.key_pem(LEAF.key)
KEY_OLD = pki.key_pem(LEAF.key, traditional=True)
KEY_ENCRYPTED = pki.key_pem(LEAF.key, password="secret")
PUBLIC = LEAF.key.public_key()
S_CLIENT = f"""$ openssl s_client -connect expe1.example.com:8443 -showcerts
CONNECTED(00000003)
depth=0 CN = expe1.example.com
verify error:num=20:unable to get local issuer certificate
---
Certificate chain
 0 s:CN = expe1.example.com
   i:CN = Example Issuing CA
{CHAIN[0].pem} 1 s:CN = Example Issuing CA
   i:CN = Example Root CA
{CHAIN[1].pem}---
Server certificate
subject=CN = expe1.example.com
---
SSL handshake has read 2345 bytes
"""
SNI_HEADERS = ONE.replace("\n", "\nProc-Type: 4,CLEAR\nX-Name: test\n\n", 1)


BROKEN = (
    # --- text around and between
    Broken("plain chain", _text(PEM), 3),
    Broken("byte order mark", lambda: b"\xef\xbb\xbf" + PEM.encode(), 3),
    Broken("UTF-16 LE with mark", lambda: b"\xff\xfe" + PEM.encode("utf-16-le"), 3, wording.REMARK_UTF16),
    Broken("UTF-16 BE with mark", lambda: b"\xfe\xff" + PEM.encode("utf-16-be"), 3, wording.REMARK_UTF16),
    Broken("UTF-16 LE without mark", lambda: PEM.encode("utf-16-le"), 3, wording.REMARK_UTF16),
    Broken("UTF-16 BE without mark", lambda: PEM.encode("utf-16-be"), 3, wording.REMARK_UTF16),
    Broken("CRLF", _text(PEM.replace("\n", "\r\n")), 3),
    Broken("CR only", _text(PEM.replace("\n", "\r")), 3, wording.REMARK_CR_ONLY),
    Broken("trailing spaces", _text(PEM.replace("\n", "   \n")), 3),
    Broken("indented", _text("".join(f"    {line}\n" for line in PEM.splitlines())), 3, wording.REMARK_INDENTED),
    Broken("quoted mail", _text("".join(f"> {line}\n" for line in PEM.splitlines())), 3, wording.REMARK_INDENTED),
    Broken("twice quoted", _text("".join(f">> {line}\n" for line in PEM.splitlines())), 3, wording.REMARK_INDENTED),
    Broken("base64 in one line", _text(f"-----BEGIN CERTIFICATE-----\n{BODY}\n-----END CERTIFICATE-----\n"), 1),
    Broken("all in one line", _text(f"-----BEGIN CERTIFICATE-----{BODY}-----END CERTIFICATE-----"), 1, wording.REMARK_ONE_LINE),
    Broken("escaped line ends", _text(ONE.replace("\n", "\\n")), 1, wording.REMARK_ESCAPED),
    Broken("twice escaped", _text(ONE.replace("\n", "\\\\r\\\\n")), 1, wording.REMARK_ESCAPED),
    Broken("inside JSON", _text('{"cert": "' + PEM.replace("\n", "\\n") + '"}'), 3, wording.REMARK_ESCAPED),
    Broken("JSON with escaped slashes", _text(ONE.replace("/", "\\/").replace("\n", "\\n")), 1),
    Broken("spaces for line ends", _text(ONE.replace("\n", " ")), 1, wording.REMARK_ONE_LINE),
    Broken("base64 without markers", _text(LINES + "\n"), 1, wording.REMARK_BARE),
    Broken("base64 without markers, one line", _text(BODY), 1, wording.REMARK_BARE),
    Broken("text, then base64 without markers", _text(f"Hello,\n\nhere it is:\n\n{LINES}\n\nRegards\n"), 1, wording.REMARK_BARE),
    Broken("four dashes", _text(ONE.replace("-----", "----")), 1, wording.REMARK_DASHES),
    Broken("en-dashes", _text(ONE.replace("-----", "–––––")), 1, wording.REMARK_DASHES),
    Broken("em-dashes of Word", _text(ONE.replace("-----", "—--")), 1, wording.REMARK_DASHES),
    Broken("no END", _text(ONE.replace("-----END CERTIFICATE-----\n", "")), 1, wording.REMARK_NO_END),
    Broken("no END before the next", _text(ONE.replace("-----END CERTIFICATE-----\n", "") + CHAIN[1].pem), 2, wording.REMARK_NO_END),
    Broken("no BEGIN", _text(ONE.replace("-----BEGIN CERTIFICATE-----\n", "")), 1, wording.REMARK_NO_BEGIN),
    Broken("another END", _text(ONE.replace("END CERTIFICATE", "END X509 CERTIFICATE")), 1, wording.REMARK_END_LABEL),
    Broken("truncated base64", _text(ONE[:300] + "\n-----END CERTIFICATE-----\n"), 0, "", 1),
    Broken("glued", _text(PEM.replace("-----\n-----", "----------")), 3, wording.REMARK_GLUED),
    Broken("X509 label", _text(ONE.replace(" CERTIFICATE", " X509 CERTIFICATE")), 1),
    Broken("lower-case label", _text(ONE.replace("CERTIFICATE", "certificate")), 1, wording.REMARK_LABEL_CASE),
    Broken("lower-case markers", _text(ONE.replace("BEGIN CERTIFICATE", "begin certificate").replace("END CERTIFICATE", "end certificate")), 1, wording.REMARK_LABEL_CASE),
    Broken("bag attributes", _text("".join(f"Bag Attributes\n    localKeyID: 01 02 03\nsubject=CN = {n}\n\n{c.pem}" for n, c in enumerate(CHAIN))), 3),
    Broken("openssl -text before it", _text("Certificate:\n    Data:\n        Version: 3 (0x2)\n            Not Before: Jan  1 00:00:00 2026 GMT\n                04:30:82:01:12:13\n" + ONE), 1),
    Broken("s_client -showcerts", _text(S_CLIENT), 2),
    Broken("Latin-1 text before it", lambda: "Zertifikat für München\n".encode("latin-1") + PEM.encode(), 3),
    Broken("PEM headers", _text(SNI_HEADERS), 1, wording.REMARK_HEADERS),
    Broken("no-break spaces and zero-width characters", _text(ONE.replace("\n", "\u00a0\n\u200b")), 1),
    Broken("quoted-printable", _text(ONE.replace("=", "=3D").replace(BODY[60:64], BODY[60:64] + "=\n", 1)), 1),
    Broken("C string", _text("".join(f'"{line}\\n"\n' for line in ONE.splitlines())), 1),
    Broken("XML element", _text(f"<a><cert>{ONE.strip()}</cert></a>"), 1),
    Broken("HTML with line breaks", _text(ONE.replace("\n", "<br>\n")), 1),
    Broken("padding lost", lambda: pem("CERTIFICATE", _with_padding()).replace("=", "").encode(), 1, wording.REMARK_PADDING),
    # --- DER
    Broken("DER", lambda: LEAF.der, 1),
    Broken("DER with a trailing line end", lambda: LEAF.der + b"\r\n", 1, wording.REMARK_TRAILING),
    Broken("DER with trailing data", lambda: LEAF.der + b"\xff\xff\xff", 1, wording.REMARK_TRAILING, 1),
    Broken("two DER together", lambda: LEAF.der + CHAIN[1].der, 2, wording.REMARK_SEVERAL_DER),
    Broken("DER cut off", lambda: LEAF.der[:-40], 0, "", 1),
    Broken("PEM with trailing data inside", lambda: pem("CERTIFICATE", LEAF.der + b"\0\0\0").encode(), 1, wording.REMARK_TRAILING),
    Broken("base64 twice", lambda: pem("CERTIFICATE", base64.b64encode(LEAF.der)).encode(), 1, wording.REMARK_TWICE),
    Broken("PEM twice", lambda: pem("CERTIFICATE", ONE.encode()).encode(), 1, wording.REMARK_TWICE),
    Broken("trusted certificate", lambda: pem("TRUSTED CERTIFICATE", LEAF.der + TRUST_SETTINGS).encode(), 1, wording.REMARK_TRUSTED),
    # --- PKCS#7 and PKCS#12
    Broken("PKCS#7 PEM", _text(P7_TEXT), 3),
    Broken("PKCS#7 DER", lambda: P7_DER, 3),
    Broken("PKCS#7 labelled CERTIFICATE", lambda: pem("CERTIFICATE", P7_DER).encode(), 3, wording.REMARK_LABEL),
    Broken("PKCS #7 label", _text(P7_TEXT.replace(" PKCS7", " PKCS #7 SIGNED DATA")), 3),
    Broken("PKCS#7 base64", lambda: base64.encodebytes(P7_DER), 3, wording.REMARK_BARE),
    Broken("PKCS#7 CRLF", _text(P7_TEXT.replace("\n", "\r\n")), 3),
    Broken("PKCS#7 empty", lambda: pem("PKCS7", P7_EMPTY).encode(), 0, wording.PKCS7_EMPTY, 1),
    Broken("PFX with a password that is not known", lambda: _pfx(b"unknown"), 0, wording.PFX_PASSWORD, 1),
    Broken("PFX with the given password", lambda: _pfx(b"given"), 3, "", 0, 1),
    Broken("PFX without password", lambda: _pfx(None), 3, "", 0, 1),
    Broken("PFX of an old Windows", lambda: _pfx(b"given", legacy=True), 3, "", 0, 1),
    Broken("PFX with the empty password", lambda: _pfx_empty(), 3, "", 0, 1),
    Broken("PFX cut off", lambda: _pfx(None)[:-30], 0, "", 1),
    Broken("PFX in PEM markers", lambda: pem("PKCS12", _pfx(b"given")).encode(), 3, "", 0, 1),
    # --- order, doubles, other things
    Broken("wrong order", _text(pki.bundle(*reversed(CHAIN))), 3),
    Broken("duplicates", _text(PEM + PEM), 6),
    Broken("key in the file", _text(KEY + PEM), 3, wording.REMARK_KEY, 0, 1),
    Broken("old key in the file", _text(PEM + KEY_OLD), 3, wording.REMARK_KEY, 0, 1),
    Broken("encrypted key in the file", _text(PEM + KEY_ENCRYPTED), 3, wording.REMARK_KEY_ENCRYPTED, 0, 1),
    Broken("CSR", _text(pki.csr(names=("expe1.example.com",))), 0, "", 0, 1),
    Broken("CSR with the NEW label", _text(pki.csr().replace("CERTIFICATE REQ", "NEW CERTIFICATE REQ")), 0, "", 0, 1),
    Broken("CSR labelled CERTIFICATE", _text(pki.csr().replace("CERTIFICATE REQUEST", "CERTIFICATE")), 0, wording.REMARK_LABEL, 0, 1),
    Broken("CRL", _text(pki.crl(CHAIN[1], [LEAF])), 0, "", 0, 1),
    Broken("public key", lambda: pem("PUBLIC KEY", _spki()).encode(), 0, wording.PUBLIC_KEY, 1),
    Broken("empty", lambda: b"", 0, wording.EMPTY, 1),
    Broken("only blanks", lambda: b"\r\n\r\n  ", 0, wording.EMPTY, 1),
    Broken("web page", _text("<!DOCTYPE html>\n<html><body>Please log in</body></html>"), 0, wording.HTML, 1),
    Broken("one bad block of four", _text(CHAIN[0].pem + "-----BEGIN CERTIFICATE-----\nMII*broken*\n-----END CERTIFICATE-----\n" + CHAIN[1].pem + CHAIN[2].pem), 3, wording.BAD_BASE64, 1),
    Broken("nothing between the markers", _text("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" + ONE), 1, wording.BLOCK_EMPTY, 1),
    Broken("Java keystore", lambda: b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1" + b"\1" * 100, 0, wording.JKS, 1),
    # --- serial numbers
    Broken("negative serial", _forged(serial=forge.tlv(2, b"\x80\x01")), 1),
    Broken("zero serial", _forged(serial=forge.tlv(2, b"\0")), 1),
    Broken("serial of 40 octets", _forged(serial=forge.tlv(2, b"\x7f" * 40)), 1),
    # --- times
    Broken("UTC time without seconds", _forged(not_after=forge.utc("2801010000Z")), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("UTC time with offset", _forged(not_after=forge.utc("280101000000+0100")), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("30 February", _forged(not_after=forge.utc("280230000000Z")), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("generalized time before 2050", _forged(not_after=forge.generalized("20280101000000Z")), 1),
    Broken("generalized time with fraction", _forged(not_after=forge.generalized("20280101000000.5Z")), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("year 9999", _forged(not_after=forge.generalized("99991231235959Z")), 1),
    Broken("end before start", _forged(not_after=forge.utc("200101000000Z")), 1),
    # --- names
    Broken("CN that is no UTF-8", _forged(subject=forge.name(forge.tlv(0x0C, b"caf\xe9"))), 1, wording.REMARK_NOT_OPENSSL),
    Broken("umlaut in PrintableString", _forged(subject=forge.name(forge.tlv(0x13, "Zürich".encode("latin-1")))), 1),
    Broken("Latin-1 in TeletexString", _forged(subject=forge.name(forge.tlv(0x14, "Zürich".encode("latin-1")))), 1),
    Broken("BMPString", _forged(subject=forge.name(forge.tlv(0x1E, "Zürich".encode("utf-16-be")))), 1),
    Broken("NUL in the CN", _forged(subject=forge.name(forge.utf8("good.example.com\0.evil.example"))), 1),
    Broken("escape codes in the CN", _forged(subject=forge.name(forge.utf8("\x1b[2J\x1b]0;title\x07"))), 1),
    Broken("markup in the CN", _forged(subject=forge.name(forge.utf8("[bold red]x[/]"))), 1),
    Broken("bidi override in the CN", _forged(subject=forge.name(forge.utf8("\u202egro.elpmaxe"))), 1),
    Broken("empty CN", _forged(subject=forge.name(forge.utf8(""))), 1),
    Broken("CN of 10000 characters", _forged(subject=forge.name(forge.utf8("x" * 10_000))), 1),
    Broken("empty subject", _forged(subject=forge.tlv(0x30)), 1),
    Broken("country of three letters", _forged(subject=forge.tlv(0x30, forge.tlv(0x31, forge.tlv(0x30, forge.oid("2.5.4.6"), forge.tlv(0x13, b"DEU"))))), 1),
    Broken("empty RDN", _forged(subject=forge.tlv(0x30, forge.tlv(0x31))), 1),
    # --- extensions
    Broken("NUL in a dNSName", _forged(extensions=[forge.san(forge.dns(b"a.example\0.evil"))]), 1),
    Broken("dNSName outside ASCII", _forged(extensions=[forge.san(forge.dns("zürich.example".encode("latin-1")))]), 1),
    Broken("iPAddress of one octet", _forged(extensions=[forge.san(forge.tlv(0x87, b"\n"), forge.dns(b"b.example"))]), 1, "{place}: subject alternative name"),
    Broken("address in a dNSName", _forged(extensions=[forge.san(forge.dns(b"192.0.2.1"))]), 1),
    Broken("empty SAN", _forged(extensions=[forge.san()]), 1),
    Broken("garbage in the SAN", _forged(extensions=[forge.extension(forge.SAN, b"\x30\x20\x82\x05abc")]), 1),
    Broken("extension twice", _forged(extensions=[forge.extension(forge.BASIC, forge.tlv(0x30))] * 2), 1),
    Broken("default written out", _forged(extensions=[forge.extension(forge.BASIC, forge.tlv(0x30), forge.tlv(1, b"\0"))]), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("true as 01", _forged(extensions=[forge.extension(forge.BASIC, forge.tlv(0x30), forge.tlv(1, b"\1"))]), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("unknown critical extension", _forged(extensions=[forge.extension("1.2.3.4", b"\x05\0", forge.tlv(1, b"\xff"))]), 1),
    Broken("3000 names", _forged(extensions=[forge.san(*(forge.dns(f"n{n}.example.com".encode()) for n in range(3000)))]), 1),
    # --- structure
    Broken("version 1", _forged(version=None), 1),
    Broken("version 4", _forged(version=3), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("signature algorithms differ", _forged(inner_algorithm=forge.tlv(0x30, forge.oid("1.2.840.113549.1.1.11"))), 1),
    Broken("bad signature", _forged(signature=b"\x30\x06\x02\x01\x01\x02\x01\x01"), 1),
    Broken("BER, indefinite length", lambda: forge.certificate(outer=0x30), 1, wording.REMARK_ONLY_OPENSSL),
    Broken("RSA 1024 and SHA-1", lambda: _weak(hashes.SHA1()), 1),
    Broken("RSA 1024 and MD5", lambda: _weak(hashes.MD5()), 1),
    Broken("a thousand", lambda: _many(1000), 1000),
    Broken("ten thousand", lambda: _many(1000) * 10 + CHAIN[1].pem.encode(), 10_001),
    Broken("a thousand, CRLF and text", lambda: _many(1000).replace(b"-----BEGIN", b"a line of text\r\n-----BEGIN"), 1000),
    # --- archives
    Broken("zip", lambda: zipped({"a/one.pem": ONE.encode(), "chain.p7b": P7_DER}), 4),
    Broken("tar.gz", lambda: tarred({"one.pem": ONE.encode(), "chain.pem": PEM.encode()}), 4),
    Broken("tar", lambda: tarred({"one.pem": ONE.encode()}, packed=False), 1),
    Broken("gz", lambda: gzip.compress(PEM.encode()), 3),
    Broken("nested", lambda: zipped({"in.tar.gz": tarred({"deep.zip": zipped({"one.cer": LEAF.der})})}), 1),
    Broken("zip bomb", lambda: zipped({"one.pem": ONE.encode(), "bomb.pem": b"\0" * 20_000_000}), 1, wording.ARCHIVE_RATIO, 1),
    Broken("tar.gz bomb", lambda: tarred({"one.pem": ONE.encode(), "bomb.pem": b"\0" * 20_000_000}), 1, wording.ARCHIVE_RATIO, 1),
    Broken("names that lead out, links, devices", _traversal, 1, wording.MEMBER_NAME, 4),
    Broken("zip cut off", lambda: zipped({"one.pem": ONE.encode()})[:-30], 0, wording.ARCHIVE_BROKEN, 1),
    Broken("tar.gz cut off", lambda: tarred({"one.pem": ONE.encode(), "b.txt": bytes(range(256)) * 500})[:-200], 1, wording.ARCHIVE_BROKEN, 1),
    Broken("zip without members", lambda: zipped({}), 0, wording.ARCHIVE_EMPTY, 1),
)  # fmt: skip


def _with_padding() -> bytes:
    names = (forge.name(forge.utf8("x" * length)) for length in range(1, 40))
    return next(der for der in (forge.certificate(subject=name) for name in names) if len(der) % 3)


def _spki() -> bytes:
    return PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _weak(digest: hashes.HashAlgorithm) -> bytes:
    issuer = pki.ca("Weak", kind="rsa")
    return pki.leaf("weak.example.com", issuer, kind="rsa1024", digest=digest).pem.encode()
