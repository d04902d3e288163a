"""Files that are to be uploaded, as the box will read them: private keys, and text that OpenSSL does not take."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator

from certdoctor.deployment.model import Deployment
from certdoctor.evidence.items import Document, Form
from certdoctor.facts.derive import file_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean


def observe_files(deployment: Deployment, documents: Iterable[Document]) -> Iterator[Fact]:
    """Yield the facts about key files and about the text of offered certificate files.

    Args:
        deployment: the site; its Expressways' candidates tell which files are to be uploaded.
        documents: the evidence.
    """
    offered: dict[str, str] = {}
    takers: list[str] = []
    candidates: dict[str, str] = {}
    for node in deployment.nodes.values():
        if node.is_expressway:
            offered |= {document.origin.path: node.name for document in node.offered}
            takers += [node.name] if node.offered else []
            for slot, identity in node.identities.items():
                if slot.startswith("candidate"):
                    candidates[identity.leaf.certificate.public_key_sha256] = node.name
    for document in documents:
        path = document.origin.path
        bindings = {"file": path}
        if document.keys and document.form != Form.PFX:
            locked = any(key.encrypted for key in document.keys)
            yield Fact(
                "file.key", file_subject(document), "encrypted" if locked else "plain", bindings=bindings, seen=(path,)
            )
            # What is kept of a key file ends as the file itself did; only the key is taken out of it.
            ended = document.stored.endswith((b"\n", b"\r"))
            yield Fact(
                "file.end",
                file_subject(document),
                "line_end" if ended else "no_line_end",
                bindings=bindings,
                seen=(path,),
            )
            halves = [key.public_key_sha256 for key in document.keys if key.public_key_sha256 in candidates]
            owner = candidates[halves[0]] if halves and halves[0] else ""
            if locked and not owner and len(takers) == 1:
                # Whose key it is nobody can see; beside files for one box alone it is that box's.
                owner = takers[0]
            if owner and path not in offered:
                yield Fact(
                    "file.purpose",
                    file_subject(document),
                    "upload",
                    bindings={**bindings, "node_name": clean(owner)},
                    seen=(path,),
                )
        if path in offered and document.form == Form.PEM and document.certificates:
            yield Fact(
                "file.reading",
                file_subject(document),
                "whole" if _taken(document) else "not_whole",
                bindings=bindings,
                seen=(path,),
            )


def _taken(document: Document) -> bool:
    """Tell whether OpenSSL finds every certificate of a PEM file that our own reader finds."""
    text = "".join(chr(byte) if byte < 128 else "?" for byte in document.stored)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=text)
    except ssl.SSLError:
        return False
    return context.cert_store_stats()["x509"] >= len({found.certificate.sha256 for found in document.certificates})
