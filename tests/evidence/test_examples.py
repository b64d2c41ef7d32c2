"""The pages in docs/examples are what the product makes of Fernshire today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_examples_are_current(tmp_path):
    found = importlib.util.spec_from_file_location("make_examples", DOCS / "make_examples.py")
    assert found is not None
    assert found.loader is not None
    maker = importlib.util.module_from_spec(found)
    found.loader.exec_module(maker)
    maker.main(["cin", "ssda903"], tmp_path / "examples")

    def pages(folder):
        return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    now, kept = pages(tmp_path / "examples"), pages(DOCS / "examples")
    assert set(now) == set(kept)
    stale = [name for name in now if now[name] != kept[name]]
    assert stale == [], "run: python docs/make_examples.py"
