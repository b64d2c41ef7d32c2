"""Counts over the whole return: each fails once for the file, in no row."""

from __future__ import annotations

from dfe_returns.validate.flags import Flags, flag_return
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("2883")
def fewer_conferences_than_plans(c: CinData) -> Flags:
    plans = c.in_period(c.ChildProtectionPlans.CPPstartDate).sum()
    conferences = c.in_period(c.CINdetails.DateOfInitialCPC).sum() + c.in_period(c.Section47.DateOfInitialCPC).sum()
    return flag_return(plans > conferences)


@rule("2886Q")
def sex_unknown_for_over_2_percent(c: CinData) -> Flags:
    field, unknown = c.sex_field
    who = c.ChildIdentifiers
    unstated = (who[field].isna() | (who[field] == unknown)) & who.ExpectedPersonBirthDate.isna()
    return flag_return(unstated.sum() * 50 > len(who))


@rule("2887Q")
def few_kinds_of_disability(c: CinData) -> Flags:
    return flag_return(c.Disabilities.Disability[c.disabled_rows].str.upper().nunique() <= 7)


@rule("2888Q")
def nobody_with_two_disabilities(c: CinData) -> Flags:
    return flag_return(c.count("Disabilities", "child", c.disabled_rows).max() == 1)


@rule("8995Q")
def no_pre_proceedings(c: CinData) -> Flags:
    return flag_return(c.rows("PreProceedings") == 0)
