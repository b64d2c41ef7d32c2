"""Reads ``schemas/gateways/`` and checks it against itself; stops with file, key and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from dfe_returns.contract.gateways import (
    DISCLOSURE,
    FieldGateway,
    Gateway,
    Register,
    SensitiveCodes,
    check_gateways,
    conditions_of,
)
from dfe_returns.contract.reading import read_yaml, require
from dfe_returns.errors import ContractError

RETURNS = ("cin", "ssda903")
ROLES = (DISCLOSURE, "function", "recipient_power", "not_a_gateway")
_BASES = {"direct", "inferred", "by_code", "none"}
_LAWS = ("gateways", "conditions", "doubts", "returns", "rights", "law_as_at")
_ENTRIES = ("version", "defaults", "classes", "suppliers", "about", "tiers", "never_output", *RETURNS)
_FIELD_NEEDS = ("gateways", "functions", "class", "basis", "about", "supplier", "choice", "tier", "doubts")
_CODES_NEED = ("codes", "class", "tier", "why")
_TABLE_KEYS = {"describes", "notice", "switch", "disclosure_record", "defaults", "keys", "fields"}
_FIELD_KEYS = {
    "gateways", "functions", "art6", "art6_alternative", "class", "basis", "about", "supplier", "when", "choice",
    "purpose", "tier", "seasons", "switch", "doubts", "note", "codes",
}  # fmt: skip


def read_register(folder: Path) -> Register:
    """Read and check ``gateways.yaml`` and ``fields.yaml`` of a folder. Raises ContractError naming file and key."""
    laws, entries = read_yaml(folder / "gateways.yaml"), read_yaml(folder / "fields.yaml")
    require(folder / "gateways.yaml", "the file", laws, _LAWS)
    require(folder / "fields.yaml", "the file", entries, _ENTRIES)
    gateways = {key: _gateway(key, value) for key, value in laws["gateways"].items()}
    tables, fields, keys = {}, {}, {}
    for return_name in RETURNS:
        for table, spec in entries[return_name].items():
            _known(f"{return_name}.{table}", spec, _TABLE_KEYS)
            require(folder / "fields.yaml", f"{return_name}.{table}", spec, ("describes", "fields"))
            tables[return_name, table] = spec
            for name, own in spec["fields"].items():
                entry = _field(
                    return_name, table, name, spec, {**entries["defaults"], **spec.get("defaults", {}), **own}
                )
                fields[return_name, entry.id] = entry
            keys.update({(return_name, f"{table}.{name}"): tier for name, tier in spec.get("keys", {}).items()})
    made = Register(
        gateways,
        laws["conditions"],
        laws["doubts"],
        laws["returns"],
        tuple(laws["rights"]),
        entries["classes"],
        entries["suppliers"],
        entries["tiers"],
        entries["never_output"],
        tables,
        fields,
        keys,
        str(entries["version"]),
        str(laws["law_as_at"]),
    )
    _check(made, set(entries["about"]))
    return made


# ---- reading ------------------------------------------------------------
def _gateway(key: str, value: Mapping[str, Any]) -> Gateway:
    try:
        source, force = value.get("source") or {}, value.get("in_force") or {}
        return Gateway(
            id=key,
            role=value["role"],
            citation=value["citation"],
            effect=value["effect"],
            returns=tuple(value["returns"]),
            compels=value.get("compels"),
            who=value.get("who") or "",
            to=value.get("to") or "",
            limits=tuple(value.get("limits", ())),
            covers=tuple(value.get("covers", ())),
            in_log=value.get("in_log") or "",
            in_force_from=str(force.get("from") or ""),
            in_force_to=str(force.get("to") or ""),
            source_title=source.get("title") or "",
            source_url=source.get("url") or "",
            checked=value.get("checked") or "",
            confidence=value.get("confidence") or "",
            review=value.get("review") or "",
            doubts=tuple(value.get("doubts") or ()),
        )
    except KeyError as error:
        raise ContractError(f"schemas/gateways/gateways.yaml: gateways.{key} lacks the key {error}.") from None


def _field(return_name: str, table: str, name: str, spec: Mapping[str, Any], value: Mapping[str, Any]) -> FieldGateway:
    where = f"{return_name}.{table}.{name}"
    _known(where, value, _FIELD_KEYS)
    for needed, part in [(_FIELD_NEEDS, value), *((_CODES_NEED, group) for group in value.get("codes", ()))]:
        require(Path("schemas/gateways/fields.yaml"), where, part, needed)
    codes = tuple(
        SensitiveCodes(tuple(map(str, c["codes"])), tuple(c["class"]), c["tier"], c["why"], tuple(c.get("about", ())))
        for c in value.get("codes", ())
    )
    classes = {*value["class"], *(k for c in codes for k in c.data_class)}
    art9, art10 = conditions_of(tuple(classes))
    seasons = value.get("seasons") or {}
    if not value.get("purpose"):
        raise ContractError(
            f"schemas/gateways/fields.yaml: {where} lacks a purpose; say what the department needs the field for."
        )
    return FieldGateway(
        return_name,
        table,
        name,
        tuple(value["gateways"] or ()),
        tuple(value["functions"] or ()),
        value["art6"] or "",
        value.get("art6_alternative") or "",
        art9,
        art10,
        tuple(value["class"]),
        value["basis"],
        tuple(value["about"]),
        value["supplier"],
        value.get("when") or "",
        value["choice"],
        value["purpose"],
        value["tier"],
        seasons.get("from") or "",
        seasons.get("to") or "",
        spec.get("switch") or "",
        tuple(value["doubts"]),
        value.get("note") or "",
        spec.get("notice") or "",
        codes,
    )


def _known(where: str, value: Mapping[str, Any], keys: set[str]) -> None:
    strange = sorted(set(value) - keys)
    if strange:
        raise ContractError(f"schemas/gateways/fields.yaml: {where} has the unknown key '{strange[0]}'.")


# ---- checking ------------------------------------------------------------
def _check(register: Register, about: set[str]) -> None:
    for gateway in register.gateways.values():
        if gateway.role not in ROLES:
            raise ContractError(
                f"schemas/gateways/gateways.yaml: gateways.{gateway.id}.role is '{gateway.role}', "
                f"not one of {', '.join(ROLES)}."
            )
        for doubt in gateway.doubts:
            if doubt not in register.doubts:
                raise ContractError(
                    f"schemas/gateways/gateways.yaml: gateways.{gateway.id}.doubts names the unknown doubt '{doubt}'."
                )
    for entry in register.fields.values():
        check_gateways(entry, register.gateways)
        where = f"schemas/gateways/fields.yaml: {entry.return_name}.{entry.id}"
        used: list[tuple[str, Iterable[str], Collection[str]]] = [
            ("class", {*entry.data_class, *(k for c in entry.sensitive_codes for k in c.data_class)}, register.classes),
            ("tier", {entry.tier, *(c.tier for c in entry.sensitive_codes)}, register.tiers),
            ("about", {*entry.about, *(a for c in entry.sensitive_codes for a in c.about)}, about),
            ("supplier", [entry.supplier], register.suppliers),
            ("basis", [entry.class_basis], _BASES),
            ("doubts", entry.doubts, register.doubts),
            ("art6", [c for c in (entry.art6, entry.art6_alternative) if c], register.conditions),
        ]
        for key, values, allowed in used:
            unknown = sorted(set(values) - set(allowed))
            if unknown:
                raise ContractError(f"{where}.{key} has the unknown value '{unknown[0]}'.")
        if entry.data_class != ("none",) and not entry.art6:
            raise ContractError(f"{where} is personal data without an Article 6 basis; name one in art6.")
        if entry.season_from and entry.season_to and entry.season_from > entry.season_to:
            raise ContractError(f"{where}.seasons end before they begin.")
