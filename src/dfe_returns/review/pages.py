"""What stands beside the run in its report: totals, changes, continuity, the other return, notes, answers, state."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dfe_returns.review.answers import given_answers, standing, statuses
from dfe_returns.review.charts import chart_of
from dfe_returns.review.compare import Difference, compare
from dfe_returns.review.continuity import OUTCOMES, continuity, continuity_counts
from dfe_returns.review.cross import cross_return
from dfe_returns.review.facts import decision_table, not_run_of, readable_decisions, uk_date, uk_dates
from dfe_returns.review.keys import issue_keys
from dfe_returns.review.notes import notes_for_dfe
from dfe_returns.review.outputs import children_count
from dfe_returns.review.report import Additions, List
from dfe_returns.review.totals import YEAR_END, beside_last_year, last_day, totals_of, typed_previous

KEY_TOTALS = {
    "cin": (
        "cin.march",
        "referrals",
        "cin.started",
        "cin.ended",
        "assessments",
        "assessments.45",
        "icpc",
        "icpc.15",
        "cpp.march",
        "cpp.started",
        "cpp.again",
        "cpp.reviewed",
    ),
    "ssda903": (
        "cla.march",
        "cla.started",
        "cla.ceased",
        "cla.uasc",
        "place.three",
        "missing.children",
        "oc2",
        "oc3",
        "adopted",
    ),
}
CHARTS = {
    "cin": (("month", "Referrals by month"), ("need", "Primary need, open at 31 March")),
    "ssda903": (("place", "Placement at 31 March"), ("ls", "Legal status at 31 March")),
}


@dataclass
class Around:
    """What the report is told beside the run: the run before, the other return, the ledger, the thresholds."""

    earlier: Any | None = None
    """RunResult of the run before, when its folder is still there."""
    other: Any | None = None
    """RunResult of the other return of the same year."""
    ledger: Any | None = None
    large_percent: float = 10.0
    today: dt.date | None = None


def additions_of(result: Any, issues: pd.DataFrame, around: Around) -> tuple[Additions, pd.DataFrame, pd.DataFrame]:
    """Everything that the report shows beside the run; returns the additions, the totals and the answers that stand.

    ``issues`` as of facts.issue_table. Works without ledger, earlier run, last year's return or other return; the
    pages then say so.
    """
    found = Additions()
    totals = beside_last_year(totals_of(result), _last_totals(result), around.large_percent)
    found.key_totals = _records(totals[totals["key"].isin(KEY_TOTALS[result.collection.name])])
    found.charts = _charts(result, totals)
    keys = issue_keys(result, issues)
    answered = standing(result, issues, around.ledger, around.today or result.as_at)
    found.status = statuses(keys, known_before(result, keys, around), answered)
    found.extracts = extracts_found(result, keys, around.ledger)
    open_long = found.extracts.ge(LONG_OPEN) & (found.status != "accepted")
    found.long_open = int(keys[open_long].nunique())
    found.accepted = int((found.status == "accepted").sum())
    if (found.status == "").all():
        found.status = None
    found.state = state_of(result, around.ledger)
    found.pages.append(
        (
            "totals",
            "Totals",
            "totals.html.j2",
            {
                "sections": _sections(totals),
                "large_percent": around.large_percent,
                "counted_to": last_day(result) if result.as_at < result.collection.end else "",
            },
        )
    )
    _add_changes(found, result, issues, around)
    _add_continuity(found, result)
    _add_cross(found, result, around)
    _add_people(found, result, issues, answered)
    notes = notes_for_dfe(result, issues, answered)
    ready = int((notes["state"] == "ready").sum())
    found.pages.append(("notes", "Notes for DfE", "notes.html.j2", {"notes_count": len(notes), "notes_ready": ready}))
    found.lists["notes"] = List(
        notes, "code", (("code", "Rule"), ("child", "Child"), ("note", "Note"), ("state", "State")), copy="note"
    )
    return found, totals, answered


def counts_for_ledger(result: Any, large_percent: float = 10.0) -> dict[str, Any]:
    """What the ledger keeps of a run and its certificate shows: counts, and the key totals beside last year's.

    ``titles``: the rules of the errors in words; ``figures``: label, this year, last year, change, 'large' or ''; all
    as the report writes them.
    """
    errors = result.issues[result.issues["severity"] == "error"]
    totals = beside_last_year(totals_of(result), _last_totals(result), large_percent)
    key = totals[totals["key"].isin(KEY_TOTALS[result.collection.name])]
    figures = key[["label", "this", "last", "change"]].assign(large=key["large"].map({True: "large", False: ""}))
    return {
        "children": children_count(result),
        "errors": len(errors),
        "queries": int((result.issues["severity"] == "query").sum()),
        "errors_by_rule": {str(code): int(n) for code, n in errors.groupby("code").size().items()},
        "titles": {
            str(code): str(result.collection.rules[code].title)
            for code in sorted(errors["code"].unique())
            if code in result.collection.rules
        },
        "to_settle": len(result.worklist),
        "not_run": len(not_run_of(result)),
        "decisions_total": int((decision_table(result)["severity"] == "total").sum()),
        "figures": figures.astype("str").to_numpy().tolist(),
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _last_totals(result: Any) -> pd.DataFrame | None:
    last = typed_previous(result)
    return None if last is None else totals_of(result, last, years_back=1)


def _sections(totals: pd.DataFrame) -> list[dict[str, Any]]:
    return [{"name": name, "rows": _records(rows)} for name, rows in totals.groupby("section", sort=False)]


def _charts(result: Any, totals: pd.DataFrame) -> list[dict[str, str]]:
    stem = totals["key"].str.split(".").str[0]
    by_code = totals["key"].str.contains(".", regex=False)
    drawn = [
        chart_of(
            f"chart-{name}",
            caption.replace(YEAR_END, last_day(result)),
            totals[(stem == name) & by_code],
            bool(result.previous),
        )
        for name, caption in CHARTS[result.collection.name]
    ]
    return [chart for chart in drawn if chart]


def known_before(result: Any, keys: pd.Series, around: Around) -> set[str] | None:
    """Keys of this run's issues that the run before had too, by the ledger or its folder; None without one."""
    if around.ledger is not None:
        before = last_run(around.ledger, result)
        if before is None:
            return None
        known = around.ledger.key.told(keys)
        return {known[held] for held in around.ledger.findings(before)["key"] if held in known}
    if around.earlier is None:
        return None
    from dfe_returns.review.facts import issue_table

    return set(issue_keys(around.earlier, issue_table(around.earlier)))


