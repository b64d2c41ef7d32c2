# ruff: noqa: E501  (tables are drawn as wide as they are)
"""What a profile can say, and what it is told when it says something wrong."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from dfe_returns.errors import InputError, UsageError
from dfe_returns.sources import load, load_profile, shipped_profiles

from .conftest import notes, write_table


@pytest.fixture
def own(tmp_path, profile):
    """Function that loads vendor files under a profile of its own; the table of people is always there."""

    def run(text: str, **files: str):
        folder = tmp_path / "vendor"
        folder.mkdir(exist_ok=True)
        write_table(
            folder,
            "People.csv",
            files.pop("people", "Key | Screen No | Born\n501 | 1001 | 01/05/2015\n502 | 1002 | 01/06/2016"),
        )
        for name, table in files.items():
            write_table(folder, f"{name}.csv", table)
        head = """profile: mine
layout: own
source: {formats: [dmy], extract_date: 2026-06-12}
identifiers: {child_id_source: pers_legacy_id}
personal: [pers_dob, cinf_assessment_factors_json, disa_disability_code, pers_upn]
tables:
  ssd_person:
    from: People.csv
    columns: {pers_person_id: Key, pers_legacy_id: Screen No, pers_dob: Born}
"""
        return load(folder, profile(head + text))

    return run


def test_row_filters_choose_and_count(own):
    loaded = own("""  ssd_cin_plans:
    from: Plans.csv
    where:
      - {column: Type, op: is, value: CIN plan}
      - {column: State, op: not_in, value: [Cancelled, Draft], reason: cancelled or draft}
      - {column: Begun, op: filled}
    columns: {cinp_cin_plan_id: No, cinp_person_id: Who, cinp_cin_plan_start_date: Begun}
""", Plans="""
        No | Who | Type     | State     | Begun
        1  | 501 | CIN Plan | Open      | 06/05/2025
        2  | 501 | CP plan  | Open      | 06/05/2025
        3  | 501 | CIN Plan | cancelled | 06/05/2025
        4  | 501 | CIN Plan | Open      |""")  # fmt: skip
    assert loaded.tables["ssd_cin_plans"]["cinp_cin_plan_id"].tolist() == ["1"]
    dropped = loaded.report.dropped
    assert dropped["count"].tolist() == [1, 1, 1]
    assert "cancelled or draft" in dropped["reason"].tolist()


@pytest.mark.parametrize(
    ("op", "value", "kept"),
    [
        ("is", "b", ["2"]),
        ("is_not", "b", ["1", "3", "4"]),
        ("in", ["A", "b"], ["1", "2"]),
        ("not_in", ["A", "b"], ["3", "4"]),
        ("blank", "", ["4"]),
        ("filled", "", ["1", "2", "3"]),
        ("starts", "a", ["1", "3"]),
        ("contains", "z", ["3"]),
    ],
)
def test_every_operation_of_a_row_filter(own, op, value, kept):
    loaded = own(f"""  ssd_department:
    from: Teams.csv
    where: [{{column: Kind, op: {op}, value: {json.dumps(value)}}}]
    columns: {{dept_team_id: No}}
""", Teams="No | Kind\n1 | A\n2 | B\n3 | Az\n4 |")  # fmt: skip
    assert loaded.tables["ssd_department"]["dept_team_id"].tolist() == kept


def test_constants_joins_first_filled_and_choices(own):
    loaded = own("""  ssd_cin_episodes:
    from: Referrals.csv
    columns:
      cine_referral_id: {join: [Year, No], with: '-'}
      cine_person_id: {first: [Child, Sibling]}
      cine_referral_date: Day
      cine_referral_nfa: {filled: NFA Day}
      cine_referral_source_code: {constant: 3A}
      cine_referral_team: {column: Team, prefix: T}
  ssd_cin_assessments:
    from: Referrals.csv
    columns:
      cina_assessment_id: No
      cina_person_id: {first: [Child, Sibling]}
      cina_assessment_outcome_nfa: {in: {column: Outcome, value: [Nothing more]}}
      cina_assessment_start_date: {column: Day, days: 1}
