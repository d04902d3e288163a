"""`certdoctor kb`: the commands of a knowledge author."""

from __future__ import annotations

import sys
from pathlib import Path

from certdoctor.language import _
from certdoctor.resources import folder


def check(rules: Path | None, kb: Path | None) -> int:
    """Check the knowledge, print every fault as file:line:column: message, and return 1 if there is one."""
    from certdoctor.knowledge.check import check as faults
    from certdoctor.reasoning.trial import Trial

    with Trial() as trial:
        found = faults(rules or folder("rules"), kb or folder("kb"), trial)
    for fault in found:
        print(fault)
    print(_("{count} faults").format(count=len(found)) if found else _("rules/ and kb/ are in order"), file=sys.stderr)
    return 1 if found else 0
