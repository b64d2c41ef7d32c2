"""`dfe-returns run`, `verify`, `lineage`, `report` as an analyst uses them."""

import json
import re
import shutil
import sqlite3
import stat
from contextlib import closing

import pytest

from dfe_returns.files import data_folder, sha256_of

SAMPLE = data_folder("sample_extracts") / "fernshire_ssd"
SAME_EVERY_TIME = [
    "draft/cin.xml",
    "lineage/fields.csv",
    "lineage/rows.csv",
    "lineage/gateways.csv",
    "decisions.csv",
    "withheld.csv",
    "report/issues.csv",
]


def test_a_run_says_what_it_made_and_found_and_what_to_open(cli, tmp_path):
    code, out, err = cli("run", "cin", "--year", "2025-26", "--source", SAMPLE, "--out", "made")
    assert code == 1  # the sample holds recording faults on purpose
    assert re.search(r"made +\d{3} children", out)
    assert "index.html" in out
    assert "Checking" in err
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == sorted(
        ["draft", "report", "lineage", "decisions.csv", "withheld.csv", "worklist.csv", "people.csv", "manifest.json"]
    )


def test_the_same_input_gives_the_same_bytes(cli, census_run, tmp_path):
    cli("run", "cin", "--year", "2025-26", "--source", SAMPLE, "--authority", "999", "--out", "again")
    for name in SAME_EVERY_TIME:
        assert (tmp_path / "again" / name).read_bytes() == (census_run / name).read_bytes(), name


def test_every_file_of_a_run_is_private(census_run):
    for path in census_run.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_verify_finds_any_change(cli, own_census_run):
    assert cli("verify", own_census_run)[0] == 0
    draft = own_census_run / "draft" / "cin.xml"
    draft.write_bytes(draft.read_bytes().replace(b"<Sex>M</Sex>", b"<Sex>F</Sex>", 1))
    code, _, err = cli("verify", own_census_run)
    assert code == 4
    assert "draft/cin.xml" in err


def test_verify_finds_a_missing_and_an_added_file(cli, own_census_run):
    (own_census_run / "decisions.csv").unlink()
    (own_census_run / "draft" / "other.xml").write_text("<x/>")
    code, _, err = cli("verify", own_census_run)
    assert code == 4
    assert "decisions.csv" in err
    assert "other.xml" in err


def test_lineage_of_a_child_names_source_and_gateway_of_every_value(cli, census_run):
    code, out, _ = cli("lineage", census_run, "--child", "1004", "--format", "json")
    values = json.loads(out)
    assert code == 0
    assert {v["gateway"] for v in values} == {"GW-CA89-S83"}
    referral = next(v for v in values if v["field"] == "CINreferralDate")
    assert referral["source"].startswith("ssd_cin_episodes")
    assert all(v["source"] for v in values)


def test_sensitive_values_are_hidden_until_somebody_gives_a_reason(cli, own_census_run):
    def values(*more):
        _, out, _ = cli("lineage", own_census_run, "--child", "1004", "--format", "json", *more)
        return {v["field"]: v["value"] for v in json.loads(out)}

    assert values()["Ethnicity"] == "(hidden, T3)"
    assert values("--reveal", "checking a correction")["Ethnicity"] == "WBRI"
    _, out, _ = cli("history", "--runs", own_census_run.parent)
    assert "checking a correction" in out
    assert cli("verify", own_census_run)[0] == 0
    assert cli("lineage", own_census_run, "--child", "1004", "--reveal", " ")[0] == 2


def test_lineage_of_a_child_who_is_not_there_does_not_repeat_the_number(cli, census_run):
    code, out, err = cli("lineage", census_run, "--child", "987654321")
    assert code == 2
    assert "987654321" not in out + err


