"""What a run fixes for the build of either return: who sends it, as at which day, and what is switched on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from dfe_returns.contract import Collection
from dfe_returns.errors import UsageError


@dataclass(frozen=True)
class BuildSettings:
    """Settings of one build. Nothing here is read from a clock, so that the same settings give the same return.

    authority          DfE number of the local authority, three digits as text
    as_at              day up to which events are told; None: the earlier of the extract's day and 31 March
    extract_date       day the case system was read, None where it is not known
    run_at             moment of the extract (ISO text), for the header of the census
    serial_no          running number of the file, raised by a person at each re-submission
    software, software_version   who wrote the file
    switches           tables that a person has turned on, having recorded the specification that asks for them
    child_id_source    column of ssd_person that holds the child number both returns send; None: as the profile says
    """

    authority: str
    as_at: date | None = None
    extract_date: date | None = None
    run_at: str = ""
    serial_no: str = "001"
    software: str = "dfe-returns"
    software_version: str = ""
    switches: frozenset[str] = field(default_factory=frozenset)
    child_id_source: str | None = None

    def as_at_day(self, collection: Collection) -> pd.Timestamp:
        """Last day whose events are told, never after the year's last day.

        Raises UsageError when that day lies before the year begins: there is nothing to tell then.
        """
        wanted = self.as_at or self.extract_date or collection.end
        day = min(wanted, collection.end)
        if day < collection.start:
            raise UsageError(
                f"The return as at {day:%d/%m/%Y} would lie before the collection year {collection.year} begins; "
                "choose a later day (--as-at), a newer extract or an earlier year."
            )
        return pd.Timestamp(day)

    def seen_on(self, collection: Collection) -> pd.Timestamp:
        """Day on which the records are judged: the as-at day, or the extract's where that is earlier."""
        day = self.as_at_day(collection)
        return min(day, pd.Timestamp(self.extract_date)) if self.extract_date else day

    def on(self, table: str) -> bool:
        """Whether a table that is off by default has been turned on."""
        return table in self.switches
