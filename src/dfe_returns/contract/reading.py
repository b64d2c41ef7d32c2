"""Reading a file of `schemas/` strictly: a key given twice, left out or misspelt is an error that names file and key.

YAML itself lets a second key overwrite the first, and a misspelt `untill:` would quietly never end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from dfe_returns.errors import ContractError

_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """A safe loader that refuses a mapping with the same key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.tag == _MERGE:
                continue
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{key.value}' is given twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """A YAML file as Python data. Raises ContractError with file and line when it is not YAML or repeats a key."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise ContractError(f"{path.name}: the file is missing from schemas/.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ContractError(
            f"{path.name}{where}: not readable as YAML ({getattr(error, 'problem', 'syntax')})."
        ) from None


def require(
    path: Path, where: str, entry: Any, required: Collection[str], optional: Collection[str] | None = None
) -> None:
    """An entry is a mapping with all `required` keys and, unless `optional` is None, no keys but those of both.

    `where` names the entry in the message, ``CINdetails.UPN`` say. Raises ContractError.
    """
    if not isinstance(entry, Mapping):
        raise ContractError(f"{path.name}: {where}: is not a mapping of keys.")
    for key in required:
        if entry.get(key) is None:
            raise ContractError(f"{path.name}: {where}: the key '{key}' is missing.")
    if optional is not None:
        for key in entry:
            if key not in required and key not in optional:
                raise ContractError(f"{path.name}: {where}: the key '{key}' is not known.")
