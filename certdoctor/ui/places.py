"""Where a document can belong: the slots of each role, and how a place is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certdoctor.language import N_, _

if TYPE_CHECKING:
    from certdoctor.evidence.site import NodeDescription

_EXPRESSWAY = ("identity:server", "identity:client", "trust:ca")
_UCM = ("identity:tomcat", "identity:tomcat-ecdsa", "identity:callmanager", "identity:callmanager-ecdsa",
        "trust:tomcat", "trust:callmanager")  # fmt: skip
_IMP = ("identity:tomcat", "identity:cup", "identity:cup-xmpp", "identity:cup-xmpp-s2s", "trust:tomcat",
        "trust:cup", "trust:cup-xmpp")  # fmt: skip

SLOTS: dict[str, tuple[str, ...]] = {
    "expressway-c": _EXPRESSWAY,
    "expressway-e": _EXPRESSWAY,
    "cucm": _UCM,
    "imp": _IMP,
    "cuc": ("identity:tomcat", "trust:tomcat"),
}
OTHER_SLOTS = ("identity:server", "identity:client", "trust:ca")
COMMON_SLOTS = ("identity:previous", "identity:candidate", "csr", "crl")
BY_KIND: dict[str, tuple[str, ...]] = {"log": ("log",), "xconfiguration": ("xconf",), "xstatus": ("xstat",)}

_WORDS = {
    "xconf": "xConfiguration",
    "xstat": "xStatus",
    "log": N_("log"),
    "csr": N_("signing request"),
    "crl": N_("revocation list"),
    "identity:previous": N_("certificate before the renewal"),
    "identity:candidate": N_("certificate to be uploaded"),
}


def slots_for(role: str, kind: str) -> tuple[str, ...]:
    """Return the slots of a node of this role that a document of this kind can have."""
    return BY_KIND.get(kind) or (*SLOTS.get(role, OTHER_SLOTS), *COMMON_SLOTS)


def slot_text(slot: str) -> str:
    """Return a slot in words ("server certificate", "trust list ca")."""
    if slot in _WORDS:
        return _(_WORDS[slot])
    kind, _colon, name = slot.partition(":")
    if kind == "identity":
        return _("{name} certificate").format(name=name)
    if kind == "trust":
        return _("trust list {name}").format(name=name)
    return slot


def place_text(node: str, slot: str) -> str:
    """Return a place in words ("expc1: server certificate"), "" for none."""
    if not node:
        return ""
    return f"{node}: {slot_text(slot)}" if slot else node


def choices(nodes: tuple[NodeDescription, ...], kind: str) -> list[tuple[str, str]]:
    """Return every (node, slot) that a document of this kind could have."""
    return [(node.id, slot) for node in nodes for slot in slots_for(node.role, kind)]
