"""Placements: codes, providers, reasons for moving, ages, time limits, postcodes and distance."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from dfe_returns.validate.data import take
from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import family, rules_for
from dfe_returns.validate.rules.ssda903._families import birthday, child_rows, must_be_blank_when
from dfe_returns.validate.views.ssda903 import LookedAfterData, same_value
from dfe_returns.validate.views.ssda903.lists import ADOPTIVE, FOSTER, TEMPORARY

rule = rules_for("ssda903")

RESPITE = ("V3", "V4")
FARTHEST = 999.9  # also what the department writes for an unknown distance
REGULATIONS_OF_2015 = pd.Timestamp(2015, 4, 1)
P2_WITHDRAWN = pd.Timestamp(2023, 10, 28)

family("ssda903", must_be_blank_when, {"214": ("Episodes", "LS", RESPITE, "PL_POST", "URN")})


# ---- codes and providers ------------------------------------------------------------------------------------------


@rule("146")
def placement_unknown(c: LookedAfterData) -> Flags:
    known = c.codeset("PLACE") | ({"H5", "P2"} if c.year == "2024-25" else set())  # the rule let go of them a year late
    return flag("Episodes", c.Episodes.PLACE.notna() & ~c.Episodes.PLACE.isin(known))


@rule("178")
def provider_unknown_or_not_due(c: LookedAfterData) -> Flags:
    e = c.Episodes
    unfit = ~e.PLACE_PROVIDER.isin(c.codeset("PLACE_PROVIDER")) | e.PLACE.isin(c.no_provider)
    return flag("Episodes", e.PLACE_PROVIDER.notna() & unfit)


@rule("213")
def provider_not_due(c: LookedAfterData) -> Flags:
    return must_be_blank_when(c, "Episodes", "PLACE", c.no_provider_213, "PLACE_PROVIDER")


@rule("526")
def provider_missing(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.PLACE_PROVIDER.isna() & ~c.Episodes.PLACE.isin(c.no_provider))


def provider_does_not_fit(c: LookedAfterData, provider: str, places: Collection[str]) -> Flags:
    """The provider is used with one of the placements."""
    return flag("Episodes", (c.Episodes.PLACE_PROVIDER == provider) & c.Episodes.PLACE.isin(places))


family(
    "ssda903",
    provider_does_not_fit,
    {
        "527": ("PR1", {"P1", "R2", "R5"}),
        "528": ("PR2", {"P1", "R2", "R5"}),
        "529": ("PR3", {"P1", "K1", "K2"} | ADOPTIVE | FOSTER),
        "530": ("PR4", {"P1"}),
        "531": ("PR5", {"P1"}),
    },
)


@rule("550")
def parents_as_provider_elsewhere(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.PLACE_PROVIDER == "PR0") & ~(c.Episodes.PLACE == "P1"))


@rule("516")
def order_for_carers_not_from_foster_care(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.REC.isin(["E45", "E46"]) & ~c.Episodes.PLACE.isin(FOSTER))


@rule("217")
def adoption_by_carers_began_otherwise(c: LookedAfterData) -> Flags:
    e = c.Episodes
    with_carers = e.PLACE.isin(["A3", "A5"]) & (e.DECOM >= REGULATIONS_OF_2015)
    return flag("Episodes", with_carers & ~e.RNE.isin(["S", "T", "U"]))


@rule("217t")
def independent_living_after_its_end(c: LookedAfterData) -> Flags:
    e = c.Episodes
    return flag("Episodes", (e.PLACE == "P2") & (c.open("Episodes") | (e.DEC > P2_WITHDRAWN)))


# ---- reasons for moving -------------------------------------------------------------------------------------------


@rule("225")
def reason_for_move_missing(c: LookedAfterData) -> Flags:
    e = c.Episodes
    moves = (e.REC == "X1") & c.next("RNE").isin(["P", "B", "T", "U"])
    settled = ~e.PLACE.isin(TEMPORARY) & ~c.next("PLACE").isin(TEMPORARY)
    return flag("Episodes", moves & settled & e.REASON_PLACE_CHANGE.isna())


@rule("226")
def reason_for_move_around_a_temporary_placement(c: LookedAfterData) -> Flags:
    given = c.filled("Episodes", "REASON_PLACE_CHANGE") | c.previous_filled("REASON_PLACE_CHANGE")
    return flag("Episodes", c.Episodes.PLACE.isin(TEMPORARY) & given)


@rule("233")
def reason_for_move_on_an_open_episode(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.open("Episodes") & c.filled("Episodes", "REASON_PLACE_CHANGE"))


@rule("234")
def custody_under_10(c: LookedAfterData) -> Flags:
    e = c.Episodes
    moved_on = take(e.DECOM, c.next_among(e.DECOM.notna()))
    failing = (e.REASON_PLACE_CHANGE == "CUSTOD") & (moved_on < birthday(c, "Episodes", 10))
    return flag("Episodes", failing) + flag("Header", child_rows(c, "Episodes", "Header", failing))


# ---- ages ---------------------------------------------------------------------------------------------------------


def too_young(c: LookedAfterData, place: str, age: int) -> Flags:
    """The placement begins before a birthday by Header DOB."""
    e = c.Episodes
    return flag("Episodes", (e.PLACE == place) & (e.DECOM < birthday(c, "Episodes", age)))


family("ssda903", too_young, {"372": ("R5", 10), "373": ("S1", 4), "374": ("P3", 14)})


@rule("370")
def too_young_for_independent_living(c: LookedAfterData) -> Flags:
    return too_young(c, "P2", 16 if c.since("2023-24") else 15)


@rule("371")
def too_young_for_supported_accommodation(c: LookedAfterData) -> Flags:
    return too_young(c, "K3" if c.since("2024-25") else "H5", 16 if c.since("2023-24") else 14)


# ---- temporary placements -----------------------------------------------------------------------------------------


def temporary_too_long(c: LookedAfterData, place: str, days: int) -> Flags:
    """The placement ends later than so many days after its start."""
    e = c.Episodes
    return flag("Episodes", (e.PLACE == place) & (e.DEC > e.DECOM + pd.Timedelta(days, "D")))


family("ssda903", temporary_too_long, {"375": ("T1", 42), "376": ("T3", 21), "379": ("T4", 7)})


@rule("377")
def third_holiday_of_the_carer(c: LookedAfterData) -> Flags:
    holiday = c.Episodes.PLACE == "T3"
    return flag("Episodes", holiday & (c.count("Episodes", "child", where=holiday) > 2))


@rule("380")
def temporary_began_otherwise(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.PLACE.isin(TEMPORARY) & ~c.Episodes.RNE.isin(["P", "B"]))


@rule("381")
def care_ended_from_a_temporary_placement(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.PLACE.isin(TEMPORARY) & c.ending_reason)


@rule("383")
def no_return_after_a_temporary_placement(c: LookedAfterData) -> Flags:
    e = c.Episodes
    before = take(c.previous_row.astype("Int64"), c.previous_row).fillna(-1).astype("int64")
    back = (e.RNE == "P") & same_value(e.PLACE, take(e.PLACE, before))
    if c.since("2025-26"):
        back &= same_value(e.PL_POST, take(e.PL_POST, before))
    return flag("Episodes", (before >= 0) & c.previous("PLACE").isin(TEMPORARY) & ~back)


# ---- postcodes ----------------------------------------------------------------------------------------------------


@rule("392b")
def postcode_missing(c: LookedAfterData) -> Flags:
    missing = c.Episodes.HOME_POST.isna() | c.Episodes.PL_POST.isna()
    return flag("Episodes", missing & ~c.respite & ~c.known_uasc("Episodes"))


@rule("392c")
def postcode_unknown(c: LookedAfterData) -> Flags:
    flags: Flags = []
    for field in ("HOME_POST", "PL_POST"):
        flags += flag("Episodes", c.filled("Episodes", field) & ~c.in_directory(field), field)
    return flags


@rule("392d")
def placed_at_home_but_not_with_parents(c: LookedAfterData) -> Flags:
    e = c.Episodes
    return flag("Episodes", (e.HOME_POST == e.PL_POST) & ~(e.PLACE == "P1"))


# ---- authority, location and distance -----------------------------------------------------------------------------


@rule("169")
def placement_authority_unknown(c: LookedAfterData) -> Flags:
    return flag("Episodes", ~c.respite & c.placement_la.isna())


@rule("179")
def placement_location_unknown(c: LookedAfterData) -> Flags:
    return flag("Episodes", ~c.respite & c.placement_location.isna())


@rule("411")
def inside_but_in_another_authority(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.placement_location == "IN") & ~(c.placement_la == c.authority_code))


@rule("420")
def placement_authority_of_respite(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.respite & c.placement_la.notna())


@rule("1015")
def own_provision_in_another_authority(c: LookedAfterData) -> Flags:
    e = c.Episodes
    anywhere = ADOPTIVE | FOSTER | ({"K3"} if c.since("2025-26") else set())
    own = (e.PLACE_PROVIDER == "PR1") & e.PLACE.notna() & ~e.PLACE.isin(anywhere)
    return flag("Episodes", own & e.LS.notna() & ~c.respite & ~(c.placement_la == c.authority_code))


@rule("164")
def distance_impossible(c: LookedAfterData) -> Flags:
    unfit = (c.placement_distance < 0) | (c.placement_distance > FARTHEST)
    return flag("Episodes", unfit & ~c.respite & ~c.known_uasc("Episodes"))


@rule("392a")
def distance_missing(c: LookedAfterData) -> Flags:
    return flag("Episodes", ~c.has_distance & ~c.respite & ~c.known_uasc("Episodes"))


@rule("406")
def distance_of_asylum_seeker(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.has_distance & c.known_uasc("Episodes"))


@rule("454")
def very_far_from_home(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.placement_distance > 350) & ~(c.placement_distance == FARTHEST))
