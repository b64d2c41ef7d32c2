from __future__ import annotations

import pandas as pd
import pytest
from census_tables import small_census


@pytest.fixture
def census() -> dict[str, pd.DataFrame]:
    """Typed tables of a census of three children."""
    return small_census()
