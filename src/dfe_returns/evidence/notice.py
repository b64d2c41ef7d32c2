"""`notice text`: privacy-notice text from the live register, listing the groups of data sent that season (R23,
R25, R35)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dfe_returns.contract.gateways import FieldGateway
from dfe_returns.contract.model import Collection
from dfe_returns.errors import UsageError
from dfe_returns.evidence.retention_rules import retention_rules
from dfe_returns.files import data_folder

READERS = ("family", "young", "adopter", "staff")
DEPARTMENT_NOTICE = (
    "https://www.gov.uk/government/publications/privacy-information-children-young-people-and-care-leavers"
)
CHARTER = "https://www.gov.uk/government/organisations/department-for-education/about/personal-information-charter"
_TITLES = {
    "family": "How we use information about your child in the {title}",
    "young": "How we use information about you in the {title}",
    "adopter": "Information about adopters in the {title}",
    "staff": "Information about social workers in the {title}",
}
_OPENINGS = {
    "family": "This notice is for parents and carers. It tells you what we must send to government about your child.",
    "young": "This notice is for you. It tells you what we must send to government about you, and what you can ask.",
    "adopter": "This notice is for people who adopt a child from our care. It tells you what we must send about you.",
    "staff": "This notice is for social workers. It tells you what we must send about your work with children in care.",
}


@cache
def notice_words() -> dict[str, Any]:
    """Plain words of ``schemas/gateways/notice.yaml``."""
    path = data_folder("schemas") / "gateways" / "notice.yaml"
    words: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return words


def groups_sent(collection: Collection, fields: pd.DataFrame | None = None, switches: Iterable[str] = ()) -> list[str]:
    """Notice groups of the season, in the order of the register.

    With ``fields`` (a run's ``lineage/fields.csv``) those that really left; without, those the year's contract
    asks for.
    """
    sent = [law.notice_group for law in _fields(collection, fields, switches)]
    return [group for group in dict.fromkeys(sent) if group]


def notice_text(
    collection: Collection,
    config: Any,
    reader: str = "family",
    fields: pd.DataFrame | None = None,
) -> str:
    """Notice text in Markdown for one return and reader (family, young, adopter, staff).

    ``config`` is the authority's configuration. Raises UsageError for an unknown reader, or one that the return says
    nothing about that season.
    """
    if reader not in READERS:
        raise UsageError(f"There is no notice for '{reader}'; choose one of {', '.join(READERS)}.")
    words = notice_words()
    sent = _fields(collection, fields, config.switches)
    items, choices = _items(collection, sent, reader), []
    if reader in ("family", "young"):
        names = {law.id for law in sent}
        choices = [c[reader] for c in words["choices"] if c["return"] == collection.name and names & set(c["fields"])]
    else:  # bases and rights are those of the facts about this reader
        sent = [law for law in sent if law.table in words["readers"][reader]["tables"]]
    who, policy = config.governance, config.policy
    gateways = [words["laws"][g] for g in dict.fromkeys(g for law in sent for g in law.gateways)]
    text = _template().render(
        title=_TITLES[reader].format(title=_plain_title(collection)),
        opening=_OPENINGS[reader],
        controller=config.authority_name or "The local authority",
        contact=who.controller_contact,
        dpo=who.dpo_contact,
        processors=who.processors,
        return_title=_plain_title(collection),
        year=collection.year,
        required="The law requires us to send:",
        items=items,
        choices=choices,
        law="; ".join(gateways),
        reader=reader,
        bases=_bases(config, sent, reader),
        policy=f"It is {policy.reference}; ask us for a copy." if policy.reference else "Ask us for a copy.",
        department_notice=DEPARTMENT_NOTICE if reader in ("family", "young") else CHARTER,
        kept=_kept(collection, config, reader),
        whom={"family": "your child", "young": "you"}.get(reader, "you"),
        objection=_objection(sent),
        complaints=who.complaints_contact or who.controller_contact or "through our complaints procedure",
        reply_days=who.reply_days,
        version=who.notice_version,
        published=who.notice_published,
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def reading_grade(text: str) -> float:
    """Flesch-Kincaid grade of a text (US school years; add five for a reading age). Links and headings do not count."""
    plain = re.sub(r"https?://\S+|^#.*$", "", text, flags=re.MULTILINE)
    plain = re.sub(r"^- (.*?)\.?$", r"\1.", plain, flags=re.MULTILINE)
    sentences = [s for s in re.split(r"[.!?:]\s", plain + " ") if re.search(r"[A-Za-z]{2}", s)]
    words = re.findall(r"[A-Za-z']+", plain)
    if not words:
        return 0.0
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", w.lower())))) for w in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def _fields(collection: Collection, fields: pd.DataFrame | None, switches: Iterable[str]) -> list[FieldGateway]:
    laws = collection.gateways
    if fields is None:
        names = [n for n in collection.fields if laws.covers(collection.name, n, collection.year, set(switches))[0]]
    else:
        left = fields[pd.to_numeric(fields["sent"]).gt(0)]
        names = (left["table"] + "." + left["field"]).tolist()
    return [laws.field(collection.name, name) for name in names]


def _items(collection: Collection, sent: list[FieldGateway], reader: str) -> list[str]:
    words = notice_words()
    if reader in words["readers"]:
        about = words["readers"][reader]
        if about["return"] != collection.name or not {law.table for law in sent} & set(about["tables"]):
            raise UsageError(
                f"The {collection.name} return of {collection.year} says nothing about this reader ({reader})."
            )
        return [" ".join(about["items"].split())]
    groups = words["groups"][collection.name]
    return [groups[group][reader] for group in dict.fromkeys(law.notice_group for law in sent) if group]


def _plain_title(collection: Collection) -> str:
    return {"cin": "children in need census", "ssda903": "children looked after return (SSDA903)"}[collection.name]


def _bases(config: Any, sent: list[FieldGateway], reader: str) -> str:
    who = config.governance
    basis = {"A6-1C": "Article 6(1)(c), a legal duty", "A6-1E": "Article 6(1)(e), a public task"}
    parts = [f"Under the UK GDPR we rely on {basis.get(who.art6, basis['A6-1C'])}."]
    if any(law.art9 for law in sent):
        article, paragraph = ("9(2)(h)", "2") if who.art9 == "A9-2H-P2" else ("9(2)(g)", "6")
        kinds = "health, ethnic group and other sensitive facts"
        if reader in ("adopter", "staff"):
            said = notice_words()["sensitive"]
            by_code = [c for law in sent for code in law.sensitive_codes for c in code.data_class]
            classes = dict.fromkeys([*(c for law in sent for c in law.data_class), *by_code])
            kinds = " and ".join(said[c] for c in classes if c in said)
        parts.append(f"For {kinds} we rely on Article {article}.")
        parts.append(f"The Data Protection Act 2018, Schedule 1, paragraph {paragraph}, allows it.")
    if any(law.art10 for law in sent):
        parts.append("For facts about offences we rely on Article 10 and the same Schedule.")
    return " ".join(parts)


def _kept(collection: Collection, config: Any, reader: str) -> str:
    rules = retention_rules(config.retention.years)
    lines = [f"We keep the return and the record of what we sent for {rules['RET-RETURN-FILE'].span}."]
    lines.append("The time runs from the end of that year's collection.")
    lines.append(f"We delete working copies {rules['RET-STAGING'].span} after the return was sent.")
    lines.append("We keep things longer while an inquiry or a court may need them.")
    age, dead = rules["RET-CLA"].until_age, rules["RET-CLA"].died_under_18_years
    if reader == "adopter":
        lines.append(f"The adoption record is another thing: the law makes us keep it for {rules['RET-ADOPT'].span}.")
    elif reader != "staff" and collection.name == "cin":
        lines.append("The case record is a different thing and is kept as our retention schedule says.")
    elif reader == "young":
        lines.append(f"Your own case record is another thing: the law makes us keep it until your {age}th birthday.")
    elif reader == "family":
        lines.append(
            f"The case record of a child in care is another thing: the law makes us keep it to the {age}th birthday, "
            f"or for {dead} years if a child dies before 18."
        )
    return " ".join(lines)


def _objection(sent: list[FieldGateway]) -> str:
    if any(law.art6_alternative for law in sent):
        return (
            "The right to object does not apply to what the law requires. "
            "If we rely on a public task instead, you can object."
        )
    return "The right to object does not apply, because the law requires us to send this."


@cache
def _template() -> Any:
    place = Path(__file__).parent / "templates"
    # Markdown for people to edit, no HTML: escaping would spoil apostrophes.
    maker = Environment(loader=FileSystemLoader(place), undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701
    return maker.get_template("notice.md.j2")
