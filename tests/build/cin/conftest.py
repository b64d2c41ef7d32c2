"""Small worlds for the build: source tables drawn as text, answers read back as text.

A column is written without its table's prefix (`referral_date` for `cine_referral_date`). Who is not drawn in
`ssd_person` but has a referral is an ordinary girl born in 2012 whose child number is C and her person number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pytest

from dfe_returns.build import BuildSettings, Built
from dfe_returns.build.cin import build_cin
from dfe_returns.build.record import as_shown
from dfe_returns.contract import contract
from dfe_returns.sources.model import dtype_of, ssd_model

JUNE = date(2026, 6, 12)


def source_table(name: str, text: str) -> pd.DataFrame:
    """A typed source table; `_file` is its name, `_line` counts from 2 as in a file with a header."""
    model = ssd_model().tables[name]
    head, *lines = [line for line in text.strip().splitlines() if line.strip()]
    columns = [_full(model, short.strip()) for short in head.split("|")]
    cells = [[cell.strip() or None for cell in line.split("|")] for line in lines]
    out = model.empty().reindex(range(len(cells)))
    for number, column in enumerate(columns):
        values = pd.Series([line[number] if number < len(line) else None for line in cells], dtype="object")
        kind = dtype_of(model.columns[column])
        out[column] = pd.to_datetime(values, format="%Y-%m-%d") if kind.startswith("datetime") else values
        out[column] = out[column].astype(kind)
    return out.assign(_file=pd.Categorical([f"{name}.csv"] * len(out)), _line=pd.array(range(2, len(out) + 2), "Int64"))


def _full(model: Any, short: str) -> str:
    found = [name for name in model.columns if name == short or name.endswith(f"_{short}")]
    assert found, f"{model.name} has no column {short}"
    return min(found, key=len)


@dataclass
class World:
    """A build and how to ask it."""

    built: Built

    def table(self, name: str, columns: str, child: str | None = None) -> list[str]:
        """Rows of a return table as ``a | b | c``, of one child or all."""
        frame = self.built.tables[name]
        chosen = frame if child is None else frame[frame["LAchildID"].eq(child)]
        return _lines(chosen, columns.split())

    def one(self, name: str, column: str, child: str) -> str:
        """The value of the only row of a child."""
        (value,) = self.table(name, column, child)
        return value

    def decided(self, code: str, columns: str = "child field old new") -> list[str]:
        return _lines(self.built.decisions.query("rule == @code"), columns.split())

    def work(self, code: str, columns: str = "child") -> list[str]:
        return _lines(self.built.worklist.query("code == @code"), columns.split())

    def left_out(self, source: str) -> dict[str, int]:
        """Reason -> rows of a source table that were left out."""
        frame = self.built.withheld.query("table == @source")
        return dict(zip(frame["reason"], frame["count"].astype(int), strict=True))

    def origin(self, name: str, row: int) -> list[str]:
        return _lines(self.built.origins[name].query("row == @row"), ["part", "source", "line"])


def _lines(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    shown = pd.DataFrame({column: as_shown(frame[column], len(frame)) for column in columns})
    return [" | ".join(row).rstrip() for row in shown.itertuples(index=False, name=None)]


def world(year: str = "2025-26", conventions: dict[str, Any] | None = None, last: Any = None, **parts: Any) -> World:
    """Build the census from drawn tables (`ssd_...=`, `la_...=`) and settings (anything else)."""
    tables = {name: source_table(name, text) for name, text in parts.items() if name.startswith(("ssd_", "la_"))}
    settings = {"authority": "999", "extract_date": JUNE, "run_at": "2026-06-12"}
    settings |= {name: value for name, value in parts.items() if name not in tables}
    tables["ssd_person"] = _people(tables)
    given = {"child_id_source": "pers_legacy_id", **(conventions or {})}
    return World(build_cin(contract("cin", year), tables, given, BuildSettings(**settings), last))


def _people(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    drawn = tables.get("ssd_person", ssd_model().tables["ssd_person"].empty())
    named = pd.concat(
        [tables[n][c] for n, c in (("ssd_cin_episodes", "cine_person_id"),) if n in tables] or [pd.Series(dtype="str")]
    )
    others = sorted(set(named.dropna()) - set(drawn["pers_person_id"]) - {"nobody"})
    more = "\n".join(f"{p} | C{p} | F | WBRI | 2012-05-01" for p in others)
    more = source_table("ssd_person", f"person_id | legacy_id | sex | ethnicity | dob\n{more}")
    drawn = drawn.assign(
        pers_legacy_id=drawn["pers_legacy_id"].fillna("C" + drawn["pers_person_id"]).replace("none", None)
    )
    return pd.concat([drawn.astype({"_file": "str"}), more.astype({"_file": "str"})], ignore_index=True).astype(
        more.dtypes.to_dict() | {"_file": "category"}
    )


@pytest.fixture(scope="session")
def build() -> Callable[..., World]:
    return world
