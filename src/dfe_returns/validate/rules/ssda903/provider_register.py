"""URNs: where one is due, and what the register of providers says of it."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.flags import Flags, flag
from dfe_returns.validate.registry import rules_for
from dfe_returns.validate.views.ssda903 import LookedAfterData
from dfe_returns.validate.views.ssda903.derived import OUTSIDE_ENGLAND
from dfe_returns.validate.views.ssda903.lists import ADOPTIVE, FOSTER
from dfe_returns.validate.views.ssda903.register import NO_URN

rule = rules_for("ssda903")

REGULATIONS_OF_2015 = pd.Timestamp(2015, 4, 1)
H5_REGISTERED_FROM = pd.Timestamp(2023, 10, 29)


# ---- where a URN is due -------------------------------------------------------------------------------------------


@rule("218")
def urn_missing(c: LookedAfterData) -> Flags:
    e, authority = c.Episodes, c.placement_la
    abroad = authority.isin(OUTSIDE_ENGLAND) if c.since("2025-26") else authority.str[:1].isin(list("NWSC"))
    recent = c.open("Episodes") | (e.DEC >= REGULATIONS_OF_2015)
    return flag("Episodes", e.URN.isna() & ~c.respite & ~e.PLACE.isin(c.no_urn_needed) & ~abroad & recent)


@rule("222")
def urn_of_an_unregistered_placement(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.Episodes.PLACE.isin(c.urn_not_allowed) & c.real_urn)


@rule("230")
def urn_of_semi_independent_living_missing(c: LookedAfterData) -> Flags:
    e = c.Episodes
    in_england = ~c.placement_la.isin(["WAL", "SCO", "NIR", "NUK"])
    recent = c.open("Episodes") | (e.DEC >= H5_REGISTERED_FROM)
    return flag("Episodes", (e.PLACE == "H5") & in_england & recent & ~c.real_urn)


@rule("242")
def placeholder_elsewhere(c: LookedAfterData) -> Flags:
    return flag("Episodes", (c.Episodes.URN == NO_URN) & ~c.Episodes.PLACE.isin(ADOPTIVE | FOSTER))


@rule("243")
def urn_outside_england(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.placement_la.isin(OUTSIDE_ENGLAND) & c.Episodes.URN.notna())


# ---- what the register says ---------------------------------------------------------------------------------------


@rule("1008")
def urn_unknown(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.real_urn & ~c.registered)


@rule("219")
def placement_not_registered(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.real_urn & ~c.register_match("placement_codes", c.Episodes.PLACE))


@rule("224")
def provider_not_registered(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.real_urn & ~c.register_match("provider_codes", c.Episodes.PLACE_PROVIDER))


@rule("221")
def postcode_not_registered(c: LookedAfterData) -> Flags:
    e = c.Episodes
    judged = c.real_urn & ~c.respite & e.PLACE.isin(c.postcode_must_match) & e.PL_POST.notna()
    return flag("Episodes", judged & ~c.register_match("postcode", e.PL_POST))


@rule("227")
def began_after_registration_ended(c: LookedAfterData) -> Flags:
    return flag("Episodes", c.real_urn & (c.register_end <= c.Episodes.DECOM))


@rule("228")
def outlasts_the_registration(c: LookedAfterData) -> Flags:
    until = c.Episodes.DEC.where(~c.open("Episodes"), c.end)
    return flag("Episodes", c.real_urn & (c.register_end < until))


@rule("229")
def own_or_other_authority(c: LookedAfterData) -> Flags:
    e = c.Episodes
    judged = c.real_urn & ~e.PLACE.isin(c.urn_not_allowed | {"K3"}) if c.since("2025-26") else c.real_urn
    own = c.register_match("la_code", pd.Series(c.authority_code, index=e.index, dtype="str"))
    unfit = ((e.PLACE_PROVIDER == "PR1") & ~own) | ((e.PLACE_PROVIDER == "PR2") & own)
    return flag("Episodes", judged & unfit)


@rule("241")
def no_premises_in_that_authority(c: LookedAfterData) -> Flags:
    supported = c.real_urn & (c.Episodes.PLACE == "K3")
    return flag("Episodes", supported & ~c.register_match("la_code", c.placement_la))
