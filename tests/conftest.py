"""Shared by all tests: no network, quiet libraries, one census run that many tests look at."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    """A test that reaches for the network fails."""
    connect = socket.socket.connect

    def guarded(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if isinstance(address, tuple) and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for the network ({host})")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def census_run(tmp_path_factory) -> Path:
    """The run folder of Fernshire's census 2025-26; look, don't touch."""
    from dfe_returns import pipeline
    from dfe_returns.config import Config
    from dfe_returns.files import data_folder

    out = tmp_path_factory.mktemp("census") / "run"
    config = Config(authority="999", authority_name="Fernshire County Council")
    return pipeline.run(
        config, "cin", "2025-26", source=data_folder("sample_extracts") / "fernshire_ssd", out=out
    ).folder


@pytest.fixture
def own_census_run(census_run, tmp_path) -> Path:
    """A copy of the census run (with its ledger) that a test may change."""
    target = tmp_path / "copy"
    shutil.copytree(census_run.parent, target)
    return target / census_run.name


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """Run the command line in an empty folder: ``cli("run", "cin", ...)`` -> (exit code, output, messages)."""
    import sys

    from dfe_returns.cli import _exit_code

    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dfe-returns", *map(str, arguments)])
        code = _exit_code()
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return run


def pytest_collection_modifyitems(items):
    """Flow tests share one Prefect server: with several workers they stay on one of them."""
    for item in items:
        if "/tests/flows/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("prefect"))
