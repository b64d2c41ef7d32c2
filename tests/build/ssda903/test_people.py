"""The Header: who the children are, and whether a girl is a mother."""

import pytest

CARE = """
    person | start      | why | ls | end        | left
    1      | 2025-06-01 | S   | C2 |            |
    2      | 2025-06-01 | S   | C2 |            |
    3      | 2025-06-01 | S   | C2 |            |
    4      | 2025-06-01 | S   | V3 | 2025-06-03 | E4A
    5      | 2025-06-01 | S   | C2 |            |
    6      | 2025-06-01 | S   | C2 |            |
    7      | 2024-06-01 | S   | C2 | 2024-09-01 | E4A
    8      | 2025-06-01 | S   | C2 |            |
    9      | 2025-06-01 | S   | C2 |            |
"""
PEOPLE = """
    person_id | sex | ethnicity | dob        | expected_dob | upn           | upn_unknown
    1         | F   | WBRI      | 2009-05-01 |              | A999200000001 |
    2         | F   | MWBA      | 2010-05-01 |              | R999200000002 |
    3         | M   | wbri      | 2010-05-01 |              |               | UN2
    4         | F   | WBRI      | 2010-05-01 |              |               |
    5         | F   |           |            | 2011-02-01   |               | UN7
    6         |     | REFU      | 2024-05-01 |              |               | UN1
    7         | F   | WBRI      | 2010-05-01 |              |               |
    8         | F   | WBRI      | 2010-05-01 |              |               | UN4
    9         | U   | WBRI      | 2009-05-01 |              |               | UN2
"""


@pytest.fixture(scope="module")
def told(build):
    return build(
        CARE,
        ssd_person=PEOPLE,
        ssd_mother="""
        table_id | person_id | childs_dob
        1        | 1         | 2026-02-01
        2        | 1         | 2025-01-15
        3        | 2         | 2026-05-01
        4        | 4         | 2025-01-01
        5        | 8         | 2018-01-01
        6        | 7         | 2025-05-01
        7        | 9         | 2025-05-01
        """,
        la_upn_unknown="""
        child_id | reason | decided_by_role
        C8       | UN5    | Data lead
        C4       | UN7    | Data lead
        """,
        ssd_send="""
        person_id | upn
        9         | N999200000001
        1         | B999200000001
        4         | A999200000002
        """,
    )


def test_one_row_per_child_with_an_episode_in_the_year(told):
    assert told.children("Header") == ["C1", "C2", "C3", "C4", "C5", "C6", "C8", "C9"]


def test_sex_birth_and_ethnicity(told):
    assert told.table("Header", "CHILD SEX DOB ETHNIC") == [
        "C1 | F | 2009-05-01 | WBRI",
        "C2 | F | 2010-05-01 | MWBA",
        "C3 | M | 2010-05-01 | WBRI",
        "C4 | F | 2010-05-01 | WBRI",
        "C5 | F | 2011-02-01 |",
        "C6 | U | 2024-05-01 | REFU",
        "C8 | F | 2010-05-01 | WBRI",
        "C9 | U | 2009-05-01 | WBRI",
    ]
    assert told.decided("903-BIRTH-ESTIMATED", "child new") == ["C5 | 2011-02-01"]


def test_a_sound_pupil_number_or_the_reason_for_none(told):
    assert told.table("Header", "CHILD UPN")[2:] == [
        "C3 | UN2",
        "C4 |",  # neither record has a sound one
        "C5 |",
        "C6 | UN1",
        "C8 | UN5",
        "C9 | N999200000001",  # of the special needs record
    ]
    assert told.decided("903-UPN-FROM-SEND", "child new") == ["C9 | N999200000001"]
    assert told.origin("Header", 7) == ["UPN | ssd_send | 2", "row | ssd_person | 10"]
    assert told.decided("903-UPN-REASON-BY-HAND", "child old new") == ["C8 | UN4 | UN5"]


def test_mothers_are_girls_with_care_other_than_short_breaks(told):
    assert told.table("Header", "CHILD MOTHER MC_DOB") == [
        "C1 | 1 | 2025-01-15",  # her first child
        "C2 | 0 |",  # not born yet on the day of the return
        "C3 |  |",  # boy
        "C4 |  |",  # short breaks alone
        "C5 | 0 |",
        "C6 |  |",  # sex not known
        "C8 | 0 |",  # she was seven: a link the wrong way round
        "C9 | 1 | 2025-05-01",  # sex not known, but a mother
    ]
    assert told.work("903-MOTHER-TOO-YOUNG") == ["C8"]


def test_ethnicity_not_recorded_is_sent_as_not_obtained_if_the_profile_says_so(build):
    told = build(CARE, ssd_person=PEOPLE, conventions={"ethnicity_blank_is_nobt": True})
    assert told.one("Header", "ETHNIC", "C5") == "NOBT"
    assert told.decided("903-ETHNICITY-NOBT", "child new") == ["C5 | NOBT"]


def test_sex_was_1_and_2_to_2023_24(build):
    told = build(
        "person | start | why\n1 | 2023-06-01 | S\n2 | 2023-06-01 | S\n3 | 2023-06-01 | S\n",
        year="2023-24",
        ssd_person="person_id | sex | dob\n1 | M | 2010-01-01\n2 | F | 2010-01-01\n3 | U | 2010-01-01\n",
    )
    assert told.table("Header", "SEX") == ["1", "2", ""]


def test_the_child_number_is_the_column_the_profile_names(build):
    told = build(CARE, ssd_person=PEOPLE, conventions={"child_id_source": "pers_person_id"})
    assert told.children("Header")[:2] == ["1", "2"]


def test_one_number_for_two_people_is_for_a_person(build):
    told = build(
        "person | start | why\n1 | 2025-06-01 | S\n2 | 2025-06-01 | S\n",
        ssd_person="person_id | legacy_id | sex | dob\n1 | C9 | M | 2010-01-01\n2 | C9 | M | 2011-01-01\n",
    )
    assert told.work("903-CHILD-ID-REPEATED") == ["C9", "C9"]
