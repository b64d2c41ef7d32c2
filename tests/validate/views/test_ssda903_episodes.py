"""Order of episodes, periods of care and what follows from them."""

EPISODES = """
    CHILD | DECOM      | DEC        | RNE | REC | LS
    A     | 01/06/2025 |            | P   |     | C2
    A     | 01/04/2025 | 01/06/2025 | S   | X1  | C2
    B     | nonsense   |            | S   |     | V2
    B     | 10/04/2025 | 20/04/2025 | S   | E4A | V2
    B     | 10/04/2025 |            | S   |     | V2
          | 01/05/2025 |            | S   |     | V2
    C     |            | 01/01/2026 | S   |     | V3
    C     |            |            | S   |     | V3
"""


def test_sequence_is_by_child_start_end_and_file_position(looked_after):
    c = looked_after(Episodes=EPISODES)
    assert list(c.sequence) == [1, 0, 3, 4, 2, 6, 7]
    assert list(c.dated_sequence) == [1, 0, 3, 4]


def test_neighbours_stay_within_the_child(looked_after):
    c = looked_after(Episodes=EPISODES)
    assert list(c.previous_row) == [1, -1, 4, -1, 3, -1, -1, 6]
    assert list(c.next_row) == [-1, 0, -1, 4, 2, -1, 7, -1]
    assert list(c.previous("REC").fillna("")) == ["X1", "", "", "", "E4A", "", "", ""]
    assert list(c.next_filled("DECOM")) == [False, True, False, True, True, False, False, False]
    assert list(c.previous_filled("DECOM")) == [True, False, True, False, True, False, False, False]
    undated_apart = c.next_among(c.Episodes.DECOM.notna())
    assert list(undated_apart) == [-1, 0, -1, 4, -1, -1, -1, -1]


def test_first_and_latest_episode(looked_after):
    c = looked_after(
        Episodes=EPISODES,
        Header="""
            CHILD
            B
            A
            C
            D
        """,
    )
    assert list(c.first_row_of("Header")) == [3, 1, -1, -1]
    assert list(c.latest_row_of("Header")) == [
        4,
        0,
        7,
        -1,
    ]  # the open one of two with one start; undated: last in the file
    assert list(c.latest_episode("Header", "LS").fillna("")) == ["V2", "C2", "V3", ""]
    assert list(c.first_episode("Header", "DEC").dt.strftime("%d/%m").fillna("")) == ["20/04", "01/06", "", ""]
    assert list(c.is_first) == [False, True, False, True, False, False, False, False]
    assert list(c.is_latest) == [True, False, False, False, True, False, False, True]


def test_open_is_blank_and_ended_is_usable(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | DECOM      | DEC        | REC | LS
        A     | 01/04/2025 |            |     | V3
        B     | 01/04/2025 | 31/02/2026 | X1  | V4
        C     | 01/04/2025 | 1/3/2026   | E8  | V2
    """
    )
    assert list(c.open("Episodes")) == [True, False, False]
    assert list(c.ended("Episodes")) == [False, False, True]
    assert list(c.ending_reason) == [False, False, True]
    assert list(c.respite) == [True, True, False]


def test_an_episode_overlaps_the_year_unless_it_ended_before(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | DECOM      | DEC
        A     | 01/01/2024 | 31/03/2025
        A     | 01/01/2024 | 01/04/2025
        A     | 31/03/2026 |
        A     | 01/04/2026 |
        A     | 01/01/2024 | soon
        A     |            |
    """
    )
    assert list(c.overlaps_year) == [False, True, True, False, True, False]


