"""The census file as a tree of elements, made from `schemas/cin/dictionary.yaml`.

Reader, writer, XSD and the last check all walk this one tree, so none of them carries a list of elements of its own.
Source: DfE children in need census, technical specification (XML layout) of each year.
"""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dfe_returns.contract.model import Collection, Field
from dfe_returns.contract.years import in_force
from dfe_returns.errors import ContractError

UNBOUNDED = "unbounded"


@dataclass(frozen=True)
class Element:
    """One element. Items carry a `field`, containers carry `children` in file order.

    `least` and `most` say how often it stands in its parent; `most` is None where it may repeat freely.
    """

    name: str
    least: int
    most: int | None
    table: str = ""
    field: Field | None = None
    children: tuple[Element, ...] = ()

    @cached_property
    def listed(self) -> bool:
        """A wrapper around one repeated item: each item is a row (disabilities, factors, reviews)."""
        return len(self.children) == 1 and self.children[0].field is not None and self.children[0].most is None

    @cached_property
    def grouped(self) -> bool:
        """A container whose own items make a row of its table."""
        return bool(self.table) and not self.listed and any(c.field is not None for c in self.children)

    def walk(self) -> Iterator[Element]:
        """This element and everything in it, in file order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, name: str) -> Element:
        """The first element of that name. Raises KeyError."""
        for element in self.walk():
            if element.name == name:
                return element
        raise KeyError(name)


def xml_tree(collection: Collection, switched_on: Names[str] = (), any_year: bool = False) -> Element:
    """The root of the file. Only what the year collects, and tables that are off only if named in `switched_on`.

    With `any_year` everything that any year knows is in it: that is what the reader accepts.
    Raises ContractError when the dictionary describes no root, or an element without a parent.
    """
    raw = collection.raw
    elements = raw["elements"]
    known = {e["name"] for e in elements}
    for element in elements:
        if element["parent"] is not None and element["parent"] not in known:
            raise ContractError(
                f"dictionary.yaml: element {element['name']}: its parent {element['parent']!r} is not described."
            )
    roots = [e for e in elements if e["parent"] is None]
    if len(roots) != 1:
        raise ContractError("dictionary.yaml: elements: exactly one element must have no parent (the root).")

    def wanted(entry: dict[str, Any]) -> bool:
        if any_year:
            return True
        table = collection.all_tables.get(entry.get("table", ""))
        if table is not None and table.name not in collection.tables:
            return False
        if table is not None and table.switch and table.name not in switched_on:
            return False
        return in_force(collection.year, entry.get("since"), entry.get("until"))

    def build(entry: dict[str, Any]) -> Element:
        name = entry["name"]
        table = entry.get("table", "")
        parts: list[tuple[int, int, Element]] = [
            (e["order"], place, build(e)) for place, e in enumerate(elements) if e["parent"] == name and wanted(e)
        ]
        if table:
            fields = collection.all_tables[table].all_fields if any_year else collection.tables[table].fields
            parts += [(f.order, place, _item(f)) for place, f in enumerate(fields.values()) if f.element == name]
        children = tuple(part for *_, part in sorted(parts, key=lambda p: p[:2]))
        return Element(name, entry["min"], _most(entry["max"]), table, None, children)

    return build(roots[0])


def _item(field: Field) -> Element:
    return Element(field.tag, field.min, _most(field.max), field.table, field)


def _most(value: int | str) -> int | None:
    return None if value == UNBOUNDED else int(value)
