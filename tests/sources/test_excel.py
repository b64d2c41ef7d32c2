"""Excel files as report writers make them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dfe_returns.errors import InputError
from dfe_returns.sources import load
from dfe_returns.sources.folder import FolderReader

from .conftest import notes

HEADER = ["dept_team_id", "dept_team_name"]


def write(folder: Path, rows: list[list[Any]], name: str = "ssd_department.xlsx", **more: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Teams"
    for row in rows:
        book.active.append(row)
    for title, content in more.items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def teams(folder: Path, **options: Any) -> Any:
    return load(folder, **options).tables["ssd_department"]


def test_a_plain_sheet(extract):
    folder = extract()
    write(folder, [HEADER, ["T1", "North"], ["T2", "South"]])
    assert teams(folder)["dept_team_name"].tolist() == ["North", "South"]
    assert teams(folder)["_line"].tolist() == [2, 3]


def test_a_title_and_merged_cells_above_the_header(extract):
    folder = extract()
    path = write(folder, [["Team list"], ["printed 12 June"], [], HEADER, ["T1", "North"]])
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:B1")
    book.save(path)
    loaded = load(folder)
    assert loaded.tables["ssd_department"]["_line"].tolist() == [5]
    assert notes(loaded, "STRUCT-HEADER") == [("ssd_department.xlsx", 4, "", 1)]


def test_hidden_sheets_stay_unread(extract):
    folder = extract()
    path = write(folder, [HEADER, ["T1", "North"]], Old=[HEADER, ["T9", "Closed"]])
    book = openpyxl.load_workbook(path)
    book["Old"].sheet_state = "hidden"
    book.save(path)
    loaded = load(folder)
    assert loaded.tables["ssd_department"]["dept_team_id"].tolist() == ["T1"]
    assert notes(loaded, "STRUCT-HIDDEN-SHEET") == [("ssd_department.xlsx", None, "", 1)]


def test_rows_hidden_by_a_filter_are_read(extract):
    folder = extract()
    path = write(folder, [HEADER, ["T1", "North"], ["T2", "South"]])
    book = openpyxl.load_workbook(path)
    book.active.auto_filter.ref = "A1:B3"
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    assert teams(folder)["dept_team_id"].tolist() == ["T1", "T2"]


def test_two_sheets_with_rows_are_a_question(extract, profile):
    folder = extract()
    write(folder, [HEADER, ["T1", "North"]], More=[HEADER, ["T2", "South"]])
    with pytest.raises(InputError, match=r"several sheets with rows \(Teams, More\)"):
        load(folder)
    chosen = profile("""
        profile: mine
        extends: ssd_systemc
        source:
          files:
            ssd_department.xlsx: {sheet: More}
        """)
    assert teams(folder, profile=chosen)["dept_team_id"].tolist() == ["T2"]


def test_totals_at_the_foot_are_refused_or_left_out(extract, profile):
    folder = extract()
    write(folder, [HEADER, ["T1", "North"], ["Total", 1]])
    with pytest.raises(InputError, match="line 3: the file ends with a line of totals"):
        load(folder)
    chosen = profile("profile: mine\nextends: ssd_systemc\nsource: {totals: drop}")
    assert teams(folder, profile=chosen)["dept_team_id"].tolist() == ["T1"]


def test_dates_and_numbers_of_excel(extract):
    folder = extract(ssd_person=None)
    header = ["pers_person_id", "pers_legacy_id", "pers_dob", "pers_sex"]
    write(
        folder,
        [header, [501, 1001.0, dt.datetime.fromisoformat("2015-05-01"), "F"], [502, 1002, dt.date(2016, 6, 1), "M"]],
        "ssd_person.xlsx",
    )
    person = load(folder).tables["ssd_person"]
    assert person["pers_person_id"].tolist() == ["501", "502"]
    assert person["pers_legacy_id"].tolist() == ["1001", "1002"]
    assert person["pers_dob"].dt.strftime("%Y-%m-%d").tolist() == ["2015-05-01", "2016-06-01"]


def test_a_sheet_that_ends_on_the_last_line_excel_can_hold(extract):
    folder = extract()
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Teams")
    sheet.append(HEADER)
    for number in range(65_535):
        sheet.append([f"T{number}", "x"])
    book.save(folder / "ssd_department.xlsx")
    assert notes(load(folder), "STRUCT-ROW-LIMIT") == [("ssd_department.xlsx", 65_536, "", 1)]


def test_a_file_that_is_no_excel_file(extract):
    folder = extract()
    (folder / "ssd_department.xlsx").write_text("dept_team_id,dept_team_name\nT1,North\n")
    with pytest.raises(InputError, match="cannot be read as an Excel file"):
        load(folder)


def test_a_workbook_under_a_password_is_told_as_such(tmp_path):
    (tmp_path / "ssd_person.xlsx").write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600))  # an encrypted one
    with pytest.raises(InputError, match=r"ssd_person\.xlsx is protected by a password"):
        FolderReader(tmp_path).header("ssd_person.xlsx")
