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


class UsageError(DfeReturnsError):
    """Wrong usage or configuration."""

    exit_code = 2


class ContractError(UsageError):
    """The files in ``schemas/`` disagree with themselves; the message names file and key."""


class InputError(DfeReturnsError):
    """Input that cannot be used, or a decision that a person must take first (an unmapped code, say).

    ``problems``, where given, lists the places: one line per place, for display to the user who owns the files.
    """

    exit_code = 3

    def __init__(self, message: str, problems: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.problems = problems


class IntegrityError(DfeReturnsError):
    """A file, a manifest or the ledger is not what was sealed."""

    exit_code = 4


class RefusedError(DfeReturnsError):
    """A control said no: sign-off, hold, role, policy."""

    exit_code = 5
