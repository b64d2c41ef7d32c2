"""Working days of England, as conferences and assessments are timed."""

import pandas as pd
import pytest

from dfe_returns.contract.calendar import add_working_days, is_working_day, working_day_before, working_days_between


def days(*texts):
    return pd.Series(pd.to_datetime(list(texts), format="%Y-%m-%d"))


def test_weekends_and_bank_holidays_are_no_working_days():
    asked = days(
        "2026-04-02", "2026-04-03", "2026-04-04", "2026-04-06", "2026-04-07", None
    )  # Good Friday, Saturday, Easter Monday
    assert is_working_day(asked).tolist() == [True, False, False, False, True, False]


@pytest.mark.parametrize("day", ["2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08", "2020-05-08", "2026-12-28"])
def test_one_off_and_moved_bank_holidays(day):
    assert not is_working_day(days(day)).iloc[0]


@pytest.mark.parametrize("day", ["2022-05-30", "2020-05-04"])
def test_days_that_were_given_back(day):
    assert is_working_day(days(day)).iloc[0]


@pytest.mark.parametrize(
    ("start", "number", "expected"),
    [
        ("2025-06-02", 15, "2025-06-23"),  # Monday: three weeks on
        ("2025-06-07", 1, "2025-06-09"),  # a Saturday's first working day is Monday
        ("2025-12-22", 3, "2025-12-29"),  # Christmas and Boxing Day do not count
    ],
)
def test_nth_working_day_after(start, number, expected):
    assert add_working_days(days(start, None), number).astype("str").tolist()[0] == expected
    assert pd.isna(add_working_days(days(None), number).iloc[0])


def test_nth_working_day_strictly_before_never_counts_the_day_itself():
    assert working_day_before(pd.Timestamp("2023-03-31"), 44) == pd.Timestamp("2023-01-30")
    assert working_day_before(pd.Timestamp("2025-04-01"), 1) == pd.Timestamp("2025-03-31")
    assert working_day_before(pd.Timestamp("2025-04-21"), 1) == pd.Timestamp(
        "2025-04-17"
    )  # Easter Monday: back over the weekend


def test_working_days_between_counts_the_last_day_and_not_the_first():
    assert working_days_between(
        days("2025-06-02", "2025-06-06", None), days("2025-06-03", "2025-06-09", "2025-06-09")
    ).tolist()[:2] == [1, 1]
