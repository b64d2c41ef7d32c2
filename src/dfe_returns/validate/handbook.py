"""The rule handbook: every rule of a return with its examples, written from `schemas/` and `tests/rules/`.

    python -m dfe_returns.validate.handbook

writes `docs/rules/cin.md` and `docs/rules/ssda903.md` in a checkout. The examples are those that the tests run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from dfe_returns.contract import YEARS, Collection, Rule, contract
from dfe_returns.errors import UsageError
from dfe_returns.files import data_folder
from dfe_returns.validate.specification import Example, read_examples

RETURNS = ("cin", "ssda903")
HEADINGS = {"section47": "Section 47", "pre_proceedings": "Pre-proceedings", "uasc": "Asylum seekers"}
NOTE = "<!-- Made by `python -m dfe_returns.validate.handbook` from schemas/ and tests/rules/: edit those. -->"
SCOPES = {"child": "counted per child", "group": "counted per row", "return": "counted once for the return"}


def main() -> None:
    """Write both pages into the checkout. Raises UsageError outside one."""
    root = checkout()
    for name in RETURNS:
        path = root / "docs" / "rules" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(name, root), encoding="utf-8", newline="\n")


def checkout() -> Path:
    """The folder of the checkout, where `schemas/` and `tests/` lie side by side."""
    root = data_folder("schemas").parent
    if not (root / "tests" / "rules").is_dir():
        raise UsageError("The handbook is made in a checkout: there is no tests/rules beside schemas.")
    return root


def page(return_name: str, root: Path) -> str:
    """The handbook of a return as Markdown."""
    collection = contract(return_name, YEARS[-1])
    examples: dict[str, list[Example]] = {}
    for example in read_examples(root / "tests" / "rules" / return_name, return_name):
        examples.setdefault(example.rule, []).append(example)
    rules = sorted(collection.all_rules.values(), key=lambda rule: (rule.subject, in_order(rule.code)))
    lines = [
        f"# {collection.title}: validation rules",
        "",
        NOTE,
        "",
        f"{len(rules)} rules of the collection years {YEARS[0]} to {YEARS[-1]}, by subject, each with the examples",
        "that the tests run. Codes and severities are the department's, the words are ours.",
        "",
        *counts(return_name),
        "",
        "## How to read a rule",
        "",
        (data_folder("schemas") / return_name / "rules" / "reading.md").read_text(encoding="utf-8").strip(),
        "",
        "In an example `flagged` names the cells that the rule points at (`-`: the row as a whole); other rows pass.",
        "",
        "## Contents",
        "",
    ]
    subjects = [(name, list(some)) for name, some in groupby(rules, key=lambda rule: rule.subject)]
    lines += [f"- [{heading(name)}](#{anchor(name)}): {', '.join(r.code for r in some)}" for name, some in subjects]
    for name, some in subjects:
        lines += ["", f"## {heading(name)}"]
        for rule in some:
            lines += ["", *entry(collection, rule, examples.get(rule.code, ()))]
    return "\n".join(lines) + "\n"


def in_order(code: str) -> tuple[str, int, str]:
    """Codes in their natural order: by the letters before the number, the number, and what follows."""
    before, number, after = re.fullmatch(r"(\D*)(\d*)(.*)", code).groups()  # type: ignore[union-attr]
    return before, int(number or 0), after


def heading(subject: str) -> str:
    return HEADINGS.get(subject, subject.replace("_", " ").capitalize())


def anchor(subject: str) -> str:
    return heading(subject).replace(" ", "-").lower()


def counts(return_name: str) -> list[str]:
    """How many rules run in each year, as a table."""
    lines = ["| collection year | errors | queries | our own checks |", "| --- | ---: | ---: | ---: |"]
    for year in YEARS:
        rules = contract(return_name, year).rules.values()
        departmental = [rule.severity for rule in rules if rule.departmental]
        errors, queries = departmental.count("error"), departmental.count("query")
        lines.append(f"| {year} | {errors} | {queries} | {len(rules) - len(departmental)} |")
    return lines


def entry(collection: Collection, rule: Rule, examples: Iterable[Example]) -> list[str]:
    """One rule: what it says, when it fails, what to do, what changed, what is in doubt, and its examples."""
    facts = [rule.severity.capitalize(), SCOPES.get(rule.scope, rule.scope), span(rule)]
    if not rule.departmental:
        facts.append("an integrity check of ours, run when asked for")
    if not rule.default:
        facts.append("off unless asked for")
    lines = [
        f"### {rule.code} · {rule.title}",
        "",
        f"{rule.message}",
        "",
        f"*{'; '.join(facts)}.* Reads {reads(rule.tables)}.",
        "",
        f"- **Fails when:** {sentence(rule.fails_when)}",
        f"- **What to do:** {rule.fix}",
    ]
    if rule.fields_flagged:
        lines.append(f"- **Points at:** {', '.join(rule.fields_flagged)}")
    if rule.caused_by:
        lines.append(f"- **Follows from:** {', '.join(rule.caused_by)} where both stand on one row")
    lines += [f"- **{year}:** {sentence(text)}" for year, text in rule.changed.items()]
    if rule.doubts:
        lines.append(f"- **In doubt:** {sentence(rule.doubts)}")
    for example in examples:
        lines += ["", *drawing(example)]
    return lines


def span(rule: Rule) -> str:
    """The years of a rule in words."""
    if rule.since and rule.until:
        return f"{rule.since} to {rule.until}"
    if rule.until:
        return f"until {rule.until}"
    return f"since {rule.since}" if rule.since else "all years"


def sentence(text: str) -> str:
    return " ".join(text.split())


def reads(tables: Mapping[str, Iterable[str]]) -> str:
    return ", ".join(tables)


def drawing(example: Example) -> list[str]:
    """An example: its name with what is special about it, then its tables as drawn."""
    remarks = [example.year]
    if example.authority:
        remarks.append(f"authority {example.authority}")
    remarks += [f"{key.removeprefix('collection_')} {value}" for key, value in example.period.items()]
    if example.not_run:
        remarks.append(f"not run: {', '.join(example.not_run)}")
    elif ("", -1, "") in example.expected:
        remarks.append("the return fails")
    if example.order_matters:
        remarks.append("the order of rows matters")
    lines = [f"**{example.name[0].upper()}{example.name[1:]}** ({'; '.join(remarks)})", "", "```text"]
    for number, (name, drawn) in enumerate(example.drawn.items()):
        lines += [""] * (number > 0)
        lines += [name, *(f"  {line}".rstrip() for line in (drawn or "(no rows)").strip().splitlines())]
    return [*lines, "```"]


if __name__ == "__main__":
    main()
