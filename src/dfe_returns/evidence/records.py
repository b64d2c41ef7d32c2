"""`records`: the Article 30 entry with the Schedule 1 particulars, and the DPIA evidence pack, from the live
register (R16-R21, R35).

Everything here is worked out from the register, the configuration and what a run really sent; what the authority
has not recorded is shown as not recorded, never filled in.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from dfe_returns.evidence.lineage import classes_sent, gateways_used
from dfe_returns.evidence.notice import groups_sent, notice_text
from dfe_returns.evidence.retention_rules import retention_rules
from dfe_returns.files import data_folder, private_folder, write_csv, write_private

NOT_RECORDED = "not recorded yet"
OPT_OUT = (
    "The national data opt-out was considered. It concerns confidential patient information used beyond a person's own "
    "care and "
    "does not apply to a disclosure that the law requires; no opt-out filter is applied to the returns."
)
_PEOPLE = {
    "child": "children in need, on plans or looked after",
    "young_adult": "care leavers",
    "mother": "expectant and young mothers",
    "parent": "parents",
    "birth_parent": "birth parents",
    "household_member": "others in the household",
    "carer": "foster carers",
    "adopter": "adopters",
    "family_network": "family members",
    "referrer": "people who made a referral",
    "social_worker": "social workers",
    "third_child": "children of looked-after young people",
    "provider": "providers of placements",
}


def article30(result: Any, config: Any) -> dict[str, Any]:
    """The Article 30(1) entry of one return, for the fields that this run really sent (R16, R17, R20, R35)."""
    collection, who, policy = result.collection, config.governance, config.policy
    laws = collection.gateways
    profile = laws.returns[collection.name]
    sent = _sent(result)
    rules = retention_rules(config.retention.years)
    return {
        "return": f"{collection.title} {collection.year}",
        "controller": config.authority_name or NOT_RECORDED,
        "controller_contact": who.controller_contact or NOT_RECORDED,
        "data_protection_officer": who.dpo_contact or NOT_RECORDED,
        "processors": list(who.processors) or [NOT_RECORDED],
        "purpose": "to give the Secretary of State the particulars that the law requires of the authority's functions",
        "gateways": {g: laws.gateways[g].citation for g in dict.fromkeys(g for law in sent for g in law.gateways)},
        "people": [_PEOPLE[p] for p in dict.fromkeys(p for law in sent for p in law.about) if p in _PEOPLE],
        "data": [
            {"group": g, "fields": [law.id for law in sent if law.notice_group == g]}
            for g in groups_sent(collection, result.fields)
        ],
        "recipient": f"{profile['recipient']}; {profile['recipient_role']}",
        "transfers_abroad": "none by this processing",
        "retention": {rules[r].what: rules[r].span for r in ("RET-RETURN-FILE", "RET-LINEAGE", "RET-STAGING")},
        "security": who.security
        or "private files (owner only), keyed hashes in the ledger, no network; add the authority's own measures",
        "article_6": _chosen(who.art6, profile["art6"], who.bases_decided, laws),
        "paragraph_41": _paragraph_41(result, config, rules),
        "appropriate_policy_document": {
            "reference": policy.reference or NOT_RECORDED,
            "owner": policy.owner or NOT_RECORDED,
            "review_date": policy.review_date.isoformat() if policy.review_date else NOT_RECORDED,
        },
        "national_data_opt_out": OPT_OUT,
        "privacy_notice": {
            "version": who.notice_version or NOT_RECORDED,
            "published": who.notice_published.isoformat() if who.notice_published else NOT_RECORDED,
        },
        "specification": config.of_return(collection.name).specification or NOT_RECORDED,
        "register_version": laws.version,
    }


def field_register(result: Any) -> pd.DataFrame:
    """Each field sent with its necessity line: return, field, about, purpose, class, tier, gateway, bases,
    supplier, doubts."""
    laws = result.collection.gateways
    rows = [
        (
            law.return_name,
            law.id,
            "; ".join(law.about),
            law.purpose,
            "; ".join(law.data_class),
            law.highest_tier,
            "; ".join(law.gateways),
            law.art6,
            law.art9,
            law.art10,
            laws.suppliers[law.supplier],
            law.supplier_condition,
            law.family_choice,
            "; ".join(law.doubts),
        )
        for law in _sent(result)
    ]
    columns = [
        "return",
        "field",
        "about",
        "needed_for",
        "data_class",
        "highest_tier",
        "gateway",
        "art6",
        "art9",
        "art10",
        "supplier",
        "condition",
        "family_choice",
        "doubts",
    ]
    return pd.DataFrame(rows, columns=columns)


def dpia(result: Any, config: Any) -> str:
    """The evidence for a data protection impact assessment, in Markdown (R21). The assessment itself is the
    authority's."""
    collection, laws = result.collection, result.collection.gateways
    sent, risks = _sent(result), _risks()
    classes = _class_counts(result)
    lines = [
        f"# Evidence for a data protection impact assessment: {collection.title} {collection.year}",
        "",
        f"Reference of the assessment: {config.governance.dpia_reference or NOT_RECORDED}. "
        "Why one is needed: large-scale special "
        "category and criminal-offence data about vulnerable people (UK GDPR Article 35(3)(b)).",
        "",
        "## How the data goes",
        "",
        "1. Case records are read from the authority's own system, named columns only.",
        "2. They are put into standard tables and built into the return; each cut and default is on record.",
        "3. Only fields with a gateway in the year's contract pass; the rest is counted as withheld.",
        "4. The department's rules are run; people correct the source.",
        "5. A named officer signs; a person uploads the file. No network call is made by the program.",
        "",
        "## What is sent",
        "",
        f"{len(sent)} fields in {len({law.table for law in sent})} tables; see `fields-{collection.name}.csv`.",
        "",
        "| kind of data | values | highest tier |",
        "| --- | ---: | --- |",
        *[f"| {laws.classes[c['class']]} | {_rounded(c['values'], config)} | {c['tier']} |" for c in classes],
        "",
        "## Risks and controls",
        "",
        "| | risk | people | likelihood | harm | control | requirements |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *[
            f"| {r['id']} | {r['risk']} | {r['people']} | {r['likelihood']} | {r['harm']} | {r['controls']} "
            f"| {', '.join(r['requirements'])} |"
            for r in risks["risks"]
        ],
        "",
        "## Doubts that remain",
        "",
        "| | question | working answer | who settles it | fields sent here |",
        "| --- | --- | --- | --- | ---: |",
        *[
            f"| {d} | {doubt['question']} | {doubt['answer']} | {doubt['who']} "
            f"| {sum(d in law.doubts for law in sent) or 'none'} |"
            for d, doubt in laws.doubts.items()
        ],
        "",
        "## What the authority must decide",
        "",
        *[f"- {item['what']} ({item['doubt']}): {_decided(item['doubt'], config)}" for item in risks["decisions"]],
        "",
        "## Rights",
        "",
        "| right | under a legal duty | under a public task | limit |",
        "| --- | --- | --- | --- |",
        *[
            f"| {r['right']} (Article {r['article']}) | {r['under_6_1_c']} | {r['under_6_1_e']} | {r['limit'] or ''} |"
            for r in laws.rights
        ],
    ]
    return "\n".join(lines) + "\n"


