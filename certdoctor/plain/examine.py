"""`certdoctor examine`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from certdoctor.casework.examination import Examination
from certdoctor.errors import BadInput
from certdoctor.language import _
from certdoctor.sentences import told

EXIT = {"healthy": 0, "cause_found": 1, "differential": 1, "not_checked": 3}
NOTHING_READABLE = 2


def run(
    paths: Sequence[Path],
    *,
    form: str,
    at: datetime | None,
    now: Callable[[], datetime],
    lang: str,
    password_file: Path | None,
    files: Path | None,
    save: Path | None,
) -> int:
    """Examine `paths`, print the result in `form` and return the exit code.

    Raises:
        CertdoctorError: a path does not exist, the passwords cannot be read, or the folder for the files cannot be
            written or is not empty.
    """
    from certdoctor.casework.handover import check_free, hand_over
    from certdoctor.casework.sites import cure_files, examine_paths
    from certdoctor.plain.document import as_json
    from certdoctor.plain.report import as_markdown, as_text
    from certdoctor.plain.sarif import as_sarif

    check_paths(paths)
    if files is not None:
        check_free(files)
    passwords = read_passwords(password_file)
    examination = examine_paths(paths, passwords=passwords, at=at, now=now(), lang=lang)
    printers = {"text": as_text, "json": as_json, "markdown": as_markdown, "sarif": as_sarif}
    print(printers[form](examination).rstrip("\n"))
    if files is not None:
        made = [replace(artefact, folder="") for artefact in cure_files(examination)]
        hand_over(files, made, examination.at)
        for artefact in made:
            print(f"{files / artefact.name}: {told(artefact.purpose)}", file=sys.stderr)
    if save is not None:
        _save(save, now, paths, passwords, lang, at)
    return exit_code(examination)


def check_paths(paths: Sequence[Path]) -> None:
    """Raise BadInput for a path that does not exist."""
    for path in paths:
        if not path.exists():
            raise BadInput(str(path), "", _("there is no such file or folder."), _("Check the path."))


def exit_code(examination: Examination) -> int:
    """Return 0 healthy, 1 findings, 2 nothing readable, 3 not enough evidence."""
    if not any(document.kind != "not_read" for document in examination.evidence.documents):
        return NOTHING_READABLE
    return EXIT[examination.verdict.value]


def read_passwords(file: Path | None) -> list[str]:
    """Return the passwords of a file, one a line; none without a file.

    Raises:
        BadInput: it cannot be read, or is not in UTF-8.
    """
    if file is None:
        return []
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        text = _("the passwords cannot be read ({why}).")
        raise BadInput(str(file), "", text.format(why=error.strerror)) from None
    except UnicodeDecodeError:
        reason, remedy = _("the passwords are not written in UTF-8."), _("Save the file as UTF-8.")
        raise BadInput(str(file), "", reason, remedy) from None


def _save(
    data: Path,
    now: Callable[[], datetime],
    paths: Sequence[Path],
    passwords: Sequence[str],
    lang: str,
    at: datetime | None,
) -> None:
    from certdoctor.plain.opening import opened

    with opened(data, now) as practice:
        case = practice.save_examined(paths, passwords, lang=lang, at=at)
    print(_("stored as {case}").format(case=case.number), file=sys.stderr)
