"""Worklists: one workbook per team and one for all, a line per thing to put right, with columns for the answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.files import private_folder
from dfe_returns.review.answers import ABOUT, ANSWER_COLUMNS, CHOICES, KEY_COLUMN, VALUES_COLUMN
from dfe_returns.review.facts import authority_of, readable_decisions, uk_dates, worklist_table
from dfe_returns.review.keys import things
from dfe_returns.review.spreadsheet import Sheet, write_workbook

_SINCE = {
    "new": "new",
    "open": "still open",
    "expired": "answer ran out, was of last year, or value changed: please confirm",
    "": "",
}
_LINES = (
    ("Team", "team"),
    ("Worker", "worker"),
    ("Child", "child"),
    ("Severity", "severity"),
    ("What is wrong", "message"),
    ("What to do", "fix"),
    ("Table", "table"),
    ("Record of", "record"),
    ("Field", "field"),
    ("Value", "value"),
    ("Source record", "source"),
    ("Since last run", "since"),
    ("Also explains", "also"),
    ("Rule", "code"),
)


_DECIDE = (
    ("Worker", "worker"),
    ("Child", "child"),
    ("What", "title"),
    ("Kind", "code"),
    ("Table", "table"),
    ("Field", "field"),
    ("Value", "value"),
    ("Source record", "record"),
    ("Note", "note"),
)


def worklist_lines(result: Any, issues: pd.DataFrame, answered: pd.DataFrame | None = None) -> pd.DataFrame:
    """Lines of the worklist, most urgent first within a team.

    ``issues`` as of facts.issue_table with an optional ``status``; ``answered`` as of answers.standing. Accepted
    queries are not asked again. An issue that follows from another on its row stands in that line ('Also explains').
    """
    found = things(result, issues)
    if "status" in found:
        found = found[found["status"] != "accepted"]
        found["since"] = found["status"].map(_SINCE).fillna("").astype("str")
        if "extracts" in found:
            often = (found["status"] == "open") & (found["extracts"] > 1)
            counted = found["since"] + ", found in " + found["extracts"].astype("str") + " extracts"
            found["since"] = found["since"].where(~often, counted)
    else:
        found = found.assign(since="")
    found = _grouped_by_cause(found.reset_index(drop=True))
    found = found.sort_values(["team", "severity", "code", "child", "table", "field"], kind="stable", ignore_index=True)
    found["value"] = uk_dates(found["value"])
    lines = pd.DataFrame({heading: found[column] for heading, column in _LINES})
    for column in ANSWER_COLUMNS:
        lines[column] = ""
    if answered is not None and len(answered):
        earlier = answered.reindex(found["key"])
        for heading, column in zip(ANSWER_COLUMNS, ("answer", "reason", "name", "role"), strict=False):
            lines[heading] = pd.Series(earlier[column].to_numpy(), dtype="str").fillna("")
        # the day stays blank: an answer given again is given on another day
    lines[KEY_COLUMN], lines[VALUES_COLUMN] = found["key"], found["values"]
    return lines


def _grouped_by_cause(found: pd.DataFrame) -> pd.DataFrame:
    """Fold an issue into the line of the issue that makes it certain (same table, row and child)."""
    place = found["table"] + "|" + found["row"].astype("str") + "|" + found["child"]
    roots = set((place + "|" + found["code"])[found["cause"] == ""])
    root = place + "|" + found["cause"]
    follows = (found["cause"] != "") & root.isin(roots)
    also = found[follows].groupby(root[follows])["code"].agg(", ".join)
    kept = found[~follows].copy()
    kept["also"] = (place + "|" + found["code"])[~follows].map(also).astype(object).fillna("").astype("str")
    return kept


def write_worklists(
    result: Any, folder: Path | str, issues: pd.DataFrame, answered: pd.DataFrame | None = None
) -> dict[str, Path]:
    """Write ``all.xlsx`` and one workbook per team into the folder; returns team -> path ('' for all).

    Text stays text, filters are on, no cell can start a formula. Raises UsageError where the folder cannot be
    written.
    """
    folder = private_folder(folder)
    for old in folder.glob("*.xlsx"):
        old.unlink()
    lines = worklist_lines(result, issues, answered)
    settle = readable_decisions(worklist_table(result))
    made = {"": _write(result, folder / "all.xlsx", lines, settle, "all teams")}
    taken: set[str] = {"all"}
    for team in sorted(set(lines["Team"]) | set(settle["team"])):
        name = _file_name(team, taken)
        made[team] = _write(
            result, folder / f"{name}.xlsx", lines[lines["Team"] == team], settle[settle["team"] == team], team
        )
    return made


def _file_name(team: str, taken: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", team.lower()).strip("-")[:60] or "team"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    taken.add(name)
    return name


def _write(result: Any, path: Path, lines: pd.DataFrame, settle: pd.DataFrame, team: str) -> Path:
    label = f"{result.collection.title} {result.collection.year}, {authority_of(result)}: {team}"
    about = pd.DataFrame(
        {
            "what": ["return", "year", "authority", "run", "team", "lines", "how to answer", "", "", "please"],
            "value": [
                result.collection.name,
                result.collection.year,
                str(result.authority),
                result.run_id,
                team,
                str(len(lines)),
                "fixed: put right in the case system, so that the next extract has it",
                "accepted: the query is right as it stands; give reason, name and role; asked again later",
                "note: anything else",
                "write no names of children or families in the reasons",
            ],
        }
    )
    decide = pd.DataFrame({heading: settle[column] for heading, column in _DECIDE})
    sheets = [
        Sheet(
            "To put right",
            lines,
            title=label if len(lines) else f"{label}: nothing to put right; what to decide is on the next sheet",
            answers=ANSWER_COLUMNS,
            choices={"Answer": CHOICES},
            hidden=(KEY_COLUMN, VALUES_COLUMN),
        ),
        Sheet("To decide", decide, title=f"{label}: a person must decide or correct the record"),
        Sheet(ABOUT, about),
    ]
    return write_workbook(path, sheets, label)
