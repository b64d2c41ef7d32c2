"""Life stories of fictional children, from a number and a seed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from dfe_returns.contract.years import normal_year
from dfe_returns.errors import UsageError
from dfe_returns.synthetic import care, followers, need, staff
from dfe_returns.synthetic import people as who
from dfe_returns.synthetic.facts import NO_DAY, Clock, Days, Ints, Stories, facts, plus, working
from dfe_returns.synthetic.people import Texts
from dfe_returns.synthetic.schema import FACTS
from dfe_returns.synthetic.situations import fixed_children

Frames = dict[str, pd.DataFrame]
_BABIES = 9_000_000  # numbers of the children of mothers in care

_AGE_YEARS = {
    "nfa": (0.1, 17.4),
    "assessed": (0.1, 17.3),
    "plan": (0.1, 15.9),
    "enquiry": (0.1, 16.2),
    "protection": (0.1, 13.5),
    "disabled": (0.5, 9.0),
    "family": (0.1, 15.0),
    "alone": (14.2, 16.9),
    "breaks": (4.0, 14.0),
    "agreement": (4.0, 14.0),
    "adoption": (0.1, 4.0),
    "remand": (12.5, 16.9),
}


def stories(
    children: int,
    seed: int,
    year: str = "2025-26",
    *,
    paths: Mapping[str, float] | None = None,
    situations: bool = False,
    as_at: date | None = None,
) -> Stories:
    """Random life stories of `children` children, known up to the extract day (12 June after the year) or `as_at`.

    `paths`: share of children by path of `need.PATHS`; default those shares. `situations`: add the fixed children of
    2025-26, which show what the returns' guidance singles out and some slips of recording. The same arguments give the
    same frames.
    Raises UsageError for a year that is not covered or a number below one.
    """
    year = normal_year(year)
    if children < 1:
        raise UsageError("A story needs at least one child.")
    if situations and year != "2025-26":
        raise UsageError("The fixed children live in 2025-26; leave them out for another year.")
    unknown = set(paths or ()) - set(need.PATHS)
    if unknown:
        raise UsageError(f"Unknown path of need {', '.join(sorted(unknown))}; known are {', '.join(need.PATHS)}.")
    clock = Clock(year)
    tables = _random(children, seed, clock, paths or need.PATHS)
    own: dict[str, set[int]] = {}
    shows = pd.DataFrame({"child": [], "shows": [], "slip": []}).astype(
        {"child": "int64", "shows": "str", "slip": "str"}
    )
    if situations:
        fixed, shows, own = fixed_children()
        tables = {
            name: pd.concat([fixed[name], frame], ignore_index=True) if name in fixed else frame
            for name, frame in tables.items()
        }
    _follow(tables, seed, clock, own)
    told = Stories(year, seed, clock.extract.astype(object), tables, shows)
    return told.known_on(as_at or told.as_at)


def _random(children: int, seed: int, clock: Clock, shares: Mapping[str, float]) -> Frames:
    child = np.arange(children, dtype=np.int64) + who.FIRST_CHILD
    rng = [np.random.default_rng([seed, part]) for part in range(8)]
    path = who.choose(rng[0], shares, children)
    kind = np.where(path == "care", who.choose(rng[0], care.KINDS, children), np.where(path == "leaver", "leaver", ""))
    day = _opening(rng[0], path, kind, clock)
    born, due = _births(rng[0], np.where(kind == "", path, kind), day, clock.end)
    cared = kind != ""
    periods = care.periods(rng[6], child[cared], kind[cared], day[cared], born[cared], clock)
    tables = care.tell(rng[6], periods, clock)
    ends, reasons, needs = _support(rng[6], tables["care_periods"], child, born, kind)
    told = need.spells(rng[1], child, path, day, born, ends, clock)
    after_care = np.isin(told.path, ["care", "leaver"])
    told.need[after_care] = needs[told.child[after_care] - who.FIRST_CHILD]
    told.reason[after_care] = reasons[told.child[after_care] - who.FIRST_CHILD]
    twice = pd.Series(told.child).duplicated(keep=False).to_numpy() & (told.path == "protection")
    later = pd.Series(told.date).groupby(told.child).transform("max").to_numpy().astype("datetime64[D]")
    tables |= need.tell(rng[1], told, clock, short_plan_before=twice & (told.date < later))
    worked = np.isin(child, told.child[told.path != "nfa"])
    tables["people"] = who.people(rng[2], child, born, clock, due, ~worked, kind == "alone", cared)
    disabled = worked & (
        np.isin(kind, ["breaks", "agreement"]) | (path == "disabled") | (rng[3].random(children) < 0.08)
    )
    tables["disabilities"] = who.disabilities(rng[3], child[worked], born[worked], disabled[worked])
    with_family = kind != "alone"
    tables["addresses"] = who.addresses(rng[4], child[with_family], born[with_family])
    spell = tables["referrals"].drop_duplicates("child").set_index("child").referral
    tables["care_periods"]["referral"] = tables["care_periods"].child.map(spell).astype("Int64")
    tables["immigration"] = _immigration(rng[7], periods)
    tables["workers"], tables["teams"] = staff.workers(len(told)), staff.teams()
    for name in FACTS:
        tables.setdefault(name, facts(name, pd.DataFrame(columns=list(FACTS[name]))))
    return tables


# Years between referral and the end of the collection year, by kind of care.
_SINCE = {
    "family": (0.1, 4.5),
    "alone": (0.05, 2.6),
    "breaks": (0.4, 4.0),
    "agreement": (0.3, 4.0),
    "adoption": (0.4, 3.0),
    "remand": (0.0, 1.0),
    "leaver": (4.5, 8.0),
}


def _opening(rng: np.random.Generator, path: Texts, kind: Texts, clock: Clock) -> Days:
    """Day of the main referral."""
    low = np.select([kind == k for k in _SINCE], [a for a, _ in _SINCE.values()], 0.0)
    high = np.select([kind == k for k in _SINCE], [b for _, b in _SINCE.values()], 1.0)
    long_ago = plus(np.full(len(path), clock.end), -((low + (high - low) * rng.random(len(path))) * 365.25).astype(int))
    return working(np.where(kind == "", need.referral_days(rng, path, clock), long_ago))


def _births(rng: np.random.Generator, path: Texts, day: Days, end: np.datetime64) -> tuple[Days, Days]:
    """Birth from the age at referral; one in thirty is referred before birth and has a due date."""
    n = len(path)
    low = np.select([path == p for p in _AGE_YEARS], [a for a, _ in _AGE_YEARS.values()], 0.1)
    high = np.select([path == p for p in _AGE_YEARS], [b for _, b in _AGE_YEARS.values()], 16.0)
    born = plus(day, -((low + (high - low) * rng.beta(1.1, 1.15, n)) * 365.25).astype(int))
    # most who have left care turned 18 within two years, so that their care still stands in a return
    now = np.where(rng.random(n) < 0.85, rng.uniform(18.6, 19.7, n), rng.uniform(17.2, 22.5, n))
    born = np.where(path == "leaver", plus(np.full(n, end), -(now * 365.25).astype(int)), born)
    unborn = (rng.random(n) < 0.035) & np.isin(path, ["assessed", "plan", "enquiry", "protection"])
    born = np.where(unborn, plus(day, rng.integers(15, 200, n)), born)
    due = np.where(unborn, plus(born, rng.integers(-12, 13, n)), NO_DAY)
    return born, np.where(unborn, np.fmax(due, day), NO_DAY)


def _support(
    rng: np.random.Generator, periods: pd.DataFrame, child: Ints, born: Days, kind: Texts
) -> tuple[Days, Texts, Texts]:
    """For children of care: the day services stop, why, and the category of need. Those grown up are supported on."""
    last = periods.drop_duplicates("child", keep="last").set_index("child").reindex(child)
    end = last.end.to_numpy(dtype="datetime64[D]")
    until = np.where(rng.random(len(child)) < 0.3, care.birthday(born, 25), care.birthday(born, 21))
    grown = end >= care.birthday(born, 16)
    closed = np.where(grown, until, working(plus(end, rng.integers(1, 30, len(child)))))
    reasons = {
        "E11": "RC1",
        "E12": "RC1",
        "E2": "RC2",
        "E41": "RC3",
        "E45": "RC4",
        "E46": "RC4",
        "E47": "RC4",
        "E48": "RC4",
        "E3": "RC5",
    }
    reason = last.leaving.map(reasons).fillna("RC7").mask(grown, "RC7").to_numpy(dtype=object)
    return np.where(kind == "", NO_DAY, closed), reason, last.need.fillna("N1").to_numpy(dtype=object)


def _immigration(rng: np.random.Generator, p: care.Periods) -> pd.DataFrame:
    """Status of unaccompanied children; some were granted asylum, and half of the old rows were never ended."""
    alone = p.kind == "alone"
    start, adult, n = p.start[alone], p.adult[alone], int(alone.sum())
    granted = plus(start, rng.integers(150, 700, n))
    early = (rng.random(n) < 0.3) & (granted < plus(adult, -30))
    ended = np.where(early, granted, np.where(rng.random(n) < 0.5, adult, NO_DAY))
    out = pd.concat(
        [
            facts("immigration", {"child": p.child[alone], "status": "UASC", "start": start, "end": ended}),
            facts("immigration", {"child": p.child[alone][early], "status": "Refugee", "start": granted[early]}),
        ],
        ignore_index=True,
    )
    return out.sort_values(["child", "start"], kind="stable", ignore_index=True)


def _follow(tables: Frames, seed: int, clock: Clock, own: dict[str, set[int]]) -> None:
    """What follows from care. `own`: by table the children whose facts are placed by hand."""
    rng = [np.random.default_rng([seed, 100 + part]) for part in range(6)]
    tables["care_periods"]["home"] = homes = followers.homes(tables)
    placed = tables["placements"]
    at_home = placed.period.map(pd.Series(homes.to_numpy(), index=tables["care_periods"].period))
    placed["postcode"] = placed.postcode.mask(placed.type == "P1", at_home)
    tables["care_episodes"] = followers.episodes(tables)
    p = followers.of_period(tables)
    drawn = followers.health(rng[0], p, clock) | {
        "care_reviews": followers.reviews(rng[1], p, clock),
        "missing": followers.missing(rng[2], p, clock),
        "previous_permanence": followers.previous_permanence(rng[3], p),
        "leaver_contacts": followers.contacts(rng[4], p, clock),
    }
    for name, frame in drawn.items():
        kept = frame[~frame.child.isin(own.get(name, set()))]
        tables[name] = pd.concat([tables[name], kept], ignore_index=True).sort_values(
            "child", kind="stable", ignore_index=True
        )
    _mothers(rng[5], tables, p, clock)
    lodged = placed[placed.postcode.notna() & ~placed.type.str.startswith("T")]
    tables["addresses"] = pd.concat(
        [tables["addresses"], facts("addresses", lodged.assign(type="PLACEMENT"))], ignore_index=True
    )


def _mothers(rng: np.random.Generator, tables: Frames, p: pd.DataFrame, clock: Clock) -> None:
    """A few of the older girls have a child, who stands in the records as a person of its own."""
    girls = p[(p.sex == "F") & ~p.respite & (p.child >= who.FIRST_CHILD)].drop_duplicates("child", keep="last")
    baby_born = plus(followers.days(girls.born), rng.integers(15 * 365 + 100, 17 * 365 + 300, len(girls)))
    known = (clock.end < followers.days(girls.end)) & (baby_born < clock.end) & (rng.random(len(girls)) < 0.12)
    girl, day = girls.child[known].to_numpy(dtype=np.int64), baby_born[known]
    baby = who.SYSTEM_OFFSET + 3 * (girl + _BABIES)
    tables["mothers"] = pd.concat(
        [tables["mothers"], facts("mothers", {"child": girl, "baby": baby, "baby_born": day})], ignore_index=True
    )
    babies = facts(
        "people",
        {
            "child": girl + _BABIES,
            "system": baby,
            "sex": rng.choice(["F", "M"], len(girl)),
            "ethnicity": "WBRI",
            "born": day,
        },
    )
    people = tables["people"]
    people["mother"] = people.mother.mask(people.child.isin(tables["mothers"].child), "Y")
    tables["people"] = pd.concat([people, babies], ignore_index=True)


def child_numbers(told: Stories) -> Ints:
    """All children of the stories, ascending."""
    return np.sort(told.people.child.to_numpy(dtype=np.int64))
