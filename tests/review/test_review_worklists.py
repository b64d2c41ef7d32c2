"""Worklists out, answers in: what a team sees, what is taken back, what is asked again."""

import datetime as dt

import openpyxl
import pandas as pd
import pytest

from dfe_returns.errors import InputError
from dfe_returns.ledger import open_ledger
from dfe_returns.review.answers import import_answers, read_answers, standing, statuses
from dfe_returns.review.facts import issue_table
from dfe_returns.review.keys import finding_rows, issue_keys, things
from dfe_returns.review.worklists import worklist_lines, write_worklists

TODAY = dt.date(2026, 6, 12)


@pytest.fixture
def ledger(tmp_path):
    clock = [dt.datetime(2026, 6, 12, tzinfo=dt.UTC)]
    held = open_ledger(tmp_path / "ledger.sqlite", b"k" * 40, now=lambda: clock[0])
    held.clock = clock
    yield held
    held.close()


def fill(path, **answers):
    """Write answers into the line of rule 8670 as a team would in Excel."""
    book = openpyxl.load_workbook(path)
    page = book["To put right"]
    heads = {cell.value: cell.column for cell in page[2]}
    for row in page.iter_rows(min_row=3):
        if row[heads["Rule"] - 1].value == answers.get("rule", "8670"):
            for head, value in answers.items():
                if head != "rule":
                    page.cell(row[0].row, heads[head.replace("_", " ")], value)
    book.save(path)
    return path


def accept(path, **more):
    return fill(
        path,
        **{"Answer": "accepted", "Reason": "late report from hospital", "Name": "T Manager", "Role": "manager", **more},
    )


def test_one_workbook_per_team_and_one_for_all(cin_run, tmp_path):
    made = write_worklists(cin_run, tmp_path / "w", issue_table(cin_run))
    assert {team: path.name for team, path in made.items()} == {
        "": "all.xlsx",
        "No team recorded": "no-team-recorded.xlsx",
        "South & East": "south-east.xlsx",
    }
    page = openpyxl.load_workbook(made["South & East"])["To put right"]
    assert [cell.value for cell in page["C"]][2:] == ["A2", "A2"]
    assert page.auto_filter.ref
    hidden = [letter for letter, column in page.column_dimensions.items() if column.hidden]
    assert len(hidden) == 2
    assert write_worklists(cin_run, tmp_path / "w", issue_table(cin_run))[""].read_bytes() == made[""].read_bytes()


def test_two_teams_with_the_same_plain_name_get_two_files(cin_run, tmp_path):
    cin_run.people["team"] = ["North!", "North?"]
    cin_run.issues["child"] = ["A1", "A2", "A2"]
    assert {p.name for p in write_worklists(cin_run, tmp_path, issue_table(cin_run)).values()} >= {
        "north.xlsx",
        "north-2.xlsx",
    }


def test_fields_flagged_by_one_rule_on_one_row_are_one_line(cin_run):
    more = pd.concat(
        [
            cin_run.issues,
            cin_run.issues[cin_run.issues["code"] == "4008"].assign(field="CINPlanStartDate", value="05/12/2025"),
        ]
    )
    cin_run.issues = more.reset_index(drop=True)
    lines = worklist_lines(cin_run, issue_table(cin_run)).set_index("Rule")
    assert lines.loc["4008", "Field"] == "CINPlanEndDate, CINPlanStartDate"
    assert lines.loc["4008", "Value"] == "01/12/2025, 05/12/2025"


def test_what_follows_from_another_issue_of_the_row_stands_in_its_line(cin_run):
    extra = cin_run.issues[cin_run.issues["code"] == "4008"].assign(code="176", cause="4008")
    cin_run.issues = pd.concat([cin_run.issues.assign(cause=""), extra], ignore_index=True)
    lines = worklist_lines(cin_run, issue_table(cin_run)).set_index("Rule")
    assert "176" not in lines.index
    assert lines.loc["4008", "Also explains"] == "176"


def test_a_line_names_its_record_by_its_day_and_says_blank_where_nothing_stands(cin_run):
    cin_run.issues["value"] = ""
    lines = worklist_lines(cin_run, issue_table(cin_run)).set_index("Rule")
    assert lines.loc["8670", ["Record of", "Value"]].tolist() == ["01/05/2025", "(blank)"]


def test_the_key_of_an_issue_does_not_know_row_numbers(cin_run):
    before = set(issue_keys(cin_run, issue_table(cin_run)))
    turned = cin_run.tables["CINdetails"].iloc[::-1].reset_index(drop=True)
    cin_run.tables["CINdetails"] = turned
    cin_run.issues["row"] = pd.array([1, 0, 0], dtype="Int64")
    assert set(issue_keys(cin_run, issue_table(cin_run))) == before
    assert finding_rows(cin_run)["key"].is_unique


