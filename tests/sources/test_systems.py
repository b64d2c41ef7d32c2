# ruff: noqa: E501  (tables are drawn as wide as they are)
"""The SSD as each case system's scripts make it, with the defects that are known of them."""

from __future__ import annotations

import pandas as pd
import pytest

from dfe_returns.errors import InputError
from dfe_returns.sources import load

from .conftest import notes


def days(values: pd.Series) -> list[str]:
    return values.dt.strftime("%Y-%m-%d").fillna("").tolist()


# Mosaic --------------------------------------------------------------------------------------------------------------


def test_mosaic_sends_words_and_no_second_number(extract):
    loaded = load(extract(system="mosaic", ssd_person="""
        pers_person_id | pers_legacy_id | pers_sex | pers_ethnicity          | pers_dob
        501            |                | Female   | White - British         | 2015-05-01
        502            |                | Unborn   | Any other ethnic group  | 2026-08-01"""))  # fmt: skip
    person = loaded.tables["ssd_person"]
    assert loaded.profile.name == "ssd_mosaic"
    assert loaded.report.people["child"].tolist() == ["501", "502"]
    assert person["pers_sex"].tolist() == ["F", "U"]
    assert person["pers_ethnicity"].tolist() == ["WBRI", "OOTH"]
    assert loaded.profile.conventions["unborn"] == "due_date_in_dob"


def test_mosaic_calls_columns_otherwise(extract):
    loaded = load(extract(
        system="mosaic",
        ssd_cin_episodes="cine_referral_id | cine_person_id | cine_referral_date | cin_referral_nfa\nR1 | 501 | 2025-05-06 | Y",
        ssd_cin_plans="cin_plan_id | cin_referral_id | cin_person_id | cin_plan_start_date\n7 | R1 | 501 | 2025-06-01",
        ssd_cp_reviews="cp_review_id | person_id | registration_id | due_date | actual_date\n8 | 501 | 9 | 2025-09-01 | 2025-09-02",
    ))  # fmt: skip
    assert loaded.tables["ssd_cin_episodes"]["cine_referral_nfa"].tolist() == ["Y"]
    assert loaded.tables["ssd_cin_plans"]["cinp_cin_plan_id"].tolist() == ["7"]
    review = loaded.tables["ssd_cp_reviews"].iloc[0]
    assert (review["cppr_cp_review_id"], review["cppr_cp_plan_id"]) == ("8", "9")
    assert ("ssd_cin_episodes.csv", 1, "cine_close_date", 1) in notes(loaded, "STRUCT-NO-COLUMN")


def test_mosaic_leaves_people_out_of_placements_and_involvements(extract):
    loaded = load(extract(
        system="mosaic",
        ssd_cla_episodes="clae_cla_episode_id | clae_person_id | clae_cla_id | clae_cla_placement_id | clae_cla_episode_start_date\nE1 | 501 | P1 | X1 | 2025-05-06",
        ssd_cla_placement="clap_cla_placement_id | clap_cla_id | clap_cla_placement_type\nX1 | P1 | U4",
        ssd_involvements="invo_involvements_id | invo_professional_id | invo_referral_id | invo_involvement_start_date\n1 | W1 | R1 | 2025-05-06",
    ))  # fmt: skip
    assert loaded.tables["ssd_cla_placement"]["clap_person_id"].tolist() == ["501"]
    assert loaded.tables["ssd_involvements"]["invo_person_id"].tolist() == ["501"]
    assert {note[2] for note in notes(loaded, "STRUCT-PERSON-FILLED")} == {"clap_person_id", "invo_person_id"}


