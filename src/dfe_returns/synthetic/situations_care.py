"""The fixed children in care and after it, from `situations_care.yaml`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.synthetic.care import birthday, with_ends
from dfe_returns.synthetic.facts import working
from dfe_returns.synthetic.people import SYSTEM_OFFSET
from dfe_returns.synthetic.settings import lodge, outside_england

Record = dict[str, Any]
_CLOSED = {
    "E11": "RC1",
    "E12": "RC1",
    "E2": "RC2",
    "E41": "RC3",
    "E45": "RC4",
    "E46": "RC4",
    "E47": "RC4",
    "E48": "RC4",
    "E3": "RC5",
    "E7": "RC6",
}


def _day(value: date, number: int = 0) -> date:
    moved: date = working(np.array([value], dtype="datetime64[D]"), number)[0].astype(object)
    return moved


def opening(entry: Record) -> Record:
    """The referral behind a child's care: assessed before it, open until care and support ended."""
    first, last = entry["care"][0], entry["care"][-1]
    when = (
        first["start"]
        if "alone" in entry or last["leaving" if "leaving" in last else "need"] == "E14"
        else _day(first["start"] - timedelta(days=20))
    )
    when = max(when, entry["born"])
    end, grown = last.get("end"), birthday(np.array([entry["born"]], dtype="datetime64[D]"), 16)[0].astype(object)
    closed, reason = None, None
    if end is not None and (end < grown or last["leaving"] in ("E2", "E3", "E7", "E15")):
        closed, reason = (end if last["leaving"] in ("E2", "E7") else _day(end, 3)), _CLOSED.get(last["leaving"], "RC7")
    elif entry.get("died"):
        closed, reason = _day(entry["died"], 4), "RC2"
    elif entry["born"].year <= 2000:  # support ends at 25
        closed, reason = entry["born"].replace(year=entry["born"].year + 25), "RC7"
    start = _day(when, 1)
    return {
        "date": when,
        "source": "6" if "alone" in entry else "2A",
        "need": first["need"],
        "closed": closed,
        "reason": reason,
        "assessments": [[start, _day(start, 28), "9A" if "alone" in entry else "16A,3B"]],
    }


def care_of(entry: Record, rows: dict[str, list[Record]], own: dict[str, set[int]]) -> None:
    """Add the child's periods, statuses, placements and what else is written; note in `own` what needs no drawing."""
    child = entry["child"]
    for period in entry.get("care", []):
        number = len(rows["care_periods"]) + 20_001
        referral = next(r["referral"] for r in reversed(rows["referrals"]) if r["child"] == child)
        keys = {"child": child, "period": number}
        rows["care_periods"].append(
            {**keys, "referral": referral, **{k: period.get(k) for k in ("start", "end", "leaving", "need")}}
        )
        _statuses(keys, period, rows)
        for start, kind, provider, carer, *urn in period["placed"]:
            rows["placed"].append(
                {
                    **keys,
                    "start": start,
                    "type": kind,
                    "provider": provider,
                    "carer": carer,
                    "number": urn[0] if urn else None,
                    "stop": period.get("end"),
                }
            )
    periods = [row["period"] for row in rows["care_periods"] if row["child"] == child]
    starts = [period["start"] for period in entry.get("care", [])]
    for name, build in _WRITTEN.items():
        if name in entry:
            made = build(entry, periods, starts)
            table = _TABLES[name]
            own[table].add(child)
            rows[table] += [{"child": child, **record} for record in made]
    for decision in entry.get("adoptions", [entry["adoption"]] if "adoption" in entry else []):
        number = len(rows["adoptions"]) + 59_001
        rows["adoptions"].append(
            {
                "child": child,
                "adoption": number,
                "period": periods[-1],
                "order_type": "Adoption" if "order" in decision else None,
                **decision,
            }
        )
    if "baby" in entry:
        baby = SYSTEM_OFFSET + 3 * (child + 9_000_000)
        rows["mothers"].append({"child": child, "baby": baby, "baby_born": entry["baby"]})
        rows["people"].append(
            {"child": child + 9_000_000, "system": baby, "sex": "F", "ethnicity": "WBRI", "born": entry["baby"]}
        )


def _statuses(keys: Record, period: Record, rows: dict[str, list[Record]]) -> None:
    ends = [day for day, _ in period["legal"][1:]] + [period.get("end")]
    for (start, code), end in zip(period["legal"], ends, strict=True):
        rows["legal_statuses"].append(
            {**keys, "row": len(rows["legal_statuses"]) + 39_001, "code": code, "start": start, "end": end}
        )


