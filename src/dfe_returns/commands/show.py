"""How commands print: tables and pages on a terminal, plain text in a pipe, JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer


class Format(StrEnum):
    """What the output is for: a person or a script."""

    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for scripts")]


def say(text: str = "") -> None:
    """A line for the user."""
    typer.echo(text)


def note(text: str) -> None:
    """A remark beside the result (standard error, so that a pipe holds the result alone)."""
    typer.echo(text, err=True)


def as_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Rows under headings: a drawn table on a terminal, aligned text in a pipe."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        drawn = Table(*columns, title=title or None, title_justify="left", header_style="bold")
        for row in texts:
            drawn.add_row(*(cell.replace("[", "\\[") for cell in row))
        Console().print(drawn)
        return
    widths = [max(len(row[i]) for row in [list(columns), *texts]) for i in range(len(columns))]
    for row in [list(columns), *texts]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def page(facts: Mapping[str, Any], title: str = "") -> None:
    """Named facts, one below the other; empty ones are left out, lists get a line each."""
    import textwrap

    if title:
        typer.echo(typer.style(title, bold=True) if sys.stdout.isatty() else title)
    width = max((len(name) for name in facts), default=0) + 2
    for name, value in facts.items():
        if value in (None, "", [], {}, ()):
            continue
        parts = _lines(value)
        for i, part in enumerate(parts):
            wrapped = textwrap.wrap(part, 110 - width) or [""]
            for j, line in enumerate(wrapped):
                head = f"{name}:" if i == 0 and j == 0 else ""
                typer.echo(f"  {head:<{width}}{line}")


def _lines(value: Any) -> list[str]:
    """A value as lines: one per member of a list or mapping; what is empty is left out."""
    if isinstance(value, Mapping):
        return [f"{_words(k)}: {_in_line(v)}" for k, v in value.items() if _in_line(v)]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_in_line(v) for v in value if _in_line(v)]
    return [str(value)]


def _in_line(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(
            f"{k} ({_in_line(v)})" if _in_line(v) != str(k) else str(k) for k, v in value.items() if _in_line(v)
        )
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(_in_line(v) for v in value)
    return str(value)


def _words(name: Any) -> str:
    return str(name).replace("_", " ")
