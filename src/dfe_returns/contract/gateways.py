"""The gateway register: which law lets a field leave, and what the field is in data protection law.

Read from ``schemas/gateways/`` by ``gateways_load``: ``gateways.yaml`` has gateways, conditions, returns, rights and
doubts, ``fields.yaml`` one entry per field, with defaults for its table and the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from dfe_returns.errors import ContractError, UsageError
from dfe_returns.files import data_folder

DISCLOSURE = "disclosure"
SPECIAL_CONDITION = "A9-2G-P6"
CRIMINAL_CONDITION = "A10-P6"


@dataclass(frozen=True)
class Gateway:
    """One provision: ``role`` says whether it may justify an output field (only ``disclosure`` may)."""

    id: str
    role: str
    citation: str
    effect: str
    returns: tuple[str, ...]
    compels: bool | None = None
    who: str = ""
    to: str = ""
    limits: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    in_log: str = ""
    in_force_from: str = ""
    in_force_to: str = ""
    source_title: str = ""
    source_url: str = ""
    checked: str = ""
    confidence: str = ""
    review: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def discloses(self) -> bool:
        return self.role == DISCLOSURE


@dataclass(frozen=True)
class SensitiveCodes:
    """Values of a field that have a class and tier of their own."""

    codes: tuple[str, ...]
    data_class: tuple[str, ...]
    tier: str
    why: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldGateway:
    """One output field in law. ``art9`` and ``art10`` are what the field, at its most sensitive value, needs."""

    return_name: str
    table: str
    name: str
    gateways: tuple[str, ...]
    functions: tuple[str, ...]
    art6: str
    art6_alternative: str
    art9: str
    art10: str
    data_class: tuple[str, ...]
    class_basis: str
    about: tuple[str, ...]
    supplier: str
    supplier_condition: str
    family_choice: str
    purpose: str
    tier: str
    season_from: str
    season_to: str
    switch: str
    doubts: tuple[str, ...]
    note: str
    notice_group: str
    sensitive_codes: tuple[SensitiveCodes, ...] = field(default=())

    @property
    def id(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def may_decline(self) -> bool:
        """Whether a family's refusal is a valid answer that every step must leave alone (R10)."""
        return self.family_choice.startswith("may_decline")

    @property
    def seasons(self) -> tuple[str, str]:
        return self.season_from, self.season_to

    @cached_property
    def base_class(self) -> tuple[str, ...]:
        """Class of a value that no entry of ``sensitive_codes`` names."""
        return ("ordinary",) if self.class_basis == "by_code" else self.data_class

    @cached_property
    def highest_tier(self) -> str:
        return max((self.tier, *(c.tier for c in self.sensitive_codes)))


