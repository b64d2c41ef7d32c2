"""What every step of the 903 build works with: the census's context with the 903's conventions and the people it is
about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dfe_returns.build.cin.context import Context
from dfe_returns.build.spans import holding
from dfe_returns.validate.cells import add_years, day_plus_years

DAY = pd.Timedelta(days=1)
RESPITE = frozenset({"V3", "V4"})
TEMPORARY = frozenset({"T0", "T1", "T2", "T3", "T4"})
NO_PROVIDER = TEMPORARY | {"Z1", "Z11", "Z12", "Z13", "Z14"}
NO_URN = NO_PROVIDER | {"P1", "P2", "P3", "R1", "R2", "R5"}
ADOPTIVE = frozenset({"A3", "A4", "A5", "A6"})
ADOPTED = frozenset({"E11", "E12"})


@dataclass(frozen=True)
class Conventions:
    """What an authority's profile decides for SSDA903.

    episode_end             `day_before`: the case system ends an episode on the day before the next one starts
    allow_legal_status_split  an order made inside an episode splits it; otherwise it is listed
    recompute_reasons       reasons for new episodes as worked out replace those that were stored
    oc2_missing_means       what nothing recorded means in OC2: zero, error or blank
    """

    child_id_source: str = "pers_person_id"
    episode_end: str = "same_day"
    allow_legal_status_split: bool = False
    recompute_reasons: bool = False
    ethnicity_blank_is_nobt: bool = False
    estimated_dob_tolerance_days: int = 28
    home_address_types: tuple[str, ...] = ("HOME",)
    social_worker_roles: tuple[str, ...] = ("CW",)
    uasc_words: tuple[str, ...] = ("uasc",)
    oc2_missing_means: str = "zero"
    mother_youngest: int = 11
    previous_permanence_default: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Conventions:
        """The 903's share of a profile's conventions; those of the other return are passed over."""
        values: dict[str, Any] = {n: given[n] for n in cls.__dataclass_fields__ if given.get(n) is not None}
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return cls(**values)


@dataclass
class CareContext(Context):
    """One build of SSDA903. `people` is one row per person: person, child, birth, sex and the columns of ssd_person."""

    conventions: Any = field(default_factory=Conventions)
    people: pd.DataFrame = field(default_factory=pd.DataFrame)
    episodes: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Every known episode up to the day of the return, also of earlier years, with the return's column names."""

    @property
    def year_before_day(self) -> pd.Timestamp:
        """First day of the twelve months that end on the day of the return."""
        return day_plus_years(self.as_at, -1) + DAY

    def of_person(self, rows: pd.DataFrame, person: str) -> pd.DataFrame:
        """Rows of people the return can be about, with `person`, `child` and `birth`; the others are counted as left
        out."""
        known = self.people.set_index("person")
        rows = rows.assign(person=rows[person].astype("str"))
        inside = rows["person"].isin(known.index)
        found = rows[inside].copy()
        for name in ("child", "birth", "sex"):
            found[name] = known[name].reindex(found["person"]).array
        return found

    def of_child(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of a companion file, which names children by the number the return sends."""
        known = self.people.drop_duplicates("child").set_index("child")
        rows = rows.assign(child=rows["child_id"].str.strip())
        found = rows[rows["child"].isin(known.index)].copy()
        found["person"] = known["person"].reindex(found["child"]).array
        found["birth"] = known["birth"].reindex(found["child"]).array
        return found

    @property
    def no_urn(self) -> frozenset[str]:
        """Kinds of placement that have no Ofsted number. Semi-independent settings had none before October 2023."""
        return NO_URN | {"H5"} if self.collection.year < "2023-24" else NO_URN

    @property
    def this_year(self) -> pd.DataFrame:
        """Episodes that are sent."""
        return self.episodes[self.episodes["sent"]]

    def in_care_then(self, rows: pd.DataFrame, day: str, respite: bool = True) -> pd.Series:
        """Whether the child of each row was in an episode on that day (first and last day included)."""
        spells = self.episodes if respite else self.episodes[~self.episodes["LS"].isin(RESPITE)]
        count, _ = holding(rows["person"], rows[day], spells["person"], spells["DECOM"], spells["DEC"])
        return pd.Series(count > 0, index=rows.index)

    def birthday(self, rows: pd.DataFrame, age: int) -> pd.Series:
        """The nth birthday of each row's child."""
        return add_years(rows["birth"], age)

    def age_then(self, rows: pd.DataFrame, days: pd.Series) -> pd.Series:
        """Completed years on each day, as float (NaN where a day is missing)."""
        birth = rows["birth"]
        years = (days.dt.year - birth.dt.year).astype("float64")
        had = (days.dt.month * 100 + days.dt.day) >= (birth.dt.month * 100 + birth.dt.day)
        leapling = (
            (birth.dt.month == 2)
            & (birth.dt.day == 29)
            & (days.dt.month == 2)
            & (days.dt.day == 28)
            & ~days.dt.is_leap_year
        )
        return years - (~(had | leapling)).astype("float64").where(years.notna())

    def sort_out(self, table: str, rows: pd.DataFrame, order: list[str], key: str, source: str) -> None:
        """Put a table in order of child and date; `key` is the column with the source's own number."""
        rows = rows.sort_values(["child", *order, key], kind="stable", ignore_index=True, na_position="last")
        frame = (
            rows.assign(CHILD=rows["child"], DOB=rows["birth"]) if "birth" in rows else rows.assign(CHILD=rows["child"])
        )
        self.put(table, frame, rows[key])
        if "_source" in rows:
            for name, part in rows.groupby("_source", sort=True):
                self.record.came_from(table, part.index, str(name), part)
        else:
            self.record.came_from(table, rows.index, source, rows)


def postcode(values: pd.Series) -> pd.Series:
    """A full postcode in upper case with one space before its last three characters; anything else is blank."""
    tight = values.str.upper().str.replace(r"\s+", "", regex=True)
    good = tight.str.fullmatch(r"[A-Z]{1,2}\d[A-Z0-9]?\d[A-Z]{2}").eq(True)
    return (tight.str[:-3] + " " + tight.str[-3:]).where(good)
