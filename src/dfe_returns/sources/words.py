"""Cleaning of text cells: control characters, spaces, null words, placeholder words. Works on unique values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\ufeff]+")
_SPACES = re.compile(r"[ \u00a0\u2007\u202f]+")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})

PLACEHOLDER_WORDS = frozenset({"ssd_ph", "placeholder_data", "placeholderstr", "ssd_placeholder"})
"""What the extract scripts write where they have nothing."""

NULL_WORDS = frozenset({"null", "(null)", "<null>", "nan", "#n/a", "<na>"})


def tidy(text: str) -> str:
    """Control characters to spaces, runs of spaces to one, no outer spaces."""
    return _SPACES.sub(" ", _CONTROL.sub(" ", text)).strip()


def plain(text: str) -> str:
    """Form in which wording is compared: tidy, straight quotes and hyphens, lower case."""
    return tidy(text).translate(_QUOTES).lower()


def uniques(values: pd.Series) -> tuple[npt.NDArray[np.intp], list[str]]:
    """(position of each cell's value in the list of distinct values, that list); blank cells are the empty text."""
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    words = list(distinct)
    if (codes < 0).any():
        codes = np.where(codes < 0, len(words), codes)
        words.append("")
    return codes, words


def spread(codes: npt.NDArray[np.intp], values: Iterable[Any]) -> npt.NDArray[np.object_]:
    """The result for each distinct value, laid out over the cells."""
    found = list(values)
    out = np.empty(len(found) + 1, dtype=object)
    out[: len(found)] = found
    return out[codes]


def blank_reader(null_words: Iterable[str] = ()) -> Callable[[str], str | None]:
    """Function that tells why a tidy text counts as blank: "" for blank, "placeholder" or None when it is not blank."""
    extra = {word.lower() for word in null_words}

    def read(text: str) -> str | None:
        low = text.lower()
        if not low or low in NULL_WORDS or low in extra:
            return ""
        return "placeholder" if low in PLACEHOLDER_WORDS else None

    return read
