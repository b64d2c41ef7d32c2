"""Spells of days held against each other without joining tables row by row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.validate.data import _keyed as keyed

SPAN = np.int64(1) << 33
FAR = pd.Timestamp(9999, 12, 31)


def touched(
    group: pd.Series,
    start: pd.Series,
    end: pd.Series,
    other_group: pd.Series,
    other_start: pd.Series,
    other_end: pd.Series,
) -> npt.NDArray[np.bool_]:
    """For each spell whether one of the other spells of its group starts by its end and ends on or after its start.

    Groups are numbers (-1 = none); a missing day takes no part; a spell that ends before it starts is taken as it is.
    """
    starts, ends = keyed(other_group, other_start, SPAN), keyed(other_group, other_end, SPAN)
    usable = (starts >= 0) & (ends >= 0)
    order = np.argsort(starts[usable], kind="stable")
    starts, ends = starts[usable][order], np.maximum.accumulate(ends[usable][order])
    first, last = keyed(group, start, SPAN), keyed(group, end, SPAN)
    before = np.searchsorted(starts, last, side="right") - 1
    # the greatest end so far belongs to this group or to an earlier one, whose numbers are all smaller
    reached = np.append(ends, -1)[before]
    return (first >= 0) & (last >= 0) & (before >= 0) & (reached >= first)
