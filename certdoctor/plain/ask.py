"""`certdoctor ask`: the consultation as plain questions and answers, line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.casework.accounts import account_lines, leading
from certdoctor.casework.categories import category_word
from certdoctor.casework.consultation import Consultation
from certdoctor.casework.described import checked
from certdoctor.casework.examination import Examination, QuestionLine
from certdoctor.casework.request import page_of, wanted
from certdoctor.casework.sites import description_of
from certdoctor.casework.symptoms import fitting
from certdoctor.errors import BadInput, CertdoctorError
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.load import shipped
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import _
from certdoctor.plain.document import as_json
from certdoctor.plain.examine import EXIT
from certdoctor.plain.report import as_text, verdict_words
from certdoctor.reasoning.engine import Engine
from certdoctor.text import clean

UNKNOWN = "unknown"
SYMPTOM = "symptom"
_LEADING = 3

Ask = Callable[[str], str | None]  # shows a prompt and returns the line typed, or None at the end of the input
Say = Callable[[str], None]


def run(
    paths: Sequence[Path],
    *,
    symptom: str,
    answers: Path | None,
    form: str,
    at: datetime | None,
    now: datetime,
    lang: str,
    ask: Ask,
    say: Say,
) -> int:
    """Consult about the site in `paths` and return the exit code of its examination.

    Args:
        paths: files, folders and archives; may be empty.
        symptom: what the customer said; asked for where empty, unless `answers` are given.
        answers: a file with one `question: value` a line; then nothing is asked.
        form: "text" or "json", for what is printed at the end.
        at: judge as of this time.
        now: the present time.
        lang: language of all texts.
        ask: asks the user for a line.
        say: shows a line.

    Raises:
        CertdoctorError: a path does not exist, or the answers are faulty.
    """
    knowledge = shipped()
    prepared = _prepared(answers, knowledge) if answers is not None else None
    with Engine(knowledge) as engine:
        evidence = _evidence(paths, knowledge)
        consultation = Consultation(
            evidence, description_of(evidence), knowledge, engine, now=now, at=at, lang=lang
        )  # fmt: skip
        if prepared is not None:
            complaint = prepared.pop(SYMPTOM, None) or symptom
            if complaint:
                consultation.complain(_symptoms(complaint, knowledge, lang))
            while (question := consultation.question) is not None:
                consultation.answer(question, prepared.get(question.id, prepared.get(question.fact)))
        else:
            _Talk(consultation, list(paths), knowledge, lang, ask, say).run(symptom)
        say(as_json(consultation.examination) if form == "json" else _told(consultation.examination, knowledge, lang))
        return EXIT[consultation.examination.verdict.value]


def _evidence(paths: Sequence[Path], knowledge: Knowledge) -> Evidence:
    for path in paths:
        if not path.exists():
            raise BadInput(str(path), "", _("there is no such file or folder."), _("Check the path."))
    return checked(read_paths(paths), knowledge) if paths else Evidence((), ())


def _symptoms(text: str, knowledge: Knowledge, lang: str) -> list[str]:
    """Return the symptom that a script names, by its id or by the words that fit it best."""
    if text in knowledge.symptoms:
        return [text]
    return [match.symptom for match in fitting(text, knowledge, lang, limit=1)]


def _prepared(file: Path, knowledge: Knowledge) -> dict[str, str | None]:
    """Read the answers of a script: `question: value` or `fact: value`, with `unknown` for "don't know".

    `symptom: id` (or words) reports a symptom.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        text = _("the answers cannot be read ({why}).")
        raise BadInput(str(file), "", text.format(why=getattr(error, "strerror", None) or error)) from None
    options = {key: form.options for key, form in knowledge.questions.items()}
    options |= {form.fact: form.options for form in knowledge.questions.values()}
    prepared: dict[str, str | None] = {}
    for number, line in enumerate(lines, 1):
        key, _colon, value = (part.strip() for part in line.partition(":"))
        if not key or key.startswith("#"):
            continue
        place = _("line {number}").format(number=number)
        if key == SYMPTOM:
            prepared[key] = value
            continue
        if key not in options:
            raise BadInput(str(file), place, _("There is no question “{value}”.").format(value=key))
        if value != UNKNOWN and value not in options[key]:
            allowed = ", ".join([*options[key], UNKNOWN])
            said = _("“{value}” is no answer to it.").format(value=value)
            raise BadInput(str(file), place, said, _("Allowed here: {values}.").format(values=allowed))
        prepared[key] = None if value == UNKNOWN else value
    return prepared


