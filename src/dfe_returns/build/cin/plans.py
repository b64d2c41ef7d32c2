"""Child in need plans: in force at some time of the year, under the spell they belong to."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.cohort import attach
from dfe_returns.build.cin.context import AFTER, Context, source_row
from dfe_returns.build.shape import look_up
from dfe_returns.build.spans import overlaps

TABLE, SOURCE = "CINplanDates", "ssd_cin_plans"


def cin_plans(ctx: Context, spells: pd.DataFrame) -> None:
    """Sets CINplanDates. A plan keeps its true start; an end after the day of the return is left out."""
    rows = ctx.rows(SOURCE).rename(
        columns={"cinp_cin_plan_id": "key", "cinp_cin_plan_start_date": "start", "cinp_cin_plan_end_date": "end"}
    )
    pieces, rows = _joined(ctx, rows)
    rows = ctx.under_way(rows, "start", "end", SOURCE, TABLE)
    rows = attach(ctx, spells, rows, SOURCE, TABLE, ("cinp_person_id", "cinp_referral_id", "start"))
    rows = source_row(rows, spells).sort_values(["spell", "start", "key"], kind="stable", ignore_index=True)
    end = ctx.cut("CIN-PLAN-END-CUT", TABLE, "CINPlanEndDate", rows, rows["end"])
    ctx.put(TABLE, rows.assign(CINPlanStartDate=rows["start"], CINPlanEndDate=end), rows["key"])
    place = pd.Series(rows.index, index=rows["plan"])
    pieces = pieces[pieces["plan"].isin(place.index)].assign(
        child=lambda p: look_up(p["plan"], rows.set_index("plan")["child"])
    )
    ctx.record.came_from(TABLE, look_up(pieces["plan"], place), SOURCE, pieces)
    later = pieces[pieces.duplicated("plan")]
    ctx.record.decide(
        "CIN-PLANS-JOINED",
        TABLE,
        later,
        "CINPlanStartDate",
        old=later["start"],
        new=later["first"],
        note="follows the plan before at once",
    )
    _beside_care(ctx, rows, end)


def _joined(ctx: Context, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Source rows with the plan each is a piece of, and the plans: the same, unless the profile joins them."""
    gap = ctx.conventions.join_plans_gap_days
    if gap is None:
        rows = rows.assign(plan=range(len(rows)), first=rows["start"])
        return rows, rows
    future = rows["start"] > ctx.as_at
    ctx.record.leave_out(SOURCE, TABLE, AFTER, future.sum())
    rows = rows[~future].sort_values(
        ["cinp_person_id", "cinp_referral_id", "start", "key"], kind="stable", ignore_index=True
    )
    whose = rows.groupby(["cinp_person_id", "cinp_referral_id"], sort=False, dropna=False)
    days = (rows["start"] - whose["end"].shift()).dt.days
    rows["plan"] = (~days.between(0, gap)).cumsum() if len(rows) else pd.Series(dtype="int64")
    rows["first"] = rows.groupby("plan")["start"].transform("first")
    whole = rows.drop_duplicates("plan").copy()
    whole["end"] = rows.drop_duplicates("plan", keep="last")["end"].to_numpy()
    return rows, whole


def _beside_care(ctx: Context, rows: pd.DataFrame, end: pd.Series) -> None:
    """A plan left open while the child is looked after: for a person to settle, never closed by rule."""
    care = ctx.rows("ssd_cla_episodes")
    care = care[~(care["clae_cla_episode_start_date"] > ctx.as_at)]
    beside = overlaps(
        rows["cinp_person_id"],
        rows["start"],
        end,
        care["clae_person_id"],
        care["clae_cla_episode_start_date"],
        care["clae_cla_episode_ceased_date"],
    )
    ctx.record.work(
        "CIN-PLAN-BESIDE-CARE",
        TABLE,
        rows[beside],
        "CINPlanEndDate",
        note="the child was looked after while the plan ran",
    )
