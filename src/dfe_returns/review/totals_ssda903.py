"""Totals of the children looked after return. Children in short breaks only (V3, V4) are counted apart, as DfE does."""

from __future__ import annotations

import pandas as pd

from dfe_returns.review.facts import text_of
from dfe_returns.review.totals import Tally

_SHORT_BREAKS = ("V3", "V4")
_TEMPORARY = ("T0", "T1", "T2", "T3", "T4")
_NEW_PLACEMENT = ("S", "P", "T", "B", "U")
_AGES = ((0, 0, "Under 1"), (1, 4, "1 to 4"), (5, 9, "5 to 9"), (10, 15, "10 to 15"), (16, 120, "16 and over"))
_HEALTH = (
    ("IMMUNISATIONS", "Immunisations up to date"),
    ("TEETH_CHECK", "Teeth checked"),
    ("HEALTH_ASSESSMENT", "Health assessment held"),
    ("HEALTH_CHECK", "Development checks up to date (under 5)"),
    ("CONVICTED", "Convicted or cautioned in the year (10 and over)"),
    ("SUBSTANCE_MISUSE", "Substance misuse problem found"),
)
_NOT_FOLLOWED = ("DIED", "RHOM")
"""Care leavers whom DfE's figures leave out: they died, or went back to a parent for six months or more."""


