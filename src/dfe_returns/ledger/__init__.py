"""The ledger: what was run, found, answered, signed and sent, in entries that are chained by keyed hashes.

Child identifiers stand in it as keyed hashes only; the key is the authority's and lies outside the database.
"""

from __future__ import annotations

from typing import Any


def open_ledger(place: Any, key: Any = None, **options: Any) -> Any:
    """Open (and where needed make or upgrade) a ledger; see :func:`dfe_returns.ledger.ledger.open_ledger`."""
    from dfe_returns.ledger.ledger import open_ledger as opened  # SQLAlchemy takes a quarter second to import

    return opened(place, key, **options)


__all__ = ["open_ledger"]
