"""What changed at a node between two of its snapshots.

Only what both snapshots hold is compared: a file that one of them lacks says nothing about a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from certdoctor.deployment.model import Identity, Node
from certdoctor.evidence.items import Certificate, Found, Setting

# Passwords stand enciphered in a configuration; that one changed is worth telling, its value is not.
_SECRET = re.compile(r"password|passphrase|secret|credential|private|community", re.IGNORECASE)
_STATE = re.compile(r"^zones zone \d+ (?:status|cause)$", re.IGNORECASE)
_HIDDEN = "***"


class What(StrEnum):
    """What kind of thing changed."""

    VERSION = "version"
    CERTIFICATE = "certificate"  # another one in the same slot
    ISSUER = "issuer"
    NAMES = "names"
    USAGES = "usages"  # extended key usages, as dotted OIDs
    KEY = "key"
    VALIDITY = "validity"
    TRUST_ADDED = "trust_added"
    TRUST_REMOVED = "trust_removed"
    SETTING = "setting"
    ZONE_STATE = "zone_state"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. Times are the archives' own time stamps ("" where a file carries none).

    `of` names what changed: an identity's slot, a trust list, a path of the configuration or status. `before` and
    `after` are "" where there was or is nothing.
    """

    node: str
    earlier: str
    later: str
    what: What
    of: str
    before: str
    after: str


def changes(node: Node) -> Iterator[Change]:
    """Yield what changed at a node from snapshot to snapshot, the newest differences first."""
    later, earlier = node, node.earlier
    while earlier is not None:
        for what, of, before, after in _differences(earlier, later):
            yield Change(node.id, moment(earlier.taken), moment(later.taken), what, of, before, after)
        later, earlier = earlier, earlier.earlier


def moment(taken: str) -> str:
    """Return an archive's time stamp as "2026-11-20 10:00", in the box's own time; other forms as they are."""
    digits = re.sub(r"\D", "", taken)
    if len(digits) < 12:
        return taken
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]} {digits[8:10]}:{digits[10:12]}"


_Difference = tuple[What, str, str, str]


def _differences(earlier: Node, later: Node) -> Iterator[_Difference]:
    if earlier.version and later.version and earlier.version.numbers != later.version.numbers:
        yield What.VERSION, "", str(earlier.version), str(later.version)
    for slot, identity in later.identities.items():
        if slot in earlier.identities:
            yield from _renewal(slot, earlier.identities[slot], identity)
    for name, held in later.trust.items():
        if name in earlier.trust:
            yield from _entries(name, earlier.trust[name].entries, held.entries)
    yield from _settings(earlier.settings, later.settings)
    yield from _states(earlier.status, later.status)


def _renewal(slot: str, earlier: Identity, later: Identity) -> Iterator[_Difference]:
    before, after = earlier.leaf.certificate, later.leaf.certificate
    if before.sha256 == after.sha256:
        return
    yield What.CERTIFICATE, slot, _named(before), _named(after)
    compared = (
        (What.ISSUER, before.issuer, after.issuer),
        (What.NAMES, ", ".join(sorted(before.names)), ", ".join(sorted(after.names))),
        (What.USAGES, _usages(before), _usages(after)),
        (What.KEY, _key(before), _key(after)),
        (What.VALIDITY, _validity(before), _validity(after)),
    )
    for what, was, is_now in compared:
        if was != is_now:
            yield what, slot, was, is_now


def _named(certificate: Certificate) -> str:
    return f"{certificate.label} ({certificate.serial})"


def _usages(certificate: Certificate) -> str:
    return ", ".join(sorted(certificate.extended_key_usage or ()))


def _key(certificate: Certificate) -> str:
    return f"{certificate.key_type} {certificate.key_bits}, {certificate.public_key_sha256[:16]}"


def _validity(certificate: Certificate) -> str:
    return f"{certificate.not_before:%Y-%m-%d} – {certificate.not_after:%Y-%m-%d}"


def _entries(name: str, earlier: tuple[Found, ...], later: tuple[Found, ...]) -> Iterator[_Difference]:
    before = {found.certificate.sha256: found.certificate for found in earlier}
    after = {found.certificate.sha256: found.certificate for found in later}
    for sha256, certificate in before.items():
        if sha256 not in after:
            yield What.TRUST_REMOVED, name, _named(certificate), ""
    for sha256, certificate in after.items():
        if sha256 not in before:
            yield What.TRUST_ADDED, name, "", _named(certificate)


def _settings(earlier: Mapping[str, Setting], later: Mapping[str, Setting]) -> Iterator[_Difference]:
    before = {path.lower(): (path, setting.value) for path, setting in earlier.items()}
    after = {path.lower(): (path, setting.value) for path, setting in later.items()}
    # A dump of another kind (some commands only, XML, which is more complete) does not mean that the rest is gone.
    alike = 2 * len(before.keys() & after.keys()) > max(len(before), len(after))
    for key in sorted(before.keys() | after.keys(), key=_in_order):
        if not alike and (key not in before or key not in after):
            continue
        path = (after.get(key) or before[key])[0]
        was, is_now = before.get(key, ("", ""))[1], after.get(key, ("", ""))[1]
        if was != is_now:
            if _SECRET.search(path):
                was, is_now = was and _HIDDEN, is_now and _HIDDEN
            yield What.SETTING, path, was, is_now


def _in_order(path: str) -> tuple[tuple[int, str], ...]:
    """Zone 2 comes before zone 10."""
    return tuple((int(word), "") if word.isdecimal() and len(word) < 10 else (-1, word) for word in path.split())


def _states(earlier: Mapping[str, Setting], later: Mapping[str, Setting]) -> Iterator[_Difference]:
    for path, setting in later.items():
        was = earlier.get(path)
        if was is not None and was.value != setting.value and _STATE.match(path):
            yield What.ZONE_STATE, path, was.value, setting.value
