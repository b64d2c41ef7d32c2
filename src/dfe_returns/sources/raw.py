"""What every reader (CSV, Excel, SQL) hands over: text as it stood, with the line it stood on."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import pandas as pd

from dfe_returns.sources.report import Notes

T = TypeVar("T")


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
        return (of_file(self.per_file, name) or {}).get(key, getattr(self, key))


def same_file(name: str, said: str) -> bool:
    """Whether a file is the one a profile names: without regard to case, ``*`` for anything."""
    return name.lower() == said.lower() or fnmatch.fnmatch(name.lower(), said.lower())


def files_named(names: Sequence[str], said: str) -> list[str]:
    """The files a profile names; without any, those of that name with another ending (a workbook in place of text)."""
    found = [name for name in names if same_file(name, said)]
    return found or [name for name in names if "." in said and same_file(_stem(name), _stem(said))]


def _stem(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return stem if ending.lower() in {"csv", "txt", "tsv", "xlsx", "xls", "xlsm", "xlsb", "ods"} else name


def of_file(settings: Mapping[str, T], name: str) -> T | None:
    """What a profile says of one file, by its name, else by a pattern that fits it."""
    if name in settings:
        return settings[name]
    return next((value for said, value in settings.items() if files_named([name], said)), None)
