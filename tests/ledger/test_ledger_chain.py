"""The chain: any change to any row is found and named, and no identifier of a child is in the database."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import sqlalchemy as sa
from ledger_samples import KEY, file_of, findings_of, run_of

from dfe_returns.errors import IntegrityError, UsageError
from dfe_returns.ledger import open_ledger


@pytest.fixture
def full(ledger):
    """A ledger with a signed run, its files, findings and answers."""
    findings = findings_of(("8555", "CHILD77", "8555 CHILD77 01/06/2025"), ("4008", "CHILD78", "4008 CHILD78"))
    ledger.record_run(
        run_of(), prepared_by="Ann", files=[file_of("cin.xml"), file_of("in.csv", role="input")], findings=findings
    )
    answers = findings.assign(
        value="01/06/2025",
        answer="accepted",
        reason="twins",
        name="Tim",
        role="manager",
        answered_on="2026-06-12",
        expires_on="2027-06-12",
    )
    assert ledger.add_answers("cin", "999", answers, "worklist.xlsx") == 2
    ledger.sign_off("run-1", "Dee", "director", files=[file_of("cin.xml")])
    assert ledger.verify().empty
    return ledger


def change(ledger, statement):
    with ledger.engine.begin() as connection:
        assert connection.execute(sa.text(statement)).rowcount >= 1


@pytest.mark.parametrize(
    ("statement", "where", "problem"),
    [
        (
            "update entries set body = replace(body, 'Dee', 'Eve') where kind = 'signed off'",
            "entry 3 (signed off)",
            "was changed",
        ),
        ("update entries set at = '2026-06-13T09:00:00Z' where number = 1", "entry 1 (recorded)", "was changed"),
        ("update runs set prepared_by = 'Bob'", "run run-1", "its row was changed"),
        ("update runs set counts = '{}x'", "run run-1", "its row was changed"),
        ("update run_files set sha256 = 'f' where role = 'submission'", "files of run run-1", "were changed"),
        ("update run_files set sha256 = 'f' where role = 'input'", "files of run run-1", "were changed"),
        ("delete from run_files where role = 'submission'", "files of run run-1", "were changed"),
        ("update findings set code = '1' where code = '4008'", "findings of run run-1", "were changed"),
        ("delete from findings where code = '4008'", "findings of run run-1", "were changed"),
        ("update answers set expires_on = '2099-01-01' where code = '8555'", "answers of entry 2", "were changed"),
        ("delete from answers where entry = 2", "answers of entry 2", "were changed"),
        ("delete from entries where number = 3", "end of the chain", "removed from the end"),
        ("delete from entries where kind = 'recorded'", "entry 1", "is missing"),
    ],
)
def test_a_changed_row_is_found_and_named(full, statement, where, problem):
    change(full, statement)
    found = full.verify()
    assert where in found["place"].tolist()
    assert problem in " ".join(found.loc[found["place"] == where, "problem"])
    with pytest.raises(IntegrityError, match="ledger was changed"):
        full.must_hold()


def test_all_entries_removed(full):
    change(full, "delete from answers")
    change(full, "delete from entries")
    assert "all entries were removed" in full.verify()["problem"].tolist()


def test_no_identifier_of_a_child_is_stored(full):
    with full.engine.connect() as connection:
        for table in sa.inspect(full.engine).get_table_names():
            rows = str(connection.execute(sa.text(f"select * from {table}")).all())
            assert "CHILD7" not in rows, table
            assert "01/06/2025" not in rows, table
    assert full.findings("run-1")["child_hash"].tolist() == [full.key.of_child("CHILD78"), full.key.of_child("CHILD77")]


def test_the_last_answer_per_issue_counts(full, clock):
    again = findings_of(("8555", "CHILD77", "8555 CHILD77 01/06/2025")).assign(
        value="x", answer="fixed", reason="", name="Tim", role="manager", answered_on="2026-06-20", expires_on=""
    )
    full.add_answers("cin", "999", again, "second.xlsx")
    assert full.answers("cin", "999").set_index("code")["answer"].to_dict() == {"4008": "accepted", "8555": "fixed"}
    assert full.answers("ssda903", "999").empty
    assert full.verify().empty


def test_the_ledger_opens_again_with_its_key_and_with_no_other(full, place):
    again = open_ledger(place, KEY)
    assert again.state("run-1") == "signed off"
    again.close()
    with pytest.raises(UsageError, match="not the one"):
        open_ledger(place, b"x" * 40)


def test_other_registers_chain_their_acts(ledger):
    assert ledger.entry("disclosed", "run-1", {"count": 3}) == 1
    assert ledger.entry("disclosed", "run-1", {"count": 4}) == 2
    assert ledger.verify().empty
    assert [entry["count"] for entry in ledger.history("run-1")] == [3, 4]


def test_the_tables_are_those_of_the_models(ledger):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from dfe_returns.ledger.base import Base

    with ledger.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
    assert found == []


def test_twenty_thousand_findings_are_kept(ledger):
    numbers = pd.Series(range(20000)).astype("str")
    many = pd.DataFrame({"code": "8555", "severity": "error", "child": "C" + numbers, "key": "k" + numbers})
    ledger.record_run(run_of(), findings=many)
    assert len(ledger.findings("run-1")) == 20000


def test_writers_at_the_same_time_do_not_break_the_chain(place):
    open_ledger(place, KEY).close()

    def write(writer: int) -> list[int]:
        held = open_ledger(place, KEY)
        numbers = [held.entry("note", f"run-{writer}", {"n": n}) for n in range(5)]
        held.close()
        return numbers

    with ThreadPoolExecutor(3) as pool:
        numbers = [number for part in pool.map(write, range(3)) for number in part]
    assert sorted(numbers) == list(range(1, 16))
    held = open_ledger(place, KEY)
    assert held.verify().empty
    held.close()
