"""Closure of a CIN episode."""

from __future__ import annotations

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")

DATES_OF_WORK = (
    ("Assessments", "AssessmentActualStartDate"),
    ("Assessments", "AssessmentAuthorisationDate"),
    ("Section47", "S47ActualStartDate"),
    ("Section47", "DateOfInitialCPC"),
    ("ChildProtectionPlans", "CPPendDate"),
    ("CINplanDates", "CINPlanStartDate"),
    ("CINplanDates", "CINPlanEndDate"),
)


@rule("2990")
def work_though_closed_after_assessment(c: CinData) -> Flags:
    closed, failing = c.closed_after_assessment, c.CINdetails.DateOfInitialCPC.notna()
    work = ("Section47", "ChildProtectionPlans", "CINplanDates")
    for table in work:
        failing |= c.matches("CINdetails", table, "episode")
    flags = flag("CINdetails", closed & failing, "ReasonForClosure", "DateOfInitialCPC")
    for table in work:
        flags += flag(table, c.matches(table, "CINdetails", "episode", closed), "LAchildID")
    return flags


@rule("8565")
def work_after_closure(c: CinData) -> Flags:
    closed = c.CINdetails.CINclosureDate
    flags = flag("CINdetails", c.CINdetails.DateOfInitialCPC > closed, "CINclosureDate", "DateOfInitialCPC")
    for table, field in DATES_OF_WORK:
        flags += flag(table, c.frame(table)[field] > c.earliest(table, "CINdetails", "CINclosureDate"), field)
        flags += flag("CINdetails", closed < c.latest("CINdetails", table, field), "CINclosureDate")
    return flags


@rule("8585Q")
def closed_by_death_without_its_date(c: CinData) -> Flags:
    failing = (c.CINdetails.ReasonForClosure == "RC2") & c.of_child("CINdetails", "PersonDeathDate").isna()
    return flag("CINdetails", failing) + flag("ChildIdentifiers", c.child_row("CINdetails", failing))


@rule("8825Q")
def closed_after_assessment_without_one(c: CinData) -> Flags:
    return flag("CINdetails", c.closed_after_assessment & ~c.matches("CINdetails", "Assessments", "episode"))


@rule("8867")
def closed_with_open_assessment(c: CinData) -> Flags:
    closed, unfinished = c.CINdetails.CINclosureDate.notna(), c.Assessments.AssessmentAuthorisationDate.isna()
    return flag("CINdetails", closed & c.matches("CINdetails", "Assessments", "episode", unfinished)) + flag(
        "Assessments", unfinished & c.matches("Assessments", "CINdetails", "episode", closed)
    )


@rule("8868")
def closed_with_open_enquiry(c: CinData) -> Flags:
    closed, unfinished = c.CINdetails.CINclosureDate.notna(), c.open_enquiries
    return flag(
        "CINdetails", closed & c.matches("CINdetails", "Section47", "episode", unfinished), "CINclosureDate"
    ) + flag("Section47", unfinished & c.matches("Section47", "CINdetails", "episode", closed))


@rule("8873Q")
def nothing_found_but_not_closed_so(c: CinData) -> Flags:
    """The only assessment of the episode found no factors (21), yet the episode did not end with it."""
    alone = c.count("Assessments", "episode") == 1
    reason = c.of_episode("Assessments", "ReasonForClosure")
    failing = alone & c.has_factor(c.factors.code == "21") & ~reason.isin(c.AFTER_ASSESSMENT)
    return flag("Assessments", failing) + flag("CINdetails", c.episode_row("Assessments", failing))
