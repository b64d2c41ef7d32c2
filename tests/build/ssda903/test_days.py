"""Which days episodes cover: the day of the return, the case system's habit of ending them, gaps and overlaps."""

from datetime import date

import pytest

from dfe_returns.errors import UsageError


def test_what_ended_after_the_day_of_the_return_is_open(build):
    told = build(
        """
        person | start      | why | end        | left
        1      | 2025-06-01 | S   | 2026-04-20 | E4A
        2      | 2025-06-01 | S   | 2026-03-31 | E4A
        3      | 2026-04-02 | S   |            |
        """
    )
    assert told.episodes("C1", "DEC REC REASON_PLACE_CHANGE") == ["|  |"]
    assert told.episodes("C2", "DEC REC") == ["2026-03-31 | E4A"]
    assert told.episodes("C3") == []
    assert told.decided("903-END-CUT", "child old new") == ["C1 | 2026-04-20 |"]
    assert told.left_out("ssd_cla_episodes") == {"begins after the day of the return": 1}


def test_a_move_after_the_day_of_the_return_has_not_happened(build):
    told = build(
        """
        person | start      | why | place | change | end        | left
        1      | 2025-06-01 | S   | U6    | CARPL  | 2026-04-02 | X1
        1      | 2026-04-02 | P   | K2    |        |            |
        """
    )
    assert told.episodes(columns="DECOM RNE PLACE DEC REC REASON_PLACE_CHANGE") == ["2025-06-01 | S | U6 |  |  |"]


def test_a_dry_run_stops_at_its_own_day(build):
    told = build("person | start | why | end | left\n1 | 2025-06-01 | S | 2025-11-20 | E4A\n", as_at=date(2025, 9, 30))
    assert told.episodes() == ["2025-06-01 | S | C2 | U6 |  |"]


def test_a_day_before_the_year_is_refused(build):
    with pytest.raises(UsageError, match="before the collection year"):
        build("person | start | why\n1 | 2025-06-01 | S\n", as_at=date(2025, 3, 1))


def test_an_episode_that_ended_before_the_year_is_not_sent_again(build):
    told = build(
        """
        person | start      | why | end        | left
        1      | 2024-06-01 | S   | 2025-03-31 | E4A
        2      | 2024-06-01 | S   | 2025-04-01 | E4A
        """
    )
    assert told.table("Episodes", "CHILD DEC") == ["C2 | 2025-04-01"]
    assert told.left_out("ssd_cla_episodes") == {"over before the year begins": 1}


def test_an_episode_that_reaches_into_the_year_keeps_its_first_day(build):
    told = build(
        """
        person | start      | why | ls | end        | left
        1      | 2019-02-01 | S   | C1 | 2019-08-01 | X1
        1      | 2019-08-01 | L   | C2 |            |
        """
    )
    assert told.episodes(columns="DECOM RNE LS") == ["2019-08-01 | L | C2"]


class TestEndOnTheDayBefore:
    """A case system that writes the last whole day as the end."""

    CARE = """
        person | start      | why | place | end        | left
        1      | 2025-06-01 | S   | U6    | 2025-07-09 | X1
        1      | 2025-07-10 | P   | K2    | 2025-09-01 | E4A
        1      | 2025-09-05 | S   | U6    |            |
    """

    def test_the_profile_says_so(self, build):
        told = build(self.CARE, conventions={"episode_end": "day_before"})
        assert told.episodes(columns="DECOM DEC REC") == [
            "2025-06-01 | 2025-07-10 | X1",
            "2025-07-10 | 2025-09-01 | E4A",
            "2025-09-05 |  |",
        ]
        assert told.decided("903-END-MOVED", "old new") == ["2025-07-09 | 2025-07-10"]

    def test_the_last_day_of_the_year_ends_an_episode_that_goes_on(self, build):
        told = build(
            """
            person | start      | why | place | end        | left
            1      | 2024-06-01 | S   | U6    | 2026-03-31 | X1
            1      | 2026-04-01 | P   | K2    |            |
            """,
            conventions={"episode_end": "day_before"},
        )
        assert told.episodes(columns="DECOM DEC REC") == ["2024-06-01 |  |"]
        assert told.children("OC2") == ["C1"]
        assert told.decided("903-END-MOVED", "old new") == ["2026-03-31 | 2026-04-01"]
        assert told.decided("903-END-CUT", "old") == ["2026-04-01"]

    def test_a_child_back_in_care_on_the_day_after_leaving_was_away_for_a_night(self, build):
        told = build(
            """
            person | start      | why | end        | left
            1      | 2025-06-01 | S   | 2025-07-09 | E4A
            1      | 2025-07-10 | S   |            |
            """,
            conventions={"episode_end": "day_before"},
        )
        assert told.episodes(columns="DECOM DEC REC") == ["2025-06-01 | 2025-07-09 | E4A", "2025-07-10 |  |"]
        assert told.decided("903-END-MOVED") == []

    def test_where_periods_have_no_number_the_reasons_tell(self, build):
        told = build(
            ssd_cla_episodes="""
            episode_id | person_id | start_date | start_reason | ceased_date | ceased_reason
            E1         | 1         | 2025-06-01 | S            | 2025-07-09  | X1
            E2         | 1         | 2025-07-10 | L            | 2025-08-31  | E4B
            E3         | 1         | 2025-09-01 | S            |             |
            """,
            conventions={"episode_end": "day_before"},
        )
        assert told.episodes(columns="DECOM DEC REC") == [
            "2025-06-01 | 2025-07-10 | X1",
            "2025-07-10 | 2025-08-31 | E4B",
            "2025-09-01 |  |",
        ]

    def test_without_the_profile_it_is_a_gap_for_a_person(self, build):
        told = build(self.CARE)
        assert told.episodes(columns="DEC")[0] == "2025-07-09"
        assert told.work("903-EPISODES-APART", "child value") == ["C1 | 2025-07-09"]
        assert told.work("903-END-REASON-OPEN") == ["C1"]


