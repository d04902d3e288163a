"""What only the SSH tunnels between Expressway-C and Expressway-E make of certificates and settings (TCP 2222)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from certdoctor.deployment import expressway
from certdoctor.deployment.model import SERVER, Judgement, Node
from certdoctor.evidence.items import Certificate
from certdoctor.facts.alarms import Alarm, Alarms
from certdoctor.facts.derive import side_subject
from certdoctor.facts.model import Fact, FactSource
from certdoctor.text import clean

_ALGORITHMS = "Ciphers sshd_pfwd_pubkeyalgorithms Value"
_CIPHERS = "Ciphers sshd_pfwd_ciphers Value"
_CURVES = {256: "x509v3-ecdsa-sha2-nistp256", 384: "x509v3-ecdsa-sha2-nistp384", 521: "x509v3-ecdsa-sha2-nistp521"}
_NUMERIC = re.compile(r"(?:^|[,+]\s*)(\d+(?:\.\d+)+)=")
# Attributes that OpenSSL has names for (X.520, PKCS#9, RFC 4519), and the three of EV certificates that are supported.
_NAMED = ("2.5.4.", "1.2.840.113549.1.9.", "0.9.2342.19200300.100.1.", "1.3.6.1.4.1.311.60.2.1.")


_ALARMS = {"35014": "notification", "35013": "failure"}  # the more telling one first


def observe_tunnels(judgements: Sequence[Judgement], alarms: Alarms | None = None) -> Iterator[Fact]:
    """Yield the facts of all SSH tunnels: alarms, algorithms, ciphers, names that they cannot take (S12, S19, S20, S31).

    Args:
        judgements: both sides of every connection.
        alarms: what the logs of the boxes tell of alarms.
    """
    for judgement in judgements:
        if judgement.connection.kind == "traversal-ssh":
            yield from _alarm(judgement, alarms or {})
        if judgement.connection.kind == "traversal-ssh" and judgement.sent:
            yield from _algorithms(judgement)
            yield from _attributes(judgement)
            if judgement.side == SERVER:
                yield from _ciphers(judgement)
                yield from _host_name(judgement)


def _fact(j: Judgement, about: str, value: str, seen: Sequence[str], **bindings: str) -> Fact:
    shown = {
        "presenter_name": clean(j.presenter.name),
        "verifier_name": clean(j.verifier.name),
        "leaf": clean(j.sent[0].label),
        **{key: clean(text) for key, text in bindings.items()},
    }
    return Fact(about, side_subject(j), value, bindings=shown, seen=tuple(seen))


def _alarm(j: Judgement, alarms: Alarms) -> Iterator[Fact]:
    """The alarm about the tunnels that stands on one of the two boxes."""
    standing: dict[str, Alarm] = {}
    for node in (j.presenter, j.verifier):
        for number, alarm in alarms.get(node.id, {}).items():
            if alarm.raised:
                standing.setdefault(number, alarm)
    for alarm in [standing[number] for number in _ALARMS if number in standing][:1]:
        bindings = {"detail": alarm.detail or alarm.number, "log_line": alarm.seen}
        value = _ALARMS[alarm.number]
        yield Fact("tunnel.alarm", side_subject(j), value, FactSource.LOG, bindings, (alarm.seen,))


def _seen(node: Node, path: str) -> tuple[str, ...]:
    setting = expressway.lookup(node.settings, path)
    return (str(node.settings_origin.at(f"line {setting.line}")),) if setting and node.settings_origin else ()


def _wanted(leaf: Certificate) -> str:
    return "x509v3-rsa2048-sha256" if leaf.key_type == "rsa" else _CURVES.get(leaf.key_bits, "")


def _algorithms(j: Judgement) -> Iterator[Fact]:
    """Whether both boxes' lists have the algorithm of this certificate's key; a list that is not known says nothing."""
    wanted = _wanted(j.sent[0])
    known = [node for node in (j.presenter, j.verifier) if expressway.value(node.settings, _ALGORITHMS)]
    if not wanted or not known:
        return
    lacking = [
        n for n in known if wanted not in re.split(r"[,:\s]+", expressway.value(n.settings, _ALGORITHMS).lower())
    ]
    if lacking:
        value = expressway.value(lacking[0].settings, _ALGORITHMS)
        where = _seen(lacking[0], _ALGORITHMS)
        yield _fact(j, "tunnel.algorithm", "not_allowed", where, algorithm=wanted, box=lacking[0].name, allowed=value)
    elif len(known) == 2:
        yield _fact(j, "tunnel.algorithm", "allowed", (), algorithm=wanted, box="", allowed="")


def _ciphers(j: Judgement) -> Iterator[Fact]:
    mine, other = (expressway.value(node.settings, _CIPHERS) for node in (j.presenter, j.verifier))
    if mine and other:
        common = {c for c in re.split(r"[,:\s]+", mine.lower()) if c} & set(re.split(r"[,:\s]+", other.lower()))
        where = (*_seen(j.presenter, _CIPHERS), *_seen(j.verifier, _CIPHERS))
        yield _fact(j, "tunnel.ciphers", "common" if common else "apart", where, ciphers=mine, other_ciphers=other)


def _attributes(j: Judgement) -> Iterator[Fact]:
    leaf = j.sent[0]
    foreign = [
        oid for text in (leaf.subject, leaf.issuer) for oid in _NUMERIC.findall(text) if not oid.startswith(_NAMED)
    ]
    where = (str(j.identity.leaf.origin),) if j.identity else ()
    value = "foreign" if foreign else "usual"
    yield _fact(j, "tunnel.attributes", value, where, oid=", ".join(dict.fromkeys(foreign)) or "–")


def _host_name(j: Judgement) -> Iterator[Fact]:
    name = expressway.value(j.presenter.settings, "IP DNS Hostname")
    if name:
        where = _seen(j.presenter, "IP DNS Hostname")
        yield _fact(j, "tunnel.host_name", "underscore" if "_" in name else "plain", where, host=name)
