"""Who the child is: birth, death, sex and the unique pupil number. The layout of numbers is checked field by field."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.cells import add_years, day_plus_days, day_plus_months, day_plus_years
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")

REASONS_FOR_NO_UPN = ("UN2", "UN3", "UN4", "UN5", "UN6", "UN7")
"""Reasons that are good enough for a child of school age (UN1 says the child is not)."""


@rule("8520")
def born_after_the_reference_date(c: CinData) -> Flags:
    return flag("ChildIdentifiers", c.ChildIdentifiers.PersonBirthDate > c.end)


@rule("8525Q")
def born_and_expected_or_neither(c: CinData) -> Flags:
    who = c.ChildIdentifiers
    return flag("ChildIdentifiers", who.PersonBirthDate.isna() == who.ExpectedPersonBirthDate.isna())


@rule("8530Q")
def expected_outside_march_to_december(c: CinData) -> Flags:
    due = c.ChildIdentifiers.ExpectedPersonBirthDate
    first, last = day_plus_days(c.end, -30), day_plus_months(c.end, 9)
    return flag("ChildIdentifiers", (due < first) | (due > last))


@rule("8535Q")
def died_before_birth(c: CinData) -> Flags:
    born, died = c.ChildIdentifiers.PersonBirthDate, c.ChildIdentifiers.PersonDeathDate
    return flag("ChildIdentifiers", died.notna() & (born.isna() | (born > died)))


@rule("8750")
def unborn_with_a_sex(c: CinData) -> Flags:
    who = c.ChildIdentifiers
    field, unknown = c.sex_field
    unborn = who.ExpectedPersonBirthDate.notna() & who.PersonBirthDate.isna()
    marked = (field, "PersonBirthDate", "ExpectedPersonBirthDate")
    return flag("ChildIdentifiers", unborn & (who[field] != unknown), *marked)


@rule("8770Q", since="2024-25")
def no_upn_at_school_age(c: CinData) -> Flags:
    """School age: born by the 31 August six years before the year of the reference date."""
    return no_upn(c, born_by=pd.Timestamp(max(c.end.year - 6, 1), 8, 31))


@rule("8770Q", until="2023-24")
def no_upn_at_six(c: CinData) -> Flags:
    return no_upn(c, born_by=day_plus_years(c.end, -6))


def no_upn(c: CinData, born_by: pd.Timestamp) -> Flags:
    who = c.ChildIdentifiers
    helped = c.matches("ChildIdentifiers", "CINdetails", "child", c.went_further)
    explained = who.UPNunknown.str.upper().isin(REASONS_FOR_NO_UPN)
    return flag("ChildIdentifiers", (who.PersonBirthDate <= born_by) & helped & who.UPN.isna() & ~explained)


@rule("8772")
def un7_though_a_referral_went_further(c: CinData) -> Flags:
    un7, helped = c.ChildIdentifiers.UPNunknown == "UN7", ~c.no_further_action
    return flag("ChildIdentifiers", un7 & c.matches("ChildIdentifiers", "CINdetails", "child", helped)) + flag(
        "CINdetails", helped & c.matches("CINdetails", "ChildIdentifiers", "child", un7)
    )


@rule("8775Q")
def over_25(c: CinData) -> Flags:
    born = c.of_child("CINdetails", "PersonBirthDate")
    closed = c.CINdetails.CINclosureDate
    too_old = (born < day_plus_years(c.end, -25)) & (closed.isna() | (closed > add_years(born, 25)))
    return flag("CINdetails", too_old) + flag("ChildIdentifiers", c.child_row("CINdetails", too_old))
