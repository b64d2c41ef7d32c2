"""A run and its folder: what one execution made, how it is written, and how it is read back.

Layout (child-level files are private to their owner): draft/, report/, lineage/, decisions.csv, withheld.csv,
worklist.csv,
people.csv, manifest.json; submission/ after sign-off.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.contract import Collection, contract
from dfe_returns.errors import InputError, RefusedError, UsageError
from dfe_returns.files import private_folder

CIN_FILE = "cin.xml"
SEALED = "submission"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_ANOTHER_RUN = (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST)
"""What a rename says when another run has just taken or put a folder there."""
ORIGIN_COLUMNS = ["row", "source", "file", "line", "part"]
DECISION_COLUMNS = ["rule", "table", "record", "child", "field", "old", "new", "note"]
WORKLIST_COLUMNS = ["code", "table", "record", "child", "field", "value", "note"]
WITHHELD_COLUMNS = ["what", "table", "name", "reason", "count"]
STRUCTURE_COLUMNS = ["code", "file", "line", "column", "message", "count"]
SOURCE_COLUMNS = ["file", "table", "rows", "read", "sha256", "extract_date", "note"]
PEOPLE_COLUMNS = ["child", "team", "worker"]


def empty(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


@dataclass
class RunResult:
    """One execution for one authority and collection. Frames are described in DESIGN; `row` of issues and origins is
    a row position."""

    collection: Collection
    authority: str
    authority_name: str
    run_id: str
    folder: Path
    as_at: date
    dry_run: bool
    tables: dict[str, pd.DataFrame]
    issues: pd.DataFrame
    origins: dict[str, pd.DataFrame] = field(default_factory=dict)
    sources: pd.DataFrame = field(default_factory=lambda: empty(SOURCE_COLUMNS))
    structure: pd.DataFrame = field(default_factory=lambda: empty(STRUCTURE_COLUMNS))
    decisions: pd.DataFrame = field(default_factory=lambda: empty(DECISION_COLUMNS))
    worklist: pd.DataFrame = field(default_factory=lambda: empty(WORKLIST_COLUMNS))
    withheld: pd.DataFrame = field(default_factory=lambda: empty(WITHHELD_COLUMNS))
    fields: pd.DataFrame = field(default_factory=pd.DataFrame)
    people: pd.DataFrame = field(default_factory=lambda: empty(PEOPLE_COLUMNS))
    previous: dict[str, pd.DataFrame] | None = None
    switches: Mapping[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    specification: str = ""
    """Reference of the specification that the authority recorded as adopted."""
    started: str = ""
    signed: bool = False
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def lineage(self) -> pd.DataFrame:
        """The field lineage: where each output field came from and the gateway it leaves under."""
        return self.fields

    @property
    def errors(self) -> int:
        """Number of DfE errors (lines of issues with severity error)."""
        return int((self.issues["severity"] == "error").sum())

    @property
    def queries(self) -> int:
        return int((self.issues["severity"] == "query").sum())

    @property
    def children(self) -> int:
        """Children in the return."""
        table, key = ("ChildIdentifiers", "LAchildID") if self.collection.name == "cin" else ("Header", "CHILD")
        return int(self.tables[table][key].nunique()) if table in self.tables else 0

    @property
    def inputs_hash(self) -> str:
        """One SHA-256 over the names and hashes of all inputs."""
        listed = sorted(zip(self.sources["file"].astype(str), self.sources["sha256"].astype(str), strict=True))
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.collection.name} {self.collection.year}"


def as_text(frame: pd.DataFrame, collection: Collection) -> pd.DataFrame:
    """A typed return table as a file would hold it: dates in the return's form, blanks NaN."""
    form = "%Y-%m-%d" if collection.name == "cin" else "%d/%m/%Y"
    out = {}
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            values = values.dt.strftime(form)
        out[name] = values.astype("str").where(values.notna())
    return pd.DataFrame(out, index=frame.index)


def must_be_free(folder: Path) -> None:
    """Raises RefusedError when the folder holds a signed return, UsageError when it holds what is no run."""
    if (folder / SEALED).exists():
        raise RefusedError(
            f"{folder} holds a signed return; choose another folder with --out, or reject the signed run first."
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; choose another folder with --out.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "manifest.json").exists():
        raise UsageError(
            f"{folder} holds other files; choose an empty or new folder with --out, so that nothing of yours is lost."
        )


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of `folder` only when everything in it is written; a signed folder is
    refused. Raises UsageError when it cannot be written."""
    folder = folder.absolute()
    must_be_free(folder)
    private_folder(folder.parent) if not folder.parent.exists() else None
    try:
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise UsageError(f"Cannot write beside {folder} ({error.strerror}); choose another place with --out.") from None
    try:
        yield fresh
        _put_in_place(fresh, folder)
    except BaseException as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise UsageError(
                f"Cannot write the run ({error.strerror}); make room, or choose another place with --out."
            ) from None
        raise


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Two renames. A sign-off that came meanwhile stands; of two runs into one folder the last one to end does."""
    while True:
        must_be_free(folder)
        old = None
        try:
            if folder.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
                os.replace(folder, old / folder.name)
            os.replace(fresh, folder)
        except BaseException as error:
            if old is not None and (old / folder.name).exists() and not folder.exists():
                os.replace(old / folder.name, folder)
            if isinstance(error, OSError) and error.errno in _ANOTHER_RUN and fresh.exists():
                continue
            raise
        finally:
            if old is not None:
                _keep_what_was_signed(old / folder.name, folder)
                shutil.rmtree(old, ignore_errors=True)
        return


