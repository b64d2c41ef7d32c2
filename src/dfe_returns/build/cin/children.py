"""Children: identifiers and characteristics. One row per child with a spell in the return."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.context import Context
from dfe_returns.build.cin.pupil_numbers import former_numbers, numbers_and_reasons
from dfe_returns.build.shape import look_up

_GENDER = {"M": "1", "F": "2"}


def of_cohort(ctx: Context, people: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """People with a spell in the return, in the order of the return, with what their spells say of them.

    Added: further (some spell went further), born_dead_hint (a spell closed because the child died), first_referral.
    """
    told = spells[spells["in_scope"]]
    further = told.loc[~told["nfa"].eq("Y"), "person"].unique()
    died = told.loc[told["reason"].eq("RC2") & (told["close"] <= ctx.as_at), "person"].unique()
    out = people[people["person"].isin(told["person"].unique())]
    out = out.sort_values(["child", "person"], kind="stable", ignore_index=True)
    out["further"] = out["person"].isin(further)
    out["closed_by_death"] = out["person"].isin(died)
    out["first_referral"] = look_up(out["person"], spells.groupby("person")["date"].min())
    twice = out["child"].duplicated(keep=False)
    ctx.record.work(
        "CIN-CHILD-ID-REPEATED",
        "ChildIdentifiers",
        out[twice],
        "LAchildID",
        note="several people of ssd_person have this number",
    )
    return out


def identifiers(ctx: Context, children: pd.DataFrame) -> pd.DataFrame:
    """Sets ChildIdentifiers; answers the children with `unborn`."""
    birth, expected = _births(ctx, children)
    children = children.assign(unborn=birth.isna() & expected.notna(), birth=birth, expected=expected)
    sex = _sex(ctx, children)
    number, reason = numbers_and_reasons(ctx, children)
    frame = pd.DataFrame(
        {
            "LAchildID": children["child"],
            "UPN": number,
            "FormerUPN": former_numbers(ctx, children, number),
            "UPNunknown": reason,
            "PersonBirthDate": birth,
            "ExpectedPersonBirthDate": expected,
            "GenderCurrent": sex.map(_GENDER).fillna("9").mask(children["unborn"], "0"),
            "Sex": sex,
            "PersonDeathDate": ctx.cut(
                "CIN-DEATH-CUT", "ChildIdentifiers", "PersonDeathDate", children, children["pers_death_date"]
            ),
        }
    )
    ctx.put("ChildIdentifiers", frame, children["person"])
    ctx.record.came_from("ChildIdentifiers", children.index, "ssd_person", children)
    return children


def _births(ctx: Context, children: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Birth and expected birth as they stood on the day of the return."""
    dob, due = children["pers_dob"], children["pers_expected_dob"]
    seen, extract = ctx.settings.seen_on(ctx.collection), ctx.settings.extract_date
    patience = pd.Timedelta(days=ctx.conventions.estimated_dob_tolerance_days)
    death = children["closed_by_death"] | (children["pers_death_date"] <= ctx.as_at)
    overdue = dob.isna() & (seen - due > patience)
    stillborn = overdue & death & (due >= children["first_referral"])
    estimated = overdue & ~stillborn
    later = dob > ctx.as_at
    due_in_dob = later & (dob > pd.Timestamp(extract)) if extract else later & False
    born_since = later & ~due_in_dob
    birth = dob.mask(later).mask(estimated, due)
    expected = due.mask(estimated | (dob <= ctx.as_at)).mask(due_in_dob | (born_since & due.isna()), dob)

    def tell(code: str, which: pd.Series, field: str, old: pd.Series | None, new: pd.Series, note: str) -> None:
        ctx.record.decide(
            code,
            "ChildIdentifiers",
            children[which],
            field,
            old=None if old is None else old[which],
            new=new[which],
            note=note,
        )

    tell(
        "CIN-BIRTH-ESTIMATED",
        estimated,
        "PersonBirthDate",
        None,
        birth,
        "an expected date long past is taken as an estimated date of birth",
    )
    tell(
        "CIN-STILLBIRTH",
        stillborn,
        "ExpectedPersonBirthDate",
        None,
        expected,
        "never born alive: the expected date is kept",
    )
    tell(
        "CIN-DUE-DATE-IN-BIRTH",
        due_in_dob,
        "ExpectedPersonBirthDate",
        None,
        expected,
        "a date of birth after the extract is a due date",
    )
    tell(
        "CIN-BORN-AFTER",
        born_since,
        "PersonBirthDate",
        dob,
        birth,
        "born after the day of the return: unborn on that day",
    )
    guess = born_since & due.isna()
    tell(
        "CIN-DUE-DATE-UNKNOWN",
        guess,
        "ExpectedPersonBirthDate",
        None,
        expected,
        "no due date is recorded; the date of birth stands for it",
    )
    both = (dob <= ctx.as_at) & due.notna()
    tell(
        "CIN-DUE-DATE-DROPPED",
        both,
        "ExpectedPersonBirthDate",
        due,
        expected,
        "born: the date of birth takes its place",
    )
    return birth, expected


def _sex(ctx: Context, children: pd.DataFrame) -> pd.Series:
    """M, F or U; unborn always U."""
    recorded = children["pers_sex"]
    field = "Sex" if "Sex" in ctx.collection.tables["ChildIdentifiers"].fields else "GenderCurrent"
    hidden = children["unborn"] & recorded.isin(["M", "F"])
    blank = ~children["unborn"] & recorded.isna()
    unknown = {"Sex": "U", "GenderCurrent": "9"}[field]
    unborn = {"Sex": "U", "GenderCurrent": "0"}[field]
    ctx.record.decide("CIN-SEX-UNBORN", "ChildIdentifiers", children[hidden], field, old=recorded[hidden], new=unborn)
    ctx.record.decide("CIN-SEX-BLANK", "ChildIdentifiers", children[blank], field, new=unknown)
    return recorded.fillna("U").mask(children["unborn"], "U")


def characteristics(ctx: Context, children: pd.DataFrame) -> None:
    """Sets ChildCharacteristics. A refusal (REFU) or a value not obtained (NOBT) passes as recorded."""
    ethnicity = children["pers_ethnicity"].str.upper()
    blank = ethnicity.isna()
    if ctx.conventions.ethnicity_blank_is_nobt:
        ctx.record.decide(
            "CIN-ETHNICITY-NOBT",
            "ChildCharacteristics",
            children[blank],
            "Ethnicity",
            new="NOBT",
            note="by the profile",
        )
        ethnicity = ethnicity.fillna("NOBT")
    ctx.put(
        "ChildCharacteristics",
        pd.DataFrame({"LAchildID": children["child"], "Ethnicity": ethnicity}),
        children["person"],
    )
    ctx.record.came_from("ChildCharacteristics", children.index, "ssd_person", children)