def last_run(ledger: Any, result: Any) -> str | None:
    """Id of the run of the same return, year and authority before this one, whether or not this one is recorded yet."""
    runs = ledger.states(result.collection.name, result.collection.year)
    runs = runs[(runs["authority"] == str(result.authority)) & (runs["dry_run"].astype(bool) == bool(result.dry_run))]
    ids = runs["run_id"].tolist()
    earlier = ids[: ids.index(result.run_id)] if result.run_id in ids else ids
    return earlier[-1] if earlier else None


def extracts_found(result: Any, keys: pd.Series, ledger: Any | None) -> pd.Series:
    """In how many extracts in a row each issue was found, this one counted; runs of one extract count once.

    ``keys`` as of keys.issue_keys. Looks back over twelve runs at most. Without a ledger everything is found once.
    """
    times = pd.Series(1, index=keys.unique(), dtype="int64")
    if ledger is not None:
        runs = ledger.states(result.collection.name, result.collection.year)
        same = (runs["authority"] == str(result.authority)) & (runs["dry_run"].astype(bool) == bool(result.dry_run))
        ids = runs.loc[same, "run_id"].tolist()
        ids = ids[: ids.index(result.run_id)] if result.run_id in ids else ids
        known, extract, still = ledger.key.told(keys), str(result.inputs_hash or ""), set(times.index)
        for run_id in reversed(ids[-_LOOK_BACK:]):
            still &= {known[held] for held in ledger.findings(run_id)["key"] if held in known}
            if not still:
                break
            if (before := ledger.run(run_id)["inputs_hash"]) != extract:
                times[list(still)] += 1
                extract = before
    return keys.map(times).astype("int64")


_LOOK_BACK = 12
LONG_OPEN = 3
"""From this many extracts on an issue is called long open."""


def _add_changes(found: Additions, result: Any, issues: pd.DataFrame, around: Around) -> None:
    if around.earlier is None:
        words = "There is no earlier run of this return to compare with, or its folder is gone."
        values: dict[str, Any] = {
            "changes_words": words,
            "changes_rules": [],
            "changes_notes": [],
            "changes_children": [],
            "changes_counts": [],
            "changes_new": 0,
        }
    else:
        difference = compare(around.earlier, result, issues)
        found.changes = {"words": difference.words()}
        values = _change_values(found, difference)
    found.pages.append(("changes", "Since the last run", "changes.html.j2", values))


def _change_values(found: Additions, difference: Difference) -> dict[str, Any]:
    from dfe_returns.review.compare import by_rule

    shown = (
        ("kind", "What"),
        ("table", "Table"),
        ("child", "Child"),
        ("record", "Record of"),
        ("field", "Field"),
        ("old", "Was"),
        ("new", "Is"),
    )
    found.lists["changed"] = List(difference.changes, "kind", shown)
    fixed = difference.fixed[["code", "child", "table", "field", "value", "message", "team"]]
    fixed = fixed.assign(value=uk_dates(fixed["value"]))
    found.lists["fixed"] = List(
        fixed,
        "code",
        (
            ("code", "Rule"),
            ("child", "Child"),
            ("table", "Table"),
            ("field", "Field"),
            ("value", "Value then"),
            ("message", "What was wrong"),
            ("team", "Team"),
        ),
    )
    found.lists["moved"] = List(
        difference.children, "direction", (("direction", "In or out"), ("child", "Child"), ("why", "Why"))
    )
    summary = difference.summary()
    return {
        "changes_words": f"{difference.words()} Compared with run {difference.earlier}.",
        "changes_notes": difference.notes,
        "changes_new": len(difference.new) if found.status is not None else 0,
        "changes_rules": by_rule(difference).to_numpy().tolist(),
        "changes_children": [[way, f"{number:,}"] for way, number in summary["children"].items()],
        "changes_counts": [[kind, f"{number:,}"] for kind, number in summary["records"].items()],
    }


