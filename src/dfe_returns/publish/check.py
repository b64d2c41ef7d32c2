"""The last check: reads the finished file again and holds every element and value against the contract of the year.

It shares nothing with the writer but the contract, so a fault upstream (a name in a code column, an item of another
year, a column nobody asked for) is stopped here even if everything before let it pass. Identifiers of children are held
against a looser form: one that DfE's rules would refuse still makes a draft, so that the report can say whose it is.
Source: data minimisation and data protection by design, UK GDPR Articles 5(1)(c)-(d) and 25.
"""

from __future__ import annotations

import re
from collections.abc import Collection as Names
from datetime import date
from pathlib import Path

import pandas as pd

from dfe_returns.contract import Collection
from dfe_returns.contract.forms import Form, form_of
from dfe_returns.contract.xml_tree import Element, xml_tree
from dfe_returns.errors import ContractError, RefusedError
from dfe_returns.sources.return_tables import StructureNotes
from dfe_returns.sources.xml_input import Xml, line_of, parsed, plain_name

WARNINGS = frozenset({"CHECK-FORM", "CHECK-LOOKALIKE", "CHECK-MISSING"})
"""Codes that are shown to the person who signs and do not stop the file."""

_MESSAGES = {
    "CHECK-ELEMENT": "Element that the contract does not name for this year in this place.",
    "CHECK-GATEWAY": "Element that no disclosure gateway covers for this year.",
    "CHECK-ORDER": "Element out of the order that the contract fixes.",
    "CHECK-REPEATED": "Element more often than the contract allows.",
    "CHECK-VALUE": "Value outside the code list or form that the contract gives for this item.",
    "CHECK-MISSING": "Required element left out; DfE's system does not load the file until it is there.",
    "CHECK-FORM": "Identifier that has not the form of the year; the rules report it.",
    "CHECK-EMPTY": "Item without a value; a blank item is left out.",
    "CHECK-TEXT": "Text outside an item.",
    "CHECK-ATTRIBUTE": "Attribute; the file has none.",
    "CHECK-COMMENT": "Comment or processing instruction; the file has none.",
    "CHECK-LOOKALIKE": "Identifier that looks like an NHS number or a date; make sure that it is the authority's own.",
}


_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.\-]{0,39}")
"""Loosest form of an identifier: no blank, so no name of a person, and no sentence."""


def check_cin(path: Path | str, collection: Collection, switched_on: Names[str] = ()) -> pd.DataFrame:
    """Hold a finished census file against the contract; returns what is worth a look, as `findings_in_cin` does.

    Raises RefusedError when the file holds anything that the contract does not allow, InputError when it is not XML.
    """
    findings = findings_in_cin(path, collection, switched_on)
    refuse_unless_clean(findings)
    return findings


def findings_in_cin(path: Path | str, collection: Collection, switched_on: Names[str] = ()) -> pd.DataFrame:
    """What a finished census file holds that the contract does not allow; no rows when all is well.

    Columns code (CHECK-..., see `WARNINGS`), file, line, column (element), message, count; values are never repeated.
    Raises InputError when the file cannot be read as XML at all.
    """
    path = Path(path)
    findings = StructureNotes(path.name)
    checker = _Checker(collection, switched_on, findings)
    with parsed(path, ("Child",), findings) as events:
        for child in events:
            if checker.is_in_place(child):
                checker.container(child, checker.child)
                child.clear(keep_tail=True)
        checker.file(events.root)
    return findings.frame()


def refuse_unless_clean(findings: pd.DataFrame) -> None:
    """Raises RefusedError, with codes, elements and numbers only, when the findings stop the file."""
    stops = findings[~findings["code"].isin(WARNINGS)]
    if len(stops) == 0:
        return
    totals = stops.groupby(["code", "column"], sort=True, as_index=False)["count"].sum()
    columns = (totals[name].tolist() for name in ("code", "column", "count"))
    parts = [f"{code} {column} ({number})" for code, column, number in zip(*columns, strict=True)]
    files = ", ".join(sorted(set(stops["file"])))
    raise RefusedError(
        f"{files}: the last check stopped the file; it holds what the contract does not allow: {'; '.join(parts[:20])}"
        f"{' and more' if len(parts) > 20 else ''}. Mend the source or the profile and run again."
    )


