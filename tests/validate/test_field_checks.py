"""Rules about one field run as Pandera checks that carry the rule's code, in the engine and in the schemas alike."""

import pandas as pd
import pandera.errors
import pytest

from dfe_returns.contract import YEARS, contract
from dfe_returns.errors import UsageError
from dfe_returns.validate import schemas
from dfe_returns.validate.engine import validate
from dfe_returns.validate.schemas import NAMES, failures, for_table

CHILDREN = pd.DataFrame(
    {
        "LAchildID": ["A1", "A-2", None],
        "UPN": ["E001000000000", "B001000000000", None],
        "Sex": ["F", "X", None],
    },
    dtype="str",
)


def test_a_schema_names_the_dfe_rule_that_fails():
    schema = schemas.child_identifiers("2025-26")
    with pytest.raises(pandera.errors.SchemaErrors) as stopped:
        schema.validate(CHILDREN, lazy=True)
    assert {"1510", "1580", "4180", "8500"} <= set(stopped.value.failure_cases["check"])


def test_failures_lists_row_field_and_check_but_no_values():
    listed = failures(for_table("cin", "ChildIdentifiers", "2025-26"), CHILDREN)
    assert list(listed.columns) == ["row", "field", "check"]
    by_rule = set(zip(listed["check"], listed["row"], strict=True))
    assert {("1510", 1), ("1580", 1), ("4180", 1), ("4180", 2), ("8500", 2)} <= by_rule
    assert failures(for_table("cin", "ChildIdentifiers", "2025-26"), CHILDREN[:1]).empty


def test_schema_and_engine_find_the_same():
    collection = contract("cin", "2025-26")
    tables = {
        name: pd.DataFrame(
            {column: [None, "", "x", "0", "2025-05-10", "RC1"] for column in table.frame_columns}, dtype="str"
        )
        for name, table in collection.tables.items()
    }
    tables = {name: frame.mask(frame == "") for name, frame in tables.items()}
    field_level = {c["rule"] for f in collection.fields.values() for c in f.checks} & set(collection.rules)
    assert {"1510", "8500", "8730", "8870Q"} <= field_level
    issues = validate("cin", "2025-26", tables, rules=field_level)
    engine = set(zip(issues["code"], issues["table"], issues["row"], issues["field"], strict=True))
    listed = set()
    for name, frame in tables.items():
        found = failures(for_table("cin", name, "2025-26"), frame)
        found = found[found["check"].isin(field_level)]
        listed |= {(c, name, r, f) for c, r, f in zip(found["check"], found["row"], found["field"], strict=True)}
    assert engine == listed
    assert engine


def test_a_check_holds_only_in_its_years():
    def checks(year):
        columns = schemas.child_identifiers(year).columns
        return {name: {check.name for check in columns[name].checks} for name in columns}

    assert "Sex" not in checks("2023-24")
    assert "4180" in checks("2023-24")["GenderCurrent"]
    assert "4180" in checks("2024-25")["Sex"]
    assert "1570" not in checks("2023-24")["LAchildID"]
    assert "1570" in checks("2024-25")["LAchildID"]


def test_what_may_leave_has_its_own_checks():
    frame = pd.DataFrame({"CPPstartDate": ["10 May", "2025-05-10"], "NumberOfPreviousCPP": ["many", "1"]}, dtype="str")
    listed = failures(schemas.child_protection_plans("2025-26"), frame)
    assert {("CPPstartDate", "type"), ("NumberOfPreviousCPP", "type")} <= set(
        zip(listed["field"], listed["check"], strict=True)
    )
    assert set(listed["row"]) == {0}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_everyday_name_gives_a_schema_in_some_year(name):
    return_name, table = NAMES[name]
    years = [year for year in YEARS if table in contract(return_name, year).tables]
    assert years
    assert getattr(schemas, name)(years[-1]).columns


def test_an_unknown_table_or_name_is_refused():
    with pytest.raises(UsageError, match="no table 'Pupils'"):
        for_table("cin", "Pupils", "2025-26")
    with pytest.raises(UsageError, match="PreProceedings"):
        for_table("cin", "PreProceedings", "2025-26")
    with pytest.raises(AttributeError):
        schemas.pupils  # noqa: B018


def test_case_records_have_schemas_too():
    assert schemas.placements().name == "ssd_cla_placement"
    assert schemas.placements("2022-23") is schemas.ssd_cla_placement()
    assert "pers_dob" in schemas.people().columns
