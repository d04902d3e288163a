"""The practice as text: searching everything, the timeline of a customer, sharing, forgetting."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.plain.cases import find_case
from certdoctor.plain.opening import opened
from certdoctor.text import clean

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice
    from certdoctor.store.records import SiteRecord

Clock = Callable[[], datetime]
NOT_FOUND = 1


def find(data: Path, now: Clock, words: str) -> int:
    """Print what holds every word; exit code 1 where nothing does."""
    with opened(data, now) as practice:
        sites = practice.sites(words, limit=50)
        hits = practice.search(words, limit=50)
    for site in sites:
        print(f"{_('site')}: {clean(site.customer)} / {clean(site.name)}")
    for hit in hits:
        kind = {"case": _("case"), "certificate": _("certificate")}[hit.kind]
        held = f": {clean(hit.held)}" if hit.held else ""
        print(f"{kind}: {clean(hit.title)} ({clean(hit.where)}){held}")
    if not sites and not hits:
        print(_("Nothing holds these words."), file=sys.stderr)
        return NOT_FOUND
    return 0


def timeline(data: Path, now: Clock, customer: str, limit: int) -> int:
    """Print what happened at a customer's sites, newest first."""
    with opened(data, now) as practice:
        name = _customer(practice, customer)
        events = practice.timeline(name, limit)
    for event in events:
        number = f" {event.case_number}" if event.case_number else ""
        print(
            f"{event.when:%Y-%m-%d %H:%M} {clean(event.site)}{number} {event.kind}:"
            f" {clean(event.text)} ({clean(event.who)})"
        )
    return 0


def share(data: Path, now: Clock, file: Path, *, site: str, case: str, anonymous: bool) -> int:
    """Write a site or a case into a new file."""
    with opened(data, now) as practice:
        if case:
            record = find_case(practice, case)
            practice.share(record.site_id, file, record.id, anonymous)
        else:
            practice.share(_site(practice, site).id, file, None, anonymous)
    print(_("Written: {file}").format(file=file))
    return 0


def take_in(data: Path, now: Clock, file: Path, name: str) -> int:
    """Take in a shared file."""
    with opened(data, now) as practice:
        taken = practice.take_in(file, name)
    where = f"{clean(taken.site.customer)} / {clean(taken.site.name)}"
    text = _("Taken in: {site}.") if taken.new else _("{site} is here already, exactly so; nothing was changed.")
    print(text.format(site=where))
    return 0


def forget(data: Path, now: Clock, *, customer: str, before: datetime | None, also_current: bool, sure: bool) -> int:
    """Delete for good, after saying how much.

    Raises:
        CertdoctorError: without `sure` nothing is deleted of a customer.
    """
    with opened(data, now) as practice:
        if customer and not sure:
            would = practice.would_forget(customer)
            text = _(
                "This would delete {sites} sites, {cases} cases and {documents} files of {customer} for good."
                " Nothing was deleted; say --yes to do it."
            )
            raise CertdoctorError(
                text.format(sites=would.sites, cases=would.cases, documents=would.documents, customer=clean(customer))
            )
        gone = practice.forget(customer, before, also_current)
        copies = practice.backups()
    text = _("Deleted for good: {sites} sites, {cases} cases, {documents} files.")
    print(text.format(sites=gone.sites, cases=gone.cases, documents=gone.documents))
    if copies:
        print(_("These copies of the database still hold it; delete them yourself:"))
        for copy in copies:
            print(f"  {copy}")
    return 0


def _customer(practice: Practice, words: str) -> str:
    names = dict.fromkeys(site.customer for site in practice.sites(words))
    exact = [name for name in names if name.casefold() == words.casefold()]
    if exact or len(names) == 1:
        return exact[0] if exact else next(iter(names))
    if not names:
        raise CertdoctorError(_("There is no customer {name}.").format(name=clean(words)))
    text = _("{words} stands at several customers; name one: {names}.")
    raise CertdoctorError(text.format(words=repr(clean(words)), names=", ".join(map(clean, names))))


def _site(practice: Practice, words: str) -> SiteRecord:
    """The site called "CUSTOMER / SITE", or the only one that holds these words."""
    found = practice.sites(words.replace(" / ", " "))
    exact = [site for site in found if f"{site.customer} / {site.name}".casefold() == words.casefold()]
    if len(exact or found) == 1:
        return (exact or list(found))[0]
    if not found:
        raise CertdoctorError(_("There is no site {name}.").format(name=clean(words)))
    names = ", ".join(f"{clean(site.customer)} / {clean(site.name)}" for site in found)
    raise CertdoctorError(
        _("{words} fits several sites; name one: {names}.").format(words=repr(clean(words)), names=names)
    )
