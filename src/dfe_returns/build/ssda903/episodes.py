"""Episodes: the periods of care of the case system with legal status and placement laid over them, as at the day of
the return.

An episode is a stretch of days in which neither legal status nor placement changed. Source: DfE, guide to the
SSDA903 collection.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dfe_returns.build.spans import holding
from dfe_returns.build.ssda903.context import NO_PROVIDER, NO_URN, RESPITE, TEMPORARY, CareContext, postcode

DAY = pd.Timedelta(days=1)
_COURT_FIRST = {
    code: i for i, code in enumerate(["E1", "C2", "C1", "D1", "L2", "L1", "L3", "J3", "J1", "J2", "V2", "V3", "V4"])
}
_PLACEMENT = ["PLACE", "PL_POST", "URN", "PLACE_PROVIDER"]


def episodes(ctx: CareContext, last: Mapping[str, pd.DataFrame] | None) -> None:
    """Sets ctx.episodes and the table Episodes."""
    found = _spans(ctx)
    found = _legal_status(ctx, found)
    found = _placements(ctx, found)
    found = _without_empty(ctx, found)
    found = _home(ctx, found)
    found = _reasons(ctx, found)
    found["sent"] = found["DEC"].isna() | (found["DEC"] >= ctx.start)
    ctx.record.leave_out("ssd_cla_episodes", "Episodes", "over before the year begins", (~found["sent"]).sum())
    ctx.episodes = found
    sent = found[found["sent"]].reset_index(drop=True)
    ctx.put("Episodes", sent.assign(CHILD=sent["child"], CIN=sent["need"]), sent["key"])
    ctx.record.came_from("Episodes", sent.index, "ssd_cla_episodes", sent)
    for source, part in (("ssd_legal_status", "LS"), ("ssd_cla_placement", "PLACE"), ("ssd_address", "HOME_POST")):
        has = sent[f"{part}_line"].notna()
        rows = pd.DataFrame({"_file": sent.loc[has, f"{part}_file"], "_line": sent.loc[has, f"{part}_line"]})
        ctx.record.came_from("Episodes", rows.index, source, rows, part=part)
    _carried_over(ctx, last, sent)


# ---- days ----------------------------------------------------------------------------------------------------------


def _spans(ctx: CareContext) -> pd.DataFrame:
    """Episodes that began by the day of the return, in order, with their ends as they stood on that day."""
    rows = ctx.of_person(ctx.rows("ssd_cla_episodes"), "clae_person_id")
    rows = rows.rename(
        columns={
            "clae_cla_episode_start_date": "DECOM",
            "clae_cla_episode_ceased_date": "DEC",
            "clae_cla_episode_id": "key",
        }
    )
    undated = rows["DECOM"].isna()
    ctx.record.work(
        "903-EPISODE-UNDATED", "Episodes", rows[undated], "DECOM", note="an episode without a start day is not sent"
    )
    late = rows["DECOM"] > ctx.as_at
    ctx.record.leave_out("ssd_cla_episodes", "Episodes", "begins after the day of the return", late.sum())
    rows = rows[~undated & ~late].sort_values(["child", "DECOM", "DEC", "key"], kind="stable", ignore_index=True)
    same = rows["person"].eq(rows["person"].shift(-1))
    following = rows["DECOM"].shift(-1).where(same)
    if ctx.conventions.episode_end == "day_before":
        moved = following.eq(rows["DEC"] + DAY)
        ctx.record.decide(
            "903-END-MOVED",
            "Episodes",
            rows[moved],
            "DEC",
            old=rows.loc[moved, "DEC"],
            new=following[moved],
            note="the case system ends an episode on the day before the next",
        )
        rows["DEC"] = rows["DEC"].mask(moved, following)
    overlap, gap = following < rows["DEC"], following > rows["DEC"]
    same_day = following.eq(rows["DECOM"])
    ctx.record.work(
        "903-EPISODES-OVERLAP",
        "Episodes",
        rows[overlap & ~same_day],
        "DEC",
        rows["DEC"],
        "the next episode starts before this one ends",
    )
    open_before = rows["DEC"].isna() & following.notna() & ~same_day
    ctx.record.work(
        "903-EPISODE-LEFT-OPEN",
        "Episodes",
        rows[open_before],
        "DEC",
        note="has no end although another episode follows",
    )
    in_period = gap & rows["clae_cla_id"].notna() & rows["clae_cla_id"].eq(rows["clae_cla_id"].shift(-1))
    ctx.record.work(
        "903-EPISODES-APART",
        "Episodes",
        rows[in_period],
        "DEC",
        rows["DEC"],
        "days are missing before the next episode of the period",
    )
    rows["REC"] = rows["clae_cla_episode_ceased_reason"]
    cut = rows["DEC"] > ctx.as_at
    ctx.record.decide(
        "903-END-CUT", "Episodes", rows[cut], "DEC", old=rows.loc[cut, "DEC"], note=f"as at {ctx.as_at:%Y-%m-%d}"
    )
    rows["DEC"] = rows["DEC"].mask(cut)
    rows["period"] = _periods(rows)
    rows["need"] = rows.groupby("period")["clae_cla_primary_need_code"].transform("first")
    differs = rows["clae_cla_primary_need_code"].notna() & rows["need"].ne(rows["clae_cla_primary_need_code"])
    ctx.record.decide(
        "903-NEED-OF-PERIOD",
        "Episodes",
        rows[differs],
        "CIN",
        old=rows.loc[differs, "clae_cla_primary_need_code"],
        new=rows.loc[differs, "need"],
        note="the need when the period of care began holds for all its episodes",
    )
    return rows


def _periods(rows: pd.DataFrame) -> pd.Series:
    """A number for each period of care: the case system's own, or an unbroken run of days where it has none."""
    before = rows["person"].eq(rows["person"].shift())
    joined = before & rows["DECOM"].le(rows["DEC"].shift())
    told = rows["clae_cla_id"].notna() & rows["clae_cla_id"].shift().notna()
    same = before & np.where(told, rows["clae_cla_id"].eq(rows["clae_cla_id"].shift()), joined)
    return (~same).cumsum()


