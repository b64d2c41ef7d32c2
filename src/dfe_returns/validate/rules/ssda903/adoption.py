"""Adoption: the decision to place a child, its reversal, the placement and the adopters."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import (
    all_filled,
    all_or_none,
    any_filled,
    birthday,
    child_rows,
    ends_before_start,
)
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.episodes import at, edge_of_group, in_order, neighbour
from dfe_returns.validate.views.ssda903.lists import ADOPTED, ADOPTION_ITEMS, ADOPTIVE, CARE_LEAVER_ITEMS, FOSTER

rule = rules_for("ssda903")
REVERSAL = ("DATE_PLACED_CEASED", "REASON_PLACED_CEASED")
WITH_FOSTER_CARERS = frozenset({"A2", "A3", "A5"})
WITH_OTHERS = frozenset({"A1", "A4", "A6"})


# ---- helpers ------------------------------------------------------------------------------------------------------


def first_among(c: LookedAfterData, table: str, chosen: pd.Series) -> pd.Series:
    """For each row of a table the position of its child's first episode among the chosen; -1 = none with a date."""
    return _edge_among(c, table, chosen & c.Episodes.DECOM.notna(), last=False)


def latest_among(c: LookedAfterData, table: str, chosen: pd.Series) -> pd.Series:
    """For each row of a table the position of its child's latest episode among the chosen; -1 = none.

    An undated one answers only where none of the chosen has a date.
    """
    dated = _edge_among(c, table, chosen & c.Episodes.DECOM.notna(), last=True)
    return dated.where(dated >= 0, _edge_among(c, table, chosen, last=True))


def _edge_among(c: LookedAfterData, table: str, chosen: pd.Series, last: bool) -> pd.Series:
    children = c.codes("Episodes", ("CHILD",))
    edge = edge_of_group(c.sequence_among(chosen), children, len(c.first_by_child) - 1, last)
    return pd.Series(edge[c.codes(table, ("CHILD",))], index=pd.RangeIndex(c.rows(table)))


def day_of_child(c: LookedAfterData, table: str, other: str, days: pd.Series, latest: bool) -> pd.Series:
    """For each row of a table the earliest or latest day that its child has in the rows of another."""
    known = days.notna() & (c.child(other) >= 0)
    by_child = days[known].groupby(c.child(other)[known])
    return at(by_child.max() if latest else by_child.min(), c.child(table))


def latest_decision(c: LookedAfterData) -> pd.Series:
    """Rows of decisions with their child's latest usable day, the first in the file of equal ones."""
    days = c.PlacedAdoption.DATE_PLACED
    is_latest = days == day_of_child(c, "PlacedAdoption", "PlacedAdoption", days, latest=True)
    again = c.child("PlacedAdoption")[is_latest].duplicated()
    return is_latest & ~again.reindex(is_latest.index, fill_value=False)


def adopted(c: LookedAfterData) -> pd.Series:
    """Episodes that ended in adoption."""
    return c.Episodes.REC.isin(ADOPTED)


def adopted_in_year(c: LookedAfterData) -> pd.Series:
    """Episodes that ended in adoption on a day of the year."""
    return adopted(c) & c.in_period(c.Episodes.DEC)


def adoptive_placement(c: LookedAfterData) -> pd.Series:
    return c.Episodes.PLACE.isin(ADOPTIVE)


def reversed_decision(c: LookedAfterData) -> pd.Series:
    """Rows of decisions that say by date or reason that they were reversed."""
    return any_filled(c, "PlacedAdoption", *REVERSAL)


# ---- one record ---------------------------------------------------------------------------------------------------


def adopters_not_of_sex(c: LookedAfterData, status: str, sexes: Collection[str]) -> Flags:
    """The adopters' legal status goes with some of the codes of their sex only."""
    return flag("AD1", (c.AD1.LS_ADOPTR == status) & ~c.AD1.SEX_ADOPTR.isin(sexes))


family("ssda903", all_or_none, {"119": ("PlacedAdoption", *REVERSAL), "151": ("AD1", *ADOPTION_ITEMS)})
family("ssda903", ends_before_start, {"522": ("PlacedAdoption", "DATE_PLACED", "DATE_PLACED_CEASED")})
family(
    "ssda903",
    adopters_not_of_sex,
    {
        "514": ("L0", {"M1", "F1"}),
        "517": ("L3", {"MF"}),
        "518": ("L4", {"MM", "FF"}),
        "519": ("L2", {"MM", "FF", "MF"}),
        "520": ("L11", {"MF"}),
        "524": ("L12", {"MM", "FF"}),
    },
)


@rule("511")
def two_adopters_of_one_sex_code(c: LookedAfterData) -> Flags:
    return flag("AD1", (c.AD1.NB_ADOPTR == "2") & c.AD1.SEX_ADOPTR.isin({"M1", "F1"}))


