"""The same stories as another case system exports them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from dfe_returns.synthetic import stories, synthesise, write_vendor
from dfe_returns.synthetic.layout_ssd import in_window


@pytest.fixture(scope="module")
def told():
    told = stories(500, 8, paths={"plan": 0.3, "protection": 0.2, "care": 0.35, "leaver": 0.15})
    return replace(told, tables=in_window(told))  # both systems look back six years


@pytest.fixture(scope="module")
def folder(told, tmp_path_factory):
    place = tmp_path_factory.mktemp("vendor")
    write_vendor(told, place)
    return place


def read(folder, name):
    return pd.read_csv(folder / f"{name}.csv", dtype="str", encoding="cp1252", keep_default_na=False)


def test_eleven_files_in_windows_encoding_with_two_numbers(folder, told):
    numbered = sorted(f.name for f in folder.iterdir() if f.name[0].isdigit())
    assert len(numbered) == 11
    people = read(folder, "01 Persons")
    clients = people[people["Record Status"] == "Active"]
    assert len(clients) == len(told.people)
    assert not set(people["System ID"]) & set(people["Case Number"])
    assert (people["Report Run Date"] == "12/06/2026").all()
    assert (folder / "05 Referrals.csv").read_bytes().count(b"\x92") > 0  # a curly apostrophe of that encoding
    assert b"\r\n" in (folder / "05 Referrals.csv").read_bytes()


def test_care_episodes_end_on_the_day_before_the_next(folder, told):
    rows = read(folder, "08 Care Episodes")
    start, end = (pd.to_datetime(rows[name], format="%d/%m/%Y") for name in ("Start", "End"))
    following = start.groupby(rows["Period No"]).shift(-1)
    goes_on = following.notna()
    assert (following[goes_on] - end[goes_on]).dt.days.eq(1).all()
    assert len(rows) == len(told.care_episodes)
    placed = rows.groupby("Placement No").Split.apply(list)
    assert (placed.map(len) > 1).any()


def test_plans_and_reviews_are_linked_by_row_number(folder, told):
    rows = read(folder, "07 Plans And Conferences")
    assert rows["Row No"].is_unique
    by_number = rows.set_index("Row No")
    reviews = rows[rows.Type == "CP Review"]
    assert (by_number.loc[reviews["Linked Row No"], "Type"] == "CP Plan").all()
    plans = rows[(rows.Type == "CP Plan") & (rows["Linked Row No"] != "")]
    assert (by_number.loc[plans["Linked Row No"], "Start"].to_numpy() == plans.Start.to_numpy()).all()
    assert (rows.Type == "CP Plan").sum() == len(told.protection_plans)


def test_every_label_is_filled_where_there_is_a_code(folder, told):
    episodes = read(folder, "08 Care Episodes")
    for column in ("Reason Started", "Legal Status", "Need", "Placement Type"):
        assert (episodes[column] != "").all(), column
    assert (episodes["Reason Ended"] != "").sum() == told.care_episodes.end_reason.notna().sum()
    contacts = read(folder, "10 Leaving Care And Adoption")
    assert (contacts["Status Text"] != "").all()
    assert contacts["Activity Text"].ne("").sum() == told.leaver_contacts.activity.notna().sum()
    people = read(folder, "01 Persons")
    assert (people.Ethnicity != "").sum() == told.people.ethnicity.notna().sum()


def test_reason_for_a_change_of_worker_stands_on_the_row_before(folder, told):
    rows = read(folder, "11 Workers")
    case = rows[rows.Role.isin(["Social Worker", "Duty Worker"])]
    assert case.Role.eq("Duty Worker").sum() == told.involvements[told.involvements.role == "CW"].referral.nunique()
    assert case["Reason Ended"].ne("").sum() == (told.involvements.role == "CW").sum()


def test_same_arguments_same_bytes(tmp_path):
    synthesise(25, 3, tmp_path / "a", layout="vendor")
    synthesise(25, 3, tmp_path / "b", layout="vendor")
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
