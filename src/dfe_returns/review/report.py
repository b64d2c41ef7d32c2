"""The report: one self-contained HTML file that a director reads in five minutes and an analyst works from all day."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from dfe_returns.files import private_folder, sha256_of, write_private
from dfe_returns.review.facts import (
    authority_of,
    decision_table,
    issue_table,
    not_run_of,
    people_of,
    texts,
    uk_date,
    uk_dates,
    with_columns,
    worklist_table,
)
from dfe_returns.review.outputs import by_rule, by_team, children_count
from dfe_returns.review.payload import List, child_chunks, children_shown, payload, safe_json

SOURCE_COLUMNS = ("file", "table", "rows", "read", "extract_date", "note", "sha256")
LAST_YEAR = "last year's return"
_FORMS = {
    "cin": "XML in UTF-8; days as YYYY-MM-DD",
    "ssda903": "CSV in UTF-8, one line of column names; days as DD/MM/YYYY",
}


@dataclass
class Additions:
    """What stands beside the run itself: pages, numbers and words that other parts of review work out.

    ``pages``: (id, title, template, values) each; ``state``: words on the sign-off state;
    ``status``: per issue 'new', 'open', ...
    """

    pages: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)
    state: dict[str, Any] = field(
        default_factory=lambda: {
            "state": "draft",
            "warn": True,
            "words": "This is a draft. Nobody has signed it; it must not be sent.",
        }
    )
    changes: dict[str, Any] | None = None
    key_totals: list[dict[str, Any]] = field(default_factory=list)
    charts: list[dict[str, Any]] = field(default_factory=list)
    status: pd.Series | None = None
    extracts: pd.Series | None = None
    """Per issue in how many extracts in a row it was found."""
    long_open: int = 0
    """Things found in three extracts or more."""
    accepted: int = 0
    errors_excepted: int = 0
    children: pd.Series | None = None
    lists: dict[str, List] = field(default_factory=dict)


def environment() -> Environment:
    """Templates of the package: autoescaping always on, an unknown name is an error."""
    found = Environment(
        loader=PackageLoader("dfe_returns.review"),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=select_autoescape(default=True, default_for_string=True),
    )
    found.globals["thousands"] = lambda number: f"{number:,}"
    return found


def write_report(
    result: Any, folder: Path | str, additions: Additions | None = None, issues: pd.DataFrame | None = None
) -> Path:
    """Write ``index.html`` into the report folder and return its path.

    ``result``: a RunResult; ``additions``: see :class:`Additions`; ``issues``: facts.issue_table(result), if at hand.
    Raises UsageError where the folder cannot be written. The file asks for nothing from any network.
    """
    folder = private_folder(folder)
    additions = additions or Additions()
    issues = issue_table(result) if issues is None else issues
    if additions.status is not None:
        issues = issues.assign(status=additions.status.to_numpy())
    children = children_shown(result, issues, additions.children)
    templates = environment()
    package = templates.loader
    values = _values(result, issues, additions)
    values["data"] = safe_json(payload(result, issues, people_of(result), children, additions.lists))
    values["chunks"] = child_chunks(result, issues, children)
    values["style"] = package.get_source(templates, "style.css")[0]  # type: ignore[union-attr]
    values["script"] = package.get_source(templates, "report.js")[0]  # type: ignore[union-attr]
    return write_private(folder / "index.html", templates.get_template("report.html.j2").render(values))


def _values(result: Any, issues: pd.DataFrame, additions: Additions) -> dict[str, Any]:
    decisions, worklist, not_run = decision_table(result), worklist_table(result), not_run_of(result)
    sources = _sources(result)
    rules, teams = by_rule(issues), by_team(issues)
    workers = by_team(issues.assign(team=issues["worker"])).rename(columns={"team": "worker"})
    collection = result.collection
    pages = [{"id": name, "title": title, "template": template} for name, title, template, _ in additions.pages]
    values: dict[str, Any] = {
        "head": {
            "title": collection.title,
            "year": collection.year,
            "authority": authority_of(result),
            "run_id": result.run_id,
            "as_at": result.as_at.strftime("%d/%m/%Y"),
            "dry_run": bool(result.dry_run),
        },
        "state": additions.state,
        "changes": additions.changes,
        "key_totals": additions.key_totals,
        "charts": additions.charts,
        "has_previous": bool(result.previous),
        "extra_panes": pages,
        "panes": [
            ("front", "Summary"),
            ("issues", "Issues"),
            ("rules", "By rule"),
            ("teams", "By team and worker"),
            ("children", "Children"),
            *[(page["id"], page["title"]) for page in pages],
            ("settle", "To settle"),
            ("decisions", "Decisions"),
            ("withheld", "Withheld"),
            ("notrun", "Did not run"),
            ("built", "Built from"),
        ],
        "numbers": _numbers(result, issues, decisions, worklist, not_run, additions),
        "rules": rules.to_dict("records"),
        "groups": [
            ("Issues by team", "team", teams.to_dict("records")),
            ("Issues by worker", "worker", workers.to_dict("records")),
        ],
        "front_rules": rules.sort_values(["issues", "code"], ascending=[False, True])
        .head(5)[["code", "severity", "title", "issues", "children"]]
        .to_numpy()
        .tolist(),
        "front_teams": teams.head(5)[["team", "errors", "queries", "children"]].to_numpy().tolist(),
        "decisions": _by_kind(decisions, ["rule", "title", "severity"], "decisions"),
        "worklist": [
            [d["code"], d["title"], d["items"], d["children"]] for d in _by_kind(worklist, ["code", "title"], "items")
        ],
        "withheld": texts(with_columns(result.withheld, ("table", "what", "name", "reason", "count")))
        .to_numpy()
        .tolist(),
        "not_run": not_run.to_numpy().tolist(),
        "not_run_reasons": "; ".join(
            f"{number} for want of {lacked}" for lacked, number in not_run["lacked"].value_counts().head(4).items()
        ),
        "sources": sources.to_numpy().tolist(),
        "structure": texts(with_columns(result.structure, ("code", "file", "line", "column", "message", "count")))
        .to_numpy()
        .tolist(),
        "rows": [[table, f"{len(frame):,}"] for table, frame in result.tables.items()],
        "files": files_made(result.folder),
        "files_form": _FORMS[collection.name],
        "files_folder": _kept_at(result),
        "files_checked": _checked(result),
        "versions": _versions(result),
        "built": _built(sources),
        "sources_warning": _different_days(sources),
    }
    for _, _, _, page_values in additions.pages:
        values |= page_values
    return values


def _numbers(
    result: Any,
    issues: pd.DataFrame,
    decisions: pd.DataFrame,
    worklist: pd.DataFrame,
    not_run: pd.DataFrame,
    additions: Additions,
) -> dict[str, int]:
    return {
        "errors": int((issues["severity"] == "error").sum()),
        "queries": int((issues["severity"] == "query").sum()),
        "children": children_count(result),
        "children_with_issues": int(issues.loc[issues["child"] != "", "child"].nunique()),
        "to_settle": len(worklist),
        "not_run": len(not_run),
        "decisions": len(decisions),
        "withheld": len(result.withheld),
        "decisions_total": int((decisions["severity"] == "total").sum()),
        "accepted": additions.accepted,
        "errors_excepted": additions.errors_excepted,
        "long_open": additions.long_open,
    }


def _by_kind(frame: pd.DataFrame, keys: list[str], name: str) -> list[dict[str, Any]]:
    groups = frame.groupby(keys, sort=True)
    out = groups.size().rename(name).to_frame()
    out["children"] = frame[frame["child"] != ""].groupby(keys)["child"].nunique().reindex(out.index, fill_value=0)
    out = out.reset_index()
    if "severity" in keys:
        out["weight"] = out["severity"].map({"total": 0, "look": 1}).fillna(2)
        out = out.sort_values(["weight", name], ascending=[True, False], kind="stable")
    return out.to_dict("records")  # type: ignore[return-value]


def _sources(result: Any) -> pd.DataFrame:
    """Everything the run read, as text: its sources with UK days, and the files of last year's return kept with it."""
    sources = texts(with_columns(result.sources, SOURCE_COLUMNS))
    for column in ("rows", "read"):  # a run read back from its manifest has them with a decimal point
        sources[column] = sources[column].str.removesuffix(".0")
    sources["extract_date"] = uk_dates(sources["extract_date"].str.slice(0, 10))
    kept = sorted(path for path in (Path(result.folder) / "previous").glob("*") if path.is_file())
    last = pd.DataFrame(
        {"file": [path.name for path in kept], "note": LAST_YEAR, "sha256": [sha256_of(path) for path in kept]},
        dtype="str",
    )
    return pd.concat([sources, last]).reindex(columns=list(SOURCE_COLUMNS)).fillna("").reset_index(drop=True)


