"""Last year's return in every form that `--previous` takes: the run keeps it, and reads it again for its report."""

import shutil

import pandas as pd
import pytest

from dfe_returns.files import data_folder
from dfe_returns.run_folder import load_run

SAMPLES = data_folder("sample_extracts")
LAST = SAMPLES / "last_year"
XML = """<EXPSSDA903><CHILD><HEADER><CHILDID>A1</CHILDID><SEX>M</SEX><DOB>05/06/2012</DOB></HEADER>
<EPISODE><DECOM>01/05/2024</DECOM><RNE>S</RNE><LS>V2</LS><CIN>N1</CIN><PL>U6</PL></EPISODE></CHILD></EXPSSDA903>"""


def as_excel(folder):
    for file in (LAST / "ssda903-2024-25").glob("*.csv"):
        pd.read_csv(file, dtype="str").to_excel(folder / f"{file.stem}.xlsx", index=False)
    return folder, "ssda903", "Episodes", 234


def as_xml(folder):
    (folder / "return.xml").write_text(XML, encoding="utf-8")
    return folder / "return.xml", "ssda903", "Episodes", 1


def census_beside_other_files(folder):
    shutil.copy(LAST / "cin-2024-25.xml", folder / "census.xml")
    (folder / "issues.csv").write_text("code\n", encoding="utf-8")
    return folder, "cin", "CINdetails", 299


@pytest.mark.parametrize("form", [as_excel, as_xml, census_beside_other_files])
def test_last_years_return_is_kept_with_the_run(cli, tmp_path, form):
    (tmp_path / "last").mkdir()
    previous, name, table, rows = form(tmp_path / "last")
    source = SAMPLES / "fernshire_ssd"
    cli("run", name, "--year", "2025-26", "--source", source, "--previous", previous, "--out", "made/run")
    assert len(load_run(tmp_path / "made" / "run").previous[table]) == rows
    assert cli("report", tmp_path / "made" / "run")[0] == 0
