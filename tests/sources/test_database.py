"""A database gives the same tables as the folder it was filled from: SQLite always, PostgreSQL where one is given."""

from __future__ import annotations

import os
import sqlite3
import uuid
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, oracle

from dfe_returns.errors import InputError, UsageError
from dfe_returns.files import data_folder
from dfe_returns.sources import load
from dfe_returns.sources.database import DatabaseReader, select_columns

FERNSHIRE = data_folder("sample_extracts") / "fernshire_ssd"


def fill(engine: sa.Engine, folder: Path, schema: str | None = None) -> None:
    """Write every CSV of a folder as a table: dates as dates, blanks as NULL, rows in another order."""
    for path in sorted(folder.glob("*.csv")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False).replace("", None)
        for column in frame.columns:
            values = frame[column].dropna()
            if len(values) and values.str.fullmatch(r"\d{4}-\d\d-\d\d 00:00:00.000").all():
                frame[column] = pd.to_datetime(frame[column])
        frame.iloc[::-1].to_sql(path.stem, engine, schema=schema, index=False)


def profile_for_databases(profile, schema: str = "") -> Path:
    return profile(f"""
        profile: from_database
        extends: ssd_systemc
        source:
          extract_date: 2026-06-12
          schema: '{schema}'
        """)


def the_same(database: dict[str, pd.DataFrame], files: dict[str, pd.DataFrame]) -> None:
    for name, table in files.items():
        left = database[name].drop(columns=["_file", "_line"])
        right = table.drop(columns=["_file", "_line"])
        keys = [c for c in left.columns if left[c].notna().any()] or list(left.columns)
        pd.testing.assert_frame_equal(
            left.sort_values(keys, ignore_index=True), right.sort_values(keys, ignore_index=True), obj=name
        )


def test_sqlite_gives_the_tables_of_the_files(tmp_path, profile):
    url = f"sqlite:///{tmp_path / 'ssd.db'}"
    fill(sa.create_engine(url), FERNSHIRE)
    loaded = load(url, profile_for_databases(profile))
    the_same(loaded.tables, load(FERNSHIRE).tables)
    assert loaded.tables["ssd_person"]["_file"].astype("str").unique().tolist() == ["ssd_person"]
    assert loaded.tables["ssd_person"]["_line"].min() == 1


@pytest.mark.postgres
def test_postgresql_gives_the_tables_of_the_files(profile):
    server = os.environ.get("DFE_RETURNS_TEST_POSTGRES", "")
    if not server:
        pytest.skip("no PostgreSQL server given (DFE_RETURNS_TEST_POSTGRES)")
    base = sa.make_url(server)
    engine = sa.create_engine(base.set(database=base.database or "postgres"))
    schema = f"ssd_{uuid.uuid4().hex[:12]}"
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    try:
        fill(engine, FERNSHIRE, schema)
        url = engine.url.render_as_string(hide_password=False)
        loaded = load(url, profile_for_databases(profile, schema))
        the_same(loaded.tables, load(FERNSHIRE).tables)
    finally:
        with engine.begin() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))
        engine.dispose()


def test_a_load_sees_one_moment_and_writes_nothing(tmp_path):
    path = tmp_path / "ssd.db"
    fill(sa.create_engine(f"sqlite:///{path}"), FERNSHIRE)
    before = path.read_bytes()
    reader = DatabaseReader(f"sqlite:///{path}")
    first = reader.read("ssd_person", ["pers_person_id"])
    with pytest.raises(sa.exc.OperationalError, match="readonly"):
        reader._connection.exec_driver_sql("DELETE FROM ssd_person")
    assert reader.read("ssd_person", ["pers_person_id"]).sha256 == first.sha256
    reader.close()
    assert path.read_bytes() == before


def test_only_mapped_columns_are_asked_for():
    statement = select_columns("ssd_person", ["pers_person_id", "pers_dob"], "ssd_development")
    for dialect, expected in [
        (mssql.dialect(), "SELECT ssd_development.ssd_person.pers_person_id, ssd_development.ssd_person.pers_dob"),
        (oracle.dialect(), "SELECT ssd_development.ssd_person.pers_person_id, ssd_development.ssd_person.pers_dob"),
    ]:
        text = " ".join(str(statement.compile(dialect=dialect)).split())
        assert "*" not in text
        assert text.endswith("FROM ssd_development.ssd_person") or "FROM ssd_development.ssd_person" in text
        assert "pers_person_id" in text
        assert "pers_dob" in text
        assert len(expected.split(",")) == text.split("FROM")[0].count(",") + 1


def test_odd_names_are_quoted_for_both():
    statement = select_columns("Care Episodes", ["System ID", "End"])
    assert "[Care Episodes]" in str(statement.compile(dialect=mssql.dialect()))
    assert '"Care Episodes"' in str(statement.compile(dialect=oracle.dialect()))


def test_the_extract_may_be_described_in_a_table(tmp_path):
    path = tmp_path / "ssd.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE ssd_person (pers_person_id, pers_legacy_id)")
        db.execute("INSERT INTO ssd_person VALUES (501, '1001')")
        db.execute("CREATE TABLE ssd_extract (la_code, system, run_at, window_start)")
        db.execute("INSERT INTO ssd_extract VALUES ('999', 'systemc', '2026-06-12 04:00:00', '2020-06-12')")
    loaded = load(f"sqlite:///{path}")
    assert str(loaded.report.extract_date) == "2026-06-12"
    assert loaded.profile.name == "ssd_systemc"
    assert loaded.tables["ssd_person"]["pers_person_id"].tolist() == ["501"]


def test_a_database_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no SQLite file"):
        load(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()


def test_no_connection_and_no_password_in_the_message():
    with pytest.raises(InputError, match="No connection") as caught:
        load("postgresql://reader:secret@127.0.0.1:1/ssd")
    assert "secret" not in str(caught.value)


def test_a_url_that_is_none():
    with pytest.raises(UsageError, match="no database URL"):
        load("nonsense://somewhere/else")
