# ruff: noqa: E501  (tables are drawn as wide as they are)
"""Companion files: templates with just the children who need them, and what is told when they come back."""

from __future__ import annotations

import stat

import pandas as pd
import pytest

from dfe_returns.errors import InputError, UsageError
from dfe_returns.sources import load
from dfe_returns.sources.companions import companion_rows, write_companions

from .conftest import notes, write_table

PEOPLE = """
    pers_person_id | pers_legacy_id | pers_upn      | pers_upn_unknown | pers_dob
    501            | 1001           | A873000000001 |                  | 2010-05-01
    502            | 1002           |               |                  | 2016-06-01
    503            | 1003           |               |                  | 2008-08-08"""
CARE = """
    clae_cla_episode_id | clae_person_id | clae_cla_id | clae_cla_episode_start_date | clae_cla_episode_ceased_date | clae_entered_care_date
    E1                  | 501            | P1          | 2024-01-01                  |                              | 2024-01-01
    E2                  | 503            | P2          | 2025-09-01                  |                              | 2025-09-01"""


def needed(loaded, name: str, year: str = "2025-26") -> list[list]:
    rows = companion_rows(loaded, year)[name]
    return rows.astype("object").where(rows.notna(), "").to_numpy().tolist()


def test_upn_reasons_are_asked_for_children_returned_without_upn(extract):
    assert needed(load(extract(ssd_person=PEOPLE)), "la_upn_unknown") == [["1002", "", "", ""]]


def test_opening_balances_are_asked_for_children_with_a_plan_in_the_year(extract):
    folder = extract(ssd_cp_plans="""
        cppl_cp_plan_id | cppl_person_id | cppl_cp_plan_start_date | cppl_cp_plan_end_date
        1               | 501            | 2025-07-01              |
        2               | 502            | 2023-07-01              | 2024-01-01""")  # fmt: skip
    assert needed(load(folder), "la_previous_plans") == [["1001", ""]]


def test_home_postcodes_are_asked_where_no_address_covers_the_day(extract):
    folder = extract(ssd_person=PEOPLE, ssd_cla_episodes=CARE, ssd_address="""
        addr_table_id | addr_person_id | addr_address_start_date | addr_address_end_date | addr_address_postcode
        1             | 501            | 2010-01-01              |                       | ZZ1 1AA""")  # fmt: skip
    assert needed(load(folder), "la_home_postcode") == [["1003", pd.Timestamp("2025-09-01"), ""]]


def test_legal_statuses_are_asked_where_the_history_is_silent_or_says_two(extract):
    folder = extract(ssd_person=PEOPLE, ssd_cla_episodes=CARE, ssd_legal_status="""
        lega_legal_status_id | lega_person_id | lega_legal_status  | lega_legal_status_start_date | lega_legal_status_end_date
        1                    | 501            | Interim care order | 2024-01-01                   |
        2                    | 501            | Full care order    | 2023-12-01                   |""")  # fmt: skip
    assert needed(load(folder), "la_legal_status_on_episode") == [["E1", ""], ["E2", ""]]


def test_outcomes_are_asked_of_those_looked_after_for_a_year(extract):
    folder = extract(ssd_person=PEOPLE, ssd_cla_episodes=CARE)
    assert [row[0] for row in needed(load(folder), "la_oc2_extra")] == ["1001"]


def test_birthdays_are_asked_where_no_contact_is_near(extract):
    folder = extract(ssd_person=PEOPLE.replace("2010-05-01", "2008-05-01"), ssd_care_leavers="""
        clea_table_id | clea_person_id | clea_care_leaver_in_touch | clea_care_leaver_latest_contact
        1             | 501            | YES                       | 2025-05-10
        2             | 503            | YES                       | 2025-12-01""")  # fmt: skip
    assert [row[:2] for row in needed(load(folder), "la_care_leaver_birthday")] == [["1003", 17]]


def test_what_was_given_stays_and_is_not_asked_again(extract):
    folder = extract(
        ssd_person=PEOPLE,
        la_upn_unknown="child_id | reason | decided_by_role | decided_on\n1002 | UN4 | data manager | 2026-05-01",
    )
    assert needed(load(folder), "la_upn_unknown") == [["1002", "UN4", "data manager", pd.Timestamp("2026-05-01")]]


def test_templates_are_private_and_can_be_read_back(extract, tmp_path):
    folder = extract(ssd_person=PEOPLE)
    written = write_companions(load(folder), "2025-26", tmp_path / "companions").set_index("file")
    assert written.loc["la_upn_unknown.csv", ["rows", "to_fill"]].tolist() == [1, 1]
    path = tmp_path / "companions" / "la_upn_unknown.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = load(folder, companions=tmp_path / "companions")
    assert loaded.tables["la_upn_unknown"].empty
    assert notes(loaded, "STRUCT-NOT-FILLED") == [("la_upn_unknown.csv", 2, "", 1)]


