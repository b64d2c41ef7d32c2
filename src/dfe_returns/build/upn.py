"""Unique pupil numbers (DfE, unique pupil number guide): a check letter, eleven digits, and a digit or letter."""

from __future__ import annotations

import pandas as pd

from dfe_returns.validate.checks import upn_check_letter

_LAYOUT = r"[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]"
REASON = r"UN[1-7]"


def cleaned(values: pd.Series) -> pd.Series:
    """Upper case, without blanks at either end or inside; missing where nothing is left."""
    text = values.str.replace(r"\s+", "", regex=True).str.upper()
    return text.where(text.str.len() > 0)


def is_upn(values: pd.Series) -> pd.Series:
    """Laid out as a UPN, and its first letter agrees with the digits."""
    return values.str.fullmatch(_LAYOUT).eq(True) & upn_check_letter(values)


def is_reason(values: pd.Series) -> pd.Series:
    """A reason for having none: UN1 to UN7."""
    return values.str.fullmatch(REASON).eq(True)
