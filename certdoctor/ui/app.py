"""The way into the app. Nothing here imports Textual before the terminal has been looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from certdoctor.language import _, set_language
from certdoctor.ui import guards

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice


def _now() -> datetime:
    return datetime.now(UTC)


class Report(Protocol):
    """Writes the report on a case, or else on a site, into a new file and returns its path.

    The command line has reports of its own; the app writes the same, and is handed how.
    """

    def __call__(
        self, practice: Practice, file: Path, form: str, lang: str, *, case_id: int | None, site_id: int
    ) -> Path: ...


@dataclass(frozen=True, slots=True)
class Options:
    """How the app looks and behaves; None means: as the terminal suggests."""

    report: Report
    theme: str | None = None  # "dark", "light", "mono"
    mouse: bool | None = None
    ascii: bool | None = None
    clock: Callable[[], datetime] = _now


def run(practice_factory: Callable[[Callable[[str], object]], Practice], lang: str, options: Options) -> int:
    """Run the app until the user leaves, and return the exit code.

    Args:
        practice_factory: makes the practice; called in a thread once the first frame is painted, with what takes
            a line now and then while that lasts.
        lang: "en" or "de".
        options: see `Options`.

    Returns:
        0; 2 where the terminal cannot show the app; 128 + n after signal n; 1 after a defect of ours.
    """
    set_language(lang)
    why = guards.refusal()
    if why:
        print(_sentence(why), file=sys.stderr)
        return 2
    guards.prepare()
    from textual.drivers import linux_driver

    from certdoctor.ui.doctor import Doctor

    guards.forgive_bad_bytes(linux_driver)
    guards.outlive_terminal(linux_driver)
    app = Doctor(practice_factory, lang, options)
    mouse = not guards.over_ssh() if options.mouse is None else options.mouse
    try:
        app.run(mouse=mouse)
    except OSError:
        # The terminal is gone (a dropped connection): there is nowhere to write to, and nothing is lost.
        if not app.return_code:
            raise
    if app.last_error:
        print(_("certdoctor met an error of its own. Please report it:"), app.last_error, sep="\n", file=sys.stderr)
    return app.return_code or 0


def _sentence(why: str) -> str:
    if why == "dumb terminal":
        return _(
            "This terminal (TERM=dumb) cannot show the app. Use the command line instead: certdoctor examine PATH..."
        )
    return _("The app needs a terminal for input and output. Use the command line instead: certdoctor examine PATH...")
