"""Section 47 enquiries and initial child protection conferences (Children Act 1989, section 47)."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.cohort import attach
from dfe_returns.build.cin.context import AFTER, BEFORE, Context, source_row
from dfe_returns.build.shape import look_up
from dfe_returns.contract.calendar import add_working_days, is_working_day
from dfe_returns.sources.values import json_flags

TABLE = "Section47"
ENQUIRIES, CONFERENCES = "ssd_s47_enquiry", "ssd_initial_cp_conference"
CONFERENCE_DAYS = 15
"""Working days from the strategy discussion to the conference (Working Together to Safeguard Children)."""


def conferences(ctx: Context) -> pd.DataFrame:
    """Conferences held by the day of the return: person, key, enquiry, referral, plan, date, target."""
    rows = ctx.rows(CONFERENCES).rename(
        columns={
            "icpc_person_id": "person",
            "icpc_icpc_id": "key",
            "icpc_s47_enquiry_id": "enquiry",
            "icpc_referral_id": "referral",
            "icpc_cp_plan_id": "plan",
            "icpc_icpc_date": "date",
            "icpc_icpc_target_date": "target",
            "icpc_icpc_transfer_in": "transfer_in",
            "icpc_icpc_outcome_cp_flag": "agreed",
        }
    )
    rows["child"] = look_up(rows["person"], ctx.child_numbers)
    held = rows["date"] <= ctx.as_at
    ctx.record.decide(
        "CIN-CONFERENCE-NOT-YET",
        TABLE,
        rows[rows["date"] > ctx.as_at],
        "DateOfInitialCPC",
        old=rows["date"],
        note=f"as at {ctx.as_at:%Y-%m-%d}",
    )
    return rows[held].reset_index(drop=True)


def transfers_in(ctx: Context, spells: pd.DataFrame, meetings: pd.DataFrame) -> pd.DataFrame:
    """Conferences of the year after a move from another authority, without an enquiry here: one for each spell."""
    rows = meetings[meetings["transfer_in"].eq("Y") & meetings["enquiry"].isna()]
    past = rows["date"] < ctx.start
    ctx.record.leave_out(CONFERENCES, "CINdetails", BEFORE, past.sum())
    rows = attach(ctx, spells, rows[~past], CONFERENCES, "CINdetails", ("person", "referral", "date"))
    rows = rows.sort_values(["spell", "date", "key"], kind="stable")
    again = rows.duplicated("spell")
    _extra(ctx, "CINdetails", rows[again])
    return rows[~again]


def enquiries(ctx: Context, spells: pd.DataFrame, meetings: pd.DataFrame) -> None:
    """Sets Section47: begun in the year, or with the conference held in the year."""
    rows = ctx.rows(ENQUIRIES).rename(
        columns={
            "s47e_s47_enquiry_id": "key",
            "s47e_person_id": "person",
            "s47e_s47_start_date": "start",
            "s47e_s47_end_date": "end",
        }
    )
    completed = rows["end"] <= ctx.as_at
    rows["conference_wanted"] = _flag(rows["s47e_s47_outcome_json"], "CP_CONFERENCE_FLAG").where(completed)
    linked = _linked(ctx, rows, meetings)
    held = linked.set_index("enquiry")[["date", "target", "key", "_file", "_line"]].add_prefix("cpc_")
    rows = rows.join(held, on="key").join(_booked(ctx, rows), on="key")
    rows = _of_year(ctx, rows)
    rows = attach(ctx, spells, rows, ENQUIRIES, TABLE, ("person", "s47e_referral_id", "start"))
    rows = source_row(rows, spells).sort_values(["spell", "start", "key"], kind="stable", ignore_index=True)
    not_required = _not_required(ctx, rows)
    frame = rows.assign(
        S47ActualStartDate=rows["start"],
        InitialCPCtarget=_target(ctx, rows, not_required),
        DateOfInitialCPC=rows["cpc_date"],
        ICPCnotRequired=not_required.map({True: "1", False: "0"}),
    )
    ctx.put(TABLE, frame, rows["key"])
    ctx.record.came_from(TABLE, rows.index, ENQUIRIES, rows)
    with_one = rows[rows["cpc_date"].notna()]
    places = with_one[["cpc__file", "cpc__line"]].set_axis(["_file", "_line"], axis=1)
    ctx.record.came_from(TABLE, with_one.index, CONFERENCES, places, "DateOfInitialCPC")
    stored = rows[is_working_day(_stored_target(rows)) & ~not_required]
    for kind, which in (("cpc", stored["cpc_date"].notna()), ("booked", stored["cpc_date"].isna())):
        places = stored.loc[which, [f"{kind}__file", f"{kind}__line"]].set_axis(["_file", "_line"], axis=1)
        ctx.record.came_from(TABLE, places.index, CONFERENCES, places, "InitialCPCtarget")
    not_held = (~(ctx.rows(CONFERENCES)["icpc_icpc_date"] <= ctx.as_at)).sum() - stored["cpc_date"].isna().sum()
    ctx.record.leave_out(CONFERENCES, TABLE, "not held by the day of the return", not_held)
    undone = rows["end"].le(ctx.as_at) & rows["cpc_date"].isna() & ~not_required
    ctx.record.work(
        "CIN-ENQUIRY-WITHOUT-OUTCOME",
        TABLE,
        rows[undone],
        "ICPCnotRequired",
        note="completed, with neither a conference nor a word that none was needed",
    )


def _flag(texts: pd.Series, name: str) -> pd.Series:
    """One flag (Y, N or missing) out of outcome flags; each distinct text is read once."""
    places, distinct = pd.factorize(texts)
    flags = [(json_flags(str(text))[0] or {}).get(name) for text in distinct]
    return pd.Series(pd.array([*flags, None], dtype="str").take(places), index=texts.index)


def _linked(ctx: Context, rows: pd.DataFrame, meetings: pd.DataFrame) -> pd.DataFrame:
    """At most one conference for each enquiry: the earliest on or after the day it began."""
    first = rows.drop_duplicates("key").set_index("key")
    named = meetings[meetings["enquiry"].notna()]
    named = named.assign(
        start=look_up(named["enquiry"], first["start"]), whose=look_up(named["enquiry"], first["person"])
    )
    known = named["whose"].eq(named["person"])
    in_year = ctx.in_year(named["date"])
    lost = named[~known & in_year]
    ctx.record.work(
        "CIN-ORPHAN",
        TABLE,
        lost,
        "DateOfInitialCPC",
        note="the enquiry it names is not in the extract, or another child's",
    )
    named = named[known].assign(early=lambda m: m["date"] < m["start"])
    named = named.sort_values(["enquiry", "early", "date", "key"], kind="stable")
    again = named.duplicated("enquiry")
    _extra(ctx, TABLE, named[again & ctx.in_year(named["date"])])
    named = named[~again]
    alone = meetings[meetings["enquiry"].isna() & ~meetings["transfer_in"].eq("Y")]
    by_date = (
        _linked_by_date(ctx, rows[~rows["key"].isin(named["enquiry"])], alone)
        if ctx.conventions.link_conference_by_date
        else alone[:0]
    )
    rest = alone[~alone["key"].isin(by_date["key"]) & ctx.in_year(alone["date"])]
    ctx.record.work(
        "CIN-CONFERENCE-ALONE", TABLE, rest, "DateOfInitialCPC", note="names no enquiry and is no transfer in"
    )
    return pd.concat([named, by_date], ignore_index=True)


def _booked(ctx: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """By enquiry: target and place of the first conference that names it and was not held by the day of the return.

    Its target was set when the enquiry began; the day it is planned for is not told.
    """
    meetings = ctx.rows(CONFERENCES)
    meetings = meetings[~(meetings["icpc_icpc_date"] <= ctx.as_at) & meetings["icpc_s47_enquiry_id"].notna()]
    whose = look_up(meetings["icpc_s47_enquiry_id"], rows.drop_duplicates("key").set_index("key")["person"])
    meetings = meetings[whose.eq(meetings["icpc_person_id"])].sort_values("icpc_icpc_id", kind="stable")
    meetings = meetings.drop_duplicates("icpc_s47_enquiry_id").set_index("icpc_s47_enquiry_id")
    return meetings[["icpc_icpc_id", "icpc_icpc_target_date", "_file", "_line"]].set_axis(
        ["booked_key", "booked_target", "booked__file", "booked__line"], axis=1
    )


def _stored_target(rows: pd.DataFrame) -> pd.Series:
    """The target on the conference held, or, where none was, on the one that is booked."""
    return rows["cpc_target"].where(rows["cpc_date"].notna(), rows["booked_target"])


def _linked_by_date(ctx: Context, rows: pd.DataFrame, alone: pd.DataFrame) -> pd.DataFrame:
    """Each conference with the child's latest enquiry before it that has none and does not say none was needed."""
    open_ = rows[rows["start"].notna() & ~rows["conference_wanted"].eq("N")].sort_values(
        ["start", "key"], kind="stable"
    )
    open_ = open_[["person", "start", "key", "s47e_referral_id"]].rename(columns={"key": "enquiry_found"})
    dated = alone.sort_values(["date", "key"], kind="stable")
    found = pd.merge_asof(dated, open_, left_on="date", right_on="start", by="person", direction="backward")
    apart = (
        found["referral"].notna() & found["s47e_referral_id"].notna() & found["referral"].ne(found["s47e_referral_id"])
    )
    found = found[found["enquiry_found"].notna() & ~apart].drop_duplicates("enquiry_found")
    ctx.record.decide(
        "CIN-CONFERENCE-INFERRED",
        TABLE,
        found,
        "DateOfInitialCPC",
        new=found["enquiry_found"],
        note="latest enquiry of the child before the conference",
    )
    return found.assign(enquiry=found["enquiry_found"])


