"""Everything in the report folder of a run, made in one go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.config import Config
from dfe_returns.errors import DfeReturnsError
from dfe_returns.files import sha256_of, write_csv, write_private
from dfe_returns.publish.manifest import MANIFEST
from dfe_returns.review.facts import authority_of, issue_table, not_run_of, worklist_table
from dfe_returns.review.notes import notes_for_dfe
from dfe_returns.review.outputs import children_count, write_issues
from dfe_returns.review.pages import Around, additions_of, last_run
from dfe_returns.review.report import write_report
from dfe_returns.review.spreadsheet import Sheet, write_workbook
from dfe_returns.review.summary import write_summary
from dfe_returns.review.totals import totals_of
from dfe_returns.review.worklists import write_worklists


def make_report(result: Any, folder: Path, config: Config) -> Path:
    """Write the pages, issue files, worklists and summaries of a run into ``folder``; returns the page to open.

    Writes index.html, summary.html, issues.csv, issues.xlsx, structure.csv, summary.json, totals.xlsx,
    notes_for_dfe.csv, worklists/.
    """
    around = around_of(result, folder.parent, config)
    issues = issue_table(result)
    write_issues(result, folder, issues)
    additions, totals, answered = additions_of(result, issues, around)
    if additions.status is not None and additions.extracts is not None:
        issues = issues.assign(status=additions.status.to_numpy(), extracts=additions.extracts.to_numpy())
    write_worklists(result, folder / "worklists", issues, answered)
    write_csv(notes_for_dfe(result, issues, answered), folder / "notes_for_dfe.csv")
    _write_totals(result, folder / "totals.xlsx", totals)
    numbers = {
        "errors": int((issues["severity"] == "error").sum()),
        "queries": int((issues["severity"] == "query").sum()),
        "to_settle": len(worklist_table(result)),
        "not_run": len(not_run_of(result)),
        "children": children_count(result),
    }
    write_summary(result, folder, totals_of(result), additions, numbers, config.review.small_number)
    return write_report(result, folder, additions, issues)


def seal_report(folder: Path) -> None:
    """Take a report that was built again into the run's manifest; what the manifest says of all other files stays."""
    path = folder / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    kept = [entry for entry in content["outputs"] if not entry["file"].startswith("report/")]
    made = [file for file in sorted((folder / "report").rglob("*")) if file.is_file()]
    described = [
        {"file": file.relative_to(folder).as_posix(), "bytes": file.stat().st_size, "sha256": sha256_of(file)}
        for file in made
    ]
    content["outputs"] = sorted([*kept, *described], key=lambda entry: entry["file"])
    write_private(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def around_of(result: Any, run_folder: Path, config: Config) -> Around:
    """What is known beside the run: its ledger, the run before it, the other return; each where it can be found."""
    ledger = ledger_if_any(config, run_folder)
    if ledger is None:
        return Around(large_percent=config.review.large_change_percent)
    before = last_run(ledger, result)
    return Around(
        earlier=_loaded(ledger, before),
        other=_other_return(ledger, result),
        ledger=ledger,
        large_percent=config.review.large_change_percent,
        today=ledger.today(),
    )


def ledger_if_any(config: Config, run_folder: Path) -> Any | None:
    """The ledger that the run belongs to, opened; None where none was made yet."""
    from dfe_returns.ledger.place import FILE, ledger_of

    place = config.at(config.runs) if config.from_file else run_folder.absolute().parent
    if not config.ledger.url and not (place / FILE).is_file():
        return None
    return ledger_of(config, run_folder)


def _loaded(ledger: Any, run_id: str | None) -> Any | None:
    """A recorded run read back from its folder; None when that is gone, another run's by now, or unreadable."""
    from dfe_returns.run_folder import load_run

    if run_id is None or not (Path(ledger.run(run_id)["folder"]) / "manifest.json").is_file():
        return None
    try:
        result = load_run(ledger.run(run_id)["folder"])
    except DfeReturnsError:
        return None
    return result if result.run_id == run_id else None


def _other_return(ledger: Any, result: Any) -> Any | None:
    """The latest run of the other return for the same year and authority."""
    other = "ssda903" if result.collection.name == "cin" else "cin"
    runs = ledger.states(other, result.collection.year)
    runs = runs[(runs["authority"] == str(result.authority)) & (runs["dry_run"].astype(bool) == bool(result.dry_run))]
    found = (_loaded(ledger, run_id) for run_id in reversed(runs["run_id"].tolist()))
    return next((run for run in found if run is not None), None)


def _write_totals(result: Any, path: Path, totals: pd.DataFrame) -> Path:
    frame = totals[["section", "label", "this", "last", "change"]].assign(
        large=totals["large"].map({True: "large", False: ""}).astype("str"), comment=""
    )
    headings = {
        "section": "Section",
        "label": "Total",
        "this": "This year",
        "last": "Last year",
        "change": "Change",
        "large": "Large change",
        "comment": "Comment",
    }
    title = f"{result.collection.title} {result.collection.year}, {authority_of(result)}: totals"
    return write_workbook(path, [Sheet("Totals", frame, title=title, answers=("comment",), headings=headings)], title)
