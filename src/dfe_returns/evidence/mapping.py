"""Where each output field comes from, as ``schemas/<return>/mapping.yaml`` records it."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from dfe_returns.errors import ContractError
from dfe_returns.files import data_folder

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def mapping_of(return_name: str) -> tuple[dict[str, Any], ...]:
    """One entry per field of the return: ``field`` (Table.Field), ``source`` (list of columns), ``transform``, ``status``.

    Raises ContractError naming file and key when an entry lacks one of them.
    """
    path = data_folder("schemas") / return_name / "mapping.yaml"
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a SafeLoader
    entries = list(content) if isinstance(content, list) else list(content["fields"])
    if isinstance(content, dict):
        for name, common in content["child_and_birth"].items():
            entries += [{"field": f"{table}.{name}", **common} for table in content["repeat"][name]]
    for entry in entries:
        for key in ("field", "source", "transform", "status"):
            if key not in entry:
                raise ContractError(
                    f"schemas/{return_name}/mapping.yaml: {entry.get('field', 'an entry')} lacks {key}."
                )
    return tuple(entries)
