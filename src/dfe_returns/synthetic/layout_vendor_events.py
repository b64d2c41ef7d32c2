"""Files 09 to 11 of the vendor layout: events in care, leaving care and adoption, workers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.synthetic import wording
from dfe_returns.synthetic import wording_vendor as words
from dfe_returns.synthetic.columns import Frames, system_number

_EVENT = ["System ID", "Event", "Event Date", "End Date", "Result 1", "Result 2", "Result 3", "Cancelled"]
_RECORD = [
    "System ID",
    "Record Type",
    "Date 1",
    "Date 2",
    "Date 3",
    "Status Text",
    "Accommodation Text",
    "Suitable Text",
    "Activity Text",
    "Decision Reversed Reason",
    "Adopters",
    "Adopter Sexes",
    "Adopter Status",
    "Former Carer",
]


def _events(table: pd.DataFrame, event: object, day: pd.Series, **more: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "child": table.child,
            "Event": event,
            "day": day,
            **{name.replace("_", " "): values for name, values in more.items()},
        }
    )


def care_events(t: Frames) -> pd.DataFrame:
    """One row per event, told apart by the column Event; what the results mean depends on it."""
    r, h, j, s = t["care_reviews"], t["health_checks"], t["immunisations"], t["sdq"]
    m, c, g, p, d = t["substance_misuse"], t["convictions"], t["missing"], t["previous_permanence"], t["dolo"]
    parts = [
        _events(
            r,
            "LAC Review",
            r.date.fillna(r.due),
            Result_1=r.participation.map(words.PARTICIPATION),
            Cancelled=r.cancelled.map(words.YES_NO),
        ),
        _events(
            h,
            h.type.replace({"Dental Check": "Dental"}),
            h.date,
            Result_1=h.status,
            Cancelled=np.where(h.status == "Completed", "No", "Yes"),
        ),
        _events(j, "Immunisation", j.date, Result_1=j.status.map({"Y": "Up to date", "N": "Not up to date"})),
        _events(
            s,
            "SDQ",
            s.date,
            Result_1=s.score.astype("str").where(s.score.notna()),
            Result_2=s.reason.map(words.SDQ_REASON),
        ),
        _events(
            m,
            "Substance",
            m.date,
            Result_1=m.substance,
            Result_2=m.received.map(words.YES_NO),
            Result_3=m.offered.map(words.YES_NO),
        ),
        _events(c, "Offence", c.date, Result_1=c.convicted.map({"Y": "Convicted", "N": "No conviction"})),
        _events(g, g.type.map({"M": "Missing", "A": "Away"}), g.start, end=g.end),
        _events(
            p,
            "Previous Permanence",
            p.date,
            Result_1=p.option.map(wording.EARLIER_ORDER),
            Result_2=p.authority,
            Result_3=p.order_date,
        ),
        _events(d, "Deprivation Of Liberty", d.start, end=d.end),
    ]
    out = pd.concat(parts, ignore_index=True)
    out = out.sort_values(["child", "day", "Event"], kind="stable", ignore_index=True)
    out["System ID"] = system_number(t, out.child)
    out["Event Date"] = out.day.dt.strftime("%d/%m/%Y")
    out["End Date"] = pd.to_datetime(out["end"]).dt.strftime("%d/%m/%Y")
    return out.reindex(columns=_EVENT).fillna("")


def leaving_and_adoption(t: Frames) -> pd.DataFrame:
    """Contacts with care leavers and decisions for adoption, in one file."""
    c, a = t["leaver_contacts"], t["adoptions"]
    state = np.select(
        [a.reversed.notna(), a.order.notna(), a.placed.notna()], ["Reversed", "Adopted", "Placed"], "Decided"
    )
    adopters = a.adopters.map({1: "1", 2: "2"})
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "child": c.child,
                    "Record Type": "Contact",
                    "d1": c.date,
                    "Status Text": c.in_touch.map(words.IN_TOUCH),
                    "Accommodation Text": c.accommodation.map(wording.ACCOMMODATION),
                    "Suitable Text": c.suitable.map(wording.SUITABLE),
                    "Activity Text": c.activity.map(wording.ACTIVITY),
                }
            ),
            pd.DataFrame(
                {
                    "child": a.child,
                    "Record Type": "Adoption Decision",
                    "d1": a.decision,
                    "d2": a.matched,
                    "d3": a.reversed,
                    "Status Text": state,
                    "Decision Reversed Reason": a.reversed_reason.map(words.REVERSED),
                    "Adopters": adopters,
                    "Adopter Sexes": a.sexes.map(words.ADOPTER_SEX),
                    "Adopter Status": a.adopter_status.map(words.ADOPTER_STATUS),
                    "Former Carer": a.by_carer.map(words.YES_NO),
                }
            ),
        ],
        ignore_index=True,
    )
    rows = rows.sort_values(["child", "d1"], kind="stable", ignore_index=True)
    rows["System ID"] = system_number(t, rows.child)
    for name, source in (("Date 1", "d1"), ("Date 2", "d2"), ("Date 3", "d3")):
        rows[name] = pd.to_datetime(rows[source]).dt.strftime("%d/%m/%Y")
    return rows.reindex(columns=_RECORD).fillna("")


def workers(t: Frames) -> pd.DataFrame:
    """Who held the case. A reason stands on the row that ends: each spell opens with the duty worker."""
    i = t["involvements"].sort_values(["child", "start", "involvement"], kind="stable", ignore_index=True)
    case = i[i.role == "CW"]
    first = case[~case.referral.duplicated()]
    duty = first.assign(role="DUTY", end=first.start, worker=7_019_999, ended=first.reason, order=0)
    i = i.assign(ended=case.groupby("referral").reason.shift(-1), order=1)
    out = pd.concat([duty, i], ignore_index=True).sort_values(
        ["child", "start", "order", "involvement"], kind="stable", ignore_index=True
    )
    number = out.worker.map(t["workers"].set_index("worker").registration)
    return pd.DataFrame(
        {
            "System ID": system_number(t, out.child),
            "Worker Code": out.worker,
            "Registration No": number,
            "Role": out.role.map(words.ROLE | {"DUTY": "Duty Worker"}),
            "From": out.start.dt.strftime("%d/%m/%Y"),
            "To": out.end.dt.strftime("%d/%m/%Y"),
            "Reason Ended": out.ended.map(words.WORKER_CHANGE),
        }
    ).fillna("")
