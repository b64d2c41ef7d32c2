# ruff: noqa: E501  (tables are drawn as wide as they are)
"""Further shapes of the kinds of mess: what query tools and databases print, and settings a profile combines with them."""

from __future__ import annotations

import pytest

from dfe_returns.errors import InputError
from dfe_returns.sources import load

from .conftest import notes, write_table
from .test_mess import EPISODES, PLACEMENTS, PLANS, days


def test_01_iso_dates_and_named_months_are_read_whatever_the_profile_states(extract, profile):
    mine = profile("profile: mine\nextends: ssd_systemc\nsource: {formats: [dmy]}")
    table = PLANS + "1 | R1 | 501 | 2025-05-06 | 6-Jun-25\n2 | R1 | 501 | 06/07/2025 | "
    plans = load(extract(ssd_cin_plans=table), mine).tables["ssd_cin_plans"]
    assert days(plans["cinp_cin_plan_start_date"]) == ["2025-05-06", "2025-07-06"]
    assert days(plans["cinp_cin_plan_end_date"]) == ["2025-06-06", ""]


@pytest.mark.parametrize(
    ("stated", "stored", "told"), [("dmy", "46112", "1 as excel"), ("iso", "20/03/2026", "1 as dmy"), ("dmy", "20260320", "1 as compact")]
)  # fmt: skip
def test_01_dates_in_another_writing_than_the_profile_states_are_never_blank_in_silence(
    extract, profile, stated, stored, told
):
    mine = profile(f"profile: mine\nextends: ssd_systemc\nsource: {{formats: [{stated}]}}")
    with pytest.raises(InputError, match=f"cinp_cin_plan_end_date cannot be told .*{told}"):
        load(
            extract(ssd_cin_plans=PLANS + f"1 | R1 | 501 | 2025-05-06 | {stored}\n2 | R1 | 501 | 2025-05-06 | n/k"),
            mine,
        )


@pytest.mark.parametrize(
    "stored",
    ["Mar 31 2026 12:00AM", "31-MAR-26 00.00.00.000000000", "31-MAR-26 11.59.59 PM", "March 31, 2026", "31 March 2026"],
)
def test_01_dates_as_databases_print_them(extract, stored):
    plans = load(extract(ssd_cin_plans=PLANS + f"1 | R1 | 501 | 2025-05-06 | {stored}")).tables["ssd_cin_plans"]
    assert days(plans["cinp_cin_plan_end_date"]) == ["2026-03-31"]


def test_01_a_column_in_which_nothing_reads_as_a_date_stops(extract):
    """One slip counts as blank and is told; a whole column of them is another column, or a way of writing not known."""
    rows = [f"{n} | R1 | 501 | 2025-05-06 | {word}" for n, word in enumerate(("soon", "later", "never"))]
    with pytest.raises(InputError, match="none of its 3 different values reads as a date"):
        load(extract(ssd_cin_plans=PLANS + "\n".join(rows)))
    loaded = load(extract(ssd_cin_plans=PLANS + rows[0]))
    assert notes(loaded, "STRUCT-DATE") == [("ssd_cin_plans.csv", 2, "cinp_cin_plan_end_date", 1)]


def test_15_the_same_where_an_episode_ends_the_day_before_the_next(extract, profile):
    """The first lasts a day (the next begins the day after), the second is followed after a day that is missing."""
    folder = extract(ssd_cla_episodes=EPISODES + """
        E1 | 501 | P1 | | 2025-04-01 | 2025-04-01
        E2 | 501 | P1 | | 2025-04-02 | 2025-06-01
        E3 | 501 | P1 | | 2025-06-03 | 2025-06-03""")  # fmt: skip
    mine = profile("profile: mine\nextends: ssd_systemc\nconventions: {episode_end: day_before}")
    loaded = load(folder, mine)
    assert notes(loaded, "STRUCT-OVERLAP") == []
    assert notes(loaded, "STRUCT-DAY-MISSING") == [("ssd_cla_episodes.csv", 4, "clae_cla_episode_start_date", 1)]
    assert notes(loaded, "STRUCT-ZERO-DAYS") == [("ssd_cla_episodes.csv", 4, "clae_cla_episode_ceased_date", 1)]


def test_17_a_placement_whose_type_a_code_filter_dropped(extract):
    folder = extract(ssd_cla_placement=PLACEMENTS + "X1 | P1 | 501 |  | | 2025-04-01 |")
    assert notes(load(folder), "STRUCT-NO-PLACEMENT") == [("ssd_cla_placement.csv", 2, "clap_cla_placement_type", 1)]


def test_22_a_count_below_the_rows_as_query_tools_write_it(extract, profile):
    folder = extract()
    (folder / "ssd_department.csv").write_text("dept_team_id,dept_team_name\nT1,North\n\n(1 row affected)\n")
    with pytest.raises(InputError, match=r"ssd_department.csv, line 4: the file ends with a line of totals"):
        load(folder)
    loaded = load(folder, profile("profile: mine\nextends: ssd_systemc\nsource: {totals: drop}"))
    assert loaded.tables["ssd_department"]["dept_team_name"].tolist() == ["North"]
    assert notes(loaded, "STRUCT-TOTALS") == [("ssd_department.csv", 4, "", 1)]


def test_22_a_title_above_the_header_of_a_text_file(extract, profile):
    folder = extract()
    rows = 'dept_team_id,dept_team_name,dept_team_parent_id\nT1,"North, East, South, and West",T0\n'
    (folder / "ssd_department.csv").write_text("List of teams\n\n" + rows)
    with pytest.raises(InputError, match=r"line 1: .*a title seems to stand above .*`header_row: find`"):
        load(folder)
    department = load(folder, profile("profile: mine\nextends: ssd_systemc\nsource: {header_row: find}")).tables[
        "ssd_department"
    ]
    assert department["dept_team_name"].tolist() == ["North, East, South, and West"]
    assert department["_line"].tolist() == [4]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_23_utf_16_without_its_mark(extract, encoding):
    folder = extract()
    write_table(folder, "ssd_department", "dept_team_id | dept_team_name\nT1 | Children’s team", encoding=encoding)
    loaded = load(folder)
    assert loaded.tables["ssd_department"]["dept_team_name"].tolist() == ["Children’s team"]
    assert notes(loaded, "STRUCT-ENCODING") == [("ssd_department.csv", None, "", 1)]


def test_23_a_line_that_tells_excel_the_separator_is_no_header(extract):
    folder = extract()
    (folder / "ssd_department.csv").write_text("sep=;\ndept_team_id;dept_team_name\nT1;North, and East\n\x1a")
    department = load(folder).tables["ssd_department"]
    assert department["dept_team_name"].tolist() == ["North, and East"]
    assert department["_line"].tolist() == [3]
