"""Assessments and the factors they found (Children Act 1989, section 17; Working Together to Safeguard Children)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from dfe_returns.build.cin.cohort import attach
from dfe_returns.build.cin.context import AFTER, BEFORE, Context, source_row
from dfe_returns.build.shape import look_up, number_within
from dfe_returns.sources.values import json_list

TABLE, FACTORS = "Assessments", "AssessmentFactorsList"
SOURCE, FACTOR_SOURCE, REVIEW_SOURCE = "ssd_cin_assessments", "ssd_assessment_factors", "la_assessment_review"
_CODE = re.compile(r"(\d+)([A-Z]*)")


def assessments(ctx: Context, spells: pd.DataFrame) -> None:
    """Sets Assessments and AssessmentFactorsList: authorised in the year, or not by the day of the return."""
    rows = ctx.rows(SOURCE).rename(
        columns={
            "cina_assessment_id": "key",
            "cina_assessment_start_date": "start",
            "cina_assessment_auth_date": "authorised",
        }
    )
    future, past = rows["start"] > ctx.as_at, rows["authorised"] < ctx.start
    ctx.record.leave_out(SOURCE, TABLE, AFTER, (future & ~past).sum())
    ctx.record.leave_out(SOURCE, TABLE, BEFORE, past.sum())
    rows = rows[~future & ~past]
    rows = attach(ctx, spells, rows, SOURCE, TABLE, ("cina_person_id", "cina_referral_id", "start"))
    undated = rows["start"].isna()
    ctx.record.work(
        "CIN-ASSESSMENT-UNDATED",
        TABLE,
        rows[undated],
        "AssessmentActualStartDate",
        note="a draft, or its start was not recorded",
    )
    ctx.record.leave_out(SOURCE, TABLE, "no start date", undated.sum())
    rows = source_row(rows[~undated], spells).sort_values(["spell", "start", "key"], kind="stable", ignore_index=True)
    rows["AssessmentID"] = number_within(rows["spell"])
    authorised = ctx.cut("CIN-AUTHORISATION-CUT", TABLE, "AssessmentAuthorisationDate", rows, rows["authorised"])
    review = (
        ctx.rows(REVIEW_SOURCE).dropna(subset=["internal_review_date"]).drop_duplicates("assessment_id", keep="last")
    )
    review = review.set_index("assessment_id")
    frame = rows.assign(
        AssessmentActualStartDate=rows["start"],
        AssessmentInternalReviewDate=look_up(rows["key"], review["internal_review_date"]),
        AssessmentAuthorisationDate=authorised,
    )
    ctx.put(TABLE, frame, rows["key"])
    ctx.record.came_from(TABLE, rows.index, SOURCE, rows)
    reviewed = rows["key"].isin(review.index)
    ctx.record.came_from(
        TABLE,
        rows.index[reviewed],
        REVIEW_SOURCE,
        review.loc[rows.loc[reviewed, "key"]],
        "AssessmentInternalReviewDate",
    )
    factors(ctx, rows, authorised.notna())


def factors(ctx: Context, rows: pd.DataFrame, authorised: pd.Series) -> None:
    """Sets AssessmentFactorsList: the union of what each authorised assessment found, in order of number and letter."""
    found = ctx.rows(FACTOR_SOURCE)
    place = pd.Series(rows.index, index=rows["key"])
    found = found.assign(at=look_up(found["cinf_assessment_id"], place)).dropna(subset=["at"])
    found["at"] = found["at"].astype("int64")
    found["child"] = rows["child"].reindex(found["at"]).to_numpy()
    found = found[found["cinf_assessment_factors_json"].notna()]
    early = ~authorised.reindex(found["at"]).to_numpy(dtype=bool)
    texts = found["cinf_assessment_factors_json"]
    note = "sent once the assessment is authorised"
    ctx.record.decide("CIN-FACTORS-NOT-YET", FACTORS, found[early], "AssessmentFactor", old=texts[early], note=note)
    ctx.record.leave_out(FACTOR_SOURCE, FACTORS, "the assessment is not authorised", early.sum())
    found = found[~early]
    parts, unreadable = read_factors(found["cinf_assessment_factors_json"])
    ctx.record.work(
        "CIN-FACTORS-UNREADABLE", FACTORS, found[unreadable], "AssessmentFactor", note="not a list of factors"
    )
    lines = found.iloc[parts["row"].to_numpy()].reset_index(drop=True)
    lines["AssessmentFactor"] = parts["code"].to_numpy()
    lines["order"], lines["letter"] = parts["number"].to_numpy(), parts["letter"].to_numpy()
    lines = lines.sort_values(["at", "order", "letter", "AssessmentFactor", "_line"], kind="stable", ignore_index=True)
    first = ~lines.duplicated(["at", "AssessmentFactor"])
    ctx.record.came_from(FACTORS, first.cumsum() - 1, FACTOR_SOURCE, lines)
    kept = lines[first]
    whose = rows.iloc[kept["at"].to_numpy()][["LAchildID", "CINdetailsID", "AssessmentID"]].set_axis(kept.index)
    ctx.put(FACTORS, whose.assign(AssessmentFactor=kept["AssessmentFactor"]), kept["cinf_assessment_id"])


def read_factors(texts: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """One line per factor (row: position of its cell, code, number, letter), and which cells are unreadable.

    A list, an object whose values say yes or no, or codes with commas between. Each distinct text is read once.
    """
    places, distinct = pd.factorize(texts)
    lists = [json_list(str(text))[0] for text in distinct]
    codes = [[str(code).strip().upper() for code in one or []] for one in lists]
    lengths = np.array([len(one) for one in codes], dtype=np.int64)
    flat = np.array([code for one in codes for code in one], dtype=object)
    starts = np.cumsum(lengths) - lengths
    mine = lengths[places] if len(distinct) else np.zeros(0, dtype=np.int64)
    row = np.repeat(np.arange(len(places)), mine)
    within = np.arange(len(row)) - np.repeat(np.cumsum(mine) - mine, mine)
    code = flat[starts[places[row]] + within] if len(row) else flat
    split = [_CODE.fullmatch(text) for text in flat]
    number = {text: int(match[1]) if match else 999 for text, match in zip(flat, split, strict=True)}
    letter = {text: match[2] if match else text for text, match in zip(flat, split, strict=True)}
    parts = pd.DataFrame({"row": row, "code": pd.Series(code, dtype="str")})
    parts["number"], parts["letter"] = parts["code"].map(number), parts["code"].map(letter)
    unreadable = np.array([one is None for one in lists], dtype=bool)
    return parts, pd.Series(unreadable[places] if len(distinct) else np.zeros(0, dtype=bool), index=texts.index)
