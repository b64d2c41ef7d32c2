"""What DfE works out from the postcodes: authority, location and distance of a placement."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property

import numpy as np
import pandas as pd

from dfe_returns.contract.load import read_yaml
from dfe_returns.files import data_folder
from dfe_returns.validate.cells import Column, as_text, cin_day
from dfe_returns.validate.views.ssda903.episodes import at
from dfe_returns.validate.views.ssda903.last_year import LastYearViews

DERIVED = ("PL_LA", "PL_LOCATION", "PL_DISTANCE")
OUTSIDE_ENGLAND = frozenset({"CON", "NIR", "SCO", "WAL", "NUK"})
METRES_PER_MILE = 1609.3  # the department's own figure
_COUNTRY = {"W": "WAL", "S": "SCO", "N": "NIR"}


@cache
def authority_numbers() -> Mapping[str, str]:
    """ONS code -> LA number of every English authority with children's services, and of every district within one,
    current and former.
    """
    raw = read_yaml(data_folder("schemas") / "ssda903" / "authority_codes.yaml")
    listed = [*raw["districts"].items(), *raw["authorities"].items()]
    return {ons: number for number, codes in listed for ons in codes}


def in_one_scheme(code: object) -> str:
    """An ONS code or LA number as LA number, WAL, SCO or NIR; anything else as it stands; '' = blank.

    A district becomes its county, whose children's services are meant.
    """
    text = as_text(code).strip().upper()
    if len(text) == 9 and text[0] in _COUNTRY and text[1:].isdigit():
        return _COUNTRY[text[0]]
    if text.isdigit() and 660 <= int(text) <= 681:
        return "WAL"
    return authority_numbers().get(text, text)


def plain(values: pd.Series, squeeze: bool = False) -> pd.Series:
    """Reference cells as trimmed upper-case text (missing = blank), with all spaces removed on request."""
    column = Column.read(values, (lambda t: "".join(t.upper().split())) if squeeze else str.upper, cin_day, "%Y-%m-%d")
    return pd.Series(column.text(), index=values.index, dtype="str")


def authorities(values: pd.Series) -> pd.Series:
    """Authority codes in one scheme (missing = blank)."""
    column = Column.read(values, in_one_scheme, cin_day, "%Y-%m-%d")
    return pd.Series(column.text(), index=values.index, dtype="str")


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of a reference table whatever the case of its name; blank where it has none."""
    found = next((c for c in frame.columns if str(c).strip().casefold() == name), None)
    if found is None:
        return pd.Series(np.nan, index=frame.index, dtype="str")
    values = frame[found]
    return values.iloc[:, 0] if isinstance(values, pd.DataFrame) else values


class DerivedViews(LastYearViews):
    """PL_LA, PL_LOCATION and PL_DISTANCE over Episodes: as the caller has them, else from the postcode directory."""

    @cached_property
    def authority_code(self) -> str:
        """The reporting authority in the return's scheme; '' when not known."""
        return in_one_scheme(self.authority)

    def has_directory(self, *items: str) -> bool:
        """Whether a postcode directory with these columns besides the postcode was given."""
        if "postcodes" not in self.reference:
            return False
        names = {str(c).strip().casefold() for c in self.reference["postcodes"].columns}
        return {"postcode", *items} <= names

    @cached_property
    def directory_has_authorities(self) -> bool:
        """Whether the directory says in which authority a postcode lies."""
        return self.has_directory("la_code") and bool(column_of(self.reference["postcodes"], "la_code").notna().any())

    @cached_property
    def grid(self) -> pd.DataFrame:
        """The postcode directory by postcode (first entry kept): la in one scheme, easting and northing in metres."""
        if isinstance(parent := getattr(self, "_parent", None), DerivedViews):
            return parent.grid
        given = self.reference.get("postcodes", pd.DataFrame())
        postcode = plain(column_of(given, "postcode"), squeeze=True)
        # only the postcodes of this return matter: a national directory has more than two million
        wanted = [
            side.text("Episodes", f) for side in (self, self.last) if side is not None for f in ("HOME_POST", "PL_POST")
        ]
        keep = (postcode.isin(pd.concat(wanted).dropna().unique()) & ~postcode.duplicated()).to_numpy()
        rows = given[keep]
        return pd.DataFrame(
            {
                "la": authorities(column_of(rows, "la_code")).to_numpy(),
                "easting": pd.to_numeric(column_of(rows, "easting"), errors="coerce").to_numpy(dtype=float),
                "northing": pd.to_numeric(column_of(rows, "northing"), errors="coerce").to_numpy(dtype=float),
            },
            index=pd.Index(postcode[keep].to_numpy(), dtype="str"),
        )

    def in_directory(self, field: str) -> pd.Series:
        """Episodes whose HOME_POST or PL_POST stands in the directory."""
        return self.Episodes[field].isin(self.grid.index)

    def _of_postcode(self, field: str, item: str) -> pd.Series:
        return at(self.grid[item], self.Episodes[field])

    @cached_property
    def placement_la(self) -> pd.Series:
        """Authority (LA number) or country of the placement; missing = blank."""
        if self.has_column("Episodes", "PL_LA"):
            return authorities(self.text("Episodes", "PL_LA"))
        return self._of_postcode("PL_POST", "la").astype("str")

    @cached_property
    def placement_location(self) -> pd.Series:
        """IN or OUT of the reporting authority; missing where the authority of the placement is blank."""
        if self.has_column("Episodes", "PL_LOCATION"):
            return self.text("Episodes", "PL_LOCATION")
        inside = np.where(self.placement_la == self.authority_code, "IN", "OUT")
        return pd.Series(inside, index=self.placement_la.index, dtype="str").where(self.placement_la.notna())

    @cached_property
    def placement_distance(self) -> pd.Series:
        """Straight line from home to placement in miles, to one decimal; missing = blank or no number."""
        if self.has_column("Episodes", "PL_DISTANCE"):
            return self.number("Episodes", "PL_DISTANCE")
        east = self._of_postcode("PL_POST", "easting") - self._of_postcode("HOME_POST", "easting")
        north = self._of_postcode("PL_POST", "northing") - self._of_postcode("HOME_POST", "northing")
        return (np.sqrt(east**2 + north**2) / METRES_PER_MILE).round(1)

    @cached_property
    def has_distance(self) -> pd.Series:
        """Episodes whose PL_DISTANCE is filled, be it a number or not."""
        if self.has_column("Episodes", "PL_DISTANCE"):
            return self.filled("Episodes", "PL_DISTANCE")
        return self.placement_distance.notna()

    def episode_values(self, field: str) -> pd.Series:
        views = {"PL_LA": "placement_la", "PL_LOCATION": "placement_location", "PL_DISTANCE": "placement_distance"}
        return getattr(self, views[field]) if field in views else super().episode_values(field)
