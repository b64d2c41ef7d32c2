"""SSDA903 files as DfE's collection system takes them: one CSV per table, columns in the contract's order.

UTF-8 without mark, commas, quotes only where needed, CRLF, dates DD/MM/YYYY, blank cells empty. A table without rows
is its header line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from dfe_returns.contract import Collection
from dfe_returns.files import write_private

DATE = "%d/%m/%Y"


def write_ssda903(tables: Mapping[str, pd.DataFrame], collection: Collection, folder: Path) -> list[Path]:
    """Write every table of the year that is given or always sent; a table that is off (DoLo) only when given.

    tables: typed return tables. Returns the files in loading order. Raises UsageError when the folder cannot be
    written.
    """
    written = []
    for name, table in collection.tables.items():
        frame = tables.get(name)
        if frame is None and table.switch:
            continue
        written.append(write_private(Path(folder) / table.file_name, csv_bytes(frame, table.columns)))
    return written


def csv_bytes(frame: pd.DataFrame | None, columns: tuple[str, ...]) -> bytes:
    """One file's bytes. Join keys and anything else outside the contract's columns stay behind."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(columns)
    if frame is not None and len(frame):
        cells = pd.DataFrame(
            {name: _texts(frame[name]) if name in frame else "" for name in columns}, index=frame.index
        )
        cells.to_csv(text, header=False, index=False, lineterminator="\r\n")
    return text.getvalue().encode("utf-8")


def _texts(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values.dt.strftime(DATE)
    return values.astype("str").where(values.notna())
