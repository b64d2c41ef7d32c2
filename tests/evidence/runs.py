"""Helpers to draw small runs as text."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.evidence.lineage import field_lineage
from dfe_returns.evidence.mapping import mapping_of

NO_WITHHELD = pd.DataFrame(columns=["what", "table", "name", "reason", "count"])
NO_DECISIONS = pd.DataFrame(columns=["rule", "table", "record", "child", "field", "old", "new", "note"])


def frame(text: str, dates: tuple[str, ...] = ()) -> pd.DataFrame:
    """A table drawn as text, cells parted by ``|``; blank cells are missing values."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    table = pd.DataFrame(lines[1:], columns=lines[0], dtype="str").replace("", None)
    for column in dates:
        table[column] = pd.to_datetime(table[column])
    return table


def run_of(return_name, year, tables, origins, decisions=NO_DECISIONS, withheld=NO_WITHHELD, **more):
    collection = contract(return_name, year)
    facts = {
        "collection": collection,
        "authority": "999",
        "authority_name": "Fernshire",
        "run_id": "run-1",
        "as_at": date(int(year[:4]) + 1, 3, 31),
        "dry_run": False,
        "inputs_hash": "",
        "versions": {},
        "switches": {},
        "started": "2026-06-12T09:00:00+00:00",
        "tables": tables,
        "origins": origins,
        "decisions": decisions,
        "withheld": withheld,
        "fields": field_lineage(collection, mapping_of(return_name), tables, withheld),
        "sources": pd.DataFrame(columns=["file", "table", "rows", "read", "sha256", "extract_date", "note"]),
    }
    return SimpleNamespace(**{**facts, **more})
