"""The command line. Imported first: it loads no textual, sqlalchemy or cryptography by itself."""

from __future__ import annotations

import argparse
import gettext
import io
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certdoctor import __version__
from certdoctor.errors import CertdoctorError
from certdoctor.language import DOMAIN, LOCALE, N_, _, set_language

if TYPE_CHECKING:
    from certdoctor.casework.fleet import Asked
    from certdoctor.casework.practice import Practice

BAD_INPUT = 2

_EXAMPLES = N_(
    """examples:
  certdoctor                                     the app
  certdoctor examine site/                       a folder with site.yml, or any files and archives
  certdoctor examine diagnostic_log_*.tar.gz --format json
  certdoctor examine site/ --at 2027-03-15       as it will stand on that day
  certdoctor matrix site/ --format svg           who trusts whom, as a picture
  certdoctor whatif site/ --certificate expe1=new.pem --on 2027-03-15
exit codes of examine, matrix and whatif: 0 healthy, 1 findings, 2 bad usage or nothing readable, 3 not enough evidence
"""
)

_RENEW_EXAMPLES = N_(
    """examples:
  certdoctor renew site/ --cluster expc.example.com --issuer "Public CA G4" --without clientAuth --from 2027-01-10
  certdoctor renew site/ --candidate expc1=new1.pem --candidate expc2=new2.pem --output renewal/ --save
  certdoctor renew R-0001 --tick trust-expe1-ca
exit codes of renew: 0 every wave can be carried out, 1 something would break, 2 bad usage
"""
)

_PROBE_EXAMPLES = N_(
    """examples:
  certdoctor probe expe1.example.com:5061
  certdoctor probe expe1.example.com:7001 --client-cert expc1.pem --client-key expc1.key
  certdoctor probe imp1.example.com --starttls xmpp-client --sni example.com
  certdoctor probe --site site.yml --files seen/
exit codes of probe: 0 connected and chain received, 1 refused or no TLS, 2 bad usage, 3 no answer
"""
)


_FLEET_EXAMPLES = N_(
    """examples:
  certdoctor fleet --before 2027-03-15 --presented      what has to be renewed until then
  certdoctor fleet --ca "Example Issuing CA"            whom this CA touches
  certdoctor fleet --has clientAuth --from 2027-02-01   what may lose the client role at its renewal
  certdoctor fleet --below X15.5 --lacks clientAuth     server-only certificates at old boxes
  certdoctor fleet --format ics --output ends.ics       the ends as a calendar
"""
)


