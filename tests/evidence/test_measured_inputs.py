"""Every row of a measured table of 102 inputs: what cryptography 50 and OpenSSL 3.0 read of each, and what we do.

Whatever one of the two reads is read. Where they differ, that is said, and strict PEM is offered in its place.
"""

from __future__ import annotations

import subprocess
import warnings
from enum import Enum

import pytest
from cryptography import x509

from certdoctor.evidence.items import Origin
from certdoctor.evidence.read import read_bytes
from certdoctor.treatment.files import cleaned
from tests.evidence.broken_inputs import BROKEN

HELD = {broken.name: broken for broken in BROKEN}


class By(Enum):
    """Who reads a row by itself."""

    BOTH = "both read it"
    ONE = "one of the two refuses it"
    NEITHER = "neither reads it, and yet we do"
    NOBODY = "nothing can be read of it"
    OTHER = "no certificates: a request, a list, a PKCS#7 or PKCS#12, an archive"


# row of the table -> the kind among our own inputs, who reads it
ROWS: dict[str, tuple[str, By]] = {
    "ok_chain.pem": ("plain chain", By.BOTH),
    "bom_utf8.pem": ("byte order mark", By.BOTH),
    "utf16le_bom.pem": ("UTF-16 LE with mark", By.NEITHER),
    "utf16be_bom.pem": ("UTF-16 BE with mark", By.NEITHER),
    "utf16le_nobom.pem": ("UTF-16 LE without mark", By.NEITHER),
    "crlf.pem": ("CRLF", By.BOTH),
    "cr_only.pem": ("CR only", By.ONE),
    "trailing_spaces.pem": ("trailing spaces", By.BOTH),
    "indented.pem": ("indented", By.ONE),
    "quoted_mail.pem": ("quoted mail", By.NEITHER),
    "one_line_base64.pem": ("base64 in one line", By.BOTH),
    "all_one_line.pem": ("all in one line", By.ONE),
    "escaped_newlines.pem": ("escaped line ends", By.NEITHER),
    "spaces_for_newlines.pem": ("spaces for line ends", By.ONE),
    "no_markers_base64.txt": ("base64 without markers", By.NEITHER),
    "four_dashes.pem": ("four dashes", By.NEITHER),
    "endash.pem": ("en-dashes", By.NEITHER),
    "missing_end.pem": ("no END", By.NEITHER),
    "truncated_base64.pem": ("truncated base64", By.NOBODY),
    "glued_end_begin.pem": ("glued", By.ONE),
    "x509_label.pem": ("X509 label", By.BOTH),
    "lowercase_label.pem": ("lower-case label", By.NEITHER),
    "bag_attributes.pem": ("bag attributes", By.BOTH),
    "openssl_text_leading.pem": ("openssl -text before it", By.BOTH),
    "s_client_showcerts.txt": ("s_client -showcerts", By.BOTH),
    "leading_nonutf8_text.pem": ("Latin-1 text before it", By.BOTH),
    "pem_headers_procname.pem": ("PEM headers", By.ONE),
    "der_named.pem": ("DER", By.BOTH),
    "der.cer": ("DER", By.BOTH),
    "der_trailing_newline.cer": ("DER with a trailing line end", By.ONE),
    "der_two_concatenated.cer": ("two DER together", By.ONE),
    "base64_twice.pem": ("base64 twice", By.NEITHER),
    "trusted_certificate.pem": ("trusted certificate", By.ONE),
    "bundle_pem.p7b": ("PKCS#7 PEM", By.OTHER),
    "bundle_der.p7b": ("PKCS#7 DER", By.OTHER),
    "p7b_labelled_certificate.pem": ("PKCS#7 labelled CERTIFICATE", By.NEITHER),
    "p7b_pkcs7_label_variant.p7b": ("PKCS #7 label", By.OTHER),
    "p7b_base64_nomarkers.p7b": ("PKCS#7 base64", By.NEITHER),
    "p7b_crlf.p7b": ("PKCS#7 CRLF", By.OTHER),
    "p7b_empty.p7b": ("PKCS#7 empty", By.NOBODY),
    "pfx_password.pfx": ("PFX with a password that is not known", By.NOBODY),
    "pfx_nopass.pfx": ("PFX without password", By.OTHER),
    "pfx_legacy_rc2.pfx": ("PFX of an old Windows", By.OTHER),
    "pfx_emptystring_pass.pfx": ("PFX with the empty password", By.OTHER),
    "wrong_order.pem": ("wrong order", By.BOTH),
    "duplicates.pem": ("duplicates", By.BOTH),
    "key_in_file.pem": ("key in the file", By.BOTH),
    "enc_key_in_file.pem": ("encrypted key in the file", By.BOTH),
    "csr.pem": ("CSR", By.OTHER),
    "crl.pem": ("CRL", By.OTHER),
    "public_key.pem": ("public key", By.NOBODY),
    "empty.pem": ("empty", By.NOBODY),
    "html_error_page.cer": ("web page", By.NOBODY),
    "good_plus_bad_block.pem": ("one bad block of four", By.OTHER),  # the bad block is a problem of its own
    "jks.jks": ("Java keystore", By.NOBODY),
    "negative_serial.pem": ("negative serial", By.BOTH),
    "zero_serial.pem": ("zero serial", By.BOTH),
    "serial_40_octets.pem": ("serial of 40 octets", By.BOTH),
    "time_utc_no_seconds.pem": ("UTC time without seconds", By.ONE),
    "time_utc_offset.pem": ("UTC time with offset", By.ONE),
    "time_feb30.pem": ("30 February", By.ONE),
    "time_generalized_before_2050.pem": ("generalized time before 2050", By.BOTH),
    "time_generalized_fraction.pem": ("generalized time with fraction", By.ONE),
    "time_9999.pem": ("year 9999", By.BOTH),
    "time_notafter_before_notbefore.pem": ("end before start", By.BOTH),
    "cn_invalid_utf8.pem": ("CN that is no UTF-8", By.ONE),
    "cn_printable_with_umlaut.pem": ("umlaut in PrintableString", By.ONE),
    "cn_teletex_latin1.pem": ("Latin-1 in TeletexString", By.ONE),
    "cn_bmpstring.pem": ("BMPString", By.BOTH),
    "cn_embedded_nul.pem": ("NUL in the CN", By.BOTH),
    "cn_ansi_escape.pem": ("escape codes in the CN", By.BOTH),
    "cn_rich_markup.pem": ("markup in the CN", By.BOTH),
    "cn_bidi_override.pem": ("bidi override in the CN", By.BOTH),
    "cn_empty.pem": ("empty CN", By.BOTH),
    "cn_10k_chars.pem": ("CN of 10000 characters", By.BOTH),
    "subject_empty.pem": ("empty subject", By.BOTH),
    "country_3_letters.pem": ("country of three letters", By.BOTH),
    "empty_rdn.pem": ("empty RDN", By.ONE),
    "san_nul_dns.pem": ("NUL in a dNSName", By.BOTH),
    "san_nonascii_dns.pem": ("dNSName outside ASCII", By.BOTH),
    "san_bad_ip_len.pem": ("iPAddress of one octet", By.ONE),
    "san_ip_in_dns.pem": ("address in a dNSName", By.BOTH),
    "san_empty.pem": ("empty SAN", By.BOTH),
    "san_garbage.pem": ("garbage in the SAN", By.ONE),
    "dup_extension.pem": ("extension twice", By.ONE),
    "ext_bool_default_encoded.pem": ("default written out", By.ONE),
    "ext_bool_ber_true.pem": ("true as 01", By.ONE),
    "unknown_critical_ext.pem": ("unknown critical extension", By.BOTH),
    "san_3000_names.pem": ("3000 names", By.BOTH),
    "v1_cert.pem": ("version 1", By.BOTH),
    "version_4.pem": ("version 4", By.ONE),
    "sigalg_mismatch.pem": ("signature algorithms differ", By.BOTH),
    "bad_signature.pem": ("bad signature", By.BOTH),
    "ber_indefinite_length.cer": ("BER, indefinite length", By.ONE),
    "rsa1024_sha1.pem": ("RSA 1024 and SHA-1", By.BOTH),
    "md5_512.pem": ("RSA 1024 and MD5", By.BOTH),
    "bundle_10k.pem": ("ten thousand", By.BOTH),
    "bundle_10k_crlf_text.txt": ("a thousand, CRLF and text", By.BOTH),
    "bomb_200MB.zip": ("zip bomb", By.OTHER),
    "traversal.tar.gz": ("names that lead out, links, devices", By.OTHER),
    "bomb.tar.gz": ("tar.gz bomb", By.OTHER),
    "corrupt.zip": ("zip cut off", By.NOBODY),
}
# The certificate itself is encoded so that one of the two refuses it: no file around it can cure that.
_ITSELF = {
    row for row in ROWS if row.startswith(("time_", "cn_", "empty_rdn", "san_", "dup_", "ext_", "version_4", "ber_"))
}