def test_overlap_left_open_backwards_and_undated_are_for_a_person(build):
    told = build(
        """
        person | start      | why | place | end        | left
        1      | 2025-06-01 | S   | U6    | 2025-07-20 | X1
        1      | 2025-07-10 | P   | K2    |            |
        2      | 2025-06-01 | S   | U6    |            |
        2      | 2025-07-10 | P   | K2    |            |
        3      | 2025-06-01 | S   | U6    | 2025-05-20 | E4A
        4      |            | S   | U6    |            |
        """
    )
    assert told.work("903-EPISODES-OVERLAP", "child value") == ["C1 | 2025-07-20"]
    assert told.work("903-EPISODE-LEFT-OPEN") == ["C2"]
    assert told.work("903-EPISODE-BACKWARDS", "child value") == ["C3 | 2025-05-20"]
    assert told.work("903-EPISODE-UNDATED") == ["C4"]
    assert told.episodes("C4") == []


class TestChangesOfOneDay:
    """No episode is shorter than a night; the state at the end of the day counts."""

    def test_a_place_for_some_hours_is_passed_over(self, build):
        told = build(
            """
            person | start      | why | place | urn      | post    | end        | left
            1      | 2025-05-01 | S   | U6    | SC000001 | ZZ1 1AA | 2025-06-03 | X1
            1      | 2025-06-03 | P   | K2    | SC000009 | ZZ9 9AA | 2025-06-03 | X1
            1      | 2025-06-03 | P   | U6    | SC000002 | ZZ2 2AA |            |
            """
        )
        assert told.episodes() == ["2025-05-01 | S | C2 | U6 | 2025-06-03 | X1", "2025-06-03 | P | C2 | U6 |  |"]

    def test_police_protection_of_some_hours_leaves_the_start_to_the_order(self, build):
        told = build(
            """
            person | start      | why | ls | end        | left
            1      | 2025-05-01 | S   | L2 | 2025-05-01 | X1
            1      | 2025-05-01 | L   | C1 |            |
            """
        )
        assert told.episodes(columns="DECOM RNE LS") == ["2025-05-01 | S | C1"]

    def test_a_last_move_on_the_day_of_leaving_keeps_the_reason_for_leaving(self, build):
        told = build(
            """
            person | start      | why | place | end        | left
            1      | 2025-05-01 | S   | U6    | 2025-06-03 | X1
            1      | 2025-06-03 | P   | K2    | 2025-06-03 | E4B
            """
        )
        assert told.episodes() == ["2025-05-01 | S | C2 | U6 | 2025-06-03 | E4B"]
        assert told.work("903-END-REASON-OPEN") == []

    def test_nobody_is_looked_after_for_no_night(self, build):
        told = build("person | start | why | end | left\n1 | 2025-05-01 | S | 2025-05-01 | E4A\n")
        assert told.episodes() == []
        assert told.children("Header") == []


def test_the_need_when_care_began_holds_for_the_period(build):
    told = build(
        """
        person | start      | why | place | need | end        | left
        1      | 2025-05-01 | S   | U6    | N1   | 2025-06-03 | X1
        1      | 2025-06-03 | P   | K2    | N4   | 2025-07-01 | E4A
        1      | 2025-08-01 | S   | U6    | N4   |            |
        """
    )
    assert told.episodes(columns="DECOM CIN") == ["2025-05-01 | N1", "2025-06-03 | N1", "2025-08-01 | N4"]
    assert told.decided("903-NEED-OF-PERIOD") == ["C1 | CIN | N4 | N1"]


def test_rows_stand_by_child_and_day_whatever_order_the_source_has(build):
    told = build(
        """
        person | start      | why | place | end        | left
        2      | 2025-05-01 | S   | U6    |            |
        1      | 2025-06-03 | P   | K2    |            |
        1      | 2025-05-01 | S   | U6    | 2025-06-03 | X1
        """
    )
    assert told.table("Episodes", "CHILD DECOM") == ["C1 | 2025-05-01", "C1 | 2025-06-03", "C2 | 2025-05-01"]


def test_each_episode_knows_the_rows_it_was_made_of(build):
    told = build("person | start | why\n1 | 2025-05-01 | S\n")
    assert told.origin("Episodes", 0) == [
        "LS | ssd_legal_status | 2",
        "PLACE | ssd_cla_placement | 2",
        "row | ssd_cla_episodes | 2",
    ]
