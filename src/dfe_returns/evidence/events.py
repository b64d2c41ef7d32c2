"""What other registers write into the ledger's chain, read back by kind. State is what the entries say, in their
order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dfe_returns.ledger.chain import body_of, content
from dfe_returns.ledger.models import Entry


def events(ledger: Any, kind: str, run_id: str | None = None) -> list[dict[str, Any]]:
    """Entries of a kind (of one run), oldest first: number, at, run_id and what the entry says."""
    query = select(Entry.number, Entry.at, Entry.run_id, Entry.body).where(Entry.kind == kind)
    if run_id is not None:
        query = query.where(Entry.run_id == run_id)
    with ledger.engine.connect() as connection:
        rows = connection.execute(query.order_by(Entry.number)).all()
    return [{**content(row.body), "number": row.number, "at": row.at, "run_id": row.run_id} for row in rows]


def note_access(ledger: Any, what: str, name: str, reason: str, child_hash: str = "", run_id: str = "") -> int:
    """Enter who looked at what, and why (R43, R53): never a value, a child only as keyed hash."""
    body = {"what": what, "name": name.strip(), "reason": reason.strip(), "child_hash": child_hash}
    return int(ledger.entry("looked at", run_id, body))


_TOLD = (
    "event", "state", "name", "role", "reason", "note", "request", "kind", "hold", "reference", "decision", "field",
    "return", "year", "by",
)  # fmt: skip
"""What the history tells of an entry: acts and officers, nothing that was worked out from a child's number."""
_WHAT = ("what", "request", "hold", "field", "reference", "by")


def access_history(ledger: Any) -> list[dict[str, Any]]:
    """Every act in the ledger, oldest first, for an auditor: no child data, no hashes of children (R15, R53).

    number, at, entry (its kind), run_id, name, role and what else ``_TOLD`` names; ``what`` says in one text what it
    was about; ``hash`` is the entry's own: a copy of this list shows later whether the ledger is still the same.
    """
    with ledger.engine.connect() as connection:
        rows = connection.execute(select(*Entry.__table__.columns).order_by(Entry.number)).all()
    told = []
    for row in rows:
        body = body_of(row)
        said = {part: body[part] for part in _TOLD if body.get(part)}
        if row.kind == "recorded":
            said["name"] = body.get("prepared_by", "")
        about = [str(body[part]) for part in _WHAT if body.get(part)]
        facts = {"number": row.number, "at": row.at, "entry": row.kind, "run_id": row.run_id}
        told.append({**facts, **said, "what": " ".join(about), "hash": row.hash})
    return told
