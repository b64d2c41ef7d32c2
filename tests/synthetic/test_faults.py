"""Each kind of mess can be planted in each layout where it has a meaning, at any share, and leaves its mark."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dfe_returns.errors import UsageError
from dfe_returns.synthetic import FAULTS, stories, synthesise
from dfe_returns.synthetic.faults import chosen, known, spoil_pack, spoil_stories
from dfe_returns.synthetic.layout_ssd import ssd_pack
from dfe_returns.synthetic.layout_vendor import vendor_pack
from dfe_returns.synthetic.pack import File, Pack, text

LAYOUTS = {"ssd": ssd_pack, "vendor": vendor_pack}
PLANTED = [(name, layout) for name, fault in known().items() for layout in fault.layouts]


@pytest.fixture(scope="module")
def told():
    return stories(
        160, 12, paths={"plan": 0.25, "protection": 0.2, "enquiry": 0.1, "nfa": 0.05, "care": 0.3, "leaver": 0.1}
    )


@pytest.fixture(scope="module")
def clean(told):
    return {layout: make(told) for layout, make in LAYOUTS.items()}


def spoilt(told, clean, name, layout, share=0.2) -> Pack:
    [fault] = chosen([name], layout)
    base = LAYOUTS[layout](spoil_stories(told, [fault], share)) if fault.on_stories else clean[layout]
    copy = Pack(layout, {n: replace(f) for n, f in base.files.items()}, dict(base.about) if base.about else None)
    return spoil_pack(copy, [fault], share, 12)


def form(file: File) -> tuple[object, ...]:
    return file.encoding, file.separator, file.newline, file.excel, file.title, file.foot


def differs(a: File, b: File) -> bool:
    return form(a) != form(b) or (a.frame is not b.frame and not text(a.frame).equals(text(b.frame)))


def test_the_thirty_five_kinds_are_all_there():
    numbers = {fault.number for fault in known().values()}
    assert numbers == set(range(36))  # 0: slips of recording
    assert list(FAULTS) == list(known())
    assert all(len(about) > 20 for about in FAULTS.values())
    assert all(re.fullmatch(r"[a-z-]+", name) for name in FAULTS)


@pytest.mark.parametrize(("name", "layout"), PLANTED)
def test_fault_leaves_its_mark(told, clean, name, layout):
    before, after = clean[layout], spoilt(told, clean, name, layout)
    changed = [n for n in before.files if n not in after.files or differs(before.files[n], after.files[n])]
    assert changed or before.about != after.about


def test_share_tells_how_many_rows_are_spoilt(told, clean):
    few, many = (
        spoilt(told, clean, "untidy-postcodes", "ssd", share).files["ssd_address"].frame.addr_address_postcode
        for share in (0.02, 0.9)
    )
    neat = clean["ssd"].files["ssd_address"].frame.addr_address_postcode
    assert 0 < (few != neat).mean() < 0.1
    assert (many != neat).mean() > 0.7
    none = spoilt(told, clean, "untidy-postcodes", "ssd", 0).files["ssd_address"].frame.addr_address_postcode
    assert (none == neat).all()


def test_mixed_dates_can_each_be_read_one_way_only(told, clean):
    ends = spoilt(told, clean, "mixed-dates", "ssd", 0.9).files["ssd_cin_plans"].frame.cinp_cin_plan_end_date
    shapes = ends[ends != ""].str.replace(r"[A-Za-z]", "a", regex=True).str.replace(r"\d", "9", regex=True)
    assert {"9999-99-99 99:99:99.999", "99/99/9999 99:99", "99-aaa-99", "99999"} <= set(shapes)
    slashed = ends[ends.str.contains("/")]
    assert (slashed.str[:2].astype(int) > 12).all()


def test_same_seed_same_mess(tmp_path):
    for place in ("a", "b"):
        synthesise(40, 5, tmp_path / place, faults=["all"], fault_share=0.3)
    names = sorted(f.name for f in (tmp_path / "a").iterdir())
    assert "ssd_cin_plans.xlsx" in names
    assert "ssd_assessment_factors.csv" not in names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_all_faults_of_the_vendor_layout_together(tmp_path):
    assert synthesise(40, 5, tmp_path, layout="vendor", faults=["all"], fault_share=0.5)["05 Referrals"] > 20
    assert (tmp_path / "05 Referrals.xlsx").stat().st_mode & 0o777 == 0o600


def test_slips_of_recording_stand_in_the_stories(told):
    def with_fault(name, share=0.3):
        return spoil_stories(told, chosen([name], "ssd"), share)

    swapped = with_fault("swapped-dates").cin_plans
    assert (swapped.end < swapped.start).any()
    assert with_fault("missing-codes").referrals.need.isna().sum() > told.referrals.need.isna().sum()
    moved = with_fault("weekend-conferences")
    assert (moved.conferences.date.dt.day_of_week == 5).any()
    plans = moved.protection_plans.merge(moved.conferences, on="conference")
    assert (plans.start == plans.date).all()
    assert with_fault("wrong-upns").people.upn.dropna().duplicated().any()
    gone = with_fault("overlapping-absences").missing
    assert len(gone) > len(told.missing)
    e = with_fault("overlapping-episodes").care_episodes
    assert ((e.end < e.start) | (e.end == e.start)).any()


def test_wishes_that_make_no_sense_are_refused(tmp_path):
    with pytest.raises(UsageError, match="Unknown fault 'gremlins'"):
        synthesise(1, 1, tmp_path, faults=["gremlins"])
    with pytest.raises(UsageError, match="no meaning in layout 'vendor'"):
        synthesise(1, 1, tmp_path, layout="vendor", faults=["odd-lists"])
    with pytest.raises(UsageError, match="between 0 and 1"):
        synthesise(1, 1, tmp_path, fault_share=1.5)


def test_text_of_a_frame_keeps_what_is_written():
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": ["x", np.nan], "c": [7, "y"]})
    assert text(frame).to_dict("list") == {"a": ["1", ""], "b": ["x", ""], "c": ["7", "y"]}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_handful_of_children_is_enough(tmp_path, layout):
    for children in (1, 3):
        assert synthesise(children, children, tmp_path / str(children), layout=layout, faults=["all"])
