"""OC2: health, offending, substance misuse and strengths and difficulties of children looked after for twelve months.

Source: DfE, guide to the SSDA903 collection, outcomes; Care Planning, Placement and Case Review Regulations 2010
regulation 7.
"""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.shape import YES_NO, look_up
from dfe_returns.build.ssda903.context import RESPITE, CareContext
from dfe_returns.validate.cells import add_years

_CHECKS = ("TEETH_CHECK", "HEALTH_ASSESSMENT", "HEALTH_CHECK")


def cohort(ctx: CareContext) -> pd.DataFrame:
    """In care on the day of the return without a break for twelve months: no start and no leaving in them, no short
    breaks."""
    spells, first_day = ctx.episodes, ctx.year_before_day
    touching = spells[spells["DEC"].isna() | (spells["DEC"] >= first_day)]
    broken = (touching["RNE"].eq("S") & (touching["DECOM"] > first_day)) | (
        touching["DEC"].notna() & touching["REC"].ne("X1")
    )
    broken |= touching["LS"].isin(RESPITE)
    latest = touching.sort_values(["child", "DECOM"], kind="stable").drop_duplicates("child", keep="last")
    now = latest.loc[latest["DEC"].isna() & ~latest["LS"].isin(RESPITE), "child"]
    began = touching.groupby("child")["DECOM"].min() <= first_day
    children = now[~now.isin(touching.loc[broken, "child"]) & now.isin(began.index[began])]
    return (
        ctx.people[ctx.people["child"].isin(children)]
        .drop_duplicates("child")
        .sort_values("child", kind="stable", ignore_index=True)
    )


def outcomes(ctx: CareContext) -> None:
    """Sets OC2."""
    rows = cohort(ctx)
    age = ctx.age_then(rows, pd.Series(ctx.as_at, index=rows.index))
    extra = ctx.of_child(ctx.rows("la_oc2_extra")).drop_duplicates("child", keep="last").set_index("child")
    told = extra.reindex(rows["child"]).set_axis(rows.index)
    out = rows.assign(**_health(ctx, rows, told))
    out["HEALTH_CHECK"] = out["HEALTH_CHECK"].where(age < 5)
    out["CONVICTED"] = _convicted(ctx, rows, told).where(age >= 10)
    out = out.assign(**_substance(ctx, rows, told))
    out = out.assign(**_strengths(ctx, rows, told))
    wanted = {"CONVICTED": age >= 10, "HEALTH_CHECK": age < 5}
    for field in ("CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK", "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE"):
        out[field] = _nothing_recorded(ctx, out, field, wanted.get(field, pd.Series(True, index=rows.index)))
    out["INTERVENTION_RECEIVED"] = out["INTERVENTION_RECEIVED"].where(out["SUBSTANCE_MISUSE"].eq("1"))
    unknown = out["INTERVENTION_RECEIVED"].eq("0") & out["INTERVENTION_OFFERED"].isna()
    ctx.record.work(
        "903-OFFER-UNKNOWN",
        "OC2",
        out[unknown],
        "INTERVENTION_OFFERED",
        note="give it in la_oc2_extra: was help offered?",
    )
    out["INTERVENTION_OFFERED"] = out["INTERVENTION_OFFERED"].where(out["INTERVENTION_RECEIVED"].eq("0"))
    out["key"] = out["person"]
    ctx.sort_out("OC2", out, [], "key", "ssd_person")


def _nothing_recorded(ctx: CareContext, rows: pd.DataFrame, field: str, wanted: pd.Series) -> pd.Series:
    """What it means that nothing was recorded: no, by the profile's choice, and each such cell is a decision."""
    blank = rows[field].isna() & wanted
    if ctx.conventions.oc2_missing_means == "zero":
        ctx.record.decide(
            "903-OC2-ZERO", "OC2", rows[blank], field, new="0", note="nothing recorded in the year counts as no"
        )
        return rows[field].mask(blank, "0")
    if ctx.conventions.oc2_missing_means == "error":
        ctx.record.work("903-OC2-MISSING", "OC2", rows[blank], field, note="nothing recorded in the year")
    return rows[field]


def _in_year(ctx: CareContext, table: str, person: str, day: str) -> pd.DataFrame:
    """Rows dated in the twelve months to the day of the return."""
    rows = ctx.of_person(ctx.rows(table), person)
    return rows[(rows[day] >= ctx.year_before_day) & (rows[day] <= ctx.as_at)]


