"""Referrals and the CIN episodes that follow from them."""

from __future__ import annotations

import pandas as pd

from dfe_returns.contract.calendar import working_day_before
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.rules.cin.families import flag_overlaps
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("8569Q")
def old_referral_not_taken_further(c: CinData) -> Flags:
    before = working_day_before(c.start, 1)
    return flag("CINdetails", (c.CINdetails.CINreferralDate < before) & ~c.went_further)


@rule("8590")
def child_without_episode(c: CinData) -> Flags:
    return flag("ChildIdentifiers", ~c.matches("ChildIdentifiers", "CINdetails", "child"))


@rule("8606")
def referred_before_conception(c: CinData) -> Flags:
    nine_months = pd.Timedelta(days=280)
    referred = c.CINdetails.CINreferralDate
    early = pd.Series(False, index=referred.index)
    for field in ("PersonBirthDate", "ExpectedPersonBirthDate"):
        early |= c.of_child("CINdetails", field) - referred > nine_months
    return flag("CINdetails", early) + flag("ChildIdentifiers", c.child_row("CINdetails", early))


@rule("8610")
def no_primary_need(c: CinData) -> Flags:
    return flag("CINdetails", c.went_further & c.CINdetails.PrimaryNeedCode.isna())


@rule("8815")
def several_open_episodes(c: CinData) -> Flags:
    unended = c.open_episodes
    return flag("CINdetails", unended & (c.count("CINdetails", "child", unended) > 1), "CINclosureDate")


@rule("8816")
def open_episode_is_not_the_latest(c: CinData) -> Flags:
    latest = c.latest_referral
    failing = c.open_episodes & (latest >= 0) & (latest != latest.index)
    return flag("CINdetails", failing, "CINreferralDate") + flag(
        "CINdetails", latest[failing].to_numpy(), "CINreferralDate"
    )


@rule("8820")
def episodes_overlap(c: CinData) -> Flags:
    """An open episode runs on only when its referral went further."""
    until = c.CINdetails.CINclosureDate.mask(c.open_episodes, c.end)
    return flag_overlaps(c, "CINdetails", "child", "CINreferralDate", "CINclosureDate", until, end_included=False)


@rule("8831")
def work_after_no_further_action(c: CinData) -> Flags:
    conference = c.CINdetails.DateOfInitialCPC.notna()
    assessed = c.Assessments.AssessmentActualStartDate.notna() | c.Assessments.AssessmentAuthorisationDate.notna()
    enquired = c.Section47.S47ActualStartDate.notna() | c.Section47.DateOfInitialCPC.notna()
    worked = c.matches("CINdetails", "Assessments", "episode", assessed) | c.matches(
        "CINdetails", "Section47", "episode", enquired
    )
    stopped = c.no_further_action
    return (
        flag("CINdetails", stopped & (worked | conference), "ReferralNFA")
        + flag("CINdetails", stopped & conference, "DateOfInitialCPC")
        + flag("Assessments", assessed & c.matches("Assessments", "CINdetails", "episode", stopped))
        + flag("Section47", enquired & c.matches("Section47", "CINdetails", "episode", stopped))
    )


@rule("8866")
def referral_source_missing(c: CinData) -> Flags:
    since_2013 = c.CINdetails.CINreferralDate >= pd.Timestamp(2013, 4, 1)
    return flag("CINdetails", since_2013 & ~c.CINdetails.ReferralSource.isin(c.codeset("referral_source")))
