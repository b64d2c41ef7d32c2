"""Recognising columns of an unknown extract: by their names, by what they hold, by where they stand.

Used only for drafting a profile; a run never guesses. Values are looked at, never shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from dfe_returns.sources import values as read
from dfe_returns.sources.codemaps import CodeMap, read_codes
from dfe_returns.sources.dates import parse_dates
from dfe_returns.sources.model import SsdColumn, ssd_model
from dfe_returns.sources.national import codes_of
from dfe_returns.sources.profile import Profile, TableMap
from dfe_returns.sources.words import plain

LOOKED_AT = 2_000
"""Rows of a file that are looked at."""

_SYNONYMS = {
    "id": "number",
    "no": "number",
    "ref": "number",
    "reference": "number",
    "num": "number",
    "key": "number",
    "code": "code",
    "dob": "birth",
    "born": "birth",
    "birthdate": "birth",
    "begin": "start",
    "begun": "start",
    "begins": "start",
    "from": "start",
    "started": "start",
    "commenced": "start",
    "opened": "start",
    "opening": "start",
    "to": "end",
    "ended": "end",
    "ceased": "end",
    "closed": "end",
    "finish": "end",
    "finishes": "end",
    "finished": "end",
    "until": "end",
    "reason": "reason",
    "why": "reason",
    "gender": "sex",
    "ethnic": "ethnicity",
    "origin": "ethnicity",
    "child": "person",
    "client": "person",
    "system": "person",
    "people": "person",
    "case": "case",
    "category": "type",
    "kind": "type",
    "postcode": "postcode",
    "post": "postcode",
    "died": "death",
    "worker": "worker",
    "professional": "worker",
    "result": "result",
    "answer": "result",
    "outcome": "outcome",
}
_DROPPED = {"date", "of", "the", "on", "at", "a", "in", "day"}
_NAME, _VALUE, _PLACE = 0.35, 0.45, 0.20
SURE = 0.6
"""Score from which a guess is taken for good."""


@dataclass
class Wanted:
    """What a known layout says of one of its columns: its name, its place, and what its values must be like."""

    name: str
    place: float
    uses: list[tuple[SsdColumn, CodeMap]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Guess:
    """One column of a known layout found in an unknown file."""

    wanted: str
    found: str
    score: float
    rival: str = ""

    @property
    def sure(self) -> bool:
        return self.score >= SURE and not self.rival


class Looked:
    """A sample of one file: its columns, their distinct values, and what was found out about them so far."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.names = [str(name) for name in frame.columns]
        self.frame = frame
        self.distinct = {
            name: [str(word).strip() for word in frame[name].drop_duplicates()][:150] for name in self.names
        }
        self.filled = {name: [word for word in words if word] for name, words in self.distinct.items()}
        self._known: dict[tuple[str, str], float] = {}
        self.words = {name: {plain(word) for word in words} for name, words in self.filled.items()}

    def fits(self, name: str, column: SsdColumn, codemap: CodeMap) -> float:
        """How well the values of a column fit an SSD column, 0 to 1."""
        kind = (name, column.name if column.type == "code" else column.type)
        if kind not in self._known:
            self._known[kind] = _fits(column, codemap, self.filled[name])
        return self._known[kind]


@cache
def name_likeness(one: str, other: str) -> float:
    """How alike two headings are, 0 to 1: same words or synonyms, else alike letters."""
    left, right = _tokens(one), _tokens(other)
    if left and left == right:
        return 1.0
    shared = len(left & right) / max(len(left | right), 1)
    letters = difflib.SequenceMatcher(None, plain(one), plain(other)).ratio()
    return max(shared, letters * 0.9 if letters > 0.6 else letters * 0.5)


