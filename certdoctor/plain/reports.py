"""`certdoctor report`: the health of a site, or the story of a case, as text, Markdown, HTML or SARIF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor.casework.examination import Examination
from certdoctor.language import speaking
from certdoctor.page.html import as_html
from certdoctor.page.markdown import as_markdown
from certdoctor.page.model import Page
from certdoctor.page.plain import as_text
from certdoctor.plain.health import health, story
from certdoctor.writing import new_file

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice

FORMS = ("text", "markdown", "html", "sarif")


def run(
    what: Sequence[str],
    *,
    form: str,
    output: Path | None,
    at: datetime | None,
    now: Callable[[], datetime],
    lang: str,
    password_file: Path | None,
    data: Path,
) -> int:
    """Print or write the report on a stored case ("C-0001") or on the site in some paths; return examine's exit code.

    Raises:
        CertdoctorError: there is no such case or path, or the output is there already.
    """
    from certdoctor.plain.cases import is_number
    from certdoctor.plain.examine import check_paths, exit_code, read_passwords

    if len(what) == 1 and is_number(what[0]) and not Path(what[0]).exists():
        page, examination = _of_case(what[0], now, lang, at, data)
    else:
        from certdoctor.casework.sites import examine_paths

        paths = [Path(each) for each in what]
        check_paths(paths)
        passwords = read_passwords(password_file)
        examination = examine_paths(paths, passwords=passwords, at=at, now=now(), lang=lang)
        page = health(examination)
    text = written(page, examination, form)
    if output is None:
        print(text.rstrip("\n"))
    else:
        new_file(output, text.encode())
    return exit_code(examination)


def written(page: Page, examination: Examination, form: str) -> str:
    """Return a report in one of `FORMS`."""
    if form == "sarif":
        from certdoctor.plain.sarif import as_sarif

        return as_sarif(examination) + "\n"
    return {"text": as_text, "markdown": as_markdown, "html": as_html}[form](page)


def _of_case(
    number: str, now: Callable[[], datetime], lang: str, at: datetime | None, data: Path
) -> tuple[Page, Examination]:
    from certdoctor.plain.cases import find_case
    from certdoctor.plain.opening import opened

    with opened(data, now) as practice:
        return story_of(practice, find_case(practice, number).id, lang, at)


def story_of(practice: Practice, case_id: int, lang: str, at: datetime | None = None) -> tuple[Page, Examination]:
    """Return the story of a stored case, in the language that is set, with the examination it rests on."""
    examination = practice.examine(case_id, lang, at, keep=False)
    view = practice.case(case_id)
    page = story(
        view,
        practice.site(view.case.site_id).events,
        practice.proof(case_id, lang),
        practice.stopgaps(case_id=case_id, lang=lang),
        examination,
    )
    return page, examination


def write(
    practice: Practice, file: Path, form: str, lang: str, *, case_id: int | None = None, site_id: int = 0
) -> Path:
    """Write the story of a stored case, or else the health of a stored site as it stands, into a new file.

    Args:
        practice: holds the case or the site.
        file: the new file.
        form: one of `FORMS`.
        lang: language of the report; it may be another one than that of the app.
        case_id: the case.
        site_id: the site, where there is no case.

    Returns:
        The file's path.

    Raises:
        CertdoctorError: there is no such case or site, or the file is there already or cannot be written.
    """
    with speaking(lang):
        if case_id is not None:
            page, examination = story_of(practice, case_id, lang)
        else:
            examination = practice.examine_site(site_id, lang)
            page = health(examination)
        text = written(page, examination, form)
    return new_file(file, text.encode())
