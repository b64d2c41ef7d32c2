"""Reading a database: tables and views by explicit column lists, in chunks, in one read-only transaction.

The transaction sees one moment throughout, however long the reading takes.

Any database that SQLAlchemy speaks to: PostgreSQL and SQLite are tested for real, SQL Server (``mssql+pyodbc``) and
Oracle
(``oracle+oracledb``) need their drivers installed beside this product. Statements are plain selects, so no dialect
matters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from dfe_returns.errors import InputError, UsageError
from dfe_returns.sources.model import LINE, ssd_model
from dfe_returns.sources.profile import Profile
from dfe_returns.sources.raw import RawFile
from dfe_returns.sources.report import Notes
from dfe_returns.sources.words import tidy

CHUNK = 50_000
EXTRACT_TABLE = "ssd_extract"
"""Optional table of one row that says what extract.json says: la_code, system, run_at, window_start."""

_DRIVERS = {"mssql": "pyodbc", "oracle": "oracledb", "postgresql": "psycopg", "mysql": "pymysql"}
_SNAPSHOTS: dict[str, dict[str, Any]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    "mssql": {"isolation_level": "SNAPSHOT"},
    "oracle": {"isolation_level": "SERIALIZABLE"},
    "mysql": {"isolation_level": "REPEATABLE READ"},
}
"""How each database is asked to show one moment throughout."""


class DatabaseReader:
    """A database as a source. Opened read-only; every statement names its columns.

    Raises UsageError (no driver, not a database URL) and InputError (no connection, no permission, nothing there).
    Messages never
    hold the password.
    """

    kind = "database"

    def __init__(self, url: str, profile: Profile | None = None, notes: Notes | None = None) -> None:
        self.notes = notes or Notes()
        self.schema = (profile.database_schema if profile else "") or None
        self._headers: dict[str, tuple[str, ...]] = {}
        self._engine = _engine(url)
        self.shown = self._engine.url.render_as_string(hide_password=True)
        self._connection = self._connect()

    def _connect(self) -> sa.Connection:
        options: dict[str, Any] = _SNAPSHOTS.get(self._engine.dialect.name, {})
        try:
            connection = self._engine.connect().execution_options(**options)
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            return connection
        except SQLAlchemyError as error:
            raise InputError(
                f"No connection to {self.shown} ({_reason(error)}). Check address, user and password."
            ) from None

    def close(self) -> None:
        """End the transaction and let go of the database."""
        self._connection.rollback()
        self._connection.close()
        self._engine.dispose()

    @cached_property
    def _names(self) -> list[str]:
        try:
            inspector = sa.inspect(self._connection)
            return sorted({*inspector.get_table_names(self.schema), *inspector.get_view_names(self.schema)})
        except SQLAlchemyError as error:
            raise InputError(f"The tables of {self.shown} cannot be listed ({_reason(error)}).") from None

    def names(self) -> list[str]:
        """Tables and views, sorted."""
        if not self._names:
            where = f" in the schema {self.schema}" if self.schema else ""
            raise InputError(
                f"There is no table{where} in {self.shown}. Name the schema in the profile (source: schema)."
            )
        return [name for name in self._names if name != EXTRACT_TABLE]

    def header(self, name: str) -> tuple[str, ...]:
        """Column names of a table or view; asked for once."""
        if name not in self._headers:
            try:
                found = sa.inspect(self._connection).get_columns(name, self.schema)
            except SQLAlchemyError as error:
                raise InputError(f"The columns of {name} cannot be listed ({_reason(error)}).") from None
            self._headers[name] = tuple(str(column["name"]) for column in found)
        return self._headers[name]

    def extract(self) -> dict[str, Any]:
        """What the optional table ssd_extract says of the extract."""
        if EXTRACT_TABLE not in self._names:
            return {}
        there = self.header(EXTRACT_TABLE)
        wanted = [name for name in ("la_code", "system", "run_at", "window_start") if name in there]
        row = self._rows(select_columns(EXTRACT_TABLE, wanted, self.schema))[0].head(1)
        return {name: str(row[name].iloc[0])[:10] for name in wanted if len(row) and row[name].iloc[0]}

    def read(self, name: str, columns: Collection[str]) -> RawFile:
        """The wanted columns as text; rows in order of their key, so that every load gives the same lines."""
        wanted = [column for column in self.header(name) if column in set(columns)]
        if wanted:
            frame = pd.concat(self._rows(select_columns(name, wanted, self.schema)), ignore_index=True)
        else:
            frame = pd.DataFrame(index=range(0))
        frame = _in_order(frame, name)
        digest = hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
        frame[LINE] = pd.array(range(1, len(frame) + 1), dtype="Int64")
        return RawFile(name, frame, self.header(name), len(frame), digest, note="database")

    def _rows(self, statement: sa.Select[Any]) -> list[pd.DataFrame]:
        names = [column.name for column in statement.selected_columns]
        try:
            result = self._connection.execution_options(stream_results=True, yield_per=CHUNK).execute(statement)
            chunks = [_text(chunk, names) for chunk in result.partitions(CHUNK)]
        except SQLAlchemyError as error:
            raise InputError(
                f"{statement.get_final_froms()[0]} cannot be read ({_reason(error)}). Ask for read access."
            ) from None
        return chunks or [pd.DataFrame({name: pd.Series(dtype="str") for name in names})]


def select_columns(name: str, columns: Sequence[str], schema: str | None = None) -> sa.Select[Any]:
    """``SELECT column, ... FROM table``: nothing else, so that it compiles alike for every database."""
    table = sa.table(name, *(sa.column(column) for column in columns), schema=schema)
    return sa.select(*table.columns)


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "postgresql" and "+" not in parsed.drivername:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or not Path(parsed.database).is_file():
                raise InputError(f"There is no SQLite file {parsed.database}. Check the path.")
            parsed = parsed.set(database=f"file:{Path(parsed.database).resolve()}", query={"mode": "ro", "uri": "true"})
        return sa.create_engine(parsed)
    except NoSuchModuleError:
        raise UsageError(
            "The source is no database URL that is known; write e.g. postgresql://user@host/database."
        ) from None
    except ModuleNotFoundError as error:
        driver = _DRIVERS.get(url.split(":")[0].split("+")[0], error.name or "its driver")
        raise UsageError(
            f"This kind of database needs the Python package {driver}; install it beside dfe-returns."
        ) from None
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError("The source is not a database URL; write e.g. postgresql://user@host/database.") from None


def _reason(error: SQLAlchemyError) -> str:
    """The kind of failure, without the statement and its values."""
    return type(getattr(error, "orig", None) or error).__name__


def _text(rows: Sequence[Any], names: Sequence[str]) -> pd.DataFrame:
    """A chunk of rows as text: NULL blank, dates ISO, everything else as it prints."""
    frame = pd.DataFrame(rows, columns=pd.Index(names), dtype=object)
    return frame.where(frame.notna(), "").astype("str")


def _in_order(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows by the key of the SSD table of that name (numbers by size), else by all columns."""
    table = ssd_model().tables.get(name.lower())
    by_name = {column.lower(): column for column in frame.columns}
    keys = [by_name[key] for key in (table.key if table else ()) if key in by_name] or list(frame.columns)
    if frame.empty or not keys:
        return frame
    order = pd.DataFrame(index=frame.index)
    for key in keys:
        values = frame[key].map(tidy)
        order[f"{key} length"], order[key] = values.str.len(), values
    for column in (c for c in frame.columns if c not in keys):
        order[column] = frame[column]
    return frame.loc[order.sort_values(list(order.columns), kind="stable").index].reset_index(drop=True)
