"""The retention flow: counts in Prefect, nothing else; deletion by name only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dfe_returns.config import Config
from dfe_returns.evidence.holds import release_hold

from .kept import Clock, census, keep, ledger_at, sign

pytest.importorskip("prefect")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def flow(monkeypatch, tmp_path):
    """The flow's own function, its artifact kept for us, over a ledger with one run long past its time."""
    monkeypatch.syspath_prepend(str(ROOT))
    from flows import retention as module

    clock = Clock("2016-07-01")
    ledger = ledger_at(tmp_path, clock)
    children = "LAchildID | PersonBirthDate | Sex\nA1 | 2012-03-04 | F"
    sign(ledger, keep(tmp_path / "old", "cin", "2024-25", census("2024-25", children), "old"))
    for who in ("L Awyer", "D Irector"):
        release_hold(ledger, "HOLD-IIGG", who, "role", "not in scope")
    told = []
    monkeypatch.setattr(module, "create_markdown_artifact", lambda **artifact: told.append(artifact["markdown"]))
    monkeypatch.setattr("dfe_returns.config.load_config", lambda _path: Config(folder=tmp_path))
    monkeypatch.setattr("dfe_returns.ledger.place.ledger_of", lambda *_: ledger)
    clock.set(date(2026, 7, 1).isoformat())
    return module.retention.fn, told, tmp_path / "old"


def test_a_report_by_default(flow):
    retention, told, folder = flow
    assert retention() == {"deleted": 0, "states": {"expired": 1, "keep": 1}}
    assert (folder / "draft").exists()
    assert "RET-STAGING" in told[0]
    assert "A1" not in told[0]


def test_deletion_needs_apply_and_a_name(flow):
    retention, _, folder = flow
    with pytest.raises(RuntimeError, match="name and role"):
        retention(apply=True)
    assert (folder / "draft").exists()
    assert retention(apply=True, name="R Ecords", role="records manager")["deleted"] == 1
    assert not (folder / "draft").exists()
