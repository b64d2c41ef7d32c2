"""The one entrance to sources: `load`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.sources.conform import conform
from dfe_returns.sources.folder import FolderReader
from dfe_returns.sources.profile import Profile, load_profile
from dfe_returns.sources.raw import Reader
from dfe_returns.sources.report import ConformReport, Notes

SOURCES_COLUMNS = ["file", "table", "rows", "read", "sha256", "extract_date", "note"]


@dataclass
class Loaded:
    """A source, conformed.

    tables: SSD table name -> frame (every table and companion of the model, typed, with ``_file`` and ``_line``)
    sources: file, table, rows (in the file), read (rows that reached the table), sha256, extract_date, note
    extract: content of extract.json, with la_code, system, run_at, window_start where the profile knows them
    """

    tables: dict[str, pd.DataFrame]
    report: ConformReport
    sources: pd.DataFrame
    extract: dict[str, Any]
    profile: Profile


def load(
    source: str | Path,
    profile: Profile | Path | str | None = None,
    companions: Path | str | None = None,
    stop: bool = True,
) -> Loaded:
    """Read a folder or a database (``postgresql://...``, ``sqlite:///...``) into SSD tables.

    profile: a profile, a file, or the name of a shipped one; without it the shipped SSD profile of the system named
    in extract.json
    companions: folder of la_* files, when they do not lie in the source folder
    stop: False reports unmapped codes and the like in ``report.stops`` instead of raising
    Raises InputError (input unusable, or a decision to take first) and UsageError (profile).
    """
    notes = Notes()
    chosen = None if profile is None else load_profile(profile)
    reader = open_source(source, chosen, notes)
    if chosen is None:
        chosen = load_profile(None, str(reader.extract().get("system", "systemc")))
        reader = open_source(source, chosen, notes)
    readers = [reader]
    if companions is not None:
        readers.append(FolderReader(companions, notes=notes))
    try:
        tables, report, extract = conform(readers, chosen, notes, stop)
    finally:
        for one in readers:
            getattr(one, "close", lambda: None)()
    # conform has put the reasons for a change of worker on the row of the one who comes
    chosen = replace(chosen, conventions={**chosen.conventions, "change_reason_on": "starting"})
    extract = dict(extract)
    if report.extract_date:
        extract.setdefault("run_at", report.extract_date.isoformat())
    if report.window_start:
        extract.setdefault("window_start", report.window_start.isoformat())
    if chosen.la_code:
        extract.setdefault("la_code", chosen.la_code)
    extract.setdefault("system", chosen.system)
    sources = report.files.assign(read=report.files["kept"])[SOURCES_COLUMNS]
    return Loaded(tables, report, sources, extract, chosen)


def open_source(source: str | Path, profile: Profile | None, notes: Notes) -> Reader:
    if isinstance(source, str) and "://" in source:
        from dfe_returns.sources.database import DatabaseReader  # only those who read databases need SQLAlchemy's time

        return DatabaseReader(source, profile, notes)
    return FolderReader(source, profile.source if profile else None, notes)
