"""No rule raises, whatever the tables hold; and on tidy data the order of rows makes no difference."""

import random
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe_returns.contract import YEARS, Collection, Field, Table, contract
from dfe_returns.validate.engine import validate

RETURNS = ("cin", "ssda903")
CHILDREN = ("A1", "A2", "A3", "A4")
ODD_DAYS = (
    "",
    "2026-02-30",
    "99/99/9999",
    "0001-01-01",
    "9999-12-31",
    "31/12/9999",
    "01/01/0001",
    "2025-05-01T10:00:00",
    "May",
)
ODD_CELLS = (
    "",
    " ",
    "0",
    "1",
    "-1",
    "1.5",
    "TRUE",
    "false",
    "XX",
    "NONE",
    "E10000016",
    "AB1 2CD",
    "zz/06/2024",
    "1" * 400,
)
STRICT = {"strict": 0.0}

few = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 2**32)
words = st.lists(st.text(max_size=6), min_size=1, max_size=8)


def day(chance: random.Random, return_name: str) -> str:
    stamp = pd.Timestamp(2024, 1, 1) + pd.Timedelta(days=chance.randrange(1100))
    return stamp.strftime("%Y-%m-%d" if return_name == "cin" else "%d/%m/%Y")


def any_cell(collection: Collection, item: Field | None, chance: random.Random, texts: list[str]) -> object:
    """A cell that may be right, odd, of another type or any text at all."""
    kind = chance.random()
    if kind < 0.1:
        return chance.choice([None, float("nan"), 7, 2.0, pd.Timestamp(2025, 6, 1), pd.NaT, ["4B", "21"], True])
    if kind < 0.25:
        return chance.choice(texts)
    if kind < 0.4 or item is None:
        return chance.choice(ODD_DAYS if item is not None and item.type == "date" else ODD_CELLS)
    if item.type == "date":
        return day(chance, collection.name)
    if item.code_set:
        return chance.choice(sorted(collection.codesets[item.code_set].all_codes) or [""])
    return chance.choice(ODD_CELLS)


def any_table(collection: Collection, table: Table, chance: random.Random, texts: list[str]) -> pd.DataFrame:
    """Up to eight rows of any cells; few children, so that keys repeat; columns may be missing, doubled or unknown."""
    rows = chance.randrange(9)
    names = [*table.join_keys, *table.all_fields]
    names = [name for name in names if chance.random() < 0.85] + chance.choice([[], ["Unknown"], names[:1]])
    columns = []
    for name in names:
        item = table.all_fields.get(name)
        keys = [*CHILDREN, None, "", texts[0]] if name in table.keys else None
        make: Callable[[], object] = lambda i=item, k=keys: (  # noqa: E731
            chance.choice(k) if k else any_cell(collection, i, chance, texts)
        )
        columns.append(pd.Series([make() for _ in range(rows)], dtype=object, name=name))
    return pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(rows))


def any_tables(collection: Collection, chance: random.Random, texts: list[str]) -> dict[str, pd.DataFrame]:
    return {
        name: any_table(collection, table, chance, texts)
        for name, table in collection.all_tables.items()
        if chance.random() < 0.95
    }


def reference(chance: random.Random, texts: list[str]) -> dict[str, pd.DataFrame] | None:
    """Any postcodes and providers, or none."""
    columns = {
        "postcodes": ("postcode", "la_code", "easting", "northing"),
        "providers": ("urn", "placement_codes", "provider_codes", "closed", "postcode", "la_code"),
    }
    if chance.random() < 0.3:
        return None
    return {
        name: pd.DataFrame(
            [[chance.choice([*ODD_CELLS, *texts]) for _ in names] for _ in range(4)], columns=list(names)
        )
        for name, names in columns.items()
    }


@pytest.mark.parametrize("return_name", RETURNS)
@few
@given(seed=seeds, texts=words)
def test_no_rule_raises(return_name: str, seed: int, texts: list[str]) -> None:
    chance = random.Random(seed)
    collection = contract(return_name, chance.choice(YEARS))
    tables, last = any_tables(collection, chance, texts), any_tables(collection, chance, texts)
    issues = validate(
        return_name,
        collection.year,
        tables,
        previous=chance.choice([None, last]),
        rules="all,INT",
        reference=reference(chance, texts),
        timings=dict(STRICT),
    )
    for table, row in zip(issues["table"], issues["row"], strict=True):
        assert pd.isna(row) if table == "" else 0 <= row < len(tables[table])


