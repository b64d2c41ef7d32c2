"""Small drawn tables as the views see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from dfe_returns.contract import contract
from dfe_returns.validate.engine import return_data
from dfe_returns.validate.specification import read_table


@pytest.fixture
def looked_after() -> Callable[..., Any]:
    """``looked_after(Episodes="CHILD | DECOM ...", Episodes_last=..., year=..., authority=..., providers=...)``."""

    def make(year: str = "2025-26", authority: str | None = None, period: Any = None, **drawn: str) -> Any:
        frames: dict[str, pd.DataFrame] = {name: read_table(text)[0] for name, text in drawn.items()}
        reference = {name: frames.pop(name) for name in ("postcodes", "providers") if name in frames}
        last = {name.removesuffix("_last"): frame for name, frame in frames.items() if name.endswith("_last")}
        tables = {name: frame for name, frame in frames.items() if not name.endswith("_last")}
        return return_data(contract("ssda903", year), tables, last or None, reference, period, authority)

    return make
