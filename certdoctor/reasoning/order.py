"""The orders in which things are ranked: the smaller, the further in front."""

from __future__ import annotations

STRENGTH = {"decisive": 0, "strong": 1, "moderate": 2, "weak": 3}
SEVERITY = {"critical": 0, "high": 1, "medium": 2, "low": 3, "info": 4}
FREQUENCY = {"common": 0, "occasional": 1, "rare": 2}


def weaker(first: str, second: str) -> str:
    """Return the weaker of two strengths."""
    return max(first, second, key=STRENGTH.__getitem__)
