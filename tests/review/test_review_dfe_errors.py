"""DfE's own error list, in the shapes it may come in, matched with ours."""

import pandas as pd
import pytest

from dfe_returns.errors import InputError
from dfe_returns.review.dfe_errors import dfe_error_summary, match_dfe_errors, read_dfe_errors

LIST = (
    "Report of errors,,\n,,\nError Number,LAchildID,Description\n"
    "8555,A1,too early\nRule 4008,A2,ends first\n8670.0,A3,late\n"
)


def test_a_list_below_title_lines(tmp_path):
    (tmp_path / "collect.csv").write_text(LIST)
    found = read_dfe_errors(tmp_path / "collect.csv")
    assert found[["code", "child", "message", "line"]].to_numpy().tolist() == [
        ["8555", "A1", "too early", "4"],
        ["4008", "A2", "ends first", "5"],
        ["8670", "A3", "late", "6"],
    ]


def test_an_excel_list_with_leading_zeros(tmp_path):
    pd.DataFrame({"Rule Code": ["8555"], "Child ID": ["0071"], "Module": ["CINdetails"]}).to_excel(
        tmp_path / "x.xlsx", index=False
    )
    assert read_dfe_errors(tmp_path / "x.xlsx")[["code", "child", "table"]].to_numpy().tolist() == [
        ["8555", "0071", "CINdetails"]
    ]


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b"x,y\n1,2\n"), ("b.xlsx", b"no workbook"), ("c.csv", b"\xff\xfe\x00")]
)
def test_what_is_no_error_list(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_dfe_errors(tmp_path / name)


def test_what_both_found_and_what_only_one_did():
    ours = pd.DataFrame({"code": ["8555", "8555", "4008", "205a"], "child": ["A1", "A1", "A2", "A4"]})
    theirs = pd.DataFrame({"code": ["8555", "205A", "8670", "99"], "child": ["A1", "A4", "A3", "A3"]})
    matched = match_dfe_errors(ours, theirs)
    assert matched.to_numpy().tolist() == [
        ["205a", "A4", "both", 1, 1],
        ["4008", "A2", "ours only", 1, 0],
        ["8555", "A1", "both", 2, 1],
        ["8670", "A3", "DfE only", 0, 1],
        ["99", "A3", "DfE only", 0, 1],
    ]
    summary = dfe_error_summary(matched, {"8670": ("previous_year",)}, ["8555", "4008", "205A", "8670"]).set_index(
        "code"
    )
    assert summary["why"].to_dict() == {
        "205a": "",
        "4008": "",
        "8555": "",
        "8670": "not run here: lacked previous_year",
        "99": "not a rule of this year's list",
    }
    assert summary.loc["8555", ["both", "dfe_only", "ours_only"]].tolist() == [1, 0, 0]
