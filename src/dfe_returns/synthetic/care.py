"""Random stories of care: periods, legal statuses and placements. All else follows from them (`followers.py`).

All children of a kind are told at once; up to six placements and five legal statuses follow one another in a period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dfe_returns.synthetic.facts import NO_DAY, Clock, Days, Ints, facts, plus, working
from dfe_returns.synthetic.people import Texts, choose
from dfe_returns.synthetic.settings import lodge, outside_england
from dfe_returns.synthetic.spells import Mask

# Kinds of care and their share among children in care; `leaver` is a path of its own.
KINDS = {"family": 66, "alone": 8, "breaks": 6, "agreement": 4, "adoption": 12, "remand": 4}
_STEPS = 6
_NEEDS = {"N1": 62, "N2": 4, "N3": 4, "N4": 8, "N5": 13, "N6": 4, "N7": 1, "N8": 4}
_LEFT = {"E4A": 40, "E4B": 12, "E13": 10, "E41": 9, "E45": 5, "E46": 3, "E47": 5, "E48": 2, "E3": 4, "E16": 1, "E8": 6}
_AT_18 = {"E5": 30, "E6": 12, "E17": 28, "E7": 6, "E13": 8, "E8": 6, "E4A": 10}
_CHANGES = {
    "CARPL": 50,
    "CREQB": 15,
    "CREQO": 8,
    "CHILD": 5,
    "LAREQ": 5,
    "STAND": 3,
    "ALLEG": 2,
    "CLOSE": 2,
    "APPRR": 1,
    "OTHER": 9,
}


@dataclass
class Periods:
    """Periods of care, one per position."""

    child: Ints
    kind: Texts
    start: Days
    end: Days
    born: Days

    def __len__(self) -> int:
        return len(self.child)

    @property
    def adult(self) -> Days:
        """The 18th birthday."""
        return birthday(self.born, 18)


def birthday(born: Days, age: int | Ints) -> Days:
    """Day of the age-th birthday; 29 February has it on 28 February in common years."""
    month = born.astype("datetime64[M]")
    day = born - month.astype("datetime64[D]")
    then = month + np.asarray(age).astype("timedelta64[Y]").astype("timedelta64[M]")
    last = (then + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.where(np.isnat(born), NO_DAY, np.minimum(then.astype("datetime64[D]") + day, last))


def periods(rng: np.random.Generator, child: Ints, kind: Texts, referred: Days, born: Days, clock: Clock) -> Periods:
    """When care began and ended: once for most, again after a gap for some, in many short breaks for `breaks`."""
    n = len(child)
    start = plus(referred, np.where(np.isin(kind, ["alone", "remand"]), 0, rng.integers(0, 90, n)))
    adult = birthday(born, 18)
    drawn = plus(np.full(n, clock.end), rng.integers(-330, 70, n))
    stays = np.select(
        [kind == "family", kind == "remand", kind == "leaver"],
        [rng.random(n) < 0.72, False, rng.random(n) < 0.85],
        True,
    )
    early = np.where(kind == "leaver", plus(birthday(born, 16), rng.integers(30, 700, n)), drawn)
    early = np.where(kind == "remand", plus(start, rng.integers(25, 160, n)), early)
    end = np.where(stays | (early < plus(start, 25)) | (early > adult), adult, early)
    main = Periods(child, kind, start, end, born)
    again = (kind == "family") & (end < adult) & (rng.random(n) < 0.3)
    back = plus(end, rng.integers(14, 110, n))
    again &= plus(back, 40) < adult
    second_end = plus(back, rng.integers(30, 400, n))
    second = Periods(
        child[again], kind[again], back[again], np.where(second_end < adult, second_end, adult)[again], born[again]
    )
    parts = [_without(main, kind == "breaks"), second, _breaks(rng, main, clock)]
    return _joined(parts)


def _without(p: Periods, gone: Mask) -> Periods:
    return Periods(p.child[~gone], p.kind[~gone], p.start[~gone], p.end[~gone], p.born[~gone])


def _joined(parts: list[Periods]) -> Periods:
    columns = [np.concatenate([getattr(p, name) for p in parts]) for name in ("child", "kind", "start", "end", "born")]
    order = np.lexsort((columns[2], columns[0]))
    return Periods(*(c[order] for c in columns))


def _breaks(rng: np.random.Generator, p: Periods, clock: Clock) -> Periods:
    """Short breaks, each a period of its own: two to five nights about once in six weeks over two years."""
    these = np.flatnonzero(p.kind == "breaks")
    first = np.maximum(p.start[these], plus(clock.start, -340))
    each = 18
    row = np.repeat(these, each)
    day = plus(np.repeat(first, each), np.tile(np.arange(each) * 44, len(these)) + rng.integers(0, 30, len(row)))
    end = plus(day, rng.integers(2, 6, len(row)))
    fits = end < p.adult[row]
    return Periods(p.child[row[fits]], p.kind[row[fits]], day[fits], end[fits], p.born[row[fits]])


def tell(rng: np.random.Generator, p: Periods, clock: Clock) -> dict[str, pd.DataFrame]:
    """Frames care_periods, legal_statuses, placements and adoptions. Period numbers are given here."""
    number = np.arange(len(p)) + 30_001
    timeline = _adoption_days(rng, p)
    # an adoption order ends the period
    ordered = (p.kind == "adoption") & ~np.isnat(timeline["order"])
    p.end = np.where(ordered, timeline["order"], p.end)
    legal_day, legal_code = _legal(rng, p, timeline)
    steps = _placements(rng, p, legal_day, legal_code, timeline)
    frames = {
        "legal_statuses": _spread(p, number, legal_day, legal_code),
        "placements": _lodged(rng, p, number, *steps),
        "adoptions": _adoptions(rng, p, number, timeline),
    }
    old = ({"K3": "H5"} if clock.year <= "2023-24" else {}) | (
        {"Z11": "Z1", "Z12": "Z1"} if clock.year <= "2024-25" else {}
    )
    frames["placements"]["type"] = frames["placements"].type.replace(old)
    last = frames["placements"].groupby("period").type.last().reindex(number).to_numpy(dtype=object)
    need = np.select(
        [p.kind == "alone", np.isin(p.kind, ["breaks", "agreement"]), p.kind == "remand"],
        ["N8", "N2", "N6"],
        choose(rng, _NEEDS, len(p)),
    )
    need = pd.Series(need).groupby(p.child).transform("first").to_numpy()
    leaving = _leaving(rng, p, last.astype("U3"), ordered, timeline["consent"])
    frames["care_periods"] = facts(
        "care_periods",
        {"period": number, "child": p.child, "start": p.start, "end": p.end, "leaving": leaving, "need": need},
    )
    return frames


def _adoption_days(rng: np.random.Generator, p: Periods) -> dict[str, np.ndarray]:
    """Milestones of children for whom adoption is the plan; NaT for all others."""
    n, these = len(p), p.kind == "adoption"
    e1 = plus(p.start, rng.integers(180, 330, n))
    decision = working(plus(e1, -rng.integers(10, 40, n)))
    decision = np.minimum(decision, e1)
    matched = working(plus(e1, rng.integers(40, 150, n)))
    placed = plus(matched, rng.integers(10, 30, n))
    order = working(plus(placed, rng.integers(120, 300, n)))
    reversed_ = these & (rng.random(n) < 0.18)
    back = plus(e1, rng.integers(60, 200, n))
    consent = these & ~reversed_ & (rng.random(n) < 0.1)  # no placement order then
    nothing = np.full(n, NO_DAY)
    goes_on = these & ~reversed_
    return {
        "decision": np.where(these, decision, nothing),
        "e1": np.where(these & ~consent, e1, nothing),
        "matched": np.where(goes_on, matched, nothing),
        "placed": np.where(goes_on, placed, nothing),
        "order": np.where(goes_on, order, nothing),
        "reversed": np.where(reversed_, back, nothing),
        "consent": consent,
        "by_carer": rng.random(n) < 0.35,
    }


def _legal(rng: np.random.Generator, p: Periods, timeline: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Day and code of up to five statuses per period (columns), in order; NaT where there is none."""
    n = len(p)
    first = choose(rng, {"V2": 45, "C1": 35, "L1": 9, "L2": 7, "C2": 4}, n)
    first = np.select(
        [p.kind == "alone", p.kind == "breaks", p.kind == "agreement", p.kind == "remand", p.kind == "adoption"],
        ["V2", "V3", "V4", "J1", "C1"],
        first,
    )
    first = np.where(timeline["consent"], "V2", first)
    court = np.isin(p.kind, ["family", "leaver"]) & (rng.random(n) < 0.45)
    c1 = np.select(
        [first == "C1", first == "L1", first == "L2", (first == "V2") & court],
        [
            p.start,
            plus(p.start, rng.integers(1, 4, n)),
            plus(p.start, rng.integers(4, 20, n)),
            plus(p.start, rng.integers(30, 200, n)),
        ],
        NO_DAY,
    )
    c2 = np.where(first == "C2", p.start, plus(c1, rng.integers(120, 175, n)))
    adopt = p.kind == "adoption"
    c2 = np.where(adopt & (timeline["e1"] <= plus(c2, 5)), NO_DAY, c2)
    days = np.stack(
        [p.start, c1, c2, timeline["e1"], np.where(np.isnat(timeline["e1"]), NO_DAY, timeline["reversed"])], axis=1
    )
    codes = np.stack([first, np.full(n, "C1"), np.full(n, "C2"), np.full(n, "E1"), np.full(n, "C2")], axis=1)
    days[:, 1:][(days[:, 1:] <= p.start[:, None]) | (days[:, 1:] >= p.end[:, None])] = NO_DAY
    return days, codes