def _built(sources: pd.DataFrame) -> str:
    if sources.empty:
        return "No account of the source files was kept with this run."
    read = sources[sources["read"] != ""]
    rows = pd.to_numeric(read["read"], errors="coerce").fillna(0).sum()
    days = _days_of(sources)
    dated = f", extracted {' and '.join(days[:3])}" if days else ""
    beside = list(dict.fromkeys(sources.loc[sources["read"] == "", "note"]))
    also = f" Read beside them: {', '.join(note for note in beside if note)}." if any(beside) else ""
    counted = f"{read['file'].nunique()} source files, {int(rows):,} rows read{dated}."
    return f"{counted}{also} Names, rows and hashes are under Built from."


def _days_of(sources: pd.DataFrame) -> list[str]:
    """Days of extract, earliest first, as dd/mm/yyyy."""
    return sorted(set(sources["extract_date"]) - {""}, key=lambda day: day[6:] + day[3:5] + day[:2])


def _different_days(sources: pd.DataFrame) -> str:
    days = _days_of(sources)
    return (
        f"The source files were extracted on {len(days)} different days: records may disagree with each other."
        if len(days) > 1
        else ""
    )


def _versions(result: Any) -> list[tuple[str, str]]:
    """The specification that rules and fields follow, what the authority recorded as adopted, and the software."""
    edition = {name: str(value) for name, value in dict(getattr(result.collection, "edition", None) or {}).items()}
    rows = [
        ("DfE specification", edition.get("title", "")),
        ("its publication", uk_date(edition.get("published", ""))),
        ("its rules as of", uk_date(edition.get("rules", ""))),
        ("doubts about it", edition.get("doubts", "")),
        ("adopted by the authority", str(getattr(result, "specification", ""))),
    ]
    software = sorted((str(part), str(version)) for part, version in result.versions.items())
    return [*((name, value) for name, value in rows if value), *software]


