"""Lineage: counts that add up, sources, gateways as used, one child's values, OpenLineage (R11, R12, R14)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pandas as pd
import pytest

from dfe_returns.contract import contract
from dfe_returns.contract.years import YEARS
from dfe_returns.errors import ContractError, UsageError
from dfe_returns.evidence.child import child_lineage, hidden, rows_of_child
from dfe_returns.evidence.lineage import (
    FIELD_COLUMNS,
    GATEWAY_COLUMNS,
    classes_sent,
    field_lineage,
    gateways_used,
    row_lineage,
    write_lineage,
)
from dfe_returns.evidence.mapping import mapping_of
from dfe_returns.evidence.openlineage import openlineage_events, write_openlineage

from .runs import NO_WITHHELD

NOW = datetime(2026, 6, 12, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("return_name", ["cin", "ssda903"])
@pytest.mark.parametrize("year", YEARS)
def test_every_field_of_every_year_says_what_it_is_made_of(return_name, year):
    fields = field_lineage(contract(return_name, year), mapping_of(return_name), {}, NO_WITHHELD)
    assert list(fields.columns) == FIELD_COLUMNS
    assert len(fields) == len(contract(return_name, year).fields)
    assert fields[["transformation", "gateway", "tier", "supplier"]].ne("").all(axis=None)


def test_counts_of_a_field_add_up_to_the_rows(cin_run):
    fields = cin_run.fields.set_index(["table", "field"])
    closure = fields.loc[("CINdetails", "CINclosureDate")]
    assert (closure["sent"], closure["blank"], closure["withheld"]) == (1, 1, 3)
    assert closure["source_columns"] == "ssd_cin_episodes.cine_close_date"
    assert closure["gateway"] == "GW-CA89-S83"
    upn = fields.loc[("ChildIdentifiers", "UPN")]
    assert (upn["sent"], upn["blank"], upn["doubts"]) == (1, 1, "D15; D17")
    assert fields.loc[("Section47", "S47ActualStartDate"), "sent"] == 0


def test_a_field_without_mapping_is_named():
    mapping = {name: entry for name, entry in mapping_of("cin").items() if name != "CINdetails.ReferralNFA"}
    with pytest.raises(ContractError, match=r"cin/mapping\.yaml: CINdetails\.ReferralNFA"):
        field_lineage(contract("cin", "2025-26"), mapping, {}, NO_WITHHELD)


def test_row_lineage_names_the_source_rows_in_the_order_of_the_return(cin_run):
    rows = row_lineage(cin_run)
    assert rows[["table", "row", "child", "part", "file", "line"]].values.tolist() == [
        ["ChildIdentifiers", 0, "A1", "UPN", "ssd_send.csv", 9],
        ["ChildIdentifiers", 0, "A1", "row", "ssd_person.csv", 2],
        ["ChildIdentifiers", 1, "A2", "row", "ssd_person.csv", 3],
        ["CINdetails", 0, "A1", "row", "ssd_cin_episodes.csv", 5],
        ["CINdetails", 1, "A2", "row", "ssd_cin_episodes.csv", 7],
    ]
    assert set(rows["return"]) == {"cin"}


def test_the_classes_sent_follow_the_values(looked_after_run):
    sent = classes_sent(looked_after_run.collection, looked_after_run.tables)
    legal = sent[sent["field"].eq("LS")].set_index("data_class")
    assert legal.loc["criminal_offence", ["tier", "art10", "values"]].tolist() == ["T4", "A10-P6", 1]
    assert legal.loc["ordinary", ["tier", "values"]].tolist() == ["T4", 1]
    assert sent[sent["field"].eq("SEX_ADOPTR")]["data_class"].tolist() == ["special_sexual_orientation"]


def test_gateways_as_used(looked_after_run):
    used = gateways_used(looked_after_run.collection, looked_after_run.tables)
    assert list(used.columns) == GATEWAY_COLUMNS
    pairs = set(zip(used["table"], used["gateway"], strict=True))
    assert ("AD1", "GW-AAR05-R42") in pairs
    assert ("Episodes", "GW-AAR05-R42") not in pairs
    episodes = used[used["table"].eq("Episodes")].iloc[0]
    assert (episodes["values"], episodes["raised"], episodes["art10"]) == (16, 7, "A10-P6")
    assert "Secretary of State" in episodes["recipient"]


def test_one_child_value_by_value(cin_run):
    answer = child_lineage(cin_run, "A1")

    def of(table, field, *columns, rows=answer):
        return rows.loc[rows["table"].eq(table) & rows["field"].eq(field), list(columns)].values.tolist()

    assert of("ChildIdentifiers", "UPN", "source") == [["ssd_send ssd_send.csv:9"]]
    assert of("ChildIdentifiers", "PersonBirthDate", "value", "source") == [
        ["2015-02-03", "ssd_person ssd_person.csv:2"]
    ]
    assert of("CINdetails", "PrimaryNeedCode", "data_class", "art9") == [["special_health", "A9-2G-P6"]]
    assert of("CINdetails", "PrimaryNeedCode", "decisions") == [[""]]
    assert of("CINdetails", "ReferralSource", "decisions") == [["CIN-SOURCE"]]
    assert of("CINdetails", "CINclosureDate", "value", "decisions", "data_class") == [["", "CIN-CLOSURE-CUT", ""]]
    assert of("AssessmentFactorsList", "AssessmentFactor", "value", "about") == [
        ["2B", "parent; household_member"],
        ["20", "child; parent; household_member"],
    ]
    assert not answer["value"].str.contains("A2").any()
    other = child_lineage(cin_run, "A2")
    assert of("CINdetails", "PrimaryNeedCode", "decisions", rows=other) == [["CIN-NEED-MAPPED"]]


def test_dates_of_the_903_read_as_the_903_writes_them(looked_after_run):
    answer = child_lineage(looked_after_run, "B1")
    assert "01/04/2025" in set(answer["value"])
    assert answer.loc[answer["field"].eq("LS"), "data_class"].tolist() == ["criminal_offence"]


def test_an_unknown_child_is_not_repeated_in_the_message(cin_run):
    with pytest.raises(UsageError) as error:
        child_lineage(cin_run, "SECRET77")
    assert "SECRET77" not in str(error.value)


def test_sensitive_values_are_hidden_until_a_reason_is_given(cin_run):
    shown = hidden(child_lineage(cin_run, "A1")).set_index("field")["value"]
    assert shown["PrimaryNeedCode"] == "(hidden, T3)"
    assert shown["CINreferralDate"] == "2025-05-01"


def test_a_value_set_by_hand_says_why_by_whose_decision_and_when(cin_run):
    """The reason may tell something of the child, so it is hidden where the value is."""
    note = "misread (manager, 2026-05-01)"
    one = {"rule": "CIN-OVERRIDE", "table": "CINdetails", "record": "ssd_cin_episodes.csv:5", "child": "A1", "old": ""}
    both = [one | {"field": field, "new": "", "note": note} for field in ("PrimaryNeedCode", "CINreferralDate")]
    cin_run.decisions = pd.concat([cin_run.decisions, pd.DataFrame(both)], ignore_index=True)
    answer = child_lineage(cin_run, "A1")
    found = answer.set_index("field")["by_hand"]
    assert found["PrimaryNeedCode"] == note
    assert found["ReferralSource"] == ""
    shown = hidden(answer).set_index("field")["by_hand"]
    assert shown["PrimaryNeedCode"] == "(hidden)"
    assert shown["CINreferralDate"] == note
    assert shown["ReferralSource"] == ""


def test_rows_of_one_child(cin_run):
    assert rows_of_child(cin_run, "A2")["line"].tolist() == [3, 7]


def test_the_files_are_private_and_the_same_each_time(cin_run, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert write_lineage(cin_run, tmp_path / name)["rows.csv"] == 5
    for name in ("fields.csv", "rows.csv", "gateways.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert (tmp_path / "one" / name).stat().st_mode & 0o777 == 0o600


def test_neither_fields_nor_gateways_hold_a_value_of_a_child(cin_run, tmp_path):
    write_lineage(cin_run, tmp_path)
    text = (tmp_path / "fields.csv").read_text() + (tmp_path / "gateways.csv").read_text()
    for value in ("A123456789012", "2015-02-03", "2025-05-01"):
        assert value not in text


def test_openlineage_carries_columns_gateways_and_counts_only(cin_run, tmp_path):
    path = write_openlineage(cin_run, tmp_path / "openlineage.ndjson", NOW, NOW)
    start, complete = (json.loads(line) for line in path.read_text().splitlines())
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    out = {o["name"]: o for o in complete["outputs"]}["cin-2025-26.CINdetails"]
    assert out["outputFacets"]["outputStatistics"]["rowCount"] == 2
    sources = out["facets"]["columnLineage"]["fields"]["CINclosureDate"]["inputFields"]
    assert [(s["name"], s["field"]) for s in sources] == [("ssd_cin_episodes", "cine_close_date")]
    assert sources[0]["transformations"][0]["description"]
    laws = {f["field"]: f for f in out["facets"]["dfeReturns_gateways"]["fields"]}
    assert laws["CINclosureDate"]["gateway"] == "GW-CA89-S83"
    assert out["facets"]["dfeReturns_gateways"]["_schemaURL"].endswith("GatewayDatasetFacet")
    assert "A123456789012" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_openlineage_inputs_are_the_columns_the_mapping_names(cin_run):
    complete = openlineage_events(cin_run, NOW, NOW)[1]
    names = {i.name for i in complete.inputs}
    assert {"ssd_person", "ssd_cin_episodes", "ssd_assessment_factors"} <= names
    assert "ssd_cla_episodes" not in names


def test_an_empty_run_gives_empty_files(cin_run):
    cin_run.tables, cin_run.origins = {}, {}
    assert len(row_lineage(cin_run)) == 0
    assert len(gateways_used(cin_run.collection, {})) == 0
    assert isinstance(classes_sent(cin_run.collection, {}), pd.DataFrame)
