"""Whole processes, timed from outside: seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a process took: wall seconds, peak resident memory in MiB, exit code, seconds of processor time."""

    seconds: float
    mebibytes: float
    code: int
    processor: float = 0.0


def process(command: Sequence[str], cwd: Path | None = None) -> Cost:
    """Run a command to its end, its output thrown away."""
    began = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, cwd=cwd)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    spent = usage.ru_utime + usage.ru_stime
    return Cost(time.perf_counter() - began, usage.ru_maxrss / 1024, child.returncode, spent)


def best(command: Sequence[str], times: int = 3) -> Cost:
    """The quickest of several runs; the highest memory of them."""
    costs = [process(command) for _ in range(times)]
    return Cost(
        min(c.seconds for c in costs),
        max(c.mebibytes for c in costs),
        costs[0].code,
        min(c.processor for c in costs),
    )


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def product(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dfe_returns.cli", *arguments]


def row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(c) for c in cells) + " |"
