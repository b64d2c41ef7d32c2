"""What the census reader fills, per container of the file: cells, lines and parents of its rows; and tables of them.

A row names its parent by position, so join keys are worked out once, column by column, when the file is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.contract import Collection, Field
from dfe_returns.contract.xml_tree import Element

FACTORS_COLUMN = "AssessmentFactors"
"""Column of Assessments with the factors of the row, parted by commas, for issues to point at."""

Numbers = npt.NDArray[np.int64]
Cells = dict[str, npt.NDArray[np.object_]]
"""Column -> cells."""


class Plan:
    """How one container is read (`places`: tag -> place), and its rows so far: cells in sequence, lines, parents."""

    __slots__ = ("cells", "lines", "listed", "name", "names", "parents", "places", "repeats", "subs", "table")

    def __init__(self, element: Element, tables: dict[str, list[Plan]]) -> None:
        self.name, self.table = element.name, element.table
        self.listed, self.repeats = element.listed, element.most is None
        self.names = [child.name for child in element.children]
        self.places = {name: place for place, name in enumerate(self.names)}
        self.subs = [None if child.field is not None else Plan(child, tables) for child in element.children]
        self.cells: list[Any] = []
        self.lines: list[int] = []
        self.parents: list[int] = []
        if self.table and (element.listed or element.grouped):
            tables.setdefault(self.table, []).append(self)


class Once:
    """A row that exists once per Child (or file), whether or not its element does."""

    __slots__ = ("cells", "line", "plan")

    def __init__(self, plan: Plan) -> None:
        self.plan, self.line = plan, -1
        self.cells: list[Any] = [None] * len(plan.names)

    def close(self, number: int, line: int) -> None:
        """Take the row in; `line` is where it stands if its own element was not there."""
        self.plan.cells.extend(self.cells)
        self.plan.lines.append(line if self.line < 0 else self.line)
        self.plan.parents.append(number)


OnceRows = dict[int, Once]
"""Place in the enclosing container -> row."""


def once_rows(plan: Plan) -> OnceRows:
    """A fresh row for each container of `plan` that has exactly one."""
    return {i: Once(sub) for i, sub in enumerate(plan.subs) if sub is not None and not sub.repeats and not sub.listed}


def frames_of(
    plans: Mapping[str, list[Plan]], collection: Collection, tree: Element
) -> tuple[dict[str, pd.DataFrame], dict[str, Numbers]]:
    """Tables in contract order, text with NaN for blank, and the line of every row. Uses up the cells of the plans."""
    lines: dict[str, Numbers] = {}
    parents: dict[str, Numbers] = {}
    columns: dict[str, Cells] = {}
    for table, parts in plans.items():
        fields = collection.all_tables[table].all_fields
        columns[table] = {name: cells for plan in parts for name, cells in _columns(plan, fields).items()}
        lines[table] = np.array(parts[0].lines, dtype=np.int64)
        parents[table] = np.array(parts[0].parents, dtype=np.int64)
    keys = _keys(columns, parents, collection, tree)
    columns["Assessments"][FACTORS_COLUMN] = _joined_factors(columns, parents)
    frames = {}
    for name, described in collection.all_tables.items():
        order = (*described.join_keys, *described.all_fields, *([FACTORS_COLUMN] if name == "Assessments" else []))
        held = {**columns[name], **keys[name]}
        frames[name] = pd.DataFrame({c: pd.array(held[c], dtype="str") for c in order}, copy=False)
    return frames, {name: lines[name] for name in frames}


def _keys(
    columns: Mapping[str, Cells], parents: Mapping[str, Numbers], collection: Collection, tree: Element
) -> dict[str, Cells]:
    """Join keys of every table: those of the row above, and for a table with a key of its own a count from 1."""
    child_ids = columns["ChildIdentifiers"]["LAchildID"]
    keys: dict[str, Cells] = {"Header": {}}
    for table, above in _enclosing(tree).items():
        described = collection.all_tables[table]
        taken = keys[above] if above else {"LAchildID": child_ids}
        mine = {key: values[parents[table]] for key, values in taken.items() if key in described.keys}
        for own in described.keys:
            if own not in mine:
                mine[own] = _counted(parents[table] if above else _same_child(child_ids)[parents[table]])
        keys[table] = mine
    return keys


def _enclosing(tree: Element) -> dict[str, str]:
    """Table -> the table whose rows it hangs on ('' = the Child), outer tables first."""
    out: dict[str, str] = {}

    def visit(element: Element, above: str) -> None:
        for part in element.children:
            if part.field is None:
                out.setdefault(part.table, above)
                visit(part, part.table if part.most is None else above)

    visit(tree.find("Child"), "")
    return out


def _joined_factors(columns: Mapping[str, Cells], parents: Mapping[str, Numbers]) -> npt.NDArray[np.object_]:
    factors, owner = columns["AssessmentFactorsList"]["AssessmentFactor"], parents["AssessmentFactorsList"]
    filled = ~pd.isna(factors)
    codes, owner = factors[filled].tolist(), owner[filled]
    rows = len(parents["Assessments"])
    bounds = np.searchsorted(owner, np.arange(rows + 1)).tolist()
    seen: dict[str, Any] = {"": np.nan}  # one text object per combination, however many rows have it
    joined = np.empty(rows, dtype=object)
    joined[:] = [seen.setdefault(text, text) for a, b in pairwise(bounds) for text in [",".join(codes[a:b])]]
    return joined


def _columns(plan: Plan, fields: Mapping[str, Field]) -> Cells:
    flat = np.empty(len(plan.cells), dtype=object)
    flat[:] = plan.cells
    plan.cells = []
    table = flat.reshape(-1, len(plan.names))
    names = {f.tag: f.name for f in fields.values() if f.element == plan.name}
    return {names[tag]: np.ascontiguousarray(table[:, i]) for i, tag in enumerate(plan.names) if plan.subs[i] is None}


def _same_child(child_ids: npt.NDArray[np.object_]) -> Numbers:
    """A number per child: Child blocks that share an LAchildID are one child, blocks without one stand alone."""
    codes = pd.factorize(child_ids)[0].astype(np.int64)
    return np.where(codes < 0, len(codes) + np.arange(len(codes)), codes)


def _counted(group: Numbers) -> npt.NDArray[np.object_]:
    """1, 2, 3 ... within each group, in file order, as text."""
    number = pd.Series(group).groupby(group).cumcount().to_numpy() + 1
    texts = np.array([str(n) for n in range(int(number.max(initial=0)) + 1)], dtype=object)
    return texts[number]
