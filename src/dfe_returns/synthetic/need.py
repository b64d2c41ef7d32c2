"""Random stories of children in need: referral, assessment, plans, enquiry, conference, protection, closure.

Every child follows one of a few paths (`PATHS`); all children of a path are told at once. Nothing here knows the
return: the stories keep the order in which things happen in practice, and so obey the census's rules of themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dfe_returns.synthetic.facts import NO_DAY, Clock, Days, Ints, facts, plus, working
from dfe_returns.synthetic.people import Texts, choose
from dfe_returns.synthetic.protection import enquiries, link, numbered, protection
from dfe_returns.synthetic.spells import Mask, Spells, assessment, cin_plan, close
from dfe_returns.synthetic.staff import allocate, involvements

# Share of children by path. `care` and `leaver` stay open while children's services look after or support them.
PATHS = {
    "nfa": 0.16,
    "assessed": 0.25,
    "plan": 0.20,
    "enquiry": 0.10,
    "protection": 0.13,
    "disabled": 0.05,
    "care": 0.08,
    "leaver": 0.03,
}
_SOURCES = {
    "1A": 8,
    "1B": 2,
    "1C": 1,
    "1D": 1,
    "2A": 20,
    "2B": 3,
    "3A": 3,
    "3B": 4,
    "3C": 2,
    "3D": 3,
    "3E": 5,
    "3F": 4,
    "4": 2,
    "5A": 3,
    "5B": 3,
    "5C": 3,
    "5D": 4,
    "6": 24,
    "7": 3,
    "8": 4,
    "9": 3,
    "10": 1,
}
_NEEDS = {"N1": 52, "N2": 8, "N3": 4, "N4": 10, "N5": 16, "N6": 4, "N7": 1, "N8": 3}


def referral_days(rng: np.random.Generator, path: Texts, clock: Clock) -> Days:
    """Day of the referral that opens each child's path, so that most spells touch the year."""
    before = {"nfa": 60, "assessed": 40, "plan": 420, "enquiry": 200, "protection": 560, "disabled": 2600}
    until = {"disabled": -100}
    low = np.array([before.get(p, 0) for p in PATHS])
    high = np.array([until.get(p, 72) + 365 for p in PATHS])
    which = _position(path)
    return plus(clock.start, -low[which] + (rng.random(len(path)) * (low + high)[which]).astype(int))


def _position(path: Texts) -> Ints:
    names = np.array(list(PATHS))
    order = np.argsort(names)
    return order[np.searchsorted(names, path, sorter=order)]


def spells(
    rng: np.random.Generator, child: Ints, path: Texts, date: Days, born: Days, ends: Days, clock: Clock
) -> Spells:
    """The main spell of every child and those beside it. `ends`: the day support ends, for care and leaver."""
    n = len(child)
    main = _Part(child, path, date, ends)
    # an earlier, closed spell: assessed only, or with a protection plan of its own
    gap = rng.integers(420, 2100, n)
    plan_before = (rng.random(n) < 0.15) & (path == "protection")
    gap = np.where(plan_before, gap + 800, gap)
    earlier_day = working(plus(date, -gap))
    has = ((rng.random(n) < 0.18) | plan_before) & (earlier_day > born) & ~np.isin(path, ["care", "leaver", "disabled"])
    earlier = _Part(
        child[has],
        np.where(plan_before, "protection", "assessed")[has],
        earlier_day[has],
        np.full(int(has.sum()), NO_DAY),
    )
    # referred again after a short spell, or once more without action
    again = (np.isin(path, ["nfa", "assessed"])) & (rng.random(n) < 0.12)
    again_day = working(plus(date, rng.integers(110, 300, n)))
    next_path = np.where(rng.random(n) < 0.6, "assessed", "nfa")
    later = _Part(child[again], next_path[again], again_day[again], np.full(int(again.sum()), NO_DAY))
    parts = [main, earlier, later]
    out_child = np.concatenate([p.child for p in parts])
    out = Spells(
        child=out_child,
        path=np.concatenate([p.path for p in parts]),
        date=np.concatenate([p.date for p in parts]),
        referral=np.arange(len(out_child)) + 300_001,
        closed=np.concatenate([p.ends for p in parts]),
        reason=np.full(len(out_child), None, dtype=object),
        need=choose(rng, _NEEDS, len(out_child)),
        authorised=np.full(len(out_child), NO_DAY),
    )
    out.need = np.where(out.path == "disabled", "N2", out.need)
    return out


