"""Who the return is about: people of the extract with child number, birth and sex; then the Header, one row per
child."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.cohort import people as known_people
from dfe_returns.build.shape import look_up
from dfe_returns.build.ssda903.context import RESPITE, CareContext
from dfe_returns.build.upn import cleaned, is_reason, is_upn
from dfe_returns.validate.cells import add_years

_GENDER = {"M": "1", "F": "2"}


def people(ctx: CareContext) -> pd.DataFrame:
    """One row per person with `person`, `child`, `birth`, `sex`; an estimated birth date takes the place of a
    missing one."""
    found = known_people(ctx)
    dob, due = found["pers_dob"], found["pers_expected_dob"]
    seen = ctx.settings.seen_on(ctx.collection)
    estimated = dob.isna() & (seen - due > pd.Timedelta(days=ctx.conventions.estimated_dob_tolerance_days))
    birth = dob.mask(estimated, due)
    return found.assign(birth=birth.mask(birth > ctx.as_at), estimated=estimated, sex=found["pers_sex"].fillna("U"))


def header(ctx: CareContext) -> None:
    """Everyone with an episode in the year, a care leaver's row, an adoption or a decision to place for adoption."""
    wanted = set(ctx.this_year["child"])
    for table in ("OC3", "AD1", "PlacedAdoption"):
        wanted |= set(ctx.tables[table]["CHILD"].dropna())
    rows = ctx.people[ctx.people["child"].isin(wanted)].sort_values(
        ["child", "person"], kind="stable", ignore_index=True
    )
    twice = rows["child"].duplicated(keep=False)
    ctx.record.work(
        "903-CHILD-ID-REPEATED", "Header", rows[twice], "CHILD", note="several people of ssd_person have this number"
    )
    guessed = rows["estimated"]
    ctx.record.decide(
        "903-BIRTH-ESTIMATED",
        "Header",
        rows[guessed],
        "DOB",
        new=rows.loc[guessed, "birth"],
        note="an expected date long past is taken as an estimated date of birth",
    )
    ethnic = rows["pers_ethnicity"].str.upper()
    if ctx.conventions.ethnicity_blank_is_nobt:
        blank = ethnic.isna()
        ctx.record.decide("903-ETHNICITY-NOBT", "Header", rows[blank], "ETHNIC", new="NOBT", note="by the profile")
        ethnic = ethnic.fillna("NOBT")
    mother, child_born = _mothers(ctx, rows)
    frame = pd.DataFrame(
        {
            "CHILD": rows["child"],
            "SEX": sexes(ctx, rows["sex"]),
            "DOB": rows["birth"],
            "ETHNIC": ethnic,
            "UPN": _numbers(ctx, rows),
            "MOTHER": mother,
            "MC_DOB": child_born,
        }
    )
    ctx.put("Header", frame, rows["person"])
    ctx.record.came_from("Header", rows.index, "ssd_person", rows)


def sexes(ctx: CareContext, sex: pd.Series) -> pd.Series:
    """M, F, U; 1 and 2 in the years to 2023-24, which had no code for unknown."""
    return sex if "M" in ctx.collection.codesets["SEX"].codes else sex.map(_GENDER)


def _numbers(ctx: CareContext, rows: pd.DataFrame) -> pd.Series:
    """A sound UPN, that of the special needs record where the person has none, else a recorded reason UN1 to UN5; a
    reason set by hand goes before one of the extract."""
    number = cleaned(rows["pers_upn"])
    sound = is_upn(number)
    ctx.record.decide(
        "903-UPN-REFUSED",
        "Header",
        rows[number.notna() & ~sound],
        "UPN",
        note="not a pupil number: layout or check letter",
    )
    send = ctx.rows("ssd_send").dropna(subset=["send_upn"]).drop_duplicates("send_person_id")
    by_send = cleaned(look_up(rows["person"], send.set_index("send_person_id")["send_upn"]))
    taken = ~sound & is_upn(by_send)
    ctx.record.decide(
        "903-UPN-FROM-SEND", "Header", rows[taken], "UPN", new=by_send[taken], note="the person's own record has none"
    )
    ctx.record.came_from(
        "Header", rows.index[taken], "ssd_send", send.set_index("send_person_id").loc[rows.loc[taken, "person"]], "UPN"
    )
    number, sound = number.mask(taken, by_send), sound | taken
    stored = cleaned(rows["pers_upn_unknown"])
    stored = stored.where(is_reason(stored) & ~stored.isin(["UN6", "UN7"]))
    given = ctx.of_child(ctx.rows("la_upn_unknown"))
    by_hand = look_up(rows["child"], cleaned(given.set_index("child")["reason"]))
    by_hand = by_hand.where(by_hand.isin(["UN1", "UN2", "UN3", "UN4", "UN5"]))
    reason = by_hand.fillna(stored)
    chosen = ~sound & by_hand.notna()
    ctx.record.decide(
        "903-UPN-REASON-BY-HAND",
        "Header",
        rows[chosen],
        "UPN",
        old=stored[chosen],
        new=by_hand[chosen],
        note="la_upn_unknown",
    )
    return number.where(sound).fillna(reason)


def _mothers(ctx: CareContext, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """MOTHER for girls with care other than short breaks in the year, and for a mother whose sex is not known; the
    birth of the eldest child of a mother."""
    links = ctx.of_person(ctx.rows("ssd_mother"), "moth_person_id")
    born = links[
        (links["moth_childs_dob"] <= ctx.as_at)
        & (links["moth_childs_dob"] >= add_years(links["birth"], ctx.conventions.mother_youngest))
    ]
    too_young = links["moth_childs_dob"] < add_years(links["birth"], ctx.conventions.mother_youngest)
    young = links[too_young & links["person"].isin(rows["person"])]
    ctx.record.work(
        "903-MOTHER-TOO-YOUNG", "Header", young, "MOTHER", note="a link the wrong way round, or a wrong date"
    )
    eldest = look_up(rows["person"], born.groupby("person")["moth_childs_dob"].min())
    in_care = rows["child"].isin(ctx.this_year.loc[~ctx.this_year["LS"].isin(RESPITE), "child"])
    girl = rows["sex"].eq("F") & in_care
    known = rows["sex"].isin(["F", "U"]) & in_care & eldest.notna()
    mother = pd.Series(None, index=rows.index, dtype="object").mask(girl, "0").mask(known, "1")
    ctx.record.decide(
        "903-MOTHER-DERIVED",
        "Header",
        rows[mother.eq("1")],
        "MOTHER",
        new="1",
        note="a child born by the day of the return",
    )
    return mother, eldest.where(mother.eq("1"))
