"""Child in need plans, and child protection plans beside them: a child has one or the other."""

from __future__ import annotations

from dfe_returns.validate.cells import day_plus_days
from dfe_returns.validate.data import in_intervals
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")

CIN_PLAN = ("CINplanDates", "CINPlanStartDate", "CINPlanEndDate")
PROTECTION_PLAN = ("ChildProtectionPlans", "CPPstartDate", "CPPendDate")


@rule("4001")
def both_kinds_of_plan_open(c: CinData) -> Flags:
    need, protection = c.CINplanDates.CINPlanEndDate.isna(), c.ChildProtectionPlans.CPPendDate.isna()
    return flag(
        "ChildProtectionPlans", protection & c.matches("ChildProtectionPlans", "CINplanDates", "episode", need)
    ) + flag("CINplanDates", need & c.matches("CINplanDates", "ChildProtectionPlans", "episode", protection))


def begins_during_the_other(c: CinData, plan: tuple[str, str, str], other: tuple[str, str, str]) -> Flags:
    """A plan starts on the first day of a plan of the other kind or later, but before its last; open ones run on."""
    (table, start, _), (others, first, last) = plan, other
    until = c.frame(others)[last].fillna(day_plus_days(c.end, 1))
    inside, around = in_intervals(
        c.child(table), c.frame(table)[start], c.child(others), c.frame(others)[first], until, end_included=False
    )
    return flag(table, inside > 0, start) + flag(others, around > 0, first, last)


family("cin", begins_during_the_other, {"4016": (CIN_PLAN, PROTECTION_PLAN), "4017": (PROTECTION_PLAN, CIN_PLAN)})
