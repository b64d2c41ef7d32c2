"""From SSD tables to the tables of a return: cohorts, episodes, derived items, and an account of every decision."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dfe_returns.build.record import Record, decision_codes
from dfe_returns.build.settings import BuildSettings

__all__ = ["BuildSettings", "Built", "Record", "decision_codes"]


@dataclass(frozen=True)
class Built:
    """A return as built, before minimisation.

    tables: typed return tables, rows in the order they are published
    origins: per return table: row (position in that table), source (table), file, line, part (field, or "row")
    decisions: rule, table, record (file:line), child, field, old, new, note
    worklist: what a person must settle: code, table, record, child, field, value, note
    withheld: what (row), table (source), name (return table), reason, count
    """

    tables: dict[str, pd.DataFrame]
    origins: dict[str, pd.DataFrame]
    decisions: pd.DataFrame
    worklist: pd.DataFrame
    withheld: pd.DataFrame
