"""Two runs of one authority and collection never overlap: each takes the only slot of a limit on Prefect's server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dfe_returns.pipeline import Plan
from flows.safety import BusyError

LEASE_SECONDS = 60.0
"""A worker that dies gives its slot back after this time at the latest."""


def limit_name(plan: Plan) -> str:
    """Name of the limit, as it stands in Prefect's list of concurrency limits."""
    return f"dfe-returns {plan.collection.name} {plan.authority}"


@contextmanager
def one_at_a_time(plan: Plan, wait_seconds: float = 6 * 3600) -> Iterator[None]:
    """Hold the authority's slot for this return; wait while another run has it. Raises BusyError after the wait."""
    from prefect.client.orchestration import get_client
    from prefect.concurrency.sync import concurrency
    from prefect.exceptions import ObjectAlreadyExists

    name = limit_name(plan)
    # the limit may be made by another run in the same moment
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):
        client.upsert_global_concurrency_limit_by_name(name=name, limit=1)
    held = concurrency(
        name,
        occupy=1,
        timeout_seconds=wait_seconds,
        lease_duration=LEASE_SECONDS,
        strict=True,
        raise_on_lease_renewal_failure=False,
    )
    try:
        held.__enter__()
    except TimeoutError:
        raise BusyError(
            f"Another run of {plan.collection.name} for authority {plan.authority} did not end; look at it first."
        ) from None
    try:
        yield
    finally:
        held.__exit__(None, None, None)
