"""From raw files to the shape of the SSD: which file feeds which table, which rows, which columns; still text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.errors import InputError
from dfe_returns.sources.dates import parse_dates
from dfe_returns.sources.model import FILE, LINE, SsdColumn, SsdModel, SsdTable
from dfe_returns.sources.profile import Profile
from dfe_returns.sources.raw import RawFile, Reader, files_named, of_file
from dfe_returns.sources.report import Notes
from dfe_returns.sources.words import blank_reader, plain, spread, tidy, uniques

Expression = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One file feeding one SSD table: `columns` maps SSD columns to expressions over the file's columns."""

    table: str
    file: str
    columns: Mapping[str, Expression]
    spec: Mapping[str, Any] = field(default_factory=dict)


def readable(column: SsdColumn, profile: Profile) -> bool:
    """False for columns that neither return may use, and for personal ones the profile does not list."""
    return column.read and (not column.personal or column.name in profile.personal)


def plan(reader: Reader, profile: Profile, model: SsdModel, notes: Notes) -> list[Part]:
    """Which file feeds which table. Notes every table without a file; raises InputError when the profile says to
    stop then.
    """
    names = reader.names()
    parts: list[Part] = []
    used: set[str] = set()
    for table in model.tables.values():
        if table.name in profile.tables:
            found = [
                part for one in profile.tables[table.name] for part in _own(one.spec, table, profile, names, notes)
            ]
        else:
            found = []
        if table.companion or (profile.layout == "ssd" and table.name not in profile.tables):
            found += _same_name(table, profile, reader, names, notes)
        used |= {part.file for part in found}
        parts += found
        if not found:
            _missing(table, profile, notes)
    used |= _helper_files(parts, profile, names)
    for name in names if reader.kind == "folder" else ():
        if name not in used:
            notes.add("STRUCT-FILE-IGNORED", "No table is made from this file; it was not read.", name)
    return parts


def _missing(table: SsdTable, profile: Profile, notes: Notes) -> None:
    if table.companion or table.optional:
        return
    if profile.layout == "own" and table.name not in profile.tables and not table.required:
        notes.add("STRUCT-NO-TABLE", f"The profile has no source for {table.name} ({table.title}).", table.name)
        return
    if table.required or profile.missing_files == "stop":
        notes.stop(
            "STRUCT-NO-FILE", f"{table.name} is missing ({table.title}). Add it to the extract.", file=table.name
        )
        return
    notes.add("STRUCT-NO-FILE", f"There is no {table.name} ({table.title}); the run went on without it.", table.name)


def _own(spec: Mapping[str, Any], table: SsdTable, profile: Profile, names: Sequence[str], notes: Notes) -> list[Part]:
    columns = {}
    for name, expression in spec["columns"].items():
        if not readable(table.columns[name], profile):
            notes.add(
                "STRUCT-NOT-READ",
                f"{name} is not in the profile's list of personal columns; it was not read.",
                table.name,
            )
            continue
        columns[name] = {"column": expression} if isinstance(expression, str) else expression
    wanted = spec.get("from") or spec.get("query")
    found = files_named(names, str(wanted))
    if not found:
        notes.add("STRUCT-NO-FILE", f"There is no file '{wanted}', which {table.name} is made from.", str(wanted))
    return [Part(table.name, name, columns, spec) for name in found]


def _same_name(table: SsdTable, profile: Profile, reader: Reader, names: Sequence[str], notes: Notes) -> list[Part]:
    parts = []
    for name in names:
        if table_name(name) == table.name:
            header = reader.header(name)
            columns = _known_columns(table, profile, header)
            _tell_columns(table, profile, name, header, columns, notes)
            parts.append(Part(table.name, name, columns))
    return parts


