"""The census file we write: order, formats, what is left out, and that nothing is lost between tables and file."""

from __future__ import annotations

import re
from io import BytesIO

import pandas as pd
import pytest
from census_tables import as_bytes
from lxml import etree

from dfe_returns.contract import YEARS, contract
from dfe_returns.contract.xml_tree import xml_tree
from dfe_returns.errors import DfeReturnsError
from dfe_returns.publish import cin_xml

A2 = """\
    <Child>
      <ChildIdentifiers>
        <LAchildID>A2</LAchildID>
        <UPNunknown>UN4</UPNunknown>
        <PersonBirthDate>2016-06-01</PersonBirthDate>
        <Sex>M</Sex>
      </ChildIdentifiers>
      <ChildCharacteristics>
        <Ethnicity>REFU</Ethnicity>
        <Disabilities>
          <Disability>HEAR</Disability>
          <Disability>VIS</Disability>
        </Disabilities>
      </ChildCharacteristics>
      <CINdetails>
        <CINreferralDate>2025-06-07</CINreferralDate>
        <ReferralSource>3A</ReferralSource>
        <PrimaryNeedCode>N4</PrimaryNeedCode>
        <CINclosureDate>2025-09-01</CINclosureDate>
        <ReasonForClosure>RC8</ReasonForClosure>
        <Assessments>
          <AssessmentActualStartDate>2025-06-08</AssessmentActualStartDate>
        </Assessments>
        <ReferralNFA>0</ReferralNFA>
      </CINdetails>
      <CINdetails>
        <CINreferralDate>2025-11-03</CINreferralDate>
        <ReferralSource>1A</ReferralSource>
        <ReferralNFA>1</ReferralNFA>
      </CINdetails>
    </Child>
"""


def test_a_child_is_written_in_contract_order_without_blank_items_or_empty_wrappers(census):
    assert A2 in as_bytes(census).decode()


def test_the_header_stands_first_with_its_date_and_time(census):
    text = as_bytes(census).decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Message>\n  <Header>\n    <CollectionDetails>\n')
    assert "<ReferenceDate>2026-03-31</ReferenceDate>" in text
    assert "<DateTime>2026-06-12T09:30:00</DateTime>" in text
    assert "<SerialNo>001</SerialNo>" in text


def test_the_same_tables_give_the_same_bytes(census):
    assert as_bytes(census) == as_bytes({name: frame.copy() for name, frame in census.items()})


def test_blocks_of_children_leave_no_trace(census, monkeypatch):
    whole = as_bytes(census)
    monkeypatch.setattr(cin_xml, "CHILDREN_AT_A_TIME", 1)
    assert as_bytes(census) == whole


def test_rows_in_any_order_come_under_their_own_parent(census):
    mixed = {name: frame.iloc[::-1] for name, frame in census.items() if name != "ChildIdentifiers"}
    text = as_bytes({**mixed, "ChildIdentifiers": census["ChildIdentifiers"]}).decode()
    children = text.split("<Child>")[1:]
    assert [re.findall("<CINreferralDate>(.*?)<", child) for child in children] == [
        ["2025-05-06"],
        ["2025-11-03", "2025-06-07"],
        ["2026-02-02"],
    ]
    assert re.findall("<AssessmentFactors>(.*?)<", children[0]) == ["3B", "1A"]


def test_join_keys_and_foreign_columns_are_never_written(census):
    census["ChildIdentifiers"]["Surname"] = "Example"
    census["CINdetails"]["Team"] = "North"
    text = as_bytes(census).decode()
    for name in ("CINdetailsID", "AssessmentID", "CPPID", "Surname", "Example", "Team", "North"):
        assert name not in text


def test_what_the_year_does_not_collect_is_not_written(census):
    census["ChildIdentifiers"]["GenderCurrent"] = "1"
    assert "GenderCurrent" not in as_bytes(census, "2024-25").decode()
    assert "<Sex>" not in as_bytes(census, "2023-24").decode()
    assert "PPStartDate" not in as_bytes(census, "2025-26", ("PreProceedings",)).decode()


def test_a_table_that_is_off_is_written_only_when_switched_on(census):
    assert "PPStartDate" not in as_bytes(census, "2026-27").decode()
    text = as_bytes(census, "2026-27", ("PreProceedings",)).decode()
    assert "<PPStartDate>2025-12-01</PPStartDate>" in text
    assert text.index("</ChildProtectionPlans>") < text.index("<PreProceedingsandFGDM>")


@pytest.mark.parametrize("year", YEARS)
def test_only_elements_that_the_contract_names_are_written(census, year):
    allowed = {element.name for element in xml_tree(contract("cin", year)).walk()}
    assert {element.tag for element in etree.fromstring(as_bytes(census, year)).iter()} <= allowed


@pytest.mark.parametrize(
    ("value", "written"),
    [("true", "1"), ("False", "0"), (True, "1"), (1, "1"), (0.0, "0"), (" 1 ", "1"), (None, None), ("", None)],
)
def test_flags_are_written_as_0_or_1(census, value, written):
    census["Section47"]["ICPCnotRequired"] = pd.Series([value], dtype=object)
    found = re.findall("<ICPCnotRequired>(.*?)</", as_bytes(census).decode())
    assert found == ([] if written is None else [written])


def test_markup_in_a_value_is_escaped(census):
    census["Header"]["SoftwareCode"] = "Smith & Sons <v2>"
    header = etree.fromstring(as_bytes(census)).find("Header/Source/SoftwareCode")
    assert header.text == "Smith & Sons <v2>"


def test_a_return_without_children_is_still_a_file(census):
    text = as_bytes({"Header": census["Header"]}).decode()
    assert "<Children>\n  </Children>" in text


@pytest.mark.parametrize(
    ("table", "column", "value", "says"),
    [
        ("CINdetails", "LAchildID", "B9", "CINdetails: 1 rows have no row above them with the same LAchildID"),
        ("Assessments", "CINdetailsID", "7", "Assessments: 1 rows have no row above them"),
        ("Section47", "CINdetailsID", None, "Section47: 1 rows have no LAchildID or CINdetailsID"),
        ("ChildIdentifiers", "LAchildID", "A2", "ChildIdentifiers: 1 LAchildID come twice"),
        ("ChildCharacteristics", "LAchildID", "A2", "ChildCharacteristics: a child has more than one row"),
        ("CINdetails", "CINdetailsID", "2", "CINdetails: 1 rows repeat the LAchildID and CINdetailsID of another"),
        ("Header", "SoftwareCode", "bell\x07", "Header.SoftwareCode: 1 values hold a character that XML cannot carry"),
    ],
)
def test_rows_that_cannot_be_placed_stop_the_file(census, table, column, value, says):
    row = 1 if table == "CINdetails" and column == "CINdetailsID" else 0
    census[table].loc[row, column] = value
    with pytest.raises(DfeReturnsError, match=says) as stopped:
        as_bytes(census)
    assert "A2" not in str(stopped.value)


def test_the_writer_says_how_many_rows_it_wrote(census):
    out = BytesIO()
    written = cin_xml.write_cin(census, contract("cin", "2025-26"), out)
    assert written["CINdetails"] == 4
    assert written["Reviews"] == 2
    assert "PreProceedings" not in written
