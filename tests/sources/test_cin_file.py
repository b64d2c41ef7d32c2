"""Census files as other people make them: what is read, what is noted as odd, and what is refused in plain words."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dfe_returns.errors import InputError
from dfe_returns.sources.cin_file import read_cin
from dfe_returns.sources.return_tables import LISTED_AT_MOST, ReturnTables

HEADER = """<Header>
<CollectionDetails><Collection>CIN</Collection><Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails>
<Source><SourceLevel>L</SourceLevel><LEA>999</LEA><SerialNo>007</SerialNo></Source>
</Header>"""

CHILD = """<Child>
<ChildIdentifiers>
<LAchildID>A1</LAchildID>
<PersonBirthDate>2015-05-01</PersonBirthDate>
</ChildIdentifiers>
<ChildCharacteristics>
<Ethnicity>WBRI</Ethnicity>
<Disabilities><Disability>HEAR</Disability><Disability>VIS</Disability></Disabilities>
</ChildCharacteristics>
<CINdetails>
<CINreferralDate>2025-05-06</CINreferralDate>
<Assessments>
<AssessmentActualStartDate>2025-05-07</AssessmentActualStartDate>
<FactorsIdentifiedAtAssessment><AssessmentFactors>1A</AssessmentFactors><AssessmentFactors>3B</AssessmentFactors></FactorsIdentifiedAtAssessment>
</Assessments>
<ReferralNFA>0</ReferralNFA>
<ChildProtectionPlans>
<CPPstartDate>2025-08-20</CPPstartDate>
<Reviews><CPPreviewDate>2025-11-12</CPPreviewDate><CPPreviewDate>2026-03-02</CPPreviewDate></Reviews>
</ChildProtectionPlans>
</CINdetails>
</Child>"""


def message(*children: str, header: str = HEADER) -> str:
    return f"<Message>\n{header}\n<Children>\n" + "\n".join(children) + "\n</Children>\n</Message>\n"


@pytest.fixture
def read(tmp_path):
    def read_text(text: str | bytes) -> ReturnTables:
        path = tmp_path / "census.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_cin(path)

    return read_text


def cells(tables: ReturnTables, table: str, *columns: str) -> list[list[str]]:
    """Chosen columns of a table as rows of text, blank as ''."""
    return tables[table][list(columns)].fillna("").to_numpy().tolist()


def notes(tables: ReturnTables) -> list[tuple[str, str, int]]:
    """Structural notes as (code, element, line)."""
    found = tables.structure
    return list(zip(found["code"], found["column"], found["line"], strict=True))


# ---- what is read --------------------------------------------------------------------------------------------


def test_a_census_becomes_twelve_tables(read):
    tables = read(message(CHILD))
    assert {name: len(frame) for name, frame in tables.items()} == {
        "Header": 1,
        "ChildIdentifiers": 1,
        "ChildCharacteristics": 1,
        "Disabilities": 2,
        "CINdetails": 1,
        "Assessments": 1,
        "AssessmentFactorsList": 2,
        "CINplanDates": 0,
        "Section47": 0,
        "ChildProtectionPlans": 1,
        "Reviews": 2,
        "PreProceedings": 0,
    }
    assert cells(tables, "Header", "Year", "SerialNo", "Release") == [["2026", "007", ""]]
    assert cells(tables, "AssessmentFactorsList", "LAchildID", "CINdetailsID", "AssessmentID", "AssessmentFactor") == [
        ["A1", "1", "1", "1A"],
        ["A1", "1", "1", "3B"],
    ]
    assert cells(tables, "Reviews", "LAchildID", "CINdetailsID", "CPPID", "CPPreviewDate") == [
        ["A1", "1", "1", "2025-11-12"],
        ["A1", "1", "1", "2026-03-02"],
    ]
    assert tables.structure.empty


def test_every_row_knows_its_line(read):
    tables = read(message(CHILD))
    text = message(CHILD).splitlines()
    for table, element in [
        ("Header", "<Header>"),
        ("ChildIdentifiers", "<ChildIdentifiers>"),
        ("Disabilities", "<Disability>"),
        ("CINdetails", "<CINdetails>"),
        ("Assessments", "<Assessments>"),
        ("ChildProtectionPlans", "<ChildProtectionPlans>"),
        ("Reviews", "<CPPreviewDate>"),
    ]:
        assert element in text[tables.lines[table][0] - 1]


def test_an_assessment_lists_its_factors_for_issues_to_point_at(read):
    without = "<CINdetails><Assessments/></CINdetails>"
    tables = read(message(CHILD, f"<Child>{without}</Child>"))
    assert cells(tables, "Assessments", "AssessmentFactors") == [["1A,3B"], [""]]


def test_episodes_are_counted_within_the_child_even_across_child_blocks(read):
    def block(child: str, episodes: int) -> str:
        inside = f"<LAchildID>{child}</LAchildID>" if child else ""
        one = "<CINdetails><ReferralNFA>0</ReferralNFA><Assessments/><Assessments/></CINdetails>"
        return f"<Child><ChildIdentifiers>{inside}</ChildIdentifiers>{one * episodes}</Child>"

    tables = read(message(block("A1", 2), block("A2", 1), block(" A1 ", 1), block("", 1), block("", 1)))
    assert cells(tables, "CINdetails", "LAchildID", "CINdetailsID") == [
        ["A1", "1"],
        ["A1", "2"],
        ["A2", "1"],
        ["A1", "3"],
        ["", "1"],
        ["", "1"],
    ]
    assert tables["Assessments"]["AssessmentID"].tolist() == ["1", "2"] * 6


def test_a_child_without_modules_still_has_its_single_rows(read):
    tables = read(message("<Child>\n</Child>", CHILD))
    assert cells(tables, "ChildIdentifiers", "LAchildID") == [[""], ["A1"]]
    assert cells(tables, "ChildCharacteristics", "LAchildID", "Ethnicity") == [["", ""], ["A1", "WBRI"]]
    assert tables.lines["ChildIdentifiers"][0] == 7  # where the Child stands


def test_empty_wrappers_and_empty_items(read):
    tables = read(
        message(
            "<Child><ChildIdentifiers><LAchildID>A1</LAchildID><UPN> </UPN><Sex/></ChildIdentifiers>"
            "<ChildCharacteristics><Disabilities/></ChildCharacteristics>"
            "<CINdetails><Assessments><FactorsIdentifiedAtAssessment><AssessmentFactors/></FactorsIdentifiedAtAssessment>"
            "</Assessments><ChildProtectionPlans><Reviews/></ChildProtectionPlans></CINdetails></Child>"
        )
    )
    assert cells(tables, "ChildIdentifiers", "UPN", "Sex") == [["", ""]]
    assert len(tables["Disabilities"]) == 0
    assert cells(tables, "AssessmentFactorsList", "AssessmentFactor") == [[""]]
    assert cells(tables, "Reviews", "CPPID", "CPPreviewDate") == [["1", ""]]  # rule 8842Q asks about it


def test_text_is_trimmed_and_otherwise_left_as_it_stands(read):
    text = CHILD.replace("2015-05-01", "\n\u00a0 31/02/2015\t").replace("WBRI", "<![CDATA[w&bri]]>")
    tables = read(message(text))
    assert cells(tables, "ChildIdentifiers", "PersonBirthDate") == [["31/02/2015"]]
    assert cells(tables, "ChildCharacteristics", "Ethnicity") == [["w&bri"]]


def test_items_of_every_year_are_read(read):
    child = "<Child><ChildIdentifiers><GenderCurrent>1</GenderCurrent><Sex>M</Sex></ChildIdentifiers></Child>"
    assert cells(read(message(child)), "ChildIdentifiers", "GenderCurrent", "Sex") == [["1", "M"]]


def test_a_file_without_header_has_a_blank_one(read):
    tables = read(message(CHILD, header=""))
    assert tables["Header"].isna().all(axis=None)
    assert len(tables["Header"]) == 1


def test_a_census_without_children_is_read(read):
    assert len(read(message())["ChildIdentifiers"]) == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_other_encodings_are_read(read, encoding):
    declared = "" if encoding == "utf-8-sig" else f' encoding="{encoding}"'
    text = f'<?xml version="1.0"{declared}?>' + message(CHILD.replace("A1", "É1"))
    tables = read(text.encode(encoding))
    assert cells(tables, "ChildIdentifiers", "LAchildID") == [["É1"]]
    assert [code for code, *_ in notes(tables)] == ([] if encoding == "utf-8-sig" else ["STRUCT-ENCODING"])


@pytest.mark.parametrize("encoding", ["iso-8859-2", "iso-8859-15", "windows-1250", "windows-1252"])
@pytest.mark.parametrize("padding", ["", " " * 5000])
def test_a_file_is_read_in_the_encoding_that_it_declares(read, encoding, padding):
    text = f"<?xml version='1.0' encoding='{encoding}'?>" + message(CHILD.replace("A1", "Š1")) + padding
    tables = read(text.encode(encoding))
    assert cells(tables, "ChildIdentifiers", "LAchildID") == [["Š1"]]
    assert notes(tables) == [("STRUCT-ENCODING", "", 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_a_file_of_single_bytes_that_claims_to_be_utf_16_is_read(read, encoding):
    tables = read(('<?xml version="1.0" encoding="utf-16"?>' + message(CHILD.replace("A1", "É1"))).encode(encoding))
    assert cells(tables, "ChildIdentifiers", "LAchildID") == [["É1"]]
    assert tables.structure["code"].tolist() == ["STRUCT-ENCODING"]


def test_an_encoding_nobody_knows_is_refused_in_plain_words(read):
    with pytest.raises(InputError, match="line 1: a character that XML or the declared encoding does not allow"):
        read('<?xml version="1.0" encoding="none"?>' + message(CHILD))


def test_a_file_that_only_claims_to_be_utf_8_is_read_as_windows_1252(read):
    tables = read(message(CHILD.replace("A1", "É1")).encode("cp1252"))
    assert cells(tables, "ChildIdentifiers", "LAchildID") == [["É1"]]
    assert tables.structure["code"].tolist() == ["STRUCT-ENCODING"]


# ---- what is odd ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code", "element", "line"),
    [
        ("<CINdetails>", "<CINdetails>\n<Worker>x</Worker>", "STRUCT-UNKNOWN", "Worker", 17),
        ("<CINdetails>", "<CINdetails>\n<Sex>M</Sex>", "STRUCT-PLACE", "Sex", 17),
        ("<CINdetails>", "<CINdetails>\n<!-- note -->", "STRUCT-COMMENT", "CINdetails", 17),
        ("<CINdetails>", "<CINdetails>\n<?page 2?>", "STRUCT-COMMENT", "CINdetails", 17),
        ("<CINdetails>", "<CINdetails>see letter", "STRUCT-TEXT", "CINdetails", 16),
        ("</Assessments>", "</Assessments>see letter", "STRUCT-TEXT", "CINdetails", 18),
        ("<CINdetails>", '<CINdetails id="1">', "STRUCT-ATTRIBUTE", "CINdetails", 16),
        ("<ReferralNFA>", '<ReferralNFA type="flag">', "STRUCT-ATTRIBUTE", "ReferralNFA", 22),
        ("</ReferralNFA>", "</ReferralNFA><ReferralNFA>1</ReferralNFA>", "STRUCT-REPEATED", "ReferralNFA", 22),
        ("</Children>", "</Children><Children/>", "STRUCT-REPEATED", "Children", 29),
        ("</Children>", "</Children>\n<Trailer/>", "STRUCT-UNKNOWN", "Trailer", 30),
        ("<Children>", "<Children>all of them", "STRUCT-TEXT", "Children", 6),
        ("</Child>\n", "</Child>end of child\n", "STRUCT-TEXT", "Children", 7),
        ("<Message>", "<!-- made by hand -->\n<Message>", "STRUCT-COMMENT", "", 1),
        ("WBRI", "WB<!-- sic -->RI", "STRUCT-COMMENT", "Ethnicity", 13),
    ],
)
def test_what_is_odd_is_noted_with_its_line_and_the_rest_is_read(read, old, new, code, element, line):
    tables = read(message(CHILD).replace(old, new))
    assert notes(tables) == [(code, element, line)]
    assert tables.structure["file"].tolist() == ["census.xml"]
    assert cells(tables, "CINdetails", "CINreferralDate", "ReferralNFA") == [["2025-05-06", "0"]]
    assert cells(tables, "ChildCharacteristics", "Ethnicity") == [["WBRI"]]
    assert cells(tables, "Assessments", "AssessmentFactors") == [["1A,3B"]]


def test_notes_never_repeat_what_the_file_says(read):
    tables = read(message(CHILD.replace("<CINdetails>", "<CINdetails>Jo Bloggs<!-- Jo Bloggs -->")))
    assert "Bloggs" not in tables.structure.to_csv()


def test_elements_in_another_order_are_read_and_noted(read):
    child = (
        "<Child>\n<CINdetails><ReferralNFA>0</ReferralNFA>\n<CINreferralDate>2025-05-06</CINreferralDate></CINdetails>\n"
        "<ChildIdentifiers><LAchildID>A1</LAchildID></ChildIdentifiers></Child>"
    )
    tables = read(message(child))
    assert cells(tables, "CINdetails", "LAchildID", "CINreferralDate") == [["A1", "2025-05-06"]]
    assert notes(tables) == [("STRUCT-ORDER", "CINreferralDate", 9), ("STRUCT-ORDER", "ChildIdentifiers", 10)]


def test_a_repeated_item_counts_once_and_a_repeated_block_adds_what_the_first_lacks(read):
    second = "<ChildIdentifiers><LAchildID>B2</LAchildID><Sex>F</Sex></ChildIdentifiers>"
    tables = read(message(CHILD.replace("</ChildIdentifiers>", "</ChildIdentifiers>" + second)))
    assert cells(tables, "ChildIdentifiers", "LAchildID", "Sex") == [["A1", "F"]]
    assert [(code, element) for code, element, _ in notes(tables)] == [
        ("STRUCT-REPEATED", "ChildIdentifiers"),
        ("STRUCT-REPEATED", "LAchildID"),
    ]


def test_a_repeated_reviews_wrapper_is_read_through(read):
    more = "</Reviews><Reviews><CPPreviewDate>2026-03-20</CPPreviewDate></Reviews>"
    tables = read(message(CHILD.replace("</Reviews>", more)))
    assert tables["Reviews"]["CPPreviewDate"].tolist() == ["2025-11-12", "2026-03-02", "2026-03-20"]
    assert notes(tables) == [("STRUCT-REPEATED", "Reviews", 25)]


def test_a_file_in_a_namespace_is_read(read):
    text = message(CHILD).replace("<Message>", '<Message xmlns="urn:x-example">')
    tables = read(text)
    plain = read(message(CHILD))
    for name, frame in plain.items():
        pd.testing.assert_frame_equal(tables[name], frame)
        np.testing.assert_array_equal(tables.lines[name], plain.lines[name])
    assert tables.structure["code"].tolist() == ["STRUCT-NAMESPACE"]


def test_a_prefix_and_a_schema_location_are_read(read):
    text = message(CHILD).replace(
        "<Message>",
        '<Message xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="cin.xsd">',
    )
    assert read(text).structure.empty


@pytest.mark.parametrize(
    ("text", "element", "line"),
    [
        (f"<Message>{HEADER}\n{CHILD}<Children>\n</Children></Message>", "Child", 5),
        (message().replace("<Children>", f"<Children><Pupils>\n{CHILD}</Pupils>"), "Pupils", 6),
        (message().replace("<Children>", f"<Children>\n{HEADER.replace('2026', '1999')}"), "Header", 7),
    ],
)
def test_a_child_or_a_header_outside_its_place_is_noted_and_not_read(read, text, element, line):
    tables = read(text)
    assert len(tables["ChildIdentifiers"]) == 0
    assert cells(tables, "Header", "Year") == [["2026"]]
    assert (element, line) in [(name, at) for _, name, at in notes(tables)]


def test_a_child_within_a_child_is_not_read(read):
    inner = "<Child><ChildIdentifiers><LAchildID>B2</LAchildID></ChildIdentifiers></Child>"
    tables = read(message(CHILD.replace("<CINdetails>", f"{inner}{HEADER}<CINdetails>"), header=""))
    assert cells(tables, "ChildIdentifiers", "LAchildID") == [["A1"]]
    assert cells(tables, "Header", "Year") == [[""]]
    assert notes(tables) == [("STRUCT-PLACE", "Child", 13), ("STRUCT-PLACE", "Header", 13)]


def test_many_notes_of_one_kind_are_counted_not_listed(read):
    many = "<CINdetails>" + "<Odd/>\n" * 500
    found = read(message(CHILD.replace("<CINdetails>", many))).structure
    assert len(found) == LISTED_AT_MOST + 1
    assert found["count"].sum() == 500
    assert found["count"].iloc[-1] == 500 - LISTED_AT_MOST


# ---- long files ----------------------------------------------------------------------------------------------


def test_lines_are_right_beyond_65535(read):
    blocks = 9000
    block = (
        "<Child>\n<ChildIdentifiers>\n<LAchildID>{}</LAchildID>\n</ChildIdentifiers>\n<CINdetails>\n"
        "<Assessments/>\n<Section47></Section47>\n<CINPlanDates><CINPlanEndDate>x</CINPlanEndDate></CINPlanDates>\n"
        "</CINdetails>\n</Child>"
    )
    text = message(*(block.format(f"A{n}") for n in range(blocks)))
    at: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        at.setdefault(line.split(">")[0], []).append(number)
    lines = read(text).lines
    assert at["<CINdetails"][-1] > 65535 + 20000
    for table, start in [
        ("ChildIdentifiers", "<ChildIdentifiers"),
        ("CINdetails", "<CINdetails"),
        ("Assessments", "<Assessments/"),
        ("Section47", "<Section47"),
        ("CINplanDates", "<CINPlanDates"),
    ]:
        assert lines[table].tolist() == at[start]


@pytest.mark.parametrize(
    "rows",
    [
        "<Section47/><PreProceedingsandFGDM>\n<PPOutcome>A</PPOutcome></PreProceedingsandFGDM>",
        "<Section47/><!-- a\nb --><PreProceedingsandFGDM/>",
        "<ChildProtectionPlans><Reviews/></ChildProtectionPlans>\n<Section47/><Section47/>\n<PreProceedingsandFGDM/>",
        "<Section47><!-- a\nb -->\n</Section47><PreProceedingsandFGDM/>",
    ],
)
def test_lines_beyond_65535_are_right_where_elements_stand_side_by_side(read, rows):
    text = message(CHILD.replace("</CINdetails>", f"{rows}\n</CINdetails>")).replace(
        "<Children>", "\n" * 65535 + "<Children>"
    )
    lines = read(text).lines
    for table, element in [
        ("Section47", "<Section47"),
        ("PreProceedings", "<PreProceedingsandFGDM"),
        ("CINdetails", "<CINdetails"),
    ]:
        at = [n for n, line in enumerate(text.splitlines(), start=1) for _ in range(line.count(element))]
        assert lines[table].tolist() == at


# ---- what is refused -----------------------------------------------------------------------------------------

BOMB = '<!DOCTYPE Message [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">\n<!ENTITY c "&b;&b;&b;&b;&b;&b;">]>\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "census.xml: the file is empty"),
        (" \n ", "census.xml: the file is empty"),
        ("LAchildID,UPN\nA1,\n", "line 1: this is not an XML file"),
        (b"PK\x03\x04\x00\x00", "line 1: this is not an XML file"),
        (message(CHILD)[:700], "line 2.: the file is cut short"),
        ('<?xml version="1.0"?>\n', "not an XML file|no XML element"),
        (BOMB + message(CHILD).replace("WBRI", "&c;"), "document type declaration"),
        ('<!DOCTYPE Message SYSTEM "file:///etc/hostname">' + message(CHILD), "document type declaration"),
        ("<!DOCTYPE Message [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/x'> %p;]>" + message(CHILD), "document type decl"),
        (message(CHILD).replace("</Assessments>", "</Assessment>"), "line 21: an end tag does not match"),
        (message(CHILD).replace("WBRI", "W & B"), "line 13: a bare & or <, or an unknown entity"),
        (message(CHILD).replace("WBRI", "&nbsp;"), "line 13: a bare & or <, or an unknown entity"),
        (message(CHILD).replace("WBRI", "\x01"), "line 13: a character that XML or the declared encoding"),
        (message(CHILD).replace("WBRI", "W < B"), "line 13: a bare & or <"),
        (message(CHILD) + "<Message/>", "not well-formed|cut short"),
        ("<EXPSSDA903><CHILD><HEADER/></CHILD></EXPSSDA903>", "a file of the SSDA903 return, not a census"),
        (f"<Message><Group>{message(CHILD)}</Group></Message>", "nothing of a children in need census is in it"),
        ("<html><body>Please sign in</body></html>", "nothing of a children in need census is in it"),
        (
            message("<Pupil/>", header=HEADER.replace(">CIN<", ">SCH<")).replace("Children", "Pupils"),
            "nothing of a children in need census is in it",
        ),
        (
            message("<Child><Name>Jo</Name></Child>", header=HEADER.replace(">CIN<", ">EYC<")),
            "nothing of a children in need census is in it",
        ),
        ("<Message>" + "<a>" * 400 + "</a>" * 400 + "</Message>", "not well-formed XML|nothing of"),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(read, content, says):
    with pytest.raises(InputError, match=says) as refused:
        read(content)
    assert refused.value.exit_code == 3
    for private in ("A1", "2015-05-01", "HEAR", "sign in"):
        assert private not in str(refused.value)


def test_a_bomb_in_an_attribute_default_costs_nothing(read):
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(InputError, match="document type declaration"):
        read(f'<!DOCTYPE Message [<!ENTITY e0 "x">{nested}<!ATTLIST Message a CDATA "&e11;">]><Message/>')


def test_a_missing_file_a_folder_and_a_locked_file_are_named(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="there is no such file"):
        read_cin(tmp_path / "none.xml")
    with pytest.raises(InputError, match="this is a folder"):
        read_cin(tmp_path)
    locked = tmp_path / "locked.xml"
    locked.write_text(message(CHILD))
    locked.chmod(0)
    if os.access(locked, os.R_OK):  # the superuser may read anything: let the system call say no instead

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"cannot be opened \(Permission denied\)"):
        read_cin(Path(locked))
