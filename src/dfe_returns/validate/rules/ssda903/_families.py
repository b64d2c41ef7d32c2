"""Rules of one pattern: each function is registered for several codes, with that code's own table, fields and codes.

family("ssda903", given_needs_companion, {"565": ("Missing", "MIS_START", "MISSING"), ...})
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from dfe_returns.validate.cells import add_years
from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.episodes import at, in_order, neighbour


def any_filled(c: LookedAfterData, table: str, *fields: str) -> pd.Series:
    """Rows of a table with at least one of the cells filled."""
    return pd.concat([c.filled(table, f) for f in fields], axis=1).any(axis=1)


def all_filled(c: LookedAfterData, table: str, *fields: str) -> pd.Series:
    """Rows of a table with every one of the cells filled."""
    return pd.concat([c.filled(table, f) for f in fields], axis=1).all(axis=1)


def child_rows(c: LookedAfterData, table: str, other: str, rows: pd.Series) -> pd.Index:
    """Positions in `other` of the first row of each chosen row's child; a child without one gives none."""
    return pd.Index(c.partner(table, other, "child")[rows])


# ---- presence -----------------------------------------------------------------------------------------------------


def must_be_blank_when(c: LookedAfterData, table: str, field: str, codes: Collection[str], *blank: str) -> Flags:
    """A row whose field holds one of the codes has one of the other cells filled."""
    return flag(table, c.frame(table)[field].isin(codes) & any_filled(c, table, *blank))


def given_needs_companion(
    c: LookedAfterData, table: str, field: str, companion: str, codes: Collection[str] | None = None
) -> Flags:
    """A row has the field filled (with one of the codes, where given) and its companion blank."""
    given = c.filled(table, field) if codes is None else c.frame(table)[field].isin(codes)
    return flag(table, given & c.blank(table, companion))


def all_or_none(c: LookedAfterData, table: str, *fields: str) -> Flags:
    """A row has some of the cells filled and some blank."""
    return flag(table, any_filled(c, table, *fields) & ~all_filled(c, table, *fields))


# ---- dates --------------------------------------------------------------------------------------------------------


def later_than_end(c: LookedAfterData, table: str, field: str) -> Flags:
    """A date lies after the collection year."""
    return flag(table, c.frame(table)[field] > c.end)


def outside_year(c: LookedAfterData, table: str, field: str) -> Flags:
    """A date lies before or after the collection year."""
    return flag(table, c.outside_period(c.frame(table)[field]))


def ends_before_start(c: LookedAfterData, table: str, start: str, end: str) -> Flags:
    """An end lies before its start; the same day passes."""
    return flag(table, c.frame(table)[end] < c.frame(table)[start])


def ends_by_start(c: LookedAfterData, table: str, start: str, end: str) -> Flags:
    """An end lies on or before its start."""
    return flag(table, c.frame(table)[end] <= c.frame(table)[start])


def on_or_before_birth(c: LookedAfterData, table: str, field: str) -> Flags:
    """A date lies on or before the DOB of the same row."""
    return flag(table, c.frame(table)[field] <= c.frame(table)["DOB"])


def birthday(c: LookedAfterData, table: str, age: int) -> pd.Series:
    """The birthday by Header DOB of each row's child; missing without a Header row."""
    dob = c.Header.DOB if table == "Header" else c.look_up(table, "Header", "DOB")
    return add_years(dob, age)


def starts_while_another_runs(c: LookedAfterData, table: str, start: str, end: str) -> Flags:
    """A record begins before the child's record just before it has ended, or while that one has no end.

    Order: end (start where there is no usable end), start, file position; rows without a usable start are left out.
    """
    t = c.frame(table)
    codes = c.codes(table, ("CHILD",))
    ordered = in_order(codes, t[end].fillna(t[start]), t[start])
    ordered = ordered[t[start].notna().to_numpy()[ordered]]
    before = neighbour(ordered, codes, -1)
    end_before = take(t[end], before)
    return flag(table, (before >= 0) & (end_before.isna() | (t[start] < end_before)))


def not_closed_within_care(c: LookedAfterData, table: str, start: str, end: str) -> Flags:
    """A record without an end began in no period of care that still runs, or its end lies in no period of care.

    Rows with a usable start, of children with a period of care, are judged; with an end, the start is not compared.
    """
    starts, ends = c.frame(table)[start], c.frame(table)[end]
    running = c.in_care_on(table, starts, without_end=True)
    closed = c.in_care_on(table, ends)
    return flag(table, starts.notna() & c.has_spell(table) & ~closed.where(ends.notna(), running))


# ---- tables and years ---------------------------------------------------------------------------------------------


def repeated(c: LookedAfterData, table: str, level: str = "child") -> Flags:
    """A key stands on more than one row of a table."""
    return flag(table, c.count(table, level) > 1)


def row_without_header(c: LookedAfterData, table: str) -> Flags:
    """A row's child has no Header row."""
    return flag(table, ~c.matches(table, "Header"))


def differs_from_header(c: LookedAfterData, table: str, field: str) -> Flags:
    """A cell differs from one of the child's Header rows, both filled; dates have to be usable."""
    numbers = pd.factorize(pd.concat([c.frame(table)[field], c.Header[field]]))[0]
    ours, theirs = numbers[: c.rows(table)], pd.Series(numbers[c.rows(table) :])
    known = (theirs >= 0) & (c.child("Header") >= 0)
    of_child = theirs[known].groupby(c.child("Header")[known])
    child = c.child(table)
    lowest, highest = at(of_child.min(), child), at(of_child.max(), child)
    return flag(table, (ours >= 0) & lowest.notna() & ((lowest != ours) | (highest != ours)))


def last_year_same_value(c: LookedAfterData, table: str, field: str) -> Flags:
    """A cell differs from the child's row of last year's table; a child without one passes."""
    return flag(table, c.in_last(table, table) & ~c.same_as_last(table, field))


def carried_over_differs(c: LookedAfterData, field: str) -> Flags:
    """The child's first episode differs from the one left open last year."""
    same = c.pair_same(field)
    return flag("Episodes", same.index[~same])


def open_record_carried_over(c: LookedAfterData, table: str, start: str, end: str) -> Flags:
    """A record left open last year is not the child's first of this year, or this year's Header child has none at all.

    Last year: the open record with the latest start, the first in the file of equal ones.
    """
    if c.last is None:
        return []
    then = c.last.frame(table)
    left_open = then[start][then[start].notna() & c.last.blank(table, end)]
    children = pd.Series(c.last.codes(table, ("CHILD",))[left_open.index], index=left_open.index)
    expected = left_open[children >= 0].groupby(children[children >= 0]).max()
    now = c.frame(table)
    codes = c.codes(table, ("CHILD",))
    firsts = neighbour(in_order(codes, now[start]), codes, -1) < 0
    child = c.child(table)
    wanted = at(expected, child)
    wrong = firsts & wanted.notna() & ~(now[start] == wanted)
    missing = c.child("Header").isin(expected.index) & ~c.matches("Header", table)
    first_rows = c.partner("Header", "Header", "child")
    return flag(table, wrong) + flag("Header", missing & (first_rows == first_rows.index))
