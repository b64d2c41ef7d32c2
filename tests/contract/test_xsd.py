"""The XSD of each census year: kept up to date, accepts a good file, refuses each kind of breach."""

from __future__ import annotations

import pytest
from lxml import etree

from dfe_returns.contract import YEARS, contract
from dfe_returns.contract.xsd import xsd_path, xsd_text
from dfe_returns.files import data_folder

GOOD = """<Message>
  <Header>
    <CollectionDetails><Collection>CIN</Collection><Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails>
    <Source>
      <SourceLevel>L</SourceLevel><LEA>999</LEA><SoftwareCode>dfe-returns</SoftwareCode><SerialNo>001</SerialNo>
      <DateTime>2026-06-12T00:00:00</DateTime>
    </Source>
  </Header>
  <Children>
    <Child>
      <ChildIdentifiers>
        <LAchildID>A1</LAchildID><UPN>A123456789012</UPN><PersonBirthDate>2015-05-01</PersonBirthDate><Sex>F</Sex>
      </ChildIdentifiers>
      <ChildCharacteristics>
        <Ethnicity>WBRI</Ethnicity>
        <Disabilities><Disability>HEAR</Disability><Disability>VIS</Disability></Disabilities>
      </ChildCharacteristics>
      <CINdetails>
        <CINreferralDate>2025-05-06</CINreferralDate>
        <ReferralSource>6</ReferralSource>
        <PrimaryNeedCode>N1</PrimaryNeedCode>
        <Assessments>
          <AssessmentActualStartDate>2025-05-07</AssessmentActualStartDate>
          <FactorsIdentifiedAtAssessment>
            <AssessmentFactors>1A</AssessmentFactors><AssessmentFactors>3B</AssessmentFactors>
          </FactorsIdentifiedAtAssessment>
        </Assessments>
        <Section47>
          <S47ActualStartDate>2025-08-01</S47ActualStartDate><ICPCnotRequired>0</ICPCnotRequired>
        </Section47>
        <ReferralNFA>0</ReferralNFA>
        <ChildProtectionPlans>
          <CPPstartDate>2025-08-20</CPPstartDate>
          <InitialCategoryOfAbuse>NEG</InitialCategoryOfAbuse><LatestCategoryOfAbuse>EMO</LatestCategoryOfAbuse>
          <NumberOfPreviousCPP>0</NumberOfPreviousCPP>
          <Reviews><CPPreviewDate>2025-11-12</CPPreviewDate></Reviews>
        </ChildProtectionPlans>
      </CINdetails>
    </Child>
  </Children>
</Message>"""


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(xsd_text(contract("cin", "2025-26")).encode()))


@pytest.mark.parametrize("year", YEARS)
def test_the_schema_kept_with_the_contract_is_the_one_the_contract_makes(year):
    kept = xsd_path(data_folder("schemas"), year).read_text(encoding="utf-8")
    assert kept == xsd_text(contract("cin", year)), "run `python -m dfe_returns.contract.xsd`"


@pytest.mark.parametrize("year", YEARS)
def test_a_good_file_of_the_year_is_accepted(year):
    end = str(contract("cin", year).end.year)
    text = GOOD.replace("2026<", f"{end}<").replace("2026-03-31", f"{end}-03-31")
    if year <= "2023-24":
        text = text.replace("<Sex>F</Sex>", "<GenderCurrent>2</GenderCurrent>")
    schema = etree.XMLSchema(etree.parse(xsd_path(data_folder("schemas"), year)))
    schema.assertValid(etree.fromstring(text))


