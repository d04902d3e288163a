"""`certdoctor probe`: the live look as text and JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from certdoctor.errors import BadInput, CertdoctorError
from certdoctor.evidence import stored
from certdoctor.evidence.items import Certificate
from certdoctor.evidence.probe import Outcome, ProbeResult, as_document, client_identity, probe
from certdoctor.evidence.targets import Starttls, Target, target
from certdoctor.language import _
from certdoctor.sentences import told
from certdoctor.text import clean

SCHEMA = "certdoctor/probe@1"
REFUSED = 1
NO_ANSWER = 3
_AT_ONCE = 8


def run(
    hosts: Sequence[str],
    *,
    site: Path | None,
    sni: str | None,
    starttls: str | None,
    client_cert: Path | None,
    client_key: Path | None,
    timeout: float,
    form: str,
    files: Path | None,
    now: Callable[[], datetime],
) -> int:
    """Look at the targets, print what was seen in the order given, and return the exit code.

    Returns:
        0: each sent its chain and stayed; else 1: one refused, or speaks no TLS; else 3: one gave no answer.

    Raises:
        CertdoctorError: a target, the site, the client certificate or the folder to write into cannot be used.
    """
    targets = _targets(hosts, site, sni, Starttls(starttls) if starttls else None, now)
    if client_key is not None and client_cert is None:
        raise BadInput(str(client_key), "", _("a key needs its certificate."), _("Name it with --client-cert."))
    client = client_identity(client_cert, client_key or client_cert) if client_cert is not None else None
    if files is not None and files.exists() and any(files.iterdir()):
        raise CertdoctorError(
            _("{folder} exists and is not empty; name a new folder for the files.").format(folder=files)
        )
    with ThreadPoolExecutor(_AT_ONCE) as looking:
        results = tuple(looking.map(partial(probe, timeout=timeout, client=client), targets))
    at = now()
    print(as_json(results, at) if form == "json" else as_text(results))
    if files is not None:
        _write(results, at, files)
    outcomes = {result.outcome for result in results}
    if outcomes & {Outcome.REFUSED, Outcome.NOT_TLS}:
        return REFUSED
    return NO_ANSWER if Outcome.NO_ANSWER in outcomes else 0


def _targets(
    hosts: Sequence[str],
    site: Path | None,
    sni: str | None,
    starttls: Starttls | None,
    now: Callable[[], datetime],
) -> tuple[Target, ...]:
    found = [target(host, sni, starttls) for host in hosts]
    if site is not None:
        from certdoctor.casework.live import site_targets

        if not site.exists():
            raise BadInput(str(site), "", _("there is no such file or folder."), _("Check the path."))
        found += site_targets(site, now())
    if not found:
        raise CertdoctorError(_("Name a target (HOST or HOST:PORT), or a site with --site."))
    return tuple(dict.fromkeys(found))


def _write(results: Sequence[ProbeResult], at: datetime, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    taken: set[str] = set()
    for result in results:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{result.host}_{result.port}")
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        file = folder / f"{name}{'.pem' if result.chain else '.log'}"
        file.write_bytes(as_document(result, at).stored)
        print(file, file=sys.stderr)


# --- text ----------------------------------------------------------------------------------------------------


def as_text(results: Sequence[ProbeResult]) -> str:
    """Return the results as plain text."""
    return "\n\n".join("\n".join(_text(result)) for result in results)


def _text(result: ProbeResult) -> Iterator[str]:
    where = f" ({clean(result.address)})" if result.address and result.address != result.host else ""
    yield f"{clean(result.place)}{where}: {_words(result.outcome)}, {result.took:.2f} s"
    if result.error:
        yield f"   {clean(told(result.error))}"
    if result.sni and result.sni != result.host:
        yield "   " + _("name asked for: {name}").format(name=clean(result.sni))
    if result.ssh_banner:
        yield f"   {clean(result.ssh_banner, 200)}"
    if result.plaintext_reply:
        for line in result.plaintext_reply.splitlines()[:5]:
            yield f"   | {clean(line, 120)}"
    if result.tls_version:
        yield f"   {result.tls_version}" + (f", {clean(result.cipher)}" if result.cipher else "")
    yield from _client_certificate(result)
    for remark in result.remarks:
        yield f"   {clean(told(remark))}"
    if result.chain:
        yield "   " + _("Chain as sent:")
    for number, sent in enumerate(result.chain, 1):
        yield from _certificate(number, sent)


def _words(outcome: Outcome) -> str:
    return {
        Outcome.CONNECTED: _("connected"),
        Outcome.REFUSED: _("refused"),
        Outcome.NOT_TLS: _("no TLS"),
        Outcome.NO_ANSWER: _("no answer"),
    }[outcome]


def _client_certificate(result: ProbeResult) -> Iterator[str]:
    if result.client_certificate_requested is None:
        return
    if not result.client_certificate_requested:
        yield "   " + _("Client certificate: not asked for")
        return
    given = _("presented") if result.client_certificate_given else _("none presented")
    if not result.acceptable_cas:
        yield "   " + _("Client certificate: asked for, no CAs named ({given})").format(given=given)
        return
    yield "   " + _("Client certificate: asked for ({given}), from these CAs:").format(given=given)
    for name in result.acceptable_cas:
        yield f"      {clean(name, 200)}"


def _certificate(number: int, sent: Certificate) -> Iterator[str]:
    yield f"   {number}. {clean(sent.subject, 200)}"
    if sent.names:
        yield "      " + _("names: {names}").format(names=clean(", ".join(sent.names), 400))
    yield "      " + _("issued by: {issuer}").format(issuer=clean(sent.issuer, 200))
    first, last = (moment.strftime("%Y-%m-%d %H:%M UTC") for moment in (sent.not_before, sent.not_after))
    yield "      " + _("valid: {first} to {last}").format(first=first, last=last)
    yield f"      SHA-256 {sent.sha256}"


# --- JSON ----------------------------------------------------------------------------------------------------


def as_json(results: Sequence[ProbeResult], at: datetime) -> str:
    """Return the results in the form certdoctor/probe@1."""
    form = {"schema": SCHEMA, "at": _moment(at), "targets": [_fields(result) for result in results]}
    return json.dumps(form, indent=2, ensure_ascii=False)


def _fields(result: ProbeResult) -> dict[str, Any]:
    return {
        "host": clean(result.host),
        "port": result.port,
        "sni": result.sni,
        "starttls": result.starttls,
        "address": result.address,
        "outcome": result.outcome,
        "seconds": result.took,
        "tls_version": result.tls_version,
        "cipher": result.cipher,
        "client_certificate_requested": result.client_certificate_requested,
        "client_certificate_given": result.client_certificate_given,
        "acceptable_cas": [clean(name) for name in result.acceptable_cas],
        "alert": result.alert,
        "error": result.error and clean(result.error),
        "ssh_banner": result.ssh_banner and clean(result.ssh_banner),
        "plaintext_reply": result.plaintext_reply and clean(result.plaintext_reply, keep_newlines=True),
        "remarks": [clean(remark) for remark in result.remarks],
        "chain": [_certificate_fields(sent) for sent in result.chain],
    }


def _certificate_fields(sent: Certificate) -> dict[str, Any]:
    return {
        "subject": clean(sent.subject),
        "issuer": clean(sent.issuer),
        "serial": sent.serial,
        "not_before": _moment(sent.not_before),
        "not_after": _moment(sent.not_after),
        "dns_names": [clean(name) for name in sent.dns_names],
        "ip_addresses": [clean(name) for name in sent.ip_addresses],
        "extended_key_usage": None if sent.extended_key_usage is None else list(sent.extended_key_usage),
        "is_ca": sent.is_ca,
        "key": f"{sent.key_type} {sent.key_bits}",
        "sha256": sent.sha256,
        "pem": stored.pem("CERTIFICATE", sent.der),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
