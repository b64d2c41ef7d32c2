"""The provider register: which placements, providers, postcodes and authorities a URN stands for, and until when."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from dfe_returns.validate.cells import Column, cin_day
from dfe_returns.validate.views.ssda903.derived import DerivedViews, authorities, column_of, plain
from dfe_returns.validate.views.ssda903.episodes import at

NO_URN = "XXXXXXX"
_KINDS = ("placement_codes", "provider_codes", "postcode", "la_code")


def _days(values: pd.Series) -> pd.Series:
    column = Column.read(values, str.upper, cin_day, "%Y-%m-%d")
    return pd.Series(column.days(), index=values.index)


class RegisterViews(DerivedViews):
    """A URN may have several register rows: one agreeing row meets a requirement, a fault needs them all."""

    def has_register(self) -> bool:
        """Whether a provider register was given."""
        return "providers" in self.reference and any(
            str(c).strip().casefold() == "urn" for c in self.reference["providers"].columns
        )

    @cached_property
    def register(self) -> pd.DataFrame:
        """The register as given: urn, placement_codes, provider_codes, postcode, la_code; closed = registration end."""
        if isinstance(parent := getattr(self, "_parent", None), RegisterViews):
            return parent.register
        given = self.reference.get("providers", pd.DataFrame())
        return pd.DataFrame(
            {
                "urn": plain(column_of(given, "urn")),
                "placement_codes": plain(column_of(given, "placement_codes")),
                "provider_codes": plain(column_of(given, "provider_codes")),
                "closed": _days(column_of(given, "closed")),
                "postcode": plain(column_of(given, "postcode"), squeeze=True),
                "la_code": plain(column_of(given, "la_code")),
            }
        ).reset_index(drop=True)

    @cached_property
    def register_has_authorities(self) -> bool:
        """Whether the register names any provider's authority."""
        return bool(self.register.la_code.notna().any())

    @cached_property
    def _register_codes(self) -> dict[str, pd.DataFrame]:
        """For each kind of code: urn and code, one row each; cells may part several by comma or slash."""
        out = {}
        for kind in _KINDS:
            parted = self.register[["urn", kind]].dropna()
            parted = parted.assign(code=parted[kind].str.split(r"[,/]", regex=True)).explode("code")
            code = parted.code.astype("str").str.strip()
            code = authorities(code) if kind == "la_code" else code
            parted = pd.DataFrame({"urn": parted.urn.to_numpy(), "code": code.to_numpy()})
            out[kind] = parted[parted.code.notna() & (parted.code != "")].drop_duplicates()
        return out

    # ---- over Episodes ---------------------------------------------------------------------------------------------

    @cached_property
    def real_urn(self) -> pd.Series:
        """Episodes with a URN that is not the placeholder of seven X."""
        urn = self.Episodes.URN
        return urn.notna() & (urn != NO_URN)

    @cached_property
    def registered(self) -> pd.Series:
        """Episodes whose URN stands in the register, open or closed."""
        return self.Episodes.URN.isin(self.register.urn.dropna())

    def register_match(self, kind: str, values: pd.Series) -> pd.Series:
        """Whether a register row of the episode's URN lists the value.

        kind: placement_codes, provider_codes, postcode or la_code.
        values: over Episodes (missing = no match), authorities as LA numbers.
        """
        listed = self._register_codes[kind]
        pairs = (listed.urn + "\t" + listed.code).to_numpy(dtype=object)
        asked = self.Episodes.URN + "\t" + values.astype("str")
        return asked.isin(pairs) & asked.notna()

    def register_has(self, kind: str) -> pd.Series:
        """Whether the register gives the episode's URN any code of this kind."""
        return self.Episodes.URN.isin(self._register_codes[kind].urn)

    @cached_property
    def register_end(self) -> pd.Series:
        """The day the URN's last registration ended; missing when it is not registered or a row has no end."""
        rows = self.register.dropna(subset=["urn"])
        still_open = rows.urn[rows.closed.isna()]
        ends = rows[~rows.urn.isin(still_open)].groupby("urn").closed.max()
        return at(ends, self.Episodes.URN)
