"""English local authorities: names and DfE numbers, with the dates between which a number was in use."""

from __future__ import annotations

from functools import cache

import pandas as pd

from dfe_returns.files import data_folder


@cache
def authorities() -> pd.DataFrame:
    """number, name, since, until (text, blank where still in use), from ``schemas/sources/authorities.csv``."""
    return pd.read_csv(data_folder("schemas") / "sources" / "authorities.csv", dtype=str, keep_default_na=False)


@cache
def authority_numbers() -> dict[str, str]:
    """Name -> number, every name once; of two numbers the one in use."""
    frame = authorities().sort_values("until", key=lambda until: until.eq(""), kind="stable", ascending=False)
    return dict(frame.drop_duplicates("name")[["name", "number"]].itertuples(index=False))
