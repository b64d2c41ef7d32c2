"""The sign-off walk: draft, review, signature, submission; and every way of touching what was signed."""

import datetime as dt
import json
import shutil

import pytest

from dfe_returns.errors import IntegrityError, RefusedError, UsageError
from dfe_returns.files import private_folder, sha256_of, write_private
from dfe_returns.ledger import open_ledger
from dfe_returns.publish.manifest import write_manifest
from dfe_returns.review.certificate import certificate
from dfe_returns.review.keys import finding_rows
from dfe_returns.review.pages import counts_for_ledger
from dfe_returns.review.signoff import ask_for_review, check_run, reject, sign_off, submitted


@pytest.fixture
def ledger(tmp_path):
    held = open_ledger(tmp_path / "ledger.sqlite", b"k" * 40, now=lambda: dt.datetime(2026, 6, 12, 9, tzinfo=dt.UTC))
    yield held
    held.close()


def finished(run, ledger, run_id="run-1", errors=None):
    """A run folder as the pipeline leaves it, entered in the ledger; returns the folder."""
    run.run_id = run_id
    run.folder = run.folder.parent / run_id
    draft = private_folder(run.folder / "draft")
    write_private(draft / "cin.xml", "<Message/>\n")
    write_private(private_folder(run.folder / "report") / "index.html", "report")
    write_manifest(run.folder, {"run_id": run_id, "inputs": []})
    path = draft / "cin.xml"
    files = [{"role": "draft", "name": "cin.xml", "sha256": sha256_of(path), "bytes": path.stat().st_size}]
    counts = {"children": 3, "errors": 0, "queries": 1, "errors_by_rule": errors or {}}
    ledger.record_run(run, prepared_by="Ann Preparer", counts=counts, files=files, findings=finding_rows(run))
    return run.folder


@pytest.fixture
def folder(cin_run, ledger):
    return finished(cin_run, ledger)


@pytest.fixture
def signed(folder, ledger):
    ask_for_review(ledger, folder, "Ann Preparer", "returns lead")
    sign_off(ledger, folder, "Dee Director", "director of children's services", "totals discussed on 11 June")
    return folder


def test_signing_freezes_the_bytes_and_makes_a_certificate(signed, ledger):
    assert (signed / "submission" / "cin.xml").read_bytes() == (signed / "draft" / "cin.xml").read_bytes()
    page = (signed / "certificate.html").read_text()
    for words in (
        "Dee Director",
        "director of children&#39;s services",
        "Ann Preparer",
        "12/06/2026",
        "09:00 UTC",
        "totals discussed on 11 June",
        sha256_of(signed / "submission" / "cin.xml"),
        "true record",
    ):
        assert words in page, words
    record = json.loads((signed / "sign-off.json").read_text())
    assert record["hash"] == next(e["hash"] for e in ledger.history("run-1") if e["kind"] == "signed off")
    assert check_run(ledger, signed).empty


def test_the_walk_to_submission(signed, ledger):
    assert submitted(ledger, signed, "COLLECT-77", "Ann Preparer") == {
        "run": "run-1",
        "state": "submitted",
        "reference": "COLLECT-77",
    }
    assert check_run(ledger, signed).empty


def test_the_certificate_has_the_figures_and_what_is_open(cin_run, ledger):
    cin_run.previous = cin_run.tables
    counts = counts_for_ledger(cin_run)
    assert (counts["errors"], counts["queries"], counts["to_settle"], counts["not_run"]) == (2, 1, 1, 2)
    ledger.record_run(cin_run, prepared_by="Ann Preparer", counts={**counts, "errors_by_rule": {}})
    ledger.sign_off(cin_run.run_id, "Dee Director", "director", files=[])
    page = certificate(ledger, cin_run.run_id)
    assert "Open items for a person to settle" in page
    cells = "".join(f'<td class="num">{cell}</td>' for cell in ("2", "1", "+1"))
    assert f'<th scope="row">Referrals in the year</th>{cells}' in page
    assert "31/03/2026" in page


