"""Any vendor's 903 folder is read for what it holds; what was tolerated is told, what is hostile is refused."""

import pandas as pd
import pytest

from dfe_returns.contract import contract
from dfe_returns.errors import InputError, RefusedError
from dfe_returns.files import data_folder
from dfe_returns.publish.check_903 import check_ssda903, findings_in_ssda903
from dfe_returns.publish.ssda903_csv import csv_bytes, write_ssda903
from dfe_returns.sources.return_files import read_return
from dfe_returns.sources.ssda903_files import uk_date
from dfe_returns.validate.engine import return_data

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\r\nA1,M,05/06/2012,WBRI,UN1,,\r\n"


def folder(tmp_path, **files):
    for name, content in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return tmp_path


def codes(tables):
    return set(tables.structure["code"])


def test_last_years_folder_reads_without_a_remark():
    tables = read_return("ssda903", data_folder("sample_extracts") / "last_year" / "ssda903-2024-25")
    assert {"Header", "Episodes", "OC2", "OC3", "SWEpisodes"} <= set(tables)
    assert len(tables.structure) == 0


def test_a_file_is_known_by_its_columns_not_its_name(tmp_path):
    tables = read_return(
        "ssda903",
        folder(tmp_path, report_7=HEADER, x="CHILD,DOB,REVIEW,REVIEW_CODE\r\nA1,05/06/2012,01/07/2025,PN1\r\n"),
    )
    assert set(tables) == {"Header", "Reviews"}
    assert tables["Reviews"].to_numpy().tolist() == [["A1", "05/06/2012", "01/07/2025", "PN1"]]
    assert tables.lines["Reviews"].tolist() == [2]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (HEADER.lower().replace("a1,m", "A1,M").replace("wbri,un1", "WBRI,UN1"), "STRUCT-COLUMN-NAME"),
        (" CHILD , SEX ,DOB,ETHNIC,UPN,MOTHER,MC_DOB\r\nA1,M,05/06/2012,WBRI,UN1,,\r\n", None),
        ('"CHILD","SEX","DOB","ETHNIC","UPN","MOTHER","MC_DOB"\r\n"A1","M","05/06/2012","WBRI","UN1","",""\r\n', None),
        (b"\xef\xbb\xbf" + HEADER.encode(), None),
        (HEADER.replace("\r\n", "\n"), None),
        (HEADER.replace(",", ";"), "STRUCT-SEPARATOR"),
        ("SEX,CHILD,DOB,ETHNIC,UPN,MOTHER,MC_DOB\r\nM,A1,05/06/2012,WBRI,UN1,,\r\n", "STRUCT-COLUMN-ORDER"),
        ("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB,Notes\r\nA1,M,05/06/2012,WBRI,UN1,,,x\r\n", "STRUCT-UNKNOWN-COLUMN"),
        ("CHILD,SEX,DOB,ETHNIC,UPN\r\nA1,M,05/06/2012,WBRI,UN1\r\n", "STRUCT-NO-COLUMN"),
        (HEADER.replace("05/06/2012", "2012-06-05 00:00:00"), "STRUCT-DATE"),
        (HEADER.replace("05/06/2012", "05-Jun-12"), "STRUCT-DATE"),
        (HEADER.replace("05/06/2012", "41065"), "STRUCT-DATE"),
    ],
)
def test_what_is_unmistakable_is_read_and_told(tmp_path, content, remark):
    tables = read_return("ssda903", folder(tmp_path, header=content))
    row = tables["Header"].iloc[0]
    assert (row["CHILD"], row["SEX"], row["DOB"], row["ETHNIC"], row["UPN"]) == ("A1", "M", "05/06/2012", "WBRI", "UN1")
    assert remark in codes(tables) if remark else len(tables.structure) == 0


def test_windows_1252_is_read(tmp_path):
    tables = read_return("ssda903", folder(tmp_path, header=HEADER.replace("A1", "A\u20191").encode("cp1252")))
    assert tables["Header"]["CHILD"].tolist() == ["A\u20191"]
    assert "STRUCT-ENCODING" in codes(tables)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-03-31", "31/03/2026"),
        ("31-Mar-26", "31/03/2026"),
        ("1-Jan-1998", "01/01/1998"),
        ("31/03/2026 00:00", "31/03/2026"),
        ("46112", "31/03/2026"),
        ("31/03/2026", None),
        ("03/31/26", None),
        ("31/03/26", None),
        ("2026-02-30", None),
        ("zz/03/2026", None),
        ("soon", None),
    ],
)
def test_dates_that_a_spreadsheet_changed(text, read):
    assert uk_date(text) == read


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no CSV"),
        ({"letters": "To,From\r\na,b\r\n"}, "no file in it"),
        ({"header": HEADER + 'A2,"M,05/06/2012\r\n'}, "header.csv"),
        ({"header": HEADER + "A2,M\r\nA3,M,05/06/2012,WBRI,UN1,,\r\n"}, "header.csv"),
        ({"header": ""}, "header.csv"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path, files, said):
    with pytest.raises(InputError, match=said):
        read_return("ssda903", folder(tmp_path, **files))


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        read_return("ssda903", tmp_path / "nowhere")


