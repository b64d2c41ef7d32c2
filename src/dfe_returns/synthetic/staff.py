"""Teams, workers and who holds which case."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic.facts import NO_DAY, Ints, facts, plus
from dfe_returns.synthetic.people import choose
from dfe_returns.synthetic.spells import Mask, Spells

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


def allocate(rng: np.random.Generator, s: Spells) -> tuple[Ints, Ints]:
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
    """Frame `workers`: each team's social workers with their registration numbers, a manager and a support worker."""
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


def involvements(rng: np.random.Generator, s: Spells, worked: Mask, team: Ints, worker: Ints) -> pd.DataFrame:
    """Case worker from referral on; from the authorised assessment on often another; support workers beside them.

    Children in care had a third worker for the last year or so.
    """
    rows = np.flatnonzero(worked)
    n = len(rows)
    changes = (rng.random(n) < 0.5) & ~(s.closed[rows] <= s.authorised[rows])
    handover = np.where(changes, s.authorised[rows], NO_DAY)
    per = workers_per_team(len(s))
    first = np.where(changes, worker_of(np.full(n, 2), rng.integers(0, per, n)), worker[rows])
    supported = np.flatnonzero(rng.random(n) < 0.2)
    reason = choose(rng, {"FCONTA": 8, "TSPROC": 1, "OTHERS": 1}, n)
    k = np.flatnonzero(changes)
    late = plus(s.authorised[rows], rng.integers(120, 900, n))
    third = np.flatnonzero(
        np.isin(s.path[rows], ["care", "leaver"]) & (rng.random(n) < 0.5) & ~(late >= plus(s.closed[rows], -30))
    )
    until = s.closed[rows].copy()
    until[third] = late[third]
    supporter = worker_of(team[rows[supported]], np.full(len(supported), per + 1))
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
                    "end": np.where(changes, handover, until),
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
                    "end": until[k],
                    "reason": choose(rng, {"TSPROC": 7, "LEFTRL": 2, "MANAGE": 1}, len(k)),
                    "referral": s.referral[rows[k]],
                },
            ),
            facts(
                "involvements",
                {
                    "worker": worker_of(
                        team[rows[third]], (worker[rows[third]] + rng.integers(1, per, len(third))) % 10_000 % per
                    ),
                    "role": "CW",
                    "team": team[rows[third]],
                    "child": s.child[rows[third]],
                    "start": late[third],
                    "end": s.closed[rows[third]],
                    "reason": choose(rng, {"LEFTRL": 5, "ORGRST": 1, "ABSENC": 1, "CHCHAN": 1}, len(third)),
                    "referral": s.referral[rows[third]],
                },
            ),
            facts(
                "involvements",
                {
                    "worker": supporter,
                    "role": "FSW",
                    "team": team[rows[supported]],
                    "child": s.child[rows[supported]],
                    "start": s.authorised[rows[supported]],
                    "end": s.closed[rows[supported]],
                    "referral": s.referral[rows[supported]],
                },
            ),
        ],
        ignore_index=True,
    ).sort_values(["referral", "start", "worker"], kind="stable", ignore_index=True)
    parts["involvement"] = pd.array(np.arange(len(parts)) + 800_001, dtype="Int64")
    return parts
