"""summary.html: the run for wide readers. No identifiers; small groups hidden; counts of children rounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.files import private_folder, write_private
from dfe_returns.review.facts import authority_of
from dfe_returns.review.report import Additions, environment

ROUND_TO = 5


def suppressed(totals: pd.DataFrame, small: int = 6) -> pd.DataFrame:
    """Totals fit for wide readers: section, label, text. ``totals`` as of totals.totals_of.

    Counts are rounded to the nearest 5, so that no small group can be found by taking totals from each other;
    counts from 1 to ``small - 1`` are hidden; groups of a breakdown that small are not listed one by one.
    Percentages of, or that leave, a small group are hidden.
    """
    frame = totals.copy()
    counts = frame["kind"] == "count"
    grouped = frame.groupby("section")["key"].transform("size") > 1
    breakdown = (
        counts
        & frame["key"].str.contains(".", regex=False)
        & grouped
        & frame["key"].str.split(".").str[0].isin(_BREAKDOWNS)
    )
    few = counts & (frame["value"] < small)
    folded = frame[breakdown & few].groupby("section", sort=False).size()
    frame = frame[~(breakdown & few)]
    part = frame["value"] * frame["of"] / 100
    hide = (
        (frame["of"] < small)
        | ((part > 0) & (part < small))
        | ((frame["of"] - part > 0) & (frame["of"] - part < small))
    )
    text = [
        (f"fewer than {small}" if 0 < value < small else f"{_rounded(value):,}")
        if kind == "count"
        else ""
        if value != value
        else "not shown (small group)"
        if secret
        else f"{value:.0f}%"
        for kind, value, secret in zip(frame["kind"], frame["value"], hide, strict=True)
    ]
    out = frame[["section", "label"]].assign(text=text)
    more = pd.DataFrame({"section": folded.index, "label": "Other groups", "text": f"each fewer than {small}"})
    sections = {section: place for place, section in enumerate(totals["section"].drop_duplicates())}
    return pd.concat([out, more]).sort_values(
        "section", key=lambda s: s.map(sections), kind="stable", ignore_index=True
    )


_BREAKDOWNS = (
    *("need", "source", "closure", "month", "begun", "over", "length", "wait", "factor", "category", "latest"),
    *("ls", "place", "rec", "age", "sex"),
)


def _rounded(number: float) -> int:
    return int((number + ROUND_TO / 2) // ROUND_TO * ROUND_TO)


def write_summary(
    result: Any, folder: Path | str, totals: pd.DataFrame, additions: Additions, numbers: dict[str, int], small: int = 6
) -> Path:
    """Write ``summary.html`` into the folder; ``numbers``: errors, queries, to_settle, not_run, children.

    Raises UsageError where the folder cannot be written.
    """
    templates = environment()
    shown = suppressed(totals, small)
    children = numbers["children"]
    page = templates.get_template("summary.html.j2").render(
        head={
            "title": result.collection.title,
            "year": result.collection.year,
            "authority": authority_of(result),
            "as_at": result.as_at.strftime("%d/%m/%Y"),
            "dry_run": bool(result.dry_run),
            "run_id": result.run_id,
        },
        state=additions.state,
        numbers=numbers,
        children=f"fewer than {small}" if 0 < children < small else f"{_rounded(children):,}",
        sections=[
            {"name": name, "rows": rows[["label", "text"]].to_numpy().tolist()}
            for name, rows in shown.groupby("section", sort=False)
        ],
        small=small,
        style=templates.loader.get_source(templates, "style.css")[0],  # type: ignore[union-attr]
    )
    return write_private(private_folder(folder) / "summary.html", page)
