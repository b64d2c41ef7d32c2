"""The whole report folder, run after run: what is new, what was answered, in what state the run is."""

import copy
import datetime as dt
import json

import openpyxl
import pandas as pd
import pytest

from dfe_returns.config import Config
from dfe_returns.files import private_folder, sha256_of, write_private
from dfe_returns.ledger import open_ledger
from dfe_returns.ledger.place import FILE
from dfe_returns.publish.manifest import write_manifest
from dfe_returns.review.answers import import_answers
from dfe_returns.review.keys import finding_rows
from dfe_returns.review.make import make_report
from dfe_returns.review.pages import Around, additions_of
from dfe_returns.review.report import write_report
from dfe_returns.review.signoff import sign_off
from dfe_returns.review.terminal import front_page, front_parts, front_renderable


@pytest.fixture
def ledger(tmp_path):
    """The ledger where make_report looks for it: beside the run folder."""
    held = open_ledger(tmp_path / FILE, now=lambda: dt.datetime(2026, 6, 12, tzinfo=dt.UTC))
    yield held
    held.close()


def report(run) -> str:
    return make_report(run, private_folder(run.folder / "report"), Config()).read_text()


def record(run, ledger, run_id):
    run = copy.deepcopy(run)
    run.run_id = run_id
    path = write_private(private_folder(run.folder / "draft") / "cin.xml", "<Message/>")
    files = [{"role": "draft", "name": "cin.xml", "sha256": sha256_of(path), "bytes": path.stat().st_size}]
    write_manifest(run.folder, {"run_id": run_id, "inputs": []})
    ledger.record_run(run, prepared_by="Ann", files=files, findings=finding_rows(run), counts={"errors": 2})
    return run


def data_of(page: str) -> dict:
    start = page.index('id="data">') + 10
    return json.loads(page[start : page.index("</script>", start)])


def test_everything_in_the_report_folder(cin_run):
    report(cin_run)
    made = {
        str(path.relative_to(cin_run.folder / "report"))
        for path in (cin_run.folder / "report").rglob("*")
        if path.is_file()
    }
    assert made == {
        "index.html",
        "summary.html",
        "issues.csv",
        "issues.xlsx",
        "structure.csv",
        "summary.json",
        "totals.xlsx",
        "notes_for_dfe.csv",
        "worklists/all.xlsx",
        "worklists/no-team-recorded.xlsx",
        "worklists/south-east.xlsx",
    }


def test_the_same_run_gives_the_same_report(cin_run):
    cin_run.previous = cin_run.tables
    first = report(cin_run)
    files = {path: path.read_bytes() for path in (cin_run.folder / "report").rglob("*") if path.is_file()}
    assert report(cin_run) == first
    assert {path: path.read_bytes() for path in files} == files


def test_the_summary_for_wide_readers_names_no_child(cin_run):
    report(cin_run)
    summary = (cin_run.folder / "report" / "summary.html").read_text()
    for child in ("A1", "A2", "A3", "SW100", "01/06/2025"):
        assert f">{child}<" not in summary
        assert child not in summary.split("</style>")[1]
    assert "fewer than 6" in summary


def test_a_first_run_calls_nothing_new(cin_run, ledger):
    assert data_of(report(cin_run))["issues"]["status"] == []


def test_the_second_run_tells_new_from_open_by_the_ledger_alone(cin_run, ledger):
    first = copy.deepcopy(cin_run)
    first.issues = first.issues[first.issues["code"] != "4008"].reset_index(drop=True)
    record(first, ledger, "run-1")
    cin_run.run_id = "run-2"
    data = data_of(report(cin_run))
    codes = [data["words"]["rules"][code] for code in data["issues"]["code"]]
    assert dict(zip(codes, data["issues"]["status"], strict=True)) == {"8670": "open", "4008": "new", "8555": "open"}


def test_accepted_queries_are_counted_and_left_out_of_the_next_worklist(cin_run, ledger):
    record(cin_run, ledger, "run-1")
    report(cin_run)
    path = cin_run.folder / "report" / "worklists" / "all.xlsx"
    book = openpyxl.load_workbook(path)
    page = book["To put right"]
    heads = {cell.value: cell.column for cell in page[2]}
    line = next(row[0].row for row in page.iter_rows(min_row=3) if row[heads["Rule"] - 1].value == "8670")
    for head, value in (
        ("Answer", "accepted"),
        ("Reason", "the report came late"),
        ("Name", "T M"),
        ("Role", "manager"),
    ):
        page.cell(line, heads[head], value)
    book.save(path)
    import_answers(path, ledger)
    cin_run.run_id = "run-2"
    index = report(cin_run)
    assert "(1 accepted)" in index
    assert "1 of 1 are ready" in index
    assert "the report came late" in (cin_run.folder / "report" / "notes_for_dfe.csv").read_text()
    rules = [row[heads["Rule"] - 1].value for row in openpyxl.load_workbook(path)["To put right"].iter_rows(min_row=3)]
    assert sorted(rules) == ["4008", "8555"]


