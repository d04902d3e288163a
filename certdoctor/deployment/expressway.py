"""What an Expressway's configuration says: names, cluster, zones (xConfiguration, Administrator Guide X15)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from certdoctor.evidence.items import Setting

_ZONE = re.compile(r"^zones zone (\d+) (.+)$")
_PEER = re.compile(r"^traversalclient peer (\d+) address$")
_NEIGHBOUR = re.compile(r"^neighbor peer (\d+) address$")

_ADDRESS = re.compile(r"^ethernet \d+ ip v[46] (?:staticnat )?address$")
_CLUSTER_PEER = re.compile(r"^alternates peer (\d+) address$")


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone. `role` is "client", "server" or "" where it is no traversal zone."""

    number: int
    name: str
    kind: str
    role: str
    port: int | None
    peers: tuple[Setting, ...]
    verify_name: Setting | None
    neighbours: tuple[Setting, ...] = ()  # peer addresses of a neighbour zone
    tls: bool = False  # whether a neighbour zone uses SIP over TLS
    dns_name: Setting | None = None  # the name that a DNS zone verifies, where it does


def lookup(settings: Mapping[str, Setting], path: str) -> Setting | None:
    """Return the setting at `path`, whatever its case, or None if the configuration does not hold it."""
    wanted = path.lower()
    return next((setting for key, setting in settings.items() if key.lower() == wanted), None)


def value(settings: Mapping[str, Setting], path: str) -> str:
    """Return the value at `path`, "" if it is not there."""
    setting = lookup(settings, path)
    return setting.value if setting else ""


def host_name(settings: Mapping[str, Setting]) -> str:
    """Return the host name with its domain, as far as the configuration gives them."""
    host = value(settings, "IP DNS Hostname") or value(settings, "SystemUnit Name")
    domain = value(settings, "IP DNS Domain Name")
    return f"{host}.{domain}" if host and domain else host


def addresses(settings: Mapping[str, Setting]) -> tuple[str, ...]:
    """Return the box's own addresses, those behind which a static NAT shows it included."""
    held = (setting.value for key, setting in settings.items() if _ADDRESS.match(key.lower()))
    return tuple(dict.fromkeys(address for address in held if address and address != "127.0.0.1"))


def role(settings: Mapping[str, Setting]) -> str:
    """Return "expressway-c" or "expressway-e" as the traversal zones tell, "" if they do not."""
    roles = {zone.role for zone in zones(settings)}
    return "expressway-c" if "client" in roles else "expressway-e" if "server" in roles else ""


def cluster_peers(settings: Mapping[str, Setting]) -> tuple[Setting, ...]:
    """Return the addresses of the cluster's peers in their order, the node's own among them."""
    found = sorted(
        (int(match[1]), setting)
        for key, setting in settings.items()
        if (match := _CLUSTER_PEER.match(key.lower())) and setting.value
    )
    return tuple(setting for _, setting in found)


def zones(settings: Mapping[str, Setting]) -> tuple[Zone, ...]:
    """Return all zones in the order of their numbers."""
    parts: dict[int, dict[str, Setting]] = {}
    for key, setting in settings.items():
        found = _ZONE.match(key.lower())
        if found:
            parts.setdefault(int(found[1]), {})[found[2]] = setting
    return tuple(_zone(number, parts[number]) for number in sorted(parts))


def _zone(number: int, held: Mapping[str, Setting]) -> Zone:
    kind = held["type"].value if "type" in held else ""
    peers = sorted((int(m[1]), setting) for key, setting in held.items() if (m := _PEER.match(key)))
    as_server = any(key.startswith("traversalserver ") for key in held)
    role = (
        "client"
        if peers or "traversalclient" in kind.lower()
        else "server"
        if as_server or "traversalserver" in kind.lower()
        else ""
    )
    neighbours = sorted((int(m[1]), setting) for key, setting in held.items() if (m := _NEIGHBOUR.match(key)))
    port = held.get(f"traversal{role} sip port" if role else "neighbor sip port")
    transport = held.get("neighbor sip transport")
    dns_name = held.get("dns sip tls verify subject name")
    verified = held.get("dns sip tls verify mode")
    verify_name = held.get("traversalserver sip tls verify subject name")
    return Zone(
        number=number,
        name=held["name"].value if "name" in held else "",
        kind=kind,
        role=role,
        port=int(port.value) if port and port.value.isdigit() else None,
        peers=tuple(setting for _, setting in peers if setting.value),
        verify_name=verify_name if verify_name and verify_name.value else None,
        neighbours=tuple(setting for _, setting in neighbours if setting.value),
        tls=transport is not None and transport.value.lower() == "tls",
        dns_name=dns_name if dns_name and dns_name.value and verified and verified.value.lower() == "on" else None,
    )
