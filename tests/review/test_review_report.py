"""The report: one file, nothing from outside, safe against what a record may hold, fast and small at 20,000 issues."""

import base64
import gzip
import json
import re

import pandas as pd
import pytest

from dfe_returns.review.facts import issue_table
from dfe_returns.review.payload import child_chunks, children_shown, safe_json
from dfe_returns.review.report import write_report
from dfe_returns.review.timeline import bars_of, marks_of


def embedded(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1))


def chunk(page: str, number: int = 0) -> dict:
    return json.loads(
        gzip.decompress(base64.b64decode(re.search(rf'id="chunk-{number}">(.*?)</script>', page, re.S).group(1)))
    )


def test_the_page_stands_alone(cin_run, tmp_path):
    page = write_report(cin_run, tmp_path).read_text()
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=["']?(?!#)[a-z]""", page.replace("img-src data:", ""))
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttpRequest", page)


def test_the_front_page_can_be_read_without_scripts(cin_run, tmp_path):
    page = write_report(cin_run, tmp_path).read_text()
    front = page[page.index('id="front"') : page.index('id="issues"')]
    for words in (
        "<strong>2</strong>errors",
        "<strong>1</strong>queries",
        "<strong>3</strong>children in the return",
        "2 source files, 7 rows read",
        "Nobody has signed it",
        "Plan ends before it starts",
        "South &amp; East",
    ):
        assert words in front, words
    assert "a column" not in front
    for words in ("pers_forename", "last year&#39;s return", "closed after the year", "STRUCT-EXTRA-COLUMN"):
        assert words in page, words


def test_a_dry_run_says_so(cin_run, tmp_path):
    cin_run.dry_run = True
    assert "DRY RUN" in write_report(cin_run, tmp_path).read_text()


def test_extracts_of_different_days_are_pointed_out(cin_run, tmp_path):
    cin_run.sources["extract_date"] = ["2026-06-12", "2026-06-13"]
    assert "2 different days" in write_report(cin_run, tmp_path).read_text()


@pytest.mark.parametrize(
    "nasty", ["</script><script>alert(1)</script>", "<!--", "<img src=x onerror=alert(1)>", "a\u2028b", "&amp;", "\"'"]
)
def test_text_of_a_record_cannot_leave_its_place(cin_run, tmp_path, nasty):
    cin_run.issues["value"] = nasty
    cin_run.withheld["reason"] = nasty
    cin_run.people["team"] = nasty
    page = write_report(cin_run, tmp_path).read_text()
    assert embedded(page)["issues"]["value"][0] == nasty
    assert page.count("</script>") == page.count("<script")
    assert "<img" not in page
    assert "\u2028" not in re.search(r'id="data">(.*?)</script>', page, re.S).group(1)


def test_json_for_a_script_element_has_no_angle_brackets():
    assert json.loads(safe_json({"a": "<&>\u2028"})) == {"a": "<&>\u2028"}
    assert not set("<>&\u2028") & set(safe_json({"a": "<&>\u2028"}))


def test_the_same_run_gives_the_same_bytes(cin_run, tmp_path):
    assert write_report(cin_run, tmp_path / "a").read_bytes() == write_report(cin_run, tmp_path / "b").read_bytes()


def test_children_with_a_page_have_every_value_with_its_source(cin_run, tmp_path):
    page = write_report(cin_run, tmp_path).read_text()
    data, records = embedded(page), chunk(page)
    assert data["words"]["children"][: data["pages"]] == ["A2", "A3"]
    details = records["t"]["CINdetails"]
    assert details["r"] == [1, 2]
    assert details["s"] == ["cindetails.csv line 3", "cindetails.csv line 4"]
    assert details["c"][data["tables"]["CINdetails"].index("CINreferralDate")] == ["01/12/2024", "01/06/2025"]
    assert data["fields"]["CINdetails.CINreferralDate"][0] == "GW-CA89-S83"
    assert data["codes"]["CINdetails.PrimaryNeedCode"]["N1"] == "Abuse or neglect"