def _tokens(name: str) -> frozenset[str]:
    parts = re.findall(r"[a-z]+|\d+[a-z]?", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    return frozenset(_SYNONYMS.get(part, part) for part in parts if part not in _DROPPED)


def value_likeness(wanted: Wanted, looked: Looked, name: str) -> float:
    """How well the values of a column fit, 0 to 1; a half when there is nothing to tell by."""
    filled = looked.filled[name]
    if not filled:
        return 0.5 if not wanted.words else 0.0
    scores = [looked.fits(name, column, codemap) for column, codemap in wanted.uses]
    if wanted.words:
        scores.append(len(wanted.words & looked.words[name]) / len(wanted.words))
    return sum(scores) / len(scores) if scores else 0.5


def _fits(column: SsdColumn, codemap: CodeMap, filled: Sequence[str]) -> float:
    total = len(filled)
    if column.type == "date":
        return (
            sum(1 for status in parse_dates(filled, ("iso", "dmy", "mdy", "named")).status if status != "unreadable")
            / total
        )
    if column.type == "code":
        if column.unmapped == "empty":
            return 0.5 if not _looks_dated(filled) else 0.0
        return sum(1 for one in read_codes(filled, codes_of(column), codemap) if one.how != "unmapped") / total
    if column.type == "flag":
        return sum(1 for word in filled if read.flag(word)[1] != "unmapped") / total
    if column.type == "postcode":
        return sum(1 for word in filled if read.postcode(word)[1] == "") / total
    if column.type == "integer":
        return sum(1 for word in filled if read.integer(word)[1] == "") / total
    if column.type == "id":
        return (
            sum(1 for word in filled if re.fullmatch(r"[A-Za-z0-9_-]{1,48}", word) and any(c.isdigit() for c in word))
            / total
        )
    return 0.5 if not _looks_dated(filled) else 0.1


def _looks_dated(filled: Sequence[str]) -> bool:
    return sum(1 for word in filled if re.match(r"^\d{1,4}[-/]\d{1,2}[-/]\d{1,4}", word)) > len(filled) / 2


def wanted_columns(maps: Sequence[TableMap], profile: Profile, order: Sequence[str]) -> dict[str, Wanted]:
    """What the maps that read one file of a known layout say of its columns; `order`: its columns as they stand."""
    model = ssd_model()
    found: dict[str, Wanted] = {}

    def of(name: str) -> Wanted:
        place = order.index(name) / max(len(order) - 1, 1) if name in order else 0.5
        return found.setdefault(name, Wanted(name, place))

    for one in maps:
        table = model.tables[one.table]
        for target, expression in one.spec["columns"].items():
            column = table.columns[target]
            codemap = profile.codemap(target)
            for name, direct in _sources(expression):
                if direct:
                    of(name).uses.append((column, codemap))
                else:
                    of(name)
            if isinstance(expression, Mapping):
                for name, words in _words_of(expression):
                    of(name).words |= words
        for condition in one.spec.get("where", ()):
            of(condition["column"]).words |= _condition_words(condition)
        for name in one.spec.get("unpivot", {}).get("columns", ()):
            of(name).words |= {"yes"}
    return found


def _sources(expression: Any) -> list[tuple[str, bool]]:
    """(source column, whether its values are the target's own)."""
    if isinstance(expression, str):
        return [(expression, True)]
    out = [(expression["column"], True)] if "column" in expression else []
    out += [(name, True) for name in expression.get("first", ())]
    out += [(name, False) for name in expression.get("join", ())]
    out += [(expression["filled"], False)] if "filled" in expression else []
    out += [(expression["in"]["column"], False)] if "in" in expression else []
    out += [(expression["follow"]["column"], False)] if "follow" in expression else []
    out += [(one if isinstance(one, str) else one["column"], False) for one in expression.get("flags", {}).values()]
    if "linked" in expression:
        link = expression["linked"]
        out += [(link["through"], False), (link["key"], False), (link["value"], False)]
    return out


def _words_of(expression: Mapping[str, Any]) -> list[tuple[str, set[str]]]:
    out = []
    if "in" in expression:
        out.append((expression["in"]["column"], {plain(str(word)) for word in expression["in"]["value"]}))
    for one in expression.get("flags", {}).values():
        if isinstance(one, Mapping):
            out.append((one["column"], {plain(str(word)) for word in one["value"]}))
    for condition in (*expression.get("only", ()), *expression.get("linked", {}).get("where", ())):
        out.append((condition["column"], _condition_words(condition)))
    return out


def _condition_words(condition: Mapping[str, Any]) -> set[str]:
    """Words that a row filter asks for; words it shuts out need not be there."""
    if condition["op"] not in {"is", "in"}:
        return set()
    value = condition.get("value", "")
    return {plain(str(word)) for word in (value if isinstance(value, list) else [value])}


def match_columns(wanted: Mapping[str, Wanted], looked: Looked) -> list[Guess]:
    """Each wanted column with the column of the file that fits it best; no column is given twice."""
    scores = {
        (one.name, name): _score(one, looked, name, n) for one in wanted.values() for n, name in enumerate(looked.names)
    }
    given: dict[str, str] = {}
    for target, name in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        if target not in given and name not in given.values():
            given[target] = name
    _in_order_of_time(given, wanted, looked)
    out = []
    for target in (one for one in wanted if one in given):
        score = scores[target, given[target]]
        free = [name for name in looked.names if name not in given.values()]
        rivals = [name for name in free if score < 1 and scores[target, name] > score - 0.05]
        out.append(Guess(target, given[target], round(score, 2), rivals[0] if rivals else ""))
    return out


def _score(one: Wanted, looked: Looked, name: str, position: int) -> float:
    if plain(one.name) == plain(name):
        return 1.0
    place = 1 - abs(one.place - position / max(len(looked.names) - 1, 1))
    return _NAME * name_likeness(one.name, name) + _VALUE * value_likeness(one, looked, name) + _PLACE * place


def _in_order_of_time(given: dict[str, str], wanted: Mapping[str, Wanted], looked: Looked) -> None:
    """A start that mostly lies after its end is the end: swap the two."""
    model = ssd_model()
    roles: dict[tuple[str, str], str] = {}
    for one in wanted.values():
        for column, _ in one.uses:
            table = model.tables[column.table]
            for role, name in (("start", table.starts), ("end", table.ends)):
                if column.name == name and one.name in given:
                    roles[table.name, role] = one.name
    for (table_name, role), start in list(roles.items()):
        end = roles.get((table_name, "end"))
        if role != "start" or end is None or plain(given[start]) == plain(start):
            continue
        days = [
            pd.Series(parse_dates(list(looked.frame[given[n]].str.strip()), ("iso", "dmy")).values)
            for n in (start, end)
        ]
        both = days[0].notna() & days[1].notna()
        if (days[0][both] > days[1][both]).mean() > 0.5:
            given[start], given[end] = given[end], given[start]


def match_quality(guesses: Sequence[Guess], wanted: Mapping[str, Wanted]) -> float:
    """How well a file as a whole fits, 0 to 1."""
    return sum(guess.score for guess in guesses) / len(wanted) if wanted else 0.0
