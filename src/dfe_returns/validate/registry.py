"""Where rule functions are kept: by return and code, with the years their variant holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from dfe_returns.contract.years import in_force
from dfe_returns.validate.flags import Flags

RuleFunction = Callable[[Any], Flags]


@dataclass(frozen=True)
class Variant:
    """A rule function and the collection years it holds for."""

    function: RuleFunction
    since: str | None
    until: str | None


_REGISTRY: dict[str, dict[str, list[Variant]]] = {"cin": {}, "ssda903": {}}


def rules_for(return_name: str) -> Callable[..., Callable[[RuleFunction], RuleFunction]]:
    """The ``@rule(code, since=None, until=None)`` decorator of a return."""
    book = _REGISTRY[return_name]

    def rule(code: str, since: str | None = None, until: str | None = None) -> Callable[[RuleFunction], RuleFunction]:
        def keep(function: RuleFunction) -> RuleFunction:
            book.setdefault(code, []).append(Variant(function, since, until))
            return function

        return keep

    return rule


def family(return_name: str, function: Callable[..., Flags], members: Mapping[str, tuple[Any, ...]]) -> None:
    """Register look-alike rules: one function called as ``function(c, *arguments)`` with each code's own arguments."""
    rule = rules_for(return_name)
    for code, arguments in members.items():
        rule(code)(partial(_with_arguments, function, arguments))


def _with_arguments(function: Callable[..., Flags], arguments: tuple[Any, ...], data: Any) -> Flags:
    return function(data, *arguments)


@cache
def rule_book(return_name: str) -> Mapping[str, list[Variant]]:
    """All rule functions of a return, by code. Importing the subject modules fills it."""
    package = import_module(f"dfe_returns.validate.rules.{return_name}")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return _REGISTRY[return_name]


def functions_of(return_name: str, code: str, year: str) -> list[RuleFunction]:
    """The functions that make up a rule in a collection year."""
    return [v.function for v in rule_book(return_name).get(code, ()) if in_force(year, v.since, v.until)]
