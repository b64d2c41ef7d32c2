"""`rectify`: find a wrong value in every return that was sent, list what to amend, draft the notice to the
recipient (R31).

The value itself is corrected in the case system and comes out right in the next run. Here stands where it went,
and later both versions side by side with their lineage.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.contract.gateways import register
from dfe_returns.errors import DfeReturnsError, RefusedError, UsageError
from dfe_returns.evidence.child import child_lineage
from dfe_returns.evidence.disclosures import child_hash, child_hashes, disclosures_of, request_of
from dfe_returns.evidence.events import events
from dfe_returns.files import private_folder, write_csv, write_private

# The same fact under its names in both returns; a field that is not here stands for itself.
SAME_FACT = (
    {"LAchildID", "CHILD"},
    {"PersonBirthDate", "DOB"},
    {"Sex", "SEX", "GenderCurrent"},
    {"Ethnicity", "ETHNIC"},
    {"UPN"},
)
_IN_FORCE = ("signed off", "submitted")
REPLACED = "none: replaced or sent back"
COLUMNS = [
    "return",
    "year",
    "run_id",
    "state",
    "sent_on",
    "table",
    "row",
    "field",
    "sent",
    "correct",
    "source",
    "transformation",
    "gateway",
    "file",
    "sha256",
    "action",
    "note",
]


def find_value(ledger: Any, child: str, field: str, sent: str, correct: str) -> pd.DataFrame:
    """Every place where the value was sent of that child: the amendment list, columns of ``COLUMNS``.

    ``field``: ``Table.Field`` of either return, or the field's name; the same fact under its other names is
    looked for too. ``sent`` and ``correct`` are given as the department knows them (dates ``yyyy-mm-dd`` or
    ``dd/mm/yyyy``). ``action`` is ``send again`` for the newest season of a return that was signed, ``next season``
    for older ones; nothing is to be done about a run that a later one replaced, or that was sent back. Raises
    UsageError for an unknown field or a value that no kept return has.
    """
    wanted = _names(field)
    seasons = disclosures_of(ledger, child)
    parts = []
    for run_id, season in seasons.groupby("run_id", sort=False):
        facts = season.iloc[0]
        try:
            values = child_lineage(Path(facts["folder"]), child, str(run_id))
        except (DfeReturnsError, OSError):
            fields = season["fields"].str.split()
            hit = season[fields.map(lambda names: bool(set(names) & wanted))]
            parts.append(_unkept(hit, correct))
            continue
        hit = values[values["field"].isin(wanted) & _day(values["value"]).eq(_one(sent))]
        hit = hit.drop(columns="return").merge(season[["table", "file", "sha256"]], on="table", how="left")
        common = {k: facts[k] for k in ("return", "year", "run_id", "state", "sent_on")}
        parts.append(hit.rename(columns={"value": "sent"}).assign(correct=correct, note="", **common))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    if not len(found):
        raise UsageError("No return that is kept has that value in that field for the child; check field and value.")
    runs = ledger.states()
    newest = found["return"].map(runs[runs["state"].isin(_IN_FORCE)].groupby("collection")["year"].max())
    in_force = found["state"].isin(_IN_FORCE)
    found["action"] = found["year"].eq(newest).map({True: "send again", False: "next season"})
    found["action"] = found["action"].where(in_force, REPLACED)
    form = found["return"].map({"cin": "%Y-%m-%d", "ssda903": "%d/%m/%Y"})
    found["correct"] = [_in_form(correct, f) for f in form]
    return found.sort_values(["year", "return", "table", "row"], kind="stable", ignore_index=True)[COLUMNS]


def rectify(
    ledger: Any, request: str, child: str, field: str, sent: str, correct: str, folder: Path | str, name: str, role: str
) -> dict[str, Any]:
    """Make the amendment list and the draft notice in ``folder`` (private), and enter the correction in the
    ledger.

    Answers with the number of places per return and year, and the files made. The ledger keeps field, runs and
    keyed hash, no value. ``request`` may be blank. Raises RefusedError without name and role, UsageError for a
    request that nobody opened.
    """
    if not name.strip() or not role.strip():
        raise RefusedError("Give the name and role of the officer who corrects the record.")
    if request:
        request_of(ledger, request, child)
    found = find_value(ledger, child, field, sent, correct)
    folder = private_folder(folder)
    amendments = folder / "amendments.csv"
    write_csv(found, amendments)
    notice = write_private(folder / "notice-to-recipient.txt", recipient_notice(found, child))
    runs = sorted(found["run_id"].unique())
    body = {
        "event": "correction listed",
        "request": request,
        "child_hash": child_hash(ledger, child),
        "field": field,
        "runs": runs,
        "places": len(found),
        "name": name,
        "role": role,
    }
    ledger.entry("rights", "", body)
    counted = found.groupby(["return", "year", "action"], as_index=False).size().rename(columns={"size": "places"})
    return {"request": request, "places": counted.to_dict("records"), "files": [str(amendments), str(notice)]}


def recipient_notice(found: pd.DataFrame, child: str) -> str:
    """Draft notice to the department under UK GDPR Article 19: which item of which return was wrong, and what is
    right."""
    laws = register()
    lines = ["DRAFT for the officer to check, sign and send through DfE's own secure channel.", ""]
    lines += ["Notification of a rectification (UK GDPR Articles 16 and 19)", ""]
    lines += [f"Child's local identifier in the returns: {child}", ""]
    in_force = found[found["action"].ne(REPLACED)]
    if not len(in_force):
        lines += ["No return in force has the value: it was replaced by a later one, or never sent.", ""]
    for (return_name, year), part in in_force.groupby(["return", "year"], sort=True):
        lines.append(f"{laws.returns[str(return_name)]['title']}, {year}:")
        for (table, name, was, right, action), _ in part.groupby(
            ["table", "field", "sent", "correct", "action"], sort=True
        ):
            how = (
                "we send the return again"
                if action == "send again"
                else "corrected in our next return; please amend yours"
            )
            lines.append(f"- {table}.{name}: sent {was or '(not kept)'}, correct {right}; {how}")
        lines.append("")
    lines.append("Please tell us if you passed the value on, so that we can say so when the person asks (Article 19).")
    return "\n".join(lines) + "\n"


def both_versions(ledger: Any, request: str, child: str) -> pd.DataFrame:
    """The corrected field in each kept run, old and new: return, year, run_id, signed_on, table, row, field,
    value, source.

    Raises UsageError when the request listed no correction for this child.
    """
    mine = child_hashes(ledger, child)
    listed = [e for e in events(ledger, "rights") if e["event"] == "correction listed" and e["request"] == request]
    if not listed or listed[-1]["child_hash"] not in mine:
        raise UsageError(f"{request} has no correction of that child.")
    wanted = _names(listed[-1]["field"])
    parts = []
    for run_id, season in disclosures_of(ledger, child).groupby("run_id", sort=False):
        facts = season.iloc[0]
        try:
            values = child_lineage(Path(facts["folder"]), child, str(run_id))
        except (DfeReturnsError, OSError):
            continue
        hit = values[values["field"].isin(wanted)]
        parts.append(hit.assign(year=facts["year"], run_id=run_id, signed_on=facts["signed_on"]))
    columns = ["return", "year", "run_id", "signed_on", "table", "row", "field", "value", "source", "gateway"]
    every = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return every.sort_values(["return", "year", "signed_on"], kind="stable", ignore_index=True)[columns]


def _names(field: str) -> set[str]:
    name = field.split(".", 1)[-1]
    known = {law.name for law in register().fields.values()}
    if name not in known:
        raise UsageError(f"There is no field {field}; `dfe-returns fields list cin` and `... ssda903` list them.")
    if "." in field and not any(law.id == field for law in register().fields.values()):
        raise UsageError(f"There is no field {field}; `dfe-returns fields list cin` and `... ssda903` list them.")
    return next((set(names) for names in SAME_FACT if name in names), {name})


def _day(values: pd.Series) -> pd.Series:
    """Values with dates of either form as ``yyyy-mm-dd``, so that the two returns compare."""
    text = values.astype("str").str.strip()
    return text.str.replace(r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\2-\1", regex=True)


def _one(value: str) -> str:
    return str(_day(pd.Series([value])).iloc[0])


def _in_form(value: str, form: str) -> str:
    try:
        return date.fromisoformat(_one(value)).strftime(form)
    except ValueError:
        return value


def _unkept(season: pd.DataFrame, correct: str) -> pd.DataFrame:
    kept = season[["return", "year", "run_id", "state", "sent_on", "table", "file", "sha256"]]
    note = "the file is no longer kept; the register says the field was sent"
    blank = dict.fromkeys(("field", "sent", "source", "transformation", "gateway"), "")
    return kept.assign(**blank, row=float("nan"), correct=correct, note=note)
