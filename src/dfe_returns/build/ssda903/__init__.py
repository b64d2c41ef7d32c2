"""The looked-after return, from SSD tables to the tables of the return.

Source: DfE, Children looked after by local authorities in England: guide to the SSDA903 collection, and technical
specification of the year.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dfe_returns.build import Built
from dfe_returns.build.codes import leave_out_other_years
from dfe_returns.build.overrides import SOURCE as OVERRIDES
from dfe_returns.build.overrides import apply_overrides
from dfe_returns.build.settings import BuildSettings
from dfe_returns.build.shape import shaped
from dfe_returns.build.ssda903 import adoption, events, leavers, outcomes, people
from dfe_returns.build.ssda903.context import CareContext, Conventions
from dfe_returns.build.ssda903.episodes import episodes
from dfe_returns.contract import Collection


def build_ssda903(
    collection: Collection,
    ssd: Mapping[str, pd.DataFrame],
    profile_conventions: Mapping[str, Any],
    settings: BuildSettings,
    last: Mapping[str, pd.DataFrame] | None = None,
) -> Built:
    """Build SSDA903 of a collection year.

    ssd: SSD tables and companions as `sources.load` gives them (typed, with `_file` and `_line`)
    profile_conventions: the profile's conventions; see `context.Conventions`
    last: last year's return (text as in its files), where there is one: an episode open then must be here

    Nothing that happened after the day of the return is told. Rows are ordered by child number, then by day, then by
    the source's own
    number. Raises UsageError for a day before the year begins.
    """
    ctx = CareContext(collection, ssd, settings, Conventions.read(profile_conventions))
    ctx.people = people.people(ctx)
    ctx.child_numbers = ctx.people.set_index("person")["child"]
    episodes(ctx, last)
    events.reviews(ctx)
    events.asylum_seekers(ctx)
    events.missing(ctx)
    events.social_workers(ctx)
    events.deprivation_of_liberty(ctx)
    adoption.adoptions(ctx)
    adoption.placed_for_adoption(ctx)
    adoption.previous_permanence(ctx)
    outcomes.outcomes(ctx)
    leavers.leavers(ctx)
    people.header(ctx)
    _same_sex_and_birth(ctx)
    tables = {name: ctx.tables.get(name, shaped(table, pd.DataFrame())) for name, table in collection.tables.items()}
    tables = leave_out_other_years(collection, tables, ctx.record, "903-CODE-OF-ANOTHER-YEAR")
    keys = {name: ctx.keys.get(name, pd.Series(dtype="str")) for name in tables}
    tables = apply_overrides(
        collection, ctx.rows(OVERRIDES), tables, keys, ctx.record, ("903-OVERRIDE", "903-OVERRIDE-NOT-APPLIED")
    )
    record = ctx.record
    return Built(tables, record.origins(tables), record.decisions(), record.worklist(), record.withheld())


def _same_sex_and_birth(ctx: CareContext) -> None:
    """A care leaver's other rows go without a date of birth of their own: every table repeats the Header's."""
    births = ctx.tables["Header"].set_index("CHILD")["DOB"]
    births = births[~births.index.duplicated()]
    for name, frame in ctx.tables.items():
        if name != "Header" and "DOB" in frame:
            frame["DOB"] = births.reindex(frame["CHILD"]).to_numpy()
