"""Two small runs, made by hand: one of each return. Every number and date is invented."""

import datetime as dt
from io import StringIO
from types import SimpleNamespace as Bag

import pandas as pd

RULES = {
    "8555": (
        "error",
        "Child cannot be referred more than 280 days before the expected birth",
        "Check the expected date of birth and the referral date.",
    ),
    "8670": (
        "query",
        "Assessment not authorised within 45 working days",
        "Confirm that the dates are right, or correct them.",
    ),
    "4008": ("error", "Plan ends before it starts", "Correct the start or end date of the plan."),
    "502": (
        "error",
        "Open episode of last year is not carried on",
        "Compare the first episode with last year's return.",
    ),
    "205A": ("query", "Status of asylum-seeking child differs from last year", "Confirm which year is right."),
    "176": ("error", "Reason the episode ceased is not a valid code", "Choose a code of the list."),
}
COLUMNS = {
    "cin": {
        "Header": "Collection Year ReferenceDate LEA SerialNo",
        "ChildIdentifiers": "LAchildID UPN PersonBirthDate Sex",
        "ChildCharacteristics": "LAchildID Ethnicity",
        "Disabilities": "LAchildID Disability",
        "CINdetails": "LAchildID CINdetailsID CINreferralDate ReferralSource PrimaryNeedCode "
        "CINclosureDate ReasonForClosure DateOfInitialCPC ReferralNFA",
        "Assessments": "LAchildID CINdetailsID AssessmentID AssessmentActualStartDate AssessmentAuthorisationDate",
        "AssessmentFactorsList": "LAchildID CINdetailsID AssessmentID AssessmentFactor",
        "CINplanDates": "LAchildID CINdetailsID CINPlanStartDate CINPlanEndDate",
        "Section47": "LAchildID CINdetailsID S47ActualStartDate InitialCPCtarget DateOfInitialCPC ICPCnotRequired",
        "ChildProtectionPlans": "LAchildID CINdetailsID CPPID CPPstartDate CPPendDate "
        "InitialCategoryOfAbuse LatestCategoryOfAbuse NumberOfPreviousCPP",
        "Reviews": "LAchildID CINdetailsID CPPID CPPreviewDate",
    },
    "ssda903": {
        "Header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
        "Episodes": "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE HOME_POST PL_POST URN",
        "UASC": "CHILD SEX DOB DUC",
        "Reviews": "CHILD DOB REVIEW REVIEW_CODE",
        "OC2": "CHILD DOB SDQ_SCORE SDQ_REASON CONVICTED HEALTH_CHECK IMMUNISATIONS "
        "TEETH_CHECK HEALTH_ASSESSMENT SUBSTANCE_MISUSE",
        "OC3": "CHILD DOB IN_TOUCH ACTIV ACCOM",
        "AD1": "CHILD DOB DATE_INT DATE_MATCH",
        "PlacedAdoption": "CHILD DOB DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED",
        "Missing": "CHILD DOB MISSING MIS_START MIS_END",
    },
}
CODES = {
    "LS": {"C1": "Interim care order", "C2": "Full care order", "V2": "Section 20", "V4": "Short breaks, agreement"},
    "PLACE": {"U6": "Foster placement, other carer", "K2": "Children's home", "P1": "With parents"},
    "REC": {"X1": "Another episode follows", "E4A": "Returned home as planned", "E11": "Adopted, unopposed"},
    "need": {"N1": "Abuse or neglect", "N2": "Child's disability"},
    "category": {"NEG": "Neglect", "EMO": "Emotional abuse"},
}
CODED = {
    "Episodes.LS": "LS",
    "Episodes.PLACE": "PLACE",
    "Episodes.REC": "REC",
    "CINdetails.PrimaryNeedCode": "need",
    "ChildProtectionPlans.LatestCategoryOfAbuse": "category",
}
DATES = (
    "Date",
    "DECOM",
    "DEC",
    "DOB",
    "DUC",
    "REVIEW",
    "MIS_START",
    "MIS_END",
    "DATE_PLACED",
    "DATE_PLACED_CEASED",
    "DATE_INT",
    "DATE_MATCH",
)
MORE_DATES = (
    "CINreferralDate",
    "CINclosureDate",
    "CPPstartDate",
    "CPPendDate",
    "CPPreviewDate",
    "InitialCPCtarget",
    "DateOfInitialCPC",
)


def frame(text: str, like: str = "", dates: bool = True) -> pd.DataFrame:
    """A table written with bars: dates become datetimes, blanks stay blank; `like` names its columns."""
    read = pd.read_csv(StringIO(text.strip()), sep="|", dtype="str", skipinitialspace=True, keep_default_na=False)
    read.columns = [column.strip() for column in read.columns]
    read = (
        pd.DataFrame({column: read[column].str.strip() for column in read.columns})
        .replace("", None)
        .astype("str")
        .where(lambda f: f.notna())
    )
    read = read.reindex(columns=like.split()) if like else read
    for column in read.columns if dates else []:
        if column in DATES or column in MORE_DATES or column.endswith("Date"):
            read[column] = pd.to_datetime(read[column], format="%d/%m/%Y").astype("datetime64[us]")
        else:
            read[column] = read[column].astype("str")
    return read


