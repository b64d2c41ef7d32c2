"""Reviews, absences, asylum seekers, social workers and deprivation of liberty: what happened to children while
looked after."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.shape import look_up
from dfe_returns.build.ssda903.context import RESPITE, CareContext
from dfe_returns.build.ssda903.people import sexes
from dfe_returns.validate.cells import add_years, day_plus_years

DAY = pd.Timedelta(days=1)
_FAR = pd.Timestamp("2900-01-01")
_OVER_WITH_CARE = "over with the period of care before the year begins"


def reviews(ctx: CareContext) -> None:
    """Sets Reviews: held in the year, in a period of care other than short breaks (Children Act 1989 s.26)."""
    rows = ctx.of_person(ctx.rows("ssd_cla_reviews"), "clar_cla_person_id").rename(
        columns={
            "clar_cla_review_date": "REVIEW",
            "clar_cla_review_participation": "REVIEW_CODE",
            "clar_cla_review_id": "key",
        }
    )
    held = rows["REVIEW"].notna() & ~rows["clar_cla_review_cancelled"].eq("Y")
    ctx.record.leave_out(
        "ssd_cla_reviews", "Reviews", "cancelled or not yet held", (~held | (rows["REVIEW"] > ctx.as_at)).sum()
    )
    rows = rows[held & ctx.in_year(rows["REVIEW"])]
    inside = ctx.in_care_then(rows, "REVIEW", respite=False)
    ctx.record.work(
        "903-REVIEW-OUTSIDE-CARE",
        "Reviews",
        rows[~inside],
        "REVIEW",
        rows["REVIEW"],
        "held while the child was not looked after",
    )
    rows = rows[inside].sort_values(["child", "REVIEW", "key"], kind="stable")
    again = rows.duplicated(["child", "REVIEW", "REVIEW_CODE"])
    ctx.record.decide(
        "903-REVIEW-REPEATED", "Reviews", rows[again], "REVIEW", note="the same review stands there twice"
    )
    rows = rows[~again]
    two = rows.duplicated(["child", "REVIEW"], keep=False)
    ctx.record.work(
        "903-REVIEW-TWO-CODES",
        "Reviews",
        rows[two],
        "REVIEW_CODE",
        rows["REVIEW_CODE"],
        "two ways of taking part on one day",
    )
    young = ctx.age_then(rows, rows["REVIEW"]) < 4
    ctx.record.work(
        "903-REVIEW-AGE",
        "Reviews",
        rows[young != rows["REVIEW_CODE"].eq("PN0")],
        "REVIEW_CODE",
        rows["REVIEW_CODE"],
        "PN0 is for children under four, and only for them",
    )
    ctx.sort_out("Reviews", rows, ["REVIEW"], "key", "ssd_cla_reviews")


def asylum_seekers(ctx: CareContext) -> None:
    """Sets UASC: looked after in the year while unaccompanied and seeking asylum; DUC by the 18th birthday at the
    latest."""
    rows = ctx.of_person(ctx.rows("ssd_immigration_status"), "immi_person_id")
    words = [w.casefold() for w in ctx.conventions.uasc_words]
    status = rows["immi_immigration_status"].str.casefold()
    rows = rows[pd.concat([status.str.contains(w, regex=False, na=False) for w in words], axis=1).any(axis=1)].copy()
    adult = add_years(rows["birth"], 18)
    end = rows["immi_immigration_status_end_date"]
    end = end.mask(end > ctx.as_at)
    rows["DUC"] = end.where(end < adult, adult)
    rows["bounded"] = end.isna() & (adult < ctx.as_at)
    begins = rows["immi_immigration_status_start_date"].fillna(rows["birth"])
    own = ctx.this_year
    pairs = rows.assign(begins=begins, at=range(len(rows))).merge(own[["person", "DECOM", "DEC"]], on="person")
    meets = (pairs["begins"] <= pairs["DEC"].fillna(ctx.as_at)) & (
        pairs["DUC"] >= pairs["DECOM"].mask(pairs["DECOM"] < ctx.start, ctx.start)
    )
    rows = rows.iloc[sorted(pairs.loc[meets, "at"].unique())]
    rows = rows.sort_values(["child", "DUC", "immi_immigration_status_id"], kind="stable").drop_duplicates(
        "child", keep="last"
    )
    ctx.cut("903-UASC-CUT", "UASC", "DUC", rows, rows["immi_immigration_status_end_date"])
    ctx.record.decide(
        "903-UASC-BOUNDED",
        "UASC",
        rows[rows["bounded"]],
        "DUC",
        new=rows["DUC"],
        note="an open status ends on the 18th birthday",
    )
    rows = rows.assign(SEX=sexes(ctx, rows["sex"]))
    ctx.sort_out("UASC", rows, [], "immi_immigration_status_id", "ssd_immigration_status")


def missing(ctx: CareContext) -> None:
    """Sets Missing: every absence that falls in the year while the child was looked after."""
    rows = ctx.of_person(ctx.rows("ssd_missing"), "miss_person_id").rename(
        columns={
            "miss_missing_episode_start_date": "MIS_START",
            "miss_missing_episode_end_date": "MIS_END",
            "miss_missing_episode_type": "MISSING",
            "miss_table_id": "key",
        }
    )
    rows = ctx.under_way(rows, "MIS_START", "MIS_END", "ssd_missing", "Missing")
    inside = ctx.in_care_then(rows, "MIS_START")
    ctx.record.leave_out("ssd_missing", "Missing", "not looked after when the absence began", (~inside).sum())
    rows = rows[inside].sort_values(["child", "MIS_START", "key"], kind="stable", ignore_index=True)
    rows["MIS_END"] = ctx.cut("903-ABSENCE-CUT", "Missing", "MIS_END", rows, rows["MIS_END"])
    limit = _end_of_care(ctx, rows, rows["MIS_START"])
    adult = add_years(rows["birth"], 18)
    limit = limit.where(limit.notna() & ~(adult < limit), adult.where(adult <= ctx.as_at))
    beyond = limit.notna() & (rows["MIS_END"].isna() | (rows["MIS_END"] > limit)) & (limit >= rows["MIS_START"])
    over = beyond & (limit < ctx.start)
    ctx.record.leave_out("ssd_missing", "Missing", _OVER_WITH_CARE, over.sum())
    bounded = beyond & ~over
    ctx.record.decide(
        "903-ABSENCE-BOUNDED",
        "Missing",
        rows[bounded],
        "MIS_END",
        old=rows.loc[bounded, "MIS_END"],
        new=limit[bounded],
        note="ends with the period of care or on the 18th birthday; confirm",
    )
    rows["MIS_END"] = rows["MIS_END"].mask(beyond, limit)
    rows = rows[~over].reset_index(drop=True)
    nested = rows["child"].eq(rows["child"].shift()) & (rows["MIS_START"] < rows["MIS_END"].shift().fillna(_FAR))
    ctx.record.work(
        "903-ABSENCES-OVERLAP",
        "Missing",
        rows[nested],
        "MIS_START",
        rows["MIS_START"],
        "begins before the absence before it ended: two forms of one absence?",
    )
    ctx.sort_out("Missing", rows, ["MIS_START"], "key", "ssd_missing")


def _end_of_care(ctx: CareContext, rows: pd.DataFrame, days: pd.Series) -> pd.Series:
    """End of the period of care in which each day lies; missing where it goes on."""
    spells = ctx.episodes
    marked = spells.assign(going_on=spells["DEC"].isna())
    periods = marked.groupby("period").agg(
        person=("person", "first"), start=("DECOM", "min"), going_on=("going_on", "any"), end=("DEC", "max")
    )
    periods = periods.assign(end=periods["end"].mask(periods["going_on"]))
    pairs = pd.DataFrame({"person": rows["person"], "day": days}).reset_index(names="at").merge(periods, on="person")
    pairs = pairs[(pairs["start"] <= pairs["day"]) & (pairs["end"].isna() | (pairs["end"] >= pairs["day"]))]
    latest = pairs.sort_values(["at", "start"], kind="stable").drop_duplicates("at", keep="last")
    return latest.set_index("at")["end"].reindex(rows.index)


def _first_day_in_care(ctx: CareContext, rows: pd.DataFrame) -> pd.Series:
    """First day on which the child was looked after under each order, which may have begun before the care."""
    spells = ctx.episodes[["person", "DECOM", "DEC"]]
    pairs = rows[["person", "DOLO_START", "DOLO_END"]].reset_index(names="at").merge(spells, on="person")
    pairs = pairs[~(pairs["DEC"] < pairs["DOLO_START"]) & ~(pairs["DOLO_END"] < pairs["DECOM"])]
    day = pairs["DECOM"].where(pairs["DECOM"] > pairs["DOLO_START"], pairs["DOLO_START"])
    return day.groupby(pairs["at"]).min().reindex(rows.index)


def social_workers(ctx: CareContext) -> None:
    """Sets SWEpisodes: who held the case in this year and the one before, for children looked after on the day of the
    return."""
    if "SWEpisodes" not in ctx.collection.tables:
        return
    spells = ctx.episodes
    latest = spells.sort_values(["child", "DECOM"], kind="stable").drop_duplicates("child", keep="last")
    now = latest.loc[latest["DEC"].isna() & ~latest["LS"].isin(RESPITE), "person"]
    rows = ctx.of_person(ctx.rows("ssd_involvements"), "invo_person_id").rename(
        columns={
            "invo_involvement_start_date": "SW_DECOM",
            "invo_involvement_end_date": "SW_DEC",
            "invo_worker_change_reason": "SW_REASON",
            "invo_involvements_id": "key",
        }
    )
    rows = rows[rows["person"].isin(now)]
    role = rows["invo_professional_role_id"].isin(list(ctx.conventions.social_worker_roles))
    ctx.record.leave_out(
        "ssd_involvements", "SWEpisodes", "not the role of a social worker who holds the case", (~role).sum()
    )
    # the first collection of social workers asked for its own year alone
    window = ctx.start if ctx.collection.year == "2023-24" else day_plus_years(ctx.start, -1)
    rows = rows[role & rows["SW_DECOM"].notna()]
    rows = rows[(rows["SW_DECOM"] <= ctx.as_at)].sort_values(
        ["child", "SW_DECOM", "SW_DEC", "key"], kind="stable", ignore_index=True
    )
    rows["SW_DEC"] = ctx.cut("903-WORKER-END-CUT", "SWEpisodes", "SW_DEC", rows, rows["SW_DEC"])
    rows["SW_ID"] = _register_numbers(ctx, rows)
    rows, joined = _one_spell(ctx, rows)
    before = rows["SW_DEC"] < window
    ctx.record.leave_out("ssd_involvements", "SWEpisodes", "over before the time that is asked for", before.sum())
    ctx.record.forget("SWEpisodes", rows[before])
    rows = rows[~before].reset_index(drop=True)
    ctx.sort_out("SWEpisodes", rows, ["SW_DECOM"], "key", "ssd_involvements")
    keys = ctx.keys["SWEpisodes"]
    joined = joined[joined["into"].isin(keys)]
    at = look_up(joined["into"], pd.Series(keys.index, index=keys))
    ctx.record.came_from("SWEpisodes", at, "ssd_involvements", joined, part="SW_DEC")


def _register_numbers(ctx: CareContext, rows: pd.DataFrame) -> pd.Series:
    """SW and the digits of the register; XX and the worker's number for one who is not registered. Never a name."""
    register = ctx.rows("ssd_professionals").drop_duplicates("prof_professional_id").set_index("prof_professional_id")
    number = register["prof_social_worker_registration_no"].reindex(rows["invo_professional_id"]).set_axis(rows.index)
    number = number.str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
    number = ("SW" + number).where(number.str.fullmatch(r"\d+").eq(True), number)
    sound = number.str.fullmatch(r"SW\d{1,10}").eq(True)
    local = rows["invo_professional_id"].str.replace(r"\D", "", regex=True)
    ctx.record.decide(
        "903-WORKER-UNREGISTERED",
        "SWEpisodes",
        rows[~sound],
        "SW_ID",
        note="no register number: XX and the authority's own number",
    )
    return number.where(sound, "XX" + local.where(local.str.len() > 0, "0"))


