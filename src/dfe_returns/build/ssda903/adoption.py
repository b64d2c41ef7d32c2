"""AD1 and PlacedAdoption: adoptions of the year, and decisions that a child should be placed for adoption.

Nothing here looks for the child behind an adoption under another number: records are never linked across an adoption
order
(Adoption and Children Act 2002 sections 56 to 65).
"""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.shape import YES_NO
from dfe_returns.build.ssda903.context import ADOPTED, CareContext


def adoptions(ctx: CareContext) -> None:
    """Sets AD1: one row per child whose last episode ended in adoption in the year."""
    spells = ctx.this_year
    ended = spells[spells["REC"].isin(ADOPTED) & (spells["DEC"] >= ctx.start)].drop_duplicates("child", keep="last")
    rows = ended[["person", "child", "birth", "clae_cla_id", "_file", "_line"]].reset_index(drop=True)
    records = _records(ctx)
    by_period = (
        records.dropna(subset=["perm_cla_id"]).drop_duplicates("perm_cla_id", keep="last").set_index("perm_cla_id")
    )
    by_person = records.drop_duplicates("person", keep="last").set_index("person")
    names = [
        "perm_adm_decision_date",
        "perm_matched_date",
        "perm_adopted_by_carer_flag",
        "perm_number_of_adopters",
        "perm_adopter_sex",
        "perm_adopter_legal_status",
        "_file",
        "_line",
    ]
    found = by_period[names].reindex(rows["clae_cla_id"]).set_axis(rows.index)
    other = by_person[names].reindex(rows["person"]).set_axis(rows.index)
    by_hand = found["_line"].isna()
    found = found.astype("object").where(~by_hand, other.astype("object"))
    lacking = found["_line"].isna()
    ctx.record.work(
        "903-ADOPTION-RECORD-MISSING",
        "AD1",
        rows[lacking],
        "DATE_INT",
        note="adopted in the year, and no permanence record tells the rest",
    )
    carer = found["perm_adopted_by_carer_flag"]
    out = rows.assign(
        DATE_INT=pd.to_datetime(found["perm_adm_decision_date"]),
        DATE_MATCH=pd.to_datetime(found["perm_matched_date"]),
        FOSTER_CARE=carer.map(YES_NO),
        NB_ADOPTR=found["perm_number_of_adopters"]
        .astype("Int64")
        .astype("str")
        .where(found["perm_number_of_adopters"].notna()),
        SEX_ADOPTR=found["perm_adopter_sex"],
        LS_ADOPTR=found["perm_adopter_legal_status"],
        key=rows["person"],
    )
    ctx.sort_out("AD1", out, [], "key", "ssd_cla_episodes")
    placed = found.loc[out.sort_values(["child", "key"], kind="stable").index].reset_index(drop=True)
    has = placed.index[placed["_line"].notna()]
    ctx.record.came_from("AD1", has, "ssd_permanence", placed.loc[has, ["_file", "_line"]], part="DATE_INT")


def _records(ctx: CareContext) -> pd.DataFrame:
    """Permanence records, joined by the person's system number or, where that fails, by the number on screen."""
    raw = ctx.rows("ssd_permanence")
    known = ctx.people.set_index("person")["child"]
    by_child = ctx.people.drop_duplicates("child").set_index("child")["person"]
    person = raw["perm_person_id"].astype("str")
    person = person.where(person.isin(known.index), by_child.reindex(person).set_axis(raw.index))
    return ctx.of_person(raw.assign(perm_person_id=person), "perm_person_id").sort_values(
        ["child", "perm_adm_decision_date", "perm_table_id"], kind="stable"
    )


