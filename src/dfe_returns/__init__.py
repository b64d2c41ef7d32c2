"""Builds, checks, explains and proves the children's social care statutory returns: CIN census and SSDA903.

import dfe_returns as dr
dr.contract("ssda903", "2025-26")                    # tables, fields, code sets, rules, gateways
dr.validate("cin", "2025-26", tables)                # DfE's rules over any frames
dr.read_return("cin", "census.xml")                  # a return made by anyone, as tables
dr.run(config, "cin", "2025-26", source="extract/")  # extract to report
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dfe_returns.contract import contract
    from dfe_returns.pipeline import run
    from dfe_returns.sources.return_files import read_return
    from dfe_returns.validate import validate

__version__ = "1.0.0"
__all__ = ["contract", "read_return", "run", "validate"]

_HOMES = {
    "contract": "dfe_returns.contract",
    "validate": "dfe_returns.validate",
    "read_return": "dfe_returns.sources.return_files",
    "run": "dfe_returns.pipeline",
}


def __getattr__(name: str) -> Any:
    # Imported on first use: the command line answers --help without loading pandas.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
