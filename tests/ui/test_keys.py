"""One table of keys: the page, the bindings and the actions agree with it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from textual.dom import DOMNode

import certdoctor.ui
from certdoctor.ui import keys

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"


def _owners() -> dict[str, list[type[DOMNode]]]:
    """Return every class of the app that is a place, by place."""
    found: dict[str, list[type[DOMNode]]] = {}
    for module in pkgutil.walk_packages(certdoctor.ui.__path__, "certdoctor.ui."):
        for _name, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, DOMNode) and member.__module__ == module.name:
                place = member.__dict__.get("PLACE")
                if place:
                    found.setdefault(place, []).append(member)
    return found


OWNERS = _owners()


def test_the_page_is_what_the_table_says() -> None:
    # python -c "from pathlib import Path; from certdoctor.ui.keys import *; write_keys_page(Path('docs/keys.md'))"
    assert PAGE.read_text(encoding="utf-8") == keys.keys_page()


def test_every_place_of_the_table_has_a_title_and_a_class() -> None:
    used = {action.place for action in keys.ACTIONS}
    assert used == set(keys.PLACES)
    assert used - set(OWNERS) == {"screen"}  # the base of all screens


@pytest.mark.parametrize("action", keys.ACTIONS, ids=lambda action: action.id)
def test_every_action_is_there(action: keys.Action) -> None:
    from certdoctor.ui.screens.frame import Frame

    for owner in OWNERS.get(action.place, [Frame]):
        assert hasattr(owner, "action_" + action.action.split("(")[0]), f"{owner.__name__} lacks {action.action}"


@pytest.mark.parametrize("place", [place for place in keys.PLACES if place != "screen"])
def test_a_place_binds_exactly_its_keys(place: str) -> None:
    for owner in OWNERS[place]:
        bound = {binding.key for binding in owner.__dict__["BINDINGS"]}
        assert bound == {key for action in keys.actions(place) for key in action.keys}


@pytest.mark.parametrize("place", keys.PLACES)
def test_no_key_means_two_things_in_one_place(place: str) -> None:
    used = [key for action in keys.actions(place) for key in action.keys]
    assert len(used) == len(set(used))


def test_keys_are_ones_that_every_terminal_sends() -> None:
    # ctrl+h, ctrl+i, ctrl+m, ctrl+[ are other keys to a terminal; ctrl+a and ctrl+b belong to multiplexers,
    # ctrl+p to Docker; function keys and alt to the terminal's own menus.
    allowed = {
        "enter", "escape", "tab", "shift+tab", "space", "up", "down", "left", "right", "pageup", "pagedown",
        "home", "end", "delete", "slash", "question_mark", "colon", "ctrl+s", "ctrl+l", "ctrl+z", "ctrl+q", "ctrl+c",
    }  # fmt: skip
    for action in keys.ACTIONS:
        for key in action.keys:
            assert key in allowed or (len(key) == 1 and key.isalnum() and key.isascii()), action


def test_nothing_is_removed_by_a_letter() -> None:
    for action in keys.ACTIONS:
        if "remove" in action.action or action.action == "quit":
            assert all(len(key) > 1 for key in action.keys)


def test_the_key_line_leaves_out_letters_where_text_is_typed() -> None:
    shown = keys.key_line(["search", "home", "everywhere"], typing=True)
    assert shown == [("enter", "to the list"), ("esc", "clear")]


def test_the_nearest_place_wins() -> None:
    shown = dict(keys.key_line(["fix", "finding", "screen", "everywhere"], typing=False))
    assert shown["space"] == "done"
    assert shown["?"] == "all keys"
