"""A return as its rules see it: typed tables, joined by key, with last year's return beside it.

Every table is typed once, every key is turned into numbers once, and views (in `validate.views`) are worked out once
per run and only if a rule that runs asks for them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.contract import Collection, Rule
from dfe_returns.errors import UsageError
from dfe_returns.validate.cells import Column, cin_day

Codes = npt.NDArray[np.int64]


class ReturnData(ABC):
    """Typed view of one return's tables. Sub-classes say how cells are read and which keys there are."""

    levels: ClassVar[Mapping[str, tuple[str, ...]]]
    """Name of a join level -> its key columns, child first."""
    date_format: ClassVar[str]

    def __init__(
        self,
        collection: Collection,
        tables: Mapping[str, pd.DataFrame],
        last: ReturnData | None = None,
        reference: Mapping[str, pd.DataFrame | None] | None = None,
        period: Mapping[str, Any] | None = None,
        authority: str | None = None,
    ) -> None:
        self.collection = collection
        self.year = collection.year
        self.last = last
        self.reference = {k: v for k, v in (reference or {}).items() if v is not None}
        self.authority = authority
        self._given = dict(period or {})
        if unknown := sorted(set(self._given) - {"collection_start", "collection_end"}):
            raise UsageError(f"period takes collection_start and collection_end, not {', '.join(map(str, unknown))}.")
        self._tables = {name: frame for name, frame in tables.items() if frame is not None}
        self._columns: dict[tuple[str, str], Column] = {}
        self._frames: dict[str, pd.DataFrame] = {}
        self._codes: dict[tuple[str, ...], dict[tuple[int, str], Codes]] = {}
        self._first: dict[tuple[str, tuple[str, ...]], Codes] = {}

    # ---- reading ----------------------------------------------------------------------------------------------------

    @staticmethod
    @abstractmethod
    def normal(text: str) -> str:
        """How a trimmed cell is compared."""

    @staticmethod
    @abstractmethod
    def day(text: str) -> np.datetime64:
        """A date cell's day, NaT when unreadable."""

    def normal_of(self, field: str) -> Callable[[str], str]:
        """How cells of this field are compared; most are compared alike."""
        return self.normal

    def has(self, table: str) -> bool:
        """Whether the table was supplied (with or without rows)."""
        return table in self._tables

    def has_column(self, table: str, field: str) -> bool:
        """Whether the table was supplied with this column, under its own or another known name."""
        return self.has(table) and self._find(table, field) is not None

    def rows(self, table: str) -> int:
        return len(self._tables[table]) if self.has(table) else 0

    def _find(self, table: str, field: str) -> Any:
        """The caller's column for a field: exact name, else an alias, else the same name in another case."""
        columns = list(self._tables[table].columns)
        described = self.collection.all_tables[table].all_fields.get(field)
        wanted = (field, *(described.aliases if described else ()))
        for name in wanted:
            if name in columns:
                return name
        folded = {str(c).strip().casefold(): c for c in reversed(columns)}
        return next((folded[name.casefold()] for name in wanted if name.casefold() in folded), None)

    def column(self, table: str, field: str) -> Column:
        """The cells of a field, blank throughout where the table lacks the column."""
        key = (table, field)
        if key not in self._columns:
            name = self._find(table, field) if self.has(table) else None
            if name is None:
                self._columns[key] = Column.absent(self.rows(table))
            else:
                values = self._tables[table][name]
                values = values.iloc[:, 0] if isinstance(values, pd.DataFrame) else values
                self._columns[key] = Column.read(values, self.normal_of(field), self.day, self.date_format)
        return self._columns[key]

    def __getattr__(self, table: str) -> pd.DataFrame:
        if table.startswith("_") or table not in self.collection.all_tables:
            raise AttributeError(table)
        return self.frame(table)

    def frame(self, table: str) -> pd.DataFrame:
        """The typed table: index = row position; all columns of any year; dates as datetime64, else text."""
        if table not in self._frames:
            described = self.collection.all_tables[table]
            typed: dict[str, Any] = {}
            for key in described.join_keys:
                typed[key] = pd.array(self.column(table, key).text(), dtype="str")
            for name, field in described.all_fields.items():
                column = self.column(table, name)
                typed[name] = column.days() if field.type == "date" else pd.array(column.text(), dtype="str")
            for extra in self.extra_columns(table):
                # only what was supplied: what sub-classes can work out is worked out when an issue points at it
                given = self.column(table, extra) if self.has_column(table, extra) else Column.absent(self.rows(table))
                typed[extra] = pd.array(given.text(), dtype="str")
            self._frames[table] = pd.DataFrame(typed, index=pd.RangeIndex(self.rows(table)), copy=False)
        return self._frames[table]

    def extra_columns(self, table: str) -> tuple[str, ...]:
        """Columns outside the dictionary that rules may read where the caller supplies them (derived values)."""
        return ()

    def pointing(self, table: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """The cells to point at for flagged fields, where some stand for others."""
        return fields

    def filled(self, table: str, field: str) -> pd.Series:
        """Whether the cell holds anything, a usable value or not."""
        return pd.Series(~self.column(table, field).blank, index=pd.RangeIndex(self.rows(table)))

    def blank(self, table: str, field: str) -> pd.Series:
        """Whether the cell holds nothing."""
        return pd.Series(self.column(table, field).blank, index=pd.RangeIndex(self.rows(table)))

    def text(self, table: str, field: str) -> pd.Series:
        """The compared text of a column, also of a date column."""
        return pd.Series(self.column(table, field).text(), index=pd.RangeIndex(self.rows(table)), dtype="str")

    def number(self, table: str, field: str) -> pd.Series:
        """The column as numbers, NaN where it holds none."""
        return pd.Series(self.column(table, field).numbers(), index=pd.RangeIndex(self.rows(table)))

    # ---- what a rule may need besides tables ------------------------------------------------------------------------

    def stands_in(self, rule: Rule, table: str) -> bool:
        """Whether something else takes the place of a table that was not supplied."""
        return False

    def needs_rows(self, rule: Rule) -> bool:
        """Whether a table without rows is as good as none to the rule."""
        return False

    def wants(self, rule: Rule, need: str) -> bool:
        """Whether a resource that the rule needs is wanting."""
        return False

    def of_form(self, form: str) -> bool:
        """Whether the return came in this form (xml, csv)."""
        return True

    # ---- calendar and code sets -------------------------------------------------------------------------------------

    @cached_property
    def start(self) -> pd.Timestamp:
        """First day of the period (`collection_start`)."""
        return self._day_given("collection_start") or self._default_start()

    @cached_property
    def end(self) -> pd.Timestamp:
        """Last day of the period (`collection_end`)."""
        return self._day_given("collection_end") or self._default_end()

    def _day_given(self, name: str) -> pd.Timestamp | None:
        """A day of the period that the caller set. Raises UsageError when it is no date."""
        given = self._given.get(name)
        if given is None:
            return None
        if isinstance(given, str):
            given = cin_day(given.strip())
        if not isinstance(given, date | np.datetime64) or pd.isna(given):  # a bare number would count from 1970
            raise UsageError(f"{name} is no date; write it as 2026-03-31 or 31/03/2026.")
        return pd.Timestamp(given).tz_localize(None).normalize()

    def _default_start(self) -> pd.Timestamp:
        return pd.Timestamp(self.collection.start)

    def _default_end(self) -> pd.Timestamp:
        return pd.Timestamp(self.collection.end)

    def since(self, year: str) -> bool:
        """Whether the collection year is this one or later."""
        return self.year >= year

    def in_period(self, days: pd.Series) -> pd.Series:
        """Date present and from `start` to `end`."""
        return (days >= self.start) & (days <= self.end)

    def outside_period(self, days: pd.Series) -> pd.Series:
        """Date present and not in the period."""
        return (days < self.start) | (days > self.end)

    def codeset(self, name: str) -> frozenset[str]:
        """Codes of a code set that are in force this year."""
        return frozenset(self.collection.codesets[name].codes)

    # ---- joins ------------------------------------------------------------------------------------------------------

    def keys(self, level: str, *tables: str) -> tuple[str, ...]:
        """Key columns of a level that all the named tables have; a key column that one lacks is not compared."""
        child, *rest = self.levels[level]
        return (child, *(key for key in rest if all(not self.has(t) or self.has_column(t, key) for t in tables)))

    def codes(self, table: str, keys: tuple[str, ...]) -> Codes:
        """One number per row for the combination of keys, shared by all tables of both years; -1 where one is blank."""
        owner = self if not self._is_last else self._parent
        if keys not in owner._codes:
            owner._codes[keys] = _joint_codes([owner, *([owner.last] if owner.last is not None else [])], keys)
        return owner._codes[keys][(int(self._is_last), table)]

    _parent: ReturnData
    _is_last = False

    def beside(self, parent: ReturnData) -> ReturnData:
        """Make this the last-year side of `parent`, so that both share their key numbers."""
        self._parent, self._is_last = parent, True
        return self

    def child(self, table: str) -> pd.Series:
        """The child's number for each row (-1 = blank)."""
        return self.group(table, "child")

    def group(self, table: str, level: str, *others: str) -> pd.Series:
        """The number of the row's group at a level; -1 = no group. `others`: tables it is to be compared with."""
        codes = self.codes(table, self.keys(level, table, *others))
        return pd.Series(codes, index=pd.RangeIndex(len(codes)))

    def first_rows(self, table: str, keys: tuple[str, ...]) -> Codes:
        """For each key number, the position of the first row of the table that has it; -1 = none."""
        cached = (table, keys)
        if cached not in self._first:
            codes = self.codes(table, keys)
            owner = self if not self._is_last else self._parent
            size = max((int(c.max(initial=-1)) for c in owner._codes[keys].values()), default=-1) + 1
            first = np.full(size + 1, -1, dtype=np.int64)  # the last place answers for -1
            used = np.flatnonzero(codes >= 0)[::-1]
            first[codes[used]] = used
            self._first[cached] = first
        return self._first[cached]

    def partner(self, table: str, other: str, level: str) -> pd.Series:
        """For each row of `table` the position of its first matching row in `other`; -1 = none."""
        keys = self.keys(level, table, other)
        first = self.first_rows(other, keys)
        return pd.Series(first[self.codes(table, keys)], index=pd.RangeIndex(self.rows(table)))

    def look_up(self, table: str, other: str, field: str, level: str = "child") -> pd.Series:
        """For each row of `table` the value of `field` in its first matching row of `other`; missing without one."""
        return take(self.frame(other)[field], self.partner(table, other, level))

    def matches(self, table: str, other: str, level: str = "child", where: pd.Series | None = None) -> pd.Series:
        """Whether `other` has a row (for which `where` holds) of the same group as each row of `table`."""
        keys = self.keys(level, table, other)
        theirs = self.codes(other, keys)
        if where is not None:
            theirs = theirs[where.to_numpy(dtype=bool)]
        ours = self.codes(table, keys)
        size = max(int(ours.max(initial=-1)), int(theirs.max(initial=-1))) + 2
        present = np.zeros(size, dtype=bool)
        present[theirs[theirs >= 0]] = True
        return pd.Series(present[ours] & (ours >= 0), index=pd.RangeIndex(len(ours)))

    def count(self, table: str, level: str, where: pd.Series | None = None) -> pd.Series:
        """For each row, how many rows of its group (for which `where` holds) there are; 0 for a row without a group."""
        codes = self.codes(table, self.keys(level, table))
        chosen = codes if where is None else codes[where.to_numpy(dtype=bool)]
        counts = np.bincount(chosen[chosen >= 0], minlength=int(codes.max(initial=-1)) + 2)
        return pd.Series(np.where(codes >= 0, counts[codes], 0), index=pd.RangeIndex(len(codes)))


def take(values: pd.Series, positions: pd.Series) -> pd.Series:
    """Values at row positions, missing where the position is -1; the answer has the positions' index."""
    taken = values.array.take(positions.to_numpy(), allow_fill=True)
    return pd.Series(taken, index=positions.index)


def _joint_codes(sides: list[ReturnData], keys: tuple[str, ...]) -> dict[tuple[int, str], Codes]:
    """Numbers for key combinations over every table of all sides; -1 where a key is blank."""
    places = [(i, name) for i, side in enumerate(sides) for name in side.collection.all_tables]
    columns = [sides[i].column(name, keys[-1]) for i, name in places]
    distinct = pd.factorize(np.concatenate([c.texts for c in columns]), use_na_sentinel=True)[0].astype(np.int64)
    edges = np.cumsum([0, *(len(c.texts) for c in columns)])
    numbers = [c.spread(distinct[a:b]) for c, a, b in zip(columns, edges[:-1], edges[1:], strict=True)]
    if len(keys) == 1:
        return dict(zip(places, numbers, strict=True))
    # the combination of the keys before this one is known already, or soon wanted by itself
    last, size = np.concatenate(numbers), int(distinct.max(initial=0)) + 1
    first = np.concatenate([sides[i].codes(name, keys[:-1]) for i, name in places])
    blank = (first < 0) | (last < 0)
    joint = pd.factorize(first * size + last)[0].astype(np.int64)
    joint[blank] = -1
    return dict(zip(places, np.split(joint, np.cumsum([len(n) for n in numbers])[:-1]), strict=True))


def in_intervals(
    point_group: pd.Series,
    point: pd.Series,
    group: pd.Series,
    start: pd.Series,
    end: pd.Series,
    end_included: bool = True,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How many intervals of its group hold each point, and how many points of its group each interval holds.

    Groups are numbers (-1 = none); a missing date or an interval that ends before it starts holds nothing. Intervals
    include their first day, and their last when `end_included`. Sorted searches, so that a child repeated a million
    times costs no more.
    """
    span = np.int64(1) << 33  # days fit, groups stay apart
    moment = _keyed(point_group, point, span)
    first, last = _keyed(group, start, span), _keyed(group, end, span)
    last = last if end_included else last - 1
    usable = (first >= 0) & (last >= 0) & (last >= first)
    ends_after = np.sort(last[usable]), np.sort(first[usable])
    held = np.searchsorted(ends_after[1], moment, side="right") - np.searchsorted(ends_after[0], moment, side="left")
    points = np.sort(moment[moment >= 0])
    holds = np.searchsorted(points, last, side="right") - np.searchsorted(points, first, side="left")
    return np.where(moment >= 0, held, 0), np.where(usable, holds, 0)


def _keyed(group: pd.Series, days: pd.Series, span: np.int64) -> npt.NDArray[np.int64]:
    values = days.to_numpy().astype("datetime64[D]")
    known = ~np.isnat(values) & (group.to_numpy() >= 0)
    number = np.where(known, values, np.datetime64(0, "D")).astype(np.int64) + np.int64(1_000_000)
    return np.where(known, group.to_numpy().astype(np.int64) * span + number, -1)


def starts_within_another(
    group: pd.Series, start: pd.Series, end: pd.Series, end_included: bool = True
) -> tuple[pd.Series, pd.Series]:
    """Overlaps among the rows of one table.

    First answer: the row starts on or after the start of another row of its group and not after that row's end.
    Second answer: another row of the group starts so within this one. A missing start or end takes no part.
    """
    held, holds = in_intervals(group, start, group, start, end, end_included)
    lasts = (start <= end) if end_included else (start < end)
    own = (lasts & (group >= 0)).to_numpy()
    return pd.Series(held - own > 0, index=start.index), pd.Series(holds - own > 0, index=start.index)
