"""The table of obligations names every R number once, and only tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = (TESTS.parent / "docs" / "obligations.md").read_text(encoding="utf-8")


def test_every_obligation_has_one_line():
    assert re.findall(r"^\| (R\d+) \|", TABLE, re.MULTILINE) == [f"R{n}" for n in range(1, 54)]


def test_every_line_names_a_test():
    for line in TABLE.splitlines():
        if line.startswith("| R"):
            assert "::test_" in line, line


def test_the_tests_it_names_exist():
    for path, name in set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", TABLE)):
        assert f"def {name}(" in (TESTS / path).read_text(encoding="utf-8"), f"{path}::{name}"
