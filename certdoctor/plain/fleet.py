"""`certdoctor fleet`: what ends when, and whom a CA, a usage, a date or a version touches, over all customers."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor.language import _, ngettext
from certdoctor.plain.opening import opened
from certdoctor.text import clean
from certdoctor.writing import new_file

if TYPE_CHECKING:
    from certdoctor.casework.fleet import Asked
    from certdoctor.casework.policies import Policy
    from certdoctor.store.records import FleetUse, Month

_BAR = 30  # characters of the longest bar
_MONTHS = 18


def run(
    data: Path,
    now: Callable[[], datetime],
    asked: Callable[[], Asked],
    *,
    form: str,
    output: Path | None,
    lang: str,
) -> int:
    """Print the uses of certificates that are asked for; exit code 0, also where there is none."""
    from certdoctor.casework.fleet import calendar

    wanted = asked()
    with opened(data, now) as practice:
        uses = practice.fleet(wanted)
        connections = practice.fleet_connections(uses)
        months = practice.fleet_months(_MONTHS, wanted.customer)
        policies = practice.fleet_policies(lang, wanted.customer)
    if form == "ics":
        written = calendar(uses, now())
    else:
        text = {"text": _text, "json": _json, "csv": _csv}[form](uses, connections, months, policies)
        written = text.encode("utf-8", "surrogateescape")
    if output is not None:
        new_file(output, written)
    elif form == "text":
        print(written.decode("utf-8", "surrogateescape"), end="")
    else:
        sys.stdout.buffer.write(written)
    return 0


def plot(months: Sequence[Month], width: int = _BAR) -> list[str]:
    """Return a line for each month: # for a presented certificate that ends, + for a trusted one."""
    most = max((month.presented + month.trusted for month in months), default=0)
    scale = min(1.0, width / most) if most else 1.0
    lines = []
    for month in months:
        bar = "#" * _length(month.presented, scale) + "+" * _length(month.trusted, scale)
        lines.append(f"{month.name}  {bar:<{width}}  {month.presented:>4} {month.trusted:>4}".rstrip())
    return lines


def _length(count: int, scale: float) -> int:
    """At least one sign for what is there at all."""
    return max(1, round(count * scale)) if count else 0


def _text(
    uses: Sequence[FleetUse],
    connections: Mapping[int, Sequence[str]],
    months: Sequence[Month],
    policies: Sequence[Policy],
) -> str:
    if not uses:
        return _("No certificate fits.") + "\n"
    lines: list[str] = []
    sites = {use.site_id: (use.customer, use.site) for use in uses}
    for site_id, (customer, site) in sorted(sites.items(), key=lambda item: item[1]):
        lines.append(f"{clean(customer)} / {clean(site)}")
        for use in (u for u in uses if u.site_id == site_id):
            part = {"presented": _("presents"), "sent": _("sends"), "trusted": _("trusts")}[use.part]
            lines.append(f"  {use.not_after:%Y-%m-%d}  {use.node} {part} {clean(use.label)} ({use.slot})")
        touched = connections.get(site_id, ())
        lines += [f"    {clean(line)}" for line in touched]
    customers = len({use.customer for use in uses})
    boxes = len({(use.site_id, use.node) for use in uses})
    lines += ["", ", ".join((
        ngettext("{n} customer", "{n} customers", customers).format(n=customers),
        ngettext("{n} site", "{n} sites", len(sites)).format(n=len(sites)),
        ngettext("{n} box", "{n} boxes", boxes).format(n=boxes),
    ))]  # fmt: skip
    head = _("Ends by month (# presented, + trusted)")
    return "\n".join((*lines, "", head, *plot(months), *_dates(policies))) + "\n"


def _dates(policies: Sequence[Policy]) -> list[str]:
    """Whose renewal falls under which announced date."""
    lines = ["", _("Dates of CAs and programmes, and whose renewal they touch:")] if policies else []
    for policy in policies:
        lines.append(f"{policy.day}  {policy.text} ({', '.join(policy.sources)})")
        boxes = dict.fromkeys(f"{clean(u.customer)} / {clean(u.site)}: {u.node} {clean(u.label)}" for u in policy.uses)
        lines += [f"  {box}" for box in boxes]
    return lines


def _json(
    uses: Sequence[FleetUse],
    connections: Mapping[int, Sequence[str]],
    months: Sequence[Month],
    policies: Sequence[Policy],
) -> str:
    document = {
        "schema": "certdoctor/fleet@1",
        "uses": [asdict(use) for use in uses],
        "connections": {str(site): list(lines) for site, lines in connections.items()},
        "months": [asdict(month) for month in months],
        "policies": [asdict(policy) for policy in policies],
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=lambda value: value.isoformat()) + "\n"


def _csv(
    uses: Sequence[FleetUse],
    _connections: Mapping[int, Sequence[str]],
    _months: Sequence[Month],
    _policies: Sequence[Policy],
) -> str:
    written = io.StringIO()
    columns = ("not_after", "customer", "site", "node", "slot", "part", "label", "issuer", "sha256")
    table = csv.writer(written)
    table.writerow(columns)
    for use in uses:
        row = asdict(use) | {"not_after": use.not_after.isoformat()}
        table.writerow([_inert(clean(str(row[column]))) for column in columns])
    return written.getvalue()


def _inert(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell
