"""What a run may become, who may make it so, and what refuses."""

import pytest
from ledger_samples import file_of, run_of

from dfe_returns.errors import RefusedError, UsageError


def record(ledger, run_id="run-1", **more):
    counts = more.pop("counts", None)
    return ledger.record_run(
        run_of(run_id, **more), prepared_by="Ann Preparer", counts=counts, files=[file_of("cin.xml")]
    )


def test_from_draft_to_submitted(ledger):
    record(ledger)
    assert ledger.state("run-1") == "draft"
    ledger.submit_for_review("run-1", "Ann Preparer", "analyst", "ready")
    assert ledger.state("run-1") == "in review"
    signed = ledger.sign_off("run-1", "Dee Director", "director", "fine", files=[file_of("cin.xml", role="submission")])
    assert ledger.state("run-1") == "signed off"
    assert signed["body"]["hashes"] == {"cin.xml": "a" * 64}
    ledger.submitted("run-1", "COLLECT-123", "Ann Preparer", "analyst")
    assert ledger.state("run-1") == "submitted"
    assert [entry["kind"] for entry in ledger.history("run-1")] == [
        "recorded",
        "review asked",
        "signed off",
        "submitted",
    ]
    assert ledger.history("run-1")[-1]["reference"] == "COLLECT-123"
    assert ledger.verify().empty


def test_times_are_of_the_ledgers_clock(ledger, clock):
    record(ledger)
    clock.time = clock.time.replace(hour=15)
    ledger.submit_for_review("run-1", "Ann", "analyst")
    assert [entry["at"] for entry in ledger.history("run-1")] == ["2026-06-12T09:00:00Z", "2026-06-12T15:00:00Z"]


@pytest.mark.parametrize("name", ["Ann Preparer", "  ann   PREPARER "])
def test_the_preparer_may_not_sign(ledger, name):
    record(ledger)
    with pytest.raises(RefusedError, match="different people"):
        ledger.sign_off("run-1", name, "director")
    assert ledger.state("run-1") == "draft"


def test_who_asked_for_review_may_not_sign_either(ledger):
    record(ledger)
    ledger.submit_for_review("run-1", "Bob Checker", "analyst")
    with pytest.raises(RefusedError, match="different people"):
        ledger.sign_off("run-1", "Bob Checker", "director")


def test_the_same_person_may_sign_where_the_authority_chose_so(ledger):
    ledger.same_person_may_sign = True
    record(ledger)
    ledger.sign_off("run-1", "Ann Preparer", "director")
    assert ledger.state("run-1") == "signed off"


def test_errors_left_need_an_exception_with_a_reason_for_each_rule(ledger):
    record(ledger, counts={"errors_by_rule": {"8555": 2, "4008": 1}})
    with pytest.raises(RefusedError, match=r"4008 \(1\), 8555 \(2\)"):
        ledger.sign_off("run-1", "Dee", "director")
    with pytest.raises(RefusedError, match=r"left: 4008 \(1\)"):
        ledger.sign_off("run-1", "Dee", "director", exceptions={"8555": "agreed with DfE", "4008": " "})
    done = ledger.sign_off("run-1", "Dee", "director", exceptions={"8555": "agreed with DfE", "4008": "known fault"})
    assert done["body"]["exceptions"] == {"4008": "known fault", "8555": "agreed with DfE"}
    assert done["body"]["name"] == "Dee"


def test_a_dry_run_cannot_be_signed(ledger):
    record(ledger, dry_run=True)
    with pytest.raises(RefusedError, match="dry run"):
        ledger.sign_off("run-1", "Dee", "director")


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda ledger: ledger.submitted("run-1", "X"), "needs a run that is signed off"),
        (lambda ledger: ledger.submitted("run-1", " "), "reference"),
        (lambda ledger: ledger.reject("run-1", "Dee", "director", ""), "reason"),
        (lambda ledger: ledger.sign_off("run-1", " ", "director"), "name of the person"),
    ],
)
def test_acts_that_are_refused(ledger, act, message):
    record(ledger)
    with pytest.raises(RefusedError, match=message):
        act(ledger)
    assert ledger.state("run-1") == "draft"


def test_a_rejected_run_can_be_put_to_review_again(ledger):
    record(ledger)
    ledger.reject("run-1", "Dee", "director", "totals look wrong")
    assert ledger.state("run-1") == "rejected"
    with pytest.raises(RefusedError, match="is rejected"):
        ledger.sign_off("run-1", "Dee", "director")
    ledger.submit_for_review("run-1", "Ann Preparer", "analyst")
    assert ledger.state("run-1") == "in review"


def test_a_rebuild_cancels_the_sign_off_of_the_run_before(ledger):
    record(ledger)
    ledger.sign_off("run-1", "Dee", "director")
    record(ledger, "run-2")
    assert ledger.state("run-1") == "superseded"
    with pytest.raises(RefusedError, match="is superseded"):
        ledger.submitted("run-1", "X")


def test_another_return_or_a_dry_run_cancels_nothing(ledger):
    record(ledger)
    ledger.sign_off("run-1", "Dee", "director")
    record(ledger, "run-2", name="ssda903")
    record(ledger, "run-3", dry_run=True)
    assert ledger.state("run-1") == "signed off"


def test_a_submitted_run_stays_until_the_next_is_submitted(ledger):
    record(ledger)
    ledger.sign_off("run-1", "Dee", "director")
    ledger.submitted("run-1", "first")
    record(ledger, "run-2")
    assert ledger.state("run-1") == "submitted"
    ledger.sign_off("run-2", "Dee", "director")
    ledger.submitted("run-2", "second")
    assert ledger.states()["state"].tolist() == ["superseded", "submitted"]


def test_a_run_id_is_taken_once(ledger):
    record(ledger)
    with pytest.raises(RefusedError, match="already"):
        record(ledger)


def test_an_unknown_run(ledger):
    with pytest.raises(UsageError, match="no run"):
        ledger.state("run-9")


def test_the_run_before_is_of_the_same_return_and_kind(ledger):
    for run_id, more in (("a", {}), ("b", {"dry_run": True}), ("c", {"name": "ssda903"}), ("d", {})):
        record(ledger, run_id, **more)
    assert [ledger.run_before(run_id) for run_id in "abcd"] == [None, None, None, "a"]


def test_a_run_can_be_signed_again_after_a_rejection(ledger):
    record(ledger)
    for reason in ("totals look wrong", "DfE asked for another file", ""):
        ledger.sign_off("run-1", "Dee", "director", files=[file_of("cin.xml"), file_of("extra.csv")])
        assert ledger.verify().empty
        if reason:
            ledger.reject("run-1", "Dee", "director", reason)
            ledger.submit_for_review("run-1", "Ann Preparer", "analyst")
    assert ledger.state("run-1") == "signed off"
