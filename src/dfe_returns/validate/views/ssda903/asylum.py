"""Unaccompanied asylum-seeking children: the flag, its end date, this year and last."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.data import ReturnData, take
from dfe_returns.validate.views.ssda903.last_year import LastYearViews


class AsylumViews(LastYearViews):
    """XML returns carry the flag in the header; in CSV it follows from the UASC table."""

    @property
    def flag_in_header(self) -> bool:
        """Whether this year's Header carries the UASC flag (XML returns)."""
        return self.has_column("Header", "UASC")

    def _flag_source(self) -> tuple[str, pd.Series | None]:
        """The table and rows that make a child an asylum-seeking one (None = decided by the first row)."""
        if self.flag_in_header:
            return "Header", None
        return "UASC", self.filled("UASC", "SEX") | self.filled("UASC", "DUC")

    def uasc_flag(self, table: str) -> pd.Series:
        """Rows whose child's UASC flag is 1 this year."""
        source, rows = self._flag_source()
        if rows is None:
            return self.look_up(table, source, "UASC").eq("1").fillna(False).astype(bool)
        return self.matches(table, source, where=rows)

    def uasc_flag_last(self, table: str) -> pd.Series:
        """Rows whose child's UASC flag was 1 last year; false where that return is not at hand."""
        last: ReturnData | None = self.last
        if not isinstance(last, AsylumViews):
            return pd.Series(False, index=pd.RangeIndex(self.rows(table)))
        source, rows = last._flag_source()
        if rows is None:
            return self.from_last(table, source, "UASC").eq("1").fillna(False).astype(bool)
        return self.in_last(table, source, where=rows)

    def known_uasc(self, table: str) -> pd.Series:
        """Rows whose child's flag is 1 this year or last year, as far as the returns are at hand."""
        return self.uasc_flag(table) | self.uasc_flag_last(table)

    def duc(self, table: str) -> pd.Series:
        """The day the status ended, by the child's UASC row of this year; missing without one."""
        return self.look_up(table, "UASC", "DUC")

    def duc_filled(self, table: str) -> pd.Series:
        """Whether the child's UASC row of this year has a DUC, be it a date or not."""
        return take(self.text("UASC", "DUC"), self.partner(table, "UASC", "child")).notna()

    def duc_last(self, table: str) -> pd.Series:
        """The same of last year's UASC row."""
        return self.from_last(table, "UASC", "DUC")