def ssda903_totals(tally: Tally, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Add the totals of one year; ``tally.tables`` are typed tables."""
    e = tally.table("Episodes", "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "DEC", "REC")
    codes = {column: text_of(e[column]) for column in ("RNE", "LS", "PLACE", "REC")}
    short = codes["LS"].isin(_SHORT_BREAKS)
    live = (e["DECOM"] <= end) & ~(e["DEC"] < start)
    at_end = (e["DECOM"] <= end) & ~(e["DEC"] <= end) & ~short
    began = e["DECOM"].between(start, end) & (codes["RNE"] == "S") & ~short
    left = e["DEC"].between(start, end) & ~codes["REC"].isin(["", "X1"]) & ~short

    def children(rows: pd.Series) -> int:
        return int(e.loc[rows, "CHILD"].nunique())

    section = "Children looked after"
    tally.count(section, "cla.march", "Looked after at 31 March", children(at_end))
    tally.count(section, "cla.year", "Looked after at any time in the year", children(live & ~short))
    tally.count(section, "cla.started", "Started to be looked after", children(began))
    tally.count(section, "cla.ceased", "Ceased to be looked after", children(left))
    in_care = set(e.loc[live & ~short, "CHILD"])
    tally.count(section, "cla.short", "Short breaks only", len(set(e.loc[live & short, "CHILD"]) - in_care))
    present = e.loc[at_end, "CHILD"].drop_duplicates()
    asylum = tally.table("UASC", "CHILD", "DUC")
    still = set(asylum.loc[~(asylum["DUC"] <= end), "CHILD"])
    tally.count(section, "cla.uasc", "Unaccompanied asylum-seeking at 31 March", present.isin(still).sum())
    _placements(tally, e, codes, live & ~short, present)
    tally.by_code("Legal status at 31 March", "ls", "Episodes", "LS", e.loc[at_end, "LS"])
    tally.by_code("Placement at 31 March", "place", "Episodes", "PLACE", e.loc[at_end, "PLACE"])
    tally.by_code("Need at 31 March", "need", "Episodes", "CIN", e.loc[at_end, "CIN"])
    tally.by_code("Why they left", "rec", "Episodes", "REC", e.loc[left, "REC"])
    _ages(tally, present, end)
    _missing(tally, present, end)
    _outcomes(tally)
    _adoption(tally, start, end, codes["REC"], left)
    _leavers(tally)


def _placements(
    tally: Tally, e: pd.DataFrame, codes: dict[str, pd.Series], live: pd.Series, present: pd.Series
) -> None:
    """Three or more placements: those in force on the first day count as one, temporary absences as none."""
    stays = live & ~codes["PLACE"].isin(_TEMPORARY)
    order = e[stays].assign(rne=codes["RNE"][stays]).sort_values(["CHILD", "DECOM"], kind="stable")
    new = order["rne"].isin(_NEW_PLACEMENT) | ~order["CHILD"].duplicated()
    many = new.groupby(order["CHILD"]).sum().reindex(present).fillna(0) >= 3
    tally.percent(
        "Placements", "place.three", "At 31 March with three or more placements in the year", many.sum(), len(present)
    )


def _ages(tally: Tally, present: pd.Series, end: pd.Timestamp) -> None:
    header = tally.table("Header", "CHILD", "DOB", "SEX", "ETHNIC").drop_duplicates("CHILD").set_index("CHILD")
    born = pd.to_datetime(header["DOB"].reindex(present), errors="coerce")
    birthday_to_come = (born.dt.month * 100 + born.dt.day) > end.month * 100 + end.day
    age = end.year - born.dt.year - birthday_to_come
    for low, high, label in _AGES:
        tally.count("Age at 31 March", f"age.{low:02}", label, age.between(low, high).sum())
    tally.by_code("Sex, at 31 March", "sex", "Header", "SEX", header["SEX"].reindex(present))


def _missing(tally: Tally, present: pd.Series, end: pd.Timestamp) -> None:
    m = tally.table("Missing", "CHILD", "MISSING", "MIS_START")
    m = m[~(m["MIS_START"] > end)]
    kind = text_of(m["MISSING"])
    section = "Missing and away"
    tally.count(section, "missing.children", "Children who were missing", m.loc[kind == "M", "CHILD"].nunique())
    tally.count(section, "missing", "Times missing", (kind == "M").sum())
    tally.count(section, "away", "Times away without authorisation", (kind == "A").sum())
    reviews = tally.table("Reviews", "CHILD", "REVIEW")
    reviews = reviews[~(reviews["REVIEW"] > end)]
    tally.count("Reviews", "reviews", "Reviews held", len(reviews))
    reviewed = set(reviews["CHILD"])
    tally.percent(
        "Reviews",
        "reviews.children",
        "At 31 March with a review in the year",
        present.isin(reviewed).sum(),
        len(present),
    )


def _outcomes(tally: Tally) -> None:
    """A share is taken from the children the question was answered for; SDQ from those with a score or a reason."""
    o = tally.table("OC2", "CHILD", "SDQ_SCORE", "SDQ_REASON", *[field for field, _ in _HEALTH])
    section = "Health and outcomes"
    tally.count(section, "oc2", "Looked after for a year at 31 March", len(o))
    for field, label in _HEALTH:
        answers = text_of(o[field])
        tally.percent(section, f"oc2.{field}", label, (answers == "1").sum(), (answers != "").sum())
    score = pd.to_numeric(o["SDQ_SCORE"], errors="coerce").notna()
    asked = score | (text_of(o["SDQ_REASON"]) != "")
    tally.percent(section, "oc2.sdq", "With an SDQ score, of those with a score or a reason", score.sum(), asked.sum())


def _adoption(tally: Tally, start: pd.Timestamp, end: pd.Timestamp, reason: pd.Series, left: pd.Series) -> None:
    placed = tally.table("PlacedAdoption", "CHILD", "DATE_PLACED")
    section = "Adoption and permanence"
    tally.count(section, "adopted", "Adopted in the year", (left & reason.isin(["E11", "E12"])).sum())
    tally.count(
        section, "sgo", "Left by special guardianship", (left & reason.isin(["E45", "E46", "E47", "E48"])).sum()
    )
    tally.count(
        section, "should", "Decisions for adoption made in the year", placed["DATE_PLACED"].between(start, end).sum()
    )


def _leavers(tally: Tally) -> None:
    o = tally.table("OC3", "CHILD", "IN_TOUCH", "ACTIV", "ACCOM")
    touch, activity, home = text_of(o["IN_TOUCH"]), text_of(o["ACTIV"]), text_of(o["ACCOM"])
    followed = ~touch.isin(_NOT_FOLLOWED)
    section = "Care leavers"
    tally.count(section, "oc3", "Care leavers in the return", len(o))
    tally.count(
        section, "oc3.followed", "Counted below: without those who died or went back to a parent", followed.sum()
    )
    shares = (
        ("oc3.touch", "In touch with the authority", touch, touch == "YES"),
        ("oc3.activity", "In education, employment or training", activity, activity.str[0].isin(["F", "P"])),
        ("oc3.home", "In suitable accommodation", home, home.str[-1:] == "1"),
    )
    for key, label, answers, yes in shares:
        known = followed & (answers != "")
        tally.percent(section, key, label, (known & yes).sum(), known.sum())
