"""Only what changed goes over the wire, and what stands on the terminal is always what the app shows."""

from __future__ import annotations

from certdoctor.ui.repaint import Sent


def test_the_same_piece_is_written_once() -> None:
    sent = Sent()
    assert sent.is_new(0, 3, 80, "a")
    assert not sent.is_new(0, 3, 80, "a")
    assert sent.is_new(0, 4, 80, "a")


def test_a_piece_that_was_covered_is_written_again() -> None:
    sent = Sent()
    sent.is_new(0, 3, 80, "a")
    assert sent.is_new(10, 3, 20, "b")
    assert sent.is_new(0, 3, 80, "a")
    assert sent.is_new(10, 3, 20, "b")


def test_pieces_side_by_side_are_both_known() -> None:
    sent = Sent()
    sent.is_new(0, 3, 40, "a")
    sent.is_new(40, 3, 80, "b")
    assert not sent.is_new(0, 3, 40, "a")
    assert not sent.is_new(40, 3, 80, "b")


def test_after_forgetting_everything_is_new() -> None:
    sent = Sent()
    sent.is_new(0, 3, 80, "a")
    sent.forget()
    assert sent.is_new(0, 3, 80, "a")
