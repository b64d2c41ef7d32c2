"""The register: what may leave, and what a value is in law (R1, R3, R9, R14, R22)."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
import yaml

from dfe_returns.contract import contract
from dfe_returns.contract.gateways import load, register
from dfe_returns.contract.years import YEARS
from dfe_returns.errors import ContractError, UsageError
from dfe_returns.files import data_folder

OFF = "{} is off until its specification reference is recorded"


@pytest.fixture
def folder(tmp_path):
    """A copy of the register that a test may spoil: ``change(file, action)`` edits it."""
    shutil.copytree(data_folder("schemas") / "gateways", tmp_path / "gateways")

    def change(file, action):
        path = tmp_path / "gateways" / file
        content = yaml.safe_load(path.read_text())
        action(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return tmp_path / "gateways"

    return change


@pytest.mark.parametrize("return_name", ["cin", "ssda903"])
@pytest.mark.parametrize("year", YEARS)
def test_every_output_field_of_every_year_has_a_disclosure_gateway(return_name, year):
    laws = register()
    collection = contract(return_name, year)
    switches = {table.name for table in collection.tables.values() if not table.on_by_default}
    for name in collection.fields:
        assert laws.covers(return_name, name, year, switches) == (True, ""), name
        assert any(laws.gateways[g].discloses for g in laws.field(return_name, name).gateways)


def test_a_field_without_a_gateway_stops_the_load_and_says_what_to_do(folder):
    place = folder("fields.yaml", lambda c: c["cin"]["CINdetails"]["fields"]["CINclosureDate"].update(gateways=[]))
    with pytest.raises(ContractError) as error:
        load(place)
    text = str(error.value)
    assert "fields.yaml: cin.CINdetails.CINclosureDate" in text
    assert "GW-CA89-S83" in text
    assert "take the field out of schemas/cin/dictionary.yaml" in text


def test_a_new_output_field_without_an_entry_stops_the_contract(folder):
    place = folder("fields.yaml", lambda c: c["ssda903"]["OC3"]["fields"].pop("ACCOM"))
    laws = load(place)
    with pytest.raises(ContractError, match=r"OC3\.ACCOM.*data protection officer"):
        laws.check("ssda903", contract("ssda903", "2025-26").fields)
    assert laws.covers("ssda903", "OC3.ACCOM", "2025-26") == (False, "not in the gateway register")


@pytest.mark.parametrize(
    "never", [g.id for g in register().gateways.values() if g.role in ("not_a_gateway", "recipient_power", "function")]
)
def test_what_is_not_a_gateway_never_justifies_sending(folder, never):
    place = folder("fields.yaml", lambda c: c["defaults"].update(gateways=[never]))
    with pytest.raises(ContractError, match=f"{never}, whose role is .*never justifies"):
        load(place)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("gateways", ["GW-UNHEARD-OF"], "gateways.yaml does not have"),
        ("functions", ["GW-CA89-S83"], "is no function"),
        ("class", ["secret"], "unknown value 'secret'"),
        ("tier", "T9", "unknown value 'T9'"),
        ("doubts", ["D99"], "unknown value 'D99'"),
        ("about", ["neighbour"], "unknown value 'neighbour'"),
        ("supplier", "perhaps", "unknown value 'perhaps'"),
        ("art6", None, "without an Article 6 basis"),
        ("purpose", "", "lacks a purpose"),
        ("seasons", {"from": "2026-27", "to": "2024-25"}, "end before they begin"),
        ("colour", "blue", "unknown key 'colour'"),
    ],
)
def test_a_wrong_entry_is_named_by_file_and_key(folder, key, value, message):
    place = folder("fields.yaml", lambda c: c["cin"]["Section47"]["fields"]["ICPCnotRequired"].update({key: value}))
    with pytest.raises(ContractError, match=message) as error:
        load(place)
    assert "fields.yaml: cin.Section47.ICPCnotRequired" in str(error.value)


def test_the_years_of_dictionary_and_register_must_agree():
    with pytest.raises(ContractError, match=r"ChildIdentifiers\.Sex may not be sent in 2023-24"):
        register().check("cin", "ChildIdentifiers.Sex", "2023-24")


@pytest.mark.parametrize(
    ("return_name", "field", "year", "switches", "reason"),
    [
        ("cin", "ChildIdentifiers.GenderCurrent", "2023-24", (), ""),
        ("cin", "ChildIdentifiers.GenderCurrent", "2024-25", (), "not collected after 2023-24"),
        ("ssda903", "SWEpisodes.SW_ID", "2022-23", (), "not collected before 2023-24"),
        ("cin", "CINdetails.CINdetailsID", "2025-26", (), "join key, never published"),
        ("cin", "PreProceedings.PPOutcome", "2026-27", (), OFF.format("PreProceedings")),
        ("cin", "PreProceedings.PPOutcome", "2026-27", {"PreProceedings": " "}, OFF.format("PreProceedings")),
        ("cin", "PreProceedings.PPOutcome", "2026-27", {"PreProceedings": "v1.1"}, ""),
        ("cin", "PreProceedings.PPOutcome", "2025-26", {"PreProceedings": "v1.1"}, "not collected before 2026-27"),
        ("ssda903", "DoLo.DOLO_START", "2026-27", {"PreProceedings"}, OFF.format("DoLo")),
    ],
)  # fmt: skip
def test_seasons_and_switches_decide(return_name, field, year, switches, reason):
    assert register().covers(return_name, field, year, switches) == (reason == "", reason)


def test_a_retired_gateway_covers_nothing(folder):
    def retire(content):
        content["gateways"]["GW-CA89-S83"]["in_force"]["to"] = "2024-06-30"

    laws = load(folder("gateways.yaml", retire))
    assert laws.covers("cin", "CINdetails.ReferralNFA", "2024-25")[0]
    assert laws.covers("cin", "CINdetails.ReferralNFA", "2025-26") == (
        False,
        "no disclosure gateway in force for that year",
    )


@pytest.mark.parametrize(
    ("return_name", "field", "value", "data_class", "tier", "art9", "art10"),
    [
        ("ssda903", "Episodes.LS", "J1", "criminal_offence", "T4", "", "A10-P6"),
        ("ssda903", "Episodes.LS", "V2", "ordinary", "T3", "", ""),
        ("ssda903", "Episodes.REC", "E9", "criminal_offence", "T4", "", "A10-P6"),
        ("ssda903", "Episodes.REC", "E2", "ordinary", "T3", "", ""),
        ("ssda903", "Episodes.PLACE", "A5", "ordinary", "T4", "", ""),
        ("ssda903", "Episodes.PLACE", "U1", "ordinary", "T3", "", ""),
        ("ssda903", "OC3.ACTIV", "G4", "special_health", "T4", "A9-2G-P6", ""),
        ("ssda903", "OC3.ACTIV", "F1", "ordinary", "T3", "", ""),
        ("ssda903", "AD1.SEX_ADOPTR", "FF", "special_sexual_orientation", "T4", "A9-2G-P6", ""),
        ("ssda903", "AD1.SEX_ADOPTR", "MF", "ordinary", "T3", "", ""),
        ("cin", "AssessmentFactorsList.AssessmentFactor", "24A", "criminal_offence", "T4", "", "A10-P6"),
        ("cin", "AssessmentFactorsList.AssessmentFactor", "21", "ordinary", "T4", "", ""),
        ("cin", "ChildProtectionPlans.InitialCategoryOfAbuse", "NEG", "ordinary; criminal_offence", "T4", "", "A10-P6"),
    ],
)  # fmt: skip
def test_the_class_follows_the_value(return_name, field, value, data_class, tier, art9, art10):
    row = register().class_of(return_name, field, pd.Series([value], index=[7])).loc[7]
    assert (row.data_class, row.tier, row.art9, row.art10) == (data_class, tier, art9, art10)


def test_a_code_of_two_kinds_has_both_classes():
    row = register().class_of("cin", "AssessmentFactorsList.AssessmentFactor", pd.Series(["19B"])).loc[0]
    assert (row.data_class, row.art9, row.art10) == ("special_sex_life; criminal_offence", "A9-2G-P6", "A10-P6")


def test_a_blank_value_has_no_class():
    answer = register().class_of("ssda903", "Episodes.LS", pd.Series(["J1", None, " "], dtype="str"))
    assert answer["data_class"].tolist() == ["criminal_offence", "", ""]
    assert answer["raised"].tolist() == [True, False, False]


def test_every_sensitive_code_is_a_code_of_the_return():
    for (return_name, name), law in register().fields.items():
        code_set = contract(return_name, "2025-26").field(name).code_set
        known = set(contract(return_name, "2025-26").codesets[code_set].all_codes) if code_set else set()
        for group in law.sensitive_codes:
            assert set(group.codes) <= known, name


def test_added_fields_are_those_last_year_did_not_have():
    before, now = contract("cin", "2025-26").fields, contract("cin", "2026-27").fields
    added = register().added_fields("cin", before, now)
    assert {law.table for law in added} == {"PreProceedings"}
    assert len(added) == 10


def test_explaining_a_gateway_a_condition_a_doubt_and_a_field():
    laws = register()
    gateway = laws.explain("gw-ca89-s83")
    assert gateway["may_justify_sending"] is True
    assert "cin CINdetails.CINreferralDate" in gateway["fields"]
    assert laws.explain("NG-CONSENT")["may_justify_sending"] is False
    assert laws.explain("A6-1C")["role"] == "condition"
    assert "ssda903 OC3.IN_TOUCH" in laws.explain("D02")["fields"]
    field = laws.explain_field("ssda903", "OC3.IN_TOUCH")
    assert field["article_6"] == "A6-1C, or A6-1E"
    assert field["by_value"] == [{"codes": ["DIED"], "class": ["ordinary"], "tier": "T3", "why": "died"}]
    with pytest.raises(UsageError, match="gateways list"):
        laws.explain("GW-NONE")


def test_the_list_shows_every_gateway_once():
    listed = register().frame()
    assert listed["gateway"].is_unique
    assert set(listed["role"]) == {"disclosure", "function", "recipient_power", "not_a_gateway"}
    assert listed.set_index("gateway")["fields"]["NG-CONSENT"] == 0
