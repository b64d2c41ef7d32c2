"""Totals, continuity, the other return, notes, suppression: small tables in, the lines an analyst would expect out."""

import datetime as dt

import pandas as pd
import pytest
from review_samples import issues_of, tables_of

from dfe_returns.review.answers import standing
from dfe_returns.review.continuity import continuity, continuity_counts
from dfe_returns.review.cross import cross_return
from dfe_returns.review.facts import issue_table
from dfe_returns.review.notes import notes_for_dfe
from dfe_returns.review.summary import suppressed
from dfe_returns.review.totals import beside_last_year, totals_of, typed_previous


def numbers(run) -> dict[str, float]:
    frame = totals_of(run)
    return dict(zip(frame["key"], frame["value"].round(1), strict=True))


def test_totals_of_the_census(cin_run):
    found = numbers(cin_run)
    expected = {
        "referrals": 2,
        "cin.march": 2,
        "cin.year": 3,
        "cin.started": 2,
        "cin.ended": 1,
        "cin.disabled": 50,
        "need.N1": 1,
        "need.N2": 1,
        "closure.RC7": 1,
        "month.05": 1,
        "month.06": 1,
        "assessments": 2,
        "assessments.45": 50,
        "assessments.open": 1,
        "factor.2A": 1,
        "s47": 1,
        "icpc": 1,
        "icpc.15": 100,
        "cpp.march": 1,
        "cpp.started": 1,
        "cpp.again": 100,
        "cpp.open_long": 0,
        "cpp.reviewed": 100,
        "category.NEG": 1,
        "plan.march": 0,
    }
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("first", "second", "in_time"),
    [
        ("19/09/2025", "21/03/2026", 100),
        ("20/09/2025", "10/03/2026", 0),
        ("15/09/2025", "18/03/2026", 0),
        ("15/09/2025", "", 0),
    ],
)
def test_reviews_in_time_first_within_91_days_then_within_183(cin_run, first, second, in_time):
    """The plan of A3 began on 20/06/2025."""
    cin_run.tables["Reviews"]["CPPreviewDate"] = pd.to_datetime(
        pd.Series([first, second]).replace("", None), format="%d/%m/%Y"
    )
    assert numbers(cin_run)["cpp.reviewed"] == in_time


def test_totals_of_the_looked_after_return(care_run):
    found = numbers(care_run)
    expected = {
        "cla.march": 1,
        "cla.year": 2,
        "cla.started": 1,
        "cla.ceased": 1,
        "cla.short": 0,
        "cla.uasc": 0,
        "place.three": 0,
        "ls.C2": 1,
        "place.U6": 1,
        "need.N1": 1,
        "rec.E4A": 1,
        "age.10": 1,
        "sex.F": 1,
        "missing": 1,
        "missing.children": 1,
        "reviews": 1,
        "reviews.children": 100,
        "oc2": 1,
        "oc2.TEETH_CHECK": 100,
        "oc2.sdq": 100,
        "adopted": 0,
        "oc3": 0,
    }
    assert {key: found[key] for key in expected} == expected


def test_short_breaks_are_counted_apart(care_run):
    care_run.tables["Episodes"]["LS"] = "V4"
    found = numbers(care_run)
    assert (found["cla.march"], found["cla.year"], found["cla.short"]) == (0, 0, 2)


def totals(**values: float) -> pd.DataFrame:
    kinds = {key: "percent" if key.endswith("pc") else "count" for key in values}
    return pd.DataFrame(
        {
            "section": "s",
            "key": list(values),
            "label": list(values),
            "kind": list(kinds.values()),
            "value": list(values.values()),
            "of": [100.0 if k == "percent" else float("nan") for k in kinds.values()],
            "rank": 0,
        }
    )


def test_large_changes_are_marked(care_run):
    this = totals(same=100.0, more=115.0, few=9.0, new=12.0, apc=50.0, bpc=50.0)
    last = totals(same=95.0, more=100.0, few=4.0, gone=20.0, apc=54.9, bpc=45.0)
    found = beside_last_year(this, last).set_index("key")
    assert found["large"].to_dict() == {
        "same": False,
        "more": True,
        "few": False,
        "new": True,
        "apc": False,
        "bpc": True,
        "gone": True,
    }
    assert found.loc["more", ["this", "last", "change"]].tolist() == ["115", "100", "+15"]
    assert found.loc["bpc", ["this", "last", "change"]].tolist() == ["50.0%", "45.0%", "+5.0 points"]
    assert found.loc["gone", ["this", "last", "change"]].tolist() == ["0", "20", "-20"]


def test_a_code_that_only_last_year_has_stands_in_the_order_of_the_codes():
    ranks = {"N1": 0, "N2": 1, "N3": 2, "N4": 3}
    this, last = totals(N1=3.0, N2=4.0, N4=5.0), totals(N1=3.0, N3=2.0)
    frames = [frame.assign(rank=frame["key"].map(ranks)) for frame in (this, last)]
    assert beside_last_year(*frames)["key"].tolist() == ["N1", "N2", "N3", "N4"]


