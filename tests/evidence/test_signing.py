"""A machine that stops while a return is signed: the ledger has all of the signature or none, and the next sign-off
finishes what was cut off (R12, R19, R49)."""

from __future__ import annotations

import pytest

from dfe_returns.config import Config
from dfe_returns.errors import IntegrityError, RefusedError
from dfe_returns.evidence import disclosures
from dfe_returns.evidence.controls import sign_live
from dfe_returns.evidence.disclosures import disclosures_of
from dfe_returns.evidence.events import events
from dfe_returns.files import sha256_of
from dfe_returns.ledger import chain
from dfe_returns.review import signoff
from dfe_returns.review.signoff import check_run, reject, submitted

from .kept import Clock, census, keep, ledger_at

READY = Config(
    authority="999",
    policy={"reference": "APD-7", "owner": "head of service", "review_date": "2027-03-31"},
    governance={"notice_version": "3"},
    cin={"specification": "CIN census 2025 to 2026"},
)


class PowerCut(BaseException):
    """Stops the program where it stands."""


def cut(*_args, **_kwargs):
    raise PowerCut


@pytest.fixture
def draft(tmp_path):
    """A ledger and a run folder that waits for its signature."""
    ledger = ledger_at(tmp_path, Clock("2026-07-01"))
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"
    result = keep(tmp_path / "r", "cin", "2025-26", census("2025-26", children), "r1")
    file = tmp_path / "r" / "draft" / "cin.xml"
    entry = {"role": "draft", "name": "cin.xml", "sha256": sha256_of(file), "bytes": file.stat().st_size}
    ledger.record_run(result, prepared_by="P Reparer", files=[entry])
    yield ledger, tmp_path / "r"
    ledger.close()


def sign(ledger, folder, config=READY):
    return sign_live(ledger, folder, config, "D Irector", "director")


def whole(ledger, folder):
    """The run is signed once, entered once, certified, and everything holds."""
    kinds = [entry["kind"] for entry in ledger.history("r1")]
    assert (kinds.count("signed off"), kinds.count("disclosed"), kinds[-1]) == (1, 1, "certificate")
    assert len(disclosures_of(ledger, "A1")) == 3
    assert check_run(ledger, folder).empty
    return True


def test_signature_and_register_are_one_transaction(draft, monkeypatch):
    ledger, folder = draft
    append = chain.append
    with monkeypatch.context() as stop:
        stop.setattr(
            disclosures.chain,
            "append",
            lambda c, k, at, kind, *r: cut() if kind == "disclosed" else append(c, k, at, kind, *r),
        )
        with pytest.raises(PowerCut):
            sign(ledger, folder)
    assert [entry["kind"] for entry in ledger.history("r1")] == ["recorded"]
    assert ledger.files("r1", "submission").empty
    assert disclosures_of(ledger, "A1").empty
    assert check_run(ledger, folder).empty
    assert sign(ledger, folder)["disclosures"] == {"disclosures": 3, "adoption_disclosures": 0}
    assert whole(ledger, folder)


def test_a_register_that_cannot_be_written_undoes_the_signature(draft, monkeypatch):
    ledger, folder = draft
    with monkeypatch.context() as stop:
        stop.setattr(disclosures, "insert", cut)
        with pytest.raises(PowerCut):
            sign(ledger, folder)
    assert ledger.state("r1") == "draft"
    assert sign(ledger, folder)["state"] == "signed off"
    assert whole(ledger, folder)


def test_what_was_frozen_without_a_signature_is_frozen_again(draft, monkeypatch):
    ledger, folder = draft
    with monkeypatch.context() as stop:
        stop.setattr(signoff.shutil, "rmtree", lambda *_a, **_k: None)  # a dead machine clears nothing away
        stop.setattr(ledger, "sign_off", cut)
        with pytest.raises(PowerCut):
            sign(ledger, folder)
    assert (folder / "submission" / "cin.xml").is_file()
    assert check_run(ledger, folder)["place"].tolist() == ["submission"]
    sign(ledger, folder)
    assert whole(ledger, folder)


def test_a_copy_cut_off_halfway_is_no_obstacle(draft, monkeypatch):
    ledger, folder = draft
    with monkeypatch.context() as stop:
        stop.setattr(signoff.os, "replace", cut)
        with pytest.raises(PowerCut):
            sign(ledger, folder)
    (folder / ".submission.part").mkdir(exist_ok=True)
    (folder / ".submission.part" / "cin.xml").write_text("<Mess")
    sign(ledger, folder)
    assert whole(ledger, folder)


def test_another_submission_is_never_cleared_away(draft):
    ledger, folder = draft
    (folder / "submission").mkdir()
    (folder / "submission" / "cin.xml").write_text("<Message>another</Message>")
    with pytest.raises(RefusedError, match="signed return already"):
        sign(ledger, folder)
    assert (folder / "submission" / "cin.xml").read_text() == "<Message>another</Message>"


def test_a_signature_cut_off_before_its_certificate_is_finished_by_the_next(draft, monkeypatch):
    ledger, folder = draft
    with monkeypatch.context() as stop:
        stop.setattr(signoff, "certificate", cut)
        with pytest.raises(PowerCut):
            sign(ledger, folder)
    assert ledger.state("r1") == "signed off"
    assert len(disclosures_of(ledger, "A1")) == 3
    told = check_run(ledger, folder)
    assert told["place"].tolist() == ["certificate.html"]
    assert "sign-off again finishes it" in told["problem"].iloc[0]
    with pytest.raises(IntegrityError, match="sign-off again"):
        submitted(ledger, folder, "REF-1")
    answer = sign(ledger, folder, Config(authority="999"))  # the signature stands: nothing new is asked of it
    assert (answer["state"], answer["disclosures"]) == ("signed off", {"disclosures": 3, "adoption_disclosures": 0})
    assert whole(ledger, folder)
    assert submitted(ledger, folder, "REF-1")["state"] == "submitted"


def test_a_cut_off_signature_is_not_finished_over_other_files(draft, monkeypatch):
    ledger, folder = draft
    with monkeypatch.context() as stop:
        stop.setattr(signoff, "certificate", cut)
        with pytest.raises(PowerCut):
            sign(ledger, folder)
    (folder / "submission" / "cin.xml").write_text("<Message>another</Message>")
    with pytest.raises(IntegrityError, match=r"submission/cin\.xml"):
        sign(ledger, folder)


def test_signed_again_after_a_rejection_the_notice_then_in_force_is_entered_too(draft):
    ledger, folder = draft
    sign(ledger, folder)
    reject(ledger, folder, "one school is missing", "D Irector", "director")
    ledger.submit_for_review("r1", "P Reparer", "analyst")
    later = READY.model_copy(update={"governance": READY.governance.model_copy(update={"notice_version": "4"})})
    assert sign(ledger, folder, later)["disclosures"] == {"disclosures": 3, "adoption_disclosures": 0}
    assert [(e["event"], e["notice"]) for e in events(ledger, "disclosed", "r1")] == [
        ("entered", "3"),
        ("entered again", "4"),
    ]
    assert len(disclosures_of(ledger, "A1")) == 3
    assert check_run(ledger, folder).empty
