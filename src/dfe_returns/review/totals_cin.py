"""Totals of the children in need census."""

from __future__ import annotations

import calendar

import pandas as pd

from dfe_returns.contract.calendar import working_days_between
from dfe_returns.review.facts import text_of
from dfe_returns.review.totals import Tally

_FIRST_REVIEW, _NEXT_REVIEW = 91, 183  # days: within three months, then at least every six
_ASSESSMENT_DAYS = ((0, 10), (11, 20), (21, 30), (31, 40), (41, 45), (46, 50), (51, 60), (61, None))
_CONFERENCE_DAYS = ((0, 5), (6, 10), (11, 15), (16, 20), (21, None))
"""Working days as DfE's reports band them."""
_YES = ("1", "true", "True", "TRUE")


def cin_totals(tally: Tally, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Add the totals of one census year; ``tally.tables`` are typed tables."""
    _need(tally, start, end)
    _assessments(tally, start, end)
    _enquiries(tally, start, end)
    _plans(tally, start, end)


def _within(days: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    return days.between(start, end)


def _need(tally: Tally, start: pd.Timestamp, end: pd.Timestamp) -> None:
    d = tally.table(
        "CINdetails",
        "LAchildID",
        "CINreferralDate",
        "ReferralSource",
        "PrimaryNeedCode",
        "CINclosureDate",
        "ReasonForClosure",
        "ReferralNFA",
    )
    nfa = text_of(d["ReferralNFA"]).isin(_YES)
    referred = _within(d["CINreferralDate"], start, end)
    closed = _within(d["CINclosureDate"], start, end) & ~nfa
    live = ~nfa & (d["CINreferralDate"] <= end)
    is_open = live & ~(d["CINclosureDate"] <= end)
    during = live & ~(d["CINclosureDate"] < start)
    order = d[["LAchildID", "CINreferralDate"]].sort_values(["LAchildID", "CINreferralDate"], kind="stable")
    before = order.groupby("LAchildID")["CINreferralDate"].shift()
    again = (order["CINreferralDate"] <= before + pd.DateOffset(months=12)).reindex(d.index)
    section = "Referrals"
    tally.count(section, "referrals", "Referrals in the year", referred.sum())
    tally.count(section, "referrals.nfa", "Referrals with no further action", (referred & nfa).sum())
    tally.percent(
        section,
        "referrals.again",
        "Referrals within 12 months of one before (as far as this return shows)",
        (referred & again).sum(),
        referred.sum(),
    )
    section = "Children in need"
    tally.count(section, "cin.march", "Children in need at 31 March", d.loc[is_open, "LAchildID"].nunique())
    tally.count(section, "cin.year", "Children in need at any time in the year", d.loc[during, "LAchildID"].nunique())
    tally.count(section, "cin.started", "Episodes of need started", (referred & ~nfa).sum())
    tally.count(section, "cin.ended", "Episodes of need ended", closed.sum())
    disabled = tally.table("Disabilities", "LAchildID", "Disability")
    codes = text_of(disabled["Disability"])
    with_one = set(disabled.loc[~codes.isin(["", "NONE"]), "LAchildID"])
    children = d.loc[is_open, "LAchildID"].drop_duplicates()
    tally.percent(
        section,
        "cin.disabled",
        "Children in need at 31 March with a disability",
        children.isin(with_one).sum(),
        len(children),
    )
    tally.by_code(
        "Primary need, open at 31 March", "need", "CINdetails", "PrimaryNeedCode", d.loc[is_open, "PrimaryNeedCode"]
    )
    tally.by_code("Referrals by source", "source", "CINdetails", "ReferralSource", d.loc[referred, "ReferralSource"])
    tally.by_code("Reason for closure", "closure", "CINdetails", "ReasonForClosure", d.loc[closed, "ReasonForClosure"])
    _by_month(tally, "Referrals by month", "month", d.loc[referred, "CINreferralDate"])
    _by_month(tally, "Episodes of need started, by month", "begun", d.loc[referred & ~nfa, "CINreferralDate"])
    _by_month(tally, "Episodes of need ended, by month", "over", d.loc[closed, "CINclosureDate"])


def _by_month(tally: Tally, section: str, key: str, days: pd.Series) -> None:
    for number in (*range(4, 13), 1, 2, 3):
        tally.count(section, f"{key}.{number:02}", calendar.month_name[number], (days.dt.month == number).sum())


def _by_days(tally: Tally, section: str, key: str, days: pd.Series, bands: tuple[tuple[int, int | None], ...]) -> None:
    for low, high in bands:
        label = f"{low} to {high} working days" if high is not None else f"{low} working days or more"
        within = (days >= low) & ((days <= high) if high is not None else True)
        tally.count(section, f"{key}.{low:02}", label, within.sum())


def _assessments(tally: Tally, start: pd.Timestamp, end: pd.Timestamp) -> None:
    a = tally.table("Assessments", "LAchildID", "AssessmentActualStartDate", "AssessmentAuthorisationDate")
    done = _within(a["AssessmentAuthorisationDate"], start, end)
    finished = a[done]
    days = working_days_between(finished["AssessmentActualStartDate"], finished["AssessmentAuthorisationDate"])
    section = "Assessments"
    tally.count(section, "assessments", "Assessments completed", done.sum())
    tally.percent(section, "assessments.45", "Within 45 working days", (days <= 45).sum(), days.notna().sum())
    still = (a["AssessmentActualStartDate"] <= end) & ~(a["AssessmentAuthorisationDate"] <= end)
    tally.count(section, "assessments.open", "Assessments open at 31 March", still.sum())
    _by_days(tally, "Assessments completed, by working days", "length", days, _ASSESSMENT_DAYS)
    factors = tally.table("AssessmentFactorsList", "AssessmentFactor")
    tally.by_code(
        "Factors found at assessment",
        "factor",
        "AssessmentFactorsList",
        "AssessmentFactor",
        factors["AssessmentFactor"],
    )


def _enquiries(tally: Tally, start: pd.Timestamp, end: pd.Timestamp) -> None:
    s = tally.table("Section47", "S47ActualStartDate", "DateOfInitialCPC")
    d = tally.table("CINdetails", "DateOfInitialCPC")
    held = s[_within(s["DateOfInitialCPC"], start, end)]
    days = working_days_between(held["S47ActualStartDate"], held["DateOfInitialCPC"])
    section = "Enquiries and conferences"
    tally.count(section, "s47", "Section 47 enquiries started", _within(s["S47ActualStartDate"], start, end).sum())
    conferences = len(held) + _within(d["DateOfInitialCPC"], start, end).sum()
    tally.count(section, "icpc", "Initial child protection conferences", conferences)
    tally.percent(
        section,
        "icpc.15",
        "Held within 15 working days of the enquiry",
        (days <= 15).sum(),
        days.notna().sum(),
    )
    _by_days(tally, "Conferences, by working days from the enquiry", "wait", days, _CONFERENCE_DAYS)


def _plans(tally: Tally, start: pd.Timestamp, end: pd.Timestamp) -> None:
    p = tally.table(
        "ChildProtectionPlans",
        "LAchildID",
        "CINdetailsID",
        "CPPID",
        "CPPstartDate",
        "CPPendDate",
        "InitialCategoryOfAbuse",
        "LatestCategoryOfAbuse",
        "NumberOfPreviousCPP",
    )
    began, ended = _within(p["CPPstartDate"], start, end), _within(p["CPPendDate"], start, end)
    is_open = (p["CPPstartDate"] <= end) & ~(p["CPPendDate"] <= end)
    again = pd.to_numeric(p["NumberOfPreviousCPP"], errors="coerce") > 0
    two_years = p["CPPstartDate"] + pd.DateOffset(years=2)
    section = "Child protection plans"
    tally.count(section, "cpp.march", "Children on a plan at 31 March", p.loc[is_open, "LAchildID"].nunique())
    tally.count(section, "cpp.started", "Plans started", began.sum())
    tally.count(section, "cpp.ended", "Plans ended", ended.sum())
    tally.percent(section, "cpp.again", "Plans started for a second or later time", (began & again).sum(), began.sum())
    tally.percent(
        section,
        "cpp.long",
        "Plans ended after two years or more",
        (ended & (p["CPPendDate"] >= two_years)).sum(),
        ended.sum(),
    )
    tally.percent(
        section,
        "cpp.open_long",
        "Plans at 31 March open for two years or more",
        (is_open & (two_years <= end)).sum(),
        is_open.sum(),
    )
    due = is_open & (p["CPPstartDate"] + pd.DateOffset(months=3) <= end)
    tally.percent(
        section,
        "cpp.reviewed",
        "Plans at 31 March reviewed in time (as far as the year's reviews show)",
        (due & _reviewed_in_time(tally, p, start, end)).sum(),
        due.sum(),
    )
    tally.by_code(
        "Plans started, by first category",
        "category",
        "ChildProtectionPlans",
        "InitialCategoryOfAbuse",
        p.loc[began, "InitialCategoryOfAbuse"],
    )
    tally.by_code(
        "Plans at 31 March, by latest category",
        "latest",
        "ChildProtectionPlans",
        "LatestCategoryOfAbuse",
        p.loc[is_open, "LatestCategoryOfAbuse"],
    )
    c = tally.table("CINplanDates", "LAchildID", "CINPlanStartDate", "CINPlanEndDate")
    live = (c["CINPlanStartDate"] <= end) & ~(c["CINPlanEndDate"] <= end)
    tally.count(
        "Child in need plans",
        "plan.march",
        "Children on a child in need plan at 31 March",
        c.loc[live, "LAchildID"].nunique(),
    )
    tally.count(
        "Child in need plans",
        "plan.started",
        "Child in need plans started",
        _within(c["CINPlanStartDate"], start, end).sum(),
    )


def _reviewed_in_time(tally: Tally, plans: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """First review within three months, then one every six. Before the year, its first day stands in."""
    keys = ["LAchildID", "CINdetailsID", "CPPID"]
    reviews = tally.table("Reviews", *keys, "CPPreviewDate")[[*keys, "CPPreviewDate"]].rename(
        columns={"CPPreviewDate": "day"}
    )
    own = plans[keys].assign(plan=plans.index)
    reviews = reviews[reviews["day"].notna()].merge(own, on=keys)[["plan", "day"]]
    older = plans["CPPstartDate"] < start
    first = pd.DataFrame({"plan": plans.index, "day": plans["CPPstartDate"].where(~older, start), "first": ~older})
    last = pd.DataFrame({"plan": plans.index, "day": end, "first": False})
    days = pd.concat([first, reviews.assign(first=False), last]).sort_values(
        ["plan", "day"], kind="stable", ignore_index=True
    )
    gap = days.groupby("plan")["day"].diff().dt.days
    limit = days["first"].astype(bool).shift(fill_value=False).map({True: _FIRST_REVIEW, False: _NEXT_REVIEW})
    return ~(gap > limit).groupby(days["plan"]).any().reindex(plans.index, fill_value=False)
