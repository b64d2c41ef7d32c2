"""One folder of 903 files with a planted fault for every family of rules, read and checked as any folder is."""

from pathlib import Path

import pandas as pd

from dfe_returns.contract import contract
from dfe_returns.sources.return_files import read_return
from dfe_returns.validate import validate
from dfe_returns.validate.specification import read_examples

YEAR = "2025-26"


def apart(tables, number):
    """The example's tables with children of its own, so that examples can stand in one folder."""
    out = {}
    for name, frame in tables.items():
        child = frame["CHILD"] if "CHILD" in frame else pd.Series(None, index=frame.index, dtype="object")
        out[name] = frame.assign(CHILD=("X" + str(number) + "X" + child.astype("str")).where(child.notna()))
    return out


def written(parts, folder, year):
    """The examples of one side (this year or last) as a folder of files."""
    folder.mkdir()
    for name, table in contract("ssda903", year).tables.items():
        frames = [part[name] for part in parts if name in part]
        frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        frame.reindex(columns=list(table.columns)).to_csv(folder / table.file_name, index=False)
    return read_return("ssda903", folder)


def test_every_family_of_rules_finds_its_planted_fault(tmp_path):
    rules = contract("ssda903", YEAR).rules
    examples = [
        e
        for e in read_examples(Path(__file__).parent / "ssda903", "ssda903")
        if e.year == YEAR and e.expected and e.rule in rules and not (e.reference or e.period or e.authority)
    ]
    this = [apart(e.tables, n) for n, e in enumerate(examples)]
    before = [apart(e.previous, n) for n, e in enumerate(examples) if e.previous]
    found = validate(
        "ssda903",
        YEAR,
        written(this, tmp_path / "this", YEAR),
        previous=written(before, tmp_path / "last", "2024-25"),
        rules=sorted(rules),
    )
    fired = {rules[code].family for code in found["code"].unique()}
    # rules that look a place or a provider up have their faults in the examples with a directory and a register
    looked_up = {r.family for r in rules.values() if {"postcodes", "urn_register", "la_codes"} & set(r.needs)}
    in_xml = {r.family for r in rules.values() if r.form}
    assert {r.family for r in rules.values()} - fired - looked_up - in_xml == set()
    assert len(fired) > 40
