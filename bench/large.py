"""A site of 60 nodes and 1,500 trust entries, made on the spot, beside the bare cost of the same."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from ruamel.yaml import YAML

from bench import examination

_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
_ROLES = {"expressway-c": 6, "expressway-e": 6, "cucm": 24, "imp": 12, "cuc": 8, "cms": 3, "client": 1}
_LISTED = 1500


def main() -> None:
    """Make the site in a temporary folder and print the figures of `examination` for it."""
    with tempfile.TemporaryDirectory(prefix="certdoctor-bench-") as place:
        site = Path(place) / "large"
        _write(site)
        examination.measure(site, rounds=3)


def a_certificate() -> bytes:
    """Return a certificate in DER, for whoever needs any."""
    return _issue("Bench Root CA", None)[0].public_bytes(serialization.Encoding.DER)


def _write(site: Path) -> None:
    nodes: list[dict[str, object]] = []
    root, key = _issue("Bench Root CA", None)
    issuing, issuing_key = _issue("Bench Issuing CA", (root, key))
    others = [_issue(f"Unrelated Root {number}", None)[0] for number in range(24)]
    (site / "certs").mkdir(parents=True)
    (site / "trust").mkdir()
    total = sum(_ROLES.values())
    for role, count in _ROLES.items():
        for number in range(1, count + 1):
            box = f"{role}{number}"
            name = f"{box}.example.com"
            slots = {"cucm": ("tomcat", "callmanager"), "imp": ("tomcat", "cup-xmpp"), "cuc": ("tomcat",)}
            lists = {"cucm": "tomcat", "imp": "tomcat", "cuc": "tomcat"}
            node: dict[str, object] = {"id": box, "role": role, "names": [name], "version": "X14.3.7"}
            if role != "client":
                held = {}
                for slot in slots.get(role, ("server",)):
                    names = [name, "example.com"] if role == "expressway-e" else [name]
                    leaf, _ = _issue(name, (issuing, issuing_key), names)
                    held[slot] = f"certs/{box}-{slot}.pem"
                    (site / held[slot]).write_bytes(_pem(leaf))
                node["identities"] = held
            store = f"trust/{box}.pem"
            share = _LISTED // total
            (site / store).write_bytes(b"".join(map(_pem, [*others[: share - 2], issuing, root])))
            node["trust"] = {lists.get(role, "ca"): store}
            nodes.append(node)
    description = {
        "schema": "certdoctor/site@1",
        "customer": "Bench",
        "site": "Large",
        "at": _AT,
        "domains": ["example.com"],
        "nodes": nodes,
    }
    with (site / "site.yml").open("w", encoding="utf-8") as stream:
        YAML().dump(description, stream)


def _issue(
    common_name: str,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
    names: list[str] | None = None,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    above, signing = (issuer[0].subject, issuer[1]) if issuer else (subject, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_AT - timedelta(days=100))
        .not_valid_after(_AT + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if names is not None:
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(signing, hashes.SHA256()), key


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
