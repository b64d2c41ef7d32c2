"""The commands of the people who must answer, as a user types them."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from dfe_returns import cli
from dfe_returns.files import data_folder

from .kept import Clock, three_seasons

WHO = ["--name", "R Officer", "--role", "rights officer"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    ledger, _ = three_seasons(folder, Clock("2026-07-02"))
    (folder / "ledger.key").write_bytes(b"a key for tests, long enough to use")
    (folder / "ledger.key").chmod(0o600)
    ledger.close()
    return folder


@pytest.fixture
def do(place, monkeypatch, capsys):
    """Run a command in an empty folder; answers with exit code and output."""
    monkeypatch.chdir(place)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["dfe-returns", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        told = capsys.readouterr()
        return stop.value.code or 0, told.out, told.err

    return run


def test_every_command_has_help():
    for words in (
        [c]
        for c in (
            "disclosures",
            "rectify",
            "retention",
            "breach-report",
            "records",
            "history",
            "requests",
            "holds",
            "notice",
        )
    ):
        assert CliRunner().invoke(cli.app, [*words, "--help"]).exit_code == 0


def test_disclosures_of_a_child(do, tmp_path):
    code, out, _ = do("disclosures", "A1", "--name", "R Officer", "--reason", "RQ-0001", "--out", tmp_path / "answer")
    assert code == 0
    assert "Draft for a person to review" in out
    assert "2012-03-04" in out
    assert (tmp_path / "answer" / "disclosures.html").stat().st_mode & 0o777 == 0o600
    code, out, _ = do("disclosures", "A1", "--name", "R Officer", "--reason", "RQ-0001", "--format", "json")
    assert len(json.loads(out)["seasons"]) == 11


def test_disclosures_without_a_reason_are_refused(do):
    code, _, err = do("disclosures", "A1")
    assert code == 5
    assert "A1" not in err


def test_a_request_from_its_opening_to_its_decision(do):
    code, out, _ = do(
        "requests",
        "open",
        "restriction",
        "A1",
        "--footing",
        "child",
        *WHO,
        "--received",
        "2026-06-10",
        "--format",
        "json",
    )
    request = json.loads(out)["request"]
    assert code == 0
    assert do("requests", "clock", request, "pause", "--reason", "identity", *WHO, "--on", "2026-06-20")[0] == 0
    assert do("requests", "clock", request, "resume", *WHO, "--on", "2026-06-25")[0] == 0
    assert do("requests", "decide", request, "send as required", "--reason", "the duty", *WHO)[0] == 5  # which return?
    assert (
        do(
            "requests",
            "decide",
            request,
            "send as required",
            "--reason",
            "the duty",
            *WHO,
            "--return",
            "cin",
            "--year",
            "2025-26",
        )[0]
        == 0
    )
    code, out, _ = do("requests", "list", "--format", "json")
    assert json.loads(out)[0]["decision"] == "send as required"


def test_rectify_retention_holds_and_history(do, tmp_path):
    code, out, _ = do(
        "rectify", "A1", "Header.DOB", "--sent", "2012-03-04", "--correct", "2012-03-05", "--out", tmp_path / "r", *WHO
    )
    assert code == 0
    assert "send again" in out
    code, out, _ = do(
        "holds", "place", "police request", "--owner", "legal", "--review", "2030-01-01", "--return", "cin", *WHO
    )
    assert out.strip() == "HOLD-001 is on."
    assert "HOLD-001" in do("holds", "list")[1]
    assert "held" in do("retention", "--on", "2040-01-01")[1]
    assert do("retention", "--apply")[0] == 5
    assert "second person" in do("holds", "release", "HOLD-001", *WHO, "--reason", "over")[1]
    assert do("holds", "release", "HOLD-001", *WHO, "--reason", "over")[0] == 5
    code, out, _ = do("history")
    assert "placed" in out
    assert "A1" not in out


def test_when_case_records_are_due(do, tmp_path):
    extract = data_folder("sample_extracts") / "fernshire_ssd"
    code, out, _ = do("retention", "--cases", extract, "--out", tmp_path / "cases.csv", "--format", "json")
    assert code == 0
    counted = json.loads(out)
    assert {r["rule"] for r in counted} >= {"RET-CLA", "RET-CIN", "RET-CP", "RET-ADOPT"}
    assert {r["status"] for r in counted if r["rule"] == "RET-CLA"} == {"held"}  # by the presumed hold
    assert "child" not in counted[0]
    assert (tmp_path / "cases.csv").stat().st_mode & 0o777 == 0o600


def test_records_and_breach_of_a_run(do, place, tmp_path):
    code, out, _ = do("records", place / "2025-26", place / "903", "--out", tmp_path / "pack")
    assert code == 0
    assert (tmp_path / "pack" / "article-30-cin.md").is_file()
    assert (tmp_path / "pack" / "notice-ssda903-young.md").is_file()
    code, out, _ = do("breach-report", place / "903", "--aware", "2026-07-01T09:00", "--format", "json")
    assert json.loads(out)["people"] == {"children and young people": 1}
    assert do("breach-report", place / "903", "--aware", "yesterday")[0] == 2


def test_notices(do, tmp_path):
    code, out, _ = do("notice", "text", "cin", "--reader", "young")
    assert code == 0
    (tmp_path / "ours.md").write_text(out)
    assert do("notice", "lint", tmp_path / "ours.md")[0] == 0
    (tmp_path / "bad.txt").write_text("Article 9: explicit consent.")
    code, out, _ = do("notice", "lint", tmp_path / "bad.txt")
    assert code == 1
    assert "L01 error: line 1" in out
    assert do("notice", "lint", tmp_path / "none.txt")[0] == 3


def test_a_decision_on_a_new_field(do):
    words = (
        "fields",
        "decide",
        "cin",
        "PreProceedings.PPOutcome",
        "send",
        "--year",
        "2026-27",
        "--reason",
        "in the specification",
    )
    assert do(*words, *WHO)[0] == 0
    assert do(*words)[0] == 5


def test_a_ledger_that_is_not_there_is_not_made(do, tmp_path):
    code, _, err = do("history", "--runs", tmp_path)
    assert code == 2
    assert "There is no ledger" in err
    assert list(tmp_path.iterdir()) == []


def test_a_new_key_for_the_ledger(place, do, tmp_path, monkeypatch):
    shutil.copytree(place, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    asked = ["disclosures", "A1", *WHO[:2], "--reason", "access request", "--format", "json"]
    before = json.loads(do(*asked)[1])["seasons"]
    code, said, _ = do("change-key", "--name", "Ivy", "--role", "head of IT", "--reason", "a back-up went astray")
    assert code == 0
    assert "ledger.key" in said
    assert json.loads(do(*asked)[1])["seasons"] == before
    assert '"key changed"' in do("history", "--format", "json")[1]
    assert do("change-key", "--name", "Ivy", "--role", "head of IT", "--reason", " ")[0] == 5
