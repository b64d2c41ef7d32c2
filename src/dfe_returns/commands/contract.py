"""`rules`, `fields`, `gateways`: the contract, readable."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from dfe_returns.commands.show import Format, FormatOption, as_json, page, say, table
from dfe_returns.errors import UsageError

LATEST = "2026-27"
CURRENT = "2025-26"

rules = typer.Typer(help="DfE's validation rules: what each checks, in plain words.", no_args_is_help=True)
fields = typer.Typer(help="The fields of the returns: format, codes, years, source and law.", no_args_is_help=True)
gateways = typer.Typer(help="The statutory provisions under which data may be disclosed.", no_args_is_help=True)

Return = Annotated[str, typer.Argument(metavar="RETURN", help="cin or ssda903")]
Year = Annotated[str, typer.Option("--year", help="collection year, e.g. 2025-26")]
MaybeReturn = Annotated[str | None, typer.Option("--return", help="cin or ssda903, where the name is in both")]


@rules.command("list")
def rules_list(return_name: Return, year: Year = CURRENT, fmt: FormatOption = Format.text) -> None:
    """The rules of a return in a collection year."""
    from dfe_returns.contract import contract

    collection = contract(return_name, year)
    found = sorted(collection.rules.values(), key=lambda r: (not r.departmental, _natural(r.code)))
    if fmt == Format.json:
        as_json([_rule_facts(r) for r in found])
        return
    table(
        ["code", "severity", "subject", "tables", "title"],
        [
            [r.code, r.severity, r.subject, ", ".join(t for t in r.tables if not t.endswith("_last")), r.title]
            for r in found
        ],
    )
    department = [r for r in found if r.departmental and r.default]
    asked = [r for r in found if r.departmental and not r.default]
    others = [r for r in found if not r.departmental]
    say()
    say(
        f"{collection.title} {collection.year}: {len(department)} department rules "
        f"({sum(r.severity == 'error' for r in department)} errors, "
        f"{sum(r.severity == 'query' for r in department)} queries)"
        + (f"; {len(asked)} more that run only when asked for" if asked else "")
        + (f"; {len(others)} integrity checks that are not DfE's" if others else "")
        + "."
    )


@rules.command("explain")
def rules_explain(
    code: Annotated[str, typer.Argument(help="rule code, e.g. 8630")],
    return_name: MaybeReturn = None,
    fmt: FormatOption = Format.text,
) -> None:
    """What a rule checks, what to do about it, how it changed, and what is in doubt."""
    from dfe_returns.contract import RETURNS, contract

    asked = [return_name] if return_name else list(RETURNS)
    found = [
        (collection, rule)
        for collection in (contract(name, LATEST) for name in asked)
        for rule in collection.all_rules.values()
        if rule.code.casefold() == code.strip().casefold()
    ]
    if not found:
        raise UsageError(f"There is no rule {code}; `dfe-returns rules list cin` and `... ssda903` list them.")
    if fmt == Format.json:
        as_json([{"return": c.name, **_rule_facts(r)} for c, r in found])
        return
    for collection, rule in found:
        page(
            {
                "Return": collection.title,
                "Severity": rule.severity,
                "Subject": rule.subject,
                "Message": rule.message,
                "Fails when": rule.fails_when,
                "What to do": rule.fix,
                "Reads": {t: ", ".join(f) for t, f in rule.tables.items()},
                "Points at": ", ".join(rule.fields_flagged),
                "Needs": ", ".join(rule.needs),
                "Runs without": ", ".join(rule.runs_without),
                "Years": _years(rule.since, rule.until),
                "Changed": dict(rule.changed),
                "Consequence of": ", ".join(rule.caused_by),
                "Default": "" if rule.default else f"off: {rule.default_reason or 'runs only when asked for'}",
                "Origin": rule.origin,
                "In doubt": rule.doubts,
            },
            title=f"{rule.code}  {rule.title}",
        )


@fields.command("list")
def fields_list(
    return_name: Annotated[str | None, typer.Argument(metavar="[RETURN]", help="cin or ssda903; none = both")] = None,
    year: Year = CURRENT,
    new: Annotated[bool, typer.Option("--new", help="only what the year before did not ask for")] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """The fields that leave in a return, with format and gateway; with --new those that a year added."""
    from dfe_returns.contract import RETURNS, YEARS, contract
    from dfe_returns.contract.years import year_before

    collections = [contract(name, year) for name in ([return_name] if return_name else RETURNS)]
    compared = new and year != YEARS[0]
    before = {c.name: contract(c.name, year_before(year)).fields if compared else {} for c in collections}
    gone = [name for c in collections for name in before[c.name] if name not in c.fields]
    facts = [
        {
            "return": collection.name,
            "field": f.id,
            "type": f.type,
            "format": f.format or "",
            "code_set": f.code_set or "",
            "requirement": f.requirement,
            "gateway": ", ".join(collection.gateways.field(collection.name, f.id).gateways),
            "meaning": f.meaning,
        }
        for collection in collections
        for f in collection.fields.values()
        if not new or f.id not in before[collection.name]
    ]
    if fmt == Format.json:
        as_json(facts)
        return
    columns = ["return", "field", "type", "format", "code_set", "requirement", "gateway"]
    shown = columns if return_name is None else columns[1:]
    headings = ["codes" if name == "code_set" else name for name in shown]
    table(headings, [[f[name] for name in shown] for f in facts])
    if gone:
        say(f"No longer asked for: {', '.join(gone)}.")
    if new and facts:
        say("Each waits for `dfe-returns fields decide` before the first live return that can carry it is signed.")


@fields.command("explain")
def fields_explain(
    name: Annotated[str, typer.Argument(help="Table.Field or the field's name")],
    return_name: MaybeReturn = None,
    year: Year = CURRENT,
    fmt: FormatOption = Format.text,
) -> None:
    """One field: meaning, format, codes, years, source in the case system, gateway, doubts."""
    from dfe_returns.contract import RETURNS, contract
    from dfe_returns.evidence.mapping import mapping_of

    facts: list[dict[str, Any]] = []
    for ret in [return_name] if return_name else RETURNS:
        collection = contract(ret, year)
        every = [f for t in collection.all_tables.values() for f in t.all_fields.values()]
        for item in every:
            if name.casefold() not in (item.id.casefold(), item.name.casefold(), item.tag.casefold()):
                continue
            mapped = mapping_of(ret).get(item.id)
            facts.append(
                {
                    "Field": item.id,
                    "Return": f"{collection.title} {collection.year}",
                    "Meaning": item.meaning,
                    "DfE number": item.number,
                    "Format": f"{item.type}, {item.format}" if item.format else item.type,
                    "Required": item.requirement + (f": {item.condition}" if item.condition else ""),
                    "Codes": dict(collection.codes_of(item)),
                    "Years": _years(item.since, item.until),
                    "Source": list(mapped.source) if mapped else [],
                    "Made by": mapped.transformation if mapped else "",
                    "Rules": ", ".join(
                        r.code for r in collection.rules.values() if item.name in r.tables.get(item.table, ())
                    ),
                    "Law": collection.gateways.explain_field(ret, item.id),
                    "Notes": list(item.notes),
                    "Changed": [f"{c['year']}: {c.get('change', c.get('label', ''))}" for c in item.changed],
                    "In doubt": [*item.doubts, *(collection.codesets[item.code_set].doubts if item.code_set else ())],
                }
            )
    if not facts:
        raise UsageError(f"There is no field {name}; `dfe-returns fields list cin` and `... ssda903` list them.")
    if fmt == Format.json:
        as_json(facts)
        return
    for fact in facts:
        page({k: v for k, v in fact.items() if k != "Field"}, title=fact["Field"])


@gateways.command("list")
def gateways_list(fmt: FormatOption = Format.text) -> None:
    """Every provision in the register, and whether it may justify a disclosure."""
    from dfe_returns.contract.gateways import register

    found = register().gateways.values()
    if fmt == Format.json:
        as_json([asdict(g) for g in found])
        return
    table(["id", "role", "returns", "citation"], [[g.id, g.role, ", ".join(g.returns), g.citation] for g in found])


@gateways.command("explain")
def gateways_explain(
    gateway_id: Annotated[str, typer.Argument(metavar="ID", help="e.g. GW-CA89-S83")], fmt: FormatOption = Format.text
) -> None:
    """One provision: what it says, its limits, the bases beside it, the fields under it, and what a lawyer must
    settle."""
    from dfe_returns.contract.gateways import register

    facts = register().explain(gateway_id)
    if fmt == Format.json:
        as_json(facts)
        return
    page(
        {k.replace("_", " ").capitalize(): v for k, v in facts.items() if k != "id"},
        title=str(facts.get("id", gateway_id)),
    )


def _rule_facts(rule: Any) -> dict[str, Any]:
    return {
        "code": rule.code,
        "title": rule.title,
        "subject": rule.subject,
        "severity": rule.severity,
        "since": rule.since,
        "until": rule.until,
        "default": rule.default,
        "departmental": rule.departmental,
        "tables": {k: list(v) for k, v in rule.tables.items()},
        "needs": list(rule.needs),
        "message": rule.message,
        "fails_when": rule.fails_when,
        "fix": rule.fix,
        "changed": dict(rule.changed),
        "doubts": rule.doubts,
    }


def _years(since: str | None, until: str | None) -> str:
    if since is None and until is None:
        return "every year covered"
    return f"{'from ' + since if since else ''}{' ' if since and until else ''}{'to ' + until if until else ''}"


def _natural(code: str) -> tuple[Any, ...]:
    import re

    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.findall(r"\d+|\D+", code))
