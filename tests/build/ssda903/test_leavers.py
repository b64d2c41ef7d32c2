# ruff: noqa: E501  (tables are drawn as wide as they are)
"""OC3: care leavers whose birthday of 17 to 25 lies in the year."""

import pytest

CARE = """
    person | start      | why | ls | end        | left
    17     | 2022-01-10 | S   | V2 | 2025-07-31 | E4A
    18     | 2022-01-10 | S   | C2 | 2025-08-01 | E5
    19     | 2022-01-10 | S   | C2 | 2024-08-01 | E5
    20     | 2021-01-10 | S   | C2 | 2023-08-01 | E3
    21     | 2021-01-10 | S   | V4 | 2022-08-01 | E4A
    16     | 2022-01-10 | S   | C2 |            |
"""
PEOPLE = "person_id | sex | dob\n" + "\n".join(
    f"{age} | F | {2025 - age}-08-01" for age in (16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26)
)
CONTACTS = """
    table_id | person_id | eligibility     | in_touch | latest_contact | accommodation | suitable | activity
    1        | 16        | Eligible        |          |                |               |          |
    2        | 17        | Relevant        | YES      | 2025-08-20     | B             | 1        | F2
    3        | 18        | Former relevant | YES      | 2025-08-20     | D             | 1        | F5
    4        | 19        | Former relevant | YES      | 2025-07-20     | U             | 1        | G5
    5        | 19        | Former relevant | YES      | 2025-08-15     | U             | 2        | F5
    6        | 19        | Former relevant | YES      | 2025-12-15     | K             | 1        | F5
    7        | 20        | Former relevant | YES      | 2025-08-20     | D             | 1        | F5
    8        | 21        | Qualifying      | YES      | 2025-08-20     | D             | 1        | F5
    9        | 22        | Former relevant | YES      | 2026-01-20     | D             | 1        | P5
    10       | 23        | Former relevant | YES      | 2025-03-20     | D             | 1        | F5
    11       | 24        | Former relevant | YES      | 2026-04-20     | D             | 1        | F5
    12       | 25        | Former relevant | YES      | 2025-08-01     | Z             | 1        | G4
    13       | 26        | Former relevant | YES      | 2025-08-01     | Z             | 1        | G4
    14       | 30        | Former relevant | REFU     |                |               |          |
    15       | 31        | Former relevant | YES      | 2025-04-20     | D             | 1        | F5
    16       | 32        | Former relevant | YES      | 2025-10-20     | D             | 1        | F5
    17       | 33        | Former relevant | YES      | 2025-08-20     | B             |          |
    18       | 34        | Former relevant | NO       | 2025-08-20     | B             | 1        | F2
"""
MORE = "\n" + "\n".join(f"{person} | M | 2005-08-01" for person in (30, 31, 32, 33, 34))


@pytest.fixture(scope="module")
def told(build):
    return build(
        CARE,
        ssd_person=PEOPLE + MORE,
        ssd_care_leavers=CONTACTS,
        la_care_leaver_birthday="""
        child_id | birthday_age | contact_date | in_touch | activity | accommodation | suitable
        C31      | 20           | 2025-08-05   | YES      | F1       | B             | 1
        C32      | 19           | 2024-08-05   | YES      | F1       | B             | 1
        """,
    )


def test_who_and_how_they_live(told):
    assert told.table("OC3", "CHILD DOB IN_TOUCH ACTIV ACCOM") == [
        "C17 | 2008-08-01 | YES | F2 | B1",  # care ended the day before the 17th birthday
        "C19 | 2006-08-01 | YES | F5 | U2",  # the contact next after the birthday
        "C22 | 2003-08-01 | YES | P5 | D1",  # asked for support in the year
        "C25 | 2000-08-01 | YES | G4 | Z1",
        "C30 | 2005-08-01 | REFU | 0 | 0",
        "C31 | 2005-08-01 | YES | F1 | B1",  # stated for the birthday in the companion file
        "C32 | 2005-08-01 |  |  |",  # no contact near the birthday
        "C33 | 2005-08-01 | YES |  |",
        "C34 | 2005-08-01 | NO | 0 | 0",
    ]


def test_why_others_are_left_out(told):
    assert told.left_out("ssd_care_leavers") == {
        "22 to 25 without a contact in the year": 2,  # 23 last seen before the year, 24 after it
        "died in care, adopted or taken over by another authority": 1,
        "still looked after on the birthday": 1,  # left on the 18th birthday itself
    }


def test_what_is_left_to_a_person(told):
    assert told.work("903-LEAVER-NO-CONTACT") == ["C32"]
    assert told.decided("903-LEAVER-BY-HAND", "child new") == ["C31 | YES"]
    assert told.decided("903-LEAVER-NOT-KNOWN", "child") == ["C33"]


def test_only_short_breaks_make_no_care_leaver(build):
    told = build(
        CARE,
        ssd_person=PEOPLE,
        ssd_care_leavers="table_id | person_id | eligibility | in_touch | latest_contact\n1 | 21 | Relevant | YES | 2025-08-20\n",
    )
    assert told.children("OC3") == []
    assert told.left_out("ssd_care_leavers") == {"only short breaks": 1}


def test_a_care_leaver_without_an_episode_has_header_and_oc3_only(told):
    assert "C30" in told.children("Header")
    assert "C30" not in told.children("Episodes")
    assert told.one("Header", "MOTHER", "C30") == ""


def test_a_birthday_on_29_february_is_on_the_28th_in_other_years(build):
    told = build(
        ssd_person="person_id | sex | dob\n1 | F | 2004-02-29\n",
        ssd_care_leavers="table_id | person_id | eligibility | in_touch | latest_contact\n1 | 1 | Former relevant | YES | 2026-02-28\n",
    )
    assert told.one("OC3", "IN_TOUCH") == "YES"
