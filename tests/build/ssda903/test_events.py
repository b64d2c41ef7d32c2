"""Reviews, absences, asylum seekers, social workers and deprivation of liberty of children looked after."""

import pytest

CARE = """
    person | start      | why | ls | end        | left
    1      | 2024-06-01 | S   | C2 |            |
    2      | 2024-06-01 | S   | V4 |            |
    3      | 2025-05-01 | S   | V2 | 2025-11-01 | E4A
    4      | 2024-06-01 | S   | C2 | 2026-04-15 | E4A
    5      | 2024-06-01 | S   | V2 | 2025-03-01 | E5
"""
PEOPLE = """
    person_id | sex | ethnicity | dob
    1         | M   | WBRI      | 2010-05-01
    2         | M   | WBRI      | 2012-05-01
    3         | F   | WBRI      | 2021-09-10
    4         | M   | BAFR      | 2008-01-20
    5         | M   | BAFR      | 2007-03-01
"""


@pytest.fixture(scope="module")
def told(build):
    return build(
        CARE,
        year="2026-27",
        extract_date=None,
        ssd_person=PEOPLE,
        la_dolo="""
        child_id | dolo_start | dolo_end
        C1       | 2026-05-01 | 2026-09-01
        C1       | 2026-10-01 |
        C1       | 2025-05-01 | 2026-03-31
        C4       | 2025-10-01 | 2026-08-01
        C5       | 2026-05-01 |
        """,
    )


def test_orders_in_force_in_the_year_and_never_beyond_care(told):
    assert told.table("DoLo", "CHILD DOLO_START DOLO_END") == [
        "C1 | 2026-05-01 | 2026-09-01",
        "C1 | 2026-10-01 |",
        "C4 | 2025-10-01 | 2026-04-15",
    ]
    assert told.decided("903-ORDER-BOUNDED") == ["C4 | DOLO_END | 2026-08-01 | 2026-04-15"]
    assert told.work("903-ORDER-OUTSIDE-CARE", "child value") == ["C5 | 2026-05-01"]


@pytest.fixture(scope="module")
def year(build):
    return build(
        CARE,
        ssd_person=PEOPLE,
        ssd_cla_reviews="""
        review_id | cla_person_id | review_date | cancelled | participation
        1         | 1             | 2025-04-01  | N         | PN1
        2         | 1             | 2025-03-31  | N         | PN1
        3         | 1             | 2025-09-15  | Y         | PN1
        4         | 1             | 2026-04-02  | N         | PN1
        5         | 1             |             | N         |
        6         | 1             | 2025-10-02  |           | PN2
        7         | 1             | 2025-10-02  |           | PN2
        8         | 2             | 2025-10-02  | N         | PN1
        9         | 3             | 2025-06-01  | N         | PN0
        10        | 3             | 2025-10-01  | N         | PN0
        11        | 3             | 2025-12-01  | N         | PN1
        12        | 1             | 2026-03-31  | N         | PN3
        13        | 1             | 2026-03-31  | N         | PN4
        """,
        ssd_missing="""
        table_id | person_id | start_date | type | end_date
        1        | 1         | 2025-03-20 | M    | 2025-03-31
        2        | 1         | 2025-03-30 | M    | 2025-04-02
        3        | 1         | 2025-07-01 | A    | 2025-07-01
        4        | 1         | 2026-03-28 | M    | 2026-04-09
        5        | 3         | 2025-10-30 | M    | 2025-11-09
        6        | 3         | 2025-12-30 | M    | 2026-01-09
        7        | 4         | 2026-01-10 | M    |
        8        | 1         | 2026-04-03 | M    |
        9        | 1         | 2026-03-29 | A    | 2026-03-30
        """,
        ssd_immigration_status="""
        status_id | person_id | start_date | immi_immigration_status_end_date | immi_immigration_status
        1         | 1         | 2024-06-01 |                                  | UASC
        2         | 4         | 2024-06-01 |                                  | uasc
        3         | 3         | 2025-05-01 | 2026-05-05                       | UASC
        4         | 2         | 2024-06-01 | 2025-03-01                       | UASC
        5         | 5         | 2024-06-01 |                                  | UASC
        """,
        ssd_professionals="""
        professional_id | registration_no
        P1              | SW1001
        P2              | 2002
        P3              |
        """,
        ssd_involvements="""
        involvements_id | professional_id | role_id | person_id | start_date | end_date   | change_reason
        1               | P1              | CW      | 1         | 2023-01-09 | 2024-03-31 | FCONTA
        2               | P2              | CW      | 1         | 2024-04-01 | 2024-09-30 | CHCHAN
        3               | P2              | CW      | 1         | 2024-10-01 | 2025-06-30 |
        4               | P1              | CW      | 1         | 2025-07-01 | 2025-12-01 | LEFTRL
        5               | P1              | CW      | 1         | 2025-12-01 | 2026-05-01 | OTHERS
        6               | P9              | IRO     | 1         | 2024-04-01 |            |
        7               | P3              | CW      | 4         | 2024-06-01 | 2025-08-01 | FCONTA
        8               | P2              | CW      | 4         | 2025-07-20 |            | OTHERS
        9               | P1              | CW      | 2         | 2024-06-01 |            | FCONTA
        10              | P1              | CW      | 3         | 2025-05-01 |            | FCONTA
        11              | P2              | CW      | 1         | 2026-04-20 |            | OTHERS
        """,
    )


