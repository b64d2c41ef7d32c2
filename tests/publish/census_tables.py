"""A census of three children, small enough to read, with every kind of element in it."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.publish.cin_xml import write_cin


def day(*texts: str | None) -> pd.Series:
    return pd.to_datetime(pd.Series(texts))


def as_bytes(tables: Mapping[str, pd.DataFrame], year: str = "2025-26", switched_on: tuple[str, ...] = ()) -> bytes:
    out = BytesIO()
    write_cin(tables, contract("cin", year), out, switched_on)
    return out.getvalue()


def small_census() -> dict[str, pd.DataFrame]:
    frames = {
        "Header": {
            "Collection": ["CIN"],
            "Year": ["2026"],
            "ReferenceDate": day("2026-03-31"),
            "SourceLevel": ["L"],
            "LEA": ["999"],
            "SoftwareCode": ["dfe-returns"],
            "Release": ["1.0.0"],
            "SerialNo": ["001"],
            "DateTime": pd.to_datetime(pd.Series(["2026-06-12 09:30:00"])),
        },
        "ChildIdentifiers": {
            "LAchildID": ["A1", "A2", "A3"],
            "UPN": ["A123456789012", None, None],
            "UPNunknown": [None, "UN4", "UN1"],
            "PersonBirthDate": day("2015-05-01", "2016-06-01", None),
            "ExpectedPersonBirthDate": day(None, None, "2026-04-20"),
            "Sex": ["F", "M", "U"],
        },
        "ChildCharacteristics": {"LAchildID": ["A1", "A2", "A3"], "Ethnicity": ["WBRI", "REFU", "NOBT"]},
        "Disabilities": {"LAchildID": ["A1", "A2", "A2"], "Disability": ["NONE", "HEAR", "VIS"]},
        "CINdetails": {
            "LAchildID": ["A1", "A2", "A2", "A3"],
            "CINdetailsID": ["1", "1", "2", "1"],
            "CINreferralDate": day("2025-05-06", "2025-06-07", "2025-11-03", "2026-02-02"),
            "ReferralSource": ["6", "3A", "1A", "1D"],
            "PrimaryNeedCode": ["N1", "N4", None, "N1"],
            "CINclosureDate": day(None, "2025-09-01", None, None),
            "ReasonForClosure": [None, "RC8", None, None],
            "ReferralNFA": ["0", "0", "1", "0"],
        },
        "Assessments": {
            "LAchildID": ["A1", "A2"],
            "CINdetailsID": ["1", "1"],
            "AssessmentID": ["1", "1"],
            "AssessmentActualStartDate": day("2025-05-07", "2025-06-08"),
            "AssessmentAuthorisationDate": day("2025-06-20", None),
        },
        "AssessmentFactorsList": {
            "LAchildID": ["A1", "A1"],
            "CINdetailsID": ["1", "1"],
            "AssessmentID": ["1", "1"],
            "AssessmentFactor": ["1A", "3B"],
        },
        "CINplanDates": {
            "LAchildID": ["A1"],
            "CINdetailsID": ["1"],
            "CINPlanStartDate": day("2025-06-21"),
            "CINPlanEndDate": day("2025-08-01"),
        },
        "Section47": {
            "LAchildID": ["A1"],
            "CINdetailsID": ["1"],
            "S47ActualStartDate": day("2025-08-01"),
            "InitialCPCtarget": day("2025-08-22"),
            "DateOfInitialCPC": day("2025-08-20"),
            "ICPCnotRequired": ["0"],
        },
        "ChildProtectionPlans": {
            "LAchildID": ["A1"],
            "CINdetailsID": ["1"],
            "CPPID": ["1"],
            "CPPstartDate": day("2025-08-20"),
            "InitialCategoryOfAbuse": ["NEG"],
            "LatestCategoryOfAbuse": ["EMO"],
            "NumberOfPreviousCPP": pd.array([0], dtype="Int64"),
        },
        "Reviews": {
            "LAchildID": ["A1", "A1"],
            "CINdetailsID": ["1", "1"],
            "CPPID": ["1", "1"],
            "CPPreviewDate": day("2025-11-12", "2026-03-02"),
        },
        "PreProceedings": {
            "LAchildID": ["A1"],
            "CINdetailsID": ["1"],
            "PPStartDate": day("2025-12-01"),
            "PPOutcome": ["A"],
        },
    }
    return {name: pd.DataFrame(columns) for name, columns in frames.items()}
