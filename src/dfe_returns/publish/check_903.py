"""The last check of a 903 folder: reads the finished files again and holds every name and value against the contract
of the year.

It shares nothing with the writer but the contract. Identifiers are held against a looser form than DfE's rules: what
those refuse
still makes a draft, so that the report can say whose it is. Source: UK GDPR Articles 5(1)(c)-(d) and 25.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from collections.abc import Collection as Names
from datetime import datetime
from pathlib import Path

import pandas as pd

from dfe_returns.contract import Collection, Field, Table
from dfe_returns.publish.check import _IDENTIFIER, looks_personal, refuse_unless_clean
from dfe_returns.sources.return_tables import StructureNotes, joined_structure

_MESSAGES = {
    "CHECK-FILE": "File that the contract does not name for this year.",
    "CHECK-MISSING": "File that the contract names for this year is not there.",
    "CHECK-BYTES": "The file is not UTF-8 without mark, with lines ended by CRLF.",
    "CHECK-HEADER": "The header line is not the contract's columns in their order.",
    "CHECK-CELLS": "A row has more or fewer cells than the header.",
    "CHECK-GATEWAY": "Column that no disclosure gateway covers for this year.",
    "CHECK-VALUE": "Value outside the code list or form that the contract gives for this column.",
    "CHECK-FORM": "Value in the form of an identifier that is not the one of the year; the rules report it.",
    "CHECK-LOOKALIKE": "Identifier that looks like an NHS number or a date; make sure that it is the authority's own.",
}
_FORMS = {
    "postcode": re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}"),
    "partial_date": re.compile(r"(?:[0-9]{2}|zz)/(?:[0-9]{2}|zz)/(?:[0-9]{4}|zzzz)", re.IGNORECASE),
    "integer": re.compile(r"[0-9]{1,4}"),
}
_UPN = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]")


def check_ssda903(folder: Path | str, collection: Collection, switched_on: Names[str] = ()) -> pd.DataFrame:
    """Hold a finished folder against the contract; returns what is worth a look.

    Raises RefusedError, with codes, columns and numbers only, when a file holds anything that the contract does not
    allow.
    """
    findings = findings_in_ssda903(folder, collection, switched_on)
    refuse_unless_clean(findings)
    return findings


def findings_in_ssda903(folder: Path | str, collection: Collection, switched_on: Names[str] = ()) -> pd.DataFrame:
    """What the files hold that the contract does not allow: code (CHECK-...), file, line, column, message, count. No
    values."""
    folder = Path(folder)
    parts = []
    known = {t.file_name: t for t in collection.tables.values() if not t.switch or t.name in switched_on}
    for path in sorted(folder.iterdir()):
        notes = StructureNotes(path.name)
        if path.name in known:
            _file(path, known[path.name], collection, switched_on, notes)
        else:
            notes.add("CHECK-FILE", None, "", _MESSAGES["CHECK-FILE"])
        parts.append(notes.frame())
    for name in known:
        if not (folder / name).exists():
            notes = StructureNotes(name)
            notes.add("CHECK-MISSING", None, "", _MESSAGES["CHECK-MISSING"])
            parts.append(notes.frame())
    return joined_structure(parts)


def _file(path: Path, table: Table, collection: Collection, switched_on: Names[str], notes: StructureNotes) -> None:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text.endswith("\r\n") or text.startswith("\ufeff") or data.count(b"\n") != data.count(b"\r\n"):
        notes.add("CHECK-BYTES", 1, "", _MESSAGES["CHECK-BYTES"])
        return
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if tuple(rows[0]) != table.columns:
        notes.add("CHECK-HEADER", 1, "", _MESSAGES["CHECK-HEADER"])
        return
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(table.columns):
            notes.add("CHECK-CELLS", line, "", _MESSAGES["CHECK-CELLS"])
            return
    for place, field in enumerate(table.fields.values()):
        cells = [row[place] for row in rows[1:]]
        if any(cells) and not collection.gateways.covers(collection.name, field.id, collection.year, switched_on)[0]:
            notes.add("CHECK-GATEWAY", 1, field.name, _MESSAGES["CHECK-GATEWAY"])
        _column(cells, field, collection, notes)


def _column(cells: list[str], field: Field, collection: Collection, notes: StructureNotes) -> None:
    """Each distinct value is judged once."""
    judge = judge_of(field, collection)
    verdicts = {text: judge(text) for text in set(cells) if text}
    if not any(verdicts.values()):
        return
    for line, text in enumerate(cells, 2):
        if code := verdicts.get(text):
            notes.add(code, line, field.name, _MESSAGES[code])


def judge_of(field: Field, collection: Collection) -> Callable[[str], str]:
    """A function that gives the CHECK code for a filled value of the field, '' when it may leave."""
    codes = frozenset(collection.codes_of(field))

    def judge(text: str) -> str:
        if field.max_length is not None and len(text) > field.max_length and field.type != "string":
            return "CHECK-VALUE"
        if field.type == "code":
            return "" if text in codes else "CHECK-VALUE"
        if field.type == "date":
            return "" if _is_day(text) else "CHECK-VALUE"
        if field.type in _FORMS:
            return "" if _FORMS[field.type].fullmatch(text) else "CHECK-VALUE"
        if text in codes or (field.name == "UPN" and _UPN.fullmatch(text)):
            return ""
        if not _IDENTIFIER.fullmatch(text):
            return "CHECK-VALUE"
        if field.name == "UPN" or (field.max_length is not None and len(text) > field.max_length) or not text.isalnum():
            return "CHECK-FORM"
        return "CHECK-LOOKALIKE" if field.name == "CHILD" and looks_personal(text) else ""

    return judge


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(datetime.strptime(text, "%d/%m/%Y"))  # noqa: DTZ007 - a calendar day
    except ValueError:
        return False
