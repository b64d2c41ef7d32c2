"""What the ledger can be asked: runs, states, history, files, findings, answers; and whether its chain holds."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, select

from dfe_returns.errors import IntegrityError, UsageError
from dfe_returns.ledger import chain
from dfe_returns.ledger.keys import Key
from dfe_returns.ledger.models import Answer, Entry, Finding, Run, RunFile

DRAFT, IN_REVIEW, SIGNED, SUBMITTED, REJECTED, SUPERSEDED = (
    "draft",
    "in review",
    "signed off",
    "submitted",
    "rejected",
    "superseded",
)
STATE_OF = {
    "recorded": DRAFT,
    "review asked": IN_REVIEW,
    "signed off": SIGNED,
    "submitted": SUBMITTED,
    "rejected": REJECTED,
    "superseded": SUPERSEDED,
}
"""Kind of entry -> state that it puts the run in."""


class Reading:
    """The asking half of :class:`dfe_returns.ledger.ledger.Ledger`."""

    engine: Engine
    key: Key

    def run(self, run_id: str) -> dict[str, Any]:
        """A run's row, with counts and versions as mappings. Raises UsageError for an unknown run."""
        with self.engine.connect() as connection:
            found = connection.execute(select(Run.__table__).where(Run.run_id == run_id)).mappings().first()
        if found is None:
            raise UsageError(f"The ledger holds no run {run_id}.")
        return {**found, "counts": chain.content(found["counts"]), "versions": chain.content(found["versions"])}

    def state(self, run_id: str) -> str:
        """The run's state. Raises UsageError for an unknown run."""
        with self.engine.connect() as connection:
            return self._state(connection, run_id)

    def _state(self, connection: Connection, run_id: str) -> str:
        kinds = (
            select(Entry.kind)
            .where(Entry.run_id == run_id, Entry.kind.in_(list(STATE_OF)))
            .order_by(Entry.number.desc())
        )
        last = connection.execute(kinds.limit(1)).scalar()
        if last is None:
            raise UsageError(f"The ledger holds no run {run_id}.")
        return STATE_OF[last]

    def states(self, collection: str = "", year: str = "") -> pd.DataFrame:
        """All runs, oldest first: run_id, collection, year, authority, as_at, dry_run, made_at, prepared_by, state."""
        columns = ["run_id", "collection", "year", "authority", "as_at", "dry_run", "made_at", "prepared_by"]
        with self.engine.connect() as connection:
            first = select(Entry.run_id, Entry.number).where(Entry.kind == "recorded").subquery()
            query = (
                select(*[getattr(Run, column) for column in columns])
                .join(first, first.c.run_id == Run.run_id)
                .order_by(first.c.number)
            )
            runs = pd.DataFrame(connection.execute(query).all(), columns=columns)
            kinds = select(Entry.run_id, Entry.kind).where(Entry.kind.in_(list(STATE_OF))).order_by(Entry.number)
            last = {row.run_id: STATE_OF[row.kind] for row in connection.execute(kinds)}
        runs["state"] = runs["run_id"].map(last).astype("str") if len(runs) else pd.Series(dtype="str")
        wanted = pd.Series(True, index=runs.index)
        if collection:
            wanted &= runs["collection"] == collection
        if year:
            wanted &= runs["year"] == year
        return runs[wanted].reset_index(drop=True)

    def history(self, run_id: str) -> list[dict[str, Any]]:
        """The run's entries in order: number, at, kind, hash and what the entry says (state, name, role, note, ...)."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(Entry.__table__).where(Entry.run_id == run_id).order_by(Entry.number)
            ).all()
        return [
            {
                **chain.content(row.body),
                "number": row.number,
                "at": row.at,
                "kind": row.kind,
                "hash": row.hash,
            }
            for row in rows
        ]

    def files(self, run_id: str, role: str = "") -> pd.DataFrame:
        """Files of a run: role, name, sha256, bytes."""
        query = (
            select(RunFile.role, RunFile.name, RunFile.sha256, RunFile.bytes)
            .where(RunFile.run_id == run_id)
            .order_by(RunFile.id)
        )
        with self.engine.connect() as connection:
            found = pd.DataFrame(connection.execute(query).all(), columns=["role", "name", "sha256", "bytes"])
        return found[found["role"] == role].reset_index(drop=True) if role else found

    def run_before(self, run_id: str) -> str | None:
        """The run of the same return, year, authority and kind (dry or not) before this one; None for the first."""
        run, runs = self.run(run_id), self.states()
        for part in ("collection", "year", "authority", "dry_run"):
            runs = runs[runs[part] == run[part]]
        earlier = runs["run_id"].tolist()
        place = earlier.index(run_id)
        return earlier[place - 1] if place else None

    def findings(self, run_id: str) -> pd.DataFrame:
        """Issues of a run by content: code, severity, child_hash, key (keyed hashes)."""
        query = (
            select(Finding.code, Finding.severity, Finding.child_hash, Finding.key)
            .where(Finding.run_id == run_id)
            .order_by(Finding.id)
        )
        with self.engine.connect() as connection:
            return pd.DataFrame(connection.execute(query).all(), columns=["code", "severity", "child_hash", "key"])

    def answers(self, collection: str, authority: str) -> pd.DataFrame:
        """The last answer per issue key; columns of the model, child, key and value as keyed hashes, and ``year`` of
        the return it was given for ('' where that was not kept)."""
        columns = [
            "code",
            "child_hash",
            "key",
            "value_hash",
            "answer",
            "reason",
            "name",
            "role",
            "answered_on",
            "expires_on",
        ]
        query = (
            select(*[getattr(Answer, column) for column in columns], Entry.body)
            .join(Entry, Entry.number == Answer.entry)
            .where(Answer.collection == collection, Answer.authority == str(authority))
            .order_by(Answer.id)
        )
        with self.engine.connect() as connection:
            found = pd.DataFrame(connection.execute(query).all(), columns=[*columns, "year"])
        found["year"] = found["year"].map(lambda body: chain.content(body).get("year", "")).astype("str")
        return found.drop_duplicates("key", keep="last", ignore_index=True)

    def verify(self) -> pd.DataFrame:
        """What in the ledger is not as it was written (columns place, problem); no rows when the chain holds."""
        with self.engine.connect() as connection:
            return chain.verify(connection, self.key)

    def must_hold(self) -> None:
        """Raises IntegrityError, naming each place, when the chain does not hold."""
        broken = self.verify()
        if len(broken):
            raise IntegrityError("The ledger was changed: " + "; ".join(broken["place"] + " " + broken["problem"]))
