"""Pre-proceedings and family group decision making: from 2026-27, from a companion file, off until turned on."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.context import Context, source_row
from dfe_returns.build.shape import YES_NO, look_up, shaped

TABLE, SOURCE = "PreProceedings", "la_pre_proceedings"
_FOLLOWS = {
    "FGDMMeetingOffer": "LBPSentDate",
    "FGDMMeetingFac": "LBPSentDate",
    "ReviewMeetingsCount": "InitialPPMeetingDate",
    "PPOutcome": "StepDecisionDate",
}
"""Item -> the event it tells of: unknown until that has happened."""


def pre_proceedings(ctx: Context, spells: pd.DataFrame) -> None:
    """Sets PreProceedings where the year has it; without rows while it is off."""
    table = ctx.collection.tables.get(TABLE)
    if table is None:
        return
    rows = ctx.rows(SOURCE)
    if not ctx.settings.on(TABLE):
        ctx.record.leave_out(SOURCE, TABLE, "off until the specification that asks for it is recorded", len(rows))
        ctx.tables[TABLE], ctx.keys[TABLE] = shaped(table, rows[:0]), pd.Series(dtype="str")
        return
    rows = _of_returned(ctx, spells, rows)
    rows = _as_at(ctx, source_row(rows, spells), [name for name, item in table.fields.items() if item.type == "date"])
    items = list(table.fields)
    empty = rows[items].isna().all(axis=1)
    ctx.record.leave_out(SOURCE, TABLE, "nothing of it lies in the year", empty.sum())
    rows = rows[~empty].sort_values(["spell", "PPStartDate", "_line"], kind="stable", ignore_index=True)
    frame = rows.assign(
        FGDMMeetingOffer=rows["FGDMMeetingOffer"].map(YES_NO), FGDMMeetingFac=rows["FGDMMeetingFac"].map(YES_NO)
    )
    ctx.put(TABLE, frame, rows["referral_id"])
    ctx.record.came_from(TABLE, rows.index, SOURCE, rows)


def _of_returned(ctx: Context, spells: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    first = spells.drop_duplicates("key")
    at = look_up(rows["referral_id"], pd.Series(first.index.to_numpy(), index=first["key"]))
    status = spells.reindex(at.fillna(-1)).set_axis(rows.index)
    rows = rows.assign(child=status["child"])
    keep = at.notna() & status["in_scope"].eq(True) & ~status["nfa"].eq("Y")
    lost = ~keep & ~status["future"].eq(True)
    note = at.isna().map(
        {True: "its referral is not in the extract", False: "its referral is not in the return, or went no further"}
    )
    ctx.record.work("CIN-ORPHAN", TABLE, rows[lost], note=note)
    ctx.record.leave_out(SOURCE, TABLE, "no referral in the return", (~keep).sum())
    return rows[keep].assign(spell=at[keep].astype("int64"))


def _as_at(ctx: Context, rows: pd.DataFrame, dates: list[str]) -> pd.DataFrame:
    """Dates outside the year are cut, and what follows from an event that had not happened yet."""
    out = rows.copy()
    for name in dates:
        outside = rows[name].notna() & ~ctx.in_year(rows[name])
        ctx.record.decide(
            "CIN-PRE-PROCEEDINGS-CUT", TABLE, rows[outside], name, old=rows[name], note="outside the year"
        )
        out[name] = rows[name].mask(outside)
    for name, event in _FOLLOWS.items():
        unknown = (rows[event] > ctx.as_at) & rows[name].notna()
        ctx.record.decide(
            "CIN-PRE-PROCEEDINGS-CUT",
            TABLE,
            rows[unknown],
            name,
            old=rows[name],
            note=f"told with {event}, after the day of the return",
        )
        out[name] = rows[name].mask(unknown)
    return out
