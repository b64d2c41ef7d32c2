"""What can go wrong, by who has to act on it. Each class carries the exit code of the command line.

Messages name file, row, column and what to do. They never carry a child's data: no identifiers, dates or postcodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class DfeReturnsError(Exception):
    """Base of all our errors; on its own an internal fault."""

    exit_code = 70

    @property
    def safe(self) -> str:
        """What may stand where people without access to the records can read it: logs, Prefect, tickets."""
        return str(self)


class UsageError(DfeReturnsError):
    """Wrong usage or configuration."""

    exit_code = 2


class ContractError(UsageError):
    """The files in ``schemas/`` disagree with themselves; the message names file and key."""


class InputError(DfeReturnsError):
    """Input that cannot be used, or a decision that a person must take first (an unmapped code, say).

    ``problems``, where given, lists the places: one line per place, for display to the user who owns the files.
    ``safe``, where given, says the same without the wording found in the files: a name typed into a code column is
    shown to the person who mends it, and to nobody else.
    """

    exit_code = 3

    def __init__(self, message: str, problems: pd.DataFrame | None = None, safe: str = "") -> None:
        super().__init__(message)
        self.problems = problems
        self._safe = safe

    @property
    def safe(self) -> str:
        return self._safe or str(self)


class IntegrityError(DfeReturnsError):
    """A file, a manifest or the ledger is not what was sealed."""

    exit_code = 4


class RefusedError(DfeReturnsError):
    """A control said no: sign-off, hold, role, policy."""

    exit_code = 5
