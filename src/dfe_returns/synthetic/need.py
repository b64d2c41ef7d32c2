"""Random stories of children in need: referral, assessment, plans, enquiry, conference, protection, closure.

Every child follows one of a few paths (`PATHS`); all children of a path are told at once. Nothing here knows the return: the
stories keep the order in which things happen in practice, and so obey the census's rules of themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.synthetic.facts import NO_DAY, Clock, Days, Ints, facts, plus, working
from dfe_returns.synthetic.people import Texts, choose

Mask = npt.NDArray[np.bool_]

# Share of children by path. `care` and `leaver` stay open for as long as children's services look after or support them.
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
_FACTORS = (
    "16A",
    "3A",
    "3B",
    "4A",
    "4B",
    "1B",
    "2B",
    "17A",
    "18C",
    "7A",
    "10A",
    "14A",
    "15A",
    "6A",
    "6B",
    "5A",
    "19C",
    "18B",
    "3C",
    "20",
    "4C",
    "1A",
    "2A",
    "11A",
    "24A",
    "13A",
    "19B",
    "5B",
    "2C",
    "12A",
    "22A",
    "23A",
)
_CATEGORIES = {"NEG": 48, "EMO": 36, "PHY": 8, "SAB": 5, "MUL": 3}
_TEAMS = {
    "nfa": (1,),
    "assessed": (2, 3),
    "plan": (4, 5),
    "enquiry": (4, 5),
    "protection": (4, 5),
    "disabled": (6,),
    "care": (7,),
    "leaver": (8,),
}
TEAM_NAMES = {
    1: "Front Door",
    2: "Assessment North",
    3: "Assessment South",
    4: "Family Safeguarding East",
    5: "Family Safeguarding West",
    6: "Disabled Children",
    7: "Children in Care",
    8: "Leaving Care",
    9: "Adoption and Permanence",
}


@dataclass
class Spells:
    """Episodes of need, one per position: whose, along which path, and what has been told so far."""

    child: Ints
    path: Texts
    date: Days
    referral: Ints
    closed: Days
    reason: npt.NDArray[np.object_]
    need: Texts
    authorised: Days

    def __len__(self) -> int:
        return len(self.child)


def referral_days(rng: np.random.Generator, path: Texts, clock: Clock) -> Days:
    """Day of the referral that opens each child's path, so that most spells touch the year."""
    before = {
        "nfa": 60,
        "assessed": 40,
        "plan": 420,
        "enquiry": 200,
        "protection": 560,
        "disabled": 2600,
        "care": 1,
        "leaver": 1,
    }
    until = {"disabled": -100}
    low = np.array([before[p] for p in PATHS])
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
    """The main spell of every child with the earlier and later ones beside it. `ends`: the day support ends, for care and leaver."""
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
    """All frames of need for the spells. `short_plan_before`: earlier protection plans of children with a later one end early."""
    worked = s.path != "nfa"
    team, worker = _teams(rng, s)
    out: dict[str, list[pd.DataFrame]] = {
        name: []
        for name in ("assessments", "cin_plans", "enquiries", "conferences", "protection_plans", "protection_reviews")
    }
    _first_assessment(rng, s, worked, out, team, worker)
    last = s.authorised.copy()  # latest activity so far
    _assessed(rng, s)
    _plans(rng, s, out, last, team, worker)
    _enquiries(rng, s, out, last, team, worker)
    _protection(rng, s, out, last, team, worker, short_plan_before)
    _long(rng, s, out, clock, team, worker)
    frames = {name: _numbered(name, pd.concat(parts, ignore_index=True)) for name, parts in out.items() if parts}
    _link(frames)
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
    frames["involvements"] = _involvements(rng, s, worked, team, worker)
    return frames


def _first_assessment(
    rng: np.random.Generator, s: Spells, worked: Mask, out: dict[str, list[pd.DataFrame]], team: Ints, worker: Ints
) -> None:
    n = len(s)
    start = working(s.date, rng.integers(0, 4, n))
    s.authorised = np.where(worked, working(start, rng.integers(8, 44, n)), NO_DAY)
    out["assessments"].append(_assessment(rng, s, np.flatnonzero(worked), start, s.authorised, team, worker))


def _assessment(
    rng: np.random.Generator, s: Spells, rows: Ints, start: Days, authorised: Days, team: Ints, worker: Ints
) -> pd.DataFrame:
    ends_here = np.isin(s.path[rows], ["assessed"])
    return facts(
        "assessments",
        {
            "child": s.child[rows],
            "referral": s.referral[rows],
            "start": start[rows],
            "authorised": authorised[rows],
            "factors": factors(rng, len(rows)),
            "nfa": np.where(ends_here, "Y", "N"),
            "team": team[rows],
            "worker": worker[rows],
        },
    )


