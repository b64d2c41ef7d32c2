"""What a draft says of an extract as a whole: how its dates are written, where headers and totals stand, and what the
known layout takes for granted (ends of episodes, the number returned, roles), told from the data where they can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml

from dfe_returns.sources.dates import parse_dates
from dfe_returns.sources.folder import FolderReader
from dfe_returns.sources.profile import DEFAULT_CONVENTIONS, Profile
from dfe_returns.sources.raw import Reader
from dfe_returns.sources.recognise import Guess, Looked
from dfe_returns.sources.shape import columns_of
from dfe_returns.sources.words import tidy

Question = tuple[str, str, str, str]
_SHOWN = {
    "episode_end": "same_day: the day the next one begins; day_before: the last day of the episode itself",
    "change_reason_on": "the row of the worker who leaves (ending) or comes (starting) has the reason",
    "legal_status_from": "episode or history",
    "home_address_types": "address types that are the family home",
    "social_worker_roles": "roles that count as the child's social worker",
}


@dataclass(frozen=True)
class Looks:
    """A known layout and the files found for it: known file -> (file, its sample, guess for each known column)."""

    layout: Profile
    files: Mapping[str, tuple[str, Looked, Mapping[str, Guess]]]

    def dated(self, known: str) -> Iterator[str]:
        """Columns of one file that SSD dates are read from."""
        _, _, guesses = self.files[known]
        for maps in self.layout.tables.values():
            for one in (one for one in maps if one.source == known):
                for target, expression in one.spec["columns"].items():
                    whole = {"column": expression} if isinstance(expression, str) else expression
                    if target.endswith("_date") or target in {"pers_dob", "pers_expected_dob", "moth_childs_dob"}:
                        names = columns_of({"column": whole["column"]} if "column" in whole else {})
                        yield from (guesses[name].found for name in names if name in guesses and guesses[name].sure)


def source_settings(looks: Looks, reader: Reader, with_totals: Collection[str]) -> tuple[list[str], list[Question]]:
    """The section `source` of a draft, and what it asks: order of day and month, headers, totals, window, day."""
    raw = looks.layout.raw.get("source", {})
    formats, odd, questions = _formats(looks)
    lines = ["source:", f"  formats: [{', '.join(formats)}]"]
    if isinstance(reader, FolderReader) and any(reader.header_line(name) > 1 for name in reader.names()):
        lines.append("  header_row: find  # titles stand above the column names")
    if with_totals:
        lines.append("  totals: drop  # check: some files end with a line of totals, which is left out")
        where = ", ".join(sorted(with_totals)) if len(with_totals) < 4 else f"{len(with_totals)} files"
        questions.append((where, "Is the last line a line of totals, to be left out?", "yes", ""))
    extract = raw.get("extract_date")
    if isinstance(extract, Mapping) and extract["file"] in looks.files:
        file, _, guesses = looks.files[extract["file"]]
        guess = guesses.get(extract["column"])
        column = guess.found if guess else extract["column"]
        mark = "" if guess is None or guess.sure else "  # check: the column that says when the report was run"
        lines.append(f"  extract_date: {flow({'file': file, 'column': column})}{mark}")
    if "window_start" in raw:
        lines.append(f"  window_start: {raw['window_start']}  # check: the first day the history goes back to")
        questions.append(("", "From which day on do the files hold the history?", str(raw["window_start"]), ""))
    if odd:
        lines += ["  files:", *(f"    {flow(file)}: {{formats: [{order}]}}  # check" for file, order in odd.items())]
    return lines, questions


def _formats(looks: Looks) -> tuple[list[str], dict[str, str], list[Question]]:
    """(ways of writing dates of the extract, files with another order of day and month, questions)."""
    ways: Counter[str] = Counter()
    orders: dict[str, str] = {}
    open_files = []
    for known, (file, looked, _) in looks.files.items():
        sure: set[str] = set()
        unsure = False
        for column in dict.fromkeys(looks.dated(known)):
            read = parse_dates([tidy(text) for text in looked.frame[column].unique()])
            ways += read.formats
            order = "mdy" if read.formats["mdy"] else "dmy" if read.formats["dmy"] else ""
            if order and read.refused:
                unsure = True
            elif order:
                sure.add(order)
        if len(sure) == 1:
            orders[file] = sure.pop()
        elif sure or unsure:
            open_files.append(file)
    usual = Counter(orders.values()).most_common(1)[0][0] if orders else "dmy"
    odd = {file: order for file, order in orders.items() if order != usual}
    questions = [(file, "Are its dates month first, unlike the others?", order, usual) for file, order in odd.items()]
    if open_files and not orders:
        asked = "Is 03/04/2026 the 3rd of April (dmy) or the 4th of March (mdy)?"
        questions.append((open_files[0], asked, "dmy", "mdy"))
    return [usual, *(way for way in ("excel", "compact") if ways[way])], odd, questions


def taken_for_granted(looks: Looks) -> tuple[list[str], list[Question]]:
    """Conventions and the choice of number of the layout, written out so that nobody inherits them unseen."""
    raw = looks.layout.raw
    questions: list[Question] = []
    lines = [f"# What the layout {looks.layout.name} takes for granted; correct what is different in your system."]
    source = raw.get("identifiers", {}).get("child_id_source")
    if source:
        lines.append(f"identifiers: {{child_id_source: {source}}}  # the number that both returns carry")
    conventions = {name: raw.get("conventions", {}).get(name, DEFAULT_CONVENTIONS[name]) for name in _SHOWN}
    lines.append("conventions:")
    for name, value in conventions.items():
        told = _SHOWN[name]
        if name == "episode_end":
            found = _episode_end(looks)
            told = f"guess, by the days; {told}" if found else f"check: {told}"
            if not found:
                questions.append(("", "Does an episode end on the day the next begins, or the day before?", value, ""))
            value = found or value
        lines.append(f"  {name}: {flow(value)}  # {told}")
    return lines, questions


def _episode_end(looks: Looks) -> str:
    """same_day or day_before by what most episodes of the sample do when another follows; "" when that does not say."""
    for one in looks.layout.tables.get("ssd_cla_episodes", ()):
        if one.source not in looks.files:
            continue
        _, looked, guesses = looks.files[one.source]
        wanted = ("clae_person_id", "clae_cla_episode_start_date", "clae_cla_episode_ceased_date")
        names = [one.spec["columns"].get(name) for name in wanted]
        if not all(isinstance(name, str) and name in guesses for name in names):
            continue
        who, start, end = (looked.frame[guesses[str(name)].found] for name in names)
        days = [
            pd.Series(np.asarray(parse_dates([tidy(text) for text in column]).values), index=column.index)
            for column in (start, end)
        ]
        spells = pd.DataFrame({"who": who, "start": days[0], "end": days[1]}).sort_values(["who", "start"])
        gaps = (spells.groupby("who")["start"].shift(-1) - spells["end"]).dt.days
        same, before = int(gaps.eq(0).sum()), int(gaps.eq(1).sum())
        if max(same, before) > 2 * min(same, before):
            return "same_day" if same > before else "day_before"
    return ""


def flow(value: Any) -> str:
    """A setting on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    return text.replace("\n...", "").strip()
