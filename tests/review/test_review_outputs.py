"""Files of findings: they keep leading zeros and UK dates, name the source record, and start no formula."""

import json
import stat

import openpyxl
import pandas as pd

from dfe_returns.review.facts import issue_table
from dfe_returns.review.outputs import by_child, by_rule, by_team, write_issues


def test_an_issue_names_its_source_record_team_and_gateway(cin_run):
    late = issue_table(cin_run).set_index("code").loc["8670"]
    assert late["source"] == "assessments.csv line 3"
    assert (late["team"], late["worker"]) == ("South & East", "SW200")
    assert late["gateway"] == "GW-CA89-S83"
    assert late["fix"].startswith("Confirm that the dates are right")


def test_a_field_with_a_source_of_its_own_is_traced_to_it(cin_run):
    own = pd.DataFrame(
        {
            "row": [1],
            "source": ["la_overrides"],
            "file": ["overrides.csv"],
            "line": [9],
            "part": ["AssessmentAuthorisationDate"],
        }
    )
    cin_run.origins["Assessments"] = pd.concat([cin_run.origins["Assessments"], own])
    assert issue_table(cin_run).set_index("code").loc["8670", "source"] == "overrides.csv line 9"


def test_a_row_made_of_many_records_names_three_and_counts_the_rest(cin_run):
    many = pd.DataFrame({"row": 1, "source": "x", "file": "many.csv", "line": range(10, 15), "part": "row"})
    cin_run.origins["Assessments"] = many
    assert (
        issue_table(cin_run).set_index("code").loc["8670", "source"]
        == "many.csv line 10; many.csv line 11; many.csv line 12 and 2 more"
    )


def test_a_child_without_a_team_and_a_return_level_issue(care_run):
    frame = issue_table(care_run).set_index("code")
    assert frame.loc["205A", ["table", "field", "child", "source", "team"]].tolist() == [
        "",
        "",
        "",
        "",
        "No team recorded",
    ]
    assert pd.isna(frame.loc["205A", "row"])


def test_the_csv_starts_with_the_columns_of_the_api_and_is_the_same_each_time(cin_run, tmp_path):
    first = write_issues(cin_run, tmp_path / "one")
    second = write_issues(cin_run, tmp_path / "two")
    for name in ("issues.csv", "issues.xlsx", "structure.csv", "summary.json"):
        assert first[name].read_bytes() == second[name].read_bytes(), name
        assert stat.S_IMODE(first[name].stat().st_mode) == 0o600
    heading = first["issues.csv"].read_text().splitlines()[0].split(",")
    assert heading[:8] == ["code", "severity", "table", "row", "field", "child", "value", "message"]


def test_excel_keeps_leading_zeros_and_dates_and_starts_no_formula(cin_run, tmp_path):
    cin_run.issues["child"] = ["007", "=1+1", "0012"]
    path = write_issues(cin_run, tmp_path)["issues.xlsx"]
    page = openpyxl.load_workbook(path)["Issues"]
    cells = {cell.value: cell for row in page.iter_rows() for cell in row}
    assert "007" in cells
    assert "01/12/2025" in cells
    assert "'=1+1" in cells
    assert not [cell for cell in cells.values() if cell.data_type == "f"]
    assert page.auto_filter.ref


def test_issues_counted_by_rule_team_and_child(cin_run):
    issues = issue_table(cin_run)
    assert by_rule(issues)[["code", "issues", "children"]].to_numpy().tolist() == [
        ["4008", 1, 1],
        ["8555", 1, 1],
        ["8670", 1, 1],
    ]
    assert by_team(issues).to_numpy().tolist() == [["South & East", 1, 1, 1], ["No team recorded", 1, 0, 1]]
    assert by_child(issues)[["child", "errors", "queries"]].to_numpy().tolist() == [["A2", 1, 1], ["A3", 1, 0]]


def test_the_summary_counts_and_names_what_did_not_run(cin_run, tmp_path):
    summary = json.loads(write_issues(cin_run, tmp_path)["summary.json"].read_text())
    assert summary["issues"] == {"errors": 2, "queries": 1}
    assert summary["children"] == 3
    assert summary["children_with_issues"] == 2
    assert summary["not_run"]["502"] == ["previous_year"]
    assert summary["rows"]["CINdetails"] == 3


def test_a_run_without_a_single_finding(cin_run, tmp_path):
    cin_run.issues = cin_run.issues.iloc[:0]
    paths = write_issues(cin_run, tmp_path)
    assert len(paths["issues.csv"].read_text().splitlines()) == 1
    assert json.loads(paths["summary.json"].read_text())["issues"] == {"errors": 0, "queries": 0}
