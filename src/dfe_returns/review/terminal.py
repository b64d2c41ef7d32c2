"""The front page in a terminal: a mapping for scripts, text for people. Small groups are hidden here too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dfe_returns.review.facts import decision_table, issue_table, not_run_of, uk_date, worklist_table
from dfe_returns.review.keys import issue_keys
from dfe_returns.review.outputs import by_rule, by_team, children_count
from dfe_returns.review.pages import Around, known_before, last_run, state_of
from dfe_returns.review.summary import suppressed
from dfe_returns.review.totals import beside_last_year, totals_of, typed_previous

if TYPE_CHECKING:
    from rich.console import Group


def front_page(result: Any, around: Around | None = None, small: int = 6) -> dict[str, Any]:
    """What a director needs to know of a run, as plain values for ``--format json``.

    ``around``: ledger, earlier run and the like where known. Counts of issues are exact; counts of children are
    rounded and small ones hidden.
    """
    around = around or Around()
    issues = issue_table(result)
    keys = issue_keys(result, issues)
    before = known_before(result, keys, around)
    decisions, totals = decision_table(result), totals_of(result)
    shown = suppressed(pd.concat([totals, _children_row(result)], ignore_index=True), small)
    shown = shown.merge(_last_year(result, totals, small, around.large_percent), on=["section", "label"], how="left")
    hidden = shown["text"].str.match("fewer|not shown") | shown["last_year"].str.match("fewer|not shown", na=False)
    shown = shown.assign(large=shown["large"].eq(True) & ~hidden, last_year=shown["last_year"].fillna(""))
    state = state_of(result, around.ledger)
    days = sorted(set(result.sources["extract_date"].dropna().astype("str")))
    return {
        "run": result.run_id,
        "folder": str(result.folder),
        "return": result.collection.name,
        "year": result.collection.year,
        "authority": result.authority,
        "authority_name": result.authority_name,
        "as_at": result.as_at.isoformat(),
        "dry_run": bool(result.dry_run),
        "state": state["state"],
        "state_words": state["words"],
        "sources": {
            "files": int(result.sources.loc[result.sources["read"].notna(), "file"].nunique()),
            "extracted": days,
        },
        "errors": int((issues["severity"] == "error").sum()),
        "queries": int((issues["severity"] == "query").sum()),
        "since_last_run": None
        if before is None
        else {
            "run": last_run(around.ledger, result)
            if around.ledger is not None
            else getattr(around.earlier, "run_id", None),
            "new": int((~keys.drop_duplicates().isin(before)).sum()),
            "still_open": int(keys.drop_duplicates().isin(before).sum()),
            "fixed": _count_before(result, around) - int(keys.drop_duplicates().isin(before).sum()),
        },
        "to_settle": len(worklist_table(result)),
        "decisions": {"all": len(decisions), "can_change_a_total": int((decisions["severity"] == "total").sum())},
        "not_run": len(not_run_of(result)),
        "rules": by_rule(issues)
        .sort_values(["issues", "code"], ascending=[False, True])
        .head(8)[["code", "severity", "title", "issues"]]
        .to_dict("records"),
        "teams": by_team(issues).head(8)[["team", "errors", "queries"]].to_dict("records"),
        "totals": shown.rename(columns={"text": "value"}).to_dict("records"),
        "report": str(result.folder / "report" / "index.html"),
    }


def _count_before(result: Any, around: Around) -> int:
    """Number of things that the run before had found."""
    if around.ledger is not None:
        return int(around.ledger.findings(last_run(around.ledger, result))["key"].nunique())
    return int(issue_keys(around.earlier, issue_table(around.earlier)).nunique())


def _last_year(result: Any, totals: pd.DataFrame, small: int, large_percent: float) -> pd.DataFrame:
    """Last year's totals, as fit for wide readers as this year's: section, label, last_year, large."""
    last = typed_previous(result)
    if last is None:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in ("section", "label", "last_year", "large")})
    then = totals_of(result, last, years_back=1)
    beside = beside_last_year(totals, then, large_percent)
    marked = set(beside.loc[beside["large"], "key"])
    shown = suppressed(then, small).rename(columns={"text": "last_year"})
    keys = then.drop_duplicates(["section", "label"]).set_index(["section", "label"])["key"]
    key = keys.reindex(pd.MultiIndex.from_frame(shown[["section", "label"]])).to_numpy()
    return shown.assign(large=[name in marked for name in key])


def _children_row(result: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "section": ["Return"],
            "key": ["children"],
            "label": ["Children in the return"],
            "kind": ["count"],
            "value": [float(children_count(result))],
            "of": [float("nan")],
        }
    )


def front_parts(page: dict[str, Any]) -> tuple[list[str], list[tuple[str, list[str], list[list[str]]]]]:
    """The mapping of :func:`front_page` in words: lines, and tables as (title, headings, rows)."""
    decided, since = page["decisions"], page["since_last_run"]
    days = ", ".join(uk_date(day) for day in page["sources"]["extracted"]) or "on an unknown day"
    who, dry = page["authority_name"] or "authority", " - DRY RUN" if page["dry_run"] else ""
    lines = [
        f"{page['return']} {page['year']}, {who} {page['authority']}, as at {uk_date(page['as_at'])}{dry}",
        f"Run {page['run']}: {page['state']}. {page['state_words']}",
        f"Built from {page['sources']['files']} files, extracted {days}.",
        f"{page['errors']:,} errors, {page['queries']:,} queries; {page['to_settle']:,} to settle.",
        f"{page['not_run']:,} rules did not run.",
        f"{decided['all']:,} decisions by rule, {decided['can_change_a_total']:,} of a kind that can change a total.",
    ]
    if since:
        lines.append(
            f"Since the last run: {since['fixed']:,} fixed, {since['new']:,} new, {since['still_open']:,} still open."
        )
    lines.append(f"The report: {page['report']}")
    tables = []
    if page["rules"]:
        rules = [[r["code"], r["severity"], r["title"], f"{r['issues']:,}"] for r in page["rules"]]
        teams = [[t["team"], f"{t['errors']:,}", f"{t['queries']:,}"] for t in page["teams"]]
        tables.append(("Rules with most issues", ["Rule", "Severity", "What it says", "Issues"], rules))
        tables.append(("Teams", ["Team", "Errors", "Queries"], teams))
    main = [
        [t["label"], t["value"], t["last_year"], "large" if t["large"] else ""]
        for t in page["totals"]
        if t["section"] in _MAIN
    ]
    heads = ["Total", "This year", "Last year", "Change"]
    if not any(row[2] for row in main):
        main, heads = [row[:2] for row in main], heads[:2]
    tables.append(("Who is in (rounded; small groups hidden)", heads, main))
    return lines, tables


def front_renderable(page: dict[str, Any]) -> Group:
    """The mapping of :func:`front_page` as something rich prints."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    lines, tables = front_parts(page)
    parts: list[Any] = [Text(line) for line in lines]
    for title, heads, rows in tables:
        made = Table(title=title, title_justify="left", title_style="bold")
        for place, head in enumerate(heads):
            number = head in ("Errors", "Queries", "Issues", "This year", "Last year")
            made.add_column(head, justify="right" if number else "left", no_wrap=not place)
        for row in rows:
            made.add_row(*(Text(cell) for cell in row))
        parts.append(made)
    return Group(*parts)


_MAIN = (
    "Return",
    "Children in need",
    "Referrals",
    "Assessments",
    "Child protection plans",
    "Children looked after",
    "Care leavers",
)