""", Referrals="""
        Year | No | Child | Sibling | Day        | NFA Day    | Team | Outcome
        2025 | 7  | 501   |         | 06/05/2025 | 07/05/2025 | 4    | Nothing more
        2025 | 8  |       | 502     | 08/05/2025 |            |      | Plan""")  # fmt: skip
    referral, assessment = loaded.tables["ssd_cin_episodes"], loaded.tables["ssd_cin_assessments"]
    assert referral["cine_referral_id"].tolist() == ["2025-7", "2025-8"]
    assert referral["cine_person_id"].tolist() == ["501", "502"]
    assert referral["cine_referral_nfa"].tolist() == ["Y", "N"]
    assert referral["cine_referral_source_code"].tolist() == ["3A", "3A"]
    assert referral["cine_referral_team"].fillna("").tolist() == ["T4", ""]
    assert assessment["cina_assessment_outcome_nfa"].tolist() == ["Y", "N"]
    assert assessment["cina_assessment_start_date"].tolist() == [pd.Timestamp("2025-05-07"), pd.Timestamp("2025-05-09")]


def test_one_file_feeds_several_tables_and_its_rows_are_linked(own):
    loaded = own("""  ssd_s47_enquiry:
    from: Events.csv
    where: [{column: Type, op: is, value: S47}]
    columns:
      s47e_s47_enquiry_id: No
      s47e_person_id: Who
      s47e_s47_start_date: Begun
      s47e_s47_outcome_json: {flags: {CP_CONFERENCE_FLAG: Conference}}
  ssd_initial_cp_conference:
    - from: Events.csv
      where: [{column: Type, op: is, value: ICPC}]
      columns:
        icpc_icpc_id: No
        icpc_person_id: Who
        icpc_s47_enquiry_id: {linked: {through: Linked No, key: No, value: No, where: [{column: Type, op: is, value: S47}]}}
        icpc_icpc_date: Begun
    - from: Events.csv
      where: [{column: Type, op: is, value: Transfer}]
      columns: {icpc_icpc_id: No, icpc_person_id: Who, icpc_icpc_date: Begun, icpc_icpc_transfer_in: {constant: Y}}
""", Events="""
        No | Who | Type     | Linked No | Begun      | Conference
        1  | 501 | S47      |           | 06/05/2025 | Yes
        2  | 501 | ICPC     | 1         | 20/05/2025 |
        3  | 502 | Transfer | 77        | 21/05/2025 |""")  # fmt: skip
    conference = loaded.tables["ssd_initial_cp_conference"]
    assert conference["icpc_icpc_id"].tolist() == ["2", "3"]
    assert conference["icpc_s47_enquiry_id"].fillna("").tolist() == ["1", ""]
    assert conference["icpc_icpc_transfer_in"].fillna("").tolist() == ["", "Y"]
    assert conference["_line"].tolist() == [3, 4]
    assert loaded.tables["ssd_s47_enquiry"]["s47e_s47_outcome_json"].tolist() == ['{"CP_CONFERENCE_FLAG": "Y"}']


def test_columns_whose_heading_is_the_value(own):
    loaded = own("""  ssd_assessment_factors:
    from: Forms.csv
    columns: {cinf_assessment_id: No, cinf_table_id: No}
    unpivot: {columns: [1A, 2B, 21], into: cinf_assessment_factors_json, list: true}
  ssd_disability:
    from: Forms.csv
    columns: {disa_person_id: Who}
    unpivot: {columns: [AUT, LD], into: disa_disability_code}
""", Forms="""
        No | Who | 1A  | 2B  | 21 | AUT | LD
        F1 | 501 | Yes | Yes |    | Y   | X
        F2 | 502 |     |     |    |     | y
        F3 | 502 |     | yes | No |     |""")  # fmt: skip
    factors = loaded.tables["ssd_assessment_factors"]
    assert factors["cinf_assessment_id"].tolist() == ["F1", "F3"]
    assert factors["cinf_assessment_factors_json"].tolist() == ['["1A", "2B"]', '["2B"]']
    disability = loaded.tables["ssd_disability"]
    assert list(zip(disability["disa_person_id"], disability["disa_disability_code"], strict=True)) == [
        ("501", "AUT"), ("501", "LD"), ("502", "LD")]  # fmt: skip
    assert disability["_line"].tolist() == [2, 2, 3]


def test_a_cell_with_several_values(own):
    loaded = own("""  ssd_disability:
    from: People.csv
    split: {column: Conditions, by: ';'}
    where: [{column: Conditions, op: filled}]
    columns: {disa_person_id: Key, disa_disability_code: Conditions}
