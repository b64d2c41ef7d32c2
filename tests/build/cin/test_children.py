"""Who the child is, as it stood on the day of the return."""

from datetime import date

import pytest

REFERRED = """
    referral_id | person_id | referral_date | nfa | close_date | close_reason
    R1          | 1         | 2025-06-01    | N   |            |
    R2          | 2         | 2025-06-01    | N   |            |
    R3          | 3         | 2025-06-01    | N   |            |
    R4          | 4         | 2025-06-01    | N   |            |
    R5          | 5         | 2025-06-01    | N   |            |
    R6          | 6         | 2025-06-01    | N   | 2025-12-01 | RC2
    R7          | 7         | 2025-06-01    | N   |            |
    R8          | 8         | 2025-06-01    | N   |            |
    R9          | 9         | 2025-06-01    | N   |            |
"""
BORN = """
    person_id | sex | ethnicity | dob        | expected_dob | death_date
    1         | M   | WBRI      | 2012-05-01 | 2012-04-20   |
    2         | F   | WBRI      |            | 2026-08-01   |
    3         | F   | WBRI      | 2026-04-20 | 2026-04-27   |
    4         | F   | WBRI      | 2026-04-20 |              | 2026-05-01
    5         | M   | WBRI      |            | 2009-01-01   |
    6         | M   | WBRI      |            | 2025-11-01   |
    7         |     |           | 2026-07-20 |              |
    8         |     |           | 2013-01-01 |              | 2025-12-31
    9         | U   | REFU      |            | 2026-03-10   |
"""
DISABLED = """
    person_id | disability_code
    1         | MOB
    1         | AUT
    1         | MOB
    2         | LD
"""


@pytest.fixture(scope="module")
def told(build):
    return build(ssd_cin_episodes=REFERRED, ssd_person=BORN, ssd_disability=DISABLED)


@pytest.mark.parametrize(
    ("child", "row", "why"),
    [
        ("C1", "2012-05-01 |  | M", "CIN-DUE-DATE-DROPPED"),
        ("C2", " | 2026-08-01 | U", None),
        ("C3", " | 2026-04-27 | U", "CIN-BORN-AFTER"),
        ("C4", " | 2026-04-20 | U", "CIN-DUE-DATE-UNKNOWN"),
        ("C5", "2009-01-01 |  | M", "CIN-BIRTH-ESTIMATED"),
        ("C6", " | 2025-11-01 | U", "CIN-STILLBIRTH"),
        ("C7", " | 2026-07-20 | U", "CIN-DUE-DATE-IN-BIRTH"),
        ("C8", "2013-01-01 |  | U", None),
        ("C9", " | 2026-03-10 | U", None),
    ],
)
def test_born_unborn_estimated(told, child, row, why):
    assert told.table("ChildIdentifiers", "PersonBirthDate ExpectedPersonBirthDate Sex", child) == [row]
    if why:
        assert any(line.startswith(child) for line in told.decided(why))


def test_sex_not_recorded_is_unknown_and_said(told):
    assert told.decided("CIN-SEX-BLANK", "child new") == ["C8 | U"]
    assert told.decided("CIN-SEX-UNBORN", "child old new") == ["C2 | F | U", "C3 | F | U", "C4 | F | U", "C6 | M | U"]


def test_a_death_after_the_day_of_the_return_is_left_out(told):
    assert told.one("ChildIdentifiers", "PersonDeathDate", "C8") == "2025-12-31"
    assert told.one("ChildIdentifiers", "PersonDeathDate", "C4") == ""
    assert told.decided("CIN-DEATH-CUT", "child old") == ["C4 | 2026-05-01"]


def test_patience_with_an_expected_date_is_the_profiles(build):
    told = build(ssd_cin_episodes=REFERRED, ssd_person=BORN, conventions={"estimated_dob_tolerance_days": 20})
    assert told.table("ChildIdentifiers", "PersonBirthDate ExpectedPersonBirthDate", "C9") == ["2026-03-10 |"]


