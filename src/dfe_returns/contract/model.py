"""What a collection is made of: tables, fields, code sets and rules, as `schemas/` describes them for one year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dfe_returns.contract.years import in_force, year_before

if TYPE_CHECKING:
    from dfe_returns.contract.gateways import Register


@dataclass(frozen=True)
class CodeSet:
    """A list of codes. `codes` are those in force in the collection's year, `all_codes` those of any year (code ->
    label)."""

    name: str
    title: str
    codes: Mapping[str, str]
    all_codes: Mapping[str, str]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def doubts(self) -> tuple[str, ...]:
        return tuple(self.raw.get("doubts", ()))

    def where(self, **properties: Any) -> frozenset[str]:
        """Codes whose remarks hold the given values, e.g. ``where(ends_period_of_care=True)``."""
        return frozenset(
            code
            for code, value in self.raw["codes"].items()
            if isinstance(value, Mapping) and all(value.get(key) == wanted for key, wanted in properties.items())
        )


@dataclass(frozen=True)
class Field:
    """One item of a return: a column of a table, in the CIN census also an XML element."""

    table: str
    name: str
    type: str
    """string, code, date, partial_date, datetime, integer, boolean, year or postcode"""
    order: int
    meaning: str
    format: str | None = None
    code_set: str | None = None
    max_length: int | None = None
    min: int = 0
    max: int | str = 1
    requirement: str = "conditional"
    condition: str | None = None
    tag: str = ""
    element: str = ""
    number: str | None = None
    since: str | None = None
    until: str | None = None
    aliases: tuple[str, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    changed: tuple[Mapping[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """``Table.Field``, the name used on the command line, in the lineage and in the gateway register."""
        return f"{self.table}.{self.name}"


@dataclass(frozen=True)
class Table:
    """One table of a return. `columns` are the published ones of the year, in file order; `keys` may hold join keys
    never published."""

    name: str
    title: str
    rows: str
    keys: tuple[str, ...]
    fields: Mapping[str, Field]
    all_fields: Mapping[str, Field]
    since: str | None
    until: str | None
    switch: bool
    """True for a table that stays off until the configuration records the specification reference that turns it on."""
    cohort: str = ""
    order: int = 0
    file_name: str = ""
    aliases: tuple[str, ...] = ()
    element: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.fields)

    @property
    def on_by_default(self) -> bool:
        return not self.switch

    @property
    def join_keys(self) -> tuple[str, ...]:
        """Keys that are not items of the table itself: they tie frames together and are dropped on publishing."""
        return tuple(key for key in self.keys if key not in self.all_fields)

    @property
    def frame_columns(self) -> tuple[str, ...]:
        """Join keys, then the published columns."""
        return self.join_keys + self.columns

    def in_year(self, year: str) -> bool:
        return in_force(year, self.since, self.until)


@dataclass(frozen=True)
class Rule:
    """What is known of a validation rule: DfE's code and severity, our wording, years, doubts. The logic is in
    `validate.rules`."""

    code: str
    title: str
    subject: str
    severity: str
    tables: Mapping[str, tuple[str, ...]]
    fields_flagged: tuple[str, ...]
    message: str
    fix: str
    fails_when: str
    family: str = ""
    kind: str = ""
    scope: str = "group"
    since: str | None = None
    until: str | None = None
    changed: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    runs_without: tuple[str, ...] = ()
    doubts: str = ""
    stage: int | None = None
    default: bool = True
    default_reason: str = ""
    form: str = ""
    origin: str = ""
    caused_by: tuple[str, ...] = ()
    """Codes whose failure on the same row makes this one certain: then this one is reported as a consequence."""

    @property
    def departmental(self) -> bool:
        """False for the integrity checks that are not DfE's (INT...)."""
        return not self.origin

    def in_year(self, year: str) -> bool:
        return in_force(year, self.since, self.until)


@dataclass(frozen=True)
class Collection:
    """A return in a collection year. Frozen and shared: never change what hangs on it."""

    name: str
    year: str
    title: str
    start: date
    end: date
    tables: Mapping[str, Table]
    codesets: Mapping[str, CodeSet]
    rules: Mapping[str, Rule]
    """Rules in force this year, by code."""
    all_rules: Mapping[str, Rule]
    """Rules of any year, by code."""
    all_tables: Mapping[str, Table]
    gateways: Register = field(repr=False)
    edition: Mapping[str, str]
    """The edition of DfE's specification this contract follows: title, published, rules, doubts (R2)."""
    raw: Mapping[str, Any] = field(repr=False)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """``Table.Field`` -> Field, in publishing order."""
        return MappingProxyType({f.id: f for table in self.tables.values() for f in table.fields.values()})

    @property
    def year_before(self) -> str:
        return year_before(self.year)

    def table(self, name: str) -> Table:
        return self.all_tables[name]

    def field(self, identifier: str) -> Field:
        """The field by ``Table.Field`` (any year). Raises KeyError."""
        table, name = identifier.split(".", 1)
        return self.all_tables[table].all_fields[name]

    def codes_of(self, item: Field) -> Mapping[str, str]:
        """Codes a field may hold this year, empty when it has no code set."""
        return self.codesets[item.code_set].codes if item.code_set else {}
