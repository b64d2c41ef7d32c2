"""The stages of a run as Prefect tasks. Frames pass between tasks in memory only: nothing is persisted, cached or logged."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact

from dfe_returns import pipeline
from dfe_returns.errors import InputError
from dfe_returns.run_folder import RunResult
from flows.safety import StepError, scrub

_IN_MEMORY: dict[str, Any] = {"persist_result": False, "log_prints": False}


def _worth_retrying(_task: Any, _run: Any, state: Any) -> bool:
    """A busy database or file share may be free in a minute; bad data stays bad."""
    error = state.result(raise_on_failure=False)
    return not isinstance(error, (StepError, InputError))


@task(name="extract", retries=2, retry_delay_seconds=30, retry_condition_fn=_worth_retrying, **_IN_MEMORY)
def extract(plan: pipeline.Plan) -> Any:
    with scrub("extract"):
        return pipeline.extract(plan)


@task(name="last year", **_IN_MEMORY)
def last_year(plan: pipeline.Plan) -> Any:
    with scrub("last year"):
        return pipeline.last_year(plan)


@task(name="build", **_IN_MEMORY)
def build(plan: pipeline.Plan, loaded: Any, last: Any) -> Any:
    with scrub("build"):
        return pipeline.build(plan, loaded, last)


@task(name="minimise", **_IN_MEMORY)
def minimise(plan: pipeline.Plan, built: Any) -> Any:
    with scrub("minimise"):
        return pipeline.permit(plan, built)


@task(name="validate", **_IN_MEMORY)
def validate(plan: pipeline.Plan, loaded: Any, permitted: Any, last: Any) -> Any:
    with scrub("validate"):
        as_at, _ = pipeline.when(plan, loaded)
        return pipeline.check(plan, permitted, as_at, last, pipeline.references(plan))


@task(name="report and publish draft", **_IN_MEMORY)
def write(plan: pipeline.Plan, loaded: Any, built: Any, permitted: Any, issues: Any, last: Any) -> RunResult:
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


def tell(result: RunResult) -> dict[str, Any]:
    """Counts of the run as an artifact and as the flow's answer: no child, no value."""
    facts = {
        "run": result.run_id,
        "folder": str(result.folder),
        "report": str(result.folder / "report" / "index.html"),
        "children": result.children,
        "errors": result.errors,
        "queries": result.queries,
        "not_run": len(result.issues.attrs.get("not_run", {})),
        "decisions": len(result.decisions),
        "to_settle": len(result.worklist),
        "dry_run": result.dry_run,
    }
    rows = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in facts.items())
    create_markdown_artifact(
        key=f"{result.collection.name}-{result.collection.year}-{result.authority}".lower(),
        markdown=f"# {result.collection.title} {result.collection.year}\n\n| | |\n|---|---|\n{rows}\n",
        description="Counts of a run; the report itself stays in the run folder",
    )
    return facts
