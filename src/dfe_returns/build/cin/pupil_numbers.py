"""UPN, former UPN, and the reason where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.build import upn
from dfe_returns.build.cin.context import Context
from dfe_returns.build.shape import look_up


def numbers_and_reasons(ctx: Context, children: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
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


def former_numbers(ctx: Context, children: pd.DataFrame, number: pd.Series) -> pd.Series:
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
    numbers = children.set_index("person")["child"]
    former = pd.Series(np.nan, index=children.index, dtype="str")
    for source, rows in (("la_former_upn", companion), ("ssd_linked_identifiers", linked)):
        rows = rows[rows["value"].notna() & rows["person"].isin(children["person"])]
        rows = rows.assign(child=look_up(rows["person"], numbers))
        fits = rows["value"].str.len().eq(13) & rows["value"].ne(look_up(rows["person"], current))
        note = "not thirteen characters, or the UPN itself"
        ctx.record.decide(
            "CIN-FORMER-UPN-REFUSED", "ChildIdentifiers", rows[~fits], "FormerUPN", old=rows["value"], note=note
        )
        rows = rows[fits].drop_duplicates("person", keep="last").set_index("person")
        taken = former.isna() & children["person"].isin(rows.index)
        found = rows.loc[children.loc[taken, "person"]]
        former.loc[taken] = found["value"].to_numpy()
        ctx.record.came_from("ChildIdentifiers", children.index[taken], source, found, "FormerUPN")
    return former
