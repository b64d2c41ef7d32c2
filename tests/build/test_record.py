"""The account of a build, and the small searches it rests on."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dfe_returns.build
from dfe_returns.build.record import Record, as_shown, decision_codes
from dfe_returns.build.spans import holding, overlaps
from dfe_returns.errors import ContractError

ROWS = pd.DataFrame({"_file": ["a.csv", "a.csv"], "_line": [3, 2], "child": ["1", "2"]}, index=[7, 5])


def test_a_decision_names_record_child_and_values():
    record = Record()
    record.decide(
        "CIN-PLAN-END-CUT",
        "CINplanDates",
        ROWS,
        "CINPlanEndDate",
        old=pd.Series(["x", "y", "z"], index=[5, 6, 7]),
        new=3,
    )
    assert record.decisions().to_numpy().tolist() == [
        ["CIN-PLAN-END-CUT", "CINplanDates", "a.csv:3", "1", "CINPlanEndDate", "z", "3", ""],
        ["CIN-PLAN-END-CUT", "CINplanDates", "a.csv:2", "2", "CINPlanEndDate", "x", "3", ""],
    ]


def test_rows_left_out_add_up_by_reason():
    record = Record()
    record.leave_out("ssd_cin_plans", "CINplanDates", "late", 2)
    record.leave_out("ssd_cin_plans", "CINplanDates", "late", 3)
    record.leave_out("ssd_cin_plans", "CINplanDates", "early", 0)
    assert record.withheld().to_numpy().tolist() == [["row", "ssd_cin_plans", "CINplanDates", "late", 5]]


@pytest.mark.parametrize("wrong", ["NO-SUCH-CODE", "CIN-ORPHAN"])
def test_a_code_that_is_not_described_as_a_decision_is_refused(wrong):
    with pytest.raises(ContractError, match=wrong):
        Record().decide(wrong, "CINplanDates", ROWS)


def test_every_code_in_use_is_described_and_every_description_in_use():
    folder = Path(dfe_returns.build.__file__).parent
    source = "\n".join(path.read_text() for path in sorted(folder.rglob("*.py")))
    used = set(re.findall(r'"(CIN-[A-Z0-9-]+[A-Z0-9])"', source)) | {"CIN-UPN-PROPOSED-UN1", "CIN-UPN-PROPOSED-UN7"}
    assert used == {code for code, entry in decision_codes().items() if entry.returns == "cin"}


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (pd.Series(pd.to_datetime(["2026-03-31", None])), ["2026-03-31", ""]),
        (pd.Series([1, None], dtype="Int64"), ["1", ""]),
        (pd.Series([1.0, np.nan]), ["1", ""]),
        (pd.Series(["a", None], dtype="str"), ["a", ""]),
        (None, ["", ""]),
        (pd.Timestamp("2026-03-31"), ["2026-03-31", "2026-03-31"]),
    ],
)
def test_values_are_shown_as_a_person_reads_them(values, shown):
    assert as_shown(values, 2).tolist() == shown


def _days(numbers):
    return pd.Series(
        pd.to_datetime([None if n is None else pd.Timestamp("2025-04-01") + pd.Timedelta(days=n) for n in numbers])
    )


SPAN = st.tuples(
    st.sampled_from(["a", "b", None]), st.one_of(st.none(), st.integers(0, 9)), st.one_of(st.none(), st.integers(0, 9))
)


@given(st.lists(SPAN, max_size=7), st.lists(SPAN, min_size=1, max_size=5))
def test_searches_agree_with_looking_at_every_pair(spans, asked):
    group, start, end = (list(part) for part in zip(*spans, strict=True)) if spans else ([], [], [])
    names, days, ends = (list(part) for part in zip(*asked, strict=True))
    text = pd.Series(group, dtype="str"), _days(start), _days(end)
    count, which = holding(pd.Series(names, dtype="str"), _days(days), *text)
    beside = overlaps(pd.Series(names, dtype="str"), _days(days), _days(ends), *text)
    for n, (name, day, last) in enumerate(asked):
        usable = [(g, s, 99 if e is None else e, i) for i, (g, s, e) in enumerate(spans) if g and s is not None]
        held = [i for g, s, e, i in usable if g == name and day is not None and s <= day <= e]
        assert count[n] == len(held)
        assert which[n] == (held[0] if len(held) == 1 else -1)
        stop = 99 if last is None else last
        real = name and day is not None and stop > day
        assert beside[n] == bool(real and any(g == name and e > s and s < stop and day < e for g, s, e, _ in usable))
