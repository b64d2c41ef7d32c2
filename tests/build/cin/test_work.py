"""Assessments, plans, pre-proceedings: what is told of the work done under a referral."""
# ruff: noqa: E501 (tables drawn as text are wide)

from datetime import date

import pandas as pd
import pytest

from dfe_returns.build.cin.assessments import read_factors

OPEN = """
    referral_id | person_id | referral_date | nfa
    A           | 1         | 2024-01-10    | N
    B           | 2         | 2025-04-10    | N
"""


@pytest.fixture(scope="module")
def assessed(build):
    return build(
        ssd_cin_episodes=OPEN,
        ssd_cin_assessments="""
            assessment_id | referral_id | person_id | start_date | auth_date
            1             | A           | 1         | 2025-03-20 | 2025-03-31
            2             | A           | 1         | 2025-03-21 | 2025-04-01
            3             | A           | 1         | 2026-03-20 | 2026-04-01
            4             | A           | 1         | 2026-04-01 | 2026-05-01
            5             | A           | 1         | 2024-02-01 |
            6             | A           | 1         |            |
            7             | B           | 2         | 2025-04-11 | 2026-03-31
            8             | B           | 2         | 2025-04-11 | 2025-05-11
        """,
        ssd_assessment_factors="""
            table_id | assessment_id | factors_json
            1        | 2             | ["10A", "2b", "2A", "10A"]
            2        | 2             | {"3C": "Yes", "1A": "No", "2A": true}
            3        | 3             | ["4A"]
            4        | 7             | 21
            5        | 8             | {[
        """,
        la_assessment_review="""
            assessment_id | internal_review_date
            2             | 2025-04-03
        """,
    )


def test_assessments_authorised_in_the_year_or_not_yet(assessed):
    columns = "AssessmentID AssessmentActualStartDate AssessmentAuthorisationDate AssessmentInternalReviewDate"
    assert assessed.table("Assessments", columns, "C1") == [
        "1 | 2024-02-01 |  |",  # open since before the year: the rules ask
        "2 | 2025-03-21 | 2025-04-01 | 2025-04-03",
        "3 | 2026-03-20 |  |",  # authorised after the year: open
    ]
    assert assessed.table("Assessments", columns, "C2") == [
        "1 | 2025-04-11 | 2026-03-31 |",
        "2 | 2025-04-11 | 2025-05-11 |",
    ]
    assert assessed.decided("CIN-AUTHORISATION-CUT", "child old") == ["C1 | 2026-04-01"]
    assert assessed.work("CIN-ASSESSMENT-UNDATED", "record") == ["ssd_cin_assessments.csv:7"]
    assert assessed.left_out("ssd_cin_assessments") == {
        "begins after the day of the return": 1,
        "no start date": 1,
        "over before the year begins": 1,
    }


def test_factors_are_the_union_in_order_of_number_and_letter(assessed):
    assert assessed.table("AssessmentFactorsList", "AssessmentID AssessmentFactor", "C1") == [
        "2 | 2A",
        "2 | 2B",
        "2 | 3C",
        "2 | 10A",
    ]
    assert assessed.table("AssessmentFactorsList", "AssessmentFactor", "C2") == ["21"]
    assert assessed.origin("AssessmentFactorsList", 0) == [
        "row | ssd_assessment_factors | 2",
        "row | ssd_assessment_factors | 3",
    ]


def test_factors_wait_for_the_authorisation(assessed):
    assert assessed.decided("CIN-FACTORS-NOT-YET", "child old") == ['C1 | ["4A"]']


def test_factors_that_cannot_be_read_and_none_at_all_go_to_a_person(assessed):
    assert assessed.work("CIN-FACTORS-UNREADABLE", "child record") == ["C2 | ssd_assessment_factors.csv:6"]
    assert assessed.work("CIN-ASSESSMENT-NO-FACTORS", "child record") == ["C2 | ssd_cin_assessments.csv:9"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('["1A", "2B"]', ["1A", "2B"]),
        ('["1A", "2B",]', ["1A", "2B"]),
        ("['1a']", ["1A"]),
        ('{"1A": "Y", "2B": "N", "3C": 1}', ["1A", "3C"]),
        ("1A, 2B", ["1A", "2B"]),
        ("[]", []),
    ],
)
def test_factors_are_read_in_any_shape(text, codes):
    parts, unreadable = read_factors(pd.Series([text], dtype="str"))
    assert parts["code"].tolist() == codes
    assert not unreadable.any()


PLANS = """
    cin_plan_id | referral_id | person_id | start_date | end_date
    1           | A           | 1         | 2024-02-01 | 2025-03-31
    2           | A           | 1         | 2025-04-01 | 2025-06-10
    3           | A           | 1         | 2025-06-10 | 2025-07-01
    4           | A           | 1         | 2025-07-03 | 2026-04-02
    5           | A           | 1         | 2026-04-03 |
    6           | B           | 2         |            |
"""
CARE = """
    cla_episode_id | person_id | cla_episode_start_date | cla_episode_ceased_date
    1              | 1         | 2026-01-10             |
    2              | 9         | 2025-09-01             | 2025-10-01
    3              | 8         | 2024-09-01             | 2025-03-31
"""


