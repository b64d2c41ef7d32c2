"""Why episodes began and ended: RNE, REC and the reason for a change of placement."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.ssda903.context import TEMPORARY, CareContext

PLACEMENT = ["PLACE", "PL_POST", "URN", "PLACE_PROVIDER"]


def reasons(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """Why each episode began and ended, worked out from its neighbours and held against what was stored."""
    first = rows["period"].ne(rows["period"].shift())
    # what was recorded after an episode of no night tells the change from that one, which is not sent
    stored = rows["clae_cla_episode_start_reason"].mask(rows["no_night_before"])
    worked_out = _start_reason(rows, first)
    blank = stored.isna()
    ctx.record.decide(
        "903-START-REASON-DERIVED",
        "Episodes",
        rows[blank],
        "RNE",
        new=worked_out[blank],
        note="none was recorded for it",
    )
    differs = ~blank & stored.ne(worked_out)
    if ctx.conventions.recompute_reasons:
        ctx.record.decide(
            "903-START-REASON-REPLACED",
            "Episodes",
            rows[differs],
            "RNE",
            old=stored[differs],
            new=worked_out[differs],
            note="by the profile",
        )
        reason = worked_out
    else:
        ctx.record.work(
            "903-START-REASON-DIFFERS",
            "Episodes",
            rows[differs],
            "RNE",
            stored[differs],
            note="by legal status and placement it would be " + worked_out[differs],
        )
        reason = stored.fillna(worked_out)
    next_in_period = ~first.shift(-1, fill_value=True)
    following = rows["DECOM"].shift(-1).where(next_in_period)
    ended = rows["DEC"].notna()
    goes_on = ended & following.eq(rows["DEC"])
    rec = rows["REC"].where(ended).mask(goes_on, "X1")
    fixed = goes_on & rows["REC"].ne("X1")
    ctx.record.decide(
        "903-END-REASON-X1",
        "Episodes",
        rows[fixed],
        "REC",
        old=rows.loc[fixed, "REC"],
        new="X1",
        note="another episode starts that day",
    )
    ctx.record.work(
        "903-END-REASON-MISSING",
        "Episodes",
        rows[ended & rec.isna()],
        "REC",
        note="the period of care ended without a reason",
    )
    ctx.record.work(
        "903-END-REASON-OPEN",
        "Episodes",
        rows[rec.eq("X1") & ~goes_on],
        "REC",
        note="says that another episode follows, but none does",
    )
    rows = rows.assign(RNE=reason, REC=rec)
    return rows.assign(REASON_PLACE_CHANGE=_change_reason(rows, next_in_period))


def _start_reason(rows: pd.DataFrame, first: pd.Series) -> pd.Series:
    """S, L, P, T, B or U. The carer counts as the same when neither URN, provider nor postcode tells another one, or
    only one of them does.

    Where legal status alone or placement alone can be told but the carer cannot, the stored reason decides between P
    and T, B and U.
    """
    before = rows[["LS", *PLACEMENT]].shift()
    status = rows["LS"].fillna("").ne(before["LS"].fillna(""))
    moved = pd.concat([rows[f].fillna("").ne(before[f].fillna("")) for f in PLACEMENT], axis=1).any(axis=1)
    stored = rows["clae_cla_episode_start_reason"]
    same_house = rows["PL_POST"].notna() & rows["PL_POST"].eq(before["PL_POST"])
    same_number = rows["URN"].notna() & rows["URN"].eq(before["URN"]) & rows["PLACE"].str[0].eq(before["PLACE"].str[0])
    same_carer = (stored.isin(["T", "U"]) | (~stored.isin(["P", "B"]) & (same_house | same_number))) & ~rows[
        "PLACE"
    ].isin(TEMPORARY)
    reason = pd.Series("L", index=rows.index, dtype="object")
    reason = reason.mask(moved & ~status, "P").mask(moved & ~status & same_carer, "T")
    reason = reason.mask(moved & status, "B").mask(moved & status & same_carer, "U")
    # nothing that is sent differs: what was stored may rest on facts that are not in the extract
    reason = reason.mask(~moved & ~status & stored.notna(), stored)
    # the extract reaches back some years only: the first episode it has need not be the one that began the period
    cut_off = first & (rows["clae_entered_care_date"] < rows["DECOM"]) & stored.notna()
    return reason.mask(first, "S").mask(cut_off, stored).astype("str")


def _change_reason(rows: pd.DataFrame, next_in_period: pd.Series) -> pd.Series:
    """The reason of the placement that ends, on its last episode, when the child moves on; never beside a temporary
    placement."""
    following = rows[["RNE", "PLACE", "place_id"]].shift(-1)
    moves = next_in_period & rows["REC"].eq("X1") & following["RNE"].isin(["P", "T", "B", "U"])
    last_of_placement = rows["place_id"].ne(following["place_id"])
    temporary = rows["PLACE"].isin(TEMPORARY) | following["PLACE"].isin(TEMPORARY)
    return rows["why"].where(moves & last_of_placement & ~temporary)
