"""Flow `retention`: what is past its period, what is held, what a person must decide. Deletes only when asked by
name."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

import flows  # noqa: F401 - sets Prefect's environment first
from flows.authority import config_file, named
from flows.parameters import ConfigFile, explained
from flows.safety import scrub


@flow(name="retention", flow_run_name=named("retention"), persist_result=False, log_prints=False)
@explained
def retention(
    config: ConfigFile = None,
    apply: Annotated[bool, Field(title="Delete", description="Delete what has expired and is not held")] = False,
    name: Annotated[
        str, Field(title="Your name", description="Officer who decides the deletion; needed to delete")
    ] = "",
    role: Annotated[str, Field(title="Your role", description="Role of that officer")] = "",
) -> dict[str, Any]:
    """Report what is due and held, by rule; delete only with `apply` and the officer's name."""
    from dfe_returns.config import load_config
    from dfe_returns.evidence.retention import apply_retention, retention_plan, retention_summary
    from dfe_returns.ledger.place import ledger_of

    with scrub("retention"):
        settings = load_config(config_file(config))
        ledger = ledger_of(settings, settings.at(settings.runs) / "run")
        deleted = len(apply_retention(ledger, settings, name, role)) if apply else 0
        counted = retention_summary(retention_plan(ledger, settings))
    lines = [
        f"| {rule} | {what} | {status} | {count} |"
        for rule, what, status, count in counted.itertuples(index=False, name=None)
    ]
    create_markdown_artifact(
        key="retention",
        markdown="# Retention\n\n| rule | record | state | count |\n|---|---|---|---:|\n"
        + "\n".join(lines)
        + f"\n\nDeleted now: {deleted}.\n",
        description="Counts by retention rule; names of runs and files stay in the ledger",
    )
    return {"deleted": deleted, "states": counted.groupby("status")["count"].sum().astype(int).to_dict()}
