"""The report's data as compact JSON: columns of numbers that point into word lists; child records gzipped."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dfe_returns.review.facts import (
    CHILD_COLUMN,
    NO_TEAM,
    NO_WORKER,
    children_of,
    decision_table,
    laws_of,
    readable_decisions,
    sources_of,
    text_of,
    texts,
    uk_dates,
    words_of,
    worklist_table,
)
from dfe_returns.review.timeline import bars_of, marks_of

CHILDREN_SHOWN = 20_000
ROWS_SHOWN = 20_000
CHUNK = 150


def safe_json(data: Any) -> str:
    """JSON that may stand inside a script element: nothing in it can end the element or break a line of script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for risky, written in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(risky, written)
    return text


@dataclass(frozen=True)
class List:
    """A list that the report shows by the page: frame, column to filter by, what to show (column, heading)."""

    frame: pd.DataFrame
    kind: str
    show: tuple[tuple[str, str], ...]
    extra: tuple[str, ...] = ()
    copy: str = ""


class Words:
    """A list of distinct words, and columns as positions in it."""

    def __init__(self, first: list[str] | None = None) -> None:
        self.words: list[str] = list(first or [])
        self._place = {word: place for place, word in enumerate(self.words)}

    def codes(self, values: pd.Series) -> list[int]:
        codes, found = pd.factorize(values)
        for word in found:
            self._place.setdefault(str(word), len(self._place))
        self.words = list(self._place)
        places = pd.Series([self._place[str(word)] for word in found], dtype="int64").to_numpy()
        return places[codes].tolist() if len(found) else []


def children_shown(result: Any, issues: pd.DataFrame, extra: pd.Series | None = None) -> list[str]:
    """Children who get a page: with an issue, then something to settle, then a decision; at most 20,000."""
    decisions = decision_table(result)
    order = [
        issues["child"],
        worklist_table(result)["child"],
        decisions.loc[decisions["severity"] != "info", "child"],
        decisions["child"],
    ]
    if extra is not None:
        order.insert(1, extra)
    children = pd.concat(order).drop_duplicates()
    return children[children != ""].head(CHILDREN_SHOWN).tolist()


def payload(
    result: Any, issues: pd.DataFrame, people: pd.DataFrame, children: list[str], lists: Mapping[str, List]
) -> dict[str, Any]:
    """Everything but the child records: issues, decisions and worklist as columns over shared word lists.

    ``issues`` as of facts.issue_table with an optional column ``status``; ``people``: child, team, worker;
    ``lists``: further lists by name.
    """
    rules, tables, fields, teams, workers, messages = Words(), Words(), Words(), Words(), Words(), Words()
    who = people.drop_duplicates("child").set_index("child").reindex(children)
    kids = Words(children)
    issue_teams, issue_workers = teams.codes(issues["team"]), workers.codes(issues["worker"])
    code = rules.codes(issues["code"])
    data: dict[str, Any] = {
        "issues": {
            "code": code,
            "error": (issues["severity"] == "error").astype("int64").tolist(),
            "table": tables.codes(issues["table"]),
            "row": issues["row"].fillna(-1).astype("int64").tolist(),
            "field": fields.codes(issues["field"]),
            "child": kids.codes(issues["child"]),
            "value": uk_dates(issues["value"]).tolist(),
            "message": messages.codes(issues["message"]),
            "fix": messages.codes(issues["fix"]),
            "cause": messages.codes(issues["cause"]),
            "source": issues["source"].tolist(),
            "team": issue_teams,
            "worker": issue_workers,
            "status": issues["status"].tolist() if "status" in issues else [],
        },
        "titles": words_of(
            pd.Series(rules.words, dtype="str"), issues.drop_duplicates("code").set_index("code")["title"]
        ).tolist(),
        "lists": {name: _packed(spec) for name, spec in {**_own_lists(result), **lists}.items()},
        "who": {
            "team": teams.codes(who["team"].where(who["team"].notna(), NO_TEAM)),
            "worker": workers.codes(who["worker"].where(who["worker"].notna(), NO_WORKER)),
        },
        "fields": _field_facts(result),
        "codes": _code_labels(result),
        "tables": {name: list(frame.columns) for name, frame in result.tables.items()},
        "gateways": laws_of(result),
        "key": CHILD_COLUMN[result.collection.name],
        "start": _day(result.collection.start),
        "end": _day(result.collection.end),
        "chunk": CHUNK,
        "pages": len(children),
    }
    data["words"] = {
        "rules": rules.words,
        "tables": tables.words,
        "fields": fields.words,
        "teams": teams.words,
        "workers": workers.words,
        "messages": messages.words,
        "children": kids.words,
    }
    return data


def _most_telling(decisions: pd.DataFrame) -> pd.DataFrame:
    telling = decisions["severity"].map({"total": 0, "look": 1}).fillna(2)
    return decisions.assign(telling=telling).sort_values("telling", kind="stable")


