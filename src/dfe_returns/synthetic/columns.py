"""Helpers that both layouts write their columns with."""

from __future__ import annotations

import numpy as np
import pandas as pd

Frames = dict[str, pd.DataFrame]


def stamp(days: pd.Series) -> pd.Series:
    """Dates as SQL Server dumps them; missing as empty text."""
    text = np.datetime_as_string(days.to_numpy(dtype="datetime64[D]"))
    return pd.Series(np.where(days.isna(), "", np.char.add(text, " 00:00:00.000")), index=days.index, dtype=object)


def plain(days: pd.Series) -> pd.Series:
    """Dates as yyyy-mm-dd, as the companion files have them; missing as empty text."""
    text = np.datetime_as_string(days.to_numpy(dtype="datetime64[D]"))
    return pd.Series(np.where(days.isna(), "", text), index=days.index, dtype=object)


def system_number(t: Frames, child: pd.Series) -> pd.Series:
    """System numbers of children, which the dataset uses as its key."""
    people = t["people"]
    return child.map(pd.Series(people.system.to_numpy(), index=people.child))
