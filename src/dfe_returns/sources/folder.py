"""Reading a folder of delimited text files: text as it stands, with file and line; only the columns that were asked
for.
"""

from __future__ import annotations

import csv
import fnmatch
import io
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.errors import InputError
from dfe_returns.files import sha256_of
from dfe_returns.sources.model import LINE
from dfe_returns.sources.raw import RawFile, SourceOptions
from dfe_returns.sources.report import Notes, line_list
from dfe_returns.sources.scan import SEPARATORS, detect_encoding, detect_separator, encoding_name, scan
from dfe_returns.sources.words import tidy

TEXT_ENDINGS = (".csv", ".txt", ".tsv")
EXCEL_ENDINGS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_EXCEL_SEPARATOR = re.compile(rb"^(?:\xef\xbb\xbf)?sep=([,;|\t])\r?\n")
_TOTALS = re.compile(
    r"^(grand |sub)?total\b|^\(?\d+ (rows?|records?)\b|^(row|record) count\b|^rows:|^end of report\b", re.I
)


class FolderReader:
    """A folder of CSV (and Excel) files. Headers are read at once, rows on demand.

    Raises InputError: no such folder, no permission, nothing in it that could be read.
    """

    kind = "folder"

    def __init__(self, folder: Path | str, options: SourceOptions | None = None, notes: Notes | None = None) -> None:
        self.folder = Path(folder)
        self.options = options or SourceOptions()
        self.notes = notes or Notes()
        self._bytes: dict[str, tuple[bytes, str, str, int]] = {}
        self._sheets: dict[str, Any] = {}
        self._names = self._list()

    def _list(self) -> list[str]:
        try:
            if not self.folder.exists():
                raise InputError(f"The source folder {self.folder} does not exist. Check the path.")
            if not self.folder.is_dir():
                raise InputError(f"The source {self.folder} is a file; give the folder it lies in.")
            items = sorted(item for item in self.folder.iterdir() if not item.name.startswith((".", "~$")))
            found = [item.name for item in items if item.is_file()]
        except OSError as error:
            raise InputError(
                f"The source folder {self.folder} cannot be read ({error.strerror}). Ask for access to it."
            ) from None
        for item in items:
            if item.name not in found and item.name.lower().endswith(TEXT_ENDINGS + EXCEL_ENDINGS):
                self.notes.add(
                    "STRUCT-NOT-A-FILE", "A folder, a pipe or a link to nothing; it cannot be read.", item.name
                )
        data = [name for name in found if name.lower().endswith(TEXT_ENDINGS + EXCEL_ENDINGS)]
        if not data:
            raise InputError(
                f"The source folder {self.folder} holds no CSV or Excel file. Check the path, or export again."
            )
        return [name for name in data if fnmatch.fnmatch(name, self.options.pattern)]

    def names(self) -> list[str]:
        """Names of the data files, sorted."""
        return list(self._names)

    def extract(self) -> dict[str, Any]:
        """The content of extract.json; empty when there is none. Raises InputError when it is not JSON."""
        path = self.folder / "extract.json"
        if not path.exists():
            return {}
        try:
            content = json.loads(path.read_text("utf-8-sig"))
        except OSError as error:
            raise InputError(f"{path.name} cannot be read ({error.strerror}).") from None
        except ValueError as error:
            raise InputError(f"{path.name} is not valid JSON ({str(error).split(':')[0]}). Export it again.") from None
        if not isinstance(content, dict):
            raise InputError(f"{path.name} must hold an object with la_code, system, run_at, window_start and rows.")
        return content

    def header(self, name: str) -> tuple[str, ...]:
        """Column names of a file."""
        if name.lower().endswith(EXCEL_ENDINGS):
            return self._sheet(name).header
        data, encoding, separator, _ = self._load(name)
        return _header(data, encoding, separator, name)

    def header_line(self, name: str) -> int:
        """Line of the column names of a text file; a workbook's are found without being told."""
        return 1 if name.lower().endswith(EXCEL_ENDINGS) else self._load(name)[3]

    def read(self, name: str, columns: Collection[str]) -> RawFile:
        """The wanted columns of a file (those it has), every row with its line. InputError names file and line."""
        if name.lower().endswith(EXCEL_ENDINGS):
            sheet = self._sheet(name)
            last = [str(cell) for cell in sheet.frame.drop(columns=[LINE]).iloc[-1]] if len(sheet.frame) else []
            return self._without_totals(sheet.select(columns), last)
        data, encoding, separator, first_line = self._load(name)
        last = _last_row(data, encoding, separator, name)
        data = self._without_count(name, data, first_line, last, len(_header(data, encoding, separator, name)))
        raw = parse(data, name, encoding, separator, first_line, columns)
        self._bytes.pop(name, None)
        raw.sha256 = sha256_of(self.folder / name)
        self._tell(raw)
        return self._without_totals(raw, _last_row(data, encoding, separator, name))

    def _without_count(self, name: str, data: bytes, first_line: int, last: list[str], columns: int) -> bytes:
        """The text without a last line that only says how many rows there are, as query tools write it."""
        if len(last) >= columns or not last or not _TOTALS.match(tidy(last[0])):
            return data
        end = data.rstrip().rfind(b"\n") + 1
        self._totals(name, first_line + data.count(b"\n", 0, end))
        return data[:end]

    def _without_totals(self, raw: RawFile, last: list[str]) -> RawFile:
        """Totals at the foot of a report are no record: refused, or left out where the profile says so."""
        if raw.rows == 0 or not any(_TOTALS.match(tidy(cell)) for cell in last):
            return raw
        line = int(raw.frame[LINE].iloc[-1])
        self._totals(raw.name, line)
        raw.frame, raw.rows = raw.frame.iloc[:-1], raw.rows - 1
        return raw

    def _totals(self, name: str, line: int) -> None:
        if self.options.of(name, "totals") != "drop":
            raise InputError(
                f"{name}, line {line}: the file ends with a line of totals. Export it without totals, "
                "or write `totals: drop` in the profile under `source`."
            )
        self.notes.add("STRUCT-TOTALS", "The line of totals at the foot was left out.", name, line)

    def _sheet(self, name: str) -> Any:
        from dfe_returns.sources.excel import read_sheet  # only Excel users pay for the import

        if name not in self._sheets:
            self._sheets[name] = read_sheet(self.folder / name, self.options, self.notes)
        return self._sheets[name]

    def _load(self, name: str) -> tuple[bytes, str, str, int]:
        if name not in self._bytes:
            try:
                data = (self.folder / name).read_bytes()
            except OSError as error:
                raise InputError(
                    f"{name} cannot be read ({error.strerror}). Ask for access, or close it elsewhere."
                ) from None
            encoding = str(self.options.of(name, "encoding"))
            if encoding == "detect":
                encoding = detect_encoding(data, name)
            if encoding in {"utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"}:
                data = _decoded(data, encoding, name).encode("utf-8")
            data = data.rstrip(b"\x1a")  # the end-of-file mark of old systems
            if b"\n" not in data and b"\r" in data:
                data = data.replace(b"\r", b"\n")
            row = self.options.of(name, "header_row")
            said = _EXCEL_SEPARATOR.match(data)  # "sep=;" in the first line, written for Excel
            first_line = _header_line(data, encoding) if row == "find" else int(str(row))
            first_line += bool(said and first_line == 1)
            data = _after(data, first_line - 1)
            if not data.strip():
                raise InputError(f"{name} is empty: it has not even a header line. Export it again.")
            separator = str(self.options.of(name, "separator"))
            if separator == "detect":
                separator = said[1].decode() if said else detect_separator(_first_line(data, encoding))
            self._bytes[name] = (data, encoding, separator, first_line)
        return self._bytes[name]

    def _tell(self, raw: RawFile) -> None:
        if raw.encoding not in {"utf-8", "utf-8-sig"}:
            self.notes.add("STRUCT-ENCODING", f"Read as {encoding_name(raw.encoding)}.", raw.name)
        if raw.separator != ",":
            self.notes.add(
                "STRUCT-SEPARATOR", f"Columns are parted by {SEPARATORS.get(raw.separator, 'another sign')}.", raw.name
            )