def test_an_issue_that_follows_from_another_says_so(cin_run, tmp_path):
    cin_run.issues["cause"] = ["", "8670", ""]
    data = embedded(write_report(cin_run, tmp_path).read_text())
    assert [data["words"]["messages"][place] for place in data["issues"]["cause"]] == ["", "8670", ""]


def test_a_child_without_finding_or_decision_has_no_page(cin_run):
    assert children_shown(cin_run, issue_table(cin_run)) == ["A2", "A3"]


def test_history_of_a_looked_after_child(care_run):
    bars = bars_of(care_run, ["A1", "A2"])
    day = (pd.to_datetime(bars["from"], unit="D")).dt.strftime("%d/%m/%Y")
    assert list(zip(bars["child"], bars["lane"], bars["code"], day, bars["open"], strict=True)) == [
        ("A1", "Period of care", "", "03/05/2024", 1),
        ("A1", "Legal status", "V2", "03/05/2024", 0),
        ("A1", "Legal status", "C1", "20/06/2025", 0),
        ("A1", "Legal status", "C2", "02/12/2025", 1),
        ("A1", "Placement", "U6", "03/05/2024", 0),
        ("A1", "Placement", "U6", "20/06/2025", 1),
        ("A1", "Review", "", "01/10/2025", 0),
        ("A2", "Period of care", "", "10/04/2025", 0),
        ("A2", "Legal status", "V2", "10/04/2025", 0),
        ("A2", "Placement", "K2", "10/04/2025", 0),
        ("A2", "Missing or away", "M", "02/07/2025", 0),
    ]
    assert bars.loc[bars["lane"] == "Period of care", "label"].tolist() == [
        "Looked after",
        "Looked after; ended: Returned home as planned",
    ]


def test_history_of_a_child_in_need(cin_run):
    bars = bars_of(cin_run, ["A3"])
    assert bars["lane"].tolist() == [
        "Referral",
        "Assessment",
        "Section 47 enquiry",
        "Child protection plan",
        "Plan review",
        "Plan review",
    ]
    assert bars["open"].tolist() == [1, 1, 0, 1, 0, 0]


def test_issues_stand_on_the_day_they_are_about(care_run):
    issues = issue_table(care_run)
    marks = marks_of(care_run, issues, ["A1", "A2"])
    assert pd.to_datetime(marks["day"], unit="D").dt.strftime("%d/%m/%Y").tolist() == ["03/05/2024", "10/04/2025"]


def test_a_chunk_holds_150_children(cin_run):
    numbers = pd.Series([f"C{n:04}" for n in range(301)], dtype="str")
    cin_run.tables["ChildIdentifiers"] = pd.DataFrame({"LAchildID": numbers})
    assert len(child_chunks(cin_run, issue_table(cin_run), numbers.tolist())) == 3


def test_twenty_thousand_issues_stay_small(care_run, tmp_path):
    """8,000 children with five episodes each and 20,000 issues: below 15 MB."""
    children = pd.Series([f"{n:06}" for n in range(8000)], dtype="str")
    one = care_run.tables["Episodes"]
    big = pd.concat([one] * 10000, ignore_index=True)
    big["CHILD"] = pd.concat([children] * 5, ignore_index=True).sort_values(ignore_index=True)
    big["URN"] = "SC" + pd.Series(range(len(big))).astype("str").str.zfill(6)
    care_run.tables["Episodes"] = big
    care_run.origins["Episodes"] = pd.DataFrame(
        {
            "row": range(len(big)),
            "source": "s",
            "file": "cla_episodes.csv",
            "line": range(2, len(big) + 2),
            "part": "row",
        }
    )
    rows = pd.Series(range(0, 40000, 2))
    care_run.issues = pd.DataFrame(
        {
            "code": "502",
            "severity": "error",
            "table": "Episodes",
            "row": rows.astype("Int64"),
            "field": "DECOM",
            "child": big["CHILD"].iloc[rows].to_numpy(),
            "value": "03/05/2024",
            "message": "Open episode of last year is not carried on.",
        }
    )
    path = write_report(care_run, tmp_path)
    assert path.stat().st_size < 15_000_000
