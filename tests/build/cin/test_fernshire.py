"""The sample authority, from its extract to the return: situations that the census guidance singles out."""

import pandas as pd
import pytest

from dfe_returns.build import BuildSettings, Built
from dfe_returns.build.cin import build_cin
from dfe_returns.build.record import as_shown
from dfe_returns.contract import contract
from dfe_returns.files import data_folder
from dfe_returns.sources import load


@pytest.fixture(scope="module")
def loaded():
    return load(data_folder("sample_extracts") / "fernshire_ssd")


@pytest.fixture(scope="module")
def built(loaded) -> Built:
    settings = BuildSettings("999", extract_date=loaded.report.extract_date, run_at=loaded.extract["run_at"])
    return build_cin(contract("cin", "2025-26"), loaded.tables, loaded.profile.conventions, settings)


def rows(frame: pd.DataFrame, child: str, columns: str) -> list[str]:
    mine = frame[frame["LAchildID"].eq(child)]
    shown = pd.DataFrame({column: as_shown(mine[column], len(mine)) for column in columns.split()})
    return [" | ".join(row).strip() for row in shown.itertuples(index=False, name=None)]


@pytest.mark.parametrize(
    ("child", "table", "columns", "wanted"),
    [
        ("1001", "CINdetails", "CINreferralDate ReferralNFA PrimaryNeedCode", ["2025-06-03 | 1 |"]),
        ("1005", "ChildIdentifiers", "LAchildID", []),  # no further action the day before the year
        ("1006", "CINdetails", "CINreferralDate", ["2025-04-01"]),
        ("1010", "Assessments", "AssessmentActualStartDate AssessmentAuthorisationDate", ["2026-02-19 |"]),
        ("1011", "AssessmentFactorsList", "AssessmentFactor", ["10A", "14A"]),
        ("1013", "Assessments", "AssessmentActualStartDate", ["2025-09-15"]),
        ("1014", "CINplanDates", "CINPlanStartDate CINPlanEndDate", ["2023-07-14 |"]),
        ("1015", "CINdetails", "CINclosureDate ReasonForClosure", ["|"]),
        ("1019", "Section47", "InitialCPCtarget DateOfInitialCPC ICPCnotRequired", ["|  | 1"]),
        ("1021", "Section47", "S47ActualStartDate DateOfInitialCPC", ["2025-03-20 | 2025-04-09"]),
        ("1022", "Section47", "S47ActualStartDate DateOfInitialCPC ICPCnotRequired", ["2026-03-19 |  | 0"]),
        ("1022", "ChildProtectionPlans", "CPPstartDate", []),
        ("1023", "CINdetails", "DateOfInitialCPC", ["2025-08-15"]),
        ("1024", "ChildProtectionPlans", "CPPstartDate", []),  # of another authority
        ("1025", "ChildProtectionPlans", "NumberOfPreviousCPP LatestCategoryOfAbuse", ["1 | EMO"]),
        ("1026", "ChildProtectionPlans", "NumberOfPreviousCPP", ["2"]),
        ("1027", "ChildProtectionPlans", "CPPstartDate CPPendDate", ["2024-02-07 |"]),
        ("1027", "Reviews", "CPPreviewDate", ["2025-04-02", "2025-09-17", "2026-03-04"]),
        ("1029", "Reviews", "CPPreviewDate", ["2025-10-07", "2026-03-24"]),
        ("1030", "ChildIdentifiers", "PersonBirthDate ExpectedPersonBirthDate Sex", ["| 2026-08-14 | U"]),
        ("1031", "ChildIdentifiers", "PersonBirthDate ExpectedPersonBirthDate Sex", ["| 2026-04-27 | U"]),
        ("1032", "ChildIdentifiers", "PersonBirthDate ExpectedPersonBirthDate", ["| 2026-03-20"]),
        ("1034", "ChildIdentifiers", "PersonBirthDate ExpectedPersonBirthDate", ["2009-01-01 |"]),
        ("1045", "Disabilities", "Disability", ["HEAR"]),
        ("1046", "Disabilities", "Disability", ["BEH"]),
        ("1047", "Disabilities", "Disability", ["CON", "DDA"]),
        ("1048", "ChildIdentifiers", "UPN UPNunknown", ["| UN2"]),
        ("1070", "Assessments", "AssessmentInternalReviewDate", ["2026-01-27"]),
        ("1075", "CINdetails", "CINclosureDate ReasonForClosure ReferralNFA", ["|  | 1"]),
    ],
)
def test_situations(built, child, table, columns, wanted):
    assert rows(built.tables[table], child, columns) == wanted


def test_former_upns_from_both_places(built):
    former = built.tables["ChildIdentifiers"].set_index("LAchildID")["FormerUPN"]
    assert former[["1055", "1056"]].str.len().tolist() == [13, 13]


def test_a_target_on_a_bank_holiday_is_worked_out_again(built):
    assert rows(built.tables["Section47"], "1073", "InitialCPCtarget") == ["2025-12-29"]
    decided = built.decisions.query("rule == 'CIN-TARGET-DERIVED' and child == '1073'")
    assert decided[["old", "new"]].to_numpy().tolist() == [["2025-12-26", "2025-12-29"]]


def test_each_row_comes_from_a_row_of_the_extract(built, loaded):
    for name, frame in built.tables.items():
        origin = built.origins[name].query("part == 'row'")
        assert name == "Header" or set(origin["row"]) == set(range(len(frame))), name
        assert set(origin["file"]) <= set(loaded.sources["file"])


def test_building_again_gives_the_same(built, loaded):
    settings = BuildSettings("999", extract_date=loaded.report.extract_date, run_at=loaded.extract["run_at"])
    again = build_cin(contract("cin", "2025-26"), loaded.tables, loaded.profile.conventions, settings)
    for name, frame in built.tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[name])
    for part in ("decisions", "worklist", "withheld"):
        pd.testing.assert_frame_equal(getattr(built, part), getattr(again, part))
