"""The form for a report: where to, in which form, in which language. The report itself is that of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor.language import _
from certdoctor.ui.packing import LANGUAGES
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.widgets.fields import Field, Form

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice

ID = "form-report"
_ENDINGS = {"html": ".html", "markdown": ".md", "text": ".txt"}


def report_form(title: str, name: str, lang: str, note: str) -> Form:
    """Return the form; `name` is proposed for the file, to which the form of the report adds its ending."""
    forms = (("html", "HTML"), ("markdown", "Markdown"), ("text", _("text")))
    return Form(
        title,
        [
            Field("report", _("File"), f"~/certdoctor-{name}-report", _("a new file"), required=True),
            Field("form", _("Form"), options=forms),
            Field("lang", _("Language"), lang, options=LANGUAGES),
        ],
        note + " " + _("HTML is one file with everything, the picture of the site too. No private key is in it."),
        id=ID,
    )


def write_report(
    frame: Frame, form: Form, values: dict[str, str], *, case_id: int | None = None, site_id: int = 0
) -> None:
    """Write the report that the form asks for: on a case, or else on a site."""
    kind, lang = values["form"], values["lang"]
    file = Path(values["report"]).expanduser()
    if file.suffix.lower() != _ENDINGS[kind]:
        file = file.with_name(file.name + _ENDINGS[kind])

    def write(practice: Practice) -> Path:
        from certdoctor.plain import reports

        if case_id is not None:
            return reports.write_story(practice, case_id, file, kind, lang)
        return reports.write_health(practice, site_id, file, kind, lang)

    frame.write(form, write, lambda path: _("Written: {file}").format(file=path))
