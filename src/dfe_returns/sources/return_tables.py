"""A return read from its files: the tables, the line each row stood on, and what was odd about the files themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

STRUCTURE_COLUMNS = ("code", "file", "line", "column", "message", "count")
LISTED_AT_MOST = 20
"""So many places of one kind are listed one by one; the rest is a count."""

Lines = npt.NDArray[np.int64]


class ReturnTables(dict[str, pd.DataFrame]):
    """Table name -> frame, as `validate` takes it.

    `lines`: table name -> line in the file of each row (int64, aligned to the frame).
    `structure`: frame with code (STRUCT-...), file, line, column, message, count: what was odd, never a rule's finding.
    """

    def __init__(
        self,
        tables: dict[str, pd.DataFrame] | None = None,
        lines: dict[str, Lines] | None = None,
        structure: pd.DataFrame | None = None,
    ) -> None:
        super().__init__(tables or {})
        self.lines: dict[str, Lines] = lines or {}
        self.structure = StructureNotes("").frame() if structure is None else structure


@dataclass
class _Kind:
    message: str
    lines: list[int] = field(default_factory=list)
    count: int = 0


class StructureNotes:
    """Collects what a reader finds odd in one file; beyond the first few places of a kind it only counts."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def add(self, code: str, line: int | None, column: str, message: str, count: int = 1) -> None:
        """One oddity. `column` is the element or column concerned; `message` must not hold a value from the file."""
        kind = self._kinds.setdefault((code, column), _Kind(message))
        kind.count += count
        if len(kind.lines) <= LISTED_AT_MOST:
            kind.lines.append(-1 if line is None else line)

    def frame(self) -> pd.DataFrame:
        """One line per place, sorted by line; of more places than are listed, the last line carries the number."""
        rows: list[tuple[Any, ...]] = []
        for (code, column), kind in self._kinds.items():
            single, rest = kind.lines[:LISTED_AT_MOST], kind.lines[LISTED_AT_MOST:]
            if len(kind.lines) == 1:
                rows.append((code, self.file, kind.lines[0], column, kind.message, kind.count))
                continue
            rows += [(code, self.file, line, column, kind.message, 1) for line in single]
            if rest:
                message = f"{kind.message} (here and further on)"
                rows.append((code, self.file, rest[0], column, message, kind.count - len(single)))
        rows.sort(key=lambda row: (row[2], row[0], row[3]))
        frame = pd.DataFrame(rows, columns=list(STRUCTURE_COLUMNS))
        line = frame["line"].astype("Int64")
        frame["line"] = line.mask(line < 0)
        return frame.astype({"code": "str", "file": "str", "column": "str", "message": "str", "count": "int64"})


def joined_structure(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The notes of several files, in the order given."""
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else StructureNotes("").frame()
