"""Secrets of the servers, one per file in a private folder. Nothing starts with a missing, short or well-known one.

Files: ``prefect_auth`` (``user:password`` of Prefect's server), ``database_password`` (of the database user whom
Prefect and the ledger share on PostgreSQL; not needed with SQLite).
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from dfe_returns.errors import UsageError
from dfe_returns.files import private_folder, write_private

FOLDER_VARIABLE = "DFE_RETURNS_SECRETS"
MOUNT = Path("/run/secrets")
SHORTEST = 16
_KNOWN = ("password", "changeme", "secret", "prefect", "postgres", "example", "admin")


def secrets_folder() -> Path:
    """The folder of secrets: from the environment, else the container's mount, else ./secrets."""
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given)
    return MOUNT if MOUNT.is_dir() and any(MOUNT.iterdir()) else Path("secrets")


def secret(folder: Path, name: str) -> str:
    """A secret. Raises UsageError when it is missing, too short, well known, or open to other users of this machine."""
    path = folder / name
    try:
        text = path.read_text(encoding="utf-8").strip()
        open_to_others = stat.S_IMODE(path.stat().st_mode) & stat.S_IMODE(folder.stat().st_mode) & 0o077
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"The secret {path} cannot be read. `dfe-returns init --secrets {folder}` makes new ones."
        ) from None
    if os.name == "posix" and open_to_others and folder != MOUNT:
        raise UsageError(f"The secret {path} can be read by other users; take that away first (chmod 700 {folder}).")
    password = text.partition(":")[2] if name == "prefect_auth" else text
    if name == "prefect_auth" and not text.partition(":")[0]:
        raise UsageError(f"The secret {path} should read user:password.")
    if len(password) < SHORTEST:
        raise UsageError(f"The secret {path} is shorter than {SHORTEST} characters.")
    if any(word in password.casefold() for word in _KNOWN):
        raise UsageError(f"The secret {path} holds a well-known word; use a random one.")
    return text


def make_secrets(folder: Path) -> list[Path]:
    """Write the secrets that are not there yet, random; returns the new files.

    The folder (0700) keeps other users out; the files in it can be read, because containers run as users of their own.
    """
    private_folder(folder)
    made = []
    for name, text in (
        ("prefect_auth", f"returns:{secrets.token_hex(24)}"),
        ("database_password", secrets.token_hex(24)),
    ):
        if not (folder / name).exists():
            made.append(write_private(folder / name, text + "\n"))
            (folder / name).chmod(0o444)
    return made


def client_environment(folder: Path | None = None) -> dict[str, str]:
    """What a client of the Prefect server needs and the environment does not say already; empty without secrets."""
    if os.environ.get("PREFECT_API_AUTH_STRING"):
        return {}
    place = folder or secrets_folder()
    if not (place / "prefect_auth").is_file():
        return {}
    url = os.environ.get("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    return {"PREFECT_API_URL": url, "PREFECT_API_AUTH_STRING": secret(place, "prefect_auth")}
