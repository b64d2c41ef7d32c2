"""The children in need census, from SSD tables to the tables of the return.

Source: DfE, Children in need census: business and technical specification, and guide, of the collection year.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dfe_returns.build import Built
from dfe_returns.build.cin import (
    assessments,
    children,
    cohort,
    completeness,
    disabilities,
    episodes,
    header,
    plans,
    pre_proceedings,
    protection,
    section47,
)
from dfe_returns.build.cin.context import Context, Conventions
from dfe_returns.build.overrides import SOURCE as OVERRIDES
from dfe_returns.build.overrides import apply_overrides
from dfe_returns.build.settings import BuildSettings
from dfe_returns.contract import Collection


def build_cin(
    collection: Collection,
    ssd: Mapping[str, pd.DataFrame],
    profile_conventions: Mapping[str, Any],
    settings: BuildSettings,
    last: Mapping[str, pd.DataFrame] | None = None,
) -> Built:
    """Build the census of a collection year.

    ssd: SSD tables and companions as `sources.load` gives them (typed, with `_file` and `_line`)
    profile_conventions: the profile's conventions; see `context.Conventions` for those that matter here
    last: last year's return, where there is one: its open cases must be here or be explained

    Nothing that happened after the day of the return is told, so that an extract of June gives the return of 31 March.
    Rows are ordered by child number, then by day, then by the source's own number. Raises UsageError for a day before
    the year begins.
    """
    ctx = Context(collection, ssd, settings, Conventions.read(profile_conventions))
    header.header(ctx)
    known = cohort.people(ctx)
    ctx.child_numbers = known.set_index("person")["child"]
    spells = cohort.spells(ctx, known)
    cohort_children = children.identifiers(ctx, children.of_cohort(ctx, known, spells))
    children.characteristics(ctx, cohort_children)
    disabilities.disabilities(ctx, cohort_children)
    meetings = section47.conferences(ctx)
    episodes.details(ctx, spells, section47.transfers_in(ctx, spells, meetings))
    assessments.assessments(ctx, spells)
    plans.cin_plans(ctx, spells)
    section47.enquiries(ctx, spells, meetings)
    protection.protection_plans(ctx, spells)
    pre_proceedings.pre_proceedings(ctx, spells)
    completeness.completeness(ctx, spells, meetings, last)
    tables = {name: ctx.tables[name] for name in collection.tables}
    tables = apply_overrides(
        collection, ctx.rows(OVERRIDES), tables, ctx.keys, ctx.record, ("CIN-OVERRIDE", "CIN-OVERRIDE-NOT-APPLIED")
    )
    record = ctx.record
    return Built(tables, record.origins(tables), record.decisions(), record.worklist(), record.withheld())