def parse(data: bytes, name: str, encoding: str, separator: str, first_line: int, columns: Collection[str]) -> RawFile:
    """Delimited text to a RawFile.

    Raises InputError naming file and line for a stray quote, a row with too many or too few cells, a file cut off at
    its end,
    two columns of one name.
    """
    layout = scan(data, separator, name, first_line)
    header = _header(data, encoding, separator, name)
    _no_twins(header, name)
    wrong = layout.cells != layout.cells[0]
    if wrong.any():
        at = layout.lines[wrong]
        if len(at) == 1 and wrong[-1] and layout.cells[-1] < layout.cells[0]:
            raise InputError(
                f"{name}: the file ends in the middle of its last row, line {at[0]}. It was cut off; export it again."
            )
        if layout.cells[0] < 3 <= np.median(layout.cells):
            raise InputError(
                f"{name}, line {first_line}: fewer cells than in the rows below; a title seems to stand above the "
                "names of the columns. Write `header_row: find` in the profile under `source`, or export without it."
            )
        raise InputError(
            f"{name}: {len(at)} row(s) have not the {layout.cells[0]} columns of the header ({line_list(at)}). "
            "A cell may hold an unquoted separator or line break. Export the file again with quotes."
        )
    wanted = set(columns)
    use = [position for position, column in enumerate(header) if column in wanted]
    names = [header[position] for position in use]
    body = _after_header(data, layout, first_line)
    if use and len(layout.lines) > 1:
        try:
            frame = pd.read_csv(
                io.BytesIO(body),
                sep=separator,
                header=None,
                usecols=use,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                encoding="cp1252" if encoding == "cp1252" else "utf-8",
                low_memory=False,
                skip_blank_lines=True,
            )
        except (ValueError, pd.errors.ParserError):
            raise InputError(f"{name} could not be read as a table. Export it again as CSV.") from None
        frame.columns = pd.Index(names)
    else:
        frame = pd.DataFrame({column: pd.Series(dtype="str") for column in names}, index=range(len(layout.lines) - 1))
    if len(frame) != len(layout.lines) - 1:
        raise InputError(
            f"{name}: {len(layout.lines) - 1} rows were counted and {len(frame)} read. Export it again as CSV."
        )
    frame[LINE] = pd.array(layout.lines[1:], dtype="Int64")
    return RawFile(name, frame, header, len(frame), encoding=encoding, separator=separator)