def article30_text(entry: dict[str, Any]) -> str:
    """The Article 30 entry in Markdown."""
    lines = [f"# Record of processing: {entry['return']}", ""]
    for key, value in entry.items():
        if key == "return":
            continue
        lines += [f"## {key.replace('_', ' ').capitalize()}", ""]
        lines += [*_as_lines(value), ""]
    return "\n".join(lines)


def write_pack(results: list[Any], config: Any, folder: Path | str) -> list[Path]:
    """Article 30 entry, DPIA evidence, field register, gateways as used and notices of each run, into one private
    folder."""
    folder = private_folder(folder)
    made: list[Path] = []
    for result in results:
        name, entry = result.collection.name, article30(result, config)
        made.append(write_private(folder / f"article-30-{name}.md", article30_text(entry)))
        text = json.dumps(entry, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        made.append(write_private(folder / f"article-30-{name}.json", text))
        made.append(write_private(folder / f"dpia-evidence-{name}.md", dpia(result, config)))
        for file, frame in (
            (f"fields-{name}.csv", field_register(result)),
            (f"gateways-{name}.csv", gateways_used(result.collection, result.tables)),
        ):
            write_csv(frame, folder / file)
            made.append(folder / file)
        for reader in _readers(result):
            text = notice_text(result.collection, config, reader, result.fields)
            made.append(write_private(folder / f"notice-{name}-{reader}.md", text))
    return made


def _sent(result: Any) -> list[Any]:
    left = result.fields[pd.to_numeric(result.fields["sent"]).gt(0)]
    laws = result.collection.gateways
    return [laws.field(result.collection.name, name) for name in left["table"] + "." + left["field"]]


def _readers(result: Any) -> list[str]:
    tables = {law.table for law in _sent(result)}
    extra = {"adopter": "AD1", "staff": "SWEpisodes"} if result.collection.name == "ssda903" else {}
    return ["family", "young", *[reader for reader, table in extra.items() if table in tables]]


def _class_counts(result: Any) -> list[dict[str, Any]]:
    sent = classes_sent(result.collection, result.tables)
    parted = sent.assign(data_class=sent["data_class"].str.split("; ")).explode("data_class")
    counted = parted.groupby("data_class", as_index=False).agg(values=("values", "sum"), tier=("tier", "max"))
    return [{"class": c, "values": int(v), "tier": t} for c, v, t in counted.itertuples(index=False, name=None)]


def _rounded(count: int, config: Any) -> str:
    """A count for wide readers: small ones are not told (R47)."""
    least = config.review.small_number
    return f"fewer than {least}" if 0 < count < least else str(count)


def _paragraph_41(result: Any, config: Any, rules: Any) -> list[dict[str, str]]:
    """Condition, Article 6 and retention for each group of special category or criminal-offence fields (R17)."""
    laws, who = result.collection.gateways, config.governance
    profile = laws.returns[result.collection.name]
    policy = config.policy.reference or NOT_RECORDED
    found = []
    for group in groups_sent(result.collection, result.fields):
        fields = [law for law in _sent(result) if law.notice_group == group]
        for kind, chosen, shipped in (("art9", who.art9, profile["art9"]), ("art10", who.art10, profile["art10"])):
            names = [law.id for law in fields if getattr(law, kind)]
            if names:
                found.append(
                    {
                        "group": group,
                        "fields": ", ".join(names),
                        "condition": _chosen(chosen, shipped, who.bases_decided, laws),
                        "article_6_met_by": laws.conditions[who.art6 or profile["art6"]]["citation"],
                        "retention_and_erasure": f"as the policy says ({policy}): "
                        f"return {rules['RET-RETURN-FILE'].span}, "
                        f"working copies {rules['RET-STAGING'].span} after acceptance",
                        "if_not_why": "not applicable while the retention report shows nothing past its period",
                    }
                )
    return found


def _chosen(recorded: str, shipped: str, decided: str, laws: Any) -> str:
    if recorded:
        return f"{recorded}: {laws.conditions[recorded]['citation']} (decided: {decided or NOT_RECORDED})"
    return f"{NOT_RECORDED}; the register proposes {shipped}: {laws.conditions[shipped]['citation']}"


def _decided(doubt: str, config: Any) -> str:
    who = config.governance
    known = {
        "D03": who.art6,
        "D04": who.art9,
        "D16": ", ".join(who.processors),
        "D12": config.switches.get("PreProceedings", ""),
        "D14": ", ".join(f"{k} {v}" for k, v in config.retention.years.items()),
    }
    return who.decisions.get(doubt) or known.get(doubt) or NOT_RECORDED


def _as_lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"- {key.replace('_', ' ') if key.islower() else key}: {item}" for key, item in value.items()]
    if isinstance(value, list):
        return [line for item in value for line in (_one_item(item) if isinstance(item, dict) else [f"- {item}"])]
    return [str(value)]


def _one_item(item: dict[str, Any]) -> list[str]:
    (_, head), *rest = item.items()
    texts = [(key.replace("_", " "), ", ".join(v) if isinstance(v, list) else v) for key, v in rest]
    return [f"- {head}", *[f"  - {key}: {text}" for key, text in texts]]


@cache
def _risks() -> dict[str, Any]:
    path = data_folder("schemas") / "gateways" / "risks.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
