"""Random life stories of care, through an extract, to the return, held against the stories themselves.

What is compared is not what the build works with: the stories know periods, orders and placements; the extract tells
them in a case system's words, up to a June day on which some of it has moved on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dfe_returns.build import BuildSettings, Built
from dfe_returns.build.ssda903 import build_ssda903
from dfe_returns.contract import YEARS, contract
from dfe_returns.publish.ssda903_csv import write_ssda903
from dfe_returns.sources import load
from dfe_returns.sources.return_files import read_return
from dfe_returns.synthetic.facts import Stories
from dfe_returns.synthetic.layout_ssd import ssd_pack
from dfe_returns.synthetic.stories import stories
from dfe_returns.synthetic.true_return import ssda903_return

PATHS = {"care": 0.8, "leaver": 0.2}
KEYS = {"Episodes": "DECOM", "Reviews": "REVIEW", "Missing": "MIS_START", "SWEpisodes": "SW_DECOM"}
KEYS |= {"PlacedAdoption": "DATE_PLACED"}


@dataclass
class Told:
    """Stories, what was built of their June extract, and the folder of the return's files."""

    truth: Stories
    built: Built
    files: Path

    @property
    def year(self) -> str:
        return self.truth.year

    @property
    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        own = contract("ssda903", self.year)
        return pd.Timestamp(own.start), pd.Timestamp(own.end)

    def in_care(self, name: str) -> pd.DataFrame:
        """Periods, statuses or placements of the stories that touch the year, as they stood on 31 March."""
        first, last = self.span
        rows = self.truth.tables[name]
        rows = rows[rows["period"].notna() & (rows["start"] <= last) & ~(rows["end"] < first)]
        return rows.assign(child=rows["child"].astype("str"), end=rows["end"].mask(rows["end"] > last))


def tell(truth: Stories, folder: Path) -> Told:
    ssd_pack(truth).write(folder / "extract")
    loaded = load(folder / "extract")
    own = contract("ssda903", truth.year)
    settings = BuildSettings("999", extract_date=loaded.report.extract_date)
    built = build_ssda903(own, loaded.tables, loaded.profile.conventions, settings)
    (folder / "return").mkdir()
    write_ssda903(built.tables, own, folder / "return")
    return Told(truth, built, folder / "return")


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Told:
    return tell(stories(1_200, 903, "2025-26", paths=PATHS), tmp_path_factory.mktemp("thousand"))


@pytest.fixture(scope="module")
def episodes(told) -> pd.DataFrame:
    return told.built.tables["Episodes"]


def test_everyone_in_care_in_the_year_and_nobody_else(told, episodes):
    assert set(episodes["CHILD"]) == set(told.in_care("care_periods")["child"])
    assert told.built.tables["Header"]["CHILD"].is_unique
    assert set(episodes["CHILD"]) <= set(told.built.tables["Header"]["CHILD"])


def test_periods_of_care_that_begin_and_end_in_the_year(told, episodes):
    first, _ = told.span
    periods = told.in_care("care_periods")
    began, ended = periods[periods["start"] >= first], periods[periods["end"].notna()]
    starts = episodes[episodes["RNE"].eq("S") & (episodes["DECOM"] >= first)]
    ends = episodes[episodes["REC"].notna() & episodes["REC"].ne("X1")]
    assert pairs(starts, "DECOM") == sorted(zip(began["child"], began["start"], strict=True))
    assert pairs(ends, "DEC") == sorted(zip(ended["child"], ended["end"], strict=True))
    left = ends.sort_values(["CHILD", "DEC"])["REC"].tolist()
    assert left == ended.sort_values(["child", "end"])["leaving"].tolist()


def pairs(rows: pd.DataFrame, day: str) -> list[tuple[str, pd.Timestamp]]:
    return sorted(zip(rows["CHILD"], rows[day], strict=True))


def test_open_on_31_march(told, episodes):
    periods = told.in_care("care_periods")
    still = episodes[episodes["DEC"].isna()]
    assert sorted(still["CHILD"]) == sorted(periods.loc[periods["end"].isna(), "child"])
    assert still[["REC", "REASON_PLACE_CHANGE"]].isna().all(axis=None)