def test_periods_of_care_part_where_a_start_is_later_than_the_end_just_before(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | DECOM      | DEC
        A     | 01/05/2025 | 01/06/2025
        A     | 01/06/2025 | 01/07/2025
        A     | 03/07/2025 |
        B     | 01/05/2025 |
        B     | 01/06/2025 | 05/06/2025
        B     |            | 06/06/2025
              | 01/06/2025 |
    """
    )
    assert list(c.spells.first_row) == [0, 2, 3]
    assert list(c.spells.last_row) == [1, 2, 4]
    assert list(c.spells.end.dt.strftime("%d/%m").fillna("")) == ["01/07", "", "05/06"]
    assert list(c.spell_of) == [0, 0, 1, 2, 2, -1, -1]
    assert list(c.spell("start").dt.strftime("%d/%m").fillna("")) == [
        "01/05",
        "01/05",
        "03/07",
        "01/05",
        "01/05",
        "",
        "",
    ]


def test_in_care_on_a_day(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | DECOM      | DEC
        A     | 01/05/2025 | 01/06/2025
        A     | 03/07/2025 |
    """,
        Missing="""
        CHILD | MIS_START
        A     | 30/04/2025
        A     | 01/05/2025
        A     | 01/06/2025
        A     | 02/06/2025
        A     | 01/01/2030
        A     |
        B     | 01/05/2025
    """,
    )
    days = c.Missing.MIS_START
    assert list(c.in_care_on("Missing", days)) == [False, True, True, False, True, False, False]
    assert list(c.in_care_on("Missing", days, last_day=False)) == [False, True, False, False, True, False, False]
    assert list(c.in_care_on("Missing", days, without_end=True)) == [False, False, False, False, True, False, False]
    assert list(c.has_spell("Missing")) == [True] * 6 + [False]


def test_continuously_looked_after(looked_after):
    c = looked_after(
        Header="""
        CHILD
        all year
        from 1 April
        from 2 April
        moved
        left on 31 March
        left, no reason
        respite
        respite last year
        starts next year
    """,
        Episodes="""
        CHILD             | DECOM      | DEC        | RNE | REC | LS
        all year          | 01/01/2020 |            | S   |     | C2
        from 1 April      | 01/04/2025 |            | S   |     | C2
        from 2 April      | 02/04/2025 |            | S   |     | C2
        moved             | 01/01/2024 | 01/06/2025 | S   | X1  | C2
        moved             | 01/06/2025 |            | P   |     | C2
        left on 31 March  | 01/01/2020 | 31/03/2026 | S   | E8  | C2
        left, no reason   | 01/01/2020 | 01/12/2025 | S   |     | C2
        respite           | 01/01/2020 | 01/12/2020 | S   | X1  | V3
        respite           | 01/01/2021 |            | S   |     | V4
        respite last year | 01/01/2020 | 01/12/2020 | S   | X1  | V3
        respite last year | 01/12/2020 |            | L   |     | C2
        starts next year  | 01/04/2026 |            | S   |     | C2
    """,
    )
    expected = [True, True, False, True, False, False, False, True, False]
    assert list(c.continuously_looked_after("Header")) == expected


def test_looked_after_at_the_end_of_the_year(looked_after):
    c = looked_after(
        Header="""
        CHILD
        open
        ended
        unreadable end
        respite
        none
    """,
        Episodes="""
        CHILD          | DECOM      | DEC        | LS
        open           | 01/01/2020 | 01/05/2025 | C2
        open           | 01/05/2025 |            | C2
        ended          | 01/01/2020 |            | C2
        ended          | 01/05/2025 | 01/06/2025 | C2
        unreadable end | 01/05/2025 | then       | C2
        respite        | 01/05/2025 |            | V4
    """,
    )
    assert list(c.looked_after_at_end("Header")) == [True, False, False, False, False]


def test_no_rows_at_all(looked_after):
    c = looked_after(Episodes="CHILD | DECOM", Header="CHILD")
    empty = (
        c.sequence,
        c.spells,
        c.spell_of,
        c.previous_row,
        c.first_row_of("Header"),
        c.continuously_looked_after("Header"),
    )
    assert [len(view) for view in empty] == [0] * 6
