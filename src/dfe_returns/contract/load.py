"""Reads `schemas/` into a Collection and holds it against itself.

Every file is named with the key at fault, so that whoever edits a schema can mend it without reading code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dfe_returns.contract import gateways
from dfe_returns.contract.model import CodeSet, Collection, Field, Rule, Table
from dfe_returns.contract.reading import read_yaml, require
from dfe_returns.contract.years import RETURNS, YEARS, end_of, in_force, normal_year, start_of
from dfe_returns.errors import ContractError, UsageError
from dfe_returns.files import data_folder

__all__ = ["contract", "load", "read_yaml"]

FIELD_TYPES = frozenset(
    {"string", "code", "date", "partial_date", "datetime", "integer", "boolean", "year", "postcode"}
)
CHECK_KINDS = frozenset(
    {
        "required",
        "required_code",
        "code",
        "required_flag",
        "required_count",
        "required_date",
        "date",
        "date_or_blank",
        "longer_than",
        "letters_and_digits",
        "not_weekend",
        "upn_check_letter",
        "upn_authority",
        "upn_digits",
        "upn_last",
        "upn_layout",
        "number_range",
        "pattern",
        "required_pattern",
    }
)
REQUIREMENTS = frozenset({"required", "conditional", "optional"})
_TABLE = {"name", "title", "rows", "fields"}
_TABLE_MAY = {
    "element", "keys", "cohort", "cohort_details", "note", "notes", "since", "until", "switch", "switch_reason",
    "order", "file_name", "aliases", "purpose", "doubts", "changed",
}  # fmt: skip
_FIELD = {"name", "type", "order", "meaning", "requirement"}
_FIELD_MAY = {
    "element", "tag", "number", "format", "max_length", "min", "max", "code_set", "condition", "since", "until",
    "checks", "notes", "doubts", "changed", "aliases", "xml",
}  # fmt: skip
_ELEMENT = {"name", "order", "min", "max", "meaning"}
_ELEMENT_MAY = {"parent", "table", "note", "condition", "since", "until", "doubt"}
_CODE_SET = {"title", "codes"}
_RULE_MAY = {
    "subject", "fields_flagged", "family", "kind", "scope", "since", "until", "changed", "needs", "runs_without",
    "doubts", "stage", "default", "default_reason", "form", "origin", "caused_by",
}  # fmt: skip


@cache
def contract(return_name: str, year: str) -> Collection:
    """The contract of a return (``cin`` or ``ssda903``) in a collection year (``2025-26``).

    Raises UsageError for an unknown return or year, ContractError when `schemas/` is inconsistent.
    """
    if return_name not in RETURNS:
        raise UsageError(f"Return {return_name!r} is not one of {', '.join(RETURNS)}.")
    return load(data_folder("schemas"), return_name, normal_year(year))


def load(schemas: Path, return_name: str, year: str) -> Collection:
    """As `contract`, from a given `schemas/` folder (tests, reviews of a change)."""
    folder = schemas / return_name
    raw = _dictionary(folder / "dictionary.yaml")
    codesets = _codesets(folder / "codesets.yaml", year)
    all_tables = {t["name"]: _table(folder / "dictionary.yaml", t, codesets, year) for t in raw["tables"]}
    tables = {name: table for name, table in all_tables.items() if table.in_year(year)}
    register = gateways.load(schemas / "gateways")
    for table in tables.values():
        for item in table.fields.values():
            register.check(return_name, item.id, year)
    _check_register(return_name, register, all_tables, codesets)
    all_rules = dict(_rules(folder / "rules", all_tables, raw))
    _check_rules_of_fields(folder / "dictionary.yaml", all_tables, all_rules)
    return Collection(
        name=return_name,
        year=year,
        title=raw["title"],
        start=start_of(year),
        end=end_of(year),
        tables=MappingProxyType(tables),
        all_tables=MappingProxyType(all_tables),
        codesets=MappingProxyType(codesets),
        rules=MappingProxyType({code: rule for code, rule in all_rules.items() if rule.in_year(year)}),
        all_rules=MappingProxyType(all_rules),
        gateways=register,
        edition=_edition(schemas / "editions.yaml", return_name, year),
        raw=raw,
    )


@cache
def _parsed(path: Path, changed: int) -> Any:
    return read_yaml(path)


def _cached(path: Path) -> Any:
    """Parsed once per process and change of the file: five years share one dictionary."""
    return _parsed(path, path.stat().st_mtime_ns if path.exists() else 0)


def _edition(path: Path, return_name: str, year: str) -> Mapping[str, str]:
    editions = _cached(path).get(return_name, {})
    if year not in editions or not editions[year].get("title"):
        raise ContractError(
            f"{path.name}: {return_name}: {year} names no edition of the specification; "
            "every year must be pinned to one."
        )
    return MappingProxyType({key: str(value) for key, value in editions[year].items()})


def _dictionary(path: Path) -> dict[str, Any]:
    raw = _cached(path)
    require(path, "the file", raw, ("return", "title", "years", "tables"))
    for place, table in enumerate(raw["tables"], 1):
        require(path, str(table.get("name", f"table {place}")), table, _TABLE, _TABLE_MAY)
    _once(path, "table", [t["name"] for t in raw["tables"]])
    _once(path, "file_name", [t["file_name"] for t in raw["tables"] if "file_name" in t])
    _elements(path, raw)
    return raw


def _once(path: Path, what: str, names: list[Any]) -> None:
    if repeated := sorted({str(n) for n in names if names.count(n) > 1}):
        raise ContractError(f"{path.name}: {what} {', '.join(repeated)} is described twice.")


def _elements(path: Path, raw: Mapping[str, Any]) -> None:
    """The tree of the XML file: elements of known tables, each child of an element in a place of its own."""
    elements = raw.get("elements", ())
    tables = {t["name"] for t in raw["tables"]}
    for place, element in enumerate(elements, 1):
        where = f"element {element.get('name', place)}"
        require(path, where, element, _ELEMENT, _ELEMENT_MAY)
        _occurs(path, where, element)
        _years(path, where, element)
        if element.get("table") not in {None, *tables}:
            raise ContractError(f"{path.name}: {where}: table {element['table']!r} is not described.")
    names = [e["name"] for e in elements]
    _once(path, "element", names)
    for table in raw["tables"] if elements else ():
        for field in table["fields"]:
            if field.get("element") not in names:
                key = f"{table['name']}.{field.get('name')}"
                raise ContractError(f"{path.name}: {key}: element {field.get('element')!r} is not described.")


def _occurs(path: Path, where: str, entry: Mapping[str, Any]) -> None:
    least, most = entry.get("min", 0), entry.get("max", 1)
    if not isinstance(least, int) or not (most == "unbounded" or (isinstance(most, int) and most >= max(least, 1))):
        raise ContractError(f"{path.name}: {where}: min {least!r} and max {most!r} are no numbers of occurrence.")


def _years(path: Path, key: str, entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    since, until = entry.get("since"), entry.get("until")
    for name, value in (("since", since), ("until", until)):
        before = name == "until" and re.fullmatch(r"\d{4}-\d{2}", str(value)) and str(value) < YEARS[0]
        if value is not None and value not in YEARS and not before:
            raise ContractError(f"{path.name}: {key}: {name} {value!r} is not a collection year.")
    if since and until and since > until:
        raise ContractError(f"{path.name}: {key}: since {since} lies after until {until}.")
    return since, until


def _codesets(path: Path, year: str) -> dict[str, CodeSet]:
    out = {}
    require(path, "the file", _cached(path), ("code_sets",))
    for name, raw in _cached(path)["code_sets"].items():
        require(path, name, raw, _CODE_SET)
        every, now = {}, {}
        for code, value in raw["codes"].items():
            if not isinstance(code, str):
                raise ContractError(f"{path.name}: {name}: code {code!r} must be in quotes, codes are text.")
            entry = value if isinstance(value, Mapping) else {"label": value}
            require(path, f"{name}.{code}", entry, ("label",))
            since, until = _years(path, f"{name}.{code}", entry)
            label = entry["label"]
            for change in entry.get("changed", ()):
                if change["year"] <= year:
                    label = change.get("label", label)
            every[code] = label
            if in_force(year, since, until):
                now[code] = label
        numbers = [*raw.get("numbers_seen", ()), *raw.get("numbers_to_add", ())]
        for number in numbers:
            every.setdefault(str(number), f"Local authority {number}")
            now.setdefault(str(number), f"Local authority {number}")
        out[name] = CodeSet(name, raw["title"], MappingProxyType(now), MappingProxyType(every), raw)
    return out


def _table(path: Path, raw: Mapping[str, Any], codesets: Mapping[str, CodeSet], year: str) -> Table:
    name = raw["name"]
    since, until = _years(path, name, raw)
    every = {field.name: field for field in (_field(path, raw, f, codesets) for f in raw["fields"])}
    if len(every) != len(raw["fields"]):
        raise ContractError(f"{path.name}: {name}: a field is described twice.")
    _places(path, name, list(every.values()))
    now = {k: f for k, f in every.items() if in_force(year, f.since, f.until)}
    return Table(
        name=name,
        title=raw["title"],
        rows=raw["rows"],
        keys=tuple(raw.get("keys", ())),
        fields=MappingProxyType(now),
        all_fields=MappingProxyType(every),
        since=since,
        until=until,
        switch=raw.get("switch") in ("off", False),
        cohort=raw.get("cohort", ""),
        order=raw.get("order", 0),
        file_name=raw.get("file_name", ""),
        aliases=tuple(raw.get("aliases", ())),
        element=raw.get("element", ""),
        raw=raw,
    )


def _places(path: Path, table: str, fields: list[Field]) -> None:
    """Two fields of one year may not claim the same place: their order in the file would be chance."""
    for place, field in enumerate(fields):
        for other in fields[:place]:
            apart = any(b and a and b < a for a, b in ((field.since, other.until), (other.since, field.until)))
            if (field.element, field.order) == (other.element, other.order) and not apart:
                raise ContractError(f"{path.name}: {table}.{field.name}: order {field.order} is {other.name}'s too.")


def _field(path: Path, table: Mapping[str, Any], raw: Mapping[str, Any], codesets: Mapping[str, CodeSet]) -> Field:
    key = f"{table['name']}.{raw.get('name')}"
    require(path, key, raw, _FIELD, _FIELD_MAY)
    _occurs(path, key, raw)
    since, until = _years(path, key, raw)
    if raw["requirement"] not in REQUIREMENTS:
        raise ContractError(f"{path.name}: {key}: requirement {raw['requirement']!r} is not known.")
    if raw["type"] not in FIELD_TYPES:
        raise ContractError(f"{path.name}: {key}: type {raw['type']!r} is not one of {', '.join(sorted(FIELD_TYPES))}.")
    if raw.get("code_set") and raw["code_set"] not in codesets:
        raise ContractError(f"{path.name}: {key}: code set {raw['code_set']!r} is not described in codesets.yaml.")
    if raw["type"] == "code" and not (raw.get("code_set") and codesets[raw["code_set"]].all_codes):
        raise ContractError(f"{path.name}: {key}: a code needs a code_set with codes in it.")
    for check in raw.get("checks", ()):
        require(path, f"{key}.checks", check, ("rule", "kind"))
        if check.get("kind") not in CHECK_KINDS:
            raise ContractError(f"{path.name}: {key}: check kind {check.get('kind')!r} is not known.")
    return Field(
        table=table["name"],
        name=raw["name"],
        type=raw["type"],
        order=raw["order"],
        meaning=raw["meaning"],
        format=raw.get("format"),
        code_set=raw.get("code_set"),
        max_length=raw.get("max_length"),
        min=raw.get("min", 0),
        max=raw.get("max", 1),
        requirement=raw["requirement"],
        condition=raw.get("condition"),
        tag=raw.get("tag", raw["name"]),
        element=raw.get("element", ""),
        number=raw.get("number"),
        since=since,
        until=until,
        aliases=tuple(raw.get("aliases", ())),
        checks=tuple(raw.get("checks", ())),
        notes=tuple(raw.get("notes", ())),
        doubts=tuple(raw.get("doubts", ())),
        changed=tuple(raw.get("changed", ())),
    )


def _rules(folder: Path, tables: Mapping[str, Table], raw_dictionary: Mapping[str, Any]) -> Iterator[tuple[str, Rule]]:
    others = [d["name"] for d in raw_dictionary.get("derived", ())]
    others += (raw_dictionary.get("xml") or {}).get("header_sequence", ())  # items that only the XML form has
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        for raw in _cached(path) or ():
            code = raw.get("code")
            if not isinstance(code, str):
                raise ContractError(f"{path.name}: rule code {code!r} must be in quotes.")
            if code in seen:
                raise ContractError(f"{path.name}: rule {code} is described in {seen[code]} too.")
            seen[code] = path.name
            needed = ("code", "title", "severity", "tables", "message", "fix", "fails_when")
            require(path, f"rule {code}", raw, needed, _RULE_MAY)
            if raw["severity"] not in ("error", "query"):
                raise ContractError(f"{path.name}: rule {code}: severity must be error or query.")
            for table in raw["tables"]:
                if table.removesuffix("_last") not in tables:
                    raise ContractError(f"{path.name}: rule {code}: table {table!r} is not in the dictionary.")
            known = {"", *others}.union(
                *(_names(tables[t.removesuffix("_last")]) for t in raw["tables"]),
            )
            for item in [*raw.get("fields_flagged", ()), *(f for fs in raw["tables"].values() for f in fs or ())]:
                if item.rpartition(".")[2] not in known:
                    raise ContractError(f"{path.name}: rule {code}: field {item!r} is not in the dictionary.")
            for year in raw.get("changed") or ():
                if not re.fullmatch(r"\d{4}-\d{2}", str(year)):
                    raise ContractError(f"{path.name}: rule {code}: changed {year!r} is not a collection year.")
            since, until = _years(path, f"rule {code}", raw)
            yield (
                code,
                Rule(
                    code=code,
                    title=raw["title"],
                    subject=raw.get("subject", path.stem),
                    severity=raw["severity"],
                    tables=MappingProxyType({t: tuple(f or ()) for t, f in raw["tables"].items()}),
                    fields_flagged=tuple(raw.get("fields_flagged", ())),
                    message=raw["message"],
                    fix=raw["fix"],
                    fails_when=raw["fails_when"],
                    family=raw.get("family", ""),
                    kind=raw.get("kind", ""),
                    scope=raw.get("scope", "group"),
                    since=since,
                    until=until,
                    changed=MappingProxyType({str(k): v for k, v in (raw.get("changed") or {}).items()}),
                    needs=tuple(raw.get("needs", ())),
                    runs_without=tuple(raw.get("runs_without", ())),
                    doubts=raw.get("doubts", "") or "",
                    stage=raw.get("stage"),
                    default=raw.get("default", "on") not in ("off", False),
                    default_reason=raw.get("default_reason", ""),
                    form=raw.get("form", "") or "",
                    origin=raw.get("origin", "") or "",
                    caused_by=tuple(raw.get("caused_by", ())),
                ),
            )


def _check_register(
    return_name: str, register: gateways.Register, tables: Mapping[str, Table], codesets: Mapping[str, CodeSet]
) -> None:
    """Every entry of the gateway register is of a field, and every code it names is one of that field's."""
    for (name, identifier), entry in register.fields.items():
        if name != return_name:
            continue
        where = f"schemas/gateways/fields.yaml: {return_name}.{identifier}"
        field = tables[entry.table].all_fields.get(entry.name) if entry.table in tables else None
        if field is None:
            raise ContractError(f"{where} is no field of the dictionary; take it out or mend its name.")
        for group in entry.sensitive_codes:
            for code in group.codes:
                if field.code_set is None or code not in codesets[field.code_set].all_codes:
                    raise ContractError(f"{where}.codes names '{code}', which is no code of the field.")


def _names(table: Table) -> set[str]:
    """What rules may call an item of a table: its column, its element, a key."""
    return {*table.keys, *table.all_fields, *(f.tag for f in table.all_fields.values())}


def _check_rules_of_fields(path: Path, tables: Mapping[str, Table], rules: Mapping[str, Rule]) -> None:
    for table in tables.values():
        for item in table.all_fields.values():
            for check in item.checks:
                if check["rule"] not in rules:
                    raise ContractError(f"{path.name}: {item.id}: rule {check['rule']} is not described in rules/.")
    for rule in rules.values():
        for cause in rule.caused_by:
            if cause not in rules:
                raise ContractError(f"rules/: rule {rule.code}: caused_by names the unknown rule {cause}.")
