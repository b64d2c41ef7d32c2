"""What `validate` takes and what it answers, whatever the rules."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import dfe_returns as dr
from dfe_returns.errors import UsageError
from dfe_returns.validate.engine import COLUMNS, validate
from dfe_returns.validate.registry import rule_book

EARLY_CLOSURE = {
    "CINdetails": pd.DataFrame(
        {
            "LAchildID": ["A1", "A2", "A3"],
            "CINdetailsID": ["1", "1", "1"],
            "CINreferralDate": ["2025-05-10", "2025-05-10", "2025-05-10"],
            "CINclosureDate": ["2025-06-01", "2025-05-09", "2025-05-08"],
        },
        index=[7, 7, 9],
    )
}


def found(issues):
    return list(zip(issues["table"], issues["row"], issues["field"], strict=True))


def test_the_answer_has_one_line_for_each_row_and_field():
    issues = dr.validate("cin", "2025-26", EARLY_CLOSURE, rules="8630")
    assert found(issues) == [
        ("CINdetails", 1, "CINclosureDate"),
        ("CINdetails", 1, "CINreferralDate"),
        ("CINdetails", 2, "CINclosureDate"),
        ("CINdetails", 2, "CINreferralDate"),
    ]
    first = issues.iloc[0]
    assert (first["code"], first["severity"], first["child"], first["value"]) == ("8630", "error", "A2", "2025-05-09")
    assert first["message"] == "The episode was closed before its referral."
    assert first["fix"].startswith("Correct the referral")


def test_eight_columns_first_in_their_order_with_fixed_types():
    for issues in (
        validate("cin", "2025-26", EARLY_CLOSURE, rules="8630"),
        validate("cin", "2025-26", EARLY_CLOSURE, rules="8620"),
        validate("cin", "2025-26", {}),
    ):
        assert tuple(issues.columns[:8]) == COLUMNS
        assert list(issues.columns[8:]) == ["line", "fix", "cause"]
        assert issues.dtypes["row"] == issues.dtypes["line"] == "Int64"
        assert all(issues.dtypes[name] == "str" for name in issues.columns if name not in ("row", "line"))
        assert list(issues.index) == list(range(len(issues)))


def test_sorted_by_table_row_code_and_field():
    tables = {
        "Section47": pd.DataFrame({"LAchildID": ["A1"], "DateOfInitialCPC": ["2024-05-11"]}),
        "CINdetails": pd.DataFrame({"LAchildID": ["A1"] * 11, "CINdetailsID": range(11), "ReasonForClosure": "XX"}),
        "ChildProtectionPlans": pd.DataFrame({"LAchildID": ["A1"], "CPPstartDate": ["2025-05-12"]}),
    }
    issues = validate("cin", "2025-26", tables)
    order = list(zip(issues["table"], issues["row"].fillna(-1), issues["code"], issues["field"], strict=True))
    assert order == sorted(order)
    assert len(set(order)) == len(order)
    assert order[0][0] == ""


def test_a_failure_of_the_whole_return_stands_in_no_row():
    issues = validate("cin", "2025-26", {"Disabilities": pd.DataFrame({"LAchildID": ["A1"], "Disability": ["LD"]})})
    line = issues[issues["code"] == "2887Q"].iloc[0]
    assert (line["table"], line["field"], line["child"], line["value"]) == ("", "", "", "")
    assert pd.isna(line["row"])
    assert pd.isna(line["line"])
    assert line["severity"] == "query"


def test_any_subset_of_tables_and_columns():
    issues = validate("cin", "2025-26", {"ChildIdentifiers": pd.DataFrame({"Sex": ["F"]})})
    assert set(issues["code"]) == {"8500", "8525Q"}
    assert issues.attrs["not_run"]["8590"] == ("CINdetails",)
    assert issues.attrs["not_run"]["2990"] == ("CINdetails", "Section47", "ChildProtectionPlans", "CINplanDates")
    assert "4180" not in issues.attrs["not_run"]


def test_a_rule_that_was_not_run_says_what_it_lacked():
    lacked = validate("cin", "2025-26", {}).attrs["not_run"]
    assert len(lacked) == 109
    assert lacked["100"] == ("Header",)
    assert "Header" not in lacked["8620"], "the period can be taken from the collection year"
    assert lacked["8869"] == ("Assessments", "AssessmentFactorsList")
    assert validate("cin", "2022-23", {}, rules="9005,1570").attrs["not_run"] == {"9005": ("year",), "1570": ("year",)}


def test_an_absent_column_is_blank_in_every_row():
    frame = pd.DataFrame({"LAchildID": ["A1", "A2"]})
    issues = validate("cin", "2025-26", {"ChildCharacteristics": frame}, rules="4220")
    assert found(issues) == [("ChildCharacteristics", 0, "Ethnicity"), ("ChildCharacteristics", 1, "Ethnicity")]
    assert list(issues["value"]) == ["", ""]


def test_columns_are_found_in_another_case_and_unknown_ones_are_left_alone():
    frame = pd.DataFrame({"lachildid": ["A1"], " ETHNICITY ": ["XX"], "Note": ["?"]})
    issues = validate("cin", "2025-26", {"ChildCharacteristics": frame}, rules="4220")
    assert list(issues["child"]) == ["A1"]
    assert list(issues["value"]) == ["XX"]


def test_text_and_typed_values_are_judged_alike():
    text = {
        "LAchildID": ["7", "8", "9", ""],
        "CINdetailsID": ["1", "1", "1", "1"],
        "CINreferralDate": ["2025-05-10", "10/05/2025", "2026-05-10", ""],
        "CINclosureDate": ["2025-05-09", "2025-05-11 00:00:00", "", "2024-01-01"],
        "ReferralNFA": ["0", "1", "", "0"],
    }
    typed = {
        "LAchildID": [7.0, 8.0, 9.0, np.nan],
        "CINdetailsID": pd.array([1, 1, 1, 1], dtype="Int64"),
        "CINreferralDate": pd.to_datetime(["2025-05-10", "2025-05-10", "2026-05-10", None]),
        "CINclosureDate": [dt.date(2025, 5, 9), pd.Timestamp(2025, 5, 11), pd.NaT, np.datetime64("2024-01-01")],
        "ReferralNFA": pd.array([False, True, None, False], dtype="boolean"),
    }
    answers = [validate("cin", "2025-26", {"CINdetails": pd.DataFrame(cells)}) for cells in (text, typed)]
    shown = [list(zip(a["code"], a["row"], a["field"], a["child"], strict=True)) for a in answers]
    assert shown[0] == shown[1]
    assert {"8600", "8620", "8630", "8568"} <= set(answers[0]["code"])
    assert answers[0].attrs["not_run"] == answers[1].attrs["not_run"]


def test_the_callers_frames_are_left_as_they_were():
    before = EARLY_CLOSURE["CINdetails"].copy()
    validate("cin", "2025-26", EARLY_CLOSURE)
    pd.testing.assert_frame_equal(EARLY_CLOSURE["CINdetails"], before)


@pytest.mark.parametrize(
    ("return_name", "year", "tables", "rules", "said"),
    [
        ("school", "2025-26", {}, None, "cin, ssda903"),
        ("cin", "2011-12", {}, None, "2022-23"),
        ("cin", "2025-26", {"Episodes": pd.DataFrame()}, None, "Table Episodes"),
        ("cin", "2025-26", {}, "8630,4711", "Rule 4711"),
    ],
)
def test_what_is_not_known_is_refused_by_name(return_name, year, tables, rules, said):
    with pytest.raises(UsageError, match=said):
        validate(return_name, year, tables, rules=rules)


def test_last_years_tables_are_looked_at_too():
    with pytest.raises(UsageError, match="Table Pupils"):
        validate("cin", "2025-26", {}, previous={"Pupils": pd.DataFrame()})


def test_which_rules_run():
    def run(rules):
        return set(validate("cin", "2026-27", {}, rules=rules).attrs["not_run"])

    assert run(["8630", "8620"]) == run("8630, 8620") == {"8630", "8620"}
    assert len(run(None)) == len(run("all")) == 121
    assert run("INT") == set()


def test_a_given_period_replaces_the_years_own():
    closed = {"CINdetails": pd.DataFrame({"LAchildID": ["A1"], "CINclosureDate": ["2025-08-01"]})}

    def failing(**period):
        return len(validate("cin", "2025-26", closed, rules="8620", period=period))

    assert failing() == 0
    assert failing(collection_end=dt.date(2025, 7, 31)) == 1
    assert failing(collection_end="31/07/2025") == 1
    assert failing(collection_start="2025-08-01", collection_end="2025-08-01") == 0
    assert failing(collection_start=pd.Timestamp(2025, 8, 2)) == 1
    with pytest.raises(UsageError, match="collection_end is no date"):
        failing(collection_end="the end")
    with pytest.raises(UsageError, match="not until"):
        failing(until="2025-07-31")


def test_years_may_be_written_in_other_ways():
    assert validate("cin", "2026", {}).attrs == validate("cin", "2025/26", {}).attrs


def test_a_consequence_names_its_root_on_the_same_row_only():
    tables = {
        "ChildIdentifiers": pd.DataFrame({"LAchildID": ["", "A2"], "Sex": ["F", "F"]}),
        "CINdetails": pd.DataFrame({"LAchildID": ["A3"], "CINdetailsID": ["1"]}),
    }
    issues = validate("cin", "2025-26", tables, rules="8500,8590")
    assert list(zip(issues["code"], issues["row"], issues["cause"], strict=True)) == [
        ("8500", 0, ""),
        ("8590", 0, "8500"),
        ("8590", 1, ""),
    ]
    assert set(validate("cin", "2025-26", tables, rules="8590")["cause"]) == {""}


def test_a_rule_that_breaks_is_reported_and_hides_no_other(monkeypatch):
    def broken(_):
        raise ZeroDivisionError("something about a child")

    book = rule_book("cin")
    variant = type(book["8565"][0])(broken, None, None)
    monkeypatch.setitem(book, "8590", [variant])
    tables = {**EARLY_CLOSURE, "ChildIdentifiers": pd.DataFrame({"LAchildID": ["A9"]})}
    issues = validate("cin", "2025-26", tables, rules="8590,8630")
    assert issues.attrs["not_run"] == {"8590": ("fault:ZeroDivisionError",)}
    assert set(issues["code"]) == {"8630"}
    with pytest.raises(ZeroDivisionError):
        validate("cin", "2025-26", tables, rules="8590", timings={"strict": 0.0})


def test_lines_of_the_file_are_passed_on():
    class Read(dict):
        lines = {"CINdetails": [11, 22, 33]}  # noqa: RUF012

    issues = validate("cin", "2025-26", Read(EARLY_CLOSURE), rules="8630")
    assert list(issues["line"]) == [22, 22, 33, 33]


def test_timings_are_kept_for_rules_that_ran():
    timings: dict[str, float] = {}
    validate("cin", "2025-26", EARLY_CLOSURE, rules="8630,8590", timings=timings)
    assert list(timings) == ["8630"]


def test_the_public_names_stay_functions_whatever_was_imported():
    import dfe_returns.validate.schemas

    assert dfe_returns.validate is dr.validate
    for _ in range(2):
        assert dr.contract("cin", "2025-26").name == "cin"
        assert len(dr.validate("cin", "2025-26", {})) == 0
    assert dr.validate.schemas.cin_details("2025-26").name == "cin 2025-26 CINdetails"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tables": None}, "tables should map"),
        ({"tables": ["CINdetails"]}, "tables should map"),
        ({"tables": {"CINdetails": {"LAchildID": ["A1"]}}}, "CINdetails should be a data frame"),
        ({"previous": "last-year.xml"}, "previous should map"),
        ({"reference": {"providers": "providers.csv"}}, "providers should be a data frame"),
        ({"rules": ""}, "No rule is named"),
        ({"rules": " , "}, "No rule is named"),
        ({"authority": "Fernshire"}, "Authority 'Fernshire'"),
        ({"period": {"collection_end": 20260331}}, "collection_end is no date"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(given, said):
    with pytest.raises(UsageError, match=said):
        validate("cin", "2025-26", **{"tables": EARLY_CLOSURE, **given})


@pytest.mark.parametrize("authority", [None, "", "831", 831, "E10000007", float("nan")])
def test_an_authority_is_an_ons_code_or_a_number(authority):
    validate("cin", "2025-26", EARLY_CLOSURE, authority=authority, rules="8630")


def test_the_period_may_be_given_as_any_kind_of_day():
    for end in ("2026-03-31", "31/03/2026", dt.date(2026, 3, 31), pd.Timestamp("2026-03-31", tz="Europe/London")):
        assert len(validate("cin", "2025-26", EARLY_CLOSURE, rules="8630", period={"collection_end": end})) == 4
