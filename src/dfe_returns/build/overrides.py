"""Values that a person set by hand (`la_overrides`), with the reason and the role of whoever decided. For both returns.

An override names the value it replaces. Where the records have changed since, it is not applied but listed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dfe_returns.build.record import Record, as_shown
from dfe_returns.contract import Collection, Table

SOURCE = "la_overrides"
_FLAGS = {"1": "1", "0": "0", "y": "1", "n": "0", "yes": "1", "no": "0", "true": "1", "false": "0"}


def apply_overrides(
    collection: Collection,
    given: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    keys: Mapping[str, pd.Series],
    record: Record,
    codes: tuple[str, str],
) -> dict[str, pd.DataFrame]:
    """The tables with the overrides of this return applied.

    given: la_overrides
    keys: for each table the source row id behind each row, which the column `key` of an override names (blank where a
    child has one row alone)
    codes: of the decision for an override applied, of the worklist line for one that is not
    """
    out = dict(tables)
    mine = given[given["return"].str.strip().str.lower().eq(collection.name)]
    mine = mine.assign(child=mine["child_id"].str.strip()).sort_values(
        ["decided_on", "_line"], kind="stable", na_position="first"
    )
    mine = mine.reset_index(drop=True)
    again = mine.duplicated(["table", "child", "key", "field"], keep="last")
    record.work(
        codes[1], SOURCE, mine[again], mine["field"], mine["new_value"], "a later override of the same value stands"
    )
    mine = mine[~again]
    known = pd.Series(False, index=mine.index)
    for (name, field), rows in mine.groupby(["table", "field"], sort=True):
        table = collection.tables.get(str(name))
        if table is None or name not in out or field not in table.fields or field in table.keys or not table.keys:
            continue
        known[rows.index] = True
        out[str(name)] = _one_field(table, str(field), rows, out[str(name)], keys[str(name)], record, codes)
    record.work(
        codes[1],
        SOURCE,
        mine[~known],
        mine["field"],
        mine["new_value"],
        note="no such table or field this year, or a field that rows are told apart by",
    )
    return out


def _one_field(
    table: Table,
    field: str,
    rows: pd.DataFrame,
    frame: pd.DataFrame,
    key: pd.Series,
    record: Record,
    codes: tuple[str, str],
) -> pd.DataFrame:
    child = table.keys[0]
    current = as_shown(frame[field], len(frame))
    places = pd.DataFrame(
        {"child": frame[child].astype("str"), "key": key.to_numpy(), "old": current.to_numpy(), "at": range(len(frame))}
    )
    wanted = rows.assign(
        old=_plain(table, field, rows["old_value"]), new=_plain(table, field, rows["new_value"]), line=rows.index
    )
    keyed = wanted[wanted["key"].notna()].merge(places, on=["child", "key"], suffixes=("", "_now"))
    bare = wanted[wanted["key"].isna()].merge(places.drop(columns="key"), on="child", suffixes=("", "_now"))
    found = pd.concat([keyed, bare], ignore_index=True)
    found = found[found["old"].eq(found["old_now"])]
    count = found.groupby("line")["at"].transform("size")
    value = _typed(table, field, found["new"])
    fits = count.eq(1) & (value.notna() | found["new"].eq(""))
    found, value = found[fits], value[fits]
    new = frame[field].copy()
    new.iloc[found["at"].to_numpy()] = value.astype(new.dtype).to_numpy()
    applied = rows.loc[found["line"]]
    old = pd.Series(found["old"].to_numpy(), index=applied.index)
    shown = pd.Series(found["new"].to_numpy(), index=applied.index)
    day = applied["decided_on"].dt.strftime(", %Y-%m-%d").fillna("").astype("str")
    who = applied["decided_by_role"].fillna("").astype("str") + day
    record.decide(
        codes[0],
        table.name,
        applied,
        field,
        old=old,
        new=shown,
        note=applied["reason"].fillna("").astype("str") + " (" + who + ")",
    )
    record.came_from(table.name, found["at"], SOURCE, applied, field)
    left = rows[~rows.index.isin(found["line"])]
    why = "no such row, not the old value, several rows that fit, or a new value that cannot be read"
    record.work(codes[1], table.name, left, field, value=left["new_value"], note=why)
    return frame.assign(**{field: new})


def _plain(table: Table, field: str, values: pd.Series) -> pd.Series:
    """Values as the return shows them, so that 31/03/2026, 2026-03-31 and Y, 1, true compare."""
    text = values.fillna("").astype("str").str.strip()
    kind = table.fields[field].type
    if kind == "boolean":
        return text.str.lower().map(_FLAGS).fillna(text)
    if kind == "date":
        return _days(text).dt.strftime("%Y-%m-%d").fillna(text).astype("str")
    if kind == "integer":
        return text.str.replace(r"\.0+$", "", regex=True)
    return text


def _typed(table: Table, field: str, text: pd.Series) -> pd.Series:
    kind = table.fields[field].type
    filled = text.where(text.ne(""))
    if kind == "date":
        return _days(filled)
    if kind == "integer":
        return pd.to_numeric(filled.where(filled.str.fullmatch(r"\d+").eq(True)), errors="coerce").astype("Int64")
    if kind == "boolean":
        return filled.where(filled.isin(["0", "1"]))
    return filled


def _days(text: pd.Series) -> pd.Series:
    iso = pd.to_datetime(text.astype("str").str[:10], format="%Y-%m-%d", errors="coerce")
    return iso.fillna(pd.to_datetime(text.astype("str"), format="%d/%m/%Y", errors="coerce")).astype("datetime64[us]")
