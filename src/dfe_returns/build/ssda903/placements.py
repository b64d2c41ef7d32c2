"""Where children lived: placement of each episode, its Ofsted number and postcode, and the home they came from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.build.spans import Numbers, holding
from dfe_returns.build.ssda903.context import ADOPTIVE, DAY, NO_PROVIDER, RESPITE, CareContext, postcode

_NONE = "no placement: the extract may have dropped its code (T2 to T4, P3, K3, Z11 to Z14)"
_H5_REGISTERED = pd.Timestamp(2023, 10, 29)
"""A semi-independent placement that goes on to this day needs a number (supported accommodation became registered)."""
_TWO = "names no placement, and several cover its first day"


def placements(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """Type, provider, postcode and URN of the placement the episode names, else of the one that covers its first
    day."""
    places = ctx.rows("ssd_cla_placement").rename(
        columns={
            "clap_cla_placement_type": "PLACE",
            "clap_cla_placement_provider": "PLACE_PROVIDER",
            "clap_cla_placement_postcode": "PL_POST",
            "clap_cla_placement_urn": "URN",
            "clap_cla_placement_change_reason": "why",
        }
    )
    places = places.assign(place_id=places["clap_cla_placement_id"].astype("str"))
    at = pd.Series(places.index, index=places["place_id"])
    at = at[~at.index.duplicated()]
    of_period = places["clap_cla_id"].where(places["clap_person_id"].isna())
    person_of_period = rows.drop_duplicates("clae_cla_id").set_index("clae_cla_id")["person"]
    person = places["clap_person_id"].fillna(person_of_period.reindex(of_period).set_axis(places.index))
    named = at.reindex(rows["clae_cla_placement_id"].astype("str")).to_numpy(dtype="float64")
    # some systems store another number there, which may be that of somebody else's placement
    whose = person.reindex(pd.Index(named)).set_axis(rows.index)
    named = np.where(whose.isna() | whose.eq(rows["person"]), named, np.nan)
    last_day = places["clap_cla_placement_end_date"] - DAY
    count, covering = holding(rows["person"], rows["DECOM"], person, places["clap_cla_placement_start_date"], last_day)
    lost = np.isnan(named)
    chosen = np.where(lost, np.where(count == 1, covering, -1), np.nan_to_num(named, nan=-1)).astype(np.int64)
    inferred = lost & (chosen >= 0)
    ctx.record.decide(
        "903-PLACEMENT-BY-DATE",
        "Episodes",
        rows[inferred],
        "PLACE",
        note="the episode names no placement; one covers its first day",
    )
    ctx.record.work(
        "903-PLACEMENT-MISSING",
        "Episodes",
        rows[chosen < 0],
        "PLACE",
        note=pd.Series(np.where(count > 1, _TWO, _NONE), index=rows.index),
    )
    taken = places[["PLACE", "PLACE_PROVIDER", "PL_POST", "URN", "why", "place_id", "_file", "_line"]].reindex(
        pd.Index(np.where(chosen >= 0, chosen, -1))
    )
    taken.index = rows.index
    taken = taken.rename(columns={"_file": "PLACE_file", "_line": "PLACE_line"}).astype({"PLACE_file": "str"})
    rows = pd.concat([rows, taken], axis=1)
    return _tidy(ctx, rows)


def _tidy(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """What the return wants blank or fixed for the kind of placement and legal status."""
    respite = rows["LS"].isin(RESPITE)
    provider = rows["PLACE_PROVIDER"].mask(rows["PLACE"].isin(NO_PROVIDER)).mask(rows["PLACE"].eq("P1"), "PR0")
    fixed = rows["PLACE_PROVIDER"].fillna("").ne(provider.fillna(""))
    ctx.record.decide(
        "903-PROVIDER-BY-TYPE",
        "Episodes",
        rows[fixed],
        "PLACE_PROVIDER",
        old=rows.loc[fixed, "PLACE_PROVIDER"],
        new=provider[fixed],
        note="the kind of placement fixes it",
    )
    urn = rows["URN"].str.upper().str.strip()
    urn = urn.mask(rows["PLACE"].isin(ctx.no_urn) | respite)
    due = urn.isna() & ~rows["PLACE"].isin(ctx.no_urn) & rows["PLACE"].notna() & ~respite
    due &= ~(rows["PLACE"].eq("H5") & (rows["DEC"] < _H5_REGISTERED))
    adoptive = ctx.of_person(ctx.rows("ssd_permanence"), "perm_person_id")
    known = (
        adoptive.dropna(subset=["perm_placement_provider_urn"])
        .drop_duplicates("person")
        .set_index("person")["perm_placement_provider_urn"]
    )
    other = known.reindex(rows["person"]).set_axis(rows.index).where(due & rows["PLACE"].isin(ADOPTIVE))
    ctx.record.decide(
        "903-URN-OF-ADOPTERS",
        "Episodes",
        rows[other.notna()],
        "URN",
        new=other[other.notna()],
        note="from the permanence record",
    )
    urn = urn.fillna(other)
    ctx.record.work(
        "903-URN-MISSING",
        "Episodes",
        rows[due & other.isna()],
        "URN",
        note="look it up in the provider list; right only for a placement outside England",
    )
    unwanted = rows["URN"].notna() & urn.isna()
    ctx.record.decide(
        "903-URN-NOT-WANTED",
        "Episodes",
        rows[unwanted],
        "URN",
        old=rows.loc[unwanted, "URN"],
        note="not asked for with this placement or legal status",
    )
    post = postcode(rows["PL_POST"]).mask(respite)
    bad = rows["PL_POST"].notna() & postcode(rows["PL_POST"]).isna()
    ctx.record.work("903-POSTCODE-UNUSABLE", "Episodes", rows[bad], "PL_POST", note="not a full postcode")
    return rows.assign(PLACE_PROVIDER=provider, URN=urn, PL_POST=post)


def homes(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """The home postcode when the period of care began, on every episode of it; blank for short breaks."""
    entered = (
        rows.groupby("period")["clae_entered_care_date"]
        .transform("first")
        .fillna(rows.groupby("period")["DECOM"].transform("first"))
    )
    homes = ctx.of_person(ctx.rows("ssd_address"), "addr_person_id")
    types = {t.casefold() for t in ctx.conventions.home_address_types}
    homes = homes[homes["addr_address_type"].str.casefold().isin(types)].reset_index(drop=True)
    count, before = _home_on(rows["person"], entered - DAY, homes)
    _, on = _home_on(rows["person"], entered, homes)
    at = np.where(before >= 0, before, on)
    taken = homes[["addr_address_postcode", "_file", "_line"]].reindex(pd.Index(at))
    taken.index = rows.index
    given = ctx.of_child(ctx.rows("la_home_postcode"))
    by_hand = (
        given.assign(day=given["entered_care"])
        .drop_duplicates(["child", "day"])
        .set_index(["child", "day"])["postcode"]
    )
    key = pd.MultiIndex.from_arrays([rows["child"], entered])
    told = by_hand.reindex(key).set_axis(rows.index) if len(by_hand) else pd.Series(None, index=rows.index, dtype="str")
    ctx.record.decide(
        "903-HOME-BY-HAND", "Episodes", rows[told.notna()], "HOME_POST", new=told[told.notna()], note="la_home_postcode"
    )
    post = postcode(told.fillna(taken["addr_address_postcode"])).mask(rows["LS"].isin(RESPITE))
    several = (count > 1) & (at < 0)
    ctx.record.work(
        "903-HOME-SEVERAL",
        "Episodes",
        rows[several],
        "HOME_POST",
        note="several home addresses when the period of care began",
    )
    return rows.assign(
        HOME_POST=post, HOME_POST_file=taken["_file"].astype("str"), HOME_POST_line=taken["_line"].astype("Int64")
    )


def _home_on(person: pd.Series, day: pd.Series, homes: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """How many home addresses hold each day, and which one (its position, else -1): the only one, or the first of
    several that have one postcode."""
    start, end = homes["addr_address_start_date"], homes["addr_address_end_date"]
    count, at = holding(person, day, homes["person"], start, end)
    several = np.flatnonzero(count > 1)
    asked = pd.DataFrame({"person": person, "day": day, "row": range(len(day))}).iloc[several]
    pairs = asked.merge(
        homes.assign(home=homes.index, post=postcode(homes["addr_address_postcode"]).fillna("")), on="person"
    )
    pairs = pairs[(pairs["addr_address_start_date"] <= pairs["day"]) & ~(pairs["addr_address_end_date"] < pairs["day"])]
    same = pairs.groupby("row").agg(home=("home", "first"), posts=("post", "nunique"))
    same = same[same["posts"].eq(1)]
    at = at.copy()
    at[same.index.to_numpy(dtype="int64")] = same["home"].to_numpy(dtype="int64")
    return count, at
