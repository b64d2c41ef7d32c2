"""Recognising columns of an unknown extract: by their names, by what they hold, by where they stand.

Used only for drafting a profile; a run never guesses. Values are looked at, never shown.
"""

from __future__ import annotations

import difflib
import itertools
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

_ALIKE = """
number: id no ref reference num key nr
birth: dob born birthdate
start: begin begun begins began from since started commenced opened opening
end: to ended ceased closed finish finishes finished until shut left
reason: why
sex: gender
ethnicity: ethnic origin
person: child client system people persons
type: category kind what
death: died dod
due: expected edd
worker: professional staff
result: answer detail
outcome: decision
former: previous prev old
registration: swe
upn: pupil
ofsted: urn
immigration: asylum
team: dept department
run: printed exported extracted
merged: replaced
authorised: signed
case: screen
relationship: relation related link links
address: addresses
1: first initial a
2: second b
3: third c
"""
"""Words of headings that mean the same: the one they are compared under, and the others."""
_SYNONYMS = {
    word: line.split(":")[0] for line in _ALIKE.strip().splitlines() for word in line.partition(":")[2].split()
}
_CLASSES: dict[str, frozenset[str]] = {
    meaning: frozenset({meaning, *(word for word, other in _SYNONYMS.items() if other == meaning)})
    for meaning in set(_SYNONYMS.values())
}
_DROPPED = {"date", "dt", "dttm", "of", "the", "on", "at", "in", "day", "txt", "text", "csv", "xlsx", "xls"}
_NAME, _VALUE, _PLACE = 0.35, 0.45, 0.20
SURE = 0.6
"""Score from which a guess is taken for good."""
CLEAR, LEAD = 0.45, 0.1
"""A lower score is good enough when nothing else comes near: this score, and this lead over every other pairing."""


