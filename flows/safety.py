"""Keeps personal data out of Prefect: an exception's text lands in its database, so only safe words leave a task."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from dfe_returns.errors import DfeReturnsError

_AWAY = ("EAGAIN", "EBUSY", "ETIMEDOUT", "ESTALE", "EIO", "EREMOTEIO", "ECONNREFUSED", "ECONNRESET", "ECONNABORTED")
_NO_HOST = ("ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH")
_PASSING = {getattr(errno, name) for name in (*_AWAY, *_NO_HOST) if hasattr(errno, name)}
"""How a file share says that it is away; a folder that is not there at all is a wrong path, and stays wrong."""
RETRIES, RETRY_SECONDS = 2, 30
Answer = TypeVar("Answer")


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


def patiently(step: str, act: Callable[[], Answer]) -> Answer:
    """What the act answers; tried again as a task would be where its ledger or share is busy. Raises StepError."""
    for left in range(RETRIES, -1, -1):
        try:
            with scrub(step):
                return act()
        except BusyError:
            if not left:
                raise
            time.sleep(RETRY_SECONDS)
    raise AssertionError("the last try answers or raises")


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
