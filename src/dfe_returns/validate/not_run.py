"""Why a rule did not run, in words: the terms of `issues.attrs["not_run"]` as reports and the terminal tell them."""

from __future__ import annotations

from collections.abc import Iterable

_RESOURCES = {
    "previous_year": "last year's return",
    "postcodes": "a postcode directory",
    "urn_register": "the provider register (URNs)",
    "la_codes": "the list of local authority codes",
    "form": "the XML form of the return",
}


def in_words(lacked: str) -> str:
    """What a rule lacked: a table, a table of last year, or a resource."""
    if lacked in _RESOURCES:
        return _RESOURCES[lacked]
    if lacked.endswith("_last"):
        return f"last year's table {lacked.removesuffix('_last')}"
    return f"the table {lacked}"


def reason(lacks: Iterable[str], year: str) -> str:
    """Why a rule did not run, as the end of a sentence about it."""
    lacked = list(lacks)
    if lacked == ["year"]:
        return f"not in force in {year}"
    if lacked and lacked[0].startswith("fault:"):
        return f"a fault of this program ({lacked[0].removeprefix('fault:')}); please report it"
    if "previous_year" in lacked:
        lacked = [what for what in lacked if not what.endswith("_last")]
    *others, last = map(in_words, lacked)
    return "for want of " + (", ".join(others) + " and " if others else "") + last
