"""Episodes in order: first, latest, previous and next, open and ended."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.validate.data import ReturnData, take

Positions = npt.NDArray[np.int64]
_LAST = np.iinfo(np.int64).max


def day_numbers(days: pd.Series) -> Positions:
    """Days as numbers that sort, a missing day last."""
    values = days.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(values), _LAST, values.astype(np.int64))


def in_order(codes: Positions, *days: pd.Series) -> Positions:
    """Row positions by group number, the days (missing last) and file position; rows of no group (-1) left out."""
    keys = [day_numbers(day) for day in reversed(days)]
    order = np.lexsort((*keys, codes)).astype(np.int64)
    return order[codes[order] >= 0]


def neighbour(ordered: Positions, codes: Positions, step: int) -> pd.Series:
    """For each row of a table the position of its neighbour in the group's order; -1 = none.

    ordered: row positions sorted by group; codes: group number of every row; step: -1 the row before, 1 the row after.
    """
    other = np.roll(ordered, -step)
    alike = codes[ordered] == codes[other]
    if len(ordered):
        alike[0 if step < 0 else -1] = False
    out = np.full(len(codes), -1, dtype=np.int64)
    out[ordered] = np.where(alike, other, -1)
    return pd.Series(out, index=pd.RangeIndex(len(codes)))


def edge_of_group(ordered: Positions, codes: Positions, size: int, last: bool) -> Positions:
    """Group number -> position of the first (or last) row in its order; -1 = none. The final place answers for -1."""
    edge = np.full(size + 1, -1, dtype=np.int64)
    rows = ordered if last else ordered[::-1]
    edge[codes[rows]] = rows
    return edge


def at(values: pd.Series, keys: pd.Series) -> pd.Series:
    """Values found by their index, missing for other keys: the index of `keys`, the type of `values`."""
    rows = values.index.get_indexer(pd.Index(keys))
    return take(values, pd.Series(rows, index=keys.index))


class EpisodeViews(ReturnData):
    """Order and state of the Episodes rows."""

    def open(self, table: str, end_field: str = "DEC") -> pd.Series:
        """Rows without an end: the cell is blank."""
        return self.blank(table, end_field)

    def ended(self, table: str, end_field: str = "DEC") -> pd.Series:
        """Rows with a usable end date."""
        return self.frame(table)[end_field].notna()

    def unreadable(self, table: str, field: str) -> pd.Series:
        """Rows whose date cell is filled but no date."""
        return self.filled(table, field) & self.frame(table)[field].isna()

    def is_child_row(self, table: str) -> pd.Series:
        """Rows that are the first of their child in the file: the row that speaks for the child."""
        first = self.partner(table, table, "child")
        return first == first.index

    @cached_property
    def ending_reason(self) -> pd.Series:
        """Episodes whose REC says that care ended: filled and not X1."""
        reason = self.Episodes.REC
        return reason.notna() & (reason != "X1")

    @cached_property
    def respite(self) -> pd.Series:
        """Episodes under V3 or V4."""
        return self.Episodes.LS.isin(["V3", "V4"])

    @cached_property
    def overlaps_year(self) -> pd.Series:
        """Episodes that began by the end of the year and did not end before it."""
        return (self.end >= self.Episodes.DECOM) & ~(self.start > self.Episodes.DEC)

    # ---- order -----------------------------------------------------------------------------------------------------

    @cached_property
    def _child_codes(self) -> Positions:
        return self.codes("Episodes", ("CHILD",))

    @cached_property
    def _ordered(self) -> Positions:
        return in_order(self._child_codes, self.Episodes.DECOM, self.Episodes.DEC)

    @property
    def sequence(self) -> pd.Index:
        """Episodes positions by CHILD, DECOM, DEC (unusable last) and file position, without rows of a blank CHILD."""
        return pd.Index(self._ordered)

    def sequence_among(self, chosen: pd.Series) -> Positions:
        """`sequence` of the chosen rows only (a boolean over Episodes)."""
        return self._ordered[chosen.to_numpy(dtype=bool)[self._ordered]]

    @cached_property
    def dated_sequence(self) -> Positions:
        """`sequence` of the rows with a usable DECOM."""
        return self.sequence_among(self.Episodes.DECOM.notna())

    def previous_among(self, chosen: pd.Series) -> pd.Series:
        """As `previous_row`, with the other rows set aside first."""
        return neighbour(self.sequence_among(chosen), self._child_codes, -1)

    def next_among(self, chosen: pd.Series) -> pd.Series:
        """As `next_row`, with the other rows set aside first."""
        return neighbour(self.sequence_among(chosen), self._child_codes, 1)

    @cached_property
    def previous_row(self) -> pd.Series:
        """For each episode the position of the child's episode before it; -1 = none."""
        return neighbour(self._ordered, self._child_codes, -1)

    @cached_property
    def next_row(self) -> pd.Series:
        """For each episode the position of the child's episode after it; -1 = none."""
        return neighbour(self._ordered, self._child_codes, 1)

    def previous(self, field: str) -> pd.Series:
        """The previous episode's value, missing where there is none."""
        return take(self.Episodes[field], self.previous_row)

    def next(self, field: str) -> pd.Series:
        """The next episode's value, missing where there is none."""
        return take(self.Episodes[field], self.next_row)

    def previous_filled(self, field: str) -> pd.Series:
        """Whether there is a previous episode and its cell is filled."""
        return self._filled_at(field, self.previous_row)

    def next_filled(self, field: str) -> pd.Series:
        """Whether there is a next episode and its cell is filled."""
        return self._filled_at(field, self.next_row)

    def _filled_at(self, field: str, rows: pd.Series) -> pd.Series:
        filled = np.append(self.filled("Episodes", field).to_numpy(dtype=bool), False)
        return pd.Series(filled[rows.to_numpy()], index=rows.index)

    # ---- first and latest ------------------------------------------------------------------------------------------

    @cached_property
    def _groups(self) -> int:
        """How many child numbers there are, over all tables of both years."""
        return len(self.first_rows("Episodes", ("CHILD",))) - 1

    @cached_property
    def first_by_child(self) -> Positions:
        """Child number -> position of the first episode: the first with a usable DECOM; -1 = none."""
        return edge_of_group(self.dated_sequence, self._child_codes, self._groups, last=False)

    @cached_property
    def latest_by_child(self) -> Positions:
        """Child number -> position of the latest episode: the last dated one, else the last at all; -1 = none."""
        dated = edge_of_group(self.dated_sequence, self._child_codes, self._groups, last=True)
        return np.where(dated >= 0, dated, edge_of_group(self._ordered, self._child_codes, self._groups, last=True))

    def first_row_of(self, table: str) -> pd.Series:
        """For each row of a table the position of its child's first episode; -1 = none."""
        return self._edge_of(table, self.first_by_child)

    def latest_row_of(self, table: str) -> pd.Series:
        """For each row of a table the position of its child's latest episode; -1 = none."""
        return self._edge_of(table, self.latest_by_child)

    def _edge_of(self, table: str, edge: Positions) -> pd.Series:
        codes = self.codes(table, ("CHILD",))
        return pd.Series(edge[codes], index=pd.RangeIndex(len(codes)))

    def first_episode(self, table: str, field: str) -> pd.Series:
        """Value of the child's first episode for each row of a table."""
        return take(self.Episodes[field], self.first_row_of(table))

    def latest_episode(self, table: str, field: str) -> pd.Series:
        """Value of the child's latest episode for each row of a table."""
        return take(self.Episodes[field], self.latest_row_of(table))

    @cached_property
    def is_first(self) -> pd.Series:
        """Episodes that are their child's first."""
        return self._among(self.first_by_child)

    @cached_property
    def is_latest(self) -> pd.Series:
        """Episodes that are their child's latest."""
        return self._among(self.latest_by_child)

    def _among(self, positions: Positions) -> pd.Series:
        chosen = np.zeros(self.rows("Episodes"), dtype=bool)
        chosen[positions[positions >= 0]] = True
        return pd.Series(chosen, index=pd.RangeIndex(len(chosen)))
