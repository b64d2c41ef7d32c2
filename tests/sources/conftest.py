# ruff: noqa: E501  (tables are drawn as wide as they are)
"""A tiny extract in the shape of the SSD: two children, one referral each. Tests change what they are about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dfe_returns.sources import Loaded, load

TABLES = {
    "ssd_person": """
        pers_legacy_id | pers_person_id | pers_upn      | pers_sex | pers_ethnicity | pers_dob                | pers_upn_unknown
        1001           | 501            | A873000000001 | F        | WBRI           | 2015-05-01 00:00:00.000 |
        1002           | 502            |               | M        | MWBA           | 2016-06-01 00:00:00.000 | UN4""",
    "ssd_cin_episodes": """
        cine_referral_id | cine_person_id | cine_referral_date      | cine_cin_primary_need_code | cine_referral_source_code | cine_referral_source_desc | cine_referral_nfa | cine_close_reason | cine_close_date         | cine_referral_team
        R1               | 501            | 2025-05-06 00:00:00.000 | N1                         | 4718                      | 6 - Police                | N                 |                   |                         | T1
        R2               | 502            | 2025-06-07 00:00:00.000 | N4                         | 4707                      | 3A - GP                   | N                 | RC8               | 2025-09-01 00:00:00.000 | T2""",
}  # fmt: skip


def plain_codes(text: str) -> str:
    """The same table from a system that stores codes where System C stores lookup numbers and wording."""
    for stored, code in (("4718", "6"), ("4707", "3A"), ("6 - Police", ""), ("3A - GP", "")):
        text = text.replace(stored, code)
    return text


def rows_of(text: str) -> list[list[str]]:
    """A table drawn with bars as rows of cells."""
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]


def write_table(folder: Path, name: str, text: str, separator: str = ",", encoding: str = "utf-8") -> Path:
    """Write a drawn table as CSV; cells are quoted where they hold the separator, a quote or a line break (written \\n)."""
    lines = []
    for row in rows_of(text):
        cells = [cell.replace("\\n", "\n").replace("\\t", "\t") for cell in row]
        quoted = ['"' + c.replace('"', '""') + '"' if any(s in c for s in (separator, '"', "\n")) else c for c in cells]
        lines.append(separator.join(quoted))
    path = folder / (name if "." in name else f"{name}.csv")
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


@pytest.fixture
def extract(tmp_path: Path) -> Callable[..., Path]:
    """Function that writes an extract: the two tables above, with those given put over them (None leaves one out)."""

    def write(system: str = "systemc", run_at: str | None = "2026-06-12", **tables: str | None) -> Path:
        folder = tmp_path / "extract"
        folder.mkdir(exist_ok=True)
        usual = TABLES if system == "systemc" else {name: plain_codes(text) for name, text in TABLES.items()}
        for name, text in {**usual, **tables}.items():
            if text is not None:
                write_table(folder, name, text)
        content = {"la_code": "999", "system": system, "ssd_version": "1.4.5", "window_start": "2020-06-12"}
        (folder / "extract.json").write_text(json.dumps({**content, **({"run_at": run_at} if run_at else {})}))
        return folder

    return write


@pytest.fixture
def profile(tmp_path: Path) -> Callable[[str], Path]:
    """Function that writes a profile."""

    def write(text: str, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        path.write_text("\n".join(line[indent:] for line in lines) + "\n")
        return path

    return write


def notes(loaded: Loaded, code: str) -> list[tuple[str, int | None, str, int]]:
    """The structural notes of one code as (file, line, column, count)."""
    found = loaded.report.structure[loaded.report.structure["code"].eq(code)]
    return [
        (file, None if line is None or line != line else int(line), column, int(count))
        for file, line, column, count in zip(
            found["file"], found["line"].astype("object").where(found["line"].notna(), None), found["column"], found["count"],
            strict=True,
        )
    ]  # fmt: skip


__all__ = ["TABLES", "load", "notes", "write_table"]
