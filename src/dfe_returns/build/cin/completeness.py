"""What the records say should be in the census and is not: for a person to settle, never mended here."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dfe_returns.build.cin.context import Context
from dfe_returns.build.shape import look_up

CARE, PLANS = "ssd_cla_episodes", "ssd_cp_plans"


def completeness(
    ctx: Context, spells: pd.DataFrame, meetings: pd.DataFrame, last: Mapping[str, pd.DataFrame] | None
) -> None:
    """Children without a spell, conferences and plans without a partner, cases open last year."""
    told = spells[spells["in_scope"]]
    _children(ctx, told)
    _conferences_and_plans(ctx, meetings)
    _factors(ctx)
    _per_month(ctx, told)
    if last:
        _last_year(ctx, last)


def _children(ctx: Context, told: pd.DataFrame) -> None:
    care = ctx.rows(CARE).rename(
        columns={
            "clae_person_id": "person",
            "clae_cla_episode_start_date": "start",
            "clae_cla_episode_ceased_date": "end",
        }
    )
    plan = ctx.rows(PLANS).rename(
        columns={"cppl_person_id": "person", "cppl_cp_plan_start_date": "start", "cppl_cp_plan_end_date": "end"}
    )
    plan = plan[~plan["cppl_cp_plan_ola"].eq("Y")]
    note = "in the year, and no spell of the child is in the return"
    for code, rows in (("CIN-LOOKED-AFTER-NO-SPELL", care), ("CIN-PLAN-NO-SPELL", plan)):
        running = (rows["start"] <= ctx.as_at) & ~(rows["end"] < ctx.start) & ~rows["person"].isin(told["person"])
        ctx.record.work(code, "CINdetails", _one_each(ctx, rows[running]), note=note)
    open_now = told.loc[~told["nfa"].eq("Y") & ~(told["close"] <= ctx.as_at), "person"]
    now = (care["start"] <= ctx.as_at) & ~(care["end"] <= ctx.as_at)
    closed = now & care["person"].isin(told["person"]) & ~care["person"].isin(open_now)
    note = "looked after on the day of the return, and no spell of the child is open"
    ctx.record.work(
        "CIN-LOOKED-AFTER-NOT-OPEN", "CINdetails", _one_each(ctx, care[closed]), "CINclosureDate", note=note
    )


def _one_each(ctx: Context, rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.sort_values(["person", "start"], kind="stable").drop_duplicates("person", keep="last")
    return rows.assign(child=look_up(rows["person"], ctx.child_numbers))


def _conferences_and_plans(ctx: Context, meetings: pd.DataFrame) -> None:
    """A plan begins at a conference of that day, or at one that is linked to it."""
    plans = ctx.rows(PLANS).rename(
        columns={"cppl_person_id": "person", "cppl_cp_plan_id": "key", "cppl_cp_plan_start_date": "start"}
    )
    plans = plans[~plans["cppl_cp_plan_ola"].eq("Y") & ctx.in_year(plans["start"])]
    agreed = meetings[meetings["agreed"].eq("Y") & ctx.in_year(meetings["date"])]
    all_plans = ctx.rows(PLANS)
    same_day = _pairs(agreed["person"], agreed["date"]).isin(
        _pairs(all_plans["cppl_person_id"], all_plans["cppl_cp_plan_start_date"])
    )
    with_plan = (
        same_day | agreed["plan"].isin(all_plans["cppl_cp_plan_id"]) | agreed["key"].isin(all_plans["cppl_icpc_id"])
    )
    lonely = agreed[~with_plan]
    ctx.record.work(
        "CIN-CONFERENCE-NO-PLAN",
        "ChildProtectionPlans",
        lonely,
        "CPPstartDate",
        value=lonely["date"],
        note="a plan was agreed and none is recorded",
    )
    held = _pairs(plans["person"], plans["start"]).isin(_pairs(meetings["person"], meetings["date"]))
    held |= plans["cppl_icpc_id"].isin(meetings["key"]) | plans["key"].isin(meetings["plan"])
    without = plans[~held].assign(child=lambda p: look_up(p["person"], ctx.child_numbers))
    ctx.record.work(
        "CIN-PLAN-NO-CONFERENCE",
        "ChildProtectionPlans",
        without,
        "CPPstartDate",
        value=without["start"],
        note="no conference is recorded for it",
    )


def _pairs(person: pd.Series, day: pd.Series) -> pd.Series:
    """Person and day as one text, missing where either is."""
    text = person.astype("str") + "|" + day.dt.strftime("%Y-%m-%d").astype("str")
    return text.where(person.notna() & day.notna())


def _factors(ctx: Context) -> None:
    table = ctx.tables["Assessments"]
    missing = table["AssessmentAuthorisationDate"].notna() & ~ctx.keys["Assessments"].isin(
        ctx.keys["AssessmentFactorsList"]
    )
    source = ctx.rows("ssd_cin_assessments").drop_duplicates("cina_assessment_id").set_index("cina_assessment_id")
    rows = (
        source.loc[ctx.keys["Assessments"][missing]]
        .assign(child=table.loc[missing, "LAchildID"].to_numpy())
        .reset_index(drop=True)
    )
    ctx.record.work(
        "CIN-ASSESSMENT-NO-FACTORS",
        "AssessmentFactorsList",
        rows,
        "AssessmentFactor",
        note="authorised, and no factor is recorded",
    )


def _per_month(ctx: Context, told: pd.DataFrame) -> None:
    """Referrals of each month, to hold against the case system's own screen."""
    days = told.loc[ctx.in_year(told["date"]), "date"]
    counts = days.dt.strftime("%Y-%m").value_counts().sort_index()
    note = "referrals of the month in the return; compare with the count on the case system's screen"
    for month, count in counts.items():
        ctx.record.count("CIN-REFERRALS-PER-MONTH", "CINdetails", "CINreferralDate", month, count, note)


def _last_year(ctx: Context, last: Mapping[str, pd.DataFrame]) -> None:
    """Spells open at the end of last year's return must be here, or be explained."""
    before = last.get("CINdetails")
    wanted = {"LAchildID", "CINreferralDate", "CINclosureDate", "ReferralNFA"}
    if before is None or not wanted <= set(before.columns):
        return
    day, close = _days(before["CINreferralDate"]), _days(before["CINclosureDate"])
    short = before["ReferralNFA"].astype("str").str.strip().str.lower().isin(["1", "true"])
    child = before["LAchildID"].astype("str").str.strip()
    now = ctx.tables["CINdetails"]
    here = _pairs(child, day).isin(_pairs(now["LAchildID"], now["CINreferralDate"]))
    gone = close.isna() & ~short & day.notna() & ~here
    rows = pd.DataFrame(
        {"_file": "last year's CINdetails", "_line": pd.RangeIndex(1, len(before) + 1), "child": child.to_numpy()}
    )
    rows = rows[gone.to_numpy()]
    note = "open in last year's return and not in this one; the line counts the rows of last year's table"
    ctx.record.work(
        "CIN-LAST-YEAR-OPEN", "CINdetails", rows, "CINreferralDate", value=day.set_axis(range(len(day))), note=note
    )


def _days(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    return pd.to_datetime(values.astype("str").str.strip().str[:10], format="%Y-%m-%d", errors="coerce")