""", people="Key | Screen No | Born | Conditions\n501 | 1001 | 01/05/2015 | AUT;LD\n502 | 1002 | 01/06/2016 |")  # fmt: skip
    assert loaded.tables["ssd_disability"]["disa_disability_code"].tolist() == ["AUT", "LD"]


def test_several_rows_become_one(own):
    loaded = own("""  ssd_cla_placement:
    from: Care.csv
    group: {by: [clap_cla_placement_id], earliest: [clap_cla_placement_start_date], latest: [clap_cla_placement_end_date], last: [clap_cla_placement_type]}
    columns:
      clap_cla_placement_id: Placement
      clap_person_id: Who
      clap_cla_placement_start_date: From
      clap_cla_placement_end_date: To
      clap_cla_placement_type: Type
""", Care="""
        Placement | Who | From       | To         | Type
        9         | 501 | 01/02/2025 | 31/03/2025 | U1
        9         | 501 | 01/01/2025 | 01/02/2025 | U1
        9         | 501 | 31/03/2025 |            | U4
        10        | 502 | 05/05/2025 | 06/06/2025 | K2""")  # fmt: skip
    placement = loaded.tables["ssd_cla_placement"]
    assert placement["clap_cla_placement_id"].tolist() == ["9", "10"]
    assert placement["clap_cla_placement_start_date"].dt.strftime("%d/%m/%Y").tolist() == ["01/01/2025", "05/05/2025"]
    assert placement["clap_cla_placement_end_date"].dt.strftime("%d/%m/%Y").fillna("").tolist() == ["", "06/06/2025"]
    assert placement["clap_cla_placement_type"].tolist() == ["U4", "K2"]


def test_several_rows_become_one_whatever_way_their_dates_and_numbers_are_written(own):
    """Named months do not sort as text, 10 comes after 9, and 1 January 2300 means open."""
    loaded = own("""  ssd_cla_placement:
    from: Care.csv
    group: {by: [clap_cla_placement_id], order: Split, earliest: [clap_cla_placement_start_date], latest: [clap_cla_placement_end_date], last: [clap_cla_placement_type]}
    columns:
      clap_cla_placement_id: Placement
      clap_person_id: Who
      clap_cla_placement_start_date: From
      clap_cla_placement_end_date: To
      clap_cla_placement_type: Type
""", Care="""
        Placement | Split | Who | From      | To          | Type
        9         | 10    | 501 | 02-Apr-25 | 03-May-25   | U4
        9         | 9     | 501 | 01-Feb-25 | 02-Apr-25   | U1
        10        | 1     | 502 | 03-Mar-25 | 01-Jan-2300 | K2
        10        | 2     | 502 | 04-Apr-25 | 05-May-25   | K2""")  # fmt: skip
    placement = loaded.tables["ssd_cla_placement"].set_index("clap_cla_placement_id")
    assert placement["clap_cla_placement_start_date"].dt.strftime("%d/%m/%Y").to_dict() == {
        "9": "01/02/2025",
        "10": "03/03/2025",
    }
    assert placement["clap_cla_placement_end_date"].dt.strftime("%d/%m/%Y").fillna("").to_dict() == {
        "9": "03/05/2025",
        "10": "",
    }
    assert placement["clap_cla_placement_type"].to_dict() == {"9": "U4", "10": "K2"}


def test_values_are_looked_up_in_another_file(own):
    loaded = own("""  la_former_upn:
    from: Numbers.csv
    columns:
      child_id: {follow: {column: Who, file: People.csv, key: Key, value: Screen No}}
      former_upn: Was
""", Numbers="Who | Was\n502 | A873000000002")  # fmt: skip
    assert loaded.tables["la_former_upn"]["child_id"].tolist() == ["1002"]


def test_a_personal_column_needs_to_be_on_the_list(own):
    loaded = own("""  ssd_address:
    from: Homes.csv
    columns: {addr_person_id: Who, addr_address_postcode: Postcode}
""", Homes="Who | Postcode\n501 | ZZ1 1AA")  # fmt: skip
    assert loaded.tables["ssd_address"]["addr_address_postcode"].isna().all()
    assert notes(loaded, "STRUCT-NOT-READ") == [("ssd_address", None, "", 1)]


def test_people_may_be_excluded_by_a_column(own):
    loaded = own("""exclude:
  rows:
    - {file: People.csv, where: [{column: Record Status, op: is, value: Test}], reason: test record}
