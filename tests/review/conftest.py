"""Two small runs, one of each return."""

import pytest
from review_samples import issues_of, run_of, tables_of


@pytest.fixture
def cin_run(tmp_path):
    """Three children in need: one clean closed case, one late assessment, one plan that ends before it starts."""
    tables = tables_of(
        "cin",
        ChildIdentifiers="LAchildID|UPN|PersonBirthDate|Sex\nA1|A801200001001|01/02/2015|F\nA2||05/05/2012|M\nA3||07/07/2019|M",
        ChildCharacteristics="LAchildID|Ethnicity\nA1|WBRI\nA2|AIND\nA3|REFU",
        Disabilities="LAchildID|Disability\nA1|NONE\nA2|LD\nA3|NONE",
        CINdetails="LAchildID|CINdetailsID|CINreferralDate|ReferralSource|PrimaryNeedCode|CINclosureDate|ReasonForClosure|ReferralNFA\n"
        "A1|1|10/05/2025|1A|N1|09/09/2025|RC7|0\nA2|1|01/12/2024|5A|N2|||0\nA3|1|01/06/2025|3F|N1|||0",
        Assessments="LAchildID|CINdetailsID|AssessmentID|AssessmentActualStartDate|AssessmentAuthorisationDate\n"
        "A1|1|1|10/05/2025|01/06/2025\nA2|1|1|01/05/2025|01/12/2025\nA3|1|1|02/06/2025|",
        AssessmentFactorsList="LAchildID|CINdetailsID|AssessmentID|AssessmentFactor\nA1|1|1|2A\nA2|1|1|21",
        CINplanDates="LAchildID|CINdetailsID|CINPlanStartDate|CINPlanEndDate\nA2|1|05/12/2025|01/12/2025",
        Section47="LAchildID|CINdetailsID|S47ActualStartDate|InitialCPCtarget|DateOfInitialCPC|ICPCnotRequired\nA3|1|03/06/2025|24/06/2025|20/06/2025|0",
        ChildProtectionPlans="LAchildID|CINdetailsID|CPPID|CPPstartDate|CPPendDate|InitialCategoryOfAbuse|LatestCategoryOfAbuse|NumberOfPreviousCPP\n"
        "A3|1|1|20/06/2025||NEG|NEG|1",
        Reviews="LAchildID|CINdetailsID|CPPID|CPPreviewDate\nA3|1|1|15/09/2025\nA3|1|1|10/03/2026",
    )
    issues = issues_of(
        ("8670", "Assessments", 1, "AssessmentAuthorisationDate", "A2", "01/12/2025"),
        ("4008", "CINplanDates", 0, "CINPlanEndDate", "A2", "01/12/2025"),
        ("8555", "CINdetails", 2, "CINreferralDate", "A3", "01/06/2025"),
        not_run={"502": ("previous_year",), "205A": ("Episodes_last", "postcodes")},
    )
    return run_of("cin", tables, issues, tmp_path / "run")


@pytest.fixture
def care_run(tmp_path):
    """Two looked-after children: one with an order and a move on one day, one who went home."""
    tables = tables_of(
        "ssda903",
        Header="CHILD|SEX|DOB|ETHNIC\nA1|F|01/02/2015|WBRI\nA2|M|05/05/2012|AIND",
        Episodes="CHILD|DECOM|RNE|LS|CIN|PLACE|PLACE_PROVIDER|DEC|REC|PL_POST|URN\n"
        "A1|03/05/2024|S|V2|N1|U6|PR1|20/06/2025|X1|FN1 1AA|SC000001\n"
        "A1|20/06/2025|B|C1|N1|U6|PR4|02/12/2025|X1|FN2 2BB|SC000002\n"
        "A1|02/12/2025|L|C2|N1|U6|PR4|||FN2 2BB|SC000002\n"
        "A2|10/04/2025|S|V2|N1|K2|PR1|01/09/2025|E4A|FN3 3CC|SC000003",
        Reviews="CHILD|DOB|REVIEW|REVIEW_CODE\nA1|01/02/2015|01/10/2025|PN1",
        OC2="CHILD|DOB|SDQ_SCORE|SDQ_REASON|CONVICTED|HEALTH_CHECK|IMMUNISATIONS|TEETH_CHECK|HEALTH_ASSESSMENT|SUBSTANCE_MISUSE\nA1|01/02/2015|12||0||1|1|0|0",
        Missing="CHILD|DOB|MISSING|MIS_START|MIS_END\nA2|05/05/2012|M|02/07/2025|04/07/2025",
    )
    issues = issues_of(
        ("502", "Episodes", 0, "DECOM", "A1", "03/05/2024"),
        ("176", "Episodes", 3, "REC", "A2", "E4A"),
        ("205A", "", None, "", "", ""),
    )
    return run_of("ssda903", tables, issues, tmp_path / "care")
