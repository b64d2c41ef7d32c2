"""Return tables in the types that every stage after the build relies on."""

from __future__ import annotations

import pandas as pd

from dfe_returns.contract import Table

_TYPES = {"date": "datetime64[us]", "datetime": "datetime64[us]", "integer": "Int64"}
YES_NO = {"Y": "1", "N": "0"}
"""A flag of the source as the returns write it."""


def shaped(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Join keys and the year's columns of the table: days as datetime64, whole numbers as Int64, all else text."""
    out = {}
    for name in table.frame_columns:
        kind = _TYPES.get(table.fields[name].type, "str") if name in table.fields else "str"
        values = (
            frame[name].reset_index(drop=True) if name in frame else pd.Series(index=range(len(frame)), dtype="object")
        )
        out[name] = values.astype(kind)  # type: ignore[call-overload]
    return pd.DataFrame(out, index=pd.RangeIndex(len(frame)))


def number_within(*keys: pd.Series) -> pd.Series:
    """1, 2, 3 ... within each group of equal keys, in the order of the rows, as text."""
    frame = pd.concat([key.reset_index(drop=True) for key in keys], axis=1, ignore_index=True)
    numbers = frame.groupby(list(frame.columns), sort=False, dropna=False).cumcount() + 1
    return numbers.astype("str").set_axis(keys[0].index)


def look_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """For each key the (first) value under it, missing where there is none; keeps the type, also without rows."""
    first = values[~values.index.duplicated() & values.index.notna()]
    return first.reindex(pd.Index(keys)).set_axis(keys.index)
