"""The two returns beside each other: looked-after children missing from the census, and facts that disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dfe_returns.review.facts import text_of

COLUMNS = ("finding", "child", "cin", "ssda903")
_SEX = {"1": "M", "2": "F", "0": "U", "9": "U"}


def cross_return(
    cin: Mapping[str, pd.DataFrame], care: Mapping[str, pd.DataFrame], end: Any, start: Any = None
) -> pd.DataFrame:
    """What disagrees between census and looked after return of one year: finding, child, cin, ssda903 (the two values).

    Children looked after belong to both (short breaks too), under one number. ``start`` and ``end``: first and last day
    of the year; without ``start`` the children who left in the year are not looked at. Comparing the two before they
    are sent is no joining of what was sent: nothing of it leaves the report.
    """
    end = pd.Timestamp(end)
    episodes = care["Episodes"]
    open_now = episodes[(episodes["DECOM"] <= end) & ~(episodes["DEC"] <= end)]
    details = cin["CINdetails"]
    nfa = text_of(details["ReferralNFA"]).str.lower().isin(["1", "true"])
    known = set(cin["ChildIdentifiers"]["LAchildID"].dropna())
    in_need = details[~nfa & (details["CINreferralDate"] <= end)]
    open_need = set(in_need.loc[~(in_need["CINclosureDate"] <= end), "LAchildID"])
    looked_after = open_now["CHILD"].dropna().drop_duplicates()
    absent = looked_after[~looked_after.isin(known)]
    closed = looked_after[looked_after.isin(known) & ~looked_after.isin(open_need)]
    parts = [
        _finding("Looked after at 31 March, not in the census", absent, "", "looked after"),
        _finding("Looked after at 31 March, no open episode in the census", closed, "no open episode", "looked after"),
    ]
    if start is not None:
        during = (episodes["DECOM"] <= end) & ~(episodes["DEC"] < pd.Timestamp(start))
        left = episodes.loc[during, "CHILD"].dropna().drop_duplicates()
        left = left[~left.isin(set(looked_after)) & ~left.isin(known)]
        parts.append(_finding("Looked after earlier in the year, not in the census", left, "", "looked after"))
    parts += _endings(cin, care)
    parts += _facts(cin, care)
    plans = cin.get("ChildProtectionPlans")
    if plans is not None and len(plans):
        open_plans = plans.loc[~(plans["CPPendDate"] <= end), "LAchildID"].drop_duplicates()
        in_care = open_now.loc[~text_of(open_now["LS"]).isin(["V3", "V4"]), "CHILD"]
        both = open_plans[open_plans.isin(set(in_care))]
        parts.append(
            _finding(
                "On a child protection plan and looked after at 31 March: confirm that both are right",
                both,
                "on a plan",
                "looked after",
            )
        )
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({column: pd.Series(dtype="str") for column in COLUMNS})
    return pd.concat(parts, ignore_index=True)


def _finding(words: str, children: pd.Series, cin: str, care: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"finding": words, "child": text_of(children).to_numpy(), "cin": cin, "ssda903": care}, dtype="str"
    ).sort_values("child")


def _endings(cin: Mapping[str, pd.DataFrame], care: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Adoptions and deaths that one return has and the other has not. A child in the census who was never looked after
    may have died; nobody is adopted out of need alone (RC1)."""
    details, episodes = cin["CINdetails"], care["Episodes"]
    reason = text_of(episodes["REC"])
    adopted = set(episodes.loc[reason.isin(["E11", "E12"]), "CHILD"])
    closed = details.loc[text_of(details["ReasonForClosure"]) == "RC1", "LAchildID"].drop_duplicates()
    parts = [
        _finding(
            "Closed as adopted in the census, no adoption in the looked after return",
            closed[~closed.isin(adopted)],
            "RC1",
            "no E11 or E12",
        )
    ]
    identity = cin["ChildIdentifiers"]
    if "PersonDeathDate" in identity.columns:
        died_here = identity.loc[identity["PersonDeathDate"].notna(), "LAchildID"].drop_duplicates()
        died_there = episodes.loc[reason == "E2", "CHILD"].drop_duplicates()
        in_care = episodes["CHILD"]
        only_here = died_here[died_here.isin(set(in_care)) & ~died_here.isin(set(died_there))]
        only_there = died_there[died_there.isin(set(identity["LAchildID"])) & ~died_there.isin(set(died_here))]
        parts += [
            _finding("Died in one return only", only_here, "date of death", "no E2"),
            _finding("Died in one return only", only_there, "no date of death", "E2"),
        ]
    return parts


def _facts(cin: Mapping[str, pd.DataFrame], care: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Birth date, sex, ethnic background and pupil number of children in both."""
    identity = cin["ChildIdentifiers"].drop_duplicates("LAchildID").set_index("LAchildID")
    culture = cin["ChildCharacteristics"].drop_duplicates("LAchildID").set_index("LAchildID")
    header = care["Header"].drop_duplicates("CHILD").set_index("CHILD")
    shared = header.index.intersection(identity.index)
    sex = "Sex" if "Sex" in identity.columns and identity["Sex"].notna().any() else "GenderCurrent"
    pairs = (
        ("Birth date differs", identity.get("PersonBirthDate"), header.get("DOB")),
        ("Sex differs", identity.get(sex), header.get("SEX")),
        ("Ethnic background differs", culture.get("Ethnicity"), header.get("ETHNIC")),
        ("Pupil number (UPN) differs", identity.get("UPN"), header.get("UPN")),
    )
    out = []
    for words, one, other in pairs:
        if one is None or other is None:
            continue
        ours, theirs = text_of(one.reindex(shared)), text_of(other.reindex(shared))
        if words.startswith("Sex"):
            ours, theirs = ours.replace(_SEX), theirs.replace(_SEX)
        number = ~theirs.str.startswith("UN") if words.startswith("Pupil") else True
        differs = (ours != theirs) & (ours != "") & (theirs != "") & number
        found = pd.DataFrame(
            {
                "finding": words,
                "child": shared[differs].astype("str"),
                "cin": ours[differs].to_numpy(),
                "ssda903": theirs[differs].to_numpy(),
            }
        )
        out.append(found.sort_values("child"))
    return out
