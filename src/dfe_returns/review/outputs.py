"""The findings as files to work with: issues.csv, issues.xlsx, structure.csv and summary.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.files import private_folder, write_csv, write_private
from dfe_returns.review.facts import SEVERITIES, decision_table, issue_table, not_run_of, uk_dates, worklist_table
from dfe_returns.review.spreadsheet import Sheet, write_workbook

STRUCTURE_COLUMNS = ("code", "file", "line", "column", "message", "count")
HEADINGS = {
    "code": "Rule",
    "severity": "Severity",
    "table": "Table",
    "row": "Row (from 0)",
    "field": "Field",
    "child": "Child",
    "value": "Value",
    "message": "What is wrong",
    "line": "Line in file",
    "fix": "What to do",
    "cause": "Cause",
    "title": "Rule in short",
    "source": "Source record",
    "team": "Team",
    "worker": "Worker",
    "gateway": "Legal gateway",
    "errors": "Errors",
    "queries": "Queries",
    "children": "Children",
    "issues": "Issues",
    "lacked": "What it lacked",
}


def write_issues(result: Any, folder: Path | str, issues: pd.DataFrame | None = None) -> dict[str, Path]:
    """Write issues.csv (the API's columns first), issues.xlsx, structure.csv and summary.json into the folder.

    ``issues``: :func:`dfe_returns.review.facts.issue_table` of the run where the caller already has it.
    Returns the paths by file name. Raises UsageError where the folder cannot be written.
    """
    folder = private_folder(folder)
    issues = issue_table(result) if issues is None else issues
    structure = result.structure.reindex(columns=list(STRUCTURE_COLUMNS))
    summary = json.dumps(summary_of(result, issues), ensure_ascii=False, indent=1, sort_keys=True)
    return {
        "issues.csv": write_csv(issues, folder / "issues.csv"),
        "issues.xlsx": _write_workbook(result, folder / "issues.xlsx", issues),
        "structure.csv": write_csv(structure, folder / "structure.csv"),
        "summary.json": write_private(folder / "summary.json", summary + "\n"),
    }


def by_rule(issues: pd.DataFrame) -> pd.DataFrame:
    """Issues per rule: code, severity, title, issues, children, fix; most first."""
    return _counted(issues, ["code", "severity", "title", "fix"])[
        ["code", "severity", "title", "issues", "children", "fix"]
    ]


def by_team(issues: pd.DataFrame) -> pd.DataFrame:
    """Issues per team and severity: team, errors, queries, children; most errors first."""
    return _by(issues, "team")


def by_child(issues: pd.DataFrame) -> pd.DataFrame:
    """Issues per child: child, team, worker, errors, queries; most errors first."""
    with_child = issues[issues["child"] != ""]
    counts = _by(with_child, "child").drop(columns="children")
    who = with_child.drop_duplicates("child").set_index("child")[["team", "worker"]]
    return counts.join(who, on="child")[["child", "team", "worker", "errors", "queries"]]


def _counted(issues: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    groups = issues.groupby(keys, sort=True)
    out = groups.size().rename("issues").to_frame()
    out["children"] = issues[issues["child"] != ""].groupby(keys)["child"].nunique().reindex(out.index, fill_value=0)
    return out.reset_index().sort_values(
        ["severity", "issues", "code"], ascending=[True, False, True], ignore_index=True
    )


def _by(issues: pd.DataFrame, key: str) -> pd.DataFrame:
    counts = (
        issues.groupby([key, "severity"])
        .size()
        .unstack("severity")
        .reindex(columns=list(SEVERITIES))
        .fillna(0)
        .astype("int64")
    )
    counts = counts.rename(columns={"error": "errors", "query": "queries"}).rename_axis(columns=None)
    counts["children"] = (
        issues[issues["child"] != ""].groupby(key)["child"].nunique().reindex(counts.index, fill_value=0)
    )
    return counts.reset_index().sort_values(
        ["errors", "queries", key], ascending=[False, False, True], ignore_index=True
    )


def _write_workbook(result: Any, path: Path, issues: pd.DataFrame) -> Path:
    title = f"{result.collection.title} {result.collection.year}: issues"
    return write_workbook(
        path,
        [
            Sheet(
                "Issues",
                issues.drop(columns=["row", "gateway"]).assign(value=uk_dates(issues["value"])),
                headings=HEADINGS,
            ),
            Sheet("By rule", by_rule(issues), headings=HEADINGS),
            Sheet("By team", by_team(issues), headings=HEADINGS),
            Sheet("By child", by_child(issues), headings=HEADINGS),
            Sheet("Not run", not_run_of(result), headings=HEADINGS),
        ],
        title,
    )


def summary_of(result: Any, issues: pd.DataFrame) -> dict[str, Any]:
    """Counts of the run for scripts: rows, issues by severity, rule and table, decisions, withheld, not run."""
    withheld = result.withheld
    return {
        "return": result.collection.name,
        "year": result.collection.year,
        "authority": result.authority,
        "as_at": result.as_at.isoformat(),
        "dry_run": bool(result.dry_run),
        "rows": {table: len(frame) for table, frame in result.tables.items()},
        "children": children_count(result),
        "children_with_issues": int(issues.loc[issues["child"] != "", "child"].nunique()),
        "issues": {
            "errors": int((issues["severity"] == "error").sum()),
            "queries": int((issues["severity"] == "query").sum()),
        },
        "issues_by_rule": _counts(issues["code"]),
        "issues_by_table": _counts(issues["table"].where(issues["table"] != "", "(whole return)")),
        "decisions": _counts(decision_table(result)["rule"]),
        "worklist": _counts(worklist_table(result)["code"]),
        "withheld": {
            "columns": int((withheld["what"] == "column").sum()),
            "rows": int((withheld["what"] == "row").sum()),
        }
        if len(withheld)
        else {"columns": 0, "rows": 0},
        "not_run": {code: list(lacked) for code, lacked in sorted(result.issues.attrs.get("not_run", {}).items())},
        "structure": _counts(result.structure["code"]) if len(result.structure) else {},
    }


def children_count(result: Any) -> int:
    """Number of children in the return: distinct identifiers over all its tables."""
    column = {"cin": "LAchildID", "ssda903": "CHILD"}[result.collection.name]
    numbers = [frame[column].dropna() for frame in result.tables.values() if column in frame.columns]
    return int(pd.concat(numbers).nunique()) if numbers else 0


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(key): int(count) for key, count in values.value_counts().sort_index().items()}
