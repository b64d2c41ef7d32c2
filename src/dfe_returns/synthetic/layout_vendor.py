"""Writes life stories as the report-writer files of a case system that shares only the facts with the dataset.

Excel-like headings, `dd/mm/yyyy`, Windows-1252, labels for codes, two numbers per person, one row per care episode with
its last day (the day before the next begins), reasons for a change of worker on the row that ends.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dfe_returns.synthetic import wording
from dfe_returns.synthetic import wording_vendor as words
from dfe_returns.synthetic.columns import Frames, system_number
from dfe_returns.synthetic.facts import Stories, dates_of
from dfe_returns.synthetic.layout_ssd import companions, in_window
from dfe_returns.synthetic.layout_vendor_events import care_events, leaving_and_adoption, workers
from dfe_returns.synthetic.pack import File, Pack
from dfe_returns.synthetic.people import SYSTEM_OFFSET

# facts that this system does hold, so that it needs no companion file for them
_HELD = ("la_dolo", "la_former_upn", "la_disability_history", "la_adoption_decisions", "la_care_leaver_birthday")
_ROW_TYPE = {"CIN Plan": 1, "S47": 2, "ICPC": 3, "Transfer In": 3, "CP Plan": 4, "CP Review": 5}


def write_vendor(told: Stories, out: Path | str) -> dict[str, int]:
    """Write the folder; returns the number of rows per file. Same stories, same bytes."""
    return vendor_pack(told).write(out)


def vendor_pack(told: Stories) -> Pack:
    """The extract, ready to be written or to be spoilt first."""
    files = {
        name: File(frame) if name.startswith("la_") else File(frame, encoding="cp1252", newline="\r\n")
        for name, frame in vendor_frames(told).items()
    }
    return Pack("vendor", files)


def vendor_frames(told: Stories) -> Frames:
    """The eleven files and the companions this system needs, as frames of text."""
    kept = in_window(told)
    frames = {
        "01 Persons": _persons(told),
        "02 Disability": _disability(kept),
        "03 Relationships": _relationships(kept),
        "04 Addresses": _addresses(kept),
        "05 Referrals": _referrals(kept),
        "06 Assessments": _assessments(kept),
        "07 Plans And Conferences": _plans(kept),
        "08 Care Episodes": _care_episodes(kept),
        "09 Care Events": care_events(kept),
        "10 Leaving Care And Adoption": leaving_and_adoption(kept),
        "11 Workers": workers(kept),
    }
    return frames | {name: frame for name, frame in companions(told).items() if name not in _HELD}


def british(days: pd.Series) -> pd.Series:
    """Dates as dd/mm/yyyy; missing as empty text."""
    return days.dt.strftime("%d/%m/%Y").fillna("")


def _persons(told: Stories) -> pd.DataFrame:
    p = told.people
    status = (
        told.immigration.sort_values(["child", "status"], ascending=[True, False], kind="stable")
        .drop_duplicates("child")
        .set_index("child")
        .reindex(p.child)
        .reset_index(drop=True)
    )
    former = p.former_upn.fillna(p.former_upn_linked)
    in_care = p.child.isin(told.care_periods.child)
    people = pd.DataFrame(
        {
            "System ID": p.system,
            "Case Number": p.child,
            "UPN": p.upn,
            "Former UPN": former,
            "UPN Reason": p.upn_reason.where(in_care & p.upn.isna()),
            "Date Of Birth": british(p.born),
            "DOB Estimated": p.estimated.map(words.YES_NO),
            "Due Date": british(p.due),
            "Sex": p.sex.where(p.born.notna(), "U").map(words.SEX),
            "Ethnicity": p.ethnicity.map(words.ETHNICITY),
            "Date Of Death": british(p.died),
            "Nationality": p.nationality,
            "Immigration Status": status.status.map(words.IMMIGRATION),
            "Immigration From": british(status.start),
            "Immigration To": british(status.end),
            "Record Status": "Active",
            "Merged Into": "",
        }
    )
    return (
        pd.concat([people, _not_clients(p)], ignore_index=True)
        .assign(**{"Report Run Date": told.as_at.strftime("%d/%m/%Y")})
        .fillna("")
    )


def _not_clients(p: pd.DataFrame) -> pd.DataFrame:
    """Two records for training and one that was merged into another: they have a number and nothing else."""
    spare = 99_001 + np.arange(3)
    merged = [str(p.system.iloc[0])] if len(p) else [""]
    return pd.DataFrame(
        {
            "System ID": SYSTEM_OFFSET + 3 * spare + 1,
            "Case Number": spare,
            "Sex": "Not known",
            "Date Of Birth": "01/01/2010",
            "Record Status": ["Test", "Test", "Merged"],
            "Merged Into": ["", "", *merged],
        }
    )


def _disability(t: Frames) -> pd.DataFrame:
    d = t["disabilities"]
    return pd.DataFrame(
        {
            "System ID": system_number(t, d.child),
            "Disability Type": d.code.map(words.DISABILITY),
            "From": british(d.start),
            "To": british(d.end),
        }
    )


def _relationships(t: Frames) -> pd.DataFrame:
    m, c = t["mothers"], t["conferences"]
    shared = c[c.meeting.duplicated(keep=False)].sort_values(["meeting", "child"], kind="stable")
    beside = shared.groupby("meeting").child.shift(-1)
    first, second = shared.child[beside.notna()], beside.dropna()
    born = t["people"].set_index("child").born
    rows = [
        pd.DataFrame(
            {
                "System ID": system_number(t, m.child),
                "Related System ID": m.baby,
                "Relationship": "Mother of",
                "Related DOB": british(m.baby_born),
            }
        ),
        pd.DataFrame(
            {
                "System ID": system_number(t, first),
                "Related System ID": system_number(t, second).to_numpy(),
                "Relationship": "Sibling",
                "Related DOB": british(dates_of(second, born)).to_numpy(),
            }
        ),
    ]
    return pd.concat(rows, ignore_index=True).assign(Ended="")


def _addresses(t: Frames) -> pd.DataFrame:
    a = t["addresses"]
    return pd.DataFrame(
        {
            "System ID": system_number(t, a.child),
            "Address Type": a.type.map({"HOME": "Home address", "PLACEMENT": "Placement address"}),
            "From": british(a.start),
            "To": british(a.end),
            "Postcode": a.postcode,
        }
    )


def _referrals(t: Frames) -> pd.DataFrame:
    r = t["referrals"]
    names = t["teams"].set_index("team").name
    return pd.DataFrame(
        {
            "Episode No": r.referral,
            "System ID": system_number(t, r.child),
            "Referral Date": british(r.date),
            "Source": r.source.map(wording.REFERRAL_SOURCE),
            "Category Of Need": r.need.map(words.NEED),
            "NFA Date": british(r.date.where(r.nfa == "Y")),
            "Closed Date": british(r.closed),
            "Closure Reason": r.reason.map(words.CLOSURE),
            "Team": r.team.map(names),
        }
    )


def _assessments(t: Frames) -> pd.DataFrame:
    a = t["assessments"]
    signed = a.authorised.notna()
    found = "," + a.factors.fillna("") + ","
    out = pd.DataFrame(
        {
            "Form No": a.assessment,
            "Episode No": a.referral,
            "System ID": system_number(t, a.child),
            "Form Type": "Child and Family Assessment",
            "Status": np.where(signed, "Authorised", "In progress"),
            "Started": british(a.start),
            "Authorised": british(a.authorised),
            **{code: np.where(found.str.contains(f",{code},", regex=False), "Yes", "") for code in words.FACTORS},
            "Outcome": a.nfa.where(signed).map({"Y": "No further action", "N": "Further work"}),
        }
    )
    dropped = out[a.assessment.to_numpy() % 40 == 0].assign(Status="Cancelled", Authorised="", Outcome="")
    dropped = dropped.assign(**{"Form No": dropped["Form No"] + 5_000_000}, **dict.fromkeys(words.FACTORS, ""))
    return pd.concat([out, dropped], ignore_index=True).fillna("")


def _row(kind: str, number: pd.Series) -> pd.Series:
    return number + _ROW_TYPE[kind] * 10_000_000


def _plans(t: Frames) -> pd.DataFrame:
    """Plans, enquiries, conferences, protection plans and their reviews in one file, linked by row number."""
    c, e, h, p, r = (
        t[name] for name in ("cin_plans", "enquiries", "conferences", "protection_plans", "protection_reviews")
    )
    arrived = h.transfer_in == "Y"
    spell_of = p.set_index("plan").referral
    rows = [
        pd.DataFrame(
            {
                "Row No": _row("CIN Plan", c.plan),
                "child": c.child,
                "Episode No": c.referral,
                "Type": "CIN Plan",
                "Start": british(c.start),
                "End": british(c.end),
            }
        ),
        pd.DataFrame(
            {
                "Row No": _row("S47", e.enquiry),
                "child": e.child,
                "Episode No": e.referral,
                "Type": "S47",
                "Start": british(e.start),
                "End": british(e.end),
                "Outcome": e.needed.map({"Y": "Conference required", "N": "No further action"}),
            }
        ),
        pd.DataFrame(
            {
                "Row No": _row("ICPC", h.conference),
                "child": h.child,
                "Episode No": h.referral,
                "Type": np.where(arrived, "Transfer In", "ICPC"),
                "Linked Row No": _row("S47", h.enquiry),
                "Start": british(h.date),
                "Target": british(h.target),
                "Outcome": h.agreed.map({"Y": "Plan agreed", "N": "No plan"}),
                "Status": "Held",
            }
        ),
        pd.DataFrame(
            {
                "Row No": _row("CP Plan", p.plan),
                "child": p.child,
                "Episode No": p.referral,
                "Type": "CP Plan",
                "Linked Row No": _row("ICPC", p.conference),
                "Start": british(p.start),
                "End": british(p.end),
                "Category Initial": p.initial.map(wording.CATEGORY_OF_ABUSE),
                "Category Latest": p.latest.map(wording.CATEGORY_OF_ABUSE),
                "Other LA": p.other_la.map(words.YES_NO),
            }
        ),
        pd.DataFrame(
            {
                "Row No": _row("CP Review", r.review),
                "child": r.child,
                "Episode No": r.plan.map(spell_of),
                "Type": "CP Review",
                "Linked Row No": _row("CP Plan", r.plan),
                "Start": british(r.date),
                "Target": british(r.due),
                "Outcome": r.continues.map({"Y": "Plan continues", "N": "Plan ends"}),
                "Status": _held(r, t),
            }
        ),
    ]
    out = pd.concat(rows, ignore_index=True)
    out.insert(1, "System ID", system_number(t, out.pop("child")))
    order = [
        "Row No",
        "System ID",
        "Episode No",
        "Type",
        "Linked Row No",
        "Start",
        "End",
        "Target",
        "Category Initial",
        "Category Latest",
        "Outcome",
        "Other LA",
        "Status",
    ]
    return out[order].astype({"Linked Row No": "Int64"}).astype(object).where(out[order].notna(), "")


def _held(r: pd.DataFrame, t: Frames) -> np.ndarray:
    later = r.due > t["referrals"].date.max()
    return np.select([r.date.notna(), later], ["Held", "Planned"], "Cancelled")


def _care_episodes(t: Frames) -> pd.DataFrame:
    e, p = t["care_episodes"], t["placements"].set_index("placement")
    place = e.merge(
        p[["type", "provider", "urn", "postcode", "change"]], left_on="placement", right_index=True, how="left"
    )
    goes_on = place.end_reason == "X1"
    known = place.urn.str.startswith("SC") | place.urn.eq("XXXXXXX")
    homes = t["care_periods"].set_index("period").home
    return pd.DataFrame(
        {
            "Period No": place.period,
            "Placement No": place.placement,
            "Split": place.groupby("placement").cumcount() + 1,
            "System ID": system_number(t, place.child),
            "Start": british(place.start),
            "End": british(place.end - pd.to_timedelta(goes_on.astype(int), unit="D")),
            "Reason Started": place.start_reason.map(words.START_REASON),
            "Reason Ended": place.end_reason.map(words.END_REASON),
            "Legal Status": place.legal.map(words.LEGAL_STATUS),
            "Need": place.need.map(words.NEED),
            "Placement Type": place.type.map(words.PLACEMENT),
            "Provider": place.provider.map(words.PROVIDER),
            "Provider Name": ("Provider " + place.urn.str[-6:]).where(known),
            "Ofsted Reference": place.urn.where(known),
            "Placement Postcode": place.postcode,
            "Reason Changed": place.change.map(words.CHANGE),
            "Home Postcode At Entry": place.period.map(homes),
        }
    )
