"""Who is in the census: spells in need in force in the year, and what hangs on them.

Source: DfE, Children in need census guide (who to include); statutory basis Children Act 1989, section 83.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dfe_returns.build.cin.context import AFTER, Context
from dfe_returns.build.shape import look_up, number_within
from dfe_returns.build.spans import holding

EPISODES = "ssd_cin_episodes"
NO_PERSON = "of a person who is not in ssd_person"
NO_REFERRAL = "no referral could be told for it"
OTHER_CHILD = "its referral is another child's"
NFA = "under a referral that went no further"
NOT_RETURNED = "its referral is not in the return"
REFUSED = "the child's number cannot be sent"
_ID_LENGTH = 20


def people(ctx: Context) -> pd.DataFrame:
    """Everybody in ssd_person with the number the returns send: person, child, refused (why not sent, or "")."""
    rows = ctx.rows("ssd_person").drop_duplicates("pers_person_id", ignore_index=True)
    child = (
        rows[ctx.settings.child_id_source or ctx.conventions.child_id_source]
        .str.replace(r"[\t\r\n\x00-\x1f]", "", regex=True)
        .str.strip()
    )
    child = child.where(child.str.len() > 0)
    letters = child.str.fullmatch("[A-Za-z0-9]+").eq(True)
    refused = np.select(
        [child.isna(), child.str.len() > _ID_LENGTH, ~letters],
        ["no number", f"over {_ID_LENGTH} characters", "not letters and digits alone"],
        "",
    )
    return rows.assign(person=rows["pers_person_id"], child=child, refused=refused)


def spells(ctx: Context, known: pd.DataFrame) -> pd.DataFrame:
    """All spells in need, ordered as the return has them.

    Columns: person, child, key (referral), date, close, reason, need, source, nfa ("Y", "N" or missing), in_scope,
    future, refused, CINdetailsID (of those in scope, counted within the child), and the place of the source row.
    """
    rows = ctx.rows(EPISODES).rename(
        columns={
            "cine_person_id": "person",
            "cine_referral_id": "key",
            "cine_referral_date": "date",
            "cine_close_date": "close",
            "cine_close_reason": "reason",
            "cine_cin_primary_need_code": "need",
            "cine_referral_source_code": "source",
            "cine_referral_source_desc": "source_in_words",
            "cine_referral_nfa": "nfa",
        }
    )
    who = known.set_index("person")
    rows["child"] = look_up(rows["person"], who["child"])
    rows["refused"] = look_up(rows["person"], who["refused"])
    rows = rows.sort_values(["child", "date", "key"], kind="stable", na_position="last", ignore_index=True)
    rows["future"] = rows["date"] > ctx.as_at
    in_time = _in_time(ctx, rows)
    _tell_left_out(ctx, rows, in_time)
    rows["in_scope"] = in_time & rows["refused"].eq("")
    rows["CINdetailsID"] = number_within(rows["child"].fillna(""), rows["in_scope"]).where(rows["in_scope"])
    return rows


def _in_time(ctx: Context, rows: pd.DataFrame) -> pd.Series:
    """A referral that went no further belongs to the year it was made in, any other spell to all it was open in."""
    short = rows["nfa"].eq("Y")
    open_in_year = ~rows["future"] & ~(rows["close"] < ctx.start)
    return (short & ctx.in_year(rows["date"])) | (~short & open_in_year)


def _tell_left_out(ctx: Context, rows: pd.DataFrame, in_time: pd.Series) -> None:
    record, short = ctx.record, rows["nfa"].eq("Y")
    record.leave_out(EPISODES, "CINdetails", AFTER, rows["future"].sum())
    record.leave_out(
        EPISODES,
        "CINdetails",
        "went no further and was made before the year",
        (short & (rows["date"] < ctx.start)).sum(),
    )
    record.leave_out(
        EPISODES,
        "CINdetails",
        "closed before the year begins",
        (~short & ~rows["future"] & (rows["close"] < ctx.start)).sum(),
    )
    undated = short & rows["date"].isna()
    record.work(
        "CIN-REFERRAL-UNDATED",
        "CINdetails",
        rows[undated],
        "CINreferralDate",
        note="went no further; without a date it is in no year",
    )
    record.leave_out(EPISODES, "CINdetails", "went no further and has no date", undated.sum())
    strangers = in_time & rows["refused"].isna()
    record.work("CIN-ORPHAN", "CINdetails", rows[strangers], note=NO_PERSON)
    record.leave_out(EPISODES, "CINdetails", NO_PERSON, strangers.sum())
    refused = in_time & rows["refused"].fillna("").ne("")
    record.work("CIN-CHILD-ID-REFUSED", "CINdetails", rows[refused], "LAchildID", note=rows["refused"])
    record.leave_out(EPISODES, "CINdetails", REFUSED, refused.sum())
    unsure = in_time & rows["refused"].eq("") & rows["nfa"].isna()
    record.work(
        "CIN-NFA-BLANK",
        "CINdetails",
        rows[unsure],
        "ReferralNFA",
        note="taken as a referral that went further; the flag stays blank",
    )


def attach(
    ctx: Context, spells: pd.DataFrame, rows: pd.DataFrame, source: str, table: str, names: tuple[str, str, str]
) -> pd.DataFrame:
    """Rows with the position of the spell they hang on (`spell`), those that hang on none left out and accounted for.

    By the referral they name; without one, by child and day, where exactly one spell of the child holds that day.
    `names`: the columns of person, referral and day.
    """
    person, referral, day = (rows[name] for name in names)
    rows = rows.assign(child=look_up(person, ctx.child_numbers))
    first = spells.drop_duplicates("key")
    place = pd.Series(first.index.to_numpy(), index=first["key"])
    named = look_up(referral, place).fillna(-1).astype("int64")
    count, found = _by_day(ctx, spells, person, day)
    spell = pd.Series(np.where(referral.notna(), named, found), index=rows.index, dtype="int64")
    at = spells.reindex(spell.to_numpy())
    other = (spell >= 0) & (at["person"].to_numpy() != person.to_numpy())
    stranger = ~person.isin(ctx.child_numbers.index)
    spell = spell.where(~(other | stranger), -1)

    lost = spell < 0
    why = np.select(
        [stranger, other, referral.notna(), day.isna(), pd.Series(count, index=rows.index) > 1],
        [
            NO_PERSON,
            OTHER_CHILD,
            "its referral is not in the extract",
            "it names no referral and has no day",
            "several spells of the child hold its day",
        ],
        "no spell of the child holds its day",
    )
    ctx.record.work("CIN-ORPHAN", table, rows[lost], note=pd.Series(why, index=rows.index)[lost])
    ctx.record.leave_out(source, table, NO_PERSON, stranger.sum())
    ctx.record.leave_out(source, table, OTHER_CHILD, (other & ~stranger).sum())
    ctx.record.leave_out(source, table, NO_REFERRAL, (lost & ~other & ~stranger).sum())
    rows = rows.assign(spell=spell)[~lost]
    at = at[~lost.to_numpy()].astype({"in_scope": bool, "future": bool})
    return _of_returned(ctx, rows, at.set_axis(rows.index), source, table, referral[~lost].isna())


def _by_day(ctx: Context, spells: pd.DataFrame, person: pd.Series, day: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    further = spells[~spells["nfa"].eq("Y")]
    count, which = holding(person, day, further["person"], further["date"], further["close"])
    positions = np.append(further.index.to_numpy(), -1)
    return count, positions[which]


def _of_returned(
    ctx: Context, rows: pd.DataFrame, at: pd.DataFrame, source: str, table: str, inferred: pd.Series
) -> pd.DataFrame:
    """Only rows whose spell is in the return and went further."""
    future, short, refused = at["future"], at["nfa"].eq("Y"), at["refused"].ne("") & at["refused"].notna()
    ctx.record.leave_out(source, table, AFTER, future.sum())
    ctx.record.leave_out(source, table, REFUSED, (refused & ~future).sum())
    under = short & ~future & ~refused
    ctx.record.decide("CIN-NFA-SHORT", table, rows[under], note=NFA)
    ctx.record.work(
        "CIN-NFA-WITH-WORK", table, rows[under], note="either the referral went further, or this belongs to another"
    )
    ctx.record.leave_out(source, table, NFA, under.sum())
    gone = ~at["in_scope"] & ~future & ~refused & ~short
    ctx.record.work(
        "CIN-SPELL-NOT-RETURNED", table, rows[gone], note="in force in the year under a spell that was closed before it"
    )
    ctx.record.leave_out(source, table, NOT_RETURNED, gone.sum())
    keep = at["in_scope"] & ~short
    ctx.record.decide(
        "CIN-REFERRAL-INFERRED",
        table,
        rows[keep & inferred],
        new=at.loc[keep & inferred, "key"],
        note="the one spell of the child that holds its day",
    )
    return rows[keep]
