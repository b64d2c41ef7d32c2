"""The last check: whatever slipped through before, a file with it is stopped, and the reason names no child."""

from __future__ import annotations

from dataclasses import replace

import pytest
from census_tables import as_bytes

from dfe_returns.contract import YEARS, contract
from dfe_returns.errors import InputError, RefusedError
from dfe_returns.publish.check import check_cin, findings_in_cin, looks_personal


@pytest.fixture
def finished(tmp_path, census):
    """The finished file with one text replaced by another."""

    def write(old: str = "", new: str = "", year: str = "2025-26", switched_on: tuple[str, ...] = ()):
        text = as_bytes(census, year, switched_on).decode()
        assert old in text
        path = tmp_path / "cin.xml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def found(path, year: str = "2025-26", switched_on: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    findings = findings_in_cin(path, contract("cin", year), switched_on)
    return list(zip(findings["code"], findings["column"], strict=True))


@pytest.mark.parametrize(
    ("old", "new", "code", "element"),
    [
        ("<Sex>F</Sex>", "<Sex>Jo Bloggs</Sex>", "CHECK-VALUE", "Sex"),
        ("<ReferralSource>6<", "<ReferralSource>police<", "CHECK-VALUE", "ReferralSource"),
        ("<LAchildID>A1<", "<LAchildID>Jo Bloggs<", "CHECK-VALUE", "LAchildID"),
        ("A123456789012", "Jo Bloggs", "CHECK-VALUE", "UPN"),
        ("2015-05-01", "2015-02-30", "CHECK-VALUE", "PersonBirthDate"),
        ("2015-05-01", "01/05/2015", "CHECK-VALUE", "PersonBirthDate"),
        ("<ReferralNFA>0<", "<ReferralNFA>false<", "CHECK-VALUE", "ReferralNFA"),
        ("<NumberOfPreviousCPP>0<", "<NumberOfPreviousCPP>one<", "CHECK-VALUE", "NumberOfPreviousCPP"),
        ("<Year>2026<", "<Year>2025<", "CHECK-VALUE", "Year"),
        ("<Sex>F</Sex>", "<Sex>F</Sex><Surname>Bloggs</Surname>", "CHECK-ELEMENT", "Surname"),
        ("<Sex>F</Sex>", "<Sex>F</Sex><GenderCurrent>2</GenderCurrent>", "CHECK-ELEMENT", "GenderCurrent"),
        ("<Sex>F</Sex>", "<Sex>F</Sex><Ethnicity>WBRI</Ethnicity>", "CHECK-ELEMENT", "Ethnicity"),
        ("<Sex>F</Sex>", "<Sex>F<b/></Sex>", "CHECK-ELEMENT", "b"),
        ("</Children>", "</Children><Trailer/>", "CHECK-ELEMENT", "Trailer"),
        ("<Header>", "<Header><Child/>", "CHECK-ELEMENT", "Child"),
        ("<Sex>F</Sex>", "<Sex>F</Sex><Sex>F</Sex>", "CHECK-REPEATED", "Sex"),
        ("<Sex>F</Sex>", "<Sex>F</Sex><UPNunknown>UN1</UPNunknown>", "CHECK-ORDER", "UPNunknown"),
        ("<Sex>F</Sex>", "<Sex></Sex>", "CHECK-EMPTY", "Sex"),
        ("<Sex>F</Sex>", "<Sex>F</Sex>Jo Bloggs", "CHECK-TEXT", "ChildIdentifiers"),
        ("</Child>", "</Child>Jo Bloggs", "CHECK-TEXT", "Children"),
        ("<Sex>F</Sex>", "<Sex>F</Sex><!-- Jo Bloggs -->", "CHECK-COMMENT", "ChildIdentifiers"),
        ("<Message>", "<!-- Jo Bloggs --><Message>", "CHECK-COMMENT", ""),
        ("<Child>", '<Child name="Jo Bloggs">', "CHECK-ATTRIBUTE", "Child"),
        ("<Sex>F</Sex>", '<Sex label="girl">F</Sex>', "CHECK-ATTRIBUTE", "Sex"),
    ],
)
def test_what_the_contract_does_not_allow_stops_the_file(finished, old, new, code, element):
    path = finished(old, new)
    assert found(path) == [(code, element)]
    with pytest.raises(RefusedError, match=f"{code} {element}") as stopped:
        check_cin(path, contract("cin", "2025-26"))
    assert "Bloggs" not in str(stopped.value)
    assert stopped.value.exit_code == 5