""", people="Key | Screen No | Born | Record Status\n501 | 1001 | 01/05/2015 | Active\n502 | 1002 | 01/06/2016 | Test")  # fmt: skip
    assert loaded.tables["ssd_person"]["pers_person_id"].tolist() == ["501"]
    assert loaded.report.excluded["reason"].tolist() == ["test record"]


def test_a_column_the_profile_names_and_the_file_has_not(own):
    with pytest.raises(
        InputError, match=r"Homes.csv lacks the column\(s\) 'Tenant' that the profile names for ssd_address"
    ):
        own("  ssd_address:\n    from: Homes.csv\n    columns: {addr_person_id: Tenant}\n", Homes="Who\n501")


def test_a_file_the_profile_names_and_is_not_there(own):
    loaded = own("  ssd_address:\n    from: Homes.csv\n    columns: {addr_person_id: Tenant}\n")
    assert ("Homes.csv", None, "", 1) in notes(loaded, "STRUCT-NO-FILE")


LOOK_UP = """  la_former_upn:
    from: Numbers.csv
    columns:
      child_id: {follow: {column: Who, file: Lost.csv, key: Key, value: Screen No}}
      former_upn: Was
"""


def test_a_file_of_look_ups_that_is_not_there_is_named(own):
    loaded = own(LOOK_UP, Numbers="Who | Was\n502 | A873000000002")
    assert notes(loaded, "STRUCT-NO-FILE")[0] == ("Lost.csv", None, "", 1)


@pytest.mark.parametrize(
    "setting",
    [
        LOOK_UP.replace("Lost.csv, key: Key", "people.CSV, key: Other"),
        "merges: {file: People.csv, from: Other, to: Key}\n",
        "exclude: {rows: [{file: People.csv, where: [{column: Other, op: filled}], reason: test}]}\n",
    ],
)
def test_a_column_of_look_ups_merges_or_exclusions_that_is_not_there_is_named(own, setting):
    with pytest.raises(InputError, match=r"People.csv lacks the column\(s\) 'Other' that the profile names"):
        own(setting, Numbers="Who | Was\n502 | A873000000002")


def test_files_are_found_whatever_their_case(own):
    """The day of the extract, look-ups and exclusions find a file as its tables do."""
    loaded = own(
        "exclude: {rows: [{file: PEOPLE.CSV, where: [{column: Key, op: is, value: 502}], reason: test record}]}\n"
    )
    assert loaded.report.excluded["reason"].tolist() == ["test record"]


def test_the_day_of_the_extract_may_stand_in_a_column(own):
    loaded = own("source: {formats: [dmy], extract_date: {file: People.csv, column: Printed}}\n"
                 .replace("source", "windows: {}\n#"),
                 people="Key | Screen No | Born | Printed\n501 | 1001 | 01/05/2015 | 12/06/2026")  # fmt: skip
    assert str(loaded.report.extract_date) == "2026-06-12"


# code maps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "stored", "read"),
    [
        ("{mode: code}", "n1", "N1"),
        ("{mode: code, case: match, unmapped: empty}", "n1", ""),
        ("{mode: label}", "Family in acute stress", "N4"),
        ("{mode: label, unmapped: empty}", "N4", ""),
        ("{mode: leading_code}", "N2 - whatever they call it", "N2"),
        ("{mode: lookup, map: {'17': N3}}", "17", "N3"),
        ("{mode: lookup, unmapped: empty}", "N3", ""),
        ("{map: {Grave neglect: N1}}", "GRAVE  neglect", "N1"),
        ("{contains: {neglect: N1}}", "Some neglect, seen twice", "N1"),
        ("{map: {Other: ~}}", "other", ""),
    ],
)
def test_modes_of_code_maps(extract, profile, settings, stored, read):
    folder = extract(ssd_cin_episodes=f"""
        cine_referral_id | cine_person_id | cine_referral_date | cine_cin_primary_need_code
        R1               | 501            | 2025-05-06         | {stored}""")  # fmt: skip
    mine = profile(f"profile: mine\nextends: ssd_systemc\ncodes:\n  cine_cin_primary_need_code: {settings}")
    assert load(folder, mine).tables["ssd_cin_episodes"]["cine_cin_primary_need_code"].fillna("").tolist() == [read]


def test_a_code_with_dates(extract, profile):
    folder = extract(ssd_cla_placement="""
        clap_cla_placement_id | clap_person_id | clap_cla_placement_type | clap_cla_placement_start_date
        1                     | 501            | Lodgings                | 2024-01-01
        2                     | 501            | Lodgings                | 2025-09-01""")  # fmt: skip
    mine = profile("""
        profile: mine
        extends: ssd_systemc
        codes:
          clap_cla_placement_type:
            unmapped: review
            map:
              Lodgings: {code: H5, to: 2025-03-31}
        """)
    loaded = load(folder, mine)
    assert loaded.tables["ssd_cla_placement"]["clap_cla_placement_type"].fillna("").tolist() == ["H5", ""]
    assert notes(loaded, "STRUCT-UNMAPPED-REVIEW") == [("ssd_cla_placement.csv", 3, "clap_cla_placement_type", 1)]


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profile: mine\nsorce: {}\n", "line 2: 'sorce' is no setting of a profile"),
        ("profile: mine\nsource:\n  totals: keep\n", "line 3: source.totals is 'keep'; it may be stop, drop"),
        ("title: no name\n", "line 1: the profile lacks 'profile'"),
        (
            "profile: mine\ntables:\n  ssd_persons:\n    from: a.csv\n    columns: {}\n",
            "line 3: ssd_persons is no table",
        ),
        (
            "profile: mine\ntables:\n  ssd_person:\n    from: a.csv\n    columns:\n      pers_birth: Born\n",
            "line 6: pers_birth is no column of ssd_person",
        ),
        ("profile: mine\ncodes:\n  pers_dob:\n    mode: code\n", "line 3: pers_dob holds no codes"),
        ("profile: mine\ncodes:\n  pers_sex:\n    mode: guess\n", "line 4: codes.pers_sex.mode is 'guess'"),
        ("profile: mine\nprofile: twice\n", "line 2: 'profile' is there twice"),
        ("profile: [\n", "line 2: this is not valid YAML"),
        ("profile: mine\nextends: mine\n", "line 2: profiles extend each other in a circle"),
        ("- a list\n", "line 1: a profile is a list of settings"),
        ("profile: mine\nextends: theirs\n", "line 2: There is no profile theirs"),
        ("profile: mine\ncode_files: [lost.xlsx]\n", "line 2: The list of codes lost.xlsx cannot be read"),
        ("profile: mine\nsource:\n\ttotals: drop\n", "line 3: this is not valid YAML (found character '\\t'"),
        ("profile: mine\n? [a, b]\n: x\n", "line 2: this is no name of a setting"),
        ("profile: mine\ncodes:\n  pers_sex:\n    map: {X: Q}\n", "line 4: 'Q' is no national code of pers_sex"),
        (
            "profile: mine\ncodes:\n  pers_sex:\n    map: {X: {code: M, to: 2025-02-30}}\n",
            "line 4: codes.pers_sex.map.X.to is '2025-02-30', which is no day",
        ),
        ("profile: mine\nformats: {pers_sex: [dmy]}\n", "line 2: pers_sex holds no dates"),
        ("profile: mine\nidentifiers: {legacy_in: [pers_shoe_size]}\n", "line 2: pers_shoe_size is no column"),
        (
            "profile: mine\ntables:\n  ssd_person:\n    from: a.csv\n    columns:\n      pers_dob: {with: '-'}\n",
            "line 6: pers_dob needs one of column, ",
        ),
        (
            "profile: mine\ntables:\n  ssd_person:\n    from: a.csv\n    where:\n    - {column: State, op: is}\n    columns: {}\n",
            "line 6: the condition on State lacks `value`",
        ),
        (
            "profile: mine\ntables:\n  ssd_person:\n    from: a.csv\n    group: {by: [pers_dob]}\n    columns: {}\n",
            "line 5: group.by names pers_dob, which is not among the columns",
        ),
        ("profile: mine\nsource: {header_row: 0}\n", "line 2: source.header_row: 0 is less than the minimum of 1"),
        ("profile: mine\npersonal: [pers_dob, pers_shoe_size]\n", "line 2: pers_shoe_size is no column"),
    ],
)
def test_errors_name_the_line_of_the_profile(profile, text, message):
    with pytest.raises(UsageError) as caught:
        load_profile(profile(text))
    assert message in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_shipped_profiles_are_sound():
    for name in shipped_profiles():
        assert load_profile(name).name == name


def test_a_profile_lies_over_the_one_it_extends(profile):
    mine = load_profile(
        profile("""
        profile: mine
        extends: ssd_systemc
        codes:
          cine_referral_source_code:
            map: {'9001': 3A}
        conventions: {none_disability_default: true}
        """)
    )
    entries = mine.codes["cine_referral_source_code"].entries
    assert entries["9001"].code == "3A"
    assert entries["4701"].code == "1A"
    assert mine.codes["cine_referral_source_code"].mode == "code"
    assert mine.conventions["none_disability_default"] is True
    assert mine.conventions["former_upn_type"] == "Former Unique Pupil Number"
