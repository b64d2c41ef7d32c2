"""The children looked after return as its rules see it.

Reading: every cell trimmed and in upper case, postcodes without spaces, dates day first with `/`. An unreadable date is
filled, but never before, after or equal to anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from dfe_returns.contract import Rule
from dfe_returns.validate.cells import ssda903_day
from dfe_returns.validate.views.ssda903.asylum import AsylumViews
from dfe_returns.validate.views.ssda903.derived import DERIVED
from dfe_returns.validate.views.ssda903.last_year import same_value
from dfe_returns.validate.views.ssda903.lists import WorkingLists
from dfe_returns.validate.views.ssda903.register import RegisterViews
from dfe_returns.validate.views.ssda903.social_workers import SocialWorkerViews
from dfe_returns.validate.views.ssda903.spells import SpellViews

__all__ = ["LookedAfterData", "same_value"]

POSTCODES = frozenset({"HOME_POST", "PL_POST"})
_OTHER_NAMES = {"UASC": ("UASC", "UASC_STATUS")}
_POINTED_AT = {"PL_LA": ("PL_POST",), "PL_LOCATION": ("PL_POST",), "PL_DISTANCE": ("HOME_POST", "PL_POST")}
_NEED_OWN_AUTHORITY = frozenset({"229", "411", "1015"})
_NEED_A_LAST_HEADER = frozenset({"205D"})
_NEED_ROWS = frozenset({"1001"})


def _squeezed(text: str) -> str:
    return "".join(text.upper().split())


class LookedAfterData(SpellViews, AsylumViews, RegisterViews, SocialWorkerViews, WorkingLists):
    """Views that several rules need, in the return's own words; `last` has the same over last year's tables."""

    levels: ClassVar[Mapping[str, tuple[str, ...]]] = {"child": ("CHILD",)}
    date_format = "%d/%m/%Y"

    @staticmethod
    def normal(text: str) -> str:
        return text.upper()

    def normal_of(self, field: str) -> Callable[[str], str]:
        return _squeezed if field in POSTCODES else self.normal

    @staticmethod
    def day(text: str) -> np.datetime64:
        return ssda903_day(text)

    def extra_columns(self, table: str) -> tuple[str, ...]:
        """Header.UASC exists in XML returns only; derived values stand in Episodes where the caller supplies them."""
        return {"Header": ("UASC",), "Episodes": DERIVED}.get(table, ())

    def _find(self, table: str, field: str) -> Any:
        names = _OTHER_NAMES.get(field, (field,)) if table == "Header" else (field,)
        return next(
            (found for name in names if (found := super(LookedAfterData, self)._find(table, name)) is not None), None
        )

    def pointing(self, table: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """The cells to point at: a derived value that the caller did not supply points at its postcodes."""
        cells: list[str] = []
        for name in fields:
            derived = table == "Episodes" and name in _POINTED_AT and not self.has_column(table, name)
            cells += _POINTED_AT[name] if derived else (name,)
        return tuple(dict.fromkeys(cells))

    # ---- what a rule may lack --------------------------------------------------------------------------------------

    def of_form(self, form: str) -> bool:
        """Tables count as an XML return when Header has a UASC column, else as CSV."""
        return self.has_column("Header", "UASC") == (form == "xml")

    def needs_rows(self, rule: Rule) -> bool:
        return rule.code in _NEED_ROWS

    def wants(self, rule: Rule, need: str) -> bool:
        if need == "previous_year":
            return self._wants_last_year(rule)
        if need == "urn_register":
            return not self.has_register()
        if need == "postcodes":
            return not self._carries(rule) and not self.has_directory(*_directory_items(rule))
        if need == "la_codes":
            return self._wants_authorities(rule)
        return False

    def _wants_last_year(self, rule: Rule) -> bool:
        """A rule can do without last year's return when it can do without each of last year's tables."""
        here = self.last is not None and bool(self.last._tables)
        last = [table for table in rule.tables if table.endswith("_last")]
        if rule.code in _NEED_A_LAST_HEADER:
            return not any(self.last is not None and self.last.has(table.removesuffix("_last")) for table in last)
        return not here and not (last and all(table in rule.runs_without for table in last))

    def _wants_authorities(self, rule: Rule) -> bool:
        """Authority codes of one scheme: in the register, in the directory, and of whoever makes the return."""
        read = _read(rule)
        place_derived = "PL_LOCATION" in read and not self._carries(rule)
        if not self.authority_code and (rule.code in _NEED_OWN_AUTHORITY or place_derived):
            return True
        if "urn_register" in rule.needs and self.has_register() and not self.register_has_authorities:
            return True
        from_postcode = bool(read & {"PL_LA", "PL_LOCATION"}) and not self._carries(rule)
        return from_postcode and self.has_directory() and not self.directory_has_authorities

    def _carries(self, rule: Rule) -> bool:
        """Whether the tables supplied already hold every derived value that the rule reads; no table holds none."""
        sides = [
            (self.last if table.endswith("_last") else self, table.removesuffix("_last"), field)
            for table, fields in rule.tables.items()
            for field in fields
            if field in DERIVED
        ]
        held = [side.has_column(table, field) for side, table, field in sides if side is not None and side.has(table)]
        return bool(held) and all(held)


def _directory_items(rule: Rule) -> tuple[str, ...]:
    """What a rule takes from the postcode directory besides the postcode.

    A rule that needs `la_codes` is told of their want under that name.
    """
    read = _read(rule)
    grid = ("easting", "northing") if "PL_DISTANCE" in read else ()
    return grid + (("la_code",) if "PL_LA" in read and "la_codes" not in rule.needs else ())


def _read(rule: Rule) -> set[str]:
    return {field for fields in rule.tables.values() for field in fields}
