"""Working days in England: Monday to Friday without bank holidays.

Bank holidays come from the `holidays` library (England); `schemas/calendar.yaml` adds or removes single days, so that a
one-off holiday proclaimed after a release is a line of data. Source: Banking and Financial Dealings Act 1971,
Schedule 1, and
royal proclamations.
"""

from __future__ import annotations

from functools import cache

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.contract.load import read_yaml
from dfe_returns.files import data_folder

_FIRST_YEAR, _LAST_YEAR = 1990, 2050

Days = npt.NDArray[np.datetime64]


@cache
def bank_holidays() -> Days:
    """Bank holidays of England, 1990 to 2050, sorted, as datetime64[D]."""
    known = holidays.country_holidays("GB", subdiv="ENG", years=range(_FIRST_YEAR, _LAST_YEAR + 1))
    ours = read_yaml(data_folder("schemas") / "calendar.yaml")
    days = (set(known) | set(ours["added"])) - set(ours["removed"])
    return np.array(sorted(days), dtype="datetime64[D]")


@cache
def _calendar() -> np.busdaycalendar:
    return np.busdaycalendar(holidays=bank_holidays())


def _as_days(dates: object) -> Days:
    return np.atleast_1d(np.asarray(pd.to_datetime(dates), dtype="datetime64[D]"))  # type: ignore[call-overload]


def is_working_day(dates: pd.Series) -> pd.Series:
    """True where the date is a working day; False where it is missing."""
    days = _as_days(dates)
    out = np.is_busday(np.where(np.isnat(days), np.datetime64("2000-01-01"), days), busdaycal=_calendar()) & ~np.isnat(
        days
    )
    return pd.Series(out, index=dates.index)


def add_working_days(dates: pd.Series, number: int) -> pd.Series:
    """The `number`-th working day after each date (the date itself is not counted); missing stays missing."""
    days = _as_days(dates)
    missing = np.isnat(days)
    moved = np.busday_offset(
        np.where(missing, np.datetime64("2000-01-03"), days), 0, roll="backward", busdaycal=_calendar()
    )
    moved = np.busday_offset(moved, number, roll="forward", busdaycal=_calendar())
    return pd.Series(np.where(missing, np.datetime64("NaT"), moved).astype("datetime64[us]"), index=dates.index)


def working_day_before(day: pd.Timestamp, number: int) -> pd.Timestamp:
    """The `number`-th working day strictly before `day`, which itself is never counted."""
    first = np.busday_offset(_as_days(day), 0, roll="forward", busdaycal=_calendar())
    return pd.Timestamp(np.busday_offset(first, -number, busdaycal=_calendar())[0])


def working_days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Working days after `start` up to and including `end`, as float (NaN where a date is missing)."""
    first, last = _as_days(start), _as_days(end)
    missing = np.isnat(first) | np.isnat(last)
    fill = np.datetime64("2000-01-03")
    one = np.timedelta64(1, "D")
    count = np.busday_count(
        np.where(missing, fill, first) + one, np.where(missing, fill, last) + one, busdaycal=_calendar()
    )
    return pd.Series(np.where(missing, np.nan, count), index=start.index)
