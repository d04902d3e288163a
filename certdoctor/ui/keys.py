"""Every key of the app in one table: bindings, the key line, the `?` page and docs/keys.md come from it.

Keys are letters, digits, arrows, enter, escape, tab, space and a few control keys that terminals tell apart.
No letter destroys anything: an unbracketed paste types every letter of the alphabet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.binding import Binding

from certdoctor.language import N_, _


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key does in one place of the app.

    `label` is the word of the key line ("" keeps it out of there), `text` the sentence of the help page.
    """

    place: str
    keys: tuple[str, ...]
    action: str
    label: str
    text: str

    @property
    def id(self) -> str:
        """What names this action."""
        return f"{self.place}.{self.action}"


# The places in the order of the help page, with their titles.
PLACES: dict[str, str] = {
    "home": N_("Customers and sites"),
    "fleet": N_("All customers"),
    "site": N_("Site"),
    "nodes": N_("Site: nodes"),
    "cases": N_("Site: cases"),
    "connections": N_("Site: connections"),
    "matrix": N_("Site: matrix"),
    "certificates": N_("Site: certificates"),
    "case": N_("Case"),
    "evidence": N_("Case: evidence"),
    "symptoms": N_("Case: symptoms"),
    "interview": N_("Case: questions"),
    "told": N_("Case: explanations"),
    "account": N_("Case: how and why not"),
    "request": N_("Case: request for evidence"),
    "findings": N_("Case: findings"),
    "proof": N_("Case: proof"),
    "notes": N_("Case: notes"),
    "finding": N_("Finding"),
    "fix": N_("Finding: fix"),
    "between": N_("Between two nodes"),
    "whatif": N_("What if"),
    "renewals": N_("Renewals"),
    "renewal": N_("Renewal"),
    "certificate": N_("Certificate"),
    "knowledge": N_("Knowledge"),
    "glossary": N_("Glossary"),
    "help": N_("This list of keys"),
    "list": N_("Lists"),
    "page": N_("Pages of text"),
    "search": N_("Search fields"),
    "pick": N_("Choices"),
    "paths": N_("Path field"),
    "form": N_("Forms"),
    "draft": N_("Note"),
    "screen": N_("Every screen but the first"),
    "everywhere": N_("Everywhere"),
}