class _Allowed:
    """One element as the contract allows it."""

    __slots__ = ("children", "covered", "element", "form", "identifier", "known", "places", "required")

    def __init__(self, element: Element, collection: Collection, switched_on: Names[str]) -> None:
        self.element = element
        field = element.field
        self.form: Form | None = form_of(collection, field) if field is not None else None
        self.required = element.least > 0 and (field is None or field.requirement == "required")
        self.identifier = field is not None and field.type == "string" and field.table != "Header"
        self.covered = field is None or collection.gateways.covers("cin", field.id, collection.year, switched_on)[0]
        self.children = [_Allowed(part, collection, switched_on) for part in element.children]
        self.places = {part.name: place for place, part in enumerate(element.children)}
        self.known: dict[str, bool] = {}

    def fits(self, text: str) -> bool:
        """Whether a value has the item's form; each distinct value is looked at once."""
        found = self.known.get(text)
        if found is None:
            found = self.known[text] = self.form is not None and self.form.fits(text)
        return found

    def find(self, name: str) -> _Allowed | None:
        """This element or the first within it of that name."""
        if self.element.name == name:
            return self
        return next((found for part in self.children if (found := part.find(name)) is not None), None)


class _Checker:
    def __init__(self, collection: Collection, switched_on: Names[str], findings: StructureNotes) -> None:
        self.findings = findings
        self.root = _Allowed(xml_tree(collection, switched_on), collection, switched_on)
        child = self.root.find("Child")
        if child is None:
            raise ContractError("dictionary.yaml: elements: there is no Child, so no file can be checked.")
        self.child = child
        self.child_parent = next(e.name for e in self.root.element.walk() if child.element in e.children)

    def is_in_place(self, child: Xml) -> bool:
        """Whether this Child stands where Child elements belong; any other is judged with the rest of the file."""
        parent = child.getparent()
        above = parent.getparent() if parent is not None else None
        return above is not None and parent.tag == self.child_parent and above.getparent() is None

    def file(self, root: Xml) -> None:
        """The root and everything that is not inside a Child."""
        for beside in (*root.itersiblings(preceding=True), *root.itersiblings()):
            self._found("CHECK-COMMENT", beside, "")
        if root.tag != self.root.element.name:
            self._found("CHECK-ELEMENT", root, plain_name(root.tag))
        else:
            self.container(root, self.root)

    def container(self, element: Xml, allowed: _Allowed) -> None:
        name, places, children = allowed.element.name, allowed.places, allowed.children
        if element.keys():
            self._found("CHECK-ATTRIBUTE", element, name)
        if (text := element.text) and not text.isspace():
            self._found("CHECK-TEXT", element, name)
        last, seen = 0, [0] * len(children)
        for part in element:
            if (tail := part.tail) and not tail.isspace():
                self._found("CHECK-TEXT", part, name)
            place = places.get(part.tag)
            if place is None:
                is_element = isinstance(part.tag, str)
                self._found("CHECK-ELEMENT" if is_element else "CHECK-COMMENT", part, plain_name(part.tag) or name)
                continue
            if place < last:
                self._found("CHECK-ORDER", part, part.tag)
            last = max(last, place)
            seen[place] += 1
            inner = children[place]
            if inner.element.most is not None and seen[place] > inner.element.most:
                self._found("CHECK-REPEATED", part, part.tag)
            if inner.form is not None:
                self._item(part, inner)
            elif inner is not self.child or not self.is_in_place(part):  # those were judged as they were read
                self.container(part, inner)
        for inner, number in zip(children, seen, strict=True):
            if not number and inner.required:
                self._found("CHECK-MISSING", element, inner.element.name)

    def _item(self, item: Xml, allowed: _Allowed) -> None:
        name = allowed.element.name
        if not allowed.covered:
            self._found("CHECK-GATEWAY", item, name)
        if item.keys():
            self._found("CHECK-ATTRIBUTE", item, name)
        for part in item:
            is_element = isinstance(part.tag, str)
            self._found("CHECK-ELEMENT" if is_element else "CHECK-COMMENT", part, plain_name(part.tag) or name)
        text = item.text
        if not text:
            self._found("CHECK-EMPTY", item, name)
        elif not allowed.fits(text):
            loose = allowed.identifier and _IDENTIFIER.fullmatch(text)
            self._found("CHECK-FORM" if loose else "CHECK-VALUE", item, name)
        elif name == "LAchildID" and looks_personal(text):
            self._found("CHECK-LOOKALIKE", item, name)

    def _found(self, code: str, element: Xml, name: str) -> None:
        self.findings.add(code, line_of(element), name[:80], _MESSAGES[code])


def looks_personal(text: str) -> bool:
    """Whether an identifier of digits passes as an NHS number (check digit modulo 11) or as a date since 1900."""
    if not text.isascii() or not text.isdigit():
        return False
    if len(text) == 10:
        total = sum(int(digit) * weight for digit, weight in zip(text[:9], range(10, 1, -1), strict=True))
        return (11 - total % 11) % 11 == int(text[9])
    if len(text) == 8:
        return _is_day(text[4:], text[2:4], text[:2]) or _is_day(text[:4], text[4:6], text[6:])
    return False


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return 1900 <= int(year) <= 2030
