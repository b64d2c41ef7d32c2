"""Both returns, every year covered, from an extract without faults: made, accepted by the schema, read back."""

import json

import pytest
from lxml import etree

from dfe_returns import synthetic
from dfe_returns.contract import YEARS
from dfe_returns.files import data_folder


@pytest.mark.parametrize("year", YEARS)
def test_every_year_from_case_records_to_a_file(cli, tmp_path, year):
    synthetic.synthesise(60, 7, tmp_path / "extract", year=year)
    code, out, err = cli(
        "run", "cin", "--year", year, "--source", tmp_path / "extract", "--out", "cin", "--format", "json"
    )
    assert code in (0, 1), err
    assert json.loads(out)["children"] > 20
    schema = etree.XMLSchema(etree.parse(data_folder("schemas") / "cin" / "xsd" / f"cin-{year}.xsd"))
    schema.assertValid(etree.parse(tmp_path / "cin" / "draft" / "cin.xml"))
    code, out, err = cli(
        "run", "ssda903", "--year", year, "--source", tmp_path / "extract", "--out", "903", "--format", "json"
    )
    assert code in (0, 1), err
    code, out, err = cli("validate", "ssda903", tmp_path / "903" / "draft", "--year", year, "--format", "json")
    assert code in (0, 1), err
    assert json.loads(out)["structure"] == []
