"""Life stories of fictional children, from a number and a seed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from dfe_returns.contract.years import normal_year
from dfe_returns.errors import UsageError
from dfe_returns.synthetic import need, staff
from dfe_returns.synthetic import people as who
from dfe_returns.synthetic.facts import FACTS, NO_DAY, Clock, Days, Ints, Stories, facts, plus, working
from dfe_returns.synthetic.people import Texts
from dfe_returns.synthetic.situations import fixed_children

_AGE_YEARS = {
    "nfa": (0.1, 17.4),
    "assessed": (0.1, 17.3),
    "plan": (0.1, 15.9),
    "enquiry": (0.1, 16.2),
    "protection": (0.1, 13.5),
    "disabled": (0.5, 9.0),
    "care": (0.1, 15.0),
    "leaver": (11.0, 15.5),
}


def stories(
    children: int,
    seed: int,
    year: str = "2025-26",
    *,
    paths: dict[str, float] | None = None,
    situations: bool = False,
    as_at: date | None = None,
) -> Stories:
    """Random life stories of `children` children, known up to the extract day (12 June after the year) or `as_at`.

    `paths`: share of children by path of `need.PATHS`; default those shares. `situations`: add the fixed children of
    2025-26, which show what the returns' guidance singles out and some slips of recording. The same arguments give the
    same frames.
    Raises UsageError for a year that is not covered or a number below zero.
    """
    year = normal_year(year)
    if children < 0:
        raise UsageError("The number of children cannot be negative.")
    if situations and year != "2025-26":
        raise UsageError("The fixed children live in 2025-26; leave them out for another year.")
    unknown = set(paths or ()) - set(need.PATHS)
    if unknown:
        raise UsageError(f"Unknown path of need {', '.join(sorted(unknown))}; known are {', '.join(need.PATHS)}.")
    clock = Clock(year)
    tables = _random(children, seed, clock, paths or need.PATHS)
    shows = pd.DataFrame({"child": [], "shows": [], "slip": []}).astype(
        {"child": "int64", "shows": "str", "slip": "str"}
    )
    if situations:
        fixed, shows = fixed_children()
        tables = {
            name: pd.concat([fixed[name], frame], ignore_index=True) if name in fixed else frame
            for name, frame in tables.items()
        }
    told = Stories(year, seed, clock.extract.astype(object), tables, shows)
    return told.known_on(as_at or told.as_at)


def _random(children: int, seed: int, clock: Clock, shares: dict[str, float]) -> dict[str, pd.DataFrame]:
    child = np.arange(children, dtype=np.int64) + who.FIRST_CHILD
    rng = [np.random.default_rng([seed, part]) for part in range(6)]
    path = who.choose(rng[0], shares, children) if children else np.array([], dtype="U10")
    day, ends = _opening(rng[0], path, clock)
    born, due = _births(rng[0], path, day)
    told = need.spells(rng[1], child, path, day, born, ends, clock)
    twice = pd.Series(told.child).duplicated(keep=False).to_numpy() & (told.path == "protection")
    later = pd.Series(told.date).groupby(told.child).transform("max").to_numpy().astype("datetime64[D]")
    tables = need.tell(rng[1], told, clock, short_plan_before=twice & (told.date < later))
    worked = np.isin(child, told.child[told.path != "nfa"])
    alone = (path == "care") & (rng[2].random(children) < 0.06)
    tables["people"] = who.people(rng[2], child, born, clock, due, ~worked, alone)
    disabled = worked & ((path == "disabled") | (rng[3].random(children) < 0.08))
    tables["disabilities"] = who.disabilities(rng[3], child[worked], born[worked], disabled[worked])
    tables["addresses"] = who.addresses(rng[4], child, born)
    tables["workers"], tables["teams"] = staff.workers(len(told)), staff.teams()
    for name in FACTS:
        tables.setdefault(name, facts(name, pd.DataFrame(columns=list(FACTS[name]))))
    return tables


def _opening(rng: np.random.Generator, path: Texts, clock: Clock) -> tuple[Days, Days]:
    """Day of the main referral, and for care and leaving care the day support ended (if it has)."""
    n = len(path)
    day = need.referral_days(rng, path, clock)
    years_ago = np.where(path == "leaver", rng.uniform(2.5, 8.5, n), rng.uniform(0.1, 5.0, n))
    long_ago = plus(np.full(n, clock.end), -(years_ago * 365.25).astype(int))
    day = working(np.where(np.isin(path, ["care", "leaver"]), long_ago, day))
    left = working(plus(np.full(n, clock.end), rng.integers(-300, 60, n)))
    ends = np.where((path == "care") & (rng.random(n) < 0.25) & (left > plus(day, 150)), left, NO_DAY)
    return day, ends


def _births(rng: np.random.Generator, path: Texts, day: Days) -> tuple[Days, Days]:
    """Birth from the age at referral; one in thirty is referred before birth and has a due date."""
    n = len(path)
    low = np.select([path == p for p in _AGE_YEARS], [np.full(n, a) for a, _ in _AGE_YEARS.values()], 0.1)
    high = np.select([path == p for p in _AGE_YEARS], [np.full(n, b) for _, b in _AGE_YEARS.values()], 16.0)
    born = plus(day, -((low + (high - low) * rng.beta(1.1, 1.15, n)) * 365.25).astype(int))
    unborn = (rng.random(n) < 0.035) & np.isin(path, ["assessed", "plan", "enquiry", "protection"])
    born = np.where(unborn, plus(day, rng.integers(15, 200, n)), born)
    due = np.where(unborn, plus(born, rng.integers(-12, 13, n)), NO_DAY)
    return born, np.where(unborn, np.fmax(due, day), NO_DAY)


def child_numbers(told: Stories) -> Ints:
    """All children of the stories, ascending."""
    return np.sort(told.people.child.to_numpy(dtype=np.int64))
