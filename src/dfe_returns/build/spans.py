"""Which span of days of its child holds a day. Sorted searches, so that no input makes them explode."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

_SPAN = np.int64(1) << 33
_FAR = np.datetime64("2900-01-01", "D")

Numbers = npt.NDArray[np.int64]


def group_numbers(*columns: pd.Series) -> list[Numbers]:
    """The same number for the same text over all columns; -1 for a missing one."""
    joined = np.concatenate([column.to_numpy(dtype=object) for column in columns])
    codes = pd.factorize(joined, use_na_sentinel=True)[0].astype(np.int64)
    edges = np.cumsum([len(column) for column in columns])[:-1]
    return list(np.split(codes, edges))


def _moments(group: Numbers, days: npt.NDArray[np.datetime64]) -> Numbers:
    return group * _SPAN + days.astype("datetime64[D]").astype(np.int64) + np.int64(1_000_000)


def holding(
    group: pd.Series, day: pd.Series, span_group: pd.Series, start: pd.Series, end: pd.Series
) -> tuple[Numbers, Numbers]:
    """How many spans of its group hold each day (both ends included), and which one if it is the only one.

    Second answer: position of that span, -1 where none or several hold the day. An open end never ends; a missing day,
    group or start takes no part.
    """
    ours, theirs = group_numbers(group, span_group)
    first, last = start.to_numpy().astype("datetime64[D]"), end.to_numpy().astype("datetime64[D]")
    last = np.where(np.isnat(last), _FAR, last)
    usable = np.flatnonzero((theirs >= 0) & ~np.isnat(first) & (last >= first))
    begins, ends = _moments(theirs[usable], first[usable]), _moments(theirs[usable], last[usable])
    by_begin, by_end = np.argsort(begins, kind="stable"), np.argsort(ends, kind="stable")
    days = day.to_numpy().astype("datetime64[D]")
    asked = (ours >= 0) & ~np.isnat(days)
    moment = _moments(ours, np.where(asked, days, np.datetime64(0, "D")))
    begun = np.searchsorted(begins[by_begin], moment, side="right")
    over = np.searchsorted(ends[by_end], moment, side="left")
    begun_sum = np.concatenate(([0], np.cumsum(usable[by_begin])))[begun]
    over_sum = np.concatenate(([0], np.cumsum(usable[by_end])))[over]
    count = np.where(asked, begun - over, 0)
    return count, np.where(count == 1, begun_sum - over_sum, -1).astype(np.int64)


def overlaps(
    group: pd.Series,
    start: pd.Series,
    end: pd.Series,
    span_group: pd.Series,
    span_start: pd.Series,
    span_end: pd.Series,
) -> pd.Series:
    """Whether each span shares more than a touching day with one of the other spans of its group."""
    ours, theirs = group_numbers(group, span_group)
    a, b = start.to_numpy().astype("datetime64[D]"), end.to_numpy().astype("datetime64[D]")
    c, d = span_start.to_numpy().astype("datetime64[D]"), span_end.to_numpy().astype("datetime64[D]")
    b, d = np.where(np.isnat(b), _FAR, b), np.where(np.isnat(d), _FAR, d)
    usable = (theirs >= 0) & ~np.isnat(c) & (d > c)
    asked = (ours >= 0) & ~np.isnat(a) & (b > a)
    fill = np.datetime64(0, "D")
    begins, ends = np.sort(_moments(theirs[usable], c[usable])), np.sort(_moments(theirs[usable], d[usable]))
    begun = np.searchsorted(begins, _moments(ours, np.where(asked, b, fill)), side="left")
    over = np.searchsorted(ends, _moments(ours, np.where(asked, a, fill)), side="right")
    return pd.Series(asked & (begun > over), index=start.index)