ACTIONS: tuple[Action, ...] = (
    Action("home", ("enter", "right"), "open", N_("open"), N_("Open the chosen site or case.")),
    Action(
        "home",
        ("slash",),
        "search",
        N_("search"),
        N_("Search customers, nodes, cases, findings, notes and certificates."),
    ),
    Action("home", ("n",), "new", N_("new site"), N_("Create a site.")),
    Action("home", ("r",), "resume", N_("resume"), N_("Go on with the last open case.")),
    Action("home", ("e",), "example", N_("example"), N_("Create the worked example site and open its case.")),
    Action("home", ("k",), "knowledge", N_("articles"), N_("Search and read what is known, with its rules.")),
    Action("home", ("g",), "glossary", "", N_("Read what the words mean.")),
    Action("home", ("f",), "fleet", N_("all ends"), N_("Show what ends when at all customers, and whom a CA touches.")),
    Action("home", ("i",), "take_in", "", N_("Take in a site or case that was shared as a file.")),
    Action("home", ("h",), "timeline", "", N_("Show what happened at all sites of the chosen customer.")),
    Action("fleet", ("enter", "right"), "open", N_("open"), N_("Show the chosen certificate, or the chosen month.")),
    Action("fleet", ("slash",), "search", N_("search"), N_("Search by words, CA, usage, day or version.")),
    Action("fleet", ("m",), "months", N_("by month"), N_("Show how many end in each month, or the list again.")),
    Action("fleet", ("w",), "calendar", N_("calendar"), N_("Write the ends shown here as a calendar file.")),
    Action("site", ("c",), "section('cases')", "", N_("Show the cases.")),
    Action("site", ("n",), "section('nodes')", "", N_("Show the nodes.")),
    Action("site", ("o",), "section('connections')", "", N_("Show who connects to whom, with both verdicts.")),
    Action("site", ("m",), "section('matrix')", "", N_("Show who trusts whom, as a table of the nodes.")),
    Action("site", ("t",), "section('certificates')", "", N_("Show the certificates by expiry.")),
    Action("site", ("w",), "section('changes')", "", N_("Show what changed between two snapshots of a box.")),
    Action("site", ("h",), "section('history')", "", N_("Show what happened when.")),
    Action(
        "site", ("i",), "what_if", N_("what if"), N_("What if: rehearse a renewal, a trust list, an upgrade or a date.")
    ),
    Action("site", ("r",), "renewals", N_("renewals"), N_("Plan renewals in waves and rehearse them.")),
    Action("site", ("b",), "report", N_("report"), N_("Write a report on the health of this site.")),
    Action("site", ("s",), "share", N_("share"), N_("Share this site with its history as one file.")),
    Action("site", ("tab",), "next_section", N_("next"), N_("Go to the next section.")),
    Action("site", ("shift+tab",), "previous_section", "", N_("Go to the section before.")),
    Action("nodes", ("enter", "right"), "edit", N_("change"), N_("Change the chosen node.")),
    Action("nodes", ("a",), "add", N_("add node"), N_("Add a node.")),
    Action("nodes", ("u",), "domains", N_("domains"), N_("Set the domains of the users.")),
    Action("nodes", ("delete",), "remove", "", N_("Remove the chosen node, after a question.")),
    Action("cases", ("enter", "right"), "open", N_("open"), N_("Open the chosen case.")),
    Action("cases", ("a",), "add", N_("new case"), N_("Open a new case.")),
    Action("connections", ("x",), "examine", N_("examine"), N_("Examine all connections again.")),
    Action("matrix", ("enter",), "open", N_("chains"), N_("Show the connections of the chosen cell and their chains.")),
    Action("matrix", ("right",), "column(1)", "", N_("One column to the right.")),
    Action("matrix", ("left",), "column(-1)", "", N_("One column to the left.")),
    Action("matrix", ("x",), "examine", N_("examine"), N_("Examine all connections again.")),
    Action("certificates", ("enter", "right"), "open", N_("show"), N_("Show the chosen certificate.")),
    Action("case", ("e",), "section('evidence')", "", N_("Show the evidence.")),
    Action("case", ("s",), "section('symptoms')", "", N_("Show the symptoms.")),
    Action("case", ("i",), "section('interview')", "", N_("Show the questions (interview).")),
    Action("case", ("f",), "section('findings')", "", N_("Show the findings.")),
    Action(
        "case", ("v",), "section('proof')", "", N_("Show what is proven: connections before and after, verify steps.")
    ),
    Action("case", ("n",), "section('notes')", "", N_("Show the notes.")),
    Action("case", ("x",), "examine", N_("examine"), N_("Examine the site now with all evidence and answers.")),
    Action("case", ("b",), "report", N_("report"), N_("Write a report that tells the story of this case.")),
    Action("case", ("tab",), "next_section", N_("next"), N_("Go to the next section.")),
    Action("case", ("shift+tab",), "previous_section", "", N_("Go to the section before.")),
    Action("case", ("o",), "outcome", N_("close/reopen"), N_("Close the case with one sentence, or open it again.")),
    Action("case", ("k",), "knowledge", "", N_("Search and read what is known, with its rules.")),
    Action("evidence", ("enter", "right"), "open", "", N_("Show the certificates of the chosen document.")),
    Action("evidence", ("a",), "add", N_("add files"), N_("Add files, folders or archives by their path.")),
    Action("evidence", ("y",), "confirm", N_("yes"), N_("Accept the proposed place of the chosen document.")),
    Action("evidence", ("Y",), "confirm_all", "", N_("Accept all proposals that name a node.")),
    Action("evidence", ("c",), "correct", N_("place"), N_("Say which node and slot the document belongs to.")),
    Action("evidence", ("l",), "look", "", N_("Look at servers over the network, after you have named them.")),
    Action("evidence", ("w",), "write", "", N_("Write the chosen document as strict PEM, which every box reads.")),
    Action("evidence", ("p",), "password", "", N_("Give the password of a PFX file.")),
    Action("evidence", ("delete",), "remove", "", N_("Remove the chosen document, after a question.")),
    Action("symptoms", ("slash",), "search", N_("search"), N_("Search the symptom list.")),
    Action("symptoms", ("space", "enter"), "take", N_("take"), N_("Take or drop the chosen symptom.")),
    Action("symptoms", ("w",), "words", N_("own words"), N_("Write the symptom in your own words.")),
    Action(
        "interview",
        ("1", "2", "3", "4", "5", "6", "7", "8", "9"),
        "answer",
        N_("answer"),
        N_("Give this answer to the chosen question; an answer can be changed at any time."),
    ),
    Action("interview", ("0", "d"), "unknown", N_("don't know"), N_("Say that you don't know.")),
    Action("interview", ("w",), "why", N_("why"), N_("Why this is asked: what each answer would bring to the front.")),
    Action("interview", ("h",), "how", N_("how"), N_("How the findings and the first of the ranking were reached.")),
    Action(
        "interview", ("y",), "why_not", N_("why not"), N_("Why not another: what speaks against it, what it lacks.")
    ),
    Action(
        "interview", ("t",), "suppose", N_("what if"), N_("What if: where each answer to this question would lead.")
    ),
    Action("interview", ("u",), "undo", N_("undo"), N_("Take the last answer back.")),
    Action("interview", ("p",), "request", N_("request"), N_("The page that asks for the evidence still wanted.")),
    Action("told", ("escape", "q", "left"), "close", N_("back"), N_("Back to the question.")),
    Action("account", ("h",), "turn(False)", N_("how"), N_("How it was reached.")),
    Action("account", ("y",), "turn(True)", N_("why not"), N_("What speaks against it, and what its rules lack.")),
    Action("account", ("tab",), "step(1)", N_("next"), N_("The next of the ranking.")),
    Action("account", ("shift+tab",), "step(-1)", "", N_("The one before in the ranking.")),
    Action("account", ("escape", "q", "left"), "close", N_("back"), N_("Back to the question.")),
    Action("request", ("w",), "write", N_("write"), N_("Write it as text and Markdown into a folder.")),
    Action("request", ("escape", "q", "left"), "close", N_("back"), N_("Back to the question.")),
    Action("findings", ("enter", "right"), "open", N_("why + fix"), N_("Show why this is so and how to fix it.")),
    Action(
        "findings",
        ("p",),
        "pack",
        N_("pack"),
        N_("Write a treatment pack for all findings, with the sheet for the change ticket."),
    ),
    Action("proof", ("space", "enter"), "tick", N_("seen"), N_("Tick off what you have seen yourself, or untick it.")),
    Action("notes", ("a",), "add", N_("add note"), N_("Write a note.")),
    Action("finding", ("d",), "section('details')", "", N_("Show what is wrong, why, and the proof.")),
    Action("finding", ("f",), "section('fix')", "", N_("Show the steps of the fix.")),
    Action("finding", ("w",), "write", N_("write files"), N_("Write the files this fix needs into a folder.")),
    Action("finding", ("p",), "pack", N_("pack"), N_("Write a treatment pack, with the sheet for the change ticket.")),
    Action("finding", ("k",), "article", N_("article"), N_("Read what is known of it, and when its rules fire.")),
    Action("finding", ("tab",), "next_section", N_("next"), N_("Go to the other section.")),
    Action("finding", ("shift+tab",), "previous_section", "", N_("Go to the other section.")),
    Action("fix", ("space", "enter"), "tick", N_("done"), N_("Tick the chosen step off, or untick it.")),
    Action("between", ("enter", "right"), "open", N_("why + fix"), N_("Show why this is so and how to fix it.")),
    Action("whatif", ("c",), "certificate", N_("certificate"), N_("A node gets the certificate of a file.")),
    Action("whatif", ("t",), "trust", N_("+ CA"), N_("A trust list gets the CAs of a file.")),
    Action("whatif", ("r",), "leave_out", N_("- CA"), N_("A trust list loses a CA.")),
    Action("whatif", ("v",), "version", N_("version"), N_("A node is brought to another version.")),
    Action("whatif", ("d",), "date", N_("date"), N_("It is another day.")),
    Action("whatif", ("delete",), "drop", "", N_("Take the chosen change back.")),
    Action("whatif", ("x",), "rehearse", "", N_("Rehearse the changes again.")),
    Action("whatif", ("enter", "right"), "open", "", N_("Show why this is so and how to fix it.")),
    Action("renewals", ("enter", "right"), "open", N_("open"), N_("Open the chosen renewal.")),
    Action("renewals", ("a",), "add", N_("plan a renewal"), N_("Plan a renewal and rehearse it.")),
    Action("renewal", ("space", "enter"), "tick", N_("done"), N_("Tick the chosen step off, or untick it.")),
    Action(
        "renewal", ("w",), "write", N_("write files"), N_("Write CA files, requests and the plan into a folder or zip.")
    ),
    Action("renewal", ("o",), "close", N_("close"), N_("Close the renewal when all steps are done.")),
    Action("certificate", ("enter", "right"), "open", N_("show"), N_("Show the chosen certificate of the chain.")),
    Action("knowledge", ("enter", "right"), "open", N_("read"), N_("Read the chosen article.")),
    Action("knowledge", ("slash",), "search", N_("search"), N_("Search all articles, in English and German.")),
    Action("knowledge", ("g",), "glossary", N_("glossary"), N_("Read what the words mean.")),
    Action("glossary", ("enter", "right"), "open", N_("read"), N_("Read the chosen article.")),
    Action("glossary", ("slash",), "search", N_("search"), N_("Search the glossary.")),
    Action("help", ("enter",), "run", N_("do it"), N_("Do what the chosen line says.")),
    Action("list", ("up",), "cursor(-1)", "", N_("One line up.")),
    Action("list", ("down",), "cursor(1)", "", N_("One line down.")),
    Action("list", ("pageup",), "page(-1)", "", N_("One page up.")),
    Action("list", ("pagedown",), "page(1)", "", N_("One page down.")),
    Action("list", ("home",), "edge(-1)", "", N_("To the first line.")),
    Action("list", ("end",), "edge(1)", "", N_("To the last line.")),
    Action("page", ("up",), "cursor(-1)", "", N_("Half a page up.")),
    Action("page", ("down",), "cursor(1)", N_("read on"), N_("Half a page down.")),
    Action("page", ("pageup",), "page(-1)", "", N_("One page up.")),
    Action("page", ("pagedown", "space"), "page(1)", "", N_("One page down.")),
    Action("page", ("home",), "edge(-1)", "", N_("To the top.")),
    Action("page", ("end",), "edge(1)", "", N_("To the end.")),
    Action("search", ("enter", "down"), "into_list", N_("to the list"), N_("Go to the list.")),
    Action("search", ("escape",), "leave", N_("clear"), N_("Clear the search, then leave the field.")),
    Action("pick", ("enter", "right"), "take", N_("take it"), N_("Take the chosen line.")),
    Action("pick", ("escape",), "leave", N_("cancel"), N_("Close without a change.")),
    Action("paths", ("enter",), "take", N_("add it"), N_("Add what is typed or chosen; a chosen folder is opened.")),
    Action("paths", ("tab",), "complete", N_("complete"), N_("Complete the path as far as it is unique.")),
    Action("paths", ("down",), "into_list", N_("pick below"), N_("Go to the list of files below.")),
    Action("paths", ("escape",), "leave", N_("cancel"), N_("Close without adding anything.")),
    Action("form", ("enter",), "go_on", N_("next, then save"), N_("Go to the next field; in the last one save.")),
    Action("form", ("tab", "down"), "next_field", N_("next field"), N_("Go to the next field.")),
    Action("form", ("shift+tab", "up"), "previous_field", "", N_("Go to the field before.")),
    Action("form", ("ctrl+s",), "save", N_("save"), N_("Save the form from any field.")),
    Action("form", ("escape",), "cancel", N_("cancel"), N_("Close without a change.")),
    Action("draft", ("ctrl+s",), "save", N_("keep note"), N_("Keep the note.")),
    Action("draft", ("escape",), "cancel", N_("throw away"), N_("Throw the note away; asks once if it has text.")),
    Action("screen", ("escape", "q", "left"), "back", N_("back"), N_("Go back; during a long job: cancel it.")),
    Action("everywhere", ("question_mark", "colon"), "help", N_("all keys"), N_("List all keys that work here.")),
    Action("everywhere", ("ctrl+l",), "redraw", "", N_("Draw the screen again.")),
    Action("everywhere", ("ctrl+z",), "suspend_process", "", N_("Go to the shell; `fg` comes back.")),
    Action("everywhere", ("ctrl+q",), "quit", "", N_("Leave certdoctor. Everything is saved already.")),
    Action("everywhere", ("ctrl+c",), "tell_quit", "", N_("Tell how to leave.")),
)

