"""The Standard Safeguarding Dataset as this product takes it in: tables and columns of ``schemas/sources/ssd.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.contract.reading import read_yaml, require
from dfe_returns.errors import ContractError
from dfe_returns.files import data_folder

FILE, LINE = "_file", "_line"
"""Where a row came from: file (or database object), and line in it, the header being line 1."""

TYPES = frozenset({"id", "text", "postcode", "date", "partial_date", "code", "flag", "integer", "decimal", "json"})
_COLUMN_KEYS = frozenset(
    {
        "type",
        "codes",
        "to",
        "need",
        "aliases",
        "read",
        "personal",
        "dated_by",
        "fallback",
        "means",
        "unmapped",
        "part",
        "holds",
        "authority",
        "holds_legacy",
    }
)
_TABLE_KEYS = frozenset(
    {
        "title",
        "key",
        "new_keys",
        "required",
        "optional",
        "companion",
        "prefilled",
        "starts",
        "held",
        "ends",
        "cohort_of",
        "columns",
    }
)


@dataclass(frozen=True)
class SsdColumn:
    """One column of the canonical model; the fields are explained at the head of ``ssd.yaml``."""

    name: str
    table: str
    type: str
    means: str
    codes: str = ""
    part: str = ""
    authority: bool = False
    unmapped: str = "stop"
    to: str = ""
    need: bool = False
    read: bool = True
    personal: bool = False
    aliases: tuple[str, ...] = ()
    dated_by: str = ""
    fallback: str = ""
    holds: str = ""
    holds_legacy: str = ""


@dataclass(frozen=True)
class SsdTable:
    """One table of the canonical model."""

    name: str
    title: str
    key: tuple[str, ...]
    columns: Mapping[str, SsdColumn]
    new_keys: bool = False
    required: bool = False
    optional: bool = False
    companion: str = ""
    prefilled: tuple[str, ...] = ()
    starts: str = ""
    held: str = ""
    ends: str = ""
    cohort_of: str = ""

    @property
    def links(self) -> dict[str, tuple[str, str]]:
        """Column -> (table, column) it points at."""
        found = {}
        for column in self.columns.values():
            if column.to:
                table, _, target = column.to.partition(".")
                found[column.name] = (table, target)
        return found

    def empty(self) -> pd.DataFrame:
        """The table without rows, typed."""
        frame = {name: pd.Series(dtype=dtype_of(column)) for name, column in self.columns.items()}
        frame[FILE] = pd.Series(dtype="category")
        frame[LINE] = pd.Series(dtype="Int64")
        return pd.DataFrame(frame)


@dataclass(frozen=True)
class SsdModel:
    """All tables, and the code sets that are ours because DfE has none."""

    version: str
    tables: Mapping[str, SsdTable]
    code_sets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def companions(self) -> tuple[str, ...]:
        return tuple(name for name in self.tables if name.startswith("la_"))

    def column(self, table: str, name: str) -> SsdColumn:
        return self.tables[table].columns[name]


def dtype_of(column: SsdColumn) -> str:
    """pandas type of a conformed column."""
    return {"date": "datetime64[us]", "integer": "Int64", "decimal": "Float64"}.get(column.type, "str")


@cache
def ssd_model() -> SsdModel:
    """The model, checked against itself. Raises ContractError naming the key that is wrong."""
    return read_model(data_folder("schemas") / "sources" / "ssd.yaml")


def read_model(path: Path) -> SsdModel:
    """As `ssd_model`, from a given file."""
    raw = read_yaml(path)
    require(path, "the file", raw, ("ssd_version", "code_sets", "tables"))
    code_sets = {
        name: {str(code): str(label) for code, label in codes.items()} for name, codes in raw["code_sets"].items()
    }
    tables = {name: _table(name, body) for name, body in raw["tables"].items()}
    model = SsdModel(str(raw["ssd_version"]), tables, code_sets)
    _check(model)
    return model


def _table(name: str, body: Mapping[str, Any]) -> SsdTable:
    require(Path("ssd.yaml"), name, body, ("title", "key", "columns"))
    _known(body, _TABLE_KEYS, name)
    columns = {}
    for column, facts in body["columns"].items():
        require(Path("ssd.yaml"), f"{name}.{column}", facts, ("type", "means"))
        _known(facts, _COLUMN_KEYS, f"{name}.{column}")
        values = dict(facts)
        values["aliases"] = tuple(values.get("aliases", ()))
        columns[column] = SsdColumn(name=column, table=name, **values)
    rest = {key: value for key, value in body.items() if key not in {"columns", "key", "prefilled"}}
    return SsdTable(
        name=name, key=tuple(body["key"]), columns=columns, prefilled=tuple(body.get("prefilled", ())), **rest
    )


def _known(body: Mapping[str, Any], allowed: frozenset[str], place: str) -> None:
    if strange := set(body) - allowed:
        raise ContractError(f"schemas/sources/ssd.yaml: {place} has the unknown key {sorted(strange)[0]!r}.")


def _check(model: SsdModel) -> None:
    for table in model.tables.values():
        named = (*table.key, *filter(None, (table.starts, table.held, table.ends)))
        for name in (*named, *(c.dated_by for c in table.columns.values() if c.dated_by)):
            if name not in table.columns:
                raise ContractError(
                    f"schemas/sources/ssd.yaml: {table.name} names the column {name!r}, which it has not."
                )
        for column in table.columns.values():
            place = f"schemas/sources/ssd.yaml: {table.name}.{column.name}"
            if column.type not in TYPES:
                raise ContractError(f"{place} has the unknown type {column.type!r}.")
            if column.type == "code" and not column.codes:
                raise ContractError(f"{place} is a code without a code set.")
            if column.codes and "/" not in column.codes and column.codes not in model.code_sets:
                raise ContractError(f"{place} names the unknown code set {column.codes!r}.")
            target, _, wanted = column.to.partition(".")
            if target and (target not in model.tables or (wanted and wanted not in model.tables[target].columns)):
                raise ContractError(f"{place} points at {column.to!r}, which does not exist.")
