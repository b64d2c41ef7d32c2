"""Enquiries, conferences, protection plans and reviews."""

import pytest

OPEN = """
    referral_id | person_id | referral_date | nfa
    A           | 1         | 2024-01-10    | N
    B           | 2         | 2025-04-10    | N
    C           | 3         | 2025-04-10    | N
    D           | 4         | 2025-04-10    | N
    E           | 5         | 2025-04-10    | N
    F           | 6         | 2025-04-10    | N
    G           | 7         | 2024-04-10    | N
    H           | 8         | 2025-04-10    | N
"""
ENQUIRIES = """
    s47_enquiry_id | referral_id | person_id | start_date | end_date   | s47_nfa | outcome_json
    1              | A           | 1         | 2025-03-20 | 2025-03-27 | N       | {"CP_CONFERENCE_FLAG": "Y"}
    2              | B           | 2         | 2025-12-04 | 2025-12-11 | N       | {"CP_CONFERENCE_FLAG": "Y"}
    3              | C           | 3         | 2025-05-01 | 2025-05-08 | N       | {"CP_CONFERENCE_FLAG": "N"}
    4              | C           | 3         | 2025-06-01 | 2025-06-08 | Y       |
    5              | C           | 3         | 2026-03-20 | 2026-04-01 | Y       | {"CP_CONFERENCE_FLAG": "N"}
    6              | D           | 4         | 2026-03-24 | 2026-03-30 | N       | {"CP_CONFERENCE_FLAG": "Y"}
    7              | E           | 5         | 2025-09-01 | 2025-09-08 | Y       | {"CP_CONFERENCE_FLAG": "Y"}
    8              | G           | 7         | 2025-03-01 |            |         |
    9              | G           | 7         | 2025-02-01 | 2025-02-08 | Y       |
    10             | G           | 7         | 2026-04-01 |            |         |
    11             | G           | 7         | 2025-01-10 | 2025-01-17 | N       | {"CP_CONFERENCE_FLAG": "Y"}
"""
CONFERENCES = """
    icpc_id | s47_enquiry_id | person_id | referral_id | transfer_in | target_date | icpc_date  | outcome_cp_flag
    1       | 1              | 1         | A           | N           | 2025-04-10  | 2025-04-09 | N
    2       | 2              | 2         | B           | N           | 2025-12-26  | 2025-12-23 | N
    3       | 6              | 4         | D           | N           | 2026-04-16  | 2026-04-10 | Y
    4       | 7              | 5         | E           | N           | 2025-09-22  | 2025-09-30 | N
    5       | 7              | 5         | E           | N           | 2025-09-22  | 2025-09-19 | Y
    6       | 7              | 5         | E           | N           |             | 2025-08-30 | N
    7       |                | 6         | F           | Y           |             | 2025-08-15 | Y
    8       |                | 6         |             | Y           |             | 2025-09-15 | N
    9       |                | 6         | F           | Y           |             | 2025-03-31 | N
    10      | 11             | 7         | G           | N           |             | 2025-01-30 | N
    11      |                | 8         | H           | N           |             | 2025-07-01 | N
    12      | 3              | 8         | H           | N           |             | 2025-07-02 | N
"""


@pytest.fixture(scope="module")
def told(build):
    return build(ssd_cin_episodes=OPEN, ssd_s47_enquiry=ENQUIRIES, ssd_initial_cp_conference=CONFERENCES)


@pytest.mark.parametrize(
    ("child", "rows"),
    [
        ("C1", ["2025-03-20 | 2025-04-10 | 2025-04-09 | 0"]),  # conference in the year
        ("C2", ["2025-12-04 | 2025-12-29 | 2025-12-23 | 0"]),  # the stored target is Boxing Day
        (
            "C3",
            [
                "2025-05-01 |  |  | 1",  # completed, no conference asked for
                "2025-06-01 |  |  | 1",  # nothing said of a conference, nothing further
                "2026-03-20 | 2026-04-14 |  | 0",  # completed after the year
            ],
        ),
        ("C4", ["2026-03-24 | 2026-04-16 |  | 0"]),  # conference after the year: not yet held
        ("C5", ["2025-09-01 | 2025-09-22 | 2025-09-19 | 0"]),  # the earliest on or after the enquiry began
        ("C7", []),  # begun before the year
        ("C8", []),
    ],
)
def test_enquiries_of_the_year(told, child, rows):
    assert (
        told.table("Section47", "S47ActualStartDate InitialCPCtarget DateOfInitialCPC ICPCnotRequired", child) == rows
    )


def test_targets_worked_out_are_said(told):
    assert told.decided("CIN-TARGET-DERIVED", "child old new") == [
        "C2 | 2025-12-26 | 2025-12-29",
        "C3 |  | 2026-04-14",
    ]
    assert told.decided("CIN-CONFERENCE-NOT-REQUIRED", "child record") == [
        "C3 | ssd_s47_enquiry.csv:4",
        "C3 | ssd_s47_enquiry.csv:5",
    ]


