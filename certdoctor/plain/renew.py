"""`certdoctor renew`: plan a renewal in waves, rehearse each, write what it needs, keep it and tick it off."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.page.html import as_html
from certdoctor.page.markdown import as_markdown
from certdoctor.page.plain import as_text

if TYPE_CHECKING:
    from certdoctor.casework.renewal import Kept, Plan, Request
    from certdoctor.page.model import Page

SCHEMA = "certdoctor/renewal@1"


def run(
    what: Sequence[str],
    *,
    customer: str,
    asked: Request,
    output: Path | None,
    form: str,
    save: bool,
    tick: Sequence[str],
    untick: Sequence[str],
    close: bool,
    at: datetime | None,
    now: Callable[[], datetime],
    lang: str,
    password_file: Path | None,
    data: Path,
) -> int:
    """Plan a renewal for the site in some paths, or go on with a kept one ("R-0001"); `list` names the kept ones.

    With a customer, one project is planned and kept for each of its stored sites.

    Returns:
        0 where every wave can be carried out, else 1.

    Raises:
        CertdoctorError: a path, certificate, candidate or step is not there, or the output is there already.
    """
    from certdoctor.casework.handover import check_free, hand_over
    from certdoctor.casework.renewal import handed_over, page

    if output is not None:
        check_free(output)
    if customer:
        return _of_customer(customer, asked, at, now, lang, data)
    if not what:
        raise CertdoctorError(_("Name paths, a kept renewal (R-0001), or --customer."))
    if list(what) == ["list"]:
        return _list(data, now)
    if len(what) == 1 and re.fullmatch(r"[Rr]-[0-9]+", what[0]):
        planned, sheet = _kept(int(what[0][2:]), tick, untick, close, data, now)
    else:
        planned = _planned(what, asked, at, now, lang, password_file, data if save else None)
        sheet = page(planned)
    printers: dict[str, Callable[[Page], str]] = {"text": as_text, "markdown": as_markdown, "html": as_html}
    print(as_json(planned) if form == "json" else printers[form](sheet).rstrip("\n"))
    if output is not None:
        hand_over(output, handed_over(planned, sheet), planned.made)
        print(_("Written: {paths}").format(paths=output), file=sys.stderr)
    return 0 if planned.good else 1


def as_json(planned: Plan) -> str:
    """Return the stable JSON document certdoctor/renewal@1."""
    document = {"schema": SCHEMA, "good": planned.good, **msgspec.to_builtins(planned)}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _planned(
    what: Sequence[str],
    asked: Request,
    at: datetime | None,
    now: Callable[[], datetime],
    lang: str,
    password_file: Path | None,
    keep: Path | None,
) -> Plan:
    from certdoctor.casework.renewal import plan_paths
    from certdoctor.plain.examine import check_paths, read_passwords
    from certdoctor.plain.opening import opened

    paths = [Path(each) for each in what]
    check_paths(paths)
    passwords = read_passwords(password_file)
    if keep is None:
        return plan_paths(paths, asked, passwords=passwords, at=at, now=now(), lang=lang)
    with opened(keep, now) as practice:
        case = practice.save_examined(paths, passwords, lang=lang, at=at)
        kept = practice.plan_renewal(case.site_id, asked, lang, at)
        print(_("stored as {case}").format(case=kept.record.number), file=sys.stderr)
        return kept.plan


def _kept(
    renewal_id: int,
    tick: Sequence[str],
    untick: Sequence[str],
    close: bool,
    data: Path,
    now: Callable[[], datetime],
) -> tuple[Plan, Page]:
    from certdoctor.casework.renewal import page
    from certdoctor.plain.opening import opened

    with opened(data, now) as practice:
        for steps, done in ((tick, True), (untick, False)):
            for step in steps:
                practice.tick_renewal(renewal_id, step, done)
        if close:
            practice.close_renewal(renewal_id)
        kept = practice.renewal(renewal_id)
    return kept.plan, page(kept.plan, kept.done, kept.record.number)


def _of_customer(
    customer: str, asked: Request, at: datetime | None, now: Callable[[], datetime], lang: str, data: Path
) -> int:
    from certdoctor.plain.opening import opened
    from certdoctor.text import clean

    with opened(data, now) as practice:
        sites = [site for site in practice.sites() if site.customer.lower() == customer.strip().lower()]
        if not sites:
            raise CertdoctorError(_("There is no site of a customer “{name}”.").format(name=customer))
        good = True
        for site in sites:
            try:
                kept = practice.plan_renewal(site.id, asked, lang, at)
            except CertdoctorError as error:
                # A site without certificates must not keep the others from being planned.
                good = False
                print(f"-       {clean(site.customer)} / {clean(site.name)}: {error}")
                continue
            good = good and kept.plan.good
            print(_line(kept))
            for wave in kept.plan.waves:
                for text in (*wave.verdict.worse, *wave.verdict.findings):
                    print(f"        {clean(text)}")
    return 0 if good else 1


def _line(kept: Kept) -> str:
    from certdoctor.text import clean

    record = kept.record
    steps = sum(len(wave.steps) for wave in kept.plan.waves)
    where = f"{clean(record.customer)} / {clean(record.site)}"
    return f"{record.number}  {record.state:<6}  {len(kept.done)}/{steps}  {where}  {clean(record.title)}"


def _list(data: Path, now: Callable[[], datetime]) -> int:
    from certdoctor.plain.opening import opened

    with opened(data, now) as practice:
        for kept in practice.renewals():
            print(_line(kept))
    return 0


def candidate(text: str) -> tuple[str, Path]:
    """Return what NODE[:SLOT]=FILE says.

    Raises:
        CertdoctorError: it has another form.
    """
    place, _equals, file = text.partition("=")
    if not place or not file:
        said = _("“{value}” is not understood; write {form}.")
        raise CertdoctorError(said.format(value=text, form="NODE[:SLOT]=FILE"))
    return place, Path(file)