ACCEPTED = {
    "code": "8670",
    "severity": "query",
    "child": "A2",
    "key": "8670|Assessments|A2|01/05/2025|0",
    "value": "AssessmentAuthorisationDate=01/12/2025",
    "answer": "accepted",
    "reason": "the report came late",
    "name": "T M",
    "role": "manager",
    "answered_on": "2026-06-01",
    "expires_on": "2027-06-01",
}


def answers_page(run, ledger):
    from dfe_returns.review.facts import issue_table

    found, _, _ = additions_of(run, issue_table(run), Around(ledger=ledger, today=ledger.today()))
    return found


def test_the_answers_of_people_stand_on_a_page_of_their_own(cin_run, ledger):
    ledger.add_answers("cin", "999", pd.DataFrame([ACCEPTED]), "all.xlsx", "2025-26")
    found = answers_page(cin_run, ledger)
    assert found.lists["answers"].frame.to_numpy().tolist() == [
        [
            "accepted",
            "8670",
            "A2",
            "AssessmentAuthorisationDate 01/12/2025",
            "the report came late",
            "T M, manager",
            "01/06/2026",
            "01/06/2027",
        ]
    ]
    assert found.accepted == 1


def test_what_was_accepted_for_last_years_return_is_asked_again(cin_run, ledger):
    ledger.add_answers("cin", "999", pd.DataFrame([ACCEPTED]), "all.xlsx", "2024-25")
    found = answers_page(cin_run, ledger)
    assert found.lists["answers"].frame["state"].tolist() == ["to ask again"]
    assert found.status.tolist().count("expired") == 1
    assert found.accepted == 0


def test_a_promise_to_correct_that_is_found_again_is_said_so(cin_run, ledger):
    ledger.add_answers("cin", "999", pd.DataFrame([{**ACCEPTED, "answer": "fixed", "expires_on": ""}]), "x", "2025-26")
    assert answers_page(cin_run, ledger).lists["answers"].frame["state"].tolist() == ["said to be fixed, found again"]


def test_values_set_by_hand_stand_with_the_answers(cin_run):
    from dfe_returns.review.facts import issue_table

    cin_run.decisions = pd.DataFrame(
        {
            "rule": ["CIN-OVERRIDE", "CIN-CLOSURE-CUT"],
            "table": "CINdetails",
            "record": ["ssd_cin_episodes.csv:12", "ssd_cin_episodes.csv:13"],
            "child": ["A1", "A2"],
            "field": "CINclosureDate",
            "old": ["2025-05-01", "2026-05-01"],
            "new": ["2025-06-01", ""],
            "note": "case file (data lead)",
        }
    )
    found, _, _ = additions_of(cin_run, issue_table(cin_run), Around())
    shown = found.lists["by_hand"].frame[["child", "old", "new", "note", "record"]]
    assert shown.to_numpy().tolist() == [
        ["A1", "01/05/2025", "01/06/2025", "case file (data lead)", "ssd_cin_episodes.csv line 12"]
    ]


def test_the_report_says_what_it_was_built_from(cin_run):
    private_folder(cin_run.folder / "previous")
    (cin_run.folder / "previous" / "cin.xml").write_text("<Message/>")
    cin_run.sources = pd.DataFrame(
        {
            "file": ["a.csv", "b.csv", "postcodes.csv"],
            "rows": [1200.0, 3.0, None],
            "read": [1200.0, 3.0, None],
            "extract_date": ["2026-06-12", "2026-06-12", None],
            "note": ["", "", "postcode directory"],
        }
    )
    page = report(cin_run)
    built = "2 source files, 1,203 rows read, extracted 12/06/2026. Read beside them: postcode directory, "
    assert built + "last year&#39;s return." in page
    assert "1200.0" not in page


def test_the_report_shows_the_changes_since_the_run_before(cin_run):
    earlier = copy.deepcopy(cin_run)
    earlier.run_id = "run-0"
    earlier.issues = earlier.issues.iloc[:2]
    from dfe_returns.review.facts import issue_table

    found, _, _ = additions_of(cin_run, issue_table(cin_run), Around(earlier=earlier))
    assert found.changes["words"] == "0 issues fixed, 1 new, 2 still open."
    assert found.status.tolist() == ["open", "open", "new"]


