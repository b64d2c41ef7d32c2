"""Values set by hand: applied to the value they name, said, and otherwise left for a person."""
# ruff: noqa: E501 (tables drawn as text are wide)

import pytest

PARTS = {
    "ssd_cin_episodes": """
        referral_id | person_id | referral_date | nfa | need_code
        A           | 1         | 2025-05-01    | N   | N1
        B           | 1         | 2025-09-01    | Y   |
        C           | 2         | 2025-09-01    | N   | N1
    """,
    "ssd_cp_plans": """
        cp_plan_id | referral_id | person_id | start_date | initial_category
        P          | A           | 1         | 2025-05-07 | NEG
    """,
    "ssd_disability": """
        table_id | person_id | disability_code
        D1       | 1         | MOB
        D2       | 1         | LD
    """,
    "la_overrides": """
        return  | table                | child_id | key  | field               | old_value  | new_value  | reason  | decided_by_role | decided_on
        cin     | CINdetails           | C1       | A    | PrimaryNeedCode     | N1         | N4         | misread | manager         | 2026-05-01
        cin     | CINdetails           | C1       | B    | CINreferralDate     | 01/09/2025 | 2025-09-02 | typing  | manager         | 2026-05-01
        CIN     | CINdetails           | C1       | A    | ReferralNFA         | N          | true       | typing  | manager         | 2026-05-01
        cin     | ChildIdentifiers     | C2       |      | UPNunknown          |            | UN4        | new     | manager         | 2026-05-01
        cin     | ChildProtectionPlans | C1       | P    | NumberOfPreviousCPP | 0          | 1          | old LA  | manager         | 2026-05-01
        cin     | Disabilities         | C1       | D2   | Disability          | LD         |            | wrong   | manager         | 2026-05-01
        cin     | CINdetails           | C2       | C    | PrimaryNeedCode     | N2         | N4         | stale   | manager         | 2026-05-01
        cin     | CINdetails           | C2       | gone | PrimaryNeedCode     | N1         | N4         | no row  | manager         | 2026-05-01
        cin     | CINdetails           | C1       |      | ReferralSource      |            | 1A         | which?  | manager         | 2026-05-01
        cin     | CINdetails           | C2       | C    | CINclosureDate      |            | soon       | typing  | manager         | 2026-05-01
        cin     | CINdetails           | C2       | C    | Nonsense            |            | 1          | typing  | manager         | 2026-05-01
        cin     | ChildIdentifiers     | C2       |      | LAchildID           | C2         | C3         | number  | manager         | 2026-05-01
        cin     | Header               | C2       |      | LEA                 | 999        | 998        | number  | manager         | 2026-05-01
        cin     | ChildIdentifiers     | C2       |      | Sex                 | F          | U          | first   | manager         | 2026-05-01
        cin     | ChildIdentifiers     | C2       |      | Sex                 | F          | M          | later   | director        | 2026-05-02
        ssda903 | CINdetails           | C2       | C    | PrimaryNeedCode     | N1         | N9         | other   | manager         | 2026-05-01
    """,
}


@pytest.fixture(scope="module")
def told(build):
    return build(**PARTS)


def test_overrides_are_applied_to_the_row_they_name(told):
    assert told.table("CINdetails", "CINreferralDate PrimaryNeedCode ReferralNFA", "C1") == [
        "2025-05-01 | N4 | 1",
        "2025-09-02 |  | 1",
    ]
    assert told.table("ChildIdentifiers", "UPNunknown Sex", "C2") == ["UN4 | M"]
    assert told.one("ChildProtectionPlans", "NumberOfPreviousCPP", "C1") == "1"
    assert told.table("Disabilities", "Disability", "C1") == ["", "MOB"]
    assert told.table("CINdetails", "PrimaryNeedCode CINclosureDate", "C2") == ["N1 |"]


def test_each_override_applied_is_said_with_reason_role_and_source(told):
    assert told.decided("CIN-OVERRIDE", "child table field old new note") == [
        "C1 | CINdetails | PrimaryNeedCode | N1 | N4 | misread (manager, 2026-05-01)",
        "C1 | CINdetails | CINreferralDate | 2025-09-01 | 2025-09-02 | typing (manager, 2026-05-01)",
        "C1 | CINdetails | ReferralNFA | 0 | 1 | typing (manager, 2026-05-01)",
        "C2 | ChildIdentifiers | Sex | F | M | later (director, 2026-05-02)",
        "C2 | ChildIdentifiers | UPNunknown |  | UN4 | new (manager, 2026-05-01)",
        "C1 | ChildProtectionPlans | NumberOfPreviousCPP | 0 | 1 | old LA (manager, 2026-05-01)",
        "C1 | Disabilities | Disability | LD |  | wrong (manager, 2026-05-01)",
    ]
    assert "PrimaryNeedCode | la_overrides | 2" in told.origin("CINdetails", 0)


def test_what_is_not_applied_goes_to_a_person(told):
    assert sorted(told.work("CIN-OVERRIDE-NOT-APPLIED", "child field value")) == [
        "C1 | ReferralSource | 1A",  # two rows fit
        "C2 | CINclosureDate | soon",  # no date
        "C2 | LAchildID | C3",  # rows are told apart by it
        "C2 | LEA | 998",
        "C2 | Nonsense | 1",
        "C2 | PrimaryNeedCode | N4",  # no such row
        "C2 | PrimaryNeedCode | N4",  # the old value is another
        "C2 | Sex | U",  # a later one stands
    ]