_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "escape": "esc",
    "delete": "del",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_name(key: str) -> str:
    """Return how a key is written for people ("/", "esc", "ctrl+s")."""
    return _NAMES.get(key, key)


def writes(key: str) -> bool:
    """Return whether a key writes a character, or moves the cursor, where text is typed."""
    return key in ("space", "left", "right") or (len(key_name(key)) == 1 and key not in ("up", "down"))


def keys_text(action: Action) -> str:
    """Return all keys of an action; a run of digits as "1-9"."""
    if len(action.keys) > 2 and all(key.isdigit() for key in action.keys):
        return f"{action.keys[0]}-{action.keys[-1]}"
    return " ".join(key_name(key) for key in action.keys)


def actions(*places: str) -> tuple[Action, ...]:
    """Return the actions of these places, in the order of the table."""
    return tuple(action for action in ACTIONS if action.place in places)


def bindings(place: str) -> list[Binding]:
    """Return the Textual bindings of one place."""
    out: list[Binding] = []
    for action in actions(place):
        for key in action.keys:
            does = f"answer({key})" if action.id == "interview.answer" else action.action
            out.append(Binding(key, does, action.label, show=False, priority=key in ("ctrl+q", "ctrl+z")))
    return out


def section_key(place: str, section: str) -> str:
    """Return the letter that shows a section."""
    return next(a.keys[0] for a in actions(place) if a.action == f"section('{section}')")


