"""The files that cure a finding: CA certificates to append, a converted file, a request configuration."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from certdoctor.deployment.model import CLIENT, Deployment, Judgement, Node
from certdoctor.evidence.items import Certificate, Document, Evidence, Form
from certdoctor.evidence.stored import pem as pem_block
from certdoctor.text import clean
from certdoctor.treatment import wording


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file to hand out: `name` says the box and the list it is for; in a pack it lies in `folder`."""

    name: str
    data: bytes
    purpose: str
    folder: str = ""

    @property
    def path(self) -> str:
        """Where it lies in a pack."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


@dataclass(frozen=True, slots=True)
class RequestFile(Artefact):
    """A request configuration, and what it asks for."""

    names: tuple[str, ...] = ()
    key: str = ""
    usages: tuple[str, ...] = ()


# What may stand in a request: names from outside must not act on OpenSSL's configuration ($, #, line ends), and a
# wildcard is of no use to an Expressway.
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


def pem(certificate: Certificate) -> str:
    """Return a certificate as PEM with 64 columns and LF (RFC 7468), without any text around."""
    body = "\n".join(textwrap.wrap(base64.b64encode(certificate.der).decode("ascii"), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def missing_cas(judgements: Iterable[Judgement]) -> tuple[Artefact, ...]:
    """Return, per trust list of a verifier, each CA certificate that it lacks, as one PEM file per CA.

    A CA that is nowhere in the evidence cannot be written: `ca_requests` says what to ask the CA for.
    """
    return _cas((j, _lists(j), frozenset()) for j in judgements)


def own_cas(judgements: Iterable[Judgement]) -> tuple[Artefact, ...]:
    """Return each CA that an Expressway's own trust list needs to complete the chain it sends (S28), one file per CA."""
    return _cas((j, _own_list(j), _held(j.presenter)) for j in judgements)


def _cas(wanted: Iterable[tuple[Judgement, tuple[str, ...], frozenset[str]]]) -> tuple[Artefact, ...]:
    by_list: dict[str, dict[str, Certificate]] = {}
    for judgement, lists, held in wanted:
        for found in judgement.missing.to_add if judgement.missing else ():
            for name in lists if found.certificate.sha256 not in held else ():
                by_list.setdefault(name, {})[found.certificate.sha256] = found.certificate
    return tuple(
        Artefact(
            f"{name}-{number:02d}-{_slug(certificate.label)}.pem",
            pem(certificate).encode("ascii"),
            wording.CA_FOR_LIST.format(subject=clean(certificate.subject), list=name),
            f"ca/{name}",
        )
        for name, certificates in by_list.items()
        for number, certificate in enumerate(certificates.values(), 1)
    )


def ca_requests(judgements: Iterable[Judgement], *, own: bool = False) -> tuple[Artefact, ...]:
    """Return one text that says what to ask the CA for, where a missing CA is not in the evidence.

    `own`: it is for the list of the box that presents the certificate, not of the one that judges it.
    """
    lines: dict[str, None] = {}
    for judgement in judgements:
        missing = judgement.missing
        if missing is None or (missing.to_add and missing.to_add[-1].certificate.self_signed):
            continue
        top = missing.to_add[-1].certificate if missing.to_add else missing.wanted_by
        lines[
            f"for {', '.join(_own_list(judgement) if own else _lists(judgement))}:\n"
            f"  subject: {clean(top.issuer)}\n"
            f"  key identifier: {top.authority_key_id or 'not named'}\n"
            f"  address named in the certificate (AIA): {clean(', '.join(top.ca_issuer_urls)) or 'none'}\n"
        ] = None
    if not lines:
        return ()
    text = "CA certificates to ask the issuing CA for (Base-64, with every CA up to the root)\n\n" + "\n".join(lines)
    return (Artefact("ask-the-ca.txt", text.encode("utf-8"), wording.ASK_THE_CA),)


def converted(evidence: Evidence, paths: Iterable[str], *, rewrite: bool = False) -> tuple[Artefact, ...]:
    """Return the certificates of DER, PKCS#7 and PFX files as PEM: the leaf alone, and its CAs each alone.

    Args:
        evidence: all that was read.
        paths: the files.
        rewrite: whether PEM files are written anew too: a finding says that a box cannot use them as they are.
    """
    artefacts: list[Artefact] = []
    for path in paths:
        document = evidence.document(path)
        if document is None or document.form == Form.NONE or (document.form == Form.PEM and not rewrite):
            continue
        stem = _slug(re.sub(r"\.\w+$", "", path.rsplit("/", 1)[-1]))
        for number, found in enumerate(document.certificates, 1):
            kind = "ca" if found.certificate.is_ca else "certificate"
            artefacts.append(
                Artefact(
                    f"{stem}-{kind}-{number:02d}.pem",
                    pem(found.certificate).encode("ascii"),
                    wording.AS_PEM.format(certificate=clean(found.certificate.label), file=path),
                    "converted",
                )
            )
    return tuple(artefacts)