def _without_empty(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """Several changes on one day leave one episode, which has the state at the end of that day; no episode is
    shorter than a night."""
    zero = rows["DEC"].eq(rows["DECOM"])
    ctx.record.decide(
        "903-EPISODE-OF-NO-NIGHT",
        "Episodes",
        rows[zero],
        "DECOM",
        old=rows.loc[zero, "DECOM"],
        note="began and ended on one day",
    )
    back = rows["DEC"] < rows["DECOM"]
    ctx.record.work("903-EPISODE-BACKWARDS", "Episodes", rows[back], "DEC", rows["DEC"], "ends before it starts")
    return rows[~zero].reset_index(drop=True)


# ---- legal status --------------------------------------------------------------------------------------------------


def _legal_status(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """The legal status in force on the first day of each episode."""
    codes = set(ctx.collection.codesets["LS"].all_codes)
    history = ctx.of_person(ctx.rows("ssd_legal_status"), "lega_person_id")
    history = history.rename(
        columns={
            "lega_legal_status": "LS",
            "lega_legal_status_start_date": "start",
            "lega_legal_status_end_date": "end",
        }
    )
    history = history[history["LS"].isin(codes) & history["start"].notna() & ~(history["end"] < history["start"])]
    if ctx.conventions.allow_legal_status_split:
        rows = _split(ctx, rows, history)
    asked = rows[["person", "DECOM"]].reset_index(names="at")
    candidates = asked.merge(history[["person", "LS", "start", "end", "_file", "_line"]], on="person")
    inside = (candidates["start"] <= candidates["DECOM"]) & (
        candidates["end"].isna() | (candidates["end"] > candidates["DECOM"])
    )
    candidates = candidates[inside].assign(rank=candidates["LS"].map(_COURT_FIRST).fillna(99))
    candidates = candidates.sort_values(
        ["at", "start", "rank", "_line"], ascending=[True, False, True, True], kind="stable"
    )
    several = candidates.drop_duplicates(["at", "LS"])["at"].value_counts()
    best = candidates.drop_duplicates("at").set_index("at").reindex(rows.index)
    stored = (
        ctx.rows("la_legal_status_on_episode")
        .drop_duplicates("episode_id")
        .set_index("episode_id")["legal_status_code"]
    )
    told = stored.reindex(rows["key"]).set_axis(rows.index)
    rows = rows.assign(
        LS=told.fillna(best["LS"]).astype("str"),
        LS_file=best["_file"].astype("str"),
        LS_line=best["_line"].astype("Int64"),
    )
    rows["LS"] = rows["LS"].where(told.notna() | best["LS"].notna())
    chosen = rows.index.isin(several.index[several > 1]) & told.isna()
    ctx.record.decide(
        "903-STATUS-CHOSEN",
        "Episodes",
        rows[chosen],
        "LS",
        new=rows.loc[chosen, "LS"],
        note="several were in force that day: the latest, a court order before an agreement",
    )
    ctx.record.work(
        "903-STATUS-MISSING",
        "Episodes",
        rows[rows["LS"].isna()],
        "LS",
        note="no legal status of the return was in force on the first day",
    )
    if not ctx.conventions.allow_legal_status_split:
        _inside(ctx, rows, history)
    return rows


def _changes_inside(ctx: CareContext, rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Statuses that begin strictly inside an episode: columns at (episode), start, LS."""
    ends = rows["DEC"].fillna(ctx.as_at + DAY)
    count, which = holding(history["person"], history["start"], rows["person"], rows["DECOM"] + DAY, ends - DAY)
    found = history.assign(at=which)[count > 0]
    return found[(found["at"] >= 0) & (found["start"] <= ctx.as_at)].drop_duplicates(["at", "start"])


def _inside(ctx: CareContext, rows: pd.DataFrame, history: pd.DataFrame) -> None:
    found = _changes_inside(ctx, rows, history)
    at = found["at"].to_numpy()
    differs = rows["LS"].iloc[at].to_numpy() != found["LS"].to_numpy()
    shown = rows.iloc[at[differs]].reset_index(drop=True)
    ctx.record.work(
        "903-STATUS-INSIDE",
        "Episodes",
        shown,
        "LS",
        found["LS"][differs].reset_index(drop=True),
        "an order begins inside the episode; the episode should have been split",
    )


def _split(ctx: CareContext, rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """A new episode (RNE L) from each day inside an episode on which another legal status begins."""
    found = _changes_inside(ctx, rows, history).sort_values(["at", "start"], kind="stable")
    if found.empty:
        return rows
    new = rows.iloc[found["at"].to_numpy()].reset_index(drop=True)
    new["DECOM"], new["clae_cla_episode_start_reason"] = found["start"].to_numpy(), "L"
    new["key"] = new["key"] + "/" + found.groupby("at").cumcount().add(1).astype("str").to_numpy()
    ctx.record.decide(
        "903-EPISODE-SPLIT", "Episodes", new, "DECOM", new=new["DECOM"], note="a legal status began inside the episode"
    )
    out = pd.concat([rows, new], ignore_index=True).sort_values(
        ["child", "DECOM", "DEC", "key"], kind="stable", ignore_index=True
    )
    following = out["DECOM"].shift(-1).where(out["person"].eq(out["person"].shift(-1)))
    original = out["key"].str.split("/").str[0]
    parted = original.eq(original.shift(-1)) & out["person"].eq(out["person"].shift(-1))
    out["DEC"] = out["DEC"].mask(parted, following)
    out["REC"] = out["REC"].mask(parted, "X1")
    return out


# ---- placement -----------------------------------------------------------------------------------------------------


def _placements(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
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
    named = at.reindex(rows["clae_cla_placement_id"].astype("str")).to_numpy(dtype="float64")
    of_period = places["clap_cla_id"].where(places["clap_person_id"].isna())
    person_of_period = rows.drop_duplicates("clae_cla_id").set_index("clae_cla_id")["person"]
    person = places["clap_person_id"].fillna(person_of_period.reindex(of_period).set_axis(places.index))
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
        note="no placement: the extract may have dropped its code (T2 to T4, P3, K3, Z11 to Z14)",
    )
    taken = places[["PLACE", "PLACE_PROVIDER", "PL_POST", "URN", "why", "place_id", "_file", "_line"]].reindex(
        pd.Index(np.where(chosen >= 0, chosen, -1))
    )
    taken.index = rows.index
    taken = taken.rename(columns={"_file": "PLACE_file", "_line": "PLACE_line"}).astype({"PLACE_file": "str"})
    rows = pd.concat([rows, taken], axis=1)
    return _tidy_placement(ctx, rows)


def _tidy_placement(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """What the return wants blank or fixed for the kind of placement and legal status."""
    respite = rows["LS"].isin(RESPITE)
    provider = rows["PLACE_PROVIDER"].mask(rows["PLACE"].isin(NO_PROVIDER)).mask(rows["PLACE"].eq("P1"), "PR0")
    _tell(ctx, "903-PROVIDER-BY-TYPE", rows, "PLACE_PROVIDER", provider, "the kind of placement fixes it")
    urn = rows["URN"].str.upper().str.strip()
    urn = urn.mask(rows["PLACE"].isin(NO_URN) | respite)
    due = urn.isna() & ~rows["PLACE"].isin(NO_URN) & rows["PLACE"].notna() & ~respite
    adoptive = ctx.of_person(ctx.rows("ssd_permanence"), "perm_person_id")
    known = (
        adoptive.dropna(subset=["perm_placement_provider_urn"])
        .drop_duplicates("person")
        .set_index("person")["perm_placement_provider_urn"]
    )
    other = known.reindex(rows["person"]).set_axis(rows.index).where(due & rows["PLACE"].isin(["A3", "A4", "A5", "A6"]))
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
        note="look it up in the provider list; the extract keeps SC numbers only",
    )
    _tell(
        ctx,
        "903-URN-NOT-WANTED",
        rows,
        "URN",
        urn.where(due | urn.notna(), urn),
        "not asked for with this placement or legal status",
        only=rows["URN"].notna() & urn.isna(),
    )
    post = postcode(rows["PL_POST"]).mask(respite)
    bad = rows["PL_POST"].notna() & postcode(rows["PL_POST"]).isna()
    ctx.record.work("903-POSTCODE-UNUSABLE", "Episodes", rows[bad], "PL_POST", note="not a full postcode")
    return rows.assign(PLACE_PROVIDER=provider, URN=urn, PL_POST=post)


def _tell(
    ctx: CareContext,
    code: str,
    rows: pd.DataFrame,
    field: str,
    new: pd.Series,
    note: str,
    only: pd.Series | None = None,
) -> None:
    old = rows[field]
    changed = (old.fillna("") != new.fillna("")) if only is None else only
    ctx.record.decide(code, "Episodes", rows[changed], field, old=old[changed], new=new[changed], note=note)


def _home(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """The home postcode when the period of care began, on every episode of it; blank for short breaks."""
    entered = (
        rows.groupby("period")["clae_entered_care_date"]
        .transform("first")
        .fillna(rows.groupby("period")["DECOM"].transform("first"))
    )
    homes = ctx.of_person(ctx.rows("ssd_address"), "addr_person_id")
    types = {t.casefold() for t in ctx.conventions.home_address_types}
    homes = homes[homes["addr_address_type"].str.casefold().isin(types)].reset_index(drop=True)
    ends = homes["addr_address_end_date"]
    count, before = holding(rows["person"], entered - DAY, homes["person"], homes["addr_address_start_date"], ends)
    _, on = holding(rows["person"], entered, homes["person"], homes["addr_address_start_date"], ends)
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


# ---- reasons -------------------------------------------------------------------------------------------------------


def _reasons(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """Why each episode began and ended, worked out from its neighbours and held against what was stored."""
    first = rows["period"].ne(rows["period"].shift())
    stored = rows["clae_cla_episode_start_reason"]
    worked_out = _start_reason(rows, first)
    blank = stored.isna()
    ctx.record.decide(
        "903-START-REASON-DERIVED", "Episodes", rows[blank], "RNE", new=worked_out[blank], note="none was recorded"
    )
    differs = ~blank & stored.ne(worked_out)
    if ctx.conventions.recompute_reasons:
        ctx.record.decide(
            "903-START-REASON-REPLACED",
            "Episodes",
            rows[differs],
            "RNE",
            old=stored[differs],
            new=worked_out[differs],
            note="by the profile",
        )
        reason = worked_out
    else:
        ctx.record.work(
            "903-START-REASON-DIFFERS",
            "Episodes",
            rows[differs],
            "RNE",
            stored[differs],
            note="by legal status and placement it would be " + worked_out[differs],
        )
        reason = stored.fillna(worked_out)
    next_in_period = ~first.shift(-1, fill_value=True)
    following = rows["DECOM"].shift(-1).where(next_in_period)
    ended = rows["DEC"].notna()
    goes_on = ended & following.eq(rows["DEC"])
    rec = rows["REC"].where(ended).mask(goes_on, "X1")
    fixed = goes_on & rows["REC"].ne("X1")
    ctx.record.decide(
        "903-END-REASON-X1",
        "Episodes",
        rows[fixed],
        "REC",
        old=rows.loc[fixed, "REC"],
        new="X1",
        note="another episode starts that day",
    )
    ctx.record.work(
        "903-END-REASON-MISSING",
        "Episodes",
        rows[ended & rec.isna()],
        "REC",
        note="the period of care ended without a reason",
    )
    ctx.record.work(
        "903-END-REASON-OPEN",
        "Episodes",
        rows[rec.eq("X1") & ~goes_on],
        "REC",
        note="says that another episode follows, but none does",
    )
    rows = rows.assign(RNE=reason, REC=rec)
    return rows.assign(REASON_PLACE_CHANGE=_change_reason(rows, next_in_period))


def _start_reason(rows: pd.DataFrame, first: pd.Series) -> pd.Series:
    """S, L, P, T, B or U. The carer counts as the same when neither URN, provider nor postcode tells another one, or
    only one of them does.

    Where legal status alone or placement alone can be told but the carer cannot, the stored reason decides between P
    and T, B and U.
    """
    before = rows[["LS", *_PLACEMENT]].shift()
    status = rows["LS"].fillna("").ne(before["LS"].fillna(""))
    moved = pd.concat([rows[f].fillna("").ne(before[f].fillna("")) for f in _PLACEMENT], axis=1).any(axis=1)
    stored = rows["clae_cla_episode_start_reason"]
    same_house = rows["PL_POST"].notna() & rows["PL_POST"].eq(before["PL_POST"])
    same_number = rows["URN"].notna() & rows["URN"].eq(before["URN"]) & rows["PLACE"].str[0].eq(before["PLACE"].str[0])
    same_carer = (stored.isin(["T", "U"]) | (~stored.isin(["P", "B"]) & (same_house | same_number))) & ~rows[
        "PLACE"
    ].isin(TEMPORARY)
    reason = pd.Series("L", index=rows.index, dtype="object")
    reason = reason.mask(moved & ~status, "P").mask(moved & ~status & same_carer, "T")
    reason = reason.mask(moved & status, "B").mask(moved & status & same_carer, "U")
    # nothing that is sent differs: what was stored may rest on facts that are not in the extract
    reason = reason.mask(~moved & ~status & stored.notna(), stored)
    # the extract reaches back some years only: the first episode it has need not be the one that began the period
    cut_off = first & (rows["clae_entered_care_date"] < rows["DECOM"]) & stored.notna()
    return reason.mask(first, "S").mask(cut_off, stored).astype("str")


def _change_reason(rows: pd.DataFrame, next_in_period: pd.Series) -> pd.Series:
    """The reason of the placement that ends, on its last episode, when the child moves on; never beside a temporary
    placement."""
    following = rows[["RNE", "PLACE", "place_id"]].shift(-1)
    moves = next_in_period & rows["REC"].eq("X1") & following["RNE"].isin(["P", "T", "B", "U"])
    last_of_placement = rows["place_id"].ne(following["place_id"])
    temporary = rows["PLACE"].isin(TEMPORARY) | following["PLACE"].isin(TEMPORARY)
    return rows["why"].where(moves & last_of_placement & ~temporary)


# ---- last year -----------------------------------------------------------------------------------------------------


def _carried_over(ctx: CareContext, last: Mapping[str, pd.DataFrame] | None, sent: pd.DataFrame) -> None:
    """A child whose last episode was open in last year's return must be here, from the same day."""
    if last is None or "Episodes" not in last:
        return
    before = last["Episodes"]
    days = pd.to_datetime(before["DECOM"], format="%d/%m/%Y", errors="coerce")
    ends = before["DEC"].astype("str").str.strip()
    old = pd.DataFrame(
        {
            "child": before["CHILD"].astype("str").str.strip(),
            "DECOM": days,
            "open": before["DEC"].isna() | ends.isin(["", "nan"]),
        }
    )
    old = old.sort_values(["child", "DECOM"], kind="stable").drop_duplicates("child", keep="last")
    old = old[old["open"]]
    here = sent.drop_duplicates("child").set_index("child")["DECOM"]
    known = ctx.people.drop_duplicates("child").set_index("child")
    first = here.reindex(old["child"]).set_axis(old.index)
    rows = known.reindex(old["child"]).reset_index().set_axis(old.index)
    gone = first.isna()
    listed = rows[gone & rows["_line"].notna()]
    ctx.record.work(
        "903-LAST-YEAR-GONE",
        "Episodes",
        listed,
        "DECOM",
        old["DECOM"],
        "open in last year's return and not in this one",
    )
    unknown = int((gone & rows["_line"].isna()).sum())
    if unknown:
        ctx.record.count(
            "903-LAST-YEAR-UNKNOWN",
            "Episodes",
            "CHILD",
            unknown,
            0,
            "children open last year whom the extract does not know",
        )
    moved = first.notna() & first.ne(old["DECOM"])
    ctx.record.work(
        "903-LAST-YEAR-DIFFERS",
        "Episodes",
        rows[moved],
        "DECOM",
        old["DECOM"],
        "the episode open last year started on another day",
    )