# The words of argparse that a user meets; it looks them up by itself.
_OF_ARGPARSE = (
    N_("usage: "),
    N_("options"),
    N_("positional arguments"),
    N_("show this help message and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)
    _speak(_language_asked(sys.argv[1:] if arguments is None else arguments))
    parser = build_parser()
    options = parser.parse_args(arguments)
    _speak(options.lang)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without UTF-8 gets \u2192 for what it cannot show (in JSON that is the very same character).
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        command: Callable[[argparse.Namespace], int] = options.run
        code = command(options)
        sys.stdout.flush()  # a reader that went away must be noticed here, not while the interpreter ends
        return code
    except CertdoctorError as error:
        from certdoctor.sentences import told_error

        print(f"certdoctor: {told_error(error)}", file=sys.stderr)
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
    # argparse shares a parent's actions, so the commands need parents of their own.
    top, common, stored, judged = _language_option(), _language_option(), _data_option(), _examining_options()
    parser = argparse.ArgumentParser(
        prog="certdoctor",
        description=_("Finds out which certificate breaks a Cisco collaboration edge, why, and how to cure it."),
        epilog=_(_EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[top, _data_option()],
    )
    parser.add_argument(
        "--version", action="version", version=f"certdoctor {__version__}", help=_("show the version and exit")
    )
    parser.set_defaults(run=_app, lang=_default_language(), data=None)
    commands = parser.add_subparsers(title=_("commands"), metavar="COMMAND")

    examine = commands.add_parser(
        "examine",
        parents=[common, stored, judged],
        help=_("examine files, folders and archives"),
        description=_("Examines any mix of files, folders and archives, with at most one site.yml."),
        epilog=_(_EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    examine.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    examine.add_argument("--format", choices=("text", "json", "markdown", "sarif"), default="text")
    examine.add_argument(
        "--files", type=Path, metavar="DIR", help=_("write the files that cure the findings into a new folder")
    )
    examine.add_argument("--save", action="store_true", help=_("store the case in the database"))
    examine.set_defaults(run=_examine)

    matrix = commands.add_parser(
        "matrix",
        parents=[common, judged],
        help=_("show who trusts whom, as a table or a picture"),
        description=_("Examines as `examine` does and shows nodes by nodes how each side's certificate fares."),
    )
    matrix.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    matrix.add_argument("--format", choices=("text", "json", "markdown", "svg"), default="text")
    matrix.add_argument("--output", type=Path, metavar="FILE", help=_("write to a new file instead"))
    matrix.set_defaults(run=_matrix)

    whatif = commands.add_parser(
        "whatif",
        parents=[common, judged],
        help=_("show what a renewal, a trust list, an upgrade or a date would change"),
        description=_("Examines a site before and after changes that nobody has made yet. It changes nothing."),
    )
    whatif.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    whatif.add_argument(
        "--certificate",
        action="append",
        default=[],
        metavar="NODE[:SLOT]=FILE",
        help=_("the node presents the certificate of this file"),
    )
    whatif.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NODE:LIST=+FILE|-CA",
        help=_("the CAs of a file are added to the list, or one is removed (SHA-256, common name or subject)"),
    )
    whatif.add_argument(
        "--version", action="append", default=[], metavar="NODE=VERSION", help=_("the node has this version")
    )
    whatif.add_argument("--on", type=_time, metavar="TIME", help=_("it is this date"))
    whatif.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    whatif.set_defaults(run=_whatif)

    pack = commands.add_parser(
        "pack",
        parents=[common, stored, judged],
        help=_("write a treatment pack: files, steps and the sheet for the change ticket"),
        description=_(
            "Writes what somebody else needs to carry the cure out: CA files per trust list, requests, what is there now,"
            " and the sheet for the change ticket as Markdown, HTML and PDF."
        ),
    )
    pack.add_argument("what", nargs="+", metavar="CASE|PATH", help=_("C-0001, or files, folders and archives"))
    pack.add_argument(
        "--output", type=Path, required=True, metavar="DIR|FILE.zip", help=_("a new folder, or a new zip")
    )
    pack.add_argument(
        "--finding", action="append", default=[], metavar="ID", help=_("cure only this diagnosis (can be repeated)")
    )
    pack.set_defaults(run=_pack)

    report = commands.add_parser(
        "report",
        parents=[common, stored, judged],
        help=_("report on the health of a site or the story of a case, with the picture of the site"),
        description=_(
            "Prints or writes a report; what was not checked is part of it. HTML is one file with everything."
        ),
    )
    report.add_argument("what", nargs="+", metavar="CASE|PATH", help=_("C-0001, or files, folders and archives"))
    report.add_argument("--format", choices=("text", "markdown", "html", "sarif"), default="text")
    report.add_argument("--output", type=Path, metavar="FILE", help=_("write to a new file instead"))
    report.set_defaults(run=_report)

    renew = commands.add_parser(
        "renew",
        parents=[common, stored, judged],
        help=_("plan a renewal in waves: trust, certificates, restarts; rehearse each"),
        description=_(
            "Plans the renewal of certificates in waves and rehearses each before it is done. Candidates are given, or"
            " made for the rehearsal: the same names from another issuer. R-0001 goes on with a kept project."
        ),
        epilog=_(_RENEW_EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    renew.add_argument("what", nargs="*", metavar="PATH|R-0001|list")
    renew.add_argument(
        "--customer", default="", metavar="NAME", help=_("plan and keep one project for each stored site of a customer")
    )
    renew.add_argument(
        "--certificate", action="append", default=[], metavar="NODE[:SLOT]", help=_("renew this one (default: all)")
    )
    renew.add_argument("--cluster", action="append", default=[], metavar="NAME", help=_("renew all of this cluster"))
    renew.add_argument(
        "--candidate", action="append", default=[], metavar="NODE[:SLOT]=FILE", help=_("the new certificate, PEM")
    )
    renew.add_argument("--issuer", default="", metavar="NAME", help=_("rehearse with certificates from this issuer"))
    renew.add_argument(
        "--without", action="append", default=[], choices=("clientAuth", "serverAuth"), help=_("that lack this usage")
    )
    renew.add_argument("--from", dest="start", type=_time, metavar="TIME", help=_("valid from this day on"))
    renew.add_argument("--days", type=int, default=200, metavar="N", help=_("valid for so many days (default: 200)"))
    renew.add_argument("--title", default="", metavar="TEXT", help=_("title of the project"))
    renew.add_argument("--output", type=Path, metavar="DIR|FILE.zip", help=_("write CA files, requests and the sheet"))
    renew.add_argument("--save", action="store_true", help=_("keep the project, to tick it off and go on later"))
    renew.add_argument("--tick", action="append", default=[], metavar="STEP", help=_("this step is done"))
    renew.add_argument("--untick", action="append", default=[], metavar="STEP", help=_("this step is not done"))
    renew.add_argument("--close", action="store_true", help=_("all is done: close the project"))
    renew.add_argument("--format", choices=("text", "markdown", "html", "json"), default="text")
    renew.set_defaults(run=_renew)

    probe = commands.add_parser(
        "probe",
        parents=[common],
        help=_("look at servers over the network: chain, TLS version, client certificate, alert"),
        description=_("Connects to the named servers, and to no others, and shows what they send. It judges nothing."),
        epilog=_(_PROBE_EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    probe.add_argument(
        "targets", nargs="*", metavar="TARGET", help=_("HOST, HOST:PORT or [IPv6]:PORT; port 443 if none is named")
    )
    probe.add_argument(
        "--site", type=Path, metavar="PATH", help=_("look at the servers of all connections of this site.yml")
    )
    probe.add_argument(
        "--sni", metavar="NAME", help=_("name to ask for (default: the host); with --starttls the XMPP domain")
    )
    probe.add_argument(
        "--starttls",
        choices=("xmpp-client", "xmpp-server"),
        help=_("ask for TLS within XMPP; port 5222 or 5269 if none is named"),
    )
    probe.add_argument(
        "--client-cert", type=Path, metavar="FILE", help=_("client certificate in PEM, its chain behind it")
    )
    probe.add_argument(
        "--client-key", type=Path, metavar="FILE", help=_("its key in PEM (default: in the same file); never stored")
    )
    probe.add_argument(
        "--timeout", type=_seconds, default=10.0, metavar="S", help=_("seconds for each target (default: 10)")
    )
    probe.add_argument("--format", choices=("text", "json"), default="text")
    probe.add_argument(
        "--files", type=Path, metavar="DIR", help=_("write what was seen into a new folder, for examine")
    )
    probe.set_defaults(run=_probe)

    ask = commands.add_parser(
        "ask",
        parents=[common],
        help=_("find the cause by questions, line by line"),
        description=_(
            "Asks what it cannot see in the files, one question a line: for screen readers, simple terminals and scripts."
        ),
    )
    ask.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    ask.add_argument("--symptom", default="", metavar="TEXT", help=_("what the customer said"))
    ask.add_argument(
        "--answers", type=Path, metavar="FILE", help=_("answers, one `question: value` a line; nothing is asked then")
    )
    ask.add_argument("--format", choices=("text", "json"), default="text")
    ask.add_argument(
        "--at", type=_time, metavar="TIME", help=_("judge as of this time (2026-11-23 or 2026-11-23T12:00:00Z)")
    )
    ask.set_defaults(run=_ask)

    request = commands.add_parser(
        "request",
        parents=[common],
        help=_("say which evidence is still wanted, box by box"),
        description=_("Prints a page to mail to the customer: what is wanted from which box, and how to get it."),
    )
    request.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    request.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    request.set_defaults(run=_request)

    symptoms = commands.add_parser(
        "symptoms",
        parents=[common],
        help=_("find the symptom that a description or a log line fits"),
        description=_(
            "Finds the symptoms that fit a text in English or German, or a pasted log line. Pick one: none is certain."
        ),
    )
    symptoms.add_argument(
        "text", nargs="*", metavar="TEXT", help=_("what the customer said; - reads it from the input")
    )
    symptoms.add_argument("--format", choices=("text", "json"), default="text")
    symptoms.add_argument("--limit", type=int, default=3, metavar="N", help=_("at most so many (default: 3)"))
    symptoms.set_defaults(run=_symptoms)

    case = commands.add_parser("case", help=_("list, show and export stored cases"), parents=[common])
    actions = case.add_subparsers(title=_("actions"), metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[common, stored], help=_("list the cases"))
    listing.add_argument("search", nargs="*", help=_("words that must occur"))
    listing.set_defaults(run=_case_list)
    show = actions.add_parser("show", parents=[common, stored], help=_("show one case with its findings"))
    show.add_argument("number", help=_("C-0001 or 1"))
    show.set_defaults(run=_case_show)
    export = actions.add_parser("export", parents=[common, stored], help=_("print one case with its history"))
    export.add_argument("number", help=_("C-0001 or 1"))
    export.add_argument("--format", choices=("markdown", "json"), default="markdown")
    export.set_defaults(run=_case_export)

    found = commands.add_parser(
        "find",
        parents=[common, stored],
        help=_("search everything stored: customers, nodes, cases, findings, notes, certificates"),
    )
    found.add_argument("words", nargs="+", metavar="WORD", help=_("the beginning of a word, name or fingerprint"))
    found.set_defaults(run=_find)

    fleet = commands.add_parser(
        "fleet",
        parents=[common, stored],
        help=_("show what ends when, and whom a CA, a usage, a date or a version touches"),
        description=_("Asks all customers and sites at once. Every condition that is named must hold."),
        epilog=_(_FLEET_EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fleet.add_argument("words", nargs="*", metavar="WORD", help=_("words that stand in the certificate"))
    fleet.add_argument("--ca", default="", metavar="CA", help=_("this CA and all that stands below it"))
    fleet.add_argument("--lacks", default="", metavar="USAGE", help=_("presented without this usage (clientAuth)"))
    fleet.add_argument("--has", default="", metavar="USAGE", help=_("presented with this usage"))
    fleet.add_argument("--before", type=_time, metavar="TIME", help=_("ends before this day"))
    fleet.add_argument("--from", dest="since", type=_time, metavar="TIME", help=_("ends on this day or later"))
    fleet.add_argument("--below", default="", metavar="VERSION", help=_("at boxes below this version (X15.5)"))
    fleet.add_argument("--customer", default="", metavar="NAME", help=_("of this customer alone"))
    fleet.add_argument("--presented", action="store_true", help=_("no trust list entries"))
    fleet.add_argument("--format", choices=("text", "json", "csv", "ics"), default="text")
    fleet.add_argument("--output", type=Path, metavar="FILE", help=_("write to a new file instead"))
    fleet.set_defaults(run=_fleet)

    timeline = commands.add_parser(
        "timeline", parents=[common, stored], help=_("show what happened at a customer's sites, newest first")
    )
    timeline.add_argument("customer", nargs="+", metavar="CUSTOMER")
    timeline.add_argument("--limit", type=int, default=200, metavar="N", help=_("at most so many (default: 200)"))
    timeline.set_defaults(run=_timeline)

    share = commands.add_parser(
        "share",
        parents=[common, stored],
        help=_("write a site or a case with its history into one file"),
        description=_("The file holds no private key. `certdoctor import` takes it in elsewhere."),
    )
    share.add_argument("file", type=Path, metavar="FILE", help=_("a new file"))
    of = share.add_mutually_exclusive_group(required=True)
    of.add_argument("--site", default="", metavar="SITE", help=_('"CUSTOMER / SITE"'))
    of.add_argument("--case", default="", metavar="NUMBER", help=_("C-0001 or 1"))
    share.add_argument(
        "--anonymous", action="store_true", help=_("replace names and addresses; certificates and logs stay out")
    )
    share.set_defaults(run=_share)

    taking = commands.add_parser("import", parents=[common, stored], help=_("take in a site or case that was shared"))
    taking.add_argument("file", type=Path, metavar="FILE")
    taking.add_argument(
        "--as", dest="name", default="", metavar="SITE", help=_('under another name: "CUSTOMER / SITE"')
    )
    taking.set_defaults(run=_import)

    forget = commands.add_parser(
        "forget",
        parents=[common, stored],
        help=_("delete a customer, or old evidence, for good"),
        description=_("Deletes rows, index and free pages; only a record of how much it was stays. Backups are named."),
    )
    whom = forget.add_mutually_exclusive_group(required=True)
    whom.add_argument("--customer", default="", metavar="NAME", help=_("with all sites, cases and evidence"))
    whom.add_argument(
        "--before", type=_time, metavar="TIME", help=_("evidence added before this day that nothing stands on now")
    )
    forget.add_argument("--current", action="store_true", help=_("with --before: evidence too that a site stands on"))
    forget.add_argument("--yes", action="store_true", help=_("do it"))
    forget.set_defaults(run=_forget)

    kb = commands.add_parser("kb", help=_("the knowledge base"), parents=[common])
    kb_actions = kb.add_subparsers(title=_("actions"), metavar="ACTION", required=True)
    folders = argparse.ArgumentParser(add_help=False)
    folders.add_argument("--rules", type=Path, help=_("another rules folder"))
    folders.add_argument("--kb", type=Path, help=_("another kb folder"))
    check = kb_actions.add_parser(
        "check", parents=[common, folders], help=_("check rules/ and kb/ and run the tests of all rules")
    )
    check.add_argument(
        "--accept", action="store_true", help=_("keep what comes out of the example sites as what is expected of them")
    )
    check.set_defaults(run=_kb_check)
    listed = kb_actions.add_parser(
        "list", parents=[common, folders], help=_("list the failure modes and what decides each")
    )
    listed.add_argument("search", nargs="*", help=_("words that must occur"))
    listed.add_argument("--coverage", action="store_true", help=_("print the counts only"))
    listed.add_argument("--format", choices=("text", "json"), default="text")
    listed.set_defaults(run=_kb_list)
    article = kb_actions.add_parser("show", parents=[common, folders], help=_("show one diagnosis with its rules"))
    article.add_argument("id")
    article.set_defaults(run=_kb_show)
    fresh = kb_actions.add_parser("new", parents=[common], help=_("write the files of a new diagnosis to fill in"))
    fresh.add_argument("id")
    fresh.add_argument(
        "--about",
        choices=("file", "certificate", "list", "node", "cluster", "connection", "site"),
        default="connection",
        help=_("what its rule is about (default: connection)"),
    )
    fresh.add_argument("--in", dest="folder", type=Path, default=Path(), metavar="DIR", help=_("the checkout"))
    fresh.set_defaults(run=_kb_new)
    tried = kb_actions.add_parser(
        "try", parents=[common, folders], help=_("show which rules fire for a site, and why not")
    )
    tried.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    tried.add_argument("--rule", default="", metavar="ID", help=_("how each premise of this rule stands"))
    tried.set_defaults(run=_kb_try)

    completion = commands.add_parser("completion", help=_("print a completion script"), parents=[common])
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    completion.set_defaults(run=_completion)
    return parser


def _language_option() -> argparse.ArgumentParser:
    parent = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parent.add_argument("--lang", choices=("en", "de"), help=_("language of all texts"))
    return parent


def _data_option() -> argparse.ArgumentParser:
    parent = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parent.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=_("folder of the database (default: $CERTDOCTOR_DATA or the user's data folder)"),
    )
    return parent


def _examining_options() -> argparse.ArgumentParser:
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--at", type=_time, metavar="TIME", help=_("judge as of this time (2026-11-23 or 2026-11-23T12:00:00Z)")
    )
    parent.add_argument(
        "--password-file", type=Path, metavar="FILE", help=_("passwords of PFX files, one a line; never stored")
    )
    return parent


def data_folder(options: argparse.Namespace) -> Path:
    """Return the folder of the database: --data, $CERTDOCTOR_DATA, or the platform's user data folder."""
    if options.data is not None:
        return Path(options.data)
    named = os.environ.get("CERTDOCTOR_DATA")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("certdoctor", appauthor=False)


def _language_asked(arguments: Sequence[str]) -> str:
    """Return the language for the parser's own texts, before it has parsed anything."""
    asked = _default_language()
    for word, after in zip(arguments, [*arguments, ""][1:], strict=True):
        if word == "--lang" or word.startswith("--lang="):
            asked = after if word == "--lang" else word.partition("=")[2]
    return asked


def _speak(lang: str) -> None:
    set_language(lang)
    # argparse has its own words from the domain and language that gettext's module functions use.
    os.environ["LANGUAGE"] = lang
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)


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
        said = _("{value} is no time; write 2026-11-23 or 2026-11-23T12:00:00Z")
        raise argparse.ArgumentTypeError(said.format(value=repr(text))) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        said = _("{value} is no number of seconds from more than 0 to 600")
        raise argparse.ArgumentTypeError(said.format(value=repr(text)))
    return seconds


def _now() -> datetime:
    return datetime.now(UTC)


def _app(options: argparse.Namespace) -> int:
    if os.environ.get("ACCESSIBLE", "0") not in ("", "0") or os.environ.get("TERM") == "dumb":
        print(_("Line mode (ACCESSIBLE or TERM=dumb is set). `certdoctor ask PATH...` takes files along."))
        return main(["ask", "--lang", options.lang])
    from certdoctor.ui.app import Options, run

    folder = data_folder(options)

    def practice(told: Callable[[str], object]) -> Practice:
        from certdoctor.casework.practice import Practice

        return Practice(folder, _now, told=told)

    def report(practice: Practice, file: Path, form: str, lang: str, *, case_id: int | None, site_id: int) -> Path:
        from certdoctor.plain.reports import write

        return write(practice, file, form, lang, case_id=case_id, site_id=site_id)

    return run(practice, options.lang, Options(report=report))


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


def _matrix(options: argparse.Namespace) -> int:
    from certdoctor.plain import matrix

    return matrix.run(
        options.paths,
        form=options.format,
        at=options.at,
        now=_now,
        lang=options.lang,
        password_file=options.password_file,
        output=options.output,
    )


def _whatif(options: argparse.Namespace) -> int:
    from certdoctor.plain import whatif

    return whatif.run(
        options.paths,
        certificates=options.certificate,
        trust=options.trust,
        versions=options.version,
        on=options.on,
        form=options.format,
        at=options.at,
        now=_now,
        lang=options.lang,
        password_file=options.password_file,
    )


def _pack(options: argparse.Namespace) -> int:
    from certdoctor.plain import pack

    return pack.run(
        options.what,
        output=options.output,
        findings=options.finding,
        at=options.at,
        now=_now,
        lang=options.lang,
        password_file=options.password_file,
        data=data_folder(options),
    )


def _report(options: argparse.Namespace) -> int:
    from certdoctor.plain import reports

    return reports.run(
        options.what,
        form=options.format,
        output=options.output,
        at=options.at,
        now=_now,
        lang=options.lang,
        password_file=options.password_file,
        data=data_folder(options),
    )


def _renew(options: argparse.Namespace) -> int:
    from certdoctor.casework.renewal import Request, Wish
    from certdoctor.plain import renew

    wish = Wish(options.issuer, tuple(options.without), options.start, options.days) if options.issuer else None
    return renew.run(
        options.what,
        customer=options.customer,
        asked=Request(
            options.title,
            tuple(options.certificate),
            tuple(options.cluster),
            tuple(renew.candidate(text) for text in options.candidate),
            wish,
        ),
        output=options.output,
        form=options.format,
        save=options.save,
        tick=options.tick,
        untick=options.untick,
        close=options.close,
        at=options.at,
        now=_now,
        lang=options.lang,
        password_file=options.password_file,
        data=data_folder(options),
    )


def _probe(options: argparse.Namespace) -> int:
    from certdoctor.plain import probe

    return probe.run(
        options.targets,
        site=options.site,
        sni=options.sni,
        starttls=options.starttls,
        client_cert=options.client_cert,
        client_key=options.client_key,
        timeout=options.timeout,
        form=options.format,
        files=options.files,
        now=_now,
    )


def _ask(options: argparse.Namespace) -> int:
    from certdoctor.plain import ask

    def line(prompt: str) -> str | None:
        print(prompt, end="", flush=True)
        typed = sys.stdin.readline()
        return typed.rstrip("\n") if typed else None

    return ask.run(
        options.paths,
        symptom=options.symptom,
        answers=options.answers,
        form=options.format,
        at=options.at,
        now=_now(),
        lang=options.lang,
        ask=line,
        say=print,
    )


def _request(options: argparse.Namespace) -> int:
    from certdoctor.plain import request

    return request.run(options.paths, form=options.format, now=_now(), lang=options.lang)


def _symptoms(options: argparse.Namespace) -> int:
    from certdoctor.plain import symptoms

    text = sys.stdin.read() if options.text == ["-"] else " ".join(options.text)
    return symptoms.run(text, form=options.format, lang=options.lang, limit=max(options.limit, 1))


def _case_list(options: argparse.Namespace) -> int:
    from certdoctor.plain import cases

    return cases.listing(data_folder(options), _now, " ".join(options.search))


def _case_show(options: argparse.Namespace) -> int:
    from certdoctor.plain import cases

    return cases.show(data_folder(options), _now, options.number, options.lang)


def _case_export(options: argparse.Namespace) -> int:
    from certdoctor.plain import cases

    return cases.export(data_folder(options), _now, options.number, options.format)


def _find(options: argparse.Namespace) -> int:
    from certdoctor.plain import practice

    return practice.find(data_folder(options), _now, " ".join(options.words))


def _fleet(options: argparse.Namespace) -> int:
    from certdoctor.plain import fleet

    def asked() -> Asked:
        from certdoctor.casework.fleet import Asked

        return Asked(
            words=" ".join(options.words),
            ca=options.ca,
            lacks=options.lacks,
            has=options.has,
            before=options.before,
            since=options.since,
            version=options.below,
            customer=options.customer,
            presented_only=options.presented,
        )

    return fleet.run(data_folder(options), _now, asked, form=options.format, output=options.output, lang=options.lang)


def _timeline(options: argparse.Namespace) -> int:
    from certdoctor.plain import practice

    return practice.timeline(data_folder(options), _now, " ".join(options.customer), max(options.limit, 1))


def _share(options: argparse.Namespace) -> int:
    from certdoctor.plain import practice

    return practice.share(
        data_folder(options), _now, options.file, site=options.site, case=options.case, anonymous=options.anonymous
    )


def _import(options: argparse.Namespace) -> int:
    from certdoctor.plain import practice

    return practice.take_in(data_folder(options), _now, options.file, options.name)


def _forget(options: argparse.Namespace) -> int:
    from certdoctor.plain import practice

    return practice.forget(
        data_folder(options),
        _now,
        customer=options.customer,
        before=options.before,
        also_current=options.current,
        sure=options.yes,
    )


def _kb_check(options: argparse.Namespace) -> int:
    from certdoctor.plain import kb

    return kb.check(options.rules, options.kb, _now(), accept=options.accept)


def _kb_list(options: argparse.Namespace) -> int:
    from certdoctor.plain import kb

    return kb.listing(
        options.rules,
        options.kb,
        " ".join(options.search),
        covered=options.coverage,
        lang=options.lang,
        form=options.format,
    )


def _kb_show(options: argparse.Namespace) -> int:
    from certdoctor.plain import kb

    return kb.show(options.rules, options.kb, options.id, options.lang)


def _kb_new(options: argparse.Namespace) -> int:
    from certdoctor.plain import kb

    return kb.new(options.folder, options.id, options.about)


def _kb_try(options: argparse.Namespace) -> int:
    from certdoctor.plain import kb

    return kb.trial(options.rules, options.kb, options.paths, options.rule, _now(), options.lang)


def _completion(options: argparse.Namespace) -> int:
    from certdoctor.plain import completion

    print(completion.script(options.shell, build_parser()))
    return 0


__all__ = ["build_parser", "data_folder", "main"]
