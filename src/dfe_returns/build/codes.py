"""Codes that belong to another collection year: left out and listed, for a person to settle.

A case system recodes what is open (Z1 to Z11, say), so an extract of today holds codes that an earlier year lacks. The
last check lets no such code leave; without this it would stop the whole return for one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.build.record import FILE, LINE, Record
from dfe_returns.contract import Collection


def leave_out_other_years(
    collection: Collection, tables: Mapping[str, pd.DataFrame], record: Record, code: str
) -> dict[str, pd.DataFrame]:
    """The tables without codes that the collection year lacks; `code`: that of the line on the worklist."""
    out, origins = dict(tables), record.origins(tables)
    for name, frame in tables.items():
        table = collection.tables[name]
        for field in (f for f in table.fields.values() if f.type == "code" and f.name in frame and table.keys):
            cells = frame[field.name]
            strange = (cells.notna() & ~cells.astype("str").isin(list(collection.codes_of(field)))).to_numpy()
            if strange.any():
                at = np.flatnonzero(strange)
                rows = _sources(origins[name], at, field.name)
                rows = rows.assign(child=frame[table.keys[0]].to_numpy()[at])
                value = pd.Series(cells.to_numpy()[at], index=rows.index)
                record.work(code, name, rows, field.name, value, f"not a code of {collection.year}: left blank")
                out[name] = out[name].assign(**{field.name: out[name][field.name].mask(strange)})
    return out


def _sources(origins: pd.DataFrame, at: npt.NDArray[np.intp], field: str) -> pd.DataFrame:
    """File and line of each row: of the record that gave the field, else of the row's own."""
    best = origins.assign(other=origins["part"].ne(field)).sort_values(["row", "other"], kind="stable")
    best = best.drop_duplicates("row").set_index("row").reindex(at)
    return best[["file", "line"]].set_axis([FILE, LINE], axis=1).reset_index(drop=True)
