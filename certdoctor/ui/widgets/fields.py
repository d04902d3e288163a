"""Text fields, a field of choices, and the form that holds fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from certdoctor.language import _
from certdoctor.ui import keys
from certdoctor.ui.spans import Span, text_block
from certdoctor.ui.widgets.bars import Bar
from certdoctor.ui.widgets.paint import Painted


class Line(Input):
    """A field of one line. A paste of several lines is not its business: it goes on to the screen."""

    class Left(Message):
        """Escape in a field."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

        @property
        def control(self) -> Line:
            return self.line

    def __init__(
        self,
        value: str = "",
        placeholder: str = "",
        *,
        password: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(value=value, placeholder=placeholder, password=password, id=id, select_on_focus=False)
        self.cursor_blink = False

    def _on_paste(self, event: events.Paste) -> None:
        if len(event.text.strip().splitlines()) > 1:
            event.prevent_default()
            return
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(event.text.strip())


class Search(Line):
    """A field whose every change searches; the answers stand in the list below it."""

    PLACE = "search"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("search")]

    def action_into_list(self) -> None:
        self.post_message(self.Left(self))

    def action_leave(self) -> None:
        if self.value:
            self.value = ""
        else:
            self.post_message(self.Left(self))


class Choice(Painted, can_focus=True):
    """A field of fixed values: left, right and space change it."""

    def __init__(self, options: Sequence[tuple[str, str]], value: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._options = tuple(options)
        self._at = next((n for n, (each, _label) in enumerate(self._options) if each == value), 0)

    @property
    def value(self) -> str:
        """The value chosen."""
        return self._options[self._at][0]

    def render_line(self, y: int) -> Strip:
        label = self._options[self._at][1]
        return self.paint((("← ", ""), (label, ""), (f" →  {self._at + 1}/{len(self._options)}", "")), self.size.width)

    def _turn(self, step: int) -> None:
        self._at = (self._at + step) % len(self._options)
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        if event.is_printable:
            event.stop()  # a letter typed here by mistake does nothing elsewhere

    def key_left(self, event: events.Key) -> None:
        event.stop()
        self._turn(-1)

    def key_right(self, event: events.Key) -> None:
        event.stop()
        self._turn(1)

    def key_space(self, event: events.Key) -> None:
        event.stop()
        self._turn(1)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    caption: str
    value: str = ""
    placeholder: str = ""
    options: tuple[tuple[str, str], ...] = ()  # (value, label): a field of choices
    password: bool = False
    required: bool = False


class Form(Vertical):
    """Fields below each other. Enter goes on, and in the last field saves."""

    PLACE = "form"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("form")]

    class Saved(Message):
        """The form was filled in."""

        def __init__(self, form: Form, values: dict[str, str]) -> None:
            super().__init__()
            self.form = form
            self.values = values

        @property
        def control(self) -> Form:
            return self.form

    class Incomplete(Message):
        """A required field is empty."""

        def __init__(self, caption: str) -> None:
            super().__init__()
            self.caption = caption

    class Cancelled(Message):
        """The form is to be closed without a change."""

    def __init__(self, title: str, fields: Sequence[Field], note: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._title = title
        self._fields = tuple(fields)
        self._note = note

    def compose(self) -> ComposeResult:
        head = Bar(id="form-title")
        head.put(((f" {self._title}", "head"),))
        yield head
        yield Bar()
        for field in self._fields:
            with Horizontal(classes="field"):
                caption = Bar()
                caption.add_class("caption")
                star: list[Span] = [(" *", "warn")] if field.required else []
                caption.put(((f" {field.caption}", ""), *star))
                yield caption
                if field.options:
                    yield Choice(field.options, field.value, id=f"field-{field.name}")
                else:
                    yield Line(field.value, field.placeholder, password=field.password, id=f"field-{field.name}")
        if self._note:
            from certdoctor.ui.widgets.rows import Page

            yield Bar()
            page = Page([text_block("note", self._note, "dim", indent=1)])
            page.can_focus = False
            yield page

    def on_mount(self) -> None:
        first = next((f for f in self._fields if not f.value and not f.options), self._fields[0])
        self._widget(first.name).focus()

    def _widget(self, name: str) -> Line | Choice:
        found = self.query_one(f"#field-{name}")
        assert isinstance(found, Line | Choice)
        return found

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {field.name: self._widget(field.name).value.strip() for field in self._fields}

    def _step(self, way: int) -> bool:
        widgets = [self._widget(field.name) for field in self._fields]
        at = next((n for n, widget in enumerate(widgets) if widget.has_focus), 0)
        if not 0 <= at + way < len(widgets):
            return False
        widgets[at + way].focus()
        return True

    def action_next_field(self) -> None:
        if not self._step(1):
            self._widget(self._fields[0].name).focus()

    def action_previous_field(self) -> None:
        if not self._step(-1):
            self._widget(self._fields[-1].name).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_go_on()

    def action_go_on(self) -> None:
        if not self._step(1):
            self.action_save()

    def action_save(self) -> None:
        values = self.values
        for field in self._fields:
            if field.required and not values[field.name]:
                self.post_message(self.Incomplete(field.caption))
                self._widget(field.name).focus()
                return
        self.post_message(self.Saved(self, values))

    def action_cancel(self) -> None:
        self.post_message(self.Cancelled())


def sure(title: str, what: str) -> Form:
    """Return a form that asks for the word "yes" before something is removed."""
    return Form(
        title, [Field("sure", _("Type yes"), required=True, placeholder=_("yes removes it, esc leaves it"))], what
    )


def is_sure(values: Mapping[str, str]) -> bool:
    """Tell whether the form of `sure` was answered with "yes", in the user's language or in English."""
    return values["sure"].lower() in ("yes", _("yes"))