@rule("333")
def no_decision_by_the_match(c: LookedAfterData) -> Flags:
    late = c.blank("AD1", "DATE_INT") | (c.AD1.DATE_INT > c.AD1.DATE_MATCH)
    return flag("AD1", c.AD1.DATE_MATCH.notna() & late)


@rule("563")
def reversal_without_the_decision(c: LookedAfterData) -> Flags:
    return flag("PlacedAdoption", all_filled(c, "PlacedAdoption", *REVERSAL) & c.blank("PlacedAdoption", "DATE_PLACED"))


@rule("390")
def adopted_from_another_placement(c: LookedAfterData) -> Flags:
    return flag("Episodes", adopted(c) & ~adoptive_placement(c))


@rule("386")
def adopted_at_18(c: LookedAfterData) -> Flags:
    return flag("Episodes", adopted(c) & (c.Episodes.DEC >= birthday(c, "Episodes", 18)))


@rule("184")
def decision_before_birth(c: LookedAfterData) -> Flags:
    return flag("PlacedAdoption", c.PlacedAdoption.DATE_PLACED < c.look_up("PlacedAdoption", "Header", "DOB"))


# ---- decision and care --------------------------------------------------------------------------------------------


@rule("117")
def decision_after_year_or_care(c: LookedAfterData) -> Flags:
    t = c.PlacedAdoption
    latest = latest_among(c, "PlacedAdoption", c.Episodes.REC != "X1")
    end = take(c.Episodes.DEC, latest)
    late = pd.concat([(t[f] > c.end) | (t[f] > end) for f in ("DATE_PLACED", "DATE_PLACED_CEASED")], axis=1).any(axis=1)
    return flag("PlacedAdoption", late) + flag("Episodes", pd.Index(latest[late]))


@rule("118")
def reversed_before_year_or_care(c: LookedAfterData) -> Flags:
    day = c.PlacedAdoption.DATE_PLACED_CEASED
    first = first_among(c, "PlacedAdoption", ~c.respite)
    early = (day < c.start) | (day < take(c.Episodes.DECOM, first))
    return flag("PlacedAdoption", early) + flag("Episodes", pd.Index(first[early]))


@rule("1003")
def decision_before_care(c: LookedAfterData) -> Flags:
    first = first_among(c, "PlacedAdoption", c.Episodes.RNE == "S")
    early = c.PlacedAdoption.DATE_PLACED < take(c.Episodes.DECOM, first)
    return flag("PlacedAdoption", early) + flag("Episodes", pd.Index(first[early]))


@rule("334")
def best_interest_before_care(c: LookedAfterData) -> Flags:
    latest = latest_among(c, "AD1", c.Episodes.RNE == "S")
    early = c.is_child_row("AD1") & (c.AD1.DATE_INT < take(c.Episodes.DECOM, latest))
    return flag("AD1", early) + flag("Episodes", pd.Index(latest[early]))


@rule("551")
def placed_without_a_decision(c: LookedAfterData) -> Flags:
    dated = c.matches("Episodes", "PlacedAdoption", where=c.filled("PlacedAdoption", "DATE_PLACED"))
    return flag("Episodes", adoptive_placement(c) & ~dated)


@rule("552")
def latest_decision_after_the_placement(c: LookedAfterData) -> Flags:
    first = first_among(c, "PlacedAdoption", adoptive_placement(c))
    late = latest_decision(c) & (c.PlacedAdoption.DATE_PLACED > take(c.Episodes.DECOM, first))
    return flag("PlacedAdoption", late) + flag("Episodes", pd.Index(first[late]))


def order_without_a_decision(c: LookedAfterData, legal_status: str) -> Flags:
    """An order under which a child may be placed, without a decision that stands."""
    ordered = c.Episodes.LS == legal_status
    dated = c.matches("Episodes", "PlacedAdoption", where=c.filled("PlacedAdoption", "DATE_PLACED"))
    running = c.matches("PlacedAdoption", "Episodes", where=ordered & c.open("Episodes"))
    return flag("Episodes", ordered & ~dated) + flag("PlacedAdoption", reversed_decision(c) & running)


family("ssda903", order_without_a_decision, {"553": ("E1",), "555": ("D1",)})


@rule("554")
def decision_after_the_placement_order(c: LookedAfterData) -> Flags:
    first = first_among(c, "PlacedAdoption", c.Episodes.LS == "E1")
    late = c.PlacedAdoption.DATE_PLACED > take(c.Episodes.DECOM, first)
    return flag("PlacedAdoption", late) + flag("Episodes", pd.Index(first[late]))


