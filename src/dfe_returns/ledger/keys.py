"""The authority's key file, readable by its owner alone: a secret per line, from each of which two keys are derived.

A key is changed by adding a line. What was hashed under an earlier line is still found, so the file keeps them all.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from dfe_returns.errors import UsageError
from dfe_returns.files import write_private

_SHORTEST = 32


@dataclass(frozen=True)
class Key:
    """Keyed hashes for children and issues (``children``) and for the chain (``chain``); never printed.

    ``others``: the file's other keys, under which earlier rows and entries of the ledger were hashed.
    """

    children: bytes
    chain: bytes
    others: tuple[Key, ...] = ()

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

    @cached_property
    def check(self) -> str:
        """What the ledger keeps to tell this key from others."""
        return self.of_entry("check")

    @property
    def all(self) -> tuple[Key, ...]:
        """This key, then the file's others."""
        return (self, *self.others)

    def ever_of_child(self, text: str) -> frozenset[str]:
        """Every hash under which the ledger may hold this text."""
        return frozenset(key.of_child(text) for key in self.all)

    def told(self, texts: pd.Series) -> dict[str, str]:
        """Hash -> text, for every hash under which the ledger may hold one of these texts."""
        distinct = pd.Series(texts.unique(), dtype="str")
        pairs = [zip(key.of_children(distinct), distinct, strict=True) for key in self.all]
        return {hashed: text for part in pairs for hashed, text in part}


def key_from(secret: bytes | str | Path | None, beside: Path | None = None, made_with_one: bool = False) -> Key:
    """The key from bytes, from a file, or from a file beside the ledger that is made when there is none.

    Of several keys the last in the file is the one, the others are its ``others``. Raises UsageError when the file is
    missing where it was named or where a ledger was ``made_with_one``, too short, or open to other users.
    """
    if isinstance(secret, bytes):
        return _derived(secret, "the key given")
    if secret is not None:
        path = Path(secret)
        if not path.is_file():
            raise UsageError(
                f"The key file {path} does not exist. Restore it from its copy; for a new ledger make it with "
                f"`dfe-returns init --key {path}`."
            )
    elif beside is None:
        raise UsageError(
            "A ledger on a database server needs a key file; name one in the configuration (ledger.key_file)."
        )
    else:
        path = beside
        if not path.is_file() and (made_with_one or path.exists()):
            raise UsageError(f"The key file {path} of this ledger is missing; restore it from its back-up.")
        make_key_file(path)
    return _in_file(path)


def make_key_file(path: Path) -> None:
    """A key file with a new secret (32 random bytes as hex, mode 0600); one that is there already stays as it is, also
    one that another run has just made."""
    if path.is_file():
        return
    fresh = write_private(path.with_name(f".{path.name}.{secrets.token_hex(4)}"), _new_secret())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def add_key(path: Path) -> Key:
    """Add a new secret to the file, whole or not at all; the key of that secret. Raises UsageError as `key_from`."""
    _in_file(path)
    write_private(path, path.read_bytes().strip() + b"\n" + _new_secret().encode())
    return _in_file(path)


def in_use(key: Key, check: str) -> Key | None:
    """The key among those of the file that the ledger knows by this check; None when none is it."""
    for one in key.all:
        if one.check == check:
            return replace(one, others=tuple(replace(other, others=()) for other in key.all if other is not one))
    return None


def _new_secret() -> str:
    return secrets.token_hex(32) + "\n"


def _in_file(path: Path) -> Key:
    _refuse_open(path)
    name, content = f"the key file {path}", path.read_bytes().strip()
    lines = [line.strip() for line in content.split(b"\n") if line.strip()]
    if len(lines) < 2 or any(len(line) < _SHORTEST for line in lines):  # a secret of random bytes may hold a line end
        return _derived(content, name)
    *before, last = [_derived(line, name) for line in lines]
    return replace(last, others=tuple(reversed(before)))


def _refuse_open(path: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UsageError(f"The key file {path} can be read by other users; take that away first (chmod 600 {path}).")


def _derived(secret: bytes, name: str) -> Key:
    if len(secret) < _SHORTEST:
        raise UsageError(
            f"{name[0].upper()}{name[1:]} is shorter than {_SHORTEST} characters; use at least that many, or restore "
            "the right one from the back-up."
        )
    return Key(
        children=hmac.new(secret, b"dfe-returns children", hashlib.sha256).digest(),
        chain=hmac.new(secret, b"dfe-returns chain", hashlib.sha256).digest(),
    )
