"""Spells of days against each other, and looking values up by a key."""

import pandas as pd

from dfe_returns.validate.views.ssda903.episodes import at
from dfe_returns.validate.views.ssda903.intervals import touched


def _days(*texts):
    return pd.Series(pd.to_datetime(list(texts), format="%d/%m/%Y"))


def test_spells_touch_on_a_shared_day_of_the_same_group():
    group = pd.Series([0, 0, 1, 1, -1, 2])
    start = _days("10/05/2025", "21/05/2025", "10/05/2025", None, "10/05/2025", "10/05/2025")
    end = _days("20/05/2025", "22/05/2025", "20/05/2025", "20/05/2025", "20/05/2025", "20/05/2025")
    other_group = pd.Series([0, 0, 1, -1, 0])
    other_start = _days("01/05/2025", "20/05/2025", "21/05/2025", "01/05/2025", None)
    other_end = _days("10/05/2025", "20/05/2025", "22/05/2025", "30/05/2025", "30/05/2025")
    found = touched(group, start, end, other_group, other_start, other_end)
    assert list(found) == [True, False, False, False, False, False]


def test_a_long_spell_that_starts_early_is_not_overlooked():
    group, other_group = pd.Series([0]), pd.Series([0, 0])
    long_and_short = _days("01/01/2025", "01/02/2025"), _days("31/12/2025", "02/02/2025")
    assert list(touched(group, _days("01/06/2025"), _days("02/06/2025"), other_group, *long_and_short)) == [True]


def test_nothing_touches_nothing():
    none, no_days = pd.Series([], dtype="int64"), _days()
    assert not len(touched(none, no_days, no_days, none, no_days, no_days))
    assert list(touched(pd.Series([0]), _days("01/06/2025"), _days("02/06/2025"), none, no_days, no_days)) == [False]


def test_values_found_by_a_key_keep_their_type():
    dated = pd.Series(_days("01/05/2025").to_numpy(), index=["A"])
    assert list(at(dated, pd.Series(["B", "A", None])).isna()) == [True, False, True]
    empty = pd.Series([], dtype="datetime64[us]", index=pd.Index([], dtype="str"))
    assert at(empty, pd.Series(["B"])).dtype == "datetime64[us]"
