"""What kind of device a client is, as its description says: its id, its names, or the firmware given as version."""

from __future__ import annotations

import re

from certdoctor.deployment.model import Node

PHONE = "phone"
ROOM_DEVICE = "room_device"
CP_8831 = "cp8831"

_WORDS = re.compile(r"[a-z]+[0-9]*|[0-9]+")
_PHONES = re.compile(r"(ip)?(phones?|telefone?)[0-9]*|(cp|sip)?(78|88)[0-9]{2}")
_ROOMS = re.compile(r"(roomkit|roomos|codec)[0-9]*|(sx|mx|dx)[0-9]+")
_PHONE_FIRMWARE = re.compile(r"sip(78|88)[0-9x]{2}[a-z0-9_]*\.")
_ROOM_FIRMWARE = re.compile(r"(ce|tc|roomos)[ -]?[0-9]")


def kind_of(node: Node) -> str:
    """Return what a client is: one of the kinds above, "" where nothing says so."""
    if node.role != "client":
        return ""
    words = [word for text in (node.id, *node.names) for word in _WORDS.findall(text.lower().partition(".")[0])]
    firmware = (node.version.text if node.version else "").lower()
    if any(word.removeprefix("cp") == "8831" for word in words):
        return CP_8831
    if _PHONE_FIRMWARE.match(firmware) or any(_PHONES.fullmatch(word) for word in words):
        return PHONE
    if _ROOM_FIRMWARE.match(firmware) or any(_ROOMS.fullmatch(word) for word in words):
        return ROOM_DEVICE
    return ""


def firmware_of(node: Node) -> tuple[int, ...]:
    """Return the numbers of a device's firmware, () where it is not known: (12, 5, 1) of sip88xx.12-5-1SR2."""
    if node.version is None:
        return ()
    text = node.version.text.lower()
    load = _PHONE_FIRMWARE.match(text)
    return tuple(int(number) for number in re.findall(r"[0-9]+", text[load.end() :] if load else text))


def at_least(firmware: tuple[int, ...], first: str) -> bool:
    """Tell whether a firmware is `first` or later."""
    return firmware >= tuple(int(number) for number in re.findall(r"[0-9]+", first))
