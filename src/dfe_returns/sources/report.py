"""What conforming a source found: structural notes, counts, unmapped values. Places and counts, no child's data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

STRUCTURE_COLUMNS = ["code", "file", "line", "column", "message", "count"]
UNMAPPED_COLUMNS = ["file", "table", "column", "value", "count", "action"]
DROPPED_COLUMNS = ["file", "table", "reason", "count"]
VALUES_COLUMNS = ["table", "column", "value", "code", "how", "count"]
COVERAGE_COLUMNS = ["table", "column", "rows", "filled", "empty", "unmapped"]


class Notes:
    """Structural notes in the order they were found; `stops` are those that a person must settle before going on."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self.stops: list[dict[str, Any]] = []

    def add(
        self, code: str, message: str, file: str = "", line: int | None = None, column: str = "", count: int = 1
    ) -> None:
        """One note; `line` is the first line concerned, `count` how many cells, rows or files."""
        self._rows.append((code, file, line, column, message, int(count)))

    def add_lines(self, code: str, message: str, rows: pd.DataFrame, column: str = "") -> None:
        """One note per file for the given rows (a part of a conformed table): first line, count and where the others
        are.
        """
        if rows.empty:
            return
        for file, lines in rows.groupby("_file", observed=True, sort=False)["_line"]:
            found = np.sort(lines.dropna().to_numpy(dtype="int64"))
            first = int(found[0]) if len(found) else None
            self.add(code, f"{message} ({line_list(found)})", str(file), first, column, len(lines))

    def stop(self, code: str, message: str, **place: Any) -> None:
        """A note that ends the run once everything has been looked at."""
        self.add(code, message, **place)
        self.stops.append({"code": code, "message": message, **place})

    def frame(self) -> pd.DataFrame:
        """The notes: code, file, line, column, message, count; in order of code, file, line."""
        frame = pd.DataFrame(self._rows, columns=STRUCTURE_COLUMNS)
        frame = frame.astype({"line": "Int64", "count": "Int64"})
        return frame.sort_values(["code", "file", "column", "line"], kind="stable", ignore_index=True)


def line_list(lines: Sequence[int] | np.ndarray, most: int = 5) -> str:
    """Words for a list of lines: ``lines 4, 9 and 12 more``."""
    numbers = [str(int(n)) for n in lines[:most]]
    if not numbers:
        return "no line numbers"
    if len(lines) == 1:
        return f"line {numbers[0]}"
    more = f" and {len(lines) - most} more" if len(lines) > most else ""
    return f"lines {', '.join(numbers)}{more}"


@dataclass
class ConformReport:
    """What happened on the way from the raw files to the SSD tables.

    structure: code, file, line, column, message, count (STRUCT-* notes)
    files: file, table, rows (in the file), kept, dropped, encoding, separator
    dropped: file, table, reason, count
    unmapped: file, table, column, value, count, action (stop, empty, review)
    values: table, column, value, code, how, count (how each code value was read)
    coverage: table, column, rows, filled, empty, unmapped
    people: pers_person_id, child, team, worker (the latest worker and team of each child)
    id_map: pers_person_id, pers_legacy_id, child
    excluded: file, line, reason (people left out)
    """

    structure: pd.DataFrame
    files: pd.DataFrame
    dropped: pd.DataFrame
    unmapped: pd.DataFrame
    values: pd.DataFrame
    coverage: pd.DataFrame
    people: pd.DataFrame
    id_map: pd.DataFrame
    excluded: pd.DataFrame
    extract_date: date | None = None
    window_start: date | None = None
    stops: list[dict[str, Any]] = field(default_factory=list)
    id_changes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["what", "count"]))


def concat(frames: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Frames below each other; an empty frame with the columns when there are none."""
    found = [frame for frame in frames if len(frame)]
    return pd.concat(found, ignore_index=True)[list(columns)] if found else pd.DataFrame(columns=list(columns))
