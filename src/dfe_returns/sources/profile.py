"""Profiles: one YAML per authority and case system that says how its columns and codes map to the SSD.

Checked against the JSON Schema ``schemas/sources/profile.schema.json``; every error names the line of the profile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from dfe_returns.errors import UsageError
from dfe_returns.files import data_folder
from dfe_returns.sources.code_lists import read_codes
from dfe_returns.sources.codemaps import CodeMap, Entry
from dfe_returns.sources.model import SsdColumn, SsdTable, ssd_model
from dfe_returns.sources.national import codes_of
from dfe_returns.sources.raw import SourceOptions

BASE = "ssd_base"


@dataclass(frozen=True)
class TableMap:
    """One source of one SSD table, as the profile writes it (`spec` holds where, columns, unpivot, split, group)."""

    table: str
    source: str
    spec: Mapping[str, Any]
    line: int | None = None


@dataclass(frozen=True)
class Profile:
    """A profile, read and checked. `conventions` has every convention, defaults filled in."""

    name: str
    title: str
    system: str
    layout: str
    path: Path
    source: SourceOptions
    formats: tuple[str, ...]
    column_formats: Mapping[str, tuple[str, ...]]
    file_formats: Mapping[str, tuple[str, ...]]
    null_words: tuple[str, ...]
    placeholder_words: tuple[str, ...]
    extract_date: date | Mapping[str, str] | None
    window_start: date | None
    file_dates: Mapping[str, date]
    file_windows: Mapping[str, date]
    missing_files: str
    database_schema: str
    tables: Mapping[str, tuple[TableMap, ...]]
    codes: Mapping[str, CodeMap]
    aliases: Mapping[str, tuple[str, ...]]
    child_id_source: str
    legacy_in: tuple[str, ...]
    merges: Mapping[str, str]
    exclude: Mapping[str, Any]
    conventions: Mapping[str, Any]
    windows: Mapping[str, date]
    personal: frozenset[str]
    la_code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def codemap(self, column: str) -> CodeMap:
        """How a column's codes are read."""
        return self.codes.get(column) or CodeMap()


def load_profile(profile: Profile | Path | str | None = None, system: str = "systemc") -> Profile:
    """A profile from a file, by the name of a shipped one, or the shipped one of a case system.

    Raises UsageError naming file and line: no such profile, not YAML, against the schema, unknown table or column.
    """
    if isinstance(profile, Profile):
        return profile
    if profile is None:
        profile = f"ssd_{system}" if (shipped_folder() / f"ssd_{system}.yaml").exists() else "ssd_systemc"
    path = _find(profile, Path.cwd())
    return _profile(path, _merged(path))


def shipped_folder() -> Path:
    """Folder of the profiles that come with the product."""
    return data_folder("schemas") / "sources" / "profiles"


def shipped_profiles() -> list[str]:
    """Names of the shipped profiles."""
    return sorted(path.stem for path in shipped_folder().glob("*.yaml"))


def _find(name: Path | str, beside: Path) -> Path:
    for path in (beside / str(name), beside / f"{name}.yaml", shipped_folder() / f"{name}.yaml"):
        if path.is_file():
            return path
    raise UsageError(f"There is no profile {name}. Shipped profiles: {', '.join(shipped_profiles())}.")


