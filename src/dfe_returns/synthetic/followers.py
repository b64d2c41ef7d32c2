"""What follows from a child's care: episodes, reviews, health, questionnaires, missing spells, contacts after care.

All of it is worked out from the periods, statuses and placements, be they random or placed by hand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic.care import birthday
from dfe_returns.synthetic.facts import Clock, Days, dates_of, facts, plus, working
from dfe_returns.synthetic.people import choose

Frames = dict[str, pd.DataFrame]
RESPITE = ("V3", "V4")


def days(column: pd.Series) -> Days:
    """A column of dates as datetime64[D]."""
    return column.to_numpy(dtype="datetime64[D]")


def episodes(t: Frames) -> pd.DataFrame:
    """Frame `care_episodes`: a new one at each day on which status or placement changed, as at the end of that day."""
    legal = t["legal_statuses"][t["legal_statuses"].period.notna()][["period", "child", "start", "code"]]
    placed = t["placements"][["period", "child", "start", "placement", "type", "provider", "urn", "postcode", "carer"]]
    cuts = pd.concat([legal, placed], ignore_index=True).sort_values(
        ["period", "start"], kind="stable", ignore_index=True
    )
    state = ["code", "placement", "type", "provider", "urn", "postcode", "carer"]
    for name in ("provider", "urn", "postcode"):  # blank is a value of the placement, not a gap to fill
        cuts[name] = cuts[name].where(cuts[name].notna() | cuts.placement.isna(), "")
    cuts[state] = cuts.groupby("period")[state].ffill()
    cuts = cuts.drop_duplicates(["period", "start"], keep="last", ignore_index=True)
    before = cuts.groupby("period")[state].shift(1)
    first = before.type.isna()
    legally = (cuts.code != before.code) & ~first
    lodged = (cuts[["type", "provider", "urn", "postcode"]] != before[["type", "provider", "urn", "postcode"]]).any(
        axis=1
    ) & ~first
    another = cuts.carer.ne(before.carer) & ~first
    cuts["start_reason"] = np.select(
        [first, legally & lodged & another, legally & lodged, lodged & another, lodged, legally],
        ["S", "B", "U", "P", "T", "L"],
        "",
    )
    cuts = cuts[cuts.start_reason != ""].reset_index(drop=True)
    ends = t["care_periods"].set_index("period")[["end", "leaving", "need"]]
    following = cuts.groupby("period").start.shift(-1)
    cuts["end"] = following.fillna(dates_of(cuts.period, ends.end))
    cuts["end_reason"] = cuts.period.map(ends.leaving).mask(following.notna(), "X1")
    cuts["need"] = cuts.period.map(ends.need)
    cuts["legal"] = cuts.code
    cuts["episode"] = np.arange(len(cuts)) + 70_001
    return facts("care_episodes", cuts)


def of_period(t: Frames) -> pd.DataFrame:
    """Periods with the child's birth and sex, and whether they are short breaks; open ones end at 18."""
    people = t["people"].set_index("child")[["born", "sex"]]
    first = t["legal_statuses"].dropna(subset=["period"]).drop_duplicates("period").set_index("period").code
    out = t["care_periods"].merge(people, left_on="child", right_index=True, how="left")
    grown = pd.Series(birthday(days(out.born), 18), index=out.index).astype("datetime64[us]")
    return out.assign(respite=out.period.map(first).isin(RESPITE), end=out.end.fillna(grown))