@dataclass
class Wanted:
    """What a known layout says of one of its columns: its name, its place, and what its values must be like."""

    name: str
    place: float
    uses: list[tuple[SsdColumn, CodeMap]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    key: bool = False
    """whether it numbers the rows of the file: filled on each, and never twice the same"""
    elsewhere: str = ""
    """what a column of this name is called in other files of the extract"""


@dataclass(frozen=True)
class Guess:
    """One column of a known layout found in an unknown file."""

    wanted: str
    found: str
    score: float
    rival: str = ""
    lead: float = 0.0

    @property
    def sure(self) -> bool:
        return not self.rival and (self.score >= SURE or (self.score >= CLEAR and self.lead >= LEAD))


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

    def numbers_rows(self, name: str) -> float:
        """Share of rows that have a value of their own in this column."""
        return len(set(self.frame[name]) - {""}) / max(len(self.frame), 1)

    def fits(self, name: str, column: SsdColumn, codemap: CodeMap) -> float:
        """How well the values of a column fit an SSD column, 0 to 1."""
        kind = (name, column.name if column.type in {"code", "text"} else column.type)
        if kind not in self._known:
            self._known[kind] = _fits(column, codemap, self.filled[name])
        return self._known[kind]


@cache
def name_likeness(one: str, other: str) -> float:
    """How alike two headings are, 0 to 1: same words, synonyms or abbreviations, else alike letters."""
    left, right = _tokens(one), _tokens(other)
    if left and left == right:
        return 1.0
    shared = _shared(left, right)
    words = (shared / max(len(left) + len(right) - shared, 1) + shared / max(min(len(left), len(right)), 1)) / 2
    letters = difflib.SequenceMatcher(None, plain(one), plain(other)).ratio()
    numbers = [{word for word in words_of if word[0].isdigit()} for words_of in (left, right)]
    other_number = all(numbers) and not numbers[0] & numbers[1]  # 1C is not nearly 18C
    return max(words, letters * 0.9 if letters > 0.6 and not other_number else letters * 0.5)


def _tokens(name: str) -> frozenset[str]:
    parts = re.findall(r"[a-z]+|\d+[a-z]?", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    return frozenset(part for part in parts if part not in _DROPPED)


def _shared(left: frozenset[str], right: frozenset[str]) -> float:
    """How many words two headings share; a word counts once, and an abbreviation a little less than the word."""
    pairs = sorted(((_word_likeness(a, b), a, b) for a in left for b in right), reverse=True)
    total, used = 0.0, set()
    for alike, a, b in pairs:
        if alike and ("left", a) not in used and ("right", b) not in used:
            total += alike
            used |= {("left", a), ("right", b)}
    return total


@cache
def _word_likeness(one: str, other: str) -> float:
    """1 for the same word or a synonym, a little less where one is short for the other (strt for start, or from)."""
    left, right = _SYNONYMS.get(one, one), _SYNONYMS.get(other, other)
    if left == right:
        return 1.0
    meant = any(_short_for(one, word) for word in _CLASSES.get(right, {right}) | {other})
    return 0.9 if meant or any(_short_for(other, word) for word in _CLASSES.get(left, {left}) | {one}) else 0.0


def _short_for(short: str, word: str) -> bool:
    """True when the letters of `short`, three or more, stand in this order in `word`, the first one first."""
    if not 3 <= len(short) < len(word) or short[0] != word[0] or not short.isalpha():
        return False
    letters = iter(word)
    return all(letter in letters for letter in short)


def value_likeness(wanted: Wanted, looked: Looked, name: str) -> float:
    """How well the values of a column fit, 0 to 1; a half when there is nothing to tell by."""
    filled = looked.filled[name]
    if not filled:
        return 0.0 if wanted.key else 0.5
    scores = [looked.fits(name, column, codemap) for column, codemap in wanted.uses]
    if wanted.words:
        scores.append(len(wanted.words & looked.words[name]) / len(wanted.words))
    value = sum(scores) / len(scores) if scores else 0.5
    return value * looked.numbers_rows(name) if wanted.key else value


def _fits(column: SsdColumn, codemap: CodeMap, filled: Sequence[str]) -> float:
    total = len(filled)
    if column.type == "date":
        read_as = parse_dates(filled)
        return (total - read_as.status.count("unreadable") - 0.4 * read_as.formats["excel"]) / total
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
    if column.name == "pers_upn":
        return sum(1 for word in filled if re.fullmatch(r"[A-Za-z]\d{11}[A-Za-z0-9]", word)) / total
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
            whole_rows = not {"group", "split"} & set(one.spec) and one.spec.get("unpivot", {"list": True}).get("list")
            if isinstance(expression, str) and table.key == (target,) and column.type == "id" and whole_rows:
                of(expression).key = True
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
    """Each wanted column with the column of the file that fits it best; no column is given twice.

    A guess has a rival where another column fits it as well, or where it and another wanted column could change places.
    """
    scores = {
        (one.name, name): _score(one, looked, name, n) for one in wanted.values() for n, name in enumerate(looked.names)
    }
    given: dict[str, str] = {}
    taken: set[str] = set()
    for target, name in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        if target not in given and name not in taken:
            given[target] = name
            taken.add(name)
    _exchanged(given, scores)
    ordered = _in_order_of_time(given, wanted, looked)
    free = [name for name in looked.names if name not in given.values()]
    out = []
    for target in (one for one in wanted if one in given):
        score = scores[target, given[target]]
        lead, rival = _nearest(target, given, free, scores, ordered)
        if score == 1 or lead >= 0.05:
            rival = ""
        out.append(Guess(target, given[target], round(score, 2), rival, round(lead, 2)))
    return out


def _exchanged(given: dict[str, str], scores: Mapping[tuple[str, str], float]) -> None:
    """Let pairs change places while both together fit better so: what fits best first may leave others the worst."""
    better = True
    while better:
        better = False
        for one, other in itertools.combinations(given, 2):
            a, b = given[one], given[other]
            if scores[one, b] + scores[other, a] > scores[one, a] + scores[other, b] + 1e-9:
                given[one], given[other], better = b, a, True


def _nearest(
    target: str,
    given: Mapping[str, str],
    free: Sequence[str],
    scores: Mapping[tuple[str, str], float],
    ordered: set[str],
) -> tuple[float, str]:
    """(lead over the next best way to place this column, the column it would have then)."""
    mine = given[target]
    ways = [(scores[target, mine] - scores[target, name], name) for name in free]
    for other, name in given.items():
        if other != target and not {target, other} <= ordered:
            together = scores[target, mine] + scores[other, name] - scores[target, name] - scores[other, mine]
            ways.append((together / 2, name))
    return min(ways, default=(1.0, ""))


def _score(one: Wanted, looked: Looked, name: str, position: int) -> float:
    if plain(one.name) == plain(name):
        return 1.0
    likeness = 1.0 if name == one.elsewhere else name_likeness(one.name, name)
    place = 1 - abs(one.place - position / max(len(looked.names) - 1, 1))
    return _NAME * likeness + _VALUE * value_likeness(one, looked, name) + _PLACE * place


def _in_order_of_time(given: dict[str, str], wanted: Mapping[str, Wanted], looked: Looked) -> set[str]:
    """A start that mostly lies after its end is the end: swap the two. Returns the columns whose order days settle."""
    model = ssd_model()
    settled: set[str] = set()
    roles: dict[tuple[str, str], str] = {}
    for one in wanted.values():
        for column, _ in one.uses:
            table = model.tables[column.table]
            for role, name in (("start", table.starts), ("end", table.ends)):
                if (column.name == name or column.name.endswith(f"_{role}_date")) and one.name in given:
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
        if (days[0][both] != days[1][both]).any():
            settled |= {start, end}
    return settled


def match_quality(guesses: Sequence[Guess], wanted: Mapping[str, Wanted]) -> float:
    """How well a file as a whole fits, 0 to 1."""
    return sum(guess.score for guess in guesses) / len(wanted) if wanted else 0.0
