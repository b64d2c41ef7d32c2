# ruff: noqa: E501  (tables are drawn as wide as they are)
"""What last year's return left open, and values that a person set by hand."""

import pandas as pd
import pytest

CARE = """
    person | start      | why | urn      | end        | left
    1      | 2024-06-01 | S   | SC000001 |            |
    2      | 2024-06-01 | S   | SC000001 | 2025-03-01 | E4A
    3      | 2024-06-02 | S   | SC000001 |            |
    4      | 2025-06-01 | S   | SC000001 |            |
"""
LAST = pd.DataFrame(
    [
        ("C1", "01/06/2024", ""),
        ("C2", "01/06/2024", ""),
        ("C3", "01/06/2024", ""),
        ("C4", "01/06/2023", "01/02/2025"),
        ("C9", "01/06/2024", ""),
    ],
    columns=["CHILD", "DECOM", "DEC"],
)


@pytest.fixture(scope="module")
def told(build):
    return build(
        CARE,
        last={"Episodes": LAST},
        la_overrides="""
        return  | table    | child_id | key | field | old_value  | new_value  | decided_by_role | reason        | decided_on
        ssda903 | Episodes | C1       | E1  | URN   | SC000001   | SC000009   | Data lead       | wrong setting | 2026-05-01
        ssda903 | Header   | C3       |     | DOB   | 01/05/2012 | 02/05/2012 | Data lead       | certificate   | 2026-05-01
        ssda903 | Episodes | C4       | E4  | URN   | SC000002   | SC000009   | Data lead       | old           | 2026-05-01
        ssda903 | Episodes | C4       | E4  | CHILD | C4         | C5         | Data lead       | merge         | 2026-05-01
        cin     | Header   | C4       |     | DOB   | 01/05/2012 | 02/05/2012 | Data lead       | other return  | 2026-05-01
        """,
    )


def test_an_episode_open_last_year_must_be_here_from_the_same_day(told):
    assert told.work("903-LAST-YEAR-GONE", "child value") == ["C2 | 2024-06-01"]
    assert told.work("903-LAST-YEAR-DIFFERS", "child value") == ["C3 | 2024-06-01"]
    assert told.decided("903-LAST-YEAR-UNKNOWN", "old new") == ["1 | 0"]


def test_without_last_year_nothing_is_said_of_it(build):
    assert not {code for code in build(CARE).codes() if "LAST-YEAR" in code}


def test_an_override_that_names_the_value_it_replaces_is_applied(told):
    assert told.one("Episodes", "URN", "C1") == "SC000009"
    assert told.one("Header", "DOB", "C3") == "2012-05-02"
    assert told.decided("903-OVERRIDE", "child field old new note") == [
        "C1 | URN | SC000001 | SC000009 | wrong setting (Data lead, 2026-05-01)",
        "C3 | DOB | 2012-05-01 | 2012-05-02 | certificate (Data lead, 2026-05-01)",
    ]


def test_any_other_override_is_for_a_person(told):
    assert told.one("Episodes", "URN", "C4") == "SC000001"
    assert told.work("903-OVERRIDE-NOT-APPLIED", "child field") == ["C4 | URN", "C4 | CHILD"]
