"""What is proven of a case: its connections before and after, and the verify steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import N_, _
from certdoctor.ui import keys, words
from certdoctor.ui.screens.case import CaseScreen
from certdoctor.ui.screens.sectioned import Section
from certdoctor.ui.spans import Item, block, gap, heading, line, text_block
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.proof import Proof, Side, Verified

STATE = {
    "proven": (N_("proven"), "good"),
    "told": (N_("told"), "good"),
    "open": (N_("unproven"), "warn"),
    "contradicted": (N_("CONTRADICTED"), "bad"),
}


class ProofSection(Section[CaseScreen]):
    """Before and after, step by step."""

    PLACE = "proof"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("proof")]

    def __init__(self) -> None:
        super().__init__()
        self._asked = False

    def compose(self) -> ComposeResult:
        yield Rows()

    def update(self) -> None:
        if self.frame.proof is not None:
            self._show(self.frame.proof)
        elif not self._asked:
            self._asked = True
            self.query_one(Rows).show([gap(), text_block("", _("What is proven stands here in a moment."), indent=2)])
            self.frame.prove(self._show)

    def _show(self, proof: Proof) -> None:
        if self.gone:
            return
        items: list[Item] = [heading(_("Connections, before → after"))]
        items += [self._side(number, side) for number, side in enumerate(proof.sides)]
        if not proof.sides:
            items.append(text_block("", _("No connection changed since the case was first examined."), indent=2))
        items += [gap(), heading(_("Steps that prove the cure"))]
        items += [self._verified(number, each) for number, each in enumerate(proof.verified)]
        if not proof.verified:
            items.append(text_block("", _("Nothing was found yet that could be proven cured."), indent=2))
        if proof.remaining:
            items += [gap(), heading(_("Still found"))]
            items += [text_block("", title, "bad", indent=2) for title in proof.remaining]
        self.query_one(Rows).show(items)
        self.frame.refresh_hint()

    @staticmethod
    def _side(number: int, side: Side) -> Item:
        whose = _("server's certificate") if side.side == "server" else _("client's certificate")
        before, after = words.styled(words.OUTCOME, side.before), words.styled(words.OUTCOME, side.after)
        text = (*line(f"{side.client} → {side.server} {side.kind}, {whose}: "), before, (" → ", "dim"), after)
        return block(f"side-{number}", text, hang=4)

    @staticmethod
    def _verified(number: int, each: Verified) -> Item:
        text, role = words.styled(STATE, each.state.value)
        who = f" ({each.who})" if each.who else ""
        lines = [((f"{text}{who}", role), *line(f": {each.text}"))]
        if each.where:
            lines.append((("  ", ""), *line(each.where, "key")))
        lines.append((("  ", ""), *line(f"{each.diagnosis} {each.title}", "dim")))
        return block(f"verify-{number}", *lines, hang=2)

    def action_tick(self) -> None:
        frame, key = self.frame, self.query_one(Rows).key
        if frame.proof is None or not key.startswith("verify-") or not frame.need_open():
            return
        each = frame.proof.verified[int(key.removeprefix("verify-"))]
        case_id, done = frame.case_id, not each.who
        frame.ask(
            lambda p: p.tick(case_id, each.finding_key, each.step, done),
            lambda _result: frame.prove(self._show, again=True),
        )

    def hint(self) -> str:
        proof = self.frame.proof
        if proof is None:
            return _("Looking for what is proven; esc cancels.") if self.frame.job is not None else ""
        if proof.complete:
            return _("All is proven: o closes the case.")
        if proof.remaining:
            return _("There is still something to cure (f). e adds newer evidence.")
        return _("Newer evidence (e) proves it; space ticks off what you saw yourself.")
