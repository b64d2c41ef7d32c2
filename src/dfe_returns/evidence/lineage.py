"""The lineage of a run: sources, transformation and gateway of each output field; source rows of each output row.

One lineage entry per value is the join of three files: fields (what every value of a field has in common), rows
(which source rows a row was made of) and decisions (what was done to single values).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.contract.gateways import Register
from dfe_returns.contract.model import Collection
from dfe_returns.errors import ContractError
from dfe_returns.evidence.mapping import Mapped
from dfe_returns.files import write_csv

CHILD_COLUMN = {"cin": "LAchildID", "ssda903": "CHILD"}
FIELD_COLUMNS = [
    "table", "field", "sent", "blank", "withheld", "source_columns", "transformation", "gateway", "art6", "art9",
    "art10", "data_class", "tier", "supplier", "family_choice", "doubts",
]  # fmt: skip
ROW_COLUMNS = ["return", "table", "row", "child", "part", "source", "file", "line"]
GATEWAY_COLUMNS = [
    "return", "table", "gateway", "citation", "fields", "values", "raised", "art6", "art9", "art10", "highest_tier",
    "recipient", "doubts", "source",
]  # fmt: skip


def field_lineage(
    collection: Collection,
    mapping: Mapping[str, Mapped],
    tables: Mapping[str, pd.DataFrame],
    withheld: pd.DataFrame,
) -> pd.DataFrame:
    """One row per field of the collection: counts, where it comes from, under which law (``lineage/fields.csv``).

    ``sent`` and ``blank`` count the cells of the permitted tables and add up to their rows; ``withheld`` is what
    minimisation kept back of that column. A table that is not in ``tables`` (switched off) has zero of both.
    """
    held_back = _withheld_columns(withheld)
    rows = []
    for name, item in collection.fields.items():
        law, entry = collection.gateways.field(collection.name, name), mapping.get(name)
        if entry is None:
            raise ContractError(
                f"schemas/{collection.name}/mapping.yaml: {name} has no entry; say what it is made of and how."
            )
        cells = tables.get(item.table, pd.DataFrame()).get(item.name)
        filled = 0 if cells is None else int(_filled(cells).sum())
        blank = 0 if cells is None else len(cells) - filled
        counts = (filled, blank, held_back.get((item.table, item.name), 0))
        made = ("; ".join(entry.source), entry.transformation)
        bases = (
            "; ".join(law.gateways),
            "; ".join(filter(None, (law.art6, law.art6_alternative))),
            law.art9,
            law.art10,
        )
        what = ("; ".join(law.data_class), law.tier, law.supplier, law.family_choice, "; ".join(law.doubts))
        rows.append((item.table, item.name, *counts, *made, *bases, *what))
    return pd.DataFrame(rows, columns=FIELD_COLUMNS)


def row_lineage(result: Any) -> pd.DataFrame:
    """One row per output row and source row it was made of (``lineage/rows.csv``).

    ``result`` is a RunResult. ``row`` is the position in the table, ``part`` the field that the source row gave or
    ``row`` for the whole row, ``file`` and ``line`` where the source row was read.
    """
    column = CHILD_COLUMN[result.collection.name]
    parts = []
    for name in [t for t in result.collection.all_tables if t in result.tables]:
        table, origins = result.tables[name], result.origins.get(name)
        if origins is None or not len(origins):
            continue
        part = origins[["row", "part", "source", "file", "line"]].copy()
        rows = part["row"].astype("int64").to_numpy()
        child = table[column].reset_index(drop=True).reindex(rows).array if column in table else ""
        part.insert(0, "table", name)
        parts.append(part.assign(child=child))
    if not parts:
        return pd.DataFrame(columns=ROW_COLUMNS)
    every = pd.concat(parts, ignore_index=True).assign(**{"return": result.collection.name})
    order = {name: i for i, name in enumerate(result.collection.all_tables)}
    every = every.assign(_table=every["table"].map(order)).sort_values(
        ["_table", "row", "part", "source", "file", "line"], kind="stable", ignore_index=True
    )
    return every[ROW_COLUMNS]


def classes_sent(collection: Collection, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What was sent, by class of the value (R14): table, field, data_class, tier, art9, art10, about, raised, values.

    Works on the distinct values of each column, so its cost is that of counting them.
    """
    parts = []
    for name, item in collection.fields.items():
        cells = tables.get(item.table, pd.DataFrame()).get(item.name)
        if cells is None:
            continue
        law = collection.gateways.field(collection.name, name)
        filled = cells[_filled(cells)]
        if law.sensitive_codes:
            counts = filled.astype("str").value_counts(sort=False)
        else:
            counts = pd.Series([len(filled)], index=["any"])
        what = collection.gateways.class_of(collection.name, name, pd.Series(counts.index, dtype="str"))
        parts.append(what.drop(columns="why").assign(table=item.table, field=item.name, values=counts.to_numpy()))
    columns = ["table", "field", "data_class", "tier", "art9", "art10", "about", "raised"]
    if not parts:
        return pd.DataFrame(columns=[*columns, "values"])
    every = pd.concat(parts, ignore_index=True)
    summed = every[every["values"] > 0].groupby(columns, sort=False, as_index=False)["values"].sum()
    order = {name: i for i, name in enumerate(collection.fields)}
    position = (summed["table"] + "." + summed["field"]).map(order)
    return (
        summed.assign(_at=position)
        .sort_values(["_at", "raised", "data_class", "tier", "about"], kind="stable", ignore_index=True)
        .drop(columns="_at")
    )


