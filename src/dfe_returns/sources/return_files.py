"""Reads a return that anyone made: a census XML file, or a folder of 903 files."""

from __future__ import annotations

from pathlib import Path

from dfe_returns.contract import RETURNS
from dfe_returns.errors import UsageError
from dfe_returns.sources.return_tables import ReturnTables


def read_return(return_name: str, path: str | Path) -> ReturnTables:
    """The tables of a return file (``cin``) or folder (``ssda903``) as text, with line numbers and structural notes.

    Raises UsageError for an unknown return, InputError naming the place when the input cannot be used.
    """
    if return_name == "cin":
        from dfe_returns.sources.cin_file import read_cin

        return read_cin(path)
    if return_name == "ssda903":
        from dfe_returns.sources.ssda903_files import read_ssda903

        return read_ssda903(path)
    raise UsageError(f"Return {return_name!r} is not one of {', '.join(RETURNS)}.")