def table_name(name: str) -> str:
    """Table name that a file or database object bears: ``dbo.SSD_PERSON``, ``ssd_person.csv`` -> ssd_person."""
    low = name.lower()
    for ending in (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"):
        low = low.removesuffix(ending)
    return low.rsplit(".", 1)[-1]


def _known_columns(table: SsdTable, profile: Profile, header: Sequence[str]) -> dict[str, Expression]:
    there = {name.lower(): name for name in reversed(header)}
    columns: dict[str, Expression] = {}
    for column in table.columns.values():
        if not readable(column, profile):
            continue
        for name in (column.name, *profile.aliases.get(column.name, ()), *column.aliases):
            if name.lower() in there:
                columns[column.name] = {"column": there[name.lower()]}
                break
    return columns


def _tell_columns(
    table: SsdTable, profile: Profile, file: str, header: Sequence[str], columns: Mapping[str, Expression], notes: Notes
) -> None:
    for column in table.columns.values():
        if column.name in columns or not readable(column, profile):
            continue
        if column.need:
            notes.stop(
                "STRUCT-NO-COLUMN",
                f"{file} lacks the column {column.name} ({column.means}). Export it, or give its alias in the profile.",
                file=file,
                column=column.name,
            )
        else:
            notes.add(
                "STRUCT-NO-COLUMN",
                f"The column is not there: {column.means}. It counts as blank.",
                file,
                1,
                column.name,
            )
    taken = {str(expression["column"]) for expression in columns.values()}
    ours = {name for column in table.columns.values() for name in (column.name, *column.aliases)}
    others = [name for name in header if name not in taken]
    unread = [name for name in others if name.lower() in ours]
    if unread:
        notes.add(
            "STRUCT-NOT-READ",
            f"Not needed for either return and not read: {', '.join(unread)}.",
            file,
            1,
            "",
            len(unread),
        )
    unknown = [name or "(no heading)" for name in others if name.lower() not in ours]
    if unknown:
        notes.add("STRUCT-COLUMN-IGNORED", f"Not known and not read: {', '.join(unknown)}.", file, 1, "", len(unknown))


def _helper_files(parts: Sequence[Part], profile: Profile, names: Sequence[str]) -> set[str]:
    """Files read only for look-ups, merges or exclusions."""
    wanted = {e["follow"]["file"] for part in parts for e in part.columns.values() if "follow" in e}
    wanted |= {profile.merges["file"]} if profile.merges else set()
    wanted |= {rule["file"] for rule in profile.exclude.get("rows", ())}
    return {name for one in wanted for name in files_named(names, str(one))}


def source_columns(part: Part) -> set[str]:
    """Columns of the file that a part needs."""
    needed = {name for expression in part.columns.values() for name in columns_of(expression)}
    needed |= {condition["column"] for condition in part.spec.get("where", ())}
    if "unpivot" in part.spec:
        needed |= set(part.spec["unpivot"]["columns"])
    if "split" in part.spec:
        needed.add(part.spec["split"]["column"])
    order = part.spec.get("group", {}).get("order", "")
    return needed | ({order} if order and order not in part.columns else set())


def columns_of(expression: Expression) -> set[str]:
    found = {expression[key] for key in ("column", "filled") if key in expression}
    for key in ("join", "first"):
        found |= set(expression.get(key, ()))
    found |= {one if isinstance(one, str) else one["column"] for one in expression.get("flags", {}).values()}
    for key in ("in", "follow"):
        if key in expression:
            found.add(expression[key]["column"])
    if "linked" in expression:
        link = expression["linked"]
        found |= {link["through"], link["key"], link["value"], *(c["column"] for c in link.get("where", ()))}
    return found | {condition["column"] for condition in expression.get("only", ())}


def formats_of(name: str, part: Part, profile: Profile) -> tuple[str, ...]:
    """How the dates of one SSD column are written in one file: the nearest of what the profile says."""
    if part.table.startswith("la_") and not part.spec:
        # companions are written for us, as yyyy-mm-dd, whatever the case system does, until Excel has saved them
        return tuple(profile.column_formats.get(name, ()))
    said = part.columns.get(name, {}).get("formats") or profile.column_formats.get(name) or part.spec.get("formats")
    return tuple(said or of_file(profile.file_formats, part.file) or profile.formats)


def make(
    part: Part, raw: RawFile, others: Mapping[str, RawFile], profile: Profile
) -> tuple[pd.DataFrame, list[tuple[str, int]]]:
    """The SSD table of one part, as text, with ``_file`` and ``_line``; and (reason, rows left out) of its row filter.

    Raises InputError when the file lacks a column that the profile names.
    """
    absent = sorted(name for name in source_columns(part) if name not in raw.frame.columns)
    if absent:
        raise InputError(
            f"{raw.name} lacks the column(s) {', '.join(map(repr, absent))} that the profile names for {part.table}. "
            "Correct the profile, or export the column."
        )
    frame, left_out = raw.frame, []
    for condition in part.spec.get("where", ()):
        kept = meets(frame, condition)
        if not kept.all():
            left_out.append((condition.get("reason", ""), int((~kept).sum())))
            frame = frame[kept]
    frame = frame.reset_index(drop=True)
    if "split" in part.spec:
        frame = _split(frame, part.spec["split"])
    out = {name: express(frame, raw.frame, expression, others) for name, expression in part.columns.items()}
    made = pd.DataFrame(out, index=frame.index)
    made[LINE] = frame[LINE].array
    if "unpivot" in part.spec:
        made, untouched = _unpivot(made, frame, part.spec["unpivot"])
        left_out += [("none of its columns is ticked", untouched)] if untouched else []
    if "group" in part.spec:
        grouped = _group(made, frame, part, profile)
        left_out += (
            [("made one with other rows of its group", len(made) - len(grouped))] if len(grouped) < len(made) else []
        )
        made = grouped
    made[FILE] = pd.Series(raw.name, index=made.index, dtype=pd.CategoricalDtype([raw.name]))
    return made, left_out


def meets(frame: pd.DataFrame, condition: Mapping[str, Any]) -> np.ndarray:
    """Rows for which one condition (column, op, value) holds; words are compared tidied and without regard to case."""
    codes, distinct = uniques(frame[condition["column"]])
    value = condition.get("value", "")
    wanted = [plain(str(one)) for one in (value if isinstance(value, list) else [value])]
    words = [plain(text) for text in distinct]
    tests = {
        "is": lambda text: text in wanted,
        "in": lambda text: text in wanted,
        "is_not": lambda text: text not in wanted,
        "not_in": lambda text: text not in wanted,
        "blank": lambda text: not text,
        "filled": lambda text: bool(text),
        "starts": lambda text: any(text.startswith(one) for one in wanted),
        "contains": lambda text: any(one in text for one in wanted),
    }
    test = tests[condition["op"]]
    return np.array([test(text) for text in words] + [False], dtype=bool)[codes]


def express(
    frame: pd.DataFrame, whole: pd.DataFrame, expression: Expression, others: Mapping[str, RawFile]
) -> pd.Series:
    """One SSD column as text from an expression of the profile; `whole` is the file before its row filter."""
    out = _value(frame, whole, expression, others)
    if "prefix" in expression:
        tidied = _tidied(out)
        out = tidied.where(tidied.eq("") | tidied.isin(["-1", "0"]), expression["prefix"] + tidied)
    for condition in expression.get("only", ()):
        out = out.where(meets(frame, condition), "")
    return out


def _value(
    frame: pd.DataFrame, whole: pd.DataFrame, expression: Expression, others: Mapping[str, RawFile]
) -> pd.Series:
    if "constant" in expression:
        return pd.Series(str(expression["constant"]), index=frame.index, dtype="str")
    if "join" in expression:
        return _joined(frame, expression["join"], expression.get("with", ""))
    if "first" in expression:
        columns = [_tidied(frame[str(name)]) for name in expression["first"]]
        out = columns[0]
        for other in columns[1:]:
            out = out.where(out.ne(""), other)
        return out
    if "flags" in expression:
        return _flags(frame, expression["flags"])
    if "filled" in expression:
        return pd.Series(
            np.where(_tidied(frame[str(expression["filled"])]).ne(""), "Y", "N"), index=frame.index, dtype="str"
        )
    if "in" in expression:
        return _among(frame, expression["in"])
    if "follow" in expression:
        link = expression["follow"]
        if link["file"] not in others:  # told when the files were listed
            return pd.Series("", index=frame.index, dtype="str")
        rows = others[link["file"]].frame
        return _looked_up(frame[str(link["column"])], rows[link["key"]], rows[link["value"]])
    if "linked" in expression:
        link = expression["linked"]
        rows = whole
        for condition in link.get("where", ()):
            rows = rows[meets(rows, condition)]
        return _looked_up(frame[link["through"]], rows[link["key"]], rows[link["value"]])
    return frame[str(expression["column"])]


def _tidied(values: pd.Series) -> pd.Series:
    codes, distinct = uniques(values)
    return pd.Series(spread(codes, map(tidy, distinct)), index=values.index, dtype="str")


def _joined(frame: pd.DataFrame, columns: Sequence[str], between: str) -> pd.Series:
    cells = [_tidied(frame[name]) for name in columns]
    blank = np.logical_or.reduce([cell.eq("").to_numpy() for cell in cells])
    out = cells[0]
    for cell in cells[1:]:
        out = out + between + cell
    return out.mask(blank, "")


def _among(frame: pd.DataFrame, choice: Mapping[str, Any]) -> pd.Series:
    """Y where the column holds one of the values, N where it holds another, blank where it is blank."""
    source = str(choice["column"])
    inside = meets(frame, {"column": source, "op": "in", "value": choice["value"]})
    blank = _tidied(frame[source]).eq("")
    return pd.Series(np.where(blank, "", np.where(inside, "Y", "N")), index=frame.index, dtype="str")


def _flags(frame: pd.DataFrame, flags: Mapping[str, Any]) -> pd.Series:
    """JSON object per row with the named flags; blank cells are left out by the reader of flags."""
    out = pd.Series("{", index=frame.index, dtype="str")
    for n, (name, column) in enumerate(flags.items()):
        answer = _tidied(frame[column]) if isinstance(column, str) else _among(frame, column)
        out = out + (", " if n else "") + f'"{name}": "' + answer.str.replace('"', "", regex=False) + '"'
    return out + "}"


def _looked_up(wanted: pd.Series, keys: pd.Series, values: pd.Series) -> pd.Series:
    """The value of the first row whose key is the wanted one; blank where there is none."""
    known = pd.Series(values.to_numpy(), index=_tidied(keys).to_numpy(), dtype="str")
    known = known[~known.index.duplicated() & (known.index != "")]
    return _tidied(wanted).map(known).fillna("").astype("str")


def _split(frame: pd.DataFrame, how: Mapping[str, str]) -> pd.DataFrame:
    out = frame.assign(**{how["column"]: frame[how["column"]].str.split(how["by"])}).explode(
        how["column"], ignore_index=True
    )
    return out.assign(**{how["column"]: out[how["column"]].fillna("").astype("str")})


def _unpivot(made: pd.DataFrame, frame: pd.DataFrame, how: Mapping[str, Any]) -> tuple[pd.DataFrame, int]:
    """Ticked columns become rows (or one JSON list per row): the heading, or what the profile says it stands for, is
    the value. Also how many rows have nothing ticked, which make none.
    """
    named = how["columns"]
    values = named if isinstance(named, Mapping) else {name: name for name in named}
    yes = {plain(word) for word in how.get("yes", ("yes", "y", "true", "1", "x"))}
    ticked = {}
    for name, value in values.items():
        codes, distinct = uniques(frame[str(name)])
        ticked[str(value)] = np.array([plain(text) in yes for text in distinct], dtype=bool)[codes]
    untouched = int((~np.logical_or.reduce(list(ticked.values()))).sum()) if ticked else len(made)
    if how.get("list"):
        text = pd.Series("", index=made.index, dtype="str")
        for value, on in ticked.items():
            text = text.where(~on, text + np.where(text.eq(""), "", ", ") + f'"{value}"')
        made = made.assign(**{how["into"]: "[" + text + "]"})
        return made[text.ne("")].reset_index(drop=True), untouched
    pieces = [made[on].assign(**{how["into"]: value}) for value, on in ticked.items()]
    return pd.concat(pieces).sort_index(kind="stable").reset_index(drop=True), untouched


def _group(made: pd.DataFrame, frame: pd.DataFrame, part: Part, profile: Profile) -> pd.DataFrame:
    """One row per group: the first row (by `order`, else file order), with the named columns taken from the last row.

    `order` is a column of the table or, where the table has no such column (the number of a split, say), of the file.
    A row without a date under `latest` is still open, and outlasts the others; so does one that ends in 2300.
    """
    how = part.spec["group"]

    def days(name: str) -> pd.Series:
        codes, distinct = uniques(rows[name] if name in rows else frame.loc[rows.index, name])
        read = parse_dates([tidy(text) for text in distinct], formats_of(name, part, profile), blank_reader()).values
        return pd.Series(np.append(read, np.datetime64("NaT"))[codes], index=rows.index)

    rows = made[made[how["by"]].ne("").all(axis=1)]
    if "order" in how:
        order = days(how["order"])
        if order.isna().all():
            order = _by_size(rows[how["order"]] if how["order"] in rows else frame.loc[rows.index, how["order"]])
        rows = rows.assign(_order=order).sort_values([*how["by"], "_order"], kind="stable")
    groups = rows.groupby(how["by"], sort=False, dropna=False)
    out = groups.head(1).set_index(how["by"])
    last = groups.tail(1).set_index(how["by"])
    for name in (name for name in how.get("last", ()) if name in made):
        out[name] = last[name]
    for name in (name for name in how.get("earliest", ()) if name in made):
        dated = rows.assign(_day=days(name)).dropna(subset=["_day"]).sort_values("_day", kind="stable")
        first = dated.groupby(how["by"], sort=False).head(1).set_index(how["by"])[name]
        out[name] = first.reindex(out.index).fillna("")
    for name in (name for name in how.get("latest", ()) if name in made):
        dated = rows.assign(_day=days(name)).sort_values("_day", kind="stable", na_position="last")
        out[name] = dated.groupby(how["by"], sort=False).tail(1).set_index(how["by"])[name]
    return out.reset_index()[[*made.columns]].sort_values(LINE, kind="stable", ignore_index=True)


def _by_size(values: pd.Series) -> pd.Series:
    """Numbers as numbers, so that split 10 comes after split 9; anything else as it is."""
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers if numbers.notna().all() else values
