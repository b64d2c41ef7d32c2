"""Health, offending and wellbeing of children who were looked after all year (OC2)."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.cells import add_years
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import (
    all_filled,
    any_filled,
    given_needs_companion,
    must_be_blank_when,
)
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.lists import (
    ADOPTION_ITEMS,
    CARE_LEAVER_ITEMS,
    CORE_HEALTH_ITEMS,
    OUTCOME_ITEMS,
)

rule = rules_for("ssda903")
NOT_CORE_ITEMS = tuple(item for item in OUTCOME_ITEMS if item not in CORE_HEALTH_ITEMS)
SDQ = ("SDQ_SCORE", "SDQ_REASON")


def all_year(c: LookedAfterData) -> pd.Series:
    """OC2 rows of children looked after for the whole year."""
    return c.continuously_looked_after("OC2")


def birthday(c: LookedAfterData, age: int) -> pd.Series:
    """Birthdays by the DOB of the OC2 row itself."""
    return add_years(c.OC2.DOB, age)


def no_sdq(c: LookedAfterData) -> pd.Series:
    """OC2 rows with neither a score nor a reason for having none."""
    return ~any_filled(c, "OC2", *SDQ)


# ---- one record ---------------------------------------------------------------------------------------------------


def core_items_wanting(c: LookedAfterData, *given: str) -> Flags:
    """One of the cells is filled and one of the core health items blank."""
    return flag("OC2", any_filled(c, "OC2", *given) & ~all_filled(c, "OC2", *CORE_HEALTH_ITEMS))


family(
    "ssda903", must_be_blank_when, {"158": ("OC2", "INTERVENTION_RECEIVED", frozenset({"1"}), "INTERVENTION_OFFERED")}
)
family(
    "ssda903",
    given_needs_companion,
    {"192": ("OC2", "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", frozenset({"1"}))},
)
family("ssda903", core_items_wanting, {"182": NOT_CORE_ITEMS, "544": ("CONVICTED",), "547": ("HEALTH_CHECK",)})


@rule("159")
def offer_unanswered(c: LookedAfterData) -> Flags:
    no_help = (c.OC2.SUBSTANCE_MISUSE == "1") & (c.OC2.INTERVENTION_RECEIVED == "0")
    return flag("OC2", no_help & c.blank("OC2", "INTERVENTION_OFFERED"))


@rule("193")
def help_without_misuse(c: LookedAfterData) -> Flags:
    none = c.OC2.SUBSTANCE_MISUSE.isna() | (c.OC2.SUBSTANCE_MISUSE == "0")
    return flag("OC2", none & any_filled(c, "OC2", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED"))


@rule("180")
def score_out_of_range(c: LookedAfterData) -> Flags:
    return flag("OC2", c.filled("OC2", "SDQ_SCORE") & ~c.number("OC2", "SDQ_SCORE").isin(range(41)))


@rule("181")
def item_neither_yes_nor_no(c: LookedAfterData) -> Flags:
    wrong = [c.filled("OC2", item) & ~c.OC2[item].isin(c.codeset(item)) for item in OUTCOME_ITEMS]
    return flag("OC2", pd.concat(wrong, axis=1).any(axis=1))


@rule("197a")
def score_and_reason(c: LookedAfterData) -> Flags:
    return flag("OC2", all_filled(c, "OC2", *SDQ))


# ---- age ----------------------------------------------------------------------------------------------------------


@rule("188")
def sdq_under_4(c: LookedAfterData) -> Flags:
    return flag("OC2", (birthday(c, 4) > c.end) & ~no_sdq(c))


@rule("189")
def sdq_past_17(c: LookedAfterData) -> Flags:
    return flag("OC2", (birthday(c, 17) < c.start) & ~no_sdq(c))


@rule("542")
def convicted_under_10(c: LookedAfterData) -> Flags:
    return flag("OC2", (birthday(c, 10) > c.end) & c.filled("OC2", "CONVICTED"))


# ---- looked after all year ----------------------------------------------------------------------------------------


def not_all_year_but_given(c: LookedAfterData, *given: str) -> Flags:
    """A child who was not looked after all year has one of the cells filled."""
    return flag("OC2", ~all_year(c) & any_filled(c, "OC2", *given))


family(
    "ssda903",
    not_all_year_but_given,
    {"185": ("SDQ_SCORE",), "190": OUTCOME_ITEMS, "198": ("SDQ_REASON",)},
)


@rule("157")
def reason_of_age_when_a_score_was_due(c: LookedAfterData) -> Flags:
    of_age = (birthday(c, 4) <= c.start) & (birthday(c, 16) >= c.end)
    unscored = c.blank("OC2", "SDQ_SCORE") & (c.OC2.SDQ_REASON == "SDQ1")
    return flag("OC2", all_year(c) & of_age & unscored)


@rule("186")
def no_score_at_4_to_16(c: LookedAfterData) -> Flags:
    of_age = (birthday(c, 4) <= c.start) & (birthday(c, 17) > c.end)
    return flag("OC2", all_year(c) & of_age & no_sdq(c))


@rule("197B")
def no_score_at_turning_4_or_17(c: LookedAfterData) -> Flags:
    turning = c.in_period(birthday(c, 4)) | c.in_period(birthday(c, 17))
    return flag("OC2", all_year(c) & turning & no_sdq(c))


@rule("187")
def other_record_though_looked_after_all_year(c: LookedAfterData) -> Flags:
    flags: Flags = []
    for table, items in (("OC3", CARE_LEAVER_ITEMS), ("AD1", ADOPTION_ITEMS)):
        flags += flag(table, c.continuously_looked_after(table) & any_filled(c, table, *items))
    return flags


@rule("191")
def core_items_missing(c: LookedAfterData) -> Flags:
    incomplete = all_year(c) & ~all_filled(c, "OC2", *CORE_HEALTH_ITEMS)
    without = c.continuously_looked_after("Episodes") & ~c.matches("Episodes", "OC2")
    return flag("OC2", incomplete) + flag("Episodes", c.is_first & without)


@rule("543")
def conviction_unanswered(c: LookedAfterData) -> Flags:
    return flag("OC2", all_year(c) & (birthday(c, 10) <= c.end) & c.blank("OC2", "CONVICTED"))


@rule("545")
def health_check_unanswered(c: LookedAfterData) -> Flags:
    return flag("OC2", all_year(c) & (birthday(c, 5) > c.end) & c.blank("OC2", "HEALTH_CHECK"))


@rule("546")
def health_check_from_5(c: LookedAfterData) -> Flags:
    return flag("OC2", all_year(c) & (birthday(c, 5) <= c.end) & c.filled("OC2", "HEALTH_CHECK"))


# ---- beside care leaver data --------------------------------------------------------------------------------------


@rule("215")
def outcomes_of_a_care_leaver(c: LookedAfterData) -> Flags:
    leaver, outcomes = any_filled(c, "OC3", *CARE_LEAVER_ITEMS), any_filled(c, "OC2", *OUTCOME_ITEMS)
    return flag("OC3", leaver & c.matches("OC3", "OC2", where=outcomes)) + flag(
        "OC2", outcomes & c.matches("OC2", "OC3", where=leaver)
    )
