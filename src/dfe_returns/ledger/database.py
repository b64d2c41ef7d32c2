"""The ledger's database: SQLite in a private file, or PostgreSQL by URL; tables made by the packaged migrations."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, SQLAlchemyError

from dfe_returns.errors import IntegrityError, UsageError
from dfe_returns.files import private_folder

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATING = 19890084
"""Number of the lock that a migration holds in PostgreSQL."""


def connect(place: str | Path) -> Engine:
    """Engine for a path (SQLite) or URL, with the tables up to date.

    Raises UsageError when the database cannot be opened or was made by a newer version of this program, IntegrityError
    when it is damaged.
    """
    url = str(place)
    if "://" not in url:
        return _ready(_sqlite(Path(place)), str(place))
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            return _ready(_sqlite(Path(parsed.database)), parsed.database)
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise UsageError(
            f"The ledger's database URL is not understood ({type(error).__name__}); see the configuration."
        ) from None
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The ledger's database needs the package {error.name}: install dfe-returns[postgres]."
        ) from None
    return _ready(engine, parsed.render_as_string(hide_password=True))


def holds_something(path: Path) -> bool:
    """Whether an SQLite ledger is there already; one that another run has only just opened is still empty."""
    return path.is_file() and path.stat().st_size > 0


def _sqlite(path: Path) -> Engine:
    private_folder(path.parent) if not path.parent.exists() else None
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise UsageError(
            f"The ledger {path} cannot be opened ({error.strerror}); check the path and its permissions."
        ) from None
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _keep_links(connection, _record):  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _ready(engine: Engine, name: str) -> Engine:
    try:
        if (revision := _revision(engine)) != _newest():
            if revision is not None and revision not in _known_revisions():
                raise UsageError(
                    f"The ledger {name} was written by a newer version of dfe-returns (install that version to use "
                    "it), or what it knows of its version (alembic_version) was changed."
                )
            upgrade(engine)
    except SQLAlchemyError as error:
        if type(error) is DatabaseError:  # SQLite's word for a file that is no database, or a damaged one
            raise IntegrityError(f"The ledger {name} is damaged or no ledger; restore it from its back-up.") from None
        raise UsageError(
            f"The ledger {name} cannot be used ({type(error).__name__}); check that it is a ledger and reachable."
        ) from None
    return engine


def _revision(engine: Engine) -> str | None:
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(text("select version_num from alembic_version")).scalar()


def _newest() -> str:
    """The last revision among the packaged migrations, by their file names, without importing Alembic."""
    return max(_known_revisions())


def _known_revisions() -> set[str]:
    return {path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def upgrade(engine: Engine) -> None:
    """Bring the tables up to the newest migration. Raises UsageError for a ledger of a newer program."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        # Two runs that find a new ledger at once take turns: the second then finds the tables made.
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"select pg_advisory_xact_lock({_MIGRATING})"))
        else:
            connection.exec_driver_sql("begin immediate")
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError:
            raise UsageError(
                "The ledger was written by a newer version of dfe-returns; install that version to use it."
            ) from None