def factors(rng: np.random.Generator, size: int) -> npt.NDArray[np.object_]:
    """One to four factor codes each, parted by commas; drawn from a stock of plausible combinations."""
    weights = 1 / np.arange(2, len(_FACTORS) + 2)
    stock = [
        ",".join(
            np.array(_FACTORS)[np.sort(rng.choice(len(_FACTORS), size=k, replace=False, p=weights / weights.sum()))]
        )
        for k in rng.integers(1, 5, 300)
    ]
    return np.array(stock, dtype=object)[rng.integers(0, len(stock), size)]


def _assessed(rng: np.random.Generator, s: Spells) -> None:
    """Closed within a week of the assessment: no further action, or early help."""
    these = s.path == "assessed"
    s.closed = np.where(these, working(s.authorised, rng.integers(0, 5, len(s))), s.closed)
    s.reason = np.where(these, np.where(rng.random(len(s)) < 0.65, "RC8", "RC9"), s.reason)
    s.need = np.where(these & (s.reason == "RC8") & (rng.random(len(s)) < 0.1), "N0", s.need)


def _close(rng: np.random.Generator, s: Spells, rows: Ints, after: Days) -> None:
    s.closed[rows] = working(after, rng.integers(0, 8, len(rows)))
    s.reason[rows] = choose(rng, {"RC7": 92, "RC5": 4, "RC3": 3, "RC4": 1}, len(rows))


def _cin_plan(s: Spells, rows: Ints, start: Days, end: Days, team: Ints, worker: Ints) -> pd.DataFrame:
    return facts(
        "cin_plans",
        {
            "referral": s.referral[rows],
            "child": s.child[rows],
            "start": start,
            "end": end,
            "team": team[rows],
            "worker": worker[rows],
        },
    )


def _plans(
    rng: np.random.Generator, s: Spells, out: dict[str, list[pd.DataFrame]], last: Days, team: Ints, worker: Ints
) -> None:
    rows = np.flatnonzero(s.path == "plan")
    start = working(last[rows], rng.integers(1, 9, len(rows)))
    end = working(plus(start, rng.integers(60, 400, len(rows))))
    out["cin_plans"].append(_cin_plan(s, rows, start, end, team, worker))
    _close(rng, s, rows, end)


def _enquiries(
    rng: np.random.Generator, s: Spells, out: dict[str, list[pd.DataFrame]], last: Days, team: Ints, worker: Ints
) -> None:
    """Enquiry without need of a conference, or with a conference that agreed no plan; then a child in need plan or closure."""
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
    out["cin_plans"].append(_cin_plan(s, rows[p], start[p], end[p], team, worker))
    _close(rng, s, rows, np.where(goes_on, end, latest))


def _protection(
    rng: np.random.Generator,
    s: Spells,
    out: dict[str, list[pd.DataFrame]],
    last: Days,
    team: Ints,
    worker: Ints,
    short: Mask,
) -> None:
    """Enquiry, conference, protection plan with its reviews, then a child in need plan from the day the protection plan ends."""
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
        _cin_plan(s, rows[k], working(last[rows[k]], rng.integers(1, 6, len(k))), held[k], team, worker)
    )
    second = np.full(len(s), NO_DAY)
    second[rows[k]] = begun[k]
    signed = second.copy()
    signed[rows[k]] = working(begun[k], rng.integers(12, 40, len(k)))
    out["assessments"].append(_assessment(rng, s, rows[k], second, signed, team, worker))
    after = working(plus(end, rng.integers(60, 190, n)))
    out["cin_plans"].append(_cin_plan(s, rows, end, after, team, worker))
    _close(rng, s, rows, after)


def _reviews(rng: np.random.Generator, child: Ints, start: Days, end: Days, first: Days) -> list[pd.DataFrame]:
    """Within three months, then at most half-yearly; the plan ends at its last review. The plan's number follows by its start."""
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


def _long(
    rng: np.random.Generator, s: Spells, out: dict[str, list[pd.DataFrame]], clock: Clock, team: Ints, worker: Ints
) -> None:
    """Disabled children have a plan for years and are assessed again; care and leaver spells stay open to the end of support."""
    rows = np.flatnonzero(s.path == "disabled")
    start = working(s.authorised[rows], 3)
    end = working(plus(start, rng.integers(400, 4500, len(rows))))
    out["cin_plans"].append(_cin_plan(s, rows, start, end, team, worker))
    _close(rng, s, rows, end)
    again = plus(clock.start, rng.integers(-200, 280, len(s)))
    again = working(again)
    signed = working(again, rng.integers(10, 43, len(s)))
    k = rows[(again[rows] > plus(s.authorised[rows], 200)) & (signed[rows] < s.closed[rows])]
    out["assessments"].append(_assessment(rng, s, k, again, signed, team, worker))
    ended = np.isin(s.path, ["care", "leaver"]) & ~np.isnat(s.closed)
    s.reason = np.where(ended & (s.reason == None), "RC7", s.reason)  # noqa: E711  (elementwise)


