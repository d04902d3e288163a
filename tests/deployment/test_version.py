from __future__ import annotations

import pytest

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
