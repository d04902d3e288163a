"""`certdoctor request`: the evidence that is still wanted, as a page to mail to the customer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from certdoctor.casework.request import Wanted, wanted
from certdoctor.casework.sites import examine_paths
from certdoctor.errors import BadInput
from certdoctor.language import _
from certdoctor.text import clean


def run(paths: Sequence[Path], *, form: str, now: datetime, lang: str) -> int:
    """Print what the evidence in `paths` still lacks, as text, Markdown or JSON.

    Returns:
        0 where nothing is wanted, else 1.

    Raises:
        CertdoctorError: a path does not exist.
    """
    for path in paths:
        if not path.exists():
            raise BadInput(str(path), "", _("there is no such file or folder."), _("Check the path."))
    examination = examine_paths(paths, passwords=(), at=None, now=now, lang=lang)
    found = wanted(examination)
    if form == "json":
        held = {"schema": "certdoctor/request@1", "wanted": [_plain(each) for each in found]}
        print(json.dumps(held, ensure_ascii=False, indent=2))
    else:
        title = " – ".join(clean(p) for p in (examination.deployment.customer, examination.deployment.site) if p)
        print("\n".join(page(found, title, markdown=form == "markdown")))
    return 1 if found else 0


def _plain(each: Wanted) -> dict[str, object]:
    names = ("node", "name", "role", "what", "why", "how")
    return {name: getattr(each, name) for name in names}


def page(found: Sequence[Wanted], title: str, *, markdown: bool) -> Iterator[str]:
    """Return the lines of the page, box by box, in the order in which it helps most."""
    heading, box, code = ("# ", "## ", "`") if markdown else ("", "", "")
    yield heading + (_("Wanted for {site}").format(site=title) if title else _("Wanted"))
    yield ""
    if not found:
        yield _("Nothing: every connection that is known can be judged.")
        return
    yield _("Please send these files. None of them needs a private key; leave keys and passwords out.")
    for _node, of in groupby(found, key=lambda each: (each.node, each.name)):
        held = list(of)
        yield ""
        yield f"{box}{clean(held[0].name)} ({held[0].role})"
        for each in held:
            yield f"- {clean(each.what)}"
            yield from (f"  - {code}{how}{code}" if markdown else f"    {how}" for how in each.how)
            if each.why:
                yield "  " + ("- " if markdown else "  ") + _("decides: {connections}").format(
                    connections=", ".join(clean(c) for c in each.why)
                )  # fmt: skip
