"""Renewal projects of a site, and one of them with its waves to tick off."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import N_, _
from certdoctor.ui import keys, words
from certdoctor.ui.packing import LANGUAGES, written_into
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.spans import Cell, Item, Line, block, gap, heading, line, row, text_block
from certdoctor.ui.widgets.fields import Field, Form
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.renewal import Kept, PlanStep, Verdict

_WAVE = {
    "trust": N_("Wave 1: trust"),
    "certificates": N_("Wave 2: certificates"),
    "restarts": N_("Wave 3: restarts"),
}
_WHAT = {
    "names": N_("names"),
    "usages": N_("usages"),
    "issuer": N_("issuer"),
    "key": N_("key"),
    "lifetime": N_("lifetime"),
}


class RenewalsScreen(Frame):
    """The projects of one site, newest first."""

    PLACE = "renewals"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("renewals")]

    def __init__(self, site_id: int) -> None:
        super().__init__()
        self.site_id = site_id
        self._held: tuple[Kept, ...] = ()

    def path(self) -> tuple[str, ...]:
        return (_("renewals"),)

    def compose_body(self) -> ComposeResult:
        yield Rows()

    def on_mount(self) -> None:
        self.query_one(Rows).focus()
        self.load()

    def resumed(self) -> None:
        if self._held:
            self.load()

    def load(self) -> None:
        """Read the list again."""
        self.ask(lambda p: p.renewals(self.site_id), self._loaded, group="renewals")

    def _loaded(self, held: tuple[Kept, ...]) -> None:
        self._held = held
        items = [self._item(kept) for kept in held]
        text = _("No renewal yet. a plans one: which certificates, from which issuer or with which candidates.")
        self.query_one(Rows).show(items or [gap(), text_block("", text, indent=2)])
        self.refresh_hint()

    @staticmethod
    def _item(kept: Kept) -> Item:
        steps = sum(len(wave.steps) for wave in kept.plan.waves)
        good = (_("every wave is good"), "good") if kept.plan.good else (_("something would break"), "bad")
        return row(
            str(kept.record.id),
            Cell(kept.record.number, 8, "key"),
            Cell(kept.record.title, 0, "strong" if kept.record.state == "open" else ""),
            Cell(_("SYNTHETIC") if kept.plan.synthetic else "", 10, "warn"),
            Cell(good[0], 21, good[1]),
            Cell(f"{len(kept.done)}/{steps}", 6, "dim"),
            Cell(words.day(kept.record.created), 10, "dim"),
        )

    def hint(self) -> str:
        return _("enter opens the chosen project; a plans a new one.") if self._held else _("a plans a renewal.")

    def action_open(self) -> None:
        if key := self.query_one(Rows).key:
            self.app.push_screen(RenewalScreen(int(key)))

    async def action_add(self) -> None:
        await self.open_panel(
            Form(
                _("Plan a renewal"),
                [
                    Field("title", _("Title")),
                    Field("certificates", _("Certificates"), placeholder=_("expe1 cucm1:tomcat; empty: all")),
                    Field("cluster", _("Cluster"), placeholder=_("its name, instead")),
                    Field("candidates", _("Candidates"), placeholder="expc1=new1.pem expc2=new2.pem"),
                    Field("issuer", _("or issuer"), placeholder=_("rehearse with certificates of this CA")),
                    Field(
                        "without",
                        _("Without"),
                        options=(("", _("as now")), ("clientAuth", "clientAuth"), ("serverAuth", "serverAuth")),
                    ),
                    Field("start", _("Valid from"), placeholder="2027-01-10"),
                ],
                _(
                    "Candidates are files; without them the same names from that issuer are rehearsed. Nothing is changed."
                ),
            )
        )

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        from certdoctor.casework.renewal import Request, Wish

        start: datetime | None = None
        if values["start"]:
            try:
                start = datetime.fromisoformat(values["start"])
            except ValueError:
                self.complain(_("{value} is no day; write 2027-01-10.").format(value=values["start"]))
                return
            start = start if start.tzinfo else start.replace(tzinfo=UTC)
        candidates = tuple(text.partition("=") for text in values["candidates"].split())
        asked = Request(
            values["title"],
            tuple(values["certificates"].replace(",", " ").split()),
            tuple(filter(None, [values["cluster"]])),
            tuple((place, Path(file).expanduser()) for place, _equals, file in candidates),
            Wish(values["issuer"], tuple(filter(None, [values["without"]])), start) if values["issuer"] else None,
        )
        lang = self.doctor.lang

        def planned(kept: Kept) -> None:
            self.load()
            self.app.push_screen(RenewalScreen(kept.record.id))

        self.fulfil(form, _("rehearsing"), lambda p: p.plan_renewal(self.site_id, asked, lang), planned)


class RenewalScreen(Frame):
    """One project: what changes, and the waves with their steps and verdicts."""

    PLACE = "renewal"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("renewal")]

    def __init__(self, renewal_id: int) -> None:
        super().__init__()
        self.renewal_id = renewal_id
        self._kept: Kept | None = None

    def path(self) -> tuple[str, ...]:
        return (_("renewals"),)

    def compose_body(self) -> ComposeResult:
        yield Rows()

    def on_mount(self) -> None:
        self.query_one(Rows).focus()
        self.load()

    def load(self) -> None:
        """Read the project again."""
        self.ask(lambda p: p.renewal(self.renewal_id), self._loaded, group="renewal")

    def _loaded(self, kept: Kept) -> None:
        self._kept = kept
        record = kept.record
        self.title_bar.set_path("certdoctor", f"{record.customer} / {record.site}", f"{record.number} {record.title}")
        self.refresh_title()
        self.query_one(Rows).show(self._items(kept))
        self.refresh_hint()

    def state(self) -> str:
        return _("CLOSED") if self._kept is not None and self._kept.record.state == "closed" else ""

    def _items(self, kept: Kept) -> list[Item]:
        plan = kept.plan
        items: list[Item] = []
        if plan.synthetic:
            text = _(
                "SYNTHETIC: the candidates were made for this rehearsal alone. Never upload one; request the real ones."
            )
            items += [text_block("", text, "warn", indent=1)]
        good = plan.good
        text = _("Every wave can be carried out.") if good else _("NOT as planned: see the verdicts.")
        items += [text_block("", text, "good" if good else "bad", indent=1)]
        for wave in plan.waves:
            items += [gap(), heading(_(_WAVE[wave.name]))]
            items += [self._step(step, step.id in kept.done) for step in wave.steps]
            if not wave.steps:
                items.append(text_block("", _("Nothing to do."), "dim", indent=2))
            items += self._verdict(wave.name, wave.verdict)
        items += [gap(), heading(_("Old and new compared"))]
        for number, d in enumerate(plan.differences):
            lost: Line = ((" " + _("LOST: {what}").format(what=d.lost), "bad"),) if d.lost else ()
            said = (
                *line(f"{d.node}:{d.slot} {_(_WHAT[d.what])}: "),
                *line(d.before, "dim"),
                *line(" → "),
                *line(d.after),
            )
            items.append(block(f"difference-{number}", (*said, *lost), indent=2, hang=2))
        return items

    @staticmethod
    def _step(step: PlanStep, done: bool) -> Item:
        lines: list[Line] = [
            (("[x] ", "good") if done else ("[ ] ", ""), *line(step.text, "dim" if done else "strong"))
        ]
        lines += [((("    "), ""), *line(text, role)) for text, role in
                  ((step.where, "key"), (step.command, ""), (step.file, "key"), (step.note, "dim")) if text]  # fmt: skip
        return block(step.id, *lines, hang=4)

    @staticmethod
    def _verdict(name: str, verdict: Verdict) -> list[Item]:
        lines = [(_("BREAKS: {what}").format(what=text), "bad") for text in verdict.worse]
        lines += [(_("NEW: {what}").format(what=text), "bad") for text in verdict.findings]
        lines += [(_("better: {what}").format(what=text), "good") for text in verdict.better]
        lines = lines or [(_("Rehearsed: no connection gets worse, nothing new is found."), "good")]
        return [
            block(f"verdict-{name}-{n}", line(text, role), indent=2, hang=2) for n, (text, role) in enumerate(lines)
        ]

    def hint(self) -> str:
        kept = self._kept
        if kept is None:
            return ""
        if not kept.plan.good:
            return _("Something would break: read the verdicts, and plan it otherwise.")
        if all(step.id in kept.done for wave in kept.plan.waves for step in wave.steps):
            return _("All done? Add fresh evidence to a case and examine; o closes the project.")
        return _("w writes CA files and requests; space ticks a step off when it is done.")

    def action_tick(self) -> None:
        kept, key = self._kept, self.query_one(Rows).key
        if kept is None or key not in {step.id for wave in kept.plan.waves for step in wave.steps}:
            return
        done = key not in kept.done
        self.ask(lambda p: p.tick_renewal(self.renewal_id, key, done), lambda _result: self.load())

    def action_close(self) -> None:
        def closed(_result: object) -> None:
            self.say(_("The renewal is closed."))
            self.load()

        self.ask(lambda p: p.close_renewal(self.renewal_id), closed)

    async def action_write(self) -> None:
        if self._kept is None:
            return
        start = f"~/certdoctor-{self._kept.record.number}"
        await self.open_panel(
            Form(
                _("Write the files of this renewal"),
                [
                    Field("target", _("Folder or zip"), start, _("a new folder, or NAME.zip"), required=True),
                    Field("lang", _("Language"), self.doctor.lang, options=LANGUAGES),
                ],
                _("CA files per trust list, requests, and the plan as Markdown, HTML and PDF. Nothing is overwritten."),
            )
        )

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        target, lang = Path(values["target"]).expanduser(), values["lang"]
        renewal_id = self.renewal_id
        self.write(form, lambda p: p.write_renewal(renewal_id, target, lang), lambda paths: written_into(paths, target))
