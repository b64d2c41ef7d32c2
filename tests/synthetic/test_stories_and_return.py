"""Random life stories through extract and build: the return must be the one the stories themselves amount to."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dfe_returns.build.settings import BuildSettings
from dfe_returns.build.ssda903 import build_ssda903
from dfe_returns.contract import contract
from dfe_returns.sources import load
from dfe_returns.synthetic import stories, write_ssd
from dfe_returns.synthetic.true_return import ssda903_return

RETURN = contract("ssda903", "2025-26")
YEAR_END = date(2026, 3, 31)


@pytest.fixture(scope="module")
def told():
    return stories(1100, 77, paths={"care": 0.8, "leaver": 0.2})


@pytest.fixture(scope="module")
def true(told):
    return ssda903_return(told, "2025-26")


def built_from(folder):
    loaded = load(folder)
    settings = BuildSettings(authority="999", as_at=YEAR_END, extract_date=loaded.report.extract_date)
    built = build_ssda903(RETURN, loaded.tables, loaded.profile.conventions, settings)
    return {name: as_written(built.tables[name][list(RETURN.tables[name].columns)]) for name in RETURN.tables}


def as_written(frame):
    out = {}
    for name in frame:
        values = frame[name]
        written = (
            values.dt.strftime("%d/%m/%Y") if pd.api.types.is_datetime64_any_dtype(values) else values.astype("str")
        )
        out[name] = written.where(values.notna(), "")
    return pd.DataFrame(out)


@pytest.fixture(scope="module")
def in_june(told, tmp_path_factory):
    folder = tmp_path_factory.mktemp("june")
    write_ssd(told, folder)
    return built_from(folder)


@pytest.fixture(scope="module")
def on_the_day(told, tmp_path_factory):
    folder = tmp_path_factory.mktemp("march")
    write_ssd(told.known_on(YEAR_END), folder)
    return built_from(folder)


def rows(frame):
    return frame.sort_values(list(frame.columns), ignore_index=True).astype(object)


@pytest.mark.parametrize("table", [name for name, table in RETURN.tables.items() if table.on_by_default])
def test_a_thousand_stories_give_the_return_they_amount_to(true, in_june, table):
    assert len(true[table]) > 20
    pd.testing.assert_frame_equal(rows(in_june[table]), rows(true[table]))


@pytest.mark.parametrize("table", list(RETURN.tables))
def test_an_extract_of_june_and_one_of_31_march_give_the_same(in_june, on_the_day, table):
    pd.testing.assert_frame_equal(in_june[table], on_the_day[table])


def test_children_and_days_in_care_are_those_of_the_stories(told, in_june):
    periods = told.care_periods
    there = periods[(periods.start <= "2026-03-31") & ~(periods.end < "2025-04-01")]
    episodes = in_june["Episodes"]
    assert set(episodes.CHILD) == set(there.child.astype("str"))
    still = there[there.end.isna() | (there.end > "2026-03-31")]
    assert (episodes.DEC == "").sum() == len(still)
    begun = there[there.start >= "2025-04-01"]
    assert ((episodes.RNE == "S") & (pd.to_datetime(episodes.DECOM, format="%d/%m/%Y") >= "2025-04-01")).sum() == len(
        begun
    )


def test_statuses_and_placements_are_counted_alike(told, in_june):
    e = told.known_on(YEAR_END).care_episodes
    e = e[~(e.end < "2025-04-01")].merge(told.placements[["placement", "type"]], on="placement")
    assert in_june["Episodes"].LS.value_counts().to_dict() == e.legal.value_counts().to_dict()
    assert in_june["Episodes"].PLACE.value_counts().to_dict() == e.type.value_counts().to_dict()