def test_the_report_can_be_built_again(cli, own_census_run):
    (own_census_run / "report" / "index.html").unlink()
    code, out, _ = cli("report", own_census_run)
    assert code == 0
    assert (own_census_run / "report" / "index.html").is_file()
    assert "index.html" in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "cin", "--year", "2025-26", "--source", "nowhere"], 3, "nowhere"),
        (["run", "cin", "--year", "2019-20", "--source", SAMPLE], 2, "2019-20"),
        (["run", "cin", "--year", "2025-26"], 2, "--source"),
        (["run", "sen2", "--year", "2025-26", "--source", SAMPLE], 2, "sen2"),
        (["run", "cin", "--year", "2025-26", "--source", SAMPLE, "--as-at", "soon"], 2, "soon"),
        (["run", "cin", "--year", "2025-26", "--source", SAMPLE, "--as-at", "2024-01-01"], 2, "2024-01-01"),
        (["run", "cin", "--source", SAMPLE], 2, "--year"),
        (["run", "cin", "--year", "2025-26", "--source", SAMPLE, "--authority", "E06000001"], 2, "three-digit"),
        (["verify", "no-such-run"], 2, "no-such-run"),
        (["rules", "explain", "0000"], 2, "0000"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_wrong_use_is_answered_with_what_to_do(cli, tmp_path, arguments, code, said):
    got, out, err = cli(*arguments)
    assert got == code
    assert said in err
    assert "Traceback" not in out + err
    assert [p.name for p in tmp_path.iterdir() if p.name != "ledger.sqlite"] == []


def test_an_unmapped_code_stops_the_run_and_leaves_nothing(cli, tmp_path):
    extract = tmp_path / "extract"
    shutil.copytree(SAMPLE, extract)
    file = extract / "ssd_cin_episodes.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",N4,", ",NEED4,"), encoding="utf-8")
    code, _, err = cli("run", "cin", "--year", "2025-26", "--source", extract, "--out", tmp_path / "made")
    assert code == 3
    assert "cine_cin_primary_need_code" in err
    assert "NEED4" in err
    assert not (tmp_path / "made").exists()


def test_a_folder_with_other_files_is_not_replaced(cli, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    code, _, err = cli("run", "cin", "--year", "2025-26", "--source", SAMPLE, "--out", tmp_path / "mine")
    assert code == 2
    assert "other files" in err
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep me"


def test_a_dry_run_tells_the_year_so_far(cli, tmp_path):
    code, out, _ = cli(
        "run",
        "cin",
        "--year",
        "2025-26",
        "--source",
        SAMPLE,
        "--as-at",
        "2025-09-30",
        "--out",
        "dry",
        "--format",
        "json",
    )
    facts = json.loads(out)
    assert code in (0, 1)
    assert facts["dry_run"] is True
    census = (tmp_path / "dry" / "draft" / "cin.xml").read_text(encoding="utf-8")
    assert "<ReferenceDate>2026-03-31</ReferenceDate>" in census
    assert "<CINclosureDate>2025-10" not in census


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"errors": ', '"errors": 9'),
        ('"as_at": "2026', '"as_at": "2025'),
        ('"dry_run": false', '"dry_run": true'),
        ('"sha256": "', '"sha256": "0'),
    ],
)
def test_verify_finds_a_changed_manifest(cli, own_census_run, old, new):
    manifest = own_census_run / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    assert old in text
    manifest.write_text(text.replace(old, new, 1), encoding="utf-8")
    code, _, err = cli("verify", own_census_run)
    assert code == 4
    assert "manifest.json" in err


def test_verify_finds_a_file_changed_together_with_its_hash_in_the_manifest(cli, own_census_run):
    changed, manifest = own_census_run / "decisions.csv", own_census_run / "manifest.json"
    before = sha256_of(changed)
    changed.write_bytes(changed.read_bytes() + b"\n")
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(before, sha256_of(changed)), encoding="utf-8")
    code, _, err = cli("verify", own_census_run)
    assert code == 4
    assert "manifest.json differs from the ledger" in err


def test_a_report_built_again_is_no_change_to_the_run(cli, own_census_run):
    (own_census_run / "report" / "index.html").unlink()
    cli("report", own_census_run)
    assert cli("verify", own_census_run)[0] == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda ledger: ledger.write_bytes(b"no ledger" * 1000), "damaged"),
        (lambda ledger: ledger.write_bytes(ledger.read_bytes()[:9000]), "damaged"),
        (lambda ledger: _change_entry(ledger), "was changed after it was written"),
    ],
    ids=["other file", "cut short", "entry changed"],
)
def test_a_damaged_ledger_is_told(cli, own_census_run, spoil, said):
    spoil(own_census_run.parent / "ledger.sqlite")
    code, _, err = cli("verify", own_census_run)
    assert code == 4
    assert said in err


