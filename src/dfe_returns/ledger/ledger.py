"""The ledger's acts: record a run, ask for review, sign, reject, note the submission, keep answers, prove the chain.

A run is draft, in review, signed off, submitted, rejected or superseded: what its last act in the chain made it.
"""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError as Collision
from sqlalchemy.exc import OperationalError

from dfe_returns.errors import IntegrityError, RefusedError, UsageError
from dfe_returns.ledger import chain
from dfe_returns.ledger.database import connect, holds_something
from dfe_returns.ledger.keys import Key, add_key, in_use, key_from
from dfe_returns.ledger.models import Answer, Finding, Run, RunFile, Setting
from dfe_returns.ledger.reading import DRAFT, IN_REVIEW, REJECTED, SIGNED, STATE_OF, SUBMITTED, SUPERSEDED, Reading

_ONE_WRITER = {"sqlite": "begin immediate", "postgresql": "select pg_advisory_xact_lock(19890083)"}


def open_ledger(
    place: str | Path,
    key: bytes | str | Path | None = None,
    *,
    same_person_may_sign: bool = False,
    now: Callable[[], dt.datetime] | None = None,
) -> Ledger:
    """Open a ledger, making or upgrading its tables where needed.

    ``place``: path of an SQLite file, or a URL (``postgresql://user@host/database``); ``key``: the authority's key as
    bytes or as a file (mode 0600). Without one, a key is kept beside an SQLite ledger (``NAME.key``), made if need
    be. ``same_person_may_sign``: the preparer may approve (a choice for the authority to record). ``now``: the
    clock. Raises UsageError for an unusable place or key, and for a key that is missing or not the one the ledger
    was made with; IntegrityError for a damaged ledger.
    """
    beside = None if "://" in str(place) else Path(place).with_suffix(".key")
    held = key_from(key, beside, made_with_one=beside is not None and holds_something(Path(place)))
    file = None if isinstance(key, bytes) else Path(key) if key is not None else beside
    return Ledger(connect(place), held, same_person_may_sign, now or (lambda: dt.datetime.now(dt.UTC)), file)


