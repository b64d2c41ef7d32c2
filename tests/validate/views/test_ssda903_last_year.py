"""Last year's return beside this one's; asylum seekers in both."""

import pandas as pd

from dfe_returns.validate.views.ssda903 import same_value


def test_same_value_compares_days_where_both_are_dates_else_texts():
    texts = pd.Series(["1/6/2025", "01/06/2025", None, "soon", "soon", None], dtype="str")
    other = pd.Series(["01/06/2025", "02/06/2025", None, "soon", "01/06/2025", "soon"], dtype="str")
    days = pd.to_datetime(pd.Series(["2025-06-01", "2025-06-01", None, None, None, None]))
    other_days = pd.to_datetime(pd.Series(["2025-06-01", "2025-06-02", None, None, "2025-06-01", None]))
    assert list(same_value(texts, other, days, other_days)) == [True, False, True, True, False, False]
    assert list(same_value(texts, other)) == [False, False, True, True, False, False]


def test_carried_over_pairs(looked_after):
    c = looked_after(
        Episodes="""
        CHILD    | DECOM      | DEC        | LS | HOME_POST
        both     | 01/06/2025 |            | C1 |
        both     | 1/5/2024   | 01/06/2025 | C2 | ab1 2cd
        closed   | 01/05/2024 |            | C2 |
        undated  |            |            | C2 |
        new      | 01/05/2025 |            | C2 |
                 | 01/05/2024 |            | C2 |
    """,
        Episodes_last="""
        CHILD    | DECOM      | DEC        | LS | HOME_POST
        both     | 01/01/2024 | 01/05/2024 | V2 |
        both     | 01/05/2024 |            | C2 | AB12CD
        closed   | 01/05/2024 | 01/03/2025 | C2 |
        undated  | 01/05/2024 |            | C2 |
        gone     | 01/05/2024 |            | C2 |
                 | 01/05/2024 |            | C2 |
    """,
    )
    assert c.carried_over.last_row.to_dict() == {1: 1}
    now, then = c.pair("LS")
    assert (list(now), list(then), list(now.index)) == (["C2"], ["C2"], [1])
    assert list(c.pair_same("DECOM")) == [True]
    assert list(c.pair_same("HOME_POST")) == [True]


def test_without_last_year_nothing_is_carried_over(looked_after):
    c = looked_after(
        Episodes="""
        CHILD | DECOM
        A     | 01/06/2025
    """
    )
    assert not len(c.carried_over)
    assert list(c.in_last("Episodes", "Episodes")) == [False]
    assert list(c.from_last("Episodes", "Episodes", "DECOM").isna()) == [True]


def test_values_of_last_year_come_from_the_first_row_in_the_file(looked_after):
    c = looked_after(
        Header="""
        CHILD | DOB        | ETHNIC
        A     | 1/2/2010   | WBRI
        B     | 01/02/2010 |
        C     | 01/02/2010 | WBRI
              | 01/02/2010 | WBRI
    """,
        Header_last="""
        CHILD | DOB        | ETHNIC
        B     | 02/02/2010 |
        A     | 01/02/2010 | WBRI
        A     | 09/09/2009 | WIRI
              | 01/02/2010 | WBRI
    """,
    )
    assert list(c.in_last("Header", "Header")) == [True, True, False, False]
    assert list(c.from_last("Header", "Header", "ETHNIC").fillna("")) == ["WBRI", "", "", ""]
    assert list(c.from_last_text("Header", "Header", "DOB").fillna("")) == ["01/02/2010", "02/02/2010", "", ""]
    assert list(c.same_as_last("Header", "DOB"))[:2] == [True, False]
    assert list(c.same_as_last("Header", "ETHNIC"))[:2] == [True, True]
    assert list(c.in_last("Header", "Header", where=c.last.Header.ETHNIC == "WIRI")) == [True, False, False, False]


def test_uasc_flag_of_csv_follows_from_the_uasc_table(looked_after):
    c = looked_after(
        Header="""
        CHILD
        A
        B
        C
    """,
        UASC="""
        CHILD | SEX | DUC
        A     |     |
        A     |     | 01/06/2025
        B     |     |
        D     | M   |
    """,
        UASC_last="""
        CHILD | SEX | DUC
        C     | M   | 01/03/2025
    """,
    )
    assert not c.flag_in_header
    assert list(c.uasc_flag("Header")) == [True, False, False]
    assert list(c.uasc_flag("UASC")) == [True, True, False, True]
    assert list(c.uasc_flag_last("Header")) == [False, False, True]
    assert list(c.known_uasc("Header")) == [True, False, True]
    assert list(c.duc("Header").isna()) == [True, True, True]  # A: the first UASC row
    assert list(c.duc_last("Header").dt.strftime("%d/%m/%Y").fillna("")) == ["", "", "01/03/2025"]


def test_uasc_flag_of_xml_stands_in_the_header(looked_after):
    c = looked_after(
        Header="""
        CHILD | UASC_STATUS
        A     | 1
        B     | 0
        C     |
    """,
        UASC="""
        CHILD | SEX
        B     | M
        D     | M
    """,
        Header_last="""
        CHILD | UASC
        B     | 1
    """,
    )
    assert c.flag_in_header
    assert c.of_form("xml")
    assert not c.of_form("csv")
    assert list(c.uasc_flag("Header")) == [True, False, False]
    assert list(c.uasc_flag("UASC")) == [False, False]
    assert list(c.known_uasc("Header")) == [True, True, False]
