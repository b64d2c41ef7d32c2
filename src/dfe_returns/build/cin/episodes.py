"""CINdetails: one row per referral and the episode of need that followed from it."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.context import Context
from dfe_returns.build.shape import YES_NO

TABLE = "CINdetails"


def details(ctx: Context, spells: pd.DataFrame, transfers: pd.DataFrame) -> None:
    """Sets CINdetails. `transfers`: conferences without an enquiry here (spell, date), at most one for each spell."""
    told = spells[spells["in_scope"]]
    short = told["nfa"].eq("Y")
    close = ctx.cut("CIN-CLOSURE-CUT", TABLE, "CINclosureDate", told[~short], told.loc[~short, "close"]).reindex(
        told.index
    )
    frame = pd.DataFrame(
        {
            "LAchildID": told["child"],
            "CINdetailsID": told["CINdetailsID"],
            "CINreferralDate": told["date"],
            "ReferralSource": told["source"].fillna(told["source_in_words"]),
            "PrimaryNeedCode": told["need"].mask(short),
            "CINclosureDate": close,
            "ReasonForClosure": told["reason"].where(close.notna()),
            "DateOfInitialCPC": transfers.set_index("spell")["date"].reindex(told.index),
            "ReferralNFA": told["nfa"].map(YES_NO),
        }
    )
    _account(ctx, told, short, close)
    ctx.put(TABLE, frame, told["key"])
    place = pd.Series(range(len(told)), index=told.index)
    ctx.record.came_from(TABLE, place, "ssd_cin_episodes", told)
    ctx.record.came_from(TABLE, place[transfers["spell"]], "ssd_initial_cp_conference", transfers, "DateOfInitialCPC")
    _overlaps(ctx, told[~short])


def _account(ctx: Context, told: pd.DataFrame, short: pd.Series, close: pd.Series) -> None:
    """Why recorded values are not sent."""
    note = "a referral that went no further is sent without it"
    for field, column in (("PrimaryNeedCode", "need"), ("CINclosureDate", "close"), ("ReasonForClosure", "reason")):
        which = short & told[column].notna()
        ctx.record.decide("CIN-NFA-SHORT", TABLE, told[which], field, old=told.loc[which, column], note=note)
    cut = ~short & told["reason"].notna() & close.isna()
    late = cut & told["close"].notna()
    ctx.record.decide(
        "CIN-CLOSURE-CUT",
        TABLE,
        told[late],
        "ReasonForClosure",
        old=told.loc[late, "reason"],
        note="open on the day of the return",
    )
    alone = cut & told["close"].isna()
    ctx.record.decide("CIN-REASON-WITHOUT-DATE", TABLE, told[alone], "ReasonForClosure", old=told.loc[alone, "reason"])
    ctx.record.work(
        "CIN-REASON-WITHOUT-DATE-OPEN",
        TABLE,
        told[alone],
        "CINclosureDate",
        note="a reason for closure and no date: open or closed?",
    )


def _overlaps(ctx: Context, further: pd.DataFrame) -> None:
    """A second spell that begins while another of the child is open belongs to that one; which, a person must say."""
    further = further[further["date"].notna()].sort_values(["person", "date", "key"], kind="stable")
    end = further["close"].fillna(pd.Timestamp.max.floor("D").as_unit("us"))
    latest = end.groupby(further["person"], sort=False).cummax().groupby(further["person"], sort=False).shift()
    inside = further["date"] < latest
    ctx.record.work(
        "CIN-SPELLS-OVERLAP",
        TABLE,
        further[inside],
        "CINreferralDate",
        note="begins while another spell of the child is open",
    )