class Ledger(Reading):
    """An open ledger; use :func:`open_ledger`. Each act is one transaction: all of it happens, or none."""

    def __init__(
        self,
        engine: Engine,
        key: Key,
        same_person_may_sign: bool,
        now: Callable[[], dt.datetime],
        key_file: Path | None = None,
    ) -> None:
        self.engine, self.same_person_may_sign, self._now, self.key_file = engine, same_person_may_sign, now, key_file
        self.key = self._known(key)

    def _known(self, key: Key) -> Key:
        """The key of the file that the ledger goes on with now. Raises UsageError when the file does not have it,
        IntegrityError when the ledger was sealed with it and says otherwise."""

        def act(connection: Connection) -> Key | None:
            held = connection.execute(select(Setting.value).where(Setting.name == "key check")).scalar()
            if held is None and chain.ends_under(connection, key):
                connection.execute(insert(Setting).values(name="key check", value=key.check))
                return key
            found = in_use(key, held or "")
            if found is None and any(chain.ends_under(connection, one) for one in key.all):
                raise IntegrityError("The ledger was changed: settings, what it knows its key by.")
            return found

        found: Key | None = self._write(act)
        if found is None:
            raise UsageError(
                "This key is not the one that the ledger is kept with: name the right key file in the configuration, "
                "or copy the newest one here if the key was changed on another machine."
            )
        return found

    def change_key(self, name: str, role: str, reason: str) -> None:
        """Go on under a new key, which is added to the key file; what was hashed before is found as before.

        The file is written first: a stop in between leaves a key that is not used. Raises RefusedError without name,
        role and reason, IntegrityError when the chain does not hold, UsageError when the key did not come from a file.
        """
        if not (name.strip() and role.strip() and reason.strip()):
            raise RefusedError("Changing the key needs the name and role of who decides it, and the reason.")
        if self.key_file is None:
            raise UsageError("The ledger's key did not come from a file, so a new one cannot be kept.")
        self.must_hold()
        before = self.key
        added = in_use(add_key(self.key_file), before.check)
        if added is None:
            raise UsageError(f"The key file {self.key_file} was changed meanwhile; open the ledger again.")
        new = next(key for key in added.others if key.check not in {known.check for known in before.all})
        body = {"name": name.strip(), "role": role.strip(), "reason": reason.strip()}

        def act(connection: Connection) -> None:
            held = connection.execute(select(Setting.value).where(Setting.name == "key check")).scalar()
            if held != before.check:
                raise RefusedError("Somebody else changed the key in this moment; nothing more was done.")
            chain.change_key(connection, before, new, self._at(), body)

        self._write(act)
        self.key = self._known(added)

    def _write(self, act: Callable[[Connection], Any]) -> Any:
        """Run the act in a transaction; writers wait for each other, because each link needs the one before."""
        try:
            with self.engine.begin() as connection:
                connection.exec_driver_sql(_ONE_WRITER[self.engine.dialect.name])
                return act(connection)
        except (Collision, OperationalError) as error:
            raise UsageError(f"The ledger could not be written ({type(error).__name__}); try again.") from None

    def _at(self) -> str:
        return self._now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def today(self) -> dt.date:
        """The day by the ledger's clock."""
        return self._now().date()

    def entry(self, kind: str, run_id: str, body: Mapping[str, Any]) -> int:
        """Add a link of any kind (other registers chain their acts through this); returns its number."""
        return self._write(
            lambda connection: chain.append(connection, self.key, self._at(), kind, run_id, dict(body))[0]
        )

    def forget(self, run_id: str, kind: str, body: Mapping[str, Any], tables: Sequence[str]) -> None:
        """Take the rows of a run out of these tables (findings, registers) with an entry that says so, in one act.

        The entry's ``ledger_rows`` has the number per table; the chain goes on holding.
        """
        models: dict[str, Any] = {"findings": Finding, **chain.REGISTERS}

        def act(connection: Connection) -> None:
            gone = {
                name: connection.execute(delete(models[name]).where(models[name].run_id == run_id)).rowcount
                for name in tables
            }
            said = {**dict(body), "ledger_rows": gone} if tables else dict(body)
            chain.append(connection, self.key, self._at(), kind, run_id, said)

        self._write(act)

    # runs

    def record_run(
        self,
        result: Any,
        *,
        prepared_by: str = "",
        counts: Mapping[str, Any] | None = None,
        files: Sequence[Mapping[str, Any]] = (),
        findings: pd.DataFrame | None = None,
    ) -> str:
        """Enter a run as draft; earlier unsent runs of the same return are superseded. Returns its id.

        ``result``: a RunResult; ``counts``: numbers (sign-off asks about ``errors_by_rule``); ``files``: mappings of
        role, name, sha256, bytes; ``findings``: columns code, severity, child, key (the last two hashed here).
        A dry run supersedes nothing. Raises RefusedError when a signed or submitted run has the same id.
        """
        row = {
            "run_id": result.run_id,
            "collection": result.collection.name,
            "year": result.collection.year,
            "authority": str(result.authority),
            "as_at": result.as_at.isoformat(),
            "dry_run": bool(result.dry_run),
            "made_at": self._at(),
            "folder": str(result.folder),
            "prepared_by": prepared_by.strip() or getpass.getuser(),
            "inputs_hash": str(result.inputs_hash or ""),
            "counts": chain.canonical(dict(counts or {})),
            "versions": chain.canonical({str(part): str(version) for part, version in result.versions.items()}),
        }
        file_rows = [{**dict(file), "run_id": row["run_id"]} for file in files]
        finding_rows = self._finding_rows(findings, result.run_id)

        def act(connection: Connection) -> str:
            if connection.execute(select(Run.run_id).where(Run.run_id == row["run_id"])).first():
                raise RefusedError(f"Run {row['run_id']} is in the ledger already; a new run needs a new id.")
            if not row["dry_run"]:
                self._supersede(connection, row, (DRAFT, IN_REVIEW, SIGNED))
            connection.execute(insert(Run).values(**row))
            if file_rows:
                connection.execute(insert(RunFile), file_rows)
            if finding_rows:
                connection.execute(insert(Finding), finding_rows)
            body = {
                "state": DRAFT,
                "prepared_by": row["prepared_by"],
                "run": chain.run_digest(row),
                "files": chain.file_digest(file_rows),
                "findings": chain.finding_digest(finding_rows),
            }
            chain.append(connection, self.key, str(row["made_at"]), "recorded", row["run_id"], body)
            return row["run_id"]

        return self._write(act)

    def _finding_rows(self, findings: pd.DataFrame | None, run_id: str) -> list[dict[str, Any]]:
        if findings is None or findings.empty:
            return []
        frame = pd.DataFrame(
            {
                "run_id": run_id,
                "code": findings["code"].astype("str"),
                "severity": findings["severity"].astype("str"),
                "child_hash": self.key.of_children(findings["child"].astype("str")),
                "key": self.key.of_children(findings["key"].astype("str")),
            }
        )
        return frame.sort_values(["code", "key"], kind="stable").to_dict("records")  # type: ignore[return-value]

    def _supersede(self, connection: Connection, row: Mapping[str, Any], states: Sequence[str]) -> None:
        same = select(Run.run_id).where(
            Run.collection == row["collection"],
            Run.year == row["year"],
            Run.authority == row["authority"],
            Run.dry_run.is_(False),
        )
        for run_id in sorted(connection.execute(same).scalars()):
            if run_id != row["run_id"] and self._state(connection, run_id) in states:
                body = {"state": SUPERSEDED, "by": row["run_id"]}
                chain.append(connection, self.key, self._at(), "superseded", run_id, body)

    def submit_for_review(self, run_id: str, name: str, role: str, note: str = "") -> None:
        """Preparer asks for review. Raises RefusedError unless the run is a draft or was rejected."""
        self._act(run_id, "review asked", (DRAFT, REJECTED), name, role, {"note": note})

    def sign_off(
        self,
        run_id: str,
        name: str,
        role: str,
        note: str = "",
        exceptions: Mapping[str, str] | None = None,
        *,
        statement: str = "",
        files: Sequence[Mapping[str, Any]] = (),
        then: Callable[[Connection], Any] | None = None,
    ) -> dict[str, Any]:
        """Approve a run that is a draft or in review; returns the entry (number, hash, at, body, then).

        ``exceptions``: rule code -> reason, one for each rule with errors; they stand under the approver's name.
        ``files``: the frozen files; ``then``: what another register writes in the same transaction, after the entry
        (its answer is ``then``). Raises RefusedError (dry run, wrong state, preparer signing, errors without
        exception).
        """
        exceptions = {str(code): str(reason).strip() for code, reason in (exceptions or {}).items()}
        run = self.run(run_id)
        if run["dry_run"]:
            raise RefusedError("A dry run cannot be signed; run the return again without a date before the year's end.")
        left = {code: int(count) for code, count in run["counts"].get("errors_by_rule", {}).items() if count}
        open_rules = sorted(code for code in left if not exceptions.get(code))
        if open_rules:
            listed = ", ".join(f"{code} ({left[code]})" for code in open_rules)
            raise RefusedError(
                f"Errors are left: {listed}. Correct them, or name an exception with a reason for each rule."
            )
        if not self.same_person_may_sign and _same(name, self._preparers(run_id)):
            raise RefusedError("Preparer and approver must be different people: ask the officer who signs.")
        rows = [{**dict(file), "role": "submission", "run_id": run_id} for file in files]
        body = {
            "note": note,
            "statement": statement,
            "exceptions": {code: reason for code, reason in sorted(exceptions.items()) if code in left},
            "errors": left,
            "files": chain.file_digest(rows),
            "hashes": {str(row["name"]): str(row["sha256"]) for row in rows},
        }
        return self._act(run_id, "signed off", (DRAFT, IN_REVIEW), name, role, body, rows, then=then)

    def reject(self, run_id: str, name: str, role: str, reason: str) -> None:
        """Send a run back with the reason, or note that DfE turned down what was submitted. Raises RefusedError."""
        if not reason.strip():
            raise RefusedError("A rejection needs a reason.")
        self._act(run_id, "rejected", (DRAFT, IN_REVIEW, SIGNED, SUBMITTED), name, role, {"reason": reason})

    def submitted(self, run_id: str, reference: str, name: str = "", role: str = "", note: str = "") -> None:
        """Note that a person loaded the signed files, with the reference that DfE's collection system gave.

        Supersedes an earlier submission of the same return and year. Raises RefusedError unless signed off.
        """
        if not reference.strip():
            raise RefusedError("Give the reference that DfE's collection system showed.")
        run = self.run(run_id)

        def also(connection: Connection) -> None:
            self._supersede(connection, run, (SUBMITTED,))

        self._act(
            run_id,
            "submitted",
            (SIGNED,),
            name or getpass.getuser(),
            role,
            {"reference": reference, "note": note},
            also=also,
        )

    def _act(
        self,
        run_id: str,
        kind: str,
        allowed: Sequence[str],
        name: str,
        role: str,
        body: Mapping[str, Any],
        files: Sequence[Mapping[str, Any]] = (),
        also: Callable[[Connection], None] | None = None,
        then: Callable[[Connection], Any] | None = None,
    ) -> dict[str, Any]:
        if not name.strip():
            raise RefusedError("Give the name of the person who does this.")

        def act(connection: Connection) -> dict[str, Any]:
            state = self._state(connection, run_id)
            if state not in allowed:
                raise RefusedError(f"Run {run_id} is {state}; this needs a run that is {' or '.join(allowed)}.")
            if files:
                connection.execute(insert(RunFile), [dict(file) for file in files])
            at = self._at()
            full = {"state": STATE_OF[kind], "name": name.strip(), "role": role.strip(), **body}
            if also:
                also(connection)
            number, own = chain.append(connection, self.key, at, kind, run_id, full)
            return {"number": number, "hash": own, "at": at, "body": full, "then": then(connection) if then else None}

        return self._write(act)

    def _preparers(self, run_id: str) -> list[str]:
        history = self.history(run_id)
        asked = [entry["name"] for entry in history if entry["kind"] == "review asked"]
        return [self.run(run_id)["prepared_by"], *asked]

    def add_answers(self, collection: str, authority: str, answers: pd.DataFrame, source: str, year: str = "") -> int:
        """Keep answers: code, child, key, value (hashed here), answer, reason, name, role, answered_on, expires_on.

        ``source``: name of the file they came from; ``year``: of the return they are about. Returns how many were kept.
        """
        if answers.empty:
            return 0
        plain = ["code", "answer", "reason", "name", "role", "answered_on", "expires_on"]
        rows = (
            answers[plain]
            .astype("str")
            .assign(
                collection=collection,
                authority=str(authority),
                child_hash=self.key.of_children(answers["child"].astype("str")),
                key=self.key.of_children(answers["key"].astype("str")),
                value_hash=self.key.of_children("value " + answers["value"].astype("str")),
            )
        )
        records: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]

        def act(connection: Connection) -> int:
            body = {"answers": chain.answer_digest(records), "count": len(records), "source": source, "year": year}
            number, _ = chain.append(connection, self.key, self._at(), "answers", "", body)
            connection.execute(insert(Answer), [{**record, "entry": number} for record in records])
            return len(records)

        return self._write(act)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def _same(name: str, others: Sequence[str]) -> bool:
    def plain(text: str) -> str:
        return " ".join(text.casefold().split())

    return plain(name) in {plain(other) for other in others}