@dataclass(frozen=True)
class Register:
    """The whole register. Field names are ``Table.Field`` with the table names of the contract."""

    gateways: Mapping[str, Gateway]
    conditions: Mapping[str, Mapping[str, Any]]
    doubts: Mapping[str, Mapping[str, Any]]
    returns: Mapping[str, Mapping[str, Any]]
    rights: tuple[Mapping[str, Any], ...]
    classes: Mapping[str, str]
    suppliers: Mapping[str, str]
    tiers: Mapping[str, Mapping[str, str]]
    never_output: Mapping[str, Mapping[str, Any]]
    tables: Mapping[tuple[str, str], Mapping[str, Any]]
    fields: Mapping[tuple[str, str], FieldGateway]
    keys: Mapping[tuple[str, str], str]
    version: str
    law_as_at: str

    # ---- finding ------------------------------------------------------------
    def find(self, return_name: str, name: str) -> FieldGateway | None:
        """The entry of ``Table.Field``, or None."""
        return self.fields.get((return_name, name))

    def field(self, return_name: str, name: str) -> FieldGateway:
        """The entry of ``Table.Field``. Raises ContractError, which says what to do, when there is none."""
        found = self.find(return_name, name)
        if found is None:
            raise ContractError(_no_entry(return_name, name))
        return found

    def gateway(self, gateway_id: str) -> Gateway:
        """A gateway by id (any letter case). Raises UsageError naming the command that lists them."""
        for known in (gateway_id, gateway_id.upper()):
            if known in self.gateways:
                return self.gateways[known]
        raise UsageError(f"There is no gateway '{gateway_id}'. `dfe-returns gateways list` shows the ids.")

    def fields_under(self, gateway_id: str) -> list[FieldGateway]:
        return [f for f in self.fields.values() if gateway_id in f.gateways or gateway_id in f.functions]

    # ---- deciding ------------------------------------------------------------
    def covers(
        self, return_name: str, name: str, year: str, switches: Collection[str] | Mapping[str, str] = ()
    ) -> tuple[bool, str]:
        """Whether ``Table.Field`` may leave in that collection year (R1, R9), and if not, why.

        ``switches`` names the tables that are off by default and were turned on (``PreProceedings``, ``DoLo``): a
        collection of names, or a mapping of names to the specification reference recorded for them; a blank reference
        leaves the table off.
        """
        entry = self.find(return_name, name)
        if entry is None:
            return False, "join key, never published" if (
                return_name,
                name,
            ) in self.keys else "not in the gateway register"
        laws = [self.gateways[g] for g in entry.gateways if g in self.gateways]
        if not any(law.discloses and return_name in law.returns and _in_force(law, year) for law in laws):
            return False, "no disclosure gateway in force for that year"
        if entry.season_from and year < entry.season_from:
            return False, f"not collected before {entry.season_from}"
        if entry.season_to and year > entry.season_to:
            return False, f"not collected after {entry.season_to}"
        if entry.switch and not _is_on(entry.switch, switches):
            return False, f"{entry.switch} is off until its specification reference is recorded"
        return True, ""

    def check(self, return_name: str, names: str | Iterable[str], year: str | None = None) -> None:
        """Every output field has a disclosure gateway (for that year). Raises ContractError saying what to do."""
        for name in [names] if isinstance(names, str) else names:
            entry = self.find(return_name, name)
            if entry is None:
                raise ContractError(_no_entry(return_name, name))
            check_gateways(entry, self.gateways)
            covered, reason = self.covers(return_name, name, year, {entry.switch}) if year else (True, "")
            if not covered:
                raise ContractError(
                    f"schemas/gateways/fields.yaml: {return_name}.{name} may not be sent in {year} ({reason}), but the "
                    f"dictionary has it in that year. Settle the years with the specification and mend one of the two."
                )

    def added_fields(self, return_name: str, since: Iterable[str], now: Iterable[str]) -> list[FieldGateway]:
        """Entries of fields that last year (``since``) did not have: each needs a recorded decision (R22)."""
        before = set(since)
        return [self.field(return_name, name) for name in now if name not in before]

    # ---- classifying values ------------------------------------------------------------
    def class_of(self, return_name: str, name: str, values: pd.Series) -> pd.DataFrame:
        """Class, tier and condition of each value (R14): a code can raise, or lower, what the field as a whole is.

        Returns a frame with the index of ``values`` and text columns ``data_class`` (parted by ``; ``), ``tier``,
        ``art9``, ``art10``, ``about``, ``why`` and the flag ``raised``. A blank value has no class, only empty texts.
        """
        entry = self.field(return_name, name)
        known = {code: i for i, code in enumerate(_by_code(entry), start=1)}
        rows = [_meaning(entry.base_class, entry.tier, entry.about, "", False)]
        rows += [_meaning(*what, True) for what in _by_code(entry).values()]
        blank = ("", "", "", "", "", "", False)
        text = values.astype("str").str.strip()
        empty = values.isna() | text.eq("")
        position = text.map(known).fillna(0).astype("int64").where(~empty, len(rows))
        meanings = pd.DataFrame(
            [*rows, blank], columns=["data_class", "tier", "art9", "art10", "about", "why", "raised"]
        )
        return meanings.take(position.to_numpy()).set_axis(values.index, axis=0)

    # ---- showing ------------------------------------------------------------
    def frame(self) -> pd.DataFrame:
        """What ``gateways list`` shows: one row per gateway, with its role, citation and number of fields."""
        rows = [
            (
                g.id,
                g.role,
                g.citation,
                " ".join(g.returns),
                len(self.fields_under(g.id)),
                g.confidence,
                " ".join(g.doubts),
            )
            for g in self.gateways.values()
        ]
        return pd.DataFrame(rows, columns=["gateway", "role", "citation", "returns", "fields", "confidence", "doubts"])

    def explain(self, gateway_id: str) -> dict[str, Any]:
        """All that ``gateways explain`` shows of a gateway, a condition (A6-1C) or a doubt (D02)."""
        wanted = gateway_id.upper()
        if wanted in self.conditions:
            return {"id": wanted, "role": "condition", **self.conditions[wanted]}
        if wanted in self.doubts:
            carriers = sorted({f"{f.return_name} {f.id}" for f in self.fields.values() if wanted in f.doubts})
            return {"id": wanted, "role": "doubt", **self.doubts[wanted], "fields": carriers}
        gateway = self.gateway(gateway_id)
        use = gateway.in_log or {
            DISCLOSURE: "the reason a field was sent",
            "function": "why the authority holds the fact",
        }.get(gateway.role, "")
        return {
            "id": gateway.id,
            "role": gateway.role,
            "may_justify_sending": gateway.discloses,
            "citation": gateway.citation,
            "effect": gateway.effect,
            "compels": gateway.compels,
            "who": gateway.who,
            "to": gateway.to,
            "limits": list(gateway.limits),
            "use_in_log": use,
            "in_force": {"from": gateway.in_force_from, "to": gateway.in_force_to},
            "fields": [f"{f.return_name} {f.id}" for f in self.fields_under(gateway.id)],
            "doubts": {d: self.doubts[d]["question"] for d in gateway.doubts},
            "source": {"title": gateway.source_title, "url": gateway.source_url},
            "checked": gateway.checked,
            "confidence": gateway.confidence,
            "review": gateway.review,
        }

    def explain_field(self, return_name: str, name: str) -> dict[str, Any]:
        """The legal part of ``fields explain``: gateway, bases, class by value, who is asked, doubts."""
        entry = self.field(return_name, name)
        return {
            "field": f"{return_name} {entry.id}",
            "gateway": {g: self.gateways[g].citation for g in entry.gateways},
            "held_under": {g: self.gateways[g].citation for g in entry.functions},
            "article_6": entry.art6 + (f", or {entry.art6_alternative}" if entry.art6_alternative else ""),
            "article_9": entry.art9,
            "article_10": entry.art10,
            "class": {c: self.classes[c] for c in entry.data_class},
            "class_basis": entry.class_basis,
            "about": list(entry.about),
            "by_value": [
                {"codes": list(c.codes), "class": list(c.data_class), "tier": c.tier, "why": c.why}
                for c in entry.sensitive_codes
            ],
            "tier": {entry.tier: self.tiers[entry.tier]["means"]},
            "purpose": entry.purpose,
            "supplier": self.suppliers[entry.supplier],
            "condition": entry.supplier_condition,
            "family_choice": entry.family_choice,
            "seasons": {"from": entry.season_from, "to": entry.season_to},
            "switch": entry.switch,
            "doubts": {d: self.doubts[d]["question"] for d in entry.doubts},
            "note": entry.note,
        }