@dataclass
class _Part:
    child: Ints
    path: Texts
    date: Days
    ends: Days


def tell(rng: np.random.Generator, s: Spells, clock: Clock, short_plan_before: Mask) -> dict[str, pd.DataFrame]:
    """All frames of need for the spells. `short_plan_before`: protection plans with a later one end early."""
    worked = s.path != "nfa"
    team, worker = allocate(rng, s)
    out: dict[str, list[pd.DataFrame]] = {
        name: []
        for name in ("assessments", "cin_plans", "enquiries", "conferences", "protection_plans", "protection_reviews")
    }
    _first_assessment(rng, s, worked, out, team, worker)
    last = s.authorised.copy()  # latest activity so far
    _assessed(rng, s)
    _plans(rng, s, out, last, team, worker)
    enquiries(rng, s, out, last, team, worker)
    protection(rng, s, out, last, team, worker, short_plan_before)
    _long(rng, s, out, clock, team, worker)
    frames = {name: numbered(name, pd.concat(parts, ignore_index=True)) for name, parts in out.items() if parts}
    link(frames)
    nfa_closed = (~worked) & (rng.random(len(s)) < 0.2)
    frames["referrals"] = facts(
        "referrals",
        {
            "referral": s.referral,
            "child": s.child,
            "date": s.date,
            "source": choose(rng, _SOURCES, len(s)),
            "nfa": np.where(worked, "N", "Y"),
            "need": pd.Series(s.need, dtype=object).where(worked),
            "closed": np.where(worked, s.closed, np.where(nfa_closed, s.date, NO_DAY)),
            "reason": s.reason,
            "team": team,
            "worker": worker,
        },
    )
    frames["involvements"] = involvements(rng, s, worked, team, worker)
    return frames


def _first_assessment(
    rng: np.random.Generator, s: Spells, worked: Mask, out: dict[str, list[pd.DataFrame]], team: Ints, worker: Ints
) -> None:
    n = len(s)
    start = working(s.date, rng.integers(0, 4, n))
    s.authorised = np.where(worked, working(start, rng.integers(8, 44, n)), NO_DAY)
    out["assessments"].append(assessment(rng, s, np.flatnonzero(worked), start, s.authorised, team, worker))


def _assessed(rng: np.random.Generator, s: Spells) -> None:
    """Closed within a week of the assessment: no further action, or early help."""
    these = s.path == "assessed"
    s.closed = np.where(these, working(s.authorised, rng.integers(0, 5, len(s))), s.closed)
    s.reason = np.where(these, np.where(rng.random(len(s)) < 0.65, "RC8", "RC9"), s.reason)
    s.need = np.where(these & (s.reason == "RC8") & (rng.random(len(s)) < 0.1), "N0", s.need)


def _plans(
    rng: np.random.Generator, s: Spells, out: dict[str, list[pd.DataFrame]], last: Days, team: Ints, worker: Ints
) -> None:
    rows = np.flatnonzero(s.path == "plan")
    start = working(last[rows], rng.integers(1, 9, len(rows)))
    end = working(plus(start, rng.integers(60, 400, len(rows))))
    out["cin_plans"].append(cin_plan(s, rows, start, end, team, worker))
    close(rng, s, rows, end)


def _long(
    rng: np.random.Generator, s: Spells, out: dict[str, list[pd.DataFrame]], clock: Clock, team: Ints, worker: Ints
) -> None:
    """Disabled children have a plan for years and are assessed again; care and leaver spells end with support."""
    rows = np.flatnonzero(s.path == "disabled")
    start = working(s.authorised[rows], 3)
    end = working(plus(start, rng.integers(400, 4500, len(rows))))
    out["cin_plans"].append(cin_plan(s, rows, start, end, team, worker))
    close(rng, s, rows, end)
    again = plus(clock.start, rng.integers(-200, 280, len(s)))
    again = working(again)
    signed = working(again, rng.integers(10, 43, len(s)))
    k = rows[(again[rows] > plus(s.authorised[rows], 200)) & (signed[rows] < s.closed[rows])]
    out["assessments"].append(assessment(rng, s, k, again, signed, team, worker))
    ended = np.isin(s.path, ["care", "leaver"]) & ~np.isnat(s.closed)
    s.closed = np.where(ended, np.maximum(s.closed, s.authorised), s.closed)
