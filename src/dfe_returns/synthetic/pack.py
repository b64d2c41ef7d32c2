"""An extract about to be written: its files as frames of text, and how each is to be put on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from dfe_returns.files import private_folder, write_private


@dataclass
class File:
    """One file: its rows as text, and its form. `title` and `foot` are lines above the header and below the rows."""

    frame: pd.DataFrame
    encoding: str = "utf-8"
    separator: str = ","
    newline: str = "\n"
    excel: bool = False
    title: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()


@dataclass
class Pack:
    """The files of an extract by name (without ending), and what `extract.json` is to say (None: there is none)."""

    layout: str
    files: dict[str, File]
    about: dict[str, Any] | None = None
    notes: dict[str, str] = field(default_factory=dict)

    def write(self, out: Path | str) -> dict[str, int]:
        """Write all files; returns the number of rows per file. Same content, same bytes."""
        folder = private_folder(Path(out))
        rows = {name: len(file.frame) for name, file in self.files.items()}
        for name, file in self.files.items():
            if file.excel:
                write_private(folder / f"{name}.xlsx", _workbook(name, file))
            else:
                write_private(folder / f"{name}.csv", _csv(file))
        if self.about is not None:
            write_private(folder / "extract.json", json.dumps({**self.about, "rows": rows}, indent=1) + "\n")
        return rows


def text(frame: pd.DataFrame) -> pd.DataFrame:
    """Every cell as text, missing as empty text: the form in which faults work on a frame."""
    out = {name: frame[name].astype("str").astype(object).where(frame[name].notna(), "") for name in frame.columns}
    return pd.DataFrame(out, columns=frame.columns).reset_index(drop=True)


def _csv(file: File) -> bytes:
    body = file.frame.to_csv(index=False, sep=file.separator, lineterminator=file.newline)
    lines = [*file.title, body.removesuffix(file.newline), *file.foot]
    return (file.newline.join(lines) + file.newline).encode(file.encoding)


def _workbook(name: str, file: File) -> bytes:
    """A workbook as people make them: title rows, a merged heading, a hidden sheet, a filter saved on, totals."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 6, 12)})  # noqa: DTZ001  (a fixed day, so that the bytes stay the same)
    hidden = book.add_worksheet("Parameters")
    hidden.write_row(0, 0, ["Report", name])
    sheet = book.add_worksheet(name[:31])
    hidden.hide()
    sheet.activate()
    sheet.set_first_sheet()
    columns = list(file.frame.columns)
    for number, line in enumerate(file.title):
        if number == 0 and len(columns) > 1:
            sheet.merge_range(0, 0, 0, min(3, len(columns) - 1), line)
        else:
            sheet.write(number, 0, line)
    top = len(file.title)
    sheet.write_row(top, 0, columns)
    for position, column in enumerate(columns):
        sheet.write_column(top + 1, position, file.frame[column].tolist())
    if len(file.frame):
        sheet.autofilter(top, 0, top + len(file.frame), len(columns) - 1)
    for number, line in enumerate(file.foot):
        sheet.write(top + 1 + len(file.frame) + number, 0, line)
    book.close()
    return buffer.getvalue()