def test_mosaic_open_ends_statuses_and_dates_of_earlier_orders(extract):
    loaded = load(extract(
        system="mosaic",
        ssd_cp_plans="cppl_cp_plan_id | cppl_person_id | cppl_cp_plan_start_date | cppl_cp_plan_end_date | cppl_cp_plan_initial_category\n1 | 501 | 2025-05-06 | 2300-01-01 00:00:00.000 | EMO",
        ssd_cla_health="clah_health_check_id | clah_person_id | clah_health_check_type | clah_health_check_date | clah_health_check_status\n1 | 501 | Dental Check | 2025-05-06 |",
        ssd_cla_previous_permanence="lapp_table_id | lapp_person_id | lapp_previous_permanence_option | lapp_previous_permanence_order_date\n1 | 501 | SGO | 2019-07-05 00:00:00.000",
    ))  # fmt: skip
    assert days(loaded.tables["ssd_cp_plans"]["cppl_cp_plan_end_date"]) == [""]
    assert loaded.tables["ssd_cla_health"]["clah_health_check_status"].tolist() == ["completed"]
    assert notes(loaded, "STRUCT-DEFAULT") == [("ssd_cla_health.csv", 2, "clah_health_check_status", 1)]
    order = loaded.tables["ssd_cla_previous_permanence"].iloc[0]
    assert (order["lapp_previous_permanence_option"], order["lapp_previous_permanence_order_date"]) == (
        "P2",
        "05/07/2019",
    )


# Eclipse -------------------------------------------------------------------------------------------------------------


def test_eclipse_misspells_codes_and_misplaces_upns(extract):
    loaded = load(extract(system="eclipse", ssd_person="""
        pers_person_id | pers_legacy_id | pers_upn | pers_upn_unknown | pers_ethnicity
        501            | 77             |          | A873000000001    | CNHE
        502            | 78             |          | UN4              | MWBa
        503            | 79             |          | UN9              | WBRI"""))  # fmt: skip
    person = loaded.tables["ssd_person"]
    assert person["pers_upn"].fillna("").tolist() == ["A873000000001", "", ""]
    assert person["pers_upn_unknown"].fillna("").tolist() == ["", "UN4", ""]
    assert person["pers_ethnicity"].tolist() == ["CHNE", "MWBA", "WBRI"]
    assert notes(loaded, "STRUCT-UPN-MOVED") == [("ssd_person.csv", 2, "pers_upn_unknown", 1)]


def test_a_misplaced_upn_counts_where_the_column_for_it_holds_none_that_can_be(extract):
    loaded = load(extract(system="eclipse", ssd_person="""
        pers_person_id | pers_legacy_id | pers_upn      | pers_upn_unknown
        501            | 77             | UN4           | R873079627703
        502            | 78             | 12345         | R873079627703
        503            | 79             | K873079469321 | R873079627703
        504            | 80             | A873079469321 | R873079627703
        505            | 81             | A873079469321 | B873079627703"""))  # fmt: skip
    assert loaded.tables["ssd_person"]["pers_upn"].tolist() == [
        "R873079627703",
        "R873079627703",
        "K873079469321",  # a UPN stands where it should
        "R873079627703",  # the check letter of the other is wrong
        "A873079469321",  # neither is right: left as it is
    ]
    assert notes(loaded, "STRUCT-UPN-MOVED")[0][-1] == 3


@pytest.mark.parametrize("value", ["??", "ORAB"])
def test_eclipse_values_without_national_meaning_stop(extract, value):
    with pytest.raises(InputError, match=r"pers_ethnicity: the value"):
        load(extract(system="eclipse", ssd_person=f"pers_person_id | pers_ethnicity\n501 | {value}"))


def test_eclipse_address_numbers_are_no_placements(extract):
    loaded = load(extract(
        system="eclipse",
        ssd_cla_episodes="clae_cla_episode_id | clae_person_id | clae_cla_placement_id | clae_cla_episode_start_date\nE1 | 501 | 12 | 2025-05-06\nE2 | 502 | 13 | 2025-05-06",
        ssd_cla_placement="clap_cla_placement_id | clap_person_id | clap_cla_placement_type\n12 | 502 | U4\n13 | 502 | U4",
    ))  # fmt: skip
    assert loaded.tables["ssd_cla_episodes"]["clae_cla_placement_id"].fillna("").tolist() == ["", "13"]
    assert notes(loaded, "STRUCT-LINK-STRANGER") == [("ssd_cla_episodes.csv", 2, "clae_cla_placement_id", 1)]