def test_an_unknown_companion(extract, tmp_path):
    with pytest.raises(UsageError, match="no companion la_nonsense"):
        write_companions(load(extract()), "2025-26", tmp_path / "c", ("la_nonsense",))


def test_a_companion_for_a_child_nobody_knows(extract):
    loaded = load(extract(la_previous_plans="child_id | plans_before_window\n9999 | 1"))
    assert notes(loaded, "STRUCT-ORPHAN") == [("la_previous_plans.csv", 2, "child_id", 1)]


def test_a_companion_with_a_code_that_is_none(extract):
    with pytest.raises(InputError, match="reason: the value 'UNX'"):
        load(extract(la_upn_unknown="child_id | reason\n1002 | UNX"))


def test_an_override_keeps_reason_role_and_date(extract):
    loaded = load(extract(la_overrides="""
        return | table      | child_id | key | field            | old_value | new_value | reason          | decided_by_role | decided_on
        cin    | CINdetails | 1001     | R1  | PrimaryNeedCode  | N1        | N4        | typed wrongly   | team manager    | 2026-05-01"""))  # fmt: skip
    row = loaded.tables["la_overrides"].iloc[0]
    assert (row["new_value"], row["reason"], row["decided_by_role"]) == ("N4", "typed wrongly", "team manager")
    assert row["_line"] == 2


def test_all_companions_may_be_template_only(extract, tmp_path):
    folder = tmp_path / "c"
    folder.mkdir()
    write_table(folder, "la_dolo", "child_id | dolo_start | dolo_end")
    assert load(extract(), companions=folder).tables["la_dolo"].empty


REASONS = "child_id | reason | decided_by_role | decided_on\n"


def test_what_a_companion_says_stands_over_what_the_profile_takes_from_the_extract(extract, profile, tmp_path):
    """Two home postcodes for one entry to care: the one a person wrote into the companion file is used, the other told."""
    folder = extract()
    write_table(folder, "Homes.csv", "Who | Came | Where\n1001 | 2025-05-06 | ZZ1 1AA\n1002 | 2025-06-07 | ZZ2 2BB")
    by_hand = tmp_path / "companions"
    by_hand.mkdir()
    write_table(by_hand, "la_home_postcode", "child_id | entered_care | postcode\n1001 | 2025-05-06 | ZZ9 9ZZ")
    mine = profile("""
        profile: mine
        extends: ssd_systemc
        tables:
          la_home_postcode:
            from: Homes.csv
            columns: {child_id: Who, entered_care: Came, postcode: Where}
        """)
    loaded = load(folder, mine, by_hand)
    homes = loaded.tables["la_home_postcode"]
    assert homes[["child_id", "postcode"]].to_numpy().tolist() == [["1001", "ZZ9 9ZZ"], ["1002", "ZZ2 2BB"]]
    assert notes(loaded, "STRUCT-REPEAT-KEY") == [("Homes.csv", 2, "child_id", 1)]


def test_a_folder_of_companions_stands_over_an_older_one_in_the_extract_save_for_rows_not_filled_in(extract, tmp_path):
    folder = extract(
        la_upn_unknown=REASONS + "1002 | UN4 | Data manager | 2026-03-01\n1001 | UN4 | Data manager | 2026-03-01"
    )
    by_hand = tmp_path / "companions"
    by_hand.mkdir()
    write_table(by_hand, "la_upn_unknown", REASONS + "1002 | UN2 | Data manager | 2026-04-01\n1001 | | |")
    loaded = load(folder, companions=by_hand)
    reasons = loaded.tables["la_upn_unknown"]
    assert reasons[["child_id", "reason"]].to_numpy().tolist() == [["1002", "UN2"], ["1001", "UN4"]]
    assert notes(loaded, "STRUCT-REPEAT-KEY") == [("la_upn_unknown.csv", 2, "child_id", 1)]


def test_companions_that_excel_has_saved_are_read_once_the_profile_says_how(extract, profile):
    folder = extract(la_upn_unknown=REASONS + "1002 | UN2 | Data manager | 04/03/2026")
    with pytest.raises(InputError, match=r"formats: {decided_on: \[dmy\]}"):
        load(folder)
    loaded = load(folder, profile("profile: mine\nextends: ssd_systemc\nformats: {decided_on: [dmy]}"))
    assert loaded.tables["la_upn_unknown"]["decided_on"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-04"]
