"""Only what the return permits leaves: fields of the year's contract that a disclosure gateway covers, children in
the cohort.

A column that no contract knows stops the run (nobody meant to send it); one that the year or a switch leaves out is
withheld and
counted. Source: Children Act 1989 s.83(3); UK GDPR Article 5(1)(b)-(c), 25.
"""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.contract import Collection
from dfe_returns.errors import ContractError

WITHHELD_COLUMNS = ["what", "table", "name", "reason", "count"]


@dataclass(frozen=True)
class Minimised:
    """What may leave, what stayed behind, and where each remaining row stood before."""

    tables: dict[str, pd.DataFrame]
    withheld: pd.DataFrame
    """Columns what (table, column, row), table, name, reason, count."""
    positions: dict[str, npt.NDArray[np.int64]]

    def origins(self, built: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """The build's row origins (column `row` = position in the built table), renumbered to the rows that remain."""
        out = {}
        for name, before in self.positions.items():
            origin = built.get(name)
            if origin is None:
                continue
            after = pd.Series(np.arange(len(before)), index=before)
            renumbered = origin[origin["row"].isin(after.index)]
            out[name] = renumbered.assign(row=after.reindex(renumbered["row"]).to_numpy()).reset_index(drop=True)
        return out


def minimise(collection: Collection, tables: Mapping[str, pd.DataFrame], switches: Names[str] = ()) -> Minimised:
    """Keep what the year's contract and a disclosure gateway permit.

    tables: built return tables. switches: tables that are off by default and were turned on.
    Raises ContractError when a table or column is in no year's contract.
    """
    permitted: dict[str, pd.DataFrame] = {}
    withheld: list[tuple[str, str, str, str, int]] = []
    for name, frame in tables.items():
        table = collection.all_tables.get(name)
        if table is None:
            raise ContractError(
                f"The build made a table {name!r} that schemas/{collection.name}/dictionary.yaml does not have."
            )
        reason = _table_reason(collection, name, switches)
        if reason:
            if len(frame):
                withheld.append(("table", name, "", reason, len(frame)))
            continue
        keep = list(table.join_keys)
        for column in frame.columns:
            if column in table.join_keys:
                continue
            if column not in table.all_fields:
                raise ContractError(
                    f"The build made a column {name}.{column} that schemas/{collection.name}/dictionary.yaml does not "
                    "have. Nothing was written; take the column out, or have it added to the specification, the "
                    "dictionary and the gateways."
                )
            covered, why = collection.gateways.covers(collection.name, f"{name}.{column}", collection.year, switches)
            if column in table.fields and covered:
                keep.append(column)
            elif filled := int(frame[column].notna().sum()):
                withheld.append(("column", name, column, why or f"not collected in {collection.year}", filled))
        permitted[name] = frame[keep]
    inside = _in_cohort(collection, permitted)
    for name, rows in inside.items():
        if not rows.all():
            withheld.append(("row", name, "", "child is not in the cohort of the return", int((~rows).sum())))
            permitted[name] = permitted[name][rows].reset_index(drop=True)
    positions = {
        name: np.flatnonzero(inside[name]) if name in inside else np.arange(len(frame))
        for name, frame in permitted.items()
    }
    return Minimised(permitted, pd.DataFrame(withheld, columns=WITHHELD_COLUMNS), positions)


def _table_reason(collection: Collection, name: str, switches: Names[str]) -> str:
    table = collection.all_tables[name]
    if not table.in_year(collection.year):
        return f"not collected in {collection.year}"
    if table.switch and name not in switches:
        return str(table.raw.get("switch_reason", "switched off"))
    return ""


def _in_cohort(collection: Collection, tables: Mapping[str, pd.DataFrame]) -> dict[str, npt.NDArray[np.bool_]]:
    """For each table with a child column, which rows are of children in the return's own list of children."""
    key, register = ("LAchildID", "ChildIdentifiers") if collection.name == "cin" else ("CHILD", "Header")
    children = tables.get(register)
    if children is None:
        return {}
    known = children[key]
    if collection.name == "cin" and "CINdetails" in tables:
        known = known[known.isin(tables["CINdetails"][key])]
    return {name: frame[key].isin(known).to_numpy() for name, frame in tables.items() if key in frame.columns}
