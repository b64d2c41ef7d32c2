"""One column of one source as its distinct values, and columns built from results for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.sources.model import SsdColumn


@dataclass
class Found:
    """What the typed reading counts: how code values were read, what is unmapped, how full the columns are."""

    values: list[tuple[str, str, str, str, str, int]] = field(default_factory=list)
    unmapped: list[tuple[str, str, str, str, int, str]] = field(default_factory=list)
    coverage: list[tuple[str, str, int, int, int, int]] = field(default_factory=list)


@dataclass
class Cells:
    """One column of one part: its distinct values, where they stand, and the place it came from."""

    column: SsdColumn
    codes: npt.NDArray[np.intp]
    distinct: list[str]
    lines: np.ndarray
    file: str
    source: str
    """what the column is called in the file"""

    def first_lines(self, wrong: Sequence[bool]) -> np.ndarray:
        """Lines on which the marked distinct values stand."""
        marks = np.array([*wrong, False], dtype=bool)
        return self.lines[marks[self.codes]]

    def count(self) -> npt.NDArray[np.intp]:
        return np.bincount(self.codes, minlength=len(self.distinct) + 1)


_SOUND = re.compile(r"[A-Za-z0-9_\-\n]*")
_UNSOUND_WORDS = re.compile(r"(?im)^(?:-1|0|nan|null|ssd_ph|ssd_placeholder|placeholder_data|placeholderstr)$")


def sound_ids(values: pd.Series) -> bool:
    """True when no number of the column needs a second look; spares large tables a pass over their distinct values."""
    joined = "\n".join(values.to_numpy(dtype=object))
    return _SOUND.fullmatch(joined) is not None and _UNSOUND_WORDS.search(joined) is None


def text_column(codes: npt.NDArray[np.intp], values: Iterable[str | None]) -> Any:
    """Text column from the result for each distinct value; built once per value, then laid out over the cells."""
    table = pd.array([np.nan if value is None else value for value in values] + [np.nan], dtype="str")
    return table.take(codes)