def _of_year(ctx: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Conference held in the year; or none held, and the enquiry begun in the year."""
    none = rows["cpc_date"].isna()
    future = rows["start"] > ctx.as_at
    keep = ~future & (ctx.in_year(rows["cpc_date"]) | (none & ctx.in_year(rows["start"])))
    over = ~keep & ~future & (rows["cpc_date"].notna() | (rows["end"] < ctx.start))
    left = ~keep & ~future & ~over
    ctx.record.leave_out(ENQUIRIES, TABLE, AFTER, future.sum())
    ctx.record.leave_out(ENQUIRIES, TABLE, BEFORE, over.sum())
    ctx.record.leave_out(ENQUIRIES, TABLE, "begun before the year or on no day, without a conference", left.sum())
    rows["child"] = look_up(rows["person"], ctx.child_numbers)
    note = "begun before the year (or on no recorded day) and without a conference: over, or forgotten?"
    ctx.record.work("CIN-ENQUIRY-OLD", TABLE, rows[left], "S47ActualStartDate", value=rows["start"], note=note)
    return rows[keep]


def _not_required(ctx: Context, rows: pd.DataFrame) -> pd.Series:
    """Completed, no conference asked for (or, nothing said of that, nothing further), and none held or booked."""
    asked = rows["conference_wanted"]
    no = asked.eq("N") | (asked.isna() & rows["s47e_s47_nfa"].eq("Y"))
    out = rows["end"].le(ctx.as_at) & no & rows["cpc_date"].isna() & rows["booked_key"].isna()
    ctx.record.decide(
        "CIN-CONFERENCE-NOT-REQUIRED",
        TABLE,
        rows[out],
        "ICPCnotRequired",
        new="1",
        note="by the outcome of the enquiry",
    )
    return out


def _target(ctx: Context, rows: pd.DataFrame, not_required: pd.Series) -> pd.Series:
    """The target stored with the conference, if a working day; else the fifteenth working day after the start."""
    stored = _stored_target(rows)
    worked_out = add_working_days(rows["start"], CONFERENCE_DAYS)
    derived = ~is_working_day(stored) & ~not_required & worked_out.notna()
    why = stored.notna().map(
        {True: "the stored target is no working day", False: f"{CONFERENCE_DAYS} working days after the enquiry began"}
    )
    ctx.record.decide(
        "CIN-TARGET-DERIVED",
        TABLE,
        rows[derived],
        "InitialCPCtarget",
        old=stored[derived],
        new=worked_out[derived],
        note=why[derived],
    )
    return stored.where(is_working_day(stored), worked_out).mask(not_required)


def _extra(ctx: Context, table: str, rows: pd.DataFrame) -> None:
    ctx.record.work(
        "CIN-CONFERENCE-EXTRA",
        table,
        rows,
        "DateOfInitialCPC",
        value=rows["date"],
        note="another conference stands for the same work already",
    )
    ctx.record.leave_out(CONFERENCES, table, "another conference stands for the same work", len(rows))