def test_a_dry_run_is_counted_to_its_day_in_both_years(care_run):
    care_run.previous = care_run.tables
    care_run.as_at = dt.date(2025, 12, 31)
    this, last = totals_of(care_run), totals_of(care_run, typed_previous(care_run), years_back=1)
    assert "Looked after at 31 December" in set(this["label"]) & set(last["label"])
    assert not this["label"].str.contains("31 March").any()


def test_care_leavers_who_died_or_went_home_are_left_out_of_the_shares(care_run):
    care_run.tables["OC3"] = pd.DataFrame(
        {
            "CHILD": list("ABCDE"),
            "IN_TOUCH": ["YES", "NO", "DIED", "RHOM", "YES"],
            "ACTIV": ["F1", "0", "0", "0", "G5"],
            "ACCOM": ["U1", "0", "0", "0", "D1"],
        }
    )
    found = numbers(care_run)
    assert (found["oc3"], found["oc3.followed"]) == (5, 3)
    assert (found["oc3.touch"], found["oc3.activity"], found["oc3.home"]) == (66.7, 33.3, 66.7)


def test_sdq_is_asked_of_those_with_a_score_or_a_reason(care_run):
    care_run.tables["OC2"] = pd.DataFrame(
        {"CHILD": list("ABCD"), "SDQ_SCORE": ["12", "0", "", ""], "SDQ_REASON": ["", "", "SDQ1", ""]}
    )
    assert numbers(care_run)["oc2.sdq"] == 66.7


def test_assessments_and_conferences_stand_in_bands_of_working_days(cin_run):
    cin_run.tables["Assessments"] = pd.DataFrame(
        {
            "AssessmentActualStartDate": pd.to_datetime(["2025-06-02"] * 3),
            "AssessmentAuthorisationDate": pd.to_datetime(["2025-06-16", "2025-06-17", "2025-08-04"]),
        }
    )
    found = numbers(cin_run)
    assert (found["length.00"], found["length.11"], found["length.41"]) == (1, 1, 1)  # 10, 11 and 45 days
    assert sum(value for key, value in found.items() if key.startswith("length.")) == 3
    assert sum(value for key, value in found.items() if key.startswith("wait.")) == 1
    assert sum(value for key, value in found.items() if key.startswith("over.")) == found["cin.ended"]


def test_the_change_of_a_share_is_that_of_the_shares_as_shown():
    found = beside_last_year(totals(apc=14.606), totals(apc=5.555))
    assert found[["this", "last", "change"]].to_numpy().tolist() == [["14.6%", "5.6%", "+9.0 points"]]


def test_without_last_year_nothing_stands_beside():
    found = beside_last_year(totals(a=5.0), None)
    assert found[["this", "last", "change", "large"]].to_numpy().tolist() == [["5", "", "", False]]


def last_year(name: str, **written: str):
    return {table: frame.astype("object").where(frame.notna()) for table, frame in tables_of(name, **written).items()}


def test_open_episodes_of_last_year(care_run):
    care_run.previous = last_year(
        "ssda903",
        Episodes="CHILD|DECOM|DEC\nA1|03/05/2024|\nA2|01/02/2025|\nA7|01/01/2020|\nA8|01/01/2020|31/03/2025",
        Missing="CHILD|MIS_START|MIS_END\nA2|02/07/2025|",
    )
    care_run.previous["Episodes"]["DECOM"] = ["03/05/2024", "2025-02-01", "2020-01-01 00:00:00", "01/01/2020"]
    assert typed_previous(care_run)["Episodes"]["DECOM"].dt.strftime("%d/%m/%Y").tolist() == [
        "03/05/2024",
        "01/02/2025",
        "01/01/2020",
        "01/01/2020",
    ]
    found = continuity(care_run)
    assert found[["what", "child", "outcome", "note"]].to_numpy().tolist() == [
        ["Episode of care", "A1", "ended", "ended 20/06/2025"],
        ["Episode of care", "A7", "missing", ""],
        ["Episode of care", "A2", "started on another day", "this year's start: 10/04/2025"],
        ["Time missing or away", "A2", "ended", "ended 04/07/2025"],
    ]
    assert continuity_counts(found).iloc[0].tolist() == ["Episode of care", 0, 1, 1, 1]


def test_open_referrals_of_last_year_without_those_needing_no_action(cin_run):
    cin_run.previous = last_year(
        "cin",
        CINdetails="LAchildID|CINreferralDate|CINclosureDate|ReferralNFA\nA2|01/12/2024||0\nA4|01/12/2024||0\nA5|01/12/2024||1",
    )
    assert continuity(cin_run)[["child", "outcome"]].to_numpy().tolist() == [["A2", "carried on"], ["A4", "missing"]]
    cin_run.previous = None
    assert continuity(cin_run) is None


