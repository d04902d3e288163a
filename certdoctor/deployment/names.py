"""Whether a name that one side looks for is among the names of a certificate (RFC 6125 without its wildcards)."""

from __future__ import annotations

import ipaddress

from certdoctor.evidence.items import Certificate

SAN = "san"
CN_ONLY = "cn_only"
IP_AS_DNS = "ip_as_dns"
WILDCARD = "wildcard"
NONE = "none"


def form_of(name: str) -> str:
    """Return "ip", "short" or "fqdn"."""
    return "ip" if _address(name) else "fqdn" if "." in name.strip(".") else "short"


def match(certificate: Certificate, names: tuple[str, ...], wildcards: bool = False) -> str:
    """Return how the best of `names` is found in the certificate.

    Args:
        certificate: whose SANs are looked at.
        names: any of these will do.
        wildcards: whether the verifier accepts `*.example.com` (clients do, Expressway does not).
    """
    order = (SAN, WILDCARD, IP_AS_DNS, CN_ONLY, NONE)
    found = [_match_one(certificate, name) for name in names]
    best = min(found, key=order.index, default=NONE)
    return SAN if best == WILDCARD and wildcards else best


def _match_one(certificate: Certificate, name: str) -> str:
    wanted = name.rstrip(".").lower()
    held = {dns.rstrip(".").lower() for dns in certificate.dns_names}
    address = _address(wanted)
    if address:
        if address in {_address(ip) for ip in certificate.ip_addresses}:
            return SAN
        return IP_AS_DNS if wanted in held else CN_ONLY if certificate.common_name == name else NONE
    if wanted in held:
        return SAN
    parent = wanted.partition(".")[2]
    if parent and f"*.{parent}" in held:
        return WILDCARD
    return CN_ONLY if (certificate.common_name or "").lower() == wanted else NONE


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


# Ends of names that public DNS does not have: RFC 2606, RFC 6762 appendix G, and .internal (ICANN, 2024).
_INSIDE_ENDS = frozenset(
    ("local", "localdomain", "localhost", "lan", "internal", "intranet", "private", "corp", "home", "invalid", "test")
)
_INSIDE_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_internal(name: str) -> bool:
    """Tell whether no public CA can vouch for a name: a short name, a private address, or an end that exists inside only.

    CA/Browser Forum Baseline Requirements, section 4.2.2: no certificates for internal names and reserved addresses.
    """
    plain = name.lower().rstrip(".")
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return "." not in plain or plain.rpartition(".")[2] in _INSIDE_ENDS
    return any(address in network for network in _INSIDE_NETWORKS if network.version == address.version)