def register() -> Register:
    """The shipped register, read and checked once."""
    return load(data_folder("schemas") / "gateways")


def load(folder: Path | str) -> Register:
    """Read and check a register folder. Raises ContractError naming file and key, and what to do."""
    folder = Path(folder)
    changed = [path.stat().st_mtime_ns for path in sorted(folder.glob("*.yaml"))]
    return _loaded(folder, tuple(changed))


@cache
def _loaded(folder: Path, changed: tuple[int, ...]) -> Register:
    from dfe_returns.contract.gateways_load import read_register  # here, because it needs the classes above

    return read_register(folder)


# ---- deciding ------------------------------------------------------------
def check_gateways(entry: FieldGateway, gateways: Mapping[str, Gateway]) -> None:
    where = f"schemas/gateways/fields.yaml: {entry.return_name}.{entry.id}"
    usable = ", ".join(g.id for g in gateways.values() if g.discloses and entry.return_name in g.returns)
    if not entry.gateways:
        raise ContractError(
            f"{where} has no gateway, so it may not be sent. Give it a disclosure gateway ({usable}) that your legal "
            f"adviser confirms, or take the field out of schemas/{entry.return_name}/dictionary.yaml."
        )
    for gateway_id in entry.gateways:
        if gateway_id not in gateways:
            raise ContractError(
                f"{where}.gateways names '{gateway_id}', which gateways.yaml does not have; use one of {usable}."
            )
        role = gateways[gateway_id].role
        if role != DISCLOSURE:
            raise ContractError(
                f"{where}.gateways names {gateway_id}, whose role is {role}: it never justifies "
                f"sending. Use one of {usable}."
            )
        if entry.return_name not in gateways[gateway_id].returns:
            raise ContractError(
                f"{where}.gateways names {gateway_id}, which does not cover this return; use one of {usable}."
            )
    for gateway_id in entry.functions:
        if gateway_id not in gateways or gateways[gateway_id].role != "function":
            raise ContractError(f"{where}.functions names '{gateway_id}', which is no function in gateways.yaml.")


