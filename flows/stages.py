"""The stages of a run as Prefect tasks. Frames pass between them in memory only: none is persisted, cached, logged."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact

from dfe_returns import pipeline
from dfe_returns.run_folder import RunResult
from flows.safety import RETRIES, RETRY_SECONDS, BusyError, scrub

_IN_MEMORY: dict[str, Any] = {"persist_result": False, "log_prints": False}


def _worth_retrying(_task: Any, _run: Any, state: Any) -> bool:
    """A busy database or file share may be free in a minute; bad data stays bad."""
    return isinstance(state.result(raise_on_failure=False), BusyError)


_PATIENT: dict[str, Any] = {
    **_IN_MEMORY,
    "retries": RETRIES,
    "retry_delay_seconds": RETRY_SECONDS,
    "retry_condition_fn": _worth_retrying,
}


@task(name="extract", **_PATIENT)
def extract(plan: pipeline.Plan) -> Any:
    """Source to Standard Safeguarding Dataset tables."""
    with scrub("extract"):
        return pipeline.extract(plan)


@task(name="last year", **_PATIENT)
def last_year(plan: pipeline.Plan) -> Any:
    """Last year's return, where the configuration names one."""
    with scrub("last year"):
        return pipeline.last_year(plan)


@task(name="build", **_IN_MEMORY)
def build(plan: pipeline.Plan, loaded: Any, last: Any) -> Any:
    """Return tables with their origins and decisions."""
    with scrub("build"):
        return pipeline.build(plan, loaded, last)


@task(name="minimise", **_IN_MEMORY)
def minimise(plan: pipeline.Plan, built: Any) -> Any:
    """Only what the contract permits goes on."""
    with scrub("minimise"):
        return pipeline.permit(plan, built)


@task(name="validate", **_IN_MEMORY)
def validate(plan: pipeline.Plan, loaded: Any, permitted: Any, last: Any) -> Any:
    """The department's rules."""
    with scrub("validate"):
        as_at, _ = pipeline.when(plan, loaded)
        reference = pipeline.references(plan, permitted.tables, last)
        return pipeline.check(plan, permitted, as_at, last, reference)


@task(name="report and publish draft", **_PATIENT)
def write(plan: pipeline.Plan, loaded: Any, built: Any, permitted: Any, issues: Any, last: Any) -> RunResult:
    """Draft, report, lineage and ledger entry: all of it, or nothing."""
    with scrub("write"):
        return pipeline.write(plan, loaded, built, permitted, issues, last)


def run_stages(plan: pipeline.Plan) -> RunResult:
    """One run, stage by stage, each visible in Prefect."""
    loaded = extract(plan)
    last = last_year(plan)
    built = build(plan, loaded, last)
    permitted = minimise(plan, built)
    issues = validate(plan, loaded, permitted, last)
    return write(plan, loaded, built, permitted, issues, last)


def shown(count: int, small: int) -> str:
    """A count as people who see Prefect may see it: small groups are not told."""
    return f"fewer than {small}" if 0 < count < small else f"{count:,}"


def tell(result: RunResult, small: int) -> dict[str, Any]:
    """Counts of the run as an artifact, and as the flow's answer: no child, no value, no small number."""
    counts = {
        "children": result.children,
        "errors": result.errors,
        "queries": result.queries,
        "rules not run": len(result.issues.attrs.get("not_run", {})),
        "decisions": len(result.decisions),
        "to settle": len(result.worklist),
    }
    facts = {
        "run": result.run_id,
        "as at": result.as_at.isoformat() + (" (dry run)" if result.dry_run else ""),
        "folder": str(result.folder),
        "report": str(result.folder / "report" / "index.html"),
        **{name: str(count) if name == "rules not run" else shown(count, small) for name, count in counts.items()},
    }
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    create_markdown_artifact(
        key=f"{result.collection.name}-{result.collection.year}-{result.authority}".lower(),
        markdown=f"# {result.collection.title} {result.collection.year}\n\n| | |\n|---|---|\n{rows}\n",
        description="Counts of a run; the report itself stays in the run folder",
    )
    return facts
