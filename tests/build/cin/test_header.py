"""The header, the settings, and the shape of what a build hands on."""

from datetime import date

import pandas as pd
import pytest

from dfe_returns.build import BuildSettings
from dfe_returns.build.cin.header import made_on
from dfe_returns.contract import YEARS, contract
from dfe_returns.errors import UsageError

SPELL = "referral_id | person_id | referral_date | nfa\nA | 1 | {day} | N"


def test_header_has_no_clock(build):
    told = build(
        ssd_cin_episodes=SPELL.format(day="2025-05-01"), serial_no="004", software_version="1.2", authority="099"
    )
    columns = "Collection Year ReferenceDate SourceLevel LEA SoftwareCode Release SerialNo"
    assert told.table("Header", columns) == ["CIN | 2026 | 2026-03-31 | L | 099 | dfe-returns | 1.2 | 004"]


@pytest.mark.parametrize(
    ("run_at", "made"),
    [
        ("2026-06-12", "2026-06-12T00:00:00"),
        ("2026-06-12T07:08:09.123", "2026-06-12T07:08:09"),
        ("2026-06-12 07:08:09+01:00", "2026-06-12T07:08:09"),
        ("", "2026-03-31T00:00:00"),
        ("yesterday", "2026-03-31T00:00:00"),
    ],
)
def test_moment_of_the_file_is_that_of_the_extract(run_at, made):
    assert made_on(run_at, pd.Timestamp("2026-03-31")).isoformat() == made


def test_a_dry_run_keeps_31_march_in_the_header_and_judges_at_its_day(build):
    told = build(
        ssd_cin_episodes="""
            referral_id | person_id | referral_date | nfa | close_date
            A           | 1         | 2025-05-01    | N   | 2025-10-01
            B           | 2         | 2025-10-01    | N   |
        """,
        as_at=date(2025, 9, 30),
    )
    assert told.table("Header", "ReferenceDate") == ["2026-03-31"]
    assert told.table("CINdetails", "LAchildID CINclosureDate") == ["C1 |"]


@pytest.mark.parametrize(
    ("as_at", "extract", "day"),
    [
        (None, date(2026, 6, 12), "2026-03-31"),
        (None, date(2025, 12, 1), "2025-12-01"),
        (date(2025, 9, 30), date(2026, 6, 12), "2025-09-30"),
        (date(2026, 9, 30), date(2026, 12, 1), "2026-03-31"),
        (None, None, "2026-03-31"),
    ],
)
def test_day_of_the_return(as_at, extract, day):
    settings = BuildSettings("999", as_at=as_at, extract_date=extract)
    assert f"{settings.as_at_day(contract('cin', '2025-26')):%Y-%m-%d}" == day


def test_a_day_before_the_year_is_refused():
    with pytest.raises(UsageError, match="before the collection year"):
        BuildSettings("999", as_at=date(2025, 3, 31)).as_at_day(contract("cin", "2025-26"))


@pytest.mark.parametrize("year", YEARS)
def test_every_year_has_its_own_tables_and_columns_typed(build, year):
    collection = contract("cin", year)
    told = build(year, ssd_cin_episodes=SPELL.format(day=f"{collection.start.year}-05-01"), extract_date=collection.end)
    for name, frame in told.built.tables.items():
        table = collection.tables[name]
        assert tuple(frame.columns) == table.frame_columns
        assert frame.index.equals(pd.RangeIndex(len(frame)))
        for field in table.fields.values():
            wanted = {"date": "datetime64[us]", "datetime": "datetime64[us]", "integer": "Int64"}.get(field.type, "str")
            assert str(frame[field.name].dtype) == wanted, field.id
    assert list(told.built.tables) == list(collection.tables)


def test_an_empty_source_builds_an_empty_return(build):
    told = build()
    assert {name: len(frame) for name, frame in told.built.tables.items() if len(frame)} == {"Header": 1}
    assert told.built.worklist.empty
    assert told.built.decisions.empty
