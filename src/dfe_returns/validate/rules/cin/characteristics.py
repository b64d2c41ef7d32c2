"""Disabilities of the child. Ethnicity is checked as a field."""

from __future__ import annotations

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("8540")
def disability_not_answered(c: CinData) -> Flags:
    """For children who are born and had a referral that went further."""
    invalid = ~c.Disabilities.Disability.isin(c.codeset("disability"))
    asked = c.ChildIdentifiers.PersonBirthDate.notna() & c.matches(
        "ChildIdentifiers", "CINdetails", "child", c.went_further
    )
    answered = c.matches("ChildIdentifiers", "Disabilities", "child")
    failing = asked & (~answered | c.matches("ChildIdentifiers", "Disabilities", "child", invalid))
    return (
        flag("ChildIdentifiers", failing)
        + flag("Disabilities", invalid & c.matches("Disabilities", "ChildIdentifiers", "child", failing))
        + flag("CINdetails", c.went_further & c.matches("CINdetails", "ChildIdentifiers", "child", failing))
    )


@rule("8790")
def none_beside_a_disability(c: CinData) -> Flags:
    none = c.Disabilities.Disability.str.upper() == "NONE"
    return flag("Disabilities", c.disabled_rows & c.matches("Disabilities", "Disabilities", "child", none))
