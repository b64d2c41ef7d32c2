"""Cells as rules see them: trimmed text, dates, numbers. Each distinct value is read once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

NO_DAY = np.datetime64("NaT", "us")
EDGES = " \t\r\n\f\v\u00a0\u2007\u202f\ufeff"
"""White space that is no part of a cell."""
_CIN_DATE = re.compile(
    r"(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<d2>\d{1,2})(?P<sep>[/-])(?P<m2>\d{1,2})(?P=sep)(?P<y2>\d{4}))"
    r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_903_DATE = re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)


def as_text(value: Any) -> str:
    """The text of one cell as a file would hold it; '' for a missing one."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"  # a flag as the returns write it
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return ",".join(as_text(part) for part in value)
    if isinstance(value, (float, np.floating, Decimal)):
        if np.isnan(float(value)):
            return ""
        return str(int(value)) if np.isfinite(float(value)) and value == int(value) else str(value)
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
        if value is pd.NaT:
            return ""
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()[:10]
    return str(value)


@dataclass(frozen=True)
class Column:
    """One column: `place` says for each row which of the distinct `texts` it holds (NaN = blank)."""

    place: npt.NDArray[np.intp]
    shown: npt.NDArray[np.object_]
    """Distinct values, trimmed, as the user wrote them ('' = blank)."""
    texts: npt.NDArray[np.object_]
    """The same, as rules compare them (NaN = blank)."""
    parse: Callable[[str], np.datetime64]

    @classmethod
    def read(
        cls, values: pd.Series, normal: Callable[[str], str], parse: Callable[[str], np.datetime64], date_format: str
    ) -> Column:
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            if getattr(values.dtype, "tz", None) is not None:
                values = values.dt.tz_localize(None)
            place, uniques = pd.factorize(values.to_numpy(), use_na_sentinel=False)
            raw = np.array([_day_text(day, date_format) for day in uniques], dtype=object)
        else:
            array = values.to_numpy(dtype=object)
            try:
                place, uniques = pd.factorize(array, use_na_sentinel=False)
            except TypeError:  # lists and other unhashable cells
                place, uniques = pd.factorize(
                    np.array([as_text(v) for v in array], dtype=object), use_na_sentinel=False
                )
            raw = np.array(
                [_iso_to(v, date_format) if isinstance(v, (dt.date, np.datetime64)) else as_text(v) for v in uniques],
                dtype=object,
            )
        shown = np.array([text.strip(EDGES) for text in raw], dtype=object)
        texts = np.array([normal(text) or np.nan for text in shown], dtype=object)
        return cls(place, shown, texts, parse)

    @classmethod
    def absent(cls, rows: int) -> Column:
        """A column that the table lacks: blank in every row."""
        return cls(
            np.zeros(rows, dtype=np.intp),
            np.array([""], dtype=object),
            np.array([np.nan], dtype=object),
            lambda _: NO_DAY,
        )

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One value per distinct text -> one per row."""
        return values[self.place] if len(values) else values[:0]

    @property
    def blank(self) -> npt.NDArray[np.bool_]:
        return self.spread(self.blank_texts)

    @cached_property
    def blank_texts(self) -> npt.NDArray[np.bool_]:
        return np.array([not isinstance(text, str) for text in self.texts], dtype=bool)

    def text(self) -> npt.NDArray[np.object_]:
        return self.spread(self.texts)

    def days(self) -> npt.NDArray[np.datetime64]:
        parsed = np.array([self.parse(t) if isinstance(t, str) else NO_DAY for t in self.texts], dtype="datetime64[us]")
        return self.spread(parsed)

    def numbers(self) -> npt.NDArray[np.float64]:
        parsed = [float(t) if isinstance(t, str) and _NUMBER.fullmatch(t) else np.nan for t in self.texts]
        return self.spread(np.array(parsed, dtype=float))


def _day_text(day: Any, date_format: str) -> str:
    stamp = pd.Timestamp(day)
    return "" if stamp is pd.NaT else _iso_to(stamp, date_format)


def _iso_to(value: Any, date_format: str) -> str:
    stamp = pd.Timestamp(value)
    if stamp is pd.NaT:
        return ""
    iso = f"{stamp.year:04d}-{stamp.month:02d}-{stamp.day:02d}"
    return iso if date_format == "%Y-%m-%d" else f"{stamp.day:02d}/{stamp.month:02d}/{stamp.year:04d}"


def _day(year: str, month: str, day: str) -> np.datetime64:
    try:
        return np.datetime64(dt.date(int(year), int(month), int(day)), "us")
    except ValueError:
        return NO_DAY


def cin_day(text: str) -> np.datetime64:
    """A census date: YYYY-MM-DD, or day first with / or -; a time of day after it is left off. NaT when unreadable."""
    match = _CIN_DATE.fullmatch(text)
    if not match:
        return NO_DAY
    return _day(match["y"] or match["y2"], match["m"] or match["m2"], match["d"] or match["d2"])


def ssda903_day(text: str) -> np.datetime64:
    """A 903 date: DD/MM/YYYY (a leading zero may be missing). NaT when unreadable."""
    match = _903_DATE.fullmatch(text)
    return _day(match["y"], match["m"], match["d"]) if match else NO_DAY


def add_years(days: pd.Series, years: int) -> pd.Series:
    """The same day and month `years` later (or earlier); 29 February becomes 28 February where there is none."""
    return add_months(days, 12 * years)


def add_months(days: pd.Series, months: int) -> pd.Series:
    """The same day `months` later (or earlier), or the last day of that month where it has no such day."""
    values = days.to_numpy().astype("datetime64[D]")
    month = values.astype("datetime64[M]")
    offset = values - month.astype("datetime64[D]")
    target = month + months
    last = (target + 1).astype("datetime64[D]") - target.astype("datetime64[D]") - np.timedelta64(1, "D")
    moved = target.astype("datetime64[D]") + np.minimum(offset, last)
    return pd.Series(np.where(np.isnat(values), np.datetime64("NaT"), moved).astype("datetime64[us]"), index=days.index)


def day_plus_years(day: pd.Timestamp, years: int) -> pd.Timestamp:
    """`add_years` for one day."""
    return day_plus_months(day, 12 * years)


def day_plus_months(day: pd.Timestamp, months: int) -> pd.Timestamp:
    """`add_months` for one day."""
    return _in_calendar(add_months(pd.Series([day]), months).to_numpy()[0])


def day_plus_days(day: pd.Timestamp, days: int) -> pd.Timestamp:
    """The day so many days later (or earlier)."""
    return _in_calendar(day.to_datetime64() + np.timedelta64(days, "D"))


def _in_calendar(day: np.datetime64) -> pd.Timestamp:
    """The day, or the nearest a date can be written: a reference date may be any day from year 1 to 9999."""
    first, last = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31", "us")
    return pd.Timestamp(min(max(day.astype("datetime64[us]"), first), last))
