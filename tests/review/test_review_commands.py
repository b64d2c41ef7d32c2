"""The human step on the command line, on Fernshire's census: review, answers, diff, sign-off, submission, tampering."""

import json

import openpyxl
import pytest
import sqlalchemy as sa

import dfe_returns as dr
from dfe_returns import cli
from dfe_returns.files import data_folder

SETTINGS = """
authority = "999"
authority_name = "Fernshire"
[policy]
reference = "APD-1"
owner = "Head of information governance"
review_date = 2099-01-31
[cin]
specification = "CIN census 2025 to 2026, version adopted 1 April 2026"
"""


@pytest.fixture
def call(capsys, monkeypatch):
    """Runs a command as the shell would; answers (exit code, what it printed, what it said beside)."""

    def run(*words) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["dfe-returns", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        told = capsys.readouterr()
        return int(stop.value.code or 0), told.out, told.err

    return run


def test_the_walk_from_draft_to_submission_and_what_tampering_does(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dfe-returns.toml").write_text(SETTINGS)
    first, second = (
        dr.run(
            None,
            "cin",
            "2025-26",
            source=data_folder("sample_extracts") / "fernshire_ssd",
            out=tmp_path / "runs" / name,
        )
        for name in ("first", "second")
    )
    folder = second.folder

    code, out, _ = call("review", folder, "--name", "Ann Preparer", "--role", "returns lead", "--format", "json")
    page = json.loads(out)
    assert (code, page["state"], page["errors"]) == (0, "in review", second.errors)
    assert page["since_last_run"]["new"] == 0
    code, out, _ = call("review", folder)
    assert code == 0
    assert "Who is in" in out

    code, out, _ = call("diff", first.folder, folder, "--format", "json")
    assert json.loads(out)["issues"]["new"] == 0
    assert json.loads(out)["records"] == {"added": 0, "gone": 0, "changed": 0}

    path = folder / "report" / "worklists" / "all.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["To put right"]
    heads = {cell.value: cell.column for cell in sheet[2]}
    line = next(row[0].row for row in sheet.iter_rows(min_row=3) if row[heads["Severity"] - 1].value == "query")
    for head, value in (
        ("Answer", "accepted"),
        ("Reason", "checked with the team"),
        ("Name", "T M"),
        ("Role", "manager"),
    ):
        sheet.cell(line, heads[head], value)
    book.save(tmp_path / "answered.xlsx")
    code, out, _ = call("answers", "import", tmp_path / "answered.xlsx")
    assert (code, "1 answers kept (1 accepted)" in out) == (0, True)

    code, _, err = call("sign-off", folder, "--name", "Dee Director", "--role", "director")
    assert code == 5
    assert "Errors are left" in err
    left = second.issues.loc[second.issues["severity"] == "error", "code"].unique()
    granted = [word for rule in left for word in ("--exception", f"{rule}=planted in the sample")]
    code, _, err = call("sign-off", folder, "--name", "ann preparer", "--role", "director", *granted)
    assert code == 5
    assert "different people" in err
    assert not (folder / "submission").exists()
    code, out, _ = call("sign-off", folder, "--name", "Dee Director", "--role", "director", *granted)
    assert code == 0
    assert (folder / "submission" / "cin.xml").read_bytes() == (folder / "draft" / "cin.xml").read_bytes()

    assert call("verify", folder)[0] == 0
    assert call("submitted", folder, "--reference", "COLLECT-77", "--name", "Ann Preparer")[0] == 0
    assert call("report", folder)[0] == 0
    assert call("verify", folder)[0] == 0

    sealed = folder / "submission" / "cin.xml"
    good = sealed.read_bytes()
    sealed.write_bytes(good[:-2] + b" " + good[-1:])
    code, _, err = call("verify", folder)
    assert (code, "submission/cin.xml" in err) == (4, True)
    sealed.write_bytes(good)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'runs' / 'ledger.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("update entries set body = replace(body, 'Dee', 'Eve') where kind = 'signed off'"))
    engine.dispose()
    code, _, err = call("verify", folder)
    assert (code, "(signed off) of the ledger was changed" in err) == (4, True)


def test_an_exception_without_a_reason_is_wrong_usage(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    assert call("sign-off", "nowhere", "--name", "a", "--role", "b", "--exception", "8555")[0] == 2