def _numbered(name: str, frame: pd.DataFrame) -> pd.DataFrame:
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


def _link(frames: dict[str, pd.DataFrame]) -> None:
    """A random spell has at most one conference: it belongs to the spell's enquiry and leads to its protection plan."""
    held, plans = frames["conferences"], frames["protection_plans"]
    held["enquiry"] = held.referral.map(frames["enquiries"].set_index("referral").enquiry)
    held["plan"] = held.referral.map(plans.set_index("referral").plan)
    held["meeting"] = held.conference + 50_000
    plans["conference"] = plans.referral.map(held.set_index("referral").conference)


def _teams(rng: np.random.Generator, s: Spells) -> tuple[Ints, Ints]:
    team = np.zeros(len(s), dtype=int)
    for path, teams in _TEAMS.items():
        these = s.path == path
        team = np.where(these, np.array(teams)[rng.integers(0, len(teams), len(s))], team)
    return team, worker_of(team, rng.integers(0, workers_per_team(len(s)), len(s)))


def workers_per_team(size: int) -> int:
    """Enough for caseloads of about twenty."""
    return max(5, size // 150)


def worker_of(team: Ints, number: Ints) -> Ints:
    """Number of the professional: team first."""
    return 7_000_000 + team * 10_000 + number


def workers(size: int) -> pd.DataFrame:
    """Frame `workers`: social workers of all teams with their registration numbers, and one manager and one support worker each."""
    per = workers_per_team(size)
    team = np.repeat(np.array(list(TEAM_NAMES)), per + 2)
    number = np.tile(np.arange(per + 2), len(TEAM_NAMES))
    social = number < per
    worker = worker_of(team, number)
    return facts(
        "workers",
        {
            "worker": worker,
            "staff": np.char.add("F", (team * 1000 + number).astype("U7")),
            "registration": pd.Series(
                np.char.add("SW", (100_000 + team * 1000 + number).astype("U7")), dtype=object
            ).where(social),
            "title": np.where(
                social, "Social Worker", np.where(number == per, "Team Manager", "Family Support Worker")
            ),
        },
    )


def teams() -> pd.DataFrame:
    """Frame `teams`."""
    return facts(
        "teams",
        {
            "team": list(TEAM_NAMES),
            "name": list(TEAM_NAMES.values()),
            "parent": 90,
            "parent_name": "Fernshire Children's Services",
        },
    )


def _involvements(rng: np.random.Generator, s: Spells, worked: Mask, team: Ints, worker: Ints) -> pd.DataFrame:
    """Case worker from referral on; from the authorised assessment on often another; managers and helpers beside them."""
    rows = np.flatnonzero(worked)
    n = len(rows)
    changes = (rng.random(n) < 0.5) & ~(s.closed[rows] <= s.authorised[rows])
    handover = np.where(changes, s.authorised[rows], NO_DAY)
    per = workers_per_team(len(s))
    first = np.where(changes, worker_of(np.full(n, 2), rng.integers(0, per, n)), worker[rows])
    helped = np.flatnonzero(rng.random(n) < 0.2)
    reason = choose(rng, {"FCONTA": 8, "TSPROC": 1, "OTHERS": 1}, n)
    k = np.flatnonzero(changes)
    helper = worker_of(team[rows[helped]], np.full(len(helped), per + 1))
    parts = pd.concat(
        [
            facts(
                "involvements",
                {
                    "worker": first,
                    "role": "CW",
                    "team": np.where(changes, 2, team[rows]),
                    "child": s.child[rows],
                    "start": s.date[rows],
                    "end": np.where(changes, handover, s.closed[rows]),
                    "reason": reason,
                    "referral": s.referral[rows],
                },
            ),
            facts(
                "involvements",
                {
                    "worker": worker[rows[k]],
                    "role": "CW",
                    "team": team[rows[k]],
                    "child": s.child[rows[k]],
                    "start": handover[k],
                    "end": s.closed[rows[k]],
                    "reason": choose(rng, {"TSPROC": 7, "LEFTRL": 2, "MANAGE": 1}, len(k)),
                    "referral": s.referral[rows[k]],
                },
            ),
            facts(
                "involvements",
                {
                    "worker": helper,
                    "role": "FSW",
                    "team": team[rows[helped]],
                    "child": s.child[rows[helped]],
                    "start": s.authorised[rows[helped]],
                    "end": s.closed[rows[helped]],
                    "referral": s.referral[rows[helped]],
                },
            ),
        ],
        ignore_index=True,
    ).sort_values(["referral", "start", "worker"], kind="stable", ignore_index=True)
    parts["involvement"] = pd.array(np.arange(len(parts)) + 800_001, dtype="Int64")
    return parts