def placed_for_adoption(ctx: CareContext) -> None:
    """Sets PlacedAdoption: decisions made in the year, standing when it began, or reversed in it, of children looked
    after in it."""
    records = _records(ctx).rename(
        columns={
            "perm_adm_decision_date": "DATE_PLACED",
            "perm_decision_reversed_date": "DATE_PLACED_CEASED",
            "perm_decision_reversed_reason": "REASON_PLACED_CEASED",
            "perm_table_id": "key",
        }
    )
    given = ctx.of_child(ctx.rows("la_adoption_decisions")).rename(
        columns={
            "decision_date": "DATE_PLACED",
            "reversed_date": "DATE_PLACED_CEASED",
            "reversed_reason": "REASON_PLACED_CEASED",
        }
    )
    names = [
        "person",
        "child",
        "birth",
        "DATE_PLACED",
        "DATE_PLACED_CEASED",
        "REASON_PLACED_CEASED",
        "key",
        "_file",
        "_line",
        "_source",
    ]
    given = given.assign(key="la/" + given["_line"].astype("str"), _source="la_adoption_decisions").reindex(
        columns=names
    )
    # the authority's own list of decisions is the full history of the child; the case system keeps the latest alone
    records = records[~records["child"].isin(given["child"])].assign(_source="ssd_permanence").reindex(columns=names)
    rows = pd.concat(
        [part.astype({"_file": "str", "_line": "Int64"}) for part in (records, given) if len(part)] or [records],
        ignore_index=True,
    )
    rows = rows[
        rows["DATE_PLACED"].notna() & (rows["DATE_PLACED"] <= ctx.as_at) & ~(rows["DATE_PLACED_CEASED"] < ctx.start)
    ]
    here = rows["child"].isin(ctx.this_year["child"])
    ctx.record.leave_out("ssd_permanence", "PlacedAdoption", "not looked after in the year", (~here).sum())
    rows = rows[here].reset_index(drop=True)
    before = ctx.episodes.groupby("child")["DECOM"].min()
    early = rows["DATE_PLACED"] < before.reindex(rows["child"]).set_axis(rows.index)
    ctx.record.work(
        "903-DECISION-BEFORE-CARE",
        "PlacedAdoption",
        rows[early],
        "DATE_PLACED",
        rows["DATE_PLACED"],
        "decided before the child came into care",
    )
    rows["DATE_PLACED_CEASED"] = ctx.cut(
        "903-REVERSAL-CUT", "PlacedAdoption", "DATE_PLACED_CEASED", rows, rows["DATE_PLACED_CEASED"]
    )
    adopted = rows["child"].isin(ctx.this_year.loc[ctx.this_year["REC"].isin(ADOPTED), "child"])
    latest = ~rows.sort_values("DATE_PLACED", kind="stable").duplicated("child", keep="last").reindex(rows.index)
    ended = adopted & latest & rows["DATE_PLACED_CEASED"].notna()
    ctx.record.decide(
        "903-REVERSAL-OF-ADOPTED",
        "PlacedAdoption",
        rows[ended],
        "DATE_PLACED_CEASED",
        old=rows.loc[ended, "DATE_PLACED_CEASED"],
        note="adopted: the decision stood",
    )
    rows["DATE_PLACED_CEASED"] = rows["DATE_PLACED_CEASED"].mask(ended)
    rows["REASON_PLACED_CEASED"] = rows["REASON_PLACED_CEASED"].where(rows["DATE_PLACED_CEASED"].notna())
    ctx.sort_out("PlacedAdoption", rows, ["DATE_PLACED"], "key", "ssd_permanence")


def previous_permanence(ctx: CareContext) -> None:
    """Sets PrevPerm: one row per child who started to be looked after in the year. A start without a recorded answer
    is listed, not guessed."""
    starts = ctx.this_year[ctx.this_year["RNE"].eq("S") & (ctx.this_year["DECOM"] >= ctx.start)].drop_duplicates(
        "child", keep="last"
    )
    given = ctx.of_person(ctx.rows("ssd_cla_previous_permanence"), "lapp_person_id")
    # forms have no day: the highest number is the latest
    number = pd.to_numeric(given["lapp_table_id"], errors="coerce")
    given = given.assign(number=number).sort_values(["person", "number", "lapp_table_id"], kind="stable")
    given = given.drop_duplicates("person", keep="last").set_index("person")
    rows = starts[["person", "child", "birth", "_file", "_line"]].reset_index(drop=True)
    found = given.reindex(rows["person"]).set_axis(rows.index)
    option = found["lapp_previous_permanence_option"]
    missing = option.isna()
    default = ctx.conventions.previous_permanence_default
    if default:
        ctx.record.decide(
            "903-PREVIOUS-DEFAULT", "PrevPerm", rows[missing], "PREV_PERM", new=default, note="by the profile"
        )
        option = option.fillna(default)
    else:
        ctx.record.work(
            "903-PREVIOUS-MISSING",
            "PrevPerm",
            rows[missing],
            "PREV_PERM",
            note="nothing recorded about an earlier order; none must be recorded too",
        )
    out = rows.assign(
        PREV_PERM=option,
        LA_PERM=found["lapp_previous_permanence_la"].where(option.ne("Z1")),
        DATE_PERM=_partly_known(found["lapp_previous_permanence_order_date"]).where(option.ne("Z1")),
        key=rows["person"],
    )
    out = out[option.notna()].copy()
    source = found.loc[out.index]
    has = source["_line"].notna()
    out["_file"] = source["_file"].astype("str").where(has, out["_file"].astype("str"))
    out["_line"] = source["_line"].astype("Int64").where(has, out["_line"].astype("Int64"))
    ctx.sort_out("PrevPerm", out, [], "key", "ssd_cla_previous_permanence")


def _partly_known(days: pd.Series) -> pd.Series:
    """Day, month and year as text, with zz for an unknown part as it was recorded."""
    if pd.api.types.is_datetime64_any_dtype(days.dtype):
        return days.dt.strftime("%d/%m/%Y")
    text = days.astype("str").str.strip()
    whole = pd.to_datetime(text.where(text.str.match(r"\d{4}-\d\d-\d\d")).str[:10], format="%Y-%m-%d", errors="coerce")
    return whole.dt.strftime("%d/%m/%Y").fillna(text).where(days.notna())
