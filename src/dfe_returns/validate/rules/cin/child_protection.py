"""Child protection plans and the conference each starts with."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.data import in_intervals
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("2885")
def plan_not_begun_at_its_conference(c: CinData) -> Flags:
    """The conference of an enquiry of the episode; only where the episode has no enquiry, that of CIN details."""
    plans, enquiries = "ChildProtectionPlans", "Section47"
    start = c.ChildProtectionPlans.CPPstartDate
    judged = c.in_period(start)
    counted = ~c.true_flag(enquiries, "ICPCnotRequired")
    conference = c.Section47.DateOfInitialCPC.where(counted)
    after_enquiry = c.matches(plans, enquiries, "episode", counted)
    held, _ = in_intervals(
        c.group(plans, "episode", enquiries), start, c.group(enquiries, "episode", plans), conference, conference
    )
    agrees = (start == c.of_episode(plans, "DateOfInitialCPC")).mask(after_enquiry, pd.Series(held > 0))
    # conferences are pointed at only where no plan of their episode agrees with any
    agreed = judged & agrees
    unmet = c.episode_row(plans, judged & ~agrees & ~after_enquiry)
    no_plan_agrees = c.matches(enquiries, plans, "episode", judged) & ~c.matches(enquiries, plans, "episode", agreed)
    return (
        flag(plans, judged & ~agrees)
        + flag(enquiries, counted & no_plan_agrees)
        + flag("CINdetails", unmet.difference(c.CINdetails.index[c.matches("CINdetails", plans, "episode", agreed)]))
    )