def reviews(rng: np.random.Generator, p: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Frame `care_reviews`: after four weeks, three months, then every six; a few were called off and held later."""
    p = p[~p.respite].reset_index(drop=True)
    born, start, end = days(p.born), days(p.start), days(p.end)
    early = plus(clock.start, -400)
    skip = np.maximum((early - start).astype(int) // 182, 0)
    parts, n = [], len(p)
    for step in range(8):
        offset = np.where(skip == 0, np.array([26, 110, 285, 465, 645, 825, 1000, 1180])[step], (skip + step) * 182)
        day = working(plus(start, offset + rng.integers(0, 8, n)))
        fits = (day < end) & (day < plus(clock.extract, 250))
        small = day < birthday(born, 4)
        code = np.where(
            small, "PN0", choose(rng, {"PN1": 52, "PN2": 10, "PN3": 3, "PN4": 6, "PN5": 8, "PN6": 12, "PN7": 9}, n)
        )
        parts.append(
            pd.DataFrame(
                {
                    "child": p.child[fits],
                    "period": p.period[fits],
                    "due": plus(day, 4)[fits],
                    "date": day[fits],
                    "cancelled": "N",
                    "participation": code[fits],
                }
            )
        )
        off = fits & (rng.random(n) < 0.03)
        parts.append(
            pd.DataFrame({"child": p.child[off], "period": p.period[off], "due": plus(day, -9)[off], "cancelled": "Y"})
        )
    return _numbered("care_reviews", "review", 75_001, parts, ["period", "due"])


def _numbered(table: str, key: str, base: int, parts: list[pd.DataFrame], order: list[str]) -> pd.DataFrame:
    out = pd.concat(parts, ignore_index=True).sort_values(order, kind="stable", ignore_index=True)
    out[key] = np.arange(len(out)) + base
    return facts(table, out)


def yearly(p: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """One row per longer period and year (this and the last) that it touches; begin and stop lie inside both."""
    p = p[~p.respite]
    parts = []
    for back in (1, 0):
        first = np.datetime64(f"{int(str(clock.start)[:4]) - back}-04-01", "D")
        last = np.datetime64(f"{int(str(clock.end)[:4]) - back}-03-31", "D")
        begin, stop = np.maximum(days(p.start), first), np.minimum(days(p.end), last)
        touched = (stop > plus(begin, 20)).astype(bool)
        parts.append(p[touched].assign(begin=begin[touched], stop=stop[touched], first=first))
    return pd.concat(parts, ignore_index=True)


def _some_day(rng: np.random.Generator, y: pd.DataFrame) -> Days:
    length = (y["stop"] - y.begin).dt.days.to_numpy()
    return working(plus(days(y.begin), (rng.random(len(y)) * np.maximum(length - 12, 1)).astype(int)))


def health(rng: np.random.Generator, p: pd.DataFrame, clock: Clock) -> Frames:
    """Frames health_checks, immunisations, sdq, substance_misuse and convictions, year by year."""
    y = yearly(p, clock)
    at_end = (days(y["stop"]) - days(y.born)).astype(float) / 365.25
    checks, n = [], len(y)
    for kind, share, needed in (
        ("Dental Check", 0.9, at_end > 1.5),
        ("Health Assessment", 0.94, np.full(n, True)),
        ("Health Assessment", 0.9, at_end < 5),
        ("Development Check", 0.93, at_end < 5),
    ):
        done = needed & (rng.random(n) < share)
        state = choose(rng, {"Completed": 96, "Refused": 2, "Cancelled": 2}, n)
        checks.append(
            pd.DataFrame({"child": y.child[done], "type": kind, "date": _some_day(rng, y)[done], "status": state[done]})
        )
    form_day = _some_day(rng, y)
    asked = (birthday(days(y.born), 4) <= days(y["stop"])) & (birthday(days(y.born), 17) >= days(y["first"]))
    right_age = (form_day >= birthday(days(y.born), 4)) & (form_day < birthday(days(y.born), 17))
    scored = asked & right_age & (rng.random(n) < 0.9)
    why = choose(rng, {"SDQ2": 4, "SDQ3": 1, "SDQ4": 3, "SDQ5": 3}, n)
    why = np.where(right_age, why, "SDQ1")
    score = np.clip(rng.normal(14, 7, n), 0, 40).astype(int)
    forms = pd.DataFrame(
        {
            "child": y.child,
            "date": form_day,
            "score": pd.Series(score, dtype="Int64").where(scored),
            "reason": pd.Series(why, dtype=object).where(~scored),
        }
    )[asked]
    used = (at_end > 12.5) & (rng.random(n) < 0.05)
    helped = rng.random(n) < 0.6
    misuse = pd.DataFrame(
        {
            "child": y.child,
            "date": _some_day(rng, y),
            "substance": choose(rng, {"Cannabis": 7, "Alcohol": 3}, n),
            "received": np.where(helped, "Y", "N"),
            "offered": pd.Series("Y", index=y.index).where(~helped),
        }
    )[used]
    offended = (at_end > 12) & (rng.random(n) < 0.05)
    offences = pd.DataFrame(
        {"child": y.child, "date": _some_day(rng, y), "convicted": np.where(rng.random(n) < 0.8, "Y", "N")}
    )[offended]
    now = p[~p.respite].drop_duplicates("child", keep="last")
    jabs = pd.DataFrame(
        {
            "child": now.child,
            "status": np.where(rng.random(len(now)) < 0.86, "Y", "N"),
            # told soon after the start of care, so that last year's return of a child who was in care then has it too
            "date": np.minimum(plus(days(now.start), rng.integers(5, 60, len(now))), clock.end),
        }
    )
    return {
        "health_checks": _numbered("health_checks", "check", 81_001, checks, ["child", "date", "type"]),
        "sdq": _numbered("sdq", "form", 90_001, [forms], ["child", "date"]),
        "substance_misuse": _numbered("substance_misuse", "misuse", 93_001, [misuse], ["child", "date"]),
        "convictions": _numbered("convictions", "conviction", 94_001, [offences], ["child", "date"]),
        "immunisations": facts("immunisations", jabs.sort_values("child", ignore_index=True)),
    }


def missing(rng: np.random.Generator, p: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Frame `missing`: one in eight of the older children goes, up to three times a year, for hours or days."""
    y = yearly(p, clock)
    old = (days(y["stop"]) - days(y.born)).astype(float) / 365.25 > 11.5
    goes = old & (rng.random(len(y)) < 0.13)
    parts, y = [], y[goes].reset_index(drop=True)
    day = plus(days(y.begin), rng.integers(1, 40, len(y)))
    for _ in range(3):
        back = plus(day, rng.integers(0, 7, len(y)))
        fits = back < plus(days(y["stop"]), -1)
        kind = np.where(rng.random(len(y)) < 0.75, "M", "A")
        parts.append(pd.DataFrame({"child": y.child[fits], "type": kind[fits], "start": day[fits], "end": back[fits]}))
        day = plus(back, rng.integers(8, 150, len(y)))
    return _numbered("missing", "spell", 95_001, parts, ["child", "start"])


def previous_permanence(rng: np.random.Generator, p: pd.DataFrame) -> pd.DataFrame:
    """Frame `previous_permanence`: asked at each start of care; the order date is text, zz for what is not known."""
    n = len(p)
    born, start = days(p.born), days(p.start)
    option = choose(rng, {"Z1": 90, "P1": 2, "P2": 5, "P3": 3}, n)
    age = (start - born).astype(int)
    option = pd.Series(np.where(age < 900, "Z1", option)).groupby(p.child.to_numpy()).transform("first").to_numpy()
    order = plus(born, (age * 0.6).astype(int))
    text = np.datetime_as_string(np.where(np.isnat(order), np.datetime64("2000-01-01"), order))
    written = pd.Series(text, index=p.index).str.replace(r"(\d+)-(\d+)-(\d+)", r"\3/\2/\1", regex=True)
    vague = rng.random(n)
    written = written.where(vague < 0.6, "zz" + written.str[2:]).where(vague < 0.85, "zz/zz" + written.str[5:])
    had = pd.Series(option != "Z1", index=p.index)
    authority = choose(rng, {"Derby": 4, "Nottingham": 3, "Sheffield": 3, "Wales": 1}, n)
    out = pd.DataFrame(
        {
            "child": p.child,
            "period": p.period,
            "option": option,
            "date": p.start,
            "authority": pd.Series(authority, index=p.index).where(had),
            "order_date": written.where(had),
        }
    )
    told = out.groupby("child")[["authority", "order_date"]].transform("first")  # a child's past does not change
    out[["authority", "order_date"]] = told.where(had)
    return _numbered("previous_permanence", "form", 97_001, [out], ["period"])


def contacts(rng: np.random.Generator, p: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Frame `leaver_contacts`: around each birthday from the 17th to the 21st, to the 25th for those who ask."""
    last = p.drop_duplicates("child", keep="last")
    qualifies = (
        ~last.respite
        & ~last.leaving.isin(["E3", "E2", "E11", "E12"])
        & (days(last.end) >= birthday(days(last.born), 16))
    )
    last = last[qualifies].reset_index(drop=True)
    born, end, n = days(last.born), days(last.end), len(last)
    asks = rng.random(n) < 0.3
    parts = []
    for age in range(17, 26):
        day = birthday(born, age)
        met = working(plus(day, rng.integers(0, 25, n)))
        met = np.where((day <= clock.end) & (met > clock.end), clock.end, met)  # in time for the return
        due = (end < day) & ((age <= 21) | asks) & (day > plus(clock.start, -370)) & (met <= clock.extract)
        touch = choose(rng, {"YES": 86, "NO": 7, "REFU": 3, "NREQ": 2, "RHOM": 2}, n)
        touch = np.where(age > 21, "YES", touch)
        live = choose(
            rng, {"B": 14, "D": 20, "U": 34, "K": 8, "Y": 6, **({"Z": 14} if age > 18 else {"E": 14, "C": 4})}, n
        )
        unfit = rng.random(n) < 0.08
        live = np.where(unfit & (rng.random(n) < 0.3), "V", live)
        does = choose(rng, {"F1": 7, "F2": 20, "P2": 4, "F4": 6, "F5": 22, "P5": 5, "G4": 10, "G5": 20, "G6": 6}, n)
        known = touch == "YES"
        parts.append(
            pd.DataFrame(
                {
                    "child": last.child,
                    "eligibility": "Former relevant" if age >= 18 else "Relevant",
                    "in_touch": touch,
                    "date": met,
                    "age": age,
                    "accommodation": pd.Series(live, dtype=object).where(known),
                    "suitable": pd.Series(np.where(unfit, "2", "1"), dtype=object).where(known),
                    "activity": pd.Series(does, dtype=object).where(known),
                }
            )[due]
        )
    return _numbered("leaver_contacts", "contact", 98_001, parts, ["child", "date"])


def homes(t: Frames) -> pd.Series:
    """Postcode of the family home when each period began, aligned to `care_periods`; blank where there is none."""
    p = t["care_periods"].reset_index(names="at").sort_values("start", kind="stable")
    homes_of = t["addresses"][t["addresses"].type == "HOME"].sort_values("start", kind="stable")
    known = homes_of[["child", "start", "postcode"]]
    before = pd.merge_asof(p, known, on="start", by="child", allow_exact_matches=False)  # the day before counts first
    that_day = pd.merge_asof(p, known, on="start", by="child")
    return pd.Series(before.postcode.fillna(that_day.postcode).to_numpy(), index=p["at"]).sort_index()
