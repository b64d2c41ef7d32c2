"""Notes for DfE: one line per query left in the return, with the reason the authority gave, ready to paste."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dfe_returns.review.facts import uk_dates
from dfe_returns.review.keys import readable_values, things

COLUMNS = ("code", "title", "child", "note", "state")


def notes_for_dfe(result: Any, issues: pd.DataFrame, answered: pd.DataFrame) -> pd.DataFrame:
    """One row per query: code, title, child, note, state ('ready' once a person gave a reason, else 'needs a reason').

    ``issues`` as of facts.issue_table, ``answered`` as of answers.standing. The note carries the child's
    number and the values in question, and nothing that names a person.
    """
    found = things(result, issues[issues["severity"] == "query"].reset_index(drop=True))
    if found.empty:
        return pd.DataFrame({column: pd.Series(dtype="str") for column in COLUMNS})
    holding = answered[answered["holds"].astype(bool)] if len(answered) else answered
    reason = found["key"].map(holding["reason"]).astype(object).fillna("").astype("str") if len(holding) else ""
    where = readable_values(uk_dates(found["values"]))
    about = found["code"] + " " + found["child"].where(found["child"] == "", "child " + found["child"])
    about = about.str.strip() + (": " + where).where(found["field"] != "", "")
    ready = (pd.Series(reason, index=found.index) != "") if len(holding) else pd.Series(False, index=found.index)
    wanted = "The value is right as recorded because ... "
    text = pd.Series(reason, index=found.index, dtype="str").where(ready, wanted.strip())
    return pd.DataFrame(
        {
            "code": found["code"],
            "title": found["title"],
            "child": found["child"],
            "note": about + ". " + text,
            "state": ready.map({True: "ready", False: "needs a reason"}).astype("str"),
        }
    ).sort_values(["code", "child", "note"], kind="stable", ignore_index=True)
