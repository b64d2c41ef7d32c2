"""The calendar of the schedules: quarters, collection years, first working days in England."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from flows.days import (
    first_working_day,
    is_first_working_day,
    london_day,
    quarter_end_before,
    year_ended_before,
    year_of,
)


@pytest.mark.parametrize(
    ("month", "day"),
    [
        ((2026, 1), date(2026, 1, 2)),  # New Year's Day
        ((2026, 4), date(2026, 4, 1)),
        ((2026, 7), date(2026, 7, 1)),
        ((2022, 1), date(2022, 1, 4)),  # Saturday, Sunday, holiday in lieu
        ((2024, 4), date(2024, 4, 2)),  # Easter Monday
        ((2029, 4), date(2029, 4, 3)),  # Easter Sunday and Monday
        ((2026, 10), date(2026, 10, 1)),
    ],
)
def test_first_working_day_of_a_month(month, day):
    assert first_working_day(*month) == day
    assert is_first_working_day(day)
    assert not is_first_working_day(date(day.year, day.month, day.day + 1))


def test_every_first_working_day_falls_into_the_days_that_the_schedules_fire_on():
    assert max(first_working_day(year, month).day for year in range(2022, 2041) for month in (1, 4, 5, 7, 10)) <= 7


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (date(2026, 7, 1), date(2026, 6, 30)),
        (date(2026, 6, 30), date(2026, 3, 31)),
        (date(2026, 1, 2), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 3, 31)),
    ],
)
def test_quarter_before_a_day(today, end):
    assert quarter_end_before(today) == end


def test_collection_year_of_a_day_and_the_last_one_ended():
    assert year_of(date(2026, 3, 31)) == "2025-26"
    assert year_of(date(2026, 4, 1)) == "2026-27"
    assert year_of(date(1999, 4, 1)) == "1999-00"
    assert year_ended_before(date(2026, 3, 31)) == "2024-25"
    assert year_ended_before(date(2026, 4, 1)) == "2025-26"
    assert year_ended_before(date(2027, 1, 10)) == "2025-26"


def test_day_is_london_s_by_summer_and_winter():
    assert london_day(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)
    assert london_day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == date(2026, 12, 31)
