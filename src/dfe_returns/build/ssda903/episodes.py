"""Episodes: the periods of care of the case system with legal status and placement laid over them, as at the day of
the return.

An episode is a stretch of days in which neither legal status nor placement changed. Source: DfE, guide to the
SSDA903 collection.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dfe_returns.build.record import places
from dfe_returns.build.ssda903.context import DAY, CareContext
from dfe_returns.build.ssda903.legal_status import legal_status
from dfe_returns.build.ssda903.placements import homes, placements
from dfe_returns.build.ssda903.reasons import PLACEMENT, reasons


def episodes(ctx: CareContext, last: Mapping[str, pd.DataFrame] | None) -> None:
    """Sets ctx.episodes and the table Episodes."""
    found = _spans(ctx)
    over = found[found["DEC"] < ctx.start]
    found = legal_status(ctx, found)
    found = placements(ctx, found)
    found = _without_nightless(ctx, found)
    found = homes(ctx, found)
    found = reasons(ctx, found)
    found["sent"] = found["DEC"].isna() | (found["DEC"] >= ctx.start)
    ctx.record.leave_out("ssd_cla_episodes", "Episodes", "over before the year begins", (~found["sent"]).sum())
    ctx.episodes = found
    sent = found[found["sent"]].reset_index(drop=True)
    ctx.record.forget("Episodes", over[~places(over).isin(places(sent))])
    ctx.put("Episodes", sent.assign(CHILD=sent["child"], CIN=sent["need"]), sent["key"])
    ctx.record.came_from("Episodes", sent.index, "ssd_cla_episodes", sent)
    for source, part in (
        ("ssd_legal_status", "LS"),
        ("ssd_cla_placement", "PLACE"),
        ("ssd_address", "HOME_POST"),
        ("ssd_cla_episodes", "DEC"),
    ):
        has = sent[f"{part}_line"].notna()
        rows = pd.DataFrame({"_file": sent.loc[has, f"{part}_file"], "_line": sent.loc[has, f"{part}_line"]})
        ctx.record.came_from("Episodes", rows.index, source, rows, part=part)
    _carried_over(ctx, last, sent)


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
    rows = rows[~undated].sort_values(["child", "DECOM", "DEC", "key"], kind="stable", ignore_index=True)
    if ctx.conventions.episode_end == "day_before":
        rows = _ended_when_the_next_begins(ctx, rows)
    late = rows["DECOM"] > ctx.as_at
    ctx.record.leave_out("ssd_cla_episodes", "Episodes", "begins after the day of the return", late.sum())
    rows = rows[~late].reset_index(drop=True)
    following = rows["DECOM"].shift(-1).where(rows["person"].eq(rows["person"].shift(-1)))
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


def _ended_when_the_next_begins(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """A case system that ends an episode on the day before the next one starts: the end is that start.

    Only inside a period of care: a child who left care and came back the next day has been away for a night. Without
    numbers of periods, the reasons tell: the episode goes on (X1), or the next one is no start.
    """
    following = rows.shift(-1)
    told = rows["clae_cla_id"].notna() & following["clae_cla_id"].notna()
    goes_on = rows["clae_cla_episode_ceased_reason"].eq("X1") | ~following["clae_cla_episode_start_reason"].eq("S")
    same = rows["person"].eq(following["person"]) & np.where(
        told, rows["clae_cla_id"].eq(following["clae_cla_id"]), goes_on
    )
    moved = same & following["DECOM"].eq(rows["DEC"] + DAY)
    ctx.record.decide(
        "903-END-MOVED",
        "Episodes",
        rows[moved & (rows["DECOM"] <= ctx.as_at)],
        "DEC",
        old=rows["DEC"],
        new=following["DECOM"],
        note="the case system ends an episode on the day before the next",
    )
    return rows.assign(DEC=rows["DEC"].mask(moved, following["DECOM"]))


def _periods(rows: pd.DataFrame) -> pd.Series:
    """A number for each period of care: the case system's own, or an unbroken run of days where it has none."""
    before = rows["person"].eq(rows["person"].shift())
    joined = before & rows["DECOM"].le(rows["DEC"].shift())
    told = rows["clae_cla_id"].notna() & rows["clae_cla_id"].shift().notna()
    same = before & np.where(told, rows["clae_cla_id"].eq(rows["clae_cla_id"].shift()), joined)
    return (~same).cumsum()


def _without_nightless(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """Several changes on one day leave one episode, which has the state at the end of that day; no episode is shorter
    than a night. Where the changes of a day cancel out, the episodes before and after are one."""
    back = rows["DEC"] < rows["DECOM"]
    ctx.record.work("903-EPISODE-BACKWARDS", "Episodes", rows[back], "DEC", rows["DEC"], "ends before it starts")
    nightless = rows["DEC"].eq(rows["DECOM"])
    ctx.record.decide(
        "903-EPISODE-OF-NO-NIGHT",
        "Episodes",
        rows[nightless],
        "DECOM",
        old=rows.loc[nightless, "DECOM"],
        note="began and ended on one day",
    )
    out, gone = rows[~nightless].reset_index(drop=True), rows[nightless]
    days = pd.MultiIndex.from_frame(gone[["period", "DECOM"]])
    begin, end = (pd.MultiIndex.from_frame(out[["period", day]]) for day in ("DECOM", "DEC"))
    out["no_night_before"] = begin.isin(days)
    # a last move on the very day of leaving: the child left from the episode before it
    left = pd.Series(gone["REC"].to_numpy(), index=days, dtype="str").where(~days.isin(begin)).dropna()
    told = left[~left.index.duplicated(keep="last")].reindex(end).set_axis(out.index)
    out["REC"] = told.fillna(out["REC"])
    return _rejoined(ctx, out)


def _rejoined(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    state = rows[["period", "LS", *PLACEMENT]].fillna("")
    again = rows["no_night_before"] & state.eq(state.shift()).all(axis=1) & rows["DECOM"].eq(rows["DEC"].shift())
    ctx.record.decide(
        "903-EPISODES-REJOINED",
        "Episodes",
        rows[again],
        "DECOM",
        old=rows.loc[again, "DECOM"],
        note="the changes of that day cancel out",
    )
    last = ~again.shift(-1, fill_value=False)
    ends = rows.loc[last, ["DEC", "REC", "why", "_file", "_line"]].reset_index(drop=True)
    out = rows[~again].reset_index(drop=True)
    for name in ("DEC", "REC", "why"):
        out[name] = ends[name].to_numpy()
    other = ends["_line"].ne(out["_line"])
    return out.assign(DEC_file=ends["_file"].astype("str").where(other), DEC_line=ends["_line"].where(other))


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