class _Talk:
    """One consultation at a terminal, a line at a time."""

    def __init__(
        self, consultation: Consultation, paths: list[Path], knowledge: Knowledge, lang: str, ask: Ask, say: Say
    ) -> None:
        self._consultation, self._paths = consultation, paths
        self._knowledge, self._lang = knowledge, lang
        self._ask, self._say = ask, say

    def run(self, symptom: str) -> None:
        """Talk until the user ends it."""
        if not self._complained(symptom):
            return
        before = ""
        going = True
        while going:
            stands = _standing(self._consultation.examination, self._knowledge, self._lang)
            if stands != before:
                self._say(stands)
                before = stands
            question = self._consultation.question
            going = self._answered(question) if question is not None else self._concluded()

    def _complained(self, symptom: str) -> bool:
        """Ask for the symptom; return False at the end of the input."""
        text: str | None = symptom
        while True:
            if not text:
                text = self._ask(_("What does the customer see? In a few words, or enter for nothing: "))
                if text is None:
                    return False
                if not text.strip():
                    return True
            matches = fitting(text, self._knowledge, self._lang, limit=3)
            if not matches:
                self._say(_("No symptom fits these words. Name the product, the page or the message."))
                text = ""
                continue
            for number, match in enumerate(matches, 1):
                self._say(f"  {number}  {match.title} ({category_word(match.category)})")
            self._say("  0  " + _("none of these"))
            choice = self._ask(_("Number: "))
            if choice is None:
                return False
            if choice.strip() in [str(number) for number in range(1, len(matches) + 1)]:
                self._consultation.complain([matches[int(choice) - 1].symptom])
                return True
            if choice.strip() == "0":
                return True
            text = "" if not choice.strip() else choice

    def _answered(self, question: QuestionLine) -> bool:
        """Ask one question until it is answered; return False where the user ends the consultation."""
        self._say("")
        self._say(clean(question.text))
        if question.evidence:
            self._say("  " + _("Type the path of the file or folder once you have it."))
            self._say("  0  " + _("it cannot be had"))
        else:
            for number, (_value, label) in enumerate(question.options, 1):
                self._say(f"  {number}  {label}")
            self._say("  0  " + _("don't know"))
        while True:
            line = self._ask(_("Answer (? for help): "))
            typed = line.strip() if line is not None else "q"
            if typed == "0":
                self._consultation.answer(question, None)
                return True
            if typed.isdecimal() and 1 <= int(typed) <= len(question.options):
                self._consultation.answer(question, question.options[int(typed) - 1][0])
                return True
            if typed == "q":
                return False
            if question.evidence and Path(typed).expanduser().exists() and typed:
                typed = f"a {typed}"
            if self._command(typed, question):
                return True

    def _concluded(self) -> bool:
        """Nothing is left to ask: let the user look back or change something; return False at the end."""
        line = self._ask(_("Nothing is left to ask. Command (? for help, enter ends): "))
        typed = line.strip() if line is not None else ""
        if typed in ("", "q"):
            return False
        self._command(typed, None)
        return True

    def _command(self, typed: str, question: QuestionLine | None) -> bool:
        """Do what a letter says; return whether another question may come now."""
        letter, _blank, rest = typed.partition(" ")
        match letter:
            case "?":
                self._help(question)
            case "w" if question is not None:
                self._why(question)
            case "h" | "n":
                self._how(rest.strip(), against=letter == "n")
            case "i":
                return self._what_if(question, rest.strip())
            case "c":
                return self._change()
            case "b":
                if self._consultation.undo() is not None:
                    return True
                self._say(_("There is no answer to take back."))
            case "a" if rest.strip():
                return self._add(Path(rest.strip()).expanduser())
            case "r":
                self._say(page_of(self._consultation.examination, markdown=False).rstrip("\n"))
            case _:
                self._say(_("Type one of the numbers above, or ? for help."))
        return False

    def _help(self, question: QuestionLine | None) -> None:
        if question is not None:
            self._say(_("How to find out:"))
            for line in question.how.splitlines():
                self._say(f"  {line}")
        for key, text in (
            ("w", _("why this is asked")),
            ("h", _("how the first of the ranking was reached; h ID: another one")),
            ("n", _("why not the second; n ID: another one")),
            ("i", _("what if: where each answer would lead; i N: of the answer N given before")),
            ("c", _("change an answer")),
            ("b", _("take the last answer back")),
            ("a", _("a PATH: add evidence")),
            ("r", _("the request for the evidence that is still wanted")),
            ("q", _("end")),
        ):
            self._say(f"  {key}  {text}")

    def _why(self, question: QuestionLine) -> None:
        self._say(_("What it may show, or the evidence shows none of it:") if question.evidence
                  else _("Each answer would bring these to the front:"))  # fmt: skip
        for leaning in self._consultation.why(question):
            self._say(f"  {leaning.option}")
            self._ranked(leaning.leading[:_LEADING])

    def _ranked(self, ranked: Sequence[tuple[str, str, float]]) -> None:
        for diagnosis, title, chance in ranked:
            self._say(f"    {chance:4.0%}  {diagnosis} {title}")

    def _how(self, named: str, *, against: bool) -> None:
        ranked = leading(self._consultation.examination)
        place = 1 if against else 0
        key = named.upper() or (ranked[place] if len(ranked) > place else "")
        if not key:
            self._say(_("Nothing speaks for any diagnosis yet."))
            return
        try:
            stands = self._consultation.how(key)
        except CertdoctorError as error:
            self._say(str(error))
            return
        for indent, text in account_lines(stands, against=against):
            self._say("  " * indent + clean(text))

    def _what_if(self, question: QuestionLine | None, number: str) -> bool:
        given = self._consultation.given
        if number.isdecimal() and 1 <= int(number) <= len(given):
            question = given[int(number) - 1].question
        if question is None or question.evidence:
            self._list_given()
            return False
        self._say(clean(question.text))
        for supposed in self._consultation.suppose(question):
            mark = " " + _("(as answered)") if supposed.given else ""
            self._say(f"  {supposed.option}{mark}: {supposed.verdict}")
            self._ranked(supposed.leading)
            self._say("    " + (_("then: {question}").format(question=clean(supposed.next)) if supposed.next
                                else _("then nothing is left to ask")))  # fmt: skip
        return False

    def _list_given(self) -> None:
        if not self._consultation.given:
            self._say(_("Nothing was answered yet."))
        for number, given in enumerate(self._consultation.given, 1):
            said = dict(given.question.options).get(given.value or "", _("don't know"))
            self._say(f"  {number}  {clean(given.question.text)} {said}")

    def _change(self) -> bool:
        given = self._consultation.given
        self._list_given()
        if not given:
            return False
        choice = (self._ask(_("Which answer? Number: ")) or "").strip()
        if not (choice.isdecimal() and 1 <= int(choice) <= len(given)):
            return False
        return self._answered(given[int(choice) - 1].question)

    def _add(self, path: Path) -> bool:
        try:
            evidence = _evidence([*self._paths, path], self._knowledge)
        except CertdoctorError as error:
            self._say(str(error))
            return False
        self._paths.append(path)
        self._consultation.look(evidence, description_of(evidence))
        for problem in evidence.problems:
            self._say(f"  {clean(str(problem.origin))}: {clean(problem.reason)} {clean(problem.remedy)}")
        return True