def test_gender_up_to_2023_24_sex_from_2024_25(build):
    told = build(
        "2023-24",
        ssd_cin_episodes="""
            referral_id | person_id | referral_date | nfa
            R1          | 1         | 2023-06-01    | N
            R2          | 2         | 2023-06-01    | N
            R3          | 3         | 2023-06-01    | N
            R4          | 4         | 2023-06-01    | N
        """,
        ssd_person="""
            person_id | sex | dob        | expected_dob
            1         | M   | 2012-05-01 |
            2         | F   | 2012-05-01 |
            3         | F   |            | 2024-05-01
            4         | U   | 2012-05-01 |
        """,
        extract_date=date(2024, 6, 12),
    )
    assert told.table("ChildIdentifiers", "GenderCurrent") == ["1", "2", "0", "9"]
    assert "Sex" not in told.built.tables["ChildIdentifiers"]


def test_ethnicity_passes_as_recorded_and_blank_stays_blank(told):
    assert told.one("ChildCharacteristics", "Ethnicity", "C9") == "REFU"
    assert told.one("ChildCharacteristics", "Ethnicity", "C8") == ""


def test_profile_may_take_a_blank_for_not_obtained_and_nothing_for_none(build):
    told = build(
        ssd_cin_episodes=REFERRED,
        ssd_person=BORN,
        ssd_disability=DISABLED,
        conventions={"ethnicity_blank_is_nobt": True, "none_disability_default": True},
    )
    assert told.one("ChildCharacteristics", "Ethnicity", "C8") == "NOBT"
    assert told.decided("CIN-ETHNICITY-NOBT", "child new") == ["C7 | NOBT", "C8 | NOBT"]
    assert told.table("Disabilities", "LAchildID Disability") == ["C1 | AUT", "C1 | MOB", "C5 | NONE", "C8 | NONE"]
    assert told.decided("CIN-NONE-ASSUMED", "child") == ["C5", "C8"]
    assert told.origin("Disabilities", 1) == ["row | ssd_disability | 2", "row | ssd_disability | 4"]


def test_disabilities_once_each_in_order_and_none_of_the_unborn(told):
    assert told.table("Disabilities", "LAchildID Disability") == ["C1 | AUT", "C1 | MOB"]
    assert told.decided("CIN-DISABILITY-REPEATED", "child old") == ["C1 | MOB"]
    assert told.decided("CIN-UNBORN-DISABILITY", "child old") == ["C2 | LD"]


def test_disability_history_decides_what_was_in_force_in_the_year(build):
    told = build(
        ssd_cin_episodes="""
            referral_id | person_id | referral_date | nfa
            R1          | 1         | 2025-06-01    | N
            R2          | 2         | 2025-06-01    | N
            R3          | 3         | 2025-06-01    | Y
        """,
        ssd_disability="""
            person_id | disability_code
            1         | NONE
            2         | LD
            2         | BEH
            3         | MOB
        """,
        la_disability_history="""
            child_id | code | start      | end
            C1       | HEAR | 2020-01-01 | 2025-04-01
            C1       | VIS  | 2020-01-01 | 2025-03-31
            C1       | MOB  | 2026-04-01 |
            C2       | LD   | 2026-04-05 |
        """,
    )
    assert told.table("Disabilities", "LAchildID Disability") == ["C1 | HEAR", "C2 | BEH"]
    assert told.decided("CIN-DISABILITY-FROM-HISTORY", "child new") == ["C1 | HEAR"]
    assert told.decided("CIN-NONE-DROPPED", "child old") == ["C1 | NONE"]
    assert told.decided("CIN-DISABILITY-NOT-IN-YEAR", "child old") == ["C2 | LD"]
    assert told.decided("CIN-NFA-DISABILITY", "child old") == ["C3 | MOB"]


GOOD, ANOTHER, THIRD = "U112345678012", "H112345678013", "X112345678014"


def test_the_upns_of_these_tests_are_upns():
    import pandas as pd

    from dfe_returns.build.upn import is_upn

    assert is_upn(pd.Series([GOOD, ANOTHER, THIRD])).tolist() == [True, True, True]


