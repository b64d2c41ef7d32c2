"""Collection years: ``2025-26`` runs from 1 April 2025 to 31 March 2026."""

from __future__ import annotations

import re
from datetime import date

from dfe_returns.errors import UsageError

YEARS = ("2022-23", "2023-24", "2024-25", "2025-26", "2026-27")
"""The collection years this product knows, oldest first."""

RETURNS = ("cin", "ssda903")


def normal_year(year: str | int) -> str:
    """``2025-26`` for ``2025-26``, ``2025/26``, ``2025-2026`` or the census year ``2026``.

    Raises UsageError for anything else and for years not covered.
    """
    text = str(year).strip()
    if match := re.fullmatch(r"(\d{4})[-/](?:\d{2})?(\d{2})", text):
        first, last = int(match[1]), int(match[2])
        normal = f"{first}-{last:02d}" if (first + 1) % 100 == last else ""
    elif re.fullmatch(r"\d{4}", text):
        normal = f"{int(text) - 1}-{int(text) % 100:02d}"
    else:
        normal = ""
    if normal not in YEARS:
        raise UsageError(f"Collection year {text!r} is not one of {', '.join(YEARS)}.")
    return normal


def start_of(year: str) -> date:
    """1 April that opens the collection year."""
    return date(int(year[:4]), 4, 1)


def end_of(year: str) -> date:
    """31 March that closes the collection year."""
    return date(int(year[:4]) + 1, 3, 31)


def year_before(year: str) -> str:
    """The collection year before this one, covered or not."""
    first = int(year[:4])
    return f"{first - 1}-{first % 100:02d}"


def in_force(year: str, since: str | None, until: str | None) -> bool:
    """Whether something that holds from `since` to `until` (collection years, None = open) holds in `year`."""
    return (since is None or since <= year) and (until is None or year <= until)
