# ruff: noqa: E501  (tables are drawn as wide as they are)
"""RNE, REC and the reason for a change of placement: worked out from what changed, held against what was recorded."""

import pytest

HOME, AGENCY = "PR1 | SC000001 | ZZ1 1AA", "PR4 | SC000002 | ZZ2 2AA"


def two(build, why, first, second, **more):
    """Two episodes of one period: `first` and `second` are ls | place | provider | urn | post."""
    return build(
        f"""
        person | start      | why   | ls | place | provider | urn | post | change | end        | left
        1      | 2025-05-01 | S     | {first}                           | CARPL  | 2025-07-01 | X1
        1      | 2025-07-01 | {why} | {second}                          |        |            |
        """,
        **more,
    )


CHANGES = [
    ("legal status alone", f"C1 | U6 | {HOME}", f"C2 | U6 | {HOME}", "L"),
    ("another carer", f"C2 | U6 | {HOME}", f"C2 | U6 | {AGENCY}", "P"),
    ("another carer and legal status", f"C1 | U6 | {HOME}", f"C2 | U6 | {AGENCY}", "B"),
    ("same carer, now for long", f"C2 | U6 | {HOME}", f"C2 | U4 | {HOME}", "T"),
    ("same carer, new address", f"C2 | U6 | {HOME}", "C2 | U6 | PR1 | SC000001 | ZZ3 3AA", "T"),
    ("same carer, another agency", f"C2 | U6 | {HOME}", "C2 | U6 | PR4 | SC000002 | ZZ1 1AA", "T"),
    ("same carer, now for long, and legal status", f"C1 | U6 | {HOME}", f"C2 | U4 | {HOME}", "U"),
    ("foster carer to children's home", f"C2 | U6 | {HOME}", "C2 | K2 | PR4 | SC000003 | ZZ4 4AA", "P"),
]


@pytest.fixture(scope="module")
def changed(build):
    """One child per change, nothing recorded about why."""
    rows = [
        f"{child} | 2025-05-01 | S | {first} | CARPL | 2025-07-01 | X1\n{child} | 2025-07-01 | | {second} | | |"
        for child, (_, first, second, _) in enumerate(CHANGES, 1)
    ]
    head = "person | start | why | ls | place | provider | urn | post | change | end | left\n"
    return build(head + "\n".join(rows))


@pytest.mark.parametrize(("child", "what", "reason"), [(n, c[0], c[3]) for n, c in enumerate(CHANGES, 1)])
def test_why_a_new_episode_began(changed, child, what, reason):
    assert changed.episodes(f"C{child}", "RNE") == ["S", reason], what
    assert f"C{child} | {reason}" in changed.decided("903-START-REASON-DERIVED", "child new")


@pytest.mark.parametrize(("child", "what", "reason"), [(n, c[0], c[3]) for n, c in enumerate(CHANGES, 1)])
def test_the_reason_for_a_change_of_placement_goes_with_a_move(changed, child, what, reason):
    assert changed.episodes(f"C{child}", "REASON_PLACE_CHANGE") == ["" if reason == "L" else "CARPL", ""], what


def test_what_was_recorded_stands_and_a_disagreement_is_listed(build):
    told = two(build, "L", f"C2 | U6 | {HOME}", f"C2 | U6 | {AGENCY}")
    assert told.episodes(columns="RNE") == ["S", "L"]
    assert told.work("903-START-REASON-DIFFERS", "child value note") == [
        "C1 | L | by legal status and placement it would be P"
    ]


def test_the_profile_may_have_it_replaced(build):
    told = two(build, "L", f"C2 | U6 | {HOME}", f"C2 | U6 | {AGENCY}", conventions={"recompute_reasons": True})
    assert told.episodes(columns="RNE") == ["S", "P"]
    assert told.decided("903-START-REASON-REPLACED") == ["C1 | RNE | L | P"]


