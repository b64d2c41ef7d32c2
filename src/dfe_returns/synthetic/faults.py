"""Mess to plant in an extract: the kinds that case systems and their exports bring, and slips of recording.

Most faults spoil the files (`faults_values.py`, `faults_rows.py`, `faults_files.py`); those that are wrong in the case
system itself change the stories (`faults_stories.py`) and show in every layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.errors import UsageError
from dfe_returns.synthetic.facts import Stories
from dfe_returns.synthetic.pack import Pack

OnPack = Callable[[Pack, np.random.Generator, float], None]
OnStories = Callable[[Stories, np.random.Generator, float], dict[str, pd.DataFrame]]


@dataclass(frozen=True)
class Fault:
    """One kind of mess. `number` is its place in the list of thirty-five kinds (0: a slip of recording)."""

    name: str
    number: int
    about: str
    layouts: tuple[str, ...]
    on_pack: OnPack | None = None
    on_stories: OnStories | None = None


_ALL: dict[str, Fault] = {}
_WHOLE_FILES = {22, 23, 24, 31, 32}  # columns get other names, files another form: no other fault would find them


def file_fault(
    name: str, number: int, about: str, layouts: tuple[str, ...] = ("ssd", "vendor")
) -> Callable[[OnPack], OnPack]:
    """Register a fault of the files."""

    def register(function: OnPack) -> OnPack:
        _ALL[name] = Fault(name, number, about, layouts, on_pack=function)
        return function

    return register


def story_fault(
    name: str, number: int, about: str, layouts: tuple[str, ...] = ("ssd", "vendor")
) -> Callable[[OnStories], OnStories]:
    """Register a fault of the records themselves; the function returns the tables it changes."""

    def register(function: OnStories) -> OnStories:
        _ALL[name] = Fault(name, number, about, layouts, on_stories=function)
        return function

    return register


def known() -> dict[str, Fault]:
    """All faults by name, in the order of the list of kinds, slips of recording last."""
    return dict(sorted(_ALL.items(), key=lambda item: (item[1].number == 0, item[1].number, item[0])))


def chosen(names: Sequence[str], layout: str) -> list[Fault]:
    """The faults of these names ("all" for every one of the layout).

    Raises UsageError for a name that is not known or has no meaning in the layout.
    """
    faults = known()
    wanted = [name for name in faults if layout in faults[name].layouts] if list(names) == ["all"] else list(names)
    for name in wanted:
        if name not in faults:
            raise UsageError(f"Unknown fault '{name}'; known are {', '.join(faults)}.")
        if layout not in faults[name].layouts:
            raise UsageError(f"The fault '{name}' has no meaning in layout '{layout}'.")
    return [faults[name] for name in wanted]


def _rng(fault: Fault, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, crc32(fault.name.encode())])


def spoil_stories(told: Stories, faults: Sequence[Fault], share: float) -> Stories:
    """The stories with the faults of recording among `faults`."""
    tables = told.tables
    for fault in faults:
        if fault.on_stories is not None:
            told = Stories(told.year, told.seed, told.as_at, tables, told.shows)
            tables = {**tables, **fault.on_stories(told, _rng(fault, told.seed), share)}
    return Stories(told.year, told.seed, told.as_at, tables, told.shows)


def spoil_pack(pack: Pack, faults: Sequence[Fault], share: float, seed: int) -> Pack:
    """The extract with the faults of files among `faults`: values and rows first, whole files last."""
    for fault in sorted(faults, key=lambda fault: fault.number in _WHOLE_FILES):
        if fault.on_pack is not None:
            fault.on_pack(pack, _rng(fault, seed), share)
    return pack


def some(
    rng: np.random.Generator, candidates: pd.Series | npt.NDArray[np.bool_], share: float
) -> npt.NDArray[np.bool_]:
    """A share of the candidates, at least one where there is one and the share is above zero."""
    open_to = np.asarray(candidates, dtype=bool)
    picked = open_to & (rng.random(len(open_to)) < share)
    if share > 0 and open_to.any() and not picked.any():
        picked[rng.choice(np.flatnonzero(open_to))] = True
    return picked
