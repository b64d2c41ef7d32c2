"""Pandera schemas made from the contract: one for every return table of every year, found by name.

    from dfe_returns.validate import schemas
    schemas.for_table("ssda903", "Episodes", "2025-26").validate(frame, lazy=True)
    schemas.episodes("2025-26")          # the same schema, by its everyday name

They judge text cells as a return file holds them (NaN = blank). Checks named by a DfE code are DfE's rules about one
field; the others say what may leave: `type`, `code`, `length`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pandera.pandas as pa

from dfe_returns.contract import YEARS, Collection, Field, contract
from dfe_returns.errors import UsageError
from dfe_returns.validate.checks import Test, days_of, field_checks, matches, named_check

NAMES: dict[str, tuple[str, str]] = {
    "children": ("ssda903", "Header"),
    "header": ("ssda903", "Header"),
    "episodes": ("ssda903", "Episodes"),
    "reviews": ("ssda903", "Reviews"),
    "asylum_seekers": ("ssda903", "UASC"),
    "uasc": ("ssda903", "UASC"),
    "outcomes": ("ssda903", "OC2"),
    "care_leavers": ("ssda903", "OC3"),
    "adoptions": ("ssda903", "AD1"),
    "placed_for_adoption": ("ssda903", "PlacedAdoption"),
    "previous_permanence": ("ssda903", "PrevPerm"),
    "missing": ("ssda903", "Missing"),
    "social_workers": ("ssda903", "SWEpisodes"),
    "deprivation_of_liberty": ("ssda903", "DoLo"),
    "child_identifiers": ("cin", "ChildIdentifiers"),
    "child_characteristics": ("cin", "ChildCharacteristics"),
    "disabilities": ("cin", "Disabilities"),
    "cin_details": ("cin", "CINdetails"),
    "referrals": ("cin", "CINdetails"),
    "assessments": ("cin", "Assessments"),
    "assessment_factors": ("cin", "AssessmentFactorsList"),
    "cin_plans": ("cin", "CINplanDates"),
    "section_47": ("cin", "Section47"),
    "child_protection_plans": ("cin", "ChildProtectionPlans"),
    "child_protection_reviews": ("cin", "Reviews"),
    "pre_proceedings": ("cin", "PreProceedings"),
}
"""Everyday name -> (return, table)."""

CASE_RECORDS = {
    "people": "ssd_person",
    "placements": "ssd_cla_placement",
    "care_episodes": "ssd_cla_episodes",
    "legal_statuses": "ssd_legal_status",
}
"""Everyday name -> table of the case records on the way in; each is also found by its own name (``ssd_person``)."""


@cache
def for_table(return_name: str, table: str, year: str = YEARS[-1]) -> pa.DataFrameSchema:
    """The schema of a return table in a collection year. Raises UsageError when the year has no such table."""
    collection = contract(return_name, year)
    if table not in collection.tables:
        raise UsageError(f"{collection.title} {year} has no table {table!r}; it has {', '.join(collection.tables)}.")
    described = collection.tables[table]
    columns = {}
    for item in described.fields.values():
        checks = [*field_checks(collection, item).values(), *leaving_checks(collection, item).values()]
        columns[item.name] = pa.Column("str", checks, nullable=True, required=False, description=item.meaning)
    return pa.DataFrameSchema(columns, name=f"{return_name} {year} {table}", title=described.title, strict=False)


def leaving_checks(collection: Collection, item: Field) -> dict[str, pa.Check]:
    """What a value must be to leave: of the field's type, in its code set, not too long. Presence is for the rules."""
    tests: dict[str, Test] = {}
    if item.code_set and item.type == "code":
        codes = frozenset(collection.codes_of(item))
        tests["code"] = lambda cells: cells.isna() | cells.isin(codes)
    patterns = {
        "boolean": r"0|1",
        "integer": r"\d{1,4}",
        "year": r"\d{4}",
        "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
        "postcode": r"[A-Z]{1,2}\d[A-Z0-9]? ?\d[A-Z]{2}",
        "partial_date": r"(?:\d\d|zz|ZZ)/(?:\d\d|zz|ZZ)/(?:\d{4}|zzzz|ZZZZ)",
    }
    if item.type in patterns:
        tests["type"] = matches(patterns[item.type])
    elif item.type == "date":
        tests["type"] = lambda cells: cells.isna() | days_of(collection.name, cells).notna()
    elif item.type == "string":
        tests["type"] = matches(r"[A-Za-z0-9 ./_-]*")
    if item.max_length:
        limit = item.max_length
        tests["length"] = lambda cells: ~(cells.str.len() > limit)
    return {name: named_check(name, test) for name, test in tests.items()}


def __getattr__(name: str) -> Callable[[str], pa.DataFrameSchema]:
    if name in NAMES:
        return_name, table = NAMES[name]

        def schema(year: str = YEARS[-1]) -> pa.DataFrameSchema:
            return for_table(return_name, table, year)

        return schema
    from dfe_returns.sources.model import ssd_model
    from dfe_returns.validate.ssd_schemas import ssd_schema

    table = CASE_RECORDS.get(name, name)
    if table in ssd_model().tables:

        def in_any_year(year: str = YEARS[-1]) -> pa.DataFrameSchema:
            return ssd_schema(table)

        return in_any_year
    raise AttributeError(name)


def failures(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows that fail: columns row (position), field, check. Values are left out on purpose: they are personal data."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        parts: list[dict[str, Any]] = []
        for error in found.schema_errors:
            check, output = getattr(error, "check", None), getattr(error, "check_output", None)
            name = getattr(check, "name", None) or str(getattr(error, "reason_code", "structure"))
            rows = output.index[~output.to_numpy(dtype=bool)] if isinstance(output, pd.Series) else [-1]
            parts += [{"row": int(row), "field": str(error.schema.name), "check": name} for row in rows]
        return pd.DataFrame(parts, columns=["row", "field", "check"])
    return pd.DataFrame(columns=["row", "field", "check"])
