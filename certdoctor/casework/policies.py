"""Dates of CAs and programmes held against the whole practice: whose next renewal do they touch?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from certdoctor.facts.authorities import Authorities
from certdoctor.facts.dated import DatedForm
from certdoctor.store.records import FleetUse

_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
_OF_LETS_ENCRYPT = ("lets_encrypt_lifetime", "lets_encrypt_client_auth", "lets_encrypt_hierarchy")
_OF_THE_CLIENT_ROLE = ("client_auth_sunset", "lets_encrypt_client_auth")
_NOT_OF_CERTIFICATES = ("lets_encrypt_mails",)


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds from a day on, and the presented certificates whose renewal falls under it."""

    day: date
    text: str
    sources: tuple[str, ...]
    uses: tuple[FleetUse, ...]


def policies(
    dates: Iterable[DatedForm],
    authorities: Authorities,
    uses: Sequence[FleetUse],
    above: Mapping[str, Sequence[str]],
    now: datetime,
    lang: str,
) -> Iterator[Policy]:
    """Yield the dated knowledge that touches renewals to come, by its day.

    A certificate is renewed by its end at the latest: what holds on that day and does not hold yet touches it. Of
    what is in force already, only the end of the client role is told: it is met at the next renewal.

    Args:
        dates: kb/dates.
        authorities: kb/authorities, for what is public and what is Let's Encrypt's. Without the certificates of
            its CAs a use counts by the names that its issuers bear.
        uses: presented certificates.
        above: for each certificate the names of the CAs above it, as far as they are known.
        now: the present time, aware.
        lang: language of the texts.
    """
    today = now.astimezone(UTC).date()
    forms = sorted(dates, key=lambda form: form.from_)
    for number, form in enumerate(forms):
        begins = date.fromisoformat(form.from_)
        if form.topic in _NOT_OF_CERTIFICATES or (begins <= today and form.topic not in _OF_THE_CLIENT_ROLE):
            continue
        later = [
            date.fromisoformat(f.from_) for f in forms[number + 1 :] if f.topic == form.topic and f.from_ > form.from_
        ]
        ends = min(later, default=date.max)
        touched = tuple(
            use
            for use in uses
            if begins <= use.not_after.astimezone(UTC).date() < ends
            and use.not_after > now
            and (form.topic not in _OF_THE_CLIENT_ROLE or _CLIENT_AUTH in (use.usages or ()))
            and _concerns(form, authorities, above.get(use.sha256, (use.issuer,)))
        )
        if touched:
            text = form.text.get("de" if lang == "de" else "en") or form.text.get("en", "")
            yield Policy(begins, text, tuple(form.sources), touched)


def _concerns(form: DatedForm, authorities: Authorities, names: Sequence[str]) -> bool:
    if form.topic in _OF_LETS_ENCRYPT:
        return any(authorities.is_lets_encrypt(name) for name in names)
    return any(_public(authorities, name) for name in names)


def _public(authorities: Authorities, name: str) -> bool:
    known = authorities.named(name)
    return authorities.bears_public_name(name) or (known is not None and known.form.public == "yes")