def test_errors_left_need_exceptions_that_the_certificate_names(cin_run, ledger):
    folder = finished(cin_run, ledger, errors={"8555": 2})
    with pytest.raises(RefusedError, match=r"8555 \(2\)"):
        sign_off(ledger, folder, "Dee", "director")
    assert not (folder / "submission").exists()
    sign_off(ledger, folder, "Dee", "director", exceptions={"8555": "DfE agreed on 1 June"})
    assert "DfE agreed on 1 June" in (folder / "certificate.html").read_text()
    assert check_run(ledger, folder).empty


def test_a_refused_signature_leaves_nothing_behind(folder, ledger):
    for name, refusals in (("Ann Preparer", ()), ("Dee", ("no appropriate policy document is recorded",))):
        with pytest.raises(RefusedError):
            sign_off(ledger, folder, name, "director", refusals=refusals)
    assert {path.name for path in folder.iterdir()} == {"draft", "report", "manifest.json"}
    assert ledger.state("run-1") == "draft"


def test_a_draft_that_was_touched_is_not_signed(folder, ledger):
    (folder / "draft" / "cin.xml").write_text("<Message>x</Message>\n")
    with pytest.raises(IntegrityError, match=r"draft/cin\.xml"):
        sign_off(ledger, folder, "Dee", "director")


def test_a_second_signature_is_refused(signed, ledger):
    with pytest.raises(RefusedError, match="signed return already"):
        sign_off(ledger, signed, "Eve", "director")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("submission/cin.xml", "submission/cin.xml"),
        ("draft/cin.xml", "draft/cin.xml"),
        ("certificate.html", "certificate.html"),
        ("sign-off.json", "sign-off.json"),
        ("report/index.html", "report/index.html"),
    ],
)
def test_one_byte_changed_in_a_signed_run_is_named(signed, ledger, name, place):
    content = bytearray((signed / name).read_bytes())
    content[0] ^= 1
    (signed / name).write_bytes(bytes(content))
    assert place in check_run(ledger, signed)["place"].tolist()


def test_files_added_or_taken_away_are_named(signed, ledger):
    (signed / "submission" / "extra.csv").write_text("x")
    (signed / "certificate.html").unlink()
    assert check_run(ledger, signed)["place"].tolist() == ["submission/extra.csv", "certificate.html"]
    with pytest.raises(IntegrityError, match=r"extra\.csv"):
        submitted(ledger, signed, "X")


def test_a_submission_without_a_signature_is_named(folder, ledger):
    shutil.copytree(folder / "draft", folder / "submission")
    assert check_run(ledger, folder)["place"].tolist() == ["submission"]


def test_a_rejected_run_keeps_its_files_apart_and_can_be_built_again(signed, ledger):
    assert reject(ledger, signed, "one school is missing", "Dee Director", "director")["state"] == "rejected"
    assert not (signed / "submission").exists()
    assert (signed / "submission-rejected-1" / "cin.xml").is_file()
    assert check_run(ledger, signed).empty
    (signed / "submission-rejected-1" / "cin.xml").write_text("other")
    assert check_run(ledger, signed)["place"].tolist() == ["submission-rejected-1/cin.xml"]


def test_a_rejected_run_can_be_signed_again(signed, ledger):
    reject(ledger, signed, "one school is missing", "Dee Director", "director")
    ask_for_review(ledger, signed, "Ann Preparer", "returns lead")
    sign_off(ledger, signed, "Dee Director", "director", "the school was found")
    assert "the school was found" in (signed / "certificate.html").read_text()
    assert check_run(ledger, signed).empty


def test_a_rebuild_cancels_the_signature(signed, cin_run, ledger):
    finished(cin_run, ledger, "run-2")
    assert ledger.state("run-1") == "superseded"
    with pytest.raises(RefusedError, match="superseded"):
        submitted(ledger, signed, "X")


def test_a_folder_that_is_no_run(tmp_path, ledger):
    with pytest.raises(UsageError, match="no run folder"):
        sign_off(ledger, tmp_path, "Dee", "director")


def test_a_run_that_the_ledger_does_not_know(folder, tmp_path):
    other = open_ledger(tmp_path / "other.sqlite", b"k" * 40)
    assert check_run(other, folder)["problem"].tolist() == ["is not in the ledger"]
    other.close()
