"""Dates as case systems write them: ISO, day first, month first, named months, Excel numbers. A column that parses
two ways is refused.

All functions work on the distinct values of a column, so a history of millions of rows costs a few thousand parses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

_ZONE = r"(?P<zone> ?(?:[zZ]|UTC|GMT|BST|[+-]\d{2}:?\d{2}))?"
_TIME = r"(?:[ tT]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,:]\d{1,9})?)?(?: ?[apAP][mM])?" + _ZONE + ")?"
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME + "$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_SLASH = re.compile(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})" + _TIME + "$")
_NAMED = re.compile(r"^(\d{1,2})[ \-/.]([a-zA-Z]{3,9})[ \-/.,]+(\d{4}|\d{2})" + _TIME + "$")
_MONTH_FIRST = re.compile(r"^([a-zA-Z]{3,9})[ \-]+(\d{1,2}),?[ \-]+(\d{4})" + _TIME + "$")
_EXCEL = re.compile(r"^(\d{5})(?:[.,]\d+)?$")
_MONTHS = dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True))  # noqa: SIM905
_EXCEL_START = date(1899, 12, 30)
_EXCEL_LEAST, _EXCEL_MOST = (
    14_000,
    80_000,
)  # 1938 to 2119: nobody in these returns was born before, nothing is planned after

_NO_DATES = 3
"""Different values of a column, none of which reads as a date, that are too many to be slips."""

FORMATS = ("iso", "dmy", "mdy", "named", "excel", "compact")
"""iso 2026-03-31 [00:00:00.000]; dmy 31/03/2026; mdy 03/31/2026; named 31-Mar-26 or Mar 31 2026; excel 46112;
compact 20260331
"""


@dataclass
class Dates:
    """Parsed distinct values of one column.

    values: datetime64[us], NaT where blank or unreadable; status per value: "" fine, "blank", "placeholder",
    "unreadable"
    refused: why the column as a whole cannot be read ("" when it can); formats: how often each way of writing was met
    """

    values: npt.NDArray[np.datetime64]
    status: list[str]
    refused: str = ""
    formats: Counter[str] = field(default_factory=Counter)
    others: tuple[str, ...] = ()
    """ways of writing that stand there and are not among those stated"""
    zones: list[int] = field(default_factory=list)


def parse_dates(
    distinct: Sequence[str], formats: Sequence[str] = (), blank: Callable[[str], str | None] = lambda text: None
) -> Dates:
    """Read the distinct (tidied) texts of a column.

    `formats` are those the profile states, in any order; none means: everything that is not ambiguous. ISO dates and
    named months can mean one day only and are read whatever is stated; an Excel workbook holds its dates so. Without a
    stated order of day and month, a column whose every numeric date reads both ways, or whose dates contradict each
    other, is refused; so is one that holds dates in a way of writing other than those stated.
    """
    allowed = {*formats, "iso", "named"} if formats else set(FORMATS)
    order, refused = _order(distinct, allowed, stated=bool(formats))
    out = Dates(np.full(len(distinct), np.datetime64("NaT"), dtype="datetime64[us]"), [""] * len(distinct), refused)
    for position, text in enumerate(distinct):
        why = blank(text)
        if why is not None:
            out.status[position] = why or "blank"
            continue
        found, how, zone = _one(text, allowed, order)
        if found is None:
            out.status[position] = "unreadable"
            continue
        out.formats[how] += 1
        if zone:
            out.zones.append(position)
        if is_placeholder(found):
            out.status[position] = "placeholder"
        else:
            out.values[position] = np.datetime64(found, "us")
    unread = out.status.count("unreadable")
    if not refused and unread >= _NO_DATES and not out.formats:
        out.refused = f"none of its {unread} different values reads as a date"
    if formats and not refused:
        ways = _otherwise(distinct, out.status)
        out.others = tuple(how for how in FORMATS if ways[how] and how not in allowed)
        if told := ", ".join(f"{ways[how]} as {how}" for how in out.others):
            out.refused = f"the profile says {', '.join(formats)}, and {told} stand there"
    return out


def _otherwise(distinct: Sequence[str], status: Sequence[str]) -> Counter[str]:
    """Unread values that are dates, only in another way of writing than those stated: how many in each way."""
    unread = [text for text, said in zip(distinct, status, strict=True) if said == "unreadable"]
    order, _ = _order(unread, set(FORMATS), stated=False)
    return Counter(how for found, how, _ in (_one(text, set(FORMATS), order) for text in unread) if found)


def is_placeholder(day: date) -> bool:
    """Dates that stand for "unknown" or "open": 1 January 1900 and before, everything from 2299 on."""
    return day <= date(1900, 1, 1) or day.year >= 2299


def _order(distinct: Sequence[str], allowed: set[str], stated: bool) -> tuple[str, str]:
    """("dmy" or "mdy", why the column is refused)."""
    parts = [(int(m[1]), int(m[2])) for m in map(_SLASH.match, distinct) if m]
    day_first = sum(1 for a, b in parts if a > 12 >= b)
    month_first = sum(1 for a, b in parts if b > 12 >= a)
    either = sum(1 for a, b in parts if a <= 12 and b <= 12 and a != b)
    if day_first and month_first:
        return "dmy", f"{day_first} value(s) can only be day/month/year and {month_first} only month/day/year"
    if stated and "dmy" in allowed and "mdy" not in allowed:
        return "dmy", f"{month_first} value(s) can only be month/day/year" if month_first else ""
    if stated and "mdy" in allowed and "dmy" not in allowed:
        return "mdy", f"{day_first} value(s) can only be day/month/year" if day_first else ""
    if day_first or not parts:
        return "dmy", ""
    if month_first:
        return "mdy", ""
    return "dmy", f"{either} value(s) read as day/month/year and as month/day/year" if either else ""


def _one(text: str, allowed: set[str], order: str) -> tuple[date | None, str, bool]:
    if m := _ISO.match(text):
        return (_day(m[1], m[2], m[3]), "iso", bool(m["zone"])) if "iso" in allowed else (None, "", False)
    if m := _SLASH.match(text):
        if order not in allowed:
            return None, "", False
        day, month = (m[1], m[2]) if order == "dmy" else (m[2], m[1])
        return _day(m[3], month, day), order, bool(m["zone"])
    if (m := _NAMED.match(text)) and "named" in allowed:
        month_number = _MONTHS.get(m[2][:3].lower())
        return (_day(m[3], str(month_number), m[1]), "named", bool(m["zone"])) if month_number else (None, "", False)
    if (m := _MONTH_FIRST.match(text)) and "named" in allowed:
        month_number = _MONTHS.get(m[1][:3].lower())
        return (_day(m[3], str(month_number), m[2]), "named", bool(m["zone"])) if month_number else (None, "", False)
    if (m := _EXCEL.match(text)) and "excel" in allowed and _EXCEL_LEAST <= int(m[1]) <= _EXCEL_MOST:
        return _EXCEL_START + timedelta(days=int(m[1])), "excel", False
    if (m := _COMPACT.match(text)) and "compact" in allowed:
        return _day(m[1], m[2], m[3]), "compact", False
    return None, "", False


def _day(year: str, month: str, day: str) -> date | None:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 60 else 1900
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None
