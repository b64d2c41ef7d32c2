"""`synthesise`: stories and layout in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from dfe_returns.errors import UsageError
from dfe_returns.synthetic.layout_ssd import write_ssd
from dfe_returns.synthetic.layout_vendor import write_vendor
from dfe_returns.synthetic.stories import stories

_WRITERS = {"ssd": write_ssd, "vendor": write_vendor}


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

    Deterministic in all arguments. Raises UsageError for an unknown layout, fault or year.
    """
    if layout not in _WRITERS:
        raise UsageError(f"Unknown layout '{layout}'; known: {', '.join(_WRITERS)}.")
    if faults:
        raise UsageError(f"Unknown fault '{faults[0]}'.")
    return _WRITERS[layout](stories(children, seed, year, paths=paths, as_at=as_at), out)
