"""A ledger in each database it supports, with a clock that the test moves."""

import datetime as dt
import os

import pytest
import sqlalchemy as sa
from ledger_samples import KEY

from dfe_returns.ledger import open_ledger

SERVER = os.environ.get("DFE_RETURNS_TEST_POSTGRES", "")


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = dt.datetime(2026, 6, 12, 9, 0, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def postgres_place():
    """A database of our own on the server, dropped afterwards."""
    if not SERVER:
        if os.environ.get("DFE_RETURNS_CI"):
            pytest.fail("continuous integration must bring a PostgreSQL server (DFE_RETURNS_TEST_POSTGRES)")
        pytest.skip("no PostgreSQL server given (DFE_RETURNS_TEST_POSTGRES)")
    server = sa.create_engine(sa.make_url(SERVER).set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = f"ledger_test_{os.getpid()}"
    with server.connect() as connection:
        connection.execute(sa.text(f"drop database if exists {name}"))
        connection.execute(sa.text(f"create database {name}"))
    yield sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"drop database {name} with (force)"))
    server.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request, tmp_path):
    """Where an empty ledger can be made: a path, or the URL of an emptied PostgreSQL database."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    url = request.getfixturevalue("postgres_place")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("drop schema public cascade"))
        connection.execute(sa.text("create schema public"))
    engine.dispose()
    return url


@pytest.fixture
def ledger(place, clock):
    held = open_ledger(place, KEY, now=clock)
    yield held
    held.close()