def _decoded(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise InputError(
            f"{name}: its start says {encoding_name(encoding)}, its content is not. Export it again."
        ) from None


def _first_line(data: bytes, encoding: str) -> str:
    """The first row of the file (a quoted column name may hold a line break)."""
    end, position = -1, 0
    while True:
        end = data.find(b"\n", position)
        if end < 0 or data.count(b'"', 0, end) % 2 == 0:
            break
        position = end + 1
    line = data if end < 0 else data[:end]
    return line.decode("cp1252" if encoding == "cp1252" else "utf-8", errors="replace").rstrip("\r")


def _header(data: bytes, encoding: str, separator: str, name: str) -> tuple[str, ...]:
    return tuple(tidy(cell) for cell in _cells(_first_line(data, encoding), separator, name))


def _cells(line: str, separator: str, name: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=separator), [])
    except csv.Error:  # a carriage return or a cell of 128 KB: its own words may quote the line
        raise InputError(
            f"{name}: its first or last line is no row of a table. Export it again as CSV (UTF-8)."
        ) from None


def _header_line(data: bytes, encoding: str) -> int:
    """The line with the most cells among the first twenty: report writers put a title above the header."""
    lines = data[:65536].decode("cp1252" if encoding == "cp1252" else "utf-8", errors="replace").splitlines()[:20]
    outside = ["".join(line.split('"')[::2]) for line in lines]
    counts = [max(line.count(mark) for mark in SEPARATORS) for line in outside] or [0]
    return counts.index(max(counts)) + 1


def _after(data: bytes, lines: int) -> bytes:
    for _ in range(lines):
        _, _, data = data.partition(b"\n")
    return data


def _after_header(data: bytes, layout: Any, first_line: int) -> bytes:
    if len(layout.lines) < 2:
        return b""
    return _after(data, int(layout.lines[1] - first_line))


def _no_twins(header: tuple[str, ...], name: str) -> None:
    seen: set[str] = set()
    for column in header:
        if column and column in seen:
            raise InputError(f"{name}: the column {column!r} is there twice. Rename or remove one of them.")
        seen.add(column)


def _last_row(data: bytes, encoding: str, separator: str, name: str) -> list[str]:
    """Cells of the last line that has any text."""
    text = data.rstrip().rpartition(b"\n")[2].decode("cp1252" if encoding == "cp1252" else "utf-8", errors="replace")
    return _cells(text, separator, name)
