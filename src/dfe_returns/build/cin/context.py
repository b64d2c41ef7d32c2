"""What every step of the census build works with: year, as-at day, source tables, and the account of what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dfe_returns.build.record import FILE, LINE, Record
from dfe_returns.build.settings import BuildSettings
from dfe_returns.build.shape import shaped
from dfe_returns.contract import Collection
from dfe_returns.sources.model import ssd_model

BEFORE = "over before the year begins"
AFTER = "begins after the day of the return"


@dataclass(frozen=True)
class Conventions:
    """What an authority's profile decides for the census; the defaults assume nothing.

    child_id_source              column of ssd_person that holds the child number both returns send
    none_disability_default      nothing recorded means no disability (NONE)
    ethnicity_blank_is_nobt      nothing recorded means not yet obtained (NOBT)
    estimated_dob_tolerance_days an expected birth date more days past than this is an estimated date of birth
    join_plans_gap_days          plans of one spell no more days apart than this are one plan; None: never
    link_conference_by_date      a conference that names no enquiry belongs to the child's latest enquiry before it
    former_upn_type              wording of ssd_linked_identifiers that means a former UPN
    accept_upn_reasons           proposed reasons for a missing UPN (UN1, UN7) that are accepted for all children
    """

    child_id_source: str = "pers_person_id"
    none_disability_default: bool = False
    ethnicity_blank_is_nobt: bool = False
    estimated_dob_tolerance_days: int = 28
    join_plans_gap_days: int | None = None
    link_conference_by_date: bool = False
    former_upn_type: str = "Former Unique Pupil Number"
    accept_upn_reasons: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Conventions:
        """The census's share of a profile's conventions; those of the other return are passed over."""
        return cls(**{name: given[name] for name in cls.__dataclass_fields__ if given.get(name) is not None})


@dataclass
class Context:
    """One build of the census. Tables and their source keys gather in `tables` and `keys` as the steps go."""

    collection: Collection
    source: Mapping[str, pd.DataFrame]
    settings: BuildSettings
    conventions: Conventions
    record: Record = field(default_factory=Record)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    keys: dict[str, pd.Series] = field(default_factory=dict)
    child_numbers: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    """Child number by person."""

    def __post_init__(self) -> None:
        self.start = pd.Timestamp(self.collection.start)
        self.as_at = self.settings.as_at_day(self.collection)

    def rows(self, name: str) -> pd.DataFrame:
        """A source table with all its columns; empty when the source lacks it."""
        empty = ssd_model().tables[name].empty()
        given = self.source.get(name)
        if given is None or given.empty:
            return empty
        lacking = [column for column in empty if column not in given]
        out = given.reset_index(drop=True)
        for column in lacking:
            out[column] = pd.Series(index=out.index, dtype=empty[column].dtype)
        return out

    def in_year(self, days: pd.Series) -> pd.Series:
        """Whether each day lies in the year and not after the day of the return."""
        return (days >= self.start) & (days <= self.as_at)

    def cut(self, code: str, table: str, field: str, rows: pd.DataFrame, days: pd.Series) -> pd.Series:
        """Days after the day of the return are not told yet: blank, and a decision for each."""
        late = days > self.as_at
        self.record.decide(code, table, rows[late], field, old=days[late], note=f"as at {self.as_at:%Y-%m-%d}")
        return days.mask(late)

    def under_way(self, rows: pd.DataFrame, start: str, end: str, source: str, table: str) -> pd.DataFrame:
        """Rows in force at some time of the year; a missing day keeps a row, so that the rules can ask for it."""
        future, past = rows[start] > self.as_at, rows[end] < self.start
        self.record.leave_out(source, table, AFTER, future.sum())
        self.record.leave_out(source, table, BEFORE, (past & ~future).sum())
        return rows[~(future | past)]

    def put(self, name: str, frame: pd.DataFrame, key: pd.Series) -> None:
        """Set a table of the return; `key` names the source row behind each of its rows."""
        self.tables[name] = shaped(self.collection.tables[name], frame)
        self.keys[name] = key.reset_index(drop=True).astype("str")


def source_row(rows: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """The columns that say where rows come from and whose they are, from the spells they hang on."""
    of = spells.iloc[rows["spell"].to_numpy()]
    return rows.assign(
        child=of["child"].to_numpy(), LAchildID=of["child"].to_numpy(), CINdetailsID=of["CINdetailsID"].to_numpy()
    )


__all__ = ["AFTER", "BEFORE", "FILE", "LINE", "Context", "Conventions", "source_row"]
