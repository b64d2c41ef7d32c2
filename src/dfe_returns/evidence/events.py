"""What other registers write into the ledger's chain, read back by kind. State is what the entries say, in their
order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dfe_returns.ledger import chain
from dfe_returns.ledger.models import Entry


def events(ledger: Any, kind: str, run_id: str | None = None) -> list[dict[str, Any]]:
    """Entries of a kind (of one run), oldest first: number, at, run_id and what the entry says."""
    query = select(Entry.number, Entry.at, Entry.run_id, Entry.body).where(Entry.kind == kind)
    if run_id is not None:
        query = query.where(Entry.run_id == run_id)
    with ledger.engine.connect() as connection:
        rows = connection.execute(query.order_by(Entry.number)).all()
    return [{**chain.content(body), "number": number, "at": at, "run_id": run} for number, at, run, body in rows]


def note_access(ledger: Any, what: str, name: str, reason: str, child_hash: str = "", run_id: str = "") -> int:
    """Enter who looked at what, and why (R43, R53): never a value, a child only as keyed hash."""
    body = {"what": what, "name": name.strip(), "reason": reason.strip(), "child_hash": child_hash}
    return int(ledger.entry("looked at", run_id, body))


def access_history(ledger: Any) -> list[dict[str, Any]]:
    """Who looked, signed, released, deleted and decided, for an auditor: no child data, no hashes of children (R53)."""
    kinds = (
        "recorded",
        "review asked",
        "signed off",
        "submitted",
        "rejected",
        "superseded",
        "looked at",
        "rights",
        "hold",
        "deleted",
        "field decided",
        "disclosed",
        "key changed",
    )
    kept = (
        "what",
        "event",
        "state",
        "name",
        "role",
        "reason",
        "note",
        "request",
        "kind",
        "hold",
        "reference",
        "decision",
    )
    found = [{**entry, "entry": kind} for kind in kinds for entry in events(ledger, kind)]
    found.sort(key=lambda entry: entry["number"])
    return [
        {
            "number": e["number"],
            "at": e["at"],
            "entry": e["entry"],
            "run_id": e["run_id"],
            **{k: e[k] for k in kept if e.get(k)},
        }
        for e in found
    ]
