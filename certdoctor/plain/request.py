"""`certdoctor request`: the evidence that is still wanted, as a page to mail to the customer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.casework.request import Wanted, page_of, wanted
from certdoctor.casework.sites import examine_paths
from certdoctor.errors import BadInput
from certdoctor.language import _


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
        print(page_of(examination, markdown=form == "markdown"), end="")
    return 1 if found else 0


def _plain(each: Wanted) -> dict[str, object]:
    names = ("node", "name", "role", "what", "why", "how")
    return {name: getattr(each, name) for name in names}
