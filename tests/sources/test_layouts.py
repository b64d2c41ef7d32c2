"""Fernshire twice: the SSD layout and the report writer's eleven files tell the same stories, so they give the same
census."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from dfe_returns.build.cin import build_cin
from dfe_returns.build.settings import BuildSettings
from dfe_returns.build.ssda903 import build_ssda903
from dfe_returns.contract import contract
from dfe_returns.errors import InputError
from dfe_returns.files import data_folder
from dfe_returns.sources import Loaded, load


@pytest.fixture(scope="module")
def ssd() -> Loaded:
    return load(data_folder("sample_extracts") / "fernshire_ssd")


@pytest.fixture(scope="module")
def vendor() -> Loaded:
    return load(data_folder("sample_extracts") / "fernshire_vendor", "fernshire_vendor")


BUILD = {"cin": build_cin, "ssda903": build_ssda903}


def built(loaded: Loaded, name: str, year: str) -> dict[str, pd.DataFrame]:
    collection = contract(name, year)
    settings = BuildSettings(authority="999", extract_date=loaded.report.extract_date, run_at="2026-06-12")
    tables = BUILD[name](collection, loaded.tables, loaded.profile.conventions, settings).tables
    return {name: frame[list(collection.table(name).columns)] for name, frame in tables.items()}


@pytest.mark.parametrize("year", ["2025-26", "2026-27"])
@pytest.mark.parametrize("name", ["cin", "ssda903"])
def test_both_layouts_give_the_same_return(ssd, vendor, name, year):
    one, other = built(ssd, name, year), built(vendor, name, year)
    assert list(one) == list(other)
    for table, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[table], obj=table)


def test_the_vendor_extract_leaves_nothing_to_settle(vendor):
    assert vendor.report.stops == []
    assert vendor.report.unmapped.empty


def test_training_and_merged_records_are_not_among_the_children(vendor):
    excluded = vendor.report.excluded
    assert set(excluded["reason"]) == {"test record"}
    assert len(excluded) == 2
    assert "STRUCT-MERGED-PERSON" in set(vendor.report.structure["code"])


def test_the_day_of_the_extract_is_read_from_the_report(vendor, ssd):
    assert vendor.report.extract_date == ssd.report.extract_date


def test_windows_1252_is_told(vendor):
    files = vendor.report.files.drop_duplicates("file").set_index("file")
    assert files.loc["08 Care Episodes.csv", "encoding"] == "cp1252"  # it has curly apostrophes


VENDOR_FILES = sorted(path.name for path in (data_folder("sample_extracts") / "fernshire_vendor").iterdir())


@pytest.mark.parametrize("name", VENDOR_FILES)
def test_any_file_may_be_missing_and_is_named(name, tmp_path):
    """Without people nothing can be done; without any other file the run goes on, and says which is not there."""
    folder = tmp_path / "vendor"
    shutil.copytree(data_folder("sample_extracts") / "fernshire_vendor", folder)
    (folder / name).unlink()
    if name == "01 Persons.csv":
        with pytest.raises(InputError, match="ssd_person is missing"):
            load(folder, "fernshire_vendor")
        return
    found = load(folder, "fernshire_vendor").report.structure
    missing = found[found["code"].eq("STRUCT-NO-FILE")]
    assert (name in set(missing["file"])) is not name.startswith("la_")  # companions are never a must


def test_a_file_may_be_a_workbook_in_place_of_text(vendor, tmp_path):
    folder = tmp_path / "vendor"
    shutil.copytree(data_folder("sample_extracts") / "fernshire_vendor", folder)
    for name in ("01 Persons", "05 Referrals"):
        rows = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False, encoding="cp1252")
        rows.to_excel(folder / f"{name}.xlsx", index=False)
        (folder / f"{name}.csv").unlink()
    found = load(folder, "fernshire_vendor")
    pd.testing.assert_frame_equal(
        found.tables["ssd_cin_episodes"].drop(columns="_file"), vendor.tables["ssd_cin_episodes"].drop(columns="_file")
    )
    assert found.report.extract_date == vendor.report.extract_date
    assert len(found.report.excluded) == 2
