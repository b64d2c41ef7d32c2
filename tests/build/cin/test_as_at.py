"""The return shows the day it describes, whenever the extract was taken: nothing later leaks in.

Random worlds are drawn as they stand in June; what an earlier extract would have shown is worked out from them by
forgetting what happened later. Both must give the same return.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dfe_returns.build import BuildSettings
from dfe_returns.build.cin import build_cin
from dfe_returns.contract import contract
from dfe_returns.sources.model import ssd_model

JUNE = date(2026, 6, 12)
CHILDREN = 60
FORGET = {
    # table: (day it began, day it ended, what becomes known at the end)
    "ssd_cin_episodes": ("cine_referral_date", "cine_close_date", ["cine_close_reason"]),
    "ssd_cin_assessments": ("cina_assessment_start_date", "cina_assessment_auth_date", []),
    "ssd_cin_plans": ("cinp_cin_plan_start_date", "cinp_cin_plan_end_date", []),
    "ssd_s47_enquiry": ("s47e_s47_start_date", "s47e_s47_end_date", ["s47e_s47_nfa", "s47e_s47_outcome_json"]),
    "ssd_initial_cp_conference": (None, "icpc_icpc_date", []),  # booked, with its target, before it is held
    "ssd_cp_plans": ("cppl_cp_plan_start_date", "cppl_cp_plan_end_date", []),
    "ssd_cp_reviews": ("cppr_cp_review_date", None, []),
    "ssd_person": (None, "pers_death_date", []),
}
FORWARD = {"ExpectedPersonBirthDate", "InitialCPCtarget"}
"""The two items that look ahead."""


def world_in_june(seed: int) -> dict[str, pd.DataFrame]:
    """About CHILDREN children with something of everything between 2025 and the extract."""
    rng = np.random.default_rng(seed)

    def days(size, first="2024-12-01", last="2026-06-11"):
        span = (pd.Timestamp(last) - pd.Timestamp(first)).days
        return pd.Series(pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, span, size), unit="D"))

    def later(start, most, missing=0.4):
        end = start + pd.to_timedelta(rng.integers(0, most, len(start)), unit="D")
        return end.mask((end > pd.Timestamp(JUNE)) | (rng.random(len(start)) < missing))

    def choice(size, *values):
        return pd.Series(rng.choice(np.array(values, dtype=object), size))

    tables = {}

    def add(name, **columns):
        empty = ssd_model().tables[name].empty()
        frame = pd.DataFrame(columns)
        out = empty.reindex(frame.index)
        for column in frame:
            out[column] = frame[column].astype(empty[column].dtype)
        tables[name] = out.assign(
            _file=pd.Categorical([name] * len(out)), _line=pd.array(range(2, len(out) + 2), "Int64")
        )
        return tables[name]

    people = pd.Series([str(n) for n in range(CHILDREN)])
    born = days(CHILDREN, "2008-01-01", "2024-12-01").where(
        rng.random(CHILDREN) < 0.7, days(CHILDREN, "2026-02-01", "2026-06-10")
    )
    due = born.where(born > pd.Timestamp("2026-01-01")) + pd.Timedelta(days=5)
    unknown = rng.random(CHILDREN) < 0.2  # only a due date is recorded, near or past
    born, due = born.mask(unknown), due.mask(unknown, days(CHILDREN, "2026-02-01", "2026-08-01"))
    death = later(born.fillna(due).clip(lower=pd.Timestamp("2025-06-01")), 900, 0.8)
    sex = choice(CHILDREN, "M", "F", None)
    add("ssd_person", pers_person_id=people, pers_sex=sex, pers_dob=born, pers_expected_dob=due, pers_death_date=death)

    n = CHILDREN * 2
    start, nfa = days(n), choice(n, "N", "N", "N", "Y")
    close = later(start, 500)
    spells = add(
        "ssd_cin_episodes",
        cine_referral_id=pd.Series([f"R{i}" for i in range(n)]),
        cine_person_id=choice(n, *people),
        cine_referral_date=start,
        cine_close_date=close.mask(nfa.eq("Y")),
        cine_close_reason=pd.Series("RC7", index=close.index).where(close.notna() & nfa.ne("Y")),
        cine_referral_nfa=nfa,
    )

    def under(size, named=0.8):
        pick = rng.integers(0, n, size)
        spell = spells.iloc[pick].reset_index(drop=True)
        begins = spell["cine_referral_date"] + pd.to_timedelta(rng.integers(-5, 300, size), unit="D")
        begins = begins.clip(upper=pd.Timestamp("2026-06-11"))
        referral = spell["cine_referral_id"].where(rng.random(size) < named)
        return pd.Series([str(i) for i in range(size)]), spell["cine_person_id"], referral, begins

    key, person, referral, start = under(n)
    authorised = later(start, 90)
    add(
        "ssd_cin_assessments",
        cina_assessment_id=key,
        cina_person_id=person,
        cina_referral_id=referral,
        cina_assessment_start_date=start,
        cina_assessment_auth_date=authorised,
    )
    add(
        "ssd_assessment_factors",
        cinf_assessment_id=key,
        cinf_assessment_factors_json=choice(n, '["1A", "2B"]', '["10A"]', None).where(authorised.notna()),
    )
    key, person, referral, start = under(n)
    add(
        "ssd_cin_plans",
        cinp_cin_plan_id=key,
        cinp_person_id=person,
        cinp_referral_id=referral,
        cinp_cin_plan_start_date=start,
        cinp_cin_plan_end_date=later(start, 200),
    )
    key, person, referral, start = under(n)
    end = later(start, 60)
    flags = choice(n, '{"CP_CONFERENCE_FLAG": "Y"}', '{"CP_CONFERENCE_FLAG": "N"}', None).where(end.notna())
    add(
        "ssd_s47_enquiry",
        s47e_s47_enquiry_id=key,
        s47e_person_id=person,
        s47e_referral_id=referral,
        s47e_s47_start_date=start,
        s47e_s47_end_date=end,
        s47e_s47_nfa=choice(n, "Y", "N").where(end.notna()),
        s47e_s47_outcome_json=flags,
    )
    held = later(start, 60, 0.2)
    add(
        "ssd_initial_cp_conference",
        icpc_icpc_id=key,
        icpc_s47_enquiry_id=key.where(rng.random(n) < 0.7),
        icpc_person_id=person,
        icpc_referral_id=referral,
        icpc_icpc_transfer_in=choice(n, "Y", "N"),
        icpc_icpc_date=held,
        icpc_icpc_target_date=start + pd.Timedelta(days=21),
    )
    key, person, referral, start = under(n)
    end = later(start, 400)
    add(
        "ssd_cp_plans",
        cppl_cp_plan_id=key,
        cppl_person_id=person,
        cppl_referral_id=referral,
        cppl_cp_plan_start_date=start,
        cppl_cp_plan_end_date=end,
        cppl_cp_plan_ola=choice(n, "N", "N", "Y"),
        cppl_cp_plan_initial_category=choice(n, "NEG", "EMO"),
    )
    add(
        "ssd_cp_reviews",
        cppr_cp_review_id=key,
        cppr_cp_plan_id=key,
        cppr_person_id=person,
        cppr_cp_review_date=start + pd.Timedelta(days=80),
    )
    return tables


def known_on(tables: dict[str, pd.DataFrame], day: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """The same records as an extract of that day would have shown them."""
    out = {name: frame.copy() for name, frame in tables.items()}
    for name, (start, end, with_end) in FORGET.items():
        frame = out[name]
        if start:
            frame = frame[~(frame[start] > day)]
        if end:
            ahead = frame[end] > day
            frame = frame.assign(**{column: frame[column].mask(ahead) for column in (end, *with_end)})
        out[name] = frame
    person = out["ssd_person"]
    out["ssd_person"] = person.assign(pers_dob=person["pers_dob"].mask(person["pers_dob"] > day))
    done = out["ssd_cin_assessments"].query("cina_assessment_auth_date.notna()")["cina_assessment_id"]
    factors = out["ssd_assessment_factors"]
    out["ssd_assessment_factors"] = factors[factors["cinf_assessment_id"].isin(done)]
    return out


@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    seed=st.integers(0, 10_000),
    day=st.sampled_from([date(2026, 3, 31), date(2025, 9, 30), date(2025, 4, 1)]),
    conventions=st.sampled_from(
        [{}, {"join_plans_gap_days": 1, "link_conference_by_date": True, "none_disability_default": True}]
    ),
)
def test_a_later_extract_gives_the_same_return(seed, day, conventions):
    collection, june = contract("cin", "2025-26"), world_in_june(seed)
    late = build_cin(collection, june, conventions, BuildSettings("999", as_at=day, extract_date=JUNE))
    then = build_cin(collection, known_on(june, pd.Timestamp(day)), conventions, BuildSettings("999", extract_date=day))
    for name, frame in late.tables.items():
        pd.testing.assert_frame_equal(frame, then.tables[name], obj=f"{name} as at {day}")
        for item in collection.tables[name].fields.values():
            if item.type == "date" and name != "Header" and item.name not in FORWARD:
                assert not (frame[item.name] > pd.Timestamp(day)).any(), item.id


@pytest.mark.parametrize("seed", [3, 4])
def test_every_row_of_the_extract_is_in_the_return_or_counted(seed):
    june = world_in_june(seed)
    built = build_cin(contract("cin", "2025-26"), june, {}, BuildSettings("999", extract_date=JUNE))
    told = pd.concat(built.origins.values())[["source", "file", "line"]].drop_duplicates()["source"].value_counts()
    counted = built.withheld.groupby("table")["count"].sum()
    rows = {name: len(frame) for name, frame in june.items()}
    assert {name: told.get(name, 0) + counted.get(name, 0) for name in rows} == rows


def test_the_order_of_rows_in_the_extract_does_not_matter():
    collection, june = contract("cin", "2025-26"), world_in_june(11)
    shuffled = {name: frame.sample(frac=1, random_state=1) for name, frame in june.items()}
    first, second = (
        build_cin(collection, tables, {}, BuildSettings("999", extract_date=JUNE)) for tables in (june, shuffled)
    )
    for name, frame in first.tables.items():
        assert len(frame) or name == "Disabilities"  # the world has something of everything else
        pd.testing.assert_frame_equal(frame, second.tables[name], obj=name)
    pd.testing.assert_frame_equal(first.decisions, second.decisions)
    pd.testing.assert_frame_equal(first.worklist, second.worklist)
    pd.testing.assert_frame_equal(first.withheld, second.withheld)
