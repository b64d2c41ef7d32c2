"""The flows on Prefect's own harness: a run per authority, quarterly looks, regions, and what happens on the way."""

from __future__ import annotations

import errno
import json
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy.exc import OperationalError

from dfe_returns.config import load_config
from dfe_returns.ledger.place import ledger_of

pytestmark = pytest.mark.usefixtures("prefect_home")


def ledger(config):
    settings = load_config(config)
    return ledger_of(settings, settings.at(settings.runs) / "run")


def artifact(key):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))
    return max(found, key=lambda a: a.created).data


def test_each_return_runs_from_extract_to_report_and_is_in_the_ledger(authority):
    from flows.cin_census import cin_census
    from flows.ssda903 import ssda903

    config = authority()
    for one, name in ((cin_census, "cin"), (ssda903, "ssda903")):
        told = one(year="2025-26", config=str(config))
        folder = config.parent / "runs" / f"{name}-2025-26" / told["run"]
        assert (folder / "report" / "index.html").is_file()
        assert ledger(config).state(told["run"]) == "draft"
        assert told["report"] in artifact(f"{name}-2025-26-999")


@pytest.mark.usefixtures("quick")
def test_a_flow_that_starts_again_finds_its_finished_run_and_enters_it_once(authority, monkeypatch):
    from prefect import flow

    from flows import authority as one
    from flows.ssda903 import ssda903

    config = authority()
    told = ssda903(year="2025-26", config=str(config))
    monkeypatch.setattr(one, "run_stages", lambda plan: pytest.fail("built a second time"))
    monkeypatch.setattr(one.flow_run, "id", told["run"].rsplit("-", 1)[1], raising=False)

    @flow
    def again():
        return one.run_authority("ssda903", "2025-26", str(config), None, None, None)

    assert again()["run"] == told["run"]
    assert ledger(config).states()["run_id"].tolist() == [told["run"]]
    assert ledger(config).verify().empty


def test_quarterly_makes_dry_runs_of_both(authority):
    from flows.quarterly import quarterly

    config = authority()
    told = quarterly(config=str(config), quarter_end=date(2025, 12, 31))
    runs = ledger(config).states()
    assert sorted(told) == ["cin", "ssda903"]
    assert runs["dry_run"].all()
    assert set(runs["as_at"]) == {"2025-12-31"}


@pytest.mark.usefixtures("quick")
def test_quarterly_at_the_year_s_end_supersedes_nothing(authority):
    from flows.quarterly import quarterly
    from flows.ssda903 import ssda903

    config = authority()
    mine = ssda903(year="2025-26", config=str(config))
    quarterly(config=str(config), quarter_end=date(2026, 3, 31), returns=["ssda903"])
    assert ledger(config).state(mine["run"]) == "draft"
    assert len(ledger(config).states()) == 1


def test_schedule_does_nothing_but_on_the_first_working_day(authority, monkeypatch):
    from flows import days, quarterly

    monkeypatch.setattr(days, "scheduled_day", lambda: date(2026, 7, 2))
    monkeypatch.setattr(quarterly, "scheduled_day", lambda: date(2026, 7, 2))
    told = quarterly.quarterly(config=str(authority()), only_on_first_working_day=True)
    assert told == {"done": "nothing: not the month's first working day"}


@pytest.mark.usefixtures("quick")
def test_region_goes_on_past_a_broken_authority_and_tells_counts_only(authority, tmp_path, monkeypatch):
    from flows import authority as one
    from flows import stages
    from flows.region import region

    quickly = one.run_stages
    broken = lambda plan: plan.config.authority == "998"  # noqa: E731
    monkeypatch.setattr(one, "run_stages", lambda plan: stages.run_stages(plan) if broken(plan) else quickly(plan))

    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "notes.txt").write_text("no tables here", encoding="utf-8")
    authority("Fernshire", "999")
    authority("Brackenford", "998", source=empty)
    authority("Coldwater", "997")
    state = region(configs=[str(tmp_path)], year="2025-26", returns=["ssda903"], deployment="", return_state=True)
    assert state.is_failed()
    assert "1 of 3 runs failed" in state.message
    summary = pd.DataFrame(json.loads(artifact("region")))
    assert summary.set_index("authority")["state"].to_dict() == {
        "Brackenford": "failed",
        "Coldwater": "finished",
        "Fernshire": "finished",
    }
    assert list(summary) == ["authority", "return", "state", "children", "errors", "queries"]


@pytest.mark.usefixtures("quick")
def test_region_shows_the_others_when_one_ledger_cannot_be_read(authority, tmp_path, monkeypatch):
    from flows import region

    configs = [authority("Fernshire", "999"), authority("Coldwater", "997")]
    count = region._counts

    def lost(file, run_id):
        if file.parent.name == "Coldwater":
            (file.parent / "runs" / "ledger.key").write_text("0" * 64, encoding="ascii")
        return count(file, run_id)

    monkeypatch.setattr(region, "_counts", lost)
    region.region(configs=[str(c) for c in configs], year="2025-26", returns=["ssda903"], deployment="")
    states = pd.DataFrame(json.loads(artifact("region"))).set_index("authority")["state"]
    assert states.to_dict() == {"Coldwater": "finished, ledger not readable", "Fernshire": "finished"}