def test_episodes_follow_one_another_without_gap_or_overlap(episodes):
    rows = episodes.sort_values(["CHILD", "DECOM"])
    following = rows.groupby("CHILD")["DECOM"].shift(-1)
    goes_on = rows["REC"].eq("X1")
    assert (following[goes_on] == rows.loc[goes_on, "DEC"]).all()
    assert not (following <= rows["DEC"])[~goes_on].any()
    assert rows["DEC"].isna().eq(rows["REC"].isna()).all()
    assert not (rows["DEC"] <= rows["DECOM"]).any()
    after = rows.groupby("CHILD")["REC"].shift().ne("X1")
    assert rows.loc[after & rows.duplicated("CHILD"), "RNE"].eq("S").all()


@pytest.mark.parametrize(
    ("of_return", "table", "code"), [("LS", "legal_statuses", "code"), ("PLACE", "placements", "type")]
)
def test_who_was_where_and_under_which_order_on_31_march(told, episodes, of_return, table, code):
    rows = told.in_care(table)
    now = rows[rows["end"].isna()].sort_values("start").drop_duplicates("child", keep="last")
    still = episodes[episodes["DEC"].isna()].set_index("CHILD")[of_return]
    assert still.value_counts().to_dict() == now[code].value_counts().to_dict()
    assert still.sort_index().tolist() == now.set_index("child")[code].sort_index().tolist()


def test_nothing_is_left_to_a_person_that_the_stories_settle(told):
    work = told.built.worklist
    assert set(work["code"]) <= {"903-SDQ-MISSING", "903-URN-MISSING"}
    without_number = told.truth.placements.loc[told.truth.placements["urn"].isna(), "child"].astype("str")
    assert set(work.loc[work["code"].eq("903-URN-MISSING"), "child"]) <= set(without_number)


def test_each_row_comes_from_a_row_of_the_extract(told):
    for name, frame in told.built.tables.items():
        origin = told.built.origins[name].query("part == 'row'")
        assert set(origin["row"]) == set(range(len(frame))), name


@pytest.mark.parametrize("name", sorted(set(contract("ssda903", "2025-26").tables)))
def test_every_table_is_what_an_authority_that_forgets_nothing_would_send(told, name):
    assert_same(read_return("ssda903", told.files)[name], ssda903_return(told.truth, told.year)[name], name)


def assert_same(got: pd.DataFrame, truth: pd.DataFrame, name: str) -> None:
    order = ["CHILD", *([KEYS[name]] if name in KEYS else [])]
    got, truth = (frame.fillna("").sort_values(order, ignore_index=True) for frame in (got[truth.columns], truth))
    if name == "Episodes":  # the number of an adoption agency may stand in the permanence record alone
        got, truth = (frame.assign(URN=frame["URN"].mask(frame["PLACE"].str.startswith("A"))) for frame in (got, truth))
        got, truth = got.fillna(""), truth.fillna("")
    different = [column for column in truth if not np.array_equal(got[column].to_numpy(), truth[column].to_numpy())]
    assert (len(got), different) == (len(truth), [])


def test_a_june_extract_and_one_of_31_march_give_the_same_bytes(told, tmp_path):
    at_year_end = stories(1_200, 903, "2025-26", paths=PATHS, as_at=contract("ssda903", "2025-26").end)
    then = tell(at_year_end, tmp_path)
    for file in sorted(told.files.iterdir()):
        assert (then.files / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.mark.parametrize("year", YEARS)
def test_each_year_in_its_own_codes(year, tmp_path):
    told = tell(stories(120, 7, year, paths=PATHS), tmp_path)
    own = contract("ssda903", year)
    truth = ssda903_return(told.truth, year)
    for name in ("Episodes", "Reviews", "OC2", "OC3", "Missing", "AD1", "PrevPerm"):
        assert_same(read_return("ssda903", told.files)[name], truth[name], name)
    sex = told.built.tables["Header"]["SEX"]
    assert set(sex) <= set(own.codesets["SEX"].codes)
    assert set(told.built.tables["Episodes"]["PLACE"]) <= set(own.codesets["PLACE"].codes)
    assert ("SWEpisodes" in told.built.tables) == (year >= "2023-24")
    if "SWEpisodes" in truth:
        assert_same(read_return("ssda903", told.files)["SWEpisodes"], truth["SWEpisodes"], "SWEpisodes")
