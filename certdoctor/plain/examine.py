"""`certdoctor examine`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.casework.examination import Examination
from certdoctor.errors import BadInput, CertdoctorError

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
        CertdoctorError: a path does not exist, or a folder to write into is not empty.
    """
    from certdoctor.casework.sites import examine_paths
    from certdoctor.plain.document import as_json
    from certdoctor.plain.report import as_markdown, as_text
    from certdoctor.plain.sarif import as_sarif

    for path in paths:
        if not path.exists():
            raise BadInput(str(path), "", "there is no such file or folder.", "Check the path.")
    passwords = password_file.read_text(encoding="utf-8").splitlines() if password_file else []
    examination = examine_paths(paths, passwords=passwords, at=at, now=now(), lang=lang)
    printers = {"text": as_text, "json": as_json, "markdown": as_markdown, "sarif": as_sarif}
    print(printers[form](examination).rstrip("\n"))
    if files is not None:
        _write(examination, files)
    if save is not None:
        _save(save, now, paths, passwords, lang, at)
    if not any(document.kind != "not_read" for document in examination.evidence.documents):
        return NOTHING_READABLE
    return EXIT[examination.verdict.value]


def _write(examination: Examination, folder: Path) -> None:
    from certdoctor.casework.sites import cure_files

    if folder.exists() and any(folder.iterdir()):
        raise CertdoctorError(f"{folder} exists and is not empty; name a new folder for the files.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for artefact in cure_files(examination):
        (folder / artefact.name).write_bytes(artefact.data)
        print(f"{folder / artefact.name}: {artefact.purpose}", file=sys.stderr)


def _save(
    data: Path,
    now: Callable[[], datetime],
    paths: Sequence[Path],
    passwords: Sequence[str],
    lang: str,
    at: datetime | None,
) -> None:
    from certdoctor.casework.practice import Practice

    practice = Practice(data, now)
    try:
        case = practice.save_examined(paths, passwords, lang=lang, at=at)
    finally:
        practice.close()
    print(f"stored as {case.number}", file=sys.stderr)
