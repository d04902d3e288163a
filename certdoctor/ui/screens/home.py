"""The first screen: customers and their sites, and the way back into the last open case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from certdoctor.language import N_, _, ngettext
from certdoctor.text import clean
from certdoctor.ui import keys, stopgaps, words
from certdoctor.ui.jobs import sentence
from certdoctor.ui.screens.searched import Searched
from certdoctor.ui.spans import Cell, Item, gap, heading, row, text_block
from certdoctor.ui.widgets.fields import Field, Form, Search

if TYPE_CHECKING:
    from certdoctor.casework.practice import Taken
    from certdoctor.casework.stopgaps import StopgapLine
    from certdoctor.store.records import CaseRecord, Hit, SiteRecord

_SITES = 300  # shown at once
_STOPGAPS = 20  # that the first screen lists


class Home(Searched):
    """Customers and sites."""

    PLACE = "home"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("home")]
    SEARCHES = N_("/ search: customer, node, case, finding, note, certificate")

    def __init__(self) -> None:
        super().__init__()
        self._sites: tuple[SiteRecord, ...] | None = None
        self._hits: tuple[Hit, ...] = ()
        self._last: CaseRecord | None = None
        self._stopgaps: tuple[StopgapLine, ...] = ()
        self._again = False  # e was pressed though there are sites
        self._resuming = False  # r was pressed before the data was read

    def on_rows_moved(self) -> None:
        self._again = False

    def path(self) -> tuple[str, ...]:
        return (_("customers and sites"),)

    def on_mount(self) -> None:
        # The practice, and with it the whole core, is loaded after the first frame stands.
        self.call_after_refresh(self.load)

    def resumed(self) -> None:
        self._again = False
        if self._sites is not None:
            self.load()

    def load(self) -> None:
        """Read the list again."""
        words_of = self.searched
        lang = self.doctor.lang
        self.ask(
            lambda p: (
                p.sites(words_of, _SITES),
                p.search(words_of),
                p.last_open_case(),
                p.notice,
                p.stopgaps(lang=lang, limit=_STOPGAPS),
            ),
            self._loaded,
            group="home",
        )

    def _loaded(
        self,
        answer: tuple[tuple[SiteRecord, ...], tuple[Hit, ...], CaseRecord | None, str, tuple[StopgapLine, ...]],
    ) -> None:
        first = self._sites is None
        self._sites, self._hits, self._last, notice, self._stopgaps = answer
        if first and notice:
            self.complain(notice)
        self.rows.show(self._items())
        self.refresh_hint()
        if self._resuming:
            self._resuming = False
            self.action_resume()

    def failed(self, error: Exception) -> None:
        super().failed(error)
        if self._sites is None:
            self.rows.show(
                [gap(), text_block("", _("The data could not be opened, so nothing can be shown:"), indent=2),
                 gap(), text_block("", sentence(error), "bad", indent=2)]
            )  # fmt: skip

    def _items(self) -> list[Item]:
        sites = self._sites or ()
        items: list[Item] = []
        if self._last and not self.searched:
            case = self._last
            items += [
                heading(_("Go on where you were")),
                row(
                    "resume",
                    Cell(case.number, 8, "key"),
                    Cell(case.title, 0, "strong"),
                    Cell(f"{case.customer} / {case.site}", 24, "dim"),
                    Cell(words.day(case.opened), 10, "dim"),
                ),
                gap(),
            ]
        if not self.searched:
            items += stopgaps.items(self._stopgaps, site=True)
        if sites:
            items.append(heading(_("Sites")))
        for site in sites:
            opened = _("{n} open").format(n=site.open_cases) if site.open_cases else _("none open")
            items.append(
                row(
                    f"site-{site.id}",
                    Cell(site.customer),
                    Cell(site.name),
                    Cell(ngettext("{n} case", "{n} cases", site.cases).format(n=site.cases), 9, "dim"),
                    Cell(opened, 9, "warn" if site.open_cases else "dim"),
                    Cell(words.day(site.last_event), 10, "dim"),
                )
            )
        if len(sites) == _SITES:
            items.append(text_block("", _("There are more sites; search for one."), "dim", indent=2))
        for kind, title in (("case", _("Cases")), ("certificate", _("Certificates"))):
            found = [hit for hit in self._hits if hit.kind == kind]
            items += [*([gap()] if items and found else []), *([heading(title)] if found else [])]
            items += [self._hit(hit) for hit in found]
        if not items and self.searched:
            items.append(text_block("", _("Nothing holds these words."), indent=2))
        elif not sites and not self.searched:
            items += [gap(), *(text_block("", text, indent=2) for text in self._welcome())]
        return items

    @staticmethod
    def _hit(hit: Hit) -> Item:
        key = f"{hit.kind}-{hit.ref}"
        return row(key, Cell(clean(hit.title), 0, "strong"), Cell(hit.where, 24), Cell(clean(hit.held), 0, "dim"))

    @staticmethod
    def _welcome() -> list[str]:
        return [
            _("Welcome. There is no site here yet."),
            "",
            _("e   makes the worked example: a site whose phones cannot log in from outside, with its"
              " certificates, lists and logs, and an open case. The best way to look around."),
            "",
            _("n   makes a site of your own. Then open a case there and give it what you have:"
              " certificates, trust lists, xConfiguration, logs, diagnostic archives."),
            "",
            _("Everything stays on this machine. Private keys are recognised and never kept."),
        ]  # fmt: skip

    def hint(self) -> str:
        if self._sites is None:
            return _("Reading the data…")
        if not self._sites and not self.searched:
            return _("Press e for the worked example, or n for a site of your own.")
        if self._last and not self.searched:
            return _("Press r to go on with {case}, or choose a site and press enter.").format(case=self._last.number)
        if self.searched:
            return _("enter opens what is chosen; esc in the search field clears it.")
        return _("Choose a site and press enter; n makes a new one.")

    # keys

    def search_changed(self) -> None:
        if self._sites is not None:
            self.load()

    def action_open(self) -> None:
        key = self.rows.key
        if key == "resume":
            self.action_resume()
        elif found := stopgaps.chosen(self._stopgaps, key):
            self._open_case(found.record.case_id)
        elif key:
            kind, _dash, ref = key.partition("-")
            if kind == "certificate":
                self._open_certificate(ref)
            elif kind == "case":
                self._open_case(int(ref))
            else:
                self._open_site(int(ref))

    def _open_site(self, site_id: int) -> None:
        from certdoctor.ui.screens.site import SiteScreen

        self.app.push_screen(SiteScreen(site_id))

    def _open_case(self, case_id: int) -> None:
        from certdoctor.ui.screens.case import CaseScreen

        self.app.push_screen(CaseScreen(case_id))

    def _open_certificate(self, sha256: str) -> None:
        from certdoctor.ui.screens.certificate import CertificateScreen

        self.app.push_screen(CertificateScreen(sha256))

    def action_resume(self) -> None:
        if self._sites is None:
            self._resuming = True  # as soon as the data is read
        elif self._last is None:
            self.say(_("There is no open case."))
        else:
            self._open_case(self._last.id)

    def action_example(self) -> None:
        if self._sites is None:
            return  # nobody knows yet whether there is one
        if self._sites and not self._again:
            self._again = True
            self.say(_("There are sites already: e once more makes the worked example as a new one."))
            return
        self._again = False
        self.ask_long(_("making the example"), lambda p: p.create_example().id, self._open_case)

    def action_knowledge(self) -> None:
        from certdoctor.ui.screens.knowledge import KnowledgeBrowser

        self.app.push_screen(KnowledgeBrowser())

    def action_fleet(self) -> None:
        from certdoctor.ui.screens.fleet import Fleet

        self.app.push_screen(Fleet())

    def action_timeline(self) -> None:
        key = self.rows.key
        site = next((s for s in self._sites or () if key == f"site-{s.id}"), None)
        if site is None:
            self.say(_("Choose a site first; its customer's history is shown."))
            return
        from certdoctor.ui.screens.timeline import Timeline

        self.app.push_screen(Timeline(site.customer))

    async def action_take_in(self) -> None:
        await self.open_panel(
            Form(
                _("Take in a shared file"),
                [
                    Field("file", _("File"), placeholder=_("what somebody shared"), required=True),
                    Field("as", _("As"), placeholder=_("another name, CUSTOMER / SITE (may stay empty)")),
                ],
                _("The site comes with its cases, evidence and history. Nothing that is here is changed."),
            )
        )

    def action_glossary(self) -> None:
        from certdoctor.ui.screens.glossary import Glossary

        self.app.push_screen(Glossary())

    async def action_new(self) -> None:
        await self.open_panel(
            Form(
                _("New site"),
                [
                    Field("customer", _("Customer"), required=True),
                    Field("name", _("Site"), placeholder=_("for example HQ"), required=True),
                    Field("domains", _("Domains"), placeholder=_("of the users, e.g. example.com (may stay empty)")),
                ],
                _("The domains are those behind user@domain in Jabber or Webex App; service discovery asks for them."),
            )
        )

    async def form_saved(self, form: Form, values: dict[str, str]) -> None:
        if "file" in values:
            file, name = Path(values["file"]).expanduser(), values["as"].strip()
            self.fulfil(form, _("taking in"), lambda p: p.take_in(file, name), self._taken)
            return
        domains = tuple(values["domains"].replace(",", " ").split())
        self.fulfil(
            form,
            _("writing"),
            lambda p: p.create_site(values["customer"], values["name"], domains),
            lambda site: self._open_site(site.id),
        )

    def _taken(self, taken: Taken) -> None:
        where = f"{taken.site.customer} / {taken.site.name}"
        text = _("Taken in: {site}.") if taken.new else _("{site} is here already, exactly so; nothing was changed.")
        self.load()
        self.say(text.format(site=clean(where)))

    async def action_back(self) -> None:
        if self.panel is not None or self.job is not None:
            await super().action_back()
        elif self.searched:
            self.query_one("#search", Search).value = ""
        else:
            self.say(_("ctrl+q leaves certdoctor. Everything is saved already."))
