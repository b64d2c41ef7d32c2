"""The lists a user downloads: a postcode directory (ONSPD or NSPL) and the published lists of providers."""

import sqlite3
import stat

import pandas as pd
import pytest

from dfe_returns.errors import InputError
from dfe_returns.files import data_folder
from dfe_returns.pipeline import read_references
from dfe_returns.sources.reference import POSTCODE_COLUMNS, PROVIDER_COLUMNS, read_postcodes, read_providers

ONSPD = """\
pcd,pcd2,pcds,dointr,doterm,oscty,oslaua,oseast1m,osnrth1m
ZZ1 1AA,ZZ1  1AA,ZZ1 1AA,198001,,E99999999,E06000015,444583,333081
ZZ1A1AB,ZZ1A 1AB,ZZ1A 1AB,198001,,E99999999,W06000015,318000,176000
ZZ9 9ZZ,ZZ9  9ZZ,ZZ9 9ZZ,198001,199601,,,,
"""
NSPL_2025 = """\
pcd7,pcd8,pcds,lad25cd,east1m,north1m
ZZ1 1AA,ZZ1  1AA,ZZ1 1AA,E06000015,444583,333081
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An index of its own for each test."""
    monkeypatch.setenv("DFE_RETURNS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def directory(tmp_path):
    def write(text: str, name: str = "ONSPD_MAY_2026_UK.csv", encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return write


def rows(frame: pd.DataFrame) -> list[str]:
    return [" | ".join(line).rstrip() for line in frame.itertuples(index=False, name=None)]


def test_a_directory_gives_authority_and_grid_reference_of_each_postcode(directory):
    found = read_postcodes(directory(ONSPD))
    assert list(found.columns) == POSTCODE_COLUMNS
    assert rows(found) == [
        "ZZ1 1AA | E06000015 | 444583 | 333081",
        "ZZ1A 1AB | W06000015 | 318000 | 176000",
        "ZZ9 9ZZ |  |  |",
    ]


def test_the_later_name_of_the_authority_column_and_a_byte_order_mark(directory):
    found = read_postcodes(directory(NSPL_2025, "NSPL.csv", "utf-8-sig"))
    assert rows(found) == ["ZZ1 1AA | E06000015 | 444583 | 333081"]


def test_only_the_postcodes_wanted_in_any_spelling(directory):
    path = directory(ONSPD)
    assert rows(read_postcodes(path, wanted=["zz11aa", "ZZ1  1AA", "QQ1 1QQ", None])) == [
        "ZZ1 1AA | E06000015 | 444583 | 333081"
    ]
    assert read_postcodes(path, wanted=[]).empty


def test_more_postcodes_than_one_query_takes(directory):
    lines = [f"ZZ{n // 100} {n % 10}A{chr(65 + n // 10 % 10)},999,{n},{n}" for n in range(2500)]
    path = directory("pcds,oslaua,oseast1m,osnrth1m\n" + "\n".join(lines) + "\n")
    wanted = [line.split(",")[0] for line in lines]
    assert len(read_postcodes(path, wanted)) == len(set(wanted))


def test_the_directory_is_indexed_once_and_in_private(directory, cache):
    path = directory(ONSPD)
    read_postcodes(path)
    (store,) = cache.glob("*.sqlite")
    made = store.stat().st_mtime_ns
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    read_postcodes(path, ["ZZ1 1AA"])
    assert [p.stat().st_mtime_ns for p in cache.glob("*.sqlite")] == [made]


def test_a_directory_that_changed_is_indexed_anew(directory):
    read_postcodes(directory(ONSPD))
    changed = read_postcodes(
        directory(ONSPD.replace("E06000015", "E06000016") + "ZZ2 2AA,ZZ2  2AA,ZZ2 2AA,,,,999,1,1\n")
    )
    assert changed["la_code"].tolist()[:2] == ["E06000016", "W06000015"]


def test_a_damaged_index_is_removed_and_made_again(directory, cache):
    path = directory(ONSPD)
    read_postcodes(path)
    (store,) = cache.glob("*.sqlite")
    with sqlite3.connect(store) as connection:
        connection.execute("drop table postcodes")
    connection.close()
    with pytest.raises(InputError, match="damaged"):
        read_postcodes(path)
    assert len(read_postcodes(path)) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,town\nHouse,Fernton\n", "no postcode directory.*postcode.*la_code"),
        ("", "cannot be read as CSV"),
        ("pcds,oslaua\n", "holds no postcode"),
    ],
)
def test_what_is_no_directory_is_refused_by_name(directory, text, said):
    with pytest.raises(InputError, match=f"(?s)wrong.csv.*{said}"):
        read_postcodes(directory(text, "wrong.csv"))


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_postcodes(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="is a folder; name the postcode file"):
        read_postcodes(tmp_path)


def test_nothing_is_left_of_an_index_that_failed(directory, cache):
    with pytest.raises(InputError):
        read_postcodes(directory("pcds,oslaua\n", "empty.csv"))
    assert list(cache.iterdir()) == []