def test_a_conference_names_its_source_row(told):
    assert told.origin("Section47", 0) == [
        "DateOfInitialCPC | ssd_initial_cp_conference | 2",
        "InitialCPCtarget | ssd_initial_cp_conference | 2",
        "row | ssd_s47_enquiry | 2",
    ]


def test_a_booked_conference_gives_its_target_and_speaks_against_none_being_required(build):
    told = build(
        ssd_cin_episodes=OPEN,
        ssd_s47_enquiry="""
            s47_enquiry_id | referral_id | person_id | start_date | end_date   | s47_nfa | outcome_json
            1              | B           | 2         | 2026-03-09 | 2026-03-16 | N       | {"CP_CONFERENCE_FLAG": "Y"}
            2              | C           | 3         | 2026-03-09 |            |         |
            3              | D           | 4         | 2026-03-09 | 2026-03-16 | Y       | {"CP_CONFERENCE_FLAG": "N"}
            4              | E           | 5         | 2026-03-09 |            |         |
        """,
        ssd_initial_cp_conference="""
            icpc_id | s47_enquiry_id | person_id | referral_id | target_date | icpc_date
            1       | 1              | 2         | B           | 2026-04-01  | 2026-04-01
            2       | 2              | 3         | C           | 2026-04-02  |
            3       | 3              | 4         | D           |             |
            4       | 4              | 6         | F           | 2026-04-02  |
        """,
    )
    assert told.table("Section47", "LAchildID InitialCPCtarget DateOfInitialCPC ICPCnotRequired") == [
        "C2 | 2026-04-01 |  | 0",  # held after the year: its day is not told, its target was known
        "C3 | 2026-04-02 |  | 0",  # booked, no day yet
        "C4 | 2026-03-30 |  | 0",  # booked without a target: worked out
        "C5 | 2026-03-30 |  | 0",  # the conference is another child's
    ]
    assert told.decided("CIN-TARGET-DERIVED", "child new") == ["C4 | 2026-03-30", "C5 | 2026-03-30"]
    assert told.origin("Section47", 1) == [
        "InitialCPCtarget | ssd_initial_cp_conference | 3",
        "row | ssd_s47_enquiry | 3",
    ]
    assert told.work("CIN-ENQUIRY-WITHOUT-OUTCOME", "child") == ["C2", "C4"]


def test_enquiries_of_earlier_years_without_a_conference(told):
    assert told.work("CIN-ENQUIRY-OLD", "child value") == ["C7 | 2025-03-01"]
    assert told.left_out("ssd_s47_enquiry") == {
        "begins after the day of the return": 1,
        "begun before the year or on no day, without a conference": 1,
        "over before the year begins": 2,
    }


def test_transfer_in_conference_stands_with_the_referral(told):
    assert told.one("CINdetails", "DateOfInitialCPC", "C6") == "2025-08-15"
    assert "C6" not in told.table("Section47", "LAchildID")
    assert told.origin("CINdetails", 5)[0] == "DateOfInitialCPC | ssd_initial_cp_conference | 8"


def test_conferences_that_fit_nowhere_go_to_a_person(told):
    assert told.work("CIN-CONFERENCE-EXTRA", "child value") == ["C6 | 2025-09-15", "C5 | 2025-09-30", "C5 | 2025-08-30"]
    assert told.work("CIN-CONFERENCE-ALONE", "child") == ["C8"]
    assert told.work("CIN-ORPHAN", "child record") == [
        "C8 | ssd_initial_cp_conference.csv:13"
    ]  # of another child's enquiry


def test_enquiries_completed_without_an_outcome_and_agreed_plans_that_never_came(told):
    assert told.work("CIN-ENQUIRY-WITHOUT-OUTCOME", "child") == ["C4"]
    assert told.work("CIN-CONFERENCE-NO-PLAN", "child value") == ["C5 | 2025-09-19", "C6 | 2025-08-15"]


def test_a_conference_without_enquiry_is_put_to_one_only_where_the_profile_says_so(build):
    parts = {
        "ssd_cin_episodes": OPEN,
        "ssd_s47_enquiry": """
            s47_enquiry_id | referral_id | person_id | start_date
            1              | H           | 8         | 2025-06-01
            2              | H           | 8         | 2025-06-10
            3              | B           | 2         | 2025-06-10
        """,
        "ssd_initial_cp_conference": """
            icpc_id | person_id | referral_id | transfer_in | icpc_date
            1       | 8         | H           | N           | 2025-06-20
            2       | 8         |             |             | 2025-06-25
            3       | 2         | B           | N           | 2025-06-09
        """,
    }
    shown = "S47ActualStartDate DateOfInitialCPC"
    assert build(**parts).table("Section47", shown, "C8") == ["2025-06-01 |", "2025-06-10 |"]
    told = build(**parts, conventions={"link_conference_by_date": True})
    assert told.table("Section47", shown, "C8") == ["2025-06-01 |", "2025-06-10 | 2025-06-20"]
    assert told.table("Section47", shown, "C2") == ["2025-06-10 |"]
    assert told.decided("CIN-CONFERENCE-INFERRED", "child new") == ["C8 | 2"]
    assert told.work("CIN-CONFERENCE-ALONE", "child record") == [
        "C2 | ssd_initial_cp_conference.csv:4",
        "C8 | ssd_initial_cp_conference.csv:3",
    ]


