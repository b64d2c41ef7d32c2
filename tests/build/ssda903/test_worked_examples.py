# ruff: noqa: E501  (tables are drawn as wide as they are)
"""The worked examples of how episodes are built, from lists as a case system keeps them."""


def test_a_voluntary_start_order_and_move_on_one_day_order_alone_carer_moves_house(build):
    told = build(
        year="2024-25",
        care="""
        person | start      | why | ls | provider | urn      | post    | change | end        | left
        1      | 2024-05-03 | S   | V2 | PR1      | SC000001 | ZZ1 1AA | CARPL  | 2024-06-20 | X1
        1      | 2024-06-20 | B   | C1 | PR4      | SC000002 | ZZ2 2AA |        | 2024-12-02 | X1
        1      | 2024-12-02 | L   | C2 | PR4      | SC000002 | ZZ2 2AA | PLACE  | 2025-01-10 | X1
        1      | 2025-01-10 | T   | C2 | PR4      | SC000002 | ZZ3 3AA |        |            |
        """,
    )
    assert told.episodes(columns="DECOM RNE LS PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE") == [
        "2024-05-03 | S | V2 | U6 | PR1 | 2024-06-20 | X1 | CARPL",
        "2024-06-20 | B | C1 | U6 | PR4 | 2024-12-02 | X1 |",
        "2024-12-02 | L | C2 | U6 | PR4 | 2025-01-10 | X1 | PLACE",
        "2025-01-10 | T | C2 | U6 | PR4 |  |  |",
    ]
    assert told.codes() <= {"903-PREVIOUS-MISSING"}


def test_a_next_year_starts_with_the_last_row_unchanged(build):
    care = """
        person | start      | why | ls | urn      | post    | end        | left
        1      | 2024-12-02 | S   | C2 | SC000002 | ZZ2 2AA | 2025-01-10 | X1
        1      | 2025-01-10 | T   | C2 | SC000002 | ZZ3 3AA |            |
    """
    columns = "DECOM RNE LS CIN PLACE PLACE_PROVIDER URN HOME_POST PL_POST"
    last = build(care, year="2024-25").episodes(columns=columns)[-1]
    assert build(care, year="2025-26").episodes(columns=columns) == [last]


def test_b_hospital_and_back_to_the_same_home(build):
    told = build(
        """
        person | start      | why | place | provider | urn      | post    | change | end        | left
        1      | 2025-07-01 | S   | K2    | PR4      | SC000007 | ZZ7 7AA | OTHER  | 2025-08-05 | X1
        1      | 2025-08-05 | P   | T1    | PR4      | SC000007 | ZZ9 9AA | OTHER  | 2025-08-20 | X1
        1      | 2025-08-20 | P   | K2    | PR4      | SC000007 | ZZ7 7AA |        |            |
        """
    )
    assert told.episodes(columns="DECOM RNE PLACE PLACE_PROVIDER URN PL_POST REASON_PLACE_CHANGE") == [
        "2025-07-01 | S | K2 | PR4 | SC000007 | ZZ7 7AA |",
        "2025-08-05 | P | T1 |  |  | ZZ9 9AA |",
        "2025-08-20 | P | K2 | PR4 | SC000007 | ZZ7 7AA |",
    ]


def test_c_foster_carer_joins_the_authoritys_own_service(build):
    told = build(
        """
        person | start      | why | provider | urn      | post    | change | end        | left
        1      | 2025-05-01 | S   | PR4      | SC000004 | ZZ4 4AA | PLACE  | 2025-10-01 | X1
        1      | 2025-10-01 |     | PR1      | SC000001 | ZZ4 4AA |        |            |
        """
    )
    assert told.episodes(columns="DECOM RNE PLACE_PROVIDER URN REASON_PLACE_CHANGE") == [
        "2025-05-01 | S | PR4 | SC000004 | PLACE",
        "2025-10-01 | T | PR1 | SC000001 |",
    ]
    assert told.decided("903-START-REASON-DERIVED") == ["C1 | RNE |  | T"]


