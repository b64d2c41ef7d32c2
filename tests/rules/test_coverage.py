"""Every code of every year has an implementation and examples, and nothing is left over."""

from pathlib import Path

import pandas as pd
import pytest

from dfe_returns.contract import YEARS, contract
from dfe_returns.validate.engine import implemented, validate
from dfe_returns.validate.registry import rule_book
from dfe_returns.validate.specification import Example, read_examples

HERE = Path(__file__).parent
RETURNS = ("cin", "ssda903")
EXAMPLES = {name: read_examples(HERE / name, name) for name in RETURNS}


def forms(return_name: str, code: str) -> list[tuple[str, ...]]:
    """The covered years of a rule, parted where the rule changed."""
    rule = contract(return_name, YEARS[-1]).all_rules[code]
    years = [year for year in YEARS if rule.in_year(year)]
    starts = sorted({*years[:1], *(year for year in years[1:] if year in rule.changed)})
    return [tuple(y for y in years if a <= y < b) for a, b in zip(starts, [*starts[1:], "9"], strict=False)]


def examples_of(return_name: str, code: str) -> list[Example]:
    return [example for example in EXAMPLES[return_name] if example.rule == code]


@pytest.mark.parametrize("return_name", RETURNS)
def test_every_code_of_every_year_runs_and_no_other(return_name: str, capsys: pytest.CaptureFixture[str]) -> None:
    counts = []
    for year in YEARS:
        collection = contract(return_name, year)
        assert set(collection.rules) - implemented(collection) == set(), f"{year}: nothing runs for these"
        examined = {e.rule for e in EXAMPLES[return_name]}
        department = [r for r in collection.rules.values() if r.departmental]
        queries = sum(r.severity == "query" for r in department)
        rules, others = len(collection.rules), len(collection.rules) - len(department)
        shown = len(examined & set(collection.rules))
        counts.append(
            f"{return_name} {year}: {rules} rules ({len(department) - queries} errors, {queries} queries, "
            f"{others} others), {shown} with examples"
        )
    known = set(contract(return_name, YEARS[-1]).all_rules)
    assert set(rule_book(return_name)) - known == set(), "functions without a rule"
    with capsys.disabled():
        print("", *counts, f"{return_name}: {len(EXAMPLES[return_name])} examples", sep="\n")


@pytest.mark.parametrize("return_name", RETURNS)
def test_every_form_of_every_rule_has_examples(return_name: str) -> None:
    wanting = []
    for code in contract(return_name, YEARS[-1]).all_rules:
        mine = examples_of(return_name, code)
        if not mine:
            wanting.append(f"{code}: no example")
        for years in forms(return_name, code):
            here = [e for e in mine if e.year in years and not e.not_run]
            rows = sum(len(frame) for e in here for frame in e.tables.values())
            flagged = {(id(e), table, row) for e in here for table, row, _ in e.expected}
            if not flagged:
                wanting.append(f"{code} {years[0]}: nothing fails")
            elif len(flagged) == rows and all(e.expected for e in here):
                wanting.append(f"{code} {years[0]}: nothing passes")
    assert wanting == []


@pytest.mark.parametrize("return_name", RETURNS)
@pytest.mark.parametrize("year", YEARS)
def test_a_rule_outside_its_years_is_not_run(return_name: str, year: str) -> None:
    collection = contract(return_name, year)
    nothing: dict[str, pd.DataFrame] = {}
    issues = validate(return_name, year, nothing, rules=list(collection.all_rules))
    outside = {code for code, lacked in issues.attrs["not_run"].items() if lacked == ("year",)}
    assert outside == set(collection.all_rules) - set(collection.rules)


@pytest.mark.parametrize("return_name", RETURNS)
def test_examples_have_names_of_their_own(return_name: str) -> None:
    names = [str(example) for example in EXAMPLES[return_name]]
    assert sorted({n for n in names if names.count(n) > 1}) == []
