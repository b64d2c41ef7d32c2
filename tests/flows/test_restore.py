"""A trial of the handbook's restore: copy, lose everything, put the copy back, verify, go on working."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from dfe_returns import pipeline
from dfe_returns.config import load_config
from dfe_returns.ledger.keys import make_key_file
from dfe_returns.ledger.place import ledger_of
from dfe_returns.review.signoff import check_run, reject

POSTGRES = os.environ.get("DFE_RETURNS_TEST_POSTGRES", "")


def made(config, stages_done):
    """The folder of a run of the configured authority."""
    plan = pipeline.plan_run(config, "ssda903", "2025-26")
    return pipeline.write(plan, *stages_done).folder


def put_back(copy, runs):
    shutil.rmtree(runs)
    shutil.copytree(copy, runs)
    runs.chmod(0o700)


def works_again(config, folder):
    ledger = ledger_of(load_config(config), folder)
    assert check_run(ledger, folder).empty
    assert ledger.verify().empty
    assert reject(ledger, folder, "trial of the restore", "Kim Officer")["state"] == "rejected"
    ledger.close()


@pytest.mark.usefixtures("quick")
def test_ledger_beside_the_runs(authority, stages_done, tmp_path):
    config = authority()
    folder = made(config, stages_done)
    shutil.copytree(config.parent / "runs", tmp_path / "copy")
    put_back(tmp_path / "copy", config.parent / "runs")
    works_again(config, folder)


@pytest.mark.postgres
@pytest.mark.usefixtures("quick")
def test_ledger_on_postgresql(authority, stages_done, tmp_path):
    if not POSTGRES:
        if os.environ.get("DFE_RETURNS_CI"):
            pytest.fail("continuous integration needs DFE_RETURNS_TEST_POSTGRES")
        pytest.skip("needs a PostgreSQL: set DFE_RETURNS_TEST_POSTGRES")
    server, name = POSTGRES.replace("+psycopg", ""), f"restore_{uuid.uuid4().hex[:8]}"
    config, key = authority(), tmp_path / "ledger.key"
    make_key_file(key)
    with config.open("a", encoding="utf-8") as file:
        file.write(f'[ledger]\nurl = "{POSTGRES}/{name}"\nkey_file = "{key}"\n')
    tool("psql", f"{server}/postgres", "-c", f"create database {name}")
    try:
        folder = made(config, stages_done)
        tool("pg_dump", "--format=custom", f"--file={tmp_path / 'ledger.dump'}", f"{server}/{name}")
        shutil.copytree(config.parent / "runs", tmp_path / "copy")
        for statement in (f"drop database {name} with (force)", f"create database {name}"):
            tool("psql", f"{server}/postgres", "-c", statement)
        tool("pg_restore", f"--dbname={server}/{name}", str(tmp_path / "ledger.dump"))
        put_back(tmp_path / "copy", config.parent / "runs")
        works_again(config, folder)
    finally:
        tool("psql", f"{server}/postgres", "-c", f"drop database {name} with (force)")


def tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs."""
    known = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = shutil.which(name) or (str(known[-1]) if known else name)
    subprocess.run([path, *arguments], check=True, capture_output=True, timeout=60)
