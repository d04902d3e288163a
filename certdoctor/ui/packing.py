"""The form for a treatment pack: where to, and in which language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    case_id: int,
    findings: Sequence[str],
    values: dict[str, str],
    then: Callable[[tuple[Path, ...]], object] | None = None,
) -> bool:
    """Write the pack that the form asks for; False where another job runs."""
    target, lang = Path(values["target"]).expanduser(), values["lang"]

    def written(paths: tuple[Path, ...]) -> object:
        frame.say(_("Written: {count} files into {target}").format(count=len(paths), target=target))
        return then(paths) if then is not None else None

    return frame.ask_long(_("writing"), lambda p: p.write_pack(case_id, target, findings, lang), written)