def test_the_two_returns_beside_each_other(cin_run, care_run):
    care_run.tables["Header"].loc[0, "ETHNIC"] = "AIND"
    extra = care_run.tables["Episodes"].iloc[[2, 2]].assign(CHILD=["A9", "A3"])
    care_run.tables["Episodes"] = pd.concat([care_run.tables["Episodes"], extra], ignore_index=True)
    found = cross_return(cin_run.tables, care_run.tables, cin_run.collection.end)
    assert found.to_numpy().tolist() == [
        ["Looked after at 31 March, not in the census", "A9", "", "looked after"],
        ["Looked after at 31 March, no open episode in the census", "A1", "no open episode", "looked after"],
        ["Ethnic background differs", "A1", "WBRI", "AIND"],
        [
            "On a child protection plan and looked after at 31 March: confirm that both are right",
            "A3",
            "on a plan",
            "looked after",
        ],
    ]


def test_children_who_left_in_the_year_belong_in_the_census_too(cin_run, care_run):
    last = care_run.tables["Episodes"].iloc[[2]]
    days = {"DECOM": pd.Timestamp("2024-05-01"), "DEC": pd.Timestamp("2025-06-01"), "REC": "E8"}
    gone, before = (
        last.assign(CHILD="A8", **days),
        last.assign(CHILD="A7", **{**days, "DEC": pd.Timestamp("2025-03-01")}),
    )
    care_run.tables["Episodes"] = pd.concat([care_run.tables["Episodes"], gone, before], ignore_index=True)
    year = cin_run.collection
    found = cross_return(cin_run.tables, care_run.tables, year.end, year.start)
    words = "Looked after earlier in the year, not in the census"
    assert found.loc[found["finding"] == words, "child"].tolist() == ["A8"]


def test_adoptions_and_deaths_stand_in_both_returns(cin_run, care_run):
    children = cin_run.tables["ChildIdentifiers"]["LAchildID"].tolist()
    details = cin_run.tables["CINdetails"]
    details["ReasonForClosure"] = "RC1"
    cin_run.tables["ChildIdentifiers"]["PersonDeathDate"] = pd.to_datetime(
        pd.Series(["2025-06-01" if child == "A1" else None for child in children])
    )
    episodes = care_run.tables["Episodes"]
    episodes["REC"] = episodes["CHILD"].map({"A2": "E2"}).fillna("E11")
    found = cross_return(cin_run.tables, care_run.tables, cin_run.collection.end)
    died = found[found["finding"] == "Died in one return only"]
    assert died[["child", "cin", "ssda903"]].to_numpy().tolist() == [
        ["A1", "date of death", "no E2"],
        ["A2", "no date of death", "E2"],
    ]
    adopted = found[found["finding"].str.startswith("Closed as adopted")]
    assert adopted["child"].tolist() == ["A2", "A3"]


def test_notes_are_one_line_per_query(cin_run):
    issues = issue_table(cin_run)
    none = standing(cin_run, issues, None, cin_run.as_at)
    assert notes_for_dfe(cin_run, issues, none)[["code", "child", "state"]].to_numpy().tolist() == [
        ["8670", "A2", "needs a reason"]
    ]
    key = "8670|Assessments|A2|01/05/2025|0"
    answered = pd.DataFrame({"reason": ["the report came late"], "holds": [True]}, index=pd.Index([key], name="key"))
    ready = notes_for_dfe(cin_run, issues, answered).iloc[0]
    assert ready["note"] == "8670 child A2: AssessmentAuthorisationDate 01/12/2025. the report came late"
    assert ready["state"] == "ready"


def test_a_return_without_queries_has_no_notes(cin_run):
    cin_run.issues = issues_of(("4008", "CINplanDates", 0, "CINPlanEndDate", "A2", "01/12/2025"))
    issues = issue_table(cin_run)
    assert notes_for_dfe(cin_run, issues, standing(cin_run, issues, None, cin_run.as_at)).empty


def test_small_groups_are_hidden_and_everything_is_rounded():
    frame = pd.DataFrame(
        [
            ("Children", "cla.march", "Looked after", "count", 103.0, float("nan")),
            ("Children", "cla.uasc", "Asylum-seeking", "count", 3.0, float("nan")),
            ("Children", "adopted", "Adopted", "count", 0.0, float("nan")),
            ("Status", "ls.C2", "C2", "count", 58.0, float("nan")),
            ("Status", "ls.J1", "J1", "count", 2.0, float("nan")),
            ("Status", "ls.V2", "V2", "count", 43.0, float("nan")),
            ("Rates", "a", "High", "percent", 97.0, 100.0),
            ("Rates", "b", "Middle", "percent", 48.7, 100.0),
            ("Rates", "c", "Of few", "percent", 50.0, 4.0),
        ],
        columns=["section", "key", "label", "kind", "value", "of"],
    )
    assert suppressed(frame).to_numpy().tolist() == [
        ["Children", "Looked after", "105"],
        ["Children", "Asylum-seeking", "fewer than 6"],
        ["Children", "Adopted", "0"],
        ["Status", "C2", "60"],
        ["Status", "V2", "45"],
        ["Status", "Other groups", "each fewer than 6"],
        ["Rates", "High", "not shown (small group)"],
        ["Rates", "Middle", "49%"],
        ["Rates", "Of few", "not shown (small group)"],
    ]
