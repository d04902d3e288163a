from __future__ import annotations

from datetime import date

import pytest

from certdoctor.facts.dated import Calendar, DatedForm, Topic, day_of
from tests.sites import knowledge


@pytest.mark.parametrize(
    ("topic", "day", "days"),
    [
        ("public_lifetime", date(2026, 3, 14), 398),
        ("public_lifetime", date(2026, 3, 15), 200),
        ("public_lifetime", date(2027, 3, 15), 100),
        ("public_lifetime", date(2029, 3, 15), 47),
        ("lets_encrypt_lifetime", date(2027, 2, 9), 90),
        ("lets_encrypt_lifetime", date(2027, 2, 10), 64),
        ("lets_encrypt_lifetime", date(2028, 2, 16), 45),
    ],
)
def test_lifetime_of_a_day(topic: Topic, day: date, days: int) -> None:
    held = Calendar(knowledge().dates).on(topic, day)
    assert held is not None
    assert held.days == days


def test_nothing_holds_before_its_first_and_after_its_last_day() -> None:
    form = DatedForm(topic="lets_encrypt_hierarchy", from_="2024-06-06", until="2026-05-12", text={}, sources=[])
    calendar = Calendar({"one": form})
    days = (date(2024, 6, 5), date(2024, 6, 6), date(2026, 5, 12), date(2026, 5, 13))
    assert [calendar.on("lets_encrypt_hierarchy", day) for day in days] == [None, form, form, None]


def test_conflicting_days_are_all_told() -> None:
    assert Calendar(knowledge().dates).stated("client_auth_sunset") == "2027-03-15, 2027-02-01, 2026-06-15"
    assert Calendar({}).stated("client_auth_sunset") == "–"


def test_schedule() -> None:
    told = Calendar(knowledge().dates).schedule("lets_encrypt_lifetime")
    assert told.endswith("64 (2027-02-10), 45 (2028-02-16)")


@pytest.mark.parametrize(("text", "day"), [("2027-03-15", date(2027, 3, 15)), ("2027-02-30", None), ("2027", None)])
def test_day(text: str, day: date | None) -> None:
    assert day_of(text) == day
