"""Assessments and the factors found at them."""

from __future__ import annotations

from dfe_returns.contract.calendar import working_day_before
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.views.cin import CinData

rule = rules_for("cin")


@rule("8614")
def factors_before_authorisation(c: CinData) -> Flags:
    failing = c.Assessments.AssessmentAuthorisationDate.isna() & c.has_factor(c.factors.code.notna())
    return flag("Assessments", failing)


@rule("8670Q")
def unfinished_after_45_working_days(c: CinData) -> Flags:
    """The last day of the period counts as the first of the 45."""
    begun_before = working_day_before(c.end, 44)
    made = c.Assessments
    return flag(
        "Assessments", made.AssessmentAuthorisationDate.isna() & (made.AssessmentActualStartDate < begun_before)
    )


@rule("8736")
def unfinished_and_not_begun_in_the_year(c: CinData) -> Flags:
    made = c.Assessments
    return flag("Assessments", made.AssessmentAuthorisationDate.isna() & ~c.in_period(made.AssessmentActualStartDate))


@rule("8869")
def no_factors_beside_factors(c: CinData) -> Flags:
    none_found = c.factors.code == "21"
    return flag("Assessments", c.has_factor(none_found) & c.has_factor(~none_found))


@rule("8897Q")
def authorised_without_a_valid_factor(c: CinData) -> Flags:
    authorised = c.Assessments.AssessmentAuthorisationDate >= c.start
    invalid = ~c.factors.code.isin(c.codeset("assessment_factors"))
    return flag("Assessments", authorised & (~c.has_factor(c.factors.code.notna()) | c.has_factor(invalid)))


@rule("8898")
def factor_repeated(c: CinData) -> Flags:
    return flag("Assessments", c.has_factor(c.factors.duplicated()))


def factor_no_longer_wanted(c: CinData, code: str) -> Flags:
    return flag("Assessments", c.has_factor(c.factors.code.str.upper() == code))


family("cin", factor_no_longer_wanted, {"8945Q": ("18A",), "8950Q": ("19A",)})
