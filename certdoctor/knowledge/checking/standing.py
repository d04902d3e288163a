"""Checks what stands in tables: known CAs and what holds from a day on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from certdoctor.facts.authorities import SELF
from certdoctor.facts.dated import day_of
from certdoctor.knowledge.checking.book import Book, exist, languages, words
from certdoctor.knowledge.forms import AuthoritiesForm, DatesForm
from certdoctor.knowledge.load import Sheet
from certdoctor.knowledge.written import Fault

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def check_standing(book: Book) -> Iterator[Fault]:
    """Check kb/authorities and kb/dates."""
    yield from _authorities(book)
    yield from _dates(book)


def _authorities(book: Book) -> Iterator[Fault]:
    sources = book.knowledge.sources
    fingerprints: dict[str, str] = {}
    for sheet, authorities in book.of(AuthoritiesForm):
        for key, form in authorities.authorities.items():
            steps = ("authorities", key)
            yield from words(sheet, form.common_name, (*steps, "common_name"))
            yield from languages(sheet, form.text, (*steps, "text"))
            if not form.sources:
                yield sheet.fault("a known CA needs a source", *steps, "sources")
            yield from exist(sheet, form.sources, sources, "source", *steps, "sources")
            if not form.certificates:
                yield sheet.fault("a CA has one certificate at least", *steps, "certificates")
            for place, issued in enumerate(form.certificates):
                at = (*steps, "certificates", place)
                if issued.signed_by not in (SELF, *book.knowledge.authorities):
                    yield sheet.fault(f"there is no CA {issued.signed_by!r}", *at, "signed_by")
                if issued.not_after:
                    yield from _day(sheet, issued.not_after, *at, "not_after")
                if not issued.sha256:
                    if issued.read or issued.source:
                        yield sheet.fault("a source of a fingerprint, but no fingerprint", *at)
                    continue
                if not _FINGERPRINT.fullmatch(issued.sha256):
                    yield sheet.fault("not 64 digits of lower-case hex", *at, "sha256")
                elif fingerprints.setdefault(issued.sha256, key) != key:
                    yield sheet.fault(f"{fingerprints[issued.sha256]} has the same fingerprint", *at, "sha256")
                if not issued.read or issued.source not in sources:
                    yield sheet.fault("a fingerprint says how it was read, and from which source", *at, "source")


def _dates(book: Book) -> Iterator[Fault]:
    sources = book.knowledge.sources
    for sheet, dates in book.of(DatesForm):
        for key, form in dates.dates.items():
            steps = ("dates", key)
            yield from languages(sheet, form.text, (*steps, "text"))
            yield from _day(sheet, form.from_, *steps, "from")
            if form.until:
                yield from _day(sheet, form.until, *steps, "until")
                if form.until < form.from_:
                    yield sheet.fault("ends before it begins", *steps, "until")
            if (form.topic in ("public_lifetime", "lets_encrypt_lifetime")) != (form.days > 0):
                yield sheet.fault("a lifetime has days, and nothing else has", *steps, "days")
            if not form.sources:
                yield sheet.fault("a day needs a source", *steps, "sources")
            yield from exist(sheet, form.sources, sources, "source", *steps, "sources")
            for place, stated in enumerate(form.stated):
                at = (*steps, "stated", place)
                yield from _day(sheet, stated.day, *at, "day")
                if not stated.sources:
                    yield sheet.fault("a day needs a source", *at)
                yield from exist(sheet, stated.sources, sources, "source", *at, "sources")


def _day(sheet: Sheet, text: str, *steps: str | int) -> Iterator[Fault]:
    if day_of(text) is None:
        yield sheet.fault("not a day (YYYY-MM-DD)", *steps)
