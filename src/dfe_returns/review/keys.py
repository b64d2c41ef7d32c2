"""An issue by its content: the same fault on the same record keeps its key from run to run."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dfe_returns.review.facts import children_of, issue_table, text_of, texts

ANCHORS = {
    "cin": {
        "CINdetails": "CINreferralDate",
        "Assessments": "AssessmentActualStartDate",
        "AssessmentFactorsList": "AssessmentFactor",
        "Disabilities": "Disability",
        "CINplanDates": "CINPlanStartDate",
        "Section47": "S47ActualStartDate",
        "ChildProtectionPlans": "CPPstartDate",
        "Reviews": "CPPreviewDate",
        "PreProceedings": "PPStartDate",
    },
    "ssda903": {
        "Episodes": "DECOM",
        "Reviews": "REVIEW",
        "Missing": "MIS_START",
        "PlacedAdoption": "DATE_PLACED",
        "SWEpisodes": "SW_DECOM",
        "DoLo": "DOLO_START",
    },
}
"""Table -> the column that tells a child's records apart. Tables not named hold one row per child."""

BLANK = "(blank)"

JOIN_KEYS = ("CINdetailsID", "AssessmentID", "CPPID")


def row_keys(result: Any, table: str) -> pd.Series:
    """Key of each row by content ('child|anchor|number among equals'), unique within the table, in row order."""
    frame = result.tables[table].reset_index(drop=True)
    anchor = ANCHORS[result.collection.name].get(table)
    start = text_of(frame[anchor]) if anchor in frame.columns else pd.Series("", index=frame.index, dtype="str")
    key = children_of(result, table) + "|" + start
    twins = key.duplicated(keep=False)
    number = pd.Series(0, index=frame.index)
    if twins.any():
        content = texts(frame[twins].drop(columns=[column for column in JOIN_KEYS if column in frame.columns]))
        order = content.assign(key_of_row=key[twins]).sort_values(["key_of_row", *content.columns], kind="stable")
        number.loc[order.index] = order.groupby("key_of_row").cumcount()
    return key + "|" + number.astype("str")


def issue_keys(result: Any, issues: pd.DataFrame) -> pd.Series:
    """Key of each issue: 'code|table|row key'. Fields that one rule flags on one row are one thing and share a key."""
    own = issues["child"] + "||0"
    for table in sorted(set(issues["table"]) & set(result.tables)):
        mine = issues.index[(issues["table"] == table) & issues["row"].notna()]
        if len(mine):
            keys = row_keys(result, table).reindex(issues.loc[mine, "row"].astype("int64"))
            own.loc[mine] = pd.Series(keys.to_numpy(), index=mine, dtype="str").fillna(own.loc[mine])
    return (issues["code"] + "|" + issues["table"] + "|" + own).astype("str")


def things(result: Any, issues: pd.DataFrame) -> pd.DataFrame:
    """One row per thing found, in the order of its first issue.

    ``issues`` as of facts.issue_table. Columns: those of ``issues``, with ``field`` and ``value`` joined over the
    fields that the rule flags on the row, and ``key``, ``values`` ('field=value': what an accepted answer was about),
    ``record`` (the day or code that tells the record apart from the child's others, '' where there is one alone).
    """
    frame = issues.assign(key=issue_keys(result, issues))
    frame["values"] = frame["field"] + "=" + frame["value"]
    frame["value"] = frame["value"].where((frame["value"] != "") | (frame["field"] == ""), BLANK)
    frame["record"] = frame["key"].str.split("|").str[3].astype("str")
    one = frame.drop_duplicates("key").set_index("key")
    many = frame["key"].duplicated(keep=False)
    if many.any():
        joined = frame[many].sort_values("field", kind="stable").groupby("key")
        for column, mark in (("field", ", "), ("value", ", "), ("values", "; ")):
            one.loc[list(joined.groups), column] = joined[column].agg(mark.join)
    return one.reset_index()


def readable_values(values: pd.Series) -> pd.Series:
    """'field=value; field=' as 'field value; field (blank)'."""
    return values.str.replace(r"=(?=;|$)", "=(blank)", regex=True).str.replace("=", " ", regex=False).astype("str")


def finding_rows(result: Any, issues: pd.DataFrame | None = None) -> pd.DataFrame:
    """What the ledger keeps of a run's issues, one row per thing: code, severity, child, key (as plain text)."""
    issues = issue_table(result) if issues is None else issues
    frame = issues.assign(key=issue_keys(result, issues)).drop_duplicates("key")
    return frame[["code", "severity", "child", "key"]].reset_index(drop=True)
