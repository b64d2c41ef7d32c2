"""The disclosure register: what was sent of whom, and the answer for one child across seasons (R19, R27, R50).

The ledger holds keyed hashes, tables and field names, never a value. Values are read from the sealed run folders
while those are kept. An adoption row is recorded apart, under a reference that nothing joins to the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, insert, select

from dfe_returns.errors import UsageError
from dfe_returns.evidence.events import events
from dfe_returns.evidence.lineage import CHILD_COLUMN
from dfe_returns.ledger import chain
from dfe_returns.ledger.chain import REGISTERS, SENT_PARTS

_ADOPTION = "adoption "
SEASON_COLUMNS = [
    "return",
    "year",
    "authority",
    "run_id",
    "state",
    "signed_on",
    "sent_on",
    "reference",
    "recipient",
    "table",
    "rows",
    "fields",
    "gateways",
    "tier",
    "file",
    "sha256",
    "register",
    "folder",
]


def child_hash(ledger: Any, child: str) -> str:
    """Keyed hash of a child's number, to write into the ledger."""
    return str(ledger.key.of_child(child))


def child_hashes(ledger: Any, child: str, adoption: bool = False) -> frozenset[str]:
    """What a child's number may stand under in the ledger, to look it up; adoption rows have references of their
    own."""
    found: frozenset[str] = ledger.key.ever_of_child((_ADOPTION if adoption else "") + child)
    return found


def request_of(ledger: Any, request: str, child: str) -> dict[str, Any]:
    """The opening of a request that is about this child. Raises UsageError for an unknown number or another child."""
    told = events(ledger, "rights")
    opened = next((e for e in told if e.get("request") == request and e.get("event") == "opened"), None)
    if opened is None:
        raise UsageError(f"There is no request {request}; `requests list` has them.")
    if opened["child_hash"] not in child_hashes(ledger, child):
        raise UsageError(f"{request} is about another child.")
    return opened


def disclosing(
    ledger: Any, result: Any, specification: str = "", notice: str = ""
) -> Callable[[pd.DataFrame], Callable[[Connection], dict[str, int]]]:
    """The register's part of a signature: given the sealed files (name, sha256), what to write in its transaction.

    ``specification`` and ``notice``: references of the direction and of the privacy notice in force (R2, R26). The rows
    are worked out before the transaction begins. A run that was signed, rejected and signed again has the same bytes
    and is entered once.
    """

    def prepare(sealed: pd.DataFrame) -> Callable[[Connection], dict[str, int]]:
        rows = _rows(ledger, result, sealed)
        laws = result.collection.gateways
        body = {
            "event": "entered",
            "return": result.collection.name,
            "year": result.collection.year,
            "authority": str(result.authority),
            "recipient": laws.returns[result.collection.name]["recipient"],
            "register": laws.version,
            "specification": specification,
            "notice": notice,
            "counts": {name: len(found) for name, found in rows.items()},
            "digests": {name: chain.sent_digest(found) for name, found in rows.items()},
        }
        before = _entered(ledger, result.run_id)

        def act(connection: Connection) -> dict[str, int]:
            if before is not None:
                again = {
                    "event": "entered again",
                    "as": before["number"],
                    "specification": specification,
                    "notice": notice,
                }
                chain.append(connection, ledger.key, ledger._at(), "disclosed", result.run_id, again)
                return dict(before["counts"])
            number, _ = chain.append(connection, ledger.key, ledger._at(), "disclosed", result.run_id, body)
            for name, found in rows.items():
                if found:
                    connection.execute(
                        insert(REGISTERS[name]), [{**r, "run_id": result.run_id, "entry": number} for r in found]
                    )
            return {name: len(found) for name, found in rows.items()}

        return act

    return prepare


def disclosed_counts(ledger: Any, run_id: str) -> dict[str, int]:
    """Rows per register that were entered for a run; empty when none were."""
    found = _entered(ledger, run_id)
    return dict(found["counts"]) if found is not None else {}


def _entered(ledger: Any, run_id: str) -> dict[str, Any] | None:
    found = [event for event in events(ledger, "disclosed", run_id) if event.get("event") == "entered"]
    return found[-1] if found else None


def disclosures_of(ledger: Any, child: str) -> pd.DataFrame:
    """Every table of every signed run that had the child: columns of ``SEASON_COLUMNS``, oldest first.

    ``sent_on`` and ``reference`` are blank until a person noted the submission. Both registers are asked, each by
    its own hash of this number; nothing else is used to find a child, so records on either side of an adoption
    stay apart.
    """
    parts = []
    with ledger.engine.connect() as connection:
        for name, model in REGISTERS.items():
            wanted = child_hashes(ledger, child, adoption=name == "adoption_disclosures")
            query = select(*[getattr(model, p) for p in ("run_id", *SENT_PARTS)]).where(model.child_hash.in_(wanted))
            found = pd.DataFrame(connection.execute(query.order_by(model.id)).all(), columns=["run_id", *SENT_PARTS])
            parts.append(found.assign(register=name))
    every = pd.concat(parts, ignore_index=True)
    runs = pd.DataFrame([_run_facts(ledger, run_id) for run_id in every["run_id"].unique()])
    if not len(every):
        return pd.DataFrame(columns=SEASON_COLUMNS, dtype="str")
    joined = every.rename(columns={"table_name": "table", "row_count": "rows"}).merge(runs, on="run_id", how="left")
    return joined.sort_values(["year", "return", "signed_on"], kind="stable", ignore_index=True)[SEASON_COLUMNS]


