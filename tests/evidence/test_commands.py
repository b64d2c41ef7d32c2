"""The commands of the people who must answer, as a user types them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

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
    assert {r["request"]: r["decision"] for r in json.loads(out)}[request] == "send as required"


def test_letters_and_erasure_by_command(do, place, tmp_path):
    def ask(kind):
        code, out, _ = do("requests", "open", kind, "A1", "--footing", "child", *WHO, "--format", "json")
        assert code == 0
        return json.loads(out)["request"]

    objection, erasure, access = ask("objection"), ask("erasure"), ask("access")
    code, out, _ = do("requests", "letter", objection, "A1")
    assert code == 0
    assert "the right to object does not apply: CINdetails, ChildCharacteristics, ChildIdentifiers" in out
    assert "Article 17(3)(b)" in do("requests", "letter", erasure, "A1")[1]
    assert do("requests", "letter", access, "A1")[0] == 2
    assert do("requests", "letter", objection, "A2")[0] == 2
    file = tmp_path / "staged.csv"
    file.write_text("A1,surplus")
    words = ["requests", "erase", erasure, "A1", "--file", file, "--field", "ChildIdentifiers.Surname", *WHO]
    assert do(*words)[0] == 5  # nobody decided yet
    assert do("requests", "decide", erasure, "surplus erased", "--reason", "a column too many", *WHO)[0] == 0
    code, out, _ = do(*words, "--backup", "nightly")
    assert code == 0
    assert json.loads(out)["backups_to_erase"] == ["nightly"]
    assert not file.exists()


def test_history_names_every_act_for_an_auditor(do):
    code, out, _ = do("history", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert [entry["number"] for entry in told] == list(range(1, len(told) + 1))
    first = told[0]
    assert (first["entry"], first["name"], len(first["hash"])) == ("recorded", "P Reparer", 64)
    assert all(entry["name"] for entry in told if entry["entry"] in ("recorded", "signed off", "submitted"))
    for value in ("A1", "A2", "2012-03-04", "child_hash"):
        assert value not in out


def test_a_ledger_that_was_changed_answers_and_deletes_nothing(place, do, tmp_path, monkeypatch):
    shutil.copytree(place, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    with closing(sqlite3.connect("ledger.sqlite")) as db:
        db.execute("update entries set body = '{' where kind = 'signed off'")
        db.commit()
    for words in (
        ("disclosures", "A1", "--name", "R Officer", "--reason", "request"),
        ("retention", "--apply", *WHO),
        ("requests", "list"),
        ("holds", "list"),
        ("history",),
    ):
        code, _, err = do(*words)
        assert code == 4, words
        assert "entry 2 (signed off) was changed" in err


def test_nothing_is_deleted_before_its_day(do, place):
    code, _, err = do("retention", "--apply", *WHO, "--on", "2099-01-01")
    assert code == 5
    assert "--on looks ahead" in err
    assert (place / "2025-26" / "submission" / "cin.xml").is_file()


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


def test_the_difference_between_two_specifications(do):
    code, out, _ = do("fields", "list", "cin", "--year", "2024-25", "--new")
    assert code == 0
    assert out.splitlines()[1].split()[0] == "ChildIdentifiers.Sex"
    assert "No longer asked for: ChildIdentifiers.GenderCurrent." in out
    assert "PreProceedings.PPOutcome" in do("fields", "list", "cin", "--year", "2026-27", "--new")[1]
    assert json.loads(do("fields", "list", "cin", "--year", "2025-26", "--new", "--format", "json")[1]) == []


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
