"""What is known: all failure modes to search, and the article of each, with its rules in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import N_, _, ngettext
from certdoctor.ui import keys, words
from certdoctor.ui.reading import article, failure_modes, found_modes
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.screens.searched import Searched
from certdoctor.ui.spans import Cell, Item, Line, Span, block, gap, heading, line, row, text_block
from certdoctor.ui.widgets.rows import Page

if TYPE_CHECKING:
    from certdoctor.knowledge.articles import DiagnosisArticle, FailureMode, RuleText, Tried
    from certdoctor.knowledge.forms import FixStep
    from certdoctor.store.records import CaseRecord

_CASES = 20  # shown at most


class KnowledgeBrowser(Searched):
    """All failure modes; enter reads one."""

    PLACE = "knowledge"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("knowledge")]
    SEARCHES = N_("/ search in English or German: fault, cause, fix, symptom, id")

    def __init__(self) -> None:
        super().__init__()
        self._modes: tuple[FailureMode, ...] = ()

    def path(self) -> tuple[str, ...]:
        return (_("knowledge"),)

    def on_mount(self) -> None:
        lang = self.doctor.lang
        self.ask(lambda _p: failure_modes(lang), self._loaded, group="knowledge")

    def _loaded(self, found: tuple[FailureMode, ...]) -> None:
        self._modes = found
        self._draw()

    def _draw(self) -> None:
        modes = found_modes(self._modes, self.searched)
        items: list[Item] = [
            row(
                mode.id,
                Cell(mode.id, 7, "key"),
                Cell(mode.title, 0, "dim" if mode.decided == "missing" else ""),
                Cell(words.word(words.DECIDED, mode.decided), 12, "dim"),
            )
            for mode in modes
        ]
        nothing = _("Nothing that is known holds these words.")
        best = modes[0].id if modes else None
        self.rows.show(items or [gap(), text_block("", nothing, indent=2)], best)

    def search_changed(self) -> None:
        self._draw()

    def action_glossary(self) -> None:
        from certdoctor.ui.screens.glossary import Glossary

        self.app.push_screen(Glossary())

    def action_open(self) -> None:
        key = self.rows.key
        mode = next((each for each in self._modes if each.id == key), None)
        if mode is None:
            return
        if mode.decided == "missing":
            self.say(_("There is no article on {id} yet.").format(id=mode.id))
        else:
            self.app.push_screen(ArticleScreen(mode.id))

    def hint(self) -> str:
        return _("enter reads the chosen article; / searches; g explains words.")


class ArticleScreen(Frame):
    """The article of one failure mode."""

    def __init__(self, diagnosis: str) -> None:
        super().__init__()
        self.diagnosis = diagnosis
        self._article: DiagnosisArticle | None = None
        self._cases: tuple[CaseRecord, ...] | None = None

    def compose_body(self) -> ComposeResult:
        yield Page()

    def path(self) -> tuple[str, ...]:
        return (_("knowledge"), self.diagnosis)

    def on_mount(self) -> None:
        self.query_one(Page).focus()
        diagnosis, lang = self.diagnosis, self.doctor.lang
        self.ask(lambda _p: article(diagnosis, lang), self._read, group="article")
        self.ask(lambda p: p.cases_with(diagnosis, _CASES), self._found, group="cases")

    def _read(self, found: DiagnosisArticle | None) -> None:
        self._article = found
        if found is not None:
            self.title_bar.set_path("certdoctor", _("knowledge"), f"{found.id} {found.title}")
        self._draw()

    def _found(self, cases: tuple[CaseRecord, ...]) -> None:
        self._cases = cases
        self._draw()

    def _draw(self) -> None:
        if self._article is None:
            missing = _("There is no article on {id} yet.").format(id=self.diagnosis)
            self.query_one(Page).put([gap(), text_block("", missing, indent=2)])
            return
        self.query_one(Page).put([*self._head(self._article), *self._rest(self._article)])

    def _head(self, held: DiagnosisArticle) -> Iterator[Item]:
        severity, role = words.styled(words.SEVERITY, held.severity)
        often = words.word(words.FREQUENCY, held.frequency)
        facts: list[Span] = [(severity, role), (f" · {often} · {held.id}", "dim")]
        yield block("", line(held.title, "strong"), indent=1)
        yield block("", tuple(facts), indent=1)
        if held.status == "recalled":
            said = _("Unconfirmed: general knowledge, not found in a source yet. Check before you act on it.")
            yield text_block("", said, "warn", indent=1)
        if not held.translated:
            yield text_block("", _("The translation is missing or older than the English text."), "warn", indent=1)
        yield gap()
        yield text_block("", held.summary, indent=1)
        yield gap()
        yield heading(" " + _("Why"))
        yield text_block("", held.cause, indent=1)

    def _rest(self, held: DiagnosisArticle) -> Iterator[Item]:
        yield gap()
        yield heading(" " + _("Fix"))
        for number, (said, step, way_back) in enumerate(held.fix, 1):
            yield block("", *self._step(number, said, step, way_back), indent=1, hang=3)
        yield gap()
        yield heading(" " + _("Afterwards, prove it"))
        for said, look in held.verify:
            lines: list[Line] = [(("=> ", "key"), *line(said))]
            yield block("", *lines, *([line("   " + look.where, "key")] if look.where else []), indent=1, hang=3)
        if held.note:
            yield gap()
            yield heading(" " + _("Note"))
            yield text_block("", held.note, indent=1)
        yield gap()
        yield heading(" " + _("Cases that had it"))
        if self._cases:
            for case in self._cases:
                said = f"{case.number}  {words.day(case.opened)}  {case.customer} / {case.site}: {case.title}"
                yield block("", line(said), indent=1, hang=3)
        else:
            yield text_block("", _("None of your cases."), "dim", indent=1)
        yield gap()
        yield heading(" " + _("Rules"))
        for rule in held.rules:
            yield from self._rule(rule)
        if not held.rules:
            yield text_block("", _("No rule concludes it: symptoms and answers lead there."), "dim", indent=1)
        yield from self._listed(_("Symptoms that lead here"), held.symptoms)
        yield from self._listed(_("Sources"), (f"{key}: {title}" for key, title in held.sources))

    @staticmethod
    def _listed(title: str, texts: Iterator[str] | tuple[str, ...]) -> Iterator[Item]:
        held = list(texts)
        if held:
            yield gap()
            yield heading(" " + title)
        for text in held:
            yield block("", line(text, "dim"), indent=1, hang=3)

    @staticmethod
    def _step(number: int, said: str, step: FixStep, way_back: str) -> Iterator[Line]:
        if step.stopgap:
            said = _("STOPGAP, weakens security: {text}").format(text=said)
        yield ((f"{number}. ", "key"), *line(said))
        for extra in (step.where, step.command):
            if extra:
                yield line("   " + extra, "key")
        warnings = [words.word(words.RISK, step.risk)] if step.risk in ("medium", "high") else []
        if step.interruption != "none":
            warnings.append(words.word(words.INTERRUPTION, step.interruption))
        if step.can_wait:
            warnings.append(_("can wait"))
        if warnings:
            yield line("   " + " · ".join(warnings), "warn")
        if way_back:
            yield line("   " + _("Way back: {text}").format(text=way_back), "dim")

    @staticmethod
    def _rule(rule: RuleText) -> Iterator[Item]:
        strength = words.word(words.STRENGTH, rule.form.strength)
        said = _("{rule} fires when (gives {strength}):").format(rule=rule.form.id, strength=strength)
        lines: list[Line] = [line(said, "strong")]
        either = " " + _("or") + " "
        for about, values in rule.premises:
            lines.append((("- ", "key"), *line(f"{about}: ", "dim"), *line(either.join(values))))
        lines.append(line(tried_in_words(rule.tried), "warn" if rule.tried is None or rule.tried.wrong else "good"))
        yield block("", *lines, indent=1, hang=2)
        for text in rule.form.false_positives:
            yield block("", (("! ", "warn"), *line(text, "dim")), indent=1, hang=2)

    def hint(self) -> str:
        return _("down reads on; esc goes back.")


def tried_in_words(held: Tried | None) -> str:
    """Return the test status of a rule."""
    if held is None:
        return _("Its test cases are not at hand.")
    if held.wrong:
        return _("Test cases that come out wrong: {names}").format(names=", ".join(held.wrong))
    count = ngettext("{n} test case, as expected", "{n} test cases, all as expected", held.cases).format(n=held.cases)
    near = ngettext("{n} near miss", "{n} near misses", held.near_misses).format(n=held.near_misses)
    return f"{count} ({near})"
