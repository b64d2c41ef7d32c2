"""Reading Excel files: header found below titles and merged cells, hidden sheets left alone, cut-off files seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from dfe_returns.errors import InputError
from dfe_returns.files import sha256_of
from dfe_returns.sources.model import LINE
from dfe_returns.sources.raw import RawFile, SourceOptions
from dfe_returns.sources.report import Notes
from dfe_returns.sources.words import tidy

_SEARCHED = 30
"""Rows in which the header is looked for."""
_WRAPPER = b"\xd0\xcf\x11\xe0"
"""Begins an encrypted workbook (and an old .xls, which is read under its own ending)."""


@dataclass
class Sheet:
    """One sheet as text: header, rows below it, and the line of each."""

    name: str
    header: tuple[str, ...]
    frame: pd.DataFrame
    sha256: str
    note: str

    def select(self, columns: Collection[str]) -> RawFile:
        """The wanted columns, as every reader hands them over."""
        wanted = [column for column in self.header if column in set(columns)]
        frame = self.frame[[*wanted, LINE]].copy()
        return RawFile(self.name, frame, self.header, len(frame), self.sha256, note=self.note)


def _must_open(path: Path) -> None:
    """Raises InputError for a workbook that cannot be opened, or not without its password."""
    try:
        with open(path, "rb") as file:
            wrapped = file.read(len(_WRAPPER)) == _WRAPPER
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read ({error.strerror}). Ask for access, or close it elsewhere."
        ) from None
    if wrapped and path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb"):
        raise InputError(f"{path.name} is protected by a password. Save it again without one.")


def read_sheet(path: Path, options: SourceOptions, notes: Notes) -> Sheet:
    """The sheet the profile names, else the one visible sheet with rows.

    Raises InputError naming file and sheet: not an Excel file, under a password, no visible sheet with rows or several
    of them, no header, two headings alike.
    """
    _must_open(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            name = _choose(book, str(options.of(path.name, "sheet")), path.name, notes)
            sheet = book.get_sheet_by_name(name)
            start = sheet.start or (0, 0)
            cells = [[_as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
            merged = bool(getattr(sheet, "merged_cell_ranges", None))
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{path.name} cannot be read as an Excel file ({type(error).__name__}). Save it again."
        ) from None
    wanted = options.of(path.name, "header_row")
    at = _header_at(cells, start[0]) if wanted in {"find", 1} else int(str(wanted)) - 1 - start[0]
    if at is None or at >= len(cells) or at < 0:
        raise InputError(f"{path.name}, sheet {name}: no header row found. Say header_row in the profile.")
    header = _headings(cells, at, path.name, name)
    lines = range(start[0] + at + 2, start[0] + len(cells) + 1)
    frame = pd.DataFrame(cells[at + 1 :], columns=pd.Index(range(len(cells[at]))), dtype="str")
    frame = frame.iloc[:, [n for n, heading in enumerate(header) if heading]]
    frame.columns = pd.Index([heading for heading in header if heading])
    frame[LINE] = pd.array(lines, dtype="Int64")
    if start[0] + at or merged:
        line = start[0] + at + 1
        notes.add(
            "STRUCT-HEADER",
            f"Sheet {name}: the column names stand on line {line}.",
            path.name,
            line,
        )
    filled = (frame.drop(columns=[LINE]) != "").any(axis=1)
    frame = frame[filled].reset_index(drop=True)
    _cut_off(path, frame, notes)
    return Sheet(path.name, tuple(frame.columns.drop(LINE)), frame, sha256_of(path), f"sheet {name}")


def _choose(book: CalamineWorkbook, wanted: str, file: str, notes: Notes) -> str:
    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if wanted:
        if wanted not in [one.name for one in sheets]:
            raise InputError(f"{file} has no sheet {wanted!r}; it has {', '.join(repr(one.name) for one in sheets)}.")
        return wanted
    hidden = [one.name for one in sheets if one.visible != SheetVisibleEnum.Visible]
    if hidden:
        notes.add(
            "STRUCT-HIDDEN-SHEET", f"Hidden sheets were not read: {', '.join(hidden)}.", file, None, "", len(hidden)
        )
    seen = [one.name for one in sheets if one.name not in hidden]
    full = [name for name in seen if book.get_sheet_by_name(name).height > 1]
    if len(full) != 1:
        what = "no visible sheet with rows" if not full else f"several sheets with rows ({', '.join(full)})"
        raise InputError(f"{file} has {what}. Name the sheet in the profile (source: sheet).")
    return full[0]


def _as_text(cell: Any) -> str:
    """A cell as text: dates ISO, whole numbers without a point, true and false as words."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _header_at(cells: list[list[str]], above: int) -> int | None:
    """The first of the widest rows near the top: titles and merged headings fill fewer cells than the names of the
    columns.
    """
    counts = [sum(1 for cell in row if tidy(cell)) for row in cells[:_SEARCHED]]
    if not counts or max(counts) == 0:
        return None
    full = [n for n, count in enumerate(counts) if count >= 2 and count >= 0.6 * max(counts) and _all_words(cells[n])]
    return full[0] if full else counts.index(max(counts))


def _all_words(row: list[str]) -> bool:
    """Headings are words, each once; data rows hold numbers, dates or repeats."""
    words = [tidy(cell) for cell in row if tidy(cell)]
    return len(set(words)) == len(words) and not any(word.replace(".", "").replace("-", "").isdigit() for word in words)


def _headings(cells: list[list[str]], at: int, file: str, sheet: str) -> list[str]:
    names = [tidy(cell) for cell in cells[at]]
    twins = sorted({name for name in names if name and names.count(name) > 1})
    if twins:
        raise InputError(
            f"{file}, sheet {sheet}: the column {twins[0]!r} is there twice. Rename or remove one of them."
        )
    return names


def _cut_off(path: Path, frame: pd.DataFrame, notes: Notes) -> None:
    last = int(frame[LINE].max()) if len(frame) else 0
    if last in {65_536, 1_048_576}:
        notes.add(
            "STRUCT-ROW-LIMIT",
            f"The sheet ends on line {last}, the last Excel can hold: rows may be missing. Export as CSV.",
            path.name,
            last,
        )