@rule("556")
def decision_after_the_freeing_order(c: LookedAfterData) -> Flags:
    latest = day_of_child(c, "Episodes", "PlacedAdoption", c.PlacedAdoption.DATE_PLACED, latest=True)
    return flag("Episodes", (c.Episodes.LS == "D1") & (latest > c.Episodes.DECOM))


@rule("557")
def left_unadopted_without_a_reversal(c: LookedAfterData) -> Flags:
    orders = {"E1"} if c.since("2024-25") else {"D1", "E1"}
    to_be_adopted = adoptive_placement(c) | c.Episodes.LS.isin(orders)
    left = to_be_adopted & c.ending_reason & ~adopted(c)
    incomplete = ~all_filled(c, "PlacedAdoption", *REVERSAL)
    wanting = ~c.matches("Episodes", "PlacedAdoption") | c.matches("Episodes", "PlacedAdoption", where=incomplete)
    of_left = c.matches("PlacedAdoption", "Episodes", where=left)
    return flag("Episodes", left & wanting) + flag("PlacedAdoption", incomplete & of_left)


@rule("558")
def adopted_after_reversals_only(c: LookedAfterData) -> Flags:
    ceased = c.filled("PlacedAdoption", "DATE_PLACED_CEASED")
    standing = c.matches("PlacedAdoption", "PlacedAdoption", where=~ceased)
    all_reversed = (c.count("PlacedAdoption", "child", where=ceased) >= 2) & ~standing
    return flag("Episodes", c.is_latest & adopted(c) & c.matches("Episodes", "PlacedAdoption", where=all_reversed))


# ---- one decision after another -----------------------------------------------------------------------------------


@rule("579")
def decision_while_another_stands(c: LookedAfterData) -> Flags:
    made, ceased = c.PlacedAdoption.DATE_PLACED, c.PlacedAdoption.DATE_PLACED_CEASED
    children = c.codes("PlacedAdoption", ("CHILD",))
    before = neighbour(in_order(children, made), children, -1)
    ceased_before = take(ceased, before)
    return flag("PlacedAdoption", (before >= 0) & (ceased_before.isna() | (made < ceased_before)))


@rule("583")
def earlier_decision_left_standing(c: LookedAfterData) -> Flags:
    dated = c.PlacedAdoption.DATE_PLACED.notna() & (c.child("PlacedAdoption") >= 0)
    return flag("PlacedAdoption", dated & ~latest_decision(c) & c.open("PlacedAdoption", "DATE_PLACED_CEASED"))


# ---- decisions of last year ---------------------------------------------------------------------------------------