def _placements(
    rng: np.random.Generator, p: Periods, legal_day: np.ndarray, legal_code: np.ndarray, timeline: dict[str, np.ndarray]
) -> tuple:
    """Day, type, carer and whether the carer stays, per period and step (columns); NaT where there is no such step."""
    n = len(p)
    short = np.isin(p.kind, ["breaks", "agreement"])
    lengths = rng.integers(25, 240, (n, _STEPS)) + (rng.random((n, _STEPS)) < 0.5) * rng.integers(0, 900, (n, _STEPS))
    day = plus(p.start[:, None], np.cumsum(np.c_[np.zeros(n, dtype=int), lengths[:, 1:]], axis=1))
    day[short, 1:] = NO_DAY
    day[p.kind == "remand", 1:] = NO_DAY
    carer = rng.integers(0, 20_000, (n, _STEPS))
    kind = np.empty((n, _STEPS), dtype="U3")
    same = np.zeros((n, _STEPS), dtype=bool)
    c2 = np.where(legal_code[:, 0] == "C2", p.start, legal_day[:, 2])
    for step in range(_STEPS):
        kind[:, step] = _type(rng, p, day[:, step])
        if step:
            before = kind[:, step - 1]
            stays = np.isin(before, ["U6", "U3"]) & (
                rng.random(n) < 0.3
            )  # long term, or with another agency or address
            kind[:, step] = np.where(
                stays, np.where(rng.random(n) < 0.6, np.where(before == "U6", "U4", "U1"), before), kind[:, step]
            )
            carer[:, step] = np.where(stays, carer[:, step - 1], carer[:, step])
            same[:, step] = stays
            home = (rng.random(n) < 0.07) & (day[:, step] > c2) & (p.kind == "family")
            kind[:, step] = np.where(home, "P1", kind[:, step])
            same[:, step] &= ~home
    _place_for_adoption(p, day, kind, carer, same, timeline)
    gone = day >= p.end[:, None]
    day[gone] = NO_DAY
    return day, kind, carer, same