def key_line(places: Iterable[str], typing: bool) -> list[tuple[str, str]]:
    """Return (key, label) pairs for the key line, nearest place first.

    Args:
        places: from the focused widget outwards.
        typing: a text field has the focus, so that keys which write characters do nothing else.
    """
    out: list[tuple[str, str]] = []
    taken: set[str] = set()
    for place in places:
        for action in actions(place):
            free = [key for key in action.keys if key not in taken and not (typing and writes(key))]
            taken.update(action.keys)
            if not free or not action.label:
                continue
            shown = keys_text(action) if len(action.keys) > 2 and action.keys[0].isdigit() else key_name(free[0])
            out.append((shown, _(action.label)))
    return out


def keys_page() -> str:
    """Return docs/keys.md."""
    lines = [
        "# Keys",
        "",
        "`?` shows this list in the app, shortened to what works at that moment; enter there does what the line says.",
        "",
    ]
    for place, title in PLACES.items():
        lines += [f"## {title}", "", "| key | what it does |", "| --- | --- |"]
        for action in actions(place):
            keys = " ".join(f"`{key}`" for key in keys_text(action).split(" "))
            lines.append(f"| {keys} | {action.text} |")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def write_keys_page(path: Path) -> None:
    """Write docs/keys.md."""
    path.write_text(keys_page(), encoding="utf-8")


def unknown_places(used: Sequence[str]) -> set[str]:
    """Return the places among `used` that the table does not know."""
    return set(used) - set(PLACES)
