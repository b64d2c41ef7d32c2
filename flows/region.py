"""Flow `region`: one run per authority and return, sent through the work pool, and a summary of counts.

Any number of workers share the pool. Each run is a deployment run of its own, so that one broken input fails alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pandas as pd
from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.runtime import flow_run
from pydantic import Field

import flows  # noqa: F401 - sets Prefect's environment first
from flows.authority import authority_of, run_id_of
from flows.cin_census import cin_census
from flows.days import scheduled_day, year_ended_before
from flows.parameters import AsAt, AskReview, Returns, Year, explained
from flows.safety import StepError, patiently, scrub
from flows.ssda903 import ssda903
from flows.stages import shown

FLOWS = {"cin": cin_census, "ssda903": ssda903}
WATCH_SECONDS = 2.0

Configs = Annotated[
    list[str],
    Field(
        title="Configurations",
        description="One dfe-returns.toml per authority, or a folder of folders that hold one",
        min_length=1,
    ),
]
Deployment = Annotated[
    str,
    Field(
        title="Deployment",
        description="Name of the deployment that runs one authority. Empty = here, one after the other",
    ),
]


def region_name() -> str:
    """E.g. region 2025-26."""
    given = flow_run.parameters
    return " ".join(
        ["region", given.get("year") or "year ended", *([f"as at {given['as_at']}"] if given.get("as_at") else [])]
    )


@flow(name="region", flow_run_name=region_name, persist_result=False, log_prints=False)
@explained
def region(
    configs: Configs,
    year: Year = None,
    returns: Returns = ["cin", "ssda903"],  # noqa: B006 - Prefect shows the default in its form; never changed
    as_at: AsAt = None,
    deployment: Deployment = "authority",
    review: AskReview = False,
) -> dict[str, Any]:
    """Run every authority; the flow fails at its end when one of them did, and says how many finished.

    With review, a run that waits for its reviewer counts as finished: the summary is of reports, not signatures.
    """
    chosen = year or year_ended_before(scheduled_day())
    with scrub("region"):
        files = config_files(configs)
    jobs = [(file, name) for file in files for name in returns]
    settings = {"year": chosen, "as_at": as_at.isoformat() if as_at else None}
    if deployment:
        ids = [
            send.submit(f"{FLOWS[name].name}/{deployment}", file, {**settings, "review": review}) for file, name in jobs
        ]
        ends = watch([future.result(raise_on_failure=False) for future in ids])
    else:
        ends = [here(FLOWS[name], {**settings, "config": str(file)}) for file, name in jobs]
    summary = summarise(jobs, ends, chosen)
    create_table_artifact(
        key="region",
        table=[{str(k): v for k, v in row.items()} for row in summary.to_dict("records")],
        description="Counts by authority; small ones are not shown",
    )
    failed = int((summary["state"] == "failed").sum())
    if failed:
        raise StepError(f"region: {failed} of {len(jobs)} runs failed; the artifact 'region' names them.")
    return {"runs": len(jobs), "finished": len(jobs) - failed}


def config_files(configs: list[str]) -> list[Path]:
    """The configuration files named, and those in the folders named, sorted. Raises UsageError when there is none."""
    from dfe_returns.config import FILE_NAME
    from dfe_returns.errors import UsageError

    found = {
        file.resolve()
        for given in map(Path, configs)
        for file in ([given] if not given.is_dir() else [*given.glob(FILE_NAME), *given.glob(f"*/{FILE_NAME}")])
    }
    if not found:
        raise UsageError(f"No {FILE_NAME} lies in the folders named.")
    return sorted(found)


@task(name="send to the work pool", retries=2, retry_delay_seconds=5, persist_result=False)
def send(deployment: str, config: Path, settings: dict[str, Any]) -> str:
    """Ask for one authority's run; asking twice from one region run gives the same run. Returns the flow run's id."""
    with scrub("send"):
        made: Any = run_deployment(
            deployment,
            parameters={**settings, "config": str(config)},
            timeout=0,
            as_subflow=False,  # a run that may wait for its reviewer cannot be part of another
            idempotency_key=f"{flow_run.id} {deployment} {config}",
            tags=["region", config.parent.name],
        )
        return str(made.id)


def watch(sent: list[Any]) -> list[tuple[str, bool]]:
    """Wait until every run has ended or waits for its reviewer: (flow run id, whether it did its work). What stands
    in place of an id could not be sent."""
    ids = [one if isinstance(one, str) else "" for one in sent]
    open_ids, done = set(ids) - {""}, {"": False}
    with get_client(sync_client=True) as client:
        while open_ids:
            for run_id in sorted(open_ids):
                state = client.read_flow_run(UUID(run_id)).state
                if state is not None and (state.is_final() or state.is_paused()):
                    done[run_id] = state.is_completed() or state.is_paused()
            open_ids -= set(done)
            if open_ids:
                time.sleep(WATCH_SECONDS)
    return [(run_id, done[run_id]) for run_id in ids]


def here(one: Any, parameters: dict[str, Any]) -> tuple[str, bool]:
    """Run one authority in this process."""
    state = one(**parameters, return_state=True)
    return str(state.state_details.flow_run_id), state.is_completed()


def summarise(jobs: Sequence[tuple[Path, str]], ends: list[tuple[str, bool]], year: str) -> pd.DataFrame:
    """Counts of each run as the ledgers have them, small ones hidden.

    Columns authority, return, state, children, errors, queries.
    """
    rows = []
    for (file, name), (flow_run_id, finished) in zip(jobs, ends, strict=True):
        state, counts = "failed", {}
        if finished:
            try:
                counts = patiently("summary", partial(_counts, file, run_id_of(name, year, flow_run_id)))
                state = "finished" if counts else "finished, not in the ledger"
            except StepError:  # one ledger that cannot be read keeps nobody from the others' counts
                state = "finished, ledger not readable"
        told = {key: counts.get(key, "") for key in ("children", "errors", "queries")}
        rows.append({"authority": authority_of(file), "return": name, "state": state, **told})
    return pd.DataFrame(rows)


def _counts(file: Path, run_id: str) -> dict[str, str]:
    from dfe_returns.config import load_config
    from dfe_returns.ledger.place import ledger_of

    config = load_config(file)
    ledger = ledger_of(config, config.at(config.runs) / "run")
    if run_id not in set(ledger.states()["run_id"]):
        return {}
    counts, small = ledger.run(run_id)["counts"], config.review.small_number
    return {key: shown(int(counts[key]), small) for key in ("children", "errors", "queries")}
