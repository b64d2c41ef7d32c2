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
from dfe_returns.build.codes import leave_out_other_years
from dfe_returns.build.overrides import SOURCE as OVERRIDES
from dfe_returns.build.overrides import apply_overrides
from dfe_returns.build.settings import BuildSettings
from dfe_returns.contract import Collection

REST = {
    "ssd_person": ("ChildIdentifiers", "no referral in the return"),
    "ssd_linked_identifiers": ("ChildIdentifiers", "not the former UPN of a child in the return"),
    "ssd_disability": ("Disabilities", "of a child who is not in the return"),
    "ssd_assessment_factors": ("AssessmentFactorsList", "of no assessment in the return, or without a factor"),
    "ssd_initial_cp_conference": ("Section47", "of no enquiry or transfer in the return"),
    "ssd_cp_reviews": ("Reviews", "of a plan that is not in the return"),
    "la_former_upn": ("ChildIdentifiers", "of no child in the return, or no former UPN"),
    "la_upn_unknown": ("ChildIdentifiers", "of a child who is not in the return or has a UPN"),
    "la_disability_history": ("Disabilities", "of no child in the return, or not in force in the year"),
    "la_assessment_review": ("Assessments", "of an assessment that is not in the return"),
    "la_previous_plans": ("ChildProtectionPlans", "of a child without a protection plan in the return"),
    "la_pre_proceedings": ("PreProceedings", "not collected in this year"),
}
"""Source rows that hang on others: when those are not in the return, neither are they."""


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
    tables = leave_out_other_years(collection, tables, ctx.record, "CIN-CODE-OF-ANOTHER-YEAR")
    tables = apply_overrides(
        collection, ctx.rows(OVERRIDES), tables, ctx.keys, ctx.record, ("CIN-OVERRIDE", "CIN-OVERRIDE-NOT-APPLIED")
    )
    record = ctx.record
    for source, (table, reason) in REST.items():
        record.leave_out_rest(source, table, reason, len(ctx.rows(source)))
    return Built(tables, record.origins(tables), record.decisions(), record.worklist(), record.withheld())