def gateways_used(collection: Collection, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per table and disclosure gateway as used in this run (``lineage/gateways.csv``).

    ``values`` counts what left under it, ``raised`` those whose own code raised or set their class. Articles 9 and 10
    are those that the values sent really needed.
    """
    laws: Register = collection.gateways
    sent = classes_sent(collection, tables)
    ids = sent["table"] + "." + sent["field"]
    sent = sent.assign(gateway=ids.map(lambda name: laws.field(collection.name, name).gateways))
    rows = []
    for (table, gateway), group in sent.explode("gateway").groupby(["table", "gateway"], sort=False):
        entries = [laws.field(collection.name, f"{table}.{name}") for name in group["field"].unique()]
        law = laws.gateways[str(gateway)]
        rows.append((
            collection.name, table, gateway, law.citation, group["field"].nunique(), int(group["values"].sum()),
            int(group.loc[group["raised"], "values"].sum()), _joined(e.art6 for e in entries), _joined(group["art9"]),
            _joined(group["art10"]), group["tier"].max(), laws.returns[collection.name]["recipient"],
            _joined(d for e in entries for d in e.doubts), law.source_url,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=GATEWAY_COLUMNS)


def write_lineage(result: Any, folder: Path | str) -> dict[str, int]:
    """Write ``fields.csv``, ``rows.csv`` and ``gateways.csv`` into the folder ``lineage``; returns rows per file."""
    files = {
        "fields.csv": result.fields,
        "rows.csv": row_lineage(result),
        "gateways.csv": gateways_used(result.collection, result.tables),
    }
    for name, frame in files.items():
        write_csv(frame, Path(folder) / name)
    return {name: len(frame) for name, frame in files.items()}


def as_text(values: pd.Series, return_name: str) -> pd.Series:
    """Cells as the return writes them: dates ``yyyy-mm-dd`` (census) or ``dd/mm/yyyy`` (903), blank ``""``."""
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d" if return_name == "cin" else "%d/%m/%Y")
    return values.astype("str").where(values.notna(), "").fillna("")


def _filled(cells: pd.Series) -> pd.Series:
    present = cells.notna()
    if pd.api.types.is_string_dtype(cells):
        present &= cells.fillna("").str.strip().ne("")
    return present


def _withheld_columns(withheld: pd.DataFrame) -> dict[tuple[str, str], int]:
    if withheld is None or not len(withheld):
        return {}
    columns = withheld[withheld["what"].eq("column")]
    counts = columns.groupby(["table", "name"], as_index=False)["count"].sum()
    keys = zip(counts["table"].astype("str"), counts["name"].astype("str"), strict=True)
    return dict(zip(keys, counts["count"].astype(int).tolist(), strict=True))


def _joined(values: Iterable[str]) -> str:
    return "; ".join(sorted({v for v in values if v}))