def disclosure_counts(ledger: Any, run_id: str) -> pd.DataFrame:
    """People per table of a run: table, register, children, tier, file, sha256 (what a breach report starts from)."""
    parts = []
    with ledger.engine.connect() as connection:
        for name, model in REGISTERS.items():
            query = select(model.table_name, model.tier, model.file, model.sha256).where(model.run_id == run_id)
            columns = ["table", "tier", "file", "sha256"]
            parts.append(pd.DataFrame(connection.execute(query).all(), columns=columns).assign(register=name))
    every = pd.concat(parts, ignore_index=True)
    grouped = every.groupby(["table", "register", "file", "sha256"], sort=True, as_index=False)
    return grouped.agg(children=("tier", "size"), tier=("tier", "max"))


def _rows(ledger: Any, result: Any, sealed: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    collection, column = result.collection, CHILD_COLUMN[result.collection.name]
    out: dict[str, list[dict[str, Any]]] = {name: [] for name in REGISTERS}
    for name, table in collection.tables.items():
        frame = result.tables.get(name)
        if frame is None or column not in frame or not len(frame):
            continue
        adoption = bool(collection.gateways.tables[collection.name, name].get("disclosure_record"))
        laws = {c: collection.gateways.field(collection.name, f"{name}.{c}") for c in table.columns if c in frame}
        sent = _sent_fields(frame, column, list(laws))
        file, sha256 = _file_of(table, sealed)
        told = sent["fields"].map({text: _law_of(text, laws) for text in sent["fields"].unique()})
        prefix = _ADOPTION if adoption else ""
        rows = pd.DataFrame(
            {
                "child_hash": ledger.key.of_children(prefix + sent["child"].astype("str")),
                "table_name": name,
                "row_count": sent["rows"].astype("int64"),
                "fields": sent["fields"],
                "gateways": told.str[0],
                "tier": told.str[1],
                "file": file,
                "sha256": sha256,
            }
        ).sort_values("child_hash", kind="stable")
        out["adoption_disclosures" if adoption else "disclosures"] += [
            {str(k): v for k, v in row.items()} for row in rows.to_dict("records")
        ]
    return out


def _sent_fields(frame: pd.DataFrame, column: str, fields: list[str]) -> pd.DataFrame:
    """Per child: number of rows and the names of the fields that hold something, parted by spaces."""
    filled = pd.DataFrame({name: frame[name].notna() for name in fields})
    by_child = filled.groupby(frame[column].astype("str").to_numpy(), sort=True)
    any_filled, rows = by_child.any(), by_child.size()
    patterns = any_filled.drop_duplicates()
    names = np.array(fields, dtype=object)
    texts = [" ".join(names[mask]) for mask in patterns.to_numpy()]
    known = pd.Series(texts, index=pd.MultiIndex.from_frame(patterns))
    which = known.reindex(pd.MultiIndex.from_frame(any_filled)).to_numpy()
    return pd.DataFrame({"child": any_filled.index, "rows": rows.to_numpy(), "fields": which}).astype({"fields": "str"})


def _law_of(fields: str, laws: Mapping[str, Any]) -> tuple[str, str]:
    told = [laws[name] for name in fields.split()]
    gateways = dict.fromkeys(g for law in told for g in law.gateways)
    return "; ".join(gateways), max((law.highest_tier for law in told), default="T0")


def _file_of(table: Any, sealed: pd.DataFrame) -> tuple[str, str]:
    """The sealed file that holds a table: its own CSV, or the one census file."""
    if not len(sealed):
        return "", ""
    base = sealed["name"].map(lambda name: Path(str(name)).name.lower())
    own = sealed[base.eq(str(table.file_name).lower())] if table.file_name else sealed[base.str.endswith(".xml")]
    found = own.iloc[0] if len(own) else sealed.iloc[0] if len(sealed) == 1 else None
    return ("", "") if found is None else (str(found["name"]), str(found["sha256"]))


def _run_facts(ledger: Any, run_id: str) -> dict[str, Any]:
    run, history = ledger.run(run_id), ledger.history(run_id)
    signed = next((h["at"][:10] for h in history if h["kind"] == "signed off"), "")
    sent: dict[str, Any] = next((h for h in history if h["kind"] == "submitted"), {})
    entered: dict[str, Any] = next((h for h in history if h["kind"] == "disclosed"), {})
    return {
        "run_id": run_id,
        "return": run["collection"],
        "year": run["year"],
        "authority": run["authority"],
        "state": ledger.state(run_id),
        "signed_on": signed,
        "sent_on": sent.get("at", "")[:10],
        "reference": sent.get("reference", ""),
        "recipient": entered.get("recipient", ""),
        "folder": run["folder"],
    }
