"""The authority's key: one file, readable by its owner alone, from which the ledger's two keys are derived."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dfe_returns.errors import UsageError
from dfe_returns.files import private_folder, write_private

_SHORTEST = 32


@dataclass(frozen=True)
class Key:
    """Keyed hashes for children and issues (``children``) and for the chain (``chain``); never printed."""

    children: bytes
    chain: bytes

    def __repr__(self) -> str:
        return "Key(...)"

    def of_child(self, text: str) -> str:
        """Keyed hash of an identifier or of an issue's content: 64 hex digits."""
        return hmac.new(self.children, text.encode(), hashlib.sha256).hexdigest()

    def of_children(self, texts: pd.Series) -> pd.Series:
        """Keyed hashes of a column, each distinct text hashed once; '' stays ''."""
        known = {text: self.of_child(text) if text else "" for text in texts.unique()}
        return texts.map(known).astype("str")

    def of_entry(self, text: str) -> str:
        """Keyed hash of a link of the chain: 64 hex digits."""
        return hmac.new(self.chain, text.encode(), hashlib.sha256).hexdigest()


def key_from(secret: bytes | str | Path | None, beside: Path | None = None) -> Key:
    """The key from bytes, from a file, or from a file beside the ledger that is made when there is none.

    Raises UsageError when the file is missing where it was named, too short, or open to other users.
    """
    if isinstance(secret, bytes):
        return _derived(secret, "the key given")
    if secret is not None:
        path = Path(secret)
        if not path.is_file():
            raise UsageError(
                f"The key file {path} does not exist; name the authority's key file, or leave it out to make one."
            )
    elif beside is None:
        raise UsageError("A ledger on a database server needs a key file; name one in the configuration (ledger key).")
    else:
        path = beside
        if not path.is_file():
            private_folder(path.parent) if not path.parent.exists() else None
            write_private(path, secrets.token_hex(32) + "\n")
    _refuse_open(path)
    return _derived(path.read_bytes().strip(), f"the key file {path}")


def _refuse_open(path: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UsageError(f"The key file {path} can be read by other users; take that away first (chmod 600 {path}).")


def _derived(secret: bytes, name: str) -> Key:
    if len(secret) < _SHORTEST:
        raise UsageError(f"{name[0].upper()}{name[1:]} is shorter than {_SHORTEST} characters; use at least that many.")
    return Key(
        children=hmac.new(secret, b"dfe-returns children", hashlib.sha256).digest(),
        chain=hmac.new(secret, b"dfe-returns chain", hashlib.sha256).digest(),
    )
