"""Excel workbooks that keep what they are given: leading zeros, UK dates and '=1+1' stay text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pandas as pd
import xlsxwriter

from dfe_returns.files import neutral, write_private
from dfe_returns.review.facts import texts

_TEXT_ONLY = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_WIDEST = 70


@dataclass(frozen=True)
class Sheet:
    """One sheet: a frame, what stands over it, columns people fill in (shaded, unlocked) and lists they choose from."""

    name: str
    frame: pd.DataFrame
    title: str = ""
    answers: Sequence[str] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hidden: Sequence[str] = ()
    headings: Mapping[str, str] = field(default_factory=dict)


def write_workbook(path: Path | str, sheets: Sequence[Sheet], title: str) -> Path:
    """Write the sheets, whole or not at all, private; same frames give the same bytes (no clock in the properties)."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, _TEXT_ONLY)
    book.set_properties({"title": title, "created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)})
    formats = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format(
            {
                "bold": True,
                "bg_color": "#1d3557",
                "font_color": "#ffffff",
                "text_wrap": True,
                "valign": "top",
                "border": 1,
            }
        ),
        "answer_head": book.add_format(
            {
                "bold": True,
                "bg_color": "#7a4b00",
                "font_color": "#ffffff",
                "text_wrap": True,
                "valign": "top",
                "border": 1,
            }
        ),
        "cell": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
        "number": book.add_format({"valign": "top"}),
        "answer": book.add_format(
            {"text_wrap": True, "valign": "top", "bg_color": "#fff7e0", "border": 1, "num_format": "@", "locked": False}
        ),
    }
    for sheet in sheets:
        _write_sheet(book.add_worksheet(sheet.name[:31]), sheet, formats)
    book.close()
    return write_private(path, buffer.getvalue())


def _write_sheet(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, formats: dict) -> None:
    top = 1 if sheet.title else 0
    if sheet.title:
        page.write_string(0, 0, sheet.title, formats["title"])
    frame = neutral(sheet.frame)
    rows = len(frame)
    shown = texts(frame)
    for place, column in enumerate(frame.columns):
        answer = column in sheet.answers
        page.write_string(top, place, sheet.headings.get(column, column), formats["answer_head" if answer else "head"])
        counts = pd.api.types.is_integer_dtype(frame[column]) and not frame[column].isna().any()
        style = formats["answer" if answer else "number" if counts else "cell"]
        page.write_column(top + 1, place, frame[column].tolist() if counts else shown[column].tolist(), style)
        longest = int(shown[column].str.len().max()) if rows else 0
        width = max(
            min(max(longest, len(sheet.headings.get(column, column)) + 3) + 1, _WIDEST), 8 if not answer else 18
        )
        page.set_column(place, place, width, None, {"hidden": column in sheet.hidden})
        if column in sheet.choices and rows:
            page.data_validation(
                top + 1, place, top + rows, place, {"validate": "list", "source": list(sheet.choices[column])}
            )
    page.freeze_panes(top + 1, 0)
    if len(frame.columns):
        page.autofilter(top, 0, top + max(rows, 1), len(frame.columns) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)