def test_an_issue_found_in_three_extracts_is_called_long_open(cin_run, ledger):
    for number, extract in enumerate(["a", "b", "b"]):  # the second extract was run twice
        cin_run.inputs_hash = extract * 64
        if number:
            record(cin_run, ledger, f"run-{number}")
        else:
            first = copy.deepcopy(cin_run)
            first.issues = first.issues[first.issues["code"] == "8670"].reset_index(drop=True)
            record(first, ledger, "run-0")
    cin_run.run_id, cin_run.inputs_hash = "run-3", "c" * 64
    report(cin_run)
    book = openpyxl.load_workbook(cin_run.folder / "report" / "worklists" / "all.xlsx")["To put right"]
    heads = {cell.value: cell.column - 1 for cell in book[2]}
    lines = {row[heads["Rule"]].value: row[heads["Since last run"]].value for row in book.iter_rows(min_row=3)}
    assert lines == {
        "8670": "still open, found in 3 extracts",
        "4008": "still open, found in 2 extracts",
        "8555": "still open, found in 2 extracts",
    }


def test_the_page_of_changes_has_uk_days_and_leads_to_what_is_new(cin_run):
    from dfe_returns.review.facts import issue_table

    earlier = copy.deepcopy(cin_run)
    earlier.run_id = "run-0"
    cin_run.issues = cin_run.issues.iloc[1:].reset_index(drop=True)
    earlier.issues = earlier.issues.iloc[:2].assign(value="2025-08-01")
    found, _, _ = additions_of(cin_run, issue_table(cin_run), Around(earlier=earlier))
    assert found.lists["fixed"].frame["value"].tolist() == ["01/08/2025"]
    page = write_report(cin_run, private_folder(cin_run.folder / "report"), found).read_text()
    assert 'href="#issues?status=new"' in page


def test_the_other_return_is_shown_beside(cin_run, care_run):
    from dfe_returns.review.facts import issue_table

    found, _, _ = additions_of(cin_run, issue_table(cin_run), Around(other=care_run))
    pages = {name: values for name, _, _, values in found.pages}
    assert pages["cross"]["cross_known"]
    assert found.lists["cross"].frame["child"].tolist() == ["A1"]


def test_the_state_of_the_run_stands_on_the_front_page(cin_run, ledger):
    run = record(cin_run, ledger, "run-1")
    assert "State when this report was made: draft." in report(run)
    write_manifest(run.folder, {"run_id": "run-1", "inputs": []})
    sign_off(ledger, run.folder, "Dee Director", "director")
    page = report(run)
    assert "State when this report was made: signed off." in page
    assert "signed off by Dee Director, director, 12/06/2026" in page


def test_large_changes_against_last_year_are_marked(cin_run):
    cin_run.previous = {**cin_run.tables, "Assessments": cin_run.tables["Assessments"].iloc[:1]}
    page = report(cin_run)
    assert "Key totals beside last year's return" in page
    assert '<strong>-50.0 points <span class="tag query">large</span></strong>' in page
    assert "chart-month-" in page


def test_the_terminal_counts_what_was_fixed_and_shows_last_year(cin_run, ledger):
    record(cin_run, ledger, "run-0")
    cin_run.previous = cin_run.tables
    cin_run.issues = cin_run.issues[cin_run.issues["code"] != "4008"].reset_index(drop=True)
    page = front_page(cin_run, Around(ledger=ledger))
    assert page["since_last_run"] == {"run": "run-0", "new": 0, "still_open": 2, "fixed": 1}
    lines, tables = front_parts(page)
    assert "Since the last run: 1 fixed, 0 new, 2 still open." in lines
    _, heads, rows = tables[-1]
    assert heads == ["Total", "This year", "Last year", "Change"]
    assert ["Referrals in the year", "fewer than 6", "fewer than 6", ""] in rows


def test_the_front_page_as_values_and_in_the_terminal(cin_run, ledger):
    record(cin_run, ledger, "run-0")
    page = front_page(cin_run, Around(ledger=ledger))
    assert json.loads(json.dumps(page))["errors"] == 2
    assert page["since_last_run"] == {"run": "run-0", "new": 0, "still_open": 3, "fixed": 0}
    assert page["rules"][0]["code"] == "4008"
    children = next(total for total in page["totals"] if total["section"] == "Return")
    assert (children["value"], children["last_year"], children["large"]) == ("fewer than 6", "", False)
    from rich.console import Console

    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(front_renderable(page))
    text = console.export_text()
    for words in ("2 errors, 1 queries", "Nobody has signed it", "South & East", "fewer than 6"):
        assert words in text, words
    assert "A2" not in text
