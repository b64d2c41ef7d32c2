"""How cells are read, social workers in order, working lists of each year."""

import pandas as pd

WORKERS = """
    CHILD | SW_ID | SW_DECOM   | SW_DEC
    A     | SW2   | 01/06/2025 |
    A     | SW1   | 01/04/2025 | 01/06/2025
    A     | SW0   |            |
    A     | SW3   | 01/06/2025 | 02/06/2025
          | SW9   | 01/06/2025 |
    B     | SW4   | once       |
    B     | SW5   |            |
"""


def test_cells_are_trimmed_and_upper_cased_and_postcodes_squeezed(looked_after):
    c = looked_after(
        Episodes="""
        child | PL  | PL_POST   | LS     | DATE_EPISODE_CEASED
        a1    | k2  | ab1  2cd  | "  "   | 1/4/2025
    """
    )
    assert c.Episodes[["CHILD", "PLACE", "PL_POST"]].iloc[0].tolist() == ["A1", "K2", "AB12CD"]
    assert list(c.blank("Episodes", "LS")) == [True]
    assert list(c.Episodes.DEC) == [pd.Timestamp(2025, 4, 1)]


def test_an_unreadable_date_is_filled_but_no_day(looked_after):
    c = looked_after(Episodes="CHILD | DECOM\nA | 31/02/2025\nA | 2025-04-01\nA | 01/04/25\nA |")
    assert list(c.filled("Episodes", "DECOM")) == [True, True, True, False]
    assert c.Episodes.DECOM.isna().all()


def test_social_worker_order(looked_after):
    c = looked_after(SWEpisodes=WORKERS)
    assert list(c.sw_sequence) == [1, 3, 0]
    assert list(c.sw_previous_row) == [3, -1, -1, 1, -1, -1, -1]
    assert list(c.sw_next("SW_ID").fillna("")) == ["", "SW3", "", "SW2", "", "", ""]
    assert list(c.sw_previous("SW_DEC").dt.strftime("%d/%m").fillna("")) == ["02/06", "", "", "01/06", "", "", ""]
    assert list(c.sw_is_latest) == [True, False, False, False, False, False, True]
    firsts = c.sw_first_by_child[c.codes("SWEpisodes", ("CHILD",))]
    assert list(firsts) == [1, 1, 1, 1, -1, -1, -1]


def test_working_lists_change_with_the_year(looked_after):
    lists = {
        year: looked_after(year=year, Header="CHILD")
        for year in ("2022-23", "2023-24", "2024-25", "2025-26", "2026-27")
    }
    other = {"Z11", "Z12", "Z13", "Z14"}
    temporary = {"T0", "T1", "T2", "T3", "T4"}
    never = {"P1", "P3", "R1", "R2", "R5"} | temporary
    assert [c.no_provider - temporary for c in lists.values()] == [{"Z1"}] * 3 + [other] * 2
    assert [c.no_provider_213 - temporary for c in lists.values()] == [set()] * 3 + [other] * 2
    assert [c.no_urn_needed - never for c in lists.values()] == [{"H5", "P2", "Z1"}] * 2 + [{"Z1"}] + [other] * 2
    assert [c.urn_not_allowed - never for c in lists.values()] == [
        {"H5", "P2", "Z1"},
        {"P2", "Z1"},
        {"Z1"},
        other,
        other,
    ]
    homes = {"K1", "K2", "R3", "S1"}
    assert [c.postcode_must_match - homes for c in lists.values()] == [set(), {"H5"}, {"K3"}, {"K3"}, {"K3"}]
    assert [c.male | c.female | c.unknown_sex for c in lists.values()] == [{"1", "2"}] * 2 + [{"M", "F", "U"}] * 3


def test_the_row_that_speaks_for_a_child_is_the_first_in_the_file(looked_after):
    c = looked_after(Header="CHILD | DOB\nA | 01/01/2010\nB |\nA | 02/01/2010\n  |\n  |")
    assert list(c.is_child_row("Header")) == [True, True, False, False, False]


def test_unreadable_is_filled_without_being_a_day(looked_after):
    c = looked_after(UASC="CHILD | DUC\nA | then\nA | 01/05/2025\nB |\nB | then")
    assert list(c.unreadable("UASC", "DUC")) == [True, False, False, True]
    assert list(c.duc_filled("UASC")) == [True, True, False, False]
