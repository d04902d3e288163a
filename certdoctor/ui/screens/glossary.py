"""What the words mean: a list of articles, and one article to read."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import N_, _
from certdoctor.ui import keys
from certdoctor.ui.reading import Article, articles
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.screens.searched import Searched
from certdoctor.ui.spans import Cell, Item, block, gap, heading, line, row, text_block
from certdoctor.ui.widgets.rows import Page


class Glossary(Searched):
    """The terms; enter reads one."""

    PLACE = "glossary"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("glossary")]
    SEARCHES = N_("/ search terms and texts")

    def __init__(self) -> None:
        super().__init__()
        self._articles: tuple[Article, ...] = ()

    def path(self) -> tuple[str, ...]:
        return (_("glossary"),)

    def on_mount(self) -> None:
        lang = self.doctor.lang
        self.ask(lambda _p: articles(lang), self._loaded, group="glossary")

    def _loaded(self, found: tuple[Article, ...]) -> None:
        self._articles = found
        self._draw()

    def _draw(self) -> None:
        wanted = self.searched.casefold().split()

        def fits(article: Article, text: str) -> bool:
            return all(part in text.casefold() for part in wanted)

        in_term = [a for a in self._articles if fits(a, a.term)]
        in_text = [a for a in self._articles if a not in in_term and fits(a, f"{a.term} {a.text}")]
        items: list[Item] = [
            row(article.id, Cell(article.term, 30, "strong"), Cell(" ".join(article.text.split()), 0, "dim"))
            for article in (*in_term, *in_text)
        ]
        nothing = _("No article holds these words.")
        self.rows.show(items or [gap(), text_block("", nothing, indent=2)])

    def search_changed(self) -> None:
        self._draw()

    def action_open(self) -> None:
        key = self.rows.key
        article = next((each for each in self._articles if each.id == key), None)
        if article is not None:
            terms = {each.id: each.term for each in self._articles}
            self.app.push_screen(Reader(article, terms))

    def hint(self) -> str:
        return _("enter reads the chosen article; / searches.")


class Reader(Frame):
    """One article."""

    def __init__(self, article: Article, terms: dict[str, str]) -> None:
        super().__init__()
        self._article = article
        self._terms = terms

    def compose_body(self) -> ComposeResult:
        yield Page()

    def path(self) -> tuple[str, ...]:
        return (_("glossary"), self._article.term)

    def on_mount(self) -> None:
        article = self._article
        items: list[Item] = [block("", line(article.term, "strong"), indent=1), gap()]
        items.append(text_block("", article.text, indent=1))
        see = [self._terms[each] for each in article.see if each in self._terms]
        if see:
            items += [gap(), heading(" " + _("See also")), text_block("", ", ".join(see), indent=1)]
        if article.sources:
            items += [
                gap(),
                text_block("", _("Sources: {ids}").format(ids=", ".join(article.sources)), "dim", indent=1),
            ]
        page = self.query_one(Page)
        page.show(items)
        page.focus()

    def hint(self) -> str:
        return _("down reads on; esc goes back.")