def test_the_shipped_directory_knows_every_shipped_placement():
    folder = data_folder("sample_extracts")
    placed = pd.read_csv(folder / "fernshire_ssd" / "ssd_cla_placement.csv", dtype="str")["clap_cla_placement_postcode"]
    known = read_postcodes(folder / "postcodes.csv", wanted=placed)
    assert set(placed.dropna()) <= set(known["postcode"])


# ---- providers -----------------------------------------------------------------------------------------------------

OURS = """\
urn,placement_codes,provider_codes,closed,postcode,la_code
sc900001,"U1,U6",PR1,,ZZ1 1SW,999
2900002,K2,PR4,31/10/2025,ZZ5 1SW,E06000015
"""


def test_a_list_in_our_own_columns(directory):
    found = read_providers(directory(OURS, "providers.csv"))
    assert list(found.columns) == PROVIDER_COLUMNS
    assert rows(found) == [
        "SC900001 | U1,U6 | PR1 |  | ZZ1 1SW | 999",
        "2900002 | K2 | PR4 | 31/10/2025 | ZZ5 1SW | E06000015",
    ]


def test_the_published_heads_under_title_rows_in_windows_text(directory):
    text = "Social care providers – as at 31 March 2026,,,\n,,,\n"
    text += "URN,Local Authority,Registration end date,Setting Postcode\n"
    found = read_providers(directory(text + "SC900001,Fernshire,2025-06-30,ZZ1 1SW\n,,,\n", "list.csv", "cp1252"))
    assert rows(found) == ["SC900001 |  |  | 30/06/2025 | ZZ1 1SW | Fernshire"]


def test_authorities_by_name_become_numbers(directory):
    named = ["Derbyshire", "kent ", "Dorset", "Bristol, City of", "St. Helens", "E10000007", "Fernshire", ""]
    lines = [f'SC{number},"{name}"' for number, name in enumerate(named)]
    found = read_providers(directory("URN,Local authority\n" + "\n".join(lines), "list.csv"))
    assert found["la_code"].tolist() == ["830", "886", "838", "801", "342", "E10000007", "Fernshire", ""]


def test_every_sheet_of_a_workbook_that_holds_providers(tmp_path):
    path = tmp_path / "providers.xlsx"
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame({"About": ["This workbook lists providers."]}).to_excel(book, sheet_name="Cover", index=False)
        homes = pd.DataFrame({"URN": ["SC900101"], "Postcode": ["ZZ1 1AA"]})
        homes.to_excel(book, sheet_name="Homes", index=False, startrow=3)
        pd.DataFrame({"urn": [2900002]}).to_excel(book, sheet_name="Supported", index=False)
    assert read_providers(path)[["urn", "postcode"]].to_numpy().tolist() == [["SC900101", "ZZ1 1AA"], ["2900002", ""]]


def test_several_rows_of_one_provider_stay(directory):
    found = read_providers(directory("urn,placement codes,provider codes\nSC1,K2,PR1\nSC1,K2,PR4\n", "p.csv"))
    assert found["provider_codes"].tolist() == ["PR1", "PR4"]


def test_a_list_without_numbers_is_refused(directory, tmp_path):
    with pytest.raises(InputError, match=r"names\.csv is no provider list: no column in it is headed URN"):
        read_providers(directory("name,town\nHome,Fernton\n", "names.csv"))
    with pytest.raises(InputError, match="cannot be read"):
        read_providers(tmp_path / "nowhere.csv")
    (tmp_path / "broken.xlsx").write_bytes(b"not a workbook")
    with pytest.raises(InputError, match=r"Save it as \.xlsx or \.csv again"):
        read_providers(tmp_path / "broken.xlsx")


def test_the_shipped_list():
    found = read_providers(data_folder("sample_extracts") / "providers.csv")
    assert found["urn"].is_unique
    assert found["urn"].str.fullmatch(r"SC\d{6}|\d{7}").all()


def test_of_a_directory_a_run_reads_only_the_postcodes_of_its_episodes(directory):
    path = directory(ONSPD)
    episodes = pd.DataFrame({"CHILD": ["1"], "HOME_POST": ["zz1 1aa"], "PL_POST": [float("nan")]})
    assert read_references(path, None, {"Episodes": episodes})["postcodes"]["postcode"].tolist() == ["ZZ1 1AA"]
    unknown = episodes.assign(HOME_POST="QQ1 1QQ")
    assert len(read_references(path, None, {"Episodes": unknown})["postcodes"]) == 3
    assert len(read_references(path, None)["postcodes"]) == 3


def test_a_file_with_urns_and_nothing_about_providers_is_no_provider_list(tmp_path):
    path = tmp_path / "episodes.csv"
    path.write_text("CHILD,DECOM,URN\n1,01/05/2025,SC123456\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"episodes\.csv is no provider list"):
        read_providers(path)
