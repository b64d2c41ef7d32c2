"""Conform: raw files and a profile in, SSD tables and a report out. Nothing is guessed: it is mapped, counted,
listed, or it stops the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dfe_returns.errors import InputError
from dfe_returns.sources import people
from dfe_returns.sources.dates import parse_dates
from dfe_returns.sources.model import FILE, LINE, SsdModel, SsdTable, ssd_model
from dfe_returns.sources.profile import Profile
from dfe_returns.sources.raw import RawFile, Reader, files_named, of_file
from dfe_returns.sources.report import (
    COVERAGE_COLUMNS,
    DROPPED_COLUMNS,
    UNMAPPED_COLUMNS,
    VALUES_COLUMNS,
    ConformReport,
    Notes,
)
from dfe_returns.sources.shape import Part, make, plan, source_columns, table_name
from dfe_returns.sources.typed import TypedReader
from dfe_returns.sources.words import tidy

FILES_COLUMNS = ["file", "table", "rows", "kept", "read", "sha256", "extract_date", "encoding", "separator", "note"]


def conform(
    readers: list[Reader], profile: Profile, notes: Notes, stop: bool = True
) -> tuple[dict[str, pd.DataFrame], ConformReport, dict[str, Any]]:
    """Read what the profile maps and bring it into the shape of the SSD.

    readers: the source, and the folder of companion files where it lies elsewhere
    Returns (SSD tables by name, typed, with ``_file`` and ``_line``; report; content of extract.json).
    Raises InputError: unusable input, or a decision a person must take first (unmapped code, ambiguous dates,
    missing file or
    column); `stop` False reports those instead, for checking a profile.
    """
    model = ssd_model()
    extract = readers[0].extract()
    work = _Conform(profile, model, notes, extract)
    for number, reader in enumerate(readers):
        work.read(reader, first=number == 0)
    tables, report = work.finish()
    if stop and report.stops:
        raise stopped(report.stops)
    return tables, report, extract


def stopped(stops: list[dict[str, Any]]) -> InputError:
    """The error that names every decision a person must take before the run can go on."""
    problems = pd.DataFrame(stops)
    shown = [str(stop["message"]) for stop in stops[:10]]
    more = f"\nand {len(stops) - 10} more" if len(stops) > 10 else ""
    named = problems.reindex(columns=["code", "file", "column"]).astype("object")
    places = named.where(named.notna(), "").astype("str").drop_duplicates()
    told = "; ".join(" ".join(part for part in place if part) for place in places.head(10).to_numpy().tolist())
    return InputError(
        "The extract cannot be used yet:\n" + "\n".join(f"- {message}" for message in shown) + more,
        problems,
        safe=f"The extract cannot be used yet ({len(stops)} points to settle: {told}). "
        "`dfe-returns profile check` shows them in full.",
    )


class _Conform:
    def __init__(self, profile: Profile, model: SsdModel, notes: Notes, extract: Mapping[str, Any]) -> None:
        self.profile, self.model, self.notes, self.extract = profile, model, notes, extract
        self.typed = TypedReader(profile, notes)
        self.parts: dict[str, list[pd.DataFrame]] = {name: [] for name in model.tables}
        self.helpers: dict[str, RawFile] = {}
        self.files: list[dict[str, Any]] = []
        self.dropped: list[tuple[str, str, str, int]] = []
        self.days: dict[str, date] = {}
        self.other_days: set[date] = set()

    def read(self, reader: Reader, first: bool) -> None:
        """All parts of one reader, file by file, so that only one file's text is held at a time."""
        parts = plan(reader, self.profile, self.model, self.notes) if first else self._companion_parts(reader)
        self._read_helpers(reader, parts, first)
        for file in sorted({part.file for part in parts}):
            mine = [part for part in parts if part.file == file]
            wanted = set().union(*(source_columns(part) for part in mine)) | self._date_column(file)
            raw = self.helpers.get(file) or reader.read(file, wanted)
            self._count_check(raw)
            self._file_date(raw)
            for part in mine:
                self._part(part, raw)

    def _companion_parts(self, reader: Reader) -> list[Part]:
        quiet = Notes()
        parts = [part for part in plan(reader, self.profile, self.model, quiet) if part.table.startswith("la_")]
        self.notes.stops += [one for one in quiet.stops if str(one.get("file", "")).startswith("la_")]
        return parts

    def _read_helpers(self, reader: Reader, parts: list[Part], first: bool) -> None:
        """Files in which the profile looks something up: other tables' keys, merged numbers, people to leave out."""
        wanted: dict[str, set[str]] = {}
        for part in parts:
            for expression in part.columns.values():
                if "follow" in expression:
                    wanted.setdefault(expression["follow"]["file"], set()).update(
                        expression["follow"][k] for k in ("key", "value")
                    )
        followed = set(wanted)
        if self.profile.merges:
            wanted.setdefault(self.profile.merges["file"], set()).update(self.profile.merges[k] for k in ("from", "to"))
        rules = self.profile.exclude.get("rows", ())
        for rule in rules:
            wanted.setdefault(rule["file"], set()).update(condition["column"] for condition in rule["where"])
        for said, columns in wanted.items():
            file = next(iter(files_named(reader.names(), said)), None)
            if file is None:
                if first and said in followed | {rule["file"] for rule in rules}:
                    why = (
                        "values are looked up in; they count as blank" if said in followed else "people are left out by"
                    )
                    self.notes.add("STRUCT-NO-FILE", f"There is no file '{said}', which {why}.", said)
                continue
            of_file = [part for part in parts if part.file == file]
            own = set().union(*(source_columns(part) for part in of_file)) if of_file else set()
            raw = reader.read(file, columns | own | self._date_column(file))
            _named(raw, columns, "to look up, to merge or to exclude")
            self.helpers[said] = self.helpers[file] = raw

    def _date_column(self, file: str) -> set[str]:
        where = self.profile.extract_date
        return {where["column"]} if isinstance(where, Mapping) and files_named([file], where["file"]) else set()

    def _count_check(self, raw: RawFile) -> None:
        """The figure the user typed, or extract.json's, against the rows read; and Excel's old limit."""
        said = of_file(self.profile.source.rows, raw.name)
        rows = self.extract.get("rows")
        if said is None and isinstance(rows, Mapping):
            said = rows.get(raw.name, rows.get(raw.name.rsplit(".", 1)[0]))
        if said is not None and int(said) != raw.rows:
            self.notes.add(
                "STRUCT-ROW-COUNT",
                f"{int(said)} rows were announced and {raw.rows} read.",
                raw.name,
                None,
                "",
                abs(int(said) - raw.rows),
            )
        if raw.encoding and raw.rows in {65_535, 1_048_575}:
            self.notes.add(
                "STRUCT-ROW-LIMIT",
                f"Exactly {raw.rows + 1} lines: Excel may have cut the file off. Check the count.",
                raw.name,
            )

    def _file_date(self, raw: RawFile) -> None:
        where = self.profile.extract_date
        if isinstance(where, Mapping) and files_named([raw.name], where["file"]):
            _named(raw, {where["column"]}, "as the day of the extract")
            found = parse_dates([tidy(t) for t in raw.frame[where["column"]].unique()], self.profile.formats).values
            days = sorted({pd.Timestamp(day).date() for day in found if not np.isnat(day)})
            if days:
                self.days[raw.name] = days[-1]
                self.other_days |= set(days[:-1])
        elif day := of_file(self.profile.file_dates, raw.name):
            self.days[raw.name] = day
        files = self.extract.get("files")
        if isinstance(files, Mapping):
            said = _day(files.get(raw.name, files.get(raw.name.rsplit(".", 1)[0])))
            if said:
                self.days[raw.name] = said

    def _part(self, part: Part, raw: RawFile) -> None:
        table = self.model.tables[part.table]
        text, left_out = make(part, raw, self.helpers, self.profile)
        for reason, count in left_out:
            self.dropped.append((raw.name, table.name, reason or "row filter of the profile", count))
        cells = text.drop(columns=[FILE, LINE])
        empty = _empty_rows(cells)
        if empty.any():
            self.notes.add_lines("STRUCT-EMPTY-ROW", "Rows without content were left out", text[empty])
            self.dropped.append((raw.name, table.name, "empty row", int(empty.sum())))
            text = text[~empty].reset_index(drop=True)
        self.parts[table.name].append(self.typed.table(table, part, text))
        self.files.append(
            {
                "file": raw.name,
                "table": table.name,
                "rows": raw.rows,
                "kept": 0,
                "read": len(text),
                "sha256": raw.sha256,
                "encoding": raw.encoding,
                "separator": raw.separator,
                "note": raw.note,
            }
        )

    def finish(self) -> tuple[dict[str, pd.DataFrame], ConformReport]:
        """Everything that needs all tables: people, links, repeats, what lies in the future, validation."""
        from dfe_returns.validate.ssd_schemas import check_ssd  # pandera is heavy; only needed from here on

        tables = {name: self._joined(parts, self.model.tables[name]) for name, parts in self.parts.items()}
        extract_date, window = self._dates()
        people.merge_people(tables, self.profile, self.helpers, self.model, self.notes)
        people.settle_legacy_numbers(tables, self.profile, self.model, self.notes)
        people.fill_absent_people(tables, self.notes)
        people.unlink_strangers(tables, self.notes)
        self._defaults(tables)
        if self.profile.conventions["change_reason_on"] == "ending":
            tables["ssd_involvements"] = people.reasons_on_new_workers(tables["ssd_involvements"])
        as_at = pd.Timestamp(extract_date) if extract_date else None
        excluded = people.exclude_people(tables, self.profile, self.helpers, as_at)
        self.dropped += people.drop_people(tables, excluded, self.model, self.notes)
        for name, table in self.model.tables.items():
            tables[name] = self._clean(tables[name], table, as_at)
        for note in check_ssd(tables, self.model, self.profile.conventions["episode_end"], as_at):
            self.notes.add(*note)
        numbers = people.id_map(tables[people.PERSON], self.profile.child_id_source, self.notes)
        for name in self.model.companions:
            if "child_id" in tables[name]:
                unknown = tables[name][~tables[name]["child_id"].isin(numbers["child"])]
                self.notes.add_lines("STRUCT-ORPHAN", "child_id is no child of this extract", unknown, "child_id")
        report = ConformReport(
            structure=self.notes.frame(),
            files=self._file_frame(tables, extract_date),
            dropped=pd.DataFrame(self.dropped, columns=DROPPED_COLUMNS),
            unmapped=pd.DataFrame(self.typed.found.unmapped, columns=UNMAPPED_COLUMNS),
            values=pd.DataFrame(self.typed.found.values, columns=VALUES_COLUMNS),
            coverage=self._coverage(),
            people=people.latest_workers(tables, numbers, self.profile),
            id_map=numbers,
            excluded=excluded.rows,
            extract_date=extract_date,
            window_start=window,
            stops=list(self.notes.stops),
        )
        return tables, report

    def _joined(self, parts: list[pd.DataFrame], table: SsdTable) -> pd.DataFrame:
        """All parts of a table below each other.

        Of a companion, files filled in by people come first, the latest read before others, and where they say
        something else than a later part of one key, theirs stands and the other is set aside.
        """
        if not table.companion or len(parts) < 2:
            return _below(parts, table)
        hand = [bool(len(part)) and table_name(str(part[FILE].iloc[0])) == table.name for part in parts]
        by_hand = [part for part, mine in zip(parts, hand, strict=True) if mine]
        parts = [*reversed(by_hand), *(part for part, mine in zip(parts, hand, strict=True) if not mine)]
        frame = _below(parts, table)
        keys, content = list(table.key), list(table.columns)
        facts = [name for name in content if name not in table.prefilled]
        said = frame[keys].notna().all(axis=1) & frame[facts].notna().any(axis=1)
        part = pd.Series(np.repeat(np.arange(len(parts)), [len(one) for one in parts]), index=frame.index)
        first = part.where(said).groupby([frame[key] for key in keys], dropna=False).transform("min")
        again = said & part.ne(first) & ~frame.duplicated(content)
        reason = f"{', '.join(keys)} is given by hand in another file, which stands; set aside"
        return self._drop(frame, again, table, "STRUCT-REPEAT-KEY", reason, keys[0])

    def _defaults(self, tables: dict[str, pd.DataFrame]) -> None:
        """A health check without status, where the case system never fills it in and the profile says what it is."""
        status, health = self.profile.conventions["health_status_blank"], tables["ssd_cla_health"]
        blank = health["clah_health_check_status"].isna()
        if status and blank.any():
            self.notes.add_lines(
                "STRUCT-DEFAULT", f"No status; taken as {status}", health[blank], "clah_health_check_status"
            )
            tables["ssd_cla_health"] = health.assign(
                clah_health_check_status=health["clah_health_check_status"].where(~blank, status)
            )

    def _dates(self) -> tuple[date | None, date | None]:
        said = self.profile.extract_date
        given = said if isinstance(said, date) else None
        own = given or _day(self.extract.get("run_at"))
        days = sorted(set(self.days.values()) | self.other_days | ({own} if own else set()))
        if len(days) > 1:
            self.notes.add(
                "STRUCT-DAYS-DIFFER",
                f"The files were taken on different days, {days[0]} to {days[-1]}. Take them on one day.",
                count=len(days),
            )
        if not days:
            self.notes.add(
                "STRUCT-NO-EXTRACT-DATE",
                "Nothing says when the extract was taken; put run_at into extract.json or "
                "extract_date into the profile.",
            )
        extract_date = own or (days[-1] if days else None)
        window = self.profile.window_start or _day(self.extract.get("window_start"))
        starts = {*self.profile.windows.values(), *self.profile.file_windows.values(), *([window] if window else [])}
        if len(starts) > 1:
            self.notes.add(
                "STRUCT-WINDOWS-DIFFER",
                f"Tables go back to different days: {min(starts)} to {max(starts)}.",
                count=len(starts),
            )
        return extract_date, window

    def _clean(self, frame: pd.DataFrame, table: SsdTable, as_at: pd.Timestamp | None) -> pd.DataFrame:
        """Rows nobody can be found for, exact repeats, later rows of a repeated key, what has not happened yet."""
        for column in table.columns.values():
            if column.need and column.type == "id" and len(frame):
                frame = self._drop(
                    frame, frame[column.name].isna(), table, "STRUCT-NO-KEY", f"{column.name} is blank", column.name
                )
        if table.prefilled:
            facts = [name for name in table.columns if name not in table.prefilled]
            frame = self._drop(frame, frame[facts].isna().all(axis=1), table, "STRUCT-NOT-FILLED", "Not filled in yet")
        repeated = _repeats(frame, table)
        frame = self._drop(frame, repeated, table, "STRUCT-REPEAT-EXACT", "The same row again")
        if as_at is not None and table.starts:
            ahead = frame[table.starts] > as_at
            frame = self._drop(
                frame, ahead, table, "STRUCT-FUTURE", f"{table.starts} lies after the extract", table.starts
            )
        if as_at is not None and table.held:
            planned = frame[table.held] > as_at
            if planned.any():
                self.notes.add_lines(
                    "STRUCT-FUTURE",
                    f"{table.held} lies after the extract: planned, not held",
                    frame[planned],
                    table.held,
                )
                frame = frame.assign(**{table.held: frame[table.held].mask(planned)})
        return self._one_per_key(frame, table)

    def _one_per_key(self, frame: pd.DataFrame, table: SsdTable) -> pd.DataFrame:
        """Rows that others point at must be unique, or every join on them multiplies: the first stands, the others
        are listed.
        """
        pointed_at = any(
            target == table.name and not to for t in self.model.tables.values() for target, to in t.links.values()
        )
        if table.new_keys or not pointed_at or frame.empty:
            return frame
        keys = list(table.key)
        again = frame.duplicated(keys) & frame[keys].notna().all(axis=1)
        return self._drop(
            frame,
            again,
            table,
            "STRUCT-REPEAT-KEY",
            f"{', '.join(keys)} is there already, with other content; set aside",
            keys[0],
        )

    def _drop(
        self, frame: pd.DataFrame, gone: pd.Series, table: SsdTable, code: str, reason: str, column: str = ""
    ) -> pd.DataFrame:
        if not gone.any():
            return frame
        self.notes.add_lines(code, reason, frame[gone], column)
        counts = frame[FILE][gone].astype("str").value_counts(sort=False)
        self.dropped += [(str(file), table.name, reason, int(n)) for file, n in counts.items()]
        return frame[~gone].reset_index(drop=True)

    def _file_frame(self, tables: Mapping[str, pd.DataFrame], extract_date: date | None) -> pd.DataFrame:
        files = pd.DataFrame(self.files, columns=[c for c in FILES_COLUMNS if c != "extract_date"])
        kept = {
            (str(f), name): int(n) for name, t in tables.items() for f, n in t[FILE].value_counts(sort=False).items()
        }
        files["kept"] = [kept.get(pair, 0) for pair in zip(files["file"], files["table"], strict=True)]
        files["extract_date"] = [self.days.get(file, extract_date) for file in files["file"]]
        return files.sort_values(["file", "table"], kind="stable", ignore_index=True)[FILES_COLUMNS]

    def _coverage(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.typed.found.coverage, columns=COVERAGE_COLUMNS)
        return frame.groupby(["table", "column"], sort=False, as_index=False)[
            ["rows", "filled", "empty", "unmapped"]
        ].sum()


