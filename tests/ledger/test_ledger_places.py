"""Where a ledger may lie and what its key file must be like."""

import os
import stat

import pytest
import sqlalchemy as sa

from dfe_returns.errors import IntegrityError, UsageError
from dfe_returns.ledger import open_ledger
from dfe_returns.ledger.keys import key_from, make_key_file


def test_a_new_ledger_and_its_key_are_private(tmp_path):
    open_ledger(tmp_path / "deep" / "ledger.sqlite").close()
    for name in ("ledger.sqlite", "ledger.key"):
        assert stat.S_IMODE((tmp_path / "deep" / name).stat().st_mode) == 0o600
    assert len((tmp_path / "deep" / "ledger.key").read_text().strip()) == 64
    open_ledger(tmp_path / "deep" / "ledger.sqlite").close()


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    key = tmp_path / "authority.key"
    key.write_text("k" * 40)
    key.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        open_ledger(tmp_path / "ledger.sqlite", key)
    key.chmod(0o600)
    open_ledger(tmp_path / "ledger.sqlite", key).close()


def test_a_key_file_is_made_once_and_private(tmp_path):
    path = tmp_path / "keys" / "ledger.key"
    make_key_file(path)
    made = path.read_text()
    make_key_file(path)
    assert path.read_text() == made
    assert len(bytes.fromhex(made)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_of_random_bytes_may_hold_line_ends(tmp_path):
    path = tmp_path / "random.key"
    path.write_bytes(b"0123456789abcdef\n" * 3)
    path.chmod(0o600)
    assert key_from(path).others == ()


@pytest.mark.parametrize(
    ("place", "key", "message"),
    [
        ("l.sqlite", "absent.key", "does not exist"),
        ("l.sqlite", b"short", "shorter than 32"),
        ("postgresql://nobody@127.0.0.1:1/none", None, "needs a key file"),
        ("nonsense://x", b"k" * 40, "not understood"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", b"k" * 40, "cannot be used"),
    ],
)
def test_places_and_keys_that_cannot_be_used(tmp_path, monkeypatch, place, key, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message) as refused:
        open_ledger(place, key)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(IntegrityError, match="damaged or no ledger"):
        open_ledger(path, b"k" * 40)


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "ledger.sqlite"
    held = open_ledger(path, b"k" * 40)
    with held.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    held.close()
    with pytest.raises(UsageError, match="newer version"):
        open_ledger(path, b"k" * 40)


def test_the_migrations_go_down_and_up_again(tmp_path):
    from alembic import command
    from alembic.config import Config

    from dfe_returns.ledger.database import MIGRATIONS

    held = open_ledger(tmp_path / "ledger.sqlite", b"k" * 40)
    settings = Config()
    settings.set_main_option("script_location", os.fspath(MIGRATIONS))
    with held.engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
    assert set(sa.inspect(held.engine).get_table_names()) == {"alembic_version"}
    held.close()
    open_ledger(tmp_path / "ledger.sqlite", b"k" * 40).close()
