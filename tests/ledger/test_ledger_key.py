"""A new key for the ledger: what was entered before is found as before, and cannot be rewritten with the old key."""

import stat

import pandas as pd
import pytest
import sqlalchemy as sa
from ledger_samples import findings_of, run_of

from dfe_returns.errors import RefusedError, UsageError
from dfe_returns.evidence.holds import active_holds, place_hold
from dfe_returns.ledger import chain, open_ledger
from dfe_returns.ledger.keys import key_from, make_key_file
from dfe_returns.ledger.models import Setting

WHO = ("Ivy", "head of IT", "a back-up of the file went astray")


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys" / "ledger.key"
    make_key_file(path)
    return path


@pytest.fixture
def kept(place, clock, key_file):
    """A ledger whose key lies in a file; holds one run."""
    held = open_ledger(place, key_file, now=clock)
    held.record_run(run_of(), findings=findings_of(("8555", "CHILD77", "8555 CHILD77")))
    yield held
    held.close()


def test_the_chain_goes_on_and_holds(kept, place, clock, key_file):
    before = kept.key
    kept.change_key(*WHO)
    kept.submit_for_review("run-1", "Ann", "analyst")
    assert kept.key.children != before.children
    again = open_ledger(place, key_file, now=clock)
    assert again.verify().empty
    assert again.state("run-1") == "in review"
    assert [entry["kind"] for entry in again.history("")] == ["key changed"]
    again.close()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert len(key_file.read_text().split()) == 2


def test_a_second_change_keeps_the_first(kept, key_file):
    kept.change_key(*WHO)
    kept.submit_for_review("run-1", "Ann", "analyst")
    kept.change_key(*WHO)
    kept.reject("run-1", "Dee", "director", "figures")
    assert kept.verify().empty
    assert len(kept.key.others) == 2


def test_what_was_hashed_before_is_found_as_before(kept):
    texts = pd.Series(["8555 CHILD77", "8555 CHILD78"], dtype="str")
    kept.change_key(*WHO)
    kept.record_run(run_of("run-2"), findings=findings_of(("8555", "CHILD78", "8555 CHILD78")))
    told = kept.key.told(texts)
    assert [told[key] for run in ("run-1", "run-2") for key in kept.findings(run)["key"]] == texts.tolist()


def test_a_hold_on_a_child_outlives_the_key(kept, clock):
    day = clock().date()
    place_hold(kept, "an inquiry", "legal", day, day.replace(year=2027), "Ola", "solicitor", child="CHILD77")
    kept.change_key(*WHO)
    hold = next(h for h in active_holds(kept) if h.origin == "ledger")
    assert hold.covers("RET-STAGING", children=kept.key.ever_of_child("CHILD77"))
    assert not hold.covers("RET-STAGING", children=kept.key.ever_of_child("CHILD78"))


def test_an_accepted_query_outlives_the_key(kept):
    answer = findings_of(("8555", "CHILD77", "8555 CHILD77")).assign(
        value="", answer="accepted", reason="twins", name="Tim", role="manager", answered_on="2026-06-12",
        expires_on="2027-06-12",
    )  # fmt: skip
    kept.add_answers("cin", "999", answer, "worklist.xlsx")
    kept.change_key(*WHO)
    kept.add_answers("cin", "999", answer.assign(reason="twins, seen again"), "worklist.xlsx")
    told = kept.key.told(answer["key"])
    found = kept.answers("cin", "999")
    assert found["key"].map(told).tolist() == ["8555 CHILD77"] * 2
    assert found["reason"].tolist() == ["twins", "twins, seen again"]  # the last counts


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("update entries set body = replace(body, 'draft', 'signed off') where number = 1", "entry 2 (key changed)"),
        ("update entries set body = replace(body, 'Ivy', 'Eve') where number = 2", "entry 2 (key changed)"),
        ("delete from entries where number = 2", "entry 2"),
    ],
)
def test_the_old_key_cannot_rewrite_what_it_closed(kept, statement, where):
    old = kept.key
    kept.change_key(*WHO)
    kept.submit_for_review("run-1", "Ann", "analyst")
    with kept.engine.begin() as connection:
        assert connection.execute(sa.text(statement)).rowcount == 1
        entry = connection.execute(sa.text("select * from entries where number = 1")).one()
        own = chain._hash(old, entry.number, entry.at, entry.kind, entry.run_id, entry.body, entry.before)
        connection.execute(sa.text("update entries set hash = :own where number = 1"), {"own": own})
    assert where in kept.verify()["place"].tolist()


def test_entries_cut_off_after_the_change_are_missed(kept):
    """Whoever has the old key alone cannot put the chain's end back to before the change."""
    old = kept.key
    kept.change_key(*WHO)
    with kept.engine.begin() as connection:
        connection.execute(sa.text("delete from entries where number = 2"))
        first = connection.execute(sa.text("select hash from entries where number = 1")).scalar()
        connection.execute(sa.update(Setting).where(Setting.name == "end").values(value=chain._seal(old, 1, first)))
    assert len(kept.verify())


def test_a_copy_without_the_new_key_is_refused(kept, place, key_file, tmp_path):
    copy = tmp_path / "copy.key"
    copy.write_bytes(key_file.read_bytes())
    copy.chmod(0o600)
    kept.change_key(*WHO)
    with pytest.raises(UsageError, match="newest"):
        open_ledger(place, copy)


def test_a_key_file_that_lost_its_earlier_key_is_named(kept, place, key_file, clock):
    kept.change_key(*WHO)
    newest = key_file.read_text().split()[-1]
    key_file.write_text(newest + "\n")
    again = open_ledger(place, key_file, now=clock)
    assert again.verify().to_numpy().tolist() == [
        ["entries up to 2", "were written under a key that the key file lacks; restore the file from the back-up"]
    ]
    again.close()


def test_a_stop_between_file_and_ledger_leaves_the_old_key_in_use(kept, place, key_file, clock):
    from dfe_returns.ledger.keys import add_key

    add_key(key_file)  # the file was written, the entry was not
    again = open_ledger(place, key_file, now=clock)
    assert again.key.check == kept.key.check
    assert again.verify().empty
    again.change_key(*WHO)
    assert again.verify().empty
    again.close()


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_who_and_why_are_asked(kept, missing):
    with pytest.raises(RefusedError, match="name and role"):
        kept.change_key(*("" if part == missing else told for part, told in enumerate(WHO)))


def test_a_key_that_came_as_bytes_cannot_be_changed(place):
    held = open_ledger(place, b"k" * 40)
    with pytest.raises(UsageError, match="file"):
        held.change_key(*WHO)
    held.close()


def test_a_key_never_shows_itself(key_file):
    assert repr(key_from(key_file)) == "Key(...)"
