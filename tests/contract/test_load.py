"""The contract checks itself: whoever edits a schema is told file and key."""

import shutil

import pytest

from dfe_returns.contract import RETURNS, YEARS, contract
from dfe_returns.contract.load import load
from dfe_returns.errors import ContractError, UsageError
from dfe_returns.files import data_folder


@pytest.mark.parametrize("return_name", RETURNS)
@pytest.mark.parametrize("year", YEARS)
def test_every_collection_loads(return_name, year):
    collection = contract(return_name, year)
    assert (collection.name, collection.year) == (return_name, year)
    assert (collection.start.month, collection.start.day) == (4, 1)
    assert (collection.end.month, collection.end.day) == (3, 31)
    assert collection.edition["title"]


def test_year_may_be_written_in_the_usual_ways():
    assert (
        contract("cin", "2025/26").year
        == contract("cin", "2025-2026").year
        == contract("cin", "2026").year
        == "2025-26"
    )


@pytest.mark.parametrize(
    ("return_name", "year"), [("cin", "2019-20"), ("cin", "2025-27"), ("cin", "soon"), ("sen2", "2025-26")]
)
def test_unknown_return_or_year_is_a_usage_error(return_name, year):
    with pytest.raises(UsageError):
        contract(return_name, year)


def test_sex_takes_the_place_of_gender_in_2024_25():
    before, after = (contract("cin", year).tables["ChildIdentifiers"].columns for year in ("2023-24", "2024-25"))
    assert "GenderCurrent" in before
    assert "Sex" not in before
    assert before.index("GenderCurrent") == after.index("Sex")


def test_pre_proceedings_and_dolo_come_in_2026_27_and_stay_off():
    for return_name, table in (("cin", "PreProceedings"), ("ssda903", "DoLo")):
        assert table not in contract(return_name, "2025-26").tables
        assert not contract(return_name, "2026-27").tables[table].on_by_default


@pytest.mark.parametrize(
    ("year", "there", "gone"),
    [
        ("2023-24", {"H5", "P2", "Z1"}, {"K3", "Z11"}),
        ("2024-25", {"K3", "Z1"}, {"H5", "P2", "Z11"}),
        ("2025-26", {"K3", "Z14"}, {"Z1", "H5"}),
    ],
)
def test_placement_codes_change_with_the_year(year, there, gone):
    codes = set(contract("ssda903", year).codesets["PLACE"].codes)
    assert there <= codes
    assert not gone & codes


def test_every_published_field_has_a_disclosure_gateway():
    for return_name in RETURNS:
        for year in YEARS:
            collection = contract(return_name, year)
            for name in collection.fields:
                assert collection.gateways.field(return_name, name).gateways


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "cin/dictionary.yaml",
            "code_set: reason_for_closure",
            "code_set: reasons",
            ["dictionary.yaml", "CINdetails.ReasonForClosure", "reasons"],
        ),
        (
            "cin/dictionary.yaml",
            "rule: '8640'",
            "rule: '9999'",
            ["dictionary.yaml", "CINdetails.ReasonForClosure", "9999"],
        ),
        ("cin/dictionary.yaml", "kind: required_code", "kind: must_be_nice", ["dictionary.yaml", "must_be_nice"]),
        ("cin/dictionary.yaml", "type: boolean", "type: perhaps", ["dictionary.yaml", "perhaps"]),
        ("cin/dictionary.yaml", "until: 2023-24", "until: 2029-30", ["dictionary.yaml", "GenderCurrent", "2029-30"]),
        ("cin/dictionary.yaml", "- name: CINclosureDate", "- name: CINferralDate", ["CINferralDate", "gateway"]),
        ("cin/codesets.yaml", "  RC5:", "  5:", ["codesets.yaml", "reason_for_closure", "quotes"]),
        ("cin/codesets.yaml", "return: cin", "return: [cin", ["codesets.yaml", "line"]),
        (
            "cin/dictionary.yaml",
            "    meaning: who made the referral\n",
            "",
            ["dictionary.yaml", "ReferralSource", "meaning"],
        ),
        (
            "cin/dictionary.yaml",
            "    code_set: referral_source\n",
            "",
            ["dictionary.yaml", "ReferralSource", "code_set"],
        ),
        ("cin/dictionary.yaml", "    until: 2023-24", "    untill: 2023-24", ["GenderCurrent", "untill", "not known"]),
        ("cin/dictionary.yaml", "requirement: required", "requirement: perhaps", ["Header.Collection", "perhaps"]),
        ("cin/dictionary.yaml", "    type: year\n", "    type: year\n    type: date\n", ["line", "'type'", "twice"]),
        (
            "cin/dictionary.yaml",
            "    order: 2\n    number: N00602",
            "    order: 1\n    number: N00602",
            ["Header.Year", "order"],
        ),
        ("cin/dictionary.yaml", "  table: CINdetails\n", "  table: CINdetail\n", ["element CINdetails", "CINdetail'"]),
        (
            "cin/dictionary.yaml",
            "  - name: Year\n    element: CollectionDetails",
            "  - name: Year\n    element: Collected",
            ["Header.Year", "Collected"],
        ),
        ("cin/dictionary.yaml", "  max: unbounded", "  max: many", ["element Child", "many"]),
        ("cin/dictionary.yaml", "- name: Source\n", "- name: Header\n", ["element Header", "twice"]),
        ("cin/codesets.yaml", "        label: Male\n", "", ["codesets.yaml", "gender_current.1", "label"]),
        (
            "cin/codesets.yaml",
            "      L: Local authority\n",
            "      L: Local authority\n      L: Other\n",
            ["codesets.yaml", "'L'", "twice"],
        ),
        (
            "cin/rules/header.yaml",
            "[ReferenceDate, Year]",
            "[ReferenceDate, Yaer]",
            ["header.yaml", "rule 100", "Yaer"],
        ),
        (
            "gateways/fields.yaml",
            "      Sex: {",
            "      Sexx: {purpose: x}\n      Sex: {",
            ["fields.yaml", "cin.ChildIdentifiers.Sexx"],
        ),
        ("gateways/fields.yaml", "codes: [UN2, UN3, UN5]", "codes: [UN2, UNX]", ["ChildIdentifiers.UPNunknown", "UNX"]),
        ("gateways/fields.yaml", "suppliers:\n", "supplier:\n", ["fields.yaml", "suppliers"]),
        ("gateways/gateways.yaml", "\n  GW-AAR05-R42:", "\n  GW-CA89-S83:", ["gateways.yaml", "line", "GW-CA89-S83"]),
        ("editions.yaml", "  2025-26: {title: 'CIN", "  2035-36: {title: 'CIN", ["editions.yaml", "2025-26"]),
    ],
)
def test_a_mistake_in_a_schema_is_named_with_file_and_key(tmp_path, file, old, new, said):
    schemas = tmp_path / "schemas"
    shutil.copytree(data_folder("schemas"), schemas)
    text = (schemas / file).read_text(encoding="utf-8")
    assert old in text
    (schemas / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as stopped:
        load(schemas, "cin", "2025-26")
    for word in said:
        assert word in str(stopped.value)


def test_a_missing_schema_file_is_named(tmp_path):
    schemas = tmp_path / "schemas"
    shutil.copytree(data_folder("schemas"), schemas)
    (schemas / "cin" / "codesets.yaml").unlink()
    with pytest.raises(ContractError, match=r"codesets\.yaml"):
        load(schemas, "cin", "2025-26")
