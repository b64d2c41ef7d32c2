"""Legal status of episodes: what was in force on the first day of each, and orders made in between.

One status at a time: where several run together, the one that began last, a court order before an agreement.
Source: DfE, guide to the SSDA903 collection, legal status.
"""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.spans import holding
from dfe_returns.build.ssda903.context import DAY, CareContext

_COURT_FIRST = {
    code: i for i, code in enumerate(["E1", "C2", "C1", "D1", "L2", "L1", "L3", "J3", "J1", "J2", "V2", "V3", "V4"])
}


def legal_status(ctx: CareContext, rows: pd.DataFrame) -> pd.DataFrame:
    """The episodes with LS and where it stands (LS_file, LS_line); split at orders made inside, if the profile says."""
    history = _history(ctx)
    if ctx.conventions.allow_legal_status_split:
        rows = _split(ctx, rows, history)
    best, several = _in_force(rows["person"], rows["DECOM"], history)
    told = _told(ctx, rows)
    rows = rows.assign(
        LS=told.fillna(best["LS"]),
        LS_file=best["_file"].astype("str"),
        LS_line=best["_line"].astype("Int64"),
    )
    chosen = several & told.isna()
    ctx.record.decide(
        "903-STATUS-CHOSEN",
        "Episodes",
        rows[chosen],
        "LS",
        new=rows.loc[chosen, "LS"],
        note="several were in force that day: the latest, a court order before an agreement",
    )
    ctx.record.work(
        "903-STATUS-MISSING",
        "Episodes",
        rows[rows["LS"].isna()],
        "LS",
        note="no legal status of the return was in force on the first day",
    )
    _list_inside(ctx, rows, history)
    return rows


def _told(ctx: CareContext, rows: pd.DataFrame) -> pd.Series:
    """The status that the case system or the authority names for each episode, which then needs no history."""
    stored = ctx.rows("la_legal_status_on_episode").drop_duplicates("episode_id").set_index("episode_id")
    return stored["legal_status_code"].reindex(rows["key"]).set_axis(rows.index)


def _history(ctx: CareContext) -> pd.DataFrame:
    """Statuses of the return's own list: person, LS, start, end. Care leaver and the like do not count."""
    codes = set(ctx.collection.codesets["LS"].all_codes)
    rows = ctx.of_person(ctx.rows("ssd_legal_status"), "lega_person_id")
    rows = rows.rename(
        columns={
            "lega_legal_status": "LS",
            "lega_legal_status_start_date": "start",
            "lega_legal_status_end_date": "end",
        }
    )
    usable = rows["LS"].isin(codes) & rows["start"].notna() & ~(rows["end"] < rows["start"])
    return rows.loc[usable, ["person", "LS", "start", "end", "_file", "_line"]].reset_index(drop=True)


def _in_force(person: pd.Series, day: pd.Series, history: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """For each person and day the status in force (LS, _file, _line), and whether there were several to choose from."""
    pairs = pd.DataFrame({"person": person, "day": day}).reset_index(names="at").merge(history, on="person")
    pairs = pairs[(pairs["start"] <= pairs["day"]) & (pairs["end"].isna() | (pairs["end"] > pairs["day"]))]
    pairs = pairs.assign(rank=pairs["LS"].map(_COURT_FIRST))
    pairs = pairs.sort_values(["at", "start", "rank", "_line"], ascending=[True, False, True, True], kind="stable")
    kinds = pairs.drop_duplicates(["at", "LS"])["at"].value_counts()
    best = pairs.drop_duplicates("at").set_index("at")[["LS", "_file", "_line"]].reindex(person.index)
    return best, pd.Series(person.index.isin(kinds.index[kinds > 1]), index=person.index)


def _changes_inside(ctx: CareContext, rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Days strictly inside an episode on which another status begins: at (position of the episode), start, LS."""
    ends = rows["DEC"].fillna(ctx.as_at + DAY)
    count, which = holding(history["person"], history["start"], rows["person"], rows["DECOM"] + DAY, ends - DAY)
    found = history.assign(at=which)[count == 1]
    found = found.drop_duplicates(["at", "start"]).sort_values(["at", "start"], kind="stable", ignore_index=True)
    best, _ = _in_force(found["person"], found["start"], history)
    first, _ = _in_force(rows["person"], rows["DECOM"], history)
    before = first["LS"].iloc[found["at"].to_numpy()].set_axis(found.index)
    before = best["LS"].shift().where(found["at"].eq(found["at"].shift()), before)
    return found.assign(LS=best["LS"])[best["LS"].ne(before) & best["LS"].notna()]


def _list_inside(ctx: CareContext, rows: pd.DataFrame, history: pd.DataFrame) -> None:
    found = _changes_inside(ctx, rows, history)
    ctx.record.work(
        "903-STATUS-INSIDE",
        "Episodes",
        rows.iloc[found["at"].to_numpy()].reset_index(drop=True),
        "LS",
        found["LS"].reset_index(drop=True),
        "an order begins inside the episode; the episode should have been split",
    )


def _split(ctx: CareContext, rows: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """A new episode (RNE L) from each day inside an episode on which another legal status begins."""
    found = _changes_inside(ctx, rows, history)
    named = _told(ctx, rows).notna().to_numpy()
    found = found[~named[found["at"].to_numpy()]]
    new = rows.iloc[found["at"].to_numpy()].reset_index(drop=True)
    new["DECOM"], new["clae_cla_episode_start_reason"] = found["start"].to_numpy(), "L"
    part = found.groupby("at").cumcount() + 1
    new["key"] = new["key"] + "/" + part.astype("str").reset_index(drop=True)
    ctx.record.decide(
        "903-EPISODE-SPLIT", "Episodes", new, "DECOM", new=new["DECOM"], note="a legal status began inside the episode"
    )
    numbered = pd.concat([rows.assign(_of=range(len(rows))), new.assign(_of=found["at"].to_numpy())], ignore_index=True)
    out = numbered.sort_values(["_of", "DECOM"], kind="stable", ignore_index=True)
    parted = out["_of"].eq(out["_of"].shift(-1))
    out["DEC"] = out["DEC"].mask(parted, out["DECOM"].shift(-1))
    out["REC"] = out["REC"].mask(parted, "X1")
    return out.drop(columns="_of")