def _kept_at(result: Any) -> str:
    """Where the files lie, from the run folder on: the full path differs from computer to computer."""
    made = files_made(result.folder)
    return made[0][0].rsplit("/", 1)[0] if made else ""


def _checked(result: Any) -> str:
    """What the check of the finished bytes found; the run stops where a name or value is not allowed."""
    notes = texts(with_columns(result.structure, ("code", "count")))
    found = int(pd.to_numeric(notes.loc[notes["code"].str.startswith("CHECK-"), "count"], errors="coerce").sum())
    passed = "Each name and value in the finished files was read back and held against the year's specification"
    notes_below = f"{found:,} note{'' if found == 1 else 's'} above, with the codes CHECK-"
    return f"{passed}; {notes_below}." if found else f"{passed}: nothing was found."


def _rows(path: Path) -> str:
    """Records of a CSV file, its heading not counted; the tables above say it of an XML file."""
    if path.suffix.lower() != ".csv":
        return ""
    with path.open("rb") as file:
        return f"{max(sum(1 for _ in file) - 1, 0):,}"


def files_made(folder: Path | str) -> list[list[str]]:
    """Files of the draft (or of the sealed submission, where there is one): name, rows, bytes, SHA-256."""
    for name in ("submission", "draft"):
        made = sorted(path for path in (Path(folder) / name).glob("*") if path.is_file())
        if made:
            return [[f"{name}/{path.name}", _rows(path), f"{path.stat().st_size:,}", sha256_of(path)] for path in made]
    return []
