"""The form for a report: where to, in which form, in which language. The report itself is that of the command line."""

from __future__ import annotations

from pathlib import Path

from certdoctor.language import _
from certdoctor.ui.packing import LANGUAGES, written_paths
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.widgets.fields import Field, Form

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

    report = frame.doctor.options.report
    frame.write(
        form,
        lambda practice: report(practice, file, kind, lang, case_id=case_id, site_id=site_id),
        lambda path: written_paths([path]),
    )
