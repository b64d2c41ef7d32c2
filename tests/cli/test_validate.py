"""`dfe-returns validate cin` on files that anyone made, good and bad."""

import csv
import json
import os
import shutil

import pytest

from dfe_returns.files import data_folder

LAST_YEAR = data_folder("sample_extracts") / "last_year" / "ssda903-2024-25"


def changed(census_run, tmp_path, old, new, count=1):
    text = (census_run / "draft" / "cin.xml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "census.xml"
    path.write_text(text.replace(old, new, count), encoding="utf-8")
    return path


def test_the_draft_gives_the_issues_of_its_own_run(cli, census_run, tmp_path):
    code, out, _ = cli(
        "validate", "cin", census_run / "draft" / "cin.xml", "--year", "2025-26", "--output", tmp_path / "i.csv"
    )
    assert code == 1
    with (
        (tmp_path / "i.csv").open(encoding="utf-8") as a,
        (census_run / "report" / "issues.csv").open(encoding="utf-8") as b,
    ):
        mine, theirs = list(csv.DictReader(a)), list(csv.DictReader(b))
    columns = ["code", "severity", "table", "row", "field", "child", "value"]
    assert [[r[c] for c in columns] for r in mine] == [[r[c] for c in columns] for r in theirs]
    assert "errors" in out


def test_a_planted_fault_is_found_with_line_and_child(cli, census_run, tmp_path):
    path = changed(census_run, tmp_path, "<Sex>M</Sex>", "<Sex>X</Sex>")
    cli("validate", "cin", path, "--year", "2025-26", "--rules", "4180", "--output", tmp_path / "i.csv")
    with (tmp_path / "i.csv").open(encoding="utf-8") as file:
        [issue] = list(csv.DictReader(file))
    assert (issue["code"], issue["child"], issue["value"], issue["field"]) == ("4180", "1001", "X", "Sex")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert any("<Sex>X</Sex>" in line for line in lines[int(issue["line"]) - 2 : int(issue["line"]) + 6])


def test_next_years_rules_over_this_years_file(cli, census_run):
    code, out, _ = cli(
        "validate",
        "cin",
        census_run / "draft" / "cin.xml",
        "--year",
        "2025-26",
        "--rules-of",
        "2026-27",
        "--format",
        "json",
    )
    assert code == 1
    assert "8995Q" in json.loads(out)["rules"]  # no pre-proceedings block: asked for from 2026-27 on


def test_a_census_of_another_year_is_refused_by_name(cli, census_run):
    code, _, err = cli("validate", "cin", census_run / "draft" / "cin.xml", "--year", "2024-25")
    assert code == 3
    assert "--year 2025-26" in err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cut.xml", "<Message><Header><CollectionDetails>", "cut.xml"),
        ("not.xml", "dear colleague", "not.xml"),
        ("empty.xml", "", "empty.xml"),
        ("other.xml", "<EXPSSDA903><CHILD/></EXPSSDA903>", "other.xml"),
        ("bomb.xml", '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Message>&b;</Message>', "bomb.xml"),
        ("outside.xml", '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><Message>&x;</Message>', "outside.xml"),
    ],
)
def test_unusable_files_are_named_and_nothing_is_written(cli, tmp_path, name, content, said):
    (tmp_path / name).write_text(content, encoding="utf-8")
    code, out, err = cli("validate", "cin", tmp_path / name, "--year", "2025-26", "--output", tmp_path / "i.csv")
    assert code == 3
    assert said in err
    assert "root:" not in out + err
    assert not (tmp_path / "i.csv").exists()


def test_a_missing_file_and_a_folder_are_named(cli, tmp_path):
    assert cli("validate", "cin", tmp_path / "gone.xml", "--year", "2025-26")[0] == 3
    assert cli("validate", "cin", tmp_path, "--year", "2025-26")[0] == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rules", ""], "No rule is named"),
        (["--rules", " , "], "No rule is named"),
        (["--authority", "Fernshire"], "neither an ONS code"),
        (["--authority", "9 99"], "neither an ONS code"),
    ],
)
def test_an_option_that_names_nothing_is_refused(cli, census_run, options, said):
    code, _, err = cli("validate", "cin", census_run / "draft" / "cin.xml", "--year", "2025-26", *options)
    assert code == 2
    assert said in err


def test_a_pipe_is_refused_instead_of_waited_for(cli, tmp_path):
    os.mkfifo(tmp_path / "census.xml")
    code, _, err = cli("validate", "cin", tmp_path / "census.xml", "--year", "2025-26")
    assert code == 3
    assert "pipe" in err


def test_what_looks_like_a_file_and_is_none_is_told(cli, tmp_path):
    shutil.copytree(LAST_YEAR, tmp_path / "return")
    (tmp_path / "return" / "missing.csv").unlink()
    os.mkfifo(tmp_path / "return" / "missing.csv")
    _, out, _ = cli("validate", "ssda903", tmp_path / "return", "--year", "2024-25", "--format", "json")
    assert [n["file"] for n in json.loads(out)["structure"] if n["code"] == "STRUCT-NOT-A-FILE"] == ["missing.csv"]


def test_utf_16_without_a_mark_is_read_and_told(cli, tmp_path):
    shutil.copytree(LAST_YEAR, tmp_path / "return")
    text = (LAST_YEAR / "episodes.csv").read_text(encoding="utf-8").replace("\n", "\r\n")
    (tmp_path / "return" / "episodes.csv").write_bytes(text.encode("utf-16-be"))
    found = [
        json.loads(cli("validate", "ssda903", folder, "--year", "2024-25", "--format", "json")[1])
        for folder in (LAST_YEAR, tmp_path / "return")
    ]
    assert found[0]["rules"] == found[1]["rules"]
    assert "STRUCT-ENCODING" in {note["code"] for note in found[1]["structure"]}


def test_a_header_that_is_no_row_of_a_table_is_told_by_file(cli, tmp_path):
    shutil.copytree(LAST_YEAR, tmp_path / "return")
    (tmp_path / "return" / "episodes.csv").write_text("x" * 200_000 + "\n")
    code, _, err = cli("validate", "ssda903", tmp_path / "return", "--year", "2024-25")
    assert code == 3
    assert "episodes.csv" in err


UNREACHABLE = "x" * 300  # no system can look at such a name, just as at one in a folder that may not be entered


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate", "cin", UNREACHABLE, "--year", "2025-26"], 3),
        (["validate", "ssda903", UNREACHABLE, "--year", "2025-26"], 3),
        (["validate", "ssda903", LAST_YEAR, "--year", "2024-25", "--previous", UNREACHABLE], 3),
        (["run", "cin", "--year", "2025-26", "--source", UNREACHABLE], 3),
        (["verify", UNREACHABLE], 2),
        (["doctor", "--config", UNREACHABLE], 2),
    ],
)
def test_a_path_that_cannot_be_looked_at_is_told(cli, arguments, code):
    got, _, err = cli(*arguments)
    assert got == code
    assert UNREACHABLE in err
    assert "internal fault" not in err
