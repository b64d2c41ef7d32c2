"""The tools behind `dfe-returns profile`: check a profile against an extract, list the codes still unmapped, read
them back.

Nothing here shows a person: columns, code values, counts, file names and lines only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.sources.code_lists import CODES_COLUMNS
from dfe_returns.sources.load import Loaded, load
from dfe_returns.sources.profile import Profile


@dataclass
class ProfileCheck:
    """What a profile makes of an extract.

    files: file, table, rows, kept, dropped
    coverage: table, column, rows, filled, empty, unmapped, share (per cent filled; only tables that have rows)
    values: table, column, value, code, how, count (every code value seen, and how it was read)
    unmapped: file, table, column, value, count, action
    dropped: file, table, reason, count
    repeats: notes on repeated keys and rows; structure: all structural notes
    stops: messages of what a person must settle before a run
    """

    files: pd.DataFrame
    coverage: pd.DataFrame
    values: pd.DataFrame
    unmapped: pd.DataFrame
    dropped: pd.DataFrame
    repeats: pd.DataFrame
    structure: pd.DataFrame
    stops: list[str]
    loaded: Loaded

    @property
    def ready(self) -> bool:
        """Nothing stands in the way of a run."""
        return not self.stops


def check_source(
    source: str | Path, profile: Profile | Path | str | None = None, companions: Path | str | None = None
) -> ProfileCheck:
    """Load an extract under a profile without stopping, and say what became of it.

    Raises InputError when the files cannot be read at all, UsageError when the profile is wrong.
    """
    loaded = load(source, profile, companions, stop=False)
    report = loaded.report
    coverage = report.coverage[report.coverage["rows"].gt(0)].reset_index(drop=True)
    coverage = coverage.assign(share=(100 * coverage["filled"] / coverage["rows"]).round().astype("Int64"))
    files = report.files.assign(dropped=report.files["rows"] - report.files["kept"])
    groups = report.values.groupby(["table", "column", "value", "code", "how"], as_index=False, sort=True)
    values = groups.agg(count=("count", "sum"))
    repeats = report.structure[report.structure["code"].isin(["STRUCT-REPEAT-EXACT", "STRUCT-REPEAT-KEY"])]
    return ProfileCheck(
        files=files[["file", "table", "rows", "kept", "dropped", "encoding", "separator"]],
        coverage=coverage,
        values=values,
        unmapped=report.unmapped,
        dropped=report.dropped,
        repeats=repeats.reset_index(drop=True),
        structure=report.structure,
        stops=[str(stop["message"]) for stop in report.stops],
        loaded=loaded,
    )


def unmapped_codes(check: ProfileCheck) -> pd.DataFrame:
    """Values without a code: column, value, count, code and meaning (both to be filled in); most frequent first."""
    found = check.unmapped
    found = found[~found["value"].str.endswith(("(out of use on that day)", " different values, not shown)"))]
    out = found.groupby(["column", "value"], as_index=False, sort=True).agg(count=("count", "sum"))
    out = out.sort_values(["column", "count", "value"], ascending=[True, False, True], kind="stable", ignore_index=True)
    return out.assign(code="", meaning="")[CODES_COLUMNS]


def summary(check: ProfileCheck) -> dict[str, Any]:
    """Counts for a machine: files, tables with rows, columns filled, values unmapped, rows dropped, stops."""
    return {
        "files": int(check.files["file"].nunique()),
        "tables": int(check.coverage["table"].nunique()),
        "columns_filled": int(check.coverage["filled"].gt(0).sum()),
        "columns_empty": int(check.coverage["filled"].eq(0).sum()),
        "values_unmapped": len(check.unmapped),
        "rows_dropped": int(check.dropped["count"].sum()),
        "stops": len(check.stops),
        "ready": check.ready,
    }
