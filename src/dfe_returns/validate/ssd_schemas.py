"""Pandera schemas of the SSD tables, made from ``schemas/sources/ssd.yaml``: types, keys, code sets, links between
tables, order of dates.

Used by `sources.conform` on the way in. What fails becomes a structural note (code, place, count), never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from dfe_returns.sources.model import FILE, LINE, SsdColumn, SsdModel, SsdTable, dtype_of, ssd_model
from dfe_returns.sources.national import codes_of
from dfe_returns.sources.report import line_list

Note = tuple[str, str, str, int | None, str, int]
"""code, message, file, line, column, count: as `Notes.add` takes them"""


@cache
def ssd_schema(name: str) -> pa.DataFrameSchema:
    """Schema of one SSD table. Check names are ``STRUCT-CODE: message``. Raises KeyError for an unknown table."""
    table = ssd_model().tables[name]
    columns = {column.name: _column(column) for column in table.columns.values()}
    return pa.DataFrameSchema(columns, checks=list(_table_checks(table)), name=name, strict=False)


def _column(column: SsdColumn) -> pa.Column:
    checks = []
    if column.type == "code":
        allowed = sorted(codes_of(column).codes)
        checks.append(
            _check(f"STRUCT-CODE: {column.name} is not on the national list", lambda s: s.isna() | s.isin(allowed))
        )
    if column.type == "flag":
        checks.append(_check(f"STRUCT-FLAG: {column.name} is neither Y nor N", lambda s: s.isna() | s.isin(["Y", "N"])))
    if column.need and column.type != "id":
        checks.append(_check(f"STRUCT-NEEDED: {column.name} is blank", lambda s: s.notna()))
    return pa.Column(
        dtype_of(column) if column.type in {"date", "integer", "decimal"} else None,
        checks,
        nullable=True,
        required=True,
    )


def _check(name: str, function: Callable[..., Any]) -> pa.Check:
    return pa.Check(function, name=name, error=name, ignore_na=False)


def _table_checks(table: SsdTable) -> Iterator[pa.Check]:
    if not table.new_keys:
        keys = list(table.key)
        message = f"STRUCT-REPEAT-KEY: {', '.join(keys)} is there more than once, with other content"
        yield _check(message, lambda f: ~(f.duplicated(keys, keep=False) & f[keys].notna().all(axis=1)))
    if table.starts and table.ends:
        yield _check(
            f"STRUCT-END-BEFORE-START: {table.ends} lies before {table.starts}",
            lambda f: ~(f[table.ends] < f[table.starts]),
        )


def check_ssd(tables: Mapping[str, pd.DataFrame], model: SsdModel) -> Iterator[Note]:
    """Structural notes of all SSD tables: what the schemas say, then the links between tables."""
    for name, table in model.tables.items():
        yield from _by_schema(tables[name], table)
    for table in model.tables.values():
        yield from _links(tables, table, model)
    yield from _care(tables)


def _by_schema(frame: pd.DataFrame, table: SsdTable) -> Iterator[Note]:
    if frame.empty:
        return
    try:
        ssd_schema(table.name).validate(frame, lazy=True)
    except SchemaErrors as failed:
        for error in failed.schema_errors:
            said = str(getattr(error.check, "name", None) or error.check or "")
            column = str(error.schema.name) if isinstance(error.schema, pa.Column) else ""
            code, _, message = said.partition(": ")
            if not code.startswith("STRUCT-"):
                code, message = "STRUCT-TYPE", f"{column or table.name} is not of its type"
            yield from _notes(code, message, frame.loc[_failed_rows(error, frame)], column)


def _failed_rows(error: object, frame: pd.DataFrame) -> pd.Index:
    passed = getattr(error, "check_output", None)
    if isinstance(passed, pd.Series) and len(passed) == len(frame):
        return frame.index[~passed.to_numpy(dtype=bool)]
    cases = getattr(error, "failure_cases", None)
    if isinstance(cases, pd.DataFrame) and "index" in cases and cases["index"].notna().any():
        return pd.Index(cases["index"].dropna().unique())
    return frame.index[:0]


def _notes(code: str, message: str, rows: pd.DataFrame, column: str) -> Iterator[Note]:
    if rows.empty:
        return
    for file, lines in rows.groupby(FILE, observed=True, sort=False)[LINE]:
        found = np.sort(lines.dropna().to_numpy(dtype="int64"))
        yield (
            code,
            f"{message} ({line_list(found)})",
            str(file),
            int(found[0]) if len(found) else None,
            column,
            len(lines),
        )


def _links(tables: Mapping[str, pd.DataFrame], table: SsdTable, model: SsdModel) -> Iterator[Note]:
    frame = tables[table.name]
    for column, (target, wanted) in table.links.items():
        other = tables[target]
        if frame.empty or (other.empty and target != "ssd_person"):
            continue
        key = wanted or model.tables[target].key[0]
        lost = frame[column].notna() & ~frame[column].isin(other[key].dropna().unique())
        yield from _notes("STRUCT-ORPHAN", f"{column} points at no row of {target}", frame[lost], column)


def _care(tables: Mapping[str, pd.DataFrame]) -> Iterator[Note]:
    """What the look of the care records alone can tell: gaps in them, overlaps, two statuses at once."""
    care = tables["ssd_cla_episodes"]
    if not care.empty:
        yield from _notes(
            "STRUCT-NO-PLACEMENT",
            "An episode without a placement: the extract may have dropped its type",
            care[care["clae_cla_placement_id"].isna()],
            "clae_cla_placement_id",
        )
        yield from _overlaps(care, "clae_person_id", "clae_cla_episode_start_date", "clae_cla_episode_ceased_date")
    placement = tables["ssd_cla_placement"]
    due = placement["clap_cla_placement_type"].str.match(r"^(?:U[1-6]|K[12]|R3|S1)", na=False)
    yield from _notes(
        "STRUCT-URN-BLANK",
        "A setting of a kind that Ofsted registers, and no Ofsted number",
        placement[due & placement["clap_cla_placement_urn"].isna()],
        "clap_cla_placement_urn",
    )
    status = tables["ssd_legal_status"]
    status = status[status["lega_legal_status"].notna()]
    open_ = status[status["lega_legal_status_end_date"].isna()]
    yield from _notes(
        "STRUCT-TWO-OPEN",
        "Two legal statuses are open at once",
        open_[open_.duplicated("lega_person_id", keep=False)],
        "lega_legal_status_end_date",
    )
    if not care.empty:
        unseen = status[~status["lega_person_id"].isin(care["clae_person_id"])]
        yield from _notes(
            "STRUCT-STATUS-NO-EPISODE", "A legal status of a child without an episode of care", unseen, "lega_person_id"
        )


def _overlaps(frame: pd.DataFrame, who: str, start: str, end: str) -> Iterator[Note]:
    rows = frame.dropna(subset=[who, start]).sort_values([who, start, end], kind="stable", na_position="last")
    same = rows[who].eq(rows[who].shift())
    before = rows[end].shift()
    yield from _notes(
        "STRUCT-OVERLAP", "An episode begins before the last one ended", rows[same & (rows[start] < before)], start
    )
    yield from _notes(
        "STRUCT-TWO-OPEN", "An episode begins while the last one is still open", rows[same & before.isna()], start
    )