def _type(rng: np.random.Generator, p: Periods, day: Days) -> Texts:
    age = (day - p.born).astype(float) / 365.25
    n = len(p)
    child = choose(rng, {"U6": 74, "U3": 14, "U4": 6, "U2": 2, "R3": 4}, n)
    older = choose(rng, {"U6": 52, "U4": 10, "U3": 10, "K2": 22, "S1": 4, "R2": 1, "Z12": 1}, n)
    nearly = choose(rng, {"U6": 22, "U4": 8, "K3": 42, "K2": 18, "U3": 6, "R5": 1, "R1": 1, "Z11": 1, "P3": 1}, n)
    out = np.select([age >= 16.05, age >= 9], [nearly, older], child)
    out = np.where((p.kind == "alone") & (age >= 16.05), np.where(rng.random(n) < 0.7, "K3", "U6"), out)
    out = np.where((out == "R3") & (age > 2), "U6", out)
    out = np.where(np.isin(p.kind, ["breaks", "agreement"]), np.where(rng.random(n) < 0.5, "K2", "U6"), out)
    return np.where(p.kind == "remand", np.where(rng.random(n) < 0.5, "K1", "K2"), out)


def _place_for_adoption(
    p: Periods, day: np.ndarray, kind: np.ndarray, carer: np.ndarray, same: np.ndarray, timeline: dict[str, np.ndarray]
) -> None:
    """Placed with the adopters, some of whom are the foster carers; no move after that."""
    placed = timeline["placed"]
    rows = np.flatnonzero(~np.isnat(placed))
    before = (day[rows] < plus(placed[rows], -20)[:, None]).sum(axis=1)  # steps that stay
    slot = np.minimum(before, _STEPS - 1)
    consent = timeline["consent"][rows]
    stays = timeline["by_carer"][rows] & np.char.startswith(kind[rows, slot - 1], "U")
    kind[rows, slot] = np.select([consent & stays, consent, stays], ["A3", "A4", "A5"], "A6")
    carer[rows, slot] = np.where(stays, carer[rows, slot - 1], carer[rows, slot])
    same[rows, slot] = stays
    day[rows, slot] = placed[rows]
    day[rows] = np.where(np.arange(_STEPS)[None, :] > slot[:, None], NO_DAY, day[rows])
    timeline["by_carer"][rows] = stays


