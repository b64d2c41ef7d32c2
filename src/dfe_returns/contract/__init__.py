"""The contracts: what DfE's specifications say of each return and year, read from `schemas/`."""

from dfe_returns.callable_package import make_callable
from dfe_returns.contract.load import contract
from dfe_returns.contract.model import CodeSet, Collection, Field, Rule, Table
from dfe_returns.contract.years import RETURNS, YEARS, normal_year, year_before

__all__ = [
    "RETURNS",
    "YEARS",
    "CodeSet",
    "Collection",
    "Field",
    "Rule",
    "Table",
    "contract",
    "normal_year",
    "year_before",
]

make_callable(__name__)
