"""Reads the XML form of SSDA903 (DfE's schema up to 2023-24): one CHILD element holds what the CSV form spreads over
its tables.

It is read and never written: the return leaves as CSV. Where each column stands is told by `xml` in
schemas/ssda903/dictionary.yaml.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.contract import YEARS, Table, contract
from dfe_returns.errors import InputError
from dfe_returns.sources.return_tables import ReturnTables, StructureNotes
from dfe_returns.sources.xml_input import Xml, line_of, parsed, plain_name, text_within

_SHARED = {"CHILD", "DOB", "SEX"}
"""Columns that other tables repeat from the child's header."""


class _Layout:
    """Where a table stands: its group below CHILD (``EPISODE``, ``HEADER/OC2``; ``HEADER`` itself when flat) and its
    elements."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        paths = {f["name"]: f["xml"].split("/")[2:] for f in table.raw["fields"] if f.get("xml")}
        own = {name: path for name, path in paths.items() if name not in _SHARED}
        self.group = tuple(next(iter(own.values()))[:-1]) if own else ("HEADER",)
        if table.name == "Header":
            self.group = ("HEADER",)
            own = paths
        self.elements = {path[-1]: name for name, path in own.items()}
        self.shared = {path[-1]: name for name, path in paths.items() if name in _SHARED and table.name != "Header"}
        self.columns = (*table.all_fields, "UASC") if table.name == "Header" else tuple(table.all_fields)
        if table.name == "Header":
            self.elements["UASC"] = "UASC"


def read_ssda903_xml(path: Path) -> ReturnTables:
    """The tables of a 903 XML file; tables that the XML form never had (SWEpisodes, DoLo) are not among them.

    Raises InputError, naming the line, for a file that is not XML, is cut off, or is another return's.
    """
    collection = contract("ssda903", YEARS[-1])
    root_name = str(collection.raw["xml"]["root"])
    layouts = [
        _Layout(t)
        for t in collection.all_tables.values()
        if any(f.get("xml") and f["name"] not in _SHARED for f in t.raw["fields"])
    ]
    rows: dict[str, list[dict[str, Any]]] = {layout.name: [] for layout in layouts}
    lines: dict[str, list[int]] = {layout.name: [] for layout in layouts}
    notes = StructureNotes(path.name)
    with parsed(path, ("CHILD", "{*}CHILD"), notes) as events:
        for child in events:
            for layout in layouts:
                for element, cells in _rows_of(child, layout):
                    rows[layout.name].append(cells)
                    lines[layout.name].append(line_of(element))
            _tell_unknown(child, layouts, notes)
            child.clear(keep_tail=True)
        if plain_name(events.root.tag) != root_name:
            raise InputError(
                f"{path.name}: the root element is not {root_name}; this is not a 903 file. Check which file was given."
            )
    tables = {x.name: pd.DataFrame(rows[x.name], columns=list(x.columns), dtype="str") for x in layouts}
    return ReturnTables(tables, {name: np.array(found, dtype=np.int64) for name, found in lines.items()}, notes.frame())


def _rows_of(child: Xml, layout: _Layout) -> list[tuple[Xml, dict[str, Any]]]:
    header = _first(child, "HEADER")
    repeated = {} if header is None else _cells(header, {"CHILDID": "CHILD", **layout.shared})
    groups = [child]
    for name in layout.group:
        groups = [part for group in groups for part in group if plain_name(part.tag) == name]
    out = []
    for group in groups:
        cells = _cells(group, layout.elements)
        own = {k: v for k, v in cells.items() if v and k != "UASC"}
        flat = layout.group == ("HEADER",) and layout.name != "Header"
        asylum_seeker = layout.name == "UASC" and _cells(group, {"UASC": "UASC"}).get("UASC", "").strip() == "1"
        if own or not flat or asylum_seeker:
            out.append((group, {**repeated, **cells}))
    if layout.name == "Header" and not groups:
        out.append((child, {}))
    return out


def _cells(group: Xml, elements: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in group:
        name = elements.get(plain_name(part.tag))
        if name is not None and name not in found:
            found[name] = (text_within(part) or "").strip()
    return found


def _first(child: Xml, name: str) -> Xml | None:
    return next((part for part in child if plain_name(part.tag) == name), None)


def _tell_unknown(child: Xml, layouts: list[_Layout], notes: StructureNotes) -> None:
    known = {"HEADER", "EPISODE", "CHILDID", "DUC", "UASC"}
    for layout in layouts:
        known |= {*layout.group, *layout.elements, *layout.shared}
    for part in child.iter():
        name = plain_name(part.tag)
        if part is not child and name and name not in known:
            notes.add(
                "STRUCT-UNKNOWN-ELEMENT",
                line_of(part),
                name[:60],
                "Element that the return does not have; left unread.",
            )
