"""Two small runs, one per return, as evidence gets them: permitted tables and where their rows came from."""

from __future__ import annotations

import pytest

from .runs import frame, run_of


@pytest.fixture
def cin_run():
    tables = {
        "ChildIdentifiers": frame(
            """
            LAchildID | UPN           | PersonBirthDate | Sex
            A1        | A123456789012 | 2015-02-03      | F
            A2        |               | 2012-06-07      | M
            """,
            ("PersonBirthDate",),
        ),
        "CINdetails": frame(
            """
            LAchildID | CINdetailsID | CINreferralDate | ReferralSource | PrimaryNeedCode | CINclosureDate | ReferralNFA
            A1        | 1            | 2025-05-01      | 3A             | N2              |                | 0
            A2        | 1            | 2025-06-01      | 6              | N4              | 2025-09-01     | 0
            """,
            ("CINreferralDate", "CINclosureDate"),
        ),
        "AssessmentFactorsList": frame(
            """
            LAchildID | CINdetailsID | AssessmentID | AssessmentFactor
            A1        | 1            | 1            | 2B
            A1        | 1            | 1            | 20
            """
        ),
    }
    origins = {
        "ChildIdentifiers": frame(
            """
            row | source     | file           | line | part
            0   | ssd_person | ssd_person.csv | 2    | row
            0   | ssd_send   | ssd_send.csv   | 9    | UPN
            1   | ssd_person | ssd_person.csv | 3    | row
            """
        ),
        "CINdetails": frame(
            """
            row | source           | file                 | line | part
            0   | ssd_cin_episodes | ssd_cin_episodes.csv | 5    | row
            1   | ssd_cin_episodes | ssd_cin_episodes.csv | 7    | row
            """
        ),
    }
    origins = {name: o.astype({"row": "int64", "line": "Int64"}) for name, o in origins.items()}
    decisions = frame(
        """
        rule            | table      | record | child | field          | old | new | note
        CIN-CLOSURE-CUT | CINdetails | ssd_cin_episodes.csv:5 | A1    | CINclosureDate |     |     |
        CIN-NEED-MAPPED | CINdetails | ssd_cin_episodes.csv:7                  | A2    | PrimaryNeedCode |    |     |
        CIN-SOURCE      | CINdetails |                                         | A1    | ReferralSource |     |     |
        """
    )
    withheld = frame(
        """
        what   | table      | name           | reason                | count
        column | CINdetails | CINclosureDate | not asked of the year | 3
        row    | Section47  |                | no further action     | 4
        """
    ).astype({"count": "int64"})
    return run_of("cin", "2025-26", tables, origins, decisions, withheld)


@pytest.fixture
def looked_after_run():
    tables = {
        "Header": frame(
            """
            CHILD | SEX | DOB        | ETHNIC | UPN | MOTHER
            B1    | F   | 2009-01-01 | REFU   | UN3 | 0
            B2    | M   | 2018-01-01 | WBRI   | UN1 |
            """,
            ("DOB",),
        ),
        "Episodes": frame(
            """
            CHILD | DECOM      | RNE | LS | CIN | PLACE | DEC        | REC
            B1    | 2025-04-01 | S   | J1 | N6  | K1    | 2025-08-01 | E9
            B2    | 2024-02-01 | S   | E1 | N1  | A5    | 2025-10-01 | E11
            """,
            ("DECOM", "DEC"),
        ),
        "OC3": frame("CHILD | DOB | IN_TOUCH | ACTIV | ACCOM\nB3 | 2006-01-01 | YES | G4 | X1", ("DOB",)),
        "AD1": frame(
            """
            CHILD | DOB        | NB_ADOPTR | SEX_ADOPTR | LS_ADOPTR
            B2    | 2018-01-01 | 2         | FF         | L12
            """,
            ("DOB",),
        ),
    }
    return run_of("ssda903", "2025-26", tables, {})
