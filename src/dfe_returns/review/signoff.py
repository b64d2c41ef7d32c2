"""Sign-off: the draft's exact bytes frozen, the ledger's entry, the certificate; and the proof of all three."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.errors import IntegrityError, RefusedError, UsageError
from dfe_returns.evidence.retention import deleted_files
from dfe_returns.files import private_folder, sha256_of, write_private
from dfe_returns.publish.manifest import MANIFEST, statement_of, verify
from dfe_returns.review.certificate import certificate

DRAFT, SEALED, CERTIFICATE, RECORD = "draft", "submission", "certificate.html", "sign-off.json"
GROWING = f".{SEALED}.part"
REJECTED = "submission-rejected"
_REJECTED_FOLDER = re.compile(rf"{REJECTED}-\d+")
STATEMENT = (
    "I have read the report of this run. To the best of my knowledge the return is a true record of what the "
    "authority holds, and what is unresolved is stated in the report and in the exceptions below."
)


def run_id_of(folder: Path | str) -> str:
    """Run id in the manifest of a run folder. Raises UsageError when it is none."""
    try:
        return str(json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))["run_id"])
    except (OSError, ValueError, KeyError):
        raise UsageError(f"{folder} is no run folder: it has no readable {MANIFEST}.") from None


def ask_for_review(ledger: Any, folder: Path | str, name: str, role: str, note: str = "") -> dict[str, Any]:
    """The preparer puts the run up for review; returns run and state. Raises RefusedError in other states."""
    run_id = run_id_of(folder)
    ledger.submit_for_review(run_id, name, role, note)
    return {"run": run_id, "state": ledger.state(run_id)}


def sign_off(
    ledger: Any,
    folder: Path | str,
    name: str,
    role: str,
    note: str = "",
    exceptions: Mapping[str, str] | None = None,
    statement: str = STATEMENT,
    refusals: Sequence[str] = (),
    then: Callable[[pd.DataFrame], Callable[[Any], Any]] | None = None,
) -> dict[str, Any]:
    """Freeze the draft into ``submission/``, enter the sign-off, write ``certificate.html`` and ``sign-off.json``.

    ``exceptions``: rule code -> reason for each rule that still has errors; ``refusals``: reasons of other
    controls (an appropriate policy document that is missing, say), any of which stops the act; ``then``: given the
    frozen files, what another register writes in the signature's own transaction (its answer is ``then``). Returns
    run, state, entry, hash, files, certificate. Raises RefusedError (controls, states, same person, errors left) or
    IntegrityError (draft or ledger not as written); then nothing is left behind.

    Whatever stops a machine in the middle, the ledger has all of the signature or none. What it had frozen for a
    signature that was not entered is frozen again; a signature that was entered is finished by the next call, which
    then answers as the first would have.
    """
    if finished := finish_signing(ledger, folder):
        return finished
    if refusals:
        raise RefusedError("The return cannot be signed. " + " ".join(refusals))
    folder = Path(folder)
    run_id = run_id_of(folder)
    must_be_as_written(ledger, folder)
    frozen = _freeze(folder)
    try:
        files = _described(frozen)
        entry = ledger.sign_off(
            run_id, name, role, note, exceptions, statement=statement, files=files,
            then=then(pd.DataFrame(files)) if then else None,
        )  # fmt: skip
    except BaseException:
        if _signature(ledger, run_id) is None:  # else it was entered before the program was stopped: keep what it seals
            shutil.rmtree(frozen, ignore_errors=True)
        raise
    return _finished(ledger, folder, run_id, {**entry["body"], **entry}, entry["then"])


def must_be_as_written(ledger: Any, folder: Path | str) -> None:
    """Ledger, draft and folder of an unsigned run are what was written. Raises IntegrityError, or RefusedError where a
    signed return lies there; clears away what was frozen for a signature that never was entered."""
    folder = Path(folder)
    run_id, drafted = run_id_of(folder), ledger.files(run_id_of(folder), "draft")
    ledger.must_hold()
    shutil.rmtree(folder / GROWING, ignore_errors=True)
    if (folder / SEALED).exists():
        if _signature(ledger, run_id) is not None or _against_ledger(folder / SEALED, drafted):
            raise RefusedError(f"{folder} holds a signed return already.")
        shutil.rmtree(folder / SEALED)
    problems = _against_ledger(folder / DRAFT, drafted)
    problems += [str(found) for found in verify(folder) if not _made_after(found.file)]
    problems += [f"{MANIFEST}: changed"] if _says_else(ledger, run_id, folder) else []
    if problems:
        raise IntegrityError(
            f"Run {run_id} is not what was written: {'; '.join(sorted(set(problems)))}. Run the return again."
        )


def finish_signing(ledger: Any, folder: Path | str) -> dict[str, Any] | None:
    """Finish a signature that the ledger holds and that was cut off before its certificate; None where there is none.

    Answers as ``sign_off`` does. Raises IntegrityError when ledger or frozen files are not what was signed.
    """
    folder = Path(folder)
    run_id = run_id_of(folder)
    ledger.must_hold()
    signed = _signature(ledger, run_id)
    if signed is None or _certified(ledger, run_id):
        return None
    return _finished(ledger, folder, run_id, signed, None)


def _finished(ledger: Any, folder: Path, run_id: str, signed: Mapping[str, Any], then: Any) -> dict[str, Any]:
    """Record and certificate of a signature that the ledger holds; raises IntegrityError when its files are not
    those."""
    if touched := _against_ledger(folder / SEALED, _hashes(signed)):
        raise IntegrityError(f"Run {run_id} is not what was signed: {'; '.join(touched)}.")
    write_private(folder / RECORD, _record(run_id, signed))
    write_private(folder / CERTIFICATE, certificate(ledger, run_id))
    ledger.entry("certificate", run_id, {"made": {name: sha256_of(folder / name) for name in (CERTIFICATE, RECORD)}})
    return {
        "run": run_id,
        "state": ledger.state(run_id),
        "entry": signed["number"],
        "hash": signed["hash"],
        "files": signed["hashes"],
        "exceptions": signed["exceptions"],
        "submission": str(folder / SEALED),
        "certificate": str(folder / CERTIFICATE),
        "then": then,
    }


def _signature(ledger: Any, run_id: str) -> dict[str, Any] | None:
    """The entry of the signature that stands, or None."""
    if ledger.state(run_id) not in ("signed off", "submitted"):
        return None
    return next((entry for entry in reversed(ledger.history(run_id)) if entry["kind"] == "signed off"), None)


def _certified(ledger: Any, run_id: str) -> bool:
    kinds = [entry["kind"] for entry in ledger.history(run_id) if entry["kind"] in ("signed off", "certificate")]
    return kinds[-1:] == ["certificate"]


def reject(ledger: Any, folder: Path | str, reason: str, name: str, role: str = "") -> dict[str, Any]:
    """Reject the run; frozen files are kept under another name, so that it can be built again. Raises RefusedError."""
    folder = Path(folder)
    run_id = run_id_of(folder)
    ledger.reject(run_id, name, role, reason)
    if (folder / SEALED).is_dir():
        number = 1 + len(list(folder.glob(f"{REJECTED}-*")))
        os.replace(folder / SEALED, folder / f"{REJECTED}-{number}")
        for made in (CERTIFICATE, RECORD):
            (folder / made).unlink(missing_ok=True)
    return {"run": run_id, "state": ledger.state(run_id)}


def submitted(
    ledger: Any, folder: Path | str, reference: str, name: str = "", role: str = "", note: str = ""
) -> dict[str, Any]:
    """Note the submission; the frozen files must still be what was signed. Raises IntegrityError or RefusedError."""
    run_id = run_id_of(folder)
    broken = check_run(ledger, folder)
    if ledger.state(run_id) == "signed off" and len(broken):
        raise IntegrityError(
            f"Run {run_id} is not what was signed: {'; '.join(broken['place'] + ' ' + broken['problem'])}."
        )
    ledger.submitted(run_id, reference, name, role, note)
    return {"run": run_id, "state": ledger.state(run_id), "reference": reference}


def check_run(ledger: Any, folder: Path | str) -> pd.DataFrame:
    """Everything about a run that is not as it was written: columns place, problem; no rows when all is well.

    Holds the folder against its manifest, draft and submission against the ledger, certificate and record against
    the entry, and the ledger's chain against itself.
    """
    folder = Path(folder)
    found = [
        (difference.file, f"is {difference.kind}") for difference in verify(folder) if not _made_after(difference.file)
    ]
    broken = ledger.verify()
    found += list(zip(broken["place"] + " of the ledger", broken["problem"], strict=True))
    run_id = run_id_of(folder)
    if len(broken):  # what a changed ledger says of this run is no evidence, save for the hashes of its files
        for kept, role in ((DRAFT, "draft"), (SEALED, "submission")):
            files = ledger.files(run_id, role)
            if len(files) and (folder / kept).is_dir():
                found += [(text, "differs from the ledger") for text in _against_ledger(folder / kept, files)]
        return _problems(found)
    if run_id not in set(ledger.states()["run_id"]):
        found.append((f"run {run_id}", "is not in the ledger"))
        return _problems(found)
    found += [
        (text, "differs from the ledger") for text in _against_ledger(folder / DRAFT, ledger.files(run_id, "draft"))
    ]
    if _says_else(ledger, run_id, folder):
        found.append((MANIFEST, "differs from the ledger"))
    signed = [entry for entry in ledger.history(run_id) if entry["kind"] == "signed off"]
    for number, entry in enumerate(signed, start=1):
        if (apart := folder / f"{REJECTED}-{number}").is_dir():
            found += [(text, "differs from what was signed") for text in _against_ledger(apart, _hashes(entry))]
    if signed and ledger.state(run_id) in ("signed off", "submitted"):
        frozen = _against_ledger(folder / SEALED, _hashes(signed[-1]))
        found += [(text, "differs from what was signed") for text in frozen]
        found += _certificates(ledger, run_id, folder)
    elif (folder / SEALED).exists() and not signed:
        found.append((SEALED, "is there although the ledger holds no sign-off"))
    gone = deleted_files(ledger, run_id)  # by retention, as the ledger says: that is no breach
    return _problems([(name, problem) for name, problem in found if name not in gone or (folder / name).exists()])


def _says_else(ledger: Any, run_id: str, folder: Path) -> bool:
    """Whether the manifest says something else than when the run was entered (runs entered without it pass)."""
    entered = ledger.files(run_id, "manifest")["sha256"]
    return len(entered) > 0 and sha256(statement_of(folder)).hexdigest() != entered.iloc[0]


def _hashes(entry: Mapping[str, Any]) -> pd.DataFrame:
    hashes = entry.get("hashes", {})
    return pd.DataFrame({"name": list(hashes), "sha256": list(hashes.values())}, dtype="str")


def _problems(found: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(found, columns=["place", "problem"], dtype="str").drop_duplicates(ignore_index=True)


def _made_after(name: str) -> bool:
    """Files that sign-off adds to a finished run: they are held against the ledger instead of the manifest."""
    first = name.split("/")[0]
    return name in (CERTIFICATE, RECORD) or first == SEALED or _REJECTED_FOLDER.fullmatch(first) is not None


def _against_ledger(folder: Path, files: pd.DataFrame) -> list[str]:
    known = dict(zip(files["name"], files["sha256"], strict=True))
    present = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    odd = [
        name
        for name, path in present.items()
        if name not in known or path.is_symlink() or sha256_of(path) != known[name]
    ]
    return sorted(f"{folder.name}/{name}" for name in {*odd, *(set(known) - set(present))})


def _freeze(folder: Path) -> Path:
    """Copy the draft byte by byte, then give the copy its name in one step."""
    target, growing = folder / SEALED, folder / GROWING
    private_folder(growing)
    for path in sorted((folder / DRAFT).iterdir()):
        write_private(growing / path.name, path.read_bytes())
    os.replace(growing, target)
    return target


def _described(folder: Path) -> list[dict[str, Any]]:
    return [
        {"name": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
    ]


def _certificates(ledger: Any, run_id: str, folder: Path) -> list[tuple[str, str]]:
    """Certificate and record against their hashes in the chain, which outlast a change in how the pages look."""
    made = [entry.get("made", {}) for entry in ledger.history(run_id) if entry["kind"] == "certificate"]
    if not _certified(ledger, run_id):
        return [(CERTIFICATE, "has no entry in the ledger: the signing was cut off; sign-off again finishes it")]
    missing = [(name, "is missing") for name in made[-1] if not (folder / name).is_file()]
    present = [name for name in made[-1] if (folder / name).is_file()]
    return missing + [(name, "was changed") for name in present if sha256_of(folder / name) != made[-1][name]]


def _record(run_id: str, signed: Mapping[str, Any]) -> str:
    """The sign-off as the ledger has it, for programs."""
    said = {part: text for part, text in signed.items() if part not in ("number", "kind", "body", "then")}
    content = {"run": run_id, "entry": signed["number"], **said}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