def cleaned(document: Document) -> Artefact | None:
    """Return all that a document holds as strict PEM, or None where it holds no certificate, request or CRL.

    Every program reads such a file: one block after the other, 64 columns, LF, nothing between. A certificate that
    itself is encoded wrongly stays as it is: only its CA can issue it anew.
    """
    blocks = [pem(found.certificate) for found in document.certificates]
    blocks += [pem_block("CERTIFICATE REQUEST", item.der) for item in document.requests]
    blocks += [pem_block("X509 CRL", item.der) for item in document.revocation_lists]
    if not blocks:
        return None
    path = document.origin.path
    stem = _slug(re.sub(r"\.\w+$", "", re.split(r"[/!]", path)[-1]))
    return Artefact(
        f"{stem}-clean.pem", "".join(blocks).encode("ascii"), wording.CLEANED.format(file=path), "converted"
    )


def present(node: Node) -> tuple[Artefact, ...]:
    """Return what a node presents and trusts now, as far as the evidence has it: for the way back."""
    made = [
        Artefact(
            f"{node.id}-{_slug(slot)}.pem",
            "".join(pem(found.certificate) for found in (identity.leaf, *identity.sent)).encode("ascii"),
            wording.PRESENT_IDENTITY.format(node=node.id, slot=slot),
            "before",
        )
        for slot, identity in node.identities.items()
        if slot != "previous" and not slot.startswith("candidate")
    ]
    made += [
        Artefact(
            f"{node.id}-{_slug(name)}-trust.pem",
            "".join(pem(found.certificate) for found in held.entries).encode("ascii"),
            wording.PRESENT_TRUST.format(node=node.id, list=name),
            "before",
        )
        for name, held in node.trust.items()
        if held.entries
    ]
    return tuple(made)


def usages(node: Node, slot: str) -> tuple[str, ...]:
    """Return the extended key usages that a certificate in this slot needs.

    The same certificate is shown as client and as server (S18, S20), but where an Expressway has a client store of
    its own (from X15.5, S02), its server certificate is shown as server only.
    """
    apart = node.is_expressway and slot == "server" and "client" in node.identities
    return ("serverAuth",) if apart else ("serverAuth", "clientAuth")


def new_key(node: Node, current: Certificate | None) -> tuple[str, str]:
    """Return the kind of key to ask for, in words and as options of `openssl req`.

    RSA on an Expressway: its SSH tunnels take no other key. Elsewhere as it is now.
    """
    if not node.is_expressway and current is not None and current.key_type == "ec":
        curve = {256: "P-256", 384: "P-384", 521: "P-521"}.get(current.key_bits, "P-256")
        return f"EC {curve}", f"-newkey ec -pkeyopt ec_paramgen_curve:{curve}"
    bits = max(current.key_bits, 2048) if current is not None and current.key_type == "rsa" else 4096
    return f"RSA {bits}", f"-newkey rsa:{bits}"


def request(
    node: Node,
    deployment: Deployment,
    judgements: Iterable[Judgement],
    current: Certificate | None,
    slot: str = "server",
) -> RequestFile:
    """Return an OpenSSL request configuration with every name that the node's certificate must hold.

    The names are those of the present certificate and all that other nodes look for in it; key and usages are those
    of `new_key` and `usages`.
    """
    names = required_names(node, deployment, judgements, current)
    # ub-common-name is 64 characters (RFC 5280, appendix A): a longer name stands in the SANs only.
    fitting = (n for n in (node.cluster or "", node.name) if len(n) <= 64 and _HOST.fullmatch(n.lower()))
    common = next(fitting, node.id[:64])
    dns = [n for n in names if not _is_address(n)]
    addresses = [n for n in names if _is_address(n)]
    alternatives = [f"DNS.{i} = {n}" for i, n in enumerate(dns, 1)] + [
        f"IP.{i} = {n}" for i, n in enumerate(addresses, 1)
    ]
    # An Expressway's only certificate, or a UC node's: named for the node alone; others for their slot too.
    stem = node.id if slot == "server" or len(_slots(node)) < 2 else f"{node.id}-{_slug(slot)}"
    key, options = new_key(node, current)
    wanted = usages(node, slot)
    lines = [
        f"# Certificate request for {node.id}, {_slug(slot)}, {key}; names:",
        *(f"#   {name}" for name in names),
        f"# openssl req -new {options} -nodes -keyout {stem}.key -out {stem}.csr \\",
        f"#   -config {stem}-request.cnf",
        "[req]",
        "prompt = no",
        "default_md = sha256",
        "distinguished_name = dn",
        "req_extensions = ext",
        "[dn]",
        f"CN = {common}",
        "[ext]",
        # A key on a curve encrypts nothing (RFC 8813).
        "keyUsage = critical, digitalSignature" + ("" if key.startswith("EC") else ", keyEncipherment"),
        f"extendedKeyUsage = {', '.join(wanted)}",
        *(("subjectAltName = @names", "[names]", *alternatives) if alternatives else ()),
    ]
    text = "\n".join(lines) + "\n"
    return RequestFile(
        f"{stem}-request.cnf",
        text.encode("utf-8"),
        wording.REQUEST.format(node=node.id),
        "requests",
        names,
        key,
        wanted,
    )


