"""Child protection plans and their reviews."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.cohort import attach
from dfe_returns.build.cin.context import BEFORE, Context, source_row
from dfe_returns.build.shape import look_up, number_within

TABLE, REVIEWS = "ChildProtectionPlans", "Reviews"
SOURCE, REVIEW_SOURCE, BALANCE = "ssd_cp_plans", "ssd_cp_reviews", "la_previous_plans"


def protection_plans(ctx: Context, spells: pd.DataFrame) -> None:
    """Sets ChildProtectionPlans and Reviews: this authority's plans in force at some time of the year."""
    rows = ctx.rows(SOURCE).rename(
        columns={
            "cppl_cp_plan_id": "key",
            "cppl_person_id": "person",
            "cppl_cp_plan_start_date": "start",
            "cppl_cp_plan_end_date": "end",
            "cppl_cp_plan_initial_category": "initial",
            "cppl_cp_plan_latest_category": "latest",
        }
    )
    rows["before"] = rows.groupby("person")["start"].rank(method="min") - 1
    rows = ctx.under_way(rows, "start", "end", SOURCE, TABLE)
    elsewhere = rows["cppl_cp_plan_ola"].eq("Y")
    theirs = rows[elsewhere].assign(child=lambda p: look_up(p["person"], ctx.child_numbers))
    ctx.record.decide(
        "CIN-PLAN-OF-OTHER-LA", TABLE, theirs, note="the plan of another authority is not this authority's to send"
    )
    ctx.record.leave_out(SOURCE, TABLE, "plan of another authority", elsewhere.sum())
    rows = attach(ctx, spells, rows[~elsewhere], SOURCE, TABLE, ("person", "cppl_referral_id", "start"))
    rows = source_row(rows, spells).sort_values(["spell", "start", "key"], kind="stable", ignore_index=True)
    rows["CPPID"] = number_within(rows["spell"])
    frame = rows.assign(
        CPPstartDate=rows["start"],
        CPPendDate=ctx.cut("CIN-PROTECTION-END-CUT", TABLE, "CPPendDate", rows, rows["end"]),
        InitialCategoryOfAbuse=rows["initial"],
        LatestCategoryOfAbuse=_latest(ctx, rows),
        NumberOfPreviousCPP=_previous(ctx, rows),
    )
    ctx.put(TABLE, frame, rows["key"])
    ctx.record.came_from(TABLE, rows.index, SOURCE, rows)
    reviews(ctx, rows)


def _latest(ctx: Context, rows: pd.DataFrame) -> pd.Series:
    """The latest category, else the first. The source knows it as at the extract only."""
    blank = rows["latest"].isna() & rows["initial"].notna()
    ctx.record.decide(
        "CIN-CATEGORY-FROM-INITIAL", TABLE, rows[blank], "LatestCategoryOfAbuse", new=rows.loc[blank, "initial"]
    )
    extract = ctx.settings.extract_date
    if extract and pd.Timestamp(extract) > ctx.as_at:
        running = ~(rows["end"] <= ctx.as_at) & rows["latest"].notna() & rows["latest"].ne(rows["initial"])
        note = "as the extract has it; it may have changed after the day of the return"
        ctx.record.decide(
            "CIN-CATEGORY-AS-EXTRACTED",
            TABLE,
            rows[running],
            "LatestCategoryOfAbuse",
            new=rows.loc[running, "latest"],
            note=note,
        )
    return rows["latest"].fillna(rows["initial"])


def _previous(ctx: Context, rows: pd.DataFrame) -> pd.Series:
    """Plans of any authority that began before this one, and those that ended before the records begin."""
    balance = (
        ctx.rows(BALANCE)
        .dropna(subset=["plans_before_window"])
        .drop_duplicates("child_id", keep="last")
        .set_index("child_id")
    )
    opening = look_up(rows["child"], balance["plans_before_window"])
    number = rows["before"].astype("Int64") + opening.astype("Int64").fillna(0)
    known = rows["child"].isin(balance.index)
    note = known.map(
        {True: "with the plans of la_previous_plans", False: "plans before the records begin are not known"}
    )
    told = number.notna()
    ctx.record.decide("CIN-PREVIOUS-PLANS", TABLE, rows[told], "NumberOfPreviousCPP", new=number[told], note=note[told])
    ctx.record.came_from(
        TABLE, rows.index[known], BALANCE, balance.loc[rows.loc[known, "child"]], "NumberOfPreviousCPP"
    )
    return number


def reviews(ctx: Context, plans: pd.DataFrame) -> None:
    """Sets Reviews: held in the year, after the plan began and not after it ended; each day once."""
    rows = ctx.rows(REVIEW_SOURCE).rename(
        columns={"cppr_cp_plan_id": "plan", "cppr_cp_review_date": "date", "cppr_cp_review_id": "key"}
    )
    at = pd.Series(plans.index, index=plans["key"])
    rows = rows.assign(at=look_up(rows["plan"], at)).dropna(subset=["at"])
    rows["at"] = rows["at"].astype("int64")
    plan = plans.iloc[rows["at"].to_numpy()].set_axis(rows.index)
    rows = rows.assign(
        child=plan["child"], LAchildID=plan["LAchildID"], CINdetailsID=plan["CINdetailsID"], CPPID=plan["CPPID"]
    )
    planned = ~(rows["date"] <= ctx.as_at)
    past = rows["date"] < ctx.start
    initial = ~planned & ~past & (rows["date"] <= plan["start"])
    after = ~planned & ~past & ~initial & (rows["date"] > plan["end"])
    other = ~planned & ~past & rows["cppr_person_id"].notna() & rows["cppr_person_id"].ne(plan["person"])
    for which, reason in (
        (planned, "not held by the day of the return"),
        (past, BEFORE),
        (initial, "on or before the day the plan began"),
        (after, "after the plan ended"),
        (other & ~initial & ~after, "another child's"),
    ):
        ctx.record.leave_out(REVIEW_SOURCE, REVIEWS, reason, which.sum())
    ctx.record.decide(
        "CIN-REVIEW-NOT-REVIEW",
        REVIEWS,
        rows[initial],
        "CPPreviewDate",
        old=rows["date"],
        note="on or before the day the plan began: the initial conference",
    )
    ctx.record.work(
        "CIN-REVIEW-AFTER-PLAN",
        REVIEWS,
        rows[after],
        "CPPreviewDate",
        value=rows["date"],
        note="held after the plan ended",
    )
    ctx.record.work("CIN-ORPHAN", REVIEWS, rows[other], "CPPreviewDate", note="the plan it names is another child's")
    rows = rows[~(planned | past | initial | after | other)].sort_values(
        ["at", "date", "key"], kind="stable", ignore_index=True
    )
    first = ~rows.duplicated(["at", "date"])
    ctx.record.decide("CIN-REVIEW-REPEATED", REVIEWS, rows[~first], "CPPreviewDate", old=rows["date"], note="sent once")
    ctx.record.came_from(REVIEWS, first.cumsum() - 1, REVIEW_SOURCE, rows)
    kept = rows[first]
    ctx.put(REVIEWS, kept.assign(CPPreviewDate=kept["date"]), kept["key"])
