"""Checks about a single field, as Pandera checks made from the contract.

A check in `schemas/*/dictionary.yaml` names a kind; the kinds are here. Checks that speak for a DfE rule carry its code
as their name; the others (`format`, `code`, `length`, `date`) describe what may leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from dfe_returns.contract import Collection, Field
from dfe_returns.validate.cells import cin_day, ssda903_day

Test = Callable[[pd.Series], pd.Series]
"""Text cells (NaN = blank) -> True where the cell passes."""

_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_LAST_OF_UPN = "0-9A-HJ-NP-RT-Z"


def filled(cells: pd.Series) -> pd.Series:
    return cells.notna()


def matches(pattern: str) -> Test:
    """Blank, or the whole cell matches."""
    compiled = re.compile(pattern, re.ASCII | re.DOTALL)
    return lambda cells: (
        cells.isna() | cells.map(lambda text: compiled.fullmatch(text) is not None, na_action="ignore").eq(True)
    )


def days_of(return_name: str, cells: pd.Series) -> pd.Series:
    """The cells as dates, NaT where blank or unreadable."""
    parse = cin_day if return_name == "cin" else ssda903_day
    days = [parse(text) if isinstance(text, str) else np.datetime64("NaT") for text in cells]
    return pd.Series(np.array(days, dtype="datetime64[us]"), index=cells.index)


def upn_check_letter(cells: pd.Series) -> pd.Series:
    """The first letter of a thirteen-character number agrees with the other twelve (DfE, unique pupil number guide)."""

    def agrees(upn: str) -> bool:
        digits = upn[1:]
        if len(upn) != 13 or not (digits.isascii() and digits.isdigit()):
            return True
        return _CHECK_LETTERS[sum(int(d) * place for place, d in enumerate(digits, 2)) % 23] == upn[0]

    return cells.isna() | cells.map(agrees, na_action="ignore").eq(True)


@cache
def _ranges(texts: tuple[str, ...]) -> frozenset[str]:
    numbers: set[str] = set()
    for text in texts:
        first, _, last = text.partition("-")
        numbers.update(f"{n:03d}" for n in range(int(first), int(last or first) + 1))
    return frozenset(numbers)


def upn_authorities(collection: Collection) -> frozenset[str]:
    """Numbers that characters 2 to 4 of a UPN may be this year."""
    raw = collection.codesets["upn_la_numbers"].raw
    later = [r for year, r in raw.get("ranges_since", {}).items() if year <= collection.year]
    return _ranges((*raw["ranges"], *later))


def test_of(collection: Collection, item: Field, kind: str, check: Mapping[str, Any]) -> Test:
    """The test of a check kind for a field in a year. Raises KeyError for an unknown kind."""
    codes = frozenset(collection.codes_of(item))
    limit = int(check.get("limit") or 0)

    def in_codes(cells: pd.Series) -> pd.Series:
        return cells.isin(codes)

    def is_flag(cells: pd.Series) -> pd.Series:
        return cells.str.lower().isin(["0", "1", "true", "false"])

    def usable(cells: pd.Series) -> pd.Series:
        return days_of(collection.name, cells).notna()

    def authority_known(cells: pd.Series) -> pd.Series:
        return cells.isna() | (cells.str.len() != 13) | cells.str[1:4].isin(upn_authorities(collection))

    def not_weekend(cells: pd.Series) -> pd.Series:
        return ~(days_of(collection.name, cells).dt.day_of_week >= 5)

    kinds: dict[str, Test] = {
        "required": filled,
        "code": lambda cells: cells.isna() | in_codes(cells),
        "required_code": in_codes,
        "required_flag": is_flag,
        "required_count": lambda cells: filled(cells) & matches(r"\+?\d+|-0+")(cells),
        "required_date": usable,
        "date": usable,
        "date_or_blank": lambda cells: cells.isna() | usable(cells),
        "longer_than": lambda cells: ~(cells.str.len() > limit),
        "letters_and_digits": matches(r"[A-Za-z0-9]+"),
        "pattern": lambda cells: matches(str(check["pattern"]))(cells),
        "required_pattern": lambda cells: filled(cells) & matches(str(check["pattern"]))(cells),
        "number_range": lambda cells: cells.isna() | _within(cells, check["from"], check["to"]),
        "not_weekend": not_weekend,
        "upn_check_letter": upn_check_letter,
        "upn_authority": authority_known,
        "upn_digits": matches(r".{4}\d{8}.*"),
        "upn_last": lambda cells: (cells.str.len() != 13) | matches(rf".{{12}}[{_LAST_OF_UPN}]")(cells),
        "upn_layout": matches(rf"[A-Za-z]\d{{11}}[{_LAST_OF_UPN}a-hj-np-rt-z]"),
    }
    return kinds[kind]


def _within(cells: pd.Series, low: int, high: int) -> pd.Series:
    whole = matches(r"[+-]?\d+")(cells) & cells.notna()
    numbers = pd.to_numeric(cells.where(whole), errors="coerce")
    return (numbers >= low) & (numbers <= high)


def named_check(code: str, test: Test, description: str = "") -> pa.Check:
    """A Pandera check that carries a name and sees blank cells too."""
    return pa.Check(test, name=code, error=code, ignore_na=False, n_failure_cases=1, description=description or None)


def field_checks(collection: Collection, item: Field) -> dict[str, pa.Check]:
    """The DfE rules about this field alone that are in force this year, by code."""
    out = {}
    for check in item.checks:
        rule = collection.rules.get(check["rule"])
        if (
            rule is None
            or (check.get("since") or "") > collection.year
            or (check.get("until") or "9") < collection.year
        ):
            continue
        out[rule.code] = named_check(rule.code, test_of(collection, item, check["kind"], check), rule.title)
    return out
