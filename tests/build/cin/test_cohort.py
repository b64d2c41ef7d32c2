"""Who is in the census, and what hangs on which referral."""

import pytest

SPELLS = """
    referral_id | person_id | referral_date | nfa | close_date | close_reason | need_code | source_code
    R01         | 1         | 2025-05-10    | N   |            |              | N1        | 1A
    R02         | 2         | 2020-01-06    | N   | 2025-04-01 | RC7          | N4        | 2A
    R03         | 3         | 2024-11-01    | N   | 2025-03-31 | RC8          | N4        | 2A
    R04         | 4         | 2025-04-01    | Y   |            |              |           | 6
    R05         | 5         | 2025-03-31    | Y   |            |              |           | 6
    R06         | 6         | 2026-03-31    | N   |            |              | N1        | 6
    R07         | 7         | 2026-04-01    | N   |            |              | N1        | 6
    R08         | 8         | 2025-06-01    | N   | 2026-04-01 | RC7          | N1        | 6
    R09         | 9         | 2025-06-01    | Y   | 2025-06-01 | RC8          | N1        | 6
    R10         | 10        | 2025-06-01    |     |            |              | N1        | 6
    R11         | 11        | 2025-06-01    | N   |            | RC7          | N1        | 6
    R12         | 12        |               | N   |            |              | N1        | 6
    R13         | 13        |               | Y   |            |              |           | 6
    R14         | nobody    | 2025-06-01    | N   |            |              | N1        | 6
    R15         | 15        | 2025-09-01    | N   |            |              | N1        | 6
    R16         | 15        | 2025-05-01    | N   | 2025-10-01 | RC7          | N1        | 6
    R17         | 15        | 2025-10-20    | Y   |            |              |           | 6
"""


@pytest.fixture(scope="module")
def told(build):
    return build(ssd_cin_episodes=SPELLS)


@pytest.mark.parametrize(
    ("child", "spells"),
    [
        ("C1", ["2025-05-10 |"]),  # referred in the year and open
        ("C2", ["2020-01-06 | 2025-04-01"]),  # closed on the first day of the year
        ("C3", []),  # closed on the day before the year
        ("C4", ["2025-04-01 |"]),  # no further action, first day of the year
        ("C5", []),  # no further action, the day before
        ("C6", ["2026-03-31 |"]),  # referred on the last day
        ("C7", []),  # referred after the year
        ("C8", ["2025-06-01 |"]),  # closed after the year: open
        ("C12", [" |"]),  # no date: the rules ask for it
        ("C13", []),  # no further action without a date is in no year
        ("C15", ["2025-05-01 | 2025-10-01", "2025-09-01 |", "2025-10-20 |"]),  # by day
    ],
)
def test_a_spell_is_told_when_it_is_in_force_in_the_year(told, child, spells):
    assert told.table("CINdetails", "CINreferralDate CINclosureDate", child) == spells


def test_every_child_once_and_in_order_of_number(told):
    assert told.table("ChildIdentifiers", "LAchildID") == [
        "C1",
        "C10",
        "C11",
        "C12",
        "C15",
        "C2",
        "C4",
        "C6",
        "C8",
        "C9",
    ]
    assert told.table("CINdetails", "CINdetailsID", "C15") == ["1", "2", "3"]


def test_a_closure_after_the_year_is_cut_with_its_reason_and_said(told):
    assert told.table("CINdetails", "CINclosureDate ReasonForClosure", "C8") == [" |"]
    assert told.decided("CIN-CLOSURE-CUT", "child field old record") == [
        "C8 | CINclosureDate | 2026-04-01 | ssd_cin_episodes.csv:9",
        "C8 | ReasonForClosure | RC7 | ssd_cin_episodes.csv:9",
    ]


def test_a_referral_without_further_action_is_sent_short(told):
    assert told.table(
        "CINdetails", "ReferralNFA ReferralSource PrimaryNeedCode CINclosureDate ReasonForClosure", "C9"
    ) == ["1 | 6 |  |  |"]
    assert told.decided("CIN-NFA-SHORT", "field old") == [
        "CINclosureDate | 2025-06-01",
        "PrimaryNeedCode | N1",
        "ReasonForClosure | RC8",
    ]


def test_a_flag_not_recorded_stays_blank_and_goes_to_a_person(told):
    assert told.one("CINdetails", "ReferralNFA", "C10") == ""
    assert told.work("CIN-NFA-BLANK") == ["C10"]


def test_a_reason_without_a_date_is_left_out_and_asked_about(told):
    assert told.one("CINdetails", "ReasonForClosure", "C11") == ""
    assert told.decided("CIN-REASON-WITHOUT-DATE") == ["C11 | ReasonForClosure | RC7 |"]
    assert told.work("CIN-REASON-WITHOUT-DATE-OPEN") == ["C11"]


def test_people_unknown_to_the_extract_and_spells_side_by_side_are_listed(told):
    assert told.work("CIN-ORPHAN", "record") == ["ssd_cin_episodes.csv:15"]
    assert told.work("CIN-SPELLS-OVERLAP", "record") == ["ssd_cin_episodes.csv:16"]


def test_rows_left_out_are_counted_by_reason(told):
    assert told.left_out("ssd_cin_episodes") == {
        "begins after the day of the return": 1,
        "closed before the year begins": 1,
        "of a person who is not in ssd_person": 1,
        "went no further and has no date": 1,
        "went no further and was made before the year": 1,
    }


