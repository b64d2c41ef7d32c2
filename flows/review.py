"""Review in the flow: the run leaves its worker and waits, until a person answers the form; the ledger records the act.

Prefect holds the question and the answer; what counts is the ledger, so that a decision taken at the command line, or a
newer run that supersedes this one, is found when the flow goes on.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from prefect.client.orchestration import get_client
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field

from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.pipeline import Plan, report_after_act
from dfe_returns.run_folder import RunResult
from flows.safety import patiently


class Decision(RunInput):
    """What the reviewer answers. It is kept in Prefect's database: no child's details belong in it."""

    decision: Literal["approve", "reject"] = Field(
        title="Decision", description="approve signs the return off; reject sends it back"
    )
    name: str = Field(
        title="Your name", description="As it shall stand on the certificate", min_length=2, max_length=200
    )
    role: str = Field(title="Your role", description="For example: assistant director", min_length=2, max_length=200)
    note: str = Field(
        default="", title="Note", description="Needed to reject. No child's details here", max_length=2000
    )
    exceptions: list[str] = Field(
        default=[],
        title="Exceptions",
        description="For each rule with errors left, one line CODE=reason. No child's details here",
    )


def await_decision(plan: Plan, result: RunResult, preparer: str, days: float) -> str:
    """Ask for review, wait, act on the answer; returns the run's state in the ledger.

    A refused answer (same person, missing exception, policy out of date) is told in the next form. Raises StepError.
    """
    from dfe_returns.ledger.place import ledger_of
    from dfe_returns.review.signoff import ask_for_review

    def ask() -> Any:
        ledger = ledger_of(plan.config, plan.out)
        if ledger.state(plan.run_id) == "draft":
            ask_for_review(ledger, plan.out, preparer or "scheduled run", "preparer", "asked by the flow")
        return ledger

    ledger = patiently("review", ask)
    attempt, refused = _questions_asked(), ""
    while True:
        state = patiently("review", lambda: ledger.state(plan.run_id))
        if state not in ("draft", "in review"):
            return state  # decided at the command line, or superseded by a newer run, while this one waited
        answer = suspend_flow_run(
            wait_for_input=Decision.with_initial_data(description=_question(plan, result, refused)),
            timeout=max(1, int(days * 86400)),
            key=f"review-{attempt}",
        )
        state, refused = patiently("review", partial(_decided, ledger, plan, answer))
        if not refused:
            report_after_act(plan.out, plan.config)
            return state
        attempt += 1


def _questions_asked() -> int:
    """Number of the last question put in this flow run. The flow starts from its top after each answer, and only
    the newest answer counts: older ones were refused."""
    with get_client(sync_client=True) as client:
        keys = client.read_flow_run(flow_run.id).empirical_policy.pause_keys or set()
    return max((int(key.removeprefix("review-")) for key in keys if key.startswith("review-")), default=0)


def _question(plan: Plan, result: RunResult, refused: str) -> str:
    left = sorted(set(result.issues.loc[result.issues["severity"] == "error", "code"]))
    report = plan.out / "report" / "index.html"
    lines = [
        f"**{result.collection.title} {result.collection.year}**, authority {result.authority}, awaits you.",
        f"Read the report first: [{report}]({report.absolute().as_uri()})",
    ]
    if left:
        lines.append(f"Rules with errors left (each needs an exception to approve): {', '.join(left)}.")
    return "\n\n".join(([f"**Your last answer was refused:** {refused}"] if refused else []) + lines)


def _decided(ledger: Any, plan: Plan, answer: Decision) -> tuple[str, str]:
    """The state in the ledger after the answer, and why it was refused ('' = it was not)."""
    state = str(ledger.state(plan.run_id))
    if state not in ("draft", "in review"):
        return state, ""
    try:
        return _act(ledger, plan, answer), ""
    except (RefusedError, UsageError) as error:
        return state, str(error)


def _act(ledger: Any, plan: Plan, answer: Decision) -> str:
    from dfe_returns.evidence.controls import sign_live
    from dfe_returns.review.signoff import reject

    if answer.decision == "reject":
        return str(reject(ledger, plan.out, answer.note, answer.name, answer.role)["state"])
    granted = dict(exception(line) for line in answer.exceptions if line.strip())
    return str(sign_live(ledger, plan.out, plan.config, answer.name, answer.role, answer.note, granted)["state"])


def exception(line: str) -> tuple[str, str]:
    """Rule code and reason of a line CODE=reason. Raises UsageError."""
    code, _, reason = line.partition("=")
    if not code.strip() or not reason.strip():
        raise UsageError("An exception should read CODE=reason.")
    return code.strip(), reason.strip()
