"""Streams XML from files we did not make: no entities, no DTD, no network; plain words where one cannot be read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lxml import etree

from dfe_returns.errors import InputError
from dfe_returns.sources.return_tables import StructureNotes

Xml = Any
"""An lxml element: its published types are too loose to check against."""

SAFE: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
"""Parser options for any file from outside. Without `huge_tree`, absurd depth and text of over 10 MB are refused."""

_CHUNK = 1 << 20
_FEED = 1 << 15
"""Bytes given to the parser at once: libxml2 moves what it has not used yet, so large portions take twice as long."""

_EXACT_LINES = 65535
"""libxml2 keeps line numbers of elements in 16 bits; further on it gives the line of the nearest text instead."""

_STEPS_TO_TEXT = 64
"""How many elements without any text between them are passed in search of a line."""

_DECLARED = re.compile(rb"""<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_UTF8 = ("UTF-8", "UTF8", "ASCII", "US-ASCII")
_AS_DECLARED = "The file is to be in UTF-8; it was read in the encoding that it declares."

_NOT_UTF8 = {
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
    etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
    etree.ErrorTypes.ERR_INVALID_ENCODING,
    etree.ErrorTypes.ERR_INVALID_CHAR,
    etree.ErrorTypes.I18N_CONV_FAILED,
}
_CUT_SHORT = {
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
    etree.ErrorTypes.ERR_DOCUMENT_END,
    etree.ErrorTypes.ERR_GT_REQUIRED,
    etree.ErrorTypes.ERR_LTSLASH_REQUIRED,
}
_MARKUP = {
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY,
    etree.ErrorTypes.ERR_ENTITYREF_SEMICOL_MISSING,
    etree.ErrorTypes.ERR_NAME_REQUIRED,
    etree.ErrorTypes.WAR_UNDECLARED_ENTITY,
}


class Events(Iterator[Xml]):
    """The wanted elements as each is complete; `root` once the file is read."""

    def __init__(self, path: Path, file: IO[bytes], tags: tuple[str, ...], encoding: str | None) -> None:
        self.root: Any = None
        self._walk = self._read(path, file, tags, encoding)

    def __next__(self) -> Xml:
        return next(self._walk)

    def _read(self, path: Path, file: IO[bytes], tags: tuple[str, ...], encoding: str | None) -> Iterator[Xml]:
        parser: Any = etree.XMLPullParser(events=("end",), tag=tags, encoding=encoding, **SAFE)
        events = parser.read_events()
        with _in_plain_words(path, parser):
            while chunk := file.read(_FEED):
                parser.feed(chunk)
                for _, element in events:
                    yield element
            self.root = parser.close()
        for _, element in events:
            yield element


