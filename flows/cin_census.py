"""Flow `cin-census`: the children in need census of one authority, from extract to report."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

import flows  # noqa: F401 - sets Prefect's environment first
from dfe_returns import pipeline
from flows.safety import scrub
from flows.stages import run_stages, tell


@flow(name="cin-census", flow_run_name="CIN census {year}", persist_result=False, log_prints=False)
def cin_census(
    year: Annotated[str, Field(description="Collection year, e.g. 2025-26", pattern=r"^\d{4}-\d{2}$")],
    config: Annotated[str | None, Field(description="Path of the authority's dfe-returns.toml on the worker")] = None,
    source: Annotated[str | None, Field(description="Name of a configured source, or a folder on the worker")] = None,
    as_at: Annotated[date | None, Field(description="Dry run: the census as it stood on this day. Empty = year end or extract date")] = None,
    out: Annotated[str | None, Field(description="Folder of the run on the worker. Empty = under the configured runs folder")] = None,
) -> dict[str, Any]:
    """Build, check and report the census. The run then waits, unsigned, for review."""
    with scrub("settings"):
        plan = pipeline.plan_run(config, "cin", year, source=source, as_at=as_at, out=out)
    return tell(run_stages(plan))
