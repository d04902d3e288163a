"""What an Expressway does with ACME: whether it is in use, what the CA said to it, and Jabber Guest beside it (S24)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from certdoctor.deployment.model import Deployment, Node
from certdoctor.evidence.items import Setting
from certdoctor.evidence.logs import narrow
from certdoctor.facts.alarms import Alarm, Alarms
from certdoctor.facts.authorities import Authorities
from certdoctor.facts.derive import node_subject
from certdoctor.facts.model import Fact, FactSource
from certdoctor.text import clean

_SIGN_ALARMS = ("40061", "40062")
# The words of an ACME server about a name that it could not validate; the last group tells what is behind it.
_ANSWERS: Mapping[str, re.Pattern[bytes]] = {
    "no_address": re.compile(
        rb"DNS problem: [A-Z]+ looking up (?:A|AAAA) for [\w.-]+|"
        rb"[Nn]o valid (?:A|AAAA|IP) (?:records|addresses) found for [\w.-]+"
    ),
    "elsewhere": re.compile(rb"Invalid response from https?://[^\s\"]{1,200}"),
    "unreachable": re.compile(
        rb"Fetching http://[^\s\"]{1,200}: (?:Timeout|Connection refused|Connection reset|No route to host)"
    ),
}


def scheduler(settings: Mapping[str, Setting]) -> Setting | None:
    """Return the setting of ACME's automated scheduler, None where the configuration does not say."""
    return next(
        (
            setting
            for path, setting in settings.items()
            if "acme" in path.lower()
            and "schedul" in path.lower().replace(" ", "")
            and setting.value.lower() in ("on", "off")
        ),
        None,
    )


def observe_acme(deployment: Deployment, alarms: Alarms, authorities: Authorities) -> Iterator[Fact]:
    """Yield the facts about ACME on every Expressway.

    Args:
        deployment: the site.
        alarms: what the logs tell of alarms: after the alarm was lowered an older answer of the CA is settled.
        authorities: the known CAs, Let's Encrypt's among them.
    """
    for node in deployment.nodes.values():
        if node.is_expressway:
            yield from _use(node, authorities)
            yield from _jabber_guest(node)
            yield from _answer(node, alarms.get(node.id, {}))


def _fact(node: Node, name: str, value: str, seen: tuple[str, ...], **bindings: str) -> Fact:
    return Fact(
        name,
        node_subject(node),
        value,
        bindings={"node": node.id, "node_name": clean(node.name), **bindings},
        seen=seen,
    )


def _use(node: Node, authorities: Authorities) -> Iterator[Fact]:
    server = node.identities.get("server")
    setting = scheduler(node.settings)
    if setting is not None and setting.value.lower() == "on":
        yield _fact(node, "acme.use", "in_use", _line(node, setting))
    elif server is not None:
        used = authorities.is_lets_encrypt(server.leaf.certificate.issuer)
        yield _fact(node, "acme.use", "in_use" if used else "not_used", (str(server.leaf.origin),))


def _jabber_guest(node: Node) -> Iterator[Fact]:
    found = [
        setting
        for path, setting in node.settings.items()
        if "jabberguest" in path.lower().replace(" ", "") and setting.value.lower() in ("on", "off")
    ]
    on = next((setting for setting in found if setting.value.lower() == "on"), None)
    if found:
        yield _fact(node, "node.jabber_guest", "on" if on else "off", _line(node, on or found[0]))


def _line(node: Node, setting: Setting) -> tuple[str, ...]:
    return (str(node.settings_origin.at(f"line {setting.line}")),) if node.settings_origin else ()


def _answer(node: Node, alarms: Mapping[str, Alarm]) -> Iterator[Fact]:
    signing = [alarms[number] for number in _SIGN_ALARMS if number in alarms]
    if signing and not any(alarm.raised for alarm in signing):
        return
    for value, pattern in _ANSWERS.items():
        for document in node.logs:
            data = narrow(document)
            found = None
            for found in pattern.finditer(data):  # noqa: B007  the last one holds
                pass
            if found is not None:
                line = data.count(b"\n", 0, found.start()) + 1
                seen = str(document.origin.at(f"line {line}"))
                detail = clean(found[0].decode("utf-8", "replace"), 200)
                yield Fact(
                    "acme.answer",
                    node_subject(node),
                    value,
                    FactSource.LOG,
                    {"node": node.id, "node_name": clean(node.name), "detail": detail, "log_line": seen},
                    (seen,),
                )
                return
