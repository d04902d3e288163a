"""What stands between administrators and the web pages of an Expressway (S12, S15)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.model import SERVER, Deployment, Judgement, Node
from certdoctor.evidence.items import Document, Setting
from certdoctor.evidence.logs import narrow
from certdoctor.facts.derive import node_subject, side_subject
from certdoctor.facts.model import Fact, FactSource
from certdoctor.text import clean

_CERTIFICATE_MODE = "Authentication Certificate Mode"
_MODES = {"notrequired": "not_required", "validation": "validation", "authentication": "authentication"}
_HSTS = "Management Interface HstsMode"
_REFUSED = re.compile(rb'Event="(?:Admin Session )?CBA Authorization Failure"', re.IGNORECASE)


def observe_administration(deployment: Deployment, judgements: Sequence[Judgement]) -> Iterator[Fact]:
    """Yield whether browsers need a certificate, whether one was turned away, and whether HSTS is on.

    Args:
        deployment: the site.
        judgements: both sides of every connection; HSTS is told of administrators' browser sessions.
    """
    for node in deployment.nodes.values():
        if node.is_expressway:
            yield from _certificate_mode(node)
            yield from _turned_away(node)
    for judgement in judgements:
        if judgement.connection.kind == "admin-web" and judgement.side == SERVER and judgement.presenter.is_expressway:
            yield from _strict_transport(judgement)


def _shown(node: Node) -> Mapping[str, str]:
    return {"node": node.id, "node_name": clean(node.name)}


def _where(node: Node, setting: Setting) -> tuple[str, ...]:
    return (str(node.settings_origin.at(f"line {setting.line}")),) if node.settings_origin else ()


def _certificate_mode(node: Node) -> Iterator[Fact]:
    setting = expressway.lookup(node.settings, _CERTIFICATE_MODE)
    value = _MODES.get(re.sub(r"[^a-z]", "", setting.value.lower())) if setting else None
    if setting is not None and value is not None:
        bindings = {**_shown(node), "setting": f"{_CERTIFICATE_MODE}: {clean(setting.value)}"}
        yield Fact("admin.client_certificate", node_subject(node), value, bindings=bindings, seen=_where(node, setting))


def _turned_away(node: Node) -> Iterator[Fact]:
    seen = next((place for document in node.logs for place in _lines(document)), "")
    if node.logs:
        bindings = {**_shown(node), "log_line": seen}
        value = "seen" if seen else "not_seen"
        yield Fact("admin.turned_away", node_subject(node), value, FactSource.LOG, bindings, (seen,) if seen else ())


def _lines(document: Document) -> Iterator[str]:
    data = narrow(document)
    for found in _REFUSED.finditer(data):
        line = data.count(b"\n", 0, found.start()) + 1
        yield str(document.origin.at(f"line {line}"))


def _strict_transport(judgement: Judgement) -> Iterator[Fact]:
    node = judgement.presenter
    setting = expressway.lookup(node.settings, _HSTS)
    if setting is not None and setting.value.lower() in ("on", "off"):
        yield Fact(
            "admin.hsts",
            side_subject(judgement),
            setting.value.lower(),
            bindings=_shown(node),
            seen=_where(node, setting),
        )
