"""OC3: care leavers around their birthday. Source: Children Act 1989 sections 23A to 24D; DfE, guide to the SSDA903
collection."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.build.ssda903.context import ADOPTED, RESPITE, CareContext
from dfe_returns.validate.cells import add_months, add_years

_NOT_IN_TOUCH = frozenset({"NO", "DIED", "REFU", "NREQ", "RHOM"})
_ALWAYS, _IF_IN_TOUCH = range(17, 22), range(22, 26)
_BEFORE, _AFTER = 3, 1
"""Months before and after the birthday in which a contact tells the situation on it."""


def leavers(ctx: CareContext) -> None:
    """Sets OC3: one row per young person whose birthday of 17 to 25 lies in the year."""
    rows = _cohort(ctx)
    contacts = _contacts(ctx)
    rows = _with_contact(ctx, rows, contacts)
    in_year = rows["contact"].between(ctx.start, ctx.as_at) | rows["by_hand"]
    unasked = rows["age"].isin(list(_IF_IN_TOUCH)) & ~in_year
    ctx.record.leave_out("ssd_care_leavers", "OC3", "22 to 25 without a contact in the year", unasked.sum())
    rows = rows[~unasked].reset_index(drop=True)
    silent = rows["in_touch"].isna()
    ctx.record.work(
        "903-LEAVER-NO-CONTACT",
        "OC3",
        rows[silent],
        "IN_TOUCH",
        note="no contact around the birthday; give it in la_care_leaver_birthday",
    )
    away = rows["in_touch"].isin(_NOT_IN_TOUCH)
    suited = rows["accommodation"] + rows["suitable"].fillna("")
    listed = suited.isin(set(ctx.collection.codesets["ACCOM"].codes))
    odd = rows["accommodation"].notna() & ~listed & ~away
    ctx.record.work(
        "903-ACCOMMODATION-UNKNOWN", "OC3", rows[odd], "ACCOM", note="kind and suitability do not go together"
    )
    told = rows["in_touch"].notna()
    defaulted = told & ~away & (rows["activity"].isna() | ~listed)
    ctx.record.decide(
        "903-LEAVER-NOT-KNOWN",
        "OC3",
        rows[defaulted],
        "ACTIV",
        note="in touch, but activity or accommodation not recorded: blank",
    )
    rows["IN_TOUCH"] = rows["in_touch"]
    rows["ACTIV"] = rows["activity"].mask(away, "0")
    rows["ACCOM"] = suited.where(listed).mask(away, "0")
    rows["key"] = rows["person"]
    ctx.sort_out("OC3", rows, [], "key", "ssd_person")
    has = ctx.tables["OC3"].index[rows.sort_values(["child", "key"], kind="stable")["contact_line"].notna()]
    placed = rows.sort_values(["child", "key"], kind="stable", ignore_index=True).iloc[has]
    ctx.record.came_from(
        "OC3",
        has,
        "ssd_care_leavers",
        pd.DataFrame({"_file": placed["contact_file"], "_line": placed["contact_line"]}),
        part="IN_TOUCH",
    )


def _cohort(ctx: CareContext) -> pd.DataFrame:
    """People of ssd_care_leavers with a birthday of 17 to 25 in the year, out of care on it, and not left for good."""
    listed = ctx.of_person(ctx.rows("ssd_care_leavers"), "clea_person_id")
    eligible = listed["clea_care_leaver_eligibility"].str.casefold().str.contains("relevant", na=False)
    persons = listed.loc[eligible, "person"].unique()
    rows = ctx.people[ctx.people["person"].isin(persons)].copy()
    years = ctx.collection.end.year - rows["birth"].dt.year
    age = years.where(_birthday(rows["birth"], years) <= ctx.as_at, years - 1)
    day = _birthday(rows["birth"], age)
    rows = rows.assign(age=age, day=day)
    rows = rows[rows["day"].between(ctx.start, ctx.as_at) & rows["age"].isin([*_ALWAYS, *_IF_IN_TOUCH])]
    spells = ctx.episodes.sort_values(["child", "DECOM"], kind="stable")
    latest = spells.drop_duplicates("child", keep="last").set_index("child")
    ended = latest["DEC"].reindex(rows["child"]).set_axis(rows.index)
    why = latest["REC"].reindex(rows["child"]).set_axis(rows.index)
    known = rows["child"].isin(latest.index)
    open_now = known & ended.isna()
    in_care = open_now | (ended >= rows["day"])
    young = rows["age"].isin([17, 18])
    gone = why.isin({"E3", "E2", *ADOPTED})
    only_breaks = known & ~rows["child"].isin(spells.loc[~spells["LS"].isin(RESPITE), "child"])
    for reason, out in (
        ("still looked after on the birthday", in_care & (young | open_now)),
        ("died in care, adopted or taken over by another authority", gone),
        ("only short breaks", only_breaks),
    ):
        ctx.record.leave_out("ssd_care_leavers", "OC3", reason, out.sum())
    out = (in_care & (young | open_now)) | gone | only_breaks
    return rows[~out].sort_values(["child", "person"], kind="stable").drop_duplicates("child").reset_index(drop=True)


def _birthday(birth: pd.Series, age: pd.Series) -> pd.Series:
    """The birthday at which each reaches its own age; 29 February becomes 28 February in a common year."""
    out = pd.Series(np.datetime64("NaT", "us"), index=birth.index)
    for years in sorted(age.dropna().unique()):
        at = age.eq(years)
        out = out.mask(at, add_years(birth[at], int(years)).reindex(birth.index))
    return out


def _contacts(ctx: CareContext) -> pd.DataFrame:
    """Contacts up to the day of the return: person, contact (day), in_touch, activity, accommodation, suitable, and
    where they stand."""
    rows = ctx.of_person(ctx.rows("ssd_care_leavers"), "clea_person_id").rename(
        columns={
            "clea_care_leaver_latest_contact": "contact",
            "clea_care_leaver_in_touch": "in_touch",
            "clea_care_leaver_activity": "activity",
            "clea_care_leaver_accommodation": "accommodation",
            "clea_care_leaver_accom_suitable": "suitable",
        }
    )
    given = ctx.of_child(ctx.rows("la_care_leaver_birthday")).rename(columns={"contact_date": "contact"})
    parts = [rows.assign(by_hand=False), given.assign(by_hand=True)]
    names = [
        "person",
        "contact",
        "in_touch",
        "activity",
        "accommodation",
        "suitable",
        "by_hand",
        "birthday_age",
        "_file",
        "_line",
    ]
    out = pd.concat(
        [p.reindex(columns=names).astype({"_file": "str"}) for p in parts if len(p)] or [rows.reindex(columns=names)],
        ignore_index=True,
    )
    return out[~(out["contact"] > ctx.as_at)]


def _with_contact(ctx: CareContext, rows: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """The contact nearest to the birthday within the guide's window, one on or after it first; a statement made for
    the birthday before all."""
    pairs = rows[["person", "day", "age"]].merge(contacts, on="person", how="inner")
    from_day, to_day = add_months(pairs["day"], -_BEFORE), add_months(pairs["day"], _AFTER)
    inside = pairs["contact"].between(from_day, to_day)
    silent = pairs["contact"].isna() & pairs["in_touch"].isin(_NOT_IN_TOUCH)
    # a contact at the birthday before, as the year began, is no sign that the young person asked for support
    of_last_birthday = pairs["contact"] <= add_months(pairs["day"], _AFTER - 12)
    in_year = pairs["contact"].between(ctx.start, ctx.as_at)
    asked = pairs["age"].isin(list(_IF_IN_TOUCH)) & in_year & ~of_last_birthday
    for_day = pairs["by_hand"].eq(True) & pd.to_numeric(pairs["birthday_age"], errors="coerce").eq(pairs["age"])
    pairs = pairs[(inside | silent | asked | for_day) & (for_day | ~pairs["by_hand"].eq(True))].copy()
    distance = (pairs["contact"] - pairs["day"]).abs()
    pairs = pairs.assign(hand=~pairs["by_hand"].eq(True), before=pairs["contact"] < pairs["day"], distance=distance)
    pairs = pairs.sort_values(["person", "hand", "before", "distance", "_line"], kind="stable", na_position="last")
    best = pairs.drop_duplicates("person").set_index("person")
    at = best.reindex(rows["person"]).set_axis(rows.index)
    out = rows.assign(**{n: at[n] for n in ("contact", "in_touch", "activity", "accommodation", "suitable")})
    out = out.assign(contact_file=at["_file"].astype("str"), contact_line=at["_line"].astype("Int64"))
    hand = at["by_hand"].eq(True)
    out["by_hand"] = hand
    ctx.record.decide(
        "903-LEAVER-BY-HAND",
        "OC3",
        out[hand],
        "IN_TOUCH",
        new=out.loc[hand, "in_touch"],
        note="la_care_leaver_birthday",
    )
    return out