def test_reviews_held_in_the_year_while_looked_after(year):
    assert year.table("Reviews", "CHILD REVIEW REVIEW_CODE") == [
        "C1 | 2025-04-01 | PN1",
        "C1 | 2025-10-02 | PN2",
        "C1 | 2026-03-31 | PN3",
        "C1 | 2026-03-31 | PN4",
        "C3 | 2025-06-01 | PN0",
        "C3 | 2025-10-01 | PN0",
    ]


def test_what_about_reviews_is_left_to_a_person(year):
    assert year.work("903-REVIEW-OUTSIDE-CARE", "child value") == ["C2 | 2025-10-02", "C3 | 2025-12-01"]
    assert year.work("903-REVIEW-TWO-CODES", "child value") == ["C1 | PN3", "C1 | PN4"]
    assert year.work("903-REVIEW-AGE", "child value") == ["C3 | PN0"]  # four since September
    assert year.decided("903-REVIEW-REPEATED", "child record") == ["C1 | ssd_cla_reviews.csv:8"]


def test_absences_of_the_year_of_any_length(year):
    assert year.table("Missing", "CHILD MISSING MIS_START MIS_END") == [
        "C1 | M | 2025-03-30 | 2025-04-02",
        "C1 | A | 2025-07-01 | 2025-07-01",
        "C1 | M | 2026-03-28 |",
        "C1 | A | 2026-03-29 | 2026-03-30",
        "C3 | M | 2025-10-30 | 2025-11-01",
        "C4 | M | 2026-01-10 | 2026-01-20",
    ]


def test_an_absence_ends_with_care_or_at_eighteen_at_the_latest(year):
    assert year.decided("903-ABSENCE-BOUNDED") == [
        "C3 | MIS_END | 2025-11-09 | 2025-11-01",
        "C4 | MIS_END |  | 2026-01-20",
    ]
    assert year.decided("903-ABSENCE-CUT", "child old") == ["C1 | 2026-04-09"]
    assert year.work("903-ABSENCES-OVERLAP", "child value") == ["C1 | 2026-03-29"]
    assert year.left_out("ssd_missing") == {
        "begins after the day of the return": 1,
        "not looked after when the absence began": 1,
        "over before the year begins": 1,
    }


