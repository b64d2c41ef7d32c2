"""What a life story consists of: one frame per kind of fact, in national codes and true dates, no vendor's wording.

`schema.FACTS` names the columns. A story is told up to its last day; `Stories.known_on` gives what somebody could have
known on an earlier day, so that an extract of June and one of 31 March are written from the same stories.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.contract.calendar import bank_holidays
from dfe_returns.contract.years import end_of, start_of
from dfe_returns.synthetic.schema import DATES, FACTS, KNOWN, NUMBERS

Days = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.int64]
NO_DAY = np.datetime64("NaT", "D")


def facts(table: str, columns: dict[str, object] | pd.DataFrame) -> pd.DataFrame:
    """A frame with the columns of `FACTS[table]`: dates datetime64, numbers Int64, text str; absent ones blank."""
    given = pd.DataFrame(columns)
    out = {}
    for name in FACTS[table]:
        values: Any = given[name] if name in given else pd.Series(pd.NA, index=given.index)
        if name in DATES:
            out[name] = pd.to_datetime(values).astype("datetime64[us]")
        elif name in NUMBERS:
            out[name] = values.astype("Int64")
        else:
            out[name] = values.astype("str").where(values.notna(), np.nan)
    return pd.DataFrame(out).reset_index(drop=True)


@dataclass(frozen=True)
class Clock:
    """The days that matter for a collection year, as datetime64[D]; the extract is taken ten weeks after the year."""

    year: str

    @cached_property
    def start(self) -> np.datetime64:
        return np.datetime64(start_of(self.year), "D")

    @cached_property
    def end(self) -> np.datetime64:
        return np.datetime64(end_of(self.year), "D")

    @cached_property
    def extract(self) -> np.datetime64:
        return np.datetime64(end_of(self.year).replace(month=6, day=12), "D")

    @cached_property
    def window(self) -> np.datetime64:
        """The case system's reporting copy looks back six years."""
        day: date = self.extract.astype(object)
        return np.datetime64(day.replace(year=day.year - 6), "D")


def working(days: Days, number: int | Ints = 0) -> Days:
    """Working days of England: the `number`-th after each day (rolled forward first); missing stays missing."""
    missing = np.isnat(days)
    filled = np.where(missing, np.datetime64("2000-01-04"), days).astype("datetime64[D]")
    moved = np.busday_offset(filled, number, roll="forward", holidays=bank_holidays())
    return np.where(missing, NO_DAY, moved)


def dates_of(keys: pd.Series, dates: pd.Series) -> pd.Series:
    """Dates looked up by key (`dates` is indexed by it, each key once), aligned to `keys`."""
    return pd.Series(dates.reindex(keys).to_numpy(dtype="datetime64[us]"), index=keys.index)


def plus(days: Days | np.datetime64, number: int | Ints) -> Days:
    """Calendar days later."""
    return np.asarray(days + np.asarray(number).astype("timedelta64[D]"))


@dataclass(frozen=True)
class Stories:
    """The truth about some fictional children: `tables[name]` is a frame with the columns of `FACTS[name]`.

    `shows` says for the fixed children what each of them is there for (columns child, shows, slip).
    """

    year: str
    seed: int
    as_at: date
    tables: dict[str, pd.DataFrame]
    shows: pd.DataFrame

    @property
    def clock(self) -> Clock:
        return Clock(self.year)

    def __getattr__(self, name: str) -> pd.DataFrame:
        tables = object.__getattribute__(self, "tables")
        if name in tables:
            frame: pd.DataFrame = tables[name]
            return frame
        raise AttributeError(name)

    def known_on(self, day: date) -> Stories:
        """The same stories as somebody knew them on `day`: what happened later is blank or absent."""
        last = pd.Timestamp(day)
        tables = {name: _known(name, frame, last) for name, frame in self.tables.items()}
        _drop_dead_links(tables)
        return Stories(self.year, self.seed, day, tables, self.shows)


def _known(name: str, frame: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    begins, ends = KNOWN.get(name, ((), {}))
    for column in begins:
        frame = frame[~(frame[column] > last)]
    if name == "protection_plans":
        frame = frame.assign(latest=frame.latest.mask(frame.changed > last, frame.initial))
    if name in ("protection_reviews", "care_reviews"):  # of the reviews to come only the next one is in the diary
        to_come = (frame.date > last) | (frame.date.isna() & (frame.due > last))
        whose = frame["plan" if name == "protection_reviews" else "period"]
        frame = frame[~(to_come & whose.where(to_come).duplicated())]
    for column, others in ends.items():
        later = frame[column] > last
        if later.any():
            frame = frame.assign(**{blank: frame[blank].mask(later) for blank in (column, *others)})
    return frame.reset_index(drop=True)


_LINKS = (
    ("protection_plans", "conference", "conferences", "conference"),
    ("conferences", "plan", "protection_plans", "plan"),
    ("protection_reviews", "plan", "protection_plans", "plan"),
    ("assessments", "referral", "referrals", "referral"),
    ("pre_proceedings", "referral", "referrals", "referral"),
    ("care_reviews", "period", "care_periods", "period"),
)
# these go with what they belong to; the others only lose the link
_PART_OF = {"protection_reviews", "assessments", "pre_proceedings", "care_reviews"}


def _drop_dead_links(tables: dict[str, pd.DataFrame]) -> None:
    for table, column, target, key in _LINKS:
        frame = tables[table]
        dead = frame[column].notna() & ~frame[column].isin(tables[target][key])
        if not dead.any():
            continue
        if table in _PART_OF:
            tables[table] = frame[~dead].reset_index(drop=True)
        else:
            tables[table] = frame.assign(**{column: frame[column].mask(dead)})
