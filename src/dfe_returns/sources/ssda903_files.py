"""Reads a folder of 903 files (or one 903 XML file) that anyone made, for what it holds; what was odd becomes a
structural note.

A file is known by its columns, not its name. Letter case, marks, Windows-1252, spaces, quotes, column order and
dates that a
spreadsheet changed are tolerated where they can be read in one way only, and told with file and line.
"""

from __future__ import annotations

import calendar
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.contract import YEARS, Collection, Table, contract
from dfe_returns.errors import InputError
from dfe_returns.sources.folder import FolderReader
from dfe_returns.sources.model import LINE
from dfe_returns.sources.report import STRUCTURE_COLUMNS, Notes
from dfe_returns.sources.return_tables import ReturnTables

DERIVED = ("PL_LA", "PL_LOCATION", "PL_DISTANCE")
"""Columns that DfE works out itself; kept where a file carries them."""
_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_UK_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
_NAMED = re.compile(r"(\d{1,2})[- /]([A-Za-z]{3,9})[- /](\d{4}|\d{2})")
_SERIAL = re.compile(r"([2-6]\d{4})(?:\.0+)?")
_LAST_TWO_DIGIT_YEAR = 29  # a spreadsheet reads 00 to 29 as 2000 to 2029


def read_ssda903(path: Path | str) -> ReturnTables:
    """The tables of a folder of 903 files, or of a 903 XML file; values as text in the return's own form.

    Raises InputError when there is no such folder, nothing in it is a 903 file, or a file cannot be read as a table.
    """
    path = Path(path)
    if os.path.isfile(path):  # unlike Path.is_file, no error where the folder may not be entered
        if path.suffix.lower() == ".xml":
            from dfe_returns.sources.ssda903_xml import read_ssda903_xml

            return read_ssda903_xml(path)
        raise InputError(f"{path.name} is one file; give the folder that holds the 903 files (or a 903 XML file).")
    notes = Notes()
    reader = FolderReader(path, notes=notes)
    collection = contract("ssda903", YEARS[-1])
    found: dict[str, list[tuple[str, pd.DataFrame]]] = {}
    for name in reader.names():
        header = reader.header(name)
        table = recognise(header, name, collection)
        if table is None:
            notes.add(
                "STRUCT-UNKNOWN-FILE",
                "Not one of the return's files (its columns are not a table's); left unread.",
                name,
            )
            continue
        found.setdefault(table.name, []).append((name, _columns_of(reader, name, header, table, notes)))
    if not found:
        raise InputError(
            f"{path}: no file in it has the columns of a 903 table. "
            "Give the folder that holds header.csv, episodes.csv, ..."
        )
    tables, lines = {}, {}
    for table_name in (t for t in collection.all_tables if t in found):
        parts = found[table_name]
        for name, _ in parts[1:]:
            notes.add(
                "STRUCT-TABLE-TWICE",
                f"A second file of the table {table_name}; its rows were put after the first file's.",
                name,
            )
        frame = pd.concat([frame for _, frame in parts], ignore_index=True)
        lines[table_name] = frame.pop(LINE).to_numpy(dtype=np.int64)
        tables[table_name] = frame
    return ReturnTables(tables, lines, notes.frame()[STRUCTURE_COLUMNS])


def known_names(table: Table) -> dict[str, str]:
    """Every name a column of the table may stand under (upper case) -> the contract's name."""
    names = {f.name.upper(): f.name for f in table.all_fields.values()}
    names.update({alias.upper(): f.name for f in table.all_fields.values() for alias in f.aliases})
    if table.name == "Header":
        names.update({"UASC": "UASC", "UASC_STATUS": "UASC"})  # a column of the XML form
    if table.name == "Episodes":
        names.update({name: name for name in DERIVED})
    return names


