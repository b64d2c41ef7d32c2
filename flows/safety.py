"""Keeps personal data out of Prefect: an exception's text lands in its database, so only safe words get out of a task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dfe_returns.errors import DfeReturnsError


class StepError(RuntimeError):
    """A step that failed. Its message names the step, and what to do where our own message says so; never a value."""


@contextmanager
def scrub(step: str) -> Iterator[None]:
    """Let only safe text out of a task: our own errors speak for themselves (by their rule they hold no child's data)."""
    try:
        yield
    except StepError:
        raise
    except DfeReturnsError as error:
        raise StepError(f"{step}: {error}") from None
    except Exception as error:
        raise StepError(f"{step}: {type(error).__name__}; see the run's own folder on the worker.") from None
