"""The manifest: SHA-256 of everything that went into a run and all that came out, so that any later change shows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from dfe_returns.errors import IntegrityError
from dfe_returns.files import sha256_of, write_private

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, order=True)
class Difference:
    """One file that is not as the manifest says. `kind` is changed, missing or extra."""

    file: str
    kind: str

    def __str__(self) -> str:
        return f"{self.file}: {self.kind}"


def write_manifest(folder: Path | str, about: Mapping[str, Any]) -> Path:
    """Write `manifest.json` into a run folder and return its path. All other files below it are its outputs.

    about: what is to be known of the run, kept at the top level: run id, return, year, `versions`, counts, `inputs` as
    a list of mappings with `file`, `sha256` and whatever is worth keeping. Nothing about a child may be in it.
    """
    folder = Path(folder)
    outputs = [_described(folder, name) for name in files_below(folder)]
    content = {"format": FORMAT, **_plain(about), "outputs": outputs}
    return write_private(folder / MANIFEST, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    """The value in the types that JSON has: dates as ISO text, a missing number as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def read_manifest(folder: Path | str) -> dict[str, Any]:
    """The manifest of a run folder. Raises IntegrityError when it is missing or not what we wrote."""
    path = Path(folder) / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        outputs = {entry["file"]: entry["sha256"] for entry in content["outputs"]}
    except FileNotFoundError:
        raise IntegrityError(
            f"{path}: there is no manifest; this is not a finished run, or it was taken away."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise IntegrityError(f"{path}: the manifest cannot be read; restore it from a copy, or run again.") from None
    if content.get("format") != FORMAT or len(outputs) != len(content["outputs"]):
        raise IntegrityError(f"{path}: the manifest is of another form; read it with the version that wrote it.")
    return dict(content)


def statement_of(folder: Path | str) -> bytes:
    """What a run's manifest says of all but its report, which may be built again: the bytes whose SHA-256 the ledger
    keeps, so that the manifest itself cannot be changed unseen. Raises IntegrityError as `read_manifest` does."""
    content = read_manifest(folder)
    content["outputs"] = [entry for entry in content["outputs"] if not entry["file"].startswith("report/")]
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def verify(folder: Path | str, inputs: Mapping[str, Path | str] | None = None) -> list[Difference]:
    """Hold a run folder against its manifest: files changed, missing or extra, by name; empty when all is as sealed.

    inputs: file name of an input as the manifest has it -> where it lies now, to check those as well.
    Raises IntegrityError when the manifest itself is missing or unreadable.
    """
    folder = Path(folder)
    content = read_manifest(folder)
    sealed = {entry["file"]: entry["sha256"] for entry in content["outputs"]}
    present = set(files_below(folder))
    found = [Difference(name, "missing") for name in sealed if name not in present]
    found += [Difference(name, "extra") for name in present if name not in sealed]
    found += [
        Difference(name, "changed") for name in present if name in sealed and _digest(folder / name) != sealed[name]
    ]
    known = {entry["file"]: entry.get("sha256") for entry in content.get("inputs", ())}
    for name, path in (inputs or {}).items():
        if not Path(path).is_file():
            found.append(Difference(name, "missing"))
        elif name not in known:
            found.append(Difference(name, "extra"))
        elif _digest(Path(path)) != known[name]:
            found.append(Difference(name, "changed"))
    return sorted(found)


def files_below(folder: Path) -> list[str]:
    """Every file and link below a folder but its manifest, as sorted relative names with forward slashes."""
    return sorted(name for name in _walk(folder) if name != MANIFEST)


def _walk(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*files, *links):
            yield (Path(place) / name).relative_to(folder).as_posix()


def _digest(path: Path) -> str:
    """SHA-256 of a file; a link counts as what it points to by name, so that a file swapped for a link shows."""
    if path.is_symlink():
        return "link:" + sha256(os.readlink(path).encode()).hexdigest()
    return sha256_of(path)


def _described(folder: Path, name: str) -> dict[str, Any]:
    return {"file": name, "bytes": (folder / name).lstat().st_size, "sha256": _digest(folder / name)}
