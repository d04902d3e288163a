"""The nodes of a site."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _
from certdoctor.ui import keys, words
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.screens.site import SiteScreen
from certdoctor.ui.spans import Cell, gap, row, text_block
from certdoctor.ui.widgets.fields import Field, Form, is_sure, sure
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.evidence.site import NodeDescription


def split(text: str) -> tuple[str, ...]:
    """Return the words of a field that takes several, separated by blanks or commas."""
    return tuple(text.replace(",", " ").split())


class NodesSection(Section[SiteScreen]):
    """Nodes by id."""

    PLACE = "nodes"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("nodes")]

    def __init__(self) -> None:
        super().__init__()
        self._about: NodeDescription | None = None

    def compose(self) -> ComposeResult:
        yield Rows()

    def update(self) -> None:
        view = self.frame.view
        if view is None:
            return
        items = [
            row(
                node.id,
                Cell(node.id, 12, "key"),
                Cell(words.word(words.ROLE, node.role), 18),
                Cell(node.version or "", 10),
                Cell(", ".join((*node.names, *node.addresses, *([node.cluster] if node.cluster else [])))),
            )
            for node in sorted(view.nodes, key=lambda node: node.id)
        ]
        text = _("No nodes yet. Name each box that takes part: Expressway-C, Expressway-E, CUCM ... Evidence from"
                 " diagnostic archives brings its nodes along.")  # fmt: skip
        self.query_one(Rows).show(items or [gap(), text_block("", text, indent=2)])

    def hint(self) -> str:
        if self.frame.view is not None and not self.frame.view.nodes:
            return _("Press a to add a node.")
        return _("enter changes the chosen node; a adds one; u sets the users' domains.")

    def _chosen(self) -> NodeDescription | None:
        key, view = self.query_one(Rows).key, self.frame.view
        return next((node for node in view.nodes if node.id == key), None) if view and key else None

    async def _form(self, node: NodeDescription | None) -> None:
        self._about = node
        roles = tuple((role, words.word(words.ROLE, role)) for role in words.ROLE)
        fields = [
            Field("role", _("Role"), node.role if node else "expressway-c", options=roles),
            Field("version", _("Version"), (node.version or "") if node else "", _("e.g. X14.3.7; may stay empty")),
            Field("names", _("Names"), " ".join(node.names) if node else "", _("FQDNs it is reached by")),
            Field("addresses", _("Addresses"), " ".join(node.addresses) if node else "", _("IP addresses")),
            Field("cluster", _("Cluster name"), (node.cluster or "") if node else "", _("only for clusters")),
        ]
        if node is None:
            fields.insert(0, Field("id", _("Short name"), placeholder=_("e.g. expc1: a-z 0-9 -"), required=True))
        title = _("Node {id}").format(id=node.id) if node else _("New node")
        note = _("The role is chosen with the left and right arrow. What is not known may stay empty.")
        await self.frame.open_panel(Form(title, fields, note, id="form-node"))

    async def action_edit(self) -> None:
        if (node := self._chosen()) is not None:
            await self._form(node)

    async def action_add(self) -> None:
        await self._form(None)

    async def action_domains(self) -> None:
        view = self.frame.view
        if view is not None:
            field = Field("domains", _("Domains"), " ".join(view.site.domains), _("of the users, e.g. example.com"))
            await self.frame.open_panel(Form(_("Domains of the users"), [field], id="form-domains"))

    async def action_remove(self) -> None:
        self._about = self._chosen()
        if self._about is not None:
            panel = sure(_("Remove node {id}?").format(id=self._about.id), _("Its documents stay, without a place."))
            panel.id = "form-remove"
            await self.frame.open_panel(panel)

    async def saved(self, form: Form, values: dict[str, str]) -> None:
        from certdoctor.evidence.site import NodeDescription

        frame, site_id, about = self.frame, self.frame.site_id, self._about
        if form.id == "form-domains":
            frame.do(lambda p: p.set_domains(site_id, split(values["domains"])))
        elif form.id == "form-remove":
            if about is not None and is_sure(values):
                frame.do(lambda p: p.remove_node(site_id, about.id), _("Removed: {id}.").format(id=about.id))
        else:
            known = frame.view.nodes if frame.view else ()
            if about is None and any(node.id == values["id"] for node in known):
                frame.complain(_("There is a node {id} already.").format(id=values["id"]))
                return
            node = replace(
                about or NodeDescription(values["id"], values["role"]),
                role=values["role"],
                version=values["version"] or None,
                names=split(values["names"]),
                addresses=split(values["addresses"]),
                cluster=values["cluster"] or None,
            )
            frame.do(lambda p: p.put_node(site_id, node), _("Saved: {id}.").format(id=node.id))
        await frame.close_panel()