def test_answers_are_read_back_with_their_dates(cin_run, tmp_path):
    path = write_worklists(cin_run, tmp_path, issue_table(cin_run))[""]
    accept(path, Date=dt.datetime(2026, 6, 1), Ask_again_on="01/09/2026")  # noqa: DTZ001 (as Excel holds it)
    answers = read_answers(path, TODAY)
    assert (answers.collection, answers.year, answers.authority, answers.run_id) == ("cin", "2025-26", "999", "run-1")
    assert answers.rows[["code", "child", "answer", "answered_on", "expires_on"]].to_numpy().tolist() == [
        ["8670", "A2", "accepted", "2026-06-01", "2026-09-01"]
    ]
    assert answers.unanswered == 2


def test_an_answer_without_dates_is_of_today_and_asked_again_in_a_year(cin_run, tmp_path):
    path = accept(write_worklists(cin_run, tmp_path, issue_table(cin_run))[""])
    assert read_answers(path, TODAY).rows[["answered_on", "expires_on"]].to_numpy().tolist() == [
        ["2026-06-12", "2027-06-12"]
    ]


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"Answer": "perhaps"}, "not one of"),
        ({"Answer": "accepted", "Reason": "so it is"}, "needs a reason, a name and a role"),
        ({"Answer": "Accepted", "Reason": "a", "Name": "b", "Role": "c", "Date": "in spring"}, "date cannot be read"),
        ({"Answer": "accepted", "Reason": "a", "Name": "b", "Role": "c", "Ask_again_on": "never"}, "'Ask again on'"),
        ({"rule": "4008", "Answer": "accepted", "Reason": "a", "Name": "b", "Role": "c"}, "error cannot be accepted"),
    ],
)
def test_answers_that_cannot_be_taken_are_listed_and_nothing_is_kept(cin_run, ledger, tmp_path, answers, problem):
    path = fill(write_worklists(cin_run, tmp_path, issue_table(cin_run))[""], **answers)
    with pytest.raises(InputError) as refused:
        import_answers(path, ledger)
    assert problem in refused.value.problems["problem"].iloc[0]
    assert refused.value.problems["line"].iloc[0] >= 3
    assert "A2" not in str(refused.value)
    assert ledger.answers("cin", "999").empty


@pytest.mark.parametrize("content", [b"", b"PK not a workbook", b"a,b\n1,2\n"])
def test_files_that_are_no_worklist(tmp_path, content):
    for name in ("x.xlsx", "x.csv"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError):
            read_answers(tmp_path / name, TODAY)
    with pytest.raises(InputError, match="no file"):
        read_answers(tmp_path / "absent.xlsx", TODAY)


def test_an_accepted_query_is_not_asked_again_until_its_day(cin_run, ledger, tmp_path):
    issues = issue_table(cin_run)
    kept = import_answers(accept(write_worklists(cin_run, tmp_path, issues)[""]), ledger)
    assert kept["kept"] == 1
    keys = issue_keys(cin_run, issues)
    for today, expected in ((TODAY, "accepted"), (dt.date(2027, 6, 12), "expired")):
        answered = standing(cin_run, issues, ledger, today)
        status = statuses(keys, set(keys), answered)
        assert status.tolist() == [expected, "open", "open"]
    lines = worklist_lines(
        cin_run, issues.assign(status=["accepted", "open", "new"]), standing(cin_run, issues, ledger, TODAY)
    )
    assert lines["Rule"].tolist() == ["8555", "4008"]
    asked = worklist_lines(
        cin_run, issues.assign(status=["expired", "open", "new"]), standing(cin_run, issues, ledger, TODAY)
    )
    again = asked.set_index("Rule").loc["8670"]
    assert again[["Answer", "Reason", "Name", "Date"]].tolist() == [
        "accepted",
        "late report from hospital",
        "T Manager",
        "",
    ]
    assert again["Since last run"].startswith("answer ran out")


def test_an_accepted_query_whose_value_changed_is_asked_again(cin_run, ledger, tmp_path):
    import_answers(accept(write_worklists(cin_run, tmp_path, issue_table(cin_run))[""]), ledger)
    cin_run.issues.loc[0, "value"] = "15/12/2025"
    issues = issue_table(cin_run)
    keys = issue_keys(cin_run, issues)
    assert statuses(keys, set(keys), standing(cin_run, issues, ledger, TODAY)).tolist() == ["expired", "open", "open"]


def test_without_an_earlier_run_nothing_is_called_new(cin_run):
    issues = issue_table(cin_run)
    keys = issue_keys(cin_run, issues)
    assert statuses(keys, None, standing(cin_run, issues, None, TODAY)).tolist() == ["", "", ""]
    assert statuses(keys, set(keys[:1]), standing(cin_run, issues, None, TODAY)).tolist() == ["open", "new", "new"]


def test_formula_like_identifiers_survive_the_round_trip(cin_run, ledger, tmp_path):
    cin_run.tables["Assessments"].loc[1, "LAchildID"] = "=A2"
    cin_run.issues.loc[0, "child"] = "=A2"
    issues = issue_table(cin_run)
    import_answers(accept(write_worklists(cin_run, tmp_path, issues)[""]), ledger)
    answered = standing(cin_run, issues, ledger, TODAY)
    assert answered["holds"].tolist() == [True]
    assert answered.index.tolist() == things(cin_run, issues)["key"].tolist()[:1]
