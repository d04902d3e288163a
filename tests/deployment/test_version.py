from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdoctor.deployment.version import Version


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("X14.3.7", "X14.3", True),
        ("X14.3", "X14.3.7", False),
        ("X15.5.0", "X15.5", True),
        ("X15.5", "X15.5.0", True),
        ("X14.0.8", "X14.0.8", True),
        ("X14.0.7", "X14.0.8", False),
        ("X8.11.4", "X14.0.2", False),
        ("15.0.1.12900-234", "15.0.1", True),
        ("X14.2.10", "X14.2.9", True),
    ],
)
def test_at_least(text: str, other: str, expected: bool) -> None:
    version = Version.parse(text)
    assert version is not None
    assert version.at_least(other) is expected


@pytest.mark.parametrize("text", ["", "   ", "unknown", "X"])
def test_what_holds_no_number_is_no_version(text: str) -> None:
    assert Version.parse(text) is None


numbers = st.lists(st.integers(0, 99), min_size=1, max_size=5)


@given(numbers, numbers)
def test_order_is_that_of_the_numbers(first: list[int], second: list[int]) -> None:
    def text(parts: list[int]) -> str:
        return "X" + ".".join(map(str, parts))

    version = Version.parse(text(first))
    assert version is not None
    # Zeros behind do not count, so both are filled up to one length before they are compared.
    width = max(len(first), len(second))
    padded = [parts + [0] * (width - len(parts)) for parts in (first, second)]
    assert version.at_least(text(second)) is (padded[0] >= padded[1])


@pytest.mark.parametrize(
    ("text", "train", "expected"),
    [("X14.1", "X14.1", True), ("X14.1.2", "X14.1", True), ("X14.2", "X14.1", False), ("X14", "X14.1", False),
     ("X14.10", "X14.1", False), ("X14.1.2", "", False)],
)  # fmt: skip
def test_train(text: str, train: str, expected: bool) -> None:
    version = Version.parse(text)
    assert version is not None
    assert version.of_train(train) is expected
