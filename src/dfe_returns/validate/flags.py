"""What a rule answers: which rows of which table, and the fields to point at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Flag:
    """Rows (positions in the caller's frame) of one table with the fields at fault; no table = the whole return."""

    table: str
    rows: npt.NDArray[np.int64]
    fields: tuple[str, ...] | None
    """None = the rule's `fields_flagged` that belong to the table; an empty tuple = the row as a whole."""


Flags = list[Flag]


def flag(table: str, rows: Any, *fields: str) -> Flags:
    """Flag rows of a table.

    rows: boolean Series or array over the table's rows (missing = False), or an Index, array, Series or frame index of
    row positions.
    fields: columns to point at; none given = the rule's own fields that the table has. ``"-"`` = the row as a whole.
    """
    if isinstance(rows, pd.DataFrame):
        positions = rows.index.to_numpy()
    elif isinstance(rows, pd.Series) and pd.api.types.is_bool_dtype(rows.dtype):
        positions = rows.index.to_numpy()[rows.to_numpy(dtype=bool, na_value=False)]
    elif isinstance(rows, np.ndarray) and rows.dtype == bool:
        positions = np.flatnonzero(rows)
    else:
        positions = np.asarray(rows)
    positions = np.unique(positions[positions >= 0].astype(np.int64)) if len(positions) else np.empty(0, np.int64)
    return [Flag(table, positions, () if fields == ("-",) else (fields or None))] if len(positions) else []


def flag_return(fails: object) -> Flags:
    """One failure of the whole return when `fails` is true."""
    return [Flag("", np.empty(0, np.int64), ())] if bool(fails) else []