def test_d_home_under_the_order_then_discharged_and_back_in_care(build):
    told = build(
        """
        person | start      | why | ls | place | provider | urn      | post    | end        | left
        1      | 2024-11-01 | S   | C2 | U6    | PR1      | SC000001 | ZZ1 1AA | 2026-03-01 | X1
        1      | 2026-03-01 | P   | C2 | P1    | PR1      | SC000001 | ZZ8 8AA | 2026-03-10 | E4A
        1      | 2026-03-18 | S   | V2 | U6    | PR1      | SC000001 | ZZ1 1AA |            |
        """,
        ssd_cla_previous_permanence="""
        table_id | person_id | option | la | order_date
        1        | 1         | Z1     |    |
        """,
    )
    assert told.episodes(columns="DECOM RNE PLACE PLACE_PROVIDER URN DEC REC") == [
        "2024-11-01 | S | U6 | PR1 | SC000001 | 2026-03-01 | X1",
        "2026-03-01 | P | P1 | PR0 |  | 2026-03-10 | E4A",
        "2026-03-18 | S | U6 | PR1 | SC000001 |  |",
    ]
    assert told.table("PrevPerm", "CHILD PREV_PERM LA_PERM DATE_PERM") == ["C1 | Z1 |  |"]
    assert told.decided("903-PROVIDER-BY-TYPE") == ["C1 | PLACE_PROVIDER | PR1 | PR0"]


def test_e_adopted_by_the_foster_carer(build):
    told = build(
        """
        person | start      | why | ls | place | end        | left
        1      | 2024-01-10 | S   | C2 | U6    | 2025-04-04 | X1
        1      | 2025-04-04 | L   | E1 | U6    | 2025-04-15 | X1
        1      | 2025-04-15 | T   | E1 | A5    | 2026-02-01 | E12
        """,
        ssd_permanence="""
        table_id | person_id | cla_id | adm_decision_date | matched_date | adopter_sex | adopter_legal_status | number_of_adopters | adopted_by_carer_flag
        1        | 1         | A1     | 2025-02-20        | 2025-03-20   | MF          | L11                  | 2                  | Y
        """,
    )
    assert told.episodes() == [
        "2024-01-10 | S | C2 | U6 | 2025-04-04 | X1",
        "2025-04-04 | L | E1 | U6 | 2025-04-15 | X1",
        "2025-04-15 | T | E1 | A5 | 2026-02-01 | E12",
    ]
    assert told.table("AD1", "DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR") == [
        "2025-02-20 | 2025-03-20 | 1 | 2 | MF | L11"
    ]
    assert told.table("PlacedAdoption", "DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED") == ["2025-02-20 |  |"]


def test_f_short_breaks_by_agreement_and_break_by_break(build):
    told = build(
        """
        person | start      | why | ls | place | end        | left
        1      | 2025-09-01 | S   | V4 | K2    |            |
        2      | 2025-06-06 | S   | V3 | K2    | 2025-06-08 | E4A
        2      | 2025-07-04 | S   | V3 | K2    | 2025-07-06 | E4A
        """,
        ssd_address="""
        table_id | person_id | type | start_date | end_date | postcode
        1        | 1         | HOME | 2012-05-01 |          | ZZ5 5AA
        2        | 2         | HOME | 2012-05-01 |          | ZZ5 5AA
        """,
    )
    assert told.episodes("C1", "DECOM RNE LS DEC REC HOME_POST PL_POST URN") == ["2025-09-01 | S | V4 |  |  |  |  |"]
    assert told.episodes("C2", "DECOM RNE LS DEC REC HOME_POST PL_POST URN") == [
        "2025-06-06 | S | V3 | 2025-06-08 | E4A |  |  |",
        "2025-07-04 | S | V3 | 2025-07-06 | E4A |  |  |",
    ]
    assert told.table("Header", "CHILD MOTHER") == ["C1 |", "C2 |"]
    assert told.children("OC2") == []


def test_g_two_changes_of_one_day_that_cancel_out(build):
    told = build(
        """
        person | start      | why | place | urn      | post    | end        | left
        1      | 2025-05-01 | S   | U6    | SC000001 | ZZ1 1AA | 2025-06-03 | X1
        1      | 2025-06-03 | P   | K2    | SC000009 | ZZ9 9AA | 2025-06-03 | X1
        1      | 2025-06-03 | P   | U6    | SC000001 | ZZ1 1AA |            |
        """
    )
    assert told.episodes() == ["2025-05-01 | S | C2 | U6 |  |"]
    assert told.decided("903-EPISODE-OF-NO-NIGHT", "child old") == ["C1 | 2025-06-03"]
    assert told.decided("903-EPISODES-REJOINED", "child old") == ["C1 | 2025-06-03"]
    assert told.origin("Episodes", 0) == [
        "DEC | ssd_cla_episodes | 4",
        "LS | ssd_legal_status | 2",
        "PLACE | ssd_cla_placement | 2",
        "row | ssd_cla_episodes | 2",
    ]
