"""Cells as rules read them: text, days and numbers."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from dfe_returns.validate.cells import (
    Column,
    add_months,
    add_years,
    as_text,
    cin_day,
    day_plus_days,
    day_plus_months,
    day_plus_years,
    ssda903_day,
)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-05-10", "2025-05-10"),
        ("2025-5-1", "2025-05-01"),
        ("10/05/2025", "2025-05-10"),
        ("1-5-2025", "2025-05-01"),
        ("2025-05-10T23:59:59", "2025-05-10"),
        ("2025-05-10 00:00", "2025-05-10"),
        ("2025-05-10T00:00:00.123Z", "2025-05-10"),
        ("10/05/2025 08:30", "2025-05-10"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_census_dates_that_can_be_read(text, day):
    assert cin_day(text) == np.datetime64(day)


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-29",
        "0000-01-01",
        "10000-01-01",
        "2025/05/10",
        "10-05/2025",
        "10.05.2025",
        "25-05-10",
        "2025-05",
        "٢٠٢٥-٠٥-١٠",
    ],
)
def test_census_dates_that_cannot(text):
    assert np.isnat(cin_day(text))


@pytest.mark.parametrize(
    ("text", "usable"), [("10/05/2025", True), ("1/5/2025", True), ("2025-05-10", False), ("31/02/2025", False)]
)
def test_903_dates_are_day_first(text, usable):
    assert (not np.isnat(ssda903_day(text))) is usable


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (np.float64(1.5), "1.5"),
        (Decimal("1.0"), "1"),
        (Decimal("1.50"), "1.50"),
        (Decimal("12345678901234567890"), "12345678901234567890"),
        (Decimal("Infinity"), "Infinity"),
        (Decimal("NaN"), ""),
        (None, ""),
        (pd.NA, ""),
        (float("nan"), ""),
        (True, "1"),
        (np.bool_(False), "0"),
        (["4B", "21"], "4B,21"),
        (dt.date(2025, 5, 1), "2025-05-01"),
    ],
)
def test_the_text_of_a_cell(value, text):
    assert as_text(value) == text


def test_a_column_is_trimmed_and_shows_what_was_written():
    column = Column.read(pd.Series([" a ", "\u00a0", "", None, "a"]), str.upper, cin_day, "%Y-%m-%d")
    assert list(column.spread(column.shown)) == ["a", "", "", "", "a"]
    assert list(column.text())[0::4] == ["A", "A"]
    assert list(column.blank) == [False, True, True, True, False]


def test_numbers_and_days_of_a_column():
    column = Column.read(pd.Series(["1", "1.5", "x", "", "1e3"]), str, cin_day, "%Y-%m-%d")
    assert np.array_equal(column.numbers(), [1, 1.5, np.nan, np.nan, np.nan], equal_nan=True)
    days = pd.Series([pd.Timestamp(2025, 5, 1, 12, tz="Europe/London"), pd.NaT])
    assert list(Column.read(days, str, cin_day, "%d/%m/%Y").shown) == ["01/05/2025", ""]


def test_months_and_years_end_on_the_last_day_where_there_is_no_such_day():
    days = pd.Series(pd.to_datetime(["2024-02-29", "2025-12-31", None]))
    assert list(add_years(days, 1).dt.strftime("%Y-%m-%d"))[:2] == ["2025-02-28", "2026-12-31"]
    assert list(add_months(days, 2).dt.strftime("%Y-%m-%d"))[:2] == ["2024-04-29", "2026-02-28"]
    assert add_months(days, 2).isna().tolist() == [False, False, True]


def test_a_day_is_moved_within_the_calendar():
    first, last = pd.Timestamp("0001-01-01"), pd.Timestamp("9999-12-31")
    assert day_plus_years(first, -1) == day_plus_days(first, -1) == first
    assert day_plus_months(last, 9) == day_plus_days(last, 1) == last
    assert day_plus_months(pd.Timestamp(2025, 5, 31), 9) == pd.Timestamp(2026, 2, 28)