@pytest.fixture(scope="module")
def numbered(build):
    return build(
        ssd_cin_episodes="\n".join(
            ["referral_id | person_id | referral_date | nfa"]
            + [f"R{n} | {n} | 2025-06-01 | {'Y' if n in (7, 8) else 'N'}" for n in range(1, 10)]
            + ["R8b | 8 | 2025-09-01 | N"]
        ),
        ssd_person=f"""
            person_id | sex | dob        | upn                | upn_unknown
            1         | F   | 2012-05-01 | {GOOD.lower()[:5]} {GOOD.lower()[5:]} |
            2         | F   | 2012-05-01 | B112345678012      |
            3         | F   | 2012-05-01 | UN3                |
            4         | F   | 2012-05-01 |                    | UN2
            5         | F   | 2012-05-01 |                    | {ANOTHER}
            6         | F   | 2012-05-01 | {THIRD}            | UN5
            7         | F   | 2012-05-01 |                    |
            8         | F   | 2022-05-01 |                    |
            9         | F   | 2012-05-01 |                    | UN4
        """,
        ssd_send=f"""
            person_id | upn
            2         | {THIRD}
        """,
        la_upn_unknown="""
            child_id | reason
            C9       | UN6
        """,
        la_former_upn=f"""
            child_id | former_upn
            C1       | {GOOD}
            C6       | {GOOD}
        """,
        ssd_linked_identifiers=f"""
            person_id | identifier_type             | identifier_value | valid_from_date
            1         | Former unique pupil number  | {ANOTHER}        | 2019-09-01
            1         | Former Unique Pupil Number  | {THIRD}          | 2021-09-01
            1         | Former Unique Pupil Number  | {GOOD}           | 2026-04-02
            2         | Former Unique Pupil Number  | short            |
            4         | Case number of another team | {THIRD}          |
            6         | Former Unique Pupil Number  | {ANOTHER}        |
        """,
    )


@pytest.mark.parametrize(
    ("child", "row"),
    [
        ("C1", f"{GOOD} |"),  # lower case and a blank inside
        ("C2", f"{THIRD} |"),  # wrong letter; the other record has one
        ("C3", " | UN3"),  # reason in the place of the UPN
        ("C4", " | UN2"),
        ("C5", f"{ANOTHER} |"),  # UPN in the place of the reason
        ("C6", f"{THIRD} |"),  # never both
        ("C7", " |"),  # proposed only
        ("C8", " |"),
        ("C9", " | UN6"),  # a person's word before the system's
    ],
)
def test_upn_or_reason(numbered, child, row):
    assert numbered.table("ChildIdentifiers", "UPN UPNunknown", child) == [row]


def test_every_step_on_the_way_to_a_upn_is_said(numbered):
    assert numbered.decided("CIN-UPN-REFUSED", "child old") == ["C2 | B112345678012"]
    assert numbered.decided("CIN-UPN-FROM-SEND", "child new") == [f"C2 | {THIRD}"]
    assert numbered.decided("CIN-UPN-IN-REASON", "child new") == [f"C5 | {ANOTHER}"]
    assert numbered.decided("CIN-UPN-REASON-MOVED", "child new") == ["C3 | UN3"]
    assert numbered.decided("CIN-UPN-REASON-DROPPED", "child old") == ["C6 | UN5"]
    assert numbered.decided("CIN-UPN-REASON-BY-HAND", "child old new") == ["C9 | UN4 | UN6"]


def test_reasons_are_proposed_never_imposed(numbered, build):
    assert numbered.work("CIN-UPN-PROPOSED-UN7", "child value") == ["C7 | UN7"]  # C8 has a referral that went further
    assert numbered.work("CIN-UPN-PROPOSED-UN1", "child value") == ["C8 | UN1"]
    told = build(
        ssd_cin_episodes="""
            referral_id | person_id | referral_date | nfa
            R1          | 1         | 2025-06-01    | Y
        """,
        conventions={"accept_upn_reasons": ["UN7"]},
    )
    assert told.one("ChildIdentifiers", "UPNunknown", "C1") == "UN7"
    assert told.decided("CIN-UPN-REASON-ACCEPTED", "child new") == ["C1 | UN7"]


def test_former_upn_is_the_latest_known_and_not_the_upn_itself(numbered):
    assert numbered.one("ChildIdentifiers", "FormerUPN", "C1") == THIRD  # by hand would be the UPN itself
    assert numbered.one("ChildIdentifiers", "FormerUPN", "C6") == GOOD  # by hand first
    assert numbered.one("ChildIdentifiers", "FormerUPN", "C2") == ""
    assert numbered.one("ChildIdentifiers", "FormerUPN", "C4") == ""
    assert numbered.decided("CIN-FORMER-UPN-REFUSED", "child old") == [f"C1 | {GOOD}", "C2 | SHORT"]
