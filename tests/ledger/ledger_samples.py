"""Runs, findings and files as the ledger takes them, made by hand."""

import datetime as dt
from types import SimpleNamespace as Bag

import pandas as pd

KEY = b"k" * 40


def run_of(run_id: str = "run-1", name: str = "cin", **more) -> Bag:
    values = {
        "run_id": run_id,
        "collection": Bag(name=name, year="2025-26"),
        "authority": "999",
        "as_at": dt.date(2026, 3, 31),
        "dry_run": False,
        "folder": f"runs/{run_id}",
        "inputs_hash": "c" * 64,
        "versions": {"contract": "1"},
    }
    return Bag(**{**values, **more})


def findings_of(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Findings from (code, child, key)."""
    return pd.DataFrame(rows, columns=["code", "child", "key"]).assign(severity="error")


def file_of(name: str, sha256: str = "a" * 64, role: str = "draft") -> dict:
    return {"role": role, "name": name, "sha256": sha256, "bytes": 10}
