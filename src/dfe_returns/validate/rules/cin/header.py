"""The header of the file."""

from __future__ import annotations

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("100")
def reference_date_not_31_march(c: CinData) -> Flags:
    day, year = c.Header.ReferenceDate, c.Header.Year
    of_its_year = year.str.fullmatch(r"[0-9]{4}") & (c.number("Header", "Year") == day.dt.year)
    return flag("Header", ~(of_its_year & (day.dt.month == 3) & (day.dt.day == 31)), "ReferenceDate")
