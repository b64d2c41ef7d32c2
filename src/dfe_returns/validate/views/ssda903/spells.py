"""Periods of care, and what follows from them for a day or a year."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from dfe_returns.validate.data import in_intervals, take
from dfe_returns.validate.views.ssda903.episodes import EpisodeViews

_FAR = np.datetime64("9999-12-31", "us")


class SpellViews(EpisodeViews):
    """Periods of care, built from the dates of this return's episodes alone: RNE, REC and LS play no part."""

    @cached_property
    def _spell_numbers(self) -> pd.Series:
        """Over the dated sequence (its order): the number of the period of care that each row belongs to."""
        rows = self.dated_sequence
        codes = self._child_codes[rows]
        starts = self.Episodes.DECOM.to_numpy()[rows]
        ends = self.Episodes.DEC.to_numpy()[rows]
        new = np.ones(len(rows), dtype=bool)
        new[1:] = (codes[1:] != codes[:-1]) | (starts[1:] > ends[:-1])
        return pd.Series(np.cumsum(new) - 1, index=rows)

    @cached_property
    def spells(self) -> pd.DataFrame:
        """Periods of care: child (number), start, end (missing = not known), first_row, last_row (Episodes positions).

        A new one begins at the child's first dated row and wherever DECOM is later than a usable DEC just before.
        """
        numbers = self._spell_numbers
        rows, of = numbers.index.to_numpy(), numbers.to_numpy()
        opens = np.flatnonzero(np.diff(of, prepend=-1))
        closes = np.append(opens[1:], len(rows)) - 1 if len(rows) else opens
        first, last = rows[opens].astype(np.int64), rows[closes].astype(np.int64)
        return pd.DataFrame(
            {
                "child": self._child_codes[first],
                "start": self.Episodes.DECOM.to_numpy()[first],
                "end": self.Episodes.DEC.to_numpy()[last],
                "first_row": first,
                "last_row": last,
            }
        )

    @cached_property
    def spell_of(self) -> pd.Series:
        """For each episode the position of its period of care in `spells`; -1 = none."""
        out = np.full(self.rows("Episodes"), -1, dtype=np.int64)
        out[self._spell_numbers.index.to_numpy(dtype=np.int64)] = self._spell_numbers.to_numpy()
        return pd.Series(out, index=pd.RangeIndex(len(out)))

    def spell(self, field: str) -> pd.Series:
        """For each episode a value of its period of care (start, end, first_row, last_row)."""
        return take(self.spells[field], self.spell_of)

    def in_care_on(self, table: str, days: pd.Series, last_day: bool = True, without_end: bool = False) -> pd.Series:
        """Rows whose child is in care on a day: some period of care holds it.

        days: over the table's rows; missing = not in care. last_day: whether the day that care ends counts.
        without_end: look at the periods that have no known end only.
        """
        periods = self.spells[self.spells.end.isna()] if without_end else self.spells
        # without its last day a period ends the day before; one without end holds the very last day there is
        ends = periods.end if last_day else periods.end - pd.Timedelta(1, "D")
        ends = ends.fillna(pd.Timestamp(_FAR))
        held, _ = in_intervals(self.child(table), days, periods.child, periods.start, ends)
        return pd.Series(held > 0, index=days.index)

    def has_spell(self, table: str) -> pd.Series:
        """Rows whose child has a period of care in this return."""
        return self.first_row_of(table) >= 0

    # ---- the year --------------------------------------------------------------------------------------------------

    @cached_property
    def _breaks_the_year(self) -> pd.Series:
        """Episodes that keep their child from counting as looked after for the whole twelve months."""
        e = self.Episodes
        started = (e.RNE == "S") & (self.start < e.DECOM) & (self.end >= e.DECOM)
        left = self.in_period(e.DEC) & (e.REC != "X1")
        return started | left | (self.respite & self.overlaps_year)

    def continuously_looked_after(self, table: str) -> pd.Series:
        """Rows whose child was looked after all year: some episode in it, and no start, end or respite in it."""
        return self.matches(table, "Episodes", where=self.overlaps_year) & ~self.matches(
            table, "Episodes", where=self._breaks_the_year
        )

    def looked_after_at_end(self, table: str) -> pd.Series:
        """Rows whose child's latest episode is open and not respite."""
        return self.matches(table, "Episodes", where=self.is_latest & self.open("Episodes") & ~self.respite)