@contextmanager
def parsed(path: Path, tags: tuple[str, ...], notes: StructureNotes) -> Iterator[Events]:
    """The wanted elements of an XML file. Raises InputError, with line and remedy, for whatever cannot be read."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would keep the reader waiting for ever
            raise InputError(f"{path}: this is a pipe or device, not a file. Save it as a file first.")
        with open(path, "rb") as file:
            encoding = _opening(path, file, notes)
            file.seek(0)
            yield Events(path, file, tags, encoding)
    except OSError as error:
        raise InputError(_no_file(path, error)) from None


def _opening(path: Path, file: IO[bytes], notes: StructureNotes) -> str | None:
    """Look at the file up to its root element. Returns the encoding to read it in where the declared one is wrong."""
    head = file.read(_CHUNK)
    if not head.strip():
        raise InputError(f"{path.name}: the file is empty. Export it again.")
    encoding = _encoding(file, head, notes)
    parser: Any = etree.XMLPullParser(events=("start",), encoding=encoding, **SAFE)
    events = parser.read_events()
    with _in_plain_words(path, parser):
        # Small steps: whatever declarations the file begins with are seen before anything could use them.
        for start in range(0, len(head), 1024):
            fault: Exception | None = None
            try:
                parser.feed(head[start : start + 1024])
            except etree.XMLSyntaxError as error:
                fault = error
            root = next((element for _, element in events), None)
            if root is not None:  # a fault after it is met again, with its line, when the file is read
                _refuse_declarations(path, root)
                return encoding
            if fault is not None:
                raise fault
        parser.close()  # raises where there is no element at all
    raise InputError(
        f"{path.name}: no XML element in the first megabyte. Choose the file that your case system exports."
    )


def _refuse_declarations(path: Path, root: Xml) -> None:
    about = root.getroottree().docinfo
    if about.doctype or about.internalDTD is not None:
        raise InputError(
            f"{path.name}: the file begins with a document type declaration (<!DOCTYPE ...>), which no return has and "
            "which can be used to attack a reader. It was not read. Export it again, or take the declaration out."
        )


def _encoding(file: IO[bytes], head: bytes, notes: StructureNotes) -> str | None:
    """The encoding to read a file in where its declaration cannot be right; None = the parser goes by the file.

    The declaration is read here because libxml2 tells it only once the whole file is parsed.
    """
    if b"\0" in head[:4]:  # UTF-16 or UTF-32, which the parser finds out for itself
        notes.add("STRUCT-ENCODING", 1, "", _AS_DECLARED)
        return None
    marked = head.startswith(codecs.BOM_UTF8)
    found = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    declared = found[1].decode("ascii").upper() if found else "UTF-8"
    wide = declared.startswith(("UTF-16", "UTF-32", "UCS", "ISO-10646"))  # no byte of the file is as this would have it
    if not (wide or marked or declared in _UTF8):
        notes.add("STRUCT-ENCODING", 1, "", _AS_DECLARED)
        return None
    if not _is_utf8(file):
        notes.add("STRUCT-ENCODING", None, "", "The file is not in UTF-8 as it should be; it was read as Windows-1252.")
        return "windows-1252"
    if marked or not wide:
        return None
    notes.add("STRUCT-ENCODING", 1, "", "The file is in UTF-8 but declares another encoding; it was read as UTF-8.")
    return "utf-8"


def _is_utf8(file: IO[bytes]) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            if not chunk.isascii() or decoder.getstate()[0]:
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _no_file(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path}: there is no such file. Check the path."
    if isinstance(error, IsADirectoryError):
        return f"{path}: this is a folder; name the XML file in it."
    reason = error.strerror or "no access"
    return f"{path}: the file cannot be opened ({reason}). Ask for access, or close the program that holds it."


@contextmanager
def _in_plain_words(path: Path, parser: Any) -> Iterator[None]:
    try:
        yield
    except etree.XMLSyntaxError as error:
        code, line = getattr(error, "code", 0), error.lineno or 0
        for entry in reversed(parser.feed_error_log):
            if not line:  # some errors only surface at the end of the file; the log knows where they were
                code, line = entry.type, entry.line
        raise InputError(_unreadable(path, code, line)) from None


def _unreadable(path: Path, code: int, line: int) -> str:
    """Plain words for lxml's error; its own text is left out because it may quote the file."""
    where = f"{path.name}, line {line}" if line else path.name
    if code == etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
        return f"{where}: this is not an XML file. Choose the census file that your case system exports."
    if code in _CUT_SHORT:
        return f"{where}: the file is cut short or a tag is left open here. Export or download it again."
    if code == etree.ErrorTypes.ERR_TAG_NAME_MISMATCH:
        return f"{where}: an end tag does not match its start tag. The file was damaged or edited; export it again."
    if code in _MARKUP:
        return f"{where}: a bare & or <, or an unknown entity. Write &amp; or &lt; there, or have the export mended."
    if code in _NOT_UTF8:
        return f"{where}: a character that XML or the declared encoding does not allow. Save the file as UTF-8."
    return f"{where}: the file is not well-formed XML here. Open it at that line, or export it again."


# ---- elements --------------------------------------------------------------------------------------------


def plain_name(tag: Any) -> str:
    """The name of an element without its namespace; '' for comments and processing instructions."""
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2]


def text_within(item: Xml) -> str | None:
    """The element's own text, also where a comment or a stray element parts it."""
    parts = [item.text or "", *(part.tail or "" for part in item)]
    return "".join(parts) or None


def line_of(element: Xml) -> int:
    """The line of the start tag, also beyond line 65535.

    There libxml2 only knows on which line the nearest text ends, so the first text after the tag is looked for.
    """
    line: int = element.sourceline or 0
    if line < _EXACT_LINES:
        return line
    text = element.text
    if text and isinstance(element.tag, str):
        return line - text.count("\n")
    return _line_by_text_after(element, line)


def _line_by_text_after(element: Xml, line: int) -> int:
    """Of an element without text of its own; `line` where no text follows soon."""
    node, passed = element, 0  # `passed`: line ends between the tag and the node
    for _ in range(_STEPS_TO_TEXT):
        inside = node.text or ""
        if isinstance(node.tag, str):
            if inside:
                return (node.sourceline or 0) - inside.count("\n") - passed
            if len(node):
                node = node[0]
                continue
        passed += inside.count("\n")  # of a comment
        if node.tail:
            return (node.sourceline or 0) - node.tail.count("\n") - passed
        while (after := node.getnext()) is None:
            node = node.getparent()
            if node is None:
                return line
            passed += (node.tail or "").count("\n")
        node = after
    return line
