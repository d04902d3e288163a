"""The form for a treatment pack: where to, and in which language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from certdoctor.language import _
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.widgets.fields import Field, Form

ID = "form-pack"
LANGUAGES = (("en", "English"), ("de", "Deutsch"))


def pack_form(name: str, lang: str) -> Form:
    """Return the form; `name` is proposed for the folder."""
    return Form(
        _("Write a treatment pack"),
        [
            Field("target", _("Folder or zip"), f"~/certdoctor-{name}", _("a new folder, or NAME.zip"), required=True),
            Field("lang", _("Language"), lang, options=LANGUAGES),
        ],
        _(
            "CA files per trust list, requests, what the boxes hold now, and the sheet for the change ticket (Markdown,"
            " HTML, PDF): all that somebody else needs. Nothing is overwritten, and no private key is in it."
        ),
        id=ID,
    )


def write_pack(
    frame: Frame,
    form: Form,
    case_id: int,
    findings: Sequence[str],
    values: dict[str, str],
) -> None:
    """Write the pack that the form asks for."""
    target, lang = Path(values["target"]).expanduser(), values["lang"]
    frame.write(
        form, lambda p: p.write_pack(case_id, target, findings, lang), lambda paths: written_into(paths, target)
    )


def written_paths(paths: Sequence[Path]) -> str:
    """Return what is said of a few files that were written."""
    return _("Written: {paths}").format(paths=", ".join(str(path) for path in paths))


def written_into(paths: Sequence[Path], target: Path) -> str:
    """Return what is said of many files that were written."""
    return _("Written: {count} files into {target}").format(count=len(paths), target=target)
