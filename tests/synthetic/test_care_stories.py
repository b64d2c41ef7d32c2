"""Random and fixed stories of care: an unbroken chain of episodes in every period, and what follows from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dfe_returns.contract import contract
from dfe_returns.synthetic import stories
from dfe_returns.synthetic.fernshire import fernshire
from dfe_returns.synthetic.settings import directory, providers
from dfe_returns.synthetic.situations import entries
from dfe_returns.synthetic.true_return import ssda903_return


@pytest.fixture(scope="module")
def told():
    return stories(1500, 21, paths={"care": 0.8, "leaver": 0.2})


@pytest.fixture(scope="module")
def sample():
    return fernshire()


def test_episodes_of_a_period_follow_without_gap(told):
    e = told.care_episodes.sort_values(["period", "start"])
    last = ~e.period.duplicated(keep="last")
    following = e.groupby("period").start.shift(-1)
    assert (e.end[~last] == following[~last]).all()
    assert e.end_reason[~last].eq("X1").all()
    assert not e.end_reason[last].eq("X1").any()
    assert e.start_reason.eq("S").eq(~e.period.duplicated()).all()
    assert not (e.end <= e.start).any()


def test_periods_begin_and_end_with_their_first_and_last_episode(told):
    e = told.care_episodes.sort_values(["period", "start"])
    first, last = (
        e.drop_duplicates("period").set_index("period"),
        e.drop_duplicates("period", keep="last").set_index("period"),
    )
    p = told.care_periods.set_index("period").sort_index()
    assert (first.start == p.start).all()
    pd.testing.assert_series_equal(last.end, p.end)


def test_no_period_begins_before_the_one_before_has_ended(told):
    p = told.care_periods.sort_values(["child", "start"])
    assert not (p.groupby("child").start.shift(-1) <= p.end).any()
    assert p.child.duplicated().sum() > 30


def test_episode_codes_tell_what_changed(told):
    e = told.care_episodes.merge(told.placements, on="placement", suffixes=("", "_placed")).sort_values(
        ["period", "start"]
    )
    seen = ["type", "provider", "urn", "postcode"]
    before = e.groupby("period")[[*seen, "legal"]].shift(1)
    lodged = (e[seen].fillna("") != before[seen].fillna("")).any(axis=1)
    legally = e.legal != before.legal
    later = e[e.start_reason != "S"].index
    assert lodged[later].eq(e.start_reason.isin(["P", "T", "B", "U"])[later]).all()
    assert legally[later].eq(e.start_reason.isin(["L", "B", "U"])[later]).all()


def test_no_one_stays_in_care_past_eighteen(told):
    p = told.care_periods.merge(told.people[["child", "born"]], on="child")
    grown = p.born + pd.DateOffset(years=18)
    assert not (p.end > grown).any()
    assert (p.end.notna() | (grown > "2026-06-12")).all()


def test_need_spell_is_open_while_the_child_is_in_care(told):
    p = told.care_periods.merge(told.referrals, on="referral", suffixes=("", "_spell"))
    assert len(p) == len(told.care_periods)
    assert (p.date <= p.start).all()
    assert not (p.closed < p.end).any()
    assert not (p.closed.notna() & p.end.isna()).any()


def test_reviews_and_missing_spells_lie_in_care(told):
    held = told.care_reviews.merge(told.care_periods, on="period")
    assert (held.date.dropna() > held.start[held.date.notna()]).all()
    assert not (held.date > held.end).any()
    gone = told.missing.merge(told.care_periods, on="child", suffixes=("", "_care"))
    inside = (gone.start > gone.start_care) & ~(gone.end > gone.end_care)
    assert inside.groupby(gone.spell).any().all()


def test_every_code_occurs_in_the_sample(sample):
    codes = contract("ssda903", "2025-26").codesets
    e = sample.care_episodes
    assert set(e.start_reason) == set(codes["RNE"].codes)
    assert set(e.end_reason.dropna()) == set(codes["REC"].codes)
    assert set(sample.placements.type) == set(codes["PLACE"].codes)
    assert set(e.legal) == set(codes["LS"].codes) - {"D1"}  # freeing orders ended in 2005
    assert set(sample.adoptions.reversed_reason.dropna()) == {"RD1", "RD2", "RD3", "RD4"}
    assert set(sample.leaver_contacts.in_touch) == set(codes["IN_TOUCH"].codes)


def test_sample_has_the_announced_size(sample):
    p = sample.care_periods
    in_year = p[(p.start <= "2026-03-31") & ~(p.end < "2025-04-01")]
    assert 130 <= in_year.child.nunique() <= 175
    assert 55 <= len(ssda903_return(sample, "2025-26")["OC3"]) <= 100


def test_every_placement_lies_in_the_directory_and_every_number_in_the_register(sample):
    places = directory(pd.concat([sample.addresses.postcode, sample.placements.postcode]))
    assert places.pcds.is_unique
    assert places.pcds.str.startswith("ZZ").all()
    assert {"999", "E06000015", "W06000015"} <= set(places.oslaua)
    numbers = sample.placements.urn.dropna()
    assert set(numbers) - {"XXXXXXX"} <= set(providers().urn)


def test_true_return_of_both_years_hangs_together(sample):
    this, last = ssda903_return(sample, "2025-26"), ssda903_return(sample, "2024-25")
    for tables, year in ((this, "2025-26"), (last, "2024-25")):
        for name, frame in tables.items():
            assert list(frame.columns) == list(contract("ssda903", year).tables[name].columns)
            assert frame.CHILD.isin(tables["Header"].CHILD).all()
        assert tables["Header"].CHILD.is_unique
    left_open = last["Episodes"][last["Episodes"].DEC == ""]
    first = this["Episodes"].drop_duplicates("CHILD")
    carried = left_open.merge(first, on="CHILD", suffixes=("_last", ""))
    assert len(carried) == len(left_open) > 60
    for column in ("DECOM", "RNE", "LS", "CIN", "PLACE_PROVIDER", "HOME_POST", "PL_POST", "URN"):
        assert (carried[f"{column}_last"] == carried[column]).all(), column


def test_every_slip_in_care_is_described():
    children = pd.DataFrame(entries("situations_care.yaml"))
    assert children.child.is_unique
    assert children.slip.notna().sum() == 4
    assert np.isin(children.child, [e["child"] for e in entries()]).sum() == 0
