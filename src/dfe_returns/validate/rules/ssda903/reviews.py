"""Reviews of looked-after children."""

from __future__ import annotations

from dfe_returns.validate.cells import add_years
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.ssda903 import LookedAfterData

rule = rules_for("ssda903")
UNDER_FOUR = "PN0"


@rule("167")
def participation_missing_or_unknown(c: LookedAfterData) -> Flags:
    held, took_part = c.filled("Reviews", "REVIEW"), c.Reviews.REVIEW_CODE
    complete = held & took_part.isin(c.codeset("REVIEW_CODE"))
    return flag("Reviews", ~complete & (held | took_part.notna()))


@rule("440")
def too_young_at_four(c: LookedAfterData) -> Flags:
    return flag("Reviews", (c.Reviews.REVIEW_CODE == UNDER_FOUR) & (c.Reviews.REVIEW >= add_years(c.Reviews.DOB, 4)))


@rule("441")
def took_part_before_four(c: LookedAfterData) -> Flags:
    took_part = c.Reviews.REVIEW_CODE.isin(c.codeset("REVIEW_CODE") - {UNDER_FOUR})
    return flag("Reviews", took_part & (c.Reviews.REVIEW < add_years(c.Reviews.DOB, 4)))
