"""Last year beside this year, record by record: what was open then has carried on, ended, changed or gone missing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dfe_returns.review.facts import CHILD_COLUMN, text_of, words_of
from dfe_returns.review.totals import typed_previous

_OPEN_THINGS = {  # return -> (what it is called, table, start, end, must not hold)
    "cin": (
        ("Episode of need", "CINdetails", "CINreferralDate", "CINclosureDate", "ReferralNFA"),
        ("Child in need plan", "CINplanDates", "CINPlanStartDate", "CINPlanEndDate", None),
        ("Child protection plan", "ChildProtectionPlans", "CPPstartDate", "CPPendDate", None),
    ),
    "ssda903": (
        ("Episode of care", "Episodes", "DECOM", "DEC", None),
        ("Time missing or away", "Missing", "MIS_START", "MIS_END", None),
        ("Decision for adoption", "PlacedAdoption", "DATE_PLACED", "DATE_PLACED_CEASED", None),
    ),
}
_STARTS_NAMED = 4
OUTCOMES = ("carried on", "ended", "started on another day", "missing")
COLUMNS = ("what", "table", "child", "start", "outcome", "note")


def continuity(result: Any) -> pd.DataFrame | None:
    """Each record open at the end of last year and what became of it: what, table, child, start, outcome, note.

    'carried on': same start, still open; 'ended': same start, now with an end; 'started on another day': the child
    has records, none with that start; 'missing': the child has no record in that table. None without last year's
    return.
    """
    last = typed_previous(result)
    if last is None:
        return None
    child = CHILD_COLUMN[result.collection.name]
    parts = [
        _became(last[table], result.tables[table], child, what, table, start, end, unless)
        for what, table, start, end, unless in _OPEN_THINGS[result.collection.name]
        if table in last and table in result.tables and {child, start} <= set(last[table].columns)
    ]
    out = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame({column: pd.Series(dtype="str") for column in COLUMNS})
    )
    return out.sort_values(["what", "outcome", "child", "start"], kind="stable", ignore_index=True)[list(COLUMNS)]


def _became(
    last: pd.DataFrame, this: pd.DataFrame, child: str, what: str, table: str, start: str, end: str, unless: str | None
) -> pd.DataFrame:
    was_open = last[end].isna() if end in last.columns else pd.Series(True, index=last.index)
    if unless and unless in last.columns:
        was_open &= ~text_of(last[unless]).str.lower().isin(["1", "true"])
    was_open &= last[start].notna()
    then = last.loc[was_open, [child, start]].drop_duplicates()
    now = (
        this[[child, start, end]]
        .dropna(subset=[start])
        .sort_values([child, start, end])
        .drop_duplicates([child, start], keep="last")
    )
    both = then.merge(now, on=[child, start], how="left", indicator=True)
    known = both[child].isin(set(this[child]))
    same = both["_merge"] == "both"
    outcome = pd.Series("missing", index=both.index, dtype="str")
    outcome = (
        outcome.where(~known, "started on another day")
        .where(~same, "carried on")
        .where(~(same & both[end].notna()), "ended")
    )
    first = now[now.groupby(child).cumcount() < _STARTS_NAMED]
    starts = text_of(first[start]).groupby(first[child]).agg(", ".join)
    note = ("ended " + text_of(both[end])).where(outcome == "ended", "")
    other = "this year's start: " + words_of(both[child], starts)
    return pd.DataFrame(
        {
            "what": what,
            "table": table,
            "child": text_of(both[child]),
            "start": text_of(both[start]),
            "outcome": outcome,
            "note": note.where(outcome != "started on another day", other),
        }
    )


def continuity_counts(found: pd.DataFrame) -> pd.DataFrame:
    """what, then one column per outcome."""
    counts = (
        found.groupby(["what", "outcome"]).size().unstack(fill_value=0).reindex(columns=list(OUTCOMES), fill_value=0)
    )
    return counts.rename_axis(columns=None).reset_index()
