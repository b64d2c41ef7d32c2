# ruff: noqa: E501  (tables are drawn as wide as they are)
"""Placement of each episode, its provider, Ofsted number and postcode, and the home the child came from."""

import pytest

KINDS = {
    1: "U6 | PR1 | SC000001 | ZZ1 1AA",
    2: "P1 | PR4 | SC000001 | zz11aa",
    3: "T1 | PR1 | SC000001 | ZZ1 1AA",
    4: "Z11 | PR1 | SC000001 | ZZ1 1AA",
    5: "R5 | PR3 | SC000001 | ZZ1 1AA",
    6: "P2 | PR0 | - | ZZ1 1AA",
    7: "K2 | PR4 | xxxxxxx | ZZ1",
    8: "K2 | PR4 | - | ZZ1 1AA",
    9: "A6 | PR1 | - | ZZ1 1AA",
    10: "K3 | PR4 | 2900001 | -",
}


@pytest.fixture(scope="module")
def told(build):
    rows = [f"{child} | 2025-05-01 | S | {place}" for child, place in KINDS.items()]
    return build(
        "person | start | why | place | provider | urn | post\n" + "\n".join(rows),
        ssd_permanence="table_id | person_id | cla_id | adm_decision_date | provider_urn\n1 | 9 | A9 | 2025-06-01 | SC000077\n",
        ssd_address="""
        table_id | person_id | type      | start_date | end_date   | postcode
        1        | 1         | HOME      | 2012-05-01 | 2025-05-01 | zz7 7aa
        2        | 1         | HOME      | 2025-08-01 |            | ZZ8 8AA
        3        | 1         | PLACEMENT | 2025-05-01 |            | ZZ1 1AA
        4        | 2         | HOME      | 2025-05-01 |            | ZZ1 1AA
        5        | 3         | HOME      | 2012-05-01 |            | ZZ3 3AA
        6        | 3         | HOME      | 2013-05-01 |            | ZZ4 4AA
        7        | 5         | HOME      | 2012-05-01 | 2020-01-01 | ZZ5 5AA
        8        | 6         | HOME      | 2012-05-01 |            | ZZ6
        9        | 7         | HOME      | 2012-05-01 |            | ZZ7 7AA
        10       | 7         | HOME      | 2013-05-01 |            | zz77aa
        """,
        la_home_postcode="child_id | entered_care | postcode\nC4 | 2025-05-01 | ZZ9 9AA\nC1 | 2020-05-01 | ZZ9 9AA\n",
    )


def test_what_the_return_wants_for_each_kind_of_placement(told):
    rows = {c: told.table("Episodes", "PLACE PLACE_PROVIDER URN PL_POST", f"C{c}")[0] for c in KINDS}
    assert rows == {
        1: "U6 | PR1 | SC000001 | ZZ1 1AA",
        2: "P1 | PR0 |  | ZZ1 1AA",
        3: "T1 |  |  | ZZ1 1AA",
        4: "Z11 |  |  | ZZ1 1AA",
        5: "R5 | PR3 |  | ZZ1 1AA",
        6: "| PR0 |  | ZZ1 1AA",  # P2 is not a code of 2025-26
        7: "K2 | PR4 | XXXXXXX |",
        8: "K2 | PR4 |  | ZZ1 1AA",
        9: "A6 | PR1 | SC000077 | ZZ1 1AA",
        10: "K3 | PR4 | 2900001 |",
    }


def test_what_of_it_was_decided_and_what_is_for_a_person(told):
    assert told.decided("903-PROVIDER-BY-TYPE", "child old new") == ["C2 | PR4 | PR0", "C3 | PR1 |", "C4 | PR1 |"]
    assert told.decided("903-URN-NOT-WANTED", "child old") == [f"C{n} | SC000001" for n in (2, 3, 4, 5)]
    assert told.decided("903-URN-OF-ADOPTERS", "child new") == ["C9 | SC000077"]
    assert told.work("903-URN-MISSING") == ["C8"]
    assert told.work("903-POSTCODE-UNUSABLE") == ["C7"]


@pytest.mark.parametrize(
    ("year", "urns", "wanting"),
    [("2022-23", ["", ""], []), ("2023-24", ["SC000001", ""], ["C2"])],
)
def test_semi_independent_settings_had_no_number_before_october_2023(build, year, urns, wanting):
    told = build(
        """
        person | start      | why | place | provider | urn      | end        | left
        1      | 2022-05-01 | S   | H5    | PR4      | SC000001 |            |
        2      | 2022-05-01 | S   | H5    | PR4      | -        |            |
        3      | 2022-05-01 | S   | H5    | PR4      | -        | 2023-10-28 | E5
        """,
        year=year,
        extract_date=None,
    )
    assert told.table("Episodes", "URN")[:2] == urns
    assert told.work("903-URN-MISSING") == wanting


