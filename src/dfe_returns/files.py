"""Where the bundled data lies, and how private files are written: whole or not at all, readable by their owner
alone."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import pandas as pd

from dfe_returns.errors import UsageError

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@cache
def data_folder(name: str) -> Path:
    """Folder ``schemas`` or ``sample_extracts``: inside the installed package, else in the checkout.

    Raises UsageError when neither has it (a broken installation).
    """
    package = Path(__file__).resolve().parent
    for place in (package / "_data" / name, package.parents[1] / name):
        if place.is_dir():
            return place
    raise UsageError(f"The folder '{name}' is missing from this installation; install the package again.")


def private_folder(path: Path | str) -> Path:
    """Make the folder (and the parents that are missing) and let only its owner in (0700)."""
    path = Path(path)
    try:
        for folder in reversed([path, *(p for p in path.parents if not p.exists())]):
            folder.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{path} is a file, not a folder; choose another place.") from None
    except OSError as error:
        raise UsageError(
            f"Cannot write to the folder {path} ({error.strerror}); choose another or ask for access."
        ) from None
    return path


@contextmanager
def open_private(path: Path | str) -> Iterator[IO[bytes]]:
    """Write a file (bytes) that appears under its name only when complete, with mode 0600."""
    path = Path(path)
    private_folder(path.parent) if not path.parent.exists() else None
    try:
        handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise UsageError(f"Cannot write {path} ({error.strerror}); choose another place or ask for access.") from None
    try:
        with os.fdopen(handle, "wb") as out:  # mkstemp already gives 0600
            yield out
        os.replace(unfinished, path)
    except OSError as error:
        _forget(unfinished)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what_to_do = "make room on that disk" if full else "close it if it is open in another program"
        raise UsageError(f"Cannot write {path} ({error.strerror}); {what_to_do}.") from None
    except BaseException:
        _forget(unfinished)
        raise


def _forget(path: str) -> None:
    if os.path.exists(path):
        os.unlink(path)


def write_private(path: Path | str, content: bytes | str) -> Path:
    """Write text (as UTF-8) or bytes, whole or not at all, mode 0600."""
    with open_private(path) as out:
        out.write(content.encode("utf-8") if isinstance(content, str) else content)
    return Path(path)


def neutral(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy of the frame in which no text cell can start a spreadsheet formula (an apostrophe is put before it)."""
    out = frame.copy(deep=False)
    for column in out.columns:
        values = out[column]
        if isinstance(values.dtype, pd.StringDtype):
            risky = values.str.startswith(_FORMULA_STARTS, na=False)
        elif values.dtype == object:  # numbers and texts may stand together
            risky = values.map(lambda cell: isinstance(cell, str) and cell.startswith(_FORMULA_STARTS)).astype(bool)
        else:
            continue
        if risky.any():
            out[column] = values.where(~risky, "'" + values.astype("str"))
    return out


def write_csv(frame: pd.DataFrame, path: Path | str, neutralise: bool = True, **options: Any) -> Path:
    """Write one of our own CSV files (never a return file): UTF-8, line feeds, private, formulas neutralised."""
    text = (neutral(frame) if neutralise else frame).to_csv(
        index=False, lineterminator="\n", date_format="%Y-%m-%d", **options
    )
    return write_private(path, text)


def sha256_of(path: Path | str) -> str:
    """SHA-256 of a file as 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