def test_asylum_seekers_looked_after_in_the_year_with_the_end_of_the_status(year):
    assert year.table("UASC", "CHILD SEX DUC") == [
        "C1 | M | 2028-05-01",  # 18 in two years
        "C3 | F | 2039-09-10",  # the status ended after the day of the return
        "C4 | M | 2026-01-20",  # 18 in the year
    ]
    assert "C4 | 2026-01-20" in year.decided("903-UASC-BOUNDED", "child new")
    assert year.decided("903-UASC-CUT", "child old") == ["C3 | 2026-05-05"]


def test_social_workers_of_the_two_years_of_children_looked_after_on_31_march(year):
    assert year.table("SWEpisodes", "CHILD SW_ID SW_DECOM SW_DEC SW_REASON") == [
        "C1 | SW1001 | 2023-01-09 | 2024-04-01 | FCONTA",
        "C1 | SW2002 | 2024-04-01 | 2025-07-01 | CHCHAN",
        "C1 | SW1001 | 2025-07-01 |  | LEFTRL",
        "C4 | XX3 | 2024-06-01 | 2025-07-20 | FCONTA",
        "C4 | SW2002 | 2025-07-20 |  | OTHERS",
    ]


def test_what_was_done_to_the_spells_of_social_workers(year):
    assert year.decided("903-WORKER-SPELLS-JOINED", "child old") == ["C1 | 2024-10-01", "C1 | 2025-12-01"]
    assert year.decided("903-WORKER-UNREGISTERED", "child") == ["C4"]
    assert year.decided("903-WORKER-END-CUT", "child old") == ["C1 | 2026-05-01"]
    assert year.decided("903-WORKER-END-MOVED", "child old new") == [
        "C1 | 2024-03-31 | 2024-04-01",
        "C1 | 2025-06-30 | 2025-07-01",
        "C4 | 2025-08-01 | 2025-07-20",
    ]
    assert year.left_out("ssd_involvements")["not the role of a social worker who holds the case"] == 1


def test_no_table_for_orders_before_2026_27_and_none_for_workers_before_2023_24(build, year):
    assert "DoLo" not in year.built.tables
    first = build("person | start | why\n1 | 2022-05-01 | S\n", year="2022-23")
    assert not {"DoLo", "SWEpisodes"} & set(first.built.tables)


def test_an_absence_that_nobody_closed_is_over_with_the_care_it_fell_in(build):
    told = build(
        """
        person | start      | why | end        | left
        1      | 2023-05-01 | S   | 2024-02-01 | E4A
        2      | 2023-05-01 | S   | 2024-02-01 | E4A
        2      | 2025-06-01 | S   |            |
        3      | 2024-05-01 | S   | 2025-04-01 | E4A
        """,
        ssd_missing="""
        table_id | person_id | start_date | type | end_date
        1        | 1         | 2024-01-10 | M    |
        2        | 2         | 2024-01-10 | M    | 2025-07-01
        3        | 3         | 2025-03-30 | M    |
        """,
    )
    assert told.table("Missing", "CHILD MIS_START MIS_END") == ["C3 | 2025-03-30 | 2025-04-01"]
    assert told.decided("903-ABSENCE-BOUNDED", "child new") == ["C3 | 2025-04-01"]
    assert told.left_out("ssd_missing") == {"over with the period of care before the year begins": 2}
    assert set(told.children("Missing")) <= set(told.children("Header"))


def test_an_order_that_nobody_closed_is_over_with_the_care_it_fell_in(build):
    told = build(
        "person | start | why | end | left\n1 | 2024-05-01 | S | 2025-02-01 | E4A\n",
        year="2026-27",
        extract_date=None,
        la_dolo="child_id | dolo_start | dolo_end\nC1 | 2024-06-01 |\n",
    )
    assert told.children("DoLo") == []
    assert told.left_out("la_dolo") == {"over with the period of care before the year begins": 1}


