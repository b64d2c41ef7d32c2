"""The fixed children of Fernshire: nested and short in `situations_need.yaml` and `situations_care.yaml`, flat here."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from dfe_returns.synthetic.facts import facts, working
from dfe_returns.synthetic.people import SYSTEM_OFFSET, postcodes, pupil_number
from dfe_returns.synthetic.schema import FACTS
from dfe_returns.synthetic.situations_care import care_of, opening, placements
from dfe_returns.synthetic.staff import worker_of

Record = dict[str, Any]


@cache
def entries(name: str = "situations_need.yaml") -> list[Record]:
    """The fixed children as written."""
    children: list[Record] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return children


def fixed_children() -> tuple[dict[str, pd.DataFrame], pd.DataFrame, dict[str, set[int]]]:
    """Their frames, and what each of them shows (columns child, shows, slip)."""
    rows: dict[str, list[Record]] = defaultdict(list)
    own: dict[str, set[int]] = defaultdict(set)
    told = entries() + entries("situations_care.yaml")
    for entry in told:
        if "referrals" not in entry:
            entry = {**entry, "referrals": [opening(entry)]}
        _person(entry, rows)
        for referral in entry["referrals"]:
            _referral(entry, referral, rows)
        care_of(entry, rows, own)
    frames = {name: facts(name, pd.DataFrame(rows[name], columns=list(FACTS[name]))) for name in FACTS if rows[name]}
    frames["placements"] = placements(pd.DataFrame(rows["placed"]))
    shows = pd.DataFrame([{"child": e["child"], "shows": e["shows"], "slip": str(e.get("slip", ""))} for e in told])
    return frames, shows, own


def _person(entry: Record, rows: dict[str, list[Record]]) -> None:
    child = entry["child"]
    rng = np.random.default_rng(child)
    born = entry.get("born")
    school_age = born is not None and born < date(2021, 9, 1)
    upn, former, linked = _pupil_numbers(entry, school_age)
    sex = entry.get("sex") or ("U" if born is None else rng.choice(["F", "M"]))
    ethnicity = entry.get(
        "ethnicity", str(rng.choice(["WBRI", "WBRI", "WBRI", "WBRI", "MWBC", "APKN", "BCRB", "WOTH", "AIND"]))
    )
    rows["people"].append(
        {
            "child": child,
            "system": SYSTEM_OFFSET + 3 * child,
            "upn": upn,
            "upn_reason": entry.get("upn_reason", "UN1" if "care" in entry and not school_age else None),
            "former_upn": former,
            "former_upn_linked": linked,
            "sex": sex,
            "ethnicity": None if ethnicity == "none" else ethnicity,
            "born": born,
            "due": entry.get("due"),
            "estimated": "Y" if entry.get("estimated") else None,
            "died": entry.get("died"),
            "nationality": "GBR" if ethnicity.startswith("W") else None,
        }
    )
    worked = any(not r.get("nfa") for r in entry["referrals"])
    for code in entry.get("disabilities", ["NONE"] if born is not None and worked else []):
        rows["disabilities"].append({"child": child, "code": code})
    for spell in entry.get("disability_history", []):
        rows["disabilities"].append({"child": child, **spell})
    if "alone" not in entry:
        home = str(postcodes(rng, 1)[0])
        rows["addresses"].append({"child": child, "type": "HOME", "start": born or entry["due"], "postcode": home})
    if "earlier_plans" in entry:
        rows["earlier_plans"].append({"child": child, "plans": entry["earlier_plans"]})


def _pupil_numbers(entry: Record, school_age: bool) -> tuple[str | None, str | None, str | None]:
    kind = entry.get("upn", "own" if school_age else "none")
    child = np.array([entry["child"]])
    own = str(pupil_number(child)[0])
    upn = {
        "own": own,
        "none": None,
        "temporary": str(pupil_number(child, last="B")[0]),
        "untidy": f" {own.lower()} ",
        "wrong_letter": ("A" if own[0] != "A" else "B") + own[1:],
        "of_1094": str(pupil_number(np.array([1094]))[0]),
    }[kind]
    former = str(pupil_number(child + 50_000, "823")[0]) if entry.get("former_upn") else None
    return (
        upn,
        (former if entry.get("former_upn") is True else None),
        (former if entry.get("former_upn") == "linked" else None),
    )


def _referral(entry: Record, referral: Record, rows: dict[str, list[Record]]) -> None:
    child, number = entry["child"], len(rows["referrals"]) + 290_001
    keys = {"child": child, "referral": number}
    nfa = bool(referral.get("nfa"))
    team = 2 if referral.get("reason") in ("RC8", "RC9") else 4 + child % 2
    team = 1 if nfa else 8 if "contacts" in entry else 7 if "care" in entry else team
    staff = {"team": team, "worker": int(worker_of(np.array([team]), np.array([child % 5]))[0])}
    rows["referrals"].append(
        {
            **keys,
            **staff,
            "nfa": "Y" if nfa else "N",
            **{k: referral.get(k) for k in ("date", "source", "need", "closed", "reason")},
        }
    )
    if not nfa:
        rows["involvements"].append(
            {
                **keys,
                **staff,
                "involvement": len(rows["involvements"]) + 790_001,
                "role": "CW",
                "reason": "FCONTA",
                "start": referral["date"],
                "end": referral.get("closed"),
            }
        )
    for start, authorised, codes, *point in referral.get("assessments", []):
        rows["assessments"].append(
            {
                **keys,
                **staff,
                "assessment": len(rows["assessments"]) + 400_001,
                "start": start,
                "authorised": authorised,
                "factors": codes or None,
                "nfa": "Y" if referral.get("reason") in ("RC8", "RC9") else "N",
                "review_point": point[0] if point else None,
            }
        )
    for start, end in referral.get("plans", []):
        rows["cin_plans"].append(
            {**keys, **staff, "plan": len(rows["cin_plans"]) + 510_001, "start": start, "end": end}
        )
    for enquiry in referral.get("enquiries", []):
        _enquiry(keys, enquiry, rows)
    if "transfer_in" in referral:
        rows["conferences"].append(_conference(keys, rows, date=referral["transfer_in"], transfer_in="Y", agreed="Y"))
    for plan in referral.get("protection", []):
        _protection_plan(keys, plan, rows)
    rows["pre_proceedings"] += [{"referral": number, **facts_of} for facts_of in referral.get("pre_proceedings", [])]


def _enquiry(keys: Record, enquiry: Record, rows: dict[str, list[Record]]) -> None:
    number = len(rows["enquiries"]) + 600_001
    held = enquiry.get("conference")
    needed = "Y" if held else ("N" if enquiry.get("needed") is False else None)
    rows["enquiries"].append(
        {**keys, "enquiry": number, "start": enquiry["start"], "end": enquiry.get("end"), "needed": needed}
    )
    if held:
        target = enquiry.get("target") or working(np.array([enquiry["start"]], dtype="datetime64[D]"), 15)[0]
        rows["conferences"].append(
            _conference(
                keys,
                rows,
                date=held,
                enquiry=number,
                target=target,
                transfer_in="N",
                agreed="N" if enquiry.get("agreed") is False else "Y",
                meeting=enquiry.get("meeting"),
            )
        )


def _conference(keys: Record, rows: dict[str, list[Record]], **values: Any) -> Record:
    number = len(rows["conferences"]) + 630_001
    return {**keys, "conference": number, **values, "meeting": values.get("meeting") or number + 50_000}


def _protection_plan(keys: Record, plan: Record, rows: dict[str, list[Record]]) -> None:
    number = len(rows["protection_plans"]) + 645_001
    own = [c for c in rows["conferences"] if c["referral"] == keys["referral"] and c["agreed"] == "Y"]
    conference = own[-1]["conference"] if own else None
    if own:
        own[-1]["plan"] = number
    rows["protection_plans"].append(
        {
            **keys,
            "plan": number,
            "conference": conference,
            "start": plan["start"],
            "end": plan.get("end"),
            "other_la": "Y" if plan.get("other_la") else "N",
            "initial": plan["initial"],
            "latest": plan.get("latest", plan["initial"]),
            "changed": plan.get("changed"),
        }
    )
    for review in plan.get("reviews", []):
        held = None if isinstance(review, dict) else review
        rows["protection_reviews"].append(
            {
                "review": len(rows["protection_reviews"]) + 655_001,
                "child": keys["child"],
                "plan": number,
                "due": held or review["due"],
                "date": held,
                "meeting": len(rows["protection_reviews"]) + 895_001,
                "continues": None if held is None else "N" if held == plan.get("end") else "Y",
            }
        )
