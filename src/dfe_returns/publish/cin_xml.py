"""Writes the children in need census as the XML that DfE's specification of the year lays down.

Elements, their order and what the year collects come from the contract; nothing else can be written. Cells become text
once per distinct value, rows are put together column by column, and the file leaves in blocks of children.
The same tables always give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection as Names
from collections.abc import Mapping
from itertools import pairwise
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.contract import Collection, Field
from dfe_returns.contract.xml_tree import Element, xml_tree
from dfe_returns.errors import DfeReturnsError

CHILDREN_AT_A_TIME = 2000
_FLAGS = {"true": "1", "false": "0"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_Places = npt.NDArray[np.int64]


def write_cin(
    tables: Mapping[str, pd.DataFrame], collection: Collection, stream: IO[bytes], switched_on: Names[str] = ()
) -> dict[str, int]:
    """Write the census file of typed return tables to a binary stream; returns the number of rows written per table.

    tables: name -> frame with the contract's columns and the join keys; rows keep their order within their parent.
    Columns and tables that the year does not collect, or that are off and not in `switched_on`, are not written. Blank
    cells, and wrappers with nothing in them, leave no element. Raises DfeReturnsError when rows hang together badly (a
    row without its child or episode, a key given twice) or a cell holds a character that XML cannot carry: nothing is
    dropped in silence.
    """
    return _Writer(tables, collection, switched_on).write(stream)


class _Rows:
    """One table ready to write: fragments of XML per item, rows sorted by parent."""

    def __init__(self, fragments: dict[str, npt.NDArray[np.object_]], parents: _Places) -> None:
        self.fragments = fragments
        self.parents = parents


class _Writer:
    def __init__(self, tables: Mapping[str, pd.DataFrame], collection: Collection, switched_on: Names[str]) -> None:
        self.collection = collection
        self.tree = xml_tree(collection, switched_on)
        self.child = self.tree.find("Child")
        self.frames = {t: tables.get(t, pd.DataFrame()).reset_index(drop=True) for t in collection.tables}
        self.depth = {id(element): depth for element, depth in _depths(self.tree, 0)}
        self.written: dict[str, int] = {}
        self.rows: dict[str, _Rows] = {}
        self._prepare_children()

    # ---- rows, sorted under their parents -----------------------------------------------------------------

    def _prepare_children(self) -> None:
        top = self.frames["ChildIdentifiers"]
        keys = self._keys(top, ("LAchildID",), "ChildIdentifiers")
        self.children = len(top)
        if keys.has_duplicates:
            raise DfeReturnsError(
                f"ChildIdentifiers: {int(keys.duplicated().sum())} LAchildID come twice; a child is sent once."
            )
        self._below(self.child, ("LAchildID",), keys)

    def _below(self, element: Element, above: tuple[str, ...], keys: pd.Index) -> None:
        """Prepare every table inside `element`, whose rows (in writing order) have these keys."""
        for part in element.children:
            if part.field is not None:
                continue
            frame, mine = self.frames[part.table], self.collection.tables[part.table].keys
            place = (
                keys.get_indexer(self._keys(frame, above, part.table)).astype(np.int64)
                if len(frame)
                else np.empty(0, np.int64)
            )
            if (lost := int((place < 0).sum())) > 0:
                raise DfeReturnsError(
                    f"{part.table}: {lost} rows have no row above them with the same {' and '.join(above)}."
                )
            if part.most is None or part.listed:
                order = np.argsort(place, kind="stable")
            else:
                order = self._one_each(part, place, len(keys))
            self.written[part.table] = len(frame)
            self.rows[part.table] = _Rows(
                self._fragments(part, frame, order), place[order] if part.most is None or part.listed else order
            )
            if part.most is None:
                own = self._keys(frame, mine, part.table).take(order)
                inner = [p for p in part.children if p.field is None and self._has_rows(p)]
                if inner and own.has_duplicates:
                    raise DfeReturnsError(
                        f"{part.table}: {int(own.duplicated().sum())} rows repeat the {' and '.join(mine)} of another."
                    )
                self._below(part, mine, own)
            elif not part.listed:
                self._below(part, above, keys)

    def _has_rows(self, element: Element) -> bool:
        return any(len(self.frames[e.table]) for e in element.walk() if e.table)

    def _one_each(self, part: Element, place: _Places, parents: int) -> _Places:
        """For each parent the row that belongs to it, -1 where there is none."""
        if len(np.unique(place)) < len(place):
            raise DfeReturnsError(f"{part.table}: a child has more than one row; {part.name} is sent once per child.")
        order = np.full(parents, -1, dtype=np.int64)
        order[place] = np.arange(len(place))
        return order

    def _keys(self, frame: pd.DataFrame, names: tuple[str, ...], table: str) -> pd.Index:
        columns = [_key_texts(frame, name) for name in names]
        if (blank := int(np.logical_or.reduce([c == "" for c in columns]).sum())) > 0:
            raise DfeReturnsError(f"{table}: {blank} rows have no {' or '.join(names)}.")
        if len(columns) == 1:
            return pd.Index(columns[0], dtype=object)
        return pd.MultiIndex.from_arrays(columns)

    # ---- text ---------------------------------------------------------------------------------------------

    def _fragments(self, container: Element, frame: pd.DataFrame, order: _Places) -> dict[str, npt.NDArray[np.object_]]:
        """Item -> its XML per row, in the given order of rows (-1 = a row that is not there)."""
        indent = "  " * (self.depth[id(container)] + 1)
        out = {}
        for item in container.children:
            if item.field is None or item.field.name not in frame.columns:
                continue
            codes, texts = _distinct(frame[item.field.name], item.field)
            pieces = np.array(
                [f"{indent}<{item.name}>{t}</{item.name}>\n" if t else "" for t in texts] + [""], dtype=object
            )
            codes = np.append(codes, len(texts))
            out[item.name] = pieces[codes[order]]
        return out

    def _body(self, container: Element, rows: _Rows | None, start: int, stop: int) -> list[str]:
        """What stands inside the container, for the rows from `start` to `stop` of the table it belongs to."""
        parts: list[list[str]] = []
        for part in container.children:
            if part.field is not None:
                column = rows.fragments.get(part.name) if rows is not None else None
                if column is not None:
                    parts.append(column[start:stop].tolist())
                continue
            opened, closed = self._tags(part)
            below = self.rows[part.table]
            if part.listed:
                inner = self._gathered(below, start, stop, below.fragments.get(part.children[0].name))
                parts.append([f"{opened}{text}{closed}" if text else "" for text in inner])
            elif part.most is None:
                first, last = np.searchsorted(below.parents, (start, stop))
                inside = [f"{opened}{text}{closed}" for text in self._body(part, below, int(first), int(last))]
                parts.append(_per_parent(inside, below.parents[first:last], start, stop))
            else:
                inside = self._body(part, below, start, stop)
                parts.append([f"{opened}{text}{closed}" if text or part.least else "" for text in inside])
        if not parts:
            return [""] * (stop - start)
        return ["".join(pieces) for pieces in zip(*parts, strict=True)]

    def _gathered(self, below: _Rows, start: int, stop: int, column: npt.NDArray[np.object_] | None) -> list[str]:
        if column is None:
            return [""] * (stop - start)
        first, last = np.searchsorted(below.parents, (start, stop))
        return _per_parent(column[first:last].tolist(), below.parents[first:last], start, stop)

    def _tags(self, element: Element) -> tuple[str, str]:
        indent = "  " * self.depth[id(element)]
        return f"{indent}<{element.name}>\n", f"{indent}</{element.name}>\n"

    # ---- the file -----------------------------------------------------------------------------------------

    def write(self, stream: IO[bytes]) -> dict[str, int]:
        opened, closed = self._tags(self.tree)
        stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{opened}'.encode())
        for part in self.tree.children:
            first, last = self._tags(part)
            if part.name == "Header":
                stream.write(f"{first}{self._header(part)}{last}".encode())
                continue
            stream.write(first.encode())
            child_first, child_last = self._tags(self.child)
            for start in range(0, self.children, CHILDREN_AT_A_TIME):
                bodies = self._body(self.child, None, start, min(start + CHILDREN_AT_A_TIME, self.children))
                stream.write("".join([f"{child_first}{body}{child_last}" for body in bodies]).encode())
            stream.write(last.encode())
        stream.write(closed.encode())
        return self.written

    def _header(self, header: Element) -> str:
        frame = self.frames["Header"]
        if len(frame) > 1:
            raise DfeReturnsError(f"Header: {len(frame)} rows; a file has one.")
        self.written["Header"] = len(frame)
        text = ""
        for part in header.children:
            rows = _Rows(self._fragments(part, frame, np.arange(len(frame))), np.empty(0, np.int64))
            body = "".join(self._body(part, rows, 0, 1)) if len(frame) else ""
            opened, closed = self._tags(part)
            text += f"{opened}{body}{closed}"
        return text


def _depths(element: Element, depth: int) -> list[tuple[Element, int]]:
    return [(element, depth), *(found for child in element.children for found in _depths(child, depth + 1))]


def _per_parent(texts: list[str], parents: _Places, start: int, stop: int) -> list[str]:
    """Texts of rows joined per parent, for the parents from `start` to `stop`."""
    bounds = np.searchsorted(parents, np.arange(start, stop + 1)).tolist()
    return ["".join(texts[a:b]) for a, b in pairwise(bounds)]


def _key_texts(frame: pd.DataFrame, name: str) -> npt.NDArray[np.object_]:
    if name not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    codes, uniques = pd.factorize(frame[name].to_numpy(dtype=object), use_na_sentinel=False)
    texts = np.array([_text("string", value) for value in uniques], dtype=object)
    return texts[codes] if len(texts) else np.empty(0, dtype=object)


def _distinct(values: pd.Series, field: Field) -> tuple[_Places, list[str]]:
    """Codes per row and, per distinct value, its escaped text ('' = blank)."""
    raw = values.to_numpy() if pd.api.types.is_datetime64_dtype(values.dtype) else values.to_numpy(dtype=object)
    codes, uniques = pd.factorize(raw, use_na_sentinel=False)
    texts = [_text(field.type, value) for value in uniques]
    if (bad := sum(bool(_NOT_XML.search(text)) for text in texts)) > 0:
        raise DfeReturnsError(
            f"{field.id}: {bad} values hold a character that XML cannot carry; clean them in the source."
        )
    escaped = [t.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;") for t in texts]
    return codes.astype(np.int64), escaped


def _text(kind: str, value: Any) -> str:
    """One cell as the specification writes it: YYYY-MM-DD, YYYY-MM-DDThh:mm:ss, flags 0 or 1, whole numbers."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
        if value is pd.NaT:
            return ""
    if isinstance(value, str):
        text = value.strip()
        return _FLAGS.get(text.lower(), text) if kind == "boolean" else text
    if isinstance(value, (dt.datetime, pd.Timestamp)):
        return value.isoformat(timespec="seconds")[: 19 if kind == "datetime" else 10]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return ""
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value).strip()
