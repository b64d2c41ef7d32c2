# ruff: noqa: E501  (tables are drawn as wide as they are)
"""From a folder of SSD files to typed SSD tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dfe_returns.errors import InputError, UsageError
from dfe_returns.files import data_folder
from dfe_returns.sources import load
from dfe_returns.sources.model import ssd_model

from .conftest import notes, write_table


def test_tables_are_typed_and_carry_national_codes(extract):
    loaded = load(extract())
    referrals = loaded.tables["ssd_cin_episodes"]
    assert referrals["cine_referral_date"].tolist() == [pd.Timestamp("2025-05-06"), pd.Timestamp("2025-06-07")]
    assert referrals["cine_referral_source_code"].tolist() == ["6", "3A"]
    assert referrals["cine_referral_nfa"].tolist() == ["N", "N"]
    assert pd.isna(referrals["cine_close_reason"][0])
    assert referrals["cine_close_reason"][1] == "RC8"


def test_every_row_knows_its_file_and_line(extract):
    person = load(extract()).tables["ssd_person"]
    assert person["_file"].astype("str").tolist() == ["ssd_person.csv", "ssd_person.csv"]
    assert person["_line"].tolist() == [2, 3]


def test_every_table_of_the_model_is_there_with_all_columns(extract):
    tables = load(extract()).tables
    model = ssd_model()
    assert set(tables) == set(model.tables)
    for name, table in model.tables.items():
        assert [*table.columns, "_file", "_line"] == list(tables[name].columns)


def test_numbers_the_returns_do_not_carry_are_never_read(extract):
    loaded = load(extract(ssd_person="""
        pers_person_id | pers_legacy_id | pers_sex | pers_forename | pers_single_unique_id
        501            | 1001           | F        | Somebody      | 9434765919"""), stop=False)  # fmt: skip
    person = loaded.tables["ssd_person"]
    assert person["pers_single_unique_id"].isna().all()
    assert "pers_forename" not in person
    assert notes(loaded, "STRUCT-COLUMN-IGNORED") == [("ssd_person.csv", 1, "", 1)]
    assert not loaded.report.structure["message"].str.contains("9434765919|Somebody").any()


def test_the_shipped_profile_follows_the_case_system(extract):
    assert load(extract(system="systemc")).profile.name == "ssd_systemc"
    assert load(extract(system="unheard_of")).profile.name == "ssd_systemc"


def test_people_have_their_number_team_and_worker(extract):
    loaded = load(extract(
        ssd_department="""
            dept_team_id | dept_team_name
            T1           | North team
            T2           | South team""",
        ssd_involvements="""
            invo_involvements_id | invo_professional_id | invo_professional_role_id | invo_professional_team | invo_person_id | invo_involvement_start_date | invo_involvement_end_date
            1                    | W1                   | CW                        | T2                     | 501            | 2025-05-06                  | 2025-08-01
            2                    | W2                   | CW                        | T1                     | 501            | 2025-08-01                  |
            3                    | W9                   | MANAGER                   | T2                     | 501            | 2025-09-01                  |""",
    ))  # fmt: skip
    people = loaded.report.people.set_index("child")
    assert people.loc["1001", ["team", "worker"]].tolist() == ["North team", "W2"]
    assert people.loc["1002", "team"] == "South team"  # nobody involved: the team of the last referral


def test_a_reason_on_the_row_that_ends_moves_to_the_worker_who_comes(extract, profile):
    folder = extract(ssd_involvements="""
        invo_involvements_id | invo_professional_id | invo_professional_role_id | invo_person_id | invo_involvement_start_date | invo_involvement_end_date | invo_worker_change_reason
        1                    | D                    | DUTY                      | 501            | 2025-05-06                  | 2025-05-06                | FCONTA
        2                    | W1                   | CW                        | 501            | 2025-05-06                  | 2025-07-31                | LEFTRL
        3                    | W2                   | CW                        | 501            | 2025-08-04                  |                           |
        4                    | W3                   | CW                        | 502            | 2025-08-04                  |                           |""")  # fmt: skip
    mine = profile("profile: mine\nextends: ssd_systemc\nconventions: {change_reason_on: ending}")
    loaded = load(folder, mine)
    assert loaded.tables["ssd_involvements"]["invo_worker_change_reason"].fillna("").tolist() == [
        "",
        "FCONTA",
        "LEFTRL",
        "",
    ]
    assert loaded.profile.conventions["change_reason_on"] == "starting"


def test_companions_may_lie_in_a_folder_of_their_own(extract, tmp_path):
    companions = tmp_path / "companions"
    companions.mkdir()
    write_table(companions, "la_previous_plans", "child_id | plans_before_window\n1001 | 2")
    loaded = load(extract(), companions=companions)
    assert loaded.tables["la_previous_plans"]["plans_before_window"].tolist() == [2]
    assert loaded.tables["la_previous_plans"]["_file"].astype("str").tolist() == ["la_previous_plans.csv"]


def test_the_sources_are_accounted_for(extract):
    sources = load(extract()).sources.set_index("table")
    assert sources.loc["ssd_person", ["rows", "read"]].tolist() == [2, 2]
    assert len(sources.loc["ssd_person", "sha256"]) == 64
    assert str(sources.loc["ssd_person", "extract_date"]) == "2026-06-12"


def test_fernshire_loads_without_anything_to_settle():
    loaded = load(data_folder("sample_extracts") / "fernshire_ssd")
    assert loaded.report.stops == []
    assert loaded.report.unmapped.empty
    assert len(loaded.tables["ssd_person"]) > 300


def test_loading_twice_gives_the_same(extract):
    folder = extract()
    first, second = load(folder), load(folder)
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, second.tables[name])
    pd.testing.assert_frame_equal(first.report.structure, second.report.structure)


# what cannot be read -------------------------------------------------------------------------------------------------


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "nowhere")


def test_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="holds no CSV or Excel file"):
        load(tmp_path)


def test_a_folder_whose_listing_fails(extract, monkeypatch):
    folder = extract()

    def refused(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(InputError, match="Permission denied"):
        load(folder, profile="ssd_systemc")


def test_a_stray_quote(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text('dept_team_id,dept_team_name\nT1,North "team\nT2,South\n')
    with pytest.raises(InputError, match=r"ssd_department.csv.*line 2"):
        load(folder)


def test_quotes_in_the_middle_of_a_cell(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text('dept_team_id,dept_team_name\nT1,North\nT2,The "South" team\n')
    with pytest.raises(InputError, match=r"ssd_department.csv, line 3: a stray quotation mark"):
        load(folder)


def test_quotes_as_they_should_be(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text('dept_team_id,dept_team_name\nT1,"North, ""old""\nteam"\nT2,South\n')
    department = load(folder).tables["ssd_department"]
    assert department["dept_team_name"].tolist() == ['North, "old" team', "South"]
    assert department["_line"].tolist() == [2, 4]


def test_a_ragged_row(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text("dept_team_id,dept_team_name\nT1,North,West\nT2,South\n")
    with pytest.raises(InputError, match=r"1 row\(s\) have not the 2 columns of the header \(line 2\)"):
        load(folder)


def test_a_file_cut_off_in_its_last_row(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text("dept_team_id,dept_team_name\nT1,North\nT2")
    with pytest.raises(InputError, match=r"ends in the middle of its last row, line 3"):
        load(folder)


def test_a_file_without_a_header(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text("")
    with pytest.raises(InputError, match="not even a header line"):
        load(folder)


def test_a_file_with_a_header_alone(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text("dept_team_id,dept_team_name\n")
    assert load(folder).tables["ssd_department"].empty


def test_something_that_is_no_text(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_bytes(b"\xd0\xcf\x11\xe0\x00\x00\x00")
    with pytest.raises(InputError, match="not a text file"):
        load(folder)


def test_a_column_that_is_there_twice(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text("dept_team_id,dept_team_id\nT1,T1\n")
    with pytest.raises(InputError, match="there twice"):
        load(folder)


def test_a_needed_column_is_missing(extract):
    with pytest.raises(InputError, match=r"ssd_cin_episodes.csv lacks the column cine_referral_date"):
        load(extract(ssd_cin_episodes="cine_referral_id | cine_person_id\nR1 | 501"))


def test_extract_json_that_is_none(extract):
    folder = extract()
    (folder / "extract.json").write_text("{la_code: 999")
    with pytest.raises(InputError, match="not valid JSON"):
        load(folder)


def test_blank_lines_do_not_shift_the_line_numbers(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text("dept_team_id,dept_team_name\r\n\r\nT1,North\r\n  \r\nT2,South\r\n\r\n")
    assert load(folder).tables["ssd_department"]["_line"].tolist() == [3, 5]


def test_an_unknown_profile():
    with pytest.raises(UsageError, match="no profile nonesuch"):
        load("anywhere", profile="nonesuch")