def test_who_the_carer_is_the_case_system_knows_best(build):
    told = two(build, "P", f"C2 | U6 | {HOME}", "C2 | U6 | PR1 | SC000001 | ZZ3 3AA")
    assert told.episodes(columns="RNE") == ["S", "P"]
    assert told.work("903-START-REASON-DIFFERS") == []


def test_an_extract_that_does_not_reach_back_to_the_start_is_not_corrected(build):
    told = build(
        ssd_cla_episodes="""
        episode_id | person_id | placement_id | start_date | start_reason | primary_need_code | cla_id | entered_care_date
        E9         | 1         |              | 2020-06-01 | L            | N1                | A1     | 2017-02-01
        """
    )
    assert told.episodes(columns="DECOM RNE") == ["2020-06-01 | L"]
    assert told.work("903-START-REASON-DIFFERS") == []


def test_the_first_episode_of_each_period_is_a_start(build):
    told = build(
        """
        person | start      | why | end        | left
        1      | 2025-05-01 | S   | 2025-06-01 | E4A
        1      | 2025-06-09 | S   |            |
        """,
        conventions={"recompute_reasons": True},
    )
    assert told.episodes(columns="RNE REC") == ["S | E4A", "S |"]


class TestReasonForTheEnd:
    def test_x1_where_another_episode_starts_that_day(self, build):
        told = build(
            """
            person | start      | why | place | end        | left
            1      | 2025-05-01 | S   | U6    | 2025-07-01 | E4A
            1      | 2025-07-01 | P   | K2    |            |
            """,
            ssd_cla_episodes="""
            episode_id | person_id | placement_id | start_date | start_reason | ceased_date | ceased_reason | cla_id
            E1         | 1         | L1           | 2025-05-01 | S            | 2025-07-01  | E4A           | A1
            E2         | 1         | L2           | 2025-07-01 | P            |             |               | A1
            """,
        )
        assert told.episodes(columns="DEC REC") == ["2025-07-01 | X1", "|"]
        assert told.decided("903-END-REASON-X1") == ["C1 | REC | E4A | X1"]

    def test_an_end_without_a_reason_is_for_a_person(self, build):
        told = build("person | start | why | end\n1 | 2025-05-01 | S | 2025-07-01\n")
        assert told.work("903-END-REASON-MISSING") == ["C1"]

    def test_x1_that_nothing_follows_is_for_a_person(self, build):
        told = build("person | start | why | end | left\n1 | 2025-05-01 | S | 2025-07-01 | X1\n")
        assert told.work("903-END-REASON-OPEN") == ["C1"]

    def test_others_pass_as_recorded(self, build):
        codes = ["E2", "E3", "E4A", "E4B", "E5", "E13", "E17", "E41", "E45", "E8"]
        rows = [f"{child} | 2025-05-01 | S | 2025-07-01 | {code}" for child, code in enumerate(codes, 10)]
        told = build("person | start | why | end | left\n" + "\n".join(rows))
        assert told.table("Episodes", "REC") == codes


class TestReasonForTheChange:
    def test_on_the_last_episode_of_the_placement_alone(self, build):
        told = build(
            """
            person | start      | why | ls | urn      | post    | change | end        | left
            1      | 2025-05-01 | S   | C1 | SC000001 | ZZ1 1AA | CARPL  | 2025-06-01 | X1
            1      | 2025-06-01 | L   | C2 | SC000001 | ZZ1 1AA | CARPL  | 2025-07-01 | X1
            1      | 2025-07-01 | P   | C2 | SC000002 | ZZ2 2AA |        |            |
            """
        )
        assert told.episodes(columns="RNE REASON_PLACE_CHANGE") == ["S |", "L | CARPL", "P |"]

    def test_none_when_care_ends(self, build):
        told = build("person | start | why | change | end | left\n1 | 2025-05-01 | S | CARPL | 2025-07-01 | E4A\n")
        assert told.episodes(columns="REASON_PLACE_CHANGE") == [""]