def _no_entry(return_name: str, name: str) -> str:
    return (
        f"schemas/{return_name}/dictionary.yaml: {name} is an output field, but schemas/gateways/fields.yaml has no "
        f"entry for it, so it may not be sent. Add the entry under {return_name} with its gateway, class, supplier, "
        f"purpose and tier, and have the data protection officer record a decision on it; or take the field out of the "
        f"dictionary."
    )


def _in_force(gateway: Gateway, year: str) -> bool:
    start, end = f"{year[:4]}-04-01", f"{int(year[:4]) + 1}-03-31"
    return gateway.in_force_from <= end and (not gateway.in_force_to or gateway.in_force_to >= start)


def _is_on(switch: str, switches: Collection[str] | Mapping[str, str]) -> bool:
    if isinstance(switches, Mapping):
        return bool(str(switches.get(switch) or "").strip())
    return switch in switches


# ---- values ------------------------------------------------------------
def conditions_of(classes: tuple[str, ...]) -> tuple[str, str]:
    special = any(c.startswith("special_") for c in classes)
    return (SPECIAL_CONDITION if special else ""), (CRIMINAL_CONDITION if "criminal_offence" in classes else "")


def _by_code(entry: FieldGateway) -> dict[str, tuple[tuple[str, ...], str, tuple[str, ...], str]]:
    """Class, tier, people, reason of each named code; one named twice has both classes and the higher tier."""
    found: dict[str, tuple[tuple[str, ...], str, tuple[str, ...], str]] = {}
    for group in entry.sensitive_codes:
        for code in group.codes:
            classes, tier, about, why = found.get(code, ((), "", (), ""))
            found[code] = (
                (*classes, *(c for c in group.data_class if c not in classes)),
                max(tier, group.tier),
                (*about, *(a for a in (group.about or entry.about) if a not in about)),
                "; ".join(filter(None, (why, group.why))),
            )
    return found


def _meaning(classes: tuple[str, ...], tier: str, about: tuple[str, ...], why: str, raised: bool) -> tuple[str, ...]:
    art9, art10 = conditions_of(classes)
    return "; ".join(classes), tier, art9, art10, "; ".join(about), why, raised  # type: ignore[return-value]