def _health(ctx: CareContext, rows: pd.DataFrame, told: pd.DataFrame) -> dict[str, pd.Series]:
    done = _in_year(ctx, "ssd_cla_health", "clah_person_id", "clah_health_check_date")
    status = done["clah_health_check_status"].str.casefold()
    counts = status.eq("completed") | status.isna()
    refused = done[~counts]
    done = done[counts]
    out = {}
    for field in _CHECKS:
        had = rows["person"].isin(done.loc[done["clah_health_check_type"].eq(field), "person"])
        not_had = rows["person"].isin(refused.loc[refused["clah_health_check_type"].eq(field), "person"])
        out[field] = pd.Series(None, index=rows.index, dtype="object").mask(not_had, "0").mask(had, "1")
    state = ctx.of_person(ctx.rows("ssd_cla_immunisations"), "clai_person_id")
    state = state[~(state["clai_immunisations_status_date"] > ctx.as_at)].sort_values(
        "clai_immunisations_status_date", kind="stable", na_position="first"
    )
    latest = state.drop_duplicates("person", keep="last").set_index("person")["clai_immunisations_status"]
    snapshot = told["immunisations_at_31_march"].map(YES_NO)
    out["IMMUNISATIONS"] = snapshot.fillna(look_up(rows["person"], latest).map(YES_NO))
    return out


def _convicted(ctx: CareContext, rows: pd.DataFrame, told: pd.DataFrame) -> pd.Series:
    """The youth justice team's answer, else whether an offence was dated in the year (which overstates convictions)."""
    dated = rows["person"].isin(
        _in_year(ctx, "ssd_cla_convictions", "clac_person_id", "clac_cla_conviction_date")["person"]
    )
    answered = told["convicted"].map(YES_NO)
    inferred = dated & answered.isna()
    ctx.record.decide(
        "903-CONVICTED-BY-OFFENCE",
        "OC2",
        rows[inferred],
        "CONVICTED",
        new="1",
        note="an offence is dated in the year; give the outcome in la_oc2_extra where it was no conviction",
    )
    return answered.where(answered.notna(), pd.Series(None, index=rows.index, dtype="object").mask(dated, "1"))


def _substance(ctx: CareContext, rows: pd.DataFrame, told: pd.DataFrame) -> dict[str, pd.Series]:
    found = _in_year(ctx, "ssd_cla_substance_misuse", "clas_person_id", "clas_substance_misuse_date")
    misuse = rows["person"].isin(found["person"])
    yes = rows["person"].isin(found.loc[found["clas_intervention_received"].eq("Y"), "person"])
    no = rows["person"].isin(found.loc[found["clas_intervention_received"].eq("N"), "person"])
    blank = pd.Series(None, index=rows.index, dtype="object")
    return {
        "SUBSTANCE_MISUSE": blank.mask(misuse, "1"),
        "INTERVENTION_RECEIVED": blank.mask(no, "0").mask(yes, "1"),
        "INTERVENTION_OFFERED": told["intervention_offered"].map(YES_NO),
    }


def _strengths(ctx: CareContext, rows: pd.DataFrame, told: pd.DataFrame) -> dict[str, pd.Series]:
    """The latest score of the year for ages 4 to 16; a reason only where there is none."""
    forms = _in_year(ctx, "ssd_sdq_scores", "csdq_person_id", "csdq_sdq_completed_date")
    forms = forms.sort_values(["csdq_sdq_completed_date", "csdq_table_id"], kind="stable")
    age = ctx.age_then(forms, forms["csdq_sdq_completed_date"])
    scored = forms[forms["csdq_sdq_score"].between(0, 40).eq(True) & (age >= 4) & (age <= 16)]
    score = look_up(rows["person"], scored.drop_duplicates("person", keep="last").set_index("person")["csdq_sdq_score"])
    reasons = (
        forms.dropna(subset=["csdq_sdq_reason"])
        .drop_duplicates("person", keep="last")
        .set_index("person")["csdq_sdq_reason"]
    )
    reason = told["sdq_reason"].fillna(look_up(rows["person"], reasons))
    due = (add_years(rows["birth"], 4) <= ctx.as_at) & (add_years(rows["birth"], 17) >= ctx.start)
    missing = due & score.isna() & reason.isna()
    ctx.record.work(
        "903-SDQ-MISSING",
        "OC2",
        rows[missing],
        "SDQ_SCORE",
        note="neither a score nor a reason; give the reason in la_oc2_extra",
    )
    return {"SDQ_SCORE": score.where(due), "SDQ_REASON": reason.where(score.isna() & due)}