def _merged(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    content, lines = read_yaml(path)
    check_profile(content, lines, path.name)
    content = _with_code_files(content, path, lines)
    if "extends" not in content:
        return content
    try:
        base = _find(content["extends"], path.parent)
    except UsageError as error:
        raise UsageError(f"{path.name}, line {lines[('extends',)]}: {error}") from None
    if base in seen or base == path:
        raise UsageError(f"{path.name}, line {lines.get(('extends',), 1)}: profiles extend each other in a circle.")
    return _over(_merged(base, (*seen, path)), content)


def _with_code_files(content: dict[str, Any], path: Path, lines: Mapping[tuple[Any, ...], int]) -> dict[str, Any]:
    """The finished lists of codes a profile names, put under what it says itself."""
    for n, name in enumerate(content.get("code_files", ())):
        try:
            maps = {column: {"map": found} for column, found in read_codes(path.parent / str(name)).items()}
        except UsageError as error:
            raise UsageError(f"{path.name}, line {_line(lines, ('code_files', n))}: {error}") from None
        content = {**content, "codes": _over(maps, content.get("codes", {}))}
    return content


def _over(base: Mapping[str, Any], own: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """`own` laid over `base`; code maps are joined entry by entry, tables replaced as a whole."""
    out = dict(base)
    for key, value in own.items():
        mergeable = isinstance(value, Mapping) and isinstance(out.get(key), Mapping) and key != "tables"
        out[key] = _over(out[key], value, depth + 1) if mergeable else value
        if key == "tables" and isinstance(base.get(key), Mapping):
            out[key] = {**base[key], **value}
    return out


class _Loader(yaml.SafeLoader):
    """YAML in which yes, no, on, off stay text, and a key may stand only once."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[tuple[Any, ...], int]]:
    """(content, line of each key by its path). Raises UsageError naming file and line."""
    try:
        node = yaml.compose(path.read_text("utf-8-sig"), Loader=_Loader)
    except OSError as error:
        raise UsageError(f"The profile {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UsageError(f"The profile {path.name} is not UTF-8 text. Save it as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path.name}, line {line}: this is not valid YAML ({error.problem}).") from None
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{path.name}, line 1: a profile is a list of settings, `profile: name` to begin with.")
    lines: dict[tuple[Any, ...], int] = {}
    return _value(node, (), lines, path.name), lines


def _value(node: yaml.Node, place: tuple[Any, ...], lines: dict[tuple[Any, ...], int], file: str) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise UsageError(f"{file}, line {key_node.start_mark.line + 1}: this is no name of a setting.")
            if key in out:
                raise UsageError(f"{file}, line {key_node.start_mark.line + 1}: {key!r} is there twice.")
            lines[(*place, key)] = key_node.start_mark.line + 1
            out[key] = _value(value_node, (*place, key), lines, file)
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, n), lines, file) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and ("columns" in place[-2:-1] or place[-1:] == ("constant",)):
        return node.value  # headings such as 21 and constants such as 01 are text
    return _Loader("").construct_object(node, deep=True)


@cache
def _schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads((data_folder("schemas") / "sources" / "profile.schema.json").read_text()),
        format_checker=jsonschema.FormatChecker(["date"]),
    )


def check_profile(content: Mapping[str, Any], lines: Mapping[tuple[Any, ...], int], file: str) -> None:
    """Check a profile against the schema and the SSD model. Raises UsageError with the line of every fault (ten at
    most).
    """
    faults = []
    for error in sorted(_schema().iter_errors(content), key=lambda e: [str(part) for part in e.absolute_path]):
        deepest = _deepest(error)
        place = tuple(deepest.absolute_path)
        if deepest.validator == "additionalProperties":  # point at the key that is wrong, not at what it stands in
            place = (*place, min(set(deepest.instance) - set(deepest.schema["properties"]), key=str))
        faults.append((_line(lines, place), _words(deepest)))
    if not faults:
        faults = _against_model(content, lines)
    if faults:
        shown = "\n".join(f"{file}, line {line}: {words}" for line, words in sorted(set(faults))[:10])
        raise UsageError(shown + (f"\nand {len(set(faults)) - 10} more" if len(set(faults)) > 10 else ""))


def _deepest(error: jsonschema.ValidationError) -> jsonschema.ValidationError:
    """Of alternatives that all failed, the one that got furthest."""
    while error.context:
        error = max(error.context, key=lambda e: (len(e.absolute_path), e.validator not in {"type", "const"}))
    return error


def _words(error: jsonschema.ValidationError) -> str:
    place = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        allowed = ", ".join(sorted(error.schema["properties"]))
        strange = sorted(set(error.instance) - set(error.schema["properties"]))
        return f"{', '.join(map(repr, strange))} is no setting of {place or 'a profile'}; there are: {allowed}."
    if error.validator == "enum":
        return f"{place} is {error.instance!r}; it may be {', '.join(map(str, error.validator_value))}."
    if error.validator == "format":
        return f"{place} is {error.instance!r}, which is no day of the calendar."
    if error.validator == "required":
        return f"{place or 'the profile'} lacks {error.message.split(' is ')[0]}."
    return f"{place}: {error.message}."


def _line(lines: Mapping[tuple[Any, ...], int], place: tuple[Any, ...]) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _against_model(content: Mapping[str, Any], lines: Mapping[tuple[Any, ...], int]) -> list[tuple[int, str]]:
    model = ssd_model()
    columns = {name: column for table in model.tables.values() for name, column in table.columns.items()}
    faults = []
    for table, maps in content.get("tables", {}).items():
        if table not in model.tables:
            faults.append((_line(lines, ("tables", table)), f"{table} is no table of the SSD {model.version}."))
            continue
        for n, one in enumerate(maps if isinstance(maps, list) else [maps]):
            place = ("tables", table, n) if isinstance(maps, list) else ("tables", table)
            faults += [(_line(lines, (*place, *below)), words) for below, words in _of_map(one, model.tables[table])]
    for section in ("codes", "aliases", "formats"):
        for name, facts in content.get(section, {}).items():
            if name not in columns:
                faults.append((_line(lines, (section, name)), f"{name} is no column of the SSD {model.version}."))
            elif section == "codes" and not columns[name].codes and columns[name].type != "flag":
                faults.append((_line(lines, (section, name)), f"{name} holds no codes."))
            elif section == "codes":
                found = _of_codes(facts, columns[name])
                faults += [(_line(lines, (section, name, *below)), words) for below, words in found]
            elif section == "formats" and columns[name].type != "date":
                faults.append((_line(lines, (section, name)), f"{name} holds no dates."))
    named: dict[tuple[Any, ...], Sequence[str]] = {
        ("personal",): content.get("personal", ()),
        ("identifiers", "legacy_in"): content.get("identifiers", {}).get("legacy_in", ()),
    }
    for where, names in named.items():
        for n, name in enumerate(names):
            if name not in columns:
                faults.append((_line(lines, (*where, n)), f"{name} is no column of the SSD {model.version}."))
    for n, rule in enumerate(content.get("exclude", {}).get("rows", ())):
        faults += [(_line(lines, ("exclude", "rows", n, *w)), words) for w, words in _of_where(rule["where"])]
    for name in content.get("windows", {}):
        if name not in model.tables:
            faults.append((_line(lines, ("windows", name)), f"{name} is no table of the SSD {model.version}."))
    return faults


_SOURCES = ("column", "constant", "join", "first", "flags", "filled", "in", "follow", "linked")
Fault = tuple[tuple[Any, ...], str]


def _of_map(one: Mapping[str, Any], table: SsdTable) -> Iterator[Fault]:
    """What is wrong with one source of a table: (place below it, words)."""
    for name, expression in one["columns"].items():
        if name not in table.columns:
            yield ("columns", name), f"{name} is no column of {table.name}."
        given = [key for key in _SOURCES if key in expression] if isinstance(expression, Mapping) else ["column"]
        if len(given) != 1:
            yield (
                ("columns", name),
                f"{name} needs one of {', '.join(_SOURCES)}; it has {' and '.join(given) or 'none'}.",
            )
        elif isinstance(expression, Mapping):
            for key, where in (("only", expression.get("only", ())), ("linked", expression.get("linked", {}))):
                conditions = where.get("where", ()) if key == "linked" else where
                yield from ((("columns", name, key, *place), words) for place, words in _of_where(conditions))
    yield from ((("where", *place), words) for place, words in _of_where(one.get("where", ())))
    for key in ("by", "earliest", "latest", "last"):
        for name in (name for name in one.get("group", {}).get(key, ()) if name not in one["columns"]):
            yield ("group", key), f"group.{key} names {name}, which is not among the columns of {table.name} here."
    into = one.get("unpivot", {}).get("into")
    if into and into not in table.columns:
        yield ("unpivot", "into"), f"{into} is no column of {table.name}."
    if not one.get("from") and not one.get("query"):
        yield (), f"{table.name} lacks `from`, the file it comes from."


def _of_where(conditions: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    for n, condition in enumerate(conditions):
        if condition["op"] not in {"blank", "filled"} and "value" not in condition:
            yield (n,), f"the condition on {condition['column']} lacks `value`, what it is compared with."


def _of_codes(facts: Mapping[str, Any], column: SsdColumn) -> Iterator[Fault]:
    """Codes of a map that no return knows (those that ended before the years covered say until when)."""
    known = {"Y", "N"} if column.type == "flag" else set(codes_of(column).codes)
    for section in ("map", "contains"):
        for stored, value in facts.get(section, {}).items():
            code = value["code"] if isinstance(value, Mapping) else value
            ended = isinstance(value, Mapping) and "to" in value
            if code is not None and str(code) not in known and not ended:
                yield (section, stored), f"{str(code)!r} is no national code of {column.name}."


def _profile(path: Path, raw: Mapping[str, Any]) -> Profile:
    source = raw.get("source", {})
    files = source.get("files", {})
    plain = ("pattern", "encoding", "separator", "header_row", "sheet", "totals", "rows")
    options = SourceOptions(**{key: source[key] for key in plain if key in source}, per_file=files)
    extract = source.get("extract_date")
    child_id_source = raw.get("identifiers", {}).get("child_id_source", "pers_person_id")
    return Profile(
        name=raw["profile"],
        title=raw.get("title", raw["profile"]),
        system=raw.get("system", ""),
        layout=raw.get("layout", "ssd"),
        path=path,
        source=options,
        formats=tuple(source.get("formats", ())),
        column_formats={name: tuple(found) for name, found in raw.get("formats", {}).items()},
        file_formats={name: tuple(one["formats"]) for name, one in files.items() if "formats" in one},
        null_words=tuple(source.get("null_words", ())),
        placeholder_words=tuple(source.get("placeholder_words", ())),
        extract_date=date.fromisoformat(extract) if isinstance(extract, str) else extract,
        window_start=_date(source.get("window_start")),
        file_dates={
            name: date.fromisoformat(one["extract_date"]) for name, one in files.items() if "extract_date" in one
        },
        file_windows={
            name: date.fromisoformat(one["window_start"]) for name, one in files.items() if "window_start" in one
        },
        missing_files=source.get("missing_files", "go_on"),
        database_schema=source.get("schema", ""),
        tables={name: _table_maps(name, maps) for name, maps in raw.get("tables", {}).items()},
        codes={name: _codemap(facts) for name, facts in raw.get("codes", {}).items()},
        aliases={name: tuple(names) for name, names in raw.get("aliases", {}).items()},
        child_id_source=child_id_source,
        legacy_in=tuple(raw.get("identifiers", {}).get("legacy_in", ())),
        merges=raw.get("merges", {}),
        exclude=raw.get("exclude", {}),
        conventions={**DEFAULT_CONVENTIONS, **raw.get("conventions", {}), "child_id_source": child_id_source},
        windows={name: date.fromisoformat(day) for name, day in raw.get("windows", {}).items()},
        personal=frozenset(raw.get("personal", ())),
        la_code=raw.get("la_code", ""),
        raw=raw,
    )


def _table_maps(table: str, maps: Any) -> tuple[TableMap, ...]:
    return tuple(
        TableMap(table, one.get("from") or one.get("query"), one)
        for one in (maps if isinstance(maps, list) else [maps])
    )


def _codemap(facts: Mapping[str, Any]) -> CodeMap:
    entries = {str(stored): _entry(value) for stored, value in facts.get("map", {}).items()}
    settings = {key: facts[key] for key in ("mode", "case", "unmapped", "contains") if key in facts}
    return CodeMap(entries=entries, **settings)


def _entry(value: Any) -> Entry:
    if isinstance(value, Mapping):
        code = value["code"]
        return Entry(None if code is None else str(code), _date(value.get("from")), _date(value.get("to")))
    return Entry(None if value is None else str(value))


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


DEFAULT_CONVENTIONS: Mapping[str, Any] = {
    "episode_end": "same_day",
    "unborn": "separate",
    "change_reason_on": "ending",
    "legal_status_from": "history",
    "oc2_missing_means": "zero",
    "none_disability_default": False,
    "ethnicity_blank_is_nobt": False,
    "estimated_dob_tolerance_days": 28,
    "home_address_types": ["HOME", "Home", "Home Address", "Main Address", "Permanent"],
    "social_worker_roles": ["CW", "16PLUS"],
    "uasc_words": ["uasc", "unaccompanied asylum"],
    "former_upn_type": "Former Unique Pupil Number",
    "join_plans_gap_days": None,
    "link_conference_by_date": False,
    "allow_legal_status_split": False,
    "recompute_reasons": False,
    "mother_youngest": 11,
    "category_preference": [],
    "health_status_blank": "",
    "accept_upn_reasons": [],
}
