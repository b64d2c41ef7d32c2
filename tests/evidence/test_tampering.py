"""Every column of every table of the ledger: whoever changes a value behind its back is found and the place is named
(R15)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from dfe_returns.config import Config
from dfe_returns.errors import IntegrityError, UsageError
from dfe_returns.evidence.controls import sign_live
from dfe_returns.files import sha256_of
from dfe_returns.ledger import models, models_rights, open_ledger  # noqa: F401 - they declare the tables
from dfe_returns.ledger.base import Base
from dfe_returns.review.signoff import check_run

from .kept import Clock, census, keep, ledger_at
from .runs import frame

READY = Config(
    authority="999",
    policy={"reference": "APD-7", "owner": "head of service", "review_date": "2027-03-31"},
    cin={"specification": "CIN census 2025 to 2026"},
    ssda903={"specification": "CLA return 2025 to 2026"},
)
COLUMNS = [(table.name, column.name) for table in Base.metadata.sorted_tables for column in table.columns]


def signed(ledger, result, findings=None):
    files = [
        {"role": "draft", "name": p.name, "sha256": sha256_of(p), "bytes": p.stat().st_size}
        for p in sorted((result.folder / "draft").iterdir())
    ]
    ledger.record_run(result, prepared_by="P Reparer", files=files, findings=findings)
    sign_live(ledger, result.folder, READY, "D Irector", "director")
    ledger.submitted(result.run_id, "REF", "P Reparer", "analyst")


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A ledger with rows in every table, and the folder of its signed 903 run."""
    folder = tmp_path_factory.mktemp("full")
    ledger = ledger_at(folder, Clock("2026-07-01"))
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F\nA2 | 2013-03-04 | F"
    signed(ledger, keep(folder / "cin", "cin", "2025-26", census("2025-26", children), "cin-1"))
    tables = {
        "Header": frame("CHILD | SEX | DOB\nB1 | F | 2018-01-01\nB2 | M | 2018-01-02", ("DOB",)),
        "AD1": frame("CHILD | DOB | NB_ADOPTR\nB1 | 2018-01-01 | 2\nB2 | 2018-01-02 | 1", ("DOB",)),
    }
    findings = pd.DataFrame({"code": ["1", "2"], "severity": "error", "child": ["B1", "B2"], "key": ["k1", "k2"]})
    signed(ledger, keep(folder / "903", "ssda903", "2025-26", tables, "903-1"), findings)
    answers = findings.assign(
        value="v", answer="noted", reason="r", name="Tim", role="m", answered_on="", expires_on=""
    )
    ledger.add_answers("ssda903", "999", answers, "worklist.xlsx")
    ledger.close()
    return folder


def tampered(full, place, statement):
    """What opening the ledger and `verify` say after a statement that changed it; None where it changed nothing."""
    shutil.copy(full / "ledger.sqlite", place / "ledger.sqlite")
    with closing(sqlite3.connect(place / "ledger.sqlite")) as db:
        before = list(db.iterdump())
        try:
            db.execute(statement)
        except sqlite3.Error:
            return None  # the database itself refuses
        if list(db.iterdump()) == before:
            return None
        db.commit()
    try:
        ledger = ledger_at(place, Clock("2026-07-01"))
    except (IntegrityError, UsageError) as error:
        return [str(error)]
    told = check_run(ledger, full / "903")
    ledger.close()
    return (told["place"] + " " + told["problem"]).tolist()


def test_an_untouched_ledger_holds(full):
    ledger = ledger_at(full, Clock("2026-07-01"))
    assert check_run(ledger, full / "903").empty
    ledger.close()


# Row numbers say nothing but the order of rows; a flag or a blank mapping written in another way reads the same.
WITHOUT_MEANING = {("run_files", "id"), ("findings", "id"), ("answers", "id"), ("disclosures", "id"),
                   ("adoption_disclosures", "id")}  # fmt: skip
CHANGES = ("'{'", "'[1]'", "7", "COLUMN || 'x'")


@pytest.mark.parametrize(("table", "column"), sorted(set(COLUMNS) - WITHOUT_MEANING))
def test_a_change_to_any_column_is_found(full, tmp_path, table, column):
    with sqlite3.connect(full / "ledger.sqlite") as db:
        rows = [row for (row,) in db.execute(f"select rowid from {table}")]
    assert rows
    for row in rows:
        for change in CHANGES if column == "body" or row == rows[-1] else CHANGES[-1:]:
            to = change.replace("COLUMN", column)
            told = tampered(full, tmp_path, f"update {table} set {column} = {to} where rowid = {row}")
            assert told is None or told, (row, to)


@pytest.mark.parametrize("table", sorted({table for table, _ in COLUMNS}))
def test_a_row_taken_out_or_put_in_is_found(full, tmp_path, table):
    with sqlite3.connect(full / "ledger.sqlite") as db:
        rows = [row for (row,) in db.execute(f"select rowid from {table}")]
        columns = [column for name, column in COLUMNS if name == table]
    for row in rows:
        told = tampered(full, tmp_path, f"delete from {table} where rowid = {row}")
        assert told or table == "settings", row  # the key's check alone is worked out again
    new = [{"id": "null", "number": "99", "run_id": "'903-1'", "entry": "1", "name": "'x'"}.get(c, c) for c in columns]
    copied = f"insert into {table} ({', '.join(columns)}) select {', '.join(new)} from {table} limit 1"
    if table == "runs":
        copied = copied.replace("select '903-1'", "select 'another'")
    assert tampered(full, tmp_path, copied)


def test_the_place_is_named(full, tmp_path):
    for statement, place in (
        ("update entries set body = '{' where kind = 'signed off' and run_id = '903-1'", "entry 7 (signed off)"),
        ("update entries set kind = 'noted' where kind = 'disclosed' and run_id = '903-1'", "entry 8 (noted)"),
        ("update adoption_disclosures set run_id = 'cin-1'", "adoption_disclosures of run 903-1"),
        ("update runs set counts = 'x' where run_id = '903-1'", "run 903-1 of the ledger its row was changed"),
        ("update settings set value = 'x' where name = 'end'", "end of the chain"),
        ("update settings set value = 'x' where name = 'key check'", "what it knows its key by"),
        ("insert into settings values ('more', 'x')", "settings of the ledger"),
        ("update alembic_version set version_num = ''", "alembic_version"),
    ):
        assert place in " ".join(tampered(full, tmp_path, statement) or ()), statement


def test_a_ledger_without_its_keys_check_takes_no_other_key(full, tmp_path):
    shutil.copy(full / "ledger.sqlite", tmp_path / "ledger.sqlite")
    with sqlite3.connect(tmp_path / "ledger.sqlite") as db:
        db.execute("delete from settings where name = 'key check'")
    with pytest.raises(UsageError, match="not the one"):
        open_ledger(tmp_path / "ledger.sqlite", b"another key, which is long enough too")
    ledger_at(tmp_path, Clock("2026-07-01")).close()
