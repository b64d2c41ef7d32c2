"""Section 47 enquiries and the initial conferences that follow them."""

from __future__ import annotations

from dfe_returns.contract.calendar import working_day_before
from dfe_returns.validate.data import in_intervals
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.rules.cin.families import flag_overlaps
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("2884")
def conference_recorded_twice(c: CinData) -> Flags:
    """The same day in an enquiry and in CIN details of one child, whichever the episodes."""
    here, there = c.Section47.DateOfInitialCPC, c.CINdetails.DateOfInitialCPC
    enquiries, episodes = in_intervals(c.child("Section47"), here, c.child("CINdetails"), there, there)
    return flag("Section47", enquiries > 0) + flag("CINdetails", episodes > 0)


@rule("2991Q")
def enquiry_without_assessment(c: CinData) -> Flags:
    return flag("Section47", ~c.matches("Section47", "Assessments", "episode"))


@rule("8615")
def enquiry_starts_after_its_conference(c: CinData) -> Flags:
    start, conference = c.Section47.S47ActualStartDate, c.Section47.DateOfInitialCPC
    return flag("Section47", conference.notna() & (start.isna() | (start > conference)))


@rule("8675Q")
def no_conference_after_15_working_days(c: CinData) -> Flags:
    """The last day of the period counts as the first of the 15."""
    begun_before = working_day_before(c.end, 14)
    return flag("Section47", c.awaiting_conference & (c.Section47.S47ActualStartDate < begun_before))


@rule("8740")
def awaiting_conference_and_not_begun_in_the_year(c: CinData) -> Flags:
    return flag("Section47", c.awaiting_conference & c.outside_period(c.Section47.S47ActualStartDate))


@rule("8839")
def several_open_enquiries(c: CinData) -> Flags:
    return flag("Section47", c.open_enquiries & (c.count("Section47", "episode", c.open_enquiries) > 1))


@rule("8890")
def enquiries_overlap(c: CinData) -> Flags:
    """An enquiry without a conference runs on unless no conference was required."""
    until = c.Section47.DateOfInitialCPC.mask(c.open_enquiries, c.end)
    return flag_overlaps(c, "Section47", "episode", "S47ActualStartDate", "DateOfInitialCPC", until)
