# ruff: noqa: E501  (headings are listed as wide as they are)
"""Drafting a profile for exports nobody has described: other words, abbreviations, other order, Excel, a database."""

from __future__ import annotations

import csv
import datetime as dt
import random
import re
import sqlite3
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dfe_returns.files import data_folder
from dfe_returns.sources import load
from dfe_returns.sources.profile_draft import new_profile

VENDOR = data_folder("sample_extracts") / "fernshire_vendor"
FACTORS = "1A 1B 1C 2A 2B 2C 3A 3B 3C 4A 4B 4C 5A 5B 5C 6A 6B 6C 7A 8B 8C 8D 8E 8F 9A 10A 11A 12A 13A 14A 15A 16A 17A 18A 18B 18C 19A 19B 19C 20 21 22A 23A 24A".split()  # noqa: SIM905
ABBREVIATED = {
    "01 Persons.csv": ("CLIENT_DEMOG.csv", "person_id screen_no upn prev_upn no_upn_reason dob dob_est edd gndr eth dod natnlty immig_stat immig_from immig_to rec_stat mrgd_into run_dt"),
    "02 Disability.csv": ("disabs.csv", "person_id disab_type strt_dt end_dt"),
    "03 Relationships.csv": ("links.csv", "person_id rel_person_id rel_type rel_dob ended"),
    "04 Addresses.csv": ("addr_hist.csv", "person_id addr_type strt_dt end_dt pcode"),
    "05 Referrals.csv": ("CIN_REFS.csv", "ref_id person_id ref_dt src need_cat nfa_dt clsd_dt clsr_rsn team"),
    "06 Assessments.csv": ("SingleAsmt.csv", " ".join(["form_id ref_id person_id form_type stat strt_dt auth_dt", *(f"F_{code}" for code in FACTORS), "outcm"])),
    "07 Plans And Conferences.csv": ("CP_CIN_work.csv", "row_id person_id ref_id row_type linked_row_id strt_dt end_dt tgt_dt init_cat latest_cat outcm other_la stat"),
    "08 Care Episodes.csv": ("LAC_eps.csv", "poc_id plcmt_id split_no person_id strt_dt end_dt strt_rsn end_rsn lgl_stat need plcmt_type prov prov_name urn plcmt_pcode chg_rsn home_pcode"),
    "09 Care Events.csv": ("lac_evts.csv", "person_id evt evt_dt end_dt res1 res2 res3 cancld"),
    "10 Leaving Care And Adoption.csv": ("CL_ADOPT.csv", "person_id rec_type dt1 dt2 dt3 stat_txt accom_txt suit_txt activ_txt rev_rsn n_adopters adopter_sex adopter_stat fmr_carer"),
    "11 Workers.csv": ("allocations.csv", "person_id wkr_cd swe_no role strt_dt end_dt end_rsn"),
}  # fmt: skip
"""The vendor's files and columns under short names."""
OTHER_WORDS = {
    "01 Persons.csv": "Client Ref|Number On Screen|Pupil No|Old Pupil No|Why No Pupil No|Born On|Birth Estimated|Expected Birth|Boy Or Girl|Ethnic Group|Died On|Country|Asylum Status|Asylum Since|Asylum Until|State Of Record|Replaced By|Exported On",
    "02 Disability.csv": "Client Ref|Condition|Since|Until",
    "03 Relationships.csv": "Client Ref|Relative Ref|How Related|Relative Born|Over",
    "04 Addresses.csv": "Client Ref|Kind|Moved In|Moved Out|Post Code",
    "05 Referrals.csv": "Case No|Client Ref|Received|Who From|Main Problem|No Action Decided|Shut On|Why Shut|Dept",
    "06 Assessments.csv": "|".join(["Assessment|Case No|Client Ref|Kind|Progress|Began|Signed", *FACTORS, "Decision"]),
    "07 Plans And Conferences.csv": "Line|Client Ref|Case No|What|Belongs To Line|Began|Finished|Due|First Abuse Type|Current Abuse Type|Decision|Elsewhere|Progress",
    "08 Care Episodes.csv": "Spell|Stay|Part|Client Ref|Began|Finished|Why Began|Why Finished|Law|Why In Care|Living With|Run By|Name Of Home|Ofsted|Where|Why Moved|Family Home",
    "09 Care Events.csv": "Client Ref|What|When|Until|Detail A|Detail B|Detail C|Called Off",
    "10 Leaving Care And Adoption.csv": "Client Ref|What|Day A|Day B|Day C|Progress|Home|Home OK|Doing|Why Reversed|How Many|Sex Of Adopters|Marital|Fostered Before",
    "11 Workers.csv": "Client Ref|Staff Ref|SWE|Post|Since|Until|Why Left",
}  # fmt: skip
"""The vendor's columns in altogether other words."""


def table(name: str) -> list[list[str]]:
    with (VENDOR / name).open(encoding="cp1252", newline="") as file:
        return list(csv.reader(file))


