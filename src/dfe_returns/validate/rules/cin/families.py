"""Look-alike rules of several subjects: one test each, told apart by table and field."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.data import starts_within_another
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family
from dfe_returns.validate.views.cin import CinData


def begun_before_referral(c: CinData, table: str, field: str) -> Flags:
    early = c.frame(table)[field] < c.of_episode(table, "CINreferralDate")
    return flag(table, early, field) + flag("CINdetails", c.episode_row(table, early), "CINreferralDate")


family(
    "cin",
    begun_before_referral,
    {
        "1103": ("Assessments", "AssessmentActualStartDate"),
        "1104": ("Section47", "DateOfInitialCPC"),
        "1105": ("ChildProtectionPlans", "CPPstartDate"),
        "2889": ("Section47", "S47ActualStartDate"),
        "4015": ("CINplanDates", "CINPlanStartDate"),
    },
)


def after_death(c: CinData, table: str, field: str) -> Flags:
    late = c.frame(table)[field] > c.of_child(table, "PersonDeathDate")
    return flag(table, late, field) + flag("ChildIdentifiers", c.child_row(table, late), "PersonDeathDate")


family(
    "cin",
    after_death,
    {
        "4008": ("CINplanDates", "CINPlanStartDate"),
        "4009Q": ("CINplanDates", "CINPlanEndDate"),
        "8555Q": ("CINdetails", "CINreferralDate"),
        "8915": ("ChildProtectionPlans", "CPPstartDate"),
        "8920": ("ChildProtectionPlans", "CPPendDate"),
    },
)


def outside_the_year(c: CinData, table: str, field: str) -> Flags:
    return flag(table, c.outside_period(c.frame(table)[field]), field)


family(
    "cin",
    outside_the_year,
    {
        "4013": ("CINplanDates", "CINPlanEndDate"),
        "8545Q": ("ChildIdentifiers", "PersonDeathDate"),
        "8620": ("CINdetails", "CINclosureDate"),
        "8696": ("Assessments", "AssessmentAuthorisationDate"),
        "8715": ("Section47", "DateOfInitialCPC"),
        "8930": ("ChildProtectionPlans", "CPPendDate"),
        "9005": ("PreProceedings", "PPStartDate"),
        "9008": ("PreProceedings", "InitialPPMeetingDate"),
    },
)


def outside_the_year_or_before(c: CinData, table: str, field: str, earlier: str) -> Flags:
    days = c.frame(table)[field]
    return flag(table, c.outside_period(days) | (days < c.frame(table)[earlier]), field)


family(
    "cin",
    outside_the_year_or_before,
    {
        "9006": ("PreProceedings", "LBPSentDate", "PPStartDate"),
        "9009": ("PreProceedings", "StepDecisionDate", "PPStartDate"),
        "9012": ("PreProceedings", "CourtAppDate", "StepDecisionDate"),
        "9013": ("PreProceedings", "LetterInitCPDate", "CourtAppDate"),
    },
)


def start_missing_or_in_the_future(c: CinData, table: str, field: str) -> Flags:
    start = c.frame(table)[field]
    return flag(table, start.isna() | (start > c.end), field)


family(
    "cin",
    start_missing_or_in_the_future,
    {
        "4010": ("CINplanDates", "CINPlanStartDate"),
        "8600": ("CINdetails", "CINreferralDate"),
        "8720": ("ChildProtectionPlans", "CPPstartDate"),
    },
)


def ends_before_it_starts(c: CinData, table: str, start: str, end: str) -> Flags:
    return flag(table, c.frame(table)[end] < c.frame(table)[start], start, end)


family(
    "cin",
    ends_before_it_starts,
    {
        "4011": ("CINplanDates", "CINPlanStartDate", "CINPlanEndDate"),
        "8608": ("Assessments", "AssessmentActualStartDate", "AssessmentAuthorisationDate"),
        "8630": ("CINdetails", "CINreferralDate", "CINclosureDate"),
        "8925": ("ChildProtectionPlans", "CPPstartDate", "CPPendDate"),
    },
)


def lasts_no_day(c: CinData, table: str, start: str, end: str) -> Flags:
    return flag(table, c.frame(table)[end] == c.frame(table)[start], start, end)


family(
    "cin",
    lasts_no_day,
    {
        "4012Q": ("CINplanDates", "CINPlanStartDate", "CINPlanEndDate"),
        "8840": ("ChildProtectionPlans", "CPPstartDate", "CPPendDate"),
    },
)


def given_without_companion(c: CinData, table: str, given: str, companion: str, *marked: str) -> Flags:
    rows = c.frame(table)[given].notna() & c.frame(table)[companion].isna()
    return flag(table, rows, *(marked or (given, companion)))


family(
    "cin",
    given_without_companion,
    {
        "8805": ("CINdetails", "CINclosureDate", "ReasonForClosure"),
        "8810": ("CINdetails", "ReasonForClosure", "CINclosureDate"),
        "9007": ("PreProceedings", "LBPSentDate", "FGDMMeetingOffer", "FGDMMeetingOffer"),
        "9015Q": ("PreProceedings", "InitialPPMeetingDate", "ReviewMeetingsCount", "ReviewMeetingsCount"),
    },
)


def several_open(c: CinData, table: str, field: str, level: str) -> Flags:
    """More than one record without an end in the same group."""
    unended = c.frame(table)[field].isna()
    return flag(table, unended & (c.count(table, level, unended) > 1), field)


family(
    "cin",
    several_open,
    {
        "4004": ("CINplanDates", "CINPlanEndDate", "episode"),
        "8896": ("Assessments", "AssessmentAuthorisationDate", "episode"),
        "8935": ("ChildProtectionPlans", "CPPendDate", "child"),
    },
)


def overlaps(c: CinData, table: str, level: str, start: str, end: str) -> Flags:
    """One record starts within another of its group, its last day included; an open record runs to the end."""
    days = c.frame(table)
    return flag_overlaps(c, table, level, start, end, days[end].fillna(c.end))


def flag_overlaps(
    c: CinData, table: str, level: str, start: str, end: str, until: pd.Series, end_included: bool = True
) -> Flags:
    inside, around = starts_within_another(c.group(table, level), c.frame(table)[start], until, end_included)
    return flag(table, inside, start) + flag(table, around, start, end)


family(
    "cin",
    overlaps,
    {
        "4014": ("CINplanDates", "child", "CINPlanStartDate", "CINPlanEndDate"),
        "8863Q": ("Assessments", "episode", "AssessmentActualStartDate", "AssessmentAuthorisationDate"),
        "8940": ("ChildProtectionPlans", "child", "CPPstartDate", "CPPendDate"),
    },
)


def not_after_no_further_action(c: CinData, table: str) -> Flags:
    """A module that a referral marked as no further action must not have, whatever the module holds."""
    return flag("CINdetails", c.no_further_action & c.matches("CINdetails", table, "episode"), "ReferralNFA") + flag(
        table, c.matches(table, "CINdetails", "episode", c.no_further_action), "LAchildID"
    )


family("cin", not_after_no_further_action, {"4000": ("CINplanDates",), "8832": ("ChildProtectionPlans",)})


def used_twice(c: CinData, table: str, field: str, within: str = "") -> Flags:
    """The same value on several rows: of the return, or of one child."""
    keys = {"value": c.text(table, field), **({"group": c.group(table, within)} if within else {})}
    usable = keys["value"].notna() & (keys["group"] >= 0 if within else True)
    return flag(table, usable & pd.DataFrame(keys).duplicated(keep=False), field)


family(
    "cin",
    used_twice,
    {
        "1520": ("ChildIdentifiers", "UPN"),
        "8510": ("ChildIdentifiers", "LAchildID"),
        "8794": ("Disabilities", "Disability", "child"),
    },
)
