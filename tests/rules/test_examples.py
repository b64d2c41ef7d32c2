"""Every example of every rule: exactly the drawn cells are pointed at, also with the rows in reverse order."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from dfe_returns.validate.engine import validate
from dfe_returns.validate.specification import Example, Place, read_examples

HERE = Path(__file__).parent
EXAMPLES = [example for name in ("cin", "ssda903") for example in read_examples(HERE / name, name)]


def found(example: Example, backwards: bool = False) -> tuple[frozenset[Place], tuple[str, ...]]:
    """The cells pointed at (rows numbered as drawn) and what the rule lacked."""

    def turned(frames: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
        return {name: frame.iloc[::-1] for name, frame in frames.items()} if backwards else frames

    issues = validate(
        example.return_name,
        example.year,
        turned(example.tables),
        previous=None if example.previous is None else turned(example.previous),
        rules=[example.rule],
        reference=turned(example.reference),
        period=example.period,
        authority=example.authority,
        timings={"strict": 0.0},
    )
    assert set(issues["code"]) <= {example.rule}
    places = set()
    for table, row, field in zip(issues["table"], issues["row"].fillna(-1), issues["field"], strict=True):
        if backwards and table:
            row = len(example.tables[table]) - 1 - row
        places.add((table, int(row), field))
    assert len(places) == len(issues), "a cell is pointed at once"
    return frozenset(places), issues.attrs["not_run"].get(example.rule, ())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_example(example: Example) -> None:
    places, lacked = found(example)
    assert lacked == example.not_run
    assert sorted(places) == sorted(example.expected)
    if not example.order_matters:
        assert sorted(found(example, backwards=True)[0]) == sorted(example.expected), "rows in reverse order"
