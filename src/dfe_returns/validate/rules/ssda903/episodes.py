"""Episodes of care: their dates and reasons, and how one follows on another."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import (
    all_or_none,
    birthday,
    child_rows,
    ends_before_start,
    later_than_end,
)
from dfe_returns.validate.views.ssda903 import LookedAfterData, same_value
from dfe_returns.validate.views.ssda903.lists import ENDED_FOR_GOOD, GUARDIANSHIP

rule = rules_for("ssda903")
CHILDREN_ACT_IN_FORCE = pd.Timestamp(1991, 10, 14)
PLACEMENT = ("PLACE", "PL_POST", "URN", "PLACE_PROVIDER")


def ceased_before(c: LookedAfterData, reasons: Collection[str], age: int) -> Flags:
    """Care ended for a reason that a child of this age cannot have."""
    return flag("Episodes", c.Episodes.REC.isin(reasons) & (c.Episodes.DEC < birthday(c, "Episodes", age)))


family("ssda903", all_or_none, {"148": ("Episodes", "DEC", "REC")})
family("ssda903", later_than_end, {"354": ("Episodes", "DECOM"), "385": ("Episodes", "DEC")})
family("ssda903", ends_before_start, {"356": ("Episodes", "DECOM", "DEC")})
family("ssda903", ceased_before, {"387": ({"E5", "E6"}, 14), "389": ({"E7"}, 16), "460": ({"E17"}, 18)})


# ---- one episode --------------------------------------------------------------------------------------------------


@rule("353")
def before_the_children_act(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.DECOM < CHILDREN_ACT_IN_FORCE)


@rule("355")
def starts_and_ends_on_one_day(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.DECOM == c.Episodes.DEC)


@rule("302")
def first_episode_before_birth(c: LookedAfterData) -> Flags:
    failing = c.is_first & (c.Episodes.DECOM < c.look_up("Episodes", "Header", "DOB"))
    return flag("Episodes", failing) + flag("Header", child_rows(c, "Episodes", "Header", failing))


@rule("352")
def started_at_18(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.RNE == "S") & (c.Episodes.DECOM >= birthday(c, "Episodes", 18)))


@rule("357")
def first_episode_of_the_year_not_a_start(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.is_first & (c.Episodes.DECOM >= c.start) & ~(c.Episodes.RNE == "S"))


@rule("407")
def guardianship_at_18(c: LookedAfterData) -> Flags:
    failing = c.Episodes.REC.isin(GUARDIANSHIP) & (c.Episodes.DEC >= birthday(c, "Episodes", 18))
    return flag("Episodes", failing) + flag("Header", child_rows(c, "Episodes", "Header", failing))


@rule("1012")
def records_of_a_child_without_episodes(c: LookedAfterData) -> Flags:
    tables = ("PlacedAdoption", "Missing", "Reviews", "AD1", "PrevPerm", "OC2")
    return [found for table in tables for found in flag(table, ~c.matches(table, "Episodes"))]


# ---- one after another --------------------------------------------------------------------------------------------


@rule("142")
def earlier_episode_left_open(c: LookedAfterData) -> Flags:
    followed = c.next_among(c.Episodes.DECOM.notna()) >= 0
    return flag("Episodes", followed & ~(c.ended("Episodes") & c.Episodes.REC.notna()))


@rule("388")
def end_reason_against_the_next_start(c: LookedAfterData) -> Flags:
    e, dated = c.Episodes, c.Episodes.DECOM.notna() & (c.child("Episodes") >= 0)
    following = c.next_among(dated)
    follows_on = take(e.DECOM, following) == e.DEC
    stays = (e.REC == "X1") & ~follows_on
    leaves = c.ending_reason & follows_on
    return flag("Episodes", dated & c.ended("Episodes") & (stays | leaves))


@rule("431")
def start_of_care_before_the_end_of_the_last(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.RNE == "S") & (c.Episodes.DECOM <= c.previous("DEC")))


@rule("432")
def back_in_care_without_a_start(c: LookedAfterData) -> Flags:
    before = c.previous("REC")
    return flag("Episodes", before.notna() & (before != "X1") & ~(c.Episodes.RNE == "S"))


@rule("433")
def change_not_on_the_day_the_last_ended(c: LookedAfterData) -> Flags:
    follows = c.Episodes.RNE.isin(["P", "L", "T", "U", "B"]) & (c.previous_row >= 0)
    no_date = c.unreadable("Episodes", "DEC").astype("boolean")
    unreadable = c.unreadable("Episodes", "DECOM") | take(no_date, c.previous_row).fillna(False).astype(bool)
    return flag("Episodes", follows & ~unreadable & ~(c.Episodes.DECOM == c.previous("DEC")))


def _same(c: LookedAfterData, field: str) -> pd.Series:
    return same_value(c.Episodes[field], c.previous(field))


def _same_placement(c: LookedAfterData) -> pd.Series:
    return pd.concat([_same(c, field) for field in PLACEMENT], axis=1).all(axis=1)


@rule("434")
def legal_change_only(c: LookedAfterData) -> Flags:
    changed = (c.previous_row >= 0) & (c.Episodes.RNE == "L")
    return flag("Episodes", changed & ((c.Episodes.LS == c.previous("LS")) | ~_same_placement(c)))


@rule("435")
def placement_change_only(c: LookedAfterData) -> Flags:
    changed = (c.previous_row >= 0) & c.Episodes.RNE.isin(["P", "T"])
    return flag("Episodes", changed & (~_same(c, "LS") | _same_placement(c)))


@rule("436")
def legal_and_placement_change(c: LookedAfterData) -> Flags:
    changed = (c.previous_row >= 0) & c.Episodes.RNE.isin(["U", "B"])
    return flag("Episodes", changed & (_same(c, "LS") | _same_placement(c)))


@rule("437")
def episode_after_the_last(c: LookedAfterData) -> Flags:
    ended = c.Episodes.DECOM.notna() & c.Episodes.REC.isin(ENDED_FOR_GOOD)
    return flag("Episodes", ended & (c.next_row >= 0))


@rule("501")
def starts_before_the_last_ended(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.DECOM < c.previous("DEC"))


@rule("504")
def need_changes_within_care(c: LookedAfterData) -> Flags:
    follows_on = (c.previous("REC") == "X1") & (c.previous("DEC") == c.Episodes.DECOM)
    return flag("Episodes", follows_on & ~_same(c, "CIN"))
