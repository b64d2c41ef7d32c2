"""What teams answered: read back from worklists, kept in the ledger, held against the next run's issues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.errors import InputError
from dfe_returns.review.facts import uk_dates
from dfe_returns.review.keys import readable_values, things

CHOICES = ("fixed", "accepted", "note")
"""fixed: put right in the case system; accepted: the query is right as it stands; note: anything else."""
ANSWER_COLUMNS = ("Answer", "Reason", "Name", "Role", "Date", "Ask again on")
KEY_COLUMN, VALUES_COLUMN, ABOUT = "Key (leave)", "Values (leave)", "About"
_LINE = "line in the file"
_DAY_FORMS = ("%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y")


@dataclass
class Answers:
    """Answers of one worklist file: which return they are for, and one row per answered line."""

    collection: str
    year: str
    authority: str
    run_id: str
    rows: pd.DataFrame
    """code, severity, child, key, value, answer, reason, name, role, answered_on, expires_on; days as yyyy-mm-dd."""
    unanswered: int


def read_answers(path: Path | str, today: dt.date, days: int = 365) -> Answers:
    """Read a worklist that a team filled in (.xlsx, or .csv saved from it).

    An answer without a date was given today; an accepted query is asked again after ``days`` unless the file says
    when. Raises InputError listing every line that cannot be taken: an unknown answer or date, an accepted query
    without reason, name and role, an accepted error.
    """
    path = Path(path)
    lines, about = _read(path)
    missing = [
        column
        for column in ("Rule", "Severity", "Child", KEY_COLUMN, VALUES_COLUMN, *ANSWER_COLUMNS)
        if column not in lines
    ]
    if missing:
        raise InputError(f"{path.name} is not a worklist: it lacks the columns {', '.join(missing)}.")
    lines = lines.apply(lambda column: column.str.strip())
    filled = (lines[["Answer", "Reason"]] != "").any(axis=1)
    given = lines[filled].copy()
    given["answered"] = given["Answer"].str.lower()
    given["answered_on"] = _days(given["Date"]).where(given["Date"] != "", pd.Timestamp(today))
    given["expires_on"] = _days(given["Ask again on"]).where(
        given["Ask again on"] != "",
        (given["answered_on"] + pd.Timedelta(days=days)).where(given["answered"] == "accepted"),
    )
    problems = _problems(given)
    if len(problems):
        raise InputError(
            f"{path.name}: {len(problems)} answers cannot be taken; correct the lines listed and import it again.",
            problems,
        )
    rows = pd.DataFrame(
        {
            "code": given["Rule"],
            "severity": given["Severity"],
            "child": given["Child"],
            "key": given[KEY_COLUMN],
            "value": given[VALUES_COLUMN],
            "answer": given["answered"].replace("", "note"),
            "reason": given["Reason"],
            "name": given["Name"],
            "role": given["Role"],
            "answered_on": given["answered_on"].dt.strftime("%Y-%m-%d"),
            "expires_on": given["expires_on"]
            .dt.strftime("%Y-%m-%d")
            .astype("str")
            .where(given["expires_on"].notna(), ""),
        }
    ).reset_index(drop=True)
    return Answers(about["return"], about["year"], about["authority"], about["run"], rows, int((~filled).sum()))


def import_answers(path: Path | str, ledger: Any, days: int = 365) -> dict[str, Any]:
    """Read a worklist and keep its answers in the ledger; returns counts by answer.

    Raises InputError, and then keeps nothing.
    """
    answers = read_answers(path, ledger.today(), days)
    kept = ledger.add_answers(answers.collection, answers.authority, answers.rows, Path(path).name, answers.year)
    counts = answers.rows["answer"].value_counts()
    return {
        "file": Path(path).name,
        "return": answers.collection,
        "year": answers.year,
        "kept": kept,
        "answers": {choice: int(counts.get(choice, 0)) for choice in CHOICES},
        "unanswered": answers.unanswered,
    }


def _read(path: Path) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """Lines of a worklist as text, and what its About sheet (or a csv's first columns) says."""
    try:
        if path.suffix.lower() == ".csv":
            lines = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
            lines[_LINE] = [str(number) for number in range(2, len(lines) + 2)]
            about: Mapping[str, str] = {}
        else:
            book = pd.read_excel(path, sheet_name=None, header=None, engine="calamine", dtype=object)
            about = _about(book.get(ABOUT))
            lines = _lines(book)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except (ValueError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path.name} cannot be read as a worklist ({type(error).__name__}); save it as .xlsx and try again."
        ) from None
    except Exception as error:  # calamine raises its own classes for damaged workbooks
        raise InputError(f"{path.name} is not a readable workbook ({type(error).__name__}).") from None
    if not about and {"Return", "Year", "Authority", "Run"} <= set(lines.columns) and len(lines):
        first = lines.iloc[0]
        about = {"return": first["Return"], "year": first["Year"], "authority": first["Authority"], "run": first["Run"]}
    if not {"return", "year", "authority", "run"} <= set(about):
        raise InputError(
            f"{path.name} does not say which run it is of; use the worklist as it was made (sheet {ABOUT})."
        )
    return _unprefixed(lines), about


