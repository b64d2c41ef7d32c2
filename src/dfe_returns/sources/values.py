"""Small readers for the distinct values of a column: flags, numbers, identifiers, postcodes, JSON lists and flags."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

YES = frozenset({"y", "yes", "t", "true", "1", "-1", "1.0"})
NO = frozenset({"n", "no", "f", "false", "0", "0.0"})
NEITHER = frozenset({"na", "n/a", "not applicable", "unknown", "not known"})
UNKNOWN_KEYS = frozenset({"-1", "0", "-1.0", "0.0"})

_FLOAT_ID = re.compile(r"^(\d+)\.0+$")
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?[eE]\+\d{1,3}$")
_INTEGER = re.compile(r"^[+-]?\d+(?:\.0+)?$")
_POSTCODE = re.compile(r"^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$")
_INWARD = re.compile(r"^([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})$")
_ISO_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[ T].*)?$")
_PARTS = re.compile(r"^(\d{1,2}|[zZ]{2})/(\d{1,2}|[zZ]{2})/(\d{4}|[zZ]{4})$")
_DUMMY_POSTCODES = frozenset({"NOPOSTCODE", "NOTKNOWN", "UNKNOWN", "NONE"})


def flag(text: str) -> tuple[str | None, str]:
    """("Y", "N" or None, status): three-valued. Status "unmapped" when the text is no yes, no or not applicable."""
    low = text.lower()
    if low in YES:
        return "Y", ""
    if low in NO:
        return "N", ""
    return (None, "neither") if low in NEITHER else (None, "unmapped")


def identifier(text: str) -> tuple[str | None, str]:
    """(the number, status): "unknown" for -1 and 0, "float" where a spreadsheet added ".0", "scientific" where it
    lost digits.
    """
    if text in UNKNOWN_KEYS:
        return None, "unknown"
    if found := _FLOAT_ID.match(text):
        return found[1], "float"
    return text, "scientific" if _SCIENTIFIC.match(text) else ""


def integer(text: str) -> tuple[int | None, str]:
    """(whole number, status "unreadable" when it is none)."""
    return (int(float(text)), "") if _INTEGER.match(text) else (None, "unreadable")


def decimal(text: str) -> tuple[float | None, str]:
    """(number, status "unreadable" when it is none)."""
    try:
        value = float(text)
    except ValueError:
        return None, "unreadable"
    return (value, "") if value == value and abs(value) != float("inf") else (None, "unreadable")


def postcode(text: str) -> tuple[str | None, str]:
    """(postcode, status): case and spacing cleaned; "dummy" for made-up ones; "odd" for anything else that is no
    full postcode.
    """
    up = re.sub(r"\s+", "", text.upper())
    if (up and set(up) <= {"X"}) or up in _DUMMY_POSTCODES or up.startswith("XX"):
        return None, "dummy"
    if found := _INWARD.match(up):
        return f"{found[1]} {found[2]}", ""
    return " ".join(text.upper().split()), "odd"


def partial_date(text: str) -> tuple[str | None, str]:
    """(dd/mm/yyyy with zz for parts not known, status): real dates are written so too; "undated" for anything else."""
    if found := _ISO_DAY.match(text):
        year, month, day = found.groups()
    elif found := _PARTS.match(text):
        day, month, year = (part.lower() for part in found.groups())
    else:
        return text, "undated"
    if year == "1900":
        return None, "placeholder"
    return f"{day.zfill(2)}/{month.zfill(2)}/{year}", ""


def is_postcode(text: str) -> bool:
    """A full postcode with one space."""
    return bool(_POSTCODE.match(text))


def json_list(text: str) -> tuple[list[str] | None, str]:
    """(items, status "unreadable"): a list; an object's keys whose value is a yes; a plain comma list. Trailing
    commas and single
    quotes are forgiven."""
    content = _json(text)
    if content is None and not re.search(r"[\[\]{}]", text):
        content = list(re.split(r"[,;|]", text))
    if isinstance(content, dict):
        if all(isinstance(value, list) for value in content.values()) and len(content) == 1:
            content = next(iter(content.values()))
        else:
            content = [key for key, value in content.items() if value is True or flag(str(value).strip())[0] == "Y"]
    if isinstance(content, str | int | float) and not isinstance(content, bool):
        content = [content]
    if not isinstance(content, list) or any(isinstance(item, dict | list) for item in content):
        return None, "unreadable"
    items = [str(item).strip().strip("'\"").strip() for item in content if item is not None]
    return [item for item in items if item], ""


def json_flags(text: str) -> tuple[dict[str, str] | None, str]:
    """(flags by name, status): only entries that are a yes or a no are kept, so that comments never pass."""
    content = _json(text)
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    if not isinstance(content, dict):
        return None, "unreadable"
    found = {}
    for key, value in content.items():
        answer = flag(str(value).strip())[0] if not isinstance(value, dict | list) and value is not None else None
        if answer:
            found[str(key).strip().upper()] = answer
    return dict(sorted(found.items())), ""


def _json(text: str) -> Any:
    loose = re.sub(r",\s*([\]}])", r"\1", text)
    try:
        return json.loads(loose)
    except ValueError:
        pass
    try:
        return ast.literal_eval(loose)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
