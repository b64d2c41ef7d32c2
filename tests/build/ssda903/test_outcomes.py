"""OC2: outcomes of children looked after without a break for the twelve months to 31 March."""

import pytest

CARE = """
    person | start      | why | ls | place | end        | left
    1      | 2025-04-01 | S   | C2 | U6    |            |
    2      | 2025-04-02 | S   | C2 | U6    |            |
    3      | 2024-01-10 | S   | C2 | U6    | 2025-10-01 | X1
    3      | 2025-10-01 | P   | C2 | K2    |            |
    4      | 2024-01-10 | S   | C2 | U6    | 2025-08-01 | E4A
    4      | 2025-08-05 | S   | C2 | U6    |            |
    5      | 2024-01-10 | S   | V4 | U6    |            |
    6      | 2024-01-10 | S   | C2 | U6    | 2026-03-31 | E4A
    7      | 2024-01-10 | S   | C2 | U6    | 2026-04-20 | E4A
    8      | 2024-01-10 | S   | C2 | U6    |            |
    9      | 2024-01-10 | S   | C2 | U6    |            |
    10     | 2024-01-10 | S   | C2 | U6    |            |
"""
PEOPLE = """
    person_id | sex | dob
    1         | M   | 2015-04-01
    3         | F   | 2009-03-31
    7         | M   | 2016-03-31
    8         | F   | 2021-04-01
    9         | F   | 2021-03-31
    10        | M   | 2022-06-01
"""


@pytest.fixture(scope="module")
def told(build):
    return build(
        CARE,
        ssd_person=PEOPLE,
        ssd_cla_health="""
        health_check_id | person_id | health_check_type | health_check_date | health_check_status
        1               | 1         | TEETH_CHECK       | 2025-04-01        | completed
        2               | 1         | HEALTH_ASSESSMENT | 2026-03-31        |
        3               | 3         | TEETH_CHECK       | 2025-03-31        | completed
        4               | 3         | HEALTH_ASSESSMENT | 2026-04-01        | completed
        5               | 7         | TEETH_CHECK       | 2025-09-01        | refused
        6               | 8         | HEALTH_CHECK      | 2025-09-01        | completed
        7               | 9         | HEALTH_CHECK      | 2025-09-01        | completed
        8               | 7         | TEETH_CHECK       | 2025-10-01        | completed
        """,
        ssd_cla_immunisations="""
        person_id | immunisations_status | immunisations_status_date
        1         | Y                    | 2025-09-01
        3         | N                    | 2025-09-01
        7         | Y                    | 2026-04-20
        8         | Y                    |
        """,
        ssd_sdq_scores="""
        table_id | person_id | completed_date | sdq_score | sdq_reason
        1        | 1         | 2025-05-01     | 11        |
        2        | 1         | 2026-02-01     | 17        |
        3        | 3         | 2026-02-01     |           | SDQ2
        4        | 7         | 2025-03-01     | 9         |
        5        | 9         | 2025-09-01     | 3         | SDQ4
        """,
        ssd_cla_convictions="""
        conviction_id | person_id | conviction_date
        1             | 1         | 2025-09-01
        2             | 3         | 2025-09-01
        """,
        ssd_cla_substance_misuse="""
        substance_misuse_id | person_id | misuse_date | intervention_received
        1                   | 1         | 2025-09-01  | N
        2                   | 1         | 2025-10-01  | Y
        3                   | 3         | 2025-09-01  | N
        4                   | 7         | 2025-09-01  | N
        5                   | 8         | 2025-03-01  | Y
        """,
        la_oc2_extra="""
        child_id | intervention_offered | convicted | sdq_reason | immunisations_at_31_march
        C3       | Y                    | N         |            | Y
        C10      |                      |           | SDQ1       |
        """,
    )


def test_in_care_for_twelve_months_without_a_break(told):
    # 1 from the first day; 2 a day late; 4 left and came back; 5 short breaks; 6 left on the last day; 7 left later
    assert told.children("OC2") == ["C1", "C10", "C3", "C7", "C8", "C9"]


def test_health_of_the_year(told):
    assert told.table("OC2", "CHILD TEETH_CHECK HEALTH_ASSESSMENT IMMUNISATIONS") == [
        "C1 | 1 | 1 | 1",
        "C10 | 0 | 0 | 0",
        "C3 | 0 | 0 | 1",  # checks of other years; immunisations as the companion file has them for 31 March
        "C7 | 1 | 0 | 0",  # refused first, then done; a later statement on immunisations is not told
        "C8 | 0 | 0 | 1",
        "C9 | 0 | 0 | 0",
    ]


def test_development_checks_under_five_convictions_from_ten(told):
    assert told.table("OC2", "CHILD HEALTH_CHECK CONVICTED") == [
        "C1 |  | 1",
        "C10 | 0 |",
        "C3 |  | 0",  # the youth justice team says it was none
        "C7 |  | 0",  # ten on 31 March
        "C8 | 1 |",  # five on 1 April
        "C9 |  |",  # five on 31 March
    ]
    assert told.decided("903-CONVICTED-BY-OFFENCE", "child new") == ["C1 | 1"]


def test_substance_misuse_and_what_became_of_it(told):
    assert told.table("OC2", "CHILD SUBSTANCE_MISUSE INTERVENTION_RECEIVED INTERVENTION_OFFERED") == [
        "C1 | 1 | 1 |",
        "C10 | 0 |  |",
        "C3 | 1 | 0 | 1",
        "C7 | 1 | 0 |",
        "C8 | 0 |  |",
        "C9 | 0 |  |",
    ]
    assert told.work("903-OFFER-UNKNOWN") == ["C7"]


def test_strengths_and_difficulties_between_four_and_sixteen(told):
    assert told.table("OC2", "CHILD SDQ_SCORE SDQ_REASON") == [
        "C1 | 17 |",  # the latest of the year
        "C10 |  |",  # not yet four
        "C3 |  | SDQ2",
        "C7 |  |",  # the score is of the year before
        "C8 |  |",
        "C9 | 3 |",  # no reason beside a score
    ]
    assert told.work("903-SDQ-MISSING") == ["C7", "C8"]


def test_nothing_recorded_is_no_and_said(told):
    assert "C10 | TEETH_CHECK |  | 0" in told.decided("903-OC2-ZERO")
    assert "C7 | TEETH_CHECK |  | 0" not in told.decided("903-OC2-ZERO")


@pytest.mark.parametrize(("means", "listed"), [("error", True), ("blank", False)])
def test_nothing_recorded_stays_blank_if_the_profile_says_so(build, means, listed):
    told = build(CARE, ssd_person=PEOPLE, conventions={"oc2_missing_means": means})
    assert set(told.table("OC2", "TEETH_CHECK CONVICTED HEALTH_CHECK")) == {"|  |"}
    assert ("C1" in told.work("903-OC2-MISSING")) == listed
    assert told.decided("903-OC2-ZERO") == []


def test_a_dry_run_looks_at_the_twelve_months_to_its_day(build):
    from datetime import date

    told = build(CARE, as_at=date(2025, 12, 31))
    assert told.children("OC2") == ["C10", "C3", "C6", "C7", "C8", "C9"]