def recognise(header: Iterable[str], file: str, collection: Collection) -> Table | None:
    """The table whose columns a header has: the best fit that has a column of its own beside CHILD and DOB; ties go
    by file name."""
    columns = {tidied(c) for c in header}
    stem = Path(file).stem.casefold().replace(" ", "_")
    best: tuple[float, int, Table] | None = None
    for table in collection.all_tables.values():
        own = {tidied(n) for n in (*table.all_fields, *(a for f in table.all_fields.values() for a in f.aliases))}
        shared = columns & own - {"CHILD", "DOB"}
        if not shared or "CHILD" not in columns:
            continue
        fit = len(columns & own) / len(columns | {tidied(n) for n in table.all_fields})
        named = int(stem in {a.casefold() for a in (*table.aliases, table.name, Path(table.file_name).stem)})
        if best is None or (fit + 0.2 * named, named) > best[:2]:
            best = (fit + 0.2 * named, named, table)
    return best[2] if best is not None else None


def tidied(column: str) -> str:
    return re.sub(r"\s+", "_", column.replace("\ufeff", "").strip().strip("\"'").strip()).upper()


def _columns_of(reader: FolderReader, file: str, header: tuple[str, ...], table: Table, notes: Notes) -> pd.DataFrame:
    """The table's columns of a file, under the contract's names, dates as the return writes them."""
    names = known_names(table)
    used: dict[str, str] = {}
    for column in header:
        name = names.get(tidied(column))
        if name is None:
            notes.add(
                "STRUCT-UNKNOWN-COLUMN", "Column that the return does not have; left unread.", file, 1, column[:60]
            )
        elif name in used.values():
            notes.add("STRUCT-REPEATED-COLUMN", "Column that is there twice; the first was read.", file, 1, name)
        else:
            used[column] = name
            if column != name:
                notes.add("STRUCT-COLUMN-NAME", f"Column read as {name}.", file, 1, column[:60])
    in_year = [f for f in table.all_fields if f not in used.values()]
    for name in in_year:
        notes.add("STRUCT-NO-COLUMN", "Column that is not in the file; taken as blank.", file, 1, name)
    order = [n for n in used.values() if n in table.all_fields]
    if order != [n for n in table.all_fields if n in order]:
        notes.add("STRUCT-COLUMN-ORDER", "The columns are not in the order of the specification.", file, 1)
    raw = reader.read(file, list(used)).frame.rename(columns=used)
    for name, field in table.all_fields.items():
        if name in raw and field.type in ("date", "partial_date"):
            raw[name] = _dates(raw[name], raw[LINE], file, name, notes)
    return raw


def _dates(cells: pd.Series, lines: pd.Series, file: str, column: str, notes: Notes) -> pd.Series:
    """Dates a spreadsheet changed, as DD/MM/YYYY where there is one way to read them; all else as it stands."""
    place, distinct = pd.factorize(cells)
    read = np.array([uk_date(str(text)) for text in distinct], dtype=object)
    changed = np.array([new is not None for new in read], dtype=bool)
    if not changed.any():
        return cells
    at = changed[place]
    found = lines[at]
    notes.add(
        "STRUCT-DATE",
        "Date not written as DD/MM/YYYY; read as one all the same.",
        file,
        int(found.iloc[0]),
        column,
        int(at.sum()),
    )
    kept = np.where(changed, read, np.asarray(distinct, dtype=object))
    return pd.Series(kept[place], index=cells.index, dtype="str")


def uk_date(text: str) -> str | None:
    """DD/MM/YYYY for a date in another unmistakable form (ISO, 31-Mar-26, spreadsheet serial, with a time); else
    None."""
    text = text.strip()
    day: Any = None
    if match := _ISO.fullmatch(text):
        day = (match[3], match[2], match[1])
    elif match := _UK_TIME.fullmatch(text):
        day = (match[1], match[2], match[3])
    elif match := _NAMED.fullmatch(text):
        month = _MONTHS.get(match[2][:3].lower())
        year = (
            match[3] if len(match[3]) == 4 else f"{'20' if int(match[3]) <= _LAST_TWO_DIGIT_YEAR else '19'}{match[3]}"
        )
        day = (match[1], str(month), year) if month else None
    elif match := _SERIAL.fullmatch(text):
        stamp = pd.Timestamp("1899-12-30") + pd.Timedelta(days=int(match[1]))
        return f"{stamp:%d/%m/%Y}"
    if day is None:
        return None
    try:
        return f"{pd.Timestamp(year=int(day[2]), month=int(day[1]), day=int(day[0])):%d/%m/%Y}"
    except ValueError:
        return None
