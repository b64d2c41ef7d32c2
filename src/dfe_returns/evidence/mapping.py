"""Where each output field comes from, as ``schemas/<return>/mapping.yaml`` records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from dfe_returns.contract.reading import read_yaml
from dfe_returns.errors import ContractError
from dfe_returns.files import data_folder


@dataclass(frozen=True)
class Mapped:
    """One field's origin: source columns (``table.column``), what is done to them, how directly they give the value."""

    field: str
    source: tuple[str, ...]
    transformation: str
    status: str

    @property
    def name(self) -> str:
        """The field's own name, without its table."""
        return self.field.split(".", 1)[1]


@cache
def mapping_of(return_name: str) -> Mapping[str, Mapped]:
    """Origin of each field of a return, by ``Table.Field``.

    Raises ContractError naming file and key when an entry lacks field, source, transform or status.
    """
    path = data_folder("schemas") / return_name / "mapping.yaml"
    content = read_yaml(path)
    entries = list(content) if isinstance(content, list) else list(content["fields"])
    if isinstance(content, dict):
        for name, common in content["child_and_birth"].items():
            entries += [{"field": f"{table}.{name}", **common} for table in content["repeat"][name]]
    found = {}
    for entry in entries:
        for key in ("field", "source", "transform", "status"):
            if key not in entry:
                where = entry.get("field", "an entry")
                raise ContractError(f"schemas/{return_name}/mapping.yaml: {where} lacks {key}.")
        mapped = Mapped(entry["field"], tuple(entry["source"]), str(entry["transform"]), entry["status"])
        if mapped.field in found:
            raise ContractError(f"schemas/{return_name}/mapping.yaml: {mapped.field} is described twice.")
        found[mapped.field] = mapped
    return MappingProxyType(found)
