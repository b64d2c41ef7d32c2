"""National code sets for the columns of the SSD: what counts as a code, and which label stands for which code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dfe_returns.contract import contract
from dfe_returns.contract.years import YEARS
from dfe_returns.sources.authorities import authority_numbers
from dfe_returns.sources.model import SsdColumn, ssd_model
from dfe_returns.sources.words import plain


@dataclass(frozen=True)
class NationalCodes:
    """Codes of one column. `labels` maps a label (plain words, lower case) to its code; labels shared by two codes
    are left out.
    """

    codes: Mapping[str, str]
    labels: Mapping[str, str]
    folded: Mapping[str, str]
    """code in lower case -> code"""


@cache
def national_codes(reference: str, part: str = "", authority: bool = False) -> NationalCodes:
    """Codes of any covered year for ``cin/Table.Field``, ``ssda903/Table.Field``, or a code set of ``ssd.yaml``.

    `part` "letter": first letters of the codes (accommodation, whose digit is a column of its own).
    `authority`: three-digit LA numbers are codes too, and the authorities' names are labels.
    Raises ContractError when the reference leads nowhere.
    """
    if "/" in reference:
        labels = _of_contract(reference)
    else:
        labels = [(code, label) for code, label in ssd_model().code_sets[reference].items()]
    if part == "letter":
        labels = [(code[0], label.rsplit(",", 1)[0]) for code, label in labels]
    if authority:
        labels += [(number, name) for name, number in authority_numbers().items()]
    codes: dict[str, str] = {}
    by_label: dict[str, set[str]] = {}
    for code, label in labels:
        codes.setdefault(code, label)
        by_label.setdefault(plain(label), set()).add(code)
    one = {label: next(iter(found)) for label, found in by_label.items() if len(found) == 1}
    return NationalCodes(codes, one, {code.lower(): code for code in codes})


def codes_of(column: SsdColumn) -> NationalCodes:
    """The national codes of an SSD column."""
    return national_codes(column.codes, column.part, column.authority)


def _of_contract(reference: str) -> list[tuple[str, str]]:
    name, _, field = reference.partition("/")
    collection = contract(name, YEARS[-1])
    codeset = collection.codesets[collection.field(field).code_set or ""]
    pairs = [(code, str(label)) for code, label in codeset.all_codes.items()]
    for code, value in codeset.raw["codes"].items():
        if isinstance(value, Mapping):
            pairs += [(str(code), words) for words in _other_labels(value)]
    return pairs


def _other_labels(value: Mapping[str, Any]) -> list[str]:
    """Labels that a code carried in other years."""
    return [
        str(change["label"]) for change in value.get("changed", ()) if isinstance(change, Mapping) and "label" in change
    ]
