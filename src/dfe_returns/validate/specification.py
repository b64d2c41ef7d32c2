"""The rules' executable specification: small tables drawn as text, with the cells that a rule must point at.

    - rule: "8630"
      examples:
      - name: closed the day before the referral
        year: 2025-26                    # optional: 2025-26, or the first year of a rule that is not in force then
        order_matters: true              # optional: the answer depends on the order of rows (ties, repeated keys)
        tables:
          CINdetails: |
            LAchildID | CINdetailsID | CINreferralDate | CINclosureDate | flagged
            A1        | 1            | 2025-05-10      | 2025-05-09     | CINreferralDate CINclosureDate
            A2        | 1            | 2025-05-10      | 2025-05-10     |

A blank cell is blank; a cell in double quotes keeps its spaces. Tables named ``..._last`` are last year's.
Further keys of an example: `postcodes`, `providers` (reference tables), `authority`, `period`, `returns: true` (one
failure of the return as a whole) and `not_run: [what it lacked, ...]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.contract import YEARS, contract
from dfe_returns.contract.load import read_yaml
from dfe_returns.errors import ContractError

Place = tuple[str, int, str]
"""Table, row and field of a finding; the return as a whole is ``("", -1, "")``."""

KEYS = frozenset(
    ("name", "year", "order_matters", "tables", "postcodes", "providers", "authority", "period", "returns", "not_run")
)
USUAL_YEAR = "2025-26"


@dataclass(frozen=True)
class Example:
    """One example of a rule: what is given and what must be found."""

    return_name: str
    rule: str
    name: str
    year: str
    drawn: Mapping[str, str]
    """Tables as they are drawn, for the handbook."""
    tables: Mapping[str, pd.DataFrame]
    previous: Mapping[str, pd.DataFrame] | None
    reference: Mapping[str, pd.DataFrame]
    expected: frozenset[Place]
    not_run: tuple[str, ...] = ()
    order_matters: bool = False
    authority: str | None = None
    period: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}: {self.name}"


def read_examples(folder: Path, return_name: str) -> list[Example]:
    """All examples of a return in the YAML files of a folder, in file order.

    Raises ContractError naming file, rule and example when one cannot be read.
    """
    examples = []
    for path in sorted(folder.glob("*.yaml")):
        for entry in read_yaml(path) or ():
            for given in entry["examples"]:
                where = f"{path.name}: rule {entry['rule']}: {given.get('name')}"
                examples.append(_example(return_name, str(entry["rule"]), given, where))
    return examples


def _example(return_name: str, code: str, given: Mapping[str, Any], where: str) -> Example:
    if unknown := sorted(set(given) - KEYS):
        raise ContractError(f"{where}: unknown key {', '.join(unknown)}.")
    year = given.get("year") or _first_year(return_name, code, where)
    known = contract(return_name, year).all_tables
    tables: dict[str, pd.DataFrame] = {}
    previous: dict[str, pd.DataFrame] = {}
    expected: set[Place] = {("", -1, "")} if given.get("returns") else set()
    for name, drawn in (given.get("tables") or {}).items():
        if name.removesuffix("_last") not in known:
            raise ContractError(f"{where}: {name} is not a table of the return.")
        frame, flagged = read_table(drawn or "", f"{where}: {name}")
        if name.endswith("_last"):
            if flagged:
                raise ContractError(f"{where}: {name}: rows of last year's return are never flagged.")
            previous[name.removesuffix("_last")] = frame
        else:
            tables[name] = frame
            expected |= {(name, row, item) for row, item in flagged}
    reference = {
        name: read_table(given[name], f"{where}: {name}")[0] for name in ("postcodes", "providers") if name in given
    }
    return Example(
        return_name=return_name,
        rule=code,
        name=given["name"],
        year=year,
        drawn=given.get("tables") or {},
        tables=tables,
        previous=previous or None,
        reference=reference,
        expected=frozenset(expected),
        not_run=tuple(given.get("not_run", ())),
        order_matters=bool(given.get("order_matters")),
        authority=given.get("authority"),
        period=given.get("period") or {},
    )


def _first_year(return_name: str, code: str, where: str) -> str:
    rules = contract(return_name, USUAL_YEAR).all_rules
    if code not in rules:
        raise ContractError(f"{where}: there is no such rule.")
    rule = rules[code]
    if rule.in_year(USUAL_YEAR):
        return USUAL_YEAR
    return next((year for year in YEARS if rule.in_year(year)), USUAL_YEAR)


def read_table(drawn: str, where: str = "table") -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """A drawn table as a frame of text (NaN = blank), and the (row, field) pairs of its `flagged` column."""
    lines = [[_cell(text) for text in line.split("|")] for line in drawn.splitlines() if line.strip()]
    if not lines:
        return pd.DataFrame(), []
    names = [name or "" for name in lines[0]]
    rows = []
    for number, cells in enumerate(lines[1:]):
        if len(cells) > len(names):
            raise ContractError(f"{where}: row {number} has more cells than the table has columns.")
        rows.append([*cells, *[None] * (len(names) - len(cells))])
    frame = pd.DataFrame(rows, columns=names, dtype="str")
    flagged = [] if "flagged" not in frame else frame.pop("flagged").fillna("").str.split().tolist()
    return frame, [(row, "" if item == "-" else item) for row, items in enumerate(flagged) for item in items]


def _cell(text: str) -> str | None:
    text = text.strip(" ")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text or None