def _contacts(entry: Record, periods: list[int], starts: list[date]) -> list[Record]:
    names = ("age", "date", "in_touch", "accommodation", "suitable", "activity")
    told: list[list[Any]] = [
        [str(v) if n == 4 and v else v for n, v in enumerate(contact)] for contact in entry["contacts"]
    ]
    return [
        {
            **dict(zip(names, contact, strict=False)),
            "contact": entry["child"] * 10 + n,
            "companion": "Y" if len(contact) > 6 else None,
            "eligibility": "Former relevant" if contact[0] >= 18 else "Relevant",
        }
        for n, contact in enumerate(told)
    ]


def _permanence(entry: Record, periods: list[int], starts: list[date]) -> list[Record]:
    return [
        {
            "form": entry["child"] * 10 + n,
            "period": periods[n],
            "date": starts[n],
            "option": option,
            "authority": authority,
            "order_date": written,
        }
        for n, (option, authority, written) in enumerate(entry["permanence"])
    ]


def _rows(*names: str, key: str | None = None) -> Any:
    def build(entry: Record, periods: list[int], starts: list[date]) -> list[Record]:
        given = entry[_SOURCE[names]]
        given = [given] if _SOURCE[names] == "alone" else given
        given = [record if isinstance(record, list) else [record] for record in given]
        return [
            {**dict(zip(names, record, strict=True)), **({key: entry["child"] * 10 + n} if key else {})}
            for n, record in enumerate(given)
        ]

    return build


def _offences(word: str, convicted: str) -> Any:
    def build(entry: Record, periods: list[int], starts: list[date]) -> list[Record]:
        return [
            {"conviction": entry["child"] * 10 + n, "date": day, "convicted": convicted}
            for n, day in enumerate(entry[word])
        ]

    return build


def _alone(entry: Record, periods: list[int], starts: list[date]) -> list[Record]:
    start, end = entry["alone"]
    granted = end is not None and "E15" not in [period.get("leaving") for period in entry["care"]]
    return [{"status": "UASC", "start": start, "end": end}] + ([{"status": "Refugee", "start": end}] if granted else [])


def _reviews(entry: Record, periods: list[int], starts: list[date]) -> list[Record]:
    return [
        {
            "review": entry["child"] * 10 + n,
            "period": periods[-1],
            "due": day,
            "date": day,
            "cancelled": "N",
            "participation": code,
        }
        for n, (day, code) in enumerate(entry["reviews"])
    ]


_SOURCE = {
    ("type", "start", "end"): "missing",
    ("date", "score", "reason"): "sdq",
    ("date", "substance", "received", "offered"): "substance",
    ("start", "end"): "dolo",
}
_TABLES = {
    "contacts": "leaver_contacts",
    "permanence": "previous_permanence",
    "missing": "missing",
    "sdq": "sdq",
    "substance": "substance_misuse",
    "convictions": "convictions",
    "offences": "convictions",
    "dolo": "dolo",
    "alone": "immigration",
    "reviews": "care_reviews",
}
_WRITTEN = {
    "contacts": _contacts,
    "permanence": _permanence,
    "missing": _rows("type", "start", "end", key="spell"),
    "sdq": _rows("date", "score", "reason", key="form"),
    "substance": _rows("date", "substance", "received", "offered", key="misuse"),
    "convictions": _offences("convictions", "Y"),
    "offences": _offences("offences", "N"),
    "dolo": _rows("start", "end"),
    "alone": _alone,
    "reviews": _reviews,
}


def placements(rows: pd.DataFrame) -> pd.DataFrame:
    """Frame `placements` of the fixed children; the same carer number twice running means that the carer stayed."""
    out = rows.sort_values(["period", "start"], kind="stable", ignore_index=True)
    for column in ("start", "stop"):
        out[column] = pd.to_datetime(out[column])
    before = out.groupby("period")[["carer", "type", "provider"]].shift(1)
    out["same"] = out.carer == before.carer
    moved = out.same & (out.type == before.type) & (out.provider == before.provider)
    home = out.carer.to_numpy() + np.where(moved, 20_011, 0)
    spare = np.char.add("ZZ", np.char.add((out.child.to_numpy() % 30 + 1).astype("U2"), " 9HS"))
    provider, urn, post = lodge(out.type.to_numpy(dtype="U3"), out.provider.to_numpy(dtype="U3"), home, spare)
    out["provider"], out["urn"], out["postcode"] = provider, urn, post
    out["urn"] = out.number.fillna(out.urn.mask(moved, out.groupby("period").urn.shift(1)))
    out["urn"] = out.urn.mask(outside_england(out.postcode), "")
    out["postcode"] = out.postcode.mask(out.type.eq("P1"))
    out = with_ends(np.random.default_rng(1201), out)
    return out.assign(placement=out.placement - 5_000)
