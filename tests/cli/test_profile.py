"""`dfe-returns profile` and `companions`, as an analyst without Python uses them."""

import json
import shutil

from dfe_returns.files import data_folder

SAMPLE = data_folder("sample_extracts") / "fernshire_ssd"
VENDOR = data_folder("sample_extracts") / "fernshire_vendor"


def test_a_draft_of_a_known_layout_needs_few_answers_and_is_ready(cli, tmp_path):
    code, out, _ = cli("profile", "new", VENDOR, "--out", tmp_path / "mine.yaml")
    assert code == 0
    assert "fernshire_vendor" in out
    code, out, _ = cli("profile", "check", VENDOR, "--profile", tmp_path / "mine.yaml", "--format", "json")
    assert code == 0
    assert json.loads(out)["ready"] is True


def test_a_draft_never_overwrites_a_profile(cli, tmp_path):
    (tmp_path / "mine.yaml").write_text("mine")
    assert cli("profile", "new", VENDOR, "--out", tmp_path / "mine.yaml")[0] == 2
    assert (tmp_path / "mine.yaml").read_text() == "mine"


def test_unmapped_codes_are_listed_with_counts_and_stop_a_run(cli, tmp_path):
    extract = tmp_path / "extract"
    shutil.copytree(SAMPLE, extract)
    file = extract / "ssd_cin_episodes.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",N4,", ",NEED4,"), encoding="utf-8")
    code, out, _ = cli("profile", "codes", extract)
    assert code == 0
    assert "NEED4" in out
    code, out, _ = cli("profile", "check", extract)
    assert code == 3
    assert "Not ready" in out
    code, out, _ = cli("profile", "codes", extract, "--out", tmp_path / "codes.xlsx")
    assert (tmp_path / "codes.xlsx").stat().st_size > 0


def test_companions_list_just_the_children_who_need_them(cli, tmp_path):
    code, out, _ = cli("companions", SAMPLE, "--year", "2025-26", "--out", tmp_path / "facts", "--only", "la_dolo")
    assert code == 0
    assert [p.name for p in (tmp_path / "facts").iterdir()] == ["la_dolo.csv"]
    assert "la_dolo.csv" in out


def test_an_unknown_companion_is_named(cli, tmp_path):
    code, _, err = cli("companions", SAMPLE, "--year", "2025-26", "--out", tmp_path / "facts", "--only", "la_moon")
    assert code == 2
    assert "la_moon" in err
