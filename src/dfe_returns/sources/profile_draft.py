"""`profile new`: a first profile for an extract that nobody has described yet, its guesses marked for a person."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.errors import InputError
from dfe_returns.sources.folder import FolderReader
from dfe_returns.sources.load import open_source
from dfe_returns.sources.model import LINE, ssd_model
from dfe_returns.sources.profile import Profile, TableMap, load_profile, shipped_profiles
from dfe_returns.sources.profile_habits import Looks, flow, source_settings, taken_for_granted
from dfe_returns.sources.raw import Reader
from dfe_returns.sources.recognise import (
    LOOKED_AT,
    Guess,
    Looked,
    Wanted,
    match_columns,
    match_quality,
    name_likeness,
    wanted_columns,
)
from dfe_returns.sources.report import Notes
from dfe_returns.sources.shape import Part, columns_of, source_columns, table_name

GOOD_FIT = 0.55
"""Quality from which a file counts as one of a known layout."""
QUESTION_COLUMNS = ["file", "question", "guess", "instead"]


@dataclass
class Draft:
    """A drafted profile: its text (YAML with comments), and the questions a person should answer before trusting it."""

    text: str
    questions: pd.DataFrame
    layout: str

    @property
    def answers_needed(self) -> int:
        return len(self.questions)


def new_profile(source: str | Path, name: str = "mine") -> Draft:
    """Look into a folder or database and draft a profile: SSD tables by name, else the known layout that fits best.

    Raises InputError when there is nothing to read, or nothing that resembles any known layout.
    """
    notes = Notes()
    reader = open_source(source, None, notes)
    if isinstance(reader, FolderReader):  # a draft looks past titles and totals, and says that they are there
        reader.options.header_row, reader.options.totals = "find", "drop"
    try:
        names = reader.names()
        if any(table_name(one).startswith("ssd_") for one in names):
            return _ssd_draft(reader, name)
        return _own_draft(reader, name, notes)
    finally:
        getattr(reader, "close", lambda: None)()


def _sample(reader: Reader, file: str) -> pd.DataFrame:
    raw = reader.read(file, reader.header(file))
    return raw.frame.drop(columns=[LINE]).head(LOOKED_AT)


# extracts in the shape of the SSD ------------------------------------------------------------------------------------


def _ssd_draft(reader: Reader, name: str) -> Draft:
    """Extends the shipped profile of the case system; headings that differ become aliases."""
    system = str(reader.extract().get("system", "")).lower()
    base = f"ssd_{system}" if f"ssd_{system}" in shipped_profiles() else "ssd_systemc"
    aliases, questions = [], []
    if not system:
        questions.append(("extract.json", "Which case system made this extract?", base, ", ".join(shipped_profiles())))
    for file in reader.names():
        table = ssd_model().tables.get(table_name(file))
        if table is None:
            continue
        header = reader.header(file)
        there = {heading.lower() for heading in header}
        missing = [
            c for c in table.columns.values() if c.read and not there & {n.lower() for n in (c.name, *c.aliases)}
        ]
        known = {n.lower() for c in table.columns.values() for n in (c.name, *c.aliases)}
        spare = [heading for heading in header if heading.lower() not in known]
        if not missing or not spare:
            continue
        order = list(table.columns)
        wanted = {
            c.name: Wanted(
                c.name, order.index(c.name) / max(len(order) - 1, 1), [(c, load_profile(base).codemap(c.name))]
            )
            for c in missing
        }
        for guess in match_columns(wanted, Looked(_sample(reader, file)[spare])):
            if guess.score < 0.5 and name_likeness(guess.wanted.split("_", 1)[-1], guess.found) < 0.6:
                continue
            aliases.append(f"  {guess.wanted}: [{flow(guess.found)}]{_mark(guess)}")
            if not guess.sure:
                questions.append((file, f"Which column is {guess.wanted}?", guess.found, guess.rival))
    lines = [*_head(name, f"extends: {base}"), *(["aliases:", *aliases] if aliases else []), *_tail()]
    return _draft(lines, questions, base)


# extracts in a layout of their own -----------------------------------------------------------------------------------


def _own_draft(reader: Reader, name: str, notes: Notes) -> Draft:
    samples = {file: Looked(_sample(reader, file)) for file in reader.names() if not table_name(file).startswith("la_")}
    layouts = [load_profile(one) for one in shipped_profiles()]
    found = [(_fit(layout, samples), layout) for layout in layouts if layout.layout == "own"]
    best, layout = max(found, key=lambda pair: sum(quality for _, quality, _ in pair[0].values()))
    if not best:
        raise InputError(
            "No file of this source resembles a layout that is known. Copy the shipped profile fernshire_vendor "
            "and write under `tables` where each SSD column comes from."
        )
    renamed = {
        old: (file, {guess.wanted: guess.found for guess in guesses}) for old, (file, _, guesses) in best.items()
    }
    guessed = {old: {guess.wanted: guess for guess in guesses} for old, (_, _, guesses) in best.items()}
    questions = [
        (file, f"Which column holds what {layout.title} calls {guess.wanted}?", guess.found, guess.rival)
        for old, (file, _, guesses) in best.items()
        for guess in guesses
        if not guess.sure
    ]
    looks = Looks(layout, {old: (file, samples[file], guessed[old]) for old, (file, _, _) in best.items()})
    settings, asked = source_settings(looks, reader, _files_with(notes, "STRUCT-TOTALS"))
    habits, also_asked = taken_for_granted(looks)
    questions += [*asked, *also_asked]
    lines = [*_head(name, f"extends: {layout.name}"), *settings, *_settings(layout, renamed, guessed), *habits]
    lines.append("tables:")
    for table, maps in layout.tables.items():
        lines += _table_lines(table, maps, renamed, guessed)
    used = {file for file, _, _ in best.values()}
    for file in sorted(set(samples) - used):
        lines.append(f"# {file}: not recognised. Its columns: {', '.join(samples[file].names)}")
        questions.append((file, "What is this file?", "not read", ""))
    return _draft([*lines, *_tail()], questions, layout.name)


def _files_with(notes: Notes, code: str) -> set[str]:
    found = notes.frame()
    return set(found["file"][found["code"].eq(code)])


def _fit(layout: Profile, samples: Mapping[str, Looked]) -> dict[str, tuple[str, float, list[Guess]]]:
    """File of the layout -> (file found, quality, guesses); every file is used once."""
    by_file: dict[str, list[TableMap]] = {}
    for maps in layout.tables.values():
        for one in maps:
            by_file.setdefault(one.source, []).append(one)
    tried = []
    for known, of_file in by_file.items():
        wanted = _wanted(layout, known, of_file)
        for file, looked in samples.items():
            guesses = match_columns(wanted, looked)
            quality = 0.85 * match_quality(guesses, wanted) + 0.15 * name_likeness(known, file)
            tried.append((quality, known, file, guesses))
    out: dict[str, tuple[str, float, list[Guess]]] = {}
    taken: set[str] = set()
    for quality, known, file, guesses in sorted(tried, key=lambda one: (-one[0], one[1], one[2])):
        if quality >= GOOD_FIT and known not in out and file not in taken:
            out[known] = (file, quality, guesses)
            taken.add(file)
    found = {known: out[known] for known in by_file if known in out}
    return {known: _again(layout, known, by_file[known], one, found, samples) for known, one in found.items()}


def _again(
    layout: Profile,
    known: str,
    of_file: list[TableMap],
    one: tuple[str, float, list[Guess]],
    found: Mapping[str, tuple[str, float, list[Guess]]],
    samples: Mapping[str, Looked],
) -> tuple[str, float, list[Guess]]:
    """A file looked at once more, knowing what its columns are called in the other files: keys keep their names."""
    names: dict[str, Counter[str]] = {}
    for other, (_, _, guesses) in found.items():
        for guess in guesses if other != known else ():
            if guess.sure:
                names.setdefault(guess.wanted, Counter())[guess.found] += 1
    file, quality, _ = one
    wanted = _wanted(layout, known, of_file)
    for name in (name for name in wanted if name in names):
        wanted[name].elsewhere = max(names[name].items(), key=lambda pair: (pair[1], pair[0]))[0]
    return file, quality, match_columns(wanted, samples[file])


def _wanted(layout: Profile, known: str, of_file: list[TableMap]) -> dict[str, Wanted]:
    wanted = wanted_columns(of_file, layout, _known_order(layout, known, of_file))
    _also_wanted(wanted, layout, known)
    return wanted


def _also_wanted(wanted: dict[str, Wanted], layout: Profile, file: str) -> None:
    """Columns of a file that only the general settings name: extract date, merges, exclusions."""
    raw = layout.raw
    extract = raw.get("source", {}).get("extract_date")
    names = [extract["column"]] if isinstance(extract, Mapping) and extract["file"] == file else []
    names += [raw["merges"][key] for key in ("from", "to")] if raw.get("merges", {}).get("file") == file else []
    rules = [rule for rule in raw.get("exclude", {}).get("rows", ()) if rule["file"] == file]
    names += [condition["column"] for rule in rules for condition in rule["where"]]
    order = [str(name) for name in layout.source.per_file.get(file, {}).get("columns", names)]
    for name in names:
        place = order.index(name) / max(len(order) - 1, 1) if name in order else 0.5
        wanted.setdefault(name, Wanted(name, place))


def _known_order(layout: Profile, file: str, maps: Sequence[TableMap]) -> list[str]:
    """Columns of a file of a known layout in the order the profile first names them."""
    order = [str(name) for name in layout.source.per_file.get(file, {}).get("columns", ())]
    for one in maps:
        for expression in one.spec["columns"].values():
            expression = {"column": expression} if isinstance(expression, str) else expression
            order += sorted(columns_of(expression) - set(order))
    return order


def _settings(
    layout: Profile, renamed: Mapping[str, tuple[str, Mapping[str, str]]], guessed: Mapping[str, Mapping[str, Guess]]
) -> list[str]:
    """Settings of the layout that name files or columns, under the names they have here."""
    raw = layout.raw
    lines = []
    merges = raw.get("merges", {})
    if merges.get("file") in renamed:
        file, columns = renamed[merges["file"]]
        here = {"file": file, **{key: columns.get(merges[key], merges[key]) for key in ("from", "to")}}
        lines.append(f"merges: {flow(here)}{_marked({merges['from'], merges['to']}, guessed[merges['file']])}")
    rules = [rule for rule in raw.get("exclude", {}).get("rows", ()) if rule["file"] in renamed]
    lines += ["exclude:", "  rows:"] if rules else []
    for rule in rules:
        file, columns = renamed[rule["file"]]
        names = {condition["column"] for condition in rule["where"]}
        here = {**_rename(rule, columns, renamed), "file": file}
        lines.append(f"    - {flow(here)}{_marked(names, guessed[rule['file']])}")
    return lines


def _table_lines(
    table: str,
    maps: Sequence[TableMap],
    renamed: Mapping[str, tuple[str, Mapping[str, str]]],
    guessed: Mapping[str, Mapping[str, Guess]],
) -> list[str]:
    lines: list[str] = []
    there = [one for one in maps if one.source in renamed]
    for one in there:
        file, columns = renamed[one.source]
        spec = _rename(one.spec, columns, renamed)
        dash = "    - " if len(there) > 1 else "    "
        rest = "      " if len(there) > 1 else "    "
        lines.append(f"{dash}from: {flow(file)}")
        for key in ("where", "unpivot", "split", "group", "formats"):
            if key in spec:
                names = source_columns(Part(table, file, {}, {key: one.spec[key]})) if key != "group" else set()
                lines.append(f"{rest}{key}: {flow(spec[key])}{_marked(names, guessed[one.source])}")
        lines.append(f"{rest}columns:")
        for target, expression in spec["columns"].items():
            original = one.spec["columns"][target]
            names = columns_of({"column": original} if isinstance(original, str) else original)
            lines.append(f"{rest}  {target}: {flow(expression)}{_marked(names, guessed[one.source])}")
    return [f"  {table}:", *lines] if lines else [f"  # {table}: no file found for it"]


def _rename(spec: Any, columns: Mapping[str, str], files: Mapping[str, tuple[str, Mapping[str, str]]]) -> Any:
    """The same setting with the columns' new names; look-ups in other files get that file's names."""
    if isinstance(spec, Mapping):
        if "file" in spec and "key" in spec and spec["file"] in files:
            file, others = files[spec["file"]]
            return {
                "column": columns.get(spec["column"], spec["column"]),
                "file": file,
                "key": others.get(spec["key"], spec["key"]),
                "value": others.get(spec["value"], spec["value"]),
            }
        return {key: _renamed_value(key, value, columns, files) for key, value in spec.items()}
    if isinstance(spec, list):
        return [_rename(one, columns, files) for one in spec]
    return copy.deepcopy(spec)


def _renamed_value(
    key: str, value: Any, columns: Mapping[str, str], files: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Any:
    if key in {"column", "filled", "through", "key"} or (
        key == "value" and isinstance(value, str) and value in columns
    ):
        return columns.get(value, value)
    if key in {"join", "first"}:
        return [columns.get(one, one) for one in value]
    if key == "columns" and isinstance(value, list):  # a heading that was the value and is no more keeps its meaning
        return (
            value
            if all(columns.get(one, one) == one for one in value)
            else {columns.get(one, one): one for one in value}
        )
    if key == "columns":
        return {
            target: columns.get(e, e) if isinstance(e, str) else _rename(e, columns, files)
            for target, e in value.items()
        }
    if key == "flags":
        return {
            flag: columns.get(e, e) if isinstance(e, str) else _rename(e, columns, files) for flag, e in value.items()
        }
    if key == "group":
        return copy.deepcopy(value)
    return _rename(value, columns, files)


# text ----------------------------------------------------------------------------------------------------------------


def _head(name: str, extends: str) -> list[str]:
    return [
        "# Draft of a profile. Read it line by line: a guess is marked, and `# check` asks for your decision.",
        "# Then: dfe-returns profile check SOURCE --profile THIS_FILE",
        f"profile: {name}",
        extends,
    ]


def _tail() -> list[str]:
    return [
        "# Codes of your own go here; `dfe-returns profile codes` lists what is not mapped yet.",
        "# codes:",
        "#   cine_referral_source_code:",
        "#     map: {'4711': 3E}",
    ]


def _marked(names: Collection[str], guesses: Mapping[str, Guess]) -> str:
    """The mark of the least certain of the columns a line names."""
    there = [guesses[name] for name in names if name in guesses and guesses[name].wanted != guesses[name].found]
    return _mark(min(there, key=lambda guess: (guess.sure, guess.score, guess.wanted))) if there else ""


def _mark(guess: Guess) -> str:
    if guess.wanted == guess.found:
        return ""
    return (
        f"  # guess, {round(100 * guess.score)}%" if guess.sure else f"  # check: or {guess.rival or 'another column'}?"
    )


def _draft(lines: Sequence[str], questions: Sequence[tuple[str, str, str, str]], layout: str) -> Draft:
    return Draft("\n".join(lines) + "\n", pd.DataFrame(questions, columns=QUESTION_COLUMNS), layout)
