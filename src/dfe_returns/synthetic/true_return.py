"""The 903 return that the stories themselves amount to: what an authority that forgets nothing would send.

Worked out from the truth, not from an extract: it gives the return of the year before, and tests compare with it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.synthetic import wording
from dfe_returns.synthetic.care import birthday
from dfe_returns.synthetic.columns import Frames
from dfe_returns.synthetic.facts import Clock, Stories, dates_of
from dfe_returns.synthetic.followers import RESPITE, days

_HAS_HOME = ("P1", "Z1", "Z11", "Z12", "Z13", "Z14")


def ssda903_return(told: Stories, year: str) -> Frames:
    """Tables of the return of `year`, values as text as in the files, columns and order of the contract.

    The stories must reach to 31 March of that year (`Stories.known_on` may have cut them later).
    """
    clock = Clock(year)
    known = told.known_on(clock.end.astype(object)).tables
    span = (pd.Timestamp(clock.start), pd.Timestamp(clock.end))
    e = _in_care(known, span)
    people = known["people"].set_index("child")
    tables = {
        "Episodes": _episodes(known, e, year),
        "UASC": _alone(known, e, people, span),
        "Reviews": _reviews(known, e, span),
        "OC2": _outcomes(told, known, e, people, clock),
        "OC3": _leavers(known, people, clock),
        "AD1": _adopted(known, e),
        "PlacedAdoption": _decisions(known, e, span),
        "PrevPerm": _earlier(known, e, span),
        "Missing": _missing(known, e, span),
        "SWEpisodes": _workers(known, e, clock, year),
    }
    tables["Header"] = _header(known, e, people, tables["OC3"])
    return {
        name: _as_file(tables[name], list(table.columns), people)
        for name, table in contract("ssda903", year).tables.items()
        if name in tables
    }


def _as_file(frame: pd.DataFrame, columns: list[str], people: pd.DataFrame) -> pd.DataFrame:
    out = frame.assign(DOB=dates_of(frame.CHILD, people.born)) if "DOB" in columns else frame
    out = out.sort_values(
        ["CHILD", *[c for c in ("DECOM", "REVIEW", "MIS_START", "SW_DECOM", "DATE_PLACED") if c in out]], kind="stable"
    )
    text = {}
    for name in columns:
        values = out[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            text[name] = values.dt.strftime("%d/%m/%Y")
        else:
            text[name] = values.astype("str").where(values.notna(), np.nan)
    return pd.DataFrame(text, columns=columns).fillna("").reset_index(drop=True)


def _in_care(known: Frames, span: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    e = known["care_episodes"]
    e = e[~(e.end < span[0])]
    placed = known["placements"].set_index("placement")[["type", "provider", "urn", "postcode", "change"]]
    return e.merge(placed, left_on="placement", right_index=True, how="left").assign(respite=e.legal.isin(RESPITE))


def _episodes(known: Frames, e: pd.DataFrame, year: str) -> pd.DataFrame:
    following = e.sort_values(["period", "start"]).groupby("period").start_reason.shift(-1)
    moves = following.reindex(e.index).isin(["P", "T", "B", "U"]) & e.end.notna()
    home = e.period.map(known["care_periods"].set_index("period").home)
    kept_by_system = e.urn.str.startswith("SC") | e.urn.eq("XXXXXXX")
    place = places(e.type, year)
    unregistered = place.eq("H5") & (year < "2023-24")
    return pd.DataFrame(
        {
            "CHILD": e.child,
            "DECOM": e.start,
            "RNE": e.start_reason,
            "LS": e.legal,
            "CIN": e.need,
            "PLACE": place,
            "PLACE_PROVIDER": e.provider,
            "DEC": e.end,
            "REC": e.end_reason,
            "REASON_PLACE_CHANGE": e.change.where(moves),
            "HOME_POST": home.where(~e.respite),
            "PL_POST": e.postcode.where(~e.respite),
            "URN": e.urn.where(~e.respite & ~unregistered & kept_by_system),
        }
    )


def places(kind: pd.Series, year: str) -> pd.Series:
    """Placement types in the codes of the year."""
    older = {"Z11": "Z1", "Z12": "Z1", "Z13": "Z1", "Z14": "Z1"} if year <= "2024-25" else {}
    return kind.replace(older | ({"K3": "H5"} if year <= "2023-24" else {}))


def _header(known: Frames, e: pd.DataFrame, people: pd.DataFrame, leavers: pd.DataFrame) -> pd.DataFrame:
    child = pd.Series(sorted(set(e.child) | set(leavers.CHILD)), dtype="Int64")
    who = people.reindex(child)
    first_baby = known["mothers"].groupby("child").baby_born.min().reindex(child)
    full = child.isin(e[~e.respite].child).to_numpy() & (who.sex == "F").to_numpy()
    upn = who.upn.fillna(who.upn_reason).to_numpy()
    return pd.DataFrame(
        {
            "CHILD": child,
            "SEX": who.sex.to_numpy(),
            "ETHNIC": who.ethnicity.to_numpy(),
            "UPN": upn,
            "MOTHER": pd.Series(first_baby.notna().to_numpy()).map({True: "1", False: "0"}).where(full),
            "MC_DOB": pd.Series(first_baby.to_numpy()).where(full),
        }
    )


def _alone(
    known: Frames, e: pd.DataFrame, people: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp]
) -> pd.DataFrame:
    s = known["immigration"]
    s = s[(s.status == "UASC") & ~(s.end < span[0]) & s.child.isin(e.child)]
    adult = pd.Series(birthday(days(dates_of(s.child, people.born)), 18), index=s.index).astype("datetime64[us]")
    return pd.DataFrame(
        {"CHILD": s.child, "SEX": s.child.map(people.sex), "DUC": s.end.fillna(adult).where(~(s.end > adult), adult)}
    )


def _reviews(known: Frames, e: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    r = known["care_reviews"]
    r = r[r.date.between(*span) & (r.cancelled == "N") & r.child.isin(e[~e.respite].child)]
    return pd.DataFrame({"CHILD": r.child, "REVIEW": r.date, "REVIEW_CODE": r.participation})


def continuously(e: pd.DataFrame, clock: Clock) -> pd.Index:
    """Children looked after on 31 March who had then been so for twelve months without a break."""
    first, last = pd.Timestamp(clock.start), pd.Timestamp(clock.end)
    broken = e[
        ((e.start_reason == "S") & (e.start > first))
        | (e.end.between(first, last) & (e.end_reason != "X1"))
        | e.respite
    ].child
    return pd.Index(sorted(set(e[e.end.isna()].child) - set(broken)))


def _outcomes(told: Stories, known: Frames, e: pd.DataFrame, people: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    child = continuously(e, clock)
    born = days(people.born.reindex(child))
    within = (pd.Timestamp(clock.start), pd.Timestamp(clock.end))

    def of_year(name: str) -> pd.DataFrame:
        return known[name][known[name].date.between(*within)]

    def yes(found: pd.Series) -> pd.Series:
        return pd.Series(np.where(child.isin(found), "1", "0"), index=child)

    checks = of_year("health_checks")
    done = {kind: rows.child for kind, rows in checks[checks.status == "Completed"].groupby("type")}
    none = pd.Series(dtype="Int64")
    forms = of_year("sdq")
    score = forms[forms.score.notna()].drop_duplicates("child", keep="last").set_index("child").score.reindex(child)
    reason = forms[forms.reason.notna()].drop_duplicates("child", keep="last").set_index("child").reason.reindex(child)
    misuse = of_year("substance_misuse").drop_duplicates("child", keep="last").set_index("child")
    jabs = known["immunisations"]
    ten, five = birthday(born, 10) <= clock.end, birthday(born, 5) > clock.end
    offences = of_year("convictions")
    return pd.DataFrame(
        {
            "CHILD": child,
            "SDQ_SCORE": score,
            "SDQ_REASON": reason.where(score.isna()),
            "CONVICTED": yes(offences[offences.convicted == "Y"].child).where(ten),
            "HEALTH_CHECK": yes(done.get("Development Check", none)).where(five),
            "IMMUNISATIONS": yes(jabs[jabs.status == "Y"].child),
            "TEETH_CHECK": yes(done.get("Dental Check", none)),
            "HEALTH_ASSESSMENT": yes(done.get("Health Assessment", none)),
            "SUBSTANCE_MISUSE": yes(misuse.index.to_series()),
            "INTERVENTION_RECEIVED": misuse.received.map({"Y": "1", "N": "0"}).reindex(child),
            "INTERVENTION_OFFERED": misuse.offered.map({"Y": "1", "N": "0"}).reindex(child),
        }
    )


def _leavers(known: Frames, people: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    c = known["leaver_contacts"]
    met = birthday(days(dates_of(c.child, people.born)), c.age.to_numpy(dtype=int))
    c = c[(met >= clock.start) & (met <= clock.end)].drop_duplicates("child", keep="last")
    known_in = c.in_touch == "YES"
    return pd.DataFrame(
        {
            "CHILD": c.child,
            "IN_TOUCH": c.in_touch,
            "ACTIV": c.activity.where(known_in, "0"),
            "ACCOM": (c.accommodation + c.suitable).where(known_in, "0"),
        }
    )


def _adopted(known: Frames, e: pd.DataFrame) -> pd.DataFrame:
    adopted = e[e.end_reason.isin(["E11", "E12"])].child
    a = known["adoptions"]
    a = a[a.child.isin(adopted)].drop_duplicates("child", keep="last")
    return pd.DataFrame(
        {
            "CHILD": a.child,
            "DATE_INT": a.decision,
            "DATE_MATCH": a.matched,
            "FOSTER_CARE": a.by_carer.map({"Y": "1", "N": "0"}),
            "NB_ADOPTR": a.adopters,
            "SEX_ADOPTR": a.sexes,
            "LS_ADOPTR": a.adopter_status,
        }
    )


def _decisions(known: Frames, e: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    a = known["adoptions"]
    adopted = e[e.end_reason.isin(["E11", "E12"])].child
    a = a[a.child.isin(e.child) & ~(a.reversed < span[0])]
    ceased = ~a.child.isin(adopted)  # an adoption stands, whatever else was entered
    return pd.DataFrame(
        {
            "CHILD": a.child,
            "DATE_PLACED": a.decision,
            "DATE_PLACED_CEASED": a.reversed.where(ceased),
            "REASON_PLACED_CEASED": a.reversed_reason.where(ceased),
        }
    )


def _earlier(known: Frames, e: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    starts = e[(e.start_reason == "S") & (e.start >= span[0])]
    p = known["previous_permanence"]
    p = p[p.period.isin(starts.period)].drop_duplicates("child", keep="last")
    return pd.DataFrame(
        {
            "CHILD": p.child,
            "PREV_PERM": p.option,
            "LA_PERM": p.authority.map(wording.AUTHORITY),
            "DATE_PERM": p.order_date,
        }
    )


def _missing(known: Frames, e: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    m = known["missing"]
    m = m[~(m.end < span[0]) & m.child.isin(e.child)]
    return pd.DataFrame({"CHILD": m.child, "MISSING": m.type, "MIS_START": m.start, "MIS_END": m.end})


def _workers(known: Frames, e: pd.DataFrame, clock: Clock, year: str) -> pd.DataFrame:
    start = pd.Timestamp(clock.start)
    since = start if year == "2023-24" else start - pd.DateOffset(years=1)
    i = known["involvements"]
    held = i[(i.role == "CW") & ~(i.end < since) & i.child.isin(e[e.end.isna() & ~e.respite].child)]
    number = held.worker.map(known["workers"].set_index("worker").registration)
    return pd.DataFrame(
        {"CHILD": held.child, "SW_ID": number, "SW_DECOM": held.start, "SW_DEC": held.end, "SW_REASON": held.reason}
    )
