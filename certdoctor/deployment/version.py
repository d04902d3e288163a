"""Versions of Cisco products, compared as the products count them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PARTS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version such as X14.3.7, X15.5.0 or 15.0.1.12900-234, compared number by number."""

    numbers: tuple[int, ...]
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Return the version written in `text`, or None if it holds no number.

        Trailing zeros do not count: X15.5 equals X15.5.0.
        """
        numbers = [int(part) for part in _PARTS.findall(text.split()[0])] if text.strip() else []
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers.pop()
        return cls(tuple(numbers), text.strip()) if numbers else None

    def at_least(self, other: str) -> bool:
        """Tell whether this version is `other` or later."""
        parsed = Version.parse(other)
        return parsed is not None and self.numbers >= parsed.numbers

    def of_train(self, train: str) -> bool:
        """Tell whether this version belongs to a release train: X14.1.2 to X14.1."""
        parsed = Version.parse(train)
        return parsed is not None and self.numbers[: len(parsed.numbers)] == parsed.numbers

    def __str__(self) -> str:
        return self.text
