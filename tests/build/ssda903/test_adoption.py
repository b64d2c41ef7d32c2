# ruff: noqa: E501  (tables are drawn as wide as they are)
"""Adoptions of the year, decisions that a child should be placed for adoption, and earlier permanence."""

import pytest

CARE = """
    person | start      | why | ls | place | end        | left
    1      | 2024-02-01 | S   | E1 | A6    | 2025-09-01 | E12
    2      | 2024-02-01 | S   | E1 | A6    | 2025-09-01 | E11
    3      | 2024-02-01 | S   | E1 | U6    |            |
    4      | 2024-02-01 | S   | C2 | U6    |            |
    5      | 2024-02-01 | S   | C2 | U6    |            |
    6      | 2024-02-01 | S   | C2 | U6    |            |
    7      | 2024-02-01 | S   | C2 | U6    | 2025-02-01 | E4A
    8      | 2024-02-01 | S   | C2 | U6    |            |
"""
RECORDS = """
    table_id | person_id | cla_id | adm_decision_date | matched_date | adopter_sex | adopter_legal_status | number_of_adopters | adopted_by_carer_flag | reversed_date | reversed_reason
    1        | 1         | A1     | 2024-09-02        | 2024-12-02   | MF          | L11                  | 2                  | N                     | 2025-06-01    | RD4
    2        | 3         | A3     | 2024-12-02        |              |             |                      |                    |                       |               |
    3        | 4         | A4     | 2024-09-02        |              |             |                      |                    |                       | 2025-06-02    | RD1
    4        | 5         | A5     | 2024-09-02        |              |             |                      |                    |                       | 2025-03-31    | RD1
    5        | 6         | A6     | 2025-11-03        |              |             |                      |                    |                       | 2026-05-01    | RD3
    6        | 7         | A7     | 2024-09-02        |              |             |                      |                    |                       |               |
    7        | 8         | A8     | 2026-04-20        |              |             |                      |                    |                       |               |
"""


@pytest.fixture(scope="module")
def told(build):
    return build(
        CARE,
        ssd_permanence=RECORDS,
        la_adoption_decisions="""
        child_id | decision_date | reversed_date | reversed_reason
        C6       | 2024-05-20    | 2025-05-12    | RD3
        C6       | 2025-11-03    |               |
        """,
    )


def test_adopted_in_the_year(told):
    assert told.table("AD1", "CHILD DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR") == [
        "C1 | 2024-09-02 | 2024-12-02 | 0 | 2 | MF | L11",
        "C2 |  |  |  |  |  |",
    ]
    assert told.work("903-ADOPTION-RECORD-MISSING") == ["C2"]


def test_decisions_made_standing_or_reversed_in_the_year(told):
    assert told.table("PlacedAdoption", "CHILD DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED") == [
        "C1 | 2024-09-02 |  |",  # adopted: the decision stood
        "C3 | 2024-12-02 |  |",  # standing since the year before
        "C4 | 2024-09-02 | 2025-06-02 | RD1",
        "C6 | 2024-05-20 | 2025-05-12 | RD3",  # both decisions, from the authority's own list
        "C6 | 2025-11-03 |  |",
    ]
    assert told.decided("903-REVERSAL-OF-ADOPTED", "child old") == ["C1 | 2025-06-01"]
    assert told.left_out("ssd_permanence") == {"not looked after in the year": 1}


def test_a_reversal_after_the_day_of_the_return_is_not_told(build):
    told = build(CARE, ssd_permanence=RECORDS)
    assert told.table("PlacedAdoption", "DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED", "C6") == [
        "2025-11-03 |  |"
    ]
    assert told.decided("903-REVERSAL-CUT", "child old") == ["C6 | 2026-05-01"]


def test_permanence_records_under_the_number_on_screen(build):
    told = build(CARE, ssd_permanence=RECORDS.replace("| 1         | A1 ", "| C1        | A1 "))
    assert told.one("AD1", "DATE_INT", "C1") == "2024-09-02"


def test_a_child_back_in_care_after_adoption_is_never_tied_to_the_old_number(build):
    told = build(
        CARE + "    9 | 2025-12-01 | S | V2 | U6 | |\n",
        ssd_permanence=RECORDS,
        ssd_linked_identifiers="table_id | person_id | identifier_type | identifier_value\n1 | 9 | Former number | C1\n",
    )
    assert "C9" not in told.children("AD1") + told.children("PlacedAdoption")
    assert told.episodes("C9", "DECOM RNE") == ["2025-12-01 | S"]


class TestEarlierPermanence:
    CARE = """
        person | start      | why | end        | left
        1      | 2025-06-01 | S   |            |
        2      | 2025-06-01 | S   |            |
        3      | 2025-06-01 | S   |            |
        4      | 2024-06-01 | S   |            |
        5      | 2024-06-01 | S   | 2025-06-01 | E4A
        5      | 2025-07-01 | S   |            |
    """
    FORMS = """
        table_id | person_id | option | la  | order_date
        99       | 1         | Z1     |     |
        100      | 1         | P2     | 831 | zz/06/2019
        1        | 2         | Z1     | 831 | 01/02/2020
        2        | 4         | Z1     |     |
        3        | 5         | P1     | 892 | 2015-03-04
    """

    def test_asked_of_each_child_who_came_into_care_in_the_year(self, build):
        told = build(self.CARE, ssd_cla_previous_permanence=self.FORMS)
        assert told.table("PrevPerm", "CHILD PREV_PERM LA_PERM DATE_PERM") == [
            "C1 | P2 | 831 | zz/06/2019",  # the later form
            "C2 | Z1 |  |",
            "C5 | P1 | 892 | 04/03/2015",
        ]
        assert told.work("903-PREVIOUS-MISSING") == ["C3"]

    def test_the_profile_may_name_an_answer_for_none(self, build):
        told = build(
            self.CARE, ssd_cla_previous_permanence=self.FORMS, conventions={"previous_permanence_default": "Z1"}
        )
        assert told.one("PrevPerm", "PREV_PERM", "C3") == "Z1"
        assert told.decided("903-PREVIOUS-DEFAULT", "child new") == ["C3 | Z1"]
