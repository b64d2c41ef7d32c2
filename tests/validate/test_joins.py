"""Tables joined by key: look-ups, partners, counts and overlaps."""

import numpy as np
import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.validate.data import in_intervals, starts_within_another
from dfe_returns.validate.engine import return_data


def data(previous=None, **tables):
    return return_data(contract("cin", "2025-26"), {k: pd.DataFrame(v) for k, v in tables.items()}, previous)


def days(*texts):
    return pd.Series(pd.to_datetime(list(texts)))


EPISODES = {
    "LAchildID": ["A1", "A1", " A2", "", "A1"],
    "CINdetailsID": ["1", "2", 1, "1", "1"],
    "CINreferralDate": ["2025-05-01", "2025-06-01", "2025-07-01", "2025-08-01", "2025-09-01"],
}


def test_look_up_takes_the_first_matching_row():
    c = data(
        CINdetails=EPISODES,
        Section47={"LAchildID": ["A1", "A2", "", "A1", "A9"], "CINdetailsID": ["1", "1", "1", "", "1"]},
    )
    answer = c.of_episode("Section47", "CINreferralDate")
    assert [str(d)[:10] for d in answer] == ["2025-05-01", "2025-07-01", "NaT", "NaT", "NaT"]
    assert list(c.episode_row("Section47", pd.Series([True] * 5))) == [0, 2, -1, -1, -1]


def test_a_key_column_that_one_table_lacks_is_not_compared():
    c = data(CINdetails=EPISODES, Section47={"LAchildID": ["A1", "A2"]})
    assert list(c.partner("Section47", "CINdetails", "episode")) == [0, 2]
    assert list(c.count("CINdetails", "episode")) == [2, 1, 1, 0, 2]


def test_matches_counts_only_the_rows_that_are_meant():
    c = data(CINdetails=EPISODES, ChildIdentifiers={"LAchildID": ["A1", "A2", "", "A3"]})
    assert list(c.matches("ChildIdentifiers", "CINdetails")) == [True, True, False, False]
    second = c.CINdetails.CINdetailsID == "2"
    assert list(c.matches("ChildIdentifiers", "CINdetails", where=second)) == [True, False, False, False]


def test_children_of_both_years_share_their_numbers():
    last = {"ChildIdentifiers": pd.DataFrame({"LAchildID": ["A2", "A7", ""]})}
    c = data(previous=last, ChildIdentifiers={"LAchildID": ["A1", "A2"]})
    assert c.last is not None
    assert c.last.child("ChildIdentifiers")[0] == c.child("ChildIdentifiers")[1]
    assert c.last.child("ChildIdentifiers")[2] == -1


def test_earliest_and_latest_of_a_group():
    c = data(CINdetails=EPISODES, Section47={"LAchildID": ["A1", "", "A3"], "CINdetailsID": ["1", "1", "1"]})
    assert list(c.earliest("Section47", "CINdetails", "CINreferralDate").dt.month.fillna(0)) == [5, 0, 0]
    assert list(c.latest("Section47", "CINdetails", "CINreferralDate").dt.month.fillna(0)) == [9, 0, 0]


def test_points_in_intervals():
    group = pd.Series([0, 0, 0, 1, -1])
    points = days("2025-05-01", "2025-05-31", "2025-06-01", "2025-05-10", "2025-05-10")
    of = pd.Series([0, 0, -1, 0])
    start, end = (
        days("2025-05-01", "2025-06-01", "2025-05-01", "2025-05-09"),
        days("2025-05-31", None, "2025-06-01", "2025-05-08"),
    )
    held, holds = in_intervals(group, points, of, start, end)
    assert list(held) == [1, 1, 0, 0, 0]
    assert list(holds) == [2, 0, 0, 0]
    held, holds = in_intervals(group, points, of, start, end, end_included=False)
    assert list(held) == [1, 0, 0, 0, 0]
    assert list(holds) == [1, 0, 0, 0]


def test_overlaps_agree_with_every_pair_compared():
    chance = np.random.default_rng(7)
    size = 120
    group = pd.Series(chance.integers(-1, 6, size))
    start = pd.Series(np.datetime64("2025-04-01", "us") + chance.integers(0, 60, size) * np.timedelta64(1, "D"))
    end = start + pd.to_timedelta(chance.integers(-3, 12, size), unit="D")
    start[chance.random(size) < 0.1] = pd.NaT
    end[chance.random(size) < 0.1] = pd.NaT
    for included in (True, False):
        inside, around = starts_within_another(group, start, end, included)
        a, b = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
        g, s, e = group.to_numpy(), start.to_numpy(), end.to_numpy()
        hit = (a != b) & (g[a] == g[b]) & (g[a] >= 0) & (s[a] >= s[b]) & ((s[a] <= e[b]) if included else (s[a] < e[b]))
        assert list(inside) == list(hit.any(axis=1))
        assert list(around) == list(hit.any(axis=0))


def test_factors_from_their_table_or_from_the_list():
    keys = {"LAchildID": ["A1", "A2"], "CINdetailsID": ["1", "1"], "AssessmentID": ["1", "1"]}
    listed = data(Assessments={**keys, "AssessmentFactors": ["4B, '21'", "[]"]})
    tabled = data(
        Assessments=keys,
        AssessmentFactorsList={
            "LAchildID": ["A1", "A1", ""],
            "CINdetailsID": "1",
            "AssessmentID": "1",
            "AssessmentFactor": ["4B", "21", "4B"],
        },
    )
    for c in (listed, tabled):
        assert list(c.factors.code) == ["4B", "21"]
        assert list(c.has_factor(c.factors.code == "21")) == [True, False]