XML = """<EXPSSDA903><CHILD><HEADER><CHILDID>A1</CHILDID><UPN>UN1</UPN><SEX>M</SEX>
<DOB>05/06/2012</DOB><ETHNIC>WBRI</ETHNIC><UASC>1</UASC>
<DUC>05/06/2030</DUC>
<AREVIEW><REVIEW>01/07/2025</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>
<AREVIEW><REVIEW>01/12/2025</REVIEW><REVIEW_CODE>PN2</REVIEW_CODE></AREVIEW>
<OC2><TEETH_CHECK>1</TEETH_CHECK></OC2></HEADER>
<EPISODE><DECOM>01/05/2024</DECOM><RNE>S</RNE><LS>V2</LS><CIN>N1</CIN><PL>U6</PL></EPISODE></CHILD></EXPSSDA903>"""


def test_the_xml_form_is_read_into_the_same_tables(tmp_path):
    (tmp_path / "return.xml").write_text(XML, encoding="utf-8")
    tables = read_return("ssda903", tmp_path / "return.xml")
    assert tables["Header"][["CHILD", "UASC"]].to_numpy().tolist() == [["A1", "1"]]
    assert tables["Reviews"]["REVIEW"].tolist() == ["01/07/2025", "01/12/2025"]
    assert tables["Reviews"]["DOB"].tolist() == ["05/06/2012"] * 2
    assert tables["Episodes"][["CHILD", "PLACE"]].to_numpy().tolist() == [["A1", "U6"]]
    assert tables["UASC"][["CHILD", "SEX", "DUC"]].to_numpy().tolist() == [["A1", "M", "05/06/2030"]]
    assert (len(tables["OC2"]), len(tables["OC3"]), len(tables["AD1"])) == (1, 0, 0)
    assert "SWEpisodes" not in tables


def test_another_returns_xml_is_refused(tmp_path):
    (tmp_path / "census.xml").write_text("<Message><Children/></Message>", encoding="utf-8")
    with pytest.raises(InputError, match=r"census\.xml"):
        read_return("ssda903", tmp_path / "census.xml")


# ---- written, read back, checked -----------------------------------------------------------------------------------


def fernshire():
    read = read_return("ssda903", data_folder("sample_extracts") / "last_year" / "ssda903-2024-25")
    data = return_data(contract("ssda903", "2024-25"), read)
    return {name: data.frame(name)[list(data.collection.tables[name].columns)] for name in read}


def test_what_is_written_reads_back_the_same(tmp_path):
    collection, tables = contract("ssda903", "2024-25"), fernshire()
    files = write_ssda903(tables, collection, tmp_path)
    assert [f.name for f in files] == [t.file_name for t in collection.tables.values()]
    read = read_return("ssda903", tmp_path)
    data = return_data(collection, read)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(data.frame(name)[list(frame)], frame)
    assert len(read.structure) == 0
    assert len(check_ssda903(tmp_path, collection)) == 0


def test_the_form_of_a_file():
    frame = pd.DataFrame({"CHILD": ["007", "A,1"], "DOB": pd.to_datetime(["2012-06-05", None]), "_x": ["no", "no"]})
    assert csv_bytes(frame, ("CHILD", "DOB")) == b'CHILD,DOB\r\n007,05/06/2012\r\n"A,1",\r\n'
    assert csv_bytes(None, ("CHILD", "DOB")) == b"CHILD,DOB\r\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("header.csv", b"WBRI", b"Jane Doe", "CHECK-VALUE"),
        ("header.csv", b"MC_DOB\r\n", b"MC_DOB,NAME\r\n", "CHECK-HEADER"),
        ("episodes.csv", b"\r\n", b"\n", "CHECK-BYTES"),
        ("reviews.csv", b"PN1", b"A longer text", "CHECK-VALUE"),
    ],
)
def test_the_last_check_stops_what_nobody_permitted(tmp_path, file, old, new, code):
    collection = contract("ssda903", "2024-25")
    write_ssda903(fernshire(), collection, tmp_path)
    path = tmp_path / file
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    assert code in set(findings_in_ssda903(tmp_path, collection)["code"])
    with pytest.raises(RefusedError) as stopped:
        check_ssda903(tmp_path, collection)
    assert "Jane" not in str(stopped.value)


def test_an_added_file_is_stopped(tmp_path):
    collection = contract("ssda903", "2024-25")
    write_ssda903(fernshire(), collection, tmp_path)
    (tmp_path / "names.csv").write_text("x")
    with pytest.raises(RefusedError, match=r"names\.csv"):
        check_ssda903(tmp_path, collection)