def test_region_takes_what_could_not_be_sent_as_failed():
    from flows.region import summarise, watch

    assert watch([RuntimeError("no such deployment")]) == [("", False)]
    told = summarise([(Path("/srv/returns/831/dfe-returns.toml"), "cin")], [("", False)], "2025-26")
    assert told[["authority", "state"]].to_numpy().tolist() == [["831", "failed"]]


def test_names_say_what_for_which_day_and_whose(authority, monkeypatch):
    from flows import authority as one
    from flows import region

    config = str(authority("Fernshire", "999"))
    monkeypatch.setenv("DFE_RETURNS_CONFIG", config)
    for given, name in (
        ({"year": "2025-26", "config": config}, "SSDA903 2025-26 Fernshire"),
        ({}, "SSDA903 year ended Fernshire"),
        ({"config": "/srv/returns/831/none.toml", "as_at": "2025-12-31"}, "SSDA903 year ended 831 as at 2025-12-31"),
    ):
        monkeypatch.setattr(one.flow_run, "parameters", given, raising=False)
        assert one.named("SSDA903", "year ended")() == name
    monkeypatch.setattr(one.flow_run, "parameters", {"quarter_end": "2025-12-31"}, raising=False)
    assert one.named("quarterly")() == "quarterly Fernshire as at 2025-12-31"
    assert region.region_name() == "region year ended"


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("main", True),
        ("/srv/returns/831/extract", True),
        ("C:\\extract", True),
        ("postgresql+psycopg://reader:random@db/hdm", False),
    ],
)
def test_form_takes_no_database_url_where_a_password_would_stay(source, taken):
    from prefect.exceptions import ParameterTypeError

    from flows.ssda903 import ssda903

    with nullcontext() if taken else pytest.raises(ParameterTypeError):
        ssda903.validate_parameters({"source": source})


def test_retention_tells_what_is_due_and_deletes_nothing(authority):
    from flows.retention import retention

    config = authority()
    told = retention(config=str(config))
    assert told["deleted"] == 0
    assert "Deleted now: 0" in artifact("retention")


def test_two_runs_of_one_return_and_authority_take_turns(authority):
    from prefect import flow

    from flows.authority import plan_of
    from flows.safety import BusyError
    from flows.turns import one_at_a_time

    config = str(authority())

    @flow
    def both():
        mine, other = plan_of("cin", "2025-26", config), plan_of("ssda903", "2025-26", config)
        with (
            one_at_a_time(mine),
            one_at_a_time(other),
            pytest.raises(BusyError, match="Another run of cin for authority 999"),
            one_at_a_time(mine, wait_seconds=0.1),
        ):
            pytest.fail("two at a time")
        with one_at_a_time(mine):
            return "free again"

    assert both() == "free again"


class TestRetries:
    def test_locked_database_is_tried_again_and_bad_data_is_not(self, authority, monkeypatch):
        from flows import stages

        monkeypatch.setattr(stages.extract, "retry_delay_seconds", 0)
        for error, tries in ((OperationalError("select", {}, Exception("locked")), 3), (ValueError("bad"), 1)):
            seen = []

            def fail(plan, seen=seen, error=error):
                seen.append(1)
                raise error

            monkeypatch.setattr(stages.pipeline, "extract", fail)
            from flows.ssda903 import ssda903

            config = authority(f"Try{tries}")
            assert ssda903(year="2025-26", config=str(config), return_state=True).is_failed()
            assert len(seen) == tries

    def test_what_counts_as_busy(self):
        from dfe_returns.errors import InputError
        from flows.safety import is_busy

        def wrapped(cause):
            try:
                try:
                    raise cause
                except Exception:
                    raise InputError("No connection.") from None
            except InputError as error:
                return error

        assert is_busy(wrapped(OperationalError("select", {}, Exception("locked"))))
        assert is_busy(OSError(errno.ESTALE, "stale"))
        assert is_busy(wrapped(OSError(errno.EHOSTDOWN, "host is down")))
        assert is_busy(OSError(errno.EIO, "input/output error"))
        assert not is_busy(wrapped(KeyError("x")))
        assert not is_busy(OSError(errno.ENOENT, "none"))
        assert not is_busy(OSError(errno.EACCES, "closed"))


@pytest.mark.parametrize("name", ["cin_census", "ssda903", "quarterly", "region", "retention"])
def test_form_explains_every_parameter(name):
    import importlib

    flow = getattr(importlib.import_module(f"flows.{name}"), name)
    assert flow.description
    for parameter, facts in flow.parameters.properties.items():
        assert facts.get("description"), f"{name}: {parameter} has no description"