def _decisions(c: LookedAfterData, last: LookedAfterData) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers of child and DATE_PLACED together, over this year's and last year's rows; -1 where either is blank.

    Usable dates are alike as days, others as texts.
    """
    sides = (c, last)
    days = pd.factorize(pd.concat([side.PlacedAdoption.DATE_PLACED for side in sides]))[0]
    texts = pd.factorize(pd.concat([side.text("PlacedAdoption", "DATE_PLACED") for side in sides]))[0]
    children = np.concatenate([side.codes("PlacedAdoption", ("CHILD",)) for side in sides])
    values = np.where(days >= 0, days, len(days) + texts).astype(np.int64)
    numbers = np.where((children < 0) | (texts < 0), -1, children * (2 * len(days) + 1) + values)
    return numbers[: c.rows("PlacedAdoption")], numbers[c.rows("PlacedAdoption") :]


@rule("559")
def earlier_decision_not_in_last_year(c: LookedAfterData) -> Flags:
    if c.last is None:
        return []
    known = c.in_last("PlacedAdoption", "PlacedAdoption", where=c.last.PlacedAdoption.DATE_PLACED.notna())
    return flag("PlacedAdoption", (c.PlacedAdoption.DATE_PLACED < c.start) & ~known)


@rule("560")
def standing_decision_with_another_date(c: LookedAfterData) -> Flags:
    last = c.last
    if not isinstance(last, LookedAfterData):
        return []
    now, then = _decisions(c, last)
    lost = last.open("PlacedAdoption", "DATE_PLACED_CEASED") & (then >= 0) & ~np.isin(then, now)
    return flag("PlacedAdoption", c.in_last("PlacedAdoption", "PlacedAdoption", where=lost))


@rule("561")
def decision_reversed_last_year(c: LookedAfterData) -> Flags:
    last = c.last
    if not isinstance(last, LookedAfterData):
        return []
    now, then = _decisions(c, last)
    ceased = then[(reversed_decision(last) & (then >= 0)).to_numpy(dtype=bool)]
    return flag("PlacedAdoption", np.isin(now, ceased))


@rule("584")
def new_decision_not_later(c: LookedAfterData) -> Flags:
    last = c.last
    if not isinstance(last, LookedAfterData):
        return []
    then = last.PlacedAdoption.DATE_PLACED
    ceased = reversed_decision(last) & then.notna() & (last.child("PlacedAdoption") >= 0)
    latest = at(then[ceased].groupby(last.child("PlacedAdoption")[ceased]).max(), c.child("PlacedAdoption"))
    made = c.PlacedAdoption.DATE_PLACED
    return flag("PlacedAdoption", latest.notna() & (c.blank("PlacedAdoption", "DATE_PLACED") | (made <= latest)))


# ---- the adoption -------------------------------------------------------------------------------------------------


@rule("134")
def adopted_and_care_leaver(c: LookedAfterData) -> Flags:
    care_leaver = c.matches("AD1", "OC3", where=any_filled(c, "OC3", *CARE_LEAVER_ITEMS))
    return flag("AD1", any_filled(c, "AD1", *ADOPTION_ITEMS) & care_leaver)


@rule("331")
def matched_after_the_episode_began(c: LookedAfterData) -> Flags:
    late = adopted(c) & (c.look_up("Episodes", "AD1", "DATE_MATCH") > c.Episodes.DECOM)
    return flag("Episodes", late) + flag("AD1", child_rows(c, "Episodes", "AD1", late))


@rule("335")
def foster_carer_marker_against_placement(c: LookedAfterData) -> Flags:
    marker = c.look_up("Episodes", "AD1", "FOSTER_CARE")
    unfit = (c.Episodes.PLACE.isin(WITH_FOSTER_CARERS) & (marker == "0")) | (
        c.Episodes.PLACE.isin(WITH_OTHERS) & (marker == "1")
    )
    unfit &= c.Episodes.REC.isin(ADOPTED | {"E1"})
    return flag("Episodes", unfit) + flag("AD1", child_rows(c, "Episodes", "AD1", unfit))


@rule("336")
def with_foster_carers_out_of_the_blue(c: LookedAfterData) -> Flags:
    follows = c.Episodes.PLACE.isin({"A3", "A5"}) & (c.previous_row >= 0)
    return flag("Episodes", follows & ~c.previous("PLACE").isin(ADOPTIVE | FOSTER))


@rule("521")
def best_interest_after_placement(c: LookedAfterData) -> Flags:
    placed, began = adoptive_placement(c), c.Episodes.DECOM
    latest = day_of_child(c, "Episodes", "AD1", c.AD1.DATE_INT, latest=True)
    earliest = day_of_child(c, "AD1", "Episodes", began.where(placed), latest=False)
    return flag("Episodes", placed & (latest > began)) + flag("AD1", c.AD1.DATE_INT > earliest)


@rule("523")
def decision_dates_differ(c: LookedAfterData) -> Flags:
    flags: Flags = []
    for table, field, other, others in (
        ("PlacedAdoption", "DATE_PLACED", "AD1", "DATE_INT"),
        ("AD1", "DATE_INT", "PlacedAdoption", "DATE_PLACED"),
    ):
        day, theirs = c.frame(table)[field], c.frame(other)[others]
        earliest, latest = (day_of_child(c, table, other, theirs, last) for last in (False, True))
        flags += flag(table, (day > earliest) | (day < latest))
    return flags


@rule("525")
def adoption_data_after_reversal(c: LookedAfterData) -> Flags:
    ceased, items = c.filled("PlacedAdoption", "DATE_PLACED_CEASED"), any_filled(c, "AD1", *ADOPTION_ITEMS)
    return flag("PlacedAdoption", ceased & c.matches("PlacedAdoption", "AD1", where=items)) + flag(
        "AD1", items & c.matches("AD1", "PlacedAdoption", where=ceased)
    )


@rule("582")
def adopted_on_the_day_of_the_match(c: LookedAfterData) -> Flags:
    return flag("Episodes", adopted(c) & (c.Episodes.DEC == c.look_up("Episodes", "AD1", "DATE_MATCH")))


@rule("601")
def adopted_without_the_record(c: LookedAfterData) -> Flags:
    chosen, incomplete = adopted_in_year(c), ~all_filled(c, "AD1", *ADOPTION_ITEMS)
    wanting = ~c.matches("Episodes", "AD1") | c.matches("Episodes", "AD1", where=incomplete)
    of_adopted = c.matches("AD1", "Episodes", where=chosen)
    return flag("Episodes", chosen & wanting) + flag("AD1", incomplete & of_adopted)


@rule("602")
def adoption_data_without_an_adoption(c: LookedAfterData) -> Flags:
    of_adopted = c.matches("AD1", "Episodes", where=adopted_in_year(c))
    return flag("AD1", any_filled(c, "AD1", *ADOPTION_ITEMS) & ~of_adopted)
