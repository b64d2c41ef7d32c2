"""Flow `quarterly`: both returns as they stood at the quarter's end, with their reports, for nobody to sign."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

import flows  # noqa: F401 - sets Prefect's environment first
from dfe_returns.contract import contract
from flows.authority import named, run_authority
from flows.days import is_first_working_day, quarter_end_before, scheduled_day, year_of
from flows.parameters import ConfigFile, OnlyFirstWorkingDay, Returns, SourceName, explained
from flows.safety import StepError, scrub

QuarterEnd = Annotated[
    date | None,
    Field(title="Quarter end", description="The day to report on. Empty = the last quarter's end before today"),
]


@flow(name="quarterly return", flow_run_name="{return_name} as at {as_at}", persist_result=False, log_prints=False)
def one_return(return_name: str, year: str, config: str | None, source: str | None, as_at: date) -> Any:
    """One return of a quarter. At the year's end the ledger is left alone: a quarterly look supersedes no run."""
    with scrub("settings"):
        whole_year = as_at >= contract(return_name, year).end
    return run_authority(return_name, year, config, source, as_at, None, keep_ledger=not whole_year)


@flow(name="quarterly", flow_run_name=named("quarterly"), persist_result=False, log_prints=False)
@explained
def quarterly(
    config: ConfigFile = None,
    source: SourceName = None,
    quarter_end: QuarterEnd = None,
    returns: Returns = ["cin", "ssda903"],  # noqa: B006 - Prefect shows the default in its form; never changed
    only_on_first_working_day: OnlyFirstWorkingDay = False,
) -> dict[str, Any]:
    """Dry runs of both returns. One that fails does not keep the other from running; the flow then fails at its end."""
    today = scheduled_day()
    if only_on_first_working_day and not is_first_working_day(today):
        return {"done": "nothing: not the month's first working day"}
    day = quarter_end or quarter_end_before(today)
    states: dict[str, Any] = {
        name: one_return(name, year_of(day), config, source, day, return_state=True) for name in returns
    }
    failed = sorted(name for name, state in states.items() if not state.is_completed())
    if failed:
        raise StepError(f"quarterly: {', '.join(failed)} did not finish; its own run says why.")
    return {name: state.result() for name, state in states.items()}
