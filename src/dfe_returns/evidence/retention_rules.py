"""Retention rules and shipped holds of ``schemas/gateways/retention.yaml``, with an authority's own periods put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import yaml

from dfe_returns.errors import UsageError
from dfe_returns.files import data_folder


@dataclass(frozen=True)
class RetentionRule:
    """How long one kind of record is kept: ``years``, ``months`` or ``days`` from the trigger, or until a birthday."""

    id: str
    what: str
    trigger: str
    statutory: bool
    in_product: bool
    basis: str
    years: int | None = None
    months: int | None = None
    days: int | None = None
    until_age: int | None = None
    died_under_18_years: int | None = None
    set_by: str = ""
    with_rule: str = ""
    note: str = ""
    confidence: str = ""

    @property
    def span(self) -> str:
        """The period in words."""
        if self.until_age is not None:
            return f"until the {self.until_age}th birthday"
        for number, unit in ((self.years, "year"), (self.months, "month"), (self.days, "day")):
            if number is not None:
                return f"{number} {unit}{'' if number == 1 else 's'}"
        return f"as {self.set_by} decides"


@dataclass(frozen=True)
class ShippedHold:
    """A hold known in law; ``status`` is presumed (on until narrowed), configurable or released."""

    id: str
    inquiry: str
    basis: str
    status: str
    kinds: tuple[str, ...]
    rules: tuple[str, ...]
    note: str = ""


def retention_rules(own: Mapping[str, int] | None = None) -> dict[str, RetentionRule]:
    """The rules by id; ``own`` gives years in place of the shipped period.

    Raises UsageError for an unknown rule, and where a statutory period would be shortened.
    """
    rules = dict(_shipped()[0])
    for name, years in (own or {}).items():
        if name not in rules:
            raise UsageError(f"retention.years.{name} is no retention rule; use one of {', '.join(rules)}.")
        rule = rules[name]
        period = rule.until_age if rule.until_age is not None else rule.years
        if rule.statutory and (period is None or years < period):
            raise UsageError(
                f"retention.years.{name} = {years} is shorter than the law allows ({rule.span}, {rule.basis})."
            )
        if rule.until_age is not None:
            rules[name] = replace(rule, until_age=years)
        else:
            rules[name] = replace(rule, years=years, months=None, days=None)
    for name, rule in rules.items():
        if rule.with_rule:
            source = rules[rule.with_rule]
            rules[name] = replace(rule, years=source.years, months=source.months, days=source.days)
    return rules


def shipped_holds() -> dict[str, ShippedHold]:
    """Holds by id, as shipped."""
    return dict(_shipped()[1])


@cache
def _shipped() -> tuple[dict[str, RetentionRule], dict[str, ShippedHold]]:
    path = data_folder("schemas") / "gateways" / "retention.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules = {
        name: RetentionRule(
            id=name,
            what=r["what"],
            trigger=r["trigger"],
            statutory=r["statutory"],
            in_product=r["in_product"],
            basis=r["basis"],
            years=r.get("years"),
            months=r.get("months"),
            days=r.get("days"),
            until_age=r.get("until_age"),
            died_under_18_years=r.get("if_died_under_18", {}).get("years"),
            set_by=r.get("set_by", ""),
            with_rule=r.get("with", ""),
            note=r.get("note", ""),
            confidence=r["confidence"],
        )
        for name, r in content["rules"].items()
    }
    holds = {
        name: ShippedHold(
            name, h["inquiry"], h["basis"], h["status"], tuple(h["scope"]), tuple(h.get("rules", ())), h.get("note", "")
        )
        for name, h in content["holds"].items()
    }
    return rules, holds
