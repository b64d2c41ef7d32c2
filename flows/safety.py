"""Keeps personal data out of Prefect: an exception's text lands in its database, so only safe words leave a task."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from dfe_returns.errors import DfeReturnsError

_PASSING = {errno.EAGAIN, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE, errno.EHOSTUNREACH, errno.ECONNREFUSED}


class StepError(RuntimeError):
    """A step that failed. Its message names the step, and what to do where our own message says so; never a value."""


class BusyError(StepError):
    """A step that found a database locked or a share away: worth another try, unlike bad data."""


@contextmanager
def scrub(step: str) -> Iterator[None]:
    """Let only safe text out of a task: our own errors speak for themselves (by rule they hold no child's data)."""
    try:
        yield
    except StepError:
        raise
    except Exception as error:
        said = (
            error.safe
            if isinstance(error, DfeReturnsError)
            else type(error).__name__ + "; ask whoever runs the worker."
        )
        kind = BusyError if is_busy(error) else StepError
        raise kind(f"{step}: {said}") from None


def is_busy(error: BaseException | None) -> bool:
    """Whether the error, or one it was made from, says that a database or file share was not to be had just now."""
    from sqlalchemy.exc import InterfaceError, OperationalError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    while error is not None:
        if isinstance(error, (OperationalError, InterfaceError, PoolTimeout, TimeoutError)):
            return True
        if isinstance(error, OSError) and error.errno in _PASSING:
            return True
        error = error.__cause__ or error.__context__
    return False
