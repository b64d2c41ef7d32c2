"""Runs the rules of a collection over a return and says, line by line, what was found and what could not be run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from dfe_returns.contract import Collection, Rule, contract
from dfe_returns.contract.years import YEARS
from dfe_returns.errors import DfeReturnsError, UsageError
from dfe_returns.validate.cells import as_text
from dfe_returns.validate.checks import field_checks
from dfe_returns.validate.data import ReturnData
from dfe_returns.validate.flags import Flag, Flags
from dfe_returns.validate.registry import RuleFunction, functions_of

COLUMNS = ("code", "severity", "table", "row", "field", "child", "value", "message")
EXTRA_COLUMNS = ("line", "fix", "cause")
Tables = Mapping[str, pd.DataFrame]


def validate(
    return_name: str,
    year: str,
    tables: Tables,
    previous: Tables | None = None,
    rules: Iterable[str] | str | None = None,
    reference: Mapping[str, pd.DataFrame | None] | None = None,
    period: Mapping[str, Any] | None = None,
    authority: str | None = None,
    timings: dict[str, float] | None = None,
) -> pd.DataFrame:
    """Check a return against the validation rules of a collection year.

    return_name: ``cin`` or ``ssda903``; year: ``2025-26``.
    tables: table name -> frame, values as in the file (text) or typed; any subset of tables and columns.
    previous: last year's tables in the same form. rules: codes, ``INT`` (integrity checks), ``all`` (both); default
    DfE's rules. reference: ``postcodes`` (postcode, la_code, easting, northing) and ``providers`` (urn,
    placement_codes, provider_codes, closed, postcode, la_code). period: may override collection_start and
    collection_end. authority: ONS code or LA number. timings: filled with the seconds each rule took.

    Returns a frame with code, severity, table, row (position in the caller's frame), field, child, value, message, then
    line, fix and cause; one line per row and field. ``attrs["not_run"]`` says for each rule that could not run what it
    lacked.
    Raises UsageError for an unknown return, year, table, rule code or authority, and for tables that are no frames.
    """
    collection = contract(return_name, year)
    _frames_given("tables", tables, collection.all_tables)
    _frames_given("previous", previous or {}, collection.all_tables)
    _frames_given("reference", reference or {})
    if not is_authority(authority):
        raise UsageError(f"Authority {authority!r} is neither an ONS code (E06000001) nor an LA number (three digits).")
    data = return_data(collection, tables, previous, reference, period, authority)
    chosen = choose(collection, rules)
    found: list[tuple[Rule, Flags]] = []
    not_run: dict[str, tuple[str, ...]] = {}
    for rule in chosen:
        lacks = what_it_lacks(rule, data)
        if lacks:
            not_run[rule.code] = lacks
            continue
        began = time.perf_counter()
        try:
            found.append((rule, run_rule(rule, data)))
        except DfeReturnsError:
            raise
        except Exception as error:
            # A rule that fails on somebody's data must not hide the others' findings, nor show a row in a traceback.
            if timings is not None and "strict" in timings:
                raise
            not_run[rule.code] = (f"fault:{type(error).__name__}",)
        if timings is not None:
            timings[rule.code] = time.perf_counter() - began
    issues = as_frame(data, found, getattr(tables, "lines", None))
    issues.attrs["not_run"] = not_run
    return issues


def _frames_given(name: str, given: Any, known: Iterable[str] | None = None) -> None:
    """Raises UsageError unless `given` maps names, known ones where listed, to frames (or None for absent)."""
    if not isinstance(given, Mapping):
        raise UsageError(f"{name} should map names to data frames; it is of type {type(given).__name__}.")
    if known is not None and (unknown := sorted(map(str, set(given) - set(known)))):
        raise UsageError(f"Table {', '.join(unknown)} is not one of {', '.join(known)}.")
    if odd := [str(key) for key, frame in given.items() if not (frame is None or isinstance(frame, pd.DataFrame))]:
        raise UsageError(f"{name}: {', '.join(odd)} should be a data frame.")


def is_authority(code: object) -> bool:
    """Whether a code has the form of an ONS code or LA number, or is blank."""
    return re.fullmatch(r"|\d{3}|[A-Za-z]\d{8}", as_text(code).strip()) is not None


def return_data(
    collection: Collection,
    tables: Tables,
    previous: Tables | None = None,
    reference: Mapping[str, pd.DataFrame | None] | None = None,
    period: Mapping[str, Any] | None = None,
    authority: str | None = None,
) -> ReturnData:
    """The views the rules read, for either return."""
    kind = _data_class(collection.name)
    last = None
    if previous is not None:
        before = collection.year_before
        last_collection = contract(collection.name, before) if before in YEARS else collection
        last = kind(last_collection, previous, None, reference, None, authority)
    data = kind(collection, tables, last, reference, period, authority)
    if last is not None:
        last.beside(data)
    return data


def _data_class(return_name: str) -> type[ReturnData]:
    if return_name == "cin":
        from dfe_returns.validate.views.cin import CinData

        return CinData
    from dfe_returns.validate.views.ssda903 import LookedAfterData

    return LookedAfterData


def choose(collection: Collection, rules: Iterable[str] | str | None) -> list[Rule]:
    """The rules to run: the department's that are on; else codes, ``INT`` or ``all``. Raises UsageError for a code that
    is none, and for text that names no rule: nothing would be checked, and nothing found."""
    year_rules = collection.rules.values()
    if rules is None:
        return [r for r in year_rules if r.departmental and r.default]
    wanted = list(rules) if isinstance(rules, Iterable) and not isinstance(rules, str) else [rules]
    wanted = [code.strip() for text in wanted for code in str(text).split(",") if code.strip()]
    if isinstance(rules, str) and not wanted:
        raise UsageError("No rule is named; give codes parted by comma, INT or all, or leave the choice out.")
    chosen: dict[str, Rule] = {}
    for code in wanted:
        if code.lower() == "all":
            chosen.update({r.code: r for r in year_rules if r.default})
        elif code.upper() == "INT":
            chosen.update({r.code: r for r in year_rules if not r.departmental})
        elif code in collection.all_rules:
            chosen[code] = collection.all_rules[code]
        else:
            raise UsageError(
                f"Rule {code} is not a rule of {collection.title}; "
                f"`dfe-returns rules list {collection.name}` lists them."
            )
    return list(chosen.values())


def what_it_lacks(rule: Rule, data: ReturnData) -> tuple[str, ...]:
    """What a rule needs and did not get, in the words of `attrs["not_run"]`; empty when it can run."""
    if not rule.in_year(data.year):
        return ("year",)
    rows = data.needs_rows(rule)
    missing = [t for t in rule.tables if t not in rule.runs_without and not _supplied(data, t, rows)]
    missing = [t for t in missing if not data.stands_in(rule, t)]
    lacks = missing + [need for need in rule.needs if data.wants(rule, need)]
    if rule.form and not data.of_form(rule.form):
        lacks.append("form")
    return tuple(dict.fromkeys(lacks))


def _supplied(data: ReturnData, table: str, with_rows: bool) -> bool:
    side, name = (data.last, table.removesuffix("_last")) if table.endswith("_last") else (data, table)
    return side is not None and side.has(name) and (not with_rows or side.rows(name) > 0)


def run_rule(rule: Rule, data: ReturnData) -> Flags:
    """Run one rule: its Pandera checks and its functions for the year."""
    flags: Flags = []
    for table in rule.tables:
        if not table.endswith("_last"):
            flags += _field_level(rule, data, table)
    functions: Sequence[RuleFunction] = functions_of(data.collection.name, rule.code, data.year)
    for function in functions:
        flags += function(data)
    return flags


def _field_level(rule: Rule, data: ReturnData, table: str) -> Flags:
    flags: Flags = []
    if not data.has(table):
        return flags
    for item in data.collection.all_tables[table].all_fields.values():
        if not item.checks or item.name not in rule_fields(data.collection, rule, table):
            continue
        check = field_checks(data.collection, item).get(rule.code)
        if check is None:
            continue
        column = data.column(table, item.name)
        distinct = pd.Series(pd.array(column.texts, dtype="str"))
        passed = check(distinct).check_output.to_numpy(dtype=bool)
        rows = np.flatnonzero(~column.spread(passed)).astype(np.int64)
        if len(rows):
            flags.append(Flag(table, rows, (item.name,)))
    return flags


def rule_fields(collection: Collection, rule: Rule, table: str) -> frozenset[str]:
    """Fields of a table that a rule with field-level checks judges this year."""
    in_year = collection.all_tables[table].fields
    return frozenset(n for n, f in in_year.items() if any(check["rule"] == rule.code for check in f.checks))


def implemented(collection: Collection) -> frozenset[str]:
    """Codes that something runs for this year: a function or a field-level check."""
    codes = {c["rule"] for t in collection.tables.values() for f in t.fields.values() for c in f.checks}
    return frozenset(c for c in collection.rules if c in codes or functions_of(collection.name, c, collection.year))


def as_frame(data: ReturnData, found: list[tuple[Rule, Flags]], lines: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Flags as issues: one line per rule, row and field, sorted by table, row, code, field."""
    parts = []
    for rule, flags in found:
        for item in flags:
            fields = item.fields
            if fields is None:
                known = data.collection.all_tables[item.table]
                extra = data.extra_columns(item.table)
                fields = (
                    tuple(f for f in rule.fields_flagged if f in known.all_fields or f in known.keys or f in extra)
                    or ()
                )
            if item.table:
                fields = data.pointing(item.table, fields)
            parts += [(rule, item.table, field, item.rows) for field in (fields or ("",))]
    if not parts:
        return _typed(pd.DataFrame({name: [] for name in (*COLUMNS, *EXTRA_COLUMNS)}))
    part, row = _in_order(
        [(table, rule.code, field) for rule, table, field, _ in parts],
        [rows if table else np.array([-1]) for _, table, _, rows in parts],
    )
    spread: Callable[[list[Any]], Any] = lambda values: np.array(values, dtype=object)[part]  # noqa: E731
    frame = pd.DataFrame(
        {
            "code": spread([r.code for r, *_ in parts]),
            "severity": spread([r.severity for r, *_ in parts]),
            "table": spread([t for _, t, _, _ in parts]),
            "row": row,
            "field": spread([f for _, _, f, _ in parts]),
            "message": spread([r.message for r, *_ in parts]),
            "fix": spread([r.fix for r, *_ in parts]),
        }
    )
    child_key = next(iter(data.levels.values()))[0]
    child, value = np.full(len(frame), "", dtype=object), np.full(len(frame), "", dtype=object)
    line = np.full(len(frame), -1)
    places = cast("Mapping[tuple[str, str], Any]", frame.groupby(["table", "field"], sort=False).indices)
    for (table, field), index in places.items():
        if not table:
            continue
        rows = frame["row"].to_numpy()[index]
        key = data.column(table, child_key)
        child[index] = key.shown[key.place[rows]] if len(key.place) else ""
        if field:
            cells = data.column(table, field)
            value[index] = cells.shown[cells.place[rows]]
        if lines is not None and table in lines:
            line[index] = np.asarray(lines[table])[rows]
    frame["child"], frame["value"], frame["line"] = child, value, line
    frame["cause"] = _causes(frame, {rule.code: rule.caused_by for rule, _ in found if rule.caused_by})
    return _typed(frame)


def _in_order(places: list[tuple[str, str, str]], rows: list[Any]) -> tuple[Any, Any]:
    """Part number and row of each finding, each once, by table, row, code and field. `places`: those of a part."""
    tables, codes, fields = (np.unique(names, return_inverse=True)[1] for names in zip(*places, strict=True))
    part, row = np.repeat(np.arange(len(rows)), [len(r) for r in rows]), np.concatenate(rows)
    keys = (fields[part], codes[part], row, tables[part])
    order = np.lexsort(keys)
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    return part[order][new], row[order][new]


def _causes(frame: pd.DataFrame, caused_by: Mapping[str, tuple[str, ...]]) -> pd.Series:
    """The root rule's code where a consequence stands on a row that the root rule flags too."""
    cause = pd.Series("", index=frame.index, dtype=object)
    involved = frame[frame["code"].isin({*caused_by, *(root for roots in caused_by.values() for root in roots)})]
    place = pd.Series(pd.factorize(involved["table"])[0].astype(np.int64) << 40, index=involved.index) + involved["row"]
    for code, roots in caused_by.items():
        mine = place[involved["code"] == code]
        for root in reversed(roots):
            cause.loc[mine.index[mine.isin(place[involved["code"] == root])]] = root
    return cause


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    row, line = frame["row"].astype("Int64"), frame["line"].astype("Int64")
    frame = frame.astype({c: "str" for c in (*COLUMNS, *EXTRA_COLUMNS) if c not in ("row", "line")})
    frame["row"], frame["line"] = row.mask(row < 0), line.mask(line < 0)
    return frame[[*COLUMNS, *EXTRA_COLUMNS]]
