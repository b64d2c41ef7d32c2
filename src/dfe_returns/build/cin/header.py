"""The census header. No clock: the same extract and settings give the same header."""

from __future__ import annotations

import pandas as pd

from dfe_returns.build.cin.context import Context


def header(ctx: Context) -> None:
    """Sets Header. A return as at an earlier day keeps 31 March as its reference date."""
    settings, end = ctx.settings, pd.Timestamp(ctx.collection.end)
    row = {
        "Collection": "CIN",
        "Year": str(end.year),
        "ReferenceDate": end,
        "SourceLevel": "L",
        "LEA": settings.authority,
        "SoftwareCode": settings.software,
        "Release": settings.software_version or None,
        "SerialNo": settings.serial_no,
        "DateTime": made_on(settings.run_at, end),
    }
    ctx.put("Header", pd.DataFrame([row]), pd.Series([""]))


def made_on(run_at: str, end: pd.Timestamp) -> pd.Timestamp:
    """Moment of the extract, to the second, without its time zone; midnight of the reference date where unknown."""
    moment = pd.to_datetime(pd.Series([run_at or None]), errors="coerce", format="ISO8601")
    if moment.isna().iloc[0]:
        return end
    return pd.Timestamp(moment.dt.tz_localize(None).dt.floor("s").iloc[0])