def _slots(node: Node) -> list[str]:
    return [slot for slot in node.identities if slot != "previous" and not slot.startswith("candidate")]


def required_names(
    node: Node, deployment: Deployment, judgements: Iterable[Judgement], current: Certificate | None
) -> tuple[str, ...]:
    """Return the names that a new certificate of this node must hold, each once, present ones first.

    What cannot be a host name or an address is left out.
    """
    wanted: dict[str, None] = {}
    for name in current.names if current else ():
        wanted[name.lower()] = None
    for name in node.names:
        if "." in name and not _is_address(name):
            wanted[name.lower()] = None
    if node.cluster:
        wanted[node.cluster.lower()] = None
    if node.is_expressway:
        for special in (*node.phone_security_profiles, *node.chat_aliases, *node.federation_domains):
            wanted[special.lower()] = None
    if node.role == "expressway-e":
        for domain in deployment.domains:
            if domain not in wanted:
                wanted[f"collab-edge.{domain}"] = None
    for judgement in judgements:
        looked_for = judgement.name if judgement.presenter.id == node.id else None
        one_name = judgement.side == CLIENT or len(judgement.names_accepted) < 2
        # A short name or an address is a fault of the configuration, not a name for the certificate.
        if looked_for and one_name and "." in looked_for and not _is_address(looked_for):
            wanted[looked_for.lower()] = None
    return tuple(name for name in wanted if _HOST.fullmatch(name) or _is_address(name))


def artefacts(
    kinds: Iterable[str],
    params: Mapping[str, str],
    connections: Iterable[str],
    side: str,
    deployment: Deployment,
    judgements: Iterable[Judgement],
    evidence: Evidence,
    certificate: str = "",
) -> tuple[Artefact, ...]:
    """Return the files for one finding.

    Args:
        kinds: what its fix steps ask for ("missing_cas", "own_cas", "converted_file", "request").
        params: its placeholders (presenter, node, file).
        connections: ids of the connections it hits.
        side: whose certificate it is about, "" for all.
        deployment: the site.
        judgements: all judgements of the examination.
        evidence: all that was read.
        certificate: SHA-256, or its start, of the certificate that the finding is about: only who holds it as its own
            needs another.
    """
    wanted = set(kinds)
    hit = set(connections)
    every = tuple(judgements)
    mine = [j for j in every if j.connection.id in hit and (not side or j.side == side)]
    result: list[Artefact] = []
    if "missing_cas" in wanted:
        result += missing_cas(mine)
        result += ca_requests(mine)
    if "own_cas" in wanted:
        result += own_cas(mine)
        result += ca_requests(mine, own=True)
    if "converted_file" in wanted:
        if "file" in params:
            result += converted(evidence, [params["file"]], rewrite=True)
        else:
            result += converted(evidence, [d.origin.path for d in evidence.documents])
    if "request" in wanted:
        ids = dict.fromkeys([j.presenter.id for j in mine] or [params.get("presenter", params.get("node", ""))])
        shown = {j.presenter.id: j.identity for j in reversed(mine) if j.identity}
        holders = {
            node.id: identity
            for node in deployment.nodes.values()
            for identity in node.identities.values()
            if certificate and identity.leaf.certificate.sha256.startswith(certificate)
        }
        for node in (deployment.nodes[i] for i in holders or ids if i in deployment.nodes):
            identity = holders.get(node.id) or shown.get(node.id) or node.identities.get("server")
            leaf, slot = (identity.leaf.certificate, identity.slot) if identity else (None, "server")
            result.append(request(node, deployment, every, leaf, "server" if slot.startswith("candidate") else slot))
    return tuple(result)


def _lists(judgement: Judgement) -> tuple[str, ...]:
    """Names for the lists that need the CA: CUCM wants Expressway's CAs in both of its stores (S07)."""
    node = judgement.verifier
    if node.is_expressway:
        return (f"{node.id}-trusted-ca",)
    if node.role == "cucm" and judgement.connection.kind == "tftp-https":
        return (f"{node.id}-tomcat-trust", f"{node.id}-CallManager-trust")
    return (f"{node.id}-{judgement.trust.name if judgement.trust else 'ca'}-trust",)


def _own_list(judgement: Judgement) -> tuple[str, ...]:
    return (f"{judgement.presenter.id}-trusted-ca",)


def _held(node: Node) -> frozenset[str]:
    return frozenset(f.certificate.sha256 for f in node.trust["ca"].entries) if "ca" in node.trust else frozenset()


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.")[:60] or "certificate"


def _is_address(name: str) -> bool:
    return bool(re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]+", name))