def test_each_row_names_the_source_row_it_was_made_of(told):
    assert told.origin("CINdetails", 0) == ["row | ssd_cin_episodes | 2"]


def test_referrals_of_each_month_are_counted_for_comparison(told):
    assert told.decided("CIN-REFERRALS-PER-MONTH", "old new")[:2] == ["2025-04 | 1", "2025-05 | 2"]


def test_a_child_whose_number_cannot_be_sent_is_stopped_and_named(build):
    told = build(
        ssd_person="""
            person_id | legacy_id             | sex | dob
            1         | none                  | F   | 2012-05-01
            2         | ABC-1                 | F   | 2012-05-01
            3         | 123456789012345678901 | F   | 2012-05-01
            4         | 12345678901234567890  | F   | 2012-05-01
            5         | SAME                  | F   | 2012-05-01
            6         | SAME                  | F   | 2012-05-01
        """,
        ssd_cin_episodes="""
            referral_id | person_id | referral_date | nfa
            R1          | 1         | 2025-05-01    | N
            R2          | 2         | 2025-05-01    | N
            R3          | 3         | 2025-05-01    | N
            R4          | 4         | 2025-05-01    | N
            R5          | 5         | 2025-05-01    | N
            R6          | 6         | 2025-05-02    | N
        """,
    )
    assert told.work("CIN-CHILD-ID-REFUSED", "record note") == [
        "ssd_cin_episodes.csv:2 | no number",
        "ssd_cin_episodes.csv:4 | over 20 characters",
        "ssd_cin_episodes.csv:3 | not letters and digits alone",
    ]
    assert told.table("ChildIdentifiers", "LAchildID") == ["12345678901234567890", "SAME", "SAME"]
    assert told.table("CINdetails", "CINdetailsID", "SAME") == ["1", "2"]
    assert told.work("CIN-CHILD-ID-REPEATED") == ["SAME", "SAME"]


PLANS_AND_SPELLS = {
    "ssd_cin_episodes": """
        referral_id | person_id | referral_date | nfa | close_date
        A1          | 1         | 2024-05-01    | N   | 2024-12-01
        A2          | 1         | 2025-01-10    | N   |
        B1          | 2         | 2025-04-10    | N   |
        B2          | 2         | 2025-05-10    | N   |
        C1          | 3         | 2025-04-10    | Y   |
        D1          | 4         | 2023-04-10    | N   | 2024-04-10
        E1          | 5         | 2025-04-10    | N   |
    """,
    "ssd_cin_plans": """
        cin_plan_id | referral_id | person_id | start_date | end_date
        P1          |             | 1         | 2025-02-01 |
        P2          |             | 2         | 2025-06-01 |
        P3          |             | 1         | 2024-12-24 |
        P4          | C1          | 3         | 2025-05-01 |
        P5          | D1          | 4         | 2023-06-01 |
        P6          | A2          | 2         | 2025-06-01 |
        P7          | gone        | 5         | 2025-06-01 |
        P8          | E1          | nobody    | 2025-06-01 |
        P9          |             | 1         | 2025-01-10 | 2025-01-20
    """,
}


@pytest.fixture(scope="module")
def hung(build):
    return build(**PLANS_AND_SPELLS)


def test_without_a_referral_the_one_spell_that_holds_the_day_decides(hung):
    assert hung.table("CINplanDates", "LAchildID CINdetailsID CINPlanStartDate") == ["C1 | 1 | 2025-02-01"]
    assert hung.decided("CIN-REFERRAL-INFERRED", "child new record") == ["C1 | A2 | ssd_cin_plans.csv:2"]


def test_what_hangs_nowhere_goes_to_a_person_with_the_reason(hung):
    assert hung.work("CIN-ORPHAN", "record note") == [
        "ssd_cin_plans.csv:9 | of a person who is not in ssd_person",
        "ssd_cin_plans.csv:4 | no spell of the child holds its day",
        "ssd_cin_plans.csv:3 | several spells of the child hold its day",
        "ssd_cin_plans.csv:7 | its referral is another child's",
        "ssd_cin_plans.csv:8 | its referral is not in the extract",
    ]


def test_work_under_a_referral_that_went_no_further_is_left_out_and_asked_about(hung):
    assert hung.decided("CIN-NFA-SHORT", "record") == ["ssd_cin_plans.csv:5"]
    assert hung.work("CIN-NFA-WITH-WORK") == ["C3"]


def test_work_in_the_year_under_a_spell_closed_before_it_is_asked_about(hung):
    assert hung.work("CIN-SPELL-NOT-RETURNED") == ["C4"]


def test_last_years_open_cases_must_be_here(build):
    import pandas as pd

    last = pd.DataFrame(
        {
            "LAchildID": ["C1", "C1", "C9", "C8", "C7"],
            "CINreferralDate": ["2025-01-10", "2024-05-01", "2025-02-03", "2025-02-03", "2025-02-03"],
            "CINclosureDate": [None, "2024-12-01", None, None, "2025-03-01"],
            "ReferralNFA": ["0", "0", "false", "1", "0"],
        }
    )
    told = build(ssd_cin_episodes=PLANS_AND_SPELLS["ssd_cin_episodes"], last={"CINdetails": last})
    assert told.work("CIN-LAST-YEAR-OPEN", "child value") == ["C9 | 2025-02-03"]