@pytest.mark.parametrize(
    ("breach", "old", "new"),
    [
        ("an element nobody asked for", "<Sex>", "<Surname>x</Surname><Sex>"),
        ("an item of another year", "<Sex>F</Sex>", "<GenderCurrent>2</GenderCurrent>"),
        ("a table of a later year", "</CINdetails>", "<PreProceedingsandFGDM/></CINdetails>"),
        ("an item in the wrong place", "<Ethnicity>WBRI</Ethnicity>", "<Ethnicity>WBRI</Ethnicity><Sex>F</Sex>"),
        (
            "items out of order",
            "<LAchildID>A1</LAchildID><UPN>A123456789012</UPN>",
            "<UPN>A123456789012</UPN><LAchildID>A1</LAchildID>",
        ),
        ("an item given twice", "<Sex>F</Sex>", "<Sex>F</Sex><Sex>F</Sex>"),
        ("a wrapper given twice", "</Disabilities>", "</Disabilities><Disabilities/>"),
        ("a required item left out", "<Ethnicity>WBRI</Ethnicity>", ""),
        ("a required date left out", "<S47ActualStartDate>2025-08-01</S47ActualStartDate>", ""),
        ("no children", "<Child>", "<!--"),
        ("an empty item", "<Sex>F</Sex>", "<Sex/>"),
        ("a code outside the list", "WBRI", "BRIT"),
        ("a code in the wrong letter case", "WBRI", "wbri"),
        ("a name in a code item", "<ReferralSource>6<", "<ReferralSource>Jo Bloggs<"),
        ("a date that is not a day", "2025-05-07", "2025-02-30"),
        ("a date in another form", "2025-05-07", "07/05/2025"),
        ("a date with a time zone", "2025-05-07", "2025-05-07Z"),
        ("a flag in words", "<ReferralNFA>0<", "<ReferralNFA>false<"),
        ("a count below nought", "<NumberOfPreviousCPP>0<", "<NumberOfPreviousCPP>-1<"),
        ("a count with a fraction", "<NumberOfPreviousCPP>0<", "<NumberOfPreviousCPP>1.5<"),
        ("an identifier that is too long", "<LAchildID>A1<", f"<LAchildID>{'A' * 21}<"),
        ("an identifier with other characters", "<LAchildID>A1<", "<LAchildID>A-1<"),
        ("a UPN of another form", "A123456789012", "A12345678901"),
        ("another collection", ">CIN<", ">SCH<"),
        ("another year", "<Year>2026<", "<Year>2025<"),
        ("another reference date", "2026-03-31", "2026-04-01"),
        ("an authority number that is none", "<LEA>999<", "<LEA>99<"),
        ("stray text", "</ChildIdentifiers>", "see letter</ChildIdentifiers>"),
        ("an attribute", "<CINdetails>", '<CINdetails id="1">'),
        ("a namespace", "<Message>", '<Message xmlns="urn:x-example">'),
    ],
)
def test_each_kind_of_breach_is_refused(schema, breach, old, new):
    text = GOOD.replace(old, new, 1)
    if new == "<!--":
        text = text.replace("</Child>", "-->", 1)
    assert text != GOOD
    assert not schema.validate(etree.fromstring(text)), breach


def test_a_length_check_of_a_later_year_is_not_applied_earlier():
    schema = etree.XMLSchema(etree.fromstring(xsd_text(contract("cin", "2022-23")).encode()))
    text = GOOD.replace("<Sex>F</Sex>", "<GenderCurrent>2</GenderCurrent>").replace("2026<", "2023<")
    text = text.replace("2026-03-31", "2023-03-31")
    assert schema.validate(etree.fromstring(text.replace("<LAchildID>A1<", "<LAchildID>A-1<")))


def test_a_table_that_is_off_is_in_the_schema_of_its_year():
    text = GOOD.replace("2026<", "2027<").replace("2026-03-31", "2027-03-31")
    inside = "<PreProceedingsandFGDM><PPStartDate>2026-12-01</PPStartDate></PreProceedingsandFGDM></CINdetails>"
    schema = etree.XMLSchema(etree.fromstring(xsd_text(contract("cin", "2026-27")).encode()))
    schema.assertValid(etree.fromstring(text.replace("</CINdetails>", inside)))