def _standing(examination: Examination, knowledge: Knowledge, lang: str) -> str:
    lines = [verdict_words(examination)]
    for seen, said in examination.contradicted:
        lines.append("  " + _("You said: {said} The evidence shows: {seen} The evidence holds.").format(
            said=clean(said.text), seen=clean(seen.text)))  # fmt: skip
    lines += [f"  {finding.diagnosis} {finding.title}" for finding in examination.findings[:_LEADING]]
    if not examination.findings:
        lines += _candidates(examination, knowledge, lang)
    return "\n".join(lines)


def _candidates(examination: Examination, knowledge: Knowledge, lang: str) -> list[str]:
    return [
        f"  {candidate.probability:4.0%}  {candidate.diagnosis} {knowledge.diagnoses[candidate.diagnosis].text(lang).title}"
        for candidate in examination.candidates[:_LEADING]
    ]


def _told(examination: Examination, knowledge: Knowledge, lang: str) -> str:
    lines = ["", as_text(examination).rstrip("\n")]
    if not examination.findings and examination.candidates:
        lines += ["", _("Likeliest by what was told:"), *_candidates(examination, knowledge, lang)]
        missing = wanted(examination)
        if missing:
            lines += ["", _("What would decide it:")]
            lines += [f"  {clean(each.name)}: {each.what}" for each in missing]
    return "\n".join(lines)