def test_an_order_that_began_before_the_care_is_told_and_listed(build):
    told = build(
        """
        person | start      | why | end        | left
        1      | 2026-06-01 | S   | 2026-08-01 | E4A
        2      | 2026-06-01 | S   |            |
        """,
        year="2026-27",
        extract_date=None,
        la_dolo="""
        child_id | dolo_start | dolo_end
        C1       | 2026-05-20 |
        C2       | 2026-05-20 | 2026-07-01
        C2       | 2026-04-20 | 2026-05-01
        """,
    )
    assert told.table("DoLo", "CHILD DOLO_START DOLO_END") == [
        "C1 | 2026-05-20 | 2026-08-01",
        "C2 | 2026-05-20 | 2026-07-01",
    ]
    assert told.work("903-ORDER-OUTSIDE-CARE", "child value") == [
        "C1 | 2026-05-20",
        "C2 | 2026-05-20",
        "C2 | 2026-04-20",  # over before: not told
    ]


def test_spells_of_one_worker_that_lie_in_one_another_are_one(build):
    told = build(
        "person | start | why\n1 | 2024-05-01 | S\n2 | 2024-05-01 | S\n",
        ssd_involvements="""
        involvements_id | professional_id | role_id | invo_person_id | start_date | end_date   | change_reason
        1               | 7               | CW      | 1              | 2024-06-01 |            | FCONTA
        2               | 7               | CW      | 1              | 2024-09-01 | 2024-10-01 | MANAGE
        3               | 7               | CW      | 2              | 2024-06-01 | 2025-06-01 | FCONTA
        4               | 7               | CW      | 2              | 2024-09-01 | 2024-10-01 | MANAGE
        5               | 7               | CW      | 2              | 2025-06-02 | 2025-08-01 | MANAGE
        """,
        ssd_professionals="professional_id | registration_no\n7 | SW1007\n",
    )
    assert told.table("SWEpisodes", "CHILD SW_DECOM SW_DEC SW_REASON") == [
        "C1 | 2024-06-01 |  | FCONTA",
        "C2 | 2024-06-01 | 2025-08-01 | FCONTA",
    ]
    assert told.origin("SWEpisodes", 1) == [
        "SW_DEC | ssd_involvements | 5",
        "SW_DEC | ssd_involvements | 6",
        "row | ssd_involvements | 4",
    ]


def test_two_workers_who_began_on_one_day_both_end_when_a_third_begins(build):
    told = build(
        "person | start | why\n1 | 2024-05-01 | S\n",
        ssd_involvements="""
        involvements_id | professional_id | role_id | invo_person_id | start_date | end_date   | change_reason
        1               | 7               | CW      | 1              | 2024-06-01 |            | FCONTA
        2               | 8               | CW      | 1              | 2024-06-01 |            | FCONTA
        3               | 9               | CW      | 1              | 2025-06-01 |            | MANAGE
        """,
    )
    assert told.table("SWEpisodes", "SW_ID SW_DEC") == ["XX7 | 2025-06-01", "XX8 | 2025-06-01", "XX9 |"]


@pytest.mark.parametrize("year", ["2023-24", "2024-25"])
def test_the_first_collection_of_social_workers_asked_for_its_own_year(build, year):
    """A spell that ended before 1 April 2023 is an error in 2023-24 (SW07STG2); later years look back one year more."""
    told = build(
        "person | start | why\n1 | 2022-05-01 | S\n",
        year=year,
        extract_date=None,
        ssd_involvements="""
        involvements_id | professional_id | role_id | invo_person_id | start_date | end_date   | change_reason
        1               | 7               | CW      | 1              | 2022-05-01 | 2022-05-20 | FCONTA
        2               | 8               | CW      | 1              | 2022-06-01 | 2023-12-20 | MANAGE
        3               | 7               | CW      | 1              | 2024-01-01 |            | MANAGE
        """,
    )
    assert told.table("SWEpisodes", "SW_DECOM") == ["2022-06-01", "2024-01-01"]
