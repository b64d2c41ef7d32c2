# ruff: noqa: E501  (tables are drawn as wide as they are)
"""The tools around a profile: drafting one, checking it, finishing its codes in Excel."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dfe_returns.errors import InputError, UsageError
from dfe_returns.files import data_folder
from dfe_returns.sources import load
from dfe_returns.sources.code_lists import read_codes, write_codes
from dfe_returns.sources.profile_draft import new_profile
from dfe_returns.sources.profile_tools import check_source, summary, unmapped_codes
from dfe_returns.sources.recognise import name_likeness

from .conftest import write_table

VENDOR = data_folder("sample_extracts") / "fernshire_vendor"
OTHER_NAMES = {
    "System ID": "Person Ref", "Case Number": "Case Ref", "UPN": "Pupil Number", "Former UPN": "Previous Pupil Number",
    "Date Of Birth": "DOB", "Due Date": "Expected DOB", "Sex": "Gender", "Ethnicity": "Ethnic Origin", "Date Of Death": "Died On",
    "Record Status": "Record State", "Merged Into": "Merged With", "Report Run Date": "Printed On", "Disability Type": "Condition",
    "From": "Start Date", "To": "Finish Date", "Related System ID": "Related Person Ref", "Relationship": "Relation",
    "Postcode": "Post Code", "Episode No": "Referral Ref", "Referral Date": "Referred On", "Source": "Referred By",
    "Category Of Need": "Main Need", "NFA Date": "No Further Action On", "Closed Date": "Case Closed On", "Closure Reason": "Why Closed",
    "Form No": "Form Ref", "Status": "State", "Started": "Begun On", "Authorised": "Signed Off On", "Outcome": "Result",
    "Row No": "Line Ref", "Type": "Kind", "Linked Row No": "Linked Line Ref", "Start": "Begins", "End": "Finishes", "Target": "Target Date",
    "Category Initial": "First Category", "Category Latest": "Current Category", "Other LA": "Other Authority",
    "Period No": "Care Period Ref", "Placement No": "Placement Ref", "Reason Started": "Start Reason", "Reason Ended": "End Reason",
    "Legal Status": "Legal Basis", "Placement Type": "Placement Kind", "Ofsted Reference": "Ofsted URN", "Reason Changed": "Change Reason",
    "Event": "What Happened", "Event Date": "Happened On", "Result 1": "Answer 1", "Result 2": "Answer 2", "Result 3": "Answer 3",
    "Cancelled": "Called Off", "Record Type": "Kind Of Record", "Date 1": "First Date", "Date 2": "Second Date", "Date 3": "Third Date",
    "Worker Code": "Worker Ref", "Registration No": "SWE Number", "Role": "Job",
}  # fmt: skip


@pytest.fixture(scope="module")
def renamed(tmp_path_factory) -> Path:
    """A copy of the vendor's folder in which nearly every column is called otherwise."""
    folder = tmp_path_factory.mktemp("renamed")
    for path in VENDOR.glob("*.csv"):
        head, _, rest = path.read_bytes().partition(b"\n")
        if not path.name.startswith("la_"):
            names = next(csv.reader([head.decode("cp1252").strip()]))
            head = ",".join(OTHER_NAMES.get(name, name) for name in names).encode() + b"\r"
        (folder / path.name).write_bytes(head + b"\n" + rest)
    return folder


@pytest.fixture(scope="module")
def draft(renamed):
    return new_profile(renamed, "drafted")


def test_a_draft_for_renamed_columns_runs_with_under_ten_answers(renamed, draft, tmp_path):
    assert draft.answers_needed < 10
    path = tmp_path / "drafted.yaml"
    path.write_text(draft.text)
    mine, theirs = load(renamed, path), load(VENDOR, "fernshire_vendor")
    for name, table in theirs.tables.items():
        pd.testing.assert_frame_equal(mine.tables[name], table, obj=name)


def test_a_draft_marks_its_guesses(draft):
    assert "pers_dob: DOB  # guess" in draft.text
    assert "# check" in draft.text
    assert "pers_upn_unknown: UPN Reason\n" in draft.text  # the same name is no guess


def test_a_draft_for_ssd_files_extends_the_shipped_profile(extract, tmp_path):
    folder = extract(ssd_department="Team Number | dept_team_name\nT1 | North")
    draft = new_profile(folder, "mine")
    assert "extends: ssd_systemc" in draft.text
    assert "dept_team_id: [Team Number]" in draft.text
    path = tmp_path / "draft.yaml"
    path.write_text(draft.text)
    assert load(folder, path).tables["ssd_department"]["dept_team_id"].tolist() == ["T1"]


def test_a_folder_that_resembles_nothing(tmp_path):
    write_table(tmp_path, "shopping.csv", "thing | price\napples | 3")
    with pytest.raises(InputError, match="resembles a layout that is known"):
        new_profile(tmp_path)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Date of Birth", "DOB", True),
        ("Start Date", "From", True),
        ("Closed Date", "Ended On", True),
        ("Postcode", "Sex", False),
    ],
)
def test_names_that_mean_the_same(one, other, alike):
    assert (name_likeness(one, other) > 0.6) is alike