@pytest.mark.parametrize(
    ("year", "sent", "listed"),
    [
        ("2024-25", ["Z1", "", "K3", ""], ["C2 | PLACE | Z11", "C4 | PLACE | H5"]),
        ("2025-26", ["", "Z11", "K3", ""], ["C1 | PLACE | Z1", "C4 | PLACE | H5"]),
    ],
)
def test_a_code_of_another_year_is_left_blank_and_listed(build, year, sent, listed):
    told = build(
        """
        person | start      | why | place | provider
        1      | 2024-05-01 | S   | Z1    | -
        2      | 2024-05-01 | S   | Z11   | -
        3      | 2024-05-01 | S   | K3    | PR4
        4      | 2024-05-01 | S   | H5    | PR4
        """,
        year=year,
    )
    assert told.table("Episodes", "PLACE") == sent
    assert told.work("903-CODE-OF-ANOTHER-YEAR", "child field value") == listed
    assert told.work("903-CODE-OF-ANOTHER-YEAR", "record")[0] == (
        "ssd_cla_placement.csv:3" if year == "2024-25" else "ssd_cla_placement.csv:2"
    )


def test_nothing_is_said_of_an_episode_that_was_over_before_the_year(build):
    told = build(
        """
        person | start      | why | place | provider | urn      | post | end        | left
        1      | 2024-05-01 | S   | K2    | PR4      | -        | ZZ1  | 2025-03-30 | X1
        1      | 2025-03-30 | P   | K2    | PR4      | -        | ZZ2  | 2025-04-01 | X1
        1      | 2025-04-01 |     | R5    | PR3      | SC000001 | -    |            |
        """
    )
    assert told.table("Episodes", "DECOM") == ["2025-03-30", "2025-04-01"]
    assert told.work("903-URN-MISSING", "record") == ["ssd_cla_episodes.csv:3"]
    assert told.work("903-POSTCODE-UNUSABLE", "record") == ["ssd_cla_episodes.csv:3"]
    assert told.decided("903-URN-NOT-WANTED", "record") == ["ssd_cla_episodes.csv:4"]


def test_the_home_the_child_came_from(told):
    homes = {c: told.one("Episodes", "HOME_POST", f"C{c}") for c in range(1, 8)}
    assert homes == {
        1: "ZZ7 7AA",  # in force the day before, not the newest
        2: "ZZ1 1AA",  # first known on the day itself
        3: "",  # two homes: for a person
        4: "ZZ9 9AA",  # the companion file
        5: "",
        6: "",
        7: "ZZ7 7AA",  # entered twice
    }
    assert told.work("903-HOME-SEVERAL") == ["C3"]
    assert told.decided("903-HOME-BY-HAND", "child new") == ["C4 | ZZ9 9AA"]


def test_the_home_postcode_stays_for_the_whole_period_of_care(build):
    told = build(
        """
        person | start      | why | place | end        | left
        1      | 2025-05-01 | S   | U6    | 2025-09-01 | X1
        1      | 2025-09-01 | P   | K2    | 2025-11-01 | E4A
        1      | 2025-12-01 | S   | U6    |            |
        """,
        ssd_address="""
        table_id | person_id | type | start_date | end_date   | postcode
        1        | 1         | Home | 2012-05-01 | 2025-08-01 | ZZ7 7AA
        2        | 1         | Home | 2025-08-01 |            | ZZ8 8AA
        """,
    )
    assert told.episodes(columns="HOME_POST") == ["ZZ7 7AA", "ZZ7 7AA", "ZZ8 8AA"]


class TestWhichPlacement:
    EPISODES = """
        episode_id | clae_person_id | placement_id | start_date | start_reason | cla_id
        E1         | 1              | L9           | 2025-05-01 | S            | A1
        E2         | 2              |              | 2025-05-01 | S            | A2
        E3         | 3              |              | 2025-05-01 | S            | A3
        E4         | 4              | L404         | 2025-05-01 | S            | A4
        E5         | 5              |              | 2025-05-01 | S            | A5
    """
    PLACES = """
        placement_id | clap_person_id | cla_id | start_date | end_date   | type | provider
        L9           | 2              | A2     | 2025-05-01 |            | K2   | PR1
        L1           | 1              | A1     | 2025-05-01 |            | U6   | PR1
        L3           | 3              | A3     | 2025-04-01 | 2025-05-01 | U6   | PR1
        L4           | 4              | A4     | 2025-05-01 |            | U4   | PR1
        L5           | 4              | A4     | 2025-04-01 |            | U6   | PR1
        L6           |                | A5     | 2025-05-01 |            | U3   | PR1
    """

    def test_by_number_else_by_date_never_that_of_another_child(self, build):
        told = build(ssd_cla_episodes=self.EPISODES, ssd_cla_placement=self.PLACES)
        assert told.table("Episodes", "CHILD PLACE") == ["C1 | U6", "C2 | K2", "C3 |", "C4 |", "C5 | U3"]
        assert told.decided("903-PLACEMENT-BY-DATE", "child") == ["C1", "C2", "C5"]
        assert told.work("903-PLACEMENT-MISSING", "child note") == [
            "C3 | no placement: the extract may have dropped its code (T2 to T4, P3, K3, Z11 to Z14)",
            "C4 | names no placement, and several cover its first day",
        ]