@pytest.mark.parametrize(
    ("left_out", "element"),
    [
        ("<Ethnicity>WBRI</Ethnicity>", "Ethnicity"),
        ("<LEA>999</LEA>", "LEA"),
        ("<ReferralNFA>0</ReferralNFA>", "ReferralNFA"),
    ],
)
def test_a_required_item_left_out_is_pointed_out(finished, left_out, element):
    path = finished(left_out)
    assert found(path) == [("CHECK-MISSING", element)]
    assert check_cin(path, contract("cin", "2025-26"))["count"].tolist() == [1]


def test_findings_carry_line_and_number(finished):
    path = finished()
    path.write_text(path.read_text(encoding="utf-8").replace("REFU", "ABCD").replace("WBRI", "ABCD"), encoding="utf-8")
    findings = findings_in_cin(path, contract("cin", "2025-26"))
    lines = [n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "ABCD" in line]
    assert findings["line"].tolist() == lines
    assert findings["count"].sum() == 2


@pytest.mark.parametrize("year", [y for y in YEARS if y >= "2024-25"])
def test_what_the_writer_makes_passes(finished, year, census):
    census["Header"]["Year"] = str(contract("cin", year).end.year)
    census["Header"]["ReferenceDate"] = contract("cin", year).end.isoformat()
    assert found(finished(year=year), year) == []


def test_a_table_that_is_off_is_stopped_and_one_switched_on_passes(finished, census):
    census["Header"]["Year"] = "2027"
    census["Header"]["ReferenceDate"] = "2027-03-31"
    path = finished(year="2026-27", switched_on=("PreProceedings",))
    assert found(path, "2026-27") == [("CHECK-ELEMENT", "PreProceedingsandFGDM")]
    assert found(path, "2026-27", ("PreProceedings",)) == []


def test_a_field_without_a_gateway_is_stopped(finished):
    collection = contract("cin", "2025-26")
    entries = {k: v for k, v in collection.gateways.fields.items() if k != ("cin", "ChildCharacteristics.Ethnicity")}
    bare = replace(collection, gateways=replace(collection.gateways, fields=entries))
    findings = findings_in_cin(finished(), bare)
    assert set(zip(findings["code"], findings["column"], strict=True)) == {("CHECK-GATEWAY", "Ethnicity")}
    assert findings["count"].sum() == 3


@pytest.mark.parametrize(("old", "new"), [("A123456789012", "B1234"), ("<LAchildID>A1<", "<LAchildID>A-1/b<")])
def test_an_identifier_that_a_rule_will_report_does_not_stop_the_draft(finished, old, new):
    path = finished(old, new)
    assert [code for code, _ in found(path)] == ["CHECK-FORM"]
    assert len(check_cin(path, contract("cin", "2025-26"))) == 1


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("9434765919", True),  # check digit of an NHS number
        ("9434765918", False),
        ("01052015", True),
        ("20150501", True),
        ("32052015", False),
        ("00012345", False),
        ("A9434765919", False),
        ("1234", False),
    ],
)
def test_identifiers_that_look_like_something_else_are_pointed_out(finished, text, personal):
    assert looks_personal(text) is personal
    path = finished("<LAchildID>A1<", f"<LAchildID>{text}<")
    assert found(path) == ([("CHECK-LOOKALIKE", "LAchildID")] if personal else [])
    check_cin(path, contract("cin", "2025-26"))


def test_a_file_in_another_encoding_is_stopped(finished):
    path = finished()
    path.write_bytes(path.read_text(encoding="utf-8").replace("UTF-8", "UTF-16").encode("utf-16"))
    with pytest.raises(RefusedError, match="STRUCT-ENCODING"):
        check_cin(path, contract("cin", "2025-26"))


def test_a_file_cut_short_is_no_file(finished):
    path = finished()
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="cut short"):
        check_cin(path, contract("cin", "2025-26"))
