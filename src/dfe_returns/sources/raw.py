"""What every reader (CSV, Excel, SQL) hands over: text as it stood, with the line it stood on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from dfe_returns.sources.report import Notes


@dataclass
class RawFile:
    """One file or database object as text.

    `frame` has the wanted columns only, dtype str, blank cells "" and the column ``_line``; `header` all column
    names found;
    `rows` how many data rows there are.
    """

    name: str
    frame: pd.DataFrame
    header: tuple[str, ...]
    rows: int
    sha256: str = ""
    encoding: str = ""
    separator: str = ""
    extract_date: str = ""
    note: str = ""


class Reader(Protocol):
    """A source of raw files. `names` in a fixed order."""

    kind: str
    notes: Notes

    def names(self) -> list[str]: ...

    def header(self, name: str) -> tuple[str, ...]: ...

    def read(self, name: str, columns: Collection[str]) -> RawFile: ...

    def extract(self) -> dict: ...


@dataclass
class SourceOptions:
    """What a profile may say of the files of a source (all may be left to detection)."""

    pattern: str = "*"
    encoding: str = "detect"
    separator: str = "detect"
    header_row: int | str = 1
    sheet: str = ""
    totals: str = "stop"
    rows: dict[str, int] = field(default_factory=dict)
    per_file: dict[str, dict] = field(default_factory=dict)

    def of(self, name: str, key: str) -> object:
        """The option for one file: its own, else the general one."""
        return self.per_file.get(name, {}).get(key, getattr(self, key))
