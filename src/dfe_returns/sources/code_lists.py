"""Lists of codes to be finished in Excel: written with the values that are still unmapped, read back as code maps."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xlsxwriter

from dfe_returns.errors import UsageError
from dfe_returns.files import neutral, open_private, write_csv
from dfe_returns.sources.model import ssd_model
from dfe_returns.sources.national import codes_of

CODES_COLUMNS = ["column", "value", "count", "code", "meaning"]
LEFT_BLANK = "-"
"""What to write as code for a value that is known and shall be left blank."""


def national_choices(columns: list[str]) -> pd.DataFrame:
    """column, code, label: the codes that each column may hold."""
    model = ssd_model()
    by_name = {name: column for table in model.tables.values() for name, column in table.columns.items()}
    rows: list[tuple[str, str, str]] = []
    for name in columns:
        column = by_name[name]
        if column.type == "flag":
            rows += [(name, "Y", "yes"), (name, "N", "no")]
        else:
            rows += [(name, code, label) for code, label in codes_of(column).codes.items()]
    return pd.DataFrame(rows, columns=["column", "code", "label"])


def write_codes(codes: pd.DataFrame, path: Path | str) -> Path:
    """Write the list of `unmapped_codes` to be finished: an Excel file (with the national codes beside it) or a CSV
    by its ending.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return write_csv(codes, path)
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"{path.name}: write the codes to a file that ends in .xlsx or .csv.")
    with open_private(path) as out:
        book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False})
        book.set_properties({"created": pd.Timestamp("2000-01-01").to_pydatetime()})
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        for name, frame in (("to map", codes), ("national codes", national_choices(sorted(set(codes["column"]))))):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(frame.columns), head)
            sheet.set_column(0, len(frame.columns) - 1, 28, text)
            for number, column in enumerate(frame.columns):
                sheet.write_column(1, number, neutral(frame)[column].tolist())
            sheet.freeze_panes(1, 0)
        book.close()
    return path


def read_codes(path: Path | str) -> dict[str, dict[str, str | None]]:
    """A finished list: column -> value -> code (None for left blank on purpose); lines without a code are passed over.

    Raises UsageError naming file and line: missing columns, an unknown column, a code that is on no national list.
    """
    path = Path(path)
    frame = _list(path)
    lacking = [name for name in ("column", "value", "code") if name not in frame]
    if lacking:
        raise UsageError(f"{path.name} lacks the column {lacking[0]}; keep the headings column, value and code.")
    model = ssd_model()
    known = {name: column for table in model.tables.values() for name, column in table.columns.items()}
    found: dict[str, dict[str, str | None]] = {}
    for line, (name, value, code) in enumerate(zip(frame["column"], frame["value"], frame["code"], strict=True), 2):
        if not code or not value:
            continue
        column = known.get(name)
        if column is None or not (column.codes or column.type == "flag"):
            raise UsageError(f"{path.name}, line {line}: {name!r} is no column that holds codes.")
        folded = {"y": "Y", "n": "N"} if column.type == "flag" else codes_of(column).folded
        code = code if code == LEFT_BLANK else folded.get(code.lower(), code)
        if code != LEFT_BLANK and code not in folded.values():
            raise UsageError(f"{path.name}, line {line}: {code!r} is no national code of {name}.")
        found.setdefault(name, {})[value.removeprefix("'")] = None if code == LEFT_BLANK else code
    return found


def _list(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".csv":
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        else:
            frame = pd.read_excel(path, dtype=str, keep_default_na=False, engine="calamine")
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"The list of codes {path.name} cannot be read ({type(error).__name__}).") from None
    return frame.apply(lambda values: values.astype("str").str.strip())