def test_eclipse_words_of_forms_and_people_marked_as_duplicates(extract):
    loaded = load(extract(
        system="eclipse",
        ssd_person="pers_person_id | pers_legacy_id\n501 | 77\n502 | 78 DUPLICATE",
        ssd_cin_episodes="cine_referral_id | cine_person_id | cine_referral_date | cine_referral_source_desc\nR1 | 501 | 2025-05-06 | Health services \u2013 GP",
    ))  # fmt: skip
    assert loaded.tables["ssd_person"]["pers_person_id"].tolist() == ["501"]
    assert loaded.tables["ssd_cin_episodes"]["cine_referral_source_code"].tolist() == ["3A"]


# System C ------------------------------------------------------------------------------------------------------------


def test_system_c_reruns_double_the_linked_numbers(extract):
    loaded = load(extract(ssd_linked_identifiers="""
        link_table_id | link_person_id | link_identifier_type         | link_identifier_value
        1             | 501            | Former Unique Pupil Number   | A873000000009
        2             | 501            | Former Unique Pupil Number   | A873000000009"""))  # fmt: skip
    assert len(loaded.tables["ssd_linked_identifiers"]) == 1


def test_system_c_writes_placeholder_dates_and_words(extract):
    loaded = load(extract(ssd_sdq_scores="""
        csdq_table_id | csdq_person_id | csdq_sdq_completed_date | csdq_sdq_score | csdq_sdq_reason
        1             | 501            | 1900-01-01 00:00:00.000 | 12             | SSD_PH"""))  # fmt: skip
    row = loaded.tables["ssd_sdq_scores"].iloc[0]
    assert pd.isna(row["csdq_sdq_completed_date"])
    assert row["csdq_sdq_score"] == 12
    assert pd.isna(row["csdq_sdq_reason"])


def test_system_c_gives_statuses_that_are_none_of_the_903(extract):
    loaded = load(extract(ssd_legal_status="""
        lega_legal_status_id | lega_person_id | lega_legal_status                                | lega_legal_status_start_date
        1                    | 501            | Single period of accommodation under section 20 | 2025-05-06
        2                    | 501            | Private fostering                                | 2024-05-06"""))  # fmt: skip
    assert loaded.tables["ssd_legal_status"]["lega_legal_status"].fillna("").tolist() == ["V2", ""]


def test_system_c_splits_accommodation_into_wording_and_suitability(extract):
    loaded = load(extract(ssd_care_leavers="""
        clea_table_id | clea_person_id | clea_care_leaver_accommodation | clea_care_leaver_accom_suitable | clea_care_leaver_activity
        1             | 501            | Supported lodgings             | Suitable                        | Full time in higher education"""))  # fmt: skip
    row = loaded.tables["ssd_care_leavers"].iloc[0]
    assert (
        row["clea_care_leaver_accommodation"],
        row["clea_care_leaver_accom_suitable"],
        row["clea_care_leaver_activity"],
    ) == ("E", "1", "F1")


def test_earlier_orders_name_their_authority(extract):
    loaded = load(extract(ssd_cla_previous_permanence="""
        lapp_table_id | lapp_person_id | lapp_previous_permanence_option | lapp_previous_permanence_la | lapp_previous_permanence_order_date
        1             | 501            | Adoption                        | Derby                       | zz/zz/2019
        2             | 502            | None before                     |                             |
        3             | 502            | Special guardianship order      | Wales                       | ZZ/05/2018
        4             | 501            | Adoption                        | Cumbria                     | 1/2/2017
        5             | 501            | Adoption                        | 373                         | zz/zz/zzzz"""))  # fmt: skip
    order = loaded.tables["ssd_cla_previous_permanence"]
    assert order["lapp_previous_permanence_la"].fillna("").tolist() == ["831", "", "WAL", "909", "373"]
    assert order["lapp_previous_permanence_option"].tolist() == ["P1", "Z1", "P2", "P1", "P1"]
    assert order["lapp_previous_permanence_order_date"].fillna("").tolist() == [
        "zz/zz/2019", "", "zz/05/2018", "01/02/2017", "zz/zz/zzzz"]  # fmt: skip
