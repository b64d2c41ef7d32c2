# ruff: noqa: E501  (tables are drawn as wide as they are)
"""The thirty-five kinds of mess that extracts bring, one test each (some have two), in the order of the handbook."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from dfe_returns.build.cin import build_cin
from dfe_returns.build.settings import BuildSettings
from dfe_returns.contract import contract
from dfe_returns.errors import InputError
from dfe_returns.sources import load

from .conftest import notes, write_table


def days(values: pd.Series) -> list[str]:
    return values.dt.strftime("%Y-%m-%d").fillna("").tolist()


def codes(loaded) -> set[str]:
    return set(loaded.report.structure["code"])


def cin_of(loaded, year: str = "2025-26"):
    settings = BuildSettings(authority="999", extract_date=loaded.report.extract_date)
    return build_cin(contract("cin", year), loaded.tables, loaded.profile.conventions, settings)


PLANS = """
    cinp_cin_plan_id | cinp_referral_id | cinp_person_id | cinp_cin_plan_start_date | cinp_cin_plan_end_date
"""


def test_01_dates_in_every_way_of_writing_them(extract):
    loaded = load(extract(ssd_cin_plans=PLANS + """
        1 | R1 | 501 | 2025-05-06 00:00:00.000 | 20/01/2026
        2 | R1 | 501 | 2025-06-07T09:30:00     | 31/01/2026 14:15
        3 | R1 | 501 | 2025-07-08              | 5-Feb-26
        4 | R1 | 501 | 2025-08-09              | 46100"""))  # fmt: skip
    plans = loaded.tables["ssd_cin_plans"]
    assert days(plans["cinp_cin_plan_start_date"]) == ["2025-05-06", "2025-06-07", "2025-07-08", "2025-08-09"]
    assert days(plans["cinp_cin_plan_end_date"]) == ["2026-01-20", "2026-01-31", "2026-02-05", "2026-03-19"]
    assert notes(loaded, "STRUCT-EXCEL-DATE") == [("ssd_cin_plans.csv", None, "cinp_cin_plan_end_date", 1)]


def test_01_a_column_that_reads_two_ways_is_refused_until_the_profile_says(extract, profile):
    folder = extract(ssd_cin_plans=PLANS + "1 | R1 | 501 | 06/05/2025 |")
    with pytest.raises(InputError, match=r"ssd_cin_plans.csv: the dates of cinp_cin_plan_start_date cannot be told"):
        load(folder)
    mine = profile("profile: mine\nextends: ssd_systemc\nformats: {cinp_cin_plan_start_date: [dmy]}")
    assert days(load(folder, mine).tables["ssd_cin_plans"]["cinp_cin_plan_start_date"]) == ["2025-05-06"]


def test_01_american_order_in_one_file_is_seen(extract, profile):
    folder = extract(ssd_cin_plans=PLANS + "1 | R1 | 501 | 05/06/2025 |\n2 | R1 | 501 | 05/28/2025 |")
    mine = profile("profile: mine\nextends: ssd_systemc\nsource: {formats: [iso, dmy]}")
    with pytest.raises(InputError, match="1 value\\(s\\) can only be month/day/year"):
        load(folder, mine)


def test_01_american_order_that_alone_fits_is_read_and_told(extract):
    loaded = load(extract(ssd_cin_plans=PLANS + "1 | R1 | 501 | 05/28/2025 |\n2 | R1 | 501 | 06/07/2025 |"))
    assert days(loaded.tables["ssd_cin_plans"]["cinp_cin_plan_start_date"]) == ["2025-05-28", "2025-06-07"]
    assert notes(loaded, "STRUCT-DATE-AMERICAN") == [("ssd_cin_plans.csv", None, "cinp_cin_plan_start_date", 2)]


def test_02_placeholder_dates_are_blank_and_counted(extract):
    loaded = load(extract(ssd_cin_plans=PLANS + """
        1 | R1 | 501 | 2025-05-06 | 1900-01-01
        2 | R1 | 501 | 2025-06-07 | 2300-01-01
        3 | R1 | 501 | 2025-07-08 | 31/12/9999"""))  # fmt: skip
    assert days(loaded.tables["ssd_cin_plans"]["cinp_cin_plan_end_date"]) == ["", "", ""]
    assert notes(loaded, "STRUCT-PLACEHOLDER-DATE") == [("ssd_cin_plans.csv", 2, "cinp_cin_plan_end_date", 3)]


def test_03_a_time_zone_does_not_shift_the_day(extract):
    loaded = load(extract(ssd_cin_plans=PLANS + """
        1 | R1 | 501 | 2025-05-06 00:00:00+01:00 |
        2 | R1 | 501 | 2025-06-07T00:00:00Z      |"""))  # fmt: skip
    assert days(loaded.tables["ssd_cin_plans"]["cinp_cin_plan_start_date"]) == ["2025-05-06", "2025-06-07"]
    assert notes(loaded, "STRUCT-TIMEZONE") == [("ssd_cin_plans.csv", 2, "cinp_cin_plan_start_date", 2)]


def test_04_unknown_keys_are_blank(extract):
    loaded = load(extract(ssd_initial_cp_conference="""
        icpc_icpc_id | icpc_s47_enquiry_id | icpc_person_id | icpc_cp_plan_id | icpc_referral_id | icpc_icpc_date
        1            | -1                  | 501            | 0               | R1               | 2025-07-01"""))  # fmt: skip
    row = loaded.tables["ssd_initial_cp_conference"].iloc[0]
    assert pd.isna(row["icpc_s47_enquiry_id"])
    assert pd.isna(row["icpc_cp_plan_id"])
    assert [note[2] for note in notes(loaded, "STRUCT-UNKNOWN-KEY")] == ["icpc_cp_plan_id", "icpc_s47_enquiry_id"]
    assert "STRUCT-ORPHAN" not in codes(loaded)


def test_05_numbers_stay_text(extract):
    loaded = load(extract(ssd_person="""
        pers_legacy_id | pers_person_id | pers_upn
        0042           | 501.0          | A873000000001
        1002           | 502.0          | 8.73E+12"""))  # fmt: skip
    person = loaded.tables["ssd_person"]
    assert person["pers_person_id"].tolist() == ["501", "502"]
    assert person["pers_legacy_id"].tolist() == ["0042", "1002"]
    assert notes(loaded, "STRUCT-SCIENTIFIC") == [("ssd_person.csv", 3, "pers_upn", 1)]


def test_05_keys_in_scientific_notation_stop_the_run(extract):
    with pytest.raises(InputError, match="scientific notation"):
        load(extract(ssd_cin_plans=PLANS + "1.0023E+11 | R1 | 501 | 2025-05-06 |"))


def test_06_one_number_is_chosen_and_the_other_kept(extract, profile):
    folder = extract()
    assert load(folder).report.people["child"].tolist() == ["1001", "1002"]
    mine = profile("profile: mine\nextends: ssd_systemc\nidentifiers: {child_id_source: pers_person_id}")
    numbers = load(folder, mine).report.id_map
    assert numbers.to_dict("list") == {
        "pers_person_id": ["501", "502"],
        "pers_legacy_id": ["1001", "1002"],
        "child": ["501", "502"],
    }


def test_06_a_legacy_number_in_the_wrong_place_is_translated(extract):
    loaded = load(extract(ssd_permanence="""
        perm_table_id | perm_person_id | perm_adm_decision_date
        1             | 1002           | 2025-10-01"""))  # fmt: skip
    assert loaded.tables["ssd_permanence"]["perm_person_id"].tolist() == ["502"]
    assert notes(loaded, "STRUCT-LEGACY-NUMBER") == [("ssd_permanence.csv", 2, "perm_person_id", 1)]


MANY = """
    pers_legacy_id | pers_person_id | pers_upn | pers_dob
    1001           | 501            |          | 2015-05-01
    1002           | 502            |          | 2016-06-01
    TEST3          | 503            |          | 2016-06-01
    1004DUPLICATE  | 504            |          | 2016-06-01
    1005           | -7             |          | 2016-06-01"""


def test_07_test_and_duplicate_people_are_left_out_and_listed(extract):
    loaded = load(extract(ssd_person=MANY, ssd_cin_plans=PLANS + "1 | R1 | 503 | 2025-05-06 |"))
    assert loaded.tables["ssd_person"]["pers_person_id"].tolist() == ["501", "502"]
    assert loaded.report.excluded["line"].tolist() == [4, 5, 6]
    assert loaded.report.excluded["reason"].tolist() == [
        "number holds the word TEST", "number holds the word DUPLICATE", "placeholder person with a negative number"]  # fmt: skip
    assert loaded.tables["ssd_cin_plans"].empty
    assert "STRUCT-ORPHAN" not in codes(loaded)


def test_07_events_of_a_merged_number_move_with_a_merge_file_only(extract, profile):
    folder = extract(ssd_cin_plans=PLANS + "1 | R1 | 500 | 2025-05-06 |")
    assert notes(load(folder), "STRUCT-ORPHAN") == [("ssd_cin_plans.csv", 2, "cinp_person_id", 1)]
    write_table(folder, "merged", "old | new\n500 | 501")
    mine = profile("profile: mine\nextends: ssd_systemc\nmerges: {file: merged.csv, from: old, to: new}")
    loaded = load(folder, mine)
    assert loaded.tables["ssd_cin_plans"]["cinp_person_id"].tolist() == ["501"]
    assert notes(loaded, "STRUCT-MERGED") == [("merged.csv", None, "", 1)]


def test_08_an_adopted_child_under_a_new_number_is_another_person(extract):
    loaded = load(extract(ssd_person="""
        pers_legacy_id | pers_person_id | pers_upn      | pers_dob
        1001           | 501            | A873000000001 | 2015-05-01
        2001           | 777            | A873000000001 | 2015-05-01"""))  # fmt: skip
    assert loaded.report.id_map["child"].tolist() == ["1001", "2001"]
    assert notes(loaded, "STRUCT-SAME-UPN") == [("ssd_person.csv", 2, "", 2)]  # told, never joined


def test_09_code_label_leading_code_and_lookup_number(extract):
    loaded = load(extract(
        ssd_cin_episodes="""
            cine_referral_id | cine_person_id | cine_referral_date | cine_referral_source_code | cine_referral_source_desc | cine_cin_primary_need_code
            R1               | 501            | 2025-05-06         | 4707                      |                           | N1
            R2               | 501            | 2025-05-06         | 99999                     | 3A - GP                   | Family in acute stress
            R3               | 501            | 2025-05-06         |                           | Anonymous                 |""",
        ssd_cla_episodes="""
            clae_cla_episode_id | clae_person_id | clae_cla_episode_start_date | clae_cla_episode_start_reason  | clae_cla_episode_ceased_date | clae_cla_episode_ceased_reason
            E1                  | 501            | 2025-05-06                  | S - Started to be looked after | 2025-08-01                   | E4A - any wording of the authority""",
    ))  # fmt: skip
    referral, episode = loaded.tables["ssd_cin_episodes"], loaded.tables["ssd_cla_episodes"].iloc[0]
    assert referral["cine_referral_source_code"].tolist() == ["3A", "3A", "9"]
    assert referral["cine_cin_primary_need_code"].tolist()[:2] == ["N1", "N4"]
    assert (episode["clae_cla_episode_start_reason"], episode["clae_cla_episode_ceased_reason"]) == ("S", "E4A")


def test_09_a_lookup_number_is_never_read_by_its_first_characters(extract):
    with pytest.raises(InputError, match=r"cine_referral_source_code: the value '1A77' \(1 times\) is not mapped"):
        load(extract(ssd_cin_episodes="""
            cine_referral_id | cine_person_id | cine_referral_date | cine_referral_source_code
            R1               | 501            | 2025-05-06         | 1A77"""))  # fmt: skip


ETHNIC = "pers_person_id | pers_legacy_id | pers_ethnicity\n501 | 1001 | {}\n502 | 1002 | {}\n503 | 1003 | {}"


def test_10_an_unmapped_code_stops_with_column_value_and_count(extract):
    with pytest.raises(InputError) as caught:
        load(extract(ssd_person=ETHNIC.format("??", "WBRI", "??")))
    assert "pers_ethnicity: the value '??' (2 times) is not mapped" in str(caught.value)
    assert "501" not in str(caught.value)
    assert "1001" not in str(caught.value)
    assert caught.value.problems["count"].tolist() == [2]


def test_10_unmapped_may_be_left_blank_or_reviewed_when_the_profile_says_so(extract, profile):
    folder = extract(ssd_person=ETHNIC.format("??", "WBRI", "ORAB"))
    mine = profile("profile: mine\nextends: ssd_systemc\ncodes: {pers_ethnicity: {unmapped: review}}")
    loaded = load(folder, mine)
    assert loaded.tables["ssd_person"]["pers_ethnicity"].fillna("").tolist() == ["", "WBRI", ""]
    assert [count for *_, count in notes(loaded, "STRUCT-UNMAPPED-REVIEW")] == [1, 1]
    mine = profile("profile: mine\nextends: ssd_systemc\ncodes: {pers_ethnicity: {map: {'??': NOBT, ORAB: OOTH}}}")
    assert load(folder, mine).tables["ssd_person"]["pers_ethnicity"].tolist() == ["NOBT", "WBRI", "OOTH"]


def test_10_wrong_case_is_read_and_told(extract):
    loaded = load(extract(ssd_person=ETHNIC.format("MWBa", "WBRI", "CNHE")))
    assert loaded.tables["ssd_person"]["pers_ethnicity"].tolist() == ["MWBA", "WBRI", "CHNE"]
    assert notes(loaded, "STRUCT-CODE-CASE") == [("ssd_person.csv", 2, "pers_ethnicity", 1)]


def test_10_an_outdated_code_holds_in_its_own_time_only(extract):
    def care(ended: str) -> str:
        return f"""
            clae_cla_episode_id | clae_person_id | clae_cla_episode_start_date | clae_cla_episode_ceased_date | clae_cla_episode_ceased_reason
            E1                  | 501            | 2016-01-01                  | {ended}                   | E43"""

    loaded = load(extract(ssd_cla_episodes=care("2017-06-01")))
    assert loaded.tables["ssd_cla_episodes"]["clae_cla_episode_ceased_reason"].tolist() == ["E43"]
    with pytest.raises(InputError, match=r"'E43 \(out of use on that day\)'"):
        load(extract(ssd_cla_episodes=care("2025-06-01")))


def test_11_joins_that_multiplied_rows(extract):
    loaded = load(extract(ssd_cin_plans=PLANS + """
        1 | R1 | 501 | 2025-05-06 | 2025-08-01
        1 | R1 | 501 | 2025-05-06 | 2025-08-01
        2 | R1 | 501 | 2025-09-01 |
        2 | R1 | 501 | 2025-09-02 |"""))  # fmt: skip
    assert loaded.tables["ssd_cin_plans"]["_line"].tolist() == [2, 4, 5]
    assert notes(loaded, "STRUCT-REPEAT-EXACT") == [("ssd_cin_plans.csv", 3, "", 1)]
    assert notes(loaded, "STRUCT-REPEAT-KEY") == [("ssd_cin_plans.csv", 4, "", 2)]
    assert loaded.report.dropped.to_dict("records") == [
        {"file": "ssd_cin_plans.csv", "table": "ssd_cin_plans", "reason": "The same row again", "count": 1}]  # fmt: skip


def test_11_a_key_that_others_point_at_keeps_its_first_row(extract):
    loaded = load(extract(ssd_person="""
        pers_person_id | pers_legacy_id | pers_sex
        501            | 1001           | F
        501            | 1001           | M
        502            | 1002           | M"""))  # fmt: skip
    assert loaded.tables["ssd_person"]["_line"].tolist() == [2, 4]
    assert notes(loaded, "STRUCT-REPEAT-KEY") == [("ssd_person.csv", 3, "pers_person_id", 1)]


def test_12_keys_that_change_overnight_do_not_make_new_rows(extract):
    loaded = load(extract(ssd_care_leavers="""
        clea_table_id | clea_person_id | clea_care_leaver_in_touch | clea_care_leaver_latest_contact
        77001         | 501            | YES                       | 2025-05-01
        88001         | 501            | YES                       | 2025-05-01
        88002         | 501            | YES                       | 2025-06-01"""))  # fmt: skip
    assert days(loaded.tables["ssd_care_leavers"]["clea_care_leaver_latest_contact"]) == ["2025-05-01", "2025-06-01"]
    assert notes(loaded, "STRUCT-REPEAT-EXACT") == [("ssd_care_leavers.csv", 3, "", 1)]


def test_13_the_window_of_the_history_is_stated(extract, profile):
    assert str(load(extract()).report.window_start) == "2020-06-12"
    mine = profile("profile: mine\nextends: ssd_systemc\nwindows: {ssd_cp_plans: 2019-04-01}")
    assert notes(load(extract(), mine), "STRUCT-WINDOWS-DIFFER") == [("", None, "", 2)]


def test_14_an_extract_of_june_gives_the_picture_of_31_march(extract):
    def referral(closed: str, reason: str) -> str:
        return f"""
            cine_referral_id | cine_person_id | cine_referral_date | cine_referral_source_desc | cine_cin_primary_need_code | cine_referral_nfa | cine_close_reason | cine_close_date
            R1               | 501            | 2025-05-06         | 3A - GP                   | N1                         | N                 | {reason}          | {closed}"""

    in_june = cin_of(load(extract(ssd_cin_episodes=referral("2026-05-01", "RC8"))))
    on_the_day = cin_of(load(extract(run_at="2026-03-31", ssd_cin_episodes=referral("", ""))))
    pd.testing.assert_frame_equal(in_june.tables["CINdetails"], on_the_day.tables["CINdetails"])
    assert in_june.tables["CINdetails"]["CINclosureDate"].isna().all()


EPISODES = "clae_cla_episode_id | clae_person_id | clae_cla_id | clae_cla_placement_id | clae_cla_episode_start_date | clae_cla_episode_ceased_date\n"


def test_15_episodes_that_overlap_touch_badly_or_end_before_they_start(extract, profile):
    folder = extract(ssd_cla_episodes=EPISODES + """
        E1 | 501 | P1 | | 2025-04-01 | 2025-05-01
        E2 | 501 | P1 | | 2025-04-20 | 2025-06-01
        E3 | 501 | P1 | | 2025-06-02 | 2025-06-02
        E4 | 502 | P2 | | 2025-07-01 | 2025-06-30""")  # fmt: skip
    loaded = load(folder)
    assert notes(loaded, "STRUCT-OVERLAP")[0][1] == 3
    assert notes(loaded, "STRUCT-DAY-MISSING")[0][1] == 4
    assert notes(loaded, "STRUCT-ZERO-DAYS")[0][1] == 4
    assert notes(loaded, "STRUCT-END-BEFORE-START")[0][1] == 5
    assert len(loaded.tables["ssd_cla_episodes"]) == 4  # listed, never mended
    mine = profile("profile: mine\nextends: ssd_systemc\nconventions: {episode_end: day_before}")
    assert notes(load(folder, mine), "STRUCT-DAY-MISSING") == []


def test_16_legal_statuses_without_episode_or_two_at_once(extract):
    loaded = load(extract(
        ssd_cla_episodes=EPISODES + "E1 | 501 | P1 | | 2025-04-01 |",
        ssd_legal_status="""
            lega_legal_status_id | lega_person_id | lega_legal_status  | lega_legal_status_start_date | lega_legal_status_end_date
            1                    | 501            | Interim care order | 2025-04-01                   |
            2                    | 501            | Full care order    | 2025-06-01                   |
            3                    | 502            | Full care order    | 2025-06-01                   | 2025-07-01
            4                    | 502            | Supervision order  | 2025-06-01                   |""",
    ))  # fmt: skip
    assert notes(loaded, "STRUCT-TWO-OPEN") == [("ssd_legal_status.csv", 2, "lega_legal_status_end_date", 2)]
    assert notes(loaded, "STRUCT-STATUS-NO-EPISODE") == [("ssd_legal_status.csv", 4, "lega_person_id", 1)]
    assert loaded.tables["ssd_legal_status"]["lega_legal_status"].fillna("").tolist() == ["C1", "C2", "C2", ""]


PLACEMENTS = "clap_cla_placement_id | clap_cla_id | clap_person_id | clap_cla_placement_type | clap_cla_placement_urn | clap_cla_placement_start_date | clap_cla_placement_postcode\n"


def test_17_a_placement_that_a_code_filter_dropped(extract):
    loaded = load(extract(
        ssd_cla_episodes=EPISODES + "E1 | 501 | P1 | X9 | 2025-04-01 | 2025-05-01\nE2 | 501 | P1 |  | 2025-05-01 |",
        ssd_cla_placement=PLACEMENTS + "X1 | P1 | 501 | U1 | SC123456 | 2025-04-01 |",
    ))  # fmt: skip
    assert notes(loaded, "STRUCT-ORPHAN") == [("ssd_cla_episodes.csv", 2, "clae_cla_placement_id", 1)]
    assert notes(loaded, "STRUCT-NO-PLACEMENT") == [("ssd_cla_episodes.csv", 3, "clae_cla_placement_id", 1)]


def test_18_an_ofsted_number_that_got_lost(extract):
    loaded = load(extract(ssd_cla_placement=PLACEMENTS + """
        X1 | P1 | 501 | U1 |         | 2025-04-01 |
        X2 | P1 | 501 | P1 |         | 2025-04-01 |
        X3 | P1 | 501 | K2 | 2654321 | 2025-04-01 |"""))  # fmt: skip
    assert notes(loaded, "STRUCT-URN-BLANK") == [("ssd_cla_placement.csv", 2, "clap_cla_placement_urn", 1)]


def test_19_postcodes_are_cleaned_in_case_and_spacing_only(extract):
    loaded = load(extract(ssd_address="""
        addr_table_id | addr_person_id | addr_address_postcode
        1             | 501            | zz11aa
        2             | 501            | ZZ1  1AB
        3             | 501            | ZZ1 OAB
        4             | 501            | ZZ1
        5             | 501            | XXXX XXX
        6             | 501            | nopostcode"""))  # fmt: skip
    assert loaded.tables["ssd_address"]["addr_address_postcode"].fillna("").tolist() == [
        "ZZ1 1AA", "ZZ1 1AB", "ZZ1 OAB", "ZZ1", "", ""]  # fmt: skip
    assert notes(loaded, "STRUCT-POSTCODE") == [("ssd_address.csv", 4, "addr_address_postcode", 2)]
    assert notes(loaded, "STRUCT-POSTCODE-DUMMY") == [("ssd_address.csv", 6, "addr_address_postcode", 2)]


def test_20_an_estimated_birth_date_filed_as_a_due_date(extract):
    loaded = load(extract(ssd_person="""
        pers_person_id | pers_legacy_id | pers_sex | pers_dob | pers_expected_dob
        501            | 1001           | M        |          | 2009-01-01
        502            | 1002           | U        |          | 2026-08-01"""))  # fmt: skip
    assert days(loaded.tables["ssd_person"]["pers_expected_dob"]) == ["2009-01-01", "2026-08-01"]
    children = cin_of(loaded).tables["ChildIdentifiers"].set_index("LAchildID")
    assert children.loc["1001", "PersonBirthDate"] == pd.Timestamp("2009-01-01")


def test_21_text_with_tabs_quotes_and_line_breaks(extract):
    folder = extract(ssd_cin_plans=None)
    (folder / "ssd_cin_plans.csv").write_text(
        "cinp_cin_plan_id,cinp_referral_id,cinp_person_id,cinp_cin_plan_start_date,notes\n"
        '"1\t",R1," 501 ",2025-05-06,"He said ""no"",\nthen left"\n2,R1,501,2025-05-07,plain\n'
    )
    loaded = load(folder)
    plans = loaded.tables["ssd_cin_plans"]
    assert plans["cinp_cin_plan_id"].tolist() == ["1", "2"]
    assert plans["cinp_person_id"].tolist() == ["501", "501"]
    assert plans["_line"].tolist() == [2, 4]
    assert "notes" not in plans


def test_22_rows_announced_and_rows_read(extract, profile):
    mine = profile("profile: mine\nextends: ssd_systemc\nsource: {rows: {ssd_person.csv: 5}}")
    assert notes(load(extract(), mine), "STRUCT-ROW-COUNT") == [("ssd_person.csv", None, "", 3)]


def test_22_totals_at_the_foot(extract):
    with pytest.raises(InputError, match=r"ssd_cin_plans.csv, line 3: the file ends with a line of totals"):
        load(extract(ssd_cin_plans=PLANS + "1 | R1 | 501 | 2025-05-06 |\nTotal: 1 | | | |"))


def test_23_encodings_and_separators_are_told(extract):
    folder = extract()
    write_table(folder, "ssd_department", "dept_team_id | dept_team_name\nT1 | Children\u2019s team", ";", "cp1252")
    loaded = load(folder)
    assert loaded.tables["ssd_department"]["dept_team_name"].tolist() == ["Children\u2019s team"]
    assert notes(loaded, "STRUCT-ENCODING") == [("ssd_department.csv", None, "", 1)]
    assert notes(loaded, "STRUCT-SEPARATOR") == [("ssd_department.csv", None, "", 1)]


@pytest.mark.parametrize(("encoding", "separator"), [("utf-8-sig", ","), ("utf-16", "\t"), ("utf-8", "|")])
def test_23_other_encodings_and_separators(extract, encoding, separator):
    folder = extract()
    text = "dept_team_id | dept_team_name\nT1 | Caf\u00e9 team".replace(" | ", separator)
    (folder / "ssd_department.csv").write_bytes((text + "\n").encode(encoding))
    assert load(folder).tables["ssd_department"]["dept_team_name"].tolist() == ["Caf\u00e9 team"]


def test_24_other_column_names(extract, profile):
    plans = PLANS.replace("cinp_cin_plan_id", "cin_plan_id") + "1 | R1 | 501 | 2025-05-06 |"
    assert load(extract(ssd_cin_plans=plans)).tables["ssd_cin_plans"]["cinp_cin_plan_id"].tolist() == ["1"]
    folder = extract(ssd_cin_plans=plans.replace("cin_plan_id", "Plan Ref"))
    mine = profile("profile: mine\nextends: ssd_systemc\naliases: {cinp_cin_plan_id: [Plan Ref]}")
    assert load(folder, mine).tables["ssd_cin_plans"]["cinp_cin_plan_id"].tolist() == ["1"]


def test_25_yes_and_no_in_every_way_and_the_third_value(extract):
    words = ["Y", "N", "Yes", "No", "T", "F", "true", "1", "0", "-1", "NA", ""]
    rows = "\n".join(f"{n} | R1 | 501 | 2025-05-06 | {word}" for n, word in enumerate(words, 1))
    loaded = load(
        extract(
            ssd_s47_enquiry="s47e_s47_enquiry_id | s47e_referral_id | s47e_person_id | s47e_s47_start_date | s47e_s47_nfa\n"
            + rows
        )
    )
    assert "".join(loaded.tables["ssd_s47_enquiry"]["s47e_s47_nfa"].fillna("-")) == "YNYNYNYYNY--"
    with pytest.raises(InputError, match="s47e_s47_nfa: the value 'maybe'"):
        load(extract(ssd_s47_enquiry="s47e_s47_enquiry_id | s47e_person_id | s47e_s47_nfa\n1 | 501 | maybe"))


def test_26_lists_in_every_shape(extract):
    shapes = [
        '["1A","2B"]',
        '["1A", "2B",]',
        "['1A', '2B']",
        '{"1A": "Yes", "2B": "Y", "3A": "No"}',
        "1A, 2b",
        "{broken",
    ]
    lines = ["cina_assessment_id,cina_person_id,cina_referral_id"] + [f"A{n},501,R1" for n in range(6)]
    folder = extract()
    (folder / "ssd_cin_assessments.csv").write_text("\n".join(lines) + "\n")
    cells = ['"' + shape.replace('"', '""') + '"' for shape in shapes]
    rows = [f"{n},A{n},{cell}" for n, cell in enumerate(cells)]
    (folder / "ssd_assessment_factors.csv").write_text(
        "\n".join(["cinf_table_id,cinf_assessment_id,cinf_assessment_factors_json", *rows]) + "\n"
    )
    loaded = load(folder)
    found = loaded.tables["ssd_assessment_factors"]["cinf_assessment_factors_json"]
    assert [json.loads(one) for one in found.dropna()] == [["1A", "2B"]] * 5
    assert notes(loaded, "STRUCT-JSON") == [("ssd_assessment_factors.csv", 7, "cinf_assessment_factors_json", 1)]


def test_26_flags_alone_pass_from_outcomes_never_comments(extract):
    folder = extract()
    (folder / "ssd_s47_enquiry.csv").write_text(
        "s47e_s47_enquiry_id,s47e_person_id,s47e_s47_start_date,s47e_s47_outcome_json\n"
        '1,501,2025-05-06,"{""cp_conference_flag"": ""true"", ""COMMENTS"": ""Mother was upset""}"\n'
    )
    stored = load(folder).tables["ssd_s47_enquiry"]["s47e_s47_outcome_json"][0]
    assert json.loads(stored) == {"CP_CONFERENCE_FLAG": "Y"}


def test_27_one_child_number_borne_by_two_people(extract):
    loaded = load(extract(ssd_person="""
        pers_person_id | pers_legacy_id | pers_upn
        501            | 1001           | A873000000001
        502            | 1001           |
        503            |                |"""))  # fmt: skip
    assert notes(loaded, "STRUCT-ID-SHARED") == [("ssd_person.csv", 2, "pers_legacy_id", 2)]
    assert notes(loaded, "STRUCT-NO-CHILD-ID") == [("ssd_person.csv", 4, "pers_legacy_id", 1)]


def test_28_siblings_who_share_a_meeting_keep_one_row_each(extract):
    loaded = load(extract(ssd_initial_cp_conference="""
        icpc_icpc_id | icpc_icpc_meeting_id | icpc_person_id | icpc_referral_id | icpc_icpc_date
        1            | M1                   | 501            | R1               | 2025-07-01
        2            | M1                   | 502            | R2               | 2025-07-01"""))  # fmt: skip
    assert loaded.tables["ssd_initial_cp_conference"]["icpc_person_id"].tolist() == ["501", "502"]


def test_29_adults_and_people_past_the_age_are_left_out_and_counted(extract, profile):
    folder = extract(ssd_person="""
        pers_person_id | pers_legacy_id | pers_dob
        501            | 1001           | 1999-04-01
        502            | 1002           | 1999-03-31
        503            | 1003           | 1975-01-01""")  # fmt: skip
    loaded = load(folder)
    assert loaded.tables["ssd_person"]["pers_person_id"].tolist() == ["501"]
    assert notes(loaded, "STRUCT-EXCLUDED") == [("ssd_person.csv", 3, "", 2)]
    mine = profile("profile: mine\nextends: ssd_systemc\nexclude: {older_than: ~}")
    assert len(load(folder, mine).tables["ssd_person"]) == 3


def test_30_what_lies_ahead_has_not_been_held(extract):
    loaded = load(extract(
        ssd_cp_plans="""
            cppl_cp_plan_id | cppl_person_id | cppl_referral_id | cppl_cp_plan_start_date
            1               | 501            | R1               | 2025-07-01
            2               | 501            | R1               | 2026-09-01""",
        ssd_cp_reviews="""
            cppr_cp_review_id | cppr_person_id | cppr_cp_plan_id | cppr_cp_review_date
            1                 | 501            | 1               | 2025-10-01
            2                 | 501            | 1               | 2026-10-01""",
    ))  # fmt: skip
    assert loaded.tables["ssd_cp_plans"]["cppl_cp_plan_id"].tolist() == ["1"]
    assert days(loaded.tables["ssd_cp_reviews"]["cppr_cp_review_date"]) == ["2025-10-01", ""]
    assert [note[0] for note in notes(loaded, "STRUCT-FUTURE")] == ["ssd_cp_plans.csv", "ssd_cp_reviews.csv"]


def test_31_files_taken_on_different_days(extract, profile):
    mine = profile("""
        profile: mine
        extends: ssd_systemc
        source:
          files:
            ssd_person.csv: {extract_date: 2026-06-10}
        """)
    assert notes(load(extract(), mine), "STRUCT-DAYS-DIFFER") == [("", None, "", 2)]
    assert notes(load(extract(run_at=None)), "STRUCT-NO-EXTRACT-DATE") == [("", None, "", 1)]


def test_31_the_description_of_the_extract_may_give_a_day_for_a_file(extract):
    folder = extract()
    content = json.loads((folder / "extract.json").read_text())
    (folder / "extract.json").write_text(json.dumps({**content, "files": {"ssd_person": "2026-06-10"}}))
    loaded = load(folder)
    assert notes(loaded, "STRUCT-DAYS-DIFFER") == [("", None, "", 2)]
    assert str(loaded.sources.set_index("table").loc["ssd_person", "extract_date"]) == "2026-06-10"


def test_32_a_missing_file_is_named_and_the_user_chooses(extract, profile):
    folder = extract()
    assert ("ssd_cp_plans", None, "", 1) in notes(load(folder), "STRUCT-NO-FILE")
    mine = profile("profile: mine\nextends: ssd_systemc\nsource: {missing_files: stop}")
    with pytest.raises(InputError, match="ssd_address is missing"):
        load(folder, mine)


def test_32_without_people_nothing_can_be_done(extract):
    folder = extract()
    (folder / "ssd_person.csv").unlink()
    with pytest.raises(InputError, match="ssd_person is missing"):
        load(folder)


def test_33_open_spells_that_nobody_closed_are_listed(extract):
    loaded = load(extract(
        ssd_person="pers_person_id | pers_legacy_id | pers_dob\n501 | 1001 | 2007-05-01\n502 | 1002 | 2016-06-01",
        ssd_cin_plans=PLANS + "1 | R2 | 502 | 2025-06-20 |",
        ssd_immigration_status="""
            immi_immigration_status_id | immi_person_id | immi_immigration_status            | immi_immigration_status_start_date | immi_immigration_status_end_date
            1                          | 501            | Unaccompanied Asylum Seeking Child | 2023-01-01                         |""",
    ))  # fmt: skip
    assert notes(loaded, "STRUCT-LEFT-OPEN") == [
        ("ssd_cin_plans.csv", 2, "cinp_cin_plan_end_date", 1),
        ("ssd_immigration_status.csv", 2, "immi_immigration_status_end_date", 1)]  # fmt: skip


def test_34_managers_and_other_agencies_are_no_social_workers(extract, profile):
    folder = extract(ssd_involvements="""
        invo_involvements_id | invo_professional_id | invo_professional_role_id | invo_person_id | invo_involvement_start_date | invo_involvement_end_date
        1                    | W1                   | CW                        | 501            | 2025-05-06                  |
        2                    | W2                   | HEALTHVIS                 | 501            | 2025-09-01                  |""")  # fmt: skip
    assert load(folder).report.people["worker"].tolist()[0] == "W1"
    mine = profile("profile: mine\nextends: ssd_systemc\nconventions: {social_worker_roles: [HealthVis]}")
    assert load(folder, mine).report.people["worker"].tolist()[0] == "W2"


def test_35_placeholder_words_are_blank_and_counted(extract, profile):
    scores = "csdq_table_id | csdq_person_id | csdq_sdq_score | csdq_sdq_reason\n1 | 501 | 12 | SSD_PH\n2 | 502 | | {}"
    loaded = load(extract(ssd_sdq_scores=scores.format("PlaceholderStr")))
    assert loaded.tables["ssd_sdq_scores"]["csdq_sdq_reason"].isna().all()
    assert notes(loaded, "STRUCT-PLACEHOLDER") == [("ssd_sdq_scores.csv", 2, "csdq_sdq_reason", 2)]
    mine = profile("profile: mine\nextends: ssd_systemc\nsource: {placeholder_words: [TO FOLLOW]}")
    assert load(extract(ssd_sdq_scores=scores.format("to follow")), mine).report.stops == []
