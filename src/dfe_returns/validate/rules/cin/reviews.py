"""Reviews of child protection plans."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.data import in_intervals
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("4003")
def reviewed_during_a_cin_plan(c: CinData) -> Flags:
    """Unless held on the day the protection plan ended. A CIN plan needs both dates; its last day does not count."""
    held = c.Reviews.CPPreviewDate
    held = held.mask(held == c.of_plan("Reviews", "CPPendDate"))
    plans = c.CINplanDates
    during, covering = in_intervals(
        c.group("Reviews", "episode", "CINplanDates"),
        held,
        c.group("CINplanDates", "episode", "Reviews"),
        plans.CINPlanStartDate,
        plans.CINPlanEndDate,
        end_included=False,
    )
    reviewed = pd.Series(during > 0)
    return (
        flag("Reviews", reviewed)
        + flag("ChildProtectionPlans", c.plan_row("Reviews", reviewed))
        + flag("CINplanDates", covering > 0)
    )


@rule("8841")
def reviewed_by_the_day_the_plan_began(c: CinData) -> Flags:
    early = c.Reviews.CPPreviewDate <= c.of_plan("Reviews", "CPPstartDate")
    return flag("Reviews", early) + flag("ChildProtectionPlans", c.plan_row("Reviews", early))
