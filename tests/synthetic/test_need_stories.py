"""Random stories of need obey the order in which things happen, and the census's own rules of order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dfe_returns.synthetic import stories
from dfe_returns.synthetic.situations import entries

YEAR_END = pd.Timestamp("2026-03-31")


@pytest.fixture(scope="module")
def told():
    return stories(3000, 11)


@pytest.fixture(scope="module")
def at_year_end():
    return stories(3000, 11, as_at=YEAR_END.date())


def with_referral(frame, told):
    return frame.merge(
        told.referrals[["referral", "date", "closed", "nfa", "reason"]], on="referral", suffixes=("", "_referral")
    )


def test_same_seed_same_stories():
    first, second, other = stories(60, 5), stories(60, 5), stories(60, 6)
    for name, frame in first.tables.items():
        pd.testing.assert_frame_equal(frame, second.tables[name])
    assert not first.referrals.equals(other.referrals)


def test_nothing_is_known_of_days_to_come(at_year_end):
    for name, frame in at_year_end.tables.items():
        for column in frame.select_dtypes("datetime"):
            if column not in ("due", "target") and not (name == "addresses" and column == "start"):
                assert not (frame[column] > YEAR_END).any(), (name, column)


def test_earlier_knowledge_is_the_same_however_it_is_reached(told, at_year_end):
    for name, frame in told.known_on(YEAR_END.date()).tables.items():
        pd.testing.assert_frame_equal(frame, at_year_end.tables[name])


def test_no_spell_overlaps_another_of_the_same_child(told):
    r = told.referrals[told.referrals.nfa == "N"].sort_values(["child", "date"])
    following = r.groupby("child").date.shift(-1)
    assert not (r.closed.isna() & following.notna()).any()
    assert not (following < r.closed).any()


@pytest.mark.parametrize(
    ("table", "begin", "end"),
    [
        ("assessments", "start", "authorised"),
        ("cin_plans", "start", "end"),
        ("enquiries", "start", "end"),
        ("protection_plans", "start", "end"),
        ("conferences", "date", "date"),
    ],
)
def test_everything_lies_inside_its_spell(told, table, begin, end):
    t = with_referral(getattr(told, table), told)
    assert (t[begin] >= t["date_referral" if begin == "date" else "date"]).all()
    assert not (t[end] > t.closed).any()
    assert not (t[end] < t[begin]).any()
    assert (t.nfa_referral if "nfa_referral" in t else t.nfa).eq("N").all()


def test_closed_after_assessment_means_nothing_else_happened(told):
    quick = told.referrals[told.referrals.reason.isin(["RC8", "RC9"])].referral
    for table in ("cin_plans", "enquiries", "conferences", "protection_plans"):
        assert not getattr(told, table).referral.isin(quick).any()
    assert quick.isin(told.assessments.referral).all()


def test_protection_plan_starts_at_its_conference_and_never_beside_a_plan_in_need(told):
    plans = told.protection_plans.merge(told.conferences, on="conference", suffixes=("", "_held"))
    assert len(plans) == len(told.protection_plans) > 100
    assert (plans.start == plans.date).all()
    assert (plans.plan == plans.plan_held).all()
    both = plans.merge(told.cin_plans, on="child", suffixes=("", "_need"))
    assert ((both.end_need <= both.start) | (both.start_need >= both.end)).all()


def test_conferences_are_held_on_working_days(told):
    assert (told.conferences.date.dt.day_of_week < 5).all()
    assert (told.conferences.target.dt.day_of_week < 5).all()


def test_assessments_of_a_spell_follow_one_another(told):
    a = told.assessments.sort_values(["referral", "start"])
    assert not (a.groupby("referral").start.shift(-1) <= a.authorised).any()
    assert a.groupby("referral").authorised.apply(lambda signed: signed.isna().sum()).max() == 1


def test_reviews_lie_inside_their_plan(told):
    r = told.protection_reviews.merge(told.protection_plans, on="plan", suffixes=("", "_plan"))
    held = r[r.date.notna()]
    assert (held.date > held.start).all()
    assert not (held.date > held.end).any()
    assert r[r.date.isna()].groupby("plan").size().max() == 1


def test_open_work_at_year_end_began_in_the_year(at_year_end):
    assert (at_year_end.assessments[at_year_end.assessments.authorised.isna()].start >= "2025-04-01").all()
    assert at_year_end.assessments[at_year_end.assessments.authorised.isna()].factors.isna().all()
    waiting = at_year_end.enquiries[
        ~at_year_end.enquiries.enquiry.isin(at_year_end.conferences.enquiry) & (at_year_end.enquiries.needed != "N")
    ]
    assert (waiting.start >= "2025-04-01").all()


def test_no_one_is_referred_more_than_forty_weeks_before_birth(told):
    r = told.referrals.merge(told.people[["child", "born", "due"]], on="child")
    assert not (r.date < r.born.fillna(r.due) - pd.Timedelta(days=280)).any()
    assert told.people.born.isna().sum() > 0


def test_pupil_numbers_are_unique_and_carry_the_right_letter(told):
    upn = told.people.upn.dropna()
    assert upn.is_unique
    digits = upn.str[1:].map(list).map(lambda row: [int(d) for d in row]).to_list()
    letters = pd.Series(
        [("ABCDEFGHJKLMNPQRTUVWXYZ")[int(np.dot(row, range(2, 14))) % 23] for row in digits], index=upn.index
    )
    assert (letters == upn.str[0]).all()


def test_disability_is_recorded_for_all_who_were_assessed(told):
    worked = told.referrals[
        (told.referrals.nfa == "N") & told.referrals.child.isin(told.people.child[told.people.born.notna()])
    ].child
    assert np.isin(worked, told.disabilities.child).all()
    assert told.disabilities.code.nunique() == 13


def test_every_fixed_child_says_what_it_shows():
    children = pd.DataFrame(entries())
    assert children.child.is_unique
    assert children.shows.str.len().min() > 10
    assert 10 <= children.slip.notna().sum() <= 20


@pytest.mark.parametrize("year", ["2022-23", "2023-24", "2024-25", "2026-27"])
def test_any_year(year):
    told = stories(300, 3, year)
    start, end = f"{year[:4]}-04-01", f"20{year[-2:]}-03-31"
    assert told.referrals.date.between(start, end).sum() > 100
    assert told.as_at.isoformat() == f"20{year[-2:]}-06-12"