def _spread(p: Periods, number: Ints, day: np.ndarray, code: np.ndarray) -> pd.DataFrame:
    """Legal statuses as rows: each lasts until the next one or the end of the period."""
    row, step = np.nonzero(~np.isnat(day))
    out = pd.DataFrame(
        {
            "period": number[row],
            "child": p.child[row],
            "code": code[row, step],
            "start": day[row, step],
            "stop": p.end[row],
        }
    )
    out = out.sort_values(["period", "start"], kind="stable", ignore_index=True)
    out["end"] = out.groupby("period").start.shift(-1).fillna(out["stop"])
    out["row"] = np.arange(len(out)) + 40_001
    return facts("legal_statuses", out)


def _lodged(
    rng: np.random.Generator,
    p: Periods,
    number: Ints,
    day: np.ndarray,
    kind: np.ndarray,
    carer: np.ndarray,
    same: np.ndarray,
) -> pd.DataFrame:
    """Placements as rows with provider, URN, postcode and the reason why each was left."""
    row, step = np.nonzero(~np.isnat(day))
    out = pd.DataFrame(
        {
            "period": number[row],
            "child": p.child[row],
            "start": day[row, step],
            "type": kind[row, step],
            "carer": carer[row, step],
            "same": same[row, step],
            "stop": p.end[row],
        }
    )
    out["provider"] = choose(rng, {"PR1": 55, "PR4": 40, "PR2": 2, "PR5": 3}, len(out))
    out = out.sort_values(["period", "start"], kind="stable", ignore_index=True)
    # the same carer again: with another agency or address, or for good (then nothing but the type changes)
    kept = out.groupby("period")[["provider", "type"]].shift(1)
    elsewhere = out.same & (out.type == kept.type)
    moved = elsewhere & ((rng.random(len(out)) < 0.5) | out.type.isin(["U1", "U2", "U3"]))
    other = np.where(kept.provider == "PR1", "PR4", "PR1")
    out["provider"] = np.where(out.same, np.where(elsewhere & ~moved, other, kept.provider), out.provider)
    number_of_home = out.carer.to_numpy() + np.where(moved, 20_011, 0)
    spare = np.char.add("ZZ", np.char.add((out.child.to_numpy() % 30 + 1).astype("U2"), " 9HS"))
    provider, urn, post = lodge(out.type.to_numpy(dtype="U3"), out.provider.to_numpy(dtype="U3"), number_of_home, spare)
    out["provider"], out["urn"], out["postcode"] = provider, urn, post
    kept_number = out.groupby("period").urn.shift(1)
    out["urn"] = out.urn.mask(moved & kept_number.ne("") & kept_number.notna(), kept_number)
    out["urn"] = out.urn.mask(outside_england(out.postcode), "")
    out["postcode"] = out.postcode.mask(out.type.eq("P1"))
    return with_ends(rng, _hospital(rng, _changed(out), spare))


def _changed(out: pd.DataFrame) -> pd.DataFrame:
    """Without moves after which type, provider, number and postcode are what they were."""
    seen = ["type", "provider", "urn", "postcode"]
    before = out.groupby("period")[seen].shift(1)
    return out[~((out[seen].fillna("") == before.fillna("")).all(axis=1) & before.type.notna())]