def _named(raw: RawFile, columns: set[str], why: str) -> None:
    absent = sorted(columns - set(raw.frame.columns))
    if absent:
        raise InputError(
            f"{raw.name} lacks the column(s) {', '.join(map(repr, absent))} that the profile names {why}. "
            "Correct the profile, or export the column."
        )


def _empty_rows(cells: pd.DataFrame) -> pd.Series:
    empty = pd.Series(True, index=cells.index)
    for name in cells.columns:
        if not empty.any():
            break
        empty &= cells[name].eq("")
    return empty


def _repeats(frame: pd.DataFrame, table: SsdTable) -> pd.Series:
    """Rows that say the same as an earlier one; keys that the system makes anew on every run do not count."""
    content = [
        name for name, column in table.columns.items() if not (table.new_keys and name in table.key and not column.to)
    ]
    if table.new_keys or frame.empty:
        return frame.duplicated(content)
    repeated = pd.Series(False, index=frame.index)
    same_key = frame[frame.duplicated(list(table.key), keep=False)]
    repeated[same_key.index] = same_key.duplicated(content)
    return repeated


def _below(parts: list[pd.DataFrame], table: SsdTable) -> pd.DataFrame:
    if not parts:
        return table.empty()
    if len(parts) == 1:
        return parts[0]
    categories = list(dict.fromkeys(str(c) for part in parts for c in part[FILE].cat.categories))
    return pd.concat([p.assign(**{FILE: p[FILE].cat.set_categories(categories)}) for p in parts], ignore_index=True)


def _day(value: Any) -> date | None:
    """The day of an ISO date or date-time; None when there is none."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
