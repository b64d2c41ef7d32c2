"""Two runs compared by content: order and row numbers never matter."""

import copy

import pandas as pd
import pytest

from dfe_returns.errors import UsageError
from dfe_returns.review.compare import by_rule, compare


def later_than(run):
    later = copy.deepcopy(run)
    later.run_id = "run-2"
    return later


def test_the_same_run_in_another_order_is_no_change(cin_run):
    later = later_than(cin_run)
    for table, frame in later.tables.items():
        later.tables[table] = frame.iloc[::-1].reset_index(drop=True)
    sizes = later.issues["table"].map({table: len(frame) for table, frame in later.tables.items()})
    later.issues["row"] = (sizes - 1 - later.issues["row"]).astype("Int64")
    found = compare(cin_run, later)
    assert found.summary()["issues"] == {"new": 0, "fixed": 0, "still_open": 3}
    assert found.changes.empty
    assert found.children.empty


def test_fixed_and_new_issues(cin_run):
    later = later_than(cin_run)
    later.issues = later.issues[later.issues["code"] != "4008"].reset_index(drop=True)
    cin_run.issues = cin_run.issues[cin_run.issues["code"] != "8670"].reset_index(drop=True)
    found = compare(cin_run, later)
    assert (found.fixed["code"].tolist(), found.new["code"].tolist(), found.still_open["code"].tolist()) == (
        ["4008"],
        ["8670"],
        ["8555"],
    )
    assert by_rule(found).to_numpy().tolist() == [["4008", 1, 0, 0], ["8555", 0, 0, 1], ["8670", 0, 1, 0]]
    assert found.words() == "1 issues fixed, 1 new, 1 still open."


def test_a_changed_value_a_new_record_and_one_that_went(cin_run):
    later = later_than(cin_run)
    details = later.tables["CINdetails"]
    details.loc[1, "PrimaryNeedCode"] = "N1"
    later.tables["Reviews"] = later.tables["Reviews"].iloc[:1]
    extra = later.tables["CINplanDates"].assign(LAchildID="A3")
    later.tables["CINplanDates"] = pd.concat([later.tables["CINplanDates"], extra], ignore_index=True)
    assert compare(cin_run, later).changes.to_numpy().tolist() == [
        ["changed", "CINdetails", "A2", "01/12/2024", "PrimaryNeedCode", "N2", "N1"],
        ["added", "CINplanDates", "A3", "05/12/2025", "", "", ""],
        ["gone", "Reviews", "A3", "10/03/2026", "", "", ""],
    ]


def test_children_in_and_out_with_the_reason_the_run_knows(care_run):
    later = later_than(care_run)
    for table, frame in later.tables.items():
        later.tables[table] = frame[frame["CHILD"] != "A2"].reset_index(drop=True)
    new = later.tables["Header"].iloc[:1].assign(CHILD="A9")
    later.tables["Header"] = pd.concat([later.tables["Header"], new], ignore_index=True)
    later.issues = later.issues.iloc[:0]
    later.decisions = pd.DataFrame({"rule": ["CLA-OUT-OF-YEAR"], "child": ["A2"]})
    assert compare(care_run, later).children.to_numpy().tolist() == [
        ["A9", "in", "now has records in Header"],
        ["A2", "out", "CLA-OUT-OF-YEAR"],
    ]


def test_runs_of_different_returns_are_not_compared(cin_run, care_run):
    with pytest.raises(UsageError, match="different returns"):
        compare(cin_run, care_run)
