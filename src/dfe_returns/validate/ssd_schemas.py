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


def check_ssd(
    tables: Mapping[str, pd.DataFrame],
    model: SsdModel,
    episode_end: str = "same_day",
    as_at: pd.Timestamp | None = None,
) -> Iterator[Note]:
    """Structural notes of all SSD tables: what the schemas say, the links between tables, what the care records show.

    episode_end: the profile's convention, same_day or day_before; as_at: day of the extract
    """
    for name, table in model.tables.items():
        yield from _by_schema(tables[name], table)
    for table in model.tables.values():
        yield from _links(tables, table, model)
    yield from _care(tables, episode_end)
    yield from _left_open(tables, as_at)


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


def _care(tables: Mapping[str, pd.DataFrame], episode_end: str) -> Iterator[Note]:
    """What the care records alone can tell: placements lost, overlaps, days missing, two statuses at once."""
    care = tables["ssd_cla_episodes"]
    lost = care[care["clae_cla_placement_id"].isna()]
    yield from _notes(
        "STRUCT-NO-PLACEMENT",
        "An episode without a placement: the extract may have dropped its type",
        lost,
        "clae_cla_placement_id",
    )
    yield from _sequence(care, episode_end)
    placement = tables["ssd_cla_placement"]
    yield from _notes(
        "STRUCT-NO-PLACEMENT",
        "A placement without a type: the extract may have dropped it",
        placement[placement["clap_cla_placement_type"].isna()],
        "clap_cla_placement_type",
    )
    due = placement["clap_cla_placement_type"].str.match(r"^(?:U[1-6]|K[12]|R3|S1)", na=False)
    yield from _notes(
        "STRUCT-URN-BLANK",
        "A setting of a kind that Ofsted registers, and no Ofsted number",
        placement[due & placement["clap_cla_placement_urn"].isna()],
        "clap_cla_placement_urn",
    )
    status = tables["ssd_legal_status"]
    status = status[status["lega_legal_status"].notna()]
    still = status[status["lega_legal_status_end_date"].isna()]
    twice = still[still.duplicated("lega_person_id", keep=False)]
    yield from _notes("STRUCT-TWO-OPEN", "Two legal statuses are open at once", twice, "lega_legal_status_end_date")
    if not care.empty:
        unseen = status[~status["lega_person_id"].isin(care["clae_person_id"])]
        message = "A legal status of a child without an episode of care"
        yield from _notes("STRUCT-STATUS-NO-EPISODE", message, unseen, "lega_person_id")


def _sequence(care: pd.DataFrame, episode_end: str) -> Iterator[Note]:
    """Each episode against the one before it of the same child, its end moved as the build moves it: onto the day the
    next one begins, where the system ends it on the day before.
    """
    start, end = "clae_cla_episode_start_date", "clae_cla_episode_ceased_date"
    rows = care.dropna(subset=["clae_person_id", start])
    rows = rows.sort_values(["clae_person_id", start, end], kind="stable", na_position="last")
    same = rows["clae_person_id"].eq(rows["clae_person_id"].shift())
    day = pd.Timedelta(days=1)
    if episode_end == "day_before":
        following = rows[start].shift(-1).where(same.shift(-1, fill_value=False))
        rows = rows.assign(**{end: rows[end].mask(following.eq(rows[end] + day), following)})
    before = rows[end].shift()
    yield from _notes(
        "STRUCT-OVERLAP", "An episode begins before the last one ended", rows[same & (rows[start] < before)], start
    )
    still = rows[same & before.isna()]
    yield from _notes("STRUCT-TWO-OPEN", "An episode begins while the last one is still open", still, start)
    yield from _notes("STRUCT-ZERO-DAYS", "An episode lasts no day", rows[rows[start].eq(rows[end])], end)
    period = rows["clae_cla_id"].eq(rows["clae_cla_id"].shift())
    gap = rows[same & period & (rows[start] == before + (2 * day if episode_end == "day_before" else day))]
    message = "A day is missing between an episode and the last one of its period"
    yield from _notes("STRUCT-DAY-MISSING", message, gap, start)


def _left_open(tables: Mapping[str, pd.DataFrame], as_at: pd.Timestamp | None) -> Iterator[Note]:
    """Open spells of a status that nobody closed: the build bounds them; here they are listed."""
    plan = tables["ssd_cin_plans"]
    closed = _dates_of(plan["cinp_referral_id"], tables["ssd_cin_episodes"], "cine_referral_id", "cine_close_date")
    left = plan[plan["cinp_cin_plan_end_date"].isna() & closed.notna()]
    yield from _notes("STRUCT-LEFT-OPEN", "A plan is open and its case is closed", left, "cinp_cin_plan_end_date")
    if as_at is None:
        return
    status = tables["ssd_immigration_status"]
    born = _dates_of(status["immi_person_id"], tables["ssd_person"], "pers_person_id", "pers_dob")
    grown = born + pd.DateOffset(years=18) <= as_at
    left = status[status["immi_immigration_status"].notna() & status["immi_immigration_status_end_date"].isna() & grown]
    message = "Asylum-seeking child by status, and past the 18th birthday"
    yield from _notes("STRUCT-LEFT-OPEN", message, left, "immi_immigration_status_end_date")


def _dates_of(keys: pd.Series, frame: pd.DataFrame, key: str, value: str) -> pd.Series:
    """A date of another table for each key; blank where there is none."""
    known = frame.dropna(subset=[key]).drop_duplicates(key).set_index(key)[value]
    return pd.Series(known.reindex(keys).to_numpy(dtype="datetime64[us]"), index=keys.index)
