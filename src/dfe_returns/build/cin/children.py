"""Children: identifiers, characteristics, disabilities. One row per child with a spell in the return."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.build import upn
from dfe_returns.build.cin.context import Context
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
    number, reason = _upn(ctx, children)
    frame = pd.DataFrame(
        {
            "LAchildID": children["child"],
            "UPN": number,
            "FormerUPN": _former_upn(ctx, children, number),
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


def _upn(ctx: Context, children: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """UPN and, only where there is none, the reason."""
    decide = ctx.record.decide
    given, other = upn.cleaned(children["pers_upn"]), upn.cleaned(children["pers_upn_unknown"])
    good = upn.is_upn(given)
    number = given.where(good)
    refused = given.notna() & ~good & ~upn.is_reason(given)
    decide(
        "CIN-UPN-REFUSED",
        "ChildIdentifiers",
        children[refused],
        "UPN",
        old=given[refused],
        note="not a UPN: layout or check letter",
    )
    send = ctx.rows("ssd_send").dropna(subset=["send_upn"]).drop_duplicates("send_person_id")
    by_send = upn.cleaned(look_up(children["person"], send.set_index("send_person_id")["send_upn"]))
    for code, values in (("CIN-UPN-IN-REASON", other), ("CIN-UPN-FROM-SEND", by_send)):
        taken = number.isna() & upn.is_upn(values)
        decide(code, "ChildIdentifiers", children[taken], "UPN", old=given[taken], new=values[taken])
        number = number.mask(taken, values)
        if code == "CIN-UPN-FROM-SEND":
            rows = send.set_index("send_person_id").loc[children.loc[taken, "person"]]
            ctx.record.came_from("ChildIdentifiers", children.index[taken], "ssd_send", rows, "UPN")
    return number, _reason(ctx, children, number, given, other)


def _reason(ctx: Context, children: pd.DataFrame, number: pd.Series, given: pd.Series, other: pd.Series) -> pd.Series:
    none, table = number.isna(), "ChildIdentifiers"
    companion = (
        ctx.rows("la_upn_unknown")
        .dropna(subset=["reason"])
        .drop_duplicates("child_id", keep="last")
        .set_index("child_id")
    )
    by_hand = look_up(children["child"], companion["reason"]).where(none)
    stored = other.where(none & upn.is_reason(other))
    moved = given.where(none & upn.is_reason(given))
    reason = by_hand.fillna(stored).fillna(moved)
    used = none & by_hand.notna()
    ctx.record.decide(
        "CIN-UPN-REASON-BY-HAND",
        table,
        children[used],
        "UPNunknown",
        old=stored[used],
        new=by_hand[used],
        note="la_upn_unknown",
    )
    ctx.record.came_from(
        table, children.index[used], "la_upn_unknown", companion.loc[children.loc[used, "child"]], "UPNunknown"
    )
    from_upn = none & by_hand.isna() & stored.isna() & moved.notna()
    ctx.record.decide(
        "CIN-UPN-REASON-MOVED",
        table,
        children[from_upn],
        "UPNunknown",
        new=moved[from_upn],
        note="stood in the place of the UPN",
    )
    unused = ~none & upn.is_reason(other)
    ctx.record.decide(
        "CIN-UPN-REASON-DROPPED", table, children[unused], "UPNunknown", old=other[unused], note="the child has a UPN"
    )
    return _propose_reasons(ctx, children, reason, none & reason.isna())


def _propose_reasons(ctx: Context, children: pd.DataFrame, reason: pd.Series, open_: pd.Series) -> pd.Series:
    """Reasons that the records suggest: shown, and taken only where the authority accepts them for all children."""
    fifth = children["birth"] + pd.DateOffset(years=5)
    proposals = {"UN7": ~children["further"], "UN1": children["unborn"] | (fifth > ctx.as_at)}
    for code, fits in proposals.items():
        which = open_ & fits
        if code in ctx.conventions.accept_upn_reasons:
            ctx.record.decide(
                "CIN-UPN-REASON-ACCEPTED",
                "ChildIdentifiers",
                children[which],
                "UPNunknown",
                new=code,
                note="by the profile",
            )
            reason = reason.mask(which, code)
        else:
            ctx.record.work(
                f"CIN-UPN-PROPOSED-{code}",
                "ChildIdentifiers",
                children[which],
                "UPNunknown",
                value=code,
                note="accept it in la_upn_unknown",
            )
        open_ = open_ & ~which
    return reason


def _former_upn(ctx: Context, children: pd.DataFrame, number: pd.Series) -> pd.Series:
    """By hand, else the latest linked identifier of that kind; thirteen characters and not the UPN itself."""
    wording = ctx.conventions.former_upn_type.strip().lower()
    linked = ctx.rows("ssd_linked_identifiers")
    linked = linked[
        linked["link_identifier_type"].str.strip().str.lower().eq(wording)
        & ~(linked["link_valid_from_date"] > ctx.as_at)
    ]
    linked = linked.assign(person=linked["link_person_id"], value=upn.cleaned(linked["link_identifier_value"]))
    linked = linked.sort_values(["link_valid_from_date", "_line"], kind="stable", na_position="first")
    companion = ctx.rows("la_former_upn")
    owner = children.drop_duplicates("child").set_index("child")["person"]
    companion = companion.assign(
        person=look_up(companion["child_id"], owner), value=upn.cleaned(companion["former_upn"])
    )
    current = pd.Series(number.to_numpy(), index=children["person"])
    former = pd.Series(np.nan, index=children.index, dtype="str")
    for source, rows in (("la_former_upn", companion), ("ssd_linked_identifiers", linked)):
        rows = rows[rows["value"].str.len().eq(13) & rows["person"].isin(children["person"])]
        rows = (
            rows[rows["value"].ne(look_up(rows["person"], current))]
            .drop_duplicates("person", keep="last")
            .set_index("person")
        )
        taken = former.isna() & children["person"].isin(rows.index)
        found = rows.loc[children.loc[taken, "person"]]
        former.loc[taken] = found["value"].to_numpy()
        ctx.record.came_from("ChildIdentifiers", children.index[taken], source, found, "FormerUPN")
    return former


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
        ctx.record.leave_out("ssd_disability", "Disabilities", note, which.sum())
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
