"""The command line. Imported first: it loads no textual, sqlalchemy or cryptography by itself."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor import __version__
from certdoctor.errors import CertdoctorError
from certdoctor.language import set_language

if TYPE_CHECKING:
    from certdoctor.casework.practice import Practice

BAD_INPUT = 2

_EXAMPLES = """examples:
  certdoctor                                     the app
  certdoctor examine site/                       a folder with site.yml, or any files and archives
  certdoctor examine diagnostic_log_*.tar.gz --format json
  certdoctor examine site/ --at 2027-03-15       as it will stand on that day
exit codes of examine: 0 healthy, 1 findings, 2 bad usage or nothing readable, 3 not enough evidence
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)
    parser = build_parser()
    options = parser.parse_args(arguments)
    set_language(options.lang)
    try:
        command: Callable[[argparse.Namespace], int] = options.run
        return command(options)
    except CertdoctorError as error:
        print(f"certdoctor: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; shell completion and the documentation are made from it."""
    # An option may stand before or after the command: the commands leave alone what was not given to them.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--lang", choices=("en", "de"), help="language of all texts")
    stored = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    stored.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder of the database (default: $CERTDOCTOR_DATA or the user's data folder)",
    )
    parser = argparse.ArgumentParser(
        prog="certdoctor",
        description="Finds out which certificate breaks a Cisco collaboration edge, why, and how to cure it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common, stored],
    )
    parser.add_argument("--version", action="version", version=f"certdoctor {__version__}")
    parser.set_defaults(run=_app, lang=_default_language(), data=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    examine = commands.add_parser(
        "examine",
        parents=[common, stored],
        help="examine files, folders and archives",
        description="Examines any mix of files, folders and archives, with at most one site.yml.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    examine.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    examine.add_argument("--format", choices=("text", "json", "markdown", "sarif"), default="text")
    examine.add_argument(
        "--at", type=_time, metavar="TIME", help="judge as of this time (2026-11-23 or 2026-11-23T12:00:00Z)"
    )
    examine.add_argument(
        "--password-file", type=Path, metavar="FILE", help="passwords of PFX files, one a line; never stored"
    )
    examine.add_argument(
        "--files", type=Path, metavar="DIR", help="write the files that cure the findings into a new folder"
    )
    examine.add_argument("--save", action="store_true", help="store the case in the database")
    examine.set_defaults(run=_examine)

    case = commands.add_parser("case", help="list, show and export stored cases", parents=[common])
    actions = case.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common, stored], help="list the cases")
    listing.add_argument("search", nargs="*", help="words that must occur")
    listing.set_defaults(run=_case_list)
    show = actions.add_parser("show", parents=[common, stored], help="show one case with its findings")
    show.add_argument("number", help="C-0001 or 1")
    show.set_defaults(run=_case_show)
    export = actions.add_parser("export", parents=[common, stored], help="print one case with its history")
    export.add_argument("number", help="C-0001 or 1")
    export.add_argument("--format", choices=("markdown", "json"), default="markdown")
    export.set_defaults(run=_case_export)

    kb = commands.add_parser("kb", help="the knowledge base", parents=[common])
    kb_actions = kb.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = kb_actions.add_parser("check", parents=[common], help="check rules/ and kb/ and run the tests of all rules")
    check.add_argument("--rules", type=Path, help="another rules folder")
    check.add_argument("--kb", type=Path, help="another kb folder")
    check.set_defaults(run=_kb_check)

    completion = commands.add_parser("completion", help="print a completion script", parents=[common])
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    completion.set_defaults(run=_completion)
    return parser


def data_folder(options: argparse.Namespace) -> Path:
    """Return the folder of the database: --data, $CERTDOCTOR_DATA, or the platform's user data folder."""
    if options.data is not None:
        return Path(options.data)
    named = os.environ.get("CERTDOCTOR_DATA")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("certdoctor", appauthor=False)


def _default_language() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        held = os.environ.get(name)
        if held:
            return "de" if held.lower().startswith("de") else "en"
    return "en"


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-11-23 or 2026-11-23T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)


def _app(options: argparse.Namespace) -> int:
    from certdoctor.ui.app import run

    folder = data_folder(options)

    def practice() -> Practice:
        from certdoctor.casework.practice import Practice

        return Practice(folder, _now)

    return run(practice, options.lang)


def _examine(options: argparse.Namespace) -> int:
    from certdoctor.plain import examine

    return examine.run(
        options.paths,
        form=options.format,
        at=options.at,
        now=_now,
        lang=options.lang,
        password_file=options.password_file,
        files=options.files,
        save=data_folder(options) if options.save else None,
    )


def _case_list(options: argparse.Namespace) -> int:
    from certdoctor.plain import cases

    return cases.listing(data_folder(options), _now, " ".join(options.search))


def _case_show(options: argparse.Namespace) -> int:
    from certdoctor.plain import cases

    return cases.show(data_folder(options), _now, options.number, options.lang)


def _case_export(options: argparse.Namespace) -> int:
    from certdoctor.plain import cases

    return cases.export(data_folder(options), _now, options.number, options.format)


def _kb_check(options: argparse.Namespace) -> int:
    from certdoctor.plain import kb

    return kb.check(options.rules, options.kb)


def _completion(options: argparse.Namespace) -> int:
    from certdoctor.plain import completion

    print(completion.script(options.shell, build_parser()))
    return 0


__all__ = ["build_parser", "data_folder", "main"]
