"""A spell of need and the records that every spell may have: assessment with factors, child in need plan, closure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.synthetic.facts import Days, Ints, facts, working
from dfe_returns.synthetic.people import Texts, choose

Mask = npt.NDArray[np.bool_]


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


def assessment(
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


def cin_plan(s: Spells, rows: Ints, start: Days, end: Days, team: Ints, worker: Ints) -> pd.DataFrame:
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


def close(rng: np.random.Generator, s: Spells, rows: Ints, after: Days) -> None:
    s.closed[rows] = working(after, rng.integers(0, 8, len(rows)))
    s.reason[rows] = choose(rng, {"RC7": 92, "RC5": 4, "RC3": 3, "RC4": 1}, len(rows))
