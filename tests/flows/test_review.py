"""The human step inside a flow: it waits outside any process, and what the ledger says counts."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from dfe_returns import pipeline
from dfe_returns.config import load_config
from dfe_returns.ledger.place import ledger_of
from dfe_returns.review.signoff import check_run

pytestmark = pytest.mark.usefixtures("prefect_home", "quick")


class Waiting:
    """A deployed 903 run that is run here, process by process, as a worker would."""

    def __init__(self, config, **parameters):
        from prefect.client.orchestration import get_client

        from flows.ssda903 import ssda903

        self.config = config
        self.flow = ssda903
        given = {"config": str(config), "year": "2025-26", "review": True, "prepared_by": "Pat Preparer", **parameters}
        with get_client(sync_client=True) as client:
            flow_id = client.create_flow(ssda903)
            deployment = client.create_deployment(flow_id=flow_id, name=f"of {config.parent.name}")
            self.id = client.create_flow_run_from_deployment(deployment, parameters=given).id

    def work(self):
        """What a worker does: run the flow until it ends or waits. Returns the state."""
        from prefect.client.orchestration import get_client
        from prefect.exceptions import Pause
        from prefect.flow_engine import run_flow

        with get_client(sync_client=True) as client:
            flow_run = client.read_flow_run(self.id)
        with suppress(Pause):  # how a flow leaves its process to wait
            run_flow(self.flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
        return self.state()

    def state(self):
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            return client.read_flow_run(self.id).state

    def answer(self, **given):
        from prefect.flow_runs import resume_flow_run

        resume_flow_run(self.id, run_input={"name": "Alex Approver", "role": "Assistant director", **given})

    def question(self):
        from prefect.client.orchestration import get_client

        keys = self.state().state_details.run_input_keyset
        with get_client(sync_client=True) as client:
            return client.read_flow_run_input(self.id, keys["description"])

    @property
    def folder(self):
        return next((self.config.parent / "runs" / "ssda903-2025-26").glob("ssda903-*"))

    @property
    def ledger(self):
        return ledger_of(load_config(self.config), self.folder)

    def in_ledger(self):
        return self.ledger.state(self.folder.name)


@pytest.fixture
def excused(quick):
    """An exception for each rule that the small authority still fails."""
    issues = quick[3]
    return [f"{code}=known, see the plan" for code in sorted(set(issues.loc[issues["severity"] == "error", "code"]))]


@pytest.fixture
def waiting(authority):
    run = Waiting(authority())
    assert run.work().name == "Suspended"
    assert run.in_ledger() == "in review"
    return run


def test_approved_in_the_form_gives_the_record_that_the_command_line_gives(waiting, excused):
    assert (waiting.folder / "report" / "index.html").absolute().as_uri() in waiting.question()
    waiting.answer(decision="approve", note="read on Monday", exceptions=excused)
    assert waiting.work().name == "Signed off"
    entry = next(e for e in waiting.ledger.history(waiting.folder.name) if e["kind"] == "signed off")
    assert (entry["name"], entry["role"], entry["note"]) == ("Alex Approver", "Assistant director", "read on Monday")
    assert (waiting.folder / "certificate.html").is_file()
    assert check_run(waiting.ledger, waiting.folder).empty


def test_report_is_built_again_after_the_act(waiting, excused, monkeypatch):
    plain, states = pipeline.write_report, []

    def noting(result, folder, config):
        states.append(ledger_of(config, waiting.folder).state(result.run_id))
        plain(result, folder, config)

    monkeypatch.setattr(pipeline, "write_report", noting)
    waiting.answer(decision="approve", exceptions=excused)
    assert waiting.work().name == "Signed off"
    assert states == ["signed off"]
    assert check_run(waiting.ledger, waiting.folder).empty


def test_rejected_with_a_reason(waiting):
    waiting.answer(decision="reject", note="three referrals are missing")
    assert waiting.work().name == "Rejected"
    assert waiting.in_ledger() == "rejected"
    assert not (waiting.folder / "submission").exists()


def test_refused_answer_is_asked_again_and_only_the_new_answer_counts(waiting, excused):
    waiting.answer(decision="approve", name="pat  preparer", exceptions=excused)
    assert waiting.work().name == "Suspended"
    assert "different people" in waiting.question()
    waiting.answer(decision="approve", exceptions=excused)
    assert waiting.work().name == "Signed off"
    names = [e.get("name") for e in waiting.ledger.history(waiting.folder.name) if e["kind"] == "signed off"]
    assert names == ["Alex Approver"]


def test_reject_without_reason_is_asked_again(waiting):
    waiting.answer(decision="reject")
    assert waiting.work().name == "Suspended"
    assert "needs a reason" in waiting.question()


def test_form_turns_down_what_is_no_decision(waiting):
    with pytest.raises(RuntimeError, match="Cannot resume"):
        waiting.answer(decision="perhaps")
    assert waiting.state().name == "Suspended"


def test_superseded_while_it_waited(waiting, excused):
    newer = Waiting(waiting.config)
    first = waiting.folder
    newer.work()
    waiting.answer(decision="approve", exceptions=excused)
    assert waiting.work().name == "Superseded"
    assert not (first / "submission").exists()


def test_decided_at_the_command_line_while_it_waited(waiting, excused):
    from dfe_returns.review.signoff import reject

    reject(waiting.ledger, waiting.folder, "taken back", "Kim Officer")
    waiting.answer(decision="approve", exceptions=excused)
    assert waiting.work().name == "Rejected"


def test_answered_from_the_command_line(waiting, excused, cli):
    given = [part for line in excused for part in ("--exception", line)]
    who = ("--name", "Alex Approver", "--role", "Assistant director")
    assert cli("resume", waiting.folder.name, "--decision", "perhaps", *who)[0] == 2
    assert cli("resume", waiting.folder.name, "--decision", "approve", *who, *given)[0] == 0
    assert waiting.work().name == "Signed off"
    assert cli("resume", waiting.folder.name, "--decision", "reject", *who)[0] == 5
    assert cli("resume", "0" * 32, "--decision", "reject", *who)[0] == 2
    assert cli("resume", "no-run", "--decision", "reject", *who)[0] == 2


def test_ledger_that_is_busy_when_the_answer_comes_is_tried_again(waiting, excused, monkeypatch):
    from dfe_returns.evidence import controls
    from flows import safety

    monkeypatch.setattr(safety, "RETRY_SECONDS", 0)
    sign, tries = controls.sign_live, []

    def busy_at_first(*given):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("update", {}, Exception("database is locked"))
        return sign(*given)

    monkeypatch.setattr(controls, "sign_live", busy_at_first)
    waiting.answer(decision="approve", exceptions=excused)
    assert waiting.work().name == "Signed off"
    assert len(tries) == 3


def test_nobody_answers_in_time(authority):
    run = Waiting(authority(), review_days=1 / 86400)
    assert run.work().name == "Suspended"
    assert run.state().state_details.pause_timeout < datetime.now(UTC) + timedelta(seconds=2)

    while run.state().is_paused() and run.state().state_details.pause_timeout >= datetime.now(UTC):
        time.sleep(0.1)
    with pytest.raises(Exception, match=r"no longer be resumed|isn't paused"):
        run.answer(decision="reject", note="too late")
    assert run.state().name == "Failed"
    assert run.in_ledger() == "in review"
    assert not (run.folder / "submission").exists()


def test_dry_run_asks_nobody(authority, monkeypatch, quick):
    from flows import authority as one

    monkeypatch.setattr(one, "tell", lambda result, small: {"run": result.run_id})
    monkeypatch.setattr(one, "await_decision", lambda *given: pytest.fail("asked"))
    done = one.run_stages

    def dry(plan):
        result = done(plan)
        result.dry_run = True
        return result

    monkeypatch.setattr(one, "run_stages", dry)
    assert Waiting(authority()).work().name == "Completed"
