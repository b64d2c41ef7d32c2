"""The lineage of one child: each value sent, its source rows, what was done to it and under which law."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.errors import UsageError
from dfe_returns.evidence.lineage import CHILD_COLUMN, as_text, row_lineage
from dfe_returns.evidence.mapping import Mapped, mapping_of

COLUMNS = [
    "return", "table", "row", "field", "value", "source", "source_columns", "transformation", "decisions", "by_hand",
    "gateway",
    "art6", "art9", "art10", "data_class", "tier", "about", "why", "doubts",
]  # fmt: skip


def child_lineage(run: Any, child: str, run_id: str = "") -> pd.DataFrame:
    """One row per value sent about a child, in publishing order; a blank has a row where a decision made it blank.

    ``run`` is a RunResult or the folder of a run; ``child`` the authority's number for the child as the return has it.
    ``source`` lists ``table file:line``; class, tier and conditions are those of the value (R14); ``decisions`` the
    codes of what was done to it; ``by_hand`` reason, role and date where a person set the value. ``run_id``: the run
    that is meant, where the folder may hold a later one. Raises UsageError (without the number) when the return has no
    row of that child, or the folder holds another run.
    """
    result = _loaded(run)
    if run_id and result.run_id != run_id:
        raise UsageError(f"The folder of run {run_id} holds another run by now.")
    collection, column = result.collection, CHILD_COLUMN[result.collection.name]
    by_field = mapping_of(collection.name)
    rows, decided = row_lineage(result), result.decisions
    rows = rows[rows["child"].eq(child)]
    decided = decided[decided["child"].astype("str").eq(child)]
    parts = []
    for name, table in collection.tables.items():
        frame = result.tables.get(name)
        if frame is None or column not in frame:
            continue
        own = frame.reset_index(drop=True)
        own = own[own[column].astype("str").eq(child)]
        for field in (c for c in table.columns if c in own):
            parts.append(_values(collection, name, field, own[field], by_field[f"{name}.{field}"]))
    values = pd.concat([p for p in parts if len(p)], ignore_index=True) if any(map(len, parts)) else None
    if values is None:
        raise UsageError("That child is not in this run. Give the number as it stands in the return.")
    values["return"] = collection.name
    values["source"] = _sources(values, rows)
    values["decisions"] = _decisions(values, rows, decided, "rule")
    overrides = decided[decided["rule"].str.endswith("-OVERRIDE")]
    values["by_hand"] = _decisions(values, rows, overrides, "note")
    values = values[values["value"].str.strip().ne("") | values["decisions"].ne("")]
    order = {name: i for i, name in enumerate(collection.fields)}
    at = (values["table"] + "." + values["field"]).map(order)
    tables = {name: i for i, name in enumerate(collection.tables)}
    values = values.assign(_table=values["table"].map(tables), _at=at)
    return values.sort_values(["_table", "row", "_at"], kind="stable", ignore_index=True)[COLUMNS]


def hidden(values: pd.DataFrame, tiers: tuple[str, ...] = ("T3", "T4")) -> pd.DataFrame:
    """The answer with sensitive values hidden (R43): shown only to somebody who gave a reason, which is recorded."""
    shown = values["value"].where(~values["tier"].isin(tiers), "(hidden, " + values["tier"] + ")")
    reasons = values["by_hand"].where(~values["tier"].isin(tiers) | values["by_hand"].eq(""), "(hidden)")
    return values.assign(value=shown, by_hand=reasons)


def rows_of_child(run: Any, child: str) -> pd.DataFrame:
    """The row lineage of one child: return, table, row, part, source, file, line."""
    rows = row_lineage(_loaded(run))
    return rows[rows["child"].eq(child)].drop(columns="child").reset_index(drop=True)


def _loaded(run: Any) -> Any:
    if isinstance(run, (str, Path)):
        from dfe_returns.run_folder import load_run

        return load_run(run)
    return run


def _values(collection: Any, table: str, field: str, cells: pd.Series, entry: Mapped) -> pd.DataFrame:
    text = as_text(cells, collection.name)
    law = collection.gateways.field(collection.name, f"{table}.{field}")
    what = collection.gateways.class_of(collection.name, law.id, text)
    return what.drop(columns="raised").assign(
        table=table,
        row=text.index.to_numpy(),
        field=field,
        value=text.to_numpy(),
        source_columns="; ".join(entry.source),
        transformation=entry.transformation,
        gateway="; ".join(law.gateways),
        art6="; ".join(filter(None, (law.art6, law.art6_alternative))),
        doubts="; ".join(law.doubts),
    )


def _sources(values: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Source rows of the value itself where they are known, else of its row."""
    place = rows["source"].astype("str") + " " + rows["file"].astype("str") + ":" + rows["line"].astype("str")
    listed = rows.assign(place=place).groupby(["table", "row", "part"], sort=True)["place"].agg(_listed)
    own = pd.MultiIndex.from_frame(values[["table", "row", "field"]])
    whole = pd.MultiIndex.from_frame(values[["table", "row"]].assign(part="row"))
    found = pd.Series(listed.reindex(own).to_numpy(), index=values.index)
    return found.fillna(pd.Series(listed.reindex(whole).to_numpy(), index=values.index)).fillna("").astype("str")


def _decisions(values: pd.DataFrame, rows: pd.DataFrame, decided: pd.DataFrame, what: str) -> pd.Series:
    """Codes (or notes) of the decisions about the value: same table and field, same source row where the decision names
    one.
    """
    nothing = pd.Series("", index=values.index, dtype="str")
    if not len(decided):
        return nothing
    where = rows[["table", "row", "file", "line"]].drop_duplicates()
    where = where.assign(at=where["file"].astype("str") + ":" + where["line"].astype("str"))
    known = decided.assign(at=decided["record"].astype("str").str.split().str[-1].fillna(""))
    joined = known.merge(where[["table", "row", "at"]], on=["table", "at"], how="left")
    exact = joined.dropna(subset=["row"]).astype({"row": "int64"})
    loose = joined[joined["row"].isna()].drop(columns="row")
    every = pd.concat(
        [
            values[["table", "row", "field"]].assign(value=values.index).merge(exact, on=["table", "row", "field"]),
            values[["table", "row", "field"]].assign(value=values.index).merge(loose, on=["table", "field"]),
        ]
    )
    codes = every.groupby("value")[what].agg(_listed)
    return nothing.where(~values.index.isin(codes.index), codes.reindex(values.index))


def _listed(texts: pd.Series) -> str:
    return "; ".join(dict.fromkeys(texts.astype("str")))
