"""`synthesise`: stories, layout and faults in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from dfe_returns.errors import UsageError
from dfe_returns.synthetic import faults_files, faults_rows, faults_stories, faults_values  # noqa: F401  (they register themselves)
from dfe_returns.synthetic.faults import chosen, known, spoil_pack, spoil_stories
from dfe_returns.synthetic.layout_ssd import ssd_pack
from dfe_returns.synthetic.layout_vendor import vendor_pack
from dfe_returns.synthetic.stories import stories

_LAYOUTS = {"ssd": ssd_pack, "vendor": vendor_pack}

FAULTS = {name: fault.about for name, fault in known().items()}


def synthesise(
    children: int,
    seed: int,
    out: Path | str,
    layout: str = "ssd",
    year: str = "2025-26",
    faults: Sequence[str] = (),
    fault_share: float = 0.1,
    *,
    paths: Mapping[str, float] | None = None,
    as_at: date | None = None,
) -> dict[str, int]:
    """Write a synthetic extract of `children` children to the folder `out`; returns rows per file.

    `faults`: names of `FAULTS` (or just "all"), planted in `fault_share` of the rows they can touch, at least in one.
    Deterministic in all arguments. Raises UsageError for an unknown layout, fault or year.
    """
    if layout not in _LAYOUTS:
        raise UsageError(f"Unknown layout '{layout}'; known: {', '.join(_LAYOUTS)}.")
    if not 0 <= fault_share <= 1:
        raise UsageError("The share of rows with a fault lies between 0 and 1.")
    planted = chosen(faults, layout)
    told = spoil_stories(stories(children, seed, year, paths=paths, as_at=as_at), planted, fault_share)
    return spoil_pack(_LAYOUTS[layout](told), planted, fault_share, seed).write(out)
