"""A site or a case as one file, and back.

The file is a zip archive: `manifest.json` names the form and the SHA-256 of every other member, `site.json` holds
the rows, `blobs/` the documents, `certificates/` the certificates. The same content gives the same bytes. Private
keys are not in the database, so none can be in the file.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certdoctor.casework.pseudonyms import Pseudonyms
from certdoctor.errors import BadInput
from certdoctor.evidence import asn1
from certdoctor.evidence.certificate import read
from certdoctor.language import _
from certdoctor.limits import DEFAULT, Limits
from certdoctor.store.sharing import BELONGS, Row, Shared, as_plain, from_plain
from certdoctor.text import clean

FORM = "certdoctor/share"
VERSION = 1
_MANIFEST = "manifest.json"
_SITE = "site.json"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip archive can name
_TABLES = (*BELONGS, "kb_revision")
# Documents cannot be rewritten, and the plan of a renewal holds certificates.
_OF_EVIDENCE = ("evidence", "assignment", "certificate_use", "problem", "renewal", "renewal_tick")
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def packed(shared: Shared, anonymous: bool = False) -> bytes:
    """Return the file of a site.

    Args:
        shared: the site as plain rows.
        anonymous: replace names and addresses, each always by the same word. Certificates, logs and other
            documents cannot be rewritten without breaking them: they stay out, the history stays in.
    """
    site: dict[str, Any] = {
        "customer": shared.customer,
        "site": shared.site,
        "domains": list(shared.domains),
        "created": shared.created.isoformat(),
        "rows": {name: [as_plain(row) for row in shared.rows.get(name, ())] for name in _TABLES},
    }
    members: dict[str, bytes] = {}
    if anonymous:
        names = Pseudonyms.of(shared)
        articles = site["rows"]["kb_revision"]  # our own words, which name nobody
        site["rows"] |= {name: [] for name in (*_OF_EVIDENCE, "kb_revision")}
        site = names.replaced(site)
        site["rows"]["kb_revision"] = articles
    else:
        members |= {f"blobs/{sha256}": data for sha256, data in shared.blobs.items()}
        members |= {f"certificates/{sha256}.der": data for sha256, data in shared.certificates.items()}
    members[_SITE] = _json(site)
    manifest = {
        "form": FORM,
        "version": VERSION,
        "anonymous": anonymous,
        "members": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())},
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in ((_MANIFEST, _json(manifest)), *sorted(members.items())):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return written.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "surrogatepass")


def unpacked(data: bytes, source: str, limits: Limits = DEFAULT) -> Shared:
    """Return the site of such a file.

    Args:
        data: the file.
        source: its name, for errors.
        limits: the bounds on its size.

    Raises:
        BadInput: it is of another kind, of a newer version, damaged, over a bound, or holds a private key.
    """
    get_again = _("Have it sent again.")
    members = _members(data, source, limits)
    try:
        manifest = json.loads(members.pop(_MANIFEST, b"null"))
    except ValueError as error:
        raise BadInput(source, _MANIFEST, _("The file is damaged."), get_again) from error
    if not isinstance(manifest, dict) or manifest.get("form") != FORM:
        raise BadInput(source, "", _("This is no site or case of certdoctor."), _("Add evidence to a case instead."))
    version = manifest.get("version")
    if not isinstance(version, int) or version > VERSION:
        reason = _(
            "The file was written by a newer version of certdoctor (its form is {version}, this one reads {known})."
        )
        raise BadInput(source, _MANIFEST, reason.format(version=version, known=VERSION), _("Install that version."))
    told = manifest.get("members")
    if not isinstance(told, dict) or set(told) != set(members):
        raise BadInput(source, _MANIFEST, _("Parts of the file are missing."), get_again)
    for name, content in members.items():
        if hashlib.sha256(content).hexdigest() != told[name]:
            raise BadInput(source, name, _("The file is damaged."), get_again)
        if _KEY.search(content):
            raise BadInput(source, name, _("It holds a private key; nothing of it was taken."), get_again)
    try:
        return _shared(members)
    except (ValueError, KeyError, TypeError, AttributeError, asn1.Malformed) as error:
        reason = _("Its content does not fit together ({why}).").format(why=clean(str(error), 200))
        raise BadInput(source, _SITE, reason, get_again) from error


def _members(data: bytes, source: str, limits: Limits) -> dict[str, bytes]:
    """Read the members, counting what comes out, not what the archive claims."""
    found: dict[str, bytes] = {}
    left = limits.archive_total_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > limits.archive_members:
                reason = _("It has more than {limit} members.").format(limit=limits.archive_members)
                raise BadInput(source, "", reason)
            for entry in entries:
                with archive.open(entry) as member:
                    content = member.read(left + 1)
                left -= len(content)
                if left < 0 or len(content) > max(limits.ratio_from_bytes, len(data) * limits.compression_ratio):
                    reason = _("It unpacks to more than is allowed ({limit} bytes).")
                    raise BadInput(source, entry.filename, reason.format(limit=limits.archive_total_bytes))
                found[entry.filename] = content
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise BadInput(source, "", _("The file is damaged or of another kind."), _("Have it sent again.")) from error
    return found


def _shared(members: Mapping[str, bytes]) -> Shared:
    site = json.loads(members[_SITE])
    created = datetime.fromisoformat(site["created"])
    rows: dict[str, list[Row]] = {name: [from_plain(name, row) for row in site["rows"][name]] for name in _TABLES}
    for event in rows["event"]:
        event["text"] = clean(event["text"], 2000)
    blobs, certificates = {}, {}
    for name, data in members.items():
        folder, _slash, key = name.partition("/")
        if folder == "blobs":
            blobs[key] = data
        elif folder == "certificates":
            certificates[key.removesuffix(".der")] = data
            read(data)
        elif name != _SITE:
            raise ValueError(name)
    for key, data in (*blobs.items(), *certificates.items()):
        if hashlib.sha256(data).hexdigest() != key:
            raise ValueError(key)
    if created.tzinfo is None or not all(
        isinstance(d, str) for d in (site["customer"], site["site"], *site["domains"])
    ):
        raise ValueError("site")
    return Shared(site["customer"], site["site"], tuple(site["domains"]), created, rows, blobs, certificates)
