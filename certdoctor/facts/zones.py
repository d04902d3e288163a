"""What the zones of an Expressway's configuration are set to, as far as it bears on certificates."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from certdoctor.deployment import expressway
from certdoctor.deployment.model import Deployment, Node
from certdoctor.evidence.items import Setting
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact
from certdoctor.text import clean

# Names in Webex's certificates for calls; the first stands in the pre-filled Webex zone (S28).
WEBEX_NAMES = ("callservice.webex.com", "callservice.ciscospark.com")
_ALIKE = 0.9  # of two names: one or two letters differ
_UC_TYPE = "unifiedcommunicationstraversal"
_FORCED = ("on", "forceencrypted", "force encrypted")
_NOT_FORCED = ("off", "auto", "besteffort", "best effort", "forceunencrypted", "force unencrypted")


def observe_zones(deployment: Deployment) -> Iterator[Fact]:
    """Yield the facts about the zones of every Expressway whose configuration is in the evidence.

    Of several zones of a kind the first that is set wrong is told, else the first.
    """
    for node in deployment.nodes.values():
        if node.is_expressway and node.settings:
            yield from _traversal(node)
            yield from _webex(node)


def _fact(node: Node, name: str, value: str, setting: Setting, what: str) -> Fact:
    seen = (str(node.settings_origin.at(f"line {setting.line}")),) if node.settings_origin else ()
    bindings = {"node": node.id, "node_name": clean(node.name), "detail": clean(what)}
    return Fact(name, node_subject(node), value, bindings=bindings, seen=seen)


def _worst(found: list[Fact], wrong: str) -> Iterator[Fact]:
    yield from ([fact for fact in found if fact.value == wrong] or found)[:1]


def _traversal(node: Node) -> Iterator[Fact]:
    zones = [zone for zone in expressway.zones(node.settings) if zone.kind.lower().startswith(_UC_TYPE)]
    verify: list[Fact] = []
    media: list[Fact] = []
    for zone in zones:
        base = f"Zones Zone {zone.number}"
        for side in ("TraversalClient", "TraversalServer"):
            mode = expressway.lookup(node.settings, f"{base} {side} SIP TLS Verify Mode")
            if mode is not None and mode.value.lower() in ("on", "off"):
                what = f'{zone.name or base}: TLS Verify Mode "{mode.value}"'
                verify.append(_fact(node, "zone.uc_verify", mode.value.lower(), mode, what))
        encryption = _media_encryption(node.settings, zone.number)
        if encryption is not None and encryption.value.lower() in (*_FORCED, *_NOT_FORCED):
            value = "forced" if encryption.value.lower() in _FORCED else "not_forced"
            what = f'{zone.name or base}: Media Encryption Mode "{encryption.value}"'
            media.append(_fact(node, "zone.uc_media", value, encryption, what))
    yield from _worst(verify, "off")
    yield from _worst(media, "not_forced")
    sip_tls = expressway.lookup(node.settings, "SIP TLS Mode")
    if zones and sip_tls is not None and sip_tls.value.lower() in ("on", "off"):
        yield _fact(node, "zone.uc_sip_tls", sip_tls.value.lower(), sip_tls, f'SIP TLS Mode "{sip_tls.value}"')


def _media_encryption(settings: Mapping[str, Setting], number: int) -> Setting | None:
    start, end = f"zones zone {number} traversal", "mediaencryptionmode"
    return next(
        (
            setting
            for path, setting in settings.items()
            if path.lower().startswith(start) and path.lower().replace(" ", "").endswith(end)
        ),
        None,
    )


def _webex(node: Node) -> Iterator[Fact]:
    names: list[Fact] = []
    mappings: list[Fact] = []
    for zone in expressway.zones(node.settings):
        base = f"Zones Zone {zone.number} DNS SIP TLS Verify"
        name = expressway.lookup(node.settings, f"{base} Subject Name")
        if name is None or not name.value or expressway.value(node.settings, f"{base} Mode").lower() != "on":
            continue
        wanted = _webex_name(name.value)
        if not wanted:
            continue
        value = "right" if wanted == name.value.lower() else "mistyped"
        fact = _fact(node, "zone.webex_name", value, name, zone.name or base)
        more = {"zone": clean(zone.name or f"Zone {zone.number}"), "name": clean(name.value), "wanted": wanted}
        names.append(Fact(fact.id, fact.subject, fact.value, fact.source, {**fact.bindings, **more}, fact.seen))
        mapping = expressway.lookup(node.settings, f"{base} InboundClassification")
        if mapping is not None and mapping.value.lower() in ("on", "off") and value == "right":
            fact = _fact(node, "zone.webex_mapping", mapping.value.lower(), mapping, zone.name or base)
            mappings.append(Fact(fact.id, fact.subject, fact.value, fact.source, {**fact.bindings, **more}, fact.seen))
    yield from _worst(names, "mistyped")
    yield from _worst(mappings, "off")


def _webex_name(name: str) -> str:
    """Return the name of Webex that is meant, "" if none is."""
    lowered = name.lower().rstrip(".")
    if lowered in WEBEX_NAMES:
        return lowered
    return next(iter(difflib.get_close_matches(lowered, WEBEX_NAMES, 1, _ALIKE)), "")