PLANS = """
    cp_plan_id | referral_id | person_id | start_date | end_date   | ola | initial_category | latest_category
    1          | A           | 1         | 2022-03-30 | 2023-01-12 |     | NEG              | NEG
    2          | A           | 1         | 2024-02-07 | 2025-03-31 |     | NEG              | NEG
    3          | A           | 1         | 2025-05-07 | 2026-04-01 | N   | NEG              | EMO
    4          | B           | 2         | 2024-05-07 | 2025-04-01 |     | PHY              |
    5          | B           | 2         | 2025-05-07 |            | Y   | PHY              | PHY
    6          | B           | 2         | 2025-06-07 | 2025-09-01 |     | PHY              | PHY
    7          | C           | 3         | 2026-04-01 |            |     | PHY              | PHY
    8          | nowhere     | 9         | 2025-06-01 |            |     | PHY              | PHY
"""
REVIEWS = """
    cp_review_id | cp_plan_id | person_id | review_date
    1            | 3          | 1         | 2025-05-07
    2            | 3          | 1         | 2025-10-01
    3            | 3          | 1         | 2025-08-01
    4            | 3          | 1         | 2025-08-01
    5            | 3          | 1         | 2026-04-01
    6            | 3          | 1         |
    7            | 4          | 2         | 2025-03-31
    8            | 4          | 2         | 2025-04-01
    9            | 6          | 2         | 2025-09-02
    10           | 6          | 3         | 2025-08-02
    11           | 2          | 1         | 2024-08-02
"""


@pytest.fixture(scope="module")
def protected(build):
    return build(
        ssd_cin_episodes=OPEN,
        ssd_cp_plans=PLANS,
        ssd_cp_reviews=REVIEWS,
        ssd_person="person_id | sex | dob\n9 | F | 2012-05-01",
        la_previous_plans="child_id | plans_before_window\nC2 | 2",
    )


def test_plans_in_force_in_the_year(protected):
    columns = "LAchildID CPPID CPPstartDate CPPendDate InitialCategoryOfAbuse LatestCategoryOfAbuse"
    assert protected.table("ChildProtectionPlans", columns) == [
        "C1 | 1 | 2025-05-07 |  | NEG | EMO",
        "C2 | 1 | 2024-05-07 | 2025-04-01 | PHY | PHY",
        "C2 | 2 | 2025-06-07 | 2025-09-01 | PHY | PHY",
    ]
    assert protected.decided("CIN-PROTECTION-END-CUT", "child old") == ["C1 | 2026-04-01"]
    assert protected.decided("CIN-PLAN-OF-OTHER-LA", "child record") == ["C2 | ssd_cp_plans.csv:6"]
    assert protected.decided("CIN-CATEGORY-FROM-INITIAL", "child new") == ["C2 | PHY"]
    assert protected.decided("CIN-CATEGORY-AS-EXTRACTED", "child new") == ["C1 | EMO"]
    assert protected.left_out("ssd_cp_plans") == {
        "begins after the day of the return": 1,
        "no referral could be told for it": 1,
        "over before the year begins": 2,
        "plan of another authority": 1,
    }


def test_earlier_plans_of_any_authority_count_and_the_opening_balance(protected):
    assert protected.table("ChildProtectionPlans", "LAchildID NumberOfPreviousCPP") == ["C1 | 2", "C2 | 2", "C2 | 4"]
    assert protected.origin("ChildProtectionPlans", 1) == [
        "NumberOfPreviousCPP | la_previous_plans | 2",
        "row | ssd_cp_plans | 5",
    ]


def test_reviews_held_in_the_year_after_the_plan_began(protected):
    assert protected.table("Reviews", "LAchildID CPPID CPPreviewDate") == [
        "C1 | 1 | 2025-08-01",
        "C1 | 1 | 2025-10-01",
        "C2 | 1 | 2025-04-01",
    ]
    assert protected.decided("CIN-REVIEW-NOT-REVIEW", "old") == ["2025-05-07"]
    assert protected.decided("CIN-REVIEW-REPEATED", "record") == ["ssd_cp_reviews.csv:5"]
    assert protected.work("CIN-REVIEW-AFTER-PLAN", "child value") == ["C2 | 2025-09-02"]
    assert protected.work("CIN-ORPHAN", "record") == ["ssd_cp_plans.csv:9", "ssd_cp_reviews.csv:11"]
    assert protected.left_out("ssd_cp_reviews") == {
        "after the plan ended": 1,
        "another child's": 1,
        "not held by the day of the return": 2,
        "of a plan that is not in the return": 1,
        "on or before the day the plan began": 1,
        "over before the year begins": 1,
    }


def test_plans_without_a_spell_or_a_conference_are_listed(protected):
    assert protected.work("CIN-PLAN-NO-SPELL") == ["C9"]
    assert protected.work("CIN-PLAN-NO-CONFERENCE", "child value") == [
        "C1 | 2025-05-07",
        "C2 | 2025-06-07",
        "C9 | 2025-06-01",
    ]