def _keep_what_was_signed(replaced: Path, folder: Path) -> None:
    """A run whose signed files were rejected, perhaps after they were sent, stays beside the one that replaces it."""
    if any(replaced.glob(f"{SEALED}-rejected-*")):
        run_id = _manifest(replaced / "manifest.json").get("run_id") or "run"
        os.replace(replaced, Path(tempfile.mkdtemp(prefix=f"{folder.name}-rejected-", dir=folder.parent)) / str(run_id))


def find_run(run: str | Path, runs: Path | None = None) -> Path:
    """The folder of a run given as folder or id. Raises UsageError when there is none."""
    folder = Path(run)
    if (folder / "manifest.json").is_file():
        return folder
    for place in (runs, Path("runs"), Path("dfe-returns-demo")):
        if place is not None and place.is_dir():
            for manifest in sorted(place.glob("**/manifest.json")):
                if manifest.parent.name == str(run) or _manifest(manifest).get("run_id") == str(run):
                    return manifest.parent
    raise UsageError(f"There is no run {run}: give a run folder (it holds manifest.json) or a run id under ./runs.")


def another_run(folder: Path, run_id: str) -> bool:
    """Whether the folder of a run holds a later one by now (a rerun takes the place of an unsigned run)."""
    return _manifest(folder / "manifest.json").get("run_id", run_id) != run_id


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def load_run(folder: Path | str) -> RunResult:
    """Read a run back from its folder: everything a report, comparison or lineage question needs.

    Raises UsageError when it is no run folder, InputError when a file in it cannot be read.
    """
    folder = find_run(folder)
    manifest = _manifest(folder / "manifest.json")
    try:
        collection = contract(manifest["return"], manifest["year"])
    except KeyError as error:
        raise InputError(f"{folder / 'manifest.json'} lacks {error}; the run folder is damaged.") from None
    signed = (folder / SEALED).is_dir()
    tables = _tables(folder / (SEALED if signed else "draft"), collection)
    issues = _csv(folder / "report" / "issues.csv")
    for name in ("row", "line"):
        issues[name] = (
            pd.to_numeric(issues[name], errors="coerce").astype("Int64") if name in issues else pd.Series(dtype="Int64")
        )
    for name in ("code", "severity", "table", "field", "child", "value", "message", "fix", "cause"):
        issues[name] = issues[name].fillna("").astype("str") if name in issues else ""
    issues.attrs["not_run"] = {code: tuple(lacks) for code, lacks in manifest.get("not_run", {}).items()}
    rows = _csv(folder / "lineage" / "rows.csv")
    origins = {
        str(table): part.assign(
            row=part["row"].astype("int64"), line=pd.to_numeric(part["line"], errors="coerce").astype("Int64")
        )[ORIGIN_COLUMNS].reset_index(drop=True)
        for table, part in rows.groupby("table", sort=False)
    }
    return RunResult(
        collection=collection,
        authority=manifest.get("authority", ""),
        authority_name=manifest.get("authority_name", ""),
        run_id=manifest.get("run_id", ""),
        folder=folder,
        as_at=date.fromisoformat(manifest["as_at"]),
        dry_run=bool(manifest.get("dry_run")),
        tables=tables,
        issues=issues,
        origins=origins,
        sources=pd.DataFrame(manifest.get("inputs", []), columns=SOURCE_COLUMNS),
        structure=_csv(folder / "report" / "structure.csv", STRUCTURE_COLUMNS),
        decisions=_csv(folder / "decisions.csv", DECISION_COLUMNS),
        worklist=_csv(folder / "worklist.csv", WORKLIST_COLUMNS),
        withheld=_csv(folder / "withheld.csv", WITHHELD_COLUMNS),
        fields=_csv(folder / "lineage" / "fields.csv"),
        people=_csv(folder / "people.csv", PEOPLE_COLUMNS),
        previous=_previous(folder, collection),
        switches=manifest.get("switches", {}),
        versions=manifest.get("versions", {}),
        specification=(manifest.get("specification") or {}).get("adopted", ""),
        started=manifest.get("started", ""),
        signed=signed,
        manifest=manifest,
    )


def _tables(folder: Path, collection: Collection) -> dict[str, pd.DataFrame]:
    """The return tables of a run folder, typed again."""
    from dfe_returns.sources.return_files import read_return
    from dfe_returns.validate.engine import return_data

    read = read_return(collection.name, folder / CIN_FILE if collection.name == "cin" else folder)
    data = return_data(collection, read)
    tables = {}
    for name, table in collection.tables.items():
        if name in read:
            tables[name] = data.frame(name)[list(table.frame_columns)]
    return tables


def _previous(folder: Path, collection: Collection) -> dict[str, pd.DataFrame] | None:
    """Last year's tables as kept with the run, if it had any."""
    kept = folder / "previous"
    if not kept.is_dir():
        return None
    from dfe_returns.sources.return_files import read_return

    files = sorted(kept.iterdir())
    alone = files[0] if len(files) == 1 and files[0].suffix.lower() == ".xml" else kept  # a census, or a 903 in XML
    return dict(read_return(collection.name, alone))


def _csv(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """One of our own CSV files as text; the apostrophe that neutralises formulas is taken off again."""
    try:
        frame = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        return empty(columns or [])
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({type(error).__name__}); build the run again.") from None
    for name in frame.columns:
        cells = frame[name]
        frame[name] = cells.where(~cells.str.match(r"'[=+\-@\t\r]"), cells.str[1:])
    return frame
