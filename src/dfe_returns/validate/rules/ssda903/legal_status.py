"""Legal status: codes, ages, time limits, short breaks and the placements that go with a status."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import birthday, child_rows, must_be_blank_when
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.lists import TEMPORARY

rule = rules_for("ssda903")

RESPITE = ("V3", "V4")
LAST_FREEING_ORDERS = pd.Timestamp(2005, 12, 31)
FIRST_PLACEMENT_ORDERS = pd.Timestamp(2005, 12, 1)

family("ssda903", must_be_blank_when, {"398": ("Episodes", "LS", RESPITE, "HOME_POST", "PL_POST")})


def status_does_not_fit(c: LookedAfterData, statuses: Collection[str], places: Collection[str]) -> Flags:
    """One of the statuses stands with one of the placements."""
    return flag("Episodes", c.Episodes.LS.isin(statuses) & c.Episodes.PLACE.isin(places))


family(
    "ssda903",
    status_does_not_fit,
    {"378": (["V2"], ["P1"]), "382": (RESPITE, TEMPORARY), "384": (RESPITE, ["U1", "U4"])},
)


def _end_or_year_end(c: LookedAfterData) -> pd.Series:
    """DEC, or the last day of the year where it is blank; missing where it is unreadable."""
    return c.Episodes.DEC.where(~c.open("Episodes"), c.end)


# ---- ages ---------------------------------------------------------------------------------------------------------


@rule("358")
def youth_justice_under_10(c: LookedAfterData) -> Flags:
    e = c.Episodes
    failing = e.LS.isin(["J1", "J2", "J3"]) & (e.DECOM < birthday(c, "Episodes", 10))
    return flag("Episodes", failing) + flag("Header", child_rows(c, "Episodes", "Header", failing))


@rule("359")
def still_looked_after_past_18(c: LookedAfterData) -> Flags:
    e = c.Episodes
    allowed = (e.LS == "V2") & (e.PLACE == "K2")
    return flag("Episodes", c.open("Episodes") & (birthday(c, "Episodes", 18) < c.end) & ~allowed)


# ---- time limits --------------------------------------------------------------------------------------------------


def status_too_long(c: LookedAfterData, status: str, days: int) -> Flags:
    """Episodes under a status that follow each other day by day last longer than so many days altogether."""
    e, end = c.Episodes, _end_or_year_end(c)
    chosen = e.DECOM.notna() & end.notna()
    before = c.previous_among(chosen)
    joined = (take(e.LS, before) == status) & (take(end, before) == e.DECOM)
    rows = c.sequence_among(chosen & (e.LS == status))
    run = (~joined[rows]).cumsum()
    length = end[rows].groupby(run).transform("max") - e.DECOM[rows].groupby(run).transform("min")
    return flag("Episodes", length.index[length > pd.Timedelta(days, "D")])


family("ssda903", status_too_long, {"361": ("L1", 3), "362": ("L2", 21), "363": ("L3", 7), "364": ("J2", 21)})


@rule("365")
def short_break_too_long(c: LookedAfterData) -> Flags:
    e = c.Episodes
    return flag("Episodes", (e.LS == "V3") & (_end_or_year_end(c) > e.DECOM + pd.Timedelta(17, "D")))


@rule("367")
def short_breaks_too_long_together(c: LookedAfterData) -> Flags:
    e, child = c.Episodes, c.child("Episodes")
    end = _end_or_year_end(c)
    days = (end.where(~(end > c.end), c.end) - e.DECOM.where(~(e.DECOM < c.start), c.start)).dt.days
    days = days.where((e.LS == "V3") & (child >= 0) & (days > 0), 0)
    return flag("Episodes", (days > 0) & (days.groupby(child).transform("sum") > 75))


# ---- short breaks -------------------------------------------------------------------------------------------------


@rule("366")
def short_break_began_otherwise(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.LS == "V3") & ~(c.Episodes.RNE == "S"))


@rule("426")
def both_kinds_of_short_break(c: LookedAfterData) -> Flags:
    kinds = [c.matches("Episodes", "Episodes", where=c.Episodes.LS == status) for status in RESPITE]
    return flag("Episodes", c.respite & kinds[0] & kinds[1])


# ---- orders -------------------------------------------------------------------------------------------------------


@rule("408")
def adoption_without_placement_order(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.PLACE.isin(["A5", "A6"]) & ~(c.Episodes.LS == "E1"))


@rule("445")
def freeing_order_too_late(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.LS == "D1") & (c.Episodes.DECOM > LAST_FREEING_ORDERS))


@rule("446")
def placement_order_too_early(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.LS == "E1") & (c.Episodes.DECOM < FIRST_PLACEMENT_ORDERS))


@rule("451")
def freeing_order_still_open(c: LookedAfterData) -> Flags:
    e = c.Episodes
    return flag("Episodes", (e.LS == "D1") & c.open("Episodes") & e.REC.isna())
