"""A first pass over the bytes of a delimited text file: where its rows lie, and whether they are whole.

Done before any parsing so that a stray quote, a ragged line or a cut-off end is named by its line instead of
shifting columns in silence.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dfe_returns.errors import InputError

_BLOCK = 1 << 22
_QUOTE, _NEWLINE = 34, 10
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NAMES = {
    "utf-8-sig": "UTF-8 with mark",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 without mark",
    "utf-16-be": "UTF-16 without mark",
    "cp1252": "Windows-1252",
}
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class Layout:
    """Rows of a file: the line each row begins on (header too, blank lines left out), and how many cells it has."""

    lines: npt.NDArray[np.int64]
    cells: npt.NDArray[np.int64]


def encoding_name(encoding: str) -> str:
    """The encoding in words."""
    return _NAMES.get(encoding, encoding)


def detect_encoding(data: bytes, file: str) -> str:
    """utf-8-sig, utf-16 (with or without mark), utf-8, else Windows-1252. Raises InputError for bytes that are text in
    none of them.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    start = data[:4096]
    for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
        if zeros.count(0) > 0.8 * len(zeros) and start.count(0) <= len(zeros) and _decodes(data, name):
            return name
    if _decodes(data, "utf-8"):
        return "utf-8"
    if b"\x00" in data[:4096]:
        raise InputError(f"{file}: this is not a text file. Export it again as CSV.")
    if _decodes(data, "cp1252"):
        return "cp1252"
    raise InputError(f"{file}: the text is neither UTF-8 nor Windows-1252. Export it again as CSV UTF-8.")


def _decodes(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(data[start : start + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def detect_separator(header: str) -> str:
    """The separator found most often in the header line, outside quotes; a comma when there is none."""
    outside = "".join(header.split('"')[::2])
    counts = {mark: outside.count(mark) for mark in SEPARATORS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def scan(data: bytes, separator: str, file: str, first_line: int = 1) -> Layout:
    """Rows and cells of the file, quotes heeded.

    Raises InputError naming file and line for: a quote that is never closed, a quote in the middle of an unquoted cell.
    """
    buffer = np.frombuffer(data, dtype=np.uint8)
    quoted = b'"' in data
    ends: list[npt.NDArray[np.int64]] = []
    marks: list[npt.NDArray[np.int64]] = []
    physical: list[npt.NDArray[np.int64]] = []
    open_quote, marks_before, lines_before = 0, 0, 0
    last_quote_line = first_line
    for start in range(0, len(buffer), _BLOCK):
        block = buffer[start : start + _BLOCK]
        newline, mark = block == _NEWLINE, block == ord(separator)
        line_count = np.cumsum(newline, dtype=np.int32)
        if quoted:
            quote = block == _QUOTE
            inside = (np.cumsum(quote, dtype=np.int64) + open_quote) % 2 == 1
            if quote.any():
                last_quote_line = first_line + lines_before + int(line_count[np.flatnonzero(quote)[-1]])
            open_quote = int(inside[-1])
            row_end, mark = newline & ~inside, mark & ~inside
        else:
            row_end = newline
        where = np.flatnonzero(row_end)
        so_far = np.cumsum(mark, dtype=np.int64)
        ends.append(where + start)
        marks.append(so_far[where] + marks_before)
        physical.append(line_count[where].astype(np.int64) + lines_before)
        marks_before += int(so_far[-1]) if len(so_far) else 0
        lines_before += int(line_count[-1]) if len(line_count) else 0
    if open_quote:
        raise InputError(
            f"{file}: a quotation mark is opened and never closed; the last one stands on line {last_quote_line}. "
            "Either the file was cut off there or a cell holds a stray quote. Export the file again."
        )
    if quoted:
        _no_stray_quotes(data, separator, file, first_line)
    end, mark_count, line_no = (
        np.concatenate(x) if x else np.zeros(0, dtype=np.int64) for x in (ends, marks, physical)
    )
    if len(data) and (not len(end) or end[-1] != len(data) - 1):
        end, mark_count = np.append(end, len(data)), np.append(mark_count, marks_before)
        line_no = np.append(line_no, lines_before + 1)
    starts = np.concatenate(([0], end[:-1] + 1)) if len(end) else end
    begins_on = np.concatenate(([0], line_no[:-1])) + first_line if len(end) else end
    cells = np.diff(np.concatenate(([0], mark_count))) + 1
    keep = ~_blank(data, starts, end, cells)
    return Layout(begins_on[keep], cells[keep])


def _blank(data: bytes, starts: np.ndarray, ends: np.ndarray, cells: np.ndarray) -> npt.NDArray[np.bool_]:
    """Rows without any text: an empty line between rows or at the end."""
    blank = np.zeros(len(cells), dtype=bool)
    for position in np.flatnonzero((cells == 1) & (ends - starts < 64)):
        blank[position] = not data[starts[position] : ends[position]].strip()
    return blank


def _no_stray_quotes(data: bytes, separator: str, file: str, first_line: int) -> None:
    """A quote may open a cell, close it, or be doubled inside; any other quote is stray."""
    buffer = np.frombuffer(data, dtype=np.uint8)
    at = np.flatnonzero(buffer == _QUOTE)
    edge = np.zeros(256, dtype=bool)
    edge[[ord(separator), _NEWLINE, 13, _QUOTE]] = True
    opening, closing = at[0::2], at[1::2]
    before = np.where(opening == 0, True, edge[buffer[np.maximum(opening - 1, 0)]])
    after = np.where(closing == len(buffer) - 1, True, edge[buffer[np.minimum(closing + 1, len(buffer) - 1)]])
    bad = np.concatenate((opening[~before], closing[~after]))
    if len(bad):
        line = first_line + data.count(b"\n", 0, int(bad.min()))
        raise InputError(
            f"{file}, line {line}: a stray quotation mark stands in the middle of a cell. "
            "Quote the whole cell and double the quotes inside it, or leave the quotes out."
        )
