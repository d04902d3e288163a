"""`certdoctor pack`: the files of a cure and the sheet for the change ticket, in a new folder or zip."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.casework.handover import check_free, hand_over
from certdoctor.casework.pack import pack
from certdoctor.errors import CertdoctorError
from certdoctor.language import _


def run(
    what: Sequence[str],
    *,
    output: Path,
    findings: Sequence[str],
    at: datetime | None,
    now: Callable[[], datetime],
    lang: str,
    password_file: Path | None,
    data: Path,
) -> int:
    """Write the pack for a stored case ("C-0001") or for the site in some paths; return 0.

    Args:
        what: one number of a case, or paths.
        output: a new folder, or a name that ends in .zip.
        findings: diagnoses or keys of findings to be cured; default: all of the examination.
        at: judge as of this time.
        now: gives the present time.
        lang: language of the sheet.
        password_file: passwords of PFX files.
        data: folder of the database.

    Raises:
        CertdoctorError: there is no such case, path or finding, nothing to cure, or the output is there already.
    """
    from certdoctor.plain.cases import find_case, is_number
    from certdoctor.plain.examine import check_paths, read_passwords
    from certdoctor.plain.opening import opened

    check_free(output)
    if len(what) == 1 and is_number(what[0]) and not Path(what[0]).exists():
        with opened(data, now) as practice:
            case = find_case(practice, what[0])
            paths = practice.write_pack(case.id, output, findings, lang, at)
    else:
        from certdoctor.casework.sites import examine_paths
        from certdoctor.knowledge.load import shipped

        given = [Path(each) for each in what]
        check_paths(given)
        examination = examine_paths(given, passwords=read_passwords(password_file), at=at, now=now(), lang=lang)
        chosen = [f for f in examination.findings if not findings or {f.diagnosis, f.key} & set(findings)]
        if findings and not chosen:
            there = ", ".join(f.diagnosis for f in examination.findings) or "-"
            raise CertdoctorError(_("None of these was found. There are: {names}.").format(names=there))
        made = pack(examination, chosen, shipped())
        paths = hand_over(output, made.files, examination.at)
    for path in paths:
        print(path)
    print(_("Written: {paths}").format(paths=output), file=sys.stderr)
    return 0
