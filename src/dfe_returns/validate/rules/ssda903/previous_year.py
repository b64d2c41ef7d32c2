"""This year's return against last year's: the same child, the episode that was open on 31 March."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import carried_over_differs, last_year_same_value
from dfe_returns.validate.views.ssda903 import LookedAfterData, same_value
from dfe_returns.validate.views.ssda903.derived import DerivedViews
from dfe_returns.validate.views.ssda903.episodes import at
from dfe_returns.validate.views.ssda903.intervals import SPAN, keyed
from dfe_returns.validate.views.ssda903.lists import ADOPTED, ELSEWHERE, UNKNOWN_UPN

rule = rules_for("ssda903")

family("ssda903", last_year_same_value, {"203": ("Header", "DOB"), "204": ("Header", "ETHNIC")})
family(
    "ssda903",
    carried_over_differs,
    {
        "503A": ("RNE",),
        "503B": ("LS",),
        "503C": ("CIN",),
        "503E": ("PLACE_PROVIDER",),
        "503F": ("URN",),
        "503H": ("PL_LA",),
        "503J": ("PL_LOCATION",),
    },
)


# ---- the child ----------------------------------------------------------------------------------------------------


@rule("202")
def sex_changed(c: LookedAfterData) -> Flags:
    then = c.from_last("Header", "Header", "SEX")
    if c.year == "2024-25":  # the year in which the codes changed
        then = then.replace({"1": "M", "2": "F"})
    return flag("Header", c.in_last("Header", "Header") & ~same_value(c.Header.SEX, then))


@rule("208")
def upn_changed(c: LookedAfterData) -> Flags:
    now, then = c.Header.UPN, c.from_last("Header", "Header", "UPN")
    found = then.isin(UNKNOWN_UPN) & now.notna() & ~now.isin(UNKNOWN_UPN)
    reached_school_age = (then == "UN1") & now.isin(UNKNOWN_UPN - {"UN1"})
    return flag("Header", then.notna() & ~(now == then) & ~found & ~reached_school_age)


@rule("624")
def birth_of_first_child_changed(c: LookedAfterData) -> Flags:
    given = c.from_last_text("Header", "Header", "MC_DOB").notna()
    return flag("Header", given & ~c.same_as_last("Header", "MC_DOB"))


@rule("626")
def mother_not_reported_last_year(c: LookedAfterData) -> Flags:
    newly = (c.Header.MOTHER == "1") & (c.from_last("Header", "Header", "MOTHER") == "0")
    return flag("Header", newly & (c.Header.MC_DOB < c.start))


# ---- links between the years --------------------------------------------------------------------------------------


@rule("199")
def episode_after_adoption(c: LookedAfterData) -> Flags:
    """Last year's rows count as earlier ones, save those that this year repeats with the same CHILD and DECOM."""
    e, rows = c.Episodes, c.dated_sequence
    adopted = e.REC.isin(ADOPTED).to_numpy()[rows].astype(int)
    so_far = np.cumsum(adopted) - adopted
    first = np.searchsorted(c.child("Episodes").to_numpy()[rows], c.child("Episodes").to_numpy()[rows])
    after = pd.Series(False, index=e.index)
    after.iloc[rows] = so_far > so_far[first]
    return flag("Episodes", after | (e.DECOM >= at(_adopted_last_year(c), c.child("Episodes"))))


def _adopted_last_year(c: LookedAfterData) -> pd.Series:
    """Child number -> start of the first adoption episode that stands in last year's return alone."""
    if c.last is None:
        return pd.Series(dtype="datetime64[us]")
    then = c.last.Episodes
    last = keyed(c.last.child("Episodes"), then.DECOM, SPAN)
    repeated = np.isin(last, keyed(c.child("Episodes"), c.Episodes.DECOM, SPAN))
    kept = then.DECOM[then.REC.isin(ADOPTED) & (last >= 0) & ~repeated]
    return kept.groupby(c.last.child("Episodes")[kept.index]).min()


@rule("562")
def not_the_last_episode_of_last_year(c: LookedAfterData) -> Flags:
    if c.last is None:
        return []
    last = c.last.Episodes.DECOM.groupby(c.last.child("Episodes")).max()
    begun_before = c.is_first & (c.Episodes.DECOM < c.start)
    return flag("Episodes", begun_before & ~(at(last, c.child("Episodes")) == c.Episodes.DECOM))


@rule("NoE")
def unknown_last_year(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.DECOM < c.start) & ~c.in_last("Episodes", "Episodes"))


# ---- the episode carried over -------------------------------------------------------------------------------------


def _flag_pairs(failing: pd.Series) -> Flags:
    return flag("Episodes", failing.index[failing])


@rule("502")
def carried_over_with_another_start(c: LookedAfterData) -> Flags:
    now, then = c.pair("DECOM")
    return _flag_pairs(then.notna() & (now != then))


@rule("503D")
def carried_over_with_another_placement(c: LookedAfterData) -> Flags:
    now, then = c.pair("PLACE")
    renamed = pd.Series(False, index=now.index)
    if c.year == "2024-25":
        renamed = (then == "H5") & (now == "K3")
    if c.year == "2025-26":
        renamed = (then == "Z1") & now.isin(ELSEWHERE)
    return _flag_pairs(~same_value(now, then) & ~renamed)


def _same_reason(c: LookedAfterData) -> pd.Series:
    now, then = c.pair("RNE")
    return now.notna() & (now == then)


@rule("452")
def same_episode_in_another_authority(c: LookedAfterData) -> Flags:
    return _flag_pairs(_same_reason(c) & ~c.pair_same("PL_LA"))


def _distance_differs(c: LookedAfterData) -> pd.Series:
    """Distances of a carried-over pair two tenths of a mile or more apart, or only one of them given."""
    now, then = c.pair("PL_DISTANCE")
    rows = c.carried_over
    last = c.last if isinstance(c.last, DerivedViews) else c
    given_now = take(c.has_distance.astype("boolean"), pd.Series(rows.index.to_numpy(), index=rows.index))
    given_then = take(last.has_distance.astype("boolean"), rows.last_row)
    apart = ((now * 10).round() - (then * 10).round()).abs() >= 2
    return (given_now != given_then).astype(bool) | apart


@rule("503G")
def carried_over_at_another_distance(c: LookedAfterData) -> Flags:
    return _flag_pairs(_distance_differs(c))


@rule("453")
def same_episode_at_another_distance(c: LookedAfterData) -> Flags:
    return _flag_pairs(_same_reason(c) & _distance_differs(c))