def companions_to(folder: Path) -> None:
    for path in VENDOR.glob("la_*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())


def write_csv(folder: Path, name: str, rows: list[list[str]]) -> None:
    with (folder / name).open("w", encoding="cp1252", newline="") as file:
        csv.writer(file).writerows(rows)


def day(cell: str) -> dt.datetime | None:
    return dt.datetime.strptime(cell, "%d/%m/%Y") if re.fullmatch(r"\d\d/\d\d/\d{4}", cell) else None  # noqa: DTZ007 (as Excel holds it)


@pytest.fixture(scope="module")
def theirs():
    return load(VENDOR, "fernshire_vendor")


def same_tables(source: Path | str, text: str, theirs, tmp_path: Path) -> None:
    """The drafted profile brings the same SSD tables out of the copy as the shipped one out of the vendor's files."""
    path = tmp_path / "drafted.yaml"
    path.write_text(text)
    mine = load(source, path)
    for name, expected in theirs.tables.items():
        where = ["_file", "_line"]
        keys = [column for column in expected.columns if column not in where]
        ordered = [t.drop(columns=where).sort_values(keys, ignore_index=True) for t in (mine.tables[name], expected)]
        pd.testing.assert_frame_equal(*ordered, obj=name)


@pytest.mark.parametrize("shuffled", [False, True])
def test_abbreviated_names_in_any_order_of_columns(shuffled, theirs, tmp_path):
    folder = tmp_path / "short"
    folder.mkdir()
    companions_to(folder)
    for name, (file, headings) in ABBREVIATED.items():
        rows = [headings.split(), *table(name)[1:]]
        order = list(range(len(rows[0])))
        if shuffled:
            random.Random(name).shuffle(order)
        write_csv(folder, file, [[row[n] for n in order] for row in rows])
    draft = new_profile(folder)
    assert draft.answers_needed < 10
    same_tables(folder, draft.text, theirs, tmp_path)


def test_altogether_other_words_need_answers_and_what_is_wrong_is_asked(theirs, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    companions_to(folder)
    for name, headings in OTHER_WORDS.items():
        write_csv(folder, name, [headings.split("|"), *table(name)[1:]])
    draft = new_profile(folder)
    assert draft.answers_needed < 10
    assert "clae_cla_placement_id: Part  # check: or Stay?" in draft.text
    answered = re.sub(r"\b(Part|Stay)\b", lambda found: {"Part": "Stay", "Stay": "Part"}[found[0]], draft.text)
    same_tables(folder, answered, theirs, tmp_path)


def test_workbooks_with_titles_totals_and_dates_as_excel_holds_them(theirs, tmp_path):
    folder = tmp_path / "books"
    folder.mkdir()
    companions_to(folder)
    for name, (file, headings) in ABBREVIATED.items():
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append([f"Report {name}"])
        sheet.append(["Run on", day("12/06/2026")])
        sheet.append(["Client", "", "", "Details"])
        sheet.merge_cells("A3:C3")
        sheet.append(headings.split())
        for row in table(name)[1:]:
            sheet.append(
                [day(cell) or (int(cell) if re.fullmatch(r"[1-9]\d*", cell) else cell or None) for cell in row]
            )
        sheet.append(["Total", sheet.max_row - 4])
        hidden = book.create_sheet("Old")
        hidden.append(["person_id"])
        hidden.append([1])
        hidden.sheet_state = "hidden"
        book.save(folder / file.replace(".csv", ".xlsx"))
    draft = new_profile(folder)
    assert draft.answers_needed < 10
    assert "totals: drop  # check" in draft.text
    same_tables(folder, draft.text, theirs, tmp_path)


def test_vendor_tables_in_a_database(theirs, tmp_path):
    path = tmp_path / "vendor.sqlite"
    base = sqlite3.connect(path)
    files = {
        name: (Path(file).stem, headings.split(), table(name)[1:]) for name, (file, headings) in ABBREVIATED.items()
    }
    for companion in VENDOR.glob("la_*.csv"):
        rows = list(csv.reader(companion.open(newline="")))
        files[companion.name] = (companion.stem, rows[0], rows[1:])
    for name, headings, rows in files.values():
        columns = ", ".join(f'"{heading}"' for heading in headings)
        base.execute(f'create table "{name}" ({columns})')
        marks = ", ".join("?" * len(headings))
        cells = [
            [((found := day(cell)) and f"{found:%Y-%m-%d} 00:00:00.000") or cell or None for cell in row]
            for row in rows
        ]
        base.executemany(f'insert into "{name}" values ({marks})', cells)
    base.commit()
    base.close()
    draft = new_profile(f"sqlite:///{path}")
    assert draft.answers_needed < 10
    same_tables(f"sqlite:///{path}", draft.text, theirs, tmp_path)


def small(folder: Path, **columns: list[str]) -> str:
    """The draft for a copy of the care episodes in which some columns are written otherwise."""
    folder.mkdir()
    rows = table("08 Care Episodes.csv")
    for heading, values in columns.items():
        place = rows[0].index(heading)
        rows = [
            rows[0],
            *([*row[:place], value, *row[place + 1 :]] for row, value in zip(rows[1:], values, strict=True)),
        ]
    write_csv(folder, "08 Care Episodes.csv", rows)
    return new_profile(folder).text


def test_the_order_of_day_and_month_is_told_from_the_days(tmp_path):
    rows = table("08 Care Episodes.csv")
    american = {
        heading: [f"{found:%m/%d/%Y}" if (found := day(row[rows[0].index(heading)])) else "" for row in rows[1:]]
        for heading in ("Start", "End")
    }
    assert "formats: [mdy]" in small(tmp_path / "us", **american)
    assert "formats: [dmy]" in small(tmp_path / "uk")


def test_what_the_layout_takes_for_granted_is_written_out_and_told_from_the_days(tmp_path):
    rows = table("08 Care Episodes.csv")
    ends = [day(row[rows[0].index("End")]) for row in rows[1:]]
    later = [f"{end + dt.timedelta(days=1):%d/%m/%Y}" if end else "" for end in ends]
    assert "  episode_end: day_before  # guess, by the days" in small(tmp_path / "last_day")
    assert "  episode_end: same_day  # guess, by the days" in small(tmp_path / "next_day", End=later)
