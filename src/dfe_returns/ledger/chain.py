"""The chain of entries: each holds a keyed hash of itself and the one before, and seals the rows written with it.

An entry `key changed` is the last one under the key before; whoever still has that key cannot rewrite what it closed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, select, update

from dfe_returns.errors import IntegrityError
from dfe_returns.ledger.keys import Key
from dfe_returns.ledger.models import Answer, Entry, Finding, Run, RunFile, Setting
from dfe_returns.ledger.models_rights import AdoptionDisclosure, Disclosure

START = "0" * 64
KEY_CHANGED = "key changed"
_KEY_WANTING = "were written under a key that the key file lacks; restore the file from the back-up"
_RUN_PARTS = (
    "run_id",
    "collection",
    "year",
    "authority",
    "as_at",
    "dry_run",
    "made_at",
    "folder",
    "prepared_by",
    "inputs_hash",
    "counts",
    "versions",
)
_FILE_PARTS = ("role", "name", "sha256", "bytes")
_FINDING_PARTS = ("code", "severity", "child_hash", "key")
_ANSWER_PARTS = (
    "collection",
    "authority",
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
)

SENT_PARTS = ("child_hash", "table_name", "row_count", "fields", "gateways", "tier", "file", "sha256")
REGISTERS: dict[str, type[Disclosure] | type[AdoptionDisclosure]] = {
    "disclosures": Disclosure,
    "adoption_disclosures": AdoptionDisclosure,
}


def canonical(data: Any) -> str:
    """JSON in the one form that is hashed and stored."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content(text: str) -> dict[str, Any]:
    """What stored JSON says. Raises IntegrityError when it is no longer what `canonical` wrote."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise IntegrityError(
            "The ledger was changed after it was written; `dfe-returns verify RUN` says where. Restore its back-up."
        )
    return found


def digest(rows: Iterable[Any]) -> str:
    """SHA-256 over rows in their order."""
    return hashlib.sha256(canonical([list(row) for row in rows]).encode()).hexdigest()


def run_digest(row: dict[str, Any]) -> str:
    return digest([[row[part] for part in _RUN_PARTS]])


def file_digest(rows: list[dict[str, Any]]) -> str:
    return digest([row[part] for part in _FILE_PARTS] for row in rows)


def finding_digest(rows: list[dict[str, Any]]) -> str:
    return digest([row[part] for part in _FINDING_PARTS] for row in rows)


def answer_digest(rows: list[dict[str, Any]]) -> str:
    return digest([row[part] for part in _ANSWER_PARTS] for row in rows)


def sent_digest(rows: Iterable[Any]) -> str:
    return digest([row[part] for part in SENT_PARTS] for row in rows)


def _hash(key: Key, number: int, at: str, kind: str, run_id: str, body: str, before: str) -> str:
    return key.of_entry(canonical([number, at, kind, run_id, body, before]))


def _seal(key: Key, number: int, last: str) -> str:
    return canonical({"number": number, "hash": last, "seal": key.of_entry(canonical(["end of chain", number, last]))})


def append(connection: Connection, key: Key, at: str, kind: str, run_id: str, body: dict[str, Any]) -> tuple[int, str]:
    """Add a link; returns its number and hash. Of two writers at once the database refuses the second."""
    last = connection.execute(select(Entry.number, Entry.hash).order_by(Entry.number.desc()).limit(1)).first()
    number, before = (last.number + 1, last.hash) if last else (1, START)
    text = canonical(body)
    own = _hash(key, number, at, kind, run_id, text, before)
    connection.execute(
        insert(Entry).values(number=number, at=at, kind=kind, run_id=run_id, body=text, before=before, hash=own)
    )
    seal = _seal(key, number, own)
    if not connection.execute(update(Setting).where(Setting.name == "end").values(value=seal)).rowcount:
        connection.execute(insert(Setting).values(name="end", value=seal))
    return number, own


def change_key(connection: Connection, key: Key, new: Key, at: str, body: dict[str, Any]) -> None:
    """Close the chain under `key` with an entry that names the next one, and go on under `new`."""
    number, own = append(connection, key, at, KEY_CHANGED, "", {**body, "from": key.check, "to": new.check})
    connection.execute(update(Setting).where(Setting.name == "end").values(value=_seal(new, number, own)))
    connection.execute(update(Setting).where(Setting.name == "key check").values(value=new.check))


def verify(connection: Connection, key: Key) -> pd.DataFrame:
    """What is not as it was written: columns place (entry 5, run R, ...) and problem; no rows when all is well."""
    entries = list(connection.execute(select(*Entry.__table__.columns).order_by(Entry.number)))
    found = list(_broken_links(entries, key))
    settings = {row.name: row.value for row in connection.execute(select(Setting.name, Setting.value))}
    end = settings.pop("end", None)
    if entries and end != _seal(key, entries[-1].number, entries[-1].hash) and not found:
        found.append(("end of the chain", "entries were removed from the end, or the seal on the end was changed"))
    if not entries and end:
        found.append(("end of the chain", "all entries were removed"))
    if settings.pop("key check", key.check) != key.check or settings:
        found.append(("settings", "were changed after they were written"))
    found += _changed_rows(connection, entries)
    found += _changed_register(connection, entries)
    return pd.DataFrame(found, columns=["place", "problem"], dtype="str")


def ends_under(connection: Connection, key: Key) -> bool:
    """Whether the chain was last sealed with this key; also true of a chain without an entry."""
    last = connection.execute(select(Entry.number, Entry.hash).order_by(Entry.number.desc()).limit(1)).first()
    end = connection.execute(select(Setting.value).where(Setting.name == "end")).scalar()
    return last is None or end == _seal(key, last.number, last.hash)


def _broken_links(entries: list[Any], key: Key) -> Iterable[tuple[str, str]]:
    before, expected = START, 1
    known = {one.check: one for one in key.all}
    changed = next((entry for entry in entries if entry.kind == KEY_CHANGED), None)
    first = body_of(changed).get("from", "") if changed is not None else key.check
    if first not in known:
        yield f"entries up to {changed.number if changed is not None else 0}", _KEY_WANTING
        return
    now = known[first]
    for entry in entries:
        place = f"entry {entry.number} ({entry.kind})"
        if entry.number != expected:
            yield f"entry {expected}", "is missing from the chain"
        elif entry.before != before:
            yield place, "does not follow the entry before it"
        own = _hash(now, entry.number, entry.at, entry.kind, entry.run_id, entry.body, entry.before)
        if own != entry.hash:
            yield place, "was changed after it was written"
        if entry.kind == KEY_CHANGED:
            if (following := known.get(body_of(entry).get("to", ""))) is None:
                yield f"entries after {entry.number}", _KEY_WANTING
                return
            now = following
        before, expected = entry.hash, entry.number + 1


def _changed_rows(connection: Connection, entries: list[Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    runs = {
        row.run_id: row._asdict() for row in connection.execute(select(*[getattr(Run, part) for part in _RUN_PARTS]))
    }
    files = _grouped(connection, RunFile, RunFile.run_id, _FILE_PARTS)
    findings = _grouped(connection, Finding, Finding.run_id, _FINDING_PARTS)
    answers = _grouped(connection, Answer, Answer.entry, _ANSWER_PARTS)
    recorded: set[str] = set()
    expired = _expired(entries)
    sealed_files: dict[str, list[tuple[int, str]]] = {}
    for entry in entries:
        body = body_of(entry)
        if entry.kind == "recorded":
            recorded.add(entry.run_id)
            if entry.run_id not in runs:
                found.append((f"run {entry.run_id}", "is missing from the table of runs"))
            elif run_digest(runs[entry.run_id]) != body.get("run"):
                found.append((f"run {entry.run_id}", "its row was changed after it was written"))
            left, gone = findings.get(entry.run_id, []), "findings" in expired.get(entry.run_id, ())
            if finding_digest(left) != body.get("findings") and not (gone and not left):
                found.append((f"findings of run {entry.run_id}", "were changed after they were written"))
        if "files" in body:
            sealed_files.setdefault(entry.run_id, []).append((len(body.get("hashes", ())), body["files"]))
        if entry.kind == "answers" and answer_digest(answers.get(entry.number, [])) != body.get("answers"):
            found.append((f"answers of entry {entry.number}", "were changed after they were written"))
    found += [
        (f"files of run {run_id}", "their recorded hashes were changed after they were written")
        for run_id, sealed in sealed_files.items()
        if not _files_hold(files.get(run_id, []), sealed)
    ]
    found += [(f"run {run_id}", "has no entry in the chain") for run_id in sorted(set(runs) - recorded)]
    numbers = {entry.number for entry in entries if entry.kind == "answers"}
    found += [(f"answers of entry {number}", "have no entry in the chain") for number in sorted(set(answers) - numbers)]
    return found


def _changed_register(connection: Connection, entries: list[Any]) -> list[tuple[str, str]]:
    """Rows of the disclosure register against the entry that was made with them."""
    found: list[tuple[str, str]] = []
    told = [(entry, body_of(entry)) for entry in entries if entry.kind == "disclosed"]
    entered = {entry.number: (entry.run_id, body) for entry, body in told if body.get("event") == "entered"}
    expired = _expired(entries)
    for name, model in REGISTERS.items():
        held = _grouped(connection, model, model.entry, ("run_id", *SENT_PARTS))
        for number, (run_id, body) in entered.items():
            mine = held.pop(number, [])
            as_entered = sent_digest(mine) == body.get("digests", {}).get(name)
            as_entered |= not mine and name in expired.get(run_id, ())
            if not as_entered or any(row["run_id"] != run_id for row in mine):
                found.append((f"{name} of run {run_id}", "were changed after they were entered"))
        found += [(f"{name} of entry {number}", "have no entry in the chain") for number in sorted(held)]
    return found


def _expired(entries: list[Any]) -> dict[str, set[str]]:
    """Per run the tables whose rows retention took out, as an entry of the chain says."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        if entry.kind == "deleted":
            found.setdefault(entry.run_id, set()).update(body_of(entry).get("ledger_rows", {}))
    return found


def _files_hold(held: list[dict[str, Any]], sealed: list[tuple[int, str]]) -> bool:
    """First entry: inputs and draft. Each later one: the files frozen at that sign-off, in the order of signing."""
    frozen = [row for row in held if row["role"] == "submission"]
    whole = file_digest([row for row in held if row["role"] != "submission"]) == sealed[0][1]
    for number, expected in sealed[1:]:
        part, frozen = frozen[:number], frozen[number:]
        whole &= file_digest(part) == expected
    return whole and not frozen


def _grouped(connection: Connection, model: Any, by: Any, parts: tuple[str, ...]) -> dict[Any, list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in connection.execute(
        select(by.label("group_of"), *[getattr(model, part) for part in parts]).order_by(model.id)
    ):
        values = row._asdict()
        groups.setdefault(values.pop("group_of"), []).append(values)
    return groups


def body_of(entry: Any) -> dict[str, Any]:
    """What an entry says; nothing where somebody made it unreadable, which the chain then tells."""
    try:
        found = json.loads(entry.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
