"""Faults of the records themselves: what is wrong in the case system and so in every export from it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic.facts import Stories, dates_of, facts
from dfe_returns.synthetic.faults import some, story_fault
from dfe_returns.synthetic.people import SYSTEM_OFFSET

Tables = dict[str, pd.DataFrame]
Rng = np.random.Generator


def _days(number: int) -> pd.Timedelta:
    return pd.Timedelta(days=number)


@story_fault(
    "readopted-children", 8, "an adopted child comes back under a new number that must not be joined to the old one"
)
def _readopted(told: Stories, rng: Rng, share: float) -> Tables:
    adopted = told.care_periods[told.care_periods.leaving.isin(["E11", "E12"])].drop_duplicates("child")
    back = adopted[some(rng, np.ones(len(adopted), dtype=bool), max(share, 0.5))]
    people = told.people[told.people.child.isin(back.child)]
    if people.empty:
        return {}
    child = people.child + 8_000_000
    again = people.assign(child=child, system=SYSTEM_OFFSET + 3 * child, upn=np.nan, upn_reason=np.nan)
    day = dates_of(people.child, back.set_index("child").end) + _days(20)
    referral = facts(
        "referrals",
        {
            "referral": 8_000_000 + np.arange(len(people)),
            "child": child.to_numpy(),
            "date": day.to_numpy(),
            "need": "N9",
            "source": "1A",
            "nfa": "N",
            "team": 9,
            "worker": 7_090_000,
        },
    )
    referral = referral[~(referral.date > pd.Timestamp(told.as_at))]
    return {
        "people": pd.concat([told.people, again], ignore_index=True),
        "referrals": pd.concat([told.referrals, referral], ignore_index=True),
    }


@story_fault("later-closures", 14, "many cases open on 31 March were closed before the extract of June was taken")
def _later(told: Stories, rng: Rng, share: float) -> Tables:
    r, plans, end = told.referrals, told.cin_plans, pd.Timestamp(told.clock.end)
    busy = (
        r.child.isin(told.care_periods.child)
        | r.referral.isin(told.protection_plans[told.protection_plans.end.isna()].referral)
        | r.referral.isin(told.assessments[~(told.assessments.authorised <= end)].referral)
        | r.referral.isin(plans[(plans.start > end) | (plans.end > end)].referral)
    )
    shut = some(rng, (r.nfa == "N") & r.closed.isna() & (r.date <= end) & ~busy, max(share, 0.3))
    day = pd.Series(end + pd.to_timedelta(rng.integers(1, 60, len(r)), unit="D"), index=r.index)
    of_spell = dates_of(plans.referral, day[shut].set_axis(r.referral[shut]))
    return {
        "referrals": r.assign(closed=r.closed.mask(shut, day), reason=r.reason.mask(shut, "RC7")),
        "cin_plans": plans.assign(end=plans.end.fillna(of_spell)),
    }


@story_fault(
    "overlapping-episodes", 15, "care episodes that overlap, leave a day out, last no day or end before they start"
)
def _overlapping(told: Stories, rng: Rng, share: float) -> Tables:
    e = told.care_episodes
    picked = some(rng, e.end.notna() & (e.end_reason == "X1") & (e.end > e.start + _days(15)), share)
    way = rng.integers(0, 4, len(e))
    end = e.end.copy()
    for number, new in enumerate((e.end + _days(10), e.end - _days(1), e.start, e.start - _days(5))):
        end = end.mask(picked & (way == number), new)
    return {"care_episodes": e.assign(end=end)}


@story_fault("estimated-births", 20, "birth dates that are estimates are filed as due dates")
def _estimated(told: Stories, rng: Rng, share: float) -> Tables:
    p = told.people
    return {"people": p.assign(estimated=p.estimated.mask(some(rng, p.born.notna() & p.due.isna(), share), "Y"))}


@story_fault("shared-meetings", 28, "sibling groups share a conference: one meeting number for several children")
def _shared(told: Stories, rng: Rng, share: float) -> Tables:
    c = told.conferences.sort_values(["date", "conference"], kind="stable")
    near = c.date.diff() <= _days(3)
    joined = some(rng, near, max(share, 0.5))
    meeting = c.meeting.mask(joined, c.meeting.shift(1))
    return {"conferences": c.assign(meeting=meeting).sort_values("conference", kind="stable", ignore_index=True)}


@story_fault("left-open", 33, "asylum status, plans and missing spells that nobody closed")
def _left_open(told: Stories, rng: Rng, share: float) -> Tables:
    asylum, plans, gone = told.immigration, told.cin_plans, told.missing
    return {
        "immigration": asylum.assign(end=asylum.end.mask(some(rng, asylum.end.notna(), max(share, 0.5)))),
        "cin_plans": plans.assign(end=plans.end.mask(some(rng, plans.end.notna(), share))),
        "missing": gone.assign(end=gone.end.mask(some(rng, gone.end.notna(), share))),
    }


@story_fault("swapped-dates", 0, "start and end of a plan, an assessment or an absence were typed the wrong way round")
def _swapped(told: Stories, rng: Rng, share: float) -> Tables:
    out = {}
    for name, end in (("cin_plans", "end"), ("assessments", "authorised"), ("missing", "end")):
        t = getattr(told, name)
        rows = some(rng, t[end].notna() & (t[end] > t.start), share)
        out[name] = t.assign(**{"start": t.start.mask(rows, t[end]), end: t[end].mask(rows, t.start)})
    return out


@story_fault("missing-codes", 0, "need, source, reason for closure, ethnicity or type of placement was never entered")
def _missing_codes(told: Stories, rng: Rng, share: float) -> Tables:
    out: Tables = {}
    for name, column in (
        ("referrals", "need"),
        ("referrals", "source"),
        ("referrals", "reason"),
        ("people", "ethnicity"),
        ("placements", "type"),
    ):
        t = out.get(name, getattr(told, name))
        out[name] = t.assign(**{column: t[column].mask(some(rng, t[column].notna(), share / 2))})
    return out


@story_fault("overlapping-plans", 0, "child in need plans left open when a protection plan began")
def _plans(told: Stories, rng: Rng, share: float) -> Tables:
    c = told.cin_plans
    before = c.end.notna() & c.referral.isin(told.protection_plans.referral) & c.end.isin(told.protection_plans.start)
    return {"cin_plans": c.assign(end=c.end.mask(some(rng, before, share)))}


@story_fault("unauthorised-assessments", 0, "assessments that nobody signed off, in cases long closed")
def _unsigned(told: Stories, rng: Rng, share: float) -> Tables:
    a = told.assessments
    rows = some(rng, a.authorised.notna() & (a.start >= pd.Timestamp(told.clock.start)), share)
    return {"assessments": a.assign(authorised=a.authorised.mask(rows), factors=a.factors.mask(rows))}


@story_fault("no-factors", 0, "authorised assessments without a factor")
def _no_factors(told: Stories, rng: Rng, share: float) -> Tables:
    a = told.assessments
    return {"assessments": a.assign(factors=a.factors.mask(some(rng, a.factors.notna(), share)))}


@story_fault("weekend-conferences", 0, "conferences dated on a Saturday, with the plan that followed")
def _weekend(told: Stories, rng: Rng, share: float) -> Tables:
    c, p = told.conferences, told.protection_plans
    moved = some(rng, c.date.notna(), share)
    days = (5 - c.date.dt.day_of_week).where(moved, 0).astype(float)
    of_plan = days.set_axis(c.plan)
    of_plan = of_plan[of_plan.index.notna() & ~of_plan.index.duplicated()]
    shift = pd.to_timedelta(days, unit="D")
    later = pd.to_timedelta(of_plan.reindex(p.plan).fillna(0).to_numpy(), unit="D")
    return {
        "conferences": c.assign(date=c.date + shift),
        "protection_plans": p.assign(start=p.start + later),
    }


@story_fault("wrong-upns", 0, "pupil numbers with a wrong first letter, and numbers borne by two children")
def _upns(told: Stories, rng: Rng, share: float) -> Tables:
    p = told.people
    wrong = some(rng, p.upn.notna(), share / 2)
    upn = p.upn.mask(wrong, np.where(p.upn.str[0] == "A", "B", "A") + p.upn.str[1:])
    twice = some(rng, p.upn.notna() & ~wrong, share / 4)
    return {"people": p.assign(upn=upn.mask(twice, upn.where(~pd.Series(twice, index=p.index)).ffill()))}


@story_fault("two-open-cases", 0, "a case left open when the child was referred again")
def _two_open(told: Stories, rng: Rng, share: float) -> Tables:
    r = told.referrals.sort_values(["child", "date"], kind="stable")
    again = r.child.eq(r.child.shift(-1)) & r.nfa.shift(-1).eq("N") & r.nfa.eq("N") & r.closed.notna()
    rows = some(rng, again, max(share, 0.3))
    return {
        "referrals": r.assign(closed=r.closed.mask(rows), reason=r.reason.mask(rows)).sort_values(
            "referral", kind="stable", ignore_index=True
        )
    }


@story_fault("wrong-review-codes", 0, "the code for children under four on reviews of older ones")
def _review_codes(told: Stories, rng: Rng, share: float) -> Tables:
    r = told.care_reviews
    rows = some(rng, r.participation.notna() & (r.participation != "PN0"), share)
    return {"care_reviews": r.assign(participation=r.participation.mask(rows, "PN0"))}


@story_fault("overlapping-absences", 0, "two forms for one absence, by police and provider, a day apart")
def _absences(told: Stories, rng: Rng, share: float) -> Tables:
    m = told.missing
    twice = m[some(rng, m.end.notna() & (m.end > m.start), max(share, 0.2))]
    again = twice.assign(spell=twice.spell + 5_000_000, start=twice.start + _days(1), end=twice.end + _days(1))
    return {
        "missing": pd.concat([m, again], ignore_index=True).sort_values(
            ["child", "start"], kind="stable", ignore_index=True
        )
    }
