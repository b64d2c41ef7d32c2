"""What a build did and why: decisions, worklist, rows left out, and the source rows that each row was made of.

Both returns use it. A row of a source table is named by its file and line, a child by the number the return sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.contract.load import read_yaml
from dfe_returns.errors import ContractError
from dfe_returns.files import data_folder

FILE, LINE = "_file", "_line"
DECISION_COLUMNS = ["rule", "table", "record", "child", "field", "old", "new", "note"]
WORK_COLUMNS = ["code", "table", "record", "child", "field", "value", "note"]
WITHHELD_COLUMNS = ["what", "table", "name", "reason", "count"]
ORIGIN_COLUMNS = ["row", "source", "file", "line", "part"]
_KEYS = {"code", "return", "title", "severity", "list"}
_SEVERITIES = {"info", "look", "total"}


@dataclass(frozen=True)
class DecisionCode:
    """A kind of decision or of work left to a person. `severity`: info, look (worth a look) or total (a count)."""

    code: str
    title: str
    returns: str
    severity: str
    list: str
    """decision or worklist"""


@cache
def decision_codes() -> Mapping[str, DecisionCode]:
    """All codes described in ``schemas/decisions``. Raises ContractError naming file and code of a wrong entry."""
    found: dict[str, DecisionCode] = {}
    for path in sorted((data_folder("schemas") / "decisions").glob("*.yaml")):
        for entry in read_yaml(path):
            code = str(entry.get("code", ""))
            if strange := set(entry) - _KEYS:
                raise ContractError(
                    f"schemas/decisions/{path.name}: {code} has the unknown key {sorted(strange)[0]!r}."
                )
            if missing := _KEYS - {"list"} - set(entry):
                raise ContractError(f"schemas/decisions/{path.name}: {code} lacks {sorted(missing)[0]!r}.")
            if entry["severity"] not in _SEVERITIES:
                raise ContractError(
                    f"schemas/decisions/{path.name}: {code} has the unknown severity {entry['severity']!r}."
                )
            if code in found:
                raise ContractError(f"schemas/decisions/{path.name}: {code} is described twice.")
            kind = entry.get("list", "decision")
            found[code] = DecisionCode(code, entry["title"], entry["return"], entry["severity"], kind)
    return found


def as_shown(values: Any, length: int) -> pd.Series:
    """Values as a person reads them: days as 2026-03-31, whole numbers without a point, nothing for a missing one."""
    if not isinstance(values, pd.Series):
        text = "" if values is None or values is pd.NaT or values is pd.NA else _one(values)
        return pd.Series([text] * length, dtype="str")
    values = values.reset_index(drop=True)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        text = values.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_float_dtype(values.dtype):
        text = values.astype("Int64").astype("str")
    else:
        text = values.astype("str")
    return text.where(values.notna(), "").astype("str")


def _one(value: Any) -> str:
    if isinstance(value, (pd.Timestamp, np.datetime64)):
        return pd.Timestamp(value).strftime("%Y-%m-%d")
    return str(value)


def places(rows: pd.DataFrame) -> pd.Series:
    """``file:line`` of each row."""
    if rows.empty:
        return pd.Series(dtype="str")
    return (rows[FILE].astype("str") + ":" + rows[LINE].astype("str")).astype("str")


class Record:
    """Gathers what a build has to account for. `rows` are rows of source tables with `_file`, `_line` and `child`."""

    def __init__(self) -> None:
        self._decisions: list[pd.DataFrame] = []
        self._work: list[pd.DataFrame] = []
        self._left_out: dict[tuple[str, str, str], int] = {}
        self._origins: dict[str, list[pd.DataFrame]] = {}

    def decide(
        self,
        code: str,
        table: str,
        rows: pd.DataFrame,
        field: Any = "",
        old: Any = None,
        new: Any = None,
        note: Any = "",
    ) -> None:
        """One decision per row. `old`, `new` and `note` are one value for all rows or a Series with the rows' index."""
        if len(rows):
            self._decisions.append(
                _entries(code, "decision", table, rows, {"field": field, "old": old, "new": new, "note": note})
            )

    def count(self, code: str, table: str, field: str, old: Any, new: Any, note: str) -> None:
        """A decision about the return as a whole: a figure to hold against another, belonging to no child."""
        _known(code, "decision")
        entry = dict.fromkeys(DECISION_COLUMNS, "")
        entry.update(rule=code, table=table, field=field, old=str(old), new=str(new), note=note)
        self._decisions.append(pd.DataFrame([entry], columns=DECISION_COLUMNS).astype("str"))

    def work(
        self, code: str, table: str, rows: pd.DataFrame, field: Any = "", value: Any = None, note: Any = ""
    ) -> None:
        """One line per row that a person must settle."""
        if len(rows):
            self._work.append(_entries(code, "worklist", table, rows, {"field": field, "value": value, "note": note}))

    def forget(self, table: str, rows: pd.DataFrame) -> None:
        """Take back what was said of source rows that turned out to have no part in the return: nobody need look."""
        gone = set(places(rows))
        if gone:
            for entries in (self._decisions, self._work):
                entries[:] = [e[~(e["table"].eq(table) & e["record"].isin(gone))] for e in entries]

    def leave_out(self, source: str, table: str, reason: str, count: Any) -> None:
        """So many rows of a source table did not become rows of a return table."""
        if count:
            key = (source, table, reason)
            self._left_out[key] = self._left_out.get(key, 0) + int(count)

    def leave_out_rest(self, source: str, table: str, reason: str, rows: int) -> None:
        """Rows of a source table of which nothing was made and nothing said yet; with them the counts add up."""
        parts = [part for table_parts in self._origins.values() for part in table_parts]
        ours = [part[["file", "line"]] for part in parts if part["source"].iloc[0] == source]
        used = len(pd.concat(ours).drop_duplicates()) if ours else 0
        said = sum(count for (name, _, _), count in self._left_out.items() if name == source)
        self.leave_out(source, table, reason, max(0, rows - used - said))

    def came_from(self, table: str, row: Any, source: str, rows: pd.DataFrame, part: Any = "row") -> None:
        """Rows of the return table (positions) and the source rows that they, or one field of them, were made of."""
        if len(rows):
            self._origins.setdefault(table, []).append(
                pd.DataFrame(
                    {
                        "row": np.asarray(row, dtype="int64"),
                        "source": source,
                        "file": rows[FILE].astype("str").to_numpy(),
                        "line": rows[LINE].astype("Int64").array,
                        "part": part,
                    }
                )
            )

    def decisions(self) -> pd.DataFrame:
        """rule, table, record, child, field, old, new, note; ordered by rule, child, record, field."""
        return _together(self._decisions, DECISION_COLUMNS, ["rule", "table", "child", "record", "field", "old"])

    def worklist(self) -> pd.DataFrame:
        """code, table, record, child, field, value, note; ordered by code, child, record."""
        return _together(self._work, WORK_COLUMNS, ["code", "table", "child", "record", "field", "value"])

    def withheld(self) -> pd.DataFrame:
        """what, table (source), name (return table), reason, count."""
        rows = [
            ("row", source, table, reason, count) for (source, table, reason), count in sorted(self._left_out.items())
        ]
        return pd.DataFrame(rows, columns=WITHHELD_COLUMNS).astype({"count": "Int64"})

    def origins(self, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """For each table of the return: row, source, file, line, part; in order of row."""
        return {
            name: _together(self._origins.get(name, []), ORIGIN_COLUMNS, ["row", "part", "source", "file", "line"])
            for name in tables
        }


def _known(code: str, kind: str) -> None:
    described = decision_codes().get(code)
    if described is None or described.list != kind:
        raise ContractError(f"schemas/decisions: {code} is not described there as a {kind}.")


def _entries(code: str, kind: str, table: str, rows: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    _known(code, kind)
    length = len(rows)
    child = rows.get("child", "")
    out = {"rule" if kind == "decision" else "code": as_shown(code, length), "table": as_shown(table, length)}
    out["record"] = places(rows).reset_index(drop=True)
    out["child"] = as_shown(child, length)
    aligned = {name: value.loc[rows.index] if isinstance(value, pd.Series) else value for name, value in values.items()}
    out.update({name: as_shown(value, length) for name, value in aligned.items()})
    return pd.DataFrame(out)


def _together(parts: list[pd.DataFrame], columns: list[str], order: list[str]) -> pd.DataFrame:
    if not parts:
        types = {"row": "int64", "line": "Int64"}
        return pd.DataFrame({name: pd.Series(dtype=types.get(name, "str")) for name in columns})
    return pd.concat(parts, ignore_index=True)[columns].sort_values(order, kind="stable", ignore_index=True)