def _change_entry(ledger):
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute("update entries set body = body || 'x' where number = 1")


def test_a_lost_key_is_not_made_anew(cli, own_census_run):
    key = own_census_run.parent / "ledger.key"
    key.unlink()
    code, _, err = cli("verify", own_census_run)
    assert code == 2
    assert "restore it" in err
    assert not key.exists()


def test_the_ledger_finds_a_run_from_any_working_folder(cli, tmp_path):
    cli("run", "cin", "--year", "2025-26", "--source", SAMPLE, "--out", "made/run")
    with closing(sqlite3.connect(tmp_path / "made" / "ledger.sqlite")) as connection:
        assert connection.execute("select folder from runs").fetchone() == (str(tmp_path / "made" / "run"),)


def test_every_folder_that_a_run_makes_is_private(cli, tmp_path):
    cli("run", "cin", "--year", "2025-26", "--source", SAMPLE, "--out", "a/b/run")
    for folder in ("a", "a/b", "a/b/run"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700, folder


# ---- configuration ------------------------------------------------------------------------------------------------


def configured(tmp_path, text):
    (tmp_path / "ours.toml").write_text(f'authority = "301"\n{text}', encoding="utf-8")
    return "--config", "ours.toml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('authorty_name = "Ours"', "ours.toml: authorty_name: there is no such setting"),
        ('[ledger]\nulr = "x"', "ours.toml: ledger.ulr: there is no such setting"),
        ('[sources.main]\nfoldr = "x"', "ours.toml: sources.main.foldr: there is no such setting"),
        ('[sources.main]\nurl = "postgresql://me:hunter2@host/db"', "ours.toml: sources.main.url holds a password"),
        ('[ledger]\nurl = "postgresql://me:hunter2@host/db"', "ours.toml: ledger.url holds a password"),
        ('[ledger]\npassword = "hunter2"', "ours.toml: ledger.password is a password"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(cli, tmp_path, text, said):
    code, out, err = cli("doctor", *configured(tmp_path, text))
    assert code == 2
    assert said in err
    assert "hunter2" not in out + err


def test_the_password_of_a_source_comes_from_its_file(cli, tmp_path):
    source = '[sources.main]\nurl = "postgresql://reader@127.0.0.1:1/ssd"\npassword_file = "secret.txt"'
    options = configured(tmp_path, source)
    code, _, err = cli("run", "cin", "--year", "2025-26", *options)
    assert (code, "secret.txt cannot be read" in err) == (2, True)
    (tmp_path / "secret.txt").write_text("hunter2\n", encoding="utf-8")
    code, out, err = cli("run", "cin", "--year", "2025-26", *options)
    assert (code, "reader:***@127.0.0.1" in err) == (3, True)
    assert "hunter2" not in out + err
    assert "reader:***@127.0.0.1" in cli("doctor", *options)[1]


def test_a_ledger_that_cannot_be_used_leaves_no_run_behind(cli, tmp_path):
    (tmp_path / "made" / "ledger.sqlite").mkdir(parents=True)
    code, _, err = cli("run", "cin", "--year", "2025-26", "--source", SAMPLE, "--out", "made/run")
    assert code == 2
    assert "ledger.sqlite cannot be opened" in err
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == ["ledger.key", "ledger.sqlite"]


@pytest.mark.parametrize(("name", "wanted"), [("cin", "ssd_cin_episodes"), ("ssda903", "ssd_cla_episodes")])
def test_an_extract_without_the_table_that_makes_the_cohort_stops(cli, tmp_path, name, wanted):
    extract = tmp_path / "extract"
    shutil.copytree(SAMPLE, extract)
    (extract / f"{wanted}.csv").unlink()
    code, _, said = cli("run", name, "--year", "2025-26", "--source", extract, "--out", tmp_path / "run")
    assert code == 3
    assert f"{wanted} is missing" in said
    assert not (tmp_path / "run").exists()