def test_plans_in_force_in_the_year_keep_their_true_start(build):
    told = build(ssd_cin_episodes=OPEN, ssd_cin_plans=PLANS, ssd_cla_episodes=CARE)
    assert told.table("CINplanDates", "LAchildID CINPlanStartDate CINPlanEndDate") == [
        "C1 | 2025-04-01 | 2025-06-10",
        "C1 | 2025-06-10 | 2025-07-01",
        "C1 | 2025-07-03 |",
        "C2 |  |",
    ]
    assert told.decided("CIN-PLAN-END-CUT", "child old") == ["C1 | 2026-04-02"]
    assert told.left_out("ssd_cin_plans") == {"begins after the day of the return": 1, "over before the year begins": 1}
    assert told.work("CIN-PLAN-BESIDE-CARE", "record") == ["ssd_cin_plans.csv:5"]


def test_plans_that_follow_at_once_are_joined_only_where_the_profile_says_so(build):
    told = build(ssd_cin_episodes=OPEN, ssd_cin_plans=PLANS, conventions={"join_plans_gap_days": 1})
    assert told.table("CINplanDates", "CINPlanStartDate CINPlanEndDate", "C1") == [
        "2024-02-01 | 2025-07-01",
        "2025-07-03 |",
    ]
    assert told.decided("CIN-PLANS-JOINED", "record old new") == [
        "ssd_cin_plans.csv:3 | 2025-04-01 | 2024-02-01",
        "ssd_cin_plans.csv:4 | 2025-06-10 | 2024-02-01",
    ]
    assert len(told.origin("CINplanDates", 0)) == 3


def test_looked_after_children_without_a_spell_are_listed(build):
    told = build(
        ssd_cin_episodes=OPEN,
        ssd_cla_episodes=CARE,
        ssd_person="""
            person_id | sex | dob
            8         | F   | 2012-05-01
            9         | F   | 2012-05-01
        """,
    )
    assert told.work("CIN-LOOKED-AFTER-NO-SPELL") == ["C9"]
    assert told.work("CIN-LOOKED-AFTER-NOT-OPEN") == []
    closed = "referral_id | person_id | referral_date | nfa | close_date\nA | 1 | 2024-01-10 | N | 2026-02-01"
    assert build(ssd_cin_episodes=closed, ssd_cla_episodes=CARE).work("CIN-LOOKED-AFTER-NOT-OPEN") == ["C1"]


PRE = """
    referral_id | PPStartDate | LBPSentDate | FGDMMeetingOffer | FGDMMeetingFac | InitialPPMeetingDate | ReviewMeetingsCount | StepDecisionDate | PPOutcome
    A           | 2026-04-02  | 2026-04-07  | Y                | N              | 2026-04-15           | 2                   | 2027-04-01       | A
    A           | 2026-03-31  |             |                  |                | 2026-05-01           |                     |                  |
    A           | 2027-04-01  |             |                  |                |                      |                     |                  |
    gone        | 2026-05-01  |             |                  |                |                      |                     |                  |
"""


def test_pre_proceedings_are_off_until_turned_on(build):
    told = build("2026-27", ssd_cin_episodes=OPEN, la_pre_proceedings=PRE, extract_date=date(2027, 6, 1))
    assert told.table("PreProceedings", "PPStartDate") == []
    assert told.left_out("la_pre_proceedings") == {"off until the specification that asks for it is recorded": 4}
    assert "PreProceedings" not in build(ssd_cin_episodes=OPEN, la_pre_proceedings=PRE).built.tables


def test_pre_proceedings_of_the_year(build):
    told = build(
        "2026-27",
        ssd_cin_episodes=OPEN,
        la_pre_proceedings=PRE,
        extract_date=date(2027, 6, 1),
        switches=frozenset({"PreProceedings"}),
    )
    columns = "PPStartDate LBPSentDate FGDMMeetingOffer FGDMMeetingFac InitialPPMeetingDate ReviewMeetingsCount StepDecisionDate PPOutcome"
    assert told.table("PreProceedings", columns) == [
        "2026-04-02 | 2026-04-07 | 1 | 0 | 2026-04-15 | 2 |  |",
        " |  |  |  | 2026-05-01 |  |  |",
    ]
    assert told.decided("CIN-PRE-PROCEEDINGS-CUT", "field old") == [
        "PPOutcome | A",
        "StepDecisionDate | 2027-04-01",
        "PPStartDate | 2026-03-31",
        "PPStartDate | 2027-04-01",
    ]
    assert told.left_out("la_pre_proceedings") == {"no referral in the return": 1, "nothing of it lies in the year": 1}
    assert told.work("CIN-ORPHAN", "record") == ["la_pre_proceedings.csv:5"]
