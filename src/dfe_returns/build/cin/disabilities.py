"""Disabilities in force at some time of the year (Equality Act 2010, section 6, for the code DDA)."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.context import Context
from dfe_returns.build.shape import look_up


def disabilities(ctx: Context, children: pd.DataFrame) -> None:
    """Sets Disabilities: those in force at some time of the year, of born children whose referral went further."""
    found = _disabilities_found(ctx, children)
    owner = children.set_index("person")
    of = owner.loc[found["person"]].set_axis(found.index)
    for code, which, note in (
        ("CIN-UNBORN-DISABILITY", of["unborn"], "unborn children have none"),
        ("CIN-NFA-DISABILITY", ~of["unborn"] & ~of["further"], "every referral of the child went no further"),
    ):
        ctx.record.decide(code, "Disabilities", found[which], "Disability", old=found.loc[which, "code"], note=note)
        recorded = found["source"].eq("ssd_disability")
        ctx.record.leave_out("ssd_disability", "Disabilities", note, (which & recorded).sum())
    found = found[~of["unborn"] & of["further"]]
    real = found.loc[found["code"].ne("NONE"), "person"].unique()
    contradicted = found["code"].eq("NONE") & found["person"].isin(real)
    ctx.record.decide(
        "CIN-NONE-DROPPED",
        "Disabilities",
        found[contradicted],
        "Disability",
        old="NONE",
        note="another disability is recorded",
    )
    recorded = found["source"].eq("ssd_disability")
    ctx.record.leave_out(
        "ssd_disability", "Disabilities", "another disability is recorded", (contradicted & recorded).sum()
    )
    found = found[~contradicted]
    due = children[~children["unborn"] & children["further"] & ~children["person"].isin(found["person"])]
    if ctx.conventions.none_disability_default:
        ctx.record.decide(
            "CIN-NONE-ASSUMED",
            "Disabilities",
            due,
            "Disability",
            new="NONE",
            note="by the profile: nothing recorded means none",
        )
        found = pd.concat(
            [found, due.assign(code="NONE", key="", source="ssd_person")[found.columns]], ignore_index=True
        )
    found = found.sort_values(["child", "person", "code", "source", "_line"], kind="stable", ignore_index=True)
    _put_disabilities(ctx, found)


def _put_disabilities(ctx: Context, found: pd.DataFrame) -> None:
    first = ~found.duplicated(["person", "code"])
    row = first.cumsum() - 1
    for source in found["source"].unique():
        rows = found[found["source"].eq(source)]
        ctx.record.came_from("Disabilities", row[rows.index], source, rows)
    repeats = found[~first & found["source"].eq("ssd_disability")]
    ctx.record.decide(
        "CIN-DISABILITY-REPEATED", "Disabilities", repeats, "Disability", old=repeats["code"], note="sent once"
    )
    kept = found[first].rename(columns={"child": "LAchildID", "code": "Disability"})
    ctx.put("Disabilities", kept, kept["key"])


def _disabilities_found(ctx: Context, children: pd.DataFrame) -> pd.DataFrame:
    """person, child, code, key, source and place. Where the dated history knows a disability, its dates decide."""
    now = ctx.rows("ssd_disability").rename(
        columns={"disa_person_id": "person", "disa_disability_code": "code", "disa_table_id": "key"}
    )
    now = now[now["person"].isin(children["person"]) & now["code"].notna()]
    numbers = children.set_index("person")["child"]
    now = now.assign(child=look_up(now["person"], numbers), source="ssd_disability")
    owner = children.drop_duplicates("child").set_index("child")["person"]
    dated = ctx.rows("la_disability_history").rename(columns={"child_id": "child"})
    dated = dated.assign(person=look_up(dated["child"], owner), source="la_disability_history", key=dated["child"])
    dated = dated[dated["person"].notna() & dated["code"].notna()]
    in_force = ~(dated["start"] > ctx.as_at) & ~(dated["end"] < ctx.start)
    known = pd.MultiIndex.from_frame(dated[["person", "code"]])
    held = pd.MultiIndex.from_frame(dated.loc[in_force, ["person", "code"]])
    mine = pd.MultiIndex.from_frame(now[["person", "code"]])
    outside = pd.Series(mine.isin(known) & ~mine.isin(held), index=now.index)
    ctx.record.decide(
        "CIN-DISABILITY-NOT-IN-YEAR",
        "Disabilities",
        now[outside],
        "Disability",
        old=now.loc[outside, "code"],
        note="by la_disability_history",
    )
    ctx.record.leave_out("ssd_disability", "Disabilities", "not in force in the year", outside.sum())
    columns = ["person", "child", "code", "key", "source", "_file", "_line"]
    stale = pd.MultiIndex.from_frame(dated[["person", "code"]]).isin(mine)
    added = dated[in_force & ~stale]
    ctx.record.decide(
        "CIN-DISABILITY-FROM-HISTORY",
        "Disabilities",
        added,
        "Disability",
        new=added["code"],
        note="la_disability_history",
    )
    parts = [now.loc[~outside, columns], dated.loc[in_force, columns]]
    return pd.concat([part.astype({"_file": "str"}) for part in parts], ignore_index=True)
