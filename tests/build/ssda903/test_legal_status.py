# ruff: noqa: E501  (tables are drawn as wide as they are)
"""Legal status: of all that the case system holds, the one in force on the first day of each episode."""

EPISODE = """
    episode_id | person_id | placement_id | start_date | start_reason | primary_need_code | ceased_date | ceased_reason | cla_id
    E1         | 1         | L1           | 2025-05-01 | S            | N1                |             |               | A1
"""
PLACED = """
    placement_id | clap_person_id | start_date | type | provider | urn      | postcode
    L1           | 1              | 2025-05-01 | U6   | PR1      | SC000001 | ZZ1 1AA
"""


def statuses(build, rows, **more):
    head = "legal_status_id | person_id | lega_legal_status | start_date | end_date\n"
    return build(ssd_cla_episodes=EPISODE, ssd_cla_placement=PLACED, ssd_legal_status=head + rows, **more)


def test_the_one_that_is_in_force(build):
    told = statuses(build, "1|1|V2|2025-01-01|2025-05-01\n2|1|C1|2025-05-01|\n3|1|C2|2026-05-01|\n")
    assert told.episodes(columns="LS") == ["C1"]
    assert not told.codes() & {"903-STATUS-CHOSEN", "903-STATUS-INSIDE", "903-STATUS-MISSING"}


def test_of_several_the_one_that_began_last(build):
    told = statuses(build, "1|1|C2|2025-01-01|\n2|1|E1|2025-05-01|\n")
    assert told.episodes(columns="LS") == ["E1"]
    assert told.decided("903-STATUS-CHOSEN", "child field new") == ["C1 | LS | E1"]


def test_of_several_from_one_day_a_court_order_before_an_agreement(build):
    told = statuses(build, "1|1|V2|2025-05-01|\n2|1|C1|2025-05-01|\n")
    assert told.episodes(columns="LS") == ["C1"]


def test_the_same_status_entered_twice_is_no_choice(build):
    told = statuses(build, "1|1|C2|2025-01-01|\n2|1|C2|2025-03-01|\n")
    assert told.episodes(columns="LS") == ["C2"]
    assert told.decided("903-STATUS-CHOSEN") == []


def test_none_is_for_a_person(build):
    told = statuses(build, "1|1|C2|2025-01-01|2025-05-01\n2|1||2025-05-01|\n")
    assert told.episodes(columns="LS") == [""]
    assert told.work("903-STATUS-MISSING") == ["C1"]


def test_the_companion_file_settles_it(build):
    told = statuses(
        build,
        "1|1|C2|2025-01-01|\n",
        la_legal_status_on_episode="episode_id | legal_status_code\nE1 | V2\n",
    )
    assert told.episodes(columns="LS") == ["V2"]


class TestOrderInsideAnEpisode:
    INSIDE = "1|1|V2|2025-05-01|2025-08-01\n2|1|C1|2025-08-01|2025-11-03\n3|1|C2|2025-11-03|\n"

    def test_it_is_listed_for_a_person(self, build):
        told = statuses(build, self.INSIDE)
        assert told.episodes(columns="DECOM LS") == ["2025-05-01 | V2"]
        assert told.work("903-STATUS-INSIDE", "child value") == ["C1 | C1", "C1 | C2"]

    def test_the_episode_is_split_if_the_profile_says_so(self, build):
        told = statuses(build, self.INSIDE, conventions={"allow_legal_status_split": True})
        assert told.episodes() == [
            "2025-05-01 | S | V2 | U6 | 2025-08-01 | X1",
            "2025-08-01 | L | C1 | U6 | 2025-11-03 | X1",
            "2025-11-03 | L | C2 | U6 |  |",
        ]
        assert told.decided("903-EPISODE-SPLIT", "child new") == ["C1 | 2025-08-01", "C1 | 2025-11-03"]

    def test_a_status_that_the_episode_names_is_not_split_by_the_history(self, build):
        told = statuses(
            build,
            self.INSIDE,
            conventions={"allow_legal_status_split": True},
            la_legal_status_on_episode="episode_id | legal_status_code\nE1 | C2\n",
        )
        assert told.episodes(columns="DECOM LS DEC") == ["2025-05-01 | C2 |"]
        assert told.decided("903-EPISODE-SPLIT") == []
        assert told.work("903-STATUS-INSIDE", "child value") == ["C1 | C1", "C1 | C2"]

    def test_a_renewed_order_is_no_change(self, build):
        renewed = "1|1|C1|2025-05-01|2025-08-01\n2|1|C1|2025-08-01|\n"
        told = statuses(build, renewed, conventions={"allow_legal_status_split": True})
        assert told.episodes(columns="DECOM LS DEC") == ["2025-05-01 | C1 |"]
        assert statuses(build, renewed).work("903-STATUS-INSIDE") == []

    def test_an_order_after_the_day_of_the_return_is_not_told(self, build):
        told = statuses(build, "1|1|V2|2025-05-01|2026-04-10\n2|1|C1|2026-04-10|\n")
        assert told.work("903-STATUS-INSIDE") == []
        assert told.episodes(columns="LS") == ["V2"]


def test_an_order_beside_another_that_began_earlier_changes_the_status(build):
    told = build(
        """
        person | start      | why | ls | end        | left
        1      | 2025-05-01 | S   | C2 | 2025-09-01 | X1
        1      | 2025-09-01 | L   | E1 |            |
        """,
        ssd_legal_status="""
        legal_status_id | person_id | lega_legal_status | start_date | end_date
        1               | 1         | C2                | 2025-05-01 |
        2               | 1         | E1                | 2025-09-01 |
        """,
    )
    assert told.episodes(columns="LS") == ["C2", "E1"]
