"""Column lineage of a run in the OpenLineage form, one JSON event per line. Names and counts only; nothing is sent.

Run id and times appear here and in the manifest, never in the CSVs of ``lineage/``, so that a rerun gives the same
CSVs.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attr
import pandas as pd
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    column_lineage_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)
from openlineage.client.serde import Serde

from dfe_returns.evidence.mapping import Mapped, mapping_of
from dfe_returns.files import write_private

# Names under the reserved top-level domain: they identify, they do not resolve.
PRODUCER = "https://dfe-returns.invalid/producer"
_SCHEMAS = "https://dfe-returns.invalid/facets"
_NAMESPACE = uuid.UUID("6a0f4a52-1f0c-5b8e-9d53-0d4c5f3b7a10")
_AS_IT_IS = {"direct", "choice", "companion"}


@attr.define
class ReturnRunFacet(RunFacet):
    """Which return, collection year and authority the run is for."""

    returnName: str = attr.field(default="")
    collectionYear: str = attr.field(default="")
    authority: str = attr.field(default="")
    dryRun: bool = attr.field(default=False)

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMAS}/ReturnRunFacet.json#/$defs/ReturnRunFacet"


@attr.define
class GatewayDatasetFacet(DatasetFacet):
    """Per field of a table: the gateway it left under, its Article 6, 9 and 10 bases, class, tier and doubts."""

    fields: list[dict[str, Any]] = attr.field(factory=list)

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMAS}/GatewayDatasetFacet.json#/$defs/GatewayDatasetFacet"


def openlineage_events(result: Any, started: datetime, finished: datetime) -> list[RunEvent]:
    """The START and COMPLETE events of a run. ``result`` is a RunResult; the times carry their zone."""
    collection = result.collection
    run = Run(
        runId=str(uuid.uuid5(_NAMESPACE, str(result.run_id))),
        facets={
            "dfeReturns_return": ReturnRunFacet(
                returnName=collection.name,
                collectionYear=collection.year,
                authority=result.authority,
                dryRun=bool(result.dry_run),
                producer=PRODUCER,
            )
        },
    )
    job = Job(namespace="dfe-returns", name=f"{collection.name}-{collection.year}")
    place = f"authority-{result.authority}"
    by_field = mapping_of(collection.name)
    used = {column for table in result.tables for e in _entries(by_field, table) for column in e.source}
    inputs = [
        InputDataset(namespace=place, name=table, facets={"schema": _schema(names)})
        for table, names in sorted(_by_table(used).items())
    ]
    outputs = [_output(result, place, name, by_field) for name in collection.tables if name in result.tables]
    start, end, nothing = started.isoformat(), finished.isoformat(), list[OutputDataset]()
    return [
        RunEvent(
            eventType=RunState.START,
            eventTime=start,
            inputs=inputs,
            outputs=nothing,
            run=run,
            job=job,
            producer=PRODUCER,
        ),
        RunEvent(
            eventType=RunState.COMPLETE,
            eventTime=end,
            inputs=inputs,
            outputs=outputs,
            run=run,
            job=job,
            producer=PRODUCER,
        ),
    ]


def write_openlineage(
    result: Any, path: Path | str, started: datetime | None = None, finished: datetime | None = None
) -> Path:
    """Write ``openlineage.ndjson`` (private, whole or not at all); times default to the run's own start and to now."""
    finished = finished or datetime.now(UTC)
    started = started or (datetime.fromisoformat(result.started) if result.started else finished)
    events = openlineage_events(result, started, finished)
    return write_private(path, "".join(Serde.to_json(event) + "\n" for event in events))


def _output(result: Any, place: str, name: str, by_field: Mapping[str, Mapped]) -> OutputDataset:
    collection, table = result.collection, result.tables[name]
    columns = [column for column in collection.tables[name].columns if column in table]
    lineage = {entry.name: _fields(place, entry) for entry in _entries(by_field, name) if entry.name in columns}
    return OutputDataset(
        namespace=place,
        name=f"{collection.name}-{collection.year}.{name}",
        facets={
            "schema": _schema(columns),
            "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields=lineage, producer=PRODUCER),
            "dfeReturns_gateways": GatewayDatasetFacet(
                fields=_laws(result.fields[result.fields["table"].eq(name)]), producer=PRODUCER
            ),
        },
        outputFacets={
            "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                rowCount=len(table), producer=PRODUCER
            )
        },
    )


def _entries(by_field: Mapping[str, Mapped], table: str) -> list[Mapped]:
    return [entry for name, entry in by_field.items() if name.startswith(f"{table}.")]


def _fields(place: str, entry: Mapped) -> column_lineage_dataset.Fields:
    kind = "IDENTITY" if entry.status in _AS_IT_IS else "TRANSFORMATION"
    return column_lineage_dataset.Fields(
        inputFields=[
            column_lineage_dataset.InputField(
                namespace=place,
                name=source.split(".", 1)[0],
                field=source.split(".", 1)[1],
                transformations=[
                    column_lineage_dataset.Transformation(type="DIRECT", subtype=kind, description=entry.transformation)
                ],
            )
            for source in entry.source
        ]
    )


def _schema(names: Iterable[str]) -> schema_dataset.SchemaDatasetFacet:
    fields = [schema_dataset.SchemaDatasetFacetFields(name=name) for name in names]
    return schema_dataset.SchemaDatasetFacet(fields=fields, producer=PRODUCER)


def _by_table(columns: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column in sorted(columns):
        table, name = column.split(".", 1)
        found.setdefault(table, []).append(name)
    return found


def _laws(fields: pd.DataFrame) -> list[dict[str, Any]]:
    wanted = ["field", "sent", "gateway", "art6", "art9", "art10", "data_class", "tier", "doubts"]
    return [{str(k): v for k, v in row.items()} for row in fields[wanted].to_dict("records")]
