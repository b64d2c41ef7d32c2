"""The certificate of a sign-off: one page, made from the ledger alone, the same bytes each time."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dfe_returns.errors import UsageError
from dfe_returns.review.facts import uk_date
from dfe_returns.review.report import environment

_TITLES = {"cin": "Children in need census", "ssda903": "Children looked after return (SSDA903)"}


def certificate(ledger: Any, run_id: str) -> str:
    """HTML of the last sign-off of a run. Raises UsageError when it was never signed."""
    history = ledger.history(run_id)
    signed = [entry for entry in history if entry["kind"] == "signed off"]
    if not signed:
        raise UsageError(f"Run {run_id} has not been signed.")
    entry, run = signed[-1], ledger.run(run_id)
    at = dt.datetime.fromisoformat(entry["at"])
    asked = [step for step in history if step["kind"] == "review asked" and step["number"] < entry["number"]]
    templates = environment()
    return templates.get_template("certificate.html.j2").render(
        title=_TITLES[run["collection"]],
        run=run,
        entry=entry,
        as_at=uk_date(run["as_at"]),
        figures=run["counts"].get("figures", []),
        day=at.strftime("%d/%m/%Y"),
        time=at.strftime("%H:%M UTC"),
        asked=asked[-1] if asked else None,
        counts=[(words, run["counts"][key]) for key, words in _COUNTS if key in run["counts"]],
        exceptions=[
            (code, run["counts"].get("titles", {}).get(code, ""), entry["errors"].get(code, 0), reason)
            for code, reason in sorted(entry["exceptions"].items())
        ],
        files=sorted(entry["hashes"].items()),
        style=templates.loader.get_source(templates, "style.css")[0],  # type: ignore[union-attr]
    )


_COUNTS = (
    ("children", "Children in the return"),
    ("errors", "Errors left"),
    ("queries", "Queries left"),
    ("to_settle", "Open items for a person to settle"),
    ("not_run", "Rules that did not run"),
    ("decisions_total", "Decisions by rule that can change a total"),
)