def with_ends(rng: np.random.Generator, out: pd.DataFrame) -> pd.DataFrame:
    """Frame `placements`: each ends where the next begins (`stop`: end of the period) and was left for a reason."""
    out = out.sort_values(["period", "start"], kind="stable", ignore_index=True)
    out["end"] = out.groupby("period").start.shift(-1).fillna(out["stop"])
    following = out.groupby("period")[["type", "same"]].shift(-1)
    reason = np.where(following.same.eq(True), "PLACE", choose(rng, _CHANGES, len(out)))
    temporary = out.type.str.startswith("T") | following.type.str.startswith("T").eq(True)
    out["change"] = pd.Series(reason, dtype=object).where(following.type.notna() & ~temporary)
    for column in ("provider", "urn"):
        out[column] = out[column].mask(out[column] == "")
    out["placement"] = np.arange(len(out)) + 50_001
    return facts("placements", out)


def _hospital(rng: np.random.Generator, out: pd.DataFrame, spare: Texts) -> pd.DataFrame:
    """Some stays are broken by days in hospital (T1) or a carer's holiday (T3), after which the child returns."""
    length = (out.groupby("period").start.shift(-1).fillna(out["stop"]) - out.start).dt.days
    chosen = out[(length > 90) & out.type.isin(["U6", "U4", "U3", "K2"]) & (rng.random(len(out)) < 0.05)]
    away = chosen.start + pd.to_timedelta(rng.integers(20, 60, len(chosen)), unit="D")
    back = away + pd.to_timedelta(rng.integers(3, 15, len(chosen)), unit="D")
    gone = chosen.assign(
        start=away,
        type=rng.choice(["T1", "T3"], len(chosen)),
        carer=chosen.carer + 1,
        same=False,
        provider="",
        urn="",
        postcode=spare[chosen.index],
    )
    return pd.concat([out, gone, chosen.assign(start=back, same=False)], ignore_index=True)


def _adoptions(rng: np.random.Generator, p: Periods, number: Ints, timeline: dict[str, np.ndarray]) -> pd.DataFrame:
    rows = np.flatnonzero(~np.isnat(timeline["decision"]) & (timeline["decision"] < p.end))
    n = len(rows)
    couple = np.array(
        [
            ("2", "MF", "L11"),
            ("2", "MF", "L3"),
            ("2", "MM", "L12"),
            ("2", "FF", "L2"),
            ("1", "F1", "L0"),
            ("1", "M1", "L0"),
            ("2", "FF", "L4"),
        ]
    )
    adopters = couple[rng.choice(len(couple), n, p=[0.55, 0.1, 0.08, 0.07, 0.13, 0.03, 0.04])]
    matched = timeline["matched"][rows]
    known = ~np.isnat(matched)
    return facts(
        "adoptions",
        {
            "adoption": np.arange(n) + 60_001,
            "child": p.child[rows],
            "period": number[rows],
            "decision": timeline["decision"][rows],
            "placement_order": timeline["e1"][rows],
            "matched": matched,
            "placed": timeline["placed"][rows],
            "order": timeline["order"][rows],
            "order_type": pd.Series("Adoption", index=range(n)).where(~np.isnat(timeline["order"][rows])),
            "adopters": pd.Series(adopters[:, 0].astype(int)).where(known),
            "sexes": pd.Series(adopters[:, 1]).where(known),
            "adopter_status": pd.Series(adopters[:, 2]).where(known),
            "by_carer": pd.Series(np.where(timeline["by_carer"][rows], "Y", "N")).where(known),
            "reversed": timeline["reversed"][rows],
            "reversed_reason": pd.Series(choose(rng, {"RD1": 3, "RD3": 4, "RD4": 2}, n)).where(
                ~np.isnat(timeline["reversed"][rows])
            ),
        },
    )


def _leaving(rng: np.random.Generator, p: Periods, last: Texts, adopted: Mask, consent: Mask) -> Texts:
    """Why care ended, in keeping with age and the last placement."""
    n = len(p)
    foster = np.char.startswith(last, "U")
    out = choose(rng, _LEFT, n)
    out = np.where(np.isin(out, ["E45", "E46"]) & ~foster, "E4A", out)
    grown = p.end >= p.adult
    at_18 = choose(rng, _AT_18, n)
    at_18 = np.where((at_18 == "E17") & ~foster, "E5", at_18)
    out = np.where(grown, at_18, out)
    out = np.where((p.kind == "leaver") & ~grown, choose(rng, {"E4A": 5, "E5": 3, "E13": 2}, n), out)
    out = np.select([p.kind == "remand", np.isin(p.kind, ["breaks", "agreement"])], ["E14", "E4A"], out)
    return np.where(adopted, np.where(consent | (rng.random(n) < 0.3), "E11", "E12"), out)
