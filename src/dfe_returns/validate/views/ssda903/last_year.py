"""Last year's return beside this year's: the same child, the episode carried over, the same value."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from dfe_returns.validate.data import take
from dfe_returns.validate.views.ssda903.episodes import EpisodeViews


def same_value(
    text_a: pd.Series, text_b: pd.Series, date_a: pd.Series | None = None, date_b: pd.Series | None = None
) -> pd.Series:
    """Whether two cells hold the same: equal days where both are dates, else equal texts; two blanks are the same.

    text_a, text_b: compared texts (missing = blank); date_a, date_b: the days of date cells. All share one index.
    """
    alike = (text_a == text_b).fillna(False) | (text_a.isna() & text_b.isna())
    if date_a is None or date_b is None:
        return alike.astype(bool)
    return alike.astype(bool).where(date_a.isna() | date_b.isna(), date_a == date_b)


class LastYearViews(EpisodeViews):
    """Rows of last year's tables are found by CHILD, read and compared, never flagged."""

    def _last_rows(self, table: str, other: str) -> pd.Series:
        """For each row of a table the position of its child's first row in a table of last year; -1 = none."""
        index = pd.RangeIndex(self.rows(table))
        if self.last is None:
            return pd.Series(np.full(len(index), -1, dtype=np.int64), index=index)
        return pd.Series(self.last.first_rows(other, ("CHILD",))[self.codes(table, ("CHILD",))], index=index)

    def in_last(self, table: str, other: str, where: pd.Series | None = None) -> pd.Series:
        """Rows whose child has a row (for which `where` holds) in a table of last year."""
        ours = self.codes(table, ("CHILD",))
        if self.last is None:
            return pd.Series(False, index=pd.RangeIndex(len(ours)))
        theirs = self.last.codes(other, ("CHILD",))
        if where is not None:
            theirs = theirs[where.to_numpy(dtype=bool)]
        present = np.zeros(max(int(ours.max(initial=-1)), int(theirs.max(initial=-1))) + 2, dtype=bool)
        present[theirs[theirs >= 0]] = True
        return pd.Series(present[ours] & (ours >= 0), index=pd.RangeIndex(len(ours)))

    def from_last(self, table: str, other: str, field: str) -> pd.Series:
        """For each row the value in its child's first row of a table of last year; missing where there is none."""
        side = self if self.last is None else self.last
        return take(side.frame(other)[field], self._last_rows(table, other))

    def from_last_text(self, table: str, other: str, field: str) -> pd.Series:
        """As `from_last`, the compared text (of a date column too)."""
        side = self if self.last is None else self.last
        return take(side.text(other, field), self._last_rows(table, other))

    def same_as_last(self, table: str, field: str) -> pd.Series:
        """Whether a row's cell holds the same as its child's first row of the same table last year."""
        now, then = self.text(table, field), self.from_last_text(table, table, field)
        if not pd.api.types.is_datetime64_any_dtype(self.frame(table)[field].dtype):
            return same_value(now, then)
        return same_value(now, then, self.frame(table)[field], self.from_last(table, table, field))

    # ---- the episode carried over ----------------------------------------------------------------------------------

    @cached_property
    def carried_over(self) -> pd.DataFrame:
        """Children whose latest episode of last year was left open and who have a dated episode this year.

        Index: position of the child's first episode; `last_row`: position of the open one in last year's Episodes.
        """
        last = self.last
        if not isinstance(last, LastYearViews):
            return pd.DataFrame({"last_row": np.empty(0, dtype=np.int64)}, index=pd.Index(np.empty(0, dtype=np.int64)))
        size = min(len(self.first_by_child), len(last.latest_by_child)) - 1
        first, latest = self.first_by_child[:size], last.latest_by_child[:size]
        left_open = np.append(last.open("Episodes").to_numpy(dtype=bool), False)
        pairs = (first >= 0) & (latest >= 0) & left_open[latest]
        order = np.argsort(first[pairs])
        return pd.DataFrame({"last_row": latest[pairs][order]}, index=pd.Index(first[pairs][order]))

    def pair(self, field: str) -> tuple[pd.Series, pd.Series]:
        """This year's and last year's values over `carried_over`; derived values too."""
        now, then = self.episode_values(field), self._last_episode_values(field)
        rows = self.carried_over
        place = pd.Series(rows.index.to_numpy(), index=rows.index)
        return take(now, place), take(then, rows.last_row)

    def pair_same(self, field: str) -> pd.Series:
        """Whether both sides of each carried-over pair hold the same."""
        now, then = self.pair(field)
        if not pd.api.types.is_datetime64_any_dtype(now.dtype):
            return same_value(now, then)
        rows = self.carried_over
        last = self if self.last is None else self.last
        place = pd.Series(rows.index.to_numpy(), index=rows.index)
        return same_value(
            take(self.text("Episodes", field), place), take(last.text("Episodes", field), rows.last_row), now, then
        )

    def episode_values(self, field: str) -> pd.Series:
        """Values over Episodes of a column or a derived value."""
        return self.Episodes[field]

    def _last_episode_values(self, field: str) -> pd.Series:
        last = self.last
        return last.episode_values(field) if isinstance(last, LastYearViews) else self.episode_values(field)
