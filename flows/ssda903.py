"""Flow `ssda903`: one authority's looked-after children return, from extract to report, and to sign-off if asked."""

from __future__ import annotations

from typing import Any

from prefect import flow

import flows  # noqa: F401 - sets Prefect's environment first
from flows.authority import named, run_authority
from flows.days import is_first_working_day, scheduled_day
from flows.parameters import (
    AsAt,
    AskReview,
    ConfigFile,
    OnlyFirstWorkingDay,
    OutFolder,
    Preparer,
    ReviewDays,
    SourceName,
    Year,
    explained,
)


@flow(name="ssda903", flow_run_name=named("SSDA903", "year ended"), persist_result=False, log_prints=False)
@explained
def ssda903(
    year: Year = None,
    config: ConfigFile = None,
    source: SourceName = None,
    as_at: AsAt = None,
    out: OutFolder = None,
    review: AskReview = False,
    prepared_by: Preparer = "",
    review_days: ReviewDays = 30,
    only_on_first_working_day: OnlyFirstWorkingDay = False,
) -> Any:
    """Build, check and report the return. The run then waits, unsigned, for review."""
    if only_on_first_working_day and not is_first_working_day(scheduled_day()):
        return {"done": "nothing: not the month's first working day"}
    return run_authority("ssda903", year, config, source, as_at, out, review, prepared_by, review_days)