def _one_spell(ctx: CareContext, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Touching or overlapping spells of one worker, with nobody in between, are one; a spell that ends the day before
    the next begins, or later, ends when it begins. Second answer: the spells that went into another (`into`)."""
    run = (rows["person"].ne(rows["person"].shift()) | rows["SW_ID"].ne(rows["SW_ID"].shift())).cumsum()
    # latest end of the run so far; an open spell never ends
    ends = rows["SW_DEC"].fillna(_FAR).groupby(run).cummax()
    again = run.eq(run.shift()) & (ends.shift() + DAY >= rows["SW_DECOM"])
    ctx.record.decide(
        "903-WORKER-SPELLS-JOINED",
        "SWEpisodes",
        rows[again],
        "SW_DECOM",
        old=rows.loc[again, "SW_DECOM"],
        note="touching spells of one worker",
    )
    joined = rows.assign(into=rows["key"].astype("str").mask(again).ffill())[again]
    last_end = ends.mask(ends.eq(_FAR))[~again.shift(-1, fill_value=False)]
    rows = rows[~again].reset_index(drop=True)
    rows["SW_DEC"] = last_end.to_numpy()
    # the next day on which a worker begins, also for two who began on one day
    begins = [rows["person"], rows["SW_DECOM"]]
    following = rows["SW_DECOM"].shift(-1).where(rows["person"].eq(rows["person"].shift(-1)))
    following = following.where(following.ne(rows["SW_DECOM"])).groupby(begins).transform("last")
    near = (
        following.notna() & (rows["SW_DEC"].isna() | (rows["SW_DEC"] >= following - DAY)) & rows["SW_DEC"].ne(following)
    )
    ctx.record.decide(
        "903-WORKER-END-MOVED",
        "SWEpisodes",
        rows[near],
        "SW_DEC",
        old=rows.loc[near, "SW_DEC"],
        new=following[near],
        note="the next worker begins that day",
    )
    rows["SW_DEC"] = rows["SW_DEC"].mask(near, following)
    return rows, joined


def deprivation_of_liberty(ctx: CareContext) -> None:
    """Sets DoLo from the authority's own list: orders in force in the year, never beyond the end of care."""
    if "DoLo" not in ctx.collection.tables:
        return
    rows = ctx.of_child(ctx.rows("la_dolo")).rename(columns={"dolo_start": "DOLO_START", "dolo_end": "DOLO_END"})
    rows = ctx.under_way(rows, "DOLO_START", "DOLO_END", "la_dolo", "DoLo")
    ctx.record.work(
        "903-ORDER-OUTSIDE-CARE",
        "DoLo",
        rows[~ctx.in_care_then(rows, "DOLO_START")],
        "DOLO_START",
        rows["DOLO_START"],
        "the child was not looked after when the order began",
    )
    rows = rows.assign(in_care=_first_day_in_care(ctx, rows)).dropna(subset=["in_care"]).reset_index(drop=True)
    rows["DOLO_END"] = ctx.cut("903-ORDER-CUT", "DoLo", "DOLO_END", rows, rows["DOLO_END"])
    limit = _end_of_care(ctx, rows, rows["in_care"])
    beyond = limit.notna() & (rows["DOLO_END"].isna() | (rows["DOLO_END"] > limit))
    over = beyond & (limit < ctx.start)
    ctx.record.leave_out("la_dolo", "DoLo", _OVER_WITH_CARE, over.sum())
    bounded = beyond & ~over
    ctx.record.decide(
        "903-ORDER-BOUNDED",
        "DoLo",
        rows[bounded],
        "DOLO_END",
        old=rows.loc[bounded, "DOLO_END"],
        new=limit[bounded],
        note="ends with the period of care",
    )
    rows["DOLO_END"] = rows["DOLO_END"].mask(beyond, limit)
    rows = rows[~over].reset_index(drop=True)
    rows["key"] = "la/" + rows["_line"].astype("str")
    ctx.sort_out("DoLo", rows, ["DOLO_START"], "key", "la_dolo")