def _lines(book: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    found = []
    for sheet in book.values():
        heads = sheet.index[(sheet == KEY_COLUMN).any(axis=1)]
        if len(heads):
            head = int(heads[0])
            lines = sheet.iloc[head + 1 :].copy()
            lines.columns = [str(name) for name in sheet.iloc[head]]
            lines[_LINE] = range(head + 2, head + 2 + len(lines))
            found.append(lines)
    if not found:
        return pd.DataFrame()
    out = pd.concat(found, ignore_index=True)
    return pd.DataFrame({name: _cell_text(out[name]) for name in out.columns})


def _cell_text(values: pd.Series) -> pd.Series:
    """Cells as text; a day that Excel holds as a date becomes dd/mm/yyyy."""
    days = values.map(lambda cell: isinstance(cell, dt.date)).astype(bool)
    text = values.astype("str").where(values.notna(), "")
    if days.any():
        text[days] = pd.to_datetime(values[days]).dt.strftime("%d/%m/%Y")
    return text.astype("str")


def _about(sheet: pd.DataFrame | None) -> Mapping[str, str]:
    if sheet is None or sheet.shape[1] < 2:
        return {}
    return {str(name).strip().lower(): str(value).strip() for name, value in zip(sheet[0], sheet[1], strict=True)}


def _unprefixed(lines: pd.DataFrame) -> pd.DataFrame:
    """Take off the apostrophe that keeps a cell from starting a formula."""
    return lines.apply(lambda column: column.str.replace(r"^'(?=[=+\-@\t\r])", "", regex=True))


def _days(text: pd.Series) -> pd.Series:
    out = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for form in _DAY_FORMS:
        out = out.fillna(pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]"))
    return out


def _problems(given: pd.DataFrame) -> pd.DataFrame:
    accepted = given["answered"] == "accepted"
    checks = {
        f"the answer is not one of {', '.join(CHOICES)}": ~given["answered"].isin(["", *CHOICES]),
        "an accepted query needs a reason, a name and a role": accepted
        & (given[["Reason", "Name", "Role"]] == "").any(axis=1),
        "an error cannot be accepted by a team; it needs an exception at sign-off": accepted
        & (given["Severity"] == "error"),
        "the date cannot be read (dd/mm/yyyy)": given["answered_on"].isna(),
        "'Ask again on' cannot be read (dd/mm/yyyy)": (given["Ask again on"] != "") & given["expires_on"].isna(),
        "the hidden key of the line is missing": given[KEY_COLUMN] == "",
    }
    found = [
        pd.DataFrame({"line": given.loc[bad, _LINE].astype("int64"), "rule": given.loc[bad, "Rule"], "problem": text})
        for text, bad in checks.items()
    ]
    return pd.concat(found).sort_values(["line", "problem"], ignore_index=True)


def standing(result: Any, issues: pd.DataFrame, ledger: Any | None, today: dt.date) -> pd.DataFrame:
    """The last answer to each thing found, by key: answer, reason, name, role, answered_on, expires_on, holds.

    ``holds``: a query accepted for this year's return whose day has not come and whose values are the same. No
    ledger, no rows.
    """
    columns = ["answer", "reason", "name", "role", "answered_on", "expires_on"]
    if ledger is None:
        return pd.DataFrame(columns=[*columns, "holds"], index=pd.Index([], name="key"))
    kept = ledger.answers(result.collection.name, result.authority)
    found = things(result, issues)
    kept["key"] = kept["key"].map(ledger.key.told(found["key"]))
    kept = kept.dropna(subset="key").drop_duplicates("key", keep="last").set_index("key")
    found = found[found["key"].isin(kept.index)]
    out = kept.loc[found["key"], [*columns, "value_hash", "year"]]
    values = "value " + found["values"]
    same = out["value_hash"].map(ledger.key.told(values)).to_numpy() == values.to_numpy()
    in_force = (out["expires_on"] == "") | (out["expires_on"] > today.isoformat())
    query = found["severity"].to_numpy() == "query"
    of_this_year = out["year"].isin(["", result.collection.year])
    out["holds"] = (out["answer"] == "accepted") & in_force & same & query & of_this_year
    return out.drop(columns=["value_hash", "year"])


def given_answers(result: Any, issues: pd.DataFrame, answered: pd.DataFrame) -> pd.DataFrame:
    """The answers that stand beside what is found still, for people to read.

    ``answered`` as of :func:`standing`. Columns state, code, child, values, reason, who, answered_on, expires_on.
    """
    found = things(result, issues)
    found = found[found["key"].isin(list(answered.index))].reset_index(drop=True)
    given = answered.reindex(found["key"]).reset_index(drop=True)
    holds = given["holds"].eq(True)
    state = given["answer"].map({"accepted": "to ask again", "fixed": "said to be fixed, found again", "note": "note"})
    return pd.DataFrame(
        {
            "state": state.where(~holds, "accepted").astype("str"),
            "code": found["code"],
            "child": found["child"],
            "values": uk_dates(readable_values(found["values"])),
            "reason": given["reason"].astype("str"),
            "who": (given["name"] + ", " + given["role"]).str.strip(", ").astype("str"),
            "answered_on": uk_dates(given["answered_on"].astype("str")),
            "expires_on": uk_dates(given["expires_on"].astype("str")),
        }
    )


def statuses(keys: pd.Series, known_before: set[str] | None, answered: pd.DataFrame) -> pd.Series:
    """Word per issue: accepted, expired, new, open; '' without an earlier run.

    Expired: accepted once, but it ran out, the value changed, or it was for last year's return.
    """
    if known_before is None:
        out = pd.Series("", index=keys.index, dtype="str")
    else:
        out = keys.isin(known_before).map({True: "open", False: "new"}).astype("str")
    accepted = answered[answered["answer"] == "accepted"] if len(answered) else answered
    held = list(accepted.index[accepted["holds"].astype(bool)]) if len(accepted) else []
    out = out.where(~keys.isin(list(accepted.index)), "expired")
    return out.where(~keys.isin(held), "accepted")