def tables_of(name: str, **written: str) -> dict[str, pd.DataFrame]:
    """All tables of a return; those written with bars, the others without rows."""
    return {
        table: frame(written.get(table, columns.replace(" ", "|")), columns) for table, columns in COLUMNS[name].items()
    }


def collection(name: str) -> Bag:
    tables = {
        table: Bag(
            name=table,
            columns=tuple(columns.split()),
            fields={column: Bag(name=column, code_set=CODED.get(f"{table}.{column}")) for column in columns.split()},
        )
        for table, columns in COLUMNS[name].items()
    }
    rules = {
        code: Bag(code=code, severity=severity, title=title, message=title, fix=fix)
        for code, (severity, title, fix) in RULES.items()
    }
    return Bag(
        name=name,
        year="2025-26",
        title={"cin": "Children in need census", "ssda903": "Children looked after return (SSDA903)"}[name],
        start=dt.date(2025, 4, 1),
        end=dt.date(2026, 3, 31),
        tables=tables,
        rules=rules,
        codesets={code: Bag(name=code, title=code, codes=codes, all_codes=codes) for code, codes in CODES.items()},
    )


def issues_of(*rows: tuple, not_run: dict | None = None) -> pd.DataFrame:
    """Issues from (code, table, row, field, child, value); severity and message from the rules."""
    out = pd.DataFrame(
        [
            (code, RULES[code][0], table, row, field, child, value, RULES[code][1] + ".")
            for code, table, row, field, child, value in rows
        ],
        columns=["code", "severity", "table", "row", "field", "child", "value", "message"],
    )
    out["row"] = out["row"].astype("Int64")
    out.attrs["not_run"] = not_run or {}
    return out


def fields_of(name: str) -> pd.DataFrame:
    rows = [
        (table, column, "GW-CA89-S83", "6(1)(c)", "", "", f"ssd_{table.lower()}.{column.lower()}", "as recorded")
        for table, columns in COLUMNS[name].items()
        for column in columns.split()
    ]
    return pd.DataFrame(
        rows, columns=["table", "field", "gateway", "art6", "art9", "art10", "source_columns", "transformation"]
    )


def origins_of(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Row n of each table was made of line n + 2 of a file named after it."""
    return {
        table: pd.DataFrame(
            {
                "row": range(len(rows)),
                "source": f"ssd_{table.lower()}",
                "file": f"{table.lower()}.csv",
                "line": pd.Series(range(2, len(rows) + 2), dtype="Int64"),
                "part": "row",
            }
        )
        for table, rows in tables.items()
    }


def decisions_of(text: str = "") -> pd.DataFrame:
    return frame(text, "rule table record child field old new note", dates=False)


def run_of(name: str, tables: dict, issues: pd.DataFrame, folder, **more) -> Bag:
    values = {
        "collection": collection(name),
        "authority": "999",
        "authority_name": "Fernshire",
        "run_id": "run-1",
        "folder": folder,
        "as_at": dt.date(2026, 3, 31),
        "dry_run": False,
        "tables": tables,
        "origins": origins_of(tables),
        "issues": issues,
        "sources": pd.DataFrame(
            {
                "file": ["people.csv", "referrals.csv"],
                "table": ["ssd_person", "ssd_cin_episodes"],
                "rows": [3, 4],
                "read": [3, 4],
                "sha256": ["a" * 64, "b" * 64],
                "extract_date": ["2026-06-12", "2026-06-12"],
                "note": ["", "extra columns ignored"],
            }
        ),
        "structure": pd.DataFrame(
            {
                "code": ["STRUCT-EXTRA-COLUMN"],
                "file": ["referrals.csv"],
                "line": pd.Series([1], dtype="Int64"),
                "column": ["notes"],
                "message": ["A column that no profile maps was not read."],
                "count": [1],
            }
        ),
        "decisions": decisions_of(
            "rule|table|record|child|field|old|new|note\n"
            "CIN-CLOSURE-CUT|CINdetails|referrals.csv line 3|A2|CINclosureDate|02/04/2026||closed after the year"
        ),
        "worklist": pd.DataFrame(
            {
                "code": ["CIN-TWO-OPEN"],
                "table": ["CINdetails"],
                "record": ["referrals.csv line 4"],
                "child": ["A3"],
                "field": ["CINreferralDate"],
                "value": ["01/06/2025"],
                "note": ["two open referrals"],
            }
        ),
        "withheld": pd.DataFrame(
            {
                "what": ["column"],
                "table": ["ssd_person"],
                "name": ["pers_forename"],
                "reason": ["not in the specification"],
                "count": [3],
            }
        ),
        "fields": fields_of(name),
        "people": pd.DataFrame(
            {"child": ["A1", "A2"], "team": ["North", "South & East"], "worker": ["SW100", "SW200"]}
        ),
        "previous": None,
        "inputs_hash": "c" * 64,
        "versions": {"dfe-returns": "1.0.0", "contract": "d" * 12},
    }
    return Bag(**{**values, **more})
