"""Section 47 enquiries, conferences and child protection plans with their reviews."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic.facts import NO_DAY, Days, Ints, facts, plus, working
from dfe_returns.synthetic.people import choose
from dfe_returns.synthetic.spells import Mask, Spells, assessment, cin_plan, close

_CATEGORIES = {"NEG": 48, "EMO": 36, "PHY": 8, "SAB": 5, "MUL": 3}


def enquiries(
    rng: np.random.Generator, s: Spells, out: dict[str, list[pd.DataFrame]], last: Days, team: Ints, worker: Ints
) -> None:
    """Enquiry without conference, or with one that agreed no plan; then a child in need plan or closure."""
    rows = np.flatnonzero(s.path == "enquiry")
    n = len(rows)
    begun = working(s.date[rows], rng.integers(0, 6, n))
    ended = working(begun, rng.integers(2, 9, n))
    conference = rng.random(n) < 0.2
    held = np.where(conference, working(begun, rng.integers(9, 16, n)), NO_DAY)
    out["enquiries"].append(
        facts(
            "enquiries",
            {
                "referral": s.referral[rows],
                "child": s.child[rows],
                "start": begun,
                "end": ended,
                "needed": np.where(conference, "Y", "N"),
            },
        )
    )
    k = np.flatnonzero(conference)
    out["conferences"].append(
        facts(
            "conferences",
            {
                "referral": s.referral[rows[k]],
                "child": s.child[rows[k]],
                "target": working(begun[k], 15),
                "date": held[k],
                "agreed": "N",
                "transfer_in": "N",
            },
        )
    )
    latest = np.fmax(np.fmax(last[rows], ended), held)
    goes_on = conference | (rng.random(n) < 0.6)
    start = working(latest, rng.integers(1, 9, n))
    end = working(plus(start, rng.integers(60, 330, n)))
    p = np.flatnonzero(goes_on)
    out["cin_plans"].append(cin_plan(s, rows[p], start[p], end[p], team, worker))
    close(rng, s, rows, np.where(goes_on, end, latest))


def protection(
    rng: np.random.Generator,
    s: Spells,
    out: dict[str, list[pd.DataFrame]],
    last: Days,
    team: Ints,
    worker: Ints,
    short: Mask,
) -> None:
    """Enquiry, conference, protection plan with reviews, then a child in need plan from the day that plan ends."""
    rows = np.flatnonzero(s.path == "protection")
    n = len(rows)
    stepped_up = rng.random(n) < 0.25  # began on a child in need plan
    begun = np.where(
        stepped_up, working(plus(s.date[rows], rng.integers(75, 260, n))), working(s.date[rows], rng.integers(0, 6, n))
    )
    ended = working(begun, rng.integers(2, 8, n))
    held = working(begun, rng.integers(8, 16, n))
    keys = {"referral": s.referral[rows], "child": s.child[rows]}
    out["enquiries"].append(facts("enquiries", {**keys, "start": begun, "end": ended, "needed": "Y"}))
    end = working(plus(held, np.where(short[rows], rng.integers(110, 420, n), rng.integers(110, 730, n))))
    initial = choose(rng, _CATEGORIES, n)
    changes = rng.random(n) < 0.12
    changed = working(plus(held, rng.integers(75, 90, n)))
    out["conferences"].append(
        facts("conferences", {**keys, "target": working(begun, 15), "date": held, "agreed": "Y", "transfer_in": "N"})
    )
    out["protection_plans"].append(
        facts(
            "protection_plans",
            {
                **keys,
                "start": held,
                "end": end,
                "other_la": "N",
                "initial": initial,
                "latest": np.where(changes, choose(rng, _CATEGORIES, n), initial),
                "changed": np.where(changes, changed, NO_DAY),
            },
        )
    )
    out["protection_reviews"] += _reviews(rng, s.child[rows], held, end, changed)
    k = np.flatnonzero(stepped_up)
    out["cin_plans"].append(
        cin_plan(s, rows[k], working(last[rows[k]], rng.integers(1, 6, len(k))), held[k], team, worker)
    )
    second = np.full(len(s), NO_DAY)
    second[rows[k]] = begun[k]
    signed = second.copy()
    signed[rows[k]] = working(begun[k], rng.integers(12, 40, len(k)))
    out["assessments"].append(assessment(rng, s, rows[k], second, signed, team, worker))
    after = working(plus(end, rng.integers(60, 190, n)))
    out["cin_plans"].append(cin_plan(s, rows, end, after, team, worker))
    close(rng, s, rows, after)


def _reviews(rng: np.random.Generator, child: Ints, start: Days, end: Days, first: Days) -> list[pd.DataFrame]:
    """Within three months, then at most half-yearly; the plan ends at its last review."""
    n, parts = len(child), []
    day = first
    for _ in range(5):
        held = day < plus(end, -20)
        parts.append(
            facts(
                "protection_reviews",
                {
                    "child": child[held],
                    "plan": np.flatnonzero(held),
                    "due": plus(day[held], 3),
                    "date": day[held],
                    "continues": "Y",
                },
            )
        )
        day = working(plus(day, rng.integers(150, 180, n)))
    parts.append(
        facts("protection_reviews", {"child": child, "plan": np.arange(n), "due": end, "date": end, "continues": "N"})
    )
    return parts


def numbered(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Order by referral and day and number the rows; links between enquiry, conference and plan are set afterwards."""
    key = {
        "assessments": "assessment",
        "cin_plans": "plan",
        "enquiries": "enquiry",
        "conferences": "conference",
        "protection_plans": "plan",
        "protection_reviews": "review",
    }[name]
    base = {
        "assessments": 410_001,
        "cin_plans": 520_001,
        "enquiries": 610_001,
        "conferences": 640_001,
        "protection_plans": 650_001,
        "protection_reviews": 660_001,
    }[name]
    if name == "protection_reviews":
        frame["plan"] += 650_001
        frame = frame.sort_values(["plan", "due"], kind="stable", ignore_index=True)
        frame["meeting"] = pd.array(np.arange(len(frame)) + 900_001, dtype="Int64")
    else:
        frame = frame.sort_values(
            ["referral", "date" if name == "conferences" else "start"], kind="stable", ignore_index=True
        )
    frame[key] = pd.array(np.arange(len(frame)) + base, dtype="Int64")
    return frame


def link(frames: dict[str, pd.DataFrame]) -> None:
    """A random spell has at most one conference: it belongs to the spell's enquiry and leads to its protection plan."""
    held, plans = frames["conferences"], frames["protection_plans"]
    held["enquiry"] = held.referral.map(frames["enquiries"].set_index("referral").enquiry)
    held["plan"] = held.referral.map(plans.set_index("referral").plan)
    held["meeting"] = held.conference + 50_000
    plans["conference"] = plans.referral.map(held.set_index("referral").conference)
