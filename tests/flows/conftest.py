"""One Prefect server for all tests of flows (its database and storage in a temporary folder), and small authorities."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # the flows lie beside the package, not in it

from flow_samples import TOML  # noqa: E402

import flows  # noqa: E402, F401 - sets Prefect's environment first


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory):
    """The server's folder: database prefect.db, storage, profiles. The heartbeat is off: it costs a second per flow."""
    from prefect.settings import (
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_HOME,
        PREFECT_LOCAL_STORAGE_PATH,
        PREFECT_SERVER_DATABASE_CONNECTION_URL,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness

    home = tmp_path_factory.mktemp("prefect")
    kept = {PREFECT_HOME: home, PREFECT_LOCAL_STORAGE_PATH: home / "storage", PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(kept), prefect_test_harness(server_startup_timeout=120):
        database = PREFECT_SERVER_DATABASE_CONNECTION_URL.value().removeprefix("sqlite+aiosqlite:///")
        (home / "prefect.db").symlink_to(database)
        yield home


@pytest.fixture(scope="session")
def extract(tmp_path_factory) -> Path:
    """Extract of a small synthetic authority."""
    from dfe_returns.synthetic import synthesise

    folder = tmp_path_factory.mktemp("authority") / "extract"
    synthesise(12, 7, folder, layout="ssd", year="2025-26")
    return folder


@pytest.fixture
def authority(tmp_path, extract):
    """``authority("Fernshire", "999")`` makes a configured authority and gives its configuration file."""

    def make(name: str = "Fernshire", number: str = "999", source: Path = extract) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "extract").symlink_to(source)
        (folder / "dfe-returns.toml").write_text(TOML.format(name=name, number=number), encoding="utf-8")
        return folder / "dfe-returns.toml"

    return make


@pytest.fixture(scope="session")
def stages_done(extract, tmp_path_factory):
    """What the stages before the writing make of the small authority's 903, once for all tests."""
    from dfe_returns import pipeline
    from dfe_returns.config import Config

    out = tmp_path_factory.mktemp("stages") / "run"
    plan = pipeline.plan_run(Config(authority="999"), "ssda903", "2025-26", source=extract, out=out)
    loaded = pipeline.extract(plan)
    built = pipeline.build(plan, loaded)
    permitted = pipeline.permit(plan, built)
    as_at, _ = pipeline.when(plan, loaded)
    return loaded, built, permitted, pipeline.check(plan, permitted, as_at, None, {})


@pytest.fixture
def quick(stages_done, monkeypatch):
    """903 runs of the small authority without building it again each time, and with a report of its issues alone."""
    from dfe_returns import pipeline
    from dfe_returns.files import private_folder, write_csv
    from flows import authority

    def report(result, folder, config):
        write_csv(result.issues, private_folder(folder) / "issues.csv")

    monkeypatch.setattr(pipeline, "write_report", report)
    monkeypatch.setattr(authority, "run_stages", lambda plan: pipeline.write(plan, *stages_done))
    return stages_done
