"""One return of one authority, whichever of the two: settle, take the turn, run the stages, tell, wait for review."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from prefect.runtime import flow_run
from prefect.states import Completed

from dfe_returns import pipeline
from dfe_returns.config import FILE_NAME, load_config
from dfe_returns.errors import DfeReturnsError
from dfe_returns.run_folder import RunResult, load_run
from flows.days import scheduled_day, year_ended_before
from flows.review import await_decision
from flows.safety import patiently, scrub
from flows.stages import run_stages, tell
from flows.turns import one_at_a_time


def run_id_of(return_name: str, year: str, flow_run_id: object) -> str:
    """Id of the run that a flow run makes. Made of the flow run's own id, so that starting again finds what is done."""
    return f"{return_name}-{year}-{str(flow_run_id).replace('-', '')}"


def config_file(given: str | None) -> str | None:
    """The configuration asked for, else the worker's own (DFE_RETURNS_CONFIG); none = ./dfe-returns.toml."""
    return given or os.environ.get("DFE_RETURNS_CONFIG") or None


def plan_of(
    return_name: str,
    year: str | None,
    config: str | None,
    source: str | None = None,
    as_at: date | None = None,
    out: str | None = None,
    keep_ledger: bool = True,
) -> pipeline.Plan:
    """The plan of this flow run, the same each time that the flow starts. Raises StepError."""
    with scrub("settings"):
        settings = load_config(config_file(config))
        asked = year or year_ended_before(scheduled_day())
        plan = pipeline.plan_run(
            settings, return_name, asked, source=source, as_at=as_at, out=out, keep_ledger=keep_ledger
        )
        run_id = run_id_of(return_name, plan.collection.year, flow_run.id)
        folder = Path(out) if out else settings.at(settings.runs) / f"{return_name}-{plan.collection.year}" / run_id
        return replace(plan, run_id=run_id, out=folder.absolute())


def done_already(plan: pipeline.Plan) -> RunResult | None:
    """The finished run of this very flow run, when its worker died or left the flow after writing it."""
    manifest = plan.out / "manifest.json"

    def look() -> RunResult | None:
        if not manifest.is_file() or json.loads(manifest.read_text(encoding="utf-8")).get("run_id") != plan.run_id:
            return None
        from dfe_returns.ledger.place import ledger_of

        result = load_run(plan.out)
        if plan.keep_ledger and plan.run_id not in set(ledger_of(plan.config, plan.out).states()["run_id"]):
            pipeline.record(result, plan)
        return result

    return patiently("look for a finished run", look)


def run_authority(
    return_name: str,
    year: str | None,
    config: str | None,
    source: str | None,
    as_at: date | None,
    out: str | None,
    review: bool = False,
    prepared_by: str = "",
    review_days: float = 30,
    keep_ledger: bool = True,
) -> Any:
    """The body of the flows `cin-census` and `ssda903`: counts of the run, or the state that the review left it in."""
    plan = plan_of(return_name, year, config, source, as_at, out, keep_ledger)
    result = done_already(plan)
    if result is None:
        with one_at_a_time(plan):
            result = run_stages(plan)
        facts = tell(result, plan.config.review.small_number)
    else:
        facts = {"run": result.run_id}
    if not review or result.dry_run:
        return facts
    outcome = await_decision(plan, result, prepared_by, review_days)
    return Completed(name=outcome.capitalize(), message=f"Run {plan.run_id} is {outcome}.")


def authority_of(config: str | Path | None) -> str:
    """The authority's name for people: as configured, else its number; of a broken configuration, its folder's."""
    try:
        settings = load_config(config_file(str(config) if config else None))
    except DfeReturnsError:
        return Path(config_file(str(config) if config else None) or FILE_NAME).absolute().parent.name
    return settings.authority_name or settings.authority


def named(title: str, default: str = "") -> Any:
    """A name for each flow run that a person knows again: what it makes, for which year or day, of which authority."""

    def name() -> str:
        given = flow_run.parameters
        day = given.get("as_at") or given.get("quarter_end")
        words = [title, given.get("year") or default, authority_of(given.get("config")), f"as at {day}" if day else ""]
        return " ".join(word for word in words if word)

    return name
