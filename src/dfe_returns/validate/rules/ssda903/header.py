"""Who the children are: sex, birth, ethnic origin, UPN, mothers."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.cells import add_years
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import (
    any_filled,
    child_rows,
    ends_by_start,
    given_needs_companion,
    later_than_end,
)
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.lists import CARE_LEAVER_ITEMS, UNKNOWN_UPN

rule = rules_for("ssda903")

family("ssda903", later_than_end, {"301": ("Header", "DOB")})
family("ssda903", given_needs_companion, {"611": ("Header", "MOTHER", "MC_DOB", {"1"})})
family("ssda903", ends_by_start, {"621": ("Header", "DOB", "MC_DOB")})


@rule("105")
def asylum_flag_unknown(c: LookedAfterData) -> Flags:
    return flag("Header", ~c.Header.UASC.isin(["0", "1"]))


@rule("232")
def sex_unknown(c: LookedAfterData) -> Flags:
    return flag("Header", c.Header.SEX.isin(c.unknown_sex))


@rule("351")
def too_old(c: LookedAfterData) -> Flags:
    age = 25 if c.since("2023-24") else 21
    return flag("Header", add_years(c.Header.DOB, age) < c.start)


# ---- UPN ----------------------------------------------------------------------------------------------------------


@rule("209")
def school_age_without_upn(c: LookedAfterData) -> Flags:
    school_year = pd.Timestamp(c.start.year - 1, 8, 31)
    return flag("Header", (c.Header.UPN == "UN1") & (add_years(c.Header.DOB, 4) <= school_year))


@rule("210")
def upn_not_yet_known_after_a_week(c: LookedAfterData) -> Flags:
    last_week = pd.Timestamp(c.end.year, 3, 24)
    failing = (c.Episodes.DECOM < last_week) & (c.look_up("Episodes", "Header", "UPN") == "UN4")
    return flag("Episodes", failing) + flag("Header", child_rows(c, "Episodes", "Header", failing))


@rule("442")
def upn_missing(c: LookedAfterData) -> Flags:
    return flag("Header", c.Header.UPN.isna() & c.matches("Header", "Episodes", where=~c.respite))


@rule("444")
def upn_repeated(c: LookedAfterData) -> Flags:
    upn = c.Header.UPN
    return flag("Header", upn.notna() & ~upn.isin(UNKNOWN_UPN) & upn.duplicated(keep=False))


# ---- mothers ------------------------------------------------------------------------------------------------------


@rule("165")
def mother_status_wrong(c: LookedAfterData) -> Flags:
    mother, sex = c.Header.MOTHER, c.Header.SEX
    looked_after = c.matches("Header", "Episodes", where=c.overlaps_year & ~c.respite)
    unknown = mother.notna() & ~mother.isin(["0", "1"])
    missing = mother.isna() & sex.isin(c.female) & looked_after
    failing = unknown | (mother.notna() & sex.isin(c.male)) | missing
    return flag("Header", failing) + flag("OC3", child_rows(c, "Header", "OC3", failing))


@rule("174")
def male_with_child_as_mother(c: LookedAfterData) -> Flags:
    return flag("Header", c.Header.SEX.isin(c.male) & c.filled("Header", "MC_DOB"))


@rule("207")
def no_longer_a_mother(c: LookedAfterData) -> Flags:
    was_mother = c.from_last("Header", "Header", "MOTHER") == "1"
    return flag("Header", was_mother & ~(c.Header.MOTHER == "1") & c.matches("Header", "Episodes"))


@rule("393")
def girl_without_mother_status(c: LookedAfterData) -> Flags:
    girl = c.Header.SEX.isin(c.female) & c.Header.MOTHER.isna()
    return flag("Header", girl & c.matches("Header", "Episodes", where=~c.respite))


@rule("607")
def girl_left_care_without_mother_status(c: LookedAfterData) -> Flags:
    left = c.in_period(c.Episodes.DEC) & c.ending_reason & ~c.respite
    girl = c.look_up("Episodes", "Header", "SEX").isin(c.female)
    failing = left & girl & c.look_up("Episodes", "Header", "MOTHER").isna()
    return flag("Episodes", failing) + flag("Header", child_rows(c, "Episodes", "Header", failing))


@rule("612")
def child_born_to_no_mother(c: LookedAfterData) -> Flags:
    no_mother = c.Header.MOTHER.isna() | (c.Header.MOTHER == "0")
    return flag("Header", c.Header.SEX.isin(c.female) & no_mother & c.filled("Header", "MC_DOB"))


@rule("620")
def mother_too_young(c: LookedAfterData) -> Flags:
    return flag("Header", (c.Header.MOTHER == "1") & (add_years(c.Header.DOB, 11) > c.start))


@rule("625")
def child_born_too_late(c: LookedAfterData) -> Flags:
    born = c.Header.MC_DOB
    failing = (born > c.end) | (born > c.latest_episode("Header", "DEC"))
    return flag("Header", failing) + flag("Episodes", pd.Index(c.latest_row_of("Header")[failing]))


@rule("628")
def mother_status_of_a_care_leaver(c: LookedAfterData) -> Flags:
    care_leaver = c.matches("Header", "OC3", where=any_filled(c, "OC3", *CARE_LEAVER_ITEMS))
    return flag("Header", care_leaver & ~c.matches("Header", "Episodes") & c.Header.MOTHER.notna())


@rule("EPI")
def neither_episodes_nor_care_leaver(c: LookedAfterData) -> Flags:
    return flag("Header", ~c.matches("Header", "Episodes") & ~c.matches("Header", "OC3"))


@rule("399")
def respite_only_with_mother_status_or_reviews(c: LookedAfterData) -> Flags:
    """Children all of whose episodes are respite; one episode under another status, or none, exempts the child."""
    other = ~c.respite
    reviewed = c.filled("Reviews", "REVIEW") | c.filled("Reviews", "REVIEW_CODE")
    reviews = reviewed & _respite_only(c, "Reviews", other)
    mother = c.is_child_row("Header") & c.Header.MOTHER.notna() & _respite_only(c, "Header", other)
    episodes = _respite_only(c, "Episodes", other) & (
        c.look_up("Episodes", "Header", "MOTHER").notna() | c.matches("Episodes", "Reviews", where=reviewed)
    )
    of_reviews = c.is_child_row("Header") & c.matches("Header", "Reviews", where=reviews)
    return flag("Episodes", episodes) + flag("Header", mother | of_reviews) + flag("Reviews", reviews)


def _respite_only(c: LookedAfterData, table: str, other: pd.Series) -> pd.Series:
    return c.matches(table, "Episodes") & ~c.matches(table, "Episodes", where=other)
