"""OpenSSL's own verdict on a chain: X509_verify_cert through ctypes, or the `openssl verify` program.

Nothing is re-implemented here. All errors are collected (a callback lets OpenSSL go on after each), so that a
certificate that is expired and of an unknown CA is reported as both.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from certdoctor.deployment import wording
from certdoctor.deployment.model import OpenSSLError
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Certificate, RevocationList

Purpose = Literal["server", "client", "any"]

_PURPOSES: dict[str, int] = {"client": 1, "server": 2, "any": 7}
# Every certificate of the chain against its CRL, indirect and delta CRLs included (X509_V_FLAG_CRL_CHECK,
# _CRL_CHECK_ALL, _EXTENDED_CRL_SUPPORT, _USE_DELTAS).
_CRL_CHECK = 0x4 | 0x8 | 0x1000 | 0x2000
_STACK = ctypes.c_void_p


@dataclass(frozen=True, slots=True)
class Answer:
    """What OpenSSL said: all errors, and the chain it built (leaf first)."""

    errors: tuple[OpenSSLError, ...]
    chain: tuple[Certificate, ...]


class Verifier(Protocol):
    """Something that asks OpenSSL."""

    name: str

    def verify(
        self,
        leaf: Certificate,
        sent: Sequence[Certificate],
        trusted: Sequence[Certificate],
        at: datetime,
        purpose: Purpose,
        revocation_lists: Sequence[RevocationList] = (),
    ) -> Answer:
        """Return OpenSSL's answer on `leaf` with the given untrusted and trusted certificates at a time.

        With revocation lists, every certificate of the chain is looked for in one; where none fits, code 3 says so.
        """
        ...

    def issued(self, issuer: Certificate, subject: Certificate) -> bool:
        """Tell whether `issuer` signed `subject`: names, key identifiers and the signature itself."""
        ...


def verifier() -> Verifier:
    """Return libcrypto where it can be loaded, else the `openssl` program.

    Raises:
        CertdoctorError: neither is there.
    """
    for name in (
        ctypes.util.find_library("crypto"),
        "libcrypto.so.3",
        "libcrypto.3.dylib",
        "libcrypto.so.1.1",
    ):
        if name:
            try:
                return LibCrypto(name)
            except (OSError, AttributeError):
                continue
    program = shutil.which("openssl")
    if program:
        return Program(program)
    raise CertdoctorError(wording.NO_OPENSSL)


class LibCrypto:
    """libcrypto (OpenSSL 1.1.1 or 3) through ctypes. Parsed certificates and trust stores are kept."""

    def __init__(self, library: str) -> None:
        self._lib = lib = ctypes.CDLL(library)
        pointer, integer, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
        self._callback_type = ctypes.CFUNCTYPE(integer, integer, pointer)
        for name, result, arguments in (
            ("d2i_X509", pointer, [pointer, pointer, ctypes.c_long]),
            ("d2i_X509_CRL", pointer, [pointer, pointer, ctypes.c_long]),
            ("X509_STORE_new", pointer, []),
            ("X509_STORE_free", None, [pointer]),
            ("X509_STORE_add_cert", integer, [pointer, pointer]),
            ("X509_STORE_add_crl", integer, [pointer, pointer]),
            ("X509_STORE_CTX_new", pointer, []),
            ("X509_STORE_CTX_free", None, [pointer]),
            ("X509_STORE_CTX_init", integer, [pointer, pointer, pointer, pointer]),
            ("X509_STORE_CTX_get0_param", pointer, [pointer]),
            ("X509_STORE_CTX_set_verify_cb", None, [pointer, self._callback_type]),
            ("X509_STORE_CTX_get_error", integer, [pointer]),
            ("X509_STORE_CTX_get_error_depth", integer, [pointer]),
            ("X509_STORE_CTX_get_current_cert", pointer, [pointer]),
            ("X509_STORE_CTX_get0_chain", pointer, [pointer]),
            ("X509_VERIFY_PARAM_set_time", None, [pointer, ctypes.c_int64]),
            ("X509_VERIFY_PARAM_set_purpose", integer, [pointer, integer]),
            ("X509_VERIFY_PARAM_set_flags", integer, [pointer, ctypes.c_ulong]),
            ("X509_verify_cert", integer, [pointer]),
            ("X509_verify_cert_error_string", text, [ctypes.c_long]),
            ("X509_check_issued", integer, [pointer, pointer]),
            ("X509_get0_pubkey", pointer, [pointer]),
            ("X509_verify", integer, [pointer, pointer]),
            ("OPENSSL_sk_new_null", _STACK, []),
            ("OPENSSL_sk_push", integer, [_STACK, pointer]),
            ("OPENSSL_sk_num", integer, [_STACK]),
            ("OPENSSL_sk_value", pointer, [_STACK, integer]),
            ("OPENSSL_sk_free", None, [_STACK]),
            ("OpenSSL_version", text, [integer]),
            ("ERR_clear_error", None, []),
        ):
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
        self.name = lib.OpenSSL_version(0).decode()
        self._parsed: dict[str, int] = {}
        self._by_address: dict[int, Certificate] = {}
        self._stores: dict[tuple[str, ...], int] = {}
        self._issued: dict[tuple[str, str], bool] = {}

    def _x509(self, certificate: Certificate) -> int | None:
        held = self._parsed.get(certificate.sha256)
        if held is None:
            held = self._decode("d2i_X509", certificate.der)
            self._parsed[certificate.sha256] = held
            if held:
                self._by_address[held] = certificate
        return held or None

    def _decode(self, function: str, der: bytes) -> int:
        buffer = ctypes.create_string_buffer(der, len(der))
        at = ctypes.c_void_p(ctypes.addressof(buffer))
        address = getattr(self._lib, function)(None, ctypes.byref(at), len(der))
        self._lib.ERR_clear_error()
        return int(address or 0)

    def _store(self, trusted: Sequence[Certificate]) -> int:
        key = tuple(c.sha256 for c in trusted)
        store = self._stores.get(key)
        if store is None:
            store = int(self._lib.X509_STORE_new())
            for certificate in trusted:
                address = self._x509(certificate)
                if address:
                    self._lib.X509_STORE_add_cert(store, address)
            self._stores[key] = store
        return store

    def verify(
        self,
        leaf: Certificate,
        sent: Sequence[Certificate],
        trusted: Sequence[Certificate],
        at: datetime,
        purpose: Purpose,
        revocation_lists: Sequence[RevocationList] = (),
    ) -> Answer:
        lib = self._lib
        target = self._x509(leaf)
        if target is None:
            return Answer((OpenSSLError(-1, 0, "the certificate cannot be decoded by OpenSSL", leaf.subject),), ())
        if revocation_lists:
            # A store of its own: a CRL must not stay in the store that other verdicts share.
            store = int(lib.X509_STORE_new())
            for certificate in trusted:
                address = self._x509(certificate)
                if address:
                    lib.X509_STORE_add_cert(store, address)
            for crl in revocation_lists:
                address = self._decode("d2i_X509_CRL", crl.der)
                if address:
                    lib.X509_STORE_add_crl(store, address)
        else:
            store = self._store(trusted)
        stack = lib.OPENSSL_sk_new_null()
        for certificate in sent:
            address = self._x509(certificate)
            if address:
                lib.OPENSSL_sk_push(stack, address)
        context = lib.X509_STORE_CTX_new()
        errors: list[OpenSSLError] = []

        def collect(ok: int, ctx: int) -> int:
            if not ok:
                code = int(lib.X509_STORE_CTX_get_error(ctx))
                current = lib.X509_STORE_CTX_get_current_cert(ctx)
                about = self._by_address.get(int(current or 0))
                text = lib.X509_verify_cert_error_string(code).decode("ascii", "replace")
                errors.append(
                    OpenSSLError(
                        code,
                        int(lib.X509_STORE_CTX_get_error_depth(ctx)),
                        text,
                        about.subject if about else "",
                    )
                )
            return 1

        callback: Any = self._callback_type(collect)
        try:
            if lib.X509_STORE_CTX_init(context, store, target, stack) != 1:
                raise CertdoctorError(wording.NO_MEMORY)
            parameters = lib.X509_STORE_CTX_get0_param(context)
            lib.X509_VERIFY_PARAM_set_time(parameters, int(at.timestamp()))
            lib.X509_VERIFY_PARAM_set_purpose(parameters, _PURPOSES[purpose])
            if revocation_lists:
                lib.X509_VERIFY_PARAM_set_flags(parameters, _CRL_CHECK)
            lib.X509_STORE_CTX_set_verify_cb(context, callback)
            lib.X509_verify_cert(context)
            built = lib.X509_STORE_CTX_get0_chain(context)
            addresses = [int(lib.OPENSSL_sk_value(built, i)) for i in range(lib.OPENSSL_sk_num(built))] if built else []
            chain = tuple(self._by_address[a] for a in addresses if a in self._by_address)
        finally:
            lib.X509_STORE_CTX_free(context)
            lib.OPENSSL_sk_free(stack)
            if revocation_lists:
                lib.X509_STORE_free(store)
            lib.ERR_clear_error()
        return Answer(tuple(dict.fromkeys(errors)), chain)

    def issued(self, issuer: Certificate, subject: Certificate) -> bool:
        key = (issuer.sha256, subject.sha256)
        known = self._issued.get(key)
        if known is None:
            above, below = self._x509(issuer), self._x509(subject)
            # X509_check_issued answers 32 for an issuer without keyCertSign: still the one that signed.
            known = bool(above and below) and self._lib.X509_check_issued(above, below) in (0, 32)
            if known:
                public_key = self._lib.X509_get0_pubkey(above)
                known = bool(public_key) and self._lib.X509_verify(below, public_key) == 1
            self._lib.ERR_clear_error()
            self._issued[key] = known
        return known


_ERROR_LINE = re.compile(r"^error (\d+) at (\d+) depth lookup:\s*(.*)$")


class Program:
    """The `openssl verify` program, for machines whose libcrypto cannot be loaded.

    Where libcrypto is told to go on after every error, the program stops at most of them: its first error is the
    same, others may be missing.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self.name = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.strip()

    def verify(
        self,
        leaf: Certificate,
        sent: Sequence[Certificate],
        trusted: Sequence[Certificate],
        at: datetime,
        purpose: Purpose,
        revocation_lists: Sequence[RevocationList] = (),
    ) -> Answer:
        with tempfile.TemporaryDirectory(prefix="certdoctor-") as folder:
            place = Path(folder)
            command = [self._program, "verify", "-no-CApath", "-no-CAstore", "-show_chain"]
            command += ["-attime", str(int(at.timestamp()))]
            command += ["-purpose", {"server": "sslserver", "client": "sslclient", "any": "any"}[purpose]]
            for name, option, certificates in (("ca", "-CAfile", trusted), ("sent", "-untrusted", sent)):
                if certificates:
                    (place / name).write_text("".join(_pem(c.der, "CERTIFICATE") for c in certificates))
                    command += [option, str(place / name)]
            if not trusted:
                command.append("-no-CAfile")
            for number, crl in enumerate(revocation_lists):
                (place / f"crl{number}").write_text(_pem(crl.der, "X509 CRL"))
                command += ["-CRLfile", str(place / f"crl{number}")]
            if revocation_lists:
                command += ["-crl_check", "-crl_check_all", "-extended_crl", "-use_deltas"]
            (place / "leaf").write_text(_pem(leaf.der, "CERTIFICATE"))
            done = subprocess.run(
                [*command, str(place / "leaf")],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=30,
            )
        chain = self._chain(leaf, [*sent, *trusted])
        errors = [
            OpenSSLError(int(m[1]), int(m[2]), m[3], chain[int(m[2])].subject if int(m[2]) < len(chain) else "")
            for m in map(_ERROR_LINE.match, (done.stdout + done.stderr).splitlines())
            if m
        ]
        if done.returncode != 0 and not errors:
            said = (done.stderr or done.stdout).strip().splitlines()
            errors = [OpenSSLError(-1, 0, said[-1] if said else "openssl verify failed", leaf.subject)]
        return Answer(tuple(dict.fromkeys(errors)), chain)

    def _chain(self, leaf: Certificate, pool: Sequence[Certificate]) -> tuple[Certificate, ...]:
        chain = [leaf]
        while not chain[-1].self_signed and len(chain) < 20:
            issuer = next((c for c in pool if c not in chain and self.issued(c, chain[-1])), None)
            if issuer is None:
                break
            chain.append(issuer)
        return tuple(chain)

    def issued(self, issuer: Certificate, subject: Certificate) -> bool:
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature

        if issuer.subject_key != subject.issuer_key:
            return False
        try:
            x509.load_der_x509_certificate(subject.der).verify_directly_issued_by(
                x509.load_der_x509_certificate(issuer.der)
            )
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True


def _pem(der: bytes, label: str) -> str:
    import base64
    import textwrap

    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