def _add_continuity(found: Additions, result: Any) -> None:
    rows = continuity(result)
    counts = [] if rows is None else continuity_counts(rows).to_numpy().tolist()
    values = {"continuity_known": rows is not None, "continuity_counts": counts, "continuity_outcomes": list(OUTCOMES)}
    found.pages.append(("continuity", "Last year to this", "continuity.html.j2", values))
    if rows is not None:
        odd = rows[rows["outcome"].isin(["missing", "started on another day"])]
        shown = (
            ("outcome", "What became of it"),
            ("what", "What"),
            ("child", "Child"),
            ("start", "Started"),
            ("note", "Note"),
        )
        found.lists["continuity"] = List(odd, "outcome", shown)
        found.children = odd["child"]


def _add_cross(found: Additions, result: Any, around: Around) -> None:
    rows = None
    if around.other is not None:
        pair = (
            (result.tables, around.other.tables)
            if result.collection.name == "cin"
            else (around.other.tables, result.tables)
        )
        rows = cross_return(*pair, result.as_at, result.collection.start)
        rows["finding"] = rows["finding"].str.replace(YEAR_END, last_day(result), regex=False)
    counts = [] if rows is None else rows.groupby("finding", sort=False).size().reset_index().to_numpy().tolist()
    values = {
        "cross_known": rows is not None,
        "cross_counts": counts,
        "cross_run": around.other.run_id if around.other is not None else "",
    }
    found.pages.append(("cross", "The other return", "cross.html.j2", values))
    if rows is not None:
        shown = (
            ("finding", "Finding"),
            ("child", "Child"),
            ("cin", "In the census"),
            ("ssda903", "In the looked after return"),
        )
        found.lists["cross"] = List(rows, "finding", shown)


def _add_people(found: Additions, result: Any, issues: pd.DataFrame, answered: pd.DataFrame) -> None:
    """What people decided: answers of the teams to what is found still, and values set by hand."""
    decisions = decision_table(result)
    by_hand = decisions[decisions["rule"].str.contains(_BY_HAND)]
    given = given_answers(result, issues, answered)
    counts = given.groupby("state", sort=True).size().reset_index().to_numpy().tolist()
    values = {"answers_count": len(given), "by_hand_count": len(by_hand), "answers_counts": counts}
    found.pages.append(("people", "Decisions by people", "people.html.j2", values))
    found.lists["answers"] = List(
        given,
        "state",
        (
            ("state", "State"),
            ("code", "Rule"),
            ("child", "Child"),
            ("values", "About"),
            ("reason", "Reason"),
            ("who", "Given by"),
            ("answered_on", "Given on"),
            ("expires_on", "Ask again on"),
        ),
    )
    found.lists["by_hand"] = List(
        readable_decisions(by_hand),
        "title",
        (
            ("title", "What"),
            ("child", "Child"),
            ("table", "Table"),
            ("field", "Field"),
            ("old", "Was"),
            ("new", "Became"),
            ("note", "Reason and role"),
            ("record", "Source record"),
        ),
    )


_BY_HAND = r"-OVERRIDE$|-BY-HAND$|-REASON-ACCEPTED$"


def state_of(result: Any, ledger: Any | None) -> dict[str, Any]:
    """State of the run in words for the front page: state, words, warn."""
    state, entry = "draft", None
    if ledger is not None:
        runs = ledger.states(result.collection.name, result.collection.year)
        if result.run_id in set(runs["run_id"]):
            state = ledger.state(result.run_id)
            acts = [step for step in ledger.history(result.run_id) if "state" in step]
            entry = acts[-1]
    words = {
        "draft": "This is a draft. Nobody has signed it; it must not be sent.",
        "in review": "This run is in review. Nobody has signed it; it must not be sent.",
        "signed off": "This run is signed off; the signed files lie in the folder submission.",
        "submitted": "This run was signed off and submitted.",
        "rejected": "This run was rejected; it must not be sent.",
        "superseded": "A later run has taken the place of this one; it must not be sent.",
    }[state]
    if entry is not None and entry.get("name"):
        role = f", {entry['role']}" if entry.get("role") else ""
        words += f" Last act: {entry['kind']} by {entry['name']}{role}, {uk_date(entry['at'])}."
    if entry is not None and entry.get("reason"):
        words += f" Reason: {entry['reason']}"
    return {"state": state, "words": words, "warn": state not in ("signed off", "submitted")}