def _packed(spec: List) -> dict[str, Any]:
    """Columns over one word list of their own, because such lists repeat the same few texts."""
    frame, words = texts(spec.frame.head(ROWS_SHOWN)), Words()
    columns = dict.fromkeys([spec.kind, *(column for column, _ in spec.show), *spec.extra])
    packed = {column: words.codes(frame[column]) for column in columns}
    return {
        "n": len(frame),
        "all": len(spec.frame),
        "columns": packed,
        "words": words.words,
        "kind": spec.kind,
        "show": list(spec.show),
        "copy": spec.copy,
    }


def _own_lists(result: Any) -> dict[str, List]:
    decided = (
        ("rule", "Kind"),
        ("child", "Child"),
        ("table", "Table"),
        ("field", "Field"),
        ("old", "Was"),
        ("new", "Became"),
        ("record", "Source record"),
        ("note", "Note"),
    )
    settle = (
        ("code", "Kind"),
        ("title", "In words"),
        ("child", "Child"),
        ("team", "Team"),
        ("table", "Table"),
        ("field", "Field"),
        ("value", "Value"),
        ("record", "Source record"),
        ("note", "Note"),
    )
    return {
        "decisions": List(readable_decisions(_most_telling(decision_table(result))), "rule", decided, extra=("title",)),
        "worklist": List(readable_decisions(worklist_table(result)), "code", settle),
    }


def _field_facts(result: Any) -> dict[str, list[str]]:
    facts = texts(
        result.fields.reindex(
            columns=["table", "field", "gateway", "art6", "art9", "art10", "source_columns", "transformation"]
        )
    )
    facts = facts[facts["table"].isin(list(result.tables))].drop_duplicates(["table", "field"])
    keys = (facts["table"] + "." + facts["field"]).tolist()
    return dict(zip(keys, facts.drop(columns=["table", "field"]).to_numpy().tolist(), strict=True))


def _code_labels(result: Any) -> dict[str, dict[str, str]]:
    """'Table.Field' -> code -> label, for the fields of the return that take codes."""
    labels = {}
    for table in result.tables:
        known = result.collection.tables.get(table)
        for name, field in (known.fields if known else {}).items():
            codes = result.collection.codesets.get(field.code_set) if field.code_set else None
            if codes is not None:
                labels[f"{table}.{name}"] = {str(code): str(label) for code, label in codes.all_codes.items()}
    return labels


def _day(day: Any) -> int:
    return (pd.Timestamp(day) - pd.Timestamp("1970-01-01")).days


def child_chunks(result: Any, issues: pd.DataFrame, children: list[str]) -> list[str]:
    """Records of the children with a page, in their order: per 150 children one base64 text of gzipped JSON.

    Only the chunk of a child that is opened is unpacked, so that the report opens fast however many children it
    holds.
    """
    place = pd.Series(range(len(children)), index=pd.Index(children, dtype="str"), dtype="int64")
    records = {table: _records(result, table, place) for table in result.tables}
    parts = {table: frame for table, (_, frame) in records.items()}
    bars, marks = bars_of(result, children), marks_of(result, issues, children)
    bars["kid"], marks["kid"] = bars["child"].map(place), marks["child"].map(place)
    chunks = []
    for first in range(0, len(children), CHUNK):
        last = first + CHUNK
        block: dict[str, Any] = {"t": {}, "p": {}}
        for table, (frame, columns) in (
            (name, (kept[0], list(result.tables[name].columns))) for name, kept in records.items()
        ):
            mine = _slice(frame, first, last)
            if len(mine):
                block["t"][table] = {
                    "k": mine["kid"].tolist(),
                    "r": mine["row"].tolist(),
                    "s": mine["source"].tolist(),
                    "c": [mine[f"={column}"].tolist() for column in columns],
                }
                own = _slice(parts[table], first, last)
                block["p"][table] = {"r": own["row"].tolist(), "f": own["part"].tolist(), "s": own["source"].tolist()}
        block["b"] = {
            column: _slice(bars, first, last)[column].tolist()
            for column in ("kid", "lane", "from", "to", "open", "code", "label")
        }
        block["m"] = {column: _slice(marks, first, last)[column].tolist() for column in ("kid", "day", "issue")}
        packed = gzip.compress(
            json.dumps(block, ensure_ascii=False, separators=(",", ":")).encode(), compresslevel=6, mtime=0
        )
        chunks.append(base64.b64encode(packed).decode("ascii"))
    return chunks


def _slice(frame: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Rows of children first to last of a frame sorted by child."""
    kid = frame["kid"].to_numpy()
    return frame.iloc[kid.searchsorted(first) : kid.searchsorted(last)]


def _records(result: Any, table: str, place: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    kid = children_of(result, table).map(place)
    kept = kid[kid.notna()].astype("int64").sort_values(kind="stable")
    cells = result.tables[table].iloc[kept.index]
    frame = pd.DataFrame({f"={column}": text_of(cells[column]).to_numpy() for column in cells.columns})
    frame["kid"], frame["row"] = kept.to_numpy(), kept.index.to_numpy()
    sources = sources_of(result, table, kept.index.to_series())
    whole = sources[sources["part"] == "row"].set_index("row")["source"]
    frame["source"] = words_of(frame["row"], whole)
    own = sources[sources["part"] != "row"].copy()
    own["kid"] = own["row"].map(kept)
    return frame, own.sort_values(["kid", "row", "part"], kind="stable", ignore_index=True)