@pytest.mark.parametrize("return_name", RETURNS)
def test_nothing_at_all_is_no_reason_to_raise(return_name: str) -> None:
    collection = contract(return_name, YEARS[-1])
    for tables in (
        {},
        {name: pd.DataFrame() for name in collection.all_tables},
        {name: pd.DataFrame(index=range(2)) for name in collection.all_tables},
    ):
        validate(return_name, YEARS[-1], tables, previous=tables, rules="all,INT", timings=dict(STRICT))


@pytest.mark.parametrize("day_text", ODD_DAYS)
def test_any_census_header_leaves_a_period(day_text: str) -> None:
    for year_text in ("2026", "0001", "0000", "9999", "20x6"):
        judge_by_header(day_text, year_text)


def judge_by_header(day_text: str, year_text: str) -> None:
    chance = random.Random(1)
    tables = any_tables(contract("cin", "2025-26"), chance, ["x"])
    tables["Header"] = pd.DataFrame({"Year": [year_text], "ReferenceDate": [day_text]})
    dated = ["4016", "8520", "8530Q", "8569Q", "8670Q", "8675Q", "8770Q", "8775Q", "8620", "8940"]
    validate("cin", "2023-24" if year_text == "0001" else "2025-26", tables, rules=dated, timings=dict(STRICT))


def tidy_tables(collection: Collection, chance: random.Random) -> dict[str, pd.DataFrame]:
    """Usable cells; no key twice and, within a table, no day twice."""
    tables = {}
    for name, table in collection.all_tables.items():
        if len(table.keys) == 0:
            tables[name] = pd.DataFrame()
            continue
        one_each = len(table.keys) > 1 or table.name in (
            "Header",
            "ChildIdentifiers",
            "UASC",
            "OC2",
            "OC3",
            "AD1",
            "PrevPerm",
        )
        keys = {key: list(CHILDREN) if i == 0 else ["1"] * len(CHILDREN) for i, key in enumerate(table.keys)}
        if table.name in ("CINdetails", "Assessments", "ChildProtectionPlans") or not one_each:
            keys = {key: [*cells, *cells] for key, cells in keys.items()}
        if table.name in ("CINdetails", "Assessments", "ChildProtectionPlans"):
            keys[table.keys[-1]] = ["1"] * len(CHILDREN) + ["2"] * len(CHILDREN)
        rows = len(next(iter(keys.values())))
        cells: dict[str, list[object]] = dict(keys)
        for item in table.all_fields.values():
            if item.name in keys:
                continue
            if item.type == "date":
                first = pd.Timestamp(2024, 6, 1)
                days = [first + pd.Timedelta(days=d) for d in chance.sample(range(800), rows)]
                gaps = chance.random() < 0.5 and "end" in item.name.lower()
                cells[item.name] = [pd.NaT if gaps and chance.random() < 0.4 else d for d in days]
            elif item.code_set:
                codes = sorted(collection.codesets[item.code_set].codes) or [""]
                cells[item.name] = [chance.choice([*codes, "", "XX"]) for _ in range(rows)]
            else:
                cells[item.name] = [chance.choice(["", "0", "1", "7"]) for _ in range(rows)]
        tables[name] = pd.DataFrame(cells)
    return tables


@pytest.mark.parametrize("return_name", RETURNS)
@few
@given(seed=seeds)
def test_the_order_of_rows_makes_no_difference_to_tidy_data(return_name: str, seed: int) -> None:
    chance = random.Random(seed)
    collection = contract(return_name, chance.choice(YEARS))
    tables, last = tidy_tables(collection, chance), tidy_tables(collection, chance)
    orders = {name: chance.sample(range(len(frame)), len(frame)) for name, frame in tables.items()}
    shuffled = {name: frame.iloc[orders[name]] for name, frame in tables.items()}
    answers = []
    for given_tables, order in ((tables, None), (shuffled, orders)):
        issues = validate(
            return_name, collection.year, given_tables, previous=last, rules="all,INT", timings=dict(STRICT)
        )
        rows = zip(issues["code"], issues["table"], issues["row"].fillna(-1), issues["field"], strict=True)
        answers.append({(c, t, int(r) if order is None or not t else order[t][int(r)], f) for c, t, r, f in rows})
    assert answers[0] == answers[1]
    assert answers[0], "something is found"
