"""From text to typed SSD columns: dates, codes, flags, numbers, identifiers. Everything that did not read is noted
with file and line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dfe_returns.sources import values as read
from dfe_returns.sources.cells import Cells, Found, sound_ids, text_column
from dfe_returns.sources.codemaps import CodeMap, Read, read_codes
from dfe_returns.sources.dates import parse_dates
from dfe_returns.sources.model import FILE, LINE, SsdColumn, SsdTable, dtype_of
from dfe_returns.sources.national import codes_of
from dfe_returns.sources.profile import Profile
from dfe_returns.sources.report import Notes, line_list
from dfe_returns.sources.shape import Part, formats_of
from dfe_returns.sources.words import blank_reader, spread, tidy, uniques
from dfe_returns.validate.checks import upn_check_letter

_MOST_SHOWN = 60
_MOST_DIFFERENT = 30
_UPN = r"^[A-Z]\d{11}[A-Z0-9]$"


class TypedReader:
    """Types the text frames of one source under one profile."""

    def __init__(self, profile: Profile, notes: Notes) -> None:
        self.profile = profile
        self.notes = notes
        self.found = Found()
        self._blank = blank_reader(profile.null_words)
        self._placeholders = {plain_word.lower() for plain_word in profile.placeholder_words}

    def table(self, table: SsdTable, part: Part, text: pd.DataFrame) -> pd.DataFrame:
        """The text frame of one part with the types of the SSD table; every column of the table is there."""
        lines = text[LINE].to_numpy(dtype="int64", na_value=0)
        out: dict[str, Any] = {}
        pending: dict[str, pd.Series] = {}
        for column in table.columns.values():
            if column.name not in text.columns:
                out[column.name] = pd.Series(index=text.index, dtype=dtype_of(column))
                continue
            if column.type == "id" and sound_ids(text[column.name]):
                out[column.name] = text[column.name].mask(text[column.name].eq(""))
                continue
            codes, distinct = uniques(text[column.name])
            source = str(part.columns.get(column.name, {}).get("column", column.name))
            cells = Cells(column, codes, [tidy(word) for word in distinct], lines, part.file, source)
            series, wrong = self._read(cells, part)
            out[column.name] = pd.Series(series, index=text.index)
            if wrong is not None:
                pending[column.name] = pd.Series(wrong, index=text.index)
        frame = pd.DataFrame(out, index=text.index)
        frame[FILE], frame[LINE] = text[FILE], text[LINE]
        for column in table.columns.values():
            if column.type == "code" and column.name in text.columns:
                self._bounds(column, frame, text)
        self._unmapped(table, part.file, frame, pending)
        self._upn_in_reason(table, frame, text)
        for column in table.columns.values():
            filled = int(frame[column.name].notna().sum()) if column.name in text.columns else 0
            unread = int(pending[column.name].ne("").sum()) if column.name in pending else 0
            self.found.coverage.append(
                (table.name, column.name, len(frame), filled, len(frame) - filled - unread, unread)
            )
        return frame

    def _read(self, cells: Cells, part: Part) -> tuple[Any, npt.NDArray[np.object_] | None]:
        kind = cells.column.type
        if kind == "date":
            return self._dates(cells, part), None
        blank, placeholder = self._blanks(cells)
        if any(placeholder):
            self._note(
                "STRUCT-PLACEHOLDER", "Placeholder words of the extract script; they count as blank", cells, placeholder
            )
        if kind == "code":
            return self._codes(cells, blank)
        if kind == "flag":
            return self._flags(cells, blank)
        if kind == "json":
            return self._json(cells, blank)
        if kind == "text":
            found = [None if empty else word for word, empty in zip(cells.distinct, blank, strict=True)]
            scientific = [
                not e and read.identifier(w)[1] == "scientific" for w, e in zip(cells.distinct, blank, strict=True)
            ]
            self._note(
                "STRUCT-SCIENTIFIC",
                "Numbers in scientific notation: a spreadsheet lost their digits",
                cells,
                scientific,
            )
            return text_column(cells.codes, found), None
        return self._plain(cells, blank), None

    def _blanks(self, cells: Cells) -> tuple[list[bool], list[bool]]:
        why = [self._why_blank(word) for word in cells.distinct]
        return [reason is not None for reason in why], [reason == "placeholder" for reason in why]

    def _why_blank(self, word: str) -> str | None:
        return "placeholder" if word.lower() in self._placeholders else self._blank(word)

    def _note(self, code: str, message: str, cells: Cells, wrong: Sequence[bool]) -> None:
        if not any(wrong):
            return
        lines = np.sort(cells.first_lines(wrong))
        if len(lines):
            self.notes.add(
                code, f"{message} ({line_list(lines)}).", cells.file, int(lines[0]), cells.source, len(lines)
            )

    def _dates(self, cells: Cells, part: Part) -> pd.Series:
        column = cells.column
        formats = formats_of(column.name, part, self.profile)
        dates = parse_dates(cells.distinct, formats, self._why_blank)
        if dates.refused:
            ways = ", ".join((*formats, *dates.others)) or "dmy"
            self.notes.stop(
                "STRUCT-DATE-ORDER",
                f"{part.file}: the dates of {cells.source} cannot be told ({dates.refused}). Say in the profile how "
                "they are written "
                f"(formats: {{{column.name}: [{ways}]}}), or export them as yyyy-mm-dd.",
                file=part.file,
                column=cells.source,
            )
        status = dates.status
        self._note("STRUCT-DATE", "Not a date; counted as blank", cells, [s == "unreadable" for s in status])
        self._note(
            "STRUCT-PLACEHOLDER-DATE",
            "Dates that stand for unknown or open; counted as blank",
            cells,
            [s == "placeholder" for s in status],
        )
        zones = set(dates.zones)
        self._note(
            "STRUCT-TIMEZONE",
            "A time zone stands behind the time; the day was kept as written",
            cells,
            [n in zones for n in range(len(status))],
        )
        if dates.formats.get("mdy") and not formats:
            message = "Dates read as month/day/year, the only order that fits them all."
            self.notes.add("STRUCT-DATE-AMERICAN", message, cells.file, None, cells.source, dates.formats["mdy"])
        if dates.formats.get("excel"):
            self.notes.add(
                "STRUCT-EXCEL-DATE",
                "Dates kept as Excel numbers were turned into dates.",
                cells.file,
                None,
                cells.source,
                dates.formats["excel"],
            )
        table = np.append(dates.values, np.datetime64("NaT", "us"))
        out = pd.Series(table[cells.codes])
        shift = part.columns.get(column.name, {}).get("days")
        return out + pd.Timedelta(days=shift) if shift else out

    def _plain(self, cells: Cells, blank: Sequence[bool]) -> Any:
        readers: Mapping[str, Callable[[str], tuple[Any, str]]] = {
            "id": read.identifier,
            "integer": read.integer,
            "decimal": read.decimal,
            "postcode": read.postcode,
            "partial_date": read.partial_date,
        }
        reader = readers[cells.column.type]
        found = [(None, "") if empty else reader(word) for word, empty in zip(cells.distinct, blank, strict=True)]
        said = [status for _, status in found]
        for status, (code, message) in _WORDS.items():
            self._note(code, message, cells, [s == status for s in said])
        if cells.column.type == "id" and "scientific" in said:
            self.notes.stop(
                "STRUCT-SCIENTIFIC",
                f"{cells.file}: numbers of {cells.source} are in scientific notation; their last digits are gone. "
                "Export again without opening the file in Excel.",
                file=cells.file,
                column=cells.source,
            )
        if cells.column.type in {"integer", "decimal"}:
            numbers = [pd.NA if value is None else value for value, _ in found]
            return pd.Series([*numbers, pd.NA], dtype=dtype_of(cells.column)).array.take(cells.codes)
        return text_column(cells.codes, [value for value, _ in found])

    def _flags(self, cells: Cells, blank: Sequence[bool]) -> tuple[Any, npt.NDArray[np.object_] | None]:
        codemap = self.profile.codemap(cells.column.name)
        entries = {word.lower(): entry.code for word, entry in codemap.entries.items()}
        results: list[tuple[str | None, str]] = []
        for word, empty in zip(cells.distinct, blank, strict=True):
            if empty:
                results.append((None, "blank"))
            elif word.lower() in entries:
                results.append((entries[word.lower()], ""))
            else:
                results.append(read.flag(word))
        return self._mapped(cells, [Read(code, status or "code") for code, status in results])

    def _codes(self, cells: Cells, blank: Sequence[bool]) -> tuple[Any, npt.NDArray[np.object_] | None]:
        column, codemap = cells.column, self.codemap(cells.column)
        words = [word for word, empty in zip(cells.distinct, blank, strict=True) if not empty]
        if codemap.mode == "lookup":
            words = [word for word in words if word not in read.UNKNOWN_KEYS]
        reads = dict(zip(words, read_codes(words, codes_of(column), codemap), strict=True))
        if column.name == "pers_upn_unknown":  # Eclipse holds the UPN itself here; it is moved to its own column below
            reads |= {word: Read(None, "UPN") for word in words if re.match(_UPN, word.upper())}
        results = [reads.get(word, Read(None, "blank")) for word in cells.distinct]
        self._note(
            "STRUCT-CODE-CASE", "Codes in the wrong case; read all the same", cells, [r.how == "case" for r in results]
        )
        return self._mapped(cells, results)

    def codemap(self, column: SsdColumn) -> CodeMap:
        """The profile's map for a column, with the column's own way of treating unmapped values where the profile is
        silent.
        """
        if column.name in self.profile.codes:
            found = self.profile.codes[column.name]
        else:
            found = CodeMap(unmapped=column.unmapped)
        if column.codes == "immigration" and not found.contains:
            words = dict.fromkeys(self.profile.conventions["uasc_words"], "UASC")
            found = CodeMap(found.mode, found.case, found.unmapped, found.entries, words)
        return found

    def _mapped(self, cells: Cells, results: Sequence[Read]) -> tuple[Any, npt.NDArray[np.object_] | None]:
        counts = cells.count()
        lost = [int(n) for result, n in zip(results, counts, strict=False) if result.how == "unmapped" and n]
        if hidden := no_codes(len(lost), sum(lost)):
            name = (cells.column.table, cells.column.name)
            self.found.values.append((*name, f"{len(lost)} different values, not shown", "", "unmapped", sum(lost)))
        for word, result, count in zip(cells.distinct, results, counts, strict=False):
            if result.how != "blank" and count and not (hidden and result.how == "unmapped"):
                self.found.values.append(
                    (
                        cells.column.table,
                        cells.column.name,
                        word[:_MOST_SHOWN],
                        result.code or "",
                        result.how,
                        int(count),
                    )
                )
        out = text_column(cells.codes, [result.code for result in results])
        unmapped = [
            word if result.how == "unmapped" else "" for word, result in zip(cells.distinct, results, strict=True)
        ]
        return out, spread(cells.codes, unmapped) if any(unmapped) else None

    def _json(self, cells: Cells, blank: Sequence[bool]) -> tuple[Any, npt.NDArray[np.object_] | None]:
        reader = read.json_list if cells.column.holds == "list" else read.json_flags
        found = [(None, "") if empty else reader(word) for word, empty in zip(cells.distinct, blank, strict=True)]
        self._note(
            "STRUCT-JSON",
            "Not readable as a list or as flags; counted as blank",
            cells,
            [s == "unreadable" for _, s in found],
        )
        if cells.column.holds != "list":
            return text_column(cells.codes, [None if v is None else json.dumps(v) for v, _ in found]), None
        lists = [value or [] for value, _ in found]
        items = sorted({item for one in lists for item in one})
        reads = dict(zip(items, read_codes(items, codes_of(cells.column), self.codemap(cells.column)), strict=True))
        texts = [
            json.dumps(list(dict.fromkeys(code for item in one if (code := reads[item].code)))) if one else None
            for one in lists
        ]
        lost = [", ".join(item for item in one if reads[item].how == "unmapped") for one in lists]
        for item in items:
            count = sum(int(n) for one, n in zip(lists, cells.count(), strict=False) if item in one)
            self.found.values.append(
                (
                    cells.column.table,
                    cells.column.name,
                    item[:_MOST_SHOWN],
                    reads[item].code or "",
                    reads[item].how,
                    count,
                )
            )
        return text_column(cells.codes, texts), spread(cells.codes, lost) if any(lost) else None

    def _bounds(self, column: SsdColumn, frame: pd.DataFrame, text: pd.DataFrame) -> None:
        """Codes of the profile that were in use between two dates only: outside them the value is unmapped."""
        bounded = {w: e for w, e in self.codemap(column).entries.items() if e.since or e.until}
        if not bounded or not column.dated_by:
            return
        day = frame[column.dated_by]
        codes, distinct = uniques(text[column.name])
        for word, entry in bounded.items():
            here = np.array([tidy(text_).lower() == word.lower() for text_ in distinct] + [False])[codes]
            outside = np.zeros(len(day), dtype=bool)
            if entry.until:
                outside |= (day > pd.Timestamp(entry.until)).to_numpy()
            if entry.since:
                outside |= (day < pd.Timestamp(entry.since)).to_numpy()
            late = here & outside
            if late.any():
                frame.loc[late, column.name] = np.nan
                file = str(frame[FILE].iloc[0])
                self._one_unmapped(column, file, f"{word} (out of use on that day)", int(late.sum()), frame[LINE][late])

    def _unmapped(self, table: SsdTable, file: str, frame: pd.DataFrame, pending: dict[str, pd.Series]) -> None:
        for column in table.columns.values():
            if column.fallback:
                frame[column.name] = frame[column.name].where(frame[column.name].notna(), frame[column.fallback])
        for column in table.columns.values():
            wrong = pending.get(column.name)
            if wrong is None:
                continue
            partner = [c.name for c in table.columns.values() if c.fallback == column.name] + (
                [column.name] if column.fallback else []
            )
            for name in partner:
                wrong = wrong.where(frame[name].isna(), "")
            pending[column.name] = wrong
            counts = wrong[wrong.ne("")].value_counts(sort=False).sort_index()
            if no_codes(len(counts), int(counts.sum())):
                self._hidden(column, file, len(counts), frame[LINE][wrong.ne("")])
                continue
            for value, count in zip(counts.index.astype(str).tolist(), counts, strict=True):
                self._one_unmapped(column, file, value, int(count), frame[LINE][wrong.eq(value)])

    def _hidden(self, column: SsdColumn, file: str, different: int, lines: pd.Series) -> None:
        """A column that is none of codes: its values may be names or notes, and stand in no message."""
        shown = f"({different} different values, not shown)"
        self.found.unmapped.append((file, column.table, column.name, shown, len(lines), "stop"))
        self.notes.stop(
            "STRUCT-UNMAPPED",
            f"{column.name}: {different} different values in {len(lines)} cells are not mapped to a code, so the "
            "column the profile names for it holds no codes. They are not shown. Correct the column in the profile.",
            file=file,
            line=int(lines.min()) if lines.notna().any() else None,
            column=column.name,
            count=len(lines),
        )

    def _one_unmapped(self, column: SsdColumn, file: str, value: str, count: int, lines: pd.Series) -> None:
        action = self.codemap(column).unmapped if column.type != "flag" else self.profile.codemap(column.name).unmapped
        shown = value[:_MOST_SHOWN]
        self.found.unmapped.append((file, column.table, column.name, shown, count, action))
        message = f"{column.name}: the value '{shown}' ({count} times) is not mapped to a code"
        line = int(lines.min()) if lines.notna().any() else None
        if action == "stop":
            self.notes.stop(
                "STRUCT-UNMAPPED",
                f"{message}. Add it to the profile under codes.",
                file=file,
                line=line,
                column=column.name,
                count=count,
            )
        elif action == "review":
            self.notes.add(
                "STRUCT-UNMAPPED-REVIEW", f"{message}; left blank, for review.", file, line, column.name, count
            )
        else:
            self.notes.add("STRUCT-UNMAPPED-EMPTY", f"{message}; it counts as blank.", file, line, column.name, count)

    def _upn_in_reason(self, table: SsdTable, frame: pd.DataFrame, text: pd.DataFrame) -> None:
        """Eclipse may hold the UPN itself in the column for the reason why there is none."""
        if table.name != "ssd_person" or "pers_upn_unknown" not in text.columns or "pers_upn" not in text.columns:
            return
        held = text["pers_upn_unknown"].str.strip().str.upper()
        given = frame["pers_upn"].str.strip().str.upper()
        moved = held.str.match(_UPN, na=False) & (given.isna() | (~_is_upn(given) & _is_upn(held)))
        if moved.any():
            frame.loc[moved, "pers_upn"] = held[moved]
            self.notes.add_lines(
                "STRUCT-UPN-MOVED",
                "A UPN stood in the column for its absence and was taken from there",
                frame[moved],
                "pers_upn_unknown",
            )


def _is_upn(values: pd.Series) -> pd.Series:
    return values.str.match(_UPN, na=False) & upn_check_letter(values)


def no_codes(different: int, cells: int) -> bool:
    """Whether so many unmapped values differ that the column cannot be one of codes: names, numbers, dates, notes."""
    return different > _MOST_DIFFERENT and different > cells / 2


_WORDS = {
    "unknown": ("STRUCT-UNKNOWN-KEY", "Keys -1 or 0 stand for nobody; counted as blank"),
    "float": ("STRUCT-FLOAT", "Numbers with .0 behind them, as spreadsheets write; cleaned"),
    "unreadable": ("STRUCT-NUMBER", "Not a number; counted as blank"),
    "dummy": ("STRUCT-POSTCODE-DUMMY", "Made-up postcodes; counted as blank"),
    "placeholder": ("STRUCT-PLACEHOLDER-DATE", "Dates that stand for unknown; counted as blank"),
    "undated": ("STRUCT-DATE", "Neither a date nor a date in parts; left as it is"),
    "odd": ("STRUCT-POSTCODE", "Not a full postcode; left as it is"),
}
