"""`certdoctor ask`: the consultation as plain questions and answers, line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.casework.consultation import Consultation
from certdoctor.casework.described import checked
from certdoctor.casework.examination import Examination, QuestionLine
from certdoctor.casework.sites import description_of
from certdoctor.casework.symptoms import fitting
from certdoctor.errors import BadInput
from certdoctor.evidence.items import Evidence
from certdoctor.evidence.read import read_paths
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import Knowledge
from certdoctor.language import _
from certdoctor.plain.document import as_json
from certdoctor.plain.examine import EXIT
from certdoctor.plain.report import as_text, verdict_words
from certdoctor.reasoning.engine import Engine
from certdoctor.resources import folder

UNKNOWN = "unknown"
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
    knowledge = load(folder("rules"), folder("kb"))
    prepared = _prepared(answers, knowledge) if answers is not None else None
    for path in paths:
        if not path.exists():
            raise BadInput(str(path), "", _("there is no such file or folder."), _("Check the path."))
    with Engine(knowledge) as engine:
        evidence = checked(read_paths(paths), knowledge) if paths else Evidence((), ())
        consultation = Consultation(
            evidence, description_of(evidence), knowledge, engine, now=now, at=at, lang=lang
        )  # fmt: skip
        if prepared is not None:
            if symptom:
                best = fitting(symptom, knowledge, lang, limit=1)
                consultation.complain([match.symptom for match in best])
            while (question := consultation.question) is not None:
                consultation.answer(question, prepared.get(question.id, prepared.get(question.fact)))
        else:
            _talk(consultation, symptom, knowledge, lang, ask, say)
        say(as_json(consultation.examination) if form == "json" else _told(consultation.examination, knowledge, lang))
        return EXIT[consultation.examination.verdict.value]


def _prepared(file: Path, knowledge: Knowledge) -> Mapping[str, str | None]:
    """Read the answers of a script: `question: value` or `fact: value`, with `unknown` for "don't know"."""
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
        if key not in options:
            raise BadInput(str(file), place, _("There is no question “{value}”.").format(value=key))
        if value != UNKNOWN and value not in options[key]:
            allowed = ", ".join([*options[key], UNKNOWN])
            said = _("“{value}” is no answer to it.").format(value=value)
            raise BadInput(str(file), place, said, _("Allowed here: {values}.").format(values=allowed))
        prepared[key] = None if value == UNKNOWN else value
    return prepared


def _talk(consultation: Consultation, symptom: str, knowledge: Knowledge, lang: str, ask: Ask, say: Say) -> None:
    if not _complained(consultation, symptom, knowledge, lang, ask, say):
        return
    before = ""
    while (question := consultation.question) is not None:
        stands = _standing(consultation.examination, knowledge, lang)
        if stands != before:
            say(stands)
            before = stands
        if not _asked(consultation, question, ask, say):
            return


def _complained(consultation: Consultation, symptom: str, knowledge: Knowledge, lang: str, ask: Ask, say: Say) -> bool:
    """Ask for the symptom; return False at the end of the input."""
    text: str | None = symptom
    while True:
        if not text:
            text = ask(_("What does the customer see? In a few words, or enter for nothing: "))
            if text is None:
                return False
            if not text.strip():
                return True
        matches = fitting(text, knowledge, lang, limit=3)
        if not matches:
            say(_("No symptom fits these words. Name the product, the page or the message."))
            text = ""
            continue
        for number, match in enumerate(matches, 1):
            say(f"  {number}  {match.title}")
        say("  0  " + _("none of these"))
        choice = ask(_("Number: "))
        if choice is None:
            return False
        if choice.strip() in [str(number) for number in range(1, len(matches) + 1)]:
            consultation.complain([matches[int(choice) - 1].symptom])
            return True
        if choice.strip() == "0":
            return True
        text = "" if not choice.strip() else choice


def _asked(consultation: Consultation, question: QuestionLine, ask: Ask, say: Say) -> bool:
    """Ask one question until it is answered; return False where the user ends the consultation."""
    say("")
    say(question.text)
    for number, (_value, label) in enumerate(question.options, 1):
        say(f"  {number}  {label}")
    say("  0  " + _("don't know"))
    while True:
        line = ask(_("Number (? how to find out, w why, b back, q end): "))
        match line.strip().lower() if line is not None else "q":
            case "q":
                return False
            case "?":
                say(question.how)
            case "w":
                _explain(consultation, question, say)
            case "b":
                if consultation.undo() is None:
                    say(_("There is no answer to take back."))
                else:
                    return True
            case "0":
                consultation.answer(question, None)
                return True
            case typed if typed.isdecimal() and 1 <= int(typed) <= len(question.options):
                consultation.answer(question, question.options[int(typed) - 1][0])
                return True
            case _:
                say(_("Type one of the numbers above."))


def _explain(consultation: Consultation, question: QuestionLine, say: Say) -> None:
    say(_("Each answer would bring these to the front:"))
    for leaning in consultation.why(question):
        say(f"  {leaning.option}")
        for diagnosis, title, chance in leaning.leading[:_LEADING]:
            say(f"    {chance:4.0%}  {diagnosis} {title}")


def _standing(examination: Examination, knowledge: Knowledge, lang: str) -> str:
    lines = [verdict_words(examination)]
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
    return "\n".join(lines)
