"""The folder in the shape of the Standard Safeguarding Dataset."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest

from dfe_returns.errors import UsageError
from dfe_returns.files import data_folder
from dfe_returns.synthetic import stories, synthesise, write_ssd
from dfe_returns.synthetic.fernshire import write_fernshire


def read(folder, name):
    return pd.read_csv(folder / f"{name}.csv", dtype="str")


def test_files_are_as_sql_server_dumps_them(tmp_path):
    counts = synthesise(120, 4, tmp_path / "out")
    about = json.loads((tmp_path / "out" / "extract.json").read_text())
    assert about["rows"] == counts
    assert (about["la_code"], about["run_at"], about["window_start"]) == ("999", "2026-06-12", "2020-06-12")
    people = read(tmp_path / "out", "ssd_person")
    assert len(people) == 120 == counts["ssd_person"]
    assert people.pers_dob.dropna().str.fullmatch(r"\d{4}-\d\d-\d\d 00:00:00\.000").all()
    referrals = read(tmp_path / "out", "ssd_cin_episodes")
    assert referrals.cine_referral_source_code.str.fullmatch(r"47\d\d").all()
    assert referrals.cine_person_id.isin(people.pers_person_id).all()
    factors = read(tmp_path / "out", "ssd_assessment_factors").cinf_assessment_factors_json.map(json.loads)
    assert factors.map(len).min() >= 1
    assert (tmp_path / "out" / "ssd_person.csv").stat().st_mode & 0o777 == 0o600


def test_same_arguments_same_bytes(tmp_path):
    synthesise(25, 9, tmp_path / "a")
    synthesise(25, 9, tmp_path / "b")
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_earlier_extract_knows_less(tmp_path):
    told = stories(200, 2)
    write_ssd(told.known_on(date(2026, 3, 31)), tmp_path / "march")
    march = read(tmp_path / "march", "ssd_cin_episodes")
    assert march.cine_referral_date.max() <= "2026-03-31 00:00:00.000"
    assert march.cine_close_date.dropna().max() <= "2026-03-31 00:00:00.000"
    assert json.loads((tmp_path / "march" / "extract.json").read_text())["run_at"] == "2026-03-31"


def test_unknown_wishes_are_refused(tmp_path):
    with pytest.raises(UsageError, match="layout"):
        synthesise(1, 1, tmp_path, layout="paper")
    with pytest.raises(UsageError, match="fault"):
        synthesise(1, 1, tmp_path, faults=["gremlins"])
    with pytest.raises(UsageError, match="at least one"):
        stories(-1, 1)
    with pytest.raises(UsageError, match="path"):
        stories(1, 1, paths={"moon": 1.0})


def test_the_bundled_sample_is_what_the_stories_write(tmp_path):
    write_fernshire(tmp_path)
    ours = {f.relative_to(tmp_path): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    bundled = data_folder("sample_extracts")
    assert ours == {f.relative_to(bundled): f.read_bytes() for f in bundled.rglob("*") if f.is_file()}
