"""Young people who have left care (OC3): their answers, and whether they are due in the return at all."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.cells import add_years
from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import all_or_none, any_filled, birthday
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.episodes import at, in_order
from dfe_returns.validate.views.ssda903.lists import ADOPTED, CARE_LEAVER_ITEMS

rule = rules_for("ssda903")
NOT_APPLICABLE = "0"
FOYER = frozenset({"T", "T1", "T2"})
FORMER_FOSTER_CARERS = frozenset({"Z1", "Z2"})
DAYS_FROM_14, DAYS_FROM_16 = 13 * 7, 1


def given(c: LookedAfterData) -> pd.Series:
    """Rows with a care leaver item filled."""
    return any_filled(c, "OC3", *CARE_LEAVER_ITEMS)


def own_birthday(c: LookedAfterData, age: int) -> pd.Series:
    """Birthdays by the DOB of the OC3 row itself."""
    return add_years(c.OC3.DOB, age)


def is_17_or_18(c: LookedAfterData) -> pd.Series:
    """Rows of people who are 17 or 18 at the end of the year."""
    return (own_birthday(c, 17) <= c.end) & (own_birthday(c, 19) > c.end)


# ---- one record ---------------------------------------------------------------------------------------------------

family("ssda903", all_or_none, {"153": ("OC3", *CARE_LEAVER_ITEMS)})


@rule("344")
def situation_of_someone_gone(c: LookedAfterData) -> Flags:
    gone = c.OC3.IN_TOUCH.isin({"DIED", "RHOM"})
    return flag("OC3", gone & ((c.OC3.ACTIV != NOT_APPLICABLE) | (c.OC3.ACCOM != NOT_APPLICABLE)))


@rule("345")
def no_situation_though_in_touch(c: LookedAfterData) -> Flags:
    none = (c.OC3.ACTIV == NOT_APPLICABLE) | (c.OC3.ACCOM == NOT_APPLICABLE)
    return flag("OC3", (c.OC3.IN_TOUCH == "YES") & none)


@rule("347")
def foyer_under_18(c: LookedAfterData) -> Flags:
    return flag("OC3", c.OC3.ACCOM.isin(FOYER) & (own_birthday(c, 18) > c.start))


@rule("391")
def not_yet_17(c: LookedAfterData) -> Flags:
    return flag("OC3", (own_birthday(c, 17) > c.end) & given(c))


@rule("3001")
def with_former_foster_carers_at_17(c: LookedAfterData) -> Flags:
    return flag("OC3", c.OC3.ACCOM.isin(FORMER_FOSTER_CARERS) & c.in_period(birthday(c, "OC3", 17)))


@rule("348")
def alive_after_death(c: LookedAfterData) -> Flags:
    died = c.from_last("OC3", "OC3", "IN_TOUCH") == "DIED"
    return flag("OC3", died & ~(c.OC3.IN_TOUCH == "DIED"))


# ---- care that has not ended, or ended otherwise ------------------------------------------------------------------


@rule("1007")
def still_in_care_at_17_or_18(c: LookedAfterData) -> Flags:
    runs = c.is_latest & (c.open("Episodes") | c.Episodes.REC.isna())
    return flag("OC3", is_17_or_18(c) & given(c) & c.matches("OC3", "Episodes", where=runs))


@rule("1016")
def left_care_after_the_birthday(c: LookedAfterData) -> Flags:
    at_17, at_18 = own_birthday(c, 17), own_birthday(c, 18)
    latest_birthday = at_18.where(at_18 <= c.end, at_17)
    left_after = c.latest_episode("OC3", "DEC") >= latest_birthday
    return flag("OC3", is_17_or_18(c) & given(c) & left_after)


@rule("1011")
def care_passed_to_another_authority(c: LookedAfterData) -> Flags:
    passed = c.is_latest & (c.Episodes.REC == "E3")
    return flag("OC3", given(c) & c.matches("OC3", "Episodes", where=passed))


@rule("1000")
def died_in_care(c: LookedAfterData) -> Flags:
    died = c.matches("OC3", "Episodes", where=c.Episodes.REC == "E2")
    if c.last is not None:
        died |= c.in_last("OC3", "Episodes", where=c.last.Episodes.REC == "E2")
    return flag("OC3", died)


@rule("1002")
def never_in_care(c: LookedAfterData) -> Flags:
    return flag("OC3", ~c.matches("OC3", "Episodes") & ~c.in_last("OC3", "Episodes"))


@rule("1010")
def open_episode_of_last_year_dropped(c: LookedAfterData) -> Flags:
    if not isinstance(c.last, LookedAfterData):
        return []
    left_open = c.in_last("OC3", "Episodes", where=c.last.is_latest & c.last.open("Episodes"))
    return flag("OC3", left_open & ~c.matches("OC3", "Episodes"))


# ---- time in care -------------------------------------------------------------------------------------------------


def episodes_of_both_years(c: LookedAfterData, last: LookedAfterData) -> pd.DataFrame:
    """Dated episodes of this and last year, one for each child and DECOM: child, DECOM, DEC, LS, REC, latest.

    Of several the one with the earliest DEC stays, then this year's, then the first in the file. The child's latest
    one runs to the end of the year where DEC is blank.
    """
    sides = [
        side.Episodes[["DECOM", "DEC", "LS", "REC"]].assign(child=side.child("Episodes"), open=side.open("Episodes"))
        for side in (c, last)
    ]
    pool = pd.concat(sides, ignore_index=True)
    pool = pool[pool.DECOM.notna()].reset_index(drop=True)
    pool = pool.loc[in_order(pool.child.to_numpy(), pool.DECOM, pool.DEC)]
    pool = pool[~pool.duplicated(["child", "DECOM"])].reset_index(drop=True)
    pool["latest"] = ~pool.duplicated("child", keep="last")
    pool["DEC"] = pool.DEC.mask(pool.latest & pool.open, c.end)
    return pool


@rule("1001")
def too_little_time_in_care(c: LookedAfterData) -> Flags:
    if not isinstance(c.last, LookedAfterData):
        return []
    pool, child = episodes_of_both_years(c, c.last), c.child("OC3")
    header = pd.Series(c.first_rows("Header", ("CHILD",))[pool.child.to_numpy()], index=pool.index)
    dob, counts = take(c.Header.DOB, header), ~pool.LS.isin({"V3", "V4"})
    adopted = child.isin(pool.child[pool.latest & pool.REC.isin(ADOPTED)])
    too_short = pd.Series(False, index=child.index)
    for age, needed in ((14, DAYS_FROM_14), (16, DAYS_FROM_16)):
        of_age = add_years(dob, age)
        began = pool.DECOM.where(pool.DECOM >= of_age, of_age)
        days = (pool.DEC - began).dt.days.where(counts).clip(lower=0).fillna(0)
        too_short |= at(days.groupby(pool.child).sum(), child).fillna(0) < needed
    # two years of episodes cannot show enough of the care of somebody who is 20
    seen = ~(birthday(c, "OC3", 20) <= c.end)
    return flag("OC3", adopted | (seen & too_short))