def test_all_rows_are_here() -> None:
    assert len(ROWS) == 102


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    name, by = ROWS[row]
    broken = HELD[name]
    evidence = read_bytes(broken.make(), Origin(row), ("given",))
    held = sum(len(d.certificates) + len(d.requests) + len(d.revocation_lists) for d in evidence.documents)
    remarks = [remark for d in evidence.documents for remark in d.remarks]
    if by is By.NOBODY:
        assert held == 0
        assert evidence.problems
        assert all(p.reason and p.remedy and p.looks_like for p in evidence.problems)
        return
    assert held
    assert sum(len(d.certificates) for d in evidence.documents) == broken.certificates
    if by in (By.ONE, By.NEITHER):
        assert remarks, "the difference is not told"


@pytest.mark.parametrize("row", [row for row, (_name, by) in ROWS.items() if by in (By.ONE, By.NEITHER)])
def test_strict_pem_in_its_place(row: str) -> None:
    (document,) = read_bytes(HELD[ROWS[row][0]].make(), Origin(row)).documents
    offered = cleaned(document)
    assert offered is not None
    assert offered.name.endswith("-clean.pem")
    assert b"PRIVATE" not in offered.data
    (again,) = read_bytes(offered.data, Origin(offered.name)).documents
    assert [f.certificate.der for f in again.certificates] == [f.certificate.der for f in document.certificates]
    if row in _ITSELF:
        return
    assert not again.remarks
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(x509.load_pem_x509_certificates(offered.data)) == len(document.certificates)
    read = subprocess.run(["openssl", "x509", "-noout"], input=offered.data, capture_output=True, check=False)
    assert read.returncode == 0, read.stderr
