"""Reads a children in need census file, whoever made it, into the twelve tables of the contract.

The file is streamed: one Child is in memory at a time. What stands in its place is read, in whatever order; what is
odd (unknown, misplaced or repeated elements, stray text, comments, namespaces, attributes) becomes a structural note
with its line. Elements outside their place are not read.
Document type declarations are refused: a census has none, and they are how entity bombs travel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dfe_returns.contract import YEARS, Collection, contract
from dfe_returns.contract.xml_tree import xml_tree
from dfe_returns.errors import InputError
from dfe_returns.sources.cin_frames import OnceRows, Plan, frames_of, once_rows
from dfe_returns.sources.return_tables import ReturnTables, StructureNotes
from dfe_returns.sources.xml_input import Events, Xml, line_of, parsed, plain_name, text_within


def read_cin(path: Path | str) -> ReturnTables:
    """The tables of a census file: text as it stands (trimmed, NaN = blank), with join keys and the line of every row.

    Frames have the join keys, then every item that any covered year knows; all twelve tables are present. Raises
    InputError, naming the line and what to do, when the file is missing, empty, not XML, cut short, carries a DTD or is
    another return's.
    """
    path = Path(path)
    return _Reader(path).read()


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.collection: Collection = contract("cin", YEARS[-1])
        self.notes = StructureNotes(path.name)
        self.tree = xml_tree(self.collection, any_year=True)
        self.known = {element.name for element in self.tree.walk()}
        self.plans: dict[str, list[Plan]] = {}
        self.header = Plan(self.tree.find("Header"), self.plans)
        self.child = Plan(self.tree.find("Child"), self.plans)
        self.children = 0
        self.headers = 0
        self.header_line = -1
        self.header_rows = once_rows(self.header)
        self.namespaces: set[str] = set()
        self.texts: dict[str | None, Any] = {None: np.nan}

    def read(self) -> ReturnTables:
        with parsed(self.path, ("{*}Child", "{*}Header"), self.notes) as events:
            root = self._stream(events)
        self._top(root)
        self._must_be_census(root)
        for row in self.header_rows.values():
            row.line = self.header_line
            row.close(0, -1)
        return ReturnTables(*frames_of(self.plans, self.collection, self.tree), self.notes.frame())

    # ---- walking the file ---------------------------------------------------------------------------------

    def _stream(self, events: Events) -> Xml:
        element = None
        for element in events:
            parent = element.getparent()
            top = parent is not None and parent.getparent() is None
            if plain_name(element.tag) == "Header":
                if top:
                    self._header(element)
                continue
            if parent is None or top or not self._in_its_place(parent):
                # not read; the element around it says so when it is looked through
                element.clear(keep_tail=True)
                continue
            self._one_child(element)
            element.clear(keep_tail=True)
            before = element.getprevious()
            if before is not None and before.tag == element.tag:
                if before.tail and not before.tail.isspace():
                    self._stray(before, "Children")
                parent.remove(before)
        return events.root

    @staticmethod
    def _in_its_place(children: Xml) -> bool:
        """Whether this is the Children of the root, whose Child elements are read."""
        return plain_name(children.tag) == "Children" and children.getparent().getparent() is None

    def _header(self, element: Xml) -> None:
        self.headers += 1
        if self.headers == 1:
            self.header_line = line_of(element)
        else:
            self._note("STRUCT-REPEATED", element, "Header", _MERGED)
        self._fill(element, self.header, [None] * len(self.header.names), 0, self.header_rows)

    def _one_child(self, element: Xml) -> None:
        number = self.children
        self.children += 1
        line = line_of(element)
        rows = once_rows(self.child)
        self._fill(element, self.child, [None] * len(self.child.names), number, rows)
        for row in rows.values():
            row.close(number, line)

    def _fill(self, element: Xml, plan: Plan, values: list[Any], number: int, once: OnceRows | None = None) -> None:
        """Read the items of a container into `values`, its sub-containers into rows with the parent `number`."""
        places, subs, texts = plan.places, plan.subs, self.texts
        last = 0
        if (text := element.text) and not text.isspace():
            self._stray(element, plan.name)
        if element.keys():
            self._attributes(element)
        for item in element:
            tail = item.tail
            if tail and not tail.isspace():
                self._stray(item, plan.name)
            place = places.get(item.tag)
            if place is None:
                place = self._unexpected(item, plan)
                if place is None:
                    continue
            if place < last:
                self._note("STRUCT-ORDER", item, plan.names[place])
            else:
                last = place
            sub = subs[place]
            if sub is None:
                text = item.text
                if len(item) or item.keys():
                    text = self._odd_item(item)
                if values[place] is not None:
                    self._note("STRUCT-REPEATED", item, plan.names[place])
                    continue
                value = texts.get(text)
                values[place] = self._clean(text) if value is None else value
            elif sub.repeats:
                row = len(sub.lines)
                sub.lines.append(line_of(item))
                sub.parents.append(number)
                cells: list[Any] = [None] * len(sub.names)
                self._fill(item, sub, cells, row)
                sub.cells.extend(cells)
            else:
                if values[place] is not None:
                    self._note("STRUCT-REPEATED", item, sub.name, _MERGED)
                values[place] = sub.name
                if sub.listed:
                    self._list(item, sub, number)
                elif once is not None:
                    single = once[place]
                    if single.line < 0:
                        single.line = line_of(item)
                    self._fill(item, sub, single.cells, number)

    def _list(self, element: Xml, plan: Plan, number: int) -> None:
        """A wrapper: one row per item in it."""
        if (text := element.text) and not text.isspace():
            self._stray(element, plan.name)
        if element.keys():
            self._attributes(element)
        name, texts, read = plan.names[0], self.texts, 0
        for item in element:
            if (tail := item.tail) and not tail.isspace():
                self._stray(item, plan.name)
            if item.tag != name and (item.tag not in plan.places) and self._unexpected(item, plan) is None:
                continue
            text = self._odd_item(item) if len(item) or item.keys() else item.text
            value = texts.get(text)
            plan.cells.append(self._clean(text) if value is None else value)
            plan.lines.append(line_of(item))
            plan.parents.append(number)
            read += 1
        if not read and plan.table in _BLANK_ROW_FOR_NONE:
            plan.cells.append(np.nan)
            plan.lines.append(line_of(element))
            plan.parents.append(number)

    def _clean(self, text: Any) -> Any:
        """Trimmed text, the same object for the same text; NaN for nothing."""
        trimmed = text.strip().strip("\ufeff").strip()
        value = self.texts.setdefault(trimmed, trimmed) if trimmed else np.nan
        self.texts[text] = value
        return value

    # ---- what is odd --------------------------------------------------------------------------------------

    def _note(self, code: str, element: Xml, column: str, message: str = "") -> None:
        self.notes.add(code, line_of(element), column[:80], message or _MESSAGES[code])

    def _stray(self, element: Xml, container: str) -> None:
        self._note("STRUCT-TEXT", element, container)

    def _attributes(self, element: Xml) -> None:
        self._note("STRUCT-ATTRIBUTE", element, plain_name(element.tag))

    def _unexpected(self, item: Xml, plan: Plan) -> int | None:
        """The place of an element that is known but for its namespace; None (and a note) for anything else."""
        if not isinstance(item.tag, str):
            self._note("STRUCT-COMMENT", item, plan.name)
            return None
        name = plain_name(item.tag)
        place = plan.places.get(name)
        if place is not None:
            plan.places[item.tag] = place  # from now on read as fast as any other
            self._namespace(item)
            return place
        self._note(self._kind(item), item, name)
        return None

    def _namespace(self, element: Xml) -> None:
        """One note per namespace: where it is used first."""
        namespace = element.tag.rpartition("}")[0]
        if namespace and namespace not in self.namespaces:
            self.namespaces.add(namespace)
            self._note("STRUCT-NAMESPACE", element, plain_name(element.tag))

    def _kind(self, element: Xml) -> str:
        """What is odd about an element that stands where it is not expected."""
        if not isinstance(element.tag, str):
            return "STRUCT-COMMENT"
        return "STRUCT-PLACE" if plain_name(element.tag) in self.known else "STRUCT-UNKNOWN"

    def _odd_item(self, item: Xml) -> str | None:
        name = plain_name(item.tag)
        if item.attrib:
            self._attributes(item)
        for part in item:
            self._note(self._kind(part), part, plain_name(part.tag) or name)
        return text_within(item)

    def _top(self, root: Xml) -> None:
        """What stands around the Child elements: the root, its children, and what else is in Children."""
        if plain_name(root.tag) != self.tree.name:
            self._note("STRUCT-PLACE", root, plain_name(root.tag), f"The root of a census file is {self.tree.name}.")
        self._namespace(root)
        for beside in (*root.itersiblings(preceding=True), *root.itersiblings()):
            self._note("STRUCT-COMMENT", beside, "")
        top = [element.name for element in self.tree.children]
        self._surroundings(root, self.tree.name, top)
        found = [plain_name(e.tag) for e in root if isinstance(e.tag, str)]
        if "Header" in found and "Children" in found and found.index("Header") > found.index("Children"):
            self._note("STRUCT-ORDER", root[found.index("Header")], "Header")
        groups = [e for e in root if isinstance(e.tag, str) and plain_name(e.tag) == "Children"]
        for extra in groups[1:]:
            self._note("STRUCT-REPEATED", extra, "Children", "Element given more than once; all were read.")
        for group in groups:
            self._surroundings(group, "Children", ["Child"])

    def _surroundings(self, element: Xml, name: str, expected: list[str]) -> None:
        # Attributes of the root that merely place the schema are not worth a note.
        if any(not key.startswith("{http://www.w3.org/2001/XMLSchema-instance}") for key in element.attrib):
            self._attributes(element)
        if element.text and not element.text.isspace():
            self._stray(element, name)
        for part in element:
            if part.tail and not part.tail.isspace():
                self._stray(part, name)
            own = plain_name(part.tag)
            if own not in expected:
                self._note(self._kind(part), part, own or name)

    def _must_be_census(self, root: Xml) -> None:
        """Raises InputError when nothing of a census was found, or only a header that names another collection."""
        name, own = self.path.name, plain_name(root.tag)
        if own.upper() == "EXPSSDA903":
            raise InputError(f"{name}: this is a file of the SSDA903 return, not a census; check it as `ssda903`.")
        held = {n: v for row in self.header_rows.values() for n, v in zip(row.plan.names, row.cells, strict=True)}
        other = isinstance(held["Collection"], str) and held["Collection"].upper() != "CIN"
        skeleton = own == self.tree.name and any(plain_name(e.tag) in ("Header", "Children") for e in root)
        modules = [plan for plan in self.child.subs if plan is not None]
        found = any(plan.repeats and plan.lines for plan in modules) or any(
            c is not None for p in modules for c in p.cells
        )
        if not (found or skeleton) or (other and not found):
            raise InputError(
                f"{name}, line {line_of(root)}: this is XML, but nothing of a children in need census is in it. "
                "Choose the census file that your case system exports: its root is Message, with Header and Children."
            )


_BLANK_ROW_FOR_NONE = frozenset({"Reviews"})
"""Wrappers of which an empty one is a row with a blank item: rule 8842Q asks about it."""

_MERGED = "Element given more than once; all were read, and of an item in two of them the first."
_MESSAGES = {
    "STRUCT-UNKNOWN": "Element that no covered year of the census has; it was not read.",
    "STRUCT-PLACE": "Element in another place than the census has it; it was not read.",
    "STRUCT-ORDER": "Element out of the order that the census fixes; it was read all the same.",
    "STRUCT-REPEATED": "Item given more than once; the first was read.",
    "STRUCT-TEXT": "Text where the census has elements only; it was not read. Take it out before the file is sent.",
    "STRUCT-ATTRIBUTE": "Attribute on an element; the census has none. It was not read.",
    "STRUCT-NAMESPACE": "Element in a namespace; the census uses none. It was read all the same.",
    "STRUCT-COMMENT": "Comment or processing instruction; it was not read. Take it out before the file is sent.",
}
