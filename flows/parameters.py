"""Parameters that several flows share, with the words that Prefect's form shows for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from pydantic import Field
from pydantic.fields import FieldInfo

Function = TypeVar("Function", bound=Callable[..., Any])


def explained(function: Function) -> Function:
    """Put the descriptions of the parameters' types into the docstring, where Prefect's form takes them from."""
    lines = [
        f"    {name}: {fact.description}"
        for name, hint in get_type_hints(function, include_extras=True).items()
        for fact in getattr(hint, "__metadata__", ())
        if isinstance(fact, FieldInfo)
    ]
    function.__doc__ = f"{function.__doc__}\n\nArgs:\n" + "\n".join(lines) + "\n"
    return function


Year = Annotated[
    str | None,
    Field(
        title="Collection year",
        description="For example 2025-26. Empty = the year that ended on the last 31 March",
        pattern=r"^\d{4}-\d{2}$",
    ),
]
ConfigFile = Annotated[
    str | None,
    Field(
        title="Configuration",
        description="Path of the authority's dfe-returns.toml on the worker. Empty = the worker's own",
    ),
]
SourceName = Annotated[
    str | None,
    Field(
        title="Source",
        description="Name of a configured source, or a folder on the worker; a database is named in the configuration. "
        "Empty = the only configured source",
        pattern=r"^([^:]|:[^/]|:/[^/])*:?$",  # no URL: a password in it would stay in Prefect's database
    ),
]
AsAt = Annotated[
    date | None,
    Field(
        title="As at",
        description="Dry run: the return as it stood on this day. Empty = the year's end, or the day of the extract",
    ),
]
OutFolder = Annotated[
    str | None,
    Field(
        title="Run folder",
        description="Folder of the run on the worker. Empty = a new one under the configured runs folder",
    ),
]
AskReview = Annotated[
    bool,
    Field(
        title="Wait for review",
        description="When the report is ready, wait for a person to approve or reject the return. Needs a deployment",
    ),
]
Preparer = Annotated[
    str,
    Field(
        title="Prepared by",
        description="Who answers for this run's preparation. The same person may not approve it",
        max_length=200,
    ),
]
ReviewDays = Annotated[
    float,
    Field(
        title="Days to review", description="After so many days without a decision the run ends, unsigned", gt=0, le=365
    ),
]
OnlyFirstWorkingDay = Annotated[
    bool,
    Field(
        title="Only on the month's first working day",
        description="For schedules that fire on each of the first days of a month: do nothing on the other days",
    ),
]
Returns = Annotated[
    list[Literal["cin", "ssda903"]],
    Field(title="Returns", description="cin = children in need census, ssda903 = children looked after", min_length=1),
]
