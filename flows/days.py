"""Which day it is for a schedule: working days, quarters and collection years, by the clock of Europe/London."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

LONDON = ZoneInfo("Europe/London")


def london_day(moment: datetime | None = None) -> date:
    """The day in London at that moment (aware); none = now."""
    return (moment or datetime.now(LONDON)).astimezone(LONDON).date()


def first_working_day(year: int, month: int) -> date:
    """First working day of a month in England: after 31 March, 30 June, 30 September and 31 December, of a quarter."""
    from dfe_returns.contract.calendar import is_working_day

    days = pd.Series(pd.date_range(date(year, month, 1), periods=10, freq="D"))
    return days[is_working_day(days)].iloc[0].date()


def is_first_working_day(day: date) -> bool:
    """Whether the day is the first working day of its month."""
    return day == first_working_day(day.year, day.month)


def quarter_end_before(day: date) -> date:
    """The last end of a quarter before the day: 31 March, 30 June, 30 September or 31 December."""
    month = 3 * ((day.month - 1) // 3) + 1
    return date(day.year, month, 1) - timedelta(days=1)


def year_of(day: date) -> str:
    """The collection year (1 April to 31 March) that the day lies in, e.g. 2025-26."""
    first = day.year if day >= date(day.year, 4, 1) else day.year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def year_ended_before(day: date) -> str:
    """The collection year that ended on the last 31 March before the day."""
    ended = date(day.year if day > date(day.year, 3, 31) else day.year - 1, 3, 31)
    return year_of(ended)


def scheduled_day() -> date:
    """The day for which the running flow was scheduled: a run that starts late still counts as its day's."""
    from prefect.runtime import flow_run

    planned = flow_run.scheduled_start_time
    return london_day(planned)