MESSY = "pers_person_id | pers_legacy_id | pers_sex | pers_ethnicity\n501 | 1001 | F | ??\n502 | 1002 | M | ??\n502 | 1002 | M | ??\n503 | 1003 | X | "


def test_a_check_says_what_became_of_everything_and_names_nobody(extract):
    check = check_source(extract(ssd_person=MESSY))
    assert not check.ready
    coverage = check.coverage.set_index("column")
    assert coverage.loc["pers_ethnicity", ["rows", "filled", "empty", "unmapped"]].tolist() == [4, 0, 1, 3]
    assert coverage.loc["pers_sex", "share"] == 75
    seen = check.values[check.values["column"].eq("pers_sex")]
    assert seen[["value", "code", "how", "count"]].to_numpy().tolist() == [
        ["F", "F", "code", 1], ["M", "M", "code", 2], ["X", "", "unmapped", 1]]  # fmt: skip
    assert check.dropped["reason"].tolist() == ["The same row again"]
    assert check.repeats["line"].tolist() == [4]
    assert summary(check) == {
        "files": 2, "tables": 2, "columns_filled": 13, "columns_empty": summary(check)["columns_empty"], "values_unmapped": 2,
        "rows_dropped": 1, "stops": 2, "ready": False}  # fmt: skip
    shown = "".join(
        frame.to_csv() for frame in (check.files, check.coverage, check.values, check.unmapped, check.structure)
    )
    assert "1001" not in shown
    assert "501" not in shown


def test_codes_are_finished_in_excel_and_read_back(extract, profile, tmp_path):
    folder = extract(ssd_person=MESSY)
    codes = unmapped_codes(check_source(folder))
    assert codes[["column", "value", "count"]].to_numpy().tolist() == [
        ["pers_ethnicity", "??", 3],
        ["pers_sex", "X", 1],
    ]
    path = write_codes(codes, tmp_path / "codes.xlsx")
    assert path.stat().st_mode & 0o777 == 0o600
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["to map", "national codes"]
    sheet = book["to map"]
    sheet["D2"], sheet["D3"] = "NOBT", "-"
    book.save(path)
    mine = profile("profile: mine\nextends: ssd_systemc\ncode_files: [codes.xlsx]")
    person = load(folder, mine).tables["ssd_person"]
    assert person["pers_ethnicity"].fillna("").tolist() == ["NOBT", "NOBT", ""]
    assert person["pers_sex"].fillna("").tolist() == ["F", "M", ""]


def test_a_list_of_codes_may_be_a_csv(tmp_path):
    write_table(tmp_path, "codes.csv", "column | value | count | code\npers_sex | X | 4 | U\npers_sex | Y | 4 |")
    assert read_codes(tmp_path / "codes.csv") == {"pers_sex": {"X": "U"}}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("pers_sex | X | 1 | Q", "line 2: 'Q' is no national code of pers_sex"),
        ("pers_dob | X | 1 | M", "line 2: 'pers_dob' is no column that holds codes"),
    ],
)
def test_a_wrong_code_is_named_with_its_line(tmp_path, row, message):
    write_table(tmp_path, "codes.csv", f"column | value | count | code\n{row}")
    with pytest.raises(UsageError, match=message):
        read_codes(tmp_path / "codes.csv")


def test_values_cannot_start_a_formula(extract, tmp_path):
    codes = unmapped_codes(check_source(extract(ssd_person=MESSY.replace("??", "=1+1"))))
    cell = openpyxl.load_workbook(write_codes(codes, tmp_path / "codes.xlsx"))["to map"]["B2"]
    assert cell.value == "'=1+1"
    assert cell.data_type == "s"


def test_a_column_of_names_is_told_and_none_of_them_shown(extract, profile):
    """A profile that reads codes from the wrong column must not print what stands there."""
    people = [f"{n} | {n} | Person{n} | {'F' if n % 2 else 'M'}" for n in range(501, 551)]
    folder = extract(ssd_person="pers_person_id | pers_legacy_id | name | pers_sex\n" + "\n".join(people))
    mine = profile("profile: mine\nextends: ssd_systemc\naliases: {pers_ethnicity: [name]}")
    check = check_source(folder, mine)
    assert check.stops == [
        "pers_ethnicity: 50 different values in 50 cells are not mapped to a code, so the column the profile names for it "
        "holds no codes. They are not shown. Correct the column in the profile."
    ]
    shown = "".join(f.to_csv() for f in (check.values, check.unmapped, check.structure, unmapped_codes(check)))
    assert "Person5" not in shown
    assert unmapped_codes(check).empty


def test_codes_may_be_typed_in_small_letters(tmp_path):
    write_table(
        tmp_path, "codes.csv", "column | value | count | code\npers_sex | X | 4 | u\npers_ethnicity | ? | 4 | nobt"
    )
    assert read_codes(tmp_path / "codes.csv") == {"pers_sex": {"X": "U"}, "pers_ethnicity": {"?": "NOBT"}}


def test_rows_that_an_unpivot_or_a_group_takes_away_are_counted(theirs_of_the_vendor):
    reasons = set(theirs_of_the_vendor.dropped["reason"])
    assert {"none of its columns is ticked", "made one with other rows of its group"} <= reasons


@pytest.fixture(scope="module")
def theirs_of_the_vendor():
    return check_source(VENDOR, "fernshire_vendor")
