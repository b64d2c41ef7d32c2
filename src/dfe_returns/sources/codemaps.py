"""From stored wording to national codes: the profile's map first, then the code itself, then the exact national label.

Whatever none of these knows is unmapped, and by default that stops the run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from dfe_returns.sources.national import NationalCodes
from dfe_returns.sources.words import plain

MODES = ("any", "code", "label", "leading_code", "lookup")
_LEADING = re.compile(r"^\s*([A-Za-z0-9]{1,6})\s*(?:[-\u2013\u2014:(\[.]|\s|$)")


@dataclass(frozen=True)
class Entry:
    """One line of a code map. `code` None: known, and deliberately left blank. `since` and `until` bound the
    record's own date.
    """

    code: str | None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class CodeMap:
    """How one column's values become national codes.

    mode: any (map, code, label in this order), code (map or code), label (map or label), leading_code (also the code
    that wording
    begins with), lookup (the map alone: the values are row numbers of a lookup table)
    case: "ignore" (default) or "match"; contains: words that decide wherever they stand in the text
    unmapped: stop, empty or review
    """

    mode: str = "any"
    case: str = "ignore"
    unmapped: str = "stop"
    entries: Mapping[str, Entry] = field(default_factory=dict)
    contains: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """How one distinct value was read: code (None blank), how (map, code, case, label, leading, contains, left
    blank, unmapped).
    """

    code: str | None
    how: str
    entry: Entry | None = None


def read_codes(distinct: Sequence[str], national: NationalCodes, codemap: CodeMap) -> list[Read]:
    """Each distinct, tidied, non-blank text as a code."""
    entries = {_fold(key, codemap.case): entry for key, entry in codemap.entries.items()}
    contains = [(plain(words), code) for words, code in codemap.contains.items()]
    return [_one(text, national, codemap, entries, contains) for text in distinct]


def _fold(text: str, case: str) -> str:
    return plain(text) if case == "ignore" else text


def _one(
    text: str,
    national: NationalCodes,
    codemap: CodeMap,
    entries: Mapping[str, Entry],
    contains: Sequence[tuple[str, str]],
) -> Read:
    entry = entries.get(_fold(text, codemap.case))
    if entry is not None:
        return Read(entry.code, "map" if entry.code is not None else "left blank", entry)
    if codemap.mode != "lookup":
        if codemap.mode != "label" and text in national.codes:
            return Read(text, "code")
        if codemap.mode != "code" and (code := national.labels.get(plain(text))):
            return Read(code, "label")
        if codemap.mode != "label" and codemap.case == "ignore" and text.lower() in national.folded:
            return Read(national.folded[text.lower()], "case")
        if codemap.mode == "leading_code" and (found := _LEADING.match(text)):
            code = national.folded.get(found[1].lower())
            if code and (codemap.case == "ignore" or found[1] == code):
                return Read(code, "leading")
    low = plain(text)
    for words, code in contains:
        if words in low:
            return Read(code, "contains")
    return Read(None, "unmapped")
